//! Organizations: a tree, with settings of their own or inherited, active or not, blocked or not
//! (code42-service §3.2 and §3.5).

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::audit_log::Act;
use super::id::Id;
use super::model::{BlockReason, User};
use super::organization::Organization;
use super::requests::{AddOrganization, AuthMethod, EditOrganization, OrganizationSettings};
use super::role_set::RoleSet;
use super::roles::basic_roles;
use super::{ConsoleError, Tenant, lifecycle, time};

/// The shortest name of an organization, in characters.
pub(super) const SHORTEST_NAME: usize = 3;

/// An identifier in the form of a UUID (RFC 9562 §5.8) that depends on nothing but its arguments.
fn guid(seed: u64, id: Id) -> Box<str> {
    let digest: [u8; 32] = Sha256::new()
        .chain_update(b"organization")
        .chain_update(seed.to_le_bytes())
        .chain_update(id.0.to_le_bytes())
        .finalize()
        .into();
    let hex: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    format!("{}-{}-8{}-a{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..]).into()
}

fn name_of(name: Option<&str>) -> Result<&str, ConsoleError> {
    let name = name.map(str::trim).unwrap_or_default();
    if name.is_empty() {
        return Err(ConsoleError::new(
            400,
            "ORG_NAME_MISSING",
            "`orgName` is required and must not be empty.",
        ));
    }
    if name.chars().count() < SHORTEST_NAME {
        return Err(ConsoleError::new(
            400,
            "ORG_NAME_TOO_SHORT",
            format!("The name of an organization has at least {SHORTEST_NAME} characters."),
        ));
    }
    Ok(name)
}

fn days(days: Option<i64>) -> Result<Option<i64>, ConsoleError> {
    match days {
        Some(days) if !(0..=3_650).contains(&days) => Err(ConsoleError::new(
            400,
            "INVALID_HOLD_DAYS",
            "`archiveHoldDays` must be an integer from 0 to 3650.",
        )),
        days => Ok(days),
    }
}

impl Tenant {
    /// An organization that inherits everything.
    pub(super) fn new_organization(
        &mut self,
        name: &str,
        parent: Option<usize>,
        created_by: Option<Id>,
    ) -> usize {
        let id = self.fresh_id();
        self.organizations.add(Organization {
            id,
            guid: guid(self.seed, id),
            name: name.into(),
            parent,
            active: true,
            blocked: false,
            gone: false,
            own_auth_method: None,
            own_default_roles: None,
            own_archive_hold_days: None,
            created_by,
            notes: None,
            external_reference: None,
            created: self.now,
            modified: self.now,
            deactivated: None,
        })
    }

    /// The roles of users who are not mapped (S99).
    pub(super) fn default_roles(&self, organization: usize) -> RoleSet {
        let own = self.organizations.own_default_roles(organization);
        own.unwrap_or_else(|| basic_roles(self.behaviour.backup_agent))
    }

    /// The organization that a client names by orgGuid or orgId.
    pub(crate) fn organization(&self, named: &str) -> Result<usize, ConsoleError> {
        self.organizations
            .iter()
            .find(|(_, known)| known.guid.eq_ignore_ascii_case(named) || known.id.to_string() == named)
            .map(|(index, _)| index)
            .ok_or_else(|| ConsoleError::new(404, "ORG_NOT_FOUND", "Organization was not found."))
    }

    /// The organization that a client names by identifier or by name, if it names one.
    pub(super) fn organization_of(
        &self,
        guid: Option<&str>,
        name: Option<&str>,
    ) -> Result<Option<usize>, ConsoleError> {
        match (guid, name.map(str::trim).filter(|name| !name.is_empty())) {
            (Some(guid), _) => self.organization(guid).map(Some),
            (None, Some(name)) => {
                let found = self.organizations.active_by_name(name);
                let found = found.or_else(|| self.organizations.named(name).next());
                found
                    .map(Some)
                    .ok_or_else(|| ConsoleError::new(404, "ORG_NOT_FOUND", "Organization was not found."))
            }
            (None, None) => Ok(None),
        }
    }

    /// Refuses an organization into which nobody can be put.
    pub(super) fn open_organization(&self, named: &str) -> Result<usize, ConsoleError> {
        let index = self.organization(named)?;
        if self.organizations.is_open(index) {
            return Ok(index);
        }
        Err(ConsoleError::new(400, "ORG_INACTIVE", "The organization is not active."))
    }

    pub(crate) fn add_organization(&mut self, fields: &AddOrganization) -> Result<usize, ConsoleError> {
        let name = name_of(fields.org_name.as_deref())?;
        let parent = match &fields.parent_org_guid {
            Some(parent) => self.organization(parent)?,
            None => 0,
        };
        if !self.organizations[parent].active {
            return Err(ConsoleError::new(
                400,
                "PARENT_ORG_NOT_ACTIVE",
                "The organization above is not active.",
            ));
        }
        if self.organizations.is_blocked(parent) {
            return Err(ConsoleError::new(400, "PARENT_ORG_BLOCKED", "The organization above is blocked."));
        }
        self.refuse_duplicate(name, parent, None)?;
        let roles = fields.default_role_ids.as_deref().map(RoleSet::parse).transpose()?;
        let hold_days = days(fields.archive_hold_days)?;
        let index = self.new_organization(name, Some(parent), None);
        let organization = &mut self.organizations.all[index];
        organization.own_auth_method = fields.auth_method;
        organization.own_default_roles = roles;
        organization.own_archive_hold_days = hold_days;
        organization.notes.clone_from(&fields.notes);
        organization.external_reference.clone_from(&fields.org_ext_ref);
        self.audit_organization(Act::OrganizationAdded, index);
        Ok(index)
    }

    fn refuse_duplicate(&self, name: &str, parent: usize, own: Option<usize>) -> Result<(), ConsoleError> {
        let taken = self.organizations.named(name).any(|index| {
            Some(index) != own
                && self.organizations[index].active
                && self.organizations[index].parent == Some(parent)
        });
        if taken {
            let message = format!("An organization with the name `{name}` exists already.");
            return Err(ConsoleError::new(409, "ORG_DUPLICATE", message));
        }
        Ok(())
    }

    pub(crate) fn edit_organization(
        &mut self,
        index: usize,
        fields: &EditOrganization,
    ) -> Result<(), ConsoleError> {
        if let Some(name) = &fields.org_name {
            let name = name_of(Some(name))?;
            let parent = self.organizations[index].parent.unwrap_or(index);
            self.refuse_duplicate(name, parent, Some(index))?;
            self.organizations.rename(index, name);
        }
        let now = self.now;
        let organization = &mut self.organizations.all[index];
        organization.modified = now;
        if fields.notes.is_some() {
            organization.notes.clone_from(&fields.notes);
        }
        if fields.org_ext_ref.is_some() {
            organization.external_reference.clone_from(&fields.org_ext_ref);
        }
        self.audit_organization(Act::OrganizationChanged, index);
        Ok(())
    }

    /// Own settings; to inherit one again discards its own value (code42-service §1.4).
    pub(crate) fn set_organization_settings(
        &mut self,
        index: usize,
        fields: &OrganizationSettings,
    ) -> Result<(), ConsoleError> {
        let roles = fields.default_role_ids.as_deref().map(RoleSet::parse).transpose()?;
        let hold_days = days(fields.archive_hold_days)?;
        let now = self.now;
        let organization = &mut self.organizations.all[index];
        fn settle<T>(own: &mut Option<T>, given: Option<T>, inherit: bool) {
            if inherit {
                *own = None;
            } else if given.is_some() {
                *own = given;
            }
        }
        settle(&mut organization.own_auth_method, fields.auth_method, fields.inherit.auth_method);
        settle(&mut organization.own_default_roles, roles, fields.inherit.default_role_ids);
        settle(&mut organization.own_archive_hold_days, hold_days, fields.inherit.archive_hold_days);
        organization.modified = now;
        self.audit_organization(Act::OrganizationChanged, index);
        Ok(())
    }

    pub(crate) fn set_organization_active(&mut self, index: usize, active: bool) -> Result<(), ConsoleError> {
        let now = self.now;
        if !active && (index == 0 || index == self.default_organization) {
            return Err(ConsoleError::new(
                409,
                "ORG_NEEDED",
                "The root and the default organization cannot be deactivated.",
            ));
        }
        let organization = &mut self.organizations.all[index];
        organization.active = active;
        organization.deactivated = (!active).then_some(now);
        organization.modified = now;
        self.audit_organization(
            if active { Act::OrganizationActivated } else { Act::OrganizationDeactivated },
            index,
        );
        Ok(())
    }

    /// Blocks an organization with its users and the organizations below it, or unblocks the organizations:
    /// users stay blocked until they are unblocked one by one (code42-service §1.3).
    pub(crate) fn set_organization_blocked(&mut self, index: usize, blocked: bool) {
        let below: Vec<usize> = self
            .organizations
            .iter()
            .map(|(known, _)| known)
            .filter(|known| self.organizations.is_below(*known, index))
            .collect();
        for known in &below {
            self.organizations.all[*known].blocked = blocked;
        }
        if blocked {
            let inside = |user: &&User| user.active && below.contains(&user.organization);
            let users: Vec<User> = self.store.users().filter(inside).cloned().collect();
            for mut user in users {
                user.block_reasons.insert(BlockReason::Manual);
                lifecycle::sign_out(&mut user);
                self.store.put_user(user);
            }
        }
        self.audit_organization(
            if blocked { Act::OrganizationBlocked } else { Act::OrganizationUnblocked },
            index,
        );
    }

    pub(crate) fn delete_organization(&mut self, index: usize) -> Result<(), ConsoleError> {
        let needed = |why: &str| Err(ConsoleError::new(409, "ORG_IN_USE", why));
        if index == 0 || index == self.default_organization {
            return needed("The root and the default organization cannot be deleted.");
        }
        if let Some(provider) =
            self.providers.iter().find(|provider| !provider.removed && provider.org_mapping.uses(index))
        {
            let name = &provider.display_name;
            return needed(&format!(
                "The organization mapping of the provider `{name}` needs it; change that first."
            ));
        }
        if self.store.users().any(|user| user.organization == index) {
            return needed("There are users in it; move them first.");
        }
        if self.organizations.iter().any(|(_, known)| known.parent == Some(index)) {
            return needed("There are organizations below it; delete them first.");
        }
        self.organizations.forget_name(index);
        self.organizations.all[index].gone = true;
        self.audit_organization(Act::OrganizationDeleted, index);
        Ok(())
    }

    /// The public form (code42-service §4).
    pub(crate) fn organization_view(&self, index: usize) -> Value {
        let counts = self.count_users();
        self.organization_with(index, counts.get(index).copied().unwrap_or_default())
    }

    pub(crate) fn organization_views(&self) -> Vec<Value> {
        let counts = self.count_users();
        let count = |index: usize| counts.get(index).copied().unwrap_or_default();
        self.organizations.iter().map(|(index, _)| self.organization_with(index, count(index))).collect()
    }

    /// Users and their devices, by organization.
    fn count_users(&self) -> Vec<(usize, usize)> {
        let mut counts = vec![(0, 0); self.organizations.all.len()];
        for user in self.store.users() {
            if let Some((users, devices)) = counts.get_mut(user.organization) {
                *users += 1;
                *devices += user.devices.len();
            }
        }
        counts
    }

    fn organization_with(&self, index: usize, (users, devices): (usize, usize)) -> Value {
        let organization = &self.organizations[index];
        let hex = organization.guid.replace('-', "").to_uppercase();
        let key = [&hex[..4], &hex[4..8], &hex[8..12], &hex[16..20]].join("-");
        let parent = organization.parent.map(|parent| &*self.organizations[parent].guid);
        json!({
            "orgGuid": &*organization.guid,
            "orgId": organization.id.to_string(),
            "legacyOrgId": index + 1,
            "orgName": &*organization.name,
            "orgExtRef": organization.external_reference,
            "notes": organization.notes,
            "parentOrgGuid": parent,
            "active": organization.active,
            "blocked": self.organizations.is_blocked(index),
            "creationDate": time(organization.created),
            "modificationDate": time(organization.modified),
            "deactivationDate": organization.deactivated.map(time),
            "registrationKey": key,
            "userCount": users,
            "computerCount": devices,
            "orgCount": self.organizations.iter().filter(|(_, known)| known.parent == Some(index)).count(),
        })
    }

    pub(crate) fn organization_settings(&self, index: usize) -> Value {
        let organization = &self.organizations[index];
        json!({
            "authMethod": self.auth_method(index),
            "defaultRoleIds": self.default_roles(index).slugs(),
            "archiveHoldDays": self.organizations.archive_hold_days(index),
            "inherit": {
                "authMethod": organization.own_auth_method.is_none(),
                "defaultRoleIds": organization.own_default_roles.is_none(),
                "archiveHoldDays": organization.own_archive_hold_days.is_none(),
            },
        })
    }

    pub(super) fn auth_method(&self, index: usize) -> &'static str {
        let method =
            if self.organizations.single_sign_on(index) { AuthMethod::Sso } else { AuthMethod::Local };
        method.as_str()
    }

    /// Who made it, in words.
    pub(super) fn creator(&self, index: usize) -> String {
        match self.organizations[index].created_by {
            Some(provider) => format!("PROVISIONING by {}", self.provider_name(provider)),
            None => "CONSOLE".to_owned(),
        }
    }
}
