//! The result as a list of test cases, for JUnit and TAP. One cause is one failing case: what follows from
//! it is skipped with the reason.

use std::time::Duration;

use super::sentences::{explained, explanations};
use super::view::{NOT_DELETED, Weight, problems};
use crate::checks::Verdict;
use crate::result::{Outcome, RunResult};

/// How a case ended.
pub(super) enum Status {
    Passed,
    Skipped(String),
    /// What the target did wrong: on one line, and in full.
    Failed(String, String),
    /// What we could not do.
    Error(String),
}

/// One test case.
pub(super) struct Case {
    pub(super) suite: String,
    pub(super) name: String,
    /// The name where no suite stands beside it.
    pub(super) full_name: String,
    pub(super) status: Status,
    pub(super) duration: Option<Duration>,
}

/// Scenario runs, then what the judge found in them, then the requirements of a check.
pub(super) fn cases(result: &RunResult) -> Vec<Case> {
    let mut cases = Vec::new();
    for scenario in &result.scenarios {
        let (folder, name) = scenario.key.name.rsplit_once('/').unwrap_or(("scimulate", &scenario.key.name));
        let status = match &scenario.outcome {
            Outcome::Passed => Status::Passed,
            Outcome::Skipped { reason } | Outcome::Blocked { reason } => Status::Skipped(reason.clone()),
            Outcome::Error { message } => Status::Error(message.clone()),
            Outcome::Failed if scenario.fails_by_findings_only() => {
                let mut slugs: Vec<&str> =
                    scenario.failing_findings().map(|finding| finding.requirement.as_str()).collect();
                slugs.sort_unstable();
                slugs.dedup();
                Status::Skipped(format!(
                    "every step went as expected; what is broken is told once, under {}",
                    slugs.join(", ")
                ))
            }
            Outcome::Failed => {
                let all = explanations(scenario);
                let first = all.first().and_then(|text| text.lines().nth(1)).unwrap_or("it failed");
                let message = match all.len() {
                    0 | 1 => first.to_owned(),
                    many => format!("{first} (and {} more)", many - 1),
                };
                Status::Failed(message, all.join("\n\n"))
            }
        };
        cases.push(Case {
            suite: folder.to_owned(),
            name: format!("{name} [{}]", scenario.key.dialect),
            full_name: scenario.key.to_string(),
            status,
            duration: Some(scenario.duration),
        });
    }
    let judged = |slug: &str| result.requirements.iter().any(|entry| entry.requirement == slug);
    let problems = problems(result);
    for problem in problems.iter().filter(|problem| problem.weight == Weight::Failed) {
        if !judged(problem.slug) {
            cases.push(requirement(problem.slug, problem.area, failed(problem)));
        }
    }
    for entry in &result.requirements {
        let problem = problems.iter().find(|problem| problem.slug == entry.requirement);
        let status = match (&entry.verdict, problem, &entry.follows) {
            (Verdict::Failed, _, Some(root)) => {
                Status::Skipped(format!("it follows from {root}, where it is told"))
            }
            (Verdict::Failed, Some(problem), None) => failed(problem),
            (verdict, ..) => verdict.reason().map_or(Status::Passed, Status::Skipped),
        };
        cases.push(requirement(&entry.requirement, &entry.area, status));
    }
    if !result.left_behind.is_empty() {
        cases.push(Case {
            suite: "scimulate".into(),
            name: "clean-up".into(),
            full_name: "clean-up".into(),
            status: Status::Error(format!("{NOT_DELETED}: {}", result.left_behind.join(", "))),
            duration: None,
        });
    }
    cases
}

fn failed(problem: &super::view::Problem<'_>) -> Status {
    let message = problem.findings.first().map_or(problem.text, |finding| &finding.actual);
    Status::Failed(message.to_owned(), explained(problem))
}

fn requirement(slug: &str, area: &str, status: Status) -> Case {
    Case {
        suite: format!("check.{area}"),
        name: slug.to_owned(),
        full_name: slug.to_owned(),
        status,
        duration: None,
    }
}
