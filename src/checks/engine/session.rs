//! What one probe works with: it sends, remembers what it made, and says how requirements fared.
//!
//! Everything that a probe creates is written down when the answer comes, so that it is deleted whatever
//! becomes of the probe. Every exchange also goes through a passive judge of the probe's own.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::call::{Answer, Call, Credential, SCIM_JSON, path_to};
use super::facts::{Capability, Facts, State};
use super::shape::shaped;
use super::stop::Stop;
use super::tally::Outcome;
use super::watch::Watcher;
use super::wire::Engine;
use crate::checks::json::{member, shown};
use crate::checks::{Finding, Requirement};
use crate::exchange::{Exchange, Limits, Record, Request, TransportError, segment};
use crate::urn;

/// What a probe works with.
pub(in crate::checks) struct Session {
    pub(in crate::checks) engine: Arc<Engine>,
    /// What is known of the target.
    pub(in crate::checks) facts: Arc<Facts>,
    watcher: Box<dyn Watcher>,
    /// Which probe this is, for names.
    label: String,
    names: u32,
    /// What the probe found of each requirement.
    pub(in crate::checks) outcomes: Vec<(&'static Requirement, Outcome)>,
    /// What the passive rules found.
    pub(in crate::checks) passive: Vec<Finding>,
    conversation: Vec<String>,
    /// The latest exchanges in full.
    recent: VecDeque<Arc<Record>>,
    pub(super) created: Vec<String>,
    /// What the clean-up did not delete.
    pub(in crate::checks) left: Vec<String>,
    /// Requests that were not sent, since the id that the service gave is that of somebody else's resource.
    pub(in crate::checks) not_ours: Vec<Exchange>,
    /// Whether the service failed to answer, or answered that it failed.
    pub(in crate::checks) troubled: bool,
    pub(in crate::checks) exchanges: usize,
    /// How many requests waited for the answer to the one before.
    pub(in crate::checks) chain: usize,
}

impl Session {
    pub(in crate::checks) fn new(
        engine: Arc<Engine>,
        facts: Arc<Facts>,
        label: String,
        watcher: Box<dyn Watcher>,
    ) -> Self {
        Self {
            engine,
            facts,
            watcher,
            label,
            names: 0,
            outcomes: Vec::new(),
            passive: Vec::new(),
            conversation: Vec::new(),
            recent: VecDeque::new(),
            created: Vec::new(),
            left: Vec::new(),
            not_ours: Vec::new(),
            troubled: false,
            exchanges: 0,
            chain: 0,
        }
    }

    // ── Names ────────────────────────────────────────────────────────────────────────────────────

    /// A name that nobody else uses: the run's prefix, the probe, a counter. Lower case, no blanks.
    pub(in crate::checks) fn name(&mut self) -> String {
        self.names += 1;
        format!("{}-{}-{}", self.engine.prefix, self.label, self.names)
    }

    /// A user name of the form that most services insist on: an e-mail address.
    pub(in crate::checks) fn login(&mut self) -> String {
        format!("{}@example.com", self.name())
    }

    // ── Sending ──────────────────────────────────────────────────────────────────────────────────

    pub(super) fn request(&self, call: &Call) -> Request {
        let subject = &self.engine.subject;
        let mut base = subject.base_url.trim_end_matches('/').to_owned();
        if let (Some(version), Some(at)) = (call.version, version_at(&base)) {
            base.replace_range(at.., version);
        }
        let url = format!("{base}{}", call.path);
        let mut headers: Vec<(String, String)> = Vec::new();
        let mut push = |name: &str, value: String| headers.push((name.to_owned(), value));
        if let Some(accept) = &call.accept {
            push("Accept", accept.clone());
        }
        if call.okta {
            push("Accept-Charset", "utf-8".into());
        }
        if let Some((_, content_type)) = &call.body
            && !content_type.is_empty()
        {
            push("Content-Type", content_type.clone());
        }
        let own = concat!("scimulate/", env!("CARGO_PKG_VERSION"));
        push("User-Agent", if call.okta { "Okta SCIM Client 1.0.0" } else { own }.into());
        let authorization = match &call.credential {
            Credential::Own => subject.authorization.clone(),
            Credential::Second => subject.second.clone(),
            Credential::None => None,
            Credential::Value(value) => Some(value.clone()),
        };
        if let Some(value) = authorization {
            push("Authorization", value);
        }
        for (name, value) in &subject.headers {
            // A header field that stands in for the credential goes where the credential goes.
            if call.credential == Credential::Own || !name.eq_ignore_ascii_case("authorization") {
                push(name, value.clone());
            }
        }
        for (name, value) in &call.headers {
            push(name, value.clone());
        }
        if let Some((body, _)) = &call.body {
            push("Content-Length", body.len().to_string());
        }
        let rest = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest);
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default().to_owned();
        push("Host", host);
        if call.okta {
            push("Connection", "Keep-Alive".into());
            push("Accept-Encoding", "gzip,deflate".into());
        }
        Request {
            method: call.method.clone(),
            url,
            headers,
            body: call.body.as_ref().map(|(body, _)| body.clone()),
        }
    }

    /// A creation or a PUT with a JSON body in the shape that this target takes.
    fn fit(&self, call: Call) -> Result<Call, Stop> {
        let kind = match call.path.split('/').nth(1).unwrap_or_default() {
            "Users" => urn::USER,
            "Groups" => urn::GROUP,
            _ => return Ok(call),
        };
        match &call.shape {
            Some(body) if ["POST", "PUT"].contains(&call.method.as_str()) => {
                let body = shaped(&self.facts, kind, body)?;
                Ok(call.json(&body))
            }
            _ => Ok(call),
        }
    }

    fn may_send(&self) -> Result<(), Stop> {
        if self.engine.interruption.is_raised() {
            return Err(Stop::Interrupted);
        }
        self.engine.end().map_or(Ok(()), |_| Err(Stop::Ended))
    }

    /// Sends one request. What a `POST` makes is deleted at the end.
    pub(in crate::checks) async fn send(&mut self, call: Call) -> Result<Answer, Stop> {
        let call = self.fit(call)?;
        self.may_send()?;
        let request = self.request(&call);
        let exchange = exchanged(&self.engine, request).await?;
        self.chain += 1;
        self.note(&call, exchange)
    }

    /// Sends several requests at the same time; the answers come in the order of the calls.
    pub(in crate::checks) async fn together(&mut self, calls: Vec<Call>) -> Result<Vec<Answer>, Stop> {
        let calls = calls.into_iter().map(|call| self.fit(call)).collect::<Result<Vec<_>, _>>()?;
        self.may_send()?;
        let running: Vec<_> = calls
            .iter()
            .map(|call| {
                let (engine, request) = (Arc::clone(&self.engine), self.request(call));
                tokio::spawn(async move { exchanged(&engine, request).await })
            })
            .collect();
        let mut exchanges = Vec::with_capacity(calls.len());
        for one in running {
            match one.await {
                Ok(exchange) => exchanges.push(exchange),
                // A panic below is a bug of this program.
                Err(error) => std::panic::resume_unwind(error.into_panic()),
            }
        }
        self.chain += 1;
        // In which order they took effect is unknown, so nothing is held against an earlier answer.
        self.watcher.forget();
        let mut answers = Vec::new();
        let mut lost = None;
        for (call, exchange) in calls.iter().zip(exchanges) {
            let noted = exchange.and_then(|exchange| self.note(call, exchange));
            match noted {
                Ok(answer) => answers.push(answer),
                Err(stop) => lost = Some(stop),
            }
            self.watcher.forget();
        }
        lost.map_or(Ok(answers), Err)
    }

    /// Writes an exchange down and judges it by itself.
    fn note(&mut self, call: &Call, exchange: Exchange) -> Result<Answer, Stop> {
        match &exchange.outcome {
            Err(TransportError::Interrupted) => return Err(Stop::Interrupted),
            Err(TransportError::NotOurs { reason }) => {
                let reason = format!("nothing is written to what the check did not create: {reason}");
                self.not_ours.push(exchange);
                return Err(Stop::Skipped(reason));
            }
            Ok(_) | Err(_) => {}
        }
        self.exchanges += 1;
        let masker = &self.engine.masker;
        self.conversation.push(masker.text(&exchange.summary()));
        if self.recent.len() == Finding::IN_FULL {
            self.recent.pop_front();
        }
        self.recent.push_back(Arc::new(exchange.record(masker)));
        let mut found = self.watcher.observe(&exchange, call.unwatched, masker);
        // A probe keeps no more of one requirement than a single exchange may show.
        found.retain(|finding| {
            let same = |known: &&Finding| known.requirement == finding.requirement;
            self.passive.iter().filter(same).count() < Limits::FINDINGS
        });
        for finding in &mut found {
            finding.conversation.clone_from(&self.conversation);
            finding.evidence = self.recent.iter().cloned().collect();
        }
        self.passive.append(&mut found);
        let response = match &exchange.outcome {
            Ok(response) => response,
            Err(error) => {
                self.troubled = true;
                return Err(Stop::Lost(error.clone()));
            }
        };
        self.troubled |= response.status >= 500 && response.status != 501;
        let answer =
            Answer { status: response.status, body: response.json().unwrap_or(Value::Null), exchange };
        let path = call.path.split('?').next().unwrap_or_default();
        let segments = path.split('/').filter(|segment| !segment.is_empty()).count();
        if call.method == "POST" && answer.ok() && segments == 1 && !["/Bulk", "/.search"].contains(&path) {
            // An id that is no text may not be the one that paths have. The Location is not believed over an id
            // that is one: it might name somebody else's resource.
            let id =
                answer.text("id").map(str::to_owned).or_else(|| located(&answer)).or_else(|| answer.id());
            if let Some(id) = id {
                self.adopt(path, &id);
            }
        } else if call.method == "DELETE" && answer.ok() {
            self.created.retain(|created| created != path);
        }
        Ok(answer)
    }

    /// Deletes that resource when the probe ends; what has no path stays, and is told.
    pub(in crate::checks) fn adopt(&mut self, endpoint: &str, id: &str) {
        match path_to(endpoint, id) {
            Ok(path) => self.keep(&path),
            Err(_) => {
                self.left.push(format!("{endpoint}, a resource with the id {}", shown(Some(&json!(id)))))
            }
        }
    }

    /// Deletes the resource at that path when the probe ends.
    pub(in crate::checks) fn keep(&mut self, path: &str) {
        if !self.created.iter().any(|created| created == path) {
            self.created.push(path.to_owned());
        }
    }

    pub(in crate::checks) async fn get(&mut self, path: &str) -> Result<Answer, Stop> {
        self.send(Call::get(path)).await
    }

    pub(in crate::checks) async fn post(&mut self, path: &str, body: &Value) -> Result<Answer, Stop> {
        self.send(Call::new("POST", path).json(body)).await
    }

    pub(in crate::checks) async fn put(&mut self, path: &str, body: &Value) -> Result<Answer, Stop> {
        self.send(Call::new("PUT", path).json(body)).await
    }

    /// A PATCH of these operations (an array, or one object).
    pub(in crate::checks) async fn patch(&mut self, path: &str, operations: Value) -> Result<Answer, Stop> {
        self.send(patch_call(path, operations)).await
    }

    pub(in crate::checks) async fn delete(&mut self, path: &str) -> Result<Answer, Stop> {
        self.send(Call::new("DELETE", path)).await
    }

    /// A list of `endpoint` by this filter.
    pub(in crate::checks) async fn filter(&mut self, endpoint: &str, filter: &str) -> Result<Answer, Stop> {
        self.send(Call::get(super::call::filtered(endpoint, filter))).await
    }

    /// The value of `Authorization` that requests carry, if there is one.
    pub(in crate::checks) fn authorization(&self) -> Option<String> {
        self.engine.subject.authorization.clone()
    }

    /// Whether there is a credential of another tenant.
    pub(in crate::checks) fn has_second(&self) -> bool {
        self.engine.subject.second.is_some()
    }

    /// The path of the base URL, e.g. `/scim/v2`.
    pub(in crate::checks) fn base_path(&self) -> String {
        let base = self.engine.subject.base_url.as_str();
        let rest = base.split_once("://").map_or(base, |(_, rest)| rest);
        rest.find('/').map_or("", |at| &rest[at..]).trim_end_matches('/').to_owned()
    }

    /// Whether the base URL ends with a protocol version, as in `/scim/v2`.
    pub(in crate::checks) fn has_version(&self) -> bool {
        version_at(self.engine.subject.base_url.trim_end_matches('/')).is_some()
    }

    // ── Judging ──────────────────────────────────────────────────────────────────────────────────

    /// The requirement is kept here.
    pub(in crate::checks) fn pass(&mut self, requirement: &'static Requirement) {
        self.outcomes.push((requirement, Outcome::Passed));
    }

    /// The requirement is broken, as `answer` shows.
    pub(in crate::checks) fn fail(
        &mut self,
        requirement: &'static Requirement,
        answer: &Answer,
        expected: &[&str],
        actual: impl Into<String>,
    ) {
        let finding = self.finding(requirement, &answer.exchange, expected, actual);
        self.outcomes.push((requirement, Outcome::Failed(Box::new(finding))));
    }

    fn finding(
        &self,
        requirement: &'static Requirement,
        exchange: &Exchange,
        expected: &[&str],
        actual: impl Into<String>,
    ) -> Finding {
        let mut finding = Finding::new(requirement, exchange, &self.engine.masker, expected, &actual.into());
        finding.conversation.clone_from(&self.conversation);
        finding.evidence = self.evidence(exchange);
        finding
    }

    /// The latest exchanges in full, the one in question among them.
    fn evidence(&self, exchange: &Exchange) -> Vec<Arc<Record>> {
        let shown = exchange.record(&self.engine.masker);
        let mut evidence: Vec<Arc<Record>> = self.recent.iter().cloned().collect();
        if !evidence.iter().any(|known| **known == shown) {
            if evidence.len() == Finding::IN_FULL {
                evidence.remove(0);
            }
            evidence.insert(0, Arc::new(shown));
        }
        evidence
    }

    /// Adds what an Okta administrator sees to the latest failure.
    pub(in crate::checks) fn seen_as(&mut self, message: impl Into<String>) {
        if let Some((_, Outcome::Failed(finding))) = self.outcomes.last_mut() {
            finding.admin_message = Some(self.engine.masker.shown(&message.into()));
        }
    }

    /// Passes when `condition` holds, else fails; gives the condition back.
    pub(in crate::checks) fn require(
        &mut self,
        requirement: &'static Requirement,
        condition: bool,
        answer: &Answer,
        expected: &[&str],
        actual: impl FnOnce() -> String,
    ) -> bool {
        if condition {
            self.pass(requirement);
        } else {
            self.fail(requirement, answer, expected, actual());
        }
        condition
    }

    /// Whether this probe has said something of the requirement.
    pub(in crate::checks) fn judged(&self, requirement: &'static Requirement) -> bool {
        self.outcomes.iter().any(|(known, _)| known.slug == requirement.slug)
    }

    /// The requirement does not apply here, and why.
    pub(in crate::checks) fn skip(&mut self, requirement: &'static Requirement, reason: impl Into<String>) {
        self.outcomes.push((requirement, Outcome::Skipped(reason.into())));
    }

    /// The requirement could not be judged because of another one.
    pub(in crate::checks) fn blocked(&mut self, requirement: &'static Requirement, by: &'static Requirement) {
        let shown = self.latest();
        self.outcomes.push((requirement, Outcome::Blocked(by, shown)));
    }

    /// The latest exchange on one line.
    pub(in crate::checks) fn latest(&self) -> String {
        self.conversation.last().cloned().unwrap_or_else(|| "a request of the orientation".to_owned())
    }

    /// Whether the service failed to answer the latest request, or failed at it: then that is what stands in the way.
    pub(in crate::checks) fn just_failed(&self) -> bool {
        self.recent.back().is_some_and(|record| {
            record.status.is_none_or(|status| status >= 500 && ![501, 503].contains(&status))
        })
    }

    /// Goes on only where the target can do this; else the probe is blocked or skipped.
    pub(in crate::checks) fn need(&self, capability: Capability) -> Result<(), Stop> {
        match self.facts.state(capability) {
            State::Works | State::Untried => Ok(()),
            State::Broken(by) => Err(Stop::Blocked(by)),
            State::Absent(reason) => Err(Stop::Skipped(reason.clone())),
        }
    }

    /// Ends the probe because the target does not offer something, truthfully or as far as is known.
    pub(in crate::checks) fn absent<T>(&self, reason: impl Into<String>) -> Result<T, Stop> {
        Err(Stop::Skipped(reason.into()))
    }

    // ── Time ─────────────────────────────────────────────────────────────────────────────────────

    /// Waits in real time.
    pub(in crate::checks) async fn wait(&self, duration: Duration) {
        self.engine.interruption.sleep(duration).await;
    }
}

/// The exchange, unless the examination has ended.
async fn exchanged(engine: &Engine, request: Request) -> Result<Exchange, Stop> {
    engine.exchange(request).await.ok_or(Stop::Ended)
}

/// Where the protocol version (RFC 7644 §3.13) begins with which a base URL ends.
fn version_at(base: &str) -> Option<usize> {
    let at = base.rfind('/')? + 1;
    let digits = base[at..].strip_prefix(['v', 'V'])?;
    (!digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())).then_some(at)
}

/// A PATCH of these operations (an array, or one object).
pub(in crate::checks) fn patch_call(path: &str, operations: Value) -> Call {
    let operations = if operations.is_array() { operations } else { json!([operations]) };
    Call::new("PATCH", path)
        .raw(json!({"schemas": [urn::PATCH_OP], "Operations": operations}).to_string(), SCIM_JSON)
}

/// The id in the `Location` of a creation.
pub(in crate::checks) fn located(answer: &Answer) -> Option<String> {
    let location = answer.header("Location")?;
    let last = location.trim_end_matches('/').rsplit('/').next()?;
    Some(crate::exchange::percent_decode(last)).filter(|id| segment(id).is_ok())
}

/// Whether a list is one: `totalResults` and, when it has any, `Resources`.
pub(in crate::checks) fn is_list(answer: &Answer) -> bool {
    // Pages by cursor may leave totalResults out (RFC 9865 §2).
    let counted = ["totalResults", "nextCursor", "previousCursor"];
    answer.status == 200 && counted.iter().any(|name| member(&answer.body, name).is_some())
}
