//! What requests tell of the client and of the app's settings.

use serde_json::Value;

use super::Recogniser;
use crate::exchange::Request;

/// Attributes of every creation by default (okta-client §3.4).
const USUAL: [&str; 10] = [
    "schemas",
    "userName",
    "name",
    "emails",
    "displayName",
    "locale",
    "externalId",
    "groups",
    "password",
    "active",
];

impl Recogniser {
    pub(super) fn note_client(&mut self, request: &Request) {
        if let Some(agent) = request.header("User-Agent") {
            self.traits.user_agent.get_or_insert_with(|| agent.to_owned());
        }
        if let Some(field) = request.header("Authorization") {
            let scheme = field.split_once(' ').map(|(scheme, _)| scheme);
            let form = match scheme.map(str::to_ascii_lowercase).as_deref() {
                Some("basic") => "Basic, user name and password".to_owned(),
                Some("bearer") => "Bearer, a token".to_owned(),
                Some(_) => "another scheme".to_owned(),
                None => "a value without a scheme (Header Auth, as it was typed)".to_owned(),
            };
            self.traits.authorization.get_or_insert(form);
        }
    }

    pub(super) fn note_creation(&mut self, sent: &Value) {
        self.traits.creates = true;
        let Some(fields) = sent.as_object() else { return };
        for (name, value) in fields {
            if USUAL.contains(&name.as_str()) {
                continue;
            }
            match value {
                Value::Object(inner) if name.starts_with("urn:") => {
                    self.traits.mapped.extend(inner.keys().map(|key| format!("{name}:{key}")));
                }
                _ => drop(self.traits.mapped.insert(name.clone())),
            }
        }
        for name in ["displayName", "locale", "emails"] {
            if !fields.contains_key(name) {
                self.traits.unmapped.insert(name.to_owned());
            }
        }
    }
}
