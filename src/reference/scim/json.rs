//! JSON as a SCIM body must be: one object, no duplicate keys, nothing after it (RFC 8259 §4, RFC 7493), and
//! neither deeper nor of more values than a resource can need.

use std::cell::Cell;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::{Object, ScimError};

/// Objects and arrays inside one another.
const MAX_DEPTH: usize = 64;
/// Values of all kinds in one body.
const MAX_VALUES: usize = 500_000;

/// Reads a body as one JSON object.
pub(crate) fn object(body: &[u8]) -> Result<Object, ScimError> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Err(ScimError::syntax("The request has no body; send one JSON object."));
    }
    if let Err(error) = std::str::from_utf8(body) {
        return Err(ScimError::syntax(format!(
            "The body is not UTF-8: byte {} cannot stand there.",
            error.valid_up_to() + 1
        )));
    }
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let values = Cell::new(0);
    let value = Strict { depth: 0, values: &values }
        .deserialize(&mut deserializer)
        .and_then(|value| deserializer.end().map(|()| value))
        .map_err(|error| ScimError::syntax(format!("The body is not valid JSON: {error}.")))?;
    match value {
        Value::Object(object) => Ok(object),
        other => Err(ScimError::syntax(format!("The body is {}; send one JSON object.", kind(&other)))),
    }
}

/// Demands that `schemas` of a message names `urn` (RFC 7644 §3.1).
pub(super) fn demand_schema(message: &Object, urn: &str) -> Result<(), ScimError> {
    let schemas = super::read::lookup(message, "schemas").and_then(Value::as_array);
    let named = schemas.is_some_and(|list| {
        list.iter().any(|known| known.as_str().is_some_and(|known| known.eq_ignore_ascii_case(urn)))
    });
    if named { Ok(()) } else { Err(ScimError::syntax(format!("`schemas` must hold \"{urn}\"."))) }
}

/// A JSON type with its article, for sentences.
pub(crate) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// Reads one value.
#[derive(Clone, Copy)]
struct Strict<'a> {
    /// Objects and arrays around it.
    depth: usize,
    /// Values that were read.
    values: &'a Cell<usize>,
}

impl Strict<'_> {
    /// What stands in an object or array at this place.
    fn inside<E: serde::de::Error>(self) -> Result<Self, E> {
        if self.depth == MAX_DEPTH {
            return Err(E::custom(format!("objects and arrays are nested more than {MAX_DEPTH} deep")));
        }
        Ok(Self { depth: self.depth + 1, ..self })
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        self.values.set(self.values.get() + 1);
        if self.values.get() > MAX_VALUES {
            return Err(D::Error::custom(format!(
                "there are more than {MAX_VALUES} values; send less at a time"
            )));
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a JSON value")
    }
    fn visit_bool<E>(self, v: bool) -> Result<Value, E> {
        Ok(Value::Bool(v))
    }
    fn visit_i64<E>(self, v: i64) -> Result<Value, E> {
        Ok(v.into())
    }
    fn visit_u64<E>(self, v: u64) -> Result<Value, E> {
        Ok(v.into())
    }
    fn visit_f64<E>(self, v: f64) -> Result<Value, E> {
        Ok(v.into())
    }
    fn visit_str<E>(self, v: &str) -> Result<Value, E> {
        Ok(v.into())
    }
    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let inside = self.inside()?;
        let mut items = Vec::new();
        while let Some(item) = seq.next_element_seed(inside)? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let inside = self.inside()?;
        let mut object = Map::new();
        while let Some(key) = map.next_key::<String>()? {
            let value = map.next_value_seed(inside)?;
            if object.contains_key(&key) {
                return Err(A::Error::custom(format!("the key `{key}` appears twice")));
            }
            object.insert(key, value);
        }
        Ok(Value::Object(object))
    }
}
