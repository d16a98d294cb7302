//! Lists: query parameters, projection and the list response (RFC 7644 §3.4.2 and §3.9).

use serde_json::{Value, json};

use super::schema::{Attribute, AttributePath, COMMON, Returned};
use super::{Filter, Object, ResourceKind, ScimError};

/// The most resources on one page, as discovery says.
pub(crate) const MAX_RESULTS: u64 = 200;

/// The query of a list request.
#[derive(Debug, Clone)]
pub(crate) struct ListQuery {
    pub(crate) filter: Option<Filter>,
    /// At least 1: less counts as 1 (RFC 7644 table 6).
    pub(crate) start_index: u64,
    /// At most [`MAX_RESULTS`]; a negative one counts as 0 (RFC 7644 table 6).
    pub(crate) count: u64,
    pub(crate) projection: Projection,
}

impl ListQuery {
    pub(crate) fn parse(kind: ResourceKind, query: Option<&str>) -> Result<Self, ScimError> {
        let mut parsed = Self {
            filter: None,
            start_index: 1,
            count: MAX_RESULTS,
            projection: Projection::parse(kind, query)?,
        };
        for (name, value) in parameters(query) {
            match name.to_ascii_lowercase().as_str() {
                "filter" => parsed.filter = Some(Filter::parse(kind, &value)?),
                "startindex" => {
                    parsed.start_index = u64::try_from(integer(&name, &value)?).unwrap_or(0).max(1)
                }
                "count" => {
                    parsed.count = u64::try_from(integer(&name, &value)?).unwrap_or(0).min(MAX_RESULTS);
                }
                _ => {}
            }
        }
        Ok(parsed)
    }
}

fn integer(name: &str, value: &str) -> Result<i64, ScimError> {
    value.trim().parse().map_err(|_| {
        ScimError::value(
            format!("The parameter `{name}` must be an integer, not `{value}`."),
            "INVALID_VALUE",
        )
    })
}

fn parameters(query: Option<&str>) -> Vec<(String, String)> {
    query
        .unwrap_or_default()
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(name), decode(value))
        })
        .collect()
}

/// Percent-decodes, with `+` as a blank; what is no escape stays as it is.
pub(crate) fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let escape = (bytes[at] == b'%')
            .then(|| text.get(at + 1..at + 3).and_then(|hex| u8::from_str_radix(hex, 16).ok()))
            .flatten();
        match (escape, bytes[at]) {
            (Some(byte), _) => {
                decoded.push(byte);
                at += 3;
                continue;
            }
            (None, b'+') => decoded.push(b' '),
            (None, byte) => decoded.push(byte),
        }
        at += 1;
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

/// Which attributes an answer holds.
#[derive(Debug, Clone, Default)]
pub(crate) struct Projection {
    only: Option<Vec<AttributePath>>,
    without: Vec<AttributePath>,
}

impl Projection {
    pub(crate) fn parse(kind: ResourceKind, query: Option<&str>) -> Result<Self, ScimError> {
        let mut projection = Self::default();
        let paths = |value: &str| -> Vec<AttributePath> {
            // Names that the schema does not have select nothing.
            value.split(',').filter_map(|name| AttributePath::resolve(kind, name.trim())).collect()
        };
        let mut both = (false, false);
        for (name, value) in parameters(query) {
            match name.to_ascii_lowercase().as_str() {
                "attributes" if !value.trim().is_empty() => {
                    projection.only = Some(paths(&value));
                    both.0 = true;
                }
                "excludedattributes" if !value.trim().is_empty() => {
                    projection.without = paths(&value);
                    both.1 = true;
                }
                _ => {}
            }
        }
        if both == (true, true) {
            return Err(ScimError::value(
                "`attributes` and `excludedAttributes` cannot be used together (RFC 7644 §3.9).",
                "INVALID_VALUE",
            ));
        }
        Ok(projection)
    }

    /// The resource as an answer may show it.
    pub(crate) fn apply(&self, kind: ResourceKind, resource: &Object) -> Object {
        let mut shown = resource.clone();
        shown.retain(|key, value| {
            if key == "schemas" {
                return true;
            }
            if let Some(extension) = kind.extension(key) {
                if let Value::Object(fields) = value {
                    fields.retain(|key, value| {
                        extension
                            .attribute(key)
                            .is_none_or(|attribute| self.keep(Some(extension.id), attribute, value))
                    });
                    return !fields.is_empty();
                }
                return true;
            }
            match COMMON.iter().chain(kind.core().attributes).find(|attribute| attribute.name == key) {
                Some(attribute) => self.keep(None, attribute, value),
                None => true,
            }
        });
        shown
    }

    fn keep(&self, extension: Option<&'static str>, attribute: &Attribute, value: &mut Value) -> bool {
        match attribute.returned {
            Returned::Always => return true,
            Returned::Never => return false,
            Returned::Default => {}
        }
        let same =
            |path: &&AttributePath| path.extension == extension && path.attribute.name == attribute.name;
        if let Some(only) = &self.only {
            let named: Vec<&AttributePath> = only.iter().filter(same).collect();
            if named.is_empty() {
                return false;
            }
            if named.iter().all(|path| path.sub.is_some()) {
                let subs: Vec<&str> = named.iter().filter_map(|path| path.sub).map(|sub| sub.name).collect();
                each_object(value, &mut |fields| fields.retain(|key, _| subs.contains(&key.as_str())));
            }
            return true;
        }
        for path in self.without.iter().filter(same) {
            match path.sub {
                None => return false,
                Some(sub) => each_object(value, &mut |fields| drop(fields.shift_remove(sub.name))),
            }
        }
        true
    }
}

fn each_object(value: &mut Value, act: &mut impl FnMut(&mut Object)) {
    match value {
        Value::Object(fields) => act(fields),
        Value::Array(items) => items.iter_mut().for_each(|item| each_object(item, act)),
        _ => {}
    }
}

/// The list response (RFC 7644 §3.4.2), always with `Resources` and with integers as counters.
pub(crate) fn list_response(resources: Vec<Value>, total: usize, start_index: u64) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
        "totalResults": total,
        "startIndex": start_index,
        "itemsPerPage": resources.len(),
        "Resources": resources,
    })
}
