//! What a passive rule is, and how a probe's exchanges come to it.

use std::collections::BTreeSet;
use std::sync::Mutex;

use super::memory::Memory;
use super::seen::{About, Kind, Seen, Verdicts};
use crate::checks::{Finding, Requirement};
use crate::exchange::{Exchange, Masker};

/// Passive rules of an area: they look at every answered exchange of any conversation.
pub(in crate::checks) struct Watch {
    /// Every requirement that they may find broken.
    pub(in crate::checks) judges: &'static [&'static Requirement],
    pub(in crate::checks) judge: fn(&Seen<'_>, &Memory, &mut Verdicts<'_>),
}

/// One exchange of a check, answered or not.
pub(in crate::checks) struct DuringCheck<'a> {
    pub(in crate::checks) exchange: &'a Exchange,
    pub(in crate::checks) about: &'a About,
    /// What any probe of the check has deleted, whose ids no other resource may get (RFC 7643 §3.1).
    pub(in crate::checks) deleted: &'a Mutex<BTreeSet<(Kind, String)>>,
}

/// Passive rules for the exchanges of a check alone, where the judge knows that it sends nothing a service has
/// to fail at.
pub(in crate::checks) struct WatchDuringCheck {
    pub(in crate::checks) judges: &'static [&'static Requirement],
    pub(in crate::checks) judge: fn(&DuringCheck<'_>, &mut Verdicts<'_>),
}

/// Looks at the exchanges of one probe.
pub(in crate::checks) trait Watcher: Send + Sync {
    /// What is wrong with the next exchange. `unwatched`: only the rules of [`WatchDuringCheck`] look at it.
    fn observe(&mut self, exchange: &Exchange, unwatched: bool, masker: &Masker) -> Vec<Finding>;
    /// Forgets what the service is known to hold.
    fn forget(&mut self);
}
