//! How this program fetches for itself, as an ordinary HTTP client: access tokens, and administration APIs that
//! `observe` reads. What is sent there is nobody's to judge, so a library decides how.

use std::time::Duration;

use super::connect::{TcpOptions, TcpSetupError};
use super::limits::{Intake, Limits, innermost};
use super::transport::{BoxFuture, Transport};
use super::url::host;
use super::{Request, Response, TransportError};

/// An ordinary HTTP client. Follows no redirect, since what a request carries is for its own origin alone.
#[derive(Clone)]
pub struct Fetch {
    client: reqwest::Client,
    max_time: Duration,
    intake: Intake,
}

impl Fetch {
    /// A client with these options. The TLS provider must have been installed by the caller.
    ///
    /// # Errors
    /// When an option cannot be used; see [`TcpSetupError`].
    pub fn new(options: &TcpOptions) -> Result<Self, TcpSetupError> {
        let mut builder = reqwest::Client::builder()
            .pool_max_idle_per_host(Limits::IDLE)
            .pool_idle_timeout(Limits::KEPT)
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(options.connect_timeout)
            .tls_danger_accept_invalid_certs(options.insecure);
        builder = match &options.proxy {
            Some(url) => {
                builder.proxy(reqwest::Proxy::all(url).map_err(|_| TcpSetupError::Proxy(url.clone()))?)
            }
            None => builder.no_proxy(),
        };
        if let Some(pem) = &options.cacert_pem {
            let certificates = reqwest::Certificate::from_pem_bundle(pem)
                .map_err(|error| TcpSetupError::CaCert(innermost(&error)))?;
            builder = builder.tls_certs_merge(certificates);
        }
        let client = builder.build().map_err(|error| TcpSetupError::Client(innermost(&error)))?;
        Ok(Self { client, max_time: options.max_time, intake: Intake::new(options.limits) })
    }

    fn failed(&self, request: &Request, error: &reqwest::Error) -> TransportError {
        let (authority, reason) = (host(&request.url).to_owned(), innermost(error));
        if error.is_connect() {
            TransportError::Connect { authority, reason }
        } else if error.is_builder() {
            TransportError::BadRequest { reason }
        } else {
            TransportError::Broken { authority, reason }
        }
    }

    async fn answer(&self, request: &Request) -> Result<Response, TransportError> {
        let bad = |reason: String| TransportError::BadRequest { reason };
        let method =
            reqwest::Method::from_bytes(request.method.as_bytes()).map_err(|error| bad(error.to_string()))?;
        let mut builder = self.client.request(method, &request.url);
        // The client frames a request as it sends it.
        let framing = ["host", "content-length", "connection"];
        for (name, value) in &request.headers {
            if !framing.iter().any(|known| name.eq_ignore_ascii_case(known)) {
                builder = builder.header(name, value);
            }
        }
        if let Some(body) = &request.body {
            builder = builder.body(body.clone());
        }
        let answer = builder.send().await.map_err(|error| self.failed(request, &error))?;
        let status = answer.status();
        let headers: Vec<(String, String)> = answer
            .headers()
            .iter()
            .map(|(name, value)| {
                (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
            })
            .collect();
        let coding = super::header(&headers, "content-encoding");
        let body = http::Response::<reqwest::Body>::from(answer).into_body();
        let body = self
            .intake
            .body(body, coding)
            .await
            .map_err(|untaken| untaken.at(host(&request.url).to_owned()))?;
        let reason = status.canonical_reason().unwrap_or_default().to_owned();
        Ok(Response { status: status.as_u16(), reason, headers, body })
    }
}

impl Transport for Fetch {
    fn send<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Response, TransportError>> {
        Box::pin(async move {
            tokio::time::timeout(self.max_time, self.answer(request)).await.unwrap_or_else(|_| {
                let authority = host(&request.url).to_owned();
                Err(TransportError::Timeout { authority, seconds: self.max_time.as_secs() })
            })
        })
    }
}
