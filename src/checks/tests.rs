//! Each requirement is tripped by at least one exchange here, and a table of legal conversations trips
//! none. Expectations are written from the RFCs.

use std::collections::BTreeSet;
use std::time::Duration;

use bytes::Bytes;
use rstest::rstest;
use serde_json::{Value, json};

use super::*;
use crate::exchange::{Exchange, Masker, Request, Response, TransportError};

const BASE: &str = "https://example.com/v2";
const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const LIST: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";
const ERROR: &str = "urn:ietf:params:scim:api:messages:2.0:Error";
const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// One exchange: request line and body, status, extra header fields, body.
struct Line {
    method: &'static str,
    path: String,
    sent: Option<Value>,
    status: u16,
    headers: Vec<(String, String)>,
    body: Option<String>,
}

fn line(method: &'static str, path: &str, sent: Option<Value>, status: u16, body: Option<Value>) -> Line {
    Line { method, path: path.into(), sent, status, headers: vec![], body: body.map(|body| body.to_string()) }
}

fn get(path: &str, body: Value) -> Line {
    line("GET", path, None, 200, Some(body))
}

impl Line {
    fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    fn exchange(self) -> Exchange {
        let mut headers = self.headers;
        let typed = headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type"));
        if self.body.is_some() && !typed {
            headers.push(("content-type".into(), "application/scim+json;charset=UTF-8".into()));
        }
        Exchange {
            request: Request {
                method: self.method.into(),
                url: format!("{BASE}{}", self.path),
                headers: vec![("Authorization".into(), "Bearer secret-token".into())],
                body: self.sent.map(|sent| Bytes::from(sent.to_string())),
            },
            outcome: Ok(Response {
                status: self.status,
                reason: String::new(),
                headers,
                body: self.body.map(Bytes::from).unwrap_or_default(),
            }),
            duration: Duration::ZERO,
        }
    }
}

fn slugs(lines: Vec<Line>) -> BTreeSet<String> {
    let mut judge = PassiveJudge::new(BASE);
    let masker = Masker::new();
    lines
        .into_iter()
        .flat_map(|line| judge.observe(&line.exchange(), &masker))
        .map(|finding| finding.requirement)
        .collect()
}

fn with(mut value: Value, pointer: &str, new: Value) -> Value {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    value.pointer_mut(parent).unwrap()[key] = new;
    value
}

fn without(mut value: Value, pointer: &str) -> Value {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    value.pointer_mut(parent).unwrap().as_object_mut().unwrap().shift_remove(key);
    value
}

/// RFC 7644 §3.3, the answer to the creation.
fn user() -> Value {
    json!({
        "schemas": [USER], "id": "2819c223-7f76-453a-919d-413861904646", "externalId": "bjensen",
        "meta": {
            "resourceType": "User", "created": "2011-08-01T21:32:44.882Z", "lastModified": "2011-08-01T21:32:44.882Z",
            "location": "https://example.com/v2/Users/2819c223-7f76-453a-919d-413861904646", "version": "W/\"e180ee84f0671b1\""
        },
        "name": { "formatted": "Ms. Barbara J Jensen III", "familyName": "Jensen", "givenName": "Barbara" },
        "userName": "bjensen", "active": true,
        "emails": [{ "value": "b@example.com", "type": "work", "primary": true }, { "value": "b@example.com", "type": "home" }]
    })
}

const ONE: &str = "/Users/2819c223-7f76-453a-919d-413861904646";

fn group(members: &[&str]) -> Value {
    json!({
        "schemas": [GROUP], "id": "g1", "displayName": "Tour Guides",
        "members": members.iter().map(|id| json!({ "value": id })).collect::<Vec<_>>(),
        "meta": { "resourceType": "Group", "location": "https://example.com/v2/Groups/g1" }
    })
}

fn list(resources: Vec<Value>) -> Value {
    json!({
        "schemas": [LIST], "totalResults": resources.len(), "startIndex": 1, "itemsPerPage": resources.len(),
        "Resources": resources
    })
}

fn created(body: Value) -> Line {
    line("POST", "/Users", Some(json!({ "schemas": [USER], "userName": "bjensen" })), 201, Some(body))
        .header("Location", "https://example.com/v2/Users/2819c223-7f76-453a-919d-413861904646")
}

fn deactivate(status: u16, body: Option<Value>) -> Line {
    let sent =
        json!({ "schemas": [PATCH], "Operations": [{ "op": "replace", "value": { "active": false } }] });
    line("PATCH", ONE, Some(sent), status, body)
}

fn error(status: u16, body: Value) -> Line {
    line("GET", "/Users/404", None, status, Some(body))
}

fn not_found() -> Value {
    json!({ "schemas": [ERROR], "detail": "Resource 404 not found", "status": "404" })
}

const LOOKUP: &str = "/Users?filter=userName%20eq%20%22bjensen%22&startIndex=1&count=100";

fn config() -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
        "patch": { "supported": true }, "bulk": { "supported": false, "maxOperations": 0, "maxPayloadSize": 0 },
        "filter": { "supported": true, "maxResults": 200 }, "changePassword": { "supported": false },
        "sort": { "supported": false }, "etag": { "supported": false },
        "authenticationSchemes": [{ "type": "oauthbearertoken", "name": "OAuth", "description": "Bearer" }]
    })
}

fn members_patch(status: u16, body: Option<Value>) -> Line {
    let sent = json!({ "schemas": [PATCH], "Operations": [
        { "op": "remove", "path": "members[value eq \"a\"]" },
        { "op": "add", "path": "members", "value": [{ "value": "c", "display": "C" }] }
    ] });
    line("PATCH", "/Groups/g1", Some(sent), status, body)
}

/// Broken exchanges, each with all the requirements that it breaks.
#[rstest]
#[case("response.json", vec![line("GET", "/Users?startIndex=1&count=2", None, 200, None).body_text("<html>")])]
#[case("response.content-type", vec![get(ONE, user()).header("Content-Type", "application/json")])]
#[case("create.status-201", vec![line("POST", "/Users", None, 200, Some(user())).header("Location", "https://example.com/v2/Users/2819c223-7f76-453a-919d-413861904646")])]
#[case("create.location", vec![line("POST", "/Users", None, 201, Some(user()))])]
#[case("create.meta-location resource.meta", vec![created(without(user(), "/meta/location"))])]
#[case("create.location-agrees", vec![created(user()).with_header("Location", "https://example.com/v2/Users/other")])]
#[case("create.body", vec![line("POST", "/Users", None, 201, None).header("Location", "https://example.com/v2/Users/1")])]
#[case("create.conflict-status", vec![created(user()), line("POST", "/Users", Some(json!({ "userName": "BJENSEN" })), 400, Some(json!({ "schemas": [ERROR], "status": "400" })))])]
#[case("create.conflict-scim-type", vec![created(user()), line("POST", "/Users", Some(json!({ "userName": "bjensen" })), 409, Some(json!({ "schemas": [ERROR], "status": "409" })))])]
#[case("create.unique-user-name", vec![created(user()), second_user()])]
#[case("replace.status-200", vec![line("PUT", ONE, Some(user()), 204, None)])]
#[case("patch.status", vec![deactivate(200, None)])]
#[case("patch.status", vec![deactivate(202, Some(with(user(), "/active", json!(false))))])]
#[case("delete.status-204", vec![line("DELETE", ONE, None, 200, None)])]
#[case("delete.gone", vec![line("DELETE", ONE, None, 204, None), get(ONE, user())])]
#[case("read.status-200", vec![line("GET", ONE, None, 203, Some(user()))])]
#[case("response.no-content", vec![line("DELETE", ONE, None, 204, Some(json!({})))])]
#[case("auth.challenge", vec![line("GET", "/Users", None, 401, Some(json!({ "schemas": [ERROR], "status": "401" })))])]
#[case("error.content-type", vec![error(404, not_found()).with_header("Content-Type", "text/html; charset=utf-8")])]
#[case("error.format", vec![error(404, json!({ "error": "not found" }))])]
#[case("error.format", vec![error(404, json!({ "schemas": [ERROR], "status": 404 }))])]
#[case("error.format", vec![line("GET", "/Users/404", None, 404, None)])]
#[case("error.status-matches", vec![error(404, json!({ "schemas": [ERROR], "status": "400" }))])]
#[case("error.scim-type", vec![error(400, json!({ "schemas": [ERROR], "status": "400", "scimType": "badThing" }))])]
#[case("list.schema", vec![get("/Users", with(list(vec![]), "/startIndex", json!("1")))])]
#[case("list.schema", vec![get("/Users", without(list(vec![]), "/totalResults"))])]
#[case("list.schema", vec![get("/Users", json!([user()]))])]
#[case("list.counters-when-partial", vec![get("/Users?count=1", without(with(list(vec![user()]), "/totalResults", json!(9)), "/itemsPerPage"))])]
#[case("list.counters-present", vec![get("/Users", without(list(vec![]), "/startIndex"))])]
#[case("list.total-results", vec![get("/Users", with(list(vec![user()]), "/totalResults", json!(0)))])]
#[case("list.items-per-page", vec![get("/Users", with(list(vec![]), "/itemsPerPage", json!(20)))])]
#[case("list.page-size", vec![get("/Groups?count=1", list(vec![group(&[]), with(with(group(&[]), "/id", json!("g2")), "/meta/location", json!("/v2/Groups/g2"))]))])]
#[case("list.start-index", vec![get("/Users?startIndex=5", with(list(vec![user()]), "/totalResults", json!(9)))])]
#[case("list.resources-present list.items-per-page", vec![get("/Users", without(list(vec![user()]), "/Resources"))])]
#[case("list.no-duplicates", vec![get("/Users", list(vec![user(), user()]))])]
#[case("filter.no-match-is-200", vec![line("GET", LOOKUP, None, 404, Some(not_found()))])]
#[case("filter.matches", vec![get("/Users?filter=userName+eq+%22other%22", list(vec![user()]))])]
#[case("filter.finds-existing", vec![created(user()), get(LOOKUP, list(vec![]))])]
#[case("resource.schema", vec![get(ONE, with(user(), "/active", json!("true")))])]
#[case("resource.schema", vec![get(ONE, with(user(), "/emails", json!({ "value": "b@example.com" })))])]
#[case("resource.schema", vec![get(ONE, with(user(), "/meta/created", json!("yesterday")))])]
#[case("resource.schema resource.id", vec![get(ONE, with(user(), "/id", json!(7)))])]
#[case("resource.id create.body", vec![created(without(user(), "/id"))])]
#[case("resource.id-stable resource.meta-location", vec![get(ONE, with(user(), "/id", json!("other")))])]
#[case("resource.schemas", vec![get(ONE, with(user(), "/schemas", json!([GROUP])))])]
#[case("resource.schemas", vec![get(ONE, with(user(), &format!("/{ENTERPRISE}"), json!({ "department": "D" })))])]
#[case("resource.required", vec![get(ONE, without(user(), "/userName"))])]
#[case("resource.meta", vec![get(ONE, without(user(), "/meta"))])]
#[case("resource.meta-resource-type", vec![get(ONE, with(user(), "/meta/resourceType", json!("Users")))])]
#[case("resource.meta-location", vec![get(ONE, with(user(), "/meta/location", json!("https://example.com/v2/Users")))])]
#[case("resource.password", vec![get(ONE, with(user(), "/password", json!("t1meMa$heen")))])]
#[case("resource.one-primary", vec![get(ONE, with(user(), "/emails/1/primary", json!(true)))])]
#[case("resource.no-repeated-values", vec![get("/Groups/g1", group(&["a", "a"]))])]
#[case("resource.version-is-etag", vec![get(ONE, user()).header("ETag", "W/\"other\"")])]
#[case("resource.modified-after-created", vec![get(ONE, with(user(), "/meta/created", json!("2012-01-01T00:00:00Z")))])]
#[case("write.applied", vec![deactivate(200, Some(user()))])]
#[case("write.applied", vec![line("PUT", ONE, Some(with(user(), "/active", json!(false))), 200, Some(user()))])]
#[case("write.applied", vec![get("/Groups/g1", group(&["a", "b"])), members_patch(200, Some(group(&["c"])))])]
#[case("write.kept", vec![deactivate(204, None), get(ONE, user())])]
#[case("write.kept", vec![deactivate(204, None), get(LOOKUP, list(vec![user()]))])]
#[case("write.kept", vec![get("/Groups/g1", group(&["a", "b"])), members_patch(204, None), get("/Groups/g1", without(group(&[]), "/members"))])]
#[case("discovery.available", vec![line("GET", "/ServiceProviderConfig", None, 404, Some(json!("nothing")))])]
#[case("discovery.service-provider-config", vec![get("/ServiceProviderConfig", without(without(config(), "/patch"), "/filter"))])]
#[case("discovery.resource-types", vec![get("/ResourceTypes", json!([]))])]
#[case("discovery.schemas", vec![get("/Schemas", list(vec![json!({ "id": "x", "attributes": [{ "name": "a", "type": "text" }] })]))])]
fn a_broken_exchange_breaks_just_these(#[case] expected: &str, #[case] lines: Vec<Line>) {
    let expected: BTreeSet<String> = expected.split(' ').map(str::to_owned).collect();
    assert_eq!(slugs(lines), expected);
}

impl Line {
    fn body_text(mut self, text: &str) -> Self {
        self.body = Some(text.into());
        self
    }

    fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(known, _)| known != name);
        self.header(name, value)
    }
}

fn second_user() -> Line {
    let mut second = with(user(), "/id", json!("second"));
    second = with(second, "/meta/location", json!("https://example.com/v2/Users/second"));
    line("POST", "/Users", Some(json!({ "userName": "bjensen" })), 201, Some(second))
        .header("Location", "https://example.com/v2/Users/second")
}

/// What the RFCs allow, and what the service providers that Okta works with do.
#[rstest]
#[case::the_rfcs_creation(vec![created(user()).header("ETag", "W/\"e180ee84f0671b1\"")])]
#[case::a_relative_location(vec![created(with(user(), "/meta/location", json!("/v2/Users/2819c223-7f76-453a-919d-413861904646")))])]
#[case::behind_a_proxy(vec![created(with(user(), "/meta/location", json!("http://10.0.0.1:8080/v2/Users/2819c223-7f76-453a-919d-413861904646")))])]
#[case::patch_with_204(vec![deactivate(204, None), get(ONE, with(user(), "/active", json!(false)))])]
#[case::patch_with_200(vec![deactivate(200, Some(with(user(), "/active", json!(false))))])]
#[case::names_in_another_case(vec![get("/Users", json!({ "Schemas": [LIST], "totalresults": 0, "startindex": 1, "itemsperpage": 0, "resources": [] }))])]
#[case::a_look_up_in_another_normal_form(vec![get("/Groups?filter=displayName%20eq%20%22caf%C3%A9%22", list(vec![with(group(&[]), "/displayName", json!("cafe\u{301}"))]))])]
#[case::an_empty_list_without_resources(vec![get("/Users?startIndex=1&count=2", json!({ "schemas": [LIST], "totalResults": 0, "startIndex": 1, "itemsPerPage": 0 }))])]
#[case::fewer_than_asked_for(vec![get("/Users?startIndex=1&count=100", with(list(vec![user()]), "/totalResults", json!(9)))])]
#[case::past_the_end(vec![get("/Users?startIndex=50&count=10", json!({ "schemas": [LIST], "totalResults": 3, "startIndex": 50, "itemsPerPage": 0, "Resources": [] }))])]
#[case::count_zero(vec![get("/Users?count=0", json!({ "schemas": [LIST], "totalResults": 3, "startIndex": 1, "itemsPerPage": 0 }))])]
#[case::pages_by_cursor_without_a_total(vec![get("/Users?cursor=a&count=1", without(without(without(with(list(vec![user()]), "/nextCursor", json!("b")), "/totalResults"), "/startIndex"), "/itemsPerPage"))])]
#[case::pages_by_cursor_unasked(vec![get("/Users", without(without(with(with(list(vec![user()]), "/totalResults", json!(9)), "/nextCursor", json!("b")), "/startIndex"), "/itemsPerPage"))])]
#[case::a_conflict_beside_a_bad_password(vec![created(user()), line("POST", "/Users", Some(json!({ "userName": "bjensen", "password": "x" })), 400, Some(json!({ "schemas": [ERROR], "status": "400", "scimType": "invalidValue", "detail": "too short" })))])]
#[case::a_negative_count(vec![get("/Users?count=-1", json!({ "schemas": [LIST], "totalResults": 3, "startIndex": 1, "itemsPerPage": 0 }))])]
#[case::some_attributes_only(vec![get("/Users?attributes=active", list(vec![json!({ "schemas": [USER], "id": "1", "active": true })]))])]
#[case::the_rfcs_error(vec![error(404, not_found())])]
#[case::a_conflict(vec![created(user()), line("POST", "/Users", Some(json!({ "userName": "bjensen" })), 409, Some(json!({ "schemas": [ERROR], "status": "409", "scimType": "uniqueness", "detail": "taken" })))])]
#[case::unsupported(vec![line("DELETE", ONE, None, 501, Some(json!({ "schemas": [ERROR], "status": "501", "detail": "no" })))])]
#[case::a_user_created_inactive_is_active(vec![line("POST", "/Users", Some(json!({ "userName": "bjensen", "active": false })), 201, Some(user())).header("Location", "https://example.com/v2/Users/2819c223-7f76-453a-919d-413861904646")])]
#[case::null_is_absent(vec![get(ONE, with(with(user(), "/title", Value::Null), "/emails", Value::Null))])]
#[case::unknown_attributes(vec![get(ONE, with(user(), "/favouriteColour", json!({ "deep": [1] })))])]
#[case::an_extension_that_is_listed(vec![get(ONE, with(with(user(), &format!("/{ENTERPRISE}"), json!({ "department": "D", "manager": { "value": "1" } })), "/schemas", json!([USER, ENTERPRISE])))])]
#[case::an_empty_extension(vec![get(ONE, with(user(), &format!("/{ENTERPRISE}"), json!({})))])]
#[case::a_look_up_in_another_case(vec![created(user()), get("/Users?filter=userName%20eq%20%22BJensen%22", list(vec![user()]))])]
#[case::deleted_and_created_again(vec![created(user()), line("DELETE", ONE, None, 204, None), error(404, not_found()), get(LOOKUP, list(vec![])), created(user())])]
#[case::somebody_elses_user(vec![get("/Users", list(vec![user()])), get("/Users", list(vec![with(user(), "/active", json!(false))])), get(LOOKUP, list(vec![]))])]
#[case::not_modified(vec![line("GET", ONE, None, 304, None)])]
#[case::members_as_patched(vec![get("/Groups/g1", group(&["a", "b"])), members_patch(204, None), get("/Groups/g1", group(&["c", "b"]))])]
#[case::members_removed_by_a_filter_of_several(vec![line("PUT", "/Groups/g1", Some(group(&["a", "b", "c"])), 200, Some(group(&["a", "b", "c"]))), line("PATCH", "/Groups/g1", Some(json!({ "schemas": [PATCH], "Operations": [{ "op": "remove", "path": "members[value eq \"a\" or value eq \"c\"]" }] })), 204, None), get("/Groups/g1", group(&["b"]))])]
#[case::members_never_listed(vec![line("PUT", "/Groups/g1", Some(group(&["a"])), 200, Some(without(group(&[]), "/members"))), get("/Groups/g1", without(group(&[]), "/members"))])]
#[case::a_failed_write_proves_nothing(vec![created(user()), deactivate(500, Some(json!({ "schemas": [ERROR], "status": "500" }))), get(ONE, with(user(), "/active", json!(false)))])]
#[case::discovery(vec![get("/ServiceProviderConfig", config()), line("GET", "/Schemas", None, 403, Some(json!({ "schemas": [ERROR], "status": "403" })))])]
#[case::discovery_with_credentials(vec![line("GET", "/ServiceProviderConfig", None, 401, Some(json!({ "schemas": [ERROR], "status": "401" }))).header("WWW-Authenticate", "Bearer")])]
#[case::the_errata_on_schemas(vec![get("/Schemas", list(vec![json!({ "id": "x", "name": "X", "attributes": [{ "name": "c", "type": "complex", "subAttributes": [{ "name": "$ref", "type": "reference", "referenceTypes": ["User"] }, { "name": "b", "type": "binary" }] }] })]))])]
#[case::the_schema_of_schemas(vec![get("/Schemas", list(vec![json!({ "id": "urn:ietf:params:scim:schemas:core:2.0:Schema", "attributes": [{ "name": "attributes", "type": "complex", "subAttributes": [{ "name": "subAttributes", "type": "complex" }] }] })]))])]
#[case::other_endpoints(vec![line("GET", "/Me", None, 501, None), line("GET", "/../healthz", None, 200, None).body_text("ok")])]
fn a_legal_conversation_breaks_nothing(#[case] lines: Vec<Line>) {
    assert_eq!(slugs(lines), BTreeSet::new());
}

#[test]
fn what_somebody_else_changed_is_no_defect_once_the_judge_was_told() {
    let mut judge = PassiveJudge::new(BASE);
    let masker = Masker::new();
    assert_eq!(judge.observe(&deactivate(204, None).exchange(), &masker), vec![]);
    judge.forget();
    assert_eq!(judge.observe(&get(ONE, user()).exchange(), &masker), vec![]);
}

#[test]
fn a_request_without_an_answer_leaves_nothing_known() {
    let mut judge = PassiveJudge::new(BASE);
    let masker = Masker::new();
    judge.observe(&created(user()).exchange(), &masker);
    let mut lost = deactivate(204, None).exchange();
    lost.outcome = Err(TransportError::Timeout { authority: "example.com:443".into(), seconds: 60 });
    assert_eq!(judge.observe(&lost, &masker), vec![]);
    assert_eq!(judge.observe(&get(ONE, with(user(), "/active", json!(false))).exchange(), &masker), vec![]);
}

#[test]
fn a_finding_shows_the_exchange_and_hides_the_credential() {
    let mut judge = PassiveJudge::new(BASE);
    let findings = judge
        .observe(&get("/Users", with(list(vec![]), "/startIndex", json!("1"))).exchange(), &Masker::new());
    let finding = &findings[0];
    assert_eq!(finding.pointer.as_deref(), Some("/startIndex"));
    assert_eq!(finding.exchange, "GET /v2/Users → 200");
    assert!(
        finding.curl.contains("Bearer ***") && !finding.curl.contains("secret-token"),
        "{}",
        finding.curl
    );
    assert!(finding.admin_message.is_some(), "Okta stops silently, and the reader should know");
}

#[test]
fn slugs_are_unique_and_every_requirement_says_where_it_is_written_and_what_to_do() {
    let mut seen = BTreeSet::new();
    for requirement in requirements() {
        assert!(seen.insert(requirement.slug), "{} twice", requirement.slug);
        assert!(
            ["RFC ", "okta-client ", "draft-zollner-scim-interop-profile-01 ", "IPSIE AL "]
                .iter()
                .any(|source| requirement.citation.starts_with(source))
        );
        assert!(requirement.text.ends_with('.') && requirement.advice.ends_with('.'), "{}", requirement.slug);
    }
}

#[rstest]
#[case(json!({ "schemas": [PATCH], "Operations": [{ "op": "Replace", "value": { "active": false } }] }), true)]
#[case(json!({ "schemas": [PATCH], "Operations": [] }), false)]
#[case(json!({ "schemas": [PATCH], "Operations": [{ "op": "move", "path": "a" }] }), false)]
#[case(json!({ "schemas": [LIST], "Operations": [{ "op": "add", "value": {} }] }), false)]
#[case(json!({ "Operations": [{ "op": "add", "value": {} }] }), false)]
fn patch_requests_can_be_held_against_the_schema(#[case] body: Value, #[case] valid: bool) {
    assert_eq!(Document::PatchOp.mismatches(&body).is_empty(), valid);
}

/// The tables above are this file's text, so a requirement that nothing trips is found here.
#[test]
fn every_passive_requirement_is_tripped_by_a_case() {
    let text = include_str!("tests.rs");
    for requirement in super::catalogue::ALL {
        let tripped = text.lines().any(|line| {
            line.strip_prefix("#[case(\"").is_some_and(|rest| {
                rest.split('"')
                    .next()
                    .is_some_and(|slugs| slugs.split(' ').any(|slug| slug == requirement.slug))
            })
        });
        assert!(tripped, "no exchange trips {}", requirement.slug);
    }
}

/// A requirement that no probe judges could not fail.
#[test]
fn every_requirement_of_the_probes_is_judged_by_one_and_probes_have_names_of_their_own() {
    let probes = super::probes::all();
    let judged: BTreeSet<&str> =
        probes.iter().flat_map(|probe| probe.judges).map(|requirement| requirement.slug).collect();
    let at_the_start: BTreeSet<&str> = super::probes::basics::ALL
        .iter()
        .chain(super::probes::watch::ALL)
        .map(|requirement| requirement.slug)
        .collect();
    for requirement in super::probes::requirements() {
        let slug = requirement.slug;
        assert!(judged.contains(slug) || at_the_start.contains(slug), "no probe judges {slug}");
    }
    let names: BTreeSet<&str> = probes.iter().map(|probe| probe.name).collect();
    assert_eq!(names.len(), probes.len(), "two probes have the same name");
}
