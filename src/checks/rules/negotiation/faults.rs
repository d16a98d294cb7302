//! Faults that the requirements `negotiation.*` notice.

use crate::faults::support::*;

faults! {
    accept_json_refused, accept_needed, accept_parameters_refused, body_charset_refused,
    body_json_refused, latin_1,
}

fault! {
    Before accept_json_refused: "Accept: application/json is answered with 406.",
    trips ["negotiation.accept-json"]
}
fn accept_json_refused(request: &mut FaultRequest) -> Option<FaultResponse> {
    let accept = request.header("accept");
    (accept == "application/json").then(|| FaultResponse::error(406, None, "Not acceptable."))
}

fault! {
    Before accept_parameters_refused: "Accept with parameters is answered with 406.",
    trips ["negotiation.accept-scim"]
}
fn accept_parameters_refused(request: &mut FaultRequest) -> Option<FaultResponse> {
    let accept = request.header("accept");
    accept.contains(';').then(|| FaultResponse::error(406, None, "Not acceptable."))
}

fault! {
    Before accept_needed: "Requests without Accept are answered with 406.",
    trips ["negotiation.accept-absent"]
}
fn accept_needed(request: &mut FaultRequest) -> Option<FaultResponse> {
    (!request.headers.contains_key("accept")).then(|| FaultResponse::error(406, None, "Not acceptable."))
}

fault! {
    Before body_json_refused: "Bodies labelled application/json are refused.",
    trips ["negotiation.body-json"], defects ["D014"]
}
fn body_json_refused(request: &mut FaultRequest) -> Option<FaultResponse> {
    let label = request.header("content-type");
    label.starts_with("application/json").then(|| FaultResponse::error(415, None, "Unsupported media type."))
}

fault! {
    Before body_charset_refused: "Bodies labelled with a charset are refused.",
    trips ["negotiation.body-charset"]
}
fn body_charset_refused(request: &mut FaultRequest) -> Option<FaultResponse> {
    let label = request.header("content-type");
    label.contains("charset").then(|| FaultResponse::error(415, None, "Unsupported media type."))
}

fault! {
    After latin_1: "Letters beyond Latin 1 become question marks.",
    trips ["negotiation.utf-8", "values.scripts"]
}
fn latin_1(request: &FaultRequest, response: &mut FaultResponse) {
    if let Some(body) = response.body.as_ref().filter(|_| request.users()) {
        let text: String = body.to_string().chars().map(|c| if c as u32 > 255 { '?' } else { c }).collect();
        response.body = serde_json::from_str(&text).ok();
    }
}
