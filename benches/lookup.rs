//! What the store's indexes are worth: Okta's look-up by userName, answered by the index, side by side with
//! a filter that has to look at every user. Prints a ratio; asserts nothing about time.
//!
//! Run with `cargo bench`.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark fails by panicking and prints its result"
)]
#![expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]

use std::time::{Duration, Instant};

use base64::Engine as _;
use scimulate::exchange::{InProcess, Request, Transport as _};
use scimulate::reference::http::{Preset, Reference, ReferenceOptions};

const USERS: usize = 5_000;
const ROUNDS: usize = 20;

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let reference = Reference::new(ReferenceOptions {
            preset: Preset::Seed,
            origin: "https://reference.test".into(),
            start: "2026-01-01T00:00:00Z".parse().unwrap(),
            live: None,
            seed: 0,
            console_username: "admin".into(),
            console_password: "console".into(),
        });
        let provider = reference.add_provider("Okta").unwrap();
        let credentials = base64::engine::general_purpose::STANDARD
            .encode(format!("{}:{}", provider.username, provider.password));
        let transport = InProcess::new(reference.router());
        let send = async |method: &str, path: &str, body: Option<String>| {
            let request = Request {
                method: method.into(),
                url: format!("https://reference.test/scim/v2{path}"),
                headers: vec![("authorization".into(), format!("Basic {credentials}"))],
                body: body.map(Into::into),
            };
            let response = transport.send(&request).await.unwrap();
            assert!(response.is_success(), "{}", String::from_utf8_lossy(&response.body));
        };
        let began = Instant::now();
        for number in 0..USERS {
            let body = format!(
                r#"{{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"user{number}@example.com"}}"#
            );
            send("POST", "/Users", Some(body)).await;
        }
        println!("create: {:?} a user, {USERS} users", began.elapsed() / u32::try_from(USERS).unwrap());
        let mut times = Vec::new();
        for operator in ["eq", "sw"] {
            let path = format!("/Users?filter=userName%20{operator}%20%22user4999%40example.com%22&startIndex=1&count=100");
            let began = Instant::now();
            for _ in 0..ROUNDS {
                send("GET", &path, None).await;
            }
            let time: Duration = began.elapsed() / u32::try_from(ROUNDS).unwrap();
            println!("look-up with {operator}: {time:?}");
            times.push(time);
        }
        println!("the index is {:.0} times as fast as looking at every user", times[1].as_secs_f64() / times[0].as_secs_f64());
    });
}
