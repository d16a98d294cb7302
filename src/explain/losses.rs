//! Silent losses: what a service acknowledged and did not do. A small model holds what was last seen of each
//! resource and what was asked since. It knows no attribute apart from the others: a resource is a set of
//! facts, each a path with a value.
//!
//! A service may ignore attributes that it does not know, may write a value differently and may hide values
//! (RFC 7643 §7, RFC 7644 §3.3). So a value counts as lost where what is shown is what was there before, where
//! its attribute is shown without it, or where a whole read lacks an attribute that the service has shown.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use serde_json::Value;

use crate::capture::{Kind, Place, equality, member, parameter};
use crate::checks::{Finding, Requirement, requirements};
use crate::exchange::{Exchange, Masker};

/// Most resources that are remembered.
const KEPT: usize = 10_000;
/// Attributes that belong to the service, or that it never returns.
const NOT_ASKED: [&str; 5] = ["id", "schemas", "meta", "groups", "password"];

type Facts = BTreeMap<String, BTreeSet<String>>;

/// What was asked of one value of one path.
struct Asked {
    /// Whether it has to be there afterwards, or must not be.
    there: bool,
    /// Values of the path before, where they were seen.
    before: Option<BTreeSet<String>>,
    /// By which method it was asked.
    created: bool,
}

#[derive(Default)]
struct Held {
    seen: bool,
    facts: Facts,
    asked: BTreeMap<(String, String), Asked>,
}

/// The state that the conversation implies.
#[derive(Default)]
pub(super) struct Ledger {
    held: HashMap<(Kind, String), Held>,
    /// Paths that the service has shown, by resource type.
    shown: HashSet<(Kind, String)>,
    /// Names of users that were created, with their ids.
    created: HashMap<String, String>,
    /// Names of users that a look-up did not find.
    unknown: HashSet<String>,
}

impl Ledger {
    /// Takes an exchange that the capture shows whole; the requirements that it shows to be broken.
    pub(super) fn observe(&mut self, place: &Place, exchange: &Exchange, masker: &Masker) -> Vec<Finding> {
        let Some(response) = exchange.response() else { return Vec::new() };
        if self.held.len() > KEPT {
            self.held.clear();
        }
        let taken = (200..300).contains(&response.status);
        let sent = exchange.request.json();
        let body = response.json().filter(Value::is_object);
        let mut found = Found { exchange, masker, findings: Vec::new() };
        match (exchange.request.method.as_str(), place) {
            ("POST", Place::Collection(kind)) => {
                let name = sent.as_ref().and_then(|sent| user_name(*kind, sent));
                if let (409, Some(name)) = (response.status, &name)
                    && self.unknown.contains(name)
                {
                    found.add(
                        "filter.finds-existing",
                        &["the account, which the service says is taken"],
                        "an empty look-up, and 409 for the creation that followed",
                        "The error of the creation; the account that exists is never linked.",
                    );
                }
                let id = body.as_ref().and_then(|body| member(body, "id")).and_then(Value::as_str);
                let (true, Some(sent), Some(body), Some(id)) = (taken, &sent, &body, id) else {
                    return found.findings;
                };
                if let Some(name) = name {
                    self.unknown.remove(&name);
                    if let Some(first) = self.created.insert(name, id.to_owned())
                        && first != id
                    {
                        found.add(
                            "create.unique-user-name",
                            &["409, since the name is taken"],
                            "a second account with the same userName",
                            "Nothing: Okta links the second account, and the first is left alone.",
                        );
                    }
                }
                let held = self.held.entry((*kind, id.to_owned())).or_default();
                held.ask("", sent, true);
                self.judge(*kind, id, body, false, &mut found);
            }
            ("PUT" | "PATCH", Place::One(kind, id)) if taken => {
                let Some(sent) = sent else { return found.findings };
                let held = self.held.entry((*kind, id.clone())).or_default();
                if exchange.request.method.as_str() == "PUT" {
                    held.replace(&sent);
                } else {
                    held.patch(&sent);
                }
                if let Some(body) = &body {
                    self.judge(*kind, id, body, false, &mut found);
                }
            }
            ("GET", Place::One(kind, id)) if taken => {
                let part = ["attributes", "excludedAttributes"]
                    .iter()
                    .any(|name| parameter(&exchange.request, name).is_some());
                if let Some(body) = &body {
                    self.judge(*kind, id, body, !part, &mut found);
                }
            }
            ("GET", Place::Collection(kind)) if taken => {
                if let Some(body) = &body {
                    self.list(*kind, body, &mut found);
                }
            }
            ("DELETE", Place::One(kind, id)) if taken => {
                self.held.remove(&(*kind, id.clone()));
                self.created.retain(|_, created| created != id);
            }
            _ => {}
        }
        found.findings
    }

    fn list(&mut self, kind: Kind, body: &Value, found: &mut Found<'_>) {
        let none = Vec::new();
        let resources = member(body, "Resources").and_then(Value::as_array).unwrap_or(&none);
        let looked_up = parameter(&found.exchange.request, "filter")
            .and_then(|filter| equality(&filter))
            .filter(|(attribute, _)| kind == Kind::User && attribute.eq_ignore_ascii_case("userName"))
            .map(|(_, name)| name.to_lowercase());
        if let Some(name) = looked_up {
            let same = resources.iter().filter(|one| user_name(kind, one).as_ref() == Some(&name));
            let ids: BTreeSet<&str> =
                same.filter_map(|one| member(one, "id").and_then(Value::as_str)).collect();
            if ids.len() > 1 {
                let actual = format!("{} accounts with that userName", ids.len());
                found.add(
                    "create.unique-user-name",
                    &["one account at most"],
                    &actual,
                    "Nothing that says so: which of the accounts is linked is left to chance.",
                );
            }
            if member(body, "totalResults").and_then(Value::as_u64) == Some(0) {
                self.unknown.insert(name);
            } else {
                self.unknown.remove(&name);
            }
        }
        for resource in resources {
            if let Some(id) = member(resource, "id").and_then(Value::as_str) {
                self.judge(kind, id, resource, false, found);
            }
        }
    }

    /// Holds what is shown of a resource against what was asked, and remembers it.
    fn judge(&mut self, kind: Kind, id: &str, body: &Value, whole: bool, found: &mut Found<'_>) {
        let now = facts("", body);
        let held = self.held.entry((kind, id.to_owned())).or_default();
        let read = found.exchange.request.method.as_str() == "GET";
        let mut lost: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        let shown = &self.shown;
        held.asked.retain(|(path, value), asked| {
            let attribute = path.split('.').next().unwrap_or(path);
            let there = now.get(path);
            let named = member(body, attribute).is_some() || there.is_some();
            let has = there.is_some_and(|values| values.contains(value));
            if has == asked.there {
                // The answer to a write is a promise that the next read has to keep. An attribute that a part of
                // the resource leaves out says nothing of a removal.
                return !(read && (has || named || whole));
            }
            let broken = match (there, &asked.before) {
                (Some(_), _) if !asked.there => true,
                // Another value than before is the service's way of writing what was asked.
                (Some(values), before) => before.as_ref().is_some_and(|before| values.is_subset(before)),
                (None, _) if named || whole => is_needed(kind, path) || shown.contains(&(kind, path.clone())),
                (None, _) => return true,
            };
            if broken {
                let slug = match (read, asked.created, kind) {
                    (true, _, _) => "write.kept",
                    (false, true, Kind::User) => "create.stores-okta-attributes",
                    (false, true, Kind::Group) => "group.created-with-members",
                    (false, false, _) => "write.applied",
                };
                let state = if asked.there { "is not there" } else { "is still there" };
                lost.entry(slug).or_default().push(format!("{path} \"{value}\" {state}"));
            }
            false
        });
        for (slug, lost) in lost {
            let expected = ["what was asked for, and acknowledged with 2xx"];
            found.add(slug, &expected, &lost.join("; "), "Nothing: Okta takes the change for done.");
        }
        self.shown.extend(now.keys().map(|path| (kind, path.clone())));
        if let (true, Some(fields)) = (held.seen && !whole, body.as_object()) {
            let known = |path: &str| {
                let attribute = path.split('.').next().unwrap_or(path);
                fields.keys().any(|name| name.eq_ignore_ascii_case(attribute))
            };
            held.facts.retain(|path, _| !known(path) && !now.contains_key(path));
            held.facts.extend(now);
        } else {
            held.facts = now;
        }
        held.seen = true;
    }
}

impl Held {
    fn want(&mut self, path: &str, value: &str, there: bool, created: bool) {
        let before = self.seen.then(|| self.facts.get(path).cloned().unwrap_or_default());
        self.asked.insert((path.to_owned(), value.to_owned()), Asked { there, before, created });
    }

    /// Every fact of `value` has to be there.
    fn ask(&mut self, path: &str, value: &Value, created: bool) {
        for (path, values) in facts(path, value) {
            if !path.ends_with(".value") {
                self.asked.retain(|(other, _), _| *other != path);
            }
            for value in values {
                self.want(&path, &value, true, created);
            }
        }
    }

    /// No value of `path` may be there but those.
    fn leave_only(&mut self, path: &str, wanted: &BTreeSet<String>) {
        self.asked.retain(|(other, _), _| other != path);
        let before = self.facts.get(path).cloned().unwrap_or_default();
        for value in before.difference(wanted) {
            self.want(path, value, false, false);
        }
    }

    fn replace(&mut self, document: &Value) {
        self.asked.clear();
        let wanted = facts("", document);
        for (name, _) in document.as_object().into_iter().flatten().filter(|(_, value)| value.is_array()) {
            let path = format!("{}.value", name.to_lowercase());
            self.leave_only(&path, &wanted.get(&path).cloned().unwrap_or_default());
        }
        self.ask("", document, false);
    }

    fn patch(&mut self, message: &Value) {
        let operations = member(message, "Operations").and_then(Value::as_array);
        for operation in operations.into_iter().flatten() {
            let text = |name| member(operation, name).and_then(Value::as_str).unwrap_or_default();
            let (op, path) = (text("op").to_lowercase(), text("path"));
            let value = member(operation, "value").unwrap_or(&Value::Null);
            let (plain, filter) = without_filter(path);
            match (op.as_str(), filter) {
                ("remove", Some(filter)) => {
                    if let Some((_, value)) =
                        equality(filter).filter(|(attribute, _)| attribute.eq_ignore_ascii_case("value"))
                    {
                        self.want(&format!("{plain}.value"), &value.to_lowercase(), false, false);
                    }
                }
                ("remove", None) => {
                    let named = facts(&plain, value);
                    let paths: Vec<String> =
                        self.facts.keys().filter(|path| under(path, &plain)).cloned().collect();
                    if named.is_empty() {
                        for path in paths {
                            self.leave_only(&path, &BTreeSet::new());
                        }
                    }
                    for (path, values) in named {
                        for value in values {
                            self.want(&path, &value, false, false);
                        }
                    }
                }
                // Which value the filter meets is not held; what becomes of its `value` is.
                ("add" | "replace", Some(_)) if plain.ends_with(".value") => self.ask(&plain, value, false),
                ("add" | "replace", None) => {
                    let wanted = facts(&plain, value);
                    if op == "replace" && value.is_array() {
                        let path = format!("{plain}.value");
                        self.leave_only(&path, &wanted.get(&path).cloned().unwrap_or_default());
                    }
                    self.ask(&plain, value, false);
                }
                _ => {}
            }
        }
    }
}

struct Found<'a> {
    exchange: &'a Exchange,
    masker: &'a Masker,
    findings: Vec<Finding>,
}

impl Found<'_> {
    fn add(&mut self, slug: &str, expected: &[&str], actual: &str, seen_as: &str) {
        let known = |one: &&&'static Requirement| one.slug == slug;
        if let Some(requirement) = requirements().iter().find(known) {
            let mut finding = Finding::new(requirement, self.exchange, self.masker, expected, actual);
            finding.admin_message = Some(seen_as.to_owned());
            self.findings.push(finding);
        }
    }
}

/// Attributes that provisioning cannot do without: no service may leave them aside.
fn is_needed(kind: Kind, path: &str) -> bool {
    match kind {
        Kind::User => {
            ["username", "name.givenname", "name.familyname", "emails.value", "active"].contains(&path)
        }
        Kind::Group => ["displayname", "members.value"].contains(&path),
    }
}

fn user_name(kind: Kind, resource: &Value) -> Option<String> {
    let name = member(resource, "userName").filter(|_| kind == Kind::User)?;
    name.as_str().map(str::to_lowercase)
}

fn under(path: &str, prefix: &str) -> bool {
    path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// `emails[type eq "work"].value` as `emails.value` and its filter; an extension's URN is parted by a dot.
fn without_filter(path: &str) -> (String, Option<&str>) {
    let (plain, filter) = match (path.find('['), path.rfind(']')) {
        (Some(from), Some(to)) if from < to => {
            (format!("{}{}", &path[..from], &path[to + 1..]), Some(&path[from + 1..to]))
        }
        _ => (path.to_owned(), None),
    };
    let plain = plain.to_lowercase();
    let plain = match plain.rsplit_once(':') {
        Some((schema, attribute)) if schema.contains(":core:") => attribute.to_owned(),
        Some((schema, attribute)) if schema.starts_with("urn:") => format!("{schema}.{attribute}"),
        _ => plain,
    };
    (plain, filter)
}

/// What a value says, as paths with their values, in small letters. Of elements of lists their `value` counts.
fn facts(path: &str, value: &Value) -> Facts {
    let mut all = Facts::new();
    collect(path, value, &mut all);
    all
}

fn collect(path: &str, value: &Value, all: &mut Facts) {
    let mut add = |path: String, value: &Value| {
        let text = match value {
            Value::String(text) => text.trim().to_lowercase(),
            Value::Bool(_) | Value::Number(_) => value.to_string(),
            Value::Null | Value::Array(_) | Value::Object(_) => return,
        };
        if !text.is_empty() {
            all.entry(path).or_default().insert(text);
        }
    };
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let name = name.to_lowercase();
                if path.is_empty() && NOT_ASKED.contains(&name.as_str()) {
                    continue;
                }
                let path = if path.is_empty() { name } else { format!("{path}.{name}") };
                collect(&path, value, all);
            }
        }
        Value::Array(elements) => {
            for element in elements {
                match member(element, "value") {
                    Some(value) => add(format!("{path}.value"), value),
                    None => add(path.to_owned(), element),
                }
            }
        }
        _ => add(path.to_owned(), value),
    }
}
