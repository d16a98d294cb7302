//! `scimulate serve` as a user meets it: the real program on a real socket, plain and with TLS.

use std::io::{BufRead as _, BufReader, Lines, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use rstest::rstest;
use serde_json::Value;

use crate::support::program;
use program::{end, program, scimulate};

struct Serving {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    base_url: String,
    username: String,
    password: String,
    pages: String,
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn serve(arguments: &[&str]) -> Serving {
    let mut child = program()
        .args(["serve", "--port", "0"])
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let shown: Vec<String> = lines.by_ref().map(Result::unwrap).take(12).collect();
    let value = |at: usize| shown[at].split_once(": ").unwrap().1.to_owned();
    Serving { child, lines, base_url: value(1), username: value(2), password: value(3), pages: value(6) }
}

impl Serving {
    fn get(&self, path: &str) -> (u16, Value) {
        let client = reqwest_client(None);
        let request = client
            .get(format!("{}{path}", self.base_url))
            .header("Authorization", basic(&self.username, &self.password));
        runtime().block_on(async {
            let response = request.send().await.unwrap();
            (response.status().as_u16(), serde_json::from_str(&response.text().await.unwrap()).unwrap())
        })
    }

    fn address(&self) -> String {
        self.base_url.split('/').nth(2).unwrap().to_owned()
    }

    #[cfg(unix)]
    fn interrupt(mut self, signal: &str) -> (Option<i32>, Vec<String>) {
        Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap();
        let status = self.child.wait().unwrap();
        let rest = self.lines.by_ref().map(Result::unwrap).collect();
        (status.code(), rest)
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

fn reqwest_client(certificate: Option<&str>) -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = reqwest::Client::builder();
    match certificate {
        Some(pem) => builder.tls_certs_only([reqwest::Certificate::from_pem(pem.as_bytes()).unwrap()]),
        None => builder,
    }
    .build()
    .unwrap()
}

fn basic(username: &str, password: &str) -> String {
    use base64::Engine as _;
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(format!("{username}:{password}")))
}

#[test]
fn the_served_reference_is_a_target_like_any_other_and_what_it_does_not_delete_is_told() {
    let serving = serve(&[]);
    let user = format!("{}:{}", serving.username, serving.password);
    for time in ["first", "second"] {
        let ended = end(program()
            .args(["run", "--target", &serving.base_url, "--user", &user, "--tag", "okta"])
            .current_dir(std::env::temp_dir()));
        let out = ended.out;
        // The guide's service deletes no users.
        assert_eq!(ended.code, 6, "{time}: {out}");
        assert!(out.contains("could not be deleted, please remove by hand: /Users/"), "{time}: {out}");
        assert!(out.contains("ok okta/group-push [aiw]") && out.contains("not observed"), "{time}: {out}");
    }
}

#[test]
fn a_port_that_is_taken_is_told() {
    let serving = serve(&[]);
    let port = serving.address().split(':').nth(1).unwrap().to_owned();
    let ended = scimulate(&["serve", "--port", &port]);
    assert_eq!(ended.code, 3);
    assert!(ended.err.contains("Choose another with --host and --port"), "{}", ended.err);
}

#[cfg(unix)]
#[rstest]
#[case("-INT")]
#[case("-TERM")]
fn requests_are_logged_readably_and_the_server_stops_when_asked(#[case] signal: &str) {
    let serving = serve(&[]);
    assert_eq!(serving.get("/Users?filter=userName%20eq%20%22ada%40example.com%22").0, 200);
    assert_eq!(serving.get("/Users?filter=nickname%20is%20%22x%22").0, 400);
    // A connection that stays open and says nothing holds nothing up.
    let _idle = TcpStream::connect(serving.address()).unwrap();
    let password = serving.password.clone();
    let (code, lines) = serving.interrupt(signal);
    assert_eq!(code, Some(0));
    let log = lines.join("\n");
    assert!(log.contains("200  GET    /scim/v2/Users?filter=userName eq \"ada@example.com\"  "), "{log}");
    assert!(log.contains("400  GET    /scim/v2/Users?filter=nickname is \"x\""), "{log}");
    assert!(log.contains("\n          invalidFilter: At position 10 of the filter"), "{log}");
    assert!(!log.contains(&password), "{log}");
}

#[cfg(unix)]
#[test]
fn a_log_line_cannot_be_forged_and_quiet_prints_none() {
    let serving = serve(&[]);
    serving.get("/Users?filter=x%0a12%3a00%3a00%20%20500");
    let (_, lines) = serving.interrupt("-INT");
    assert_eq!(lines.len(), 2, "{lines:?}");
    let serving = serve(&["--quiet"]);
    serving.get("/Users");
    assert_eq!(serving.interrupt("-INT").1, Vec::<String>::new());
}

#[test]
fn people_and_secrets_follow_from_the_seed() {
    let [first, same, other] = ["7", "7", "8"].map(|seed| serve(&["--people", "25", "--seed", seed]));
    let users = |serving: &Serving| {
        let (status, page) = serving.get("/Users?count=3&startIndex=5");
        assert_eq!(
            (status, page["totalResults"].as_u64(), page["Resources"].as_array().unwrap().len()),
            (200, Some(25), 3)
        );
        page["Resources"][0]["id"].clone()
    };
    assert_eq!((users(&first), &first.password), (users(&same), &same.password));
    assert_ne!((users(&first), &first.password), (users(&other), &other.password));
}

#[test]
fn it_speaks_tls_with_a_certificate_of_ones_own() {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (certificate, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
    std::fs::write(&certificate, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let [certificate, key] = [&certificate, &key].map(|path| path.to_str().unwrap().to_owned());
    let serving = serve(&["--host", "localhost", "--tls-cert", &certificate, "--tls-key", &key]);
    assert!(serving.base_url.starts_with("https://localhost:"), "{}", serving.base_url);
    // Someone who never finishes a handshake keeps nobody waiting.
    let _silent = TcpStream::connect(serving.address()).unwrap();
    let client = reqwest_client(Some(&made.cert.pem()));
    runtime().block_on(async {
        let url = format!("{}/ServiceProviderConfig", serving.base_url);
        let response = client.get(&url).timeout(Duration::from_secs(5)).send().await.unwrap();
        assert_eq!((response.status().as_u16(), response.version()), (200, http::Version::HTTP_2));
        let body: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
        assert_eq!(body["meta"]["location"], Value::from(url));
    });
    // Plain HTTP gets no answer that could be taken for one.
    let mut plain = TcpStream::connect(serving.address()).unwrap();
    plain.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    let _ = plain.read_to_end(&mut answer);
    assert!(!answer.starts_with(b"HTTP/"), "{answer:?}");
}

#[rstest]
#[case(&["--tls-cert", "nowhere.pem", "--tls-key", "nowhere.pem"], "cannot read a certificate from nowhere.pem")]
#[case(&["--tls-cert", "Cargo.toml", "--tls-key", "Cargo.toml"], "Cargo.toml holds no certificate")]
#[case(&["--tls-cert", "x.pem"], "--tls-key")]
fn a_certificate_that_cannot_be_used_is_told(#[case] arguments: &[&str], #[case] says: &str) {
    let ended = end(program().args(["serve", "--port", "0"]).args(arguments));
    assert_eq!(ended.code, 1);
    assert!(ended.err.contains(says), "{}", ended.err);
}

#[test]
fn the_pages_are_there_and_ask_who_it_is() {
    let serving = serve(&["--console-password", "console"]);
    assert_eq!(serving.pages, format!("http://{}/administration", serving.address()));
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    runtime().block_on(async {
        for path in ["/administration", "/developer/okta"] {
            let answer = client.get(format!("http://{}{path}", serving.address())).send().await.unwrap();
            let to = answer.headers()["location"].to_str().unwrap().to_owned();
            assert_eq!(
                (answer.status().as_u16(), to),
                (303, format!("/sign-in?to={}", path.replace('/', "%2F")))
            );
        }
        let form = client.get(format!("http://{}/sign-in", serving.address())).send().await.unwrap();
        assert!(form.headers().contains_key("content-security-policy"));
        let cookie = form.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
        let text = form.text().await.unwrap();
        let token =
            text.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let sent = client
            .post(format!("http://{}/sign-in", serving.address()))
            .header("Cookie", cookie)
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body(format!(
                "csrf={token}&to=%2Fdeveloper%2Fokta&username=admin%40reference.test&password=console"
            ));
        let signed_in = sent.send().await.unwrap();
        assert_eq!(signed_in.headers()["location"], "/developer/okta");
        let session =
            signed_in.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
        let page =
            client.get(format!("http://{}/developer/okta", serving.address())).header("Cookie", session);
        assert!(page.send().await.unwrap().text().await.unwrap().contains("Test API Credentials"));
    });
}
