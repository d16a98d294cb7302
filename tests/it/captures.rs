//! `record`, `replay` and `scenario from` as a user meets them: the real program, real sockets, files.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::process::Stdio;

use base64::Engine as _;
use serde_json::{Value, json};

use crate::support::program;
use crate::support::recorder;
use crate::support::service::{Service, resources, service};
use crate::support::texts::reads;
use program::{program, scimulate};
use recorder::{Recorder, Served, get, raw};

fn reference() -> Service {
    service(|request, next: axum::middleware::Next| next.run(request))
}

/// What Okta does with Ada, recorded on the way to a strict service.
fn recorded(scenario: &str, more: &[&str]) -> (Service, Recorder, String) {
    let service = reference();
    let mut recorder = Recorder::start(&service.base_url, more);
    let user = format!("{}:{}", service.username, service.password);
    let ended =
        scimulate(&["run", scenario, "--dialect", "oin", "--target", &recorder.base_url, "--user", &user]);
    assert_eq!(ended.code, 0, "{}{}", ended.out, ended.err);
    let told = recorder.stop();
    (service, recorder, told)
}

#[test]
fn what_okta_does_is_recorded_told_explained_replayed_and_made_a_scenario() {
    let (service, recorder, told) = recorded("okta/lifecycle", &[]);
    let entries = recorder.entries();
    assert!(told.contains(&format!("{} exchanges in ", entries.len())), "{told}");
    for operation in ["test credentials: first two users", ": look-up → create", "PATCH active=false"] {
        assert!(told.contains(operation), "{operation} is missing in\n{told}");
    }
    // No secret is in the file, in whatever form.
    let text = std::fs::read_to_string(&recorder.file).unwrap();
    let pair = base64::engine::general_purpose::STANDARD
        .encode(format!("{}:{}", service.username, service.password));
    for secret in [&service.password, &pair] {
        assert!(!text.contains(secret.as_str()), "a secret is in the capture");
    }
    let created = entries.iter().find(|entry| entry["request"]["method"] == "POST").unwrap();
    let body: Value = serde_json::from_str(created["request"]["postData"]["text"].as_str().unwrap()).unwrap();
    assert_eq!(body["password"], "***");
    // Names as they were spelt, in their order.
    let names: Vec<&str> = created["request"]["headers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|field| field["name"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "Accept",
            "Accept-Charset",
            "Content-Type",
            "User-Agent",
            "Authorization",
            "Content-Length",
            "Host",
            "Connection",
            "Accept-Encoding"
        ]
    );
    assert_eq!(created["response"]["status"], 201);

    let file = recorder.file.to_str().unwrap();
    let explained = scimulate(&["explain", file]);
    assert_eq!(explained.code, 0, "{}", explained.out);
    assert!(explained.out.contains("oin: PATCH for activation"), "{}", explained.out);
    assert!(explained.out.contains("authorization: Basic"), "{}", explained.out);

    // The same on a fresh reference: other ids, other credentials, the same answers.
    let replayed = scimulate(&["replay", file]);
    assert_eq!(replayed.code, 0, "{}", replayed.out);
    assert!(
        replayed.out.contains(&format!("{0} sent: {0} answered as then, 0 otherwise", entries.len())),
        "{}",
        replayed.out
    );
    let broken = scimulate(&["replay", file, "--fault", "patch-no-path-refused", "--quiet"]);
    assert_eq!(broken.code, 4);
    assert!(broken.out.contains("status: then 200, now 400"), "{}", broken.out);
    let stopped = scimulate(&["replay", file, "--fault", "patch-no-path-refused", "--until-failure"]);
    assert!(stopped.out.contains("the first that fails"), "{}", stopped.out);
    let part = scimulate(&["replay", file, "--from", "1", "--to", "2"]);
    assert!(part.out.contains("\n2 sent: 2 answered as then"), "{}", part.out);

    // As a scenario it goes well on a service that is right, and does not on one that is wrong.
    let scenario = recorder.file.with_file_name("ada.yaml");
    let scenario = scenario.to_str().unwrap();
    let made = scimulate(&["scenario", "from", file, "--output", scenario]);
    assert_eq!(made.code, 0, "{}{}", made.out, made.err);
    let text = std::fs::read_to_string(scenario).unwrap();
    for step in [
        "okta.test-credentials",
        "okta.assign",
        "okta.update-profile",
        "lastName: King",
        "okta.unassign",
        "okta.reassign",
    ] {
        assert!(text.contains(step), "{step} is missing in\n{text}");
    }
    let run = scimulate(&["run", scenario, "--update", "no"]);
    assert_eq!(run.code, 0, "{}{}\n{text}", run.out, run.err);
    let run = scimulate(&["run", scenario, "--update", "no", "--fault", "reactivate-refused"]);
    assert_eq!(run.code, 4, "{}", run.out);
    let again = scimulate(&["scenario", "from", file, "--output", scenario]);
    assert_eq!(again.code, 1);
    assert!(again.err.contains("--force"), "{}", again.err);
}

#[test]
fn a_group_push_becomes_a_scenario_too() {
    let (_service, recorder, told) = recorded("okta/group-push", &["--quiet"]);
    assert!(!told.contains("push group"), "{told}");
    let file = recorder.file.to_str().unwrap();
    let made = scimulate(&["scenario", "from", file]);
    assert_eq!(made.code, 0, "{}", made.err);
    for step in
        ["okta.push-group", "okta.add-member", "okta.remove-member", "okta.rename-group", "okta.unlink-group"]
    {
        assert!(made.out.contains(step), "{step} is missing in\n{}", made.out);
    }
    let scenario = recorder.file.with_file_name("group.yaml");
    std::fs::write(&scenario, &made.out).unwrap();
    let run = scimulate(&["run", scenario.to_str().unwrap(), "--update", "no"]);
    assert_eq!(run.code, 0, "{}{}\n{}", run.out, run.err, made.out);
    let replayed = scimulate(&["replay", file]);
    assert_eq!(replayed.code, 0, "{}", replayed.out);
}

#[test]
fn a_person_has_the_same_pseudonym_everywhere_and_the_capture_still_works() {
    let (_service, recorder, told) = recorded("okta/lifecycle", &["--pseudonymize"]);
    let text = std::fs::read_to_string(&recorder.file).unwrap();
    for personal in ["ada", "Ada", "Lovelace", "King"] {
        let alone = text.split(|c: char| !c.is_ascii_alphabetic()).any(|word| word == personal);
        assert!(!alone, "{personal} is in the capture");
    }
    assert!(told.contains("assign person-1@example.test: look-up → create"), "{told}");
    let replayed = scimulate(&["replay", recorder.file.to_str().unwrap()]);
    assert_eq!(replayed.code, 0, "{}", replayed.out);
}

#[test]
fn a_server_that_is_not_there_or_breaks_off_is_told_to_the_client_and_kept_with_a_sentence() {
    // Nobody listens there any more.
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let recorder = Recorder::start(&format!("http://{gone}/scim/v2"), &[]);
    let answer = get(&recorder.base_url, "/Users?startIndex=1&count=2");
    assert!(answer.starts_with("HTTP/1.1 502 "), "{answer}");
    let body: Value = serde_json::from_str(answer.split("\r\n\r\n").nth(1).unwrap()).unwrap();
    assert_eq!(body["schemas"], json!(["urn:ietf:params:scim:api:messages:2.0:Error"]));
    assert_eq!(body["status"], "502");
    let entries = recorder.entries_when(1);
    assert_eq!(entries[0]["response"]["status"], 0);
    assert!(
        entries[0]["response"]["_error"].as_str().unwrap().contains("could not connect to 127.0.0.1:"),
        "{entries:#?}"
    );
    let explained = scimulate(&["explain", recorder.file.to_str().unwrap()]);
    assert!(explained.out.starts_with("Root cause: Okta does not reach the service"), "{}", explained.out);

    // Three servers: one says nothing, one breaks off within the body, one is no HTTP.
    for (says, status, sentence) in [
        ("", "504", "within 1 s"),
        (
            "HTTP/1.1 200 OK\r\nContent-Type: application/scim+json\r\nContent-Length: 500\r\n\r\n{\"schemas\":",
            "200",
            "after 11 bytes of the body",
        ),
        ("SSH-2.0-OpenSSH\r\n\r\n", "502", "was not HTTP"),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let upstream = format!("http://{}", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut head = [0; 4096];
            let _ = stream.read(&mut head);
            if says.is_empty() {
                // Nothing, until the proxy has hung up.
                while stream.read(&mut head).is_ok_and(|length| length > 0) {}
            }
            let _ = stream.write_all(says.as_bytes());
        });
        let recorder = Recorder::start(&upstream, &["--max-time", "1"]);
        let answer = get(&recorder.base_url, "/Users/1");
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
        let entries = recorder.entries_when(1);
        let error = entries[0]["response"]["_error"].as_str().unwrap_or_default();
        assert!(error.contains(sentence), "{sentence}: {entries:#?}");
    }
}

#[test]
fn a_large_body_goes_through_whole_and_is_kept_in_part_and_compressed_ones_are_kept_plain() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
    let address = listener.local_addr().unwrap();
    let zipped = || async {
        let mut coder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        coder.write_all(b"{\"id\":\"1\"}").unwrap();
        ([("content-encoding", "gzip"), ("content-type", "application/scim+json")], coder.finish().unwrap())
    };
    let large = || async { "x".repeat(20 << 20) };
    let echo = |body: String| async move { format!("{}", body.len()) };
    let router = axum::Router::new()
        .route("/Users", axum::routing::get(large).post(echo))
        .route("/Users/1", axum::routing::get(zipped))
        .layer(axum::extract::DefaultBodyLimit::disable());
    runtime.spawn(async move { axum::serve(listener, router).await });
    let mut recorder = Recorder::start(&format!("http://{address}"), &["--body-limit", "1000"]);
    let answer = get(&recorder.base_url, "/Users");
    assert_eq!(answer.split("\r\n\r\n").nth(1).unwrap().len(), 20 << 20);
    let long = "y".repeat(3 << 20);
    let request = format!(
        "POST /Users HTTP/1.1\r\nHost: p\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{long}",
        long.len()
    );
    let answer = raw(&recorder.base_url, &request);
    assert!(
        answer.ends_with(&format!("\r\n\r\n{}", 3 << 20)),
        "{}",
        answer.chars().take(300).collect::<String>()
    );
    let answer = get(&recorder.base_url, "/Users/1");
    assert!(answer.to_lowercase().contains("content-encoding: gzip"), "what goes through is not changed");
    let entries = recorder.entries_when(3);
    let content = &entries[0]["response"]["content"];
    assert_eq!(content["text"], format!("{}… cut here: 20971520 bytes in all", "x".repeat(1000)));
    assert_eq!(content["size"], 20 << 20);
    assert!(
        entries[0]["comment"].as_str().unwrap().contains("20971520 bytes, only 1000 are kept"),
        "{}",
        entries[0]["comment"]
    );
    assert!(
        entries[1]["comment"].as_str().unwrap().contains("body of the request, 3145728 bytes"),
        "{}",
        entries[1]["comment"]
    );
    assert_eq!(entries[2]["response"]["content"]["text"], "{\"id\":\"1\"}");
    recorder.stop();
}

#[test]
fn both_sides_of_the_proxy_can_be_https() {
    let folder = tempfile::tempdir().unwrap();
    let key = rcgen::generate_simple_self_signed(vec!["localhost".into(), "127.0.0.1".into()]).unwrap();
    let (certificate, private) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
    std::fs::write(&certificate, key.cert.pem()).unwrap();
    std::fs::write(&private, key.signing_key.serialize_pem()).unwrap();
    let (certificate, private) = (certificate.to_str().unwrap(), private.to_str().unwrap());
    let server = Served::start(&["--tls-cert", certificate, "--tls-key", private]);
    let mut recorder = Recorder::start(
        &server.base_url,
        &["--tls-cert", certificate, "--tls-key", private, "--cacert", certificate],
    );
    assert!(recorder.base_url.starts_with("https://"));
    let user = format!("{}:{}", server.username, server.password);
    let ended = scimulate(&[
        "run",
        "okta/lifecycle",
        "--dialect",
        "aiw",
        "--target",
        &recorder.base_url,
        "--user",
        &user,
        "--cacert",
        certificate,
    ]);
    assert_eq!(ended.code, 0, "{}{}", ended.out, ended.err);
    recorder.stop();
    assert!(recorder.entries().len() > 10);
}

#[test]
fn an_existing_capture_is_not_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("old.har");
    std::fs::write(&file, "precious").unwrap();
    let ended = scimulate(&[
        "record",
        "--listen",
        "127.0.0.1:0",
        "--upstream",
        "http://127.0.0.1:9",
        "--output",
        file.to_str().unwrap(),
    ]);
    assert_eq!(ended.code, 1);
    assert!(ended.err.contains("--force"), "{}", ended.err);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "precious");
}

fn exchange(method: &str, path: &str, body: Option<Value>, status: u16, answer: &Value) -> Value {
    let mut request = json!({
        "method": method,
        "url": format!("https://then.example.com/scim/v2{path}"),
        "headers": [{ "name": "Content-Type", "value": "application/scim+json" }, { "name": "Authorization", "value": "***" }],
    });
    if let Some(body) = body {
        request["postData"] = json!({ "mimeType": "application/scim+json", "text": body.to_string() });
    }
    json!({
        "request": request,
        "response": { "status": status, "headers": [], "content": { "text": answer.to_string(), "mimeType": "application/scim+json" } },
    })
}

fn person(name: &str) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": name,
        "name": { "givenName": "Ada", "familyName": "Lovelace" },
        "emails": [{ "value": name, "type": "work", "primary": true }], "active": true,
    })
}

fn with_id(mut resource: Value, id: &str) -> Value {
    resource["id"] = json!(id);
    resource["meta"] = json!({ "resourceType": "User" });
    resource
}

fn file(folder: &Path, entries: &[Value]) -> String {
    let path = folder.join("made.har");
    std::fs::write(&path, json!({ "log": { "entries": entries } }).to_string()).unwrap();
    path.to_string_lossy().into_owned()
}

/// Two people, changes to both, and at last the first one's name again.
fn twice() -> Vec<Value> {
    let patch = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [{ "op": "replace", "value": { "active": false } }] });
    let inactive = |name: &str, id: &str| {
        let mut user = with_id(person(name), id);
        user["active"] = json!(false);
        user
    };
    let conflict = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status": "409", "scimType": "uniqueness", "detail": "taken" });
    vec![
        exchange(
            "POST",
            "/Users",
            Some(person("eve@example.com")),
            201,
            &with_id(person("eve@example.com"), "7"),
        ),
        exchange(
            "POST",
            "/Users",
            Some(person("ada@example.com")),
            201,
            &with_id(person("ada@example.com"), "8"),
        ),
        exchange("GET", "/Users/7", None, 200, &with_id(person("eve@example.com"), "7")),
        exchange("PATCH", "/Users/7", Some(patch.clone()), 200, &inactive("eve@example.com", "7")),
        exchange("PATCH", "/Users/8", Some(patch), 200, &inactive("ada@example.com", "8")),
        exchange("POST", "/Users", Some(person("ada@example.com")), 409, &conflict),
    ]
}

#[test]
fn the_smallest_part_that_still_fails_is_found_and_nothing_stays_on_the_target() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), &twice());
    let small = folder.path().join("small.har");
    let ended = scimulate(&["replay", &path, "--minimize", "--output", small.to_str().unwrap()]);
    assert_eq!(ended.code, 4, "{}{}", ended.out, ended.err);
    reads("replay-minimized", &ended.out);
    let kept: Value = serde_json::from_str(&std::fs::read_to_string(&small).unwrap()).unwrap();
    assert_eq!(kept["log"]["entries"].as_array().unwrap().len(), 2);

    let service = reference();
    let user = format!("{}:{}", service.username, service.password);
    let ended = scimulate(&["replay", &path, "--minimize", "--target", &service.base_url, "--user", &user]);
    assert!(ended.out.contains("1 of the 5 exchanges"), "{}{}", ended.out, ended.err);
    assert_eq!(resources(&service, "/Users?count=0"), 0, "every attempt was cleaned up");

    let ended = scimulate(&["replay", &path, "--target", &service.base_url, "--user", &user]);
    assert_eq!(ended.code, 0, "{}{}", ended.out, ended.err);
    assert_eq!(resources(&service, "/Users?count=0"), 0);
    let ended = scimulate(&["replay", &path, "--target", &service.base_url, "--user", "wrong:wrong"]);
    assert_eq!(ended.code, 4);
    assert!(ended.out.contains("status: then 201, now 401"), "{}", ended.out);
    assert!(!ended.out.contains(&service.password));
}

#[test]
fn answers_are_compared_by_what_they_mean() {
    let folder = tempfile::tempdir().unwrap();
    let mut entries = twice()[..2].to_vec();
    // Then the service kept the name in lower case and left out the address.
    let mut then = with_id(person("ADA@example.com"), "8");
    then["emails"] = json!([]);
    entries[1] = exchange("POST", "/Users", Some(person("ada@example.com")), 201, &then);
    let path = file(folder.path(), &entries);
    let ended = scimulate(&["replay", &path]);
    assert_eq!(ended.code, 4, "{}", ended.out);
    reads("replay-differences", &ended.out);
}

#[test]
fn a_scenario_of_a_failure_expects_what_would_have_been_right() {
    let folder = tempfile::tempdir().unwrap();
    let empty = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"], "totalResults": 0, "startIndex": 1, "itemsPerPage": 0, "Resources": [] });
    let look_up = || {
        exchange(
            "GET",
            "/Users?filter=userName%20eq%20%22ada%40example.com%22&startIndex=1&count=100",
            None,
            200,
            &empty,
        )
    };
    let mut entries = twice();
    entries.remove(2);
    // Okta looks before it creates; the second time the inactive account is not found.
    entries.insert(4, look_up());
    entries.insert(1, look_up());
    // What Okta does not send becomes a raw request.
    entries.push(exchange("GET", "/Users?filter=title%20pr", None, 200, &empty));
    let path = file(folder.path(), &entries);
    let scenario = folder.path().join("failure.yaml");
    let scenario = scenario.to_str().unwrap();
    let made = scimulate(&["scenario", "from", &path, "--output", scenario]);
    assert_eq!(made.code, 0, "{}{}", made.out, made.err);
    let text = std::fs::read_to_string(scenario).unwrap();
    reads("scenario-from", &made.out);
    reads("scenario-from@file", &text);
    let run = scimulate(&["run", scenario, "--update", "no"]);
    assert_eq!(run.code, 0, "{}{}\n{text}", run.out, run.err);
    let run = scimulate(&["run", scenario, "--update", "no", "--fault", "filter-hides-inactive"]);
    assert_eq!(run.code, 4, "{}", run.out);
}

#[test]
fn hostile_names_cannot_break_out_of_the_scenario() {
    let folder = tempfile::tempdir().unwrap();
    let evil =
        "a\"}]\n  - scim.request: { method: DELETE, path: /Users }\n# {{variables.x}} \u{1b}[2J@example.com";
    let entries = [
        exchange("POST", "/Users", Some(person(evil)), 201, &with_id(person(evil), "1")),
        exchange("DELETE", "/Users/1", None, 204, &Value::Null),
        exchange(
            "POST",
            "/Groups",
            Some(json!({ "displayName": evil, "members": [{ "value": "1", "display": evil }] })),
            500,
            &Value::Null,
        ),
    ];
    let path = file(folder.path(), &entries);
    let made = scimulate(&["scenario", "from", &path]);
    assert_eq!(made.code, 0, "{}{}", made.out, made.err);
    assert!(!made.out.contains('\u{1b}'), "{:?}", made.out);
    assert!(
        !made
            .out
            .lines()
            .any(|line| line.trim_start().starts_with("- scim.request: { method: DELETE, path: /Users }")),
        "{}",
        made.out
    );
    let replayed = scimulate(&["replay", &path]);
    assert!(!replayed.out.contains('\u{1b}'), "{:?}", replayed.out);
}

/// One or the other exchange of a megabyte: with another server, and with ours, which answered with a list in
/// a sea of blanks.
#[cfg(target_os = "linux")]
fn large(ours: bool) -> String {
    if !ours {
        return json!({
            "request": { "url": "https://cdn.example.com/x.js", "headers": [] },
            "response": { "status": 200, "content": { "text": "x".repeat(1 << 20) } },
        })
        .to_string();
    }
    let list = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"], "totalResults": 0, "startIndex": 1, "itemsPerPage": 0, "Resources": [] });
    let mut large = exchange("GET", "/Users?startIndex=1&count=2", None, 200, &list);
    let text = format!("{}{list}", " ".repeat(1 << 20));
    large["response"]["content"]["text"] = json!(text);
    large.to_string()
}

/// Runs the program on a capture that comes through a pipe, and how much memory it has had at most, in KiB, when
/// it has read everything but knows not yet that this is all.
#[cfg(target_os = "linux")]
fn watched(command: &str, capture: impl FnOnce(&mut dyn std::io::Write)) -> (program::Ended, u64) {
    let mut child = program()
        .args([command, "/dev/stdin"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut pipe = child.stdin.take().unwrap();
    capture(&mut pipe);
    // More than the pipe and the program's buffer hold, so that what came before has been read.
    pipe.write_all(" ".repeat(1 << 18).as_bytes()).unwrap();
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let peak = line.trim().strip_suffix(" kB").unwrap().parse().unwrap();
    drop(pipe);
    let output = child.wait_with_output().unwrap();
    (program::Ended::from(output), peak)
}

/// A capture of any size takes the memory of its largest exchange. `SCIMULATE_CAPTURE_MB=200` tries it with
/// 200 MB, which takes a program that was not optimized two minutes.
#[cfg(target_os = "linux")]
#[expect(clippy::print_stdout, reason = "who runs the test reads how much memory it was")]
#[test]
fn a_huge_capture_is_explained_and_replayed_in_bounded_memory() {
    #[expect(clippy::disallowed_methods, reason = "how large it is, is for the person who tests")]
    let size = std::env::var("SCIMULATE_CAPTURE_MB");
    let pairs = size.map_or(8, |size| size.parse::<usize>().unwrap() / 2);
    let capture = |pairs: usize| {
        move |out: &mut dyn std::io::Write| {
            out.write_all(b"{\"log\":{\"entries\":[").unwrap();
            for _ in 0..pairs {
                write!(out, "{},{},", large(false), large(true)).unwrap();
            }
            write!(out, "{}]}}}}", twice()[0]).unwrap();
        }
    };
    for command in ["explain", "replay"] {
        let (_, least) = watched(command, capture(1));
        let (ended, most) = watched(command, capture(pairs));
        // The one person was made without a Location, which is what `explain` finds.
        assert_eq!(ended.code, if command == "explain" { 4 } else { 0 }, "{}", ended.text());
        let told = match command {
            "explain" => format!("  {pairs} exchanges with others were left out\n"),
            _ => format!("\n{0} sent: {0} answered as then, 0 otherwise\n", pairs + 1),
        };
        assert!(ended.out.contains(&told), "{}", ended.out);
        println!("{command}: {least} KiB with {} MB, {most} KiB with {} MB", 2, 2 * pairs);
        // What the service answered alone is more, be the file ever so small.
        assert!(most < least + (6 << 10), "{command} has taken {most} KiB, and {least} KiB for a small file");
    }
}

#[test]
fn a_capture_is_not_written_over_while_it_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), &twice());
    let before = std::fs::read(&path).unwrap();
    let ended = scimulate(&["replay", &path, "--minimize", "--output", &path]);
    assert_eq!(ended.code, 1, "{}", ended.text());
    assert!(ended.err.contains("choose another file with --output"), "{}", ended.err);
    assert_eq!(std::fs::read(&path).unwrap(), before);
}
