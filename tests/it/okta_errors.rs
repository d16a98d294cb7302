//! How Okta reacts when the service does not do what it should: okta-client §3, §5 and §6.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use indexmap::IndexMap;
use rstest::rstest;
use scimulate::clients::operation::{
    App, Assign, Features, Group, ImportNow, Person, PushGroup, Reassign, RetryTask, TestCredentials,
    Unassign, UpdateProfile,
};
use scimulate::clients::{Definition, Dialect, Operation, OperationError, Pacing, Simulator};
use scimulate::exchange::Auth;
use scimulate::exchange::{BoxFuture, Tcp, TcpOptions};
use serde_json::{Value, json};
use wiremock::matchers::{any, method, path, query_param};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

#[derive(Default)]
struct Waits(Mutex<Vec<u64>>);

impl Pacing for Waits {
    fn wait<'a>(&'a self, _: &'a str, seconds: u64) -> BoxFuture<'a, Result<(), String>> {
        self.0.lock().unwrap().push(seconds);
        Box::pin(async { Ok(()) })
    }
}

fn connected(base_url: &str, app: App, waits: Arc<Waits>) -> Simulator {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let person = Person {
        login: "ada@example.com".into(),
        first_name: Some("Ada".into()),
        last_name: Some("Lovelace".into()),
        ..Person::default()
    };
    let definition = Definition {
        dialect: Dialect::Oin,
        app,
        people: IndexMap::from([("ada".to_owned(), person)]),
        groups: IndexMap::from([(
            "team".to_owned(),
            Group { name: "Team".into(), members: vec!["ada".into()] },
        )]),
        seed: 0,
    };
    let options = TcpOptions { max_time: Duration::from_secs(1), ..TcpOptions::default() };
    let mut simulator = Simulator::new(definition, Arc::new(Tcp::new(&options).unwrap()), waits);
    simulator.connect(base_url, &Auth::None);
    simulator
}

/// A service that foresees nothing yet: what is not mounted is answered 599 and fails the test at its end.
async fn service() -> MockServer {
    let server = MockServer::start().await;
    Mock::given(any())
        .respond_with(ResponseTemplate::new(599))
        .with_priority(u8::MAX)
        .expect(0)
        .named("a request that was not foreseen")
        .mount(&server)
        .await;
    server
}

fn simulator(server: &MockServer) -> Simulator {
    connected(&server.uri(), App::default(), Arc::default())
}

fn list(resources: &[Value]) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"], "totalResults": resources.len(),
        "startIndex": 1, "itemsPerPage": resources.len(), "Resources": resources
    })
}

fn error(status: u16, detail: &str) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_json(
        json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status": status.to_string(), "detail": detail }),
    )
}

async fn answer(server: &MockServer, verb: &str, at: &str, response: ResponseTemplate) {
    Mock::given(method(verb)).and(path(at)).respond_with(response).mount(server).await;
}

async fn requests(server: &MockServer) -> Vec<String> {
    let received: Vec<Request> = server.received_requests().await.unwrap();
    received.iter().map(|request| format!("{} {}", request.method, request.url.path())).collect()
}

fn assign() -> Operation {
    Operation::Assign(Assign { user: "ada".into() })
}

#[rstest]
#[case(
    error(401, "Invalid SCIM token"),
    "Error authenticating: Unauthorized. Errors reported by remote server: Invalid SCIM token"
)]
#[case(ResponseTemplate::new(403).set_body_string("<html><body>Forbidden</body></html>"), "Error authenticating: Forbidden. Errors reported by remote server: Invalid JSON: Unexpected character ('<' (code 60))")]
#[case(ResponseTemplate::new(200).set_body_string("<html>"), "Error authenticating: Invalid JSON: Unexpected character ('<' (code 60))")]
#[case(ResponseTemplate::new(502).set_body_string("error code: 502"), "Error authenticating: Bad Gateway. Errors reported by remote server: Invalid JSON: Unrecognized token 'error'")]
#[case(ResponseTemplate::new(302).insert_header("Location", "/login"), "Error authenticating: Found.")]
#[case(ResponseTemplate::new(200).set_delay(Duration::from_secs(5)), "Error authenticating: Read timed out")]
#[tokio::test]
async fn a_failed_test_of_credentials_says_what_the_service_said(
    #[case] response: ResponseTemplate,
    #[case] begins: &str,
) {
    let server = service().await;
    answer(&server, "GET", "/Users", response).await;
    let report = simulator(&server).perform(&Operation::TestCredentials(TestCredentials {})).await.unwrap();
    assert_eq!(report.tasks.len(), 1);
    assert!(report.tasks[0].message.starts_with(begins), "{}", report.tasks[0].message);
    assert_eq!(requests(&server).await, ["GET /Users"], "a redirect is not followed");
}

#[rstest]
#[case::empty_list(ResponseTemplate::new(200).set_body_json(list(&[])))]
#[case::not_found(error(404, "no such user"))]
#[case::lower_case_names(ResponseTemplate::new(200).set_body_json(json!({ "totalresults": 0, "startindex": 1, "itemsperpage": 0, "resources": [] })))]
#[tokio::test]
async fn nobody_found_means_create(#[case] lookup: ResponseTemplate) {
    // okta-client §3.3: accepted forms of "not found".
    let server = service().await;
    answer(&server, "GET", "/Users", lookup).await;
    answer(&server, "POST", "/Users", ResponseTemplate::new(201).set_body_json(json!({ "id": "1" }))).await;
    let mut simulator = simulator(&server);
    assert_eq!(simulator.perform(&assign()).await.unwrap().tasks, []);
    assert_eq!(requests(&server).await, ["GET /Users", "POST /Users"]);
    assert_eq!(simulator.external_ids().collect::<Vec<_>>(), [("ada", "1")]);
}

#[tokio::test]
async fn counters_that_are_strings_stop_okta_without_a_word() {
    // okta-client §3.3, KB-str.
    let server = service().await;
    let mut body = list(&[]);
    body["startIndex"] = json!("1");
    answer(&server, "GET", "/Users", ResponseTemplate::new(200).set_body_json(body)).await;
    let mut simulator = simulator(&server);
    assert_eq!(simulator.perform(&assign()).await.unwrap().tasks, []);
    assert_eq!(requests(&server).await, ["GET /Users"], "no POST is sent");
    let log = &simulator.state()["systemLog"];
    assert_eq!(
        log,
        &json!([{ "event": "application.provision.user.sync", "target": "ada@example.com", "outcome": "FAILURE" }])
    );
}

#[rstest]
#[case(
    error(409, "userName is taken"),
    "Automatic provisioning of user ada@example.com to app Code42 failed: Error while creating user Ada Lovelace: Conflict. Errors reported by remote server: userName is taken"
)]
#[case(
    ResponseTemplate::new(201),
    "Automatic provisioning of user ada@example.com to app Code42 failed: Error while creating user Ada Lovelace: Create new user returned empty user."
)]
#[case(
    error(500, "Server Error"),
    "Automatic provisioning of user ada@example.com to app Code42 failed: Error while creating user Ada Lovelace: Internal Server Error. Errors reported by remote server: Server Error"
)]
#[tokio::test]
async fn a_failed_creation_is_a_task_and_leaves_no_link(
    #[case] response: ResponseTemplate,
    #[case] message: &str,
) {
    let server = service().await;
    answer(&server, "GET", "/Users", ResponseTemplate::new(200).set_body_json(list(&[]))).await;
    answer(&server, "POST", "/Users", response).await;
    let mut simulator = simulator(&server);
    let report = simulator.perform(&assign()).await.unwrap();
    assert_eq!(report.tasks.iter().map(|task| task.message.as_str()).collect::<Vec<_>>(), [message]);
    // §3.10: without a link an unassignment sends nothing.
    let before = requests(&server).await;
    simulator.perform(&Operation::Unassign(Unassign { user: "ada".into() })).await.unwrap();
    assert_eq!(requests(&server).await, before);
}

#[tokio::test]
async fn a_failed_task_is_retried_from_the_look_up() {
    // §3.6, §3.15.
    let server = service().await;
    answer(&server, "GET", "/Users", ResponseTemplate::new(200).set_body_json(list(&[]))).await;
    Mock::given(method("POST")).respond_with(error(503, "later")).up_to_n_times(1).mount(&server).await;
    Mock::given(method("POST"))
        .respond_with(ResponseTemplate::new(201).set_body_json(json!({ "id": "1" })))
        .mount(&server)
        .await;
    let mut simulator = simulator(&server);
    assert_eq!(simulator.perform(&assign()).await.unwrap().tasks.len(), 1);
    let retry = Operation::RetryTask(RetryTask { user: Some("ada".into()), group: None });
    assert_eq!(simulator.perform(&retry).await.unwrap().tasks, []);
    assert_eq!(simulator.tasks(), []);
    assert_eq!(requests(&server).await, ["GET /Users", "POST /Users", "GET /Users", "POST /Users"]);
}

#[tokio::test]
async fn a_push_that_fails_during_the_link_drops_the_link() {
    // §3.5, §8.10.
    let server = service().await;
    let user = json!({ "id": "7", "userName": "ada@example.com", "active": true });
    answer(
        &server,
        "GET",
        "/Users",
        ResponseTemplate::new(200).set_body_json(list(std::slice::from_ref(&user))),
    )
    .await;
    answer(&server, "GET", "/Users/7", ResponseTemplate::new(200).set_body_json(&user)).await;
    answer(&server, "PUT", "/Users/7", error(400, "bad value")).await;
    let mut simulator = simulator(&server);
    let report = simulator.perform(&assign()).await.unwrap();
    assert_eq!(
        report.tasks[0].message,
        "Automatic profile push of user Ada Lovelace to app Code42 failed: Error while trying to push profile update for ada@example.com: Bad Request. Errors reported by remote server: bad value"
    );
    assert_eq!(simulator.external_ids().count(), 0);
}

#[rstest]
#[case(Some("7"), &[7, 14])]
#[case(None, &[300, 600])]
#[case(Some("Wed, 21 Oct 2026 07:28:00 GMT"), &[300, 600])]
#[case(Some("1.5"), &[300, 600])]
#[tokio::test]
async fn too_many_requests_are_waited_out_twice_as_long_each_time(
    #[case] retry_after: Option<&str>,
    #[case] waited: &[u64],
) {
    // §6: whole seconds only; else five minutes.
    let server = service().await;
    let mut slow = ResponseTemplate::new(429);
    if let Some(value) = retry_after {
        slow = slow.insert_header("Retry-After", value);
    }
    Mock::given(method("GET")).respond_with(slow).up_to_n_times(2).mount(&server).await;
    Mock::given(method("GET"))
        .respond_with(ResponseTemplate::new(200).set_body_json(list(&[])))
        .mount(&server)
        .await;
    let waits = Arc::new(Waits::default());
    let mut simulator = connected(&server.uri(), App::default(), Arc::clone(&waits));
    assert_eq!(simulator.perform(&Operation::TestCredentials(TestCredentials {})).await.unwrap().tasks, []);
    assert_eq!(*waits.0.lock().unwrap(), waited);
}

#[tokio::test]
async fn after_ten_attempts_okta_gives_up() {
    let server = service().await;
    Mock::given(method("GET"))
        .respond_with(ResponseTemplate::new(429).insert_header("Retry-After", "1"))
        .mount(&server)
        .await;
    let mut simulator = simulator(&server);
    let report = simulator.perform(&Operation::TestCredentials(TestCredentials {})).await.unwrap();
    assert!(report.tasks[0].message.starts_with("Error authenticating: Too Many Requests."));
    assert_eq!(requests(&server).await.len(), 10);
}

#[tokio::test]
async fn import_reads_pages_of_100_and_leaves_out_the_inactive() {
    // §3.16.
    let server = service().await;
    let users = |from: usize, to: usize| -> Vec<Value> {
        (from..to)
            .map(|n| json!({ "id": n.to_string(), "userName": format!("u{n}"), "active": n % 50 != 0 }))
            .collect()
    };
    for (start, page) in [("1", users(0, 100)), ("101", users(100, 150))] {
        let body =
            json!({ "totalResults": 150, "startIndex": 1, "itemsPerPage": page.len(), "Resources": page });
        Mock::given(method("GET"))
            .and(query_param("startIndex", start))
            .and(query_param("count", "100"))
            .respond_with(ResponseTemplate::new(200).set_body_json(body))
            .mount(&server)
            .await;
    }
    let app = App { features: Features { import_users: true, ..Features::default() }, ..App::default() };
    let mut simulator = connected(&server.uri(), app, Arc::default());
    simulator.perform(&Operation::ImportNow(ImportNow {})).await.unwrap();
    assert_eq!(requests(&server).await.len(), 2);
    assert_eq!(simulator.state()["importedUsers"].as_array().unwrap().len(), 147);
}

#[tokio::test]
async fn a_refused_group_is_a_task_of_its_own() {
    let server = service().await;
    answer(&server, "GET", "/Groups", ResponseTemplate::new(200).set_body_json(list(&[]))).await;
    answer(&server, "POST", "/Groups", error(400, "members must not be empty")).await;
    let report =
        simulator(&server).perform(&Operation::PushGroup(PushGroup { group: "team".into() })).await.unwrap();
    assert_eq!(
        report.tasks[0].message,
        "Unable to update Group Push mapping target App group Team: Error while creating user group Team: Bad Request. Errors reported by remote server: members must not be empty"
    );
}

#[tokio::test]
async fn what_okta_would_not_offer_is_refused_and_sends_nothing() {
    let server = service().await;
    let mut simulator = simulator(&server);
    let unknown = simulator.perform(&Operation::Assign(Assign { user: "eve".into() })).await.unwrap_err();
    assert_eq!(unknown.to_string(), "the Okta directory has no person `eve`; it has ada");
    let twice = simulator.perform(&Operation::Unassign(Unassign { user: "ada".into() })).await.unwrap_err();
    assert!(matches!(twice, OperationError::NotOffered(_)));
    let update =
        UpdateProfile { user: "ada".into(), set: IndexMap::from([("tittle".to_owned(), "x".to_owned())]) };
    assert!(simulator.perform(&Operation::UpdateProfile(update)).await.is_err());
    let again = simulator.perform(&Operation::Reassign(Reassign { user: "nobody".into() })).await;
    assert!(again.is_err());
    assert_eq!(requests(&server).await, Vec::<String>::new());
}
