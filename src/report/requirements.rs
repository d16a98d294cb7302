//! The active judge's verdicts as text for a terminal: what is broken by area, then the counts.

use std::collections::BTreeMap;

use crate::checks::{Finding, Level, Profile, RequirementResult, Verdict};
use crate::result::RunResult;

/// How the text looks.
#[derive(Debug, Clone, Copy)]
pub struct RequirementsOptions {
    /// With ANSI colours.
    pub color: bool,
    /// Below 0 only what fails, above 0 also what passed.
    pub verbosity: i8,
    /// With the time that it took.
    pub durations: bool,
}

struct Paint(bool);

impl Paint {
    fn on(&self, code: &str, text: &str) -> String {
        if self.0 { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

/// The verdicts as text.
#[must_use]
pub fn requirements(result: &RunResult, options: RequirementsOptions) -> String {
    let paint = Paint(options.color);
    let mut text = format!("check of {}\n", plain(&result.target));
    let mut area = "";
    for entry in &result.requirements {
        let shown = match entry.verdict {
            Verdict::Failed => true,
            Verdict::Warning | Verdict::Note => options.verbosity >= 0,
            _ => options.verbosity > 0,
        };
        if !shown {
            continue;
        }
        if entry.area != area {
            area = &entry.area;
            text.push_str(&format!("\n{}\n", paint.on("1", area)));
        }
        text.push_str(&one(entry, &paint));
    }
    text.push_str(&format!("\n{}", summary(result, &paint)));
    if !result.left_behind.is_empty() {
        text.push_str(&format!(
            "could not be deleted, please remove by hand: {}\n",
            plain(&result.left_behind.join(", "))
        ));
    }
    text.push_str(&format!("{} exchanges", result.exchanges));
    if options.durations {
        text.push_str(&format!(", {:.2} s", result.duration.as_secs_f64()));
    }
    text.push('\n');
    text
}

fn one(entry: &RequirementResult, paint: &Paint) -> String {
    let (word, code) = match &entry.verdict {
        Verdict::Passed => ("pass", "32"),
        Verdict::Failed => ("FAIL", "31;1"),
        Verdict::Warning => ("warn", "33"),
        Verdict::Note => ("note", "36"),
        Verdict::Accepted { .. } => ("accept", "2"),
        Verdict::Skipped { .. } => ("skip", "2"),
        Verdict::Blocked { .. } => ("blocked", "35"),
        Verdict::NotObserved => ("unseen", "2"),
    };
    let mut text = format!(
        "  {} {} ({}, {})\n",
        paint.on(code, &format!("{word:>7}")),
        entry.requirement,
        entry.level.as_str(),
        entry.citation
    );
    if let Some(reason) = entry.verdict.reason() {
        text.push_str(&format!("          {}\n", plain(&reason)));
    }
    for (index, finding) in entry.findings.iter().enumerate() {
        if index == 0 {
            text.push_str(&format!("          {}\n", entry.text));
        }
        text.push_str(&explained(finding));
    }
    let more = entry.breaches.saturating_sub(entry.findings.len());
    if more > 0 {
        text.push_str(&format!("          and {more} more like these\n"));
    }
    if let Some(finding) = entry.findings.first() {
        if let Some(message) = &finding.admin_message {
            text.push_str(&format!("          an Okta administrator sees: {}\n", plain(message)));
        }
        text.push_str(&format!("          what to do: {}\n", finding.advice));
    }
    text
}

fn explained(finding: &Finding) -> String {
    format!(
        "            expected: {}\n            actual:   {}\n            exchange: {}\n            repeat:   {}\n",
        plain(&finding.expected.join(", or ")),
        plain(&finding.actual),
        plain(&finding.exchange),
        plain(&finding.curl)
    )
}

/// What came from a target cannot move the cursor or forge a line.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

fn summary(result: &RunResult, paint: &Paint) -> String {
    let mut rows: BTreeMap<Profile, [usize; 6]> = BTreeMap::new();
    for entry in &result.requirements {
        for profile in &entry.profiles {
            let row = rows.entry(*profile).or_default();
            let column = match entry.verdict {
                Verdict::Passed => 0,
                Verdict::Failed => 1,
                Verdict::Warning => 2,
                Verdict::Note => 3,
                Verdict::Blocked { .. } => 4,
                Verdict::Accepted { .. } | Verdict::Skipped { .. } | Verdict::NotObserved => 5,
            };
            row[column] += 1;
        }
    }
    let mut text = paint.on("1", "profile     passed failed warnings notes blocked not judged\n");
    for (profile, [passed, failed, warnings, notes, blocked, other]) in rows {
        text.push_str(&format!(
            "{:<11} {passed:>6} {failed:>6} {warnings:>8} {notes:>5} {blocked:>7} {other:>10}\n",
            profile.as_str()
        ));
    }
    let failed = result.requirements.iter().filter(|entry| entry.verdict == Verdict::Failed).count();
    let okta = result
        .requirements
        .iter()
        .filter(|entry| entry.verdict == Verdict::Failed && entry.level == Level::Okta)
        .count();
    text.push_str(&match failed {
        0 => "no requirement is broken that fails a check\n".to_owned(),
        1 => format!("1 requirement is broken, {okta} of them Okta's\n"),
        _ => format!("{failed} requirements are broken, {okta} of them Okta's\n"),
    });
    text
}
