//! Bulk requests over the routes (RFC 7644 §3.7).

use rstest::rstest;
use scimulate::reference::http::Preset;
use serde_json::{Value, json};

use super::service::{ENTERPRISE, GROUP, PATCH, Service, USER, service};

const REQUEST: &str = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";

async fn bulk(service: &Service, operations: Value) -> (u16, Value) {
    service.scim("POST", "/Bulk", json!({ "schemas": [REQUEST], "Operations": operations })).await
}

fn statuses(answer: &Value) -> Vec<&str> {
    answer["Operations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|operation| operation["status"].as_str().unwrap())
        .collect()
}

fn user(bulk_id: &str, name: &str) -> Value {
    json!({ "method": "POST", "path": "/Users", "bulkId": bulk_id, "data": { "schemas": [USER], "userName": name } })
}

fn group(bulk_id: &str, name: &str, members: &[&str]) -> Value {
    let members: Vec<Value> = members.iter().map(|id| json!({ "value": id })).collect();
    json!({ "method": "POST", "path": "/Groups", "bulkId": bulk_id,
        "data": { "schemas": [GROUP], "displayName": name, "members": members } })
}

#[tokio::test]
async fn a_user_and_the_group_that_refers_to_it_are_made_together() {
    // The example of §3.7.2, with the group first: it waits for its member.
    let service = service(Preset::Rfc);
    let operations = json!([group("ytrewq", "Tour Guides", &["bulkId:qwerty"]), user("qwerty", "Alice")]);
    let (status, answer) = bulk(&service, operations).await;
    assert_eq!((status, statuses(&answer)), (200, vec!["201", "201"]));
    assert_eq!(answer["schemas"], json!(["urn:ietf:params:scim:api:messages:2.0:BulkResponse"]));
    let [made_group, made_user] = [0, 1].map(|at| &answer["Operations"][at]);
    assert_eq!((&made_group["bulkId"], &made_user["bulkId"]), (&json!("ytrewq"), &json!("qwerty")));
    let location = made_user["location"].as_str().unwrap();
    let id = location.rsplit('/').next().unwrap();
    assert_eq!(location, format!("{}/Users/{id}", super::service::ROOT));
    let path = made_group["location"].as_str().unwrap().strip_prefix(super::service::ROOT).unwrap();
    let group = service.get(path).await;
    assert_eq!(
        (&group["members"][0]["value"], &group["meta"]["version"]),
        (&json!(id), &made_group["version"])
    );
}

#[tokio::test]
async fn all_methods_run_in_their_order_each_with_its_status_and_location() {
    // The example of §3.7.3.
    let service = service(Preset::Rfc);
    let (kept, changed, gone) =
        (service.user("kept").await, service.user("changed").await, service.user("gone").await);
    let version = service.get(&format!("/Users/{kept}")).await["meta"]["version"].clone();
    let (status, answer) = bulk(&service, json!([
        user("new", "Alice"),
        { "method": "PUT", "path": format!("/Users/{kept}"), "version": version, "data": { "schemas": [USER], "userName": "Bob" } },
        { "method": "patch", "path": format!("/Users/{changed}"), "version": "W/\"999\"", "data": { "schemas": [PATCH], "Operations": [{ "op": "add", "path": "title", "value": "x" }] } },
        { "method": "PATCH", "path": format!("Users/{changed}"), "data": { "schemas": [PATCH], "Operations": [{ "op": "add", "path": "title", "value": "y" }] } },
        { "method": "DELETE", "path": format!("/Users/{gone}") },
        { "method": "PATCH", "path": "/Users/bulkId:new", "data": { "schemas": [PATCH], "Operations": [{ "op": "add", "path": "title", "value": "z" }] } }
    ])).await;
    assert_eq!((status, statuses(&answer)), (200, vec!["201", "200", "412", "200", "204", "200"]));
    let operations = answer["Operations"].as_array().unwrap();
    assert_eq!(operations[4]["location"], json!(format!("{}/Users/{gone}", super::service::ROOT)));
    // §3.7: "the response attribute MUST contain the detail error response", and it holds nothing else.
    assert_eq!(operations[2]["response"]["status"], "412");
    assert!(
        operations.iter().enumerate().all(|(at, operation)| operation.get("response").is_some() == (at == 2))
    );
    assert_eq!(service.get(&format!("/Users/{kept}")).await["userName"], "Bob");
    assert_eq!(service.get(&format!("/Users/{changed}")).await["title"], "y");
    assert_eq!(service.names("/Users?filter=title%20eq%20%22z%22").await, ["Alice"]);
}

#[rstest]
#[case(None, &["201", "409", "400", "201"])]
#[case(Some(1), &["201", "409"])]
#[case(Some(2), &["201", "409", "400"])]
#[case(Some(3), &["201", "409", "400", "201"])]
#[tokio::test]
async fn fail_on_errors_ends_the_request(#[case] limit: Option<u64>, #[case] expected: &[&str]) {
    let service = service(Preset::Rfc);
    let mut request = json!({ "schemas": [REQUEST], "Operations": [user("a", "same"), user("b", "SAME"), user("c", ""), user("d", "other")] });
    if let Some(limit) = limit {
        request["failOnErrors"] = json!(limit);
    }
    let (status, answer) = service.scim("POST", "/Bulk", request).await;
    assert_eq!((status, statuses(&answer).as_slice()), (200, expected));
    assert_eq!(
        service.names("/Users").await.len(),
        expected.iter().filter(|status| **status == "201").count()
    );
    // §3.7: a location is "REQUIRED in a response, except in the event of a POST failure".
    assert!(answer["Operations"][1].get("location").is_none());
}

#[tokio::test]
async fn users_may_manage_each_other_in_a_circle() {
    // §3.7.1: "MUST try to resolve circular cross-references".
    let service = service(Preset::Rfc);
    let managed = |bulk_id: &str, by: &str| {
        json!({ "method": "POST", "path": "/Users", "bulkId": bulk_id, "data": {
            "schemas": [USER, ENTERPRISE], "userName": bulk_id, ENTERPRISE: { "manager": { "value": format!("bulkId:{by}") } } } })
    };
    let (_, answer) = bulk(
        &service,
        json!([managed("a", "b"), managed("b", "c"), managed("c", "a"), managed("self", "self")]),
    )
    .await;
    assert_eq!(statuses(&answer), ["201", "201", "201", "201"], "{answer}");
    let id = |at: usize| {
        answer["Operations"][at]["location"].as_str().unwrap().rsplit('/').next().unwrap().to_owned()
    };
    for (of, manager) in [(0, 1), (1, 2), (2, 0), (3, 3)] {
        let user = service.get(&format!("/Users/{}", id(of))).await;
        assert_eq!(user[ENTERPRISE]["manager"]["value"], json!(id(manager)));
        assert_eq!(user["meta"]["version"], answer["Operations"][of]["version"]);
    }
}

#[tokio::test]
async fn groups_in_a_circle_are_refused_together_and_the_rest_goes_on() {
    // The example of §3.7.1: the service "MAY stop after a failed attempt and instead return … 409".
    let service = service(Preset::Rfc);
    let (status, answer) = bulk(
        &service,
        json!([
            group("qwerty", "Group A", &["bulkId:ytrewq"]),
            group("ytrewq", "Group B", &["bulkId:qwerty"]),
            group("above", "Group C", &["bulkId:qwerty"]),
            user("u", "alone")
        ]),
    )
    .await;
    assert_eq!((status, statuses(&answer)), (200, vec!["409", "409", "400", "201"]), "{answer}");
    assert!(service.names("/Groups").await.is_empty());
    assert_eq!(service.names("/Users").await, ["alone"]);
}

#[rstest]
#[case(json!({ "method": "POST", "path": "/Users", "data": { "schemas": [USER], "userName": "x" } }), "400", "bulkId")]
#[case(json!({ "method": "POST", "path": "/Users/1", "bulkId": "x", "data": {} }), "400", "path")]
#[case(json!({ "method": "DELETE", "path": "/Users" }), "400", "path")]
#[case(json!({ "method": "POST", "path": "/Devices", "bulkId": "x", "data": {} }), "400", "path")]
#[case(json!({ "method": "GET", "path": "/Users/1" }), "400", "no method")]
#[case(json!({ "method": "PUT", "path": "/Users/1" }), "400", "`data`")]
#[case(json!({ "method": "DELETE", "path": "/Users/1" }), "404", "There is no user")]
#[case(json!({ "method": "POST", "path": "/Groups", "bulkId": "x", "data": { "schemas": [GROUP], "displayName": "G", "members": [{ "value": "bulkId:unknown" }] } }), "400", "names nothing")]
#[tokio::test]
async fn a_wrong_operation_fails_alone(#[case] operation: Value, #[case] status: &str, #[case] says: &str) {
    let service = service(Preset::Rfc);
    let (whole, answer) = bulk(&service, json!([operation, user("fine", "fine")])).await;
    assert_eq!((whole, statuses(&answer)), (200, vec![status, "201"]), "{answer}");
    let detail = answer["Operations"][0]["response"]["detail"].as_str().unwrap();
    assert!(detail.contains(says), "{detail}");
}

#[rstest]
#[case(json!({ "Operations": [] }), 400, "schemas")]
#[case(json!({ "schemas": [REQUEST] }), 400, "`Operations` must be an array")]
#[case(json!({ "schemas": [REQUEST], "Operations": [1] }), 400, "Operations[0] must be an object")]
#[case(json!({ "schemas": [REQUEST], "Operations": [{ "path": "/Users" }] }), 400, "Operations[0].method is missing")]
#[case(json!({ "schemas": [REQUEST], "failOnErrors": 0, "Operations": [] }), 400, "failOnErrors")]
#[case(json!({ "schemas": [REQUEST], "Operations": [{ "method": "POST", "path": "/Users", "bulkId": "x" }, { "method": "POST", "path": "/Users", "bulkId": "x" }] }), 400, "unique")]
#[tokio::test]
async fn a_wrong_request_changes_nothing(#[case] body: Value, #[case] status: u16, #[case] says: &str) {
    let service = service(Preset::Rfc);
    let (got, error) = service.scim("POST", "/Bulk", body).await;
    assert_eq!(got, status);
    assert!(error["detail"].as_str().unwrap().contains(says), "{error}");
}

#[tokio::test]
async fn the_limits_are_those_that_discovery_names() {
    // §3.7.4: 413 over either limit.
    let service = service(Preset::Rfc);
    let limits = service.get("/ServiceProviderConfig").await["bulk"].clone();
    let most = usize::try_from(limits["maxOperations"].as_u64().unwrap()).unwrap();
    let operation = |at: usize| json!({ "method": "DELETE", "path": format!("/Users/{at}") });
    let operations = |count: usize| -> Value { (0..count).map(operation).collect() };
    assert_eq!(bulk(&service, operations(most)).await.0, 200);
    let (status, error) = bulk(&service, operations(most + 1)).await;
    assert_eq!(status, 413);
    assert!(error["detail"].as_str().unwrap().contains("maxOperations"), "{error}");
    let size = usize::try_from(limits["maxPayloadSize"].as_u64().unwrap()).unwrap();
    let padded = |length: usize| {
        let body = json!({ "schemas": [REQUEST], "Operations": [] }).to_string();
        format!("{body}{}", " ".repeat(length - body.len()))
    };
    for (length, status) in [(size, 200), (size + 1, 413)] {
        let answer = service.send("POST", "/scim/v2/Bulk", &[], Some(padded(length).as_bytes())).await;
        assert_eq!(answer.status, status);
    }
}
