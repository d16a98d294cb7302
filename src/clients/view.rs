//! The directory and the app as a caller keeps and shows them: people and groups that come and go, app
//! attributes of a single person, and what has become of an assignment or a group push.

use indexmap::IndexMap;
use serde_json::{Value, json};

use super::mapping::AppProfile;
use super::model::{GroupState, Lifecycle, OperationError, PersonState, Report};
use super::operation::{Features, Group, Person};
use super::simulator::Simulator;

/// A person in the app.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Assignment {
    /// Has the app, by whatever way.
    pub assigned: bool,
    /// Was given the app as a person, not only by a group.
    pub individual: bool,
    /// The id that the service gave the account.
    pub external_id: Option<String>,
    /// Whether the app profile is the one that was pushed last.
    pub synchronized: bool,
}

/// A group's push.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupPush {
    /// Not paused.
    pub active: bool,
    /// The id that the service gave the group.
    pub external_id: Option<String>,
    /// The group of the app that is to be linked when the push becomes active.
    pub target_id: Option<String>,
}

/// Which group of the app a group is pushed to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PushTarget {
    /// The one of this name, or a new one when there is none.
    Named(String),
    /// The one with this id in the app, whatever its name.
    Existing(String),
}

/// Why a group of the app is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AppGroupError {
    /// There is none with this id.
    Missing,
    /// The app did not say.
    Refused(String),
}

impl Simulator {
    /// A further person in the directory, under a new short name and the id that the caller's directory has.
    pub fn adopt_person(&mut self, key: &str, okta_id: &str, profile: Person) {
        let lifecycle = if profile.staged { Lifecycle::Staged } else { Lifecycle::Active };
        self.people.insert(key.to_owned(), PersonState::new(profile, okta_id.to_owned(), lifecycle));
    }

    /// A further group in the directory, under a new short name and the id that the caller's directory has.
    pub fn adopt_group(&mut self, key: &str, okta_id: &str, group: Group) {
        self.groups.insert(key.to_owned(), GroupState::new(group, okta_id.to_owned()));
    }

    /// Makes a group push. When it is not active, nothing is pushed before it is activated.
    ///
    /// # Errors
    /// When there is no such group, it is pushed already, or Push Groups is off; nothing was sent then.
    pub async fn map_group(
        &mut self,
        key: &str,
        target: PushTarget,
        active: bool,
    ) -> Result<Report, OperationError> {
        let outcome = self.map(key, target, active).await;
        self.reported(outcome)
    }

    async fn map(&mut self, key: &str, target: PushTarget, active: bool) -> Result<(), OperationError> {
        if !self.engine.app.features.push_groups {
            return Err(OperationError::NotOffered("Push Groups is off".into()));
        }
        let group = self.group_mut(key)?;
        if group.linked {
            return Err(OperationError::NotOffered(format!("`{key}` is pushed already")));
        }
        match target {
            PushTarget::Named(name) => group.app_name = Some(name).filter(|name| *name != group.group.name),
            PushTarget::Existing(id) => group.target_id = Some(id),
        }
        if active {
            return self.push_group(key).await;
        }
        group.linked = true;
        Ok(())
    }

    /// The name of the app's group with this id; why not, in a sentence, when it cannot be had.
    ///
    /// # Errors
    /// The reason, and whether there is no such group.
    pub async fn app_group(&self, id: &str) -> Result<String, AppGroupError> {
        self.name_of(id).await.map_err(|refusal| match refusal.status {
            Some(404) => AppGroupError::Missing,
            _ => AppGroupError::Refused(refusal.reason),
        })
    }

    /// The group goes: whoever has the app by nothing else loses it, and a pushed group stays in the app.
    ///
    /// # Errors
    /// When there is no such group; nothing was sent then.
    pub async fn remove_group(&mut self, key: &str) -> Result<Report, OperationError> {
        let mut outcome = Ok(());
        if self.group(key)?.assigned {
            outcome = self.assign_group(key, false).await;
        }
        if outcome.is_ok() {
            self.groups.shift_remove(key);
        }
        self.reported(outcome)
    }

    /// The person's Okta profile becomes this one (okta-client §3.8).
    ///
    /// # Errors
    /// When there is no such person, or it was deleted; nothing was sent then.
    pub async fn replace_profile(&mut self, key: &str, profile: Person) -> Result<Report, OperationError> {
        let outcome = self.change_profile(key, profile).await;
        self.reported(outcome)
    }

    /// Edits the app profile of one person: these attributes, by their variable names, no longer follow the
    /// mapping (okta-client §3.8, app-user edit). They are forgotten with the assignment.
    ///
    /// # Errors
    /// When there is no such person; nothing was sent then.
    pub async fn edit_app_profile(
        &mut self,
        key: &str,
        values: IndexMap<String, String>,
    ) -> Result<Report, OperationError> {
        self.person_mut(key)?.edited.extend(values);
        let outcome = self.push_changed(key).await;
        self.reported(outcome)
    }

    /// The same before the app is assigned: nothing is sent yet.
    ///
    /// # Errors
    /// When there is no such person.
    pub fn prepare_app_profile(
        &mut self,
        key: &str,
        values: IndexMap<String, String>,
    ) -> Result<(), OperationError> {
        self.person_mut(key)?.edited.extend(values);
        Ok(())
    }

    /// The variable names of the app's profile.
    #[must_use]
    pub fn app_attributes(&self) -> Vec<String> {
        let base = ["givenName", "familyName", "email", "emailType", "displayName", "locale"];
        let own = self.engine.app.attributes.iter().map(|attribute| attribute.variable.clone());
        base.into_iter().map(str::to_owned).chain(own).collect()
    }

    /// What has become of a person in the app; `None` for somebody who is not in the directory.
    #[must_use]
    pub fn assignment(&self, key: &str) -> Option<Assignment> {
        let person = self.people.get(key)?;
        Some(Assignment {
            assigned: person.assigned,
            individual: person.individual,
            external_id: person.external_id.clone(),
            synchronized: person.pushed.as_ref() == Some(&self.profile_of(person)),
        })
    }

    fn profile_of(&self, person: &PersonState) -> AppProfile {
        AppProfile::of(&person.profile, &self.engine.app).edited(&person.edited)
    }

    /// A person's app profile by variable names, as the mapping and edits make it.
    #[must_use]
    pub fn app_profile(&self, key: &str) -> Option<Value> {
        Some(self.profile_of(self.people.get(key)?).by_variable())
    }

    /// A group's push, if it is pushed.
    #[must_use]
    pub fn group_push(&self, key: &str) -> Option<GroupPush> {
        let group = self.groups.get(key).filter(|group| group.linked)?;
        Some(GroupPush {
            active: group.active,
            external_id: group.external_id.clone(),
            target_id: group.target_id.clone(),
        })
    }

    /// Whether the app is assigned to the group.
    #[must_use]
    pub fn is_group_assigned(&self, key: &str) -> bool {
        self.groups.get(key).is_some_and(|group| group.assigned)
    }

    /// What is switched on for the app.
    #[must_use]
    pub fn features(&self) -> Features {
        self.engine.app.features
    }

    /// Switches it, without the requests of Save.
    pub fn set_features(&mut self, features: Features) {
        self.engine.app.features = features;
    }

    /// System Log of provisioning, oldest first: `event`, `target`, `outcome`, and `reason` of a failure.
    #[must_use]
    pub fn system_log(&self) -> &[Value] {
        &self.log
    }
}

impl AppProfile {
    /// With the attributes that were edited for this person.
    pub(super) fn edited(mut self, edited: &IndexMap<String, String>) -> Self {
        for (variable, value) in edited {
            let text = Some(value.clone()).filter(|value| !value.is_empty());
            match variable.as_str() {
                "userName" => self.user_name.clone_from(value),
                "givenName" | "firstName" => self.given_name = text,
                "familyName" | "lastName" => self.family_name = text,
                "email" => self.email = text,
                "displayName" => self.display_name = text,
                "locale" => self.locale = text,
                other => {
                    let of_that_name = |mapped: &&mut super::mapping::Mapped| mapped.variable == other;
                    if let Some(mapped) = self.custom.iter_mut().find(of_that_name) {
                        mapped.set(text.as_deref());
                    }
                }
            }
        }
        self
    }

    /// What has a value, by variable names.
    fn by_variable(&self) -> Value {
        let base = [
            ("givenName", &self.given_name),
            ("familyName", &self.family_name),
            ("email", &self.email),
            ("displayName", &self.display_name),
            ("locale", &self.locale),
        ];
        let mut profile = json!({});
        for (variable, value) in base {
            if let Some(value) = value {
                profile[variable] = json!(value);
            }
        }
        if self.email.is_some() && self.email_type {
            profile["emailType"] = json!("work");
        }
        for mapped in &self.custom {
            if let Some(value) = &mapped.value {
                profile[mapped.variable.as_str()] = value.clone();
            }
        }
        profile
    }
}
