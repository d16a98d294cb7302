//! Faults in what writes do: creation, PUT, PATCH, DELETE, groups and their members.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Answering, Asked, Inner, Reply, faults};

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

pub(super) fn refuse(status: u16, scim_type: &str) -> Option<Reply> {
    Some(Reply::error(
        status,
        Some(scim_type).filter(|text| !text.is_empty()),
        "The request is not supported.",
    ))
}

/// Whether an operation of a PATCH is so.
pub(super) fn any(asked: &mut Asked, is: impl Fn(&Value) -> bool) -> bool {
    asked.operations().any(|operation| is(operation))
}

pub(super) fn op(operation: &Value) -> String {
    operation["op"].as_str().unwrap_or_default().to_lowercase()
}

pub(super) fn path(operation: &Value) -> &str {
    operation["path"].as_str().unwrap_or_default()
}

/// The operations of a PATCH that are kept.
pub(super) fn keep(asked: &mut Asked, kept: impl Fn(&Value) -> bool) {
    if asked.is("PATCH")
        && let Some(all) = asked.body.as_mut().and_then(|body| body.get_mut("Operations")?.as_array_mut())
    {
        all.retain(|operation| kept(operation));
        if all.is_empty() {
            // Nothing is left to do, and the service says that it did it.
            all.push(json!({"op": "add", "value": {}}));
        }
    }
}

pub(super) fn read(asked: &Asked) -> Asked {
    Asked {
        method: "GET".into(),
        query: String::new(),
        raw: axum::body::Bytes::new(),
        body: None,
        ..asked.clone()
    }
}

/// A PUT instead, made from what is there and `change`.
pub(super) fn put_instead<'a>(
    asked: &'a Asked,
    inner: &'a Inner,
    change: fn(&mut Value, &Asked),
) -> Answering<'a> {
    Box::pin(async move {
        let mut body = inner.ask(&read(asked)).await.body.unwrap_or_default();
        change(&mut body, asked);
        let put = Asked { method: "PUT".into(), body: Some(body), ..asked.clone() };
        inner.ask(&put).await
    })
}

pub(super) fn field<'a>(asked: &'a mut Asked, name: &str) -> Option<&'a mut Value> {
    asked.body.as_mut()?.get_mut(name)
}

fn drop_field(asked: &mut Asked, name: &str) {
    if let Some(body) = asked.body.as_mut().and_then(Value::as_object_mut) {
        body.shift_remove(name);
    }
}

/// How many requests change a copy of each resource just now.
static COPIES: std::sync::Mutex<BTreeMap<String, u32>> = std::sync::Mutex::new(BTreeMap::new());

/// Counts one request among those that hold a copy of the resource at `path`, or leaves again.
fn copies(path: &str, change: impl FnOnce(u32) -> u32) -> u32 {
    let mut copies = COPIES.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let count = copies.entry(path.to_owned()).or_default();
    *count = change(*count);
    let now = *count;
    if now == 0 {
        copies.remove(path);
    }
    now
}

/// Waits between reading and writing, as a slow program does that changes a copy: until another request has read
/// the same resource too, or a while, so that a busy machine does not keep the two apart.
pub(super) fn lost_update<'a>(asked: &'a Asked, inner: &'a Inner) -> Answering<'a> {
    const STEP: std::time::Duration = std::time::Duration::from_millis(30);
    Box::pin(async move {
        let before = inner.ask(&read(asked)).await.body.unwrap_or_default();
        copies(&asked.path, |count| count + 1);
        for _ in 0..5 {
            tokio::time::sleep(STEP).await;
            if copies(&asked.path, |count| count) > 1 {
                break;
            }
        }
        tokio::time::sleep(STEP).await;
        copies(&asked.path, |count| count - 1);
        let reply = inner.ask(asked).await;
        let Some(after) = inner.ask(&read(asked)).await.body.filter(|_| reply.ok()) else { return reply };
        // What this request changed, laid over what was read at the beginning.
        let mut merged = before.clone();
        let mut wanted = asked.clone();
        for operation in wanted.operations() {
            let name = path(operation).to_owned();
            if name == "members" {
                let mut members = before["members"].as_array().cloned().unwrap_or_default();
                members.extend(operation["value"].as_array().cloned().unwrap_or_default());
                merged["members"] = json!(members);
            } else if !name.is_empty() {
                merged[&name] = after[&name].clone();
            }
        }
        inner.ask(&Asked { method: "PUT".into(), body: Some(merged), ..asked.clone() }).await;
        reply
    })
}

faults! {
    "create-keeps-client-id", "An id that the client sends is taken for the resource's.", ["D024"],
        After(|asked, reply| if asked.is("POST") && reply.ok() && let Some(id) = asked.body.as_ref().and_then(|body| body["id"].as_str()) && let Some(body) = reply.body.as_mut() { body["id"] = json!(id); });
    "create-external-id-demanded", "Creations without externalId are refused.", ["D026"],
        Before(|asked| (asked.is("POST") && asked.path == "/Users" && asked.body.as_ref().is_some_and(|body| body.get("externalId").is_none())).then(|| Reply::error(400, Some("invalidValue"), "externalId is required.")));
    "create-password-refused", "Creations with a password are refused.", ["D028"],
        Before(|asked| (asked.is("POST") && asked.path == "/Users" && asked.body.as_ref().is_some_and(|body| body.get("password").is_some())).then(|| Reply::error(400, Some("invalidValue"), "The password is too weak.")));
    "create-read-only-refused", "Creations with readOnly attributes are refused.", [],
        Before(|asked| (asked.is("POST") && asked.path == "/Users" && asked.body.as_ref().is_some_and(|body| body.get("meta").is_some() || body.get("id").is_some())).then(|| Reply::error(400, Some("mutability"), "meta is readOnly.")));
    "create-groups-refused", "Creations with groups are refused.", [],
        Before(|asked| (asked.is("POST") && asked.path == "/Users" && asked.body.as_ref().is_some_and(|body| body.get("groups").is_some())).then(|| Reply::error(400, Some("mutability"), "groups is readOnly.")));
    "create-active-ignored", "Every new user is active.", ["D129"],
        Before(|asked| { if asked.is("POST") && asked.users() { drop_field(asked, "active"); } None });
    "create-primary-needed", "E-mail addresses without primary are lost.", ["D030"],
        Before(|asked| { if asked.is("POST") && asked.users() && let Some(mails) = field(asked, "emails").and_then(Value::as_array_mut) { mails.retain(|mail| mail["primary"] == json!(true)); } None });
    "create-one-email", "Only the first e-mail address is stored.", [],
        Before(|asked| { if asked.users() && let Some(mails) = field(asked, "emails").and_then(Value::as_array_mut) { mails.truncate(1); } None });
    "create-user-name-optional", "Users without a userName are created.", [],
        Before(|asked| { if asked.is("POST") && asked.path == "/Users" && let Some(body) = asked.body.as_mut().filter(|body| body.is_object() && body.get("userName").is_none() && body.get("USERNAME").is_none()) {
            static MADE: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
            body["userName"] = json!(format!("made-up-{}@example.com", MADE.fetch_add(1, std::sync::atomic::Ordering::Relaxed)));
        } None });
    "create-wrong-type-taken", "Values of the wrong type are made to fit.", [],
        Before(|asked| { if asked.is("POST") && asked.path == "/Users" && let Some(name) = field(asked, "userName").filter(|name| name.is_object()) { *name = json!(format!("{name}@example.com")); } None });
    "create-null-refused", "null in a creation is refused.", [],
        Before(|asked| (asked.is("POST") && asked.body.as_ref().and_then(Value::as_object).is_some_and(|body| body.values().any(Value::is_null))).then(|| Reply::error(400, Some("invalidValue"), "null is not allowed.")));
    "create-names-case", "Attribute names in bodies are matched with regard to case.", ["D110"],
        Before(|asked| { if asked.is("POST") && let Some(body) = asked.body.as_mut().and_then(Value::as_object_mut) { body.retain(|name, _| name.to_uppercase() != *name || name.len() < 2); } None });
    "create-enterprise-lost", "The enterprise extension is not stored.", [],
        Before(|asked| { if asked.users() { drop_field(asked, ENTERPRISE); } None });
    "create-duplicate-replaces", "A second creation of a userName replaces the first user.", ["D158"],
        Whole(|asked, inner| (asked.is("POST") && asked.path == "/Users").then(|| { let answering: Answering<'_> = Box::pin(async move {
            let reply = inner.ask(asked).await;
            if reply.status != 409 { return reply; }
            let name = asked.body.as_ref().map(|body| body["userName"].clone()).unwrap_or_default();
            let mut look = read(asked);
            look.set("filter", Some(&format!("userName eq {name}")));
            let found = inner.ask(&look).await.body.unwrap_or_default();
            let Some(id) = found["Resources"][0]["id"].as_str() else { return reply };
            let put = Asked { method: "PUT".into(), path: format!("/Users/{id}"), ..asked.clone() };
            let mut reply = inner.ask(&put).await;
            if reply.ok() { reply.status = 201; }
            reply
        }); answering }));
    "create-duplicate-case", "A userName in another letter case is another userName.", ["D111"],
        Before(|asked| { if asked.is("POST") && asked.path == "/Users" && let Some(name) = field(asked, "userName") && let Some(text) = name.as_str().filter(|text| text.chars().any(|c| c.is_ascii_uppercase()) && text.to_uppercase() == **text) { *name = json!(format!("{text}.OTHER")); } None });
    "body-trailing-taken", "What follows the JSON of a body is ignored.", [],
        Before(|asked| { if asked.body.is_none() && let Ok(text) = std::str::from_utf8(&asked.raw) && let Some(Ok(value)) = serde_json::Deserializer::from_str(text).into_iter::<Value>().next() && value.is_object() { asked.body = Some(value); } None });
    "put-rename-ignored", "PUT does not change userName.", ["D037"],
        Whole(|asked, inner| (asked.is("PUT") && asked.users()).then(|| { let answering: Answering<'_> = Box::pin(async move {
            let before = inner.ask(&read(asked)).await.body.unwrap_or_default();
            let mut kept = asked.clone();
            if let (Some(name), Some(own)) = (field(&mut kept, "userName"), before.get("userName")) { *name = own.clone(); }
            inner.ask(&kept).await
        }); answering }));
    "put-active-ignored", "PUT does not change active.", ["D129"],
        Whole(|asked, inner| (asked.is("PUT") && asked.users()).then(|| { let answering: Answering<'_> = Box::pin(async move {
            let before = inner.ask(&read(asked)).await.body.unwrap_or_default();
            let mut kept = asked.clone();
            if let Some(body) = kept.body.as_mut() { body["active"] = before["active"].clone(); }
            inner.ask(&kept).await
        }); answering }));
    "put-nothing", "PUT answers 200 and stores nothing.", [],
        Whole(|asked, inner| (asked.is("PUT") && asked.users()).then(|| { let answering: Answering<'_> = Box::pin(async move { inner.ask(&read(asked)).await }); answering }));
    "put-echo", "PUT answers with the request.", ["D053", "D126"],
        After(|asked, reply| if asked.is("PUT") && reply.ok() && let Some(body) = &asked.body { let mut echo = body.clone(); echo["echo"] = json!(true); if asked.users() { echo["displayName"] = json!("As it was sent"); } reply.body = Some(echo); });
    "put-merges-emails", "PUT adds to the e-mail addresses.", [],
        Whole(|asked, inner| (asked.is("PUT") && asked.users()).then(|| { let answering: Answering<'_> = Box::pin(async move {
            let before = inner.ask(&read(asked)).await.body.unwrap_or_default();
            let mut merged = asked.clone();
            if let Some(mails) = field(&mut merged, "emails").and_then(Value::as_array_mut) {
                for mail in before["emails"].as_array().into_iter().flatten() {
                    if !mails.iter().any(|known| known["value"] == mail["value"]) { let mut old = mail.clone(); old["primary"] = json!(false); mails.push(old); }
                }
            }
            inner.ask(&merged).await
        }); answering }));
    "put-loses-title", "PUT does not store title.", ["D039"],
        Before(|asked| { if asked.is("PUT") && asked.users() { drop_field(asked, "title"); } None });
    "put-read-only-refused", "PUT with readOnly attributes is refused.", ["D054"],
        Before(|asked| (asked.is("PUT") && asked.body.as_ref().is_some_and(|body| body.get("meta").is_some())).then(|| Reply::error(400, Some("mutability"), "meta is readOnly.")));
    "put-creates", "PUT to an unknown id creates the user.", [],
        Whole(|asked, inner| (asked.is("PUT") && asked.users()).then(|| { let answering: Answering<'_> = Box::pin(async move {
            let reply = inner.ask(asked).await;
            if reply.status != 404 { return reply; }
            inner.ask(&Asked { method: "POST".into(), path: "/Users".into(), ..asked.clone() }).await
        }); answering }));
    "put-taken-name-500", "PUT of a taken userName is answered with 500.", ["D106"],
        After(|asked, reply| if asked.is("PUT") && reply.status == 409 { *reply = Reply::error(500, None, "duplicate key"); });
    "put-taken-name-accepted", "PUT of a taken userName is accepted.", ["D106"],
        After(|asked, reply| if asked.is("PUT") && reply.status == 409 && let Some(body) = &asked.body { reply.status = 200; reply.body = Some(body.clone()); });
    "put-recase-refused", "PUT that changes the letter case of the userName is a conflict.", [],
        Before(|asked| (asked.is("PUT") && asked.users() && asked.body.as_ref().and_then(|body| body["userName"].as_str()).is_some_and(|name| name.to_uppercase() == name)).then(|| Reply::error(409, Some("uniqueness"), "The userName is taken.")));
    "patch-no-path-refused", "PATCH without a path is refused.", ["D042"],
        Before(|asked| { let bare = any(asked, |operation| operation.get("path").is_none() && op(operation) != "remove"); bare.then(|| refuse(400, "invalidPath")).flatten() });
    "patch-no-path-ignored", "PATCH without a path does nothing.", ["D042"],
        Before(|asked| { if any(asked, |operation| operation.get("path").is_none() && op(operation) != "remove") { keep(asked, |operation| operation.get("path").is_some()); } None });
    "patch-no-path-replaces-all", "PATCH without a path replaces the whole resource.", ["D043"],
        Whole(|asked, inner| {
            let mut looked = asked.clone();
            if !asked.users() || !any(&mut looked, |operation| operation.get("path").is_none() && op(operation) == "replace") { return None; }
            Some(put_instead(asked, inner, |body, asked| {
                let value = asked.body.as_ref().map(|body| body["Operations"][0]["value"].clone()).unwrap_or_default();
                let mut fresh = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": body["userName"], "nickName": null, "displayName": null, "name": null, "emails": [], "title": null});
                for (name, value) in value.as_object().into_iter().flatten() { fresh[name] = value.clone(); }
                *body = fresh;
            }))
        });
    "patch-op-case", "op is matched with regard to case.", ["D044"],
        Before(|asked| { let shouted = any(asked, |operation| operation["op"].as_str().is_some_and(|op| op.chars().any(char::is_uppercase))); shouted.then(|| refuse(400, "invalidSyntax")).flatten() });
    "patch-path-case", "Attribute names in paths are matched with regard to case.", ["D110"],
        Before(|asked| { let shouted = any(asked, |operation| { let path = path(operation); !path.is_empty() && path.to_uppercase() == path }); shouted.then(|| refuse(400, "invalidPath")).flatten() });
    "patch-active-ignored", "PATCH of active is called done and is not.", ["D129"],
        Before(|asked| {
            for operation in asked.operations() {
                if let Some(value) = operation.get_mut("value").and_then(Value::as_object_mut) { value.shift_remove("active"); }
            }
            keep(asked, |operation| path(operation) != "active");
            None
        });
    "deactivate-deletes", "Deactivation deletes the user.", ["D131"],
        Whole(|asked, inner| {
            let text = asked.body.as_ref().map(Value::to_string).unwrap_or_default();
            (asked.is("PATCH") && asked.users() && text.contains("\"active\":false")).then(|| { let answering: Answering<'_> = Box::pin(async move {
                inner.ask(&Asked { method: "DELETE".into(), body: None, raw: axum::body::Bytes::new(), ..asked.clone() }).await
            }); answering })
        });
    "reactivate-refused", "An inactive user cannot be activated again.", ["D132"],
        Before(|asked| { let on = any(asked, |operation| operation.pointer("/value/active") == Some(&json!(true)) || path(operation) == "active" && operation["value"] == json!(true)); on.then(|| refuse(409, "")).flatten() });
    "patch-first-only", "Only the first operation of a PATCH is applied.", [],
        Before(|asked| { if asked.is("PATCH") && let Some(all) = asked.body.as_mut().and_then(|body| body.get_mut("Operations")?.as_array_mut()) { all.truncate(1); } None });
    "patch-reversed", "The operations of a PATCH are applied in reverse.", [],
        Before(|asked| { if asked.is("PATCH") && let Some(all) = asked.body.as_mut().and_then(|body| body.get_mut("Operations")?.as_array_mut()) { all.reverse(); } None });
    "patch-not-atomic", "The operations before one that fails stay applied.", ["D052"],
        Whole(|asked, inner| {
            let all = asked.body.as_ref().and_then(|body| body["Operations"].as_array()).filter(|all| all.len() > 1 && asked.is("PATCH"))?.clone();
            Some(Box::pin(async move {
                let mut last = Reply::error(400, None, "Nothing to do.");
                for operation in all {
                    let mut single = asked.clone();
                    if let Some(body) = single.body.as_mut() { body["Operations"] = json!([operation]); }
                    last = inner.ask(&single).await;
                    if !last.ok() { break; }
                }
                last
            }))
        });
    "patch-stale-answer", "PATCH answers with the resource as it was before.", ["D053"],
        Whole(|asked, inner| asked.is("PATCH").then(|| { let answering: Answering<'_> = Box::pin(async move {
            let before = inner.ask(&read(asked)).await;
            let reply = inner.ask(asked).await;
            if reply.status == 200 { before } else { reply }
        }); answering }));
    "patch-add-replaces-emails", "add of an e-mail address replaces the others.", ["D055"],
        Before(|asked| { for operation in asked.operations() { if op(operation) == "add" && path(operation) == "emails" { operation["op"] = json!("replace"); } } None });
    "patch-replace-adds-emails", "replace of the e-mail addresses adds to them.", ["D055"],
        Before(|asked| { for operation in asked.operations() { if op(operation) == "replace" && path(operation) == "emails" && operation["value"].is_array() { operation["op"] = json!("add"); } } None });
    "patch-add-refused", "add is refused on attributes with a single value.", ["D066"],
        Before(|asked| { let add = any(asked, |operation| op(operation) == "add" && operation["value"].is_string()); add.then(|| refuse(400, "invalidSyntax")).flatten() });
    "patch-remove-ignored", "remove does nothing.", [],
        Before(|asked| { if any(asked, |operation| op(operation) == "remove" && !path(operation).is_empty()) { keep(asked, |operation| op(operation) != "remove"); } None });
    "patch-sub-attribute-clears", "A sub-attribute in a path clears its siblings.", [],
        Before(|asked| { for operation in asked.operations() { if path(operation) == "name.familyName" && op(operation) == "replace" {
            let value = operation["value"].clone();
            *operation = json!({"op": "replace", "path": "name", "value": {"familyName": value, "givenName": null}});
        } } None });
    "patch-complex-add-replaces", "add on a complex attribute clears what it does not name.", [],
        Before(|asked| { for operation in asked.operations() { if op(operation) == "add" && path(operation) == "name" && let Some(value) = operation["value"].as_object_mut() { value.entry("familyName").or_insert(Value::Null); operation["op"] = json!("replace"); } } None });
    "patch-value-path-all", "A filter in a path selects every value.", ["D055"],
        Before(|asked| { for operation in asked.operations() { if path(operation).starts_with("emails[") && path(operation).contains("].") {
            let changed = path(operation).replace("type eq \"work\"", "value pr");
            operation["path"] = json!(changed);
        } } None });
    "patch-value-path-refused", "Value paths are refused.", [],
        Before(|asked| { let valued = any(asked, |operation| path(operation).starts_with("emails[")); valued.then(|| refuse(400, "invalidPath")).flatten() });
    "patch-value-remove-all", "remove with a filter removes every value.", ["D055"],
        Before(|asked| { for operation in asked.operations() { if op(operation) == "remove" && path(operation).starts_with("emails[") { operation["path"] = json!("emails"); } } None });
    "patch-no-target-creates", "replace whose filter fits nothing is called done.", ["D048"],
        After(|asked, reply| if asked.is("PATCH") && reply.body.as_ref().is_some_and(|body| body["scimType"] == json!("noTarget")) && asked.body.as_ref().is_some_and(|body| body["Operations"][0].get("path").is_some()) { reply.status = 204; reply.body = None; reply.raw = axum::body::Bytes::new(); });
    "patch-remove-no-path-ignored", "remove without a path is called done.", ["D051"],
        After(|asked, reply| if asked.is("PATCH") && reply.status == 400 && asked.body.as_ref().is_some_and(|body| body["Operations"][0]["op"] == json!("remove") && body["Operations"][0].get("path").is_none()) { reply.status = 204; reply.body = None; reply.raw = axum::body::Bytes::new(); });
    "patch-invalid-accepted", "PATCHes that are none are called done.", ["D101"],
        After(|asked, reply| if asked.is("PATCH") && reply.status == 400 && asked.body.as_ref().is_some_and(|body| !body["Operations"].is_array() || body["Operations"][0]["op"] == json!("scimulate")) { reply.status = 204; reply.body = None; reply.raw = axum::body::Bytes::new(); });
    "patch-read-only-accepted", "PATCHes of readOnly attributes are called done.", ["D054"],
        After(|asked, reply| if asked.is("PATCH") && reply.body.as_ref().is_some_and(|body| body["scimType"] == json!("mutability")) { reply.status = 204; reply.body = None; reply.raw = axum::body::Bytes::new(); });
    "patch-wrong-type-accepted", "Values of the wrong type are called done.", [],
        After(|asked, reply| if asked.is("PATCH") && reply.status == 400 && asked.body.as_ref().is_some_and(|body| body["Operations"][0]["path"] == json!("active")) { reply.status = 204; reply.body = None; reply.raw = axum::body::Bytes::new(); });
    "patch-primary-stays", "A new primary value leaves the old one primary.", ["D055"],
        After(|asked, reply| if asked.users() { reply.each(|user| if let Some(mails) = user.get_mut("emails").and_then(Value::as_array_mut) && mails.len() > 3 { for mail in mails { mail["primary"] = json!(true); } }) });
    "patch-extension-refused", "Paths into the enterprise extension are refused.", ["D146"],
        Before(|asked| { let urn = any(asked, |operation| path(operation).starts_with(ENTERPRISE)); urn.then(|| refuse(400, "invalidPath")).flatten() });
    "patch-extension-value-ignored", "The extension's object in a PATCH without a path is ignored.", ["D146"],
        Before(|asked| { for operation in asked.operations() { if let Some(value) = operation.get_mut("value").and_then(Value::as_object_mut) && operation_is_bare(value) { value.shift_remove(ENTERPRISE); } } None });
    "patch-core-urn-refused", "Paths with the core schema's URN are refused.", [],
        Before(|asked| { let urn = any(asked, |operation| path(operation).starts_with("urn:ietf:params:scim:schemas:core")); urn.then(|| refuse(400, "invalidPath")).flatten() });
    "patch-rename-ignored", "PATCH does not change userName.", [],
        Before(|asked| { if any(asked, |operation| path(operation) == "userName" && op(operation) == "replace") { keep(asked, |operation| path(operation) != "userName"); } None });
    "patch-touches", "Every PATCH moves lastModified.", [],
        After(|asked, reply| if asked.users() && asked.is("GET") && asked.one() { reply.each(|user| if user["title"] == json!("Analyst") {
            static READS: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
            let count = READS.fetch_add(1, std::sync::atomic::Ordering::Relaxed) % 60;
            user["meta"]["lastModified"] = json!(format!("2126-01-01T00:00:{count:02}Z"));
        }) });
    "delete-nothing", "DELETE answers 204 and deletes nothing.", ["D137"],
        Before(|asked| (asked.is("DELETE") && asked.one()).then(|| Reply { headers: axum::http::HeaderMap::new(), body: None, ..Reply::error(204, None, "") }));
    "delete-deactivates", "DELETE deactivates the user.", ["D137"],
        Whole(|asked, inner| (asked.is("DELETE") && asked.users()).then(|| { let answering: Answering<'_> = Box::pin(async move {
            let off = Asked { method: "PATCH".into(), body: Some(json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [{"op": "replace", "path": "active", "value": false}]})), ..asked.clone() };
            let mut reply = inner.ask(&off).await;
            if reply.ok() { reply.status = 204; reply.body = None; reply.raw = axum::body::Bytes::new(); }
            reply
        }); answering }));
    "delete-unknown-204", "DELETE of an unknown id is answered with 204.", [],
        After(|asked, reply| if asked.is("DELETE") && reply.status == 404 { reply.status = 204; reply.body = None; reply.raw = axum::body::Bytes::new(); });
    "group-create-loses-members", "Members are not stored when a group is created.", ["D120"],
        Before(|asked| { if asked.is("POST") && asked.path == "/Groups" { drop_field(asked, "members"); } None });
    "group-create-empty-refused", "Groups with an empty members are refused.", [],
        Before(|asked| (asked.is("POST") && asked.path == "/Groups" && asked.body.as_ref().is_some_and(|body| body["members"] == json!([]))).then(|| Reply::error(400, Some("invalidValue"), "members is empty.")));
    "group-display-demanded", "Members without display are refused.", ["D124"],
        Before(|asked| { let bare = any(asked, |operation| path(operation) == "members" && operation["value"].as_array().is_some_and(|all| all.iter().any(|member| member.get("display").is_none()))); bare.then(|| refuse(400, "invalidValue")).flatten() });
    "group-add-replaces", "add of members replaces the others.", ["D063"],
        Before(|asked| { for operation in asked.operations() { if op(operation) == "add" && path(operation) == "members" { operation["op"] = json!("replace"); } } None });
    "group-add-first-only", "Only the first of several new members is added.", ["D119"],
        Before(|asked| { for operation in asked.operations() { if op(operation) == "add" && path(operation) == "members" && let Some(all) = operation["value"].as_array_mut() { all.truncate(1); } } None });
    "group-add-existing-refused", "add of a member that is there is refused.", ["D160"],
        Whole(|asked, inner| {
            let mut looked = asked.clone();
            if !any(&mut looked, |operation| op(operation) == "add" && path(operation) == "members") { return None; }
            Some(Box::pin(async move {
                let before = inner.ask(&read(asked)).await.body.unwrap_or_default();
                let wanted = asked.body.as_ref().map(|body| body["Operations"][0]["value"].clone()).unwrap_or_default();
                let twice = wanted.as_array().into_iter().flatten().any(|member| before["members"].as_array().into_iter().flatten().any(|known| known["value"] == member["value"]));
                if twice { Reply::error(409, Some("uniqueness"), "The user is a member already.") } else { inner.ask(asked).await }
            }))
        });
    "group-remove-ignored", "remove of one member is called done and is not.", [],
        Before(|asked| { if any(asked, |operation| path(operation).starts_with("members[")) { keep(asked, |operation| !path(operation).starts_with("members[")); } None });
    "group-remove-clears", "remove of one member empties the group.", [],
        Before(|asked| { for operation in asked.operations() { if op(operation) == "remove" && path(operation).starts_with("members[") { operation["path"] = json!("members"); } } None });
    "group-remove-refused", "remove of one member is refused.", [],
        Before(|asked| { let one = any(asked, |operation| path(operation).starts_with("members[")); one.then(|| refuse(400, "invalidPath")).flatten() });
    "group-removals-shift", "Of several removals the second hits another member.", ["D064"],
        Whole(|asked, inner| {
            let all = asked.body.as_ref().and_then(|body| body["Operations"].as_array()).filter(|all| all.len() > 1 && all.iter().all(|operation| path(operation).starts_with("members[")))?.clone();
            Some(Box::pin(async move {
                let before = inner.ask(&read(asked)).await.body.unwrap_or_default();
                let members: Vec<Value> = before["members"].as_array().cloned().unwrap_or_default();
                let mut positions: Vec<usize> = all.iter().filter_map(|operation| members.iter().position(|member| path(operation).contains(member["value"].as_str().unwrap_or("?")))).collect();
                let mut left = members.clone();
                for position in positions.drain(..) { if position < left.len() { left.remove(position); } }
                let mut body = asked.body.clone().unwrap_or_default();
                body["Operations"] = json!([{"op": "replace", "path": "members", "value": left}]);
                inner.ask(&Asked { body: Some(body), ..asked.clone() }).await
            }))
        });
    "group-mixed-adds-only", "Of removals and additions in one request only the additions are applied.", ["D065"],
        Before(|asked| { let mixed = any(asked, |operation| op(operation) == "add") && any(asked, |operation| op(operation) == "remove"); if mixed { keep(asked, |operation| op(operation) == "add"); } None });
    "group-replace-adds", "replace of members adds to them.", ["D059"],
        Before(|asked| { for operation in asked.operations() { if op(operation) == "replace" && path(operation) == "members" { operation["op"] = json!("add"); } } None });
    "group-replace-refused", "replace of members is refused.", ["D059"],
        Before(|asked| { let whole = any(asked, |operation| op(operation) == "replace" && path(operation) == "members"); whole.then(|| refuse(501, "")).flatten() });
    "group-clear-ignored", "replace of members with nothing is called done and is not.", ["D060"],
        Before(|asked| { if any(asked, |operation| path(operation) == "members" && operation["value"] == json!([])) { keep(asked, |operation| operation["value"] != json!([])); } None });
    "group-clear-refused", "replace of members with nothing is refused.", ["D060"],
        Before(|asked| { let empty = any(asked, |operation| path(operation) == "members" && operation["value"] == json!([])); empty.then(|| refuse(400, "invalidValue")).flatten() });
    "group-rename-id-refused", "A rename with id in its value is refused.", ["D056"],
        Before(|asked| { let id = any(asked, |operation| operation.pointer("/value/id").is_some()); id.then(|| refuse(400, "mutability")).flatten() });
    "group-rename-ignored", "A rename by PATCH is called done and is not.", [],
        Before(|asked| { if asked.groups() { for operation in asked.operations() { if let Some(value) = operation.get_mut("value").and_then(Value::as_object_mut) { value.shift_remove("displayName"); } } keep(asked, |operation| path(operation) != "displayName"); } None });
    "group-rename-clears", "A rename loses the members.", ["D116"],
        Before(|asked| { if asked.groups() { for operation in asked.operations() { if operation.pointer("/value/displayName").is_some() { operation["value"]["members"] = json!([]); } } } None });
    "group-members-no-path-refused", "replace of members without a path is refused.", ["D058"],
        Before(|asked| { let bare = asked.groups() && any(asked, |operation| operation.pointer("/value/members").is_some()); bare.then(|| refuse(400, "noTarget")).flatten() });
    "group-put-keeps-members", "PUT does not change members.", ["D118"],
        Whole(|asked, inner| (asked.is("PUT") && asked.groups()).then(|| { let answering: Answering<'_> = Box::pin(async move {
            let before = inner.ask(&read(asked)).await.body.unwrap_or_default();
            let mut kept = asked.clone();
            if let Some(body) = kept.body.as_mut() { body["members"] = before.get("members").cloned().unwrap_or_else(|| json!([])); }
            inner.ask(&kept).await
        }); answering }));
    "group-put-first-only", "PUT stores the first member only.", ["D119"],
        Before(|asked| { if asked.is("PUT") && asked.groups() && let Some(all) = field(asked, "members").and_then(Value::as_array_mut) { all.truncate(1); } None });
    "group-put-empty-keeps", "PUT with an empty members keeps the members.", [],
        Whole(|asked, inner| (asked.is("PUT") && asked.groups() && asked.body.as_ref().is_some_and(|body| body["members"] == json!([]))).then(|| { let answering: Answering<'_> = Box::pin(async move {
            let before = inner.ask(&read(asked)).await.body.unwrap_or_default();
            let mut kept = asked.clone();
            if let Some(body) = kept.body.as_mut() { body["members"] = before.get("members").cloned().unwrap_or_else(|| json!([])); }
            inner.ask(&kept).await
        }); answering }));
    "group-put-name-ignored", "PUT does not rename a group.", [],
        Whole(|asked, inner| (asked.is("PUT") && asked.groups()).then(|| { let answering: Answering<'_> = Box::pin(async move {
            let before = inner.ask(&read(asked)).await.body.unwrap_or_default();
            let mut kept = asked.clone();
            if let Some(body) = kept.body.as_mut() { body["displayName"] = before["displayName"].clone(); }
            inner.ask(&kept).await
        }); answering }));
    "group-unknown-member-wipes", "An unknown member empties the group.", ["D122", "D123"],
        Whole(|asked, inner| {
            let text = asked.body.as_ref().map(Value::to_string).unwrap_or_default();
            (asked.is("PATCH") && text.contains("00000000-0000-4000-8000")).then(|| { let answering: Answering<'_> = Box::pin(async move {
                let mut body = asked.body.clone().unwrap_or_default();
                body["Operations"] = json!([{"op": "replace", "path": "members", "value": []}]);
                inner.ask(&Asked { body: Some(body), ..asked.clone() }).await
            }); answering })
        });
    "group-unknown-member-user", "An unknown member becomes a user.", ["D171"],
        After(|asked, reply| if asked.is("GET") && asked.path.contains("00000000-0000-4000-8000-5c1105c1105c") { reply.status = 200; reply.body = Some(json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "id": "00000000-0000-4000-8000-5c1105c1105c", "userName": "ghost@example.com"})); });
    "group-empty-member-500", "A member without a value is answered with 500.", ["D125"],
        Before(|asked| { let empty = any(asked, |operation| operation["value"].as_array().is_some_and(|all| all.iter().any(|member| member.is_object() && member.get("value").is_none() && path(operation) == "members"))); empty.then(|| refuse(500, "")).flatten() });
    "group-members-capped", "Groups show at most 100 members.", ["D081"],
        After(|asked, reply| if asked.groups() { reply.each(|group| if let Some(all) = group.get_mut("members").and_then(Value::as_array_mut) { all.truncate(100); }); });
    "group-members-text", "Members are texts.", [],
        After(|asked, reply| if asked.groups() { reply.each(|group| if let Some(all) = group.get_mut("members").and_then(Value::as_array_mut) { for member in all { *member = member["value"].clone(); } }); });
    "group-ref-wrong", "The $ref of members leads nowhere.", [],
        After(|asked, reply| if asked.groups() { reply.each(|group| if let Some(all) = group.get_mut("members").and_then(Value::as_array_mut) { for member in all { member["$ref"] = json!("https://reference.test/scim/v2/Users/nobody"); } }); });
    "group-back-link-stale", "groups of a user does not follow the members.", [],
        After(|asked, reply| if asked.users() && asked.one() { reply.each(|user| if let Some(all) = user.get_mut("groups").and_then(Value::as_array_mut) && !all.is_empty() { all.push(json!({"value": "gone", "display": "Gone"})); }); });
    "group-by-user", "groups in a user's body changes the membership.", ["D113"],
        Whole(|asked, inner| {
            let group = asked.body.as_ref().and_then(|body| body.pointer("/groups/0/value")?.as_str().map(str::to_owned)).filter(|_| asked.is("PUT") && asked.users())?;
            Some(Box::pin(async move {
                let user = asked.path.rsplit('/').next().unwrap_or_default().to_owned();
                let add = Asked { method: "PATCH".into(), path: format!("/Groups/{group}"), body: Some(json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [{"op": "add", "path": "members", "value": [{"value": user}]}]})), ..asked.clone() };
                inner.ask(&add).await;
                inner.ask(asked).await
            }))
        });
    "group-delete-refused", "Groups with members cannot be deleted.", ["D114"],
        Before(|asked| (asked.is("DELETE") && asked.groups()).then(|| Reply::error(409, None, "The group is not empty.")));
    "group-delete-takes-members", "Deleting a group deletes its members.", [],
        Whole(|asked, inner| (asked.is("DELETE") && asked.groups()).then(|| { let answering: Answering<'_> = Box::pin(async move {
            let group = inner.ask(&read(asked)).await.body.unwrap_or_default();
            for member in group["members"].as_array().into_iter().flatten() {
                let path = format!("/Users/{}", member["value"].as_str().unwrap_or_default());
                inner.ask(&Asked { path, ..asked.clone() }).await;
            }
            inner.ask(asked).await
        }); answering }));
    "group-name-taken", "Every new group is refused as if its name were taken.", [],
        Before(|asked| (asked.is("POST") && asked.path == "/Groups").then(|| Reply::error(409, Some("uniqueness"), "Resource [GROUP]: with displayName already exists")));
    "group-same-name-500", "A second group of the same name is answered with 500.", ["D161"],
        Whole(|asked, inner| (asked.is("POST") && asked.path == "/Groups").then(|| { let answering: Answering<'_> = Box::pin(async move {
            let name = asked.body.as_ref().map(|body| body["displayName"].clone()).unwrap_or_default();
            let mut look = read(asked);
            look.set("filter", Some(&format!("displayName eq {name}")));
            let found = inner.ask(&look).await.body.unwrap_or_default();
            if found["totalResults"].as_u64().is_some_and(|total| total > 0) { Reply::error(500, None, "Internal error.") } else { inner.ask(asked).await }
        }); answering }));
    "concurrent-patch-lost", "PATCHes at the same time overwrite each other.", [],
        Whole(|asked, inner| (asked.is("PATCH") && asked.body.as_ref().is_some_and(|body| body["Operations"].as_array().is_some_and(|all| all.len() == 1 && !path(&all[0]).is_empty() && !path(&all[0]).contains(['[', '.', ':']) && ["add", "replace"].contains(&op(&all[0]).as_str())))).then(|| lost_update(asked, inner)));
    "concurrent-create-500", "Creations of one name at the same time are answered with 500.", ["D152"],
        After(|asked, reply| if asked.is("POST") && asked.path == "/Users" && reply.status == 409 { *reply = Reply::error(500, None, "Internal error."); });
}

/// Whether the value of an operation without a path names an extension.
fn operation_is_bare(value: &serde_json::Map<String, Value>) -> bool {
    value.contains_key(ENTERPRISE)
}
