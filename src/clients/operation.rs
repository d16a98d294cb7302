//! What an administrator can do in Okta, as data: the arguments of every operation and the definition
//! of people, groups and the app. The documentation here is shown by editors to authors of scenarios.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A person of the Okta directory: attributes of Okta's default profile under Okta's names.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Person {
    /// Okta login; by default also the application user name and the primary e-mail address.
    pub login: String,
    /// Given name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    /// Family name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
    /// Primary e-mail address; the login when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Display name; given and family name when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// Job title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Department.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub department: Option<String>,
    /// Division.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub division: Option<String>,
    /// City.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub city: Option<String>,
    /// State or region.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// Two-letter country code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country_code: Option<String>,
    /// Kind of employment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_type: Option<String>,
    /// Manager's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manager: Option<String>,
    /// Manager's identifier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manager_id: Option<String>,
    /// Locale, e.g. `en-US`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// Employee number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub employee_number: Option<String>,
    /// Cost centre.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_center: Option<String>,
    /// Organization.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization: Option<String>,
    /// Mobile phone number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mobile_phone: Option<String>,
    /// Attributes that were added to the Okta profile.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub custom: IndexMap<String, String>,
    /// Created in Okta and not activated yet: nothing is sent for such a person before `okta.reactivate`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub staged: bool,
}

impl Person {
    /// An attribute by its Okta name, with Okta's defaults; empty counts as absent.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<String> {
        let own =
            serde_json::to_value(self).ok().and_then(|fields| fields.get(name)?.as_str().map(str::to_owned));
        own.or_else(|| self.custom.get(name).cloned())
            .or_else(|| match name {
                "email" => Some(self.login.clone()),
                "displayName" => Some(self.full_name()),
                _ => None,
            })
            .filter(|value| !value.is_empty())
    }

    /// Given and family name; the login when there is neither.
    #[must_use]
    pub fn full_name(&self) -> String {
        let parts: Vec<&str> =
            [&self.first_name, &self.last_name].into_iter().flatten().map(String::as_str).collect();
        if parts.is_empty() { self.login.clone() } else { parts.join(" ") }
    }
}

/// A group of the Okta directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Group {
    /// Its name.
    pub name: String,
    /// Its members, by their short names.
    #[serde(default)]
    pub members: Vec<String>,
}

/// The app instance in Okta.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct App {
    /// Application label, as messages show it.
    pub label: String,
    /// What is switched on under Provisioning ▸ To App and Push Groups.
    pub features: Features,
    /// Application username format of the Sign-On settings, as an expression, e.g.
    /// `String.toLowerCase(user.login)`; the Okta login when left out (okta-client §3.3).
    pub user_name_format: Option<String>,
    /// The attribute by which an account is looked for: *Unique identifier field for users* (§1).
    pub unique_identifier: String,
    /// Base attributes whose mapping was removed: `firstName`, `lastName`, `email`, `emailType`,
    /// `displayName`, `locale`.
    pub unmapped: Vec<String>,
    /// Attributes added in the Profile Editor, with their mapping.
    pub attributes: Vec<Attribute>,
    /// Behaviours for which the public evidence is split.
    pub switches: Switches,
}

impl Default for App {
    fn default() -> Self {
        Self {
            label: "Code42".into(),
            features: Features::default(),
            user_name_format: None,
            unique_identifier: "userName".into(),
            unmapped: Vec::new(),
            attributes: Vec::new(),
            switches: Switches::default(),
        }
    }
}

/// The features that the engine switches on independently (okta-client §1).
#[expect(clippy::struct_excessive_bools, reason = "each is a checkbox of the admin page")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct Features {
    /// Create Users.
    pub create_users: bool,
    /// Update User Attributes.
    pub update_user_attributes: bool,
    /// Deactivate Users.
    pub deactivate_users: bool,
    /// Sync Password.
    pub sync_password: bool,
    /// Push Groups.
    pub push_groups: bool,
    /// Import New Users and Profile Updates.
    pub import_users: bool,
    /// Import Groups.
    pub import_groups: bool,
    /// Import User Schema (okta-client §3.18).
    pub import_user_schema: bool,
    /// Exclude Username Updates: a profile push leaves the account's user name as it is.
    pub exclude_username_updates: bool,
    /// Rename app groups to match group name in Okta (§3.17e).
    pub rename_groups: bool,
    /// Push group memberships immediately (§3.17b); otherwise a new group is created without members.
    pub push_memberships_immediately: bool,
}

impl Default for Features {
    /// What the guide enables in Step 4, and group push for Step 6.
    fn default() -> Self {
        Self {
            create_users: true,
            update_user_attributes: true,
            deactivate_users: true,
            sync_password: false,
            push_groups: true,
            import_users: false,
            import_groups: false,
            import_user_schema: false,
            exclude_username_updates: false,
            rename_groups: true,
            push_memberships_immediately: true,
        }
    }
}

/// An app attribute as the Profile Editor defines it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Attribute {
    /// Variable name.
    pub variable: String,
    /// External name, e.g. `title` or `addresses.^[primary==true].country`.
    pub external_name: String,
    /// External namespace; without one the attribute is not sent at all.
    #[serde(default)]
    pub external_namespace: Option<String>,
    /// The Okta profile attribute that is mapped to it, or an expression such as
    /// `user.firstName + " " + user.lastName`; unmapped when left out.
    #[serde(default)]
    pub from: Option<String>,
    /// Data type; what the mapping gives is sent as a value of it.
    #[serde(default, skip_serializing_if = "DataType::is_string")]
    pub data_type: DataType,
}

/// Data type of an app attribute (okta-client §4).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum DataType {
    /// A text.
    #[default]
    String,
    /// `true` or `false`.
    Boolean,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// Texts; in the Okta profile they are separated by commas.
    StringArray,
}

impl DataType {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
    fn is_string(&self) -> bool {
        *self == Self::String
    }
}

/// How a value that was cleared looks in an update (okta-client §13.3: not attested).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Cleared {
    /// Taken out of the service's document.
    #[default]
    Omitted,
    /// `""`
    EmptyText,
    /// `null`
    Null,
}

/// How Microsoft Entra's PATCH requests look, in dialect `entra`: three shapes are documented, and which one is
/// sent depends on the tenant URL.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum EntraPatch {
    /// What is sent by default: `Replace` with a path, and booleans as the texts `True` and `False`.
    #[default]
    TextBooleans,
    /// The same with JSON booleans, and with an empty `$ref` beside a member's `value`: as Microsoft's tutorial
    /// prints the requests.
    Booleans,
    /// With `aadOptscim062020` in the tenant URL: `replace` in lower case, JSON booleans, several attributes
    /// without a path as members of one value, and a member of a group removed by a filter.
    Compliant,
}

/// Behaviours for which the public evidence is split; the defaults are the better attested ones.
#[expect(clippy::struct_excessive_bools, reason = "independent switches, named after what they change")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct Switches {
    /// `GET /Users/{id}` before a PATCH of a user (okta-client §13.2: diagrams yes, capture no).
    pub get_before_patch: bool,
    /// Look a group up by name before it is created, in dialect `oin` (§3.17a; `aiw` always does).
    pub group_lookup: bool,
    /// Repeat the members in a PATCH after `POST /Groups`, in dialect `oin` (§3.17c).
    pub add_members_after_create: bool,
    /// A rename PATCH accompanies every membership PATCH, in dialect `oin` (§3.17d).
    pub rename_with_membership: bool,
    /// Activate an account that is found and active already (§3.5: flow chart yes, capture no).
    pub activate_on_link: bool,
    /// Encode blanks in filters as `+`, as in 2018 and 2019 (§2.2).
    pub form_encoded_filter: bool,
    /// Most membership changes in one PATCH (§3.17d), 100 to 1000.
    pub members_per_patch: usize,
    /// PATCH in dialect `oin`; Okta's staff can turn it off, and PUT takes its place (§1).
    pub patch: bool,
    /// A profile is pushed as one PATCH without path, in dialect `oin` (§3.9, §13.1; the shape is inferred).
    pub patch_profile: bool,
    /// How a value that was cleared looks in an update (§13.3).
    pub cleared: Cleared,
    /// The rename PATCH comes after the membership PATCH rather than before it (§13.12).
    pub rename_after_membership: bool,
    /// `POST /Groups` has `members` even when there are none (§3.17b, §13.14).
    pub empty_members_in_create: bool,
    /// An empty group is pushed by a PATCH without path that holds name and members (§3.17f).
    pub empty_group_without_path: bool,
    /// An import goes on after as many entries as came, rather than after 100 (§13.9).
    pub import_by_what_came: bool,
    /// When the account is gone at a profile push, look it up and create it again, rather than fail (§13.7).
    pub provision_again_when_gone: bool,
    /// Deleting a deactivated person sends `DELETE /Users/{id}`, as granular deprovisioning may (§3.13).
    pub delete_users: bool,
    /// How many people's jobs run at once; one person's requests always keep their order (§7, §13.11).
    pub people_at_once: usize,
    /// How PATCH requests look in dialect `entra`, of which the documentation prints three shapes.
    pub entra_patch: EntraPatch,
}

impl Switches {
    /// The same with one switch set, by its name in scenario files and a value such as `true` or `100`.
    ///
    /// # Errors
    /// When there is no such switch, or the value is none of its values; the message says what there is.
    pub fn with(&self, name: &str, value: &str) -> Result<Self, String> {
        let mut fields = serde_json::to_value(self).unwrap_or_default();
        let known: Vec<String> =
            fields.as_object().into_iter().flat_map(|fields| fields.keys().cloned()).collect();
        if !known.iter().any(|known| known == name) {
            return Err(format!("there is no switch `{name}`; the switches are {}", known.join(", ")));
        }
        fields[name] = serde_json::from_str(value).unwrap_or_else(|_| value.into());
        serde_json::from_value(fields)
            .map_err(|error| format!("`{value}` is no value of the switch `{name}`: {error}"))
    }
}

impl Default for Switches {
    fn default() -> Self {
        Self {
            get_before_patch: false,
            group_lookup: true,
            add_members_after_create: true,
            rename_with_membership: true,
            activate_on_link: false,
            form_encoded_filter: false,
            members_per_patch: 100,
            patch: true,
            patch_profile: false,
            cleared: Cleared::Omitted,
            rename_after_membership: false,
            empty_members_in_create: true,
            empty_group_without_path: false,
            import_by_what_came: false,
            provision_again_when_gone: false,
            delete_users: false,
            people_at_once: 4,
            entra_patch: EntraPatch::TextBooleans,
        }
    }
}

macro_rules! operations {
    ($( $(#[$doc:meta])* $name:ident { $( $(#[$field_doc:meta])* $field:ident : $type:ty ),* $(,)? } )*) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
            #[serde(deny_unknown_fields, rename_all = "camelCase")]
            pub struct $name { $( $(#[$field_doc])* pub $field : $type ),* }
        )*

        /// One action of an administrator.
        #[derive(Debug, Clone, PartialEq)]
        pub enum Operation { $( #[doc = concat!("See [`", stringify!($name), "`].")] $name($name) ),* }
    };
}

operations! {
    /// Enters base URL and credentials in Provisioning ▸ Integration.
    ConfigureApiIntegration {
        /// Display name of the provider whose base URL and credentials are entered; the target's own
        /// when left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<String>,
        /// Enter the user name and password with the wrong password, to see what happens.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        password: Option<String>,
    }
    /// Test API Credentials (okta-client §3.1).
    TestCredentials {}
    /// Save (okta-client §3.2).
    Save {
        /// Features as they are from now on.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        features: Option<Features>,
    }
    /// Assign to People (okta-client §3.3 to §3.6).
    Assign {
        /// Who.
        user: String,
    }
    /// Assign to Groups: every member gets the app (okta-client §3.3).
    AssignGroup {
        /// Which.
        group: String,
    }
    /// The group's assignment is removed; members who have the app by nothing else lose it (okta-client §3.10).
    UnassignGroup {
        /// Which.
        group: String,
    }
    /// The person's Okta profile changes (okta-client §3.8).
    UpdateProfile {
        /// Who.
        user: String,
        /// Okta attribute to new value; an empty text clears it.
        set: IndexMap<String, String>,
    }
    /// The app assignment is removed (okta-client §3.10).
    Unassign {
        /// Who.
        user: String,
    }
    /// The person is deactivated in Okta, which removes the assignment (okta-client §3.10).
    Deactivate {
        /// Who.
        user: String,
    }
    /// The person is activated in Okta, again or for the first time; sends nothing by itself, but a group may
    /// give the app (okta-client §3.11).
    Reactivate {
        /// Who.
        user: String,
    }
    /// The deactivated person is deleted from the directory; sends nothing (okta-client §3.10, §3.13).
    DeletePerson {
        /// Who.
        user: String,
    }
    /// The app is assigned again (okta-client §3.5).
    Reassign {
        /// Who.
        user: String,
    }
    /// The person is suspended; sends nothing (okta-client §3.12).
    Suspend {
        /// Who.
        user: String,
    }
    /// The suspension ends; sends nothing (okta-client §3.12).
    Unsuspend {
        /// Who.
        user: String,
    }
    /// The person's password changes; sent only with Sync Password (okta-client §3.14).
    ChangePassword {
        /// Who.
        user: String,
    }
    /// A group is pushed for the first time (okta-client §3.17a–c).
    PushGroup {
        /// Which.
        group: String,
    }
    /// A person joins a group (okta-client §3.17d).
    AddMember {
        /// Which group.
        group: String,
        /// Who.
        user: String,
    }
    /// A person leaves a group (okta-client §3.17d).
    RemoveMember {
        /// Which group.
        group: String,
        /// Who.
        user: String,
    }
    /// A group gets another name (okta-client §3.17e).
    RenameGroup {
        /// Which group.
        group: String,
        /// Its new name.
        to: String,
    }
    /// Push Now: the membership is overwritten (okta-client §3.17f).
    PushNow {
        /// Which group.
        group: String,
    }
    /// The group push is unlinked (okta-client §3.17h).
    UnlinkGroup {
        /// Which group.
        group: String,
        /// Delete the group in the app, rather than leave it there.
        #[serde(default)]
        delete: bool,
    }
    /// The group push is paused; sends nothing (okta-client §3.17g).
    DeactivateGroupPush {
        /// Which group.
        group: String,
    }
    /// The group push goes on, and the membership is pushed at once (okta-client §3.17g).
    ActivateGroupPush {
        /// Which group.
        group: String,
    }
    /// The group is linked to the one of the same name in the app (okta-client §3.17i).
    LinkGroup {
        /// Which group.
        group: String,
    }
    /// Force Sync: mappings are applied again (okta-client §3.15).
    ForceSync {}
    /// Import Now (okta-client §3.16).
    ImportNow {}
    /// Import User Schema: the app's attributes are read from `/Schemas` (okta-client §3.18).
    ImportUserSchema {}
    /// Entitlements are discovered: resource types, schemas, every role and entitlement (okta-client §3.18).
    DiscoverEntitlements {}
    /// Save Mappings, after the Profile Editor or the mappings were changed (code42-service §1.6).
    SaveMappings {
        /// All attributes that the app has from now on, with their mapping.
        attributes: Vec<Attribute>,
        /// Apply updates now, which pushes everybody who is provisioned; otherwise nothing is sent until a
        /// person or Force Sync gives cause.
        #[serde(default)]
        apply_now: bool,
    }
    /// Provision User, for people assigned before provisioning was on (okta-client §3.15).
    ProvisionUser {
        /// Who.
        user: String,
    }
    /// Retry Selected on a failed task (okta-client §3.15).
    RetryTask {
        /// The person whose task it is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        user: Option<String>,
        /// The group whose task it is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        group: Option<String>,
    }
}
