//! What the simulator is given, keeps and reports: the definition of an org, the state of people and groups,
//! failed tasks, and why an operation or a request did not succeed. Sends nothing.

use indexmap::IndexMap;

use super::dialect::Dialect;
use super::mapping::AppProfile;
use super::okta::messages::Doing;
use super::operation::{App, Group, Person};
use crate::exchange::BoxFuture;

/// What a simulator starts from.
#[derive(Debug, Clone)]
pub struct Definition {
    /// Which client, and how its app was created.
    pub dialect: Dialect,
    /// The app instance.
    pub app: App,
    /// People by short name.
    pub people: IndexMap<String, Person>,
    /// Groups by short name.
    pub groups: IndexMap<String, Group>,
    /// Changes all generated identifiers and passwords.
    pub seed: u64,
}

/// How the engine waits when a server asks for it with 429.
pub trait Pacing: Send + Sync {
    /// Waits `seconds`; `why` is a sentence fragment for whoever watches. The error is a sentence that says why
    /// nobody waits so long.
    fn wait<'a>(&'a self, why: &'a str, seconds: u64) -> BoxFuture<'a, Result<(), String>>;
}

/// The operation makes no sense here; nothing was sent. Not a failure of the target.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OperationError {
    /// A name that is not in the directory.
    #[error("the Okta directory has no {kind} `{name}`; it has {known}")]
    Unknown {
        /// `person` or `group`.
        kind: &'static str,
        /// The name asked for.
        name: String,
        /// The names there are.
        known: String,
    },
    /// The integration has no base URL yet.
    #[error("the app has no base URL yet; configure the API integration before this step")]
    NotConnected,
    /// Okta's pages would not offer the action.
    #[error("Okta does not offer this: {0}")]
    NotOffered(String),
}

/// What an operation led to, besides its requests.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Jobs that failed.
    pub tasks: Vec<Task>,
    /// Why something was not sent, in sentences.
    pub notes: Vec<String>,
}

/// A failed job as the administrator sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// Short name of the person, if it is about one.
    pub user: Option<String>,
    /// Short name of the group, if it is about one.
    pub group: Option<String>,
    /// The message.
    pub message: String,
    pub(super) doing: Option<Doing>,
    pub(super) external_id: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lifecycle {
    Staged,
    Active,
    Suspended,
    Deactivated,
    Deleted,
}

#[derive(Debug, Clone)]
pub(super) struct PersonState {
    pub(super) profile: Person,
    pub(super) okta_id: String,
    pub(super) lifecycle: Lifecycle,
    /// Has the app, by whatever way.
    pub(super) assigned: bool,
    /// Was given the app by Assign to People, not only by a group.
    pub(super) individual: bool,
    pub(super) external_id: Option<String>,
    /// The id of the account before the link went.
    pub(super) former_id: Option<String>,
    /// The app profile of the last successful push; Okta compares with this, not with the server (§3.8).
    pub(super) pushed: Option<AppProfile>,
    pub(super) passwords: u32,
    /// App attributes that were edited for this person, by variable name; they go with the assignment.
    pub(super) edited: IndexMap<String, String>,
}

impl PersonState {
    pub(super) fn new(profile: Person, okta_id: String, lifecycle: Lifecycle) -> Self {
        Self {
            profile,
            okta_id,
            lifecycle,
            assigned: false,
            individual: false,
            external_id: None,
            former_id: None,
            pushed: None,
            passwords: 0,
            edited: IndexMap::new(),
        }
    }

    /// As the admin pages show it.
    pub(super) fn status(&self) -> &'static str {
        match self.lifecycle {
            Lifecycle::Staged => "STAGED",
            Lifecycle::Active => "ACTIVE",
            Lifecycle::Suspended => "SUSPENDED",
            Lifecycle::Deactivated => "DEPROVISIONED",
            Lifecycle::Deleted => "DELETED",
        }
    }

    /// The application user name.
    pub(super) fn user_name(&self, app: &App) -> String {
        self.edited.get("userName").cloned().unwrap_or_else(|| app.user_name(&self.profile))
    }
}

#[derive(Debug, Clone)]
pub(super) struct GroupState {
    pub(super) group: Group,
    /// Stands in place of Okta's group id.
    pub(super) okta_id: String,
    /// The app is assigned to the group.
    pub(super) assigned: bool,
    pub(super) external_id: Option<String>,
    pub(super) linked: bool,
    pub(super) active: bool,
    pub(super) pushed_name: Option<String>,
    /// The name in the app, where it was chosen apart from Okta's.
    pub(super) app_name: Option<String>,
    /// The group of the app that is to be linked when the push becomes active.
    pub(super) target_id: Option<String>,
    /// External ids of the members as last pushed.
    pub(super) pushed_members: Vec<String>,
}

impl GroupState {
    pub(super) fn new(group: Group, okta_id: String) -> Self {
        Self {
            group,
            okta_id,
            assigned: false,
            external_id: None,
            linked: false,
            active: false,
            pushed_name: None,
            app_name: None,
            target_id: None,
            pushed_members: Vec::new(),
        }
    }
}

/// What went wrong with one request, in the words of a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: Option<u16>,
    pub(super) reason: String,
}

impl Refusal {
    /// Whether System Log calls the failure one that can be retried (§6): not so for credentials.
    pub(super) fn is_transient(&self) -> bool {
        !matches!(self.status, Some(401 | 403))
    }
}
