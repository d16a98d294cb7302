//! The entries of the sync log, held compactly: a million users leave a million of them.

use std::collections::VecDeque;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use super::id::Id;
use super::model::time;

/// How long entries stay (code42-service §5.1).
pub(super) const RETENTION: SignedDuration = SignedDuration::from_hours(90 * 24);

/// What an entry is about.
pub(super) enum About<'a> {
    User(Id, &'a str),
    Group(Id, &'a str),
    Organization(Id, &'a str),
    None,
}

/// Who did it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Actor {
    Provider(Id),
    Console(Id),
    Clock(Id),
}

/// What an entry is about, as it was named then.
#[derive(Debug, Clone)]
pub(super) enum Target {
    User(Id, Box<str>),
    Group(Id, Box<str>),
    Organization(Id, Box<str>),
    Provider,
}

/// One entry.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) id: u64,
    pub(super) at: Timestamp,
    pub(super) actor: Actor,
    /// Name and user name of the provider at that time.
    pub(super) provider: Option<(Arc<str>, Arc<str>)>,
    pub(super) request: Option<u64>,
    pub(super) event: &'static str,
    pub(super) result: &'static str,
    pub(super) target: Target,
    pub(super) cause: Option<&'static str>,
    pub(super) org_after: Option<(Id, Arc<str>)>,
    pub(super) more: Option<Box<Map<String, Value>>>,
}

impl Entry {
    /// A field that only some kinds carry.
    pub(super) fn set(&mut self, key: &str, value: impl Into<Value>) {
        self.more.get_or_insert_default().insert(key.to_owned(), value.into());
    }

    pub(super) fn to_json(&self) -> Value {
        let (name, username) = match &self.provider {
            Some((name, username)) => (Some(&**name), Some(&**username)),
            None => (None, None),
        };
        let mut entry = json!({
            "id": self.id,
            "occurredAt": time(self.at),
            "providerId": name.map(|_| self.actor.provider().to_string()),
            "providerName": name,
            "actor": match self.actor {
                Actor::Provider(_) => username.unwrap_or_default(),
                Actor::Console(_) => "console",
                Actor::Clock(_) => "SYSTEM",
            },
            "requestId": self.request,
            "event": self.event,
            "result": self.result,
        });
        match &self.target {
            Target::User(id, username) => {
                entry["targetType"] = json!("USER");
                entry["targetId"] = json!(id.to_string());
                entry["targetName"] = json!(username);
                entry["username"] = json!(username);
            }
            Target::Group(id, name) => {
                entry["targetType"] = json!("GROUP");
                entry["targetId"] = json!(id.to_string());
                entry["targetName"] = json!(name);
            }
            Target::Organization(id, name) => {
                entry["targetType"] = json!("ORGANIZATION");
                entry["targetId"] = json!(id.to_string());
                entry["targetName"] = json!(name);
            }
            Target::Provider => {
                entry["targetType"] = json!("PROVIDER");
                entry["targetId"] = entry["providerId"].clone();
                entry["targetName"] = json!(name);
            }
        }
        if let Some(cause) = self.cause {
            entry["cause"] = json!(cause);
        }
        if let Some(organization) = &self.org_after {
            entry["orgAfter"] = place_json(organization);
        }
        for (key, value) in self.more.iter().flat_map(|more| more.iter()) {
            entry[key] = value.clone();
        }
        // The names under which the audit log shows the same (code42-service §1.5).
        let audited = match self.event {
            "USER_CREATED" => Some("Add user"),
            "USER_DEACTIVATED" => Some("Deactivate user"),
            "USER_UPDATED" => Some("External attributes change"),
            _ => None,
        };
        if let Some(name) = audited {
            entry["auditEventType"] = json!(name);
        }
        entry
    }
}

/// An organization as entries name it.
pub(super) fn place_json((id, name): &(Id, Arc<str>)) -> Value {
    json!({ "orgId": id.to_string(), "orgName": &**name })
}

impl Actor {
    pub(super) fn provider(self) -> Id {
        match self {
            Self::Provider(id) | Self::Console(id) | Self::Clock(id) => id,
        }
    }
}

/// The entries in order, in pieces: a log that grows is never copied as a whole.
#[derive(Debug, Clone, Default)]
pub(super) struct Log {
    pub(super) pieces: VecDeque<VecDeque<Entry>>,
}

/// Entries in a piece.
pub(super) const PIECE: usize = 1_024;

impl Log {
    pub(super) fn push(&mut self, entry: Entry) -> &mut Entry {
        if self.pieces.back().is_none_or(|piece| piece.len() == PIECE) {
            // Small services have small logs; a piece beyond the first is filled in any case.
            let room = if self.pieces.is_empty() { 16 } else { PIECE };
            self.pieces.push_back(VecDeque::with_capacity(room));
        }
        let last = self.pieces.len() - 1;
        let piece = &mut self.pieces[last];
        piece.push_back(entry);
        let last = piece.len() - 1;
        &mut piece[last]
    }

    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &Entry> {
        self.pieces.iter().flatten()
    }

    pub(super) fn forget(&mut self, limit: Timestamp) {
        while let Some(piece) = self.pieces.front_mut() {
            while piece.front().is_some_and(|entry| entry.at < limit) {
                piece.pop_front();
            }
            if !piece.is_empty() {
                return;
            }
            self.pieces.pop_front();
        }
    }
}
