//! The steps of a scenario, family by family: each by its name in files, with its documentation for editors and
//! its arguments. A family's name is what its steps' names begin with.

use schemars::{JsonSchema, SchemaGenerator};
use serde::de::{Error as _, VariantAccess};
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use super::console_model as console;
use super::expect;
use super::parts::ScimRequest;
use super::span::Span;
use crate::clients::operation::{self as okta, Operation};

/// Steps that one part of the runner performs.
pub(super) trait Family: Sized {
    /// Their names in files, in the order of the documentation.
    const NAMES: &'static [&'static str];

    /// The name of this step, e.g. `okta.assign`.
    fn name(&self) -> &'static str;

    /// Its arguments as they are in a file.
    fn arguments(&self) -> serde_json::Result<Value>;

    /// The step of this name with the arguments that follow.
    fn read<'de, A: VariantAccess<'de>>(name: &str, arguments: A) -> Result<Self, A::Error>;

    /// The opposite of [`Family::read`].
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error>;

    /// What each may look like.
    fn schemas(generator: &mut SchemaGenerator) -> Vec<Value>;
}

/// A family from the table of its steps: the enum, unless there is one already (`for`), and what reads, writes
/// and names its variants.
macro_rules! family {
    (
        $(#[$about:meta])*
        enum $family:ident {
            $( $(#[doc = $doc:literal])+ $name:literal => $step:ident($arguments:ty), )+
        }
    ) => {
        $(#[$about])*
        #[derive(Debug, Clone, PartialEq)]
        pub enum $family { $( $(#[doc = $doc])+ $step($arguments) ),+ }

        family! { for $family { $( $(#[doc = $doc])+ $name => $step($arguments), )+ } }
    };
    (
        for $family:ident {
            $( $(#[doc = $doc:literal])+ $name:literal => $step:ident($arguments:ty), )+
        }
    ) => {
        impl Family for $family {
            const NAMES: &'static [&'static str] = &[$( $name ),+];

            fn name(&self) -> &'static str {
                match self { $( Self::$step(_) => $name ),+ }
            }

            fn arguments(&self) -> serde_json::Result<Value> {
                match self { $( Self::$step(arguments) => serde_json::to_value(arguments) ),+ }
            }

            fn read<'de, A: VariantAccess<'de>>(name: &str, arguments: A) -> Result<Self, A::Error> {
                match name {
                    $( $name => arguments.newtype_variant().map(Self::$step), )+
                    other => Err(A::Error::unknown_variant(other, Self::NAMES)),
                }
            }

            fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self {
                    $( Self::$step(arguments) => written(serializer, $name, arguments) ),+
                }
            }

            fn schemas(generator: &mut SchemaGenerator) -> Vec<Value> {
                vec![$( schema::<$arguments>(generator, $name, concat!($( $doc, "\n" ),+)) ),+]
            }
        }
    };
}

fn written<S: Serializer>(
    serializer: S,
    name: &'static str,
    arguments: &impl Serialize,
) -> Result<S::Ok, S::Error> {
    serializer.serialize_newtype_variant("Step", 0, name, arguments)
}

fn schema<T: JsonSchema>(generator: &mut SchemaGenerator, name: &str, documentation: &str) -> Value {
    json!({
        "description": documentation.trim(),
        "type": "object",
        "properties": { name: generator.subschema_for::<T>() },
        "required": [name],
        "additionalProperties": false,
    })
}

family! {
    for Operation {
        /// Okta, Provisioning ▸ Integration: enter base URL and credentials.
        "okta.configure-api-integration" => ConfigureApiIntegration(okta::ConfigureApiIntegration),
        /// Okta, button Test API Credentials (Test Connector Configuration).
        "okta.test-credentials" => TestCredentials(okta::TestCredentials),
        /// Okta, Save on the integration or on To App, with the features that are switched on.
        "okta.save" => Save(okta::Save),
        /// Okta, Assign to People.
        "okta.assign" => Assign(okta::Assign),
        /// Okta, Assign to Groups.
        "okta.assign-group" => AssignGroup(okta::AssignGroup),
        /// Okta, remove the app from a group.
        "okta.unassign-group" => UnassignGroup(okta::UnassignGroup),
        /// Okta, edit the person's profile.
        "okta.update-profile" => UpdateProfile(okta::UpdateProfile),
        /// Okta, remove the app assignment.
        "okta.unassign" => Unassign(okta::Unassign),
        /// Okta, Directory ▸ People ▸ Deactivate.
        "okta.deactivate" => Deactivate(okta::Deactivate),
        /// Okta, Directory ▸ People ▸ Activate.
        "okta.reactivate" => Reactivate(okta::Reactivate),
        /// Okta, Directory ▸ People ▸ Delete, of a person who is deactivated.
        "okta.delete-person" => DeletePerson(okta::DeletePerson),
        /// Okta, assign the app again to a person who had it before.
        "okta.reassign" => Reassign(okta::Reassign),
        /// Okta, Directory ▸ People ▸ Suspend.
        "okta.suspend" => Suspend(okta::Suspend),
        /// Okta, Directory ▸ People ▸ Unsuspend.
        "okta.unsuspend" => Unsuspend(okta::Unsuspend),
        /// Okta, the person's password changes.
        "okta.change-password" => ChangePassword(okta::ChangePassword),
        /// Okta, Push Groups ▸ Find group by name ▸ Save.
        "okta.push-group" => PushGroup(okta::PushGroup),
        /// Okta, add a person to a group.
        "okta.add-member" => AddMember(okta::AddMember),
        /// Okta, remove a person from a group.
        "okta.remove-member" => RemoveMember(okta::RemoveMember),
        /// Okta, rename a group.
        "okta.rename-group" => RenameGroup(okta::RenameGroup),
        /// Okta, Push Groups ▸ Push now.
        "okta.push-now" => PushNow(okta::PushNow),
        /// Okta, Push Groups ▸ Unlink pushed group.
        "okta.unlink-group" => UnlinkGroup(okta::UnlinkGroup),
        /// Okta, Push Groups ▸ Deactivate group push.
        "okta.deactivate-group-push" => DeactivateGroupPush(okta::DeactivateGroupPush),
        /// Okta, Push Groups ▸ Activate group push.
        "okta.activate-group-push" => ActivateGroupPush(okta::ActivateGroupPush),
        /// Okta, Push Groups ▸ Link Group to one that exists in the app.
        "okta.link-group" => LinkGroup(okta::LinkGroup),
        /// Okta, To App ▸ Force Sync.
        "okta.force-sync" => ForceSync(okta::ForceSync),
        /// Okta, Mappings ▸ Save Mappings, with the attributes as the Profile Editor has them now.
        "okta.save-mappings" => SaveMappings(okta::SaveMappings),
        /// Okta, Import ▸ Import Now.
        "okta.import-now" => ImportNow(okta::ImportNow),
        /// Okta, Profile Editor ▸ Import User Schema.
        "okta.import-user-schema" => ImportUserSchema(okta::ImportUserSchema),
        /// Okta, the app's roles and entitlements are discovered.
        "okta.discover-entitlements" => DiscoverEntitlements(okta::DiscoverEntitlements),
        /// Okta, Assignments ▸ Provision User.
        "okta.provision-user" => ProvisionUser(okta::ProvisionUser),
        /// Okta, Dashboard ▸ Tasks ▸ Retry Selected.
        "okta.retry-task" => RetryTask(okta::RetryTask),
    }
}

family! {
    /// What an administrator does in the console of the service.
    enum ConsoleAction {
        /// Console, Identity Management ▸ Provisioning ▸ Add SCIM Provider.
        "console.add-provider" => AddProvider(console::AddProvider),
        /// Console, provider details: another name, or switched off and on; a provider that is off lets nobody in.
        "console.edit-provider" => EditProvider(console::EditProvider),
        /// Console, provider details ▸ Remove: the credentials die, the users stay.
        "console.remove-provider" => RemoveProvider(console::ProviderName),
        /// Console, provider details: the credentials are renewed; the old ones die.
        "console.rotate-credentials" => RotateCredentials(console::ProviderName),
        /// Console, provider details ▸ Deactivation Delay.
        "console.set-deactivation-delay" => SetDeactivationDelay(console::DeactivationDelay),
        /// The plan with or without the backup agent: automatic block, legal hold, cold storage.
        "console.set-plan" => SetPlan(console::Plan),
        /// The reference's preset: as the guide says, or strictly by the RFCs.
        "console.set-preset" => SetPreset(console::Preset),

        /// Console, Organizations ▸ Add (Step 1 of the guide).
        "console.add-organization" => AddOrganization(console::AddOrganization),
        /// Console, organization ▸ Edit: name and settings, own or inherited again.
        "console.edit-organization" => EditOrganization(console::EditOrganization),
        /// Console, organization ▸ Deactivate.
        "console.deactivate-organization" => DeactivateOrganization(console::OrganizationName),
        /// Console, organization ▸ Activate.
        "console.activate-organization" => ActivateOrganization(console::OrganizationName),
        /// Console, organization ▸ Block: its users and the organizations below it are blocked.
        "console.block-organization" => BlockOrganization(console::OrganizationName),
        /// Console, organization ▸ Unblock: users stay blocked until each is unblocked.
        "console.unblock-organization" => UnblockOrganization(console::OrganizationName),
        /// Console, organization ▸ Delete; refused while a mapping or a user needs it.
        "console.delete-organization" => DeleteOrganization(console::OrganizationName),

        /// Console, Organization Mapping ▸ Add or edit: the method (Step 7). Moves nobody by itself.
        "console.set-org-mapping" => SetOrgMapping(console::SetOrgMapping),
        /// Console, Organization Mapping ▸ Add Mapping: one or more SCIM groups to an organization.
        "console.add-org-rule" => AddOrgRule(console::AddOrgRule),
        /// Console, Organization Mapping ▸ a mapping ▸ Edit.
        "console.edit-org-rule" => EditOrgRule(console::EditOrgRule),
        /// Console, Organization Mapping ▸ a mapping ▸ Delete.
        "console.remove-org-rule" => RemoveOrgRule(console::RuleOfGroup),
        /// Console, Organization Mapping ▸ the priority of each mapping.
        "console.set-org-rule-priority" => SetOrgRulePriority(console::OrgRulePriority),
        /// Console, Role Mapping ▸ Edit: by SCIM groups, or manually (Step 8). Changes nobody's roles by itself.
        "console.set-role-mapping" => SetRoleMapping(console::SetRoleMapping),
        /// Console, Role Mapping ▸ Add Mapping: one SCIM group to one or more roles.
        "console.add-role-rule" => AddRoleRule(console::RoleRule),
        /// Console, Role Mapping ▸ a mapping ▸ Edit.
        "console.edit-role-rule" => EditRoleRule(console::RoleRule),
        /// Console, Role Mapping ▸ a mapping ▸ Delete.
        "console.remove-role-rule" => RemoveRoleRule(console::RuleOfGroup),
        /// Console, provider details ▸ Apply Org and Role Settings. What it reports is judged by `expect.apply`.
        "console.apply-org-and-role-settings" => Apply(console::Apply),

        /// Console, Users ▸ Add: local in an organization with local sign-in, else unmanaged.
        "console.add-user" => AddUser(console::AddUser),
        /// Console, user ▸ edit.
        "console.edit-user" => EditUser(console::EditUser),
        /// Console, user ▸ Block.
        "console.block-user" => BlockUser(console::UserName),
        /// Console, user ▸ Unblock; cancels a pending deactivation.
        "console.unblock-user" => UnblockUser(console::UserName),
        /// Console, user ▸ Deactivate: at once, no delay.
        "console.deactivate-user" => DeactivateUser(console::DeactivateUser),
        /// Console, user ▸ Activate.
        "console.activate-user" => ActivateUser(console::ActivateUser),
        /// Console, user ▸ Move: to another organization.
        "console.move-user" => MoveUser(console::MoveUser),
        /// Console, user ▸ Roles: exactly these from now on.
        "console.set-user-roles" => SetUserRoles(console::UserRoles),
        /// Console, user: local, or open to adoption by a provider.
        "console.set-user-origin" => SetUserOrigin(console::UserOrigin),
        /// A device on which the user's agent is signed in.
        "console.add-device" => AddDevice(console::UserName),
        /// A role is withdrawn from the catalogue, or there again.
        "console.set-role-available" => SetRoleAvailable(console::RoleAvailable),

        /// Console, Legal Hold ▸ Create Matter.
        "console.add-matter" => AddMatter(console::MatterName),
        /// Console, matter ▸ Custodians ▸ Add.
        "console.add-custodian" => AddCustodian(console::Custodian),
        /// Console, matter ▸ Custodians ▸ Release.
        "console.release-custodian" => ReleaseCustodian(console::Custodian),
        /// Console, matter ▸ Deactivate: ends the hold of all its custodians.
        "console.close-matter" => CloseMatter(console::MatterName),
        /// Console, matter ▸ Reactivate.
        "console.reopen-matter" => ReopenMatter(console::MatterName),

        /// Console, Watchlists ▸ Create.
        "console.add-watchlist" => AddWatchlist(console::AddWatchlist),
        /// Console, watchlist ▸ Include: users, SCIM groups, departments.
        "console.include-in-watchlist" => IncludeInWatchlist(console::WatchlistMembers),
        /// Console, watchlist ▸ no longer include them.
        "console.remove-from-watchlist" => RemoveFromWatchlist(console::WatchlistMembers),
        /// Console, watchlist ▸ Exclude users, however they would come in.
        "console.exclude-from-watchlist" => ExcludeFromWatchlist(console::WatchlistUsers),
        /// Console, watchlist ▸ end the exclusion.
        "console.readmit-to-watchlist" => ReadmitToWatchlist(console::WatchlistUsers),

        /// Console, Sync Log ▸ Refresh table and Export CSV. What comes is judged by `expect.sync-log-export`.
        "console.export-sync-log" => ExportSyncLog(console::ExportSyncLog),
        /// Console, the frequency of the directory sync report.
        "console.set-directory-sync-email" => SetDirectorySyncEmail(console::DirectorySyncEmail),
    }
}

family! {
    /// What happens to the target's clock.
    enum ClockAction {
        /// Time passes on the target, e.g. `14m 59s`. Needs a clock that can be moved.
        "clock.advance" => Advance(Span),
    }
}

family! {
    /// What is sent without Okta.
    enum ScimAction {
        /// One raw request, for the shapes of other clients.
        "scim.request" => Request(ScimRequest),
    }
}

family! {
    /// What must be true at this point.
    enum Expectation {
        /// What must be true of a user.
        "expect.user" => User(expect::ExpectUser),
        /// What must be true of a group.
        "expect.group" => Group(expect::ExpectGroup),
        /// What must be true of an organization.
        "expect.organization" => Organization(expect::ExpectOrganization),
        /// Who holds a role.
        "expect.role" => Role(expect::ExpectRole),
        /// What a provider's details say of the mapping of its SCIM groups.
        "expect.mapping" => Mapping(expect::ExpectMapping),
        /// What the latest `console.apply-org-and-role-settings` reported.
        "expect.apply" => Apply(expect::ExpectApply),
        /// What must be true of a legal hold matter.
        "expect.matter" => Matter(expect::ExpectMatter),
        /// Who is on a watchlist, and why.
        "expect.watchlist" => Watchlist(expect::ExpectWatchlist),
        /// That the console refused the step before, and with which code. Without it a refusal ends the scenario.
        "expect.console-refusal" => ConsoleRefusal(expect::ExpectConsoleRefusal),
        /// What the audit log gained since the previous `expect.audit-log`, or since the start.
        "expect.audit-log" => AuditLog(expect::ExpectAuditLog),
        /// The directory sync report of the last 24 hours.
        "expect.sync-report" => SyncReport(expect::ExpectSyncReport),
        /// What the latest `console.export-sync-log` gave, as JSON and as CSV; the two must agree in any case.
        "expect.sync-log-export" => SyncLogExport(expect::ExpectSyncLogExport),
        /// What the sync log gained since the previous `expect.sync-log`, or since the start.
        "expect.sync-log" => SyncLog(expect::ExpectSyncLog),
        /// One exchange of the latest action.
        "expect.exchange" => Exchange(expect::ExpectExchange),
        /// All requests of the latest action, in order.
        "expect.requests" => Requests(expect::ExpectRequests),
        /// The latest action sent nothing.
        "expect.no-requests" => NoRequests(expect::ExpectNoRequests),
        /// What Okta's Dashboard ▸ Tasks shows.
        "expect.okta-task" => OktaTask(expect::ExpectOktaTask),
    }
}

family! {
    /// What is done with reviewed snapshots.
    enum SnapshotAction {
        /// Compares the whole state with the reviewed snapshot of this name.
        "snapshot" => Compare(String),
    }
}
