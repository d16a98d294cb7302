//! Tells operations of an administrator from a sequence of requests (okta-client §3, §11). Jobs of several
//! people may run at once, so what belongs together is told by name and id, not by neighbourhood.

mod client;
mod groups;

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::Captured;
use super::operations::{Operation, OperationKind as K, Part, Stop, Traits, plural};
use super::scim::{Kind, Place, equality, member, parameter, place, shown};
use crate::clients::okta::messages::{Activity, AdminMessage, Doing, Reason};
use crate::exchange::{Exchange, Masker, Response};

/// After so many exchanges of others nothing more is expected.
const PATIENCE: usize = 200;

/// An operation that may go on.
struct Open {
    operation: Operation,
    kind: Kind,
    name: Option<String>,
    id: Option<String>,
    /// The document that was read last.
    before: Option<Value>,
    /// Whether the account was inactive when it was found.
    inactive: bool,
    last: usize,
    done: bool,
}

/// Takes exchanges in order and gives back operations as they end.
pub struct Recogniser {
    base_url: String,
    label: String,
    /// User name or display name by id.
    names: HashMap<(Kind, String), String>,
    active: HashMap<String, bool>,
    open: Vec<Open>,
    traits: Traits,
    tested_at: usize,
    /// The capture leaves out something of the exchange at hand.
    blind: bool,
}

impl Recogniser {
    /// For the service at `base_url`; messages name the app `label`.
    #[must_use]
    pub fn new(base_url: &str, label: &str) -> Self {
        Self {
            base_url: base_url.to_owned(),
            label: label.to_owned(),
            names: HashMap::new(),
            active: HashMap::new(),
            open: Vec::new(),
            traits: Traits::default(),
            tested_at: 0,
            blind: false,
        }
    }

    /// What showed of dialect and settings so far.
    #[must_use]
    pub fn traits(&self) -> &Traits {
        &self.traits
    }

    /// Takes the exchange of that number; gives the operations that it ended.
    pub fn observe(&mut self, number: usize, captured: &Captured) -> Vec<Operation> {
        let exchange = &captured.exchange;
        let Some(place) = place(&self.base_url, &exchange.request) else { return Vec::new() };
        self.note_client(&exchange.request);
        self.blind = !captured.gaps.is_empty();
        let method = exchange.request.method.as_str();
        if !matches!((&place, method), (Place::Collection(_), "GET")) {
            self.end(|open| open.operation.kind == K::Import);
        }
        if !matches!(place, Place::Discovery(_)) {
            self.end(|open| open.operation.kind == K::Discovery);
        }
        self.end(|open| number - open.last > PATIENCE);
        match (place, method) {
            (Place::Collection(kind), "GET") => self.list(number, exchange, kind),
            (Place::Collection(Kind::User), "POST") => self.create_user(number, exchange),
            (Place::Collection(Kind::Group), "POST") => self.create_group(number, exchange),
            (Place::One(Kind::User, id), "GET") => self.read(number, exchange, Kind::User, &id),
            (Place::One(Kind::Group, id), "GET") => self.read(number, exchange, Kind::Group, &id),
            (Place::One(Kind::User, id), "PUT") => self.put_user(number, exchange, &id),
            (Place::One(Kind::User, id), "PATCH") => self.patch_user(number, exchange, &id),
            (Place::One(Kind::Group, id), "PUT") => self.put_group(number, exchange, &id),
            (Place::One(Kind::Group, id), "PATCH") => self.patch_group(number, exchange, &id),
            (Place::One(kind, id), "DELETE") => self.delete(number, exchange, kind, &id),
            (Place::Discovery(path), "GET") => {
                self.append_or_begin(K::Discovery, number, exchange, format!("read {path}"));
            }
            _ => {
                let operation = Operation::new(K::Other, "");
                let at = self.begin(operation, Kind::User, number);
                self.part(at, number, exchange, "a request that Okta does not send");
                self.open[at].done = true;
            }
        }
        self.harvest()
    }

    /// What is left when the capture ends.
    pub fn finish(&mut self) -> Vec<Operation> {
        self.end(|_| true);
        self.harvest()
    }

    fn end(&mut self, which: impl Fn(&Open) -> bool) {
        self.open.iter_mut().filter(|open| which(open)).for_each(|open| open.done = true);
    }

    fn harvest(&mut self) -> Vec<Operation> {
        let (done, open) = std::mem::take(&mut self.open).into_iter().partition(|open| open.done);
        self.open = open;
        let done: Vec<Open> = done;
        done.into_iter().map(|open| Operation { id: open.id, ..open.operation }).collect()
    }

    fn begin(&mut self, operation: Operation, kind: Kind, number: usize) -> usize {
        self.open.push(Open {
            operation,
            kind,
            name: None,
            id: None,
            before: None,
            inactive: false,
            last: number,
            done: false,
        });
        self.open.len() - 1
    }

    fn part(&mut self, at: usize, number: usize, exchange: &Exchange, what: impl Into<String>) {
        let open = &mut self.open[at];
        open.last = number;
        open.operation.parts.push(Part { number, what: what.into(), line: line(exchange) });
    }

    fn by_name(&self, kind: Kind, name: &str) -> Option<usize> {
        self.open.iter().position(|open| {
            open.kind == kind
                && !open.done
                && open.name.as_ref().is_some_and(|known| known.eq_ignore_ascii_case(name))
        })
    }

    fn by_id(&self, kind: Kind, id: &str) -> Option<usize> {
        self.open.iter().position(|open| open.kind == kind && !open.done && open.id.as_deref() == Some(id))
    }

    fn name_of(&self, kind: Kind, id: &str) -> String {
        self.names.get(&(kind, id.to_owned())).cloned().unwrap_or_else(|| id.to_owned())
    }

    /// The operation on this resource that is open, or a new one.
    fn on(&mut self, fresh: K, kind: Kind, id: &str, number: usize) -> usize {
        if let Some(at) = self.by_id(kind, id) {
            return at;
        }
        let operation = Operation::new(fresh, &self.name_of(kind, id));
        let at = self.begin(operation, kind, number);
        self.open[at].id = Some(id.to_owned());
        at
    }

    fn append_or_begin(&mut self, kind: K, number: usize, exchange: &Exchange, what: String) {
        let at = self.open.iter().position(|open| open.operation.kind == kind && !open.done);
        let at = at.unwrap_or_else(|| self.begin(Operation::new(kind, ""), Kind::User, number));
        self.part(at, number, exchange, what);
        self.fails(at, number, exchange, Activity::Importing);
    }

    /// Ends the operation with Okta's message if the answer fails it in Okta's eyes.
    fn fails(&mut self, at: usize, number: usize, exchange: &Exchange, activity: Activity) -> bool {
        let Some(reason) = Reason::of(&exchange.outcome) else { return false };
        self.stop(at, number, activity, reason);
        true
    }

    fn stop(&mut self, at: usize, number: usize, activity: Activity, reason: Reason) {
        let open = &mut self.open[at];
        let subject = open.operation.subject.clone();
        let display_name = open.operation.written.as_ref().and_then(display_name);
        let display_name = display_name.unwrap_or_else(|| subject.clone());
        let message = AdminMessage { activity, app: self.label.clone(), subject, display_name, reason };
        open.operation.stop.get_or_insert(Stop { number, message });
        open.done = true;
    }

    fn list(&mut self, number: usize, exchange: &Exchange, kind: Kind) {
        let request = &exchange.request;
        if let Some(filter) = parameter(request, "filter") {
            self.end(|open| open.operation.kind == K::Import);
            return self.look_up(number, exchange, kind, &filter);
        }
        let count = parameter(request, "count");
        if kind == Kind::User && count.as_deref() == Some("2") {
            self.end(|open| open.operation.kind == K::Import);
            let at = self.begin(Operation::new(K::TestCredentials, ""), kind, number);
            self.part(at, number, exchange, "first two users");
            self.tested_at = number;
            self.fails(at, number, exchange, Activity::TestingCredentials);
            self.open[at].done = true;
            return;
        }
        let start = parameter(request, "startIndex").unwrap_or_else(|| "1".into());
        if kind == Kind::Group && self.tested_at + 1 == number && start == "1" {
            let at = self.begin(Operation::new(K::Save, ""), kind, number);
            self.part(at, number, exchange, "first page of groups");
            self.fails(at, number, exchange, Activity::TestingCredentials);
            self.open[at].done = true;
            self.traits.imports_groups = true;
            return;
        }
        match kind {
            Kind::User => self.traits.imports_users = true,
            Kind::Group => self.traits.imports_groups = true,
        }
        // A second import begins with the first page again.
        if kind == Kind::User && start == "1" {
            self.end(|open| open.operation.kind == K::Import);
        }
        if let Some(body) = body_of(exchange) {
            self.learn(kind, &body);
        }
        let what = format!("{} from {}", plural(kind), shown(&start));
        self.append_or_begin(K::Import, number, exchange, what);
    }

    fn look_up(&mut self, number: usize, exchange: &Exchange, kind: Kind, filter: &str) {
        let Some((attribute, value)) = equality(filter) else {
            let at = self.begin(Operation::new(K::Other, ""), kind, number);
            self.part(at, number, exchange, "a query that Okta does not send");
            self.open[at].done = true;
            return;
        };
        if kind == Kind::User {
            self.traits.unique_identifier.get_or_insert_with(|| attribute.clone());
        }
        if let Some(query) = exchange.request.query()
            && query.contains('+')
        {
            self.traits.form_encoded = true;
        }
        if let Some(at) = self.by_name(kind, &value) {
            self.open[at].done = true;
        }
        let (action, doing) = match kind {
            Kind::User => (K::Assign, Doing::VerifyingUser),
            Kind::Group => (K::PushGroup, Doing::CreatingGroup),
        };
        let at = self.begin(Operation::new(action, &value), kind, number);
        self.open[at].name = Some(value.clone());
        let body = body_of(exchange);
        let found = body.as_ref().and_then(|list| member(list, "Resources")?.as_array()?.first().cloned());
        let total = body.as_ref().and_then(|list| member(list, "totalResults")).cloned();
        let not_found = exchange.response().is_some_and(|response| response.status == 404);
        if !not_found && Reason::of(&exchange.outcome).is_some() {
            self.part(at, number, exchange, "look-up fails");
            self.fails(at, number, exchange, Activity::Job(doing));
            return;
        }
        let counters = ["totalResults", "startIndex", "itemsPerPage"];
        let wrong = |list: &Value| {
            counters.iter().any(|name| member(list, name).is_some_and(|value| !value.is_u64()))
        };
        if !not_found && !self.blind && (body.as_ref().is_none_or(wrong) || total.is_none()) {
            self.part(at, number, exchange, "look-up without counters that are integers");
            self.stop(at, number, Activity::Job(doing), Reason::Silent);
            return;
        }
        match found.filter(|_| total.as_ref().and_then(Value::as_u64).unwrap_or_default() > 0) {
            None => self.part(at, number, exchange, "look-up"),
            Some(resource) => {
                let id = resource.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
                let inactive = resource.get("active") == Some(&Value::Bool(false));
                let state = if inactive { "look-up finds it, inactive" } else { "look-up finds it" };
                self.part(at, number, exchange, state);
                self.remember(kind, &resource);
                self.open[at].operation.before = without_password(&resource);
                self.open[at].inactive = inactive;
                self.open[at].id = Some(id);
            }
        }
    }

    fn create_user(&mut self, number: usize, exchange: &Exchange) {
        let sent = exchange.request.json().unwrap_or_default();
        let name = member(&sent, "userName").and_then(Value::as_str).unwrap_or_default().to_owned();
        let at = self.by_name(Kind::User, &name);
        let at = at.unwrap_or_else(|| self.begin(Operation::new(K::Assign, &name), Kind::User, number));
        self.part(at, number, exchange, "create");
        self.open[at].operation.written = without_password(&sent);
        self.note_creation(&sent);
        if self.fails(at, number, exchange, Activity::Job(Doing::CreatingUser)) {
            return;
        }
        let answer = body_of(exchange).unwrap_or_default();
        if !self.blind && answer.get("id").and_then(Value::as_str).is_none_or(str::is_empty) {
            self.stop(at, number, Activity::Job(Doing::CreatingUser), Reason::EmptyUser);
            return;
        }
        self.remember(Kind::User, &answer);
        self.open[at].id = answer.get("id").and_then(Value::as_str).map(str::to_owned);
        self.open[at].done = true;
    }

    fn read(&mut self, number: usize, exchange: &Exchange, kind: Kind, id: &str) {
        let at = self.on(K::Read, kind, id, number);
        self.part(at, number, exchange, "read");
        let doing = match kind {
            Kind::User => Doing::PushingProfile,
            Kind::Group => Doing::UpdatingGroup,
        };
        if self.fails(at, number, exchange, Activity::Job(doing)) {
            return;
        }
        if let Some(body) = body_of(exchange) {
            self.remember(kind, &body);
            let open = &mut self.open[at];
            if open.operation.subject == id {
                open.operation.subject = self.names.get(&(kind, id.to_owned())).cloned().unwrap_or_default();
            }
            open.operation.before = without_password(&body);
            open.before = Some(body);
        }
    }

    fn put_user(&mut self, number: usize, exchange: &Exchange, id: &str) {
        let at = self.on(K::Update, Kind::User, id, number);
        let sent = exchange.request.json().unwrap_or_default();
        let before = self.open[at].before.take();
        let was = before.as_ref().and_then(|body| member(body, "active")?.as_bool());
        let was = was.or_else(|| self.active.get(id).copied());
        let now = member(&sent, "active").and_then(Value::as_bool);
        let password = member(&sent, "password").is_some()
            && before.as_ref().is_some_and(|body| member(body, "password").is_none());
        self.open[at].operation.written = without_password(&sent);
        if password {
            self.traits.aiw += 1;
            return self.set_password(at, number, exchange);
        }
        match (was, now) {
            (Some(true) | None, Some(false)) => {
                self.traits.aiw += 1;
                self.set_active(at, number, exchange, id, false);
            }
            (Some(false), Some(true)) => {
                self.traits.aiw += 1;
                self.set_active(at, number, exchange, id, true);
            }
            _ => self.push_profile(at, number, exchange, id),
        }
    }

    fn patch_user(&mut self, number: usize, exchange: &Exchange, id: &str) {
        let at = self.on(K::Update, Kind::User, id, number);
        let sent = exchange.request.json().unwrap_or_default();
        let operations = member(&sent, "Operations").and_then(Value::as_array).cloned().unwrap_or_default();
        let mut set = Map::new();
        for operation in &operations {
            let op = operation.get("op").and_then(Value::as_str).unwrap_or_default();
            let path = operation.get("path").and_then(Value::as_str);
            match (path, operation.get("value")) {
                (None, Some(Value::Object(value))) => {
                    self.traits.oin += usize::from(op == "replace");
                    set.extend(value.clone());
                }
                (Some(path), value) => {
                    self.traits.entra += usize::from(op.starts_with(|c: char| c.is_ascii_uppercase()));
                    set.insert(path.to_owned(), value.cloned().unwrap_or_default());
                }
                _ => {}
            }
        }
        let active = set.get("active").and_then(|value| match value {
            Value::Bool(flag) => Some(*flag),
            Value::String(text) => text.to_ascii_lowercase().parse().ok(),
            _ => None,
        });
        if set.contains_key("password") {
            return self.set_password(at, number, exchange);
        }
        match active {
            Some(active) if set.len() == 1 => self.set_active(at, number, exchange, id, active),
            _ => {
                self.traits.patches_profiles = true;
                set.remove("password");
                self.open[at].operation.written = Some(set);
                self.push_profile(at, number, exchange, id);
            }
        }
    }

    fn set_password(&mut self, at: usize, number: usize, exchange: &Exchange) {
        self.traits.passwords = true;
        self.rename_kind(at, K::ChangePassword);
        self.part(at, number, exchange, format!("{} password", exchange.request.method));
        self.fails(at, number, exchange, Activity::Job(Doing::PushingPassword));
        self.open[at].done = true;
    }

    fn set_active(&mut self, at: usize, number: usize, exchange: &Exchange, id: &str, active: bool) {
        let method = &exchange.request.method;
        self.part(at, number, exchange, format!("{method} active={active}"));
        let doing = if active { Doing::ReactivatingUser } else { Doing::DeprovisioningUser };
        self.rename_kind(at, if active { K::Reactivate } else { K::Deactivate });
        self.traits.deactivates |= !active;
        if self.fails(at, number, exchange, Activity::Job(doing)) {
            return;
        }
        self.active.insert(id.to_owned(), active);
        // A profile push follows an activation.
        self.open[at].done = !active;
        self.open[at].inactive = false;
    }

    fn push_profile(&mut self, at: usize, number: usize, exchange: &Exchange, id: &str) {
        self.traits.updates = true;
        self.part(at, number, exchange, format!("{} profile", exchange.request.method));
        self.rename_kind(at, K::Update);
        if !self.fails(at, number, exchange, Activity::Job(Doing::PushingProfile)) {
            let sent = exchange.request.json().unwrap_or_default();
            if let Some(name) = member(&sent, "userName").and_then(Value::as_str) {
                self.names.insert((Kind::User, id.to_owned()), name.to_owned());
            }
        }
        self.open[at].done = true;
    }

    /// A read or an update turns out to be something more exact; what began with a look-up stays that.
    fn rename_kind(&mut self, at: usize, kind: K) {
        let operation = &mut self.open[at].operation;
        if matches!(operation.kind, K::Read | K::Update) {
            operation.kind = kind;
        }
    }

    fn delete(&mut self, number: usize, exchange: &Exchange, kind: Kind, id: &str) {
        let (action, doing) = match kind {
            Kind::User => (K::DeleteUser, Doing::DeletingUser),
            Kind::Group => (K::DeleteGroup, Doing::DeletingGroup),
        };
        if let Some(at) = self.by_id(kind, id) {
            self.open[at].done = true;
        }
        let at = self.on(action, kind, id, number);
        self.part(at, number, exchange, "DELETE");
        self.fails(at, number, exchange, Activity::Job(doing));
        self.open[at].done = true;
    }

    fn remember(&mut self, kind: Kind, resource: &Value) {
        let Some(id) = resource.get("id").and_then(Value::as_str) else { return };
        let attribute = if kind == Kind::User { "userName" } else { "displayName" };
        if let Some(name) = member(resource, attribute).and_then(Value::as_str) {
            self.names.insert((kind, id.to_owned()), name.to_owned());
        }
        if let Some(active) = member(resource, "active").and_then(Value::as_bool) {
            self.active.insert(id.to_owned(), active);
        }
    }

    fn learn(&mut self, kind: Kind, list: &Value) {
        for resource in member(list, "Resources").and_then(Value::as_array).into_iter().flatten() {
            self.remember(kind, resource);
        }
    }
}

/// Method, target and outcome, fit for a terminal.
pub(super) fn line(exchange: &Exchange) -> String {
    shown(&crate::exchange::percent_decode(&Masker::new().text(&exchange.summary())))
}

fn body_of(exchange: &Exchange) -> Option<Value> {
    exchange.response().filter(|response| response.is_success()).and_then(Response::json)
}

fn without_password(sent: &Value) -> Option<Map<String, Value>> {
    let mut fields = sent.as_object()?.clone();
    fields.retain(|name, _| !name.eq_ignore_ascii_case("password"));
    Some(fields)
}

fn display_name(user: &Map<String, Value>) -> Option<String> {
    let name = user.get("name");
    let parts: Vec<&str> = ["givenName", "familyName"]
        .iter()
        .filter_map(|part| name?.get(part)?.as_str())
        .filter(|part| !part.is_empty())
        .collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}
