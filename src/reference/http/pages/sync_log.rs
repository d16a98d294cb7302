//! Administration › Integrations › Identity Management › Sync Log: what provisioning did, in a range of dates,
//! as a table and as CSV.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use maud::{Markup, html};
use serde_json::Value;

use super::super::answer::Answer;
use super::addresses::{IDENTITY, PROVISIONING, SYNC_LOG, USERS};
use super::frame::{short_time, tabs};
use super::provider_view::text;
use super::route::{Cx, Page, Route};
use crate::exchange::percent_encode;
use crate::reference::tenant::{ConsoleError, LogQuery};

pub(super) static ROUTES: &[Route] =
    &[Route::show(SYNC_LOG, list), Route::give("/administration/identity-management/sync-log/csv", csv)];

/// Entries on a page.
const SIZE: usize = 50;

const EVENTS: [&str; 26] = [
    "USER_CREATED",
    "USER_UPDATED",
    "USER_ADOPTED",
    "USER_BLOCKED",
    "USER_DEACTIVATED",
    "USER_REACTIVATED",
    "USER_ORG_CHANGED",
    "USER_ROLES_CHANGED",
    "DEACTIVATION_SCHEDULED",
    "DEACTIVATION_CANCELLED",
    "DEACTIVATION_SUPERSEDED",
    "DEACTIVATION_DEFERRED_LEGAL_HOLD",
    "ORG_CREATED",
    "GROUP_CREATED",
    "GROUP_UPDATED",
    "GROUP_MEMBERS_ADDED",
    "GROUP_MEMBERS_REMOVED",
    "GROUP_DELETED",
    "SETTINGS_APPLIED",
    "REQUEST_REJECTED",
    "LOCAL_USER_PROTECTED",
    "ATTRIBUTE_IGNORED",
    "EMAIL_USERNAME_MISMATCH",
    "MEMBER_SKIPPED",
    "ORG_UPDATE_FAILED",
    "ROLE_UPDATE_FAILED",
];

/// The filters, under the names of the form's fields.
const FILTERS: [&str; 5] = ["from", "to", "event", "result", "user"];

fn query_of(cx: &Cx<'_>) -> Result<LogQuery, ConsoleError> {
    let day = |name: &str| -> Result<Option<Date>, ConsoleError> {
        let Some(value) = cx.visit.parameter(name) else { return Ok(None) };
        value.parse().map(Some).map_err(|_| {
            ConsoleError::new(400, "INVALID_DATE", format!("`{value}` is no date; write it like 2026-01-31."))
        })
    };
    let start = |date: Date| -> Option<Timestamp> { Some(date.to_zoned(TimeZone::UTC).ok()?.timestamp()) };
    let named = ["event", "result", "user"].into_iter();
    let given: Vec<(String, String)> =
        named.filter_map(|name| Some((name.to_owned(), cx.visit.parameter(name)?.to_owned()))).collect();
    let mut query = LogQuery::parse(&given)?;
    query.not_before = day("from")?.and_then(start);
    // The last day is a whole one.
    query.before = day("to")?.and_then(|date| start(date.checked_add(1.day()).ok()?));
    Ok(query)
}

/// The query of an address that shows the same filters.
fn filters(cx: &Cx<'_>) -> String {
    let given = FILTERS.iter().filter_map(|name| Some((name, cx.visit.parameter(name)?)));
    given.map(|(name, value)| format!("{name}={}", percent_encode(value))).collect::<Vec<_>>().join("&")
}

/// The page of a list that is asked for, from 1.
pub(super) fn page_number(cx: &Cx<'_>) -> usize {
    cx.visit.parameter("page").and_then(|page| page.parse().ok()).unwrap_or(1).max(1)
}

/// Ways to the neighbours of a page.
pub(super) fn pager(address: &str, filters: &str, page: usize, size: usize, total: usize) -> Markup {
    let last = total.div_ceil(size).max(1);
    let to = |page: usize| {
        if filters.is_empty() {
            format!("{address}?page={page}")
        } else {
            format!("{address}?{filters}&page={page}")
        }
    };
    html! {
        nav.pager aria-label="Pages" {
            @if page > 1 { a.button href=(to(page - 1)) rel="prev" { "Previous" } }
            span { "Page " (page) " of " (last) ", " (total) " in all" }
            @if page < last { a.button href=(to(page + 1)) rel="next" { "Next" } }
        }
    }
}

fn list(cx: &mut Cx<'_>) -> Result<Page, ConsoleError> {
    let query = query_of(cx);
    let (entries, total, wrong) = match &query {
        Ok(query) => {
            (cx.tenant.sync_log_newest(query, page_number(cx), SIZE), cx.tenant.sync_log_total(query), None)
        }
        Err(error) => (Vec::new(), 0, Some(error.message.clone())),
    };
    let filters = filters(cx);
    let given = |name: &str| cx.visit.parameter(name).unwrap_or_default().to_owned();
    let content = html! {
        (tabs(SYNC_LOG))
        @if let Some(wrong) = &wrong { p.notice.failed role="alert" { (wrong) } }
        form.filters method="get" action=(SYNC_LOG) {
            div { label for="from" { "From" } input #from name="from" type="date" value=(given("from")); }
            div { label for="to" { "To" } input #to name="to" type="date" value=(given("to")); }
            div {
                label for="event" { "Event" }
                select #event name="event" {
                    option value="" { "All" }
                    @for event in EVENTS { option value=(event) selected[given("event") == event] { (in_words(event)) } }
                }
            }
            div {
                label for="result" { "Result" }
                select #result name="result" {
                    option value="" { "All" }
                    @for result in ["SUCCESS", "WARNING", "ERROR"] { option value=(result) selected[given("result") == result] { (in_words(result)) } }
                }
            }
            div { label for="user" { "User name" } input #user name="user" type="text" autocapitalize="none" spellcheck="false" value=(given("user")); }
            div.buttons {
                button.main type="submit" { "Refresh table" }
                a.button href={ (SYNC_LOG) "/csv" @if !filters.is_empty() { "?" (filters) } } download="directory-sync-log.csv" { "Export CSV" }
            }
        }
        p.help { "Days are those of UTC. Entries are kept for 90 days." }
        @if entries.is_empty() {
            p.empty { "No entry fits." }
        } @else {
            (table(&entries))
            (pager(SYNC_LOG, &filters, page_number(cx), SIZE, total))
        }
    };
    Ok(Page::new("Sync Log", IDENTITY, content).below(&[
        ("Administration", None),
        ("Integrations", None),
        ("Identity Management", Some(PROVISIONING)),
    ]))
}

/// `USER_CREATED` as `User created`.
#[must_use]
pub fn in_words(code: &str) -> String {
    let words = code.to_lowercase().replace('_', " ");
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Entries as a table.
pub(super) fn table(entries: &[Value]) -> Markup {
    html! {
        div.table.log tabindex="0" role="group" aria-label="Sync log" {
            table {
                thead { tr {
                    th scope="col" { "Time" }
                    th scope="col" { "Event" }
                    th scope="col" { "Result" }
                    th scope="col" { "About" }
                    th scope="col" { "Details" }
                    th scope="col" { "By" }
                } }
                tbody {
                    @for entry in entries {
                        tr {
                            td.time { (short_time(text(entry, "occurredAt"))) }
                            td { (in_words(text(entry, "event"))) }
                            td { (result_badge(text(entry, "result"))) }
                            td { (about(entry)) }
                            td.details { (details(entry)) }
                            td { (text(entry, "actor")) }
                        }
                    }
                }
            }
        }
    }
}

/// A result, told apart by more than its colour.
#[must_use]
pub fn result_badge(result: &str) -> Markup {
    let class = match result {
        "SUCCESS" => "badge good",
        "WARNING" => "badge warn",
        _ => "badge bad",
    };
    html! { span class=(class) { (in_words(result)) } }
}

fn about(entry: &Value) -> Markup {
    let (name, id) = (text(entry, "targetName"), text(entry, "targetId"));
    html! {
        @if entry["targetType"] == "USER" && !id.is_empty() {
            a href={ (USERS) "/" (id) } { (name) }
        } @else if entry["targetType"] == "PROVIDER" {
            "Provider " (name)
        } @else if !name.is_empty() {
            (in_words(text(entry, "targetType"))) " " (name)
        } @else {
            (in_words(text(entry, "targetType")))
        }
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => "nothing".into(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

/// What only some kinds of entries carry, in sentences.
#[must_use]
pub fn details(entry: &Value) -> Markup {
    let changes = entry["changes"].as_array().map_or(&[][..], Vec::as_slice);
    let place = |key: &str| entry[key]["orgName"].as_str();
    let list = |key: &str| {
        entry.get(key).filter(|list| list.as_array().is_some_and(|list| !list.is_empty())).map(plain)
    };
    let mut lines: Vec<String> = changes
        .iter()
        .map(|change| {
            format!(
                "{}: {} → {}",
                text(change, "attribute"),
                plain(&change["oldValue"]),
                plain(&change["newValue"])
            )
        })
        .collect();
    match (place("orgBefore"), place("orgAfter")) {
        (Some(before), Some(after)) => lines.push(format!("Organization: {before} → {after}")),
        (None, Some(after)) => lines.push(format!("Organization: {after}")),
        _ => {}
    }
    for (key, what) in [
        ("rolesAdded", "Roles added"),
        ("rolesRemoved", "Roles removed"),
        ("rolesNotAvailable", "Roles not available"),
        ("members", "Members"),
    ] {
        lines.extend(list(key).map(|list| format!("{what}: {list}")));
    }
    lines.extend(entry["dueAt"].as_str().map(|due| format!("Due {}", short_time(due))));
    if let Some(evaluated) = entry.get("evaluated") {
        lines.push(format!(
            "{evaluated} looked at, {} moved, {} with other roles",
            entry["orgMoved"], entry["rolesChanged"]
        ));
    }
    lines.extend(entry["code"].as_str().map(|code| match entry["message"].as_str() {
        Some(message) => format!("{code}: {message}"),
        None => code.to_owned(),
    }));
    lines.extend(entry["cause"].as_str().map(|cause| format!("Cause: {}", in_words(cause).to_lowercase())));
    html! {
        @if !lines.is_empty() { ul.plain { @for line in &lines { li { (line) } } } }
    }
}

fn csv(cx: &mut Cx<'_>) -> Result<Answer, ConsoleError> {
    let csv = cx.tenant.sync_log_csv(&query_of(cx)?).into_bytes();
    Ok(Answer::bytes(200, csv, "text/csv; charset=utf-8")
        .with("Content-Disposition", "attachment; filename=\"directory-sync-log.csv\""))
}
