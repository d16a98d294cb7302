//! `scimulate faults`: the kill matrix. Each deliberate defect is put before a fresh reference, the active
//! judge examines it, and what the judge says is held against what it says of the reference itself.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use serde_json::json;

use super::{Color, EXIT_FAILED, EXIT_OK, EXIT_USAGE, Failed, say, targets};
use crate::checks::{self, CheckOptions, Profile, Verdict};
use crate::exchange::Masker;
use crate::reference::faults::{self, Fault};
use crate::reference::http::Preset;

/// Arguments of `faults`.
#[derive(Debug, clap::Args)]
pub(super) struct FaultsArgs {
    /// Only this fault; may be repeated.
    #[arg(long, value_name = "NAME")]
    fault: Vec<String>,
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
    let mut chosen: Vec<&'static Fault> = Vec::new();
    for name in &args.fault {
        chosen.push(faults::by_name(name).ok_or_else(|| Failed {
            code: EXIT_USAGE,
            message: format!("there is no fault `{name}`; `scimulate list faults` shows them"),
        })?);
    }
    if chosen.is_empty() {
        chosen = faults::all().to_vec();
    }
    let processors = std::thread::available_parallelism().map_or(2, usize::from);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failed::io(error.to_string()))?;
    // Most of a check is waiting for clocks, so several times as many run as there are processors.
    let jobs = args.jobs.unwrap_or(processors * 8);
    let matrix = runtime.block_on(matrix(&chosen, jobs)).map_err(Failed::io)?;
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
    if args.verbose {
        let untripped: Vec<&str> = checks::requirements()
            .iter()
            .map(|requirement| requirement.slug)
            .filter(|slug| !tripped.contains(*slug))
            .collect();
        say(&format!("\nno fault trips: {}", untripped.join(", ")));
    }
    say(&format!("\n{} faults, {} of them unnoticed", matrix.len(), survivors.len()));
    Ok(if survivors.is_empty() { EXIT_OK } else { EXIT_FAILED })
}

/// What the judge finds under each fault, beyond what it finds without any.
async fn matrix(chosen: &[&'static Fault], jobs: usize) -> Result<BTreeMap<String, Broken>, String> {
    let clean = examine(None).await?;
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
