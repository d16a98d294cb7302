//! From what the probes said to one verdict for each requirement.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::probes::watch;
use super::super::{Finding, Level, Profile, Requirement};
use super::session::Word;

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

    /// Whether it is broken in a way that fails a check, and not as a consequence of another failure.
    #[must_use]
    pub fn is_failure(&self) -> bool {
        self.verdict == Verdict::Failed && self.follows.is_none()
    }
}

/// An answer that says by itself why nothing else about it can be right.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Cause {
    /// The service failed: 5xx.
    Crash,
    /// The service says that it does not do this at all: 501 for this method.
    Missing(String),
    /// Anything else.
    Own,
}

impl Cause {
    fn of(finding: &Finding) -> Self {
        let Some(record) = finding.shown() else { return Self::Own };
        match record.status {
            Some(501) => Self::Missing(record.method.clone()),
            // 503 says that the service is not there now, which the same request may disprove later.
            Some(status) if status >= 500 && status != 503 => Self::Crash,
            _ => Self::Own,
        }
    }
}

/// Says of each requirement that is broken only by such answers which other one tells of them.
fn follow(results: &mut [RequirementResult], causes: &BTreeMap<String, BTreeSet<Cause>>) {
    let only = |slug: &str| {
        let causes = causes.get(slug)?;
        causes.first().filter(|_| causes.len() == 1).cloned()
    };
    let crashed = results
        .iter()
        .any(|entry| entry.requirement == watch::SERVER_ERROR.slug && entry.verdict == Verdict::Failed);
    let mut first: BTreeMap<Cause, String> = BTreeMap::new();
    for entry in results.iter_mut() {
        if entry.verdict != Verdict::Failed || entry.requirement == watch::SERVER_ERROR.slug {
            continue;
        }
        entry.follows = match only(&entry.requirement) {
            Some(Cause::Crash) if crashed => Some(watch::SERVER_ERROR.slug.to_owned()),
            Some(cause @ Cause::Missing(_)) => match first.get(&cause) {
                Some(root) => Some(root.clone()),
                None => {
                    first.insert(cause, entry.requirement.clone());
                    None
                }
            },
            _ => None,
        };
    }
}

/// Collects the words of all probes.
#[derive(Debug, Default)]
pub(super) struct Tally {
    entries: BTreeMap<&'static str, Entry>,
}

#[derive(Debug, Default)]
struct Entry {
    held: usize,
    breaches: usize,
    findings: Vec<Finding>,
    causes: BTreeSet<Cause>,
    skipped: Option<String>,
    blocked: Option<String>,
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
    pub(super) fn word(&mut self, requirement: &'static Requirement, probe: &str, word: Word) {
        let entry = self.entries.entry(requirement.slug).or_default();
        if !entry.probes.iter().any(|known| known == probe) {
            entry.probes.push(probe.to_owned());
        }
        match word {
            Word::Held => entry.held += 1,
            Word::Broken(finding) => entry.broken(*finding),
            Word::Skipped(reason) => entry.skipped = Some(reason),
            Word::Blocked(by) => entry.blocked = Some(by),
        }
    }

    /// A finding of the passive judge.
    pub(super) fn passive(&mut self, slug: &'static str, finding: Finding) {
        self.entries.entry(slug).or_default().broken(finding);
    }

    /// That the passive judge watched for this requirement.
    pub(super) fn watched(&mut self, requirement: &'static Requirement) {
        let entry = self.entries.entry(requirement.slug).or_default();
        entry.passive = true;
        entry.probes.push("every exchange".to_owned());
    }

    /// The verdicts, in the order of `requirements`.
    pub(super) fn results(
        mut self,
        requirements: impl Iterator<Item = &'static Requirement>,
        selected: &[Profile],
    ) -> Vec<RequirementResult> {
        let mut causes = BTreeMap::new();
        let mut results: Vec<RequirementResult> = requirements
            .map(|requirement| {
                let entry = self.entries.remove(requirement.slug).unwrap_or_default();
                let verdict = if entry.breaches > 0 {
                    breach(requirement, selected)
                } else if entry.held > 0 || entry.passive {
                    Verdict::Passed
                } else if let Some(by) = entry.blocked {
                    Verdict::Blocked { by }
                } else if let Some(reason) = entry.skipped {
                    Verdict::Skipped { reason }
                } else {
                    Verdict::NotObserved
                };
                causes.insert(requirement.slug.to_owned(), entry.causes);
                RequirementResult {
                    requirement: requirement.slug.to_owned(),
                    area: requirement.area().to_owned(),
                    level: requirement.level,
                    profiles: requirement.profiles.to_vec(),
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
        follow(&mut results, &causes);
        results
    }
}

/// What a breach amounts to for these profiles.
fn breach(requirement: &Requirement, selected: &[Profile]) -> Verdict {
    match requirement.level {
        Level::Must | Level::Okta | Level::Interop | Level::Ipsie => Verdict::Failed,
        // The reviewers' wishes bind whoever rehearses a submission and nothing else.
        Level::Oin if selected == [Profile::Oin] => Verdict::Failed,
        Level::Should | Level::Oin => Verdict::Warning,
        Level::May | Level::OktaTolerates => Verdict::Note,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(slug: &str) -> RequirementResult {
        RequirementResult {
            requirement: slug.into(),
            area: String::new(),
            level: Level::Must,
            profiles: Vec::new(),
            citation: String::new(),
            text: String::new(),
            verdict: Verdict::Failed,
            findings: Vec::new(),
            breaches: 1,
            held: 0,
            probes: Vec::new(),
            follows: None,
        }
    }

    #[test]
    fn what_only_failed_answers_show_follows_from_them_and_nothing_else_does() {
        let missing = || Cause::Missing("PATCH".into());
        let given = [
            (watch::SERVER_ERROR.slug, vec![Cause::Crash]),
            ("crash.only", vec![Cause::Crash]),
            ("crash.and-more", vec![Cause::Crash, Cause::Own]),
            ("patch.first", vec![missing()]),
            ("patch.second", vec![missing()]),
            ("delete.missing", vec![Cause::Missing("DELETE".into())]),
            ("patch.and-crash", vec![missing(), Cause::Crash]),
            ("own", vec![Cause::Own]),
        ];
        let mut results: Vec<_> = given.iter().map(|(slug, _)| failed(slug)).collect();
        let causes = given.iter().map(|(slug, all)| ((*slug).to_owned(), all.iter().cloned().collect()));
        follow(&mut results, &causes.collect());
        let followers: Vec<(&str, &str)> = results
            .iter()
            .filter_map(|entry| Some((entry.requirement.as_str(), entry.follows.as_deref()?)))
            .collect();
        assert_eq!(followers, [("crash.only", watch::SERVER_ERROR.slug), ("patch.second", "patch.first")]);
    }

    #[test]
    fn a_failed_answer_is_followed_only_where_it_is_told() {
        let mut results = [failed("crash.only")];
        follow(&mut results, &BTreeMap::from([("crash.only".to_owned(), BTreeSet::from([Cause::Crash]))]));
        assert!(results[0].is_failure());
    }
}
