//! One HTTP exchange as it went over the wire: raw bytes and header order, nothing interpreted.
//!
//! Everything that sends or judges HTTP meets here. This module knows no SCIM, no scenario and no
//! reference; it must not import any other module.

mod authorization;
mod basic;
mod clock;
mod connect;
mod credentials;
mod curl;
mod decode;
mod fetch;
mod interruption;
mod limits;
mod mask;
mod oauth;
mod origin;
mod patience;
mod places;
mod record;
mod secret;
mod tcp;
mod transport;
mod url;
mod wire;

use std::time::Duration;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

pub use authorization::Auth;
pub use basic::{basic, basic_credentials};
pub use clock::{Clock, ManualClock};
pub use connect::{TcpOptions, TcpSetupError};
pub use credentials::{Credentials, Guarded};
pub use curl::curl_line;
pub use fetch::Fetch;
pub use interruption::Interruption;
pub(crate) use limits::shortened;
pub use limits::{Limits, Size, decode_content, segment};
pub use mask::Masker;
pub use oauth::{ACCESS_TOKEN, OAuth, OAuthClient, OAuthGrant};
pub(crate) use oauth::{Grant, TokenError};
pub use origin::Origin;
pub use patience::Patience;
pub use places::{cut_from, cut_note};
pub use record::{Body, Record};
pub use secret::{MASK, is_secret_header};
pub use tcp::Tcp;
pub(crate) use tcp::{Outgoing, head};
pub use transport::{BoxFuture, InProcess, Transport};
pub use url::{UrlParts, beside, host, percent_decode, percent_encode, without_user};
pub(crate) use wire::{Fields, parsed, texts};

/// A request exactly as it is handed to the transport.
///
/// `headers` are in sending order with the spelling that the sender chose; a transport adds nothing
/// that is not in the list (so `Host`, `Content-Length` and `Connection` are in it too).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Method token, upper case.
    pub method: String,
    /// Absolute URL, already percent-encoded, e.g. `https://host/scim/v2/Users?startIndex=1&count=2`.
    pub url: String,
    /// Header fields in sending order.
    pub headers: Vec<(String, String)>,
    /// Body bytes; `None` when there is none at all.
    pub body: Option<Bytes>,
}

impl Request {
    /// The request target in origin form: path and query as sent, e.g. `/scim/v2/Users?count=2`.
    #[must_use]
    pub fn target(&self) -> &str {
        UrlParts::of(&self.url).target()
    }

    /// The path alone, without the query.
    #[must_use]
    pub fn path(&self) -> &str {
        let target = self.target();
        target.split_once('?').map_or(target, |(path, _)| path)
    }

    /// The raw query string, if there is one.
    #[must_use]
    pub fn query(&self) -> Option<&str> {
        self.target().split_once('?').map(|(_, query)| query)
    }

    /// First header field of that name, compared without regard to case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }

    /// The body as JSON, when there is a body and it parses.
    #[must_use]
    pub fn json(&self) -> Option<serde_json::Value> {
        serde_json::from_slice(self.body.as_deref()?).ok()
    }
}

/// A response exactly as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// Status code.
    pub status: u16,
    /// Reason phrase: what the server sent, or the standard phrase of the code (HTTP/2 has none).
    pub reason: String,
    /// Header fields in arrival order, as the server spelt them (HTTP/2 has lower case alone, and so has what
    /// came past no socket).
    pub headers: Vec<(String, String)>,
    /// Body bytes after undoing gzip or deflate; empty when there is none.
    pub body: Bytes,
}

impl Response {
    /// First header field of that name, compared without regard to case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }

    /// Whether the status is 2xx.
    #[must_use]
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The body as JSON, when it parses.
    #[must_use]
    pub fn json(&self) -> Option<serde_json::Value> {
        serde_json::from_slice(&self.body).ok()
    }
}

/// A request together with what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    /// What was sent.
    pub request: Request,
    /// What came back, or why nothing did.
    pub outcome: Result<Response, TransportError>,
    /// How long it took in real time; zero for in-process exchanges.
    pub duration: Duration,
}

impl Exchange {
    /// The response, if one arrived.
    #[must_use]
    pub fn response(&self) -> Option<&Response> {
        self.outcome.as_ref().ok()
    }

    /// `GET /scim/v2/Users?count=2 → 200 OK`: the exchange on one line.
    #[must_use]
    pub fn summary(&self) -> String {
        let outcome = match &self.outcome {
            Ok(response) => format!("{} {}", response.status, response.reason),
            Err(error) => error.to_string(),
        };
        format!("{} {} → {}", self.request.method, self.request.target(), outcome.trim_end())
    }
}

/// Why no response arrived. The messages complete "the request failed: …".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum TransportError {
    /// No connection could be made.
    #[error("could not connect to {authority}: {reason}")]
    Connect {
        /// Host and port.
        authority: String,
        /// What the operating system or TLS library said.
        reason: String,
    },
    /// Nothing arrived in time.
    #[error("no answer from {authority} within {seconds} s")]
    Timeout {
        /// Host and port.
        authority: String,
        /// The limit that ran out.
        seconds: u64,
    },
    /// The connection broke, or what came was no HTTP.
    #[error("the answer from {authority} broke off or was not HTTP: {reason}")]
    Broken {
        /// Host and port.
        authority: String,
        /// What the HTTP library said.
        reason: String,
    },
    /// What came is more than is taken of one answer.
    #[error("the answer from {authority} was not taken: {reason}")]
    TooLarge {
        /// Host and port.
        authority: String,
        /// What of it is too much, and what the limit is.
        reason: String,
    },
    /// There is no access token to send with the request.
    #[error(
        "the authorization server {authority} gave no access token: {reason}. Look at token-url, client-id and the secrets; with a refresh token that has ended, an administrator has to authorize again"
    )]
    NoToken {
        /// Host and port of the authorization server.
        authority: String,
        /// What it said.
        reason: String,
    },
    /// The program is to stop.
    #[error("the program was told to stop")]
    Interrupted,
    /// It would write to a resource that this program did not create.
    #[error("the request was not sent: {reason}")]
    NotOurs {
        /// Which resource, and whose it is.
        reason: String,
    },
    /// The request could not be formed from its parts.
    #[error("the request could not be formed: {reason}")]
    BadRequest {
        /// What is wrong with it.
        reason: String,
    },
}

/// Path and query as they stand in a URL; what follows `#` is never sent (RFC 9110 §7.1).
fn target(url: &str) -> &str {
    let whole = url.split('#').next().unwrap_or_default();
    let authority = whole.find("://").map_or(0, |at| at + 3);
    match whole[authority..].find(['/', '?']).map(|at| &whole[authority + at..]) {
        Some(target) if target.starts_with('/') => target,
        _ => "/",
    }
}

/// Host and port of a URL, for messages.
fn named(url: &str) -> String {
    Origin::of(url).map_or_else(|_| host(url).to_owned(), |origin| origin.authority())
}

pub(crate) fn header<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}
