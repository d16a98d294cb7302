//! Answers before they become bytes.

use axum::body::Body;
use axum::response::Response;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use serde_json::{Value, json};

use crate::reference::scim::ScimError;
use crate::reference::tenant::ConsoleError;

/// Status, header fields and JSON body.
pub(super) struct Answer {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Option<(Value, &'static str)>,
}

const SCIM_JSON: &str = "application/scim+json";

impl Answer {
    pub(super) fn scim(status: u16, body: Value) -> Self {
        Self { status, headers: Vec::new(), body: Some((body, SCIM_JSON)) }
    }

    pub(super) fn console(status: u16, body: Value) -> Self {
        Self { status, headers: Vec::new(), body: Some((body, "application/json")) }
    }

    pub(super) fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: None }
    }

    pub(super) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(super) fn scim_error(error: &ScimError) -> Self {
        Self::scim(error.status, error.to_json())
    }

    pub(super) fn console_error(error: &ConsoleError) -> Self {
        Self::console(error.status, json!({ "error": { "code": error.code, "message": error.message } }))
    }

    pub(super) fn into_response(self) -> Response {
        let body = match &self.body {
            Some((value, _)) => Body::from(value.to_string()),
            None => Body::empty(),
        };
        let mut response = Response::new(body);
        *response.status_mut() =
            http::StatusCode::from_u16(self.status).unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
        if let Some((_, kind)) = self.body {
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        }
        for (name, value) in self.headers {
            if let (Ok(name), Ok(value)) =
                (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(&value))
            {
                response.headers_mut().append(name, value);
            }
        }
        response
    }
}
