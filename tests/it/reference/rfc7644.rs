//! The examples of RFC 7644, section by section, against the reference. Bulk requests are in `bulk.rs`.

use rstest::rstest;
use scimulate::reference::http::Preset;
use serde_json::{Value, json};

use super::service::{ENTERPRISE, ROOT, Service, USER, service};

/// Barbara Jensen as §3.4.1 prints her, with what the filters of figure 2 and the PATCHes of §3.5.2 look for.
fn barbara() -> Value {
    json!({
        "schemas": [USER],
        "externalId": "bjensen",
        "userName": "bjensen",
        "name": { "formatted": "Ms. Barbara J Jensen III", "familyName": "O'Malley", "givenName": "Barbara" },
        "title": "Tour Guide",
        "userType": "Employee",
        "emails": [
            { "value": "bjensen@example.com", "type": "work", "primary": true },
            { "value": "babs@example.org", "type": "home" }
        ],
        "ims": [{ "value": "babs@foo.com", "type": "xmpp" }],
        "addresses": [
            { "type": "work", "streetAddress": "100 Universal City Plaza", "locality": "Hollywood", "primary": true },
            { "type": "home", "streetAddress": "456 Hollywood Blvd", "locality": "Hollywood" }
        ]
    })
}

async fn with_barbara() -> (Service, String) {
    let service = service(Preset::Rfc);
    let id = service.made("/Users", barbara()).await;
    (service, id)
}

#[tokio::test]
async fn section_3_3_creating_resources() {
    let service = service(Preset::Rfc);
    let body = json!({ "schemas": [USER], "userName": "bjensen", "externalId": "bjensen",
        "name": { "formatted": "Ms. Barbara J Jensen III", "familyName": "Jensen", "givenName": "Barbara" } });
    let answer = service.send("POST", "/scim/v2/Users", &[], Some(body.to_string().as_bytes())).await;
    let made = answer.json().unwrap();
    assert_eq!(answer.status, 201);
    let location = format!("{ROOT}/Users/{}", made["id"].as_str().unwrap());
    assert_eq!(
        (answer.header("location"), made["meta"]["location"].as_str()),
        (Some(location.as_str()), Some(location.as_str()))
    );
    assert_eq!(
        (answer.header("etag"), made["meta"]["resourceType"].as_str()),
        (made["meta"]["version"].as_str(), Some("User"))
    );
    assert_eq!(made["meta"]["created"], made["meta"]["lastModified"]);
    // "If the service provider determines that the creation … conflicts with existing resources …".
    let again = json!({ "schemas": [USER], "userName": "BJensen" });
    let (status, error) = service.scim("POST", "/Users", again).await;
    assert_eq!((status, &error["scimType"]), (409, &json!("uniqueness")));
}

#[tokio::test]
async fn section_3_4_1_retrieving_a_known_resource() {
    let (service, id) = with_barbara().await;
    let shown = service.get(&format!("/Users/{id}")).await;
    for (attribute, value) in barbara().as_object().unwrap() {
        assert_eq!(&shown[attribute], value);
    }
}

#[tokio::test]
async fn section_3_4_2_query_resources() {
    let (service, id) = with_barbara().await;
    service.made("/Users", json!({ "schemas": [USER], "userName": "jsmith" })).await;
    let page = service.get("/Users?attributes=userName").await;
    assert_eq!(
        (&page["totalResults"], &page["schemas"][0]),
        (&json!(2), &json!("urn:ietf:params:scim:api:messages:2.0:ListResponse"))
    );
    assert_eq!(page["Resources"][0], json!({ "schemas": [USER], "id": id, "userName": "bjensen" }));
    assert_eq!(page["Resources"][1]["userName"], "jsmith");
}

// Figure 2, each with what it says of Barbara, who was last modified in 2026.
#[rstest]
#[case(r#"userName eq "bjensen""#, true)]
#[case(r#"name.familyName co "O'Malley""#, true)]
#[case(r#"userName sw "J""#, false)]
#[case(r#"urn:ietf:params:scim:schemas:core:2.0:User:userName sw "J""#, false)]
#[case("title pr", true)]
#[case(r#"meta.lastModified gt "2011-05-13T04:42:34Z""#, true)]
#[case(r#"meta.lastModified ge "2011-05-13T04:42:34Z""#, true)]
#[case(r#"meta.lastModified lt "2011-05-13T04:42:34Z""#, false)]
#[case(r#"meta.lastModified le "2011-05-13T04:42:34Z""#, false)]
#[case(r#"title pr and userType eq "Employee""#, true)]
#[case(r#"title pr or userType eq "Intern""#, true)]
#[case(r#"schemas eq "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User""#, false)]
#[case(r#"userType eq "Employee" and (emails co "example.com" or emails.value co "example.org")"#, true)]
#[case(r#"userType ne "Employee" and not (emails co "example.com" or emails.value co "example.org")"#, false)]
#[case(r#"userType eq "Employee" and (emails.type eq "work")"#, true)]
#[case(r#"userType eq "Employee" and emails[type eq "work" and value co "@example.com"]"#, true)]
#[case(
    r#"emails[type eq "work" and value co "@example.com"] or ims[type eq "xmpp" and value co "@foo.com"]"#,
    true
)]
#[tokio::test]
async fn section_3_4_2_2_filtering(#[case] filter: &str, #[case] found: bool) {
    let (service, _) = with_barbara().await;
    let filter = scimulate::exchange::percent_encode(filter);
    assert_eq!(service.names(&format!("/Users?filter={filter}")).await.len(), usize::from(found));
}

#[tokio::test]
async fn section_3_4_3_querying_with_post() {
    let (service, _) = with_barbara().await;
    let request = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],
        "attributes": ["displayName", "userName"],
        "filter": "displayName sw \"smith\" or userName sw \"bj\"",
        "startIndex": 1,
        "count": 10
    });
    let (status, page) = service.scim("POST", "/.search", request).await;
    assert_eq!((status, &page["totalResults"], &page["startIndex"]), (200, &json!(1), &json!(1)));
    assert_eq!(page["Resources"][0]["userName"], "bjensen");
}

#[tokio::test]
async fn section_3_5_1_replacing_with_put() {
    let (service, id) = with_barbara().await;
    let body = json!({ "schemas": [USER], "id": "2819c223-7f76-453a-919d-413861904646", "userName": "bjensen",
        "externalId": "bjensen", "name": { "formatted": "Ms. Barbara J Jensen III", "familyName": "Jensen", "givenName": "Barbara", "middleName": "Jane" },
        "roles": [], "emails": [{ "value": "bjensen@example.com" }, { "value": "babs@jensen.org" }] });
    let (status, shown) = service.scim("PUT", &format!("/Users/{id}"), body.clone()).await;
    assert_eq!(
        (status, &shown["id"], &shown["name"], &shown["emails"]),
        (200, &json!(id), &body["name"], &body["emails"])
    );
    // What is left out is cleared.
    assert!(shown.get("title").is_none() && shown.get("addresses").is_none(), "{shown}");
}

#[rstest]
#[case::section_3_5_2_1_without_a_path(
    json!([{ "op": "add", "value": { "emails": [{ "value": "babs@jensen.org", "type": "home" }], "nickname": "Babs" } }]),
    "/nickName", json!("Babs")
)]
#[case::section_3_5_2_1_appends(
    json!([{ "op": "add", "value": { "emails": [{ "value": "babs@jensen.org", "type": "home" }], "nickname": "Babs" } }]),
    "/emails/2", json!({ "value": "babs@jensen.org", "type": "home" })
)]
#[case::section_3_5_2_2_a_value(
    json!([{ "op": "remove", "path": "emails[type eq \"work\" and value ew \"example.com\"]" }]),
    "/emails", json!([{ "value": "babs@example.org", "type": "home" }])
)]
#[case::section_3_5_2_3_all_work_addresses(
    json!([{ "op": "replace", "path": "addresses[type eq \"work\"]", "value": { "type": "work", "streetAddress": "911 Universal City Plaza", "locality": "Hollywood", "region": "CA", "postalCode": "91608", "country": "US", "primary": true } }]),
    "/addresses/0", json!({ "streetAddress": "911 Universal City Plaza", "locality": "Hollywood", "region": "CA", "postalCode": "91608", "country": "US", "type": "work", "primary": true })
)]
#[case::section_3_5_2_3_one_sub_attribute(
    json!([{ "op": "replace", "path": "addresses[type eq \"work\"].streetAddress", "value": "1010 Broadway Ave" }]),
    "/addresses/0", json!({ "streetAddress": "1010 Broadway Ave", "locality": "Hollywood", "type": "work", "primary": true })
)]
#[case::section_3_5_2_3_without_a_path(
    json!([{ "op": "replace", "value": { "emails": [{ "value": "bjensen@example.com", "type": "work", "primary": true }, { "value": "babs@jensen.org", "type": "home" }], "nickname": "Babs" } }]),
    "/emails", json!([{ "value": "bjensen@example.com", "type": "work", "primary": true }, { "value": "babs@jensen.org", "type": "home" }])
)]
#[tokio::test]
async fn section_3_5_2_modifying_a_user(
    #[case] operations: Value,
    #[case] pointer: &str,
    #[case] expected: Value,
) {
    let (service, id) = with_barbara().await;
    let (status, shown) = service.patch(&format!("/Users/{id}"), operations).await;
    assert_eq!((status, shown.pointer(pointer)), (200, Some(&expected)), "{shown}");
}

#[rstest]
#[case::section_3_5_2_1_a_member(json!([{ "op": "add", "path": "members", "value": [{ "display": "Babs Jensen", "$ref": "https://example.com/v2/Users/BABS", "value": "BABS" }] }]), &["james", "babs"])]
#[case::section_3_5_2_2_a_single_member(json!([{ "op": "remove", "path": "members[value eq \"JAMES\"]" }]), &[])]
#[case::section_3_5_2_2_all_members(json!([{ "op": "remove", "path": "members" }]), &[])]
#[case::section_3_5_2_2_remove_and_add(
    json!([{ "op": "remove", "path": "members[value eq\"JAMES\"]" }, { "op": "add", "path": "members", "value": [{ "display": "Babs Jensen", "value": "BABS" }] }]), &["babs"]
)]
#[case::section_3_5_2_2_replace_by_remove_and_add(
    json!([{ "op": "remove", "path": "members" }, { "op": "add", "path": "members", "value": [{ "value": "BABS" }, { "value": "JAMES" }] }]), &["james", "babs"]
)]
#[case::section_3_5_2_3_replace(json!([{ "op": "replace", "path": "members", "value": [{ "value": "BABS", "display": "Babs Jensen" }] }]), &["babs"])]
#[tokio::test]
async fn section_3_5_2_modifying_a_group(#[case] operations: Value, #[case] expected: &[&str]) {
    let service = service(Preset::Rfc);
    let (babs, james) = (service.user("babs").await, service.user("james").await);
    let path = format!("/Groups/{}", service.group("Tour Guides", &[&james]).await);
    let operations: Value =
        serde_json::from_str(&operations.to_string().replace("BABS", &babs).replace("JAMES", &james))
            .unwrap();
    let (status, _) = service.patch(&path, operations).await;
    assert!(status == 200 || status == 204, "{status}");
    let group = service.get(&path).await;
    let members: Vec<&str> = group["members"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|member| member["display"].as_str().unwrap())
        .collect();
    assert_eq!(members, expected);
}

#[tokio::test]
async fn section_3_6_deleting_resources() {
    let (service, id) = with_barbara().await;
    let path = format!("/Users/{id}");
    assert_eq!(service.scim("DELETE", &path, Value::Null).await, (204, Value::Null));
    // "MUST return a 404 … for all operations associated with the previously deleted resource".
    for (method, body) in [("GET", Value::Null), ("PUT", barbara()), ("DELETE", Value::Null)] {
        let (status, error) = service.scim(method, &path, body).await;
        assert_eq!((status, &error["status"]), (404, &json!("404")), "{method}");
    }
    assert_eq!(service.patch(&path, json!([{ "op": "remove", "path": "title" }])).await.0, 404);
    // "MUST omit the resource from future query results … MUST NOT consider the deleted resource in conflict
    // calculation".
    assert!(service.names("/Users?filter=userName%20eq%20%22bjensen%22").await.is_empty());
    service.made("/Users", barbara()).await;
}

#[tokio::test]
async fn section_3_12_errors() {
    let (service, id) = with_barbara().await;
    let (status, error) =
        service.scim("GET", "/Users/2819c223-7f76-453a-919d-413861904646", Value::Null).await;
    assert_eq!(status, 404);
    assert_eq!(error["schemas"], json!(["urn:ietf:params:scim:api:messages:2.0:Error"]));
    assert_eq!(error["status"], "404");
    assert!(error["detail"].as_str().unwrap().contains("2819c223-7f76-453a-919d-413861904646"));
    let (status, error) = service
        .patch(&format!("/Users/{id}"), json!([{ "op": "replace", "path": "id", "value": "x" }]))
        .await;
    assert_eq!((status, &error["scimType"]), (400, &json!("mutability")));
}

#[tokio::test]
async fn section_3_14_versioning() {
    let (service, id) = with_barbara().await;
    let path = format!("/scim/v2/Users/{id}");
    let first = service.send("GET", &path, &[], None).await;
    let tag = first.header("etag").unwrap().to_owned();
    let unchanged = service.send("GET", &path, &[("if-none-match", &tag)], None).await;
    assert_eq!(
        (unchanged.status, unchanged.body.len(), unchanged.header("etag")),
        (304, 0, Some(tag.as_str()))
    );
    let change = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [{ "op": "add", "path": "title", "value": "CEO" }] }).to_string();
    let conditional = [("if-match", tag.as_str())];
    let changed = service.send("PATCH", &path, &conditional, Some(change.as_bytes())).await;
    assert_eq!(changed.status, 200);
    assert_ne!(changed.header("etag"), Some(tag.as_str()));
    for method in ["PATCH", "PUT", "DELETE"] {
        let late = service.send(method, &path, &conditional, Some(change.as_bytes())).await;
        assert_eq!(late.status, 412, "{method}");
    }
    assert_eq!(service.send("GET", &path, &[("if-none-match", &tag)], None).await.status, 200);
    assert_eq!(service.send("DELETE", &path, &[("if-match", "*")], None).await.status, 204);
}

#[tokio::test]
async fn section_4_discovery() {
    let service = service(Preset::Rfc);
    for endpoint in ["ResourceTypes", "Schemas"] {
        let listed = service.get(&format!("/{endpoint}")).await;
        let resources = listed["Resources"].as_array().unwrap();
        assert_eq!(listed["totalResults"], json!(resources.len()));
        for resource in resources {
            let location = resource["meta"]["location"].as_str().unwrap();
            assert_eq!(service.get(location.strip_prefix(ROOT).unwrap()).await, *resource);
        }
        // "… filter … SHALL … respond with … 403".
        assert_eq!(service.scim("GET", &format!("/{endpoint}?filter=id%20pr"), Value::Null).await.0, 403);
        // Other parameters "SHALL be ignored".
        assert_eq!(
            service.get(&format!("/{endpoint}?attributes=id&count=1&startIndex=2&sortBy=id")).await,
            listed
        );
    }
    let extension = service.get("/ResourceTypes/User").await["schemaExtensions"].clone();
    assert!(
        extension
            .as_array()
            .unwrap()
            .iter()
            .any(|known| known["schema"] == ENTERPRISE && known["required"] == false)
    );
}
