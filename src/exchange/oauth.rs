//! OAuth 2 (RFC 6749) for whoever calls a service: access tokens from a refresh token or from the client's own
//! credentials, fetched only when a request needs one, and a transport that puts them into requests.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::Value;
use tokio::sync::Mutex;

use super::{BoxFuture, Masker, Request, Response, Transport, TransportError, host, percent_encode};

/// A client of an authorization server.
#[derive(Clone, PartialEq, Eq)]
pub struct OAuthClient {
    /// Token endpoint of the authorization server.
    pub token_url: String,
    /// Client identifier.
    pub client_id: String,
    /// Client secret.
    pub client_secret: String,
    /// Send the secret in the `Authorization` field instead of the body; what Okta does is not attested
    /// (okta-client §13.17).
    pub secret_in_header: bool,
    /// The access token at hand, if there is one.
    pub access_token: Option<String>,
    /// What gives access tokens.
    pub grant: OAuthGrant,
}

/// What gives access tokens.
#[derive(Clone, PartialEq, Eq)]
pub enum OAuthGrant {
    /// The refresh token that an administrator's authorization left (okta-client §2.3); there is one only with
    /// scope `offline_access`.
    Refresh(Option<String>),
    /// The client's credentials, with a scope if the server wants one. Okta itself does not do this.
    ClientCredentials(Option<String>),
}

/// Why there is no access token; what the authorization server said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TokenError(pub(crate) String);

/// The client with its tokens as they are now.
pub(crate) struct Grant {
    client: OAuthClient,
    issued: Vec<String>,
}

impl Grant {
    pub(crate) fn new(client: OAuthClient) -> Self {
        Self { client, issued: Vec::new() }
    }

    /// What the authorization server gave out so far.
    pub(crate) fn issued(&self) -> &[String] {
        &self.issued
    }

    /// The access token; a new one when there is none, or when `refused` is still the present one.
    pub(crate) async fn token(
        &mut self,
        transport: &dyn Transport,
        refused: Option<&str>,
    ) -> Result<String, TokenError> {
        if let Some(token) = self.client.access_token.as_deref().filter(|token| Some(*token) != refused) {
            return Ok(token.to_owned());
        }
        let request = self.request()?;
        let response = transport.send(&request).await.map_err(|error| TokenError(error.to_string()))?;
        let body = response.json().unwrap_or(Value::Null);
        let text = |name: &str| body.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        let token = text("access_token").filter(|_| response.is_success()).ok_or_else(|| {
            // RFC 6749 §5.2: `error`, and perhaps words for people.
            let said = text("error_description").or_else(|| text("error")).map(str::to_owned);
            TokenError(said.unwrap_or_else(|| {
                if response.is_success() {
                    format!("{} {} without an access_token", response.status, response.reason)
                } else {
                    response.reason.clone()
                }
            }))
        })?;
        self.client.access_token = Some(token.to_owned());
        self.issued.push(token.to_owned());
        // RFC 6749 §6: the server may issue a new refresh token, which replaces the old one.
        if let (Some(rotated), OAuthGrant::Refresh(known)) = (text("refresh_token"), &mut self.client.grant) {
            *known = Some(rotated.to_owned());
            self.issued.push(rotated.to_owned());
        }
        Ok(token.to_owned())
    }

    fn request(&self) -> Result<Request, TokenError> {
        let OAuthClient { token_url, client_id, client_secret, secret_in_header, grant, .. } = &self.client;
        let mut form = match grant {
            OAuthGrant::Refresh(None) => return Err(TokenError("there is no refresh token".into())),
            OAuthGrant::Refresh(Some(token)) => {
                format!("grant_type=refresh_token&refresh_token={}", percent_encode(token))
            }
            OAuthGrant::ClientCredentials(None) => "grant_type=client_credentials".to_owned(),
            OAuthGrant::ClientCredentials(Some(scope)) => {
                format!("grant_type=client_credentials&scope={}", percent_encode(scope))
            }
        };
        let mut headers = vec![("Accept".to_owned(), "application/json".to_owned())];
        if *secret_in_header {
            // RFC 6749 §2.3.1: both parts are encoded before they are joined.
            let field = super::basic(&percent_encode(client_id), &percent_encode(client_secret));
            headers.push(("Authorization".into(), field));
        } else {
            form.push_str(&format!(
                "&client_id={}&client_secret={}",
                percent_encode(client_id),
                percent_encode(client_secret)
            ));
        }
        headers.push(("Content-Type".into(), "application/x-www-form-urlencoded".into()));
        headers.push(("Content-Length".into(), form.len().to_string()));
        headers.push(("Host".into(), host(token_url).to_owned()));
        Ok(Request { method: "POST".into(), url: token_url.clone(), headers, body: Some(Bytes::from(form)) })
    }
}

/// Stands in requests where the access token goes, so that none is in what is recorded and shown.
pub const ACCESS_TOKEN: &str = "access-token-of-scimulate";

/// Puts the access token where [`ACCESS_TOKEN`] stands in an `Authorization` field. When the service answers 401
/// to it, a new one is fetched and the request is sent once more. Clones share one token, so that a server
/// that gives out a new refresh token each time is used as it wants to be.
#[derive(Clone)]
pub struct OAuth {
    inner: Arc<dyn Transport>,
    /// How tokens are fetched.
    fetch: Arc<dyn Transport>,
    grant: Arc<Mutex<Grant>>,
    authority: String,
    masker: Masker,
}

impl OAuth {
    /// A transport in front of `inner` that fetches tokens with `fetch`; `masker` learns what must not be shown.
    #[must_use]
    pub fn new(
        inner: Arc<dyn Transport>,
        fetch: Arc<dyn Transport>,
        client: OAuthClient,
        masker: Masker,
    ) -> Self {
        masker.add(&client.client_secret);
        client.access_token.iter().for_each(|token| masker.add(token));
        if let OAuthGrant::Refresh(Some(token)) = &client.grant {
            masker.add(token);
        }
        let authority = host(&client.token_url).to_owned();
        Self { inner, fetch, grant: Arc::new(Mutex::new(Grant::new(client))), authority, masker }
    }

    async fn token(&self, refused: Option<&str>) -> Result<String, TransportError> {
        let mut grant = self.grant.lock().await;
        let known = grant.issued().len();
        let token = grant.token(&*self.fetch, refused).await;
        grant.issued()[known..].iter().for_each(|token| self.masker.add(token));
        token.map_err(|TokenError(reason)| TransportError::NoToken {
            authority: self.authority.clone(),
            reason,
        })
    }
}

impl Transport for OAuth {
    fn send<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Response, TransportError>> {
        Box::pin(async move {
            let wants = |(name, value): &(String, String)| {
                name.eq_ignore_ascii_case("authorization") && value.contains(ACCESS_TOKEN)
            };
            if !request.headers.iter().any(wants) {
                return self.inner.send(request).await;
            }
            let with = |token: &str| {
                let mut request = request.clone();
                for field in request.headers.iter_mut().filter(|field| wants(field)) {
                    field.1 = field.1.replace(ACCESS_TOKEN, token);
                }
                request
            };
            let used = self.token(None).await?;
            let response = self.inner.send(&with(&used)).await?;
            if response.status != 401 {
                return Ok(response);
            }
            let fresh = self.token(Some(&used)).await?;
            self.inner.send(&with(&fresh)).await
        })
    }

    fn as_sent(&self, request: Request) -> Request {
        self.inner.as_sent(request)
    }
}
