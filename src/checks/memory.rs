//! What the service has acknowledged, and the rules that hold one exchange against an earlier one. It
//! remembers only what an answer said; whatever is ambiguous is forgotten.

use std::collections::{BTreeSet, HashMap};

use serde_json::Value;

use super::catalogue as c;
use super::json::member;
use super::judge::{Kind, Verdicts};
use crate::exchange::{Exchange, Response};

/// What is known of one resource.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Known {
    /// Written in this conversation. What was only read may belong to somebody else, who may change it
    /// at any time, so nothing is held against it.
    ours: bool,
    name: Option<String>,
    active: Option<bool>,
    members: Option<BTreeSet<String>>,
}

/// What a write asks for.
type Asked = Known;

#[derive(Debug, Default)]
pub(super) struct Memory {
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
            name: member(resource, kind.required()).and_then(Value::as_str).map(str::to_owned),
            active: member(resource, "active").and_then(Value::as_bool),
            members,
        }
    }
}

fn values(items: &[Value]) -> BTreeSet<String> {
    items.iter().filter_map(|item| Some(member(item, "value")?.as_str()?.to_owned())).collect()
}

impl Memory {
    /// Whether a user of that name is known to exist.
    pub(super) fn holds_user(&self, user_name: &str) -> bool {
        self.known.iter().any(|((kind, _), known)| {
            *kind == Kind::User
                && known.ours
                && known.name.as_ref().is_some_and(|name| name.eq_ignore_ascii_case(user_name))
        })
    }

    /// Whether a user of that name, in the same letter case, is known to exist.
    pub(super) fn holds_exactly(&self, user_name: &str) -> bool {
        self.known.iter().any(|((kind, _), known)| {
            *kind == Kind::User && known.ours && known.name.as_deref() == Some(user_name)
        })
    }

    /// After `POST /Users` or `POST /Groups`.
    pub(super) fn created(
        &mut self,
        kind: Kind,
        exchange: &Exchange,
        response: &Response,
        body: Option<&Value>,
        verdicts: &mut Verdicts<'_>,
    ) {
        let sent = exchange.request.json().unwrap_or(Value::Null);
        let name = member(&sent, kind.required()).and_then(Value::as_str).unwrap_or_default();
        let taken = kind == Kind::User && !name.is_empty() && self.holds_user(name);
        if response.is_success() {
            let id = body.and_then(|body| member(body, "id")?.as_str());
            if let (Some(body), Some(id)) = (body, id) {
                if taken && !self.known.contains_key(&(kind, id.to_owned())) {
                    verdicts.broken(
                        &c::CREATE_UNIQUE,
                        &["409 Conflict: the userName is taken"],
                        format!("{} and a second user `{id}`", response.status),
                        None,
                    );
                }
                self.notice_members(kind, body);
                self.deleted.remove(&(kind, id.to_owned()));
                let known = Known { ours: true, ..Known::of(kind, body, self.shows_members) };
                self.known.insert((kind, id.to_owned()), known);
            }
            return;
        }
        if !taken || ![400, 409, 412, 422, 500].contains(&response.status) {
            return;
        }
        // Which of two mistakes in one body is told is the service's choice.
        let password = member(&sent, "password").is_some();
        if response.status == 400 && password {
            return;
        }
        if response.status != 409 {
            verdicts.broken(
                &c::CREATE_CONFLICT_STATUS,
                &["409 Conflict with scimType uniqueness"],
                response.status.to_string(),
                None,
            );
            return;
        }
        let scim_type = body.and_then(|body| member(body, "scimType")?.as_str());
        if scim_type != Some("uniqueness") {
            verdicts.broken(
                &c::CREATE_CONFLICT_TYPE,
                &["scimType \"uniqueness\""],
                scim_type.map_or_else(|| "no scimType".to_owned(), |text| format!("scimType \"{text}\"")),
                Some("/scimType".into()),
            );
        }
    }

    /// After a request for one resource.
    pub(super) fn touched(
        &mut self,
        kind: Kind,
        id: &str,
        exchange: &Exchange,
        response: &Response,
        body: Option<&Value>,
        verdicts: &mut Verdicts<'_>,
    ) {
        let key = (kind, id.to_owned());
        let method = exchange.request.method.as_str();
        if self.deleted.contains(&key) && response.is_success() {
            let actual = format!("{} after the resource was deleted", response.status);
            verdicts.broken(&c::DELETE_GONE, &["404 Not Found"], actual, None);
            self.deleted.remove(&key);
        }
        if !response.is_success() {
            // Whether a write that failed half-way changed something is unknown.
            if response.status >= 500 && method != "GET" || response.status == 404 {
                self.known.remove(&key);
            }
            return;
        }
        // What was left out at the client's wish says nothing of what is there.
        let partial =
            exchange.request.query().is_some_and(|query| query.to_ascii_lowercase().contains("attributes="));
        let shown = body.filter(|body| body.is_object() && !partial);
        if let Some(shown) = shown {
            self.notice_members(kind, shown);
        }
        match method {
            "DELETE" => {
                self.known.remove(&key);
                // Whether it stays a member is the service's affair (RFC 7643 §2.3.7).
                self.seen_members.remove(id);
                for known in self.known.values_mut() {
                    if known.members.as_ref().is_some_and(|members| members.contains(id)) {
                        known.members = None;
                    }
                }
                self.deleted.insert(key);
            }
            "GET" => {
                if let Some(shown) = shown {
                    self.seen(kind, shown, verdicts);
                }
            }
            "PUT" | "PATCH" => {
                let sent = exchange.request.json().unwrap_or(Value::Null);
                let before = self.known.remove(&key).unwrap_or_default();
                let asked = if method == "PUT" { put(kind, &sent) } else { patch(kind, &sent, &before) };
                let now = match shown {
                    Some(shown) => {
                        let now = Known::of(kind, shown, self.shows_members);
                        self.differences(kind, &asked, &now, &c::WRITE_APPLIED, "asked for", verdicts);
                        now
                    }
                    // Acknowledged without a body: what was asked for must be there from now on.
                    None => asked,
                };
                self.known.insert(key, Known { ours: true, ..now });
            }
            _ => {}
        }
    }

    /// A representation that was read, alone or in a list.
    pub(super) fn seen(&mut self, kind: Kind, resource: &Value, verdicts: &mut Verdicts<'_>) {
        let Some(id) = member(resource, "id").and_then(Value::as_str) else { return };
        self.notice_members(kind, resource);
        let now = Known::of(kind, resource, self.shows_members);
        let key = (kind, id.to_owned());
        if let Some(before) = self.known.get(&key).filter(|before| before.ours) {
            self.differences(kind, before, &now, &c::WRITE_KEPT, "acknowledged before", verdicts);
        }
        let entry = self.known.entry(key).or_default();
        entry.name = now.name.or(entry.name.take());
        entry.active = now.active.or(entry.active);
        entry.members = now.members.or(entry.members.take());
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
fn put(kind: Kind, sent: &Value) -> Asked {
    Known {
        ours: true,
        name: member(sent, kind.required()).and_then(Value::as_str).map(str::to_owned),
        active: member(sent, "active").and_then(Value::as_bool),
        members: member(sent, "members").and_then(Value::as_array).map(|items| values(items)),
    }
}

/// What a PATCH asks for, as far as Okta's shapes go: `active`, a group's name, members. An operation of
/// another shape makes what it may touch unknown.
fn patch(kind: Kind, sent: &Value, before: &Known) -> Asked {
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

impl Memory {
    fn differences(
        &self,
        kind: Kind,
        wanted: &Known,
        now: &Known,
        requirement: &super::Requirement,
        why: &str,
        verdicts: &mut Verdicts<'_>,
    ) {
        if let (Kind::User, Some(wanted), Some(now)) = (kind, wanted.active, now.active)
            && wanted != now
        {
            verdicts.broken(
                requirement,
                &[&format!("active {wanted}, as {why}")],
                format!("active {now}"),
                Some("/active".into()),
            );
            verdicts.seen_as("Nothing: Okta takes the change for done, and the account keeps its state.");
        }
        if let (Kind::Group, Some(wanted), Some(now)) = (kind, &wanted.name, &now.name)
            && wanted != now
        {
            verdicts.broken(
                requirement,
                &[&format!("displayName \"{wanted}\", as {why}")],
                format!("displayName \"{now}\""),
                Some("/displayName".into()),
            );
        }
        if let (Kind::Group, Some(wanted), Some(now)) = (kind, &wanted.members, &now.members)
            && wanted != now
        {
            // A member that nobody has seen may not exist, and how that is answered is not laid down.
            let known = |kind: Kind, id: &str| self.known.contains_key(&(kind, id.to_owned()));
            let exists = |id: &&str| {
                known(Kind::User, id) || known(Kind::Group, id) || self.seen_members.contains(*id)
            };
            let missing: Vec<&str> = wanted.difference(now).map(String::as_str).filter(exists).collect();
            let surplus: Vec<&str> = now.difference(wanted).map(String::as_str).collect();
            if missing.is_empty() && surplus.is_empty() {
                return;
            }
            let mut actual = Vec::new();
            if !missing.is_empty() {
                actual.push(format!("missing: {}", missing.join(", ")));
            }
            if !surplus.is_empty() {
                actual.push(format!("too many: {}", surplus.join(", ")));
            }
            verdicts.broken(
                requirement,
                &[&format!("{} members, as {why}", wanted.len())],
                actual.join("; "),
                Some("/members".into()),
            );
            verdicts
                .seen_as("Nothing: Okta takes the push for done, and the membership differs from then on.");
        }
    }
}
