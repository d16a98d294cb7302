//! Faults that the requirements `paging.*` notice.

use crate::faults::support::*;

faults! {
    count_negative_refused, count_off_by_one, count_zero_is_all, count_zero_refused, huge_start_index_500,
    list_hides_inactive, order_differs, pages_before_filter, paging_floored, paging_from_zero,
    parameters_needed, past_the_end_404, start_zero_refused, total_is_page_size, total_stands_still,
}

fault! {
    After total_is_page_size: "totalResults is the number of resources on the page.",
    trips ["paging.total-is-of-all-pages"], defects ["D080"]
}
fn total_is_page_size(request: &FaultRequest, response: &mut FaultResponse) {
    in_list(request, response, |body| {
        let page = body.get("Resources").and_then(Value::as_array).map_or(0, Vec::len);
        set(body, "totalResults", json!(page));
    });
}

fault! { Change paging_from_zero: "startIndex is taken for an offset.", trips ["paging.walk-is-complete"] }
fn paging_from_zero(request: &mut FaultRequest) {
    if request.list()
        && let Some(start) = request.parameter("startIndex").and_then(|start| start.parse::<i64>().ok())
        && start > 1
    {
        request.set("startIndex", Some(&(start + 1).to_string()));
    }
}

fault! {
    After count_off_by_one: "A page holds one resource less than asked for, and the next begins after the gap.",
    trips ["paging.walk-is-complete"], defects ["D081"]
}
fn count_off_by_one(request: &FaultRequest, response: &mut FaultResponse) {
    let several = request.asks("count", |count| count.parse::<i64>().is_ok_and(|count| count > 1));
    if several && request.parameter("filter").is_none() {
        in_list(request, response, |list| {
            let Some(resources) = resources(list).filter(|resources| resources.len() > 1) else { return };
            resources.remove(0);
            let now = resources.len();
            set(list, "itemsPerPage", json!(now));
        });
    }
}

fault! { Before count_zero_refused: "count=0 is refused.", trips ["paging.count-zero"] }
fn count_zero_refused(request: &mut FaultRequest) -> Option<FaultResponse> {
    (request.list() && request.parameter("count").as_deref() == Some("0"))
        .then(|| FaultResponse::error(400, Some("invalidValue"), "count must be positive."))
}

fault! { Change count_zero_is_all: "count=0 means no limit.", trips ["paging.count-zero"] }
fn count_zero_is_all(request: &mut FaultRequest) {
    if request.list() && request.parameter("count").as_deref() == Some("0") {
        request.set("count", None);
    }
}

fault! { Before count_negative_refused: "A negative count is refused.", trips ["paging.count-negative"] }
fn count_negative_refused(request: &mut FaultRequest) -> Option<FaultResponse> {
    (request.list() && request.asks("count", |count| count.starts_with('-')))
        .then(|| FaultResponse::error(400, Some("invalidValue"), "count must be positive."))
}

fault! { Before start_zero_refused: "startIndex=0 is refused.", trips ["paging.start-below-one"] }
fn start_zero_refused(request: &mut FaultRequest) -> Option<FaultResponse> {
    (request.list() && request.asks("startIndex", |start| start == "0" || start.starts_with('-')))
        .then(|| FaultResponse::error(400, Some("invalidValue"), "startIndex must be positive."))
}

fault! { After past_the_end_404: "A page past the end is answered with 404.", trips ["paging.past-the-end"] }
fn past_the_end_404(request: &FaultRequest, response: &mut FaultResponse) {
    let content = response.content();
    let past = values(&content["Resources"]).next().is_none() && content["totalResults"].as_i64() > Some(0);
    let paged = request.parameter("filter").is_none()
        && request.parameter("startIndex").is_some()
        && !request.asks("count", |count| count.parse::<i64>().is_ok_and(|count| count < 1));
    if request.list() && paged && past {
        *response = FaultResponse::error(404, None, "No such page.");
    }
}

fault! {
    After parameters_needed: "Lists are empty unless both paging parameters are sent.",
    trips ["paging.parameters-optional"], defects ["D084"]
}
fn parameters_needed(request: &FaultRequest, response: &mut FaultResponse) {
    if request.parameter("filter").is_none()
        && (request.parameter("count").is_none() || request.parameter("startIndex").is_none())
    {
        keep_in_list(request, response, |_| false);
    }
}

fault! {
    After order_differs: "Every second list comes in another order.",
    trips ["paging.order-is-stable"], defects ["D087"]
}
fn order_differs(request: &FaultRequest, response: &mut FaultResponse) {
    if request.list() && request.parameter("sortBy").is_none() && request.memory.next::<Lists>() % 2 == 1 {
        in_list(request, response, |list| {
            if let Some(resources) = resources(list) {
                resources.reverse();
            }
        });
    }
}

struct Lists;

fault! {
    After list_hides_inactive: "Lists leave inactive users out.",
    trips ["paging.list-holds-created"], defects ["D108"]
}
fn list_hides_inactive(request: &FaultRequest, response: &mut FaultResponse) {
    if request.list() && request.users() {
        keep_in_list(request, response, |user| user["active"] != false);
    }
}

fault! {
    After total_stands_still: "totalResults of the whole list is counted once.",
    trips ["paging.total-follows-writes", "list.total-results"], defects ["D080"]
}
fn total_stands_still(request: &FaultRequest, response: &mut FaultResponse) {
    if request.list() && request.users() && request.parameter("filter").is_none() {
        in_list(request, response, |list| {
            let now = list.get("totalResults").cloned().unwrap_or_default();
            let first = request.memory.with(|total: &mut FirstTotal| total.0.get_or_insert(now).clone());
            set(list, "totalResults", first);
        });
    }
}

#[derive(Default)]
struct FirstTotal(Option<Value>);

fault! {
    Change pages_before_filter: "Pages are cut before the filter is applied: later ones are empty.",
    trips ["paging.keeps-filter"]
}
fn pages_before_filter(request: &mut FaultRequest) {
    if request.users()
        && request.parameter("filter").is_some()
        && request.asks("startIndex", |start| start != "1")
    {
        request.set("filter", Some("id eq \"none\""));
    }
}

fault! {
    Before huge_start_index_500: "A startIndex beyond all numbers is answered with 500.",
    trips ["paging.huge-values"]
}
fn huge_start_index_500(request: &mut FaultRequest) -> Option<FaultResponse> {
    let huge = |text: &str| {
        let digits = text.trim_start_matches('-');
        !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<i32>().is_err()
    };
    (request.asks("startIndex", huge) || request.asks("count", huge)).then(FaultResponse::server_error)
}

fault! { Whole paging_floored: "A page begins at a multiple of its size.", trips ["paging.starts-anywhere"] }
async fn paging_floored(request: &FaultRequest, service: &Service) -> FaultResponse {
    let number = |name: &str| request.parameter(name)?.parse::<u64>().ok().filter(|number| *number > 0);
    let (true, Some(start), Some(count)) = (request.list(), number("startIndex"), number("count")) else {
        return service.send(request).await;
    };
    let mut floored = request.clone();
    floored.set("startIndex", Some(&((start - 1) / count * count + 1).to_string()));
    let mut response = service.send(&floored).await;
    in_list(request, &mut response, |list| set(list, "startIndex", json!(start)));
    response
}
