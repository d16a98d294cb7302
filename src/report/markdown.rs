//! A summary in Markdown, for job summaries and tickets.

use super::explanations;
use crate::result::{Outcome, RunResult};

/// The result as Markdown.
#[must_use]
pub fn markdown(result: &RunResult) -> String {
    let counts = result.counts();
    let mut text = format!(
        "# scimulate: {}\n\n{} passed, {} failed, {} could not run, {} skipped.\n\n| scenario | dialect | outcome |\n|---|---|---|\n",
        result.target, counts.passed, counts.failed, counts.errors, counts.skipped
    );
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
    for scenario in &result.scenarios {
        for explanation in explanations(scenario) {
            text.push_str(&format!("\n## {}\n\n```text\n{explanation}\n```\n", scenario.key));
        }
    }
    text
}
