//! Assignment by groups, discovery, OAuth 2, the switches for split evidence and Entra's client: each
//! request that was not foreseen is answered 599, and fails the test.

use std::sync::{Arc, Mutex};

use rstest::rstest;
use scimulate::clients::operation::{
    AddMember, App, Assign, AssignGroup, Attribute, Cleared, DataType, Deactivate, DeletePerson,
    DiscoverEntitlements, Features, ForceSync, Group, ImportUserSchema, Person, PushGroup, PushNow,
    Reactivate, RemoveMember, RenameGroup, Switches, TestCredentials, Unassign, UnassignGroup, UpdateProfile,
};
use scimulate::clients::{Definition, Dialect, Operation, OperationError, Pacing, Simulator};
use scimulate::exchange::Auth;
use scimulate::exchange::{BoxFuture, OAuthClient, OAuthGrant, Request, Response, Transport, TransportError};
use serde_json::{Value, json};

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const CORE: &str = "urn:ietf:params:scim:schemas:core:2.0:User";

struct NoWaiting;

impl Pacing for NoWaiting {
    fn wait<'a>(&'a self, _: &'a str, _: u64) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(async { Ok(()) })
    }
}

/// A service of one function; what it does not foresee is 599. Yields before each answer, so that jobs
/// that run at once take turns.
struct Fake<F> {
    answer: F,
    seen: Mutex<Vec<(String, Option<Value>)>>,
}

impl<F: Fn(&str, Option<&Value>, &Request) -> Option<(u16, Value)> + Send + Sync> Transport for Fake<F> {
    fn send<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Response, TransportError>> {
        Box::pin(async move {
            tokio::task::yield_now().await;
            let line = format!("{} {}", request.method, request.url.trim_start_matches("https://s.test"));
            let body = request.json();
            let (status, json) = (self.answer)(&line, body.as_ref(), request)
                .unwrap_or((599, json!({ "detail": format!("not foreseen: {line}") })));
            self.seen.lock().unwrap().push((line, body));
            let body = if json.is_null() { String::new() } else { json.to_string() };
            Ok(Response { status, reason: String::new(), headers: vec![], body: body.into() })
        })
    }
}

impl<F> Fake<F> {
    fn new(answer: F) -> Arc<Self> {
        Arc::new(Self { answer, seen: Mutex::default() })
    }

    fn take(&self) -> Vec<(String, Option<Value>)> {
        std::mem::take(&mut self.seen.lock().unwrap())
    }

    fn lines(&self) -> Vec<String> {
        self.take().into_iter().map(|(line, _)| line).collect()
    }
}

fn list(resources: &[Value]) -> Value {
    json!({ "totalResults": resources.len(), "startIndex": 1, "itemsPerPage": resources.len(), "Resources": resources })
}

/// Creates whatever is posted, under the name before the `@` or the display name, and accepts every change.
fn willing(line: &str, body: Option<&Value>, _: &Request) -> Option<(u16, Value)> {
    let (method, path) = line.split_once(' ')?;
    let id_of = |path: &str| path.rsplit('/').next().map(str::to_owned);
    Some(match method {
        "GET" if path.contains('?') => (200, list(&[])),
        "GET" if path.starts_with("/Users/") => (200, json!({ "id": id_of(path), "active": true })),
        "GET" if path.starts_with("/Groups/") => (200, json!({ "id": id_of(path) })),
        "POST" => {
            let body = body?;
            let name = body.get("userName").or(body.get("displayName"))?.as_str()?;
            (201, json!({ "id": name.split('@').next() }))
        }
        "PUT" | "PATCH" => (200, json!({})),
        "DELETE" => (204, Value::Null),
        _ => return None,
    })
}

fn definition(dialect: Dialect, app: App) -> Definition {
    let person = |name: &str| Person {
        login: format!("{name}@x.test"),
        first_name: Some(name.into()),
        ..Person::default()
    };
    let people = ["ada", "bob", "eve"].map(|name| (name.to_owned(), person(name)));
    let groups = [
        ("team".to_owned(), Group { name: "Team".into(), members: vec!["ada".into(), "bob".into()] }),
        ("other".to_owned(), Group { name: "Other".into(), members: vec!["bob".into()] }),
    ];
    Definition { dialect, app, people: people.into(), groups: groups.into(), seed: 0 }
}

fn connected(definition: Definition, transport: Arc<dyn Transport>) -> Simulator {
    let mut simulator = Simulator::new(definition, transport, Arc::new(NoWaiting));
    simulator.connect("https://s.test", &Auth::None);
    simulator
}

async fn done(simulator: &mut Simulator, operation: Operation) {
    let report = simulator.perform(&operation).await.unwrap();
    assert_eq!(report.tasks, [], "{operation:?}");
}

fn assign(user: &str) -> Operation {
    Operation::Assign(Assign { user: user.into() })
}

fn assign_group(group: &str) -> Operation {
    Operation::AssignGroup(AssignGroup { group: group.into() })
}

fn lookup(who: &str) -> String {
    format!("GET /Users?filter=userName%20eq%20%22{who}%40x.test%22&startIndex=1&count=100")
}

#[tokio::test]
async fn a_group_gives_the_app_to_its_members_and_takes_it_from_those_who_have_nothing_else() {
    let service = Fake::new(willing);
    let mut okta = connected(definition(Dialect::Oin, App::default()), service.clone());
    done(&mut okta, assign("ada")).await;
    service.take();
    done(&mut okta, assign_group("team")).await;
    assert_eq!(service.lines(), [lookup("bob"), "POST /Users".into()], "ada has the app already");
    done(&mut okta, assign_group("other")).await;
    assert_eq!(service.lines(), Vec::<String>::new());
    // bob keeps the app by the other group, ada by her own assignment.
    done(&mut okta, Operation::UnassignGroup(UnassignGroup { group: "team".into() })).await;
    assert_eq!(service.lines(), Vec::<String>::new());
    done(&mut okta, Operation::RemoveMember(RemoveMember { group: "other".into(), user: "bob".into() }))
        .await;
    assert_eq!(service.lines(), ["PATCH /Users/bob"]);
    let unassign = okta.perform(&Operation::Unassign(Unassign { user: "bob".into() })).await;
    assert!(matches!(unassign, Err(OperationError::NotOffered(_))));
}

#[tokio::test]
async fn who_joins_a_group_with_the_app_is_provisioned_before_the_group_is_pushed() {
    // okta-client §7.
    let service = Fake::new(willing);
    let mut okta = connected(definition(Dialect::Aiw, App::default()), service.clone());
    done(&mut okta, assign_group("team")).await;
    done(&mut okta, Operation::PushGroup(PushGroup { group: "team".into() })).await;
    service.take();
    done(&mut okta, Operation::AddMember(AddMember { group: "team".into(), user: "eve".into() })).await;
    assert_eq!(
        service.lines(),
        [lookup("eve"), "POST /Users".into(), "GET /Groups/Team".into(), "PUT /Groups/Team".into()]
    );
}

#[rstest]
#[case::one_after_the_other(1)]
#[case::at_once(4)]
#[tokio::test]
async fn several_people_are_served_at_once_and_each_in_order(#[case] people_at_once: usize) {
    let service = Fake::new(willing);
    let app = App { switches: Switches { people_at_once, ..Switches::default() }, ..App::default() };
    let mut okta = connected(definition(Dialect::Oin, app), service.clone());
    done(&mut okta, assign_group("team")).await;
    let seen = service.take();
    let of = |who: &str| -> Vec<usize> {
        let login = format!("{who}@x.test");
        let mine = |(line, body): &(String, Option<Value>)| {
            *line == lookup(who) || body.as_ref().is_some_and(|body| body["userName"] == login)
        };
        seen.iter().enumerate().filter(|(_, entry)| mine(entry)).map(|(at, _)| at).collect()
    };
    let (ada, bob) = (of("ada"), of("bob"));
    let is_lookup = |at: &usize| seen[*at].0.starts_with("GET");
    for mine in [&ada, &bob] {
        assert_eq!(mine.iter().map(is_lookup).collect::<Vec<_>>(), [true, false], "{mine:?}");
    }
    // Across people no order is promised; at once, everybody is looked up before anybody is created.
    let interleaved = ada[0].max(bob[0]) < ada[1].min(bob[1]);
    assert_eq!(interleaved, people_at_once > 1, "{ada:?} {bob:?}");
    let log = okta.state()["systemLog"].clone();
    let targets: Vec<&str> =
        log.as_array().unwrap().iter().map(|entry| entry["target"].as_str().unwrap()).collect();
    assert_eq!(targets, ["ada@x.test", "ada@x.test", "bob@x.test", "bob@x.test"], "told in order");
}

#[tokio::test]
async fn nothing_is_sent_for_the_staged_and_a_group_gives_the_app_again_after_reactivation() {
    let service = Fake::new(willing);
    let mut start = definition(Dialect::Oin, App::default());
    start.people["ada"].staged = true;
    start.groups["team"].members = vec!["ada".into()];
    let mut okta = connected(start, service.clone());
    done(&mut okta, assign_group("team")).await;
    assert_eq!(service.lines(), Vec::<String>::new());
    let activate = Operation::Reactivate(Reactivate { user: "ada".into() });
    done(&mut okta, activate.clone()).await;
    assert_eq!(service.lines(), [lookup("ada"), "POST /Users".into()]);
    done(&mut okta, Operation::Deactivate(Deactivate { user: "ada".into() })).await;
    assert_eq!(service.lines(), ["PATCH /Users/ada"]);
    done(&mut okta, activate).await;
    assert_eq!(service.lines(), [lookup("ada"), "POST /Users".into()]);
}

#[rstest]
#[case(false, &[])]
#[case(true, &["DELETE /Users/ada"])]
#[tokio::test]
async fn deleting_a_person_sends_nothing_unless_the_switch_says_so(
    #[case] delete_users: bool,
    #[case] sent: &[&str],
) {
    // okta-client §3.10, §3.13.
    let service = Fake::new(willing);
    let app = App { switches: Switches { delete_users, ..Switches::default() }, ..App::default() };
    let mut okta = connected(definition(Dialect::Oin, app), service.clone());
    done(&mut okta, assign("ada")).await;
    let delete = Operation::DeletePerson(DeletePerson { user: "ada".into() });
    assert!(okta.perform(&delete).await.is_err(), "only the deactivated can be deleted");
    done(&mut okta, Operation::Deactivate(Deactivate { user: "ada".into() })).await;
    service.take();
    done(&mut okta, delete).await;
    assert_eq!(service.lines(), sent);
    assert_eq!(okta.state()["assignments"][0]["status"], "DELETED");
    assert!(okta.perform(&assign("ada")).await.is_err());
}

fn discovery(line: &str, _: Option<&Value>, _: &Request) -> Option<(u16, Value)> {
    let role = "urn:okta:scim:schemas:core:1.0:Role";
    Some(match line {
        "GET /Schemas" => (
            200,
            list(&[
                json!({ "id": CORE, "attributes": [{ "name": "title", "type": "string" }] }),
                json!({ "id": ENTERPRISE, "attributes": [{ "name": "department", "type": "string" }] }),
                json!({ "id": "urn:unused", "attributes": [{ "name": "x", "type": "string" }] }),
            ]),
        ),
        "GET /ResourceTypes" => (
            200,
            list(&[
                json!({ "name": "User", "endpoint": "/Users", "schema": CORE, "schemaExtensions": [{ "schema": ENTERPRISE }] }),
                json!({ "name": "Role", "endpoint": "/Roles", "schema": role }),
            ]),
        ),
        "GET /Roles?startIndex=1&count=100" => (200, list(&[json!({ "id": "r1", "displayName": "Admin" })])),
        _ => return None,
    })
}

#[tokio::test]
async fn schemas_and_entitlements_are_read_as_documented() {
    // okta-client §3.18.
    let service = Fake::new(discovery);
    let features = Features { import_user_schema: true, ..Features::default() };
    let mut okta = connected(definition(Dialect::Oin, App { features, ..App::default() }), service.clone());
    done(&mut okta, Operation::ImportUserSchema(ImportUserSchema {})).await;
    assert_eq!(service.lines(), ["GET /Schemas", "GET /ResourceTypes"]);
    assert_eq!(
        okta.state()["importedSchema"],
        json!([
            { "externalNamespace": CORE, "externalName": "title", "type": "string" },
            { "externalNamespace": ENTERPRISE, "externalName": "department", "type": "string" }
        ])
    );
    done(&mut okta, Operation::DiscoverEntitlements(DiscoverEntitlements {})).await;
    assert_eq!(service.lines(), ["GET /ResourceTypes", "GET /Schemas", "GET /Roles?startIndex=1&count=100"]);
    assert_eq!(
        okta.state()["importedEntitlements"],
        json!([{ "resourceType": "Role", "id": "r1", "displayName": "Admin" }])
    );
}

#[rstest]
#[case::none_at_hand(None, Some("r1"), &["POST https://idp.test/token", "GET /Users?startIndex=1&count=2"], None)]
#[case::expired(Some("old"), Some("r1"), &["GET /Users?startIndex=1&count=2", "POST https://idp.test/token", "GET /Users?startIndex=1&count=2"], None)]
#[case::dead_refresh_token(Some("old"), Some("dead"), &["GET /Users?startIndex=1&count=2", "POST https://idp.test/token"], Some("the token was revoked"))]
#[case::without_refresh_token(Some("old"), None, &["GET /Users?startIndex=1&count=2"], Some("there is no refresh token"))]
#[tokio::test]
async fn an_access_token_is_refreshed_when_an_operation_needs_it(
    #[case] access_token: Option<&str>,
    #[case] refresh_token: Option<&str>,
    #[case] sent: &[&str],
    #[case] fails: Option<&str>,
) {
    // okta-client §2.3; RFC 6749 §5.2 and §6.
    let service = Fake::new(|line: &str, _: Option<&Value>, request: &Request| {
        if line.starts_with("POST") {
            let form = String::from_utf8(request.body.clone()?.to_vec()).ok()?;
            return Some(match form.as_str() {
                "grant_type=refresh_token&refresh_token=r1&client_id=okta&client_secret=s%26t" => {
                    (200, json!({ "access_token": "new", "token_type": "Bearer", "expires_in": 3600 }))
                }
                _ => (400, json!({ "error": "invalid_grant", "error_description": "the token was revoked" })),
            });
        }
        let good = request.header("Authorization") == Some("Bearer new");
        Some(if good { (200, list(&[])) } else { (401, json!({ "detail": "expired" })) })
    });
    let mut okta = connected(definition(Dialect::Oin, App::default()), service.clone());
    let client = OAuthClient {
        token_url: "https://idp.test/token".into(),
        client_id: "okta".into(),
        client_secret: "s&t".into(),
        secret_in_header: false,
        access_token: access_token.map(str::to_owned),
        grant: OAuthGrant::Refresh(refresh_token.map(str::to_owned)),
    };
    okta.connect("https://s.test", &Auth::OAuth(client));
    let report = okta.perform(&Operation::TestCredentials(TestCredentials {})).await.unwrap();
    assert_eq!(service.lines(), sent);
    match fails {
        None => {
            assert_eq!(report.tasks, []);
            assert_eq!(okta.issued_tokens(), ["new"]);
        }
        Some(words) => {
            let message = &report.tasks[0].message;
            assert!(
                message.starts_with("Error authenticating: The credentials used to connect"),
                "{message}"
            );
            assert!(message.ends_with(words), "{message}");
        }
    }
}

fn attribute(external_name: &str, from: &str, data_type: DataType) -> Attribute {
    Attribute {
        variable: external_name.into(),
        external_name: external_name.into(),
        external_namespace: Some(CORE.into()),
        from: Some(from.into()),
        data_type,
    }
}

#[tokio::test]
async fn mappings_are_expressions_and_values_have_their_types() {
    let service = Fake::new(willing);
    let app = App {
        user_name_format: Some("String.toUpperCase(user.login)".into()),
        unmapped: vec!["emailType".into(), "displayName".into(), "locale".into()],
        attributes: vec![
            attribute("nickName", "String.substringBefore(user.login, '@') + '!'", DataType::String),
            attribute("level", "'7'", DataType::Integer),
            attribute("remote", "user.firstName == 'ada'", DataType::Boolean),
            attribute("tags", "'a, b'", DataType::StringArray),
            attribute("title", "user.title", DataType::String),
        ],
        ..App::default()
    };
    assert_eq!(app.problems(), Vec::<String>::new());
    let mut okta = connected(definition(Dialect::Aiw, app), service.clone());
    done(&mut okta, assign("ada")).await;
    let seen = service.take();
    assert_eq!(seen[0].0, "GET /Users?filter=userName%20eq%20%22ADA%40X.TEST%22&startIndex=1&count=100");
    let body = seen[1].1.as_ref().unwrap();
    let keys: Vec<&str> = body.as_object().unwrap().keys().map(String::as_str).collect();
    // okta-client §3.4: the wizard's app with those mappings removed; what is empty is left out.
    assert_eq!(
        keys,
        [
            "schemas",
            "userName",
            "name",
            "emails",
            "nickName",
            "level",
            "remote",
            "tags",
            "externalId",
            "groups",
            "password",
            "active"
        ]
    );
    assert_eq!(body["emails"], json!([{ "primary": true, "value": "ada@x.test" }]));
    assert_eq!(
        [&body["nickName"], &body["level"], &body["remote"], &body["tags"]],
        [&json!("ada!"), &json!(7), &json!(true), &json!(["a", "b"])]
    );
    assert_eq!(okta.login("ada").as_deref(), Some("ADA@X.TEST"));
}

#[test]
fn a_mapping_that_cannot_be_read_is_told() {
    let app = App {
        attributes: vec![
            attribute("emails.^[primary==true]", "user.email", DataType::String),
            attribute("title", "String.reverse(user.title)", DataType::String),
        ],
        ..App::default()
    };
    let problems = app.problems();
    assert_eq!(problems.len(), 2, "{problems:?}");
    assert!(problems[1].contains("`String.reverse` is not among those that mappings use"), "{}", problems[1]);
}

#[tokio::test]
async fn an_answer_of_other_types_breaks_the_job() {
    // okta-client §3.4.
    let service = Fake::new(|line: &str, _: Option<&Value>, _: &Request| {
        Some(if line.starts_with("GET") {
            (200, list(&[]))
        } else {
            (201, json!({ "id": "1", "level": "seven" }))
        })
    });
    let app = App { attributes: vec![attribute("level", "'7'", DataType::Integer)], ..App::default() };
    let mut okta = connected(definition(Dialect::Oin, app), service.clone());
    let report = okta.perform(&assign("ada")).await.unwrap();
    assert_eq!(
        report.tasks[0].message,
        "Automatic provisioning of user ada@x.test to app Code42 failed: Error while trying to import user profile for ada@x.test: Error setting property, appUser=ada@x.test property=level error=[Invalid value data type]"
    );
}

#[rstest]
#[case::no_id(json!({ "active": true }), "the resource that was found has no id")]
#[case::empty_id(json!({ "id": "" }), "the resource that was found has no id")]
#[tokio::test]
async fn a_hit_without_id_fails_the_job(#[case] hit: Value, #[case] reason: &str) {
    let service = Fake::new(move |line: &str, _: Option<&Value>, _: &Request| {
        line.starts_with("GET /Users?filter").then(|| (200, list(std::slice::from_ref(&hit))))
    });
    let mut okta = connected(definition(Dialect::Oin, App::default()), service.clone());
    let report = okta.perform(&assign("ada")).await.unwrap();
    assert!(report.tasks[0].message.ends_with(reason), "{}", report.tasks[0].message);
    assert_eq!(service.lines().len(), 1);
}

#[tokio::test]
async fn of_several_hits_the_first_is_linked() {
    let service = Fake::new(|line: &str, body: Option<&Value>, request: &Request| {
        if line.contains("?filter") {
            return Some((200, list(&[json!({ "id": "first" }), json!({ "id": "second" })])));
        }
        willing(line, body, request)
    });
    let mut okta = connected(definition(Dialect::Oin, App::default()), service.clone());
    done(&mut okta, assign("ada")).await;
    assert_eq!(service.lines()[1..], ["GET /Users/first", "PUT /Users/first"]);
}

#[rstest]
#[case::fails(false, &["GET /Users/ada"], 1)]
#[case::starts_again(true, &["GET /Users/ada", &lookup("ada"), "POST /Users"], 0)]
#[tokio::test]
async fn an_account_that_is_gone(#[case] again: bool, #[case] sent: &[&str], #[case] tasks: usize) {
    // okta-client §3.7, §13.7.
    let service = Fake::new(|line: &str, body: Option<&Value>, request: &Request| {
        if line == "GET /Users/ada" {
            return Some((404, json!({ "detail": "gone" })));
        }
        willing(line, body, request)
    });
    let switches = Switches { provision_again_when_gone: again, ..Switches::default() };
    let mut okta = connected(definition(Dialect::Oin, App { switches, ..App::default() }), service.clone());
    done(&mut okta, assign("ada")).await;
    service.take();
    let set = [("lastName".to_owned(), "L".to_owned())].into_iter().collect();
    let update = Operation::UpdateProfile(UpdateProfile { user: "ada".into(), set });
    let report = okta.perform(&update).await.unwrap();
    assert_eq!(service.lines(), sent);
    assert_eq!(report.tasks.len(), tasks);
}

#[tokio::test]
async fn without_patch_the_catalogues_app_speaks_as_the_wizards() {
    // okta-client §1: Okta's staff can turn PATCH off.
    let service = Fake::new(willing);
    let switches = Switches { patch: false, ..Switches::default() };
    let mut okta = connected(definition(Dialect::Oin, App { switches, ..App::default() }), service.clone());
    done(&mut okta, assign("ada")).await;
    done(&mut okta, Operation::Unassign(Unassign { user: "ada".into() })).await;
    assert_eq!(
        service.lines(),
        [lookup("ada"), "POST /Users".into(), "GET /Users/ada".into(), "PUT /Users/ada".into()]
    );
}

#[rstest]
#[case::omitted(Cleared::Omitted, None)]
#[case::empty(Cleared::EmptyText, Some(json!("")))]
#[case::null(Cleared::Null, Some(Value::Null))]
#[tokio::test]
async fn a_cleared_value_looks_as_the_switch_says(#[case] cleared: Cleared, #[case] sent: Option<Value>) {
    let service = Fake::new(|line: &str, body: Option<&Value>, request: &Request| {
        if line == "GET /Users/ada" {
            return Some((200, json!({ "id": "ada", "title": "Countess" })));
        }
        willing(line, body, request)
    });
    let app = App {
        attributes: vec![attribute("title", "title", DataType::String)],
        switches: Switches { cleared, ..Switches::default() },
        ..App::default()
    };
    let mut start = definition(Dialect::Aiw, app);
    start.people["ada"].title = Some("Countess".into());
    let mut okta = connected(start, service.clone());
    done(&mut okta, assign("ada")).await;
    let set = [("title".to_owned(), String::new())].into_iter().collect();
    done(&mut okta, Operation::UpdateProfile(UpdateProfile { user: "ada".into(), set })).await;
    let put = service.take().pop().unwrap();
    assert_eq!(put.0, "PUT /Users/ada");
    assert_eq!(put.1.unwrap().get("title").cloned(), sent);
    done(&mut okta, Operation::ForceSync(ForceSync {})).await;
    assert_eq!(service.lines(), Vec::<String>::new(), "the app profile was pushed as it is");
}

#[tokio::test]
async fn a_profile_can_be_one_patch_without_path() {
    // okta-client §3.9; the shape is inferred.
    let service = Fake::new(willing);
    let switches = Switches { patch_profile: true, ..Switches::default() };
    let mut okta = connected(definition(Dialect::Oin, App { switches, ..App::default() }), service.clone());
    done(&mut okta, assign("ada")).await;
    service.take();
    let set = [("lastName".to_owned(), "Lovelace".to_owned())].into_iter().collect();
    done(&mut okta, Operation::UpdateProfile(UpdateProfile { user: "ada".into(), set })).await;
    let (line, body) = service.take().pop().unwrap();
    assert_eq!(line, "PATCH /Users/ada");
    let operations = body.unwrap()["Operations"].clone();
    assert_eq!(operations.as_array().unwrap().len(), 1);
    assert_eq!(operations[0]["op"], "replace");
    assert_eq!(operations[0].get("path"), None);
    assert_eq!(operations[0]["value"]["name"], json!({ "givenName": "ada", "familyName": "Lovelace" }));
}

#[rstest]
#[case::at_once(Features::default(), Switches::default(), Some(json!([{ "value": "ada", "display": "ada@x.test" }])), 3)]
#[case::later(Features { push_memberships_immediately: false, ..Features::default() }, Switches::default(), Some(json!([])), 2)]
#[case::no_members(Features { push_memberships_immediately: false, ..Features::default() }, Switches { empty_members_in_create: false, ..Switches::default() }, None, 2)]
#[tokio::test]
async fn members_come_with_the_group_or_later(
    #[case] features: Features,
    #[case] switches: Switches,
    #[case] members: Option<Value>,
    #[case] requests: usize,
) {
    // okta-client §3.17b, c.
    let service = Fake::new(willing);
    let app = App { features, switches, ..App::default() };
    let mut okta = connected(definition(Dialect::Oin, app), service.clone());
    done(&mut okta, assign("ada")).await;
    service.take();
    done(&mut okta, Operation::PushGroup(PushGroup { group: "team".into() })).await;
    let seen = service.take();
    assert_eq!(seen.len(), requests, "{seen:?}");
    assert_eq!(seen[1].1.as_ref().unwrap().get("members").cloned(), members);
}

#[tokio::test]
async fn switches_and_toggles_of_group_push() {
    let service = Fake::new(willing);
    let app = App {
        features: Features { rename_groups: false, ..Features::default() },
        switches: Switches {
            members_per_patch: 1,
            rename_after_membership: true,
            empty_group_without_path: true,
            ..Switches::default()
        },
        ..App::default()
    };
    let mut okta = connected(definition(Dialect::Oin, app), service.clone());
    done(&mut okta, assign_group("team")).await;
    done(&mut okta, Operation::PushGroup(PushGroup { group: "team".into() })).await;
    let seen = service.take();
    let patches = seen.iter().filter(|(line, _)| line == "PATCH /Groups/Team").count();
    assert_eq!(patches, 2, "one member in each PATCH");
    let rename = RenameGroup { group: "team".into(), to: "Crew".into() };
    done(&mut okta, Operation::RenameGroup(rename)).await;
    assert_eq!(service.lines(), Vec::<String>::new());
    done(&mut okta, assign("eve")).await;
    service.take();
    done(&mut okta, Operation::AddMember(AddMember { group: "team".into(), user: "eve".into() })).await;
    let seen = service.take();
    let ops: Vec<&Value> = seen.iter().map(|(_, body)| &body.as_ref().unwrap()["Operations"][0]).collect();
    assert_eq!((&ops[0]["op"], &ops[1]["op"]), (&json!("add"), &json!("replace")), "the rename comes last");
    assert_eq!(ops[1]["value"]["displayName"], "Team", "a name that does not follow Okta's stays");
    for user in ["ada", "bob", "eve"] {
        let leave = RemoveMember { group: "team".into(), user: user.into() };
        done(&mut okta, Operation::RemoveMember(leave)).await;
    }
    service.take();
    done(&mut okta, Operation::PushNow(PushNow { group: "team".into() })).await;
    let body = service.take().pop().unwrap().1.unwrap();
    // Names do not follow Okta's here, so the group keeps the one that it has in the app (case C9330).
    assert_eq!(
        body["Operations"],
        json!([{ "op": "replace", "value": { "id": "Team", "displayName": "Team", "members": [] } }])
    );
}

#[rstest]
#[case(503, "application.provision.group_push.mapping.update.or.delete.failed")]
#[case(401, "application.provision.group_push.mapping.update.or.delete.failed.with.error")]
#[tokio::test]
async fn system_log_tells_a_group_that_is_retried_from_one_that_is_not(
    #[case] status: u16,
    #[case] event: &str,
) {
    // okta-client §6.
    let service = Fake::new(move |line: &str, body: Option<&Value>, request: &Request| {
        if line.starts_with("PATCH /Groups") {
            return Some((status, json!({ "detail": "no" })));
        }
        willing(line, body, request)
    });
    let mut okta = connected(definition(Dialect::Oin, App::default()), service.clone());
    done(&mut okta, assign("ada")).await;
    let push = Operation::PushGroup(PushGroup { group: "team".into() });
    assert_eq!(okta.perform(&push).await.unwrap().tasks.len(), 1);
    let log = okta.state()["systemLog"].clone();
    let last = log.as_array().unwrap().last().unwrap();
    assert_eq!((&last["event"], &last["outcome"]), (&json!(event), &json!("FAILURE")));
}

#[tokio::test]
async fn entras_client_does_the_same_in_its_own_words() {
    // defects D044, D045, D090; code42-service §1.2.
    let service = Fake::new(|line: &str, body: Option<&Value>, request: &Request| {
        if line == "GET /Users/ada" {
            let user = json!({
                "id": "ada", "userName": "ada@x.test", "displayName": "ada", "active": true,
                "name": { "givenName": "ada" }, "emails": [{ "type": "work", "value": "old@x.test" }]
            });
            return Some((200, user));
        }
        willing(line, body, request)
    });
    let app = App {
        attributes: vec![attribute("addresses.^[primary==true].country", "countryCode", DataType::String)],
        ..App::default()
    };
    let mut okta = connected(definition(Dialect::Entra, app), service.clone());
    done(&mut okta, assign("ada")).await;
    let seen = service.take();
    assert_eq!(seen[0].0, "GET /Users?filter=userName+eq+%22ada%40x.test%22");
    let created = seen[1].1.as_ref().unwrap();
    assert_eq!(created["emails"], json!([{ "primary": true, "type": "work", "value": "ada@x.test" }]));
    assert_eq!((created.get("password"), created.get("groups")), (None, None));
    let external_id = created["externalId"].clone();
    let set = [("countryCode".to_owned(), "GB".to_owned())].into_iter().collect();
    done(&mut okta, Operation::UpdateProfile(UpdateProfile { user: "ada".into(), set })).await;
    let (line, body) = service.take().pop().unwrap();
    assert_eq!(line, "PATCH /Users/ada");
    assert_eq!(
        body.unwrap()["Operations"],
        json!([
            { "op": "Replace", "path": "emails[type eq \"work\"].value", "value": "ada@x.test" },
            { "op": "Add", "path": "externalId", "value": external_id },
            { "op": "Add", "path": "addresses[type eq \"work\"].country", "value": "GB" }
        ])
    );
    done(&mut okta, Operation::PushGroup(PushGroup { group: "team".into() })).await;
    let seen = service.take();
    assert_eq!(seen[0].0, "GET /Groups?excludedAttributes=members&filter=displayName+eq+%22Team%22");
    assert_eq!(seen[1].1.as_ref().unwrap().get("members"), None);
    assert_eq!(
        seen[2].1.as_ref().unwrap()["Operations"],
        json!([{ "op": "Add", "path": "members", "value": [{ "value": "ada" }] }])
    );
    done(&mut okta, Operation::Unassign(Unassign { user: "ada".into() })).await;
    let (line, body) = service.take().pop().unwrap();
    assert_eq!(line, "PATCH /Users/ada");
    assert_eq!(body.unwrap()["Operations"], json!([{ "op": "Replace", "path": "active", "value": "False" }]));
}
