//! The commands. The only place that prints, reads the environment and the clock, or opens files on
//! behalf of the user; everything below gets what it needs as values.

mod check;
mod defects;
mod dialect;
mod explain;
mod faults;
mod files;
mod import;
mod init;
mod list;
mod listen;
mod oin;
mod org;
mod outside;
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
mod sweep;
mod targets;
mod tls;

use std::ffi::OsString;
use std::io::IsTerminal as _;

use clap::{Parser, Subcommand};

use outside::{
    Color, Failed, Signals, env, is_ci, may_write, not_deleted, now, on_signals, random, runtime, say,
    say_error, stopwatch,
};
pub use outside::{EXIT_FAILED, EXIT_IO, EXIT_LEFT, EXIT_NOTHING, EXIT_OK, EXIT_PARSE, EXIT_USAGE};

/// Acts as Okta's provisioning client against any SCIM 2.0 endpoint, judges the answers, and compares
/// the resulting state with reviewed snapshots.
#[derive(Debug, Parser)]
#[command(
    name = "scimulate",
    version,
    max_term_width = 100,
    after_help = "\
Exit codes: 0 as expected, 1 usage or configuration, 2 a file does not parse, 3 could not run,
4 an expectation, check or snapshot failed, 5 nothing selected, 6 something that was created on
the target could not be deleted, 101 a bug of scimulate. Of several the first of 4, 6, 3, 5, 0."
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    /// When to use colours.
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto)]
    color: Color,
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
    /// List or delete what earlier runs left on a target, by the names that they give.
    Sweep(Box<sweep::SweepArgs>),
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

/// Most bytes of what is said about why the program ends.
const LONGEST_MESSAGE: usize = 3_500;

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
        Command::Sweep(args) => sweep::sweep(&args),
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
            // What it quotes may be as long as a file.
            let message = crate::text::shortened(&message, LONGEST_MESSAGE);
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
