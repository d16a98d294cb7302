//! What several faults use, and what a file of faults needs: `use crate::faults::support::*;`.

use std::cmp::Ordering;
pub(crate) use std::collections::BTreeMap;
use std::time::Duration;

pub(crate) use axum::http::HeaderValue;
pub(crate) use serde_json::{Map, Value, json};

pub(crate) use super::{FaultRequest, FaultResponse, Service, fault, faults};
pub(crate) use crate::urn::{BULK_RESPONSE, ENTERPRISE, GROUP, LIST_RESPONSE, PATCH_OP, USER};

/// The attributes of users and groups (RFC 7643 §3.1, §4.1, §4.2), as they are spelt.
const ATTRIBUTES: &[&str] = &[
    "schemas",
    "id",
    "externalId",
    "meta",
    "userName",
    "name",
    "displayName",
    "nickName",
    "profileUrl",
    "title",
    "userType",
    "preferredLanguage",
    "locale",
    "timezone",
    "active",
    "password",
    "emails",
    "phoneNumbers",
    "ims",
    "photos",
    "addresses",
    "groups",
    "entitlements",
    "roles",
    "x509Certificates",
    "members",
];

/// Those of them that are text.
pub(crate) const TEXTS: &[&str] =
    &["displayName", "nickName", "title", "userType", "preferredLanguage", "locale", "timezone"];

/// Those that have several values.
pub(crate) const LISTS: &[&str] = &[
    "emails",
    "phoneNumbers",
    "ims",
    "photos",
    "addresses",
    "groups",
    "entitlements",
    "roles",
    "x509Certificates",
];

/// Whether an attribute of that name is in a schema, in any letter case.
pub(crate) fn known(name: &str) -> bool {
    name.starts_with("urn:") || ATTRIBUTES.iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// Whether a name is that of an attribute in another letter case.
pub(crate) fn recased(name: &str) -> bool {
    known(name) && !name.starts_with("urn:") && !ATTRIBUTES.contains(&name)
}

/// The first name of a path or of an expression: `emails` in `emails[type eq "work"].value`.
pub(crate) fn first_name(text: &str) -> &str {
    text.split(['.', '[', ' ']).next().unwrap_or_default()
}

/// The quoted text in a path.
pub(crate) fn quoted(path: &str) -> Option<&str> {
    path.split('"').nth(1)
}

/// The `op` of an operation, in small letters.
pub(crate) fn op(operation: &Value) -> String {
    operation["op"].as_str().unwrap_or_default().to_lowercase()
}

/// The `path` of an operation, empty when there is none.
pub(crate) fn path(operation: &Value) -> &str {
    operation["path"].as_str().unwrap_or_default()
}

/// Makes the filter in a path, when there is one, select every value.
pub(crate) fn select_every_value(operation: &mut Value) {
    let path = path(operation).to_owned();
    if let (Some(start), Some(end)) = (path.find('['), path.find(']')) {
        operation["path"] = json!(format!("{}[value pr{}", &path[..start], &path[end..]));
    }
}

/// The `value` of an operation, when it is an object.
pub(crate) fn object(operation: &mut Value) -> Option<&mut Map<String, Value>> {
    operation.get_mut("value")?.as_object_mut()
}

/// An array of a resource.
pub(crate) fn array<'a>(resource: &'a mut Value, name: &str) -> Option<&'a mut Vec<Value>> {
    resource.get_mut(name)?.as_array_mut()
}

/// Every value of an array, none when there is no array.
pub(crate) fn values(array: &Value) -> impl Iterator<Item = &Value> {
    array.as_array().into_iter().flatten()
}

pub(crate) fn values_mut<'a>(resource: &'a mut Value, name: &str) -> impl Iterator<Item = &'a mut Value> {
    array(resource, name).into_iter().flatten()
}

pub(crate) fn text<'a>(resource: &'a Value, name: &str) -> &'a str {
    resource[name].as_str().unwrap_or_default()
}

pub(crate) fn drop_member(object: &mut Value, name: &str) {
    if let Some(members) = object.as_object_mut() {
        members.shift_remove(name);
    }
}

/// The ids of a group's members.
pub(crate) fn member_ids(group: &Value) -> Vec<String> {
    values(&group["members"]).filter_map(|member| Some(member["value"].as_str()?.to_owned())).collect()
}

pub(crate) fn refusal(status: u16, scim_type: &str) -> FaultResponse {
    let scim_type = Some(scim_type).filter(|text| !text.is_empty());
    FaultResponse::error(status, scim_type, "The request is not supported.")
}

pub(crate) fn refuse_if(refused: bool, status: u16, scim_type: &str) -> Option<FaultResponse> {
    refused.then(|| refusal(status, scim_type))
}

/// What is at the path of the request, null when there is nothing.
pub(crate) async fn current(request: &FaultRequest, service: &Service) -> Value {
    service.send(&request.read()).await.body.unwrap_or_default()
}

/// Looks at what is there, and perhaps refuses.
pub(crate) async fn refuse_by_state(
    request: &FaultRequest,
    service: &Service,
    refused: impl FnOnce(&Value) -> Option<FaultResponse> + Send,
) -> FaultResponse {
    let before = service.send(&request.read()).await;
    match refused(before.content()).filter(|_| before.ok()) {
        Some(refusal) => refusal,
        None => service.send(request).await,
    }
}

/// Sends the request with another body, made with what is there.
pub(crate) async fn change_by_state(
    request: &FaultRequest,
    service: &Service,
    change: impl FnOnce(&mut Value, &Value) + Send,
) -> FaultResponse {
    let before = current(request, service).await;
    let mut changed = request.clone();
    if let Some(body) = changed.body.as_mut() {
        change(body, &before);
    }
    service.send(&changed).await
}

/// Sends a PUT in the place of the request, made from what is there.
pub(crate) async fn put_instead(
    request: &FaultRequest,
    service: &Service,
    change: impl FnOnce(&mut Value) + Send,
) -> FaultResponse {
    let mut body = current(request, service).await;
    change(&mut body);
    service.send(&FaultRequest { method: "PUT".into(), ..request.with_body(body) }).await
}

/// Acts on the list of a query of users or groups.
pub(crate) fn in_list(
    request: &FaultRequest,
    response: &mut FaultResponse,
    act: impl FnOnce(&mut Map<String, Value>),
) {
    if (request.list() || request.path.ends_with("/.search"))
        && let Some(list) = response.body.as_mut().and_then(Value::as_object_mut)
        && list.contains_key("totalResults")
    {
        act(list);
    }
}

pub(crate) fn resources(list: &mut Map<String, Value>) -> Option<&mut Vec<Value>> {
    list.get_mut("Resources")?.as_array_mut()
}

pub(crate) fn set(object: &mut Map<String, Value>, name: &str, value: Value) {
    object.insert(name.into(), value);
}

/// Adds to `totalResults`, or takes from it.
pub(crate) fn add_to_total(list: &mut Map<String, Value>, more: i64) {
    let total = list.get("totalResults").and_then(Value::as_i64).unwrap_or_default();
    set(list, "totalResults", json!(total + more));
}

/// A list whose resources are those that `keep` keeps.
pub(crate) fn keep_in_list(
    request: &FaultRequest,
    response: &mut FaultResponse,
    keep: impl Fn(&Value) -> bool,
) {
    in_list(request, response, |list| {
        let Some(resources) = resources(list) else { return };
        let before = resources.len();
        resources.retain(keep);
        let now = resources.len();
        add_to_total(list, now as i64 - before as i64);
        set(list, "itemsPerPage", json!(now));
    });
}

/// A list of nothing.
pub(crate) fn empty_list() -> Value {
    json!({"schemas": [LIST_RESPONSE], "totalResults": 0, "startIndex": 1, "itemsPerPage": 0, "Resources": []})
}

/// Every document of a discovery list, or the one document.
pub(crate) fn documents(
    request: &FaultRequest,
    response: &mut FaultResponse,
    path: &str,
    mut act: impl FnMut(&mut Value),
) {
    if !request.path.starts_with(path) || !response.ok() {
        return;
    }
    let Some(body) = response.body.as_mut() else { return };
    match array(body, "Resources") {
        Some(all) => all.iter_mut().for_each(act),
        None => act(body),
    }
}

/// The published definition of an attribute of the core user schema.
pub(crate) fn defined(
    request: &FaultRequest,
    response: &mut FaultResponse,
    name: &str,
    act: impl Fn(&mut Value),
) {
    documents(request, response, "/Schemas", |schema| {
        if schema["id"] == USER {
            let all = array(schema, "attributes").into_iter().flatten();
            all.filter(|attribute| attribute["name"] == name).for_each(&act);
        }
    });
}

/// The filter of a query, by GET or by POST.
pub(crate) fn filter_of(request: &FaultRequest) -> String {
    if request.search() {
        text(request.content(), "filter").to_owned()
    } else {
        request.parameter("filter").unwrap_or_default()
    }
}

pub(crate) fn set_filter(request: &mut FaultRequest, filter: &str) {
    if !request.search() {
        request.set("filter", Some(filter));
    } else if let Some(body) = request.body.as_mut() {
        body["filter"] = json!(filter);
    }
}

/// Makes a query that fits nothing of one that is so.
pub(crate) fn fit_nothing(request: &mut FaultRequest, is: impl Fn(&str) -> bool) {
    if is(&filter_of(request)) {
        set_filter(request, "id eq \"\"");
    }
}

/// Rewrites the filter of a query.
pub(crate) fn refilter(request: &mut FaultRequest, act: impl Fn(&str) -> String) {
    if let Some(filter) = request.parameter("filter") {
        let changed = act(&filter);
        if changed != filter {
            request.set("filter", Some(&changed));
        }
    }
}

/// Rewrites what a pattern finds in the filter of a query.
pub(crate) fn refilter_pattern(request: &mut FaultRequest, pattern: &str, by: &str) {
    if let Ok(pattern) = regex::Regex::new(pattern) {
        refilter(request, |filter| pattern.replace_all(filter, by).into_owned());
    }
}

/// Puts one operator in the place of another.
pub(crate) fn exchange_operator(request: &mut FaultRequest, from: &str, to: &str) {
    refilter(request, |filter| filter.replace(&format!(" {from} "), &format!(" {to} ")));
}

/// The operations of a bulk request.
pub(crate) fn bulk_operations(request: &mut FaultRequest) -> impl Iterator<Item = &mut Value> {
    let bulk = request.path == "/Bulk";
    request.body.as_mut().filter(|_| bulk).and_then(|body| array(body, "Operations")).into_iter().flatten()
}

/// The operations of the answer to a bulk request.
pub(crate) fn bulk_outcomes<'a>(
    request: &FaultRequest,
    response: &'a mut FaultResponse,
) -> Option<&'a mut Vec<Value>> {
    if request.path == "/Bulk" { response.array("Operations") } else { None }
}

pub(crate) fn outcomes_lack(request: &FaultRequest, response: &mut FaultResponse, name: &str) {
    for outcome in bulk_outcomes(request, response).into_iter().flatten() {
        drop_member(outcome, name);
    }
}

/// A PUT that leaves an attribute as it was, where `concerned`; other requests pass.
pub(crate) async fn put_keeps(
    request: &FaultRequest,
    service: &Service,
    concerned: bool,
    name: &str,
) -> FaultResponse {
    if !(concerned && request.is("PUT")) {
        return service.send(request).await;
    }
    change_by_state(request, service, |body, before| match before.get(name) {
        Some(value) => body[name] = value.clone(),
        None => drop_member(body, name),
    })
    .await
}

/// Creates what a refused creation was about, with no attribute but its name; other requests pass.
pub(crate) async fn refused_stays(
    request: &FaultRequest,
    service: &Service,
    concerned: bool,
    name: &str,
) -> FaultResponse {
    let response = service.send(request).await;
    if concerned && response.status == 400 && request.has(name) {
        let mut left = json!({"schemas": request.content()["schemas"]});
        left[name] = request.content()[name].clone();
        service.send(&request.other("POST", request.path.clone(), Some(left))).await;
    }
    response
}

/// Changes displayName and changes it back.
pub(crate) async fn touch(request: &FaultRequest, service: &Service) {
    let name = current(request, service).await["displayName"].take();
    let changed = format!("{}~", name.as_str().unwrap_or_default());
    let back = if name.is_null() {
        json!({"op": "remove", "path": "displayName"})
    } else {
        json!({"op": "replace", "path": "displayName", "value": name})
    };
    for operation in [json!({"op": "replace", "path": "displayName", "value": changed}), back] {
        service.send(&request.patch(request.path.clone(), operation)).await;
    }
}

/// A PATCH whose first operation removes a member of a group.
pub(crate) fn removes_member(request: &FaultRequest) -> bool {
    let operation = request.first_operation();
    request.is("PATCH") && request.groups() && op(operation) == "remove" && path(operation).contains('[')
}

/// The id of the member whom the first operation removes.
pub(crate) fn removed(request: &FaultRequest) -> Option<&str> {
    quoted(path(request.first_operation()))
}

/// The ids of members in a PATCH of a group that are nobody's.
pub(crate) async fn unknown_members(request: &FaultRequest, service: &Service) -> Vec<String> {
    let mut unknown = Vec::new();
    if request.is("PATCH") && request.groups() {
        let added =
            values(&request.content()["Operations"]).flat_map(|operation| values(&operation["value"]));
        for id in added.filter_map(|member| member["value"].as_str()) {
            let user = service.send(&request.other("GET", format!("/Users/{id}"), None)).await;
            let group = service.send(&request.other("GET", format!("/Groups/{id}"), None)).await;
            if user.status == 404 && group.status == 404 {
                unknown.push(id.to_owned());
            }
        }
    }
    unknown
}

/// The user whose name made a creation a conflict.
pub(crate) async fn holder(
    request: &FaultRequest,
    service: &Service,
    response: &FaultResponse,
) -> Option<Value> {
    if !request.creates_user() || response.status != 409 {
        return None;
    }
    let mut look = request.read();
    look.set("filter", Some(&format!("userName eq {}", request.content()["userName"])));
    let found = service.send(&look).await;
    values(&found.content()["Resources"]).next().cloned()
}

/// Remembers a user who is deleted, by the userName.
pub(crate) async fn remember_deleted(request: &FaultRequest, service: &Service) {
    if request.is("DELETE") && request.users() {
        let user = current(request, service).await;
        if user.get("userName").is_some() {
            let name = text(&user, "userName").to_owned();
            request.memory.with(|deleted: &mut DeletedUsers| deleted.0.insert(name, user));
        }
    }
}

/// The user of that name who was deleted.
pub(crate) fn deleted(request: &FaultRequest, name: &str) -> Option<Value> {
    request.memory.with(|deleted: &mut DeletedUsers| deleted.0.get(name).cloned())
}

#[derive(Default)]
struct DeletedUsers(BTreeMap<String, Value>);

pub(crate) fn created(request: &FaultRequest, response: &FaultResponse) -> bool {
    request.is("POST") && response.status == 201
}

pub(crate) fn not_found(is: bool) -> Option<FaultResponse> {
    is.then(|| FaultResponse::error(404, None, "Not found."))
}

pub(crate) fn error_lacks(response: &mut FaultResponse, name: &str) {
    if response.status >= 400
        && let Some(body) = response.body.as_mut()
    {
        drop_member(body, name);
    }
}

/// Acts on the configuration of the service.
pub(crate) fn config(request: &FaultRequest, response: &mut FaultResponse, act: impl FnMut(&mut Value)) {
    documents(request, response, "/ServiceProviderConfig", act);
}

pub(crate) fn config_lacks(request: &FaultRequest, response: &mut FaultResponse, name: &str) {
    config(request, response, |config| drop_member(config, name));
}

/// Publishes nickName as immutable.
pub(crate) fn nick_name_is_immutable(request: &FaultRequest, response: &mut FaultResponse) {
    defined(request, response, "nickName", |attribute| attribute["mutability"] = json!("immutable"));
}

/// Refuses a PATCH that sets active, without a path, to what it is.
pub(crate) async fn repeat_refused(request: &FaultRequest, service: &Service, active: bool) -> FaultResponse {
    if !(request.users() && request.any_operation(|operation| operation["value"]["active"] == active)) {
        return service.send(request).await;
    }
    refuse_by_state(request, service, |before| {
        (before["active"] == active).then(|| FaultResponse::error(409, None, "The user is so already."))
    })
    .await
}

pub(crate) fn sets_password(request: &FaultRequest) -> bool {
    request.has("password") || request.any_operation(|operation| operation["value"].get("password").is_some())
}

/// Changes every plain text of a resource.
pub(crate) fn change_texts(resource: &mut Value, change: impl Fn(&str) -> String) {
    for name in TEXTS {
        if let Some(Value::String(text)) = resource.get_mut(name) {
            *text = change(text);
        }
    }
}

/// Attribute and value of a filter that is one comparison by eq with a text.
pub(crate) fn equality(request: &FaultRequest) -> Option<(String, String)> {
    let filter = request.parameter("filter")?;
    let (name, value) = filter.split_once(" eq ")?;
    Some((name.to_owned(), serde_json::from_str(value).ok()?))
}

pub(crate) fn refuse_filter(request: &FaultRequest, refused: impl Fn(&str) -> bool) -> Option<FaultResponse> {
    refuse_if(request.asks("filter", refused), 400, "invalidFilter")
}

/// A query over all types: at the root, by GET or by POST.
pub(crate) fn at_root(request: &FaultRequest) -> bool {
    request.is("GET") && ["", "/"].contains(&request.path.as_str())
        || request.is("POST") && request.path == "/.search"
}

pub(crate) fn search_ignores(request: &mut FaultRequest, name: &str) {
    if request.search() {
        request.drop_member(name);
    }
}

/// Changes each name in the parameter `attributes`.
pub(crate) fn change_attributes(request: &mut FaultRequest, change: impl Fn(&str) -> &str) {
    if let Some(names) = request.parameter("attributes") {
        let plain = |name| if str::starts_with(name, "urn:") { name } else { change(name) };
        let names: Vec<&str> = names.split(',').map(plain).collect();
        request.set("attributes", Some(&names.join(",")));
    }
}

/// Takes names out of the parameter `attributes`; `id` is returned anyhow.
pub(crate) fn keep_attributes(request: &mut FaultRequest, keep: impl Fn(&str) -> bool) {
    if let Some(names) = request.parameter("attributes") {
        let kept: Vec<&str> = names.split(',').filter(|name| keep(name)).collect();
        request
            .set("attributes", Some(if kept.is_empty() { "id".to_owned() } else { kept.join(",") }.as_str()));
    }
}

/// Sorts a page again, by what the attribute of sortBy holds.
pub(crate) fn sort_page(
    request: &FaultRequest,
    response: &mut FaultResponse,
    order: impl Fn(Option<&Value>, Option<&Value>) -> Ordering,
) {
    let Some(by) = request.parameter("sortBy") else { return };
    let by = format!(
        "/{}",
        if LISTS.contains(&first_name(&by)) { first_name(&by) } else { &by }.replace('.', "/")
    );
    let descending = request.asks("sortOrder", |order| order == "descending");
    in_list(request, response, |list| {
        if let Some(resources) = resources(list) {
            resources.sort_by(|one, other| {
                let order = order(one.pointer(&by), other.pointer(&by));
                if descending { order.reverse() } else { order }
            });
        }
    });
}

/// Puts the credential of the first request in the place of the own one, where `let_in`.
pub(crate) fn with_known(
    request: &mut FaultRequest,
    let_in: impl Fn(Option<&HeaderValue>, &HeaderValue) -> bool,
) {
    let own = request.headers.get("authorization").cloned();
    let known = request.memory.with(|KnownCredential(known): &mut KnownCredential| {
        if known.is_none() {
            known.clone_from(&own);
        }
        known.clone()
    });
    if let Some(known) = known.filter(|known| let_in(own.as_ref(), known)) {
        request.headers.insert("authorization", known);
    }
}

#[derive(Default)]
struct KnownCredential(Option<HeaderValue>);

/// Lets requests of that method in without a credential.
pub(crate) fn not_needed_for(request: &mut FaultRequest, method: &str) {
    let concerned = request.is(method);
    with_known(request, |own, _| own.is_none() && concerned);
}

/// Waits until another request with that key is under way as well, or is not to be expected any more.
pub(crate) async fn meet(request: &FaultRequest, key: &str) {
    const EXPECTED: Duration = Duration::from_secs(1);
    let (present, mut others) = request.memory.with(|Meetings(meetings): &mut Meetings| {
        let meeting = meetings.entry(key.to_owned()).or_default();
        meeting.send_modify(|present| *present += 1);
        (*meeting.borrow(), meeting.subscribe())
    });
    // Whoever comes second has found the first, who may be gone when this is looked at.
    if present == 1 {
        drop(tokio::time::timeout(EXPECTED, others.wait_for(|present| *present > 1)).await);
    }
    request.memory.with(|Meetings(meetings): &mut Meetings| {
        if let Some(meeting) = meetings.get(key) {
            meeting.send_modify(|present| *present -= 1);
        }
    });
}

/// How many requests are under way, by their key.
#[derive(Default)]
struct Meetings(BTreeMap<String, tokio::sync::watch::Sender<u32>>);

/// Changes a copy, as a program does that stores whole resources: what others stored meanwhile is lost.
pub(crate) async fn lost_update(request: &FaultRequest, service: &Service) -> FaultResponse {
    let mut copy = current(request, service).await;
    meet(request, &request.path).await;
    let response = service.send(request).await;
    if !response.ok() {
        return response;
    }
    let after = current(request, service).await;
    for operation in values(&request.content()["Operations"]) {
        match path(operation) {
            "" => {}
            "members" => {
                let mut members = copy["members"].as_array().cloned().unwrap_or_default();
                members.extend(values(&operation["value"]).cloned());
                copy["members"] = json!(members);
            }
            name => copy[name] = after[name].clone(),
        }
    }
    service.send(&request.other("PUT", request.path.clone(), Some(copy))).await;
    response
}
