//! From what the probes said to one verdict for each requirement.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::super::{Finding, Level, Profile, Requirement};
use super::session::Word;

/// How a requirement fared on a target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
}

impl RequirementResult {
    /// Most findings that are kept for one requirement.
    pub const SHOWN: usize = 3;
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
    skipped: Option<String>,
    blocked: Option<String>,
    probes: Vec<String>,
    passive: bool,
}

impl Entry {
    fn broken(&mut self, finding: Finding) {
        self.breaches += 1;
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
        requirements
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
                }
            })
            .collect()
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
