//! Faults that the requirements `create.*` notice.

use crate::faults::support::*;

faults! {
    accept_scim_refused, active_missing, conflict_400, conflict_500, create_200, create_active_ignored,
    create_duplicate_case, create_duplicate_replaces, create_echo, create_empty_body,
    create_enterprise_lost, create_entitlements_lost, create_first_schema_decides, create_groups_refused,
    create_keeps_client_id, create_location_of_list, create_names_case, create_no_location,
    create_null_refused, create_one_email, create_other_id, create_primary_needed,
    create_read_only_refused, create_refused_stays, create_schemas_at_the_start,
    create_user_name_optional, create_wrong_type_taken, error_no_scim_type, extension_required_in_name,
    external_id_dropped, group_name_taken, locale_and_timezone_swapped, manager_name_taken, names_missing,
    parts_type_lost,
}

fault! { After create_200: "Creations are answered with 200.", trips ["create.status-201"], defects ["D017"] }
fn create_200(request: &FaultRequest, response: &mut FaultResponse) {
    if created(request, response) {
        response.status = 200;
    }
}

fault! {
    After create_empty_body: "Creations are answered without a body.",
    trips ["create.body"], defects ["D018"]
}
fn create_empty_body(request: &FaultRequest, response: &mut FaultResponse) {
    if created(request, response) {
        response.drop_body();
    }
}

fault! {
    After create_no_location: "Creations have no Location.",
    trips ["create.location"], defects ["D140"]
}
fn create_no_location(request: &FaultRequest, response: &mut FaultResponse) {
    if created(request, response) {
        response.remove_header("location");
    }
}

fault! {
    After create_location_of_list: "The Location of a creation is the list's.",
    trips ["create.location-agrees"], defects ["D140"]
}
fn create_location_of_list(request: &FaultRequest, response: &mut FaultResponse) {
    let location = response.headers.get("location").and_then(|value| value.to_str().ok());
    let list = location.and_then(|location| Some(location.rsplit_once('/')?.0.to_owned()));
    if let Some(list) = list.filter(|_| created(request, response)) {
        response.set_header("location", &format!("{list}/"));
    }
}

fault! {
    After create_other_id: "The id in the answer to a creation is not the stored one.",
    trips ["create.readable-at-location"], defects ["D022"]
}
fn create_other_id(request: &FaultRequest, response: &mut FaultResponse) {
    if created(request, response)
        && let Some(body) = response.body.as_mut()
    {
        body["id"] = json!("7".repeat(18));
    }
}

fault! {
    After names_missing: "name.givenName and name.familyName are not returned.",
    trips ["create.stores-okta-attributes"], defects ["D032"]
}
fn names_missing(request: &FaultRequest, response: &mut FaultResponse) {
    if request.users() {
        response.drop_member("name");
    }
}

fault! { After active_missing: "active is not returned.", trips ["create.stores-okta-attributes"] }
fn active_missing(request: &FaultRequest, response: &mut FaultResponse) {
    if request.users() {
        response.drop_member("active");
    }
}

fault! {
    After external_id_dropped: "externalId is never returned.",
    trips ["create.stores-external-id"], defects ["D027"]
}
fn external_id_dropped(request: &FaultRequest, response: &mut FaultResponse) {
    if request.users() {
        response.drop_member("externalId");
    }
}

fault! {
    After error_no_scim_type: "Errors have no scimType.",
    trips ["create.conflict-scim-type", "error.malformed-scim-type", "filter.malformed-scim-type"], defects ["D103"]
}
fn error_no_scim_type(_: &FaultRequest, response: &mut FaultResponse) {
    error_lacks(response, "scimType");
}

fault! {
    After conflict_400: "A duplicate is answered with 400.",
    trips ["create.conflict-status"], defects ["D102"]
}
fn conflict_400(request: &FaultRequest, response: &mut FaultResponse) {
    if request.is("POST") && response.status == 409 {
        response.set_status(400);
    }
}

fault! {
    After conflict_500: "A duplicate is answered with 500.",
    trips ["create.conflict-status", "response.no-server-error"], defects ["D104"]
}
fn conflict_500(request: &FaultRequest, response: &mut FaultResponse) {
    if request.is("POST") && response.status == 409 {
        *response = FaultResponse::error(500, None, "Duplicate key value violates unique constraint.");
    }
}

fault! {
    Before accept_scim_refused: "Accept: application/scim+json is answered with 406.",
    trips ["create.user", "list.users"], defects ["D015"]
}
fn accept_scim_refused(request: &mut FaultRequest) -> Option<FaultResponse> {
    let accept = request.header("accept").to_lowercase();
    (accept.starts_with("application/scim+json")).then(|| FaultResponse::error(406, None, "Not acceptable."))
}

fault! {
    After create_keeps_client_id: "An id that the client sends is taken for the resource's.",
    trips ["create.service-assigns-id"], defects ["D024"]
}
fn create_keeps_client_id(request: &FaultRequest, response: &mut FaultResponse) {
    if request.is("POST")
        && response.ok()
        && let Some(id) = request.body.as_ref().and_then(|body| body["id"].as_str())
        && let Some(body) = response.body.as_mut()
    {
        body["id"] = json!(id);
    }
}

fault! {
    Before create_read_only_refused: "Creations with readOnly attributes are refused.",
    trips ["create.read-only-ignored"]
}
fn create_read_only_refused(request: &mut FaultRequest) -> Option<FaultResponse> {
    (request.creates_user()
        && request.body.as_ref().is_some_and(|body| body.get("meta").is_some() || body.get("id").is_some()))
    .then(|| FaultResponse::error(400, Some("mutability"), "meta is readOnly."))
}

fault! { Before create_groups_refused: "Creations with groups are refused.", trips ["create.user"] }
fn create_groups_refused(request: &mut FaultRequest) -> Option<FaultResponse> {
    (request.creates_user() && request.has("groups"))
        .then(|| FaultResponse::error(400, Some("mutability"), "groups is readOnly."))
}

fault! {
    Change create_active_ignored: "Every new user is active.",
    trips ["create.inactive"], defects ["D129"]
}
fn create_active_ignored(request: &mut FaultRequest) {
    if request.is("POST") && request.users() {
        request.drop_member("active");
    }
}

fault! {
    Change create_primary_needed: "E-mail addresses without primary are lost.",
    trips ["create.email-without-primary"], defects ["D030"]
}
fn create_primary_needed(request: &mut FaultRequest) {
    if request.is("POST")
        && request.users()
        && let Some(Value::Array(emails)) = request.member("emails")
    {
        emails.retain(|email| email["primary"] == true);
    }
}

fault! {
    Change create_one_email: "Only the first e-mail address is stored.",
    trips ["create.several-emails"]
}
fn create_one_email(request: &mut FaultRequest) {
    if request.users()
        && let Some(Value::Array(emails)) = request.member("emails")
    {
        emails.truncate(1);
    }
}

fault! {
    Whole create_user_name_optional: "Users without a userName are created.",
    trips ["create.user-name-required"]
}
async fn create_user_name_optional(request: &FaultRequest, service: &Service) -> FaultResponse {
    let named = |body: &Value| {
        body.as_object().is_some_and(|all| all.keys().any(|key| key.eq_ignore_ascii_case("userName")))
    };
    let mut changed = request.clone();
    let Some(body) = changed.body.as_mut().filter(|body| request.creates_user() && !named(body)) else {
        return service.send(request).await;
    };
    let count = request.memory.next::<MadeNames>();
    body["userName"] = json!(format!("unnamed-{count}@example.com"));
    let mut response = service.send(&changed).await;
    response.each(|user| drop_member(user, "userName"));
    response
}

struct MadeNames;

fault! {
    Change create_wrong_type_taken: "Values of the wrong type are made to fit.",
    trips ["create.wrong-type-refused"]
}
fn create_wrong_type_taken(request: &mut FaultRequest) {
    if request.creates_user()
        && let Some(name) = request.member("userName").filter(|name| !name.is_string() && !name.is_null())
    {
        *name = json!(format!("{name}@example.com"));
    }
}

fault! { Before create_null_refused: "null in a creation is refused.", trips ["create.null-is-absent"] }
fn create_null_refused(request: &mut FaultRequest) -> Option<FaultResponse> {
    (request.is("POST")
        && request
            .body
            .as_ref()
            .and_then(Value::as_object)
            .is_some_and(|body| body.values().any(Value::is_null)))
    .then(|| FaultResponse::error(400, Some("invalidValue"), "null is not allowed."))
}

fault! {
    Change create_names_case: "Attribute names in bodies are matched with regard to case.",
    trips ["create.attribute-names-any-case"], defects ["D110"]
}
fn create_names_case(request: &mut FaultRequest) {
    if request.is("POST")
        && let Some(Value::Object(members)) = request.body.as_mut()
    {
        members.retain(|name, _| !recased(name));
    }
}

fault! {
    Change create_enterprise_lost: "The enterprise extension is not stored.",
    trips ["create.enterprise-extension"]
}
fn create_enterprise_lost(request: &mut FaultRequest) {
    if request.users() {
        request.drop_member(ENTERPRISE);
    }
}

fault! {
    Whole create_duplicate_replaces: "A second creation of a userName replaces the first user.",
    trips ["create.duplicate-changes-nothing"], defects ["D158"]
}
async fn create_duplicate_replaces(request: &FaultRequest, service: &Service) -> FaultResponse {
    let response = service.send(request).await;
    let Some(known) = holder(request, service, &response).await else { return response };
    let path = format!("/Users/{}", text(&known, "id"));
    let mut response = service.send(&FaultRequest { method: "PUT".into(), path, ..request.clone() }).await;
    if response.ok() {
        response.status = 201;
    }
    response
}

fault! {
    Whole create_duplicate_case: "A userName in another letter case is another userName.",
    trips ["create.unique-user-name"], defects ["D111"]
}
async fn create_duplicate_case(request: &FaultRequest, service: &Service) -> FaultResponse {
    let response = service.send(request).await;
    match holder(request, service, &response).await {
        Some(known) if known["userName"] != request.content()["userName"] => {
            let mut other = request.content().clone();
            other["userName"] = json!(format!("{}.2", text(&other, "userName")));
            service.send(&request.with_body(other)).await
        }
        _ => response,
    }
}

fault! {
    Before group_name_taken: "Every new group is refused as if its name were taken.",
    trips ["create.group"]
}
fn group_name_taken(request: &mut FaultRequest) -> Option<FaultResponse> {
    (request.creates_group()).then(|| {
        FaultResponse::error(409, Some("uniqueness"), "Resource [GROUP]: with displayName already exists.")
    })
}

fault! {
    After create_echo: "The answer to a creation shows displayName as it is not stored.",
    trips ["create.answer-is-the-store"], defects ["D053"]
}
fn create_echo(request: &FaultRequest, response: &mut FaultResponse) {
    if request.creates_user() && response.ok() {
        let name = text(response.content(), "displayName").to_uppercase();
        response.set("displayName", json!(name));
    }
}

fault! { Change parts_type_lost: "The type of telephone numbers is not stored.", trips ["create.parts-kept"] }
fn parts_type_lost(request: &mut FaultRequest) {
    if request.is("POST")
        && let Some(body) = request.body.as_mut()
    {
        for number in values_mut(body, "phoneNumbers") {
            drop_member(number, "type");
        }
    }
}

fault! {
    After locale_and_timezone_swapped: "Answers have the time zone as locale.",
    trips ["create.values-unaltered"]
}
fn locale_and_timezone_swapped(request: &FaultRequest, response: &mut FaultResponse) {
    if request.users() {
        response.each(|user| {
            if let Some(zone) = user.get("timezone").cloned() {
                user["locale"] = zone;
            }
        });
    }
}

fault! {
    Before create_schemas_at_the_start: "schemas has to be the first member of a body.",
    trips ["create.any-member-order"]
}
fn create_schemas_at_the_start(request: &mut FaultRequest) -> Option<FaultResponse> {
    refuse_if(
        request.creates_user()
            && request
                .body
                .as_ref()
                .and_then(Value::as_object)
                .and_then(|body| body.keys().next())
                .is_some_and(|name| name != "schemas"),
        400,
        "invalidSyntax",
    )
}

fault! {
    Before create_first_schema_decides: "The first of schemas is taken for the type.",
    trips ["create.any-schemas-order"]
}
fn create_first_schema_decides(request: &mut FaultRequest) -> Option<FaultResponse> {
    refuse_if(
        request.creates_user()
            && request.body.as_ref().is_some_and(|body| body["schemas"][0] == json!(ENTERPRISE)),
        400,
        "invalidValue",
    )
}

fault! {
    After extension_required_in_name: "An extension is published as required and is not.",
    trips ["create.required-extension"]
}
fn extension_required_in_name(request: &FaultRequest, response: &mut FaultResponse) {
    documents(request, response, "/ResourceTypes", |kind| {
        for extension in values_mut(kind, "schemaExtensions") {
            extension["required"] = json!(true);
        }
    });
}

fault! {
    Whole manager_name_taken: "A client can set the manager's displayName.",
    trips ["create.manager-display-name"]
}
async fn manager_name_taken(request: &FaultRequest, service: &Service) -> FaultResponse {
    let name = &request.content()[ENTERPRISE]["manager"]["displayName"];
    if request.creates_user() && name.is_string() {
        let login = text(request.content(), "userName").to_owned();
        request.memory.with(|names: &mut ManagerNames| names.0.insert(login, name.clone()));
    }
    let mut response = service.send(request).await;
    if request.users() {
        response.each(|user| {
            let login = text(user, "userName");
            let name = request.memory.with(|names: &mut ManagerNames| names.0.get(login).cloned());
            if let (Some(name), Some(manager)) = (name, user.pointer_mut(&format!("/{ENTERPRISE}/manager"))) {
                manager["displayName"] = name;
            }
        });
    }
    response
}

/// The manager's name as it was sent, by userName.
#[derive(Default)]
struct ManagerNames(BTreeMap<String, Value>);

fault! {
    Whole create_refused_stays: "A creation of a user that is refused leaves a user.",
    trips ["create.refused-leaves-nothing"]
}
async fn create_refused_stays(request: &FaultRequest, service: &Service) -> FaultResponse {
    refused_stays(request, service, request.creates_user(), "userName").await
}

fault! {
    Change create_entitlements_lost: "entitlements are published and not stored.",
    trips ["create.published-values"]
}
fn create_entitlements_lost(request: &mut FaultRequest) {
    if request.is("POST") && request.users() {
        request.drop_member("entitlements");
    }
}
