//! What the service has acknowledged, for the rules that compare one exchange with an earlier one. Remembers
//! only what an answer said; whatever is ambiguous is forgotten.

use std::collections::{BTreeSet, HashMap};

use serde_json::Value;

use super::seen::{About, Kind, Seen};
use crate::checks::json::member;
use crate::exchange::Limits;

/// What is known of one resource.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::checks) struct Known {
    /// Written in this conversation. What was only read may belong to somebody else, who may change it
    /// at any time, so nothing is held against it.
    pub(in crate::checks) ours: bool,
    pub(in crate::checks) name: Option<String>,
    pub(in crate::checks) active: Option<bool>,
    pub(in crate::checks) members: Option<BTreeSet<String>>,
}

#[derive(Debug, Default)]
pub(in crate::checks) struct Memory {
    known: HashMap<(Kind, String), Known>,
    deleted: BTreeSet<(Kind, String)>,
    /// Ids that were seen as members.
    seen_members: BTreeSet<String>,
    /// Whether the service lists members in groups at all; one that never does may leave them out.
    shows_members: bool,
}

impl Known {
    /// What a representation says.
    fn of(kind: Kind, resource: &Value, shows_members: bool) -> Self {
        let members = match member(resource, "members") {
            Some(Value::Array(items)) => Some(values(items)),
            _ if shows_members && kind == Kind::Group => Some(BTreeSet::new()),
            _ => None,
        };
        Self {
            ours: false,
            name: member(resource, kind.required()).and_then(short).map(str::to_owned),
            active: member(resource, "active").and_then(Value::as_bool),
            members,
        }
    }
}

fn values(items: &[Value]) -> BTreeSet<String> {
    items.iter().filter_map(|item| Some(short(member(item, "value")?)?.to_owned())).collect()
}

/// A text that is not too long to be remembered.
fn short(value: &Value) -> Option<&str> {
    value.as_str().filter(|text| text.len() <= Limits::SHOWN)
}

impl Memory {
    /// Whether a user of that name is known to exist.
    pub(in crate::checks) fn holds_user(&self, user_name: &str) -> bool {
        self.known.iter().any(|((kind, _), known)| {
            *kind == Kind::User
                && known.ours
                && known.name.as_ref().is_some_and(|name| name.eq_ignore_ascii_case(user_name))
        })
    }

    /// Whether a user of that name, in the same letter case, is known to exist.
    pub(in crate::checks) fn holds_exactly(&self, user_name: &str) -> bool {
        self.known.iter().any(|((kind, _), known)| {
            *kind == Kind::User && known.ours && known.name.as_deref() == Some(user_name)
        })
    }

    /// Whether it may exist: seen by its id, or as a member.
    pub(in crate::checks) fn may_exist(&self, id: &str) -> bool {
        let known = |kind: Kind| self.known.contains_key(&(kind, id.to_owned()));
        known(Kind::User) || known(Kind::Group) || self.seen_members.contains(id)
    }

    /// Whether the resource was deleted in this conversation.
    pub(in crate::checks) fn is_deleted(&self, kind: Kind, id: &str) -> bool {
        self.deleted.contains(&(kind, id.to_owned()))
    }

    /// What is known of a resource, whoever wrote it.
    pub(in crate::checks) fn known(&self, kind: Kind, id: &str) -> Option<&Known> {
        self.known.get(&(kind, id.to_owned()))
    }

    /// What a representation says.
    pub(in crate::checks) fn reading(&self, kind: Kind, resource: &Value) -> Known {
        Known::of(kind, resource, self.shows_members)
    }

    /// What the service has to hold after a write that it acknowledged; `None` when the exchange is none.
    pub(in crate::checks) fn asked(&self, seen: &Seen<'_>) -> Option<Known> {
        let About::One(kind, id) = &seen.about else { return None };
        let sent = seen.exchange.request.json().unwrap_or(Value::Null);
        match seen.method() {
            "PUT" => Some(put(*kind, &sent)),
            "PATCH" => Some(patch(*kind, &sent, self.known(*kind, id).unwrap_or(&Known::default()))),
            _ => None,
        }
    }

    /// Notes which members an answer shows, before it is judged.
    pub(in crate::checks) fn notice(&mut self, seen: &Seen<'_>) {
        for (kind, _, resource) in seen.representations().filter(|_| seen.whole()) {
            self.notice_members(kind, resource);
        }
    }

    /// Takes over what an exchange acknowledges, after it was judged.
    pub(in crate::checks) fn learn(&mut self, seen: &Seen<'_>) {
        let success = seen.response.is_success();
        match (&seen.about, seen.method()) {
            (About::Collection(_), "GET") => self.read(seen),
            (About::Collection(kind), "POST") if success => {
                let body = seen.body.unwrap_or(&Value::Null);
                if let Some(id) = member(body, "id").and_then(short) {
                    self.write((*kind, id.to_owned()), self.reading(*kind, body));
                }
            }
            (About::One(kind, id), method) if !success => {
                // Whether a write that failed half-way changed something is unknown.
                let status = seen.response.status;
                if method != "POST" && (status >= 500 && method != "GET" || status == 404) {
                    self.known.remove(&(*kind, id.clone()));
                }
            }
            (About::One(kind, id), "DELETE") => self.delete((*kind, id.clone())),
            (About::One(kind, id), "GET") => {
                self.deleted.remove(&(*kind, id.clone()));
                self.read(seen);
            }
            (About::One(kind, id), "PUT" | "PATCH") => {
                let shown = seen.body.filter(|body| body.is_object() && seen.whole());
                // Acknowledged without a body: what was asked for must be there from now on.
                let now = shown.map(|shown| self.reading(*kind, shown)).or_else(|| self.asked(seen));
                self.write((*kind, id.clone()), now.unwrap_or_default());
            }
            _ => {}
        }
    }

    fn read(&mut self, seen: &Seen<'_>) {
        for (kind, _, resource) in seen.representations().filter(|_| seen.whole()) {
            let Some(id) = member(resource, "id").and_then(short) else { continue };
            let now = self.reading(kind, resource);
            let entry = self.known.entry((kind, id.to_owned())).or_default();
            entry.name = now.name.or(entry.name.take());
            entry.active = now.active.or(entry.active);
            entry.members = now.members.or(entry.members.take());
        }
    }

    fn write(&mut self, key: (Kind, String), known: Known) {
        self.deleted.remove(&key);
        self.known.insert(key, Known { ours: true, ..known });
    }

    fn delete(&mut self, key: (Kind, String)) {
        self.known.remove(&key);
        // Whether it stays a member is the service's affair (RFC 7643 §2.3.7).
        self.seen_members.remove(&key.1);
        for known in self.known.values_mut() {
            if known.members.as_ref().is_some_and(|members| members.contains(&key.1)) {
                known.members = None;
            }
        }
        self.deleted.insert(key);
    }

    fn notice_members(&mut self, kind: Kind, resource: &Value) {
        let listed =
            member(resource, "members").and_then(Value::as_array).is_some_and(|items| !items.is_empty());
        self.shows_members |= kind == Kind::Group && listed;
        if kind == Kind::Group {
            let members = member(resource, "members").and_then(Value::as_array);
            self.seen_members.extend(members.map(|items| values(items)).unwrap_or_default());
        }
    }
}

/// What a PUT asks for. An attribute that is left out may be kept or cleared, so nothing is known of it.
fn put(kind: Kind, sent: &Value) -> Known {
    Known {
        ours: true,
        name: member(sent, kind.required()).and_then(Value::as_str).map(str::to_owned),
        active: member(sent, "active").and_then(Value::as_bool),
        members: member(sent, "members").and_then(Value::as_array).map(|items| values(items)),
    }
}

/// What a PATCH asks for, as far as Okta's shapes go: `active`, a group's name, members. An operation of
/// another shape makes what it may touch unknown.
fn patch(kind: Kind, sent: &Value, before: &Known) -> Known {
    let mut asked = before.clone();
    let operations = member(sent, "Operations").and_then(Value::as_array);
    for operation in operations.into_iter().flatten() {
        let op = member(operation, "op").and_then(Value::as_str).unwrap_or_default().to_ascii_lowercase();
        let value = member(operation, "value");
        let path = member(operation, "path").and_then(Value::as_str);
        match path {
            None => {
                let Some(value) = value.filter(|value| value.is_object()) else { return Known::default() };
                if let Some(active) = member(value, "active") {
                    asked.active = active.as_bool();
                }
                if let Some(name) = member(value, kind.required()) {
                    asked.name = name.as_str().map(str::to_owned);
                }
                if let Some(members) = member(value, "members") {
                    asked.members = changed(&op, asked.members, Some(members));
                }
            }
            Some(path) if path.eq_ignore_ascii_case("active") => {
                asked.active = value.and_then(Value::as_bool)
            }
            Some(path) if path.eq_ignore_ascii_case(kind.required()) => {
                asked.name = value.and_then(Value::as_str).map(str::to_owned);
            }
            Some(path) if path.eq_ignore_ascii_case("members") => {
                asked.members = changed(&op, asked.members, value);
            }
            Some(path) if path.to_ascii_lowercase().starts_with("members") => {
                asked.members = match (one_member(path), op.as_str(), asked.members) {
                    (Some(id), "remove", Some(mut members)) => {
                        members.remove(&id);
                        Some(members)
                    }
                    _ => None,
                };
            }
            // Other attributes are not looked at.
            Some(_) => {}
        }
    }
    asked
}

fn changed(op: &str, before: Option<BTreeSet<String>>, value: Option<&Value>) -> Option<BTreeSet<String>> {
    let given = match value {
        Some(Value::Array(items)) => Some(values(items)),
        Some(item @ Value::Object(_)) => Some(values(std::slice::from_ref(item))),
        _ => None,
    };
    match (op, given) {
        ("replace", Some(given)) => Some(given),
        ("add", Some(given)) => before.map(|before| before.union(&given).cloned().collect()),
        ("remove", None) if value.is_none() => Some(BTreeSet::new()),
        _ => None,
    }
}

/// The id in `members[value eq "id"]`; `None` for any other filter, e.g. one that goes on with `or`.
fn one_member(path: &str) -> Option<String> {
    let inside = path.get("members".len()..)?.strip_prefix('[')?.strip_suffix(']')?;
    let mut parts = inside.trim().splitn(3, ' ');
    let (attribute, operator, value) = (parts.next()?, parts.next()?, parts.next()?);
    let plain = attribute.eq_ignore_ascii_case("value") && operator.eq_ignore_ascii_case("eq");
    serde_json::from_str(value.trim()).ok().filter(|_| plain)
}
