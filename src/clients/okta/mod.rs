//! Okta's own two clients: that of apps from the catalogue, which sends PATCH, and that of apps created with
//! the App Integration Wizard, which reads a resource and writes the whole of it.

pub mod messages;

use serde_json::{Value, json};

use crate::clients::client::{Client, Extent, Member, Membership, MembershipUpdate, Update, UserChange};
use crate::clients::mapping::AppProfile;
use crate::clients::operation::Switches;
use crate::clients::wire;

const USER_AGENT: &str = "Okta SCIM Client 1.0.0";

/// One of Okta's two clients.
pub(super) struct Okta {
    /// The app was created with the App Integration Wizard rather than from a catalogue template.
    wizard: bool,
}

/// The client of apps from the catalogue.
pub(super) const OIN: Okta = Okta { wizard: false };
/// The client of apps created with the App Integration Wizard.
pub(super) const AIW: Okta = Okta { wizard: true };

impl Okta {
    /// Okta's staff can turn PATCH off, and a profile goes by PATCH only where that is switched on.
    fn patches(&self, change: &UserChange<'_>, switches: &Switches) -> bool {
        let offered = !self.wizard && switches.patch;
        offered && (switches.patch_profile || matches!(change, UserChange::Attribute { .. }))
    }
}

impl Client for Okta {
    fn user_agent(&self) -> Option<&'static str> {
        Some(USER_AGENT)
    }

    fn credentials_test(&self, _nobody: &str) -> String {
        "/Users?startIndex=1&count=2".to_owned()
    }

    fn lookup(&self, collection: &str, attribute: &str, value: &str, switches: &Switches) -> String {
        wire::lookup(collection, attribute, value, switches.form_encoded_filter)
    }

    fn imports(&self) -> bool {
        true
    }

    fn synchronizes_passwords(&self) -> bool {
        true
    }

    fn user_body(&self, profile: &AppProfile, okta_id: &str, password: &str) -> Value {
        profile.create_body(okta_id, password)
    }

    fn reads_user(&self, change: &UserChange<'_>, switches: &Switches) -> bool {
        !self.patches(change, switches) || switches.get_before_patch
    }

    fn user_update(&self, change: &UserChange<'_>, server: &Value, switches: &Switches) -> Update {
        if !self.patches(change, switches) {
            return Update::Put(change.merged_into(server));
        }
        Update::Patch(vec![wire::replace(match change {
            UserChange::Profile { profile, okta_id } => profile.patch_value(okta_id),
            UserChange::Attribute { name, value } => json!({ *name: value }),
        })])
    }

    fn looks_groups_up(&self, switches: &Switches) -> bool {
        self.wizard || switches.group_lookup
    }

    fn group_body(&self, name: &str, _okta_id: &str, members: &[Member], switches: &Switches) -> Value {
        let mut body = json!({ "schemas": [wire::GROUP], "displayName": name });
        if !members.is_empty() || switches.empty_members_in_create {
            body["members"] = members.iter().map(Member::json).collect();
        }
        body
    }

    fn repeats_members(&self, members: &[Member], switches: &Switches) -> bool {
        self.wizard || (switches.add_members_after_create && !members.is_empty())
    }

    fn renames_with_members(&self, switches: &Switches) -> bool {
        !self.wizard && switches.rename_with_membership
    }

    /// No path, and the id inside the value.
    fn rename(&self, id: Option<&str>, name: &str, _switches: &Switches) -> Option<Value> {
        (!self.wizard).then(|| wire::replace(json!({ "id": id, "displayName": name })))
    }

    fn membership(&self, push: &Membership<'_>, switches: &Switches) -> MembershipUpdate {
        if self.wizard || !switches.patch {
            return MembershipUpdate::Put;
        }
        if push.extent == Extent::Everything {
            let operation = if push.members.is_empty() && switches.empty_group_without_path {
                wire::replace(json!({ "id": push.id, "displayName": push.name, "members": [] }))
            } else {
                let value: Vec<Value> = push.members.iter().map(Member::json).collect();
                json!({ "op": "replace", "path": "members", "value": value })
            };
            return MembershipUpdate::Patches(vec![vec![operation]]);
        }
        let changes: Vec<Change<'_>> =
            push.removed().map(Change::Remove).chain(push.added().map(Change::Add)).collect();
        let chunks = changes.chunks(switches.members_per_patch.max(1));
        MembershipUpdate::Patches(chunks.map(operations).collect())
    }
}

/// One member of a membership that changes.
enum Change<'a> {
    Remove(&'a str),
    Add(&'a Member),
}

/// One operation for each member who goes, and one for all who come.
fn operations(changes: &[Change<'_>]) -> Vec<Value> {
    let mut operations = Vec::new();
    let mut added = Vec::new();
    for change in changes {
        match change {
            Change::Remove(id) => {
                operations.push(json!({ "op": "remove", "path": format!("members[value eq \"{id}\"]") }));
            }
            Change::Add(member) => added.push(member.json()),
        }
    }
    if !added.is_empty() {
        operations.push(json!({ "op": "add", "path": "members", "value": added }));
    }
    operations
}
