//! The requests of a group push (okta-client §3.17).

use serde_json::Value;

use super::{Recogniser, body_of};
use crate::capture::operations::{Operation, OperationKind as K};
use crate::capture::scim::{Kind, member};
use crate::clients::okta::messages::{Activity, Doing, Reason};
use crate::exchange::Exchange;

/// Changes of members that fit into one PATCH by default (okta-client §3.17d).
const CHUNK: usize = 100;

impl Recogniser {
    pub(super) fn create_group(&mut self, number: usize, exchange: &Exchange) {
        let sent = exchange.request.json().unwrap_or_default();
        let name = member(&sent, "displayName").and_then(Value::as_str).unwrap_or_default().to_owned();
        let at = self.by_name(Kind::Group, &name);
        let at = at.unwrap_or_else(|| self.begin(Operation::new(K::PushGroup, &name), Kind::Group, number));
        self.part(at, number, exchange, "create");
        self.traits.pushes_groups = true;
        self.open[at].operation.members = Some(self.members(&sent));
        if self.fails(at, number, exchange, Activity::Job(Doing::CreatingGroup)) {
            return;
        }
        let answer = body_of(exchange).unwrap_or_default();
        match answer.get("id").and_then(Value::as_str).filter(|id| !id.is_empty()) {
            Some(id) => self.open[at].id = Some(id.to_owned()),
            None if self.blind => self.open[at].done = true,
            None => self.stop(at, number, Activity::Job(Doing::CreatingGroup), Reason::NoGroup),
        }
        if let Some(id) = self.open[at].id.clone() {
            self.names.insert((Kind::Group, id), name);
        }
    }

    pub(super) fn put_group(&mut self, number: usize, exchange: &Exchange, id: &str) {
        let at = self.on(K::ChangeMembers, Kind::Group, id, number);
        let sent = exchange.request.json().unwrap_or_default();
        self.traits.aiw += 1;
        self.traits.pushes_groups = true;
        let members = self.members(&sent);
        let before = self.open[at].before.take().map(|body| self.members(&body));
        let name = member(&sent, "displayName").and_then(Value::as_str).unwrap_or_default().to_owned();
        let old = self.open[at].operation.subject.clone();
        if matches!(self.open[at].operation.kind, K::Read | K::ChangeMembers) {
            let renamed = !name.is_empty() && name != old && old != id;
            self.open[at].operation.kind = if renamed { K::RenameGroup } else { K::ChangeMembers };
            if renamed {
                self.open[at].operation.new_name = Some(name.clone());
            }
        }
        if let Some(before) = before {
            let operation = &mut self.open[at].operation;
            operation.joined = members.iter().filter(|name| !before.contains(name)).cloned().collect();
            operation.left = before.into_iter().filter(|name| !members.contains(name)).collect();
        }
        self.open[at].operation.members = Some(members);
        self.part(at, number, exchange, "PUT the whole group");
        if !self.fails(at, number, exchange, Activity::Job(Doing::UpdatingGroup)) && !name.is_empty() {
            self.names.insert((Kind::Group, id.to_owned()), name);
        }
        self.open[at].done = true;
    }

    pub(super) fn patch_group(&mut self, number: usize, exchange: &Exchange, id: &str) {
        self.traits.oin += 1;
        self.traits.pushes_groups = true;
        let sent = exchange.request.json().unwrap_or_default();
        let operations = member(&sent, "Operations").and_then(Value::as_array).cloned().unwrap_or_default();
        let at = self.on(K::ChangeMembers, Kind::Group, id, number);
        if self.open[at].operation.kind == K::Read {
            self.open[at].operation.kind = K::ChangeMembers;
        }
        let mut changes = 0;
        let mut whole = false;
        let mut name = None;
        for operation in &operations {
            let op = operation.get("op").and_then(Value::as_str).unwrap_or_default().to_ascii_lowercase();
            let path = operation.get("path").and_then(Value::as_str).unwrap_or_default();
            let value = operation.get("value").cloned().unwrap_or_default();
            if path.is_empty() {
                name = member(&value, "displayName").and_then(Value::as_str).map(str::to_owned).or(name);
                if let Some(members) = member(&value, "members") {
                    whole = true;
                    self.open[at].operation.members = Some(self.people(members));
                }
            } else if op == "replace" {
                whole = true;
                let people = self.people(&value);
                changes += people.len();
                self.open[at].operation.members = Some(people);
            } else if op == "add" {
                let people = self.people(&value);
                changes += people.len();
                self.open[at].operation.joined.extend(people);
            } else if op == "remove" {
                changes += 1;
                let gone = path.split('"').nth(1).map(|id| self.name_of(Kind::User, id));
                self.open[at].operation.left.extend(gone);
            }
        }
        self.traits.members_per_patch = self.traits.members_per_patch.max(changes);
        let pushing = self.open[at].operation.kind == K::PushGroup;
        let old = self.name_of(Kind::Group, id);
        let what = match &name {
            Some(_) if whole => "PATCH name and members".to_owned(),
            Some(name) if *name == old => "PATCH the same name".to_owned(),
            Some(_) => "PATCH the name".to_owned(),
            None if whole => "PATCH all members".to_owned(),
            None if pushing => "PATCH the same members".to_owned(),
            None => "PATCH members".to_owned(),
        };
        self.part(at, number, exchange, what);
        let renamed = name.as_ref().is_some_and(|name| *name != old && old != id);
        if !pushing {
            if whole {
                self.open[at].operation.kind = K::PushNow;
            } else if renamed {
                self.open[at].operation.kind = K::RenameGroup;
                self.open[at].operation.new_name.clone_from(&name);
            }
        }
        if self.fails(at, number, exchange, Activity::Job(Doing::UpdatingGroup)) {
            return;
        }
        if let Some(name) = name {
            self.names.insert((Kind::Group, id.to_owned()), name.clone());
            // The members come next, in a request of their own.
            self.open[at].done = whole || renamed;
            if self.open[at].operation.subject == id {
                self.open[at].operation.subject = name;
            }
        } else {
            self.open[at].done = changes < CHUNK;
        }
    }

    pub(super) fn members(&self, group: &Value) -> Vec<String> {
        member(group, "members").map(|members| self.people(members)).unwrap_or_default()
    }

    pub(super) fn people(&self, members: &Value) -> Vec<String> {
        let one = |value: &Value| {
            let id = value.get("value")?.as_str()?;
            let display = value.get("display").and_then(Value::as_str);
            let known = self.names.get(&(Kind::User, id.to_owned())).map(String::as_str);
            Some(known.or(display).unwrap_or(id).to_owned())
        };
        members.as_array().into_iter().flatten().filter_map(one).collect()
    }
}
