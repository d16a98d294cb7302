//! `scimulate faults`: the kill matrix. Each deliberate defect is put before a fresh reference, the active
//! judge examines it, and what the judge says is held against what it says of the reference itself.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::json;

use super::defects::Defect;
use super::files::{self, Loaded};
use super::{Color, EXIT_FAILED, EXIT_OK, Failed, say, targets};
use crate::checks::{self, CheckOptions, Profile, Verdict, dictionary};
use crate::clients::Dialect;
use crate::exchange::{Interruption, Limits, Masker, Patience};
use crate::faults::Fault;
use crate::reference::faults::SERVICE;
use crate::reference::http::Preset;
use crate::result::Outcome;
use crate::scenario::{self, RunOptions};
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
    /// Compare with the reviewed matrix in this file: whatever it says of a fault has to be noticed, and
    /// every requirement has to be tripped by some fault. `~` before a requirement says that a race decides.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["fault", "scenarios"])]
    matrix: Option<PathBuf>,
    /// Write the matrix into that file instead of comparing.
    #[arg(long, requires = "matrix")]
    update: bool,
}

/// What broke under one fault: slug and word of the verdict.
type Broken = BTreeMap<String, &'static str>;

/// Runs the command.
pub(super) fn faults(args: &FaultsArgs, _color: Color) -> Result<u8, Failed> {
    for name in &args.fault {
        if let Defect::Between(_) = Defect::named(name)? {
            return Err(Defect::not_for(name, "the matrix holds, which lie in the service"));
        }
    }
    let wanted = |name: &str| args.fault.is_empty() || args.fault.iter().any(|known| known == name);
    let chosen: Vec<&'static Fault> =
        dictionary::all().iter().copied().filter(|fault| wanted(fault.name)).collect();
    let by_scenarios: Vec<(&'static str, Defect)> = chosen
        .iter()
        .filter(|fault| dictionary::ALSO_IN_SCENARIOS.contains(&fault.name))
        .map(|fault| (fault.name, Defect::Exchange(fault)))
        .chain(SERVICE.iter().map(|fault| (fault.name, Defect::Service(fault))))
        .filter(|(name, _)| wanted(name))
        .collect();
    let processors = std::thread::available_parallelism().map_or(2, usize::from);
    let runtime = super::runtime()?;
    // Most of a check is waiting for clocks, so several times as many run as there are processors.
    let jobs = args.jobs.unwrap_or(processors * 8);
    let judged = if args.scenarios { &[] } else { chosen.as_slice() };
    let matrix = runtime.block_on(matrix(judged, jobs)).map_err(Failed::io)?;
    let mut survivors = 0;
    for (name, broken) in &matrix {
        survivors += usize::from(broken.is_empty());
        say(&line(name, broken));
    }
    let failing = runtime.block_on(failing_scenarios(&by_scenarios, processors))?;
    for (name, scenarios) in &failing {
        survivors += usize::from(scenarios.is_empty());
        let told = if scenarios.is_empty() { "nothing".to_owned() } else { scenarios.join(", ") };
        say(&format!("{name}, in scenarios: {told}"));
    }
    let tripped: BTreeSet<&str> =
        matrix.values().flat_map(|broken| broken.keys().map(String::as_str)).collect();
    let untripped: Vec<&str> = checks::requirements()
        .iter()
        // The profiles that turn the RFCs round are examined on a service of their own: tests/it/profiles.rs.
        .filter(|requirement| requirement.profiles.iter().any(|profile| PROFILES.contains(profile)))
        .map(|requirement| requirement.slug)
        .filter(|slug| {
            !tripped.contains(slug) && !dictionary::UNTRIPPED.iter().any(|(known, _)| known == slug)
        })
        .collect();
    if args.verbose {
        say(&format!("\nno fault trips: {}", untripped.join(", ")));
        for (slug, why) in dictionary::UNTRIPPED {
            say(&format!("no fault trips {slug}: {why}"));
        }
    }
    let count = matrix.len() + failing.len();
    let noun = if count == 1 { "fault" } else { "faults" };
    say(&format!("\n{count} {noun}, {survivors} unnoticed"));
    let mut code = if survivors == 0 { EXIT_OK } else { EXIT_FAILED };
    if let Some(path) = &args.matrix {
        let wrong = reviewed(path, &matrix, &untripped, args.update)?;
        for sentence in &wrong {
            say(sentence);
        }
        if !wrong.is_empty() {
            code = EXIT_FAILED;
        }
    }
    Ok(code)
}

/// What the judge is asked for.
const PROFILES: [Profile; 3] = [Profile::Rfc, Profile::Okta, Profile::Oin];

/// One line of the matrix.
fn line(name: &str, broken: &Broken) -> String {
    let told: Vec<String> = broken
        .iter()
        .map(|(slug, word)| if *word == "failed" { slug.clone() } else { format!("{slug} ({word})") })
        .collect();
    format!("{name}: {}", if told.is_empty() { "nothing".to_owned() } else { told.join(", ") })
}

/// Sentences on what differs from the reviewed matrix; writes the file instead when asked to.
fn reviewed(
    path: &Path,
    matrix: &BTreeMap<String, Broken>,
    untripped: &[&str],
    update: bool,
) -> Result<Vec<String>, Failed> {
    let mut wrong: Vec<String> =
        untripped.iter().map(|slug| format!("no fault trips {slug}; write one in src/faults")).collect();
    if update {
        let lines: Vec<String> = matrix.iter().map(|(name, broken)| line(name, broken)).collect();
        std::fs::write(path, lines.join("\n") + "\n")
            .map_err(|error| Failed::io(format!("cannot write {}: {error}", path.display())))?;
        return Ok(wrong);
    }
    let text = super::files::text(path)?;
    let known: BTreeMap<&str, BTreeSet<&str>> = text
        .lines()
        .filter_map(|line| line.split_once(": "))
        .map(|(name, told)| (name, told.split(", ").filter(|told| *told != "nothing").collect()))
        .collect();
    for (name, broken) in matrix {
        let Some(known) = known.get(name.as_str()) else {
            wrong.push(format!("the fault {name} is not in {}; add it with --update", path.display()));
            continue;
        };
        let now = line(name, broken);
        let now: BTreeSet<&str> = now.split_once(": ").map_or("", |(_, told)| told).split(", ").collect();
        for told in known.iter().filter(|told| !told.starts_with('~') && !now.contains(*told)) {
            wrong.push(format!("under the fault {name}, {told} is not noticed any more"));
        }
        for told in
            now.iter().filter(|told| !known.contains(*told) && !known.contains(format!("~{told}").as_str()))
        {
            wrong.push(format!("under the fault {name}, {told} is new; review it and run with --update"));
        }
    }
    for name in known.keys().filter(|name| !matrix.contains_key(**name)) {
        wrong.push(format!("there is no fault {name} any more; remove it from {}", path.display()));
    }
    Ok(wrong)
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
            patience: patience(),
            interruption: Interruption::new(),
            keep: false,
            dialects: Dialect::OKTA.to_vec(),
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

/// As of any run; nobody is told.
fn patience() -> Arc<Patience> {
    Arc::new(Patience::new(Limits::WAIT, super::stopwatch(), Arc::new(|_| {})))
}

async fn examine(fault: Option<&'static Fault>) -> Result<Broken, String> {
    let subject = targets::strict(Preset::Rfc, fault)?;
    let options = CheckOptions {
        profiles: PROFILES.to_vec(),
        levels: Vec::new(),
        only: Vec::new(),
        read_only: false,
        jobs: 16,
        rate: None,
        prefix: "scimulate-x".into(),
        user_template: json!({}),
        masker: Masker::new(),
        patience: patience(),
        interruption: Interruption::new(),
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
