//! How the cost of one large request grows with its size: 1,000 and 8,000 parts. A ratio near 8 is linear, one near 64
//! quadratic. Prints a table and asserts nothing about time.
//!
//! Run with `cargo bench --bench growth`; it takes some seconds.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark fails by panicking and prints its result"
)]
#![expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]

use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use axum::body::Body;
use base64::Engine as _;
use http::Request;
use http_body_util::BodyExt as _;
use scimulate::reference::http::{Preset, ProviderCredentials, Reference, ReferenceOptions};
use serde_json::{Value, json};
use tower::ServiceExt as _;

const SIZES: [usize; 2] = [1_000, 8_000];
const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
const ROUNDS: usize = 5;

/// A service, and who may use it.
struct Service {
    reference: Reference,
    provider: ProviderCredentials,
}

impl Service {
    fn new(preset: Preset, people: usize) -> Self {
        let reference = Reference::new(ReferenceOptions {
            preset,
            origin: "https://reference.test".into(),
            start: "2026-01-01T00:00:00Z".parse().unwrap(),
            live: None,
            seed: 0,
            console_username: "admin".into(),
            console_password: "console".into(),
        });
        let provider = reference.add_provider("Okta").unwrap();
        reference.add_people(&provider, people).unwrap();
        Self { reference, provider }
    }

    /// The answer, and how long it took.
    fn send(&self, method: &str, path: &str, body: &Value) -> (u16, Value, Duration) {
        let pair = format!("{}:{}", self.provider.username, self.provider.password);
        let pair = base64::engine::general_purpose::STANDARD.encode(pair);
        let request = Request::builder()
            .method(method)
            .uri(format!("/scim/v2{path}"))
            .header("authorization", format!("Basic {pair}"))
            .body(Body::from(body.to_string()))
            .unwrap();
        let began = Instant::now();
        // Nothing waits in this process, so a future is ready when it is polled.
        let mut future = pin!(async {
            let response = self.reference.router().oneshot(request).await.unwrap();
            let status = response.status().as_u16();
            (status, response.into_body().collect().await.unwrap().to_bytes())
        });
        loop {
            if let Poll::Ready((status, body)) = future.as_mut().poll(&mut Context::from_waker(Waker::noop()))
            {
                let took = began.elapsed();
                return (status, serde_json::from_slice(&body).unwrap_or_default(), took);
            }
        }
    }

    fn made(&self, path: &str, body: &Value) -> String {
        let (status, made, _) = self.send("POST", path, body);
        assert_eq!(status, 201, "{made}");
        made["id"].as_str().unwrap().to_owned()
    }

    fn people(&self, count: usize) -> Vec<Value> {
        let mut ids = Vec::new();
        while ids.len() < count {
            let path = format!("/Users?attributes=id&startIndex={}", ids.len() + 1);
            let (_, page, _) = self.send("GET", &path, &Value::Null);
            ids.extend(
                page["Resources"].as_array().unwrap().iter().map(|user| json!({ "value": user["id"] })),
            );
        }
        ids.truncate(count);
        ids
    }
}

fn patch(operations: impl IntoIterator<Item = Value>) -> Value {
    json!({ "schemas": [PATCH], "Operations": operations.into_iter().collect::<Vec<_>>() })
}

fn emails(count: usize) -> Vec<Value> {
    (0..count).map(|number| json!({ "value": format!("e{number}@example.com") })).collect()
}

/// Requests of one kind and size; what must come, and how long it took.
type Case = (&'static str, fn(usize) -> Duration);

const CASES: [Case; 7] = [
    ("PATCH: one operation adds n members", |count| {
        let service = Service::new(Preset::Rfc, count);
        let members = service.people(count);
        let id = service.made("/Groups", &json!({ "schemas": [GROUP], "displayName": "G" }));
        let body = patch([json!({ "op": "add", "path": "members", "value": members })]);
        timed(&service, "PATCH", &format!("/Groups/{id}"), &body, 204)
    }),
    ("PATCH: n operations add a member each", |count| {
        let service = Service::new(Preset::Rfc, count);
        let members = service.people(count);
        let id = service.made("/Groups", &json!({ "schemas": [GROUP], "displayName": "G" }));
        let body =
            patch(members.iter().map(|member| json!({ "op": "add", "path": "members", "value": [member] })));
        timed(&service, "PATCH", &format!("/Groups/{id}"), &body, 204)
    }),
    ("PUT: a group of n members", |count| {
        let service = Service::new(Preset::Rfc, count);
        let members = service.people(count);
        let id = service.made("/Groups", &json!({ "schemas": [GROUP], "displayName": "G" }));
        let body = json!({ "schemas": [GROUP], "displayName": "G", "members": members });
        timed(&service, "PUT", &format!("/Groups/{id}"), &body, 200)
    }),
    ("POST: a group of n members who are unknown", |count| {
        let service = Service::new(Preset::Seed, 0);
        let members: Vec<Value> = (0..count).map(|number| json!({ "value": number.to_string() })).collect();
        let body = json!({ "schemas": [GROUP], "displayName": "G", "members": members });
        timed(&service, "POST", "/Groups", &body, 201)
    }),
    ("PUT: a user of n e-mail addresses", |count| {
        let service = Service::new(Preset::Rfc, 0);
        let id = service.made("/Users", &json!({ "schemas": [USER], "userName": "a@example.com" }));
        let body = json!({ "schemas": [USER], "userName": "a@example.com", "emails": emails(count) });
        timed(&service, "PUT", &format!("/Users/{id}"), &body, 200)
    }),
    ("PATCH: n operations add an address each", |count| {
        let service = Service::new(Preset::Rfc, 0);
        let id = service.made("/Users", &json!({ "schemas": [USER], "userName": "a@example.com" }));
        let adds = emails(count).into_iter();
        let body = patch(adds.map(|email| json!({ "op": "add", "path": "emails", "value": [email] })));
        timed(&service, "PATCH", &format!("/Users/{id}"), &body, 200)
    }),
    ("POST /Bulk: n/8 groups, each holding the one after it", |count| {
        let service = Service::new(Preset::Rfc, 0);
        let count = count / 8;
        let group = |number: usize| {
            let members = if number + 1 < count {
                json!([{ "value": format!("bulkId:{}", number + 1) }])
            } else {
                json!([])
            };
            json!({ "method": "POST", "path": "/Groups", "bulkId": number.to_string(),
                "data": { "schemas": [GROUP], "displayName": number.to_string(), "members": members } })
        };
        let body = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
            "Operations": (0..count).map(group).collect::<Vec<_>>() });
        timed(&service, "POST", "/Bulk", &body, 200)
    }),
];

fn timed(service: &Service, method: &str, path: &str, body: &Value, expected: u16) -> Duration {
    let (status, answer, took) = service.send(method, path, body);
    assert_eq!(status, expected, "{}", answer["detail"]);
    took
}

fn main() {
    println!("| request | n = {} | n = {} | ratio |\n|---|---|---|---|", SIZES[0], SIZES[1]);
    for (name, run) in CASES {
        let [small, large] = SIZES.map(|count| (0..ROUNDS).map(|_| run(count)).min().unwrap());
        println!("| {name} | {small:.1?} | {large:.1?} | {:.1} |", large.as_secs_f64() / small.as_secs_f64());
    }
}
