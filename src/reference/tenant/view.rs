//! The console's view of everything, as one document in a stable order.

use serde_json::{Value, json};

use super::id::Id;
use super::model::time;
use super::model::{Origin, User};
use super::role_set::ROLES;
use super::synclog::LogQuery;
use super::users::primary;
use super::{ConsoleError, Tenant};
use crate::reference::scim::ENTERPRISE;

/// The public parameters of a list of users.
pub(crate) const USER_PARAMETERS: [&str; 5] = ["active", "blocked", "username", "page", "pageSize"];

impl Tenant {
    /// Users, groups, organizations, roles, providers and sync log.
    pub(crate) fn state(&self) -> Value {
        let mut users: Vec<&User> = self.store.users().collect();
        users.sort_by_key(|user| user.username().to_lowercase());
        let mut inside: Vec<Vec<&str>> = Vec::new();
        for user in &users {
            if inside.len() <= user.organization {
                inside.resize(user.organization + 1, Vec::new());
            }
            inside[user.organization].push(user.username());
        }
        let organizations: Vec<Value> = self
            .organizations
            .iter()
            .map(|(index, organization)| {
                json!({
                    "orgId": organization.id.to_string(),
                    "orgName": &*organization.name,
                    "parent": organization.parent.map(|parent| &*self.organizations[parent].name),
                    "active": organization.active,
                    "blocked": self.organizations.is_blocked(index),
                    "authMethod": self.auth_method(index),
                    "defaultRoles": self.default_roles(index).slugs(),
                    "archiveHoldDays": self.organizations.archive_hold_days(index),
                    "createdBy": self.creator(index),
                    "users": inside.get(index).cloned().unwrap_or_default(),
                })
            })
            .collect();
        let defaults = self.organizations.iter().map(|(index, _)| self.default_roles(index));
        let defaults = defaults.fold(self.withdrawn, super::role_set::RoleSet::union);
        let roles: Vec<Value> = ROLES
            .iter()
            .filter_map(|(role, name)| {
                let holders: Vec<&str> = users
                    .iter()
                    .filter(|user| user.roles.contains(role))
                    .map(|user| user.username())
                    .collect();
                let mut view = json!({ "roleId": role, "roleName": name, "users": holders });
                if self.withdrawn.contains(role) {
                    view["available"] = json!(false);
                }
                (defaults.contains(role) || !holders.is_empty()).then_some(view)
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
        let mut state = json!({
            "now": time(self.now),
            "users": users.iter().map(|user| self.console_view(user)).collect::<Vec<_>>(),
            "groups": groups,
            "organizations": organizations,
            "roles": roles,
            "providers": self.provider_views(),
            "syncLog": self.sync_log(&LogQuery::default()),
        });
        // Most services have none of these.
        for (section, records) in [("matters", self.matter_states()), ("watchlists", self.watchlist_states())]
        {
            if !records.is_empty() {
                state[section] = Value::Array(records);
            }
        }
        state
    }

    /// Everything that is kept of a user.
    pub(crate) fn user_details(&self, id: Id) -> Result<Value, ConsoleError> {
        let user = self.user(id).ok_or_else(|| ConsoleError::not_found("user"))?;
        let mut view = self.console_view(user);
        let organization = &self.organizations[user.organization];
        view["orgGuid"] = json!(&*organization.guid);
        view["orgId"] = json!(organization.id.to_string());
        view["orgSource"] = json!(user.org_source.as_str());
        view["roleSource"] = json!(user.role_source.as_str());
        view["deactivationDeferred"] = json!(user.deferred);
        view["legalHolds"] = json!(self.holds_of(id)?);
        view["notes"] = json!(user.notes);
        Ok(view)
    }

    /// The public form of a user (code42-service §4).
    pub(crate) fn public_user(&self, id: Id) -> Result<Value, ConsoleError> {
        self.user(id).map(|user| self.public_view(user)).ok_or_else(|| ConsoleError::not_found("user"))
    }

    fn public_view(&self, user: &User) -> Value {
        let scim = user.scim.object();
        let name = |sub: &str| scim.get("name").and_then(|name| name.get(sub)).cloned();
        let organization = &self.organizations[user.organization];
        json!({
            "legacyUserId": self.store.number(user.id).map(|number| number.to_string()),
            "userId": user.id.to_string(),
            "username": user.username(),
            "firstName": name("givenName"),
            "lastName": name("familyName"),
            "legacyOrgId": (user.organization + 1).to_string(),
            "orgId": organization.id.to_string(),
            "orgGuid": &*organization.guid,
            "orgName": &*organization.name,
            "notes": user.notes,
            "active": user.active,
            "blocked": !user.block_reasons.is_empty(),
            "creationDate": user.created.as_str(),
            "modificationDate": user.modified.as_str(),
        })
    }

    /// A page of users, by the public parameters `active`, `blocked`, `username`, `page` and `pageSize`.
    pub(crate) fn public_users(&self, parameters: &[(String, String)]) -> Result<Value, ConsoleError> {
        let (mut active, mut blocked, mut username) = (None, None, None);
        let (mut page, mut size) = (1, 100);
        for (name, value) in parameters {
            let flag = || match value.to_lowercase().as_str() {
                "true" => Ok(Some(true)),
                "false" => Ok(Some(false)),
                _ => {
                    let message = format!("`{name}` must be true or false, not `{value}`.");
                    Err(ConsoleError::new(400, "INVALID_PARAMETER", message))
                }
            };
            match name.as_str() {
                "active" => active = flag()?,
                "blocked" => blocked = flag()?,
                "username" => username = Some(value),
                "page" => page = super::error::count(name, value)?,
                "pageSize" => size = super::error::count(name, value)?.min(1_000),
                _ => {
                    let message =
                        format!("`{name}` is no parameter here; those are {}.", USER_PARAMETERS.join(", "));
                    return Err(ConsoleError::new(400, "UNKNOWN_PARAMETER", message));
                }
            }
        }
        let fits = |user: &&User| {
            active.is_none_or(|active| user.active == active)
                && blocked.is_none_or(|blocked| user.block_reasons.is_empty() != blocked)
        };
        // One user is found by name, not by looking at all.
        let found: Vec<&User> = match username {
            Some(username) => self.store.user_by_name(username).into_iter().filter(fits).collect(),
            None => self.store.users().filter(fits).collect(),
        };
        let start = page.saturating_sub(1).saturating_mul(size);
        let users: Vec<Value> =
            found.iter().skip(start).take(size).map(|user| self.public_view(user)).collect();
        Ok(json!({ "users": users, "totalCount": found.len() }))
    }

    /// What the provider says of a user, as the risk profile shows it.
    pub(crate) fn risk_profile(&self, id: Id) -> Result<Value, ConsoleError> {
        let details = self.user_details(id)?;
        let mut profile = json!({ "userId": details["userId"], "username": details["username"] });
        if let (Some(to), Some(from)) = (profile.as_object_mut(), details["riskProfile"].as_object()) {
            to.extend(from.clone());
        }
        Ok(profile)
    }

    pub(super) fn console_view(&self, user: &User) -> Value {
        let scim = user.scim.object();
        let enterprise = scim.get(ENTERPRISE);
        let address = primary(&scim, "addresses");
        let name = |sub: &str| scim.get("name").and_then(|name| name.get(sub)).cloned();
        let of_address = |sub: &str| address.and_then(|address| address.get(sub)).cloned();
        let of_enterprise = |attribute: &str| enterprise.and_then(|fields| fields.get(attribute)).cloned();
        let mut view = json!({
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
        });
        // The manager needs more set-up than the other attributes (S73): shown where there is one.
        let manager = of_enterprise("manager");
        if let Some(manager) = manager.as_ref().and_then(|manager| manager.get("value")?.as_str()) {
            let known = Id::parse(manager).and_then(|id| self.user(id));
            let known = known.filter(|manager| self.see_each_other(user, manager));
            view["riskProfile"]["managerId"] = json!(known.map(|manager| manager.id.to_string()));
            view["riskProfile"]["managerUsername"] = json!(known.map(User::username));
        }
        view
    }

    /// Whether one provider sees both.
    fn see_each_other(&self, user: &User, other: &User) -> bool {
        match user.origin {
            Origin::Provisioned(provider) => self.sees(provider, other),
            Origin::Local | Origin::Unmanaged => true,
        }
    }
}
