//! Lists: sorting, cursors, search requests and queries over all types (RFC 7644 §3.4.2 and §3.4.3, RFC 9865).

use rstest::rstest;
use scimulate::reference::http::Preset;
use serde_json::{Value, json};

use super::service::{ENTERPRISE, Service, USER, names, service};

const SEARCH: &str = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";

/// Five users whose attributes sort in different ways.
async fn people() -> Service {
    let service = service(Preset::Rfc);
    for (user_name, more) in [
        (
            "carol",
            json!({ "title": "Engineer", "name": { "familyName": "Zimmer" }, "active": false, "externalId": "b" }),
        ),
        (
            "Alice",
            json!({ "title": "analyst", "emails": [{ "value": "z@x.org" }, { "value": "a@x.org", "primary": true }], "externalId": "B" }),
        ),
        (
            "dave",
            json!({ "name": { "familyName": "abel" }, "emails": [{ "value": "m@x.org" }], "externalId": "a" }),
        ),
        ("bob", json!({ "title": "Boss", ENTERPRISE: { "department": "D" } })),
        (
            "Eve",
            json!({ "title": "boss", ENTERPRISE: { "department": "C" }, "name": { "familyName": "Baker" } }),
        ),
    ] {
        let mut body = json!({ "schemas": [USER, ENTERPRISE], "userName": user_name });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        service.made("/Users", body).await;
    }
    service
}

// RFC 7644 §3.4.2.3: case by `caseExact`, primary value else the first, missing values last when ascending and
// first when descending. Equals keep the order of creation.
#[rstest]
#[case("sortBy=userName", &["Alice", "bob", "carol", "dave", "Eve"])]
#[case("sortBy=USERNAME&sortOrder=ascending", &["Alice", "bob", "carol", "dave", "Eve"])]
#[case("sortBy=userName&sortOrder=descending", &["Eve", "dave", "carol", "bob", "Alice"])]
#[case("sortBy=title", &["Alice", "bob", "Eve", "carol", "dave"])]
#[case("sortBy=title&sortOrder=descending", &["dave", "carol", "bob", "Eve", "Alice"])]
#[case("sortBy=name.familyName", &["dave", "Eve", "carol", "Alice", "bob"])]
#[case("sortBy=emails", &["Alice", "dave", "carol", "bob", "Eve"])]
#[case("sortBy=emails.value&sortOrder=descending", &["carol", "bob", "Eve", "dave", "Alice"])]
#[case("sortBy=active", &["carol", "Alice", "dave", "bob", "Eve"])]
#[case("sortBy=externalId", &["Alice", "dave", "carol", "bob", "Eve"])]
#[case("sortBy=urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department", &["Eve", "bob", "carol", "Alice", "dave"])]
#[case("sortBy=meta.created", &["carol", "Alice", "dave", "bob", "Eve"])]
#[case("sortBy=id&sortOrder=descending", &["Eve", "bob", "dave", "Alice", "carol"])]
#[case("sortBy=userName&startIndex=2&count=2", &["bob", "carol"])]
#[case("sortBy=userName&filter=title%20pr", &["Alice", "bob", "carol", "Eve"])]
#[case("sortOrder=descending", &["carol", "Alice", "dave", "bob", "Eve"])]
#[tokio::test]
async fn lists_are_sorted(#[case] query: &str, #[case] expected: &[&str]) {
    assert_eq!(people().await.names(&format!("/Users?{query}")).await, expected);
}

#[rstest]
#[case("sortBy=nosuch", "not an attribute")]
#[case("sortBy=name", "name.formatted")]
#[case("sortBy=addresses", "addresses.formatted")]
#[case("sortBy=password", "Nothing can be sorted")]
#[case("sortBy=userName&sortOrder=up", "`ascending` or `descending`")]
#[tokio::test]
async fn an_order_that_makes_no_sense_is_refused(#[case] query: &str, #[case] says: &str) {
    let (status, error) = people().await.scim("GET", &format!("/Users?{query}"), Value::Null).await;
    assert_eq!((status, error["scimType"].as_str()), (400, Some("invalidValue")));
    assert!(error["detail"].as_str().unwrap().contains(says), "{error}");
}

/// Follows `nextCursor` to the end; user names page by page.
async fn walk(service: &Service, query: &str) -> Vec<Vec<String>> {
    let mut pages = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = service.get(&format!("/Users?{query}&cursor={cursor}")).await;
        assert!(page.get("startIndex").is_none(), "{page}");
        assert_eq!(page["itemsPerPage"], names(&page).len());
        // RFC 9865 §2: previousCursor "MUST NOT be returned with the first page".
        assert_eq!(page.get("previousCursor").is_some(), !pages.is_empty(), "{page}");
        pages.push(names(&page));
        match page.get("nextCursor") {
            Some(next) => cursor = next.as_str().unwrap().to_owned(),
            None => return pages,
        }
    }
}

#[rstest]
#[case("count=2", "carol Alice|dave bob|Eve")]
#[case("count=5", "carol Alice dave bob Eve")]
#[case("count=2&sortBy=userName", "Alice bob|carol dave|Eve")]
#[case("count=1&filter=title%20eq%20%22boss%22", "bob|Eve")]
#[case("count=3&filter=title%20eq%20%22nobody%22", "")]
#[tokio::test]
async fn cursors_lead_through_the_whole_list(#[case] query: &str, #[case] expected: &str) {
    let pages: Vec<String> = walk(&people().await, query).await.iter().map(|page| page.join(" ")).collect();
    assert_eq!(pages.join("|"), expected);
}

#[tokio::test]
async fn a_cursor_leads_back_too_and_neither_skips_nor_repeats_when_others_write() {
    let service = people().await;
    let first = service.get("/Users?count=2&cursor").await;
    assert_eq!(first["totalResults"], 5);
    let next = first["nextCursor"].as_str().unwrap();
    // Someone from the first page goes, and someone joins: by index, `dave` would be skipped.
    let alice = first["Resources"][1]["id"].as_str().unwrap();
    assert_eq!(service.scim("DELETE", &format!("/Users/{alice}"), Value::Null).await.0, 204);
    service.user("frank").await;
    let second = service.get(&format!("/Users?count=2&cursor={next}")).await;
    assert_eq!(names(&second), ["dave", "bob"]);
    let third =
        service.get(&format!("/Users?count=2&cursor={}", second["nextCursor"].as_str().unwrap())).await;
    assert_eq!(names(&third), ["Eve", "frank"]);
    let back =
        service.get(&format!("/Users?count=2&cursor={}", third["previousCursor"].as_str().unwrap())).await;
    assert_eq!(names(&back), ["dave", "bob"]);
}

#[tokio::test]
async fn a_cursor_is_refused_when_it_is_wrong_old_or_anothers() {
    let service = people().await;
    let next = service.get("/Users?count=2&cursor").await["nextCursor"].as_str().unwrap().to_owned();
    // RFC 9865 table 3; §5.2: a cursor gives another actor nothing.
    let refused = async |service: &Service, query: String| {
        let (status, error) = service.scim("GET", &format!("/Users?{query}"), Value::Null).await;
        (status, error["scimType"].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(refused(&service, "count=2&cursor=forged".into()).await, (400, "invalidCursor".into()));
    assert_eq!(
        refused(&service, format!("count=2&cursor={next}&filter=title%20pr")).await,
        (400, "invalidCursor".into())
    );
    assert_eq!(refused(&service, format!("count=3&cursor={next}")).await, (400, "invalidCount".into()));
    assert_eq!(refused(&service, format!("count=x&cursor={next}")).await, (400, "invalidCount".into()));
    assert_eq!(refused(&service, format!("startIndex=1&cursor={next}")).await, (400, "invalidValue".into()));
    let other = service.as_provider("Entra");
    assert_eq!(refused(&other, format!("count=2&cursor={next}")).await, (400, "invalidCursor".into()));
    let timeout =
        service.get("/ServiceProviderConfig").await["pagination"]["cursorTimeout"].as_i64().unwrap();
    service.console("POST", "/clock", json!({ "advanceSeconds": timeout })).await;
    assert_eq!(service.scim("GET", &format!("/Users?count=2&cursor={next}"), Value::Null).await.0, 200);
    service.console("POST", "/clock", json!({ "advanceSeconds": 1 })).await;
    assert_eq!(refused(&service, format!("count=2&cursor={next}")).await, (400, "expiredCursor".into()));
}

#[tokio::test]
async fn a_page_of_nothing_counts_and_has_no_next() {
    let service = people().await;
    for query in ["count=0&cursor", "count=-1&cursor="] {
        let page = service.get(&format!("/Users?{query}")).await;
        assert_eq!(
            (&page["totalResults"], &page["itemsPerPage"], &page["Resources"]),
            (&json!(5), &json!(0), &json!([]))
        );
        assert!(page.get("nextCursor").is_none(), "{page}");
    }
}

#[tokio::test]
async fn a_search_request_asks_what_a_url_asks() {
    let service = people().await;
    service.group("Astronauts", &[]).await;
    for (path, body, url) in [
        (
            "/Users/.search",
            json!({ "filter": "title pr", "sortBy": "userName", "sortOrder": "descending", "startIndex": 2, "count": 2 }),
            "/Users?filter=title%20pr&sortBy=userName&sortOrder=descending&startIndex=2&count=2",
        ),
        (
            "/Users/.search",
            json!({ "attributes": ["userName", "name.familyName"] }),
            "/Users?attributes=userName,name.familyName",
        ),
        (
            "/Groups/.search",
            json!({ "excludedAttributes": ["members"], "filter": "displayName sw \"a\"" }),
            "/Groups?excludedAttributes=members&filter=displayName%20sw%20%22a%22",
        ),
        (
            "/.search",
            json!({ "filter": "displayName eq \"astronauts\" or title eq \"BOSS\"" }),
            "?filter=displayName%20eq%20%22astronauts%22%20or%20title%20eq%20%22BOSS%22",
        ),
    ] {
        let mut request = body;
        request["schemas"] = json!([SEARCH]);
        let (status, found) = service.scim("POST", path, request).await;
        assert_eq!((status, &found), (200, &service.get(url).await), "{path}");
        assert!(!names(&found).is_empty(), "{path}");
    }
    // RFC 9865 §3.
    let first = json!({ "schemas": [SEARCH], "cursor": "", "count": 3 });
    let (_, page) = service.scim("POST", "/Users/.search", first).await;
    let second = json!({ "schemas": [SEARCH], "cursor": page["nextCursor"], "count": 3 });
    let (status, page) = service.scim("POST", "/Users/.search", second).await;
    assert_eq!((status, names(&page)), (200, vec!["bob".to_owned(), "Eve".to_owned()]));
}

#[rstest]
#[case(json!({ "filter": "title pr" }), "schemas")]
#[case(json!({ "schemas": [SEARCH], "count": "2" }), "`count` must be an integer")]
#[case(json!({ "schemas": [SEARCH], "attributes": [1] }), "`attributes` must be an array of strings")]
#[case(json!({ "schemas": [SEARCH], "filter": 1 }), "`filter` must be a string")]
#[case(json!({ "schemas": [SEARCH], "attributes": ["id"], "excludedAttributes": ["id"] }), "cannot be used together")]
#[tokio::test]
async fn a_wrong_search_request_is_told(#[case] body: Value, #[case] says: &str) {
    let (status, error) = service(Preset::Rfc).scim("POST", "/Users/.search", body).await;
    assert_eq!(status, 400);
    assert!(error["detail"].as_str().unwrap().contains(says), "{error}");
}

#[tokio::test]
async fn a_query_on_the_root_is_one_over_all_types() {
    // RFC 7644 §3.4.2.1.
    let service = people().await;
    service.group("Crew", &[]).await;
    assert_eq!(service.names("").await, ["carol", "Alice", "dave", "bob", "Eve", "Crew"]);
    assert_eq!(service.names("/?filter=meta.resourceType%20eq%20%22Group%22").await, ["Crew"]);
    // What a type does not have counts as not assigned.
    assert_eq!(
        service.names("?filter=userName%20sw%20%22c%22%20or%20displayName%20sw%20%22c%22").await,
        ["carol", "Crew"]
    );
    assert_eq!(service.names("?filter=not%20(title%20pr)").await, ["dave", "Crew"]);
    assert_eq!(service.names("?sortBy=userName&startIndex=5").await, ["Eve", "Crew"]);
    assert_eq!(service.names("?startIndex=5&count=1&attributes=displayName").await, [""]);
    let (status, error) = service.scim("GET", "?filter=nosuch%20pr", Value::Null).await;
    assert_eq!((status, &error["scimType"]), (400, &json!("invalidFilter")));
}

#[rstest]
#[case("schemas%20eq%20%22urn:ietf:params:scim:schemas:extension:enterprise:2.0:User%22", &["bob", "Eve"])]
#[case("emails.value%20co%20%22A@%22", &["Alice"])]
#[case("emails[primary%20eq%20true%20and%20value%20sw%20%22a%22]", &["Alice"])]
#[case("userName%20eq%20%22EVE%22%20and%20title%20eq%20%22BOSS%22", &["Eve"])]
#[case("userName%20eq%20%22EVE%22%20and%20title%20eq%20%22analyst%22", &[])]
#[case("externalId%20eq%20%22b%22", &["carol"])]
#[case("active%20eq%20false%20or%20not%20(title%20pr)", &["carol", "dave"])]
#[tokio::test]
async fn filters_find_what_fits(#[case] filter: &str, #[case] expected: &[&str]) {
    assert_eq!(people().await.names(&format!("/Users?filter={filter}")).await, expected);
}

#[rstest]
#[case("attributes=urn:ietf:params:scim:schemas:extension:enterprise:2.0:User", &["schemas", "id", ENTERPRISE])]
#[case("attributes=USERNAME", &["schemas", "id", "userName"])]
#[case("attributes=meta.location", &["schemas", "id", "meta"])]
#[case("excludedAttributes=id,schemas,userName,meta,active,urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department", &["schemas", "id", "title"])]
#[tokio::test]
async fn projections_show_what_is_asked_and_what_is_always_returned(
    #[case] query: &str,
    #[case] expected: &[&str],
) {
    // RFC 7644 §3.9.
    let page = people().await.get(&format!("/Users?startIndex=4&count=1&{query}")).await;
    let shown: Vec<&String> = page["Resources"][0].as_object().unwrap().keys().collect();
    assert_eq!(shown, expected);
}
