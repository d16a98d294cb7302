//! One broken requirement with everything that a reader needs.

use maud::{Markup, html as page};

use super::super::view::{Problem, help_uri};
use super::exchange;
use super::parts::{badge, linked};
use crate::checks::{Finding, RequirementResult};
use crate::text::{plain, plain_lines};

/// A citation that leads to its source, where it has one.
pub(super) fn cited(citation: &str) -> Markup {
    page! {
        @match help_uri(citation) {
            Some(uri) => a href=(uri) rel="noreferrer" { (citation) },
            None => (citation),
        }
    }
}

pub(super) fn problem(problem: &Problem<'_>) -> Markup {
    let more = problem.breaches.saturating_sub(problem.findings.len());
    page! {
        article data-kind=(problem.weight.word()) id=(problem.slug) {
            h3 {
                (badge(problem.weight.word(), problem.weight.word())) " "
                a.slug href={ "#" (problem.slug) } { (problem.slug) }
            }
            p.muted {
                (problem.level.as_str()) ", " (problem.importance.as_str()) ", " (cited(problem.citation))
                @for profile in &problem.profiles { " · " (profile.title()) }
            }
            p.rule { (problem.text) }
            @if let Some(reason) = problem.reason {
                p { strong { "Accepted: " } (plain(reason)) }
            }
            @for finding in &problem.findings { (one(finding)) }
            @if more > 0 {
                p.muted { "and " (more) " more like " @if more == 1 { "it" } @else { "these" } }
            }
            @if let Some(message) = problem.admin_message() {
                p.seen { strong { "An Okta administrator sees: " } (plain(message)) }
            }
            @if let Some(advice) = problem.advice() {
                p.advice { strong { "What to do: " } (plain(advice)) }
            }
            (consequences(problem))
        }
    }
}

fn one(finding: &Finding) -> Markup {
    page! {
        dl.finding {
            dt { "expected" }
            dd { (plain(&finding.expected.join(", or "))) }
            dt { "actual" }
            dd.actual { pre { code { (plain_lines(&finding.actual)) } } }
            @if let Some(pointer) = &finding.pointer {
                dt { "at" }
                dd { code { (plain(pointer)) } }
            }
            dt { "exchange" }
            dd { code { (plain(&finding.exchange)) } }
            @if !finding.curl.is_empty() {
                dt { "repeat" }
                dd { pre.copy { code { (plain_lines(&finding.curl)) } } }
            }
        }
        (exchange::conversation(&finding.evidence, &finding.conversation))
    }
}

/// What hangs on it.
fn consequences(problem: &Problem<'_>) -> Markup {
    page! {
        @if !problem.followers.is_empty() {
            details {
                summary { "Broken by the same answers (" (problem.followers.len()) ")" }
                ul.plain { @for entry in &problem.followers { (follower(entry)) } }
            }
        }
        @if !problem.blocked.is_empty() {
            details {
                summary { "Not judged because of it (" (problem.blocked.len()) ")" }
                p.names {
                    @for (index, slug) in problem.blocked.iter().enumerate() {
                        @if index > 0 { ", " }
                        (linked(slug))
                    }
                }
            }
        }
        @if !problem.scenarios.is_empty() {
            details {
                summary { "Seen in " (problem.scenarios.len()) " scenario run" @if problem.scenarios.len() != 1 { "s" } }
                p.names {
                    @for (index, name) in problem.scenarios.iter().enumerate() {
                        @if index > 0 { ", " }
                        (linked(name))
                    }
                }
            }
        }
    }
}

fn follower(entry: &RequirementResult) -> Markup {
    page! {
        li id=(entry.requirement) {
            code.slug { (entry.requirement) } " "
            span.muted { (entry.level.as_str()) ", " (cited(&entry.citation)) }
            div { (entry.text) }
            @for finding in &entry.findings { (one(finding)) }
        }
    }
}
