//! What goes over the wire, read as raw bytes from a socket: okta-client §2 and §3.

use std::sync::Arc;

use rstest::rstest;
use scimulate::checks::Document;
use scimulate::clients::operation::{
    AddMember, App, Assign, Group, Person, PushGroup, Switches, TestCredentials, Unassign, UnlinkGroup,
};
use scimulate::clients::{Definition, Dialect, Operation, Pacing, Simulator};
use scimulate::exchange::Auth;
use scimulate::exchange::{BoxFuture, Tcp, TcpOptions};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

struct NoWaiting;

impl Pacing for NoWaiting {
    fn wait<'a>(&'a self, _: &'a str, _: u64) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(async { Ok(()) })
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

fn test_user() -> Person {
    Person {
        login: "test.user@okta.local".into(),
        first_name: Some("Test".into()),
        last_name: Some("User".into()),
        ..Person::default()
    }
}

fn simulator(dialect: Dialect, port: u16) -> Simulator {
    simulator_of(dialect, port, App::default(), &[("test", test_user())], &[])
}

fn simulator_of(
    dialect: Dialect,
    port: u16,
    app: App,
    people: &[(&str, Person)],
    groups: &[(&str, Group)],
) -> Simulator {
    // A second installation in the same process is refused, and that is fine.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let definition = Definition {
        dialect,
        app,
        people: people.iter().map(|(key, person)| ((*key).to_owned(), person.clone())).collect(),
        groups: groups.iter().map(|(key, group)| ((*key).to_owned(), group.clone())).collect(),
        seed: 0,
    };
    let transport = Arc::new(Tcp::new(&TcpOptions::default()).unwrap());
    let mut simulator = Simulator::new(definition, transport, Arc::new(NoWaiting));
    simulator.connect(&format!("http://127.0.0.1:{port}/scim/v2"), &Auth::Bearer { token: "token".into() });
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

/// The account that a vendor's engineer served to Okta, and logged what came back: okta-client §3.8, §3.10.
const MONA: &str = r#"{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"id":"5fc0c238-1112-11e8-8e45-920c87bdbd75","externalId":"00u1dhhb1fkIGP7RL1d8","meta":{"resourceType":"User","created":"2018-02-13T15:05:24.000-08:00","lastModified":"2018-02-13T15:05:55.000-08:00","location":"https://api.github.com/scim/v2/organizations/octo-org/Users/5fc0c238-1112-11e8-8e45-920c87bdbd75"},"userName":"octocat@github.com","displayName":"Mona Octocat","active":true,"emails":[{"value":"octocat@github.com","primary":true}],"name":{"familyName":"Octocat","givenName":"Mona","formatted":"Mona Octocat"}}"#;

#[tokio::test]
async fn the_wizards_app_links_with_607_bytes_and_deactivates_with_579() {
    let listed = format!(
        r#"200 {{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":1,"startIndex":1,"itemsPerPage":1,"Resources":[{MONA}]}}"#
    );
    let mona = || format!("200 {MONA}");
    let (port, requests) = listening(vec![listed, mona(), mona(), mona(), mona()]).await;
    let jane = Person {
        login: "jane@test.com".into(),
        first_name: Some("Jane".into()),
        last_name: Some("Smith".into()),
        locale: Some("en-US".into()),
        ..Person::default()
    };
    let mut simulator = simulator_of(Dialect::Aiw, port, App::default(), &[("jane", jane)], &[]);
    simulator.perform(&Operation::Assign(Assign { user: "jane".into() })).await.unwrap();
    simulator.perform(&Operation::Unassign(Unassign { user: "jane".into() })).await.unwrap();
    let requests = requests.await.unwrap();
    let lines: Vec<&str> = requests.iter().map(|request| request.lines().next().unwrap()).collect();
    let at = "/scim/v2/Users/5fc0c238-1112-11e8-8e45-920c87bdbd75 HTTP/1.1";
    assert_eq!(
        lines,
        [
            "GET /scim/v2/Users?filter=userName%20eq%20%22jane%40test.com%22&startIndex=1&count=100 HTTP/1.1",
            &format!("GET {at}"),
            &format!("PUT {at}"),
            &format!("GET {at}"),
            &format!("PUT {at}"),
        ]
    );
    let (head, body) = requests[2].split_once("\r\n\r\n").unwrap();
    assert!(head.contains("\r\nContent-Length: 607\r\n"), "{head}");
    assert_eq!(body.len(), 607);
    let sent: serde_json::Value = serde_json::from_str(body).unwrap();
    let logged = json!({
        "active": true,
        "displayName": "Jane Smith",
        "emails": [{ "primary": true, "type": "work", "value": "jane@test.com" }],
        "externalId": sent["externalId"],
        "groups": [],
        "id": "5fc0c238-1112-11e8-8e45-920c87bdbd75",
        "locale": "en-US",
        "meta": {
            "created": "2018-02-13T15:05:24.000-08:00",
            "lastModified": "2018-02-13T15:05:55.000-08:00",
            "location": "https://api.github.com/scim/v2/organizations/octo-org/Users/5fc0c238-1112-11e8-8e45-920c87bdbd75",
            "resourceType": "User"
        },
        "name": { "familyName": "Smith", "formatted": "Mona Octocat", "givenName": "Jane" },
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": "jane@test.com"
    });
    assert_eq!(sent, logged);
    let okta_id = sent["externalId"].as_str().unwrap();
    assert!(okta_id.len() == 20 && okta_id.starts_with("00u"), "{okta_id}");
    let (head, body) = requests[4].split_once("\r\n\r\n").unwrap();
    assert!(head.contains("\r\nContent-Length: 579\r\n"), "{head}");
    assert_eq!(body, MONA.replace("\"active\":true", "\"active\":false"));
}

/// Bob and Pete of the group that Okta's reference prints, with the ids that it prints for them.
fn bob_and_pete() -> [(&'static str, Person); 2] {
    let person = |login: &str| Person { login: login.into(), ..Person::default() };
    [("bob", person("bob@ad.oktatest.com")), ("pete", person("pete@ad.oktatest.com"))]
}

const BOB: &str = "978dc5c3d4aa4014a3678e9d30ef093a";
const PETE: &str = "54c76a50f48c42e38c10f350f8e6055e";
const GROUP: &str = "8599fdac3d3142d6beebfc363d2e01a9";

fn user(id: &str) -> String {
    format!("201 {}", json!({ "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "id": id }))
}

fn group_of(members: &[&str]) -> String {
    let members: Vec<_> = members.iter().map(|id| json!({ "value": id })).collect();
    let group = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "id": GROUP, "displayName": "SCIM_test1",
        "members": members
    });
    format!("200 {group}")
}

#[tokio::test]
async fn the_wizards_app_puts_the_group_of_293_bytes() {
    // okta-client §2.1, §3.17d: the body and its length as Okta's reference prints them.
    let answers = vec![
        empty_list(),
        user(BOB),
        empty_list(),
        user(PETE),
        empty_list(),
        group_of(&[]).replacen("200", "201", 1),
        group_of(&[]),
        group_of(&[]),
    ];
    let (port, requests) = listening(answers).await;
    let group = Group { name: "SCIM_test1".into(), members: vec!["bob".into(), "pete".into()] };
    let mut simulator =
        simulator_of(Dialect::Aiw, port, App::default(), &bob_and_pete(), &[("group", group)]);
    for who in ["bob", "pete"] {
        simulator.perform(&Operation::Assign(Assign { user: who.into() })).await.unwrap();
    }
    simulator.perform(&Operation::PushGroup(PushGroup { group: "group".into() })).await.unwrap();
    let requests = requests.await.unwrap();
    assert!(
        requests[4].starts_with("GET /scim/v2/Groups?filter=displayName%20eq%20%22SCIM_test1%22&startIndex=1&count=100 HTTP/1.1\r\n"),
        "{}",
        requests[4]
    );
    let (head, body) = requests[7].split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with(&format!("PUT /scim/v2/Groups/{GROUP} HTTP/1.1\r\n")), "{head}");
    assert!(head.contains("\r\nContent-Length: 293\r\n"), "{head}");
    assert_eq!(
        body,
        r#"{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"id":"8599fdac3d3142d6beebfc363d2e01a9","displayName":"SCIM_test1","members":[{"value":"978dc5c3d4aa4014a3678e9d30ef093a","display":"bob@ad.oktatest.com"},{"value":"54c76a50f48c42e38c10f350f8e6055e","display":"pete@ad.oktatest.com"}]}"#
    );
}

#[tokio::test]
async fn the_catalogues_app_pushes_members_and_deletes_the_group_as_printed() {
    // okta-client §3.17b, c, d, h.
    let answers = vec![
        empty_list(),
        user(BOB),
        empty_list(),
        user(PETE),
        empty_list(),
        group_of(&[BOB]).replacen("200", "201", 1),
        group_of(&[BOB]),
        group_of(&[BOB]),
        group_of(&[BOB, PETE]),
        "204 ".into(),
    ];
    let (port, requests) = listening(answers).await;
    let group = Group { name: "SCIM_test1".into(), members: vec!["bob".into()] };
    let mut simulator =
        simulator_of(Dialect::Oin, port, App::default(), &bob_and_pete(), &[("group", group)]);
    for who in ["bob", "pete"] {
        simulator.perform(&Operation::Assign(Assign { user: who.into() })).await.unwrap();
    }
    simulator.perform(&Operation::PushGroup(PushGroup { group: "group".into() })).await.unwrap();
    simulator
        .perform(&Operation::AddMember(AddMember { group: "group".into(), user: "pete".into() }))
        .await
        .unwrap();
    simulator
        .perform(&Operation::UnlinkGroup(UnlinkGroup { group: "group".into(), delete: true }))
        .await
        .unwrap();
    let requests = requests.await.unwrap();
    let bodies: Vec<&str> =
        requests[5..].iter().map(|request| request.split_once("\r\n\r\n").unwrap().1).collect();
    assert_eq!(
        bodies,
        [
            format!(
                r#"{{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"SCIM_test1","members":[{{"value":"{BOB}","display":"bob@ad.oktatest.com"}}]}}"#
            ),
            format!(
                r#"{{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{{"op":"add","path":"members","value":[{{"value":"{BOB}","display":"bob@ad.oktatest.com"}}]}}]}}"#
            ),
            format!(
                r#"{{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{{"op":"replace","value":{{"id":"{GROUP}","displayName":"SCIM_test1"}}}}]}}"#
            ),
            format!(
                r#"{{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{{"op":"add","path":"members","value":[{{"value":"{PETE}","display":"pete@ad.oktatest.com"}}]}}]}}"#
            ),
            String::new(),
        ]
    );
    // The printed DELETE has a content type although it has no body.
    assert_eq!(
        requests[9],
        format!(
            "DELETE /scim/v2/Groups/{GROUP} HTTP/1.1\r\n\
             Accept: application/scim+json\r\n\
             Accept-Charset: utf-8\r\n\
             Content-Type: application/scim+json; charset=utf-8\r\n\
             User-Agent: Okta SCIM Client 1.0.0\r\n\
             Authorization: Bearer token\r\n\
             Host: 127.0.0.1:{port}\r\n\
             Connection: Keep-Alive\r\n\
             Accept-Encoding: gzip,deflate\r\n\r\n"
        )
    );
}

#[rstest]
#[case::now(false, "o'neil+x@example.com", "userName%20eq%20%22o%27neil%2Bx%40example.com%22")]
#[case::in_2018(true, "o'neil+x@example.com", "userName+eq+%22o%27neil%2Bx%40example.com%22")]
#[case::not_ascii(false, "zoë@example.com", "userName%20eq%20%22zo%C3%AB%40example.com%22")]
#[case::a_quote(false, "a\"b", "userName%20eq%20%22a%5C%22b%22")]
#[case::case_is_kept(false, "Ada@Example.com", "userName%20eq%20%22Ada%40Example.com%22")]
#[tokio::test]
async fn a_look_up_is_encoded_as_okta_does_it(#[case] form: bool, #[case] login: &str, #[case] filter: &str) {
    // okta-client §2.2, §3.3.
    let (port, requests) = listening(vec![empty_list(), created()]).await;
    let app =
        App { switches: Switches { form_encoded_filter: form, ..Switches::default() }, ..App::default() };
    let person = Person { login: login.into(), ..Person::default() };
    let mut simulator = simulator_of(Dialect::Oin, port, app, &[("who", person)], &[]);
    simulator.perform(&Operation::Assign(Assign { user: "who".into() })).await.unwrap();
    let requests = requests.await.unwrap();
    let line = requests[0].lines().next().unwrap();
    assert_eq!(line, format!("GET /scim/v2/Users?filter={filter}&startIndex=1&count=100 HTTP/1.1"));
}

#[rstest]
#[case::basic(Auth::Basic { username: "okta".into(), password: "s3cret".into() }, Some("Basic b2t0YTpzM2NyZXQ="))]
#[case::bearer(Auth::Bearer { token: "abc".into() }, Some("Bearer abc"))]
#[case::header(Auth::Header { value: "Token abc".into() }, Some("Token abc"))]
#[case::none(Auth::None, None)]
#[tokio::test]
async fn each_mode_of_authentication_has_its_field(#[case] authorization: Auth, #[case] field: Option<&str>) {
    // okta-client §2.3.
    let (port, requests) = listening(vec![empty_list()]).await;
    let mut simulator = simulator(Dialect::Oin, port);
    simulator.connect(&format!("http://127.0.0.1:{port}/scim/v2"), &authorization);
    simulator.perform(&Operation::TestCredentials(TestCredentials {})).await.unwrap();
    let requests = requests.await.unwrap();
    let sent = requests[0].lines().find_map(|line| line.strip_prefix("Authorization: "));
    assert_eq!(sent, field);
}
