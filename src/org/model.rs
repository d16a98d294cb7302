//! What an org consists of: people, groups, and apps with their assignments and group pushes.

use std::collections::HashMap;

use indexmap::IndexMap;
use serde_json::{Map, Value};

use crate::clients::{Simulator, operation};

/// Okta's attributes that the simulator knows by name; the others are attributes of its own.
pub(super) const KNOWN: [&str; 19] = [
    "login",
    "firstName",
    "lastName",
    "email",
    "displayName",
    "title",
    "department",
    "division",
    "city",
    "state",
    "countryCode",
    "userType",
    "manager",
    "managerId",
    "locale",
    "employeeNumber",
    "costCenter",
    "organization",
    "mobilePhone",
];

/// Where a person stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    Staged,
    /// Active, and has yet to choose a password.
    Provisioned,
    Active,
    Suspended,
    Deprovisioned,
}

impl Status {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Staged => "STAGED",
            Self::Provisioned => "PROVISIONED",
            Self::Active => "ACTIVE",
            Self::Suspended => "SUSPENDED",
            Self::Deprovisioned => "DEPROVISIONED",
        }
    }
}

/// A person of the directory.
pub(super) struct Person {
    pub(super) profile: Map<String, Value>,
    pub(super) status: Status,
    /// Status before a suspension.
    pub(super) before: Status,
    pub(super) password: bool,
    pub(super) created: String,
    pub(super) activated: Option<String>,
    pub(super) status_changed: Option<String>,
    pub(super) last_updated: String,
}

impl Person {
    /// A text of the profile.
    pub(super) fn text(&self, name: &str) -> &str {
        self.profile.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    pub(super) fn name(&self) -> String {
        format!("{} {}", self.text("firstName"), self.text("lastName"))
    }

    pub(super) fn set(&mut self, status: Status, now: &str) {
        self.status = status;
        self.status_changed = Some(now.to_owned());
        now.clone_into(&mut self.last_updated);
    }

    /// As the simulator takes it.
    pub(super) fn for_simulator(&self) -> operation::Person {
        let mut known = Map::new();
        let mut custom = indexmap::IndexMap::new();
        for (name, value) in &self.profile {
            let text = match value {
                Value::Null => continue,
                Value::String(text) => text.clone(),
                Value::Array(list) => {
                    let texts =
                        list.iter().map(|one| one.as_str().map_or_else(|| one.to_string(), str::to_owned));
                    texts.collect::<Vec<_>>().join(",")
                }
                other => other.to_string(),
            };
            if KNOWN.contains(&name.as_str()) {
                known.insert(name.clone(), Value::String(text));
            } else {
                custom.insert(name.clone(), text);
            }
        }
        let mut person: operation::Person = serde_json::from_value(Value::Object(known)).unwrap_or_default();
        person.custom = custom;
        person.staged = self.status == Status::Staged;
        person
    }
}

/// A group of the directory.
pub(super) struct Group {
    pub(super) name: String,
    pub(super) description: Value,
    /// Identifiers of its members, in the order in which they joined.
    pub(super) members: Vec<String>,
    pub(super) created: String,
    pub(super) last_updated: String,
    pub(super) membership_updated: String,
}

/// An app instance.
pub(super) struct App {
    pub(super) simulator: Simulator,
    pub(super) name: String,
    pub(super) label: String,
    pub(super) sign_on_mode: String,
    pub(super) created: String,
    pub(super) log_seen: usize,
    /// Why the last job about a person or a group failed, by identifier.
    pub(super) failures: HashMap<String, String>,
    /// When people were assigned and last changed, by identifier.
    pub(super) users: IndexMap<String, Times>,
    /// When groups were assigned, by identifier.
    pub(super) groups: IndexMap<String, String>,
    pub(super) mappings: IndexMap<String, Mapping>,
}

/// When an assignment was created and changed.
#[derive(Clone)]
pub(super) struct Times {
    pub(super) created: String,
    pub(super) changed: String,
}

/// A group that is pushed.
pub(super) struct Mapping {
    pub(super) group: String,
    pub(super) created: String,
    pub(super) updated: String,
}
