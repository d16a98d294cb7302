//! What `expect.*` steps say. How they are judged is in `judge`.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

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
    /// The same resource (`id`) as at the previous expectation of this user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub same_id: Option<bool>,
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
}

/// Who holds a role.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ExpectRole {
    /// The role's identifier, e.g. `desktop-user`.
    pub role: String,
    /// Its holders in any order: short names from `people`, or user names.
    pub users: Vec<String>,
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
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
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
