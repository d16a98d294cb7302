//! One request of a probe, and its answer as probes read it.

use bytes::Bytes;
use serde_json::Value;

use super::stop::Stop;
use crate::checks::json::{self, member};
use crate::exchange::{Exchange, Limits, percent_decode, percent_encode, segment, shortened};

/// The media type of RFC 7644 §8.1.
pub(in crate::checks) const SCIM_JSON: &str = "application/scim+json";

/// Which credential a request carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::checks) enum Credential {
    /// The target's own.
    Own,
    /// None at all.
    None,
    /// The second one, of another tenant or client, where the user gave one.
    Second,
    /// This `Authorization` value.
    Value(String),
}

/// A request before the session adds what every request has.
#[derive(Debug, Clone)]
pub(in crate::checks) struct Call {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Option<(Bytes, String)>,
    pub(super) credential: Credential,
    pub(super) accept: Option<String>,
    /// Whether it has the header fields of Okta's client, in their order.
    pub(super) okta: bool,
    /// Whether the passive rules leave the exchange alone.
    pub(super) unwatched: bool,
    /// The body as it was given, where it may be shaped for the target.
    pub(super) shape: Option<Value>,
    /// Another protocol version in the place of the one that the base URL ends with.
    pub(super) version: Option<&'static str>,
}

impl Call {
    /// A request without a body; `path` is below the base URL and already encoded.
    pub(in crate::checks) fn new(method: &str, path: impl Into<String>) -> Self {
        Self {
            method: method.to_owned(),
            path: path.into(),
            headers: Vec::new(),
            body: None,
            credential: Credential::Own,
            accept: Some(SCIM_JSON.to_owned()),
            okta: false,
            unwatched: false,
            shape: None,
            version: None,
        }
    }

    pub(in crate::checks) fn get(path: impl Into<String>) -> Self {
        Self::new("GET", path)
    }

    /// With a JSON body, labelled `application/scim+json`.
    pub(in crate::checks) fn json(mut self, body: &Value) -> Self {
        self.shape = Some(body.clone());
        self.raw(body.to_string(), SCIM_JSON)
    }

    /// With these bytes under this content type.
    pub(in crate::checks) fn raw(mut self, body: impl Into<Bytes>, content_type: &str) -> Self {
        self.body = Some((body.into(), content_type.to_owned()));
        self
    }

    /// As Okta's client sends it: its header fields in its order, a compact body.
    pub(in crate::checks) fn okta(method: &str, path: impl Into<String>, body: Option<&Value>) -> Self {
        let call = Self { okta: true, ..Self::new(method, path) };
        match body {
            Some(body) => call.raw(body.to_string(), "application/scim+json; charset=utf-8"),
            None => call,
        }
    }

    /// Left alone by the passive rules: what its answer shows is what the probe itself judges, and is told
    /// once.
    pub(in crate::checks) fn unwatched(mut self) -> Self {
        self.unwatched = true;
        self
    }

    pub(in crate::checks) fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// With this `Accept` instead of the usual one; `None` leaves the field out.
    pub(in crate::checks) fn accept(mut self, value: Option<&str>) -> Self {
        self.accept = value.map(str::to_owned);
        self
    }

    /// Below the base URL with this protocol version; see [`Session::has_version`](super::Session::has_version).
    pub(in crate::checks) fn version(mut self, version: &'static str) -> Self {
        self.version = Some(version);
        self
    }

    pub(in crate::checks) fn credential(mut self, credential: Credential) -> Self {
        self.credential = credential;
        self
    }
}

/// `path?name=value&…` with every value percent-encoded.
pub(in crate::checks) fn query(path: &str, parameters: &[(&str, &str)]) -> String {
    let mut text = path.to_owned();
    for (index, (name, value)) in parameters.iter().enumerate() {
        text.push(if index == 0 { '?' } else { '&' });
        text.push_str(name);
        text.push('=');
        text.push_str(&percent_encode(value));
    }
    text
}

/// `path?filter=…`, encoded.
pub(in crate::checks) fn filtered(path: &str, filter: &str) -> String {
    query(path, &[("filter", filter)])
}

/// `/Users/{id}`, encoded. No other function puts an id from the target into a path.
///
/// # Errors
/// When the id cannot stand there, which a rule of its own reports: nothing is sent to what it would lead to.
pub(in crate::checks) fn path_to(endpoint: &str, id: &str) -> Result<String, Stop> {
    let segment =
        segment(id).map_err(|reason| Stop::Skipped(format!("nothing is sent below {endpoint}: {reason}")))?;
    Ok(format!("{endpoint}/{segment}"))
}

/// Whether a path that the target gave leads to a resource below the base URL.
pub(in crate::checks) fn is_resource(path: &str) -> bool {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    path.strip_prefix('/')
        .is_some_and(|rest| rest.split('/').all(|part| segment(&percent_decode(part)).is_ok()))
}

/// What came back.
#[derive(Debug, Clone)]
pub(in crate::checks) struct Answer {
    pub(in crate::checks) exchange: Exchange,
    /// The status code.
    pub(in crate::checks) status: u16,
    /// The body as JSON; null when there is none or when it does not parse.
    pub(in crate::checks) body: Value,
}

impl Answer {
    /// 2xx.
    pub(in crate::checks) fn ok(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// 400 to 499: the service refused the request as the client's mistake.
    pub(in crate::checks) fn refused(&self) -> bool {
        (400..500).contains(&self.status)
    }

    /// The service says that it does not offer this at all: 405, 501, or 404 for the endpoint.
    pub(in crate::checks) fn not_offered(&self) -> bool {
        [404, 405, 501].contains(&self.status)
    }

    pub(in crate::checks) fn header(&self, name: &str) -> Option<&str> {
        self.exchange.response().and_then(|response| response.header(name))
    }

    /// The body to be changed and sent back; an empty object when it is none.
    pub(in crate::checks) fn object(&self) -> Value {
        if self.body.is_object() { self.body.clone() } else { serde_json::json!({}) }
    }

    /// The value at a dotted path, names in any letter case.
    pub(in crate::checks) fn at(&self, path: &str) -> Option<&Value> {
        json::at(&self.body, path)
    }

    /// The text at a dotted path.
    pub(in crate::checks) fn text(&self, path: &str) -> Option<&str> {
        self.at(path).and_then(Value::as_str)
    }

    pub(in crate::checks) fn scim_type(&self) -> Option<&str> {
        self.text("scimType")
    }

    /// The resource's id, where a path can hold it; a number counts as its digits, since that fault has a
    /// requirement of its own.
    pub(in crate::checks) fn id(&self) -> Option<String> {
        json::id(&self.body)
    }

    /// Status of a creation and, where it gives no id that a path can hold, what is wrong with that.
    pub(in crate::checks) fn creation(&self) -> String {
        match json::told_id(&self.body).map(|id| segment(&id)) {
            Some(Err(reason)) if self.ok() => format!("{}, and {reason}", self.outcome()),
            _ => self.outcome(),
        }
    }

    /// `Resources` of a list; empty when there is none.
    pub(in crate::checks) fn resources(&self) -> &[Value] {
        member(&self.body, "Resources").and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    /// The cursor of the next page, if it is one that is sent back.
    pub(in crate::checks) fn next_cursor(&self) -> Option<String> {
        self.text("nextCursor").filter(|cursor| cursor.len() <= Limits::CURSOR).map(str::to_owned)
    }

    /// The ids of `Resources`, in order.
    pub(in crate::checks) fn ids(&self) -> Vec<String> {
        self.resources().iter().filter_map(json::id).collect()
    }

    /// Whether the list holds the resource of that id.
    pub(in crate::checks) fn lists(&self, id: &str) -> bool {
        self.ids().iter().any(|listed| listed == id)
    }

    /// `totalResults`, also when it came as text, since that fault has a requirement of its own.
    pub(in crate::checks) fn total(&self) -> Option<i64> {
        let value = member(&self.body, "totalResults")?;
        value.as_i64().or_else(|| value.as_str()?.parse().ok())
    }

    /// `400 invalidFilter` or `200`: status and scimType for a finding.
    pub(in crate::checks) fn outcome(&self) -> String {
        match self.scim_type() {
            Some(scim_type) => format!("{} {}", self.status, shortened(scim_type, Limits::PHRASE)),
            None if self.exchange.response().is_none_or(|response| response.body.is_empty()) => {
                format!("{} without a body", self.status)
            }
            None => self.status.to_string(),
        }
    }
}
