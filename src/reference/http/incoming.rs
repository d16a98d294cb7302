//! A request with its body read, and who sends it.

use base64::Engine as _;

use crate::reference::tenant::{Id, Tenant};

/// A request with its body read.
pub(super) struct Incoming {
    pub(super) parts: http::request::Parts,
    pub(super) body: bytes::Bytes,
}

impl Incoming {
    pub(super) fn method(&self) -> &str {
        self.parts.method.as_str()
    }

    pub(super) fn path(&self) -> &str {
        self.parts.uri.path()
    }

    pub(super) fn query(&self) -> Option<&str> {
        self.parts.uri.query()
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.parts.headers.get(name)?.to_str().ok()
    }
}

/// What an `Authorization` field holds.
pub(super) enum Presented {
    /// User name and password with a colon between them.
    Basic(String),
    Bearer(String),
}

impl Presented {
    pub(super) fn user_and_password(text: &str) -> Option<(&str, &str)> {
        text.split_once(':')
    }
}

pub(super) fn presented(incoming: &Incoming) -> Option<Presented> {
    let (scheme, rest) = incoming.header("authorization")?.split_once(' ')?;
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(Presented::Bearer(rest.trim().to_owned()));
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = base64::engine::general_purpose::STANDARD.decode(rest.trim()).ok()?;
    String::from_utf8(decoded).ok().map(Presented::Basic)
}

pub(super) fn provider_of(tenant: &Tenant, incoming: &Incoming) -> Option<Id> {
    match presented(incoming)? {
        Presented::Basic(text) => {
            let (username, password) = Presented::user_and_password(&text)?;
            tenant.by_password(username, password)
        }
        Presented::Bearer(token) => tenant.by_token(&token),
    }
}
