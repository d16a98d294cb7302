//! Faults that the requirements `lifecycle.*` notice.

use crate::faults::support::*;

faults! {
    deactivate_deletes, deactivation_leaves_groups, filter_boolean_text, filter_hides_inactive,
    inactive_changes_ignored, password_activates, patch_active_ignored, put_active_error,
    put_active_ignored, put_reactivate_refused, reactivate_refused, read_stale_active,
}

fault! {
    After put_active_error: "PUT with active false succeeds and answers an error.",
    trips ["lifecycle.deactivate-put", "response.no-server-error"], defects ["D130"]
}
fn put_active_error(request: &FaultRequest, response: &mut FaultResponse) {
    if request.is("PUT") && request.content()["active"] == false {
        *response = FaultResponse::server_error();
    }
}

fault! {
    After read_stale_active: "Lists show every user as active.",
    trips ["lifecycle.list-shows-state"], defects ["D134"]
}
fn read_stale_active(request: &FaultRequest, response: &mut FaultResponse) {
    if request.list() && request.users() {
        response.each(|user| user["active"] = json!(true));
    }
}

fault! {
    After filter_hides_inactive: "Filters do not find inactive users.",
    trips ["lifecycle.inactive-is-found"], defects ["D132"]
}
fn filter_hides_inactive(request: &FaultRequest, response: &mut FaultResponse) {
    if request.users() && request.parameter("filter").is_some() {
        keep_in_list(request, response, |user| user["active"] != false);
    }
}

fault! { Change filter_boolean_text: "active eq false finds nothing.", trips ["lifecycle.filter-active"] }
fn filter_boolean_text(request: &mut FaultRequest) {
    refilter(request, |filter| filter.replace("active eq false", "active eq false and id eq \"0\""));
}

fault! {
    Whole put_active_ignored: "PUT does not change active.",
    trips ["lifecycle.deactivate-put"], defects ["D129"]
}
async fn put_active_ignored(request: &FaultRequest, service: &Service) -> FaultResponse {
    put_keeps(request, service, request.users(), "active").await
}

fault! {
    Change patch_active_ignored: "PATCH of active is called done and is not.",
    trips ["lifecycle.deactivate-patch"], defects ["D129"]
}
fn patch_active_ignored(request: &mut FaultRequest) {
    for operation in request.operations() {
        if let Some(value) = object(operation) {
            value.shift_remove("active");
        }
    }
    request.keep_operations(|operation| path(operation) != "active");
}

fault! {
    Whole deactivate_deletes: "Deactivation deletes the user.",
    trips ["lifecycle.inactive-stays"], defects ["D131"]
}
async fn deactivate_deletes(request: &FaultRequest, service: &Service) -> FaultResponse {
    let off = |operation: &Value| {
        path(operation) == "active" && operation["value"] == false || operation["value"]["active"] == false
    };
    if request.users() && request.any_operation(off) {
        return service.send(&request.other("DELETE", request.path.clone(), None)).await;
    }
    service.send(request).await
}

fault! {
    Before reactivate_refused: "An inactive user cannot be activated again.",
    trips ["lifecycle.reactivate-patch"], defects ["D132"]
}
fn reactivate_refused(request: &mut FaultRequest) -> Option<FaultResponse> {
    let on = request.any_operation(|operation| {
        path(operation) == "active" && operation["value"] == true || operation["value"]["active"] == true
    });
    refuse_if(on, 409, "")
}

fault! {
    Whole put_reactivate_refused: "PUT cannot activate a user again.",
    trips ["lifecycle.reactivate-put"], defects ["D132"]
}
async fn put_reactivate_refused(request: &FaultRequest, service: &Service) -> FaultResponse {
    if !(request.is("PUT") && request.users() && request.content()["active"] == true) {
        return service.send(request).await;
    }
    refuse_by_state(request, service, |before| {
        (before["active"] == false).then(|| FaultResponse::error(409, None, "The user is inactive."))
    })
    .await
}

fault! {
    Whole deactivation_leaves_groups: "Groups do not show members that are inactive.",
    trips ["lifecycle.keeps-memberships"]
}
async fn deactivation_leaves_groups(request: &FaultRequest, service: &Service) -> FaultResponse {
    let mut response = service.send(request).await;
    if request.is("GET")
        && request.groups()
        && request.one()
        && let Some(members) = response.array("members")
    {
        for member in std::mem::take(members) {
            let user = request.other("GET", format!("/Users/{}", text(&member, "value")), None);
            if service.send(&user).await.content()["active"] != false {
                members.push(member);
            }
        }
    }
    response
}

fault! {
    Whole inactive_changes_ignored: "Changes of inactive users are called done.",
    trips ["lifecycle.changes-while-inactive"]
}
async fn inactive_changes_ignored(request: &FaultRequest, service: &Service) -> FaultResponse {
    let activates = request.any_operation(|operation| operation.to_string().contains("active"));
    if request.is("PATCH") && request.users() && !activates {
        let before = service.send(&request.read()).await;
        if before.content()["active"] == false {
            return before;
        }
    }
    service.send(request).await
}

fault! {
    Change password_activates: "A new password activates its user.",
    trips ["lifecycle.password-keeps-inactive"]
}
fn password_activates(request: &mut FaultRequest) {
    if request.users()
        && request.any_operation(|operation| path(operation) == "password")
        && let Some(all) = request.operation_list()
    {
        all.push(json!({"op": "replace", "path": "active", "value": true}));
    }
}
