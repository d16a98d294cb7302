//! Faults that remember: what was deleted and still shows, totals that stand still, and the like.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};

use super::{Answering, Asked, Inner, Reply, faults};

/// What one fault remembers, by path or name.
type Notes = Mutex<BTreeMap<String, Value>>;

fn note(notes: &Notes, key: impl Into<String>, value: Value) {
    notes.lock().unwrap_or_else(PoisonError::into_inner).insert(key.into(), value);
}

fn noted(notes: &Notes, key: &str) -> Option<Value> {
    notes.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
}

fn read(asked: &Asked) -> Asked {
    Asked {
        method: "GET".into(),
        query: String::new(),
        raw: axum::body::Bytes::new(),
        body: None,
        ..asked.clone()
    }
}

fn header(reply: &mut Reply, name: &'static str, value: &str) {
    if let Ok(value) = axum::http::HeaderValue::from_str(value) {
        reply.headers.insert(name, value);
    }
}

/// Deletes, and remembers what was there under `key`.
fn remembering<'a>(
    asked: &'a Asked,
    inner: &'a Inner,
    notes: &'static Notes,
    key: fn(&Asked, &Value) -> String,
) -> Option<Answering<'a>> {
    (asked.is("DELETE") && asked.users() && asked.one()).then(|| {
        let answering: Answering<'_> = Box::pin(async move {
            let before = inner.ask(&read(asked)).await;
            let reply = inner.ask(asked).await;
            if let Some(body) = before.body.filter(|_| reply.ok()) {
                note(notes, key(asked, &body), body);
            }
            reply
        });
        answering
    })
}

static LISTED: Notes = Mutex::new(BTreeMap::new());
static IDS: Notes = Mutex::new(BTreeMap::new());
static CREATED: Notes = Mutex::new(BTreeMap::new());
static ADDED: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
static TWICE: Notes = Mutex::new(BTreeMap::new());
static MEMBERS: Notes = Mutex::new(BTreeMap::new());
static TOTAL: AtomicI64 = AtomicI64::new(-1);
static READS: AtomicU32 = AtomicU32::new(0);

fn kept_from_before<'a>(asked: &'a Asked, inner: &'a Inner, name: &'static str) -> Option<Answering<'a>> {
    (asked.is("PUT") && asked.users()).then(|| {
        let answering: Answering<'_> = Box::pin(async move {
            let before = inner.ask(&read(asked)).await.body.unwrap_or_default();
            let mut kept = asked.clone();
            if let Some(body) = kept.body.as_mut() {
                body[name] = before[name].clone();
            }
            inner.ask(&kept).await
        });
        answering
    })
}

faults! {
    "login-page", "A page to sign in stands in the service's place.", ["D095"],
        After(|asked, reply| if asked.list() && asked.parameter("count").as_deref() == Some("1") && reply.ok() {
            reply.body = None;
            reply.raw = axum::body::Bytes::from_static(b"<!DOCTYPE html><html><body>Sign in</body></html>");
            header(reply, "content-type", "text/html");
        });
    "read-203", "Reads are answered with 203.", [],
        After(|asked, reply| if asked.is("GET") && asked.one() && asked.groups() && reply.status == 200 { reply.status = 203; });
    "values-doubled", "Values of multi-valued attributes come twice.", ["D160"],
        After(|asked, reply| if asked.users() { reply.each(|user| if let Some(mails) = user.get_mut("emails").and_then(Value::as_array_mut) && let Some(first) = mails.first().cloned() && mails.len() == 2 { mails.push(first); }) });
    "filter-not-offered", "The configuration claims filters, and all but those by userName are refused with 501.", ["D003"],
        Before(|asked| (asked.users() && asked.parameter("filter").is_some() && asked.parameter("startIndex").is_none()).then(|| Reply::error(501, None, "Not implemented.")));
    "create-echo", "The answer to a creation is the request.", ["D053"],
        After(|asked, reply| if asked.is("POST") && asked.path == "/Users" && reply.ok() && let Some(body) = reply.body.as_mut() { body["displayName"] = json!("AS SENT"); });
    "put-nick-name-kept", "PUT does not change nickName.", [],
        Whole(|asked, inner| kept_from_before(asked, inner, "nickName"));
    "put-created-refused", "PUT with another meta.created is refused.", [],
        Before(|asked| asked.body.as_ref().is_some_and(|body| asked.is("PUT") && body.pointer("/meta/created").and_then(Value::as_str).is_some_and(|text| text.starts_with("1999"))).then(|| Reply::error(409, Some("mutability"), "created is readOnly.")));
    "put-other-id-conflict", "PUT whose body has another id is a conflict.", [],
        Before(|asked| (asked.is("PUT") && asked.body.as_ref().and_then(|body| body["id"].as_str()).is_some_and(|id| !asked.path.ends_with(id))).then(|| Reply::error(409, None, "The ids differ.")));
    "put-invents-user-name", "PUT without a userName gives the user another one.", [],
        Before(|asked| { if asked.is("PUT") && asked.users() && let Some(body) = asked.body.as_mut() && body.get("userName").is_none() { body["userName"] = json!(format!("unnamed-{}@example.com", READS.fetch_add(1, Ordering::Relaxed))); } None });
    "put-reactivate-refused", "PUT cannot activate a user again.", ["D132"],
        Whole(|asked, inner| (asked.is("PUT") && asked.users() && asked.body.as_ref().is_some_and(|body| body["active"] == json!(true))).then(|| { let answering: Answering<'_> = Box::pin(async move {
            let before = inner.ask(&read(asked)).await.body.unwrap_or_default();
            if before["active"] == json!(false) { Reply::error(409, None, "The user is inactive.") } else { inner.ask(asked).await }
        }); answering }));
    "total-stands-still", "totalResults of the whole list is counted once.", ["D080"],
        After(|asked, reply| if asked.list() && asked.users() && asked.parameter("filter").is_none() && let Some(body) = reply.body.as_mut() && let Some(total) = body["totalResults"].as_i64() {
            let first = TOTAL.compare_exchange(-1, total.max(5), Ordering::Relaxed, Ordering::Relaxed).unwrap_or_else(|known| known);
            body["totalResults"] = json!(if first < 0 { total.max(5) } else { first });
        });
    "cursor-count-exceeded", "Pages by cursor hold one resource more than asked for.", [],
        After(|asked, reply| if asked.parameter("cursor").is_some_and(|cursor| !cursor.is_empty()) && let Some(all) = reply.body.as_mut().and_then(|body| body.get_mut("Resources")?.as_array_mut()) {
            let more: Vec<Value> = all.clone();
            all.extend(more);
        });
    "cursor-previous-on-first", "The first page by cursor has a previousCursor.", [],
        After(|asked, reply| if asked.parameter("cursor").is_some_and(|cursor| cursor.is_empty()) && let Some(body) = reply.body.as_mut() { body["previousCursor"] = json!("before"); });
    "cursor-characters", "Cursors hold characters that must be encoded.", [],
        After(|_, reply| if let Some(next) = reply.body.as_ref().and_then(|body| body.get("nextCursor")?.as_str().map(str::to_owned)) && let Some(body) = reply.body.as_mut() { body["nextCursor"] = json!(format!("{next}=+/")); });
    "config-pagination-incomplete", "pagination in the configuration lacks index.", [],
        After(|asked, reply| if asked.path == "/ServiceProviderConfig" && let Some(paging) = reply.body.as_mut().and_then(|body| body.get_mut("pagination")?.as_object_mut()) { paging.shift_remove("index"); });
    "attributes-urn-unknown", "Names with a URN in attributes are not known.", [],
        Before(|asked| { if asked.parameter("attributes").is_some_and(|names| names.starts_with("urn:")) { asked.set("attributes", Some("nothing")); } None });
    "patch-replace-path-ignored", "replace with the path of a simple attribute is called done and is not.", [],
        Before(|asked| {
            for operation in asked.operations() {
                if operation["op"] == json!("replace") && ["nickName", "title", "displayName"].iter().any(|name| operation["path"] == json!(name)) { *operation = json!({"op": "add", "value": {}}); }
            }
            None
        });
    "patch-add-twice", "A value that is added twice is there twice.", ["D160"],
        After(|asked, reply| {
            let added = asked.body.as_ref().map(Value::to_string).filter(|text| asked.is("PATCH") && text.contains("\"add\"") && text.contains("\"emails\""));
            if let Some(text) = added && !ADDED.lock().unwrap_or_else(PoisonError::into_inner).insert(text) { note(&TWICE, asked.path.clone(), json!(true)); }
            if asked.users() && asked.one() && noted(&TWICE, &asked.path).is_some() {
                reply.each(|user| if let Some(mails) = user.get_mut("emails").and_then(Value::as_array_mut) && let Some(last) = mails.last().cloned() { mails.push(last); });
            }
        });
    "patch-created-taken", "A PATCH changes meta.created.", ["D054"],
        Whole(|asked, inner| {
            let touches = asked.is("PATCH") && asked.body.as_ref().is_some_and(|body| body["Operations"][0]["path"] == json!("meta.created"));
            if !touches && noted(&CREATED, &asked.path).is_none() { return None; }
            Some(Box::pin(async move {
                if touches { note(&CREATED, asked.path.clone(), json!(true)); }
                let mut reply = inner.ask(&if touches { read(asked) } else { asked.clone() }).await;
                reply.each(|user| user["meta"]["created"] = json!("1999-01-01T00:00:00Z"));
                reply
            }))
        });
    "group-member-number", "The value of a member is a number.", [],
        After(|asked, reply| if asked.groups() && asked.is("GET") { reply.each(|group| if let Some(all) = group.get_mut("members").and_then(Value::as_array_mut) { for member in all.iter_mut() {
            if let Some(id) = member["value"].as_str().and_then(|id| id.parse::<u64>().ok()) { member["value"] = json!(id); }
        } }) });
    "group-keeps-deleted", "Deleted users stay members.", ["D136"],
        Whole(|asked, inner| {
            if asked.is("DELETE") && asked.users() {
                return Some(Box::pin(async move {
                    let before = inner.ask(&read(asked)).await.body.unwrap_or_default();
                    for group in before["groups"].as_array().into_iter().flatten() {
                        note(&MEMBERS, format!("/Groups/{}", group["value"].as_str().unwrap_or_default()), json!({"value": before["id"]}));
                    }
                    inner.ask(asked).await
                }));
            }
            let ghost = noted(&MEMBERS, &asked.path).filter(|_| asked.is("GET"))?;
            Some(Box::pin(async move {
                let mut reply = inner.ask(asked).await;
                reply.each(|group| match group.get_mut("members").and_then(Value::as_array_mut) {
                    Some(all) => all.push(ghost.clone()),
                    None => group["members"] = json!([ghost]),
                });
                reply
            }))
        });
    "empty-text-refused", "Empty texts are refused.", [],
        Before(|asked| (asked.is("POST") && asked.body.as_ref().is_some_and(|body| body["title"] == json!(""))).then(|| Reply::error(400, Some("invalidValue"), "title is empty.")));
    "version-not-in-header", "The version is in meta.version alone.", ["D141"],
        After(|_, reply| { reply.headers.remove("etag"); });
    "version-random", "Every read has another version.", ["D141"],
        After(|asked, reply| if asked.users() && asked.one() && reply.headers.contains_key("etag") {
            let version = format!("W/\"{}\"", READS.fetch_add(1, Ordering::Relaxed));
            header(reply, "etag", &version);
            reply.each(|user| user["meta"]["version"] = json!(version));
        });
    "if-none-match-always", "Any If-None-Match is answered with 304.", ["D141"],
        Before(|asked| asked.headers.contains_key("if-none-match").then(|| Reply { headers: axum::http::HeaderMap::new(), body: None, ..Reply::error(304, None, "") }));
    "if-match-never", "Any If-Match is answered with 412.", ["D141"],
        Before(|asked| asked.headers.contains_key("if-match").then(|| Reply::error(412, None, "The version differs.")));
    "delete-still-found", "Deleted users are still found by filters.", ["D137"],
        Whole(|asked, inner| {
            if let Some(remembered) = remembering(asked, inner, &LISTED, |_, body| body["userName"].as_str().unwrap_or_default().to_owned()) { return Some(remembered); }
            let filter = asked.parameter("filter").filter(|_| asked.list() && asked.users())?;
            let name: String = serde_json::from_str(filter.strip_prefix("userName eq ")?).ok()?;
            let ghost = noted(&LISTED, &name)?;
            Some(Box::pin(async move {
                let mut reply = inner.ask(asked).await;
                if let Some(body) = reply.body.as_mut() && body["totalResults"] == json!(0) {
                    *body = json!({"schemas": body["schemas"], "totalResults": 1, "startIndex": 1, "itemsPerPage": 1, "Resources": [ghost]});
                }
                reply
            }))
        });
    "delete-id-reused", "A new user of the same name gets the id of the deleted one.", [],
        Whole(|asked, inner| {
            if let Some(remembered) = remembering(asked, inner, &IDS, |_, body| body["userName"].as_str().unwrap_or_default().to_owned()) { return Some(remembered); }
            let name = asked.body.as_ref()?["userName"].as_str().filter(|_| asked.is("POST") && asked.path == "/Users")?.to_owned();
            let old = noted(&IDS, &name)?;
            Some(Box::pin(async move {
                let mut reply = inner.ask(asked).await;
                if let Some(body) = reply.body.as_mut().filter(|body| body.get("userName").is_some()) { body["id"] = old["id"].clone(); }
                reply
            }))
        });
}
