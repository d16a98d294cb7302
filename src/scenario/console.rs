//! Talks to a target's console API: what an administrator of the service does by hand, and the one
//! document that shows the whole state.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::{Value, json};

use crate::exchange::{Request, Response, Transport, host};
use crate::target::Console;

/// The console of one target.
#[derive(Clone)]
pub(super) struct ConsoleClient {
    console: Console,
    transport: Arc<dyn Transport>,
}

/// What a new provider, or a rotation, shows once.
#[derive(Debug, Clone)]
pub(super) struct ProviderSecret {
    pub(super) provider_id: String,
    pub(super) base_url: String,
    pub(super) username: String,
    pub(super) password: Option<String>,
    pub(super) token: Option<String>,
}

/// An answer of the console that is no success.
#[derive(Debug, thiserror::Error)]
pub(super) enum ConsoleError {
    #[error("the console could not be reached: {0}")]
    Transport(#[from] crate::exchange::TransportError),
    #[error("the console refused {method} {path} with {status}: {message}")]
    Refused { method: &'static str, path: String, status: u16, code: String, message: String },
    #[error("the console's answer to {method} {path} has no `{field}`")]
    Incomplete { method: &'static str, path: String, field: &'static str },
}

impl ConsoleClient {
    pub(super) fn new(console: Console, transport: Arc<dyn Transport>) -> Self {
        Self { console, transport }
    }

    async fn send(
        &self,
        method: &'static str,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Response, ConsoleError> {
        let mut headers = vec![("Accept".to_owned(), "application/json".to_owned())];
        if let Some(value) = self.console.auth.header_value() {
            headers.push(("Authorization".into(), value));
        }
        let url = format!("{}{path}", self.console.base_url);
        headers.push(("Host".into(), host(&url).to_owned()));
        let body = body.map(|body| Bytes::from(body.to_string()));
        if let Some(body) = &body {
            headers.push(("Content-Type".into(), "application/json".into()));
            headers.push(("Content-Length".into(), body.len().to_string()));
        }
        let response = self.transport.send(&Request { method: method.into(), url, headers, body }).await?;
        if response.is_success() {
            return Ok(response);
        }
        let answer = response.json().unwrap_or(Value::Null);
        let code = answer.pointer("/error/code").and_then(Value::as_str).unwrap_or_default().to_owned();
        let message = answer
            .pointer("/error/message")
            .and_then(Value::as_str)
            .map_or_else(|| String::from_utf8_lossy(&response.body).into_owned(), str::to_owned);
        Err(ConsoleError::Refused { method, path: path.into(), status: response.status, code, message })
    }

    /// One call, and its answer as JSON; null when there is none.
    pub(super) async fn call(
        &self,
        method: &'static str,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Value, ConsoleError> {
        Ok(self.send(method, path, body).await?.json().unwrap_or(Value::Null))
    }

    /// The answer as text.
    pub(super) async fn text(&self, path: &str) -> Result<String, ConsoleError> {
        Ok(String::from_utf8_lossy(&self.send("GET", path, None).await?.body).into_owned())
    }

    /// The whole state, as one document.
    pub(super) async fn state(&self) -> Result<Value, ConsoleError> {
        self.call("GET", "/state", None).await
    }

    pub(super) async fn add_provider(&self, name: &str, token: bool) -> Result<ProviderSecret, ConsoleError> {
        let credential = if token { "OAUTH_TOKEN" } else { "API_CREDENTIALS" };
        let body = json!({ "displayName": name, "credentialType": credential });
        let answer = self.call("POST", "/provisioning/providers", Some(&body)).await?;
        secret(&answer, "/provisioning/providers")
    }

    pub(super) async fn provider_details(&self, provider_id: &str) -> Result<Value, ConsoleError> {
        self.call("GET", &format!("/provisioning/providers/{provider_id}"), None).await
    }

    pub(super) async fn rotate(&self, provider_id: &str) -> Result<ProviderSecret, ConsoleError> {
        let path = format!("/provisioning/providers/{provider_id}/credentials/rotate");
        let answer = self.call("POST", &path, Some(&json!({}))).await?;
        secret(&answer, &path)
    }

    /// Tells the service's access model what the identity provider would say at sign-in.
    pub(super) async fn set_idp_state(&self, username: &str, state: &str) -> Result<(), ConsoleError> {
        let path = format!("/idp-state/{}", crate::exchange::percent_encode(username));
        self.call("PUT", &path, Some(&json!({ "state": state }))).await.map(drop)
    }

    pub(super) async fn advance(&self, seconds: i64) -> Result<(), ConsoleError> {
        self.call("POST", "/clock", Some(&json!({ "advanceSeconds": seconds }))).await.map(drop)
    }
}

fn secret(answer: &Value, path: &str) -> Result<ProviderSecret, ConsoleError> {
    let text = |field: &'static str| answer.get(field).and_then(Value::as_str).map(str::to_owned);
    let required = |field: &'static str| {
        text(field).ok_or_else(|| ConsoleError::Incomplete { method: "POST", path: path.into(), field })
    };
    Ok(ProviderSecret {
        provider_id: required("providerId")?,
        base_url: required("baseUrl")?,
        username: text("username").unwrap_or_default(),
        password: text("password"),
        token: text("token"),
    })
}
