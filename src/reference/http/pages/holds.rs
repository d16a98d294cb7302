//! Administration › Legal Hold: matters and their custodians.

use maud::{Markup, html};
use serde_json::Value;

use super::addresses::{HOLDS, USERS};
use super::frame::{post_button, short_time};
use super::provider_view::text;
use super::route::{Cx, Done, Page, Route};
use crate::reference::tenant::requests as r;
use crate::reference::tenant::{ConsoleError, Id};

pub(super) static ROUTES: &[Route] = &[
    Route::show(HOLDS, list),
    Route::show("/administration/legal-hold/add", add_form),
    Route::act("/administration/legal-hold/add", add, add_form),
    Route::show("/administration/legal-hold/{matterId}", details),
    Route::act("/administration/legal-hold/{matterId}/custodians", hold, details),
    Route::act("/administration/legal-hold/{matterId}/release", release, details),
    Route::act("/administration/legal-hold/{matterId}/close", close, details),
    Route::act("/administration/legal-hold/{matterId}/reopen", reopen, details),
];

fn page(title: &str, content: Markup) -> Page {
    Page::new(title, HOLDS, content).below(&[("Administration", None)])
}

fn badge(matter: &Value) -> Markup {
    html! { @if matter["active"] == true { span.badge.good { "Open" } } @else { span.badge.plain { "Closed" } } }
}

fn list(cx: &mut Cx<'_>) -> Result<Page, ConsoleError> {
    let matters = cx.tenant.matter_views();
    let content = html! {
        p { "Whoever is on legal hold cannot be deactivated: a deactivation waits for the release." }
        div.buttons { a.button.main href={ (HOLDS) "/add" } data-dialog { "Create matter" } }
        @if matters.is_empty() {
            p.empty { "There is no matter yet." }
        } @else {
            div.table tabindex="0" role="group" aria-label="Matters" {
                table {
                    thead { tr { th scope="col" { "Matter" } th scope="col" { "Status" } th scope="col" { "Description" } th scope="col" { "Created" } } }
                    tbody {
                        @for matter in &matters {
                            tr {
                                th scope="row" { a href={ (HOLDS) "/" (text(matter, "matterId")) } { (text(matter, "name")) } }
                                td { (badge(matter)) }
                                td { (text(matter, "description")) }
                                td.time { (short_time(text(matter, "creationDate"))) }
                            }
                        }
                    }
                }
            }
        }
    };
    Ok(page("Legal Hold", content))
}

fn add_form(cx: &mut Cx<'_>) -> Result<Page, ConsoleError> {
    let content = html! {
        form.stacked method="post" action={ (HOLDS) "/add" } data-dialog-content {
            (cx.token())
            label for="name" { "Name" }
            input #name name="name" type="text" required autofocus value=(cx.typed("name", ""));
            label for="description" { "Description" }
            input #description name="description" type="text" value=(cx.typed("description", ""));
            div.buttons { button.main type="submit" { "Create matter" } a.button href=(HOLDS) data-close { "Cancel" } }
        }
    };
    Ok(page("Create matter", content).below(&[("Legal Hold", Some(HOLDS))]))
}

fn add(cx: &mut Cx<'_>) -> Result<Done, ConsoleError> {
    let fields =
        r::AddMatter { name: cx.text("name"), description: cx.field("description"), policy_id: None };
    let matter = cx.tenant.add_matter(&fields)?;
    Ok(Done::new(
        format!("{HOLDS}/{}", text(&matter, "matterId")),
        "The matter was created. Add its custodians.",
    ))
}

fn details(cx: &mut Cx<'_>) -> Result<Page, ConsoleError> {
    let matter = cx.tenant.matter_view(cx.value(0))?;
    let custodians = cx.tenant.custodian_views(cx.value(0))?;
    let here = format!("{HOLDS}/{}", text(&matter, "matterId"));
    let open = matter["active"] == true;
    let (held, released): (Vec<&Value>, Vec<&Value>) =
        custodians.iter().partition(|custodian| custodian["membershipActive"] == true);
    let content = html! {
        p { (badge(&matter)) " " (text(&matter, "description")) }
        div.buttons {
            @if open {
                (post_button(cx.visit, &format!("{here}/close"), &[], "", &html! { "Close matter" }))
            } @else {
                (post_button(cx.visit, &format!("{here}/reopen"), &[], "main", &html! { "Reopen matter" }))
            }
        }
        section aria-labelledby="custodians-heading" {
            h2 #custodians-heading { "Custodians" }
            @if held.is_empty() { p.empty { "Nobody is held." } }
            @if !held.is_empty() {
                ul.rules { @for custodian in &held {
                    @let (id, name) = (text(custodian, "userId"), text(custodian, "username"));
                    li {
                        span.what { a href={ (USERS) "/" (id) } { (name) } " since " (short_time(text(custodian, "membershipCreationDate"))) }
                        (post_button(cx.visit, &format!("{here}/release"), &[("userId", id)], "small", &html! { "Release" span.unseen { " " (name) } }))
                    }
                } }
            }
            @if open {
                form.filters method="post" action={ (here) "/custodians" } {
                    (cx.token())
                    div { label for="username" { "User name" } input #username name="username" type="text" required autocapitalize="none" spellcheck="false" value=(cx.typed("username", "")); }
                    div.buttons { button type="submit" { "Add custodian" } }
                }
            }
        }
        @if !released.is_empty() {
            section aria-labelledby="released-heading" {
                h2 #released-heading { "Released" }
                ul { @for custodian in &released { li { a href={ (USERS) "/" (text(custodian, "userId")) } { (text(custodian, "username")) } } } }
            }
        }
    };
    Ok(page(text(&matter, "name"), content).below(&[("Legal Hold", Some(HOLDS))]))
}

fn done(cx: &Cx<'_>, notice: &str) -> Done {
    Done::new(format!("{HOLDS}/{}", cx.value(0)), notice)
}

fn hold(cx: &mut Cx<'_>) -> Result<Done, ConsoleError> {
    let matter = cx.value(0).to_owned();
    cx.tenant.matter_view(&matter)?;
    let user = cx.tenant.user_named(&cx.field("username").unwrap_or_default())?;
    cx.tenant.add_custodian(&matter, user)?;
    Ok(done(cx, "The user is on legal hold."))
}

fn release(cx: &mut Cx<'_>) -> Result<Done, ConsoleError> {
    let matter = cx.value(0).to_owned();
    let user = Id::parse(cx.visit.field("userId").unwrap_or_default());
    cx.tenant.release_custodian(&matter, user.ok_or_else(|| ConsoleError::not_found("user"))?)?;
    Ok(done(cx, "The user was released. A deactivation that waited for the last release has happened."))
}

fn close(cx: &mut Cx<'_>) -> Result<Done, ConsoleError> {
    let matter = cx.value(0).to_owned();
    cx.tenant.set_matter_active(&matter, false)?;
    Ok(done(cx, "The matter was closed, and all its custodians are released from it."))
}

fn reopen(cx: &mut Cx<'_>) -> Result<Done, ConsoleError> {
    let matter = cx.value(0).to_owned();
    cx.tenant.set_matter_active(&matter, true)?;
    Ok(done(cx, "The matter was opened again."))
}
