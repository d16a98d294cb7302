//! Deletion (RFC 7644 §3.6). What becomes of references to the resource is left open.

#[cfg(test)]
pub(in crate::checks) mod cases;
pub(in crate::checks) mod faults;
pub(in crate::checks) mod probes;
pub(in crate::checks) mod watch;

use crate::checks::requirement::requirements;

requirements! {
    STATUS_204 = "delete.status-204", Must, Pedantry, "RFC 7644 §3.6",
        "A successful DELETE is answered with 204.",
        "Answer 204 without a body.";
    GONE = "delete.gone", Must, AccessKept, "RFC 7644 §3.6",
        "After a DELETE every operation on the resource is answered with 404.",
        "Treat deleted resources as absent, in reads and in lists.";
    USER = "delete.user", Must, AccessKept, "RFC 7644 §3.6",
        "A user can be deleted, or the service answers 405 or 501 where it does not offer that.",
        "Answer DELETE /Users/{id} with 204 and remove the resource.";
    UNKNOWN_IS_404 = "delete.unknown-is-404", Should, "RFC 7644 §3.6, §3.12",
        "A DELETE of an id that does not exist is answered with 404.",
        "Answer 404.";
    NOT_IN_QUERIES = "delete.not-in-queries", Must, AccessKept, "RFC 7644 §3.6",
        "A deleted resource is in no list and no query result.",
        "Leave deleted resources out of every answer.";
    NAME_IS_FREE = "delete.name-is-free", Should, "RFC 7644 §3.6",
        "The userName of a deleted user does not conflict with a new one.",
        "Do not count deleted resources when looking for a conflict.";
    ID_NOT_REUSED = "delete.id-not-reused", Must, DataLoss, "RFC 7643 §3.1",
        "A new user of the same name gets an id of its own; an id is never given again.",
        "Never reassign an id.";
    GROUP = "delete.group", Must, AccessKept, "RFC 7644 §3.6; okta-client §3.17",
        "A group can be deleted, and is gone then; its members stay.",
        "Answer DELETE /Groups/{id} with 204 and keep the users.", [Rfc, Okta];
    TWICE_IS_404 = "delete.twice-is-404", Must, "RFC 7644 §3.6",
        "A second DELETE of a resource is answered with 404, as every operation on it is.",
        "Look the resource up before it is deleted; treat one that is marked as deleted as absent.";
    OTHER_TYPE = "delete.other-type", Must, DataLoss, "RFC 7644 §3.6, §3.2",
        "A DELETE below /Groups with the id of a user is answered with 404 and leaves the user.",
        "Delete within the type of the endpoint.";
    MANAGER_LEAVES_REPORTS = "delete.manager-leaves-reports", Should, DataLoss, "RFC 7644 §3.6; RFC 7643 §4.3",
        "The deletion of a manager deletes nobody else.",
        "Do not cascade from manager to the people who have that manager.";
    NAME_AGAIN_HAS_NO_GROUPS = "delete.name-again-has-no-groups", Should, AccessKept, "RFC 7644 §3.6; RFC 7643 §3.1, §4.2",
        "A new user with the userName of a deleted one is a member of none of that one's groups.",
        "Remove memberships with the user, and tie them to its id.";
}
