//! Administration › Watchlists, and the audit log.

use maud::{Markup, html};
use serde_json::Value;

use super::addresses::{AUDIT, USERS, WATCHLISTS};
use super::frame::{post_button, short_time};
use super::provider_view::text;
use super::route::{Cx, Done, Page, Route};
use super::sync_log::{in_words, page_number, pager};
use crate::reference::tenant::requests as r;
use crate::reference::tenant::{Actors, ConsoleError};

pub(super) static ROUTES: &[Route] = &[
    Route::show(WATCHLISTS, list),
    Route::show("/administration/watchlists/add", add_form),
    Route::act("/administration/watchlists/add", add, add_form),
    Route::show("/administration/watchlists/{watchlistId}", details),
    Route::act("/administration/watchlists/{watchlistId}/change", change, details),
    Route::show(AUDIT, audit_log),
];

/// Events of the audit log on a page.
const SIZE: usize = 100;

const TYPES: [&str; 10] = [
    "CONTRACT_EMPLOYEE",
    "DEPARTING_EMPLOYEE",
    "ELEVATED_ACCESS_PRIVILEGES",
    "FLIGHT_RISK",
    "HIGH_IMPACT_EMPLOYEE",
    "NEW_EMPLOYEE",
    "PERFORMANCE_CONCERNS",
    "POOR_SECURITY_PRACTICES",
    "SUSPICIOUS_SYSTEM_ACTIVITY",
    "CUSTOM",
];

fn page(title: &str, content: Markup) -> Page {
    Page::new(title, WATCHLISTS, content).below(&[("Administration", None)])
}

/// The type's name serves as title where a watchlist has none of its own.
fn title(watchlist: &Value) -> String {
    let title = text(watchlist, "title");
    if title == text(watchlist, "listType") { in_words(title) } else { title.to_owned() }
}

fn list(cx: &mut Cx<'_>) -> Result<Page, ConsoleError> {
    let watchlists = cx.tenant.watchlist_views();
    let content = html! {
        div.buttons { a.button.main href={ (WATCHLISTS) "/add" } data-dialog { "Create watchlist" } }
        @if watchlists.is_empty() {
            p.empty { "There is no watchlist yet." }
        } @else {
            div.table tabindex="0" role="group" aria-label="Watchlists" {
                table {
                    thead { tr { th scope="col" { "Watchlist" } th scope="col" { "Type" } th scope="col" { "Users" } th scope="col" { "Groups" } th scope="col" { "Departments" } th scope="col" { "Excluded" } } }
                    tbody {
                        @for watchlist in &watchlists {
                            @let stats = &watchlist["stats"];
                            tr {
                                th scope="row" { a href={ (WATCHLISTS) "/" (text(watchlist, "watchlistId")) } { (title(watchlist)) } }
                                td { (in_words(text(watchlist, "listType"))) }
                                td { (stats["includedUsersCount"]) }
                                td { (stats["includedDirectoryGroupsCount"]) }
                                td { (stats["includedDepartmentsCount"]) }
                                td { (stats["excludedUsersCount"]) }
                            }
                        }
                    }
                }
            }
        }
    };
    Ok(page("Watchlists", content))
}

fn add_form(cx: &mut Cx<'_>) -> Result<Page, ConsoleError> {
    let content = html! {
        form.stacked method="post" action={ (WATCHLISTS) "/add" } data-dialog-content {
            (cx.token())
            label for="type" { "Type" }
            select #type name="watchlistType" required {
                @for kind in TYPES { option value=(kind) selected[cx.chosen("watchlistType", kind, false)] { (in_words(kind)) } }
            }
            label for="title" { "Title" }
            input #title name="title" type="text" aria-describedby="title-help" value=(cx.typed("title", ""));
            p.help #title-help { "A custom watchlist needs one." }
            label for="description" { "Description" }
            input #description name="description" type="text" value=(cx.typed("description", ""));
            div.buttons { button.main type="submit" { "Create watchlist" } a.button href=(WATCHLISTS) data-close { "Cancel" } }
        }
    };
    Ok(page("Create watchlist", content).below(&[("Watchlists", Some(WATCHLISTS))]))
}

fn add(cx: &mut Cx<'_>) -> Result<Done, ConsoleError> {
    let fields = r::AddWatchlist {
        watchlist_type: cx.word("watchlistType")?,
        title: cx.field("title"),
        description: cx.field("description"),
    };
    let made = cx.tenant.add_watchlist(&fields)?;
    Ok(Done::new(format!("{WATCHLISTS}/{}", text(&made, "watchlistId")), "The watchlist was created."))
}

/// One list of what a watchlist is made of: a heading, what can be taken away, and what can be added.
struct Part<'a> {
    heading: &'a str,
    list: &'a str,
    /// Value and name.
    there: Vec<(String, String)>,
    /// Value and name; typed in where there is none to choose from.
    choices: Option<Vec<(String, String)>>,
    label: &'a str,
}

fn pairs(items: &[Value], value: &str, name: &str) -> Vec<(String, String)> {
    items.iter().map(|item| (text(item, value).to_owned(), text(item, name).to_owned())).collect()
}

fn part(cx: &Cx<'_>, action: &str, part: &Part<'_>) -> Markup {
    let heading = format!("{}-heading", part.list);
    let field = format!("{}-add", part.list);
    html! {
        section aria-labelledby=(heading) {
            h2 id=(heading) { (part.heading) }
            @if part.there.is_empty() { p.empty { "None." } } @else {
                ul.rules { @for (value, name) in &part.there {
                    li {
                        span.what { (name) }
                        (post_button(cx.visit, action, &[("list", part.list), ("value", value), ("change", "delete")], "small", &html! { "Remove" span.unseen { " " (name) } }))
                    }
                } }
            }
            form.filters method="post" action=(action) {
                (cx.token())
                input type="hidden" name="list" value=(part.list);
                input type="hidden" name="change" value="add";
                div {
                    label for=(field) { (part.label) }
                    @match &part.choices {
                        Some(choices) => select id=(field) name="value" required {
                            option value="" { "Select" }
                            @for (value, name) in choices { option value=(value) { (name) } }
                        },
                        None => input id=(field) name="value" type="text" required autocapitalize="none" spellcheck="false";,
                    }
                }
                div.buttons { button type="submit" { "Add" span.unseen { " to " (part.heading) } } }
            }
        }
    }
}

fn details(cx: &mut Cx<'_>) -> Result<Page, ConsoleError> {
    let watchlist = cx.tenant.watchlist_view(cx.value(0))?;
    let id = text(&watchlist, "watchlistId");
    let action = format!("{WATCHLISTS}/{id}/change");
    let members = cx.tenant.watchlist_members(id)?;
    let groups = cx.tenant.watched_groups(id)?;
    let watched: Vec<(String, String)> = groups
        .iter()
        .map(|group| {
            let gone = if group["isDeleted"] == true { " (deleted)" } else { "" };
            (text(group, "groupId").to_owned(), format!("{}{gone}", text(group, "name")))
        })
        .collect();
    let parts = [
        Part {
            heading: "Included users",
            list: "included",
            there: pairs(&cx.tenant.watchlist_actors(id, Actors::Included)?, "actorId", "username"),
            choices: None,
            label: "User name",
        },
        Part {
            heading: "Included SCIM groups",
            list: "groups",
            there: watched,
            choices: Some(pairs(&cx.tenant.directory_groups(None), "groupId", "name")),
            label: "SCIM group",
        },
        Part {
            heading: "Included departments",
            list: "departments",
            there: pairs(&cx.tenant.watched_departments(id)?, "name", "name"),
            choices: Some(pairs(&cx.tenant.departments(None), "name", "name")),
            label: "Department",
        },
        Part {
            heading: "Excluded users",
            list: "excluded",
            there: pairs(&cx.tenant.watchlist_actors(id, Actors::Excluded)?, "actorId", "username"),
            choices: None,
            label: "User name",
        },
    ];
    let content = html! {
        p { (in_words(text(&watchlist, "listType"))) @if !text(&watchlist, "description").is_empty() { ": " (text(&watchlist, "description")) } }
        section aria-labelledby="members-heading" {
            h2 #members-heading { "Who is on it" }
            @if members.is_empty() { p.empty { "Nobody." } }
            ul { @for member in &members { li { a href={ (USERS) "/" (text(member, "actorId")) } { (text(member, "username")) } } } }
        }
        div.pair { @for each in &parts { (part(cx, &action, each)) } }
    };
    Ok(page(&title(&watchlist), content).below(&[("Watchlists", Some(WATCHLISTS))]))
}

fn change(cx: &mut Cx<'_>) -> Result<Done, ConsoleError> {
    let id = cx.value(0).to_owned();
    cx.tenant.watchlist_view(&id)?;
    let add = cx.visit.field("change") != Some("delete");
    let value = cx.field("value").unwrap_or_default();
    let list = cx.field("list").unwrap_or_default();
    match list.as_str() {
        "groups" => cx.tenant.change_watched_groups(&id, &[value], add)?,
        "departments" => cx.tenant.change_watched_departments(&id, &[value], add)?,
        "included" | "excluded" => {
            let which = if list == "included" { Actors::Included } else { Actors::Excluded };
            // A name is typed in; what is taken away is named by its identifier.
            let actor = if add { cx.tenant.user_named(&value)?.to_string() } else { value };
            cx.tenant.change_actors(&id, which, &[actor], add)?;
        }
        _ => return Err(ConsoleError::new(400, "INVALID_CHOICE", "Choose a list of the page.")),
    }
    Ok(Done::new(format!("{WATCHLISTS}/{id}"), "The watchlist was saved."))
}

fn audit_log(cx: &mut Cx<'_>) -> Result<Page, ConsoleError> {
    let (events, total) = cx.tenant.audit_log_newest(page_number(cx), SIZE);
    let content = html! {
        p { "What was done by hand, failed sign-ins of providers, and what provisioning did to users. Entries are kept for 90 days." }
        @if events.is_empty() {
            p.empty { "Nothing yet." }
        } @else {
            div.table tabindex="0" role="group" aria-label="Audit log" {
                table {
                    thead { tr { th scope="col" { "Time" } th scope="col" { "Event" } th scope="col" { "By" } th scope="col" { "About" } } }
                    tbody {
                        @for event in &events {
                            tr {
                                td.time { (short_time(text(event, "occurredAt"))) }
                                td { (text(event, "type")) }
                                td { (text(event, "actor")) }
                                td { (about(event)) }
                            }
                        }
                    }
                }
            }
            (pager(AUDIT, "", page_number(cx), SIZE, total))
        }
    };
    Ok(Page::new("Audit Log", AUDIT, content).below(&[("Administration", None), ("Status", None)]))
}

fn about(event: &Value) -> Markup {
    let named = ["orgName", "providerName", "matter", "watchlist", "code"];
    html! {
        @if let (Some(id), Some(name)) = (event["userId"].as_str(), event["username"].as_str()) {
            a href={ (USERS) "/" (id) } { (name) }
        }
        @for key in named { @if let Some(name) = event[key].as_str() { (name) } }
    }
}
