//! People and groups as the org keeps and shows them.

use serde_json::{Map, Value, json};

use super::Inner;
use super::answer::Refused;
use crate::clients::operation;

/// Okta's attributes that the simulator knows by name; the others are attributes of its own.
const KNOWN: [&str; 19] = [
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
    fn as_str(self) -> &'static str {
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

impl Inner {
    /// The identifier of a person, by it or by the login.
    pub(super) fn user(&self, name: &str) -> Result<String, Refused> {
        if self.people.contains_key(name) {
            return Ok(name.to_owned());
        }
        let by_login = |person: &&Person| person.text("login").eq_ignore_ascii_case(name);
        let found = self.people.iter().find(|(_, person)| by_login(person)).map(|(id, _)| id.clone());
        found.ok_or_else(|| Refused::not_found(name, "User"))
    }

    pub(super) fn group(&self, id: &str) -> Result<&Group, Refused> {
        self.groups.get(id).ok_or_else(|| Refused::not_found(id, "UserGroup"))
    }

    pub(super) fn user_json(&self, id: &str) -> Value {
        let Some(person) = self.people.get(id) else { return Value::Null };
        let password = if person.password { json!({}) } else { Value::Null };
        let mut credentials = json!({ "provider": { "type": "OKTA", "name": "OKTA" } });
        if !password.is_null() {
            credentials["password"] = password;
        }
        json!({
            "id": id,
            "status": person.status.as_str(),
            "created": person.created,
            "activated": person.activated,
            "statusChanged": person.status_changed,
            "lastLogin": null,
            "lastUpdated": person.last_updated,
            "passwordChanged": if person.password { json!(person.created) } else { Value::Null },
            "type": { "id": "oty0000000000default" },
            "profile": person.profile,
            "credentials": credentials,
            "_links": { "self": self.href(&format!("users/{id}")) },
        })
    }

    pub(super) fn group_json(&self, id: &str) -> Value {
        let Some(group) = self.groups.get(id) else { return Value::Null };
        json!({
            "id": id,
            "created": group.created,
            "lastUpdated": group.last_updated,
            "lastMembershipUpdated": group.membership_updated,
            "objectClass": ["okta:user_group"],
            "type": "OKTA_GROUP",
            "profile": { "name": group.name, "description": group.description },
            "_links": {
                "users": self.href(&format!("groups/{id}/users")),
                "apps": self.href(&format!("groups/{id}/apps")),
            },
        })
    }

    /// What is wrong with a profile; `own` is the person whose it is to be.
    pub(super) fn check_profile(
        &self,
        profile: &Map<String, Value>,
        own: Option<&str>,
    ) -> Result<(), Refused> {
        let text = |name: &str| profile.get(name).and_then(Value::as_str).map(str::trim);
        let mut wrong = Vec::new();
        for name in ["login", "email", "firstName", "lastName"] {
            if text(name).is_none_or(str::is_empty) {
                wrong.push((name.to_owned(), "The field cannot be left blank".to_owned()));
            }
        }
        for name in ["login", "email"] {
            if text(name).is_some_and(|text| !text.is_empty() && !is_address(text)) {
                let why = if name == "login" {
                    "Username must be in the form of an email address"
                } else {
                    "Does not match required pattern"
                };
                wrong.push((name.to_owned(), why.to_owned()));
            }
        }
        let taken = |(id, person): (&String, &Person)| {
            Some(id.as_str()) != own
                && text("login").is_some_and(|login| person.text("login").eq_ignore_ascii_case(login))
        };
        if self.people.iter().any(taken) {
            let why = "An object with this field already exists in the current organization";
            wrong.push(("login".to_owned(), why.to_owned()));
        }
        if wrong.is_empty() { Ok(()) } else { Err(Refused::all(wrong)) }
    }
}

fn is_address(text: &str) -> bool {
    text.split_once('@').is_some_and(|(local, domain)| {
        !local.is_empty() && domain.contains('.') && !text.chars().any(char::is_whitespace)
    })
}
