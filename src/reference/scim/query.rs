//! Queries: parameters from the URL or from a search request, sorting, projection and the list response
//! (RFC 7644 §3.4.2, §3.4.3 and §3.9, RFC 9865).

use std::cmp::Ordering;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use indexmap::IndexMap;
use jiff::Timestamp;
use serde_json::Value;

use super::schema::{Attribute, AttributePath, COMMON, Returned, Type};
use super::{Filter, Object, ResourceKind, ScimError, ScimType, json};
use crate::urn::{LIST_RESPONSE, SEARCH_REQUEST};

/// The most resources on one page, as discovery says; also the size of a page that no `count` limits.
pub(crate) const MAX_RESULTS: u64 = 200;

/// What a list request asks for, read for each of its resource types.
#[derive(Debug, Clone)]
pub(crate) struct ListQuery {
    pub(crate) filter: Option<Vec<(ResourceKind, Filter)>>,
    pub(crate) sort: Option<Sort>,
    pub(crate) paging: Paging,
    projections: Vec<(ResourceKind, Projection)>,
    /// Of a query by cursor, everything but cursor and count (RFC 9865 §2: it stays the same from page to
    /// page).
    text: String,
}

/// Which page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Paging {
    /// `start_index` is at least 1: less counts as 1; `count` is at most [`MAX_RESULTS`], and a negative one
    /// counts as 0 (RFC 7644 table 6).
    Index { start_index: u64, count: u64 },
    /// RFC 9865; no cursor, or an empty one, is the first page.
    Cursor { cursor: Option<String>, count: u64 },
}

/// The parameters as they come, before they are held against the schema.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Parameters {
    filter: Option<String>,
    sort_by: Option<String>,
    sort_order: Option<String>,
    start_index: Option<i64>,
    count: Option<i64>,
    cursor: Option<String>,
    attributes: Vec<String>,
    excluded: Vec<String>,
}

impl ListQuery {
    /// From the query of a URL.
    pub(crate) fn parse(kinds: &[ResourceKind], query: Option<&str>) -> Result<Self, ScimError> {
        let mut given = Parameters::default();
        let given_parameters = parameters(query);
        let cursor = given_parameters.iter().any(|(name, _)| name.eq_ignore_ascii_case("cursor"));
        for (name, value) in given_parameters {
            match name.to_ascii_lowercase().as_str() {
                "filter" => given.filter = Some(value),
                "sortby" => given.sort_by = Some(value),
                "sortorder" => given.sort_order = Some(value),
                "startindex" => given.start_index = Some(integer(&name, &value, ScimType::InvalidValue)?),
                "count" => {
                    let fault = if cursor { ScimType::InvalidCount } else { ScimType::InvalidValue };
                    given.count = Some(integer(&name, &value, fault)?);
                }
                "cursor" => given.cursor = Some(value),
                "attributes" => given.attributes = names(&value),
                "excludedattributes" => given.excluded = names(&value),
                _ => {}
            }
        }
        Self::resolve(kinds, given)
    }

    /// From the body of a search request (RFC 7644 §3.4.3).
    pub(crate) fn search(kinds: &[ResourceKind], body: &[u8]) -> Result<Self, ScimError> {
        let request = json::object(body)?;
        json::demand_schema(&request, SEARCH_REQUEST)?;
        let mut given = Parameters::default();
        for (name, value) in &request {
            let wrong = |expected: &str| {
                ScimError::syntax(format!("`{name}` must be {expected}, not {}.", json::kind(value)))
            };
            let text = || value.as_str().map(str::to_owned).ok_or_else(|| wrong("a string"));
            let number = || value.as_i64().ok_or_else(|| wrong("an integer"));
            let list = || -> Result<Vec<String>, ScimError> {
                match value {
                    Value::String(text) => Ok(names(text)),
                    Value::Array(items) => items
                        .iter()
                        .map(|item| {
                            item.as_str().map(str::to_owned).ok_or_else(|| wrong("an array of strings"))
                        })
                        .collect(),
                    _ => Err(wrong("an array of strings")),
                }
            };
            match name.to_ascii_lowercase().as_str() {
                _ if value.is_null() => {}
                "filter" => given.filter = Some(text()?),
                "sortby" => given.sort_by = Some(text()?),
                "sortorder" => given.sort_order = Some(text()?),
                "startindex" => given.start_index = Some(number()?),
                "count" => given.count = Some(number()?),
                "cursor" => given.cursor = Some(text()?),
                "attributes" => given.attributes = list()?,
                "excludedattributes" => given.excluded = list()?,
                _ => {}
            }
        }
        Self::resolve(kinds, given)
    }

    fn resolve(kinds: &[ResourceKind], given: Parameters) -> Result<Self, ScimError> {
        let text = match &given.cursor {
            None => String::new(),
            Some(_) => format!("{kinds:?} {:?}", Parameters { count: None, cursor: None, ..given.clone() }),
        };
        let filter = match &given.filter {
            None => None,
            Some(text) => Some(
                kinds
                    .iter()
                    .map(|kind| Ok((*kind, Filter::parse_among(*kind, kinds, text)?)))
                    .collect::<Result<Vec<_>, ScimError>>()?,
            ),
        };
        let sort = match &given.sort_by {
            None => None,
            Some(path) => Some(Sort::parse(kinds, path, given.sort_order.as_deref())?),
        };
        let count =
            given.count.map_or(MAX_RESULTS, |count| u64::try_from(count).unwrap_or(0).min(MAX_RESULTS));
        let paging = match (given.cursor, given.start_index) {
            (Some(_), Some(_)) => {
                return Err(ScimError::value(
                    "`cursor` and `startIndex` cannot be used together; choose one way of paging (RFC 9865 §2.4).",
                    "INVALID_VALUE",
                ));
            }
            (Some(cursor), None) => Paging::Cursor { cursor: Some(cursor), count },
            (None, start) => Paging::Index {
                start_index: start.map_or(1, |start| u64::try_from(start).unwrap_or(0).max(1)),
                count,
            },
        };
        let projections = kinds
            .iter()
            .map(|kind| Ok((*kind, Projection::of(*kind, &given.attributes, &given.excluded)?)))
            .collect::<Result<Vec<_>, ScimError>>()?;
        Ok(Self { filter, sort, paging, projections, text })
    }

    pub(crate) fn projection(&self, kind: ResourceKind) -> Option<&Projection> {
        self.projections.iter().find(|(known, _)| *known == kind).map(|(_, projection)| projection)
    }

    /// Identifies the query, without its cursor and count, and who asks it.
    pub(crate) fn fingerprint(&self, asker: u64) -> u64 {
        let mut hasher = DefaultHasher::new();
        (asker, &self.text).hash(&mut hasher);
        hasher.finish()
    }
}

fn names(value: &str) -> Vec<String> {
    value.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

fn integer(name: &str, value: &str, fault: ScimType) -> Result<i64, ScimError> {
    value.trim().parse().map_err(|_| {
        ScimError::new(
            400,
            Some(fault),
            format!("The parameter `{name}` must be an integer, not `{value}`."),
            "INVALID_VALUE",
        )
    })
}

/// How a list is sorted (RFC 7644 §3.4.2.3).
#[derive(Debug, Clone)]
pub(crate) struct Sort {
    paths: Vec<(ResourceKind, AttributePath)>,
    descending: bool,
}

/// What one resource is sorted by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum SortKey {
    Boolean(bool),
    Number(i64),
    Time(Timestamp),
    Text(String),
}

impl Sort {
    fn parse(kinds: &[ResourceKind], path: &str, order: Option<&str>) -> Result<Self, ScimError> {
        let wrong = |detail: String| Err(ScimError::value(detail, "INVALID_SORT"));
        let paths: Vec<(ResourceKind, AttributePath)> = kinds
            .iter()
            .filter_map(|kind| Some((*kind, AttributePath::resolve(*kind, path.trim())?)))
            .collect();
        for (_, path) in &paths {
            let plain = path.sub.is_some() || path.attribute.kind != Type::Complex;
            // A multi-valued attribute is sorted by its primary value, or else the first.
            let of_primary = path.attribute.multi && path.attribute.sub_attribute("value").is_some();
            if !plain && !of_primary {
                return wrong(format!(
                    "`sortBy={0}` names a complex attribute; name one of its parts, such as `{0}.{1}`.",
                    path.canonical(),
                    path.attribute.sub.first().map_or("value", |sub| sub.name),
                ));
            }
            let leaf = path.sub.unwrap_or(path.attribute);
            if leaf.returned == Returned::Never || leaf.kind == Type::Binary {
                return wrong(format!("Nothing can be sorted by `{}`.", path.canonical()));
            }
        }
        if paths.is_empty() {
            return wrong(format!("`sortBy={path}` is not an attribute of the schema."));
        }
        let descending = match order {
            None => false,
            Some(order) if order.eq_ignore_ascii_case("ascending") => false,
            Some(order) if order.eq_ignore_ascii_case("descending") => true,
            Some(other) => {
                return wrong(format!("`sortOrder` must be `ascending` or `descending`, not `{other}`."));
            }
        };
        Ok(Self { paths, descending })
    }

    /// The value that a resource is sorted by; `None` when it has none.
    pub(crate) fn key(&self, kind: ResourceKind, resource: &Object) -> Option<SortKey> {
        let (_, path) = self.paths.iter().find(|(known, _)| *known == kind)?;
        let container = match path.extension {
            Some(urn) => resource.get(urn)?.as_object()?,
            None => resource,
        };
        let value = match container.get(path.attribute.name)? {
            Value::Array(items) => {
                let primary = items.iter().find(|item| item.get("primary") == Some(&Value::Bool(true)));
                primary.or_else(|| items.first())?
            }
            value => value,
        };
        let (value, leaf) = match path.sub {
            Some(sub) => (value.get(sub.name)?, sub),
            None if value.is_object() => (value.get("value")?, path.attribute.sub_attribute("value")?),
            None => (value, path.attribute),
        };
        match value {
            Value::Bool(value) => Some(SortKey::Boolean(*value)),
            Value::Number(value) => value.as_i64().map(SortKey::Number),
            Value::String(text) if leaf.kind == Type::DateTime => {
                text.parse().map(SortKey::Time).ok().or_else(|| Some(SortKey::Text(text.clone())))
            }
            Value::String(text) if leaf.case_exact => Some(SortKey::Text(text.clone())),
            Value::String(text) => Some(SortKey::Text(text.to_lowercase())),
            _ => None,
        }
    }

    /// Resources without a value come last when ascending and first when descending.
    pub(crate) fn compare(&self, a: Option<&SortKey>, b: Option<&SortKey>) -> Ordering {
        let ascending = match (a, b) {
            (Some(a), Some(b)) => a.cmp(b),
            (None, Some(_)) => Ordering::Greater,
            (Some(_), None) => Ordering::Less,
            (None, None) => Ordering::Equal,
        };
        if self.descending { ascending.reverse() } else { ascending }
    }
}

/// Names and values of a URL's query, decoded.
pub(crate) fn parameters(query: Option<&str>) -> Vec<(String, String)> {
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
    String::from_utf8(decoded).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

/// Which attributes an answer holds.
#[derive(Debug, Clone, Default)]
pub(crate) struct Projection {
    only: Option<Vec<AttributePath>>,
    without: Vec<AttributePath>,
}

impl Projection {
    /// From the query of a URL.
    pub(crate) fn parse(kind: ResourceKind, query: Option<&str>) -> Result<Self, ScimError> {
        let (mut only, mut without) = (Vec::new(), Vec::new());
        for (name, value) in parameters(query) {
            match name.to_ascii_lowercase().as_str() {
                "attributes" => only = names(&value),
                "excludedattributes" => without = names(&value),
                _ => {}
            }
        }
        Self::of(kind, &only, &without)
    }

    fn of(kind: ResourceKind, only: &[String], without: &[String]) -> Result<Self, ScimError> {
        if !only.is_empty() && !without.is_empty() {
            return Err(ScimError::value(
                "`attributes` and `excludedAttributes` cannot be used together (RFC 7644 §3.9).",
                "INVALID_VALUE",
            ));
        }
        // Names that the schema does not have select nothing; the URN of an extension selects all of it. One
        // that is there twice selects no more.
        let paths = |names: &[String]| -> Vec<AttributePath> {
            let mut paths = IndexMap::new();
            let mut put = |path: AttributePath| {
                paths.insert(path.canonical(), path);
            };
            for name in names {
                match kind.extension(name) {
                    Some(schema) => schema.attributes.iter().for_each(|attribute| {
                        put(AttributePath { extension: Some(schema.id), attribute, sub: None });
                    }),
                    None => AttributePath::resolve(kind, name).into_iter().for_each(&mut put),
                }
            }
            paths.into_values().collect()
        };
        Ok(Self { only: (!only.is_empty()).then(|| paths(only)), without: paths(without) })
    }

    /// Whether an answer may show the resource as it is kept: nothing in the schemas is returned on request
    /// only, and what is never returned is not kept.
    pub(crate) fn is_whole(&self) -> bool {
        self.only.is_none() && self.without.is_empty()
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
            Returned::Default | Returned::Request => {}
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
        if attribute.returned == Returned::Request {
            return false;
        }
        for path in self.without.iter().filter(same) {
            match path.sub {
                None => return false,
                Some(sub) if sub.returned == Returned::Always => {}
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

/// Where a page stands in its list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Position {
    Index(u64),
    Cursor { previous: Option<String>, next: Option<String> },
}

/// One page of a list.
#[derive(Debug, Clone)]
pub(crate) struct Page {
    /// The resources as JSON with commas between them.
    pub(crate) resources: Vec<u8>,
    pub(crate) count: usize,
    pub(crate) total: usize,
    pub(crate) position: Position,
}

impl Page {
    /// The list response (RFC 7644 §3.4.2), always with `Resources` and with integers as counters.
    pub(crate) fn to_json(&self) -> Vec<u8> {
        // Room for the envelope, cursors included.
        let mut body = Vec::with_capacity(self.resources.len() + 512);
        let mut put = |text: std::fmt::Arguments<'_>| {
            // Writing to memory does not fail.
            let _ = std::io::Write::write_fmt(&mut body, text);
        };
        put(format_args!("{{\"schemas\":[\"{LIST_RESPONSE}\"],\"totalResults\":{}", self.total));
        if let Position::Index(start) = &self.position {
            put(format_args!(",\"startIndex\":{start}"));
        }
        put(format_args!(",\"itemsPerPage\":{}", self.count));
        if let Position::Cursor { previous, next } = &self.position {
            // Cursors hold no character that JSON would escape.
            for (name, cursor) in [("previousCursor", previous), ("nextCursor", next)] {
                if let Some(cursor) = cursor {
                    put(format_args!(",\"{name}\":\"{cursor}\""));
                }
            }
        }
        body.extend_from_slice(b",\"Resources\":[");
        body.extend_from_slice(&self.resources);
        body.extend_from_slice(b"]}");
        body
    }

    /// All of a short list.
    pub(crate) fn whole(resources: &[Value]) -> Self {
        let texts: Vec<String> = resources.iter().map(Value::to_string).collect();
        Self {
            resources: texts.join(",").into_bytes(),
            count: resources.len(),
            total: resources.len(),
            position: Position::Index(1),
        }
    }
}
