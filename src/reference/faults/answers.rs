//! Faults in how single resources are answered: status, header fields, ids, meta, attributes.

use serde_json::{Value, json};

use super::{Asked, Reply, faults};

fn header(reply: &mut Reply, name: &'static str, value: Option<&'static str>) {
    reply.headers.remove(name);
    if let Some(value) = value {
        reply.headers.insert(name, axum::http::HeaderValue::from_static(value));
    }
}

fn created(asked: &Asked, reply: &Reply) -> bool {
    asked.is("POST") && reply.status == 201
}

fn no_body(reply: &mut Reply) {
    reply.body = None;
    reply.raw = axum::body::Bytes::new();
}

fn drop_member(reply: &mut Reply, name: &str) {
    reply.each(|resource| {
        resource.as_object_mut().map(|members| members.shift_remove(name));
    });
}

fn in_meta(reply: &mut Reply, act: impl Fn(&mut serde_json::Map<String, Value>)) {
    reply.each(|resource| {
        if let Some(meta) = resource.get_mut("meta").and_then(Value::as_object_mut) {
            act(meta);
        }
    });
}

fn user_or_group(asked: &Asked) -> bool {
    asked.users() || asked.groups()
}

faults! {
    "create-200", "Creations are answered with 200.", ["D017"],
        After(|asked, reply| if created(asked, reply) { reply.status = 200; });
    "create-empty-body", "Creations are answered without a body.", ["D018"],
        After(|asked, reply| if created(asked, reply) { no_body(reply); });
    "create-no-location", "Creations have no Location.", ["D140"],
        After(|asked, reply| if created(asked, reply) { header(reply, "location", None); });
    "create-location-of-list", "The Location of a creation is the list's.", ["D140"],
        After(|asked, reply| if created(asked, reply) { header(reply, "location", Some("https://reference.test/scim/v2/Users/")); });
    "create-other-id", "The id in the answer to a creation is not the stored one.", ["D022"],
        After(|asked, reply| if created(asked, reply) && let Some(body) = reply.body.as_mut() { body["id"] = json!("7".repeat(18)); });
    "id-number", "Ids are JSON numbers.", ["D020"],
        After(|_, reply| reply.each(|resource| {
            if let Some(id) = resource["id"].as_str().and_then(|id| id.parse::<u64>().ok()) { resource["id"] = json!(id); }
        }));
    "id-missing", "Resources have no id.", ["D021"],
        After(|asked, reply| if user_or_group(asked) { drop_member(reply, "id"); });
    "schemas-missing", "Resources have no schemas.", ["D006"],
        After(|asked, reply| if user_or_group(asked) { drop_member(reply, "schemas"); });
    "schemas-wrong", "Users name the schema of groups.", [],
        After(|asked, reply| if asked.users() { reply.each(|user| user["schemas"] = json!(["urn:ietf:params:scim:schemas:core:2.0:Group"])); });
    "meta-missing", "Resources have no meta.", [],
        After(|asked, reply| if user_or_group(asked) { drop_member(reply, "meta"); });
    "meta-type-wrong", "meta.resourceType is the plural.", [],
        After(|asked, reply| if asked.users() { in_meta(reply, |meta| { meta.insert("resourceType".into(), json!("Users")); }); });
    "meta-location-wrong", "meta.location leads to another endpoint.", ["D140"],
        After(|asked, reply| if user_or_group(asked) { in_meta(reply, |meta| { meta.insert("location".into(), json!("https://reference.test/scim/v2/Things/7")); }); });
    "meta-created-format", "meta.created is no RFC 3339 time.", [],
        After(|asked, reply| if user_or_group(asked) { in_meta(reply, |meta| { meta.insert("created".into(), json!("13/05/2011 04:42")); }); });
    "meta-created-moves", "meta.created is the time of the last change.", [],
        After(|asked, reply| if user_or_group(asked) { in_meta(reply, |meta| {
            if let Some(modified) = meta.get("lastModified").cloned() { meta.insert("created".into(), modified); }
        }); });
    "meta-modified-stays", "meta.lastModified never moves.", [],
        After(|asked, reply| if user_or_group(asked) { in_meta(reply, |meta| {
            if let Some(created) = meta.get("created").cloned() { meta.insert("lastModified".into(), created); }
        }); });
    "meta-modified-before-created", "meta.lastModified lies before meta.created.", [],
        After(|asked, reply| if user_or_group(asked) { in_meta(reply, |meta| { meta.insert("lastModified".into(), json!("2001-01-01T00:00:00Z")); }); });
    "version-constant", "The version never changes.", ["D141"],
        After(|asked, reply| if user_or_group(asked) && reply.headers.contains_key("etag") {
            header(reply, "etag", Some("W/\"1\""));
            in_meta(reply, |meta| { meta.insert("version".into(), json!("W/\"1\"")); });
        });
    "version-differs", "meta.version and ETag differ.", ["D141"],
        After(|asked, reply| if user_or_group(asked) { in_meta(reply, |meta| { meta.insert("version".into(), json!("W/\"other\"")); }); });
    "if-match-ignored", "If-Match is ignored.", ["D141"],
        Before(|asked| { asked.headers.remove("if-match"); None });
    "if-none-match-ignored", "If-None-Match is ignored.", ["D141"],
        Before(|asked| { asked.headers.remove("if-none-match"); None });
    "names-missing", "name.givenName and name.familyName are not returned.", ["D032"],
        After(|asked, reply| if asked.users() { drop_member(reply, "name"); });
    "user-name-missing", "userName is not returned.", [],
        After(|asked, reply| if asked.users() { drop_member(reply, "userName"); });
    "active-text", "active is text.", ["D045"],
        After(|asked, reply| if asked.users() { reply.each(|user| if let Some(active) = user["active"].as_bool() { user["active"] = json!(active.to_string()); }); });
    "active-missing", "active is not returned.", [],
        After(|asked, reply| if asked.users() { drop_member(reply, "active"); });
    "emails-text", "emails mixes texts and objects.", ["D145"],
        After(|asked, reply| if asked.users() { reply.each(|user| if let Some(first) = user.pointer("/emails/0/value").cloned() { user["emails"][0] = first; }); });
    "emails-object", "emails is an object.", [],
        After(|asked, reply| if asked.users() { reply.each(|user| if let Some(first) = user.pointer("/emails/0").cloned() { user["emails"] = first; }); });
    "manager-text", "manager is text.", ["D147"],
        After(|asked, reply| if asked.users() { reply.each(|user| {
            let urn = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
            if user.get(urn).is_some() { user[urn]["manager"] = json!("26118915-6090-4610-87e4-49d8ca9f808d"); }
        }); });
    "display-name-number", "displayName of users is a number.", [],
        After(|asked, reply| if asked.users() { reply.each(|user| if user.get("displayName").is_some() { user["displayName"] = json!(7); }); });
    "password-returned", "The password is returned.", [],
        After(|asked, reply| if asked.users() { reply.each(|user| user["password"] = json!("t1meMa$heen")); });
    "external-id-dropped", "externalId is never returned.", ["D027"],
        After(|asked, reply| if asked.users() { drop_member(reply, "externalId"); });
    "null-attributes", "Unassigned attributes are empty texts.", [],
        After(|asked, reply| if asked.users() { reply.each(|user| for name in ["preferredLanguage", "profileUrl"] { if user.get(name).is_none() { user[name] = json!(7); } }); });
    "two-primaries", "Every e-mail address is primary.", ["D055"],
        After(|asked, reply| if asked.users() { reply.each(|user| if let Some(mails) = user.get_mut("emails").and_then(Value::as_array_mut) {
            for mail in mails { mail["primary"] = json!(true); }
        }); });
    "content-type-json", "Bodies are labelled application/json.", ["D016"],
        After(|asked, reply| if user_or_group(asked) && reply.ok() && reply.body.is_some() { header(reply, "content-type", Some("application/json")); });
    "content-type-html", "Bodies are labelled text/html.", ["D016"],
        After(|asked, reply| if user_or_group(asked) && reply.ok() && reply.body.is_some() { header(reply, "content-type", Some("text/html")); });
    "put-204", "PUT is answered with 204.", [],
        After(|asked, reply| if asked.is("PUT") && reply.ok() { reply.status = 204; no_body(reply); });
    "patch-201", "PATCH is answered with 201.", [],
        After(|asked, reply| if asked.is("PATCH") && reply.ok() { reply.status = 201; });
    "patch-202", "PATCH is answered with 202 and nothing else.", [],
        After(|asked, reply| if asked.is("PATCH") && reply.ok() { reply.status = 202; no_body(reply); });
    "patch-always-204", "PATCH with attributes is answered with 204 too.", [],
        After(|asked, reply| if asked.is("PATCH") && reply.ok() { reply.status = 204; no_body(reply); });
    "delete-200", "DELETE is answered with 200.", [],
        After(|asked, reply| if asked.is("DELETE") && reply.ok() { reply.status = 200; });
    "delete-500", "DELETE answers 500 although it worked.", ["D136"],
        After(|asked, reply| if asked.is("DELETE") && reply.ok() { *reply = Reply::error(500, None, "Internal error."); });
    "put-active-error", "PUT with active false succeeds and answers an error.", ["D130"],
        After(|asked, reply| if asked.is("PUT") && asked.body.as_ref().is_some_and(|body| body["active"] == json!(false)) { *reply = Reply::error(500, None, "Internal error."); });
    "read-stale-active", "Lists show every user as active.", ["D134"],
        After(|asked, reply| if asked.list() && asked.users() { reply.each(|user| user["active"] = json!(true)); });
    "read-changes", "Each read shows another lastModified.", [],
        After(|asked, reply| if asked.is("GET") && asked.one() && asked.users() {
            let now = std::sync::atomic::Ordering::Relaxed;
            static READS: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
            // Always later than before: a time that once fell back would now and then look like another fault.
            let count = READS.fetch_add(1, now);
            let (hour, minute, second) = (count / 3600 % 24, count / 60 % 60, count % 60);
            in_meta(reply, |meta| { meta.insert("lastModified".into(), json!(format!("2126-01-01T{hour:02}:{minute:02}:{second:02}Z"))); });
        });
    "unauthorized-no-challenge", "A 401 has no WWW-Authenticate.", ["D009"],
        After(|_, reply| if reply.status == 401 { header(reply, "www-authenticate", None); });
    "unauthorized-403", "Missing credentials are answered with 403.", [],
        After(|_, reply| if reply.status == 401 { reply.status = 403; if let Some(body) = reply.body.as_mut() { body["status"] = json!("403"); } });
    "unauthorized-500", "Missing credentials are answered with 500.", ["D008"],
        After(|_, reply| if reply.status == 401 { *reply = Reply::error(500, None, "Internal error."); });
    "unauthorized-plain", "The body of a 401 is no SCIM error.", ["D007"],
        After(|_, reply| if reply.status == 401 { reply.body = Some(json!({"detail": "Invalid token"})); });
    "unauthorized-200", "Requests without a credential get an empty list.", [],
        After(|asked, reply| if reply.status == 401 && asked.list() {
            reply.status = 200;
            reply.body = Some(json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"], "totalResults": 0, "startIndex": 1, "itemsPerPage": 0, "Resources": []}));
        });
    "error-status-number", "The status of errors is a number.", ["D093"],
        After(|_, reply| if reply.status >= 400 && let Some(body) = reply.body.as_mut() { body["status"] = json!(reply.status); });
    "error-status-other", "The status of errors is always 400.", [],
        After(|_, reply| if reply.status >= 400 && let Some(body) = reply.body.as_mut() { body["status"] = json!("400"); });
    "error-html", "Errors are HTML pages.", ["D095"],
        After(|_, reply| if reply.status >= 400 {
            reply.body = None;
            reply.raw = axum::body::Bytes::from_static(b"<html><body><h1>Error</h1></body></html>");
            header(reply, "content-type", Some("text/html"));
        });
    "error-text", "Errors are plain text, as a gateway writes it.", ["D095"],
        After(|_, reply| if reply.status >= 400 {
            reply.body = None;
            reply.raw = axum::body::Bytes::from(format!("error code: {}", reply.status));
            header(reply, "content-type", Some("text/plain"));
        });
    "error-empty", "Errors have no body.", ["D096"],
        After(|_, reply| if reply.status >= 400 { no_body(reply); });
    "error-no-schemas", "Errors have no schemas.", ["D096"],
        After(|_, reply| if reply.status >= 400 && let Some(body) = reply.body.as_mut().and_then(Value::as_object_mut) { body.shift_remove("schemas"); });
    "error-no-detail", "Errors have no detail.", ["D096"],
        After(|_, reply| if reply.status >= 400 && let Some(body) = reply.body.as_mut().and_then(Value::as_object_mut) { body.shift_remove("detail"); });
    "error-no-scim-type", "Errors have no scimType.", ["D103"],
        After(|_, reply| if reply.status >= 400 && let Some(body) = reply.body.as_mut().and_then(Value::as_object_mut) { body.shift_remove("scimType"); });
    "error-scim-type-made-up", "scimType is a word of the service's own.", [],
        After(|_, reply| if reply.status == 400 && let Some(body) = reply.body.as_mut() { body["scimType"] = json!("badRequest"); });
    "error-stack-trace", "Errors show a stack trace.", [],
        After(|_, reply| if reply.status == 400 && let Some(body) = reply.body.as_mut() {
            body["detail"] = json!("java.lang.IllegalStateException: null\n\tat com.example.scim.Parser.parse(Parser.java:42)");
        });
    "conflict-400", "A duplicate is answered with 400.", ["D102"],
        After(|asked, reply| if asked.is("POST") && reply.status == 409 { reply.status = 400; if let Some(body) = reply.body.as_mut() { body["status"] = json!("400"); } });
    "conflict-500", "A duplicate is answered with 500.", ["D104"],
        After(|asked, reply| if asked.is("POST") && reply.status == 409 { *reply = Reply::error(500, None, "duplicate key value violates unique constraint"); });
    "not-found-400", "Unknown ids are answered with 400.", ["D099"],
        After(|asked, reply| if asked.one() && reply.status == 404 { reply.status = 400; if let Some(body) = reply.body.as_mut() { body["status"] = json!("400"); } });
    "not-found-500-on-write", "Writes to unknown ids are answered with 500.", ["D099"],
        After(|asked, reply| if asked.one() && reply.status == 404 && !asked.is("GET") { *reply = Reply::error(500, None, "Internal error."); });
    "not-found-200", "Unknown ids are answered with 200 and an empty object.", [],
        After(|asked, reply| if asked.one() && asked.is("GET") && reply.status == 404 { reply.status = 200; reply.body = Some(json!({})); });
    "bad-input-500", "Bad input is answered with 500.", ["D100"],
        After(|_, reply| if reply.status == 400 { *reply = Reply::error(500, None, "Internal error."); });
    "unknown-path-200", "Unknown paths are answered with 200.", [],
        After(|asked, reply| if asked.path.starts_with("/Scimulate") { reply.status = 200; reply.body = Some(json!({})); });
    "method-500", "Methods that are not there are answered with 500.", [],
        After(|_, reply| if reply.status == 405 { *reply = Reply::error(500, None, "Internal error."); });
    "method-no-allow", "A 405 has no Allow.", [],
        After(|_, reply| if reply.status == 405 { header(reply, "allow", None); });
    "post-on-resource-accepted", "POST to a resource creates another one.", [],
        Before(|asked| { if asked.is("POST") && asked.one() && asked.users() { asked.path = "/Users".into(); } None });
    "no-content-with-body", "PATCH is answered with 204 and a body.", [],
        After(|asked, reply| if asked.is("PATCH") && reply.ok() { reply.status = 204; });
    "accept-scim-refused", "Accept: application/scim+json is answered with 406.", ["D015"],
        Before(|asked| {
            let accept = asked.headers.get("accept").and_then(|value| value.to_str().ok()).unwrap_or_default().to_lowercase();
            (accept.starts_with("application/scim+json")).then(|| Reply::error(406, None, "Not acceptable."))
        });
    "accept-json-refused", "Accept: application/json is answered with 406.", [],
        Before(|asked| {
            let accept = asked.headers.get("accept").and_then(|value| value.to_str().ok()).unwrap_or_default();
            (accept == "application/json").then(|| Reply::error(406, None, "Not acceptable."))
        });
    "accept-parameters-refused", "Accept with parameters is answered with 406.", [],
        Before(|asked| {
            let accept = asked.headers.get("accept").and_then(|value| value.to_str().ok()).unwrap_or_default();
            accept.contains(';').then(|| Reply::error(406, None, "Not acceptable."))
        });
    "accept-needed", "Requests without Accept are answered with 406.", [],
        Before(|asked| (!asked.headers.contains_key("accept")).then(|| Reply::error(406, None, "Not acceptable.")));
    "body-json-refused", "Bodies labelled application/json are refused.", ["D014"],
        Before(|asked| {
            let label = asked.headers.get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default();
            label.starts_with("application/json").then(|| Reply::error(415, None, "Unsupported media type."))
        });
    "body-charset-refused", "Bodies labelled with a charset are refused.", [],
        Before(|asked| {
            let label = asked.headers.get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default();
            label.contains("charset").then(|| Reply::error(415, None, "Unsupported media type."))
        });
    "latin-1", "Letters beyond Latin 1 become question marks.", [],
        After(|asked, reply| if asked.users() && let Some(body) = reply.body.as_ref() {
            let text: String = body.to_string().chars().map(|c| if (c as u32) < 256 { c } else { '?' }).collect();
            reply.body = serde_json::from_str(&text).ok();
        });
    "html-escaped", "Quotes and angle brackets come back escaped.", [],
        After(|asked, reply| if asked.users() { reply.each(|user| if let Some(title) = user["title"].as_str() {
            user["title"] = json!(title.replace('&', "&amp;").replace('<', "&lt;").replace('\'', "&#39;"));
        }); });
    "truncated", "Texts are cut off after 100 characters.", [],
        After(|asked, reply| if asked.users() { reply.each(|user| for name in ["title", "nickName"] {
            if let Some(text) = user[name].as_str() { user[name] = json!(text.chars().take(100).collect::<String>()); }
        }); });
}
