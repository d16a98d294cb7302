//! The console's view of everything, as one document in a stable order.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::model::{Id, Origin, ROLES, User};
use super::synclog::LogQuery;
use super::users::primary;
use super::{ConsoleError, Tenant};
use crate::reference::scim::ENTERPRISE_USER;

/// RFC 3339 with milliseconds, in UTC (code42-service §3.2).
pub(crate) fn time(at: Timestamp) -> String {
    format!("{at:.3}")
}

impl Tenant {
    /// Users, groups, organizations, roles, providers and sync log.
    pub(crate) fn state(&self) -> Value {
        let mut users: Vec<&User> = self.store.users().collect();
        users.sort_by_key(|user| user.username().to_lowercase());
        let organizations: Vec<Value> = self
            .organizations
            .iter()
            .enumerate()
            .map(|(index, organization)| {
                let members = users.iter().filter(|user| user.organization == index);
                json!({
                    "orgId": organization.id.to_string(),
                    "orgName": &*organization.name,
                    "parent": organization.parent.map(|parent| &*self.organizations[parent].name),
                    "active": organization.active,
                    "authMethod": if organization.single_sign_on { "SSO" } else { "LOCAL" },
                    "users": members.map(|user| user.username()).collect::<Vec<_>>(),
                })
            })
            .collect();
        let roles: Vec<Value> = ROLES
            .iter()
            .filter_map(|(role, name)| {
                let holders: Vec<&str> = users
                    .iter()
                    .filter(|user| user.roles.contains(role))
                    .map(|user| user.username())
                    .collect();
                let default =
                    self.organizations.iter().any(|organization| organization.default_roles.contains(role));
                (default || !holders.is_empty())
                    .then(|| json!({ "roleId": role, "roleName": name, "users": holders }))
            })
            .collect();
        let mut groups: Vec<Value> = self
            .providers
            .iter()
            .flat_map(|provider| self.store.groups(provider.id).map(move |group| (provider, group)))
            .map(|(provider, group)| {
                let members: Vec<&str> =
                    group.members.iter().filter_map(|id| self.store.user(id)).map(User::username).collect();
                json!({
                    "groupId": group.id.to_string(),
                    "displayName": group.display_name,
                    "externalId": group.external_id,
                    "provider": &*provider.display_name,
                    "members": members,
                })
            })
            .collect();
        groups.sort_by_key(|group| group["displayName"].as_str().unwrap_or_default().to_lowercase());
        json!({
            "now": time(self.now),
            "users": users.iter().map(|user| self.console_view(user)).collect::<Vec<_>>(),
            "groups": groups,
            "organizations": organizations,
            "roles": roles,
            "providers": self.provider_views(),
            "syncLog": self.sync_log(&LogQuery::default()),
        })
    }

    pub(crate) fn user_details(&self, id: Id) -> Result<Value, ConsoleError> {
        self.user(id).map(|user| self.console_view(user)).ok_or_else(|| ConsoleError::not_found("user"))
    }

    fn console_view(&self, user: &User) -> Value {
        let scim = user.scim.object();
        let enterprise = scim.get(ENTERPRISE_USER);
        let address = primary(&scim, "addresses");
        let name = |sub: &str| scim.get("name").and_then(|name| name.get(sub)).cloned();
        let of_address = |sub: &str| address.and_then(|address| address.get(sub)).cloned();
        let of_enterprise = |attribute: &str| enterprise.and_then(|fields| fields.get(attribute)).cloned();
        json!({
            "userId": user.id.to_string(),
            "username": user.username(),
            "firstName": name("givenName"),
            "lastName": name("familyName"),
            "email": primary(&scim, "emails").and_then(|email| email.get("value")).cloned(),
            "origin": match user.origin {
                Origin::Local => "LOCAL".to_owned(),
                Origin::Unmanaged => "UNMANAGED".to_owned(),
                Origin::Provisioned(provider) => format!("PROVISIONED by {}", self.provider_name(provider)),
            },
            "state": user.state(),
            "active": user.active,
            "blocked": !user.block_reasons.is_empty(),
            "blockReasons": user.block_reasons.iter().map(|reason| reason.as_str()).collect::<Vec<_>>(),
            "pendingDeactivation": user.pending.as_ref().map(|pending| json!({
                "requestedAt": time(pending.requested_at),
                "dueAt": time(pending.due_at),
            })),
            "archive": user.archive(),
            "coldStorage": user.cold.as_ref().map(|cold| json!({
                "enteredAt": time(cold.entered_at),
                "expiresAt": time(cold.expires_at),
            })),
            "organization": &*self.organizations[user.organization].name,
            "roles": user.roles.slugs(),
            "groups": self.store.groups_with(user.id).map(|group| group.display_name.clone()).collect::<Vec<_>>(),
            "riskProfile": {
                "title": scim.get("title"),
                "department": of_enterprise("department"),
                "division": of_enterprise("division"),
                "employmentType": scim.get("userType"),
                "country": of_address("country"),
                "region": of_address("region"),
                "locality": of_address("locality"),
            },
            "externalId": scim.get("externalId"),
            "access": self.access_of(user),
            "devices": user.devices.iter().map(|device| json!({
                "name": device.name,
                "signedIn": device.signed_in,
                "backingUp": device.backing_up,
            })).collect::<Vec<_>>(),
        })
    }
}
