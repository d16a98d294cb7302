//! The role catalogue (code42-service §3.2), sets of roles, and which roles can be given.

use serde_json::{Value, json};

use super::audit_log::Act;
use super::id::Id;
use super::model::RoleSource;
use super::role_set::{ROLES, RoleSet};
use super::{ConsoleError, Tenant};

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
