//! The pages for developers, as a browser without scripts meets them: the Okta page drives the simulator
//! against this service or another, the traffic is shown masked, clock, faults and preset act.

use crate::support::browser;

use std::sync::Arc;

use browser::{Browser, reference};
use rstest::rstest;
use scimulate::exchange::TcpOptions;
use scimulate::panel::{Panel, PanelOptions};
use serde_json::{Value, json};

const OKTA: &str = "/developer/okta";
const TRAFFIC: &str = "/developer/traffic";
const SERVICE: &str = "/developer/service";

/// Signed in, on a service with pages for developers whose provider is `Okta`; with its credentials.
fn panel() -> (Browser, (String, String)) {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let reference = reference();
    let provider = reference.add_provider("Okta").unwrap();
    let options = PanelOptions {
        faults: Vec::new(),
        fill: Arc::new(|reference| reference.add_provider("Okta").map(drop)),
        now: Arc::new(|| jiff::Timestamp::constant(1_767_225_600, 0)),
        seed: 1,
        tcp: TcpOptions::default(),
    };
    let mut browser = Browser::on(Panel::new(reference, options).router());
    browser.sign_in();
    (browser, (provider.username, provider.password))
}

fn press(browser: &mut Browser, button: &str, fields: &[(&str, &str)]) -> browser::Answer {
    browser.get(OKTA);
    browser.send_to(&format!("{OKTA}/{button}"), fields)
}

fn connected() -> (Browser, (String, String)) {
    let (mut browser, credentials) = panel();
    let fields = [
        ("baseUrl", "http://reference.test/scim/v2"),
        ("kind", "basic"),
        ("username", credentials.0.as_str()),
        ("secret", credentials.1.as_str()),
    ];
    assert!(press(&mut browser, "connect", &fields).status_text().contains("configured"));
    (browser, credentials)
}

fn users(browser: &Browser) -> Vec<Value> {
    browser.api("GET", "/console/v1/state", None).1["users"].as_array().unwrap().clone()
}

#[rstest]
#[case(OKTA)]
#[case(TRAFFIC)]
#[case(SERVICE)]
fn the_pages_for_developers_need_a_sign_in_and_their_forms_the_token(#[case] path: &str) {
    let (mut browser, _) = panel();
    assert_eq!(browser.another().ask("GET", path, None, &[]).status, 303);
    assert_eq!(browser.ask("POST", &format!("{path}/reset"), Some(&[]), &[]).status, 403);
    let page = browser.get(path);
    assert!(page.status == 200 && page.header("content-security-policy").is_some());
    assert!(page.body.contains(r#"aria-current="page""#));
    assert_eq!(browser.get("/developer/nowhere").status, 404);
}

#[test]
fn credentials_are_tested_and_wrong_ones_are_told() {
    let (mut browser, credentials) = panel();
    let early = press(&mut browser, "test", &[]);
    assert!(early.alert().contains("no base URL"), "{}", early.alert());
    let mut fields = [
        ("baseUrl", "http://reference.test/scim/v2"),
        ("kind", "basic"),
        ("username", credentials.0.as_str()),
        ("secret", "not the password"),
    ];
    press(&mut browser, "connect", &fields);
    let wrong = press(&mut browser, "test", &[]);
    assert!(wrong.alert().contains("Error authenticating"), "{}", wrong.alert());
    fields[3].1 = &credentials.1;
    press(&mut browser, "connect", &fields);
    let right = press(&mut browser, "test", &[]);
    assert_eq!(right.status_text(), "Code42 was verified successfully!");
    assert!(right.body.contains("GET /scim/v2/Users?startIndex=1&amp;count=2"));
    for page in [&wrong, &right] {
        assert!(!page.body.contains(&credentials.1) && !page.body.contains("not the password"));
    }
}

#[test]
fn the_buttons_assign_push_suspend_and_deactivate() {
    let (mut browser, _) = connected();
    let assigned = press(&mut browser, "assign", &[("person", "ada")]);
    assert!(
        assigned.status_text().contains("Assign Ada Lovelace: done with 2 requests"),
        "{}",
        assigned.status_text()
    );
    press(&mut browser, "assign", &[("person", "grace")]);
    let names: Vec<Value> = users(&browser).iter().map(|user| user["username"].clone()).collect();
    assert_eq!(names, [json!("ada@example.com"), json!("grace@example.com")]);
    press(&mut browser, "push-group", &[("group", "executives")]);
    let groups = browser.api("GET", "/console/v1/state", None).1["groups"].clone();
    assert_eq!(groups[0]["members"], json!(["ada@example.com", "grace@example.com"]));
    press(&mut browser, "remove-member", &[("group", "executives"), ("person", "ada")]);
    let groups = browser.api("GET", "/console/v1/state", None).1["groups"].clone();
    assert_eq!(groups[0]["members"], json!(["grace@example.com"]));

    // Suspending sends nothing, and yet nobody suspended can sign in.
    let suspended = press(&mut browser, "suspend", &[("person", "ada")]);
    assert!(suspended.status_text().contains("nothing was sent"));
    assert_eq!(
        (&users(&browser)[0]["state"], &users(&browser)[0]["access"]["canSignIn"]),
        (&json!("ACTIVE"), &json!(false))
    );
    press(&mut browser, "unsuspend", &[("person", "ada")]);
    assert_eq!(users(&browser)[0]["access"]["canSignIn"], true);
    press(&mut browser, "deactivate", &[("person", "ada")]);
    assert_eq!(users(&browser)[0]["state"], "PENDING_DEACTIVATION");
    press(&mut browser, "reactivate", &[("person", "ada")]);
    press(&mut browser, "assign", &[("person", "ada")]);
    assert_eq!(users(&browser)[0]["state"], "ACTIVE");
    press(&mut browser, "unassign", &[("person", "grace")]);
    assert_eq!(users(&browser)[1]["state"], "PENDING_DEACTIVATION");
    assert!(press(&mut browser, "unsuspend", &[("person", "ada")]).alert().contains("not suspended"));
    assert!(press(&mut browser, "assign", &[("person", "nobody")]).alert().contains("no person `nobody`"));
}

#[test]
fn attributes_are_added_and_force_sync_pushes_them() {
    let (mut browser, _) = connected();
    press(&mut browser, "assign", &[("person", "test")]);
    assert_eq!(users(&browser)[0]["riskProfile"]["title"], Value::Null);
    let fields = [
        ("use", "title"),
        ("title.externalName", "title"),
        ("title.namespace", "urn:ietf:params:scim:schemas:core:2.0:User"),
        ("title.from", "title"),
        ("use", "locality"),
        ("locality.externalName", "addresses.^[primary==true].locality"),
        ("locality.namespace", "urn:ietf:params:scim:schemas:core:2.0:User"),
        ("locality.from", "city"),
    ];
    let saved = press(&mut browser, "mappings", &fields);
    assert!(saved.status_text().contains("nothing was sent"), "{}", saved.status_text());
    press(&mut browser, "force-sync", &[]);
    let profile = users(&browser)[0]["riskProfile"].clone();
    assert_eq!((&profile["title"], &profile["locality"]), (&json!("Tester"), &json!("London")));

    // Trouble case 3: the title in the wrong namespace is a server error, and the administrator sees it.
    let mut wrong = fields;
    wrong[2].1 = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
    press(&mut browser, "mappings", &wrong);
    let failed = press(&mut browser, "force-sync", &[]);
    assert!(
        failed.alert().contains("Automatic profile push of user Test User to app Code42 failed"),
        "{}",
        failed.alert()
    );
    press(&mut browser, "mappings", &fields);
    press(&mut browser, "retry", &[("person", "test")]);
    assert!(!browser.get(OKTA).body.contains("tasks-heading"), "the task is gone");
}

#[test]
fn people_and_groups_are_added_and_profiles_changed() {
    let (mut browser, _) = connected();
    browser.get(&format!("{OKTA}/people/add"));
    let hostile = "<script>alert(1)</script>";
    browser.send(&[("login", "eve@example.com"), ("firstName", hostile), ("lastName", "Eve")]);
    browser.get(&format!("{OKTA}/people/add"));
    assert!(browser.send(&[("login", "EVE@example.com")]).alert().contains("exists already"));
    browser.get(&format!("{OKTA}/groups/add"));
    browser.send(&[("name", "Eavesdroppers"), ("member", "eve-example-com")]);
    press(&mut browser, "assign", &[("person", "eve-example-com")]);
    press(&mut browser, "push-group", &[("group", "eavesdroppers")]);
    let state = browser.api("GET", "/console/v1/state", None).1;
    assert_eq!(state["groups"][0]["members"], json!(["eve@example.com"]));
    browser.get(&format!("{OKTA}/people/eve-example-com"));
    let page = browser.send(&[("login", "eve@example.com"), ("firstName", "Eva"), ("lastName", "Eve")]);
    assert!(page.status_text().contains("done with"), "{} {}", page.status_text(), page.alert());
    assert_eq!(users(&browser)[0]["firstName"], "Eva");
    browser.get(&format!("{OKTA}/people/add"));
    browser.send(&[("login", "mallory@example.com"), ("firstName", hostile)]);
    press(&mut browser, "assign", &[("person", "mallory-example-com")]);
    for path in [OKTA, TRAFFIC, SERVICE] {
        let page = browser.get(path);
        assert!(!page.body.contains("<script>"), "{path}");
    }
    assert!(browser.get(OKTA).body.contains("&lt;script&gt;"));
    assert!(browser.get(TRAFFIC).body.contains("&lt;script&gt;"));
}

#[test]
fn the_traffic_is_shown_with_operation_and_entries_and_without_secrets() {
    let (mut browser, credentials) = connected();
    press(&mut browser, "assign", &[("person", "ada")]);
    let user = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": "secretive@example.com",
        "password": "hunter2-hunter2",
        "active": true,
    });
    assert_eq!(browser.scim(&credentials, "POST", "/Users", Some(&user)).0, 201);
    let refused = json!({ "userName": "nobody" });
    assert_eq!(browser.scim(&credentials, "POST", "/Users", Some(&refused)).0, 400);
    let page = browser.get(TRAFFIC);
    let text = &page.body;
    assert!(text.contains("Assign Ada Lovelace") && text.contains("User created"), "{text}");
    assert!(text.contains("Request rejected"), "a refused request has its entry too");
    assert!(text.contains("secretive@example.com") && !text.contains("hunter2"));
    assert!(!text.contains(&credentials.1) && text.contains("Basic ***"));
    let newest = text.find("400 Bad Request").unwrap();
    assert!(newest < text.find("Assign Ada Lovelace").unwrap(), "the newest first");
    browser.send_to(TRAFFIC, &[]);
    assert!(browser.get(TRAFFIC).body.contains("Nothing has gone by yet"));
}

#[test]
fn the_list_of_traffic_is_bounded() {
    let (mut browser, credentials) = panel();
    for number in 0..250 {
        browser.scim(&credentials, "GET", &format!("/Users?startIndex={}", number + 1), None);
    }
    let page = browser.get(TRAFFIC);
    assert_eq!(page.body.matches("<article").count(), 100);
    assert!(page.body.contains("startIndex=250") && !page.body.contains("startIndex=150<"));
}

#[test]
fn faults_are_switched_on_and_off_while_it_runs() {
    let (mut browser, credentials) = panel();
    let user = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": "ada@example.com",
        "password": "hunter2-hunter2",
    });
    browser.get(SERVICE);
    let page = browser.send_to(&format!("{SERVICE}/faults"), &[("fault", "password-returned")]);
    assert_eq!(page.status_text(), "The fault password-returned is on.");
    assert!(page.body.contains(r#"value="password-returned" checked"#));
    let (_, made) = browser.scim(&credentials, "POST", "/Users", Some(&user));
    assert!(made["password"].is_string(), "{made}");
    let traffic = browser.get(TRAFFIC);
    assert!(traffic.body.contains("Rules that the answer breaks") && traffic.body.contains("User created"));
    assert!(!traffic.body.contains("hunter2"));
    browser.get(SERVICE);
    browser.send_to(&format!("{SERVICE}/faults"), &[("none", "true")]);
    let id = made["id"].as_str().unwrap();
    assert!(browser.scim(&credentials, "GET", &format!("/Users/{id}"), None).1["password"].is_null());
    let unknown = browser.send_to(&format!("{SERVICE}/faults"), &[("fault", "no-such-fault")]);
    assert!(unknown.alert().contains("no such fault"));
}

#[test]
fn the_clock_is_advanced_and_the_preset_changed() {
    let (mut browser, credentials) = connected();
    press(&mut browser, "assign", &[("person", "ada")]);
    press(&mut browser, "deactivate", &[("person", "ada")]);
    let page = browser.get(SERVICE);
    assert!(
        page.body.contains("Advance the delay of Okta (15 min)")
            && page.body.contains("ada@example.com, at 2026-01-01 00:15:00 UTC")
    );
    let page = browser.send_to(&format!("{SERVICE}/advance"), &[("seconds", "900")]);
    assert!(page.status_text().contains("2026-01-01 00:15:00 UTC"), "{}", page.status_text());
    assert_eq!(users(&browser)[0]["state"], "DEACTIVATED");
    browser.send_to(&format!("{SERVICE}/advance"), &[("amount", "2"), ("unit", "3600")]);
    assert_eq!(browser.api("GET", "/console/v1/clock", None).1["now"], "2026-01-01T02:15:00.000Z");
    for wrong in ["0", "-5", "soon", "9223372036854775807"] {
        let refused = browser.send_to(&format!("{SERVICE}/advance"), &[("amount", wrong), ("unit", "86400")]);
        assert!(!refused.alert().is_empty(), "{wrong}");
    }
    browser.send_to(&format!("{SERVICE}/preset"), &[("preset", "rfc")]);
    assert_eq!(browser.api("GET", "/console/v1/presets", None).1["preset"], "RFC");
    assert_eq!(browser.scim(&credentials, "GET", "/Users", None).0, 200);
}

#[test]
fn a_reset_begins_again_and_keeps_who_is_signed_in() {
    let (mut browser, credentials) = connected();
    press(&mut browser, "assign", &[("person", "ada")]);
    browser.get(SERVICE);
    browser.send_to(&format!("{SERVICE}/faults"), &[("fault", "password-returned")]);
    browser.send_to(&format!("{SERVICE}/advance"), &[("seconds", "86400")]);
    browser.send_to(&format!("{SERVICE}/preset"), &[("preset", "rfc")]);
    let page = browser.send_to(&format!("{SERVICE}/reset"), &[]);
    assert!(page.status_text().contains("began again") && page.body.contains("None is on."));
    let state = browser.api("GET", "/console/v1/state", None).1;
    assert_eq!((&state["users"], &state["now"]), (&json!([]), &json!("2026-01-01T00:00:00.000Z")));
    assert_eq!(state["providers"][0]["displayName"], "Okta");
    assert_eq!(browser.api("GET", "/console/v1/presets", None).1["preset"], "SEED");
    // The same seed gives the same credentials, so nothing has to be entered again elsewhere.
    assert_eq!(browser.scim(&credentials, "GET", "/Users", None).0, 200);
    let okta = browser.get(OKTA);
    assert!(!okta.body.contains("Last action") && okta.body.contains("Not assigned"));
}

#[test]
fn the_okta_page_reaches_another_service_and_tells_when_there_is_none() {
    let (mut browser, _) = panel();
    // Nobody listens on the port that was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let base = format!("http://127.0.0.1:{port}/scim/v2");
    press(&mut browser, "connect", &[("baseUrl", &base), ("kind", "bearer"), ("secret", "a-long-token")]);
    let page = press(&mut browser, "test", &[]);
    assert!(page.alert().contains("Error authenticating"), "{}", page.alert());
    assert!(!page.body.contains("a-long-token"));
    let wrong =
        press(&mut browser, "connect", &[("baseUrl", "ftp://x"), ("kind", "bearer"), ("secret", "token")]);
    assert!(wrong.alert().contains("http://"));
    let wrong = press(&mut browser, "connect", &[("baseUrl", &base), ("kind", "basic"), ("secret", "token")]);
    assert_eq!(wrong.alert(), "Enter the user name.");
}
