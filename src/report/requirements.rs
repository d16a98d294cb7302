//! The active judge's verdicts as text for a terminal: what is broken by area, then the table by profile.

use std::fmt::Write as _;

use super::text::{Paint, broken, changes, one, table};
use super::view::{NOT_DELETED, Weight, problems, some_of};
use crate::checks::{Attested, Profile, RequirementResult, Verdict};
use crate::result::RunResult;
use crate::text::plain;

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

/// The verdicts as text.
#[must_use]
pub fn requirements(result: &RunResult, options: RequirementsOptions) -> String {
    let paint = Paint(options.color);
    let mut text = format!("check of {}\n", plain(&result.target));
    match options.verbosity {
        ..0 => text.push_str(&broken(result, Weight::Failed, paint)),
        0 => text.push_str(&broken(result, Weight::Note, paint)),
        1.. => text.push_str(&all(result, paint)),
    }
    text.push_str(&changes(result, paint));
    let _ = write!(text, "\n{}{}", table(result, paint), told(result));
    if !result.to_attest.is_empty() && options.verbosity >= 0 {
        text.push_str("to be attested, since nothing over HTTP shows it:\n");
        for Attested { citation, text: demand, reason, .. } in &result.to_attest {
            let _ = writeln!(text, "  {citation}: {demand} ({reason})");
        }
    }
    if !result.left_behind.is_empty() {
        let _ = writeln!(text, "{NOT_DELETED}: {}", plain(&some_of(&result.left_behind)));
    }
    for sentence in result.baseline.sentences() {
        let _ = writeln!(text, "{}", plain(&sentence));
    }
    let _ = write!(text, "{} exchanges", result.exchanges);
    if options.durations {
        let _ = write!(text, ", {:.2} s", result.duration.as_secs_f64());
    }
    text.push('\n');
    text
}

/// Every requirement, in the order of the registry.
fn all(result: &RunResult, paint: Paint) -> String {
    let problems = problems(result);
    let mut text = String::new();
    let mut area = "";
    for entry in &result.requirements {
        if entry.area != area {
            area = &entry.area;
            let _ = writeln!(text, "\n{}", paint.on("1", area));
        }
        match problems.iter().find(|problem| problem.slug == entry.requirement) {
            Some(problem) => {
                text.push_str(&one(problem, paint));
                if let Some(root) = problem.follows {
                    let _ = writeln!(text, "          follows from {root}, and is not counted again");
                }
            }
            None => text.push_str(&unbroken(entry, paint)),
        }
    }
    text
}

fn unbroken(entry: &RequirementResult, paint: Paint) -> String {
    let (word, code) = match &entry.verdict {
        Verdict::Skipped { .. } => ("skip", "2"),
        Verdict::Blocked { .. } => ("blocked", "35"),
        Verdict::NotObserved => ("unseen", "2"),
        _ => ("pass", "32"),
    };
    let mut text = format!(
        "  {} {} ({}, {})\n",
        paint.on(code, &format!("{word:>7}")),
        entry.requirement,
        entry.level.as_str(),
        entry.citation
    );
    if let Some(reason) = entry.verdict.reason() {
        let _ = writeln!(text, "          {}", plain(&reason));
    }
    text
}

/// How many requirements are broken, in a sentence.
fn told(result: &RunResult) -> String {
    let failed = || result.requirements.iter().filter(|entry| entry.is_failure());
    let okta = failed().filter(|entry| entry.profiles.contains(&Profile::Okta)).count();
    let following = result.counts().following;
    let more = match following {
        0 => String::new(),
        1 => "; 1 more follows from these".to_owned(),
        more => format!("; {more} more follow from these"),
    };
    match failed().count() {
        0 => "no requirement is broken that fails a check\n".to_owned(),
        1 => {
            let whose = if okta == 1 { "one of Okta's" } else { "none of Okta's" };
            format!("1 requirement is broken, {whose}{more}\n")
        }
        count => format!("{count} requirements are broken, {okta} of them Okta's{more}\n"),
    }
}
