//! What an administrator sends to the console, as the API's documentation describes it.

use schemars::JsonSchema;
use serde::Deserialize;

macro_rules! requests {
    ($( $(#[$doc:meta])* $name:ident { $( $(#[$field_doc:meta])* $field:ident : $type:ty ),* $(,)? } )*) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
            #[serde(deny_unknown_fields, rename_all = "camelCase", default)]
            pub(crate) struct $name { $( $(#[$field_doc])* pub(crate) $field : $type ),* }
        )*
    };
}

macro_rules! words {
    ($( $(#[$doc:meta])* $name:ident { $( $(#[$word_doc:meta])* $word:ident = $text:literal ),* $(,)? } )*) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
            pub(crate) enum $name { $( $(#[$word_doc])* #[serde(rename = $text)] $word ),* }

            impl $name {
                pub(crate) fn as_str(self) -> &'static str {
                    match self { $( Self::$word => $text ),* }
                }
            }
        )*
    };
}

words! {
    /// Authentication credential type of a provider.
    CredentialType {
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
    /// How an organization's users sign in.
    AuthMethod {
        /// With a password of the service.
        Local = "LOCAL",
        /// Through the identity provider.
        Sso = "SSO",
    }
    /// Organization mapping method.
    OrgMethod {
        /// Everybody starts in the default organization.
        None = "NONE",
        /// New users are made in one organization.
        SingleOrg = "SINGLE_ORG",
        /// By the attribute `c42OrgName`.
        C42OrgName = "C42_ORG_NAME",
        /// By SCIM group.
        ScimGroups = "SCIM_GROUPS",
    }
    /// How roles are managed.
    RoleMode {
        /// In the console.
        Manual = "MANUAL",
        /// By SCIM group.
        ScimGroups = "SCIM_GROUPS",
    }
    /// When the directory sync report is mailed.
    EmailFrequency {
        /// Every day.
        Daily = "DAILY",
        /// Only when there are errors.
        ErrorsOnly = "ERRORS_ONLY",
        /// Never.
        Never = "NEVER",
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
        /// With a title of its own.
        Custom = "CUSTOM",
    }
}

/// Who manages a user that the console made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum ConsoleOrigin {
    /// The console alone.
    Local,
    /// A provider may adopt the user.
    Unmanaged,
}

/// What the identity provider says at sign-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum IdpState {
    /// Signs the user in.
    Active,
    /// Refuses for now.
    Suspended,
    /// Refuses.
    Deactivated,
}

requests! {
    /// Nothing.
    Nothing {}
    /// Moves the clock, never back: give one of the two.
    MoveClock {
        /// Seconds to advance.
        advance_seconds: Option<i64>,
        /// Date and time of RFC 3339.
        set_to: Option<String>,
    }
    /// A person's state at the identity provider.
    SetIdpState {
        /// The state; required.
        state: Option<IdpState>,
    }
    /// A state that was kept.
    Restore {
        /// The id that the snapshot was given; required.
        snapshot_id: Option<String>,
    }
    /// Another preset.
    SetPreset {
        /// Which; required.
        preset: Option<PresetName>,
    }
    /// The plan.
    SetPlan {
        /// Whether it has the backup agent; required.
        backup_agent: Option<bool>,
    }
    /// A new provider.
    AddProvider {
        /// Display name, of its own; required.
        display_name: Option<String>,
        /// API credentials when left out.
        credential_type: Option<CredentialType>,
    }
    /// Changes of a provider.
    EditProvider {
        /// Display name.
        display_name: Option<String>,
        /// Whether it lets its client in.
        enabled: Option<bool>,
    }
    /// A deactivation delay.
    SetDelay {
        /// 0 to 43200; required.
        minutes: Option<i64>,
    }
    /// An organization mapping method.
    SetOrgMapping {
        /// The method; required.
        method: Option<OrgMethod>,
        /// With `SINGLE_ORG`: orgGuid or orgId of the organization of new users.
        target_org_guid: Option<String>,
        /// With `C42_ORG_NAME` and `SCIM_GROUPS`: orgGuid or orgId of the organization of unmapped users.
        unmapped_org_guid: Option<String>,
    }
    /// An organization mapping of SCIM groups.
    OrgRule {
        /// At least one group, none of which is in another mapping.
        group_ids: Option<Vec<String>>,
        /// orgGuid or orgId of an active organization.
        org_guid: Option<String>,
    }
    /// The order of the organization mappings.
    RuleOrder {
        /// All of them, highest priority first.
        rule_ids: Vec<String>,
    }
    /// How roles are managed.
    SetRoleMapping {
        /// The mode; required.
        mode: Option<RoleMode>,
    }
    /// A role mapping of a SCIM group.
    RoleRule {
        /// A group that has none yet; stays the same in a change.
        group_id: Option<String>,
        /// At least one role.
        role_ids: Option<Vec<String>>,
    }
    /// Apply Org and Role Settings.
    ApplySettings {
        /// Only report what would be done.
        dry_run: bool,
        /// Only these users.
        user_ids: Option<Vec<String>>,
    }
    /// A new organization.
    AddOrganization {
        /// Its name; required.
        org_name: Option<String>,
        /// orgGuid or orgId of the organization above it; the root when left out.
        parent_org_guid: Option<String>,
        /// Its own way to sign in; inherited when left out.
        auth_method: Option<AuthMethod>,
        /// Its own default roles; inherited when left out.
        default_role_ids: Option<Vec<String>>,
        /// Its own days in cold storage; inherited when left out.
        archive_hold_days: Option<i64>,
        /// Notes.
        notes: Option<String>,
        /// Reference of another system.
        org_ext_ref: Option<String>,
    }
    /// Changes of an organization.
    EditOrganization {
        /// Its name.
        org_name: Option<String>,
        /// Notes.
        notes: Option<String>,
        /// Reference of another system.
        org_ext_ref: Option<String>,
    }
    /// Settings of an organization; what is left out stays.
    OrganizationSettings {
        /// Its own way to sign in.
        auth_method: Option<AuthMethod>,
        /// Its own default roles.
        default_role_ids: Option<Vec<String>>,
        /// Its own days in cold storage.
        archive_hold_days: Option<i64>,
        /// What is inherited from above again.
        inherit: Inherit,
    }
    /// Settings that are inherited; their own values are discarded.
    Inherit {
        /// The way to sign in.
        auth_method: bool,
        /// Default roles.
        default_role_ids: bool,
        /// Days in cold storage.
        archive_hold_days: bool,
    }
    /// A new user.
    AddUser {
        /// An e-mail address; required.
        username: Option<String>,
        /// Given name.
        first_name: Option<String>,
        /// Family name.
        last_name: Option<String>,
        /// orgGuid or orgId; the default organization when left out.
        org_guid: Option<String>,
        /// The organization by its name.
        org_name: Option<String>,
        /// By default what the organization's way to sign in makes of the user.
        origin: Option<ConsoleOrigin>,
        /// Notes.
        notes: Option<String>,
    }
    /// Changes of a user; an empty text clears a field.
    EditUser {
        /// Given name.
        first_name: Option<String>,
        /// Family name.
        last_name: Option<String>,
        /// Job title.
        title: Option<String>,
        /// Department.
        department: Option<String>,
        /// Division.
        division: Option<String>,
        /// Notes.
        notes: Option<String>,
    }
    /// A move to another organization.
    MoveUser {
        /// orgGuid or orgId.
        org_guid: Option<String>,
        /// The organization by its name.
        org_name: Option<String>,
    }
    /// A deactivation.
    DeactivateUser {
        /// Block the user too.
        block: bool,
    }
    /// An activation.
    ActivateUser {
        /// Unblock the user too.
        unblock: bool,
    }
    /// Who manages a user.
    SetOrigin {
        /// Required.
        origin: Option<ConsoleOrigin>,
    }
    /// All roles of a user from now on.
    SetUserRoles {
        /// Identifiers; required.
        role_ids: Option<Vec<String>>,
    }
    /// A change of the catalogue.
    SetRoleAvailable {
        /// Whether the role can be given; required.
        available: Option<bool>,
    }
    /// A new matter.
    AddMatter {
        /// Its name; required.
        name: Option<String>,
        /// Description.
        description: Option<String>,
        /// The policy; the default one when left out.
        policy_id: Option<String>,
    }
    /// A custodian.
    Custodian {
        /// Required.
        user_id: Option<String>,
    }
    /// A new policy.
    AddPolicy {
        /// Its name; required.
        name: Option<String>,
    }
    /// A new watchlist.
    AddWatchlist {
        /// Its kind; required.
        watchlist_type: Option<WatchlistType>,
        /// Its title; required for a custom one.
        title: Option<String>,
        /// Description.
        description: Option<String>,
    }
    /// Users of a watchlist.
    Actors {
        /// Identifiers of users.
        actor_ids: Vec<String>,
    }
    /// SCIM groups of a watchlist.
    WatchedGroups {
        /// Identifiers of groups.
        group_ids: Vec<String>,
    }
    /// Departments of a watchlist.
    WatchedDepartments {
        /// Names.
        departments: Vec<String>,
    }
    /// The frequency of the directory sync report.
    SetEmail {
        /// Required.
        frequency: Option<EmailFrequency>,
    }
}
