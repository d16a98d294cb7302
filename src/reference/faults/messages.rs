//! Faults in what a service says of itself, in who it lets in, and in bulk requests.

use serde_json::{Value, json};

use super::{Answering, Asked, Reply, faults};

fn config(asked: &Asked, reply: &mut Reply, act: impl Fn(&mut Value)) {
    if asked.path == "/ServiceProviderConfig"
        && reply.ok()
        && let Some(body) = reply.body.as_mut()
    {
        act(body);
    }
}

fn lacks(asked: &Asked, reply: &mut Reply, name: &str) {
    config(asked, reply, |body| {
        body.as_object_mut().map(|members| members.shift_remove(name));
    });
}

/// Every document of a discovery list, or the one document.
fn documents(asked: &Asked, reply: &mut Reply, path: &str, act: impl Fn(&mut Value)) {
    if !asked.path.starts_with(path) || !reply.ok() {
        return;
    }
    let Some(body) = reply.body.as_mut() else { return };
    match body.get_mut("Resources").and_then(Value::as_array_mut) {
        Some(all) => all.iter_mut().for_each(act),
        None => act(body),
    }
}

/// The published definition of an attribute of the core user schema.
fn defined(asked: &Asked, reply: &mut Reply, name: &str, act: impl Fn(&mut Value)) {
    documents(asked, reply, "/Schemas", |schema| {
        if schema["id"] == json!("urn:ietf:params:scim:schemas:core:2.0:User") {
            let attributes = schema.get_mut("attributes").and_then(Value::as_array_mut);
            attributes
                .into_iter()
                .flatten()
                .filter(|attribute| attribute["name"] == json!(name))
                .for_each(&act);
        }
    });
}

fn gone(asked: &Asked, path: &str) -> Option<Reply> {
    (asked.path == path || asked.path.starts_with(&format!("{path}/")))
        .then(|| Reply::error(404, None, "Not found."))
}

fn without_credential(asked: &Asked) -> bool {
    !asked.headers.contains_key("authorization")
}

fn bulk(asked: &Asked, reply: &mut Reply, act: impl Fn(&mut Value)) {
    if asked.path == "/Bulk"
        && let Some(all) = reply.body.as_mut().and_then(|body| body.get_mut("Operations")?.as_array_mut())
    {
        all.iter_mut().for_each(act);
    }
}

/// The right credential, as the first request showed it.
static KNOWN: std::sync::OnceLock<axum::http::HeaderValue> = std::sync::OnceLock::new();

fn with_known(asked: &mut Asked, let_in: impl Fn(&Asked, &axum::http::HeaderValue) -> bool) -> Option<Reply> {
    if let Some(value) = asked.headers.get("authorization") {
        let value = KNOWN.get_or_init(|| value.clone()).clone();
        if let_in(asked, &value) {
            asked.headers.insert("authorization", value);
        }
    } else if let Some(value) = KNOWN.get().cloned()
        && let_in(asked, &value)
    {
        asked.headers.insert("authorization", value);
    }
    None
}

faults! {
    "config-missing", "There is no ServiceProviderConfig.", ["D005"],
        Before(|asked| gone(asked, "/ServiceProviderConfig"));
    "resource-types-missing", "There is no ResourceTypes.", ["D005"],
        Before(|asked| gone(asked, "/ResourceTypes"));
    "schemas-endpoint-missing", "There is no Schemas.", ["D005"],
        Before(|asked| gone(asked, "/Schemas"));
    "config-no-patch", "The configuration does not mention patch.", ["D002"], After(|asked, reply| lacks(asked, reply, "patch"));
    "config-no-bulk", "The configuration does not mention bulk.", ["D002"], After(|asked, reply| lacks(asked, reply, "bulk"));
    "config-no-filter", "The configuration does not mention filter.", ["D002"], After(|asked, reply| lacks(asked, reply, "filter"));
    "config-no-sort", "The configuration does not mention sort.", ["D002"], After(|asked, reply| lacks(asked, reply, "sort"));
    "config-no-etag", "The configuration does not mention etag.", ["D002"], After(|asked, reply| lacks(asked, reply, "etag"));
    "config-no-change-password", "The configuration does not mention changePassword.", ["D002"], After(|asked, reply| lacks(asked, reply, "changePassword"));
    "config-no-schemes", "The configuration names no authentication scheme.", ["D002"],
        After(|asked, reply| config(asked, reply, |body| body["authenticationSchemes"] = json!([])));
    "config-no-schemas", "The configuration has no schemas.", ["D002"], After(|asked, reply| lacks(asked, reply, "schemas"));
    "config-no-meta", "The configuration has no meta.", ["D002"], After(|asked, reply| lacks(asked, reply, "meta"));
    "config-supported-text", "supported is text in the configuration.", [],
        After(|asked, reply| config(asked, reply, |body| body["patch"]["supported"] = json!("true")));
    "config-denies-patch", "The configuration denies PATCH, which works.", ["D003"],
        After(|asked, reply| config(asked, reply, |body| body["patch"]["supported"] = json!(false)));
    "patch-not-offered", "The configuration claims PATCH, which is not there.", ["D003", "D041"],
        Before(|asked| asked.is("PATCH").then(|| Reply::error(501, None, "Not implemented.")));
    "put-not-offered", "PUT is not there.", ["D036"],
        Before(|asked| asked.is("PUT").then(|| Reply::error(501, None, "Not implemented.")));
    "bulk-not-offered", "The configuration claims bulk requests, which are not there.", ["D003"],
        Before(|asked| gone(asked, "/Bulk"));
    "sort-not-offered", "The configuration claims sorting, which is refused.", ["D003"],
        Before(|asked| asked.parameter("sortBy").map(|_| Reply::error(400, Some("invalidValue"), "Sorting is not supported.")));
    "etag-not-offered", "The configuration claims ETags, which are not there.", ["D003"],
        After(|_, reply| { reply.headers.remove("etag"); reply.each(|resource| { resource.get_mut("meta").and_then(Value::as_object_mut).map(|meta| meta.shift_remove("version")); }); });
    "schema-by-id-missing", "Single schemas cannot be read.", [],
        Before(|asked| asked.path.starts_with("/Schemas/").then(|| Reply::error(404, None, "Not found.")));
    "schema-by-id-is-list", "A single schema comes as a list.", [],
        Before(|asked| { if asked.path.starts_with("/Schemas/urn") { asked.path = "/Schemas".into(); } None });
    "resource-type-by-id-missing", "Single resource types cannot be read.", [],
        Before(|asked| asked.path.starts_with("/ResourceTypes/").then(|| Reply::error(404, None, "Not found.")));
    "unknown-schema-200", "A schema that does not exist is answered with 200.", [],
        After(|asked, reply| if asked.path.ends_with("scimulate:unknown") || asked.path.ends_with("scimulate%3Aunknown") { reply.status = 200; reply.body = Some(json!({})); });
    "discovery-filtered", "Filters are applied to /Schemas.", [],
        Whole(|asked, inner| { let filter = asked.parameter("filter").filter(|_| asked.path == "/Schemas")?; let answering: Answering<'_> = Box::pin(async move {
            let mut all = asked.clone();
            all.query = String::new();
            let mut reply = inner.ask(&all).await;
            if let Some(list) = reply.body.as_mut() && let Some(resources) = list.get_mut("Resources").and_then(Value::as_array_mut) {
                resources.retain(|schema| schema["id"].as_str().is_some_and(|id| filter.contains(id)));
                let now = resources.len();
                list["totalResults"] = json!(now);
                list["itemsPerPage"] = json!(now);
            }
            reply
        }); Some(answering) });
    "discovery-filter-ignored", "Filters are ignored on /Schemas and /ResourceTypes.", [],
        Before(|asked| { if ["/Schemas", "/ResourceTypes"].contains(&asked.path.as_str()) { asked.set("filter", None); } None });
    "discovery-paged", "/Schemas is paged.", [],
        After(|asked, reply| if asked.path == "/Schemas" && asked.parameter("count").is_some() && let Some(list) = reply.body.as_mut() && let Some(resources) = list.get_mut("Resources").and_then(Value::as_array_mut) { resources.truncate(1); list["itemsPerPage"] = json!(1); });
    "discovery-writable", "PUT of the configuration is accepted.", [],
        Before(|asked| (asked.path == "/ServiceProviderConfig" && asked.is("PUT")).then(|| Reply { headers: axum::http::HeaderMap::new(), body: Some(json!({})), ..Reply::error(200, None, "") }));
    "resource-type-endpoint-wrong", "The endpoint of a resource type is not there.", [],
        After(|asked, reply| documents(asked, reply, "/ResourceTypes", |kind| if kind["name"] == json!("User") { kind["endpoint"] = json!("/User"); }));
    "resource-type-schema-wrong", "A resource type names a schema that is not published.", [],
        After(|asked, reply| documents(asked, reply, "/ResourceTypes", |kind| if kind["name"] == json!("User") { kind["schema"] = json!("urn:example:User"); }));
    "resource-type-group-missing", "Groups have no resource type.", [],
        After(|asked, reply| if asked.path == "/ResourceTypes" && let Some(list) = reply.body.as_mut() && let Some(all) = list.get_mut("Resources").and_then(Value::as_array_mut) {
            all.retain(|kind| kind["name"] != json!("Group"));
            let now = all.len();
            list["totalResults"] = json!(now);
        });
    "resource-type-no-name", "Resource types have no name.", [],
        After(|asked, reply| documents(asked, reply, "/ResourceTypes", |kind| { kind.as_object_mut().map(|members| members.shift_remove("name")); }));
    "schema-no-schemas", "Schemas have no schemas.", ["D006"],
        After(|asked, reply| documents(asked, reply, "/Schemas", |schema| { schema.as_object_mut().map(|members| members.shift_remove("schemas")); }));
    "schema-no-id", "Schemas have no id.", [],
        After(|asked, reply| documents(asked, reply, "/Schemas", |schema| { schema.as_object_mut().map(|members| members.shift_remove("id")); }));
    "schema-active-text", "The published active is a string.", ["D142"],
        After(|asked, reply| defined(asked, reply, "active", |attribute| attribute["type"] = json!("string")));
    "schema-emails-single", "The published emails is singular.", ["D142"],
        After(|asked, reply| defined(asked, reply, "emails", |attribute| attribute["multiValued"] = json!(false)));
    "schema-user-name-optional", "The published userName is not required.", ["D142"],
        After(|asked, reply| defined(asked, reply, "userName", |attribute| attribute["required"] = json!(false)));
    "schema-password-returned", "The published password is returned.", ["D142"],
        After(|asked, reply| defined(asked, reply, "password", |attribute| attribute["returned"] = json!("default")));
    "schema-groups-writable", "The published groups can be written.", ["D142"],
        After(|asked, reply| defined(asked, reply, "groups", |attribute| attribute["mutability"] = json!("readWrite")));
    "schema-mutability-made-up", "A published mutability is no word of the RFC.", [],
        After(|asked, reply| defined(asked, reply, "title", |attribute| attribute["mutability"] = json!("read-write")));
    "schema-hides-display-name", "The published schema lacks attributes that are returned.", ["D142"],
        After(|asked, reply| documents(asked, reply, "/Schemas", |schema| if schema["id"] == json!("urn:ietf:params:scim:schemas:core:2.0:User") && let Some(all) = schema.get_mut("attributes").and_then(Value::as_array_mut) { all.retain(|attribute| attribute["name"] != json!("displayName")); }));
    "auth-prefix", "A credential that begins like the right one is taken.", [],
        Before(|asked| with_known(asked, |asked, known| asked.headers.get("authorization").is_some_and(|value| {
            use base64::Engine as _;
            let plain = |value: &axum::http::HeaderValue| value.to_str().ok().and_then(|text| base64::engine::general_purpose::STANDARD.decode(text.strip_prefix("Basic ")?).ok()).unwrap_or_default();
            let (own, right) = (plain(value), plain(known));
            !own.is_empty() && (own.starts_with(&right) || own.len() + 1 == right.len() && right.starts_with(&own))
        })));
    "auth-any", "Any credential is taken.", ["D012"],
        Before(|asked| with_known(asked, |asked, _| asked.headers.contains_key("authorization")));
    "auth-not-on-get", "Reading needs no credential.", [],
        Before(|asked| with_known(asked, |asked, _| without_credential(asked) && asked.is("GET")));
    "auth-not-on-patch", "PATCH needs no credential.", [],
        Before(|asked| with_known(asked, |asked, _| without_credential(asked) && asked.is("PATCH")));
    "auth-not-on-delete", "DELETE needs no credential.", [],
        Before(|asked| with_known(asked, |asked, _| without_credential(asked) && asked.is("DELETE")));
    "auth-not-on-post", "POST needs no credential.", [],
        Before(|asked| with_known(asked, |asked, _| without_credential(asked) && asked.is("POST")));
    "auth-scheme-case", "The scheme is matched with regard to case.", [],
        Before(|asked| asked.headers.get("authorization").is_some_and(|value| value.as_bytes().starts_with(b"basic")).then(|| Reply::error(401, None, "Unauthorized.")));
    "tenants-mixed", "Every credential sees one and the same tenant.", [],
        Before(|asked| with_known(asked, |asked, _| asked.headers.get("authorization").is_some_and(|value| value.len() > 40)));
    "bulk-status-number", "The statuses of a bulk answer are numbers.", ["D138"],
        After(|asked, reply| bulk(asked, reply, |outcome| if let Some(status) = outcome["status"].as_str().and_then(|status| status.parse::<u64>().ok()) { outcome["status"] = json!(status); }));
    "bulk-no-location", "Bulk answers have no location.", ["D138"],
        After(|asked, reply| bulk(asked, reply, |outcome| { outcome.as_object_mut().map(|members| members.shift_remove("location")); }));
    "bulk-no-bulk-id", "Bulk answers have no bulkId.", ["D138"],
        After(|asked, reply| bulk(asked, reply, |outcome| { outcome.as_object_mut().map(|members| members.shift_remove("bulkId")); }));
    "bulk-no-response", "Errors in bulk answers have no response.", ["D138"],
        After(|asked, reply| bulk(asked, reply, |outcome| { outcome.as_object_mut().map(|members| members.shift_remove("response")); }));
    "bulk-stops", "Bulk requests stop at the first error.", ["D138"],
        Before(|asked| { if asked.path == "/Bulk" && let Some(body) = asked.body.as_mut() { body["failOnErrors"] = json!(1); } None });
    "bulk-never-stops", "failOnErrors is ignored.", ["D138"],
        Before(|asked| { if asked.path == "/Bulk" && let Some(body) = asked.body.as_mut().and_then(Value::as_object_mut) { body.shift_remove("failOnErrors"); } None });
    "bulk-reference-unresolved", "bulkId references are not resolved.", ["D138"],
        Before(|asked| { if asked.path == "/Bulk" && let Some(all) = asked.body.as_mut().and_then(|body| body.get_mut("Operations")?.as_array_mut()) {
            for operation in all { if operation["path"] == json!("/Groups") { operation["data"]["members"] = json!([]); } }
        } None });
    "bulk-not-stored", "Bulk requests store nothing.", ["D138"],
        Whole(|asked, inner| (asked.path == "/Bulk").then(|| { let answering: Answering<'_> = Box::pin(async move {
            let reply = inner.ask(asked).await;
            let made: Vec<String> = reply.body.iter().flat_map(|body| body["Operations"].as_array().cloned().unwrap_or_default())
                .filter_map(|outcome| outcome["location"].as_str().and_then(|location| location.split("/scim/v2").nth(1).map(str::to_owned)))
                .collect();
            for path in made {
                let gone = Asked { method: "DELETE".into(), version: asked.version.clone(), path, query: String::new(), headers: asked.headers.clone(), raw: axum::body::Bytes::new(), body: None };
                inner.ask(&gone).await;
            }
            reply
        }); answering }));
    "bulk-no-limit", "More operations than allowed are taken.", [],
        After(|asked, reply| if asked.path == "/Bulk" && reply.status == 413 { reply.status = 200; reply.body = Some(json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkResponse"], "Operations": []})); });
}
