//! The description of the console's API beside what the console does: every operation that is described is
//! performed, and every answer is held against its schema.

use std::collections::{BTreeMap, BTreeSet};

use scimulate::reference::http::Preset;
use serde_json::{Value, json};

use super::service::{Service, USER, basic, service};

/// One step of the tour: method, path below the console's root, body, and what to keep of the answer. `{name}`
/// stands for what was kept; it stands in the description under the same name.
type Step = (&'static str, &'static str, Value, &'static [(&'static str, &'static str)]);

#[expect(clippy::too_many_lines, reason = "a table")]
fn tour() -> Vec<Step> {
    let none = Value::Null;
    vec![
        ("POST", "/provisioning/providers", json!({ "displayName": "Second" }), &[("second", "/providerId")]),
        ("GET", "/provisioning/providers", none.clone(), &[]),
        ("GET", "/provisioning/providers/{providerId}", none.clone(), &[]),
        ("GET", "/provisioning/providers/{providerId}/deactivation-delay", none.clone(), &[]),
        ("PUT", "/provisioning/providers/{providerId}/deactivation-delay", json!({ "minutes": 20 }), &[]),
        (
            "POST",
            "/organizations",
            json!({ "orgName": "Sales", "archiveHoldDays": 5 }),
            &[("orgGuid", "/orgGuid")],
        ),
        (
            "POST",
            "/organizations",
            json!({ "orgName": "London", "parentOrgGuid": "{orgGuid}" }),
            &[("below", "/orgGuid")],
        ),
        ("GET", "/organizations", none.clone(), &[]),
        ("GET", "/organizations/{orgGuid}", none.clone(), &[]),
        ("PATCH", "/organizations/{orgGuid}", json!({ "orgName": "Selling" }), &[]),
        ("GET", "/organizations/{orgGuid}/settings", none.clone(), &[]),
        (
            "PUT",
            "/organizations/{orgGuid}/settings",
            json!({ "defaultRoleIds": ["agent-user"], "inherit": { "archiveHoldDays": true } }),
            &[],
        ),
        ("POST", "/organizations/{orgGuid}/block", none.clone(), &[]),
        ("POST", "/organizations/{orgGuid}/unblock", none.clone(), &[]),
        ("POST", "/organizations/{orgGuid}/deactivate", none.clone(), &[]),
        ("POST", "/organizations/{orgGuid}/activate", none.clone(), &[]),
        (
            "GET",
            "/provisioning/providers/{providerId}/groups",
            none.clone(),
            &[("groupId", "/groups/0/groupId")],
        ),
        (
            "PUT",
            "/provisioning/providers/{providerId}/org-mapping",
            json!({ "method": "SCIM_GROUPS", "unmappedOrgGuid": "{orgGuid}" }),
            &[],
        ),
        (
            "POST",
            "/provisioning/providers/{providerId}/org-mapping/rules",
            json!({ "groupIds": ["{groupId}"], "orgGuid": "{orgGuid}" }),
            &[("ruleId", "/ruleId")],
        ),
        ("GET", "/provisioning/providers/{providerId}/org-mapping/rules", none.clone(), &[]),
        (
            "PUT",
            "/provisioning/providers/{providerId}/org-mapping/rules/{ruleId}",
            json!({ "groupIds": ["{groupId}"], "orgGuid": "{orgGuid}" }),
            &[],
        ),
        (
            "PUT",
            "/provisioning/providers/{providerId}/org-mapping/order",
            json!({ "ruleIds": ["{ruleId}"] }),
            &[],
        ),
        ("GET", "/provisioning/providers/{providerId}/org-mapping", none.clone(), &[]),
        ("PUT", "/provisioning/providers/{providerId}/role-mapping", json!({ "mode": "SCIM_GROUPS" }), &[]),
        (
            "POST",
            "/provisioning/providers/{providerId}/actions/apply-org-and-role-settings",
            json!({ "dryRun": true }),
            &[],
        ),
        (
            "POST",
            "/provisioning/providers/{providerId}/actions/apply-org-and-role-settings",
            json!({ "userIds": ["{userId}"] }),
            &[],
        ),
        ("DELETE", "/provisioning/providers/{providerId}/org-mapping/rules/{ruleId}", none.clone(), &[]),
        (
            "POST",
            "/provisioning/providers/{providerId}/role-mapping/rules",
            json!({ "groupId": "{groupId}", "roleIds": ["agent-user"] }),
            &[("ruleId", "/ruleId")],
        ),
        ("GET", "/provisioning/providers/{providerId}/role-mapping/rules", none.clone(), &[]),
        (
            "PUT",
            "/provisioning/providers/{providerId}/role-mapping/rules/{ruleId}",
            json!({ "groupId": "{groupId}", "roleIds": ["proe-user"] }),
            &[],
        ),
        ("GET", "/provisioning/providers/{providerId}/role-mapping", none.clone(), &[]),
        ("GET", "/provisioning/providers/{providerId}", none.clone(), &[]),
        ("DELETE", "/provisioning/providers/{providerId}/role-mapping/rules/{ruleId}", none.clone(), &[]),
        (
            "POST",
            "/users",
            json!({ "username": "by.hand@example.com", "firstName": "By", "lastName": "Hand", "orgGuid": "{orgGuid}" }),
            &[("byHand", "/userId")],
        ),
        ("GET", "/users", none.clone(), &[]),
        ("GET", "/users?active=true&blocked=false&username=ada&page=1&pageSize=1", none.clone(), &[]),
        ("GET", "/users/{userId}", none.clone(), &[]),
        ("PATCH", "/users/{userId}", json!({ "title": "Countess", "notes": "seen" }), &[]),
        ("PUT", "/users/{byHand}/origin", json!({ "origin": "UNMANAGED" }), &[]),
        ("POST", "/users/{userId}/devices", none.clone(), &[]),
        ("GET", "/users/{userId}/access", none.clone(), &[]),
        ("PUT", "/idp-state/{username}", json!({ "state": "SUSPENDED" }), &[]),
        ("POST", "/users/{userId}/block", none.clone(), &[]),
        ("POST", "/users/{userId}/unblock", none.clone(), &[]),
        ("POST", "/users/{userId}/move", json!({ "orgName": "Default" }), &[]),
        ("GET", "/users/{userId}/roles", none.clone(), &[]),
        ("PUT", "/users/{userId}/roles", json!({ "roleIds": ["org-admin"] }), &[]),
        ("GET", "/roles", none.clone(), &[("roleId", "/roles/0/roleId")]),
        ("GET", "/roles/{roleId}", none.clone(), &[]),
        ("PATCH", "/roles/{roleId}", json!({ "available": false }), &[]),
        ("GET", "/user-risk-profiles/{userId}", none.clone(), &[]),
        ("GET", "/departments", none.clone(), &[]),
        ("GET", "/departments?name=Eng", none.clone(), &[]),
        ("GET", "/directory-groups", none.clone(), &[]),
        ("GET", "/legal-hold/policies", none.clone(), &[]),
        ("POST", "/legal-hold/policies", json!({ "name": "Strict" }), &[]),
        ("POST", "/legal-hold/matters", json!({ "name": "Case" }), &[("matterId", "/matterId")]),
        ("GET", "/legal-hold/matters", none.clone(), &[]),
        ("POST", "/legal-hold/matters/{matterId}/custodians", json!({ "userId": "{userId}" }), &[]),
        ("GET", "/legal-hold/matters/{matterId}/custodians", none.clone(), &[]),
        ("GET", "/legal-hold/matters/{matterId}", none.clone(), &[]),
        ("GET", "/legal-hold/custodians/{userId}", none.clone(), &[]),
        ("POST", "/legal-hold/matters/{matterId}/custodians/remove", json!({ "userId": "{userId}" }), &[]),
        ("POST", "/legal-hold/matters/{matterId}/deactivate", none.clone(), &[]),
        ("POST", "/legal-hold/matters/{matterId}/reactivate", none.clone(), &[]),
        (
            "POST",
            "/watchlists",
            json!({ "watchlistType": "CUSTOM", "title": "Watched" }),
            &[("watchlistId", "/watchlistId")],
        ),
        ("GET", "/watchlists", none.clone(), &[]),
        ("POST", "/watchlists/{watchlistId}/included-actors/add", json!({ "actorIds": ["{userId}"] }), &[]),
        ("GET", "/watchlists/{watchlistId}/included-actors", none.clone(), &[]),
        ("GET", "/watchlists/{watchlistId}/members", none.clone(), &[]),
        ("GET", "/watchlists/{watchlistId}/members/{userId}", none.clone(), &[]),
        (
            "POST",
            "/watchlists/{watchlistId}/included-actors/delete",
            json!({ "actorIds": ["{userId}"] }),
            &[],
        ),
        ("POST", "/watchlists/{watchlistId}/excluded-actors/add", json!({ "actorIds": ["{userId}"] }), &[]),
        ("GET", "/watchlists/{watchlistId}/excluded-actors", none.clone(), &[]),
        (
            "POST",
            "/watchlists/{watchlistId}/excluded-actors/delete",
            json!({ "actorIds": ["{userId}"] }),
            &[],
        ),
        (
            "POST",
            "/watchlists/{watchlistId}/included-directory-groups/add",
            json!({ "groupIds": ["{groupId}"] }),
            &[],
        ),
        ("GET", "/watchlists/{watchlistId}/included-directory-groups", none.clone(), &[]),
        (
            "POST",
            "/watchlists/{watchlistId}/included-directory-groups/delete",
            json!({ "groupIds": ["{groupId}"] }),
            &[],
        ),
        (
            "POST",
            "/watchlists/{watchlistId}/included-departments/add",
            json!({ "departments": ["Engines"] }),
            &[],
        ),
        ("GET", "/watchlists/{watchlistId}/included-departments", none.clone(), &[]),
        ("GET", "/watchlists/{watchlistId}", none.clone(), &[]),
        ("GET", "/state", none.clone(), &[]),
        (
            "POST",
            "/watchlists/{watchlistId}/included-departments/delete",
            json!({ "departments": ["Engines"] }),
            &[],
        ),
        ("GET", "/provisioning/pending-deactivations", none.clone(), &[]),
        ("POST", "/users/{userId}/deactivate", json!({ "block": true }), &[]),
        ("POST", "/users/{userId}/activate", json!({ "unblock": true }), &[]),
        ("GET", "/sync-log", none.clone(), &[]),
        ("GET", "/sync-log?result=SUCCESS&event=USER_CREATED&page=1&pageSize=1", none.clone(), &[]),
        ("GET", "/sync-log/csv", none.clone(), &[]),
        ("GET", "/audit-log", none.clone(), &[]),
        ("GET", "/directory-sync-report", none.clone(), &[]),
        ("POST", "/snapshot", none.clone(), &[]),
        ("POST", "/restore", json!({ "snapshotId": "1" }), &[]),
        ("GET", "/presets", none.clone(), &[]),
        ("PUT", "/presets", json!({ "preset": "RFC" }), &[]),
        ("GET", "/directory-sync-email", none.clone(), &[]),
        ("PUT", "/directory-sync-email", json!({ "frequency": "NEVER" }), &[]),
        ("GET", "/plan", none.clone(), &[]),
        ("PUT", "/plan", json!({ "backupAgent": false }), &[]),
        ("GET", "/clock", none.clone(), &[]),
        ("POST", "/clock", json!({ "advanceSeconds": 60 }), &[]),
        (
            "PATCH",
            "/provisioning/providers/{second}",
            json!({ "displayName": "Other", "enabled": false }),
            &[],
        ),
        ("POST", "/provisioning/providers/{second}/credentials/rotate", none.clone(), &[]),
        ("DELETE", "/provisioning/providers/{second}", none.clone(), &[]),
        ("DELETE", "/organizations/{below}", none.clone(), &[]),
        ("POST", "/reset", none, &[]),
    ]
}

/// The public form of a path, where the description has one.
fn public(method: &str, path: &str) -> (&'static str, Vec<String>) {
    let method = match (method, path.starts_with("/organizations")) {
        ("PATCH", true) => "PUT",
        ("GET", _) => "GET",
        ("POST", _) => "POST",
        ("PUT", _) => "PUT",
        ("PATCH", _) => "PATCH",
        _ => "DELETE",
    };
    let renamed =
        [("/organizations", "/orgs"), ("/roles", "/users/roles"), ("/sync-log", "/DirectorySyncLog")]
            .into_iter()
            .find_map(|(own, public)| Some(format!("{public}{}", path.strip_prefix(own)?)));
    let path = renamed.unwrap_or_else(|| path.to_owned());
    (method, ["/v1", "/v2", "/api/v3"].iter().map(|root| format!("{root}{path}")).collect())
}

/// The described path that a path fits, placeholders compared by position.
fn described<'a>(document: &'a Value, method: &str, path: &str) -> Option<&'a str> {
    let path = path.split('?').next()?;
    let fits = |template: &str| {
        let same = |(a, b): (&str, &str)| a == b || (a.starts_with('{') && b.starts_with('{'));
        template.split('/').count() == path.split('/').count()
            && template.split('/').zip(path.split('/')).all(same)
    };
    let mut known = document["paths"].as_object()?.iter();
    let found =
        known.find(|(template, methods)| fits(template) && methods.get(method.to_lowercase()).is_some());
    found.map(|(template, _)| template.as_str())
}

fn filled(text: &str, kept: &BTreeMap<String, String>) -> String {
    kept.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
}

async fn console(service: &Service, method: &str, path: &str, body: &str) -> (u16, Option<String>, String) {
    let authorization = basic("admin", "console");
    let headers = [("authorization", authorization.as_str())];
    let body = (body != "null").then_some(body.as_bytes());
    let response = service.send(method, path, &headers, body).await;
    let kind = response.header("content-type").map(str::to_owned);
    (response.status, kind, String::from_utf8_lossy(&response.body).into_owned())
}

async fn described_api(service: &Service) -> Value {
    let (status, _, text) = console(service, "GET", "/console/v1/openapi.json", "null").await;
    assert_eq!(status, 200);
    serde_json::from_str(&text).unwrap()
}

#[tokio::test]
async fn every_operation_is_described_and_every_answer_is_as_described() {
    let document = described_api(&service(Preset::Seed)).await;
    let mut performed: BTreeSet<(String, String)> = BTreeSet::new();
    for in_public in [false, true] {
        let service = service(Preset::Seed);
        let ada = json!({ "schemas": [USER], "userName": "ada@example.com", "title": "T" });
        let user = service.made("/Users", ada).await;
        service.group("Team", &[&user]).await;
        let providers = service.console("GET", "/provisioning/providers", Value::Null).await.1;
        let provider = providers["providers"][0]["providerId"].as_str().unwrap().to_owned();
        let mut kept = BTreeMap::from([
            ("userId".to_owned(), user),
            ("providerId".to_owned(), provider),
            ("username".to_owned(), "ada@example.com".to_owned()),
        ]);
        for (own_method, below, body, keep) in tour() {
            let (method, others) = public(own_method, below);
            let other = others.iter().find(|path| described(&document, method, path).is_some());
            let own = format!("/console/v1{below}");
            let own_known = described(&document, own_method, &own).is_some();
            let (method, path) = match other {
                Some(other) if in_public || !own_known => (method, other),
                _ => (own_method, &own),
            };
            let template = described(&document, method, path);
            let template = template.unwrap_or_else(|| panic!("{method} {path} is not described"));
            let operation = &document["paths"][template][method.to_lowercase()];
            let answers = operation["responses"].as_object().unwrap();
            let (wanted, answer) = answers.iter().find(|(status, _)| status.starts_with('2')).unwrap();
            let body = filled(&body.to_string(), &kept);
            let (status, kind, text) = console(&service, method, &filled(path, &kept), &body).await;
            assert_eq!(status.to_string(), *wanted, "{method} {path} {body}: {text}");
            match answer.get("content").and_then(Value::as_object).and_then(|content| content.iter().next()) {
                None => assert_eq!(text, "", "{method} {path}"),
                Some((described, media)) => {
                    assert!(kind.is_some_and(|kind| kind.starts_with(described)), "{method} {path}");
                    if described == "application/json" {
                        let answer: Value = serde_json::from_str(&text).unwrap();
                        // References in the description are to its components.
                        let mut schema = media["schema"].clone();
                        schema["components"] = document["components"].clone();
                        let validator = jsonschema::validator_for(&schema).unwrap();
                        let errors: Vec<String> = validator
                            .iter_errors(&answer)
                            .map(|error| format!("{}: {error}", error.instance_path()))
                            .collect();
                        assert!(errors.is_empty(), "{method} {path}: {}\n{text}", errors.join("\n"));
                        for (name, pointer) in keep {
                            let value = answer.pointer(pointer).and_then(Value::as_str);
                            kept.insert(
                                (*name).to_owned(),
                                value.unwrap_or_else(|| panic!("{text}")).to_owned(),
                            );
                        }
                    }
                }
            }
            performed.insert((method.to_owned(), template.to_owned()));
        }
    }
    let missing: Vec<String> = operations(&document)
        .filter(|operation| !performed.contains(operation))
        .map(|(method, path)| format!("{method} {path}"))
        .collect();
    assert!(missing.is_empty(), "described and never performed:\n{}", missing.join("\n"));
}

fn operations(document: &Value) -> impl Iterator<Item = (String, String)> {
    document["paths"].as_object().unwrap().iter().flat_map(|(path, methods)| {
        let methods = methods.as_object().unwrap().keys();
        methods.map(|method| (method.to_uppercase(), path.clone()))
    })
}

#[tokio::test]
async fn a_method_that_is_not_described_is_refused_with_those_that_are() {
    let service = service(Preset::Seed);
    let document = described_api(&service).await;
    for (path, methods) in document["paths"].as_object().unwrap() {
        let real = path.replace(['{', '}'], "");
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
            if methods.get(method.to_lowercase()).is_some() {
                continue;
            }
            let (status, _, text) = console(&service, method, &real, "null").await;
            assert_eq!(status, 405, "{method} {path}: {text}");
        }
    }
    let (status, _, text) = console(&service, "GET", "/console/v1/nothing", "null").await;
    assert_eq!(status, 404, "{text}");
}

#[tokio::test]
async fn refusals_are_as_described_and_without_credentials_there_is_nothing_but_the_description() {
    let service = service(Preset::Seed);
    let document = described_api(&service).await;
    let mut schema = json!({ "$ref": "#/components/schemas/Error" });
    schema["components"] = document["components"].clone();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for (method, path) in operations(&document) {
        let real = path.replace(['{', '}'], "");
        let response = service.send(&method, &real, &[("authorization", "Basic bm86bm8=")], None).await;
        assert_eq!(response.status, 401, "{method} {path}");
        assert!(validator.is_valid(&response.json().unwrap()), "{method} {path}");
        let (status, _, text) = console(&service, &method, &real, "{\"nothing like this\":1}").await;
        if (400..500).contains(&status) {
            assert!(validator.is_valid(&serde_json::from_str(&text).unwrap()), "{method} {path}: {text}");
        }
        assert!(status < 500, "{method} {path}: {text}");
    }
}
