//! From what the probes said to one verdict for each requirement.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::checks::{Finding, Importance, Level, Profile, Requirement, Severity};

/// How a requirement fared on a target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "verdict", rename_all = "kebab-case")]
pub enum Verdict {
    /// Judged, and it held each time.
    Passed,
    /// Broken, and binding for a selected profile.
    Failed,
    /// Broken, and only recommended.
    Warning,
    /// Broken or used otherwise, and neither binding nor recommended.
    Note,
    /// Broken, and accepted by the baseline.
    Accepted {
        /// Why.
        reason: String,
    },
    /// It does not apply to this target.
    Skipped {
        /// Why.
        reason: String,
    },
    /// It could not be judged because of another requirement.
    Blocked {
        /// The slug of that requirement, or what went wrong.
        by: String,
    },
    /// Nothing came up that shows it. Never counted as passed.
    NotObserved,
}

impl Verdict {
    /// The verdict in one word.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Warning => "warning",
            Self::Note => "note",
            Self::Accepted { .. } => "accepted",
            Self::Skipped { .. } => "skipped",
            Self::Blocked { .. } => "blocked",
            Self::NotObserved => "not observed",
        }
    }

    /// Why it was not judged, or not counted.
    #[must_use]
    pub fn reason(&self) -> Option<String> {
        match self {
            Self::Accepted { reason } | Self::Skipped { reason } => Some(reason.clone()),
            Self::Blocked { by } => Some(format!("blocked by {by}")),
            Self::NotObserved => Some("nothing came up that shows it".to_owned()),
            _ => None,
        }
    }
}

/// One requirement with its verdict and everything that led to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RequirementResult {
    /// Slug of the requirement.
    pub requirement: String,
    /// Its area: the slug up to the first dot.
    pub area: String,
    /// Its level.
    pub level: Level,
    /// What a breach of it costs; reports tell what costs most first.
    #[serde(default)]
    pub importance: Importance,
    /// The profiles that it belongs to.
    pub profiles: Vec<Profile>,
    /// Where it is written.
    pub citation: String,
    /// The rule.
    pub text: String,
    /// The verdict.
    #[serde(flatten)]
    pub verdict: Verdict,
    /// The breaches, at most [`RequirementResult::SHOWN`] of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
    /// How many breaches there were.
    pub breaches: usize,
    /// How often it was judged by a probe and held.
    pub held: usize,
    /// The probes that judged it or meant to; `every exchange` for the passive rules.
    pub probes: Vec<String>,
    /// The slug of another broken requirement that this breach is a consequence of: all that was seen here
    /// are answers which already break that one. Told under it, and not counted as a failure of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follows: Option<String>,
}

impl RequirementResult {
    /// Most findings that are kept for one requirement.
    pub const SHOWN: usize = 3;

    /// One about which nothing is known but its verdict.
    #[cfg(test)]
    pub(crate) fn new(slug: &str, verdict: Verdict) -> Self {
        Self {
            requirement: slug.into(),
            area: slug.split('.').next().unwrap_or_default().into(),
            level: Level::Must,
            importance: Importance::Interoperability,
            profiles: Vec::new(),
            citation: String::new(),
            text: String::new(),
            verdict,
            findings: Vec::new(),
            breaches: 0,
            held: 0,
            probes: Vec::new(),
            follows: None,
        }
    }

    /// Whether it is broken in a way that fails a check, and not as a consequence of another failure.
    #[must_use]
    pub fn is_failure(&self) -> bool {
        self.verdict == Verdict::Failed && self.follows.is_none()
    }
}

/// An answer of 500 or above says by itself why nothing else about it can be right. Two such answers have one
/// cause when they answer the same method on the same collection.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Cause {
    /// Whether it is 501: the service says that it does not do this at all.
    missing: bool,
    method: String,
    collection: String,
    /// Whether a filter is part of what was asked.
    filtered: bool,
}

impl Cause {
    /// None when the answer has a meaning of its own.
    fn of(finding: &Finding) -> Option<Self> {
        let record = finding.shown()?;
        // 503 says that the service is not there now, which the same request may disprove later.
        let status = record.status.filter(|status| *status >= 500 && *status != 503)?;
        let (path, query) = record.url.split_once('?').unwrap_or((&record.url, ""));
        let collection = path.split('/').rev().find(|segment| COLLECTIONS.contains(segment)).unwrap_or("");
        Some(Self {
            missing: status == 501,
            method: record.method.clone(),
            collection: collection.to_owned(),
            filtered: query.contains("filter="),
        })
    }
}

/// The last segment of a path that says what is asked for (RFC 7644 §3.2 table 2).
const COLLECTIONS: [&str; 8] =
    ["Users", "Groups", "Me", "Bulk", ".search", "ServiceProviderConfig", "ResourceTypes", "Schemas"];

/// Says of each requirement that is broken only by such answers which other one tells of them. `order` has the
/// positions of the results, those first that may tell: the first that an answer breaks tells of it.
fn follow(results: &mut [RequirementResult], causes: &[BTreeSet<Option<Cause>>], order: &[usize]) {
    let failed = |at: &usize| results[*at].verdict == Verdict::Failed;
    let only_causes = |at: usize| causes[at].iter().cloned().collect::<Option<Vec<Cause>>>();
    let mut tellers: BTreeMap<Cause, usize> = BTreeMap::new();
    let mut follows = Vec::new();
    let order: Vec<usize> = order.iter().copied().filter(failed).collect();
    // What a single cause breaks tells of it best.
    let (single, several): (Vec<usize>, Vec<usize>) = order.iter().partition(|at| causes[**at].len() == 1);
    for at in single.into_iter().chain(several) {
        let Some(causes) = only_causes(at) else { continue };
        let told: Option<Vec<usize>> = causes.iter().map(|cause| tellers.get(cause).copied()).collect();
        match told.as_deref() {
            Some([teller, ..]) => follows.push((at, *teller)),
            _ => {
                for cause in causes {
                    tellers.entry(cause).or_insert(at);
                }
            }
        }
    }
    // What only ought to be, and is broken by the same answers, is told there too; a failure never follows from it.
    let weaker = |at: &usize| matches!(results[*at].verdict, Verdict::Warning | Verdict::Note);
    for at in (0..results.len()).filter(weaker) {
        let causes = only_causes(at).unwrap_or_default();
        let told: Option<Vec<usize>> = causes.iter().map(|cause| tellers.get(cause).copied()).collect();
        if let Some([teller, ..]) = told.as_deref() {
            follows.push((at, *teller));
        }
    }
    for (at, teller) in follows {
        results[at].follows = Some(results[teller].requirement.clone());
    }
}

/// The name under which the orientation reports.
pub(in crate::checks) const START: &str = "start";

/// How one requirement fared in one place.
#[derive(Debug, Clone)]
pub(in crate::checks) enum Outcome {
    Passed,
    Failed(Box<Finding>),
    Skipped(String),
    /// It could not be judged because this one did not hold, as the exchange in the second place shows.
    Blocked(&'static Requirement, String),
}

/// Collects the outcomes of all probes.
#[derive(Debug, Default)]
pub(in crate::checks) struct Tally {
    entries: BTreeMap<&'static str, Entry>,
}

#[derive(Debug, Default)]
struct Entry {
    held: usize,
    breaches: usize,
    findings: Vec<Finding>,
    causes: BTreeSet<Option<Cause>>,
    skipped: Option<String>,
    /// The requirement that did not hold where it was needed, and the exchange that shows it.
    blocked: Option<(&'static str, String)>,
    probes: Vec<String>,
    passive: bool,
}

impl Entry {
    fn broken(&mut self, finding: Finding) {
        self.breaches += 1;
        self.causes.insert(Cause::of(&finding));
        if self.findings.len() < RequirementResult::SHOWN
            && !self.findings.iter().any(|known| known.actual == finding.actual)
        {
            self.findings.push(finding);
        }
    }
}

impl Tally {
    pub(in crate::checks) fn add(
        &mut self,
        requirement: &'static Requirement,
        probe: &str,
        outcome: Outcome,
    ) {
        let entry = self.entries.entry(requirement.slug).or_default();
        if !entry.probes.iter().any(|known| known == probe) {
            entry.probes.push(probe.to_owned());
        }
        match outcome {
            Outcome::Passed => entry.held += 1,
            Outcome::Failed(finding) => entry.broken(*finding),
            Outcome::Skipped(reason) => entry.skipped = Some(reason),
            Outcome::Blocked(by, shown) => entry.blocked = Some((by.slug, shown)),
        }
    }

    /// A finding of the passive judge.
    pub(in crate::checks) fn passive(&mut self, slug: &'static str, finding: Finding) {
        self.entries.entry(slug).or_default().broken(finding);
    }

    /// That the passive judge watched for this requirement.
    pub(in crate::checks) fn watched(&mut self, requirement: &'static Requirement) {
        let entry = self.entries.entry(requirement.slug).or_default();
        entry.passive = true;
        entry.probes.push("every exchange".to_owned());
    }

    /// Why nothing judged a requirement, where something stood in the way: the requirement at the root is broken, or
    /// else the reason why it could not be prepared.
    fn unjudged(&self, slug: &str) -> Option<Verdict> {
        let (mut by, shown) = self.entries.get(slug)?.blocked.clone()?;
        let mut passed = BTreeSet::from([slug]);
        loop {
            let entry = self.entries.get(by);
            if entry.is_some_and(|entry| entry.breaches > 0) {
                return Some(Verdict::Blocked { by: by.to_owned() });
            }
            let further = entry.filter(|entry| entry.held == 0 && !entry.passive);
            match further {
                Some(Entry { blocked: Some((next, _)), .. }) if passed.insert(by) => by = *next,
                Some(Entry { skipped: Some(reason), .. }) => {
                    return Some(Verdict::Skipped { reason: format!("it rests on {by}: {reason}") });
                }
                _ => {
                    let reason = format!("it could not be prepared: {by} did not hold for {shown}");
                    return Some(Verdict::Skipped { reason });
                }
            }
        }
    }

    /// The verdicts, in the order of `requirements`.
    pub(in crate::checks) fn results(
        mut self,
        requirements: impl Iterator<Item = &'static Requirement>,
        selected: &[Profile],
    ) -> Vec<RequirementResult> {
        let (mut causes, mut passive) = (Vec::new(), Vec::new());
        let mut obstacles: BTreeMap<&str, Verdict> =
            self.entries.keys().filter_map(|slug| Some((*slug, self.unjudged(slug)?))).collect();
        let mut results: Vec<RequirementResult> = requirements
            .map(|requirement| {
                let entry = self.entries.remove(requirement.slug).unwrap_or_default();
                let verdict = if entry.breaches > 0 {
                    match requirement.severity(selected) {
                        Severity::Failure => Verdict::Failed,
                        Severity::Warning => Verdict::Warning,
                        Severity::Note => Verdict::Note,
                    }
                } else if entry.held > 0 || entry.passive {
                    Verdict::Passed
                } else if let Some(unjudged) = obstacles.remove(requirement.slug) {
                    unjudged
                } else if let Some(reason) = entry.skipped {
                    Verdict::Skipped { reason }
                } else {
                    Verdict::NotObserved
                };
                causes.push(entry.causes);
                passive.push(entry.passive);
                RequirementResult {
                    requirement: requirement.slug.to_owned(),
                    area: requirement.area().to_owned(),
                    level: requirement.level,
                    importance: requirement.importance,
                    profiles: requirement
                        .held_by()
                        .into_iter()
                        .filter(|profile| selected.contains(profile))
                        .collect(),
                    citation: requirement.citation.to_owned(),
                    text: requirement.text.to_owned(),
                    verdict,
                    findings: entry.findings,
                    breaches: entry.breaches,
                    held: entry.held,
                    probes: entry.probes,
                    follows: None,
                }
            })
            .collect();
        // The plainest requests say best what should have been done; the rules for every answer say only how this one
        // looks.
        let mut order: Vec<usize> = (0..results.len()).collect();
        let at_the_start = |at: usize| results[at].probes.iter().any(|probe| probe == START);
        order.sort_by_key(|at| (passive[*at], !at_the_start(*at)));
        follow(&mut results, &causes, &order);
        results
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cause(method: &str, collection: &str) -> Option<Cause> {
        let (method, collection) = (method.to_owned(), collection.to_owned());
        Some(Cause { missing: false, method, collection, filtered: false })
    }

    /// Slugs and causes to slugs and what they follow from.
    fn followers(given: &[(&'static str, Vec<Option<Cause>>)]) -> Vec<(String, String)> {
        let mut results: Vec<_> = given
            .iter()
            .map(|(slug, _)| RequirementResult {
                breaches: 1,
                ..RequirementResult::new(slug, Verdict::Failed)
            })
            .collect();
        let causes: Vec<BTreeSet<_>> = given.iter().map(|(_, all)| all.iter().cloned().collect()).collect();
        let order: Vec<usize> = (0..given.len()).collect();
        follow(&mut results, &causes, &order);
        results.into_iter().filter_map(|entry| Some((entry.requirement, entry.follows?))).collect()
    }

    fn pair(one: &str, other: &str) -> (String, String) {
        (one.to_owned(), other.to_owned())
    }

    static FIRST: Requirement = requirement("a.first");
    static SECOND: Requirement = requirement("a.second");
    static THIRD: Requirement = requirement("a.third");

    const fn requirement(slug: &'static str) -> Requirement {
        Requirement {
            slug,
            level: Level::Must,
            importance: Importance::Interoperability,
            citation: "",
            text: "",
            advice: "",
            profiles: &[Profile::Rfc],
        }
    }

    fn finding() -> Finding {
        let request = crate::exchange::Request {
            method: "GET".into(),
            url: "https://h/Users".into(),
            headers: Vec::new(),
            body: None,
        };
        let outcome = Err(crate::exchange::TransportError::Timeout { authority: "h".into(), seconds: 1 });
        let exchange = crate::exchange::Exchange { request, outcome, duration: std::time::Duration::ZERO };
        Finding::new(&FIRST, &exchange, &crate::exchange::Masker::new(), &[], "")
    }

    /// `a.third` is blocked by `a.second`, that by `a.first`, of which this is known.
    #[rstest::rstest]
    #[case::broken(Outcome::Failed(Box::new(finding())), Verdict::Blocked { by: "a.first".into() })]
    #[case::not_offered(
        Outcome::Skipped("the service has none".into()),
        Verdict::Skipped { reason: "it rests on a.first: the service has none".into() }
    )]
    #[case::kept_elsewhere(
        Outcome::Passed,
        Verdict::Skipped { reason: "it could not be prepared: a.first did not hold for GET /3 → 400".into() }
    )]
    #[case::in_a_circle(
        Outcome::Blocked(&THIRD, "GET /1 → 400".into()),
        Verdict::Skipped { reason: "it could not be prepared: a.third did not hold for GET /3 → 400".into() }
    )]
    fn what_blocks_is_broken_in_the_same_report(#[case] first: Outcome, #[case] verdict: Verdict) {
        let mut tally = Tally::default();
        tally.add(&FIRST, "p", first);
        tally.add(&SECOND, "p", Outcome::Blocked(&FIRST, "GET /2 → 400".into()));
        tally.add(&THIRD, "p", Outcome::Blocked(&SECOND, "GET /3 → 400".into()));
        let results = tally.results([&FIRST, &SECOND, &THIRD].into_iter(), &[Profile::Rfc]);
        assert_eq!(results[2].verdict, verdict);
    }

    #[test]
    fn what_one_failed_answer_breaks_is_told_by_the_first_and_followed_by_the_others() {
        let patch = || cause("PATCH", "Users");
        let given =
            [("a", vec![patch()]), ("b", vec![patch()]), ("c", vec![patch(), None]), ("d", vec![None])];
        assert_eq!(followers(&given), [pair("b", "a")]);
    }

    #[test]
    fn what_only_ought_to_be_follows_a_failure_and_never_tells_of_one() {
        let patch = BTreeSet::from([cause("PATCH", "Users")]);
        let broken =
            |slug, verdict| RequirementResult { breaches: 1, ..RequirementResult::new(slug, verdict) };
        let mut results = [broken("weak", Verdict::Warning), broken("strong", Verdict::Failed)];
        follow(&mut results, &[patch.clone(), patch.clone()], &[0, 1]);
        assert_eq!(results.map(|entry| entry.follows), [Some("strong".to_owned()), None]);
        let mut alone = [broken("weak", Verdict::Warning)];
        follow(&mut alone, &[patch], &[0]);
        assert_eq!(alone.map(|entry| entry.follows), [None]);
    }

    #[test]
    fn failures_of_different_requests_are_different_causes() {
        let given = [
            ("a", vec![cause("PATCH", "Users")]),
            ("b", vec![cause("PATCH", "Groups")]),
            ("c", vec![cause("DELETE", "Users")]),
            ("d", vec![cause("PATCH", "Users").map(|cause| Cause { missing: true, ..cause })]),
            ("e", vec![cause("PATCH", "Users").map(|cause| Cause { filtered: true, ..cause })]),
        ];
        assert_eq!(followers(&given), []);
    }

    #[test]
    fn what_several_causes_break_follows_when_each_of_them_is_told_elsewhere() {
        let (users, groups) = (|| cause("POST", "Users"), || cause("POST", "Groups"));
        let all = ("all", vec![users(), groups()]);
        let given = [all.clone(), ("a", vec![users()]), ("b", vec![groups()])];
        assert_eq!(followers(&given), [pair("all", "b")], "in the order of causes: Groups, Users");
        assert_eq!(followers(&[all.clone(), ("a", vec![users()])]), [], "Groups is told by nothing else");
        let given = [all, ("more", vec![groups(), cause("PUT", "Groups")]), ("a", vec![users()])];
        assert_eq!(followers(&given), []);
    }
}
