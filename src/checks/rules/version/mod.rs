//! Versions of resources: ETag, If-Match, If-None-Match (RFC 7644 §3.14), where a service offers them.

pub(in crate::checks) mod faults;
pub(in crate::checks) mod probes;

use crate::checks::requirement::requirements;

requirements! {
    HEADER = "version.header", Must, "RFC 7644 §3.14",
        "A resource with a version has it in the ETag header field.",
        "Send ETag with every resource.";
    STAYS_WITHOUT_CHANGE = "version.stays-without-change", Should, "RFC 7644 §3.14; RFC 9110 §8.8.1",
        "The version stays the same while the resource does.",
        "Derive the version from the resource, not from the request.";
    CHANGES_WITH_RESOURCE = "version.changes-with-resource", Should, "RFC 7644 §3.14; RFC 9110 §8.8.1",
        "The version changes with the resource.",
        "Make a new version on every change.";
    IF_NONE_MATCH = "version.if-none-match", Must, "RFC 7644 §3.14; RFC 9110 §13.1.2",
        "A read with If-None-Match and the present version is answered with 304 and no body.",
        "Compare the tags, and answer 304.";
    IF_NONE_MATCH_CHANGED = "version.if-none-match-changed", Must, "RFC 9110 §13.1.2",
        "A read with If-None-Match and an earlier version returns the resource.",
        "Answer 200 when the versions differ.";
    IF_MATCH_STALE = "version.if-match-stale", Must, DataLoss, "RFC 7644 §3.14, §3.12 table 8; RFC 9110 §13.1.1",
        "A write with If-Match and an earlier version is refused with 412, and changes nothing.",
        "Compare the version before a PUT, PATCH or DELETE.";
    // RFC 7644 sends weak versions in If-Match; "An origin server MUST use the strong comparison function" (RFC 9110
    // §13.1.1) lets none of them match.
    IF_MATCH_PRESENT = "version.if-match-present", Should, "RFC 7644 §3.14; RFC 9110 §13.1.1",
        "A write with If-Match and the present version, as it was given, is carried out.",
        "Compare the whole tag, weak or not.";
    IF_MATCH_ANY = "version.if-match-any", Must, "RFC 7644 §3.14; RFC 9110 §13.1.1",
        "If-Match: * lets a change of an existing resource pass.",
        "Compare with the version only where If-Match has versions.";
    IF_MATCH_SEVERAL = "version.if-match-several", Must, "RFC 7644 §3.14; RFC 9110 §13.1.1",
        "If-Match with several versions lets a change pass when one of them is the present one.",
        "Split the field at its commas.";
}
