//! Faults that the requirements `delete.*` notice.

use crate::faults::support::*;

faults! {
    create_takes_old_groups, delete_200, delete_500, delete_any_type, delete_deactivates,
    delete_id_reused, delete_nothing, delete_still_found, delete_takes_reports, delete_unknown_204,
    group_delete_refused,
}

fault! { After delete_200: "DELETE is answered with 200.", trips ["delete.status-204"] }
fn delete_200(request: &FaultRequest, response: &mut FaultResponse) {
    if request.is("DELETE") && response.ok() {
        response.status = 200;
    }
}

fault! {
    After delete_500: "DELETE answers 500 although it worked.",
    trips ["delete.user", "response.no-server-error"], defects ["D136"]
}
fn delete_500(request: &FaultRequest, response: &mut FaultResponse) {
    if request.is("DELETE") && response.ok() {
        *response = FaultResponse::server_error();
    }
}

fault! {
    Before delete_nothing: "DELETE answers 204 and deletes nothing.",
    trips ["delete.gone", "delete.user"], defects ["D137"]
}
fn delete_nothing(request: &mut FaultRequest) -> Option<FaultResponse> {
    (request.is("DELETE") && request.one()).then(|| FaultResponse::bare(204))
}

fault! {
    Whole delete_deactivates: "DELETE deactivates the user.",
    trips ["delete.gone", "delete.user"], defects ["D137"]
}
async fn delete_deactivates(request: &FaultRequest, service: &Service) -> FaultResponse {
    if !(request.is("DELETE") && request.users()) {
        return service.send(request).await;
    }
    let off = json!({"op": "replace", "path": "active", "value": false});
    let mut response = service.send(&request.patch(request.path.clone(), off)).await;
    if response.ok() {
        response.empty(204);
    }
    response
}

fault! {
    After delete_unknown_204: "DELETE of an unknown id is answered with 204.",
    trips ["delete.unknown-is-404"]
}
fn delete_unknown_204(request: &FaultRequest, response: &mut FaultResponse) {
    if request.is("DELETE") && response.status == 404 {
        response.empty(204);
    }
}

fault! {
    Whole group_delete_refused: "Groups with members cannot be deleted.",
    trips ["delete.group"], defects ["D114"]
}
async fn group_delete_refused(request: &FaultRequest, service: &Service) -> FaultResponse {
    if !(request.is("DELETE") && request.groups()) {
        return service.send(request).await;
    }
    refuse_by_state(request, service, |before| {
        let held = !member_ids(before).is_empty();
        held.then(|| FaultResponse::error(409, None, "The group is not empty."))
    })
    .await
}

fault! {
    Whole delete_still_found: "Deleted users are still found by filters.",
    trips ["delete.not-in-queries"], defects ["D137"]
}
async fn delete_still_found(request: &FaultRequest, service: &Service) -> FaultResponse {
    remember_deleted(request, service).await;
    let mut response = service.send(request).await;
    if let Some((_, name)) = equality(request).filter(|(name, _)| name == "userName" && request.users())
        && response.content()["totalResults"] == 0
        && let Some(user) = deleted(request, &name)
    {
        response.set("totalResults", json!(1));
        response.set("itemsPerPage", json!(1));
        response.set("Resources", json!([user]));
    }
    response
}

fault! {
    Whole delete_id_reused: "A new user of the same name gets the id of the deleted one.",
    trips ["delete.id-not-reused"]
}
async fn delete_id_reused(request: &FaultRequest, service: &Service) -> FaultResponse {
    remember_deleted(request, service).await;
    let mut response = service.send(request).await;
    if request.creates_user()
        && response.ok()
        && let Some(user) = deleted(request, text(request.content(), "userName"))
    {
        response.set("id", user["id"].clone());
    }
    response
}

fault! { Whole delete_any_type: "DELETE below /Groups deletes users as well.", trips ["delete.other-type"] }
async fn delete_any_type(request: &FaultRequest, service: &Service) -> FaultResponse {
    let response = service.send(request).await;
    if request.is("DELETE") && request.groups() && response.status == 404 {
        return service
            .send(&request.other("DELETE", request.path.replace("/Groups/", "/Users/"), None))
            .await;
    }
    response
}

fault! {
    Whole delete_takes_reports: "The deletion of a manager deletes the reports.",
    trips ["delete.manager-leaves-reports"]
}
async fn delete_takes_reports(request: &FaultRequest, service: &Service) -> FaultResponse {
    let response = service.send(request).await;
    if let Some(id) = request.path.strip_prefix("/Users/").filter(|_| request.is("DELETE") && response.ok()) {
        let mut look = request.other("GET", "/Users", None);
        look.set("filter", Some(&format!("{ENTERPRISE}:manager.value eq \"{id}\"")));
        for user in values(&service.send(&look).await.content()["Resources"]) {
            service.send(&request.other("DELETE", format!("/Users/{}", text(user, "id")), None)).await;
        }
    }
    response
}

fault! {
    Whole create_takes_old_groups: "A new user is given the groups of a deleted one of the same name.",
    trips ["delete.name-again-has-no-groups"]
}
async fn create_takes_old_groups(request: &FaultRequest, service: &Service) -> FaultResponse {
    remember_deleted(request, service).await;
    let response = service.send(request).await;
    let old = deleted(request, text(response.content(), "userName"));
    if let Some(old) = old.filter(|_| request.creates_user() && response.ok()) {
        for group in values(&old["groups"]) {
            let add = json!({"op": "add", "path": "members", "value": [{"value": response.content()["id"]}]});
            service.send(&request.patch(format!("/Groups/{}", text(group, "value")), add)).await;
        }
    }
    response
}
