//! Faults that the requirements `replace.*` notice.

use crate::faults::support::*;

faults! {
    group_put_keeps_members, immutable_changes, immutable_never_set, meta_created_moves,
    meta_modified_stays, not_found_500_on_write, put_204, put_created_refused, put_creates, put_echo,
    put_invents_user_name, put_loses_middle_name, put_loses_title, put_merges_emails, put_nick_name_kept,
    put_not_offered, put_nothing, put_other_id_conflict, put_read_only_refused, put_recase_refused,
    put_rename_ignored, put_taken_name_500, put_taken_name_accepted,
}

fault! {
    Before put_not_offered: "PUT is not there.",
    trips ["replace.group", "replace.user"], defects ["D036"]
}
fn put_not_offered(request: &mut FaultRequest) -> Option<FaultResponse> {
    request.is("PUT").then(|| FaultResponse::error(501, None, "Not implemented."))
}

fault! {
    After meta_created_moves: "meta.created is the time of the last change.",
    trips ["replace.created-stays"]
}
fn meta_created_moves(request: &FaultRequest, response: &mut FaultResponse) {
    if request.users_or_groups() {
        response.each_meta(|meta| {
            if let Some(modified) = meta.get("lastModified").cloned() {
                meta.insert("created".into(), modified);
            }
        });
    }
}

fault! { After put_204: "PUT is answered with 204.", trips ["replace.status-200"] }
fn put_204(request: &FaultRequest, response: &mut FaultResponse) {
    if request.is("PUT") && response.ok() {
        response.status = 204;
        response.drop_body();
    }
}

fault! {
    After not_found_500_on_write: "Writes to unknown ids are answered with 500.",
    trips ["replace.unknown-is-404", "patch.unknown-is-404", "delete.unknown-is-404"], defects ["D099"]
}
fn not_found_500_on_write(request: &FaultRequest, response: &mut FaultResponse) {
    if request.one() && response.status == 404 && !request.is("GET") {
        *response = FaultResponse::server_error();
    }
}

fault! {
    Whole put_rename_ignored: "PUT does not change userName.",
    trips ["replace.rename"], defects ["D037"]
}
async fn put_rename_ignored(request: &FaultRequest, service: &Service) -> FaultResponse {
    put_keeps(request, service, request.users() && request.has("userName"), "userName").await
}

fault! { Whole put_nothing: "PUT answers 200 and stores nothing.", trips ["replace.user"] }
async fn put_nothing(request: &FaultRequest, service: &Service) -> FaultResponse {
    if request.is("PUT") && request.users() {
        return service.send(&request.read()).await;
    }
    service.send(request).await
}

fault! {
    After put_echo: "PUT answers with the request, and displayName as it is not stored.",
    trips ["replace.answer-is-the-store"], defects ["D053", "D126"]
}
fn put_echo(request: &FaultRequest, response: &mut FaultResponse) {
    if request.is("PUT") && response.ok() {
        response.body.clone_from(&request.body);
        if request.users() {
            response.set("displayName", json!(text(request.content(), "displayName").to_uppercase()));
        }
    }
}

fault! { Whole put_merges_emails: "PUT adds to the e-mail addresses.", trips ["replace.multi-valued-whole"] }
async fn put_merges_emails(request: &FaultRequest, service: &Service) -> FaultResponse {
    if !(request.is("PUT") && request.users()) {
        return service.send(request).await;
    }
    change_by_state(request, service, |body, before| {
        let Some(emails) = array(body, "emails") else { return };
        for old in values(&before["emails"]) {
            if !emails.iter().any(|known| known["value"] == old["value"]) {
                let mut old = old.clone();
                old["primary"] = json!(false);
                emails.push(old);
            }
        }
    })
    .await
}

fault! { Change put_loses_title: "PUT does not store title.", trips ["replace.round-trip"], defects ["D039"] }
fn put_loses_title(request: &mut FaultRequest) {
    if request.is("PUT") && request.users() {
        request.drop_member("title");
    }
}

fault! {
    Before put_read_only_refused: "PUT with readOnly attributes is refused.",
    trips ["replace.user"], defects ["D054"]
}
fn put_read_only_refused(request: &mut FaultRequest) -> Option<FaultResponse> {
    (request.is("PUT") && request.has("meta"))
        .then(|| FaultResponse::error(400, Some("mutability"), "meta is readOnly."))
}

fault! { Whole put_creates: "PUT to an unknown id creates the user.", trips ["replace.unknown-is-404"] }
async fn put_creates(request: &FaultRequest, service: &Service) -> FaultResponse {
    let response = service.send(request).await;
    if response.status == 404 && request.is("PUT") && request.users() {
        return service.send(&request.other("POST", "/Users", request.body.clone())).await;
    }
    response
}

fault! {
    After put_taken_name_500: "PUT of a taken userName is answered with 500.",
    trips ["replace.taken-name-is-409", "response.no-server-error"], defects ["D106"]
}
fn put_taken_name_500(request: &FaultRequest, response: &mut FaultResponse) {
    if request.is("PUT") && response.status == 409 {
        *response = FaultResponse::error(500, None, "Duplicate key.");
    }
}

fault! {
    After put_taken_name_accepted: "PUT of a taken userName is accepted.",
    trips ["replace.taken-name-refused"], defects ["D106"]
}
fn put_taken_name_accepted(request: &FaultRequest, response: &mut FaultResponse) {
    if request.is("PUT") && response.status == 409 {
        *response = FaultResponse::json(200, request.content().clone());
    }
}

fault! {
    Whole put_recase_refused: "PUT that changes the letter case of the userName is a conflict.",
    trips ["replace.rename-letter-case"]
}
async fn put_recase_refused(request: &FaultRequest, service: &Service) -> FaultResponse {
    if !(request.is("PUT") && request.users()) {
        return service.send(request).await;
    }
    refuse_by_state(request, service, |before| {
        let (old, new) = (text(before, "userName"), text(request.content(), "userName"));
        let recased = old != new && old.to_lowercase() == new.to_lowercase();
        recased.then(|| FaultResponse::error(409, Some("uniqueness"), "The userName is taken."))
    })
    .await
}

fault! {
    Whole group_put_keeps_members: "PUT does not change members.",
    trips ["replace.group"], defects ["D118"]
}
async fn group_put_keeps_members(request: &FaultRequest, service: &Service) -> FaultResponse {
    put_keeps(request, service, request.groups(), "members").await
}

fault! { Whole put_nick_name_kept: "PUT does not change nickName.", trips ["replace.every-attribute"] }
async fn put_nick_name_kept(request: &FaultRequest, service: &Service) -> FaultResponse {
    put_keeps(request, service, request.users(), "nickName").await
}

fault! {
    Whole put_created_refused: "PUT with another meta.created is refused.",
    trips ["replace.read-only-ignored"]
}
async fn put_created_refused(request: &FaultRequest, service: &Service) -> FaultResponse {
    let Some(created) = request.content().pointer("/meta/created").filter(|_| request.is("PUT")) else {
        return service.send(request).await;
    };
    refuse_by_state(request, service, |before| {
        let differs = before.pointer("/meta/created").is_some_and(|known| known != created);
        differs.then(|| FaultResponse::error(409, Some("mutability"), "created is readOnly."))
    })
    .await
}

fault! {
    Before put_other_id_conflict: "PUT whose body has another id is a conflict.",
    trips ["replace.id-ignored"]
}
fn put_other_id_conflict(request: &mut FaultRequest) -> Option<FaultResponse> {
    let differs =
        request.is("PUT") && request.has("id") && !request.path.ends_with(text(request.content(), "id"));
    differs.then(|| FaultResponse::error(409, None, "The ids differ."))
}

fault! {
    Change put_invents_user_name: "PUT without a userName gives the user another one.",
    trips ["replace.required-stays"]
}
fn put_invents_user_name(request: &mut FaultRequest) {
    if request.is("PUT") && request.users() && request.lacks("userName") {
        let count = request.memory.next::<InventedNames>();
        if let Some(body) = request.body.as_mut() {
            body["userName"] = json!(format!("unnamed-{count}@example.com"));
        }
    }
}

struct InventedNames;

fault! { Change put_loses_middle_name: "PUT does not store name.middleName.", trips ["replace.parts-kept"] }
fn put_loses_middle_name(request: &mut FaultRequest) {
    if request.is("PUT")
        && request.users()
        && let Some(name) = request.member("name")
    {
        drop_member(name, "middleName");
    }
}

fault! {
    After immutable_changes: "An attribute that is published as immutable can be changed.",
    trips ["replace.immutable"]
}
fn immutable_changes(request: &FaultRequest, response: &mut FaultResponse) {
    nick_name_is_immutable(request, response);
}

fault! {
    Whole immutable_never_set: "What is published as immutable is never set but at creation.",
    trips ["replace.immutable-first-value"]
}
async fn immutable_never_set(request: &FaultRequest, service: &Service) -> FaultResponse {
    let mut response = put_keeps(request, service, request.users(), "nickName").await;
    nick_name_is_immutable(request, &mut response);
    response
}

fault! {
    After meta_modified_stays: "meta.lastModified never moves.",
    trips ["replace.modified-moves", "patch.modified-moves", "group.modified-moves"]
}
fn meta_modified_stays(request: &FaultRequest, response: &mut FaultResponse) {
    if request.users_or_groups() {
        response.each_meta(|meta| {
            if let Some(created) = meta.get("created").cloned() {
                meta.insert("lastModified".into(), created);
            }
        });
    }
}
