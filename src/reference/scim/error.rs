//! SCIM errors (RFC 7644 §3.12).

use serde_json::{Value, json};

use super::{ScimError, ScimType};

impl ScimType {
    /// The keyword of RFC 7644 table 9.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::InvalidFilter => "invalidFilter",
            Self::Uniqueness => "uniqueness",
            Self::Mutability => "mutability",
            Self::InvalidSyntax => "invalidSyntax",
            Self::InvalidPath => "invalidPath",
            Self::NoTarget => "noTarget",
            Self::InvalidValue => "invalidValue",
            Self::TooMany => "tooMany",
            Self::InvalidCursor => "invalidCursor",
            Self::ExpiredCursor => "expiredCursor",
            Self::InvalidCount => "invalidCount",
        }
    }
}

impl ScimError {
    pub(crate) fn new(
        status: u16,
        scim_type: Option<ScimType>,
        detail: impl Into<String>,
        code: &'static str,
    ) -> Self {
        Self { status, scim_type, detail: detail.into(), code }
    }

    pub(crate) fn syntax(detail: impl Into<String>) -> Self {
        Self::new(400, Some(ScimType::InvalidSyntax), detail, "INVALID_SYNTAX")
    }

    pub(crate) fn value(detail: impl Into<String>, code: &'static str) -> Self {
        Self::new(400, Some(ScimType::InvalidValue), detail, code)
    }

    pub(crate) fn filter(detail: impl Into<String>) -> Self {
        Self::new(400, Some(ScimType::InvalidFilter), detail, "INVALID_FILTER")
    }

    pub(crate) fn path(detail: impl Into<String>) -> Self {
        Self::new(400, Some(ScimType::InvalidPath), detail, "INVALID_PATH")
    }

    pub(crate) fn mutability(detail: impl Into<String>) -> Self {
        Self::new(400, Some(ScimType::Mutability), detail, "MUTABILITY")
    }

    pub(crate) fn no_target(detail: impl Into<String>) -> Self {
        Self::new(400, Some(ScimType::NoTarget), detail, "NO_TARGET")
    }

    /// The error as a response body; `status` is a string, as the RFC has it.
    pub(crate) fn to_json(&self) -> Value {
        let mut body = json!({
            "schemas": [crate::urn::ERROR],
            "status": self.status.to_string(),
            "detail": self.detail,
        });
        if let Some(scim_type) = self.scim_type {
            body["scimType"] = json!(scim_type.as_str());
        }
        body
    }
}
