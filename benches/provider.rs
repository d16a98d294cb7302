//! What the reference's operations cost with 1,000 and with 1,000,000 users, beside a bare axum handler that
//! answers the same bytes. Criterion measures; the table at the end shows the ratios. Asserts nothing about
//! time.
//!
//! Run with `cargo bench --bench provider`; with `-- --quick` it takes a minute.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark fails by panicking and prints its result"
)]
#![expect(clippy::disallowed_methods, reason = "a benchmark measures real time and reads its own process")]

use std::path::Path;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use base64::Engine as _;
use criterion::Criterion;
use http::Request;
use http_body_util::BodyExt as _;
use scimulate::reference::http::{Preset, Reference, ReferenceOptions};
use serde_json::{Value, json};
use tower::ServiceExt as _;

const SIZES: [usize; 2] = [1_000, 1_000_000];
const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const OPERATIONS: [&str; 7] = [
    "GET by id",
    "userName eq, hit",
    "userName eq, miss",
    "page of an import",
    "PATCH active",
    "POST",
    "PATCH add one member",
];

/// A service full of people, and who may use it.
struct Service {
    router: Router,
    authorization: String,
    size: usize,
}

/// Nothing waits in this process, so a future is ready when it is polled.
fn block<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return value;
        }
    }
}

impl Service {
    fn new(size: usize) -> Self {
        let reference = Reference::new(ReferenceOptions {
            preset: Preset::Rfc,
            origin: "https://reference.test".into(),
            start: "2026-01-01T00:00:00Z".parse().unwrap(),
            live: None,
            seed: 0,
            console_username: "admin".into(),
            console_password: "console".into(),
        });
        let provider = reference.add_provider("Okta").unwrap();
        reference.add_people(&provider, size).unwrap();
        let credentials = format!("{}:{}", provider.username, provider.password);
        let authorization =
            format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(credentials));
        Self { router: reference.router(), authorization, size }
    }

    fn request(&self, method: &str, path: &str, body: &str) -> Request<Body> {
        Request::builder()
            .method(method)
            .uri(format!("/scim/v2{path}"))
            .header("authorization", &self.authorization)
            .header("accept", "application/scim+json")
            .body(Body::from(body.to_owned()))
            .unwrap()
    }

    fn send(&self, method: &str, path: &str, body: &str) -> Vec<u8> {
        answer(&self.router, self.request(method, path, body))
    }

    fn json(&self, path: &str) -> Value {
        serde_json::from_slice(&self.send("GET", path, "")).unwrap()
    }

    /// Identifiers of `count` users from a position on.
    fn ids(&self, position: usize, count: usize) -> Vec<String> {
        let page = self.json(&format!("/Users?attributes=id&startIndex={position}&count={count}"));
        let resources = page["Resources"].as_array().unwrap();
        resources.iter().map(|user| user["id"].as_str().unwrap().to_owned()).collect()
    }

    /// A group with as many members as there are users, up to 100,000; gives its identifier.
    fn group(&self) -> String {
        let made =
            json!({ "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "Everyone" });
        let made: Value = serde_json::from_slice(&self.send("POST", "/Groups", &made.to_string())).unwrap();
        let id = made["id"].as_str().unwrap().to_owned();
        for first in (1..self.size.min(100_000)).step_by(200) {
            let members: Vec<Value> = self.ids(first, 200).iter().map(|id| json!({ "value": id })).collect();
            self.send("PATCH", &format!("/Groups/{id}"), &members_patch("add", &json!(members)));
        }
        id
    }
}

fn answer(router: &Router, request: Request<Body>) -> Vec<u8> {
    block(async {
        let response = router.clone().oneshot(request).await.unwrap();
        let good = response.status().is_success();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        assert!(good, "{}", String::from_utf8_lossy(&body));
        body.to_vec()
    })
}

fn patch(operation: &Value) -> String {
    json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [operation] })
        .to_string()
}

fn members_patch(op: &str, members: &Value) -> String {
    patch(&json!({ "op": op, "path": "members", "value": members }))
}

/// Times what `timed` does and leaves out what `after` does.
fn leaving_out(rounds: u64, mut timed: impl FnMut(), mut after: impl FnMut()) -> Duration {
    let mut total = Duration::ZERO;
    for _ in 0..rounds {
        let began = Instant::now();
        timed();
        total += began.elapsed();
        after();
    }
    total
}

fn measure(criterion: &mut Criterion, service: &Service) {
    let size = service.size;
    let one = format!("/Users/{}", service.ids(size / 2, 1)[0]);
    let name = service.json(&one)["userName"].as_str().unwrap().to_owned();
    let mut bench = |operation: &str, run: &mut dyn FnMut(u64) -> Duration| {
        criterion.bench_function(&format!("{operation} {size}"), |bencher| bencher.iter_custom(&mut *run));
    };
    let reads = [
        ("GET by id", one.clone()),
        ("userName eq, hit", format!("/Users?filter=userName%20eq%20%22{name}%22&startIndex=1&count=100")),
        (
            "userName eq, miss",
            "/Users?filter=userName%20eq%20%22nobody%40example.com%22&startIndex=1&count=100".to_owned(),
        ),
        // Page 9,000 of an import by hundreds, or the same place in a smaller one.
        ("page of an import", format!("/Users?startIndex={}&count=100", size / 10 * 9 + 1)),
    ];
    for (operation, path) in reads {
        bench(operation, &mut |rounds| leaving_out(rounds, || drop(service.send("GET", &path, "")), || {}));
    }
    let mut state = false;
    bench("PATCH active", &mut |rounds| {
        let mut toggle = || {
            state = !state;
            let body = patch(&json!({ "op": "replace", "value": { "active": !state } }));
            service.send("PATCH", &one, &body);
        };
        leaving_out(rounds, &mut toggle, || {})
    });
    let body = json!({ "schemas": [USER], "userName": "new@example.com",
        "name": { "givenName": "N", "familyName": "N" }, "externalId": "00uNEW", "active": true,
        "emails": [{ "value": "new@example.com", "primary": true, "type": "work" }] })
    .to_string();
    let made = std::cell::RefCell::new(Vec::new());
    bench("POST", &mut |rounds| {
        let remove = || {
            let user: Value = serde_json::from_slice(&made.borrow()).unwrap();
            service.send("DELETE", &format!("/Users/{}", user["id"].as_str().unwrap()), "");
        };
        leaving_out(rounds, || *made.borrow_mut() = service.send("POST", "/Users", &body), remove)
    });
    let group = format!("/Groups/{}", service.group());
    let outside: Value = serde_json::from_slice(&service.send("POST", "/Users", &body)).unwrap();
    let member = json!([{ "value": outside["id"] }]);
    let (add, remove) = (members_patch("add", &member), members_patch("remove", &member));
    bench("PATCH add one member", &mut |rounds| {
        let timed = || drop(service.send("PATCH", &group, &add));
        leaving_out(rounds, timed, || drop(service.send("PATCH", &group, &remove)))
    });
}

/// The same bytes from a handler that does nothing.
fn bare(criterion: &mut Criterion, service: &Service) {
    let path = format!("/Users/{}", service.ids(1, 1)[0]);
    let body = bytes::Bytes::from(service.send("GET", &path, ""));
    let handler = move || async move {
        ([("content-type", "application/scim+json"), ("etag", "W/\"1\"")], body.clone())
    };
    let router = Router::new().route("/scim/v2/Users/{id}", get(handler));
    criterion.bench_function("bare handler", |bencher| {
        bencher.iter(|| answer(&router, service.request("GET", &path, "")));
    });
}

/// Nanoseconds, as criterion wrote them down.
fn median(folder: &Path, name: &str) -> f64 {
    let path = folder.join(name).join("new/estimates.json");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str::<Value>(&text).unwrap()["median"]["point_estimate"].as_f64().unwrap()
}

/// Resident memory in KiB.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let mut criterion = Criterion::default()
        .output_directory(folder.path())
        .without_plots()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
        .sample_size(20)
        .configure_from_args();
    let small = Service::new(SIZES[0]);
    bare(&mut criterion, &small);
    measure(&mut criterion, &small);
    let (before, began) = (resident(), Instant::now());
    let large = Service::new(SIZES[1]);
    let (grown, took) = (resident().saturating_sub(before), began.elapsed());
    measure(&mut criterion, &large);
    let bare = median(folder.path(), "bare handler");
    println!("\n{:22} {:>12} {:>12} {:>8} {:>14}", "", "1,000", "1,000,000", "ratio", "/ bare handler");
    for operation in OPERATIONS {
        let [few, many] = SIZES.map(|size| median(folder.path(), &format!("{operation} {size}")));
        println!(
            "{operation:22} {:>9.2} µs {:>9.2} µs {:>8.2} {:>14.2}",
            few / 1e3,
            many / 1e3,
            many / few,
            many / bare
        );
    }
    println!("bare handler           {:>9.2} µs", bare / 1e3);
    println!(
        "memory: {:.0} bytes a user at 1,000,000; made at {:.1} µs a user",
        grown as f64 * 1024.0 / SIZES[1] as f64,
        took.as_secs_f64() * 1e6 / SIZES[1] as f64
    );
}
