//! The commands. The only place that prints, reads the environment and the clock, or opens files on
//! behalf of the user; everything below gets what it needs as values.

mod check;
mod defects;
mod explain;
mod faults;
mod files;
mod import;
mod init;
mod list;
mod oin;
mod org;
mod record;
mod redact;
mod replay;
mod report;
mod reports;
mod review;
mod run;
mod scenario;
mod schema;
mod serve;
mod targets;
mod tls;

use std::ffi::OsString;
use std::io::IsTerminal as _;

use clap::{Parser, Subcommand, ValueEnum};

/// Everything was as expected.
pub const EXIT_OK: u8 = 0;
/// Wrong usage or configuration.
pub const EXIT_USAGE: u8 = 1;
/// A scenario or another file does not parse.
pub const EXIT_PARSE: u8 = 2;
/// Could not run: network, files.
pub const EXIT_IO: u8 = 3;
/// An expectation, a check or a snapshot failed.
pub const EXIT_FAILED: u8 = 4;
/// Nothing was selected.
pub const EXIT_NOTHING: u8 = 5;

/// Acts as Okta's provisioning client against any SCIM 2.0 endpoint, judges the answers, and compares
/// the resulting state with reviewed snapshots.
#[derive(Debug, Parser)]
#[command(
    name = "scimulate",
    version,
    max_term_width = 100,
    after_help = "\
Exit codes: 0 as expected, 1 usage or configuration, 2 a file does not parse, 3 could not run,
4 an expectation, check or snapshot failed, 5 nothing selected, 101 a bug of scimulate."
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    /// When to use colours.
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto)]
    color: Color,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Color {
    Auto,
    Always,
    Never,
}

impl Color {
    fn on(self, terminal: bool) -> bool {
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto => terminal && env("NO_COLOR").is_none_or(|value| value.is_empty()),
        }
    }
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Replay scenarios of an Okta administrator against a target, or against the built-in reference.
    Run(Box<run::RunArgs>),
    /// Probe a target against the requirements of the RFCs and of Okta, and clean up after.
    Check(Box<check::CheckArgs>),
    /// Show which requirement trips over which deliberate defect of the reference.
    Faults(faults::FaultsArgs),
    /// Run Okta's own suite, another Runscope test, or a Postman collection, as it is.
    Import(import::ImportArgs),
    /// Rehearse a submission to Okta's Integration Network: the cases of Okta's own test plan.
    Oin(Box<oin::OinArgs>),
    /// Show stored results again, shards of a run as one, and what changed between runs.
    Report(report::ReportOptions),
    /// Say why: of a captured conversation, or of a message that Okta showed.
    Explain(Box<explain::ExplainArgs>),
    /// Stand between a client and a server, and write what they say to each other.
    Record(Box<record::RecordArgs>),
    /// Take credentials out of a capture, and names where that is asked for.
    Redact(redact::RedactArgs),
    /// Send a captured conversation again, and show where the answers differ.
    Replay(Box<replay::ReplayArgs>),
    /// Make a scenario of a capture.
    Scenario(scenario::ScenarioArgs),
    /// Start the reference service provider.
    Serve(serve::ServeArgs),
    /// Start an Okta org: the part of Okta's management API that its SDKs need, provisioning to a target.
    Org(Box<org::OrgArgs>),
    /// Look at pending snapshots one by one, and accept or reject them.
    Review(review::RootArgs),
    /// Accept pending snapshots without looking at them.
    Accept(review::SelectArgs),
    /// Throw pending snapshots away.
    Reject(review::SelectArgs),
    /// List pending snapshots.
    Pending(review::RootArgs),
    /// List what there is.
    List(list::ListArgs),
    /// Show one scenario or requirement.
    Show(list::ShowArgs),
    /// Write a starter: configuration, one scenario, a CI workflow.
    Init(init::InitArgs),
    /// Print the JSON Schema of scenario or configuration files, or of results.
    Schema(schema::SchemaArgs),
}

/// What went wrong, with its exit code.
#[derive(Debug)]
struct Failed {
    code: u8,
    message: String,
}

impl Failed {
    fn usage(message: impl Into<String>) -> Self {
        Self { code: EXIT_USAGE, message: message.into() }
    }

    fn io(message: impl Into<String>) -> Self {
        Self { code: EXIT_IO, message: message.into() }
    }
}

/// Runs the program with these arguments and gives its exit code.
pub fn main(arguments: impl Iterator<Item = OsString>) -> u8 {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            let code = if error.use_stderr() { EXIT_USAGE } else { EXIT_OK };
            let _ = error.print();
            return code;
        }
    };
    let color = cli.color;
    let outcome = match cli.command {
        Command::Run(args) => run::run(*args, color),
        Command::Check(args) => check::check(*args, color),
        Command::Faults(args) => faults::faults(&args, color),
        Command::Import(args) => import::import(args, color),
        Command::Oin(args) => oin::oin(*args, color),
        Command::Report(args) => report::report(&args, color),
        Command::Explain(args) => explain::explain(&args, color),
        Command::Record(args) => record::record(&args),
        Command::Redact(args) => redact::redact(&args),
        Command::Replay(args) => replay::replay(&args, color),
        Command::Scenario(args) => scenario::scenario(args),
        Command::Serve(args) => serve::serve(args),
        Command::Org(args) => org::org(*args),
        Command::Review(args) => review::review(&args),
        Command::Accept(args) => review::accept(&args),
        Command::Reject(args) => review::reject(&args),
        Command::Pending(args) => review::pending(&args),
        Command::List(args) => list::list(&args),
        Command::Show(args) => list::show(&args),
        Command::Init(args) => init::init(&args),
        Command::Schema(args) => schema::schema(args),
    };
    match outcome {
        Ok(code) => code,
        Err(Failed { code, message }) => {
            let red = color.on(std::io::stderr().is_terminal());
            say_error(&if red {
                format!("\x1b[31;1merror\x1b[0m: {message}")
            } else {
                format!("error: {message}")
            });
            code
        }
    }
}

/// A line on standard output. A reader that has gone away is no error.
fn say(text: &str) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}

/// A line on standard error.
fn say_error(text: &str) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// The one place where the environment is read.
#[expect(clippy::disallowed_methods, reason = "cli owns the environment")]
fn env(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// The one place where the wall clock is read.
#[expect(clippy::disallowed_methods, reason = "cli owns the wall clock")]
fn now() -> jiff::Timestamp {
    jiff::Timestamp::now()
}

/// Time since the program began to ask.
fn stopwatch() -> crate::scenario::Stopwatch {
    #[expect(clippy::disallowed_methods, reason = "cli measures real time")]
    let began = std::time::Instant::now();
    std::sync::Arc::new(move || began.elapsed())
}

/// What runs everything that waits for something.
fn runtime() -> Result<tokio::runtime::Runtime, Failed> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failed::io(error.to_string()))
}

/// A flag that the first Ctrl-C raises, so that what was made can be deleted; the second ends the program.
/// `what` is what made it: `this run`.
fn interruption(
    runtime: &tokio::runtime::Runtime,
    what: &'static str,
) -> std::sync::Arc<std::sync::atomic::AtomicBool> {
    let flag = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let raised = std::sync::Arc::clone(&flag);
    runtime.spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            raised.store(true, std::sync::atomic::Ordering::Relaxed);
            say_error(&format!(
                "\ninterrupted: deleting what {what} made; press Ctrl-C again to leave it there"
            ));
            if tokio::signal::ctrl_c().await.is_ok() {
                give_up();
            }
        }
    });
    flag
}

/// Ends the program at once, at the user's second request.
#[expect(clippy::disallowed_methods, reason = "the user asked for it twice")]
fn give_up() -> ! {
    std::process::exit(i32::from(EXIT_IO))
}

/// A number that nobody can foretell.
fn random() -> u64 {
    use std::hash::{BuildHasher as _, Hasher as _};
    let mut hasher = std::collections::hash_map::RandomState::new().build_hasher();
    hasher.write_i128(now().as_nanosecond());
    hasher.finish()
}
