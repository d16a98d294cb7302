//! A request's body that must come at a pace, and the answer's body whose end is told.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Body, HttpBody};
use bytes::Bytes;
use hyper::body::{Frame, Incoming, SizeHint};
use tokio::time::Sleep;

/// So much of a body, or its end, must come within each span of the limit.
const LEAST: usize = 16 << 10;

/// A client took too long for the body of its request.
#[derive(Debug, thiserror::Error)]
#[error("of the body of the request, less than {LEAST} bytes and not its end came within {0:?}")]
pub struct TooSlow(Duration);

/// The body of a request.
pub(super) struct Paced {
    body: Incoming,
    limit: Duration,
    /// What came in the span that runs.
    came: usize,
    over: Option<Pin<Box<Sleep>>>,
}

impl Paced {
    pub(super) fn new(body: Incoming, limit: Duration) -> Self {
        Self { body, limit, came: 0, over: None }
    }
}

impl HttpBody for Paced {
    type Data = Bytes;
    type Error = axum::BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::BoxError>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(context) {
            let length = frame.as_ref().and_then(|frame| Some(frame.as_ref().ok()?.data_ref()?.len()));
            self.came += length.unwrap_or_default();
            if self.came >= LEAST {
                self.came = 0;
                self.over = None;
            }
            return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
        }
        let limit = self.limit;
        let over = self.over.get_or_insert_with(|| Box::pin(tokio::time::sleep(limit)));
        ready!(over.as_mut().poll(context));
        Poll::Ready(Some(Err(TooSlow(limit).into())))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// The body of an answer, which keeps something until it has gone.
pub(super) struct Holding<T> {
    pub(super) body: Body,
    pub(super) _held: T,
}

impl<T: Unpin> HttpBody for Holding<T> {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
