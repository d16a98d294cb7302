//! Reading and patching, in the shapes that clients send and the answers that the RFC gives.

use rstest::rstest;
use serde_json::{Value, json};

use super::*;

const SEED: Rules = Rules { structural_fault: StructuralFault::ServerError, text_booleans: false };
const RFC: Rules = Rules { structural_fault: StructuralFault::InvalidSyntax, text_booleans: false };
const CORE: &str = "urn:ietf:params:scim:schemas:core:2.0:User";

fn read(body: &Value, rules: Rules) -> Result<Value, ScimError> {
    accept(ResourceKind::User, body.to_string().as_bytes(), rules)
        .map(|accepted| Value::Object(accepted.resource))
}

fn user(more: &Value) -> Value {
    let mut body = json!({ "schemas": [CORE], "userName": "a@b.c" });
    for (key, value) in more.as_object().unwrap() {
        body[key] = value.clone();
    }
    body
}

fn patched(kind: ResourceKind, current: &Value, operations: &Value) -> Result<Value, ScimError> {
    let body =
        json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations });
    patch(kind, current.as_object().unwrap(), body.to_string().as_bytes(), SEED)
        .map(|(accepted, _)| Value::Object(accepted.resource))
}

#[test]
fn names_come_in_any_case_and_read_only_attributes_are_dropped() {
    // RFC 7643 §2.1 (names), §2.2 readOnly; code42-service §3.3.
    let body = json!({
        "SCHEMAS": [CORE], "USERNAME": "a@b.c", "usertype": "Staff", "id": "x", "groups": [], "meta": { "version": "1" },
        "name": { "GivenName": "A" }
    });
    assert_eq!(
        read(&body, SEED).unwrap(),
        json!({ "schemas": [CORE], "userName": "a@b.c", "name": { "givenName": "A" }, "userType": "Staff" })
    );
}

#[test]
fn null_and_the_empty_array_are_unassigned() {
    // RFC 7643 §2.5.
    let body = user(&json!({ "title": null, "emails": [], "name": { "givenName": null } }));
    assert_eq!(read(&body, SEED).unwrap(), json!({ "schemas": [CORE], "userName": "a@b.c" }));
}

#[rstest]
#[case(json!({ "title": { "a": 1 } }))]
#[case(json!({ "addresses": "US" }))]
#[case(json!({ "emails": { "value": "a@b.c" } }))]
#[case(json!({ "active": "true" }))]
#[case(json!({ ENTERPRISE: { "manager": "Jane" } }))]
fn a_wrong_type_is_a_server_error_in_seed_and_a_syntax_error_in_rfc(#[case] more: Value) {
    // code42-service §3.8, S117.
    let seed = read(&user(&more), SEED).unwrap_err();
    assert_eq!((seed.status, seed.detail.as_str(), seed.code), (500, "Server Error", "ATTRIBUTE_TYPE"));
    let rfc = read(&user(&more), RFC).unwrap_err();
    assert_eq!((rfc.status, rfc.scim_type), (400, Some(ScimType::InvalidSyntax)));
}

#[test]
fn an_unknown_attribute_in_an_extension_is_a_server_error_and_elsewhere_ignored() {
    // code42-service §3.8: enterprise `title` is the guide's third case.
    let inside = user(&json!({ ENTERPRISE: { "title": "Boss" } }));
    assert_eq!(read(&inside, SEED).unwrap_err().code, "ATTRIBUTE_UNKNOWN_IN_EXTENSION");
    assert!(read(&inside, RFC).is_ok());
    let outside = user(&json!({ "tittle": "Boss" })).to_string();
    let accepted = accept(ResourceKind::User, outside.as_bytes(), SEED).unwrap();
    assert_eq!(accepted.warnings[0].attribute, "tittle");
    assert_eq!(accepted.warnings[0].code, "ATTRIBUTE_IGNORED");
}

#[rstest]
#[case(json!({ "c42OrgName": "Research" }))]
#[case(json!({ ENTERPRISE: { "c42OrgName": "Research" } }))]
#[case(json!({ C42_USER: { "c42OrgName": "Research" } }))]
fn the_organization_name_is_accepted_in_three_places(#[case] more: Value) {
    // code42-service §3.3.
    assert_eq!(read(&user(&more), SEED).unwrap()[C42_USER], json!({ "c42OrgName": "Research" }));
}

#[rstest]
#[case(json!({ "userName": "" }), "USERNAME_REQUIRED")]
#[case(json!({ "userName": null }), "USERNAME_REQUIRED")]
#[case(json!({ "emails": [{ "value": "nobody" }] }), "EMAIL_INVALID")]
#[case(json!({ "emails": [{ "value": "a@b", "primary": true }, { "value": "c@d", "primary": true }] }), "MULTIPLE_PRIMARY")]
#[case(json!({ "addresses": [{ "country": "USA" }] }), "COUNTRY_INVALID")]
fn a_wrong_value_is_invalid_value(#[case] more: Value, #[case] code: &str) {
    let error = read(&user(&more), SEED).unwrap_err();
    assert_eq!((error.status, error.scim_type, error.code), (400, Some(ScimType::InvalidValue), code));
}

#[test]
fn a_country_is_stored_in_upper_case() {
    // Scenario 44 of code42-service §6.
    let body = user(&json!({ "addresses": [{ "country": "us" }] }));
    assert_eq!(read(&body, SEED).unwrap()["addresses"], json!([{ "country": "US" }]));
}

#[rstest]
#[case("", "no body")]
#[case("[]", "an array")]
#[case("{", "not valid JSON")]
#[case(r#"{"a":1,"a":2}"#, "twice")]
#[case(r#"{"schemas":[]} x"#, "not valid JSON")]
#[case(r#"{"userName":"a@b.c"}"#, "`schemas` is missing")]
#[case(r#"{"schemas":["urn:x"],"userName":"a@b.c"}"#, "does not hold")]
fn what_is_no_resource_is_a_syntax_error_with_the_reason(#[case] body: &str, #[case] says: &str) {
    let error = accept(ResourceKind::User, body.as_bytes(), SEED).unwrap_err();
    assert_eq!((error.status, error.scim_type), (400, Some(ScimType::InvalidSyntax)));
    assert!(error.detail.contains(says), "{}", error.detail);
}

#[test]
fn bytes_that_are_no_utf8_and_deep_nesting_are_syntax_errors() {
    assert_eq!(accept(ResourceKind::User, b"{\"a\":\"\xff\"}", SEED).unwrap_err().status, 400);
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(accept(ResourceKind::User, deep.as_bytes(), SEED).unwrap_err().status, 400);
}

fn ada() -> Value {
    json!({
        "schemas": [CORE], "id": "1", "userName": "a@b.c", "title": "Analyst", "active": true,
        "name": { "givenName": "Ada", "familyName": "L" },
        "emails": [{ "value": "a@b.c", "type": "work", "primary": true }, { "value": "h@b.c", "type": "home" }]
    })
}

// Shapes of okta-client §3.9, §3.10, §3.14 and of Entra (peers), and RFC 7644 §3.5.2.
#[rstest]
#[case::okta_deactivates(json!([{ "op": "replace", "value": { "active": false } }]), "/active", json!(false))]
#[case::operators_in_any_case(json!([{ "op": "Replace", "path": "Title", "value": "CEO" }]), "/title", json!("CEO"))]
#[case::a_sub_attribute(json!([{ "op": "replace", "path": "name.givenName", "value": "A." }]), "/name", json!({ "familyName": "L", "givenName": "A." }))]
#[case::others_stay(json!([{ "op": "replace", "path": "name", "value": { "givenName": "A." } }]), "/name", json!({ "familyName": "L", "givenName": "A." }))]
#[case::a_dotted_key(json!([{ "op": "add", "value": { "name.givenName": "A." } }]), "/name/givenName", json!("A."))]
#[case::remove(json!([{ "op": "remove", "path": "title" }]), "/title", Value::Null)]
#[case::null_removes(json!([{ "op": "replace", "path": "title", "value": null }]), "/title", Value::Null)]
#[case::entra_adds_by_filter(json!([{ "op": "Add", "path": "addresses[type eq \"work\"].locality", "value": "X" }]), "/addresses", json!([{ "locality": "X", "type": "work" }]))]
#[case::replace_by_filter(json!([{ "op": "replace", "path": "emails[type eq \"home\"].value", "value": "n@b.c" }]), "/emails/1/value", json!("n@b.c"))]
#[case::remove_by_filter(json!([{ "op": "remove", "path": "emails[type eq \"home\"]" }]), "/emails", json!([{ "value": "a@b.c", "type": "work", "primary": true }]))]
#[case::primary_moves(json!([{ "op": "add", "path": "emails", "value": [{ "value": "n@b.c", "primary": true }] }]), "/emails/0/primary", json!(false))]
#[case::an_urn_path(json!([{ "op": "add", "path": format!("{ENTERPRISE}:department"), "value": "D" }]), "/urn:ietf:params:scim:schemas:extension:enterprise:2.0:User", json!({ "department": "D" }))]
#[case::an_urn_key(json!([{ "op": "add", "value": { ENTERPRISE: { "department": "D" } } }]), "/urn:ietf:params:scim:schemas:extension:enterprise:2.0:User/department", json!("D"))]
#[case::adding_twice_adds_once(json!([{ "op": "add", "path": "emails", "value": { "value": "h@b.c", "type": "home" } }]), "/emails/2", Value::Null)]
fn a_user_is_patched(#[case] operations: Value, #[case] pointer: &str, #[case] expected: Value) {
    let result = patched(ResourceKind::User, &ada(), &operations).unwrap();
    assert_eq!(result.pointer(pointer).cloned().unwrap_or(Value::Null), expected, "{result}");
}

#[rstest]
#[case(json!([{ "op": "remove" }]), ScimType::NoTarget)]
#[case(json!([{ "op": "replace", "path": "emails[type eq \"other\"].value", "value": "x@y" }]), ScimType::NoTarget)]
#[case(json!([{ "op": "replace", "path": "nosuch", "value": "x" }]), ScimType::InvalidPath)]
#[case(json!([{ "op": "replace", "path": "title[", "value": "x" }]), ScimType::InvalidPath)]
#[case(json!([{ "op": "replace", "path": "title[value eq \"x\"]", "value": "x" }]), ScimType::InvalidPath)]
#[case(json!([{ "op": "replace", "path": "id", "value": "2" }]), ScimType::Mutability)]
#[case(json!([{ "op": "add", "path": "groups", "value": [] }]), ScimType::Mutability)]
#[case(json!([{ "op": "remove", "path": "userName" }]), ScimType::Mutability)]
#[case(json!([{ "op": "replace", "value": { "id": "2" } }]), ScimType::Mutability)]
#[case(json!([{ "op": "move", "path": "title" }]), ScimType::InvalidSyntax)]
#[case(json!([]), ScimType::InvalidSyntax)]
#[case(json!("x"), ScimType::InvalidSyntax)]
#[case(json!([{ "op": "replace", "path": "title" }]), ScimType::InvalidValue)]
#[case(json!([{ "op": "replace", "path": "emails[nosuch eq 1].value", "value": "x" }]), ScimType::InvalidFilter)]
#[case(json!([{ "op": "replace", "path": "title", "value": "kept?" }, { "op": "remove" }]), ScimType::NoTarget)]
fn a_patch_that_cannot_be_done_is_refused(#[case] operations: Value, #[case] scim_type: ScimType) {
    let error = patched(ResourceKind::User, &ada(), &operations).unwrap_err();
    assert_eq!((error.status, error.scim_type), (400, Some(scim_type)), "{}", error.detail);
}

fn named(values: &[&str]) -> Vec<Member> {
    values.iter().map(|value| Member { value: (*value).to_owned(), kind: None }).collect()
}

fn gone(values: &[&str]) -> MemberEdit {
    MemberEdit::Remove(values.iter().map(|value| (*value).to_owned()).collect())
}

#[rstest]
// okta-client §3.17d to f; scenarios 40 and 41 of code42-service §6.
#[case::rename_with_its_own_id(json!([{ "op": "replace", "value": { "id": "9", "displayName": "New" } }]), vec![])]
#[case::remove_then_add(json!([{ "op": "remove", "path": "members[value eq \"a\"]" }, { "op": "add", "path": "members", "value": [{ "value": "c" }] }]), vec![gone(&["a"]), MemberEdit::Add(named(&["c"]))])]
#[case::replace_replaces(json!([{ "op": "replace", "path": "members", "value": [{ "value": "c" }] }]), vec![MemberEdit::Replace(named(&["c"]))])]
#[case::replace_with_nothing_empties(json!([{ "op": "replace", "path": "members", "value": [] }]), vec![MemberEdit::Replace(vec![])])]
#[case::null_empties(json!([{ "op": "replace", "path": "members", "value": null }]), vec![MemberEdit::Clear])]
#[case::pathless_empties(json!([{ "op": "replace", "value": { "id": "9", "displayName": "Droids", "members": [] } }]), vec![MemberEdit::Replace(vec![])])]
#[case::remove_all(json!([{ "op": "remove", "path": "members" }]), vec![MemberEdit::Clear])]
#[case::remove_by_list(json!([{ "op": "remove", "path": "members", "value": [{ "value": "a" }] }]), vec![gone(&["a"])])]
#[case::add_by_filter(json!([{ "op": "add", "path": "members[value eq \"c\"]", "value": { "value": "c" } }]), vec![MemberEdit::Add(named(&["c"]))])]
#[case::in_any_letter_case(json!([{ "op": "ADD", "path": "MEMBERS", "value": [{ "Value": "c" }] }]), vec![MemberEdit::Add(named(&["c"]))])]
fn what_happens_to_members_comes_out_as_edits(#[case] operations: Value, #[case] expected: Vec<MemberEdit>) {
    let current = json!({ "id": "9", "displayName": "Droids" });
    let body =
        json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations });
    let (_, edits) =
        patch(ResourceKind::Group, current.as_object().unwrap(), body.to_string().as_bytes(), SEED).unwrap();
    assert_eq!(edits, expected);
}

// RFC 7643 §4.2: the sub-attributes of `members` are immutable.
#[rstest]
#[case(json!([{ "op": "replace", "path": "members[value eq \"a\"].value", "value": "b" }]), ScimType::Mutability)]
#[case(json!([{ "op": "replace", "path": "members.display", "value": "b" }]), ScimType::Mutability)]
#[case(json!([{ "op": "remove", "path": "members[value eq \"a\"].type" }]), ScimType::Mutability)]
#[case(json!([{ "op": "add", "path": "members", "value": [{ "display": "nobody" }] }]), ScimType::InvalidValue)]
#[case(json!([{ "op": "remove", "path": "displayName" }]), ScimType::Mutability)]
#[case(json!([{ "op": "remove", "path": "schemas" }]), ScimType::Mutability)]
#[case(json!([{ "op": "add", "path": "members[nosuch eq 1]", "value": {} }]), ScimType::InvalidFilter)]
fn a_group_patch_that_cannot_be_done_is_refused(#[case] operations: Value, #[case] scim_type: ScimType) {
    let error = patched(ResourceKind::Group, &json!({ "id": "9", "displayName": "Droids" }), &operations)
        .unwrap_err();
    assert_eq!((error.status, error.scim_type), (400, Some(scim_type)), "{}", error.detail);
}

#[rstest]
#[case(None, 1, query::MAX_RESULTS)]
#[case(Some("startIndex=1&count=2"), 1, 2)]
#[case(Some("startIndex=0&count=-5"), 1, 0)]
#[case(Some("startIndex=-3&count=0"), 1, 0)]
#[case(Some("count=100000"), 1, query::MAX_RESULTS)]
#[case(Some("unknown=1&startIndex=7"), 7, query::MAX_RESULTS)]
fn paging_follows_table_6(#[case] query: Option<&str>, #[case] start: u64, #[case] count: u64) {
    let parsed = ListQuery::parse(&[ResourceKind::User], query).unwrap();
    assert_eq!(parsed.paging, Paging::Index { start_index: start, count });
}

#[rstest]
#[case("filter=userName%20eq%20%22a%40b.c%22")]
#[case("filter=userName+eq+%22a%40b.c%22")]
fn filters_are_decoded_in_both_of_oktas_encodings(#[case] query: &str) {
    let filters = ListQuery::parse(&[ResourceKind::User], Some(query)).unwrap().filter.unwrap();
    assert_eq!(filters[0].1.equalities(), [("userName".into(), "a@b.c")]);
}

#[rstest]
#[case("attributes=title,name.givenName", json!({ "schemas": [CORE], "id": "1", "title": "Analyst", "name": { "givenName": "Ada" } }))]
#[case("attributes=nosuch", json!({ "schemas": [CORE], "id": "1" }))]
#[case("excludedAttributes=emails,name.familyName,id,active", json!({ "schemas": [CORE], "id": "1", "userName": "a@b.c", "title": "Analyst", "name": { "givenName": "Ada" } }))]
fn projection_keeps_what_is_asked_and_what_is_always_returned(#[case] query: &str, #[case] expected: Value) {
    // RFC 7644 §3.9, RFC 7643 §7 `returned`.
    let projection = Projection::parse(ResourceKind::User, Some(query)).unwrap();
    assert_eq!(Value::Object(projection.apply(ResourceKind::User, ada().as_object().unwrap())), expected);
}

proptest::proptest! {
    #[test]
    fn no_patch_panics(path in ".{0,40}", op in "(?i)add|remove|replace", text in ".{0,10}") {
        let operations = json!([{ "op": op, "path": path, "value": text }]);
        let _ = patched(ResourceKind::User, &ada(), &operations);
    }
}
