//! A target: the SCIM endpoint under test, how to reach it, and what it can show of itself.
//!
//! Knows nothing of scenarios or of the reference; whoever runs scenarios asks a [`Targets`] for a
//! target each time, so that the built-in reference can be a fresh one for every scenario.

mod clean_up;
mod ledger;
pub mod names;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use crate::exchange::{Auth, BoxFuture, Transport};

pub use clean_up::{CLEAN_UP_TIME, Pages};
pub use ledger::Ledger;

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
    /// How its administration API is read.
    pub fetch: Arc<dyn Transport>,
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
    /// Begins logins and group names, so that runs against a lasting target do not collide and what they made can be
    /// told from everything else; `None` on a fresh target.
    pub prefix: Option<String>,
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
    /// Deletes what the runs created and did not delete; gives what is left, as path and name.
    fn clean_up(&self) -> BoxFuture<'_, Vec<String>> {
        Box::pin(std::future::ready(Vec::new()))
    }
}
