//! External names of app attributes (okta-client §4): `title`, `name.givenName`, and
//! `addresses.^[primary==true].country`, where `^[…]` chooses an element of a multi-valued attribute and
//! makes it when there is none.

use serde_json::{Map, Value, json};

use super::operation::Cleared;

/// An external name taken apart.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ExternalName {
    pub(super) attribute: String,
    /// `^[primary==true]`: the sub-attribute and the value by which the element is chosen.
    pub(super) condition: Option<(String, Value)>,
    /// Sub-attributes below, outermost first.
    pub(super) below: Vec<String>,
}

impl ExternalName {
    pub(super) fn parse(name: &str) -> Result<Self, String> {
        let is_name = |part: &str| {
            !part.is_empty()
                && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-' || c == '$')
        };
        let (attribute, condition, below) = match name.split_once(".^[") {
            None => {
                let (attribute, below) = name.split_once('.').unwrap_or((name, ""));
                (attribute, None, below)
            }
            Some((attribute, rest)) => {
                let (condition, below) =
                    rest.split_once(']').ok_or_else(|| "`^[` has no closing bracket".to_owned())?;
                let (key, value) = condition
                    .split_once("==")
                    .ok_or_else(|| format!("`^[{condition}]` is no condition such as `^[type=='work']`"))?;
                let value = match value.trim() {
                    "true" => Value::Bool(true),
                    "false" => Value::Bool(false),
                    // Quoted or not, both are in vendors' guides (§4).
                    text => json!(text.trim_matches(['\'', '"'])),
                };
                let key = key.trim();
                if !is_name(key) || value == json!("") {
                    return Err(format!("`^[{condition}]` is no condition such as `^[type=='work']`"));
                }
                let below = below.strip_prefix('.').ok_or_else(|| {
                    format!("`^[{condition}]` needs a sub-attribute after it, such as `.value`")
                })?;
                (attribute, Some((key.to_owned(), value)), below)
            }
        };
        let below: Vec<String> =
            if below.is_empty() { Vec::new() } else { below.split('.').map(str::to_owned).collect() };
        if let Some(wrong) =
            std::iter::once(attribute).chain(below.iter().map(String::as_str)).find(|p| !is_name(p))
        {
            return Err(format!("`{wrong}` is no attribute name"));
        }
        if condition.is_some() && below.is_empty() {
            return Err("a condition needs a sub-attribute after it, such as `.value`".into());
        }
        Ok(Self { attribute: attribute.to_owned(), condition, below })
    }

    /// Puts the value where the name says; without a value, what `cleared` says goes there (§13.3).
    pub(super) fn put(&self, object: &mut Map<String, Value>, value: Option<&Value>, cleared: Cleared) {
        let value = match (value, cleared) {
            (Some(value), _) => Some(value.clone()),
            (None, Cleared::Omitted) => None,
            (None, Cleared::EmptyText) => Some(json!("")),
            (None, Cleared::Null) => Some(Value::Null),
        };
        let Some((last, above)) = self.below.split_last() else {
            return set(object, &self.attribute, value);
        };
        let there = object.keys().any(|key| key.eq_ignore_ascii_case(&self.attribute));
        if value.is_none() && !there {
            return;
        }
        let mut holder = match &self.condition {
            None => inner(object, &self.attribute),
            Some((key, Value::Bool(true))) if key == "primary" => {
                let primary = primary_entry(object, &self.attribute);
                if value.is_some() {
                    put(primary, "primary", json!(true));
                }
                primary
            }
            Some((key, wanted)) => chosen(object, &self.attribute, key, wanted),
        };
        for name in above {
            holder = inner(holder, name);
        }
        set(holder, last, value);
    }

    /// The value that a document has there.
    pub(super) fn read<'a>(&self, document: &'a Value) -> Option<&'a Value> {
        let of = |value: &'a Value, name: &str| {
            let fields = value.as_object()?;
            fields.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
        };
        let mut value = of(document, &self.attribute)?;
        if let Some((key, wanted)) = &self.condition {
            value = value.as_array()?.iter().find(|item| of(item, key) == Some(wanted))?;
        }
        self.below.iter().try_fold(value, |value, name| of(value, name))
    }
}

/// `name.givenName` and the like.
pub(super) fn name_part(sub: &str) -> ExternalName {
    ExternalName { attribute: "name".into(), condition: None, below: vec![sub.to_owned()] }
}

/// The value under `key`, whatever its letter case (RFC 7643 §2.1); added at the end when missing.
pub(super) fn entry<'a>(object: &'a mut Map<String, Value>, key: &str, default: Value) -> &'a mut Value {
    let known = object.keys().find(|known| known.eq_ignore_ascii_case(key)).cloned();
    object.entry(known.unwrap_or_else(|| key.to_owned())).or_insert(default)
}

pub(super) fn put(object: &mut Map<String, Value>, key: &str, value: Value) {
    *entry(object, key, Value::Null) = value;
}

fn set(object: &mut Map<String, Value>, key: &str, value: Option<Value>) {
    match value {
        Some(value) => put(object, key, value),
        None => object.retain(|known, _| !known.eq_ignore_ascii_case(key)),
    }
}

/// The object under `key`, made when there is none.
fn inner<'a>(object: &'a mut Map<String, Value>, key: &str) -> &'a mut Map<String, Value> {
    let value = entry(object, key, json!({}));
    made_object(value)
}

fn made_object(value: &mut Value) -> &mut Map<String, Value> {
    if !value.is_object() {
        *value = json!({});
    }
    match value {
        Value::Object(object) => object,
        _ => unreachable!("made an object just above"),
    }
}

fn elements<'a>(object: &'a mut Map<String, Value>, attribute: &str) -> &'a mut Vec<Value> {
    let list = entry(object, attribute, json!([]));
    if !list.is_array() {
        *list = json!([]);
    }
    match list {
        Value::Array(items) => items,
        _ => unreachable!("made an array just above"),
    }
}

/// The element that meets the condition; the condition becomes its first member when it is made (§4).
fn chosen<'a>(
    object: &'a mut Map<String, Value>,
    attribute: &str,
    key: &str,
    wanted: &Value,
) -> &'a mut Map<String, Value> {
    let items = elements(object, attribute);
    let at = items.iter().position(|item| item.get(key) == Some(wanted)).unwrap_or_else(|| {
        items.push(json!({ key: wanted }));
        items.len() - 1
    });
    made_object(&mut items[at])
}

/// The primary value of a multi-valued attribute, else the `work` one, else the first, else a new one.
pub(super) fn primary_entry<'a>(
    object: &'a mut Map<String, Value>,
    attribute: &str,
) -> &'a mut Map<String, Value> {
    let items = elements(object, attribute);
    let at = items
        .iter()
        .position(|item| item.get("primary") == Some(&Value::Bool(true)))
        .or_else(|| items.iter().position(|item| item.get("type").and_then(Value::as_str) == Some("work")))
        .or_else(|| items.iter().position(Value::is_object))
        .unwrap_or_else(|| {
            items.push(json!({}));
            items.len() - 1
        });
    made_object(&mut items[at])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case("title", json!({}), json!({ "title": "x" }))]
    #[case("Title", json!({ "title": "old" }), json!({ "title": "x" }))]
    #[case("name.middleName", json!({ "name": { "givenName": "A" } }), json!({ "name": { "givenName": "A", "middleName": "x" } }))]
    #[case("manager.value", json!({}), json!({ "manager": { "value": "x" } }))]
    #[case("addresses.^[primary==true].country", json!({}), json!({ "addresses": [{ "primary": true, "country": "x" }] }))]
    #[case("addresses.^[primary==true].country", json!({ "addresses": [{ "type": "work", "country": "y" }] }), json!({ "addresses": [{ "type": "work", "country": "x", "primary": true }] }))]
    #[case("emails.^[type=='home'].value", json!({ "emails": [{ "type": "work", "value": "w" }] }), json!({ "emails": [{ "type": "work", "value": "w" }, { "type": "home", "value": "x" }] }))]
    #[case("phoneNumbers.^[type==mobile].value", json!({ "phoneNumbers": [{ "type": "mobile", "value": "1" }] }), json!({ "phoneNumbers": [{ "type": "mobile", "value": "x" }] }))]
    #[case("emails.^[primary==false].value", json!({}), json!({ "emails": [{ "primary": false, "value": "x" }] }))]
    #[case("roles.^[type==\"Primary\"].value", json!({}), json!({ "roles": [{ "type": "Primary", "value": "x" }] }))]
    fn a_value_goes_where_the_external_name_says(
        #[case] name: &str,
        #[case] before: Value,
        #[case] after: Value,
    ) {
        let parsed = ExternalName::parse(name).expect("a name of the grammar");
        let mut document = before;
        if let Value::Object(object) = &mut document {
            parsed.put(object, Some(&json!("x")), Cleared::Omitted);
        }
        assert_eq!(document, after);
        assert_eq!(parsed.read(&document), Some(&json!("x")));
    }

    #[rstest::rstest]
    #[case(Cleared::Omitted, json!({ "addresses": [{ "primary": true }], "name": {} }))]
    #[case(Cleared::EmptyText, json!({ "addresses": [{ "primary": true, "country": "" }], "name": { "givenName": "" }, "title": "" }))]
    #[case(Cleared::Null, json!({ "addresses": [{ "primary": true, "country": null }], "name": { "givenName": null }, "title": null }))]
    fn a_cleared_value_looks_as_the_switch_says(#[case] cleared: Cleared, #[case] after: Value) {
        let before = json!({ "addresses": [{ "primary": true, "country": "GB" }], "name": { "givenName": "A" }, "title": "T" });
        let mut document = before.as_object().cloned().unwrap_or_default();
        for name in ["title", "name.givenName", "addresses.^[primary==true].country"] {
            ExternalName::parse(name).expect("a name of the grammar").put(&mut document, None, cleared);
        }
        assert_eq!(Value::Object(document), after);
    }

    #[rstest::rstest]
    #[case("")]
    #[case("a..b")]
    #[case("a b")]
    #[case("emails.^[primary==true]")]
    #[case("emails.^[primary].value")]
    #[case("emails.^[primary==true.value")]
    fn what_is_no_external_name_is_refused(#[case] name: &str) {
        assert!(ExternalName::parse(name).is_err(), "{name}");
    }
}
