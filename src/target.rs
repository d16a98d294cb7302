//! A target: the SCIM endpoint under test, how to reach it, and what it can show of itself.
//!
//! Knows nothing of scenarios or of the reference; whoever runs scenarios asks a [`Targets`] for a
//! target each time, so that the built-in reference can be a fresh one for every scenario.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use crate::exchange::{Transport, basic};

/// How requests to a target are authorized.
#[derive(Clone, PartialEq, Eq)]
pub enum Auth {
    /// No `Authorization` field at all.
    None,
    /// `Authorization: Basic …`.
    Basic {
        /// User name.
        username: String,
        /// Password.
        password: String,
    },
    /// `Authorization: Bearer …`.
    Bearer {
        /// Token without the scheme.
        token: String,
    },
    /// `Authorization: …`, verbatim.
    Header {
        /// The whole field value.
        value: String,
    },
}

impl Auth {
    /// The secret part, for the masker.
    #[must_use]
    pub fn secret(&self) -> Option<&str> {
        match self {
            Self::None => None,
            Self::Basic { password, .. } => Some(password),
            Self::Bearer { token } => Some(token),
            Self::Header { value } => Some(value),
        }
    }

    /// Everything that must not be shown, for the masker: the secret by itself and as it is sent.
    #[must_use]
    pub fn secrets(&self) -> Vec<String> {
        let mut all: Vec<String> = self.secret().map(str::to_owned).into_iter().collect();
        if let Some(value) = self.header_value() {
            all.extend(value.split_once(' ').map(|(_, credential)| credential.to_owned()));
        }
        all
    }

    /// The value of the `Authorization` field, if there is one.
    #[must_use]
    pub fn header_value(&self) -> Option<String> {
        match self {
            Self::None => None,
            Self::Basic { username, password } => Some(basic(username, password)),
            Self::Bearer { token } => Some(format!("Bearer {token}")),
            Self::Header { value } => Some(value.clone()),
        }
    }
}

/// Secrets never show in debug output.
impl std::fmt::Debug for Auth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::Basic { .. } => "Basic(***)",
            Self::Bearer { .. } => "Bearer(***)",
            Self::Header { .. } => "Header(***)",
        })
    }
}

/// The console API (`/console/v1`) of a target that has one.
#[derive(Debug, Clone)]
pub struct Console {
    /// e.g. `http://127.0.0.1:8080/console/v1`, without a slash at the end.
    pub base_url: String,
    /// How the console is signed in to.
    pub auth: Auth,
}

/// What a target without our console can show through an API of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    /// Organizations and who is in them.
    Organizations,
    /// Roles and who holds them.
    Roles,
    /// What provisioning did.
    SyncLog,
}

impl Section {
    /// The fields that can be mapped.
    #[must_use]
    pub fn fields(self) -> &'static [&'static str] {
        match self {
            Self::Organizations => &["name", "users", "parent", "active", "blocked"],
            Self::Roles => &["role", "users", "available"],
            Self::SyncLog => &[
                "event",
                "user",
                "group",
                "organization",
                "organization-before",
                "roles-added",
                "roles-removed",
                "result",
                "cause",
                "code",
                "message",
            ],
        }
    }

    /// Its name in the console's state document.
    #[must_use]
    pub fn in_state(self) -> &'static str {
        match self {
            Self::Organizations => "organizations",
            Self::Roles => "roles",
            Self::SyncLog => "syncLog",
        }
    }
}

/// Where a section is read.
#[derive(Debug, Clone)]
pub struct Source {
    /// The first page.
    pub url: String,
    /// How its API is signed in to.
    pub auth: Auth,
    /// JSON Pointer to the list in a page.
    pub items: String,
    /// Field to JSON Pointer in an item; `*` stands for every element of a list.
    pub fields: BTreeMap<String, String>,
    /// Field to the words of the target and what they are called here.
    pub values: BTreeMap<String, BTreeMap<String, String>>,
    /// How further pages are reached.
    pub paging: Paging,
    /// Whether the latest comes first.
    pub newest_first: bool,
}

/// How a list goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Paging {
    /// All is on one page.
    Whole,
    /// JSON Pointer to the URL of the next page.
    Next(String),
    /// A query parameter that counts pages from 1; an empty page ends it.
    Number(String),
}

/// One target, ready to be talked to.
#[derive(Clone)]
pub struct Target {
    /// How reports call it.
    pub name: String,
    /// SCIM base URL as the administrator would enter it in Okta.
    pub base_url: String,
    /// The credentials for it; a scenario that adds its own provider replaces them.
    pub auth: Auth,
    /// Header fields added to every request.
    pub headers: Vec<(String, String)>,
    /// How bytes get there.
    pub transport: Arc<dyn Transport>,
    /// Its console, if it has one.
    pub console: Option<Console>,
    /// What it shows in ways of its own, where it has no console.
    pub observe: Vec<(Section, Source)>,
    /// Whether the console can move the target's clock.
    pub clock: bool,
    /// Whether nothing was there before and nothing needs to be cleaned up after.
    pub fresh: bool,
    /// Whether the service departs from the RFCs where the guide says so.
    pub guide: bool,
    /// The instant that snapshots count from.
    pub start: Timestamp,
    /// Appended to logins and group names so that runs against a lasting target do not collide;
    /// `None` on a fresh target.
    pub suffix: Option<String>,
}

/// Hands out targets, one for each scenario run.
pub trait Targets: Send + Sync {
    /// How reports call the target: `the built-in reference`, or name and URL.
    fn describe(&self) -> String;
    /// Whether each opened target is fresh (see [`Target::fresh`]).
    fn fresh(&self) -> bool;
    /// A target for one scenario run; `serial` differs for each run.
    ///
    /// # Errors
    /// A sentence saying why the target cannot be used, and what to do.
    fn open(&self, serial: usize) -> Result<Target, String>;
}
