//! Answers before they become bytes.

use axum::body::Body;
use axum::response::Response;
use http::StatusCode;
use http::header::{CONTENT_TYPE, ETAG, HeaderName, HeaderValue, LOCATION};
use serde_json::{Value, json};

use crate::reference::scim::ScimError;
use crate::reference::tenant::{ConsoleError, Shown};

/// Media type of SCIM (RFC 7644 §8.1).
pub(super) const SCIM_JSON: &str = "application/scim+json";
pub(super) const JSON: &str = "application/json";

/// Status, header fields and body.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) etag: Option<String>,
    pub(super) location: Option<String>,
    headers: Vec<(&'static str, String)>,
    body: Option<(Vec<u8>, &'static str)>,
    error: Option<String>,
    request: Option<u64>,
}

/// The number of a provider's request, under which the sync log has its entries, for whoever logs the
/// response: an extension of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestNumber(pub u64);

/// Why a request was refused, for whoever logs the response: an extension of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal(pub String);

impl Answer {
    pub(super) fn bytes(status: u16, body: Vec<u8>, content_type: &'static str) -> Self {
        Self { body: Some((body, content_type)), ..Self::empty(status) }
    }

    pub(super) fn scim(status: u16, body: &Value) -> Self {
        Self::bytes(status, body.to_string().into_bytes(), SCIM_JSON)
    }

    /// A resource with its entity tag.
    pub(super) fn resource(status: u16, shown: Shown) -> Self {
        Self { etag: Some(shown.etag), ..Self::bytes(status, shown.body, SCIM_JSON) }
    }

    pub(super) fn console(status: u16, body: &Value) -> Self {
        Self::bytes(status, body.to_string().into_bytes(), JSON)
    }

    pub(super) fn empty(status: u16) -> Self {
        Self {
            status,
            etag: None,
            location: None,
            headers: Vec::new(),
            body: None,
            error: None,
            request: None,
        }
    }

    /// Only a status and the entity tag of the resource.
    pub(super) fn tagged(status: u16, etag: String) -> Self {
        Self { etag: Some(etag), ..Self::empty(status) }
    }

    /// A resource that was made there.
    pub(super) fn created_at(mut self, location: String) -> Self {
        self.status = 201;
        self.location = Some(location);
        self
    }

    pub(super) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// The answer to a provider's request of this number.
    pub(super) fn for_request(mut self, number: Option<u64>) -> Self {
        self.request = number;
        self
    }

    /// The same under the other name of JSON, when a client accepts only that.
    pub(super) fn under_type(mut self, content_type: &'static str) -> Self {
        if let Some((_, kind)) = &mut self.body
            && self.error.is_none()
        {
            *kind = content_type;
        }
        self
    }

    /// What a HEAD request gets (RFC 9110 §9.3.2).
    pub(super) fn without_body(mut self) -> Self {
        if let Some((body, _)) = &mut self.body {
            body.clear();
        }
        self
    }

    pub(super) fn scim_error(error: &ScimError) -> Self {
        let why = match error.scim_type {
            Some(scim_type) => format!("{}: {}", scim_type.as_str(), error.detail),
            None => error.detail.clone(),
        };
        Self { error: Some(why), ..Self::scim(error.status, &error.to_json()) }
    }

    pub(super) fn console_error(error: &ConsoleError) -> Self {
        let body = json!({ "error": { "code": error.code, "message": error.message } });
        let why = format!("{}: {}", error.code, error.message);
        Self { error: Some(why), ..Self::console(error.status, &body) }
    }

    pub(super) fn into_response(self) -> Response {
        let (body, content_type) = match self.body {
            Some((body, kind)) => (Body::from(body), Some(HeaderValue::from_static(kind))),
            None => (Body::empty(), None),
        };
        let mut response = Response::new(body);
        *response.status_mut() =
            StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        if let Some(content_type) = content_type {
            headers.insert(CONTENT_TYPE, content_type);
        }
        for (name, value) in [(ETAG, self.etag), (LOCATION, self.location)] {
            if let Some(value) = value.and_then(|value| HeaderValue::try_from(value).ok()) {
                headers.insert(name, value);
            }
        }
        for (name, value) in self.headers {
            if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
                headers.append(name, value);
            }
        }
        if let Some(why) = self.error {
            response.extensions_mut().insert(Refusal(why));
        }
        if let Some(number) = self.request {
            response.extensions_mut().insert(RequestNumber(number));
        }
        response
    }
}
