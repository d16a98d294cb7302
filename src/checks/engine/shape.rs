//! Bodies that a particular target takes: some services refuse attributes that their schema does not list,
//! or demand more than RFC 7643 does. Their published schema says which.

use serde_json::{Value, json};

use super::facts::{Facts, Shape};
use super::stop::Stop;
use crate::checks::json::{items, member};

/// The body of a creation or a PUT as this target takes it. What the RFC itself requires is left as the
/// probe has it.
///
/// # Errors
/// [`Stop::Skipped`] when the body holds an attribute that the target's schema does not list.
pub(super) fn shaped(facts: &Facts, urn: &str, body: &Value) -> Result<Value, Stop> {
    if facts.shape == Shape::Free || !body.is_object() {
        return Ok(body.clone());
    }
    let Some(schema) = facts.schema(urn) else { return Ok(body.clone()) };
    let definitions: Vec<Value> = items(schema, "attributes")
        .iter()
        .filter(|definition| {
            let name = member(definition, "name").and_then(Value::as_str).unwrap_or_default();
            member(body, name).is_some() || !["userName", "displayName", "members"].contains(&name)
        })
        .cloned()
        .collect();
    let body = completed(body, &definitions);
    if facts.shape == Shape::Fitted
        && let Some(name) = unlisted(facts, &body, items(schema, "attributes"))
    {
        return Err(Stop::Skipped(format!("the schema of the service does not list {name}")));
    }
    Ok(body)
}

/// The first member of a body that no published definition knows.
fn unlisted(facts: &Facts, body: &Value, definitions: &[Value]) -> Option<String> {
    let Value::Object(members) = body else { return None };
    for (name, value) in members {
        if ["schemas", "id", "meta", "externalId"].contains(&name.as_str()) {
            continue;
        }
        if name.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("urn:")) {
            let schema = facts.schema(name).map_or(&[][..], |schema| items(schema, "attributes"));
            if let Some(name) = unlisted(facts, value, schema) {
                return Some(name);
            }
            continue;
        }
        let known = definitions.iter().find(|definition| {
            member(definition, "name")
                .and_then(Value::as_str)
                .is_some_and(|known| known.eq_ignore_ascii_case(name))
        });
        let Some(known) = known else { return Some(name.clone()) };
        let subs = items(known, "subAttributes");
        if subs.is_empty() {
            continue;
        }
        let values = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
        for value in values {
            if let Some(sub) = unlisted(facts, value, subs) {
                return Some(format!("{name}.{sub}"));
            }
        }
    }
    None
}

/// Adds what the published schema requires and the body does not have, in complex attributes too.
pub(in crate::checks) fn completed(body: &Value, definitions: &[Value]) -> Value {
    let mut body = body.clone();
    for definition in definitions {
        let Some(name) = member(definition, "name").and_then(Value::as_str) else { continue };
        let required = member(definition, "required").and_then(Value::as_bool) == Some(true);
        let subs = items(definition, "subAttributes");
        let known = body
            .as_object()
            .and_then(|members| members.keys().find(|known| known.eq_ignore_ascii_case(name)).cloned());
        match body.get_mut(known.as_deref().unwrap_or(name)) {
            None if required && writable(definition) => {
                if let Some(value) = sample(definition) {
                    body[name] = value;
                }
            }
            Some(value @ Value::Object(_)) => *value = completed(value, subs),
            Some(Value::Array(values)) => {
                for value in values.iter_mut().filter(|value| value.is_object()) {
                    *value = completed(value, subs);
                }
            }
            _ => {}
        }
    }
    body
}

/// Leaves only what the published schema lists as writable.
pub(in crate::checks) fn fitted(body: &Value, definitions: &[Value]) -> Value {
    let Value::Object(members) = body else { return body.clone() };
    if definitions.is_empty() {
        return body.clone();
    }
    let kept = members.iter().filter_map(|(name, value)| {
        if name == "schemas" {
            return Some((name.clone(), value.clone()));
        }
        let definition = definitions.iter().find(|definition| {
            member(definition, "name")
                .and_then(Value::as_str)
                .is_some_and(|known| known.eq_ignore_ascii_case(name))
        })?;
        let subs = items(definition, "subAttributes");
        let value = match value {
            Value::Object(_) => fitted(value, subs),
            Value::Array(values) => values.iter().map(|value| fitted(value, subs)).collect(),
            other => other.clone(),
        };
        writable(definition).then(|| (name.clone(), value))
    });
    Value::Object(kept.collect())
}

fn writable(definition: &Value) -> bool {
    member(definition, "mutability").and_then(Value::as_str) != Some("readOnly")
}

/// A value that fits a published definition.
pub(in crate::checks) fn sample(attribute: &Value) -> Option<Value> {
    let canonical = items(attribute, "canonicalValues").first().cloned();
    let kind = member(attribute, "type").and_then(Value::as_str).unwrap_or("string");
    let one = match kind {
        "boolean" => json!(true),
        "integer" => json!(7),
        "decimal" => json!(7.5),
        "dateTime" => json!("2011-08-08T08:00:00Z"),
        "binary" => json!("c2NpbXVsYXRl"),
        "reference" => json!("https://example.com/scimulate"),
        "complex" => {
            let mut value = json!({});
            for sub in items(attribute, "subAttributes") {
                if let (true, Some(name), Some(sample)) =
                    (writable(sub), member(sub, "name").and_then(Value::as_str), sample(sub))
                {
                    value[name] = sample;
                }
            }
            value
        }
        _ => canonical.unwrap_or_else(|| json!("scimulate")),
    };
    let many = member(attribute, "multiValued").and_then(Value::as_bool) == Some(true);
    Some(if many { json!([one]) } else { one })
}
