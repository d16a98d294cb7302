//! How a [`Request`] becomes a [`Response`]: what is the same for all ways, and the way straight into a router
//! in this process.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;

use axum::body::Body;
use bytes::Bytes;
use futures_util::FutureExt as _;
use http::{Method, StatusCode};
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;

use super::wire;
use super::{Request, Response, TransportError, named};

/// A boxed future, as object-safe traits need it.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Sends one request and waits for the whole response. Follows no redirect, undoes gzip and deflate.
pub trait Transport: Send + Sync {
    /// Sends `request`.
    fn send<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Response, TransportError>>;
}

impl<T: Transport + ?Sized> Transport for Arc<T> {
    fn send<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Response, TransportError>> {
        (**self).send(request)
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

/// Straight into a router: no socket, no real time, and otherwise what a client behind a socket would see. The
/// `Host` header and the URL's authority are kept.
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

    async fn answer(&self, request: &Request) -> Result<Response, TransportError> {
        let bad = |reason: String| TransportError::BadRequest { reason };
        let broken = |reason: String| TransportError::Broken { authority: named(&request.url), reason };
        let mut built = http::Request::builder()
            .method(request.method.as_str())
            .uri(request.target())
            .body(Body::from(request.body.clone().unwrap_or_default()))
            .map_err(|error| bad(error.to_string()))?;
        for (name, value) in wire::fields(&request.headers).map_err(bad)? {
            let name: http::HeaderName =
                name.parse().map_err(|_| bad(format!("`{name}` is not a header name")))?;
            built.headers_mut().append(name, value);
        }
        let response = match self.router.clone().oneshot(built).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
        let (parts, body) = response.into_parts();
        // A server sends no body where none belongs (RFC 9112 §6.3), whatever its handler says.
        let bare = request.method == Method::HEAD.as_str()
            || parts.status.is_informational()
            || [StatusCode::NO_CONTENT, StatusCode::NOT_MODIFIED].contains(&parts.status);
        let raw = if bare {
            Bytes::new()
        } else {
            body.collect().await.map_err(|error| broken(error.to_string()))?.to_bytes()
        };
        let headers = wire::texts(parts.headers.iter().map(|(name, value)| (name.as_str(), value)));
        let body = decode_content(raw, super::header(&headers, "content-encoding")).map_err(broken)?;
        let reason = parts.status.canonical_reason().unwrap_or_default().to_owned();
        Ok(Response { status: parts.status.as_u16(), reason, headers, body })
    }
}

impl Transport for InProcess {
    fn send<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Response, TransportError>> {
        Box::pin(async move {
            // Behind a socket a handler that panics ends its connection and nothing else.
            AssertUnwindSafe(self.answer(request)).catch_unwind().await.unwrap_or_else(|panic| {
                let said = panic.downcast_ref::<String>().map(String::as_str);
                let said = said.or_else(|| panic.downcast_ref::<&str>().copied());
                let reason = format!("its handler panicked: {}", said.unwrap_or("it did not say why"));
                Err(TransportError::Broken { authority: named(&request.url), reason })
            })
        })
    }
}
