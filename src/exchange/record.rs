//! An exchange as reports keep it: as text, with secrets masked and long bodies cut.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::limits::{Limits, shortened};
use super::{Exchange, Masker, UrlParts, cut_from, cut_note};

/// A body as reports keep it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Body {
    /// The text, at most [`Body::LIMIT`] characters of it and a note that it was cut; bytes that are no UTF-8 are
    /// U+FFFD.
    pub text: String,
    /// How many bytes the whole body has.
    pub bytes: usize,
    /// Whether `text` is only the beginning.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cut: bool,
}

impl Body {
    /// Most characters of a body that are kept.
    pub const LIMIT: usize = Limits::SHOWN;

    fn new(bytes: &[u8], masker: &Masker) -> Option<Self> {
        if bytes.is_empty() {
            return None;
        }
        // What was kept of it may have been a part alone.
        let mut length = cut_from(bytes);
        let mut beginning = String::from_utf8_lossy(&bytes[..bytes.len().min(Limits::MASKED)]);
        if bytes.len() > Limits::MASKED {
            let all = *length.get_or_insert(bytes.len());
            beginning.to_mut().push_str(&cut_note(all));
        }
        // Masked before it is cut: half a secret at the end would not be recognized.
        let whole = masker.body(&beginning);
        let (text, cut) = match whole.char_indices().nth(Self::LIMIT) {
            Some((end, _)) => (format!("{}{}", &whole[..end], cut_note(length.unwrap_or(bytes.len()))), true),
            None => (whole, length.is_some()),
        };
        Some(Self { text, bytes: length.unwrap_or(bytes.len()), cut })
    }
}

/// One exchange, for people who want to see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    /// Method token.
    pub method: String,
    /// Absolute URL.
    pub url: String,
    /// Header fields of the request in sending order, as pairs of name and value.
    pub request_headers: Vec<(String, String)>,
    /// Body of the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_body: Option<Body>,
    /// Status code; absent when no answer came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Reason phrase, or why no answer came.
    pub reason: String,
    /// Header fields of the response in the order of their arrival.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub response_headers: Vec<(String, String)>,
    /// Body of the response.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response_body: Option<Body>,
    /// How long the exchange took, in milliseconds.
    pub milliseconds: u64,
}

impl Record {
    /// Path and query, as the request had them.
    #[must_use]
    pub fn target(&self) -> &str {
        UrlParts::of(&self.url).target()
    }

    /// `GET /scim/v2/Users?count=2 → 200 OK`, as [`Exchange::summary`] has it.
    #[must_use]
    pub fn summary(&self) -> String {
        let outcome = match self.status {
            Some(status) => format!("{status} {}", self.reason),
            None => self.reason.clone(),
        };
        format!("{} {} → {}", self.method, self.target(), outcome.trim_end())
    }
}

impl Exchange {
    /// The exchange as reports keep it.
    #[must_use]
    pub fn record(&self, masker: &Masker) -> Record {
        let headers = |fields: &[(String, String)]| -> Vec<(String, String)> {
            fields.iter().map(|(name, value)| (name.clone(), masker.header(name, value))).collect()
        };
        let (status, reason, response_headers, response_body) = match &self.outcome {
            Ok(response) => (
                Some(response.status),
                response.reason.clone(),
                shown_fields(headers(&response.headers)),
                Body::new(&response.body, masker),
            ),
            Err(error) => (None, masker.text(&error.to_string()), Vec::new(), None),
        };
        Record {
            method: self.request.method.clone(),
            url: masker.text(&self.request.url),
            request_headers: headers(&self.request.headers),
            request_body: self.request.body.as_deref().and_then(|body| Body::new(body, masker)),
            status,
            reason: masker.text(&reason),
            response_headers,
            response_body,
            milliseconds: u64::try_from(self.duration.as_millis()).unwrap_or(u64::MAX),
        }
    }
}

/// As many of the fields as are shown, the longest values cut.
fn shown_fields(fields: Vec<(String, String)>) -> Vec<(String, String)> {
    let (mut room, count) = (Limits::FIELDS_SHOWN, fields.len());
    let mut shown = Vec::new();
    for (name, value) in fields {
        let most = room.saturating_sub(name.len());
        if most == 0 {
            let rest = format!("{} further header fields", count - shown.len());
            shown.push(("…".to_owned(), rest));
            break;
        }
        let value = shortened(&value, most).into_owned();
        room = most.saturating_sub(value.len());
        shown.push((name, value));
    }
    shown
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use bytes::Bytes;

    use super::*;
    use crate::exchange::{Request, Response};

    fn exchange(body: &str) -> Exchange {
        Exchange {
            request: Request {
                method: "GET".into(),
                url: "https://h/scim/v2/Users?count=2".into(),
                headers: vec![("Authorization".into(), "Bearer secret-token".into())],
                body: None,
            },
            outcome: Ok(Response {
                status: 200,
                reason: "OK".into(),
                headers: vec![("content-type".into(), "text/plain".into())],
                body: Bytes::copy_from_slice(body.as_bytes()),
            }),
            duration: Duration::from_millis(7),
        }
    }

    #[test]
    fn a_record_says_what_the_exchange_says() {
        let masker = Masker::new();
        let exchange = exchange("{}");
        let record = exchange.record(&masker);
        assert_eq!(record.summary(), exchange.summary());
        assert_eq!((record.status, record.milliseconds), (Some(200), 7));
        assert_eq!(record.request_headers, [("Authorization".to_owned(), "Bearer ***".to_owned())]);
        assert_eq!(record.request_body, None);
    }

    #[test]
    fn a_long_body_is_cut_after_it_was_masked() {
        let masker = Masker::new();
        masker.add("secret-token");
        let text = format!("{}secret-token and more", "é".repeat(Body::LIMIT - 4));
        let body = exchange(&text).record(&masker).response_body.unwrap();
        assert!(body.cut && body.bytes == text.len());
        let note = format!("… cut here: {} bytes in all", text.len());
        assert_eq!(body.text, format!("{}*** {note}", "é".repeat(Body::LIMIT - 4)));
    }
}
