//! The profiles beyond the RFCs, as a user meets them: `scimulate check --profile interop`. The service is the
//! strict reference with a layer that makes it what the interoperability profile and IPSIE ask for; with one
//! rule of the layer left out, exactly the requirement of that rule is broken.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use assert_cmd::Command;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use regex::Regex;
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::service::{Service, resources, service};

const TOP: [&str; 28] = [
    "schemas",
    "id",
    "externalId",
    "meta",
    "userName",
    "name",
    "displayName",
    "nickName",
    "profileUrl",
    "title",
    "userType",
    "preferredLanguage",
    "locale",
    "timezone",
    "active",
    "password",
    "emails",
    "phoneNumbers",
    "ims",
    "photos",
    "addresses",
    "groups",
    "entitlements",
    "roles",
    "x509Certificates",
    "members",
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
    "urn:ietf:params:scim:schemas:core:2.0:User",
];
const NAME: [&str; 6] =
    ["formatted", "familyName", "givenName", "middleName", "honorificPrefix", "honorificSuffix"];

fn error(status: u16, scim_type: &str) -> Response {
    let body = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
        "status": status.to_string(), "scimType": scim_type, "detail": "Not in this profile."
    });
    let kind = [(header::CONTENT_TYPE, "application/scim+json")];
    (StatusCode::from_u16(status).unwrap(), kind, body.to_string()).into_response()
}

/// Whether the top of a path or of a body is an attribute of some published schema.
fn known(name: &str) -> bool {
    let is = |list: &[&str], name: &str| list.iter().any(|one| one.eq_ignore_ascii_case(name));
    if name.to_ascii_lowercase().starts_with("urn:") {
        return TOP.iter().any(|one| {
            one.starts_with("urn:") && name.to_ascii_lowercase().starts_with(&one.to_ascii_lowercase())
        });
    }
    let (top, sub) = name.split_once('.').unwrap_or((name, ""));
    let top = top.split('[').next().unwrap();
    is(&TOP, top) && (!top.eq_ignore_ascii_case("name") || sub.is_empty() || is(&NAME, sub))
}

/// What a request may not have, or how it means something else here.
fn strict(method: &str, without: &str, body: &mut Value) -> Option<Response> {
    if method == "PATCH" {
        for operation in body["Operations"].as_array_mut().into_iter().flatten() {
            let Some(path) = operation["path"].as_str().map(str::to_owned) else {
                if without == "paths" {
                    continue;
                }
                return Some(error(400, "invalidSyntax"));
            };
            let left_out = if path.starts_with("urn:") { "patch-schemas" } else { "patch-attributes" };
            if !known(&path) && without != left_out {
                return Some(error(400, "invalidSyntax"));
            }
            if !known(&path) {
                // Taken, and nothing done.
                *operation = json!({"op": "replace", "path": "nickName", "value": "x"});
            } else if path == "name"
                && operation["op"] == "replace"
                && operation["value"].is_object()
                && without != "whole"
            {
                let mut value = operation["value"].clone();
                for part in NAME {
                    if value.get(part).is_none() {
                        value[part] = Value::Null;
                    }
                }
                operation["value"] = value;
            }
        }
        return None;
    }
    let members = body.as_object_mut()?;
    let odd: Vec<String> = members.keys().filter(|name| !known(name)).cloned().collect();
    let inside = members
        .get("name")
        .and_then(Value::as_object)
        .is_some_and(|name| name.keys().any(|part| !NAME.contains(&part.as_str())));
    let urns = odd.iter().any(|name| name.starts_with("urn:"));
    if urns && without == "schemas" {
        odd.iter().for_each(|name| drop(members.remove(name)));
        members["schemas"].as_array_mut()?.truncate(1);
        return None;
    }
    let refuse = urns || ((!odd.is_empty() || inside) && without != "attributes");
    refuse.then(|| error(400, if without == "scim-type" { "invalidValue" } else { "invalidSyntax" }))
}

/// Documents and lists as the profile wants them.
fn published(path: &str, without: &str, body: &mut Value) {
    let each = |body: &mut Value, act: &mut dyn FnMut(&mut Value)| match body.get_mut("Resources") {
        Some(Value::Array(list)) => list.iter_mut().for_each(act),
        _ => act(body),
    };
    if path.ends_with("/ServiceProviderConfig") {
        body["interopProfileConformant"] = if without == "flag" { json!("true") } else { json!(true) };
        if without != "password" {
            body["changePassword"]["supported"] = json!(false);
        }
        if without == "bulk" {
            body["bulk"]["supported"] = json!(false);
        }
        if without != "basic" {
            let scheme = json!({"type": "oauthbearertoken", "name": "Bearer", "description": "A token."});
            body["authenticationSchemes"] = json!([scheme]);
        }
    } else if path.ends_with("/ResourceTypes") {
        each(body, &mut |kind| match without {
            "type-ids" => kind["id"] = json!(format!("{}1", kind["id"].as_str().unwrap())),
            "endpoints" => kind["endpoint"] = json!("/Users"),
            _ => {}
        });
    } else if path.ends_with("/Schemas") {
        each(body, &mut |schema| {
            let Some(list) = schema["attributes"].as_array_mut() else { return };
            list.retain(|one| one["name"] != "password" || without == "password");
            list.retain(|one| one["name"] != "displayName" || without != "display-name");
            for one in list {
                for sub in one["subAttributes"].as_array_mut().into_iter().flatten() {
                    if sub["name"] == "type" && without != "types" {
                        sub["canonicalValues"] = json!(["work", "home", "other"]);
                    }
                }
            }
        });
    }
}

/// The reference's ids are numbers; here they begin with a letter, so that its case can be another one.
fn lettered(text: &str) -> String {
    static ID: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\b(\d{18})\b").unwrap());
    ID.replace_all(text, "x$1").into_owned()
}

fn numbered(text: &str, any_case: bool) -> String {
    static ID: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"x(\d{18})").unwrap());
    static ANY: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"[xX](\d{18})").unwrap());
    (if any_case { &ANY } else { &ID }).replace_all(text, "$1").into_owned()
}

fn conformant(without: &'static str) -> Service {
    service(move |request: Request, next: Next| async move {
        let (mut parts, body) = request.into_parts();
        parts.uri = numbered(&parts.uri.to_string(), without == "id-case").parse().unwrap();
        let (path, method) = (parts.uri.path().to_owned(), parts.method.to_string());
        let query = parts.uri.query().unwrap_or_default().to_owned();
        let mut bytes = to_bytes(body, usize::MAX).await.unwrap().to_vec();
        if let Ok(text) = std::str::from_utf8(&bytes) {
            bytes = numbered(text, false).into_bytes();
        }
        if (path.contains("/Users") || path.contains("/Groups"))
            && let Ok(mut body) = serde_json::from_slice::<Value>(&bytes)
        {
            if let Some(refused) = strict(&method, without, &mut body) {
                return refused;
            }
            bytes = body.to_string().into_bytes();
        }
        parts.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(bytes.len()));
        if without == "over" && query.contains("count=100000") {
            return error(400, "invalidValue");
        }
        if without == "filter" && query.contains("scimulateUnknown") {
            parts.uri = format!("{path}?filter=id%20eq%20%22none%22").parse().unwrap();
        }
        if without == "other-uri" && method == "GET" && path.contains("%40example.com") {
            return ([(header::CONTENT_TYPE, "application/scim+json")], "{}").into_response();
        }
        if without == "external-id" && method == "POST" && String::from_utf8_lossy(&bytes).contains("-abc\"")
        {
            return error(409, "uniqueness");
        }
        let response = next.run(Request::from_parts(parts, Body::from(bytes))).await;
        let (mut parts, body) = response.into_parts();
        let mut bytes = to_bytes(body, usize::MAX).await.unwrap().to_vec();
        if without == "group-names" && parts.status == 409 && path.ends_with("/Groups") {
            parts.status = StatusCode::CREATED;
            bytes = json!({"id": "a-second-group-of-that-name"}).to_string().into_bytes();
        }
        if parts.status == 401 && without != "challenge" {
            parts.headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"SCIM\""));
        }
        if parts.status == 200
            && method == "GET"
            && let Ok(mut body) = serde_json::from_slice(&bytes)
        {
            published(&path, without, &mut body);
            bytes = body.to_string().into_bytes();
        }
        if let Ok(text) = std::str::from_utf8(&bytes) {
            bytes = lettered(text).into_bytes();
        }
        parts.headers.remove(header::CONTENT_LENGTH);
        if let Some(location) = parts.headers.get(header::LOCATION) {
            let location = lettered(location.to_str().unwrap());
            parts.headers.insert(header::LOCATION, HeaderValue::try_from(location).unwrap());
        }
        Response::from_parts(parts, Body::from(bytes))
    })
}

/// Verdict by requirement of the new ones, and what is to be attested.
fn checked(service: &Service, profile: &str, more: &[&str]) -> (BTreeMap<String, String>, Value) {
    let folder = tempfile::tempdir().unwrap();
    let report = folder.path().join("result.json");
    let user = format!("{}:{}", service.username, service.password);
    let output = Command::cargo_bin("scimulate")
        .unwrap()
        .args(["check", "--target", &service.base_url, "--user", &user, "--profile", profile])
        .args(more)
        .args(["--report-json", report.to_str().unwrap()])
        .output()
        .unwrap();
    assert!(report.exists(), "{}", String::from_utf8_lossy(&output.stderr));
    let result: Value = serde_json::from_str(&std::fs::read_to_string(report).unwrap()).unwrap();
    let verdicts = result["requirements"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| {
            let text = |name: &str| entry[name].as_str().unwrap().to_owned();
            (text("requirement"), text("verdict"))
        })
        .collect();
    assert_eq!(resources(service, "/Users"), 0, "something was left behind");
    (verdicts, result["toAttest"].clone())
}

fn broken(verdicts: &BTreeMap<String, String>) -> Vec<&str> {
    verdicts
        .iter()
        .filter(|(slug, verdict)| {
            (slug.starts_with("interop.") || slug.starts_with("ipsie."))
                && ["failed", "warning"].contains(&verdict.as_str())
        })
        .map(|(slug, _)| slug.as_str())
        .collect()
}

/// The test's socket has no TLS, which is all that a conformant service lacks here.
#[test]
fn a_conformant_service_holds_every_requirement_of_the_profiles() {
    let (verdicts, attested) = checked(&conformant(""), "ipsie-al3", &[]);
    assert_eq!(broken(&verdicts), ["interop.tls"]);
    let new: Vec<&String> = verdicts
        .iter()
        .filter(|(slug, verdict)| {
            (slug.starts_with("interop.") || slug.starts_with("ipsie.")) && *verdict != "passed"
        })
        .map(|(slug, _)| slug)
        .collect();
    assert_eq!(new, ["interop.tls"], "each is judged");
    assert!(verdicts.contains_key("delete.gone"), "what the RFCs ask for is part of the profile");
    assert!(!verdicts.contains_key("patch.replace-without-path"), "what the profile turns round is not");
    let reasons = attested.as_array().unwrap();
    assert!(reasons.iter().any(|one| one["citation"] == "IPSIE AL §4.2, §10"), "{attested}");
}

#[rstest]
#[case("flag", &["interop.flag-is-boolean"])]
#[case("type-ids", &["interop.resource-type-id-is-name"])]
#[case("id-case", &["interop.id-letter-case"])]
#[case("external-id", &["interop.external-id-letter-case"])]
#[case("attributes", &["interop.unknown-attribute-refused"])]
#[case("patch-attributes", &["interop.unknown-attribute-in-patch-refused"])]
#[case("schemas", &["interop.unknown-schema-refused"])]
#[case("patch-schemas", &["interop.unknown-schema-in-patch-refused"])]
#[case("scim-type", &["interop.unknown-scim-type"])]
#[case("types", &["interop.type-values-published"])]
#[case("endpoints", &["interop.endpoints-distinct"])]
#[case("other-uri", &["interop.no-other-uri"])]
#[case("filter", &["interop.unknown-attribute-in-filter"])]
#[case("over", &["interop.count-over-limit"])]
#[case("paths", &["interop.patch-needs-path"])]
#[case("whole", &["interop.complex-replace-is-whole"])]
#[case("basic", &["interop.basic-discouraged"])]
#[case("challenge", &["ipsie.bearer-challenge"])]
#[case("bulk", &["ipsie.bulk"])]
#[case("display-name", &["ipsie.user-attributes"])]
#[case("password", &["ipsie.no-password"])]
#[case("group-names", &["ipsie.group-name-unique"])]
fn a_rule_that_is_left_out_breaks_its_requirement_and_no_other(
    #[case] without: &'static str,
    #[case] wanted: &[&str],
) {
    let (verdicts, _) = checked(&conformant(without), "ipsie-al2", &["--only", "interop", "--only", "ipsie"]);
    let mut wanted = wanted.to_vec();
    wanted.push("interop.tls");
    wanted.sort_unstable();
    assert_eq!(broken(&verdicts), wanted);
}

#[test]
fn the_profiles_are_judged_only_where_they_are_asked_for() {
    let (verdicts, attested) = checked(&conformant(""), "rfc", &[]);
    assert!(!verdicts.keys().any(|slug| slug.starts_with("interop.") || slug.starts_with("ipsie.")));
    assert!(attested.is_null());
}
