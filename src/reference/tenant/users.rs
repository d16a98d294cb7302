//! What a provider does to users: create, replace, patch, delete, look up (T1 to T4, T27 to T30).

use serde_json::{Value, json};

use super::Tenant;
use super::id::Id;
use super::lifecycle::about;
use super::log::{About, Actor, Entry};
use super::model::{Origin, User};
use super::placement::Trigger;
use super::render::etag;
use crate::reference::scim::{
    Accepted, Object, ResourceKind, ScimError, ScimType, Warning, accept, is_email, patch,
};

impl Tenant {
    /// `POST /Users`.
    pub(crate) fn create_user(&mut self, provider: Id, body: &[u8]) -> Result<Id, ScimError> {
        let outcome = accept(ResourceKind::User, body, self.behaviour.rules());
        let name = outcome.as_ref().ok().and_then(|accepted| accepted.resource.get("userName")?.as_str());
        // The log names the local user who is protected (T2).
        let local = name.and_then(|name| self.store.user_by_name(name));
        let local = local.filter(|user| user.origin == Origin::Local).cloned();
        let outcome = outcome.and_then(|accepted| self.check_user(None, &accepted).map(|()| accepted));
        let Accepted { resource, warnings } = self.logged(provider, local.as_ref(), outcome)?;
        let (scim, wanted) = self.taken_apart(resource);
        let actor = Actor::Provider(provider);
        let mut user = self.new_user(Origin::Provisioned(provider), &scim);
        if wanted == Some(false) && !self.behaviour.create_disabled_as_active {
            user.active = false;
        }
        let mut placement = self.place(provider, &user, &scim, Trigger::Create);
        self.make_place(provider, &mut placement, actor);
        let outcome = self.outcome(provider, &user, &placement, Trigger::Create);
        Self::settle_new(&mut user, &outcome);
        let id = user.id;
        let username = user.username().to_owned();
        let organization = self.place_name(user.organization);
        let entry = self.write_log(actor, "USER_CREATED", "SUCCESS", &About::User(id, &username));
        entry.cause = Some("CREATE");
        entry.org_after = Some(organization);
        self.log_trouble(&user, &outcome, Trigger::Create, actor);
        self.warn(provider, &user, &scim, &warnings);
        self.store.put_user(user);
        self.synced(provider);
        Ok(id)
    }

    /// `PUT /Users/{id}`.
    pub(crate) fn replace_user(&mut self, provider: Id, id: Id, body: &[u8]) -> Result<(), ScimError> {
        let before = self.writable_user(provider, id)?;
        let outcome = accept(ResourceKind::User, body, self.behaviour.rules())
            .and_then(|accepted| self.check_user(Some(id), &accepted).map(|()| accepted));
        let accepted = self.logged(provider, Some(&before), outcome)?;
        self.write_user(provider, before, accepted);
        Ok(())
    }

    /// `PATCH /Users/{id}`.
    pub(crate) fn patch_user(&mut self, provider: Id, id: Id, body: &[u8]) -> Result<(), ScimError> {
        let before = self.writable_user(provider, id)?;
        let mut current = before.scim.object();
        current.insert("id".into(), json!(id.to_string()));
        current.insert("active".into(), json!(before.scim_active()));
        let outcome = patch(ResourceKind::User, &current, body, self.behaviour.rules())
            .and_then(|(accepted, _)| self.check_user(Some(id), &accepted).map(|()| accepted));
        let accepted = self.logged(provider, Some(&before), outcome)?;
        self.write_user(provider, before, accepted);
        Ok(())
    }

    /// `DELETE /Users/{id}`: T28, or what the RFC says under `rfc`.
    pub(crate) fn delete_user(&mut self, provider: Id, id: Id) -> Result<(), ScimError> {
        let before = self.writable_user(provider, id)?;
        if self.behaviour.refuse_user_delete {
            let refused: Result<(), ScimError> = Err(ScimError::new(
                501,
                None,
                "Users cannot be deleted; set `active` to false instead.",
                "DELETE_UNSUPPORTED",
            ));
            return self.logged(provider, Some(&before), refused);
        }
        if self.holds.on_hold(id) {
            let held: Result<(), ScimError> = Err(ScimError::new(
                403,
                None,
                "The user is on legal hold and cannot be deleted; release the user in the console first.",
                "ACTIVE_LEGAL_HOLD",
            ));
            return self.logged(provider, Some(&before), held);
        }
        // RFC 7644 §3.6: "MUST return a 404 (Not Found) error code for all operations associated with the
        // previously deleted resource", so a deactivation in its place would not do.
        self.store.remove_user(id, self.now);
        self.forget_custodian(id);
        self.forget_watched(id);
        let entry = self.write_log(
            Actor::Provider(provider),
            "USER_DEACTIVATED",
            "SUCCESS",
            &About::User(id, before.username()),
        );
        entry.cause = Some("PROVIDER_REQUEST");
        self.synced(provider);
        Ok(())
    }

    fn write_user(&mut self, provider: Id, before: User, accepted: Accepted) {
        let (scim, wanted) = self.taken_apart(accepted.resource);
        let actor = Actor::Provider(provider);
        let mut user = before.clone();
        user.write(&scim);
        let adopted = user.origin == Origin::Unmanaged;
        if adopted {
            user.origin = Origin::Provisioned(provider);
        }
        // Organizations and roles are evaluated for users who are active afterwards (code42-service §3.5).
        let trigger = match (adopted, before.active) {
            (true, _) => Trigger::Adopt,
            (false, true) => Trigger::Update,
            (false, false) => Trigger::Reactivate,
        };
        let ends = wanted == Some(false)
            && before.scim_active()
            && self.delay_of(provider) == 0
            && !self.holds.on_hold(user.id);
        let stays = (before.active || wanted == Some(true)) && !ends;
        let placement = stays.then(|| {
            let mut placement = self.place(provider, &user, &scim, trigger);
            self.make_place(provider, &mut placement, actor);
            placement
        });
        if adopted {
            self.write_log(actor, "USER_ADOPTED", "SUCCESS", &about(&user)).cause = Some("ADOPT");
        }
        let changes =
            if user.scim == before.scim { Vec::new() } else { changes(&before.scim.object(), &scim) };
        if !changes.is_empty() {
            let entry = self.write_log(actor, "USER_UPDATED", "SUCCESS", &about(&user));
            entry.cause = Some("UPDATE");
            entry.set("changes", changes);
        }
        match wanted {
            Some(true) => self.provider_activates(provider, &mut user),
            Some(false) => self.provider_deactivates(provider, &mut user),
            None => {}
        }
        let changed = user.scim != before.scim || user.scim_active() != before.scim_active();
        let mut settled = false;
        if let Some(placement) = placement {
            let outcome = self.outcome(provider, &user, &placement, trigger);
            settled = outcome.changes(&user);
            let shows = outcome.shows(&user);
            if settled {
                self.settle(&mut user, &outcome, trigger, actor);
            }
            // What cannot be done is no news when nothing was done at all.
            if changed || adopted || shows {
                self.log_trouble(&user, &outcome, trigger, actor);
            }
        }
        if changed {
            self.touch(&mut user);
            self.warn(provider, &user, &scim, &accepted.warnings);
        } else {
            // That an attribute is ignored is the only trace of a misspelt name (S115).
            self.log_warnings(provider, &user, &accepted.warnings);
        }
        if changed || adopted || settled {
            self.store.put_user(user);
            self.synced(provider);
        }
    }

    /// The user, if the provider may write it; a local one is protected (T30).
    fn writable_user(&mut self, provider: Id, id: Id) -> Result<User, ScimError> {
        match self.store.user(id).cloned() {
            Some(user) if self.sees(provider, &user) => Ok(user),
            Some(user) if user.origin == Origin::Local => {
                let entry = self.write_log(
                    Actor::Provider(provider),
                    "LOCAL_USER_PROTECTED",
                    "ERROR",
                    &About::User(id, user.username()),
                );
                entry.set("httpStatus", 404);
                Err(not_found(id))
            }
            _ => Err(not_found(id)),
        }
    }

    pub(super) fn sees(&self, provider: Id, user: &User) -> bool {
        match user.origin {
            Origin::Provisioned(owner) => owner == provider,
            Origin::Unmanaged => true,
            Origin::Local => false,
        }
    }

    /// The rules of the domain (code42-service §3.8), before anything is changed.
    fn check_user(&self, id: Option<Id>, accepted: &Accepted) -> Result<(), ScimError> {
        let username = accepted.resource.get("userName").and_then(Value::as_str).unwrap_or_default();
        if self.behaviour.username_is_email && !is_email(username) {
            return Err(ScimError::value("Username must be an email address.", "USERNAME_NOT_AN_EMAIL"));
        }
        if let Some(other) = self.store.user_by_name(username)
            && Some(other.id) != id
        {
            let code = if other.origin == Origin::Local { "LOCAL_USER_PROTECTED" } else { "USER_DUPLICATE" };
            return Err(ScimError::new(
                409,
                Some(ScimType::Uniqueness),
                format!("A user with the userName `{username}` exists already."),
                code,
            ));
        }
        Ok(())
    }

    /// A refusal leaves exactly one error entry in the sync log.
    fn logged<T>(
        &mut self,
        provider: Id,
        user: Option<&User>,
        outcome: Result<T, ScimError>,
    ) -> Result<T, ScimError> {
        if let Err(error) = &outcome {
            let event = if error.code == "LOCAL_USER_PROTECTED" {
                "LOCAL_USER_PROTECTED"
            } else {
                "REQUEST_REJECTED"
            };
            let about = match user {
                Some(user) => about(user),
                None => About::None,
            };
            let entry = self.write_log(Actor::Provider(provider), event, "ERROR", &about);
            refusal(entry, error);
        }
        outcome
    }

    fn warn(&mut self, provider: Id, user: &User, scim: &Object, warnings: &[Warning]) {
        if !self.behaviour.log_warnings {
            return;
        }
        self.log_warnings(provider, user, warnings);
        let mut all: Vec<(&'static str, &str, String)> = Vec::new();
        if let Some(email) = primary(scim, "emails").and_then(|email| email.get("value")?.as_str())
            && !email.eq_ignore_ascii_case(user.username())
        {
            all.push((
                "EMAIL_USERNAME_MISMATCH",
                "emails",
                format!("The primary e-mail address `{email}` is not the user name."),
            ));
        }
        let manager = scim
            .get(crate::reference::scim::ENTERPRISE)
            .and_then(|extension| extension.pointer("/manager/value")?.as_str());
        if let Some(manager) = manager
            && !Id::parse(manager)
                .and_then(|id| self.store.user(id))
                .is_some_and(|known| self.sees(provider, known))
        {
            all.push((
                "MANAGER_UNRESOLVED",
                "manager",
                format!("No user has the identifier `{manager}` of the manager."),
            ));
        }
        let all: Vec<Warning> = all
            .into_iter()
            .map(|(code, attribute, message)| Warning { code, attribute: attribute.into(), message })
            .collect();
        self.log_warnings(provider, user, &all);
    }

    fn log_warnings(&mut self, provider: Id, user: &User, warnings: &[Warning]) {
        if !self.behaviour.log_warnings {
            return;
        }
        for warning in warnings {
            let entry = self.write_log(Actor::Provider(provider), warning.code, "WARNING", &about(user));
            entry.set("message", warning.message.as_str());
        }
    }

    fn synced(&mut self, provider: Id) {
        let now = self.now;
        if let Some(provider) = self.providers.iter_mut().find(|known| known.id == provider) {
            provider.last_sync_at = Some(now);
        }
    }

    /// `active` apart from the rest; the password is swallowed, and roles where the service says so (§3.3).
    fn taken_apart(&self, mut resource: Object) -> (Object, Option<bool>) {
        let active = resource.shift_remove("active").and_then(|value| value.as_bool());
        let roles: &[&str] = if self.behaviour.ignore_roles { &["roles", "entitlements"] } else { &[] };
        for ignored in ["password", "id"].iter().chain(roles) {
            resource.shift_remove(*ignored);
        }
        (resource, active)
    }

    /// Identifier and entity tag of a user that the provider sees.
    pub(super) fn seen_user(&self, provider: Id, id: &str) -> Result<(Id, String), ScimError> {
        let user = Id::parse(id).and_then(|id| self.store.user(id)).filter(|user| self.sees(provider, user));
        user.map(|user| (user.id, etag(user.version))).ok_or_else(|| not_found(id))
    }
}

pub(super) fn refusal(entry: &mut Entry, error: &ScimError) {
    entry.set("code", error.code);
    entry.set("message", error.detail.as_str());
    entry.set("httpStatus", error.status);
    if let Some(scim_type) = error.scim_type {
        entry.set("scimType", scim_type.as_str());
    }
}

fn not_found(id: impl std::fmt::Display) -> ScimError {
    ScimError::new(404, None, format!("There is no user `{id}`."), "NOT_FOUND")
}

/// The primary value, else the `work` one, else the first (code42-service §3.3).
pub(super) fn primary<'a>(scim: &'a Object, attribute: &str) -> Option<&'a Value> {
    let items = scim.get(attribute)?.as_array()?;
    let marked = |key: &str, value: &Value| items.iter().find(|item| item.get(key) == Some(value));
    marked("primary", &json!(true)).or_else(|| marked("type", &json!("work"))).or_else(|| items.first())
}

fn changes(before: &Object, after: &Object) -> Vec<Value> {
    let mut flat_before = std::collections::BTreeMap::new();
    let mut flat_after = std::collections::BTreeMap::new();
    for (object, flat) in [(before, &mut flat_before), (after, &mut flat_after)] {
        for (key, value) in object.iter().filter(|(key, _)| *key != "schemas") {
            flatten(key, value, flat);
        }
    }
    let keys: std::collections::BTreeSet<&String> = flat_before.keys().chain(flat_after.keys()).collect();
    keys.into_iter()
        .filter(|key| flat_before.get(*key) != flat_after.get(*key))
        .map(|key| {
            json!({
                "attribute": console_term(key),
                "path": key,
                "oldValue": flat_before.get(key),
                "newValue": flat_after.get(key),
            })
        })
        .collect()
}

/// What the console calls an attribute (code42-service §5.1): its own name, for the few that it shows.
fn console_term(path: &str) -> &str {
    let last = path.rsplit(['.', ':']).next().unwrap_or(path);
    match last {
        "userType" => "employmentType",
        "userName" => "username",
        "givenName" => "firstName",
        "familyName" => "lastName",
        "value" if path.starts_with("emails[") => "email",
        "value" if path.contains("manager") => "manager",
        other => other.split('[').next().unwrap_or(other),
    }
}

fn flatten(path: &str, value: &Value, flat: &mut std::collections::BTreeMap<String, Value>) {
    match value {
        Value::Object(fields) => {
            let separator = if path.starts_with("urn:") && path.ends_with(":User") { ':' } else { '.' };
            for (key, value) in fields {
                flatten(&format!("{path}{separator}{key}"), value, flat);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                flatten(&format!("{path}[{index}]"), value, flat);
            }
        }
        other => drop(flat.insert(path.to_owned(), other.clone())),
    }
}
