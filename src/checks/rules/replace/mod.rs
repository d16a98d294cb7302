//! Replacement by PUT (RFC 7644 §3.5.1). What a PUT leaves out may be kept or cleared.

#[cfg(test)]
pub(in crate::checks) mod cases;
pub(in crate::checks) mod faults;
pub(in crate::checks) mod probes;
pub(in crate::checks) mod watch;

use crate::checks::requirement::requirements;

requirements! {
    STATUS_200 = "replace.status-200", Should, "RFC 7644 §3.5.1",
        "A successful PUT is answered with 200 and the whole resource.",
        "Answer 200 with the resource.";
    USER = "replace.user", Okta, "RFC 7644 §3.5.1; okta-client §3.8",
        "A PUT of the representation that GET returned, with one attribute changed, takes effect.",
        "Accept your own representation, readOnly members included, and store what changed.";
    GROUP = "replace.group", Okta, "RFC 7644 §3.5.1; okta-client §3.17",
        "A PUT of a group with other members takes effect.",
        "Store the members of the PUT.";
    ROUND_TRIP = "replace.round-trip", Must, DataLoss, "RFC 7644 §3.5.1",
        "A PUT of the representation that GET returned changes nothing.",
        "Store from a PUT exactly what it asserts, and ignore its readOnly members.", [Rfc, Okta];
    EVERY_ATTRIBUTE = "replace.every-attribute", Must, DataLoss, "RFC 7644 §3.5.1",
        "Every attribute of a PUT that the service stores takes its new value.",
        "Store each value of the PUT, not only some.", [Rfc, Okta];
    READ_ONLY_IGNORED = "replace.read-only-ignored", Must, "RFC 7644 §3.5.1",
        "readOnly attributes in a PUT, such as meta and groups, are ignored.",
        "Ignore readOnly values in a PUT.";
    ID_IGNORED = "replace.id-ignored", Must, "RFC 7644 §3.5.1; RFC 7643 §3.1",
        "A PUT whose body has another id leaves the id as it is.",
        "Take the id from the URI alone.";
    ANSWER_IS_THE_STORE = "replace.answer-is-the-store", Must, "RFC 7644 §3.5.1",
        "The answer to a PUT shows the resource as the next read shows it.",
        "Answer from what was stored rather than from the request.";
    REQUIRED_STAYS = "replace.required-stays", Must, DataLoss, "RFC 7643 §4.1.1; RFC 7644 §3.5.1",
        "A PUT without userName is refused, or leaves the userName as it was.",
        "Answer 400 with scimType invalidValue; a user without a userName cannot exist.";
    UNKNOWN_IS_404 = "replace.unknown-is-404", Must, DataLoss, "RFC 7644 §3.5.1, §3.2",
        "A PUT to an id that does not exist is refused, and creates nothing.",
        "Answer 404; PUT must not create resources.";
    TAKEN_NAME_REFUSED = "replace.taken-name-refused", Must, DataLoss, "RFC 7643 §4.1.1; RFC 7644 §3.12 table 9",
        "A PUT that gives a user the userName of another is refused, and changes nothing.",
        "Answer 409 with scimType uniqueness.";
    TAKEN_NAME_IS_409 = "replace.taken-name-is-409", Should, Pedantry, "RFC 7644 §3.12 table 8",
        "The refusal of a userName that is taken is a 409 or a 400 with the scimType uniqueness.",
        "Answer 409 with scimType uniqueness, as for creations.";
    RENAME = "replace.rename", Must, SyncStops, "RFC 7644 §3.5.1; okta-client §3.8",
        "A PUT with a new userName renames the user under the same id, and look-ups find the new name alone.",
        "Store userName from a PUT, and keep every index in step.", [Rfc, Okta];
    RENAME_LETTER_CASE = "replace.rename-letter-case", Must, "RFC 7643 §4.1.1; RFC 7644 §3.5.1",
        "A PUT that changes only the letter case of a user's own userName is not a conflict.",
        "Leave the user itself out when looking for a conflict.";
    MULTI_VALUED_WHOLE = "replace.multi-valued-whole", Must, "RFC 7644 §3.5.1",
        "The values of a multi-valued attribute in a PUT replace all earlier ones.",
        "Replace the whole list; do not merge.";
    CREATED_STAYS = "replace.created-stays", Must, "RFC 7643 §3.1",
        "meta.created never changes.",
        "Set created once.";
    MODIFIED_MOVES = "replace.modified-moves", Must, "RFC 7643 §3.1",
        "meta.lastModified moves forward when a resource changes.",
        "Set lastModified on every change.";
    PARTS_KEPT = "replace.parts-kept", Must, DataLoss, "RFC 7644 §3.5.1; RFC 7643 §7",
        "A PUT keeps every part of a value that a creation keeps, attributes of extensions among them.",
        "Read a PUT with the code that reads a creation.";
    IMMUTABLE = "replace.immutable", Must, "RFC 7644 §3.5.1, §3.5.2; RFC 7643 §7",
        "A value that the published schema calls immutable is not changed by PUT or PATCH.",
        "Compare immutable values with those stored, or publish readWrite.";
    IMMUTABLE_SCIM_TYPE = "replace.immutable-scim-type", Should, Pedantry, "RFC 7644 §3.5.1, §3.12 table 9",
        "Another value for an immutable attribute is refused with 400 and the scimType mutability.",
        "Refuse it instead of ignoring it.";
    IMMUTABLE_FIRST_VALUE = "replace.immutable-first-value", Must, "RFC 7644 §3.5.1",
        "An immutable attribute without a value takes its first value from a PUT.",
        "Refuse a change only where there is a value.";
}
