//! Faults that the requirements `sort.*` notice.

use crate::faults::support::*;

faults! {
    sort_absent_first, sort_by_first_address, sort_case, sort_descending_ignored, sort_forgotten_in_pages,
    sort_ignored,
}

fault! { Change sort_ignored: "sortBy is ignored.", trips ["sort.ascending"] }
fn sort_ignored(request: &mut FaultRequest) {
    request.set("sortBy", None);
}

fault! { Change sort_descending_ignored: "sortOrder is ignored.", trips ["sort.descending"] }
fn sort_descending_ignored(request: &mut FaultRequest) {
    request.set("sortOrder", None);
}

fault! { After sort_case: "Capitals are sorted before other letters.", trips ["sort.letter-case"] }
fn sort_case(request: &FaultRequest, response: &mut FaultResponse) {
    sort_page(request, response, |one, other| {
        // Absent values stay the last.
        let text =
            |value: Option<&Value>| (value.is_none(), value.and_then(Value::as_str).map(str::to_owned));
        text(one).cmp(&text(other))
    });
}

fault! {
    Change sort_forgotten_in_pages: "The order is forgotten from the second page on.",
    trips ["sort.pages"]
}
fn sort_forgotten_in_pages(request: &mut FaultRequest) {
    if request.asks("startIndex", |start| start != "1") {
        request.set("sortBy", None);
    }
}

fault! {
    After sort_by_first_address: "Sorting goes by the first address, whichever is primary.",
    trips ["sort.primary"]
}
fn sort_by_first_address(request: &FaultRequest, response: &mut FaultResponse) {
    if request.asks("sortBy", |by| LISTS.contains(&first_name(by))) {
        sort_page(request, response, |one, other| {
            let first = |value: Option<&Value>| value.map(|value| text(&value[0], "value").to_lowercase());
            first(one).cmp(&first(other))
        });
    }
}

fault! { After sort_absent_first: "Absent values are sorted before all others.", trips ["sort.absent-last"] }
fn sort_absent_first(request: &FaultRequest, response: &mut FaultResponse) {
    if !request.asks("sortOrder", |order| order == "descending") {
        sort_page(request, response, |one, other| one.is_some().cmp(&other.is_some()));
    }
}
