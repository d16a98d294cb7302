//! How organization mapping and role mapping look on a provider's details, and what their forms choose from.

use maud::{Markup, html};
use serde_json::Value;

use super::frame::post_button;
use super::provider_view::{address, text};
use super::route::Cx;

/// A mapping method as the guide names it.
pub(super) fn method_in_words(method: &str) -> &'static str {
    match method {
        "SINGLE_ORG" => "Create new users in an organization",
        "C42_ORG_NAME" => "Map users to organizations based on the provider's \"c42OrgName\" attribute",
        "SCIM_GROUPS" => "Map users to organizations using SCIM groups",
        _ => "None: users start in the default organization",
    }
}

pub(super) fn items<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().map_or(&[], Vec::as_slice)
}

pub(super) fn strings(value: &Value, key: &str) -> Vec<String> {
    items(value, key).iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// The messages of the guide about groups and their mappings.
pub(super) fn status(code: &str) -> Markup {
    html! {
        @match code {
            "NO_GROUPS_AVAILABLE" => p.state { "There are no SCIM groups available. Push groups from Okta first." },
            "ALL_GROUPS_MAPPED" => p.state.good { "All SCIM groups are mapped" },
            _ => p.state { "Some SCIM groups are not mapped yet." },
        }
    }
}

/// Organization Mapping on the provider's details.
pub(super) fn org_section(cx: &Cx<'_>, provider: &Value, groups: &Value) -> Markup {
    let (here, mapping) = (address(provider), &provider["orgMapping"]);
    let method = text(mapping, "method");
    let rules = items(mapping, "rules");
    let place = if method == "SINGLE_ORG" { "targetOrganization" } else { "unmappedOrganization" };
    html! {
        section aria-labelledby="org-heading" {
            div.heading {
                h2 #org-heading { "Organization Mapping" }
                a.button href={ (here) "/org-mapping" } data-dialog
                    aria-label=(if method == "NONE" { "Add Organization Mapping" } else { "Edit organization mapping" }) {
                    @if method == "NONE" { "Add Organization Mapping" } @else { "Edit" }
                }
            }
            p { (method_in_words(method)) }
            @if method == "SINGLE_ORG" { p { "Organization: " strong { (text(mapping, place)) } } }
            @if method == "C42_ORG_NAME" || method == "SCIM_GROUPS" {
                p { "Unmapped users: " strong { (text(mapping, place)) } }
            }
            @if method == "SCIM_GROUPS" {
                (status(text(groups, "orgMappingStatus")))
                @if !rules.is_empty() { (rule_list(cx, &here, rules)) }
                div.buttons { a.button href={ (here) "/org-rules/add" } data-dialog aria-label="Add organization mapping of SCIM groups" { "Add Mapping" } }
            }
        }
    }
}

pub(super) fn rule_list(cx: &Cx<'_>, here: &str, rules: &[Value]) -> Markup {
    let order = format!("{here}/org-rules/order");
    html! {
        p.help { "Whoever is in several groups goes where the first fitting mapping says." }
        form #order-form method="post" action=(order) hidden { (cx.token()) }
        ol.rules data-sort="order-form" {
            @for (at, rule) in rules.iter().enumerate() {
                @let (id, names) = (text(rule, "ruleId"), strings(rule, "groups").join(", "));
                @let names = if names.is_empty() { "no group any more".to_owned() } else { names };
                li data-rule=(id) {
                    span.priority { (at + 1) }
                    span.what { strong { (names) } " → " (text(rule, "organization")) }
                    span.buttons {
                        (moves(cx, &order, id, "up", at == 0, &names))
                        (moves(cx, &order, id, "down", at + 1 == rules.len(), &names))
                        a.button.small href={ (here) "/org-rules/" (id) } data-dialog aria-label={ "Edit mapping of " (names) } { "Edit" }
                        (post_button(cx.visit, &format!("{here}/org-rules/{id}/delete"), &[], "small", &html! { "Delete" span.unseen { " mapping of " (names) } }))
                    }
                }
            }
        }
    }
}

pub(super) fn moves(
    cx: &Cx<'_>,
    action: &str,
    rule: &str,
    direction: &str,
    last: bool,
    names: &str,
) -> Markup {
    html! {
        form.inline method="post" action=(action) {
            (cx.token())
            input type="hidden" name="rule" value=(rule);
            button.small type="submit" name="move" value=(direction) disabled[last] {
                span aria-hidden="true" { @if direction == "up" { "↑" } @else { "↓" } }
                span.unseen { "Move mapping of " (names) " " (direction) }
            }
        }
    }
}

/// The organizations that can be chosen, with one as it is now.
pub(super) fn organizations(cx: &Cx<'_>, id: &str, name: &str, label: &str, now: &str) -> Markup {
    html! {
        label for=(id) { (label) }
        select id=(id) name=(name) {
            option value="" { "Select an organization" }
            @for organization in cx.tenant.organization_views().iter().filter(|known| known["active"] == true) {
                @let org = text(organization, "orgId");
                option value=(org) selected[cx.chosen(name, org, org == now)] { (text(organization, "orgName")) }
            }
        }
    }
}

/// Role Mapping on the provider's details.
pub(super) fn role_section(cx: &Cx<'_>, provider: &Value, groups: &Value) -> Markup {
    let (here, mapping) = (address(provider), &provider["roleMapping"]);
    let by_groups = text(mapping, "mode") == "SCIM_GROUPS";
    let rules = items(mapping, "rules");
    let names = role_names(cx);
    let name = |role: &str| {
        names.iter().find(|(id, _)| id == role).map_or_else(|| role.to_owned(), |(_, name)| name.clone())
    };
    html! {
        section aria-labelledby="role-heading" {
            div.heading {
                h2 #role-heading { "Role Mapping" }
                a.button href={ (here) "/role-mapping" } data-dialog aria-label="Edit role mapping" { "Edit" }
            }
            @if by_groups {
                p { "Map SCIM groups to Code42 roles" }
                (status(text(groups, "roleMappingStatus")))
                @if !rules.is_empty() {
                    ul.rules {
                        @for rule in rules {
                            @let (id, group) = (text(rule, "ruleId"), text(rule, "group"));
                            li {
                                span.what { strong { (group) } " → " (strings(rule, "roleIds").iter().map(|role| name(role)).collect::<Vec<_>>().join(", ")) }
                                span.buttons {
                                    a.button.small href={ (here) "/role-rules/" (id) } data-dialog aria-label={ "Edit role mapping of " (group) } { "Edit" }
                                    (post_button(cx.visit, &format!("{here}/role-rules/{id}/delete"), &[], "small", &html! { "Delete" span.unseen { " role mapping of " (group) } }))
                                }
                            }
                        }
                    }
                }
                div.buttons { a.button href={ (here) "/role-rules/add" } data-dialog aria-label="Add role mapping" { "Add Mapping" } }
            } @else {
                p { "Manually: roles are managed in this console, and new users get the default roles of their organization." }
            }
        }
    }
}

pub(super) fn role_names(cx: &Cx<'_>) -> Vec<(String, String)> {
    let views = cx.tenant.role_views();
    views.iter().map(|role| (text(role, "roleId").to_owned(), text(role, "roleName").to_owned())).collect()
}

/// Boxes for the roles of the catalogue.
pub(super) fn role_boxes(cx: &Cx<'_>, now: &[String]) -> Markup {
    html! {
        fieldset.many {
            legend { "Roles" }
            @for (id, name) in role_names(cx) {
                label.box {
                    input type="checkbox" name="roleIds" value=(id) checked[cx.chosen("roleIds", &id, now.contains(&id))];
                    " " (name)
                }
            }
        }
    }
}
