//! The alias of the authenticated subject (RFC 7644 §3.11).

pub(in crate::checks) mod faults;
pub(in crate::checks) mod probes;

use crate::checks::requirement::requirements;

requirements! {
    ANSWER = "me.answer", May, "RFC 7644 §3.11",
        "GET /Me is answered with the resource, with 308 to it, or with 501.",
        "Answer 501 Not Implemented where there is no such alias.";
    LOCATION = "me.location", Must, "RFC 7644 §3.11",
        "Whatever answers at /Me names the permanent URI of the resource in Location.",
        "Set Location to /Users/{id}.";
}
