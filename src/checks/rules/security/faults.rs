//! Faults that the requirements `security.*` notice.

use crate::faults::support::*;

faults! {
    external_id_global, tenants_mixed,
}

fault! {
    Whole tenants_mixed: "Every credential sees one and the same tenant.",
    trips ["security.other-tenant-writes", "security.other-tenant-reads", "security.other-tenant-members"]
}
async fn tenants_mixed(request: &FaultRequest, service: &Service) -> FaultResponse {
    let mut first = request.clone();
    with_known(&mut first, |_, _| true);
    // Who is nobody's stays out.
    let mut look = request.other("GET", "/Users", None);
    look.set("count", Some("0"));
    if service.send(&look).await.ok() { service.send(&first).await } else { service.send(request).await }
}

fault! {
    Before external_id_global: "An externalId is taken for all tenants.",
    trips ["security.external-id-scope"]
}
fn external_id_global(request: &mut FaultRequest) -> Option<FaultResponse> {
    let external = request.content()["externalId"].as_str().filter(|_| request.creates_user())?.to_owned();
    let who = request.headers.get("authorization")?.clone();
    let first = request
        .memory
        .with(|first: &mut FirstClients| first.0.entry(external).or_insert_with(|| who.clone()).clone());
    refuse_if(first != who, 409, "uniqueness")
}

/// Who created the first user with each externalId.
#[derive(Default)]
struct FirstClients(BTreeMap<String, HeaderValue>);
