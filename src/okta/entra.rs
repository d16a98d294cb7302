//! Microsoft Entra's provisioning client as a third way to speak (issue reports of its shapes in the
//! defects dossier D044, D045, D090; the attribute list of the service's own Entra guide; Microsoft's pages "Tutorial:
//! develop a SCIM endpoint" and "Known issues with SCIM 2.0 protocol compliance" for the bodies). Less attested
//! than Okta's dialects, and off by default: the directory and its jobs stay Okta's, only the wire changes.
//!
//! Three shapes of PATCH are documented; the switch [`EntraPatch`] chooses one.

use serde_json::{Map, Value, json};

use super::engine::Refusal;
use super::mapping::{AppProfile, Mapped};
use super::operation::EntraPatch;
use super::wire;
use crate::exchange::percent_encode;

/// Matching is by one filter, without paging; members are never asked for.
pub(super) fn lookup(collection: &str, attribute: &str, value: &str) -> String {
    let quoted = value.replace('\\', "\\\\").replace('"', "\\\"");
    let filter = percent_encode(&format!("{attribute} eq \"{quoted}\"")).replace("%20", "+");
    let without = if collection == "Groups" { "excludedAttributes=members&" } else { "" };
    format!("/{collection}?{without}filter={filter}")
}

/// What an operation does; `op` is capitalised unless the tenant URL says otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Op {
    Add,
    Replace,
    Remove,
}

impl Op {
    fn written(self, shape: EntraPatch) -> &'static str {
        match (self, shape == EntraPatch::Compliant) {
            (Self::Add, false) => "Add",
            (Self::Add, true) => "add",
            (Self::Replace, false) => "Replace",
            (Self::Replace, true) => "replace",
            (Self::Remove, false) => "Remove",
            (Self::Remove, true) => "remove",
        }
    }
}

/// `Replace` with a path.
pub(super) fn replace(path: &str, value: &Value, shape: EntraPatch) -> Value {
    operation(Op::Replace, path, value, shape)
}

fn operation(op: Op, path: &str, value: &Value, shape: EntraPatch) -> Value {
    json!({ "op": op.written(shape), "path": path, "value": written(value, shape) })
}

fn written(value: &Value, shape: EntraPatch) -> Value {
    match value {
        Value::Bool(true) if shape == EntraPatch::TextBooleans => json!("True"),
        Value::Bool(false) if shape == EntraPatch::TextBooleans => json!("False"),
        other => other.clone(),
    }
}

/// Members are added or removed by one operation of a kind; by the standard, each is removed by a filter.
pub(super) fn members(op: Op, ids: &[String], shape: EntraPatch) -> Vec<Value> {
    if op == Op::Remove && shape == EntraPatch::Compliant {
        let by_filter = |id: &String| {
            let id = id.replace('\\', "\\\\").replace('"', "\\\"");
            json!({ "op": op.written(shape), "path": format!("members[value eq \"{id}\"]") })
        };
        return ids.iter().map(by_filter).collect();
    }
    let member = |id: &String| match shape {
        EntraPatch::Booleans => json!({ "$ref": null, "value": id }),
        EntraPatch::TextBooleans | EntraPatch::Compliant => json!({ "value": id }),
    };
    let value: Vec<Value> = ids.iter().map(member).collect();
    vec![json!({ "op": op.written(shape), "path": "members", "value": value })]
}

/// Names the cause, where a service refuses a boolean that came as a text (RFC 7643 §2.3.2).
pub(super) fn explained(refusal: Refusal, operations: &[Value]) -> Refusal {
    let of_text = |operation: &&Value| {
        operation.get("value").is_some_and(|value| *value == json!("True") || *value == json!("False"))
    };
    // What has to do with the credentials, the address or the load has nothing to do with the body.
    let about_the_body = refusal.status.is_some_and(|status| ![401, 403, 404, 408, 429].contains(&status));
    match operations.iter().find(of_text).filter(|_| about_the_body) {
        None => refusal,
        Some(operation) => {
            let (path, value) = (&operation["path"], &operation["value"]);
            let reason = format!(
                "{} (The request sets {path} to the text {value}, as Entra does by default; RFC 7643 §2.3.2 has a JSON boolean there. Let the service take the text, or put aadOptscim062020 into Entra's tenant URL: here, the switch entraPatch=compliant.)",
                refusal.reason
            );
            Refusal { reason, ..refusal }
        }
    }
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

    /// One operation for each attribute in which the service's document differs; by the standard, what needs
    /// no filter goes into one operation without a path, when there are several.
    pub(super) fn operations_of_entra(
        &self,
        server: &Value,
        external_id: &str,
        shape: EntraPatch,
    ) -> Vec<Value> {
        let changes = self.changes_of_entra(server, external_id);
        let together = |change: &Change| change.op == Op::Replace && !change.path.contains('[');
        let merges =
            shape == EntraPatch::Compliant && changes.iter().filter(|change| together(change)).count() > 1;
        let (merged, alone): (Vec<Change>, Vec<Change>) =
            changes.into_iter().partition(|change| merges && together(change));
        let mut operations: Vec<Value> = alone.into_iter().map(|change| change.written(shape)).collect();
        if !merged.is_empty() {
            let value: Map<String, Value> =
                merged.into_iter().map(|change| (change.path, change.value)).collect();
            operations.push(json!({ "op": Op::Replace.written(shape), "value": value }));
        }
        operations
    }

    fn changes_of_entra(&self, server: &Value, external_id: &str) -> Vec<Change> {
        let work_email = server.get("emails").and_then(Value::as_array).and_then(|emails| {
            emails.iter().find(|email| email.get("type") == Some(&json!("work")))?.get("value")
        });
        let user_name = Some(&self.user_name).filter(|_| !self.keep_user_name);
        // What has no mapping is left as it is.
        let mut changes: Vec<Change> = [
            ("userName", server.get("userName"), user_name),
            ("displayName", server.get("displayName"), self.display_name.as_ref()),
            ("emails[type eq \"work\"].value", work_email, self.email.as_ref()),
            ("locale", server.get("locale"), self.locale.as_ref()),
        ]
        .into_iter()
        .filter_map(|(path, there, wanted)| Change::between(path, there, Some(&json!(wanted?))))
        .collect();
        for (sub, wanted) in [("givenName", &self.given_name), ("familyName", &self.family_name)] {
            let there = server.get("name").and_then(|name| name.get(sub));
            let wanted = wanted.as_deref().map(Value::from);
            changes.extend(Change::between(&format!("name.{sub}"), there, wanted.as_ref()));
        }
        changes.extend(Change::between("externalId", server.get("externalId"), Some(&json!(external_id))));
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
            changes.extend(Change::between(&path, there, mapped.value.as_ref()));
        }
        changes
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

/// What is to become of one attribute.
struct Change {
    op: Op,
    path: String,
    /// `Null` for what is removed.
    value: Value,
}

impl Change {
    fn between(path: &str, there: Option<&Value>, wanted: Option<&Value>) -> Option<Self> {
        let there = there.filter(|value| !value.is_null());
        let op = match (there, wanted) {
            (None, None) => return None,
            (Some(there), Some(wanted)) if there == wanted => return None,
            (Some(_), Some(_)) => Op::Replace,
            (None, Some(_)) => Op::Add,
            (Some(_), None) => Op::Remove,
        };
        Some(Self { op, path: path.to_owned(), value: wanted.cloned().unwrap_or_default() })
    }

    fn written(self, shape: EntraPatch) -> Value {
        match self.op {
            Op::Remove => json!({ "op": self.op.written(shape), "path": self.path }),
            Op::Add | Op::Replace => operation(self.op, &self.path, &self.value, shape),
        }
    }
}

/// The body of `POST /Groups`: the members follow by PATCH.
pub(super) fn group_body(name: &str, external_id: &str) -> Value {
    json!({
        "schemas": [wire::GROUP], "externalId": external_id, "displayName": name,
        "meta": { "resourceType": "Group" },
    })
}
