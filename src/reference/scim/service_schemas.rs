//! The schemas of the discovery documents themselves (RFC 7643 §5, §6, §7 and §8.7.2, RFC 9865 §4), as tables.

use super::schema::{Attribute, Schema, Type, attr, text};

const fn flag(name: &'static str, description: &'static str) -> Attribute {
    attr(name, Type::Boolean, description).required().read_only()
}

const fn number(name: &'static str, description: &'static str) -> Attribute {
    attr(name, Type::Integer, description).required().read_only()
}

const fn part(name: &'static str, description: &'static str, sub: &'static [Attribute]) -> Attribute {
    attr(name, Type::Complex, description).required().read_only().sub(sub)
}

const fn word(name: &'static str, description: &'static str) -> Attribute {
    text(name, description).exact().read_only()
}

const fn phrase(name: &'static str, description: &'static str) -> Attribute {
    text(name, description).read_only()
}

const fn uri(name: &'static str, description: &'static str) -> Attribute {
    attr(name, Type::Reference, description).exact().read_only().references(&["external"])
}

const SUPPORTED: Attribute = flag("supported", "Whether the service supports it.");
static SUPPORT: [Attribute; 1] = [SUPPORTED];
static BULK: [Attribute; 3] = [
    SUPPORTED,
    number("maxOperations", "Most operations of a request."),
    number("maxPayloadSize", "Most bytes of a request."),
];
static FILTER: [Attribute; 2] = [SUPPORTED, number("maxResults", "Most resources of an answer.")];
static PAGINATION: [Attribute; 6] = [
    flag("cursor", "Whether pages can be asked for by cursor."),
    flag("index", "Whether pages can be asked for by index."),
    word("defaultPaginationMethod", "How pages are given when the request does not say.")
        .canonical(&["cursor", "index"]),
    attr("defaultPageSize", Type::Integer, "Resources on a page when the request does not say.").read_only(),
    attr("maxPageSize", Type::Integer, "Most resources on a page.").read_only(),
    attr("cursorTimeout", Type::Integer, "Seconds that a cursor is valid.").read_only(),
];
static SCHEMES: [Attribute; 6] = [
    word("type", "Kind of scheme.").required().canonical(&[
        "oauth",
        "oauth2",
        "oauthbearertoken",
        "httpbasic",
        "httpdigest",
    ]),
    phrase("name", "Name for display.").required(),
    phrase("description", "What the scheme is.").required(),
    uri("specUri", "The scheme's specification."),
    uri("documentationUri", "How to use it here."),
    attr("primary", Type::Boolean, "Whether it is the preferred scheme.").read_only(),
];
static PROVIDER_CONFIG: [Attribute; 9] = [
    uri("documentationUri", "Help for people."),
    part("patch", "PATCH.", &SUPPORT),
    part("bulk", "Bulk requests.", &BULK),
    part("filter", "Filters.", &FILTER),
    part("changePassword", "Changing passwords.", &SUPPORT),
    part("sort", "Sorting.", &SUPPORT),
    part("etag", "Entity tags.", &SUPPORT),
    attr("pagination", Type::Complex, "Paging.").read_only().sub(&PAGINATION),
    part("authenticationSchemes", "How clients identify themselves.", &SCHEMES).multi(),
];

static EXTENSIONS: [Attribute; 2] = [
    attr("schema", Type::Reference, "URI of the extension.")
        .exact()
        .required()
        .read_only()
        .references(&["uri"]),
    flag("required", "Whether every resource must have it."),
];
static RESOURCE_TYPE: [Attribute; 6] = [
    phrase("id", "Identifier of the resource type."),
    phrase("name", "Name of the resource type.").required(),
    phrase("description", "What the resource type is."),
    attr("endpoint", Type::Reference, "Where its resources are, below the base URL.")
        .exact()
        .required()
        .read_only()
        .references(&["uri"]),
    attr("schema", Type::Reference, "URI of its schema.").exact().required().read_only().references(&["uri"]),
    attr("schemaExtensions", Type::Complex, "Its extensions.").multi().read_only().sub(&EXTENSIONS),
];

/// Characteristics of an attribute, and what more there is at a depth.
macro_rules! characteristics {
    ($($more:expr),*) => {
        [
            word("name", "Name of the attribute.").required(),
            phrase("type", "Data type.").required().canonical(&[
                "string", "complex", "boolean", "decimal", "integer", "dateTime", "reference", "binary",
            ]),
            flag("multiValued", "Whether it has several values."),
            word("description", "What the attribute is."),
            attr("required", Type::Boolean, "Whether every resource must have it.").read_only(),
            word("canonicalValues", "Suggested values.").multi(),
            attr("caseExact", Type::Boolean, "Whether letter case matters.").read_only(),
            word("mutability", "Who may change it.").canonical(&["readOnly", "readWrite", "immutable", "writeOnly"]),
            word("returned", "When an answer holds it.").canonical(&["always", "never", "default", "request"]),
            word("uniqueness", "Where its value is unique.").canonical(&["none", "server", "global"]),
            word("referenceTypes", "What a reference may lead to.").multi(),
            $($more),*
        ]
    };
}

static SUB_ATTRIBUTES: [Attribute; 11] = characteristics!();
static ATTRIBUTES: [Attribute; 12] = characteristics!(
    attr("subAttributes", Type::Complex, "Attributes inside a complex one.")
        .multi()
        .read_only()
        .sub(&SUB_ATTRIBUTES)
);
static SCHEMA: [Attribute; 4] = [
    phrase("id", "URI of the schema.").required(),
    phrase("name", "Name for people.").required(),
    phrase("description", "What the schema is."),
    part("attributes", "Its attributes.", &ATTRIBUTES).multi(),
];

pub(super) static SERVICE_SCHEMAS: [Schema; 3] = [
    Schema {
        id: crate::urn::SERVICE_PROVIDER_CONFIG,
        name: "Service Provider Configuration",
        description: "What the service supports.",
        attributes: &PROVIDER_CONFIG,
    },
    Schema {
        id: crate::urn::RESOURCE_TYPE,
        name: "ResourceType",
        description: "Type of resources.",
        attributes: &RESOURCE_TYPE,
    },
    Schema {
        id: crate::urn::SCHEMA,
        name: "Schema",
        description: "Attributes of resources.",
        attributes: &SCHEMA,
    },
];
