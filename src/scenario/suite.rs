//! Many scenarios in their dialects, concurrently: discovery of the target first, then every run, then
//! the comparison of the dialects with one another.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::model::Scenario;
use super::observe::Access;
use super::options::RunOptions;
use super::record::Recorder;
use super::runner::{Ran, Runner};
use crate::checks::PassiveJudge;
use crate::clients::Dialect;
use crate::exchange::{Transport as _, TransportError};
use crate::result::{Event, Failure, Outcome, RunResult, ScenarioKey, ScenarioResult, StepResult};
use crate::snapshot::diff;
use crate::target::{Target, Targets};

/// The run as a whole could not take place.
#[derive(Debug, thiserror::Error)]
pub enum SuiteError {
    /// No target could be opened.
    #[error("{0}")]
    Target(String),
    /// The target does not answer at all.
    #[error("{target} cannot be reached: {reason}. {}", remedy(reason))]
    Unreachable {
        /// How reports call the target.
        target: String,
        /// What went wrong.
        reason: String,
    },
    /// There is no access token to reach it with.
    #[error("{target} cannot be asked anything: {reason}")]
    NoToken {
        /// How reports call the target.
        target: String,
        /// Whose fault it is, and what to do.
        reason: String,
    },
    /// There is something, but no SCIM service.
    #[error(
        "{target} is no SCIM service: GET /Users?startIndex=1&count=2 was answered with 404 and a body that is not JSON. Check the base URL; the path of the users is its path with /Users appended"
    )]
    NoService {
        /// How reports call the target.
        target: String,
    },
    /// The target refuses the credentials.
    #[error(
        "{target} refuses the credentials: GET /Users?startIndex=1&count=2 was answered with {status}. Check the token or the password, and that it belongs to this base URL"
    )]
    Refused {
        /// How reports call the target.
        target: String,
        /// 401 or 403.
        status: u16,
    },
}

fn remedy(reason: &str) -> &'static str {
    if reason.contains("certificate") {
        "Give the authority that signed the certificate with --cacert, or use -k to go without verifying"
    } else {
        "Check the URL, and that the server runs and this machine may connect to it"
    }
}

/// Runs `scenarios` against `targets`.
///
/// # Errors
/// When the target cannot be talked to at all. Everything else is in the result.
pub async fn run(
    scenarios: &[Arc<Scenario>],
    targets: Arc<dyn Targets>,
    options: RunOptions,
) -> Result<RunResult, SuiteError> {
    let began = (options.stopwatch)();
    let runs: Vec<(Arc<Scenario>, Dialect)> = scenarios
        .iter()
        .flat_map(|scenario| {
            let asked = options.dialects.iter().copied();
            let has = |dialect: &Dialect| {
                scenario.dialects.contains(dialect) || scenario.skipped_in(*dialect).is_some()
            };
            asked.filter(has).map(|dialect| (Arc::clone(scenario), dialect)).collect::<Vec<_>>()
        })
        .collect();
    // First serial number of each scenario, with its number of dialects.
    let mut groups: BTreeMap<usize, usize> = BTreeMap::new();
    let mut first = 0;
    for (serial, (scenario, _)) in runs.iter().enumerate() {
        if !Arc::ptr_eq(scenario, &runs[first].0) {
            first = serial;
        }
        *groups.entry(first).or_insert(0) += 1;
    }
    (options.events)(Event::RunStarted { target: targets.describe(), selected: runs.len() });
    let mut results = Vec::new();
    if !targets.fresh() {
        results.push(discover(&*targets, &options).await?);
    }

    let permits = Arc::new(Semaphore::new(options.jobs.max(1)));
    let failed = Arc::new(AtomicUsize::new(0));
    let stopped = Arc::new(AtomicBool::new(false));
    let mut tasks = JoinSet::new();
    for (serial, (scenario, dialect)) in runs.into_iter().enumerate() {
        let (permits, targets, options) = (Arc::clone(&permits), Arc::clone(&targets), options.clone());
        let (failed, stopped) = (Arc::clone(&failed), Arc::clone(&stopped));
        tasks.spawn(async move {
            let Ok(_permit) = permits.acquire_owned().await else {
                return (serial, not_run(&scenario, dialect, "the run was stopped"), scenario);
            };
            let ran = if options.interruption.is_raised() {
                not_run(&scenario, dialect, "the run was interrupted")
            } else if stopped.load(Ordering::Relaxed) {
                not_run(&scenario, dialect, "an earlier scenario failed, and the run was to stop then")
            } else {
                one(&scenario, dialect, serial, &*targets, &options).await
            };
            if !matches!(ran.result.outcome, Outcome::Passed | Outcome::Skipped { .. }) {
                let count = failed.fetch_add(1, Ordering::Relaxed) + 1;
                if options.max_fail.is_some_and(|most| count >= most) {
                    stopped.store(true, Ordering::Relaxed);
                }
            }
            (serial, ran, scenario)
        });
    }
    // Results are handed on in the order of the scenarios, each as soon as all its dialects and
    // everything before it are there.
    let mut waiting: BTreeMap<usize, (Ran, Arc<Scenario>)> = BTreeMap::new();
    let mut next = 0;
    while let Some(joined) = tasks.join_next().await {
        match joined {
            Ok((serial, ran, scenario)) => drop(waiting.insert(serial, (ran, scenario))),
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            Err(_) => {}
        }
        while let Some(count) = groups.get(&next).copied()
            && (next..next + count).all(|serial| waiting.contains_key(&serial))
        {
            let mut group: Vec<(Ran, Arc<Scenario>)> =
                (next..next + count).filter_map(|serial| waiting.remove(&serial)).collect();
            compare_dialects(&mut group);
            for (ran, _) in group {
                (options.events)(Event::ScenarioFinished { result: Box::new(ran.result.clone()) });
                results.push(ran.result);
            }
            next += count;
        }
    }
    let mut result = RunResult {
        format_version: RunResult::FORMAT_VERSION,
        scimulate_version: options.version.clone(),
        target: targets.describe(),
        scenarios: results,
        requirements: Vec::new(),
        left_behind: if options.keep { Vec::new() } else { targets.clean_up().await },
        to_attest: Vec::new(),
        exchanges: 0,
        baseline: crate::checks::Leftover::default(),
        changes: None,
        duration: (options.stopwatch)().saturating_sub(began),
    };
    result.thin();
    (options.events)(Event::RunFinished { result: Box::new(result.clone()) });
    Ok(result)
}

async fn one(
    scenario: &Arc<Scenario>,
    dialect: Dialect,
    serial: usize,
    targets: &dyn Targets,
    options: &RunOptions,
) -> Ran {
    if let Some(reason) = scenario.skipped_in(dialect) {
        return not_run(scenario, dialect, &reason);
    }
    let target = match targets.open(serial) {
        Ok(target) => target,
        Err(message) => return ended(scenario, dialect, Outcome::Error { message }),
    };
    if let Some(reason) = Runner::unmet(scenario, &target) {
        return not_run(scenario, dialect, &reason);
    }
    let key = ScenarioKey { name: scenario.name.clone(), dialect: dialect.as_str().to_owned() };
    (options.events)(Event::ScenarioStarted { key, steps: scenario.steps.len() });
    match Runner::new(scenario, dialect, target, options) {
        Ok(runner) => runner.run().await,
        Err(message) => ended(scenario, dialect, Outcome::Error { message }),
    }
}

fn not_run(scenario: &Scenario, dialect: Dialect, reason: &str) -> Ran {
    ended(scenario, dialect, Outcome::Skipped { reason: reason.to_owned() })
}

fn ended(scenario: &Scenario, dialect: Dialect, outcome: Outcome) -> Ran {
    let result = ScenarioResult {
        key: ScenarioKey { name: scenario.name.clone(), dialect: dialect.as_str().to_owned() },
        title: scenario.title.clone(),
        covers: scenario.covers.clone(),
        outcome,
        steps: Vec::new(),
        findings: Vec::new(),
        not_observed: Vec::new(),
        exchanges: 0,
        duration: std::time::Duration::ZERO,
    };
    Ran { result, states: Vec::new() }
}

/// The state must be the same in every dialect, at every point, unless the scenario says why not.
fn compare_dialects(group: &mut [(Ran, Arc<Scenario>)]) {
    let Some(((first, scenario), later)) = group.split_first_mut() else { return };
    if scenario.dialects_differ.is_some() {
        return;
    }
    for (ran, _) in later {
        // What failed already leads to another state; that needs no second failure.
        if first.result.outcome != Outcome::Passed || ran.result.outcome != Outcome::Passed {
            continue;
        }
        let differences: Vec<Failure> = ran
            .states
            .iter()
            .filter_map(|(point, state)| {
                let (_, other) = first.states.iter().find(|(known, _)| known == point)?;
                Some(Failure {
                    summary: format!(
                        "the state at `{point}` is not the one of dialect {}",
                        first.result.key.dialect
                    ),
                    diff: Some(diff(other, state)?),
                    advice: Some(
                        "Both dialects must lead to the same state; if they truly cannot, say why under `dialectsDiffer`."
                            .into(),
                    ),
                    ..Failure::new()
                })
            })
            .collect();
        if differences.is_empty() {
            continue;
        }
        ran.result.steps.push(StepResult {
            index: ran.result.steps.len(),
            title: "comparison of the dialects".into(),
            location: format!("{}:1:1", scenario.path.display()),
            outcome: Outcome::Failed,
            failures: differences,
            exchanges: Vec::new(),
            evidence: Vec::new(),
        });
        ran.result.outcome = Outcome::Failed;
    }
}

/// Looks at what the target says of itself. The Okta side depends on none of it: whatever is wrong there
/// is a finding, and the scenarios run all the same. A target that does not answer ends the run.
async fn discover(targets: &dyn Targets, options: &RunOptions) -> Result<ScenarioResult, SuiteError> {
    let began = (options.stopwatch)();
    let target: Target = targets.open(0).map_err(SuiteError::Target)?;
    options.masker.add(target.auth.secret().unwrap_or_default());
    let recorder =
        Recorder::new(Arc::clone(&target.transport), target.headers.clone(), Arc::clone(&options.stopwatch));
    let access = Access { base_url: target.base_url.clone(), authorization: target.auth.header_value() };
    let first = recorder.send(&access.request("GET", "/Users?startIndex=1&count=2")).await;
    match first {
        Err(error @ TransportError::NoToken { .. }) => {
            return Err(SuiteError::NoToken { target: targets.describe(), reason: error.to_string() });
        }
        Err(error) => {
            return Err(SuiteError::Unreachable { target: targets.describe(), reason: error.to_string() });
        }
        Ok(response) if [401, 403].contains(&response.status) => {
            return Err(SuiteError::Refused { target: targets.describe(), status: response.status });
        }
        Ok(response) if response.status == 404 && response.json().is_none() => {
            return Err(SuiteError::NoService { target: targets.describe() });
        }
        Ok(_) => {}
    }
    for path in ["/ServiceProviderConfig", "/ResourceTypes", "/Schemas"] {
        let _ = recorder.send(&access.request("GET", path)).await;
    }
    let mut judge = PassiveJudge::new(&target.base_url);
    let exchanges = recorder.drain();
    let findings: Vec<_> =
        exchanges.iter().flat_map(|exchange| judge.observe(exchange, &options.masker)).collect();
    let failed = findings.iter().any(|finding| finding.level.fails());
    let result = ScenarioResult {
        key: ScenarioKey { name: "discovery".into(), dialect: "any".into() },
        title: "What the target says of itself".into(),
        covers: Vec::new(),
        outcome: if failed { Outcome::Failed } else { Outcome::Passed },
        steps: Vec::new(),
        findings,
        not_observed: Vec::new(),
        exchanges: exchanges.len(),
        duration: (options.stopwatch)().saturating_sub(began),
    };
    (options.events)(Event::ScenarioFinished { result: Box::new(result.clone()) });
    Ok(result)
}
