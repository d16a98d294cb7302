//! Runs one scenario in one dialect against one target: performs its steps, judges its expectations,
//! compares its snapshots, and cleans up after itself. Emits events; prints nothing.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use indexmap::IndexMap;
use serde_json::{Value, json};

use super::console::{ConsoleClient, ProviderSecret};
use super::console_actions::{Export, Refusal};
use super::console_judge;
use super::foreign;
use super::judge::{self, Context, Judgement};
use super::model::{DialectName, LocatedStep, Requirement, Scenario, Step};
use super::observe::{self, Access, Observation, Resources};
use super::points::{Points, Taken};
use super::record::Recorder;
use super::suite::RunOptions;
use super::template::Names;
use crate::checks::PassiveJudge;
use crate::exchange::{BoxFuture, Exchange, Transport as _};
use crate::okta::{self, Definition, Dialect, Simulator};
use crate::result::{Event, Failure, Outcome, ScenarioKey, ScenarioResult, StepResult};
use crate::snapshot::Normaliser;
use crate::target::Target;

/// A scenario's result with what is compared between the dialects.
pub(super) struct Ran {
    pub(super) result: ScenarioResult,
    /// Every snapshot point and the end, normalised.
    pub(super) states: Vec<(String, String)>,
}

pub(super) struct Runner<'a> {
    pub(super) scenario: &'a Scenario,
    pub(super) key: ScenarioKey,
    pub(super) dialect: DialectName,
    pub(super) options: &'a RunOptions,
    pub(super) target: Target,
    pub(super) recorder: Recorder,
    pub(super) console: Option<ConsoleClient>,
    pub(super) simulator: Simulator,
    pub(super) judge: PassiveJudge,
    pub(super) providers: IndexMap<String, ProviderSecret>,
    pub(super) access: Access,
    pub(super) configured: bool,
    pub(super) names: Names,
    pub(super) people: Vec<String>,
    pub(super) groups: Vec<String>,
    pub(super) action: Vec<Exchange>,
    pub(super) wire: Vec<(String, Vec<Exchange>)>,
    /// Collection and id of everything that this run made or found, oldest first.
    pub(super) known: Vec<(String, String)>,
    pub(super) created: Vec<(String, String)>,
    pub(super) ids: Vec<(String, String)>,
    pub(super) ids_expected: HashMap<String, String>,
    pub(super) log_seen: usize,
    pub(super) findings: Vec<crate::checks::Finding>,
    pub(super) not_observed: BTreeSet<String>,
    pub(super) exchanges: usize,
    pub(super) points: Points<'a>,
    /// How the console refused the latest action on it.
    pub(super) refusal: Option<Refusal>,
    /// What the latest Apply Org and Role Settings reported.
    pub(super) applied: Option<Value>,
    /// The latest export of the sync log.
    pub(super) export: Option<Export>,
    pub(super) audit_seen: usize,
    /// What an action itself found wrong: a job of Okta's that failed, a value that is not there.
    pub(super) action_failures: Vec<Failure>,
}

/// We could not do our job; ends the scenario.
pub(super) struct Broken(pub(super) String);

impl<E: std::error::Error> From<E> for Broken {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

/// Waits by moving the target's clock where that is possible, else by waiting.
struct Pacer {
    console: Option<ConsoleClient>,
    options: RunOptions,
    key: ScenarioKey,
}

impl okta::Pacing for Pacer {
    fn wait<'b>(&'b self, why: &'b str, seconds: u64) -> BoxFuture<'b, ()> {
        Box::pin(async move {
            let wait = std::time::Duration::from_secs(seconds);
            (self.options.events)(Event::StepWaiting {
                key: self.key.clone(),
                index: 0,
                reason: why.to_owned(),
                wait,
            });
            match &self.console {
                Some(console) => {
                    let _ = console.advance(i64::try_from(seconds).unwrap_or(i64::MAX)).await;
                }
                None => tokio::time::sleep(wait).await,
            }
        })
    }
}

impl<'a> Runner<'a> {
    pub(super) fn new(
        scenario: &'a Scenario,
        dialect: DialectName,
        target: Target,
        options: &'a RunOptions,
    ) -> Result<Self, String> {
        let key = ScenarioKey { name: scenario.name.clone(), dialect: dialect.as_str().to_owned() };
        let recorder = Recorder::new(
            Arc::clone(&target.transport),
            target.headers.clone(),
            Arc::clone(&options.stopwatch),
        );
        let console =
            target.console.clone().map(|console| ConsoleClient::new(console, Arc::clone(&target.transport)));
        let mut names = Names::default();
        for (name, value) in &scenario.variables {
            names.set(name, value);
        }
        for (name, value) in &options.variables {
            names.set(name, value);
        }
        let suffix = target.suffix.clone().unwrap_or_default();
        let mut people = IndexMap::new();
        for (name, person) in &scenario.people {
            let mut person: okta::operation::Person = filled(&names, person)?;
            let plain = person.login.clone();
            person.login = suffixed_login(&person.login, &suffix);
            if person.email.as_deref() == Some(plain.as_str()) {
                person.email = Some(person.login.clone());
            }
            names.set(format!("people.{name}.login"), &person.login);
            names.set(format!("people.{name}.LOGIN"), person.login.to_uppercase());
            people.insert(name.clone(), person);
        }
        let mut groups = IndexMap::new();
        for (name, group) in &scenario.groups {
            let mut group: okta::operation::Group = filled(&names, group)?;
            group.name.push_str(&suffix);
            names.set(format!("groups.{name}.name"), &group.name);
            groups.insert(name.clone(), group);
        }
        let pacer = Pacer {
            console: console.clone().filter(|_| target.clock),
            options: options.clone(),
            key: key.clone(),
        };
        let (people_names, group_names) =
            (people.keys().cloned().collect(), groups.keys().cloned().collect());
        let definition = Definition {
            dialect: match dialect {
                DialectName::Oin => Dialect::Oin,
                DialectName::Aiw => Dialect::Aiw,
                DialectName::Entra => Dialect::Entra,
            },
            app: scenario.app.clone(),
            people,
            groups,
            seed: 0,
        };
        let mut normaliser = Normaliser::new(target.start);
        normaliser.strip(&suffix);
        Ok(Self {
            simulator: Simulator::new(definition, Arc::new(recorder.clone()), Arc::new(pacer)),
            judge: PassiveJudge::new(&target.base_url),
            access: Access { base_url: target.base_url.clone(), authorization: target.auth.header_value() },
            points: Points::new(scenario, dialect, options, normaliser, target.fresh),
            scenario,
            key,
            dialect,
            options,
            target,
            recorder,
            console,
            providers: IndexMap::new(),
            configured: false,
            names,
            people: people_names,
            groups: group_names,
            action: Vec::new(),
            wire: Vec::new(),
            known: Vec::new(),
            created: Vec::new(),
            ids: Vec::new(),
            ids_expected: HashMap::new(),
            log_seen: 0,
            findings: Vec::new(),
            not_observed: BTreeSet::new(),
            exchanges: 0,
            action_failures: Vec::new(),
            refusal: None,
            applied: None,
            export: None,
            audit_seen: 0,
        })
    }

    /// Why the scenario makes no sense on this target, if it does not.
    pub(super) fn unmet(scenario: &Scenario, target: &Target) -> Option<String> {
        let reason = |requirement: Requirement| match requirement {
            Requirement::Console => "the target has no console API (/console/v1)",
            Requirement::Clock => "the target's clock cannot be moved",
            Requirement::Fresh => "the target is not fresh: others may have put resources there",
            Requirement::Guide => "the target does not behave as the guide says",
        };
        let unmet = |requirement: &&Requirement| match requirement {
            Requirement::Console => target.console.is_none(),
            Requirement::Clock => !target.clock,
            Requirement::Fresh => !target.fresh,
            Requirement::Guide => !target.guide,
        };
        scenario.requires.iter().find(unmet).map(|requirement| {
            format!("it requires `{}`, and {}", requirement.as_str(), reason(*requirement))
        })
    }

    /// Runs all steps.
    pub(super) async fn run(mut self) -> Ran {
        let began = (self.options.stopwatch)();
        let mut steps = Vec::new();
        let mut broken = None;
        let mut blocked: Option<String> = None;
        let configures =
            self.scenario.steps.iter().any(|step| matches!(step.step, Step::OktaConfigureApiIntegration(_)));
        if !configures && let Err(Broken(message)) = self.configure(None, None).await {
            broken = Some(message);
        }
        for (index, located) in self.scenario.steps.iter().enumerate() {
            if broken.is_some() {
                break;
            }
            if self.options.interrupted.load(Ordering::Relaxed) {
                broken = Some("the run was interrupted; what it had made was deleted again".to_owned());
                break;
            }
            let title = located.step.title();
            (self.options.events)(Event::StepStarted { key: self.key.clone(), index, title: title.clone() });
            let mut result = StepResult {
                index,
                title: title.clone(),
                location: format!("{}:{}:{}", self.scenario.path.display(), located.line, located.column),
                outcome: Outcome::Passed,
                failures: Vec::new(),
                exchanges: Vec::new(),
                evidence: Vec::new(),
            };
            if !located.step.is_observation() {
                self.action.clear();
            }
            let next = self.scenario.steps.get(index + 1).map(|located| &located.step);
            let outcome = self.step(located, next).await;
            match (outcome, &blocked) {
                (Ok(failures), _) if failures.is_empty() && self.action_failures.is_empty() => {}
                // What fails after a failed action says nothing by itself.
                (Ok(_) | Err(_), Some(reason)) => {
                    self.action_failures.clear();
                    result.outcome = Outcome::Blocked { reason: reason.clone() };
                }
                (Ok(failures), None) => {
                    result.outcome = Outcome::Failed;
                    if !self.action_failures.is_empty() {
                        blocked = Some(format!("`{title}` failed"));
                    }
                    result.failures = failures;
                    result.failures.append(&mut self.action_failures);
                }
                (Err(Broken(message)), None) => {
                    result.outcome = Outcome::Error { message: message.clone() };
                    broken = Some(message);
                }
            }
            if !located.step.is_observation() {
                result.exchanges = self
                    .action
                    .iter()
                    .map(|exchange| self.options.masker.text(&exchange.summary()))
                    .collect();
                let masker = &self.options.masker;
                result.evidence =
                    self.action.iter().map(|exchange| Arc::new(exchange.record(masker))).collect();
                if !self.action.is_empty() {
                    self.wire.push((title, self.action.clone()));
                }
            }
            steps.push(result);
        }
        let failed_already = steps.iter().any(|step: &StepResult| step.outcome == Outcome::Failed);
        if broken.is_none() && !failed_already {
            match self.finish().await {
                Ok(failures) if failures.is_empty() => {}
                Ok(failures) => steps.push(StepResult {
                    index: steps.len(),
                    title: "the conversation".into(),
                    location: format!("{}:1:1", self.scenario.path.display()),
                    outcome: Outcome::Failed,
                    failures,
                    exchanges: Vec::new(),
                    evidence: Vec::new(),
                }),
                Err(Broken(message)) => broken = Some(message),
            }
        }
        self.clean_up().await;
        if broken.is_none() && steps.iter().all(|step| step.outcome == Outcome::Passed) {
            steps.iter_mut().for_each(|step| step.evidence.clear());
        }
        let failed = steps.iter().any(|step| step.outcome == Outcome::Failed)
            || self.findings.iter().any(|finding| finding.level.fails());
        let outcome = match broken {
            Some(message) => Outcome::Error { message: self.options.masker.text(&message) },
            None if failed => Outcome::Failed,
            None => Outcome::Passed,
        };
        let result = ScenarioResult {
            key: self.key,
            title: self.scenario.title.clone(),
            covers: self.scenario.covers.clone(),
            outcome,
            steps,
            findings: self.findings,
            not_observed: self.not_observed.into_iter().collect(),
            exchanges: self.exchanges,
            duration: (self.options.stopwatch)().saturating_sub(began),
        };
        Ran { result, states: self.points.into_states() }
    }

    /// One step; `next` is the one after it.
    async fn step(&mut self, located: &LocatedStep, next: Option<&Step>) -> Result<Vec<Failure>, Broken> {
        let step: Step = filled(&self.names, &located.step).map_err(Broken)?;
        if let Some(operation) = step.okta() {
            self.okta(operation).await?;
            return Ok(Vec::new());
        }
        match &step {
            Step::ClockAdvance(span) => self.console()?.advance(span.seconds).await?,
            Step::ScimRequest(request) => self.scim(request).await?,
            Step::Snapshot(point) => return self.snapshot(point).await,
            Step::ExpectExchange(expect) => {
                let base_path = self.base_path();
                let found = judge::exchange(
                    expect,
                    self.dialect,
                    &self.action,
                    &base_path,
                    &self.ids,
                    &self.options.masker,
                );
                return Ok(self.settle(found));
            }
            Step::ExpectRequests(expect) => {
                let base_path = self.base_path();
                let found = judge::requests(expect, self.dialect, &self.action, &base_path, &self.ids);
                return Ok(self.settle(found));
            }
            Step::ExpectNoRequests(_) => return Ok(self.settle(judge::no_requests(&self.action))),
            Step::ExpectOktaTask(expect) => {
                return Ok(self.settle(judge::okta_task(expect, self.simulator.tasks())));
            }
            Step::ExpectConsoleRefusal(expect) => {
                return Ok(self.settle(console_judge::refusal(expect, self.refusal.as_ref())));
            }
            Step::ExpectApply(expect) => {
                return Ok(self.settle(console_judge::apply(expect, self.applied.as_ref())));
            }
            Step::ExpectSyncLogExport(expect) => {
                return Ok(self.settle(console_judge::export(expect, self.export.as_ref())));
            }
            Step::ExpectAuditLog(_) | Step::ExpectSyncReport(_) | Step::ExpectMapping(_) => {
                return self.expect_console(&step).await;
            }
            console if console.tag().starts_with("console.") => {
                let failures = self.console_step(console, next).await?;
                if !failures.is_empty() {
                    return Ok(failures);
                }
            }
            observing => return self.expect_state(observing).await,
        }
        if !matches!(step, Step::ScimRequest(_)) {
            // The console and the clock change what the service holds behind the judge's back.
            self.judge.forget();
        }
        self.collect();
        Ok(Vec::new())
    }

    async fn expect_state(&mut self, step: &Step) -> Result<Vec<Failure>, Broken> {
        let observation = self.observe().await?;
        let (simulator, target) = (&self.simulator, &self.target);
        let suffix = target.suffix.clone().unwrap_or_default();
        let login = |name: &str| simulator.login(name).unwrap_or_else(|| suffixed_login(name, &suffix));
        let group_name =
            |name: &str| simulator.group_name(name).map_or_else(|| format!("{name}{suffix}"), str::to_owned);
        let context = Context {
            observation: &observation,
            login: &login,
            group_name: &group_name,
            lasting: !target.fresh,
        };
        let mut log_seen = self.log_seen;
        let mut found = match step {
            Step::ExpectUser(expect) => judge::user(&context, expect),
            Step::ExpectGroup(expect) => judge::group(&context, expect),
            Step::ExpectOrganization(expect) => console_judge::organization(&context, expect),
            Step::ExpectRole(expect) => console_judge::role(&context, expect),
            Step::ExpectMatter(expect) => console_judge::matter(&context, expect),
            Step::ExpectWatchlist(expect) => console_judge::watchlist(&context, expect),
            Step::ExpectSyncLog(expect) => {
                let (found, seen) = console_judge::sync_log(&context, expect, self.log_seen);
                log_seen = seen;
                found
            }
            _ => Judgement::default(),
        };
        let (name, wanted, resources) = match step {
            Step::ExpectUser(expect) => (
                login(&expect.user),
                expect.same_id,
                observation.scim.as_ref().map(|r| (&r.users, "userName")),
            ),
            Step::ExpectGroup(expect) => (
                expect.group.clone(),
                expect.same_id,
                observation.scim.as_ref().map(|r| (&r.groups, "displayName")),
            ),
            _ => (String::new(), None, None),
        };
        if let Some((resources, attribute)) = resources {
            let shown = if attribute == "displayName" { group_name(&name) } else { name.clone() };
            let id = resources
                .iter()
                .find(|r| {
                    r.get(attribute).and_then(Value::as_str).is_some_and(|n| n.eq_ignore_ascii_case(&shown))
                })
                .and_then(|resource| resource.get("id")?.as_str());
            if let Some(id) = id {
                let before = self.ids_expected.insert(name.clone(), id.to_owned());
                if let (Some(wanted), Some(before)) = (wanted, before)
                    && (before == id) != wanted
                {
                    found.failures.push(Failure {
                        summary: format!("the resource of {shown}"),
                        expected: vec![if wanted {
                            "the same id as before".into()
                        } else {
                            "another id than before".into()
                        }],
                        actual: Some(if wanted { "another id".into() } else { "the same id".into() }),
                        ..Failure::new()
                    });
                }
            }
        }
        self.log_seen = log_seen;
        Ok(self.settle(found))
    }

    fn settle(&mut self, judgement: Judgement) -> Vec<Failure> {
        self.not_observed.extend(judgement.not_observed);
        judgement.failures
    }

    /// Takes in what the latest requests brought: exchanges, findings, identifiers.
    pub(super) fn collect(&mut self) {
        let exchanges = self.recorder.drain();
        self.exchanges += exchanges.len();
        for exchange in &exchanges {
            self.judge_exchange(exchange);
            self.learn(exchange);
        }
        self.action.extend(exchanges);
        let mut known = Vec::new();
        for (key, id) in self.simulator.external_ids() {
            known.push((format!("users.{key}.id"), key.to_owned(), id.to_owned()));
        }
        for (key, id) in self.simulator.group_ids() {
            known.push((format!("groups.{key}.id"), key.to_owned(), id.to_owned()));
        }
        for (name, key, id) in known {
            self.names.set(name, &id);
            if !self.ids.iter().any(|(seen, _)| *seen == id) {
                self.ids.push((id, key));
            }
        }
        for key in &self.people {
            if let Some(login) = self.simulator.login(key) {
                self.names.set(format!("people.{key}.login"), &login);
                self.names.set(format!("people.{key}.LOGIN"), login.to_uppercase());
            }
        }
        for key in &self.groups {
            if let Some(name) = self.simulator.group_name(key) {
                self.names.set(format!("groups.{key}.name"), name);
            }
        }
    }

    fn judge_exchange(&mut self, exchange: &Exchange) {
        for finding in self.judge.observe(exchange, &self.options.masker) {
            let known = |known: &crate::checks::Finding| {
                known.requirement == finding.requirement
                    && known.actual == finding.actual
                    && known.exchange == finding.exchange
                    && known.curl == finding.curl
            };
            if !self.findings.iter().any(known) {
                self.findings.push(finding);
            }
        }
    }

    /// Which resources this run made, and which it found by a look-up.
    fn learn(&mut self, exchange: &Exchange) {
        let Some(response) = exchange.response().filter(|response| response.is_success()) else { return };
        let collection = ["Users", "Groups"]
            .into_iter()
            .find(|name| exchange.request.path().trim_end_matches('/').ends_with(&format!("/{name}")));
        let (Some(collection), Some(body)) = (collection, response.json()) else { return };
        let id_of = |resource: &Value| resource.get("id").and_then(Value::as_str).map(str::to_owned);
        let (ids, made) = match exchange.request.method.as_str() {
            "POST" => (id_of(&body).into_iter().collect::<Vec<_>>(), true),
            "GET" if exchange.request.query().is_some_and(|query| query.contains("filter=")) => {
                let resources = body.get("Resources").and_then(Value::as_array);
                (resources.into_iter().flatten().filter_map(id_of).collect(), false)
            }
            _ => return,
        };
        for id in ids {
            let entry = (collection.to_owned(), id);
            if made {
                self.created.push(entry.clone());
            }
            if !self.known.contains(&entry) {
                self.known.push(entry);
            }
        }
    }

    async fn observe(&mut self) -> Result<Observation, Broken> {
        let scim = if self.target.fresh {
            observe::list_all(&self.recorder, &self.access).await
        } else {
            observe::read_known(&self.recorder, &self.access, &self.known).await
        };
        // Looking is judged too, but belongs to no action.
        let looked = self.recorder.drain();
        self.exchanges += looked.len();
        for exchange in &looked {
            self.judge_exchange(exchange);
        }
        let console = match &self.console {
            Some(console) => Some(console.state().await?),
            None => None,
        };
        let foreign = match (&self.console, self.target.observe.as_slice()) {
            (None, sources @ [_, ..]) => {
                let suffix = self.target.suffix.clone().unwrap_or_default();
                foreign::read(&*self.target.transport, sources, &suffix).await
            }
            _ => foreign::Foreign::default(),
        };
        Ok(Observation { scim, console, foreign })
    }

    async fn snapshot(&mut self, point: &str) -> Result<Vec<Failure>, Broken> {
        let observation = self.observe().await?;
        if observation.scim.is_none() {
            self.not_observed.insert("SCIM resources".into());
        }
        self.register(&observation);
        let state = observation.state(self.simulator.state());
        let Taken { failures, not_observed } = self.points.compare(point, &state).map_err(Broken)?;
        self.not_observed.extend(not_observed);
        Ok(failures)
    }

    fn register(&mut self, observation: &Observation) {
        let normaliser = self.points.normaliser();
        if let Some(Resources { users, groups }) = &observation.scim {
            normaliser.register_all(&json!(users), "id", "userName", "user");
            normaliser.register_all(&json!(groups), "id", "displayName", "group");
        }
        if let Some(console) = &observation.console {
            for (section, id, name, kind) in [
                ("users", "userId", "username", "user"),
                ("groups", "groupId", "displayName", "group"),
                ("organizations", "orgId", "orgName", "organization"),
                ("providers", "providerId", "displayName", "provider"),
                ("matters", "matterId", "name", "matter"),
                ("watchlists", "watchlistId", "title", "watchlist"),
            ] {
                normaliser.register_all(&console[section], id, name, kind);
            }
        }
        let okta = self.simulator.state();
        normaliser.register_all(&okta["assignments"], "oktaId", "login", "okta-user");
        // What is gone again may still be named somewhere, such as on the Okta side.
        for (collection, id) in &self.known {
            normaliser.register(id, if collection == "Users" { "user" } else { "group" });
        }
    }

    /// The end: the state for the comparison between dialects, and the conversation on a reference.
    async fn finish(&mut self) -> Result<Vec<Failure>, Broken> {
        let observation = self.observe().await?;
        self.register(&observation);
        // On a lasting target only what a reviewed snapshot names is compared: it may well show more.
        if !self.target.fresh {
            return Ok(Vec::new());
        }
        let state = observation.state(self.simulator.state());
        self.points.end(&state);
        let base_path = self.base_path();
        let Taken { failures, .. } =
            self.points.wire(&self.wire, &base_path, &self.options.masker).map_err(Broken)?;
        Ok(failures)
    }

    /// On a lasting target, what this run made goes, newest first. What cannot be deleted stays.
    async fn clean_up(&mut self) {
        if self.target.fresh {
            return;
        }
        for (collection, id) in self.created.clone().iter().rev() {
            let path = format!("/{collection}/{}", crate::exchange::percent_encode(id));
            let request = self.access.request("DELETE", &path);
            let _ = self.recorder.send(&request).await;
        }
        let cleaned = self.recorder.drain();
        self.exchanges += cleaned.len();
    }

    fn base_path(&self) -> String {
        crate::exchange::UrlParts::of(&self.access.base_url).path.to_owned()
    }
}

fn filled<T: serde::Serialize + serde::de::DeserializeOwned>(names: &Names, value: &T) -> Result<T, String> {
    let value = serde_json::to_value(value).map_err(|error| error.to_string())?;
    serde_json::from_value(names.fill_value(&value)?).map_err(|error| error.to_string())
}

/// `ada@example.com` with a suffix is `ada-r1a2b3@example.com`.
pub(super) fn suffixed_login(login: &str, suffix: &str) -> String {
    match login.split_once('@') {
        Some((local, domain)) => format!("{local}{suffix}@{domain}"),
        None => format!("{login}{suffix}"),
    }
}
