//! `scimulate oin`: a rehearsal of a submission to Okta's Integration Network.

use std::collections::BTreeSet;
use std::io::{IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::json;

use super::check::examined;
use super::files::{self, Loaded};
use super::reports::{ReportArgs, code, masked};
use super::targets::{Examined, PresetArg, TargetArgs};
use super::{Color, Failed, say};
use crate::checks::{CheckOptions, Profile};
use crate::clients::Dialect;
use crate::report::{OinCase, oin_cases, rehearsal};
use crate::result::Event;
use crate::scenario::{self, RunOptions};
use crate::snapshot::UpdateMode;
use crate::target::names::{PREFIX, mark};

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
    /// Begins the name of everything that the rehearsal creates; the run's id follows it.
    #[arg(long, value_name = "TEXT", default_value = PREFIX)]
    prefix: String,
    #[command(flatten)]
    reports: ReportArgs,
    /// Show only what fails and the counts.
    #[arg(short, long)]
    quiet: bool,
}

/// Runs the command.
pub(super) fn oin(args: OinArgs, color: Color) -> Result<u8, Failed> {
    let mark = mark(&args.prefix, super::random());
    // Both halves of the rehearsal look at one and the same kind of reference.
    let target = args.target.or_preset(PresetArg::Seed);
    let chosen = target.choose(&mark)?;
    let Examined { subject, masker, ledger, .. } = match &chosen.ledger {
        Some(ledger) => Examined::of(&chosen, ledger)?,
        None => target.subject(&mark)?,
    };
    let interruption = ledger.interruption();
    let Loaded { scenarios, snapshots } = files::load(&[], None, chosen.overrides)?;
    let named = |of: fn(&OinCase) -> &Vec<String>| -> BTreeSet<&'static str> {
        oin_cases().iter().flat_map(of).map(String::as_str).collect()
    };
    let names = named(|case| &case.scenarios);
    let scenarios: Vec<_> =
        scenarios.into_iter().filter(|scenario| names.contains(scenario.name.as_str())).collect();
    let slugs = named(|case| &case.requirements);

    let runtime = super::runtime()?;
    super::on_signals(&runtime, "this rehearsal", &interruption, Some(&ledger));
    let elapsed = super::stopwatch();
    let patience = target.patience();
    let live = std::io::stderr().is_terminal() && !args.quiet;
    let options = RunOptions {
        snapshots,
        update: UpdateMode::No,
        ci: super::is_ci(),
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
        interruption: interruption.clone(),
        keep: false,
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
        prefix: mark.trim_end_matches('-').to_owned(),
        user_template: json!({}),
        masker: masker.clone(),
        patience,
        interruption: interruption.clone(),
        elapsed: Arc::clone(&elapsed),
        progress: Arc::new(move |probe, ended, total| {
            progress(live, if ended == total { "" } else { probe });
        }),
    };
    let mut result = runtime
        .block_on(scenario::run(&scenarios, chosen.targets, options))
        .map_err(|error| Failed::io(error.to_string()))?;
    if !interruption.is_raised() {
        let (report, left) = runtime.block_on(examined(subject, check, &ledger))?;
        result.requirements = report.requirements;
        result.exchanges = report.exchanges;
        result.left_behind = left;
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
    let counts = rehearsal.counts();
    Ok(code(counts.failed > 0, &result.left_behind, interruption.is_raised(), counts.passed > 0))
}

/// A line that says what has ended, and is overwritten.
fn progress(live: bool, text: &str) {
    if live {
        let _ = write!(std::io::stderr(), "\r\x1b[2K{text}");
    }
}
