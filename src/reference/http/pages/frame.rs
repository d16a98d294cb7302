//! What every page has around its content: head, navigation and notices.

use maud::{DOCTYPE, Markup, html};

use super::super::answer::Answer;
use super::super::shared::Shared;
use super::addresses::{
    AUDIT, GROUPS, HOLDS, IDENTITY, ORGANIZATIONS, PROVISIONING, SIGN_OUT, SYNC_LOG, USERS, WATCHLISTS,
};
use super::guard::guarded;
use super::kept::{Notice, Section};
use super::route::{Page, Visit};

const SECTIONS: [Section; 4] = [
    ("Integrations", &[("Identity Management", IDENTITY)]),
    ("Environment", &[("Users", USERS), ("Organizations", ORGANIZATIONS), ("Groups", GROUPS)]),
    ("Risk and holds", &[("Legal Hold", HOLDS), ("Watchlists", WATCHLISTS)]),
    ("Status", &[("Audit Log", AUDIT)]),
];

fn html_answer(status: u16, markup: Markup) -> Answer {
    guarded(Answer::bytes(status, markup.into_string().into_bytes(), "text/html; charset=utf-8"))
}

/// A page in its frame. `now` is the service's time.
pub(super) fn framed(
    shared: &Shared,
    now: &str,
    visit: &Visit,
    notice: Option<&Notice>,
    status: u16,
    page: &Page,
) -> Answer {
    let failed = matches!(notice, Some(Notice::Failed(_)));
    let developer = shared.pages.sections.get().map_or(&[][..], Vec::as_slice);
    html_answer(
        status,
        html! {
            (DOCTYPE)
            html lang="en" {
                (head(&page.title, failed))
                body {
                    a.skip href="#content" { "Skip to content" }
                    header.top {
                        a.brand href="/administration" { "Reference console" }
                        p.clock { "Service time " time datetime=(now) { (short_time(now)) } }
                        form method="post" action=(SIGN_OUT) {
                            (visit.token_field())
                            button.quiet type="submit" { "Sign out" }
                        }
                    }
                    div.columns {
                        nav.sections aria-label="Administration" {
                            @for (heading, entries) in SECTIONS.iter().chain(developer) {
                                h2 { (heading) }
                                ul {
                                    @for (name, address) in entries.iter() {
                                        li {
                                            a href=(address) aria-current=[(page.here == *address).then_some("page")] { (name) }
                                        }
                                    }
                                }
                            }
                        }
                        main #content tabindex="-1" {
                            @if !page.crumbs.is_empty() {
                                nav.crumbs aria-label="You are here" {
                                    ol {
                                        @for (name, address) in &page.crumbs {
                                            li {
                                                @match address {
                                                    Some(address) => a href=(address) { (name) },
                                                    None => (name),
                                                }
                                            }
                                        }
                                    }
                                }
                            }
                            h1 { (page.title) }
                            @match notice {
                                Some(Notice::Done(text)) => p.notice.done role="status" { (text) },
                                Some(Notice::Failed(text)) => p.notice.failed role="alert" { (text) },
                                None => {},
                            }
                            (page.content)
                        }
                    }
                }
            }
        },
    )
}

fn head(title: &str, failed: bool) -> Markup {
    html! {
        head {
            meta charset="utf-8";
            meta name="viewport" content="width=device-width, initial-scale=1";
            meta name="color-scheme" content="light dark";
            title { @if failed { "Error: " } (title) " · Reference console" }
            link rel="icon" href="data:,";
            link rel="stylesheet" href=(super::assets::STYLE);
            script src=(super::assets::SCRIPT) defer {}
        }
    }
}

/// A page for those who are not signed in.
pub(super) fn bare(status: u16, title: &str, notice: Option<&str>, content: &Markup) -> Answer {
    html_answer(
        status,
        html! {
            (DOCTYPE)
            html lang="en" {
                (head(title, notice.is_some()))
                body.bare {
                    main #content {
                        h1 { (title) }
                        @if let Some(text) = notice { p.notice.failed role="alert" { (text) } }
                        (content)
                    }
                }
            }
        },
    )
}

/// Below Identity Management: its two tabs.
pub(super) fn tabs(here: &str) -> Markup {
    html! {
        nav.tabs aria-label="Identity Management" {
            ul {
                @for (name, address) in [("Provisioning", PROVISIONING), ("Sync Log", SYNC_LOG)] {
                    li { a href=(address) aria-current=[(here == address).then_some("page")] { (name) } }
                }
            }
        }
    }
}

/// A time of the service without what nobody reads: `2026-01-31 12:00:05 UTC`.
#[must_use]
pub fn short_time(time: &str) -> String {
    let text = time.get(..19).unwrap_or(time).replace('T', " ");
    format!("{text} UTC")
}

/// A button that posts a form of its own.
#[must_use]
pub fn post_button(
    visit: &Visit,
    action: &str,
    fields: &[(&str, &str)],
    class: &str,
    label: &Markup,
) -> Markup {
    html! {
        form.inline method="post" action=(action) {
            (visit.token_field())
            @for (name, value) in fields { input type="hidden" name=(name) value=(value); }
            button type="submit" class=(class) { (label) }
        }
    }
}
