//! Creation by POST (RFC 7644 §3.3). A service may ignore or alter what a client sends, and refuse by a policy of its own.

#[cfg(test)]
pub(in crate::checks) mod cases;
pub(in crate::checks) mod faults;
pub(in crate::checks) mod probes;
pub(in crate::checks) mod watch;

use crate::checks::requirement::requirements;

requirements! {
    // That a service stores what it is sent is a SHOULD at most: "the server is free to alter and/or ignore POSTed
    // content" (§3.3).
    STATUS_201 = "create.status-201", Must, "RFC 7644 §3.3",
        "A successful creation is answered with 201.",
        "Answer 201 rather than another success.";
    LOCATION = "create.location", Must, "RFC 7644 §3.3",
        "The answer to a creation has a Location header field with the URI of the resource.",
        "Set Location to the URI of the new resource.";
    META_LOCATION = "create.meta-location", Must, "RFC 7644 §3.3",
        "The URI of a created resource is in the body too, as meta.location.",
        "Return meta.location in the body of the 201.";
    LOCATION_AGREES = "create.location-agrees", Must, "RFC 7644 §3.3",
        "The Location header field and meta.location name the same resource.",
        "Take both from one place.";
    BODY = "create.body", Okta, "okta-client §3.4, §12.15",
        "The answer to a creation carries the resource with its id, since Okta stores the id from it.",
        "Return the whole resource in the body of the 201.";
    CONFLICT_STATUS = "create.conflict-status", Must, SyncStops, "RFC 7644 §3.3",
        "Creating a user with a userName that is taken is answered with 409.",
        "Answer 409 with scimType uniqueness.";
    CONFLICT_SCIM_TYPE = "create.conflict-scim-type", Must, Pedantry, "RFC 7644 §3.3",
        "The 409 for a userName that is taken carries the scimType uniqueness.",
        "Add \"scimType\": \"uniqueness\" to the error.";
    UNIQUE_USER_NAME = "create.unique-user-name", Must, DataLoss, "RFC 7643 §4.1.1",
        "No two users have the same userName, letter case aside.",
        "Refuse the second creation with 409.";
    USER = "create.user", Okta, "RFC 7644 §3.3; okta-client §3.4",
        "A user as Okta sends one, with externalId, an empty groups and a placeholder password, is created.",
        "Take the attributes that RFC 7643 defines, and ignore those that are readOnly or unknown to you.";
    GROUP = "create.group", Okta, "RFC 7644 §3.3; okta-client §3.17",
        "A group with a displayName and no members can be created.",
        "Accept POST /Groups with an empty or absent members.";
    SERVICE_ASSIGNS_ID = "create.service-assigns-id", Must, "RFC 7643 §3.1; RFC 7644 §3.3",
        "The service assigns the id; an id that the client sends is ignored.",
        "Take no id from a client: it is readOnly, and must be ignored.";
    READ_ONLY_IGNORED = "create.read-only-ignored", Must, "RFC 7644 §3.3",
        "readOnly attributes in a creation, such as meta and groups, are ignored.",
        "Ignore readOnly attributes; neither refuse the request nor store them.";
    MODIFIED_IS_CREATED = "create.modified-is-created", Must, "RFC 7643 §3.1",
        "meta.lastModified of a resource that was never changed equals meta.created.",
        "Set both to the same instant on creation.";
    ANSWER_IS_THE_STORE = "create.answer-is-the-store", Must, "RFC 7644 §3.3, §3.4.1",
        "The answer to a creation shows the resource as the next read shows it.",
        "Answer from what was stored rather than from the request.";
    STORES_OKTA_ATTRIBUTES = "create.stores-okta-attributes", Okta, "okta-client §5; RFC 7644 §3.3",
        "userName, name.givenName, name.familyName, the primary e-mail and active are stored as sent.",
        "Store and return what Okta sends in every creation.";
    STORES_EXTERNAL_ID = "create.stores-external-id", Should, DataLoss, "RFC 7643 §3.1",
        "An externalId that the client gave is stored and returned.",
        "Keep externalId: it is the client's own key for the resource.";
    INACTIVE = "create.inactive", Should, AccessKept, "RFC 7643 §4.1.1; RFC 7644 §3.3",
        "A user created with active false is inactive.",
        "Store active as it was sent.";
    USER_NAME_REQUIRED = "create.user-name-required", Must, "RFC 7643 §4.1.1; RFC 7644 §3.12",
        "A user without a userName is refused, or is given one.",
        "Answer 400 with scimType invalidValue.";
    REQUIRED_SCIM_TYPE = "create.required-scim-type", Should, Pedantry, "RFC 7644 §3.12 table 9",
        "The refusal for a missing required attribute is a 400 with the scimType invalidValue.",
        "Answer 400 with \"scimType\": \"invalidValue\".";
    GROUP_NAME_REQUIRED = "create.group-name-required", Must, "RFC 7643 §4.2, erratum 5368",
        "A group without a displayName is refused, or is given one.",
        "Answer 400 with scimType invalidValue.";
    WRONG_TYPE_REFUSED = "create.wrong-type-refused", Should, "RFC 7643 §2.3; RFC 7644 §3.12",
        "An object where the schema has a string is refused with 400.",
        "Hold values against their type, and answer 400 with invalidValue or invalidSyntax.";
    DUPLICATE_CHANGES_NOTHING = "create.duplicate-changes-nothing", Must, DataLoss, "RFC 7644 §3.3",
        "A creation with a userName that is taken leaves the first user as it is.",
        "Refuse the second creation before anything is stored.";
    ATTRIBUTE_NAMES_ANY_CASE = "create.attribute-names-any-case", Must, "RFC 7643 §2.1",
        "Attribute names in a request are matched in any letter case.",
        "Compare attribute names without regard to case.";
    ENTERPRISE_EXTENSION = "create.enterprise-extension", Should, DataLoss, "RFC 7643 §4.3, §3.3",
        "Attributes of the enterprise extension are stored where the service publishes that schema.",
        "Store the members of the object under the extension's URN.";
    EMAIL_WITHOUT_PRIMARY = "create.email-without-primary", Must, "RFC 7643 §2.4, §4.1.2",
        "An e-mail address without primary is stored; primary is optional.",
        "Treat a missing primary as false.";
    SEVERAL_EMAILS = "create.several-emails", Should, "RFC 7643 §4.1.2",
        "A user can have several e-mail addresses.",
        "Store every value of emails.";
    NULL_IS_ABSENT = "create.null-is-absent", Must, "RFC 7643 §2.5",
        "null and an empty array in a request mean the same as an absent attribute.",
        "Treat null and [] as unassigned; do not refuse or store them.";
    READABLE_AT_LOCATION = "create.readable-at-location", Must, "RFC 7644 §3.3; RFC 7643 §3.1",
        "The Location of a creation leads to the resource.",
        "Put the resource's own URI into Location.";
    DISTINCT_IDS = "create.distinct-ids", Must, DataLoss, "RFC 7643 §3.1",
        "Two resources have different ids, also when one of them is a group.",
        "Make ids unique over everything that the service holds.";
    PARTS_KEPT = "create.parts-kept", Should, DataLoss, "RFC 7643 §7; RFC 7644 §3.3",
        "Of a value that is stored, every part is stored that the published schema lists as writable.",
        "Store all sub-attributes that you publish, of every multi-valued attribute.";
    VALUES_UNALTERED = "create.values-unaltered", Should, DataLoss, "RFC 7644 §3.3; RFC 7643 §2.3.1",
        "Attributes that are stored come back as they were sent.",
        "Store what the client sends; derive a value only where none was sent.";
    ANY_MEMBER_ORDER = "create.any-member-order", Must, "RFC 7643 §2.3.8; RFC 8259 §4",
        "The members of an object mean the same in any order.",
        "Read the body as an object, not as a sequence.";
    ANY_SCHEMAS_ORDER = "create.any-schemas-order", Must, "RFC 7643 §3",
        "The URNs in schemas mean the same in any order.",
        "Look for a URN anywhere in schemas; do not take the first for the type.";
    MANAGER_DISPLAY_NAME = "create.manager-display-name", Must, "RFC 7643 §4.3, §7",
        "manager.displayName is readOnly: what a client sends there is ignored.",
        "Take manager.displayName from the manager's own resource.";
    REQUIRED_EXTENSION = "create.required-extension", Must, "RFC 7643 §6",
        "An extension that its resource type requires is in every resource: a creation without it is refused, or the service adds it.",
        "Publish required true only for extensions that are enforced.";
    REFUSED_LEAVES_NOTHING = "create.refused-leaves-nothing", Must, DataLoss, "RFC 7644 §3.3, §3.12; RFC 9110 §15.5",
        "A creation of a user that is refused creates nothing.",
        "Check the whole body before anything is stored, or roll back.";
    PUBLISHED_VALUES = "create.published-values", Should, DataLoss, "RFC 7643 §4.1, §7; RFC 7644 §3.3",
        "Values of the attributes that the core schema publishes as readWrite come back as they were sent.",
        "Store what /Schemas publishes, or do not publish it.", [Rfc, Okta];
}
