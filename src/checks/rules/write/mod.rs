//! What a PUT or a PATCH acknowledged, held against its answer and against what is read next.

#[cfg(test)]
pub(in crate::checks) mod cases;
pub(in crate::checks) mod watch;

use crate::checks::requirement::requirements;

requirements! {
    APPLIED = "write.applied", Must, AccessKept, "RFC 7644 §3.5.1, §3.5.2",
        "The answer to a successful PUT or PATCH shows what was asked for.",
        "Apply the change before answering, or refuse it with an error.";
    KEPT = "write.kept", Must, AccessKept, "RFC 7644 §3.5.1, §3.5.2",
        "What a write acknowledged is there when the resource is read next.",
        "Store the change; acknowledge nothing that was not stored.";
}
