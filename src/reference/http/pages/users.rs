//! Administration › Environment › Users: search, details, and what an administrator does to a user by hand.

use maud::{Markup, html};
use serde_json::Value;

use super::addresses::USERS;
use super::frame::{post_button, short_time};
use super::mapping_view::{organizations, role_boxes};
use super::provider_view::text;
use super::route::{Cx, Done, Page, Route};
use super::sync_log::{in_words, page_number, pager};
use crate::exchange::percent_encode;
use crate::reference::tenant::requests as r;
use crate::reference::tenant::{ConsoleError, Id, LogQuery, USER_STATES, UserQuery};

pub(super) static ROUTES: &[Route] = &[
    Route::show(USERS, list),
    Route::show("/administration/users/add", add_form),
    Route::act("/administration/users/add", add, add_form),
    Route::show("/administration/users/{userId}", details),
    Route::show("/administration/users/{userId}/edit", edit_form),
    Route::act("/administration/users/{userId}/edit", edit, edit_form),
    Route::show("/administration/users/{userId}/move", move_form),
    Route::act("/administration/users/{userId}/move", move_user, move_form),
    Route::show("/administration/users/{userId}/roles", roles_form),
    Route::act("/administration/users/{userId}/roles", set_roles, roles_form),
    Route::show("/administration/users/{userId}/deactivate", deactivate_form),
    Route::act("/administration/users/{userId}/deactivate", deactivate, deactivate_form),
    Route::show("/administration/users/{userId}/activate", activate_form),
    Route::act("/administration/users/{userId}/activate", activate, activate_form),
    Route::act("/administration/users/{userId}/block", block, details),
    Route::act("/administration/users/{userId}/unblock", unblock, details),
    Route::act("/administration/users/{userId}/origin", set_origin, details),
    Route::act("/administration/users/{userId}/devices", add_device, details),
];

const SIZE: usize = 50;

fn page(title: &str, content: Markup) -> Page {
    Page::new(title, USERS, content).below(&[("Administration", None), ("Environment", None)])
}

fn below_user(user: &Value, title: &str, content: Markup) -> Page {
    page(title, content).below(&[("Users", Some(USERS)), (text(user, "username"), Some(&address(user)))])
}

fn address(user: &Value) -> String {
    format!("{USERS}/{}", text(user, "userId"))
}

fn user_id(cx: &Cx<'_>) -> Result<Id, ConsoleError> {
    cx.id(0, "user")
}

fn user(cx: &Cx<'_>) -> Result<Value, ConsoleError> {
    cx.tenant.user_details(user_id(cx)?)
}

fn full_name(user: &Value) -> String {
    format!("{} {}", text(user, "firstName"), text(user, "lastName")).trim().to_owned()
}

/// A user's state, told apart by more than its colour.
pub(super) fn state_badge(state: &str) -> Markup {
    let class = match state {
        "ACTIVE" => "badge good",
        "DEACTIVATED" | "PURGED" => "badge bad",
        _ => "badge warn",
    };
    html! { span class=(class) { (in_words(state)) } }
}

/// Strings as one text.
fn joined(value: &Value) -> String {
    let items = value.as_array().map_or(&[][..], Vec::as_slice);
    items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", ")
}

fn or_none(text: &str) -> Markup {
    html! { @if text.is_empty() { span.none { "none" } } @else { (text) } }
}

fn list(cx: &mut Cx<'_>) -> Result<Page, ConsoleError> {
    let given = |name: &str| cx.visit.parameter(name).map(str::to_owned);
    let organization = match given("organization") {
        Some(named) => Some(cx.tenant.organization(&named)?),
        None => None,
    };
    let query = UserQuery { text: given("text"), state: given("state"), organization };
    let (users, total) = cx.tenant.find_users(&query, page_number(cx), SIZE);
    let filters: Vec<String> = ["text", "state", "organization"]
        .into_iter()
        .filter_map(|name| Some(format!("{name}={}", percent_encode(&given(name)?))))
        .collect();
    let now = given("organization").unwrap_or_default();
    let content = html! {
        form.filters role="search" method="get" action=(USERS) {
            div { label for="text" { "Name contains" } input #text name="text" type="search" value=(given("text").unwrap_or_default()); }
            div {
                label for="state" { "Status" }
                select #state name="state" {
                    option value="" { "All" }
                    @for state in USER_STATES { option value=(state) selected[given("state").as_deref() == Some(state)] { (in_words(state)) } }
                }
            }
            div {
                label for="organization" { "Organization" }
                select #organization name="organization" {
                    option value="" { "All" }
                    @for organization in cx.tenant.organization_views() {
                        @let id = text(&organization, "orgId");
                        option value=(id) selected[id == now] { (text(&organization, "orgName")) }
                    }
                }
            }
            div.buttons {
                button.main type="submit" { "Search" }
                a.button href={ (USERS) "/add" } data-dialog { "Add user" }
            }
        }
        @if users.is_empty() {
            p.empty { @if filters.is_empty() { "There is no user yet. Assign the application to somebody in Okta." } @else { "No user fits." } }
        } @else {
            div.table tabindex="0" role="group" aria-label="Users" {
                table {
                    thead { tr {
                        th scope="col" { "User name" }
                        th scope="col" { "Name" }
                        th scope="col" { "Status" }
                        th scope="col" { "Organization" }
                        th scope="col" { "Roles" }
                        th scope="col" { "Managed by" }
                    } }
                    tbody {
                        @for user in &users {
                            tr {
                                th scope="row" { a href=(address(user)) { (text(user, "username")) } }
                                td { (full_name(user)) }
                                td { (state_badge(text(user, "state"))) }
                                td { (text(user, "organization")) }
                                td { (joined(&user["roles"])) }
                                td { (origin_in_words(text(user, "origin"))) }
                            }
                        }
                    }
                }
            }
            (pager(USERS, &filters.join("&"), page_number(cx), SIZE, total))
        }
    };
    Ok(page("Users", content))
}

fn origin_in_words(origin: &str) -> String {
    match origin {
        "LOCAL" => "this console (local)".into(),
        "UNMANAGED" => "this console, until a provider adopts".into(),
        provisioned => provisioned.strip_prefix("PROVISIONED by ").unwrap_or(provisioned).to_owned(),
    }
}

fn add_form(cx: &mut Cx<'_>) -> Result<Page, ConsoleError> {
    let content = html! {
        form.stacked method="post" action={ (USERS) "/add" } data-dialog-content {
            (cx.token())
            label for="username" { "User name" }
            input #username name="username" type="email" required autofocus value=(cx.typed("username", ""));
            label for="first-name" { "First name" }
            input #first-name name="firstName" type="text" value=(cx.typed("firstName", ""));
            label for="last-name" { "Last name" }
            input #last-name name="lastName" type="text" value=(cx.typed("lastName", ""));
            (organizations(cx, "org", "orgGuid", "Organization", ""))
            p.help { "Left open, it is the default organization. Whether the user is local follows from how its users sign in." }
            div.buttons { button.main type="submit" { "Add user" } a.button href=(USERS) data-close { "Cancel" } }
        }
    };
    Ok(page("Add user", content).below(&[("Users", Some(USERS))]))
}

fn add(cx: &mut Cx<'_>) -> Result<Done, ConsoleError> {
    let fields = r::AddUser {
        username: cx.field("username"),
        first_name: cx.field("firstName"),
        last_name: cx.field("lastName"),
        org_guid: cx.field("orgGuid"),
        ..r::AddUser::default()
    };
    let id = cx.tenant.add_user(&fields)?;
    Ok(Done::new(format!("{USERS}/{id}"), "The user was added."))
}

fn details(cx: &mut Cx<'_>) -> Result<Page, ConsoleError> {
    let user = user(cx)?;
    let here = address(&user);
    let button = |action: &str, class: &str, label: &str| {
        post_button(cx.visit, &format!("{here}/{action}"), &[], class, &html! { (label) })
    };
    let blocked = !joined(&user["blockReasons"]).is_empty();
    let active = user["active"] == true;
    let content = html! {
        div.buttons {
            @if blocked { (button("unblock", "main", "Unblock")) } @else { (button("block", "", "Block")) }
            @if active {
                a.button href={ (here) "/deactivate" } data-dialog { "Deactivate" }
            } @else {
                a.button.main href={ (here) "/activate" } data-dialog { "Activate" }
            }
            a.button href={ (here) "/move" } data-dialog { "Move" }
            a.button href={ (here) "/roles" } data-dialog { "Roles" }
            a.button href={ (here) "/edit" } data-dialog { "Edit" }
        }
        (pending(&user))
        section aria-labelledby="status-heading" {
            h2 #status-heading { "Status" }
            dl.facts {
                (fact("Status", &state_badge(text(&user, "state"))))
                (fact("Blocked", &html! { @if blocked { "Yes: " (joined(&user["blockReasons"]).to_lowercase().replace('_', " ")) } @else { "No" } }))
                (fact("Can sign in", &html! { @if user["access"]["canSignIn"] == true { "Yes" } @else { "No" } }))
                (fact("Archive", &html! { (in_words(text(&user, "archive"))) @if let Some(expires) = user["coldStorage"]["expiresAt"].as_str() { ", until " (short_time(expires)) } }))
                (fact("Managed by", &html! { (origin_in_words(text(&user, "origin"))) }))
                (fact("External ID", &or_none(text(&user, "externalId"))))
            }
            @if !text(&user, "origin").starts_with("PROVISIONED") {
                @let (to, label) = if text(&user, "origin") == "LOCAL" { ("UNMANAGED", "Let a provider adopt this user") } else { ("LOCAL", "Make this user local") };
                (post_button(cx.visit, &format!("{here}/origin"), &[("origin", to)], "", &html! { (label) }))
            }
        }
        div.pair {
            section aria-labelledby="place-heading" {
                h2 #place-heading { "Organization and roles" }
                dl.facts {
                    (fact("Organization", &html! { (text(&user, "organization")) " " span.none { "(" (source_in_words(text(&user, "orgSource"))) ")" } }))
                    (fact("Roles", &html! { (or_none(&joined(&user["roles"]))) " " span.none { "(" (source_in_words(text(&user, "roleSource"))) ")" } }))
                    (fact("SCIM groups", &or_none(&joined(&user["groups"]))))
                    (fact("Legal holds", &holds(&user)))
                }
            }
            section aria-labelledby="profile-heading" {
                h2 #profile-heading { "Profile" }
                dl.facts {
                    (fact("Name", &or_none(&full_name(&user))))
                    (fact("E-mail", &or_none(text(&user, "email"))))
                    @for (name, key) in [
                        ("Title", "title"),
                        ("Department", "department"),
                        ("Division", "division"),
                        ("Employment type", "employmentType"),
                        ("Locality", "locality"),
                        ("Region", "region"),
                        ("Country", "country"),
                        ("Manager", "managerUsername"),
                    ] {
                        (fact(name, &or_none(text(&user["riskProfile"], key))))
                    }
                    (fact("Notes", &or_none(text(&user, "notes"))))
                }
            }
        }
        section aria-labelledby="devices-heading" {
            div.heading { h2 #devices-heading { "Devices" } (button("devices", "", "Add device")) }
            @let devices = user["devices"].as_array().map_or(&[][..], Vec::as_slice);
            @if devices.is_empty() { p.empty { "No device has the agent." } }
            ul.plain { @for device in devices {
                li {
                    (text(device, "name")) ": "
                    @if device["signedIn"] == true { "signed in" } @else { "signed out" } ", "
                    @if device["backingUp"] == true { "backing up" } @else { "not backing up" }
                }
            } }
        }
        (history(cx, &user)?)
    };
    Ok(page(text(&user, "username"), content).below(&[("Users", Some(USERS))]))
}

fn fact(name: &str, value: &Markup) -> Markup {
    html! { div { dt { (name) } dd { (value) } } }
}

fn pending(user: &Value) -> Markup {
    html! {
        @if let Some(due) = user["pendingDeactivation"]["dueAt"].as_str() {
            p.notice.failed { "Will be deactivated at " strong { (short_time(due)) } ". Unblock the user to cancel that." }
        }
        @if user["deactivationDeferred"] == true {
            p.notice.failed { "On legal hold: will be deactivated when released from it." }
        }
    }
}

fn holds(user: &Value) -> Markup {
    let holds = user["legalHolds"].as_array().map_or(&[][..], Vec::as_slice);
    let active: Vec<&Value> = holds.iter().filter(|hold| hold["membershipActive"] == true).collect();
    html! {
        @if active.is_empty() { span.none { "none" } }
        ul.plain { @for hold in &active { li { a href={ (super::addresses::HOLDS) "/" (text(hold, "matterId")) } { (text(hold, "name")) } } } }
    }
}

fn source_in_words(source: &str) -> &'static str {
    match source {
        "DEFAULT" => "by default",
        "SINGLE_ORG" => "from the provider's organization",
        "C42_ORG_NAME" => "by c42OrgName",
        "SCIM_GROUPS" => "by SCIM group",
        _ => "by hand",
    }
}

/// What provisioning did to the user lately.
fn history(cx: &Cx<'_>, user: &Value) -> Result<Markup, ConsoleError> {
    let username = text(user, "username");
    let query = LogQuery::parse(&[("user".to_owned(), username.to_owned())])?;
    let entries = cx.tenant.sync_log_newest(&query, 1, 10);
    Ok(html! {
        section aria-labelledby="history-heading" {
            div.heading {
                h2 #history-heading { "Last changes by provisioning" }
                a href={ (super::addresses::SYNC_LOG) "?user=" (percent_encode(username)) } { "Sync Log of this user" }
            }
            @if entries.is_empty() { p.empty { "None." } }
            @else { (super::sync_log::table(&entries)) }
        }
    })
}

fn edit_form(cx: &mut Cx<'_>) -> Result<Page, ConsoleError> {
    let user = user(cx)?;
    let here = address(&user);
    let profile = &user["riskProfile"];
    let content = html! {
        form.stacked method="post" action={ (here) "/edit" } data-dialog-content {
            (cx.token())
            @for (label, name, value) in [
                ("First name", "firstName", text(&user, "firstName")),
                ("Last name", "lastName", text(&user, "lastName")),
                ("Title", "title", text(profile, "title")),
                ("Department", "department", text(profile, "department")),
                ("Division", "division", text(profile, "division")),
                ("Notes", "notes", text(&user, "notes")),
            ] {
                label for=(name) { (label) }
                input id=(name) name=(name) type="text" value=(cx.typed(name, value));
            }
            p.help { "Okta does not learn of changes that are made here: make them in Okta where it manages the user." }
            div.buttons { button.main type="submit" { "Save" } a.button href=(here) data-close { "Cancel" } }
        }
    };
    Ok(below_user(&user, "Edit user", content))
}

fn edit(cx: &mut Cx<'_>) -> Result<Done, ConsoleError> {
    let id = user_id(cx)?;
    let fields = r::EditUser {
        first_name: cx.text("firstName"),
        last_name: cx.text("lastName"),
        title: cx.text("title"),
        department: cx.text("department"),
        division: cx.text("division"),
        notes: cx.text("notes"),
    };
    cx.tenant.edit_user(id, &fields)?;
    Ok(Done::new(format!("{USERS}/{id}"), "The user was saved."))
}

fn move_form(cx: &mut Cx<'_>) -> Result<Page, ConsoleError> {
    let user = user(cx)?;
    let here = address(&user);
    let content = html! {
        form.stacked method="post" action={ (here) "/move" } data-dialog-content {
            (cx.token())
            (organizations(cx, "org", "orgGuid", "Organization", text(&user, "orgId")))
            div.buttons { button.main type="submit" { "Move" } a.button href=(here) data-close { "Cancel" } }
        }
    };
    Ok(below_user(&user, "Move user", content))
}

fn move_user(cx: &mut Cx<'_>) -> Result<Done, ConsoleError> {
    let id = user_id(cx)?;
    let fields = r::MoveUser { org_guid: cx.field("orgGuid"), org_name: None };
    cx.tenant.move_user(id, &fields)?;
    Ok(Done::new(format!("{USERS}/{id}"), "The user was moved."))
}

fn roles_form(cx: &mut Cx<'_>) -> Result<Page, ConsoleError> {
    let user = user(cx)?;
    let here = address(&user);
    let now: Vec<String> = cx.tenant.user_roles(user_id(cx)?)?.into_iter().map(str::to_owned).collect();
    let content = html! {
        form.stacked method="post" action={ (here) "/roles" } data-dialog-content {
            (cx.token())
            (role_boxes(cx, &now))
            div.buttons { button.main type="submit" { "Save" } a.button href=(here) data-close { "Cancel" } }
        }
    };
    Ok(below_user(&user, "Roles of the user", content))
}

fn set_roles(cx: &mut Cx<'_>) -> Result<Done, ConsoleError> {
    let (id, roles) = (user_id(cx)?, cx.visit.fields("roleIds"));
    cx.tenant.set_user_roles(id, &roles)?;
    Ok(Done::new(format!("{USERS}/{id}"), "The roles were saved."))
}

/// A form with one choice beside its button.
fn one_choice(
    cx: &Cx<'_>,
    here: &str,
    action: &str,
    what: &str,
    choice: (&str, &str),
    label: &str,
) -> Markup {
    html! {
        form.stacked method="post" action={ (here) "/" (action) } data-dialog-content {
            (cx.token())
            p { (what) }
            label.box { input type="checkbox" name=(choice.0) value="true" checked[cx.chosen(choice.0, "true", false)]; " " (choice.1) }
            div.buttons { button.main type="submit" { (label) } a.button href=(here) data-close { "Cancel" } }
        }
    }
}

fn deactivate_form(cx: &mut Cx<'_>) -> Result<Page, ConsoleError> {
    let user = user(cx)?;
    let here = address(&user);
    let what = "The user is deactivated at once, without a delay: devices stop backing up, and archives go into cold storage.";
    let content = one_choice(cx, &here, "deactivate", what, ("block", "Block the user too"), "Deactivate");
    Ok(below_user(&user, "Deactivate user", content))
}

fn deactivate(cx: &mut Cx<'_>) -> Result<Done, ConsoleError> {
    let id = user_id(cx)?;
    cx.tenant.console_deactivate(id, cx.visit.ticked("block"))?;
    Ok(Done::new(format!("{USERS}/{id}"), "The user was deactivated."))
}

fn activate_form(cx: &mut Cx<'_>) -> Result<Page, ConsoleError> {
    let user = user(cx)?;
    let here = address(&user);
    let what = "The user is activated. Devices have to sign in again.";
    let content = one_choice(cx, &here, "activate", what, ("unblock", "Unblock the user too"), "Activate");
    Ok(below_user(&user, "Activate user", content))
}

fn activate(cx: &mut Cx<'_>) -> Result<Done, ConsoleError> {
    let id = user_id(cx)?;
    cx.tenant.console_activate(id, cx.visit.ticked("unblock"))?;
    Ok(Done::new(format!("{USERS}/{id}"), "The user was activated."))
}

fn block(cx: &mut Cx<'_>) -> Result<Done, ConsoleError> {
    let id = user_id(cx)?;
    cx.tenant.console_block(id)?;
    Ok(Done::new(format!("{USERS}/{id}"), "The user was blocked, and is signed out everywhere."))
}

fn unblock(cx: &mut Cx<'_>) -> Result<Done, ConsoleError> {
    let id = user_id(cx)?;
    cx.tenant.console_unblock(id)?;
    Ok(Done::new(
        format!("{USERS}/{id}"),
        "The user was unblocked; a pending deactivation is cancelled by that.",
    ))
}

fn set_origin(cx: &mut Cx<'_>) -> Result<Done, ConsoleError> {
    let (id, origin) = (user_id(cx)?, cx.word("origin")?);
    cx.tenant.set_origin(id, origin)?;
    Ok(Done::new(format!("{USERS}/{id}"), "The user was saved."))
}

fn add_device(cx: &mut Cx<'_>) -> Result<Done, ConsoleError> {
    let id = user_id(cx)?;
    cx.tenant.add_device(id)?;
    Ok(Done::new(format!("{USERS}/{id}"), "The device was added; its agent is signed in and backs up."))
}
