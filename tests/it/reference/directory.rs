//! Random sequences of what an administrator does in Okta, in both dialects, each on a service of its own
//! beside the small model in `directory_model`: at every moment the target holds what was pushed, and after
//! Push Now it is equal to the directory, whatever the dialect.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use proptest::prelude::*;
use scimulate::clients::operation::{self as okta, Attribute};
use scimulate::clients::{Definition, Dialect, Operation, OperationError, Pacing, Simulator};
use scimulate::exchange::Auth;
use scimulate::exchange::{BoxFuture, InProcess};
use scimulate::reference::http::Preset;
use serde_json::Value;

use super::directory_model::{Account, Action, GROUPS, Model, PEOPLE, Way};
use super::service::{ROOT, Service, USER, service};

struct NoWaiting;

impl Pacing for NoWaiting {
    fn wait<'a>(&'a self, _: &'a str, _: u64) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(async { Ok(()) })
    }
}

/// A service with an Okta before it, and what they must come to.
struct World {
    service: Service,
    okta: Simulator,
    model: Model,
}

impl World {
    fn new(dialect: Dialect) -> Self {
        let service = service(Preset::Rfc);
        let app = okta::App {
            attributes: vec![Attribute {
                variable: "title".into(),
                external_name: "title".into(),
                external_namespace: Some(USER.into()),
                from: Some("title".into()),
                data_type: okta::DataType::String,
            }],
            ..okta::App::default()
        };
        let person = |who: usize| okta::Person {
            login: format!("p{who}@example.com"),
            first_name: Some(format!("Given {who}")),
            staged: who == PEOPLE - 1,
            ..okta::Person::default()
        };
        let group = |number: usize| okta::Group {
            name: format!("Group {number}"),
            members: if number == 0 { vec![p(0), p(PEOPLE - 1)] } else { Vec::new() },
        };
        let definition = Definition {
            dialect,
            app,
            people: (0..PEOPLE).map(|who| (p(who), person(who))).collect(),
            groups: (0..GROUPS).map(|number| (g(number), group(number))).collect(),
            seed: 0,
        };
        let transport = Arc::new(InProcess::new(service.reference.router()));
        let mut okta = Simulator::new(definition, transport, Arc::new(NoWaiting));
        okta.connect(ROOT, &Auth::Header { value: service.authorization.clone() });
        let way = if dialect == Dialect::Aiw { Way::Put } else { Way::Patch };
        Self { service, okta, model: Model::new(way) }
    }

    /// Okta offers it exactly when the model says so, and then no job fails.
    async fn perform(&mut self, action: &Action, done: &[Action]) {
        let operation = operation(action, self.model.next_name());
        let offered = self.model.offers(action);
        match self.okta.perform(&operation).await {
            Ok(report) => {
                assert!(offered, "{action:?} must not be offered after {done:?}");
                assert_eq!(report.tasks, [], "{action:?} after {done:?}");
                self.model.act(action);
            }
            Err(OperationError::NotOffered(reason)) => {
                assert!(!offered, "{action:?} after {done:?}: {reason}");
            }
            Err(error) => panic!("{action:?} after {done:?}: {error}"),
        }
    }

    /// Accounts by login, and groups with their members' logins.
    async fn target(&self) -> (BTreeMap<String, Account>, BTreeMap<String, BTreeSet<String>>) {
        let users = self.service.get("/Users").await["Resources"].as_array().unwrap().clone();
        let logins: BTreeMap<&str, &str> =
            users.iter().map(|user| (text(&user["id"]), text(&user["userName"]))).collect();
        let account = |user: &Value| {
            let login = text(&user["userName"]).to_owned();
            let who = login.trim_start_matches('p').split(['@', '-']).next().unwrap();
            // What never changes, and what follows the login.
            assert_eq!(user["name"]["givenName"], format!("Given {who}"), "{user}");
            assert_eq!(user["emails"][0]["value"], login.as_str(), "{user}");
            let title = user["title"].as_str().map(str::to_owned);
            let active = user["active"].as_bool().unwrap();
            (login.clone(), Account { login, title, active })
        };
        let groups = self.service.get("/Groups").await["Resources"].as_array().unwrap().clone();
        let group = |group: &Value| {
            let none = Vec::new();
            let members = group["members"].as_array().unwrap_or(&none).iter();
            let members = members.map(|member| logins[text(&member["value"])].to_owned()).collect();
            (text(&group["displayName"]).to_owned(), members)
        };
        (users.iter().map(account).collect(), groups.iter().map(group).collect())
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn p(who: usize) -> String {
    format!("p{who}")
}

fn g(number: usize) -> String {
    format!("g{number}")
}

/// The operation; `name` is for what gets a new one.
fn operation(action: &Action, name: usize) -> Operation {
    let update = |who: &usize, attribute: &str, value: String| {
        let set = [(attribute.to_owned(), value)].into_iter().collect();
        Operation::UpdateProfile(okta::UpdateProfile { user: p(*who), set })
    };
    match action {
        Action::Assign(who) if who % 2 == 0 => Operation::Assign(okta::Assign { user: p(*who) }),
        Action::Assign(who) => Operation::Reassign(okta::Reassign { user: p(*who) }),
        Action::Unassign(who) => Operation::Unassign(okta::Unassign { user: p(*who) }),
        Action::AssignGroup(number) => Operation::AssignGroup(okta::AssignGroup { group: g(*number) }),
        Action::UnassignGroup(number) => Operation::UnassignGroup(okta::UnassignGroup { group: g(*number) }),
        Action::Title(who, number) => update(who, "title", format!("Title {number}")),
        Action::ClearTitle(who) => update(who, "title", String::new()),
        Action::Login(who) => update(who, "login", format!("p{who}-{name}@example.com")),
        Action::ForceSync => Operation::ForceSync(okta::ForceSync {}),
        Action::Suspend(who) => Operation::Suspend(okta::Suspend { user: p(*who) }),
        Action::Unsuspend(who) => Operation::Unsuspend(okta::Unsuspend { user: p(*who) }),
        Action::Deactivate(who) => Operation::Deactivate(okta::Deactivate { user: p(*who) }),
        Action::Activate(who) => Operation::Reactivate(okta::Reactivate { user: p(*who) }),
        Action::Delete(who) => Operation::DeletePerson(okta::DeletePerson { user: p(*who) }),
        Action::Push(number) => Operation::PushGroup(okta::PushGroup { group: g(*number) }),
        Action::Join(number, who) => {
            Operation::AddMember(okta::AddMember { group: g(*number), user: p(*who) })
        }
        Action::Leave(number, who) => {
            Operation::RemoveMember(okta::RemoveMember { group: g(*number), user: p(*who) })
        }
        Action::Rename(number) => {
            let to = format!("Group {number} ({name})");
            Operation::RenameGroup(okta::RenameGroup { group: g(*number), to })
        }
        Action::Unlink(number, delete) => {
            Operation::UnlinkGroup(okta::UnlinkGroup { group: g(*number), delete: *delete })
        }
        Action::PushNow(number) => Operation::PushNow(okta::PushNow { group: g(*number) }),
    }
}

fn action() -> impl Strategy<Value = Action> {
    let who = 0..PEOPLE;
    let group = 0..GROUPS;
    let both = (0..GROUPS, 0..PEOPLE);
    prop_oneof![
        6 => who.clone().prop_map(Action::Assign),
        3 => who.clone().prop_map(Action::Unassign),
        2 => group.clone().prop_map(Action::AssignGroup),
        1 => group.clone().prop_map(Action::UnassignGroup),
        3 => (who.clone(), 0_u8..3).prop_map(|(who, title)| Action::Title(who, title)),
        1 => who.clone().prop_map(Action::ClearTitle),
        1 => who.clone().prop_map(Action::Login),
        1 => Just(Action::ForceSync),
        1 => who.clone().prop_map(Action::Suspend),
        1 => who.clone().prop_map(Action::Unsuspend),
        2 => who.clone().prop_map(Action::Deactivate),
        2 => who.clone().prop_map(Action::Activate),
        1 => who.prop_map(Action::Delete),
        4 => group.clone().prop_map(Action::Push),
        6 => both.clone().prop_map(|(group, who)| Action::Join(group, who)),
        3 => both.prop_map(|(group, who)| Action::Leave(group, who)),
        1 => group.clone().prop_map(Action::Rename),
        2 => (group.clone(), any::<bool>()).prop_map(|(group, delete)| Action::Unlink(group, delete)),
        2 => group.prop_map(Action::PushNow),
    ]
}

async fn equal_the_directory(actions: Vec<Action>) {
    let mut worlds = [World::new(Dialect::Oin), World::new(Dialect::Aiw)];
    let mut done = Vec::new();
    for action in actions {
        if !worlds[0].model.makes_sense(&action) {
            continue;
        }
        for world in &mut worlds {
            world.perform(&action, &done).await;
        }
        done.push(action);
        for world in &worlds {
            let (accounts, groups) = world.target().await;
            assert_eq!(accounts, world.model.accounts(), "the accounts, after {done:?}");
            assert_eq!(groups, world.model.pushed(), "the groups, after {done:?}");
        }
    }
    let mut ends = Vec::new();
    for world in &mut worlds {
        for number in world.model.linked() {
            world.perform(&Action::PushNow(number), &done).await;
        }
        let (people, pushed) = world.model.directory();
        let (accounts, mut groups) = world.target().await;
        let active = accounts.iter().filter(|(_, account)| account.active).map(|(login, _)| login.clone());
        assert_eq!(active.collect::<BTreeSet<_>>(), people, "the active accounts, after {done:?}");
        // A group that was unlinked and left in the app is Okta's no more.
        groups.retain(|name, _| pushed.contains_key(name));
        assert_eq!(groups, pushed, "the pushed groups, after {done:?}");
        ends.push((accounts, groups));
    }
    assert_eq!(ends[0], ends[1], "the dialects, after {done:?}");
}

proptest! {
    // PROPTEST_CASES says how many.
    #![proptest_config(ProptestConfig::default())]

    #[test]
    fn whatever_administrators_do_the_target_equals_the_directory(
        actions in proptest::collection::vec(action(), 1..40)
    ) {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(equal_the_directory(actions));
    }
}
