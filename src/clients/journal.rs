//! What a job leaves behind: System Log entries, failed tasks, notes.

use serde_json::{Value, json};

use super::model::{PersonState, Task};
use super::okta::messages::{self, About, Doing};

/// Collected while a job runs, so that jobs that run at once are still reported one after the other.
#[derive(Default)]
pub(super) struct Journal {
    pub(super) events: Vec<Value>,
    pub(super) tasks: Vec<Task>,
    pub(super) notes: Vec<String>,
}

impl Journal {
    /// An entry of System Log; `event` goes without the common `application.provision.`.
    pub(super) fn event(&mut self, event: &str, target: &str, failure: Option<&str>) {
        self.entry(&format!("application.provision.{event}"), target, failure);
    }

    /// An entry of System Log with its whole event type.
    pub(super) fn entry(&mut self, event: &str, target: &str, failure: Option<&str>) {
        let mut entry = json!({
            "event": event,
            "target": target,
            "outcome": if failure.is_some() { "FAILURE" } else { "SUCCESS" },
        });
        if let Some(reason) = failure.filter(|reason| !reason.is_empty()) {
            entry["reason"] = json!(reason);
        }
        self.events.push(entry);
    }

    pub(super) fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }

    /// The task of a person's job that failed.
    pub(super) fn user_failed(
        &mut self,
        app: &str,
        key: &str,
        person: &PersonState,
        doing: Doing,
        reason: &str,
    ) {
        let name = person.profile.full_name();
        let about = About { app, subject: &person.profile.login, display_name: &name };
        self.tasks.push(Task {
            user: Some(key.to_owned()),
            group: None,
            message: messages::job_failed(doing, &about, reason),
            doing: Some(doing),
            external_id: person.external_id.clone(),
        });
    }

    /// The task of a group's job that failed.
    pub(super) fn group_failed(&mut self, key: &str, name: &str, doing: Doing, reason: &str) {
        let about = About { app: "", subject: name, display_name: name };
        self.tasks.push(Task {
            user: None,
            group: Some(key.to_owned()),
            message: messages::job_failed(doing, &about, reason),
            doing: Some(doing),
            external_id: None,
        });
    }

    /// A task about the app as a whole.
    pub(super) fn app_failed(&mut self, message: String) {
        self.tasks.push(Task { user: None, group: None, message, doing: None, external_id: None });
    }
}
