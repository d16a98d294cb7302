//! Faults that the requirements `auth.*` notice.

use crate::faults::support::*;

faults! {
    auth_any, auth_not_on_delete, auth_not_on_get, auth_not_on_patch, auth_not_on_post, auth_prefix,
    auth_scheme_case, unauthorized_200, unauthorized_403, unauthorized_500, unauthorized_no_challenge,
}

fault! {
    Change auth_prefix: "A credential that begins like the right one is taken.",
    trips ["auth.wrong-credential"]
}
fn auth_prefix(request: &mut FaultRequest) {
    with_known(request, |own, known| {
        use base64::Engine as _;
        let plain = |value: &HeaderValue| {
            let coded = value.to_str().ok()?.strip_prefix("Basic ")?;
            base64::engine::general_purpose::STANDARD.decode(coded).ok()
        };
        let (Some(own), Some(right)) = (own.and_then(plain), plain(known)) else { return false };
        own.starts_with(&right) || own.len() + 1 == right.len() && right.starts_with(&own)
    });
}

fault! { Change auth_any: "Any credential is taken.", trips ["auth.wrong-credential"], defects ["D012"] }
fn auth_any(request: &mut FaultRequest) {
    with_known(request, |own, _| own.is_some());
}

fault! { Change auth_not_on_get: "Reading needs no credential.", trips ["auth.read-needs-credential"] }
fn auth_not_on_get(request: &mut FaultRequest) {
    not_needed_for(request, "GET");
}

fault! { Change auth_not_on_patch: "PATCH needs no credential.", trips ["auth.write-needs-credential"] }
fn auth_not_on_patch(request: &mut FaultRequest) {
    not_needed_for(request, "PATCH");
}

fault! { Change auth_not_on_delete: "DELETE needs no credential.", trips ["auth.write-needs-credential"] }
fn auth_not_on_delete(request: &mut FaultRequest) {
    not_needed_for(request, "DELETE");
}

fault! { Change auth_not_on_post: "POST needs no credential.", trips ["auth.anonymous-creation"] }
fn auth_not_on_post(request: &mut FaultRequest) {
    not_needed_for(request, "POST");
}

fault! {
    Before auth_scheme_case: "The scheme is matched with regard to case.",
    trips ["auth.scheme-any-case"]
}
fn auth_scheme_case(request: &mut FaultRequest) -> Option<FaultResponse> {
    let scheme = request.header("authorization").split(' ').next().unwrap_or_default();
    let recased = !scheme.is_empty() && !["Basic", "Bearer"].contains(&scheme);
    recased.then(|| FaultResponse::error(401, None, "Unauthorized."))
}

fault! {
    After unauthorized_no_challenge: "A 401 has no WWW-Authenticate.",
    trips ["auth.challenge"], defects ["D009"]
}
fn unauthorized_no_challenge(_: &FaultRequest, response: &mut FaultResponse) {
    if response.status == 401 {
        response.remove_header("www-authenticate");
    }
}

fault! { After unauthorized_403: "Missing credentials are answered with 403.", trips ["auth.status-401"] }
fn unauthorized_403(_: &FaultRequest, response: &mut FaultResponse) {
    if response.status == 401 {
        response.set_status(403);
    }
}

fault! {
    After unauthorized_500: "Missing credentials are answered with 500.",
    trips ["auth.read-needs-credential", "auth.write-needs-credential"], defects ["D008"]
}
fn unauthorized_500(_: &FaultRequest, response: &mut FaultResponse) {
    if response.status == 401 {
        *response = FaultResponse::server_error();
    }
}

fault! {
    After unauthorized_200: "Requests without a credential get an empty list.",
    trips ["auth.read-needs-credential"]
}
fn unauthorized_200(request: &FaultRequest, response: &mut FaultResponse) {
    if response.status == 401 && request.list() {
        *response = FaultResponse::json(200, empty_list());
    }
}
