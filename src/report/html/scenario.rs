//! Scenario runs: what went wrong step by step, then the others on a line each.

use maud::{Markup, html as page};

use super::exchange;
use super::parts::{badge, linked};
use crate::result::{Failure, Outcome, ScenarioResult, StepResult};
use crate::text::{plain, plain_lines};

/// All scenario runs, those that failed unfolded.
pub(super) fn scenarios(all: &[ScenarioResult]) -> Markup {
    let kinds = |wanted: &[&str]| -> Vec<&ScenarioResult> {
        all.iter().filter(|scenario| wanted.contains(&kind(scenario).0)).collect()
    };
    let bad = kinds(&["failed"]);
    page! {
        @if !bad.is_empty() {
            section data-group #scenarios {
                h2 { "Scenarios" }
                @for scenario in bad { (broken(scenario)) }
            }
        }
        (folded("Scenarios not run", "skipped", &kinds(&["skipped"])))
        (folded("Scenarios as expected", "passed", &kinds(&["passed"])))
    }
}

/// What the filter calls it, and the word for people.
fn kind(scenario: &ScenarioResult) -> (&'static str, &'static str) {
    match &scenario.outcome {
        Outcome::Passed => ("passed", "passed"),
        Outcome::Failed if scenario.fails_by_findings_only() => ("failed", "follows"),
        Outcome::Failed => ("failed", "failed"),
        Outcome::Error { .. } => ("failed", "could not run"),
        Outcome::Skipped { .. } => ("skipped", "skipped"),
        Outcome::Blocked { .. } => ("skipped", "blocked"),
    }
}

fn broken(scenario: &ScenarioResult) -> Markup {
    let (kind, word) = kind(scenario);
    let name = scenario.key.to_string();
    let mut slugs: Vec<&str> =
        scenario.failing_findings().map(|finding| finding.requirement.as_str()).collect();
    slugs.sort_unstable();
    slugs.dedup();
    page! {
        article data-kind=(kind) id=(name) {
            h3 {
                (badge(if word == "follows" { "warning" } else { kind }, word)) " "
                a.slug href={ "#" (name.replace(' ', "%20")) } { (name) }
            }
            p.rule { (scenario.title) }
            @if let Outcome::Error { message } = &scenario.outcome {
                pre { code { (plain_lines(message)) } }
            }
            @if !slugs.is_empty() {
                p.names {
                    @if word == "follows" { "Every step went as expected; what is broken is told under " }
                    @else { "The judge found, besides: " }
                    @for (index, slug) in slugs.iter().enumerate() {
                        @if index > 0 { ", " }
                        (linked(slug))
                    }
                }
            }
            @for step in scenario.steps.iter().filter(|step| !step.failures.is_empty()) {
                h4 { (plain(&step.title)) " " span.muted { (plain(&step.location)) } }
                @for failure in &step.failures { (failed(failure)) }
                (exchange::conversation(&step.evidence, &step.exchanges))
            }
            (steps("All steps", &scenario.steps))
            (unseen(scenario))
        }
    }
}

fn unseen(scenario: &ScenarioResult) -> Markup {
    page! {
        @if !scenario.not_observed.is_empty() {
            p.muted { "Not observed on this target: " (plain(&scenario.not_observed.join(", "))) }
        }
    }
}

fn failed(failure: &Failure) -> Markup {
    page! {
        p { (plain(&failure.summary)) }
        dl.finding {
            @for expected in &failure.expected {
                dt { "expected" }
                dd { (plain(expected)) }
            }
            @if let Some(actual) = &failure.actual {
                dt { "actual" }
                dd.actual { pre { code { (plain_lines(actual)) } } }
            }
            @if let Some(exchange) = &failure.exchange {
                dt { "exchange" }
                dd { code { (plain(exchange)) } }
            }
            @if let Some(curl) = &failure.curl {
                dt { "repeat" }
                dd { pre.copy { code { (plain_lines(curl)) } } }
            }
        }
        @if let Some(diff) = &failure.diff { (difference(diff)) }
        @if let Some(message) = &failure.admin_message {
            p.seen { strong { "An Okta administrator sees: " } (plain(message)) }
        }
        @if let Some(advice) = &failure.advice {
            p.advice { strong { "What to do: " } (plain(advice)) }
        }
    }
}

fn difference(diff: &str) -> Markup {
    page! {
        pre.diff {
            code {
                @for line in diff.lines() {
                    @match line.chars().next() {
                        Some('+') => ins { (plain(line)) },
                        Some('-') => del { (plain(line)) },
                        _ => (plain(line)),
                    }
                    "\n"
                }
            }
        }
    }
}

fn steps(title: &str, steps: &[StepResult]) -> Markup {
    page! {
        @if !steps.is_empty() {
            details {
                summary { (title) " (" (steps.len()) ")" }
                ol.steps {
                    @for step in steps {
                        li class=(class(&step.outcome)) {
                            (plain(&step.title))
                            @if let Outcome::Skipped { reason } | Outcome::Blocked { reason } = &step.outcome {
                                span.muted { ": " (plain(reason)) }
                            }
                            (exchange::conversation(&step.evidence, &step.exchanges))
                        }
                    }
                }
            }
        }
    }
}

fn class(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Passed => "passed",
        Outcome::Failed | Outcome::Error { .. } => "failed",
        Outcome::Skipped { .. } | Outcome::Blocked { .. } => "skipped",
    }
}

fn folded(title: &str, kind: &str, those: &[&ScenarioResult]) -> Markup {
    page! {
        @if !those.is_empty() {
            details.list data-group {
                summary { (title) " (" (those.len()) ")" }
                ul.plain {
                    @for scenario in those {
                        li data-kind=(kind) id=(scenario.key.to_string()) {
                            code.slug { (scenario.key.to_string()) }
                            div { (scenario.title) }
                            @if let Outcome::Skipped { reason } | Outcome::Blocked { reason } = &scenario.outcome {
                                div.muted { (plain(reason)) }
                            }
                            (steps("Steps", &scenario.steps))
                            (unseen(scenario))
                        }
                    }
                }
            }
        }
    }
}
