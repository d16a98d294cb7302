//! Reads what a target without our console shows through an API of its own: organizations, roles and the sync
//! log, as the configuration says where each stands.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::exchange::{Limits, Origin, Request, Transport, beside, host};
use crate::target::{Paging, Section, Source};

/// What was read, by section under its name in the console's state, and why a section could not be read.
#[derive(Debug, Clone, Default)]
pub(super) struct Foreign {
    pub(super) sections: BTreeMap<&'static str, Vec<Value>>,
    pub(super) troubles: BTreeMap<&'static str, String>,
}

/// Reads everything that is configured. With a prefix only what carries it belongs to this run.
pub(super) async fn read(transport: &dyn Transport, sources: &[(Section, Source)], prefix: &str) -> Foreign {
    let mut foreign = Foreign::default();
    for (section, source) in sources {
        match items(transport, source).await {
            Ok(mut items) => {
                if source.newest_first {
                    items.reverse();
                }
                let records = match section {
                    Section::Organizations => gathered(source, &items, "orgName", "name", prefix),
                    Section::Roles => gathered(source, &items, "roleId", "role", prefix),
                    Section::SyncLog => entries(source, &items, prefix),
                };
                foreign.sections.insert(section.in_state(), records);
            }
            Err(reason) => {
                foreign.troubles.insert(section.in_state(), reason);
            }
        }
    }
    foreign
}

async fn items(transport: &dyn Transport, source: &Source) -> Result<Vec<Value>, String> {
    let mut all = Vec::new();
    let mut url = match &source.paging {
        Paging::Number(parameter) => numbered(&source.url, parameter, 1),
        Paging::Whole | Paging::Next(_) => source.url.clone(),
    };
    for page in 1..=Limits::PAGES {
        let mut headers = vec![("Accept".to_owned(), "application/json".to_owned())];
        headers.extend(source.auth.header_value().map(|value| ("Authorization".to_owned(), value)));
        headers.push(("Host".to_owned(), host(&url).to_owned()));
        let request = Request { method: "GET".into(), url: url.clone(), headers, body: None };
        let response =
            transport.send(&request).await.map_err(|error| format!("GET {url} failed: {error}"))?;
        if !response.is_success() {
            return Err(format!("GET {url} was answered with {}", response.status));
        }
        let body = response.json().ok_or_else(|| format!("the answer to GET {url} is no JSON"))?;
        let found = body.pointer(&source.items).and_then(Value::as_array);
        let found =
            found.ok_or_else(|| format!("the answer to GET {url} has no list at `{}`", source.items))?;
        let empty = found.is_empty();
        all.extend(found.iter().cloned());
        url = match &source.paging {
            Paging::Number(parameter) if !empty => numbered(&source.url, parameter, page + 1),
            Paging::Next(pointer) => match body.pointer(pointer).and_then(Value::as_str) {
                Some(next) if !next.is_empty() => {
                    let next = beside(&source.url, next);
                    if Origin::of(&next).ok() != Origin::of(&source.url).ok() {
                        return Err(format!(
                            "the next page of {} is said to be {next}, at another server; it is not asked for",
                            source.url
                        ));
                    }
                    next
                }
                _ => return Ok(all),
            },
            Paging::Whole | Paging::Number(_) => return Ok(all),
        };
    }
    Err(format!("the list at {} has more than {} pages", source.url, Limits::PAGES))
}

fn numbered(url: &str, parameter: &str, page: usize) -> String {
    let joint = if url.contains('?') { '&' } else { '?' };
    format!("{url}{joint}{parameter}={page}")
}

/// All values at a JSON Pointer in which `*` stands for every element of a list.
fn values<'a>(value: &'a Value, pointer: &str) -> Vec<&'a Value> {
    let mut found = vec![value];
    for part in pointer.split('/').skip(1) {
        let key = part.replace("~1", "/").replace("~0", "~");
        found = found
            .into_iter()
            .flat_map(|value| match value {
                Value::Array(items) if key == "*" => items.iter().collect::<Vec<_>>(),
                Value::Array(items) => {
                    key.parse().ok().and_then(|at: usize| items.get(at)).into_iter().collect()
                }
                Value::Object(fields) => fields.get(&key).into_iter().collect(),
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
            })
            .collect();
    }
    found.retain(|value| !value.is_null());
    found
}

/// The values of a field, renamed as the configuration says.
fn field(source: &Source, item: &Value, name: &str) -> Vec<Value> {
    let Some(pointer) = source.fields.get(name) else { return Vec::new() };
    let renamed = |value: &Value| {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        source
            .values
            .get(name)
            .and_then(|names| names.get(&text))
            .map_or_else(|| value.clone(), |to| json!(to))
    };
    values(item, pointer).into_iter().map(renamed).collect()
}

/// Organizations or roles: one record for each name, with the users of all items that name it, whether an item
/// is an organization with its users or a user with an organization.
fn gathered(source: &Source, items: &[Value], key: &str, name: &str, prefix: &str) -> Vec<Value> {
    let mut records: Vec<Map<String, Value>> = Vec::new();
    for item in items {
        let users = field(source, item, "users").into_iter();
        let users: Vec<Value> =
            users.filter(|user| user.as_str().is_some_and(|user| user.contains(prefix))).collect();
        for named in field(source, item, name) {
            let at = records.iter().position(|record| record.get(key) == Some(&named));
            let at = at.unwrap_or_else(|| {
                let mut record = Map::new();
                record.insert(key.to_owned(), named);
                for other in ["parent", "active", "blocked", "available"] {
                    if let Some(value) = field(source, item, other).into_iter().next() {
                        record.insert(other.to_owned(), value);
                    }
                }
                records.push(record);
                records.len() - 1
            });
            if source.fields.contains_key("users")
                && let Value::Array(known) = records[at].entry("users").or_insert_with(|| json!([]))
            {
                known.extend(users.iter().cloned());
            }
        }
    }
    records.into_iter().map(Value::Object).collect()
}

/// Entries of the sync log about what this run created.
fn entries(source: &Source, items: &[Value], prefix: &str) -> Vec<Value> {
    let entry = |item: &Value| {
        let one = |name: &str| field(source, item, name).into_iter().next();
        let mut entry = Map::new();
        for (name, key) in [
            ("event", "event"),
            ("user", "username"),
            ("group", "targetName"),
            ("result", "result"),
            ("cause", "cause"),
            ("code", "code"),
            ("message", "message"),
        ] {
            if let Some(value) = one(name) {
                entry.insert(key.to_owned(), value);
            }
        }
        for (name, key) in [("organization", "orgAfter"), ("organization-before", "orgBefore")] {
            if let Some(value) = one(name) {
                entry.insert(key.to_owned(), json!({ "orgName": value }));
            }
        }
        for (name, key) in [("roles-added", "rolesAdded"), ("roles-removed", "rolesRemoved")] {
            if source.fields.contains_key(name) {
                entry.insert(key.to_owned(), json!(field(source, item, name)));
            }
        }
        Value::Object(entry)
    };
    let ours = |entry: &Value| {
        let named =
            |key: &str| entry.get(key).and_then(Value::as_str).is_some_and(|name| name.contains(prefix));
        named("username") || named("targetName")
    };
    items.iter().map(entry).filter(ours).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case("/login", json!(["ada"]))]
    #[case("/teams/*/name", json!(["A", "B"]))]
    #[case("/teams/1/name", json!(["B"]))]
    #[case("/a~1b", json!([1]))]
    #[case("", json!([{ "login": "ada", "teams": [{ "name": "A" }, { "name": "B" }], "a/b": 1 }]))]
    #[case("/nothing", json!([]))]
    fn a_star_stands_for_every_element(#[case] pointer: &str, #[case] expected: Value) {
        let item = json!({ "login": "ada", "teams": [{ "name": "A" }, { "name": "B" }], "a/b": 1 });
        assert_eq!(json!(values(&item, pointer)), expected);
    }

    #[rstest::rstest]
    #[case("https://a.example/x", "/next?page=2", "https://a.example/next?page=2")]
    #[case("https://a.example", "/next", "https://a.example/next")]
    #[case("https://a.example/x", "https://b.example/y", "https://b.example/y")]
    fn the_next_page_may_be_given_without_origin(#[case] url: &str, #[case] next: &str, #[case] whole: &str) {
        assert_eq!(beside(url, next), whole);
    }
}
