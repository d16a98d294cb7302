//! TAP version 14.

use super::{explained, explanations};
use crate::checks::Verdict;
use crate::result::{Outcome, RunResult};

/// The result as TAP.
#[must_use]
pub fn tap(result: &RunResult) -> String {
    let mut text = format!("TAP version 14\n1..{}\n", result.scenarios.len() + result.requirements.len());
    for (index, scenario) in result.scenarios.iter().enumerate() {
        let number = index + 1;
        let name = scenario.key.to_string().replace('#', "\\#");
        match &scenario.outcome {
            Outcome::Passed => text.push_str(&format!("ok {number} - {name}\n")),
            Outcome::Skipped { reason } | Outcome::Blocked { reason } => {
                text.push_str(&format!("ok {number} - {name} # SKIP {}\n", reason.replace('\n', " ")));
            }
            Outcome::Error { message } => {
                text.push_str(&format!("not ok {number} - {name}\n# {}\n", message.replace('\n', "\n# ")));
            }
            Outcome::Failed => {
                text.push_str(&format!("not ok {number} - {name}\n"));
                for explanation in explanations(scenario) {
                    text.push_str(&format!("# {}\n", explanation.replace('\n', "\n# ")));
                }
            }
        }
    }
    for (index, entry) in result.requirements.iter().enumerate() {
        let number = result.scenarios.len() + index + 1;
        let name = &entry.requirement;
        match (&entry.verdict, entry.verdict.reason()) {
            (Verdict::Failed, _) => {
                text.push_str(&format!("not ok {number} - {name}\n"));
                for finding in &entry.findings {
                    text.push_str(&format!("# {}\n", explained(finding).replace('\n', "\n# ")));
                }
            }
            (_, Some(reason)) => {
                text.push_str(&format!("ok {number} - {name} # SKIP {}\n", reason.replace('\n', " ")));
            }
            _ => text.push_str(&format!("ok {number} - {name}\n")),
        }
    }
    text
}
