//! Probes of the rules in this area.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::checks::engine::{
    Answer, Call, Capability, Credential, SCIM_JSON, Session, Stop, completed, filtered, path_to, probes,
};
use crate::checks::json::{at, equivalent, items, member, shown};
use crate::checks::rules::discovery::{
    ATTRIBUTES_PUBLISHED, AUTHENTICATION_SCHEMES, CONFIG_META, CORE_TYPES, EXTENSIONS_LISTED, FILTER_IS_403,
    FILTER_NOT_APPLIED, GROUPS_CHARACTERISTICS, NO_MESSAGE_SCHEMAS, PAGING_IGNORED, PASSWORD_CHARACTERISTICS,
    PROTOCOL_VERSION, READ_ONLY, REQUIRED_IS_TRUE, RESOURCE_TYPE_BY_ID, RESOURCE_TYPE_ENDPOINT,
    RESOURCE_TYPE_SCHEMAS, RESOURCE_TYPES, RESOURCE_TYPES_COMPLETE, SCHEMA_BY_ID, SCHEMAS,
    SCHEMAS_HAVE_SCHEMAS, SCHEMES_WITHOUT_CREDENTIAL, SERVICE_PROVIDER_CONFIG, TRUTHFUL_BULK, TRUTHFUL_ETAG,
    TRUTHFUL_FILTER, TRUTHFUL_PATCH, TRUTHFUL_SORT, UNCLAIMED_FILTER, UNCLAIMED_PATCH, UNKNOWN_IS_404,
    USER_NAME_CHARACTERISTICS,
};
use crate::checks::rules::list;
use crate::urn::{ENTERPRISE, GROUP, USER};

probes! {
    "discovery.documents", Reads,
        [SCHEMA_BY_ID, SCHEMAS_HAVE_SCHEMAS, RESOURCE_TYPE_BY_ID, UNKNOWN_IS_404, CONFIG_META,
         AUTHENTICATION_SCHEMES],
        documents;
    "discovery.queries", Reads, [FILTER_NOT_APPLIED, FILTER_IS_403, PAGING_IGNORED], queries;
    "discovery.types", Reads,
        [RESOURCE_TYPE_SCHEMAS, RESOURCE_TYPE_ENDPOINT, RESOURCE_TYPES_COMPLETE],
        types;
    "discovery.core", Reads,
        [CORE_TYPES, USER_NAME_CHARACTERISTICS, PASSWORD_CHARACTERISTICS, GROUPS_CHARACTERISTICS],
        core;
    "discovery.methods", Writes, [READ_ONLY], methods;
    "discovery.claims", Writes,
        [TRUTHFUL_PATCH, UNCLAIMED_PATCH, TRUTHFUL_FILTER, TRUTHFUL_SORT, TRUTHFUL_ETAG, TRUTHFUL_BULK,
         ATTRIBUTES_PUBLISHED],
        claims;
    "discovery.extensions", Writes, [EXTENSIONS_LISTED], extensions;
    "discovery.filter-claim", Writes, [UNCLAIMED_FILTER], unclaimed_filter;
    "discovery.least", Writes, [REQUIRED_IS_TRUE], least;
    "discovery.message-schemas", Reads, [NO_MESSAGE_SCHEMAS], no_message_schemas;
    "discovery.versions", Reads, [PROTOCOL_VERSION], protocol_version;
    "discovery.openly", Reads, [SCHEMES_WITHOUT_CREDENTIAL], without_credential;
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    at(value, name).and_then(Value::as_str).unwrap_or_default()
}

async fn documents(session: &mut Session) -> Result<(), Stop> {
    let facts = std::sync::Arc::clone(&session.facts);
    if facts.schemas.is_empty() {
        session.skip(&SCHEMA_BY_ID, "the service lists no schemas");
        session.skip(&UNKNOWN_IS_404, "the service lists no schemas");
    } else {
        for schema in facts.schemas.iter().take(3) {
            let id = text(schema, "id");
            let answer = match path_to("/Schemas", id) {
                Ok(path) => session.get(&path).await?,
                Err(_) => {
                    session.skip(&SCHEMA_BY_ID, "a schema has no id that can stand in a path");
                    continue;
                }
            };
            let same = answer.status == 200
                && text(&answer.body, "id").eq_ignore_ascii_case(id)
                && items(&answer.body, "attributes").len() == items(schema, "attributes").len();
            session.require(&SCHEMA_BY_ID, same, &answer, &["200 with the schema"], || {
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
        session.require(
            &SCHEMAS_HAVE_SCHEMAS,
            without.is_empty(),
            &list,
            &["schemas in every schema"],
            || format!("none in {}", without.join(", ")),
        );
        let answer = session.get("/Schemas/urn:ietf:params:scim:schemas:scimulate:unknown").await?;
        session
            .require(&UNKNOWN_IS_404, answer.status == 404, &answer, &["404 Not Found"], || answer.outcome());
    }
    if facts.resource_types.is_empty() {
        session.skip(&RESOURCE_TYPE_BY_ID, "the service lists no resource types");
    }
    for kind in facts.resource_types.iter().take(3) {
        let names = [text(kind, "id"), text(kind, "name")];
        let Some(path) = names.into_iter().find_map(|name| path_to("/ResourceTypes", name).ok()) else {
            session.skip(&RESOURCE_TYPE_BY_ID, "a resource type has no name that can stand in a path");
            continue;
        };
        let answer = session.get(&path).await?;
        let same = answer.status == 200 && text(&answer.body, "endpoint") == text(kind, "endpoint");
        session.require(&RESOURCE_TYPE_BY_ID, same, &answer, &["200 with the resource type"], || {
            answer.outcome()
        });
    }
    let Some(config) = &facts.config else {
        session.skip(&CONFIG_META, "there is no ServiceProviderConfig");
        session.skip(&AUTHENTICATION_SCHEMES, "there is no ServiceProviderConfig");
        return Ok(());
    };
    let answer = session.get("/ServiceProviderConfig").await?;
    let right = text(config, "meta.resourceType") == "ServiceProviderConfig"
        && text(config, "meta.location").ends_with("/ServiceProviderConfig");
    session.require(&CONFIG_META, right, &answer, &["meta with resourceType and location"], || {
        format!("meta {}", shown(at(config, "meta")))
    });
    let schemes = items(config, "authenticationSchemes");
    let whole = !schemes.is_empty()
        && schemes
            .iter()
            .all(|scheme| ["type", "name", "description"].iter().all(|name| !text(scheme, name).is_empty()));
    session.require(
        &AUTHENTICATION_SCHEMES,
        whole,
        &answer,
        &["schemes with type, name and description"],
        || format!("authenticationSchemes {}", shown(at(config, "authenticationSchemes"))),
    );
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
        session.require(&FILTER_NOT_APPLIED, !applied, &answer, &["403", "the whole list"], || {
            format!("{} of {} resources", answer.resources().len(), whole.len())
        });
        session
            .require(&FILTER_IS_403, answer.status == 403, &answer, &["403 Forbidden"], || answer.outcome());
        let answer = session.get(&format!("{path}?startIndex=2&count=1")).await?;
        let right = answer.status == 200 && answer.resources().len() == whole.len();
        session.require(&PAGING_IGNORED, right, &answer, &["the whole list"], || {
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
            session.require(
                &RESOURCE_TYPE_SCHEMAS,
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
        session.require(&RESOURCE_TYPE_ENDPOINT, answer.status != 404, &answer, &["200 with a list"], || {
            format!("{} for the endpoint {endpoint} of {name}", answer.outcome())
        });
    }
    for endpoint in ["/Users", "/Groups"] {
        let served = session.get(&format!("{endpoint}?count=1")).await?;
        if served.status == 200 {
            session.require(
                &RESOURCE_TYPES_COMPLETE,
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

/// What a published definition says of an attribute, or what RFC 7643 §2.2 says of one that says nothing.
fn characteristic(definition: &Value, name: &str) -> Value {
    let given = member(definition, name).filter(|value| !value.is_null()).cloned();
    given.unwrap_or_else(|| match name {
        "mutability" => json!("readWrite"),
        "returned" => json!("default"),
        "uniqueness" => json!("none"),
        _ => json!(false),
    })
}

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
    session.require(&CORE_TYPES, wrong.is_empty(), &answer, &["the types of RFC 7643 §8.7.1"], || {
        wrong.join("; ")
    });
    let mut characteristics = |requirement, path: &str, wanted: &[(&str, &[Value])]| {
        let Some(definition) = facts.attribute(USER, path) else {
            session.skip(requirement, format!("{path} is not published"));
            return;
        };
        let wrong: Vec<String> = wanted
            .iter()
            .filter(|(name, allowed)| !allowed.contains(&characteristic(definition, name)))
            .map(|(name, _)| format!("{name} {}", shown(member(definition, name))))
            .collect();
        session.require(requirement, wrong.is_empty(), &answer, &["the characteristics of the RFC"], || {
            wrong.join(", ")
        });
    };
    let (yes, no) = (json!(true), json!(false));
    characteristics(
        &USER_NAME_CHARACTERISTICS,
        "userName",
        &[("required", &[yes]), ("caseExact", &[no]), ("uniqueness", &[json!("server"), json!("global")])],
    );
    characteristics(
        &PASSWORD_CHARACTERISTICS,
        "password",
        &[("mutability", &[json!("writeOnly")]), ("returned", &[json!("never")])],
    );
    characteristics(&GROUPS_CHARACTERISTICS, "groups", &[("mutability", &[json!("readOnly")])]);
    Ok(())
}

async fn methods(session: &mut Session) -> Result<(), Stop> {
    for (method, path) in
        [("PUT", "/ServiceProviderConfig"), ("POST", "/Schemas"), ("POST", "/ResourceTypes")]
    {
        let before = session.get(path).await?;
        let mut body = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"]});
        if method == "PUT" {
            body = before.object();
            body["documentationUri"] = json!("https://example.com/scimulate");
        }
        let answer = session.send(Call::new(method, path).json(&body)).await?;
        // What is readOnly "SHALL be ignored" (§3.5.1), which may be a success that changes nothing.
        let kept = !answer.ok() || equivalent(Some(&before.body), Some(&session.get(path).await?.body));
        session.require(
            &READ_ONLY,
            kept,
            &answer,
            &["405 Method Not Allowed", "a success that changes nothing"],
            || format!("{}, and the document is another one", answer.outcome()),
        );
    }
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
            session.require(&TRUTHFUL_PATCH, !missing(&patched), &patched, &["200 or 204"], || {
                patched.outcome()
            });
        }
        Some(false) => {
            session.require(&UNCLAIMED_PATCH, !patched.ok(), &patched, &["patch.supported true"], || {
                format!("{} although patch.supported is false", patched.outcome())
            });
        }
        None => {}
    }
    if facts.claims("filter") == Some(true) {
        let filter = format!("userName eq {}", Value::from(ada.text("userName")));
        let answer = session.filter("/Users", &filter).await?;
        session.require(&TRUTHFUL_FILTER, answer.ok(), &answer, &["200 with a list"], || answer.outcome());
    }
    if facts.claims("sort") == Some(true) {
        let answer = session.get("/Users?sortBy=userName&sortOrder=descending&count=2").await?;
        session.require(&TRUTHFUL_SORT, answer.ok(), &answer, &["200 with a list"], || answer.outcome());
    }
    let read = session.get(&ada.path).await?;
    if facts.claims("etag") == Some(true) {
        let versioned = read.header("ETag").is_some() || read.text("meta.version").is_some();
        session.require(&TRUTHFUL_ETAG, versioned, &read, &["ETag or meta.version"], || "neither".to_owned());
    }
    if facts.claims("bulk") == Some(true) {
        let body =
            json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": []});
        let answer = session.send(Call::new("POST", "/Bulk").json(&body)).await?;
        session.require(
            &TRUTHFUL_BULK,
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
    session.require(
        &ATTRIBUTES_PUBLISHED,
        unknown.is_empty(),
        read,
        &["attributes of the published schemas"],
        || unknown.iter().cloned().collect::<Vec<_>>().join(", "),
    );
}

async fn extensions(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::ReadUser)?;
    if session.facts.resource_types.is_empty() {
        session.blocked(&EXTENSIONS_LISTED, &RESOURCE_TYPES);
        return Ok(());
    }
    let body = session.user_body(json!({ENTERPRISE: {"department": "Engines"}}));
    let answer = session.post("/Users", &body).await?;
    let Some(id) = answer.id().filter(|_| answer.ok()) else {
        session.skip(
            &EXTENSIONS_LISTED,
            format!("the service refuses the enterprise extension with {}", answer.outcome()),
        );
        return Ok(());
    };
    let read = session.get(&path_to("/Users", &id)?).await?;
    let carried: Vec<String> = read
        .body
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(name, value)| {
            name.to_ascii_lowercase().starts_with("urn:")
                && !name.eq_ignore_ascii_case(USER)
                && value.as_object().is_some_and(|members| !members.is_empty())
        })
        .map(|(name, _)| name.clone())
        .collect();
    let unlisted: Vec<&String> = carried.iter().filter(|urn| !session.facts.extends(USER, urn)).collect();
    let told = unlisted.iter().map(|urn| urn.as_str()).collect::<Vec<_>>().join(", ");
    session.require(
        &EXTENSIONS_LISTED,
        unlisted.is_empty(),
        &read,
        &["extensions that the resource type lists"],
        || format!("users carry {told}, which the resource type does not list"),
    );
    Ok(())
}

async fn unclaimed_filter(session: &mut Session) -> Result<(), Stop> {
    if session.facts.claims("filter") == Some(false) {
        if session.facts.works(Capability::FilterUser) {
            let (made, other) = (session.user().await?, session.user().await?);
            let filter = format!("userName eq {}", Value::from(made.text("userName")));
            let answer = session.filter("/Users", &filter).await?;
            let filters = answer.lists(&made.id) && !answer.lists(&other.id);
            session.require(&UNCLAIMED_FILTER, !filters, &answer, &["filter.supported true"], || {
                "a filter that works although filter.supported is false".to_owned()
            });
        }
        return Ok(());
    }
    session.pass(&UNCLAIMED_FILTER);
    Ok(())
}

async fn least(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::CreateUser)?;
    let user = session.facts.schema(USER).cloned();
    match user {
        None => session.blocked(&REQUIRED_IS_TRUE, &SCHEMAS),
        Some(schema) => {
            let least = json!({"schemas": [USER], "userName": session.login()});
            let least = session.completed(completed(&least, items(&schema, "attributes")));
            let answer = session.send(Call::new("POST", "/Users").raw(least.to_string(), SCIM_JSON)).await?;
            session.require(&REQUIRED_IS_TRUE, answer.ok(), &answer, &["201"], || answer.outcome());
        }
    }
    Ok(())
}

async fn no_message_schemas(session: &mut Session) -> Result<(), Stop> {
    let answer = session.get("/Schemas").await?;
    if !answer.ok() {
        return session.absent(format!("the service answers /Schemas with {}", answer.outcome()));
    }
    let messages: Vec<String> = answer
        .ids()
        .into_iter()
        .filter(|id| id.to_ascii_lowercase().starts_with("urn:ietf:params:scim:api:messages:"))
        .collect();
    session.require(
        &NO_MESSAGE_SCHEMAS,
        messages.is_empty(),
        &answer,
        &["schemas of resources alone"],
        || messages.join(", "),
    );
    Ok(())
}

async fn protocol_version(session: &mut Session) -> Result<(), Stop> {
    match session.get("/Users?count=1").await? {
        users if users.status != 200 => session.blocked(&PROTOCOL_VERSION, &list::USERS),
        _ if !session.has_version() => {
            session.skip(&PROTOCOL_VERSION, "the base URL does not end with a version such as v2");
        }
        _ => {
            let answer = session.send(Call::get("/Users?count=1").version("v99").unwatched()).await?;
            let performed = answer.status == 200 && member(&answer.body, "totalResults").is_some();
            session.require(&PROTOCOL_VERSION, !performed, &answer, &["404 Not Found"], || {
                format!("{} with a list of users for v99", answer.outcome())
            });
        }
    }
    Ok(())
}

async fn without_credential(session: &mut Session) -> Result<(), Stop> {
    if session.authorization().is_none() {
        session.skip(&SCHEMES_WITHOUT_CREDENTIAL, "the target is used without a credential");
    } else if session.facts.config.is_none() {
        session.blocked(&SCHEMES_WITHOUT_CREDENTIAL, &SERVICE_PROVIDER_CONFIG);
    } else {
        let call = Call::get("/ServiceProviderConfig").credential(Credential::None).unwatched();
        let answer = session.send(call).await?;
        let right = answer.ok() && answer.at("authenticationSchemes").is_some_and(Value::is_array);
        session.require(
            &SCHEMES_WITHOUT_CREDENTIAL,
            right,
            &answer,
            &["200 with authenticationSchemes"],
            || answer.outcome(),
        );
    }
    Ok(())
}
