//! `scimulate check`.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Value, json};

use super::files;
use super::reports::{ReportArgs, code, exit_code, masked};
use super::targets::{Examined, TargetArgs};
use super::{Color, EXIT_NOTHING, EXIT_OK, Failed, env, say};
use crate::checks::{self, Baseline, CheckOptions, CheckReport, Level, Profile, Subject};
use crate::report;
use crate::result::RunResult;
use crate::target::Ledger;
use crate::target::names::{PREFIX, mark};

/// Arguments of `check`.
#[derive(Debug, clap::Args)]
pub(super) struct CheckArgs {
    #[command(flatten)]
    target: TargetArgs,
    /// Whose requirements: rfc, okta, oin, interop, ipsie-al1, ipsie-al2, ipsie-al3; may be repeated.
    /// Without it rfc, okta and oin.
    #[arg(long, value_name = "PROFILE", value_parser = profile)]
    profile: Vec<Profile>,
    /// How binding at least: must, should or may.
    #[arg(long, value_enum, default_value_t = LevelArg::May)]
    level: LevelArg,
    /// Only requirements whose slug is this or begins with it, e.g. `patch` or `list.schema`; may be
    /// repeated. `scimulate list requirements` shows them.
    #[arg(long, value_name = "SLUG")]
    only: Vec<String>,
    /// Send nothing that writes.
    #[arg(long)]
    read_only: bool,
    /// Show what would be done, and send nothing.
    #[arg(long)]
    dry_run: bool,
    /// Begins the name of everything that the check creates; the run's id follows it.
    #[arg(long, value_name = "TEXT", default_value = PREFIX)]
    prefix: String,
    /// JSON file with members that every new user needs on this target.
    #[arg(long, value_name = "FILE")]
    user_template: Option<PathBuf>,
    /// Environment variable with a bearer token of another tenant, for the checks of separation.
    #[arg(long, value_name = "VARIABLE")]
    second_bearer_env: Option<String>,
    /// Probes at once, each of which sends one request after another.
    #[arg(short, long, value_name = "N", default_value_t = 16)]
    jobs: usize,
    /// Most requests in a second.
    #[arg(long, value_name = "N")]
    rate: Option<f64>,
    /// TOML file of accepted failures, each with reason and, if wanted, a day on which it expires.
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    #[command(flatten)]
    reports: ReportArgs,
    /// Show every requirement, not only those that are broken.
    #[arg(short, long, conflicts_with = "quiet")]
    verbose: bool,
    /// Show only what fails and the counts.
    #[arg(short, long)]
    quiet: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum LevelArg {
    Must,
    Should,
    May,
}

fn profile(text: &str) -> Result<Profile, String> {
    Profile::ALL.into_iter().find(|known| known.as_str() == text).ok_or_else(|| {
        let known: Vec<&str> = Profile::ALL.iter().map(|profile| profile.as_str()).collect();
        format!("there is no such profile; the profiles are {}", known.join(", "))
    })
}

/// Runs the command.
pub(super) fn check(args: CheckArgs, color: Color) -> Result<u8, Failed> {
    for wanted in &args.only {
        if !checks::requirements().iter().any(|known| checks::is_named(known, wanted)) {
            let known: Vec<&str> = checks::requirements()
                .iter()
                .flat_map(|known| [Some(known.slug), known.slug.split_once('.').map(|(area, _)| area)])
                .flatten()
                .collect::<std::collections::BTreeSet<_>>()
                .into_iter()
                .collect();
            return Err(Failed {
                code: EXIT_NOTHING,
                message: format!(
                    "--only {wanted} names no requirement{}; `scimulate list requirements` shows them",
                    super::list::resembling(wanted, &known)
                ),
            });
        }
    }
    let mark = mark(&args.prefix, super::random());
    let Examined { name, mut subject, masker, ledger } = args.target.subject(&mark)?;
    if let Some(variable) = &args.second_bearer_env {
        let token = env(variable).filter(|value| !value.is_empty()).ok_or_else(|| {
            Failed::usage(format!("the environment variable {variable} is empty; put the token into it"))
        })?;
        masker.add(&token);
        subject.second = Some(format!("Bearer {token}"));
    }
    let baseline = match &args.baseline {
        None => Baseline::default(),
        Some(path) => accepted(path)?,
    };
    let user_template = match &args.user_template {
        None => json!({}),
        Some(path) => template(path)?,
    };
    let levels = match args.level {
        LevelArg::May => Vec::new(),
        LevelArg::Should => {
            vec![Level::Must, Level::Should, Level::Okta, Level::Oin, Level::Interop, Level::Ipsie]
        }
        LevelArg::Must => vec![Level::Must, Level::Okta, Level::Interop, Level::Ipsie],
    };
    let profiles = if args.profile.is_empty() {
        vec![Profile::Rfc, Profile::Okta, Profile::Oin]
    } else {
        args.profile.clone()
    };
    let runtime = super::runtime()?;
    let interruption = ledger.interruption();
    super::on_signals(&runtime, "this check", &interruption, Some(&ledger));
    let elapsed = super::stopwatch();
    let live = std::io::stderr().is_terminal() && !args.quiet;
    let options = CheckOptions {
        profiles,
        levels,
        only: args.only.clone(),
        read_only: args.read_only,
        jobs: args.jobs,
        rate: args.rate,
        prefix: mark.trim_end_matches('-').to_owned(),
        user_template,
        masker: masker.clone(),
        patience: args.target.patience(),
        interruption: interruption.clone(),
        elapsed: Arc::clone(&elapsed),
        progress: Arc::new(move |probe, ended, total| {
            if live {
                use std::io::Write as _;
                let _ = write!(std::io::stderr(), "\r\x1b[2K{ended}/{total} {probe}");
                if ended == total {
                    let _ = write!(std::io::stderr(), "\r\x1b[2K");
                }
            }
        }),
    };
    if checks::count(&options) == 0 {
        return Err(Failed {
            code: EXIT_NOTHING,
            message: "no requirement is selected; name other profiles with --profile, or leave out --only or --level".into(),
        });
    }
    if args.dry_run {
        for probe in checks::plan(&options) {
            say(&probe);
        }
        return Ok(EXIT_OK);
    }
    let (report, left_behind) = runtime.block_on(examined(subject, options, &ledger))?;
    if let Some(reason) = &report.ended {
        super::say_error(reason);
    }
    let result = RunResult {
        format_version: RunResult::FORMAT_VERSION,
        scimulate_version: env!("CARGO_PKG_VERSION").into(),
        target: name,
        scenarios: Vec::new(),
        requirements: report.requirements,
        left_behind,
        to_attest: report.to_attest,
        exchanges: report.exchanges,
        baseline: checks::Leftover::default(),
        changes: None,
        duration: elapsed(),
    };
    let mut result = masked(&result, &masker)?;
    result.baseline =
        baseline.apply(&mut result.requirements, super::now().to_zoned(jiff::tz::TimeZone::UTC).date());
    let text = report::requirements(
        &result,
        report::RequirementsOptions {
            color: color.on(std::io::stdout().is_terminal()),
            verbosity: i8::from(args.verbose) - i8::from(args.quiet),
            durations: env("SCIMULATE_NO_DURATIONS").is_none(),
        },
    );
    say(text.trim_end());
    args.reports.write(&result)?;
    Ok(exit_code(&result, interruption.is_raised()))
}

/// Examines the target and deletes what that created; gives what is left besides the report.
pub(super) async fn examined(
    subject: Subject,
    options: CheckOptions,
    ledger: &Ledger,
) -> Result<(CheckReport, Vec<String>), Failed> {
    let outcome = checks::check(subject, options).await;
    for path in outcome.iter().flat_map(|report| &report.left_behind) {
        ledger.adopt(path);
    }
    let left = ledger.clean_up().await;
    match outcome {
        Ok(report) => Ok((report, left)),
        Err(error) => {
            let mut message = format!("the check could not begin: {error}");
            if !left.is_empty() {
                message.push('\n');
                message.push_str(&super::not_deleted(&left));
            }
            Err(Failed { code: code(false, &left, true, false), message })
        }
    }
}

fn template(path: &Path) -> Result<Value, Failed> {
    let help = "write a JSON object like {\"title\": \"Engineer\"}";
    let value: Value = files::json(path, help)?;
    if !value.is_object() {
        return Err(Failed::usage(format!("the template {} is not a JSON object; {help}", path.display())));
    }
    Ok(value)
}

fn accepted(path: &Path) -> Result<Baseline, Failed> {
    files::toml(path, "write a baseline as the README shows it")
}
