//! What the pages keep beside the tenant: who is signed in, what the next page says, and parts of the navigation
//! that are not the console's own.

use std::collections::VecDeque;
use std::sync::{Mutex, OnceLock};

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

/// After so long without a request a session has ended.
pub(super) const IDLE: SignedDuration = SignedDuration::from_hours(1);

/// What a page tells at its top after something was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// It was done.
    Done(String),
    /// It was not, and why.
    Failed(String),
}

#[derive(Debug)]
pub(super) struct Session {
    pub(super) token: String,
    /// When somebody last asked for something in it.
    pub(super) used: Timestamp,
    pub(super) notice: Option<Notice>,
    /// What the next page alone may show: credentials.
    pub(super) once: Option<Value>,
}

/// Everybody who is signed in.
#[derive(Debug, Default)]
pub(in crate::reference::http) struct Sessions {
    pub(super) made: u64,
    pub(super) open: VecDeque<Session>,
}

impl Sessions {
    pub(super) fn find(&mut self, token: &str) -> Option<&mut Session> {
        self.open.iter_mut().find(|session| same(&session.token, token))
    }

    pub(super) fn forget_idle(&mut self, now: Timestamp) {
        self.open.retain(|session| now.duration_since(session.used) < IDLE);
    }
}

/// Compared in constant time.
pub(in crate::reference::http) fn same(given: &str, wanted: &str) -> bool {
    use subtle::ConstantTimeEq as _;
    given.as_bytes().ct_eq(wanted.as_bytes()).into()
}

/// What the pages keep beside the tenant.
#[derive(Default)]
pub(in crate::reference::http) struct Kept {
    pub(in crate::reference::http) sessions: Mutex<Sessions>,
    /// Parts of the navigation that are not the console's own.
    pub(in crate::reference::http) sections: OnceLock<Vec<Section>>,
}

/// A part of the navigation: its heading, and names with their addresses.
pub type Section = (&'static str, &'static [(&'static str, &'static str)]);
