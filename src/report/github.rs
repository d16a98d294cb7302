//! GitHub Actions annotations: a line for each failed step, at its place in the scenario file, and for each
//! broken requirement.

use super::view::{NOT_DELETED, Problem, Weight, problems};
use crate::result::{Outcome, RunResult};
use crate::text::plain_lines;

/// Workflow commands for everything that failed or is a warning, failures first: GitHub shows ten of each.
#[must_use]
pub fn github(result: &RunResult) -> String {
    let mut text = String::new();
    for scenario in &result.scenarios {
        for step in &scenario.steps {
            for failure in &step.failures {
                let (file, line) = place(&step.location);
                let mut message = failure.summary.clone();
                if let (Some(expected), Some(actual)) = (failure.expected.first(), &failure.actual) {
                    message.push_str(&format!("\nexpected: {expected}\nactual: {actual}"));
                }
                text.push_str(&format!(
                    "::error file={},line={line},title={}::{}\n",
                    property(file),
                    property(&format!("{}: {}", scenario.key, step.title)),
                    data(&message)
                ));
            }
        }
        if let Outcome::Error { message } = &scenario.outcome {
            text.push_str(&format!(
                "::error title={}::{}\n",
                property(&scenario.key.to_string()),
                data(message)
            ));
        }
    }
    if !result.left_behind.is_empty() {
        let left = data(&result.left_behind.join("\n"));
        text.push_str(&format!("::warning title={}::{left}\n", property(NOT_DELETED)));
    }
    let mut problems: Vec<Problem<'_>> = problems(result);
    problems.retain(|problem| problem.follows.is_none() && problem.weight <= Weight::Warning);
    for problem in &problems {
        let kind = if problem.weight == Weight::Failed { "error" } else { "warning" };
        let Some(finding) = problem.findings.first() else { continue };
        let mut message = format!(
            "{}\nexpected: {}\nactual: {}\nexchange: {}",
            problem.text,
            finding.expected.join(" or "),
            finding.actual,
            finding.exchange
        );
        for sentence in problem.consequences() {
            message.push_str(&format!("\n{sentence}"));
        }
        if let Some(seen) = problem.admin_message() {
            message.push_str(&format!("\nan Okta administrator sees: {seen}"));
        }
        message.push_str(&format!("\nwhat to do: {}", finding.advice));
        text.push_str(&format!(
            "::{kind} title={}::{}\n",
            property(&format!("{} ({})", problem.slug, problem.citation)),
            data(&message)
        ));
    }
    text
}

/// `file:line:column` taken apart.
fn place(location: &str) -> (&str, &str) {
    let mut parts = location.rsplitn(3, ':');
    let (_, line, file) = (parts.next(), parts.next().unwrap_or("1"), parts.next().unwrap_or(location));
    (file, line)
}

fn data(text: &str) -> String {
    plain_lines(text).replace('%', "%25").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
