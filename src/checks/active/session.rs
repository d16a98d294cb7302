//! What one probe works with: it sends, remembers what it made, and says how requirements fared.
//!
//! Everything that a probe creates is written down when the answer comes, so that it is deleted whatever
//! becomes of the probe. Every exchange also goes through a passive judge of the probe's own.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::super::json::{self, member};
use super::super::probes::{replace, watch};
use super::super::{Finding, PassiveJudge, Requirement};
use super::call::{Answer, Call, Credential, SCIM_JSON};
use super::facts::{Capability, Facts, State};
use super::shape::shaped;
use super::{Engine, Mode};
use crate::exchange::{Exchange, Record, Request, TransportError, curl_line, percent_encode};

pub(in crate::checks) const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
pub(in crate::checks) const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
pub(in crate::checks) const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const PATCH_OP: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// The future of a probe.
pub(in crate::checks) type Step<'a> = Pin<Box<dyn Future<Output = Result<(), Stop>> + Send + 'a>>;

/// A piece of the examination: builds its own state, exercises it, and judges some requirements.
pub(in crate::checks) struct Probe {
    /// Stable name, e.g. `patch.replace-simple`.
    pub(in crate::checks) name: &'static str,
    /// Whether it writes, and whether it may run beside others.
    pub(in crate::checks) mode: Mode,
    /// Every requirement that it may judge.
    pub(in crate::checks) judges: &'static [&'static Requirement],
    /// What it does.
    pub(in crate::checks) run: for<'a> fn(&'a mut Session) -> Step<'a>,
}

/// Declares a probe: `probe!(NAME, "area.name", Writes, [REQ, …], function);`
macro_rules! probe {
    ($(#[$doc:meta])* $name:ident, $text:literal, $mode:ident, [$($requirement:expr),* $(,)?], $run:path) => {
        $(#[$doc])*
        static $name: $crate::checks::active::Probe = $crate::checks::active::Probe {
            name: $text,
            mode: $crate::checks::active::Mode::$mode,
            judges: &[$(&$requirement),*],
            run: |session| Box::pin($run(session)),
        };
    };
}
pub(in crate::checks) use probe;

/// Why a probe ended before its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::checks) enum Stop {
    /// It rests on something that is broken, which this requirement says.
    Blocked(String),
    /// The target truthfully does not offer what it needs.
    Skipped(String),
    /// No answer came.
    Lost(TransportError),
    /// The user wants to stop.
    Interrupted,
}

/// How one requirement fared in one place.
#[derive(Debug, Clone)]
pub(super) enum Word {
    Held,
    Broken(Box<Finding>),
    Skipped(String),
    Blocked(String),
}

/// A resource that the probe made.
#[derive(Debug, Clone)]
pub(in crate::checks) struct Made {
    /// Its id.
    pub(in crate::checks) id: String,
    /// `/Users/{id}`: its path below the base URL, the id encoded.
    pub(in crate::checks) path: String,
    /// The body of the 201, or what was sent when there was none.
    pub(in crate::checks) body: Value,
}

impl Made {
    /// The text that the resource has at a dotted path.
    pub(in crate::checks) fn text(&self, path: &str) -> String {
        json::at(&self.body, path).and_then(Value::as_str).unwrap_or_default().to_owned()
    }
}

/// What a probe works with.
pub(in crate::checks) struct Session {
    pub(super) engine: Arc<Engine>,
    /// What is known of the target.
    pub(in crate::checks) facts: Arc<Facts>,
    judge: PassiveJudge,
    /// Which probe this is, for names.
    label: String,
    names: u32,
    pub(super) words: Vec<(&'static Requirement, Word)>,
    pub(super) passive: Vec<Finding>,
    pub(super) watched: Vec<(&'static Requirement, Finding)>,
    conversation: Vec<String>,
    /// The latest exchanges in full.
    recent: VecDeque<Arc<Record>>,
    pub(super) made: Vec<String>,
    pub(super) left: Vec<String>,
    /// Whether the service failed to answer, or answered that it failed.
    pub(super) troubled: bool,
    pub(super) exchanges: usize,
    /// How many requests waited for the answer to the one before.
    pub(super) chain: usize,
}

impl Session {
    pub(super) fn new(engine: Arc<Engine>, facts: Arc<Facts>, label: String) -> Self {
        let judge = PassiveJudge::new(&engine.subject.base_url);
        Self {
            engine,
            facts,
            judge,
            label,
            names: 0,
            words: Vec::new(),
            passive: Vec::new(),
            watched: Vec::new(),
            conversation: Vec::new(),
            recent: VecDeque::new(),
            made: Vec::new(),
            left: Vec::new(),
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
            "Users" => USER,
            "Groups" => GROUP,
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

    /// Sends one request. What a `POST` makes is deleted at the end.
    pub(in crate::checks) async fn send(&mut self, call: Call) -> Result<Answer, Stop> {
        let call = self.fit(call)?;
        if self.engine.interrupted.load(Ordering::Relaxed) {
            return Err(Stop::Interrupted);
        }
        let request = self.request(&call);
        let exchange = self.engine.exchange(request).await;
        self.chain += 1;
        self.note(&call, exchange)
    }

    /// Sends several requests at the same time; the answers come in the order of the calls.
    pub(in crate::checks) async fn together(&mut self, calls: Vec<Call>) -> Result<Vec<Answer>, Stop> {
        let calls = calls.into_iter().map(|call| self.fit(call)).collect::<Result<Vec<_>, _>>()?;
        if self.engine.interrupted.load(Ordering::Relaxed) {
            return Err(Stop::Interrupted);
        }
        let mut running = tokio::task::JoinSet::new();
        for (index, call) in calls.iter().enumerate() {
            let (engine, request) = (Arc::clone(&self.engine), self.request(call));
            running.spawn(async move { (index, engine.exchange(request).await) });
        }
        let mut exchanges: Vec<Option<Exchange>> = calls.iter().map(|_| None).collect();
        while let Some(ended) = running.join_next().await {
            if let Ok((index, exchange)) = ended {
                exchanges[index] = Some(exchange);
            }
        }
        self.chain += 1;
        // In which order they took effect is unknown, so nothing is held against an earlier answer.
        self.judge.forget();
        let mut answers = Vec::new();
        let mut lost = None;
        for (call, exchange) in calls.iter().zip(exchanges.into_iter().flatten()) {
            match self.note(call, exchange) {
                Ok(answer) => answers.push(answer),
                Err(stop) => lost = Some(stop),
            }
            self.judge.forget();
        }
        lost.map_or(Ok(answers), Err)
    }

    /// Writes an exchange down and judges it by itself.
    fn note(&mut self, call: &Call, exchange: Exchange) -> Result<Answer, Stop> {
        self.exchanges += 1;
        let masker = &self.engine.masker;
        self.conversation.push(masker.text(&exchange.summary()));
        if self.recent.len() == Finding::IN_FULL {
            self.recent.pop_front();
        }
        self.recent.push_back(Arc::new(exchange.record(masker)));
        let mut found = if call.unwatched { Vec::new() } else { self.judge.observe(&exchange, masker) };
        for finding in &mut found {
            finding.conversation.clone_from(&self.conversation);
            finding.evidence = self.recent.iter().cloned().collect();
        }
        self.passive.append(&mut found);
        let response = match &exchange.outcome {
            Ok(response) => response,
            Err(error) => {
                self.troubled = true;
                let finding =
                    self.finding(&watch::ANSWERED, &exchange, &["an HTTP answer"], error.to_string());
                self.watched.push((&watch::ANSWERED, finding));
                return Err(Stop::Lost(error.clone()));
            }
        };
        self.troubled |= response.status >= 500 && response.status != 501;
        // 501 says truly that something is not there, and 503 that it is not there now.
        if response.status >= 500 && ![501, 503].contains(&response.status) {
            let start: String = String::from_utf8_lossy(&response.body).chars().take(120).collect();
            let actual = format!("{} with a body that begins with `{start}`", response.status);
            let finding = self.finding(
                &watch::SERVER_ERROR,
                &exchange,
                &["a success", "a 4xx with a SCIM error"],
                actual,
            );
            self.watched.push((&watch::SERVER_ERROR, finding));
        }
        let answer =
            Answer { status: response.status, body: response.json().unwrap_or(Value::Null), exchange };
        self.reassigned(call, &answer);
        let path = call.path.split('?').next().unwrap_or_default();
        let segments = path.split('/').filter(|segment| !segment.is_empty()).count();
        if call.method == "POST" && answer.ok() && segments == 1 && !["/Bulk", "/.search"].contains(&path) {
            // An id that is no text may not be the one that paths have. The Location is not believed over an id
            // that is one: it might name somebody else's resource.
            let id =
                answer.text("id").map(str::to_owned).or_else(|| located(&answer)).or_else(|| answer.id());
            if let Some(id) = id.filter(|id| !id.is_empty()) {
                self.adopt(&format!("{path}/{}", percent_encode(&id)));
            }
        } else if call.method == "DELETE" && answer.ok() {
            self.made.retain(|made| made != path);
        }
        Ok(answer)
    }

    /// Remembers the ids of what was deleted, and holds those of what is created against them.
    fn reassigned(&mut self, call: &Call, answer: &Answer) {
        let path = call.path.split('?').next().unwrap_or_default();
        let one = path.strip_prefix("/Users/").or_else(|| path.strip_prefix("/Groups/"));
        match (call.method.as_str(), one, answer.id()) {
            ("DELETE", Some(_), _) if answer.ok() => {
                let path = crate::exchange::percent_decode(path);
                self.engine.deleted.lock().unwrap_or_else(PoisonError::into_inner).insert(path);
            }
            ("POST", None, Some(id)) if answer.status == 201 => {
                // That ids of users and groups are different has a rule of its own.
                let resource = format!("{path}/{id}");
                let deleted = self.engine.deleted.lock().unwrap_or_else(PoisonError::into_inner);
                let known = deleted.contains(&resource);
                drop(deleted);
                if known {
                    let (new, old) =
                        ("an id that no resource had before", format!("the id {id} of a deleted resource"));
                    let finding = self.finding(&replace::NEW_ID, &answer.exchange, &[new], old);
                    self.watched.push((&replace::NEW_ID, finding));
                }
            }
            _ => {}
        }
    }

    /// Deletes the resource at that path when the probe ends.
    pub(in crate::checks) fn adopt(&mut self, path: &str) {
        if !self.made.iter().any(|made| made == path) {
            self.made.push(path.to_owned());
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

    // ── Making resources ─────────────────────────────────────────────────────────────────────────

    /// The body of a new user that this target takes: its template, a fresh user name, and `extra` on
    /// top, whose nulls take members away.
    pub(in crate::checks) fn user_body(&mut self, extra: Value) -> Value {
        let login = self.login();
        let mut body = match &self.facts.user_base {
            Some(base) => base.clone(),
            None => json!({
                "schemas": [USER],
                "userName": "",
                "name": {"givenName": "Ada", "familyName": "Lovelace"},
                "displayName": "Countess Ada",
                "emails": [{"value": "", "type": "work", "primary": true}],
                "active": true,
            }),
        };
        body["userName"] = json!(login);
        if let Some(first) = body.pointer_mut("/emails/0/value") {
            *first = json!(login);
        }
        overlay(&mut body, self.facts.user_extra.clone());
        overlay(&mut body, extra);
        body
    }

    /// A body of a user with the members that every new user needs on this target.
    pub(in crate::checks) fn completed(&self, mut body: Value) -> Value {
        overlay(&mut body, self.facts.user_extra.clone());
        body
    }

    /// The body of a new group with a fresh name.
    pub(in crate::checks) fn group_body(&mut self, members: &[&Made]) -> Value {
        let mut body = json!({"schemas": [GROUP], "displayName": self.name()});
        overlay(&mut body, self.facts.group_extra.clone());
        if !members.is_empty() {
            body["members"] = members.iter().map(|made| json!({"value": made.id})).collect();
        }
        body
    }

    /// A new user. When the target refuses it, the probe is blocked.
    pub(in crate::checks) async fn user(&mut self) -> Result<Made, Stop> {
        self.user_with(json!({})).await
    }

    /// A new user with more attributes; see [`Session::user_body`].
    pub(in crate::checks) async fn user_with(&mut self, extra: Value) -> Result<Made, Stop> {
        self.need(Capability::CreateUser)?;
        let body = self.user_body(extra);
        self.make("/Users", body, "create.user").await
    }

    /// A new group with these members. When the target refuses it, the probe is blocked.
    pub(in crate::checks) async fn group(&mut self, members: &[&Made]) -> Result<Made, Stop> {
        self.need(Capability::CreateGroup)?;
        let body = self.group_body(members);
        if members.is_empty() {
            return self.make("/Groups", body, "create.group").await;
        }
        let by = "group.created-with-members";
        let made = self.make("/Groups", body, by).await?;
        // Without its members it is not what the probe needs.
        let has = |body: &Value| {
            members.iter().all(|member| json::texts(body, "members", "value").contains(&member.id))
        };
        if has(&made.body) || has(&self.get(&made.path).await?.body) {
            return Ok(made);
        }
        // Some take members only once the group is there.
        let add: Value = members.iter().map(|made| json!({"value": made.id})).collect();
        self.patch(&made.path, json!({"op": "add", "path": "members", "value": add})).await?;
        if has(&self.get(&made.path).await?.body) { Ok(made) } else { Err(Stop::Blocked(by.to_owned())) }
    }

    /// Creates a resource that other checks say must be creatable.
    pub(in crate::checks) async fn make(
        &mut self,
        endpoint: &str,
        body: Value,
        by: &str,
    ) -> Result<Made, Stop> {
        let answer = self.post(endpoint, &body).await?;
        let id = if answer.ok() { answer.id().or_else(|| located(&answer)) } else { None };
        let Some(id) = id else {
            return Err(Stop::Blocked(by.to_owned()));
        };
        let body = if answer.body.is_object() { answer.body } else { body };
        Ok(Made { path: format!("{endpoint}/{}", percent_encode(&id)), id, body })
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

    /// The requirement held here.
    pub(in crate::checks) fn pass(&mut self, requirement: &'static Requirement) {
        self.words.push((requirement, Word::Held));
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
        self.words.push((requirement, Word::Broken(Box::new(finding))));
    }

    fn finding(
        &self,
        requirement: &'static Requirement,
        exchange: &Exchange,
        expected: &[&str],
        actual: impl Into<String>,
    ) -> Finding {
        let masker = &self.engine.masker;
        Finding {
            requirement: requirement.slug.to_owned(),
            level: requirement.level,
            citation: requirement.citation.to_owned(),
            text: requirement.text.to_owned(),
            expected: expected.iter().map(|text| masker.text(text)).collect(),
            actual: masker.text(&actual.into()),
            pointer: None,
            exchange: masker.text(&exchange.summary()),
            curl: curl_line(&exchange.request, masker),
            admin_message: None,
            advice: requirement.advice.to_owned(),
            conversation: self.conversation.clone(),
            evidence: self.evidence(exchange),
        }
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
        if let Some((_, Word::Broken(finding))) = self.words.last_mut() {
            finding.admin_message = Some(message.into());
        }
    }

    /// Passes when `condition` holds, else fails; gives the condition back.
    pub(in crate::checks) fn hold(
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
        self.words.iter().any(|(known, _)| known.slug == requirement.slug)
    }

    /// The requirement does not apply here, and why.
    pub(in crate::checks) fn skip(&mut self, requirement: &'static Requirement, reason: impl Into<String>) {
        self.words.push((requirement, Word::Skipped(reason.into())));
    }

    /// The requirement could not be judged because of another one.
    pub(in crate::checks) fn blocked(&mut self, requirement: &'static Requirement, by: &str) {
        self.words.push((requirement, Word::Blocked(by.to_owned())));
    }

    /// Goes on only where the target can do this; else the probe is blocked or skipped.
    pub(in crate::checks) fn need(&self, capability: Capability) -> Result<(), Stop> {
        match self.facts.state(capability) {
            State::Works | State::Untried => Ok(()),
            State::Broken(by) => Err(Stop::Blocked(by.clone())),
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
        tokio::time::sleep(duration).await;
    }
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
        .raw(json!({"schemas": [PATCH_OP], "Operations": operations}).to_string(), SCIM_JSON)
}

/// The id in the `Location` of a creation.
fn located(answer: &Answer) -> Option<String> {
    let location = answer.header("Location")?;
    let last = location.trim_end_matches('/').rsplit('/').next()?;
    Some(crate::exchange::percent_decode(last)).filter(|id| !id.is_empty())
}

/// Lays the members of `top` over `body`; null takes a member away.
fn overlay(body: &mut Value, top: Value) {
    let (Some(body), Value::Object(top)) = (body.as_object_mut(), top) else { return };
    for (name, value) in top {
        let known = body.keys().find(|key| key.eq_ignore_ascii_case(&name)).cloned();
        if name == "schemas" {
            extend_schemas(body, &value);
        } else if value.is_null() {
            body.shift_remove(known.as_deref().unwrap_or(&name));
        } else {
            if name.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("urn:")) {
                extend_schemas(body, &json!([name]));
            }
            body.insert(known.unwrap_or(name), value);
        }
    }
}

fn extend_schemas(body: &mut Map<String, Value>, more: &Value) {
    let Some(listed) = body.entry("schemas").or_insert_with(|| json!([])).as_array_mut() else { return };
    for urn in more.as_array().into_iter().flatten() {
        if !listed.contains(urn) {
            listed.push(urn.clone());
        }
    }
}

/// Whether a list is one: `totalResults` and, when it has any, `Resources`.
pub(in crate::checks) fn is_list(answer: &Answer) -> bool {
    // Pages by cursor may leave totalResults out (RFC 9865 §2).
    let counted = ["totalResults", "nextCursor", "previousCursor"];
    answer.status == 200 && counted.iter().any(|name| member(&answer.body, name).is_some())
}
