//! Answers and refusals in Okta's shapes, and pages of lists.

use serde_json::{Value, json};

use super::http::Call;
use crate::clients::OperationError;
use crate::exchange::percent_encode;

/// A success.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    /// `None` for an answer without a body.
    pub(super) body: Option<Value>,
    /// Values of `Link` fields.
    pub(super) links: Vec<String>,
}

impl Answer {
    pub(super) fn ok(body: Value) -> Self {
        Self { status: 200, body: Some(body), links: Vec::new() }
    }

    pub(super) fn created(body: Value) -> Self {
        Self { status: 201, body: Some(body), links: Vec::new() }
    }

    pub(super) fn no_content() -> Self {
        Self { status: 204, body: None, links: Vec::new() }
    }

    /// One page of a list, by `limit` and `after`; each entry is found again by its identifier.
    pub(super) fn page(
        entries: Vec<(String, Value)>,
        call: &Call,
        origin: &str,
        limit: (usize, usize),
    ) -> Result<Self, Refused> {
        let (default, most) = limit;
        let limit = match call.query("limit") {
            None => default,
            Some(text) => match text.parse::<usize>() {
                Ok(number) if number > 0 => number.min(most),
                _ => return Err(Refused::invalid("limit", "The limit must be a whole number above 0")),
            },
        };
        let start = match call.query("after") {
            None => 0,
            Some(after) => match entries.iter().position(|(id, _)| id == after) {
                Some(at) => at + 1,
                None => return Err(Refused::invalid("after", "Invalid paging request.")),
            },
        };
        let url = |after: Option<&str>| {
            let mut query: Vec<String> = call
                .query
                .iter()
                .filter(|(name, _)| name != "after" || after.is_none())
                .filter(|(name, _)| name != "limit")
                .map(|(name, value)| format!("{}={}", percent_encode(name), percent_encode(value)))
                .collect();
            if let Some(after) = after {
                query.push(format!("after={}", percent_encode(after)));
            }
            query.push(format!("limit={limit}"));
            format!("{origin}{}?{}", call.path, query.join("&"))
        };
        let mut links = vec![format!("<{}>; rel=\"self\"", url(None))];
        let page: Vec<&(String, Value)> = entries.iter().skip(start).take(limit).collect();
        if let Some((last, _)) = page.last().filter(|_| start + page.len() < entries.len()) {
            links.push(format!("<{}>; rel=\"next\"", url(Some(last))));
        }
        let body = page.into_iter().map(|(_, body)| body.clone()).collect();
        Ok(Self { status: 200, body: Some(body), links })
    }
}

/// A refusal with Okta's error code.
#[derive(Debug)]
pub(super) struct Refused {
    pub(super) status: u16,
    code: &'static str,
    summary: String,
    causes: Vec<String>,
}

impl Refused {
    fn new(status: u16, code: &'static str, summary: impl Into<String>) -> Self {
        Self { status, code, summary: summary.into(), causes: Vec::new() }
    }

    pub(super) fn token() -> Self {
        Self::new(401, "E0000011", "Invalid token provided")
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
impl From<OperationError> for Refused {
    fn from(error: OperationError) -> Self {
        Self { causes: vec![error.to_string()], ..Self::plain("Api validation failed") }
    }
}
