//! The URNs of SCIM: schemas of resources (RFC 7643 §10.3) and of messages (RFC 7644 §8.2), in one place for all modules.

/// A person.
pub const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
/// A group.
pub const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
/// What an enterprise adds to a person.
pub const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
/// What the reference adds to a person.
pub const CODE42_USER: &str = "urn:ietf:params:scim:schemas:extension:code42:2.0:User";
/// What a service can do.
pub const SERVICE_PROVIDER_CONFIG: &str = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig";
/// A kind of resource.
pub const RESOURCE_TYPE: &str = "urn:ietf:params:scim:schemas:core:2.0:ResourceType";
/// A schema.
pub const SCHEMA: &str = "urn:ietf:params:scim:schemas:core:2.0:Schema";
/// A PATCH request.
pub const PATCH_OP: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
/// A query by POST.
pub const SEARCH_REQUEST: &str = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";
/// What a query finds.
pub const LIST_RESPONSE: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";
/// Several requests in one.
pub const BULK_REQUEST: &str = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";
/// The answers to them.
pub const BULK_RESPONSE: &str = "urn:ietf:params:scim:api:messages:2.0:BulkResponse";
/// A refusal.
pub const ERROR: &str = "urn:ietf:params:scim:api:messages:2.0:Error";
