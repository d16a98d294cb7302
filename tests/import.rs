//! `scimulate import` as a user meets it: the real program, files in the formats of Runscope and Postman,
//! and the reference on a real socket.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::print_stderr, reason = "a test that is skipped says so")]

use std::path::Path;

use assert_cmd::Command;
use base64::Engine as _;
use rstest::rstest;
use scimulate::reference::http::{Preset, Reference, ReferenceOptions};
use serde_json::{Value, json};
use tempfile::TempDir;

struct Service {
    base_url: String,
    username: String,
    password: String,
    // Ends the service when it is dropped.
    runtime: tokio::runtime::Runtime,
}

fn service() -> Service {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
    let address = listener.local_addr().unwrap();
    let reference = Reference::new(ReferenceOptions {
        preset: Preset::Rfc,
        origin: format!("http://{address}"),
        start: jiff::Timestamp::constant(1_767_225_600, 0),
        live: None,
        seed: 1,
        console_username: "admin@reference.test".into(),
        console_password: "console".into(),
    });
    let provider = reference.add_provider("Okta").unwrap();
    let router = reference.router();
    runtime.spawn(async move { axum::serve(listener, router).await });
    Service { base_url: provider.base_url, username: provider.username, password: provider.password, runtime }
}

struct Ended {
    code: i32,
    out: String,
    err: String,
}

fn scimulate(arguments: &[&str]) -> Ended {
    let output = Command::cargo_bin("scimulate")
        .unwrap()
        .env("SCIMULATE_NO_DURATIONS", "1")
        .arg("import")
        .args(arguments)
        .output()
        .unwrap();
    Ended {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

fn fixture(name: &str) -> String {
    format!("{}/tests/fixtures/import/{name}", env!("CARGO_MANIFEST_DIR"))
}

fn against(service: &Service, arguments: &[&str]) -> Ended {
    let user = format!("{}:{}", service.username, service.password);
    let mut all = arguments.to_vec();
    all.extend(["--target", service.base_url.as_str(), "--user", user.as_str()]);
    scimulate(&all)
}

/// Steps by title, with the sentences that say what failed.
fn steps(report: &Path) -> Vec<(String, String, Vec<String>)> {
    let result: Value = serde_json::from_str(&std::fs::read_to_string(report).unwrap()).unwrap();
    result["scenarios"][0]["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| {
            let failures = step["failures"].as_array().cloned().unwrap_or_default();
            let sentences = failures.iter().map(|f| f["summary"].as_str().unwrap().to_owned()).collect();
            (
                step["title"].as_str().unwrap().to_owned(),
                step["outcome"].as_str().unwrap().to_owned(),
                sentences,
            )
        })
        .collect()
}

#[test]
fn a_runscope_test_gives_runscopes_verdicts_and_leaves_nothing_behind() {
    let service = service();
    let folder = TempDir::new().unwrap();
    let report = folder.path().join("result.json");
    let ended = against(
        &service,
        &["runscope", &fixture("suite.runscope.json"), "--report-json", report.to_str().unwrap()],
    );
    assert_eq!(ended.code, 4, "{}{}", ended.out, ended.err);
    let steps = steps(&report);
    let told: Vec<(&str, &str, usize)> = steps
        .iter()
        .map(|(title, outcome, failures)| (title.as_str(), outcome.as_str(), failures.len()))
        .collect();
    // The request under the condition that does not hold is not sent.
    assert_eq!(
        told,
        [("Create", "passed", 0), ("Look it up", "passed", 0), ("Wrong on purpose", "failed", 3)],
        "{steps:?}"
    );
    assert!(steps[2].2.iter().any(|sentence| sentence.contains("the service is broken")), "{steps:?}");
    assert!(ended.out.contains("the number 404"), "{}", ended.out);
    assert!(!ended.out.contains(&service.password), "{}", ended.out);
    assert_eq!(users(&service), 0, "a user was left behind");
}

#[test]
fn a_postman_collection_runs_with_its_scripts_and_names_what_it_cannot_translate() {
    let service = service();
    let folder = TempDir::new().unwrap();
    let report = folder.path().join("result.json");
    let (user, password) =
        (format!("username={}", service.username), format!("password={}", service.password));
    let ended = against(
        &service,
        &[
            "postman",
            &fixture("collection.postman.json"),
            "--variable",
            &user,
            "--secret",
            &password,
            "--report-json",
            report.to_str().unwrap(),
        ],
    );
    assert_eq!(ended.code, 4, "{}{}", ended.out, ended.err);
    let steps = steps(&report);
    let told: Vec<(&str, &str, usize)> = steps
        .iter()
        .map(|(title, outcome, failures)| (title.as_str(), outcome.as_str(), failures.len()))
        .collect();
    assert_eq!(
        told,
        [
            ("Users / Create", "passed", 0),
            ("Users / Read", "failed", 1),
            ("Users / Wrong password", "passed", 0),
            ("Another request inside", "passed", 0),
        ],
        "{steps:?}"
    );
    let result: Value = serde_json::from_str(&std::fs::read_to_string(&report).unwrap()).unwrap();
    let untranslated = result["scenarios"][0]["notObserved"].to_string();
    for what in ["jsonSchema", "line 3", "pm.sendRequest", "Another request inside"] {
        assert!(untranslated.contains(what), "{what} in {untranslated}");
    }
    assert_eq!(users(&service), 0, "a user was left behind");
}

#[test]
fn what_was_made_stays_when_that_is_asked_for() {
    let service = service();
    against(&service, &["runscope", &fixture("suite.runscope.json"), "--keep"]);
    assert_eq!(users(&service), 1);
}

fn users(service: &Service) -> i64 {
    let credential = base64::engine::general_purpose::STANDARD
        .encode(format!("{}:{}", service.username, service.password));
    let _ = rustls::crypto::ring::default_provider().install_default();
    let request = reqwest::Client::new()
        .get(format!("{}/Users", service.base_url))
        .header("Authorization", format!("Basic {credential}"));
    let text = service.runtime.block_on(async { request.send().await.unwrap().text().await.unwrap() });
    serde_json::from_str::<Value>(&text).unwrap()["totalResults"].as_i64().unwrap()
}

#[rstest]
#[case("runscope", json!([1]), 2, "has no `steps`")]
#[case("runscope", json!({ "steps": [{ "step_type": "ghost-inspector", "note": "a browser" }] }), 2, "step 1 (a browser): its type is `ghost-inspector`")]
#[case("runscope", json!({ "steps": [{ "step_type": "pause", "duration": 1 }, { "step_type": "request", "note": "n", "url": "u", "assertions": [{ "source": "response_status", "comparison": "resembles" }] }] }), 2, "step 2 (n): assertion 1: there is no comparison `resembles`")]
#[case("runscope", json!({ "steps": [{ "note": "n", "url": "u", "assertions": [{ "source": "response_xml", "comparison": "equal" }] }] }), 2, "there is no source `response_xml`")]
#[case("runscope", json!({ "steps": [{ "note": "n", "url": "{{base}}/Users" }] }), 1, "say --variable base=")]
#[case("postman", json!({ "requests": [] }), 2, "has no `item`")]
#[case("postman", json!({ "item": [{ "name": "f", "item": [{ "name": "r", "request": { "url": "u", "body": { "mode": "graphql" } } }] }] }), 2, "step 1 (f / r): its body has the mode `graphql`")]
#[case("postman", json!({ "item": [{ "name": "r", "request": { "url": "{{nowhere}}/Users" } }] }), 1, "{{nowhere}}")]
fn a_file_that_cannot_be_run_is_refused_with_the_place(
    #[case] kind: &str,
    #[case] file: Value,
    #[case] code: i32,
    #[case] told: &str,
) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("file.json");
    std::fs::write(&path, file.to_string()).unwrap();
    let ended = scimulate(&[kind, path.to_str().unwrap()]);
    assert_eq!(ended.code, code, "{}{}", ended.out, ended.err);
    assert!(ended.err.contains(told), "{}", ended.err);
}

#[test]
fn a_file_that_is_not_json_is_refused_with_line_and_column() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("file.json");
    std::fs::write(&path, "{\n  \"steps\": [}\n").unwrap();
    let ended = scimulate(&["runscope", path.to_str().unwrap()]);
    assert_eq!(ended.code, 2);
    assert!(ended.err.contains("line 2 column"), "{}", ended.err);
}

/// Okta's own file passes on the reference in both presets, when it is at hand.
#[rstest]
#[case("rfc")]
#[case("seed")]
fn oktas_own_suite_passes_on_the_reference(#[case] preset: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/okta-spec/Okta-SCIM-20-SPEC-Test.json");
    if !path.exists() {
        eprintln!("skipped: Okta's file is not beside the project");
        return;
    }
    let ended = scimulate(&["runscope", path.to_str().unwrap(), "--preset", preset]);
    assert_eq!(ended.code, 0, "{}{}", ended.out, ended.err);
    assert!(ended.out.contains("requests: 12 passed, 0 failed, 0 blocked"), "{}", ended.out);
}
