//! A summary in Markdown, for a comment on a pull request and for a job's summary page.
//!
//! What came from a target stands only in code spans and fences that it cannot close, so that it is neither
//! markup nor a mention.

use super::sentences::{explained, explanations};
use super::view::{NOT_DELETED, Problem, Row, Weight, counted, problems, rows};
use crate::checks::Attested;
use crate::result::{Outcome, RunResult};
use crate::text::{plain, plain_lines};

/// Most bytes of a report: GitHub takes 65 536 characters in a comment.
const LIMIT: usize = 60_000;

/// The result as Markdown.
#[must_use]
pub fn markdown(result: &RunResult) -> String {
    // The first line lets whoever posts it find the comment of the run before and replace it.
    let mut text = format!(
        "<!-- scimulate -->\n## {} scimulate: {}\n\n{}\n",
        if failed(result) { "❌" } else { "✅" },
        named(&result.target),
        counted(result)
    );
    profiles(result, &mut text);
    changes(result, &mut text);
    let problems = problems(result);
    let shown: Vec<&Problem<'_>> = problems.iter().filter(|problem| problem.follows.is_none()).collect();
    let mut details = Vec::new();
    requirements(&shown, &mut text, &mut details);
    scenarios(result, &mut text, &mut details);
    for sentence in result.baseline.sentences() {
        text.push_str(&format!("\n> {}\n", plain(&sentence)));
    }
    if let Some(caveat) = result.caveat() {
        text.push_str(&format!("\n> {caveat}\n"));
    }
    if !result.to_attest.is_empty() {
        text.push_str("\nTo be attested, since nothing over HTTP shows it:\n\n");
        for Attested { citation, text: demand, reason, .. } in &result.to_attest {
            text.push_str(&format!("- [ ] {citation}: {demand} ({reason})\n"));
        }
    }
    if !result.left_behind.is_empty() {
        text.push_str(&format!("\n> {NOT_DELETED}: {}\n", code(&result.left_behind.join(", "))));
    }
    // A table that is too long is cut where a row ends.
    if text.len() > LIMIT {
        let mut end = LIMIT;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let end = text[..end].rfind('\n').unwrap_or(end);
        text.truncate(end + 1);
        text.push_str(
            "\nThe rest is left out because a comment can hold no more; it is in the other reports.\n",
        );
        return text;
    }
    let count = details.len();
    for (index, one) in details.into_iter().enumerate() {
        if text.len() + one.len() > LIMIT {
            text.push_str(&format!(
                "\n{} more are left out because a comment can hold no more; they are in the other reports.\n",
                count - index
            ));
            break;
        }
        text.push_str(&one);
    }
    text
}

fn failed(result: &RunResult) -> bool {
    let counts = result.counts();
    counts.failed + counts.errors > 0
}

fn profiles(result: &RunResult, text: &mut String) {
    let rows = rows(result);
    if rows.is_empty() {
        return;
    }
    text.push_str(&format!("\n| profile | verdict | {} |\n|---|---|", Row::HEADINGS.join(" | ")));
    text.push_str(&"--:|".repeat(Row::HEADINGS.len()));
    for row in rows {
        let numbers: Vec<String> = row.numbers().iter().map(ToString::to_string).collect();
        text.push_str(&format!("\n| {} | {} | {} |", row.title, row.word(), numbers.join(" | ")));
    }
    text.push('\n');
}

fn changes(result: &RunResult, text: &mut String) {
    let Some(changes) = &result.changes else { return };
    text.push_str(&format!(
        "\n**Since the run before** ({} judged in both): {} fixed, {} new, {} still failing, {} no longer judged\n",
        changes.compared,
        changes.fixed.len(),
        changes.new.len(),
        changes.still_failing.len(),
        changes.no_longer_judged.len()
    ));
    for (word, names) in
        [("fixed", &changes.fixed), ("new", &changes.new), ("no longer judged", &changes.no_longer_judged)]
    {
        for name in names {
            text.push_str(&format!("- {word}: {}\n", code(name)));
        }
    }
}

fn requirements(shown: &[&Problem<'_>], text: &mut String, details: &mut Vec<String>) {
    if !shown.is_empty() {
        text.push_str("\n| requirement | level | cost | verdict | what came |\n|---|---|---|---|---|\n");
    }
    for problem in shown {
        let verdict = match problem.weight {
            Weight::Failed => "**failed**",
            other => other.word(),
        };
        text.push_str(&format!(
            "| {} | {} | {} | {verdict} | {} |\n",
            code(problem.slug),
            problem.level.as_str(),
            problem.importance.as_str(),
            problem.findings.first().map_or_else(String::new, |finding| cell(&finding.actual))
        ));
        if problem.weight == Weight::Failed {
            details.push(detail(problem.slug, &explained(problem)));
        }
    }
}

fn scenarios(result: &RunResult, text: &mut String, details: &mut Vec<String>) {
    let told = |outcome: &Outcome| !matches!(outcome, Outcome::Passed | Outcome::Skipped { .. });
    let bad: Vec<_> = result.scenarios.iter().filter(|scenario| told(&scenario.outcome)).collect();
    if bad.is_empty() {
        return;
    }
    text.push_str("\n| scenario | dialect | outcome |\n|---|---|---|\n");
    for scenario in bad {
        let outcome = match &scenario.outcome {
            Outcome::Error { message } => format!("**could not run**: {}", cell(message)),
            Outcome::Blocked { reason } => format!("blocked: {}", cell(reason)),
            _ if scenario.fails_by_findings_only() => "every step went as expected".to_owned(),
            _ => "**failed**".to_owned(),
        };
        text.push_str(&format!("| {} | {} | {outcome} |\n", code(&scenario.key.name), scenario.key.dialect));
        for explanation in explanations(scenario) {
            details.push(detail(&scenario.key.to_string(), &explanation));
        }
    }
}

/// Something to unfold.
fn detail(title: &str, text: &str) -> String {
    let text = plain_lines(text);
    let fence = "`".repeat(longest_run(&text, '`').max(2) + 1);
    format!(
        "\n<details><summary>{}</summary>\n\n{fence}text\n{text}\n{fence}\n\n</details>\n",
        html(&plain(title))
    )
}

/// What came, short enough for a table.
pub(super) fn cell(text: &str) -> String {
    const LONGEST: usize = 200;
    let cut: String = text.chars().take(LONGEST).collect();
    code(&if cut.len() < text.len() { format!("{cut}…") } else { cut })
}

/// A code span. In a table a `|` would end the cell even there.
pub(super) fn code(text: &str) -> String {
    let text = plain(text).replace('|', "\u{2223}");
    if text.trim().is_empty() {
        return String::new();
    }
    let ticks = "`".repeat(longest_run(&text, '`') + 1);
    let blank = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{ticks}{blank}{text}{blank}{ticks}")
}

/// The name of a target: words as words, and whatever else it holds in a code span.
pub(super) fn named(target: &str) -> String {
    let words = target.chars().all(|c| c.is_ascii_alphabetic() || " -".contains(c));
    if words { target.to_owned() } else { code(target) }
}

fn longest_run(text: &str, wanted: char) -> usize {
    let (mut longest, mut run) = (0, 0);
    for c in text.chars() {
        run = if c == wanted { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    longest
}

fn html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
