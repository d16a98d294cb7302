//! The state of one service.

use jiff::Timestamp;

use super::audit_log::Audit;
use super::log::Log;
use super::matters::Holds;
use super::model::{Behaviour, Provider};
use super::organization::Organizations;
use super::requests;
use super::role_set::RoleSet;
use super::store::Store;
use super::watched::Watchlists;

/// One service with everything in it.
#[derive(Debug, Clone)]
pub(crate) struct Tenant {
    pub(crate) behaviour: Behaviour,
    pub(super) store: Store,
    pub(super) providers: Vec<Provider>,
    pub(super) organizations: Organizations,
    pub(super) default_organization: usize,
    /// Roles that cannot be given any more.
    pub(super) withdrawn: RoleSet,
    pub(super) holds: Holds,
    pub(super) watchlists: Watchlists,
    /// How often Apply Org and Role Settings was run.
    pub(super) runs: u64,
    pub(super) email: requests::EmailFrequency,
    pub(super) now: Timestamp,
    pub(super) seed: u64,
    pub(super) next_request: u64,
    pub(super) request: Option<u64>,
    pub(super) log: Log,
    pub(super) audit: Audit,
    pub(super) log_count: u64,
    pub(super) cursor_key: [u8; 32],
    /// What the identity provider would say at sign-in, by user name; ACTIVE when absent.
    pub(super) idp_states: std::collections::BTreeMap<String, requests::IdpState>,
}
