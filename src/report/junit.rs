//! JUnit XML: a suite for each folder of scenarios, a case for each scenario and dialect. What we could
//! not do is an `error`, what the target did wrong a `failure`.

use std::collections::BTreeMap;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::{explained, explanations};
use crate::checks::Verdict;
use crate::result::{Outcome, RunResult};

/// The result as JUnit XML.
#[must_use]
pub fn junit(result: &RunResult) -> String {
    let mut suites: BTreeMap<String, TestSuite> = BTreeMap::new();
    for scenario in &result.scenarios {
        let (folder, name) = scenario.key.name.rsplit_once('/').unwrap_or(("scimulate", &scenario.key.name));
        let status = match &scenario.outcome {
            Outcome::Passed => TestCaseStatus::success(),
            Outcome::Skipped { reason } | Outcome::Blocked { reason } => {
                let mut status = TestCaseStatus::skipped();
                status.set_message(reason.clone());
                status
            }
            Outcome::Error { message } => {
                let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
                status.set_message(message.clone());
                status
            }
            Outcome::Failed => {
                let all = explanations(scenario);
                let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
                let first =
                    all.first().and_then(|text| text.lines().nth(1)).unwrap_or("it failed").to_owned();
                let message =
                    if all.len() > 1 { format!("{first} (and {} more)", all.len() - 1) } else { first };
                status.set_message(message);
                status.set_description(all.join("\n\n"));
                status
            }
        };
        let mut case = TestCase::new(format!("{name} [{}]", scenario.key.dialect), status);
        case.set_classname(folder.replace('/', "."));
        case.set_time(scenario.duration);
        suites.entry(folder.to_owned()).or_insert_with(|| TestSuite::new(folder)).add_test_case(case);
    }
    for entry in &result.requirements {
        let status = match &entry.verdict {
            Verdict::Failed => {
                let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
                status.set_message(entry.findings.first().map_or("broken", |finding| &finding.actual));
                let all: Vec<String> = entry.findings.iter().map(explained).collect();
                status.set_description(all.join("\n\n"));
                status
            }
            verdict => match verdict.reason() {
                None => TestCaseStatus::success(),
                Some(reason) => {
                    let mut status = TestCaseStatus::skipped();
                    status.set_message(reason);
                    status
                }
            },
        };
        let mut case = TestCase::new(entry.requirement.clone(), status);
        let suite = format!("check.{}", entry.area);
        case.set_classname(suite.clone());
        suites.entry(suite.clone()).or_insert_with(|| TestSuite::new(suite)).add_test_case(case);
    }
    let mut report = Report::new("scimulate");
    report.set_time(result.duration);
    report.add_test_suites(suites.into_values());
    report.to_string().unwrap_or_default()
}
