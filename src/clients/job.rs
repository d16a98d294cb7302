//! One person's job: verify, create, link, push the profile, activate, deactivate, set the password
//! (okta-client §3.3 to §3.14). Its requests are strictly one after the other; jobs of several people run
//! at once, each on its own copy of the person's state.

use serde_json::{Value, json};

use super::client::{Update, UserChange};
use super::engine::{Engine, Lookup};
use super::journal::Journal;
use super::mapping::AppProfile;
use super::model::{PersonState, Refusal};
use super::okta::messages::{Doing, Reason};
use super::wire;

/// What is to be done for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Work {
    /// Look up, then create or link.
    Provision,
    /// Push the profile, changed or not.
    Push,
    /// Push the profile if it is not the one that was pushed last.
    PushIfChanged,
    /// Deactivate the account.
    Deactivate,
    /// Deactivate an account whose link is gone already: a retry.
    DeactivateAgain(String),
    /// Set the password.
    Password(String),
}

/// A job while it runs.
pub(super) struct Job<'a> {
    engine: &'a Engine,
    key: String,
    person: PersonState,
    journal: Journal,
    /// The placeholder or synced password of a create.
    password: String,
}

/// A job that has ended.
pub(super) struct Done {
    pub(super) key: String,
    pub(super) person: PersonState,
    pub(super) journal: Journal,
}

impl<'a> Job<'a> {
    pub(super) fn new(engine: &'a Engine, key: String, person: PersonState, password: String) -> Self {
        Self { engine, key, person, journal: Journal::default(), password }
    }

    pub(super) async fn run(mut self, work: Work) -> Done {
        match work {
            Work::Provision => self.provision().await,
            Work::Push => self.push().await,
            Work::PushIfChanged => self.push_if_changed().await,
            Work::Deactivate => self.deactivate().await,
            Work::DeactivateAgain(id) => self.deactivate_account(&id).await,
            Work::Password(password) => self.change_password(&password).await,
        }
        Done { key: self.key, person: self.person, journal: self.journal }
    }

    fn user_name(&self) -> String {
        self.person.user_name(&self.engine.app)
    }

    fn profile(&self) -> AppProfile {
        AppProfile::of(&self.person.profile, &self.engine.app).edited(&self.person.edited)
    }

    fn login(&self) -> String {
        self.person.profile.login.clone()
    }

    fn succeeded(&mut self, event: &str) {
        let login = self.login();
        self.journal.event(event, &login, None);
    }

    fn failed(&mut self, event: &str, doing: Doing, reason: &str) {
        let login = self.login();
        self.journal.event(event, &login, Some(reason));
        self.journal.user_failed(&self.engine.app.label, &self.key, &self.person, doing, reason);
    }

    /// §3.3 to §3.6: look up, then create or link.
    async fn provision(&mut self) {
        let features = self.engine.app.features;
        if !features.create_users && !features.update_user_attributes {
            self.journal.note("nothing is sent: neither Create Users nor Update User Attributes is on");
            return;
        }
        let attribute = self.engine.app.unique_identifier.clone();
        match self.engine.look_up("Users", &attribute, &self.user_name()).await {
            Lookup::Refused(refusal) => {
                self.failed("user.verify_exists", Doing::VerifyingUser, &refusal.reason);
            }
            Lookup::Silent => {
                // No task, no message: System Log shows a failure without reason (§3.3, KB-str).
                let login = self.login();
                self.journal.event("user.sync", &login, Some(""));
                self.journal.note("Okta stopped without a message: the counters of the list are no integers");
            }
            Lookup::NotFound => {
                self.succeeded("user.verify_exists");
                if features.create_users {
                    self.create().await;
                } else {
                    let app = &self.engine.app.label;
                    self.journal.user_failed(app, &self.key, &self.person, Doing::MatchingUser, "");
                }
            }
            Lookup::Found { id, active } => {
                self.succeeded("user.verify_exists");
                self.link(id, active).await;
            }
        }
    }

    async fn create(&mut self) {
        let profile = self.profile();
        let body = self.engine.client.user_body(&profile, &self.person.okta_id, &self.password);
        let answer = match self.engine.call("POST", "/Users", Some(&body)).await {
            Ok(answer) => answer,
            Err(refusal) => return self.failed("user.push", Doing::CreatingUser, &refusal.reason),
        };
        let Some(id) = answer.get("id").and_then(Value::as_str).filter(|id| !id.is_empty()) else {
            // §3.4: a success without a user in it fails the job.
            return self.failed("user.push", Doing::CreatingUser, &Reason::EmptyUser.to_string());
        };
        if let Err(refusal) = wire::path_to("/Users", id) {
            return self.failed("user.push", Doing::CreatingUser, &refusal.reason);
        }
        self.succeeded("user.push");
        // §3.4: the answer is read into the app profile, and a value of another type breaks the task. A
        // retry then finds the account and links it.
        if let Some(property) = profile.of_another_type(&answer) {
            let reason = format!(
                "Error setting property, appUser={} property={property} error=[Invalid value data type]",
                self.user_name()
            );
            return self.failed("user.import_profile", Doing::ImportingProfile, &reason);
        }
        self.person.external_id = Some(id.to_owned());
        self.person.pushed = Some(profile);
    }

    /// §3.5: link to the account that was found, activate it if need be, push the profile.
    async fn link(&mut self, id: String, active: bool) {
        self.person.external_id = Some(id.clone());
        if !active || self.engine.app.switches.activate_on_link {
            if let Err(refusal) = self.change_one(&id, "active", json!(true)).await {
                self.failed("user.reactivate", Doing::ReactivatingUser, &refusal.reason);
                self.person.external_id = None;
                return;
            }
            self.succeeded("user.reactivate");
        }
        if self.engine.app.features.update_user_attributes
            && let Err(refusal) = self.push_profile(&id).await
        {
            self.failed("user.push_profile", Doing::PushingProfile, &refusal.reason);
            // A failed push during link drops the link, so a later unassign is silent (§3.5, §8.10).
            self.person.external_id = None;
        }
    }

    async fn push(&mut self) {
        let Some(id) = self.person.external_id.clone() else { return };
        match self.push_profile(&id).await {
            Ok(()) => {}
            Err(Refusal { status: Some(404), .. }) if self.engine.app.switches.provision_again_when_gone => {
                self.person.external_id = None;
                self.person.pushed = None;
                self.provision().await;
            }
            Err(refusal) => self.failed("user.push_profile", Doing::PushingProfile, &refusal.reason),
        }
    }

    async fn push_if_changed(&mut self) {
        let profile = self.profile();
        if self.person.pushed.as_ref() == Some(&profile) {
            self.journal.note(format!(
                "nothing is sent for `{}`: the app profile is the one that was pushed last",
                self.key
            ));
            return;
        }
        self.push().await;
    }

    async fn push_profile(&mut self, id: &str) -> Result<(), Refusal> {
        let profile = self.profile();
        let change = UserChange::Profile { profile: &profile, okta_id: &self.person.okta_id };
        self.change(id, &change).await?;
        self.person.pushed = Some(profile);
        self.succeeded("user.push_profile");
        Ok(())
    }

    async fn deactivate(&mut self) {
        if let Some(id) = self.person.external_id.clone() {
            self.deactivate_account(&id).await;
        }
    }

    /// §3.10.
    async fn deactivate_account(&mut self, id: &str) {
        match self.change_one(id, "active", json!(false)).await {
            Ok(()) => self.succeeded("user.deactivate"),
            Err(refusal) => {
                // The retry needs the id, which the person has lost by then.
                let kept = self.person.external_id.replace(id.to_owned());
                self.failed("user.deactivate", Doing::DeprovisioningUser, &refusal.reason);
                self.person.external_id = kept;
            }
        }
    }

    /// §3.14.
    async fn change_password(&mut self, password: &str) {
        let Some(id) = self.person.external_id.clone() else { return };
        if !self.engine.client.synchronizes_passwords() {
            self.journal.note("nothing is sent: this client synchronizes no passwords");
            return;
        }
        match self.change_one(&id, "password", json!(password)).await {
            Ok(()) => self.succeeded("user.push_password"),
            Err(refusal) => self.failed("user.push_password", Doing::PushingPassword, &refusal.reason),
        }
    }

    async fn change_one(&self, id: &str, name: &str, value: Value) -> Result<(), Refusal> {
        self.change(id, &UserChange::Attribute { name, value: &value }).await
    }

    /// Changes the user in the client's way.
    async fn change(&self, id: &str, change: &UserChange<'_>) -> Result<(), Refusal> {
        let Engine { client, app, .. } = self.engine;
        let path = wire::path_to("/Users", id)?;
        let server = if client.reads_user(change, &app.switches) {
            self.engine.call("GET", &path, None).await?
        } else {
            Value::Null
        };
        match client.user_update(change, &server, &app.switches) {
            Update::Put(body) => self.engine.call("PUT", &path, Some(&body)).await.map(drop),
            Update::Patch(operations) if operations.is_empty() => Ok(()),
            Update::Patch(operations) => {
                let sent = self.engine.call("PATCH", &path, Some(&wire::patch(&operations))).await;
                sent.map(drop).map_err(|refusal| client.explained(refusal, &operations))
            }
        }
    }
}
