//! How a [`Request`] becomes a [`Response`]: what is the same for all ways, and the way straight into a router
//! in this process.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;

use axum::body::Body;
use bytes::Bytes;
use futures_util::FutureExt as _;
use tower::ServiceExt as _;

use super::limits::Intake;
use super::wire;
use super::{Request, Response, TransportError, named};

/// A boxed future, as object-safe traits need it.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Sends one request and waits for the whole response. Follows no redirect, undoes gzip and deflate.
pub trait Transport: Send + Sync {
    /// Sends `request`.
    fn send<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Response, TransportError>>;

    /// The request as it goes out when it is sent: less than was asked for where something is held back. Whoever
    /// writes down what was sent asks this first.
    fn as_sent(&self, request: Request) -> Request {
        request
    }
}

impl<T: Transport + ?Sized> Transport for Arc<T> {
    fn send<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Response, TransportError>> {
        (**self).send(request)
    }

    fn as_sent(&self, request: Request) -> Request {
        (**self).as_sent(request)
    }
}

/// Straight into a router: no socket, no real time, and otherwise what a client behind a socket would see. The
/// `Host` header and the URL's authority are kept.
#[derive(Clone)]
pub struct InProcess {
    router: axum::Router,
    intake: Intake,
}

impl InProcess {
    /// A transport into `router`.
    #[must_use]
    pub fn new(router: axum::Router) -> Self {
        Self { router, intake: Intake::default() }
    }

    async fn answer(&self, request: &Request) -> Result<Response, TransportError> {
        let bad = |reason: String| TransportError::BadRequest { reason };
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
        // An answer to HEAD has no body (RFC 9110 §9.3.2): a server leaves out what its handler gives.
        let headers = wire::texts(parts.headers.iter().map(|(name, value)| (name.as_str(), value)));
        let body = if request.method == "HEAD" {
            Bytes::new()
        } else {
            let coding = super::header(&headers, "content-encoding");
            self.intake.body(body, coding).await.map_err(|untaken| untaken.at(named(&request.url)))?
        };
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

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::routing::get;

    use super::*;

    const GZIPPED: [u8; 22] =
        [31, 139, 8, 0, 0, 0, 0, 0, 0, 3, 171, 174, 5, 0, 67, 191, 166, 163, 2, 0, 0, 0];

    async fn asked(method: &str, path: &str) -> Result<Response, TransportError> {
        let router = Router::new()
            .route("/gzip", get(|| async { ([("content-encoding", "gzip")], GZIPPED.to_vec()) }))
            .route("/wrong", get(|| async { ([("content-encoding", "gzip")], "{}") }))
            .route("/panic", get(|| async { panic!("the store is {}", "gone") as &str }))
            .fallback(|| async { "here" });
        let url = format!("http://scim.example.com{path}");
        let request = Request { method: method.into(), url, headers: Vec::new(), body: None };
        InProcess::new(router).send(&request).await
    }

    #[tokio::test]
    async fn a_coding_is_undone_as_behind_a_socket() {
        assert_eq!(asked("GET", "/gzip").await.unwrap().body, "{}");
        let wrong = asked("GET", "/wrong").await.unwrap_err();
        assert!(wrong.to_string().contains("scim.example.com:80 broke off"), "{wrong}");
        assert!(wrong.to_string().contains("not valid gzip"), "{wrong}");
    }

    #[tokio::test]
    async fn a_handler_that_panics_gives_no_answer_and_the_next_one_does() {
        let authority = "scim.example.com:80".to_owned();
        let reason = "its handler panicked: the store is gone".to_owned();
        assert_eq!(asked("GET", "/panic").await, Err(TransportError::Broken { authority, reason }));
        assert_eq!(asked("GET", "/").await.unwrap().body, "here");
    }

    #[tokio::test]
    async fn an_answer_to_head_has_no_body() {
        assert_eq!(asked("HEAD", "/").await.unwrap().body, "");
    }
}
