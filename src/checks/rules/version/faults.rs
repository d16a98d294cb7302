//! Faults that the requirements `version.*` notice.

use crate::faults::support::*;

faults! {
    if_match_ignored, if_match_never, if_match_one, if_match_star, if_none_match_always,
    if_none_match_ignored, version_constant, version_not_in_header, version_random,
}

fault! {
    After version_constant: "The version never changes.",
    trips ["version.changes-with-resource"], defects ["D141"]
}
fn version_constant(request: &FaultRequest, response: &mut FaultResponse) {
    if request.users_or_groups() && response.headers.contains_key("etag") {
        response.set_header("etag", "W/\"1\"");
        response.set_in_meta("version", &json!("W/\"1\""));
    }
}

fault! { Change if_match_ignored: "If-Match is ignored.", trips ["version.if-match-stale"], defects ["D141"] }
fn if_match_ignored(request: &mut FaultRequest) {
    request.headers.remove("if-match");
}

fault! {
    Change if_none_match_ignored: "If-None-Match is ignored.",
    trips ["version.if-none-match"], defects ["D141"]
}
fn if_none_match_ignored(request: &mut FaultRequest) {
    request.headers.remove("if-none-match");
}

fault! {
    After version_not_in_header: "The version is in meta.version alone.",
    trips ["version.header"], defects ["D141"]
}
fn version_not_in_header(_: &FaultRequest, response: &mut FaultResponse) {
    response.headers.remove("etag");
}

fault! {
    After version_random: "Every read has another version.",
    trips ["version.stays-without-change"], defects ["D141"]
}
fn version_random(request: &FaultRequest, response: &mut FaultResponse) {
    if request.users() && request.one() && response.headers.contains_key("etag") {
        let version = format!("W/\"{}\"", request.memory.next::<Versions>());
        response.set_header("etag", &version);
        response.set_in_meta("version", &json!(version));
    }
}

struct Versions;

fault! {
    Before if_none_match_always: "Any If-None-Match is answered with 304.",
    trips ["version.if-none-match-changed"], defects ["D141"]
}
fn if_none_match_always(request: &mut FaultRequest) -> Option<FaultResponse> {
    request.headers.contains_key("if-none-match").then(|| FaultResponse::bare(304))
}

fault! {
    Before if_match_never: "Any If-Match is answered with 412.",
    trips ["version.if-match-present"], defects ["D141"]
}
fn if_match_never(request: &mut FaultRequest) -> Option<FaultResponse> {
    request.headers.contains_key("if-match").then(|| FaultResponse::error(412, None, "The version differs."))
}

fault! { Before if_match_star: "If-Match: * is compared like a version.", trips ["version.if-match-any"] }
fn if_match_star(request: &mut FaultRequest) -> Option<FaultResponse> {
    (request.header("if-match") == "*")
        .then(|| FaultResponse::error(412, None, "The version does not match."))
}

fault! {
    Change if_match_one: "Of several versions in If-Match the first is looked at.",
    trips ["version.if-match-several"]
}
fn if_match_one(request: &mut FaultRequest) {
    if let Some((first, _)) = request.header("if-match").split_once(',')
        && let Ok(first) = first.trim().parse()
    {
        request.headers.insert("if-match", first);
    }
}
