//! A user's life: delay, block, cold storage, and back. The transitions T5 to T29 of code42-service §3.4.

use jiff::SignedDuration;

use super::model::{BlockReason, ColdStorage, Id, Pending, Stamp, User};
use super::synclog::{About, Actor};
use super::{ConsoleError, Tenant, view};

impl Tenant {
    /// The provider wants the user inactive: T5, T6, T7.
    pub(super) fn provider_deactivates(&mut self, provider: Id, user: &mut User) {
        if !user.scim_active() {
            return;
        }
        let delay =
            self.providers.iter().find(|known| known.id == provider).map_or(0, |known| known.delay_minutes);
        if delay == 0 {
            self.deactivate_now(user);
            self.write_log(Actor::Provider(provider), "USER_DEACTIVATED", "SUCCESS", &about(user)).cause =
                Some("PROVIDER_REQUEST");
            return;
        }
        let due_at = self.now.checked_add(SignedDuration::from_mins(delay)).unwrap_or(self.now);
        user.pending = Some(Box::new(Pending { requested_at: self.now, due_at, provider }));
        let newly_blocked =
            self.behaviour.backup_agent && user.block_reasons.insert(BlockReason::PendingDeactivation);
        sign_out(user);
        let entry =
            self.write_log(Actor::Provider(provider), "DEACTIVATION_SCHEDULED", "SUCCESS", &about(user));
        entry.set("dueAt", view::time(due_at));
        if newly_blocked {
            self.write_log(Actor::Provider(provider), "USER_BLOCKED", "SUCCESS", &about(user));
        }
    }

    /// The provider wants the user active: T12, T20, T21.
    pub(super) fn provider_activates(&mut self, provider: Id, user: &mut User) {
        if user.pending.take().is_some() {
            user.block_reasons.remove(&BlockReason::PendingDeactivation);
            self.write_log(Actor::Provider(provider), "DEACTIVATION_CANCELLED", "SUCCESS", &about(user))
                .cause = Some("PROVIDER_REQUEST");
            return;
        }
        if user.active {
            return;
        }
        user.active = true;
        let purged = user.cold.as_ref().is_some_and(|cold| cold.purged);
        if !purged {
            user.cold = None;
        }
        self.write_log(Actor::Provider(provider), "USER_REACTIVATED", "SUCCESS", &about(user));
        if purged {
            self.write_log(Actor::Provider(provider), "ARCHIVE_PURGED", "WARNING", &about(user))
                .set("message", "The archive is gone; the user starts without one.");
        }
    }

    /// T8 and T23: called when a user's timer falls due, with `now` at that instant.
    pub(super) fn timer_fired(&mut self, id: Id) {
        let Some(mut user) = self.store.user(id).cloned() else { return };
        if let Some(pending) = user.pending.take() {
            user.block_reasons.remove(&BlockReason::PendingDeactivation);
            self.deactivate_now(&mut user);
            self.write_log(Actor::Clock(pending.provider), "USER_DEACTIVATED", "SUCCESS", &about(&user))
                .cause = Some("DELAY_ELAPSED");
        } else if let Some(cold) = &mut user.cold {
            cold.purged = true;
        }
        self.store.put_user(user);
    }

    /// Deactivated: signed out, nothing backs up, the archive goes to cold storage.
    fn deactivate_now(&mut self, user: &mut User) {
        user.active = false;
        user.pending = None;
        user.block_reasons.remove(&BlockReason::PendingDeactivation);
        sign_out(user);
        for device in &mut user.devices {
            device.backing_up = false;
        }
        let days = self.organizations[user.organization].archive_hold_days;
        let expires_at = self.now.checked_add(SignedDuration::from_hours(24 * days)).unwrap_or(self.now);
        user.cold = Some(Box::new(ColdStorage { entered_at: self.now, expires_at, purged: false }));
    }

    /// Console ▸ Block: T16.
    pub(crate) fn console_block(&mut self, id: Id) -> Result<(), ConsoleError> {
        let mut user = self.console_user(id)?;
        user.block_reasons.insert(BlockReason::Manual);
        sign_out(&mut user);
        self.store.put_user(user);
        Ok(())
    }

    /// Console ▸ Unblock: T11 and T17. Unblocking a pending user cancels the deactivation (S79).
    pub(crate) fn console_unblock(&mut self, id: Id) -> Result<(), ConsoleError> {
        let mut user = self.console_user(id)?;
        user.block_reasons.clear();
        if let Some(pending) = user.pending.take() {
            self.touch(&mut user);
            self.write_log(
                Actor::Console(pending.provider),
                "DEACTIVATION_CANCELLED",
                "SUCCESS",
                &about(&user),
            )
            .cause = Some("CONSOLE_UNBLOCK");
        }
        self.store.put_user(user);
        Ok(())
    }

    /// Console ▸ Deactivate: T18, without delay (S20).
    pub(crate) fn console_deactivate(&mut self, id: Id) -> Result<(), ConsoleError> {
        let mut user = self.console_user(id)?;
        if !user.active {
            return Ok(());
        }
        if let Some(pending) = user.pending.clone() {
            self.write_log(
                Actor::Console(pending.provider),
                "DEACTIVATION_SUPERSEDED",
                "SUCCESS",
                &about(&user),
            );
        }
        self.deactivate_now(&mut user);
        self.touch(&mut user);
        self.store.put_user(user);
        Ok(())
    }

    /// Console ▸ Activate: T22.
    pub(crate) fn console_activate(&mut self, id: Id) -> Result<(), ConsoleError> {
        let mut user = self.console_user(id)?;
        if !user.active {
            user.active = true;
            if user.cold.as_ref().is_some_and(|cold| !cold.purged) {
                user.cold = None;
            }
            self.touch(&mut user);
        }
        self.store.put_user(user);
        Ok(())
    }

    /// The SCIM view changed: new version, new lastModified.
    pub(super) fn touch(&self, user: &mut User) {
        user.version += 1;
        user.modified = Stamp::of(self.now);
    }
}

fn about(user: &User) -> About<'_> {
    About::User(user.id, user.username())
}

fn sign_out(user: &mut User) {
    for device in &mut user.devices {
        device.signed_in = false;
    }
}
