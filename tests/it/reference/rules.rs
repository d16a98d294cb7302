//! Random sequences of what administrators do in Okta and in the console, and of time that passes, on two
//! services at once, one for each dialect, beside the small model of the rules in `rules_model`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use proptest::prelude::*;
use scimulate::clients::operation::{self as okta, Attribute};
use scimulate::clients::{Definition, Dialect, Operation, Pacing, Simulator};
use scimulate::exchange::Auth;
use scimulate::exchange::{BoxFuture, InProcess, Request, Response, Transport, TransportError};
use scimulate::reference::http::{Preset, Reference, ReferenceOptions};
use serde_json::{Value, json};

use super::rules_model::{Action, GROUPS, Method, Model, NAMES, ORGANIZATIONS, PEOPLE, ROLES, Seen};
use super::service::{Service, USER, basic};

struct NoWaiting;

impl Pacing for NoWaiting {
    fn wait<'a>(&'a self, _: &'a str, _: u64) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(async { Ok(()) })
    }
}

/// Keeps the first lines of all requests.
struct Listening {
    inner: InProcess,
    lines: Arc<Mutex<Vec<String>>>,
}

impl Transport for Listening {
    fn send<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Response, TransportError>> {
        let target = request.url.trim_start_matches("https://reference.test/scim/v2");
        self.lines.lock().unwrap().push(format!("{} {target}", request.method));
        self.inner.send(request)
    }
}

/// One service with one Okta before it.
struct World {
    service: Service,
    okta: Simulator,
    requests: Arc<Mutex<Vec<String>>>,
    provider: String,
    organizations: BTreeMap<String, String>,
    matters: Vec<String>,
    titles: u32,
    log_seen: usize,
}

fn login(who: usize) -> String {
    format!("p{who}@example.com")
}

impl World {
    async fn new(dialect: Dialect) -> Self {
        let reference = Reference::new(ReferenceOptions {
            preset: Preset::Seed,
            origin: "https://reference.test".into(),
            start: "2026-01-01T00:00:00Z".parse().unwrap(),
            live: None,
            seed: 0,
            console_username: "admin".into(),
            console_password: "console".into(),
        });
        let credentials = reference.add_provider("Okta").unwrap();
        let service = Service {
            transport: InProcess::new(reference.router()),
            authorization: basic(&credentials.username, &credentials.password),
            reference: reference.clone(),
        };
        let attribute = |variable: &str, namespace: &str| Attribute {
            variable: variable.into(),
            external_name: variable.into(),
            external_namespace: Some(namespace.into()),
            from: Some(variable.into()),
            data_type: okta::DataType::String,
        };
        let app = okta::App {
            attributes: vec![
                attribute("title", USER),
                attribute("c42OrgName", "urn:ietf:params:scim:schemas:extension:code42:2.0:User"),
            ],
            ..okta::App::default()
        };
        let person = |who: usize| okta::Person {
            login: login(who),
            custom: [("c42OrgName".to_owned(), NAMES[who].to_owned())].into_iter().collect(),
            ..okta::Person::default()
        };
        let group = |number: usize| okta::Group { name: format!("Group {number}"), members: Vec::new() };
        let requests = Arc::new(Mutex::new(Vec::new()));
        let listening = Listening { inner: InProcess::new(reference.router()), lines: Arc::clone(&requests) };
        let definition = Definition {
            dialect,
            app,
            people: (0..PEOPLE).map(|who| (format!("p{who}"), person(who))).collect(),
            groups: (0..GROUPS).map(|number| (format!("g{number}"), group(number))).collect(),
            seed: 0,
        };
        let mut okta = Simulator::new(definition, Arc::new(listening), Arc::new(NoWaiting));
        okta.connect(
            &credentials.base_url,
            &Auth::Basic { username: credentials.username, password: credentials.password },
        );
        let mut world = Self {
            service,
            okta,
            requests,
            provider: String::new(),
            organizations: BTreeMap::new(),
            matters: Vec::new(),
            titles: 0,
            log_seen: 0,
        };
        let (_, providers) = world.service.console("GET", "/provisioning/providers", Value::Null).await;
        world.provider = providers["providers"][0]["providerId"].as_str().unwrap().to_owned();
        for name in ORGANIZATIONS {
            let mut body = json!({ "orgName": name });
            if name == "Alpha" {
                body["defaultRoleIds"] = json!(["proe-user"]);
            }
            let made = world.made("/organizations", body).await;
            world.organizations.insert(name.to_owned(), made["orgGuid"].as_str().unwrap().to_owned());
        }
        for name in ["First", "Second"] {
            let made = world.made("/legal-hold/matters", json!({ "name": name })).await;
            world.matters.push(made["matterId"].as_str().unwrap().to_owned());
        }
        for number in 0..GROUPS {
            let push = Operation::PushGroup(okta::PushGroup { group: format!("g{number}") });
            assert!(world.okta.perform(&push).await.unwrap().tasks.is_empty());
        }
        world.log_seen = world.log().await.len();
        world.requests.lock().unwrap().clear();
        world
    }

    async fn made(&self, path: &str, body: Value) -> Value {
        let (status, made) = self.service.console("POST", path, body).await;
        assert_eq!(status, 201, "{made}");
        made
    }

    async fn state(&self) -> Value {
        self.service.console("GET", "/state", Value::Null).await.1
    }

    async fn log(&self) -> Vec<Value> {
        self.state().await["syncLog"].as_array().unwrap().clone()
    }

    async fn id(&self, who: usize) -> String {
        let state = self.state().await;
        let users = state["users"].as_array().unwrap();
        let user = users.iter().find(|user| user["username"] == login(who)).unwrap();
        user["userId"].as_str().unwrap().to_owned()
    }

    fn group_id(&self, number: usize) -> String {
        let key = format!("g{number}");
        self.okta.group_ids().find(|(known, _)| *known == key).unwrap().1.to_owned()
    }

    async fn okta(&mut self, operation: Operation) {
        let report = self.okta.perform(&operation).await.unwrap();
        assert!(report.tasks.is_empty(), "{operation:?}: {:?}", report.tasks);
    }

    /// Whether the console accepts it.
    async fn console(&self, method: &str, path: &str, body: Value) -> bool {
        let (status, answer) = self.service.console(method, path, body).await;
        assert!(status < 300 || status == 400, "{method} {path}: {status} {answer}");
        status < 300
    }

    async fn about(&self, who: usize, below: &str, method: &str, body: Value) -> bool {
        let path = format!("/users/{}/{below}", self.id(who).await);
        self.console(method, &path, body).await
    }

    async fn of_provider(&self, method: &str, below: &str, body: Value) -> bool {
        self.console(method, &format!("/provisioning/providers/{}/{below}", self.provider), body).await
    }

    /// Identifier of the rule of a group.
    async fn rule(&self, kind: &str, group: usize) -> String {
        let path = format!("/provisioning/providers/{}/{kind}/rules", self.provider);
        let (_, rules) = self.service.console("GET", &path, Value::Null).await;
        let id = self.group_id(group);
        let rules = rules["rules"].as_array().unwrap();
        let rule = rules.iter().find(|rule| rule["groupId"] == id || rule["groupIds"][0] == id).unwrap();
        rule["ruleId"].as_str().unwrap().to_owned()
    }

    async fn perform(&mut self, action: &Action) -> bool {
        let person = |who: &usize| format!("p{who}");
        let group = |number: &usize| format!("g{number}");
        match action {
            Action::Assign(who) => self.okta(Operation::Assign(okta::Assign { user: person(who) })).await,
            Action::Unassign(who) => {
                self.okta(Operation::Unassign(okta::Unassign { user: person(who) })).await;
            }
            Action::Push(who) => {
                self.titles += 1;
                let set = [("title".to_owned(), format!("Title {}", self.titles))].into_iter().collect();
                self.okta(Operation::UpdateProfile(okta::UpdateProfile { user: person(who), set })).await;
            }
            Action::Join(number, who) => {
                let join = okta::AddMember { group: group(number), user: person(who) };
                self.okta(Operation::AddMember(join)).await;
            }
            Action::Leave(number, who) => {
                let leave = okta::RemoveMember { group: group(number), user: person(who) };
                self.okta(Operation::RemoveMember(leave)).await;
            }
            Action::Block(who) => return self.about(*who, "block", "POST", Value::Null).await,
            Action::Unblock(who) => return self.about(*who, "unblock", "POST", Value::Null).await,
            Action::Deactivate(who) => return self.about(*who, "deactivate", "POST", Value::Null).await,
            Action::Activate(who) => return self.about(*who, "activate", "POST", Value::Null).await,
            Action::Move(who, to) => {
                return self.about(*who, "move", "POST", json!({ "orgName": ORGANIZATIONS[*to] })).await;
            }
            Action::Roles(who, roles) => {
                return self.about(*who, "roles", "PUT", json!({ "roleIds": ROLES[*roles] })).await;
            }
            Action::Method(method) => {
                let unmapped = &self.organizations["Unmapped"];
                let body = match method {
                    Method::None => json!({ "method": "NONE" }),
                    Method::Single(target) => json!({
                        "method": "SINGLE_ORG",
                        "targetOrgGuid": self.organizations[ORGANIZATIONS[*target]],
                    }),
                    Method::Name => json!({ "method": "C42_ORG_NAME", "unmappedOrgGuid": unmapped }),
                    Method::Groups => json!({ "method": "SCIM_GROUPS", "unmappedOrgGuid": unmapped }),
                };
                return self.of_provider("PUT", "org-mapping", body).await;
            }
            Action::AddOrgRule(number, organization) => {
                let organization = &self.organizations[ORGANIZATIONS[*organization]];
                let body = json!({ "groupIds": [self.group_id(*number)], "orgGuid": organization });
                return self.of_provider("POST", "org-mapping/rules", body).await;
            }
            Action::RemoveOrgRule(number) => {
                let rule = self.rule("org-mapping", *number).await;
                return self.of_provider("DELETE", &format!("org-mapping/rules/{rule}"), Value::Null).await;
            }
            Action::ReverseOrgRules => {
                let path = format!("/provisioning/providers/{}/org-mapping/rules", self.provider);
                let (_, rules) = self.service.console("GET", &path, Value::Null).await;
                let ids: Vec<&Value> =
                    rules["rules"].as_array().unwrap().iter().rev().map(|rule| &rule["ruleId"]).collect();
                return self.of_provider("PUT", "org-mapping/order", json!({ "ruleIds": ids })).await;
            }
            Action::ByGroups(by_groups) => {
                let mode = if *by_groups { "SCIM_GROUPS" } else { "MANUAL" };
                return self.of_provider("PUT", "role-mapping", json!({ "mode": mode })).await;
            }
            Action::AddRoleRule(number, roles) => {
                let body = json!({ "groupId": self.group_id(*number), "roleIds": ROLES[*roles] });
                return self.of_provider("POST", "role-mapping/rules", body).await;
            }
            Action::RemoveRoleRule(number) => {
                let rule = self.rule("role-mapping", *number).await;
                return self.of_provider("DELETE", &format!("role-mapping/rules/{rule}"), Value::Null).await;
            }
            Action::Apply => {
                return self.of_provider("POST", "actions/apply-org-and-role-settings", Value::Null).await;
            }
            Action::Delay(minutes) => {
                return self.of_provider("PUT", "deactivation-delay", json!({ "minutes": minutes })).await;
            }
            Action::Hold(matter, who) => {
                let path = format!("/legal-hold/matters/{}/custodians", self.matters[*matter]);
                return self.console("POST", &path, json!({ "userId": self.id(*who).await })).await;
            }
            Action::Release(matter, who) => {
                let path = format!("/legal-hold/matters/{}/custodians/remove", self.matters[*matter]);
                return self.console("POST", &path, json!({ "userId": self.id(*who).await })).await;
            }
            Action::Advance(minutes) => {
                return self.console("POST", "/clock", json!({ "advanceSeconds": minutes * 60 })).await;
            }
        }
        true
    }

    /// What the console shows, and what the sync log gained.
    async fn seen(&mut self) -> (BTreeMap<usize, Seen>, Vec<(String, Option<usize>)>) {
        let state = self.state().await;
        let who = |username: &Value| {
            let number = username.as_str()?.strip_prefix('p')?.strip_suffix("@example.com")?;
            number.parse::<usize>().ok()
        };
        let texts = |value: &Value| -> Vec<String> {
            let mut texts: Vec<String> =
                value.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect();
            texts.sort();
            texts
        };
        let (_, list) = self.service.scim("GET", "/Users", Value::Null).await;
        let over_scim: BTreeMap<&str, bool> = list["Resources"]
            .as_array()
            .unwrap()
            .iter()
            .map(|user| (user["userName"].as_str().unwrap(), user["active"].as_bool().unwrap()))
            .collect();
        let users = state["users"].as_array().unwrap().iter();
        let seen = users
            .map(|user| {
                let seen = Seen {
                    // Cold storage ends by itself; that is no rule of this model.
                    state: user["state"].as_str().unwrap().replace("PURGED", "DEACTIVATED"),
                    active_over_scim: over_scim[user["username"].as_str().unwrap()],
                    block_reasons: texts(&user["blockReasons"]),
                    organization: user["organization"].as_str().unwrap().to_owned(),
                    roles: texts(&user["roles"]).into_iter().collect::<BTreeSet<_>>(),
                };
                (who(&user["username"]).unwrap(), seen)
            })
            .collect();
        let log = state["syncLog"].as_array().unwrap();
        let mut gained: Vec<(String, Option<usize>)> = log[self.log_seen..]
            .iter()
            .map(|entry| (entry["event"].as_str().unwrap().to_owned(), who(&entry["username"])))
            .collect();
        gained.sort();
        self.log_seen = log.len();
        (seen, gained)
    }
}

/// Whether the guide's Okta sends such a request: it looks up, creates, updates, and never lists or deletes.
fn is_okta_like(line: &str) -> bool {
    let below =
        |root: &str| line.strip_prefix(root).is_some_and(|id| !id.is_empty() && !id.contains(['?', '/']));
    line.starts_with("GET /Users?filter=userName%20eq%20")
        || line == "POST /Users"
        || ["GET /Users/", "PUT /Users/", "PATCH /Users/", "GET /Groups/", "PUT /Groups/", "PATCH /Groups/"]
            .into_iter()
            .any(below)
}

fn action() -> impl Strategy<Value = Action> {
    let who = 0..PEOPLE;
    let group = 0..GROUPS;
    let organization = 0..ORGANIZATIONS.len();
    let roles = 0..ROLES.len();
    let method = prop_oneof![
        Just(Method::None),
        (0..ORGANIZATIONS.len()).prop_map(Method::Single),
        Just(Method::Name),
        Just(Method::Groups),
    ];
    prop_oneof![
        6 => who.clone().prop_map(Action::Assign),
        4 => who.clone().prop_map(Action::Unassign),
        3 => who.clone().prop_map(Action::Push),
        4 => (group.clone(), who.clone()).prop_map(|(group, who)| Action::Join(group, who)),
        2 => (group.clone(), who.clone()).prop_map(|(group, who)| Action::Leave(group, who)),
        1 => who.clone().prop_map(Action::Block),
        2 => who.clone().prop_map(Action::Unblock),
        1 => who.clone().prop_map(Action::Deactivate),
        1 => who.clone().prop_map(Action::Activate),
        2 => (who.clone(), organization.clone()).prop_map(|(who, to)| Action::Move(who, to)),
        1 => (who.clone(), roles.clone()).prop_map(|(who, roles)| Action::Roles(who, roles)),
        2 => method.prop_map(Action::Method),
        3 => (group.clone(), organization).prop_map(|(group, to)| Action::AddOrgRule(group, to)),
        1 => group.clone().prop_map(Action::RemoveOrgRule),
        1 => Just(Action::ReverseOrgRules),
        1 => any::<bool>().prop_map(Action::ByGroups),
        3 => (group.clone(), roles).prop_map(|(group, roles)| Action::AddRoleRule(group, roles)),
        1 => group.prop_map(Action::RemoveRoleRule),
        2 => Just(Action::Apply),
        1 => prop_oneof![Just(0), Just(15), Just(60)].prop_map(Action::Delay),
        2 => (0_usize..2, who.clone()).prop_map(|(matter, who)| Action::Hold(matter, who)),
        2 => (0_usize..2, who).prop_map(|(matter, who)| Action::Release(matter, who)),
        3 => prop_oneof![Just(5), Just(15), Just(60)].prop_map(Action::Advance),
    ]
}

async fn hold_together(actions: Vec<Action>) {
    let mut worlds = [World::new(Dialect::Oin).await, World::new(Dialect::Aiw).await];
    let mut model = Model::new();
    let mut done = Vec::new();
    for action in actions {
        if !model.offers(&action) {
            continue;
        }
        done.push(action.clone());
        let (accepted, log) = model.act(&action);
        let by_okta = matches!(
            action,
            Action::Assign(_) | Action::Unassign(_) | Action::Push(_) | Action::Join(..) | Action::Leave(..)
        );
        for world in &mut worlds {
            assert_eq!(world.perform(&action).await, accepted, "whether it is accepted, after {done:?}");
            let requests = std::mem::take(&mut *world.requests.lock().unwrap());
            assert!(requests.iter().all(|line| is_okta_like(line)), "{requests:?} after {done:?}");
            assert_eq!(!requests.is_empty(), by_okta, "{requests:?} after {done:?}");
            let (seen, gained) = world.seen().await;
            assert_eq!(seen, model.seen(), "the people, after {done:?}");
            assert_eq!(gained, log, "the sync log, after {done:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_happens_the_service_keeps_the_rules(actions in proptest::collection::vec(action(), 20..120)) {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(hold_together(actions));
    }
}
