//! `scimulate redact` as a user meets it: the real program on real files, in each form that a capture may have.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rstest::rstest;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::program::{Ended, scimulate};
use crate::support::recorder::{self, Recorder};
use crate::support::service::service;

const SECRET: &str = "S3cr3t/Value+17";
const ENCODED: &str = "S3cr3t%2FValue%2B17";

fn folder(name: &str, text: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(name);
    std::fs::write(&file, text).unwrap();
    (folder, file)
}

fn redact(file: &Path, more: &[&str]) -> Ended {
    scimulate(&[&["redact", file.to_str().unwrap()], more].concat())
}

/// The form in which a secret could be read out of the text again.
fn readable(text: &str) -> Option<String> {
    let forms = [
        SECRET.to_owned(),
        ENCODED.to_owned(),
        STANDARD.encode(SECRET),
        STANDARD.encode(format!("ada:{SECRET}")),
    ];
    forms.into_iter().find(|form| text.contains(form.as_str()))
}

#[rstest]
#[case::an_access_log(
    "1.2.3.4 - - [01/Jan/2026:10:00:00 +0000] \"GET /scim/v2/Users?token={encoded}&count=2 HTTP/1.1\" 200 12 \"https://h/cb?code={encoded}\" \"Okta\"",
    "&count=2 HTTP/1.1\" 200 12"
)]
#[case::a_filter(
    "GET /Users?filter=password%20eq%20%22{encoded}%22 200",
    "GET /Users?filter=password%20eq%20%22***%22 200"
)]
#[case::a_url_with_a_password(
    "upstream https://ada:{secret}@h/scim kept",
    "upstream https://ada:***@h/scim kept"
)]
#[case::a_curl_line(
    "curl -X POST -u 'ada:{secret}' -H 'X-Api-Key: {secret}' --data-raw '{\"op\":\"add\",\"path\":\"urn:ietf:params:scim:schemas:core:2.0:User:password\",\"value\":\"{secret}\"}' https://h/Users",
    "https://h/Users"
)]
#[case::a_form(
    "grant_type=refresh_token&refresh_token={encoded}&client_assertion={encoded}&client_id=kept",
    "client_id=kept"
)]
#[case::json_lines(
    "{\"method\":\"PATCH\",\"url\":\"https://h/Users/1\",\"requestHeaders\":{\"Authorization\":\"Bearer {secret}\",\"accept\":\"kept\"},\"requestBody\":{\"Operations\":[{\"op\":\"replace\",\"value\":{\"password\":\"{secret}\"}}]}}\n{\"url\":\"https://h/x\",\"requestBody\":\"{\\\"path\\\":\\\"password\\\",\\\"value\\\":\\\"{secret}\\\"}\"}",
    "\"accept\":\"kept\""
)]
#[case::header_lines(
    "> POST /Users HTTP/1.1\n> Authorization: Basic {pair}\n> Cookie: sid={secret}\n> Accept: kept\n",
    "> Accept: kept"
)]
#[case::xml("<Envelope><Password>{secret}</Password><Name>kept</Name></Envelope>", "<Name>kept</Name>")]
#[case::cut_json("{\"userName\":\"kept\",\"password\":\"{secret}", "\"userName\":\"kept\"")]
#[case::a_secret_that_comes_back(
    "Authorization: Bearer {secret}\nthe service said: {secret} is wrong, kept, {encoded}\n",
    "is wrong, kept, ***"
)]
#[case::a_capture_that_was_masked_before(
    "Authorization: Bearer ***\npassword=***&kept=1\n",
    "Authorization: Bearer ***\npassword=***&kept=1\n"
)]
fn a_secret_is_masked_in_each_place_where_one_may_stand(#[case] form: &str, #[case] kept: &str) {
    let pair = STANDARD.encode(format!("ada:{SECRET}"));
    let text = form.replace("{secret}", SECRET).replace("{encoded}", ENCODED).replace("{pair}", &pair);
    let (_folder, file) = folder("capture.log", &text);
    let ended = redact(&file, &[]);
    assert_eq!(ended.code, 0, "{}", ended.err);
    assert_eq!(readable(&ended.out), None, "{}", ended.out);
    assert!(ended.out.contains("***") && ended.out.contains(kept), "{}", ended.out);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), text, "the capture itself was changed");
    // What is clean stays as it is.
    std::fs::write(&file, &ended.out).unwrap();
    assert_eq!(redact(&file, &[]).out, ended.out);
}

fn har() -> Value {
    let patch = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [
        { "op": "replace", "path": "urn:ietf:params:scim:schemas:core:2.0:User:password", "value": SECRET },
    ] });
    let answer =
        json!({ "id": "1", "userName": "ada@example.com", "detail": format!("{SECRET} was refused") });
    json!({ "log": { "version": "1.2", "creator": { "name": "x", "version": "1" }, "entries": [{
        "startedDateTime": "2026-01-01T00:00:00Z", "time": 1,
        "request": {
            "method": "PATCH", "url": format!("https://h/scim/v2/Users/1?api_key={ENCODED}&attributes=name"), "httpVersion": "HTTP/1.1",
            "headers": [
                { "name": "Authorization", "value": format!("Basic {}", STANDARD.encode(format!("ada:{SECRET}"))) },
                { "name": "Ocp-Apim-Subscription-Key", "value": SECRET },
                { "name": "Idempotency-Key", "value": "kept-1" },
                { "name": "Content-Type", "value": "application/scim+json" },
            ],
            "cookies": [{ "name": "sid", "value": SECRET, "path": "/" }],
            "queryString": [{ "name": "api_key", "value": SECRET }, { "name": "attributes", "value": "name" }],
            "postData": { "mimeType": "application/scim+json", "text": patch.to_string() },
            "headersSize": -1, "bodySize": -1,
        },
        "response": {
            "status": 200, "statusText": "OK", "httpVersion": "HTTP/1.1",
            "headers": [{ "name": "Location", "value": format!("https://h/Users/1?sig={ENCODED}") }, { "name": "Content-Type", "value": "application/scim+json" }],
            "cookies": [], "redirectURL": "", "headersSize": -1, "bodySize": -1,
            "content": { "size": 100, "mimeType": "application/scim+json", "encoding": "base64", "text": STANDARD.encode(answer.to_string()) },
        },
        "cache": {}, "timings": { "send": 0, "wait": 1, "receive": 0 },
        "_note": "members of one's own stay",
    }] } })
}

#[test]
fn a_har_file_keeps_its_form_and_loses_its_secrets() {
    let before = har();
    let (folder, file) = folder("capture.har", &serde_json::to_string_pretty(&before).unwrap());
    let output = folder.path().join("public.har");
    let ended = redact(&file, &["--output", output.to_str().unwrap()]);
    assert_eq!((ended.code, ended.out.as_str()), (0, ""), "{}", ended.err);
    let text = std::fs::read_to_string(&output).unwrap();
    assert_eq!(readable(&text), None, "{text}");
    let after: Value = serde_json::from_str(&text).unwrap();
    let (before, after) = (&before["log"]["entries"][0], &after["log"]["entries"][0]);
    let (request, response) = (&after["request"], &after["response"]);
    assert_eq!(request["url"], "https://h/scim/v2/Users/1?api_key=***&attributes=name");
    assert_eq!(request["headers"][0]["value"], "Basic ***");
    assert_eq!(request["headers"][1]["value"], "***");
    assert_eq!(request["headers"][2], before["request"]["headers"][2]);
    assert_eq!(request["cookies"][0], json!({ "name": "sid", "value": "***", "path": "/" }));
    assert_eq!(request["queryString"][0]["value"], "***");
    let patch: Value = serde_json::from_str(request["postData"]["text"].as_str().unwrap()).unwrap();
    assert_eq!(patch["Operations"][0]["value"], "***");
    assert_eq!(patch["Operations"][0]["op"], "replace");
    assert_eq!(response["headers"][0]["value"], "https://h/Users/1?sig=***");
    assert_eq!(after["_note"], before["_note"]);
    let explained = scimulate(&["explain", output.to_str().unwrap()]);
    assert!(explained.out.contains("1 exchanges with https://h/scim/v2"), "{}", explained.text());
}

#[test]
fn names_go_too_where_that_is_asked_for() {
    let user = json!({ "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "id": "17", "userName": "ada@example.com",
        "externalId": "EXT-1", "name": { "givenName": "Ada", "familyName": "Ärmel" }, "groups": [{ "value": "g", "display": "Crew" }] });
    let lines = [
        json!({ "method": "GET", "url": "https://h/v2/Users?filter=userName%20eq%20%22ADA%40example.com%22", "status": 200 }).to_string(),
        json!({ "method": "POST", "url": "https://h/v2/Users", "status": 201, "requestBody": user, "responseBody": user.to_string() }).to_string(),
        json!({ "method": "GET", "url": "https://h/v2/Users?filter=externalId eq \"EXT-1\"", "status": 200, "note": "ÄRMEL, ada" }).to_string(),
    ];
    let (_folder, file) = folder("log.jsonl", &lines.join("\n"));
    let ended = redact(&file, &["--pseudonymize"]);
    assert_eq!(ended.code, 0, "{}", ended.err);
    let lower = ended.out.to_lowercase();
    for personal in ["ada", "ärmel", "ext-1"] {
        let alone = lower.split(|c: char| !c.is_alphanumeric() && c != '-').any(|word| word == personal);
        assert!(!alone, "{personal} is in {}", ended.out);
    }
    let lines: Vec<Value> = ended.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let kept = &lines[1]["requestBody"];
    assert_eq!((kept["id"].as_str(), kept["groups"][0]["display"].as_str()), (Some("17"), Some("Crew")));
    let again: Value = serde_json::from_str(lines[1]["responseBody"].as_str().unwrap()).unwrap();
    assert_eq!(&again, kept, "one thing has two names");
    let encoded = kept["userName"].as_str().unwrap().replace('@', "%40");
    let looked_up = lines[0]["url"].as_str().unwrap();
    assert!(looked_up.to_lowercase().contains(&encoded), "{looked_up} does not look for {encoded}");
    let external = kept["externalId"].as_str().unwrap();
    assert!(lines[2]["url"].as_str().unwrap().contains(external), "{external} is not looked for");
}

#[test]
fn nothing_is_written_over_unless_that_is_said() {
    let text = format!("password={SECRET}");
    let (folder, file) = folder("capture.log", &text);
    let name = file.to_str().unwrap();
    let other = folder.path().join("other.log");
    std::fs::write(&other, "precious").unwrap();
    for (more, says) in [
        (vec!["--output", name], "--in-place"),
        (vec!["--output", name, "--force"], "--in-place"),
        (vec!["--output", other.to_str().unwrap()], "--force"),
        (vec!["--output", other.to_str().unwrap(), "--in-place"], "cannot be used with"),
    ] {
        let ended = redact(&file, &more);
        assert!(ended.code == 1 && ended.err.contains(says), "{more:?}: {}", ended.err);
    }
    let nowhere = folder.path().join("none/x.log");
    let ended = redact(&file, &["--output", nowhere.to_str().unwrap()]);
    assert!(ended.code == 3 && ended.err.contains("cannot be written"), "{}", ended.err);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
    assert_eq!(std::fs::read_to_string(&other).unwrap(), "precious");
    assert_eq!(redact(&file, &["--output", other.to_str().unwrap(), "--force"]).code, 0);
    assert_eq!(redact(&file, &["--in-place"]).code, 0);
    for path in [&file, &other] {
        assert_eq!(std::fs::read_to_string(path).unwrap(), "password=***");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2, "something was left behind");
    let missing = redact(&folder.path().join("missing"), &[]);
    assert!(missing.code == 3 && missing.err.contains("missing cannot be read"), "{}", missing.err);
}

/// The table serves the recording proxy as well: secrets in every place of a request and its answer.
#[test]
fn a_recording_holds_no_secret_and_says_where_a_body_was_cut() {
    let service = service(|_: axum::extract::Request, _: axum::middleware::Next| async {
        let body = json!({ "note": SECRET, "token": SECRET, "rest": "é".repeat(2000) });
        let response = http::Response::builder()
            .header("content-type", "application/scim+json")
            .header("location", format!("https://h/Users/1?access_token={ENCODED}"))
            .header("set-cookie", format!("sid={SECRET}"));
        response.body(axum::body::Body::from(body.to_string())).unwrap()
    });
    let mut recorder = Recorder::start(&service.base_url, &["--body-limit", "1024"]);
    let post = |target: &str, fields: &str, body: &str| {
        recorder::raw(
            &recorder.base_url,
            &format!(
                "POST {target} HTTP/1.1\r\nHost: p\r\nConnection: close\r\n{fields}Content-Length: {}\r\n\r\n{body}",
                body.len()
            ),
        )
    };
    let forms = [
        format!("client_secret={ENCODED}&code={ENCODED}&grant_type=authorization_code"),
        format!("<user><password>{SECRET}</password></user>"),
        json!({ "Operations": [{ "op": "add", "path": "password", "value": SECRET }] }).to_string(),
        json!({ "userName": "x".repeat(990), "password": SECRET }).to_string(),
    ];
    for form in &forms {
        let fields = format!("X-Functions-Key: {SECRET}\r\nReferer: https://ada:{SECRET}@h/\r\n");
        post(&format!("/Users?sig={ENCODED}&count=1"), &fields, form);
    }
    let entries = recorder.entries_when(forms.len());
    let told = recorder.stop();
    let text = std::fs::read_to_string(&recorder.file).unwrap();
    assert_eq!(readable(&text), None, "{text}");
    assert_eq!(readable(&told), None, "{told}");
    for entry in &entries {
        assert!(entry["request"]["url"].as_str().unwrap().ends_with("/Users?sig=***&count=1"), "{entry}");
        let answer = &entry["response"]["content"];
        let length = answer["size"].as_u64().unwrap();
        let cut = answer["text"].as_str().unwrap();
        assert!(length > 4000 && cut.ends_with(&format!("… cut here: {length} bytes in all")), "{cut}");
    }
    let explained = scimulate(&["explain", recorder.file.to_str().unwrap()]);
    assert!(explained.out.contains("was cut when it was recorded"), "{}", explained.out);
    assert_eq!(readable(&explained.out), None, "{}", explained.out);
}
