//! The program as a user meets it: exit codes, messages for what can go wrong, files that it writes.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use wiremock::matchers::{any, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::support::program;
use crate::support::texts::{reads, transcript};
use program::{Ended, end};

/// As a person has it at a terminal, not as CI does.
fn program(folder: &Path) -> Command {
    let mut command = program::program();
    command.current_dir(folder).env_remove("CI").args(["--color", "never"]);
    command
}

fn scimulate(folder: &Path, arguments: &[&str]) -> Ended {
    end(program(folder).args(arguments))
}

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    folder
}

const SCENARIO: &str = "\
title: A person is assigned
people:
  ada: { login: ada@example.com, firstName: Ada, lastName: Lovelace }
steps:
  - okta.assign: { user: ada }
  - expect.user: { user: ada, active: true }
  - snapshot: assigned
";

#[test]
fn the_transcript_in_the_readme_is_what_the_program_prints() {
    let readme = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let mut shown = 0;
    for block in readme.split("```console\n").skip(1) {
        let block = block.split("```").next().unwrap();
        let (command, expected) = block.split_once('\n').unwrap();
        let arguments: Vec<&str> = command.strip_prefix("$ scimulate ").unwrap().split(' ').collect();
        let ended = scimulate(folder(&[]).path(), &arguments);
        assert_eq!((ended.out.as_str(), ended.code), (expected, 0));
        shown += 1;
    }
    assert_eq!(shown, 1);
}

#[test]
fn the_scenario_in_the_readme_runs() {
    let readme = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let scenario = readme.split("```yaml\n").nth(1).unwrap().split("```").next().unwrap();
    let folder = folder(&[("scenarios/readme.yaml", scenario)]);
    let ended = scimulate(folder.path(), &["run", "scenarios", "--update", "unseen"]);
    assert_eq!(ended.code, 0, "{}{}", ended.out, ended.err);
}

#[test]
fn a_snapshot_that_differs_fails_and_is_reviewed() {
    let folder = folder(&[("scenarios/a.yaml", SCENARIO)]);
    let say = |arguments: &[&str]| scimulate(folder.path(), arguments);
    let run = |mode: &str| say(&["run", "scenarios", "--dialect", "oin", "--update", mode]);
    let snapshot = folder.path().join("snapshots/a@assigned.snap");
    assert_eq!(run("unseen").code, 0);
    let reviewed = std::fs::read_to_string(&snapshot).unwrap();
    let differ = || {
        std::fs::write(&snapshot, reviewed.replace("familyName: Lovelace", "familyName: Byron")).unwrap();
        run("new")
    };
    let ended = differ();
    assert_eq!(ended.code, 4);
    reads("snapshot-differs", &ended.text());

    let answers = folder.path().join("answers.txt");
    std::fs::write(&answers, "s\n").unwrap();
    let review = || end(program(folder.path()).arg("review").stdin(std::fs::File::open(&answers).unwrap()));
    let mut told = vec![transcript(&["pending"], &say(&["pending"])), transcript(&["review"], &review())];
    told.push(transcript(&["accept"], &say(&["accept"])));
    assert_eq!(std::fs::read_to_string(&snapshot).unwrap(), reviewed);
    assert_eq!(run("no").code, 0);
    differ();
    for arguments in [&["reject", "b.snap"][..], &["reject"], &["pending"], &["review"]] {
        told.push(transcript(arguments, &say(arguments)));
    }
    reads("snapshot-reviewed", &told.join("\n"));
    assert_eq!(run("no").code, 4, "what was rejected is gone, and the reviewed one is as it was");
}

#[test]
fn in_ci_nothing_is_written() {
    let folder = folder(&[("scenarios/a.yaml", SCENARIO)]);
    let ended =
        end(program(folder.path()).env("CI", "true").args(["run", "scenarios", "--update", "always"]));
    assert_eq!(ended.code, 4, "{}", ended.out);
    assert!(ended.out.contains("there is no reviewed snapshot a@assigned.snap"), "{}", ended.out);
    assert!(!folder.path().join("snapshots").exists());
}

#[test]
fn a_failed_expectation_shows_place_values_and_a_line_to_repeat_it() {
    let text = SCENARIO
        .replace("active: true }", "active: false }")
        .replace("  - snapshot: assigned\n", "  - expect.exchange: { status: 204 }\n");
    let folder = folder(&[("scenarios/a.yaml", &text)]);
    let ended = scimulate(
        folder.path(),
        &["run", "scenarios", "--dialect", "oin", "--report-json", "out/r.json", "--report-github"],
    );
    assert_eq!(ended.code, 4);
    for part in [
        "at scenarios/a.yaml:6:5",
        "expected: false",
        "actual: true",
        "reproduce with: curl -i -X POST 'https://reference.test/scim/v2/Users'",
        "::error file=scenarios/a.yaml,line=6,",
    ] {
        assert!(ended.out.contains(part), "`{part}` is missing in:\n{}", ended.out);
    }
    let report: Value =
        serde_json::from_str(&std::fs::read_to_string(folder.path().join("out/r.json")).unwrap()).unwrap();
    assert_eq!(report["scenarios"][0]["outcome"], "failed");
    assert!(!ended.out.contains("Basic b2t0"), "the credential is masked");
}

#[test]
fn a_copied_program_runs_its_own_scenarios_anywhere() {
    let folder = folder(&[]);
    let copy = folder.path().join("copy");
    std::fs::copy(assert_cmd::cargo::cargo_bin("scimulate"), &copy).unwrap();
    let ended = end(Command::new(&copy).current_dir(folder.path()).args(["run", "-q"]));
    assert_eq!(ended.code, 0, "{}{}", ended.out, ended.err);
    let listed = end(Command::new(&copy).current_dir(folder.path()).args(["list", "scenarios"]));
    assert!(listed.out.contains("guide/walkthrough: "), "{}", listed.out);
}

#[test]
fn the_strict_preset_skips_what_only_the_guide_asks_for_and_passes_the_rest() {
    let ended = scimulate(folder(&[]).path(), &["run", "--preset", "rfc"]);
    assert_eq!(ended.code, 0, "{}", ended.out);
    assert!(
        ended.out.contains("skipped lifecycle/create-disabled [oin]: it requires `guide`"),
        "{}",
        ended.out
    );
}

#[test]
fn a_dry_run_names_what_would_run_and_partitions_share_it_out() {
    let names = |arguments: &[&str]| -> Vec<String> {
        let all: Vec<&str> = ["run", "--dry-run"].iter().chain(arguments).copied().collect();
        scimulate(folder(&[]).path(), &all).out.lines().map(str::to_owned).collect()
    };
    let all = names(&[]);
    assert!(all.iter().any(|line| line.starts_with("guide/walkthrough [aiw]: ")));
    let mut parts: Vec<String> =
        (1..=3).flat_map(|part| names(&["--partition", &format!("hash:{part}/3")])).collect();
    parts.sort();
    let mut sorted = all.clone();
    sorted.sort();
    assert_eq!(parts, sorted);
    let of = |dialect: &str| all.iter().filter(|line| line.contains(&format!(" [{dialect}]: "))).count();
    assert_eq!(names(&["--dialect", "oin"]).len(), of("oin"));
    assert_eq!(names(&["--dialect", "aiw"]).len(), of("aiw"));
    assert!(of("oin") > of("aiw"), "some scenarios are about what only the template sends");
}

#[test]
fn the_starter_runs_as_it_is_and_is_not_written_twice() {
    let folder = folder(&[]);
    assert_eq!(scimulate(folder.path(), &["init"]).code, 0);
    let ended = scimulate(folder.path(), &["run", "scenarios"]);
    assert_eq!(ended.code, 0, "{}{}", ended.out, ended.err);
    let again = scimulate(folder.path(), &["init"]);
    assert_eq!(again.code, 1);
    assert!(again.err.contains("nothing was written"), "{}", again.err);
}

#[rstest::rstest]
#[case("init", "scimulate.toml")]
#[case("accept", "snapshots/a.snap")]
fn in_ci_nothing_is_written_in_the_project_unless_that_is_forced(
    #[case] command: &str,
    #[case] written: &str,
) {
    let folder = folder(&[("snapshots/a.snap.new", "new\n")]);
    let in_ci = |arguments: &[&str]| end(program(folder.path()).env("CI", "true").args(arguments));
    let refused = in_ci(&[command]);
    assert_eq!(refused.code, 1, "{}", refused.text());
    assert!(refused.err.contains("with --force"), "{}", refused.err);
    assert!(!folder.path().join(written).exists());
    let forced = in_ci(&[command, "--force"]);
    assert_eq!(forced.code, 0, "{}", forced.text());
    assert!(folder.path().join(written).exists());
}

#[test]
fn variables_and_secrets_reach_the_steps_and_secrets_are_masked() {
    let text = "\
title: T
variables: { name: ada }
people:
  ada: { login: '{{name}}@example.com' }
steps:
  - scim.request: { method: POST, path: /Users, body: { schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'], userName: '{{name}}@example.com', title: '{{code}}' } }
  - expect.user: { user: grace@example.com, attributes: { title: other } }
";
    let folder = folder(&[("scenarios/a.yaml", text)]);
    let missing = scimulate(folder.path(), &["run", "scenarios", "--dialect", "oin"]);
    assert_eq!(missing.code, 3, "{}", missing.out);
    assert!(missing.out.contains("`{{code}}` stands for nothing"), "{}", missing.out);
    let ended = scimulate(
        folder.path(),
        &[
            "run",
            "scenarios",
            "--dialect",
            "oin",
            "--variable",
            "name=grace",
            "--secret",
            "code=hidden-value",
            "-v",
        ],
    );
    assert_eq!(ended.code, 4);
    assert!(ended.out.contains("expected: \"other\""), "{}", ended.out);
}

fn list(resources: &[Value]) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"], "totalResults": resources.len(),
        "startIndex": 1, "itemsPerPage": resources.len(), "Resources": resources
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_credential_ends_the_run_before_any_scenario() {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(401)).mount(&server).await;
    let ended =
        scimulate(folder(&[]).path(), &["run", "--target", &server.uri(), "--user", "me:wrong-password"]);
    assert_eq!(ended.code, 3);
    assert!(ended.err.contains("refuses the credentials") && ended.err.contains("401"), "{}", ended.err);
    assert!(!ended.err.contains("wrong-password"));
    assert_eq!(server.received_requests().await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_base_url_that_leads_elsewhere_ends_the_run_with_what_to_check() {
    let server = MockServer::start().await;
    Mock::given(any())
        .respond_with(ResponseTemplate::new(404).set_body_string("<html>"))
        .mount(&server)
        .await;
    let ended = scimulate(folder(&[]).path(), &["run", "--target", &format!("{}/wrong", server.uri())]);
    assert_eq!(ended.code, 3);
    assert!(
        ended.err.contains("is no SCIM service") && ended.err.contains("Check the base URL"),
        "{}",
        ended.err
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_hangs_is_given_up_after_the_time_that_was_set() {
    let server = MockServer::start().await;
    Mock::given(any())
        .respond_with(ResponseTemplate::new(200).set_delay(Duration::from_secs(30)))
        .mount(&server)
        .await;
    let ended = scimulate(folder(&[]).path(), &["run", "--target", &server.uri(), "-m", "1"]);
    assert_eq!(ended.code, 3);
    assert!(
        ended.err.contains("no answer from 127.0.0.1:") && ended.err.contains("within 1 s"),
        "{}",
        ended.err
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_html_page_is_a_finding_with_what_the_administrator_would_see() {
    let server = MockServer::start().await;
    let page = ResponseTemplate::new(200).set_body_raw("<!DOCTYPE html><title>Welcome</title>", "text/html");
    Mock::given(any()).respond_with(page).mount(&server).await;
    let ended = scimulate(
        folder(&[]).path(),
        &["run", "--target", &server.uri(), "--tag", "okta", "--dialect", "oin"],
    );
    assert_eq!(ended.code, 4, "{}{}", ended.out, ended.err);
    assert!(ended.out.contains("FAIL response.json (must, RFC 7644 §3.1"), "{}", ended.out);
    assert!(ended.out.contains("Unexpected character ('<' (code 60))"), "{}", ended.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_without_discovery_gets_the_whole_run_and_one_finding_for_each_document() {
    let server = MockServer::start().await;
    let error = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status": "404" });
    Mock::given(method("GET"))
        .and(path("/ServiceProviderConfig"))
        .respond_with(ResponseTemplate::new(200).set_body_string("{"))
        .mount(&server)
        .await;
    Mock::given(method("GET"))
        .and(path("/Users"))
        .respond_with(ResponseTemplate::new(200).set_body_raw(list(&[]).to_string(), "application/scim+json"))
        .mount(&server)
        .await;
    Mock::given(any())
        .respond_with(ResponseTemplate::new(404).set_body_raw(error.to_string(), "application/scim+json"))
        .mount(&server)
        .await;
    let folder = folder(&[(
        "scenarios/a.yaml",
        "title: T\nsteps:\n  - okta.test-credentials: {}\n  - expect.exchange: { status: 200 }\n",
    )]);
    let report = folder.path().join("r.json");
    let ended = end(program(folder.path())
        .args(["run", "scenarios", "--target", &server.uri(), "--report-json"])
        .arg(&report));
    assert_eq!(ended.code, 4);
    let result: Value = serde_json::from_str(&std::fs::read_to_string(&report).unwrap()).unwrap();
    let scenarios = result["scenarios"].as_array().unwrap();
    let findings: Vec<&str> = scenarios[0]["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| finding["requirement"].as_str().unwrap())
        .collect();
    assert_eq!(findings, ["response.json", "discovery.available", "discovery.available"]);
    let outcomes: Vec<&str> =
        scenarios[1..].iter().map(|scenario| scenario["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["passed", "passed"]);
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_run_deletes_what_it_made() {
    let server = MockServer::start().await;
    let typed = |status: u16, body: Value| {
        ResponseTemplate::new(status).set_body_raw(body.to_string(), "application/scim+json")
    };
    Mock::given(method("POST"))
        .and(path("/Users"))
        .respond_with(move |request: &wiremock::Request| {
            let mut made: Value = request.body_json().unwrap();
            made["id"] = json!("made");
            made["meta"] = json!({ "location": "/Users/made" });
            typed(201, made).insert_header("Location", "/Users/made")
        })
        .mount(&server)
        .await;
    // The run's own look at the user, which is told of and takes its time.
    let (looked, mut looks) = tokio::sync::mpsc::unbounded_channel();
    let slow = typed(200, json!({})).set_delay(Duration::from_secs(3));
    Mock::given(method("GET"))
        .and(path("/Users/made"))
        .respond_with(move |_: &wiremock::Request| {
            let _ = looked.send(());
            slow.clone()
        })
        .mount(&server)
        .await;
    Mock::given(method("GET")).and(path("/Users")).respond_with(typed(200, list(&[]))).mount(&server).await;
    Mock::given(method("DELETE")).respond_with(ResponseTemplate::new(204)).mount(&server).await;
    Mock::given(any()).respond_with(ResponseTemplate::new(404)).mount(&server).await;
    let folder = folder(&[("scenarios/a.yaml", SCENARIO)]);
    let mut child = program(folder.path())
        .args(["run", "scenarios", "--dialect", "oin", "--target", &server.uri()])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    looks.recv().await.unwrap();
    Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    let status = child.wait().unwrap();
    // It has no discovery documents, and what failed before the signal is told first.
    assert_eq!(status.code(), Some(4));
    let received = server.received_requests().await.unwrap();
    let deleted = received.iter().any(|request| request.method.as_str() == "DELETE");
    assert!(deleted, "the user that was made is not deleted");
}
