//! The reference over its routes, as a client meets it: RFC 7644 and the transitions of code42-service §3.

use rstest::rstest;
use scimulate::exchange::InProcess;
use scimulate::reference::http::{Preset, Reference, ReferenceOptions};
use serde_json::{Value, json};

use super::service::{PATCH, Service, USER, basic, service};

#[rstest]
#[case("GET", "/scim/v2/Nothing", 404)]
#[case("GET", "/scim/v2/Users/1", 404)]
#[case("GET", "/scim/v2/Users/1/2", 404)]
#[case("GET", "/elsewhere", 404)]
#[case("DELETE", "/scim/v2/Users", 405)]
#[case("POST", "/scim/v2/Users/1", 405)]
#[case("POST", "/scim/v2/Schemas", 405)]
#[case("GET", "/scim/v2/Schemas/urn:none", 404)]
#[case("GET", "/scim/v2/Users?filter=nosuch%20eq%201", 400)]
#[case("GET", "/scim/v2/Users?startIndex=one", 400)]
#[case("GET", "/scim/v2/ResourceTypes?filter=id%20pr", 403)]
#[case("PUT", "/scim/v2/Users/%2e%2e", 404)]
#[tokio::test]
async fn every_failure_is_a_scim_error_with_the_status_of_the_response(
    #[case] method: &str,
    #[case] path: &str,
    #[case] status: u16,
) {
    let response = service(Preset::Seed).send(method, path, &[], None).await;
    let body = response.json().unwrap();
    assert_eq!(response.status, status, "{body}");
    assert_eq!(response.header("content-type"), Some("application/scim+json"));
    assert_eq!(body["schemas"], json!(["urn:ietf:params:scim:api:messages:2.0:Error"]));
    assert_eq!(body["status"], json!(status.to_string()));
    assert!(body["detail"].as_str().unwrap().ends_with('.'), "{body}");
    assert_eq!(response.header("allow").is_some(), status == 405);
}

#[rstest]
#[case("Basic bm9ib2R5Ondyb25n")]
#[case("Basic !!!")]
#[case("Bearer wrong")]
#[case("Digest x")]
#[case("")]
#[tokio::test]
async fn wrong_credentials_are_refused_with_a_challenge(#[case] authorization: &str) {
    let service = service(Preset::Seed);
    let response = service.send("GET", "/scim/v2/Users", &[("authorization", authorization)], None).await;
    assert_eq!(response.status, 401);
    assert!(response.header("www-authenticate").is_some());
    let console = service.send("GET", "/console/v1/state", &[], None).await;
    assert_eq!(console.status, 401, "a provider's credentials do not open the console");
}

#[rstest]
#[case("application/scim+json; charset=utf-8", 201)]
#[case("application/json;charset=UTF-8;v=1", 201)]
#[case("APPLICATION/JSON", 201)]
#[case("text/plain", 415)]
#[tokio::test]
async fn json_is_taken_under_both_its_names(#[case] content_type: &str, #[case] status: u16) {
    let body = json!({ "schemas": [USER], "userName": "a@b.c" }).to_string();
    let response = service(Preset::Seed)
        .send("POST", "/scim/v2/Users", &[("content-type", content_type)], Some(body.as_bytes()))
        .await;
    assert_eq!(response.status, status);
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_and_the_service_goes_on() {
    let service = service(Preset::Seed);
    let big = format!("\"{}\"", "x".repeat(5 * 1024 * 1024));
    assert_eq!(service.send("POST", "/scim/v2/Users", &[], Some(big.as_bytes())).await.status, 413);
    service.user("a@b.c").await;
}

#[tokio::test]
async fn created_resources_have_a_location_and_a_version_that_conditions_are_held_against() {
    // RFC 7644 §3.3, §3.14.
    let service = service(Preset::Seed);
    let body = json!({ "schemas": [USER], "userName": "a@b.c" }).to_string();
    let created = service.send("POST", "/scim/v2/Users", &[], Some(body.as_bytes())).await;
    let user = created.json().unwrap();
    let location = created.header("location").unwrap();
    assert_eq!(user["meta"]["location"], location);
    let path = location.strip_prefix("https://reference.test").unwrap();
    let etag = created.header("etag").unwrap();
    assert_eq!(user["meta"]["version"], etag);
    assert_eq!(service.send("GET", path, &[("if-none-match", etag)], None).await.status, 304);
    let patch = json!({ "schemas": [PATCH], "Operations": [{ "op": "add", "path": "title", "value": "T" }] })
        .to_string();
    assert_eq!(
        service.send("PATCH", path, &[("if-match", "W/\"999\"")], Some(patch.as_bytes())).await.status,
        412
    );
    let changed = service.send("PATCH", path, &[("if-match", etag)], Some(patch.as_bytes())).await;
    assert_eq!(changed.status, 200);
    assert_ne!(changed.header("etag").unwrap(), etag);
    let again = service.send("PATCH", path, &[], Some(patch.as_bytes())).await;
    assert_eq!(again.header("etag"), changed.header("etag"), "a no-op makes no new version");
}

#[tokio::test]
async fn pages_together_are_the_whole_list() {
    // RFC 7644 §3.4.2.4.
    let service = service(Preset::Seed);
    for number in 0..7 {
        service.user(&format!("user{number}@b.c")).await;
    }
    let mut seen = Vec::new();
    for start in [1, 4, 7] {
        let (_, page) = service.scim("GET", &format!("/Users?startIndex={start}&count=3"), Value::Null).await;
        assert_eq!(page["totalResults"], 7);
        assert_eq!(page["startIndex"], start);
        let resources = page["Resources"].as_array().unwrap();
        assert_eq!(page["itemsPerPage"], resources.len());
        seen.extend(resources.iter().map(|user| user["userName"].as_str().unwrap().to_owned()));
    }
    let all: Vec<String> = (0..7).map(|number| format!("user{number}@b.c")).collect();
    assert_eq!(seen, all);
    for (query, count) in [("count=0", 0), ("startIndex=99", 0), ("startIndex=-5&count=2", 2)] {
        let (status, page) = service.scim("GET", &format!("/Users?{query}"), Value::Null).await;
        assert_eq!(
            (status, page["totalResults"].as_u64(), page["Resources"].as_array().unwrap().len()),
            (200, Some(7), count)
        );
    }
}

#[rstest]
#[case("userName eq \"ADA@b.c\"", 1)]
#[case("externalId eq \"x1\"", 1)]
#[case("externalId eq \"X1\"", 0)]
#[case("userName eq \"nobody@b.c\"", 0)]
#[case("userName sw \"a\" and active eq true", 1)]
#[case("not (userName sw \"a\")", 1)]
#[case("title pr", 0)]
#[case("id eq \"nonsense\"", 0)]
#[tokio::test]
async fn filters_find_what_fits(#[case] filter: &str, #[case] found: u64) {
    let service = service(Preset::Seed);
    service
        .scim("POST", "/Users", json!({ "schemas": [USER], "userName": "ada@b.c", "externalId": "x1" }))
        .await;
    service.user("grace@b.c").await;
    let encoded = filter.replace(' ', "%20").replace('"', "%22");
    let (status, list) = service.scim("GET", &format!("/Users?filter={encoded}"), Value::Null).await;
    assert_eq!((status, list["totalResults"].as_u64()), (200, Some(found)), "{list}");
}

#[tokio::test]
async fn another_provider_sees_nothing_yet_user_names_are_unique_across_the_tenant() {
    // code42-service §3.3.
    let service = service(Preset::Seed);
    let id = service.user("a@b.c").await;
    let (status, other) = service
        .console(
            "POST",
            "/provisioning/providers",
            json!({ "displayName": "Entra", "credentialType": "OAUTH_TOKEN" }),
        )
        .await;
    assert_eq!(status, 201);
    assert_eq!(other.get("password"), None);
    let bearer = format!("Bearer {}", other["token"].as_str().unwrap());
    let headers = [("authorization", bearer.as_str())];
    assert_eq!(service.send("GET", &format!("/scim/v2/Users/{id}"), &headers, None).await.status, 404);
    let listed = service.send("GET", "/scim/v2/Users", &headers, None).await.json().unwrap();
    assert_eq!(listed["totalResults"], 0);
    let body = json!({ "schemas": [USER], "userName": "A@B.C" }).to_string();
    let refused = service.send("POST", "/scim/v2/Users", &headers, Some(body.as_bytes())).await;
    assert_eq!((refused.status, refused.json().unwrap()["scimType"].clone()), (409, json!("uniqueness")));
}

#[tokio::test]
async fn local_users_are_protected_and_unmanaged_ones_adopted() {
    // T2, T4, T30; scenarios 35 and 36 of code42-service §6.
    let service = service(Preset::Seed);
    service.console("POST", "/organizations", json!({ "orgName": "Local", "authMethod": "LOCAL" })).await;
    let (_, local) =
        service.console("POST", "/users", json!({ "username": "admin@b.c", "orgName": "Local" })).await;
    let (_, unmanaged) = service.console("POST", "/users", json!({ "username": "new@b.c" })).await;
    assert_eq!((&local["origin"], &unmanaged["origin"]), (&json!("LOCAL"), &json!("UNMANAGED")));
    let (_, list) = service.scim("GET", "/Users", Value::Null).await;
    assert_eq!(list["totalResults"], 1);
    let (status, error) =
        service.scim("POST", "/Users", json!({ "schemas": [USER], "userName": "admin@b.c" })).await;
    assert_eq!((status, &error["scimType"]), (409, &json!("uniqueness")));
    let id = local["userId"].as_str().unwrap();
    let body = json!({ "schemas": [USER], "userName": "admin@b.c" });
    assert_eq!(service.scim("PUT", &format!("/Users/{id}"), body).await.0, 404);
    let id = unmanaged["userId"].as_str().unwrap();
    let body = json!({ "schemas": [USER], "userName": "new@b.c", "title": "T" });
    assert_eq!(service.scim("PUT", &format!("/Users/{id}"), body).await.0, 200);
    let (_, log) = service.console("GET", "/sync-log", Value::Null).await;
    let events: Vec<&str> =
        log["entries"].as_array().unwrap().iter().map(|entry| entry["event"].as_str().unwrap()).collect();
    assert_eq!(events, ["LOCAL_USER_PROTECTED", "LOCAL_USER_PROTECTED", "USER_ADOPTED", "USER_UPDATED"]);
}

#[tokio::test]
async fn deleting_a_user_is_refused_as_the_guide_says() {
    // T28.
    let service = service(Preset::Seed);
    let id = service.user("a@b.c").await;
    assert_eq!(service.scim("DELETE", &format!("/Users/{id}"), Value::Null).await.0, 501);
    let (_, user) = service.scim("GET", &format!("/Users/{id}"), Value::Null).await;
    assert_eq!(user["active"], true);
}

#[tokio::test]
async fn under_the_strict_preset_a_deleted_user_is_gone_everywhere_and_the_name_is_free() {
    // RFC 7644 §3.6.
    let service = service(Preset::Rfc);
    let id = service.user("a@b.c").await;
    let group = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "G", "members": [{ "value": id }]
    });
    let (_, group) = service.scim("POST", "/Groups", group).await;
    let group = format!("/Groups/{}", group["id"].as_str().unwrap());
    assert_eq!(service.scim("DELETE", &format!("/Users/{id}"), Value::Null).await.0, 204);
    for method in ["GET", "DELETE"] {
        assert_eq!(service.scim(method, &format!("/Users/{id}"), Value::Null).await.0, 404);
    }
    assert_eq!(service.scim("GET", "/Users", Value::Null).await.1["totalResults"], 0);
    assert_eq!(service.scim("GET", &group, Value::Null).await.1.get("members"), None);
    service.user("a@b.c").await;
}

#[rstest]
#[case(json!({ "userName": "jdoe" }), "USERNAME_NOT_AN_EMAIL")]
#[case(json!({ "userName": "b@b.c", "addresses": [{ "country": "USA" }] }), "COUNTRY_INVALID")]
#[case(json!({ "userName": "taken@b.c" }), "USER_DUPLICATE")]
#[tokio::test]
async fn a_refused_write_changes_nothing_and_leaves_one_entry(#[case] fields: Value, #[case] code: &str) {
    // code42-service §3.8; scenarios 39, 44, 45.
    let service = service(Preset::Seed);
    service.user("taken@b.c").await;
    let id = service.user("a@b.c").await;
    let before = service.scim("GET", &format!("/Users/{id}"), Value::Null).await;
    let mut body = json!({ "schemas": [USER], "title": "changed" });
    for (key, value) in fields.as_object().unwrap() {
        body[key] = value.clone();
    }
    let (status, error) = service.scim("PUT", &format!("/Users/{id}"), body).await;
    assert!([400, 409].contains(&status), "{error}");
    assert_eq!(service.scim("GET", &format!("/Users/{id}"), Value::Null).await, before);
    let (_, log) = service.console("GET", "/sync-log", Value::Null).await;
    let entries = log["entries"].as_array().unwrap();
    assert_eq!(entries.len(), 3, "two creations and one refusal");
    assert_eq!((&entries[2]["event"], &entries[2]["code"]), (&json!("REQUEST_REJECTED"), &json!(code)));
}

#[tokio::test]
async fn reads_and_no_ops_and_console_edits_write_nothing_to_the_sync_log() {
    // S113.
    let service = service(Preset::Seed);
    let id = service.user("a@b.c").await;
    service.scim("GET", "/Users", Value::Null).await;
    let (_, user) = service.scim("GET", &format!("/Users/{id}"), Value::Null).await;
    assert_eq!(service.scim("PUT", &format!("/Users/{id}"), user.clone()).await, (200, user));
    service.console("PATCH", &format!("/users/{id}"), json!({ "title": "CEO" })).await;
    let (_, log) = service.console("GET", "/sync-log", Value::Null).await;
    assert_eq!(log["entries"].as_array().unwrap().len(), 1);
}

#[rstest]
#[case(json!({ "minutes": -1 }))]
#[case(json!({ "minutes": 43_201 }))]
#[case(json!({ "minutes": "15" }))]
#[case(json!({}))]
#[tokio::test]
async fn a_delay_out_of_range_is_refused_with_the_range(#[case] body: Value) {
    let service = service(Preset::Seed);
    let (_, list) = service.console("GET", "/provisioning/providers", Value::Null).await;
    let id = list["providers"][0]["providerId"].as_str().unwrap();
    let (status, error) =
        service.console("PUT", &format!("/provisioning/providers/{id}/deactivation-delay"), body).await;
    assert_eq!(status, 400);
    assert!(error["error"]["message"].as_str().unwrap().contains("43200"));
}

#[tokio::test]
async fn two_references_with_one_seed_give_the_same_bytes() {
    let (one, two) = (service(Preset::Seed), service(Preset::Seed));
    for service in [&one, &two] {
        service.user("a@b.c").await;
    }
    assert_eq!(
        one.console("GET", "/state", Value::Null).await,
        two.console("GET", "/state", Value::Null).await
    );
}

#[tokio::test]
async fn a_served_reference_lives_in_real_time_and_its_console_can_still_move_the_clock() {
    use scimulate::exchange::{Clock as _, ManualClock};
    let clock = ManualClock::new("2026-06-01T00:00:00Z".parse().unwrap());
    let seen = clock.clone();
    let reference = Reference::new(ReferenceOptions {
        preset: Preset::Seed,
        origin: "https://reference.test".into(),
        start: clock.now(),
        live: Some(std::sync::Arc::new(move || seen.now())),
        seed: 0,
        console_username: "admin".into(),
        console_password: "console".into(),
    });
    let provider = reference.add_provider("Okta").unwrap();
    let service = Service {
        transport: InProcess::new(reference.router()),
        authorization: basic(&provider.username, &provider.password),
        reference,
    };
    let id = service.user("a@b.c").await;
    let patch =
        json!({ "schemas": [PATCH], "Operations": [{ "op": "replace", "value": { "active": false } }] });
    assert_eq!(service.scim("PATCH", &format!("/Users/{id}"), patch).await.0, 200);
    let state =
        async || service.console("GET", &format!("/users/{id}"), Value::Null).await.1["state"].clone();
    clock.advance(jiff::SignedDuration::from_mins(10));
    assert_eq!(state().await, "PENDING_DEACTIVATION");
    service.console("POST", "/clock", json!({ "advanceSeconds": 240 })).await;
    assert_eq!(state().await, "PENDING_DEACTIVATION", "14 minutes have passed");
    clock.advance(jiff::SignedDuration::from_mins(1));
    assert_eq!(state().await, "DEACTIVATED", "15 minutes have passed, 11 of them real");
    let (_, clock_now) = service.console("GET", "/clock", Value::Null).await;
    assert_eq!(clock_now["now"], "2026-06-01T00:15:00.000Z");
}

/// A test of the service goes back to where it began: users, passwords and time.
#[tokio::test]
async fn a_kept_state_is_brought_back_with_its_time_and_a_reset_leaves_nothing() {
    let service = service(Preset::Seed);
    let ada = service.user("ada@example.com").await;
    let (status, kept) = service.console("POST", "/snapshot", json!({})).await;
    assert_eq!((status, kept["snapshotId"].as_str()), (201, Some("1")), "{kept}");
    let (_, before) = service.console("GET", "/state", json!(null)).await;

    let (status, _) = service
        .patch(&format!("/Users/{ada}"), json!([{"op": "replace", "path": "active", "value": false}]))
        .await;
    assert_eq!(status, 200);
    service.user("grace@example.com").await;
    service.console("POST", "/clock", json!({ "advanceSeconds": 3600 })).await;
    let (_, changed) = service.console("GET", "/state", json!(null)).await;
    assert_ne!(changed, before);

    let (status, _) = service.console("POST", "/restore", json!({ "snapshotId": "1" })).await;
    assert_eq!(status, 204);
    assert_eq!(service.console("GET", "/state", json!(null)).await.1, before);
    assert_eq!(service.get(&format!("/Users/{ada}")).await["active"], json!(true));

    let (status, unknown) = service.console("POST", "/restore", json!({ "snapshotId": "2" })).await;
    assert_eq!(status, 404, "{unknown}");
    let (status, _) = service.console("POST", "/reset", json!({})).await;
    assert_eq!(status, 204);
    assert_eq!(service.send("GET", "/scim/v2/Users", &[], None).await.status, 401, "no provider is left");
    let (status, _) = service.console("POST", "/restore", json!({ "snapshotId": "1" })).await;
    assert_eq!(status, 204, "what was kept outlives a reset");
    assert_eq!(service.console("GET", "/state", json!(null)).await.1, before);
}
