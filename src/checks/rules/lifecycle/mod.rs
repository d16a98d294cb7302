//! Deactivation and reactivation through `active` (RFC 7643 §4.1.1). What inactive means beyond SCIM is left open.

pub(in crate::checks) mod faults;
pub(in crate::checks) mod probes;

use crate::checks::requirement::requirements;

requirements! {
    DEACTIVATE_PATCH = "lifecycle.deactivate-patch", Okta, AccessKept, "okta-client §3.10; RFC 7644 §3.5.2.3",
        "PATCH replace without a path and with the value {\"active\": false} deactivates a user.",
        "Treat a replace without a path as a replace of each member of its value.", [Rfc, Okta];
    DEACTIVATE_PUT = "lifecycle.deactivate-put", Okta, AccessKept, "okta-client §3.10; RFC 7644 §3.5.1",
        "PUT of the representation that GET returned, with active false, deactivates a user.",
        "Store active from the PUT.", [Rfc, Okta];
    REACTIVATE_PATCH = "lifecycle.reactivate-patch", Okta, "okta-client §3.5",
        "PATCH replace without a path and with the value {\"active\": true} activates the user again, under the same id.",
        "Set active back to true and keep the resource as it was.", [Rfc, Okta];
    REACTIVATE_PUT = "lifecycle.reactivate-put", Okta, "okta-client §3.5",
        "PUT with active true activates the user again, under the same id.",
        "Set active back to true and keep the resource as it was.", [Rfc, Okta];
    INACTIVE_STAYS = "lifecycle.inactive-stays", Okta, DataLoss, "okta-client §3.7, §3.13",
        "An inactive user can still be read by its id.",
        "Deactivation is not deletion: keep the resource and answer GET with 200.";
    INACTIVE_IS_FOUND = "lifecycle.inactive-is-found", Okta, "okta-client §3.3, §3.11",
        "The look-up by userName finds an inactive user, since Okta reactivates what it finds.",
        "Let filters see inactive users too.";
    LIST_SHOWS_STATE = "lifecycle.list-shows-state", Okta, AccessKept, "okta-client §3.16",
        "Lists show the state of active that the resource itself shows.",
        "Take active from one place for single resources and for lists.";
    KEEPS_ATTRIBUTES = "lifecycle.keeps-attributes", Must, DataLoss, "RFC 7644 §3.5.2.3",
        "Deactivation changes active and no other attribute.",
        "A replace without a path changes the attributes in its value and leaves the others alone.";
    INACTIVE_NAME_IS_TAKEN = "lifecycle.inactive-name-is-taken", Must, "RFC 7644 §3.3; RFC 7643 §4.1.1",
        "Creating a user with the userName of an inactive one is answered with 409, or reactivates nothing silently.",
        "Answer 409 with scimType uniqueness; the userName stays unique while the resource exists.";
    FILTER_ACTIVE = "lifecycle.filter-active", Must, "RFC 7644 §3.4.2.2",
        "A filter by active tells active from inactive users.",
        "Compare active as a boolean.";
    KEEPS_MEMBERSHIPS = "lifecycle.keeps-memberships", Should, DataLoss, "RFC 7644 §3.5.2; okta-client §3.10",
        "A user who is deactivated stays a member of the groups, which nobody asked to change.",
        "Leave memberships alone; Okta removes them itself where its administrator wants that.", [Rfc, Okta];
    CHANGES_WHILE_INACTIVE = "lifecycle.changes-while-inactive", Must, DataLoss, "RFC 7644 §3.5.2; RFC 7643 §4.1.1",
        "What is changed while a user is inactive is changed, and stays so when it is active again.",
        "Store changes of inactive users; set active and nothing else on reactivation.";
    PASSWORD_KEEPS_INACTIVE = "lifecycle.password-keeps-inactive", Must, AccessKept, "RFC 7644 §3.5.2",
        "A new password does not activate an inactive user.",
        "Change what the operation names.";
}
