//! A rehearsal of a submission to Okta's Integration Network: Okta's own test plan, case by case, as far as
//! the result of a run and of a check can tell.

use std::fmt::Write as _;
use std::sync::LazyLock;

use serde::Deserialize;

use super::markdown::{cell, code, named};
use super::text::Paint;
use super::view::NOT_DELETED;
use crate::checks::Verdict;
use crate::result::{Outcome, RunResult, ScenarioResult};
use crate::text::{plain, plain_lines};

/// One case of the plan.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct OinCase {
    /// Okta's number, e.g. `C9290`.
    pub id: String,
    /// Part of the plan.
    pub section: String,
    /// What it asks, in our own words.
    pub title: String,
    /// Scenarios that judge it, in the dialect `oin`.
    #[serde(default)]
    pub scenarios: Vec<String>,
    /// Requirements of the check that judge it.
    #[serde(default)]
    pub requirements: Vec<String>,
    /// Why nothing here can judge it; with scenarios or requirements, what is left for people besides.
    #[serde(default)]
    pub by_hand: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    case: Vec<OinCase>,
}

static TABLE: LazyLock<Vec<OinCase>> = LazyLock::new(|| {
    let table: Table =
        toml::from_str(include_str!("oin/cases.toml")).expect("the table that is built in is well-formed");
    table.case
});

/// The dialect of apps from Okta's catalogue.
const DIALECT: &str = "oin";

/// All cases, in the order of the plan.
#[must_use]
pub fn oin_cases() -> &'static [OinCase] {
    &TABLE
}

impl OinCase {
    /// Whether something here judges it.
    #[must_use]
    pub fn is_judged(&self) -> bool {
        !self.scenarios.is_empty() || !self.requirements.is_empty()
    }
}

/// How a case fared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OinVerdict {
    /// Everything that judges it went as expected.
    Passed,
    /// What went wrong, a sentence for each.
    Failed(Vec<String>),
    /// Nothing here can judge it; why.
    ByHand(String),
    /// It could be judged, and was not on this target; why. Never counted as passed.
    NotObserved(Vec<String>),
}

impl OinVerdict {
    fn word(&self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed(_) => "FAILED",
            Self::ByHand(_) => "by hand",
            Self::NotObserved(_) => "not observed",
        }
    }
}

/// How many cases fared how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OinCounts {
    /// As expected.
    pub passed: usize,
    /// Not as expected.
    pub failed: usize,
    /// To be tried by people.
    pub by_hand: usize,
    /// Not judged on this target.
    pub not_observed: usize,
}

/// The whole plan as a result tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rehearsal {
    target: String,
    version: String,
    left_behind: Vec<String>,
    cases: Vec<(&'static OinCase, OinVerdict)>,
    /// Binding requirements that the scenarios' exchanges broke and no case asks for.
    besides: Vec<String>,
}

/// What is said of one scenario or requirement.
enum Word {
    Held,
    Broken(String),
    Unseen(String),
}

/// The plan, judged by a result that has its scenarios and requirements.
#[must_use]
pub fn rehearsal(result: &RunResult) -> Rehearsal {
    let cases = oin_cases().iter().map(|case| (case, judged(case, result))).collect();
    let asked = |slug: &str| oin_cases().iter().any(|case| case.requirements.iter().any(|one| one == slug));
    let findings = result.scenarios.iter().flat_map(ScenarioResult::failing_findings);
    let mut besides: Vec<String> =
        findings.map(|finding| finding.requirement.clone()).filter(|slug| !asked(slug)).collect();
    besides.sort_unstable();
    besides.dedup();
    Rehearsal {
        target: result.target.clone(),
        version: result.scimulate_version.clone(),
        left_behind: result.left_behind.clone(),
        cases,
        besides,
    }
}

fn judged(case: &OinCase, result: &RunResult) -> OinVerdict {
    if !case.is_judged() {
        return OinVerdict::ByHand(case.by_hand.clone().unwrap_or_default());
    }
    let scenarios = case.scenarios.iter().map(|name| scenario(name, result));
    let words = scenarios.chain(case.requirements.iter().map(|slug| requirement(slug, result)));
    let (mut broken, mut unseen) = (Vec::new(), Vec::new());
    for word in words {
        match word {
            Word::Held => {}
            Word::Broken(told) => broken.push(told),
            Word::Unseen(why) => unseen.push(why),
        }
    }
    match (broken.is_empty(), unseen.is_empty()) {
        (false, _) => OinVerdict::Failed(broken),
        (true, false) => OinVerdict::NotObserved(unseen),
        (true, true) => OinVerdict::Passed,
    }
}

fn scenario(name: &str, result: &RunResult) -> Word {
    let of = |scenario: &&ScenarioResult| scenario.key.name == name && scenario.key.dialect == DIALECT;
    let Some(scenario) = result.scenarios.iter().find(of) else {
        return Word::Unseen(format!("{name} was not run"));
    };
    match &scenario.outcome {
        Outcome::Passed => Word::Held,
        Outcome::Skipped { reason } | Outcome::Blocked { reason } => {
            Word::Unseen(format!("{name}: {reason}"))
        }
        Outcome::Error { message } => Word::Unseen(format!("{name} could not run: {message}")),
        // What the judge found besides breaks no step of Okta's.
        Outcome::Failed if scenario.fails_by_findings_only() => Word::Held,
        Outcome::Failed => {
            let steps = scenario.steps.iter();
            let first =
                steps.flat_map(|step| step.failures.iter().map(move |failure| (step, failure))).next();
            Word::Broken(match first {
                Some((step, failure)) => {
                    let mut told = format!("{name}: {}: {}", step.title, failure.summary);
                    if let Some(actual) = &failure.actual {
                        let _ = write!(told, " (expected {}; came {actual})", failure.expected.join(" or "));
                    }
                    told
                }
                None => format!("{name} failed"),
            })
        }
    }
}

fn requirement(slug: &str, result: &RunResult) -> Word {
    let Some(entry) = result.requirements.iter().find(|entry| entry.requirement == slug) else {
        return Word::Unseen(format!("{slug} was not checked"));
    };
    match &entry.verdict {
        Verdict::Passed | Verdict::Note => Word::Held,
        // A case asks for it, so that a recommendation binds too.
        Verdict::Failed | Verdict::Warning => {
            let actual = entry.findings.first().map_or("", |finding| &finding.actual);
            Word::Broken(format!("{slug}: {} Came: {actual}", entry.text))
        }
        verdict => Word::Unseen(format!("{slug}: {}", verdict.reason().unwrap_or_default())),
    }
}

impl Rehearsal {
    /// How many cases fared how.
    #[must_use]
    pub fn counts(&self) -> OinCounts {
        let mut counts = OinCounts::default();
        for (_, verdict) in &self.cases {
            *match verdict {
                OinVerdict::Passed => &mut counts.passed,
                OinVerdict::Failed(_) => &mut counts.failed,
                OinVerdict::ByHand(_) => &mut counts.by_hand,
                OinVerdict::NotObserved(_) => &mut counts.not_observed,
            } += 1;
        }
        counts
    }

    /// How one case fared.
    #[must_use]
    pub fn verdict(&self, id: &str) -> Option<&OinVerdict> {
        self.cases.iter().find(|(case, _)| case.id == id).map(|(_, verdict)| verdict)
    }

    fn sum(&self) -> String {
        let OinCounts { passed, failed, by_hand, not_observed } = self.counts();
        format!(
            "{} cases: {passed} passed, {failed} failed, {by_hand} to be tried by hand, {not_observed} not observed",
            self.cases.len()
        )
    }

    /// The plan as text for a terminal; when quiet only what failed, and the counts.
    #[must_use]
    pub fn text(&self, color: bool, quiet: bool) -> String {
        let paint = Paint(color);
        let mut text = format!("rehearsal of an OIN submission of {}\n", plain(&self.target));
        let mut section = "";
        for (case, verdict) in &self.cases {
            if quiet && !matches!(verdict, OinVerdict::Failed(_)) {
                continue;
            }
            if case.section != section {
                section = &case.section;
                let _ = writeln!(text, "\n{}", paint.on("1", section));
            }
            let code = match verdict {
                OinVerdict::Passed => "32",
                OinVerdict::Failed(_) => "31;1",
                OinVerdict::ByHand(_) => "36",
                OinVerdict::NotObserved(_) => "33",
            };
            let word = paint.on(code, &format!("{:>12}", verdict.word()));
            let _ = writeln!(text, "{word} {:<6} {}", case.id, case.title);
            let mut lines: Vec<String> = match verdict {
                OinVerdict::Passed => Vec::new(),
                OinVerdict::ByHand(why) => vec![why.clone()],
                OinVerdict::Failed(all) | OinVerdict::NotObserved(all) => all.clone(),
            };
            if case.is_judged()
                && let Some(rest) = &case.by_hand
            {
                lines.push(format!("left to be tried by hand: {rest}"));
            }
            for line in lines {
                let _ = writeln!(text, "                    {}", plain(&line));
            }
        }
        text.push('\n');
        for sentence in self.remarks() {
            let _ = writeln!(text, "{}", plain(&sentence));
        }
        let bad = self.counts().failed > 0;
        let _ = writeln!(text, "{}", paint.on(if bad { "31;1" } else { "32;1" }, &self.sum()));
        text
    }

    /// What is to be known besides the cases.
    fn remarks(&self) -> Vec<String> {
        let mut all = Vec::new();
        if !self.besides.is_empty() {
            all.push(format!(
                "broken besides, though no case asks for it: {}; `scimulate check` tells more",
                self.besides.join(", ")
            ));
        }
        if !self.left_behind.is_empty() {
            all.push(format!("{NOT_DELETED}: {}", self.left_behind.join(", ")));
        }
        all
    }

    /// The plan as Markdown, to attach to a submission. `when` is the day of the rehearsal.
    #[must_use]
    pub fn markdown(&self, when: &str) -> String {
        let mut text = format!(
            "# Rehearsal of Okta's SCIM test plan\n\nTarget: {}  \nDay: {when}  \nBy: scimulate {}, acting as an app of Okta's catalogue\n\n{}\n",
            named(&self.target),
            plain(&self.version),
            self.sum()
        );
        let mut section = "";
        for (case, verdict) in &self.cases {
            if case.section != section {
                section = &case.section;
                let _ = write!(
                    text,
                    "\n## {section}\n\n| case | what it asks | verdict | judged by |\n|---|---|---|---|\n"
                );
            }
            let verdict = match verdict {
                OinVerdict::Failed(_) => "**failed**".to_owned(),
                other => other.word().to_owned(),
            };
            let _ = writeln!(text, "| {} | {} | {verdict} | {} |", case.id, case.title, judges(case));
        }
        let failed: Vec<_> = self
            .cases
            .iter()
            .filter_map(|(case, verdict)| match verdict {
                OinVerdict::Failed(all) => Some((case, "failed", all)),
                OinVerdict::NotObserved(all) => Some((case, "not observed", all)),
                _ => None,
            })
            .collect();
        if !failed.is_empty() {
            text.push_str("\n## Why\n\n");
            for (case, word, all) in failed {
                let _ = writeln!(text, "- {} {word}", case.id);
                for sentence in all {
                    let _ = writeln!(text, "  - {}", cell(&plain_lines(sentence)));
                }
            }
        }
        for sentence in self.remarks() {
            let _ = write!(text, "\n> {}\n", code(&sentence));
        }
        text
    }
}

/// Who judges a case, and what is left for people.
fn judges(case: &OinCase) -> String {
    let names: Vec<String> = case.scenarios.iter().chain(&case.requirements).map(|name| code(name)).collect();
    match (&case.by_hand, names.is_empty()) {
        (Some(why), true) => why.clone(),
        (Some(rest), false) => format!("{}; by hand: {rest}", names.join(", ")),
        (None, _) => names.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{requirement as entry, result};
    use super::*;
    use crate::result::{Failure, ScenarioKey, StepResult};

    fn ran(name: &str, outcome: Outcome) -> ScenarioResult {
        let mut scenario = result().scenarios.remove(0);
        scenario.key = ScenarioKey { name: name.into(), dialect: DIALECT.into() };
        scenario.steps = vec![StepResult {
            index: 0,
            title: "expect.user ada".into(),
            location: String::new(),
            failures: match outcome {
                Outcome::Failed => vec![Failure {
                    summary: "`active` of ada".into(),
                    expected: vec!["false".into()],
                    actual: Some("true | `x`".into()),
                    ..Failure::new()
                }],
                _ => vec![],
            },
            outcome: outcome.clone(),
            exchanges: vec![],
            evidence: vec![],
        }];
        scenario.outcome = outcome;
        scenario
    }

    /// C9335 is judged by one scenario and two requirements.
    fn of(outcome: Option<Outcome>, verdicts: [Option<Verdict>; 2]) -> Rehearsal {
        let slugs = ["okta.link-existing", "okta.look-up-finds-one"];
        let entries = slugs.iter().zip(verdicts).filter_map(|(slug, verdict)| Some(entry(slug, verdict?)));
        let whole = RunResult {
            scenarios: outcome.into_iter().map(|outcome| ran("okta/link-existing", outcome)).collect(),
            requirements: entries.collect(),
            ..result()
        };
        rehearsal(&whole)
    }

    #[test]
    fn a_case_passes_only_if_everything_that_judges_it_held() {
        let skipped = || Outcome::Skipped { reason: "no console".into() };
        let passed = || Some(Verdict::Passed);
        let verdict = |outcome, verdicts| of(outcome, verdicts).verdict("C9335").unwrap().clone();
        assert_eq!(verdict(Some(Outcome::Passed), [passed(), passed()]), OinVerdict::Passed);
        assert_eq!(
            verdict(Some(skipped()), [passed(), passed()]),
            OinVerdict::NotObserved(vec!["okta/link-existing: no console".into()])
        );
        assert_eq!(
            verdict(None, [passed(), None]),
            OinVerdict::NotObserved(vec![
                "okta/link-existing was not run".into(),
                "okta.look-up-finds-one was not checked".into()
            ])
        );
        assert_eq!(
            verdict(Some(Outcome::Passed), [passed(), Some(Verdict::NotObserved)]),
            OinVerdict::NotObserved(vec!["okta.look-up-finds-one: nothing came up that shows it".into()])
        );
        let failed = verdict(Some(Outcome::Failed), [passed(), Some(Verdict::Failed)]);
        let OinVerdict::Failed(told) = failed else { panic!("{failed:?}") };
        assert_eq!(
            told[0],
            "okta/link-existing: expect.user ada: `active` of ada (expected false; came true | `x`)"
        );
        assert!(told[1].starts_with("okta.look-up-finds-one: The rule. Came: 500"), "{told:?}");
        // One failure weighs more than what was not seen.
        assert!(matches!(verdict(None, [None, Some(Verdict::Warning)]), OinVerdict::Failed(_)));
    }

    #[test]
    fn what_people_must_do_is_told_beside_every_verdict() {
        let nothing = rehearsal(&RunResult { scenarios: vec![], requirements: vec![], ..result() });
        assert!(
            matches!(nothing.verdict("C9296"), Some(OinVerdict::ByHand(why)) if why.contains("directory"))
        );
        let counts = nothing.counts();
        assert_eq!((counts.passed, counts.failed), (0, 0));
        assert_eq!(counts.by_hand + counts.not_observed, oin_cases().len());
        let text = nothing.text(false, false);
        assert!(text.contains("     by hand C9296  People are added to Okta's directory\n"), "{text}");
        assert!(text.contains("left to be tried by hand: sign in to the application with it"), "{text}");
        assert_eq!(nothing.text(false, true).lines().count(), 3, "{}", nothing.text(false, true));
    }

    #[test]
    fn the_page_for_the_submission_has_every_case_and_no_markup_of_the_targets() {
        let page =
            of(Some(Outcome::Failed), [Some(Verdict::Passed), Some(Verdict::Passed)]).markdown("2026-01-31");
        for case in oin_cases() {
            assert_eq!(page.matches(&format!("\n| {} | {} | ", case.id, case.title)).count(), 1, "{page}");
        }
        assert!(page.contains(
            "| **failed** | `okta/link-existing`, `okta.link-existing`, `okta.look-up-finds-one` |"
        ));
        assert!(page.contains("- C9335 failed\n  - ``okta/link-existing: expect.user ada: "), "{page}");
        assert!(page.contains("Day: 2026-01-31"));
    }
}
