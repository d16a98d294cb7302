//! Faults that the requirements `concurrency.*` notice.

use crate::faults::support::*;

faults! {
    concurrent_create_500, concurrent_creates_locked, concurrent_groups_mixed, concurrent_member_delete_500, concurrent_name_lost,
    concurrent_patch_lost, concurrent_removal_lost, concurrent_rename_500,
}

fault! {
    Whole concurrent_patch_lost: "PATCHes at the same time overwrite each other.",
    trips ["concurrency.different-attributes"]
}
async fn concurrent_patch_lost(request: &FaultRequest, service: &Service) -> FaultResponse {
    let operation = request.first_operation();
    let single = request.is("PATCH") && values(&request.content()["Operations"]).count() == 1;
    let plain = !path(operation).is_empty() && !path(operation).contains(['[', '.', ':']);
    if single && plain && op(operation) != "remove" {
        return lost_update(request, service).await;
    }
    service.send(request).await
}

fault! {
    After concurrent_create_500: "Creations of one name at the same time are answered with 500.",
    trips ["concurrency.one-name-one-user"], defects ["D152"]
}
fn concurrent_create_500(request: &FaultRequest, response: &mut FaultResponse) {
    if request.creates_user() && response.status == 409 {
        *response = FaultResponse::server_error();
    }
}

fault! {
    Whole concurrent_creates_locked: "While one user is created, others whose names begin alike are refused as conflicts.",
    trips ["concurrency.creates"]
}
async fn concurrent_creates_locked(request: &FaultRequest, service: &Service) -> FaultResponse {
    let name = text(request.content(), "userName");
    if name.is_empty() || !request.creates_user() {
        return service.send(request).await;
    }
    let start = name.rsplit_once('-').map_or(name, |(start, _)| start).to_owned();
    let locked = request.memory.with(|locks: &mut Locks| !locks.0.insert(start.clone()));
    if locked {
        return FaultResponse::error(409, None, "Another user is being created.");
    }
    tokio::time::sleep(std::time::Duration::from_millis(30)).await;
    let response = service.send(request).await;
    request.memory.with(|locks: &mut Locks| locks.0.remove(&start));
    response
}

/// The beginnings of the names of users who are being created.
#[derive(Default)]
struct Locks(std::collections::BTreeSet<String>);

fault! {
    After concurrent_rename_500: "A rename to a taken userName by PATCH is answered with 500.",
    trips ["concurrency.one-name-by-rename"], defects ["D106"]
}
fn concurrent_rename_500(request: &FaultRequest, response: &mut FaultResponse) {
    if request.is("PATCH") && request.users() && response.status == 409 {
        *response = FaultResponse::server_error();
    }
}

fault! {
    Whole concurrent_removal_lost: "Removals of members at the same time overwrite each other.",
    trips ["concurrency.member-removals"]
}
async fn concurrent_removal_lost(request: &FaultRequest, service: &Service) -> FaultResponse {
    let one = path(request.first_operation()).matches('"').count() == 2;
    let single = one && values(&request.content()["Operations"]).count() == 1;
    let Some(gone) = removed(request).filter(|_| single && removes_member(request)) else {
        return service.send(request).await;
    };
    let mut before = current(request, service).await;
    meet(request, &request.path).await;
    let response = service.send(request).await;
    if let Some(all) = array(&mut before, "members").filter(|_| response.ok()) {
        all.retain(|member| member["value"] != gone);
        service.send(&request.other("PUT", request.path.clone(), Some(before))).await;
    }
    response
}

fault! {
    Whole concurrent_name_lost: "A rename of a group and other changes at the same time overwrite each other.",
    trips ["concurrency.members-and-name"]
}
async fn concurrent_name_lost(request: &FaultRequest, service: &Service) -> FaultResponse {
    let operation = request.first_operation();
    let concerned = request.groups() && ["displayName", "members"].contains(&path(operation));
    if concerned && request.is("PATCH") && op(operation) != "remove" {
        return lost_update(request, service).await;
    }
    service.send(request).await
}

fault! {
    Whole concurrent_member_delete_500: "Deleting a member of a group is answered with 500.",
    trips ["concurrency.member-deletions"], defects ["D136"]
}
async fn concurrent_member_delete_500(request: &FaultRequest, service: &Service) -> FaultResponse {
    if !(request.is("DELETE") && request.users()) {
        return service.send(request).await;
    }
    refuse_by_state(request, service, |before| {
        values(&before["groups"]).next().is_some().then(FaultResponse::server_error)
    })
    .await
}

fault! {
    Whole concurrent_groups_mixed: "Of groups that are created at the same time, with names that begin alike, all get the members of one.",
    trips ["concurrency.group-creates"]
}
async fn concurrent_groups_mixed(request: &FaultRequest, service: &Service) -> FaultResponse {
    let members = &request.content()["members"];
    if !(request.creates_group() && members.is_array()) {
        return service.send(request).await;
    }
    let name = text(request.content(), "displayName");
    let start = name.rsplit_once('-').map_or(name, |(start, _)| start).to_owned();
    request.memory.with(|latest: &mut LatestMembers| latest.0.insert(start.clone(), members.clone()));
    meet(request, &start).await;
    let mut mixed = request.content().clone();
    mixed["members"] = request.memory.with(|latest: &mut LatestMembers| latest.0[&start].clone());
    service.send(&request.with_body(mixed)).await
}

/// The members of the latest group that was to be created, by the beginning of its name.
#[derive(Default)]
struct LatestMembers(BTreeMap<String, Value>);
