//! A target with an admin API of another shape than our console's, on a socket of its own: what the
//! configuration says of it is observed, and nothing else counts as passed.

use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use base64::Engine as _;
use scimulate::exchange::{InProcess, Request, Transport as _};
use scimulate::reference::http::{Preset, Reference, ReferenceOptions};
use serde_json::{Value, json};

const TOKEN: &str = "admin-token";

/// The admin API: people with their team and permissions, two on a page, and events, the latest first, three on
/// a page, with a link to the next.
struct Admin {
    console: InProcess,
}

fn basic(username: &str, password: &str) -> String {
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(format!("{username}:{password}")))
}

impl Admin {
    async fn state(&self) -> Value {
        let request = Request {
            method: "GET".into(),
            url: "http://in.process/console/v1/state".into(),
            headers: vec![("authorization".into(), basic("admin", "console"))],
            body: None,
        };
        self.console.send(&request).await.unwrap().json().unwrap()
    }
}

/// The number of a query parameter.
fn parameter(uri: &Uri, name: &str) -> Option<usize> {
    uri.query()?.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('=')?.parse().ok())
}

fn answer(body: &Value) -> Response {
    ([("content-type", "application/json")], body.to_string()).into_response()
}

fn refused(headers: &HeaderMap) -> Option<Response> {
    let shown = headers.get("authorization").and_then(|value| value.to_str().ok());
    (shown != Some(&format!("Bearer {TOKEN}"))).then(|| StatusCode::FORBIDDEN.into_response())
}

async fn people(State(admin): State<Arc<Admin>>, headers: HeaderMap, uri: Uri) -> Response {
    if let Some(refused) = refused(&headers) {
        return refused;
    }
    let page = parameter(&uri, "page").unwrap();
    let state = admin.state().await;
    let person = |user: &Value| {
        let permissions: Vec<Value> = user["roles"]
            .as_array()
            .unwrap()
            .iter()
            .map(|role| json!({ "key": role.as_str().unwrap().to_uppercase() }))
            .collect();
        json!({ "login": user["username"], "team": { "title": user["organization"] }, "permissions": permissions })
    };
    let people: Vec<Value> = state["users"].as_array().unwrap().iter().map(person).collect();
    let people: Vec<&Value> = people.iter().skip((page - 1) * 2).take(2).collect();
    answer(&json!({ "people": people }))
}

async fn events(State(admin): State<Arc<Admin>>, headers: HeaderMap, uri: Uri) -> Response {
    if let Some(refused) = refused(&headers) {
        return refused;
    }
    let skip = parameter(&uri, "after").unwrap_or(0);
    let state = admin.state().await;
    let event = |entry: &Value| {
        let kind = match entry["event"].as_str().unwrap() {
            "USER_CREATED" => "person.added",
            "USER_UPDATED" => "person.changed",
            "DEACTIVATION_SCHEDULED" => "person.leaving",
            _ => "other",
        };
        json!({ "type": kind, "subject": { "login": entry["username"] }, "outcome": entry["result"] })
    };
    let mut all: Vec<Value> = state["syncLog"].as_array().unwrap().iter().map(event).collect();
    all.retain(|event| event["type"] != "other");
    all.reverse();
    let next = (all.len() > skip + 3).then(|| format!("/admin/api/events?after={}", skip + 3));
    let page: Vec<&Value> = all.iter().skip(skip).take(3).collect();
    answer(&json!({ "data": page, "links": { "next": next } }))
}

/// A service on a socket, and the configuration for it.
async fn target(observe: &str) -> (String, String) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let reference = Reference::new(ReferenceOptions {
        preset: Preset::Rfc,
        origin: origin.clone(),
        start: "2026-01-01T00:00:00Z".parse().unwrap(),
        live: None,
        seed: 0,
        console_username: "admin".into(),
        console_password: "console".into(),
    });
    let provider = reference.add_provider("Okta").unwrap();
    let admin = Arc::new(Admin { console: InProcess::new(reference.router()) });
    let router = Router::new()
        .route("/admin/api/people", get(people))
        .route("/admin/api/events", get(events))
        .with_state(admin)
        .fallback_service(reference.router());
    tokio::spawn(async move { axum::serve(listener, router).await });
    let config = format!(
        "[target.acme]\nbase-url = \"{origin}/scim/v2\"\nauth = {{ type = \"basic\", username = \"{}\", password-env = \"ACME_PASSWORD\" }}\n{observe}",
        provider.username
    );
    (config, provider.password)
}

const OBSERVE: &str = r#"
[target.acme.observe.organizations]
url = "/admin/api/people"
items = "/people"
page-parameter = "page"
fields = { name = "/team/title", users = "/login" }
auth = { type = "bearer", token-env = "ACME_ADMIN" }

[target.acme.observe.roles]
url = "/admin/api/people"
items = "/people"
page-parameter = "page"
fields = { role = "/permissions/*/key", users = "/login" }
values = { role = { "DESKTOP-USER" = "desktop-user", "PROE-USER" = "proe-user" } }
auth = { type = "bearer", token-env = "ACME_ADMIN" }

[target.acme.observe.sync-log]
url = "/admin/api/events"
items = "/data"
next = "/links/next"
newest-first = true
fields = { event = "/type", user = "/subject/login", result = "/outcome" }
values = { event = { "person.added" = "USER_CREATED", "person.changed" = "USER_UPDATED", "person.leaving" = "DEACTIVATION_SCHEDULED" } }
auth = { type = "bearer", token-env = "ACME_ADMIN" }
"#;

const SCENARIO: &str = r#"
title: Three people are assigned, and one of them is another afterwards
people:
  ada: { login: ada@example.com, firstName: Ada, lastName: Lovelace }
  grace: { login: grace@example.com, firstName: Grace, lastName: Hopper }
  alan: { login: alan@example.com, firstName: Alan, lastName: Turing }
steps:
  - okta.assign: { user: ada }
  - okta.assign: { user: grace }
  - okta.assign: { user: alan }
  - expect.organization: { name: Default, users: [ada, grace, alan] }
  - expect.user: { user: ada, active: true, organization: Default, roles: [desktop-user, proe-user] }
  - expect.role: { role: desktop-user, users: [ada, grace, alan] }
  - expect.sync-log:
      entries:
        - { event: USER_CREATED, user: ada, result: SUCCESS, cause: CREATE }
        - { event: USER_CREATED, user: grace }
        - { event: USER_CREATED, user: alan }
  - okta.update-profile: { user: ada, set: { lastName: King } }
  - expect.sync-log: { entries: [{ event: USER_UPDATED, user: ada }] }
  - expect.user: { user: ada, status: active }
  - expect.matter: { matter: Case, active: true }
"#;

/// The exit code, what was said, and the only scenario's result.
async fn run(config: &str, password: &str, scenario: &str) -> (i32, String, Value) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("scimulate.toml"), config).unwrap();
    std::fs::write(folder.path().join("people.yaml"), scenario).unwrap();
    let (at, password): (&Path, String) = (folder.path(), password.to_owned());
    let mut command = std::process::Command::new(assert_cmd::cargo::cargo_bin("scimulate"));
    command
        .current_dir(at)
        .args(["run", "people.yaml", "--target", "acme", "--dialect", "oin", "--report-json", "result.json"])
        .env("ACME_PASSWORD", password)
        .env("ACME_ADMIN", TOKEN);
    let ended = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
    let said =
        format!("{}{}", String::from_utf8_lossy(&ended.stdout), String::from_utf8_lossy(&ended.stderr));
    let result = std::fs::read_to_string(at.join("result.json")).unwrap_or_else(|_| "null".into());
    let result: Value = serde_json::from_str(&result).unwrap();
    let mut scenarios = result["scenarios"].as_array().into_iter().flatten();
    let people = scenarios.find(|scenario| scenario["name"] == "people").cloned().unwrap_or_default();
    (ended.status.code().unwrap(), said, people)
}

fn not_observed(result: &Value) -> Vec<&str> {
    result["notObserved"].as_array().into_iter().flatten().map(|what| what.as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_admin_api_shows_is_judged_and_the_rest_is_not_observed() {
    let (config, password) = target(OBSERVE).await;
    let (code, said, result) = run(&config, &password, SCENARIO).await;
    assert_eq!(code, 0, "{said}");
    assert_eq!(
        not_observed(&result),
        ["legal hold matters", "the console's users", "the sync log's cause"],
        "{said}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_it_shows_otherwise_than_expected_is_a_failure() {
    let (config, password) = target(OBSERVE).await;
    for (right, wrong, told) in [
        ("organization: Default, roles", "organization: Sales, roles", "the organization of"),
        ("roles: [desktop-user, proe-user]", "roles: [org-admin]", "the roles of"),
        (
            "{ name: Default, users: [ada, grace, alan] }",
            "{ name: Default, users: [ada] }",
            "the users of the organization",
        ),
        ("event: USER_UPDATED", "event: USER_DEACTIVATED", "what the sync log gained"),
    ] {
        let (code, said, _) = run(&config, &password, &SCENARIO.replace(right, wrong)).await;
        assert_eq!(code, 4, "{said}");
        assert!(said.contains(told), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_api_that_does_not_answer_is_not_observed_with_the_reason() {
    let (config, password) = target(&OBSERVE.replace("ACME_ADMIN", "ACME_PASSWORD")).await;
    let (code, said, result) = run(&config, &password, SCENARIO).await;
    assert_eq!(code, 0, "{said}");
    let told = not_observed(&result);
    assert!(
        told.iter().any(|what| what.starts_with("the sync log: GET ") && what.ends_with("answered with 403")),
        "{told:?}"
    );
}

#[rstest::rstest]
#[case("fields = { event", "fields = { kind", "`kind` under `observe` is no field")]
#[case("items = \"/data\"", "items = \"data\"", "`data` under `observe` is no JSON Pointer")]
#[case("newest-first = true", "page-parameter = \"p\"", "exclude each other")]
#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_mapping_is_refused_with_what_to_do(
    #[case] right: &str,
    #[case] wrong: &str,
    #[case] told: &str,
) {
    let (config, password) = target(&OBSERVE.replace(right, wrong)).await;
    let (code, said, _) = run(&config, &password, SCENARIO).await;
    assert_eq!(code, 1, "{said}");
    assert!(said.contains(told), "{said}");
}
