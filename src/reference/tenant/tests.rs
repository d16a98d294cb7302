//! Whatever is asked of a tenant, its indexes agree with its values, and a refused write changes nothing.

use proptest::prelude::*;
use serde_json::json;

use super::*;

#[derive(Debug, Clone)]
enum Act {
    CreateUser(u8, u8),
    Rename(u8, u8, u8),
    Active(u8, u8, bool),
    Delete(u8, u8),
    CreateGroup(u8, u8, Vec<u8>),
    Members(u8, u8, Vec<u8>),
    DropGroup(u8, u8),
    /// Adds some members and removes one.
    Change(u8, u8, Vec<u8>, u8),
    Nest(u8, u8, u8),
    RenameGroup(u8, u8, u8),
    Advance(i64),
    AddByHand(u8),
    Unblock(u8),
}

fn act() -> impl Strategy<Value = Act> {
    let (provider, user, group) = (0_u8..2, 0_u8..5, 0_u8..3);
    prop_oneof![
        (provider.clone(), user.clone()).prop_map(|(p, u)| Act::CreateUser(p, u)),
        (provider.clone(), user.clone(), user.clone()).prop_map(|(p, u, n)| Act::Rename(p, u, n)),
        (provider.clone(), user.clone(), any::<bool>()).prop_map(|(p, u, a)| Act::Active(p, u, a)),
        (provider.clone(), user.clone()).prop_map(|(p, u)| Act::Delete(p, u)),
        (provider.clone(), group.clone(), prop::collection::vec(user.clone(), 0..4))
            .prop_map(|(p, g, m)| Act::CreateGroup(p, g, m)),
        (provider.clone(), group.clone(), prop::collection::vec(user.clone(), 0..4))
            .prop_map(|(p, g, m)| Act::Members(p, g, m)),
        (provider.clone(), group.clone()).prop_map(|(p, g)| Act::DropGroup(p, g)),
        (provider.clone(), group.clone(), prop::collection::vec(user.clone(), 0..4), user.clone())
            .prop_map(|(p, g, m, u)| Act::Change(p, g, m, u)),
        (provider.clone(), group.clone(), group.clone()).prop_map(|(p, g, h)| Act::Nest(p, g, h)),
        (provider, group.clone(), group).prop_map(|(p, g, n)| Act::RenameGroup(p, g, n)),
        (0_i64..2_000_000).prop_map(Act::Advance),
        user.clone().prop_map(Act::AddByHand),
        user.prop_map(Act::Unblock),
    ]
}

struct World {
    tenant: Tenant,
    providers: Vec<Id>,
    users: Vec<Id>,
    groups: Vec<Id>,
}

impl World {
    fn user(&self, index: u8) -> Option<Id> {
        self.users.get(usize::from(index)).copied()
    }

    fn members(&self, group: Id) -> std::collections::BTreeSet<Id> {
        self.tenant.store.group(group).map(|group| group.members.iter().collect()).unwrap_or_default()
    }

    fn perform(&mut self, act: &Act) {
        let login = |n: u8| format!("user{n}@example.com");
        let members = |world: &Self, list: &[u8]| -> Vec<serde_json::Value> {
            list.iter().filter_map(|n| Some(json!({ "value": world.user(*n)?.to_string() }))).collect()
        };
        let user_body = |n: u8| {
            json!({ "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": login(n), "externalId": format!("ext{n}") })
                .to_string()
        };
        let patch = |operation: serde_json::Value| {
            json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [operation] })
                .to_string()
        };
        self.tenant.begin_request();
        match act {
            Act::CreateUser(p, u) => {
                let made = self.tenant.create_user(self.providers[usize::from(*p)], user_body(*u).as_bytes());
                self.users.extend(made.ok());
            }
            Act::Rename(p, u, n) => {
                if let Some(id) = self.user(*u) {
                    let _ = self.tenant.replace_user(
                        self.providers[usize::from(*p)],
                        id,
                        user_body(*n).as_bytes(),
                    );
                }
            }
            Act::Active(p, u, active) => {
                if let Some(id) = self.user(*u) {
                    let body = patch(json!({ "op": "replace", "value": { "active": active } }));
                    let _ = self.tenant.patch_user(self.providers[usize::from(*p)], id, body.as_bytes());
                }
            }
            Act::Delete(p, u) => {
                if let Some(id) = self.user(*u) {
                    let _ = self.tenant.delete_user(self.providers[usize::from(*p)], id);
                }
            }
            Act::CreateGroup(p, g, list) => {
                let body = json!({
                    "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": format!("group{g}"),
                    "members": members(self, list)
                });
                let made =
                    self.tenant.create_group(self.providers[usize::from(*p)], body.to_string().as_bytes());
                self.groups.extend(made.ok());
            }
            Act::Members(p, g, list) => {
                if let Some(id) = self.groups.get(usize::from(*g)).copied() {
                    let body =
                        patch(json!({ "op": "replace", "path": "members", "value": members(self, list) }));
                    let _ = self.tenant.patch_group(self.providers[usize::from(*p)], id, body.as_bytes());
                }
            }
            Act::Change(p, g, list, gone) => {
                if let (Some(id), Some(gone)) = (self.groups.get(usize::from(*g)).copied(), self.user(*gone))
                {
                    let body = json!({
                        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
                        "Operations": [
                            { "op": "add", "path": "members", "value": members(self, list) },
                            { "op": "remove", "path": format!("members[value eq \"{gone}\"]") }
                        ]
                    });
                    let before = self.members(id);
                    let done = self.tenant.patch_group(
                        self.providers[usize::from(*p)],
                        id,
                        body.to_string().as_bytes(),
                    );
                    let mut expected = before;
                    if done.is_ok() {
                        expected.extend(list.iter().filter_map(|n| self.user(*n)));
                        expected.remove(&gone);
                    }
                    assert_eq!(self.members(id), expected);
                }
            }
            Act::Nest(p, g, h) => {
                if let (Some(id), Some(inner)) =
                    (self.groups.get(usize::from(*g)).copied(), self.groups.get(usize::from(*h)).copied())
                {
                    let value = json!([{ "value": inner.to_string(), "type": "Group" }]);
                    let body = patch(json!({ "op": "add", "path": "members", "value": value }));
                    let _ = self.tenant.patch_group(self.providers[usize::from(*p)], id, body.as_bytes());
                }
            }
            Act::RenameGroup(p, g, n) => {
                if let Some(id) = self.groups.get(usize::from(*g)).copied() {
                    let body = patch(
                        json!({ "op": "replace", "path": "displayName", "value": format!("group{n}") }),
                    );
                    let _ = self.tenant.patch_group(self.providers[usize::from(*p)], id, body.as_bytes());
                }
            }
            Act::DropGroup(p, g) => {
                if let Some(id) = self.groups.get(usize::from(*g)).copied() {
                    let _ = self.tenant.delete_group(self.providers[usize::from(*p)], id);
                }
            }
            Act::Advance(seconds) => {
                let fields = requests::MoveClock { advance_seconds: Some(*seconds), set_to: None };
                drop(self.tenant.move_clock(&fields));
            }
            Act::AddByHand(u) => {
                let made = self.tenant.add_user(&requests::AddUser {
                    username: Some(login(*u)),
                    first_name: Some("U".into()),
                    ..requests::AddUser::default()
                });
                self.users.extend(made.ok());
            }
            Act::Unblock(u) => {
                if let Some(id) = self.user(*u) {
                    let _ = self.tenant.console_unblock(id);
                }
            }
        }
        self.tenant.end_request();
    }
}

fn world(behaviour: Behaviour) -> World {
    let mut tenant = Tenant::new(behaviour, "2026-01-01T00:00:00Z".parse().unwrap(), 0);
    let providers = ["One", "Two"]
        .map(|name| tenant.add_provider(name, CredentialType::ApiCredentials).unwrap().provider)
        .to_vec();
    World { tenant, providers, users: vec![], groups: vec![] }
}

proptest! {
    #[test]
    fn indexes_agree_with_values_whatever_happens(acts in prop::collection::vec(act(), 0..40), rfc in any::<bool>()) {
        let mut world = world(if rfc { Behaviour::rfc() } else { Behaviour::seed() });
        for act in &acts {
            world.perform(act);
            world.tenant.store.assert_consistent();
        }
    }
}

#[test]
fn a_timer_fires_at_its_own_instant_however_far_the_clock_jumps() {
    // T8 and T23: deactivated at +15 min, purged 30 days later, though the clock moves once.
    let mut world = world(Behaviour::seed());
    world.perform(&Act::CreateUser(0, 0));
    world.perform(&Act::Active(0, 0, false));
    world.perform(&Act::Advance(40 * 86_400));
    let state = world.tenant.state();
    assert_eq!(state["users"][0]["state"], "PURGED");
    assert_eq!(state["users"][0]["coldStorage"]["enteredAt"], "2026-01-01T00:15:00.000Z");
    let fired = state["syncLog"].as_array().unwrap().last().unwrap();
    assert_eq!(
        (fired["event"].as_str(), fired["occurredAt"].as_str()),
        (Some("USER_DEACTIVATED"), Some("2026-01-01T00:15:00.000Z"))
    );
}

#[rstest::rstest]
// Scenario 27: a repeat does not extend; scenario 28: a changed delay does not move what is due.
#[case(&[Act::Advance(600), Act::Active(0, 0, false), Act::Advance(299)], "PENDING_DEACTIVATION")]
#[case(&[Act::Advance(600), Act::Active(0, 0, false), Act::Advance(300)], "DEACTIVATED")]
// Scenario 26, T12: reactivated by the provider during the delay.
#[case(&[Act::Advance(300), Act::Active(0, 0, true), Act::Advance(3600)], "ACTIVE")]
// T11: unblocked in the console.
#[case(&[Act::Unblock(0), Act::Advance(3600)], "ACTIVE")]
// T20: activated after the deactivation.
#[case(&[Act::Advance(900), Act::Active(0, 0, true)], "ACTIVE")]
fn a_deactivation_goes_its_way(#[case] acts: &[Act], #[case] state: &str) {
    let mut world = world(Behaviour::seed());
    world.perform(&Act::CreateUser(0, 0));
    world.perform(&Act::Active(0, 0, false));
    for act in acts {
        world.perform(act);
    }
    assert_eq!(world.tenant.state()["users"][0]["state"], state);
}
