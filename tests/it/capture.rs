//! The room `capture` by its library: what different tools write is read, what is written is whole at any
//! time, and what Okta does is recognized in both dialects.

use std::io::Cursor;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine as _;
use bytes::Bytes;
use rstest::rstest;
use scimulate::capture::{
    Captured, Destination, Ending, Fields, HarWriter, Operation, Pace, Privacy, Recogniser, Replay, Source,
    Versions, from_curl, read,
};
use scimulate::exchange::{
    BoxFuture, Exchange, Masker, Request, Response, Transport, TransportError, curl_line,
};
use serde_json::{Value, json};

fn all(text: &str) -> (Source, Ending, Vec<Captured>) {
    let mut found = Vec::new();
    let (source, ending) =
        read(Cursor::new(text.as_bytes()), &Fields::new("https://log.test"), &mut |captured| {
            found.push(captured);
            true
        })
        .unwrap();
    (source, ending, found)
}

fn one(entry: &Value) -> Captured {
    let (_, ending, mut found) = all(&json!({ "log": { "entries": [entry] } }).to_string());
    assert_eq!((ending.exchanges, ending.stopped), (1, None), "{:?}", ending.unreadable);
    found.remove(0)
}

fn base64(text: &[u8]) -> String {
    base64::engine::general_purpose::STANDARD.encode(text)
}

#[test]
fn har_of_a_browser_is_read_with_its_habits() {
    let captured = one(&json!({
        "startedDateTime": "2026-01-02T03:04:05.678+01:00", "time": 12.75, "connection": "443", "pageref": "page_1",
        "request": {
            "method": "post", "url": "https://h/scim/v2/Users#part", "httpVersion": "http/2.0",
            "headers": [{ "name": ":authority", "value": "h" }, { "name": "content-type", "value": "application/scim+json" }],
            "postData": { "mimeType": "application/scim+json", "text": "{}" },
        },
        "response": {
            "status": 201, "statusText": "", "headers": [],
            "content": { "size": 8, "mimeType": "application/scim+json", "encoding": "base64", "text": base64(b"{\"id\":1}") },
        },
        "cache": {}, "timings": {},
    }));
    assert_eq!(captured.started.unwrap().to_string(), "2026-01-02T02:04:05.678Z");
    assert_eq!(captured.exchange.duration, Duration::from_micros(12_750));
    let request = &captured.exchange.request;
    assert_eq!((request.method.as_str(), request.url.as_str()), ("POST", "https://h/scim/v2/Users"));
    assert_eq!(request.headers, [("content-type".to_owned(), "application/scim+json".to_owned())]);
    let response = captured.exchange.response().unwrap();
    assert_eq!((response.reason.as_str(), &response.body[..]), ("Created", &b"{\"id\":1}"[..]));
    assert_eq!(captured.gaps, Vec::<String>::new());
}

#[test]
fn an_entry_with_next_to_nothing_in_it_is_read_too() {
    let captured = one(&json!({ "request": { "url": "https://h/Users" } }));
    assert_eq!(captured.exchange.request.method, "GET");
    assert!(matches!(captured.exchange.outcome, Err(TransportError::Broken { .. })));
    let captured = one(&json!({
        "request": { "url": "https://h/Users", "headers": { "Accept": "a", "X": ["1", "2"] }, "bodySize": 12, "postData": {} },
        "response": { "status": "404", "content": { "size": "17" } },
    }));
    assert_eq!(captured.exchange.request.header("accept"), Some("a"));
    assert_eq!(captured.exchange.response().unwrap().status, 404);
    assert_eq!(captured.gaps.len(), 2, "{:?}", captured.gaps);
}

#[rstest]
#[case::longer_than_said(json!({ "size": 2, "text": "{\"a\":1}" }), 0)]
#[case::masked_and_so_shorter(json!({ "size": 900, "text": "{\"a\":1}" }), 0)]
#[case::cut(json!({ "size": 900, "text": "{\"a\":1" }), 1)]
#[case::not_there(json!({ "size": 900 }), 1)]
#[case::not_base64(json!({ "size": 3, "text": "%%%", "encoding": "base64" }), 2)]
#[case::nothing_said(json!({ "text": "" }), 0)]
fn lies_about_lengths_are_told_where_they_matter(#[case] content: Value, #[case] gaps: usize) {
    let entry =
        json!({ "request": { "url": "https://h/Users" }, "response": { "status": 200, "content": content } });
    let captured = one(&entry);
    assert_eq!(captured.gaps.len(), gaps, "{:?}", captured.gaps);
}

#[test]
fn ngroks_list_is_read_in_the_order_of_time() {
    let entry = |minute: u32, uri: &str, body: &str| {
        json!({
            "start": format!("2026-01-02T03:{minute:02}:00+00:00"), "duration": 3_000_000,
            "request": { "method": "POST", "uri": uri, "headers": { "Host": ["h.ngrok.app"] }, "raw": base64(format!("POST {uri} HTTP/1.1\r\nHost: h\r\n\r\n{body}").as_bytes()) },
            "response": { "status": "201 Created", "status_code": 201, "headers": { "Content-Type": ["application/scim+json"] }, "raw": base64(b"HTTP/1.1 201 Created\r\n\r\n{\"id\":\"1\"}") },
        })
    };
    let text = json!({ "uri": "/api/requests/http", "requests": [entry(2, "/Users/2", "second"), entry(1, "/Users/1", "first")] });
    let (_, ending, found) = all(&text.to_string());
    assert_eq!(ending.exchanges, 2);
    assert_eq!(found[0].exchange.request.url, "https://h.ngrok.app/Users/1");
    assert_eq!(found[0].exchange.request.body.as_deref(), Some(&b"first"[..]));
    assert_eq!(found[1].exchange.response().unwrap().json().unwrap(), json!({ "id": "1" }));
}

fn request(method: &str, path: &str, body: Option<&Value>) -> Request {
    Request {
        method: method.into(),
        url: format!("https://h/v2{path}"),
        headers: vec![
            ("Accept".into(), "application/scim+json".into()),
            ("Authorization".into(), "Bearer top-secret".into()),
        ],
        body: body.map(|body| Bytes::from(body.to_string())),
    }
}

fn captured(method: &str, path: &str, body: Option<&Value>, status: u16, answer: &Value) -> Captured {
    let response = Response {
        status,
        reason: String::new(),
        headers: vec![("content-type".into(), "application/scim+json".into())],
        body: if answer.is_null() { Bytes::new() } else { Bytes::from(answer.to_string()) },
    };
    let exchange =
        Exchange { request: request(method, path, body), outcome: Ok(response), duration: Duration::ZERO };
    Captured { started: None, exchange, gaps: Vec::new(), versions: Versions::default() }
}

#[rstest]
#[case("curl https://h/v2/Users/1", "GET", "https://h/v2/Users/1", None)]
#[case(
    "$ curl -sk -o out.json -X DELETE 'https://h/v2/Users/1' -H 'Accept: a'",
    "DELETE",
    "https://h/v2/Users/1",
    None
)]
#[case(
    "curl 'https://h/v2/Users' \\\n  -H \"Content-Type: application/json\" \\\n  --data-raw $'{\"a\":\"it\\'s\"}' --compressed",
    "POST",
    "https://h/v2/Users",
    Some("{\"a\":\"it's\"}")
)]
#[case(
    "curl -XPUT -d'{\"a\": 1}' h/v2/Users/1 --max-time 5",
    "PUT",
    "https://h/v2/Users/1",
    Some("{\"a\": 1}")
)]
#[case(
    "curl --request=PATCH --url https://h/v2/Users/1 --json '{}'",
    "PATCH",
    "https://h/v2/Users/1",
    Some("{}")
)]
fn curl_commands_are_understood(
    #[case] command: &str,
    #[case] method: &str,
    #[case] url: &str,
    #[case] body: Option<&str>,
) {
    let found = from_curl(command).unwrap().exchange.request;
    assert_eq!((found.method.as_str(), found.url.as_str()), (method, url));
    assert_eq!(found.body.as_deref(), body.map(str::as_bytes));
}

#[rstest]
#[case("wget https://h", "does not begin with curl")]
#[case("curl", "has no URL")]
#[case("curl 'https://h", "ends inside of single quotes")]
#[case("curl https://h -H", "ends after -H")]
#[case("curl https://h -H 'no colon'", "without a colon")]
fn what_is_no_curl_command_is_refused_with_a_reason(#[case] command: &str, #[case] reason: &str) {
    assert!(from_curl(command).unwrap_err().contains(reason));
}

#[test]
fn the_curl_lines_of_this_program_lead_back_to_the_request() {
    let body = json!({ "userName": "it's \"Ada\" \\ é" });
    let mut sent = request("PUT", "/Users/1?x=%20y", Some(&body));
    let line = curl_line(&sent, &Masker::new());
    sent.headers[1].1 = "Bearer ***".into();
    assert_eq!(from_curl(&line).unwrap().exchange.request, sent);
    let (source, ending, found) =
        all(&format!("# two requests\n{line}\n\ncurl https://h/v2/Users \\\n -H 'Accept: a'\n"));
    assert_eq!((source, ending.exchanges), (Source::Curl, 2));
    assert_eq!(found[1].exchange.request.header("Accept"), Some("a"));
}

#[test]
fn a_capture_that_is_written_is_whole_after_every_exchange() {
    let mut file = Cursor::new(Vec::new());
    let mut writer = HarWriter::new(&mut file, "1").unwrap();
    let odd = json!({ "userName": "a\u{1b}[2J\"]}}\n{\"log\"" });
    let first = captured("POST", "/Users?a=b%20c", Some(&odd), 201, &odd);
    writer.append(&first).unwrap();
    let mut second = captured("GET", "/Users/1", None, 200, &Value::Null);
    second.exchange.outcome = Err(TransportError::Timeout { authority: "h:443".into(), seconds: 60 });
    writer.append(&second).unwrap();
    let mut third = captured("GET", "/Users/2", None, 200, &Value::Null);
    if let Ok(response) = &mut third.exchange.outcome {
        response.body = Bytes::from_static(b"\xff\xfe\x00");
    }
    writer.append(&third).unwrap();
    let text = String::from_utf8(file.into_inner()).unwrap();
    let whole: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(whole["log"]["version"], "1.2");
    for field in ["startedDateTime", "time", "request", "response", "cache", "timings"] {
        assert!(!whole["log"]["entries"][0][field].is_null(), "HAR 1.2 requires {field}");
    }
    let (_, ending, found) = all(&text);
    assert_eq!(ending, Ending { exchanges: 3, ..Ending::default() });
    assert_eq!(found[0].exchange.request, first.exchange.request);
    assert_eq!(found[0].exchange.response().unwrap().json(), Some(odd));
    assert!(
        found[1]
            .exchange
            .outcome
            .as_ref()
            .unwrap_err()
            .to_string()
            .contains("no answer from h:443 within 60 s")
    );
    assert_eq!(&found[2].exchange.response().unwrap().body[..], b"\xff\xfe\x00");
    // A crash within the write of the last entry.
    for cut in [text.len() - 3, text.len() - 100, text.find("Users/2").unwrap()] {
        let (_, ending, found) = all(&text[..cut]);
        assert!(ending.stopped.as_ref().unwrap().contains("cut off at line "), "{ending:?}");
        assert!(found.len() >= 2, "{}", found.len());
    }
}

#[test]
fn credentials_and_passwords_are_blotted_out_wherever_they_stand() {
    let mut privacy = Privacy::new(false);
    let patch = json!({ "Operations": [{ "op": "replace", "path": "password", "value": "pw1" }, { "op": "replace", "value": { "password": "s3cret-pw" } }] });
    let answer =
        json!({ "password": "s3cret-pw", "detail": "top-secret and s3cret-pw are wrong", "title": "pw1" });
    let mut dirty = captured("PATCH", "/Users/1?token=top-secret", Some(&patch), 400, &answer);
    if let Ok(response) = &mut dirty.exchange.outcome {
        response.headers.push(("set-cookie".into(), "session=abc123".into()));
    }
    let clean = privacy.clean(&dirty);
    let shown = format!("{clean:?}");
    for secret in ["top-secret", "s3cret-pw", "abc123"] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
    let body = clean.exchange.request.json().unwrap();
    assert_eq!(body["Operations"][0]["value"], "***", "however short");
    assert_eq!(
        clean.exchange.response().unwrap().json().unwrap()["title"],
        "pw1",
        "a short word is not a secret elsewhere"
    );
    let form = captured("POST", "/token", None, 200, &json!({ "access_token": "abcd-token" }));
    assert!(!format!("{:?}", privacy.clean(&form)).contains("abcd-token"));
}

#[test]
fn pseudonyms_are_one_for_each_person_and_keep_what_matters() {
    let mut privacy = Privacy::new(true);
    let look_up = |name: &str| {
        captured(
            "GET",
            &format!("/Users?filter=userName%20eq%20%22{name}%22&count=100"),
            None,
            404,
            &json!({ "detail": format!("no {name} here") }),
        )
    };
    let first = privacy.clean(&look_up("ada%40example.com"));
    let user = json!({
        "id": "ada-1", "userName": "ada@example.com", "name": { "givenName": "Ada", "familyName": "Lovelace" },
        "displayName": "Ada Lovelace", "emails": [{ "value": "ada@example.com", "type": "work", "primary": true }],
        "phoneNumbers": [{ "value": "+44 20 7946" }], "active": true, "title": "Countess of Lovelace",
    });
    let created = privacy.clean(&captured("POST", "/Users", Some(&user), 201, &user));
    let again = privacy.clean(&look_up("ADA%40EXAMPLE.COM"));
    let group = json!({ "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "Engineers", "members": [{ "value": "ada-1", "display": "ada@example.com" }] });
    let group = privacy
        .clean(&captured("POST", "/Groups", Some(&group), 201, &group))
        .exchange
        .request
        .json()
        .unwrap();
    let shown = created.exchange.request.json().unwrap();
    assert_eq!(shown["userName"], shown["emails"][0]["value"]);
    assert_eq!(shown["userName"], "person-1@example.test");
    assert_eq!((shown["id"].as_str(), shown["active"].as_bool()), (Some("ada-1"), Some(true)));
    assert!(!shown.to_string().contains("Lovelace") && !shown.to_string().contains("7946"), "{shown}");
    assert!(
        first.exchange.request.url.contains("%22person-1%40example.test%22"),
        "{}",
        first.exchange.request.url
    );
    assert!(
        again.exchange.request.url.contains("%22PERSON-1%40EXAMPLE.TEST%22"),
        "{}",
        again.exchange.request.url
    );
    assert_eq!(group["displayName"], "Engineers");
    assert_eq!(group["members"][0]["display"], "person-1@example.test");
}

fn user(active: bool) -> Value {
    json!({ "id": "17", "userName": "ada@example.com", "name": { "givenName": "Ada" }, "active": active })
}

fn found(resources: &[Value]) -> Value {
    json!({ "totalResults": resources.len(), "startIndex": 1, "itemsPerPage": resources.len(), "Resources": resources })
}

fn active(value: bool) -> Value {
    json!({ "Operations": [{ "op": "replace", "value": { "active": value } }] })
}

const LOOK_UP: &str = "/Users?filter=userName%20eq%20%22ada%40example.com%22&startIndex=1&count=100";
const GROUP_LOOK_UP: &str = "/Groups?filter=displayName%20eq%20%22Crew%22&startIndex=1&count=100";

fn titles(conversation: &[Captured]) -> (Vec<String>, Option<&'static str>) {
    let mut recogniser = Recogniser::new("https://h/v2", "Acme");
    let mut operations: Vec<Operation> = Vec::new();
    for (index, captured) in conversation.iter().enumerate() {
        operations.extend(recogniser.observe(index + 1, captured));
    }
    operations.extend(recogniser.finish());
    operations.sort_by_key(|operation| operation.parts[0].number);
    (operations.iter().map(Operation::title).collect(), recogniser.traits().dialect())
}

/// The scripts of okta-client §11 for an app of the App Integration Wizard.
#[test]
fn what_a_wizard_app_does_is_recognized() {
    let mut renamed = user(true);
    renamed["name"]["givenName"] = json!("Augusta");
    let mut password = user(true);
    password["password"] = json!("Xy-1");
    let crew = json!({ "id": "g", "displayName": "Crew", "members": [{ "value": "17", "display": "ada@example.com" }] });
    let (titles, dialect) = titles(&[
        captured("GET", LOOK_UP, None, 200, &found(&[user(false)])),
        captured("GET", "/Users/17", None, 200, &user(false)),
        captured("PUT", "/Users/17", Some(&user(true)), 200, &user(true)),
        captured("GET", "/Users/17", None, 200, &user(true)),
        captured("PUT", "/Users/17", Some(&renamed), 200, &renamed),
        captured("GET", "/Users/17", None, 200, &user(true)),
        captured("PUT", "/Users/17", Some(&renamed), 200, &renamed),
        captured("GET", "/Users/17", None, 200, &user(true)),
        captured("PUT", "/Users/17", Some(&password), 200, &user(true)),
        captured("GET", GROUP_LOOK_UP, None, 200, &found(&[])),
        captured("POST", "/Groups", Some(&crew), 201, &crew),
        captured("GET", "/Groups/g", None, 200, &crew),
        captured("PUT", "/Groups/g", Some(&crew), 200, &crew),
        captured("GET", "/Users/17", None, 200, &user(true)),
        captured("PUT", "/Users/17", Some(&user(false)), 200, &user(false)),
        captured("DELETE", "/Groups/g", None, 204, &Value::Null),
    ]);
    assert_eq!(
        titles,
        [
            "assign ada@example.com: look-up finds it, inactive → read → PUT active=true → read → PUT profile",
            "push the profile of ada@example.com: read → PUT profile",
            "push the password of ada@example.com: read → PUT password",
            "push group Crew: look-up → create → read → PUT the whole group",
            "deactivate ada@example.com: read → PUT active=false",
            "delete group Crew: DELETE",
        ]
    );
    assert_eq!(dialect, Some("aiw"));
}

/// The same for an app of the catalogue, with two people's jobs at once.
#[test]
fn what_a_catalogue_app_does_is_recognized() {
    let grace = json!({ "id": "18", "userName": "grace@example.com", "active": true });
    let other = "/Users?filter=userName%20eq%20%22grace%40example.com%22&startIndex=1&count=100";
    let crew = json!({ "id": "g", "displayName": "Crew", "members": [] });
    let members =
        |op: &str| json!({ "Operations": [{ "op": op, "path": "members", "value": [{ "value": "17" }] }] });
    let rename = |name: &str| json!({ "Operations": [{ "op": "replace", "value": { "id": "g", "displayName": name } }] });
    let page: Vec<Value> =
        (0..100).map(|n| json!({ "id": format!("u{n}"), "userName": format!("u{n}") })).collect();
    let mut first = found(&page);
    first["totalResults"] = json!(101);
    let (titles, dialect) = titles(&[
        captured("GET", "/Users?startIndex=1&count=2", None, 200, &found(&[])),
        captured("GET", "/Groups?startIndex=1&count=100", None, 200, &found(&[])),
        captured("GET", LOOK_UP, None, 200, &found(&[])),
        captured("GET", other, None, 404, &json!({ "detail": "none" })),
        captured("POST", "/Users", Some(&user(true)), 201, &user(true)),
        captured("POST", "/Users", Some(&grace), 201, &grace),
        captured("GET", GROUP_LOOK_UP, None, 200, &found(&[])),
        captured("POST", "/Groups", Some(&crew), 201, &crew),
        captured("PATCH", "/Groups/g", Some(&members("add")), 204, &Value::Null),
        captured("PATCH", "/Groups/g", Some(&rename("Crew")), 204, &Value::Null),
        captured("PATCH", "/Groups/g", Some(&members("add")), 204, &Value::Null),
        captured("PATCH", "/Groups/g", Some(&members("replace")), 204, &Value::Null),
        captured("PATCH", "/Groups/g", Some(&rename("Team")), 204, &Value::Null),
        captured("PATCH", "/Users/17", Some(&active(false)), 204, &Value::Null),
        captured("GET", LOOK_UP, None, 200, &found(&[user(false)])),
        captured("PATCH", "/Users/17", Some(&active(true)), 200, &user(true)),
        captured("GET", "/Users/17", None, 200, &user(true)),
        captured("PUT", "/Users/17", Some(&user(true)), 200, &user(true)),
        captured("GET", "/Users?startIndex=1&count=100", None, 200, &first),
        captured("GET", "/Users?startIndex=101&count=100", None, 200, &found(&[user(true)])),
    ]);
    assert_eq!(
        titles,
        [
            "test credentials: first two users",
            "save the integration: first page of groups",
            "assign ada@example.com: look-up → create",
            "assign grace@example.com: look-up → create",
            "push group Crew: look-up → create → PATCH the same members",
            "change members of group Crew: PATCH the same name → PATCH members",
            "push now group Crew: PATCH all members",
            "rename group Crew: PATCH the name",
            "deactivate ada@example.com: PATCH active=false",
            "assign ada@example.com: look-up finds it, inactive → PATCH active=true → read → PUT profile",
            "import: users from 1 → users from 101",
        ]
    );
    assert_eq!(dialect, Some("oin"));
}

/// Okta's reading of answers (okta-client §3.3, §3.4, §6).
#[rstest]
#[case::text_counters(vec![captured("GET", LOOK_UP, None, 200, &json!({ "totalResults": "0", "startIndex": "1", "itemsPerPage": "0" }))], "")]
#[case::refused(vec![captured("GET", LOOK_UP, None, 500, &json!({ "detail": "boom" }))], "Automatic provisioning of user ada@example.com to app Acme failed: Error while verifying if user ada@example.com exists: . Errors reported by remote server: boom")]
#[case::empty(vec![captured("GET", LOOK_UP, None, 200, &found(&[])), captured("POST", "/Users", Some(&user(true)), 201, &Value::Null)], "Automatic provisioning of user ada@example.com to app Acme failed: Error while creating user Ada: Create new user returned empty user.")]
#[case::a_page(vec![captured("GET", "/Users?startIndex=1&count=2", None, 200, &json!("<html>"))], "none")]
fn what_stops_okta_is_told_in_its_words(#[case] conversation: Vec<Captured>, #[case] message: &str) {
    let mut recogniser = Recogniser::new("https://h/v2", "Acme");
    let mut operations = Vec::new();
    for (index, captured) in conversation.iter().enumerate() {
        operations.extend(recogniser.observe(index + 1, captured));
    }
    operations.extend(recogniser.finish());
    let stop = operations.last().unwrap().stop.as_ref();
    assert_eq!(stop.map_or("none".to_owned(), |stop| stop.message.text().unwrap_or_default()), message);
}

/// Answers after a time on a clock of its own, and keeps when it was asked.
struct Slow {
    clock: Arc<Mutex<Duration>>,
    takes: Duration,
    asked: Arc<Mutex<Vec<Duration>>>,
}

impl Transport for Slow {
    fn send<'a>(&'a self, _: &'a Request) -> BoxFuture<'a, Result<Response, TransportError>> {
        let mut clock = self.clock.lock().unwrap();
        self.asked.lock().unwrap().push(*clock);
        *clock += self.takes;
        let answer = Response { status: 204, reason: String::new(), headers: Vec::new(), body: Bytes::new() };
        Box::pin(async { Ok(answer) })
    }
}

/// Milliseconds at which the requests of a capture begin, and those at which they are sent again to a service
/// that takes so many for each.
#[rstest]
#[case::as_then(&[0, 40, 1_000, 61_000], 0, &[0, 40, 1_000, 61_000])]
#[case::waiting_for_an_answer_comes_off_the_pause(&[0, 40, 1_000], 300, &[0, 300, 1_000])]
#[case::who_is_behind_does_not_wait(&[0, 10, 20, 2_000], 500, &[0, 500, 1_000, 2_000])]
#[case::not_in_order(&[1_000, 500, 1_500], 0, &[0, 0, 500])]
fn the_pauses_of_a_capture_are_kept(#[case] then: &[i64], #[case] takes: u64, #[case] now: &[u64]) {
    for paced in [true, false] {
        // It was in use before the first request.
        let clock = Arc::new(Mutex::new(Duration::from_secs(7)));
        let asked = Arc::new(Mutex::new(Vec::new()));
        let takes = Duration::from_millis(takes);
        let transport = Slow { clock: Arc::clone(&clock), takes, asked: Arc::clone(&asked) };
        let destination = Destination {
            base_url: "https://now/v2".into(),
            authorization: None,
            headers: Vec::new(),
            transport: Arc::new(transport),
        };
        let (reads, moves) = (Arc::clone(&clock), Arc::clone(&clock));
        let pace = paced.then(|| Pace {
            elapsed: Arc::new(move || *reads.lock().unwrap()),
            wait: Arc::new(move |pause| {
                *moves.lock().unwrap() += pause;
                Box::pin(std::future::ready(()))
            }),
        });
        let mut replay = Replay::new("https://h/v2", destination, pace);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        for (index, milliseconds) in then.iter().enumerate() {
            let mut one = captured("DELETE", "/Users/1", None, 204, &Value::Null);
            one.started = Some(jiff::Timestamp::from_millisecond(1_767_225_600_000 + milliseconds).unwrap());
            assert!(runtime.block_on(replay.send(index + 1, &one)).is_some());
        }
        let since: Vec<u128> =
            asked.lock().unwrap().iter().map(|at| (*at - Duration::from_secs(7)).as_millis()).collect();
        let at_once: Vec<u128> = (0..then.len()).map(|index| index as u128 * takes.as_millis()).collect();
        let kept: Vec<u128> = now.iter().map(|at| u128::from(*at)).collect();
        assert_eq!(since, if paced { kept } else { at_once });
    }
}
