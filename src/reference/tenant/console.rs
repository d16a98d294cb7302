//! What an administrator does to users by hand, and the model of who can sign in (code42-service §3.4, §4).

use serde_json::{Map, Value, json};

use super::document::Document;
use super::model::{Device, Id, Organization, Origin, ROLES, RoleSet, Stamp, User};
use super::{ConsoleError, Tenant};
use crate::reference::scim::{Object, ResourceKind, is_email};

impl Tenant {
    pub(super) fn new_organization(&mut self, name: &str, parent: Option<usize>) -> Organization {
        let default_roles = RoleSet::of(if self.behaviour.backup_agent {
            &["desktop-user", "proe-user"]
        } else {
            &["agent-user"]
        });
        Organization {
            id: self.fresh_id(),
            name: name.into(),
            parent,
            active: true,
            single_sign_on: true,
            default_roles,
            archive_hold_days: 30,
        }
    }

    pub(crate) fn add_organization(&mut self, fields: &Value) -> Result<Id, ConsoleError> {
        let name = fields.get("orgName").and_then(Value::as_str).map(str::trim).unwrap_or_default();
        if name.is_empty() {
            return Err(ConsoleError::new(
                400,
                "ORG_NAME_MISSING",
                "`orgName` is required and must not be empty.",
            ));
        }
        let mut organization = self.new_organization(name, Some(0));
        organization.single_sign_on = fields.get("authMethod").and_then(Value::as_str) != Some("LOCAL");
        let id = organization.id;
        self.organizations.push(organization);
        Ok(id)
    }

    /// An active user with the default roles of its organization.
    pub(super) fn new_user(&mut self, origin: Origin, organization: usize, scim: &Object) -> User {
        let mut user = User {
            id: self.fresh_id(),
            origin,
            active: true,
            block_reasons: std::collections::BTreeSet::new(),
            pending: None,
            cold: None,
            organization,
            roles: self.organizations[organization].default_roles,
            username: "".into(),
            external_id: None,
            scim: Document::new(&Object::new()),
            groups: Vec::new(),
            created: Stamp::of(self.now),
            modified: Stamp::of(self.now),
            version: 1,
            devices: Vec::new(),
        };
        user.write(scim);
        user
    }

    pub(super) fn console_user(&self, id: Id) -> Result<User, ConsoleError> {
        self.user(id).cloned().ok_or_else(|| ConsoleError::not_found("user"))
    }

    /// Adds a user by hand: local in an organization without single sign-on, else unmanaged (§3.9).
    pub(crate) fn add_user(&mut self, fields: &Value) -> Result<Id, ConsoleError> {
        let text = |key: &str| fields.get(key).and_then(Value::as_str).unwrap_or_default().trim().to_owned();
        let username = text("username");
        if !is_email(&username) {
            return Err(ConsoleError::new(
                400,
                "USERNAME_NOT_AN_EMAIL",
                "Username must be an email address.",
            ));
        }
        if self.store.user_by_name(&username).is_some() {
            return Err(ConsoleError::new(
                409,
                "USER_DUPLICATE",
                "A user with this user name exists already.",
            ));
        }
        let wanted = text("orgName");
        let organization = if wanted.is_empty() {
            self.default_organization
        } else {
            self.organizations
                .iter()
                .position(|known| known.name.eq_ignore_ascii_case(&wanted))
                .ok_or_else(|| ConsoleError::not_found("organization"))?
        };
        let mut scim: Object = Map::new();
        scim.insert("schemas".into(), json!([ResourceKind::User.core().id]));
        scim.insert("userName".into(), json!(username));
        set_name(&mut scim, fields);
        let single_sign_on = self.organizations[organization].single_sign_on;
        let origin = if single_sign_on { Origin::Unmanaged } else { Origin::Local };
        let user = self.new_user(origin, organization, &scim);
        let id = user.id;
        self.store.put_user(user);
        Ok(id)
    }

    /// Edits a user by hand. Writes nothing to the sync log (S113); the provider does not learn of it.
    pub(crate) fn edit_user(&mut self, id: Id, fields: &Value) -> Result<(), ConsoleError> {
        const KNOWN: [&str; 3] = ["firstName", "lastName", "title"];
        let mut user = self.console_user(id)?;
        let Value::Object(given) = fields else {
            return Err(ConsoleError::new(400, "INVALID_BODY", "Send an object of fields."));
        };
        if let Some(unknown) = given.keys().find(|key| !KNOWN.contains(&key.as_str())) {
            return Err(ConsoleError::new(
                400,
                "UNKNOWN_FIELD",
                format!("`{unknown}` cannot be edited; the fields are {}.", KNOWN.join(", ")),
            ));
        }
        let mut scim = user.scim.object();
        set_name(&mut scim, fields);
        if let Some(title) = given.get("title").and_then(Value::as_str) {
            scim.insert("title".into(), json!(title));
        }
        user.write(&scim);
        self.touch(&mut user);
        self.store.put_user(user);
        Ok(())
    }

    /// Moves a user to another organization by hand; roles stay until the next evaluation (§3.6).
    pub(crate) fn move_user(&mut self, id: Id, fields: &Value) -> Result<(), ConsoleError> {
        let mut user = self.console_user(id)?;
        let wanted = fields.get("orgId").or_else(|| fields.get("orgName")).and_then(Value::as_str);
        let wanted = wanted.ok_or_else(|| {
            ConsoleError::new(400, "ORG_NAME_MISSING", "Name the organization in `orgId` or `orgName`.")
        })?;
        let organization = self
            .organizations
            .iter()
            .position(|known| known.id.to_string() == wanted || known.name.eq_ignore_ascii_case(wanted))
            .ok_or_else(|| ConsoleError::not_found("organization"))?;
        if !self.organizations[organization].active {
            return Err(ConsoleError::new(400, "ORG_INACTIVE", "The organization is not active."));
        }
        user.organization = organization;
        self.store.put_user(user);
        Ok(())
    }

    /// The role catalogue (code42-service §3.2).
    pub(crate) fn role_views(&self) -> Vec<Value> {
        ROLES.iter().map(|(slug, name)| json!({ "roleId": slug, "roleName": name })).collect()
    }

    /// Adds a device on which the user's agent is signed in and backs up.
    pub(crate) fn add_device(&mut self, id: Id) -> Result<(), ConsoleError> {
        let mut user = self.console_user(id)?;
        if !user.active {
            return Err(ConsoleError::new(
                400,
                "USER_DEACTIVATED",
                "A deactivated user cannot sign in on a device.",
            ));
        }
        let name = format!("device-{}", user.devices.len() + 1);
        user.devices.push(Device { name, signed_in: true, backing_up: true });
        self.store.put_user(user);
        Ok(())
    }

    pub(crate) fn set_idp_state(&mut self, username: &str, state: &str) -> Result<(), ConsoleError> {
        if !["ACTIVE", "SUSPENDED", "DEACTIVATED"].contains(&state) {
            return Err(ConsoleError::new(
                400,
                "INVALID_STATE",
                "`state` must be ACTIVE, SUSPENDED or DEACTIVATED.",
            ));
        }
        self.idp_states.insert(username.to_lowercase(), state.to_owned());
        Ok(())
    }

    /// Whether the user could sign in now, and where the user is signed in (code42-service §3.4).
    pub(super) fn access_of(&self, user: &User) -> Value {
        let organization = &self.organizations[user.organization];
        let idp = self.idp_states.get(&user.username().to_lowercase()).map_or("ACTIVE", String::as_str);
        let admitted = idp == "ACTIVE" || !organization.single_sign_on;
        json!({
            "canSignIn": user.active && user.block_reasons.is_empty() && organization.active && admitted,
            "sessions": user.devices.iter().filter(|device| device.signed_in).count(),
            "backingUp": user.devices.iter().filter(|device| device.backing_up).count(),
        })
    }

    pub(crate) fn access(&self, id: Id) -> Result<Value, ConsoleError> {
        self.user(id).map(|user| self.access_of(user)).ok_or_else(|| ConsoleError::not_found("user"))
    }
}

fn set_name(scim: &mut Object, fields: &Value) {
    for (field, sub) in [("firstName", "givenName"), ("lastName", "familyName")] {
        if let Some(value) = fields.get(field).and_then(Value::as_str) {
            let name = scim.entry("name").or_insert_with(|| json!({}));
            name[sub] = json!(value);
        }
    }
}
