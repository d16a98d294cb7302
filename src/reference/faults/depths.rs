//! Faults in the less travelled parts of the standard: queries by POST and at the root, other versions and other
//! clients, what a representation may look like, what may be set once, and bulk requests in depth.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::http::HeaderValue;
use serde_json::{Value, json};

use super::forms::changed;
use super::writes::{op, path, refuse};
use super::{Answering, Asked, Inner, Reply, faults};

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";

/// What a fault remembers from one request to the next.
type Memory<T> = Mutex<BTreeMap<String, T>>;

/// Who created with which externalId.
static EXTERNAL: Memory<HeaderValue> = Mutex::new(BTreeMap::new());
/// Who was given which cursor.
static CURSORS: Memory<HeaderValue> = Mutex::new(BTreeMap::new());
/// The manager's name as it was sent, by userName.
static MANAGERS: Memory<Value> = Mutex::new(BTreeMap::new());
/// References that were stored as they stood, by the name of the group.
static LITERAL: Memory<Value> = Mutex::new(BTreeMap::new());

fn open<T>(memory: &Memory<T>) -> MutexGuard<'_, BTreeMap<String, T>> {
    memory.lock().unwrap_or_else(PoisonError::into_inner)
}

fn search(asked: &Asked) -> bool {
    asked.is("POST") && asked.path.ends_with("/.search")
}

/// Takes a member out of the body of a query by POST.
fn unsearched(asked: &mut Asked, name: &str) {
    if search(asked)
        && let Some(body) = asked.body.as_mut().and_then(Value::as_object_mut)
    {
        body.shift_remove(name);
    }
}

/// A query over all types: at the root, by GET or by POST.
fn at_root(asked: &Asked) -> bool {
    asked.is("GET") && ["", "/"].contains(&asked.path.as_str())
        || asked.is("POST") && asked.path == "/.search"
}

/// The filter of a query, by GET or by POST.
fn filter(asked: &Asked) -> String {
    let posted = asked.body.as_ref().and_then(|body| body["filter"].as_str().map(str::to_owned));
    if search(asked) { posted.unwrap_or_default() } else { asked.parameter("filter").unwrap_or_default() }
}

fn set_filter(asked: &mut Asked, filter: &str) {
    if search(asked) {
        if let Some(body) = asked.body.as_mut() {
            body["filter"] = json!(filter);
        }
    } else {
        asked.set("filter", Some(filter));
    }
}

/// The operations of a bulk request.
fn batch(asked: &mut Asked) -> impl Iterator<Item = &mut Value> {
    let bulk = asked.path == "/Bulk";
    let all =
        asked.body.as_mut().filter(|_| bulk).and_then(|body| body.get_mut("Operations")?.as_array_mut());
    all.into_iter().flatten()
}

/// Acts on each published definition of that name in the core user schema.
fn definition(asked: &Asked, reply: &mut Reply, name: &str, act: impl Fn(&mut Value)) {
    if !asked.path.starts_with("/Schemas") || !reply.ok() {
        return;
    }
    let Some(body) = reply.body.as_mut() else { return };
    let one = |schema: &mut Value| {
        if schema["id"] == json!(USER) {
            let all = schema.get_mut("attributes").and_then(Value::as_array_mut).into_iter().flatten();
            all.filter(|attribute| attribute["name"] == json!(name)).for_each(&act);
        }
    };
    match body.get_mut("Resources").and_then(Value::as_array_mut) {
        Some(all) => all.iter_mut().for_each(one),
        None => one(body),
    }
}

/// Publishes nickName as immutable.
fn nick_name_is_immutable(asked: &Asked, reply: &mut Reply) {
    definition(asked, reply, "nickName", |attribute| attribute["mutability"] = json!("immutable"));
}

/// Turns the operations of a bulk message round.
fn turn(body: Option<&mut Value>) {
    if let Some(all) = body.and_then(|body| body.get_mut("Operations")?.as_array_mut()) {
        all.reverse();
    }
}

/// Changes the request and then the answer to it.
#[expect(clippy::unnecessary_wraps, reason = "the signature is that of faults")]
fn around<'a>(
    asked: &'a Asked,
    inner: &'a Inner,
    before: fn(&mut Asked),
    after: fn(&Asked, &mut Reply),
) -> Option<Answering<'a>> {
    Some(Box::pin(async move {
        let mut changed = asked.clone();
        before(&mut changed);
        let mut reply = inner.ask(&changed).await;
        after(&changed, &mut reply);
        reply
    }))
}

faults! {
    "search-excluded-ignored", "excludedAttributes is ignored in queries by POST.", [],
        Before(|asked| { unsearched(asked, "excludedAttributes"); None });
    "search-sort-ignored", "sortBy is ignored in queries by POST.", [],
        Before(|asked| { unsearched(asked, "sortBy"); None });
    "root-attribute-refused", "Queries at the root refuse attributes that not every type has.", [],
        Before(|asked| (at_root(asked) && filter(asked).contains("userName")).then(|| refuse(400, "invalidFilter")).flatten());
    "root-absent-is-true", "At the root, resources without an attribute fit any comparison with it.", [],
        Before(|asked| { if at_root(asked) { let text = filter(asked); if text.contains(" and userName pr") { set_filter(asked, &text.replace(" and userName pr", "")); } } None });
    "root-type-ignored", "At the root, meta.resourceType selects nothing.", [],
        Before(|asked| { if at_root(asked) && let Some(rest) = filter(asked).split_once("meta.resourceType eq \"").and_then(|(_, rest)| Some(rest.split_once(" and ")?.1.to_owned())) { set_filter(asked, &rest); } None });
    "me-broken", "/Me is refused as a bad request.", [],
        Before(|asked| (asked.path == "/Me").then(|| refuse(400, "invalidPath")).flatten());
    "me-without-location", "/Me is answered without a location.", [],
        Before(|asked| (asked.path == "/Me").then(|| Reply { body: Some(json!({"schemas": [USER], "id": "7", "userName": "ada@example.com"})), ..Reply::error(200, None, "") }));
    "any-version", "Every protocol version is taken for the one there is.", [],
        Before(|asked| { "v2".clone_into(&mut asked.version); None });
    "schemes-hidden", "The configuration needs a credential.", [],
        Before(|asked| (asked.path == "/ServiceProviderConfig" && !asked.headers.contains_key("authorization")).then(|| Reply { headers: std::iter::once((axum::http::header::WWW_AUTHENTICATE, HeaderValue::from_static("Basic"))).collect(), ..Reply::error(401, None, "Unauthorized.") }));
    "external-id-global", "An externalId is taken for all tenants.", [],
        Before(|asked| {
            let external = asked.body.as_ref().filter(|_| asked.is("POST") && asked.users()).and_then(|body| body["externalId"].as_str().map(str::to_owned))?;
            let who = asked.headers.get("authorization")?.clone();
            let first = open(&EXTERNAL).entry(external).or_insert_with(|| who.clone()).clone();
            (first != who).then(|| refuse(409, "uniqueness")).flatten()
        });
    "cursor-negative-count", "A negative count with a cursor is ignored.", [],
        Before(|asked| { if asked.parameter("cursor").is_some() && asked.parameter("count").is_some_and(|count| count.starts_with('-')) { asked.set("count", None); } None });
    "cursor-default-wrong", "The configuration says that cursors are the default, and they are not.", [],
        After(|asked, reply| if asked.path == "/ServiceProviderConfig" && let Some(body) = reply.body.as_mut() { body["pagination"]["defaultPaginationMethod"] = json!("cursor"); });
    "filter-schemas-nothing", "A filter by schemas fits nothing.", [],
        Before(|asked| { if filter(asked).contains("schemas eq") { set_filter(asked, "id eq \"none\""); } None });
    "filter-defaults-unseen", "A filter does not see the default of active.", [],
        Before(|asked| { if filter(asked).starts_with("active pr") || filter(asked).starts_with("active eq true and id") { set_filter(asked, "id eq \"none\""); } None });
    "excluded-urn-ignored", "Names with a URN are ignored in excludedAttributes.", [],
        Before(|asked| { if asked.parameter("excludedAttributes").is_some_and(|names| names.contains("urn:")) { asked.set("excludedAttributes", None); } None });
    "attributes-whole-values", "A sub-attribute in attributes returns the whole values.", [],
        Before(|asked| { if let Some(names) = asked.parameter("attributes").filter(|names| names.contains("emails.")) { let names: Vec<&str> = names.split(',').map(|name| name.split('.').next().unwrap_or_default()).collect(); asked.set("attributes", Some(&names.join(","))); } None });
    "create-schemas-at-the-start", "schemas has to be the first member of a body.", [],
        Before(|asked| (asked.is("POST") && asked.path == "/Users" && asked.body.as_ref().and_then(Value::as_object).and_then(|body| body.keys().next()).is_some_and(|name| name != "schemas")).then(|| refuse(400, "invalidSyntax")).flatten());
    "create-first-schema-decides", "The first of schemas is taken for the type.", [],
        Before(|asked| (asked.is("POST") && asked.path == "/Users" && asked.body.as_ref().is_some_and(|body| body["schemas"][0] == json!(ENTERPRISE))).then(|| refuse(400, "invalidValue")).flatten());
    "lines-joined", "Line breaks are lost.", [],
        Before(|asked| { if asked.users() && let Some(all) = asked.body.as_mut().and_then(|body| body.get_mut("addresses")?.as_array_mut()) { for one in all { if let Some(street) = one["streetAddress"].as_str().map(|text| text.replace('\n', " ")) { one["streetAddress"] = json!(street); } } } None });
    "schemas-of-messages", "The schemas of messages are published.", [],
        After(|asked, reply| if asked.path == "/Schemas" && let Some(all) = reply.body.as_mut().and_then(|body| body.get_mut("Resources")?.as_array_mut()) && let Some(mut one) = all.first().cloned() { one["id"] = json!("urn:ietf:params:scim:api:messages:2.0:ListResponse"); one["name"] = json!("ListResponse"); all.push(one); let count = all.len(); if let Some(body) = reply.body.as_mut() { body["totalResults"] = json!(count); body["itemsPerPage"] = json!(count); } });
    "extension-required-in-name", "An extension is published as required and is not.", [],
        After(|asked, reply| if asked.path.starts_with("/ResourceTypes") && let Some(body) = reply.body.as_mut() { let one = |kind: &mut Value| if let Some(all) = kind.get_mut("schemaExtensions").and_then(Value::as_array_mut) { for one in all { one["required"] = json!(true); } }; match body.get_mut("Resources").and_then(Value::as_array_mut) { Some(all) => all.iter_mut().for_each(one), None => one(body) } });
    "immutable-changes", "An attribute that is published as immutable can be changed.", [],
        After(nick_name_is_immutable);
    "patch-replace-needs-value", "replace of what has no value is refused.", [],
        Whole(|asked, inner| (asked.is("PATCH") && asked.users()).then(|| { let answering: Answering<'_> = Box::pin(async move {
            let before = inner.ask(&super::writes::read(asked)).await.body.unwrap_or_default();
            let mut copy = asked.clone();
            let absent = copy.operations().any(|operation| op(operation) == "replace" && ["nickName", "phoneNumbers", "name.honorificPrefix"].contains(&path(operation)) && before.pointer(&format!("/{}", path(operation).replace('.', "/"))).is_none());
            if absent { refuse(400, "noTarget").unwrap_or_else(|| Reply::error(400, None, "")) } else { inner.ask(asked).await }
        }); answering }));
    "patch-schemas-is-the-last", "What follows an operation on schemas is called done.", [],
        Before(|asked| { if super::writes::any(asked, |operation| path(operation) == "schemas") { super::writes::keep(asked, |operation| path(operation) == "schemas"); } None });
    "patch-urn-path-ignored", "An operation whose path is the URN of an extension is called done.", [],
        Before(|asked| { super::writes::keep(asked, |operation| !path(operation).eq_ignore_ascii_case(ENTERPRISE)); None });
    "bulk-no-method", "Bulk answers do not name the methods.", ["D138"],
        After(|asked, reply| if asked.path == "/Bulk" && let Some(all) = reply.body.as_mut().and_then(|body| body.get_mut("Operations")?.as_array_mut()) { for outcome in all { outcome.as_object_mut().map(|members| members.shift_remove("method")); } });
    "bulk-schema-wrong", "Bulk answers have the URN of a list.", [],
        After(|asked, reply| if asked.path == "/Bulk" && reply.ok() && let Some(body) = reply.body.as_mut() { body["schemas"] = json!(["urn:ietf:params:scim:api:messages:2.0:ListResponse"]); });
    "bulk-delete-forgotten", "DELETE in a bulk request is called done.", [],
        Before(|asked| { for operation in batch(asked) { if operation["method"] == json!("DELETE") && operation["path"].as_str().is_some_and(|path| path.starts_with("/Users/")) { operation["method"] = json!("PATCH"); operation["data"] = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [{"op": "add", "value": {}}]}); } } None });
    "bulk-method-guessed", "A bulk operation without a method is taken for a POST.", [],
        Before(|asked| { for operation in batch(asked) { if operation.get("method").is_none() { operation["method"] = json!("POST"); } } None });
    "bulk-circle-dropped", "References to later operations are dropped.", [],
        Before(|asked| { for operation in batch(asked) { if let Some(all) = operation.pointer_mut("/data/members").and_then(Value::as_array_mut) { all.retain(|member| member["value"] != json!("bulkId:two")); } } None });
    "bulk-extension-unresolved", "References in extensions are stored as they stand.", [],
        Before(|asked| { for operation in batch(asked) { if let Some(value) = operation.pointer_mut(&format!("/data/{ENTERPRISE}/manager/value")) && let Some(text) = value.as_str().map(|text| text.replace("bulkId:", "bulkId=")) { *value = json!(text); } } None });
    "bulk-version-ignored", "version is ignored in bulk operations.", [],
        Before(|asked| { for operation in batch(asked) { operation.as_object_mut().map(|members| members.shift_remove("version")); } None });
    "bulk-any-size", "Bulk requests of any size are taken.", [],
        After(|asked, reply| if asked.path == "/Bulk" && reply.status == 413 && asked.raw.len() > 1 << 20 { reply.status = 200; reply.body = Some(json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkResponse"], "Operations": []})); });
    "bulk-limit-unnamed", "The 413 of a bulk request does not say why.", [],
        After(|asked, reply| if asked.path == "/Bulk" && reply.status == 413 && let Some(body) = reply.body.as_mut() { body["detail"] = json!("Too much."); });
    "cursor-any-credential", "A cursor shows its pages to any credential.", [],
        Whole(|asked, inner| around(asked, inner, |asked| { if let Some(who) = asked.parameter("cursor").and_then(|cursor| open(&CURSORS).get(&cursor).cloned()) { asked.headers.insert("authorization", who); } }, |asked, reply| {
            let next = reply.body.as_ref().and_then(|body| body["nextCursor"].as_str().map(str::to_owned));
            if let (Some(who), Some(next)) = (asked.headers.get("authorization"), next) { open(&CURSORS).insert(next, who.clone()); }
        }));
    "manager-name-taken", "A client can set the manager's displayName.", [],
        Whole(|asked, inner| around(asked, inner, |asked| {
            if asked.is("POST") && asked.users() && let Some(body) = &asked.body && let (Some(login), name @ Value::String(_)) = (body["userName"].as_str(), &body[ENTERPRISE]["manager"]["displayName"]) { open(&MANAGERS).insert(login.to_owned(), name.clone()); }
        }, |asked, reply| if asked.users() { reply.each(|user| {
            let name = user["userName"].as_str().and_then(|login| open(&MANAGERS).get(login).cloned());
            if let (Some(name), Some(manager)) = (name, user.pointer_mut(&format!("/{ENTERPRISE}/manager"))) { manager["displayName"] = name; }
        }); }));
    "immutable-never-set", "What is published as immutable is never set but at creation.", [],
        Whole(|asked, inner| if asked.users() && asked.one() && asked.is("PUT") { Some(changed(asked, inner, |other, before| if let Some(body) = other.body.as_mut() { body["nickName"] = before["nickName"].clone(); })) } else { around(asked, inner, |_| (), nick_name_is_immutable) });
    "bulk-backwards", "Bulk operations are carried out from the last to the first.", [],
        Whole(|asked, inner| around(asked, inner, |asked| if asked.path == "/Bulk" { turn(asked.body.as_mut()); }, |asked, reply| if asked.path == "/Bulk" { turn(reply.body.as_mut()); }));
    "bulk-outcomes-backwards", "The outcomes of bulk operations come from the last to the first.", [],
        After(|asked, reply| if asked.path == "/Bulk" { turn(reply.body.as_mut()); });
    "bulk-outcome-missing", "The last outcome of a bulk answer is missing.", ["D138"],
        After(|asked, reply| if asked.path == "/Bulk" && let Some(all) = reply.body.as_mut().and_then(|body| body.get_mut("Operations")?.as_array_mut()) { all.pop(); });
    "bulk-unknown-stored", "A reference to nothing is taken.", [],
        Whole(|asked, inner| around(asked, inner, |asked| {
            let mut held = Vec::new();
            for operation in batch(asked) {
                let name = operation.pointer("/data/displayName").and_then(Value::as_str).map(str::to_owned);
                if let (Some(name), Some(all)) = (name, operation.pointer_mut("/data/members").and_then(Value::as_array_mut)) {
                    held.extend(all.iter().filter(|member| member["value"] == json!("bulkId:nobody")).map(|member| (name.clone(), member.clone())));
                    all.retain(|member| member["value"] != json!("bulkId:nobody"));
                }
            }
            open(&LITERAL).extend(held);
        }, |asked, reply| if asked.groups() { reply.each(|group| {
            let member = group["displayName"].as_str().and_then(|name| open(&LITERAL).get(name).cloned());
            if let Some(member) = member { group["members"] = json!([member]); }
        }); }));
}
