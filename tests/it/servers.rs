//! The program's own servers (`serve`, `org`, `record`) against clients that are slow, wrong or many: raw bytes on real
//! sockets, and a load whose result is known.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::process::{Child, Stdio};
use std::time::Duration;

use base64::Engine as _;
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::program::program;

/// One of the servers while it runs.
struct Server {
    child: Child,
    /// What it printed until it was ready, and after that.
    shown: Vec<String>,
    address: String,
    _folder: tempfile::TempDir,
    /// What it stands before.
    _behind: Option<Box<Server>>,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    fn start(command: &str, more: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let behind = (command == "record").then(|| Box::new(Self::start("serve", &[])));
        let upstream = behind.as_ref().map(|behind| format!("http://{}", behind.address));
        let arguments = match (command, &upstream) {
            ("serve", _) => vec!["serve", "--port", "0", "--console-password", "console", "--preset", "rfc"],
            ("org", _) => vec!["org", "--listen", "127.0.0.1:0", "--token", "00token"],
            (_, Some(upstream)) => vec!["record", "--listen", "127.0.0.1:0", "--upstream", upstream.as_str()],
            _ => panic!("{command} is no server"),
        };
        let mut child = program()
            .args(arguments)
            .arg("--quiet")
            .args(more)
            .current_dir(folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let shown: Vec<String> = lines.by_ref().take_while(|line| !line.starts_with("Press")).collect();
        std::thread::spawn(move || lines.for_each(drop));
        let url = shown.iter().find_map(|line| line.split_once(" URL: ")).unwrap().1;
        let address = url.split('/').nth(2).unwrap().to_owned();
        Self { child, shown, address, _folder: folder, _behind: behind }
    }

    fn value(&self, name: &str) -> &str {
        let found = self.shown.iter().find_map(|line| line.trim().strip_prefix(name)?.strip_prefix(": "));
        found.unwrap()
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.address).unwrap();
        // Only a test that fails takes so long.
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        stream
    }

    /// Sends these bytes and nothing more; everything that comes back until the server closes.
    fn raw(&self, bytes: &[u8]) -> String {
        let mut stream = self.connect();
        // A server may refuse before it has read everything.
        let _ = stream.write_all(bytes);
        let _ = stream.shutdown(Shutdown::Write);
        rest(stream)
    }

    /// Status and body of an ordinary request.
    fn send(&self, method: &str, path: &str, fields: &str, body: &str) -> (u16, String) {
        let length = body.len();
        let text = self.raw(
            format!("{method} {path} HTTP/1.1\r\nHost: {}\r\n{fields}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}", self.address)
                .as_bytes(),
        );
        (status(&text).unwrap(), text.split_once("\r\n\r\n").unwrap().1.to_owned())
    }

    fn is_well(&self) {
        let (status, _) = self.send("GET", "/scim/v2/ServiceProviderConfig", "", "");
        assert_eq!(status, 200);
    }

    /// Ends it; what it complained about.
    fn stderr(mut self) -> String {
        let _ = self.child.kill();
        let mut text = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut text).unwrap();
        text
    }

    /// `Authorization` of the provider.
    fn authorization(&self) -> String {
        let pair = format!("{}:{}", self.value("username"), self.value("password"));
        format!("Authorization: Basic {}\r\n", base64::engine::general_purpose::STANDARD.encode(pair))
    }
}

/// Everything until the server closes; a reset is a close, too.
fn rest(mut stream: TcpStream) -> String {
    let (mut answer, mut piece) = (Vec::new(), [0; 4096]);
    loop {
        match stream.read(&mut piece) {
            Ok(0) => break,
            Ok(length) => answer.extend_from_slice(&piece[..length]),
            Err(error) => {
                assert_ne!(error.kind(), std::io::ErrorKind::WouldBlock, "the server never closed");
                break;
            }
        }
    }
    String::from_utf8_lossy(&answer).into_owned()
}

/// The status of the first answer, if there is one.
fn status(text: &str) -> Option<u16> {
    text.strip_prefix("HTTP/1.")?.split(' ').nth(1)?.parse().ok()
}

fn request(fields: &str, body: &str) -> Vec<u8> {
    format!("POST /scim/v2/Users HTTP/1.1\r\nHost: h\r\n{fields}\r\n{body}").into_bytes()
}

/// What no server may take for a request.
fn malformed() -> Vec<(&'static str, Vec<u8>)> {
    let head = |text: &str| text.as_bytes().to_vec();
    let field = |line: &str| format!("GET /scim/v2/Users HTTP/1.1\r\nHost: h\r\n{line}\r\n\r\n").into_bytes();
    vec![
        ("no Host", head("GET /scim/v2/Users HTTP/1.1\r\n\r\n")),
        ("two Hosts", field("Host: other")),
        ("the same Host twice", field("Host: h")),
        ("a Host that is none", head("GET / HTTP/1.1\r\nHost: a b\r\n\r\n")),
        ("a Host with a path", head("GET / HTTP/1.1\r\nHost: h/p\r\n\r\n")),
        ("a chunk size of letters", request("Transfer-Encoding: chunked\r\n", "zz\r\nabc\r\n0\r\n\r\n")),
        ("a negative chunk size", request("Transfer-Encoding: chunked\r\n", "-1\r\nabc\r\n0\r\n\r\n")),
        ("an enormous chunk size", request("Transfer-Encoding: chunked\r\n", "fffffffffffffffff\r\nabc\r\n")),
        ("an empty chunk size", request("Transfer-Encoding: chunked\r\n", "\r\nabc\r\n0\r\n\r\n")),
        ("a chunk longer than it says", request("Transfer-Encoding: chunked\r\n", "1\r\nabc\r\n0\r\n\r\n")),
        ("chunked not last", request("Transfer-Encoding: chunked, gzip\r\n", "0\r\n\r\n")),
        ("two lengths", request("Content-Length: 2\r\nContent-Length: 3\r\n", "{} ")),
        ("a list of lengths", request("Content-Length: 2, 3\r\n", "{} ")),
        ("a negative length", request("Content-Length: -2\r\n", "{}")),
        ("a length with a sign", request("Content-Length: +2\r\n", "{}")),
        ("a length of letters", request("Content-Length: two\r\n", "{}")),
        ("a length beyond 64 bits", request("Content-Length: 99999999999999999999999\r\n", "{}")),
        ("a huge field", field(&format!("X: {}", "x".repeat(600_000)))),
        ("a thousand fields", field(&vec!["X: y"; 1_000].join("\r\n"))),
        ("a huge target", head(&format!("GET /{} HTTP/1.1\r\nHost: h\r\n\r\n", "x".repeat(100_000)))),
        ("NUL in a value", field("X: a\0b")),
        ("NUL in a name", field("X\0: a")),
        ("NUL in the target", head("GET /\0 HTTP/1.1\r\nHost: h\r\n\r\n")),
        ("a blank before the colon", field("X : a")),
        ("a field without a colon", field("nonsense")),
        ("a field without a name", field(": a")),
        ("a name that is no token", field("X@(): a")),
        ("a name that is no ASCII", field("Ä: a")),
        ("a carriage return in a value", field("X: a\rb")),
        ("a folded field", field("X: a\r\n b")),
        ("a control character in the target", head("GET /\x01 HTTP/1.1\r\nHost: h\r\n\r\n")),
        ("a blank in the target", head("GET /a b HTTP/1.1\r\nHost: h\r\n\r\n")),
        ("no target", head("GET HTTP/1.1\r\nHost: h\r\n\r\n")),
        ("no version", head("GET /\r\nHost: h\r\n\r\n")),
        ("HTTP/0.9", head("GET /\r\n")),
        ("HTTP/9.9", head("GET / HTTP/9.9\r\nHost: h\r\n\r\n")),
        ("a version in lower case", head("GET / http/1.1\r\nHost: h\r\n\r\n")),
        ("a method that is no token", head("G@T / HTTP/1.1\r\nHost: h\r\n\r\n")),
        ("an answer", head("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")),
        ("something else", b"SSH-2.0-OpenSSH_9.9\r\n".to_vec()),
        ("a TLS handshake", vec![0x16, 3, 1, 0, 5, 1, 0, 0, 1, 0]),
        ("bytes of no protocol", (0..=255).collect()),
        ("the beginning of HTTP/2 alone", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec()),
        ("HTTP/2 and then nonsense", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nnonsense, and a lot of it".to_vec()),
        ("nothing", Vec::new()),
        ("empty lines", b"\r\n\r\n\r\n".to_vec()),
        ("half a head", head("GET /scim/v2/Users HTTP/1.1\r\nHos")),
        ("TRACE", head("TRACE /scim/v2/Users HTTP/1.1\r\nHost: h\r\n\r\n")),
        ("CONNECT", head("CONNECT other:443 HTTP/1.1\r\nHost: other:443\r\n\r\n")),
        ("an unknown method", head("BREW /scim/v2/Users HTTP/1.1\r\nHost: h\r\n\r\n")),
        ("no escape", head("GET /scim/v2/%zz HTTP/1.1\r\nHost: h\r\n\r\n")),
    ]
}

#[rstest]
#[case("serve")]
#[case("org")]
#[case("record")]
fn what_is_no_request_is_refused_or_the_connection_ends_and_others_are_served_on(#[case] command: &str) {
    let server = Server::start(command, &[]);
    for (name, bytes) in malformed() {
        let text = server.raw(&bytes);
        // 505 is for a version (RFC 9110 §15.6.6); a proxy says 502 when the server behind it got half a body.
        let refused =
            status(&text).is_none_or(|status| (400..500).contains(&status) || [502, 505].contains(&status));
        assert!(refused, "{name}: {text}");
    }
    server.is_well();
    let complaints = server.stderr();
    assert!(!complaints.contains("panicked"), "{complaints}");
}

#[rstest]
#[case::absolute("GET http://other/scim/v2/ServiceProviderConfig HTTP/1.1\r\nHost: other\r\n\r\n", 1)]
#[case::line_feeds("GET /scim/v2/ServiceProviderConfig HTTP/1.1\nHost: h\n\n", 1)]
#[case::version_1_0("GET /scim/v2/ServiceProviderConfig HTTP/1.0\r\n\r\n", 1)]
#[case::empty_lines_before("\r\n\r\nGET /scim/v2/ServiceProviderConfig HTTP/1.1\r\nHost: h\r\n\r\n", 1)]
#[case::pipelined(
    "GET /scim/v2/ServiceProviderConfig HTTP/1.1\r\nHost: h\r\n\r\nGET /scim/v2/ServiceProviderConfig HTTP/1.1\r\nHost: h\r\n\r\n",
    2
)]
fn unusual_requests_that_http_allows_are_answered(#[case] bytes: &str, #[case] answers: usize) {
    for command in ["serve", "record"] {
        let text = Server::start(command, &[]).raw(bytes.as_bytes());
        assert_eq!(text.matches(" 200 OK\r\n").count(), answers, "{command}: {text}");
    }
}

#[test]
fn a_client_that_waits_for_leave_is_told_to_go_on() {
    let server = Server::start("serve", &[]);
    let mut stream = server.connect();
    let fields = format!("{}Expect: 100-continue\r\nContent-Length: 2\r\n", server.authorization());
    stream.write_all(&request(&fields, "")).unwrap();
    let mut leave = [0; 25];
    stream.read_exact(&mut leave).unwrap();
    assert_eq!(&leave, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(b"{}").unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    assert_eq!(status(&rest(stream)), Some(400), "`schemas` is missing");
}

#[rstest]
#[case::nothing("")]
#[case::half_a_head("GET /scim/v2/Users HTTP/1.1\r\nHost: h\r\nX: ")]
#[case::nothing_after_an_answer("GET /scim/v2/ServiceProviderConfig HTTP/1.1\r\nHost: h\r\n\r\n")]
#[case::half_a_body("POST /scim/v2/Users HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\n{")]
#[case::half_a_chunked_body(
    "POST /scim/v2/Users HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"
)]
#[case::http2_and_nothing_else("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")]
fn a_client_that_stops_does_not_hold_its_connection(#[case] begun: &str) {
    let limits = ["--idle-timeout", "1", "--body-timeout", "1"];
    for command in ["serve", "org", "record"] {
        let server = Server::start(command, &limits);
        let mut stream = server.connect();
        stream.write_all(begun.as_bytes()).unwrap();
        // It stays open on this side; what ends it is the server.
        let text = rest(stream);
        if command == "serve" && begun.starts_with("POST") {
            assert_eq!(status(&text), Some(408), "{text}");
            assert!(text.contains("did not come in time"), "{text}");
        }
        server.is_well();
    }
}

#[test]
fn a_client_that_takes_no_answer_does_not_hold_its_connection() {
    let server =
        Server::start("serve", &["--people", "200", "--max-connections", "1", "--body-timeout", "1"]);
    let mut greedy = server.connect();
    // More than the buffers of both sides hold.
    let fields = server.authorization();
    let asked = format!("GET /scim/v2/Users HTTP/1.1\r\nHost: h\r\n{fields}\r\n").repeat(200);
    greedy.write_all(asked.as_bytes()).unwrap();
    // There is room for one, so this is answered only once the other is gone.
    server.is_well();
    drop(greedy);
}

#[rstest]
#[case("serve")]
#[case("record")]
fn further_clients_wait_while_there_is_no_room(#[case] command: &str) {
    let server = Server::start(command, &["--max-connections", "2", "--idle-timeout", "1"]);
    let idle = [server.connect(), server.connect()];
    server.is_well();
    // They were closed for it.
    idle.into_iter().for_each(|stream| assert_eq!(rest(stream), ""));
}

/// A body with arrays inside one another.
fn nested(depth: usize) -> String {
    format!("{{\"x\":{}{}}}", "[".repeat(depth), "]".repeat(depth))
}

#[rstest]
#[case::large(" ".repeat((4 << 20) + 1), 413, "larger than 4194304 bytes")]
#[case::deep(nested(65), 400, "nested more than 64 deep at line 1 column 69")]
#[case::very_deep(nested(1_000_000), 400, "nested more than 64 deep at line 1 column 69")]
#[case::many(format!("{{\"x\":[{}0]}}", "0,".repeat(500_000)), 400, "more than 500000 values; send less at a time at line 1 column 1000")]
fn bodies_have_limits_that_are_told(#[case] body: String, #[case] expected: u16, #[case] why: &str) {
    let server = Server::start("serve", &[]);
    let fields = server.authorization();
    let (status, text) = server.send("POST", "/scim/v2/Users", &fields, &body);
    assert_eq!(status, expected, "{text}");
    let error: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(error["schemas"], json!(["urn:ietf:params:scim:api:messages:2.0:Error"]));
    assert_eq!(error["status"], json!(expected.to_string()));
    assert!(error["detail"].as_str().unwrap().contains(why), "{error}");
}

#[test]
fn whoever_guesses_passwords_has_to_wait() {
    let server = Server::start("serve", &[]);
    let with = |password: &str| {
        let pair = format!("admin@reference.test:{password}");
        let pair = base64::engine::general_purpose::STANDARD.encode(pair);
        server.send(
            "GET",
            "/console/v1/provisioning/providers",
            &format!("Authorization: Basic {pair}\r\n"),
            "",
        )
    };
    assert_eq!(with("console").0, 200);
    // How long each has to wait is for the clock to say, so it is tried until it is too soon.
    let answers: Vec<(u16, String)> = (0..5).map(|number| with(&number.to_string())).collect();
    assert!(answers.iter().all(|(status, _)| *status == 401), "{answers:?}");
    let soon = (0..100).map(|number| with(&number.to_string())).find(|(status, _)| *status != 401);
    assert!(
        soon.as_ref().is_some_and(|(status, text)| *status == 429 && text.contains("TOO_MANY_ATTEMPTS")),
        "{soon:?}"
    );
    assert_eq!(
        server.send("GET", "/scim/v2/Users", &server.authorization(), "").0,
        200,
        "SCIM is another door"
    );

    let org = Server::start("org", &[]);
    let with =
        |token: &str| org.send("GET", "/api/v1/users", &format!("Authorization: SSWS {token}\r\n"), "");
    assert_eq!(with("00token").0, 200);
    let soon = (0..100).map(|number| with(&number.to_string())).find(|(status, _)| *status != 401);
    assert!(
        soon.as_ref().is_some_and(|(status, text)| *status == 429 && text.contains("E0000047")),
        "{soon:?}"
    );
}

#[test]
fn how_long_whoever_guesses_waits_is_told_and_is_over_then() {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicI64, Ordering};
    use tower::ServiceExt as _;

    let start = jiff::Timestamp::constant(1_767_225_600, 0);
    let passed = Arc::new(AtomicI64::new(0));
    let clock = Arc::clone(&passed);
    let reference =
        scimulate::reference::http::Reference::new(scimulate::reference::http::ReferenceOptions {
            preset: scimulate::reference::http::Preset::Rfc,
            origin: "http://localhost".into(),
            start,
            live: Some(Arc::new(move || {
                start + jiff::SignedDuration::from_secs(clock.load(Ordering::SeqCst))
            })),
            seed: 1,
            console_username: "admin".into(),
            console_password: "console".into(),
        });
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let with = |password: &str| {
        let pair = base64::engine::general_purpose::STANDARD.encode(format!("admin:{password}"));
        let request = http::Request::get("/console/v1/provisioning/providers")
            .header("Authorization", format!("Basic {pair}"));
        let request = request.body(axum::body::Body::empty()).unwrap();
        let answer = runtime.block_on(reference.router().oneshot(request)).unwrap();
        let wait = answer.headers().get("retry-after").map(|value| value.to_str().unwrap().to_owned());
        (answer.status().as_u16(), wait)
    };
    for _ in 0..5 {
        assert_eq!(with("wrong"), (401, None));
    }
    assert_eq!(with("console"), (429, Some("1".into())));
    passed.store(1, Ordering::SeqCst);
    assert_eq!(with("wrong"), (401, None));
    assert_eq!(with("console"), (429, Some("2".into())), "each failure makes it longer");
    passed.store(3, Ordering::SeqCst);
    assert_eq!(with("console"), (200, None));
    assert_eq!(with("wrong"), (401, None));
    assert_eq!(with("console"), (200, None), "what failed before is forgotten");
}

#[rstest]
#[case::rebound(
    "Host: evil.example:8080\r\nOrigin: http://evil.example:8080\r\n",
    "does not know that it is reached as `evil.example:8080`"
)]
#[case::another_origin(
    "Host: 127.0.0.1\r\nOrigin: https://evil.example\r\n",
    "This form was not opened here"
)]
#[case::another_site("Host: 127.0.0.1\r\nSec-Fetch-Site: cross-site\r\n", "This form was not opened here")]
fn forms_are_taken_from_our_own_pages_alone(#[case] fields: &str, #[case] why: &str) {
    let server = Server::start("serve", &[]);
    let form = "username=admin%40reference.test&password=console";
    let text = server.raw(
        format!(
            "POST /sign-in HTTP/1.1\r\n{fields}Content-Length: {}\r\nConnection: close\r\n\r\n{form}",
            form.len()
        )
        .as_bytes(),
    );
    assert_eq!(status(&text), Some(403), "{text}");
    assert!(text.contains(why), "{text}");
    // The API by which machines provision asks for a credential, and for nothing else.
    let text = server.raw(
        format!("GET /scim/v2/Users HTTP/1.1\r\n{fields}{}Connection: close\r\n\r\n", server.authorization())
            .as_bytes(),
    );
    assert_eq!(status(&text), Some(200), "{text}");
}

#[test]
fn what_another_site_makes_a_browser_send_to_the_console_does_nothing() {
    let server = Server::start("serve", &[]);
    let pair = base64::engine::general_purpose::STANDARD.encode("admin@reference.test:console");
    let fields = format!("Authorization: Basic {pair}\r\nContent-Type: application/json\r\n");
    let body = r#"{"displayName":"Another"}"#;
    let from = |origin: &str| {
        server.send("POST", "/console/v1/provisioning/providers", &format!("{fields}{origin}"), body)
    };
    let (status, text) = from("Origin: https://evil.example\r\n");
    assert!(status == 403 && text.contains("CROSS_SITE"), "{status} {text}");
    assert_eq!(from("").0, 201, "no browser at all");
}

#[test]
fn a_server_that_others_reach_says_what_that_exposes() {
    let mut child =
        program().args(["serve", "--host", "0.0.0.0", "--port", "0"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let told = lines.find(|line| line.starts_with("This server is reached")).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    for part in ["any address of this machine", "the console's password", "--tls-cert", "--host 127.0.0.1"] {
        assert!(told.contains(part), "{told}");
    }
}

mod load {
    //! Clients at work at the same time; what each was told must be what is there in the end.

    use std::collections::{BTreeMap, BTreeSet};
    use std::sync::Arc;

    use super::*;

    const CLIENTS: u64 = 4;
    const OPERATIONS: usize = 500;

    /// Numbers that look random and are the same every time.
    struct Numbers(u64);

    impl Numbers {
        fn below(&mut self, limit: usize) -> usize {
            // SplitMix64.
            self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut mixed = self.0;
            mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            usize::try_from((mixed ^ (mixed >> 31)) % limit as u64).unwrap()
        }
    }

    /// What must be there, as one client knows it.
    #[derive(Debug, Default, PartialEq)]
    struct Model {
        /// User name and title by id.
        users: BTreeMap<String, (String, Option<String>)>,
        /// Members of the group that all share.
        members: BTreeSet<String>,
    }

    struct Client {
        http: reqwest::Client,
        base_url: String,
        username: String,
        password: String,
    }

    impl Client {
        async fn send(&self, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
            use base64::Engine as _;
            let pair = format!("{}:{}", self.username, self.password);
            let pair = base64::engine::general_purpose::STANDARD.encode(pair);
            let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
            let mut request = self
                .http
                .request(method, format!("{}{path}", self.base_url))
                .header("Authorization", format!("Basic {pair}"))
                .header("Content-Type", "application/scim+json");
            if let Some(body) = body {
                request = request.body(body.to_string());
            }
            let response = request.send().await.unwrap();
            let status = response.status().as_u16();
            (status, serde_json::from_str(&response.text().await.unwrap()).unwrap_or_default())
        }

        async fn patch(&self, path: &str, operation: Value) {
            let body = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [operation] });
            let (status, answer) = self.send("PATCH", path, Some(body)).await;
            assert!([200, 204].contains(&status), "{path}: {status} {answer}");
        }

        /// All of a list, page by page.
        async fn all(&self, path: &str) -> Vec<Value> {
            let mut found: Vec<Value> = Vec::new();
            loop {
                let (status, page) =
                    self.send("GET", &format!("{path}?startIndex={}", found.len() + 1), None).await;
                assert_eq!(status, 200, "{page}");
                let resources = page["Resources"].as_array().unwrap();
                found.extend(resources.iter().cloned());
                if resources.is_empty() || found.len() as u64 >= page["totalResults"].as_u64().unwrap() {
                    return found;
                }
            }
        }
    }

    async fn work(client: Arc<Client>, number: u64, group: String) -> Model {
        let (mut numbers, mut model) = (Numbers(number), Model::default());
        for step in 0..OPERATIONS {
            let ids: Vec<String> = model.users.keys().cloned().collect();
            let act = if ids.is_empty() { 0 } else { numbers.below(10) };
            let id = ids.get(numbers.below(ids.len().max(1))).cloned().unwrap_or_default();
            match act {
                0..=2 => {
                    let name = format!("client{number}-{step}@example.com");
                    let user = json!({ "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": name });
                    let (status, made) = client.send("POST", "/Users", Some(user)).await;
                    assert_eq!(status, 201, "{made}");
                    model.users.insert(made["id"].as_str().unwrap().to_owned(), (name, None));
                }
                3..=5 => {
                    let title = format!("{step}");
                    client
                        .patch(
                            &format!("/Users/{id}"),
                            json!({ "op": "replace", "path": "title", "value": title }),
                        )
                        .await;
                    model.users.get_mut(&id).unwrap().1 = Some(title);
                }
                6 | 7 => {
                    let add = json!({ "op": "add", "path": "members", "value": [{ "value": id }] });
                    client.patch(&format!("/Groups/{group}"), add).await;
                    model.members.insert(id);
                }
                8 => {
                    let remove = json!({ "op": "remove", "path": format!("members[value eq \"{id}\"]") });
                    client.patch(&format!("/Groups/{group}"), remove).await;
                    model.members.remove(&id);
                }
                _ => {
                    assert_eq!(client.send("DELETE", &format!("/Users/{id}"), None).await.0, 204);
                    model.users.remove(&id);
                    model.members.remove(&id);
                }
            }
        }
        model
    }

    #[test]
    fn nothing_is_lost_and_nothing_is_invented_when_many_write_at_once() {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let server = Server::start("serve", &[]);
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let client = Arc::new(Client {
            http: reqwest::Client::new(),
            base_url: format!("http://{}/scim/v2", server.address),
            username: server.value("username").to_owned(),
            password: server.value("password").to_owned(),
        });
        let (expected, found) = runtime.block_on(async {
            let group =
                json!({ "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "All" });
            let (status, group) = client.send("POST", "/Groups", Some(group)).await;
            assert_eq!(status, 201, "{group}");
            let id = group["id"].as_str().unwrap();
            let all: Vec<_> = (0..CLIENTS)
                .map(|number| tokio::spawn(work(Arc::clone(&client), number, id.to_owned())))
                .collect();
            let mut expected = Model::default();
            for one in all {
                let Model { users, members } = one.await.unwrap();
                expected.users.extend(users);
                expected.members.extend(members);
            }
            let text = |value: &Value| value.as_str().map(str::to_owned);
            let mut found = Model::default();
            for user in client.all("/Users").await {
                let known = (text(&user["userName"]).unwrap(), text(&user["title"]));
                let twice = found.users.insert(text(&user["id"]).unwrap(), known);
                assert_eq!(twice, None, "{user}");
            }
            let (_, group) = client.send("GET", &format!("/Groups/{id}"), None).await;
            let members = group["members"].as_array().into_iter().flatten();
            found.members = members.filter_map(|member| text(&member["value"])).collect();
            (expected, found)
        });
        assert!(expected.users.len() > 50, "the clients did little: {}", expected.users.len());
        assert_eq!(found, expected);
    }
}
