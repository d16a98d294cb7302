//! What the audit log names, and its entries.

use std::collections::VecDeque;

use jiff::Timestamp;
use serde_json::{Map, Value};

/// The most entries that are kept, so that whoever knocks at the door forever fills nothing.
pub(super) const MOST: usize = 10_000;

macro_rules! acts {
    ($( $act:ident = $name:literal ),* $(,)?) => {
        /// What was done; the names are those that the log shows.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Act { $( $act ),* }

        impl Act {
            pub(super) fn as_str(self) -> &'static str {
                match self { $( Self::$act => $name ),* }
            }
        }
    };
}

acts! {
    // Three names are published (code42-service §1.5): the first two and `External attributes change`.
    UserAdded = "Add user",
    UserDeactivated = "Deactivate user",
    UserChanged = "Edit user",
    UserActivated = "Activate user",
    UserBlocked = "Block user",
    UserUnblocked = "Unblock user",
    UserMoved = "Move user",
    RolesChanged = "Change user roles",
    OriginChanged = "Change user origin",
    ArchivePurged = "Purge archive",
    OrganizationAdded = "Add organization",
    OrganizationChanged = "Edit organization",
    OrganizationActivated = "Activate organization",
    OrganizationDeactivated = "Deactivate organization",
    OrganizationBlocked = "Block organization",
    OrganizationUnblocked = "Unblock organization",
    OrganizationDeleted = "Delete organization",
    ProviderAdded = "Add provisioning provider",
    ProviderChanged = "Edit provisioning provider",
    ProviderRemoved = "Remove provisioning provider",
    CredentialsRotated = "Rotate provisioning credentials",
    OrgMappingChanged = "Edit organization mapping",
    RoleMappingChanged = "Edit role mapping",
    SettingsApplied = "Apply org and role settings",
    SignInFailed = "Provisioning sign-in failed",
    MatterAdded = "Add legal hold matter",
    MatterClosed = "Deactivate legal hold matter",
    MatterReopened = "Reactivate legal hold matter",
    CustodianAdded = "Add legal hold custodian",
    CustodianReleased = "Release legal hold custodian",
    WatchlistChanged = "Edit watchlist",
}

#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) at: Timestamp,
    /// The newest entry of the sync log then: the two logs are shown as one.
    pub(super) after: u64,
    pub(super) actor: &'static str,
    pub(super) act: Act,
    /// What it is about, as field and value.
    pub(super) about: Map<String, Value>,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Audit {
    pub(super) entries: VecDeque<Entry>,
}

impl Audit {
    pub(super) fn forget(&mut self, limit: Timestamp) {
        while self.entries.front().is_some_and(|entry| entry.at < limit) {
            self.entries.pop_front();
        }
    }
}
