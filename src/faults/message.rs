//! Requests and responses as faults see and change them.

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::{Extensions, HeaderMap, HeaderName, HeaderValue, StatusCode, Uri};
use axum::response::Response;
use http_body_util::BodyExt as _;
use serde_json::{Map, Value, json};

use super::memory::LayerMemory;
use crate::urn::PATCH_OP;

/// Where SCIM begins below the origin, without the protocol version.
pub(super) const ROOT: &str = "/scim/";

/// A request as faults see it.
#[derive(Debug, Clone)]
pub(crate) struct FaultRequest {
    pub(crate) method: String,
    /// The protocol version in the path, e.g. `v2`.
    pub(crate) version: String,
    /// Below the SCIM base, e.g. `/Users/7`.
    pub(crate) path: String,
    /// The raw query.
    pub(crate) query: String,
    pub(crate) headers: HeaderMap,
    pub(crate) raw: Bytes,
    /// The body, when it is a JSON object.
    pub(crate) body: Option<Value>,
    /// What the faults of this layer remember.
    pub(crate) memory: LayerMemory,
}

impl FaultRequest {
    pub(crate) fn is(&self, method: &str) -> bool {
        self.method == method
    }

    /// `/Users` or anything below.
    pub(crate) fn users(&self) -> bool {
        self.path == "/Users" || self.path.starts_with("/Users/")
    }

    /// `/Groups` or anything below.
    pub(crate) fn groups(&self) -> bool {
        self.path == "/Groups" || self.path.starts_with("/Groups/")
    }

    pub(crate) fn users_or_groups(&self) -> bool {
        self.users() || self.groups()
    }

    /// One resource rather than a list.
    pub(crate) fn one(&self) -> bool {
        self.users_or_groups() && self.path.matches('/').count() == 2 && !self.path.ends_with("/.search")
    }

    /// A list of users or groups.
    pub(crate) fn list(&self) -> bool {
        self.is("GET") && (self.path == "/Users" || self.path == "/Groups")
    }

    /// A query by POST.
    pub(crate) fn search(&self) -> bool {
        self.is("POST") && self.path.ends_with("/.search")
    }

    pub(crate) fn creates_user(&self) -> bool {
        self.is("POST") && self.path == "/Users"
    }

    pub(crate) fn creates_group(&self) -> bool {
        self.is("POST") && self.path == "/Groups"
    }

    /// PUT or PATCH.
    pub(crate) fn updates(&self) -> bool {
        self.is("PUT") || self.is("PATCH")
    }

    /// A query parameter, decoded.
    pub(crate) fn parameter(&self, name: &str) -> Option<String> {
        self.query.split('&').find_map(|pair| {
            let (key, value) = pair.split_once('=')?;
            key.eq_ignore_ascii_case(name).then(|| crate::exchange::percent_decode(&value.replace('+', " ")))
        })
    }

    /// Whether the query has a parameter like that.
    pub(crate) fn asks(&self, name: &str, like: impl Fn(&str) -> bool) -> bool {
        self.parameter(name).is_some_and(|value| like(&value))
    }

    /// Sets a query parameter, or takes it away.
    pub(crate) fn set(&mut self, name: &str, value: Option<&str>) {
        let mut pairs: Vec<String> = self
            .query
            .split('&')
            .filter(|pair| {
                !pair.is_empty() && !pair.split('=').next().is_some_and(|key| key.eq_ignore_ascii_case(name))
            })
            .map(str::to_owned)
            .collect();
        pairs.extend(value.map(|value| format!("{name}={}", crate::exchange::percent_encode(value))));
        self.query = pairs.join("&");
    }

    /// A header field, empty when it is absent or no text.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The body, or null.
    pub(crate) fn content(&self) -> &Value {
        self.body.as_ref().unwrap_or(&Value::Null)
    }

    /// Whether the body is an object with that member.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.content().get(name).is_some()
    }

    /// Whether the body is an object without that member.
    pub(crate) fn lacks(&self, name: &str) -> bool {
        self.body.is_some() && !self.has(name)
    }

    pub(crate) fn member(&mut self, name: &str) -> Option<&mut Value> {
        self.body.as_mut()?.get_mut(name)
    }

    pub(crate) fn drop_member(&mut self, name: &str) {
        if let Some(members) = self.body.as_mut().and_then(Value::as_object_mut) {
            members.shift_remove(name);
        }
    }

    /// The operations of a PATCH, as they were sent.
    pub(crate) fn operation_list(&mut self) -> Option<&mut Vec<Value>> {
        if self.method == "PATCH" { self.member("Operations")?.as_array_mut() } else { None }
    }

    /// Every operation of a PATCH.
    pub(crate) fn operations(&mut self) -> impl Iterator<Item = &mut Value> {
        self.operation_list().into_iter().flatten()
    }

    /// Whether an operation of a PATCH is so.
    pub(crate) fn any_operation(&self, is: impl Fn(&Value) -> bool) -> bool {
        self.is("PATCH") && self.content()["Operations"].as_array().into_iter().flatten().any(is)
    }

    /// The first operation of a PATCH, or null.
    pub(crate) fn first_operation(&self) -> &Value {
        self.content().pointer("/Operations/0").unwrap_or(&Value::Null)
    }

    /// Takes operations out of a PATCH; where none is left, the service says that it did them all.
    pub(crate) fn keep_operations(&mut self, kept: impl Fn(&Value) -> bool) {
        if let Some(all) = self.operation_list() {
            all.retain(kept);
            if all.is_empty() {
                all.push(json!({"op": "add", "value": {}}));
            }
        }
    }

    /// The same request with another body.
    pub(crate) fn with_body(&self, body: Value) -> Self {
        Self { body: Some(body), ..self.clone() }
    }

    /// A request by the same client, without a query.
    pub(crate) fn other(&self, method: &str, path: impl Into<String>, body: Option<Value>) -> Self {
        let raw = body.as_ref().map(ToString::to_string).unwrap_or_default().into();
        Self { method: method.into(), path: path.into(), query: String::new(), raw, body, ..self.clone() }
    }

    /// A GET of the same path.
    pub(crate) fn read(&self) -> Self {
        self.other("GET", self.path.clone(), None)
    }

    /// A PATCH of another path with one operation.
    pub(crate) fn patch(&self, path: impl Into<String>, operation: Value) -> Self {
        self.other("PATCH", path, Some(json!({"schemas": [PATCH_OP], "Operations": [operation]})))
    }

    pub(super) fn into_http(self) -> Request {
        let mut uri = format!("{ROOT}{}{}", self.version, self.path);
        if !self.query.is_empty() {
            uri.push('?');
            uri.push_str(&self.query);
        }
        let bytes = self.body.map_or(self.raw, |body| Bytes::from(body.to_string()));
        let mut request = Request::new(Body::from(bytes));
        *request.method_mut() = self.method.parse().unwrap_or_default();
        *request.uri_mut() = uri.parse().unwrap_or_else(|_| Uri::from_static("/"));
        *request.headers_mut() = self.headers;
        request.headers_mut().remove("content-length");
        request
    }
}

/// A response as faults see it.
#[derive(Debug, Clone, Default)]
pub(crate) struct FaultResponse {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) raw: Bytes,
    /// The body, when it is JSON; written out again when a fault changed it.
    pub(crate) body: Option<Value>,
    /// What the service tells whoever logs the response.
    pub(crate) extensions: Extensions,
}

impl FaultResponse {
    /// A status and nothing else.
    pub(crate) fn bare(status: u16) -> Self {
        Self { status, ..Self::default() }
    }

    pub(crate) fn json(status: u16, body: Value) -> Self {
        let mut response = Self { status, body: Some(body), ..Self::default() };
        response.set_header("content-type", "application/scim+json");
        response
    }

    /// A SCIM error.
    pub(crate) fn error(status: u16, scim_type: Option<&str>, detail: &str) -> Self {
        let mut body = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
            "status": status.to_string(),
            "detail": detail,
        });
        if let Some(scim_type) = scim_type {
            body["scimType"] = scim_type.into();
        }
        Self::json(status, body)
    }

    pub(crate) fn server_error() -> Self {
        Self::error(500, None, "Internal error.")
    }

    pub(crate) async fn of_http(response: Response) -> Self {
        let (parts, body) = response.into_parts();
        let raw = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
        let body = serde_json::from_slice(&raw).ok();
        let (status, headers, extensions) = (parts.status.as_u16(), parts.headers, parts.extensions);
        Self { status, headers, raw, body, extensions }
    }

    pub(crate) fn into_http(self) -> Response {
        let bytes = self.body.map_or(self.raw, |body| Bytes::from(body.to_string()));
        let mut response = Response::new(Body::from(bytes));
        *response.status_mut() =
            StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        *response.headers_mut() = self.headers;
        *response.extensions_mut() = self.extensions;
        response.headers_mut().remove(HeaderName::from_static("content-length"));
        response
    }

    pub(crate) fn ok(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The body, or null.
    pub(crate) fn content(&self) -> &Value {
        self.body.as_ref().unwrap_or(&Value::Null)
    }

    /// Another status, also where an error repeats it in its body.
    pub(crate) fn set_status(&mut self, status: u16) {
        self.status = status;
        if let Some(text) = self.body.as_mut().and_then(|body| body.get_mut("status")) {
            *text = json!(status.to_string());
        }
    }

    /// Sets a member of the body, when that is an object.
    pub(crate) fn set(&mut self, name: &str, value: Value) {
        if let Some(members) = self.body.as_mut().and_then(Value::as_object_mut) {
            members.insert(name.into(), value);
        }
    }

    pub(crate) fn drop_body(&mut self) {
        self.body = None;
        self.raw = Bytes::new();
    }

    /// That status, and no body.
    pub(crate) fn empty(&mut self, status: u16) {
        self.status = status;
        self.drop_body();
    }

    /// A body that is no JSON.
    pub(crate) fn set_text(&mut self, media_type: &'static str, text: impl Into<Bytes>) {
        self.body = None;
        self.raw = text.into();
        self.set_header("content-type", media_type);
    }

    /// Sets a header field; a value that cannot stand in one is left out.
    pub(crate) fn set_header(&mut self, name: &'static str, value: &str) {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(name, value);
        }
    }

    pub(crate) fn remove_header(&mut self, name: &str) {
        self.headers.remove(name);
    }

    /// An array of the body.
    pub(crate) fn array(&mut self, name: &str) -> Option<&mut Vec<Value>> {
        self.body.as_mut()?.get_mut(name)?.as_array_mut()
    }

    /// Acts on the resource of the body, or on every resource of its list.
    pub(crate) fn each(&mut self, mut act: impl FnMut(&mut Value)) {
        let Some(body) = self.body.as_mut() else { return };
        if body.get("Resources").is_some() || body.get("totalResults").is_some() {
            body.get_mut("Resources").and_then(Value::as_array_mut).into_iter().flatten().for_each(act);
        } else if body.get("id").is_some() {
            act(body);
        }
    }

    /// Takes an attribute out of every resource.
    pub(crate) fn drop_member(&mut self, name: &str) {
        self.each(|resource| {
            if let Some(members) = resource.as_object_mut() {
                members.shift_remove(name);
            }
        });
    }

    /// Sets a member of `meta` of every resource.
    pub(crate) fn set_in_meta(&mut self, name: &str, value: &Value) {
        self.each_meta(|meta| {
            meta.insert(name.into(), value.clone());
        });
    }

    /// Acts on `meta` of every resource.
    pub(crate) fn each_meta(&mut self, act: impl Fn(&mut Map<String, Value>)) {
        self.each(|resource| {
            if let Some(meta) = resource.get_mut("meta").and_then(Value::as_object_mut) {
                act(meta);
            }
        });
    }
}
