//! The pages of the reference as a browser without scripts meets them: sign-in, forms, and what they do,
//! read back through the console's API.

use crate::support::browser;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use browser::{Answer, Browser};
use rstest::rstest;
use serde_json::{Value, json};

const PROVISIONING: &str = "/administration/identity-management/provisioning";
const SYNC_LOG: &str = "/administration/identity-management/sync-log";

/// Signed in, with the provider that the page made and its credentials.
fn with_provider() -> (Browser, String, (String, String)) {
    let mut browser = Browser::signed_in();
    browser.get(&format!("{PROVISIONING}/add"));
    let created = browser.send(&[("displayName", "Okta")]);
    let credentials = (created.value_of("username"), created.value_of("password"));
    let id = created.link_to("Done").rsplit('/').next().unwrap().to_owned();
    (browser, id, credentials)
}

fn push_user(browser: &Browser, credentials: &(String, String), login: &str) -> String {
    let body = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": login,
        "name": { "givenName": "Ada", "familyName": "Lovelace" },
        "emails": [{ "primary": true, "value": login, "type": "work" }],
        "active": true,
    });
    browser.scim(credentials, "POST", "/Users", Some(&body)).1["id"].as_str().unwrap().to_owned()
}

fn push_group(browser: &Browser, credentials: &(String, String), name: &str, members: &[&str]) -> String {
    let members: Vec<Value> = members.iter().map(|id| json!({ "value": id })).collect();
    let body = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
        "displayName": name,
        "members": members,
    });
    browser.scim(credentials, "POST", "/Groups", Some(&body)).1["id"].as_str().unwrap().to_owned()
}

fn add_organization(browser: &Browser, name: &str) -> String {
    let made = browser.api("POST", "/console/v1/organizations", Some(&json!({ "orgName": name })));
    made.1["orgId"].as_str().unwrap().to_owned()
}

#[rstest]
#[case("/")]
#[case("/administration")]
#[case(PROVISIONING)]
#[case("/administration/identity-management/provisioning/add")]
#[case(SYNC_LOG)]
#[case("/administration/identity-management/sync-log/csv")]
#[case("/administration/users")]
#[case("/administration/nowhere")]
fn nothing_is_reachable_without_signing_in(#[case] path: &str) {
    let mut browser = Browser::new();
    let answer = browser.ask("GET", path, None, &[]);
    assert_eq!(answer.status, 303);
    let to = answer.header("location").unwrap();
    assert_eq!(to, format!("/sign-in?to={}", path.replace('/', "%2F")));
    assert!(!answer.body.contains("Okta"));
}

#[test]
fn signing_in_leads_back_and_signing_out_ends_it() {
    let mut browser = Browser::new();
    let form = browser.get(&format!("{SYNC_LOG}?result=ERROR"));
    assert_eq!((form.status, form.title().as_str()), (200, "Sign in"));
    let page = browser.send(&[("username", "admin@reference.test"), ("password", "console")]);
    assert_eq!((page.status, page.title().as_str()), (200, "Sync Log"));
    assert_eq!(browser.at, format!("{SYNC_LOG}?result=ERROR"), "the filter is kept");
    let cookie = browser.set_cookies.iter().find(|cookie| cookie.contains("-session-")).unwrap();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"), "{cookie}");
    let stolen = browser.cookies.clone();
    let out = browser.send_to("/sign-out", &[]);
    assert_eq!(out.title(), "Sign in");
    // The session is gone from the service too, not only from the browser.
    browser.cookies = stolen;
    assert_eq!(browser.ask("GET", SYNC_LOG, None, &[]).status, 303);
}

/// A browser that is signed in, and how many minutes of real time have passed for the reference.
fn signed_in_with_a_clock() -> (Browser, Arc<AtomicI64>) {
    let minutes = Arc::new(AtomicI64::new(0));
    let passed = Arc::clone(&minutes);
    let start = jiff::Timestamp::constant(1_767_225_600, 0);
    let live = move || start + jiff::SignedDuration::from_mins(passed.load(Ordering::Relaxed));
    let mut browser = Browser::on(browser::reference_with(Some(Arc::new(live))).router());
    browser.sign_in();
    (browser, minutes)
}

/// Minutes of real time that pass before each request, whether it is one that a page makes by itself, and
/// whether the session is still there.
#[rstest]
#[case::in_use(&[(59, false, true), (59, false, true), (60, false, false)])]
#[case::left_open(&[(40, true, true), (19, true, true), (1, true, false)])]
#[case::looked_at_again(&[(40, true, true), (19, false, true), (59, false, true)])]
fn a_session_ends_when_nobody_asks_for_an_hour(#[case] requests: &[(i64, bool, bool)]) {
    let (mut browser, minutes) = signed_in_with_a_clock();
    for (passes, alone, there) in requests {
        minutes.fetch_add(*passes, Ordering::Relaxed);
        let marks: &[(&str, &str)] = if *alone { &[("X-Watching", "1")] } else { &[] };
        let status = browser.ask("GET", PROVISIONING, None, marks).status;
        assert_eq!(status, if *there { 200 } else { 303 }, "after {passes} minutes");
    }
    let form = browser.get("/administration/identity-management/provisioning/add");
    let ended = form.title() == "Sign in";
    assert_eq!(ended, !requests.last().unwrap().2);
    if ended {
        assert!(form.alert().contains("nothing was done for an hour"), "{}", form.body);
        let page = browser.send(&[("username", "admin@reference.test"), ("password", "console")]);
        assert_eq!((page.status, page.title().as_str()), (200, "Add SCIM provisioning provider"));
    }
}

#[test]
fn a_form_of_a_session_that_is_over_does_nothing() {
    let (mut browser, minutes) = signed_in_with_a_clock();
    browser.get("/administration/identity-management/provisioning/add");
    minutes.store(60, Ordering::Relaxed);
    let answer = browser.send(&[("displayName", "Okta")]);
    assert_eq!((answer.status, answer.title().as_str()), (200, "Sign in"));
    let providers = browser.api("GET", "/console/v1/provisioning/providers", None).1;
    assert_eq!(providers, json!({ "providers": [] }));
}

#[test]
fn moving_the_services_clock_signs_nobody_out() {
    let mut browser = Browser::signed_in();
    let (status, _) = browser.api("POST", "/console/v1/clock", Some(&json!({ "advanceSeconds": 172_800 })));
    assert_eq!(status, 200);
    assert_eq!(browser.ask("GET", PROVISIONING, None, &[]).status, 200);
}

#[rstest]
#[case("admin@reference.test", "wrong")]
#[case("somebody", "console")]
#[case("", "")]
fn a_wrong_password_opens_nothing(#[case] username: &str, #[case] password: &str) {
    let mut browser = Browser::new();
    browser.get("/sign-in");
    let answer = browser.send(&[("username", username), ("password", password)]);
    assert_eq!(answer.status, 401);
    assert!(answer.alert().contains("wrong"), "{}", answer.body);
    assert!(!answer.body.contains(">wrong<") && browser.ask("GET", SYNC_LOG, None, &[]).status == 303);
}

#[rstest]
#[case("//evil.example/x")]
#[case("https://evil.example/")]
#[case("/\\evil.example")]
#[case("/scim/v2/Users")]
fn signing_in_leads_nowhere_else(#[case] to: &str) {
    let mut browser = Browser::new();
    browser.get("/sign-in");
    let token = browser.csrf();
    let fields =
        [("csrf", token.as_str()), ("to", to), ("username", "admin@reference.test"), ("password", "console")];
    let answer = browser.ask("POST", "/sign-in", Some(&fields), &[]);
    assert_eq!((answer.status, answer.header("location")), (303, Some("/administration")));
}

#[rstest]
#[case::no_token(&[], &[])]
#[case::a_wrong_token(&[("csrf", "0123456789abcdef")], &[])]
#[case::from_another_origin(&[("csrf", "")], &[("Origin", "https://evil.example")])]
#[case::from_a_sandbox(&[("csrf", "")], &[("Origin", "null")])]
#[case::from_another_site(&[("csrf", "")], &[("Sec-Fetch-Site", "cross-site")])]
fn a_form_from_elsewhere_does_nothing(#[case] fields: &[(&str, &str)], #[case] headers: &[(&str, &str)]) {
    let mut browser = Browser::signed_in();
    browser.get(&format!("{PROVISIONING}/add"));
    let token = browser.csrf();
    // An empty value stands for the right token: what is wrong then is where the form comes from.
    let mut sent: Vec<(&str, &str)> = fields
        .iter()
        .map(|(name, value)| (*name, if value.is_empty() { token.as_str() } else { *value }))
        .collect();
    sent.push(("displayName", "Sneaked in"));
    let answer = browser.ask("POST", PROVISIONING, Some(&sent), headers);
    assert_eq!(answer.status, 403);
    assert_eq!(browser.api("GET", "/console/v1/provisioning/providers", None).1, json!({ "providers": [] }));
}

#[test]
fn another_sessions_token_is_refused_and_so_is_a_sign_in_form_from_elsewhere() {
    let mut browser = Browser::signed_in();
    browser.get(&format!("{PROVISIONING}/add"));
    let token = browser.csrf();
    let mut other = browser.another();
    other.sign_in();
    let fields = [("csrf", token.as_str()), ("displayName", "X")];
    assert_eq!(other.ask("POST", PROVISIONING, Some(&fields), &[]).status, 403);
    let mut third = browser.another();
    let fields = [("csrf", token.as_str()), ("username", "admin@reference.test"), ("password", "console")];
    assert_eq!(third.ask("POST", "/sign-in", Some(&fields), &[]).status, 403);
}

#[test]
fn every_answer_forbids_what_is_inline_and_what_comes_from_elsewhere() {
    let mut browser = Browser::signed_in();
    for path in
        [PROVISIONING, SYNC_LOG, "/assets/pages.css", "/assets/pages.js", "/sign-in", "/administration/none"]
    {
        let answer = browser.ask("GET", path, None, &[]);
        let policy = answer.header("content-security-policy").unwrap();
        assert!(
            policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"),
            "{policy}"
        );
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        let markup = answer.header("content-type").is_some_and(|kind| kind.starts_with("text/html"));
        if markup {
            assert!(!answer.body.contains("<style") && !answer.body.contains(" style="), "{path}");
            assert!(!answer.body.contains("<script>") && !answer.body.contains(" onclick="), "{path}");
            assert!(!answer.body.contains("http://") && !answer.body.contains("https://"), "{path}");
        }
    }
}

#[test]
fn credentials_are_shown_once_and_open_the_service() {
    let mut browser = Browser::signed_in();
    let form = browser.get(&format!("{PROVISIONING}/add"));
    assert!(form.body.contains("API credentials") && form.title() == "Add SCIM provisioning provider");
    let created = browser.send(&[("displayName", "Okta")]);
    assert_eq!(created.title(), "SCIM Provider Created");
    assert_eq!(created.value_of("base-url"), "http://reference.test/scim/v2");
    let credentials = (created.value_of("username"), created.value_of("password"));
    let (status, list) = browser.scim(&credentials, "GET", "/Users?startIndex=1&count=2", None);
    assert_eq!((status, &list["totalResults"]), (200, &json!(0)));
    let again = browser.get(&format!("{PROVISIONING}/created"));
    assert!(!again.body.contains(&credentials.1) && again.body.contains("shown once"));
    let id = created.link_to("Done").rsplit('/').next().unwrap().to_owned();
    let details = browser.get(&format!("{PROVISIONING}/{id}"));
    assert!(!details.body.contains(&credentials.1) && details.body.contains(&credentials.0));

    browser.get(&format!("{PROVISIONING}/{id}/rotate"));
    let renewed = browser.send(&[]);
    assert_eq!(renewed.title(), "Credentials Renewed");
    assert_eq!(browser.scim(&credentials, "GET", "/Users", None).0, 401);
    let credentials = (renewed.value_of("username"), renewed.value_of("password"));
    assert_eq!(browser.scim(&credentials, "GET", "/Users", None).0, 200);
}

#[test]
fn a_token_provider_gets_a_token() {
    let mut browser = Browser::signed_in();
    browser.get(&format!("{PROVISIONING}/add"));
    let created = browser.send(&[("displayName", "Other"), ("credentialType", "OAUTH_TOKEN")]);
    assert!(!created.value_of("token").is_empty() && !created.body.contains("id=\"password\""));
    let providers = browser.api("GET", "/console/v1/provisioning/providers", None).1;
    assert_eq!(providers["providers"][0]["credentialType"], "OAUTH_TOKEN");
}

#[rstest]
#[case("", 400, "Enter a display name.")]
#[case("okta", 409, "exists already")]
fn a_refused_form_comes_back_with_what_was_typed(#[case] name: &str, #[case] status: u16, #[case] why: &str) {
    let (mut browser, _, _) = with_provider();
    browser.get(&format!("{PROVISIONING}/add"));
    let answer = browser.send(&[("displayName", name), ("credentialType", "OAUTH_TOKEN")]);
    assert_eq!(answer.status, status);
    assert!(answer.alert().contains(why), "{}", answer.alert());
    assert_eq!(answer.value_of("display-name"), name);
    assert!(answer.body.contains(r#"<option value="OAUTH_TOKEN" selected>"#));
    assert!(answer.body.contains("<title>Error: "));
}

#[test]
fn a_provider_is_edited_delayed_and_removed() {
    let (mut browser, id, credentials) = with_provider();
    let here = format!("{PROVISIONING}/{id}");
    let api = format!("/console/v1/provisioning/providers/{id}");
    browser.get(&format!("{here}/delay"));
    let refused = browser.send(&[("minutes", "43201")]);
    assert_eq!((refused.status, refused.value_of("minutes").as_str()), (400, "43201"));
    assert!(refused.alert().contains("43200"));
    assert_eq!(browser.send(&[("minutes", "soon")]).status, 400);
    assert!(browser.send(&[("minutes", "60")]).body.contains("60 minutes"));
    assert_eq!(browser.api("GET", &api, None).1["deactivationDelayMinutes"], 60);

    browser.get(&format!("{here}/edit"));
    browser.send(&[("displayName", "Okta production")]);
    let provider = browser.api("GET", &api, None).1;
    assert_eq!((&provider["displayName"], &provider["enabled"]), (&json!("Okta production"), &json!(false)));
    assert_eq!(browser.scim(&credentials, "GET", "/Users", None).0, 401);

    browser.get(&format!("{here}/remove"));
    assert!(browser.send(&[]).body.contains("There is no provisioning provider yet"));
    assert_eq!(browser.api("GET", &api, None).0, 404);
    assert_eq!(browser.get(&here).status, 404);
}

#[test]
fn organizations_are_mapped_by_group_with_priority() {
    let (mut browser, id, credentials) = with_provider();
    let (executives, uk) =
        (add_organization(&browser, "Executives"), add_organization(&browser, "United Kingdom"));
    let here = format!("{PROVISIONING}/{id}");
    let api = format!("/console/v1/provisioning/providers/{id}");
    browser.get(&format!("{here}/org-mapping"));
    let refused = browser.send(&[("method", "SCIM_GROUPS")]);
    assert_eq!((refused.status, refused.alert().as_str()), (400, "Choose an organization."));
    let details = browser.send(&[("method", "SCIM_GROUPS"), ("unmappedOrgGuid", &uk)]);
    assert!(details.body.contains("There are no SCIM groups available"));

    let ada = push_user(&browser, &credentials, "ada@example.com");
    let first = push_group(&browser, &credentials, "Everyone UK", &[&ada]);
    let second = push_group(&browser, &credentials, "Executive group", &[&ada]);
    browser.get(&format!("{here}/org-rules/add"));
    assert_eq!(browser.send(&[("orgGuid", &uk)]).alert(), "Select at least one SCIM group.");
    browser.send(&[("groupIds", &first), ("orgGuid", &uk)]);
    let form = browser.get(&format!("{here}/org-rules/add"));
    assert!(
        form.body.contains("Executive group") && !form.body.contains("Everyone UK"),
        "mapped ones are not offered"
    );
    let details = browser.send(&[("groupIds", &second), ("orgGuid", &executives)]);
    assert!(details.body.contains("All SCIM groups are mapped"));

    let orgs = |browser: &Browser| -> Vec<String> {
        let rules = browser.api("GET", &format!("{api}/org-mapping/rules"), None).1;
        rules["rules"]
            .as_array()
            .unwrap()
            .iter()
            .map(|rule| rule["organization"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(orgs(&browser), ["United Kingdom", "Executives"]);
    browser.send_to(&format!("{here}/org-rules/order"), &[("rule", "org-rule-2"), ("move", "up")]);
    assert_eq!(orgs(&browser), ["Executives", "United Kingdom"]);
    browser.send_to(&format!("{here}/org-rules/order"), &[("rule", "org-rule-2"), ("move", "up")]);
    assert_eq!(orgs(&browser), ["Executives", "United Kingdom"], "the first stays first");
    browser
        .send_to(&format!("{here}/org-rules/order"), &[("ruleIds", "org-rule-1"), ("ruleIds", "org-rule-2")]);
    assert_eq!(orgs(&browser), ["United Kingdom", "Executives"]);
    browser.send_to(&format!("{here}/org-rules/order"), &[("rule", "org-rule-1"), ("move", "down")]);

    // Nobody was moved by all that; the preview says who would be, and moves nobody either.
    let place = |browser: &Browser| {
        browser.api("GET", &format!("/console/v1/users/{ada}"), None).1["organization"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let before = place(&browser);
    let preview = browser.get(&format!("{here}/apply"));
    assert!(preview.body.contains(r#"<dd data-count="orgMoved">1</dd>"#), "{}", preview.body);
    assert_eq!((before.as_str(), place(&browser).as_str()), ("United Kingdom", "United Kingdom"));
    let applied = browser.send(&[]);
    assert!(applied.status_text().contains("1 changed organization"), "{}", applied.status_text());
    assert_eq!(place(&browser), "Executives");

    browser.send_to(&format!("{here}/org-rules/org-rule-1/delete"), &[]);
    assert_eq!(orgs(&browser), ["Executives"]);
    browser.get(&format!("{here}/org-rules/org-rule-2"));
    browser.send(&[("groupIds", &second), ("groupIds", &first), ("orgGuid", &uk)]);
    assert_eq!(orgs(&browser), ["United Kingdom"]);
}

#[test]
fn roles_are_mapped_by_group() {
    let (mut browser, id, credentials) = with_provider();
    let here = format!("{PROVISIONING}/{id}");
    let api = format!("/console/v1/provisioning/providers/{id}/role-mapping");
    let ada = push_user(&browser, &credentials, "ada@example.com");
    let group = push_group(&browser, &credentials, "Agents", &[&ada]);
    browser.get(&format!("{here}/role-mapping"));
    browser.send(&[("mode", "SCIM_GROUPS")]);
    assert_eq!(browser.api("GET", &api, None).1["mode"], "SCIM_GROUPS");
    browser.get(&format!("{here}/role-rules/add"));
    assert_eq!(browser.send(&[("groupId", &group)]).alert(), "Choose at least one role.");
    browser.send(&[("groupId", &group), ("roleIds", "agent-user"), ("roleIds", "desktop-user")]);
    assert_eq!(
        browser.api("GET", &api, None).1["rules"][0]["roleIds"],
        json!(["agent-user", "desktop-user"])
    );
    let form = browser.get(&format!("{here}/role-rules/role-rule-1"));
    assert!(form.body.contains(r#"value="agent-user" checked"#));
    browser.send(&[("roleIds", "agent-user")]);
    assert_eq!(browser.api("GET", &api, None).1["rules"][0]["roleIds"], json!(["agent-user"]));
    browser.get(&format!("{here}/apply"));
    browser.send(&[]);
    let user = browser.api("GET", &format!("/console/v1/users/{ada}"), None).1;
    assert_eq!(user["roles"], json!(["agent-user"]));
    browser.send_to(&format!("{here}/role-rules/role-rule-1/delete"), &[]);
    assert_eq!(browser.api("GET", &api, None).1["rules"], json!([]));
}

#[test]
fn the_sync_log_is_filtered_and_exported() {
    let (mut browser, _, credentials) = with_provider();
    push_user(&browser, &credentials, "ada@example.com");
    browser.scim(&credentials, "POST", "/Users", Some(&json!({ "userName": "nobody" })));
    browser.api("POST", "/console/v1/clock", Some(&json!({ "advanceSeconds": 172_800 })));
    push_user(&browser, &credentials, "grace@example.com");
    let all = browser.get(SYNC_LOG);
    let place = |text: &str| all.body.find(text).unwrap_or_else(|| panic!("no {text}"));
    assert!(place("grace@example.com</a>") < place("ada@example.com</a>"), "the newest first");
    assert!(all.body.contains("Request rejected") && all.body.contains(">Error</span>"));
    // The clock began on 2026-01-01.
    let early = browser.get(&format!("{SYNC_LOG}?from=2026-01-01&to=2026-01-02"));
    assert!(early.body.contains("ada@example.com</a>") && !early.body.contains("grace@example.com</a>"));
    let late = browser.get(&format!("{SYNC_LOG}?from=2026-01-03&to=2026-01-03"));
    assert!(!late.body.contains("ada@example.com</a>") && late.body.contains("grace@example.com</a>"));
    assert!(browser.get(&format!("{SYNC_LOG}?from=2026-01-02&to=2026-01-02")).body.contains("No entry fits"));
    let errors = browser.get(&format!("{SYNC_LOG}?result=ERROR"));
    assert!(errors.body.contains("Request rejected") && !errors.body.contains("ada@example.com</a>"));
    let ada = browser.get(&format!("{SYNC_LOG}?user=ADA@example.com&event=USER_CREATED"));
    assert!(ada.body.contains("ada@example.com</a>") && !ada.body.contains("grace@example.com</a>"));
    assert!(browser.get(&format!("{SYNC_LOG}?from=yesterday")).alert().contains("2026-01-31"));

    let csv = browser.get(&format!("{SYNC_LOG}/csv?result=ERROR"));
    assert_eq!(csv.header("content-type"), Some("text/csv; charset=utf-8"));
    assert_eq!(csv.body, browser.api_text("/console/v1/sync-log/csv?result=ERROR"));
    assert_eq!(csv.body.lines().count(), 2, "the heading and one row");
}

#[test]
fn hostile_names_stay_text() {
    let hostile = r#"<script>alert(1)</script>"><img src=x onerror=alert(2)>"#;
    let (mut browser, id, credentials) = with_provider();
    let here = format!("{PROVISIONING}/{id}");
    let org = add_organization(&browser, hostile);
    let ada = push_user(&browser, &credentials, "ada@example.com");
    let group = push_group(&browser, &credentials, hostile, &[&ada]);
    browser.get(&format!("{here}/edit"));
    browser.send(&[("displayName", hostile), ("enabled", "true")]);
    browser.get(&format!("{here}/org-mapping"));
    browser.send(&[("method", "SCIM_GROUPS"), ("unmappedOrgGuid", &org)]);
    browser.get(&format!("{here}/org-rules/add"));
    browser.send(&[("groupIds", &group), ("orgGuid", &org)]);
    browser.get(&format!("{here}/role-mapping"));
    browser.send(&[("mode", "SCIM_GROUPS")]);
    for path in [
        PROVISIONING.to_owned(),
        here.clone(),
        format!("{here}/edit"),
        format!("{here}/org-rules/org-rule-1"),
        format!("{here}/role-rules/add"),
        format!("{here}/apply"),
        SYNC_LOG.to_owned(),
        format!("{SYNC_LOG}?user=%3Cscript%3Ealert(1)%3C/script%3E&from=%3Cscript%3E"),
    ] {
        let page = browser.get(&path);
        assert_eq!(page.status, 200, "{path}");
        assert!(page.body.contains("&lt;script&gt;"), "{path} does not show it");
        assert!(!page.body.contains("<script>") && !page.body.contains("<img"), "{path}");
    }
    let refused: Answer = {
        browser.get(&format!("{PROVISIONING}/add"));
        browser.send(&[("displayName", hostile)])
    };
    assert_eq!(refused.status, 409);
    assert!(!refused.body.contains("<script>") && refused.body.contains("&lt;script&gt;"));
}

fn user(browser: &Browser, id: &str) -> Value {
    browser.api("GET", &format!("/console/v1/users/{id}"), None).1
}

fn advance(browser: &Browser, seconds: i64) {
    browser.api("POST", "/console/v1/clock", Some(&json!({ "advanceSeconds": seconds })));
}

#[test]
fn users_are_found_by_name_status_and_organization() {
    let (mut browser, _, credentials) = with_provider();
    for number in 0..60 {
        push_user(&browser, &credentials, &format!("person{number:02}@example.com"));
    }
    let grace = push_user(&browser, &credentials, "grace@example.com");
    let first = browser.get("/administration/users");
    assert!(first.body.contains("Page 1 of 2, 61 in all") && !first.body.contains("grace@example.com"));
    assert!(browser.get("/administration/users?page=2").body.contains("grace@example.com"));
    let found = browser.get("/administration/users?text=GRACE");
    assert!(found.body.contains("1 in all") && found.link_to("grace@example.com").ends_with(&grace));
    // Everybody is called Ada Lovelace.
    assert!(browser.get("/administration/users?text=da+love").body.contains("61 in all"));
    browser.api("POST", &format!("/console/v1/users/{grace}/block"), None);
    let blocked = browser.get("/administration/users?state=BLOCKED");
    assert!(blocked.body.contains("1 in all") && blocked.body.contains("grace@example.com"));
    let sales = add_organization(&browser, "Sales");
    let empty = browser.get(&format!("/administration/users?organization={sales}"));
    assert!(empty.body.contains("No user fits"));
}

#[test]
fn a_user_is_blocked_moved_deactivated_and_activated() {
    let (mut browser, _, credentials) = with_provider();
    let sales = add_organization(&browser, "Sales");
    let ada = push_user(&browser, &credentials, "ada@example.com");
    let here = format!("/administration/users/{ada}");
    browser.get(&here);
    browser.send_to(&format!("{here}/devices"), &[]);
    assert_eq!(user(&browser, &ada)["access"], json!({ "canSignIn": true, "sessions": 1, "backingUp": 1 }));
    let page = browser.send_to(&format!("{here}/block"), &[]);
    assert!(page.status_text().contains("blocked") && page.body.contains("Yes: manual"));
    assert_eq!(user(&browser, &ada)["access"], json!({ "canSignIn": false, "sessions": 0, "backingUp": 1 }));
    browser.send_to(&format!("{here}/unblock"), &[]);
    assert_eq!(user(&browser, &ada)["blocked"], false);

    browser.get(&format!("{here}/move"));
    assert_eq!(browser.send(&[("orgGuid", "")]).alert(), "Choose an organization.");
    browser.send(&[("orgGuid", &sales)]);
    let moved = user(&browser, &ada);
    assert_eq!((&moved["organization"], &moved["orgSource"]), (&json!("Sales"), &json!("MANUAL")));

    browser.get(&format!("{here}/roles"));
    browser.send(&[("roleIds", "org-admin")]);
    assert_eq!(user(&browser, &ada)["roles"], json!(["org-admin"]));

    browser.get(&format!("{here}/edit"));
    browser.send(&[
        ("firstName", "Ada"),
        ("lastName", "King"),
        ("title", "Countess"),
        ("department", ""),
        ("division", ""),
        ("notes", ""),
    ]);
    let edited = user(&browser, &ada);
    assert_eq!((&edited["lastName"], &edited["riskProfile"]["title"]), (&json!("King"), &json!("Countess")));

    // By hand there is no delay.
    browser.get(&format!("{here}/deactivate"));
    browser.send(&[("block", "true")]);
    let gone = user(&browser, &ada);
    assert_eq!(
        (&gone["state"], &gone["archive"], &gone["blocked"]),
        (&json!("DEACTIVATED"), &json!("COLD"), &json!(true))
    );
    let refused = browser.send_to(&format!("{here}/devices"), &[]);
    assert_eq!((refused.status, refused.alert().contains("deactivated")), (400, true));
    browser.get(&format!("{here}/activate"));
    browser.send(&[("unblock", "true")]);
    let back = user(&browser, &ada);
    assert_eq!((&back["state"], &back["blocked"]), (&json!("ACTIVE"), &json!(false)));
}

#[test]
fn a_pending_deactivation_is_shown_and_cancelled_by_unblocking() {
    let (mut browser, _, credentials) = with_provider();
    let ada = push_user(&browser, &credentials, "ada@example.com");
    let patch = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{ "op": "replace", "value": { "active": false } }],
    });
    assert_eq!(browser.scim(&credentials, "PATCH", &format!("/Users/{ada}"), Some(&patch)).0, 200);
    advance(&browser, 600);
    let page = browser.get(&format!("/administration/users/{ada}"));
    assert!(
        page.body.contains("Will be deactivated at <strong>2026-01-01 00:15:00 UTC</strong>"),
        "{}",
        page.body
    );
    assert!(page.body.contains("Yes: pending deactivation"));
    browser.send_to(&format!("/administration/users/{ada}/unblock"), &[]);
    advance(&browser, 600);
    assert_eq!(user(&browser, &ada)["state"], "ACTIVE");
}

#[test]
fn a_user_of_the_console_is_added_and_left_to_a_provider() {
    let mut browser = Browser::signed_in();
    browser.get("/administration/users/add");
    let refused = browser.send(&[("username", "ada"), ("firstName", "Ada")]);
    assert_eq!((refused.status, refused.value_of("first-name").as_str()), (400, "Ada"));
    browser.send(&[("username", "ada@example.com"), ("firstName", "Ada"), ("lastName", "Lovelace")]);
    let id = browser.at.rsplit('/').next().unwrap().to_owned();
    assert_eq!(user(&browser, &id)["origin"], "UNMANAGED", "the default organization has single sign-on");
    let refused = browser.send_to(&format!("/administration/users/{id}/origin"), &[("origin", "LOCAL")]);
    assert!(refused.status == 400 && refused.alert().contains("single sign-on"), "{}", refused.alert());
    let settings = json!({ "authMethod": "LOCAL" });
    let organization = user(&browser, &id)["orgId"].as_str().unwrap().to_owned();
    browser.api("PUT", &format!("/console/v1/organizations/{organization}/settings"), Some(&settings));
    browser.send_to(&format!("/administration/users/{id}/origin"), &[("origin", "LOCAL")]);
    assert_eq!(user(&browser, &id)["origin"], "LOCAL");
}

#[test]
fn organizations_are_added_changed_blocked_and_deleted() {
    let mut browser = Browser::signed_in();
    browser.get("/administration/organizations/add");
    assert_eq!(browser.send(&[("orgName", "x")]).status, 400);
    let page = browser.send(&[("orgName", "Research"), ("notes", "Since 1843")]);
    assert!(page.body.contains("Since 1843"));
    let here = browser.at.clone();
    let id = here.rsplit('/').next().unwrap().to_owned();
    let api = format!("/console/v1/organizations/{id}");
    browser.get(&format!("{here}/settings"));
    browser.send(&[
        ("authMethod", "SSO"),
        ("archiveHoldDays", "10"),
        ("roleIds", "agent-user"),
        ("inheritArchiveHoldDays", "true"),
    ]);
    let settings = browser.api("GET", &format!("{api}/settings"), None).1;
    assert_eq!(
        (&settings["authMethod"], &settings["defaultRoleIds"]),
        (&json!("SSO"), &json!(["agent-user"]))
    );
    assert_eq!(settings["inherit"]["archiveHoldDays"], true);
    browser.get(&here);
    browser.send_to(&format!("{here}/block"), &[]);
    assert_eq!(browser.api("GET", &api, None).1["blocked"], true);
    browser.send_to(&format!("{here}/unblock"), &[]);
    browser.send_to(&format!("{here}/deactivate"), &[]);
    let state = browser.api("GET", &api, None).1;
    assert_eq!((&state["active"], &state["blocked"]), (&json!(false), &json!(false)));
    browser.send_to(&format!("{here}/activate"), &[]);
    browser.get(&format!("{here}/edit"));
    browser.send(&[("orgName", "Analytical research"), ("notes", "")]);
    assert_eq!(browser.api("GET", &api, None).1["orgName"], "Analytical research");
    browser.send_to(&format!("{here}/delete"), &[]);
    assert_eq!(browser.api("GET", &api, None).0, 404);
    // Where everybody starts cannot go.
    let default = browser.get("/administration/organizations").link_to("Default");
    let refused = browser.get(&default).status;
    assert_eq!(refused, 200);
    let refused = browser.send_to(&format!("{default}/delete"), &[]);
    assert!(refused.status == 409 && !refused.alert().is_empty(), "{} {}", refused.status, refused.alert());
}

#[test]
fn groups_are_shown_with_their_members() {
    let (mut browser, _, credentials) = with_provider();
    assert!(browser.get("/administration/groups").body.contains("There are no SCIM groups available"));
    let ada = push_user(&browser, &credentials, "ada@example.com");
    let group = push_group(&browser, &credentials, "Analysts", &[&ada]);
    let list = browser.get("/administration/groups");
    assert!(list.link_to("Analysts").ends_with(&group));
    let page = browser.get(&format!("/administration/groups/{group}"));
    assert!(page.link_to("ada@example.com").ends_with(&ada) && page.title() == "Analysts");
}

#[test]
fn a_legal_hold_defers_a_deactivation_until_the_release() {
    let (mut browser, _, credentials) = with_provider();
    let ada = push_user(&browser, &credentials, "ada@example.com");
    browser.get("/administration/legal-hold/add");
    browser.send(&[("name", "Menabrea v. Lovelace")]);
    let here = browser.at.clone();
    let refused = browser.send_to(&format!("{here}/custodians"), &[("username", "nobody@example.com")]);
    assert_eq!((refused.status, refused.value_of("username").as_str()), (404, "nobody@example.com"));
    browser.send_to(&format!("{here}/custodians"), &[("username", "ADA@example.com")]);
    assert!(browser.get(&format!("/administration/users/{ada}")).body.contains("Menabrea v. Lovelace"));
    let put = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": "ada@example.com",
        "active": false,
    });
    browser.scim(&credentials, "PUT", &format!("/Users/{ada}"), Some(&put));
    advance(&browser, 900);
    assert_eq!(user(&browser, &ada)["state"], "HELD");
    browser.get(&here);
    browser.send_to(&format!("{here}/release"), &[("userId", &ada)]);
    assert_eq!(user(&browser, &ada)["state"], "DEACTIVATED");
    browser.send_to(&format!("{here}/close"), &[]);
    let matters = browser.api("GET", "/console/v1/legal-hold/matters", None).1;
    assert_eq!(matters["matters"][0]["active"], false);
    browser.send_to(&format!("{here}/reopen"), &[]);
    let matters = browser.api("GET", "/console/v1/legal-hold/matters", None).1;
    assert_eq!(matters["matters"][0]["active"], true);
}

#[test]
fn a_watchlist_is_made_of_users_groups_and_departments() {
    let (mut browser, _, credentials) = with_provider();
    let ada = push_user(&browser, &credentials, "ada@example.com");
    let grace = push_user(&browser, &credentials, "grace@example.com");
    browser.api("PATCH", &format!("/console/v1/users/{grace}"), Some(&json!({ "department": "Navy" })));
    let group = push_group(&browser, &credentials, "Analysts", &[&ada, &grace]);
    browser.get("/administration/watchlists/add");
    assert_eq!(browser.send(&[("watchlistType", "CUSTOM")]).status, 400);
    browser.send(&[("watchlistType", "CUSTOM"), ("title", "Pioneers")]);
    let here = browser.at.clone();
    let id = here.rsplit('/').next().unwrap().to_owned();
    let members = |browser: &Browser| -> Vec<String> {
        let list = browser.api("GET", &format!("/console/v1/watchlists/{id}/members"), None).1;
        list["watchlistMembers"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["username"].as_str().unwrap().to_owned())
            .collect()
    };
    let change = format!("{here}/change");
    browser.send_to(&change, &[("list", "included"), ("change", "add"), ("value", "ada@example.com")]);
    assert_eq!(members(&browser), ["ada@example.com"]);
    browser.send_to(&change, &[("list", "included"), ("change", "delete"), ("value", &ada)]);
    assert!(members(&browser).is_empty());
    browser.send_to(&change, &[("list", "departments"), ("change", "add"), ("value", "Navy")]);
    assert_eq!(members(&browser), ["grace@example.com"]);
    browser.send_to(&change, &[("list", "groups"), ("change", "add"), ("value", &group)]);
    browser.send_to(&change, &[("list", "excluded"), ("change", "add"), ("value", "grace@example.com")]);
    assert_eq!(members(&browser), ["ada@example.com"]);
    assert_eq!(browser.send_to(&change, &[("list", "others"), ("value", "x")]).status, 400);
}

#[test]
fn the_audit_log_tells_what_was_done_on_the_pages() {
    let (mut browser, id, _) = with_provider();
    browser.get(&format!("{PROVISIONING}/{id}/delay"));
    browser.send(&[("minutes", "0")]);
    let page = browser.get("/administration/audit-log");
    let place = |text: &str| page.body.find(text).unwrap_or_else(|| panic!("no {text}"));
    assert!(place("Edit provisioning provider") < place("Add provisioning provider"), "the newest first");
}

#[test]
fn hostile_names_stay_text_on_the_other_pages_too() {
    let hostile = r#"<script>alert(1)</script>"><img src=x onerror=alert(2)>"#;
    let (mut browser, _, credentials) = with_provider();
    let org = add_organization(&browser, hostile);
    let body = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
        "userName": "ada@example.com",
        "externalId": hostile,
        "name": { "givenName": hostile, "familyName": "\u{1b}[31mred" },
        "title": hostile,
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": { "department": hostile },
    });
    let ada = browser.scim(&credentials, "POST", "/Users", Some(&body)).1["id"].as_str().unwrap().to_owned();
    let group = push_group(&browser, &credentials, hostile, &[&ada]);
    browser.get("/administration/legal-hold/add");
    browser.send(&[("name", hostile), ("description", hostile)]);
    let matter = browser.at.clone();
    browser.get("/administration/watchlists/add");
    browser.send(&[("watchlistType", "CUSTOM"), ("title", hostile), ("description", hostile)]);
    let watchlist = browser.at.clone();
    for path in [
        "/administration/users".to_owned(),
        format!("/administration/users?text={}", "%3Cscript%3E"),
        format!("/administration/users/{ada}"),
        format!("/administration/users/{ada}/edit"),
        format!("/administration/users/{ada}/move"),
        "/administration/organizations".to_owned(),
        format!("/administration/organizations/{org}"),
        format!("/administration/organizations/{org}/edit"),
        "/administration/groups".to_owned(),
        format!("/administration/groups/{group}"),
        "/administration/legal-hold".to_owned(),
        matter,
        "/administration/watchlists".to_owned(),
        watchlist,
        "/administration/audit-log".to_owned(),
        SYNC_LOG.to_owned(),
    ] {
        let page = browser.get(&path);
        assert_eq!(page.status, 200, "{path}");
        assert!(page.body.contains("&lt;script&gt;"), "{path} does not show it");
        assert!(!page.body.contains("<script>") && !page.body.contains("<img"), "{path}");
    }
}

#[rstest]
#[case("GET", "/administration/nowhere", 404)]
#[case("GET", "/administration/users/000000000000000001", 404)]
#[case("GET", "/administration/users/x", 404)]
#[case("GET", "/administration/organizations/x", 404)]
#[case("GET", "/administration/groups/x", 404)]
// As the published API answers for a matter that one may not see.
#[case("GET", "/administration/legal-hold/x", 403)]
#[case("GET", "/administration/watchlists/x", 404)]
#[case("GET", "/administration/users/000000000000000001/block", 405)]
#[case("PUT", "/administration/users", 405)]
fn what_is_not_there_is_a_page_too(#[case] method: &str, #[case] path: &str, #[case] status: u16) {
    let mut browser = Browser::signed_in();
    let answer = browser.ask(method, path, None, &[]);
    assert_eq!(answer.status, status);
    assert!(!answer.alert().is_empty() && answer.body.contains("Sign out"));
}
