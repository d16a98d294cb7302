//! `scimulate faults`: the kill matrix. Each deliberate defect is put before a fresh reference, the active
//! judge examines it, and what the judge says is held against what it says of the reference itself.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use indexmap::IndexMap;
use serde_json::json;

use super::files::{self, Loaded};
use super::targets::Defect;
use super::{Color, EXIT_FAILED, EXIT_OK, EXIT_USAGE, Failed, say, targets};
use crate::checks::{self, CheckOptions, Profile, Verdict};
use crate::exchange::Masker;
use crate::reference::faults::{self, Fault};
use crate::reference::http::Preset;
use crate::result::Outcome;
use crate::scenario::{self, DialectName, RunOptions};
use crate::snapshot::UpdateMode;

/// Arguments of `faults`.
#[derive(Debug, clap::Args)]
pub(super) struct FaultsArgs {
    /// Only this fault; may be repeated.
    #[arg(long, value_name = "NAME")]
    fault: Vec<String>,
    /// Only what the scenarios have to notice.
    #[arg(long)]
    scenarios: bool,
    /// Faults at once.
    #[arg(short, long, value_name = "N")]
    jobs: Option<usize>,
    /// Show also which requirements no fault trips.
    #[arg(short, long)]
    verbose: bool,
}

/// What broke under one fault: slug and word of the verdict.
type Broken = BTreeMap<String, &'static str>;

/// Runs the command.
pub(super) fn faults(args: &FaultsArgs, _color: Color) -> Result<u8, Failed> {
    let known = |name: &str| {
        faults::by_name(name).is_some() || faults::SERVICE.iter().any(|fault| fault.name == name)
    };
    if let Some(name) = args.fault.iter().find(|name| !known(name)) {
        return Err(Failed {
            code: EXIT_USAGE,
            message: format!("there is no fault `{name}`; `scimulate list faults` shows them"),
        });
    }
    let wanted = |name: &str| args.fault.is_empty() || args.fault.iter().any(|known| known == name);
    let chosen: Vec<&'static Fault> =
        faults::all().iter().copied().filter(|fault| wanted(fault.name)).collect();
    let by_scenarios: Vec<(&'static str, Defect)> = chosen
        .iter()
        .filter(|fault| faults::ALSO_IN_SCENARIOS.contains(&fault.name))
        .map(|fault| (fault.name, Defect::Exchange(fault)))
        .chain(faults::SERVICE.iter().map(|fault| (fault.name, Defect::Service(fault))))
        .filter(|(name, _)| wanted(name))
        .collect();
    let processors = std::thread::available_parallelism().map_or(2, usize::from);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failed::io(error.to_string()))?;
    // Most of a check is waiting for clocks, so several times as many run as there are processors.
    let jobs = args.jobs.unwrap_or(processors * 8);
    let judged = if args.scenarios { &[] } else { chosen.as_slice() };
    let matrix = runtime.block_on(matrix(judged, jobs)).map_err(Failed::io)?;
    let mut survivors = Vec::new();
    let mut tripped = BTreeSet::new();
    for (name, broken) in &matrix {
        let told: Vec<String> = broken
            .iter()
            .map(|(slug, word)| if *word == "failed" { slug.clone() } else { format!("{slug} ({word})") })
            .collect();
        tripped.extend(broken.keys().cloned());
        if told.is_empty() {
            survivors.push(name.clone());
        }
        say(&format!("{name}: {}", if told.is_empty() { "nothing".to_owned() } else { told.join(", ") }));
    }
    let failing = runtime.block_on(failing_scenarios(&by_scenarios, processors))?;
    for (name, scenarios) in &failing {
        if scenarios.is_empty() {
            survivors.push((*name).to_owned());
        }
        let told = if scenarios.is_empty() { "nothing".to_owned() } else { scenarios.join(", ") };
        say(&format!("{name}, in scenarios: {told}"));
    }
    if args.verbose {
        let untripped: Vec<&str> = checks::requirements()
            .iter()
            .map(|requirement| requirement.slug)
            .filter(|slug| !tripped.contains(*slug))
            .collect();
        say(&format!("\nno fault trips: {}", untripped.join(", ")));
    }
    let rows = matrix.len() + failing.len();
    say(&format!("\n{rows} faults, {} of them unnoticed", survivors.len()));
    Ok(if survivors.is_empty() { EXIT_OK } else { EXIT_FAILED })
}

/// The scenarios that fail under each defect of a service that behaves as the guide says otherwise.
async fn failing_scenarios(
    defects: &[(&'static str, Defect)],
    jobs: usize,
) -> Result<Vec<(&'static str, Vec<String>)>, Failed> {
    if defects.is_empty() {
        return Ok(Vec::new());
    }
    let Loaded { scenarios, snapshots } = files::load(&[], None, None)?;
    let mut found = Vec::new();
    for (name, defect) in defects {
        let options = RunOptions {
            snapshots: Arc::clone(&snapshots),
            update: UpdateMode::No,
            ci: true,
            variables: IndexMap::new(),
            masker: Masker::new(),
            stopwatch: super::stopwatch(),
            events: Arc::new(|_| {}),
            jobs,
            max_fail: None,
            interrupted: Arc::new(AtomicBool::new(false)),
            dialects: DialectName::ALL.to_vec(),
            version: env!("CARGO_PKG_VERSION").into(),
        };
        let result = scenario::run(&scenarios, targets::defective(*defect), options)
            .await
            .map_err(|error| Failed::io(error.to_string()))?;
        let mut failing: Vec<String> = result
            .scenarios
            .into_iter()
            .filter(|scenario| matches!(scenario.outcome, Outcome::Failed | Outcome::Error { .. }))
            .map(|scenario| scenario.key.name)
            .collect();
        failing.dedup();
        found.push((*name, failing));
    }
    Ok(found)
}

/// What the judge finds under each fault, beyond what it finds without any.
async fn matrix(chosen: &[&'static Fault], jobs: usize) -> Result<BTreeMap<String, Broken>, String> {
    let clean = if chosen.is_empty() { Broken::new() } else { examine(None).await? };
    let mut found = BTreeMap::new();
    let mut waiting = chosen.iter().copied();
    let mut running = tokio::task::JoinSet::new();
    loop {
        while running.len() < jobs.max(1) {
            let Some(fault) = waiting.next() else { break };
            running.spawn(async move { (fault.name, examine(Some(fault)).await) });
        }
        let Some(next) = running.join_next().await else { break };
        let (name, broken) = next.map_err(|error| error.to_string())?;
        let mut broken = broken?;
        broken.retain(|slug, _| !clean.contains_key(slug));
        found.insert(name.to_owned(), broken);
    }
    Ok(found)
}

async fn examine(fault: Option<&'static Fault>) -> Result<Broken, String> {
    let subject = targets::strict(Preset::Rfc, fault.into_iter().collect())?;
    let options = CheckOptions {
        profiles: vec![Profile::Rfc, Profile::Okta, Profile::Oin],
        levels: Vec::new(),
        only: Vec::new(),
        read_only: false,
        jobs: 16,
        rate: None,
        prefix: "scimulate-x".into(),
        user_template: json!({}),
        masker: Masker::new(),
        interrupted: Arc::new(AtomicBool::new(false)),
        elapsed: super::stopwatch(),
        progress: Arc::new(|_, _, _| {}),
    };
    match checks::check(subject, options).await {
        Ok(report) => Ok(report
            .requirements
            .into_iter()
            .filter(|entry| matches!(entry.verdict, Verdict::Failed | Verdict::Warning | Verdict::Note))
            .map(|entry| (entry.requirement, entry.verdict.word()))
            .collect()),
        // That the check cannot even begin is noticed too.
        Err(error) => Ok(BTreeMap::from([(format!("the check could not begin: {error}"), "failed")])),
    }
}
