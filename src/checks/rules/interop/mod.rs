//! The SCIM interoperability profile (draft-zollner-scim-interop-profile-01).

pub(in crate::checks) mod probes;

use crate::checks::requirement::requirements;

requirements! {
    FLAG_IS_BOOLEAN = "interop.flag-is-boolean", Interop, "draft-zollner-scim-interop-profile-01 §4",
        "interopProfileConformant, where ServiceProviderConfig has it, is a boolean.",
        "Publish true or false, not a text.";
    RESOURCE_TYPE_ID_IS_NAME = "interop.resource-type-id-is-name", Interop, "draft-zollner-scim-interop-profile-01 §5.1",
        "Each resource type has an id, and it is its name.",
        "Give each resource type its name as id.";
    ID_LETTER_CASE = "interop.id-letter-case", Interop, "draft-zollner-scim-interop-profile-01 §5.2",
        "An id in another letter case is another id: it is answered with 404.",
        "Compare ids exactly.";
    EXTERNAL_ID_LETTER_CASE = "interop.external-id-letter-case", Interop, "draft-zollner-scim-interop-profile-01 §5.2",
        "Two users may have values of externalId that differ in letter case alone.",
        "Compare externalId exactly.";
    UNKNOWN_ATTRIBUTE_REFUSED = "interop.unknown-attribute-refused", Interop, "draft-zollner-scim-interop-profile-01 §5.3",
        "A creation with an attribute that no published schema has is refused with 400, and makes nothing.",
        "Refuse what the schemas do not have.";
    UNKNOWN_ATTRIBUTE_IN_PATCH_REFUSED = "interop.unknown-attribute-in-patch-refused", Interop, "draft-zollner-scim-interop-profile-01 §5.3",
        "A PATCH of an attribute that no published schema has is refused with 400.",
        "Refuse what the schemas do not have.";
    UNKNOWN_SCHEMA_REFUSED = "interop.unknown-schema-refused", Interop, "draft-zollner-scim-interop-profile-01 §5.3",
        "A creation with an extension that is not published is refused with 400, and makes nothing.",
        "Refuse extensions that the resource type does not list.";
    UNKNOWN_SCHEMA_IN_PATCH_REFUSED = "interop.unknown-schema-in-patch-refused", Interop, "draft-zollner-scim-interop-profile-01 §5.3",
        "A PATCH whose path has the URN of an extension that is not published is refused with 400.",
        "Refuse extensions that the resource type does not list.";
    UNKNOWN_SCIM_TYPE = "interop.unknown-scim-type", Interop, Pedantry, "draft-zollner-scim-interop-profile-01 §5.3",
        "The 400 for what no published schema has carries the scimType invalidSyntax.",
        "Add \"scimType\": \"invalidSyntax\" to the error.";
    TYPE_VALUES_PUBLISHED = "interop.type-values-published", Interop, "draft-zollner-scim-interop-profile-01 §5.4",
        "The type of each multi-valued complex attribute has canonicalValues in the published schema.",
        "List the values of type that the service takes.";
    ENDPOINTS_DISTINCT = "interop.endpoints-distinct", Interop, "draft-zollner-scim-interop-profile-01 §6.1",
        "No two resource types have one endpoint.",
        "Give each resource type an endpoint of its own.";
    NO_OTHER_URI = "interop.no-other-uri", Interop, "draft-zollner-scim-interop-profile-01 §6.1",
        "A resource is addressed by its id and by no other of its values.",
        "Answer 404 to /Users/{userName}.";
    UNKNOWN_ATTRIBUTE_IN_FILTER = "interop.unknown-attribute-in-filter", Interop, "draft-zollner-scim-interop-profile-01 §6.3",
        "A filter by an attribute that the resource type does not have is refused with 400 invalidFilter.",
        "Answer 400 invalidFilter rather than an empty list.";
    COUNT_OVER_LIMIT = "interop.count-over-limit", Interop, "draft-zollner-scim-interop-profile-01 §6.4",
        "A count above the limit gives fewer resources, and is no error.",
        "Take the limit in place of a larger count.";
    PATCH_NEEDS_PATH = "interop.patch-needs-path", Interop, "draft-zollner-scim-interop-profile-01 §6.5.1.1",
        "An operation without a path is refused with 400 invalidSyntax, and nothing of its request is done.",
        "Refuse it, where only clients of this profile are served; Okta's and Entra's leave the path out.";
    COMPLEX_REPLACE_IS_WHOLE = "interop.complex-replace-is-whole", Interop, "draft-zollner-scim-interop-profile-01 §6.5.2.1",
        "replace of a complex attribute leaves only the sub-attributes that its value has.",
        "Take the value in place of all that was there; RFC 7644 §3.5.2.3 says otherwise.";
    TLS = "interop.tls", Interop, "draft-zollner-scim-interop-profile-01 §7.1",
        "The service is reached over TLS.",
        "Serve https, and give its URL to clients.";
    BASIC_DISCOURAGED = "interop.basic-discouraged", Should, "draft-zollner-scim-interop-profile-01 §7.2",
        "HTTP Basic is not among the authentication schemes.",
        "Offer bearer tokens of OAuth.", [Interop, IpsieAl1, IpsieAl2, IpsieAl3];
}
