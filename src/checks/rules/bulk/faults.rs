//! Faults that the requirements `bulk.*` notice.

use crate::faults::support::*;

faults! {
    bulk_any_size, bulk_backwards, bulk_circle_dropped, bulk_delete_forgotten, bulk_extension_unresolved,
    bulk_forward_refused, bulk_limit_unnamed, bulk_method_guessed, bulk_never_stops, bulk_no_bulk_id,
    bulk_no_limit, bulk_no_location, bulk_no_method, bulk_no_response, bulk_not_stored,
    bulk_outcome_missing, bulk_reference_unresolved, bulk_schema_wrong,
    bulk_status_number, bulk_stops, bulk_unknown_stored, bulk_version_ignored,
}

fault! {
    After bulk_status_number: "The statuses of a bulk answer are numbers.",
    trips ["bulk.status"], defects ["D138"]
}
fn bulk_status_number(request: &FaultRequest, response: &mut FaultResponse) {
    for outcome in bulk_outcomes(request, response).into_iter().flatten() {
        if let Ok(status) = text(outcome, "status").parse::<u64>() {
            outcome["status"] = json!(status);
        }
    }
}

fault! { After bulk_no_location: "Bulk answers have no location.", trips ["bulk.location"], defects ["D138"] }
fn bulk_no_location(request: &FaultRequest, response: &mut FaultResponse) {
    outcomes_lack(request, response, "location");
}

fault! { After bulk_no_bulk_id: "Bulk answers have no bulkId.", trips ["bulk.id-returned"], defects ["D138"] }
fn bulk_no_bulk_id(request: &FaultRequest, response: &mut FaultResponse) {
    outcomes_lack(request, response, "bulkId");
}

fault! {
    After bulk_no_response: "Errors in bulk answers have no response.",
    trips ["bulk.error-response"], defects ["D138"]
}
fn bulk_no_response(request: &FaultRequest, response: &mut FaultResponse) {
    outcomes_lack(request, response, "response");
}

fault! {
    Change bulk_stops: "Bulk requests stop at the first error.",
    trips ["bulk.goes-on"], defects ["D138"]
}
fn bulk_stops(request: &mut FaultRequest) {
    if request.path == "/Bulk"
        && let Some(body) = request.body.as_mut()
    {
        body["failOnErrors"] = json!(1);
    }
}

fault! {
    Change bulk_never_stops: "failOnErrors is ignored.",
    trips ["bulk.fail-on-errors"], defects ["D138"]
}
fn bulk_never_stops(request: &mut FaultRequest) {
    if request.path == "/Bulk" {
        request.drop_member("failOnErrors");
    }
}

fault! {
    Change bulk_reference_unresolved: "bulkId references are not resolved.",
    trips ["bulk.reference"], defects ["D138"]
}
fn bulk_reference_unresolved(request: &mut FaultRequest) {
    for operation in bulk_operations(request).filter(|operation| operation["path"] == "/Groups") {
        operation["data"]["members"] = json!([]);
    }
}

fault! { Whole bulk_not_stored: "Bulk requests store nothing.", trips ["bulk.stored"], defects ["D138"] }
async fn bulk_not_stored(request: &FaultRequest, service: &Service) -> FaultResponse {
    let response = service.send(request).await;
    if request.path == "/Bulk" {
        for location in values(&response.content()["Operations"]).map(|outcome| text(outcome, "location")) {
            if let Some(at) = location.find("/Users/").or_else(|| location.find("/Groups/")) {
                service.send(&request.other("DELETE", &location[at..], None)).await;
            }
        }
    }
    response
}

fault! { After bulk_no_limit: "More operations than allowed are taken.", trips ["bulk.max-operations"] }
fn bulk_no_limit(request: &FaultRequest, response: &mut FaultResponse) {
    if request.path == "/Bulk" && response.status == 413 {
        *response = FaultResponse::json(200, json!({"schemas": [BULK_RESPONSE], "Operations": []}));
    }
}

fault! {
    After bulk_no_method: "Bulk answers do not name the methods.",
    trips ["bulk.response-schema"], defects ["D138"]
}
fn bulk_no_method(request: &FaultRequest, response: &mut FaultResponse) {
    outcomes_lack(request, response, "method");
}

fault! { After bulk_schema_wrong: "Bulk answers have the URN of a list.", trips ["bulk.response-schema"] }
fn bulk_schema_wrong(request: &FaultRequest, response: &mut FaultResponse) {
    if request.path == "/Bulk" && response.ok() {
        response.set("schemas", json!([LIST_RESPONSE]));
    }
}

fault! {
    Change bulk_delete_forgotten: "DELETE in a bulk request is called done.",
    trips ["bulk.put-and-delete"]
}
fn bulk_delete_forgotten(request: &mut FaultRequest) {
    for operation in bulk_operations(request).filter(|operation| operation["method"] == "DELETE") {
        operation["method"] = json!("PATCH");
        operation["data"] = json!({"schemas": [PATCH_OP], "Operations": [{"op": "add", "value": {}}]});
    }
}

fault! {
    Change bulk_method_guessed: "A bulk operation without a method is taken for a POST.",
    trips ["bulk.incomplete-operation"]
}
fn bulk_method_guessed(request: &mut FaultRequest) {
    for operation in bulk_operations(request) {
        if operation.get("method").is_none() {
            operation["method"] = json!("POST");
        }
    }
}

fault! {
    Change bulk_circle_dropped: "References to later operations are dropped.",
    trips ["bulk.circular-references"]
}
fn bulk_circle_dropped(request: &mut FaultRequest) {
    let ids: Vec<Value> = bulk_operations(request).map(|operation| operation["bulkId"].clone()).collect();
    for (at, operation) in bulk_operations(request).enumerate() {
        let later = |member: &Value| {
            let id = text(member, "value").strip_prefix("bulkId:");
            id.is_some_and(|id| ids[at + 1..].iter().any(|later| later == id))
        };
        if let Some(all) = operation.get_mut("data").and_then(|data| array(data, "members")) {
            all.retain(|member| !later(member));
        }
    }
}

fault! {
    Change bulk_extension_unresolved: "References in extensions are stored as they stand.",
    trips ["bulk.reference-in-extension"]
}
fn bulk_extension_unresolved(request: &mut FaultRequest) {
    for operation in bulk_operations(request) {
        let reference = operation.pointer_mut(&format!("/data/{ENTERPRISE}/manager/value"));
        if let Some(Value::String(reference)) = reference {
            *reference = reference.replace("bulkId:", "bulkId=");
        }
    }
}

fault! { Change bulk_version_ignored: "version is ignored in bulk operations.", trips ["bulk.version"] }
fn bulk_version_ignored(request: &mut FaultRequest) {
    for operation in bulk_operations(request) {
        drop_member(operation, "version");
    }
}

fault! { After bulk_any_size: "Bulk requests of any size are taken.", trips ["bulk.max-payload-size"] }
fn bulk_any_size(request: &FaultRequest, response: &mut FaultResponse) {
    if request.raw.len() > 1 << 20 {
        bulk_no_limit(request, response);
    }
}

fault! { After bulk_limit_unnamed: "The 413 of a bulk request does not say why.", trips ["bulk.limit-named"] }
fn bulk_limit_unnamed(request: &FaultRequest, response: &mut FaultResponse) {
    if request.path == "/Bulk" && response.status == 413 {
        response.set("detail", json!("Too much."));
    }
}

fault! {
    Whole bulk_backwards: "Bulk operations are carried out from the last to the first.",
    trips ["bulk.in-order"]
}
async fn bulk_backwards(request: &FaultRequest, service: &Service) -> FaultResponse {
    let mut turned = request.clone();
    if let Some(all) =
        turned.body.as_mut().filter(|_| request.path == "/Bulk").and_then(|body| array(body, "Operations"))
    {
        all.reverse();
    }
    let mut response = service.send(&turned).await;
    if let Some(all) = bulk_outcomes(request, &mut response) {
        all.reverse();
    }
    response
}

fault! {
    After bulk_outcome_missing: "The last outcome of a bulk answer is missing.",
    trips ["bulk.answer"], defects ["D138"]
}
fn bulk_outcome_missing(request: &FaultRequest, response: &mut FaultResponse) {
    if let Some(all) = bulk_outcomes(request, response) {
        all.pop();
    }
}

fault! { Whole bulk_unknown_stored: "A reference to nothing is taken.", trips ["bulk.unknown-reference"] }
async fn bulk_unknown_stored(request: &FaultRequest, service: &Service) -> FaultResponse {
    let mut changed = request.clone();
    let ids: Vec<String> = bulk_operations(&mut changed)
        .map(|operation| format!("bulkId:{}", text(operation, "bulkId")))
        .collect();
    for data in bulk_operations(&mut changed).filter_map(|operation| operation.get_mut("data")) {
        let name = text(data, "displayName").to_owned();
        let Some(members) = array(data, "members") else { continue };
        let unknown = members.extract_if(.., |member| {
            let reference = text(member, "value");
            reference.starts_with("bulkId:") && !ids.iter().any(|id| id == reference)
        });
        request.memory.with(|stored: &mut StoredReferences| {
            stored.0.extend(unknown.map(|member| (name.clone(), member)));
        });
    }
    let mut response = service.send(&changed).await;
    if request.groups() {
        response.each(|group| {
            let name = text(group, "displayName");
            if let Some(member) =
                request.memory.with(|stored: &mut StoredReferences| stored.0.get(name).cloned())
            {
                group["members"] = json!([member]);
            }
        });
    }
    response
}

/// References that were stored as they stood, by the name of the group.
#[derive(Default)]
struct StoredReferences(BTreeMap<String, Value>);

fault! {
    Before bulk_forward_refused: "References to later operations are conflicts.",
    trips ["bulk.forward-references"]
}
fn bulk_forward_refused(request: &mut FaultRequest) -> Option<FaultResponse> {
    let all: Vec<&mut Value> = bulk_operations(request).collect();
    let forward = all.iter().enumerate().any(|(at, operation)| {
        let refers = |id: &str| operation.to_string().contains(&format!("\"bulkId:{id}\""));
        all[at + 1..].iter().any(|later| later["bulkId"].as_str().is_some_and(refers))
    });
    refuse_if(forward, 409, "invalidValue")
}
