//! Broken requirements and the table by profile as text for a terminal.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::view::{Problem, Row, Weight, problems, rows};
use crate::result::RunResult;
use crate::text::plain;

/// Puts colours on text, or does not.
#[derive(Debug, Clone, Copy)]
pub(super) struct Paint(pub(super) bool);

impl Paint {
    pub(super) fn on(self, code: &str, text: &str) -> String {
        if self.0 { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

/// Every broken requirement of at least that weight under the heading of its area.
pub(super) fn broken(result: &RunResult, least: Weight, paint: Paint) -> String {
    let mut shown: Vec<Problem<'_>> = problems(result)
        .into_iter()
        .filter(|problem| problem.weight <= least && problem.follows.is_none())
        .collect();
    // Areas in the order of what costs most in each.
    let mut areas: Vec<&str> = Vec::new();
    for problem in &shown {
        if !areas.contains(&problem.area) {
            areas.push(problem.area);
        }
    }
    shown.sort_by_key(|problem| areas.iter().position(|area| *area == problem.area));
    let mut text = String::new();
    let mut area = "";
    for problem in &shown {
        if problem.area != area {
            area = problem.area;
            let _ = writeln!(text, "\n{}", paint.on("1", area));
        }
        text.push_str(&one(problem, paint));
    }
    text
}

/// A line that still can be read; the whole one is in the other reports.
fn short(line: &str) -> Cow<'_, str> {
    const LONGEST: usize = 1500;
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => {
            Cow::Owned(format!("{}… ({} bytes; whole in the JSON report)", &line[..end], line.len()))
        }
        None => Cow::Borrowed(line),
    }
}

/// One broken requirement in full.
pub(super) fn one(problem: &Problem<'_>, paint: Paint) -> String {
    let (word, code) = match problem.weight {
        Weight::Failed => ("FAIL", "31;1"),
        Weight::Warning => ("warn", "33"),
        Weight::Note => ("note", "36"),
        Weight::Accepted => ("accept", "2"),
    };
    let mut text = format!(
        "  {} {} ({}, {})\n",
        paint.on(code, &format!("{word:>7}")),
        problem.slug,
        problem.level.as_str(),
        problem.citation
    );
    if let Some(reason) = problem.reason {
        let _ = writeln!(text, "          accepted: {}", plain(reason));
    }
    let _ = writeln!(text, "          {}", problem.text);
    for finding in &problem.findings {
        for (name, value) in [
            ("expected:", &finding.expected.join(", or ")),
            ("actual:  ", &finding.actual),
            ("exchange:", &finding.exchange),
            ("repeat:  ", &finding.curl),
        ] {
            let _ = writeln!(text, "            {} {}", paint.on("2", name), plain(&short(value)));
        }
    }
    let more = problem.breaches.saturating_sub(problem.findings.len());
    if more > 0 {
        let _ = writeln!(text, "          and {more} more like {}", if more == 1 { "it" } else { "these" });
    }
    for sentence in problem.consequences() {
        let _ = writeln!(text, "          {}", plain(&sentence));
    }
    if let Some(message) = problem.admin_message() {
        let _ =
            writeln!(text, "          {} {}", paint.on("1", "an Okta administrator sees:"), plain(message));
    }
    if let Some(advice) = problem.advice() {
        let _ = writeln!(text, "          {} {advice}", paint.on("1", "what to do:"));
    }
    text
}

/// The table by profile; empty when nothing was judged.
pub(super) fn table(result: &RunResult, paint: Paint) -> String {
    let rows = rows(result);
    let Some(widest) = rows.iter().map(|row| row.title.chars().count()).max() else {
        return String::new();
    };
    let widest = widest.max("profile".len());
    let headings = Row::HEADINGS.join(" ");
    let mut text = paint.on("1", &format!("{:<widest$}  {:<13} {headings}", "profile", "verdict")) + "\n";
    for row in rows {
        let code = match row.word() {
            "yes" => "32",
            "no" => "31;1",
            _ => "33",
        };
        let _ = write!(text, "{:<widest$}  {}", row.title, paint.on(code, &format!("{:<13}", row.word())));
        for (number, heading) in row.numbers().into_iter().zip(Row::HEADINGS) {
            let _ = write!(text, " {number:>width$}", width = heading.len());
        }
        text.push('\n');
    }
    text
}

/// What changed since the run before; empty when there was none.
pub(super) fn changes(result: &RunResult, paint: Paint) -> String {
    let Some(changes) = &result.changes else { return String::new() };
    let mut text = format!("\n{}\n", paint.on("1", &format!("{} judged in both runs", changes.compared)));
    for (word, code, names) in [
        ("fixed", "32", &changes.fixed),
        ("new", "31;1", &changes.new),
        ("still failing", "31", &changes.still_failing),
        ("failed before, not judged now", "33", &changes.no_longer_judged),
    ] {
        if names.is_empty() {
            continue;
        }
        let _ = writeln!(text, "  {} ({})", paint.on(code, word), names.len());
        for name in names {
            let _ = writeln!(text, "    {}", plain(name));
        }
    }
    if changes.fixed.is_empty() && changes.new.is_empty() {
        text.push_str("  nothing is fixed, and nothing else is broken\n");
    }
    text
}
