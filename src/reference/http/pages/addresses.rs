//! The addresses of the pages.

pub(super) const HOME: &str = "/administration";

pub(super) const SIGN_IN: &str = "/sign-in";

pub(super) const SIGN_OUT: &str = "/sign-out";

pub(super) const IDENTITY: &str = "/administration/identity-management";

pub(super) const PROVISIONING: &str = "/administration/identity-management/provisioning";

pub(super) const SYNC_LOG: &str = "/administration/identity-management/sync-log";

pub(super) const USERS: &str = "/administration/users";

pub(super) const ORGANIZATIONS: &str = "/administration/organizations";

pub(super) const GROUPS: &str = "/administration/groups";

pub(super) const HOLDS: &str = "/administration/legal-hold";

pub(super) const WATCHLISTS: &str = "/administration/watchlists";

pub(super) const AUDIT: &str = "/administration/audit-log";

/// Whether a path is one of the pages.
pub(in crate::reference::http) fn is_below(path: &str) -> bool {
    let below =
        |root: &str| path.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    path == "/" || [HOME, SIGN_IN, SIGN_OUT, "/assets", "/developer"].into_iter().any(below)
}
