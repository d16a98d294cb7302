//! Sends the requests of a collection.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::ImportOptions;
use crate::exchange::{Exchange, Record, Request, curl_line, host};
use crate::result::Failure;

/// Sends requests of one run.
pub(super) struct Caller<'a> {
    options: &'a ImportOptions,
}

impl<'a> Caller<'a> {
    pub(super) fn new(options: &'a ImportOptions) -> Self {
        Self { options }
    }

    /// Sends it as the file says, with what HTTP needs besides.
    pub(super) async fn send(
        &self,
        method: &str,
        url: &str,
        own: Vec<(String, String)>,
        body: Option<String>,
    ) -> Exchange {
        let url = encoded(url);
        let mut headers = vec![("Host".to_owned(), host(&url).to_owned())];
        headers.extend(own);
        for (name, value) in &self.options.headers {
            if !headers.iter().any(|(known, _)| known.eq_ignore_ascii_case(name)) {
                headers.push((name.clone(), value.clone()));
            }
        }
        headers.retain(|(name, _)| !name.eq_ignore_ascii_case("content-length"));
        let body = body.filter(|body| !body.is_empty()).map(Bytes::from);
        if let Some(body) = &body {
            headers.push(("Content-Length".to_owned(), body.len().to_string()));
        }
        let request = Request { method: method.to_ascii_uppercase(), url, headers, body };
        let request = self.options.transport.as_sent(request);
        let began = (self.options.elapsed)();
        let outcome = self.options.transport.send(&request).await;
        let duration = (self.options.elapsed)().saturating_sub(began);
        Exchange { request, outcome, duration }
    }

    /// A failure that shows the exchange.
    pub(super) fn failure(
        &self,
        summary: String,
        expected: String,
        actual: String,
        exchange: Option<&Exchange>,
    ) -> Failure {
        let masker = &self.options.masker;
        Failure {
            summary,
            expected: vec![masker.text(&expected)],
            actual: Some(shortened(&masker.text(&actual))),
            exchange: exchange.map(|exchange| masker.text(&exchange.summary())),
            curl: exchange.map(|exchange| curl_line(&exchange.request, masker)),
            ..Failure::new()
        }
    }

    /// The exchange on one line.
    pub(super) fn told(&self, exchange: &Exchange) -> String {
        self.options.masker.text(&exchange.summary())
    }

    /// The exchange in full, for a step that failed.
    pub(super) fn evidence(&self, exchange: &Exchange, failures: &[Failure]) -> Vec<Arc<Record>> {
        let record = || Arc::new(exchange.record(&self.options.masker));
        if failures.is_empty() { Vec::new() } else { vec![record()] }
    }

    /// Waits, and says why.
    pub(super) async fn pause(&self, seconds: f64) {
        if self.options.pauses && seconds > 0.0 {
            self.options.interruption.sleep(Duration::from_secs_f64(seconds.min(600.0))).await;
        }
    }
}

/// A URL whose characters that no URL may hold are encoded, and nothing else: files write blanks and quotes.
fn encoded(url: &str) -> String {
    let mut text = String::with_capacity(url.len());
    for byte in url.trim().bytes() {
        if byte <= b' ' || byte >= 0x7f || b"\"<>\\^`{|}".contains(&byte) {
            text.push_str(&format!("%{byte:02X}"));
        } else {
            text.push(char::from(byte));
        }
    }
    text
}

fn shortened(text: &str) -> String {
    const MOST: usize = 400;
    if text.chars().count() <= MOST {
        return text.to_owned();
    }
    let begin: String = text.chars().take(MOST).collect();
    format!("{begin}… ({} bytes)", text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_no_url_may_hold_is_encoded() {
        assert_eq!(
            encoded("http://h/Users?filter=userName eq \"a+b@c%20d\"&x=é"),
            "http://h/Users?filter=userName%20eq%20%22a+b@c%20d%22&x=%C3%A9"
        );
    }
}
