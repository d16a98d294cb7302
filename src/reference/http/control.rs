//! What a program around the reference does with it: its clock, its preset, what the identity provider would
//! say, which entries a request left in the sync log, and a fresh start.

use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use jiff::SignedDuration;
use serde_json::Value;

use super::Reference;
use super::options::Preset;
use super::shared::Shared;
use crate::reference::tenant::requests::{IdpState, MoveClock, PresetName};
use crate::reference::tenant::{ConsoleError, Tenant};

/// What the identity provider would say when somebody signs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignIn {
    /// Lets in.
    Active,
    /// Refuses for now.
    Suspended,
    /// Refuses.
    Deactivated,
}

impl Shared {
    /// Moves the service's time, and remembers that for the real time that goes on beside it.
    pub(super) fn move_clock(&self, tenant: &mut Tenant, fields: &MoveClock) -> Result<(), ConsoleError> {
        let moved = tenant.move_clock(fields)?;
        let mut total = self.moved.lock().unwrap_or_else(PoisonError::into_inner);
        *total = total.saturating_add(moved);
        Ok(())
    }
}

impl Shared {
    /// How long the service has been there in real time.
    fn elapsed(&self) -> SignedDuration {
        match (&self.options.live, self.live_start) {
            (Some(live), Some(start)) => live().duration_since(start),
            _ => SignedDuration::ZERO,
        }
    }

    /// Throws everything away but the states that were kept.
    pub(super) fn begin_again(&self, tenant: &mut Tenant) {
        let options = &self.options;
        let now = options.start.checked_add(self.elapsed()).unwrap_or(options.start);
        *self.moved.lock().unwrap_or_else(PoisonError::into_inner) = SignedDuration::ZERO;
        *tenant = Tenant::new(options.preset.behaviour(), now, options.seed);
        tenant.behaviour.text_booleans = self.lenient.load(Ordering::Relaxed);
    }

    /// Keeps the whole state; gives the number under which it can be had again.
    pub(super) fn keep(&self, tenant: &Tenant) -> Result<usize, ConsoleError> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() == MOST_KEPT {
            let message = format!("{MOST_KEPT} states are kept already; restart the service to forget them.");
            return Err(ConsoleError::new(400, "TOO_MANY_SNAPSHOTS", message));
        }
        kept.push(tenant.clone());
        Ok(kept.len())
    }

    /// Brings a state back that was kept, with its time.
    pub(super) fn bring_back(&self, tenant: &mut Tenant, number: usize) -> Result<(), ConsoleError> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let saved = number.checked_sub(1).and_then(|at| kept.get(at));
        *tenant = saved.cloned().ok_or_else(|| ConsoleError::not_found("snapshot"))?;
        let since = tenant.instant().duration_since(self.options.start);
        let moved = since.saturating_sub(self.elapsed());
        *self.moved.lock().unwrap_or_else(PoisonError::into_inner) = moved;
        Ok(())
    }
}

/// Most states that are kept.
const MOST_KEPT: usize = 32;

impl Reference {
    /// The service's time, as the console shows it.
    #[must_use]
    pub fn now(&self) -> String {
        self.shared.lock().now()
    }

    /// Lets time pass, and everything happen that falls due.
    ///
    /// # Errors
    /// When that is no time that can pass; the message says so.
    pub fn advance(&self, seconds: i64) -> Result<(), String> {
        let mut tenant = self.shared.lock();
        let fields = MoveClock { advance_seconds: Some(seconds), set_to: None };
        self.shared.move_clock(&mut tenant, &fields).map_err(|error| error.message)
    }

    /// The deactivation delays of the providers in minutes, by their names.
    #[must_use]
    pub fn delays(&self) -> Vec<(String, i64)> {
        let views = self.shared.lock().provider_views();
        let named = |view: &Value| {
            Some((view["displayName"].as_str()?.to_owned(), view["deactivationDelayMinutes"].as_i64()?))
        };
        views.iter().filter_map(named).collect()
    }

    /// Who is going to be deactivated and when, the earliest first.
    #[must_use]
    pub fn pending_deactivations(&self) -> Vec<(String, String)> {
        let views = self.shared.lock().pending_deactivations();
        let named =
            |view: &Value| Some((view["username"].as_str()?.to_owned(), view["dueAt"].as_str()?.to_owned()));
        views.iter().filter_map(named).collect()
    }

    /// Which service it is now.
    #[must_use]
    pub fn preset(&self) -> Preset {
        match self.shared.lock().preset() {
            "RFC" => Preset::Rfc,
            _ => Preset::Seed,
        }
    }

    /// Another service, from now on.
    pub fn set_preset(&self, preset: Preset) {
        let name = match preset {
            Preset::Seed => PresetName::Seed,
            Preset::Rfc => PresetName::Rfc,
        };
        // It is refused only when none is given.
        let _ = self.shared.lock().set_preset(Some(name));
    }

    /// Whether the texts `True` and `False` are taken for booleans, as Microsoft Entra writes them; also after a
    /// fresh start and with another preset.
    pub fn take_text_booleans(&self, taken: bool) {
        self.shared.lenient.store(taken, Ordering::Relaxed);
        self.shared.lock().behaviour.text_booleans = taken;
    }

    /// What the identity provider says of a person from now on.
    pub fn set_sign_in(&self, username: &str, state: SignIn) {
        let state = match state {
            SignIn::Active => IdpState::Active,
            SignIn::Suspended => IdpState::Suspended,
            SignIn::Deactivated => IdpState::Deactivated,
        };
        let _ = self.shared.lock().set_idp_state(username, Some(state));
    }

    /// The entries of the sync log that requests with these numbers left, the oldest first.
    #[must_use]
    pub fn sync_log_of(&self, requests: &[u64]) -> Vec<Value> {
        self.shared.lock().sync_log_of(requests)
    }

    /// Throws everything away: a service as it was made, whose clock shows real time again. Whoever is signed
    /// in stays so.
    pub fn reset(&self) {
        let mut tenant = self.shared.tenant.lock().unwrap_or_else(PoisonError::into_inner);
        self.shared.begin_again(&mut tenant);
    }

    /// Where clients reach it.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.shared.options.origin
    }

    /// The SCIM base URL.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.shared.base_url
    }
}
