//! The domain: providers, users, groups, organizations, roles, lifecycle, sync log, clock. Knows the
//! protocol's value types from `scim`, and nothing of HTTP.
//!
//! Everything is a plain value below `Tenant`; whoever holds the one lock around it runs one request
//! as one transaction: each operation checks everything before it changes anything.

mod audit;
mod audit_log;
mod browse;
mod console;
mod document;
mod error;
mod groups;
mod holds;
mod id;
mod lifecycle;
mod lists;
mod log;
mod mapping;
mod matters;
mod members;
mod model;
mod organization;
mod organizations;
mod placement;
mod providers;
mod ranked;
mod render;
mod report;
pub(crate) mod requests;
mod role_set;
mod roles;
mod secret;
mod state;
mod store;
mod synclog;
#[cfg(test)]
mod tests;
mod users;
mod view;
mod watched;
mod watchlists;

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest as _, Sha256};

pub(crate) use browse::{USER_STATES, UserQuery};
pub(crate) use error::ConsoleError;
pub(crate) use id::Id;
pub use model::Behaviour;
use model::{User, time};
use organization::Organizations;
pub(crate) use providers::Secret;
pub(crate) use render::Shown;
pub(crate) use requests::CredentialType;
use role_set::RoleSet;
pub(crate) use state::Tenant;
use store::{Found, Store};
pub(crate) use synclog::{LOG_PARAMETERS, LogQuery};
pub(crate) use view::USER_PARAMETERS;
pub(crate) use watchlists::Actors;

use crate::reference::scim::{ResourceKind, ScimError};

impl Tenant {
    pub(crate) fn new(behaviour: Behaviour, now: Timestamp, seed: u64) -> Self {
        let mut tenant = Self {
            behaviour,
            store: Store::new(seed),
            providers: Vec::new(),
            organizations: Organizations::default(),
            default_organization: 0,
            withdrawn: RoleSet::NONE,
            holds: matters::Holds::default(),
            watchlists: watched::Watchlists::default(),
            runs: 0,
            email: requests::EmailFrequency::Daily,
            now,
            seed,
            next_request: 0,
            request: None,
            log: log::Log::default(),
            audit: audit_log::Audit::default(),
            log_count: 0,
            cursor_key: Sha256::new()
                .chain_update(b"cursor")
                .chain_update(seed.to_le_bytes())
                .finalize()
                .into(),
            idp_states: std::collections::BTreeMap::new(),
        };
        let root = tenant.new_organization("Root", None, None);
        tenant.default_organization = tenant.new_organization("Default", Some(root), None);
        tenant
    }

    /// Moves time to `to`, letting everything that falls due happen at its own instant.
    pub(crate) fn advance_to(&mut self, to: Timestamp) {
        while let Some((due, user)) = self.store.next_timer(to) {
            self.now = self.now.max(due);
            self.timer_fired(user);
        }
        if to > self.now {
            self.now = to;
            self.forget_old_entries();
        }
    }

    /// Moves the clock as the console asks, never back. Gives the distance.
    pub(crate) fn move_clock(
        &mut self,
        fields: &requests::MoveClock,
    ) -> Result<SignedDuration, ConsoleError> {
        let wrong = |message: &str| ConsoleError::new(400, "INVALID_CLOCK", message);
        let to = match (fields.advance_seconds, &fields.set_to) {
            (Some(seconds), None) => {
                let seconds = (seconds >= 0).then_some(seconds);
                seconds.and_then(|seconds| self.now.checked_add(SignedDuration::from_secs(seconds)).ok()).ok_or_else(|| {
                    wrong("`advanceSeconds` must be an integer that is not negative, and not beyond the year 9999.")
                })?
            }
            (None, Some(to)) => {
                to.parse::<Timestamp>().ok().filter(|to| *to >= self.now).ok_or_else(|| {
                    wrong("`setTo` must be a date and time of RFC 3339 that is not in the past.")
                })?
            }
            _ => return Err(wrong("Send either `advanceSeconds` or `setTo`.")),
        };
        let distance = to.duration_since(self.now);
        self.advance_to(to);
        Ok(distance)
    }

    /// Begins a provider's request: log entries written until the next one share its identifier.
    pub(crate) fn begin_request(&mut self) {
        self.next_request += 1;
        self.request = Some(self.next_request);
    }

    /// Ends it: what follows comes from the console or the clock. Gives its number.
    pub(crate) fn end_request(&mut self) -> Option<u64> {
        self.request.take()
    }

    fn fresh_id(&mut self) -> Id {
        self.store.fresh_id()
    }

    /// The plan with or without the backup agent (S44, S76). What is pending or held already stays so.
    pub(crate) fn set_plan(&mut self, backup_agent: Option<bool>) -> Result<(), ConsoleError> {
        self.behaviour.backup_agent = backup_agent.ok_or_else(|| {
            ConsoleError::new(400, "PLAN_REQUIRED", "`backupAgent` is required: true or false.")
        })?;
        Ok(())
    }

    /// How the service behaves from now on; the plan and the leniency stay.
    pub(crate) fn set_preset(&mut self, preset: Option<requests::PresetName>) -> Result<(), ConsoleError> {
        let behaviour = match preset {
            Some(requests::PresetName::Seed) => Behaviour::seed(),
            Some(requests::PresetName::Rfc) => Behaviour::rfc(),
            None => {
                let message = "`preset` is required: SEED or RFC.";
                return Err(ConsoleError::new(400, "PRESET_REQUIRED", message));
            }
        };
        self.behaviour = self.behaviour.to(behaviour);
        Ok(())
    }

    /// The preset whose switches are set.
    pub(crate) fn preset(&self) -> &'static str {
        let strict = self.behaviour.to(Behaviour::rfc());
        if self.behaviour == strict {
            requests::PresetName::Rfc.as_str()
        } else {
            requests::PresetName::Seed.as_str()
        }
    }

    /// How many entries the sync log ever had.
    fn log_count(&self) -> u64 {
        self.log_count
    }

    /// The tenant's time.
    pub(crate) fn instant(&self) -> Timestamp {
        self.now
    }

    /// The tenant's time, as the console shows it.
    pub(crate) fn now(&self) -> String {
        time(self.now)
    }

    /// Identifier and entity tag of a resource that the provider sees.
    pub(crate) fn seen(&self, provider: Id, kind: ResourceKind, id: &str) -> Result<(Id, String), ScimError> {
        match kind {
            ResourceKind::User => self.seen_user(provider, id),
            ResourceKind::Group => self.seen_group(provider, id),
        }
    }

    /// The representation of a resource that the provider sees.
    pub(crate) fn resource(
        &self,
        provider: Id,
        kind: ResourceKind,
        id: Id,
        base_url: &str,
    ) -> Result<Shown, ScimError> {
        let gone = || ScimError::new(404, None, format!("There is no {} `{id}`.", kind.name()), "NOT_FOUND");
        let found = match kind {
            ResourceKind::User => self.store.user(id).map(Found::User),
            ResourceKind::Group => self.store.group(id).map(Found::Group),
        };
        found.map(|found| self.show(provider, found, base_url)).ok_or_else(gone)
    }

    /// The user whose user name is that of the credentials (RFC 7644 §3.11), if there is one.
    pub(crate) fn subject(&self, provider: Id) -> Option<Id> {
        let username = &self.providers.iter().find(|known| known.id == provider)?.username;
        self.store.user_by_name(username).filter(|user| self.sees(provider, user)).map(|user| user.id)
    }

    fn user(&self, id: Id) -> Option<&User> {
        self.store.user(id)
    }

    pub(crate) fn provider_name(&self, id: Id) -> &str {
        self.providers.iter().find(|provider| provider.id == id).map_or("", |provider| &provider.display_name)
    }
}
