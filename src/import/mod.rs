//! Other people's test collections, run as they are: Runscope tests (the format of Okta's own suites) and
//! Postman collections.
//!
//! A collection becomes a list of steps; each sends one request and judges the answer as the service that
//! the file was made for would. The verdicts are theirs, not the judge's.

mod call;
mod compare;
mod part;
mod postman;
mod runscope;
mod script;
mod template;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::exchange::{Interruption, Masker, Transport};
use crate::result::{Event, Outcome, RunResult, ScenarioKey, ScenarioResult, StepResult};
use crate::target::Ledger;

pub use postman::Postman;
pub use runscope::Runscope;

/// Real time since some instant.
pub type Stopwatch = Arc<dyn Fn() -> Duration + Send + Sync>;

/// Why a file cannot be run. The messages name the place and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// Not JSON.
    #[error("it is not JSON: {0}; export it again, as JSON")]
    Json(String),
    /// JSON of another kind.
    #[error("it is not {what}: {reason}")]
    Shape {
        /// What it should be, with its article.
        what: &'static str,
        /// What is missing or wrong.
        reason: String,
    },
    /// A step that cannot be run.
    #[error("step {number} ({title}): {reason}")]
    Step {
        /// From one, as people count.
        number: usize,
        /// Its note, or its kind.
        title: String,
        /// What is wrong with it, and what to do.
        reason: String,
    },
    /// A variable without a value.
    #[error(
        "step {number} ({title}) uses {{{{{name}}}}}, which nothing gives a value to; say --variable {name}=…"
    )]
    Variable {
        /// From one.
        number: usize,
        /// Its note.
        title: String,
        /// The variable.
        name: String,
    },
}

/// Where and how a collection is run.
#[derive(Clone)]
pub struct ImportOptions {
    /// How the collection is called in reports: the file's name without its ending.
    pub name: String,
    /// How the target is called in reports.
    pub target: String,
    /// SCIM base URL, without a slash at the end.
    pub base_url: String,
    /// Header fields of every request that does not have them itself.
    pub headers: Vec<(String, String)>,
    /// Values of variables; they win over the file's own.
    pub variables: BTreeMap<String, String>,
    /// How requests are sent.
    pub transport: Arc<dyn Transport>,
    /// Blots out secrets.
    pub masker: Masker,
    /// Measures answers.
    pub elapsed: Stopwatch,
    /// Decides what is random.
    pub seed: u64,
    /// The time in seconds since 1970, for the variables that show it.
    pub now: i64,
    /// Whether pauses are waited for.
    pub pauses: bool,
    /// Begins the names that are made for the collection.
    pub mark: String,
    /// What the collection makes, where that is to be deleted at the end.
    pub ledger: Option<Ledger>,
    /// Raised when no more requests are to be sent; what was made is deleted then all the same.
    pub interruption: Interruption,
    /// Told what happens.
    pub events: Arc<dyn Fn(Event) + Send + Sync>,
    /// Version of the program, for the result.
    pub version: String,
}

impl ImportOptions {
    fn goes_on(&self) -> bool {
        !self.interruption.is_raised()
    }

    /// Deletes what the collection made, where that is asked for; gives what is left.
    async fn clean_up(&self) -> Vec<String> {
        match &self.ledger {
            Some(ledger) => ledger.clean_up().await,
            None => Vec::new(),
        }
    }
}

/// The result of a collection as the result of a run, told to whoever listens.
fn concluded(
    options: &ImportOptions,
    dialect: &str,
    title: &str,
    steps: Vec<StepResult>,
    not_observed: Vec<String>,
    left_behind: Vec<String>,
) -> RunResult {
    let exchanges = steps.iter().map(|step| step.exchanges.len()).sum();
    let error = steps.iter().find_map(|step| match &step.outcome {
        Outcome::Error { message } => Some(message.clone()),
        _ => None,
    });
    let failed = steps.iter().any(|step| step.outcome == Outcome::Failed);
    let skipped = steps.iter().all(|step| matches!(step.outcome, Outcome::Skipped { .. }));
    let outcome = match (failed, error.or_else(|| not_sent(&steps))) {
        (true, _) => Outcome::Failed,
        (false, Some(message)) => Outcome::Error { message },
        (false, None) if skipped => Outcome::Skipped { reason: "nothing in it could be judged".into() },
        (false, None) => Outcome::Passed,
    };
    let duration = (options.elapsed)();
    let scenario = ScenarioResult {
        key: ScenarioKey { name: options.name.clone(), dialect: dialect.to_owned() },
        title: title.to_owned(),
        covers: Vec::new(),
        outcome,
        steps,
        findings: Vec::new(),
        not_observed,
        exchanges,
        duration,
    };
    (options.events)(Event::ScenarioFinished { result: Box::new(scenario.clone()) });
    let result = RunResult {
        format_version: RunResult::FORMAT_VERSION,
        scimulate_version: options.version.clone(),
        target: options.target.clone(),
        scenarios: vec![scenario],
        requirements: Vec::new(),
        left_behind,
        to_attest: Vec::new(),
        exchanges: 0,
        baseline: Default::default(),
        changes: None,
        duration,
    };
    (options.events)(Event::RunFinished { result: Box::new(result.clone()) });
    result
}

/// A request that was not sent was not judged, so a collection with one has not passed.
fn not_sent(steps: &[StepResult]) -> Option<String> {
    let mut reasons = steps.iter().filter_map(|step| match &step.outcome {
        Outcome::Blocked { reason } => Some((&step.title, reason)),
        _ => None,
    });
    let (title, reason) = reasons.next()?;
    let more = match reasons.count() {
        0 => String::new(),
        1 => "; one more was not sent either".to_owned(),
        more => format!("; {more} more were not sent either"),
    };
    Some(format!("`{title}` was not sent: {reason}{more}"))
}

fn began(options: &ImportOptions, dialect: &str, steps: usize) {
    (options.events)(Event::RunStarted { target: options.target.clone(), selected: 1 });
    (options.events)(Event::ScenarioStarted {
        key: ScenarioKey { name: options.name.clone(), dialect: dialect.to_owned() },
        steps,
    });
}
