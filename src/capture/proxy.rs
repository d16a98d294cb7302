//! A reverse proxy that keeps what goes through it. Bodies stream; what is kept of them has a limit. The
//! exchange is handed over once both directions have ended, however they ended.

use std::error::Error;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::BoxError;
use axum::body::{Body, HttpBody};
use axum::extract::Request as Incoming;
use axum::response::{IntoResponse as _, Response as Outgoing};
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Version, header};
use hyper::body::Frame;
use jiff::Timestamp;
use serde_json::json;

use super::scim::authority;
use super::upstream::Upstream;
use super::watched::Wire;
use super::{Captured, Versions};
use crate::exchange::{
    self, Exchange, Fields, Request, Response, TransportError, cut_note, decode_content, texts,
};

/// Fields that concern one connection alone (RFC 9110 §7.6.1).
const HOP_BY_HOP: [HeaderName; 8] = [
    header::CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
    header::TE,
    header::TRAILER,
    header::UPGRADE,
];

/// Where requests go, and what happens to what was seen.
#[derive(Clone)]
pub struct Proxy {
    /// The server behind.
    pub upstream: Upstream,
    /// Most bytes of a body that are kept.
    pub limit: usize,
    /// What time it is.
    pub now: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    /// Begins to measure, and says how long it has been since.
    pub stopwatch: Arc<dyn Fn() -> Elapsed + Send + Sync>,
    /// Takes each exchange as it ends.
    pub sink: Arc<dyn Fn(Captured) + Send + Sync>,
}

/// Time since something began.
pub type Elapsed = Arc<dyn Fn() -> Duration + Send + Sync>;

/// How far the answer came.
enum AnswerSoFar {
    None,
    /// Why there is none, for client and capture.
    Failed(TransportError),
    Begun {
        version: Version,
        status: u16,
        reason: String,
        headers: Vec<(String, String)>,
    },
}

/// One exchange on its way; handed over when nobody holds it any more.
struct Flight {
    proxy: Arc<Proxy>,
    started: Timestamp,
    elapsed: Elapsed,
    request: Request,
    version: Version,
    /// How long the body of the request is, if the client says so.
    announced: Option<u64>,
    seen: Mutex<Seen>,
}

struct Seen {
    request: Kept,
    answer: AnswerSoFar,
    response: Kept,
}

/// A body as far as it is kept.
#[derive(Default)]
struct Kept {
    bytes: BytesMut,
    length: usize,
    ended: bool,
    broken: Option<String>,
}

impl Kept {
    /// Whether all of it came, of which so much was announced.
    fn is_whole(&self, announced: Option<u64>) -> bool {
        self.ended || announced.is_some_and(|announced| announced == self.length as u64)
    }
}

/// A body of which only the beginning is kept; it says so.
fn noted(kept: &Bytes, length: usize) -> Bytes {
    // Half a character would make it no text.
    let whole = match std::str::from_utf8(kept) {
        Err(error) if error.error_len().is_none() => error.valid_up_to(),
        _ => kept.len(),
    };
    let mut body = BytesMut::from(&kept[..whole]);
    body.extend_from_slice(cut_note(length).as_bytes());
    body.freeze()
}

/// As HAR writes a version.
fn named(version: Version) -> String {
    let name = match version {
        Version::HTTP_09 => "HTTP/0.9",
        Version::HTTP_10 => "HTTP/1.0",
        Version::HTTP_11 => "HTTP/1.1",
        Version::HTTP_2 => "HTTP/2",
        Version::HTTP_3 => "HTTP/3",
        _ => "",
    };
    name.to_owned()
}

impl Flight {
    fn with<T>(&self, act: impl FnOnce(&mut Seen) -> T) -> T {
        act(&mut self.seen.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        let duration = (self.elapsed)();
        let authority = authority(&self.request.url);
        let mut gaps = Vec::new();
        let seen = self.seen.get_mut().unwrap_or_else(PoisonError::into_inner);
        let mut request = self.request.clone();
        let sent = std::mem::take(&mut seen.request);
        if sent.length > sent.bytes.len() {
            gaps.push(format!(
                "of the body of the request, {} bytes, only {} are kept",
                sent.length,
                sent.bytes.len()
            ));
        }
        if let Some(reason) = &sent.broken {
            gaps.push(format!("the request broke off after {} bytes: {reason}", sent.length));
        } else if !sent.is_whole(self.announced) {
            gaps.push(format!("the server took only {} bytes of the body of the request", sent.length));
        }
        let mut versions = Versions { request: named(self.version), response: String::new() };
        request.body = (!sent.bytes.is_empty()).then(|| {
            let kept = sent.bytes.freeze();
            if sent.length > kept.len() { noted(&kept, sent.length) } else { kept }
        });
        let came = std::mem::take(&mut seen.response);
        let outcome = match std::mem::replace(&mut seen.answer, AnswerSoFar::None) {
            AnswerSoFar::None => {
                let reason = "the client went away before an answer came".to_owned();
                Err(TransportError::Broken { authority, reason })
            }
            AnswerSoFar::Failed(error) => Err(error),
            AnswerSoFar::Begun { version, status, reason, headers } => match came.broken {
                Some(reason) => {
                    let reason = format!("after {} bytes of the body: {reason}", came.length);
                    Err(TransportError::Broken { authority, reason })
                }
                None => {
                    if !came.ended {
                        gaps.push(format!("the client went away after {} bytes of the answer", came.length));
                    }
                    if came.length > came.bytes.len() {
                        gaps.push(format!(
                            "of the body of the answer, {} bytes, only {} are kept",
                            came.length,
                            came.bytes.len()
                        ));
                    }
                    let coding = exchange::header(&headers, "Content-Encoding");
                    versions.response = named(version);
                    let raw = came.bytes.freeze();
                    let kept = raw.len();
                    let body = match decode_content(raw.clone(), coding, self.proxy.limit) {
                        Ok(body) => body,
                        Err(reason) => {
                            gaps.push(reason);
                            raw
                        }
                    };
                    let body = if came.length > kept { noted(&body, came.length) } else { body };
                    Ok(Response { status, reason, headers, body })
                }
            },
        };
        let exchange = Exchange { request, outcome, duration };
        (self.proxy.sink)(Captured { started: Some(self.started), exchange, gaps, versions });
    }
}

/// Passes a request on, and the answer back.
pub(super) async fn forward(proxy: Arc<Proxy>, wire: &Wire, incoming: Incoming) -> Outgoing {
    let (parts, body) = incoming.into_parts();
    let target = parts.uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
    let url = format!("{}{target}", proxy.upstream.url);
    // HTTP/2 has no other spelling than this.
    let spelt = (parts.version < Version::HTTP_2)
        .then(|| wire.spelt(&format!("{} {target} HTTP/1.", parts.method), &parts.headers))
        .flatten();
    let fields = spelt.unwrap_or_else(|| list(&parts.headers));
    let headers = texts(fields.iter().map(|(name, value)| (name.as_str(), value)));
    let method = parts.method.to_string();
    let flight = Arc::new(Flight {
        started: (proxy.now)(),
        elapsed: (proxy.stopwatch)(),
        request: Request { method: method.clone(), url: url.clone(), headers, body: None },
        version: parts.version,
        announced: body.size_hint().exact(),
        seen: Mutex::new(Seen {
            request: Kept::default(),
            answer: AnswerSoFar::None,
            response: Kept::default(),
        }),
        proxy: Arc::clone(&proxy),
    });
    let mut fields = onward(&parts.headers, fields, Some(&proxy.upstream.host));
    let body = if body.is_end_stream() {
        Body::empty()
    } else {
        // Framing is that of the other connection.
        if !parts.headers.contains_key(header::CONTENT_LENGTH) {
            fields.push(("Transfer-Encoding".to_owned(), HeaderValue::from_static("chunked")));
        }
        Body::new(Tee { body, flight: Arc::clone(&flight), patience: None })
    };
    match answer(&proxy, exchange::Outgoing { method, url, fields, body }, &flight).await {
        Ok(answer) => answered(answer, flight),
        Err(error) => failed(error, &flight),
    }
}

/// The head of the answer, unless for too long neither it comes nor anything more of the request.
async fn answer(
    proxy: &Proxy,
    request: exchange::Outgoing,
    flight: &Flight,
) -> Result<http::Response<hyper::body::Incoming>, TransportError> {
    let authority = authority(&proxy.upstream.url);
    let limit = proxy.upstream.max_time;
    let mut sending = std::pin::pin!(proxy.upstream.tcp.open(request));
    loop {
        let sent = flight.with(|seen| seen.request.length);
        match tokio::time::timeout(limit, &mut sending).await {
            Ok(outcome) => return outcome,
            Err(_) if flight.with(|seen| seen.request.length) == sent => {
                return Err(TransportError::Timeout { authority, seconds: limit.as_secs() });
            }
            Err(_) => {}
        }
    }
}

fn answered(answer: http::Response<hyper::body::Incoming>, flight: Arc<Flight>) -> Outgoing {
    let (mut parts, body) = answer.into_parts();
    let status = parts.status.as_u16();
    let (reason, headers) = exchange::head(&mut parts);
    flight.with(|seen| {
        seen.answer = AnswerSoFar::Begun { version: parts.version, status, reason, headers };
        seen.response.ended = body.is_end_stream();
    });
    let limit = flight.proxy.upstream.max_time;
    let patience = Some(Patience { limit, over: None });
    let mut outgoing = Outgoing::new(Body::new(Tee { body, flight, patience }));
    *outgoing.status_mut() = parts.status;
    for (name, value) in onward(&parts.headers, list(&parts.headers), None) {
        if let Ok(name) = HeaderName::try_from(name) {
            outgoing.headers_mut().append(name, value);
        }
    }
    // The phrase is among them, and how the names were spelt.
    *outgoing.extensions_mut() = parts.extensions;
    outgoing
}

/// What the client gets when the server behind does not answer.
fn failed(error: TransportError, flight: &Flight) -> Outgoing {
    let status = match error {
        TransportError::BadRequest { .. } => StatusCode::BAD_REQUEST,
        TransportError::Timeout { .. } => StatusCode::GATEWAY_TIMEOUT,
        _ => StatusCode::BAD_GATEWAY,
    };
    let detail = format!("The recording proxy got no answer to pass on: {error}");
    flight.with(|seen| seen.answer = AnswerSoFar::Failed(error));
    told(status, &detail)
}

/// What a client gets whose request goes nowhere.
pub(super) fn refused(why: &str) -> Outgoing {
    told(StatusCode::BAD_REQUEST, why)
}

fn told(status: StatusCode, detail: &str) -> Outgoing {
    let body = json!({
        "schemas": [crate::urn::ERROR],
        "status": status.as_u16().to_string(),
        "detail": detail,
    });
    let kind = (header::CONTENT_TYPE, HeaderValue::from_static("application/scim+json"));
    (status, [kind], body.to_string()).into_response()
}

/// Of `fields`, as those of `map` are spelt, what goes on, in its order; `Host` is that of the server behind.
fn onward(map: &HeaderMap, mut fields: Fields, host: Option<&HeaderValue>) -> Fields {
    // Framing is that of the other connection.
    let mut own: Vec<HeaderName> = HOP_BY_HOP.into_iter().chain([header::TRANSFER_ENCODING]).collect();
    // `Connection` may name further ones.
    for value in map.get_all(header::CONNECTION) {
        let names = value.to_str().unwrap_or_default().split(',');
        own.extend(names.filter_map(|name| name.trim().parse::<HeaderName>().ok()));
    }
    fields.retain(|(name, _)| !own.iter().any(|own| name.eq_ignore_ascii_case(own.as_str())));
    let Some(host) = host else { return fields };
    match fields.iter_mut().find(|(name, _)| name.eq_ignore_ascii_case("host")) {
        Some((_, value)) => *value = host.clone(),
        // HTTP/2 has it in the target, and HTTP/1.0 may leave it out.
        None => fields.insert(0, ("Host".to_owned(), host.clone())),
    }
    fields
}

fn list(map: &HeaderMap) -> Fields {
    map.iter().map(|(name, value)| (name.as_str().to_owned(), value.clone())).collect()
}

fn innermost(error: &dyn Error) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

/// How long nothing of a body may come.
struct Patience {
    limit: Duration,
    over: Option<Pin<Box<tokio::time::Sleep>>>,
}

impl Patience {
    /// Is ready at its end, if nothing was there since it was asked first.
    fn over(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let limit = self.limit;
        self.over.get_or_insert_with(|| Box::pin(tokio::time::sleep(limit))).as_mut().poll(context)
    }
}

/// A body that is looked at on its way.
struct Tee<B> {
    body: B,
    flight: Arc<Flight>,
    /// For the body of an answer.
    patience: Option<Patience>,
}

impl<B> Tee<B> {
    fn note(&self, act: impl FnOnce(&mut Kept)) {
        let of_answer = self.patience.is_some();
        self.flight.with(|seen| act(if of_answer { &mut seen.response } else { &mut seen.request }));
    }
}

impl<B> HttpBody for Tee<B>
where
    B: HttpBody<Data = Bytes> + Unpin,
    B::Error: Into<BoxError>,
{
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context).map_err(Into::into);
        let polled = match &mut self.patience {
            Some(patience) if polled.is_ready() => {
                patience.over = None;
                polled
            }
            Some(patience) => {
                let limit = patience.limit;
                patience
                    .over(context)
                    .map(|()| Some(Err(format!("nothing more came within {} s", limit.as_secs()).into())))
            }
            None => polled,
        };
        let (ends, limit) = (self.body.is_end_stream(), self.flight.proxy.limit);
        match &polled {
            Poll::Pending => {}
            Poll::Ready(None) => self.note(|kept| kept.ended = true),
            Poll::Ready(Some(Err(error))) => {
                let reason = innermost(&**error);
                self.note(|kept| kept.broken = Some(reason));
            }
            Poll::Ready(Some(Ok(frame))) => {
                if let Some(data) = frame.data_ref() {
                    self.note(|kept| {
                        let room = limit.saturating_sub(kept.bytes.len()).min(data.len());
                        kept.bytes.extend_from_slice(&data[..room]);
                        kept.length += data.len();
                        kept.ended |= ends;
                    });
                }
            }
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> hyper::body::SizeHint {
        self.body.size_hint()
    }
}
