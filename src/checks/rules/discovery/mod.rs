//! What a service publishes of itself: ServiceProviderConfig, ResourceTypes and Schemas (RFC 7644 §4, RFC 7643 §5 to §7).
//! Who may read them is left open; what they say has to be true.

#[cfg(test)]
pub(in crate::checks) mod cases;
pub(in crate::checks) mod faults;
pub(in crate::checks) mod probes;
pub(in crate::checks) mod watch;

use crate::checks::requirement::requirements;

requirements! {
    AVAILABLE = "discovery.available", Must, "RFC 7644 §4",
        "The service describes itself at /ServiceProviderConfig, /ResourceTypes and /Schemas.",
        "Serve the three documents; Okta does not read them, other clients do.";
    SERVICE_PROVIDER_CONFIG = "discovery.service-provider-config", Must, "RFC 7643 §5",
        "/ServiceProviderConfig is a document of its schema.",
        "Return every required attribute with its type.";
    RESOURCE_TYPES = "discovery.resource-types", Must, "RFC 7643 §6, RFC 7644 §4",
        "/ResourceTypes is a ListResponse of ResourceType documents.",
        "Return a ListResponse whose Resources have name, endpoint and schema.";
    SCHEMAS = "discovery.schemas", Must, "RFC 7643 §7, RFC 7644 §4",
        "/Schemas is a ListResponse of Schema documents.",
        "Return a ListResponse whose Resources have id and attributes with legal characteristics.";
    SCHEMA_BY_ID = "discovery.schema-by-id", Should, "RFC 7644 §4",
        "Each schema of /Schemas is returned alone at /Schemas/{id}, as in the list.",
        "Serve /Schemas/{id} with the schema itself, not with a list.";
    SCHEMAS_HAVE_SCHEMAS = "discovery.schemas-have-schemas", Should, Pedantry, "RFC 7643 §3, §7, erratum 8417",
        "Each schema in /Schemas has schemas, with the URN of the schema of schemas.",
        "Add schemas to every schema; strict clients stop without it.";
    RESOURCE_TYPE_BY_ID = "discovery.resource-type-by-id", Should, Pedantry, "RFC 7644 §4; RFC 7643 §6",
        "Each resource type is returned alone at its own URI, /ResourceTypes/{name}.",
        "Serve /ResourceTypes/{name} with the document itself, not with a list.";
    UNKNOWN_IS_404 = "discovery.unknown-is-404", Should, "RFC 7644 §3.12 table 8",
        "A schema that does not exist is answered with 404.",
        "Answer 404 with a SCIM error.";
    FILTER_NOT_APPLIED = "discovery.filter-not-applied", Must, "RFC 7644 §4",
        "A filter on /Schemas or /ResourceTypes is not applied: it is refused, or ignored.",
        "Answer 403 to a filter there.";
    FILTER_IS_403 = "discovery.filter-is-403", Should, Pedantry, "RFC 7644 §4",
        "A filter on /Schemas or /ResourceTypes is answered with 403.",
        "Answer 403, so that no client believes that its filter was applied.";
    PAGING_IGNORED = "discovery.paging-ignored", Must, "RFC 7644 §4",
        "startIndex and count are ignored on /Schemas and /ResourceTypes.",
        "Return the whole list always.";
    RESOURCE_TYPE_SCHEMAS = "discovery.resource-type-schemas", Must, "RFC 7643 §6",
        "The schema of a resource type and of each of its extensions is the id of a schema in /Schemas.",
        "Publish every schema that a resource type names, under the same URN.";
    RESOURCE_TYPE_ENDPOINT = "discovery.resource-type-endpoint", Must, "RFC 7643 §6",
        "The endpoint of each resource type is there, below the base URL.",
        "Give the endpoint relative to the base URL, e.g. /Users.";
    RESOURCE_TYPES_COMPLETE = "discovery.resource-types-complete", Should, "RFC 7644 §4; RFC 7643 §6",
        "/Users and /Groups, where they are served, have a resource type each.",
        "List a resource type for every endpoint.";
    CORE_TYPES = "discovery.core-types", Should, "RFC 7643 §4.1, §4.2",
        "The published core schemas give the attributes the types and plurality that the RFC gives them.",
        "Publish the definitions of RFC 7643 §8.7.1 for the attributes that you support.";
    USER_NAME_CHARACTERISTICS = "discovery.user-name-characteristics", Must, "RFC 7643 §4.1.1",
        "The published userName is required, unique and not case-exact.",
        "Publish required true, uniqueness server or global, and caseExact false.";
    PASSWORD_CHARACTERISTICS = "discovery.password-characteristics", Must, "RFC 7643 §4.1.1, §7",
        "The published password is writeOnly and never returned.",
        "Publish mutability writeOnly and returned never.";
    GROUPS_CHARACTERISTICS = "discovery.groups-characteristics", Must, "RFC 7643 §4.1.2",
        "The published groups of a user is readOnly.",
        "Publish mutability readOnly: membership is changed at the group.";
    ATTRIBUTES_PUBLISHED = "discovery.attributes-published", Should, "RFC 7643 §7; RFC 7644 §4",
        "Every attribute of a returned user is in a published schema.",
        "Publish what you return.";
    READ_ONLY = "discovery.read-only", Must, Pedantry, "RFC 7643 §5; RFC 7644 §4",
        "Discovery documents cannot be changed by clients.",
        "Answer 405 to POST, PUT, PATCH and DELETE there.";
    CONFIG_META = "discovery.config-meta", May, "RFC 7643 §5, §3.1",
        "ServiceProviderConfig has meta with its resourceType and location.",
        "Add meta.resourceType ServiceProviderConfig and meta.location.";
    AUTHENTICATION_SCHEMES = "discovery.authentication-schemes", Must, "RFC 7643 §5",
        "ServiceProviderConfig names at least one authentication scheme, each with type, name and description.",
        "List the schemes that the service takes.";
    TRUTHFUL_PATCH = "discovery.truthful-patch", Must, "RFC 7643 §5",
        "PATCH is offered where ServiceProviderConfig says so.",
        "Implement PATCH, or set patch.supported to false.";
    UNCLAIMED_PATCH = "discovery.unclaimed-patch", May, "RFC 7643 §5",
        "PATCH that works is claimed in ServiceProviderConfig.",
        "Set patch.supported to true.";
    TRUTHFUL_FILTER = "discovery.truthful-filter", Must, "RFC 7643 §5",
        "Filters are offered where ServiceProviderConfig says so.",
        "Implement filters, or set filter.supported to false.";
    TRUTHFUL_SORT = "discovery.truthful-sort", Must, "RFC 7643 §5",
        "sortBy is not refused where ServiceProviderConfig says that sorting is supported.",
        "Implement sorting, or set sort.supported to false.";
    TRUTHFUL_ETAG = "discovery.truthful-etag", Must, "RFC 7643 §5; RFC 7644 §3.14",
        "Resources have an ETag or meta.version where ServiceProviderConfig says that ETags are supported.",
        "Return ETag and meta.version, or set etag.supported to false.";
    TRUTHFUL_BULK = "discovery.truthful-bulk", Must, "RFC 7643 §5; RFC 7644 §3.7",
        "/Bulk is there where ServiceProviderConfig says so.",
        "Implement /Bulk, or set bulk.supported to false.";
    EXTENSIONS_LISTED = "discovery.extensions-listed", Must, "RFC 7643 §6; RFC 7644 §4",
        "An extension that users carry is among the schemaExtensions of their resource type.",
        "List each extension in /ResourceTypes.";
    UNCLAIMED_FILTER = "discovery.unclaimed-filter", May, "RFC 7643 §5",
        "Filters that work are claimed in ServiceProviderConfig.",
        "Set filter.supported to true; clients that read it send no filter otherwise.";
    REQUIRED_IS_TRUE = "discovery.required-is-true", Should, "RFC 7643 §7, §4.1.1",
        "A user with what the published schema requires, and with no more, is created.",
        "Publish required true for every attribute that a creation is refused without.";
    NO_MESSAGE_SCHEMAS = "discovery.no-message-schemas", Must, Pedantry, "RFC 7644 §3.1",
        "The schemas of messages, such as ListResponse, are not in /Schemas.",
        "Publish the schemas of resources alone.";
    PROTOCOL_VERSION = "discovery.protocol-version", Must, "RFC 7644 §3.13",
        "A protocol version that the service does not have is refused.",
        "Answer 404 for versions other than v2.";
    SCHEMES_WITHOUT_CREDENTIAL = "discovery.schemes-without-credential", Should, Pedantry, "RFC 7643 §5",
        "authenticationSchemes can be read without a credential.",
        "Let ServiceProviderConfig be read without a credential, where nothing speaks against it.";
}
