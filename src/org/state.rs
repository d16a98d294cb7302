//! The state of an org: what it starts from, its directory, its apps, its log.

use std::sync::Arc;

use indexmap::IndexMap;
use jiff::Timestamp;
use serde_json::Value;

use super::model::{App, Group, Person};
use crate::clients::operation::Switches;
use crate::clients::{self, Dialect, Pacing};
use crate::exchange::{Auth, Transport};

/// Reads a clock.
pub type Now = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// What an org starts from.
#[derive(Clone)]
pub struct OrgOptions {
    /// Where callers reach the org, e.g. `http://127.0.0.1:8090`.
    pub origin: String,
    /// The API token (SSWS).
    pub token: String,
    /// Decides identifiers.
    pub seed: u64,
    /// The first app's dialect.
    pub dialect: Dialect,
    /// Behaviours of every app for which the evidence is split.
    pub switches: Switches,
    /// SCIM base URL of the target of every app.
    pub base_url: String,
    /// Its credentials.
    pub auth: Auth,
    /// How bytes get there.
    pub transport: Arc<dyn Transport>,
    /// How a 429 is waited out.
    pub pacing: Arc<dyn Pacing>,
    /// The clock.
    pub now: Now,
}

pub(super) struct OrgState {
    pub(super) options: OrgOptions,
    /// By identifier, in order of creation, as everything here.
    pub(super) people: IndexMap<String, Person>,
    pub(super) groups: IndexMap<String, Group>,
    pub(super) apps: IndexMap<String, App>,
    pub(super) log: Vec<Value>,
    pub(super) serial: u64,
}

impl OrgState {
    /// A new identifier: Okta's have a prefix for the kind and seventeen further characters.
    pub(super) fn identifier(&mut self, prefix: &str) -> String {
        self.serial += 1;
        clients::identifier(self.options.seed, prefix, self.serial)
    }

    pub(super) fn now(&self) -> String {
        time((self.options.now)())
    }

    pub(super) fn href(&self, path: &str) -> Value {
        serde_json::json!({ "href": format!("{}/api/v1/{path}", self.options.origin) })
    }
}

/// As Okta writes times: in UTC, with milliseconds.
pub(super) fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}
