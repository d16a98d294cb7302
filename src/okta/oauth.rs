//! OAuth 2 as the app's integration uses it (okta-client §2.3): the authorization code was exchanged when
//! the administrator authenticated; from then on the refresh token gives access tokens, and only when an
//! operation needs one.

use base64::Engine as _;
use bytes::Bytes;
use serde_json::Value;

use crate::exchange::{Request, Transport, percent_encode};

/// What the administrator's authentication left with Okta.
#[derive(Clone, PartialEq, Eq)]
pub struct OAuthClient {
    /// Token endpoint of the authorization server.
    pub token_url: String,
    /// Client identifier.
    pub client_id: String,
    /// Client secret.
    pub client_secret: String,
    /// Send the secret in the `Authorization` field instead of the body; the evidence is silent (§13.17).
    pub secret_in_header: bool,
    /// The access token at hand, if there is one.
    pub access_token: Option<String>,
    /// The refresh token; there is one only with scope `offline_access`.
    pub refresh_token: Option<String>,
}

/// Why there is no access token; what the authorization server said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TokenError(pub(super) String);

/// The client with its tokens as they are now.
pub(super) struct Grant {
    client: OAuthClient,
    issued: Vec<String>,
}

impl Grant {
    pub(super) fn new(client: OAuthClient) -> Self {
        Self { client, issued: Vec::new() }
    }

    pub(super) fn issued(&self) -> Vec<String> {
        self.issued.clone()
    }

    /// The access token; a new one when there is none, or when `refused` is still the present one.
    pub(super) async fn token(
        &mut self,
        transport: &dyn Transport,
        refused: Option<&str>,
    ) -> Result<String, TokenError> {
        if let Some(token) = self.client.access_token.as_deref().filter(|token| Some(*token) != refused) {
            return Ok(token.to_owned());
        }
        let Some(refresh_token) = self.client.refresh_token.clone() else {
            return Err(TokenError("there is no refresh token".into()));
        };
        let request = self.request(&refresh_token);
        let response = transport.send(&request).await.map_err(|error| TokenError(error.to_string()))?;
        let body = response.json().unwrap_or(Value::Null);
        let text = |name: &str| body.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        let token = text("access_token").filter(|_| response.is_success()).ok_or_else(|| {
            // RFC 6749 §5.2: `error`, and perhaps words for people.
            let said = text("error_description").or_else(|| text("error")).unwrap_or(&response.reason);
            TokenError(said.to_owned())
        })?;
        self.client.access_token = Some(token.to_owned());
        self.issued.push(token.to_owned());
        // RFC 6749 §6: the server may issue a new refresh token, which replaces the old one.
        if let Some(rotated) = text("refresh_token") {
            self.client.refresh_token = Some(rotated.to_owned());
            self.issued.push(rotated.to_owned());
        }
        Ok(token.to_owned())
    }

    fn request(&self, refresh_token: &str) -> Request {
        let OAuthClient { token_url, client_id, client_secret, secret_in_header, .. } = &self.client;
        let mut form = format!("grant_type=refresh_token&refresh_token={}", percent_encode(refresh_token));
        let mut headers = vec![("Accept".to_owned(), "application/json".to_owned())];
        if *secret_in_header {
            // RFC 6749 §2.3.1: both parts are encoded before they are joined.
            let joined = format!("{}:{}", percent_encode(client_id), percent_encode(client_secret));
            let encoded = base64::engine::general_purpose::STANDARD.encode(joined);
            headers.push(("Authorization".into(), format!("Basic {encoded}")));
        } else {
            form.push_str(&format!(
                "&client_id={}&client_secret={}",
                percent_encode(client_id),
                percent_encode(client_secret)
            ));
        }
        headers.push(("Content-Type".into(), "application/x-www-form-urlencoded".into()));
        headers.push(("Content-Length".into(), form.len().to_string()));
        headers.push(("Host".into(), super::wire::host(token_url)));
        Request { method: "POST".into(), url: token_url.clone(), headers, body: Some(Bytes::from(form)) }
    }
}
