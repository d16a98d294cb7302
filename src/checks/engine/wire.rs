//! Sends the requests of an examination: at the rate that was asked for, waiting out a 429, repeating what a
//! closed connection lost.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::sync::Mutex;

use crate::exchange::{Exchange, Interruption, Limits, Masker, Patience, Request, Transport, TransportError};

/// The service provider under examination.
#[derive(Clone)]
pub struct Subject {
    /// SCIM base URL.
    pub base_url: String,
    /// The whole value of `Authorization`, if there is one.
    pub authorization: Option<String>,
    /// `Authorization` of another tenant or client, for the checks of separation.
    pub second: Option<String>,
    /// Header fields of every request.
    pub headers: Vec<(String, String)>,
    /// How bytes get there.
    pub transport: Arc<dyn Transport>,
}

/// Real time since some instant.
pub type Stopwatch = Arc<dyn Fn() -> Duration + Send + Sync>;

/// What all probes share.
pub(in crate::checks) struct Engine {
    pub(in crate::checks) subject: Subject,
    pub(in crate::checks) masker: Masker,
    pub(in crate::checks) prefix: String,
    pub(in crate::checks) interruption: Interruption,
    rate: Option<f64>,
    patience: Arc<Patience>,
    /// How many answers have come.
    answers: AtomicUsize,
    /// How many requests have stayed without an answer since one came, and how many in all.
    lost: AtomicUsize,
    lost_in_all: AtomicUsize,
    /// Why nothing more is sent.
    end: OnceLock<End>,
    /// Set once the target closed a connection that it had not said it would close: from then on each request has
    /// a connection of its own, so that none is lost.
    closes: AtomicBool,
    /// When the next request may go out.
    next: Mutex<Duration>,
    elapsed: Stopwatch,
}

/// Why an examination ends before its end: there is no use in asking this service more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::checks) struct End {
    /// The latest exchange.
    pub(in crate::checks) exchange: Exchange,
    /// A sentence that says why.
    pub(in crate::checks) reason: String,
}

/// How often a request is sent again after a 429.
const TRIES: u32 = 4;

impl Engine {
    /// What all probes of one examination share; names begin with `prefix`.
    pub(in crate::checks) fn new(
        subject: Subject,
        masker: Masker,
        prefix: String,
        interruption: Interruption,
        rate: Option<f64>,
        patience: Arc<Patience>,
        elapsed: Stopwatch,
    ) -> Self {
        Self {
            subject,
            masker,
            prefix,
            interruption,
            rate,
            patience,
            answers: AtomicUsize::new(0),
            lost: AtomicUsize::new(0),
            lost_in_all: AtomicUsize::new(0),
            end: OnceLock::new(),
            closes: AtomicBool::new(false),
            next: Mutex::new(Duration::ZERO),
            elapsed,
        }
    }

    /// Why nothing more is sent, if so.
    pub(in crate::checks) fn end(&self) -> Option<&End> {
        self.end.get()
    }

    async fn turn(&self) {
        let Some(rate) = self.rate.filter(|rate| *rate > 0.0) else { return };
        let wait = {
            let mut next = self.next.lock().await;
            let now = (self.elapsed)();
            let at = (*next).max(now);
            *next = at + Duration::from_secs_f64(1.0 / rate);
            at - now
        };
        self.interruption.sleep(wait).await;
    }

    /// Sends a request; a 429 is waited out (RFC 6585 §4). Nothing when the examination has ended.
    pub(in crate::checks) async fn exchange(&self, request: Request) -> Option<Exchange> {
        let mut request = self.subject.transport.as_sent(request);
        let mut tries = 0;
        loop {
            self.turn().await;
            if self.end().is_some() {
                return None;
            }
            let before = self.answers.load(Ordering::Relaxed);
            if self.closes.load(Ordering::Relaxed) {
                request.headers.retain(|(name, _)| !name.eq_ignore_ascii_case("connection"));
                request.headers.push(("Connection".into(), "close".into()));
            }
            let began = (self.elapsed)();
            let outcome = self.subject.transport.send(&request).await;
            let duration = (self.elapsed)().saturating_sub(began);
            tries += 1;
            if let Ok(response) = &outcome
                && (response.status == 429
                    || response.status == 503 && response.header("Retry-After").is_some())
                && tries < TRIES
                && !self.interruption.is_raised()
            {
                let asked = response.header("Retry-After").and_then(|value| value.trim().parse().ok());
                let waited = tokio::select! {
                    waited = self.patience.wait(Duration::from_secs(asked.unwrap_or(1_u64 << tries))) => waited,
                    () = self.interruption.raised() => Ok(()),
                };
                match waited {
                    Ok(()) => continue,
                    Err(reason) => {
                        let _ =
                            self.end.set(End { exchange: Exchange { request, outcome, duration }, reason });
                        return None;
                    }
                }
            }
            // A server may close an idle connection at any time, and what is sent on it at that moment is
            // lost through nobody's fault: repeated once where that is harmless (RFC 9112 §9.3.1, §9.5).
            if matches!(outcome, Err(TransportError::Broken { .. }))
                && ["GET", "PUT"].contains(&request.method.as_str())
                && tries == 1
            {
                self.closes.store(true, Ordering::Relaxed);
                continue;
            }
            let exchange = Exchange { request, outcome, duration };
            self.count(before, &exchange);
            return Some(exchange);
        }
    }

    /// Ends the examination of a service that does not answer, or answers more than is taken. `before`: how many
    /// answers had come when the request went out.
    fn count(&self, before: usize, exchange: &Exchange) {
        use TransportError::{Connect, Timeout, TooLarge};
        let Err(error @ (Connect { .. } | Timeout { .. } | TooLarge { .. })) = &exchange.outcome else {
            self.answers.fetch_add(1, Ordering::Relaxed);
            self.lost.store(0, Ordering::Relaxed);
            return;
        };
        let in_all = self.lost_in_all.fetch_add(1, Ordering::Relaxed) + 1;
        // Where other requests were answered meanwhile, it is not the service that does not answer.
        let in_a_row = if self.answers.load(Ordering::Relaxed) == before {
            self.lost.fetch_add(1, Ordering::Relaxed) + 1
        } else {
            0
        };
        let reason = if in_a_row >= Limits::LOST_IN_A_ROW {
            format!(
                "the check ended early, since {in_a_row} requests in a row got no answer; of the latest: {error}"
            )
        } else if in_all >= Limits::LOST {
            format!("the check ended early, since {in_all} requests got no answer; of the latest: {error}")
        } else {
            return;
        };
        let _ = self.end.set(End { exchange: exchange.clone(), reason });
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU32;

    use super::*;
    use crate::exchange::{BoxFuture, Response};

    /// Breaks off as often as it is told, then answers.
    struct Flaky {
        breaks: u32,
        asked: AtomicU32,
    }

    impl Transport for Flaky {
        fn send<'a>(&'a self, _: &'a Request) -> BoxFuture<'a, Result<Response, TransportError>> {
            let broken = self.asked.fetch_add(1, Ordering::Relaxed) < self.breaks;
            Box::pin(async move {
                if broken {
                    return Err(TransportError::Broken { authority: "h".into(), reason: "closed".into() });
                }
                Ok(Response { status: 200, reason: "OK".into(), headers: vec![], body: bytes::Bytes::new() })
            })
        }
    }

    #[rstest::rstest]
    #[case("GET", 1, true, 2)]
    #[case("PUT", 1, true, 2)]
    #[case("GET", 2, false, 2)]
    #[case("POST", 1, false, 1)]
    #[case("PATCH", 1, false, 1)]
    #[case("DELETE", 1, false, 1)]
    #[tokio::test]
    async fn what_broke_off_is_repeated_once_where_that_is_harmless(
        #[case] method: &str,
        #[case] breaks: u32,
        #[case] answered: bool,
        #[case] asked: u32,
    ) {
        let transport = Arc::new(Flaky { breaks, asked: AtomicU32::new(0) });
        let subject = Subject {
            base_url: "https://h".into(),
            authorization: None,
            second: None,
            headers: vec![],
            transport: Arc::clone(&transport) as Arc<dyn Transport>,
        };
        let elapsed: Stopwatch = Arc::new(|| Duration::ZERO);
        let patience = Arc::new(Patience::new(Duration::ZERO, Arc::clone(&elapsed), Arc::new(|_| {})));
        let engine =
            Engine::new(subject, Masker::new(), String::new(), Interruption::new(), None, patience, elapsed);
        let request =
            Request { method: method.into(), url: "https://h/Users".into(), headers: vec![], body: None };
        let exchange = engine.exchange(request).await.unwrap();
        assert_eq!(exchange.response().is_some(), answered);
        assert_eq!(transport.asked.load(Ordering::Relaxed), asked);
    }
}
