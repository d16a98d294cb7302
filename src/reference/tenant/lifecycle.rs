//! A user's life: delay, block, cold storage, and back. The transitions T5 to T25 of code42-service §3.4.

use jiff::SignedDuration;

use super::audit_log::Act;
use super::id::Id;
use super::log::{About, Actor};
use super::model::{BlockReason, ColdStorage, Origin, Pending, Stamp, User};
use super::{ConsoleError, Tenant, time};

impl Tenant {
    /// How long the provider's deactivations wait, in minutes.
    pub(super) fn delay_of(&self, provider: Id) -> i64 {
        self.providers.iter().find(|known| known.id == provider).map_or(0, |known| known.delay_minutes)
    }

    /// The provider wants the user inactive: T5, T6, T7, T10.
    pub(super) fn provider_deactivates(&mut self, provider: Id, user: &mut User) {
        if !user.scim_active() {
            return;
        }
        let delay = self.delay_of(provider);
        if delay == 0 {
            if self.holds.on_hold(user.id) {
                self.defer(Actor::Provider(provider), user);
                return;
            }
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
        entry.cause = Some("PROVIDER_REQUEST");
        entry.set("dueAt", time(due_at));
        if newly_blocked {
            self.write_log(Actor::Provider(provider), "USER_BLOCKED", "SUCCESS", &about(user)).cause =
                Some("PROVIDER_REQUEST");
        }
    }

    /// A user on legal hold is not deactivated but blocked until the release (S26 to S29): T9, T10.
    fn defer(&mut self, actor: Actor, user: &mut User) {
        user.pending = None;
        user.deferred = true;
        user.block_reasons.remove(&BlockReason::PendingDeactivation);
        user.block_reasons.insert(BlockReason::LegalHold);
        sign_out(user);
        let entry = self.write_log(actor, "DEACTIVATION_DEFERRED_LEGAL_HOLD", "WARNING", &about(user));
        entry.cause = Some("LEGAL_HOLD");
        entry.set("message", "The user is on legal hold and was blocked instead of deactivated.");
    }

    /// T13: the last hold is gone, so what it held up happens at once.
    pub(super) fn released(&mut self, id: Id) {
        if self.holds.on_hold(id) {
            return;
        }
        let Some(mut user) = self.user(id).filter(|user| user.deferred).cloned() else { return };
        self.deactivate_now(&mut user);
        let actor = Actor::Console(Self::owner(&user));
        self.write_log(actor, "USER_DEACTIVATED", "SUCCESS", &about(&user)).cause =
            Some("LEGAL_HOLD_RELEASED");
        self.store.put_user(user);
    }

    /// The provider wants the user active: T12, T14, T20, T21.
    pub(super) fn provider_activates(&mut self, provider: Id, user: &mut User) {
        if user.pending.take().is_some() || user.deferred {
            user.deferred = false;
            user.block_reasons.remove(&BlockReason::PendingDeactivation);
            user.block_reasons.remove(&BlockReason::LegalHold);
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
        self.write_log(Actor::Provider(provider), "USER_REACTIVATED", "SUCCESS", &about(user)).cause =
            Some("PROVIDER_REQUEST");
        if purged {
            self.write_log(Actor::Provider(provider), "ARCHIVE_PURGED", "WARNING", &about(user))
                .set("message", "The archive is gone; the user starts without one.");
        }
    }

    /// T8, T9 and T23: called when a user's timer falls due, with `now` at that instant.
    pub(super) fn timer_fired(&mut self, id: Id) {
        let Some(mut user) = self.store.user(id).cloned() else { return };
        if let Some(pending) = user.pending.take() {
            let actor = Actor::Clock(pending.provider);
            if self.holds.on_hold(id) {
                self.defer(actor, &mut user);
            } else {
                self.deactivate_now(&mut user);
                self.write_log(actor, "USER_DEACTIVATED", "SUCCESS", &about(&user)).cause =
                    Some("DELAY_ELAPSED");
            }
        } else if let Some(cold) = &mut user.cold {
            cold.purged = true;
            self.audit_clock(Act::ArchivePurged, &user);
        }
        self.store.put_user(user);
    }

    /// Deactivated: signed out, nothing backs up, the archive goes to cold storage.
    fn deactivate_now(&mut self, user: &mut User) {
        user.active = false;
        user.pending = None;
        user.deferred = false;
        user.block_reasons.remove(&BlockReason::PendingDeactivation);
        user.block_reasons.remove(&BlockReason::LegalHold);
        sign_out(user);
        for device in &mut user.devices {
            device.backing_up = false;
        }
        let days = self.organizations.archive_hold_days(user.organization);
        let expires_at = self.now.checked_add(SignedDuration::from_hours(24 * days)).unwrap_or(self.now);
        user.cold = Some(Box::new(ColdStorage { entered_at: self.now, expires_at, purged: false }));
    }

    /// Console ▸ Block: T16.
    pub(crate) fn console_block(&mut self, id: Id) -> Result<(), ConsoleError> {
        let mut user = self.console_user(id)?;
        user.block_reasons.insert(BlockReason::Manual);
        sign_out(&mut user);
        self.audit(Act::UserBlocked, Some(&user));
        self.store.put_user(user);
        Ok(())
    }

    /// Console ▸ Unblock: T11, T15 and T17. Unblocking a user who was blocked because a deactivation is due
    /// cancels it (S79); without the backup agent nobody is blocked for that (code42-service §2.9).
    pub(crate) fn console_unblock(&mut self, id: Id) -> Result<(), ConsoleError> {
        let mut user = self.console_user(id)?;
        let automatic = user.block_reasons.contains(&BlockReason::PendingDeactivation)
            || user.block_reasons.contains(&BlockReason::LegalHold);
        user.block_reasons.clear();
        self.audit(Act::UserUnblocked, Some(&user));
        if automatic && (user.pending.is_some() || user.deferred) {
            user.pending = None;
            user.deferred = false;
            self.touch(&mut user);
            let actor = Actor::Console(Self::owner(&user));
            self.write_log(actor, "DEACTIVATION_CANCELLED", "SUCCESS", &about(&user)).cause =
                Some("CONSOLE_UNBLOCK");
        }
        self.store.put_user(user);
        Ok(())
    }

    /// The provider that manages a user.
    fn owner(user: &User) -> Id {
        match user.origin {
            Origin::Provisioned(provider) => provider,
            Origin::Local | Origin::Unmanaged => Id(0),
        }
    }

    /// Console ▸ Deactivate: T18, without delay (S20); T19 on legal hold.
    pub(crate) fn console_deactivate(&mut self, id: Id, block: bool) -> Result<(), ConsoleError> {
        let mut user = self.console_user(id)?;
        if user.active && self.holds.on_hold(id) {
            return Err(ConsoleError::new(
                400,
                "ACTIVE_LEGAL_HOLD",
                "A user on legal hold cannot be deactivated; release the user, or block the user instead.",
            ));
        }
        if block {
            user.block_reasons.insert(BlockReason::Manual);
        }
        if user.active {
            if user.pending.is_some() {
                let actor = Actor::Console(Self::owner(&user));
                self.write_log(actor, "DEACTIVATION_SUPERSEDED", "SUCCESS", &about(&user)).cause =
                    Some("CONSOLE_DEACTIVATION");
            }
            // Pending already looks deactivated over SCIM.
            let seen = user.scim_active();
            self.deactivate_now(&mut user);
            if seen {
                self.touch(&mut user);
            }
            self.audit(Act::UserDeactivated, Some(&user));
        }
        self.store.put_user(user);
        Ok(())
    }

    /// Console ▸ Activate: T22.
    pub(crate) fn console_activate(&mut self, id: Id, unblock: bool) -> Result<(), ConsoleError> {
        let mut user = self.console_user(id)?;
        if unblock {
            user.block_reasons.clear();
        }
        if !user.active {
            user.active = true;
            if user.cold.as_ref().is_some_and(|cold| !cold.purged) {
                user.cold = None;
            }
            self.touch(&mut user);
            self.audit(Act::UserActivated, Some(&user));
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

pub(super) fn about(user: &User) -> About<'_> {
    About::User(user.id, user.username())
}

pub(super) fn sign_out(user: &mut User) {
    for device in &mut user.devices {
        device.signed_in = false;
    }
}
