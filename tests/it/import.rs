//! `scimulate import` as a user meets it: the real program, files in the formats of Runscope and Postman,
//! and the reference on a real socket.

use std::path::Path;

use axum::extract::Request;
use axum::middleware::Next;
use rstest::rstest;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::program;
use crate::support::service::{self as support, Service, resources};
use program::Ended;

fn service() -> Service {
    support::service(|request: Request, next: Next| next.run(request))
}

fn scimulate(arguments: &[&str]) -> Ended {
    program::end(program::program().arg("import").args(arguments))
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

/// Title, outcome and the number of failures.
fn told(steps: &[(String, String, Vec<String>)]) -> Vec<(&str, &str, usize)> {
    steps
        .iter()
        .map(|(title, outcome, failures)| (title.as_str(), outcome.as_str(), failures.len()))
        .collect()
}

/// Runs a file with this content on the service.
fn with(
    service: &Service,
    kind: &str,
    file: &Value,
    more: &[&str],
) -> (Ended, Vec<(String, String, Vec<String>)>) {
    let folder = TempDir::new().unwrap();
    let (path, report) = (folder.path().join("file.json"), folder.path().join("result.json"));
    std::fs::write(&path, file.to_string()).unwrap();
    let mut arguments = vec![kind, path.to_str().unwrap(), "--report-json", report.to_str().unwrap()];
    arguments.extend(more);
    let ended = against(service, &arguments);
    let steps = if report.exists() { steps(&report) } else { Vec::new() };
    (ended, steps)
}

/// One request of a Postman collection.
fn item(name: &str, url: &str, script: &str) -> Value {
    json!({ "name": name, "request": { "url": url }, "event": [{ "listen": "test", "script": { "exec": [script] } }] })
}

#[test]
fn a_request_that_could_not_be_sent_keeps_a_collection_from_passing() {
    let service = service();
    let postman = json!({ "item": [
        item("First", "{{baseUrl}}/Users", "pm.response.json().Resources.forEach(user => pm.environment.set('user', user.id));"),
        item("Second", "{{baseUrl}}/Users/{{user}}", "pm.test('there', () => pm.response.to.be.ok);"),
    ] });
    let (ended, steps) = with(&service, "postman", &postman, &[]);
    assert_eq!(ended.code, 3, "{}{}", ended.out, ended.err);
    assert_eq!(told(&steps), [("First", "passed", 0), ("Second", "blocked", 0)]);
    assert!(ended.out.contains("`Second` was not sent: {{user}} has no value"), "{}", ended.out);
}

#[test]
fn a_request_none_of_whose_tests_can_be_run_is_not_passed() {
    let service = service();
    let schema = "pm.test('by schema', () => pm.response.to.have.jsonSchema({ type: 'object' }));";
    let postman = json!({ "item": [
        item("Unknown", "{{baseUrl}}/Users", schema),
        item("Half known", "{{baseUrl}}/Users", &format!("{schema} pm.test('there', () => pm.response.to.be.ok);")),
    ] });
    let (ended, steps) = with(&service, "postman", &postman, &[]);
    assert_eq!(ended.code, 0, "{}{}", ended.out, ended.err);
    assert_eq!(told(&steps), [("Unknown", "skipped", 0), ("Half known", "passed", 0)]);
    let (ended, steps) =
        with(&service, "postman", &json!({ "item": [item("Unknown", "{{baseUrl}}/Users", schema)] }), &[]);
    assert_eq!(told(&steps), [("Unknown", "skipped", 0)]);
    assert_eq!(ended.code, 5, "nothing was judged: {}{}", ended.out, ended.err);
}

#[rstest]
#[case("{{baseUrl}}")]
#[case("{{SCIMBaseURL}}")]
fn a_postman_collection_finds_the_target_under_both_names(#[case] base: &str) {
    let service = service();
    let script = "pm.test('a list', () => pm.expect(pm.response.json()).to.have.property('totalResults'));";
    let (ended, steps) =
        with(&service, "postman", &json!({ "item": [item("List", &format!("{base}/Users"), script)] }), &[]);
    assert_eq!((ended.code, told(&steps)), (0, vec![("List", "passed", 0)]), "{}{}", ended.out, ended.err);
}

#[test]
fn the_targets_bearer_token_is_the_variable_token() {
    // The service knows no tokens, so what is told of the request shows what was sent.
    let service = service();
    let script = "pm.test('sent', () => pm.expect(pm.request.headers.get('X-Copy')).to.eql('of the token'));";
    let mut file = item("List", "{{baseUrl}}/Users", script);
    file["request"]["header"] = json!([{ "key": "X-Copy", "value": "{{token}}" }]);
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("file.json");
    std::fs::write(&path, json!({ "item": [file] }).to_string()).unwrap();
    let mut command = program::program();
    command.env("TOKEN", "of the token").args(["import", "postman", path.to_str().unwrap()]);
    let ended = program::end(command.args(["--target", &service.base_url, "--bearer-env", "TOKEN"]));
    assert_eq!(ended.code, 0, "{}", ended.out);
    assert!(!ended.out.contains("of the token"), "{}", ended.out);
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
    // The request under the condition that does not hold is not sent.
    assert_eq!(
        told(&steps),
        [("Create", "passed", 0), ("Look it up", "passed", 0), ("Wrong on purpose", "failed", 3)],
        "{steps:?}"
    );
    assert!(steps[2].2.iter().any(|sentence| sentence.contains("the service is broken")), "{steps:?}");
    assert!(ended.out.contains("the number 404"), "{}", ended.out);
    assert!(!ended.out.contains(&service.password), "{}", ended.out);
    assert_eq!(resources(&service, "/Users"), 0, "a user was left behind");
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
    assert_eq!(
        told(&steps),
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
    assert_eq!(resources(&service, "/Users"), 0, "a user was left behind");
}

#[test]
fn what_was_made_stays_when_that_is_asked_for() {
    let service = service();
    against(&service, &["runscope", &fixture("suite.runscope.json"), "--keep"]);
    assert_eq!(resources(&service, "/Users"), 1);
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
    assert!(ended.err.contains("file.json:2:13"), "{}", ended.err);
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
