//! What `expect.*` steps say. How they are judged is in `judge`.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::console_model::{AuthMethod, choices};
use super::span::Span;

/// What must be true of a user. Fields that are left out are not looked at.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ExpectUser {
    /// Short name from `people`, or a user name.
    pub user: String,
    /// Whether the service shows the user over SCIM; `true` when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exists: Option<bool>,
    /// SCIM `active`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active: Option<bool>,
    /// State in the console.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<UserStatus>,
    /// Whether the user is blocked in the console.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blocked: Option<bool>,
    /// Where the backup archive is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archive: Option<Archive>,
    /// Name of the user's organization.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization: Option<String>,
    /// Role identifiers, in any order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub roles: Option<Vec<String>>,
    /// Whether the user can sign in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub can_sign_in: Option<bool>,
    /// Number of devices that are signed in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sessions: Option<u64>,
    /// Number of devices that back up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backing_up: Option<u64>,
    /// SCIM attributes: path (`title`, `name.givenName`, `emails[0].value`, `addresses[0].country`, or
    /// `urn:…:User:department`) to value; `null` says that there is none.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub attributes: IndexMap<String, Value>,
    /// Who manages the user: `LOCAL`, `UNMANAGED`, or `PROVISIONED by ` and the provider's display name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// Why the user is blocked: `MANUAL`, `PENDING_DEACTIVATION`, `LEGAL_HOLD`, in any order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub block_reasons: Option<Vec<String>>,
    /// How long from now until the pending deactivation is due, e.g. `14m 59s`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_in: Option<Span>,
    /// The console's risk profile: `title`, `department`, `division`, `employmentType`, `country`,
    /// `region`, `locality`, `managerId`, `managerUsername`; `null` says that there is none.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub profile: IndexMap<String, Value>,
    /// The same resource (`id`) as at the previous expectation of this user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub same_id: Option<bool>,
}

impl ExpectUser {
    /// Whether it says anything of what only a console shows.
    pub(super) fn wants_the_console(&self) -> bool {
        self.status.is_some()
            || self.blocked.is_some()
            || self.archive.is_some()
            || self.organization.is_some()
            || self.roles.is_some()
            || self.can_sign_in.is_some()
            || self.sessions.is_some()
            || self.backing_up.is_some()
            || self.origin.is_some()
            || self.block_reasons.is_some()
            || self.due_in.is_some()
            || !self.profile.is_empty()
    }
}

/// A user's state in the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum UserStatus {
    /// Active.
    Active,
    /// Active and blocked by hand.
    Blocked,
    /// Deactivation is due.
    PendingDeactivation,
    /// Deactivation waits for the end of a legal hold.
    Held,
    /// Deactivated, archive in cold storage.
    Deactivated,
    /// Deactivated, archive gone.
    Purged,
}

impl UserStatus {
    /// The name that the console's state uses (code42-service §3.4).
    #[must_use]
    pub fn as_console(self) -> &'static str {
        match self {
            Self::Active => "ACTIVE",
            Self::Blocked => "BLOCKED",
            Self::PendingDeactivation => "PENDING_DEACTIVATION",
            Self::Held => "HELD",
            Self::Deactivated => "DEACTIVATED",
            Self::Purged => "PURGED",
        }
    }
}

/// Where a backup archive is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Archive {
    /// In use.
    Hot,
    /// In cold storage.
    Cold,
    /// Gone.
    Purged,
}

/// What must be true of a group.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ExpectGroup {
    /// Short name from `groups`, or a display name.
    pub group: String,
    /// Whether the service shows the group; `true` when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exists: Option<bool>,
    /// Its members in any order: short names from `people`, or user names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub members: Option<Vec<String>>,
    /// The same resource (`id`) as at the previous expectation of this group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub same_id: Option<bool>,
}

/// What must be true of an organization.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ExpectOrganization {
    /// Its name.
    pub name: String,
    /// Whether it exists; `true` when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exists: Option<bool>,
    /// Its users in any order: short names from `people`, or user names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub users: Option<Vec<String>>,
    /// Whether it is active.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active: Option<bool>,
    /// Whether it is blocked, by itself or from above.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blocked: Option<bool>,
    /// The organization above it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// How its users sign in, whether by its own setting or an inherited one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth_method: Option<AuthMethod>,
    /// Its default roles, its own or inherited, in any order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_roles: Option<Vec<String>>,
    /// Its days in cold storage, its own or inherited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archive_hold_days: Option<u64>,
    /// Who created it: `CONSOLE`, or `PROVISIONING by ` and the provider's display name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_by: Option<String>,
}

/// Who holds a role.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ExpectRole {
    /// The role's identifier, e.g. `desktop-user`.
    pub role: String,
    /// Its holders in any order: short names from `people`, or user names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub users: Option<Vec<String>>,
    /// Whether it can be given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub available: Option<bool>,
}

/// What a provider's details say of the mapping of its SCIM groups.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ExpectMapping {
    /// The provider's display name; the only one when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// What is shown of the groups under Organization Mapping.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org_status: Option<MappingStatus>,
    /// What is shown of the groups under Role Mapping.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role_status: Option<MappingStatus>,
    /// The groups that Add Mapping offers under Organization Mapping, in any order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub available_for_orgs: Option<Vec<String>>,
    /// The groups that Add Mapping offers under Role Mapping, in any order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub available_for_roles: Option<Vec<String>>,
    /// The organizations of the mappings, highest priority first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org_rules: Option<Vec<String>>,
}

choices! {
    /// How far the SCIM groups of a provider are mapped.
    MappingStatus {
        /// "There are no SCIM groups available".
        NoGroupsAvailable = "NO_GROUPS_AVAILABLE",
        /// Some are not mapped.
        UnmappedGroups = "UNMAPPED_GROUPS",
        /// "All SCIM groups are mapped".
        AllGroupsMapped = "ALL_GROUPS_MAPPED",
    }
}

/// What Apply Org and Role Settings reported. Counts that are left out are not looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ExpectApply {
    /// Users whom the provider manages and who are active.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evaluated: Option<u64>,
    /// Users who went to another organization.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org_moved: Option<u64>,
    /// Users whose roles changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub roles_changed: Option<u64>,
    /// Users of whom nothing changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unchanged: Option<u64>,
    /// Counts of users who were left alone: `local`, `unmanaged`, `deactivated`, `manualOrg` (evaluated, yet
    /// not moved because they were moved by hand), `otherProvider`.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub skipped: IndexMap<String, u64>,
    /// The codes of its errors, in any order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub errors: Option<Vec<String>>,
}

/// What must be true of a legal hold matter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ExpectMatter {
    /// Its name.
    pub matter: String,
    /// Whether it is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active: Option<bool>,
    /// Who is held, in any order: short names from `people`, or user names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custodians: Option<Vec<String>>,
}

/// What must be true of a watchlist.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ExpectWatchlist {
    /// Its title.
    pub watchlist: String,
    /// Who is on it, in any order: short names from `people`, or user names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub members: Option<Vec<String>>,
    /// The SCIM groups that it includes and that are there, in any order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub groups: Option<Vec<String>>,
    /// The SCIM groups that it includes and that were deleted, in any order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted_groups: Option<Vec<String>>,
    /// The departments that it includes, in any order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub departments: Option<Vec<String>>,
}

/// How the console refused the step before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ExpectConsoleRefusal {
    /// Status of the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Code of the answer, e.g. `ACTIVE_LEGAL_HOLD`.
    pub code: String,
}

/// What the audit log gained.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ExpectAuditLog {
    /// All new entries, in order; an empty list says that nothing was written.
    pub entries: Vec<AuditLogEntry>,
}

/// One entry of the audit log. Fields that are left out are not looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct AuditLogEntry {
    /// Kind, e.g. `Add user`, `Deactivate user`, `External attributes change`, `Block user`.
    pub event: String,
    /// The user it is about: short name from `people`, or a user name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The user name of the console or provider that did it, or `SYSTEM`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
}

/// What the directory sync report says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ExpectSyncReport {
    /// Entries by kind; kinds that are left out are not looked at, 0 says that there is none.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub counts: IndexMap<String, u64>,
    /// The kinds of the errors, in order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub errors: Option<Vec<String>>,
    /// Whether it is mailed, at the frequency that is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mailed: Option<bool>,
}

/// What an export of the sync log gave.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ExpectSyncLogExport {
    /// The kinds of the entries, in order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub events: Option<Vec<String>>,
    /// Rows of the CSV below the header row: one for each changed attribute, one for an entry without any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
    /// Texts that stand in the CSV as they are here, quoting included.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub csv_contains: Vec<String>,
}

/// What the sync log gained.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ExpectSyncLog {
    /// All new entries, in order; an empty list says that nothing was written.
    pub entries: Vec<SyncLogEntry>,
}

/// One entry of the sync log. Fields that are left out are not looked at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct SyncLogEntry {
    /// Kind, e.g. `USER_CREATED`.
    pub event: String,
    /// The user it is about: short name from `people`, or a user name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The group it is about: short name from `groups`, or a display name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// The organization that it is about (`ORG_CREATED`), or into which the user came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization: Option<String>,
    /// The organization that the user left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization_before: Option<String>,
    /// Roles that were added, in any order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub roles_added: Option<Vec<String>>,
    /// Roles that were removed, in any order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub roles_removed: Option<Vec<String>>,
    /// SCIM paths of the attributes that changed, in any order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed: Option<Vec<String>>,
    /// The whole message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// `SUCCESS`, `WARNING` or `ERROR`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<String>,
    /// e.g. `DELAY_ELAPSED`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    /// e.g. `USER_DUPLICATE`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

/// One exchange of the latest action.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ExpectExchange {
    /// Method and path below the base URL, e.g. `POST /Users` or `PATCH /Users/{ada}`; the latest
    /// exchange when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
    /// Status of the response.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Values in the response body, by JSON Pointer; `null` says that there is none.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub body: IndexMap<String, Value>,
    /// Values in the request body, by JSON Pointer; `null` says that there is none.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub sent: IndexMap<String, Value>,
    /// Header fields of the response, exactly; `null` says that there is none.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub headers: IndexMap<String, Option<String>>,
}

/// The requests of the latest action: `METHOD /path` below the base URL, ids as `{ada}` or
/// `{engineering}`, the query left out unless the line gives one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ExpectRequests {
    /// In both dialects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent: Option<Vec<String>>,
    /// In the dialect `oin`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oin: Option<Vec<String>>,
    /// In the dialect `aiw`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aiw: Option<Vec<String>>,
}

/// The latest action sent no request at all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExpectNoRequests {}

/// What Okta's task list shows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ExpectOktaTask {
    /// The person the task is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The group the task is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// `false` says that there is no such task.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exists: Option<bool>,
    /// The administrator's message must contain each of these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contains: Vec<String>,
    /// The administrator's whole message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}
