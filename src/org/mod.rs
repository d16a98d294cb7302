//! An Okta org as an API: the part of Okta's management API that Okta's SDKs and its own test suite need, in
//! front of the simulator. What is done to people, apps and groups is provisioned to a SCIM target before the
//! request is answered; what Okta does in the background some seconds later is visible at once here.
//!
//! The JSON shapes, paths, error codes and paging are those of Okta's public reference. What is not here is
//! refused with Okta's own words, and never accepted and forgotten.

mod answer;
mod apps;
mod assignments;
mod directory;
mod filter;
mod groups;
mod http;
mod log;
mod pushes;
mod users;

use std::sync::Arc;

use indexmap::IndexMap;
use jiff::Timestamp;
use serde_json::Value;
use tokio::sync::Mutex;

use self::apps::App;
use self::directory::{Group, Person};
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

/// An org with its directory and its apps. Cheap to clone; clones are the same org.
#[derive(Clone)]
pub struct Org {
    inner: Arc<Mutex<Inner>>,
    token: Arc<str>,
    app: Arc<str>,
}

impl Org {
    /// An org without people and groups, and with one app.
    #[must_use]
    pub fn new(options: OrgOptions) -> Self {
        let token = options.token.as_str().into();
        let dialect = options.dialect;
        let mut inner = Inner {
            options,
            people: IndexMap::new(),
            groups: IndexMap::new(),
            apps: IndexMap::new(),
            log: Vec::new(),
            serial: 0,
        };
        let app = inner.first_app(dialect).into();
        Self { inner: Arc::new(Mutex::new(inner)), token, app }
    }

    /// Identifier of the app that is there from the start.
    #[must_use]
    pub fn app_id(&self) -> &str {
        &self.app
    }

    /// The routes below `/api/v1`.
    pub fn router(&self) -> axum::Router {
        http::router(self.clone())
    }
}

struct Inner {
    options: OrgOptions,
    /// By identifier, in order of creation, as everything here.
    people: IndexMap<String, Person>,
    groups: IndexMap<String, Group>,
    apps: IndexMap<String, App>,
    log: Vec<Value>,
    serial: u64,
}

impl Inner {
    /// A new identifier: Okta's have a prefix for the kind and seventeen further characters.
    fn identifier(&mut self, prefix: &str) -> String {
        self.serial += 1;
        clients::identifier(self.options.seed, prefix, self.serial)
    }

    fn now(&self) -> String {
        time((self.options.now)())
    }

    fn href(&self, path: &str) -> Value {
        serde_json::json!({ "href": format!("{}/api/v1/{path}", self.options.origin) })
    }
}

/// As Okta writes times: in UTC, with milliseconds.
fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}
