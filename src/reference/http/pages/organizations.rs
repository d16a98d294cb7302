//! Administration › Environment › Organizations (guide, Step 1), and Groups: what the providers pushed.

use maud::{Markup, html};
use serde_json::{Value, json};

use super::addresses::{GROUPS, ORGANIZATIONS, USERS};
use super::frame::{post_button, short_time};
use super::mapping_view::{organizations, role_boxes};
use super::provider_view::text;
use super::route::{Cx, Done, Page, Route};
use super::sync_log::{page_number, pager};
use super::users::state_badge;
use crate::reference::tenant::ConsoleError;
use crate::reference::tenant::requests as r;

pub(super) static ROUTES: &[Route] = &[
    Route::show(ORGANIZATIONS, list),
    Route::show("/administration/organizations/add", add_form),
    Route::act("/administration/organizations/add", add, add_form),
    Route::show("/administration/organizations/{orgId}", details),
    Route::show("/administration/organizations/{orgId}/edit", edit_form),
    Route::act("/administration/organizations/{orgId}/edit", edit, edit_form),
    Route::show("/administration/organizations/{orgId}/settings", settings_form),
    Route::act("/administration/organizations/{orgId}/settings", set_settings, settings_form),
    Route::act("/administration/organizations/{orgId}/activate", activate, details),
    Route::act("/administration/organizations/{orgId}/deactivate", deactivate, details),
    Route::act("/administration/organizations/{orgId}/block", block, details),
    Route::act("/administration/organizations/{orgId}/unblock", unblock, details),
    Route::act("/administration/organizations/{orgId}/delete", delete, details),
    Route::show(GROUPS, groups),
    Route::show("/administration/groups/{groupId}", group),
];

/// Members of a group on a page.
const SIZE: usize = 100;

fn page(title: &str, content: Markup) -> Page {
    Page::new(title, ORGANIZATIONS, content).below(&[("Administration", None), ("Environment", None)])
}

fn address(organization: &Value) -> String {
    format!("{ORGANIZATIONS}/{}", text(organization, "orgId"))
}

fn below(organization: &Value, title: &str, content: Markup) -> Page {
    page(title, content).below(&[
        ("Organizations", Some(ORGANIZATIONS)),
        (text(organization, "orgName"), Some(&address(organization))),
    ])
}

fn organization(cx: &Cx<'_>) -> Result<usize, ConsoleError> {
    cx.tenant.organization(cx.value(0))
}

fn badges(organization: &Value) -> Markup {
    html! {
        @if organization["active"] == true { span.badge.good { "Active" } } @else { span.badge.bad { "Deactivated" } }
        @if organization["blocked"] == true { " " span.badge.warn { "Blocked" } }
    }
}

fn list(cx: &mut Cx<'_>) -> Result<Page, ConsoleError> {
    let all = cx.tenant.organization_views();
    let name_of = |guid: &Value| {
        all.iter().find(|known| known["orgGuid"] == *guid).map_or("", |known| text(known, "orgName"))
    };
    let content = html! {
        div.buttons { a.button.main href={ (ORGANIZATIONS) "/add" } data-dialog { "Add organization" } }
        div.table tabindex="0" role="group" aria-label="Organizations" {
            table {
                thead { tr {
                    th scope="col" { "Name" }
                    th scope="col" { "Below" }
                    th scope="col" { "Status" }
                    th scope="col" { "Users" }
                    th scope="col" { "Devices" }
                } }
                tbody {
                    @for organization in &all {
                        tr {
                            th scope="row" { a href=(address(organization)) { (text(organization, "orgName")) } }
                            td { (name_of(&organization["parentOrgGuid"])) }
                            td { (badges(organization)) }
                            td { (organization["userCount"]) }
                            td { (organization["computerCount"]) }
                        }
                    }
                }
            }
        }
    };
    Ok(page("Organizations", content))
}

fn add_form(cx: &mut Cx<'_>) -> Result<Page, ConsoleError> {
    let root = cx.tenant.organization_view(0);
    let content = html! {
        form.stacked method="post" action={ (ORGANIZATIONS) "/add" } data-dialog-content {
            (cx.token())
            label for="org-name" { "Name" }
            input #org-name name="orgName" type="text" required maxlength="200" autofocus value=(cx.typed("orgName", ""));
            (organizations(cx, "parent", "parentOrgGuid", "Organization above it", text(&root, "orgId")))
            label for="notes" { "Notes" }
            input #notes name="notes" type="text" value=(cx.typed("notes", ""));
            div.buttons { button.main type="submit" { "Add organization" } a.button href=(ORGANIZATIONS) data-close { "Cancel" } }
        }
    };
    Ok(page("Add organization", content).below(&[("Organizations", Some(ORGANIZATIONS))]))
}

fn add(cx: &mut Cx<'_>) -> Result<Done, ConsoleError> {
    let fields = r::AddOrganization {
        org_name: cx.text("orgName"),
        parent_org_guid: cx.field("parentOrgGuid"),
        notes: cx.field("notes"),
        ..r::AddOrganization::default()
    };
    let index = cx.tenant.add_organization(&fields)?;
    Ok(Done::new(address(&cx.tenant.organization_view(index)), "The organization was added."))
}

fn details(cx: &mut Cx<'_>) -> Result<Page, ConsoleError> {
    let index = organization(cx)?;
    let (view, settings) = (cx.tenant.organization_view(index), cx.tenant.organization_settings(index));
    let here = address(&view);
    let button = |action: &str, label: &str| {
        post_button(cx.visit, &format!("{here}/{action}"), &[], "", &html! { (label) })
    };
    let from = |key: &str| if settings["inherit"][key] == true { "inherited" } else { "its own" };
    let roles: Vec<&str> =
        settings["defaultRoleIds"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let content = html! {
        div.buttons {
            a.button href={ (here) "/edit" } data-dialog { "Edit" }
            @if view["blocked"] == true { (button("unblock", "Unblock")) } @else { (button("block", "Block")) }
            @if view["active"] == true { (button("deactivate", "Deactivate")) } @else { (button("activate", "Activate")) }
            (button("delete", "Delete"))
        }
        section aria-labelledby="facts-heading" {
            h2 #facts-heading { "About" }
            dl.facts {
                div { dt { "Status" } dd { (badges(&view)) } }
                div { dt { "Users" } dd { a href={ (USERS) "?organization=" (text(&view, "orgId")) } { (view["userCount"]) } } }
                div { dt { "Devices" } dd { (view["computerCount"]) } }
                div { dt { "Organizations below" } dd { (view["orgCount"]) } }
                div { dt { "Registration key" } dd { code { (text(&view, "registrationKey")) } } }
                div { dt { "Created" } dd { (short_time(text(&view, "creationDate"))) } }
                div { dt { "Notes" } dd { @if text(&view, "notes").is_empty() { span.none { "none" } } @else { (text(&view, "notes")) } } }
            }
        }
        section aria-labelledby="settings-heading" {
            div.heading {
                h2 #settings-heading { "Settings" }
                a.button href={ (here) "/settings" } data-dialog aria-label="Edit settings" { "Edit" }
            }
            dl.facts {
                div { dt { "Sign-in (" (from("authMethod")) ")" } dd { (sign_in_words(text(&settings, "authMethod"))) } }
                div { dt { "Default roles (" (from("defaultRoleIds")) ")" } dd { (roles.join(", ")) } }
                div { dt { "Days in cold storage (" (from("archiveHoldDays")) ")" } dd { (settings["archiveHoldDays"]) } }
            }
        }
    };
    Ok(page(text(&view, "orgName"), content).below(&[("Organizations", Some(ORGANIZATIONS))]))
}

fn sign_in_words(method: &str) -> &'static str {
    if method == "SSO" {
        "Through the identity provider (SSO)"
    } else {
        "With a password of this service (local)"
    }
}

fn edit_form(cx: &mut Cx<'_>) -> Result<Page, ConsoleError> {
    let view = cx.tenant.organization_view(organization(cx)?);
    let here = address(&view);
    let content = html! {
        form.stacked method="post" action={ (here) "/edit" } data-dialog-content {
            (cx.token())
            label for="org-name" { "Name" }
            input #org-name name="orgName" type="text" required maxlength="200" autofocus value=(cx.typed("orgName", text(&view, "orgName")));
            label for="notes" { "Notes" }
            input #notes name="notes" type="text" value=(cx.typed("notes", text(&view, "notes")));
            div.buttons { button.main type="submit" { "Save" } a.button href=(here) data-close { "Cancel" } }
        }
    };
    Ok(below(&view, "Edit organization", content))
}

/// Done to the organization of the path; its details tell about it.
fn told(cx: &Cx<'_>, notice: &str) -> Result<Done, ConsoleError> {
    Ok(Done::new(address(&cx.tenant.organization_view(organization(cx)?)), notice))
}

fn edit(cx: &mut Cx<'_>) -> Result<Done, ConsoleError> {
    let fields =
        r::EditOrganization { org_name: cx.text("orgName"), notes: cx.text("notes"), org_ext_ref: None };
    cx.tenant.edit_organization(organization(cx)?, &fields)?;
    told(cx, "The organization was saved.")
}

fn settings_form(cx: &mut Cx<'_>) -> Result<Page, ConsoleError> {
    let index = organization(cx)?;
    let (view, settings) = (cx.tenant.organization_view(index), cx.tenant.organization_settings(index));
    let here = address(&view);
    let inherits = |key: &str| settings["inherit"][key] == true;
    let inherit = |name: &str, key: &str, what: &str| {
        html! { label.box { input type="checkbox" name=(name) value="true" checked[cx.chosen(name, "true", inherits(key))]; " Inherit " (what) " from above" } }
    };
    let roles: Vec<String> = settings["defaultRoleIds"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect();
    let method = text(&settings, "authMethod");
    let content = html! {
        form.stacked method="post" action={ (here) "/settings" } data-dialog-content {
            (cx.token())
            label for="auth-method" { "How users sign in" }
            select #auth-method name="authMethod" {
                @for known in ["LOCAL", "SSO"] { option value=(known) selected[cx.chosen("authMethod", known, method == known)] { (sign_in_words(known)) } }
            }
            (inherit("inheritAuthMethod", "authMethod", "how users sign in"))
            label for="hold-days" { "Days in cold storage" }
            input #hold-days name="archiveHoldDays" type="number" min="0" step="1" value=(cx.typed("archiveHoldDays", &settings["archiveHoldDays"].to_string()));
            (inherit("inheritArchiveHoldDays", "archiveHoldDays", "the days in cold storage"))
            (role_boxes(cx, &roles))
            (inherit("inheritDefaultRoleIds", "defaultRoleIds", "the default roles"))
            div.buttons { button.main type="submit" { "Save" } a.button href=(here) data-close { "Cancel" } }
        }
    };
    Ok(below(&view, "Edit settings", content))
}

fn set_settings(cx: &mut Cx<'_>) -> Result<Done, ConsoleError> {
    let inherit = r::Inherit {
        auth_method: cx.visit.ticked("inheritAuthMethod"),
        default_role_ids: cx.visit.ticked("inheritDefaultRoleIds"),
        archive_hold_days: cx.visit.ticked("inheritArchiveHoldDays"),
    };
    let fields = r::OrganizationSettings {
        auth_method: if inherit.auth_method { None } else { cx.word("authMethod")? },
        default_role_ids: (!inherit.default_role_ids).then(|| cx.visit.fields("roleIds")),
        archive_hold_days: if inherit.archive_hold_days {
            None
        } else {
            cx.number("archiveHoldDays", "Days in cold storage")?
        },
        inherit,
    };
    cx.tenant.set_organization_settings(organization(cx)?, &fields)?;
    told(cx, "The settings were saved.")
}

fn activate(cx: &mut Cx<'_>) -> Result<Done, ConsoleError> {
    cx.tenant.set_organization_active(organization(cx)?, true)?;
    told(cx, "The organization was activated.")
}

fn deactivate(cx: &mut Cx<'_>) -> Result<Done, ConsoleError> {
    cx.tenant.set_organization_active(organization(cx)?, false)?;
    told(cx, "The organization was deactivated: nobody can be put into it.")
}

fn block(cx: &mut Cx<'_>) -> Result<Done, ConsoleError> {
    cx.tenant.set_organization_blocked(organization(cx)?, true);
    told(cx, "The organization was blocked, with its users and the organizations below it.")
}

fn unblock(cx: &mut Cx<'_>) -> Result<Done, ConsoleError> {
    cx.tenant.set_organization_blocked(organization(cx)?, false);
    told(cx, "The organization was unblocked; its users stay blocked until each is unblocked.")
}

fn delete(cx: &mut Cx<'_>) -> Result<Done, ConsoleError> {
    cx.tenant.delete_organization(organization(cx)?)?;
    Ok(Done::new(ORGANIZATIONS, "The organization was deleted."))
}

fn groups(cx: &mut Cx<'_>) -> Result<Page, ConsoleError> {
    let groups = cx.tenant.group_views();
    let content = html! {
        p { "SCIM groups come from the identity provider: push them there. They decide about organizations, roles and watchlists." }
        @if groups.is_empty() {
            p.empty { "There are no SCIM groups available." }
        } @else {
            div.table tabindex="0" role="group" aria-label="Groups" {
                table {
                    thead { tr { th scope="col" { "Name" } th scope="col" { "Provider" } th scope="col" { "Members" } th scope="col" { "Last change" } } }
                    tbody {
                        @for group in &groups {
                            tr {
                                th scope="row" { a href={ (GROUPS) "/" (text(group, "groupId")) } { (text(group, "displayName")) } }
                                td { (text(group, "provider")) }
                                td { (group["memberCount"]) }
                                td.time { (short_time(text(group, "modified"))) }
                            }
                        }
                    }
                }
            }
        }
    };
    Ok(Page::new("Groups", GROUPS, content).below(&[("Administration", None), ("Environment", None)]))
}

fn group(cx: &mut Cx<'_>) -> Result<Page, ConsoleError> {
    let group = cx.tenant.group_details(cx.id(0, "group")?, page_number(cx), SIZE)?;
    let members = group["members"].as_array().map_or(&[][..], Vec::as_slice);
    let count =
        group["memberCount"].as_u64().and_then(|count| usize::try_from(count).ok()).unwrap_or_default();
    let here = format!("{GROUPS}/{}", text(&group, "groupId"));
    let content = html! {
        dl.facts {
            div { dt { "Provider" } dd { (text(&group, "provider")) } }
            div { dt { "External ID" } dd { @if group["externalId"] == json!(null) { span.none { "none" } } @else { (text(&group, "externalId")) } } }
            div { dt { "Created" } dd { (short_time(text(&group, "created"))) } }
            div { dt { "Last change" } dd { (short_time(text(&group, "modified"))) } }
        }
        section aria-labelledby="members-heading" {
            h2 #members-heading { "Members" }
            @if members.is_empty() { p.empty { "Nobody." } }
            ul { @for member in members {
                li {
                    @if let Some(id) = member["userId"].as_str() {
                        a href={ (USERS) "/" (id) } { (text(member, "username")) } " " (state_badge(text(member, "state")))
                    } @else {
                        a href={ (GROUPS) "/" (text(member, "groupId")) } { (text(member, "displayName")) } " (group)"
                    }
                }
            } }
            @if count > SIZE { (pager(&here, "", page_number(cx), SIZE, count)) }
        }
    };
    Ok(Page::new(text(&group, "displayName"), GROUPS, content).below(&[
        ("Administration", None),
        ("Environment", None),
        ("Groups", Some(GROUPS)),
    ]))
}
