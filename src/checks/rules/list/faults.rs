//! Faults that the requirements `list.*` notice.

use crate::faults::support::*;

faults! {
    items_per_page_echoed, list_bare_array, list_doubled, list_lower_case, list_no_counters,
    list_no_resources, list_no_schemas, list_numbers_text, list_without_extensions, paging_ignored,
    start_index_from_zero, start_index_ignored,
}

fault! { After list_no_schemas: "Lists have no schemas.", trips ["list.schema"], defects ["D069"] }
fn list_no_schemas(request: &FaultRequest, response: &mut FaultResponse) {
    in_list(request, response, |body| {
        body.shift_remove("schemas");
    });
}

fault! {
    After list_lower_case: "Resources is spelt resource.",
    trips ["list.resources-present"], defects ["D069"]
}
fn list_lower_case(request: &FaultRequest, response: &mut FaultResponse) {
    in_list(request, response, |list| {
        if let Some(all) = list.shift_remove("Resources") {
            set(list, "resource", all);
        }
    });
}

fault! {
    After list_no_resources: "An empty list has no Resources, and neither has any other.",
    trips ["list.resources-present", "okta.empty-list-has-resources"], defects ["D068"]
}
fn list_no_resources(request: &FaultRequest, response: &mut FaultResponse) {
    in_list(request, response, |body| {
        body.shift_remove("Resources");
    });
}

fault! { After list_bare_array: "Lists are bare arrays.", trips ["list.schema"], defects ["D069"] }
fn list_bare_array(request: &FaultRequest, response: &mut FaultResponse) {
    if request.list() && response.ok() {
        let all = response.array("Resources").map(std::mem::take).unwrap_or_default();
        response.body = Some(json!(all));
    }
}

fault! {
    After list_numbers_text: "The counters of lists are texts.",
    trips ["list.schema"], defects ["D079"]
}
fn list_numbers_text(request: &FaultRequest, response: &mut FaultResponse) {
    in_list(request, response, |list| {
        for name in ["totalResults", "startIndex", "itemsPerPage"] {
            if let Some(number) = list.get_mut(name) {
                *number = json!(number.to_string());
            }
        }
    });
}

fault! {
    After list_no_counters: "Lists have neither startIndex nor itemsPerPage.",
    trips ["list.counters-present", "list.counters-when-partial"]
}
fn list_no_counters(request: &FaultRequest, response: &mut FaultResponse) {
    in_list(request, response, |list| {
        list.shift_remove("startIndex");
        list.shift_remove("itemsPerPage");
    });
}

fault! {
    After items_per_page_echoed: "itemsPerPage is the count that was asked for.",
    trips ["list.items-per-page"], defects ["D085"]
}
fn items_per_page_echoed(request: &FaultRequest, response: &mut FaultResponse) {
    if let Some(count) = request.parameter("count").and_then(|count| count.parse::<i64>().ok()) {
        in_list(request, response, |body| {
            set(body, "itemsPerPage", json!(count));
        });
    }
}

fault! { After start_index_from_zero: "startIndex is counted from 0 in answers.", trips ["list.start-index"] }
fn start_index_from_zero(request: &FaultRequest, response: &mut FaultResponse) {
    in_list(request, response, |body| {
        let start = body.get("startIndex").and_then(Value::as_i64).unwrap_or(1);
        set(body, "startIndex", json!(start - 1));
    });
}

fault! {
    Change paging_ignored: "startIndex and count are ignored.",
    trips ["list.page-size", "list.start-index"], defects ["D154"]
}
fn paging_ignored(request: &mut FaultRequest) {
    if request.list() {
        request.set("startIndex", None);
        request.set("count", None);
    }
}

fault! {
    Change start_index_ignored: "startIndex is ignored.",
    trips ["list.start-index", "paging.walk-is-complete"]
}
fn start_index_ignored(request: &mut FaultRequest) {
    if request.list() {
        request.set("startIndex", None);
    }
}

fault! {
    After list_doubled: "The first resource of a list comes twice.",
    trips ["list.no-duplicates"], defects ["D078"]
}
fn list_doubled(request: &FaultRequest, response: &mut FaultResponse) {
    in_list(request, response, |list| {
        if let Some(resources) = resources(list).filter(|resources| !resources.is_empty()) {
            resources.extend(resources.first().cloned());
            let now = resources.len();
            set(list, "itemsPerPage", json!(now));
        }
    });
}

fault! { After list_without_extensions: "Lists show no extensions.", trips ["list.like-read"] }
fn list_without_extensions(request: &FaultRequest, response: &mut FaultResponse) {
    if request.list() && request.path == "/Users" {
        response.each(|user| drop_member(user, ENTERPRISE));
    }
}
