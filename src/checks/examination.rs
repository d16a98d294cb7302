//! The active judge: runs the probes against a target, in which order and how many at once, and gives one
//! verdict for each requirement.
//!
//! A probe builds its own state, exercises it, judges, and everything that it created is deleted again,
//! whatever happened. Nothing is assumed about what the store holds, and nothing that was not created here
//! is ever written to.

use std::collections::BTreeSet;
use std::sync::Arc;

use tokio::sync::RwLock;

use super::engine::{
    End, Engine, Facts, Mode, Outcome, Probe, RequirementResult, START, Session, Stop, Stopwatch, Subject,
    Tally,
};
use super::passive::CheckWatcher;
use super::{Attested, Finding, Level, Profile, Requirement, orientation, profiles, rules};
use crate::exchange::{Exchange, Interruption, Masker, Patience, TransportError};

/// Told which probe has ended, how many have, and how many there are.
pub type Progress = Arc<dyn Fn(&str, usize, usize) + Send + Sync>;

/// What is examined, and how.
#[derive(Clone)]
pub struct CheckOptions {
    /// The profiles whose requirements are judged.
    pub profiles: Vec<Profile>,
    /// Only requirements of these levels; all when empty.
    pub levels: Vec<Level>,
    /// Only requirements whose slug is or begins with one of these; all when empty.
    pub only: Vec<String>,
    /// Send nothing that writes.
    pub read_only: bool,
    /// Probes at once.
    pub jobs: usize,
    /// Most requests in a second; no limit when `None`.
    pub rate: Option<f64>,
    /// Begins every name that the examination gives; must be unique for the run.
    pub prefix: String,
    /// Members that every new user needs on this target, e.g. a required attribute of its own.
    pub user_template: serde_json::Value,
    /// Blots out secrets.
    pub masker: Masker,
    /// How long the service may make the examination wait.
    pub patience: Arc<Patience>,
    /// Raised to end early.
    pub interruption: Interruption,
    /// Real time since some instant.
    pub elapsed: Stopwatch,
    /// Told when a probe has ended: its name, how many have ended, how many there are.
    pub progress: Progress,
}

/// The outcome of an examination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckReport {
    /// One entry for each selected requirement, in the order of the registry.
    pub requirements: Vec<RequirementResult>,
    /// What the selected profiles ask for and nothing over HTTP shows.
    pub to_attest: Vec<Attested>,
    /// Why the examination ended before its end, if so.
    pub ended: Option<String>,
    /// Number of HTTP exchanges.
    pub exchanges: usize,
    /// Number of exchanges each of which had to wait for the one before: those at the start, then those of the
    /// longest probe. No check can be faster than so many answers of the target.
    pub longest_chain: usize,
    /// Paths of resources that the examination made and that are there still.
    pub left_behind: Vec<String>,
}

/// The target cannot be examined at all. The messages complete "the check could not begin: …".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckError {
    /// Nothing answers.
    #[error("{0}; look at the base URL and whether the service runs")]
    Unreachable(TransportError),
    /// The credentials are not taken.
    #[error(
        "the service refused the credentials with {status} for GET /Users; give others with --bearer-env, --user or -H"
    )]
    Unauthorized {
        /// 401 or 403.
        status: u16,
    },
    /// It asks to wait for longer than a check waits.
    #[error("{0}; try again later, or with more")]
    Waits(String),
    /// The user ended it.
    #[error("it was interrupted")]
    Interrupted,
}

/// Probes whose requests wait for each other more often than those of others, the longest first.
const LONG: [&str; 6] =
    ["values.user-names", "patch.shapes", "patch.added", "patch.paths", "values.odd", "group.forms"];

/// Most probes that are run once more, by themselves, because the service failed while they ran beside others.
const MOST_AGAIN: usize = 24;

/// Which requirements are selected.
fn selected(requirement: &Requirement, options: &CheckOptions) -> bool {
    let profile = requirement.held_by().iter().any(|profile| options.profiles.contains(profile));
    let level = options.levels.is_empty() || options.levels.contains(&requirement.level);
    let only = options.only.is_empty() || options.only.iter().any(|wanted| is_named(requirement, wanted));
    profile && level && only
}

/// Whether the requirement is the one of that slug, or of that area.
#[must_use]
pub fn is_named(requirement: &Requirement, wanted: &str) -> bool {
    let below = requirement.slug.strip_prefix(wanted.trim_end_matches('.'));
    below.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// How many requirements are selected.
#[must_use]
pub fn count(options: &CheckOptions) -> usize {
    super::requirements().iter().filter(|known| selected(known, options)).count()
}

/// What would be created: a sentence for a dry run.
#[must_use]
pub fn plan(options: &CheckOptions) -> Vec<String> {
    chosen(options).iter().map(|probe| probe.name.to_owned()).collect()
}

fn chosen(options: &CheckOptions) -> Vec<&'static Probe> {
    rules::probes()
        .filter(|probe| probe.judges.iter().any(|requirement| selected(requirement, options)))
        .collect()
}

/// Examines a target.
///
/// # Errors
/// When it cannot be examined at all; see [`CheckError`]. Everything else is in the report.
pub async fn check(subject: Subject, options: CheckOptions) -> Result<CheckReport, CheckError> {
    let watcher = CheckWatcher::new(&subject.base_url);
    let engine = Arc::new(Engine::new(
        subject,
        options.masker.clone(),
        options.prefix.clone(),
        options.interruption.clone(),
        options.rate,
        Arc::clone(&options.patience),
        Arc::clone(&options.elapsed),
    ));
    let begin = |facts: &Arc<Facts>, label: String| {
        Session::new(Arc::clone(&engine), Arc::clone(facts), label, Box::new(watcher.another()))
    };
    let mut tally = Tally::default();
    for requirement in rules::watched() {
        tally.watched(requirement);
    }
    let (mut exchanges, mut longest_probe) = (0, 0);
    let mut left_behind = Vec::new();

    // First what everything rests on, so that one broken thing is told once.
    let first = Facts { user_extra: options.user_template.clone(), ..Facts::default() };
    let mut session = begin(&Arc::new(first), START.into());
    let facts = orientation::orient(&mut session, options.read_only).await;
    session.clean_up().await;
    exchanges += session.exchanges;
    let start = session.chain;
    left_behind.append(&mut session.left);
    absorb(
        &mut tally,
        START,
        orientation::JUDGES,
        session,
        &facts.as_ref().map(|_| ()).map_err(Clone::clone),
    );
    let facts = match facts {
        Ok(facts) => Arc::new(facts),
        Err(Stop::Lost(error)) => return Err(CheckError::Unreachable(error)),
        Err(Stop::Ended) => {
            let reason = engine.end().map(|end| end.reason.clone()).unwrap_or_default();
            return Err(CheckError::Waits(reason));
        }
        Err(Stop::Skipped(status)) => {
            return Err(CheckError::Unauthorized { status: status.parse().unwrap_or(401) });
        }
        Err(Stop::Interrupted | Stop::Blocked(_)) => return Err(CheckError::Interrupted),
    };

    let probes = chosen(&options);
    let total = probes.len();
    // Those that want to be alone hold it for writing.
    let alone = Arc::new(RwLock::new(()));
    let mut running = tokio::task::JoinSet::new();
    // Long chains first, so that none is left at the end; those that want to be alone wait for all.
    let mut order: Vec<(usize, &'static Probe)> = probes.into_iter().enumerate().collect();
    order.sort_by_key(|(index, probe)| (probe.mode == Mode::Alone, !LONG.contains(&probe.name), *index));
    let mut waiting = order.into_iter();
    let mut ended = 0;
    let mut again = Vec::new();
    loop {
        while running.len() < options.jobs.max(1) {
            let Some((index, probe)) = waiting.next() else { break };
            let session = begin(&facts, format!("{index}"));
            let alone = Arc::clone(&alone);
            let read_only = options.read_only;
            running.spawn(async move {
                let (session, outcome) = if probe.mode == Mode::Alone {
                    let _alone = alone.write().await;
                    examined(probe, session, read_only).await
                } else {
                    let _shared = alone.read().await;
                    examined(probe, session, read_only).await
                };
                (index, probe, session, outcome)
            });
        }
        let Some(next) = running.join_next().await else { break };
        // A probe that panics is a bug of this program.
        let (index, probe, mut session, outcome) = match next {
            Ok(done) => done,
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        };
        exchanges += session.exchanges;
        longest_probe = longest_probe.max(session.chain);
        left_behind.append(&mut session.left);
        let beside = options.jobs > 1 && probe.mode != Mode::Alone;
        if beside && again.len() < MOST_AGAIN && failed_in_trouble(&session, &outcome) {
            // What the service did is reported; what it means for the probe's requirements is asked once more.
            again.push((index, probe));
            session.outcomes.clear();
            absorb(&mut tally, probe.name, probe.judges, session, &Ok(()));
        } else {
            absorb(&mut tally, probe.name, probe.judges, session, &outcome);
        }
        ended += 1;
        (options.progress)(probe.name, ended, total);
    }
    for (index, probe) in again {
        let session = begin(&facts, format!("{index}b"));
        let (mut session, outcome) = examined(probe, session, options.read_only).await;
        exchanges += session.exchanges;
        left_behind.append(&mut session.left);
        absorb(&mut tally, probe.name, probe.judges, session, &outcome);
    }
    if let Some(end) = engine.end().filter(|end| end.exchange.outcome.is_err()) {
        let by = &rules::response::ANSWERED;
        let finding = Finding::new(by, &end.exchange, &options.masker, &["an HTTP answer"], &end.reason);
        tally.passive(by.slug, finding);
    }
    let requirements = super::requirements().iter().copied().filter(|known| selected(known, &options));
    Ok(CheckReport {
        requirements: tally.results(requirements, &options.profiles),
        ended: engine.end().map(|end| options.masker.text(&end.reason)),
        to_attest: if options.only.is_empty() { profiles::to_attest(&options.profiles) } else { Vec::new() },
        exchanges,
        longest_chain: start + longest_probe,
        left_behind,
    })
}

/// Runs a probe, and removes what it created.
async fn examined(
    probe: &'static Probe,
    mut session: Session,
    read_only: bool,
) -> (Session, Result<(), Stop>) {
    if read_only && probe.mode != Mode::Reads {
        let reason = "it writes, and the check was asked to read only";
        return (session, Err(Stop::Skipped(reason.into())));
    }
    let mut outcome = (probe.run)(&mut session).await;
    session.clean_up().await;
    if session.engine.interruption.is_raised() && outcome.is_err() {
        outcome = Err(Stop::Interrupted);
    }
    (session, outcome)
}

/// Whether something is broken or could not be judged, and the service failed meanwhile. A service that does not
/// bear several clients at once has that one defect, which is reported, and not those of every probe that met it.
fn failed_in_trouble(session: &Session, outcome: &Result<(), Stop>) -> bool {
    let failed = matches!(outcome, Err(Stop::Lost(_) | Stop::Blocked(_)))
        || session
            .outcomes
            .iter()
            .any(|(_, outcome)| matches!(outcome, Outcome::Failed(_) | Outcome::Blocked(..)));
    session.troubled && failed
}

/// Takes over what a probe found; what it did not come to is blocked, skipped or not observed.
fn absorb(
    tally: &mut Tally,
    name: &str,
    judges: &'static [&'static Requirement],
    session: Session,
    outcome: &Result<(), Stop>,
) {
    let mut judged = BTreeSet::new();
    let masker = &session.engine.masker;
    let latest = session.latest();
    let failed = session.just_failed();
    let engine = Arc::clone(&session.engine);
    let end = engine.end();
    for (requirement, outcome) in session.outcomes {
        debug_assert!(
            judges.iter().any(|known| known.slug == requirement.slug),
            "probe {name} judges {} without naming it",
            requirement.slug
        );
        judged.insert(requirement.slug);
        tally.add(requirement, name, outcome);
    }
    for finding in session.passive {
        if let Some(requirement) = rules::requirement(&finding.requirement) {
            tally.passive(requirement.slug, finding);
        }
    }
    for exchange in session.not_ours {
        let Err(TransportError::NotOurs { reason }) = &exchange.outcome else { continue };
        let requirement = &rules::create::DISTINCT_IDS;
        let expected = ["the id of the resource that was created"];
        let finding = Finding::new(requirement, &exchange, masker, &expected, reason);
        tally.passive(requirement.slug, finding);
    }
    let Err(stop) = outcome else { return };
    for requirement in judges.iter().filter(|known| !judged.contains(known.slug)) {
        let outcome = match stop {
            // What the service failed at says nothing about the rule that was relied on.
            Stop::Blocked(_) if failed => Outcome::Blocked(&rules::response::NO_SERVER_ERROR, latest.clone()),
            Stop::Blocked(by) => Outcome::Blocked(by, latest.clone()),
            Stop::Skipped(reason) => Outcome::Skipped(reason.clone()),
            Stop::Lost(_) => Outcome::Blocked(&rules::response::ANSWERED, latest.clone()),
            Stop::Ended => match end {
                Some(End { exchange: Exchange { outcome: Ok(_), .. }, reason }) => {
                    Outcome::Skipped(format!("the check ended early: {reason}"))
                }
                Some(End { exchange, .. }) => {
                    Outcome::Blocked(&rules::response::ANSWERED, exchange.summary())
                }
                None => Outcome::Skipped("the check ended early".to_owned()),
            },
            Stop::Interrupted => Outcome::Skipped("the check was interrupted".to_owned()),
        };
        tally.add(requirement, name, outcome);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_long_probes_are_probes() {
        let names: Vec<&str> = rules::probes().map(|probe| probe.name).collect();
        assert!(LONG.iter().all(|long| names.contains(long)), "{LONG:?}");
    }
}
