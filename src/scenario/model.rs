//! What a scenario file says. The documentation of the fields here is what an editor shows through
//! the generated JSON Schema, so it is written for the author of a scenario.

use std::path::PathBuf;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::expect;
use crate::okta::operation as okta;

/// How Okta speaks, decided by how the app was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum DialectName {
    /// Catalogue template: PATCH for activation, password and groups, PUT for profiles.
    Oin,
    /// App Integration Wizard: GET then PUT for everything.
    Aiw,
}

impl DialectName {
    /// Both, in the order of reports.
    pub const ALL: [Self; 2] = [Self::Oin, Self::Aiw];

    /// Name in files and on the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Oin => "oin",
            Self::Aiw => "aiw",
        }
    }
}

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
    /// The dialects in which the scenario runs; both when left out.
    #[serde(default)]
    pub dialects: Option<Vec<DialectName>>,
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
    /// Okta, Import ▸ Import Now.
    #[serde(rename = "okta.import-now")]
    OktaImportNow(okta::ImportNow),
    /// Okta, Assignments ▸ Provision User.
    #[serde(rename = "okta.provision-user")]
    OktaProvisionUser(okta::ProvisionUser),
    /// Okta, Dashboard ▸ Tasks ▸ Retry Selected.
    #[serde(rename = "okta.retry-task")]
    OktaRetryTask(okta::RetryTask),

    /// Console, Identity Management ▸ Provisioning ▸ Add SCIM Provider.
    #[serde(rename = "console.add-provider")]
    ConsoleAddProvider(AddProvider),
    /// Console, provider details: the credentials are renewed; the old ones die.
    #[serde(rename = "console.rotate-credentials")]
    ConsoleRotateCredentials(ProviderName),
    /// Console, provider details ▸ Deactivation Delay.
    #[serde(rename = "console.set-deactivation-delay")]
    ConsoleSetDeactivationDelay(DeactivationDelay),
    /// Console, user ▸ Block.
    #[serde(rename = "console.block-user")]
    ConsoleBlockUser(UserName),
    /// Console, user ▸ Unblock.
    #[serde(rename = "console.unblock-user")]
    ConsoleUnblockUser(UserName),
    /// Console, user ▸ Deactivate: at once, no delay.
    #[serde(rename = "console.deactivate-user")]
    ConsoleDeactivateUser(UserName),
    /// Console, user ▸ Activate.
    #[serde(rename = "console.activate-user")]
    ConsoleActivateUser(UserName),
    /// Console, user ▸ edit.
    #[serde(rename = "console.edit-user")]
    ConsoleEditUser(EditUser),
    /// A device on which the user's agent is signed in.
    #[serde(rename = "console.add-device")]
    ConsoleAddDevice(AddDevice),

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

/// A new provisioning provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct AddProvider {
    /// Display name; also what `from:` refers to.
    pub name: String,
    /// Authentication credential type. Okta needs API credentials.
    #[serde(default)]
    pub credential: Credential,
}

/// Authentication credential type of a provider.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Credential {
    /// User name and password.
    #[default]
    ApiCredentials,
    /// Bearer token.
    OauthToken,
}

/// Names a provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ProviderName {
    /// The provider's display name; the only one when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
}

/// A provider's deactivation delay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct DeactivationDelay {
    /// The provider's display name; the only one when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// Minutes, 0 to 43200.
    pub minutes: u32,
}

/// Names a user on the service's side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct UserName {
    /// Short name from `people`, or a user name.
    pub user: String,
}

/// An edit in the console.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct EditUser {
    /// Short name from `people`, or a user name.
    pub user: String,
    /// Fields of the console's user record, e.g. `firstName`.
    pub set: IndexMap<String, Value>,
}

/// A device with the agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct AddDevice {
    /// Short name from `people`, or a user name.
    pub user: String,
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

/// A span of time such as `14m 59s`, `1h`, `90d`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Whole seconds.
    pub seconds: i64,
}

impl std::str::FromStr for Span {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || format!("`{text}` is not a span of time; write it like `14m 59s`, `1h` or `90d`");
        let mut seconds: i64 = 0;
        let mut parts = 0;
        let mut rest = text.trim();
        while !rest.is_empty() {
            let digits = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
            let number: i64 = rest[..digits].parse().map_err(|_| wrong())?;
            let after = rest[digits..].trim_start();
            let end = after.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(after.len());
            let unit = match &after[..end] {
                "s" | "sec" | "seconds" | "second" => 1,
                "m" | "min" | "minutes" | "minute" => 60,
                "h" | "hours" | "hour" => 3_600,
                "d" | "days" | "day" => 86_400,
                _ => return Err(wrong()),
            };
            seconds = number.checked_mul(unit).and_then(|n| seconds.checked_add(n)).ok_or_else(wrong)?;
            parts += 1;
            rest = after[end..].trim_start();
        }
        if parts == 0 || seconds > 400 * 86_400 {
            return Err(wrong());
        }
        Ok(Self { seconds })
    }
}

impl std::fmt::Display for Span {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut left = self.seconds;
        let mut parts = Vec::new();
        for (unit, size) in [("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)] {
            if left >= size {
                parts.push(format!("{}{unit}", left / size));
                left %= size;
            }
        }
        f.write_str(&if parts.is_empty() { "0s".to_owned() } else { parts.join(" ") })
    }
}

impl Serialize for Span {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Span {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Span".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "description": "A span of time such as `14m 59s`, `1h` or `90d`.",
            "pattern": r"^\s*(\d+\s*(s|sec|seconds?|m|min|minutes?|h|hours?|d|days?)\s*)+$",
        })
    }
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
    pub dialects: Vec<DialectName>,
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

impl Step {
    /// The step's tag and main argument, e.g. `okta.assign ada`.
    #[must_use]
    pub fn title(&self) -> String {
        let Ok(Value::Object(tagged)) = serde_json::to_value(self) else { return String::new() };
        let Some((tag, argument)) = tagged.into_iter().next() else { return String::new() };
        let shown: Vec<String> = match argument {
            Value::String(text) => vec![text],
            Value::Object(fields) => {
                ["user", "group", "name", "method", "path", "request", "role", "minutes", "to"]
                    .iter()
                    .filter_map(|key| match fields.get(*key) {
                        Some(Value::String(text)) => Some(text.clone()),
                        Some(Value::Number(number)) => Some(number.to_string()),
                        _ => None,
                    })
                    .collect()
            }
            _ => Vec::new(),
        };
        if shown.is_empty() { tag } else { format!("{tag} {}", shown.join(" ")) }
    }

    /// Whether the step only looks and never changes anything.
    #[must_use]
    pub fn is_observation(&self) -> bool {
        matches!(
            self,
            Self::ExpectUser(_)
                | Self::ExpectGroup(_)
                | Self::ExpectOrganization(_)
                | Self::ExpectRole(_)
                | Self::ExpectSyncLog(_)
                | Self::ExpectExchange(_)
                | Self::ExpectRequests(_)
                | Self::ExpectNoRequests(_)
                | Self::ExpectOktaTask(_)
                | Self::Snapshot(_)
        )
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
            Self::OktaImportNow(a) => O::ImportNow(a),
            Self::OktaProvisionUser(a) => O::ProvisionUser(a),
            Self::OktaRetryTask(a) => O::RetryTask(a),
            _ => return None,
        })
    }

    /// What the step needs of a target, beyond SCIM.
    #[must_use]
    pub fn requires(&self) -> &'static [Requirement] {
        match self {
            Self::ConsoleAddProvider(_)
            | Self::ConsoleRotateCredentials(_)
            | Self::ConsoleSetDeactivationDelay(_)
            | Self::ConsoleBlockUser(_)
            | Self::ConsoleUnblockUser(_)
            | Self::ConsoleDeactivateUser(_)
            | Self::ConsoleActivateUser(_)
            | Self::ConsoleEditUser(_)
            | Self::ConsoleAddDevice(_) => &[Requirement::Console],
            Self::ClockAdvance(_) => &[Requirement::Console, Requirement::Clock],
            _ => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case("14m 59s", 899)]
    #[case("1s", 1)]
    #[case("90d", 90 * 86_400)]
    #[case("1h30m", 5_400)]
    #[case(" 2 hours ", 7_200)]
    fn spans_of_time_are_read(#[case] text: &str, #[case] seconds: i64) {
        assert_eq!(text.parse::<Span>().unwrap().seconds, seconds);
    }

    #[rstest::rstest]
    #[case("")]
    #[case("15")]
    #[case("m")]
    #[case("15 fortnights")]
    #[case("-1m")]
    #[case("99999999999999999999s")]
    #[case("9223372036854775807d")]
    fn what_is_no_span_of_time_is_refused_with_an_example(#[case] text: &str) {
        assert!(text.parse::<Span>().unwrap_err().contains("14m 59s"));
    }

    #[test]
    fn a_span_is_written_in_its_largest_units() {
        assert_eq!("899s".parse::<Span>().unwrap().to_string(), "14m 59s");
    }
}
