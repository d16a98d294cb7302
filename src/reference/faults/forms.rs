//! Faults in the less usual forms of PATCH, in what follows from members, in what Okta's client sends, in
//! requests at the same time and in texts.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};

use super::writes::{any, field, keep, lost_update, op, path, put_instead, read, refuse};
use super::{Answering, Asked, Inner, Reply, faults};

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// Refuses a request whose body is so.
fn refuse_body(asked: &Asked, method: &str, is: impl Fn(&Value) -> bool) -> Option<Reply> {
    (asked.is(method) && asked.body.as_ref().is_some_and(is)).then(|| refuse(400, "invalidValue")).flatten()
}

/// The first operation of a PATCH.
fn first(asked: &Asked) -> Value {
    asked.body.as_ref().and_then(|body| body.pointer("/Operations/0").cloned()).unwrap_or_default()
}

/// The ids of a group's members.
fn ids(group: &Value) -> Vec<String> {
    let all = group["members"].as_array().into_iter().flatten();
    all.filter_map(|item| Some(item["value"].as_str()?.to_owned())).collect()
}

/// The quoted text in a path.
fn quoted(path: &str) -> Option<&str> {
    path.split('"').nth(1)
}

/// Looks at what is there, and perhaps refuses.
fn unless<'a>(
    asked: &'a Asked,
    inner: &'a Inner,
    refused: fn(&Asked, &Value) -> Option<Reply>,
) -> Answering<'a> {
    Box::pin(async move {
        let before = inner.ask(&read(asked)).await.body.unwrap_or_default();
        match refused(asked, &before) {
            Some(reply) => reply,
            None => inner.ask(asked).await,
        }
    })
}

/// Sends another request in the place of this one, made from what is there.
pub(super) fn changed<'a>(
    asked: &'a Asked,
    inner: &'a Inner,
    change: fn(&mut Asked, &Value),
) -> Answering<'a> {
    Box::pin(async move {
        let before = inner.ask(&read(asked)).await.body.unwrap_or_default();
        let mut other = asked.clone();
        change(&mut other, &before);
        inner.ask(&other).await
    })
}

/// `addresses[type eq "work"].locality`: attribute, type, sub-attribute.
fn selection(path: &str) -> Option<(&str, &str, &str)> {
    let (attribute, rest) = path.split_once('[')?;
    let (filter, sub) = rest.split_once(']')?;
    Some((attribute, filter.strip_prefix("type eq ").and_then(quoted)?, sub.strip_prefix('.')?))
}

fn wrong_password(asked: &Asked) -> bool {
    let body = asked.body.as_ref();
    body.is_some_and(|body| {
        body.get("password").is_some() || first(asked).pointer("/value/password").is_some()
    })
}

/// The members of the latest creation of a group, by the beginning of its name, which its maker chose.
static LATEST: Mutex<BTreeMap<String, Value>> = Mutex::new(BTreeMap::new());
/// Users that were inactive once.
static LEFT: Mutex<BTreeMap<String, ()>> = Mutex::new(BTreeMap::new());

/// Remembers who was inactive, and refuses a further PUT of them once they are active again.
fn never_again<'a>(asked: &'a Asked, inner: &'a Inner) -> Option<Answering<'a>> {
    (asked.users() && asked.one() && (asked.is("PATCH") || asked.is("PUT"))).then(|| {
        unless(asked, inner, |asked, before| {
            let mut left = LEFT.lock().unwrap_or_else(PoisonError::into_inner);
            if before["active"] == json!(false) {
                left.insert(asked.path.clone(), ());
            }
            let active = before["active"] == json!(true) && left.contains_key(&asked.path);
            (active && asked.is("PUT")).then(|| Reply::error(409, None, "The user was inactive before."))
        })
    })
}

faults! {
    "patch-whole-value-ignored", "replace of a whole value by a filter is called done and is not.", [],
        Before(|asked| { keep(asked, |operation| op(operation) != "replace" || !path(operation).ends_with(']')); None });
    "patch-first-match-only", "Of several values that a filter fits the first alone is changed.", [],
        Whole(|asked, inner| {
            let operation = first(asked);
            (asked.is("PATCH") && asked.users() && op(&operation) == "replace" && selection(path(&operation)).is_some_and(|(attribute, ..)| attribute == "addresses")).then(|| put_instead(asked, inner, |body, asked| {
                let operation = first(asked);
                let Some((attribute, kind, sub)) = selection(path(&operation)) else { return };
                let all = body.get_mut(attribute).and_then(Value::as_array_mut).into_iter().flatten();
                if let Some(item) = all.into_iter().find(|item| item["type"] == kind) { item[sub] = operation["value"].clone(); }
            }))
        });
    "patch-filter-names-case", "Names in the filter of a path are matched with regard to case.", ["D110"],
        Before(|asked| any(asked, |operation| path(operation).contains("[TYPE")).then(|| refuse(400, "noTarget")).flatten());
    "patch-filter-any-operator", "Operators other than eq select every value.", [],
        Before(|asked| { for operation in asked.operations() { if operation["path"].as_str().is_some_and(|path| path.contains('[') && !path.contains(" eq ") && !path.contains(" EQ ")) { let text = path(operation).to_owned(); if let (Some(start), Some(end)) = (text.find('['), text.find(']')) { operation["path"] = json!(format!("{}[value pr{}", &text[..start], &text[end..])); } } } None });
    "patch-empty-array-ignored", "An empty array leaves a multi-valued attribute of a user as it was.", [],
        Before(|asked| { if asked.users() { keep(asked, |operation| operation["value"] != json!([])); } None });
    "patch-complex-replace-clears", "replace of a complex attribute clears what it does not name.", [],
        Whole(|asked, inner| { let operation = first(asked); (asked.is("PATCH") && op(&operation) == "replace" && path(&operation) == "name").then(|| put_instead(asked, inner, |body, asked| body["name"] = first(asked)["value"].clone())) });
    "patch-urn-case", "URNs in paths are matched with regard to case.", ["D110"],
        Before(|asked| any(asked, |operation| path(operation).starts_with("URN:")).then(|| refuse(400, "invalidPath")).flatten());
    "patch-names-unknown-done", "A PATCH whose Operations has another letter case is called done.", ["D101"],
        Before(|asked| (asked.is("PATCH") && asked.body.as_ref().is_some_and(|body| body.get("operations").is_some())).then(|| Reply { status: 204, body: None, ..Reply::error(204, None, "") }));
    "patch-extension-first-refused", "The first attribute of an extension cannot be added by PATCH.", ["D146"],
        Whole(|asked, inner| (asked.is("PATCH") && asked.users() && path(&first(asked)).starts_with(ENTERPRISE)).then(|| unless(asked, inner, |_, before| before.get(ENTERPRISE).is_none().then(|| refuse(400, "noTarget")).flatten())));
    "patch-dotted-key-dropped", "Keys with a dot in a PATCH without a path are called done and dropped.", [],
        Before(|asked| { for operation in asked.operations() { if let Some(value) = operation.get_mut("value").and_then(Value::as_object_mut) { value.retain(|key, _| !key.contains('.') || key.starts_with("urn:")); } } None });
    "patch-boolean-text-true", "Every text is taken for true.", ["D045"],
        Before(|asked| { for operation in asked.operations() { if path(operation) == "active" && operation["value"].is_string() { operation["value"] = json!(true); } } None });
    "patch-fifty-operations", "More than fifty operations are refused.", [],
        Before(|asked| (asked.operations().count() > 50).then(|| refuse(400, "tooMany")).flatten());
    "group-type-wrong", "Members of groups show the type direct.", [],
        After(|asked, reply| if asked.groups() { reply.each(|group| if let Some(all) = group.get_mut("members").and_then(Value::as_array_mut) { for member in all { member["type"] = json!("direct"); } }); });
    "group-nested-dropped", "A group as a member is called done and dropped.", ["D126"],
        Before(|asked| { keep(asked, |operation| operation.pointer("/value/0/type") != Some(&json!("Group"))); None });
    "group-non-member-404", "Removing a user who is no member is answered with 404.", [],
        Whole(|asked, inner| { let operation = first(asked); (asked.is("PATCH") && asked.groups() && op(&operation) == "remove").then(|| unless(asked, inner, |asked, before| {
            let operation = first(asked);
            let gone = quoted(path(&operation)).is_some_and(|id| !ids(before).contains(&id.to_owned()));
            gone.then(|| Reply::error(404, None, "No such member."))
        })) });
    "group-member-exchanged", "The value of a member can be replaced by another.", ["D054"],
        Whole(|asked, inner| (asked.is("PATCH") && path(&first(asked)).ends_with("].value")).then(|| put_instead(asked, inner, |body, asked| {
            let operation = first(asked);
            let old = quoted(path(&operation)).unwrap_or_default().to_owned();
            for item in body["members"].as_array_mut().into_iter().flatten() { if item["value"] == old { *item = json!({"value": operation["value"]}); } }
        })));
    "group-last-member-refused", "The last member cannot be removed.", [],
        Whole(|asked, inner| { let operation = first(asked); (asked.is("PATCH") && asked.groups() && op(&operation) == "remove" && path(&operation).contains('[')).then(|| unless(asked, inner, |asked, before| {
            let operation = first(asked);
            let all = ids(before);
            (all.len() == 1 && quoted(path(&operation)).is_some_and(|id| all[0] == id)).then(|| refuse(400, "invalidValue")).flatten()
        })) });
    "group-add-existing-touches", "Adding a member who is there moves lastModified of the group.", [],
        Whole(|asked, inner| { let operation = first(asked); (asked.is("PATCH") && asked.groups() && op(&operation) == "add" && path(&operation) == "members").then(|| { let answering: Answering<'_> = Box::pin(async move {
            let name = inner.ask(&read(asked)).await.body.unwrap_or_default()["displayName"].clone();
            for text in [json!(format!("{}~", name.as_str().unwrap_or_default())), name] {
                let body = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [{"op": "replace", "path": "displayName", "value": text}]});
                inner.ask(&Asked { body: Some(body), ..asked.clone() }).await;
            }
            inner.ask(asked).await
        }); answering }) });
    "group-answer-echo", "The answers to writes of groups show members that are not stored.", ["D126"],
        After(|asked, reply| if asked.groups() && (asked.is("POST") || asked.is("PUT")) && reply.ok() && let Some(all) = reply.body.as_mut().and_then(|body| body.get_mut("members")?.as_array_mut()) { all.push(json!({"value": "echo", "display": "Echo"})); });
    "group-put-members-demanded", "PUT of a group without members is refused.", [],
        Before(|asked| if asked.groups() { refuse_body(asked, "PUT", |body| body.get("members").is_none()) } else { None });
    "group-back-link-name", "groups of a user shows the name that the group had first.", [],
        After(|asked, reply| if asked.users() { reply.each(|user| if let Some(all) = user.get_mut("groups").and_then(Value::as_array_mut) { for group in all { group["display"] = json!("as it was first"); } }); });
    "group-stale-removal-clears", "Removing a user who was deleted empties the group.", ["D122"],
        Whole(|asked, inner| { let operation = first(asked); (asked.is("PATCH") && asked.groups() && op(&operation) == "remove" && path(&operation).contains('[')).then(|| changed(asked, inner, |other, before| {
            let gone = quoted(path(&first(other))).is_some_and(|id| !ids(before).contains(&id.to_owned()));
            if gone && let Some(body) = other.body.as_mut() { body["Operations"] = json!([{"op": "remove", "path": "members"}]); }
        })) });
    "okta-charset-406", "Accept-Charset is answered with 406.", ["D015"],
        Before(|asked| asked.headers.contains_key("accept-charset").then(|| Reply::error(406, None, "Not acceptable.")));
    "okta-coding-br", "Answers are coded by br, whatever the client takes.", [],
        After(|asked, reply| if asked.list() && asked.headers.contains_key("accept-encoding") { reply.headers.insert("content-encoding", axum::http::HeaderValue::from_static("br")); });
    "okta-list-without-locale", "Lists leave locale out.", ["D032"],
        After(|asked, reply| if asked.list() { reply.each(|user| if let Some(user) = user.as_object_mut() { user.shift_remove("locale"); }); });
    "okta-email-type-demanded", "E-mail addresses without type are refused.", [],
        Before(|asked| refuse_body(asked, "POST", |body| body.pointer("/emails/0").is_some_and(|mail| mail.get("type").is_none())));
    "okta-locale-underline-refused", "A locale with an underline is refused.", [],
        Before(|asked| refuse_body(asked, "POST", |body| body["locale"].as_str().is_some_and(|locale| locale.contains('_'))));
    "okta-profile-url-refused", "profileUrl is refused.", [],
        Before(|asked| refuse_body(asked, "POST", |body| body.get("profileUrl").is_some()));
    "okta-extension-refused", "Creations with the enterprise extension are refused.", [],
        Before(|asked| refuse_body(asked, "POST", |body| body.get(ENTERPRISE).is_some()));
    "okta-primary-lost", "primary is not returned.", [],
        After(|asked, reply| if asked.users() { reply.each(|user| if let Some(all) = user.get_mut("emails").and_then(Value::as_array_mut) { for mail in all { if let Some(mail) = mail.as_object_mut() { mail.shift_remove("primary"); } } }); });
    "okta-formatted-checked", "name.formatted is shown, and a PUT whose formatted does not fit the parts is refused.", [],
        Whole(|asked, inner| asked.users().then(|| { let answering: Answering<'_> = Box::pin(async move {
            let formatted = |user: &Value| format!("{} {}", user["name"]["givenName"].as_str().unwrap_or_default(), user["name"]["familyName"].as_str().unwrap_or_default());
            if let Some(body) = asked.body.as_ref().filter(|_| asked.is("PUT"))
                && body.pointer("/name/formatted").and_then(Value::as_str).is_some_and(|text| text != formatted(body))
            {
                return Reply::error(400, Some("invalidValue"), "formatted does not fit.");
            }
            let mut reply = inner.ask(asked).await;
            reply.each(|user| if user.pointer("/name/familyName").is_some() { user["name"]["formatted"] = json!(formatted(user)); });
            reply
        }); answering }));
    "okta-put-empty-text-refused", "Empty texts in a PUT are refused.", [],
        Before(|asked| refuse_body(asked, "PUT", |body| body.as_object().is_some_and(|all| all.values().any(|value| value == ""))));
    "okta-password-500", "A password in a PUT or PATCH is answered with 500.", [],
        Before(|asked| ((asked.is("PUT") || asked.is("PATCH")) && wrong_password(asked)).then(|| Reply::error(500, None, "Internal error.")));
    "okta-password-deactivates", "A new password deactivates the user.", [],
        Before(|asked| { if asked.is("PUT") && wrong_password(asked) && let Some(body) = asked.body.as_mut() { body["active"] = json!(false); } None });
    "okta-never-again", "A user that was inactive once cannot be updated by PUT.", ["D132"], Whole(never_again);
    "okta-deactivate-twice-refused", "An inactive user cannot be deactivated again.", [],
        Whole(|asked, inner| (asked.is("PATCH") && asked.users() && first(asked).pointer("/value/active") == Some(&json!(false))).then(|| unless(asked, inner, |_, before| (before["active"] == json!(false)).then(|| Reply::error(409, None, "The user is inactive.")))));
    "okta-activate-active-refused", "An active user cannot be activated.", [],
        Whole(|asked, inner| (asked.is("PATCH") && asked.users() && first(asked).pointer("/value/active") == Some(&json!(true))).then(|| unless(asked, inner, |_, before| (before["active"] == json!(true)).then(|| Reply::error(409, None, "The user is active.")))));
    "okta-put-activates", "PUT of an inactive user activates it.", [],
        Whole(|asked, inner| (asked.is("PUT") && asked.users()).then(|| changed(asked, inner, |other, before| if before["active"] == json!(false) && let Some(body) = other.body.as_mut() { body["active"] = json!(true); })));
    "okta-group-answer-bare", "The answer to a group's creation has no displayName.", [],
        After(|asked, reply| if asked.is("POST") && asked.path == "/Groups" && let Some(body) = reply.body.as_mut().and_then(Value::as_object_mut) { body.shift_remove("displayName"); });
    "okta-null-display-refused", "Members with display null are refused.", [],
        Before(|asked| if asked.groups() { refuse_body(asked, "PUT", |body| body["members"].as_array().into_iter().flatten().any(|item| item.get("display") == Some(&Value::Null))) } else { None });
    "okta-same-name-conflict", "A rename of a group to the name that it has is a conflict.", [],
        Whole(|asked, inner| (asked.is("PATCH") && asked.groups() && first(asked).pointer("/value/displayName").is_some()).then(|| unless(asked, inner, |asked, before| (first(asked)["value"]["displayName"] == before["displayName"]).then(|| Reply::error(409, Some("uniqueness"), "The name is taken.")))));
    "okta-clear-without-path-ignored", "An empty members in a replace without a path is ignored.", ["D060"],
        Before(|asked| { for operation in asked.operations() { if operation.pointer("/value/members") == Some(&json!([])) && let Some(value) = operation["value"].as_object_mut() { value.shift_remove("members"); } } None });
    "okta-hundred-operations", "A hundred operations in one request are too many.", [],
        Before(|asked| (asked.operations().count() >= 100).then(|| Reply::error(413, None, "Too many operations.")));
    "okta-hundred-members", "More than a hundred members in one request are too many.", [],
        Before(|asked| (asked.groups() && (first(asked)["value"].as_array().is_some_and(|all| all.len() > 100) || field(asked, "members").and_then(|all| all.as_array()).is_some_and(|all| all.len() > 100))).then(|| Reply::error(413, None, "Too many members.")));
    "okta-page-of-fifty", "A page holds fifty resources at most.", ["D081"],
        Before(|asked| { if asked.list() && asked.parameter("count").and_then(|count| count.parse::<u32>().ok()).is_some_and(|count| count > 50) { asked.set("count", Some("50")); } None });
    "concurrent-rename-500", "A rename to a taken userName by PATCH is answered with 500.", ["D106"],
        After(|asked, reply| if asked.is("PATCH") && asked.users() && reply.status == 409 { *reply = Reply::error(500, None, "Internal error."); });
    "concurrent-removal-lost", "Removals of members at the same time overwrite each other.", [],
        Whole(|asked, inner| { let operation = first(asked); (asked.is("PATCH") && asked.groups() && op(&operation) == "remove" && path(&operation).contains('[')).then(|| { let answering: Answering<'_> = Box::pin(async move {
            let mut before = inner.ask(&read(asked)).await.body.unwrap_or_default();
            tokio::time::sleep(Duration::from_millis(30)).await;
            let reply = inner.ask(asked).await;
            let several = asked.body.as_ref().is_some_and(|body| body["Operations"].as_array().is_some_and(|all| all.len() > 1));
            if reply.ok() && !several && path(&first(asked)).matches('"').count() == 2 {
                let gone = quoted(path(&first(asked))).unwrap_or_default().to_owned();
                if let Some(all) = before["members"].as_array_mut() { all.retain(|item| item["value"] != gone); }
                inner.ask(&Asked { method: "PUT".into(), body: Some(before), ..asked.clone() }).await;
            }
            reply
        }); answering }) });
    "concurrent-name-lost", "A rename of a group and other changes at the same time overwrite each other.", [],
        Whole(|asked, inner| (asked.is("PATCH") && asked.groups() && ["displayName", "members"].contains(&path(&first(asked))) && op(&first(asked)) != "remove").then(|| lost_update(asked, inner)));
    "concurrent-member-delete-500", "Deleting a member of a group is answered with 500.", ["D136"],
        Whole(|asked, inner| (asked.is("DELETE") && asked.users()).then(|| unless(asked, inner, |_, before| before["groups"].as_array().is_some_and(|all| !all.is_empty()).then(|| Reply::error(500, None, "Internal error.")))));
    "concurrent-groups-mixed", "A group that is created beside another one gets its members.", [],
        Whole(|asked, inner| (asked.is("POST") && asked.path == "/Groups" && asked.body.as_ref().is_some_and(|body| body["members"].as_array().is_some_and(|all| all.len() == 1))).then(|| { let answering: Answering<'_> = Box::pin(async move {
            let mut other = asked.clone();
            let Some(body) = other.body.as_mut() else { return inner.ask(asked).await };
            let name = body["displayName"].as_str().unwrap_or_default();
            let maker = name.rsplit_once('-').map_or(name, |(maker, _)| maker).to_owned();
            LATEST.lock().unwrap_or_else(PoisonError::into_inner).insert(maker.clone(), body["members"].clone());
            tokio::time::sleep(Duration::from_millis(30)).await;
            if let Some(members) = LATEST.lock().unwrap_or_else(PoisonError::into_inner).get(&maker) { body["members"] = members.clone(); }
            inner.ask(&other).await
        }); answering }));
    "values-group-name-escaped", "Ampersands in names of groups are stored as &amp;.", [],
        Before(|asked| { if asked.is("POST") && asked.path == "/Groups" && let Some(name) = field(asked, "displayName") && let Some(text) = name.as_str() { *name = json!(text.replace('&', "&amp;")); } None });
    "values-cut-at-control", "Texts end at the first control character.", [],
        Before(|asked| { if asked.is("POST") && let Some(title) = field(asked, "title") && let Some(text) = title.as_str() { *title = json!(text.split(char::is_control).next().unwrap_or_default()); } None });
    "values-ten-at-most", "Of many values ten are stored.", [],
        Before(|asked| { if asked.is("POST") && asked.users() && let Some(all) = field(asked, "emails").and_then(Value::as_array_mut) { all.truncate(10); } None });
    "parts-type-lost", "The type of telephone numbers is not stored.", [],
        Before(|asked| { if asked.is("POST") && let Some(all) = field(asked, "phoneNumbers").and_then(Value::as_array_mut) { for one in all { if let Some(parts) = one.as_object_mut() { parts.shift_remove("type"); } } } None });
    "extension-unlisted", "The resource type does not list the extension that users carry.", [],
        After(|asked, reply| if asked.path.starts_with("/ResourceTypes") { reply.each(|kind| if kind.get("schemaExtensions").is_some() { kind["schemaExtensions"] = json!([]); }); });
    "filter-unclaimed", "ServiceProviderConfig says that there are no filters, and there are.", [],
        After(|asked, reply| if asked.path == "/ServiceProviderConfig" && let Some(config) = reply.body.as_mut() { config["filter"]["supported"] = json!(false); });
    "remove-part-takes-all", "Removal of one part of the name removes the name.", [],
        Before(|asked| { for one in asked.operations() { if op(one) == "remove" && path(one).starts_with("name.") { one["path"] = json!("name"); } } None });
    "remove-leaves-empty", "What is removed is an empty text afterwards.", [],
        Before(|asked| { for one in asked.operations() { if op(one) == "remove" && ["title", "displayName"].contains(&path(one)) { one["op"] = json!("replace"); one["value"] = json!(""); } } None });
    "extension-remove-takes-all", "Removal of one attribute of an extension removes the extension.", [],
        Before(|asked| { for one in asked.operations() { if op(one) == "remove" && path(one).starts_with(ENTERPRISE) { one["path"] = json!(ENTERPRISE); } } None });
    "group-name-with-case", "Groups are found only by the exact letters of their name.", [],
        Before(|asked| if asked.list() && asked.groups() && asked.parameter("filter").is_some_and(|filter| filter.contains("-CREW")) { asked.set("filter", Some("displayName eq \"scimulate: none has this name\"")); None } else { None });
    "pr-complex-never", "pr of a complex attribute fits nothing.", [],
        Before(|asked| { if let Some(filter) = asked.parameter("filter").filter(|filter| filter.contains("name pr") && !filter.contains("Name pr")) { asked.set("filter", Some(&filter.replace("name pr", "nickName eq \"scimulate: nobody\""))); } None });
    "cursor-drops-filter", "From the second page on, a cursor forgets the filter.", [],
        Before(|asked| { if asked.parameter("cursor").is_some_and(|cursor| !cursor.is_empty()) { asked.set("filter", None); } None });
    "pages-before-filter", "Pages are cut before the filter is applied: later ones are empty.", [],
        Before(|asked| { if asked.users() && asked.parameter("filter").is_some() && asked.parameter("startIndex").is_some_and(|start| start != "1") { asked.set("filter", Some("id eq \"none\"")); } None });
    "sort-forgotten-in-pages", "The order is forgotten from the second page on.", [],
        Before(|asked| { if asked.parameter("startIndex").is_some_and(|start| start != "1") { asked.set("sortBy", None); } None });
    "digits-are-numbers", "Texts of digits lose their zeros in front.", [],
        After(|asked, reply| if asked.users() { reply.each(|user| for name in ["nickName", "title"] { if let Some(text) = user.get(name).and_then(Value::as_str).filter(|text| text.bytes().all(|byte| byte.is_ascii_digit())) { let text = text.trim_start_matches('0').to_owned(); user[name] = json!(text); } }); });
    "attributes-lower-case-unknown", "attributes knows names only as the schema writes them, or in capitals.", [],
        Before(|asked| { if asked.parameter("attributes").is_some_and(|names| names == "username") { asked.set("attributes", Some("nothing")); } None });
    "contains-wildcards", "co takes an underscore for any letter.", [],
        Before(|asked| { if let Some(filter) = asked.parameter("filter").filter(|filter| filter.contains(" co ") && filter.contains('_')) { let cut = filter.split('_').next().unwrap_or_default().to_owned(); asked.set("filter", Some(&format!("{cut}\""))); } None });
    "put-loses-middle-name", "PUT does not store name.middleName.", [],
        Before(|asked| { if asked.is("PUT") && asked.users() && let Some(parts) = field(asked, "name").and_then(Value::as_object_mut) { parts.shift_remove("middleName"); } None });
    "put-loses-extension", "PUT does not store the attributes of extensions.", [],
        Before(|asked| { if asked.is("PUT") && asked.users() && let Some(body) = asked.body.as_mut().and_then(Value::as_object_mut) { body.shift_remove(ENTERPRISE); } None });
    "locale-and-timezone-swapped", "Answers have the time zone as locale.", [],
        After(|asked, reply| if asked.users() { reply.each(|user| if let Some(zone) = user.get("timezone").cloned() { user["locale"] = zone; }); });
    "minimal-user-refused", "A user without a family name is refused, which the schema does not say.", [],
        Before(|asked| if asked.is("POST") && asked.path == "/Users" && asked.body.as_ref().is_some_and(|body| body.get("name").is_none()) { refuse(400, "invalidValue") } else { None });
    "location-of-inside", "Locations have the name that the server has behind its proxy.", [],
        After(|_, reply| reply.each(|one| if let Some(location) = one.pointer_mut("/meta/location") && let Some(text) = location.as_str() { *location = json!(text.replace("reference.test", "backend.internal")); }));
    "times-of-another-zone", "Times are two hours ahead, with a Z.", [],
        After(|asked, reply| { reply.headers.insert("date", axum::http::HeaderValue::from_static("Thu, 01 Jan 1970 00:00:00 GMT")); let _ = asked; });
    "unknown-parameter-refused", "A query parameter that is not known is refused.", [],
        Before(|asked| if asked.query.contains("scimulateUnknown") { refuse(400, "invalidValue") } else { None });
    "huge-start-index-500", "A startIndex beyond all numbers is answered with 500.", [],
        Before(|asked| if asked.query.contains("99999999999999999999") { Some(Reply::error(500, None, "Internal error.")) } else { None });
    "cursor-never-ends", "The last page has a nextCursor too.", [],
        After(|asked, reply| if asked.list() && asked.query.contains("cursor=") && let Some(body) = reply.body.as_mut().filter(|body| body.get("Resources").is_some() && body.get("nextCursor").is_none()) { body["nextCursor"] = json!(""); });
    "deactivation-leaves-groups", "Groups do not show members that are inactive.", [],
        Whole(|asked, inner| (asked.is("GET") && asked.groups() && asked.one()).then(|| { let answering: Answering<'_> = Box::pin(async move {
            let mut reply = inner.ask(asked).await;
            let Some(members) = reply.body.as_mut().and_then(|group| group.get_mut("members")?.as_array_mut()) else { return reply };
            let mut active = Vec::new();
            for member in std::mem::take(members) {
                let path = format!("/Users/{}", member["value"].as_str().unwrap_or_default());
                let user = Asked { method: "GET".into(), path, query: String::new(), body: None, raw: Default::default(), ..asked.clone() };
                if inner.ask(&user).await.body.is_none_or(|user| user["active"] != json!(false)) { active.push(member); }
            }
            *members = active;
            reply
        }); answering }));
    "excluded-part-shown", "excludedAttributes does not know parts of attributes.", [],
        Before(|asked| { if asked.parameter("excludedAttributes").is_some_and(|names| names.contains('.')) { asked.set("excludedAttributes", None); } None });
    "sort-by-first-address", "Sorting goes by the first address, whichever is primary.", [],
        Before(|asked| { if asked.parameter("sortBy").is_some_and(|by| by.starts_with("emails")) { asked.set("sortBy", Some("meta.created")); let way = asked.parameter("sortOrder").unwrap_or_default(); asked.set("sortOrder", Some(if way == "descending" { "ascending" } else { "descending" })); } None });
    "patch-unknown-bare-500", "An unknown attribute in an operation without a path is answered with 500.", [],
        Before(|asked| if asked.is("PATCH") && asked.body.as_ref().is_some_and(|body| body.to_string().contains("scimulateUnknown")) { Some(Reply::error(500, None, "Internal error.")) } else { None });
    "error-labelled-html", "The JSON of errors is labelled text/html.", [],
        After(|_, reply| if reply.status >= 400 { reply.headers.insert("content-type", axum::http::HeaderValue::from_static("text/html; charset=utf-8")); });
    "sort-absent-first", "Absent values are sorted before all others.", [],
        Before(|asked| { if asked.parameter("sortBy").is_some_and(|by| by == "nickName") { asked.set("sortBy", Some("meta.created")); let way = asked.parameter("sortOrder").unwrap_or_default(); asked.set("sortOrder", Some(if way == "descending" { "ascending" } else { "descending" })); } None });
}
