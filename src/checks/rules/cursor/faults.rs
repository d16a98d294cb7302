//! Faults that the requirements `cursor.*` notice.

use crate::faults::support::*;

faults! {
    config_pagination_incomplete, cursor_any_credential, cursor_characters, cursor_count_exceeded,
    cursor_default_wrong, cursor_drops_filter, cursor_invalid_is_first, cursor_last_page_has_next,
    cursor_negative_count, cursor_never_ends, cursor_no_next, cursor_previous_on_first,
}

fault! {
    After cursor_last_page_has_next: "The last page by cursor has a nextCursor.",
    trips ["cursor.walk-is-complete"]
}
fn cursor_last_page_has_next(request: &FaultRequest, response: &mut FaultResponse) {
    if request.parameter("cursor").is_some() {
        in_list(request, response, |list| {
            list.entry("nextCursor").or_insert(json!("z+z"));
        });
    }
}

fault! {
    Whole cursor_invalid_is_first: "A cursor that was never given leads to the first page.",
    trips ["cursor.invalid"]
}
async fn cursor_invalid_is_first(request: &FaultRequest, service: &Service) -> FaultResponse {
    let response = service.send(request).await;
    if response.content()["scimType"] != "invalidCursor" {
        return response;
    }
    let mut first = request.clone();
    first.set("cursor", Some(""));
    service.send(&first).await
}

fault! { After cursor_no_next: "Pages by cursor have no nextCursor.", trips ["cursor.first-page"] }
fn cursor_no_next(request: &FaultRequest, response: &mut FaultResponse) {
    in_list(request, response, |body| {
        body.shift_remove("nextCursor");
    });
}

fault! {
    After cursor_count_exceeded: "Pages by cursor hold one resource more than asked for.",
    trips ["cursor.count"]
}
fn cursor_count_exceeded(request: &FaultRequest, response: &mut FaultResponse) {
    if request.asks("cursor", |cursor| !cursor.is_empty())
        && let Some(all) = response.array("Resources")
    {
        all.extend(all.first().cloned());
    }
}

fault! {
    After cursor_previous_on_first: "The first page by cursor has a previousCursor.",
    trips ["cursor.no-previous-on-first"]
}
fn cursor_previous_on_first(request: &FaultRequest, response: &mut FaultResponse) {
    if request.asks("cursor", str::is_empty) {
        response.set("previousCursor", json!("p0=="));
    }
}

fault! {
    After cursor_characters: "Cursors hold characters that must be encoded.",
    trips ["cursor.characters"]
}
fn cursor_characters(_: &FaultRequest, response: &mut FaultResponse) {
    if let Some(Value::String(next)) = response.body.as_mut().and_then(|body| body.get_mut("nextCursor")) {
        next.push_str("=+/");
    }
}

fault! {
    After config_pagination_incomplete: "pagination in the configuration lacks index.",
    trips ["cursor.configuration"]
}
fn config_pagination_incomplete(request: &FaultRequest, response: &mut FaultResponse) {
    if request.path == "/ServiceProviderConfig"
        && let Some(paging) =
            response.body.as_mut().and_then(|body| body.get_mut("pagination")?.as_object_mut())
    {
        paging.shift_remove("index");
    }
}

fault! {
    Change cursor_drops_filter: "From the second page on, a cursor forgets the filter.",
    trips ["cursor.keeps-filter"]
}
fn cursor_drops_filter(request: &mut FaultRequest) {
    if request.asks("cursor", |cursor| !cursor.is_empty()) {
        request.set("filter", None);
    }
}

fault! { After cursor_never_ends: "The last page has a nextCursor too.", trips ["cursor.ends"] }
fn cursor_never_ends(request: &FaultRequest, response: &mut FaultResponse) {
    if request.list() && request.parameter("cursor").is_some() {
        in_list(request, response, |list| {
            list.entry("nextCursor").or_insert(json!(""));
        });
    }
}

fault! {
    Change cursor_negative_count: "A negative count with a cursor is ignored.",
    trips ["cursor.negative-count"]
}
fn cursor_negative_count(request: &mut FaultRequest) {
    if request.parameter("cursor").is_some() && request.asks("count", |count| count.starts_with('-')) {
        request.set("count", None);
    }
}

fault! {
    After cursor_default_wrong: "The configuration says that cursors are the default, and they are not.",
    trips ["cursor.default-method"]
}
fn cursor_default_wrong(request: &FaultRequest, response: &mut FaultResponse) {
    if request.path == "/ServiceProviderConfig"
        && let Some(body) = response.body.as_mut()
    {
        body["pagination"]["defaultPaginationMethod"] = json!("cursor");
    }
}

fault! {
    Whole cursor_any_credential: "A cursor shows its pages to any credential.",
    trips ["cursor.other-credential"]
}
async fn cursor_any_credential(request: &FaultRequest, service: &Service) -> FaultResponse {
    let mut known = request.clone();
    if let Some(cursor) = request.parameter("cursor")
        && let Some(who) = request.memory.with(|givers: &mut Cursors| givers.0.get(&cursor).cloned())
    {
        known.headers.insert("authorization", who);
    }
    let response = service.send(&known).await;
    if let (Some(who), Some(next)) =
        (known.headers.get("authorization"), response.content()["nextCursor"].as_str())
    {
        request.memory.with(|givers: &mut Cursors| givers.0.insert(next.to_owned(), who.clone()));
    }
    response
}

/// Who was given which cursor.
#[derive(Default)]
struct Cursors(BTreeMap<String, HeaderValue>);
