//! Faults that the requirements `user.*` notice.

use crate::faults::support::*;

faults! {
    conflict_applies_the_rest, rename_keeps_name_taken,
}

fault! {
    Whole rename_keeps_name_taken: "The old name of a renamed user stays taken.",
    trips ["user.released-name-is-free"]
}
async fn rename_keeps_name_taken(request: &FaultRequest, service: &Service) -> FaultResponse {
    let name = text(request.content(), "userName").to_lowercase();
    let holder = request.memory.with(|names: &mut FormerNames| names.0.get(&name).cloned());
    if let Some(holder) = holder.filter(|_| request.creates_user())
        && service.send(&request.other("GET", holder, None)).await.ok()
    {
        return refusal(409, "uniqueness");
    }
    if !(request.updates() && request.users()) {
        return service.send(request).await;
    }
    let before = current(request, service).await;
    let response = service.send(request).await;
    if current(request, service).await["userName"] != before["userName"] {
        let old = text(&before, "userName").to_lowercase();
        request.memory.with(|names: &mut FormerNames| names.0.insert(old, request.path.clone()));
    }
    response
}

/// Names that users once had, with the users' paths.
#[derive(Default)]
struct FormerNames(BTreeMap<String, String>);

fault! {
    Whole conflict_applies_the_rest: "A change with a taken userName is refused, and the rest of it stored.",
    trips ["user.refused-change-changes-nothing"]
}
async fn conflict_applies_the_rest(request: &FaultRequest, service: &Service) -> FaultResponse {
    let response = service.send(request).await;
    if response.status != 409 || !request.users() || !request.updates() {
        return response;
    }
    let own = current(request, service).await["userName"].take();
    let mut rest = request.clone();
    if let Some(name) = rest.member("userName") {
        *name = own;
    }
    rest.keep_operations(|operation| path(operation) != "userName");
    for value in rest.operations().filter_map(object) {
        value.shift_remove("userName");
    }
    service.send(&rest).await;
    response
}
