//! The result as one HTML page that needs nothing from elsewhere: for a browser, a phone and a printer.
//!
//! Everything can be read without the script; it filters, copies and unfolds. The page's own policy lets
//! nothing run or load but the style and the script that are written here, so that what came from a target
//! is text even if it were not escaped.

mod exchange;
mod finding;
mod parts;
mod scenario;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html as page};
use sha2::{Digest as _, Sha256};

use self::parts::{badge, linked};
use super::view::{Problem, Row, Weight, counted, problems, rows};
use crate::checks::{RequirementResult, Verdict};
use crate::result::{Changes, RunResult};
use crate::text::{plain, visible};

const STYLE: &str = include_str!("html/style.css");
const SCRIPT: &str = include_str!("html/script.js");

/// The result as an HTML page.
#[must_use]
pub fn html(result: &RunResult) -> String {
    let counts = result.counts();
    let bad = counts.failed + counts.errors > 0;
    let title = format!("scimulate: {}", plain(&result.target));
    let text = page! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta http-equiv="Content-Security-Policy" content=(policy());
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                main {
                    header class=(if bad { "bad" } else { "good" }) {
                        h1 { (if bad { "✕" } else { "✓" }) " " (plain(&result.target)) }
                        p { strong { (counted(result)) } }
                        p.muted { (facts(result)) }
                    }
                    @if let Some(changes) = &result.changes { (changed(changes)) }
                    (profiles(result))
                    (leftovers(result))
                    (body(result))
                }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    // Marks that move the cursor or turn the direction of text are in nobody's way, wherever they stood.
    visible(&text.into_string())
}

/// Nothing is loaded, and only this style and this script are taken.
fn policy() -> String {
    let hash = |text: &str| STANDARD.encode(Sha256::digest(text.as_bytes()));
    format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; base-uri 'none'; form-action 'none'",
        hash(STYLE),
        hash(SCRIPT)
    )
}

fn facts(result: &RunResult) -> String {
    let exchanges: usize =
        result.exchanges + result.scenarios.iter().map(|scenario| scenario.exchanges).sum::<usize>();
    format!(
        "{exchanges} exchanges in {:.2} s, scimulate {}",
        result.duration.as_secs_f64(),
        plain(&result.scimulate_version)
    )
}

/// What changed since the run before.
fn changed(changes: &Changes) -> Markup {
    let lists = [
        ("new", "failed", &changes.new),
        ("fixed", "passed", &changes.fixed),
        ("still failing", "failed", &changes.still_failing),
        ("failed before, not judged now", "warning", &changes.no_longer_judged),
    ];
    page! {
        section #changes {
            h2 { "Since the run before" }
            p.muted { (changes.compared) " judged in both runs" }
            @for (word, kind, names) in lists {
                @if !names.is_empty() {
                    p.names {
                        (badge(kind, &format!("{} {word}", names.len()))) " "
                        @for (index, name) in names.iter().enumerate() {
                            @if index > 0 { ", " }
                            (linked(name))
                        }
                    }
                }
            }
            @if changes.new.is_empty() && changes.fixed.is_empty() {
                p { "Nothing is fixed, and nothing else is broken." }
            }
        }
    }
}

/// The table by profile, without columns in which nothing stands.
fn profiles(result: &RunResult) -> Markup {
    let rows = rows(result);
    let used: Vec<usize> =
        (0..Row::HEADINGS.len()).filter(|at| rows.iter().any(|row| row.numbers()[*at] > 0)).collect();
    page! {
        @if !rows.is_empty() {
            section #profiles {
                h2 { "By profile" }
                div.wide {
                    table {
                        thead {
                            tr {
                                th scope="col" { "profile" }
                                th scope="col" { "verdict" }
                                @for at in &used { th.number scope="col" { (Row::HEADINGS[*at]) } }
                            }
                        }
                        tbody {
                            @for row in &rows {
                                tr {
                                    th scope="row" { (row.title) }
                                    td { (badge(verdict_kind(row.word()), row.word())) }
                                    @for at in &used {
                                        @let number = row.numbers()[*at];
                                        td.number.zero[number == 0] { (number) }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn verdict_kind(word: &str) -> &'static str {
    match word {
        "yes" => "passed",
        "no" => "failed",
        _ => "warning",
    }
}

/// A list of so many is shown unfolded.
const FEW: usize = 8;

/// Where the baseline no longer fits, and what could not be deleted.
fn leftovers(result: &RunResult) -> Markup {
    page! {
        @for sentence in result.baseline.sentences() {
            p.notice { strong { "Baseline: " } (plain(&sentence)) }
        }
        @if let Some(caveat) = result.caveat() {
            p.muted { (caveat) }
        }
        @if !result.to_attest.is_empty() {
            details.notice open[result.to_attest.len() <= FEW] {
                summary { strong { (result.to_attest.len()) " to be attested" } ", since nothing over HTTP shows them" }
                ul {
                    @for demand in &result.to_attest {
                        li { (demand.citation) ": " (demand.text) " (" (demand.reason) ")" }
                    }
                }
            }
        }
        @if !result.left_behind.is_empty() {
            details.notice open[result.left_behind.len() <= FEW] {
                summary {
                    strong { (result.left_behind.len()) " could not be deleted" }
                    ", please remove by hand"
                }
                p.names {
                    @for (index, path) in result.left_behind.iter().enumerate() {
                        @if index > 0 { ", " }
                        code { (plain(path)) }
                    }
                }
            }
        }
    }
}

/// What is broken by area, then scenarios, then what held and what was not judged.
fn body(result: &RunResult) -> Markup {
    let all = problems(result);
    // Areas in the order of what costs most in each.
    let mut areas: Vec<(&str, Vec<&Problem<'_>>)> = Vec::new();
    for problem in all.iter().filter(|problem| problem.follows.is_none()) {
        match areas.iter_mut().find(|(area, _)| *area == problem.area) {
            Some((_, those)) => those.push(problem),
            None => areas.push((problem.area, vec![problem])),
        }
    }
    let judged: Vec<&RequirementResult> =
        result.requirements.iter().filter(|entry| entry.verdict == Verdict::Passed).collect();
    let unjudged: Vec<&RequirementResult> = result
        .requirements
        .iter()
        .filter(|entry| {
            matches!(entry.verdict, Verdict::Skipped { .. } | Verdict::Blocked { .. } | Verdict::NotObserved)
        })
        .collect();
    page! {
        (filter())
        @if areas.len() > 1 {
            nav aria-label="areas" {
                @for (area, those) in &areas {
                    @let failed = those.iter().filter(|problem| problem.weight == Weight::Failed).count();
                    a href={ "#area-" (area) } class=(if failed > 0 { "failed" } else { "" }) {
                        (area) " " span.muted { (those.len()) }
                    }
                }
            }
        }
        @for (area, those) in &areas {
            section data-group id={ "area-" (area) } {
                h2 { (area) }
                @for problem in those { (finding::problem(problem)) }
            }
        }
        (scenario::scenarios(&result.scenarios))
        (requirements("Not judged", "skipped", &unjudged))
        (requirements("Passed", "passed", &judged))
        p #nothing hidden { "Nothing fits the filter." }
    }
}

/// Shown by the script, without which it would do nothing.
fn filter() -> Markup {
    page! {
        form #filter role="search" hidden {
            input type="search" placeholder="Filter: slug, path, text …" aria-label="Filter";
            span.kinds {
                @for kind in ["failed", "warning", "note", "accepted", "skipped", "passed"] {
                    label { input type="checkbox" value=(kind) checked; " " (kind) }
                }
            }
            button type="button" #unfold { "Unfold all" }
        }
    }
}

/// Requirements that need no more than a line each.
fn requirements(title: &str, kind: &str, entries: &[&RequirementResult]) -> Markup {
    page! {
        @if !entries.is_empty() {
            details.list data-group id={ "list-" (kind) } {
                summary { (title) " (" (entries.len()) ")" }
                ul.plain {
                    @for entry in entries {
                        li data-kind=(kind) id=(entry.requirement) {
                            code.slug { (entry.requirement) } " "
                            span.muted { (entry.level.as_str()) ", " (finding::cited(&entry.citation)) }
                            div { (entry.text) }
                            @if let Some(reason) = entry.verdict.reason() {
                                div.muted { (plain(&reason)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
