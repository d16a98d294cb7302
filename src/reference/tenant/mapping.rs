//! How a provider's users come to organizations and roles, as the console configures it (guide, Step 7 and
//! Step 8; code42-service §3.5, §3.6). Changing it moves nobody: that is what Apply Org and Role Settings is for.

use serde_json::{Value, json};

use super::audit_log::Act;
use super::id::Id;
use super::model::{Group, Provider};
use super::model::{OrgMapping, OrgRule, RoleRule};
use super::requests::{
    OrgMethod, OrgRule as OrgRuleFields, RoleMode, RoleRule as RoleRuleFields, SetOrgMapping,
};
use super::role_set::RoleSet;
use super::{ConsoleError, Tenant};

fn org_rule_id(number: u32) -> String {
    format!("org-rule-{number}")
}

fn role_rule_id(number: u32) -> String {
    format!("role-rule-{number}")
}

fn refused(status: u16, code: &'static str, message: impl Into<String>) -> ConsoleError {
    ConsoleError::new(status, code, message)
}

impl Tenant {
    /// Organization Mapping: the method and the organization that it needs (S88 to S91).
    pub(crate) fn set_org_mapping(&mut self, id: Id, fields: &SetOrgMapping) -> Result<(), ConsoleError> {
        self.provider(id)?;
        let method = fields.method.ok_or_else(|| refused(400, "METHOD_REQUIRED", "`method` is required."))?;
        let needed = |given: &Option<String>, field: &str| -> Result<usize, ConsoleError> {
            let named = given.as_deref().ok_or_else(|| {
                let message = format!("`{field}` is required with the method {}.", method.as_str());
                refused(400, "ORG_REQUIRED", message)
            })?;
            self.open_organization(named)
        };
        let wanted = match method {
            OrgMethod::None => OrgMapping::None,
            OrgMethod::SingleOrg => OrgMapping::Single(needed(&fields.target_org_guid, "targetOrgGuid")?),
            OrgMethod::C42OrgName => {
                OrgMapping::OrgName(needed(&fields.unmapped_org_guid, "unmappedOrgGuid")?)
            }
            OrgMethod::ScimGroups => OrgMapping::Groups {
                unmapped: needed(&fields.unmapped_org_guid, "unmappedOrgGuid")?,
                // Another organization for the unmapped keeps the rules.
                rules: self.provider(id)?.org_mapping.rules().to_vec(),
            },
        };
        self.provider_mut(id)?.org_mapping = wanted;
        self.audit_provider(Act::OrgMappingChanged, id);
        Ok(())
    }

    pub(crate) fn org_mapping(&self, id: Id) -> Result<Value, ConsoleError> {
        self.provider(id).map(|provider| self.org_mapping_view(provider))
    }

    /// Add Mapping under Organization Mapping; the new one has the lowest priority.
    pub(crate) fn add_org_rule(&mut self, id: Id, fields: &OrgRuleFields) -> Result<Value, ConsoleError> {
        self.org_rules(id)?;
        let groups = fields.group_ids.as_deref().unwrap_or_default();
        let groups = self.rule_groups(id, groups, None)?;
        let named = fields.org_guid.as_deref().ok_or_else(|| {
            refused(400, "ORG_REQUIRED", "`orgGuid` is required: the organization of the members.")
        })?;
        let organization = self.open_organization(named)?;
        let number = self.provider_mut(id)?.next_rule();
        self.org_rules(id)?.push(OrgRule { number, groups, organization });
        self.audit_provider(Act::OrgMappingChanged, id);
        self.org_rule(id, &org_rule_id(number))
    }

    pub(crate) fn edit_org_rule(
        &mut self,
        id: Id,
        rule: &str,
        fields: &OrgRuleFields,
    ) -> Result<Value, ConsoleError> {
        let at = self.org_rule_place(id, rule)?;
        let groups = match &fields.group_ids {
            Some(groups) => Some(self.rule_groups(id, groups, Some(at))?),
            None => None,
        };
        let organization = match &fields.org_guid {
            Some(named) => Some(self.open_organization(named)?),
            None => None,
        };
        let found = &mut self.org_rules(id)?[at];
        if let Some(groups) = groups {
            found.groups = groups;
        }
        if let Some(organization) = organization {
            found.organization = organization;
        }
        self.audit_provider(Act::OrgMappingChanged, id);
        self.org_rule(id, rule)
    }

    pub(crate) fn remove_org_rule(&mut self, id: Id, rule: &str) -> Result<(), ConsoleError> {
        let at = self.org_rule_place(id, rule)?;
        self.org_rules(id)?.remove(at);
        self.audit_provider(Act::OrgMappingChanged, id);
        Ok(())
    }

    /// The priority of each mapping (S95): all of them, each once.
    pub(crate) fn order_org_rules(&mut self, id: Id, order: &[String]) -> Result<(), ConsoleError> {
        let rules = self.org_rules(id)?;
        let mut ordered = Vec::with_capacity(rules.len());
        for wanted in order {
            let found = rules.iter().find(|rule| org_rule_id(rule.number) == *wanted);
            ordered.extend(found.filter(|rule| !ordered.contains(*rule)).cloned());
        }
        if ordered.len() != rules.len() || order.len() != rules.len() {
            let message = "`ruleIds` must name every organization mapping of the provider, each once.";
            return Err(refused(400, "INVALID_ORDER", message));
        }
        *rules = ordered;
        self.audit_provider(Act::OrgMappingChanged, id);
        Ok(())
    }

    fn org_rules(&mut self, id: Id) -> Result<&mut Vec<OrgRule>, ConsoleError> {
        match &mut self.provider_mut(id)?.org_mapping {
            OrgMapping::Groups { rules, .. } => Ok(rules),
            _ => Err(refused(
                409,
                "WRONG_METHOD",
                "Groups are mapped to organizations only with the method SCIM_GROUPS; choose that first.",
            )),
        }
    }

    fn org_rule_place(&mut self, id: Id, rule: &str) -> Result<usize, ConsoleError> {
        let found = self.org_rules(id)?.iter().position(|known| org_rule_id(known.number) == rule);
        found.ok_or_else(|| ConsoleError::not_found("organization mapping"))
    }

    pub(crate) fn org_rule(&self, id: Id, rule: &str) -> Result<Value, ConsoleError> {
        let rules = self.provider(id)?.org_mapping.rules();
        let found = rules.iter().enumerate().find(|(_, known)| org_rule_id(known.number) == rule);
        found
            .map(|(at, rule)| self.org_rule_view(at, rule))
            .ok_or_else(|| ConsoleError::not_found("organization mapping"))
    }

    /// The groups of an organization mapping: known, and in no other one.
    fn rule_groups(&self, id: Id, groups: &[String], own: Option<usize>) -> Result<Vec<Id>, ConsoleError> {
        let mut found = Vec::new();
        for group in groups {
            let group = self.pushed_group(id, group)?;
            let mut others = self.provider(id)?.org_mapping.rules().iter().enumerate();
            if others.any(|(at, rule)| Some(at) != own && rule.groups.contains(&group.id)) {
                let message =
                    format!("The group `{}` is mapped to an organization already.", group.display_name);
                return Err(refused(409, "GROUP_MAPPED", message));
            }
            if !found.contains(&group.id) {
                found.push(group.id);
            }
        }
        if found.is_empty() {
            return Err(refused(400, "GROUP_REQUIRED", "`groupIds` must name at least one SCIM group."));
        }
        Ok(found)
    }

    /// Groups must be pushed before they can be mapped (S83).
    fn pushed_group(&self, provider: Id, group: &str) -> Result<&Group, ConsoleError> {
        Id::parse(group)
            .and_then(|id| self.store.group(id))
            .filter(|group| group.provider == provider)
            .ok_or_else(|| {
                let message = format!("The provider has pushed no group `{group}`.");
                refused(400, "GROUP_UNKNOWN", message)
            })
    }

    /// Role Mapping ▸ Edit: by SCIM groups, or manually. The mappings are kept for the case that the mode
    /// comes back.
    pub(crate) fn set_role_mapping(&mut self, id: Id, mode: Option<RoleMode>) -> Result<(), ConsoleError> {
        let mode = mode.ok_or_else(|| refused(400, "MODE_REQUIRED", "`mode` is required."))?;
        self.provider_mut(id)?.role_mapping.by_groups = mode == RoleMode::ScimGroups;
        self.audit_provider(Act::RoleMappingChanged, id);
        Ok(())
    }

    pub(crate) fn role_mapping(&self, id: Id) -> Result<Value, ConsoleError> {
        self.provider(id).map(|provider| self.role_mapping_view(provider))
    }

    /// Add Mapping under Role Mapping: one group, which has none yet, and one or more roles (S102 to S104).
    pub(crate) fn add_role_rule(&mut self, id: Id, fields: &RoleRuleFields) -> Result<Value, ConsoleError> {
        if !self.provider(id)?.role_mapping.by_groups {
            let message = "Roles are managed manually; choose the mode SCIM_GROUPS first.";
            return Err(refused(409, "WRONG_MODE", message));
        }
        let named = fields
            .group_id
            .as_deref()
            .ok_or_else(|| refused(400, "GROUP_REQUIRED", "`groupId` is required."))?;
        let group = self.pushed_group(id, named)?;
        let (group, name) = (group.id, group.display_name.clone());
        if self.provider(id)?.role_mapping.rules.iter().any(|rule| rule.group == group) {
            let message = format!("The group `{name}` is mapped to roles already; change that mapping.");
            return Err(refused(409, "GROUP_MAPPED", message));
        }
        let roles = self.rule_roles(fields.role_ids.as_deref())?;
        let provider = self.provider_mut(id)?;
        let number = provider.next_rule();
        provider.role_mapping.rules.push(RoleRule { number, group, roles });
        self.audit_provider(Act::RoleMappingChanged, id);
        self.role_rule(id, &role_rule_id(number))
    }

    pub(crate) fn edit_role_rule(
        &mut self,
        id: Id,
        rule: &str,
        fields: &RoleRuleFields,
    ) -> Result<Value, ConsoleError> {
        let at = self.role_rule_place(id, rule)?;
        let roles = self.rule_roles(fields.role_ids.as_deref())?;
        let found = &mut self.provider_mut(id)?.role_mapping.rules[at];
        if fields.group_id.as_ref().is_some_and(|group| *group != found.group.to_string()) {
            let message = "The group of a role mapping stays; delete the mapping and add another.";
            return Err(refused(409, "GROUP_FIXED", message));
        }
        found.roles = roles;
        self.audit_provider(Act::RoleMappingChanged, id);
        self.role_rule(id, rule)
    }

    pub(crate) fn remove_role_rule(&mut self, id: Id, rule: &str) -> Result<(), ConsoleError> {
        let at = self.role_rule_place(id, rule)?;
        self.provider_mut(id)?.role_mapping.rules.remove(at);
        self.audit_provider(Act::RoleMappingChanged, id);
        Ok(())
    }

    fn role_rule_place(&self, id: Id, rule: &str) -> Result<usize, ConsoleError> {
        let rules = &self.provider(id)?.role_mapping.rules;
        let found = rules.iter().position(|known| role_rule_id(known.number) == rule);
        found.ok_or_else(|| ConsoleError::not_found("role mapping"))
    }

    pub(crate) fn role_rule(&self, id: Id, rule: &str) -> Result<Value, ConsoleError> {
        let at = self.role_rule_place(id, rule)?;
        Ok(self.role_rule_view(&self.provider(id)?.role_mapping.rules[at]))
    }

    /// A mapping may name a role that was withdrawn since, but none that is now.
    fn rule_roles(&self, roles: Option<&[String]>) -> Result<RoleSet, ConsoleError> {
        let roles = RoleSet::parse(roles.unwrap_or_default())?;
        if roles.is_empty() {
            return Err(refused(400, "ROLE_REQUIRED", "`roleIds` must name at least one role."));
        }
        if let Some(role) = roles.minus(roles.minus(self.withdrawn)).slugs().first() {
            let message = format!("The role `{role}` is not available.");
            return Err(refused(400, "ROLE_UNAVAILABLE", message));
        }
        Ok(roles)
    }

    /// A deleted group leaves the mappings: a role mapping goes, an organization mapping may become empty
    /// (code42-service §3.7).
    pub(super) fn unmap_group(&mut self, provider: Id, group: Id) {
        let Ok(provider) = self.provider_mut(provider) else { return };
        provider.role_mapping.rules.retain(|rule| rule.group != group);
        if let OrgMapping::Groups { rules, .. } = &mut provider.org_mapping {
            for rule in rules {
                rule.groups.retain(|known| *known != group);
            }
        }
    }

    /// The groups that the provider pushed, with their mappings and what the console says of them all.
    pub(crate) fn pushed_groups(&self, id: Id) -> Result<Value, ConsoleError> {
        let provider = self.provider(id)?;
        let groups: Vec<Value> = self
            .store
            .groups(id)
            .map(|group| {
                let org_rule = provider.org_mapping.rule_of(group.id);
                let role_rule = provider.role_mapping.rules.iter().find(|rule| rule.group == group.id);
                json!({
                    "groupId": group.id.to_string(),
                    "displayName": group.display_name,
                    "memberCount": group.members.len(),
                    "orgRuleId": org_rule.map(|rule| org_rule_id(rule.number)),
                    "roleRuleId": role_rule.map(|rule| role_rule_id(rule.number)),
                })
            })
            .collect();
        Ok(json!({
            "orgMappingStatus": self.org_mapping_status(provider),
            "roleMappingStatus": self.role_mapping_status(provider),
            "groups": groups,
        }))
    }

    fn org_mapping_status(&self, provider: &Provider) -> &'static str {
        self.status(provider, |group| provider.org_mapping.rule_of(group).is_some())
    }

    fn role_mapping_status(&self, provider: &Provider) -> &'static str {
        self.status(provider, |group| provider.role_mapping.rules.iter().any(|rule| rule.group == group))
    }

    /// The messages of S94, S96, S106 and S107.
    fn status(&self, provider: &Provider, mapped: impl Fn(Id) -> bool) -> &'static str {
        let mut groups = self.store.groups(provider.id).peekable();
        if groups.peek().is_none() {
            "NO_GROUPS_AVAILABLE"
        } else if groups.all(|group| mapped(group.id)) {
            "ALL_GROUPS_MAPPED"
        } else {
            "UNMAPPED_GROUPS"
        }
    }

    pub(super) fn org_mapping_view(&self, provider: &Provider) -> Value {
        let mapping = &provider.org_mapping;
        let mut view = json!({ "method": mapping.method().as_str() });
        let mut place = |key: &str, organization: usize| {
            let organization = &self.organizations[organization];
            view[format!("{key}OrgId")] = json!(organization.id.to_string());
            view[format!("{key}Organization")] = json!(&*organization.name);
        };
        match mapping {
            OrgMapping::None => {}
            OrgMapping::Single(target) => place("target", *target),
            OrgMapping::OrgName(unmapped) => place("unmapped", *unmapped),
            OrgMapping::Groups { unmapped, rules } => {
                place("unmapped", *unmapped);
                let rules = rules.iter().enumerate().map(|(at, rule)| self.org_rule_view(at, rule));
                view["rules"] = rules.collect();
                view["status"] = json!(self.org_mapping_status(provider));
            }
        }
        view
    }

    fn org_rule_view(&self, at: usize, rule: &OrgRule) -> Value {
        let organization = &self.organizations[rule.organization];
        json!({
            "ruleId": org_rule_id(rule.number),
            "priority": at + 1,
            "groupIds": rule.groups.iter().map(Id::to_string).collect::<Vec<_>>(),
            "groups": rule.groups.iter().filter_map(|id| self.group_name(*id)).collect::<Vec<_>>(),
            "orgId": organization.id.to_string(),
            "organization": &*organization.name,
            "empty": rule.groups.is_empty(),
        })
    }

    pub(super) fn role_mapping_view(&self, provider: &Provider) -> Value {
        let mapping = &provider.role_mapping;
        if !mapping.by_groups {
            return json!({ "mode": RoleMode::Manual.as_str() });
        }
        json!({
            "mode": RoleMode::ScimGroups.as_str(),
            "rules": mapping.rules.iter().map(|rule| self.role_rule_view(rule)).collect::<Vec<_>>(),
            "status": self.role_mapping_status(provider),
        })
    }

    fn role_rule_view(&self, rule: &RoleRule) -> Value {
        json!({
            "ruleId": role_rule_id(rule.number),
            "groupId": rule.group.to_string(),
            "group": self.group_name(rule.group),
            "roleIds": rule.roles.slugs(),
        })
    }

    fn group_name(&self, id: Id) -> Option<&str> {
        self.store.group(id).map(|group| group.display_name.as_str())
    }
}
