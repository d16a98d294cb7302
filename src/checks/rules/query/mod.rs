//! Parameters of queries beyond those that have an area of their own (RFC 7644 §3.4.2).

pub(in crate::checks) mod faults;
pub(in crate::checks) mod probes;

use crate::checks::requirement::requirements;

requirements! {
    UNKNOWN_PARAMETER = "query.unknown-parameter", Should, "RFC 7644 §3.4.2",
        "A query parameter that the service does not know is ignored.",
        "Ignore parameters that you do not know.";
}
