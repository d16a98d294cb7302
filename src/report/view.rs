//! What all faces of a result show: broken requirements with what hangs on them, and the table by profile.

use std::collections::BTreeMap;

use crate::checks::{Finding, Importance, Level, Profile, RequirementResult, Verdict};
use crate::result::{Outcome, RunResult};

/// How much a broken requirement matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Weight {
    Failed,
    Warning,
    Note,
    Accepted,
}

impl Weight {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Warning => "warning",
            Self::Note => "note",
            Self::Accepted => "accepted",
        }
    }
}

/// One broken requirement, wherever it was seen, with what follows from it.
pub(super) struct Problem<'a> {
    pub(super) slug: &'a str,
    pub(super) area: &'a str,
    pub(super) weight: Weight,
    pub(super) level: Level,
    pub(super) importance: Importance,
    pub(super) profiles: Vec<Profile>,
    pub(super) citation: &'a str,
    pub(super) text: &'a str,
    pub(super) findings: Vec<&'a Finding>,
    pub(super) breaches: usize,
    /// Why it is accepted.
    pub(super) reason: Option<&'a str>,
    /// Scenario runs in which it was seen.
    pub(super) scenarios: Vec<String>,
    /// Broken requirements that are told under this one.
    pub(super) followers: Vec<&'a RequirementResult>,
    /// Requirements that could not be judged because of it.
    pub(super) blocked: Vec<&'a str>,
    /// Told under another one.
    pub(super) follows: Option<&'a str>,
}

impl Problem<'_> {
    /// What an Okta administrator sees, from the first finding that says it.
    pub(super) fn admin_message(&self) -> Option<&str> {
        self.findings.iter().find_map(|finding| finding.admin_message.as_deref())
    }

    pub(super) fn advice(&self) -> Option<&str> {
        self.findings.first().map(|finding| finding.advice.as_str())
    }

    /// What happened, and how often, where something hangs on it: a sentence for each.
    pub(super) fn consequences(&self) -> Vec<String> {
        let mut all = Vec::new();
        if !self.followers.is_empty() {
            let slugs: Vec<&str> = self.followers.iter().map(|entry| entry.requirement.as_str()).collect();
            all.push(format!("broken by the same answers: {}", some(&slugs)));
        }
        if !self.blocked.is_empty() {
            all.push(format!("not judged because of it: {}", some(&self.blocked)));
        }
        if let Some((first, rest)) = self.scenarios.split_first() {
            all.push(match rest.len() {
                0 => format!("seen in {first}"),
                more => format!("seen in {first} and {more} more"),
            });
        }
        all
    }
}

/// The first of them, and how many more there are.
fn some(names: &[&str]) -> String {
    const SHOWN: usize = 12;
    let more = names.len().saturating_sub(SHOWN);
    let shown = names[..names.len() - more].join(", ");
    if more > 0 { format!("{shown} and {more} more") } else { shown }
}

/// The slug up to its first dot.
fn area(slug: &str) -> &str {
    slug.split_once('.').map_or(slug, |(area, _)| area)
}

/// Every broken requirement once: what costs most first, and of the same cost what fails before what does not. Else in
/// the order of the result, those of scenarios after those of a check. What is accepted comes last.
pub(super) fn problems(result: &RunResult) -> Vec<Problem<'_>> {
    let blocked = blocked(result);
    let mut problems: Vec<Problem<'_>> = Vec::new();
    for entry in &result.requirements {
        let (weight, reason) = match &entry.verdict {
            Verdict::Failed => (Weight::Failed, None),
            Verdict::Warning => (Weight::Warning, None),
            Verdict::Note => (Weight::Note, None),
            Verdict::Accepted { reason } => (Weight::Accepted, Some(reason.as_str())),
            _ => continue,
        };
        let slug = entry.requirement.as_str();
        problems.push(Problem {
            slug,
            area: &entry.area,
            weight,
            level: entry.level,
            importance: entry.importance,
            profiles: entry.profiles.clone(),
            citation: &entry.citation,
            text: &entry.text,
            findings: entry.findings.iter().collect(),
            breaches: entry.breaches,
            reason,
            scenarios: Vec::new(),
            followers: result
                .requirements
                .iter()
                .filter(|other| other.follows.as_deref() == Some(slug))
                .collect(),
            blocked: blocked.get(slug).cloned().unwrap_or_default(),
            follows: entry.follows.as_deref(),
        });
    }
    for scenario in &result.scenarios {
        for finding in &scenario.findings {
            let at = problems.iter().position(|problem| problem.slug == finding.requirement);
            let at = at.unwrap_or_else(|| {
                problems.push(Problem {
                    slug: &finding.requirement,
                    area: area(&finding.requirement),
                    weight: if finding.level.fails() { Weight::Failed } else { Weight::Note },
                    level: finding.level,
                    importance: finding.importance,
                    profiles: finding.level.profiles().to_vec(),
                    citation: &finding.citation,
                    text: &finding.text,
                    findings: Vec::new(),
                    breaches: 0,
                    reason: None,
                    scenarios: Vec::new(),
                    followers: Vec::new(),
                    blocked: blocked.get(finding.requirement.as_str()).cloned().unwrap_or_default(),
                    follows: None,
                });
                problems.len() - 1
            });
            let problem = &mut problems[at];
            problem.breaches += 1;
            if problem.findings.len() < RequirementResult::SHOWN
                && !problem.findings.iter().any(|known| known.actual == finding.actual)
            {
                problem.findings.push(finding);
            }
            let key = scenario.key.to_string();
            if !problem.scenarios.contains(&key) {
                problem.scenarios.push(key);
            }
        }
    }
    problems.sort_by_key(|problem| (problem.weight == Weight::Accepted, problem.importance, problem.weight));
    problems
}

/// What cannot be judged because of each requirement, directly or through others.
fn blocked(result: &RunResult) -> BTreeMap<&str, Vec<&str>> {
    let by: BTreeMap<&str, &str> = result
        .requirements
        .iter()
        .filter_map(|entry| match &entry.verdict {
            Verdict::Blocked { by } => Some((entry.requirement.as_str(), by.as_str())),
            _ => None,
        })
        .collect();
    let mut all: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for entry in &result.requirements {
        let slug = entry.requirement.as_str();
        let Some(mut root) = by.get(slug).copied() else { continue };
        // As many steps as there are requirements: more would be a circle.
        for _ in 0..by.len() {
            match by.get(root) {
                Some(next) => root = next,
                None => break,
            }
        }
        let told = result.requirements.iter().find(|entry| entry.requirement == root);
        let root = told.and_then(|entry| entry.follows.as_deref()).unwrap_or(root);
        all.entry(root).or_default().push(slug);
    }
    all
}

/// One row of the table by profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) title: String,
    pub(super) passed: usize,
    pub(super) failed: usize,
    pub(super) warnings: usize,
    pub(super) notes: usize,
    pub(super) blocked: usize,
    /// Skipped, accepted by a baseline, or not observed.
    pub(super) other: usize,
}

impl Row {
    fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), passed: 0, failed: 0, warnings: 0, notes: 0, blocked: 0, other: 0 }
    }

    pub(super) const HEADINGS: [&'static str; 6] =
        ["passed", "failed", "warnings", "notes", "blocked", "not judged"];

    pub(super) fn numbers(&self) -> [usize; 6] {
        [self.passed, self.failed, self.warnings, self.notes, self.blocked, self.other]
    }

    /// Whether the table need not be shown for its sake.
    pub(super) fn is_good(&self) -> bool {
        self.failed == 0 && self.blocked == 0
    }

    /// The row in one word.
    pub(super) fn word(&self) -> &'static str {
        if self.failed > 0 {
            "no"
        } else if self.passed == 0 {
            "not judged"
        } else if self.blocked > 0 {
            "partly judged"
        } else {
            "yes"
        }
    }
}

/// How each profile fared: from the requirements of a check and of scenarios, then the scenarios by dialect.
pub(super) fn rows(result: &RunResult) -> Vec<Row> {
    let mut profiles: BTreeMap<Profile, Row> = BTreeMap::new();
    for entry in &result.requirements {
        for profile in &entry.profiles {
            let row = profiles.entry(*profile).or_insert_with(|| Row::new(profile.title()));
            *match entry.verdict {
                Verdict::Passed => &mut row.passed,
                Verdict::Failed => &mut row.failed,
                Verdict::Warning => &mut row.warnings,
                Verdict::Note => &mut row.notes,
                Verdict::Blocked { .. } => &mut row.blocked,
                Verdict::Accepted { .. } | Verdict::Skipped { .. } | Verdict::NotObserved => &mut row.other,
            } += 1;
        }
    }
    // What only scenarios showed.
    for problem in problems(result).iter().filter(|problem| !problem.scenarios.is_empty()) {
        if result.requirements.iter().any(|entry| entry.requirement == problem.slug) {
            continue;
        }
        for profile in &problem.profiles {
            let row = profiles.entry(*profile).or_insert_with(|| Row::new(profile.title()));
            match problem.weight {
                Weight::Failed => row.failed += 1,
                _ => row.notes += 1,
            }
        }
    }
    let mut rows: Vec<Row> = profiles.into_values().collect();
    let mut dialects: BTreeMap<&str, Row> = BTreeMap::new();
    for scenario in
        result.scenarios.iter().filter(|scenario| ["oin", "aiw"].contains(&&*scenario.key.dialect))
    {
        let dialect = scenario.key.dialect.as_str();
        let row = dialects
            .entry(dialect)
            .or_insert_with(|| Row::new(format!("{}, {dialect} scenarios", Profile::Okta.title())));
        *match scenario.outcome {
            Outcome::Passed => &mut row.passed,
            // Told once, in the row of the requirement's own profile.
            Outcome::Failed
                if scenario.fails_by_findings_only()
                    && scenario.failing_findings().all(|finding| finding.level != Level::Okta) =>
            {
                &mut row.passed
            }
            Outcome::Failed | Outcome::Error { .. } => &mut row.failed,
            Outcome::Skipped { .. } | Outcome::Blocked { .. } => &mut row.other,
        } += 1;
    }
    // Okta's catalogue comes first, as in the rest of the program.
    rows.extend(["oin", "aiw"].into_iter().filter_map(|dialect| dialects.remove(dialect)));
    rows
}

/// `3 failed, 120 passed`: the counts of a run, without those that are zero.
pub(super) fn counted(result: &RunResult) -> String {
    let counts = result.counts();
    let mut parts = vec![format!("{} passed", counts.passed)];
    for (count, word) in [
        (counts.failed, "failed"),
        (counts.errors, "could not run"),
        (counts.following, "failed because of these"),
        (counts.skipped, "skipped"),
    ] {
        if count > 0 {
            parts.push(format!("{count} {word}"));
        }
    }
    parts.join(", ")
}

/// Where the source of a citation can be read: the first RFC section in it.
pub(super) fn help_uri(citation: &str) -> Option<String> {
    let rest = citation.split_once("RFC ")?.1;
    let number: String = rest.chars().take_while(char::is_ascii_digit).collect();
    if number.is_empty() {
        return None;
    }
    let mut uri = format!("https://www.rfc-editor.org/rfc/rfc{number}");
    if let Some(section) = rest[number.len()..].trim_start().strip_prefix('§') {
        let section: String = section.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
        let section = section.trim_end_matches('.');
        if !section.is_empty() {
            uri.push_str(&format!("#section-{section}"));
        }
    }
    Some(uri)
}

/// What precedes the paths and names of what a run could not delete.
pub(super) const NOT_DELETED: &str = "could not be deleted, please remove by hand";

/// The first of many; the whole list is in the other reports.
pub(super) fn some_of(paths: &[String]) -> String {
    const SHOWN: usize = 10;
    match paths.len().checked_sub(SHOWN) {
        None | Some(0) => paths.join(", "),
        Some(more) => format!("{} and {more} more, which --report-json lists", paths[..SHOWN].join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case("RFC 7644 §3.4.2", Some("https://www.rfc-editor.org/rfc/rfc7644#section-3.4.2"))]
    #[case("RFC 7644 §3.5.2, RFC 7643 §2.1", Some("https://www.rfc-editor.org/rfc/rfc7644#section-3.5.2"))]
    #[case("RFC 7235", Some("https://www.rfc-editor.org/rfc/rfc7235"))]
    #[case("RFC 7644 table 9", Some("https://www.rfc-editor.org/rfc/rfc7644"))]
    #[case("okta-client §5", None)]
    #[case("the RFC says", None)]
    fn a_citation_leads_to_its_source(#[case] citation: &str, #[case] uri: Option<&str>) {
        assert_eq!(help_uri(citation).as_deref(), uri);
    }
}
