//! A transport that keeps every exchange, so that steps can be shown and judged afterwards.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::exchange::{BoxFuture, Exchange, Request, Response, Transport, TransportError};

/// Reads a stopwatch: time since some fixed instant. Passed in, since nothing here reads a clock.
pub type Stopwatch = Arc<dyn Fn() -> Duration + Send + Sync>;

/// Passes requests on, adds the target's own header fields, and keeps what happened.
#[derive(Clone)]
pub(super) struct Recorder {
    inner: Arc<dyn Transport>,
    extra_headers: Vec<(String, String)>,
    stopwatch: Stopwatch,
    log: Arc<Mutex<Vec<Exchange>>>,
}

impl Recorder {
    /// A recorder in front of `inner`.
    #[must_use]
    pub(super) fn new(
        inner: Arc<dyn Transport>,
        extra_headers: Vec<(String, String)>,
        stopwatch: Stopwatch,
    ) -> Self {
        Self { inner, extra_headers, stopwatch, log: Arc::default() }
    }

    /// Takes everything recorded since the last call.
    #[must_use]
    pub(super) fn drain(&self) -> Vec<Exchange> {
        std::mem::take(&mut *self.log.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Transport for Recorder {
    fn send<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Response, TransportError>> {
        Box::pin(async move {
            let mut request = request.clone();
            for (name, value) in &self.extra_headers {
                match request.headers.iter_mut().find(|(known, _)| known.eq_ignore_ascii_case(name)) {
                    Some((_, known)) => known.clone_from(value),
                    None => request.headers.push((name.clone(), value.clone())),
                }
            }
            let request = self.inner.as_sent(request);
            let before = (self.stopwatch)();
            let outcome = self.inner.send(&request).await;
            let duration = (self.stopwatch)().saturating_sub(before);
            self.log.lock().unwrap_or_else(PoisonError::into_inner).push(Exchange {
                request,
                outcome: outcome.clone(),
                duration,
            });
            outcome
        })
    }
}
