//! The discovery documents (RFC 7643 §5 to §7), made from the tables and truthful about what is there.

use serde_json::{Value, json};

use super::ResourceKind;
use super::schema::{Attribute, Mutability, Returned, SCHEMAS, Schema, Type};

pub(crate) fn service_provider_config(base_url: &str) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
        "patch": { "supported": true },
        "bulk": { "supported": false, "maxOperations": 0, "maxPayloadSize": 0 },
        "filter": { "supported": true, "maxResults": super::query::MAX_RESULTS },
        "changePassword": { "supported": false },
        "sort": { "supported": false },
        "etag": { "supported": true },
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
    [(ResourceKind::User, "/Users"), (ResourceKind::Group, "/Groups")]
        .into_iter()
        .map(|(kind, endpoint)| {
            let core = kind.core();
            let mut document = json!({
                "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"],
                "id": core.name,
                "name": core.name,
                "description": core.description,
                "endpoint": endpoint,
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

pub(crate) fn schemas(base_url: &str) -> Vec<Value> {
    SCHEMAS.iter().map(|schema| document(schema, base_url)).collect()
}

fn document(schema: &Schema, base_url: &str) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Schema"],
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
