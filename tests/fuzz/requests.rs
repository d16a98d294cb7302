//! Fuzz target: mutated filters, PATCH paths, values, bodies, cursors and bulk requests, sent to the strict
//! reference as a client would send them. Whatever comes, there is no panic, no server error, every refusal
//! is a SCIM error with the status of the response, and the users can still be listed.
//!
//! The first byte chooses what the rest is. Built and run for a bounded time by `run.sh`.
#![no_main]

use std::cell::RefCell;

use base64::Engine as _;
use libfuzzer_sys::fuzz_target;
use scimulate::exchange::{InProcess, Request, Response, Transport as _, percent_encode};
use scimulate::reference::http::{Preset, Reference, ReferenceOptions};
use serde_json::{Value, json};

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// A service with one user and one group, used for some requests and then thrown away.
struct Service {
    transport: InProcess,
    authorization: String,
    user: String,
    group: String,
    runtime: tokio::runtime::Runtime,
    sent: usize,
}

impl Service {
    fn new() -> Self {
        let reference = Reference::new(ReferenceOptions {
            preset: Preset::Rfc,
            origin: "https://reference.test".into(),
            start: "2026-01-01T00:00:00Z".parse().expect("a time"),
            live: None,
            seed: 0,
            console_username: "admin".into(),
            console_password: "console".into(),
        });
        let provider = reference.add_provider("Okta").expect("a provider");
        let credentials = format!("{}:{}", provider.username, provider.password);
        let mut service = Self {
            transport: InProcess::new(reference.router()),
            authorization: format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(credentials)),
            user: String::new(),
            group: String::new(),
            runtime: tokio::runtime::Builder::new_current_thread().build().expect("a runtime"),
            sent: 0,
        };
        let user = json!({ "schemas": [USER], "userName": "ada", "title": "T", "name": { "givenName": "Ada" },
            "emails": [{ "value": "a@b.c", "type": "work", "primary": true }] });
        service.user = service.made("/Users", &user);
        let group = json!({ "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "G",
            "members": [{ "value": service.user }] });
        service.group = service.made("/Groups", &group);
        service
    }

    fn made(&self, path: &str, body: &Value) -> String {
        let made = self.send("POST", path, body.to_string().as_bytes()).json().expect("JSON");
        made["id"].as_str().expect("an id").to_owned()
    }

    fn send(&self, method: &str, path: &str, body: &[u8]) -> Response {
        let request = Request {
            method: method.into(),
            url: format!("https://reference.test/scim/v2{path}"),
            headers: vec![("authorization".into(), self.authorization.clone())],
            body: (method != "GET").then(|| body.to_vec().into()),
        };
        self.runtime.block_on(self.transport.send(&request)).expect("an answer")
    }

    fn check(&self, method: &str, path: &str, body: &[u8]) {
        let answer = self.send(method, path, body);
        assert!(answer.status < 500, "{method} {path}: {}", answer.status);
        if answer.status >= 400 {
            let error = answer.json().expect("an error is JSON");
            assert_eq!(error["status"], answer.status.to_string(), "{error}");
            assert!(error["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{error}");
        }
        if method != "GET" {
            let listed = self.send("GET", "", b"").json().expect("a list");
            let resources = listed["Resources"].as_array().expect("resources");
            assert_eq!(listed["totalResults"], resources.len().min(200), "{listed}");
        }
    }
}

thread_local! {
    static SERVICE: RefCell<Service> = RefCell::new(Service::new());
}

fn operation(op: &str, path: Option<&str>, value: &Value) -> Vec<u8> {
    let mut operation = json!({ "op": op, "value": value });
    if let Some(path) = path {
        operation["path"] = json!(path);
    }
    json!({ "schemas": [PATCH], "Operations": [operation] }).to_string().into_bytes()
}

fuzz_target!(|input: &[u8]| {
    let Some((kind, rest)) = input.split_first() else { return };
    let text = String::from_utf8_lossy(rest);
    SERVICE.with_borrow_mut(|service| {
        service.sent += 1;
        if service.sent > 200 {
            *service = Service::new();
        }
        let (user, group) = (format!("/Users/{}", service.user), format!("/Groups/{}", service.group));
        let (first, second) = text.split_once('\0').unwrap_or((&text, "x"));
        let value: Value = serde_json::from_str(second).unwrap_or_else(|_| json!(second));
        match kind % 12 {
            0 => service.check("GET", &format!("/Users?filter={}", percent_encode(&text)), b""),
            1 => service.check("GET", &format!("/Groups?filter={}", percent_encode(&text)), b""),
            2 => service.check("GET", &format!("?filter={}", percent_encode(&text)), b""),
            3 => service.check("PATCH", &user, &operation("replace", Some(first), &value)),
            4 => service.check("PATCH", &user, &operation("add", Some(first), &value)),
            5 => service.check("PATCH", &group, &operation("remove", Some(first), &value)),
            6 => service.check("PATCH", &group, &operation("add", Some(first), &value)),
            7 => service.check("POST", "/Users", rest),
            8 => service.check("PATCH", &user, rest),
            9 => service.check("POST", "/Bulk", rest),
            10 => service.check("POST", "/Users/.search", rest),
            _ => service.check("GET", &format!("/Users?cursor={}&count=1&sortBy={}", percent_encode(first), percent_encode(second)), b""),
        }
    });
});
