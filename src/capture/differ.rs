//! What is different between two answers to the same request, as far as it means anything: statuses and
//! attributes. The order of values, identifiers, times and versions mean nothing.

use serde_json::{Map, Value};

use super::scim::{member, shown};
use crate::exchange::{Response, TransportError};

/// Attributes that differ between any two services.
const OWN: [&str; 8] =
    ["created", "lastmodified", "version", "location", "$ref", "detail", "itemsperpage", "id"];

/// Sentences on what differs; `then` has been brought to the identifiers of `now` already.
pub(super) fn differences(
    then: &Result<Response, TransportError>,
    now: &Result<Response, TransportError>,
    whole: bool,
    rebind: impl Fn(&mut Value),
) -> Vec<String> {
    let (then, now) = match (then, now) {
        (Ok(then), Ok(now)) => (then, now),
        // There is nothing to hold it against.
        (Err(_), Ok(_)) => return Vec::new(),
        (_, Err(error)) => return vec![format!("now there is no answer: {}", shown(&error.to_string()))],
    };
    let mut found = Vec::new();
    if then.status != now.status {
        let why = now.json().and_then(|body| member(&body, "detail")?.as_str().map(shown));
        let why = why.map(|why| format!(" ({why})")).unwrap_or_default();
        found.push(format!("status: then {}, now {}{why}", then.status, now.status));
        // The bodies are of different kinds.
        if then.is_success() != now.is_success() {
            return found;
        }
    }
    if !whole {
        return found;
    }
    match (then.json(), now.json()) {
        (Some(mut then), Some(now)) => {
            rebind(&mut then);
            compare("", &then, &now, &mut found);
        }
        (None, Some(_)) if then.body.is_empty() => found.push("body: then none, now there is one".into()),
        (None, Some(_)) => found.push("body: then no JSON, now it is".into()),
        (Some(_), None) if now.body.is_empty() => found.push("body: then there was one, now none".into()),
        (Some(_), None) => found.push("body: then JSON, now it is not".into()),
        (None, None) => {}
    }
    found
}

fn compare(path: &str, then: &Value, now: &Value, found: &mut Vec<String>) {
    match (then, now) {
        (Value::Object(then), Value::Object(now)) => objects(path, then, now, found),
        (Value::Array(then), Value::Array(now)) => arrays(path, then, now, found),
        _ if same(then, now) => {}
        _ => found.push(format!("{}: then {}, now {}", name(path), brief(then), brief(now))),
    }
}

fn objects(path: &str, then: &Map<String, Value>, now: &Map<String, Value>, found: &mut Vec<String>) {
    for (key, value) in then {
        if is_own(key) {
            continue;
        }
        let inner = below(path, key);
        match counterpart(now, key) {
            Some(other) => compare(&inner, value, other, found),
            None if is_nothing(value) => {}
            None => found.push(format!("{}: then {}, now absent", name(&inner), brief(value))),
        }
    }
    for (key, value) in now {
        if !is_own(key) && counterpart(then, key).is_none() && !is_nothing(value) {
            found.push(format!("{}: then absent, now {}", name(&below(path, key)), brief(value)));
        }
    }
}

/// Values in any order (RFC 7643 §2.4); what has no equal is held against what is most like it.
fn arrays(path: &str, then: &[Value], now: &[Value], found: &mut Vec<String>) {
    let mut left: Vec<&Value> = now.iter().collect();
    let mut alone = Vec::new();
    for value in then {
        match left.iter().position(|other| same(value, other)) {
            Some(at) => drop(left.remove(at)),
            None => alone.push(value),
        }
    }
    for value in alone {
        let key = key_of(value);
        match left.iter().position(|other| key.is_some() && key_of(other) == key) {
            Some(at) => {
                let other = left.remove(at);
                let label = key.as_ref().map(brief).unwrap_or_default();
                compare(&format!("{path}[{label}]"), value, other, found);
            }
            None => found.push(format!("{}: now without {}", name(path), brief(value))),
        }
    }
    for value in left {
        found.push(format!("{}: now also {}", name(path), brief(value)));
    }
}

/// What tells one value of an array from another.
fn key_of(value: &Value) -> Option<Value> {
    ["userName", "value", "type", "name", "displayName"].iter().find_map(|key| member(value, key).cloned())
}

fn same(then: &Value, now: &Value) -> bool {
    let mut found = Vec::new();
    match (then, now) {
        (Value::Object(then), Value::Object(now)) => objects("", then, now, &mut found),
        (Value::Array(then), Value::Array(now)) => arrays("", then, now, &mut found),
        (Value::Number(then), Value::Number(now)) => return then.as_f64() == now.as_f64(),
        _ => return then == now,
    }
    found.is_empty()
}

fn counterpart<'a>(fields: &'a Map<String, Value>, key: &str) -> Option<&'a Value> {
    fields
        .get(key)
        .or_else(|| fields.iter().find(|(name, _)| name.eq_ignore_ascii_case(key)).map(|(_, value)| value))
}

fn is_own(key: &str) -> bool {
    OWN.contains(&key.to_ascii_lowercase().as_str())
}

/// null and an empty array mean the same as an absent attribute (RFC 7643 §2.5).
fn is_nothing(value: &Value) -> bool {
    value.is_null() || value.as_array().is_some_and(Vec::is_empty)
}

fn below(path: &str, key: &str) -> String {
    let key = shown(key);
    if path.is_empty() { key } else { format!("{path}.{key}") }
}

fn name(path: &str) -> &str {
    if path.is_empty() { "body" } else { path }
}

fn brief(value: &Value) -> String {
    let text = value.to_string();
    let short: String = text.chars().take(80).collect();
    let more = if short.len() < text.len() { "…" } else { "" };
    format!("{}{more}", shown(&short))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn found(then: &Value, now: &Value) -> Vec<String> {
        let mut found = Vec::new();
        compare("", then, now, &mut found);
        found
    }

    #[test]
    fn order_identifiers_times_and_empty_values_mean_nothing() {
        let then = json!({
            "id": "1", "emails": [{"value": "a", "type": "work"}, {"value": "b", "type": "home"}],
            "meta": {"created": "2020", "version": "W/1", "resourceType": "User"}, "groups": [], "title": null,
        });
        let now = json!({
            "id": "x", "emails": [{"type": "home", "value": "b"}, {"type": "work", "value": "a"}],
            "meta": {"created": "2026", "resourceType": "User"},
        });
        assert_eq!(found(&then, &now), Vec::<String>::new());
    }

    #[rstest::rstest]
    #[case(json!({"active": true}), json!({"active": false}), "active: then true, now false")]
    #[case(json!({"active": true}), json!({"active": "true"}), "active: then true, now \"true\"")]
    #[case(json!({"title": "x"}), json!({}), "title: then \"x\", now absent")]
    #[case(json!({}), json!({"title": "x"}), "title: then absent, now \"x\"")]
    #[case(json!({"name": {"givenName": "A"}}), json!({"name": {"givenName": "B"}}), "name.givenName: then \"A\", now \"B\"")]
    #[case(json!({"emails": [{"value": "a", "primary": true}]}), json!({"emails": [{"value": "a"}]}), "emails[\"a\"].primary: then true, now absent")]
    #[case(json!({"members": [{"value": "a"}, {"value": "b"}]}), json!({"members": [{"value": "b"}]}), "members: now without {\"value\":\"a\"}")]
    #[case(json!({"totalResults": 2}), json!({"totalResults": 1}), "totalResults: then 2, now 1")]
    #[case(json!([1]), json!({}), "body: then [1], now {}")]
    fn what_means_something_is_told(#[case] then: Value, #[case] now: Value, #[case] told: &str) {
        assert_eq!(found(&then, &now), [told]);
    }
}
