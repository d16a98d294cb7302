//! What the protocol's algorithms share: resource types, errors, rules, and a body that was read.

use serde_json::{Map, Value};

/// A SCIM resource or part of one: a JSON object with attribute names in RFC spelling.
pub(crate) type Object = Map<String, Value>;

pub(crate) use crate::urn::{CODE42_USER as C42_USER, ENTERPRISE};

/// The two resource types of the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum ResourceKind {
    User,
    Group,
}

/// `scimType` of RFC 7644 table 9 and RFC 9865 table 3.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ScimType {
    InvalidFilter,
    Uniqueness,
    Mutability,
    InvalidSyntax,
    InvalidPath,
    NoTarget,
    InvalidValue,
    TooMany,
    /// The three of RFC 9865 §2.1.
    InvalidCursor,
    ExpiredCursor,
    InvalidCount,
}

/// A refused request, as RFC 7644 §3.12 shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ScimError {
    pub(crate) status: u16,
    pub(crate) scim_type: Option<ScimType>,
    /// One sentence that names the attribute and the remedy.
    pub(crate) detail: String,
    /// Code for the sync log (code42-service §3.8), e.g. `ATTRIBUTE_TYPE`.
    pub(crate) code: &'static str,
}

/// What to do with a wrong JSON type for a known attribute or an unknown attribute inside a known extension.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StructuralFault {
    /// 500 with the detail `Server Error`, as the guide's third troubleshooting case shows.
    ServerError,
    /// 400 `invalidSyntax` for a wrong type; an unknown attribute is ignored.
    InvalidSyntax,
}

/// How the protocol layer answers where services differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rules {
    pub(crate) structural_fault: StructuralFault,
    /// The texts `True` and `False`, in any letter case, are taken where a boolean belongs.
    pub(crate) text_booleans: bool,
}

/// Something accepted that deserves a word in the sync log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Warning {
    /// e.g. `ATTRIBUTE_IGNORED`.
    pub(crate) code: &'static str,
    /// The attribute as the client wrote it.
    pub(crate) attribute: String,
    pub(crate) message: String,
}

/// A body that has been read: canonical spelling, read-only attributes gone, types checked.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Accepted {
    pub(crate) resource: Object,
    pub(crate) warnings: Vec<Warning>,
}
