//! The discovery documents (RFC 7643 §5 to §7), made from the tables and truthful about what is there.

use serde_json::{Value, json};

use super::schema::{Attribute, Mutability, Returned, SCHEMAS, Schema, Type};
use super::service_schemas::SERVICE_SCHEMAS;
use super::{CURSOR_TIMEOUT, ResourceKind, bulk};

pub(crate) fn service_provider_config(base_url: &str) -> Value {
    json!({
        "schemas": [crate::urn::SERVICE_PROVIDER_CONFIG],
        "patch": { "supported": true },
        "bulk": { "supported": true, "maxOperations": bulk::MAX_OPERATIONS, "maxPayloadSize": bulk::MAX_PAYLOAD },
        "filter": { "supported": true, "maxResults": super::query::MAX_RESULTS },
        "changePassword": { "supported": false },
        "sort": { "supported": true },
        "etag": { "supported": true },
        "pagination": {
            "cursor": true,
            "index": true,
            "defaultPaginationMethod": "index",
            "defaultPageSize": super::query::MAX_RESULTS,
            "maxPageSize": super::query::MAX_RESULTS,
            "cursorTimeout": CURSOR_TIMEOUT
        },
        "authenticationSchemes": [
            {
                "type": "httpbasic",
                "name": "API credentials",
                "description": "User name and password of a provisioning provider.",
                "specUri": "https://www.rfc-editor.org/info/rfc7617",
                "primary": true
            },
            {
                "type": "oauthbearertoken",
                "name": "OAuth token",
                "description": "Bearer token of a provisioning provider.",
                "specUri": "https://www.rfc-editor.org/info/rfc6750"
            }
        ],
        "meta": { "resourceType": "ServiceProviderConfig", "location": format!("{base_url}/ServiceProviderConfig") }
    })
}

pub(crate) fn resource_types(base_url: &str) -> Vec<Value> {
    [ResourceKind::User, ResourceKind::Group]
        .into_iter()
        .map(|kind| {
            let core = kind.core();
            let mut document = json!({
                "schemas": [crate::urn::RESOURCE_TYPE],
                "id": core.name,
                "name": core.name,
                "description": core.description,
                "endpoint": kind.endpoint(),
                "schema": core.id,
                "meta": {
                    "resourceType": "ResourceType",
                    "location": format!("{base_url}/ResourceTypes/{}", core.name)
                }
            });
            if !kind.extensions().is_empty() {
                document["schemaExtensions"] = kind
                    .extensions()
                    .iter()
                    .map(|extension| json!({ "schema": extension.id, "required": false }))
                    .collect();
            }
            document
        })
        .collect()
}

/// What the schemas of a service leave out of the tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Offer {
    /// Only users can be members of a group.
    pub(crate) users_only: bool,
    /// What is sent of roles and entitlements is not kept.
    pub(crate) no_roles: bool,
}

/// All schemas, truthful about what the service keeps.
pub(crate) fn schemas(base_url: &str, offer: Offer) -> Vec<Value> {
    let mut schemas: Vec<Value> =
        SCHEMAS.iter().chain(&SERVICE_SCHEMAS).map(|schema| document(schema, base_url)).collect();
    let attributes = |schema: Option<&mut Value>| -> Vec<Value> {
        schema.and_then(|schema| Some(schema["attributes"].as_array()?.clone())).unwrap_or_default()
    };
    if offer.no_roles {
        let mut kept = attributes(schemas.first_mut());
        kept.retain(|attribute| attribute["name"] != "roles" && attribute["name"] != "entitlements");
        schemas[0]["attributes"] = Value::Array(kept);
    }
    if offer.users_only {
        let subs = schemas[1].pointer_mut("/attributes/1/subAttributes").and_then(Value::as_array_mut);
        for sub in subs.into_iter().flatten() {
            for list in ["canonicalValues", "referenceTypes"] {
                if let Some(values) = sub.get_mut(list).and_then(Value::as_array_mut) {
                    values.retain(|value| value != "Group");
                }
            }
        }
    }
    schemas
}

fn document(schema: &Schema, base_url: &str) -> Value {
    json!({
        "schemas": [crate::urn::SCHEMA],
        "id": schema.id,
        "name": schema.name,
        "description": schema.description,
        "attributes": schema.attributes.iter().map(attribute).collect::<Vec<_>>(),
        "meta": { "resourceType": "Schema", "location": format!("{base_url}/Schemas/{}", schema.id) }
    })
}

fn attribute(attribute: &Attribute) -> Value {
    let mut document = json!({
        "name": attribute.name,
        "type": match attribute.kind {
            Type::String => "string",
            Type::Boolean => "boolean",
            Type::DateTime => "dateTime",
            Type::Reference => "reference",
            Type::Binary => "binary",
            Type::Complex => "complex",
            Type::Integer => "integer",
        },
        "multiValued": attribute.multi,
        "description": attribute.description,
        "required": attribute.required,
        "caseExact": attribute.case_exact,
        "mutability": match attribute.mutability {
            Mutability::ReadOnly => "readOnly",
            Mutability::ReadWrite => "readWrite",
            Mutability::Immutable => "immutable",
            Mutability::WriteOnly => "writeOnly",
        },
        "returned": match attribute.returned {
            Returned::Always => "always",
            Returned::Never => "never",
            Returned::Default => "default",
            Returned::Request => "request",
        },
        "uniqueness": if attribute.unique { "server" } else { "none" },
    });
    if !attribute.canonical.is_empty() {
        document["canonicalValues"] = json!(attribute.canonical);
    }
    if !attribute.references.is_empty() {
        document["referenceTypes"] = json!(attribute.references);
    }
    if !attribute.sub.is_empty() {
        document["subAttributes"] = attribute.sub.iter().map(self::attribute).collect();
    }
    document
}
