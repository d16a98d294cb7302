//! The arguments of `console.*` steps. Their documentation is what an editor shows to the author of a
//! scenario. How they are performed is in `console_actions`.
//!
//! Throughout, `user` is a short name from `people` or a user name, `group` a short name from `groups` or a
//! display name, and `provider` the display name of a provider, the first one added when left out.
//! Organizations, matters and watchlists go by their names.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

macro_rules! arguments {
    ($( $(#[$doc:meta])* $name:ident { $( $(#[$field_doc:meta])* $field:ident : $type:ty ),* $(,)? } )*) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
            #[serde(deny_unknown_fields, rename_all = "camelCase")]
            pub struct $name { $( $(#[$field_doc])* pub $field : $type ),* }
        )*
    };
}

macro_rules! choices {
    ($( $(#[$doc:meta])* $name:ident { $( $(#[$choice_doc:meta])* $choice:ident = $console:literal ),* $(,)? } )*) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
            #[serde(rename_all = "kebab-case")]
            pub enum $name { $( $(#[$choice_doc])* $choice ),* }

            impl $name {
                /// The value in the console API.
                #[must_use]
                pub fn as_console(self) -> &'static str {
                    match self { $( Self::$choice => $console ),* }
                }
            }
        )*
    };
}

pub(super) use choices;

choices! {
    /// Authentication credential type of a provider.
    Credential {
        /// User name and password.
        ApiCredentials = "API_CREDENTIALS",
        /// Bearer token.
        OauthToken = "OAUTH_TOKEN",
    }
    /// How the service behaves where the guide departs from the RFCs.
    PresetName {
        /// As the guide says.
        Seed = "SEED",
        /// Strictly by the RFCs.
        Rfc = "RFC",
    }
    /// Organization mapping method (Step 7 of the guide).
    OrgMethod {
        /// No mapping: everybody starts in the default organization.
        None = "NONE",
        /// Create new users in one organization; users who were moved stay where they are.
        SingleOrg = "SINGLE_ORG",
        /// By the user attribute `c42OrgName`; organizations are created as needed.
        C42OrgName = "C42_ORG_NAME",
        /// By SCIM group, in order of priority.
        ScimGroups = "SCIM_GROUPS",
    }
    /// How roles are managed (Step 8 of the guide).
    RoleMode {
        /// Manually, in the console.
        Manual = "MANUAL",
        /// By SCIM group.
        ScimGroups = "SCIM_GROUPS",
    }
    /// How an organization's users sign in.
    AuthMethod {
        /// With a password of the service.
        Local = "LOCAL",
        /// Through the identity provider.
        Sso = "SSO",
    }
    /// Who manages a user that the console created.
    Origin {
        /// The console alone; no provider sees the user.
        Local = "LOCAL",
        /// A provider that finds the user may adopt it.
        Unmanaged = "UNMANAGED",
    }
    /// An organization's setting.
    OrgSetting {
        /// Local or SSO.
        AuthMethod = "authMethod",
        /// Roles of users who are not mapped.
        DefaultRoles = "defaultRoleIds",
        /// Days in cold storage.
        ArchiveHoldDays = "archiveHoldDays",
    }
    /// Kind of watchlist.
    WatchlistType {
        /// Contract employees.
        ContractEmployee = "CONTRACT_EMPLOYEE",
        /// Departing employees.
        DepartingEmployee = "DEPARTING_EMPLOYEE",
        /// Elevated access privileges.
        ElevatedAccessPrivileges = "ELEVATED_ACCESS_PRIVILEGES",
        /// Flight risk.
        FlightRisk = "FLIGHT_RISK",
        /// High impact employees.
        HighImpactEmployee = "HIGH_IMPACT_EMPLOYEE",
        /// New hires.
        NewEmployee = "NEW_EMPLOYEE",
        /// Performance concerns.
        PerformanceConcerns = "PERFORMANCE_CONCERNS",
        /// Poor security practices.
        PoorSecurityPractices = "POOR_SECURITY_PRACTICES",
        /// Suspicious system activity.
        SuspiciousSystemActivity = "SUSPICIOUS_SYSTEM_ACTIVITY",
        /// A watchlist with a title of its own.
        Custom = "CUSTOM",
    }
    /// When the directory sync report is mailed.
    EmailFrequency {
        /// Every day.
        Daily = "DAILY",
        /// Only when there are directory sync errors.
        ErrorsOnly = "ERRORS_ONLY",
        /// Never.
        Never = "NEVER",
    }
}

arguments! {
    /// A new provisioning provider.
    AddProvider {
        /// Display name; also what `from:` and `provider:` refer to.
        name: String,
        /// Authentication credential type. Okta needs API credentials.
        #[serde(default = "api_credentials")]
        credential: Credential,
    }
    /// Changes of a provider.
    EditProvider {
        /// The provider; the only one when left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        provider: Option<String>,
        /// Its new display name.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        /// Switches it off or on.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        enabled: Option<bool>,
    }
    /// Names a provider.
    ProviderName {
        /// The provider's display name; the only one when left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        provider: Option<String>,
    }
    /// A provider's deactivation delay.
    DeactivationDelay {
        /// The provider's display name; the only one when left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        provider: Option<String>,
        /// Minutes, 0 to 43200.
        minutes: u32,
    }
    /// What the plan has.
    Plan {
        /// Whether it has the backup agent.
        backup_agent: bool,
    }

    /// Another preset.
    Preset {
        /// Which.
        preset: PresetName,
    }

    /// A new organization.
    AddOrganization {
        /// Its name, at least three characters.
        name: String,
        /// The organization above it; the root when left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        parent: Option<String>,
        /// Its own way to sign in; that of its parent when left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        auth_method: Option<AuthMethod>,
        /// Its own default roles, by identifier; those of its parent when left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        default_roles: Option<Vec<String>>,
        /// Its own number of days in cold storage; that of its parent when left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        archive_hold_days: Option<u32>,
    }
    /// Changes of an organization.
    EditOrganization {
        /// Which.
        organization: String,
        /// Its new name.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        /// Its own way to sign in from now on.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        auth_method: Option<AuthMethod>,
        /// Its own default roles from now on.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        default_roles: Option<Vec<String>>,
        /// Its own number of days in cold storage from now on.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        archive_hold_days: Option<u32>,
        /// Settings that are inherited again; its own are discarded.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        inherit: Vec<OrgSetting>,
    }
    /// Names an organization.
    OrganizationName {
        /// Its name.
        organization: String,
    }

    /// The organization mapping method of a provider.
    SetOrgMapping {
        /// The provider's display name; the only one when left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        provider: Option<String>,
        /// The method.
        method: OrgMethod,
        /// With `single-org`: the organization of new users. With `c42-org-name` and `scim-groups`: the one
        /// of users who are not mapped.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        organization: Option<String>,
    }
    /// A new organization mapping; it gets the lowest priority.
    AddOrgRule {
        /// The provider's display name; the only one when left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        provider: Option<String>,
        /// One or more groups.
        groups: Vec<String>,
        /// Where their members go.
        organization: String,
    }
    /// Changes of an organization mapping.
    EditOrgRule {
        /// The provider's display name; the only one when left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        provider: Option<String>,
        /// Any group of the mapping that is meant.
        group: String,
        /// Its groups from now on; the same when left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        groups: Option<Vec<String>>,
        /// Its organization from now on; the same when left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        organization: Option<String>,
    }
    /// The mapping that has a group.
    RuleOfGroup {
        /// The provider's display name; the only one when left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        provider: Option<String>,
        /// Any group of the mapping that is meant.
        group: String,
    }
    /// The order of the organization mappings.
    OrgRulePriority {
        /// The provider's display name; the only one when left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        provider: Option<String>,
        /// One group of each mapping, highest priority first.
        order: Vec<String>,
    }
    /// How a provider's users get roles.
    SetRoleMapping {
        /// The provider's display name; the only one when left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        provider: Option<String>,
        /// By SCIM groups, or manually.
        mode: RoleMode,
    }
    /// A role mapping: one group, one or more roles.
    RoleRule {
        /// The provider's display name; the only one when left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        provider: Option<String>,
        /// The group.
        group: String,
        /// Identifiers of roles, e.g. `agent-user`.
        roles: Vec<String>,
    }
    /// Applies the mappings to the users that are there.
    Apply {
        /// The provider's display name; the only one when left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        provider: Option<String>,
        /// Only report what it would do.
        #[serde(default)]
        dry_run: bool,
        /// Only these users; all of the provider when left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        users: Option<Vec<String>>,
    }

    /// A user created by hand.
    AddUser {
        /// User name, an e-mail address; or a short name from `people`, whose login and name are taken.
        user: String,
        /// Given name.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        first_name: Option<String>,
        /// Family name.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        last_name: Option<String>,
        /// The organization; the default one when left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        organization: Option<String>,
        /// By default what the organization's way to sign in makes of the user.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        origin: Option<Origin>,
    }
    /// Names a user on the service's side.
    UserName {
        /// Short name from `people`, or a user name.
        user: String,
    }
    /// An edit in the console.
    EditUser {
        /// Short name from `people`, or a user name.
        user: String,
        /// Fields of the console's user record: `firstName`, `lastName`, `title`, `department`, `division`,
        /// `notes`.
        set: IndexMap<String, Value>,
    }
    /// A deactivation by hand.
    DeactivateUser {
        /// Short name from `people`, or a user name.
        user: String,
        /// Block the user too.
        #[serde(default)]
        block: bool,
    }
    /// An activation by hand.
    ActivateUser {
        /// Short name from `people`, or a user name.
        user: String,
        /// Unblock the user too.
        #[serde(default)]
        unblock: bool,
    }
    /// A move by hand.
    MoveUser {
        /// Short name from `people`, or a user name.
        user: String,
        /// Where to.
        organization: String,
    }
    /// Roles given by hand.
    UserRoles {
        /// Short name from `people`, or a user name.
        user: String,
        /// Identifiers of all roles from now on.
        roles: Vec<String>,
    }
    /// Who manages a user from now on.
    UserOrigin {
        /// Short name from `people`, or a user name.
        user: String,
        /// Local or unmanaged.
        origin: Origin,
    }
    /// Whether a role can be given.
    RoleAvailable {
        /// Its identifier, e.g. `agent-user`.
        role: String,
        /// Whether it is there.
        available: bool,
    }

    /// Names a legal hold matter.
    MatterName {
        /// Its name.
        matter: String,
    }
    /// A user on legal hold.
    Custodian {
        /// The matter's name.
        matter: String,
        /// Short name from `people`, or a user name.
        user: String,
    }

    /// A new watchlist.
    AddWatchlist {
        /// Its title; what other steps call it.
        watchlist: String,
        /// Its kind.
        #[serde(default = "custom", rename = "type")]
        kind: WatchlistType,
    }
    /// What a watchlist includes.
    WatchlistMembers {
        /// Its title.
        watchlist: String,
        /// Users one by one.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        users: Vec<String>,
        /// SCIM groups.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        groups: Vec<String>,
        /// Names of departments.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        departments: Vec<String>,
    }
    /// Users that a watchlist excludes.
    WatchlistUsers {
        /// Its title.
        watchlist: String,
        /// Who.
        users: Vec<String>,
    }

    /// Which entries of the sync log are exported; all when nothing is given.
    ExportSyncLog {
        /// Only entries after this instant, RFC 3339.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<String>,
        /// Only entries before this instant, RFC 3339.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        before: Option<String>,
        /// Only this kind.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        event: Option<String>,
        /// Only `SUCCESS`, `WARNING` or `ERROR`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        result: Option<String>,
        /// Only about this user.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        user: Option<String>,
    }
    /// When the directory sync report is mailed.
    DirectorySyncEmail {
        /// How often.
        frequency: EmailFrequency,
    }
}

fn api_credentials() -> Credential {
    Credential::ApiCredentials
}

fn custom() -> WatchlistType {
    WatchlistType::Custom
}
