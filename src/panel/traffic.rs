//! The traffic as it goes by: the last exchanges over SCIM in full, secrets masked, each with the operation
//! of the Okta panel to which it belongs, the rules that its answer breaks, and what it left in the sync log.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::Response as HttpResponse;
use bytes::Bytes;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use jiff::Timestamp;
use maud::{Markup, html};
use serde_json::Value;
use tower::ServiceExt as _;

use super::{PanelOptions, TRAFFIC};
use crate::checks::{Finding, PassiveJudge};
use crate::exchange::{Exchange, Masker, Record, Request as Sent, Response, cut_note};
use crate::faults::{self, Fault};
use crate::reference::http::pages::{Page, entry_details, entry_result, in_words, short_time};
use crate::reference::http::{Reference, RequestNumber};

/// Exchanges that are kept.
const MOST: usize = 200;
/// Exchanges of these that a page shows.
const SHOWN: usize = 100;
/// Bytes of a body that are kept.
const BODY: usize = 32 * 1024;
/// Bytes of a body that are let through; the reference refuses less.
const LARGEST: usize = 8 * 1024 * 1024;

tokio::task_local! {
    /// The operation of the Okta panel under way.
    pub(super) static OPERATION: String;
}

/// One exchange, as it went by.
#[derive(Debug, Clone)]
struct Passed {
    at: String,
    exchange: Exchange,
    number: Option<u64>,
    operation: Option<String>,
}

/// What goes by, and the service with its faults behind it.
pub(super) struct Traffic {
    reference: Reference,
    origin: String,
    now: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    router: RwLock<Router>,
    faults: Mutex<Vec<&'static Fault>>,
    passed: Mutex<VecDeque<Passed>>,
    masker: Masker,
}

impl Traffic {
    pub(super) fn new(reference: &Reference, options: &PanelOptions) -> Self {
        Self {
            reference: reference.clone(),
            origin: reference.origin().to_owned(),
            now: Arc::clone(&options.now),
            router: RwLock::new(faults::layer(reference.router(), options.faults.clone())),
            faults: Mutex::new(options.faults.clone()),
            passed: Mutex::new(VecDeque::new()),
            masker: Masker::new(),
        }
    }

    fn list(&self) -> MutexGuard<'_, VecDeque<Passed>> {
        self.passed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The faults that are on.
    pub(super) fn faults(&self) -> Vec<&'static Fault> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// From now on with these faults and no other.
    pub(super) fn set_faults(&self, faults: Vec<&'static Fault>) {
        let router = faults::layer(self.reference.router(), faults.clone());
        *self.router.write().unwrap_or_else(PoisonError::into_inner) = router;
        *self.faults.lock().unwrap_or_else(PoisonError::into_inner) = faults;
    }

    pub(super) fn forget(&self) {
        self.list().clear();
    }

    /// Answers one request, and keeps what went by.
    pub(super) async fn pass(&self, request: Request) -> HttpResponse {
        let (parts, body) = request.into_parts();
        let router = self.router.read().unwrap_or_else(PoisonError::into_inner).clone();
        let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
        let mut sent = Sent {
            method: parts.method.to_string(),
            url: format!("{}{target}", self.origin),
            headers: headers(&parts.headers),
            body: None,
        };
        let began = (self.now)();
        let whole = Limited::new(body, LARGEST).collect().await.map(http_body_util::Collected::to_bytes);
        sent.body = whole.as_ref().ok().filter(|body| !body.is_empty()).map(kept);
        // What a body that is too large or breaks off is answered with is the reference's to say.
        let body = match whole {
            Ok(whole) => Body::from(whole),
            Err(error) if error.is::<LengthLimitError>() => Body::from(vec![b' '; LARGEST]),
            Err(error) => {
                Body::from_stream(futures_util::stream::once(async move { Err::<Bytes, _>(error) }))
            }
        };
        let request = Request::from_parts(parts, body);
        let response = router.oneshot(request).await.unwrap_or_else(|never| match never {});
        let (parts, body) = response.into_parts();
        let whole = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
        let took = (self.now)().duration_since(began);
        let passed = Passed {
            at: self.reference.now(),
            number: parts.extensions.get::<RequestNumber>().map(|number| number.0),
            operation: OPERATION.try_with(Clone::clone).ok(),
            exchange: Exchange {
                request: sent,
                outcome: Ok(Response {
                    status: parts.status.as_u16(),
                    reason: parts.status.canonical_reason().unwrap_or_default().to_owned(),
                    headers: headers(&parts.headers),
                    body: kept(&whole),
                }),
                duration: Duration::try_from(took).unwrap_or_default(),
            },
        };
        // What opens nothing is no secret, and whoever tries credentials for ever must fill nothing.
        if parts.status != http::StatusCode::UNAUTHORIZED {
            self.masker.learn_from(&passed.exchange);
        }
        let mut list = self.list();
        if list.len() == MOST {
            list.pop_front();
        }
        list.push_back(passed);
        drop(list);
        HttpResponse::from_parts(parts, Body::from(whole))
    }
}

fn headers(map: &http::HeaderMap) -> Vec<(String, String)> {
    let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    map.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect()
}

/// As much of a body as is kept; a small one is not copied.
fn kept(body: &Bytes) -> Bytes {
    if body.len() <= BODY {
        return body.clone();
    }
    let mut kept = body[..BODY].to_vec();
    kept.extend_from_slice(cut_note(body.len()).as_bytes());
    Bytes::from(kept)
}

/// The answer's breaches, by exchange, the oldest first.
fn judged(passed: &[Passed], base_url: &str, masker: &Masker) -> Vec<Vec<Finding>> {
    let mut judge = PassiveJudge::new(base_url);
    passed
        .iter()
        .map(|passed| {
            // What was cut off cannot be judged.
            let whole = passed.exchange.response().is_some_and(|response| response.body.len() < BODY);
            if whole { judge.observe(&passed.exchange, masker) } else { Vec::new() }
        })
        .collect()
}

/// The page.
pub(super) fn page(reference: &Reference, traffic: &Traffic) -> Page {
    let passed: Vec<Passed> = traffic.list().iter().rev().take(SHOWN).rev().cloned().collect();
    let findings = judged(&passed, reference.base_url(), &traffic.masker);
    let numbers: Vec<u64> = passed.iter().filter_map(|passed| passed.number).collect();
    let entries = reference.sync_log_of(&numbers);
    let content = html! {
        p { "The last " (SHOWN) " exchanges over SCIM, the newest first. Passwords and credentials are masked." }
        div data-watch {
            @if passed.is_empty() {
                p.empty { "Nothing has gone by yet. Send something from Okta, from the Okta page here, or with curl." }
            }
            @for (passed, findings) in passed.iter().zip(&findings).rev() {
                @let own: Vec<&Value> = entries.iter().filter(|entry| passed.number.is_some() && entry["requestId"].as_u64() == passed.number).collect();
                (shown(passed, findings, &own, &traffic.masker))
            }
        }
    };
    Page::new("Traffic", TRAFFIC, content).below(&[("Developer", None)])
}

fn shown(passed: &Passed, findings: &[Finding], entries: &[&Value], masker: &Masker) -> Markup {
    let record = passed.exchange.record(masker);
    html! {
        article.card {
            (summary(&record, Some(&passed.at), passed.operation.as_deref()))
            @if !findings.is_empty() { (breaches(findings)) }
            @if !entries.is_empty() {
                p.minor { "In the sync log" }
                ul.plain { @for entry in entries {
                    li { (in_words(entry["event"].as_str().unwrap_or_default())) " " (entry["targetName"].as_str().unwrap_or_default()) " "
                        (entry_result(entry["result"].as_str().unwrap_or_default())) (entry_details(entry)) }
                } }
            }
            (in_full(&record))
        }
    }
}

fn breaches(findings: &[Finding]) -> Markup {
    html! {
        p.minor { "Rules that the answer breaks" }
        ul { @for finding in findings {
            li { strong { (finding.requirement) } " (" (finding.citation) "): " (finding.text) " " span.none { "Came: " (finding.actual) } }
        } }
    }
}

/// One line about an exchange.
fn summary(record: &Record, at: Option<&str>, operation: Option<&str>) -> Markup {
    let class = match record.status {
        Some(200..=299) => "badge good",
        Some(404 | 409) => "badge warn",
        _ => "badge bad",
    };
    let line = record.summary();
    let (request, _) = line.rsplit_once(" → ").unwrap_or((&line, ""));
    let outcome =
        record.status.map_or_else(|| record.reason.clone(), |status| format!("{status} {}", record.reason));
    html! {
        p {
            span class=(class) { (outcome) } " "
            code { (readable(request)) } " "
            @if let Some(at) = at { span.none.time { (short_time(at)) } " " }
            @if let Some(operation) = operation { span.badge.plain { (operation) } }
        }
    }
}

/// A target as a person reads it.
fn readable(target: &str) -> String {
    let decoded = crate::exchange::percent_decode(target);
    decoded.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

/// An exchange that can be unfolded.
fn in_full(record: &Record) -> Markup {
    html! {
        details.exchange {
            summary { "Headers and bodies" @if record.milliseconds > 0 { ", " (record.milliseconds) " ms" } }
            p.minor { "Request" }
            (message(&record.request_headers, record.request_body.as_ref().map(|body| (body.text.as_str(), body.bytes))))
            p.minor { "Answer" }
            (message(&record.response_headers, record.response_body.as_ref().map(|body| (body.text.as_str(), body.bytes))))
        }
    }
}

fn message(headers: &[(String, String)], body: Option<(&str, usize)>) -> Markup {
    html! {
        pre tabindex="0" { @for (name, value) in headers { (name) ": " (value) "\n" } }
        @if let Some((text, bytes)) = body {
            p.help { (bytes) " bytes" }
            pre tabindex="0" { (pretty(text)) }
        }
    }
}

/// JSON with indentation; anything else as it is.
fn pretty(text: &str) -> String {
    let json = serde_json::from_str::<Value>(text).ok();
    json.and_then(|json| serde_json::to_string_pretty(&json).ok()).unwrap_or_else(|| text.to_owned())
}

/// An exchange of the Okta side, as its page shows it.
pub(super) fn of_okta(record: &Record, findings: &[Finding]) -> Markup {
    html! {
        article.card {
            (summary(record, None, None))
            @if !findings.is_empty() { (breaches(findings)) }
            (in_full(record))
        }
    }
}
