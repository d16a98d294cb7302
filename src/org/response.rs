//! Answers and refusals in Okta's shapes.

use serde_json::{Value, json};

use crate::clients::OperationError;

/// A success.
#[derive(Debug)]
pub(super) struct OrgResponse {
    pub(super) status: u16,
    /// `None` for an answer without a body.
    pub(super) body: Option<Value>,
    /// Values of `Link` fields.
    pub(super) links: Vec<String>,
}

impl OrgResponse {
    pub(super) fn ok(body: Value) -> Self {
        Self { status: 200, body: Some(body), links: Vec::new() }
    }

    pub(super) fn created(body: Value) -> Self {
        Self { status: 201, body: Some(body), links: Vec::new() }
    }

    pub(super) fn no_content() -> Self {
        Self { status: 204, body: None, links: Vec::new() }
    }
}

/// A refusal with Okta's error code.
#[derive(Debug)]
pub(super) struct OrgError {
    pub(super) status: u16,
    code: &'static str,
    summary: String,
    causes: Vec<String>,
    /// Seconds after which the request may be sent again.
    pub(super) wait: Option<i64>,
}

impl OrgError {
    fn new(status: u16, code: &'static str, summary: impl Into<String>) -> Self {
        Self { status, code, summary: summary.into(), causes: Vec::new(), wait: None }
    }

    pub(super) fn token() -> Self {
        Self::new(401, "E0000011", "Invalid token provided")
    }

    pub(super) fn throttled(seconds: i64) -> Self {
        let summary = "API call exceeded rate limit due to too many requests.";
        Self { wait: Some(seconds), ..Self::new(429, "E0000047", summary) }
    }

    pub(super) fn not_found(id: &str, kind: &str) -> Self {
        Self::new(404, "E0000007", format!("Not found: Resource not found: {id} ({kind})"))
    }

    pub(super) fn method() -> Self {
        Self::new(405, "E0000022", "The endpoint does not support the provided HTTP method")
    }

    pub(super) fn body() -> Self {
        Self::new(400, "E0000003", "The request body was not well-formed.")
    }

    pub(super) fn search() -> Self {
        Self::new(400, "E0000031", "Invalid search criteria.")
    }

    /// The status does not allow it.
    pub(super) fn status() -> Self {
        Self::new(403, "E0000038", "This operation is not allowed in the user's current status.")
    }

    pub(super) fn already_active() -> Self {
        Self::new(403, "E0000016", "Activation failed because the user is already active")
    }

    pub(super) fn plain(summary: &str) -> Self {
        Self::new(400, "E0000001", summary)
    }

    /// A field that is wrong.
    pub(super) fn invalid(field: &str, why: &str) -> Self {
        Self::all(vec![(field.to_owned(), why.to_owned())])
    }

    /// Several fields that are wrong; the first names the whole.
    pub(super) fn all(wrong: Vec<(String, String)>) -> Self {
        let first = wrong.first().map_or_else(String::new, |(field, _)| field.clone());
        let causes = wrong.into_iter().map(|(field, why)| format!("{field}: {why}")).collect();
        Self { causes, ..Self::new(400, "E0000001", format!("Api validation failed: {first}")) }
    }

    pub(super) fn json(&self, error_id: &str) -> Value {
        let causes: Vec<Value> = self.causes.iter().map(|cause| json!({ "errorSummary": cause })).collect();
        json!({
            "errorCode": self.code,
            "errorSummary": self.summary,
            "errorLink": self.code,
            "errorId": error_id,
            "errorCauses": causes,
        })
    }
}

/// What Okta's pages would not offer, its API refuses.
impl From<OperationError> for OrgError {
    fn from(error: OperationError) -> Self {
        Self { causes: vec![error.to_string()], ..Self::plain("Api validation failed") }
    }
}
