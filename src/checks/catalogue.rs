//! The catalogue of requirements that the passive rules can find broken. A person can read it against
//! the RFCs and against the Okta dossier; it holds no code.

use super::requirement::requirements;

requirements! {
    RESPONSE_JSON = "response.json", Must, "RFC 7644 §3.1",
        "A success with a body carries JSON.",
        "Answer with JSON, and let no proxy or login page answer in the service's place.";
    RESPONSE_CONTENT_TYPE = "response.content-type", OktaTolerates, "RFC 7644 §3.1, §3.8",
        "Bodies are labelled application/scim+json when the client accepts that type.",
        "Set Content-Type to application/scim+json.";
    CREATE_STATUS = "create.status-201", Must, "RFC 7644 §3.3",
        "A successful creation is answered with 201.",
        "Answer 201 rather than another success.";
    CREATE_LOCATION = "create.location", Must, "RFC 7644 §3.3",
        "The answer to a creation has a Location header field with the URI of the resource.",
        "Set Location to the URI of the new resource.";
    CREATE_META_LOCATION = "create.meta-location", Must, "RFC 7644 §3.3",
        "The URI of a created resource is in the body too, as meta.location.",
        "Return meta.location in the body of the 201.";
    CREATE_LOCATION_AGREES = "create.location-agrees", Must, "RFC 7644 §3.3",
        "The Location header field and meta.location name the same resource.",
        "Take both from one place.";
    CREATE_BODY = "create.body", Okta, "okta-client §3.4, §12.15",
        "The answer to a creation carries the resource with its id, since Okta stores the id from it.",
        "Return the whole resource in the body of the 201.";
    CREATE_CONFLICT_STATUS = "create.conflict-status", Must, "RFC 7644 §3.3",
        "Creating a user with a userName that is taken is answered with 409.",
        "Answer 409 with scimType uniqueness.";
    CREATE_CONFLICT_TYPE = "create.conflict-scim-type", Must, "RFC 7644 §3.3",
        "The 409 for a userName that is taken carries the scimType uniqueness.",
        "Add \"scimType\": \"uniqueness\" to the error.";
    CREATE_UNIQUE = "create.unique-user-name", Must, "RFC 7643 §4.1.1",
        "No two users have the same userName, letter case aside.",
        "Refuse the second creation with 409.";
    REPLACE_STATUS = "replace.status-200", Should, "RFC 7644 §3.5.1",
        "A successful PUT is answered with 200 and the whole resource.",
        "Answer 200 with the resource.";
    PATCH_STATUS = "patch.status", Must, "RFC 7644 §3.5.2",
        "A successful PATCH is answered with 200 and the resource, or with 204 and no body.",
        "Answer 200 with the whole resource, or 204.";
    DELETE_STATUS = "delete.status-204", Must, "RFC 7644 §3.6",
        "A successful DELETE is answered with 204.",
        "Answer 204 without a body.";
    DELETE_GONE = "delete.gone", Must, "RFC 7644 §3.6",
        "After a DELETE every operation on the resource is answered with 404.",
        "Treat deleted resources as absent, in reads and in lists.";
    READ_STATUS = "read.status-200", Must, "RFC 7644 §3.4.1",
        "A resource that is there is returned with 200.",
        "Answer 200.";
    NO_BODY_204 = "response.no-content", Must, "RFC 9110 §15.3.5",
        "A 204 has no body.",
        "Send no body with a 204, or answer 200.";
    UNAUTHORIZED_CHALLENGE = "auth.challenge", Must, "RFC 9110 §15.5.2",
        "A 401 has a WWW-Authenticate header field.",
        "Add WWW-Authenticate with the schemes that the service takes.";
    ERROR_CONTENT_TYPE = "error.content-type", Should, "RFC 7644 §3.12, §8.1",
        "The JSON of an error is labelled as JSON.",
        "Set Content-Type to application/scim+json on errors too.";
    ERROR_FORMAT = "error.format", Must, "RFC 7644 §3.12",
        "An error is a JSON body of the Error schema, with the status as a string.",
        "Return schemas, status (a string) and detail for every error, the 401 and the 404 included.";
    ERROR_STATUS = "error.status-matches", Must, "RFC 7644 §3.12, erratum 6893",
        "The status in an error is the status of the response.",
        "Take both from one place.";
    ERROR_TYPE = "error.scim-type", Should, "RFC 7644 §3.12 table 9",
        "scimType is one of the keywords of table 9.",
        "Use a keyword of the table, or leave scimType out.";
    LIST_SCHEMA = "list.schema", Must, "RFC 7644 §3.4.2",
        "A list is a ListResponse: its URN, totalResults, and counters that are integers.",
        "Send numbers as JSON numbers and Resources as an array.";
    LIST_COUNTERS = "list.counters-when-partial", Must, "RFC 7644 §3.4.2",
        "A page that is not the whole result has startIndex and itemsPerPage.",
        "Add both to every list.";
    LIST_COUNTERS_OKTA = "list.counters-present", Oin, "okta-client §5",
        "Every list has startIndex and itemsPerPage; Okta's own tests ask for both.",
        "Add both to every list, the empty one included.";
    LIST_TOTAL = "list.total-results", Must, "RFC 7644 §3.4.2",
        "totalResults is at least the number of resources on the page.",
        "Count all resources that fit the query, before paging.";
    LIST_ITEMS = "list.items-per-page", Must, "RFC 7644 §3.4.2",
        "itemsPerPage is the number of resources on the page.",
        "Set itemsPerPage to the length of Resources, not to the count asked for.";
    LIST_PAGE_SIZE = "list.page-size", Must, "RFC 7644 §3.4.2.4 table 6",
        "A page holds no more resources than the client asked for with count.",
        "Honour count.";
    LIST_START = "list.start-index", Must, "RFC 7644 §3.4.2.4 table 7",
        "startIndex is the index of the first resource on the page.",
        "Return the startIndex of the request.";
    LIST_RESOURCES = "list.resources-present", Must, "RFC 7644 §3.4.2",
        "A list with results has Resources.",
        "Return the resources.";
    LIST_DUPLICATES = "list.no-duplicates", Must, "RFC 7643 §3.1",
        "No two resources of a list have the same id.",
        "List each resource once.";
    FILTER_NOTHING = "filter.no-match-is-200", Must, "RFC 7644 §3.4.2",
        "A query that fits nothing is answered with 200 and totalResults 0.",
        "Answer with an empty list instead of an error. Okta copes with a 404 here; other clients do not.";
    FILTER_MATCHES = "filter.matches", Must, "RFC 7644 §3.4.2.2",
        "A filtered list holds only resources that fit the filter.",
        "Apply the filter, or refuse it with 400 invalidFilter.";
    FILTER_FINDS = "filter.finds-existing", Okta, "okta-client §3.3",
        "A look-up by userName finds every user that exists, also an inactive one; else Okta creates a second one and gets a 409.",
        "Let the filter see all users, right after the creation and while they are inactive.";
    RESOURCE_SCHEMA = "resource.schema", Must, "RFC 7643 §4, §2.3",
        "Attributes have the types that the RFC gives them.",
        "Return the attribute with its type: booleans unquoted, multi-valued attributes as arrays, dates by RFC 3339.";
    RESOURCE_ID = "resource.id", Must, "RFC 7643 §3.1",
        "Every resource has an id: a string that is not empty and does not hold the word bulkId.",
        "Return the id as a string.";
    RESOURCE_ID_STABLE = "resource.id-stable", Must, "RFC 7643 §3.1",
        "The id of a resource never changes, and is the one in its URI.",
        "Return the resource that was asked for, with its own id.";
    RESOURCE_SCHEMAS = "resource.schemas", Must, "RFC 7643 §3",
        "schemas lists the core schema and every extension that the resource carries.",
        "List the URN of the core schema and of each extension whose attributes are in the body.";
    RESOURCE_USER_NAME = "resource.required", Must, "RFC 7643 §4.1.1, §4.2",
        "A user has a userName and a group a displayName, in every full representation.",
        "Return the required attribute.";
    RESOURCE_META = "resource.meta", Oin, "okta-client §3.3",
        "A resource has meta with resourceType and location, as Okta's documentation asks.",
        "Return meta.resourceType and meta.location.";
    RESOURCE_TYPE = "resource.meta-resource-type", Must, "RFC 7643 §3.1",
        "meta.resourceType is the name of the resource's type.",
        "Return User for users and Group for groups.";
    RESOURCE_LOCATION = "resource.meta-location", Must, "RFC 7643 §3.1",
        "meta.location is the URI of the resource itself.",
        "End meta.location in the resource's own endpoint and id.";
    RESOURCE_PASSWORD = "resource.password", Must, "RFC 7643 §4.1.1, §7",
        "A password is never returned, in whatever form.",
        "Leave password out of every answer.";
    RESOURCE_PRIMARY = "resource.one-primary", Must, "RFC 7643 §2.4",
        "At most one value of a multi-valued attribute is primary.",
        "Clear the old primary value when a new one is set.";
    RESOURCE_REPEATED = "resource.no-repeated-values", Should, "RFC 7643 §2.4",
        "A multi-valued attribute holds no value twice with the same type.",
        "Adding a value that is there already changes nothing (RFC 7644 §3.5.2.1).";
    RESOURCE_ETAG = "resource.version-is-etag", Must, "RFC 7643 §3.1",
        "meta.version has the value of the ETag header field.",
        "Take both from one place.";
    RESOURCE_DATES = "resource.modified-after-created", Must, "RFC 7643 §3.1",
        "lastModified is not before created.",
        "Set lastModified on every change.";
    WRITE_APPLIED = "write.applied", Must, "RFC 7644 §3.5.1, §3.5.2",
        "The answer to a successful PUT or PATCH shows what was asked for.",
        "Apply the change before answering, or refuse it with an error.";
    WRITE_KEPT = "write.kept", Must, "RFC 7644 §3.5.1, §3.5.2",
        "What a write acknowledged is there when the resource is read next.",
        "Store the change; acknowledge nothing that was not stored.";
    DISCOVERY_AVAILABLE = "discovery.available", Must, "RFC 7644 §4",
        "The service describes itself at /ServiceProviderConfig, /ResourceTypes and /Schemas.",
        "Serve the three documents; Okta does not read them, other clients do.";
    DISCOVERY_CONFIG = "discovery.service-provider-config", Must, "RFC 7643 §5",
        "/ServiceProviderConfig is a document of its schema.",
        "Return every required attribute with its type.";
    DISCOVERY_RESOURCE_TYPES = "discovery.resource-types", Must, "RFC 7643 §6, RFC 7644 §4",
        "/ResourceTypes is a ListResponse of ResourceType documents.",
        "Return a ListResponse whose Resources have name, endpoint and schema.";
    DISCOVERY_SCHEMAS = "discovery.schemas", Must, "RFC 7643 §7, RFC 7644 §4",
        "/Schemas is a ListResponse of Schema documents.",
        "Return a ListResponse whose Resources have id and attributes with legal characteristics.";
}
