//! Faults that the requirements `error.*` notice.

use crate::faults::support::*;

faults! {
    body_trailing_taken, error_empty, error_html, error_labelled_html, error_no_detail, error_no_schemas,
    error_scim_type_made_up, error_stack_trace, error_status_number, error_status_other, error_text,
    method_500, method_no_allow, post_on_resource_accepted, unauthorized_plain, unknown_path_200,
}

fault! {
    After unauthorized_plain: "The body of a 401 is no SCIM error.",
    trips ["error.format"], defects ["D007"]
}
fn unauthorized_plain(_: &FaultRequest, response: &mut FaultResponse) {
    if response.status == 401 {
        response.body = Some(json!({"detail": "Invalid token."}));
    }
}

fault! {
    After error_status_number: "The status of errors is a number.",
    trips ["error.format"], defects ["D093"]
}
fn error_status_number(_: &FaultRequest, response: &mut FaultResponse) {
    if response.status >= 400 {
        response.set("status", json!(response.status));
    }
}

fault! { After error_status_other: "The status of errors is always 400.", trips ["error.status-matches"] }
fn error_status_other(_: &FaultRequest, response: &mut FaultResponse) {
    if response.status >= 400 {
        response.set("status", json!("400"));
    }
}

fault! { After error_html: "Errors are HTML pages.", trips ["error.format"], defects ["D095"] }
fn error_html(_: &FaultRequest, response: &mut FaultResponse) {
    if response.status >= 400 {
        response.set_text("text/html", "<html><h1>Error</h1></html>");
    }
}

fault! {
    After error_text: "Errors are plain text, as a gateway writes it.",
    trips ["error.format"], defects ["D095"]
}
fn error_text(_: &FaultRequest, response: &mut FaultResponse) {
    if response.status >= 400 {
        response.set_text("text/plain", format!("upstream gave {}", response.status));
    }
}

fault! { After error_empty: "Errors have no body.", trips ["error.format"], defects ["D096"] }
fn error_empty(_: &FaultRequest, response: &mut FaultResponse) {
    if response.status >= 400 {
        response.drop_body();
    }
}

fault! { After error_no_schemas: "Errors have no schemas.", trips ["error.format"], defects ["D096"] }
fn error_no_schemas(_: &FaultRequest, response: &mut FaultResponse) {
    error_lacks(response, "schemas");
}

fault! { After error_no_detail: "Errors have no detail.", trips ["error.detail"], defects ["D096"] }
fn error_no_detail(_: &FaultRequest, response: &mut FaultResponse) {
    error_lacks(response, "detail");
}

fault! {
    After error_scim_type_made_up: "scimType is a word of the service's own.",
    trips ["error.scim-type"]
}
fn error_scim_type_made_up(_: &FaultRequest, response: &mut FaultResponse) {
    if response.status == 400 {
        response.set("scimType", json!("badRequest"));
    }
}

fault! { After error_stack_trace: "Errors show a stack trace.", trips ["error.no-internals"] }
fn error_stack_trace(_: &FaultRequest, response: &mut FaultResponse) {
    if response.status == 400 {
        let trace =
            "java.lang.IllegalStateException: null\n\tat com.example.scim.Parser.parse(Parser.java:42)";
        response.set("detail", json!(trace));
    }
}

fault! { After unknown_path_200: "Unknown paths are answered with 200.", trips ["error.unknown-endpoint"] }
fn unknown_path_200(request: &FaultRequest, response: &mut FaultResponse) {
    const KNOWN: &[&str] =
        &["Users", "Groups", "Me", "Bulk", "Schemas", "ResourceTypes", "ServiceProviderConfig", ".search"];
    let first = request.path.split('/').nth(1).unwrap_or_default();
    if response.status == 404 && !first.is_empty() && !KNOWN.contains(&first) {
        *response = FaultResponse::json(200, json!({}));
    }
}

fault! {
    After method_500: "Methods that are not there are answered with 500.",
    trips ["error.unsupported-method", "response.no-server-error"]
}
fn method_500(_: &FaultRequest, response: &mut FaultResponse) {
    if response.status == 405 {
        *response = FaultResponse::server_error();
    }
}

fault! { After method_no_allow: "A 405 has no Allow.", trips ["error.allow-field"] }
fn method_no_allow(_: &FaultRequest, response: &mut FaultResponse) {
    if response.status == 405 {
        response.remove_header("allow");
    }
}

fault! {
    Change post_on_resource_accepted: "POST to a resource creates another one.",
    trips ["error.unsupported-method"]
}
fn post_on_resource_accepted(request: &mut FaultRequest) {
    if request.is("POST") && request.one() && request.users() {
        request.path = "/Users".into();
    }
}

fault! {
    Change body_trailing_taken: "What follows the JSON of a body is ignored.",
    trips ["error.malformed-body"]
}
fn body_trailing_taken(request: &mut FaultRequest) {
    if request.body.is_none()
        && let Ok(text) = std::str::from_utf8(&request.raw)
        && let Some(Ok(value)) = serde_json::Deserializer::from_str(text).into_iter::<Value>().next()
        && value.is_object()
    {
        request.body = Some(value);
    }
}

fault! {
    After error_labelled_html: "The JSON of errors is labelled text/html.",
    trips ["error.content-type"]
}
fn error_labelled_html(_: &FaultRequest, response: &mut FaultResponse) {
    if response.status >= 400 {
        response.set_header("content-type", "text/html; charset=utf-8");
    }
}
