//! What a run creates is gone when it has ended, whatever ended it, or is told; and nothing else is ever written to.

use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use serde_json::{Value, json};

use crate::support::program::{Ended, program, scimulate};
use crate::support::service::{Service, resources, service};

fn user(service: &Service) -> String {
    format!("{}:{}", service.username, service.password)
}

/// The arguments with those of the target.
fn against<'a>(service: &'a Service, user: &'a str, arguments: &[&'a str]) -> Vec<&'a str> {
    [arguments, &["--target", &service.base_url, "--user", user]].concat()
}

fn ran(service: &Service, arguments: &[&str]) -> Ended {
    scimulate(&against(service, &user(service), arguments))
}

/// Sends one request past the program.
fn send(service: &Service, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let credential = base64::engine::general_purpose::STANDARD.encode(user(service));
    let mut request = reqwest::Client::new()
        .request(method.parse().unwrap(), format!("{}{path}", service.base_url))
        .header("Authorization", format!("Basic {credential}"))
        .header("Content-Type", "application/scim+json")
        .header("X-Past-The-Program", "1");
    if let Some(body) = body {
        request = request.body(body.to_string());
    }
    service.runtime.block_on(async {
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        (status, serde_json::from_str(&response.text().await.unwrap()).unwrap_or(Value::Null))
    })
}

/// A user of somebody else.
fn stranger(service: &Service, name: &str) -> String {
    let body = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": name,
        "name": {"givenName": "Sam", "familyName": "Stranger"},
        "emails": [{"value": name, "type": "work", "primary": true}],
        "active": true,
    });
    let (status, made) = send(service, "POST", "/Users", Some(body));
    assert_eq!(status, 201, "{made}");
    made["id"].as_str().unwrap().to_owned()
}

fn is_creation(request: &Request) -> bool {
    let path = request.uri().path();
    request.method() == Method::POST && (path.ends_with("/Users") || path.ends_with("/Groups"))
}

/// A service that tells of each creation before it is carried out.
fn told(slow: Duration) -> (Service, mpsc::Receiver<()>) {
    let (tell, creations) = mpsc::channel();
    let service = service(move |request: Request, next: Next| {
        let tell = tell.clone();
        async move {
            if is_creation(&request) {
                let _ = tell.send(());
                tokio::time::sleep(slow).await;
            }
            next.run(request).await
        }
    });
    (service, creations)
}

fn start(service: &Service, arguments: &[&str]) -> Child {
    let user = user(service);
    let mut command = program();
    command.args(against(service, &user, arguments)).current_dir(std::env::temp_dir());
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

#[cfg(unix)]
fn signal(child: &Child, signal: &str) {
    let sent = std::process::Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
}

#[cfg(unix)]
#[rstest::rstest]
#[case::check_early(&["check"], "-TERM", 1)]
#[case::check(&["check"], "-HUP", 30)]
#[case::check_late(&["check"], "-INT", 90)]
#[case::run(&["run", "--tag", "okta"], "-TERM", 6)]
#[case::run_at_once(&["run", "--tag", "okta"], "-HUP", 1)]
#[case::rehearsal(&["oin"], "-TERM", 20)]
fn a_signal_leaves_nothing_behind(#[case] arguments: &[&str], #[case] which: &str, #[case] after: usize) {
    let (service, creations) = told(Duration::from_millis(20));
    let child = start(&service, arguments);
    for _ in 0..after {
        creations.recv().unwrap();
    }
    signal(&child, which);
    let ended: Ended = child.wait_with_output().unwrap().into();
    assert_eq!(ended.code, 3, "{}", ended.text());
    assert!(ended.err.contains("interrupted: deleting what this"), "{}", ended.err);
    assert_eq!((resources(&service, "/Users"), resources(&service, "/Groups")), (0, 0), "{}", ended.text());
}

/// The service carries the creation out after everybody has stopped waiting for its answer.
#[cfg(unix)]
#[test]
fn a_creation_that_is_under_way_when_the_signal_comes_is_deleted() {
    let (service, creations) = told(Duration::from_secs(4));
    let child = start(&service, &["run", "okta/lifecycle", "--dialect", "oin"]);
    creations.recv().unwrap();
    signal(&child, "-TERM");
    let ended: Ended = child.wait_with_output().unwrap().into();
    assert_eq!(ended.code, 3, "{}", ended.text());
    assert_eq!(resources(&service, "/Users"), 0, "{}", ended.text());
}

#[cfg(unix)]
#[test]
fn a_second_signal_ends_the_program_and_tells_what_is_left() {
    let (tell, deletions) = mpsc::channel();
    let service = service(move |request: Request, next: Next| {
        let tell = tell.clone();
        async move {
            if request.method() == Method::DELETE && request.headers().get("x-past-the-program").is_none() {
                let _ = tell.send(());
                std::future::pending::<()>().await;
            }
            next.run(request).await
        }
    });
    let child = start(&service, &["run", "okta/lifecycle", "--dialect", "oin"]);
    // The scenario's own clean-up waits for the service.
    deletions.recv().unwrap();
    signal(&child, "-TERM");
    // And so does the one after the signal.
    deletions.recv().unwrap();
    signal(&child, "-TERM");
    let ended: Ended = child.wait_with_output().unwrap().into();
    assert_eq!(ended.code, 6, "{}", ended.text());
    assert!(ended.err.contains("could not be deleted, please remove by hand: /Users/"), "{}", ended.err);
    assert!(ended.err.contains("(scimulate-"), "{}", ended.err);
}

/// Reports of every kind, with the arguments that write them.
const REPORTS: [&str; 6] = ["json", "junit", "tap", "sarif", "markdown", "html"];

#[test]
fn what_could_not_be_deleted_is_told_in_every_report() {
    let service = service(|request: Request, next: Next| async move {
        // Says that it deletes, and does not.
        if request.method() == Method::DELETE {
            return StatusCode::NO_CONTENT.into_response();
        }
        next.run(request).await
    });
    let folder = tempfile::tempdir().unwrap();
    let files = REPORTS.map(|kind| folder.path().join(kind).to_str().unwrap().to_owned());
    let flags = REPORTS.map(|kind| format!("--report-{kind}"));
    let mut arguments = vec!["run", "okta/lifecycle", "--dialect", "oin"];
    for (flag, file) in flags.iter().zip(&files) {
        arguments.extend([flag.as_str(), file.as_str()]);
    }
    let ended = ran(&service, &arguments);
    assert_eq!(ended.code, 6, "{}", ended.text());
    assert!(ended.out.contains("could not be deleted, please remove by hand: /Users/"), "{}", ended.out);
    let (_, all) = send(&service, "GET", "/Users", None);
    let left = &all["Resources"][0];
    for file in &files {
        let text = std::fs::read_to_string(file).unwrap();
        let (id, name) = (left["id"].as_str().unwrap(), left["userName"].as_str().unwrap());
        assert!(text.contains(id) && text.contains(name), "{file} does not name {name}");
    }
}

#[test]
fn an_outage_of_the_service_is_waited_out() {
    let refused = Arc::new(AtomicUsize::new(0));
    let service = service(move |request: Request, next: Next| {
        let refused = Arc::clone(&refused);
        async move {
            if request.method() == Method::DELETE && refused.fetch_add(1, Ordering::Relaxed) < 3 {
                return StatusCode::SERVICE_UNAVAILABLE.into_response();
            }
            next.run(request).await
        }
    });
    let ended = ran(&service, &["run", "okta/lifecycle", "--dialect", "oin"]);
    assert_eq!((ended.code, resources(&service, "/Users")), (0, 0), "{}", ended.text());
}

#[test]
fn a_sweep_deletes_what_a_run_left_and_nothing_else() {
    let service = service(|request: Request, next: Next| next.run(request));
    let strangers = ["ada@example.com", "scimulate-team@example.com", "my-scimulate-1f0c9a3b-x@example.com"]
        .map(|name| stranger(&service, name));
    let ended = ran(&service, &["run", "okta/lifecycle", "--dialect", "oin", "--keep"]);
    assert_eq!(ended.code, 0, "{}", ended.text());
    let before = resources(&service, "/Users");
    assert!(before > 3, "{}", ended.text());

    let listed = ran(&service, &["sweep"]);
    assert_eq!((listed.code, resources(&service, "/Users")), (0, before), "{}", listed.text());
    assert_eq!(i64::try_from(listed.out.matches("/Users/").count()).unwrap(), before - 3, "{}", listed.out);

    for spared in [["--run", "00000000"], ["--older", "20y"]] {
        let ended = ran(&service, &[&["sweep", "--delete"], &spared[..]].concat());
        assert_eq!((ended.code, resources(&service, "/Users")), (0, before), "{}", ended.text());
    }

    let swept = ran(&service, &["sweep", "--delete"]);
    assert_eq!((swept.code, resources(&service, "/Users")), (0, 3), "{}", swept.text());
    for id in strangers {
        assert_eq!(send(&service, "GET", &format!("/Users/{id}"), None).0, 200);
    }
}

/// How a service may lie about whose resource an answer is about.
#[derive(Clone, Copy, Debug)]
enum Lie {
    /// The answer to a creation has somebody else's id.
    Id,
    /// The answer to a creation is somebody else's resource.
    Resource,
    /// Every look-up finds somebody else.
    List,
}

#[rstest::rstest]
fn nothing_is_written_to_what_somebody_else_created(
    #[values(Lie::Id, Lie::Resource, Lie::List)] lie: Lie,
    #[values(&["check"][..], &["run", "--tag", "okta"][..])] arguments: &[&str],
) {
    let other: Arc<Mutex<Option<Value>>> = Arc::default();
    let written: Arc<Mutex<Vec<String>>> = Arc::default();
    let (victim, log) = (Arc::clone(&other), Arc::clone(&written));
    let service = service(move |request: Request, next: Next| {
        let (victim, log) = (victim.lock().unwrap().clone(), Arc::clone(&log));
        async move {
            let Some(victim) = victim else { return next.run(request).await };
            let past = request.headers().get("x-past-the-program").is_some();
            let (method, path) = (request.method().clone(), request.uri().path().to_owned());
            let is_list = method == Method::GET && path.ends_with("/Users");
            let is_creation = method == Method::POST && path.ends_with("/Users");
            if !past && method != Method::GET {
                log.lock().unwrap().push(format!("{method} {path}"));
            }
            let response = next.run(request).await;
            let lies = match lie {
                Lie::Id | Lie::Resource => is_creation && response.status() == StatusCode::CREATED,
                Lie::List => is_list,
            };
            if past || !lies { response } else { lied(lie, response, &victim).await }
        }
    });
    let id = stranger(&service, "victim@example.org");
    let (_, before) = send(&service, "GET", &format!("/Users/{id}"), None);
    *other.lock().unwrap() = Some(before.clone());
    let ended = ran(&service, arguments);
    // A service that lies so does not pass.
    assert_eq!(ended.code, 4, "{}", ended.text());
    let (_, after) = send(&service, "GET", &format!("/Users/{id}"), None);
    assert_eq!(after, before);
    let own = format!("/Users/{id}");
    let written = written.lock().unwrap();
    let to_it: Vec<&String> = written.iter().filter(|line| line.ends_with(&own)).collect();
    assert_eq!(to_it, Vec::<&String>::new());
}

async fn lied(lie: Lie, response: Response, victim: &Value) -> Response {
    let (parts, body) = response.into_parts();
    let mut body: Value = serde_json::from_slice(&to_bytes(body, usize::MAX).await.unwrap()).unwrap();
    match lie {
        Lie::Id => {
            body["id"] = victim["id"].clone();
            body["meta"]["location"] = victim["meta"]["location"].clone();
        }
        Lie::Resource => body = victim.clone(),
        Lie::List => {
            body["Resources"] = json!([victim]);
            body["totalResults"] = json!(1);
            body["itemsPerPage"] = json!(1);
        }
    }
    let mut lied = Response::from_parts(parts, Body::from(body.to_string()));
    lied.headers_mut().remove("content-length");
    if lied.headers().contains_key("location") {
        let location = victim["meta"]["location"].as_str().unwrap();
        lied.headers_mut().insert("location", location.parse().unwrap());
    }
    lied
}

#[test]
fn two_checks_of_one_tenant_do_not_accuse_it_of_what_the_other_does() {
    let service = service(|request: Request, next: Next| next.run(request));
    let both = [start(&service, &["check"]), start(&service, &["check"])];
    for child in both {
        let ended: Ended = child.wait_with_output().unwrap().into();
        assert_eq!(ended.code, 0, "{}", ended.text());
    }
    assert_eq!((resources(&service, "/Users"), resources(&service, "/Groups")), (0, 0));
}

#[test]
fn a_check_beside_real_traffic_does_not_accuse_the_service_of_it() {
    let service = service(|request: Request, next: Next| next.run(request));
    let mut child = start(&service, &["check"]);
    let mut count = 0;
    while child.try_wait().unwrap().is_none() {
        count += 1;
        let id = stranger(&service, &format!("traffic-{count}@example.com"));
        assert_eq!(send(&service, "DELETE", &format!("/Users/{id}"), None).0, 204);
    }
    let ended: Ended = child.wait_with_output().unwrap().into();
    assert_eq!(ended.code, 0, "{} writes beside it\n{}", 2 * count, ended.text());
}
