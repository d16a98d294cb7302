//! Messages: media types, bodies that are no JSON or too much of it, methods, authentication, `/Me`
//! (RFC 7644 §2, §3.1, §3.11, §3.12).

use rstest::rstest;
use scimulate::reference::http::Preset;
use serde_json::{Value, json};

use super::service::{USER, service};

#[rstest]
#[case(None, 200, "application/scim+json")]
#[case(Some("application/scim+json"), 200, "application/scim+json")]
#[case(Some("application/scim+json; charset=utf-8"), 200, "application/scim+json")]
#[case(Some("application/json"), 200, "application/json")]
#[case(Some("Application/JSON;q=0.9, application/scim+json;q=0.1"), 200, "application/json")]
#[case(Some("application/json, application/scim+json"), 200, "application/scim+json")]
#[case(Some("text/html, */*;q=0.1"), 200, "application/scim+json")]
#[case(Some("application/*"), 200, "application/scim+json")]
#[case(Some("text/html"), 406, "application/scim+json")]
#[case(Some("application/scim+json;q=0, application/json;q=0"), 406, "application/scim+json")]
#[tokio::test]
async fn accept_is_honoured(#[case] accept: Option<&str>, #[case] status: u16, #[case] content_type: &str) {
    let service = service(Preset::Rfc);
    let headers: Vec<(&str, &str)> = accept.map(|accept| ("accept", accept)).into_iter().collect();
    for path in ["/scim/v2/Users", "/scim/v2/ServiceProviderConfig", "/scim/v2/Schemas"] {
        let answer = service.send("GET", path, &headers, None).await;
        assert_eq!((answer.status, answer.header("content-type")), (status, Some(content_type)), "{path}");
    }
}

#[tokio::test]
async fn what_is_not_acceptable_is_not_done_either() {
    let service = service(Preset::Rfc);
    let body = json!({ "schemas": [USER], "userName": "a" }).to_string();
    let answer =
        service.send("POST", "/scim/v2/Users", &[("accept", "image/png")], Some(body.as_bytes())).await;
    assert_eq!((answer.status, answer.json().unwrap()["status"].clone()), (406, json!("406")));
    assert!(service.names("/Users").await.is_empty());
}

#[rstest]
#[case(b"".as_slice(), "no body")]
#[case(b"{\"schemas\":", "line 1 column 11")]
#[case(b"{\"userName\":\"a\"\n,}", "line 2 column 2")]
#[case(b"[1]", "an array")]
#[case(b"\"x\"", "a string")]
#[case(b"{\"a\":1,\"b\":{\"c\":1,\"c\":2}}", "`c` appears twice")]
#[case(
    b"{\"schemas\":[\"urn:ietf:params:scim:schemas:core:2.0:User\"],\"userName\":\"a\",\"USERNAME\":\"b\"}",
    "`userName` appears twice"
)]
#[case(b"{} {}", "trailing characters at line 1 column 4")]
#[case(b"{\"userName\":\"\xff\"}", "byte 14")]
#[case(b"{\"userName\":\"\\ud800\"}", "line 1")]
#[tokio::test]
async fn a_body_that_is_no_resource_is_told_with_its_place(#[case] body: &[u8], #[case] says: &str) {
    let service = service(Preset::Rfc);
    let id = service.user("kept").await;
    let before = service.get(&format!("/Users/{id}")).await;
    for (method, path) in [("POST", "/scim/v2/Users".to_owned()), ("PUT", format!("/scim/v2/Users/{id}"))] {
        let answer = service.send(method, &path, &[], Some(body)).await;
        let error = answer.json().unwrap();
        assert_eq!((answer.status, &error["scimType"]), (400, &json!("invalidSyntax")), "{method}");
        assert_eq!(answer.header("content-type"), Some("application/scim+json"));
        assert!(error["detail"].as_str().unwrap().contains(says), "{error}");
    }
    for path in ["/Bulk", "/.search", "/Groups"] {
        assert_eq!(
            service.send("POST", &format!("/scim/v2{path}"), &[], Some(body)).await.status,
            400,
            "{path}"
        );
    }
    assert_eq!(
        (service.names("/Users").await.len(), service.get(&format!("/Users/{id}")).await),
        (1, before)
    );
}

#[rstest]
#[case("[".repeat(200_000))]
#[case("{\"a\":".repeat(200_000))]
#[tokio::test]
async fn a_depth_bomb_is_an_error_like_any_other(#[case] body: String) {
    let service = service(Preset::Rfc);
    for path in ["/scim/v2/Users", "/scim/v2/Bulk", "/scim/v2/.search"] {
        let answer = service.send("POST", path, &[], Some(body.as_bytes())).await;
        assert_eq!(answer.status, 400, "{path}");
        assert!(
            answer.json().unwrap()["detail"].as_str().unwrap().contains("nested more than 64 deep"),
            "{path}"
        );
    }
}

#[rstest]
#[case("POST", "/Users/1", "GET, PUT, PATCH, DELETE")]
#[case("PUT", "/Users", "GET, POST")]
#[case("PATCH", "/Groups", "GET, POST")]
#[case("OPTIONS", "/Groups/1", "GET, PUT, PATCH, DELETE")]
#[case("GET", "/Bulk", "POST")]
#[case("GET", "/.search", "POST")]
#[case("DELETE", "/Users/.search", "POST")]
#[case("POST", "/Me", "GET, PUT, PATCH, DELETE")]
#[case("DELETE", "", "GET")]
#[case("PUT", "/Schemas", "GET")]
#[tokio::test]
async fn a_method_that_is_not_possible_is_told_with_those_that_are(
    #[case] method: &str,
    #[case] path: &str,
    #[case] allow: &str,
) {
    let service = service(Preset::Rfc);
    let answer = service.send(method, &format!("/scim/v2{path}"), &[], Some(b"{}")).await;
    assert_eq!((answer.status, answer.header("allow")), (405, Some(allow)));
    assert_eq!(answer.json().unwrap()["status"], "405");
}

#[tokio::test]
async fn head_is_get_without_the_body() {
    // RFC 9110 §9.3.2.
    let service = service(Preset::Rfc);
    let path = format!("/scim/v2/Users/{}", service.user("a").await);
    let (get, head) =
        (service.send("GET", &path, &[], None).await, service.send("HEAD", &path, &[], None).await);
    assert_eq!((head.status, head.header("etag"), head.body.len()), (200, get.header("etag"), 0));
    assert!(!get.body.is_empty());
}

#[tokio::test]
async fn me_is_the_user_that_the_credentials_name() {
    // RFC 7644 §3.11.
    let service = service(Preset::Rfc);
    let (status, error) = service.scim("GET", "/Me", Value::Null).await;
    assert_eq!(status, 404);
    assert!(error["detail"].as_str().unwrap().contains("no user has its user name"), "{error}");
    let id = service.user("okta_4711@cloud.code42.com").await;
    let answer = service.send("GET", "/scim/v2/Me?attributes=userName", &[], None).await;
    let permanent = format!("{}/Users/{id}", super::service::ROOT);
    assert_eq!((answer.status, answer.header("location")), (200, Some(permanent.as_str())));
    assert_eq!(answer.json().unwrap()["id"], json!(id));
    let (status, _) = service.patch("/Me", json!([{ "op": "add", "path": "title", "value": "Robot" }])).await;
    assert_eq!((status, &service.get(&format!("/Users/{id}")).await["title"]), (200, &json!("Robot")));
}

#[rstest]
#[case("GET", "/Users")]
#[case("POST", "/Bulk")]
#[case("POST", "/.search")]
#[case("GET", "/Me")]
#[case("GET", "")]
#[tokio::test]
async fn only_discovery_answers_without_credentials(#[case] method: &str, #[case] path: &str) {
    // RFC 7644 §2 and §4.
    let service = service(Preset::Rfc);
    let none = [("authorization", "")];
    let answer = service.send(method, &format!("/scim/v2{path}"), &none, Some(b"{}")).await;
    assert_eq!(answer.status, 401);
    assert!(answer.header("www-authenticate").is_some_and(|challenge| challenge.starts_with("Basic ")));
    for open in ["/ServiceProviderConfig", "/ResourceTypes/User", "/Schemas"] {
        assert_eq!(service.send("GET", &format!("/scim/v2{open}"), &none, None).await.status, 200, "{open}");
    }
}

#[tokio::test]
async fn a_bearer_token_works_until_it_is_rotated_or_the_provider_removed() {
    let service = service(Preset::Rfc);
    let made = json!({ "displayName": "Token", "credentialType": "OAUTH_TOKEN" });
    let (_, made) = service.console("POST", "/provisioning/providers", made).await;
    let id = made["providerId"].as_str().unwrap();
    let status = async |token: &Value| {
        let header = format!("Bearer {}", token.as_str().unwrap());
        service.send("GET", "/scim/v2/Users", &[("authorization", &header)], None).await.status
    };
    assert_eq!(status(&made["token"]).await, 200);
    let (_, rotated) = service
        .console("POST", &format!("/provisioning/providers/{id}/credentials/rotate"), Value::Null)
        .await;
    assert_eq!((status(&made["token"]).await, status(&rotated["token"]).await), (401, 200));
    service.console("DELETE", &format!("/provisioning/providers/{id}"), Value::Null).await;
    assert_eq!(status(&rotated["token"]).await, 401);
    // No secret, and nothing that was made of one, is shown again.
    let (_, state) = service.console("GET", "/state", Value::Null).await;
    assert!(!state.to_string().contains(rotated["token"].as_str().unwrap()));
}
