//! Faults that the requirements `query.*` notice.

use crate::faults::support::*;

faults! {
    unknown_parameter_refused,
}

fault! {
    Before unknown_parameter_refused: "A query parameter that is not known is refused.",
    trips ["query.unknown-parameter"]
}
fn unknown_parameter_refused(request: &mut FaultRequest) -> Option<FaultResponse> {
    const KNOWN: &[&str] = &[
        "attributes",
        "excludedAttributes",
        "filter",
        "sortBy",
        "sortOrder",
        "startIndex",
        "count",
        "cursor",
    ];
    let names = request.query.split('&').filter_map(|pair| pair.split('=').next());
    let unknown = names.filter(|name| !name.is_empty()).any(|name| !KNOWN.contains(&name));
    refuse_if(unknown, 400, "invalidValue")
}
