//! Faults that the requirements `projection.*` notice.

use crate::faults::support::*;

faults! {
    attributes_case, attributes_drop_id, attributes_ignored, attributes_lower_case_unknown,
    attributes_not_in_lists, attributes_password_shown, attributes_sub_whole, attributes_urn_ignored,
    attributes_urn_unknown, attributes_whole_values, excluded_drops_id, excluded_ignored,
    excluded_members_ignored, excluded_part_shown, excluded_urn_ignored,
}

fault! { Change attributes_ignored: "attributes is ignored.", trips ["projection.attributes"] }
fn attributes_ignored(request: &mut FaultRequest) {
    request.set("attributes", None);
}

fault! {
    Change attributes_case: "attributes is matched with regard to case.",
    trips ["projection.any-case"], defects ["D091"]
}
fn attributes_case(request: &mut FaultRequest) {
    keep_attributes(request, |name| !recased(name));
}

fault! { After attributes_drop_id: "attributes leaves id out.", trips ["projection.always-returned"] }
fn attributes_drop_id(request: &FaultRequest, response: &mut FaultResponse) {
    if request.parameter("attributes").is_some() {
        response.drop_member("id");
    }
}

fault! {
    Change attributes_sub_whole: "A sub-attribute in attributes returns the whole attribute.",
    trips ["projection.sub-attribute"]
}
fn attributes_sub_whole(request: &mut FaultRequest) {
    change_attributes(
        request,
        |name| if LISTS.contains(&first_name(name)) { name } else { first_name(name) },
    );
}

fault! {
    Change attributes_not_in_lists: "attributes is ignored in lists.",
    trips ["projection.attributes-in-lists"]
}
fn attributes_not_in_lists(request: &mut FaultRequest) {
    if request.list() {
        request.set("attributes", None);
    }
}

fault! {
    Change excluded_ignored: "excludedAttributes is ignored.",
    trips ["projection.excluded-attributes"], defects ["D090"]
}
fn excluded_ignored(request: &mut FaultRequest) {
    request.set("excludedAttributes", None);
}

fault! {
    After excluded_drops_id: "excludedAttributes=id leaves id out.",
    trips ["projection.always-returned"]
}
fn excluded_drops_id(request: &FaultRequest, response: &mut FaultResponse) {
    if request.asks("excludedAttributes", |names| names.split(',').any(|name| name == "id")) {
        response.drop_member("id");
    }
}

fault! {
    Change excluded_members_ignored: "excludedAttributes=members is ignored.",
    trips ["projection.excluded-members"], defects ["D090"]
}
fn excluded_members_ignored(request: &mut FaultRequest) {
    if request.groups() {
        request.set("excludedAttributes", None);
    }
}

fault! {
    Change attributes_urn_unknown: "Names with a URN in attributes are not known.",
    trips ["projection.urn-name"]
}
fn attributes_urn_unknown(request: &mut FaultRequest) {
    keep_attributes(request, |name| !name.starts_with("urn:"));
}

fault! {
    Change attributes_lower_case_unknown: "attributes knows names only as the schema writes them, or in capitals.",
    trips ["projection.any-case"]
}
fn attributes_lower_case_unknown(request: &mut FaultRequest) {
    keep_attributes(request, |name| !(recased(name) && name == name.to_lowercase()));
}

fault! {
    Change excluded_part_shown: "excludedAttributes does not know parts of attributes.",
    trips ["projection.excluded-sub-attribute"]
}
fn excluded_part_shown(request: &mut FaultRequest) {
    if request.asks("excludedAttributes", |names| names.contains('.')) {
        request.set("excludedAttributes", None);
    }
}

fault! {
    Change excluded_urn_ignored: "Names with a URN are ignored in excludedAttributes.",
    trips ["projection.excluded-urn-name"]
}
fn excluded_urn_ignored(request: &mut FaultRequest) {
    if request.asks("excludedAttributes", |names| names.contains("urn:")) {
        request.set("excludedAttributes", None);
    }
}

fault! {
    Change attributes_whole_values: "A sub-attribute in attributes returns the whole values.",
    trips ["projection.multi-valued-sub-attribute"]
}
fn attributes_whole_values(request: &mut FaultRequest) {
    change_attributes(
        request,
        |name| if LISTS.contains(&first_name(name)) { first_name(name) } else { name },
    );
}

fault! {
    Change attributes_urn_ignored: "Names with a URN are ignored in attributes.",
    trips ["projection.urn-name"]
}
fn attributes_urn_ignored(request: &mut FaultRequest) {
    if request.asks("attributes", |names| names.split(',').all(|name| name.starts_with("urn:"))) {
        request.set("attributes", None);
    }
    keep_attributes(request, |name| !name.starts_with("urn:"));
}

fault! {
    After attributes_password_shown: "The password is returned when attributes asks for it.",
    trips ["projection.password-never", "resource.password"]
}
fn attributes_password_shown(request: &FaultRequest, response: &mut FaultResponse) {
    if request.users() && response.ok() && request.asks("attributes", |names| names.contains("password")) {
        response.each(|user| user["password"] = json!("hidden"));
    }
}
