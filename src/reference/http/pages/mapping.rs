//! Organization mapping and role mapping of a provider (guide, Step 7 and Step 8).

use maud::html;
use serde_json::Value;

use super::addresses::PROVISIONING;
use super::mapping_view::{items, organizations, role_boxes, status, strings};
use super::provider_view::{address, below_provider, provider, text};
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
