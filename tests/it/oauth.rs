//! OAuth 2 in `scimulate.toml` as a user meets it: the real program, a service whose access tokens last for a
//! few requests, and its token endpoint, which gives out a new refresh token each time.

use std::sync::{Arc, Mutex, OnceLock};

use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use base64::Engine as _;
use tempfile::TempDir;

use crate::support::program;
use crate::support::service::{Service, resources, service};
use program::Ended;

/// Requests that an access token is good for.
const USES: usize = 5;

#[derive(Default)]
struct Server {
    basic: OnceLock<String>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    tokens: usize,
    uses: usize,
    refused: usize,
    forms: Vec<String>,
    authorizations: Vec<Option<String>>,
    /// The `Authorization` field of the first request to the service.
    first: Option<String>,
    /// Gives out so many tokens, and none after them.
    only: Option<usize>,
}

fn answer(status: u16, body: &str) -> Response {
    Response::builder()
        .status(status)
        .header("Content-Type", "application/json")
        .body(Body::from(body.to_owned()))
        .unwrap()
}

impl Server {
    async fn token(&self, request: Request) -> Response {
        let authorization =
            request.headers().get("authorization").map(|value| value.to_str().unwrap().to_owned());
        let body = axum::body::to_bytes(request.into_body(), 10_000).await.unwrap();
        let form = String::from_utf8(body.to_vec()).unwrap();
        let mut state = self.state.lock().unwrap();
        // Only the refresh token that was given out last is good.
        let latest = format!("refresh_token=refresh-{}-s3cr3t", state.tokens);
        let good = state.only.is_none_or(|only| state.tokens < only)
            && (form.contains("grant_type=client_credentials")
                || form.split('&').any(|field| field == latest));
        state.forms.push(form);
        state.authorizations.push(authorization);
        if !good {
            return answer(400, r#"{"error":"invalid_grant","error_description":"the token was revoked"}"#);
        }
        state.tokens += 1;
        state.uses = 0;
        let number = state.tokens;
        answer(
            200,
            &format!(
                r#"{{"access_token":"access-{number}-s3cr3t","refresh_token":"refresh-{number}-s3cr3t","token_type":"Bearer"}}"#
            ),
        )
    }

    /// Whether the request may pass; then it goes on as the provider's.
    fn admits(&self, request: &mut Request) -> bool {
        let mut state = self.state.lock().unwrap();
        let current = format!("Bearer access-{}-s3cr3t", state.tokens);
        let shown = request.headers().get("authorization").map(|value| value.to_str().unwrap().to_owned());
        state.uses += 1;
        if state.first.is_none() {
            state.first.clone_from(&shown);
        }
        let good = shown == Some(current) && state.uses <= USES;
        if good {
            request.headers_mut().insert("authorization", self.basic.get().unwrap().parse().unwrap());
        } else {
            state.refused += 1;
        }
        good
    }
}

fn started() -> (Service, Arc<Server>) {
    let server = Arc::new(Server::default());
    let inside = Arc::clone(&server);
    let service = service(move |mut request: Request, next: axum::middleware::Next| {
        let server = Arc::clone(&inside);
        async move {
            let by_test = request.headers().get("authorization").is_some_and(|value| {
                server.basic.get().is_some_and(|basic| value.as_bytes() == basic.as_bytes())
            });
            if request.uri().path() == "/token" {
                return server.token(request).await;
            }
            if by_test || server.admits(&mut request) {
                return next.run(request).await;
            }
            answer(
                401,
                r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"401","detail":"the access token has expired"}"#,
            )
        }
    });
    let joined = format!("{}:{}", service.username, service.password);
    let basic = format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(joined));
    server.basic.set(basic).unwrap();
    (service, server)
}

/// A folder with a configuration whose `auth` is given; `{origin}` stands for the server's.
fn folder(service: &Service, auth: &str) -> TempDir {
    let folder = TempDir::new().unwrap();
    let origin = service.base_url.split("/scim").next().unwrap();
    let text = format!(
        "[target.acme]\nbase-url = \"{}\"\nauth = {}\n",
        service.base_url,
        auth.replace("{origin}", origin)
    );
    std::fs::write(folder.path().join("scimulate.toml"), text).unwrap();
    folder
}

const REFRESH: &str = r#"{ type = "oauth2", token-url = "{origin}/token", client-id = "okta", client-secret-env = "CLIENT_SECRET", refresh-token-env = "REFRESH" }"#;

/// Runs the program in the folder. What it says and the reports that it writes show no secret.
fn scimulate(folder: &TempDir, arguments: &[&str]) -> Ended {
    let ended = program::end(
        program::program()
            .current_dir(folder.path())
            .env("CLIENT_SECRET", "client-s3cr3t-itself")
            .env("REFRESH", "refresh-0-s3cr3t")
            .env("ACCESS", "access-0-s3cr3t")
            .args(arguments),
    );
    let reports = ["result.json", "report.md"]
        .map(|report| std::fs::read_to_string(folder.path().join(report)).unwrap_or_default());
    for text in [&ended.out, &ended.err, &reports[0], &reports[1]] {
        assert!(!text.contains("-s3cr3t"), "a secret is shown: {text}");
    }
    ended
}

#[test]
fn a_run_refreshes_the_token_whenever_it_has_expired_and_follows_rotation() {
    let (service, server) = started();
    let folder = folder(&service, REFRESH);
    let built_in = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/okta/lifecycle.yaml");
    let ended = scimulate(
        &folder,
        &[
            "run",
            "--target",
            "acme",
            "--verbose",
            "--report-json",
            "result.json",
            "--report-markdown",
            "report.md",
            built_in,
        ],
    );
    assert_eq!(ended.code, 0, "{}", ended.text());
    assert!(ended.text().contains("POST /Users"), "{}", ended.text());
    let state = server.state.lock().unwrap();
    // Both dialects at once share one token: a refresh token that was used before would have been refused.
    assert!(state.tokens >= 4, "{} tokens", state.tokens);
    assert!(state.refused >= 3, "{} requests were refused", state.refused);
    assert_eq!(
        state.forms[0],
        "grant_type=refresh_token&refresh_token=refresh-0-s3cr3t&client_id=okta&client_secret=client-s3cr3t-itself"
    );
    assert_eq!(state.authorizations[0], None);
    drop(state);
    // What the run made was deleted again, with tokens of its own.
    assert_eq!(resources(&service, "/Users"), 0);
}

#[test]
fn an_access_token_at_hand_is_tried_first() {
    let (service, server) = started();
    let auth = REFRESH.replace(" }", r#", access-token-env = "ACCESS" }"#);
    let folder = folder(&service, &auth);
    let ended = scimulate(&folder, &["check", "--target", "acme", "--read-only", "--jobs", "1"]);
    assert_eq!(ended.code, 0, "{}", ended.text());
    let state = server.state.lock().unwrap();
    assert_eq!(state.first.as_deref(), Some("Bearer access-0-s3cr3t"));
    assert!(state.tokens > 0, "it lasts for {USES} requests");
}

#[test]
fn the_judge_works_with_the_clients_own_credentials_in_the_header() {
    let (service, server) = started();
    let folder = folder(
        &service,
        r#"{ type = "oauth2-client-credentials", token-url = "{origin}/token", client-id = "ok ta", client-secret-env = "CLIENT_SECRET", scope = "scim read", secret-in-header = true }"#,
    );
    let ended = scimulate(
        &folder,
        &["check", "--target", "acme", "--read-only", "--jobs", "1", "--report-json", "result.json"],
    );
    assert_eq!(ended.code, 0, "{}", ended.text());
    let state = server.state.lock().unwrap();
    assert!(state.tokens > 1, "{} tokens", state.tokens);
    assert_eq!(state.forms[0], "grant_type=client_credentials&scope=scim%20read");
    let joined = base64::engine::general_purpose::STANDARD.encode("ok%20ta:client-s3cr3t-itself");
    assert_eq!(state.authorizations[0], Some(format!("Basic {joined}")));
}

#[test]
fn a_collection_runs_with_the_token() {
    let (service, server) = started();
    let folder = folder(&service, REFRESH);
    let collection = serde_json::json!({
        "info": { "name": "c", "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json" },
        "item": [{
            "name": "list",
            "request": {
                "method": "GET",
                "header": [{ "key": "Authorization", "value": "Bearer {{token}}" }],
                "url": "{{baseUrl}}/Users",
            },
            "event": [{ "listen": "test", "script": { "exec": [
                "pm.test('it is a list', () => pm.response.to.have.status(200));"
            ] } }],
        }],
    });
    std::fs::write(folder.path().join("c.json"), collection.to_string()).unwrap();
    let ended = scimulate(&folder, &["import", "postman", "c.json", "--target", "acme"]);
    assert_eq!(ended.code, 0, "{}", ended.text());
    assert!(ended.text().contains("1 passed"), "{}", ended.text());
    assert_eq!(server.state.lock().unwrap().tokens, 1);
}

#[test]
fn a_refresh_token_that_ends_under_way_is_told_as_okta_tells_it() {
    let (service, server) = started();
    server.state.lock().unwrap().only = Some(2);
    let folder = folder(&service, REFRESH);
    let built_in = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/okta/lifecycle.yaml");
    let run = scimulate(&folder, &["run", "--target", "acme", "--dialect", "oin", built_in]);
    assert_eq!(run.code, 4, "{}", run.text());
    let told = "The credentials used to connect to the API were invalid; please check your configuration. Errors reported by remote server: the token was revoked";
    assert!(run.text().contains(told), "{}", run.text());
}

#[test]
fn without_an_access_token_nothing_begins_and_the_servers_words_say_why() {
    let (service, server) = started();
    server.state.lock().unwrap().only = Some(0);
    let folder = folder(&service, REFRESH);
    for command in ["run", "check"] {
        let ended = scimulate(&folder, &[command, "--target", "acme"]);
        assert_eq!(ended.code, 3, "{}", ended.text());
        assert!(ended.text().contains("gave no access token: the token was revoked"), "{}", ended.text());
        assert!(ended.text().contains("has to authorize again"), "{}", ended.text());
        assert!(!ended.text().contains("Check the URL"), "{}", ended.text());
    }
}

#[test]
fn what_cannot_work_is_said_before_anything_is_sent() {
    let (service, server) = started();
    for (auth, told) in [
        (
            REFRESH.replace("\"REFRESH\"", "\"NOT_SET\""),
            "the environment variable `NOT_SET` is not set; export it with the refresh token",
        ),
        (
            REFRESH.replace("{origin}", "idp"),
            "`idp/token` is not a token URL; `token-url` must begin with http:// or https://",
        ),
        (REFRESH.replace("client-id", "client-name"), "client-name"),
    ] {
        let folder = folder(&service, &auth);
        let ended = scimulate(&folder, &["run", "--target", "acme"]);
        assert_eq!(ended.code, 1, "{}", ended.text());
        assert!(ended.text().contains(told), "{}", ended.text());
    }
    assert_eq!(server.state.lock().unwrap().forms, Vec::<String>::new());
}
