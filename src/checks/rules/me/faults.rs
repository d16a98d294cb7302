//! Faults that the requirements `me.*` notice.

use crate::faults::support::*;

faults! {
    me_broken, me_without_location,
}

fault! { Before me_broken: "/Me is refused as a bad request.", trips ["me.answer"] }
fn me_broken(request: &mut FaultRequest) -> Option<FaultResponse> {
    refuse_if(request.path == "/Me", 400, "invalidPath")
}

fault! { Before me_without_location: "/Me is answered without a location.", trips ["me.location"] }
fn me_without_location(request: &mut FaultRequest) -> Option<FaultResponse> {
    let user = json!({"schemas": [USER], "id": "7", "userName": "me@example.com"});
    (request.path == "/Me").then(|| FaultResponse::json(200, user))
}
