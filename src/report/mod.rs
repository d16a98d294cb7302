//! Reporters. Each is a function of the event stream or of the result, and blind to the runner.

mod github;
mod junit;
mod markdown;
mod requirements;
mod tap;
mod terminal;

pub use github::github;
pub use junit::junit;
pub use markdown::markdown;
pub use requirements::{RequirementsOptions, requirements};
pub use tap::tap;
pub use terminal::{Terminal, TerminalOptions};

use crate::result::RunResult;

/// The result as JSON, for machines and for `scimulate report`.
#[must_use]
pub fn json(result: &RunResult) -> String {
    let mut text = serde_json::to_string_pretty(result).unwrap_or_default();
    text.push('\n');
    text
}

/// Sentences about one scenario's failures, for reporters that show text.
fn explanations(scenario: &crate::result::ScenarioResult) -> Vec<String> {
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
    all.extend(scenario.failing_findings().map(explained));
    all
}

/// Sentences about one finding.
fn explained(finding: &crate::checks::Finding) -> String {
    let mut text = format!(
        "{} ({}, {})\n{}\nexpected: {}\nactual:   {}\nexchange: {}\nreproduce with: {}",
        finding.requirement,
        finding.level.as_str(),
        finding.citation,
        finding.text,
        finding.expected.join(" or "),
        finding.actual,
        finding.exchange,
        finding.curl
    );
    if let Some(message) = &finding.admin_message {
        text.push_str(&format!("\nan Okta administrator sees: {message}"));
    }
    text.push_str(&format!("\nwhat to do: {}", finding.advice));
    text
}

#[cfg(test)]
mod tests;
