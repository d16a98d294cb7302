//! Faults that the requirements `extension.*` notice.

use crate::faults::support::*;

faults! {
    extension_dropped_by_patch, extension_one_forgotten, put_loses_extension, put_loses_manager,
}

fault! {
    Change put_loses_extension: "PUT does not store the attributes of extensions.",
    trips ["extension.replaced"]
}
fn put_loses_extension(request: &mut FaultRequest) {
    if request.is("PUT") && request.users() {
        request.drop_member(ENTERPRISE);
    }
}

fault! {
    Change extension_one_forgotten: "One attribute of the extension is not stored at creation.",
    trips ["extension.created"]
}
fn extension_one_forgotten(request: &mut FaultRequest) {
    if request.is("POST")
        && request.users()
        && let Some(extension) = request.member(ENTERPRISE)
    {
        drop_member(extension, "costCenter");
    }
}

fault! { Change put_loses_manager: "PUT does not keep the manager.", trips ["extension.replaced"] }
fn put_loses_manager(request: &mut FaultRequest) {
    if request.is("PUT")
        && request.users()
        && let Some(extension) = request.member(ENTERPRISE)
    {
        drop_member(extension, "manager");
    }
}

fault! {
    Whole extension_dropped_by_patch: "A change of displayName drops the extension.",
    trips ["extension.kept-by-core-patch"]
}
async fn extension_dropped_by_patch(request: &FaultRequest, service: &Service) -> FaultResponse {
    let response = service.send(request).await;
    if request.users() && request.any_operation(|operation| path(operation) == "displayName") {
        let mut user = current(request, service).await;
        if user.get(ENTERPRISE).is_some() {
            drop_member(&mut user, ENTERPRISE);
            service.send(&request.other("PUT", request.path.clone(), Some(user))).await;
        }
    }
    response
}
