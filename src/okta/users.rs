//! The jobs about people: verify, create, link, push profile, activate, deactivate, password, import
//! (okta-client §3.1 to §3.16).

use indexmap::IndexMap;
use serde_json::{Value, json};

use super::mapping::AppProfile;
use super::messages::Doing;
use super::operation::Person;
use super::simulator::{Dialect, Lifecycle, OperationError, Refusal, Simulator};
use super::wire;

/// What the existence check came to (§3.3).
enum Lookup {
    Found {
        id: String,
        active: bool,
    },
    NotFound,
    Refused(String),
    /// A list whose counters are no integers: Okta stops without a word.
    Silent,
}

const PAGE: u64 = 100;

impl Simulator {
    pub(super) async fn test_credentials(&mut self) -> Result<(), OperationError> {
        self.connected()?;
        let outcome = self.call("GET", "/Users?startIndex=1&count=2", None).await;
        self.judge_probe(outcome.map(|answer| answer.json));
        Ok(())
    }

    fn judge_probe(&mut self, outcome: Result<Value, Refusal>) {
        let reason = match outcome {
            Ok(list) if list.is_object() => return,
            Ok(_) => "the answer is not a list of users".to_owned(),
            Err(refusal) => refusal.reason,
        };
        self.app_failed(format!("Error authenticating: {reason}"));
    }

    pub(super) async fn save(&mut self) -> Result<(), OperationError> {
        self.test_credentials().await?;
        if self.app.features.import_groups {
            let outcome = self.call("GET", "/Groups?startIndex=1&count=100", None).await;
            self.judge_probe(outcome.map(|answer| answer.json));
        }
        Ok(())
    }

    pub(super) async fn assign(&mut self, key: &str) -> Result<(), OperationError> {
        self.connected()?;
        let person = self.person_mut(key)?;
        if person.lifecycle == Lifecycle::Deactivated {
            return Err(OperationError::NotOffered(format!(
                "`{key}` is deactivated; add a step `okta.reactivate` before this one"
            )));
        }
        if person.assigned {
            return Err(OperationError::NotOffered(format!("`{key}` is assigned to the app already")));
        }
        person.assigned = true;
        self.provision(key).await
    }

    pub(super) async fn provision_user(&mut self, key: &str) -> Result<(), OperationError> {
        self.connected()?;
        if !self.person(key)?.assigned {
            return Err(OperationError::NotOffered(format!("`{key}` is not assigned to the app")));
        }
        self.provision(key).await
    }

    /// §3.3 to §3.6: look up, then create or link.
    async fn provision(&mut self, key: &str) -> Result<(), OperationError> {
        let login = self.person(key)?.profile.login.clone();
        let features = self.app.features;
        if !features.create_users && !features.update_user_attributes {
            self.note("nothing is sent: neither Create Users nor Update User Attributes is on");
            return Ok(());
        }
        match self.look_up("Users", "userName", &login).await {
            Lookup::Refused(reason) => {
                self.event("user.verify_exists", &login, Some(&reason));
                self.user_failed(key, Doing::VerifyingUser, &reason);
            }
            Lookup::Silent => {
                // No task, no message: System Log shows a failure without reason (§3.3, KB-str).
                self.event("user.sync", &login, Some(""));
                self.note("Okta stopped without a message: the counters of the list are no integers");
            }
            Lookup::NotFound if features.create_users => {
                self.event("user.verify_exists", &login, None);
                self.create(key).await?;
            }
            Lookup::NotFound => {
                self.event("user.verify_exists", &login, None);
                let app = &self.app.label;
                let message = format!(
                    "Automatic provisioning of user {login} to app {app} failed: Matching user not found"
                );
                self.app_failed(message);
            }
            Lookup::Found { id, active } => {
                self.event("user.verify_exists", &login, None);
                self.link(key, id, active).await?;
            }
        }
        Ok(())
    }

    async fn create(&mut self, key: &str) -> Result<(), OperationError> {
        let password = self.next_password(key)?;
        let person = self.person(key)?;
        let login = person.profile.login.clone();
        let profile = AppProfile::of(&person.profile, &self.app);
        let body = profile.create_body(&person.okta_id, &password);
        let reason = match self.call("POST", "/Users", Some(&body)).await {
            Ok(answer) => match answer.json.get("id").and_then(Value::as_str).filter(|id| !id.is_empty()) {
                Some(id) => {
                    let id = id.to_owned();
                    let person = self.person_mut(key)?;
                    person.external_id = Some(id);
                    person.pushed = Some(profile);
                    self.event("user.push", &login, None);
                    return Ok(());
                }
                // §3.4: a success without a user in it fails the job.
                None => "Create new user returned empty user.".to_owned(),
            },
            Err(refusal) => refusal.reason,
        };
        self.event("user.push", &login, Some(&reason));
        self.user_failed(key, Doing::CreatingUser, &reason);
        Ok(())
    }

    /// §3.5: link to the account that was found, activate it if need be, push the profile.
    async fn link(&mut self, key: &str, id: String, active: bool) -> Result<(), OperationError> {
        let login = self.person(key)?.profile.login.clone();
        self.person_mut(key)?.external_id = Some(id);
        if !active || self.app.switches.activate_on_link {
            if let Err(refusal) = self.set_active(key, true).await? {
                self.event("user.reactivate", &login, Some(&refusal.reason));
                self.user_failed(key, Doing::ReactivatingUser, &refusal.reason);
                self.person_mut(key)?.external_id = None;
                return Ok(());
            }
            self.event("user.reactivate", &login, None);
        }
        if self.app.features.update_user_attributes && !self.push_profile(key).await? {
            // A failed push during link drops the link, so a later unassign is silent (§3.5, §8.10).
            self.person_mut(key)?.external_id = None;
        }
        Ok(())
    }

    /// §3.8: GET, merge, PUT. Says whether it worked.
    async fn push_profile(&mut self, key: &str) -> Result<bool, OperationError> {
        let person = self.person(key)?;
        let Some(id) = person.external_id.clone() else { return Ok(false) };
        let (login, okta_id) = (person.profile.login.clone(), person.okta_id.clone());
        let profile = AppProfile::of(&person.profile, &self.app);
        let path = format!("/Users/{}", wire::segment(&id));
        let outcome = match self.call("GET", &path, None).await {
            Ok(answer) => {
                let body = profile.merged_into(&answer.json, &okta_id);
                self.call("PUT", &path, Some(&body)).await.map(drop)
            }
            Err(refusal) => Err(refusal),
        };
        match outcome {
            Ok(()) => {
                self.person_mut(key)?.pushed = Some(profile);
                self.event("user.push_profile", &login, None);
                Ok(true)
            }
            Err(refusal) => {
                self.event("user.push_profile", &login, Some(&refusal.reason));
                self.user_failed(key, Doing::PushingProfile, &refusal.reason);
                Ok(false)
            }
        }
    }

    /// §3.5 and §3.10: PATCH in dialect `oin`, GET and PUT of everything else unchanged in `aiw`.
    async fn set_active(&mut self, key: &str, active: bool) -> Result<Result<(), Refusal>, OperationError> {
        let Some(id) = self.person(key)?.external_id.clone() else { return Ok(Ok(())) };
        Ok(self.change_one(&id, "active", json!(active)).await)
    }

    async fn change_one(&self, id: &str, attribute: &str, value: Value) -> Result<(), Refusal> {
        let path = format!("/Users/{}", wire::segment(id));
        match self.dialect {
            Dialect::Oin => {
                if self.app.switches.get_before_patch {
                    self.call("GET", &path, None).await?;
                }
                let body = wire::patch(&[wire::replace(json!({ attribute: value }))]);
                self.call("PATCH", &path, Some(&body)).await.map(drop)
            }
            Dialect::Aiw => {
                let mut body = self.call("GET", &path, None).await?.json;
                body[attribute] = value;
                self.call("PUT", &path, Some(&body)).await.map(drop)
            }
        }
    }

    pub(super) async fn update_profile(
        &mut self,
        key: &str,
        set: &IndexMap<String, String>,
    ) -> Result<(), OperationError> {
        let person = self.person_mut(key)?;
        person.profile = with_attributes(&person.profile, set)?;
        if !person.assigned || person.external_id.is_none() {
            self.note(format!("nothing is sent: `{key}` is not provisioned"));
            return Ok(());
        }
        self.push_if_changed(key).await
    }

    async fn push_if_changed(&mut self, key: &str) -> Result<(), OperationError> {
        if !self.app.features.update_user_attributes {
            self.note("nothing is sent: Update User Attributes is off");
            return Ok(());
        }
        let person = self.person(key)?;
        let profile = AppProfile::of(&person.profile, &self.app);
        if person.pushed.as_ref() == Some(&profile) {
            self.note(format!(
                "nothing is sent for `{key}`: the app profile is the one that was pushed last"
            ));
            return Ok(());
        }
        self.connected()?;
        self.push_profile(key).await.map(drop)
    }

    pub(super) async fn unassign(&mut self, key: &str) -> Result<(), OperationError> {
        let person = self.person(key)?;
        if !person.assigned {
            return Err(OperationError::NotOffered(format!("`{key}` is not assigned to the app")));
        }
        let login = person.profile.login.clone();
        if person.external_id.is_none() {
            self.note(format!("nothing is sent: `{key}` has no account that Okta knows of"));
        } else if self.app.features.deactivate_users {
            self.connected()?;
            match self.set_active(key, false).await? {
                Ok(()) => self.event("user.deactivate", &login, None),
                Err(refusal) => {
                    self.event("user.deactivate", &login, Some(&refusal.reason));
                    self.user_failed(key, Doing::DeprovisioningUser, &refusal.reason);
                }
            }
        } else {
            self.note("nothing is sent: Deactivate Users is off");
        }
        // The assignment goes in any case, and with it the link (§3.10).
        let person = self.person_mut(key)?;
        person.assigned = false;
        person.external_id = None;
        person.pushed = None;
        Ok(())
    }

    pub(super) async fn change_password(&mut self, key: &str) -> Result<(), OperationError> {
        let password = self.next_password(key)?;
        let person = self.person(key)?;
        let login = person.profile.login.clone();
        let Some(id) = person.external_id.clone().filter(|_| self.app.features.sync_password) else {
            self.note("nothing is sent: Sync Password is off, or the person is not provisioned");
            return Ok(());
        };
        self.connected()?;
        match self.change_one(&id, "password", json!(password)).await {
            Ok(()) => self.event("user.push_password", &login, None),
            Err(refusal) => {
                self.event("user.push_password", &login, Some(&refusal.reason));
                self.user_failed(key, Doing::PushingPassword, &refusal.reason);
            }
        }
        Ok(())
    }

    /// Apply updates now pushes everybody, changed or not (code42-service §1.6).
    pub(super) async fn push_everybody(&mut self) -> Result<(), OperationError> {
        if !self.app.features.update_user_attributes {
            self.note("nothing is sent: Update User Attributes is off");
            return Ok(());
        }
        self.connected()?;
        for key in self.provisioned() {
            self.push_profile(&key).await?;
        }
        Ok(())
    }

    fn provisioned(&self) -> Vec<String> {
        let people = self.people.iter();
        let provisioned = people.filter(|(_, person)| person.assigned && person.external_id.is_some());
        provisioned.map(|(key, _)| key.clone()).collect()
    }

    pub(super) async fn force_sync(&mut self) -> Result<(), OperationError> {
        for key in self.provisioned() {
            self.push_if_changed(&key).await?;
        }
        Ok(())
    }

    pub(super) async fn retry(
        &mut self,
        user: Option<&str>,
        group: Option<&str>,
    ) -> Result<(), OperationError> {
        self.connected()?;
        let Some(task) = self.take_task(user, group) else {
            return Err(OperationError::NotOffered("there is no failed task of that name to retry".into()));
        };
        match (task.user.as_deref(), task.group.as_deref()) {
            (Some(key), _) if task.doing == Some(Doing::DeprovisioningUser) => {
                let key = key.to_owned();
                let login = self.person(&key)?.profile.login.clone();
                let id = task.external_id.clone().unwrap_or_default();
                match self.change_one(&id, "active", json!(false)).await {
                    Ok(()) => self.event("user.deactivate", &login, None),
                    Err(refusal) => {
                        self.event("user.deactivate", &login, Some(&refusal.reason));
                        self.user_failed(&key, Doing::DeprovisioningUser, &refusal.reason);
                    }
                }
                Ok(())
            }
            // With a link the push is repeated; without one the retry starts at the look-up (§3.6).
            (Some(key), _) if self.person(key)?.external_id.is_some() => {
                let key = key.to_owned();
                self.push_profile(&key).await.map(drop)
            }
            (Some(key), _) => {
                let key = key.to_owned();
                self.provision(&key).await
            }
            (None, Some(key)) if self.group(key)?.external_id.is_some() => {
                let key = key.to_owned();
                self.push_now(&key).await
            }
            (None, Some(key)) => {
                let key = key.to_owned();
                self.push_group(&key).await
            }
            (None, None) => Ok(()),
        }
    }

    /// §3.16: pages of 100 by a fixed step; accounts that are not active are left out.
    pub(super) async fn import_now(&mut self) -> Result<(), OperationError> {
        self.connected()?;
        if !self.app.features.import_users {
            self.note("nothing is sent: Import New Users and Profile Updates is off");
            return Ok(());
        }
        match self.all_pages("Users").await {
            Ok(users) => {
                self.imported_users = users
                    .into_iter()
                    .filter(|user| user.get("active") != Some(&json!(false)))
                    .map(|user| json!({ "userName": user.get("userName"), "externalId": user.get("id") }))
                    .collect();
                self.event("user.import", "Users", None);
            }
            Err(reason) => {
                self.event("user.import", "Users", Some(&reason));
                self.app_failed(format!("Error while importing users from app {}: {reason}", self.app.label));
                return Ok(());
            }
        }
        if self.app.features.import_groups {
            match self.all_pages("Groups").await {
                Ok(groups) => {
                    self.imported_groups = groups
                        .into_iter()
                        .map(|group| json!({ "group": group.get("displayName"), "externalId": group.get("id") }))
                        .collect();
                    self.event("group.import", "Groups", None);
                }
                Err(reason) => {
                    self.event("group.import", "Groups", Some(&reason));
                    self.app_failed(format!(
                        "Error while importing groups from app {}: {reason}",
                        self.app.label
                    ));
                }
            }
        }
        Ok(())
    }

    async fn all_pages(&self, collection: &str) -> Result<Vec<Value>, String> {
        let mut all = Vec::new();
        let mut start = 1;
        loop {
            let path = format!("/{collection}?startIndex={start}&count={PAGE}");
            let answer = self.call("GET", &path, None).await.map_err(|refusal| refusal.reason)?;
            let total = field(&answer.json, "totalResults").and_then(Value::as_u64);
            let Some(total) = total else { return Err("totalResults is missing or no integer".into()) };
            let page =
                field(&answer.json, "Resources").and_then(Value::as_array).cloned().unwrap_or_default();
            let empty = page.is_empty();
            all.extend(page);
            start += PAGE;
            // A page without entries before the end would repeat for ever; stop rule open (§13.9).
            if start > total || empty {
                return Ok(all);
            }
        }
    }

    async fn look_up(&self, collection: &str, attribute: &str, value: &str) -> Lookup {
        let path = wire::lookup(collection, attribute, value, self.app.switches.form_encoded_filter);
        let list = match self.call("GET", &path, None).await {
            Ok(answer) => answer.json,
            Err(Refusal { status: Some(404), .. }) => return Lookup::NotFound,
            Err(refusal) => return Lookup::Refused(refusal.reason),
        };
        for counter in ["totalResults", "startIndex", "itemsPerPage"] {
            if field(&list, counter).is_some_and(|value| !value.is_u64()) {
                return Lookup::Silent;
            }
        }
        let Some(total) = field(&list, "totalResults").and_then(Value::as_u64) else { return Lookup::Silent };
        let first =
            field(&list, "Resources").and_then(Value::as_array).and_then(|resources| resources.first());
        match first {
            Some(resource) if total > 0 => match resource.get("id").and_then(Value::as_str) {
                Some(id) => {
                    Lookup::Found { id: id.to_owned(), active: resource.get("active") != Some(&json!(false)) }
                }
                None => Lookup::Refused("the account that was found has no id".into()),
            },
            _ => Lookup::NotFound,
        }
    }

    /// The group of that name in the app: its id, or why it could not be looked for.
    pub(super) async fn look_up_group(&self, name: &str) -> Result<Option<String>, String> {
        match self.look_up("Groups", "displayName", name).await {
            Lookup::Found { id, .. } => Ok(Some(id)),
            Lookup::NotFound => Ok(None),
            Lookup::Refused(reason) => Err(reason),
            Lookup::Silent => Err("the counters of the list are no integers".into()),
        }
    }
}

/// A key of a list in any letter case: lower-cased ones are tolerated (§5).
fn field<'a>(list: &'a Value, name: &str) -> Option<&'a Value> {
    list.as_object()?.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

fn with_attributes(person: &Person, set: &IndexMap<String, String>) -> Result<Person, OperationError> {
    let mut fields = serde_json::to_value(person).unwrap_or_default();
    for (attribute, value) in set {
        if person.custom.contains_key(attribute) {
            fields["custom"][attribute] = json!(value);
        } else {
            fields[attribute] = json!(value);
        }
    }
    serde_json::from_value(fields)
        .map_err(|error| OperationError::NotOffered(format!("the Okta profile cannot be set so: {error}")))
}
