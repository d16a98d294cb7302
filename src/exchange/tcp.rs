//! The transport over TCP: HTTP/1.1 with the very bytes that a request lists, or HTTP/2 with a server that
//! chooses it. Connections are used again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use axum::BoxError;
use axum::body::Body;
use bytes::Bytes;
use http::{HeaderValue, Version, header};
use hyper::body::Incoming;
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};

use super::connect::{Connector, TcpOptions, TcpSetupError};
use super::limits::{Intake, Limits, Size, Untaken, innermost, shortened};
use super::wire::{self, Fields, Head, Teller, Wire};
use super::{BoxFuture, Origin, Request, Response, Transport, TransportError, host, named};

/// HTTP/1.1 (or HTTP/2 over TLS) over TCP. Clones share their connections.
#[derive(Clone)]
pub struct Tcp {
    connector: Connector,
    max_time: Duration,
    intake: Intake,
    idle: Arc<Mutex<Idle>>,
}

/// Connections on which nothing is under way.
#[derive(Default)]
struct Idle {
    lines: HashMap<Origin, Vec<Kept>>,
    /// Whether old ones are being looked for.
    swept: bool,
}

struct Kept {
    line: Line,
    /// It was there when old ones were looked for last.
    old: bool,
}

/// A connection.
enum Line {
    Http1(http1::SendRequest<Body>, Teller),
    Http2(http2::SendRequest<Body>),
}

/// A request whose body may still be on its way.
pub(crate) struct Outgoing {
    pub(crate) method: String,
    pub(crate) url: String,
    pub(crate) fields: Fields,
    pub(crate) body: Body,
}

/// Fields that HTTP/2 has no place for (RFC 9113 §8.2.2, §8.3.1).
const OF_HTTP1: [&str; 6] =
    ["connection", "host", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"];

impl Tcp {
    /// A client with these options.
    ///
    /// # Errors
    /// When an option cannot be used; see [`TcpSetupError`].
    pub fn new(options: &TcpOptions) -> Result<Self, TcpSetupError> {
        let connector = Connector::new(options)?;
        let intake = Intake::new(options.limits);
        Ok(Self { connector, max_time: options.max_time, intake, idle: Arc::default() })
    }

    fn idle(&self) -> MutexGuard<'_, Idle> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The connection that was used last, if there is one that the server has not closed.
    fn again(&self, origin: &Origin) -> Option<Line> {
        let mut idle = self.idle();
        let lines = idle.lines.get_mut(origin)?;
        while let Some(kept) = lines.pop() {
            match kept.line {
                Line::Http1(sender, teller) if sender.is_ready() => return Some(Line::Http1(sender, teller)),
                Line::Http2(sender) if sender.is_ready() => {
                    lines.push(Kept { line: Line::Http2(sender.clone()), old: false });
                    return Some(Line::Http2(sender));
                }
                Line::Http1(..) | Line::Http2(_) => {}
            }
        }
        None
    }

    fn keep(&self, origin: Origin, line: Line) {
        let mut idle = self.idle();
        let lines = idle.lines.entry(origin).or_default();
        // The oldest is closed in favour of the latest.
        if lines.len() == Limits::IDLE {
            lines.remove(0);
        }
        lines.push(Kept { line, old: false });
        if !std::mem::replace(&mut idle.swept, true) {
            tokio::spawn(sweep(Arc::downgrade(&self.idle)));
        }
    }

    async fn line(&self, origin: &Origin, uri: http::Uri) -> Result<Line, BoxError> {
        let (stream, http2) = self.connector.connect(uri).await?;
        // What goes wrong on a connection is told by its exchanges.
        if http2 {
            let (sender, connection) = http2::handshake(TokioExecutor::new(), stream).await?;
            tokio::spawn(async { drop(connection.await) });
            self.keep(origin.clone(), Line::Http2(sender.clone()));
            return Ok(Line::Http2(sender));
        }
        let (stream, teller) = Wire::new(TokioIo::new(stream));
        // A proxy that passes an answer on has use for how names are spelt.
        let mut builder = http1::Builder::new();
        builder.preserve_header_case(true).max_headers(Limits::FIELDS).max_buf_size(Limits::HEAD);
        let (sender, connection) = builder.handshake(TokioIo::new(stream)).await?;
        tokio::spawn(async { drop(connection.await) });
        Ok(Line::Http1(sender, teller))
    }

    /// Sends a request; the answer is there once its head is. What stands in [`Head`] is among its extensions
    /// if it came by HTTP/1.1.
    pub(crate) async fn open(&self, request: Outgoing) -> Result<http::Response<Incoming>, TransportError> {
        let origin = origin(&request.url)?;
        let (answer, line) = self.exchange(&origin, request, None).await?;
        if let Some(Line::Http1(mut sender, teller)) = line {
            let this = self.clone();
            tokio::spawn(async move {
                if sender.ready().await.is_ok() && teller.is_done() {
                    this.keep(origin, Line::Http1(sender, teller));
                }
            });
        }
        Ok(answer)
    }

    /// With `whole`, that body follows the head as it is, whatever the head says of it.
    async fn exchange(
        &self,
        origin: &Origin,
        mut request: Outgoing,
        whole: Option<Bytes>,
    ) -> Result<(http::Response<Incoming>, Option<Line>), TransportError> {
        let bad = |reason: String| TransportError::BadRequest { reason };
        let authority = origin.authority();
        let uri = origin.uri().map_err(|error| bad(format!("`{}`: {error}", request.url)))?;
        let connect = |error: BoxError| TransportError::Connect {
            authority: authority.clone(),
            reason: innermost(&*error),
        };
        let broken = |error: hyper::Error| {
            let untaken = if error.is_parse_too_large() {
                let (most, fields) = (Size(Limits::HEAD), Limits::FIELDS);
                Untaken::TooLarge(format!("its head is larger than {most} or has more than {fields} fields"))
            } else {
                Untaken::Broken(innermost(&error))
            };
            untaken.at(authority.clone())
        };
        let bytes = self.bytes(&uri, &request, whole.as_ref()).map_err(bad)?;
        let framed = whole.as_ref().is_none_or(|body| is_framed(&request.fields, body));
        let mut again = self.again(origin);
        loop {
            let (line, used) = match again.take() {
                Some(line) => (line, true),
                None => (self.line(origin, uri.clone()).await.map_err(connect)?, false),
            };
            let (mut sender, teller) = match line {
                Line::Http1(sender, teller) => (sender, teller),
                Line::Http2(mut sender) => {
                    let message = http2_request(request, whole).map_err(bad)?;
                    return Ok((sender.send_request(message).await.map_err(broken)?, None));
                }
            };
            teller.begin(bytes.clone());
            let body = std::mem::take(&mut request.body);
            match sender.try_send_request(http1_request(&request, body, framed).map_err(bad)?).await {
                Ok(mut answer) => {
                    if let Some(head) = teller.answer() {
                        answer.extensions_mut().insert(head);
                    }
                    return Ok((answer, Some(Line::Http1(sender, teller))));
                }
                Err(mut error) => match error.take_message() {
                    // The server closed the connection before anything went out, so nothing is asked twice.
                    Some(unsent) if used => request.body = unsent.into_body(),
                    _ => return Err(broken(error.into_error())),
                },
            }
        }
    }

    /// What goes out: the head, and the body if it is there already.
    fn bytes(&self, uri: &http::Uri, request: &Outgoing, whole: Option<&Bytes>) -> Result<Bytes, String> {
        let mut fields = request.fields.clone();
        let target = if self.connector.forwards(uri) {
            if let Some(credential) = self.connector.credential() {
                fields.push(("Proxy-Authorization".to_owned(), credential.clone()));
            }
            absolute(&request.url)
        } else {
            super::target(&request.url).to_owned()
        };
        let mut bytes = wire::head(&request.method, &target, &fields)?;
        bytes.extend_from_slice(whole.map(Bytes::as_ref).unwrap_or_default());
        Ok(bytes.freeze())
    }

    async fn answer(&self, request: &Request) -> Result<Response, TransportError> {
        let origin = origin(&request.url)?;
        let outgoing = Outgoing {
            method: request.method.clone(),
            url: request.url.clone(),
            fields: wire::fields(&request.headers).map_err(|reason| TransportError::BadRequest { reason })?,
            body: Body::empty(),
        };
        let (answer, line) =
            self.exchange(&origin, outgoing, Some(request.body.clone().unwrap_or_default())).await?;
        let (mut parts, body) = answer.into_parts();
        let (reason, headers) = head(&mut parts);
        // What is not read to its end ends with its connection.
        let coding = super::header(&headers, "content-encoding");
        let taken = self.intake.body(body, coding).await;
        let body = taken.map_err(|untaken| untaken.at(origin.authority()))?;
        if let Some(Line::Http1(mut sender, teller)) = line
            && sender.ready().await.is_ok()
            && teller.is_done()
        {
            self.keep(origin.clone(), Line::Http1(sender, teller));
        }
        let reason = shortened(&reason, Limits::PHRASE).into_owned();
        Ok(Response { status: parts.status.as_u16(), reason, headers, body })
    }
}

/// Closes connections that nothing was sent on for a while, as long as there are any.
async fn sweep(idle: Weak<Mutex<Idle>>) {
    loop {
        tokio::time::sleep(Limits::KEPT).await;
        let Some(idle) = idle.upgrade() else { return };
        let mut idle = idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.lines.retain(|_, lines| {
            lines.retain_mut(|kept| !std::mem::replace(&mut kept.old, true));
            !lines.is_empty()
        });
        if idle.lines.is_empty() {
            idle.swept = false;
            return;
        }
    }
}

impl Transport for Tcp {
    fn send<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Response, TransportError>> {
        Box::pin(async move {
            match tokio::time::timeout(self.max_time, self.answer(request)).await {
                Ok(outcome) => outcome,
                Err(_) => Err(TransportError::Timeout {
                    authority: named(&request.url),
                    seconds: self.max_time.as_secs(),
                }),
            }
        })
    }
}

/// Reason phrase and header fields of an answer, as they were written if that was seen.
pub(crate) fn head(parts: &mut http::response::Parts) -> (String, Vec<(String, String)>) {
    match parts.extensions.remove::<Head>() {
        Some(head) => {
            (head.reason, wire::texts(head.fields.iter().map(|(name, value)| (name.as_str(), value))))
        }
        None => (
            parts.status.canonical_reason().unwrap_or_default().to_owned(),
            wire::texts(parts.headers.iter().map(|(name, value)| (name.as_str(), value))),
        ),
    }
}

fn origin(url: &str) -> Result<Origin, TransportError> {
    Origin::of(url).map_err(|reason| TransportError::BadRequest { reason })
}

/// Whether the server can tell where the body ends, and so where the next request begins.
fn is_framed(fields: &Fields, body: &Bytes) -> bool {
    let mut lengths = fields.iter().filter(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    match (lengths.next(), lengths.next()) {
        (None, _) => body.is_empty(),
        (Some((_, length)), None) => length.as_bytes() == body.len().to_string().as_bytes(),
        (Some(_), Some(_)) => false,
    }
}

/// What hyper has to know of a request: of its head is written what [`Wire`] was told.
fn http1_request(request: &Outgoing, body: Body, framed: bool) -> Result<http::Request<Body>, String> {
    let Outgoing { method, fields, .. } = request;
    let mut message = http::Request::new(body);
    *message.method_mut() = method.parse().map_err(|_| format!("`{method}` is not a method"))?;
    let known = [header::CONNECTION, header::CONTENT_LENGTH, header::TRANSFER_ENCODING];
    for (name, value) in fields {
        if let Some(name) = known.iter().find(|known| name.eq_ignore_ascii_case(known.as_str())) {
            message.headers_mut().append(name, value.clone());
        }
    }
    if !framed {
        message.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    Ok(message)
}

fn http2_request(request: Outgoing, whole: Option<Bytes>) -> Result<http::Request<Body>, String> {
    let Outgoing { method, url, fields, body } = request;
    let body = whole.map_or(body, Body::from);
    let mut message = http::Request::new(body);
    *message.version_mut() = Version::HTTP_2;
    *message.method_mut() = method.parse().map_err(|_| format!("`{method}` is not a method"))?;
    *message.uri_mut() = absolute(&url).parse().map_err(|error| format!("`{url}`: {error}"))?;
    for (name, value) in fields {
        let name = name.to_ascii_lowercase();
        if !OF_HTTP1.contains(&name.as_str()) {
            let name: http::HeaderName =
                name.parse().map_err(|_| format!("`{name}` is not a header name"))?;
            message.headers_mut().append(name, value);
        }
    }
    Ok(message)
}

/// A URL as a request line holds it.
fn absolute(url: &str) -> String {
    let scheme = url.split("://").next().unwrap_or_default();
    format!("{scheme}://{}{}", host(url), super::target(url))
}
