//! The role catalogue (code42-service §3.2), sets of roles, and which roles can be given.

use serde_json::{Value, json};

use super::audit::Act;
use super::model::{Id, RoleSource};
use super::{ConsoleError, Tenant};

/// Identifier and name, as published.
pub(super) const ROLES: [(&str, &str); 24] = [
    ("desktop-user", "Desktop User"),
    ("proe-user", "PROe User"),
    ("agent-user", "Agent User"),
    ("org-admin", "Org Admin"),
    ("org-manager", "Org Manager"),
    ("org-help-desk", "Org Help Desk"),
    ("org-legal-admin", "Org Legal Admin"),
    ("org-security-viewer", "Org Security Viewer"),
    ("cross-org-admin", "Cross Org Admin"),
    ("cross-org-manager", "Cross Org Manager"),
    ("cross-org-help-desk", "Cross Org Help Desk"),
    ("cross-org-legal-admin", "Cross Org Legal Admin"),
    ("cross-org-security-viewer", "Cross Org Security Viewer"),
    ("admin-restore", "Admin Restore"),
    ("admin-restore-limited", "Admin Restore Limited"),
    ("push-restore", "Push Restore"),
    ("remote-file-selection", "Remote File Selection"),
    ("customer-cloud-admin", "Customer Cloud Admin"),
    ("alert-emails", "Alert Emails"),
    ("security-center-user", "Security Center User"),
    ("audit-log-viewer", "Audit Log Viewer"),
    ("insider-risk-admin", "Insider Risk Admin"),
    ("watchlist-manager", "Watchlist Manager"),
    ("identity-management-administrator", "Identity Management Administrator"),
];

/// Some of the roles.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct RoleSet(u32);

impl RoleSet {
    pub(super) const NONE: Self = Self(0);

    pub(super) fn of(slugs: &[&str]) -> Self {
        let bits = ROLES.iter().enumerate().filter(|(_, (slug, _))| slugs.contains(slug));
        Self(bits.fold(0, |set, (index, _)| set | 1 << index))
    }

    /// From identifiers as a client writes them, at least one where that is required.
    pub(super) fn parse(slugs: &[String]) -> Result<Self, ConsoleError> {
        let mut set = Self::NONE;
        for slug in slugs {
            let index = ROLES.iter().position(|(known, _)| known == slug).ok_or_else(|| {
                ConsoleError::new(
                    400,
                    "ROLE_UNKNOWN",
                    format!("There is no role `{slug}`; GET /console/v1/roles lists them."),
                )
            })?;
            set.0 |= 1 << index;
        }
        Ok(set)
    }

    pub(super) fn contains(self, slug: &str) -> bool {
        ROLES.iter().position(|(known, _)| *known == slug).is_some_and(|index| self.0 >> index & 1 == 1)
    }

    pub(super) fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(super) fn minus(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    pub(super) fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// In alphabetical order.
    pub(super) fn slugs(self) -> Vec<&'static str> {
        let mut slugs: Vec<&str> = ROLES
            .iter()
            .enumerate()
            .filter(|(index, _)| self.0 >> index & 1 == 1)
            .map(|(_, (slug, _))| *slug)
            .collect();
        slugs.sort_unstable();
        slugs
    }
}

/// What users have in an organization without any setting: those who have the backup agent need both of its
/// roles (guide, Step 8).
pub(super) fn basic_roles(backup_agent: bool) -> RoleSet {
    RoleSet::of(if backup_agent { &["desktop-user", "proe-user"] } else { &["agent-user"] })
}

impl Tenant {
    /// The whole catalogue.
    pub(crate) fn role_views(&self) -> Vec<Value> {
        ROLES.iter().map(|(slug, name)| self.role_of(slug, name)).collect()
    }

    fn role_of(&self, slug: &str, name: &str) -> Value {
        json!({ "roleId": slug, "roleName": name, "available": !self.withdrawn.contains(slug) })
    }

    pub(crate) fn role_view(&self, role: &str) -> Result<Value, ConsoleError> {
        let found = ROLES.iter().find(|(slug, _)| *slug == role);
        found.map(|(slug, name)| self.role_of(slug, name)).ok_or_else(|| ConsoleError::not_found("role"))
    }

    /// Withdraws a role from the catalogue, or puts it back. Holders keep it until they are evaluated.
    pub(crate) fn set_role_available(&mut self, role: &str, available: bool) -> Result<(), ConsoleError> {
        self.role_view(role)?;
        let role = RoleSet::of(&[role]);
        self.withdrawn = if available { self.withdrawn.minus(role) } else { self.withdrawn.union(role) };
        Ok(())
    }

    pub(crate) fn user_roles(&self, id: Id) -> Result<Vec<&'static str>, ConsoleError> {
        self.user(id).map(|user| user.roles.slugs()).ok_or_else(|| ConsoleError::not_found("user"))
    }

    /// Gives a user exactly these roles by hand. The answer has the public form: what was processed, what is
    /// new, what is gone, and what was ignored because it is not available.
    pub(crate) fn set_user_roles(&mut self, id: Id, roles: &[String]) -> Result<Value, ConsoleError> {
        let wanted = RoleSet::parse(roles)?;
        let mut user = self.console_user(id)?;
        let processed = wanted.minus(self.withdrawn);
        let before = std::mem::replace(&mut user.roles, processed);
        user.role_source = RoleSource::Manual;
        self.audit(Act::RolesChanged, Some(&user));
        self.store.put_user(user);
        Ok(json!({
            "processedReplacementRoleIds": processed.slugs(),
            "newlyAssignedRolesIds": processed.minus(before).slugs(),
            "unassignedRolesIds": before.minus(processed).slugs(),
            "ignoredRolesIds": wanted.minus(processed).slugs(),
        }))
    }
}
