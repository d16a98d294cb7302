//! Looks at a target: what SCIM shows, what the console shows, and both as one value for snapshots.
//!
//! Never depends on discovery. On a fresh target everything is listed; on a lasting one only the
//! resources that this run has come to know are read, by their ids.

use serde_json::{Map, Value, json};

use super::foreign::Foreign;
use crate::exchange::{Limits, Request, Transport, host, segment};

/// What could be seen.
#[derive(Debug, Clone, Default)]
pub(super) struct Observation {
    /// Users and groups as resources; `None` when SCIM did not show them.
    pub(super) scim: Option<Resources>,
    /// The console's state document.
    pub(super) console: Option<Value>,
    /// What a target without a console shows in ways of its own.
    pub(super) foreign: Foreign,
}

/// SCIM resources.
#[derive(Debug, Clone, Default)]
pub(super) struct Resources {
    pub(super) users: Vec<Value>,
    pub(super) groups: Vec<Value>,
}

/// Where SCIM is and how to be let in.
#[derive(Debug, Clone)]
pub(super) struct Access {
    pub(super) base_url: String,
    pub(super) authorization: Option<String>,
}

impl Access {
    /// A plain request of ours, not Okta's.
    pub(super) fn request(&self, method: &str, path: &str) -> Request {
        let mut headers = vec![("Accept".to_owned(), "application/scim+json".to_owned())];
        if let Some(value) = &self.authorization {
            headers.push(("Authorization".into(), value.clone()));
        }
        let url = format!("{}{path}", self.base_url);
        headers.push(("Host".into(), host(&url).to_owned()));
        Request { method: method.into(), url, headers, body: None }
    }
}

/// Everything, page by page.
pub(super) async fn list_all(transport: &dyn Transport, access: &Access) -> Option<Resources> {
    let users = pages(transport, access, "Users").await?;
    let groups = pages(transport, access, "Groups").await?;
    Some(Resources { users, groups })
}

async fn pages(transport: &dyn Transport, access: &Access, collection: &str) -> Option<Vec<Value>> {
    let mut all = Vec::new();
    for _ in 0..Limits::PAGES {
        let path = format!("/{collection}?startIndex={}&count=100", all.len() + 1);
        let response = transport.send(&access.request("GET", &path)).await.ok()?;
        if !response.is_success() {
            return None;
        }
        let list = response.json()?;
        let page = list.get("Resources").and_then(Value::as_array).cloned().unwrap_or_default();
        let total = list.get("totalResults").and_then(Value::as_u64)?;
        let empty = page.is_empty();
        all.extend(page);
        if empty || all.len() as u64 >= total {
            return Some(all);
        }
    }
    None
}

/// The resources with these ids, those that are there.
pub(super) async fn read_known(
    transport: &dyn Transport,
    access: &Access,
    known: &[(String, String)],
) -> Option<Resources> {
    let mut resources = Resources::default();
    for (collection, id) in known {
        let path = format!("/{collection}/{}", segment(id).ok()?);
        let response = transport.send(&access.request("GET", &path)).await.ok()?;
        if response.status == 404 || response.status == 410 {
            continue;
        }
        if !response.is_success() {
            return None;
        }
        let resource = response.json()?;
        match collection.as_str() {
            "Users" => resources.users.push(resource),
            _ => resources.groups.push(resource),
        }
    }
    Some(resources)
}

impl Observation {
    /// A list of the console's state, or what stands for it; else why there is none.
    pub(super) fn section(&self, name: &str) -> Result<&[Value], Option<&str>> {
        if let Some(console) = &self.console {
            return Ok(console.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice));
        }
        match self.foreign.sections.get(name) {
            Some(records) => Ok(records),
            None => Err(self.foreign.troubles.get(name).map(String::as_str)),
        }
    }

    /// The state as a snapshot shows it, before normalising.
    pub(super) fn state(&self, okta: Value) -> Value {
        let mut state = Map::new();
        state
            .insert("scim".into(), self.scim.as_ref().map_or_else(|| json!("not observed"), Resources::view));
        let console = self.console.as_ref().map(|console| {
            let mut console = console.clone();
            if let Some(entries) = console.get_mut("syncLog").and_then(Value::as_array_mut) {
                for entry in entries.iter_mut().filter_map(Value::as_object_mut) {
                    // How many requests a dialect needs is no part of the state.
                    entry.shift_remove("requestId");
                    entry.retain(|_, value| !value.is_null());
                }
            }
            console
        });
        state.insert("console".into(), console.unwrap_or_else(|| json!("not observed")));
        state.insert("okta".into(), okta);
        Value::Object(state)
    }
}

impl Resources {
    fn view(&self) -> Value {
        let bare = |resource: &Value| {
            let mut resource = resource.clone();
            if let Some(fields) = resource.as_object_mut() {
                for noise in ["schemas", "meta"] {
                    fields.shift_remove(noise);
                }
                // Members and groups are shown by name; the ids are those of the resources themselves.
                for list in ["members", "groups"] {
                    if let Some(items) = fields.get_mut(list).and_then(Value::as_array_mut) {
                        for item in items.iter_mut().filter_map(Value::as_object_mut) {
                            item.shift_remove("$ref");
                        }
                    }
                }
            }
            resource
        };
        let sorted = |resources: &[Value], name: &str| {
            let mut sorted: Vec<Value> = resources.iter().map(bare).collect();
            sorted.sort_by_key(|resource| {
                resource.get(name).and_then(Value::as_str).unwrap_or_default().to_lowercase()
            });
            sorted
        };
        json!({ "users": sorted(&self.users, "userName"), "groups": sorted(&self.groups, "displayName") })
    }
}

/// Fits what a lasting target shows to a reviewed state: what the target does not show counts as not
/// observed and is named in the result; what it shows beyond the reviewed state is left out; what both
/// have is compared. The console's section is not observed as a whole.
pub(super) fn fit(reviewed: &Value, actual: &mut Value) -> Vec<String> {
    let mut missing = Vec::new();
    fit_at(reviewed, actual, "", &mut missing);
    missing
}

fn fit_at(reviewed: &Value, actual: &mut Value, path: &str, missing: &mut Vec<String>) {
    if actual.as_str() == Some("not observed") && *reviewed != *actual {
        missing.push(path.trim_start_matches('.').to_owned());
        *actual = reviewed.clone();
        return;
    }
    match (reviewed, &mut *actual) {
        (Value::Object(reviewed), Value::Object(actual)) => {
            let mut fitted = Map::new();
            for (key, expected) in reviewed {
                let place = format!("{path}.{key}");
                let found = actual.keys().find(|known| known.eq_ignore_ascii_case(key)).cloned();
                match found.and_then(|found| actual.get_mut(&found)) {
                    Some(value) if !value.is_null() || expected.is_null() => {
                        fit_at(expected, value, &place, missing);
                        fitted.insert(key.clone(), value.clone());
                    }
                    _ => {
                        missing.push(place.trim_start_matches('.').to_owned());
                        fitted.insert(key.clone(), expected.clone());
                    }
                }
            }
            *actual = fitted;
        }
        (Value::Array(reviewed), Value::Array(actual)) => {
            let mut rest: Vec<Value> = std::mem::take(actual);
            for expected in reviewed {
                let at = rest.iter().position(|item| same_item(expected, item));
                if let Some(at) = at {
                    let mut item = rest.remove(at);
                    let place = format!("{path}[{}]", item_name(expected));
                    fit_at(expected, &mut item, &place, missing);
                    actual.push(item);
                }
            }
            actual.append(&mut rest);
        }
        _ => {}
    }
}

fn item_name(item: &Value) -> String {
    ["userName", "displayName", "login", "group", "value"]
        .iter()
        .find_map(|key| item.get(*key)?.as_str())
        .unwrap_or_default()
        .to_owned()
}

fn same_item(expected: &Value, actual: &Value) -> bool {
    for key in ["userName", "displayName", "login", "group", "value", "type"] {
        if let (Some(a), Some(b)) = (expected.get(key), actual.get(key)) {
            return match (a.as_str(), b.as_str()) {
                (Some(a), Some(b)) => a.eq_ignore_ascii_case(b),
                _ => a == b,
            };
        }
    }
    if expected.is_object() && actual.is_object() { true } else { expected == actual }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_target_does_not_show_is_not_observed_and_what_it_adds_is_ignored() {
        let reviewed = json!({ "scim": { "users": [
            { "id": "[user-1]", "userName": "a@b.c", "title": "T", "emails": [{ "value": "a@b.c", "type": "work" }] }
        ] }, "console": { "users": [] } });
        let mut actual = json!({ "scim": { "users": [
            { "userName": "a@b.c", "id": "[user-1]", "nickName": "x", "emails": [{ "value": "a@b.c", "type": "work", "display": "x" }] }
        ] }, "console": "not observed" });
        let missing = fit(&reviewed, &mut actual);
        assert_eq!(actual, reviewed);
        assert_eq!(missing, ["scim.users[a@b.c].title", "console"]);
    }

    #[test]
    fn a_value_that_differs_and_a_resource_too_many_stay_different() {
        let reviewed = json!({ "users": [{ "userName": "a", "active": false }] });
        let mut actual = json!({ "users": [{ "userName": "a", "active": true }, { "userName": "b" }] });
        fit(&reviewed, &mut actual);
        assert_eq!(actual, json!({ "users": [{ "userName": "a", "active": true }, { "userName": "b" }] }));
        let mut gone = json!({ "users": [] });
        fit(&reviewed, &mut gone);
        assert_ne!(gone, reviewed);
    }
}
