//! The domain: providers, users, groups, organizations, roles, lifecycle, sync log, clock. Knows the
//! protocol's value types from `scim`, and nothing of HTTP.
//!
//! Everything is a plain value below `Tenant`; whoever holds the one lock around it runs one request
//! as one transaction: each operation checks everything before it changes anything.

mod console;
mod groups;
mod lifecycle;
mod model;
mod providers;
mod store;
mod synclog;
#[cfg(test)]
mod tests;
mod users;
mod view;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

pub use model::Behaviour;
pub(crate) use model::{CredentialType, Id};
use model::{Organization, Provider, User};
pub(crate) use providers::Secret;
use store::Store;

/// Why the console refuses something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ConsoleError {
    pub(crate) status: u16,
    pub(crate) code: &'static str,
    pub(crate) message: String,
}

impl ConsoleError {
    pub(crate) fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into() }
    }

    pub(crate) fn not_found(what: &str) -> Self {
        Self::new(404, "NOT_FOUND", format!("There is no {what} with this identifier."))
    }
}

/// One service with everything in it.
#[derive(Debug)]
pub(crate) struct Tenant {
    pub(crate) behaviour: Behaviour,
    store: Store,
    providers: Vec<Provider>,
    organizations: Vec<Organization>,
    default_organization: usize,
    now: Timestamp,
    seed: u64,
    next_id: u64,
    next_request: u64,
    request: Option<u64>,
    log: Vec<Value>,
    /// What the identity provider would say at sign-in, by user name; ACTIVE when absent.
    idp_states: std::collections::BTreeMap<String, String>,
}

impl Tenant {
    pub(crate) fn new(behaviour: Behaviour, now: Timestamp, seed: u64) -> Self {
        let mut tenant = Self {
            behaviour,
            store: Store::default(),
            providers: Vec::new(),
            organizations: Vec::new(),
            default_organization: 0,
            now,
            seed,
            next_id: 0,
            next_request: 0,
            request: None,
            log: Vec::new(),
            idp_states: std::collections::BTreeMap::new(),
        };
        let root = tenant.new_organization("Root", None);
        tenant.organizations.push(root);
        let default = tenant.new_organization("Default", Some(0));
        tenant.organizations.push(default);
        tenant.default_organization = 1;
        tenant
    }

    /// Moves time to `to`, letting everything that falls due happen at its own instant.
    pub(crate) fn advance_to(&mut self, to: Timestamp) {
        while let Some((due, user)) = self.store.next_timer(to) {
            self.now = self.now.max(due);
            self.timer_fired(user);
        }
        self.now = self.now.max(to);
    }

    pub(crate) fn advance(&mut self, seconds: i64) -> Result<(), ConsoleError> {
        let to = self.now.checked_add(SignedDuration::from_secs(seconds)).ok().filter(|_| seconds >= 0);
        let to = to.ok_or_else(|| {
            ConsoleError::new(
                400,
                "INVALID_CLOCK",
                "`advanceSeconds` must be a number of seconds that is not negative.",
            )
        })?;
        self.advance_to(to);
        Ok(())
    }

    /// Begins a provider's request: log entries written until the next one share its identifier.
    pub(crate) fn begin_request(&mut self) {
        self.next_request += 1;
        self.request = Some(self.next_request);
    }

    /// Ends it: what follows comes from the console or the clock.
    pub(crate) fn end_request(&mut self) {
        self.request = None;
    }

    /// An 18-digit identifier (code42-service §3.2), from a counter.
    fn fresh_id(&mut self) -> Id {
        self.next_id += 1;
        Id(911_162_111_513_111_000 + (self.seed % 1_000_000) * 1_000_003 + self.next_id * 104_729)
    }

    fn user(&self, id: Id) -> Option<&User> {
        self.store.user(id)
    }

    pub(crate) fn provider_name(&self, id: Id) -> &str {
        self.providers
            .iter()
            .find(|provider| provider.id == id)
            .map_or("", |provider| provider.display_name.as_str())
    }
}
