//! The pages of the Okta side, in the order of the guide: connect, switch on, attributes, people, groups.

use maud::{Markup, html};

use super::OKTA;
use super::forms::{button, row_button};
use super::okta::{ATTRIBUTES, Last, OktaSide, PROFILE, own_attribute};
use super::traffic::of_okta;
use crate::clients::operation::Attribute;
use crate::clients::{Dialect, GroupEntry, PersonEntry};
use crate::reference::http::pages::{Page, Visit};

/// The page of the app.
pub(super) fn page(visit: &Visit, side: &OktaSide) -> Page {
    let content = html! {
        p { "An Okta org with one app, driven as the guide says. It sends what Okta's provisioning sends, to this service or to another." }
        @if let Some(last) = &side.last { (outcome(last)) }
        (tasks(visit, side))
        div.pair { (integration(visit, side)) (to_app(visit, side)) }
        (people(visit, side))
        (groups(visit, side))
        (attributes(visit, side))
        (start_over(visit, side))
    };
    Page::new("Okta", OKTA, content).below(&[("Developer", None)])
}

fn at(action: &str) -> String {
    format!("{OKTA}/{action}")
}

fn outcome(last: &Last) -> Markup {
    html! {
        section aria-labelledby="last-heading" {
            h2 #last-heading { "Last action: " (last.title) }
            @for message in &last.failed { p.notice.failed { (message) } }
            @for note in &last.notes { p { (note) } }
            @if last.exchanges.is_empty() { p.empty { "Nothing was sent." } }
            @for (record, findings) in &last.exchanges { (of_okta(record, findings)) }
        }
    }
}

fn tasks(visit: &Visit, side: &OktaSide) -> Markup {
    let tasks = side.simulator.tasks();
    html! {
        @if !tasks.is_empty() {
            section aria-labelledby="tasks-heading" {
                h2 #tasks-heading { "Tasks" }
                ul.rules { @for task in tasks {
                    li {
                        span.what { (task.message) }
                        @if let Some(user) = &task.user { (row_button(visit, &at("retry"), ("person", user), "Retry", user)) }
                        @else if let Some(group) = &task.group { (row_button(visit, &at("retry"), ("group", group), "Retry", group)) }
                    }
                } }
            }
        }
    }
}

fn integration(visit: &Visit, side: &OktaSide) -> Markup {
    let connected = side.connected.clone().unwrap_or_default();
    let base_url = if connected.base_url.is_empty() { &side.own_base_url } else { &connected.base_url };
    html! {
        section aria-labelledby="integration-heading" {
            h2 #integration-heading { "Provisioning › Integration" }
            form method="post" action=(at("connect")) {
                (visit.token_field())
                label for="base-url" { "Base URL" }
                input #base-url name="baseUrl" type="url" required value=(base_url);
                label for="kind" { "Authentication" }
                select #kind name="kind" {
                    @for (kind, name) in [("basic", "Username and password"), ("bearer", "Token, after “Bearer”"), ("header", "Authorization header as it is")] {
                        option value=(kind) selected[connected.kind == kind] { (name) }
                    }
                }
                label for="username" { "Username" }
                input #username name="username" type="text" autocomplete="off" autocapitalize="none" spellcheck="false" value=(connected.username);
                label for="secret" { "Password or token" }
                input #secret name="secret" type="password" autocomplete="off" required;
                div.buttons { button type="submit" { "Configure API Integration" } }
            }
            div.buttons { (button(visit, &at("test"), &[], "main", "Test API Credentials")) }
            @if side.connected.is_none() { p.help { "Enter what the dialog “SCIM Provider Created” showed." } }
        }
    }
}

fn to_app(visit: &Visit, side: &OktaSide) -> Markup {
    let features = side.simulator.app().features;
    html! {
        section aria-labelledby="to-app-heading" {
            h2 #to-app-heading { "Provisioning › To App" }
            form method="post" action=(at("save")) {
                (visit.token_field())
                @for (name, label, on) in [
                    ("createUsers", "Create Users", features.create_users),
                    ("updateUserAttributes", "Update User Attributes", features.update_user_attributes),
                    ("deactivateUsers", "Deactivate Users", features.deactivate_users),
                ] {
                    label.box { input type="checkbox" name=(name) value="true" checked[on]; " " (label) }
                }
                div.buttons { button type="submit" { "Save" } }
            }
            p { "Force Sync applies the mappings again, and pushes whose profile in the app changes by that." }
            div.buttons { (button(visit, &at("force-sync"), &[], "", "Force Sync")) }
        }
    }
}

fn people(visit: &Visit, side: &OktaSide) -> Markup {
    html! {
        section aria-labelledby="people-heading" {
            div.heading {
                h2 #people-heading { "Assignments" }
                a.button href=(at("people/add")) data-dialog { "Add person" }
            }
            div.table tabindex="0" role="group" aria-label="People" {
                table {
                    thead { tr { th scope="col" { "Person" } th scope="col" { "Okta status" } th scope="col" { "App" } th scope="col" { "Actions" } } }
                    tbody { @for person in side.simulator.people() { (person_row(visit, &person)) } }
                }
            }
        }
    }
}

fn person_row(visit: &Visit, person: &PersonEntry<'_>) -> Markup {
    let name = person.profile.full_name();
    let act =
        |action: &str, label: &str| row_button(visit, &at(action), ("person", person.key), label, &name);
    html! {
        tr {
            th scope="row" { (name) br; span.none { (person.profile.login) } }
            td { (status(person.status)) }
            td {
                @if person.assigned { span.badge.good { "Assigned" } } @else { span.badge.plain { "Not assigned" } }
                @if let Some(id) = person.external_id { br; code { (id) } }
            }
            td { div.buttons {
                @if person.status == "ACTIVE" {
                    @if person.assigned { (act("unassign", "Unassign")) } @else { (act("assign", "Assign")) }
                    @if person.assigned && person.external_id.is_none() { (act("provision", "Provision User")) }
                    (act("suspend", "Suspend"))
                }
                @if person.status == "SUSPENDED" { (act("unsuspend", "Unsuspend")) }
                @if person.status == "ACTIVE" || person.status == "SUSPENDED" { (act("deactivate", "Deactivate")) }
                @if person.status == "DEPROVISIONED" || person.status == "STAGED" { (act("reactivate", "Activate")) }
                a.button.small href={ (OKTA) "/people/" (person.key) } data-dialog { "Profile" span.unseen { " of " (name) } }
            } }
        }
    }
}

fn status(status: &str) -> Markup {
    let (class, words) = match status {
        "ACTIVE" => ("badge good", "Active"),
        "SUSPENDED" => ("badge warn", "Suspended"),
        "DEPROVISIONED" => ("badge bad", "Deactivated"),
        "STAGED" => ("badge plain", "Staged"),
        _ => ("badge bad", "Deleted"),
    };
    html! { span class=(class) { (words) } }
}

fn groups(visit: &Visit, side: &OktaSide) -> Markup {
    html! {
        section aria-labelledby="groups-heading" {
            div.heading {
                h2 #groups-heading { "Push Groups" }
                a.button href=(at("groups/add")) data-dialog { "Add group" }
            }
            div.table tabindex="0" role="group" aria-label="Groups" {
                table {
                    thead { tr { th scope="col" { "Group" } th scope="col" { "Members" } th scope="col" { "Push" } th scope="col" { "Actions" } } }
                    tbody { @for group in side.simulator.groups() { (group_row(visit, side, &group)) } }
                }
            }
        }
    }
}

fn group_row(visit: &Visit, side: &OktaSide, group: &GroupEntry<'_>) -> Markup {
    let name = &group.group.name;
    let act = |action: &str, label: &str| row_button(visit, &at(action), ("group", group.key), label, name);
    let is_member = |person: &PersonEntry<'_>| group.group.members.iter().any(|member| member == person.key);
    html! {
        tr {
            th scope="row" { (name) }
            td {
                ul.plain { @for person in side.simulator.people().filter(is_member) {
                    li {
                        (person.profile.full_name()) " "
                        (remove_member(visit, group, &person))
                    }
                } }
                (add_member(visit, side, group))
            }
            td {
                @if group.linked { @if group.active { span.badge.good { "Pushed" } } @else { span.badge.warn { "Paused" } } }
                @else { span.badge.plain { "Not pushed" } }
                @if group.assigned { " " span.badge.plain { "App assigned" } }
            }
            td { div.buttons {
                @if group.linked { (act("push-now", "Push Now")) (act("unlink-group", "Unlink")) } @else { (act("push-group", "Push group")) }
                @if group.assigned { (act("unassign-group", "Unassign app")) } @else { (act("assign-group", "Assign app")) }
            } }
        }
    }
}

fn remove_member(visit: &Visit, group: &GroupEntry<'_>, person: &PersonEntry<'_>) -> Markup {
    let fields = [("group", group.key), ("person", person.key)];
    let about = format!(" {} from {}", person.profile.full_name(), group.group.name);
    crate::reference::http::pages::post_button(
        visit,
        &at("remove-member"),
        &fields,
        "small",
        &html! { "Remove" span.unseen { (about) } },
    )
}

fn add_member(visit: &Visit, side: &OktaSide, group: &GroupEntry<'_>) -> Markup {
    let others: Vec<PersonEntry<'_>> = side
        .simulator
        .people()
        .filter(|person| !group.group.members.iter().any(|member| member == person.key))
        .collect();
    let id = format!("member-of-{}", group.key);
    html! {
        @if !others.is_empty() {
            form.inline method="post" action=(at("add-member")) {
                (visit.token_field())
                input type="hidden" name="group" value=(group.key);
                div.copy {
                    label.unseen for=(id) { "Person to add to " (group.group.name) }
                    select id=(id) name="person" { @for person in &others { option value=(person.key) { (person.profile.full_name()) } } }
                    button.small type="submit" { "Add" span.unseen { " to " (group.group.name) } }
                }
            }
        }
    }
}

fn attributes(visit: &Visit, side: &OktaSide) -> Markup {
    let now = &side.simulator.app().attributes;
    html! {
        section aria-labelledby="attributes-heading" {
            h2 #attributes-heading { "Attribute mappings" }
            p { "The attributes of the guide's Step 4. What is not in use is not sent, and neither is one without an external namespace." }
            form method="post" action=(at("mappings")) {
                (visit.token_field())
                div.table tabindex="0" role="group" aria-label="Attributes" {
                    table {
                        thead { tr { th scope="col" { "In use" } th scope="col" { "External name" } th scope="col" { "External namespace" } th scope="col" { "Okta attribute or expression" } } }
                        tbody { @for row in ATTRIBUTES { (attribute_row(row, now)) } }
                    }
                }
                label.box { input type="checkbox" name="applyNow" value="true"; " Apply updates now: push everybody who is provisioned" }
                div.buttons { button type="submit" { "Save mappings" } }
            }
        }
    }
}

fn attribute_row(
    (variable, external_name, namespace, from): (&str, &str, &str, &str),
    now: &[Attribute],
) -> Markup {
    let own = now.iter().find(|attribute| attribute.variable == variable);
    let value = |part: fn(&Attribute) -> &str, default: &str| {
        own.map_or_else(|| default.to_owned(), |own| part(own).to_owned())
    };
    let cell = |part: &str, label: &str, value: String| {
        html! { td { input type="text" name={ (variable) "." (part) } aria-label={ (label) " of " (variable) } value=(value) spellcheck="false"; } }
    };
    html! {
        tr {
            th scope="row" { label.box { input type="checkbox" name="use" value=(variable) checked[own.is_some()]; " " (variable) } }
            (cell("externalName", "External name", value(|own| &own.external_name, external_name)))
            (cell("namespace", "External namespace", value(|own| own.external_namespace.as_deref().unwrap_or_default(), namespace)))
            (cell("from", "Okta attribute or expression", value(|own| own.from.as_deref().unwrap_or_default(), from)))
        }
    }
}

fn start_over(visit: &Visit, side: &OktaSide) -> Markup {
    html! {
        section aria-labelledby="again-heading" {
            h2 #again-heading { "Begin again" }
            p { "A fresh org with the first people and groups, and an app that is not connected. The service keeps what it has." }
            form.filters method="post" action=(at("start-over")) {
                (visit.token_field())
                div {
                    label for="dialect" { "The app comes from" }
                    select #dialect name="dialect" {
                        option value="oin" selected[side.dialect != Dialect::Aiw] { "the catalogue (updates with PATCH)" }
                        option value="aiw" selected[side.dialect == Dialect::Aiw] { "the App Integration Wizard (PUT)" }
                    }
                }
                div.buttons { button.danger type="submit" { "Begin again" } }
            }
        }
    }
}

fn profile_fields(value: impl Fn(&str) -> String) -> Markup {
    html! {
        div.pair { @for (name, label) in PROFILE {
            div {
                label for={ "profile-" (name) } { (label) }
                input id={ "profile-" (name) } name=(name) type="text" required[name == "login"] spellcheck="false" autocapitalize="none" value=(value(name));
            }
        } }
    }
}

/// The form with which a person is added.
pub(super) fn add_person(visit: &Visit) -> Page {
    let content = html! {
        form.stacked method="post" action=(at("add-person")) data-dialog-content {
            (visit.token_field())
            (profile_fields(|_| String::new()))
            p.help { "Left open, the e-mail address is the login." }
            div.buttons { button.main type="submit" { "Add person" } a.button href=(OKTA) data-close { "Cancel" } }
        }
    };
    Page::new("Add person", OKTA, content).below(&[("Developer", None), ("Okta", Some(OKTA))])
}

/// The form with which a group is added.
pub(super) fn add_group(visit: &Visit, side: &OktaSide) -> Page {
    let content = html! {
        form.stacked method="post" action=(at("add-group")) data-dialog-content {
            (visit.token_field())
            label for="group-name" { "Name" }
            input #group-name name="name" type="text" required;
            fieldset {
                legend { "Members" }
                @for person in side.simulator.people() {
                    label.box { input type="checkbox" name="member" value=(person.key); " " (person.profile.full_name()) }
                }
            }
            div.buttons { button.main type="submit" { "Add group" } a.button href=(OKTA) data-close { "Cancel" } }
        }
    };
    Page::new("Add group", OKTA, content).below(&[("Developer", None), ("Okta", Some(OKTA))])
}

/// The form with which a profile is changed; none when there is no such person.
pub(super) fn profile(visit: &Visit, side: &OktaSide, key: &str) -> Option<Page> {
    let person = side.simulator.people().find(|person| person.key == key)?;
    let content = html! {
        form.stacked method="post" action=(at("update-profile")) data-dialog-content {
            (visit.token_field())
            input type="hidden" name="person" value=(key);
            (profile_fields(|name| own_attribute(person.profile, name).unwrap_or_default()))
            div.buttons { button.main type="submit" { "Save profile" } a.button href=(OKTA) data-close { "Cancel" } }
        }
    };
    let title = format!("Profile of {}", person.profile.full_name());
    Some(Page::new(title, OKTA, content).below(&[("Developer", None), ("Okta", Some(OKTA))]))
}
