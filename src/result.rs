//! The event stream of a run and the result that it adds up to.
//!
//! The runner emits [`Event`]s; every reporter is a function of them and of nothing else. A failed
//! expectation is data here ([`Outcome::Failed`]); that the program could not do its job is
//! [`Outcome::Error`]. The two differ in exit code and in JUnit.

mod merge;
mod stored;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::checks::{Attested, Finding, Leftover, RequirementResult, Verdict};
pub use crate::exchange::{Body, Record};
pub use stored::NoResult;

/// Which scenario in which dialect.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ScenarioKey {
    /// Path below the suite's root without extension, e.g. `guide/walkthrough`.
    pub name: String,
    /// `oin`, `aiw` or `entra`.
    pub dialect: String,
}

impl std::fmt::Display for ScenarioKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} [{}]", self.name, self.dialect)
    }
}

/// What happens during a run, in order. Events of concurrent scenarios interleave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// First event.
    RunStarted {
        /// How the target is called in reports: `the built-in reference`, or its name and URL.
        target: String,
        /// How many scenario runs (scenario × dialect) will take place.
        selected: usize,
    },
    /// A scenario begins.
    ScenarioStarted {
        /// Which.
        key: ScenarioKey,
        /// How many steps it has.
        steps: usize,
    },
    /// A step begins.
    StepStarted {
        /// Of which scenario.
        key: ScenarioKey,
        /// Zero-based.
        index: usize,
        /// `okta.assign ada`.
        title: String,
    },
    /// A step waits, e.g. for a `Retry-After` or for real time to pass.
    StepWaiting {
        /// Of which scenario.
        key: ScenarioKey,
        /// Zero-based.
        index: usize,
        /// Why, as a sentence fragment: `the target asked to wait 30 s`.
        reason: String,
        /// How long.
        wait: Duration,
    },
    /// A scenario has ended; carries everything about it.
    ScenarioFinished {
        /// The result.
        result: Box<ScenarioResult>,
    },
    /// Last event.
    RunFinished {
        /// The whole result.
        result: Box<RunResult>,
    },
}

/// How something ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum Outcome {
    /// As expected.
    Passed,
    /// At least one expectation, check or snapshot failed.
    Failed,
    /// We could not do our job.
    Error {
        /// Why, and what to do.
        message: String,
    },
    /// Not run.
    Skipped {
        /// Why.
        reason: String,
    },
    /// A step that says nothing, because an earlier one failed. Never counted as passed.
    Blocked {
        /// By what.
        reason: String,
    },
}

/// One expectation that did not hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Failure {
    /// One sentence.
    pub summary: String,
    /// All outcomes that would have been right.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub expected: Vec<String>,
    /// What came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actual: Option<String>,
    /// A unified diff, for snapshots.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub diff: Option<String>,
    /// The exchange on one line, if one shows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exchange: Option<String>,
    /// The same request for a shell, secrets masked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub curl: Option<String>,
    /// What an Okta administrator would see.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub admin_message: Option<String>,
    /// What to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
}

/// One step's result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StepResult {
    /// Zero-based.
    pub index: usize,
    /// `okta.assign ada`.
    pub title: String,
    /// `scenarios/lifecycle/delay.yaml:12:5`, where the step is written.
    pub location: String,
    /// How it ended.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// What failed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failures: Vec<Failure>,
    /// `GET /scim/v2/Users?… → 200 OK` for each exchange of the step.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exchanges: Vec<String>,
    /// The same exchanges in full, where the scenario did not pass.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Arc<Record>>,
}

/// One scenario's result in one dialect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ScenarioResult {
    /// Which.
    #[serde(flatten)]
    pub key: ScenarioKey,
    /// The scenario's title.
    pub title: String,
    /// Statements of the guide that it covers, e.g. `S10`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub covers: Vec<String>,
    /// How it ended.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// Its steps as far as it came.
    pub steps: Vec<StepResult>,
    /// What the passive checks found.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
    /// What could not be observed on this target, e.g. `organizations`. Never counted as passed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_observed: Vec<String>,
    /// Number of HTTP exchanges.
    pub exchanges: usize,
    /// Real time.
    pub duration: Duration,
}

impl ScenarioResult {
    /// Whether every step went as expected and only what the judge found fails it.
    #[must_use]
    pub fn fails_by_findings_only(&self) -> bool {
        self.outcome == Outcome::Failed && self.steps.iter().all(|step| step.outcome == Outcome::Passed)
    }

    /// Findings whose level fails a run.
    pub fn failing_findings(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.level.fails())
    }
}

/// The whole run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RunResult {
    /// Version of this format; changes when a field changes its meaning.
    pub format_version: u32,
    /// Version of the program.
    pub scimulate_version: String,
    /// How the target is called in reports.
    pub target: String,
    /// All scenario results, ordered by key.
    pub scenarios: Vec<ScenarioResult>,
    /// What the active judge says, one entry for each requirement; empty when it did not run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub requirements: Vec<RequirementResult>,
    /// What the run created on the target and could not delete, as path and name: `/Users/7 (scimulate-1f0c9a3b-ada@example.com)`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_behind: Vec<String>,
    /// What the selected profiles ask for and nothing over HTTP shows; never counted as passed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub to_attest: Vec<Attested>,
    /// Number of HTTP exchanges of the active judge.
    #[serde(default)]
    pub exchanges: usize,
    /// Where the baseline no longer fits.
    #[serde(default, skip_serializing_if = "Leftover::is_empty")]
    pub baseline: Leftover,
    /// What changed since an earlier run, in a report that compares the two.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changes: Option<Changes>,
    /// Real time of the whole run.
    pub duration: Duration,
}

/// What changed between two runs: names of scenario runs and slugs of requirements.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Changes {
    /// Failed before, and passes now.
    pub fixed: Vec<String>,
    /// Did not fail before, and fails now.
    pub new: Vec<String>,
    /// Failed before, and fails now.
    pub still_failing: Vec<String>,
    /// Failed before, and was not judged now.
    pub no_longer_judged: Vec<String>,
    /// How many were judged in both runs.
    pub compared: usize,
}

/// Counts of a run. One cause is one failure: what follows from it is counted apart.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Scenario runs and requirements that ended as expected.
    pub passed: usize,
    /// Scenario runs with a step that failed, and broken requirements.
    pub failed: usize,
    /// Could not be run.
    pub errors: usize,
    /// Not run, not judged, or blocked.
    pub skipped: usize,
    /// Only fail because of something that is counted as failed already.
    pub following: usize,
}

impl RunResult {
    /// The version of the result format that this build writes.
    pub const FORMAT_VERSION: u32 = 1;

    /// What a reader must know of the dialects before believing the verdicts.
    #[must_use]
    pub fn caveat(&self) -> Option<&'static str> {
        let entra = self.scenarios.iter().any(|scenario| scenario.key.dialect == "entra");
        entra.then_some(
            "dialect entra is Microsoft Entra's client as its documentation and issue reports show it: less attested than Okta's dialects",
        )
    }

    /// How many ended how.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for scenario in &self.scenarios {
            match scenario.outcome {
                Outcome::Passed => counts.passed += 1,
                Outcome::Failed if scenario.fails_by_findings_only() => counts.following += 1,
                Outcome::Failed => counts.failed += 1,
                Outcome::Error { .. } => counts.errors += 1,
                Outcome::Skipped { .. } | Outcome::Blocked { .. } => counts.skipped += 1,
            }
        }
        for entry in &self.requirements {
            match entry.verdict {
                Verdict::Passed | Verdict::Warning | Verdict::Note => counts.passed += 1,
                Verdict::Failed if entry.follows.is_some() => counts.following += 1,
                Verdict::Failed => counts.failed += 1,
                Verdict::Accepted { .. }
                | Verdict::Skipped { .. }
                | Verdict::Blocked { .. }
                | Verdict::NotObserved => counts.skipped += 1,
            }
        }
        let judged = |slug: &str| self.requirements.iter().any(|entry| entry.requirement == slug);
        let broken: BTreeSet<&str> = self
            .scenarios
            .iter()
            .flat_map(ScenarioResult::failing_findings)
            .map(|finding| finding.requirement.as_str())
            .filter(|slug| !judged(slug))
            .collect();
        counts.failed += broken.len();
        counts
    }

    /// Keeps the exchanges in full only for the first few findings of each requirement; one shows what a
    /// hundred would.
    pub fn thin(&mut self) {
        let mut kept: BTreeMap<String, usize> = BTreeMap::new();
        for finding in self.scenarios.iter_mut().flat_map(|scenario| &mut scenario.findings) {
            let kept = kept.entry(finding.requirement.clone()).or_default();
            *kept += 1;
            if *kept > RequirementResult::SHOWN {
                finding.evidence.clear();
            }
        }
    }
}

impl Failure {
    /// A failure with nothing said yet, for `..Failure::new()`.
    #[must_use]
    pub fn new() -> Self {
        Self {
            summary: String::new(),
            expected: Vec::new(),
            actual: None,
            diff: None,
            exchange: None,
            curl: None,
            admin_message: None,
            advice: None,
        }
    }
}

impl Default for Failure {
    fn default() -> Self {
        Self::new()
    }
}
