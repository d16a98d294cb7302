//! The target's credentials go to the target alone: beside it stands a stranger, whose URL comes from collections,
//! captures, scenarios and answers, and who must never hear a secret. The real program, real sockets.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use rstest::rstest;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::program::{Ended, end, program};
use crate::support::service::{Service, service};

const TOKEN: &str = "t0ken-s3cret";
const TENANT: &str = "t3nant-s3cret";
const COOKIE: &str = "c00kie-s3cret";

/// A server that writes down all that it is sent, and answers with an empty list.
struct Listener {
    origin: String,
    heard: Arc<Mutex<String>>,
}

impl Listener {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let heard = Arc::new(Mutex::new(String::new()));
        let log = Arc::clone(&heard);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let log = Arc::clone(&log);
                std::thread::spawn(move || {
                    let mut reader = BufReader::new(stream.try_clone().unwrap());
                    let (mut text, mut length) = (String::new(), 0);
                    loop {
                        let mut line = String::new();
                        if reader.read_line(&mut line).unwrap_or(0) == 0 || line == "\r\n" {
                            break;
                        }
                        let value = line.to_ascii_lowercase();
                        length = value
                            .strip_prefix("content-length:")
                            .map_or(length, |n| n.trim().parse().unwrap());
                        text.push_str(&line);
                    }
                    let mut body = vec![0; length];
                    reader.read_exact(&mut body).unwrap();
                    text.push_str(&String::from_utf8_lossy(&body));
                    log.lock().unwrap().push_str(&format!("{text}\n"));
                    let list = json!({
                        "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
                        "totalResults": 0, "startIndex": 1, "itemsPerPage": 0, "Resources": [], "people": []
                    });
                    let list = list.to_string();
                    let _ = write!(
                        &stream,
                        "HTTP/1.1 200 OK\r\nContent-Type: application/scim+json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{list}",
                        list.len()
                    );
                });
            }
        });
        Self { origin, heard }
    }

    fn heard(&self) -> String {
        self.heard.lock().unwrap().clone()
    }

    /// Heard these, and nothing secret.
    #[track_caller]
    fn is_told(&self, targets: &[&str], ended: &Ended) {
        let heard = self.heard();
        for target in targets {
            assert!(
                heard.contains(&format!(" {target} HTTP/1.1\r\n")),
                "{target} is not in {heard}\n{}",
                ended.text()
            );
        }
        assert!(
            !heard.contains("s3cret") && !heard.to_ascii_lowercase().contains("authorization:"),
            "{heard}"
        );
    }
}

/// The program with everything secret given for the target.
fn given(arguments: &[&str], target: &str) -> Ended {
    let (tenant, cookie) = (format!("X-Tenant: {TENANT}"), format!("Cookie: session={COOKIE}"));
    let folder = TempDir::new().unwrap();
    let known = ["--target", target, "--bearer-env", "TARGET_TOKEN", "-H", &tenant, "-H", &cookie];
    end(program().args(arguments).args(known).env("TARGET_TOKEN", TOKEN).current_dir(folder.path()))
}

/// A file with this content, in a folder that goes with it.
fn file(name: &str, content: &str) -> (TempDir, String) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, content).unwrap();
    let path = path.to_str().unwrap().to_owned();
    (folder, path)
}

/// A collection may name any host: what is asked of it goes without credentials, and what is made of one does not
/// go at all.
#[rstest]
#[case("postman")]
#[case("runscope")]
fn a_collection_takes_no_credential_elsewhere(#[case] kind: &str) {
    let (target, stranger) = (Listener::start(), Listener::start());
    let at = |path: &str| format!("{}{path}", stranger.origin);
    let content = if kind == "postman" {
        let item = |url: &str, headers: Value, body: Value| json!({ "name": url, "request": { "method": "POST", "url": url, "header": headers, "body": body } });
        let bearer = json!([{ "key": "Authorization", "value": "Bearer {{token}}" }]);
        json!({ "item": [
            item("{{baseUrl}}/Users", json!([]), Value::Null),
            item(&at("/bare"), json!([]), Value::Null),
            item(&at("/own"), bearer, Value::Null),
            item(&at("/query?t={{token}}"), json!([]), Value::Null),
            item(&at("/body"), json!([]), json!({ "mode": "raw", "raw": "{{token}}" })),
        ] })
    } else {
        let step = |url: &str, headers: Value, body: &str| json!({ "step_type": "request", "method": "POST", "url": url, "headers": headers, "body": body });
        let bearer = format!("Bearer {TOKEN}");
        json!({ "name": "Elsewhere", "steps": [
            step("{{SCIMBaseURL}}/Users", json!({}), ""),
            step(&at("/bare"), json!({}), ""),
            step(&at("/own"), json!({ "Authorization": [bearer] }), ""),
            step(&at(&format!("/query?t={TOKEN}")), json!({}), ""),
            step(&at("/body"), json!({}), TOKEN),
        ] })
    };
    let (_folder, path) = file("collection.json", &content.to_string());
    let ended = given(&["import", kind, &path], &target.origin);
    stranger.is_told(&["/bare", "/own"], &ended);
    let heard = stranger.heard();
    assert!(!heard.contains("/query") && !heard.contains("/body"), "{heard}");
    let heard = target.heard();
    for secret in [TOKEN, TENANT, COOKIE] {
        assert!(heard.contains(secret), "{secret} is not in {heard}\n{}", ended.text());
    }
    assert!(!ended.text().contains("s3cret"), "{}", ended.text());
}

/// A target without a path is followed by what may be read as another host.
#[test]
fn a_step_of_a_scenario_takes_no_credential_elsewhere() {
    let (target, stranger) = (Listener::start(), Listener::start());
    let authority = stranger.origin.trim_start_matches("http://");
    let scenario = format!(
        "title: Elsewhere\npeople:\n  ada: {{ login: ada@example.com, firstName: Ada, lastName: Lovelace }}\nsteps:\n  - scim.request: {{ path: \"@{authority}/elsewhere\" }}\n"
    );
    let (_folder, path) = file("elsewhere.yaml", &scenario);
    let ended = given(&["run", &path], &target.origin);
    stranger.is_told(&["/elsewhere"], &ended);
    assert!(target.heard().contains(TOKEN), "{}", ended.text());
}

#[test]
fn a_capture_takes_no_credential_elsewhere() {
    let (target, stranger) = (Listener::start(), Listener::start());
    let entry = |url: &str| {
        let list = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"], "totalResults": 0, "Resources": [] });
        json!({
            "startedDateTime": "2026-01-01T00:00:00Z", "time": 1,
            "request": { "method": "GET", "url": url, "httpVersion": "HTTP/1.1", "headers": [{ "name": "Authorization", "value": "Bearer old" }], "queryString": [], "cookies": [], "headersSize": -1, "bodySize": 0 },
            "response": { "status": 200, "statusText": "OK", "httpVersion": "HTTP/1.1", "headers": [], "cookies": [], "content": { "size": 2, "mimeType": "application/scim+json", "text": list.to_string() }, "redirectURL": "", "headersSize": -1, "bodySize": -1 },
            "cache": {}, "timings": { "send": 0, "wait": 1, "receive": 0 }
        })
    };
    let authority = stranger.origin.trim_start_matches("http://");
    let entries = [
        entry("https://then.example/Users"),
        entry(&format!("{}/Users", stranger.origin)),
        entry(&format!("https://then.example@{authority}/Users")),
        entry(&format!("https://then.example/Users/@{authority}/")),
    ];
    let har = json!({ "log": { "version": "1.2", "creator": { "name": "x", "version": "1" }, "entries": entries } });
    let (_folder, path) = file("capture.har", &har.to_string());
    let ended = given(&["replay", &path], &target.origin);
    assert_eq!(stranger.heard(), "", "{}", ended.text());
    assert!(target.heard().contains(TOKEN), "{}", ended.text());
}

/// The strict reference whose answers, header fields among them, call its own origin by the stranger's name.
fn lying(stranger: &str) -> Service {
    let stranger = stranger.to_owned();
    service(move |request: Request, next: Next| {
        let stranger = stranger.clone();
        async move {
            let own = format!("http://{}", request.headers()["host"].to_str().unwrap());
            let (mut parts, body) = next.run(request).await.into_parts();
            let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
            let body = String::from_utf8(body.to_vec()).unwrap().replace(&own, &stranger);
            for value in parts.headers.values_mut() {
                *value = value.to_str().unwrap().replace(&own, &stranger).parse().unwrap();
            }
            parts.headers.remove("content-length");
            Response::from_parts(parts, Body::from(body))
        }
    })
}

#[rstest]
#[case::check(&["check", "--only", "create", "--only", "read", "--only", "resource", "--only", "cursor", "--only", "me"])]
#[case::run(&["run", "--tag", "okta", "--dialect", "oin"])]
#[case::oin(&["oin"])]
fn the_urls_in_answers_take_no_credential_elsewhere(#[case] arguments: &[&str]) {
    let stranger = Listener::start();
    let service = lying(&stranger.origin);
    let user = format!("{}:{}", service.username, service.password);
    let folder = TempDir::new().unwrap();
    let known = ["--target", &service.base_url, "--user", &user];
    let ended = end(program().args(arguments).args(known).current_dir(folder.path()));
    assert!(!ended.out.is_empty(), "{}", ended.err);
    let heard = stranger.heard();
    assert!(
        !heard.to_ascii_lowercase().contains("authorization:") && !heard.contains(&service.password),
        "{heard}"
    );
}

/// An admin API at the stranger is asked without the target's credentials; a link to its next page that leads there
/// is not followed.
#[rstest]
#[case::the_next_page("/admin/people", "auth = { type = \"bearer\", token-env = \"ADMIN\" }", &[])]
#[case::the_api_without_credentials_of_its_own("{stranger}/people", "", &["/people"])]
fn an_admin_api_takes_no_credential_elsewhere(#[case] url: &str, #[case] auth: &str, #[case] asked: &[&str]) {
    let stranger = Listener::start();
    let next = format!("{}/next", stranger.origin);
    let service = service(move |request: Request, behind: Next| {
        let page = json!({ "people": [], "next": next });
        async move {
            if request.uri().path() != "/admin/people" {
                return behind.run(request).await;
            }
            assert_eq!(request.headers()["authorization"], format!("Bearer {TOKEN}"));
            Response::builder()
                .header("content-type", "application/json")
                .body(Body::from(page.to_string()))
                .unwrap()
        }
    });
    let config = format!(
        "[target.acme]\nbase-url = \"{}\"\nauth = {{ type = \"basic\", username = \"{}\", password-env = \"PASSWORD\" }}\nheaders = {{ X-Tenant = \"{TENANT}\" }}\n\
         [target.acme.observe.organizations]\nurl = \"{}\"\nitems = \"/people\"\nnext = \"/next\"\nfields = {{ name = \"/team\", users = \"/login\" }}\n{auth}\n",
        service.base_url,
        service.username,
        url.replace("{stranger}", &stranger.origin)
    );
    let scenario = "title: Observed\npeople:\n  ada: { login: ada@example.com, firstName: Ada, lastName: Lovelace }\nsteps:\n  - okta.assign: { user: ada }\n  - expect.organization: { name: Default, users: [] }\n";
    let (folder, path) = file("observed.yaml", scenario);
    std::fs::write(folder.path().join("scimulate.toml"), config).unwrap();
    let ended = end(program()
        .args(["run", &path, "--target", "acme", "--dialect", "oin"])
        .env("PASSWORD", &service.password)
        .env("ADMIN", TOKEN)
        .current_dir(folder.path()));
    stranger.is_told(asked, &ended);
    assert_eq!(stranger.heard().is_empty(), asked.is_empty(), "{}", stranger.heard());
    assert!(!stranger.heard().contains(&service.password));
}

/// A token endpoint that sends its clients elsewhere gets no further than that.
#[rstest]
#[case::in_the_form(false)]
#[case::in_the_header(true)]
fn the_client_secret_goes_to_the_token_endpoint_alone(#[case] in_header: bool) {
    let (stranger, asked) = (Listener::start(), Arc::new(Mutex::new(0)));
    let (elsewhere, count) = (format!("{}/token", stranger.origin), Arc::clone(&asked));
    let service = service(move |request: Request, behind: Next| {
        let (elsewhere, count) = (elsewhere.clone(), Arc::clone(&count));
        async move {
            if request.uri().path() != "/token" {
                return behind.run(request).await;
            }
            *count.lock().unwrap() += 1;
            Response::builder().status(307).header("location", elsewhere).body(Body::empty()).unwrap()
        }
    });
    let origin = service.base_url.split("/scim").next().unwrap();
    let config = format!(
        "[target.acme]\nbase-url = \"{}\"\n[target.acme.auth]\ntype = \"oauth2-client-credentials\"\ntoken-url = \"{origin}/token\"\nclient-id = \"me\"\nclient-secret-env = \"CLIENT_SECRET\"\nsecret-in-header = {in_header}\n",
        service.base_url
    );
    let (folder, _) = file("scimulate.toml", &config);
    let ended = end(program()
        .args(["check", "--target", "acme", "--only", "list.users"])
        .env("CLIENT_SECRET", TOKEN)
        .current_dir(folder.path()));
    assert!(*asked.lock().unwrap() > 0, "{}", ended.text());
    assert_eq!(stranger.heard(), "", "{}", ended.text());
}

/// As in curl, a URL may hold user name and password; they are sent as such and shown nowhere.
#[test]
fn credentials_in_the_url_of_the_target_are_its_credentials() {
    let service = service(|request: Request, next: Next| next.run(request));
    let rest = service.base_url.trim_start_matches("http://");
    let url = format!("http://{}:{}@{rest}", service.username, service.password);
    let ended = end(program().args(["check", "--only", "list.users", "--target", &url]));
    assert_eq!(ended.code, 0, "{}", ended.text());
    assert!(!ended.text().contains(&service.password), "{}", ended.text());
}
