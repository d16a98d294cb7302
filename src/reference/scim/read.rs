//! Reads a resource that a client sends (POST, PUT, and the result of a PATCH): names in any letter
//! case to RFC spelling, read-only attributes dropped, types checked by the tables.

use indexmap::IndexSet;
use serde_json::{Map, Value, json};

use super::schema::{Attribute, Mutability, Type};
use super::{
    Accepted, C42_USER, ENTERPRISE, Object, ResourceKind, Rules, ScimError, ScimType, StructuralFault,
    Warning, json,
};

/// Reads the body of a POST or PUT.
///
/// # Errors
/// 400 for what RFC 7644 §3.12 calls invalid; 500 for structural faults when `rules` say so.
pub(crate) fn accept(kind: ResourceKind, body: &[u8], rules: Rules) -> Result<Accepted, ScimError> {
    let object = json::object(body)?;
    let core = kind.core().id;
    let schemas = lookup(&object, "schemas").and_then(Value::as_array);
    let named = |urn: &Value| urn.as_str().is_some_and(|urn| urn.eq_ignore_ascii_case(core));
    match schemas {
        None => {
            return Err(ScimError::syntax(format!("`schemas` is missing; it must hold \"{core}\".")));
        }
        Some(list) if !list.iter().any(named) => {
            return Err(ScimError::syntax(format!("`schemas` does not hold \"{core}\".")));
        }
        Some(_) => {}
    }
    finish(kind, object, rules)
}

/// Checks and completes a resource in whatever spelling.
pub(super) fn finish(kind: ResourceKind, mut object: Object, rules: Rules) -> Result<Accepted, ScimError> {
    let mut warnings = Vec::new();
    hoist_org_name(kind, &mut object);
    let mut core = Map::new();
    let mut extensions = Map::new();
    for (key, value) in object {
        if key.eq_ignore_ascii_case("schemas") {
            continue;
        }
        if let Some(attribute) = kind.attribute(&key) {
            if attribute.mutability == Mutability::ReadOnly {
                continue;
            }
            if let Some(value) = typed(attribute, attribute.name, value, rules, false)?
                && core.insert(attribute.name.to_owned(), value).is_some()
            {
                // Names are not case exact (RFC 7643 §2.1), so two spellings are the same name twice.
                return Err(ScimError::syntax(format!(
                    "`{}` appears twice; which one counts?",
                    attribute.name
                )));
            }
        } else if let Some(schema) = kind.extension(&key) {
            let Value::Object(fields) = value else {
                if value.is_null() {
                    continue;
                }
                return Err(wrong_type(rules, schema.id, "an object", &value));
            };
            let mut extension = Map::new();
            for (key, value) in fields {
                let Some(attribute) = schema.attribute(&key) else {
                    unknown_in_extension(rules, schema.id, &key)?;
                    continue;
                };
                let path = format!("{}:{}", schema.id, attribute.name);
                if let Some(value) = typed(attribute, &path, value, rules, true)? {
                    extension.insert(attribute.name.to_owned(), value);
                }
            }
            if !extension.is_empty() {
                extensions
                    .insert(schema.id.to_owned(), Value::Object(in_order(schema.attributes, extension)));
            }
        } else {
            warnings.push(Warning {
                code: "ATTRIBUTE_IGNORED",
                message: format!("The attribute `{key}` is not known and was ignored."),
                attribute: key,
            });
        }
    }
    let mut resource = Map::new();
    let mut schemas = vec![json!(kind.core().id)];
    schemas.extend(kind.extensions().iter().filter(|e| extensions.contains_key(e.id)).map(|e| json!(e.id)));
    resource.insert("schemas".into(), Value::Array(schemas));
    let ordered: Vec<&Attribute> = super::schema::COMMON.iter().chain(kind.core().attributes).collect();
    for attribute in ordered {
        if let Some(value) = core.remove(attribute.name) {
            resource.insert(attribute.name.to_owned(), value);
        }
    }
    for extension in kind.extensions() {
        if let Some(value) = extensions.remove(extension.id) {
            resource.insert(extension.id.to_owned(), value);
        }
    }
    check(kind, &mut resource)?;
    Ok(Accepted { resource, warnings })
}

/// `c42OrgName` is accepted in three places; the first that is not empty wins (code42-service §3.3).
fn hoist_org_name(kind: ResourceKind, object: &mut Object) {
    if kind != ResourceKind::User {
        return;
    }
    let take = |object: &mut Object| {
        let key = object.keys().find(|key| key.eq_ignore_ascii_case("c42OrgName")).cloned()?;
        object.shift_remove(&key).filter(|value| !value.is_null() && value.as_str() != Some(""))
    };
    let mut values = Vec::new();
    for urn in [C42_USER, ENTERPRISE] {
        let key = object.keys().find(|key| key.eq_ignore_ascii_case(urn)).cloned();
        if let Some(Value::Object(extension)) = key.and_then(|key| object.get_mut(&key)) {
            values.push(take(extension));
        }
    }
    values.push(take(object));
    if let Some(value) = values.into_iter().flatten().next() {
        let key = object.keys().find(|key| key.eq_ignore_ascii_case(C42_USER)).cloned();
        let extension = object.entry(key.unwrap_or_else(|| C42_USER.to_owned())).or_insert_with(|| json!({}));
        if let Value::Object(extension) = extension {
            extension.insert("c42OrgName".into(), value);
        }
    }
}

/// A value checked against its attribute, in canonical spelling; `None` when it is unassigned, which
/// null and the empty array are too (RFC 7643 §2.5).
pub(super) fn typed(
    attribute: &Attribute,
    path: &str,
    value: Value,
    rules: Rules,
    in_extension: bool,
) -> Result<Option<Value>, ScimError> {
    if value.is_null() {
        return Ok(None);
    }
    if !attribute.multi {
        return single(attribute, path, value, rules, in_extension);
    }
    let Value::Array(items) = value else {
        return Err(wrong_type(rules, path, "an array", &value));
    };
    let mut kept = IndexSet::with_capacity(items.len());
    for (index, item) in items.into_iter().enumerate() {
        let place = format!("{path}[{index}]");
        let given = !item.is_null();
        match single(attribute, &place, item, rules, in_extension)? {
            Some(item) => {
                kept.insert(item);
            }
            // A member that names nobody is a mistake, not nothing.
            None if given && attribute.name == "members" => return Err(no_member(index)),
            None => {}
        }
    }
    Ok((!kept.is_empty()).then(|| Value::Array(kept.into_iter().collect())))
}

/// A member without the identifier of whom it means.
pub(super) fn no_member(index: usize) -> ScimError {
    ScimError::value(
        format!("`members[{index}].value` is missing; it names the member by its `id`."),
        "MEMBER_UNKNOWN",
    )
}

fn single(
    attribute: &Attribute,
    path: &str,
    value: Value,
    rules: Rules,
    in_extension: bool,
) -> Result<Option<Value>, ScimError> {
    if value.is_null() {
        return Ok(None);
    }
    match (attribute.kind, value) {
        (Type::Complex, Value::Object(fields)) => {
            let mut complex = Map::new();
            for (key, value) in fields {
                let Some(sub) = attribute.sub_attribute(&key) else {
                    if in_extension {
                        unknown_in_extension(rules, path, &key)?;
                    }
                    continue;
                };
                if sub.mutability == Mutability::ReadOnly {
                    continue;
                }
                let place = format!("{path}.{}", sub.name);
                if let Some(value) = typed(sub, &place, value, rules, in_extension)? {
                    complex.insert(sub.name.to_owned(), value);
                }
            }
            Ok((!complex.is_empty()).then(|| Value::Object(in_order(attribute.sub, complex))))
        }
        (Type::Complex, other) => Err(wrong_type(rules, path, "an object", &other)),
        (Type::Boolean, Value::Bool(value)) => Ok(Some(Value::Bool(value))),
        (Type::Boolean, Value::String(text)) if rules.text_booleans && boolean(&text).is_some() => {
            Ok(boolean(&text).map(Value::Bool))
        }
        (Type::Boolean, other) => Err(wrong_type(rules, path, "true or false", &other)),
        (_, Value::String(text)) => {
            if attribute.kind == Type::DateTime && text.parse::<jiff::Timestamp>().is_err() {
                return Err(ScimError::value(
                    format!("`{path}` is not a date and time of RFC 3339."),
                    "DATE_INVALID",
                ));
            }
            if attribute.kind == Type::Binary && !is_base64(&text) {
                return Err(ScimError::value(
                    format!("`{path}` is not base64 (RFC 4648 §4)."),
                    "BINARY_INVALID",
                ));
            }
            Ok(Some(Value::String(text)))
        }
        (_, other) => Err(wrong_type(rules, path, "a string", &other)),
    }
}

/// A boolean that came as a text, as Microsoft Entra writes it.
fn boolean(text: &str) -> Option<bool> {
    text.to_ascii_lowercase().parse().ok()
}

/// Padding may be left out (RFC 7643 §2.3.6).
fn is_base64(text: &str) -> bool {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD_NO_PAD.decode(text.trim_end_matches('=')).is_ok()
}

fn wrong_type(rules: Rules, path: &str, expected: &str, actual: &Value) -> ScimError {
    match rules.structural_fault {
        StructuralFault::ServerError => ScimError::new(500, None, "Server Error", "ATTRIBUTE_TYPE"),
        StructuralFault::InvalidSyntax => ScimError::new(
            400,
            Some(ScimType::InvalidSyntax),
            format!("`{path}` must be {expected}, not {}.", json::kind(actual)),
            "ATTRIBUTE_TYPE",
        ),
    }
}

fn unknown_in_extension(rules: Rules, _path: &str, _key: &str) -> Result<(), ScimError> {
    match rules.structural_fault {
        StructuralFault::ServerError => {
            Err(ScimError::new(500, None, "Server Error", "ATTRIBUTE_UNKNOWN_IN_EXTENSION"))
        }
        StructuralFault::InvalidSyntax => Ok(()),
    }
}

fn in_order(attributes: &[Attribute], mut fields: Object) -> Object {
    let mut ordered = Map::new();
    for attribute in attributes {
        if let Some(value) = fields.remove(attribute.name) {
            ordered.insert(attribute.name.to_owned(), value);
        }
    }
    ordered
}

/// The rules about values (code42-service §3.8, RFC 7643 §2.4).
fn check(kind: ResourceKind, resource: &mut Object) -> Result<(), ScimError> {
    for attribute in kind.core().attributes.iter().filter(|attribute| attribute.required) {
        let given =
            resource.get(attribute.name).and_then(Value::as_str).is_some_and(|text| !text.trim().is_empty());
        if !given {
            let code = if kind == ResourceKind::User { "USERNAME_REQUIRED" } else { "DISPLAY_NAME_REQUIRED" };
            return Err(ScimError::value(
                format!("`{}` is required and must not be empty.", attribute.name),
                code,
            ));
        }
    }
    for attribute in kind.core().attributes.iter().filter(|attribute| attribute.multi) {
        let Some(Value::Array(items)) = resource.get(attribute.name) else { continue };
        if items.iter().filter(|item| item.get("primary") == Some(&Value::Bool(true))).count() > 1 {
            return Err(ScimError::value(
                format!("Only one value of `{}` may be primary.", attribute.name),
                "MULTIPLE_PRIMARY",
            ));
        }
    }
    if let Some(Value::Array(emails)) = resource.get("emails") {
        for (index, email) in emails.iter().enumerate() {
            let valid = email.get("value").is_none_or(|value| value.as_str().is_some_and(is_email));
            if !valid {
                return Err(ScimError::value(
                    format!("`emails[{index}].value` is not an e-mail address."),
                    "EMAIL_INVALID",
                ));
            }
        }
    }
    if let Some(Value::Array(addresses)) = resource.get_mut("addresses") {
        for (index, address) in addresses.iter_mut().enumerate() {
            let Some(Value::String(country)) = address.get_mut("country") else { continue };
            if country.len() != 2 || !country.bytes().all(|byte| byte.is_ascii_alphabetic()) {
                return Err(ScimError::value(
                    format!("`addresses[{index}].country` must be a two-letter country code of ISO 3166-1."),
                    "COUNTRY_INVALID",
                ));
            }
            country.make_ascii_uppercase();
        }
    }
    Ok(())
}

/// One `@` with something on both sides and no blank: syntax enough to tell a name from an address.
pub(crate) fn is_email(text: &str) -> bool {
    match text.split_once('@') {
        Some((local, domain)) => {
            !local.is_empty()
                && !domain.is_empty()
                && !domain.contains('@')
                && !text.chars().any(|c| c.is_whitespace() || c.is_control())
        }
        None => false,
    }
}

/// A member of an object by name in any letter case.
pub(super) fn lookup<'a>(object: &'a Object, name: &str) -> Option<&'a Value> {
    object.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}
