//! Deliberate defects of the wire, each served on a real socket: the judge breaks over TCP what it breaks in
//! process (`tests/kill-matrix.txt`).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use scimulate::checks::dictionary;
use scimulate::checks::{self, CheckOptions, Profile, Subject, Verdict};
use scimulate::exchange::{Interruption, Limits, Masker, Patience, Tcp, TcpOptions};
use scimulate::faults::{self, Fault};
use scimulate::reference::http::{Preset, Reference, ReferenceOptions};
use serde_json::json;

/// What begins so is about methods, statuses, header fields, negotiation, authentication or the bytes of bodies.
const OF_THE_WIRE: [&str; 30] = [
    "accept-",
    "auth-",
    "body-",
    "conflict-",
    "content-type-",
    "create-200",
    "create-empty-body",
    "create-no-location",
    "cursor-characters",
    "delete-200",
    "error-empty",
    "error-html",
    "error-labelled-html",
    "error-text",
    "etag-",
    "filter-plus-",
    "html-",
    "huge-",
    "if-",
    "latin-1",
    "lines-joined",
    "login-page",
    "method-",
    "no-content-",
    "not-found-",
    "okta-c",
    "put-204",
    "truncated",
    "unauthorized-",
    "version-",
];

/// What a socket does not show, and why.
const UNSEEN: [(&str, &str); 1] = [
    // The server's HTTP library sends no body with 204, whatever the handler says.
    ("no-content-with-body", "response.no-content"),
];

/// More of them at once would wait for each other's processor time.
const AT_ONCE: usize = 8;

/// Of each fault the requirements that it breaks in process, with the words of their verdicts.
fn matrix() -> BTreeMap<&'static str, BTreeSet<&'static str>> {
    let lines = include_str!("../kill-matrix.txt").lines().filter_map(|line| line.split_once(": "));
    lines
        .map(|(name, told)| {
            // What a race decides is nothing to insist on.
            let told = told.split(", ").filter(|told| !told.starts_with('~') && *told != "nothing");
            (name, told.filter(|told| !UNSEEN.contains(&(name, *told))).collect())
        })
        .collect()
}

#[expect(clippy::disallowed_methods, reason = "the service's own clock")]
fn now() -> jiff::Timestamp {
    jiff::Timestamp::now()
}

#[expect(clippy::disallowed_methods, reason = "real time, as the program measures it")]
fn stopwatch() -> Arc<dyn Fn() -> Duration + Send + Sync> {
    let began = std::time::Instant::now();
    Arc::new(move || began.elapsed())
}

/// The strict reference with this fault on a socket.
async fn served(fault: &'static Fault) -> Subject {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let reference = Reference::new(ReferenceOptions {
        preset: Preset::Rfc,
        origin: format!("http://{}", listener.local_addr().unwrap()),
        start: now(),
        live: Some(Arc::new(now)),
        seed: 0,
        console_username: "admin@reference.test".into(),
        console_password: "console-password".into(),
    });
    let provider = |name: &str| {
        let provider = reference.add_provider(name).unwrap();
        let pair = format!("{}:{}", provider.username, provider.password);
        let encoded = base64::engine::general_purpose::STANDARD.encode(pair);
        (provider.base_url, Some(format!("Basic {encoded}")))
    };
    let ((base_url, authorization), (_, second)) = (provider("Okta"), provider("Another"));
    let router = faults::layer(reference.router(), vec![fault]);
    tokio::spawn(async move { axum::serve(listener, router).await });
    let transport = Arc::new(Tcp::new(&TcpOptions::default()).unwrap());
    Subject { base_url, authorization, second, headers: Vec::new(), transport }
}

/// What the judge says over TCP of the requirements in `only`, or of all if there is none there.
async fn examined(fault: &'static Fault, only: Vec<String>) -> Result<BTreeSet<String>, String> {
    let options = CheckOptions {
        profiles: vec![Profile::Rfc, Profile::Okta, Profile::Oin],
        levels: Vec::new(),
        only,
        read_only: false,
        jobs: 16,
        rate: None,
        prefix: "scimulate-x".into(),
        user_template: json!({}),
        masker: Masker::new(),
        patience: Arc::new(Patience::new(Limits::WAIT, stopwatch(), Arc::new(|_| {}))),
        interruption: Interruption::new(),
        elapsed: stopwatch(),
        progress: Arc::new(|_, _, _| {}),
    };
    let report = checks::check(served(fault).await, options).await.map_err(|error| error.to_string())?;
    let told = report.requirements.iter().filter_map(|entry| match &entry.verdict {
        Verdict::Failed => Some(entry.requirement.to_string()),
        other @ (Verdict::Warning | Verdict::Note) => {
            Some(format!("{} ({})", entry.requirement, other.word()))
        }
        _ => None,
    });
    Ok(told.collect())
}

/// What of `told` is not broken over TCP.
async fn unnoticed(fault: &'static Fault, mut told: BTreeSet<&'static str>) -> Vec<String> {
    let slugs = told.iter().map(|told| told.split(' ').next().unwrap_or_default().to_owned()).collect();
    // What a requirement is broken by may be a request of another one's probe: then all are asked.
    for only in [slugs, Vec::new()] {
        match examined(fault, only).await {
            Ok(broken) => told.retain(|told| !broken.contains(*told)),
            // Begun in process, it has to begin here, too.
            Err(error) => return vec![format!("{}: the check could not begin: {error}", fault.name)],
        }
        if told.is_empty() {
            break;
        }
    }
    told.into_iter()
        .map(|told| format!("{}: {told} is broken in process, and not over TCP", fault.name))
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_noticed_in_process_is_noticed_over_tcp() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut matrix = matrix();
    let of_the_wire = |fault: &&&Fault| OF_THE_WIRE.iter().any(|prefix| fault.name.starts_with(prefix));
    let chosen: Vec<&'static Fault> = dictionary::all().iter().filter(of_the_wire).copied().collect();
    assert!(chosen.len() >= 40, "only {} faults are of the wire", chosen.len());
    for prefix in OF_THE_WIRE {
        assert!(chosen.iter().any(|fault| fault.name.starts_with(prefix)), "no fault begins with {prefix}");
    }
    let mut waiting = chosen.into_iter();
    let mut running = tokio::task::JoinSet::new();
    let mut wrong = Vec::new();
    loop {
        while running.len() < AT_ONCE
            && let Some(fault) = waiting.next()
        {
            let told = matrix.remove(fault.name).unwrap_or_default();
            assert!(!told.is_empty(), "the kill matrix says nothing that breaks under {}", fault.name);
            running.spawn(unnoticed(fault, told));
        }
        let Some(done) = running.join_next().await else { break };
        wrong.extend(done.unwrap());
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
