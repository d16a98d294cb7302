//! What an administrator does with people: assign, update, unassign, deactivate, delete, retry. The jobs
//! that follow are in `job`.

use indexmap::IndexMap;
use serde_json::{Value, json};

use super::engine::Engine;
use super::job::{Done, Job, Work};
use super::model::{Lifecycle, OperationError, Refusal};
use super::okta::messages::Doing;
use super::operation::Person;
use super::simulator::Simulator;
use super::wire;

impl Simulator {
    pub(super) async fn test_credentials(&mut self) -> Result<(), OperationError> {
        self.engine.connected()?;
        let path = self.engine.client.credentials_test(&self.nobody());
        let outcome = self.engine.call("GET", &path, None).await;
        self.judge_probe(outcome);
        Ok(())
    }

    fn judge_probe(&mut self, outcome: Result<Value, Refusal>) {
        let reason = match outcome {
            Ok(list) if list.is_object() => return,
            Ok(_) => "the answer is not a list of users".to_owned(),
            Err(refusal) => refusal.reason,
        };
        self.journal.app_failed(format!("Error authenticating: {reason}"));
    }

    pub(super) async fn save(&mut self) -> Result<(), OperationError> {
        self.test_credentials().await?;
        if self.engine.app.features.import_groups && self.engine.client.imports() {
            let outcome = self.engine.call("GET", "/Groups?startIndex=1&count=100", None).await;
            self.judge_probe(outcome);
        }
        Ok(())
    }

    /// Runs the same work for several people, so many at once as the app's pool has places. Each person's
    /// requests keep their order; what the jobs leave is told in the order of the people.
    pub(super) async fn work(&mut self, keys: &[String], work: &Work) -> Result<(), OperationError> {
        use futures_util::stream::{self, StreamExt as _};
        self.engine.connected()?;
        let mut jobs = Vec::new();
        for key in keys {
            let password = match work {
                Work::Provision => self.next_password(key)?,
                _ => String::new(),
            };
            let person = self.person(key)?.clone();
            jobs.push((key.clone(), person, password));
        }
        let engine: &Engine = &self.engine;
        let running: Vec<_> = jobs
            .into_iter()
            .map(|(key, person, password)| Job::new(engine, key, person, password).run(work.clone()))
            .collect();
        let places = engine.app.switches.people_at_once.max(1);
        let done: Vec<Done> = stream::iter(running).buffered(places).collect().await;
        for Done { key, person, journal } in done {
            self.people[&key] = person;
            self.absorb(journal);
        }
        Ok(())
    }

    async fn work_for(&mut self, key: &str, work: Work) -> Result<(), OperationError> {
        self.work(&[key.to_owned()], &work).await
    }

    pub(super) async fn assign(&mut self, key: &str) -> Result<(), OperationError> {
        self.engine.connected()?;
        let person = self.person_mut(key)?;
        match person.lifecycle {
            Lifecycle::Deactivated => {
                return Err(OperationError::NotOffered(format!(
                    "`{key}` is deactivated; add a step `okta.reactivate` before this one"
                )));
            }
            Lifecycle::Deleted => {
                return Err(OperationError::NotOffered(format!("`{key}` was deleted from the directory")));
            }
            Lifecycle::Staged | Lifecycle::Active | Lifecycle::Suspended => {}
        }
        if person.individual || person.assigned {
            let again = person.individual;
            person.individual = true;
            if again {
                return Err(OperationError::NotOffered(format!("`{key}` is assigned to the app already")));
            }
            self.journal.note(format!("nothing is sent: `{key}` has the app by a group already"));
            return Ok(());
        }
        person.individual = true;
        self.settle_assignments(&[key.to_owned()]).await
    }

    /// Assign to Groups: every member gets the app, as by Assign to People (§3.3).
    pub(super) async fn assign_group(&mut self, key: &str, assigned: bool) -> Result<(), OperationError> {
        self.engine.connected()?;
        let group = self.group_mut(key)?;
        if group.assigned == assigned {
            let state =
                if assigned { "is assigned to the app already" } else { "is not assigned to the app" };
            return Err(OperationError::NotOffered(format!("the group `{key}` {state}")));
        }
        group.assigned = assigned;
        let members = group.group.members.clone();
        self.settle_assignments(&members).await
    }

    /// Provisions those of `keys` who ought to have the app and have not, and deprovisions the others.
    pub(super) async fn settle_assignments(&mut self, keys: &[String]) -> Result<(), OperationError> {
        let mut gained = Vec::new();
        let mut lost = Vec::new();
        for key in keys {
            let by_group =
                self.groups.values().any(|group| group.assigned && group.group.members.contains(key));
            let person = self.person_mut(key)?;
            let living = matches!(person.lifecycle, Lifecycle::Active | Lifecycle::Suspended);
            let wanted = living && (person.individual || by_group);
            match (wanted, person.assigned) {
                (true, false) => {
                    person.assigned = true;
                    gained.push(key.clone());
                }
                (false, true) => lost.push(key.clone()),
                _ if person.lifecycle == Lifecycle::Staged && (person.individual || by_group) => {
                    self.journal.note(format!("nothing is sent before `{key}` is activated"));
                }
                _ => {}
            }
        }
        if !gained.is_empty() {
            self.work(&gained, &Work::Provision).await?;
        }
        self.deprovision(&lost).await
    }

    /// §3.10: deactivates the accounts and ends the assignments.
    async fn deprovision(&mut self, keys: &[String]) -> Result<(), OperationError> {
        let mut linked = Vec::new();
        for key in keys {
            if self.person(key)?.external_id.is_none() {
                self.journal.note(format!("nothing is sent: `{key}` has no account that Okta knows of"));
            } else if self.engine.app.features.deactivate_users {
                linked.push(key.clone());
            } else {
                self.journal.note("nothing is sent: Deactivate Users is off");
            }
        }
        if !linked.is_empty() {
            self.work(&linked, &Work::Deactivate).await?;
        }
        for key in keys {
            // The assignment goes in any case, and with it the link (§3.10).
            let person = self.person_mut(key)?;
            person.assigned = false;
            person.individual = false;
            person.former_id = person.external_id.take().or_else(|| person.former_id.take());
            person.pushed = None;
            person.edited.clear();
        }
        Ok(())
    }

    pub(super) async fn provision_user(&mut self, key: &str) -> Result<(), OperationError> {
        self.engine.connected()?;
        if !self.person(key)?.assigned {
            return Err(OperationError::NotOffered(format!("`{key}` is not assigned to the app")));
        }
        self.work_for(key, Work::Provision).await
    }

    pub(super) async fn update_profile(
        &mut self,
        key: &str,
        set: &IndexMap<String, String>,
    ) -> Result<(), OperationError> {
        self.not_deleted(key)?;
        let profile = with_attributes(&self.person(key)?.profile, set)?;
        self.change_profile(key, profile).await
    }

    pub(super) async fn change_profile(&mut self, key: &str, profile: Person) -> Result<(), OperationError> {
        self.not_deleted(key)?;
        self.person_mut(key)?.profile = profile;
        self.push_changed(key).await
    }

    /// Pushes the profile of who is provisioned, if it is another than before.
    pub(super) async fn push_changed(&mut self, key: &str) -> Result<(), OperationError> {
        let person = self.person(key)?;
        if !person.assigned || person.external_id.is_none() {
            self.journal.note(format!("nothing is sent: `{key}` is not provisioned"));
            return Ok(());
        }
        if !self.updates_users() {
            return Ok(());
        }
        self.work_for(key, Work::PushIfChanged).await
    }

    fn updates_users(&mut self) -> bool {
        let on = self.engine.app.features.update_user_attributes;
        if !on {
            self.journal.note("nothing is sent: Update User Attributes is off");
        }
        on
    }

    pub(super) async fn unassign(&mut self, key: &str) -> Result<(), OperationError> {
        let person = self.person(key)?;
        if !person.assigned && !person.individual {
            return Err(OperationError::NotOffered(format!("`{key}` is not assigned to the app")));
        }
        if !person.individual {
            return Err(OperationError::NotOffered(format!(
                "`{key}` has the app by a group; remove the member or unassign the group"
            )));
        }
        self.person_mut(key)?.individual = false;
        self.settle_assignments(&[key.to_owned()]).await
    }

    /// With the person's state go the assignments, also one that has not led to anything yet (§3.10).
    pub(super) async fn deactivate(&mut self, key: &str) -> Result<(), OperationError> {
        self.not_deleted(key)?;
        let person = self.person_mut(key)?;
        if person.lifecycle == Lifecycle::Deactivated {
            return Err(OperationError::NotOffered(format!("`{key}` is deactivated already")));
        }
        person.lifecycle = Lifecycle::Deactivated;
        person.individual = false;
        self.settle_assignments(&[key.to_owned()]).await
    }

    /// Activates a person who is staged or deactivated. It sends nothing by itself, but a group may give
    /// the app again (§3.11).
    pub(super) async fn activate(&mut self, key: &str) -> Result<(), OperationError> {
        self.not_deleted(key)?;
        let person = self.person_mut(key)?;
        match person.lifecycle {
            Lifecycle::Staged | Lifecycle::Deactivated => person.lifecycle = Lifecycle::Active,
            Lifecycle::Suspended => {
                return Err(OperationError::NotOffered(format!(
                    "`{key}` is suspended; end that with a step `okta.unsuspend`"
                )));
            }
            Lifecycle::Active | Lifecycle::Deleted => {
                return Err(OperationError::NotOffered(format!("`{key}` is active already")));
            }
        }
        self.settle_assignments(&[key.to_owned()]).await
    }

    /// Okta offers *Suspend* for who is active and *Unsuspend* for who is suspended, and no other way round:
    /// nobody becomes able to get the app again by being suspended.
    pub(super) fn suspend(&mut self, key: &str, suspended: bool) -> Result<(), OperationError> {
        self.not_deleted(key)?;
        let person = self.person_mut(key)?;
        let (from, to, word) = if suspended {
            (Lifecycle::Active, Lifecycle::Suspended, "active")
        } else {
            (Lifecycle::Suspended, Lifecycle::Active, "suspended")
        };
        if person.lifecycle != from {
            return Err(OperationError::NotOffered(format!(
                "`{key}` is not {word}; Okta shows the button only for who is"
            )));
        }
        person.lifecycle = to;
        Ok(())
    }

    /// §3.10: deleting sends nothing, except by the switch for granular deprovisioning (§3.13).
    pub(super) async fn delete_person(&mut self, key: &str) -> Result<(), OperationError> {
        self.not_deleted(key)?;
        let person = self.person(key)?;
        if person.lifecycle != Lifecycle::Deactivated {
            return Err(OperationError::NotOffered(format!(
                "`{key}` is not deactivated; add a step `okta.deactivate` before this one"
            )));
        }
        let (login, id) = (person.profile.login.clone(), person.former_id.clone());
        if let Some(id) = id.filter(|_| self.engine.app.switches.delete_users) {
            self.engine.connected()?;
            let deleted = match wire::path_to("/Users", &id) {
                Ok(path) => self.engine.call("DELETE", &path, None).await,
                Err(refusal) => Err(refusal),
            };
            match deleted {
                Ok(_) | Err(Refusal { status: Some(404), .. }) => {
                    self.journal.event("user.delete", &login, None);
                }
                Err(refusal) => {
                    self.journal.event("user.delete", &login, Some(&refusal.reason));
                    let person = self.person(key)?.clone();
                    let app = self.engine.app.label.clone();
                    self.journal.user_failed(&app, key, &person, Doing::DeletingUser, &refusal.reason);
                }
            }
        }
        self.person_mut(key)?.lifecycle = Lifecycle::Deleted;
        for group in self.groups.values_mut() {
            group.group.members.retain(|member| member != key);
        }
        Ok(())
    }

    pub(super) fn not_deleted(&self, key: &str) -> Result<(), OperationError> {
        if self.person(key)?.lifecycle == Lifecycle::Deleted {
            return Err(OperationError::NotOffered(format!("`{key}` was deleted from the directory")));
        }
        Ok(())
    }

    pub(super) async fn change_password(&mut self, key: &str) -> Result<(), OperationError> {
        self.not_deleted(key)?;
        let password = self.next_password(key)?;
        if self.person(key)?.external_id.is_none() || !self.engine.app.features.sync_password {
            self.journal.note("nothing is sent: Sync Password is off, or the person is not provisioned");
            return Ok(());
        }
        self.work_for(key, Work::Password(password)).await
    }

    /// Apply updates now pushes everybody, changed or not (code42-service §1.6).
    pub(super) async fn push_everybody(&mut self) -> Result<(), OperationError> {
        if !self.updates_users() {
            return Ok(());
        }
        let keys = self.provisioned();
        self.work(&keys, &Work::Push).await
    }

    fn provisioned(&self) -> Vec<String> {
        let people = self.people.iter();
        let provisioned = people.filter(|(_, person)| person.assigned && person.external_id.is_some());
        provisioned.map(|(key, _)| key.clone()).collect()
    }

    pub(super) async fn force_sync(&mut self) -> Result<(), OperationError> {
        let keys = self.provisioned();
        if keys.is_empty() || !self.updates_users() {
            return Ok(());
        }
        self.work(&keys, &Work::PushIfChanged).await
    }

    pub(super) async fn retry(
        &mut self,
        user: Option<&str>,
        group: Option<&str>,
    ) -> Result<(), OperationError> {
        self.engine.connected()?;
        let Some(task) = self.take_task(user, group) else {
            return Err(OperationError::NotOffered("there is no failed task of that name to retry".into()));
        };
        if let Some(key) = task.group {
            return match task.doing {
                Some(Doing::DeletingGroup) => self.unlink_group(&key, true).await,
                _ if self.group(&key)?.external_id.is_some() => self.push_now(&key).await,
                _ => self.push_group(&key).await,
            };
        }
        let Some(key) = task.user else { return Ok(()) };
        match task.doing {
            Some(Doing::DeletingUser) => {
                self.person_mut(&key)?.lifecycle = Lifecycle::Deactivated;
                self.delete_person(&key).await
            }
            Some(Doing::DeprovisioningUser) => {
                let id = task.external_id.unwrap_or_default();
                self.work_for(&key, Work::DeactivateAgain(id)).await
            }
            Some(Doing::PushingPassword) => self.change_password(&key).await,
            // With a link the push is repeated; without one the retry starts at the look-up (§3.6).
            _ if self.person(&key)?.external_id.is_some() => self.work_for(&key, Work::Push).await,
            _ => self.work_for(&key, Work::Provision).await,
        }
    }
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
