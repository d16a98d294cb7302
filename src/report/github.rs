//! GitHub Actions annotations: one line for each failure, at the step that failed.

use crate::checks::{Finding, Verdict};
use crate::result::{Outcome, RunResult};

/// Workflow commands for everything that failed.
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
        for finding in scenario.failing_findings() {
            text.push_str(&annotation("error", finding));
        }
        if let Outcome::Error { message } = &scenario.outcome {
            text.push_str(&format!(
                "::error title={}::{}\n",
                property(&scenario.key.to_string()),
                data(message)
            ));
        }
    }
    for entry in &result.requirements {
        let kind = match entry.verdict {
            Verdict::Failed => "error",
            Verdict::Warning => "warning",
            _ => continue,
        };
        text.extend(entry.findings.first().map(|finding| annotation(kind, finding)));
    }
    text
}

fn annotation(kind: &str, finding: &Finding) -> String {
    format!(
        "::{kind} title={}::{}\n",
        property(&format!("{} ({})", finding.requirement, finding.citation)),
        data(&format!(
            "{} Expected: {}. Actual: {}. {}",
            finding.text,
            finding.expected.join(" or "),
            finding.actual,
            finding.exchange
        ))
    )
}

/// `file:line:column` taken apart.
fn place(location: &str) -> (&str, &str) {
    let mut parts = location.rsplitn(3, ':');
    let (_, line, file) = (parts.next(), parts.next().unwrap_or("1"), parts.next().unwrap_or(location));
    (file, line)
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
