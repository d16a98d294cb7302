//! What goes over the wire, read as raw bytes from a socket: okta-client §2 and §3.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use indexmap::IndexMap;
use scimulate::checks::Document;
use scimulate::exchange::{BoxFuture, Tcp, TcpOptions};
use scimulate::okta::operation::{App, Assign, Person, TestCredentials, Unassign};
use scimulate::okta::{Authorization, Definition, Dialect, Operation, Pacing, Simulator};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

struct NoWaiting;

impl Pacing for NoWaiting {
    fn wait<'a>(&'a self, _: &'a str, _: u64) -> BoxFuture<'a, ()> {
        Box::pin(async {})
    }
}

/// Answers each request in turn with one of `answers`, and gives the raw requests back.
async fn listening(answers: Vec<String>) -> (u16, tokio::task::JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let task = tokio::spawn(async move {
        let mut requests = Vec::new();
        let mut answers = answers.into_iter();
        while answers.len() > 0 {
            let (mut socket, _) = listener.accept().await.unwrap();
            loop {
                let mut bytes = Vec::new();
                let mut chunk = [0; 4096];
                let whole = loop {
                    let count = socket.read(&mut chunk).await.unwrap_or(0);
                    if count == 0 {
                        break false;
                    }
                    bytes.extend_from_slice(&chunk[..count]);
                    let text = String::from_utf8_lossy(&bytes);
                    let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
                    let length = head
                        .lines()
                        .find_map(|line| {
                            line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse::<usize>().ok()
                        })
                        .unwrap_or(0);
                    if body.len() >= length {
                        break true;
                    }
                };
                if !whole {
                    break;
                }
                requests.push(String::from_utf8(bytes).unwrap());
                let Some(body) = answers.next() else { return requests };
                let (status, body) = body.split_once(' ').unwrap();
                let answer = format!(
                    "HTTP/1.1 {status} OK\r\nContent-Type: application/scim+json\r\nContent-Length: {}\r\n\r\n{body}",
                    body.len()
                );
                socket.write_all(answer.as_bytes()).await.unwrap();
                if answers.len() == 0 {
                    return requests;
                }
            }
        }
        requests
    });
    (port, task)
}

fn simulator(dialect: Dialect, port: u16) -> Simulator {
    // A second installation in the same process is refused, and that is fine.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let person = Person {
        login: "test.user@okta.local".into(),
        first_name: Some("Test".into()),
        last_name: Some("User".into()),
        ..Person::default()
    };
    let definition = Definition {
        dialect,
        app: App::default(),
        people: IndexMap::from([("test".to_owned(), person)]),
        groups: IndexMap::new(),
        seed: 0,
    };
    let transport = Arc::new(Tcp::new(&TcpOptions::default()).unwrap());
    let mut simulator = Simulator::new(definition, transport, Arc::new(NoWaiting));
    simulator.connect(&format!("http://127.0.0.1:{port}/scim/v2"), &Authorization::Bearer("token".into()));
    simulator
}

fn empty_list() -> String {
    r#"200 {"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":0,"startIndex":1,"itemsPerPage":0,"Resources":[]}"#.into()
}

fn created() -> String {
    format!(
        "201 {}",
        json!({ "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "id": "42", "userName": "test.user@okta.local", "active": true })
    )
}

#[tokio::test]
async fn the_test_of_credentials_is_the_request_that_okta_sends() {
    let (port, requests) = listening(vec![empty_list()]).await;
    simulator(Dialect::Aiw, port).perform(&Operation::TestCredentials(TestCredentials {})).await.unwrap();
    let expected = format!(
        "GET /scim/v2/Users?startIndex=1&count=2 HTTP/1.1\r\n\
         Accept: application/scim+json\r\n\
         Accept-Charset: utf-8\r\n\
         User-Agent: Okta SCIM Client 1.0.0\r\n\
         Authorization: Bearer token\r\n\
         Host: 127.0.0.1:{port}\r\n\
         Connection: Keep-Alive\r\n\
         Accept-Encoding: gzip,deflate\r\n\r\n"
    );
    assert_eq!(requests.await.unwrap(), [expected]);
}

#[tokio::test]
async fn assigning_and_unassigning_is_a_look_up_a_create_and_the_118_bytes() {
    let (port, requests) = listening(vec![empty_list(), created(), created()]).await;
    let mut simulator = simulator(Dialect::Oin, port);
    simulator.perform(&Operation::Assign(Assign { user: "test".into() })).await.unwrap();
    simulator.perform(&Operation::Unassign(Unassign { user: "test".into() })).await.unwrap();
    let requests = requests.await.unwrap();
    assert!(requests[0].starts_with(
        "GET /scim/v2/Users?filter=userName%20eq%20%22test.user%40okta.local%22&startIndex=1&count=100 HTTP/1.1\r\n"
    ));
    let (head, body) = requests[1].split_once("\r\n\r\n").unwrap();
    let names: Vec<&str> = head.lines().skip(1).map(|line| line.split_once(": ").unwrap().0).collect();
    assert_eq!(
        names,
        [
            "Accept",
            "Accept-Charset",
            "Content-Type",
            "User-Agent",
            "Authorization",
            "Content-Length",
            "Host",
            "Connection",
            "Accept-Encoding"
        ]
    );
    assert!(head.contains("\r\nContent-Type: application/scim+json; charset=utf-8\r\n"), "{head}");
    assert!(head.contains(&format!("\r\nContent-Length: {}\r\n", body.len())), "{head}");
    assert!(body.starts_with(
        r#"{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"test.user@okta.local","name":{"givenName":"Test","familyName":"User"},"emails":[{"primary":true,"value":"test.user@okta.local","type":"work"}],"#
    ), "{body}");
    let (head, body) = requests[2].split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("PATCH /scim/v2/Users/42 HTTP/1.1\r\n"), "{head}");
    assert_eq!(body.len(), 118);
    assert_eq!(
        body,
        r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","value":{"active":false}}]}"#
    );
    assert_eq!(Document::PatchOp.mismatches(&serde_json::from_str(body).unwrap()), []);
}

#[tokio::test]
async fn the_wizards_app_deactivates_by_get_and_put_and_changes_nothing_else() {
    // okta-client §3.10: 579 bytes were logged, of the server's document with `active` changed.
    let server = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "id": "42", "externalId": "foreign",
        "userName": "test.user@okta.local", "active": true, "unknown": { "kept": [1, null] }
    });
    let (port, requests) =
        listening(vec![empty_list(), created(), format!("200 {server}"), format!("200 {server}")]).await;
    let mut simulator = simulator(Dialect::Aiw, port);
    simulator.perform(&Operation::Assign(Assign { user: "test".into() })).await.unwrap();
    simulator.perform(&Operation::Unassign(Unassign { user: "test".into() })).await.unwrap();
    let requests = requests.await.unwrap();
    assert!(requests[2].starts_with("GET /scim/v2/Users/42 HTTP/1.1\r\n"));
    assert!(requests[3].starts_with("PUT /scim/v2/Users/42 HTTP/1.1\r\n"));
    let body = requests[3].split_once("\r\n\r\n").unwrap().1;
    assert_eq!(body, server.to_string().replace("\"active\":true", "\"active\":false"));
}
