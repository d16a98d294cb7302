//! The state of a running reference, which all its routes share.

use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};

use super::options::ReferenceOptions;
use super::pages::kept::{Kept, Sessions, same};
use crate::reference::tenant::Tenant;
use crate::serving::{Peer, Throttle};

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
    pub(super) throttle: Throttle,
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

    /// Real time, as far as there is any.
    pub(super) fn real_time(&self) -> Timestamp {
        self.options.live.as_ref().map_or(self.options.start, |now| now())
    }

    /// Whether these are the console's user name and password. After a few attempts that failed, whoever tries, and
    /// the account that is tried, have to wait.
    ///
    /// # Errors
    /// The seconds to wait; nothing was compared then.
    pub(super) fn admits(&self, peer: Option<&Peer>, username: &str, password: &str) -> Result<bool, i64> {
        let options = &self.options;
        let known = same(username, &options.console_username);
        let mut who = Vec::new();
        who.extend(peer.map(|Peer(address)| format!("client {}", address.to_canonical())));
        if known {
            who.push("account".to_owned());
        }
        let now = self.real_time();
        if let Some(seconds) = self.throttle.wait(&who, now) {
            return Err(seconds);
        }
        let admitted = known & same(password, &options.console_password);
        if admitted {
            self.throttle.succeeded(&who);
        } else {
            self.throttle.failed(&who, now);
        }
        Ok(admitted)
    }

    /// Who is signed in to the pages.
    pub(super) fn sessions(&self) -> MutexGuard<'_, Sessions> {
        self.pages.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
