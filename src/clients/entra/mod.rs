//! Microsoft Entra's provisioning client as a third way to speak, by Microsoft's pages "Tutorial: develop a SCIM
//! endpoint" and "Known issues with SCIM 2.0 protocol compliance", and by issue reports of its requests. Less
//! attested than Okta's clients, and off by default: the directory and its jobs stay Okta's, only the wire changes.
//!
//! Three shapes of PATCH are documented; the switch [`EntraPatch`] chooses one.

use serde_json::{Map, Value, json};

use crate::clients::client::{Client, Member, Membership, MembershipUpdate, Update, UserChange};
use crate::clients::external_name::ExternalName;
use crate::clients::mapping::{AppProfile, Mapped};
use crate::clients::model::Refusal;
use crate::clients::operation::{Cleared, EntraPatch, Switches};
use crate::clients::wire;
use crate::exchange::percent_encode;

/// Entra's client.
pub(super) struct Entra;

impl Client for Entra {
    fn user_agent(&self) -> Option<&'static str> {
        None
    }

    fn credentials_test(&self, nobody: &str) -> String {
        lookup("Users", "userName", nobody)
    }

    fn lookup(&self, collection: &str, attribute: &str, value: &str, _switches: &Switches) -> String {
        lookup(collection, attribute, value)
    }

    fn imports(&self) -> bool {
        false
    }

    fn synchronizes_passwords(&self) -> bool {
        false
    }

    fn user_body(&self, profile: &AppProfile, okta_id: &str, _password: &str) -> Value {
        create_body(profile, okta_id)
    }

    /// A profile is compared with the service's document; one attribute is set whatever it was.
    fn reads_user(&self, change: &UserChange<'_>, _switches: &Switches) -> bool {
        matches!(change, UserChange::Profile { .. })
    }

    fn user_update(&self, change: &UserChange<'_>, server: &Value, switches: &Switches) -> Update {
        let shape = switches.entra_patch;
        Update::Patch(match change {
            UserChange::Profile { profile, okta_id } => operations(profile, server, okta_id, shape),
            UserChange::Attribute { name, value } => vec![replace(name, value, shape)],
        })
    }

    fn explained(&self, refusal: Refusal, operations: &[Value]) -> Refusal {
        explained(refusal, operations)
    }

    fn looks_groups_up(&self, _switches: &Switches) -> bool {
        true
    }

    fn group_read(&self, path: &str) -> String {
        format!("{path}?excludedAttributes=members")
    }

    /// The members follow by PATCH.
    fn group_body(&self, name: &str, okta_id: &str, _members: &[Member], _switches: &Switches) -> Value {
        json!({
            "schemas": [wire::GROUP], "externalId": okta_id, "displayName": name,
            "meta": { "resourceType": "Group" },
        })
    }

    fn repeats_members(&self, members: &[Member], _switches: &Switches) -> bool {
        !members.is_empty()
    }

    fn renames_with_members(&self, _switches: &Switches) -> bool {
        false
    }

    fn rename(&self, _id: Option<&str>, name: &str, switches: &Switches) -> Option<Value> {
        Some(replace("displayName", &json!(name), switches.entra_patch))
    }

    /// What was removed and what was added, each by one PATCH.
    fn membership(&self, push: &Membership<'_>, switches: &Switches) -> MembershipUpdate {
        let removed: Vec<String> = push.removed().map(str::to_owned).collect();
        let added: Vec<String> = push.added().map(|member| member.value.clone()).collect();
        let changes =
            [(Op::Remove, removed), (Op::Add, added)].into_iter().filter(|(_, ids)| !ids.is_empty());
        MembershipUpdate::Patches(changes.map(|(op, ids)| members(op, &ids, switches.entra_patch)).collect())
    }
}

/// Matching is by one filter, without paging; members are never asked for.
fn lookup(collection: &str, attribute: &str, value: &str) -> String {
    let quoted = value.replace('\\', "\\\\").replace('"', "\\\"");
    let filter = percent_encode(&format!("{attribute} eq \"{quoted}\"")).replace("%20", "+");
    let without = if collection == "Groups" { "excludedAttributes=members&" } else { "" };
    format!("/{collection}?{without}filter={filter}")
}

/// What an operation does; `op` is capitalised unless the tenant URL says otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Op {
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
fn replace(path: &str, value: &Value, shape: EntraPatch) -> Value {
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
fn members(op: Op, ids: &[String], shape: EntraPatch) -> Vec<Value> {
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
fn explained(refusal: Refusal, operations: &[Value]) -> Refusal {
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

/// The body of `POST /Users`.
fn create_body(profile: &AppProfile, external_id: &str) -> Value {
    let mut body = json!({
        "schemas": profile.schemas(), "externalId": external_id, "userName": profile.user_name, "active": true,
    });
    let object = match &mut body {
        Value::Object(object) => object,
        _ => unreachable!("written as an object just above"),
    };
    if let Some(display_name) = &profile.display_name {
        object.insert("displayName".into(), json!(display_name));
    }
    if let Some(email) = &profile.email {
        object.insert("emails".into(), json!([{ "primary": true, "type": "work", "value": email }]));
    }
    object.insert("meta".into(), json!({ "resourceType": "User" }));
    let mut name = Map::new();
    for (sub, value) in [("familyName", &profile.family_name), ("givenName", &profile.given_name)] {
        if let Some(value) = value {
            name.insert(sub.into(), json!(value));
        }
    }
    if !name.is_empty() {
        object.insert("name".into(), Value::Object(name));
    }
    if let Some(locale) = &profile.locale {
        object.insert("locale".into(), json!(locale));
    }
    for mapped in &profile.custom {
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
        work_target(mapped).put(holder, Some(value), Cleared::Omitted);
    }
    body
}

/// One operation for each attribute in which the service's document differs; by the standard, what needs
/// no filter goes into one operation without a path, when there are several.
fn operations(profile: &AppProfile, server: &Value, external_id: &str, shape: EntraPatch) -> Vec<Value> {
    let changes = changes(profile, server, external_id);
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

fn changes(profile: &AppProfile, server: &Value, external_id: &str) -> Vec<Change> {
    let work_email = server.get("emails").and_then(Value::as_array).and_then(|emails| {
        emails.iter().find(|email| email.get("type") == Some(&json!("work")))?.get("value")
    });
    let user_name = Some(&profile.user_name).filter(|_| !profile.keep_user_name);
    // What has no mapping is left as it is.
    let mut changes: Vec<Change> = [
        ("userName", server.get("userName"), user_name),
        ("displayName", server.get("displayName"), profile.display_name.as_ref()),
        ("emails[type eq \"work\"].value", work_email, profile.email.as_ref()),
        ("locale", server.get("locale"), profile.locale.as_ref()),
    ]
    .into_iter()
    .filter_map(|(path, there, wanted)| Change::between(path, there, Some(&json!(wanted?))))
    .collect();
    for (sub, wanted) in [("givenName", &profile.given_name), ("familyName", &profile.family_name)] {
        let there = server.get("name").and_then(|name| name.get(sub));
        let wanted = wanted.as_deref().map(Value::from);
        changes.extend(Change::between(&format!("name.{sub}"), there, wanted.as_ref()));
    }
    changes.extend(Change::between("externalId", server.get("externalId"), Some(&json!(external_id))));
    for mapped in &profile.custom {
        let holder = match &mapped.extension {
            Some(urn) => server.get(urn),
            None => Some(server),
        };
        let target = work_target(mapped);
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

/// Entra's paths choose by type: the element that Okta calls primary is the one of type work.
fn work_target(mapped: &Mapped) -> ExternalName {
    let mut target = mapped.target.clone();
    if target.condition.as_ref().is_some_and(|(key, _)| key == "primary") {
        target.condition = Some(("type".into(), json!("work")));
    }
    target
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
