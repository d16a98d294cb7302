//! Faults that the requirements `okta.*` notice.

use crate::faults::support::*;

faults! {
    create_external_id_demanded, create_password_refused, group_remove_clears, groups_slow,
    okta_activate_active_refused, okta_charset_406, okta_clear_without_path_ignored, okta_coding_br,
    okta_deactivate_twice_refused, okta_email_type_demanded, okta_extension_refused,
    okta_formatted_checked, okta_group_answer_bare, okta_hundred_members, okta_hundred_operations,
    okta_list_without_locale, okta_locale_underline_refused, okta_never_again, okta_null_display_refused,
    okta_page_of_fifty, okta_password_500, okta_password_deactivates, okta_primary_lost,
    okta_profile_url_refused, okta_put_activates, okta_put_empty_text_refused, okta_same_name_conflict,
}

fault! {
    Whole groups_slow: "Lists of groups are answered after more than half a second.",
    trips ["okta.answer-time"]
}
async fn groups_slow(request: &FaultRequest, service: &Service) -> FaultResponse {
    if request.list() && request.groups() {
        // Longer than Okta's suite waits.
        tokio::time::sleep(std::time::Duration::from_millis(650)).await;
    }
    service.send(request).await
}

fault! {
    Before create_external_id_demanded: "Creations without externalId are refused.",
    trips ["okta.external-id-optional"], defects ["D026"]
}
fn create_external_id_demanded(request: &mut FaultRequest) -> Option<FaultResponse> {
    (request.creates_user() && request.lacks("externalId"))
        .then(|| FaultResponse::error(400, Some("invalidValue"), "externalId is required."))
}

fault! {
    Before create_password_refused: "Creations with a password are refused.",
    trips ["okta.placeholder-password"], defects ["D028"]
}
fn create_password_refused(request: &mut FaultRequest) -> Option<FaultResponse> {
    (request.creates_user() && request.has("password"))
        .then(|| FaultResponse::error(400, Some("invalidValue"), "The password is too weak."))
}

fault! {
    Change group_remove_clears: "remove of one member empties the group.",
    trips ["okta.group-rename-and-members"]
}
fn group_remove_clears(request: &mut FaultRequest) {
    for operation in request.operations() {
        if op(operation) == "remove" && path(operation).starts_with("members[") {
            operation["path"] = json!("members");
        }
    }
}

fault! {
    Before okta_charset_406: "Accept-Charset is answered with 406.",
    trips ["okta.request-headers"], defects ["D015"]
}
fn okta_charset_406(request: &mut FaultRequest) -> Option<FaultResponse> {
    request.headers.contains_key("accept-charset").then(|| FaultResponse::error(406, None, "Not acceptable."))
}

fault! {
    After okta_coding_br: "Answers are coded by br, whatever the client takes.",
    trips ["okta.content-coding"]
}
fn okta_coding_br(request: &FaultRequest, response: &mut FaultResponse) {
    if request.list() && request.headers.contains_key("accept-encoding") {
        response.set_header("content-encoding", "br");
    }
}

fault! {
    After okta_list_without_locale: "Lists leave locale out.",
    trips ["okta.look-up-shows-the-user"], defects ["D032"]
}
fn okta_list_without_locale(request: &FaultRequest, response: &mut FaultResponse) {
    if request.list() {
        response.each(|user| {
            if let Some(user) = user.as_object_mut() {
                user.shift_remove("locale");
            }
        });
    }
}

fault! {
    Before okta_email_type_demanded: "E-mail addresses without type are refused.",
    trips ["okta.create-wizard"]
}
fn okta_email_type_demanded(request: &mut FaultRequest) -> Option<FaultResponse> {
    let bare = values(&request.content()["emails"]).any(|email| email.get("type").is_none());
    refuse_if(request.is("POST") && bare, 400, "invalidValue")
}

fault! {
    Before okta_locale_underline_refused: "A locale with an underline is refused.",
    trips ["okta.locale-forms"]
}
fn okta_locale_underline_refused(request: &mut FaultRequest) -> Option<FaultResponse> {
    let underlined = text(request.content(), "locale").contains('_');
    refuse_if(request.is("POST") && underlined, 400, "invalidValue")
}

fault! { Before okta_profile_url_refused: "profileUrl is refused.", trips ["okta.default-attributes"] }
fn okta_profile_url_refused(request: &mut FaultRequest) -> Option<FaultResponse> {
    refuse_if(request.is("POST") && request.has("profileUrl"), 400, "invalidValue")
}

fault! {
    Before okta_extension_refused: "Creations with the enterprise extension are refused.",
    trips ["okta.enterprise-accepted"]
}
fn okta_extension_refused(request: &mut FaultRequest) -> Option<FaultResponse> {
    refuse_if(request.is("POST") && request.has(ENTERPRISE), 400, "invalidValue")
}

fault! { After okta_primary_lost: "primary is not returned.", trips ["okta.primary-email"] }
fn okta_primary_lost(request: &FaultRequest, response: &mut FaultResponse) {
    if request.users() {
        response.each(|user| {
            for email in values_mut(user, "emails") {
                drop_member(email, "primary");
            }
        });
    }
}

fault! {
    Whole okta_formatted_checked: "name.formatted is shown, and a PUT whose formatted does not fit the parts is refused.",
    trips ["okta.put-stale-formatted"]
}
async fn okta_formatted_checked(request: &FaultRequest, service: &Service) -> FaultResponse {
    if !request.users() {
        return service.send(request).await;
    }
    let formatted = |user: &Value| {
        json!(format!("{} {}", text(&user["name"], "givenName"), text(&user["name"], "familyName")))
    };
    let sent = request.content();
    if request.is("PUT") && sent.pointer("/name/formatted").is_some_and(|text| *text != formatted(sent)) {
        return FaultResponse::error(400, Some("invalidValue"), "formatted does not fit.");
    }
    let mut response = service.send(request).await;
    response.each(|user| {
        if user.pointer("/name/familyName").is_some() {
            user["name"]["formatted"] = formatted(user);
        }
    });
    response
}

fault! {
    Before okta_put_empty_text_refused: "Empty texts in a PUT are refused.",
    trips ["okta.put-empty-values"]
}
fn okta_put_empty_text_refused(request: &mut FaultRequest) -> Option<FaultResponse> {
    let empty = request
        .body
        .as_ref()
        .and_then(Value::as_object)
        .is_some_and(|all| all.values().any(|value| value == ""));
    refuse_if(request.is("PUT") && empty, 400, "invalidValue")
}

fault! {
    Before okta_password_500: "A password in a PUT or PATCH is answered with 500.",
    trips ["okta.password-by-patch", "okta.password-by-put"]
}
fn okta_password_500(request: &mut FaultRequest) -> Option<FaultResponse> {
    (request.updates() && sets_password(request)).then(FaultResponse::server_error)
}

fault! {
    Change okta_password_deactivates: "A new password deactivates the user.",
    trips ["okta.password-changes-nothing-else"]
}
fn okta_password_deactivates(request: &mut FaultRequest) {
    if request.is("PUT")
        && sets_password(request)
        && let Some(body) = request.body.as_mut()
    {
        body["active"] = json!(false);
    }
}

fault! {
    Whole okta_never_again: "A user that was inactive once cannot be updated by PUT.",
    trips ["okta.reassign-wizard", "okta.reassign-catalogue"], defects ["D132"]
}
async fn okta_never_again(request: &FaultRequest, service: &Service) -> FaultResponse {
    if !(request.users() && request.one() && request.updates()) {
        return service.send(request).await;
    }
    refuse_by_state(request, service, |before| {
        let was_inactive = request.memory.with(|inactive: &mut OnceInactive| {
            if before["active"] == false {
                inactive.0.insert(request.path.clone());
            }
            inactive.0.contains(&request.path)
        });
        let refused = was_inactive && before["active"] == true && request.is("PUT");
        refused.then(|| FaultResponse::error(409, None, "The user was inactive before."))
    })
    .await
}

/// Paths of users that were inactive once.
#[derive(Default)]
struct OnceInactive(std::collections::BTreeSet<String>);

fault! {
    Whole okta_deactivate_twice_refused: "An inactive user cannot be deactivated again.",
    trips ["okta.deactivate-twice"]
}
async fn okta_deactivate_twice_refused(request: &FaultRequest, service: &Service) -> FaultResponse {
    repeat_refused(request, service, false).await
}

fault! {
    Whole okta_activate_active_refused: "An active user cannot be activated.",
    trips ["okta.activate-active"]
}
async fn okta_activate_active_refused(request: &FaultRequest, service: &Service) -> FaultResponse {
    repeat_refused(request, service, true).await
}

fault! {
    Whole okta_put_activates: "PUT of an inactive user activates it.",
    trips ["okta.push-keeps-inactive"]
}
async fn okta_put_activates(request: &FaultRequest, service: &Service) -> FaultResponse {
    if !(request.is("PUT") && request.users()) {
        return service.send(request).await;
    }
    change_by_state(request, service, |body, before| {
        if before["active"] == false {
            body["active"] = json!(true);
        }
    })
    .await
}

fault! {
    After okta_group_answer_bare: "The answer to a group's creation has no displayName.",
    trips ["okta.group-create-answer"]
}
fn okta_group_answer_bare(request: &FaultRequest, response: &mut FaultResponse) {
    if request.creates_group()
        && let Some(body) = response.body.as_mut().and_then(Value::as_object_mut)
    {
        body.shift_remove("displayName");
    }
}

fault! {
    Before okta_null_display_refused: "Members with display null are refused.",
    trips ["okta.member-display-null"]
}
fn okta_null_display_refused(request: &mut FaultRequest) -> Option<FaultResponse> {
    let null =
        values(&request.content()["members"]).any(|member| member.get("display") == Some(&Value::Null));
    refuse_if(request.is("PUT") && request.groups() && null, 400, "invalidValue")
}

fault! {
    Whole okta_same_name_conflict: "A rename of a group to the name that it has is a conflict.",
    trips ["okta.group-rename-unchanged"]
}
async fn okta_same_name_conflict(request: &FaultRequest, service: &Service) -> FaultResponse {
    let Some(name) = request.first_operation().pointer("/value/displayName").filter(|_| request.groups())
    else {
        return service.send(request).await;
    };
    refuse_by_state(request, service, |before| {
        (*name == before["displayName"])
            .then(|| FaultResponse::error(409, Some("uniqueness"), "The name is taken."))
    })
    .await
}

fault! {
    Change okta_clear_without_path_ignored: "An empty members in a replace without a path is ignored.",
    trips ["okta.push-now-without-path"], defects ["D060"]
}
fn okta_clear_without_path_ignored(request: &mut FaultRequest) {
    for operation in request.operations() {
        if let Some(value) = object(operation).filter(|value| value.get("members") == Some(&json!([]))) {
            value.shift_remove("members");
        }
    }
}

fault! {
    Before okta_hundred_operations: "A hundred operations in one request are too many.",
    trips ["okta.hundred-removals"]
}
fn okta_hundred_operations(request: &mut FaultRequest) -> Option<FaultResponse> {
    (request.operations().count() >= 100).then(|| FaultResponse::error(413, None, "Too many operations."))
}

fault! {
    Before okta_hundred_members: "More than a hundred members in one request are too many.",
    trips ["okta.push-now-large", "okta.put-large"]
}
fn okta_hundred_members(request: &mut FaultRequest) -> Option<FaultResponse> {
    let most = [&request.first_operation()["value"], &request.content()["members"]]
        .into_iter()
        .map(|members| values(members).count())
        .max();
    (request.groups() && most > Some(100)).then(|| FaultResponse::error(413, None, "Too many members."))
}

fault! {
    Change okta_page_of_fifty: "A page holds fifty resources at most.",
    trips ["okta.import-full-pages"], defects ["D081"]
}
fn okta_page_of_fifty(request: &mut FaultRequest) {
    if request.list() && request.asks("count", |count| count.parse::<u32>().is_ok_and(|count| count > 50)) {
        request.set("count", Some("50"));
    }
}
