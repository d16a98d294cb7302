//! Header names as a client spelt them. The HTTP library gives them in lower case; here the bytes of each
//! connection are looked at on their way in, so that a capture can show what was written.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::exchange::{Fields, parsed};

/// As much as the header fields of one message may take.
const KEPT: usize = 128 << 10;

/// The latest bytes that came in on a connection.
#[derive(Debug, Clone, Default)]
pub(super) struct Wire(Arc<Mutex<Vec<u8>>>);

impl Wire {
    fn saw(&self, bytes: &[u8]) {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.extend_from_slice(bytes);
        if seen.len() > KEPT {
            let excess = seen.len() - KEPT;
            seen.drain(..excess);
        }
    }

    /// The fields as they were written, if a head that starts so and has these fields is among the latest bytes.
    pub(super) fn spelt(&self, start: &str, fields: &http::HeaderMap) -> Option<Fields> {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Of all beginnings in one line the fields are the same, and those of one head end together: nothing is
        // looked for twice.
        let (mut from, mut line, mut end) = (0, 0, 0);
        while let Some(found) = find(&seen[from..], start.as_bytes()) {
            let begin = from + found;
            from = begin + 1;
            if line > begin {
                continue;
            }
            line = begin + find(&seen[begin..], b"\r\n")?;
            if end <= begin {
                end = begin + find(&seen[begin..], b"\r\n\r\n")?;
            }
            let lines = line + 2;
            let Some(head) = parsed(&seen[lines..end + 4]) else { continue };
            // The body of an earlier message may hold what looks like a head; the library knows the true one.
            let true_one = head.len() == fields.len()
                && head
                    .iter()
                    .all(|(name, value)| fields.get_all(name.as_str()).iter().any(|known| known == value));
            if true_one {
                seen.drain(..end);
                return Some(head);
            }
        }
        None
    }
}

fn find(within: &[u8], part: &[u8]) -> Option<usize> {
    within.windows(part.len()).position(|window| window == part)
}

/// A connection that is looked at.
pub(super) struct Watched<S> {
    stream: S,
    wire: Wire,
}

impl<S> Watched<S> {
    pub(super) fn new(stream: S) -> (Self, Wire) {
        let wire = Wire::default();
        (Self { stream, wire: wire.clone() }, wire)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(context, buffer);
        if polled.is_ready() {
            self.wire.saw(&buffer.filled()[before..]);
        }
        polled
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_is_found_after_other_bodies_and_not_inside_of_them() {
        let wire = Wire::default();
        wire.saw(b"{\"x\":\"GET /Users HTTP/1.1\r\nforged: 1\r\n\r\n\"}");
        wire.saw(b"GET /Users HTTP/1.1\r\nAccept-Charset: utf-8\r\nHOST: h\r\n\r\nrest");
        let mut fields = http::HeaderMap::new();
        fields.insert("accept-charset", http::HeaderValue::from_static("utf-8"));
        fields.insert("host", http::HeaderValue::from_static("h"));
        let spelt = wire.spelt("GET /Users HTTP/1.", &fields).unwrap();
        let spelt: Vec<(&str, &[u8])> =
            spelt.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
        assert_eq!(spelt, [("Accept-Charset", b"utf-8".as_slice()), ("HOST", b"h")]);
        assert_eq!(wire.spelt("GET /Users HTTP/1.", &fields), None, "it was taken");
    }
}
