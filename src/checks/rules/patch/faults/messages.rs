//! Faults that the requirements `patch.*` notice, but for those of paths (`patch_paths`).

use crate::faults::support::*;

faults! {
    extension_object_replaces, group_display_demanded, patch_201, patch_202, patch_add_refused,
    patch_add_replaces_emails, patch_add_twice, patch_always_204, patch_boolean_text_true,
    patch_complex_add_replaces, patch_complex_replace_clears, patch_created_taken,
    patch_dotted_key_dropped, patch_empty_array_ignored, patch_extension_value_ignored,
    patch_fifty_operations, patch_first_only, patch_groups_ignored, patch_invalid_accepted,
    patch_names_unknown_done, patch_no_path_ignored, patch_no_path_refused, patch_no_path_replaces_all,
    patch_not_atomic, patch_op_case, patch_own_name_taken, patch_primary_stays, patch_read_only_accepted, patch_remove_ignored,
    patch_remove_no_path_ignored, patch_rename_ignored, patch_replace_adds_emails,
    patch_replace_needs_value, patch_replace_path_ignored, patch_reversed, patch_schemas_is_the_last,
    patch_stale_answer, patch_touches, patch_unknown_bare_500, patch_wrong_type_accepted,
    remove_leaves_empty,
}

fault! { After patch_201: "PATCH is answered with 201.", trips ["patch.status"] }
fn patch_201(request: &FaultRequest, response: &mut FaultResponse) {
    if request.is("PATCH") && response.ok() {
        response.status = 201;
    }
}

fault! { After patch_202: "PATCH is answered with 202 and nothing else.", trips ["patch.status"] }
fn patch_202(request: &FaultRequest, response: &mut FaultResponse) {
    if request.is("PATCH") && response.ok() {
        response.status = 202;
        response.drop_body();
    }
}

fault! {
    After patch_always_204: "PATCH with attributes is answered with 204 too.",
    trips ["patch.attributes-need-200"]
}
fn patch_always_204(request: &FaultRequest, response: &mut FaultResponse) {
    if request.is("PATCH") && response.ok() {
        response.status = 204;
        response.drop_body();
    }
}

fault! {
    Before patch_no_path_refused: "PATCH without a path is refused.",
    trips ["patch.replace-without-path"], defects ["D042"]
}
fn patch_no_path_refused(request: &mut FaultRequest) -> Option<FaultResponse> {
    let bare =
        request.any_operation(|operation| operation.get("path").is_none() && op(operation) != "remove");
    refuse_if(bare, 400, "invalidPath")
}

fault! {
    Change patch_no_path_ignored: "PATCH without a path does nothing.",
    trips ["patch.replace-without-path"], defects ["D042"]
}
fn patch_no_path_ignored(request: &mut FaultRequest) {
    if request.any_operation(|operation| operation.get("path").is_none() && op(operation) != "remove") {
        request.keep_operations(|operation| operation.get("path").is_some());
    }
}

fault! {
    Whole patch_no_path_replaces_all: "PATCH without a path replaces the whole resource.",
    trips ["patch.replace-without-path"], defects ["D043"]
}
async fn patch_no_path_replaces_all(request: &FaultRequest, service: &Service) -> FaultResponse {
    let bare = |operation: &Value| operation.get("path").is_none() && op(operation) == "replace";
    if !(request.users() && request.any_operation(bare)) {
        return service.send(request).await;
    }
    put_instead(request, service, |user| {
        let mut fresh = json!({"schemas": [USER], "userName": user["userName"]});
        for (name, value) in request.first_operation()["value"].as_object().into_iter().flatten() {
            fresh[name] = value.clone();
        }
        *user = fresh;
    })
    .await
}

fault! {
    Before patch_op_case: "op is matched with regard to case.",
    trips ["patch.op-any-case"], defects ["D044"]
}
fn patch_op_case(request: &mut FaultRequest) -> Option<FaultResponse> {
    let recased = request.any_operation(|operation| text(operation, "op").chars().any(char::is_uppercase));
    refuse_if(recased, 400, "invalidSyntax")
}

fault! {
    Change patch_first_only: "Only the first operation of a PATCH is applied.",
    trips ["patch.several-operations"]
}
fn patch_first_only(request: &mut FaultRequest) {
    if let Some(all) = request.operation_list() {
        all.truncate(1);
    }
}

fault! {
    Change patch_reversed: "The operations of a PATCH are applied in reverse.",
    trips ["patch.in-order"]
}
fn patch_reversed(request: &mut FaultRequest) {
    if let Some(all) = request.operation_list() {
        all.reverse();
    }
}

fault! {
    Whole patch_not_atomic: "The operations before one that fails stay applied.",
    trips ["patch.atomic", "group.atomic"], defects ["D052"]
}
async fn patch_not_atomic(request: &FaultRequest, service: &Service) -> FaultResponse {
    let all: Vec<&Value> = values(&request.content()["Operations"]).collect();
    if !request.is("PATCH") || all.len() < 2 {
        return service.send(request).await;
    }
    let mut last = FaultResponse::default();
    for operation in all {
        last = service.send(&request.patch(request.path.clone(), operation.clone())).await;
        if !last.ok() {
            break;
        }
    }
    last
}

fault! {
    Whole patch_stale_answer: "PATCH answers with the resource as it was before.",
    trips ["patch.answer-is-the-store"], defects ["D053"]
}
async fn patch_stale_answer(request: &FaultRequest, service: &Service) -> FaultResponse {
    if !request.is("PATCH") {
        return service.send(request).await;
    }
    let before = service.send(&request.read()).await;
    let response = service.send(request).await;
    if response.status == 200 { before } else { response }
}

fault! {
    Change patch_add_replaces_emails: "add of an e-mail address replaces the others.",
    trips ["patch.multi-valued-add"], defects ["D055"]
}
fn patch_add_replaces_emails(request: &mut FaultRequest) {
    for operation in request.operations() {
        if op(operation) == "add" && path(operation) == "emails" {
            operation["op"] = json!("replace");
        }
    }
}

fault! {
    Change patch_replace_adds_emails: "replace of the e-mail addresses adds to them.",
    trips ["patch.multi-valued-replace"], defects ["D055"]
}
fn patch_replace_adds_emails(request: &mut FaultRequest) {
    for operation in request.operations() {
        if op(operation) == "replace" && path(operation) == "emails" && operation["value"].is_array() {
            operation["op"] = json!("add");
        }
    }
}

fault! {
    Before patch_add_refused: "add is refused on attributes with a single value.",
    trips ["patch.add-simple"], defects ["D066"]
}
fn patch_add_refused(request: &mut FaultRequest) -> Option<FaultResponse> {
    let add = request.any_operation(|operation| op(operation) == "add" && operation["value"].is_string());
    refuse_if(add, 400, "invalidSyntax")
}

fault! { Change patch_remove_ignored: "remove does nothing.", trips ["patch.remove-simple"] }
fn patch_remove_ignored(request: &mut FaultRequest) {
    if request.any_operation(|operation| op(operation) == "remove" && !path(operation).is_empty()) {
        request.keep_operations(|operation| op(operation) != "remove");
    }
}

fault! {
    Change patch_complex_add_replaces: "add on a complex attribute clears what it does not name.",
    trips ["patch.complex-add"]
}
fn patch_complex_add_replaces(request: &mut FaultRequest) {
    for operation in request.operations() {
        if op(operation) == "add"
            && path(operation) == "name"
            && let Some(value) = object(operation)
        {
            value.entry("familyName").or_insert(Value::Null);
            operation["op"] = json!("replace");
        }
    }
}

fault! {
    After patch_remove_no_path_ignored: "remove without a path is called done.",
    trips ["patch.remove-needs-path"], defects ["D051"]
}
fn patch_remove_no_path_ignored(request: &FaultRequest, response: &mut FaultResponse) {
    let bare =
        request.any_operation(|operation| op(operation) == "remove" && operation.get("path").is_none());
    if bare && response.status == 400 {
        response.empty(204);
    }
}

fault! {
    After patch_invalid_accepted: "PATCHes that are none are called done.",
    trips ["patch.malformed-request", "patch.unknown-op"], defects ["D101"]
}
fn patch_invalid_accepted(request: &FaultRequest, response: &mut FaultResponse) {
    let unknown = |operation: &Value| !["add", "remove", "replace"].contains(&op(operation).as_str());
    let invalid = !request.content()["Operations"].is_array() || request.any_operation(unknown);
    if request.is("PATCH") && request.body.is_some() && invalid && response.status == 400 {
        response.empty(204);
    }
}

fault! {
    After patch_read_only_accepted: "PATCHes of readOnly attributes are called done.",
    trips ["patch.read-only-refused"], defects ["D054"]
}
fn patch_read_only_accepted(request: &FaultRequest, response: &mut FaultResponse) {
    if request.is("PATCH") && response.content()["scimType"] == "mutability" {
        response.empty(204);
    }
}

fault! {
    After patch_wrong_type_accepted: "Values of the wrong type are called done.",
    trips ["patch.wrong-type"]
}
fn patch_wrong_type_accepted(request: &FaultRequest, response: &mut FaultResponse) {
    let wrong = request.any_operation(|operation| {
        let (path, value) = (path(operation), &operation["value"]);
        path == "active" && !value.is_boolean() || TEXTS.contains(&path) && !value.is_string()
    });
    if wrong && response.status == 400 {
        response.empty(204);
    }
}

fault! {
    Whole patch_primary_stays: "A new primary value leaves the old one primary.",
    trips ["patch.primary-moves"], defects ["D055"]
}
async fn patch_primary_stays(request: &FaultRequest, service: &Service) -> FaultResponse {
    if !request.users() {
        return service.send(request).await;
    }
    if request.is("PATCH") {
        let before = current(request, service).await;
        let primaries = LISTS.iter().flat_map(|name| {
            let primaries = values(&before[name]).filter(|value| value["primary"] == true);
            primaries.map(|value| (*name, value["value"].clone()))
        });
        request.memory.with(|stay: &mut StayPrimary| {
            stay.0.entry(request.path.clone()).or_default().extend(primaries);
        });
    }
    let mut response = service.send(request).await;
    let stay = request.memory.with(|stay: &mut StayPrimary| stay.0.get(&request.path).cloned());
    response.each(|user| {
        for (name, primary) in stay.iter().flatten() {
            for value in values_mut(user, name).filter(|value| value["value"] == *primary) {
                value["primary"] = json!(true);
            }
        }
    });
    response
}

/// By path of the user: attributes and their values that were primary before a PATCH.
#[derive(Default)]
struct StayPrimary(BTreeMap<String, Vec<(&'static str, Value)>>);

fault! {
    Change patch_extension_value_ignored: "The extension's object in a PATCH without a path is ignored.",
    trips ["patch.extension-value", "extension.patched-without-path"], defects ["D146"]
}
fn patch_extension_value_ignored(request: &mut FaultRequest) {
    for operation in request.operations() {
        if let Some(value) = object(operation) {
            value.shift_remove(ENTERPRISE);
        }
    }
}

fault! { Change patch_rename_ignored: "PATCH does not change userName.", trips ["patch.rename"] }
fn patch_rename_ignored(request: &mut FaultRequest) {
    if request.any_operation(|operation| path(operation) == "userName" && op(operation) == "replace") {
        request.keep_operations(|operation| path(operation) != "userName");
    }
}

fault! { Whole patch_touches: "Every PATCH moves lastModified.", trips ["patch.no-op-keeps-time"] }
async fn patch_touches(request: &FaultRequest, service: &Service) -> FaultResponse {
    if !(request.is("PATCH") && request.users()) {
        return service.send(request).await;
    }
    let before = current(request, service).await;
    let response = service.send(request).await;
    // Where the request changed something, the time has moved already.
    if response.ok() && current(request, service).await == before {
        touch(request, service).await;
        return service.send(&request.read()).await;
    }
    response
}

fault! {
    Before group_display_demanded: "Members without display are refused.",
    trips ["patch.group-members"], defects ["D124"]
}
fn group_display_demanded(request: &mut FaultRequest) -> Option<FaultResponse> {
    let bare = |member: &Value| member.get("display").is_none();
    let any = request
        .any_operation(|operation| path(operation) == "members" && values(&operation["value"]).any(bare));
    refuse_if(any, 400, "invalidValue")
}

fault! {
    Change patch_replace_path_ignored: "replace with the path of a simple attribute is called done and is not.",
    trips ["patch.replace-simple"]
}
fn patch_replace_path_ignored(request: &mut FaultRequest) {
    for operation in request.operations() {
        if op(operation) == "replace" && TEXTS.contains(&path(operation)) {
            *operation = json!({"op": "add", "value": {}});
        }
    }
}

fault! {
    Whole patch_add_twice: "A value that is added twice is there twice.",
    trips ["patch.multi-valued-add-existing"], defects ["D160"]
}
async fn patch_add_twice(request: &FaultRequest, service: &Service) -> FaultResponse {
    let adds = |operation: &&Value| op(operation) == "add" && LISTS.contains(&path(operation));
    if request.users() && request.any_operation(|operation| adds(&operation)) {
        let before = current(request, service).await;
        for operation in values(&request.content()["Operations"]).filter(adds) {
            let there = values(&before[path(operation)]).filter(|known| {
                values(&operation["value"])
                    .chain([&operation["value"]])
                    .any(|new| new["value"] == known["value"])
            });
            let there: Vec<Value> = there.cloned().collect();
            request.memory.with(|twice: &mut Twice| {
                twice.0.entry((request.path.clone(), path(operation).to_owned())).or_default().extend(there);
            });
        }
    }
    let mut response = service.send(request).await;
    response.each(|user| {
        for name in LISTS {
            let key = (request.path.clone(), (*name).to_owned());
            let twice =
                request.memory.with(|twice: &mut Twice| twice.0.get(&key).cloned()).unwrap_or_default();
            if let Some(all) = array(user, name) {
                let again = twice
                    .into_iter()
                    .filter(|value| all.iter().any(|known| known["value"] == value["value"]));
                all.extend(again.collect::<Vec<_>>());
            }
        }
    });
    response
}

/// Values that were added although they were there, by the path of the user and the attribute.
#[derive(Default)]
struct Twice(BTreeMap<(String, String), Vec<Value>>);

fault! {
    Whole patch_created_taken: "A PATCH changes meta.created.",
    trips ["patch.read-only"], defects ["D054"]
}
async fn patch_created_taken(request: &FaultRequest, service: &Service) -> FaultResponse {
    let sent = values(&request.content()["Operations"]).find(|operation| path(operation) == "meta.created");
    let mut passed = request.clone();
    if let Some(operation) = sent.filter(|_| request.is("PATCH")) {
        passed = request.read();
        request.memory.with(|taken: &mut TakenTimes| {
            taken.0.insert(request.path.clone(), operation["value"].clone());
        });
    }
    let mut response = service.send(&passed).await;
    if let Some(time) = request.memory.with(|taken: &mut TakenTimes| taken.0.get(&request.path).cloned()) {
        response.each(|user| user["meta"]["created"] = time.clone());
    }
    response
}

/// What clients wrote to meta.created, by path.
#[derive(Default)]
struct TakenTimes(BTreeMap<String, Value>);

fault! {
    Change patch_empty_array_ignored: "An empty array leaves a multi-valued attribute of a user as it was.",
    trips ["patch.empty-array-unassigns"]
}
fn patch_empty_array_ignored(request: &mut FaultRequest) {
    if request.users() {
        request.keep_operations(|operation| operation["value"] != json!([]));
    }
}

fault! {
    Whole patch_complex_replace_clears: "replace of a complex attribute clears what it does not name.",
    trips ["patch.complex-replace-keeps"]
}
async fn patch_complex_replace_clears(request: &FaultRequest, service: &Service) -> FaultResponse {
    let operation = request.first_operation();
    if !(request.is("PATCH") && op(operation) == "replace" && path(operation) == "name") {
        return service.send(request).await;
    }
    put_instead(request, service, |user| user["name"] = operation["value"].clone()).await
}

fault! {
    Before patch_names_unknown_done: "A PATCH whose Operations has another letter case is called done.",
    trips ["patch.message-names-any-case"], defects ["D101"]
}
fn patch_names_unknown_done(request: &mut FaultRequest) -> Option<FaultResponse> {
    let keys = request.body.as_ref().and_then(Value::as_object).into_iter().flat_map(Map::keys);
    let recased = keys.into_iter().any(|key| key.eq_ignore_ascii_case("Operations") && key != "Operations");
    (request.is("PATCH") && recased).then(|| FaultResponse::bare(204))
}

fault! {
    Change patch_dotted_key_dropped: "Keys with a dot in a PATCH without a path are called done and dropped.",
    trips ["patch.dotted-key"]
}
fn patch_dotted_key_dropped(request: &mut FaultRequest) {
    for operation in request.operations() {
        if let Some(value) = object(operation) {
            value.retain(|key, _| !key.contains('.') || key.starts_with("urn:"));
        }
    }
}

fault! {
    Change patch_boolean_text_true: "Every text is taken for true.",
    trips ["patch.boolean-as-text"], defects ["D045"]
}
fn patch_boolean_text_true(request: &mut FaultRequest) {
    for operation in request.operations() {
        if path(operation) == "active" && operation["value"].is_string() {
            operation["value"] = json!(true);
        }
    }
}

fault! {
    Before patch_fifty_operations: "More than fifty operations are refused.",
    trips ["patch.many-operations"]
}
fn patch_fifty_operations(request: &mut FaultRequest) -> Option<FaultResponse> {
    refuse_if(request.operations().count() > 50, 400, "tooMany")
}

fault! {
    Change remove_leaves_empty: "What is removed is an empty text afterwards.",
    trips ["patch.remove-leaves-nothing"]
}
fn remove_leaves_empty(request: &mut FaultRequest) {
    for operation in request.operations() {
        if op(operation) == "remove" && TEXTS.contains(&path(operation)) {
            operation["op"] = json!("replace");
            operation["value"] = json!("");
        }
    }
}

fault! {
    Before patch_unknown_bare_500: "An unknown attribute in an operation without a path is answered with 500.",
    trips ["patch.unknown-attribute-without-path", "response.no-server-error"]
}
fn patch_unknown_bare_500(request: &mut FaultRequest) -> Option<FaultResponse> {
    let unknown = request.any_operation(|operation| {
        let value = operation["value"].as_object().filter(|_| path(operation).is_empty());
        value.is_some_and(|value| value.keys().any(|name| !known(first_name(name))))
    });
    unknown.then(FaultResponse::server_error)
}

fault! {
    Whole patch_replace_needs_value: "replace of what has no value is refused.",
    trips ["patch.replace-absent-adds"]
}
async fn patch_replace_needs_value(request: &FaultRequest, service: &Service) -> FaultResponse {
    if !(request.is("PATCH") && request.users()) {
        return service.send(request).await;
    }
    refuse_by_state(request, service, |before| {
        let absent = request.any_operation(|operation| {
            let path = path(operation);
            let plain = !path.is_empty() && !path.contains(['[', ':']) && known(first_name(path));
            op(operation) == "replace"
                && plain
                && before.pointer(&format!("/{}", path.replace('.', "/"))).is_none()
        });
        refuse_if(absent, 400, "noTarget")
    })
    .await
}

fault! {
    Change patch_schemas_is_the_last: "What follows an operation on schemas is called done.",
    trips ["patch.schemas-first"]
}
fn patch_schemas_is_the_last(request: &mut FaultRequest) {
    if request.any_operation(|operation| path(operation) == "schemas") {
        request.keep_operations(|operation| path(operation) == "schemas");
    }
}

fault! {
    Whole extension_object_replaces: "A PATCH with the extension's object and no path drops its other attributes.",
    trips ["patch.extension-value", "extension.patched-without-path"]
}
async fn extension_object_replaces(request: &FaultRequest, service: &Service) -> FaultResponse {
    let sent = values(&request.content()["Operations"])
        .filter(|operation| path(operation).is_empty() && op(operation) != "remove")
        .find_map(|operation| operation["value"].get(ENTERPRISE));
    let Some(sent) = sent.filter(|_| request.is("PATCH") && request.users()) else {
        return service.send(request).await;
    };
    let response = service.send(request).await;
    let mut user = current(request, service).await;
    user[ENTERPRISE] = sent.clone();
    service.send(&request.other("PUT", request.path.clone(), Some(user))).await;
    response
}

fault! {
    Change patch_groups_ignored: "A PATCH of a user's groups is called done.",
    trips ["patch.read-only-refused"]
}
fn patch_groups_ignored(request: &mut FaultRequest) {
    if request.users() {
        request.keep_operations(|operation| path(operation) != "groups");
    }
}

fault! {
    Whole patch_own_name_taken: "A PATCH of userName to the user's own in other letter case is refused as taken.",
    trips ["patch.rename-letter-case"]
}
async fn patch_own_name_taken(request: &FaultRequest, service: &Service) -> FaultResponse {
    let named = |operation: &Value| match path(operation) {
        "" => operation["value"]["userName"].as_str().map(str::to_owned),
        "userName" => operation["value"].as_str().map(str::to_owned),
        _ => None,
    };
    let wanted: Vec<String> = values(&request.content()["Operations"]).filter_map(named).collect();
    if !(request.is("PATCH") && request.users()) || wanted.is_empty() {
        return service.send(request).await;
    }
    refuse_by_state(request, service, |before| {
        let own = text(before, "userName");
        let taken = wanted.iter().any(|name| name.eq_ignore_ascii_case(own) && name != own);
        taken.then(|| FaultResponse::error(409, Some("uniqueness"), "The userName is taken."))
    })
    .await
}
