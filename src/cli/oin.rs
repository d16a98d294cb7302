//! `scimulate oin`: a rehearsal of a submission to Okta's Integration Network.

use std::collections::BTreeSet;
use std::io::{IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use indexmap::IndexMap;
use serde_json::json;

use super::files::{self, Loaded};
use super::reports::{ReportArgs, masked};
use super::targets::{PresetArg, TargetArgs};
use super::{Color, EXIT_FAILED, EXIT_IO, EXIT_NOTHING, EXIT_OK, Failed, env, say};
use crate::checks::{self, CheckOptions, Profile};
use crate::clients::Dialect;
use crate::report::{OinCase, oin_cases, rehearsal};
use crate::result::Event;
use crate::scenario::{self, RunOptions};
use crate::snapshot::UpdateMode;

/// Arguments of `oin`.
#[derive(Debug, clap::Args)]
pub(super) struct OinArgs {
    #[command(flatten)]
    target: TargetArgs,
    /// Write the cases as Markdown, to attach to a submission.
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,
    /// Scenario runs and probes at once.
    #[arg(short, long, value_name = "N", default_value_t = 8)]
    jobs: usize,
    /// Most requests in a second of the probes.
    #[arg(long, value_name = "N")]
    rate: Option<f64>,
    /// Begins the name of everything that the probes create.
    #[arg(long, value_name = "TEXT", default_value = "scimulate")]
    prefix: String,
    #[command(flatten)]
    reports: ReportArgs,
    /// Show only what fails and the counts.
    #[arg(short, long)]
    quiet: bool,
}

/// Runs the command.
pub(super) fn oin(args: OinArgs, color: Color) -> Result<u8, Failed> {
    let run_id = super::random();
    // Both halves of the rehearsal look at one and the same kind of reference.
    let target = args.target.or_preset(PresetArg::Seed);
    let chosen = target.choose(run_id)?;
    let (_, subject, masker) = target.subject(run_id)?;
    let Loaded { scenarios, snapshots } = files::load(&[], None, chosen.overrides)?;
    let named = |of: fn(&OinCase) -> &Vec<String>| -> BTreeSet<&'static str> {
        oin_cases().iter().flat_map(of).map(String::as_str).collect()
    };
    let names = named(|case| &case.scenarios);
    let scenarios: Vec<_> =
        scenarios.into_iter().filter(|scenario| names.contains(scenario.name.as_str())).collect();
    let slugs = named(|case| &case.requirements);

    let runtime = super::runtime()?;
    let interrupted = super::interruption(&runtime, "this rehearsal");
    let elapsed = super::stopwatch();
    let patience = target.patience();
    let live = std::io::stderr().is_terminal() && !args.quiet;
    let options = RunOptions {
        snapshots,
        update: UpdateMode::No,
        ci: env("CI").is_some_and(|value| !["", "0", "false"].contains(&value.as_str())),
        variables: IndexMap::new(),
        masker: masker.clone(),
        stopwatch: Arc::clone(&elapsed),
        events: Arc::new(move |event: Event| match event {
            Event::ScenarioFinished { result } => progress(live, &result.key.to_string()),
            Event::RunFinished { .. } => progress(live, ""),
            _ => {}
        }),
        jobs: args.jobs,
        max_fail: None,
        patience: Arc::clone(&patience),
        interrupted: Arc::clone(&interrupted),
        dialects: vec![Dialect::Oin],
        version: env!("CARGO_PKG_VERSION").into(),
    };
    let check = CheckOptions {
        profiles: vec![Profile::Rfc, Profile::Okta, Profile::Oin],
        levels: Vec::new(),
        only: slugs.into_iter().map(str::to_owned).collect(),
        read_only: false,
        jobs: args.jobs,
        rate: args.rate,
        prefix: format!("{}-{:05x}", args.prefix, run_id % 0x10_0000),
        user_template: json!({}),
        masker: masker.clone(),
        patience,
        interrupted: Arc::clone(&interrupted),
        elapsed: Arc::clone(&elapsed),
        progress: Arc::new(move |probe, ended, total| {
            progress(live, if ended == total { "" } else { probe });
        }),
    };
    let mut result = runtime
        .block_on(scenario::run(&scenarios, chosen.targets, options))
        .map_err(|error| Failed::io(error.to_string()))?;
    if !interrupted.load(Ordering::Relaxed) {
        let report = runtime
            .block_on(checks::check(subject, check))
            .map_err(|error| Failed::io(format!("the check could not begin: {error}")))?;
        result.requirements = report.requirements;
        result.exchanges = report.exchanges;
        result.left_behind = report.left_behind;
        result.duration = elapsed();
    }
    let result = masked(&result, &masker)?;
    let rehearsal = rehearsal(&result);
    say(rehearsal.text(color.on(std::io::stdout().is_terminal()), args.quiet).trim_end());
    if let Some(path) = &args.markdown {
        let day = super::now().to_zoned(jiff::tz::TimeZone::UTC).date().to_string();
        super::reports::write(path, &rehearsal.markdown(&day))?;
    }
    args.reports.write(&result)?;
    if interrupted.load(Ordering::Relaxed) {
        return Ok(EXIT_IO);
    }
    let counts = rehearsal.counts();
    Ok(match (counts.failed, counts.passed) {
        (0, 0) => EXIT_NOTHING,
        (0, _) => EXIT_OK,
        _ => EXIT_FAILED,
    })
}

/// A line that says what has ended, and is overwritten.
fn progress(live: bool, text: &str) {
    if live {
        let _ = write!(std::io::stderr(), "\r\x1b[2K{text}");
    }
}
