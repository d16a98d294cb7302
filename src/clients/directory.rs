//! The directory as Okta's pages show it, and what is added to it while the app is there.

use super::model::{GroupState, OperationError, PersonState};
use super::operation::{App, Group, Person};
use super::simulator::{Simulator, group_id, person_id};

/// A person as the page of the app shows one.
#[derive(Debug, Clone, Copy)]
pub struct PersonEntry<'a> {
    /// Short name.
    pub key: &'a str,
    /// Okta's profile.
    pub profile: &'a Person,
    /// Okta's status, e.g. `ACTIVE`.
    pub status: &'static str,
    /// Whether the person has the app.
    pub assigned: bool,
    /// The id that the service gave.
    pub external_id: Option<&'a str>,
}

/// A group as the page of the app shows one.
#[derive(Debug, Clone, Copy)]
pub struct GroupEntry<'a> {
    /// Short name.
    pub key: &'a str,
    /// Name and members.
    pub group: &'a Group,
    /// Whether the app is assigned to it.
    pub assigned: bool,
    /// Whether it was pushed.
    pub linked: bool,
    /// Whether the push goes on.
    pub active: bool,
    /// The id that the service gave.
    pub external_id: Option<&'a str>,
}

impl Simulator {
    /// Everybody in the directory.
    pub fn people(&self) -> impl Iterator<Item = PersonEntry<'_>> {
        self.people.iter().map(|(key, person)| PersonEntry {
            key,
            profile: &person.profile,
            status: person.status(),
            assigned: person.assigned,
            external_id: person.external_id.as_deref(),
        })
    }

    /// All groups of the directory.
    pub fn groups(&self) -> impl Iterator<Item = GroupEntry<'_>> {
        self.groups.iter().map(|(key, group)| GroupEntry {
            key,
            group: &group.group,
            assigned: group.assigned,
            linked: group.linked,
            active: group.active,
            external_id: group.external_id.as_deref(),
        })
    }

    /// The app as it is set up now.
    #[must_use]
    pub fn app(&self) -> &App {
        &self.engine.app
    }

    /// Adds a person to the directory, as Directory ▸ People ▸ Add Person; sends nothing.
    ///
    /// # Errors
    /// When somebody has that login or short name.
    pub fn add_person(&mut self, key: &str, profile: Person) -> Result<(), OperationError> {
        let taken = |known: &PersonState| known.profile.login.eq_ignore_ascii_case(&profile.login);
        if self.people.contains_key(key) || self.people.values().any(taken) {
            let message = format!("a person with the login `{}` exists already", profile.login);
            return Err(OperationError::NotOffered(message));
        }
        let okta_id = person_id(self.engine.seed, &profile.login);
        self.adopt_person(key, &okta_id, profile);
        Ok(())
    }

    /// Adds a group to the directory, as Directory ▸ Groups ▸ Add Group; sends nothing.
    ///
    /// # Errors
    /// When a group has that name.
    pub fn add_group(&mut self, key: &str, group: Group) -> Result<(), OperationError> {
        let taken = |known: &GroupState| known.group.name.eq_ignore_ascii_case(&group.name);
        if self.groups.contains_key(key) || self.groups.values().any(taken) {
            let message = format!("a group with the name `{}` exists already", group.name);
            return Err(OperationError::NotOffered(message));
        }
        let okta_id = group_id(self.engine.seed, key);
        self.adopt_group(key, &okta_id, group);
        Ok(())
    }
}
