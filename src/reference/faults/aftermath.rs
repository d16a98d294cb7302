//! Faults in what a request leaves behind, in extensions, and in corners of filters, paths, pages and conditions.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use regex::Regex;
use serde_json::{Value, json};

use super::writes::{op, path, read, refuse};
use super::{Answering, Asked, Inner, Reply, faults};

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// Groups that a deleted user was in, by its userName.
static GROUPS: Mutex<BTreeMap<String, Vec<String>>> = Mutex::new(BTreeMap::new());
/// Names that users once had, with the users' paths.
static NAMES: Mutex<BTreeMap<String, String>> = Mutex::new(BTreeMap::new());

fn open<T>(memory: &Mutex<T>) -> MutexGuard<'_, T> {
    memory.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The same request of another method, path and body.
fn other(asked: &Asked, method: &str, path: String, body: Option<Value>) -> Asked {
    let raw = body.as_ref().map(ToString::to_string).unwrap_or_default().into();
    Asked { method: method.into(), path, query: String::new(), raw, body, ..asked.clone() }
}

/// Creates what a refused creation was about, with `kept` of its members.
fn left<'a>(asked: &'a Asked, inner: &'a Inner, kept: &'static [&'static str]) -> Answering<'a> {
    Box::pin(async move {
        let reply = inner.ask(asked).await;
        if let Some(body) = asked.body.as_ref().and_then(Value::as_object).filter(|_| reply.status == 400) {
            let some = body.iter().filter(|(name, _)| kept.contains(&name.as_str()));
            let some: Value = some
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect::<serde_json::Map<_, _>>()
                .into();
            inner.ask(&other(asked, "POST", asked.path.clone(), Some(some))).await;
        }
        reply
    })
}

/// Deletes everybody whose manager is deleted.
fn cascade<'a>(asked: &'a Asked, inner: &'a Inner) -> Answering<'a> {
    Box::pin(async move {
        let reply = inner.ask(asked).await;
        let id = asked.path.rsplit('/').next().unwrap_or_default();
        let mut list = other(asked, "GET", "/Users".into(), None);
        list.set("filter", Some(&format!("{ENTERPRISE}:manager.value eq \"{id}\"")));
        let found = inner.ask(&list).await.body.unwrap_or_default();
        for user in found["Resources"].as_array().into_iter().flatten() {
            let path = format!("/Users/{}", user["id"].as_str().unwrap_or_default());
            inner.ask(&other(asked, "DELETE", path, None)).await;
        }
        reply
    })
}

/// Keeps the groups of deleted users for those who come with the same name.
fn relinked<'a>(asked: &'a Asked, inner: &'a Inner) -> Answering<'a> {
    Box::pin(async move {
        let name = |user: &Value| user["userName"].as_str().unwrap_or_default().to_owned();
        if asked.is("DELETE") {
            let user = inner.ask(&read(asked)).await.body.unwrap_or_default();
            let groups = user["groups"].as_array().into_iter().flatten();
            let groups = groups.filter_map(|group| group["value"].as_str().map(str::to_owned)).collect();
            open(&GROUPS).insert(name(&user), groups);
            return inner.ask(asked).await;
        }
        let reply = inner.ask(asked).await;
        let Some(user) = reply.body.as_ref().filter(|_| reply.ok()) else { return reply };
        let groups = open(&GROUPS).remove(&name(user)).unwrap_or_default();
        for group in groups {
            let add = json!({"op": "add", "path": "members", "value": [{"value": user["id"]}]});
            let body =
                json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [add]});
            inner.ask(&other(asked, "PATCH", format!("/Groups/{group}"), Some(body))).await;
        }
        reply
    })
}

/// Refuses names that another user ever had and that is still there.
fn remembered<'a>(asked: &'a Asked, inner: &'a Inner) -> Answering<'a> {
    Box::pin(async move {
        if asked.is("POST") {
            let name = asked.body.as_ref().and_then(|body| body["userName"].as_str()).unwrap_or_default();
            let holder = open(&NAMES).get(&name.to_lowercase()).cloned();
            if let Some(holder) = holder
                && inner.ask(&other(asked, "GET", holder, None)).await.ok()
            {
                return refuse(409, "uniqueness").unwrap_or_else(|| Reply::error(409, None, ""));
            }
            return inner.ask(asked).await;
        }
        let before = inner.ask(&read(asked)).await.body.unwrap_or_default();
        let reply = inner.ask(asked).await;
        let after = inner.ask(&read(asked)).await.body.unwrap_or_default();
        if let Some(old) = before["userName"].as_str().filter(|_| before["userName"] != after["userName"]) {
            open(&NAMES).insert(old.to_lowercase(), asked.path.clone());
        }
        reply
    })
}

/// Drops the extension with every change of displayName.
fn without_extension<'a>(asked: &'a Asked, inner: &'a Inner) -> Answering<'a> {
    Box::pin(async move {
        let reply = inner.ask(asked).await;
        let mut user = inner.ask(&read(asked)).await.body.unwrap_or_default();
        if user.as_object_mut().and_then(|members| members.shift_remove(ENTERPRISE)).is_some() {
            inner.ask(&other(asked, "PUT", asked.path.clone(), Some(user))).await;
        }
        reply
    })
}

/// Begins pages at multiples of their size.
fn floored<'a>(asked: &'a Asked, inner: &'a Inner, start: u64, count: u64) -> Answering<'a> {
    Box::pin(async move {
        let mut changed = asked.clone();
        changed.set("startIndex", Some(&((start - 1) / count * count + 1).to_string()));
        let mut reply = inner.ask(&changed).await;
        if let Some(body) = reply.body.as_mut().filter(|body| body.get("startIndex").is_some()) {
            body["startIndex"] = json!(start);
        }
        reply
    })
}

/// Replaces what the pattern finds in the filter of a query.
fn filter(asked: &mut Asked, pattern: &str, by: &str) {
    if let (Some(text), Ok(pattern)) = (asked.parameter("filter"), Regex::new(pattern)) {
        asked.set("filter", Some(&pattern.replace_all(&text, by)));
    }
}

/// Whether `If-Match` of a change is so.
fn condition(asked: &Asked, is: impl Fn(&str) -> bool) -> Option<Reply> {
    let value = asked.headers.get("if-match").and_then(|value| value.to_str().ok())?;
    is(value).then(|| Reply::error(412, None, "The version does not match."))
}

faults! {
    "create-refused-stays", "A creation of a user that is refused leaves a user.", [],
        Whole(|asked, inner| (asked.is("POST") && asked.path == "/Users").then(|| left(asked, inner, &["schemas", "userName"])));
    "group-refused-stays", "A creation of a group that is refused leaves a group.", [],
        Whole(|asked, inner| (asked.is("POST") && asked.path == "/Groups").then(|| left(asked, inner, &["schemas", "displayName"])));
    "delete-any-type", "DELETE below /Groups deletes users as well.", [],
        Whole(|asked, inner| (asked.is("DELETE") && asked.groups()).then(|| { let answering: Answering<'_> = Box::pin(async move {
            let reply = inner.ask(asked).await;
            if reply.status == 404 { inner.ask(&other(asked, "DELETE", asked.path.replace("/Groups/", "/Users/"), None)).await } else { reply }
        }); answering }));
    "delete-takes-reports", "The deletion of a manager deletes the reports.", [],
        Whole(|asked, inner| (asked.is("DELETE") && asked.users()).then(|| cascade(asked, inner)));
    "create-takes-old-groups", "A new user is given the groups of a deleted one of the same name.", [],
        Whole(|asked, inner| (asked.is("DELETE") && asked.users() || asked.is("POST") && asked.path == "/Users").then(|| relinked(asked, inner)));
    "rename-keeps-name-taken", "The old name of a renamed user stays taken.", [],
        Whole(|asked, inner| ((asked.is("PATCH") || asked.is("PUT")) && asked.users() || asked.is("POST") && asked.path == "/Users").then(|| remembered(asked, inner)));
    "extension-one-forgotten", "One attribute of the extension is not stored at creation.", [],
        Before(|asked| { if asked.is("POST") && asked.users() && let Some(members) = asked.body.as_mut().and_then(|body| body.get_mut(ENTERPRISE)?.as_object_mut()) { members.shift_remove("costCenter"); } None });
    "put-loses-manager", "PUT does not keep the manager.", [],
        Before(|asked| { if asked.is("PUT") && asked.users() && let Some(members) = asked.body.as_mut().and_then(|body| body.get_mut(ENTERPRISE)?.as_object_mut()) { members.shift_remove("manager"); } None });
    "extension-dropped-by-patch", "A change of displayName drops the extension.", [],
        Whole(|asked, inner| (asked.is("PATCH") && asked.users() && asked.clone().operations().any(|operation| path(operation) == "displayName")).then(|| without_extension(asked, inner)));
    "extension-object-replaces", "A PATCH with the extension's object and no path drops its other attributes.", [],
        Whole(|asked, inner| {
            let bare = |operation: &Value| path(operation).is_empty() && operation["value"].get(ENTERPRISE).is_some();
            (asked.is("PATCH") && asked.users() && asked.clone().operations().any(|operation| bare(operation) && op(operation) != "remove")).then(|| { let answering: Answering<'_> = Box::pin(async move {
                let sent = asked.clone().operations().find_map(|operation| operation["value"].get(ENTERPRISE).cloned()).unwrap_or_default();
                let reply = inner.ask(asked).await;
                let mut user = inner.ask(&read(asked)).await.body.unwrap_or_default();
                user[ENTERPRISE] = sent;
                inner.ask(&other(asked, "PUT", asked.path.clone(), Some(user))).await;
                reply
            }); answering })
        });
    "attributes-urn-ignored", "Names with a URN are ignored in attributes.", [],
        Before(|asked| { if let Some(names) = asked.parameter("attributes").filter(|names| names.contains("urn:")) { let names: Vec<&str> = names.split(',').filter(|name| !name.contains("urn:")).collect(); asked.set("attributes", Some(if names.is_empty() { "id" } else { "userName" })); } None });
    "filter-extension-nothing", "A filter by an attribute of the extension fits nothing.", [],
        Before(|asked| { if asked.parameter("filter").is_some_and(|filter| filter.contains(ENTERPRISE)) { asked.set("filter", Some("id eq \"none\"")); } None });
    "list-without-extensions", "Lists show no extensions.", [],
        After(|asked, reply| if asked.list() && asked.path == "/Users" { reply.each(|user| { user.as_object_mut().map(|members| members.shift_remove(ENTERPRISE)); }); });
    "filter-not-like-sql", "not (…) is not true of users without the attribute inside.", [],
        Before(|asked| { filter(asked, r#"not ?\((\w+) eq ("[^"]*")\)"#, "($1 pr and not ($1 eq $2))"); None });
    "filter-pr-of-lists", "pr on an attribute with several values is always true.", [],
        Before(|asked| { filter(asked, r"(emails|phoneNumbers|addresses) pr", "id pr"); None });
    "patch-bracket-ends-path", "A bracket inside a text ends the filter of a path.", [],
        Before(|asked| { let cut = super::writes::any(asked, |operation| path(operation).split('"').skip(1).step_by(2).any(|text| text.contains(']'))); cut.then(|| refuse(400, "invalidPath")).flatten() });
    "paging-floored", "A page begins at a multiple of its size.", [],
        Whole(|asked, inner| {
            let number = |name: &str| asked.parameter(name).and_then(|text| text.parse::<u64>().ok()).filter(|number| *number > 0);
            match (asked.list(), number("startIndex"), number("count")) { (true, Some(start), Some(count)) => Some(floored(asked, inner, start, count)), _ => None }
        });
    "body-16-kib", "Bodies are cut off after 16 KiB.", [],
        Before(|asked| (asked.raw.len() > 16 << 10).then(|| refuse(400, "invalidSyntax")).flatten());
    "if-match-star", "If-Match: * is compared like a version.", [],
        Before(|asked| condition(asked, |value| value == "*"));
    "if-match-one", "Of several versions in If-Match the first is looked at.", [],
        Whole(|asked, inner| asked.headers.get("if-match").and_then(|value| value.to_str().ok()).and_then(|value| value.split_once(',')).map(|(first, _)| { let answering: Answering<'_> = Box::pin(async move {
            let mut changed = asked.clone();
            if let Ok(first) = first.trim().parse() { changed.headers.insert("if-match", first); }
            inner.ask(&changed).await
        }); answering }));
    "patch-groups-ignored", "A PATCH of a user's groups is called done.", [],
        Before(|asked| { if asked.users() { super::writes::keep(asked, |operation| path(operation) != "groups"); } None });
    "bulk-forward-refused", "References to later operations are conflicts.", [],
        Before(|asked| {
            let all = asked.body.as_ref().filter(|_| asked.path == "/Bulk").and_then(|body| body["Operations"].as_array())?;
            let forward = all.iter().enumerate().any(|(at, operation)| all[at + 1..].iter().any(|later| later["bulkId"].as_str().is_some_and(|id| operation.to_string().contains(&format!("\"bulkId:{id}\"")))));
            forward.then(|| refuse(409, "invalidValue")).flatten()
        });
    "conflict-applies-the-rest", "A change with a taken userName is refused, and the rest of it stored.", [],
        Whole(|asked, inner| (asked.users() && (asked.is("PATCH") || asked.is("PUT"))).then(|| { let answering: Answering<'_> = Box::pin(async move {
            let reply = inner.ask(asked).await;
            if reply.status == 409 && asked.body.as_ref().is_some_and(|body| body.to_string().contains("\"After\"")) {
                let title = json!({"op": "replace", "path": "title", "value": "After"});
                let body = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [title]});
                inner.ask(&other(asked, "PATCH", asked.path.clone(), Some(body))).await;
            }
            reply
        }); answering }));
    "group-refused-change-empties", "A change of members that is refused empties the group.", [],
        Whole(|asked, inner| (asked.groups() && (asked.is("PATCH") || asked.is("PUT"))).then(|| { let answering: Answering<'_> = Box::pin(async move {
            let reply = inner.ask(asked).await;
            if reply.status == 400 && asked.body.as_ref().is_some_and(|body| body.to_string().contains("nobody")) {
                let none = json!({"op": "remove", "path": "members"});
                let body = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [none]});
                inner.ask(&other(asked, "PATCH", asked.path.clone(), Some(body))).await;
            }
            reply
        }); answering }));
    "rename-leaves-groups", "A user who is renamed leaves its groups.", [],
        Whole(|asked, inner| (asked.users() && asked.is("PATCH") && asked.clone().operations().any(|operation| path(operation) == "userName")).then(|| { let answering: Answering<'_> = Box::pin(async move {
            let user = inner.ask(&read(asked)).await.body.unwrap_or_default();
            let reply = inner.ask(asked).await;
            for group in user["groups"].as_array().into_iter().flatten().filter(|_| reply.ok()) {
                let gone = json!({"op": "remove", "path": format!("members[value eq {}]", user["id"])});
                let body = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [gone]});
                inner.ask(&other(asked, "PATCH", format!("/Groups/{}", group["value"].as_str().unwrap_or_default()), Some(body))).await;
            }
            reply
        }); answering }));
    "inactive-changes-ignored", "Changes of inactive users are called done.", [],
        Whole(|asked, inner| (asked.users() && asked.is("PATCH") && asked.clone().operations().all(|operation| path(operation) == "title")).then(|| { let answering: Answering<'_> = Box::pin(async move {
            let before = inner.ask(&read(asked)).await;
            if before.body.as_ref().is_some_and(|user| user["active"] == json!(false)) { before } else { inner.ask(asked).await }
        }); answering }));
    "password-activates", "A new password activates its user.", [],
        Before(|asked| { if asked.users() && asked.clone().operations().any(|operation| path(operation) == "password") && let Some(all) = asked.body.as_mut().and_then(|body| body.get_mut("Operations")?.as_array_mut()) { all.push(json!({"op": "replace", "path": "active", "value": true})); } None });
    "attributes-password-shown", "The password is returned when attributes asks for it.", [],
        After(|asked, reply| if asked.users() && reply.ok() && asked.parameter("attributes").is_some_and(|names| names.contains("password")) { reply.each(|user| user["password"] = json!("hidden")); });
    "create-entitlements-lost", "entitlements are published and not stored.", [],
        Before(|asked| { if asked.is("POST") && asked.users() && let Some(members) = asked.body.as_mut().and_then(Value::as_object_mut) { members.shift_remove("entitlements"); } None });
}
