//! Faults that the requirements `group.*` notice.

use crate::faults::support::*;

faults! {
    group_add_existing_refused, group_add_existing_touches, group_add_first_only, group_add_replaces,
    group_answer_echo, group_back_link_name, group_back_link_stale, group_by_user, group_clear_ignored,
    group_clear_refused, group_create_empty_refused, group_create_loses_members,
    group_delete_takes_members, group_empty_member_500, group_keeps_deleted, group_last_member_refused,
    group_member_exchanged, group_members_capped, group_members_no_path_refused, group_mixed_adds_only,
    group_nested_dropped, group_non_member_404, group_put_empty_keeps, group_put_first_only,
    group_put_members_demanded, group_put_name_ignored, group_ref_wrong, group_refused_change_empties,
    group_refused_stays, group_removals_shift, group_remove_ignored, group_remove_refused,
    group_rename_clears, group_rename_id_refused, group_rename_ignored, group_replace_adds,
    group_replace_refused, group_same_name_500, group_stale_removal_clears, group_type_wrong,
    group_unknown_member_user, group_unknown_member_wipes, list_drops_members, rename_leaves_groups,
}

fault! {
    After list_drops_members: "Groups in lists have no members.",
    trips ["group.list-shows-members"], defects ["D089"]
}
fn list_drops_members(request: &FaultRequest, response: &mut FaultResponse) {
    if request.list() && request.groups() {
        response.each(|group| drop_member(group, "members"));
    }
}

fault! {
    Change group_create_loses_members: "Members are not stored when a group is created.",
    trips ["group.created-with-members"], defects ["D120"]
}
fn group_create_loses_members(request: &mut FaultRequest) {
    if request.creates_group() {
        request.drop_member("members");
    }
}

fault! {
    Before group_create_empty_refused: "Groups with an empty members are refused.",
    trips ["group.created-empty"]
}
fn group_create_empty_refused(request: &mut FaultRequest) -> Option<FaultResponse> {
    (request.creates_group() && request.content()["members"] == json!([]))
        .then(|| FaultResponse::error(400, Some("invalidValue"), "members is empty."))
}

fault! {
    Change group_add_replaces: "add of members replaces the others.",
    trips ["group.add-keeps-others"], defects ["D063"]
}
fn group_add_replaces(request: &mut FaultRequest) {
    for operation in request.operations() {
        if op(operation) == "add" && path(operation) == "members" {
            operation["op"] = json!("replace");
        }
    }
}

fault! {
    Change group_add_first_only: "Only the first of several new members is added.",
    trips ["group.add-several"], defects ["D119"]
}
fn group_add_first_only(request: &mut FaultRequest) {
    for operation in request.operations() {
        if op(operation) == "add"
            && path(operation) == "members"
            && let Some(all) = operation["value"].as_array_mut()
        {
            all.truncate(1);
        }
    }
}

fault! {
    Whole group_add_existing_refused: "add of a member that is there is refused.",
    trips ["group.add-existing"], defects ["D160"]
}
async fn group_add_existing_refused(request: &FaultRequest, service: &Service) -> FaultResponse {
    if !request.any_operation(|operation| op(operation) == "add" && path(operation) == "members") {
        return service.send(request).await;
    }
    refuse_by_state(request, service, |before| {
        let known = member_ids(before);
        let twice = values(&request.first_operation()["value"])
            .any(|member| known.iter().any(|id| member["value"] == *id));
        twice.then(|| FaultResponse::error(409, Some("uniqueness"), "The user is a member already."))
    })
    .await
}

fault! {
    Change group_remove_ignored: "remove of one member is called done and is not.",
    trips ["group.remove-by-filter"]
}
fn group_remove_ignored(request: &mut FaultRequest) {
    if request.any_operation(|operation| path(operation).starts_with("members[")) {
        request.keep_operations(|operation| !path(operation).starts_with("members["));
    }
}

fault! { Before group_remove_refused: "remove of one member is refused.", trips ["group.remove-by-filter"] }
fn group_remove_refused(request: &mut FaultRequest) -> Option<FaultResponse> {
    let one = request.any_operation(|operation| path(operation).starts_with("members["));
    refuse_if(one, 400, "invalidPath")
}

fault! {
    Whole group_removals_shift: "Of several removals the second hits another member.",
    trips ["group.remove-several"], defects ["D064"]
}
async fn group_removals_shift(request: &FaultRequest, service: &Service) -> FaultResponse {
    let all: Vec<&Value> = values(&request.content()["Operations"]).collect();
    if all.len() < 2 || !all.iter().all(|operation| path(operation).starts_with("members[")) {
        return service.send(request).await;
    }
    let before = current(request, service).await;
    let mut left: Vec<&Value> = values(&before["members"]).collect();
    let ids = member_ids(&before);
    // The positions are those of the members before the first removal.
    for id in all.iter().filter_map(|operation| quoted(path(operation))) {
        if let Some(position) = ids.iter().position(|known| known == id).filter(|at| *at < left.len()) {
            left.remove(position);
        }
    }
    let replace = json!({"op": "replace", "path": "members", "value": left});
    service.send(&request.patch(request.path.clone(), replace)).await
}

fault! {
    Change group_mixed_adds_only: "Of removals and additions in one request only the additions are applied.",
    trips ["group.mixed-changes"], defects ["D065"]
}
fn group_mixed_adds_only(request: &mut FaultRequest) {
    let mixed = request.any_operation(|operation| op(operation) == "add")
        && request.any_operation(|operation| op(operation) == "remove");
    if mixed {
        request.keep_operations(|operation| op(operation) == "add");
    }
}

fault! {
    Change group_replace_adds: "replace of members adds to them.",
    trips ["group.replace-members"], defects ["D059"]
}
fn group_replace_adds(request: &mut FaultRequest) {
    for operation in request.operations() {
        if op(operation) == "replace" && path(operation) == "members" {
            operation["op"] = json!("add");
        }
    }
}

fault! {
    Before group_replace_refused: "replace of members is refused.",
    trips ["group.replace-members"], defects ["D059"]
}
fn group_replace_refused(request: &mut FaultRequest) -> Option<FaultResponse> {
    let whole = request.any_operation(|operation| op(operation) == "replace" && path(operation) == "members");
    refuse_if(whole, 501, "")
}

fault! {
    Change group_clear_ignored: "replace of members with nothing is called done and is not.",
    trips ["group.replace-with-nothing"], defects ["D060"]
}
fn group_clear_ignored(request: &mut FaultRequest) {
    if request.any_operation(|operation| path(operation) == "members" && operation["value"] == json!([])) {
        request.keep_operations(|operation| operation["value"] != json!([]));
    }
}

fault! {
    Before group_clear_refused: "replace of members with nothing is refused.",
    trips ["group.replace-with-nothing"], defects ["D060"]
}
fn group_clear_refused(request: &mut FaultRequest) -> Option<FaultResponse> {
    let empty =
        request.any_operation(|operation| path(operation) == "members" && operation["value"] == json!([]));
    refuse_if(empty, 400, "invalidValue")
}

fault! {
    Before group_rename_id_refused: "A rename with id in its value is refused.",
    trips ["group.rename-by-patch"], defects ["D056"]
}
fn group_rename_id_refused(request: &mut FaultRequest) -> Option<FaultResponse> {
    let id = request.any_operation(|operation| operation.pointer("/value/id").is_some());
    refuse_if(id, 400, "mutability")
}

fault! {
    Change group_rename_ignored: "A rename by PATCH is called done and is not.",
    trips ["group.rename-by-patch", "group.rename-by-path"]
}
fn group_rename_ignored(request: &mut FaultRequest) {
    if request.groups() {
        for operation in request.operations() {
            if let Some(value) = object(operation) {
                value.shift_remove("displayName");
            }
        }
        request.keep_operations(|operation| path(operation) != "displayName");
    }
}

fault! {
    Change group_rename_clears: "A rename loses the members.",
    trips ["group.rename-by-patch", "group.rename-by-path"], defects ["D116"]
}
fn group_rename_clears(request: &mut FaultRequest) {
    if request.groups() {
        for operation in request.operations() {
            if operation.pointer("/value/displayName").is_some() {
                operation["value"]["members"] = json!([]);
            }
        }
    }
}

fault! {
    Before group_members_no_path_refused: "replace of members without a path is refused.",
    trips ["group.members-without-path"], defects ["D058"]
}
fn group_members_no_path_refused(request: &mut FaultRequest) -> Option<FaultResponse> {
    let bare =
        request.groups() && request.any_operation(|operation| operation.pointer("/value/members").is_some());
    refuse_if(bare, 400, "noTarget")
}

fault! {
    Change group_put_first_only: "PUT stores the first member only.",
    trips ["group.put-members"], defects ["D119"]
}
fn group_put_first_only(request: &mut FaultRequest) {
    if request.is("PUT")
        && request.groups()
        && let Some(Value::Array(all)) = request.member("members")
    {
        all.truncate(1);
    }
}

fault! {
    Whole group_put_empty_keeps: "PUT with an empty members keeps the members.",
    trips ["group.put-no-members"]
}
async fn group_put_empty_keeps(request: &FaultRequest, service: &Service) -> FaultResponse {
    put_keeps(request, service, request.groups() && request.content()["members"] == json!([]), "members")
        .await
}

fault! { Whole group_put_name_ignored: "PUT does not rename a group.", trips ["group.put-rename"] }
async fn group_put_name_ignored(request: &FaultRequest, service: &Service) -> FaultResponse {
    put_keeps(request, service, request.groups(), "displayName").await
}

fault! {
    Whole group_unknown_member_wipes: "An unknown member empties the group.",
    trips ["group.unknown-member-harms-none"], defects ["D122", "D123"]
}
async fn group_unknown_member_wipes(request: &FaultRequest, service: &Service) -> FaultResponse {
    if request.is("PATCH") && !unknown_members(request, service).await.is_empty() {
        let clear = json!({"op": "replace", "path": "members", "value": []});
        return service.send(&request.patch(request.path.clone(), clear)).await;
    }
    service.send(request).await
}

fault! {
    Whole group_unknown_member_user: "An unknown member becomes a user.",
    trips ["group.unknown-member-makes-no-user"], defects ["D171"]
}
async fn group_unknown_member_user(request: &FaultRequest, service: &Service) -> FaultResponse {
    let unknown = unknown_members(request, service).await;
    request.memory.with(|made: &mut MadeUsers| made.0.extend(unknown));
    let response = service.send(request).await;
    let id = request.path.trim_start_matches("/Users/");
    if response.status == 404
        && request.is("GET")
        && request.memory.with(|made: &mut MadeUsers| made.0.contains(id))
    {
        let user = json!({"schemas": [USER], "id": id, "userName": format!("{id}@example.com")});
        return FaultResponse::json(200, user);
    }
    response
}

/// Ids of members that were unknown.
#[derive(Default)]
struct MadeUsers(std::collections::BTreeSet<String>);

fault! {
    Before group_empty_member_500: "A member without a value is answered with 500.",
    trips ["group.member-without-value", "response.no-server-error"], defects ["D125"]
}
fn group_empty_member_500(request: &mut FaultRequest) -> Option<FaultResponse> {
    let empty = |member: &Value| member.is_object() && member.get("value").is_none();
    let any = request
        .any_operation(|operation| path(operation) == "members" && values(&operation["value"]).any(empty));
    refuse_if(any, 500, "")
}

fault! {
    After group_members_capped: "Groups show at most 100 members.",
    trips ["group.many-members"], defects ["D081"]
}
fn group_members_capped(request: &FaultRequest, response: &mut FaultResponse) {
    if request.groups() {
        response.each(|group| {
            if let Some(all) = array(group, "members") {
                all.truncate(100);
            }
        });
    }
}

fault! { After group_ref_wrong: "The $ref of members leads nowhere.", trips ["group.member-reference"] }
fn group_ref_wrong(request: &FaultRequest, response: &mut FaultResponse) {
    if request.groups() {
        response.each(|group| {
            for member in values_mut(group, "members") {
                member["$ref"] = json!(format!("{}/nowhere", text(member, "$ref")));
            }
        });
    }
}

fault! {
    After group_back_link_stale: "groups of a user does not follow the members.",
    trips ["group.back-link"]
}
fn group_back_link_stale(request: &FaultRequest, response: &mut FaultResponse) {
    if !request.users() {
        return;
    }
    response.each(|user| {
        let id = text(user, "id").to_owned();
        let now = user["groups"].as_array().cloned().unwrap_or_default();
        let all = request.memory.with(|shown: &mut ShownGroups| {
            let all = shown.0.entry(id).or_default();
            all.extend(now.into_iter().map(|group| (text(&group, "value").to_owned(), group)));
            all.values().cloned().collect::<Vec<_>>()
        });
        if user.get("userName").is_some() && !all.is_empty() {
            user["groups"] = json!(all);
        }
    });
}

/// The groups that each user was ever shown in.
#[derive(Default)]
struct ShownGroups(BTreeMap<String, BTreeMap<String, Value>>);

fault! {
    Whole group_by_user: "groups in a user's body changes the membership.",
    trips ["group.user-groups-are-read-only"], defects ["D113"]
}
async fn group_by_user(request: &FaultRequest, service: &Service) -> FaultResponse {
    if request.is("PUT")
        && let Some(user) = request.path.strip_prefix("/Users/")
    {
        for group in values(&request.content()["groups"]) {
            let add = json!({"op": "add", "path": "members", "value": [{"value": user}]});
            service.send(&request.patch(format!("/Groups/{}", text(group, "value")), add)).await;
        }
    }
    service.send(request).await
}

fault! {
    Whole group_delete_takes_members: "Deleting a group deletes its members.",
    trips ["group.memberships-are-independent"]
}
async fn group_delete_takes_members(request: &FaultRequest, service: &Service) -> FaultResponse {
    if request.is("DELETE") && request.groups() {
        for id in member_ids(&current(request, service).await) {
            service.send(&request.other("DELETE", format!("/Users/{id}"), None)).await;
        }
    }
    service.send(request).await
}

fault! {
    Whole group_same_name_500: "A second group of the same name is answered with 500.",
    trips ["group.same-name-is-no-crash"], defects ["D161"]
}
async fn group_same_name_500(request: &FaultRequest, service: &Service) -> FaultResponse {
    if request.creates_group() {
        let mut look = request.read();
        look.set("filter", Some(&format!("displayName eq {}", request.content()["displayName"])));
        if service.send(&look).await.content()["totalResults"].as_u64().is_some_and(|total| total > 0) {
            return FaultResponse::server_error();
        }
    }
    service.send(request).await
}

fault! {
    Whole group_keeps_deleted: "Deleted users stay members.",
    trips ["group.deleted-member"], defects ["D136"]
}
async fn group_keeps_deleted(request: &FaultRequest, service: &Service) -> FaultResponse {
    if request.is("DELETE") && request.users() {
        let before = current(request, service).await;
        let kept = values(&before["groups"])
            .map(|group| (format!("/Groups/{}", text(group, "value")), json!({"value": before["id"]})));
        request.memory.with(|deleted: &mut DeletedMembers| deleted.0.extend(kept));
    }
    let mut response = service.send(request).await;
    let member = request.memory.with(|deleted: &mut DeletedMembers| deleted.0.get(&request.path).cloned());
    if let Some(member) = member.filter(|_| request.is("GET")) {
        response.each(|group| match array(group, "members") {
            Some(all) => all.push(member.clone()),
            None => group["members"] = json!([member]),
        });
    }
    response
}

/// The latest deleted member of each group.
#[derive(Default)]
struct DeletedMembers(BTreeMap<String, Value>);

fault! { After group_type_wrong: "Members of groups show the type direct.", trips ["group.member-type"] }
fn group_type_wrong(request: &FaultRequest, response: &mut FaultResponse) {
    if request.groups() {
        response.each(|group| {
            if let Some(all) = array(group, "members") {
                for member in all {
                    member["type"] = json!("direct");
                }
            }
        });
    }
}

fault! {
    Change group_nested_dropped: "A group as a member is called done and dropped.",
    trips ["group.nested"], defects ["D126"]
}
fn group_nested_dropped(request: &mut FaultRequest) {
    let nested = |member: &Value| member["type"] == "Group";
    let only_nested = |all: &Vec<Value>| !all.is_empty() && all.iter().all(nested);
    request.keep_operations(|operation| !operation["value"].as_array().is_some_and(only_nested));
    for operation in request.operations() {
        if let Some(all) = array(operation, "value") {
            all.retain(|member| !nested(member));
        }
    }
}

fault! {
    Whole group_non_member_404: "Removing a user who is no member is answered with 404.",
    trips ["group.remove-non-member"]
}
async fn group_non_member_404(request: &FaultRequest, service: &Service) -> FaultResponse {
    if !removes_member(request) {
        return service.send(request).await;
    }
    refuse_by_state(request, service, |before| {
        let gone = !member_ids(before).iter().any(|id| Some(id.as_str()) == removed(request));
        gone.then(|| FaultResponse::error(404, None, "No such member."))
    })
    .await
}

fault! {
    Whole group_member_exchanged: "The value of a member can be replaced by another.",
    trips ["group.member-value-is-immutable"], defects ["D054"]
}
async fn group_member_exchanged(request: &FaultRequest, service: &Service) -> FaultResponse {
    let operation = request.first_operation();
    if !(request.is("PATCH") && path(operation).ends_with("].value")) {
        return service.send(request).await;
    }
    put_instead(request, service, |group| {
        for member in values_mut(group, "members") {
            if member["value"].as_str() == quoted(path(operation)) {
                *member = json!({"value": operation["value"]});
            }
        }
    })
    .await
}

fault! { Whole group_last_member_refused: "The last member cannot be removed.", trips ["group.last-member"] }
async fn group_last_member_refused(request: &FaultRequest, service: &Service) -> FaultResponse {
    if !removes_member(request) {
        return service.send(request).await;
    }
    refuse_by_state(request, service, |before| {
        let ids = member_ids(before);
        refuse_if(ids.len() == 1 && ids.first().map(String::as_str) == removed(request), 400, "invalidValue")
    })
    .await
}

fault! {
    Whole group_add_existing_touches: "Adding a member who is there moves lastModified of the group.",
    trips ["group.add-existing-keeps-time"]
}
async fn group_add_existing_touches(request: &FaultRequest, service: &Service) -> FaultResponse {
    let operation = request.first_operation();
    if request.is("PATCH") && request.groups() && op(operation) == "add" && path(operation) == "members" {
        touch(request, service).await;
    }
    service.send(request).await
}

fault! {
    After group_answer_echo: "The answers to writes of groups show members that are not stored.",
    trips ["group.answer-is-the-store"], defects ["D126"]
}
fn group_answer_echo(request: &FaultRequest, response: &mut FaultResponse) {
    if request.groups()
        && (request.is("POST") || request.is("PUT"))
        && response.ok()
        && let Some(all) = response.array("members")
    {
        all.push(json!({"value": "unstored", "display": "Unstored"}));
    }
}

fault! {
    Before group_put_members_demanded: "PUT of a group without members is refused.",
    trips ["group.put-without-members"]
}
fn group_put_members_demanded(request: &mut FaultRequest) -> Option<FaultResponse> {
    refuse_if(request.is("PUT") && request.groups() && request.lacks("members"), 400, "invalidValue")
}

fault! {
    After group_back_link_name: "groups of a user shows the name that the group had first.",
    trips ["group.back-link-follows-rename"]
}
fn group_back_link_name(request: &FaultRequest, response: &mut FaultResponse) {
    if request.creates_group() && response.ok() {
        let (id, name) =
            (text(response.content(), "id").to_owned(), response.content()["displayName"].clone());
        request.memory.with(|names: &mut FirstNames| names.0.insert(id, name));
    }
    if request.users() {
        response.each(|user| {
            for group in values_mut(user, "groups") {
                let first =
                    request.memory.with(|names: &mut FirstNames| names.0.get(text(group, "value")).cloned());
                if let Some(first) = first {
                    group["display"] = first;
                }
            }
        });
    }
}

/// The names of groups when they were created, by id.
#[derive(Default)]
struct FirstNames(BTreeMap<String, Value>);

fault! {
    Whole group_stale_removal_clears: "Removing a user who was deleted empties the group.",
    trips ["group.stale-removal-harms-none"], defects ["D122"]
}
async fn group_stale_removal_clears(request: &FaultRequest, service: &Service) -> FaultResponse {
    if !removes_member(request) {
        return service.send(request).await;
    }
    change_by_state(request, service, |body, before| {
        if !member_ids(before).iter().any(|id| Some(id.as_str()) == removed(request)) {
            body["Operations"] = json!([{"op": "remove", "path": "members"}]);
        }
    })
    .await
}

fault! {
    Whole group_refused_stays: "A creation of a group that is refused leaves a group.",
    trips ["group.refused-creation-leaves-nothing"]
}
async fn group_refused_stays(request: &FaultRequest, service: &Service) -> FaultResponse {
    refused_stays(request, service, request.creates_group(), "displayName").await
}

fault! {
    Whole group_refused_change_empties: "A change of members that is refused empties the group.",
    trips ["group.refused-change-changes-nothing"]
}
async fn group_refused_change_empties(request: &FaultRequest, service: &Service) -> FaultResponse {
    let response = service.send(request).await;
    let of_members = request.has("members")
        || request.any_operation(|operation| {
            path(operation).starts_with("members") || operation["value"].get("members").is_some()
        });
    if response.status == 400 && request.groups() && request.one() && of_members {
        let clear = json!({"op": "remove", "path": "members"});
        service.send(&request.patch(request.path.clone(), clear)).await;
    }
    response
}

fault! {
    Whole rename_leaves_groups: "A user who is renamed leaves its groups.",
    trips ["group.kept-by-rename"]
}
async fn rename_leaves_groups(request: &FaultRequest, service: &Service) -> FaultResponse {
    if !(request.users() && request.any_operation(|operation| path(operation) == "userName")) {
        return service.send(request).await;
    }
    let user = current(request, service).await;
    let response = service.send(request).await;
    for group in values(&user["groups"]).filter(|_| response.ok()) {
        let leave = json!({"op": "remove", "path": format!("members[value eq {}]", user["id"])});
        service.send(&request.patch(format!("/Groups/{}", text(group, "value")), leave)).await;
    }
    response
}
