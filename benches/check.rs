//! How long a check takes of a target that answers in 50 ms, as a ratio to its longest chain of dependent
//! requests, which no check can beat. The last line has the time of a check of the reference as it is. Asserts
//! nothing about time.
//!
//! Run with `cargo bench --bench check`.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark fails by panicking and prints its result"
)]
#![expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]

use std::sync::Arc;
use std::time::Duration;

use scimulate::checks::{self, CheckOptions, CheckReport, Profile, Subject};
use scimulate::exchange::{
    BoxFuture, InProcess, Limits, Masker, Patience, Request, Response, Transport, TransportError,
};
use scimulate::reference::http::{Preset, Reference, ReferenceOptions};

const LATENCY: Duration = Duration::from_millis(50);

/// Answers late.
struct Distant {
    near: Arc<dyn Transport>,
    latency: Duration,
}

impl Transport for Distant {
    fn send<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Response, TransportError>> {
        Box::pin(async move {
            tokio::time::sleep(self.latency).await;
            self.near.send(request).await
        })
    }
}

fn subject(latency: Duration) -> Subject {
    use base64::Engine as _;
    let reference = Reference::new(ReferenceOptions {
        preset: Preset::Rfc,
        origin: "https://reference.test".into(),
        start: jiff::Timestamp::constant(1_767_225_600, 0),
        live: Some(Arc::new(jiff::Timestamp::now)),
        seed: 1,
        console_username: "admin".into(),
        console_password: "console".into(),
    });
    let provider = reference.add_provider("Okta").unwrap();
    let credential = base64::engine::general_purpose::STANDARD
        .encode(format!("{}:{}", provider.username, provider.password));
    let near: Arc<dyn Transport> = Arc::new(InProcess::new(reference.router()));
    Subject {
        base_url: provider.base_url,
        authorization: Some(format!("Basic {credential}")),
        second: None,
        headers: Vec::new(),
        transport: Arc::new(Distant { near, latency }),
    }
}

async fn check(latency: Duration, jobs: usize) -> (CheckReport, Duration) {
    let began = std::time::Instant::now();
    let options = CheckOptions {
        profiles: vec![Profile::Rfc, Profile::Okta, Profile::Oin],
        levels: Vec::new(),
        only: Vec::new(),
        read_only: false,
        jobs,
        rate: None,
        prefix: "bench".into(),
        user_template: serde_json::json!({}),
        masker: Masker::new(),
        patience: Arc::new(Patience::new(Limits::WAIT, Arc::new(move || began.elapsed()), Arc::new(|_| ()))),
        interruption: scimulate::exchange::Interruption::new(),
        elapsed: Arc::new(move || began.elapsed()),
        progress: Arc::new(|_, _, _| ()),
    };
    let report = checks::check(subject(latency), options).await.unwrap();
    (report, began.elapsed())
}

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    println!("  jobs  exchanges  longest chain  takes at 50 ms  times the chain");
    for jobs in [8, 16, 32] {
        let (report, took) = runtime.block_on(check(LATENCY, jobs));
        let chain = LATENCY * u32::try_from(report.longest_chain).unwrap();
        println!(
            "{jobs:6}  {:9}  {:13}  {:12.2} s  {:15.2}",
            report.exchanges,
            report.longest_chain,
            took.as_secs_f64(),
            took.as_secs_f64() / chain.as_secs_f64()
        );
    }
    let (report, took) = runtime.block_on(check(Duration::ZERO, 8));
    println!("of the reference in process: {} exchanges in {:.2} s", report.exchanges, took.as_secs_f64());
}
