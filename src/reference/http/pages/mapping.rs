//! Organization mapping and role mapping of a provider (guide, Step 7 and Step 8).

use maud::{Markup, html};
use serde_json::Value;

use super::PROVISIONING;
use super::frame::post_button;
use super::providers::{address, below_provider, provider, text};
use super::route::{Cx, Done, Page, Route};
use crate::reference::tenant::requests as r;
use crate::reference::tenant::{ConsoleError, Id};

pub(super) static ROUTES: &[Route] = &[
    Route::show("/administration/identity-management/provisioning/{providerId}/org-mapping", method_form),
    Route::act(
        "/administration/identity-management/provisioning/{providerId}/org-mapping",
        set_method,
        method_form,
    ),
    Route::show("/administration/identity-management/provisioning/{providerId}/org-rules/add", org_rule_form),
    Route::act(
        "/administration/identity-management/provisioning/{providerId}/org-rules/add",
        add_org_rule,
        org_rule_form,
    ),
    Route::act(
        "/administration/identity-management/provisioning/{providerId}/org-rules/order",
        order_org_rules,
        super::providers::details,
    ),
    Route::show(
        "/administration/identity-management/provisioning/{providerId}/org-rules/{ruleId}",
        org_rule_form,
    ),
    Route::act(
        "/administration/identity-management/provisioning/{providerId}/org-rules/{ruleId}",
        edit_org_rule,
        org_rule_form,
    ),
    Route::act(
        "/administration/identity-management/provisioning/{providerId}/org-rules/{ruleId}/delete",
        remove_org_rule,
        super::providers::details,
    ),
    Route::show("/administration/identity-management/provisioning/{providerId}/role-mapping", mode_form),
    Route::act(
        "/administration/identity-management/provisioning/{providerId}/role-mapping",
        set_mode,
        mode_form,
    ),
    Route::show(
        "/administration/identity-management/provisioning/{providerId}/role-rules/add",
        role_rule_form,
    ),
    Route::act(
        "/administration/identity-management/provisioning/{providerId}/role-rules/add",
        add_role_rule,
        role_rule_form,
    ),
    Route::show(
        "/administration/identity-management/provisioning/{providerId}/role-rules/{ruleId}",
        role_rule_form,
    ),
    Route::act(
        "/administration/identity-management/provisioning/{providerId}/role-rules/{ruleId}",
        edit_role_rule,
        role_rule_form,
    ),
    Route::act(
        "/administration/identity-management/provisioning/{providerId}/role-rules/{ruleId}/delete",
        remove_role_rule,
        super::providers::details,
    ),
];

/// A mapping method as the guide names it.
pub(super) fn method_in_words(method: &str) -> &'static str {
    match method {
        "SINGLE_ORG" => "Create new users in an organization",
        "C42_ORG_NAME" => "Map users to organizations based on the provider's \"c42OrgName\" attribute",
        "SCIM_GROUPS" => "Map users to organizations using SCIM groups",
        _ => "None: users start in the default organization",
    }
}

fn items<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().map_or(&[], Vec::as_slice)
}

fn strings(value: &Value, key: &str) -> Vec<String> {
    items(value, key).iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// The messages of the guide about groups and their mappings.
fn status(code: &str) -> Markup {
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

fn rule_list(cx: &Cx<'_>, here: &str, rules: &[Value]) -> Markup {
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

fn moves(cx: &Cx<'_>, action: &str, rule: &str, direction: &str, last: bool, names: &str) -> Markup {
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

fn method_form(cx: &mut Cx<'_>) -> Result<Page, ConsoleError> {
    let provider = provider(cx)?;
    let (here, mapping) = (address(&provider), &provider["orgMapping"]);
    let choice = |method: &'static str| {
        let now = text(mapping, "method") == method;
        html! {
            label.box {
                input type="radio" name="method" value=(method) required checked[cx.chosen("method", method, now)] data-shows=(if method == "SINGLE_ORG" { "target-place" } else { "unmapped-place" });
                " "
                @match method {
                    "SINGLE_ORG" => "Create new users in the organization below",
                    "C42_ORG_NAME" => "Map users to organization based on the provider's \"c42OrgName\" attribute",
                    _ => "Map users to organizations using SCIM groups",
                }
            }
        }
    };
    let content = html! {
        form.stacked method="post" action={ (here) "/org-mapping" } data-dialog-content {
            (cx.token())
            fieldset {
                legend { "Mapping method" }
                (choice("SINGLE_ORG")) (choice("C42_ORG_NAME")) (choice("SCIM_GROUPS"))
            }
            div #target-place data-shown-by="method" {
                (organizations(cx, "target", "targetOrgGuid", "Organization of new users", text(mapping, "targetOrgId")))
                p.help { "For the first method." }
            }
            div #unmapped-place data-shown-by="method" {
                (organizations(cx, "unmapped", "unmappedOrgGuid", "Organization of unmapped users", text(mapping, "unmappedOrgId")))
                p.help { "For the other two methods: users without the attribute, or in no mapped group." }
            }
            div.buttons {
                button.main type="submit" { "Save" }
                a.button href=(here) data-close { "Cancel" }
            }
        }
    };
    Ok(below_provider(&provider, "Edit Organization Mapping Method", content))
}

fn details_of(id: Id) -> String {
    format!("{PROVISIONING}/{id}")
}

fn set_method(cx: &mut Cx<'_>) -> Result<Done, ConsoleError> {
    let id = cx.provider()?;
    let fields = r::SetOrgMapping {
        method: cx.word("method")?,
        target_org_guid: cx.field("targetOrgGuid"),
        unmapped_org_guid: cx.field("unmappedOrgGuid"),
    };
    cx.tenant.set_org_mapping(id, &fields)?;
    Ok(Done::new(details_of(id), "The organization mapping was saved. Nobody has been moved by it."))
}

/// The rule that the path names; none on the page that adds one.
fn rule_of(
    cx: &Cx<'_>,
    find: impl Fn(&Cx<'_>, Id, &str) -> Result<Value, ConsoleError>,
) -> Result<Value, ConsoleError> {
    match cx.value(1) {
        "" => Ok(Value::Null),
        rule => find(cx, cx.provider()?, rule),
    }
}

fn org_rule_form(cx: &mut Cx<'_>) -> Result<Page, ConsoleError> {
    let provider = provider(cx)?;
    let rule = rule_of(cx, |cx, id, rule| cx.tenant.org_rule(id, rule))?;
    let here = address(&provider);
    let action = if rule.is_null() {
        format!("{here}/org-rules/add")
    } else {
        format!("{here}/org-rules/{}", text(&rule, "ruleId"))
    };
    let pushed = cx.tenant.pushed_groups(cx.provider()?)?;
    let own = strings(&rule, "groupIds");
    // Only groups that have no mapping yet can be chosen, and the mapping's own.
    let free: Vec<&Value> = items(&pushed, "groups")
        .iter()
        .filter(|group| group["orgRuleId"].is_null() || group["orgRuleId"] == rule["ruleId"])
        .collect();
    let content = html! {
        form.stacked method="post" action=(action) data-dialog-content {
            (cx.token())
            fieldset {
                legend { "SCIM groups" }
                @if free.is_empty() {
                    @if items(&pushed, "groups").is_empty() { (status("NO_GROUPS_AVAILABLE")) } @else { (status("ALL_GROUPS_MAPPED")) }
                }
                @for group in &free {
                    @let id = text(group, "groupId");
                    label.box {
                        input type="checkbox" name="groupIds" value=(id) checked[cx.chosen("groupIds", id, own.iter().any(|own| own == id))];
                        " " (text(group, "displayName")) " (" (group["memberCount"]) ")"
                    }
                }
            }
            (organizations(cx, "organization", "orgGuid", "Select a Code42 organization", text(&rule, "orgId")))
            div.buttons {
                button.main type="submit" { "Save" }
                a.button href=(here) data-close { "Cancel" }
            }
        }
    };
    let title = if rule.is_null() { "Add Mapping" } else { "Edit Mapping" };
    Ok(below_provider(&provider, title, content))
}

fn org_rule_fields(cx: &Cx<'_>) -> r::OrgRule {
    r::OrgRule { group_ids: Some(cx.visit.fields("groupIds")), org_guid: cx.field("orgGuid") }
}

fn add_org_rule(cx: &mut Cx<'_>) -> Result<Done, ConsoleError> {
    let (id, fields) = (cx.provider()?, org_rule_fields(cx));
    cx.tenant.add_org_rule(id, &fields)?;
    Ok(Done::new(details_of(id), "The mapping was added, with the lowest priority."))
}

fn edit_org_rule(cx: &mut Cx<'_>) -> Result<Done, ConsoleError> {
    let (id, fields, rule) = (cx.provider()?, org_rule_fields(cx), cx.value(1).to_owned());
    cx.tenant.edit_org_rule(id, &rule, &fields)?;
    Ok(Done::new(details_of(id), "The mapping was saved."))
}

fn remove_org_rule(cx: &mut Cx<'_>) -> Result<Done, ConsoleError> {
    let (id, rule) = (cx.provider()?, cx.value(1).to_owned());
    cx.tenant.remove_org_rule(id, &rule)?;
    Ok(Done::new(details_of(id), "The mapping was deleted."))
}

/// Either one step of one mapping, or the whole order.
fn order_org_rules(cx: &mut Cx<'_>) -> Result<Done, ConsoleError> {
    let id = cx.provider()?;
    let mut order = cx.visit.fields("ruleIds");
    if let (Some(rule), Some(direction)) = (cx.visit.field("rule"), cx.visit.field("move")) {
        order = items(&cx.tenant.org_mapping(id)?, "rules")
            .iter()
            .map(|rule| text(rule, "ruleId").to_owned())
            .collect();
        let at = order.iter().position(|known| known == rule);
        let other = at.and_then(|at| if direction == "up" { at.checked_sub(1) } else { Some(at + 1) });
        if let (Some(at), Some(other)) = (at, other.filter(|other| *other < order.len())) {
            order.swap(at, other);
        }
    }
    cx.tenant.order_org_rules(id, &order)?;
    Ok(Done::new(
        format!("{}#org-heading", details_of(id)),
        "The priority was saved. Nobody has been moved by it.",
    ))
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

fn role_names(cx: &Cx<'_>) -> Vec<(String, String)> {
    let views = cx.tenant.role_views();
    views.iter().map(|role| (text(role, "roleId").to_owned(), text(role, "roleName").to_owned())).collect()
}

fn mode_form(cx: &mut Cx<'_>) -> Result<Page, ConsoleError> {
    let provider = provider(cx)?;
    let here = address(&provider);
    let mode = text(&provider["roleMapping"], "mode");
    let content = html! {
        form.stacked method="post" action={ (here) "/role-mapping" } data-dialog-content {
            (cx.token())
            fieldset {
                legend { "How roles are managed" }
                label.box {
                    input type="radio" name="mode" value="SCIM_GROUPS" required checked[cx.chosen("mode", "SCIM_GROUPS", mode == "SCIM_GROUPS")];
                    " Map SCIM groups to Code42 roles"
                }
                label.box {
                    input type="radio" name="mode" value="MANUAL" required checked[cx.chosen("mode", "MANUAL", mode == "MANUAL")];
                    " Manually"
                }
            }
            div.buttons {
                button.main type="submit" { "Save" }
                a.button href=(here) data-close { "Cancel" }
            }
        }
    };
    Ok(below_provider(&provider, "Edit Role Mapping", content))
}

fn set_mode(cx: &mut Cx<'_>) -> Result<Done, ConsoleError> {
    let (id, mode) = (cx.provider()?, cx.word("mode")?);
    cx.tenant.set_role_mapping(id, mode)?;
    Ok(Done::new(details_of(id), "The role mapping was saved. Nobody's roles have been changed by it."))
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

fn role_rule_form(cx: &mut Cx<'_>) -> Result<Page, ConsoleError> {
    let provider = provider(cx)?;
    let rule = rule_of(cx, |cx, id, rule| cx.tenant.role_rule(id, rule))?;
    let here = address(&provider);
    let pushed = cx.tenant.pushed_groups(cx.provider()?)?;
    // Only groups that have not been mapped appear (S103).
    let free: Vec<&Value> =
        items(&pushed, "groups").iter().filter(|group| group["roleRuleId"].is_null()).collect();
    let (action, title) = match text(&rule, "ruleId") {
        "" => (format!("{here}/role-rules/add"), "Add Role Mapping"),
        id => (format!("{here}/role-rules/{id}"), "Edit Role Mapping"),
    };
    let content = html! {
        form.stacked method="post" action=(action) data-dialog-content {
            (cx.token())
            @if rule.is_null() {
                @if free.is_empty() {
                    @if items(&pushed, "groups").is_empty() { (status("NO_GROUPS_AVAILABLE")) } @else { (status("ALL_GROUPS_MAPPED")) }
                }
                label for="group" { "SCIM group" }
                select #group name="groupId" required {
                    option value="" { "Select a SCIM group" }
                    @for group in &free {
                        @let id = text(group, "groupId");
                        option value=(id) selected[cx.chosen("groupId", id, false)] { (text(group, "displayName")) }
                    }
                }
            } @else {
                p { "SCIM group: " strong { (text(&rule, "group")) } }
            }
            (role_boxes(cx, &strings(&rule, "roleIds")))
            p.help { "With the backup agent, include Desktop User and PROe User; with the insider risk agent, Agent User." }
            div.buttons {
                button.main type="submit" { @if rule.is_null() { "Add" } @else { "Save" } }
                a.button href=(here) data-close { "Cancel" }
            }
        }
    };
    Ok(below_provider(&provider, title, content))
}

fn role_rule_fields(cx: &Cx<'_>) -> r::RoleRule {
    r::RoleRule { group_id: cx.field("groupId"), role_ids: Some(cx.visit.fields("roleIds")) }
}

fn add_role_rule(cx: &mut Cx<'_>) -> Result<Done, ConsoleError> {
    let (id, fields) = (cx.provider()?, role_rule_fields(cx));
    cx.tenant.add_role_rule(id, &fields)?;
    Ok(Done::new(details_of(id), "The role mapping was added."))
}

fn edit_role_rule(cx: &mut Cx<'_>) -> Result<Done, ConsoleError> {
    let (id, fields, rule) = (cx.provider()?, role_rule_fields(cx), cx.value(1).to_owned());
    cx.tenant.edit_role_rule(id, &rule, &fields)?;
    Ok(Done::new(details_of(id), "The role mapping was saved."))
}

fn remove_role_rule(cx: &mut Cx<'_>) -> Result<Done, ConsoleError> {
    let (id, rule) = (cx.provider()?, cx.value(1).to_owned());
    cx.tenant.remove_role_rule(id, &rule)?;
    Ok(Done::new(details_of(id), "The role mapping was deleted."))
}
