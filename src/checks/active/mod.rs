//! The active judge: runs probes against a target and gives one verdict for each requirement.
//!
//! A probe builds its own state, exercises it, judges, and everything that it made is deleted again,
//! whatever happened. Nothing is assumed about what the store holds, and nothing that was not made here
//! is ever written to. Knows neither the reference nor the simulator.

mod call;
mod clean_up;
mod facts;
mod session;
mod shape;
mod tally;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::{Mutex, RwLock};

pub(in crate::checks) use call::{Answer, Call, Credential, SCIM_JSON, filtered, query};
pub(in crate::checks) use facts::{Capability, Facts, State};
pub(in crate::checks) use session::{
    ENTERPRISE, GROUP, Made, Probe, Session, Stop, USER, is_list, patch_call, probe,
};
pub(in crate::checks) use shape::{Shape, completed, fitted, sample};
pub use tally::{RequirementResult, Verdict};

use self::session::Word;
use self::tally::Tally;
use super::{Attested, Level, Profile, Requirement, catalogue, probes, profiles};
use crate::exchange::{Exchange, Masker, Request, Transport, TransportError};

/// The service provider under examination.
#[derive(Clone)]
pub struct Subject {
    /// SCIM base URL.
    pub base_url: String,
    /// The whole value of `Authorization`, if there is one.
    pub authorization: Option<String>,
    /// `Authorization` of another tenant or client, for the checks of separation.
    pub second: Option<String>,
    /// Header fields of every request.
    pub headers: Vec<(String, String)>,
    /// How bytes get there.
    pub transport: Arc<dyn Transport>,
}

/// Real time since some instant.
pub type Stopwatch = Arc<dyn Fn() -> Duration + Send + Sync>;

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
    /// Set to end early; what was made is deleted all the same.
    pub interrupted: Arc<AtomicBool>,
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
    /// Number of HTTP exchanges.
    pub exchanges: usize,
    /// Number of exchanges each of which had to wait for the one before: those at the start, then those of the
    /// longest probe. No check can be faster than so many answers of the target.
    pub longest_chain: usize,
    /// Paths of resources that the examination made and could not delete.
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
    /// The user ended it.
    #[error("it was interrupted")]
    Interrupted,
}

/// Whether a probe writes, and whether it may run beside others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::checks) enum Mode {
    /// Reads only.
    Reads,
    /// Writes resources of its own.
    Writes,
    /// Writes, and looks at whole lists, so that no other probe may write meanwhile.
    Alone,
}

/// Probes whose requests wait for each other more often than those of others, the longest first.
const LONG: [&str; 6] =
    ["values.user-names", "patch.shapes", "representation.added", "patch.paths", "values.odd", "group.forms"];

/// Most probes that are run once more, by themselves, because the service failed while they ran beside others.
const MOST_AGAIN: usize = 24;

/// What all probes share.
struct Engine {
    subject: Subject,
    masker: Masker,
    prefix: String,
    interrupted: Arc<AtomicBool>,
    rate: Option<f64>,
    /// Set once the target closed a connection that it had not said it would close: from then on each request has
    /// a connection of its own, so that none is lost.
    closes: AtomicBool,
    /// Paths of deleted resources, whose ids no other may get (RFC 7643 §3.1).
    deleted: std::sync::Mutex<BTreeSet<String>>,
    /// When the next request may go out.
    next: Mutex<Duration>,
    elapsed: Stopwatch,
}

/// Longest wait that a `Retry-After` is granted.
const LONGEST_WAIT: Duration = Duration::from_secs(120);
/// How often a request is sent again after a 429.
const TRIES: u32 = 4;

impl Engine {
    async fn turn(&self) {
        let Some(rate) = self.rate.filter(|rate| *rate > 0.0) else { return };
        let wait = {
            let mut next = self.next.lock().await;
            let now = (self.elapsed)();
            let at = (*next).max(now);
            *next = at + Duration::from_secs_f64(1.0 / rate);
            at - now
        };
        tokio::time::sleep(wait).await;
    }

    /// Sends a request; a 429 is waited out (RFC 6585 §4, okta-client §6).
    async fn exchange(&self, request: Request) -> Exchange {
        let mut request = self.subject.transport.as_sent(request);
        let mut tries = 0;
        loop {
            self.turn().await;
            if self.closes.load(Ordering::Relaxed) {
                request.headers.retain(|(name, _)| !name.eq_ignore_ascii_case("connection"));
                request.headers.push(("Connection".into(), "close".into()));
            }
            let began = (self.elapsed)();
            let outcome = self.subject.transport.send(&request).await;
            let duration = (self.elapsed)().saturating_sub(began);
            tries += 1;
            if let Ok(response) = &outcome
                && (response.status == 429
                    || response.status == 503 && response.header("Retry-After").is_some())
                && tries < TRIES
                && !self.interrupted.load(Ordering::Relaxed)
            {
                let asked = response.header("Retry-After").and_then(|value| value.trim().parse().ok());
                let wait = Duration::from_secs(asked.unwrap_or(1_u64 << tries)).min(LONGEST_WAIT);
                tokio::time::sleep(wait).await;
                continue;
            }
            // A server may close an idle connection at any time, and what is sent on it at that moment is
            // lost through nobody's fault: repeated once where that is harmless (RFC 9112 §9.3.1, §9.5).
            if matches!(outcome, Err(TransportError::Broken { .. }))
                && ["GET", "PUT"].contains(&request.method.as_str())
                && tries == 1
            {
                self.closes.store(true, Ordering::Relaxed);
                continue;
            }
            return Exchange { request, outcome, duration };
        }
    }
}

/// Which requirements are selected.
fn selected(requirement: &Requirement, options: &CheckOptions) -> bool {
    let profile = requirement.held_by().iter().any(|profile| options.profiles.contains(profile));
    let level = options.levels.is_empty() || options.levels.contains(&requirement.level);
    let only = options.only.is_empty()
        || options.only.iter().any(|wanted| {
            requirement.slug == wanted
                || requirement
                    .slug
                    .strip_prefix(wanted.trim_end_matches('.'))
                    .is_some_and(|rest| rest.starts_with('.'))
        });
    profile && level && only
}

/// What would be created: a sentence for a dry run.
#[must_use]
pub fn plan(options: &CheckOptions) -> Vec<String> {
    chosen(options).iter().map(|probe| probe.name.to_owned()).collect()
}

fn chosen(options: &CheckOptions) -> Vec<&'static Probe> {
    probes::all()
        .iter()
        .copied()
        .filter(|probe| probe.judges.iter().any(|requirement| selected(requirement, options)))
        .collect()
}

/// Examines a target.
///
/// # Errors
/// When it cannot be examined at all; see [`CheckError`]. Everything else is in the report.
pub async fn check(subject: Subject, options: CheckOptions) -> Result<CheckReport, CheckError> {
    let engine = Arc::new(Engine {
        subject,
        masker: options.masker.clone(),
        prefix: options.prefix.clone(),
        interrupted: Arc::clone(&options.interrupted),
        rate: options.rate,
        closes: AtomicBool::new(false),
        deleted: std::sync::Mutex::default(),
        next: Mutex::new(Duration::ZERO),
        elapsed: Arc::clone(&options.elapsed),
    });
    let mut tally = Tally::default();
    for requirement in catalogue::ALL.iter().chain(probes::watch::ALL) {
        tally.watched(requirement);
    }
    let (mut exchanges, mut longest_probe) = (0, 0);
    let mut left_behind = Vec::new();

    // First what everything rests on, so that one broken thing is told once.
    let first = Facts { user_extra: options.user_template.clone(), ..Facts::default() };
    let mut session = Session::new(Arc::clone(&engine), Arc::new(first), "start".into());
    let facts = probes::basics::orient(&mut session, options.read_only).await;
    session.clean_up().await;
    exchanges += session.exchanges;
    let start = session.chain;
    left_behind.append(&mut session.left);
    absorb(
        &mut tally,
        "start",
        probes::basics::ALL,
        session,
        &facts.as_ref().map(|_| ()).map_err(Clone::clone),
    );
    let facts = match facts {
        Ok(facts) => Arc::new(facts),
        Err(Stop::Lost(error)) => return Err(CheckError::Unreachable(error)),
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
            let (engine, facts) = (Arc::clone(&engine), Arc::clone(&facts));
            let alone = Arc::clone(&alone);
            let read_only = options.read_only;
            running.spawn(async move {
                let session = Session::new(engine, facts, format!("{index}"));
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
            // What the service did is told; what it means for the probe's requirements is asked once more.
            again.push((index, probe));
            session.words.clear();
            absorb(&mut tally, probe.name, probe.judges, session, &Ok(()));
        } else {
            absorb(&mut tally, probe.name, probe.judges, session, &outcome);
        }
        ended += 1;
        (options.progress)(probe.name, ended, total);
    }
    for (index, probe) in again {
        let session = Session::new(Arc::clone(&engine), Arc::clone(&facts), format!("{index}b"));
        let (mut session, outcome) = examined(probe, session, options.read_only).await;
        exchanges += session.exchanges;
        left_behind.append(&mut session.left);
        absorb(&mut tally, probe.name, probe.judges, session, &outcome);
    }
    let requirements = super::requirements().iter().copied().filter(|known| selected(known, &options));
    Ok(CheckReport {
        requirements: tally.results(requirements, &options.profiles),
        to_attest: if options.only.is_empty() { profiles::to_attest(&options.profiles) } else { Vec::new() },
        exchanges,
        longest_chain: start + longest_probe,
        left_behind,
    })
}

/// Runs a probe, and removes what it made.
async fn examined(
    probe: &'static Probe,
    mut session: Session,
    read_only: bool,
) -> (Session, Result<(), Stop>) {
    if read_only && probe.mode != Mode::Reads {
        let reason = "it writes, and the check was asked to read only";
        return (session, Err(Stop::Skipped(reason.into())));
    }
    let outcome = (probe.run)(&mut session).await;
    session.clean_up().await;
    (session, outcome)
}

/// Whether something is broken or could not be judged, and the service failed meanwhile. A service that does not
/// bear several clients at once has that one defect, which is told, and not those of every probe that met it.
fn failed_in_trouble(session: &Session, outcome: &Result<(), Stop>) -> bool {
    let failed = matches!(outcome, Err(Stop::Lost(_) | Stop::Blocked(_)))
        || session.words.iter().any(|(_, word)| matches!(word, Word::Broken(_) | Word::Blocked(_)));
    session.troubled && failed
}

/// Takes over what a probe said; what it did not come to is blocked, skipped or not observed.
fn absorb(
    tally: &mut Tally,
    name: &str,
    judges: &'static [&'static Requirement],
    session: Session,
    outcome: &Result<(), Stop>,
) {
    let mut judged = BTreeSet::new();
    for (requirement, word) in session.words {
        debug_assert!(
            judges.iter().any(|known| known.slug == requirement.slug),
            "probe {name} judges {} without naming it",
            requirement.slug
        );
        judged.insert(requirement.slug);
        tally.word(requirement, name, word);
    }
    for (requirement, finding) in session.watched {
        tally.passive(requirement.slug, finding);
    }
    for finding in session.passive {
        if let Some(requirement) = catalogue::ALL.iter().find(|known| known.slug == finding.requirement) {
            tally.passive(requirement.slug, finding);
        }
    }
    let Err(stop) = outcome else { return };
    for requirement in judges.iter().filter(|known| !judged.contains(known.slug)) {
        let word = match stop {
            Stop::Blocked(by) => Word::Blocked(by.clone()),
            Stop::Skipped(reason) => Word::Skipped(reason.clone()),
            Stop::Lost(error) => Word::Blocked(error.to_string()),
            Stop::Interrupted => Word::Blocked("the check was interrupted".into()),
        };
        tally.word(requirement, name, word);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU32;

    use super::*;

    #[test]
    fn the_long_probes_are_probes() {
        let names: Vec<&str> = probes::all().iter().map(|probe| probe.name).collect();
        assert!(LONG.iter().all(|long| names.contains(long)), "{LONG:?}");
    }
    use crate::exchange::{BoxFuture, Response};

    /// Breaks off as often as it is told, then answers.
    struct Flaky {
        breaks: u32,
        asked: AtomicU32,
    }

    impl Transport for Flaky {
        fn send<'a>(&'a self, _: &'a Request) -> BoxFuture<'a, Result<Response, TransportError>> {
            let broken = self.asked.fetch_add(1, Ordering::Relaxed) < self.breaks;
            Box::pin(async move {
                if broken {
                    return Err(TransportError::Broken { authority: "h".into(), reason: "closed".into() });
                }
                Ok(Response { status: 200, reason: "OK".into(), headers: vec![], body: bytes::Bytes::new() })
            })
        }
    }

    #[rstest::rstest]
    #[case("GET", 1, true, 2)]
    #[case("PUT", 1, true, 2)]
    #[case("GET", 2, false, 2)]
    #[case("POST", 1, false, 1)]
    #[case("PATCH", 1, false, 1)]
    #[case("DELETE", 1, false, 1)]
    #[tokio::test]
    async fn what_broke_off_is_repeated_once_where_that_is_harmless(
        #[case] method: &str,
        #[case] breaks: u32,
        #[case] answered: bool,
        #[case] asked: u32,
    ) {
        let transport = Arc::new(Flaky { breaks, asked: AtomicU32::new(0) });
        let engine = Engine {
            subject: Subject {
                base_url: "https://h".into(),
                authorization: None,
                second: None,
                headers: vec![],
                transport: Arc::clone(&transport) as Arc<dyn Transport>,
            },
            masker: Masker::new(),
            prefix: String::new(),
            interrupted: Arc::new(AtomicBool::new(false)),
            rate: None,
            closes: AtomicBool::new(false),
            deleted: std::sync::Mutex::default(),
            next: Mutex::new(Duration::ZERO),
            elapsed: Arc::new(|| Duration::ZERO),
        };
        let request =
            Request { method: method.into(), url: "https://h/Users".into(), headers: vec![], body: None };
        let exchange = engine.exchange(request).await;
        assert_eq!(exchange.response().is_some(), answered);
        assert_eq!(transport.asked.load(Ordering::Relaxed), asked);
    }
}
