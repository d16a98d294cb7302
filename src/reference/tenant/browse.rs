//! What people look for on the console's pages: users by a part of their name, groups with their members.

use serde_json::{Value, json};

use super::id::Id;
use super::model::{Group, User};
use super::{ConsoleError, Tenant};

/// Which users are wanted; what is absent admits all.
#[derive(Debug, Clone, Default)]
pub(crate) struct UserQuery {
    /// A part of user name, given name or family name.
    pub(crate) text: Option<String>,
    /// A state, as the console names it.
    pub(crate) state: Option<String>,
    /// An organization.
    pub(crate) organization: Option<usize>,
}

/// States of a user, as the console names them.
pub(crate) const USER_STATES: [&str; 6] =
    ["ACTIVE", "BLOCKED", "PENDING_DEACTIVATION", "HELD", "DEACTIVATED", "PURGED"];

impl UserQuery {
    fn admits(&self, user: &User) -> bool {
        self.state.as_deref().is_none_or(|state| user.state() == state)
            && self.organization.is_none_or(|organization| user.organization == organization)
            && self.text.as_deref().is_none_or(|text| {
                let scim = user.scim.object();
                let name =
                    |part: &str| scim.get("name").and_then(|name| name.get(part)?.as_str()).unwrap_or("");
                let name = format!("{} {}", name("givenName"), name("familyName"));
                user.username().to_lowercase().contains(text) || name.to_lowercase().contains(text)
            })
    }
}

impl Tenant {
    /// A page of users, and how many fit in all.
    pub(crate) fn find_users(&self, query: &UserQuery, page: usize, size: usize) -> (Vec<Value>, usize) {
        let query = UserQuery { text: query.text.as_deref().map(str::to_lowercase), ..query.clone() };
        let found: Vec<&User> = self.store.users().filter(|user| query.admits(user)).collect();
        let skipped = page.saturating_sub(1).saturating_mul(size);
        (found.iter().skip(skipped).take(size).map(|user| self.console_view(user)).collect(), found.len())
    }

    /// The user of this name.
    pub(crate) fn user_named(&self, username: &str) -> Result<Id, ConsoleError> {
        let missing = || ConsoleError::new(404, "USER_UNKNOWN", format!("There is no user `{username}`."));
        self.store.user_by_name(username).map(|user| user.id).ok_or_else(missing)
    }

    /// The groups of all providers, without their members.
    pub(crate) fn group_views(&self) -> Vec<Value> {
        let groups = self.providers.iter().flat_map(|provider| self.store.groups(provider.id));
        groups.map(|group| self.group_view(group)).collect()
    }

    fn group_view(&self, group: &Group) -> Value {
        json!({
            "groupId": group.id.to_string(),
            "displayName": group.display_name,
            "externalId": group.external_id,
            "provider": self.provider_name(group.provider),
            "memberCount": group.members.len(),
            "modified": group.modified.as_str(),
        })
    }

    /// A group and a page of its members, which are users or groups.
    pub(crate) fn group_details(&self, id: Id, page: usize, size: usize) -> Result<Value, ConsoleError> {
        let group = self.store.group(id).ok_or_else(|| ConsoleError::not_found("group"))?;
        let mut view = self.group_view(group);
        let skipped = page.saturating_sub(1).saturating_mul(size);
        let members: Vec<Value> = group
            .members
            .iter()
            .skip(skipped)
            .take(size)
            .map(|member| match (self.store.user(member), self.store.group(member)) {
                (Some(user), _) => json!({ "userId": member.to_string(), "username": user.username(), "state": user.state() }),
                (_, Some(group)) => json!({ "groupId": member.to_string(), "displayName": group.display_name }),
                _ => Value::Null,
            })
            .collect();
        view["members"] = Value::Array(members);
        view["created"] = json!(group.created.as_str());
        Ok(view)
    }

    /// A page of the audit log, the newest first, and how many events there are.
    pub(crate) fn audit_log_newest(&self, page: usize, size: usize) -> (Vec<Value>, usize) {
        let events = self.audit_log();
        let skipped = page.saturating_sub(1).saturating_mul(size);
        let total = events.len();
        (events.into_iter().rev().skip(skipped).take(size).collect(), total)
    }
}
