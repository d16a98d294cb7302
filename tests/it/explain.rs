//! `scimulate explain` as a user meets it: messages of Okta, and captures in files.

use std::path::Path;

use bytes::Bytes;
use rstest::rstest;
use scimulate::clients::okta::messages::{Activity, AdminMessage, Doing, Reason};
use scimulate::exchange::{Response, TransportError};
use scimulate::explain::{CAUSES, FORMS, Message, Symptom, candidates};
use serde_json::{Value, json};

use crate::support::program;
use crate::support::texts::{reads, transcript};
use program::scimulate;

/// The messages of the dossiers (okta-client §3.1, §3.3, §3.4, §3.17j, §6; code42-service §1.6, §7) and of the
/// guide's third trouble case, with made-up names: what Okta was about, the status, and a word of the cause
/// that has to come first.
#[rstest]
#[case::credentials_test(
    "Error authenticating: Unauthorized. Errors reported by remote server: Invalid token",
    "testing the API credentials",
    Some(401),
    "credentials"
)]
#[case::credentials_test_forbidden(
    "Error authenticating: Forbidden. Errors reported by remote server: Invalid JSON: Unexpected character ('<' (code 60)): expected a valid value (number, String, array, object, 'true', 'false' or 'null') at [Source: java.io.StringReader@6d4e; line: 1, column: 2]",
    "testing the API credentials",
    Some(403),
    "web page"
)]
#[case::credentials_invalid(
    "Automatic provisioning of user ada@example.com to app Acme failed: The credentials used to connect to the API were invalid; please check your configuration",
    "creating the account",
    None,
    "credentials"
)]
#[case::existence_check(
    "Automatic provisioning of user ada@example.com to app Acme failed: Error while verifying if user ada@example.com exists: Unauthorized. Errors reported by remote server: The token has expired",
    "looking whether the account exists",
    Some(401),
    "credentials"
)]
#[case::no_match(
    "Automatic provisioning of user ada@example.com to app Acme failed: Matching user not found",
    "looking for an account to link, and may create none",
    None,
    "Create Users is off"
)]
#[case::empty_user(
    "Automatic provisioning of user ada@example.com to app Acme failed: Error while creating user Ada Lovelace: Create new user returned empty user.",
    "creating the account",
    None,
    "holds no user with an id"
)]
#[case::conflict(
    "Automatic provisioning of user ada@example.com to app Acme failed: Error while creating user Ada Lovelace: Conflict. Errors reported by remote server: User already exists in the database.",
    "creating the account",
    Some(409),
    "look-up does not find"
)]
#[case::password(
    "Automatic provisioning of user ada@example.com to app Acme failed: Error while creating user Ada Lovelace: Bad Request. Errors reported by remote server: Password must contain symbol",
    "creating the account",
    Some(400),
    "placeholder password"
)]
#[case::wrong_type(
    "Automatic provisioning of user ada@example.com to app Acme failed: Error while trying to import user profile for ada@example.com: Error setting property, appUser=com.saasure.AppUser property=roles error=[roles: Invalid value data type]",
    "reading the answer to the creation into the app profile",
    None,
    "another type"
)]
#[case::guide(
    "Automatic profile push of user John Doe to app Code42 failed: Error while trying to push profile update for Server Error.",
    "pushing the profile",
    Some(500),
    "defined wrongly in Okta's Profile Editor"
)]
#[case::profile_push(
    "Automatic profile push of user John Doe to app Acme failed: Error while trying to push profile update for john.doe@example.com. Internal Server Error. Errors reported by remote server:",
    "pushing the profile",
    Some(500),
    "defined wrongly in Okta's Profile Editor"
)]
#[case::unparsable(
    "Automatic profile push of user John Doe to app AWS IAM Identity Center failed: Error while trying to push profile update for john.doe@example.com: Bad Request. Errors reported by remote server: Request is unparsable, syntactically incorrect, or violates schema.",
    "pushing the profile",
    Some(400),
    "breaks a rule"
)]
#[case::deprovisioning(
    "Automatic deprovisioning of user ada@example.com from app Acme failed: Error while deprovisioning user ada@example.com: Bad Request. Errors reported by remote server: Request is unparsable, syntactically incorrect, or violates schema.",
    "deactivating the account",
    Some(400),
    "PATCH without a path"
)]
#[case::gateway(
    "Unable to update Group Push mapping target App group Engineers: Error while creating user group Engineers: Bad Gateway. Errors reported by remote server: Invalid JSON: Unrecognized token 'error': was expecting ('true', 'false' or 'null') at [Source: java.io.StringReader@1; line: 1, column: 6]",
    "creating a pushed group",
    Some(502),
    "plain text"
)]
#[case::group_exists(
    "Unable to update Group Push mapping target App group Engineers: Error while creating user group Engineers: Conflict. Errors reported by remote server: Resource [GROUP]: with displayName already exists",
    "creating a pushed group",
    Some(409),
    "exists and is not linked"
)]
#[case::group_exists_alone(
    "Resource [GROUP]: with displayName already exists",
    "creating a pushed group",
    None,
    "exists and is not linked"
)]
#[case::group_gone(
    "Unable to update Group Push mapping target App group Engineers: Error while updating user group Engineers: Not Found. Errors reported by remote server: No such group",
    "changing a pushed group or its members",
    Some(404),
    "deleted or renamed"
)]
#[case::silent(
    "Sync user in external application FAILURE reason: null",
    "looking whether the account exists",
    None,
    "counters"
)]
#[case::too_many(
    "Automatic provisioning of user a@b.c to app Acme failed: Error while creating user A B: Too Many Requests. Errors reported by remote server: slow down",
    "creating the account",
    Some(429),
    "429"
)]
#[case::not_patched(
    "Automatic deprovisioning of user a@b.c from app Acme failed: Error while deprovisioning user a@b.c: Method Not Allowed. Errors reported by remote server: Invalid JSON: No content to map due to end-of-input at line: 1, column: 0",
    "deactivating the account",
    Some(405),
    "without a body"
)]
#[case::timed_out(
    "Automatic provisioning of user a@b.c to app Acme failed: Error while creating user A B: Read timed out",
    "creating the account",
    None,
    "longer than Okta waits"
)]
#[case::quoted_over_two_lines(
    "\"Automatic profile push of user John Doe to app Acme failed:\n  Error while trying to push profile update for j@d.e: Conflict. Errors reported by remote server: taken\"",
    "pushing the profile",
    Some(409),
    "taken"
)]
fn a_message_is_taken_apart_and_its_cause_named(
    #[case] text: &str,
    #[case] doing: &str,
    #[case] status: Option<u16>,
    #[case] cause: &str,
) {
    let message = Message::parse(text).unwrap();
    assert_eq!(message.activity.unwrap().phrase(), doing);
    assert_eq!(message.status, status);
    let causes = candidates(&message);
    let titles: Vec<&str> = causes.iter().map(|cause| cause.title).collect();
    assert!(titles[0].contains(cause), "{titles:#?}");
}

#[test]
fn every_form_is_recognized_and_has_a_cause() {
    for form in FORMS {
        let text = form.replace("{reason}", "Bad Request").replace("{detail}", "no");
        let message = Message::parse(&text).unwrap_or_else(|| panic!("not recognized: {form}"));
        assert!(!candidates(&message).is_empty(), "no cause: {form}");
    }
}

#[test]
fn names_are_read_out_of_a_message() {
    let text = "Automatic provisioning of user ada@example.com to app Acme Inc. failed: Error while verifying if user ada@example.com exists: Unauthorized. Errors reported by remote server: no";
    let message = Message::parse(text).unwrap();
    assert_eq!(message.app.as_deref(), Some("Acme Inc."));
    assert_eq!(message.subject.as_deref(), Some("ada@example.com"));
    assert_eq!(message.said.as_deref(), Some("no"));
}

fn answered(status: u16, phrase: &str, body: &str) -> Reason {
    let body = Bytes::from(body.to_owned());
    let response = Response { status, reason: phrase.into(), headers: Vec::new(), body };
    Reason::of(&Ok(response)).expect("an answer that fails")
}

fn handed_over(activity: Activity, subject: &str, reason: Reason) -> AdminMessage {
    let (app, subject, display_name) = ("Acme".to_owned(), subject.to_owned(), subject.to_owned());
    AdminMessage { activity, app, subject, display_name, reason }
}

/// What the recogniser of captures hands over says the same as the sentence that a person pastes.
#[rstest]
fn a_message_handed_over_says_what_its_sentence_says(
    #[values(
        Activity::Job(Doing::VerifyingUser),
        Activity::Job(Doing::PushingProfile),
        Activity::Job(Doing::UpdatingGroup),
        Activity::TestingCredentials,
        Activity::Importing
    )]
    activity: Activity,
    #[values(
        answered(409, "Conflict", r#"{"detail":"taken"}"#),
        answered(401, "Unauthorized", "{}"),
        answered(500, "Internal Server Error", "<html>"),
        answered(502, "Bad Gateway", ""),
        answered(503, "Service Unavailable", "no healthy upstream"),
        answered(200, "OK", "<html>"),
        Reason::NoAnswer(TransportError::Timeout { authority: "h".into(), seconds: 60 }),
        Reason::NoAnswer(TransportError::Connect { authority: "h".into(), reason: "refused".into() }),
        Reason::NoAnswer(TransportError::Broken { authority: "h".into(), reason: "closed".into() })
    )]
    reason: Reason,
) {
    let message = handed_over(activity, "ada", reason);
    let read = Message::parse(&message.text().expect("a sentence")).expect("a message of the grammar");
    let given = Message::from(&message);
    assert_eq!(
        (given.activity, given.status, given.said, given.symptom),
        (read.activity, read.status, read.said, read.symptom)
    );
}

/// A sentence can be misread: by what things are called, and where HTTP/2 has no reason phrase.
#[rstest]
#[case::a_name_like_a_reason(
    "Timed out",
    answered(409, "Conflict", r#"{"detail":"taken"}"#),
    Some(409),
    Symptom::Refused
)]
#[case::no_reason_phrase("Crew", answered(503, "", r#"{"detail":"later"}"#), Some(503), Symptom::Refused)]
fn what_is_handed_over_is_not_guessed_from_words(
    #[case] group: &str,
    #[case] reason: Reason,
    #[case] status: Option<u16>,
    #[case] symptom: Symptom,
) {
    let message = handed_over(Activity::Job(Doing::UpdatingGroup), group, reason);
    let given = Message::from(&message);
    assert_eq!((given.status, given.symptom), (status, symptom));
}

#[rstest]
#[case("")]
#[case("It does not work")]
#[case("502 Bad Gateway")]
#[case("The user could not be found in the directory")]
fn other_text_is_not_taken_for_a_message(#[case] text: &str) {
    assert_eq!(Message::parse(text), None);
}

/// Each command is run as it is printed, and shows what it is said to show.
#[test]
fn every_command_that_reproduces_a_cause_does() {
    for cause in CAUSES {
        let command = cause.reproduce;
        let words: Vec<&str> = command.split(' ').collect();
        let ended = scimulate(&words);
        let both = format!("{}{}", ended.out, ended.err);
        assert!(both.contains(cause.shows), "{}\n$ scimulate {command}\n{both}", cause.title);
        let expected = if cause.shows.starts_with("ok ") { 0 } else { 4 };
        let expected = if command.contains("--target") { 3 } else { expected };
        assert_eq!(ended.code, expected, "{}\n$ scimulate {command}\n{both}", cause.title);
    }
}

/// The command that tests an endpoint for a cause notices it on a service that has it.
#[test]
fn every_command_that_tests_for_a_cause_finds_it() {
    // A check waits as long as 429 asks it to, and begins with nothing that does not answer.
    let apart = ["too-many-requests", "no-answer-in-time"];
    let mut found = 0;
    for cause in CAUSES {
        let fault = cause.reproduce.split("--fault ").nth(1);
        let Some(fault) = fault.filter(|fault| !apart.contains(fault)) else { continue };
        let command = cause.testing(None).replace("--target URL", &format!("--fault {fault}"));
        let words: Vec<&str> = command.split(' ').skip(1).collect();
        let ended = scimulate(&words);
        // What a SHOULD alone asks for is a warning, which fails no check.
        let noticed = ended.code == 4 || ended.code == 0 && ended.out.contains(" warn ");
        assert!(noticed, "{}\n$ {command}\n{}", cause.title, ended.text());
        found += 1;
    }
    assert!(found > 25, "{found}");
}

#[test]
fn a_message_on_the_command_line_leads_to_commands_that_can_be_run() {
    let arguments = [
        "explain",
        "Automatic profile push of user John Doe to app Code42 failed: Error while trying to push profile update for Server Error.",
        "--target",
        "https://scim.example.com",
    ];
    let ended = scimulate(&arguments);
    assert_eq!(ended.code, 0, "{}", ended.err);
    reads("explain-message", &transcript(&arguments, &ended));
}

#[test]
fn an_unknown_message_is_said_to_be_unknown_and_the_nearest_is_shown() {
    let arguments = ["explain", "Automatic push of the profile for user John to the app went wrong"];
    let ended = scimulate(&arguments);
    assert_eq!(ended.code, 2);
    reads("explain-unknown-message", &transcript(&arguments, &ended));
    assert_eq!(scimulate(&["explain", "no-such-file.har"]).code, 3);
}

#[test]
fn nothing_in_a_message_reaches_the_terminal_as_a_command() {
    let ended = scimulate(&[
        "explain",
        "Error authenticating: Unauthorized. Errors reported by remote server: \u{1b}[2J\u{1b}]0;owned\u{7} gone",
    ]);
    assert_eq!(ended.code, 0);
    assert!(!ended.out.contains('\u{1b}') && !ended.out.contains('\u{7}'), "{:?}", ended.out);
}

fn entry(method: &str, path: &str, body: Option<Value>, status: u16, answer: Value) -> Value {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let mut request = json!({
        "method": method,
        "url": format!("https://scim.example.com/v2{path}"),
        "headers": [
            { "name": "User-Agent", "value": "Okta SCIM Client 1.0.0" },
            { "name": "Authorization", "value": "Bearer abc" },
            { "name": "Accept", "value": "application/scim+json" },
        ],
    });
    if let Some(body) = body {
        request["postData"] = json!({ "mimeType": "application/scim+json", "text": text(&body) });
    }
    let mut headers = vec![json!({ "name": "Content-Type", "value": "application/scim+json" })];
    if let Some(location) = answer.pointer("/meta/location").filter(|_| status == 201) {
        headers.push(json!({ "name": "Location", "value": location }));
    }
    let answer = if answer.is_null() { String::new() } else { text(&answer) };
    json!({
        "startedDateTime": "2026-01-02T03:04:05.678Z",
        "time": 12.5,
        "request": request,
        "response": {
            "status": status,
            "statusText": "",
            "headers": headers,
            "content": { "size": answer.len(), "mimeType": "application/scim+json", "text": answer },
        },
    })
}

fn har(entries: &[Value]) -> String {
    json!({ "log": { "version": "1.2", "creator": { "name": "t", "version": "1" }, "entries": entries } })
        .to_string()
}

fn list(resources: &[Value]) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
        "totalResults": resources.len(), "startIndex": 1, "itemsPerPage": resources.len(), "Resources": resources,
    })
}

fn error(status: u16, detail: &str) -> Value {
    json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status": status.to_string(), "detail": detail })
}

fn user(id: &str, name: &str, active: bool) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "id": id, "userName": name, "name": { "givenName": "Ada", "familyName": "Lovelace" },
        "emails": [{ "value": name, "type": "work", "primary": true }], "active": active,
        "meta": { "resourceType": "User", "location": format!("https://scim.example.com/v2/Users/{id}") },
    })
}

const LOOK_UP: &str = "/Users?filter=userName%20eq%20%22ada%40example.com%22&startIndex=1&count=100";

/// Ada is created and deactivated; when she comes back the look-up does not find her.
fn conflict() -> Vec<Value> {
    let created = user("1", "ada@example.com", true);
    let mut sent = created.clone();
    sent.as_object_mut().unwrap().retain(|name, _| name != "id" && name != "meta");
    sent["password"] = json!("Hidden-1!");
    sent["externalId"] = json!("00u1");
    sent["title"] = json!("Countess");
    let patch = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [{ "op": "replace", "value": { "active": false } }] });
    vec![
        entry("GET", "/Users?startIndex=1&count=2", None, 200, list(&[])),
        entry("GET", LOOK_UP, None, 200, list(&[])),
        entry("POST", "/Users", Some(sent.clone()), 201, created),
        entry("PATCH", "/Users/1", Some(patch), 200, user("1", "ada@example.com", false)),
        entry("GET", LOOK_UP, None, 200, list(&[])),
        entry("POST", "/Users", Some(sent), 409, error(409, "userName is taken")),
    ]
}

fn written(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path.to_string_lossy().into_owned()
}

#[test]
fn the_story_of_a_capture_begins_with_the_root_cause() {
    let folder = tempfile::tempdir().unwrap();
    let path = written(folder.path(), "conflict.har", &har(&conflict()));
    let ended = scimulate(&["explain", &path, "--app", "Acme"]);
    assert_eq!(ended.code, 4, "{}{}", ended.out, ended.err);
    reads("explain-capture", &ended.out);
    let out = &ended.out;
    assert!(!out.contains("Hidden-1!") && !out.contains("Bearer abc"), "{out}");
}

fn group(members: &[&str]) -> Value {
    let members: Vec<Value> = members.iter().map(|id| json!({ "value": id })).collect();
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "id": "g1", "displayName": "Engineering",
        "members": members,
        "meta": { "resourceType": "Group", "location": "https://scim.example.com/v2/Groups/g1" },
    })
}

fn operations(operation: Value) -> Option<Value> {
    Some(json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [operation] }))
}

/// What a service acknowledges and does not do (RFC 7644 §3.5.1, §3.5.2), and two accounts of one userName
/// (RFC 7643 §4.1.1).
#[rstest]
#[case::member_not_added(
    vec![
        entry("GET", "/Groups/g1", None, 200, group(&["1"])),
        entry(
            "PATCH", "/Groups/g1", operations(json!({ "op": "add", "path": "members", "value": [{ "value": "7" }] })),
            200, group(&["1"]),
        ),
    ],
    "write.applied",
    2
)]
#[case::name_not_changed(
    {
        let mut asked = user("1", "ada@example.com", true);
        asked["name"]["givenName"] = json!("Augusta");
        vec![
            entry("GET", "/Users/1", None, 200, user("1", "ada@example.com", true)),
            entry("PUT", "/Users/1", Some(asked), 200, user("1", "ada@example.com", true)),
        ]
    },
    "write.applied",
    2
)]
#[case::two_of_one_name(
    {
        let sent = || {
            let mut sent = user("", "ada@example.com", true);
            sent.as_object_mut().unwrap().retain(|name, _| name != "id" && name != "meta");
            Some(sent)
        };
        vec![
            entry("POST", "/Users", sent(), 201, user("1", "ada@example.com", true)),
            entry("POST", "/Users", sent(), 201, user("2", "ada@example.com", true)),
        ]
    },
    "create.unique-user-name",
    2
)]
fn what_was_acknowledged_and_lost_is_the_root_cause(
    #[case] entries: Vec<Value>,
    #[case] requirement: &str,
    #[case] number: usize,
) {
    let folder = tempfile::tempdir().unwrap();
    let (ended, explained) = reported(&written(folder.path(), "lost.har", &har(&entries)));
    assert_eq!(ended.code, 4, "{}", ended.out);
    assert_eq!(explained["rootCause"]["requirement"], requirement, "{explained:#}");
    assert_eq!(explained["rootCause"]["exchange"], number, "{explained:#}");
}

/// A service may ignore what it does not know and may write a value in its own way (RFC 7644 §3.3).
#[test]
fn what_a_service_leaves_aside_or_writes_its_own_way_is_not_lost() {
    let mut asked = user("1", "ada@example.com", true);
    asked["favouriteColour"] = json!("blue");
    asked["name"]["givenName"] = json!("  augusta ");
    let mut answered = user("1", "ada@example.com", true);
    answered["name"]["givenName"] = json!("Augusta");
    let entries = vec![
        entry("GET", "/Users/1", None, 200, user("1", "ada@example.com", true)),
        entry("PUT", "/Users/1", Some(asked), 200, answered.clone()),
        entry("GET", "/Users/1", None, 200, answered),
    ];
    let folder = tempfile::tempdir().unwrap();
    let (ended, explained) = reported(&written(folder.path(), "kept.har", &har(&entries)));
    assert_eq!(ended.code, 0, "{explained:#}");
}

#[test]
fn a_capture_in_which_all_is_well_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = written(folder.path(), "well.har", &har(&conflict()[..2]));
    let ended = scimulate(&["explain", &path]);
    assert_eq!(ended.code, 0, "{}", ended.out);
    reads("explain-capture-without-failure", &ended.out);
}

#[test]
fn a_file_that_is_cut_off_gives_what_was_read_and_the_place() {
    let folder = tempfile::tempdir().unwrap();
    let whole = har(&conflict());
    let cut = whole.len() - whole.len() / 6;
    let path = written(folder.path(), "cut.har", &whole[..cut]);
    let ended = scimulate(&["explain", &path]);
    assert!(ended.out.contains("the file is cut off at line 1, column "), "{}{}", ended.out, ended.err);
    assert!(ended.out.contains("assign ada@example.com: look-up → create\n"), "{}", ended.out);
    let path = written(folder.path(), "damaged.har", &whole.replacen("\"status\":409", "\"status\":!409", 1));
    let ended = scimulate(&["explain", &path]);
    assert!(ended.out.contains("the file is damaged at line 1, column "), "{}{}", ended.out, ended.err);
}

#[rstest]
#[case::empty("", 2, "the file is empty")]
#[case::text("hello\n", 2, "the file is no capture")]
#[case::other_json(r#"{"a":1}"#, 2, "has no URL")]
#[case::no_entries(r#"{"log":{"pages":[]}}"#, 2, "it has neither log.entries")]
#[case::cut_at_once(r#"{"log":{"entr"#, 2, "cut off")]
#[case::nothing_of_scim(
    r#"{"log":{"entries":[{"request":{"url":"https://h/favicon.ico"},"response":{"status":200}}]}}"#,
    5,
    "none of them is SCIM"
)]
#[case::no_url(r#"{"log":{"entries":[{"request":{}}]}}"#, 2, "entry 1 has no request.url")]
fn what_is_no_capture_is_refused_with_a_sentence(#[case] text: &str, #[case] code: i32, #[case] says: &str) {
    let folder = tempfile::tempdir().unwrap();
    let path = written(folder.path(), "x.har", text);
    let ended = scimulate(&["explain", &path]);
    assert_eq!(ended.code, code, "{}{}", ended.out, ended.err);
    assert!(ended.err.contains(says), "{}", ended.err);
}

/// A tool that keeps no bodies must not make the service look guilty.
#[test]
fn what_the_capture_left_out_is_not_held_against_the_service() {
    let folder = tempfile::tempdir().unwrap();
    let mut entries = conflict()[..3].to_vec();
    entries[2]["response"]["content"] = json!({ "size": 512, "mimeType": "application/scim+json" });
    let path = written(folder.path(), "left-out.har", &har(&entries));
    let ended = scimulate(&["explain", &path]);
    assert!(
        ended.out.contains("exchange 3: the body of the answer, 512 bytes, is not in the capture"),
        "{}",
        ended.out
    );
    assert!(!ended.out.contains("create.body"), "{}", ended.out);
}

#[test]
fn nothing_in_a_capture_reaches_the_terminal_as_a_command() {
    let folder = tempfile::tempdir().unwrap();
    let evil = "\u{1b}[31mred\u{1b}[0m\r\nforged line \u{202e}";
    let mut entries = conflict();
    for entry in &mut entries {
        entry["request"]["headers"][0]["value"] = json!(evil);
        entry["response"]["statusText"] = json!(evil);
    }
    entries[5]["response"]["content"]["text"] = json!(error(409, evil).to_string());
    entries.push(entry("GET", "/Users/%1b%5b2J%0d%0a", None, 404, error(404, evil)));
    entries.push(json!({ "request": { "url": evil } }));
    let path = written(folder.path(), "evil.har", &har(&entries));
    let ended = scimulate(&["explain", &path, "--app", evil]);
    let hostile = |c: char| c.is_control() && c != '\n' || c == '\u{202e}';
    assert!(!ended.out.contains(hostile) && !ended.err.contains(hostile), "{:?}", ended.out);
    assert!(!ended.out.lines().any(|line| line.starts_with("forged")), "{}", ended.out);
}

#[test]
fn a_request_log_of_json_lines_is_understood_where_its_fields_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let lines = [
        json!({ "at": "2026-01-02T03:04:05Z", "http": { "verb": "get", "to": LOOK_UP }, "code": 200, "answer": list(&[]), "head": {"content-type": "application/scim+json"} }),
        json!({ "at": "2026-01-02T03:04:06Z", "http": { "verb": "post", "to": "/Users" }, "sent": { "userName": "ada@example.com" }, "code": 500, "answer": error(500, "boom") }),
    ];
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let path = written(folder.path(), "scim.jsonl", &text);
    let mut arguments = vec!["explain", path.as_str()];
    let fields = [
        "method=/http/verb",
        "url=/http/to",
        "status=/code",
        "request-body=/sent",
        "response-body=/answer",
        "response-headers=/head",
    ];
    for field in fields {
        arguments.extend(["--field", field]);
    }
    let ended = scimulate(&arguments);
    assert_eq!(ended.code, 4, "{}{}", ended.out, ended.err);
    reads("explain-json-lines", &ended.out);
    let wrong = scimulate(&["explain", &path, "--field", "verb=/x"]);
    assert_eq!(wrong.code, 1);
    assert!(wrong.err.contains("there is no part `verb`"), "{}", wrong.err);
}

#[test]
fn an_access_log_tells_what_was_done() {
    let folder = tempfile::tempdir().unwrap();
    let line = |method: &str, path: &str, status: u16| {
        format!(
            "203.0.113.9 - okta [02/Jan/2026:03:04:05 +0000] \"{method} /scim/v2{path} HTTP/1.1\" {status} 512 \"-\" \"Okta SCIM Client 1.0.0\"\n"
        )
    };
    let text = line("GET", "/Users?startIndex=1&count=2", 200) + &line("GET", "/Users/17", 404);
    let path = written(folder.path(), "access.log", &text);
    let ended = scimulate(&["explain", &path]);
    reads("explain-access-log", &ended.text());
}

fn schema() -> String {
    format!("{}/src/explain/explanation.schema.json", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn the_published_schema_is_the_one_that_the_program_prints() {
    let printed = scimulate(&["schema", "explanation"]);
    assert_eq!(
        printed.out,
        std::fs::read_to_string(schema()).unwrap(),
        "write it again: scimulate schema explanation > src/explain/explanation.schema.json"
    );
}

/// The explanation as JSON, which fits its schema, and how the program ended.
fn reported(what: &str) -> (program::Ended, Value) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out/explained.json");
    let ended = scimulate(&["explain", what, "--target", "mine", "--report-json", path.to_str().unwrap()]);
    let text = std::fs::read_to_string(path).unwrap();
    for secret in ["Bearer abc", "Hidden-1!"] {
        assert!(!text.contains(secret), "{secret} is in {text}");
    }
    let report: Value = serde_json::from_str(&text).unwrap();
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(schema()).unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> =
        validator.iter_errors(&report).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{}\n{report:#}", errors.join("\n"));
    // The schema says enough to notice what is wrong.
    let mut wrong = report.clone();
    wrong["explained"]["kind"] = json!("a-dream");
    assert!(!validator.is_valid(&wrong));
    assert_eq!(report["formatVersion"], 1);
    (ended, report["explained"].clone())
}

#[test]
fn a_message_is_explained_as_json_with_both_commands_of_each_cause() {
    let (ended, explained) = reported(
        "Automatic provisioning of user ada@example.com to app Acme failed: Error while creating user Ada Lovelace: Conflict. Errors reported by remote server: taken",
    );
    assert_eq!(ended.code, 0);
    assert_eq!(explained["kind"], "message");
    assert_eq!(explained["app"], "Acme");
    assert_eq!(explained["status"], 409);
    assert_eq!(explained["said"], "taken");
    let causes = explained["causes"].as_array().unwrap();
    assert!(causes.len() > 1);
    for cause in causes {
        let of = |name: &str| cause[name].as_str().unwrap().to_owned();
        assert!(of("reproduce").starts_with("scimulate run "), "{cause}");
        assert!(of("test").starts_with("scimulate check --target mine --only "), "{cause}");
        // The terminal says the same.
        assert!(ended.out.contains(&of("reproduce")) && ended.out.contains(&of("test")), "{}", ended.out);
    }
}

#[test]
fn a_message_that_is_none_is_no_message_as_json_either() {
    let (ended, explained) = reported("Automatic push of the profile for user John to the app went wrong");
    assert_eq!(ended.code, 2);
    assert_eq!(explained["kind"], "unknown-message");
    assert!(explained["nearest"].as_str().unwrap().starts_with("Automatic profile push of user"));
}

#[test]
fn a_capture_is_explained_as_json_with_its_root_cause() {
    let folder = tempfile::tempdir().unwrap();
    let file = written(folder.path(), "c.har", &har(&conflict()));
    let (ended, explained) = reported(&file);
    assert_eq!(ended.code, 4);
    assert_eq!(explained["kind"], "capture");
    assert_eq!(explained["fails"], true);
    assert_eq!(explained["exchanges"], 6);
    assert_eq!(explained["baseUrl"], "https://scim.example.com/v2");
    let root = &explained["rootCause"];
    assert_eq!(root["exchange"], 6);
    assert_eq!(root["causes"][0]["reproduce"], "scimulate run okta/lifecycle --fault filter-hides-inactive");
    let last = explained["operations"].as_array().unwrap().last().unwrap();
    assert_eq!(last["exchanges"], json!([5, 6]));
    assert_eq!(last["failure"]["exchange"], 6);
    // A file that is cut off says so.
    let whole = har(&conflict());
    let cut = written(folder.path(), "cut.har", &whole[..whole.len() - 40]);
    let (_, explained) = reported(&cut);
    assert!(explained["notes"][0].as_str().unwrap().contains("cut off"), "{explained:#}");
}
