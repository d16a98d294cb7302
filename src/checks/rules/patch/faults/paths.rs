//! Faults in what a path of a PATCH selects, which the requirements `patch.*` notice.

use crate::faults::support::*;

faults! {
    extension_remove_takes_all, patch_bracket_ends_path, patch_core_urn_refused,
    patch_extension_first_refused, patch_extension_refused, patch_filter_any_operator,
    patch_filter_names_case, patch_first_match_only, patch_no_target_creates, patch_path_case,
    patch_sub_attribute_clears, patch_urn_case, patch_urn_path_ignored, patch_value_path_all,
    patch_value_path_refused, patch_value_remove_all, patch_whole_value_ignored, remove_part_takes_all,
}

fault! {
    Before patch_path_case: "Attribute names in paths are matched with regard to case.",
    trips ["patch.path-any-case", "group.path-any-case"], defects ["D110"]
}
fn patch_path_case(request: &mut FaultRequest) -> Option<FaultResponse> {
    let recased = request.any_operation(|operation| recased(first_name(path(operation))));
    refuse_if(recased, 400, "invalidPath")
}

fault! {
    Change patch_sub_attribute_clears: "A sub-attribute in a path clears its siblings.",
    trips ["patch.sub-attribute"]
}
fn patch_sub_attribute_clears(request: &mut FaultRequest) {
    for operation in request.operations() {
        if path(operation) == "name.familyName" && op(operation) == "replace" {
            let value = operation["value"].clone();
            *operation =
                json!({"op": "replace", "path": "name", "value": {"familyName": value, "givenName": null}});
        }
    }
}

fault! {
    Change patch_value_path_all: "A filter in a path selects every value.",
    trips ["patch.value-path-sub-attribute"], defects ["D055"]
}
fn patch_value_path_all(request: &mut FaultRequest) {
    if request.users() {
        request.operations().for_each(select_every_value);
    }
}

fault! {
    Before patch_value_path_refused: "Value paths are refused.",
    trips ["patch.value-path-sub-attribute"]
}
fn patch_value_path_refused(request: &mut FaultRequest) -> Option<FaultResponse> {
    let valued = request.users() && request.any_operation(|operation| path(operation).contains('['));
    refuse_if(valued, 400, "invalidPath")
}

fault! {
    Change patch_value_remove_all: "remove with a filter removes every value.",
    trips ["patch.remove-without-match"], defects ["D055"]
}
fn patch_value_remove_all(request: &mut FaultRequest) {
    if request.users() {
        for operation in request.operations() {
            if op(operation) == "remove" && path(operation).ends_with(']') {
                operation["path"] = json!(first_name(path(operation)));
            }
        }
    }
}

fault! {
    After patch_no_target_creates: "replace whose filter fits nothing is called done.",
    trips ["patch.no-target"], defects ["D048"]
}
fn patch_no_target_creates(request: &FaultRequest, response: &mut FaultResponse) {
    let targeted = request.is("PATCH") && request.first_operation().get("path").is_some();
    if targeted && response.content()["scimType"] == "noTarget" {
        response.empty(204);
    }
}

fault! {
    Before patch_extension_refused: "Paths into the enterprise extension are refused.",
    trips ["patch.extension-path"], defects ["D146"]
}
fn patch_extension_refused(request: &mut FaultRequest) -> Option<FaultResponse> {
    let urn = request.any_operation(|operation| path(operation).starts_with(ENTERPRISE));
    refuse_if(urn, 400, "invalidPath")
}

fault! {
    Before patch_core_urn_refused: "Paths with the core schema's URN are refused.",
    trips ["patch.core-urn-path"]
}
fn patch_core_urn_refused(request: &mut FaultRequest) -> Option<FaultResponse> {
    let urn =
        request.any_operation(|operation| path(operation).starts_with("urn:ietf:params:scim:schemas:core"));
    refuse_if(urn, 400, "invalidPath")
}

fault! {
    Change patch_whole_value_ignored: "replace of a whole value by a filter is called done and is not.",
    trips ["patch.value-path-whole"]
}
fn patch_whole_value_ignored(request: &mut FaultRequest) {
    request.keep_operations(|operation| op(operation) != "replace" || !path(operation).ends_with(']'));
}

fault! {
    Whole patch_first_match_only: "Of several values that a filter fits the first alone is changed.",
    trips ["patch.value-path-all-matches"]
}
async fn patch_first_match_only(request: &FaultRequest, service: &Service) -> FaultResponse {
    let operation = request.first_operation();
    let selected = selection(path(operation)).filter(|_| request.users() && op(operation) == "replace");
    let Some((attribute, kind, part)) = selected else { return service.send(request).await };
    let before = current(request, service).await;
    if values(&before[attribute]).filter(|value| value["type"] == kind).count() < 2 {
        return service.send(request).await;
    }
    put_instead(request, service, |user| {
        if let Some(value) = values_mut(user, attribute).find(|value| value["type"] == kind) {
            value[part] = operation["value"].clone();
        }
    })
    .await
}

/// Attribute, type and part of `addresses[type eq "work"].locality`.
fn selection(path: &str) -> Option<(&str, &str, &str)> {
    let (attribute, rest) = path.split_once('[')?;
    let (filter, part) = rest.split_once(']')?;
    Some((attribute, filter.strip_prefix("type eq ").and_then(quoted)?, part.strip_prefix('.')?))
}

fault! {
    Before patch_filter_names_case: "Names in the filter of a path are matched with regard to case.",
    trips ["patch.value-path-names-any-case"], defects ["D110"]
}
fn patch_filter_names_case(request: &mut FaultRequest) -> Option<FaultResponse> {
    let recased = |operation: &Value| {
        let name = path(operation).split_once('[').map_or("", |(_, filter)| first_name(filter));
        name != name.to_lowercase()
            && ["value", "type", "display", "primary"].contains(&name.to_lowercase().as_str())
    };
    refuse_if(request.any_operation(recased), 400, "noTarget")
}

fault! {
    Change patch_filter_any_operator: "Operators other than eq select every value.",
    trips ["patch.value-path-operators"]
}
fn patch_filter_any_operator(request: &mut FaultRequest) {
    let other = |operation: &&mut Value| !path(operation).to_lowercase().contains(" eq ");
    request.operations().filter(other).for_each(select_every_value);
}

fault! {
    Before patch_urn_case: "URNs in paths are matched with regard to case.",
    trips ["patch.extension-urn-any-case"], defects ["D110"]
}
fn patch_urn_case(request: &mut FaultRequest) -> Option<FaultResponse> {
    let recased = request.any_operation(|operation| {
        let urn = path(operation).get(..ENTERPRISE.len()).unwrap_or_default();
        urn.eq_ignore_ascii_case(ENTERPRISE) && urn != ENTERPRISE
    });
    refuse_if(recased, 400, "invalidPath")
}

fault! {
    Whole patch_extension_first_refused: "The first attribute of an extension cannot be added by PATCH.",
    trips ["patch.extension-first-attribute"], defects ["D146"]
}
async fn patch_extension_first_refused(request: &FaultRequest, service: &Service) -> FaultResponse {
    let into = request.any_operation(|operation| path(operation).starts_with(ENTERPRISE));
    if !(request.users() && into) {
        return service.send(request).await;
    }
    refuse_by_state(request, service, |before| refuse_if(before.get(ENTERPRISE).is_none(), 400, "noTarget"))
        .await
}

fault! {
    Change remove_part_takes_all: "Removal of one part of the name removes the name.",
    trips ["patch.remove-sub-attribute"]
}
fn remove_part_takes_all(request: &mut FaultRequest) {
    for operation in request.operations() {
        if op(operation) == "remove" && path(operation).starts_with("name.") {
            operation["path"] = json!("name");
        }
    }
}

fault! {
    Change extension_remove_takes_all: "Removal of one attribute of an extension removes the extension.",
    trips ["patch.extension-complex"]
}
fn extension_remove_takes_all(request: &mut FaultRequest) {
    for operation in request.operations() {
        if op(operation) == "remove" && path(operation).starts_with(ENTERPRISE) {
            operation["path"] = json!(ENTERPRISE);
        }
    }
}

fault! {
    Change patch_urn_path_ignored: "An operation whose path is the URN of an extension is called done.",
    trips ["patch.extension-urn-as-path"]
}
fn patch_urn_path_ignored(request: &mut FaultRequest) {
    request.keep_operations(|operation| !path(operation).eq_ignore_ascii_case(ENTERPRISE));
}

fault! {
    Before patch_bracket_ends_path: "A bracket inside a text ends the filter of a path.",
    trips ["patch.path-brackets-in-value"]
}
fn patch_bracket_ends_path(request: &mut FaultRequest) -> Option<FaultResponse> {
    let texts =
        |operation: &Value| path(operation).split('"').skip(1).step_by(2).any(|text| text.contains(']'));
    refuse_if(request.any_operation(texts), 400, "invalidPath")
}
