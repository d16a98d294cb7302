//! Microsoft Entra's provisioning client as a third way to speak (issue reports of its shapes in the
//! defects dossier D044, D045, D090; the attribute list of the service's own Entra guide). Less attested than
//! Okta's dialects, and off by default: the directory and its jobs stay Okta's, only the wire changes.
//!
//! `scimulate run` does not offer it: its booleans travel as texts, which a service that keeps to RFC 7643 refuses,
//! so no scenario in which somebody is deactivated could hold.

use serde_json::{Map, Value, json};

use super::mapping::{AppProfile, Mapped};
use super::wire;
use crate::exchange::percent_encode;

/// Matching is by one filter, without paging; members are never asked for.
pub(super) fn lookup(collection: &str, attribute: &str, value: &str) -> String {
    let quoted = value.replace('\\', "\\\\").replace('"', "\\\"");
    let filter = percent_encode(&format!("{attribute} eq \"{quoted}\"")).replace("%20", "+");
    let without = if collection == "Groups" { "excludedAttributes=members&" } else { "" };
    format!("/{collection}?{without}filter={filter}")
}

/// `Replace` with a path; booleans travel as texts.
pub(super) fn replace(path: &str, value: &Value) -> Value {
    operation("Replace", path, value)
}

fn operation(op: &str, path: &str, value: &Value) -> Value {
    json!({ "op": op, "path": path, "value": as_text(value) })
}

fn as_text(value: &Value) -> Value {
    match value {
        Value::Bool(true) => json!("True"),
        Value::Bool(false) => json!("False"),
        other => other.clone(),
    }
}

/// Members are added or removed by one operation of a kind.
pub(super) fn members(op: &str, ids: &[String]) -> Value {
    let value: Vec<Value> = ids.iter().map(|id| json!({ "value": id })).collect();
    json!({ "op": op, "path": "members", "value": value })
}

impl AppProfile {
    /// The body of `POST /Users`.
    pub(super) fn create_body_of_entra(&self, external_id: &str) -> Value {
        let mut body = json!({
            "schemas": self.schemas(), "externalId": external_id, "userName": self.user_name, "active": true,
        });
        let object = match &mut body {
            Value::Object(object) => object,
            _ => unreachable!("written as an object just above"),
        };
        if let Some(display_name) = &self.display_name {
            object.insert("displayName".into(), json!(display_name));
        }
        if let Some(email) = &self.email {
            object.insert("emails".into(), json!([{ "primary": true, "type": "work", "value": email }]));
        }
        object.insert("meta".into(), json!({ "resourceType": "User" }));
        let mut name = Map::new();
        for (sub, value) in [("familyName", &self.family_name), ("givenName", &self.given_name)] {
            if let Some(value) = value {
                name.insert(sub.into(), json!(value));
            }
        }
        if !name.is_empty() {
            object.insert("name".into(), Value::Object(name));
        }
        if let Some(locale) = &self.locale {
            object.insert("locale".into(), json!(locale));
        }
        for mapped in &self.custom {
            let Some(value) = &mapped.value else { continue };
            let holder = match &mapped.extension {
                None => &mut *object,
                Some(urn) => {
                    let extension = object.entry(urn.clone()).or_insert_with(|| json!({}));
                    match extension {
                        Value::Object(holder) => holder,
                        _ => continue,
                    }
                }
            };
            mapped.of_work().put(holder, Some(value), super::operation::Cleared::Omitted);
        }
        body
    }

    /// One operation for each attribute in which the service's document differs.
    pub(super) fn operations_of_entra(&self, server: &Value, external_id: &str) -> Vec<Value> {
        let work_email = server.get("emails").and_then(Value::as_array).and_then(|emails| {
            emails.iter().find(|email| email.get("type") == Some(&json!("work")))?.get("value")
        });
        let name = |sub: &str| server.get("name").and_then(|name| name.get(sub));
        let texts = [
            ("userName", server.get("userName"), Some(&self.user_name)),
            ("displayName", server.get("displayName"), self.display_name.as_ref()),
            ("emails[type eq \"work\"].value", work_email, self.email.as_ref()),
            ("name.givenName", name("givenName"), self.given_name.as_ref()),
            ("name.familyName", name("familyName"), self.family_name.as_ref()),
            ("locale", server.get("locale"), self.locale.as_ref()),
        ];
        let mut operations: Vec<Value> = texts
            .into_iter()
            .filter_map(|(path, there, wanted)| change(path, there, wanted.map(|text| json!(text)).as_ref()))
            .collect();
        operations.extend(change("externalId", server.get("externalId"), Some(&json!(external_id))));
        for mapped in &self.custom {
            let holder = match &mapped.extension {
                Some(urn) => server.get(urn),
                None => Some(server),
            };
            let target = mapped.of_work();
            let there = holder.and_then(|holder| target.read(holder));
            let mut path = target.attribute.clone();
            if let Some((key, value)) = &target.condition {
                path.push_str(&format!("[{key} eq {value}]"));
            }
            for sub in &target.below {
                path.push_str(&format!(".{sub}"));
            }
            if let Some(urn) = &mapped.extension {
                path = format!("{urn}:{path}");
            }
            operations.extend(change(&path, there, mapped.value.as_ref()));
        }
        operations
    }
}

impl Mapped {
    /// Entra's paths choose by type: the element that Okta calls primary is the one of type work.
    fn of_work(&self) -> super::external_name::ExternalName {
        let mut target = self.target.clone();
        if target.condition.as_ref().is_some_and(|(key, _)| key == "primary") {
            target.condition = Some(("type".into(), json!("work")));
        }
        target
    }
}

fn change(path: &str, there: Option<&Value>, wanted: Option<&Value>) -> Option<Value> {
    let there = there.filter(|value| !value.is_null());
    match (there, wanted) {
        (Some(there), Some(wanted)) if there == wanted => None,
        (Some(_), Some(wanted)) => Some(operation("Replace", path, wanted)),
        (None, Some(wanted)) => Some(operation("Add", path, wanted)),
        (Some(_), None) => Some(json!({ "op": "Remove", "path": path })),
        (None, None) => None,
    }
}

/// The body of `POST /Groups`: the members follow by PATCH.
pub(super) fn group_body(name: &str, external_id: &str) -> Value {
    json!({
        "schemas": [wire::GROUP], "externalId": external_id, "displayName": name,
        "meta": { "resourceType": "Group" },
    })
}
