//! `scimulate check` as a user meets it: the real program against services on real sockets, one that is
//! right and some that are wrong in one way.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use base64::Engine as _;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::program;
use crate::support::service::{Service, resources, service};
use crate::support::texts::reads;
use program::Ended;

async fn right(request: Request, next: Next) -> Response {
    next.run(request).await
}

/// Every PATCH is called done and forgotten.
async fn forgetful(request: Request, next: Next) -> Response {
    if request.method() == "PATCH" && request.uri().path().contains("/Users/") {
        return Response::builder().status(204).body(axum::body::Body::empty()).unwrap();
    }
    next.run(request).await
}

fn check(folder: &Path, service: &Service, password: &str, arguments: &[&str]) -> Ended {
    let user = format!("{}:{password}", service.username);
    let mut command = program::program();
    command.current_dir(folder).args(["check", "--target", &service.base_url, "--user", &user]);
    program::end(command.args(arguments))
}

#[test]
fn a_service_that_is_right_passes_and_is_left_as_it_was() {
    let service = service(right);
    let folder = TempDir::new().unwrap();
    let ended = check(folder.path(), &service, &service.password, &["--report-json", "result.json"]);
    assert_eq!(ended.code, 0, "{}{}", ended.out, ended.err);
    assert!(!ended.out.contains("FAIL"), "{}", ended.out);
    assert_eq!(resources(&service, "/Users"), 0);
    assert_eq!(resources(&service, "/Groups"), 0);
    let text = std::fs::read_to_string(folder.path().join("result.json")).unwrap();
    let result: Value = serde_json::from_str(&text).unwrap();
    let passed = result["requirements"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|entry| entry["verdict"] == "passed")
        .count();
    assert!(passed > 100, "only {passed} requirements passed");
    for secret in [&service.password, &base64::engine::general_purpose::STANDARD.encode(&service.password)] {
        assert!(
            !text.contains(secret.as_str()) && !ended.out.contains(secret.as_str()),
            "the password is shown"
        );
    }
}

const ACCEPTED: &str = "[[accepted]]\nrequirement = \"patch.user\"\nreason = \"PATCH comes in May\"\n";

/// Failed, blocked, skipped, passed and accepted, in each of the faces that people read.
#[test]
fn one_broken_thing_fails_the_check_blocks_what_rests_on_it_and_can_be_accepted() {
    let service = service(forgetful);
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("accepted.toml"), ACCEPTED).unwrap();
    let only =
        ["patch.user", "lifecycle.deactivate-patch", "filter.user-name-eq", "security.other-tenant-reads"];
    let mut arguments: Vec<&str> = only.iter().flat_map(|slug| ["--only", slug]).collect();
    arguments.extend(["--jobs", "1"]);
    let told = |more: &[&str]| {
        let ended = check(folder.path(), &service, &service.password, &[&arguments[..], more].concat());
        assert_eq!(ended.err, "");
        (ended.code, ended.out)
    };
    let file = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();

    let (code, out) = told(&["--report-markdown", "comment.md", "--report-tap", "result.tap"]);
    assert_eq!(code, 4, "{out}");
    reads("check-failing", &out);
    reads("check-failing@markdown", &file("comment.md"));
    reads("check-failing@tap", &file("result.tap"));
    reads("check-failing@verbose", &told(&["--verbose"]).1);
    reads("check-failing@quiet", &told(&["--quiet"]).1);
    let (_, out) = told(&["--quiet", "--report-github"]);
    let annotations: Vec<&str> = out.lines().filter(|line| line.starts_with("::")).collect();
    reads("check-failing@github", &annotations.join("\n"));
    let (code, out) = told(&["--verbose", "--baseline", "accepted.toml"]);
    assert_eq!(code, 0, "{out}");
    reads("check-accepted@verbose", &out);
    reads("check-read-only@verbose", &told(&["--verbose", "--read-only"]).1);
}

#[test]
fn a_wrong_password_and_a_service_that_is_not_there_are_told_and_are_no_verdict() {
    let service = service(right);
    let folder = TempDir::new().unwrap();
    let ended = check(folder.path(), &service, "wrong", &[]);
    assert_eq!(ended.code, 3, "{}", ended.out);
    assert!(ended.err.contains("refused the credentials with 401"), "{}", ended.err);
    let gone = Service {
        base_url: "http://127.0.0.1:9/scim/v2".into(),
        username: String::new(),
        password: String::new(),
        runtime: tokio::runtime::Builder::new_current_thread().build().unwrap(),
    };
    let ended = check(folder.path(), &gone, "", &[]);
    assert_eq!(ended.code, 3, "{}", ended.out);
    assert!(ended.err.contains("could not connect"), "{}", ended.err);
}

#[test]
fn a_service_that_hangs_up_is_told_at_the_request_and_the_check_goes_on() {
    let service = service(|request: Request, next: Next| async move {
        // A panic ends the task of the connection, and so the connection, before anything is answered.
        assert!(
            request.method() != "PATCH" || !request.uri().path().contains("/Groups/"),
            "the service hangs up"
        );
        next.run(request).await
    });
    let folder = TempDir::new().unwrap();
    let ended = check(folder.path(), &service, &service.password, &["--verbose"]);
    assert_eq!(ended.code, 4, "{}{}", ended.out, ended.err);
    assert!(ended.out.contains("response.answered"), "{}", ended.out);
    assert!(ended.out.contains("PATCH") && ended.out.contains("/Groups/"), "{}", ended.out);
    // What does not need PATCH on groups was judged all the same.
    assert!(ended.out.matches("pass ").count() > 200, "{}", ended.out);
    assert_eq!(resources(&service, "/Groups"), 0, "groups were left behind");
}

#[test]
fn read_only_writes_nothing() {
    let service = service(|request: Request, next: Next| async move {
        assert_eq!(request.method(), "GET", "a request that writes");
        next.run(request).await
    });
    let folder = TempDir::new().unwrap();
    let ended = check(folder.path(), &service, &service.password, &["--read-only"]);
    assert_eq!(ended.code, 0, "{}{}", ended.out, ended.err);
    assert!(!ended.out.contains("response.answered"), "{}", ended.out);
}

#[test]
fn a_slip_in_the_baseline_is_shown_with_its_place() {
    let service = service(right);
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("b.toml"), "[[accepted]]\nrequirment = \"list.schema\"\n").unwrap();
    let ended = check(folder.path(), &service, &service.password, &["--baseline", "b.toml"]);
    assert_eq!(ended.code, 2);
    assert!(ended.err.contains("requirment") && ended.err.contains("b.toml:2:1"), "{}", ended.err);
}

/// A service that takes one writer to its groups at a time and fails every other, as the databases of development
/// servers do. With several clients one of those writers is held until there is another request: the first after
/// the check has tried for itself what works, and has deleted the group that it made for that.
fn one_at_a_time(several: bool) -> Service {
    #[derive(Default)]
    struct State {
        busy: AtomicUsize,
        tried: AtomicBool,
        held: AtomicBool,
        came: tokio::sync::watch::Sender<usize>,
    }
    let state = Arc::new(State::default());
    service(move |request: Request, next: Next| {
        let state = Arc::clone(&state);
        async move {
            let groups = request.uri().path().contains("/Groups/");
            let change = groups && request.method() == "PATCH";
            let mut others = state.busy.fetch_add(1, Ordering::SeqCst);
            let mut number = 0;
            state.came.send_modify(|count| {
                *count += 1;
                number = *count;
            });
            if groups && request.method() == "DELETE" {
                state.tried.store(several, Ordering::SeqCst);
            }
            if change && state.tried.load(Ordering::SeqCst) && !state.held.swap(true, Ordering::SeqCst) {
                state.came.subscribe().wait_for(|count| *count > number).await.unwrap();
                others = 1;
            }
            let answer = if change && others > 0 {
                let body = r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"500"}"#;
                let answer = Response::builder().status(500).header("Content-Type", "application/scim+json");
                answer.body(axum::body::Body::from(body)).unwrap()
            } else {
                next.run(request).await
            };
            state.busy.fetch_sub(1, Ordering::SeqCst);
            answer
        }
    })
}

/// That it cannot bear several clients is one defect; groups work, and nothing else is said of them.
#[test]
fn what_a_service_does_only_under_load_is_told_as_that_and_not_of_every_probe() {
    let broken = |jobs: &str| -> BTreeSet<String> {
        let (service, folder) = (one_at_a_time(jobs != "1"), TempDir::new().unwrap());
        let arguments = [
            "--jobs",
            jobs,
            "--only",
            "group",
            "--only",
            "response",
            "--only",
            "okta",
            "--report-json",
            "r.json",
        ];
        let ended = check(folder.path(), &service, &service.password, &arguments);
        // That it fails is a warning: the status of an answer is a SHOULD (RFC 7644 §3.12).
        assert_eq!(ended.code, 0, "{}", ended.text());
        let result: Value =
            serde_json::from_str(&std::fs::read_to_string(folder.path().join("r.json")).unwrap()).unwrap();
        let requirements = result["requirements"].as_array().unwrap().iter();
        requirements
            .filter(|entry| ["failed", "warning", "blocked"].contains(&entry["verdict"].as_str().unwrap()))
            .map(|entry| entry["requirement"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(broken("1"), BTreeSet::new());
    assert_eq!(broken("8"), BTreeSet::from(["response.no-server-error".to_owned()]));
}

/// Changes what the service says of itself.
async fn says(path: &str, request: Request, next: Next, change: fn(&mut Value)) -> Response {
    let about = request.uri().path().ends_with(path);
    let (mut parts, body) = next.run(request).await.into_parts();
    if !about || !parts.status.is_success() {
        return Response::from_parts(parts, body);
    }
    let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    let mut value: Value = serde_json::from_slice(&bytes).unwrap();
    change(&mut value);
    parts.headers.remove("content-length");
    parts.headers.remove("etag");
    Response::from_parts(parts, axum::body::Body::from(value.to_string()))
}

/// A SCIM error, and `Retry-After` with it.
fn refusal(status: u16, scim_type: &str) -> Response {
    let body = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
        "status": status.to_string(), "scimType": scim_type, "detail": "maxOperations is 1: operations",
    });
    Response::builder()
        .status(status)
        .header("Content-Type", "application/scim+json")
        .header("Retry-After", "0")
        .body(axum::body::Body::from(body.to_string()))
        .unwrap()
}

/// The body of a request that is read on its way.
async fn looked_at(request: Request) -> (Value, Request) {
    let (parts, body) = request.into_parts();
    let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    let value = serde_json::from_slice(&bytes).unwrap_or_default();
    (value, Request::from_parts(parts, axum::body::Body::from(bytes)))
}

/// "If the service provider's limits are exceeded, … MUST return HTTP response code 413" (RFC 7644 §3.7.4).
async fn one_bulk_operation(request: Request, next: Next) -> Response {
    let (body, request) = looked_at(request).await;
    let bulk = request.uri().path().ends_with("/Bulk");
    if bulk && body["Operations"].as_array().is_some_and(|all| all.len() > 1) {
        return refusal(413, "tooMany");
    }
    says("/ServiceProviderConfig", request, next, |config| config["bulk"]["maxOperations"] = json!(1)).await
}

/// "immutable: … SHALL NOT be updated" (RFC 7643 §7).
async fn names_for_life(request: Request, next: Next) -> Response {
    let (body, request) = looked_at(request).await;
    let one = request.uri().path().contains("/Users/");
    let sets =
        |operation: &Value| operation["path"] == "userName" || operation["value"].get("userName").is_some();
    let operations = body["Operations"].as_array();
    let patched = request.method() == "PATCH" && operations.is_some_and(|all| all.iter().any(sets));
    if one && patched {
        return refusal(400, "mutability");
    }
    says("/Schemas", request, next, |list| {
        for schema in list["Resources"].as_array_mut().unwrap() {
            for attribute in schema["attributes"].as_array_mut().unwrap() {
                if attribute["name"] == "userName" {
                    attribute["mutability"] = json!("immutable");
                }
            }
        }
    })
    .await
}

/// "503 … Retry-After … MAY" (RFC 9110 §15.6.4): every tenth request comes at a bad moment.
async fn busy_at_times(request: Request, next: Next) -> Response {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    if COUNT.fetch_add(1, Ordering::SeqCst) % 10 == 9 { refusal(503, "") } else { next.run(request).await }
}

/// What a service says truly of itself is no defect.
#[rstest::rstest]
#[case::it_takes_one_bulk_operation(service(one_bulk_operation), "bulk", 3)]
#[case::it_lets_nobody_change_a_user_name(service(names_for_life), "patch", 30)]
#[case::it_is_busy_at_times(service(busy_at_times), "group", 30)]
fn a_service_that_is_as_it_says_has_no_defect(
    #[case] service: Service,
    #[case] only: &str,
    #[case] passed: usize,
) {
    let folder = TempDir::new().unwrap();
    let ended =
        check(folder.path(), &service, &service.password, &["--only", only, "--report-json", "r.json"]);
    assert_eq!(ended.code, 0, "{}", ended.text());
    let text = std::fs::read_to_string(folder.path().join("r.json")).unwrap();
    let result: Value = serde_json::from_str(&text).unwrap();
    let verdicts: Vec<&str> = result["requirements"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["verdict"].as_str().unwrap())
        .collect();
    assert!(!verdicts.contains(&"warning") && !verdicts.contains(&"blocked"), "{}", ended.text());
    let held = verdicts.iter().filter(|verdict| **verdict == "passed").count();
    assert!(held >= passed, "only {held} passed: {text}");
}
