//! The state of a running reference, which all its routes share.

use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};

use super::options::ReferenceOptions;
use super::pages::kept::{Kept, Sessions};
use crate::reference::tenant::Tenant;

pub(super) struct Shared {
    pub(super) tenant: Mutex<Tenant>,
    pub(super) options: ReferenceOptions,
    pub(super) base_url: String,
    pub(super) live_start: Option<Timestamp>,
    pub(super) moved: Mutex<SignedDuration>,
    pub(super) lenient: std::sync::atomic::AtomicBool,
    /// States that were kept, the latest last.
    pub(super) kept: Mutex<Vec<Tenant>>,
    pub(super) pages: Kept,
}

impl Shared {
    /// The tenant with its clock brought up to date.
    pub(super) fn lock(&self) -> MutexGuard<'_, Tenant> {
        let mut tenant = self.tenant.lock().unwrap_or_else(PoisonError::into_inner);
        if let (Some(live), Some(start)) = (&self.options.live, self.live_start) {
            let moved = *self.moved.lock().unwrap_or_else(PoisonError::into_inner);
            let elapsed = live().duration_since(start) + moved;
            if let Ok(now) = self.options.start.checked_add(elapsed) {
                tenant.advance_to(now);
            }
        }
        tenant
    }

    /// Who is signed in to the pages.
    pub(super) fn sessions(&self) -> MutexGuard<'_, Sessions> {
        self.pages.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
