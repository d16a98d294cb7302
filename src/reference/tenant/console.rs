//! What an administrator does to users by hand, and the model of who can sign in (code42-service §3.4, §4).

use serde_json::{Map, Value, json};

use super::audit_log::Act;
use super::document::Document;
use super::id::Id;
use super::model::{Device, OrgSource, Origin, RoleSource, Stamp, User};
use super::requests::{AddUser, ConsoleOrigin, EditUser, IdpState, MoveUser};
use super::role_set::RoleSet;
use super::{ConsoleError, Tenant};
use crate::reference::scim::{ENTERPRISE, Object, ResourceKind, is_email};

impl Tenant {
    /// An active user who is nowhere yet: organization and roles come from an evaluation.
    pub(super) fn new_user(&mut self, origin: Origin, scim: &Object) -> User {
        let mut user = User {
            id: self.fresh_id(),
            origin,
            active: true,
            block_reasons: std::collections::BTreeSet::new(),
            pending: None,
            cold: None,
            deferred: false,
            organization: self.default_organization,
            org_source: OrgSource::Default,
            roles: RoleSet::NONE,
            role_source: RoleSource::Default,
            username: "".into(),
            external_id: None,
            scim: Document::new(&Object::new()),
            groups: Vec::new(),
            created: Stamp::of(self.now),
            modified: Stamp::of(self.now),
            version: 1,
            devices: Vec::new(),
            notes: None,
        };
        user.write(scim);
        user
    }

    pub(super) fn console_user(&self, id: Id) -> Result<User, ConsoleError> {
        self.user(id).cloned().ok_or_else(|| ConsoleError::not_found("user"))
    }

    /// Adds a user by hand: local in an organization without single sign-on, else unmanaged (§3.9).
    pub(crate) fn add_user(&mut self, fields: &AddUser) -> Result<Id, ConsoleError> {
        let username = fields.username.as_deref().unwrap_or_default().trim().to_owned();
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
        let named = self.organization_of(fields.org_guid.as_deref(), fields.org_name.as_deref())?;
        let organization = named.unwrap_or(self.default_organization);
        if !self.organizations.is_open(organization) {
            return Err(ConsoleError::new(400, "ORG_INACTIVE", "The organization is not active."));
        }
        let origin = match fields.origin {
            Some(ConsoleOrigin::Local) => Origin::Local,
            Some(ConsoleOrigin::Unmanaged) => Origin::Unmanaged,
            None if self.organizations.single_sign_on(organization) => Origin::Unmanaged,
            None => Origin::Local,
        };
        self.refuse_local(origin, organization)?;
        let mut scim: Object = Map::new();
        scim.insert("schemas".into(), json!([ResourceKind::User.core().id]));
        scim.insert("userName".into(), json!(username));
        set_name(&mut scim, fields.first_name.as_deref(), fields.last_name.as_deref());
        let mut user = self.new_user(origin, &scim);
        user.organization = organization;
        user.org_source = if named.is_some() { OrgSource::Manual } else { OrgSource::Default };
        user.roles = self.default_roles(organization);
        user.notes = fields.notes.as_deref().map(Into::into);
        let id = user.id;
        self.audit(Act::UserAdded, Some(&user));
        self.store.put_user(user);
        Ok(id)
    }

    /// "Adding local users to SSO organizations is not supported" (code42-service §1.4).
    fn refuse_local(&self, origin: Origin, organization: usize) -> Result<(), ConsoleError> {
        if origin == Origin::Local && self.organizations.single_sign_on(organization) {
            return Err(ConsoleError::new(
                400,
                "LOCAL_USER_IN_SSO_ORG",
                "A local user cannot be in an organization with single sign-on; choose one with local sign-in.",
            ));
        }
        Ok(())
    }

    /// Edits a user by hand. Writes nothing to the sync log (S113); the provider does not learn of it.
    pub(crate) fn edit_user(&mut self, id: Id, fields: &EditUser) -> Result<(), ConsoleError> {
        let mut user = self.console_user(id)?;
        let mut scim = user.scim.object();
        set_name(&mut scim, fields.first_name.as_deref(), fields.last_name.as_deref());
        set(&mut scim, "title", fields.title.as_deref());
        let mut enterprise = scim.get(ENTERPRISE).and_then(Value::as_object).cloned().unwrap_or_default();
        set(&mut enterprise, "department", fields.department.as_deref());
        set(&mut enterprise, "division", fields.division.as_deref());
        let schemas = scim.get("schemas").and_then(Value::as_array).cloned().unwrap_or_default();
        let mut schemas: Vec<Value> = schemas.into_iter().filter(|urn| urn != ENTERPRISE).collect();
        if enterprise.is_empty() {
            scim.shift_remove(ENTERPRISE);
        } else {
            schemas.push(json!(ENTERPRISE));
            scim.insert(ENTERPRISE.into(), Value::Object(enterprise));
        }
        scim.insert("schemas".into(), Value::Array(schemas));
        user.write(&scim);
        if let Some(notes) = &fields.notes {
            user.notes = (!notes.is_empty()).then(|| notes.as_str().into());
        }
        self.touch(&mut user);
        self.audit(Act::UserChanged, Some(&user));
        self.store.put_user(user);
        Ok(())
    }

    /// Moves a user to another organization by hand; roles stay until the next evaluation (§3.6).
    pub(crate) fn move_user(&mut self, id: Id, fields: &MoveUser) -> Result<(), ConsoleError> {
        let mut user = self.console_user(id)?;
        let named = self.organization_of(fields.org_guid.as_deref(), fields.org_name.as_deref())?;
        let organization = named.ok_or_else(|| {
            ConsoleError::new(400, "ORG_REQUIRED", "Name the organization in `orgGuid` or `orgName`.")
        })?;
        if !self.organizations.is_open(organization) {
            return Err(ConsoleError::new(400, "ORG_INACTIVE", "The organization is not active."));
        }
        self.refuse_local(user.origin, organization)?;
        user.organization = organization;
        user.org_source = OrgSource::Manual;
        self.audit(Act::UserMoved, Some(&user));
        self.store.put_user(user);
        Ok(())
    }

    /// Makes a user of the console local, or open to adoption (§3.9); one that a provider manages is its.
    pub(crate) fn set_origin(&mut self, id: Id, origin: Option<ConsoleOrigin>) -> Result<(), ConsoleError> {
        let mut user = self.console_user(id)?;
        let origin = match origin {
            Some(ConsoleOrigin::Local) => Origin::Local,
            Some(ConsoleOrigin::Unmanaged) => Origin::Unmanaged,
            None => return Err(ConsoleError::new(400, "ORIGIN_REQUIRED", "`origin` is required.")),
        };
        if matches!(user.origin, Origin::Provisioned(_)) {
            let message = "The user is managed by a provisioning provider.";
            return Err(ConsoleError::new(409, "USER_PROVISIONED", message));
        }
        self.refuse_local(origin, user.organization)?;
        user.origin = origin;
        self.audit(Act::OriginChanged, Some(&user));
        self.store.put_user(user);
        Ok(())
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

    pub(crate) fn set_idp_state(
        &mut self,
        username: &str,
        state: Option<IdpState>,
    ) -> Result<(), ConsoleError> {
        let state = state.ok_or_else(|| {
            ConsoleError::new(400, "INVALID_STATE", "`state` must be ACTIVE, SUSPENDED or DEACTIVATED.")
        })?;
        self.idp_states.insert(username.to_lowercase(), state);
        Ok(())
    }

    /// Whether the user could sign in now, and where the user is signed in (code42-service §3.4).
    pub(super) fn access_of(&self, user: &User) -> Value {
        let organization = user.organization;
        let idp = self.idp_states.get(&user.username().to_lowercase()).copied().unwrap_or(IdpState::Active);
        let admitted = idp == IdpState::Active || !self.organizations.single_sign_on(organization);
        let inside = self.organizations.is_open(organization) && !self.organizations.is_blocked(organization);
        json!({
            "canSignIn": user.active && user.block_reasons.is_empty() && inside && admitted,
            "sessions": user.devices.iter().filter(|device| device.signed_in).count(),
            "backingUp": user.devices.iter().filter(|device| device.backing_up).count(),
        })
    }

    pub(crate) fn access(&self, id: Id) -> Result<Value, ConsoleError> {
        self.user(id).map(|user| self.access_of(user)).ok_or_else(|| ConsoleError::not_found("user"))
    }
}

fn set_name(scim: &mut Object, first: Option<&str>, last: Option<&str>) {
    let mut name = scim.get("name").and_then(Value::as_object).cloned().unwrap_or_default();
    set(&mut name, "givenName", first);
    set(&mut name, "familyName", last);
    if name.is_empty() {
        scim.shift_remove("name");
    } else {
        scim.insert("name".into(), Value::Object(name));
    }
}

/// Sets a field that is given; an empty text clears it.
fn set(object: &mut Object, key: &str, value: Option<&str>) {
    match value {
        Some("") => drop(object.shift_remove(key)),
        Some(value) => drop(object.insert(key.to_owned(), json!(value))),
        None => {}
    }
}
