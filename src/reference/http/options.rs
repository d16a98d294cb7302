//! What a reference starts from.

use std::sync::Arc;

use jiff::Timestamp;

use crate::reference::tenant::Behaviour;

/// Which service the reference is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Preset {
    /// As the guide says Code42 behaves.
    #[default]
    Seed,
    /// Strictly by RFC 7643 and RFC 7644 where the guide departs from them.
    Rfc,
}

impl Preset {
    /// The switches of the preset.
    #[must_use]
    pub fn behaviour(self) -> Behaviour {
        match self {
            Self::Seed => Behaviour::seed(),
            Self::Rfc => Behaviour::rfc(),
        }
    }
}

/// Real time, when the reference serves others.
pub type TimeSource = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// What a reference starts from.
#[derive(Clone)]
pub struct ReferenceOptions {
    /// Which service it is.
    pub preset: Preset,
    /// Origin under which clients reach it, e.g. `http://127.0.0.1:8080`; SCIM is at `{origin}/scim/v2`.
    pub origin: String,
    /// The first instant of its clock.
    pub start: Timestamp,
    /// Lets the clock run with real time; without it the clock stands still until it is moved.
    pub live: Option<TimeSource>,
    /// Changes identifiers and secrets; equal seeds give equal bytes.
    pub seed: u64,
    /// Who may use the console.
    pub console_username: String,
    /// And with which password.
    pub console_password: String,
}
