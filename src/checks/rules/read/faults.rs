//! Faults that the requirements `read.*` notice.

use crate::faults::support::*;

faults! {
    not_found_200, not_found_400, read_203, read_changes,
}

fault! { After read_changes: "Each read shows another lastModified.", trips ["read.repeatable"] }
fn read_changes(request: &FaultRequest, response: &mut FaultResponse) {
    if request.is("GET") && request.one() && request.users() {
        let time = future_time(request.memory.next::<Reads>());
        response.set_in_meta("lastModified", &json!(time));
    }
}

struct Reads;

/// Always later than the one before: a time that falls back would look like another fault.
fn future_time(count: u32) -> String {
    let (hour, minute, second) = (count / 3600 % 24, count / 60 % 60, count % 60);
    format!("2126-01-01T{hour:02}:{minute:02}:{second:02}Z")
}

fault! {
    After not_found_400: "Unknown ids are answered with 400.",
    trips ["read.unknown-is-404"], defects ["D099"]
}
fn not_found_400(request: &FaultRequest, response: &mut FaultResponse) {
    if request.one() && response.status == 404 {
        response.set_status(400);
    }
}

fault! {
    After not_found_200: "Unknown ids are answered with 200 and an empty object.",
    trips ["read.unknown-is-404"]
}
fn not_found_200(request: &FaultRequest, response: &mut FaultResponse) {
    if request.one() && request.is("GET") && response.status == 404 {
        *response = FaultResponse::json(200, json!({}));
    }
}

fault! { After read_203: "Reads of groups are answered with 203.", trips ["read.status-200"] }
fn read_203(request: &FaultRequest, response: &mut FaultResponse) {
    if request.is("GET") && request.one() && request.groups() && response.status == 200 {
        response.status = 203;
    }
}
