//! The URNs of the schemas and messages that the judge sends.

pub(in crate::checks) const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
pub(in crate::checks) const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
pub(in crate::checks) const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
pub(in crate::checks) const PATCH_OP: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
