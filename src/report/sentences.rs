//! Sentences about failed steps and broken requirements, for reporters that show text.

use super::view::Problem;
use crate::result::ScenarioResult;

/// Sentences about one scenario's failed steps, for reporters that show text.
pub(super) fn explanations(scenario: &ScenarioResult) -> Vec<String> {
    let mut all = Vec::new();
    for step in &scenario.steps {
        for failure in &step.failures {
            let mut text = format!("{} ({})\n{}", step.title, step.location, failure.summary);
            for expected in &failure.expected {
                text.push_str(&format!("\nexpected: {expected}"));
            }
            if let Some(actual) = &failure.actual {
                text.push_str(&format!("\nactual:   {actual}"));
            }
            if let Some(diff) = &failure.diff {
                text.push_str(&format!("\n{diff}"));
            }
            if let Some(exchange) = &failure.exchange {
                text.push_str(&format!("\nexchange: {exchange}"));
            }
            if let Some(curl) = &failure.curl {
                text.push_str(&format!("\nreproduce with: {curl}"));
            }
            if let Some(message) = &failure.admin_message {
                text.push_str(&format!("\nan Okta administrator sees: {message}"));
            }
            if let Some(advice) = &failure.advice {
                text.push_str(&format!("\nwhat to do: {advice}"));
            }
            all.push(text);
        }
    }
    all
}

/// Sentences about one broken requirement.
pub(super) fn explained(problem: &Problem<'_>) -> String {
    let mut text =
        format!("{} ({}, {})\n{}", problem.slug, problem.level.as_str(), problem.citation, problem.text);
    for finding in &problem.findings {
        text.push_str(&format!(
            "\nexpected: {}\nactual:   {}\nexchange: {}\nrepeat:   {}",
            finding.expected.join(" or "),
            finding.actual,
            finding.exchange,
            finding.curl
        ));
    }
    let more = problem.breaches.saturating_sub(problem.findings.len());
    if more > 0 {
        text.push_str(&format!("\nand {more} more"));
    }
    for sentence in problem.consequences() {
        text.push_str(&format!("\n{sentence}"));
    }
    if let Some(message) = problem.admin_message() {
        text.push_str(&format!("\nan Okta administrator sees: {message}"));
    }
    if let Some(advice) = problem.advice() {
        text.push_str(&format!("\nwhat to do: {advice}"));
    }
    text
}
