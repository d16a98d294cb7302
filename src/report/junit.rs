//! JUnit XML: a suite for each folder of scenarios and each area of requirements. What we could not do is
//! an `error`, what the target did wrong a `failure`.

use std::collections::BTreeMap;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::cases::{Status, cases};
use crate::result::RunResult;
use crate::text::{plain, plain_lines};

/// The result as JUnit XML.
#[must_use]
pub fn junit(result: &RunResult) -> String {
    let mut suites: BTreeMap<String, TestSuite> = BTreeMap::new();
    for one in cases(result) {
        let status = match one.status {
            Status::Passed => TestCaseStatus::success(),
            Status::Skipped(reason) => {
                let mut status = TestCaseStatus::skipped();
                status.set_message(plain_lines(&reason));
                status
            }
            Status::Error(message) => {
                let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
                status.set_message(plain_lines(&message));
                status
            }
            Status::Failed(message, text) => {
                let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
                status.set_message(plain_lines(&message));
                status.set_description(plain_lines(&text));
                status
            }
        };
        let mut case = TestCase::new(plain(&one.name), status);
        let suite = plain(&one.suite);
        case.set_classname(suite.replace('/', "."));
        if let Some(duration) = one.duration {
            case.set_time(duration);
        }
        suites.entry(suite.clone()).or_insert_with(|| TestSuite::new(suite)).add_test_case(case);
    }
    let mut report = Report::new("scimulate");
    report.set_time(result.duration);
    report.add_test_suites(suites.into_values());
    report.to_string().unwrap_or_default()
}
