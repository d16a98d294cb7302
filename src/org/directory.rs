//! People and groups as the org finds, checks and shows them.

use serde_json::{Map, Value, json};

use super::model::{Group, Person};
use super::response::OrgError;
use super::state::OrgState;

impl OrgState {
    /// The identifier of a person, by it or by the login.
    pub(super) fn user(&self, name: &str) -> Result<String, OrgError> {
        if self.people.contains_key(name) {
            return Ok(name.to_owned());
        }
        let by_login = |person: &&Person| person.text("login").eq_ignore_ascii_case(name);
        let found = self.people.iter().find(|(_, person)| by_login(person)).map(|(id, _)| id.clone());
        found.ok_or_else(|| OrgError::not_found(name, "User"))
    }

    pub(super) fn group(&self, id: &str) -> Result<&Group, OrgError> {
        self.groups.get(id).ok_or_else(|| OrgError::not_found(id, "UserGroup"))
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
    ) -> Result<(), OrgError> {
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
        if wrong.is_empty() { Ok(()) } else { Err(OrgError::all(wrong)) }
    }
}

fn is_address(text: &str) -> bool {
    text.split_once('@').is_some_and(|(local, domain)| {
        !local.is_empty() && domain.contains('.') && !text.chars().any(char::is_whitespace)
    })
}
