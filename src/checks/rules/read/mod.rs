//! Reading one resource (RFC 7644 §3.4.1).

#[cfg(test)]
pub(in crate::checks) mod cases;
pub(in crate::checks) mod faults;
pub(in crate::checks) mod probes;
pub(in crate::checks) mod watch;

use crate::checks::requirement::requirements;

requirements! {
    STATUS_200 = "read.status-200", Should, Pedantry, "RFC 7644 §3.4.1",
        "A resource that is there is returned with 200.",
        "Answer 200.";
    CREATED = "read.created", Okta, "RFC 7644 §3.4.1; okta-client §3.7",
        "A user that was created can be read at its own URI.",
        "Return the resource at /Users/{id} with 200 from the moment of the 201.", [Rfc, Okta];
    GROUP_MEMBERS = "read.group-members", Should, "RFC 7644 §3.4.1; RFC 7643 §4.2",
        "A group that was created can be read, and shows the members that it was given.",
        "Return the group at /Groups/{id} with its members.";
    UNKNOWN_IS_404 = "read.unknown-is-404", Should, "RFC 7644 §3.12 table 8",
        "Reading an id that does not exist is answered with 404, whatever the id looks like.",
        "Answer 404 with a SCIM error for every id that you did not give.";
    OTHER_TYPE_IS_404 = "read.other-type-is-404", Should, "RFC 7644 §3.4.1",
        "A user's id below /Groups is answered with 404.",
        "Look an id up among the resources of the endpoint's own type.";
    REPEATABLE = "read.repeatable", Should, "RFC 7644 §3.4.1",
        "Two reads with no write between them give the same representation.",
        "Reading must not change a resource, nor its lastModified.";
}
