//! Groups and their members over the routes (RFC 7643 §4.2, RFC 7644 §3.5.2, code42-service §3.7).

use rstest::rstest;
use scimulate::reference::http::Preset;
use serde_json::{Value, json};

use super::service::{GROUP, PATCH, Service, service};

async fn members(service: &Service, group: &str) -> Vec<String> {
    let group = service.get(&format!("/Groups/{group}")).await;
    let named = |member: &Value| member["display"].as_str().unwrap().to_owned();
    group["members"].as_array().into_iter().flatten().map(named).collect()
}

/// `$a`, `$b` … stand for the identifiers of the users a@x.org, b@x.org …
async fn patched(service: &Service, operations: &Value) -> (u16, String) {
    let mut text = operations.to_string();
    for name in ["a", "b", "c", "d"] {
        text = text.replace(&format!("${name}"), &service.user(&format!("{name}@x.org")).await);
    }
    let group = service.group("Droids", &[]).await;
    let operations: Value = serde_json::from_str(&text).unwrap();
    let first = json!([{ "op": "add", "path": "members", "value": operations["start"] }]);
    assert_eq!(service.patch(&format!("/Groups/{group}"), first).await.0, 204);
    let (status, _) = service.patch(&format!("/Groups/{group}"), operations["then"].clone()).await;
    (status, group)
}

#[rstest]
#[case::remove_then_add(json!([{ "op": "remove", "path": "members[value eq \"$a\"]" }, { "op": "add", "path": "members", "value": [{ "value": "$c" }] }]), &["b@x.org", "c@x.org"])]
#[case::add_then_remove(json!([{ "op": "add", "path": "members", "value": [{ "value": "$c" }] }, { "op": "remove", "path": "members", "value": [{ "value": "$c" }, { "value": "$b" }] }]), &["a@x.org"])]
#[case::replace(json!([{ "op": "replace", "path": "members", "value": [{ "value": "$c" }, { "value": "$b" }] }]), &["b@x.org", "c@x.org"])]
#[case::empty(json!([{ "op": "replace", "path": "members", "value": [] }]), &[])]
#[case::remove_all_then_add(json!([{ "op": "remove", "path": "members" }, { "op": "add", "value": { "members": [{ "value": "$d" }] } }]), &["d@x.org"])]
#[case::present_and_absent(json!([{ "op": "add", "path": "members", "value": [{ "value": "$a" }] }, { "op": "remove", "path": "members[value eq \"$d\"]" }]), &["a@x.org", "b@x.org"])]
#[case::by_another_filter(json!([{ "op": "remove", "path": "members[display sw \"A@\" or value eq \"$d\"]" }]), &["b@x.org"])]
#[case::replace_those_that_fit(json!([{ "op": "replace", "path": "members[value eq \"$a\"]", "value": { "value": "$d" } }]), &["b@x.org", "d@x.org"])]
#[tokio::test]
async fn members_come_and_go(#[case] then: Value, #[case] expected: &[&str]) {
    let service = service(Preset::Rfc);
    let operations =
        json!({ "start": [{ "value": "$a" }, { "value": "$b" }], "then": then, "all": ["$c", "$d"] });
    let (status, group) = patched(&service, &operations).await;
    // RFC 7644 §3.5.2 allows 204; only the members were asked to change.
    assert_eq!(
        (status, members(&service, &group).await.as_slice()),
        (204, expected.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>().as_slice())
    );
    // And each user knows.
    let holders = service.names("/Users?filter=groups.display%20eq%20%22Droids%22").await;
    let mut expected = expected.to_vec();
    expected.sort_unstable();
    assert_eq!(holders, expected);
}

#[rstest]
#[case(json!([{ "op": "add", "path": "members", "value": [{ "value": "$c" }] }, { "op": "add", "path": "members", "value": [{ "value": "nobody" }] }]))]
#[case(json!([{ "op": "remove", "path": "members" }, { "op": "replace", "path": "members[display eq \"x\"]", "value": { "value": "$c" } }]))]
#[case(json!([{ "op": "remove", "path": "members[value eq \"$a\"]" }, { "op": "replace", "path": "displayName", "value": "" }]))]
#[case(json!([{ "op": "add", "path": "members", "value": [{ "value": "$c", "type": "Device" }] }]))]
#[tokio::test]
async fn a_request_that_fails_in_the_middle_changes_nothing(#[case] then: Value) {
    let service = service(Preset::Rfc);
    let operations = json!({ "start": [{ "value": "$a" }, { "value": "$b" }], "then": then, "all": ["$c"] });
    let (status, group) = patched(&service, &operations).await;
    assert_eq!(
        (status, members(&service, &group).await),
        (400, vec!["a@x.org".to_owned(), "b@x.org".to_owned()])
    );
}

#[tokio::test]
async fn a_change_of_nothing_is_no_change() {
    // RFC 7644 §3.5.2.1: "no changes SHOULD be made".
    let service = service(Preset::Rfc);
    let user = service.user("a").await;
    let path = format!("/Groups/{}", service.group("G", &[&user]).await);
    let before = service.get(&path).await;
    service.console("POST", "/clock", json!({ "advanceSeconds": 60 })).await;
    for operations in [
        json!([{ "op": "add", "path": "members", "value": [{ "value": user }] }]),
        json!([{ "op": "replace", "path": "members", "value": [{ "value": user }] }]),
        json!([{ "op": "remove", "path": "members", "value": [{ "value": user }] }, { "op": "add", "path": "members", "value": [{ "value": user }] }]),
        json!([{ "op": "replace", "value": { "displayName": "G" } }]),
    ] {
        let (status, _) = service.patch(&path, operations).await;
        assert!(status < 300, "{status}");
        assert_eq!(service.get(&path).await, before);
    }
    service.patch(&path, json!([{ "op": "remove", "path": "members" }])).await;
    assert_ne!(service.get(&path).await["meta"], before["meta"]);
}

#[tokio::test]
async fn a_rename_is_answered_with_the_group_and_shows_on_its_members() {
    let service = service(Preset::Rfc);
    let user = service.user("a").await;
    let group = service.group("Old", &[&user]).await;
    let before = service.get(&format!("/Users/{user}")).await;
    let rename = json!([{ "op": "replace", "value": { "id": group, "displayName": "New" } }]);
    let (status, shown) = service.patch(&format!("/Groups/{group}"), rename).await;
    assert_eq!((status, &shown), (200, &service.get(&format!("/Groups/{group}")).await));
    let after = service.get(&format!("/Users/{user}")).await;
    assert_eq!(after["groups"][0]["display"], "New");
    // RFC 7644 §3.14: what is shown has changed, so the version has.
    assert_ne!(after["meta"]["version"], before["meta"]["version"]);
    // `attributes` demands an answer with a body (§3.5.2).
    let add = json!({ "schemas": [PATCH], "Operations": [{ "op": "remove", "path": "members" }] });
    let (status, shown) =
        service.scim("PATCH", &format!("/Groups/{group}?attributes=displayName"), add).await;
    assert_eq!((status, shown["displayName"].as_str()), (200, Some("New")));
}

#[tokio::test]
async fn groups_may_be_nested_but_never_inside_themselves() {
    let service = service(Preset::Rfc);
    let ada = service.user("ada").await;
    let inner = service.group("Inner", &[&ada]).await;
    let middle = service.group("Middle", &[]).await;
    let outer = service.group("Outer", &[]).await;
    let put_in = async |holder: &str, group: &str, kind: &str| {
        let value = json!([{ "value": group, "type": kind }]);
        service
            .patch(&format!("/Groups/{holder}"), json!([{ "op": "add", "path": "members", "value": value }]))
            .await
    };
    assert_eq!(put_in(&middle, &inner, "Group").await.0, 204);
    assert_eq!(put_in(&outer, &middle, "group").await.0, 204);
    let shown = service.get(&format!("/Groups/{outer}")).await;
    let expected = json!([{ "value": middle, "$ref": format!("{}/Groups/{middle}", super::service::ROOT), "type": "Group", "display": "Middle" }]);
    assert_eq!(shown["members"], expected);
    // RFC 7643 §4.1.2: "direct" and "indirect" membership.
    let groups = service.get(&format!("/Users/{ada}")).await["groups"].clone();
    let how: Vec<(&str, &str)> = groups
        .as_array()
        .unwrap()
        .iter()
        .map(|group| (group["display"].as_str().unwrap(), group["type"].as_str().unwrap()))
        .collect();
    assert_eq!(how, [("Inner", "direct"), ("Middle", "indirect"), ("Outer", "indirect")]);
    for (holder, group) in [(&inner, &outer), (&inner, &middle), (&inner, &inner)] {
        let (status, error) = put_in(holder, group, "Group").await;
        assert_eq!(status, 400, "{error}");
        assert!(error["detail"].as_str().unwrap().contains("inside itself"), "{error}");
    }
    // A user is no group, and a group no user.
    assert_eq!(put_in(&outer, &ada, "Group").await.0, 400);
    assert_eq!(put_in(&outer, &inner, "User").await.0, 400);
    // Without the middle one, the outer one holds nobody.
    assert_eq!(service.scim("DELETE", &format!("/Groups/{middle}"), Value::Null).await.0, 204);
    assert_eq!(service.get(&format!("/Users/{ada}")).await["groups"].as_array().unwrap().len(), 1);
    assert!(service.get(&format!("/Groups/{outer}")).await.get("members").is_none());
}

#[tokio::test]
async fn the_guides_service_takes_users_only_and_says_so_in_its_schema() {
    // code42-service §3.7.
    let service = service(Preset::Seed);
    let inner = service.group("Inner", &[]).await;
    let nested = json!({ "schemas": [GROUP], "displayName": "Outer", "members": [{ "value": inner, "type": "Group" }] });
    assert_eq!(service.scim("POST", "/Groups", nested).await.0, 400);
    let schema = service.get(&format!("/Schemas/{GROUP}")).await.to_string();
    assert!(
        schema.contains(r#""referenceTypes":["User"]"#) && !schema.contains(r#"["User","Group"]"#),
        "{schema}"
    );
}
