//! A summary in Markdown, for job summaries and tickets.

use super::{explained, explanations};
use crate::checks::{RequirementResult, Verdict};
use crate::result::{Outcome, RunResult};

/// The result as Markdown.
#[must_use]
pub fn markdown(result: &RunResult) -> String {
    let counts = result.counts();
    let mut text = format!(
        "# scimulate: {}\n\n{} passed, {} failed, {} could not run, {} skipped.\n",
        result.target, counts.passed, counts.failed, counts.errors, counts.skipped
    );
    if !result.scenarios.is_empty() {
        text.push_str("\n| scenario | dialect | outcome |\n|---|---|---|\n");
    }
    let cell = |text: &str| text.replace('|', "\\|").replace('\n', " ");
    for scenario in &result.scenarios {
        let outcome = match &scenario.outcome {
            Outcome::Passed => "passed".to_owned(),
            Outcome::Failed => "**failed**".to_owned(),
            Outcome::Error { message } => format!("**could not run**: {message}"),
            Outcome::Skipped { reason } | Outcome::Blocked { reason } => format!("skipped: {reason}"),
        };
        text.push_str(&format!(
            "| {} | {} | {} |\n",
            scenario.key.name,
            scenario.key.dialect,
            cell(&outcome)
        ));
    }
    let told = |entry: &&RequirementResult| {
        matches!(entry.verdict, Verdict::Failed | Verdict::Warning | Verdict::Note | Verdict::Accepted { .. })
    };
    if !result.requirements.is_empty() {
        text.push_str("\n| requirement | level | verdict | what came |\n|---|---|---|---|\n");
    }
    for entry in result.requirements.iter().filter(told) {
        text.push_str(&format!(
            "| {} | {} | {} | {} |\n",
            entry.requirement,
            entry.level.as_str(),
            entry.verdict.word(),
            cell(entry.findings.first().map_or("", |finding| &finding.actual))
        ));
    }
    for entry in result.requirements.iter().filter(|entry| entry.verdict == Verdict::Failed) {
        for finding in &entry.findings {
            text.push_str(&format!("\n## {}\n\n```text\n{}\n```\n", entry.requirement, explained(finding)));
        }
    }
    for scenario in &result.scenarios {
        for explanation in explanations(scenario) {
            text.push_str(&format!("\n## {}\n\n```text\n{explanation}\n```\n", scenario.key));
        }
    }
    text
}
