//! The reports that `run` and `check` write, and what `report` makes of them, from the real program: each of
//! them is well-formed, and none shows a credential.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use rstest::rstest;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::program;
use crate::support::service::{Service, resources, service};
use program::{Ended, end, program};

/// Every report with its file.
const REPORTS: [(&str, &str); 6] = [
    ("--report-json", "out/result.json"),
    ("--report-junit", "out/junit.xml"),
    ("--report-tap", "out/result.tap"),
    ("--report-sarif", "out/result.sarif"),
    ("--report-markdown", "out/comment.md"),
    ("--report-html", "out/report.html"),
];

/// The program with every report; the job's summary goes to `out/summary.md`.
fn scimulate(folder: &Path, variables: &[(&str, &str)], arguments: &[&str]) -> Ended {
    let mut command = program();
    command
        .current_dir(folder)
        .env_remove("CI")
        .env_remove("SCIMULATE_NO_DURATIONS")
        .env("GITHUB_STEP_SUMMARY", folder.join("out/summary.md"))
        .envs(variables.iter().copied())
        .args(arguments);
    for (flag, file) in REPORTS {
        command.args([flag, file]);
    }
    end(command.arg("--report-github"))
}

fn read(folder: &TempDir, file: &str) -> String {
    std::fs::read_to_string(folder.path().join(file)).unwrap()
}

fn json_of(folder: &TempDir, file: &str) -> Value {
    serde_json::from_str(&read(folder, file)).unwrap()
}

/// Every PATCH fails, and its answer tells why in a way that wants to be more than text.
async fn hostile(request: Request, next: Next) -> Response {
    if request.method() == "PATCH" && request.uri().path().contains("/Users/") {
        return (
            axum::http::StatusCode::INTERNAL_SERVER_ERROR,
            [(header::CONTENT_TYPE, "application/scim+json")],
            HOSTILE,
        )
            .into_response();
    }
    next.run(request).await
}

const HOSTILE: &str = "</script></pre><script>alert(1)</script>\"'><img src=x onerror=alert(2)>``` @everyone \u{1b}[2J ::error::x\n::warning::y";

fn check(folder: &TempDir, service: &Service, more: &[&str]) -> Ended {
    let user = format!("{}:{}", service.username, service.password);
    let mut arguments = vec!["check", "--target", &service.base_url, "--user", &user];
    arguments.extend(more);
    scimulate(folder.path(), &[], &arguments)
}

const SCENARIOS: [(&str, &str); 3] = [
    (
        "scenarios/good.yaml",
        "title: Good\npeople:\n  ada: { login: ada@example.com, firstName: Ada, lastName: Lovelace }\nsteps:\n  - okta.assign: { user: ada }\n  - expect.user: { user: ada, active: true }\n",
    ),
    (
        "scenarios/bad.yaml",
        "title: Bad\npeople:\n  ada: { login: ada@example.com, firstName: Ada, lastName: Lovelace }\nsteps:\n  - okta.assign: { user: ada }\n  - expect.user: { user: ada, active: false }\n",
    ),
    ("scenarios/elsewhere.yaml", "title: Elsewhere\nrequires: [clock]\nsteps:\n  - clock.advance: 1m\n"),
];

fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("scenarios")).unwrap();
    std::fs::create_dir_all(folder.path().join("out")).unwrap();
    for (name, text) in SCENARIOS {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

/// What `check` and `run` write, made once.
fn written(command: &str) -> &'static TempDir {
    static CHECKED: OnceLock<TempDir> = OnceLock::new();
    static RAN: OnceLock<TempDir> = OnceLock::new();
    match command {
        "check" => CHECKED.get_or_init(|| {
            let (folder, service) = (folder(), service(hostile));
            std::fs::write(
                folder.path().join("accepted.toml"),
                "[[accepted]]\nrequirement = \"create.location\"\nreason = \"not needed\"\n",
            )
            .unwrap();
            let ended = check(&folder, &service, &["--baseline", "accepted.toml"]);
            assert_eq!(ended.code, 4, "{}{}", ended.out, ended.err);
            assert_eq!(resources(&service, "/Users"), 0, "something was left behind");
            std::fs::write(folder.path().join("out/terminal.txt"), ended.out).unwrap();
            folder
        }),
        _ => RAN.get_or_init(|| {
            let (folder, service) = (folder(), service(hostile));
            let user = format!("{}:{}", service.username, service.password);
            let ended = scimulate(
                folder.path(),
                &[],
                &["run", "scenarios", "--target", &service.base_url, "--user", &user],
            );
            assert_eq!(ended.code, 4, "{}{}", ended.out, ended.err);
            std::fs::write(folder.path().join("out/terminal.txt"), ended.out).unwrap();
            folder
        }),
    }
}

#[test]
fn the_published_schema_is_the_one_that_the_program_prints() {
    let printed = program::scimulate(&["schema", "result"]);
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/report/result.schema.json");
    assert_eq!(
        printed.out,
        std::fs::read_to_string(kept).unwrap(),
        "write it again: scimulate schema result > src/report/result.schema.json"
    );
}

#[rstest]
fn what_is_written_fits_the_published_schema(#[values("check", "run")] command: &str) {
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/report/result.schema.json");
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(kept).unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let mut result = json_of(written(command), "out/result.json");
    let errors: Vec<String> =
        validator.iter_errors(&result).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{}", errors.join("\n"));
    // The schema says enough to notice what is wrong.
    let wrongs: [(&str, Value); 3] =
        [("formatVersion", json!("1")), ("scenarios", json!([{"name": "x"}])), ("target", json!(null))];
    for (member, wrong) in wrongs {
        let right = std::mem::replace(&mut result[member], wrong);
        assert!(!validator.is_valid(&result), "`{member}` may be anything");
        result[member] = right;
    }
}

#[rstest]
fn sarif_names_a_rule_with_help_for_each_result(#[values("check", "run")] command: &str) {
    let document = json_of(written(command), "out/result.sarif");
    assert_eq!(document["version"], "2.1.0");
    let run = &document["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let results = run["results"].as_array().unwrap();
    assert!(!results.is_empty());
    for result in results {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index]["id"], result["ruleId"]);
        assert!(["error", "warning", "note"].contains(&result["level"].as_str().unwrap()), "{result}");
        assert!(!result["message"]["text"].as_str().unwrap().is_empty());
        assert!(result["locations"][0]["logicalLocations"][0]["fullyQualifiedName"].is_string(), "{result}");
    }
    for rule in rules {
        assert!(rule["help"]["text"].as_str().is_some_and(|text| text.len() > 10), "{rule}");
        let id = rule["id"].as_str().unwrap();
        let cited = rule["properties"]["citation"].as_str().is_some_and(|text| !text.is_empty());
        assert!(cited || id.starts_with("scenario."), "{rule}");
    }
}

#[rstest]
fn junit_tap_and_github_agree_on_what_failed(#[values("check", "run")] command: &str) {
    let folder = written(command);
    let junit = quick_junit::Report::deserialize_from_str(&read(folder, "out/junit.xml")).unwrap();
    let tap = read(folder, "out/result.tap");
    let bad = junit.failures + junit.errors;
    assert!(bad > 0);
    assert_eq!(tap.lines().filter(|line| line.starts_with("not ok ")).count(), bad);
    assert!(tap.starts_with(&format!("TAP version 14\n1..{}\n", junit.tests)));
    let planned = tap.lines().filter(|line| line.starts_with("ok ") || line.starts_with("not ok ")).count();
    assert_eq!(planned, junit.tests);
    let terminal = read(folder, "out/terminal.txt");
    assert_eq!(terminal.lines().filter(|line| line.starts_with("::error ")).count(), bad);
    // No line of the target's is a command to GitHub.
    assert!(!terminal.lines().any(|line| line.starts_with("::error::") || line.starts_with("::warning::")));
    assert!(!terminal.contains('\u{1b}') && !tap.contains('\u{1b}'), "a target moves the cursor");
}

#[rstest]
fn the_comment_is_the_jobs_summary_and_begins_with_its_mark(#[values("check", "run")] command: &str) {
    let folder = written(command);
    let comment = read(folder, "out/comment.md");
    assert!(comment.starts_with("<!-- scimulate -->\n"), "{comment}");
    assert!(comment.contains("| works with Okta"), "{comment}");
    assert_eq!(read(folder, "out/summary.md"), comment);
}

#[rstest]
fn the_page_has_no_markup_of_the_targets_and_every_exchange(#[values("check", "run")] command: &str) {
    let page = read(written(command), "out/report.html");
    assert!(page.starts_with("<!DOCTYPE html>"));
    assert_eq!((page.matches("<script").count(), page.matches("<img").count()), (1, 0));
    assert!(!page.contains('\u{1b}'));
    assert!(
        page.contains("<summary><code>POST /scim/v2/Users → 201 Created</code>"),
        "no exchange to unfold"
    );
    if command == "check" {
        assert!(
            page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"),
            "nothing came, so that nothing is tested"
        );
        assert!(page.contains("create.location: not broken any more; take it out of the baseline"));
    }
}

#[test]
fn a_service_that_fails_at_every_patch_of_users_has_one_failure_with_all_the_rest_under_it() {
    let folder = written("check");
    let result = json_of(folder, "out/result.json");
    let failed: Vec<&str> = result["requirements"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|entry| entry["verdict"] == "failed" && entry.get("follows").is_none())
        .map(|entry| entry["requirement"].as_str().unwrap())
        .collect();
    // What should have been done tells of it, and that the service fails follows with all the rest.
    assert_eq!(failed, ["patch.user"]);
    let entries = result["requirements"].as_array().unwrap();
    let failing = entries.iter().find(|entry| entry["requirement"] == "response.no-server-error").unwrap();
    assert_eq!((&failing["verdict"], &failing["follows"]), (&json!("warning"), &json!("patch.user")));
    let terminal = read(folder, "out/terminal.txt");
    assert_eq!(terminal.matches(" FAIL ").count(), 1, "{terminal}");
    assert!(terminal.contains("broken by the same answers: "), "{terminal}");
    assert!(
        terminal.contains("create.location: not broken any more; take it out of the baseline"),
        "{terminal}"
    );
}

/// `scimulate report` on stored results, with every report again, in the folder `again`.
fn shown_again(from: &TempDir, files: &[&str]) -> (TempDir, Ended) {
    let folder = folder();
    let paths: Vec<String> =
        files.iter().map(|file| from.path().join(file).to_string_lossy().into_owned()).collect();
    let arguments: Vec<&str> = std::iter::once("report").chain(paths.iter().map(String::as_str)).collect();
    let ended = scimulate(folder.path(), &[], &arguments);
    (folder, ended)
}

fn sorted(text: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_unstable();
    lines
}

#[rstest]
fn a_stored_result_is_shown_as_the_run_itself_showed_it(#[values("check", "run")] command: &str) {
    let before = written(command);
    let (folder, ended) = shown_again(before, &["out/result.json"]);
    assert_eq!((ended.code, ended.err.as_str()), (4, ""));
    // Scenarios end in any order.
    assert_eq!(sorted(&ended.out), sorted(&read(before, "out/terminal.txt")));
    for (_, file) in REPORTS {
        assert_eq!(read(&folder, file), read(before, file), "{file}");
    }
}

#[test]
fn shards_are_put_together_and_nothing_is_compared() {
    let folder = folder();
    let all = ["run", "scenarios", "--dialect", "oin", "--exclude-tag", "none"];
    let run = |part: &str, file: &str| {
        let mut command = program();
        command.current_dir(folder.path()).args(all).args(["--report-json", file]);
        end(command.args(["--partition", part])).code
    };
    // In the order of their names: bad, elsewhere, good.
    assert_eq!(run("slice:1/3", "bad.json"), 4);
    assert_eq!(run("slice:2/3", "elsewhere.json"), 0);
    assert_eq!(run("slice:3/3", "good.json"), 0);
    let (merged, ended) = shown_again(&folder, &["good.json", "bad.json", "elsewhere.json"]);
    assert_eq!(ended.code, 4, "{}{}", ended.out, ended.err);
    let result = json_of(&merged, "out/result.json");
    let names: Vec<&str> =
        result["scenarios"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["bad", "elsewhere", "good"]);
    assert!(result.get("changes").is_none(), "{}", result["changes"]);
    assert!(ended.out.contains("2 passed, 1 failed"), "{}", ended.out);
    let (_, ended) = shown_again(&folder, &["good.json", "elsewhere.json"]);
    assert_eq!(ended.code, 0, "{}", ended.out);
}

#[test]
fn two_checks_of_one_service_are_compared() {
    let folder = written("check");
    let text = read(folder, "out/result.json");
    let mut before: Value = serde_json::from_str(&text).unwrap();
    let entries = before["requirements"].as_array_mut().unwrap();
    let mut given = |slug: &str, verdict: &str| {
        let entry = entries.iter_mut().find(|entry| entry["requirement"] == slug).unwrap();
        entry["verdict"] = json!(verdict);
    };
    given("create.location", "failed");
    given("patch.user", "passed");
    std::fs::write(folder.path().join("before.json"), before.to_string()).unwrap();

    let (merged, ended) = shown_again(folder, &["before.json", "out/result.json"]);
    assert_eq!(ended.code, 4);
    let changes = &json_of(&merged, "out/result.json")["changes"];
    assert_eq!(changes["fixed"], json!(["create.location"]));
    assert_eq!(changes["new"], json!(["patch.user"]));
    for told in ["fixed (1)\n    create.location\n", "new (1)\n    patch.user\n"] {
        assert!(ended.out.contains(told), "{}", ended.out);
    }
    assert!(read(&merged, "out/comment.md").contains("- fixed: `create.location`"));
    assert!(read(&merged, "out/report.html").contains("1 fixed</span> <a href=\"#create.location\">"));

    // The other way round nothing is broken any more but what stood in the first file.
    let (merged, ended) = shown_again(folder, &["out/result.json", "before.json"]);
    assert_eq!(ended.code, 4, "create.location fails there");
    assert_eq!(json_of(&merged, "out/result.json")["changes"]["new"], json!(["create.location"]));
}

#[rstest]
#[case("out/junit.xml", 2, "it is XML, as JUnit reports are; give the file that --report-json wrote")]
#[case("out/comment.md", 2, "it is a Markdown report")]
#[case("out/result.tap", 2, "it is a TAP report")]
#[case("out/result.sarif", 2, "it looks like SARIF")]
#[case("scenarios/good.yaml", 2, "it is no JSON at line 1, column 2")]
#[case("out/nowhere.json", 3, "cannot be read")]
fn a_file_that_is_no_result_is_told_with_what_it_is(
    #[case] file: &str,
    #[case] code: i32,
    #[case] told: &str,
) {
    let folder = written("run");
    let ended = end(program().current_dir(folder.path()).args(["report", "out/result.json", file]));
    let text = ended.err;
    assert_eq!((ended.code, ended.out.as_str()), (code, ""), "{text}");
    assert!(text.contains(file) && text.contains(told), "{text}");
}

/// How the program is given a credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Basic,
    Bearer,
    Header,
    ConfiguredHeader,
}

/// Its characters look different in each encoding. A header field takes no letter beyond ASCII.
const TOKEN: &str = "s3cr3t/Pa55+w0rd~?>-token";

/// The credential in every form in which a target may give it back.
fn forms(secret: &str) -> Vec<String> {
    let percent = |text: &str| -> String {
        text.bytes()
            .map(|byte| match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                    char::from(byte).to_string()
                }
                _ => format!("%{byte:02X}"),
            })
            .collect()
    };
    vec![
        secret.to_owned(),
        STANDARD.encode(secret),
        URL_SAFE.encode(secret),
        percent(secret),
        percent(secret).to_lowercase(),
        serde_json::to_string(secret).unwrap().trim_matches('"').to_owned(),
    ]
}

/// Takes the credential, gives it back wherever it can, and fails at every change of a user with it in the
/// answer.
fn echoing(way: Way, known: &Arc<OnceLock<(String, String)>>, request: Request, next: Next) -> Echoed {
    let known = Arc::clone(known);
    Box::pin(async move {
        let (real, secret) = known.get().unwrap().clone();
        let mut request = request;
        let given = match way {
            Way::Header => request.headers().get("x-api-key"),
            _ => request.headers().get(header::AUTHORIZATION),
        };
        let given = given.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
        let whole = given.clone().unwrap_or_default();
        let right = match way {
            Way::Basic => whole == real,
            Way::Bearer => whole == format!("Bearer {secret}"),
            Way::Header | Way::ConfiguredHeader => whole == secret,
        };
        if right {
            request.headers_mut().insert(header::AUTHORIZATION, HeaderValue::try_from(&real).unwrap());
        }
        let changes = request.method() == "PATCH" && request.uri().path().contains("/Users/");
        let mut said = forms(&secret);
        said.extend(given);
        let response = next.run(request).await;
        if !right {
            return response;
        }
        if changes {
            let body = json!({"detail": format!("{} {whole}", said.join(" ")), "status": 500});
            return (axum::http::StatusCode::INTERNAL_SERVER_ERROR, said.join("\n") + &body.to_string())
                .into_response();
        }
        let (mut parts, body) = response.into_parts();
        for form in said.iter().filter_map(|form| HeaderValue::try_from(form).ok()) {
            parts.headers.append("x-echo", form);
        }
        let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        let body = match serde_json::from_slice::<Value>(&bytes) {
            Ok(Value::Object(mut object)) => {
                object.insert("urn:example:echo".into(), json!({"credential": said, "whole": whole}));
                // Wrong on purpose: what is wrong is shown.
                object.insert("totalResults".into(), json!(said.join(" ")));
                parts.headers.remove(header::CONTENT_LENGTH);
                Value::Object(object).to_string()
            }
            _ => return Response::from_parts(parts, Body::from(bytes)),
        };
        Response::from_parts(parts, Body::from(body))
    })
}

type Echoed = std::pin::Pin<Box<dyn Future<Output = Response> + Send>>;

#[rstest]
fn no_report_shows_a_credential(
    #[values(Way::Basic, Way::Bearer, Way::Header, Way::ConfiguredHeader)] way: Way,
    #[values("check", "run")] command: &str,
) {
    let known: Arc<OnceLock<(String, String)>> = Arc::default();
    let inside = Arc::clone(&known);
    let service = service(move |request, next| echoing(way, &inside, request, next));
    let real = format!("Basic {}", STANDARD.encode(format!("{}:{}", service.username, service.password)));
    let secret = match way {
        Way::Basic => service.password.clone(),
        _ => TOKEN.to_owned(),
    };
    known.set((real.clone(), secret.clone())).unwrap();
    let folder = folder();
    std::fs::write(
        folder.path().join("scimulate.toml"),
        format!(
            "[target.mine]\nbase-url = \"{}\"\nauth = {{ type = \"header\", value-env = \"CREDENTIAL\" }}\n",
            service.base_url
        ),
    )
    .unwrap();
    let mut arguments = vec![command.to_owned()];
    if command == "run" {
        arguments.push("scenarios".into());
    }
    let target = if way == Way::ConfiguredHeader { "mine" } else { &service.base_url };
    arguments.extend(["--target".to_owned(), target.to_owned(), "--verbose".to_owned()]);
    match way {
        Way::Basic => arguments.extend(["--user".into(), format!("{}:{secret}", service.username)]),
        Way::Bearer => arguments.extend(["--bearer-env".into(), "CREDENTIAL".into()]),
        Way::Header => arguments.extend(["-H".into(), format!("X-Api-Key: {secret}")]),
        Way::ConfiguredHeader => {}
    }
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let ended = scimulate(folder.path(), &[("CREDENTIAL", &secret)], &arguments);
    assert_eq!(ended.code, 4, "{}{}", ended.out, ended.err);
    let mut texts = vec![("standard output".to_owned(), ended.out), ("standard error".to_owned(), ended.err)];
    for entry in std::fs::read_dir(folder.path().join("out")).unwrap() {
        let path = entry.unwrap().path();
        texts.push((path.display().to_string(), std::fs::read_to_string(&path).unwrap()));
    }
    assert_eq!(texts.len(), REPORTS.len() + 3, "a report is missing");
    let result = &texts.iter().find(|(name, _)| name.ends_with("result.json")).unwrap().1;
    assert!(result.contains("***"), "nothing came back, so that nothing is tested");
    let mut hidden = forms(&secret);
    hidden.extend(
        real.split_once(' ').map(|(_, credential)| credential.to_owned()).filter(|_| way == Way::Basic),
    );
    for (name, text) in &texts {
        for form in &hidden {
            let at = text.find(form.as_str());
            assert_eq!(at, None, "{name} shows `{form}`: {}", around(text, at));
        }
    }
}

fn around(text: &str, at: Option<usize>) -> String {
    let at = at.unwrap_or_default();
    text.chars().skip(text[..at].chars().count().saturating_sub(80)).take(240).collect()
}
