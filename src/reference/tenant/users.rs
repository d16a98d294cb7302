//! What a provider does to users: create, replace, patch, delete, look up (T1 to T4, T27 to T30).

use serde_json::{Map, Value, json};

use super::model::{Id, Origin, User};
use super::synclog::{About, Actor};
use super::{Tenant, view};
use crate::reference::scim::{
    Accepted, Filter, Object, ResourceKind, ScimError, ScimType, Warning, accept, is_email, patch,
};

impl Tenant {
    /// `POST /Users`.
    pub(crate) fn create_user(&mut self, provider: Id, body: &[u8]) -> Result<Id, ScimError> {
        let outcome = accept(ResourceKind::User, body, self.behaviour.rules())
            .and_then(|accepted| self.check_user(None, &accepted).map(|()| accepted));
        let Accepted { resource, warnings } = self.logged(provider, None, outcome)?;
        let (scim, wanted) = taken_apart(resource);
        let organization = self.default_organization;
        let mut user = self.new_user(Origin::Provisioned(provider), organization, scim);
        if wanted == Some(false) && !self.behaviour.create_disabled_as_active {
            user.active = false;
        }
        let id = user.id;
        let username = user.username().to_owned();
        let organization = self.organizations[organization].name.clone();
        let entry =
            self.write_log(Actor::Provider(provider), "USER_CREATED", "SUCCESS", &About::User(id, &username));
        entry["cause"] = json!("CREATE");
        entry["orgAfter"] = json!(organization);
        self.warn(provider, &user, &warnings);
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
        let mut current = before.scim.clone();
        current.insert("id".into(), json!(id.to_string()));
        current.insert("active".into(), json!(before.scim_active()));
        let outcome = patch(ResourceKind::User, &current, body, self.behaviour.rules())
            .and_then(|accepted| self.check_user(Some(id), &accepted).map(|()| accepted));
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
        // RFC 7644 §3.6: "MUST return a 404 (Not Found) error code for all operations associated with the
        // previously deleted resource", so a deactivation in its place would not do.
        self.store.remove_user(id);
        let entry = self.write_log(
            Actor::Provider(provider),
            "USER_DEACTIVATED",
            "SUCCESS",
            &About::User(id, before.username()),
        );
        entry["cause"] = json!("PROVIDER_REQUEST");
        self.synced(provider);
        Ok(())
    }

    fn write_user(&mut self, provider: Id, before: User, accepted: Accepted) {
        let (scim, wanted) = taken_apart(accepted.resource);
        let mut user = before.clone();
        user.scim = scim;
        let adopted = user.origin == Origin::Unmanaged;
        if adopted {
            user.origin = Origin::Provisioned(provider);
            self.write_log(
                Actor::Provider(provider),
                "USER_ADOPTED",
                "SUCCESS",
                &About::User(user.id, user.username()),
            );
        }
        let changes = changes(&before.scim, &user.scim);
        if !changes.is_empty() {
            let entry = self.write_log(
                Actor::Provider(provider),
                "USER_UPDATED",
                "SUCCESS",
                &About::User(user.id, user.username()),
            );
            entry["cause"] = json!("UPDATE");
            entry["changes"] = Value::Array(changes);
        }
        match wanted {
            Some(true) => self.provider_activates(provider, &mut user),
            Some(false) => self.provider_deactivates(provider, &mut user),
            None => {}
        }
        let changed = user.scim != before.scim || user.scim_active() != before.scim_active();
        if changed {
            self.touch(&mut user);
            self.warn(provider, &user, &accepted.warnings);
        }
        if changed || adopted {
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
                entry["httpStatus"] = json!(404);
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
        if !is_email(username) {
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
                Some(user) => About::User(user.id, user.username()),
                None => About::None,
            };
            let entry = self.write_log(Actor::Provider(provider), event, "ERROR", &about);
            refusal(entry, error);
        }
        outcome
    }

    fn warn(&mut self, provider: Id, user: &User, warnings: &[Warning]) {
        if !self.behaviour.log_warnings {
            return;
        }
        let mut all: Vec<(&'static str, String)> =
            warnings.iter().map(|warning| (warning.code, warning.message.clone())).collect();
        if let Some(email) = primary(&user.scim, "emails").and_then(|email| email.get("value")?.as_str())
            && !email.eq_ignore_ascii_case(user.username())
        {
            all.push((
                "EMAIL_USERNAME_MISMATCH",
                format!("The primary e-mail address `{email}` is not the user name."),
            ));
        }
        let manager = user
            .scim
            .get(crate::reference::scim::ENTERPRISE_USER)
            .and_then(|extension| extension.pointer("/manager/value")?.as_str());
        if let Some(manager) = manager
            && !Id::parse(manager)
                .and_then(|id| self.store.user(id))
                .is_some_and(|known| self.sees(provider, known))
        {
            all.push((
                "MANAGER_UNRESOLVED",
                format!("No user has the identifier `{manager}` of the manager."),
            ));
        }
        for (code, message) in all {
            let about = About::User(user.id, user.username());
            let entry = self.write_log(Actor::Provider(provider), code, "WARNING", &about);
            entry["message"] = json!(message);
        }
    }

    fn synced(&mut self, provider: Id) {
        let now = self.now;
        if let Some(provider) = self.providers.iter_mut().find(|known| known.id == provider) {
            provider.last_sync_at = Some(now);
        }
    }

    /// `GET /Users/{id}` as the provider sees it.
    pub(crate) fn user_resource(
        &self,
        provider: Id,
        id: &str,
        base_url: &str,
    ) -> Result<(Id, Object), ScimError> {
        let user = Id::parse(id).and_then(|id| self.store.user(id)).filter(|user| self.sees(provider, user));
        let user = user.ok_or_else(|| not_found(id))?;
        Ok((user.id, self.user_view(provider, user, base_url)))
    }

    /// One page of `GET /Users` with the number of all that fit.
    pub(crate) fn list_users(
        &self,
        provider: Id,
        filter: Option<&Filter>,
        skip: usize,
        count: usize,
        base_url: &str,
    ) -> (Vec<Object>, usize) {
        let Some(filter) = filter else {
            let page = self
                .store
                .visible_from(provider, skip)
                .take(count)
                .map(|user| self.user_view(provider, user, base_url))
                .collect();
            return (page, self.store.visible_count(provider));
        };
        let candidates: Vec<&User> = match filter.equality() {
            Some((path, value)) if path == "userName" => self.store.user_by_name(value).into_iter().collect(),
            Some((path, value)) if path == "externalId" => self.store.users_by_external_id(value).collect(),
            Some((path, value)) if path == "id" => {
                Id::parse(value).and_then(|id| self.store.user(id)).into_iter().collect()
            }
            _ => self.store.visible_from(provider, 0).collect(),
        };
        let fitting: Vec<Object> = candidates
            .into_iter()
            .filter(|user| self.sees(provider, user))
            .map(|user| self.user_view(provider, user, base_url))
            .filter(|resource| filter.matches(resource))
            .collect();
        let total = fitting.len();
        (fitting.into_iter().skip(skip).take(count).collect(), total)
    }

    /// The resource with everything that is derived (code42-service §3.3).
    pub(super) fn user_view(&self, provider: Id, user: &User, base_url: &str) -> Object {
        let mut resource = Map::new();
        resource.insert("schemas".into(), user.scim.get("schemas").cloned().unwrap_or_default());
        resource.insert("id".into(), json!(user.id.to_string()));
        for (key, value) in &user.scim {
            if key == "schemas" {
                continue;
            }
            if key.starts_with("urn:") && !resource.contains_key("active") {
                self.derived(provider, user, &mut resource, base_url);
            }
            resource.insert(key.clone(), value.clone());
        }
        if !resource.contains_key("active") {
            self.derived(provider, user, &mut resource, base_url);
        }
        resource.insert(
            "meta".into(),
            json!({
                "resourceType": "User",
                "created": view::time(user.created),
                "lastModified": view::time(user.modified),
                "location": format!("{base_url}/Users/{}", user.id),
                "version": format!("W/\"{}\"", user.version),
            }),
        );
        resource
    }

    fn derived(&self, provider: Id, user: &User, resource: &mut Object, base_url: &str) {
        resource.insert("active".into(), json!(user.scim_active()));
        let groups: Vec<Value> = self
            .store
            .groups_with(user.id)
            .filter(|group| group.provider == provider)
            .map(|group| {
                json!({
                    "value": group.id.to_string(),
                    "$ref": format!("{base_url}/Groups/{}", group.id),
                    "display": group.display_name,
                    "type": "direct",
                })
            })
            .collect();
        if !groups.is_empty() {
            resource.insert("groups".into(), Value::Array(groups));
        }
    }
}

pub(super) fn refusal(entry: &mut Value, error: &ScimError) {
    entry["code"] = json!(error.code);
    entry["message"] = json!(error.detail);
    entry["httpStatus"] = json!(error.status);
    if let Some(scim_type) = error.scim_type {
        entry["scimType"] = json!(scim_type.as_str());
    }
}

fn not_found(id: impl std::fmt::Display) -> ScimError {
    ScimError::new(404, None, format!("There is no user `{id}`."), "NOT_FOUND")
}

/// `active` apart from the rest; the password is swallowed, roles and entitlements are not kept (§3.3).
fn taken_apart(mut resource: Object) -> (Object, Option<bool>) {
    let active = resource.shift_remove("active").and_then(|value| value.as_bool());
    for ignored in ["password", "roles", "entitlements", "id"] {
        resource.shift_remove(ignored);
    }
    (resource, active)
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
        .map(|key| json!({ "path": key, "oldValue": flat_before.get(key), "newValue": flat_after.get(key) }))
        .collect()
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
