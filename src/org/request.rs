//! A request to the API as it was read: method, path, query and body.

use serde_json::Value;

use super::response::OrgError;

/// A request that was read.
pub(super) struct OrgRequest {
    pub(super) method: String,
    /// e.g. `/api/v1/users`.
    pub(super) path: String,
    /// What comes after `/api/v1`, decoded.
    pub(super) segments: Vec<String>,
    pub(super) query: Vec<(String, String)>,
    /// `Null` without a body.
    pub(super) body: Value,
}

impl OrgRequest {
    /// A parameter of the query.
    pub(super) fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// A parameter that is true or false.
    pub(super) fn flag(&self, name: &str, default: bool) -> bool {
        self.query(name).map_or(default, |value| value.eq_ignore_ascii_case("true"))
    }

    /// The profile in the body, which must be an object.
    pub(super) fn profile(&self) -> Result<&serde_json::Map<String, Value>, OrgError> {
        self.body
            .get("profile")
            .and_then(Value::as_object)
            .ok_or_else(|| OrgError::invalid("profile", "The field cannot be left blank"))
    }
}
