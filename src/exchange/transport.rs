//! How a [`Request`] becomes a [`Response`]: over TCP, or straight into a router in this process.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;

use super::{Request, Response, TransportError};

/// A boxed future, as object-safe traits need it.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Sends one request and waits for the whole response. Follows no redirect, decodes no body.
pub trait Transport: Send + Sync {
    /// Sends `request`.
    fn send<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Response, TransportError>>;
}

impl<T: Transport + ?Sized> Transport for Arc<T> {
    fn send<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Response, TransportError>> {
        (**self).send(request)
    }
}

/// Options of [`Tcp`], all with curl's names and meanings.
#[derive(Debug, Clone)]
pub struct TcpOptions {
    /// Do not verify the server's certificate.
    pub insecure: bool,
    /// Further root certificates, PEM.
    pub cacert_pem: Option<Vec<u8>>,
    /// Limit for making the connection.
    pub connect_timeout: Duration,
    /// Limit for the whole exchange. Okta waits 60 s (okta-client §2.1).
    pub max_time: Duration,
    /// Proxy URL for all requests; without it no proxy is used, whatever the environment says.
    pub proxy: Option<String>,
}

impl Default for TcpOptions {
    fn default() -> Self {
        Self {
            insecure: false,
            cacert_pem: None,
            connect_timeout: Duration::from_secs(10),
            max_time: Duration::from_secs(60),
            proxy: None,
        }
    }
}

/// The options do not make a client. The message completes "could not set up the connection: …".
#[derive(Debug, thiserror::Error)]
pub enum TcpSetupError {
    /// The PEM file holds no certificate that can be read.
    #[error("the CA certificate is not valid PEM: {0}")]
    CaCert(String),
    /// The proxy URL cannot be used.
    #[error("the proxy `{0}` is not a usable URL; write it like http://host:3128")]
    Proxy(String),
    /// Anything else the HTTP library refuses.
    #[error("{0}")]
    Client(String),
}

/// HTTP/1.1 (or HTTP/2 over TLS) over TCP.
#[derive(Debug, Clone)]
pub struct Tcp {
    client: reqwest::Client,
    max_time: Duration,
}

impl Tcp {
    /// A client with these options. The TLS provider must have been installed by the caller.
    ///
    /// # Errors
    /// When an option cannot be used; see [`TcpSetupError`].
    pub fn new(options: &TcpOptions) -> Result<Self, TcpSetupError> {
        let client = built(options.builder()?.http1_only().timeout(options.max_time))?;
        Ok(Self { client, max_time: options.max_time })
    }
}

impl TcpOptions {
    fn builder(&self) -> Result<reqwest::ClientBuilder, TcpSetupError> {
        let mut builder = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(self.connect_timeout)
            .http1_title_case_headers()
            .tcp_nodelay(true);
        builder = match &self.proxy {
            Some(url) => {
                builder.proxy(reqwest::Proxy::all(url).map_err(|_| TcpSetupError::Proxy(url.clone()))?)
            }
            None => builder.no_proxy(),
        };
        if self.insecure {
            builder = builder.tls_danger_accept_invalid_certs(true);
        }
        if let Some(pem) = &self.cacert_pem {
            let certificates = reqwest::Certificate::from_pem_bundle(pem)
                .map_err(|error| TcpSetupError::CaCert(error_chain(&error)))?;
            if certificates.is_empty() {
                return Err(TcpSetupError::CaCert("it holds no certificate".into()));
            }
            builder = builder.tls_certs_merge(certificates);
        }
        Ok(builder)
    }
}

fn built(builder: reqwest::ClientBuilder) -> Result<reqwest::Client, TcpSetupError> {
    builder.build().map_err(|error| TcpSetupError::Client(error_chain(&error)))
}

impl Transport for Tcp {
    fn send<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Response, TransportError>> {
        Box::pin(async move {
            let url = reqwest::Url::parse(&request.url).map_err(|error| TransportError::BadRequest {
                reason: format!("`{}`: {error}", request.url),
            })?;
            let authority = authority(&url);
            let method = reqwest::Method::from_bytes(request.method.as_bytes())
                .map_err(|error| TransportError::BadRequest { reason: error.to_string() })?;
            let mut builder = self.client.request(method, url).headers(header_map(&request.headers)?);
            if let Some(body) = &request.body {
                builder = builder.body(body.clone());
            }
            let classify = |error: reqwest::Error| {
                let reason = error_chain(&error);
                let authority = authority.clone();
                if error.is_timeout() && !error.is_connect() {
                    TransportError::Timeout { authority, seconds: self.max_time.as_secs() }
                } else if error.is_connect() {
                    TransportError::Connect { authority, reason }
                } else if error.is_builder() {
                    TransportError::BadRequest { reason }
                } else {
                    TransportError::Broken { authority, reason }
                }
            };
            let response = builder.send().await.map_err(classify)?;
            let status = response.status();
            let reason = response
                .extensions()
                .get::<hyper::ext::ReasonPhrase>()
                .and_then(|phrase| std::str::from_utf8(phrase.as_bytes()).ok())
                .map_or_else(|| status.canonical_reason().unwrap_or_default().to_owned(), str::to_owned);
            let headers = header_list(response.headers());
            let raw = response.bytes().await.map_err(classify)?;
            let body = decode_content(raw, super::header(&headers, "content-encoding"))
                .map_err(|reason| TransportError::Broken { authority: authority.clone(), reason })?;
            Ok(Response { status: status.as_u16(), reason, headers, body })
        })
    }
}

/// Undoes the content codings that Okta asks for (`Accept-Encoding: gzip,deflate`); others stay as they are.
///
/// # Errors
/// When the body is none of that coding.
pub fn decode_content(body: Bytes, coding: Option<&str>) -> Result<Bytes, String> {
    use std::io::Read as _;
    let coding = coding.unwrap_or("identity").trim().to_ascii_lowercase();
    if body.is_empty() {
        return Ok(body);
    }
    let mut plain = Vec::new();
    let read = match coding.as_str() {
        "gzip" | "x-gzip" => flate2::read::MultiGzDecoder::new(&body[..]).read_to_end(&mut plain),
        // RFC 9110 §8.4.1.2 means the zlib format; some servers send bare deflate data.
        "deflate" => match flate2::read::ZlibDecoder::new(&body[..]).read_to_end(&mut plain) {
            Err(_) => {
                plain.clear();
                flate2::read::DeflateDecoder::new(&body[..]).read_to_end(&mut plain)
            }
            ok => ok,
        },
        _ => return Ok(body),
    };
    read.map_err(|error| format!("the body is not valid {coding}: {error}"))?;
    Ok(Bytes::from(plain))
}

/// Straight into a router: no socket, no real time. The `Host` header and the URL's authority are kept.
#[derive(Clone)]
pub struct InProcess {
    router: axum::Router,
}

impl InProcess {
    /// A transport into `router`.
    #[must_use]
    pub fn new(router: axum::Router) -> Self {
        Self { router }
    }
}

impl Transport for InProcess {
    fn send<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Response, TransportError>> {
        Box::pin(async move {
            let bad = |reason: String| TransportError::BadRequest { reason };
            let mut built = http::Request::builder()
                .method(request.method.as_str())
                .uri(request.target())
                .body(axum::body::Body::from(request.body.clone().unwrap_or_default()))
                .map_err(|error| bad(error.to_string()))?;
            *built.headers_mut() = header_map(&request.headers)?;
            let response = match self.router.clone().oneshot(built).await {
                Ok(response) => response,
                Err(never) => match never {},
            };
            let (parts, body) = response.into_parts();
            let body: Bytes = body
                .collect()
                .await
                .map_err(|error| TransportError::Broken {
                    authority: "the reference".into(),
                    reason: error.to_string(),
                })?
                .to_bytes();
            Ok(Response {
                status: parts.status.as_u16(),
                reason: parts.status.canonical_reason().unwrap_or_default().to_owned(),
                headers: header_list(&parts.headers),
                body,
            })
        })
    }
}

fn header_map(headers: &[(String, String)]) -> Result<http::HeaderMap, TransportError> {
    let mut map = http::HeaderMap::with_capacity(headers.len());
    for (name, value) in headers {
        let parsed_name = http::HeaderName::from_bytes(name.as_bytes())
            .map_err(|_| TransportError::BadRequest { reason: format!("`{name}` is not a header name") })?;
        let parsed_value =
            http::HeaderValue::from_bytes(value.as_bytes()).map_err(|_| TransportError::BadRequest {
                reason: format!("the value of header `{name}` holds a character that HTTP forbids"),
            })?;
        map.append(parsed_name, parsed_value);
    }
    Ok(map)
}

fn header_list(map: &http::HeaderMap) -> Vec<(String, String)> {
    map.iter()
        .map(|(name, value)| {
            (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        })
        .collect()
}

fn authority(url: &reqwest::Url) -> String {
    let host = url.host_str().unwrap_or("?");
    match url.port_or_known_default() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

/// The innermost cause is what helps: "connection refused" rather than "error sending request".
fn error_chain(error: &dyn std::error::Error) -> String {
    let mut innermost: &dyn std::error::Error = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}
