//! Sends a captured conversation again.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;

use super::differ::differences;
use super::rebind::Bindings;
use super::recognise::line;
use super::scim::{authority, place};
use super::{Captured, Elapsed};
use crate::exchange::{BoxFuture, Exchange, MASK, Request, Transport, is_secret_header};

/// What stands for a password that the capture does not show.
const PASSWORD: &str = "Replayed-Pa55word!";
/// Fields that belong to the connection of then, or that something in between added.
const DROPPED: [&str; 9] = [
    "transfer-encoding",
    "expect",
    "te",
    "via",
    "forwarded",
    "content-encoding",
    "keep-alive",
    "upgrade",
    "proxy-connection",
];

/// Where the conversation goes now.
#[derive(Clone)]
pub struct Destination {
    /// SCIM base URL.
    pub base_url: String,
    /// Value of the `Authorization` field.
    pub authorization: Option<String>,
    /// Further header fields.
    pub headers: Vec<(String, String)>,
    /// How requests are sent.
    pub transport: Arc<dyn Transport>,
}

/// Keeps the pauses of then. The clock is the caller's.
#[derive(Clone)]
pub struct Pace {
    /// Time since the caller began.
    pub elapsed: Elapsed,
    /// Waits for so long.
    pub wait: Arc<dyn Fn(Duration) -> BoxFuture<'static, ()> + Send + Sync>,
}

/// One exchange, sent again.
#[derive(Debug, Clone)]
pub struct Replayed {
    /// Number in the capture.
    pub number: usize,
    /// The exchange of then on one line.
    pub then: String,
    /// The exchange of now on one line.
    pub now: String,
    /// The exchange of now.
    pub exchange: Exchange,
    /// What differs, each in a sentence.
    pub differences: Vec<String>,
}

impl Replayed {
    /// Whether Okta would take it for failed: no answer, or no success other than the 404 of a look-up.
    #[must_use]
    pub fn fails(&self) -> bool {
        match self.exchange.response() {
            None => true,
            Some(response) if response.status == 404 => self.exchange.request.query().is_none(),
            Some(response) => !response.is_success(),
        }
    }

    /// Method, endpoint and status: what makes a failure the same one.
    #[must_use]
    pub fn signature(&self) -> (String, u16) {
        (self.exchange.request.method.clone(), self.exchange.response().map_or(0, |response| response.status))
    }
}

/// A conversation that is being sent again.
pub struct Replay {
    then_base: String,
    destination: Destination,
    bindings: Bindings,
    pace: Option<Pace>,
    /// When the first exchange began, then and on the caller's clock.
    began: Option<(jiff::Timestamp, Duration)>,
}

impl Replay {
    /// Of the conversation with `then_base`, to `destination`. Without a pace one exchange follows the other.
    #[must_use]
    pub fn new(then_base: &str, destination: Destination, pace: Option<Pace>) -> Self {
        let bindings = Bindings::new(then_base, &destination.base_url);
        Self { then_base: then_base.to_owned(), destination, bindings, pace, began: None }
    }

    /// Sends the exchange of that number; nothing for one that went elsewhere.
    pub async fn send(&mut self, number: usize, captured: &Captured) -> Option<Replayed> {
        place(&self.then_base, &captured.exchange.request)?;
        self.pause(captured).await;
        let request = self.destination.transport.as_sent(self.request(&captured.exchange.request)?);
        let outcome = self.destination.transport.send(&request).await;
        let then = captured.exchange.response();
        if let Ok(now) = &outcome {
            let bodies = (then.and_then(crate::exchange::Response::json), now.json());
            if let (Some(then), Some(now)) = &bodies {
                self.bindings.learn(then, now);
            }
        }
        let whole = captured.gaps.is_empty();
        let bindings = &self.bindings;
        let found = differences(&captured.exchange.outcome, &outcome, whole, |body| bindings.json(body));
        let exchange = Exchange { request, outcome, duration: Duration::ZERO };
        Some(Replayed {
            number,
            then: line(&captured.exchange),
            now: line(&exchange),
            exchange,
            differences: found,
        })
    }

    async fn pause(&mut self, captured: &Captured) {
        let (Some(pace), Some(started)) = (&self.pace, captured.started) else { return };
        let elapsed = (pace.elapsed)();
        let (first, at_first) = *self.began.get_or_insert((started, elapsed));
        // What answers take longer now than then comes off the pauses.
        let since = Duration::try_from(started.duration_since(first)).unwrap_or_default();
        let rest = (at_first + since).saturating_sub(elapsed);
        if !rest.is_zero() {
            (pace.wait)(rest).await;
        }
    }

    fn request(&self, then: &Request) -> Option<Request> {
        let url = self.bindings.url(&then.url)?;
        let body = then.body.as_ref().map(|body| self.body(body));
        let host = authority(&url);
        let mut headers: Vec<(String, String)> = Vec::new();
        for (name, value) in &then.headers {
            let lower = name.to_ascii_lowercase();
            let value = match lower.as_str() {
                "host" => host.clone(),
                "content-length" => match &body {
                    Some(body) => body.len().to_string(),
                    None => continue,
                },
                "authorization" => match &self.destination.authorization {
                    Some(value) => value.clone(),
                    None => continue,
                },
                // What can be decoded.
                "accept-encoding" => "gzip,deflate".to_owned(),
                "if-match" | "if-none-match" => self.bindings.version(value),
                _ if DROPPED.contains(&lower.as_str()) || lower.starts_with("x-forwarded") => continue,
                _ if is_secret_header(name) => continue,
                _ => value.clone(),
            };
            headers.push((name.clone(), value));
        }
        let mut missing: Vec<(String, String)> = self.destination.headers.clone();
        missing.extend(self.destination.authorization.clone().map(|value| ("Authorization".into(), value)));
        missing.extend(body.as_ref().map(|body| ("Content-Length".to_owned(), body.len().to_string())));
        missing.push(("Host".into(), host));
        for (name, value) in missing {
            match headers.iter_mut().find(|(known, _)| known.eq_ignore_ascii_case(&name)) {
                Some((_, known)) => *known = value,
                None => headers.push((name, value)),
            }
        }
        Some(Request { method: then.method.clone(), url, headers, body })
    }

    fn body(&self, then: &Bytes) -> Bytes {
        let Ok(mut json) = serde_json::from_slice::<Value>(then) else { return then.clone() };
        let before = json.clone();
        self.bindings.json(&mut json);
        unmask(&mut json);
        // What was no change keeps its blanks.
        if json == before { then.clone() } else { Bytes::from(json.to_string()) }
    }
}

/// Puts something usable where the capture has hidden a password.
fn unmask(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, inner) in fields.iter_mut() {
                match inner.as_str() {
                    Some(MASK) if name.eq_ignore_ascii_case("password") || name == "value" => {
                        *inner = Value::String(PASSWORD.into());
                    }
                    _ => unmask(inner),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(unmask),
        _ => {}
    }
}

/// The smallest part of `numbers` for which `shows` still holds, by delta debugging: first halves and their
/// complements, then ever finer parts, until no single one can go. The order stays.
pub fn minimised(numbers: &[usize], mut shows: impl FnMut(&[usize]) -> bool) -> Vec<usize> {
    let mut kept = numbers.to_vec();
    let mut parts = 2;
    while kept.len() > 1 {
        let size = kept.len().div_ceil(parts);
        let chunks: Vec<Vec<usize>> = kept.chunks(size).map(<[usize]>::to_vec).collect();
        let mut smaller = None;
        for chunk in &chunks {
            let rest: Vec<usize> = kept.iter().copied().filter(|number| !chunk.contains(number)).collect();
            if shows(&rest) {
                smaller = Some(rest);
                break;
            }
        }
        match smaller {
            Some(rest) => {
                kept = rest;
                parts = parts.saturating_sub(1).max(2);
            }
            None if size == 1 => break,
            None => parts = (parts * 2).min(kept.len()),
        }
    }
    if kept.len() == 1 && shows(&[]) {
        kept.clear();
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case(&[3, 7], 2)]
    #[case(&[1], 1)]
    #[case(&[10], 1)]
    #[case(&[1, 5, 10], 3)]
    #[case(&[], 0)]
    #[case(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 10)]
    fn exactly_what_is_needed_stays(#[case] needed: &[usize], #[case] length: usize) {
        let all: Vec<usize> = (1..=10).collect();
        let mut tries = 0;
        let kept = minimised(&all, |some: &[usize]| {
            tries += 1;
            needed.iter().all(|one| some.contains(one))
        });
        assert_eq!((kept.as_slice(), kept.len()), (needed, length));
        assert!(tries < 150, "{tries}");
    }
}
