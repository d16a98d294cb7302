//! What a scenario file says. The documentation of the fields here is what an editor shows through
//! the generated JSON Schema, so it is written for the author of a scenario.

use std::path::PathBuf;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::console_model as console;
use super::expect;
pub use super::span::Span;
use crate::clients::{Dialect, operation as okta};

/// What a target must offer for a scenario to make sense on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Requirement {
    /// The console API, `/console/v1`.
    Console,
    /// A clock that can be moved.
    Clock,
    /// A target on which nothing exists yet, such as the built-in reference.
    Fresh,
    /// A service that behaves as the guide says where it departs from the RFCs.
    Guide,
}

impl Requirement {
    /// Name in files.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Console => "console",
            Self::Clock => "clock",
            Self::Fresh => "fresh",
            Self::Guide => "guide",
        }
    }
}

/// A scenario: a script of what an administrator does, with what must be true after it.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(title = "scimulate scenario")]
pub struct ScenarioFile {
    /// One sentence that says what the scenario shows.
    pub title: String,
    /// Further explanation for readers.
    #[serde(default)]
    pub description: Option<String>,
    /// Statements of the guide that the scenario covers, e.g. `S10`.
    #[serde(default)]
    pub covers: Vec<String>,
    /// What the target must offer; without it the scenario is skipped, with the reason. Steps of the
    /// families `console.*` and `clock.*` imply `console` and `clock`.
    #[serde(default)]
    pub requires: Vec<Requirement>,
    /// Words for `--tag` and `--exclude-tag`.
    #[serde(default)]
    pub tags: Vec<String>,
    /// The dialects in which the scenario runs; all when left out. `entra` runs only when it is asked for.
    #[serde(default)]
    pub dialects: Option<Vec<Dialect>>,
    /// Why the scenario makes no sense in dialect `entra`, where it is then skipped with this reason.
    #[serde(default)]
    pub not_in_entra: Option<String>,
    /// Why the state differs between the dialects. When left out it must be the same in both.
    #[serde(default)]
    pub dialects_differ: Option<String>,
    /// Values for `{{name}}` in people, groups and steps; `--variable` and `--secret` override them.
    #[serde(default)]
    pub variables: IndexMap<String, String>,
    /// The people of the Okta directory, by a short name that the steps use.
    #[serde(default)]
    pub people: IndexMap<String, okta::Person>,
    /// The groups of the Okta directory, by a short name that the steps use.
    #[serde(default)]
    pub groups: IndexMap<String, okta::Group>,
    /// The app in Okta: label, features, mapping, switches.
    #[serde(default)]
    pub app: okta::App,
    /// What happens, in order.
    #[schemars(with = "Vec<Step>")]
    pub steps: Vec<serde_saphyr::Spanned<Step>>,
}

/// One step: an action of the administrator, an expectation, or a snapshot.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub enum Step {
    /// Okta, Provisioning ▸ Integration: enter base URL and credentials.
    #[serde(rename = "okta.configure-api-integration")]
    OktaConfigureApiIntegration(okta::ConfigureApiIntegration),
    /// Okta, button Test API Credentials (Test Connector Configuration).
    #[serde(rename = "okta.test-credentials")]
    OktaTestCredentials(okta::TestCredentials),
    /// Okta, Save on the integration or on To App, with the features that are switched on.
    #[serde(rename = "okta.save")]
    OktaSave(okta::Save),
    /// Okta, Assign to People.
    #[serde(rename = "okta.assign")]
    OktaAssign(okta::Assign),
    /// Okta, Assign to Groups.
    #[serde(rename = "okta.assign-group")]
    OktaAssignGroup(okta::AssignGroup),
    /// Okta, remove the app from a group.
    #[serde(rename = "okta.unassign-group")]
    OktaUnassignGroup(okta::UnassignGroup),
    /// Okta, edit the person's profile.
    #[serde(rename = "okta.update-profile")]
    OktaUpdateProfile(okta::UpdateProfile),
    /// Okta, remove the app assignment.
    #[serde(rename = "okta.unassign")]
    OktaUnassign(okta::Unassign),
    /// Okta, Directory ▸ People ▸ Deactivate.
    #[serde(rename = "okta.deactivate")]
    OktaDeactivate(okta::Deactivate),
    /// Okta, Directory ▸ People ▸ Activate.
    #[serde(rename = "okta.reactivate")]
    OktaReactivate(okta::Reactivate),
    /// Okta, Directory ▸ People ▸ Delete, of a person who is deactivated.
    #[serde(rename = "okta.delete-person")]
    OktaDeletePerson(okta::DeletePerson),
    /// Okta, assign the app again to a person who had it before.
    #[serde(rename = "okta.reassign")]
    OktaReassign(okta::Reassign),
    /// Okta, Directory ▸ People ▸ Suspend.
    #[serde(rename = "okta.suspend")]
    OktaSuspend(okta::Suspend),
    /// Okta, Directory ▸ People ▸ Unsuspend.
    #[serde(rename = "okta.unsuspend")]
    OktaUnsuspend(okta::Unsuspend),
    /// Okta, the person's password changes.
    #[serde(rename = "okta.change-password")]
    OktaChangePassword(okta::ChangePassword),
    /// Okta, Push Groups ▸ Find group by name ▸ Save.
    #[serde(rename = "okta.push-group")]
    OktaPushGroup(okta::PushGroup),
    /// Okta, add a person to a group.
    #[serde(rename = "okta.add-member")]
    OktaAddMember(okta::AddMember),
    /// Okta, remove a person from a group.
    #[serde(rename = "okta.remove-member")]
    OktaRemoveMember(okta::RemoveMember),
    /// Okta, rename a group.
    #[serde(rename = "okta.rename-group")]
    OktaRenameGroup(okta::RenameGroup),
    /// Okta, Push Groups ▸ Push now.
    #[serde(rename = "okta.push-now")]
    OktaPushNow(okta::PushNow),
    /// Okta, Push Groups ▸ Unlink pushed group.
    #[serde(rename = "okta.unlink-group")]
    OktaUnlinkGroup(okta::UnlinkGroup),
    /// Okta, Push Groups ▸ Deactivate group push.
    #[serde(rename = "okta.deactivate-group-push")]
    OktaDeactivateGroupPush(okta::DeactivateGroupPush),
    /// Okta, Push Groups ▸ Activate group push.
    #[serde(rename = "okta.activate-group-push")]
    OktaActivateGroupPush(okta::ActivateGroupPush),
    /// Okta, Push Groups ▸ Link Group to one that exists in the app.
    #[serde(rename = "okta.link-group")]
    OktaLinkGroup(okta::LinkGroup),
    /// Okta, To App ▸ Force Sync.
    #[serde(rename = "okta.force-sync")]
    OktaForceSync(okta::ForceSync),
    /// Okta, Mappings ▸ Save Mappings, with the attributes as the Profile Editor has them now.
    #[serde(rename = "okta.save-mappings")]
    OktaSaveMappings(okta::SaveMappings),
    /// Okta, Import ▸ Import Now.
    #[serde(rename = "okta.import-now")]
    OktaImportNow(okta::ImportNow),
    /// Okta, Profile Editor ▸ Import User Schema.
    #[serde(rename = "okta.import-user-schema")]
    OktaImportUserSchema(okta::ImportUserSchema),
    /// Okta, the app's roles and entitlements are discovered.
    #[serde(rename = "okta.discover-entitlements")]
    OktaDiscoverEntitlements(okta::DiscoverEntitlements),
    /// Okta, Assignments ▸ Provision User.
    #[serde(rename = "okta.provision-user")]
    OktaProvisionUser(okta::ProvisionUser),
    /// Okta, Dashboard ▸ Tasks ▸ Retry Selected.
    #[serde(rename = "okta.retry-task")]
    OktaRetryTask(okta::RetryTask),

    /// Console, Identity Management ▸ Provisioning ▸ Add SCIM Provider.
    #[serde(rename = "console.add-provider")]
    ConsoleAddProvider(console::AddProvider),
    /// Console, provider details: another name, or switched off and on; a provider that is off lets nobody in.
    #[serde(rename = "console.edit-provider")]
    ConsoleEditProvider(console::EditProvider),
    /// Console, provider details ▸ Remove: the credentials die, the users stay.
    #[serde(rename = "console.remove-provider")]
    ConsoleRemoveProvider(console::ProviderName),
    /// Console, provider details: the credentials are renewed; the old ones die.
    #[serde(rename = "console.rotate-credentials")]
    ConsoleRotateCredentials(console::ProviderName),
    /// Console, provider details ▸ Deactivation Delay.
    #[serde(rename = "console.set-deactivation-delay")]
    ConsoleSetDeactivationDelay(console::DeactivationDelay),
    /// The plan with or without the backup agent: automatic block, legal hold, cold storage.
    #[serde(rename = "console.set-plan")]
    ConsoleSetPlan(console::Plan),
    /// The reference's preset: as the guide says, or strictly by the RFCs.
    #[serde(rename = "console.set-preset")]
    ConsoleSetPreset(console::Preset),

    /// Console, Organizations ▸ Add (Step 1 of the guide).
    #[serde(rename = "console.add-organization")]
    ConsoleAddOrganization(console::AddOrganization),
    /// Console, organization ▸ Edit: name and settings, own or inherited again.
    #[serde(rename = "console.edit-organization")]
    ConsoleEditOrganization(console::EditOrganization),
    /// Console, organization ▸ Deactivate.
    #[serde(rename = "console.deactivate-organization")]
    ConsoleDeactivateOrganization(console::OrganizationName),
    /// Console, organization ▸ Activate.
    #[serde(rename = "console.activate-organization")]
    ConsoleActivateOrganization(console::OrganizationName),
    /// Console, organization ▸ Block: its users and the organizations below it are blocked.
    #[serde(rename = "console.block-organization")]
    ConsoleBlockOrganization(console::OrganizationName),
    /// Console, organization ▸ Unblock: users stay blocked until each is unblocked.
    #[serde(rename = "console.unblock-organization")]
    ConsoleUnblockOrganization(console::OrganizationName),
    /// Console, organization ▸ Delete; refused while a mapping or a user needs it.
    #[serde(rename = "console.delete-organization")]
    ConsoleDeleteOrganization(console::OrganizationName),

    /// Console, Organization Mapping ▸ Add or edit: the method (Step 7). Moves nobody by itself.
    #[serde(rename = "console.set-org-mapping")]
    ConsoleSetOrgMapping(console::SetOrgMapping),
    /// Console, Organization Mapping ▸ Add Mapping: one or more SCIM groups to an organization.
    #[serde(rename = "console.add-org-rule")]
    ConsoleAddOrgRule(console::AddOrgRule),
    /// Console, Organization Mapping ▸ a mapping ▸ Edit.
    #[serde(rename = "console.edit-org-rule")]
    ConsoleEditOrgRule(console::EditOrgRule),
    /// Console, Organization Mapping ▸ a mapping ▸ Delete.
    #[serde(rename = "console.remove-org-rule")]
    ConsoleRemoveOrgRule(console::RuleOfGroup),
    /// Console, Organization Mapping ▸ the priority of each mapping.
    #[serde(rename = "console.set-org-rule-priority")]
    ConsoleSetOrgRulePriority(console::OrgRulePriority),
    /// Console, Role Mapping ▸ Edit: by SCIM groups, or manually (Step 8). Changes nobody's roles by itself.
    #[serde(rename = "console.set-role-mapping")]
    ConsoleSetRoleMapping(console::SetRoleMapping),
    /// Console, Role Mapping ▸ Add Mapping: one SCIM group to one or more roles.
    #[serde(rename = "console.add-role-rule")]
    ConsoleAddRoleRule(console::RoleRule),
    /// Console, Role Mapping ▸ a mapping ▸ Edit.
    #[serde(rename = "console.edit-role-rule")]
    ConsoleEditRoleRule(console::RoleRule),
    /// Console, Role Mapping ▸ a mapping ▸ Delete.
    #[serde(rename = "console.remove-role-rule")]
    ConsoleRemoveRoleRule(console::RuleOfGroup),
    /// Console, provider details ▸ Apply Org and Role Settings. What it reports is judged by `expect.apply`.
    #[serde(rename = "console.apply-org-and-role-settings")]
    ConsoleApply(console::Apply),

    /// Console, Users ▸ Add: local in an organization with local sign-in, else unmanaged.
    #[serde(rename = "console.add-user")]
    ConsoleAddUser(console::AddUser),
    /// Console, user ▸ edit.
    #[serde(rename = "console.edit-user")]
    ConsoleEditUser(console::EditUser),
    /// Console, user ▸ Block.
    #[serde(rename = "console.block-user")]
    ConsoleBlockUser(console::UserName),
    /// Console, user ▸ Unblock; cancels a pending deactivation.
    #[serde(rename = "console.unblock-user")]
    ConsoleUnblockUser(console::UserName),
    /// Console, user ▸ Deactivate: at once, no delay.
    #[serde(rename = "console.deactivate-user")]
    ConsoleDeactivateUser(console::DeactivateUser),
    /// Console, user ▸ Activate.
    #[serde(rename = "console.activate-user")]
    ConsoleActivateUser(console::ActivateUser),
    /// Console, user ▸ Move: to another organization.
    #[serde(rename = "console.move-user")]
    ConsoleMoveUser(console::MoveUser),
    /// Console, user ▸ Roles: exactly these from now on.
    #[serde(rename = "console.set-user-roles")]
    ConsoleSetUserRoles(console::UserRoles),
    /// Console, user: local, or open to adoption by a provider.
    #[serde(rename = "console.set-user-origin")]
    ConsoleSetUserOrigin(console::UserOrigin),
    /// A device on which the user's agent is signed in.
    #[serde(rename = "console.add-device")]
    ConsoleAddDevice(console::UserName),
    /// A role is withdrawn from the catalogue, or there again.
    #[serde(rename = "console.set-role-available")]
    ConsoleSetRoleAvailable(console::RoleAvailable),

    /// Console, Legal Hold ▸ Create Matter.
    #[serde(rename = "console.add-matter")]
    ConsoleAddMatter(console::MatterName),
    /// Console, matter ▸ Custodians ▸ Add.
    #[serde(rename = "console.add-custodian")]
    ConsoleAddCustodian(console::Custodian),
    /// Console, matter ▸ Custodians ▸ Release.
    #[serde(rename = "console.release-custodian")]
    ConsoleReleaseCustodian(console::Custodian),
    /// Console, matter ▸ Deactivate: ends the hold of all its custodians.
    #[serde(rename = "console.close-matter")]
    ConsoleCloseMatter(console::MatterName),
    /// Console, matter ▸ Reactivate.
    #[serde(rename = "console.reopen-matter")]
    ConsoleReopenMatter(console::MatterName),

    /// Console, Watchlists ▸ Create.
    #[serde(rename = "console.add-watchlist")]
    ConsoleAddWatchlist(console::AddWatchlist),
    /// Console, watchlist ▸ Include: users, SCIM groups, departments.
    #[serde(rename = "console.include-in-watchlist")]
    ConsoleIncludeInWatchlist(console::WatchlistMembers),
    /// Console, watchlist ▸ no longer include them.
    #[serde(rename = "console.remove-from-watchlist")]
    ConsoleRemoveFromWatchlist(console::WatchlistMembers),
    /// Console, watchlist ▸ Exclude users, however they would come in.
    #[serde(rename = "console.exclude-from-watchlist")]
    ConsoleExcludeFromWatchlist(console::WatchlistUsers),
    /// Console, watchlist ▸ end the exclusion.
    #[serde(rename = "console.readmit-to-watchlist")]
    ConsoleReadmitToWatchlist(console::WatchlistUsers),

    /// Console, Sync Log ▸ Refresh table and Export CSV. What comes is judged by `expect.sync-log-export`.
    #[serde(rename = "console.export-sync-log")]
    ConsoleExportSyncLog(console::ExportSyncLog),
    /// Console, the frequency of the directory sync report.
    #[serde(rename = "console.set-directory-sync-email")]
    ConsoleSetDirectorySyncEmail(console::DirectorySyncEmail),

    /// Time passes on the target, e.g. `14m 59s`. Needs a clock that can be moved.
    #[serde(rename = "clock.advance")]
    ClockAdvance(Span),

    /// One raw request, for the shapes of other clients.
    #[serde(rename = "scim.request")]
    ScimRequest(ScimRequest),

    /// What must be true of a user.
    #[serde(rename = "expect.user")]
    ExpectUser(expect::ExpectUser),
    /// What must be true of a group.
    #[serde(rename = "expect.group")]
    ExpectGroup(expect::ExpectGroup),
    /// What must be true of an organization.
    #[serde(rename = "expect.organization")]
    ExpectOrganization(expect::ExpectOrganization),
    /// Who holds a role.
    #[serde(rename = "expect.role")]
    ExpectRole(expect::ExpectRole),
    /// What a provider's details say of the mapping of its SCIM groups.
    #[serde(rename = "expect.mapping")]
    ExpectMapping(expect::ExpectMapping),
    /// What the latest `console.apply-org-and-role-settings` reported.
    #[serde(rename = "expect.apply")]
    ExpectApply(expect::ExpectApply),
    /// What must be true of a legal hold matter.
    #[serde(rename = "expect.matter")]
    ExpectMatter(expect::ExpectMatter),
    /// Who is on a watchlist, and why.
    #[serde(rename = "expect.watchlist")]
    ExpectWatchlist(expect::ExpectWatchlist),
    /// That the console refused the step before, and with which code. Without it a refusal ends the scenario.
    #[serde(rename = "expect.console-refusal")]
    ExpectConsoleRefusal(expect::ExpectConsoleRefusal),
    /// What the audit log gained since the previous `expect.audit-log`, or since the start.
    #[serde(rename = "expect.audit-log")]
    ExpectAuditLog(expect::ExpectAuditLog),
    /// The directory sync report of the last 24 hours.
    #[serde(rename = "expect.sync-report")]
    ExpectSyncReport(expect::ExpectSyncReport),
    /// What the latest `console.export-sync-log` gave, as JSON and as CSV; the two must agree in any case.
    #[serde(rename = "expect.sync-log-export")]
    ExpectSyncLogExport(expect::ExpectSyncLogExport),
    /// What the sync log gained since the previous `expect.sync-log`, or since the start.
    #[serde(rename = "expect.sync-log")]
    ExpectSyncLog(expect::ExpectSyncLog),
    /// One exchange of the latest action.
    #[serde(rename = "expect.exchange")]
    ExpectExchange(expect::ExpectExchange),
    /// All requests of the latest action, in order.
    #[serde(rename = "expect.requests")]
    ExpectRequests(expect::ExpectRequests),
    /// The latest action sent nothing.
    #[serde(rename = "expect.no-requests")]
    ExpectNoRequests(expect::ExpectNoRequests),
    /// What Okta's Dashboard ▸ Tasks shows.
    #[serde(rename = "expect.okta-task")]
    ExpectOktaTask(expect::ExpectOktaTask),

    /// Compares the whole state with the reviewed snapshot of this name.
    #[serde(rename = "snapshot")]
    Snapshot(String),
}

/// A raw SCIM request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ScimRequest {
    /// Method.
    #[serde(default = "get")]
    pub method: String,
    /// Path and query below the base URL, e.g. `/Users/{{users.ada.id}}`, percent-encoded.
    /// `{{people.ada.login}}` and, in capitals, `{{people.ada.LOGIN}}` are there too.
    pub path: String,
    /// Further header fields.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub headers: IndexMap<String, String>,
    /// The body: a mapping is sent as compact JSON, a string as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Value>,
    /// Values to keep from the response for later steps: variable name to JSON Pointer. They are
    /// used as `{{saved.name}}`.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub save: IndexMap<String, String>,
    /// Whose credentials are used: a provider's display name, or `none`; the configured ones when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credentials: Option<String>,
}

fn get() -> String {
    "GET".into()
}

/// A step with the place where it is written.
#[derive(Debug, Clone, PartialEq)]
pub struct LocatedStep {
    /// One-based line.
    pub line: u64,
    /// One-based column.
    pub column: u64,
    /// The step.
    pub step: Step,
}

/// A scenario that has been read and checked.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// Path below the suite's root without extension, e.g. `guide/walkthrough`.
    pub name: String,
    /// Where it was read, for messages.
    pub path: PathBuf,
    /// See [`ScenarioFile`].
    pub title: String,
    /// See [`ScenarioFile`].
    pub description: Option<String>,
    /// See [`ScenarioFile`].
    pub covers: Vec<String>,
    /// Declared and implied.
    pub requires: Vec<Requirement>,
    /// See [`ScenarioFile`].
    pub tags: Vec<String>,
    /// See [`ScenarioFile`]; never empty.
    pub dialects: Vec<Dialect>,
    /// See [`ScenarioFile`].
    pub not_in_entra: Option<String>,
    /// See [`ScenarioFile`].
    pub dialects_differ: Option<String>,
    /// See [`ScenarioFile`].
    pub variables: IndexMap<String, String>,
    /// See [`ScenarioFile`].
    pub people: IndexMap<String, okta::Person>,
    /// See [`ScenarioFile`].
    pub groups: IndexMap<String, okta::Group>,
    /// See [`ScenarioFile`].
    pub app: okta::App,
    /// Never empty.
    pub steps: Vec<LocatedStep>,
}

impl Scenario {
    /// Why the scenario does not run in a dialect that was asked for, if there is anything to say: that it is
    /// for one of Okta's dialects only needs no word in the other.
    #[must_use]
    pub fn skipped_in(&self, dialect: Dialect) -> Option<String> {
        if dialect.is_okta() || self.dialects.contains(&dialect) {
            return None;
        }
        let own: Vec<&str> = self.dialects.iter().map(|dialect| dialect.as_str()).collect();
        Some(
            self.not_in_entra.clone().unwrap_or_else(|| format!("it is for dialect {} only", own.join(", "))),
        )
    }
}

impl Step {
    /// The step's tag and main argument, e.g. `okta.assign ada`.
    #[must_use]
    pub fn title(&self) -> String {
        let Ok(Value::Object(tagged)) = serde_json::to_value(self) else { return String::new() };
        let Some((tag, argument)) = tagged.into_iter().next() else { return String::new() };
        let shown: Vec<String> = match argument {
            Value::String(text) => vec![text],
            Value::Object(fields) => [
                "user",
                "group",
                "name",
                "method",
                "path",
                "request",
                "role",
                "minutes",
                "to",
                "mode",
                "matter",
                "watchlist",
                "organization",
                "code",
                "dryRun",
                "available",
                "backupAgent",
                "preset",
            ]
            .iter()
            .filter_map(|key| match fields.get(*key) {
                Some(Value::String(text)) => Some(text.clone()),
                Some(Value::Number(number)) => Some(number.to_string()),
                Some(Value::Bool(flag)) => Some(format!("{key}: {flag}")),
                _ => None,
            })
            .collect(),
            _ => Vec::new(),
        };
        if shown.is_empty() { tag } else { format!("{tag} {}", shown.join(" ")) }
    }

    /// Whether the step only looks and never changes anything.
    #[must_use]
    pub fn is_observation(&self) -> bool {
        let tag = self.tag();
        tag == "snapshot" || tag.starts_with("expect.")
    }

    /// The operation of the simulator, when it is one.
    #[must_use]
    pub fn okta(&self) -> Option<okta::Operation> {
        use okta::Operation as O;
        Some(match self.clone() {
            Self::OktaConfigureApiIntegration(a) => O::ConfigureApiIntegration(a),
            Self::OktaTestCredentials(a) => O::TestCredentials(a),
            Self::OktaSave(a) => O::Save(a),
            Self::OktaAssign(a) => O::Assign(a),
            Self::OktaAssignGroup(a) => O::AssignGroup(a),
            Self::OktaUnassignGroup(a) => O::UnassignGroup(a),
            Self::OktaDeletePerson(a) => O::DeletePerson(a),
            Self::OktaImportUserSchema(a) => O::ImportUserSchema(a),
            Self::OktaDiscoverEntitlements(a) => O::DiscoverEntitlements(a),
            Self::OktaUpdateProfile(a) => O::UpdateProfile(a),
            Self::OktaUnassign(a) => O::Unassign(a),
            Self::OktaDeactivate(a) => O::Deactivate(a),
            Self::OktaReactivate(a) => O::Reactivate(a),
            Self::OktaReassign(a) => O::Reassign(a),
            Self::OktaSuspend(a) => O::Suspend(a),
            Self::OktaUnsuspend(a) => O::Unsuspend(a),
            Self::OktaChangePassword(a) => O::ChangePassword(a),
            Self::OktaPushGroup(a) => O::PushGroup(a),
            Self::OktaAddMember(a) => O::AddMember(a),
            Self::OktaRemoveMember(a) => O::RemoveMember(a),
            Self::OktaRenameGroup(a) => O::RenameGroup(a),
            Self::OktaPushNow(a) => O::PushNow(a),
            Self::OktaUnlinkGroup(a) => O::UnlinkGroup(a),
            Self::OktaDeactivateGroupPush(a) => O::DeactivateGroupPush(a),
            Self::OktaActivateGroupPush(a) => O::ActivateGroupPush(a),
            Self::OktaLinkGroup(a) => O::LinkGroup(a),
            Self::OktaForceSync(a) => O::ForceSync(a),
            Self::OktaSaveMappings(a) => O::SaveMappings(a),
            Self::OktaImportNow(a) => O::ImportNow(a),
            Self::OktaProvisionUser(a) => O::ProvisionUser(a),
            Self::OktaRetryTask(a) => O::RetryTask(a),
            _ => return None,
        })
    }

    /// What the step needs of a target, beyond SCIM.
    #[must_use]
    pub fn requires(&self) -> &'static [Requirement] {
        match self.tag().split('.').next() {
            Some("console") => &[Requirement::Console],
            Some("clock") => &[Requirement::Console, Requirement::Clock],
            _ => &[],
        }
    }

    /// The name of the step in files, e.g. `okta.assign`.
    #[must_use]
    pub fn tag(&self) -> String {
        match serde_json::to_value(self) {
            Ok(Value::Object(tagged)) => tagged.into_iter().next().map(|(tag, _)| tag).unwrap_or_default(),
            _ => String::new(),
        }
    }
}
