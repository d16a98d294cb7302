//! Faults that the requirements `response.*` notice.

use crate::faults::support::*;

faults! {
    bad_input_500, content_type_html, content_type_json, login_page, no_content_with_body,
}

fault! {
    After content_type_json: "Bodies are labelled application/json.",
    trips ["response.content-type"], defects ["D016"]
}
fn content_type_json(request: &FaultRequest, response: &mut FaultResponse) {
    if request.users_or_groups() && response.ok() && response.body.is_some() {
        response.set_header("content-type", "application/json");
    }
}

fault! {
    After content_type_html: "Bodies are labelled text/html.",
    trips ["response.content-type"], defects ["D016"]
}
fn content_type_html(request: &FaultRequest, response: &mut FaultResponse) {
    if request.users_or_groups() && response.ok() && response.body.is_some() {
        response.set_header("content-type", "text/html");
    }
}

fault! {
    After bad_input_500: "Bad input is answered with 500.",
    trips ["response.no-server-error"], defects ["D100"]
}
fn bad_input_500(_: &FaultRequest, response: &mut FaultResponse) {
    if response.status == 400 {
        *response = FaultResponse::server_error();
    }
}

fault! { After no_content_with_body: "PATCH is answered with 204 and a body.", trips ["response.no-content"] }
fn no_content_with_body(request: &FaultRequest, response: &mut FaultResponse) {
    if request.is("PATCH") && response.ok() {
        response.status = 204;
    }
}

fault! {
    After login_page: "Who does not ask for JSON is answered with a page to sign in.",
    trips ["response.json"], defects ["D095"]
}
fn login_page(request: &FaultRequest, response: &mut FaultResponse) {
    if !request.header("accept").contains("json") {
        response.status = 200;
        response.set_text("text/html", "<!DOCTYPE html><html><h1>Sign in</h1></html>");
    }
}
