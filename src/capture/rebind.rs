//! Identifiers by their role: what was returned as the `id` of a resource then is what is returned now.

use std::collections::HashMap;

use serde_json::Value;

use super::scim::member;
use crate::exchange::{UrlParts, percent_decode, percent_encode, segment};

/// An id of at least so many characters is not met by chance.
const UNMISTAKABLE: usize = 8;
/// Attributes that hold ids.
const HOLDERS: [&str; 5] = ["id", "value", "managerid", "$ref", "location"];

/// What stands for what.
#[derive(Debug, Clone)]
pub(super) struct Bindings {
    then_base: String,
    now_base: String,
    ids: HashMap<String, String>,
    versions: HashMap<String, String>,
}

impl Bindings {
    pub(super) fn new(then_base: &str, now_base: &str) -> Self {
        Self {
            then_base: then_base.trim_end_matches('/').to_owned(),
            now_base: now_base.trim_end_matches('/').to_owned(),
            ids: HashMap::new(),
            versions: HashMap::new(),
        }
    }

    /// Learns from two answers to the same request.
    pub(super) fn learn(&mut self, then: &Value, now: &Value) {
        let lists = (list(then), list(now));
        if let (Some(then), Some(now)) = lists {
            for (index, resource) in then.iter().enumerate() {
                let named = name(resource);
                let same = now.iter().find(|other| named.is_some() && name(other) == named);
                if let Some(other) = same.or_else(|| now.get(index).filter(|_| named.is_none())) {
                    self.resource(resource, other);
                }
            }
            return;
        }
        self.resource(then, now);
    }

    fn resource(&mut self, then: &Value, now: &Value) {
        if let (Some(then), Some(now)) = (id(then), id(now)) {
            self.ids.insert(then, now);
        }
        let version =
            |resource: &Value| Some(member(member(resource, "meta")?, "version")?.as_str()?.to_owned());
        if let (Some(then), Some(now)) = (version(then), version(now)) {
            self.versions.insert(then, now);
        }
    }

    /// The version that a condition asks for now.
    pub(super) fn version(&self, then: &str) -> String {
        self.versions.get(then).cloned().unwrap_or_else(|| then.to_owned())
    }

    /// The URL now.
    pub(super) fn url(&self, then: &str) -> Option<String> {
        let rest = then.strip_prefix(&self.then_base)?;
        let UrlParts { path, query, .. } = UrlParts::of(rest);
        // An id of now that no path can hold has no URL.
        let segments: Vec<String> = path
            .split('/')
            .map(|part| match self.ids.get(&percent_decode(part)) {
                Some(now) => segment(now).ok(),
                None => Some(part.to_owned()),
            })
            .collect::<Option<_>>()?;
        let mut url = format!("{}{}", self.now_base, segments.join("/"));
        if let Some(query) = query {
            let pairs: Vec<String> = query
                .split('&')
                .map(|pair| {
                    let Some((name, value)) = pair.split_once('=') else { return pair.to_owned() };
                    let plain = percent_decode(value);
                    let bound = self.text(&plain);
                    if bound == plain {
                        pair.to_owned()
                    } else {
                        format!("{name}={}", percent_encode(&bound))
                    }
                })
                .collect();
            url.push('?');
            url.push_str(&pairs.join("&"));
        }
        Some(url)
    }

    /// Puts the ids of now into a document of then.
    pub(super) fn json(&self, value: &mut Value) {
        self.within(value, "");
    }

    fn within(&self, value: &mut Value, key: &str) {
        match value {
            Value::Object(fields) => {
                for (key, inner) in fields.iter_mut() {
                    self.within(inner, &key.to_ascii_lowercase());
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.within(item, key)),
            Value::String(text) => {
                let sure = text.len() >= UNMISTAKABLE || HOLDERS.contains(&key);
                *text = match self.ids.get(text.as_str()) {
                    Some(now) if sure => now.clone(),
                    _ => self.text(text),
                };
            }
            _ => {}
        }
    }

    /// Ids in quotes, as filters and paths have them, and in URLs.
    fn text(&self, text: &str) -> String {
        let mut out = text.to_owned();
        if out.contains(&self.then_base) {
            out = out.replace(&self.then_base, &self.now_base);
        }
        if out.contains('"') {
            // Each quoted part once, so that an id that was put in is not taken for another.
            let parts: Vec<String> = out
                .split('"')
                .enumerate()
                .map(|(index, part)| match self.ids.get(part) {
                    Some(now) if index % 2 == 1 => now.clone(),
                    _ => part.to_owned(),
                })
                .collect();
            out = parts.join("\"");
        }
        if out.contains("/Users/") || out.contains("/Groups/") {
            let parts: Vec<String> = out
                .split('/')
                .map(|part| self.ids.get(part).cloned().unwrap_or_else(|| part.to_owned()))
                .collect();
            out = parts.join("/");
        }
        out
    }
}

fn list(value: &Value) -> Option<&Vec<Value>> {
    member(value, "Resources")?.as_array()
}

fn id(resource: &Value) -> Option<String> {
    Some(match resource.get("id")? {
        Value::String(id) => id.clone(),
        Value::Number(id) => id.to_string(),
        _ => return None,
    })
}

fn name(resource: &Value) -> Option<String> {
    let name = member(resource, "userName").or_else(|| member(resource, "displayName"))?;
    name.as_str().map(str::to_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn bindings() -> Bindings {
        let mut bindings = Bindings::new("https://then/v2", "http://now:1/scim");
        bindings.learn(&json!({"id": "1", "userName": "a"}), &json!({"id": "2", "userName": "a"}));
        bindings.learn(
            &json!({"Resources": [{"id": "then-group-id", "displayName": "G"}]}),
            &json!({"Resources": [{"id": "3", "displayName": "other"}, {"id": "2", "displayName": "g"}]}),
        );
        bindings
    }

    #[rstest::rstest]
    #[case("https://then/v2/Users/1", Some("http://now:1/scim/Users/2"))]
    #[case("https://then/v2/Users/11", Some("http://now:1/scim/Users/11"))]
    #[case(
        "https://then/v2/Users?startIndex=1&count=1",
        Some("http://now:1/scim/Users?startIndex=1&count=1")
    )]
    #[case(
        "https://then/v2/Users?filter=id%20eq%20%221%22&count=1",
        Some("http://now:1/scim/Users?filter=id%20eq%20%222%22&count=1")
    )]
    #[case("https://elsewhere/v2/Users/1", None)]
    fn paths_and_filters_go_to_what_has_the_role_now(#[case] then: &str, #[case] now: Option<&str>) {
        assert_eq!(bindings().url(then).as_deref(), now);
    }

    #[test]
    fn bodies_hold_the_ids_of_now_and_keep_what_only_looks_like_one() {
        let mut body = json!({
            "id": "1", "employeeNumber": "1", "title": "then-group-id",
            "meta": { "location": "https://then/v2/Users/1" },
            "Operations": [{ "op": "remove", "path": "members[value eq \"1\"]" }],
            "members": [{ "value": "1", "display": "1" }],
        });
        bindings().json(&mut body);
        let expected = json!({
            "id": "2", "employeeNumber": "1", "title": "2",
            "meta": { "location": "http://now:1/scim/Users/2" },
            "Operations": [{ "op": "remove", "path": "members[value eq \"2\"]" }],
            "members": [{ "value": "2", "display": "1" }],
        });
        assert_eq!(body, expected);
    }
}
