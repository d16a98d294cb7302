//! What a service says of itself: that it is complete, and that it is true (RFC 7644 §4, RFC 7643 §5–§7).
//! The form of each document is watched by the passive judge.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::checks::active::{Answer, Call, Capability, GROUP, Probe, Session, Stop, USER, filtered, probe};
use crate::checks::json::{at, items, member, shown};
use crate::checks::requirement::requirements;
use crate::exchange::percent_encode;

requirements! {
    SCHEMA_BY_ID = "discovery.schema-by-id", Must, "RFC 7644 §4",
        "Each schema of /Schemas is returned alone at /Schemas/{id}, as in the list.",
        "Serve /Schemas/{id} with the schema itself, not with a list.";
    OF_SCHEMA = "discovery.schemas-have-schemas", Should, "RFC 7643 §3, §7, erratum 8417",
        "Each schema in /Schemas has schemas, with the URN of the schema of schemas.",
        "Add schemas to every schema; strict clients stop without it.";
    TYPE_BY_ID = "discovery.resource-type-by-id", Should, "RFC 7644 §4; RFC 7643 §6",
        "Each resource type is returned alone at its own URI, /ResourceTypes/{name}.",
        "Serve /ResourceTypes/{name} with the document itself, not with a list.";
    UNKNOWN = "discovery.unknown-is-404", Must, "RFC 7644 §3.12 table 8",
        "A schema that does not exist is answered with 404.",
        "Answer 404 with a SCIM error.";
    FILTERED = "discovery.filter-not-applied", Must, "RFC 7644 §4",
        "A filter on /Schemas or /ResourceTypes is not applied: it is refused, or ignored.",
        "Answer 403 to a filter there.";
    FILTER_403 = "discovery.filter-is-403", Should, "RFC 7644 §4",
        "A filter on /Schemas or /ResourceTypes is answered with 403.",
        "Answer 403, so that no client believes that its filter was applied.";
    PAGED = "discovery.paging-ignored", Must, "RFC 7644 §4",
        "startIndex and count are ignored on /Schemas and /ResourceTypes.",
        "Return the whole list always.";
    TYPE_SCHEMA = "discovery.resource-type-schemas", Must, "RFC 7643 §6",
        "The schema of a resource type and of each of its extensions is the id of a schema in /Schemas.",
        "Publish every schema that a resource type names, under the same URN.";
    ENDPOINT = "discovery.resource-type-endpoint", Must, "RFC 7643 §6",
        "The endpoint of each resource type is there, below the base URL.",
        "Give the endpoint relative to the base URL, e.g. /Users.";
    COMPLETE = "discovery.resource-types-complete", Must, "RFC 7644 §4; RFC 7643 §6",
        "/Users and /Groups, where they are served, have a resource type each.",
        "List a resource type for every endpoint.";
    CORE_TYPES = "discovery.core-types", Must, "RFC 7643 §4.1, §4.2",
        "The published core schemas give the attributes the types and plurality that the RFC gives them.",
        "Publish the definitions of RFC 7643 §8.7.1 for the attributes that you support.";
    USER_NAME = "discovery.user-name-characteristics", Must, "RFC 7643 §4.1.1",
        "The published userName is required, unique and not case-exact.",
        "Publish required true, uniqueness server or global, and caseExact false.";
    PASSWORD = "discovery.password-characteristics", Must, "RFC 7643 §4.1.1, §7",
        "The published password is writeOnly and never returned.",
        "Publish mutability writeOnly and returned never.";
    GROUPS = "discovery.groups-characteristics", Must, "RFC 7643 §4.1.2",
        "The published groups of a user is readOnly.",
        "Publish mutability readOnly: membership is changed at the group.";
    PUBLISHED = "discovery.attributes-published", Should, "RFC 7643 §7; RFC 7644 §4",
        "Every attribute of a returned user is in a published schema.",
        "Publish what you return.";
    READ_ONLY = "discovery.read-only", Must, "RFC 7643 §5; RFC 7644 §4",
        "Discovery documents cannot be changed by clients.",
        "Answer 405 to POST, PUT, PATCH and DELETE there.";
    CONFIG_META = "discovery.config-meta", May, "RFC 7643 §5, §3.1",
        "ServiceProviderConfig has meta with its resourceType and location.",
        "Add meta.resourceType ServiceProviderConfig and meta.location.";
    SCHEMES = "discovery.authentication-schemes", Must, "RFC 7643 §5",
        "ServiceProviderConfig names at least one authentication scheme, each with type, name and description.",
        "List the schemes that the service takes.";
    PATCH_TRUE = "discovery.truthful-patch", Must, "RFC 7643 §5",
        "PATCH is offered where ServiceProviderConfig says so.",
        "Implement PATCH, or set patch.supported to false.";
    PATCH_FALSE = "discovery.unclaimed-patch", May, "RFC 7643 §5",
        "PATCH that works is claimed in ServiceProviderConfig.",
        "Set patch.supported to true.";
    FILTER_TRUE = "discovery.truthful-filter", Must, "RFC 7643 §5",
        "Filters are offered where ServiceProviderConfig says so.",
        "Implement filters, or set filter.supported to false.";
    SORT_TRUE = "discovery.truthful-sort", Must, "RFC 7643 §5",
        "sortBy is not refused where ServiceProviderConfig says that sorting is supported.",
        "Implement sorting, or set sort.supported to false.";
    ETAG_TRUE = "discovery.truthful-etag", Must, "RFC 7643 §5; RFC 7644 §3.14",
        "Resources have an ETag or meta.version where ServiceProviderConfig says that ETags are supported.",
        "Return ETag and meta.version, or set etag.supported to false.";
    BULK_TRUE = "discovery.truthful-bulk", Must, "RFC 7643 §5; RFC 7644 §3.7",
        "/Bulk is there where ServiceProviderConfig says so.",
        "Implement /Bulk, or set bulk.supported to false.";
}

probe!(
    DOCUMENTS,
    "discovery.documents",
    Reads,
    [SCHEMA_BY_ID, OF_SCHEMA, TYPE_BY_ID, UNKNOWN, CONFIG_META, SCHEMES],
    documents
);
probe!(QUERIES, "discovery.queries", Reads, [FILTERED, FILTER_403, PAGED], queries);
probe!(TYPES, "discovery.types", Reads, [TYPE_SCHEMA, ENDPOINT, COMPLETE], types);
probe!(CORE, "discovery.core", Reads, [CORE_TYPES, USER_NAME, PASSWORD, GROUPS], core);
probe!(METHODS, "discovery.methods", Writes, [READ_ONLY], methods);
probe!(
    CLAIMS,
    "discovery.claims",
    Writes,
    [PATCH_TRUE, PATCH_FALSE, FILTER_TRUE, SORT_TRUE, ETAG_TRUE, BULK_TRUE, PUBLISHED],
    claims
);

pub(in crate::checks) static PROBES: &[&Probe] = &[&DOCUMENTS, &QUERIES, &TYPES, &CORE, &METHODS, &CLAIMS];

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    at(value, name).and_then(Value::as_str).unwrap_or_default()
}

async fn documents(session: &mut Session) -> Result<(), Stop> {
    let facts = std::sync::Arc::clone(&session.facts);
    if facts.schemas.is_empty() {
        session.skip(&SCHEMA_BY_ID, "the service lists no schemas");
        session.skip(&UNKNOWN, "the service lists no schemas");
    } else {
        for schema in facts.schemas.iter().take(3) {
            let id = text(schema, "id");
            let answer = session.get(&format!("/Schemas/{}", percent_encode(id))).await?;
            let same = answer.status == 200
                && text(&answer.body, "id").eq_ignore_ascii_case(id)
                && items(&answer.body, "attributes").len() == items(schema, "attributes").len();
            session.hold(&SCHEMA_BY_ID, same, &answer, &["200 with the schema"], || {
                format!("{}, id {}", answer.outcome(), shown(answer.at("id")))
            });
        }
        let list = session.get("/Schemas").await?;
        let without: Vec<&str> = facts
            .schemas
            .iter()
            .filter(|schema| {
                !items(schema, "schemas")
                    .iter()
                    .any(|urn| urn.as_str().is_some_and(|urn| urn.to_ascii_lowercase().ends_with(":schema")))
            })
            .map(|schema| text(schema, "id"))
            .collect();
        session.hold(&OF_SCHEMA, without.is_empty(), &list, &["schemas in every schema"], || {
            format!("none in {}", without.join(", "))
        });
        let answer = session.get("/Schemas/urn:ietf:params:scim:schemas:scimulate:unknown").await?;
        session.hold(&UNKNOWN, answer.status == 404, &answer, &["404 Not Found"], || answer.outcome());
    }
    if facts.resource_types.is_empty() {
        session.skip(&TYPE_BY_ID, "the service lists no resource types");
    }
    for kind in facts.resource_types.iter().take(3) {
        let name = [text(kind, "id"), text(kind, "name")].into_iter().find(|name| !name.is_empty());
        let name = name.unwrap_or_default();
        let answer = session.get(&format!("/ResourceTypes/{}", percent_encode(name))).await?;
        let same = answer.status == 200 && text(&answer.body, "endpoint") == text(kind, "endpoint");
        session.hold(&TYPE_BY_ID, same, &answer, &["200 with the resource type"], || answer.outcome());
    }
    let Some(config) = &facts.config else {
        session.skip(&CONFIG_META, "there is no ServiceProviderConfig");
        session.skip(&SCHEMES, "there is no ServiceProviderConfig");
        return Ok(());
    };
    let answer = session.get("/ServiceProviderConfig").await?;
    let right = text(config, "meta.resourceType") == "ServiceProviderConfig"
        && text(config, "meta.location").ends_with("/ServiceProviderConfig");
    session.hold(&CONFIG_META, right, &answer, &["meta with resourceType and location"], || {
        format!("meta {}", shown(at(config, "meta")))
    });
    let schemes = items(config, "authenticationSchemes");
    let whole = !schemes.is_empty()
        && schemes
            .iter()
            .all(|scheme| ["type", "name", "description"].iter().all(|name| !text(scheme, name).is_empty()));
    session.hold(&SCHEMES, whole, &answer, &["schemes with type, name and description"], || {
        format!("authenticationSchemes {}", shown(at(config, "authenticationSchemes")))
    });
    Ok(())
}

async fn queries(session: &mut Session) -> Result<(), Stop> {
    let facts = std::sync::Arc::clone(&session.facts);
    let lists = [("/Schemas", "id", &facts.schemas), ("/ResourceTypes", "name", &facts.resource_types)];
    for (path, key, whole) in lists {
        if whole.len() < 2 {
            continue;
        }
        let first = text(&whole[0], key);
        let answer =
            session.send(Call::get(filtered(path, &format!("{key} eq {}", Value::from(first))))).await?;
        let applied = answer.ok() && answer.resources().len() != whole.len();
        session.hold(&FILTERED, !applied, &answer, &["403", "the whole list"], || {
            format!("{} of {} resources", answer.resources().len(), whole.len())
        });
        session.hold(&FILTER_403, answer.status == 403, &answer, &["403 Forbidden"], || answer.outcome());
        let answer = session.get(&format!("{path}?startIndex=2&count=1")).await?;
        let right = answer.status == 200 && answer.resources().len() == whole.len();
        session.hold(&PAGED, right, &answer, &["the whole list"], || {
            format!("{}, {} of {} resources", answer.outcome(), answer.resources().len(), whole.len())
        });
    }
    Ok(())
}

async fn types(session: &mut Session) -> Result<(), Stop> {
    let facts = std::sync::Arc::clone(&session.facts);
    if facts.resource_types.is_empty() {
        return session.absent("the service lists no resource types");
    }
    let listing = session.get("/ResourceTypes").await?;
    for kind in &facts.resource_types {
        let name = text(kind, "name");
        let mut urns = vec![text(kind, "schema")];
        urns.extend(items(kind, "schemaExtensions").iter().map(|extension| text(extension, "schema")));
        if !facts.schemas.is_empty() {
            let missing: Vec<&str> = urns.into_iter().filter(|urn| facts.schema(urn).is_none()).collect();
            session.hold(
                &TYPE_SCHEMA,
                missing.is_empty(),
                &listing,
                &["URNs of schemas in /Schemas"],
                || format!("{name} names {}, which /Schemas does not have", missing.join(", ")),
            );
        }
        let endpoint = text(kind, "endpoint");
        // Discovery resources may be listed as types too.
        if ["/ServiceProviderConfig", "/ResourceTypes", "/Schemas", "/Me"]
            .iter()
            .any(|own| endpoint.ends_with(own))
        {
            continue;
        }
        let path = match endpoint.split_once("://") {
            Some((_, rest)) => {
                let path = rest.find('/').map_or("", |at| &rest[at..]);
                path.strip_prefix(session.base_path().as_str()).unwrap_or(path).to_owned()
            }
            None => format!("/{}", endpoint.trim_start_matches('/')),
        };
        let answer = session.get(&format!("{path}?count=1")).await?;
        session.hold(&ENDPOINT, answer.status != 404, &answer, &["200 with a list"], || {
            format!("{} for the endpoint {endpoint} of {name}", answer.outcome())
        });
    }
    for endpoint in ["/Users", "/Groups"] {
        let served = session.get(&format!("{endpoint}?count=1")).await?;
        if served.status == 200 {
            session.hold(
                &COMPLETE,
                facts.has_endpoint(endpoint) == Some(true),
                &listing,
                &[&format!("a resource type with the endpoint {endpoint}")],
                || {
                    let known: Vec<&str> =
                        facts.resource_types.iter().map(|kind| text(kind, "endpoint")).collect();
                    format!("the endpoints {}", known.join(", "))
                },
            );
        }
    }
    Ok(())
}

/// Core attributes with type and plurality (RFC 7643 §4.1, §4.2, with the errata of §8.7.1).
const SHAPES: [(&str, &str, &str, bool); 30] = [
    (USER, "userName", "string", false),
    (USER, "name", "complex", false),
    (USER, "name.formatted", "string", false),
    (USER, "name.familyName", "string", false),
    (USER, "name.givenName", "string", false),
    (USER, "name.middleName", "string", false),
    (USER, "displayName", "string", false),
    (USER, "nickName", "string", false),
    (USER, "profileUrl", "reference", false),
    (USER, "title", "string", false),
    (USER, "userType", "string", false),
    (USER, "preferredLanguage", "string", false),
    (USER, "locale", "string", false),
    (USER, "timezone", "string", false),
    (USER, "active", "boolean", false),
    (USER, "password", "string", false),
    (USER, "emails", "complex", true),
    (USER, "emails.value", "string", false),
    (USER, "emails.type", "string", false),
    (USER, "emails.primary", "boolean", false),
    (USER, "phoneNumbers", "complex", true),
    (USER, "ims", "complex", true),
    (USER, "addresses", "complex", true),
    (USER, "groups", "complex", true),
    (USER, "entitlements", "complex", true),
    (USER, "roles", "complex", true),
    (USER, "x509Certificates", "complex", true),
    (GROUP, "displayName", "string", false),
    (GROUP, "members", "complex", true),
    (GROUP, "members.value", "string", false),
];

async fn core(session: &mut Session) -> Result<(), Stop> {
    let facts = std::sync::Arc::clone(&session.facts);
    if facts.schema(USER).is_none() {
        return session.absent("the service does not publish the core user schema");
    }
    let answer = session.get("/Schemas").await?;
    let mut wrong = Vec::new();
    for (urn, path, kind, many) in SHAPES {
        let Some(definition) = facts.attribute(urn, path) else { continue };
        let published = member(definition, "type").and_then(Value::as_str).unwrap_or("string");
        let plural = member(definition, "multiValued").and_then(Value::as_bool).unwrap_or(false);
        if !published.eq_ignore_ascii_case(kind) || plural != many {
            let many = |many: bool| if many { "multi-valued" } else { "singular" };
            wrong.push(format!("{path} is {} {published}", many(plural)));
        }
    }
    session.hold(&CORE_TYPES, wrong.is_empty(), &answer, &["the types of RFC 7643 §8.7.1"], || {
        wrong.join("; ")
    });
    let mut characteristics = |requirement, path: &str, wanted: &[(&str, &[Value])]| {
        let Some(definition) = facts.attribute(USER, path) else {
            session.skip(requirement, format!("{path} is not published"));
            return;
        };
        let wrong: Vec<String> = wanted
            .iter()
            .filter(|(name, allowed)| member(definition, name).is_none_or(|value| !allowed.contains(value)))
            .map(|(name, _)| format!("{name} {}", shown(member(definition, name))))
            .collect();
        session.hold(requirement, wrong.is_empty(), &answer, &["the characteristics of the RFC"], || {
            wrong.join(", ")
        });
    };
    let (yes, no) = (json!(true), json!(false));
    characteristics(
        &USER_NAME,
        "userName",
        &[("required", &[yes]), ("caseExact", &[no]), ("uniqueness", &[json!("server"), json!("global")])],
    );
    characteristics(
        &PASSWORD,
        "password",
        &[("mutability", &[json!("writeOnly")]), ("returned", &[json!("never")])],
    );
    characteristics(&GROUPS, "groups", &[("mutability", &[json!("readOnly")])]);
    Ok(())
}

async fn methods(session: &mut Session) -> Result<(), Stop> {
    let facts = std::sync::Arc::clone(&session.facts);
    let body = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"]});
    for (method, path) in
        [("PUT", "/ServiceProviderConfig"), ("POST", "/Schemas"), ("POST", "/ResourceTypes")]
    {
        let answer = session.send(Call::new(method, path).json(&body)).await?;
        session.hold(
            &READ_ONLY,
            !answer.ok(),
            &answer,
            &["405 Method Not Allowed", "another refusal"],
            || answer.outcome(),
        );
    }
    drop(facts);
    Ok(())
}

/// The service refuses the thing as such, rather than this use of it.
fn missing(answer: &Answer) -> bool {
    answer.not_offered()
}

async fn claims(session: &mut Session) -> Result<(), Stop> {
    let facts = std::sync::Arc::clone(&session.facts);
    if facts.config.is_none() {
        return session.absent("there is no ServiceProviderConfig that can be read");
    }
    let ada = session.user().await?;
    let patched =
        session.patch(&ada.path, json!({"op": "replace", "path": "displayName", "value": "Augusta"})).await?;
    match facts.claims("patch") {
        Some(true) => {
            session.hold(&PATCH_TRUE, !missing(&patched), &patched, &["200 or 204"], || patched.outcome());
        }
        Some(false) => {
            session.hold(&PATCH_FALSE, !patched.ok(), &patched, &["patch.supported true"], || {
                format!("{} although patch.supported is false", patched.outcome())
            });
        }
        None => {}
    }
    if facts.claims("filter") == Some(true) {
        let filter = format!("userName eq {}", Value::from(ada.text("userName")));
        let answer = session.filter("/Users", &filter).await?;
        session.hold(&FILTER_TRUE, answer.ok(), &answer, &["200 with a list"], || answer.outcome());
    }
    if facts.claims("sort") == Some(true) {
        let answer = session.get("/Users?sortBy=userName&sortOrder=descending&count=2").await?;
        session.hold(&SORT_TRUE, answer.ok(), &answer, &["200 with a list"], || answer.outcome());
    }
    let read = session.get(&ada.path).await?;
    if facts.claims("etag") == Some(true) {
        let versioned = read.header("ETag").is_some() || read.text("meta.version").is_some();
        session.hold(&ETAG_TRUE, versioned, &read, &["ETag or meta.version"], || "neither".to_owned());
    }
    if facts.claims("bulk") == Some(true) {
        let body =
            json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": []});
        let answer = session.send(Call::new("POST", "/Bulk").json(&body)).await?;
        session.hold(
            &BULK_TRUE,
            !missing(&answer),
            &answer,
            &["200 with a BulkResponse", "400 for no operations"],
            || answer.outcome(),
        );
    }
    if facts.schema(USER).is_some() && session.need(Capability::ReadUser).is_ok() {
        published(session, &read);
    }
    Ok(())
}

/// Common attributes belong to every resource and need not be in a schema (RFC 7643 §3.1).
const COMMON: [&str; 4] = ["schemas", "id", "externalId", "meta"];

fn published(session: &mut Session, read: &Answer) {
    let facts = std::sync::Arc::clone(&session.facts);
    let mut unknown = BTreeSet::new();
    for (name, value) in read.body.as_object().into_iter().flatten() {
        if COMMON.iter().any(|common| common.eq_ignore_ascii_case(name)) || value.is_null() {
            continue;
        }
        if name.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("urn:")) {
            for sub in value.as_object().into_iter().flatten().map(|(sub, _)| sub) {
                if facts.attribute(name, sub).is_none() {
                    unknown.insert(format!("{name}:{sub}"));
                }
            }
        } else if facts.attribute(USER, name).is_none() {
            unknown.insert(name.clone());
        }
    }
    session.hold(&PUBLISHED, unknown.is_empty(), read, &["attributes of the published schemas"], || {
        unknown.iter().cloned().collect::<Vec<_>>().join(", ")
    });
}
