//! Faults that the requirements `resource.*` notice.

use crate::faults::support::*;

faults! {
    names_in_two_spellings,
    active_text, display_name_number, emails_object, emails_text, group_member_number, group_members_text,
    id_missing, id_number, location_of_inside, manager_text, meta_created_format, meta_location_wrong,
    meta_missing, meta_modified_before_created, meta_type_wrong, null_attributes, password_returned,
    schemas_missing, schemas_wrong, times_of_another_zone, two_primaries, user_name_missing,
    values_doubled, version_differs,
}

fault! { After id_number: "Ids are JSON numbers.", trips ["resource.id"], defects ["D020"] }
fn id_number(_: &FaultRequest, response: &mut FaultResponse) {
    response.each(|resource| {
        if let Some(id) = resource["id"].as_str().and_then(|id| id.parse::<u64>().ok()) {
            resource["id"] = json!(id);
        }
    });
}

fault! { After id_missing: "Resources have no id.", trips ["resource.id", "create.body"], defects ["D021"] }
fn id_missing(request: &FaultRequest, response: &mut FaultResponse) {
    if request.users_or_groups() {
        response.drop_member("id");
    }
}

fault! { After schemas_missing: "Resources have no schemas.", trips ["resource.schemas"], defects ["D006"] }
fn schemas_missing(request: &FaultRequest, response: &mut FaultResponse) {
    if request.users_or_groups() {
        response.drop_member("schemas");
    }
}

fault! { After schemas_wrong: "Users name the schema of groups.", trips ["resource.schemas"] }
fn schemas_wrong(request: &FaultRequest, response: &mut FaultResponse) {
    if request.users() {
        response.each(|user| user["schemas"] = json!([GROUP]));
    }
}

fault! { After meta_missing: "Resources have no meta.", trips ["resource.meta"] }
fn meta_missing(request: &FaultRequest, response: &mut FaultResponse) {
    if request.users_or_groups() {
        response.drop_member("meta");
    }
}

fault! { After meta_type_wrong: "meta.resourceType is the plural.", trips ["resource.meta-resource-type"] }
fn meta_type_wrong(request: &FaultRequest, response: &mut FaultResponse) {
    if request.users() {
        response.set_in_meta("resourceType", &json!("Users"));
    }
}

fault! {
    After meta_location_wrong: "meta.location leads to another endpoint.",
    trips ["resource.meta-location", "create.location-agrees"], defects ["D140"]
}
fn meta_location_wrong(request: &FaultRequest, response: &mut FaultResponse) {
    if request.users_or_groups() {
        response.each_meta(|meta| {
            if let Some(location) = meta.get_mut("location") {
                let text = location.as_str().unwrap_or_default();
                *location = json!(text.replace("/Users/", "/Things/").replace("/Groups/", "/Things/"));
            }
        });
    }
}

fault! { After meta_created_format: "meta.created is no RFC 3339 time.", trips ["resource.schema"] }
fn meta_created_format(request: &FaultRequest, response: &mut FaultResponse) {
    if request.users_or_groups() {
        response.set_in_meta("created", &json!("13/05/2009 04:42"));
    }
}

fault! {
    After meta_modified_before_created: "meta.lastModified lies before meta.created.",
    trips ["resource.modified-after-created"]
}
fn meta_modified_before_created(request: &FaultRequest, response: &mut FaultResponse) {
    if request.users_or_groups() {
        response.set_in_meta("lastModified", &json!("2001-01-01T00:00:00Z"));
    }
}

fault! {
    After version_differs: "meta.version and ETag differ.",
    trips ["resource.version-is-etag"], defects ["D141"]
}
fn version_differs(request: &FaultRequest, response: &mut FaultResponse) {
    if request.users_or_groups() {
        response.set_in_meta("version", &json!("W/\"0\""));
    }
}

fault! { After user_name_missing: "userName is not returned.", trips ["resource.required"] }
fn user_name_missing(request: &FaultRequest, response: &mut FaultResponse) {
    if request.users() {
        response.drop_member("userName");
    }
}

fault! { After active_text: "active is text.", trips ["resource.schema"], defects ["D045"] }
fn active_text(request: &FaultRequest, response: &mut FaultResponse) {
    if request.users() {
        response.each(|user| {
            if let Some(active) = user["active"].as_bool() {
                user["active"] = json!(active.to_string());
            }
        });
    }
}

fault! { After emails_text: "emails mixes texts and objects.", trips ["resource.schema"], defects ["D145"] }
fn emails_text(request: &FaultRequest, response: &mut FaultResponse) {
    if request.users() {
        response.each(|user| {
            if let Some(first) = user.pointer("/emails/0/value").cloned() {
                user["emails"][0] = first;
            }
        });
    }
}

fault! { After emails_object: "emails is an object.", trips ["resource.schema"] }
fn emails_object(request: &FaultRequest, response: &mut FaultResponse) {
    if request.users() {
        response.each(|user| {
            if let Some(first) = user.pointer("/emails/0").cloned() {
                user["emails"] = first;
            }
        });
    }
}

fault! { After manager_text: "manager is text.", trips ["resource.schema"], defects ["D147"] }
fn manager_text(request: &FaultRequest, response: &mut FaultResponse) {
    if request.users() {
        response.each(|user| {
            if user.get(ENTERPRISE).is_some() {
                user[ENTERPRISE]["manager"] = json!("26118915-6090-4610-87e4-49d8ca9f808d");
            }
        });
    }
}

fault! { After display_name_number: "displayName of users is a number.", trips ["resource.schema"] }
fn display_name_number(request: &FaultRequest, response: &mut FaultResponse) {
    if request.users() {
        response.each(|user| {
            if user.get("displayName").is_some() {
                user["displayName"] = json!(7);
            }
        });
    }
}

fault! {
    After password_returned: "The password is returned.",
    trips ["resource.password", "projection.password-never"]
}
fn password_returned(request: &FaultRequest, response: &mut FaultResponse) {
    if request.users() {
        response.each(|user| user["password"] = json!("t1meMa$heen"));
    }
}

fault! {
    After null_attributes: "Attributes without a value are returned as the number 0.",
    trips ["resource.schema"]
}
fn null_attributes(request: &FaultRequest, response: &mut FaultResponse) {
    if request.users() {
        response.each(|user| {
            for name in TEXTS.iter().filter(|name| !name.starts_with("display")) {
                if user.get(name).is_none() {
                    user[name] = json!(0);
                }
            }
        });
    }
}

fault! {
    After two_primaries: "Every e-mail address is primary.",
    trips ["resource.one-primary"], defects ["D055"]
}
fn two_primaries(request: &FaultRequest, response: &mut FaultResponse) {
    if request.users() {
        response.each(|user| {
            if let Some(mails) = array(user, "emails") {
                for mail in mails {
                    mail["primary"] = json!(true);
                }
            }
        });
    }
}

fault! { After group_members_text: "Members are texts.", trips ["resource.schema"] }
fn group_members_text(request: &FaultRequest, response: &mut FaultResponse) {
    if request.groups() {
        response.each(|group| {
            if let Some(all) = array(group, "members") {
                for member in all {
                    *member = member["value"].clone();
                }
            }
        });
    }
}

fault! {
    After values_doubled: "Values of multi-valued attributes come twice.",
    trips ["resource.no-repeated-values"], defects ["D160"]
}
fn values_doubled(request: &FaultRequest, response: &mut FaultResponse) {
    if request.users() {
        response.each(|user| {
            if let Some(emails) = array(user, "emails") {
                emails.extend(emails.first().cloned());
            }
        });
    }
}

fault! { After group_member_number: "The value of a member is a number.", trips ["resource.schema"] }
fn group_member_number(request: &FaultRequest, response: &mut FaultResponse) {
    if request.groups() && request.is("GET") {
        response.each(|group| {
            if let Some(all) = array(group, "members") {
                for member in all.iter_mut() {
                    if let Some(id) = member["value"].as_str().and_then(|id| id.parse::<u64>().ok()) {
                        member["value"] = json!(id);
                    }
                }
            }
        })
    }
}

fault! {
    After location_of_inside: "Locations have the name that the server has behind its proxy.",
    trips ["resource.location-host"]
}
fn location_of_inside(_: &FaultRequest, response: &mut FaultResponse) {
    response.each(|resource| {
        let location = resource.pointer_mut("/meta/location");
        if let Some(location) = location.filter(|location| location.is_string()) {
            let (_, below) = location.as_str().unwrap_or_default().split_once("://").unwrap_or_default();
            let path = below.find('/').map_or("", |at| &below[at..]);
            *location = json!(format!("https://backend.internal{path}"));
        }
    });
}

fault! {
    After times_of_another_zone: "Times are two hours ahead, with a Z.",
    trips ["resource.times-are-true"]
}
fn times_of_another_zone(_: &FaultRequest, response: &mut FaultResponse) {
    response.set_header("date", "Thu, 01 Jan 1970 00:00:00 GMT");
}

fault! {
    After names_in_two_spellings: "What is stored is returned under its own spelling and in small letters.",
    trips ["resource.names-once"]
}
fn names_in_two_spellings(_: &FaultRequest, response: &mut FaultResponse) {
    response.each(|resource| {
        let text = resource["displayName"].clone();
        if let Some(members) = resource.as_object_mut().filter(|_| text.is_string()) {
            members.insert("displayname".into(), text);
        }
    });
}
