//! The bytes of a request as they go out, and the head of a message as it came in.
//!
//! hyper keeps header fields in a map: those of one name stand together, names are lower case, and what frames
//! the body is its own affair. So hyper's connection writes a head of its own into [`Wire`], which puts ours in
//! its place; it reads answers, and [`Wire`] remembers their heads as they were written.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use bytes::{Buf as _, Bytes, BytesMut};
use http::HeaderValue;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::limits::Limits;

/// Header fields as they are spelt, in their order.
pub(crate) type Fields = Vec<(String, HeaderValue)>;

/// The first line and the header fields of a request.
///
/// # Errors
/// A sentence saying what cannot be sent: it would end the line, or a part of it.
pub(super) fn head(method: &str, target: &str, fields: &Fields) -> Result<BytesMut, String> {
    http::Method::from_bytes(method.as_bytes()).map_err(|_| format!("`{method}` is not a method"))?;
    if let Some(wrong) = target.chars().find(|c| c.is_ascii_control() || *c == ' ') {
        let code = u32::from(wrong);
        return Err(format!("`{target}` holds a character that no URL may hold; write it as %{code:02X}"));
    }
    let mut head = BytesMut::with_capacity(512);
    for part in [method, " ", target, " HTTP/1.1\r\n"] {
        head.extend_from_slice(part.as_bytes());
    }
    for (name, value) in fields {
        for part in [name.as_bytes(), b": ", value.as_bytes(), b"\r\n"] {
            head.extend_from_slice(part);
        }
    }
    head.extend_from_slice(b"\r\n");
    Ok(head)
}

/// Header fields that can be sent.
///
/// # Errors
/// A sentence saying which field holds what HTTP forbids.
pub(super) fn fields(list: &[(String, String)]) -> Result<Fields, String> {
    let field = |(name, value): &(String, String)| {
        http::HeaderName::from_bytes(name.as_bytes())
            .map_err(|_| format!("`{name}` is not a header name"))?;
        let value = HeaderValue::from_bytes(value.as_bytes())
            .map_err(|_| format!("the value of header `{name}` holds a character that HTTP forbids"))?;
        Ok((name.clone(), value))
    };
    list.iter().map(field).collect()
}

/// The same as texts; bytes that are no UTF-8 cannot be shown.
pub(crate) fn texts<'a>(
    fields: impl IntoIterator<Item = (&'a str, &'a HeaderValue)>,
) -> Vec<(String, String)> {
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    fields.into_iter().map(|(name, value)| (name.to_owned(), text(value))).collect()
}

/// The fields that `lines`, what follows the first line of a head, holds; nothing if it is not whole.
pub(crate) fn parsed(lines: &[u8]) -> Option<Fields> {
    let mut room = [httparse::EMPTY_HEADER; Limits::FIELDS];
    let httparse::Status::Complete((_, found)) = httparse::parse_headers(lines, &mut room).ok()? else {
        return None;
    };
    owned(found)
}

fn owned(found: &[httparse::Header<'_>]) -> Option<Fields> {
    found
        .iter()
        .map(|field| Some((field.name.to_owned(), HeaderValue::from_bytes(field.value).ok()?)))
        .collect()
}

/// The head of an answer as it was written.
#[derive(Debug, Clone)]
pub(crate) struct Head {
    /// Reason phrase.
    pub(crate) reason: String,
    /// Header fields.
    pub(crate) fields: Fields,
}

impl Head {
    /// The first one in `bytes` that is no interim answer; nothing while it is not whole.
    fn last(mut bytes: &[u8]) -> Option<Self> {
        loop {
            let mut room = [httparse::EMPTY_HEADER; Limits::FIELDS];
            let mut answer = httparse::Response::new(&mut room);
            let httparse::Status::Complete(length) = answer.parse(bytes).ok()? else { return None };
            let code = answer.code?;
            if !(100..200).contains(&code) || code == 101 {
                let reason = answer.reason.unwrap_or_default().to_owned();
                return Some(Self { reason, fields: owned(answer.headers)? });
            }
            bytes = &bytes[length..];
        }
    }
}

/// What the two sides of a connection tell each other.
#[derive(Default)]
struct Talk {
    /// What goes out in place of the next head that is written.
    instead: Option<Bytes>,
    /// What came since, as long as no head is whole.
    came: Vec<u8>,
    head: Option<Head>,
    /// Whether all that was written has gone out.
    flushed: bool,
}

/// Says what goes out next on a connection, and how the answer began.
#[derive(Clone, Default)]
pub(super) struct Teller(Arc<Mutex<Talk>>);

impl Teller {
    fn talk(&self) -> MutexGuard<'_, Talk> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next head that is written goes out as `bytes`.
    pub(super) fn begin(&self, bytes: Bytes) {
        *self.talk() = Talk { instead: Some(bytes), ..Talk::default() };
    }

    /// The head of the answer, once it is there.
    pub(super) fn answer(&self) -> Option<Head> {
        self.talk().head.take()
    }

    /// Whether another request can follow: nothing of the one before is still on its way out.
    pub(super) fn is_done(&self) -> bool {
        self.talk().flushed
    }
}

/// A connection on which heads go out as they are told.
pub(super) struct Wire<S> {
    stream: S,
    teller: Teller,
    /// What is on its way out in place of a head.
    pending: Bytes,
    /// The server takes nothing more.
    closed: bool,
}

impl<S> Wire<S> {
    pub(super) fn new(stream: S) -> (Self, Teller) {
        let teller = Teller::default();
        (Self { stream, teller: teller.clone(), pending: Bytes::new(), closed: false }, teller)
    }
}

impl<S: AsyncWrite + Unpin> Wire<S> {
    fn drained(&mut self, context: &mut Context<'_>) -> Poll<()> {
        while !self.pending.is_empty() {
            match ready!(Pin::new(&mut self.stream).poll_write(context, &self.pending)) {
                Ok(written) if written > 0 => self.pending.advance(written),
                // A server may answer before it has read all, and read no more; its answer counts.
                Ok(_) | Err(_) => {
                    self.closed = true;
                    self.pending.clear();
                }
            }
        }
        Poll::Ready(())
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Wire<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        let mut talk = self.teller.talk();
        if talk.head.is_none() && talk.came.len() < Limits::HEAD {
            talk.came.extend_from_slice(&buffer.filled()[before..]);
            talk.head = Head::last(&talk.came);
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Wire<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        ready!(self.drained(context));
        if self.closed {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        let mut talk = self.teller.talk();
        talk.flushed = false;
        let instead = talk.instead.take();
        drop(talk);
        let Some(instead) = instead else { return Pin::new(&mut self.stream).poll_write(context, bytes) };
        self.pending = instead;
        // hyper writes a head in one piece.
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").map_or(bytes.len(), |at| at + 4);
        Poll::Ready(Ok(end))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.drained(context));
        if self.closed {
            return Poll::Ready(Ok(()));
        }
        ready!(Pin::new(&mut self.stream).poll_flush(context))?;
        self.teller.talk().flushed = true;
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.drained(context));
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
