//! Runs one scenario in one dialect against one target: performs its steps, judges its expectations,
//! compares its snapshots, and cleans up after itself. Emits events; prints nothing.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::{Value, json};

use super::console::{ConsoleClient, ProviderSecret};
use super::console_judge;
use super::console_outcome::{Export, Refusal};
use super::families::Family as _;
use super::foreign;
use super::judge;
use super::judgement::{Context, Judgement, find};
use super::model::{
    ClockAction, Expectation, Located, Requirement, Scenario, ScimAction, SnapshotAction, Step,
};
use super::observe::{self, Access, Observation, Resources};
use super::options::RunOptions;
use super::points::{Points, Taken};
use super::record::Recorder;
use super::template::Names;
use crate::checks::PassiveJudge;
use crate::clients::{self, Definition, Dialect, Operation, Simulator};
use crate::exchange::{BoxFuture, Exchange, Transport as _, segment};
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
    pub(super) dialect: Dialect,
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
    /// Collection and id of everything that this run created or found, oldest first.
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

/// Why a scenario ended before its end.
const INTERRUPTED: &str = "the run was interrupted";

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

impl clients::Pacing for Pacer {
    fn wait<'b>(&'b self, why: &'b str, seconds: u64) -> BoxFuture<'b, Result<(), String>> {
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
                    Ok(())
                }
                None => tokio::select! {
                    waited = self.options.patience.wait(wait) => waited,
                    () = self.options.interruption.raised() => Err(INTERRUPTED.to_owned()),
                },
            }
        })
    }
}

impl<'a> Runner<'a> {
    pub(super) fn new(
        scenario: &'a Scenario,
        dialect: Dialect,
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
        let prefix = target.prefix.clone().unwrap_or_default();
        let mut people = IndexMap::new();
        for (name, person) in &scenario.people {
            let mut person: clients::operation::Person = filled(&names, &person.value)
                .map_err(|error| format!("{}: {error}", scenario.location(person.at)))?;
            let plain = person.login.clone();
            person.login.insert_str(0, &prefix);
            if person.email.as_deref() == Some(plain.as_str()) {
                person.email = Some(person.login.clone());
            }
            names.set(format!("people.{name}.login"), &person.login);
            names.set(format!("people.{name}.LOGIN"), person.login.to_uppercase());
            people.insert(name.clone(), person);
        }
        let mut groups = IndexMap::new();
        for (name, group) in &scenario.groups {
            let mut group: clients::operation::Group = filled(&names, &group.value)
                .map_err(|error| format!("{}: {error}", scenario.location(group.at)))?;
            group.name.insert_str(0, &prefix);
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
        let definition = Definition { dialect, app: scenario.app.clone(), people, groups, seed: 0 };
        let mut normaliser = Normaliser::new(target.start);
        normaliser.strip(&prefix);
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
        let configures = self
            .scenario
            .steps
            .iter()
            .any(|step| matches!(step.value, Step::Okta(Operation::ConfigureApiIntegration(_))));
        if !configures && let Err(Broken(message)) = self.configure(None, None).await {
            broken = Some(message);
        }
        for (index, located) in self.scenario.steps.iter().enumerate() {
            if broken.is_some() {
                break;
            }
            if self.options.interruption.is_raised() {
                broken = Some(INTERRUPTED.to_owned());
                break;
            }
            let title = located.value.title();
            (self.options.events)(Event::StepStarted { key: self.key.clone(), index, title: title.clone() });
            let mut result = StepResult {
                index,
                title: title.clone(),
                location: self.scenario.location(located.at),
                outcome: Outcome::Passed,
                failures: Vec::new(),
                exchanges: Vec::new(),
                evidence: Vec::new(),
            };
            if !located.value.is_observation() {
                self.action.clear();
            }
            let next = self.scenario.steps.get(index + 1).map(|located| &located.value);
            let outcome = self.step(located, next).await;
            if self.options.interruption.is_raised() {
                // What broke off says nothing of the target.
                self.action_failures.clear();
                broken = Some(INTERRUPTED.to_owned());
                break;
            }
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
                    broken = Some(format!("{}: {message}", result.location));
                    result.outcome = Outcome::Error { message };
                }
            }
            if !located.value.is_observation() {
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
    async fn step(&mut self, located: &Located<Step>, next: Option<&Step>) -> Result<Vec<Failure>, Broken> {
        let step: Step = filled(&self.names, &located.value).map_err(Broken)?;
        match step {
            Step::Okta(operation) => self.okta(operation).await?,
            Step::Scim(ScimAction::Request(request)) => self.scim(&request).await?,
            Step::Console(action) => {
                let failures = self.console_step(&action, next).await?;
                if !failures.is_empty() {
                    return Ok(failures);
                }
                self.changed_elsewhere();
            }
            Step::Clock(ClockAction::Advance(span)) => {
                self.console()?.advance(span.seconds).await?;
                self.changed_elsewhere();
            }
            Step::Expect(expectation) => {
                let judgement = self.expect(&expectation).await?;
                self.not_observed.extend(judgement.not_observed);
                return Ok(judgement.failures);
            }
            Step::Snapshot(SnapshotAction::Compare(point)) => return self.snapshot(&point).await,
        }
        Ok(Vec::new())
    }

    /// The console and the clock change what the service has behind the judge's back.
    fn changed_elsewhere(&mut self) {
        self.judge.forget();
        self.collect();
    }

    async fn expect(&mut self, expectation: &Expectation) -> Result<Judgement, Broken> {
        use Expectation as E;
        let (dialect, base_path) = (self.dialect, self.base_path());
        Ok(match expectation {
            E::User(expect) => {
                let login = self.login_of(&expect.user);
                let (mut judgement, observation) = self.judged(|at| judge::user(at, expect)).await?;
                let found = observation.scim.as_ref().and_then(|all| find(&all.users, "userName", &login));
                judgement.failures.extend(self.same_resource(&login, &login, expect.same_id, found));
                judgement
            }
            E::Group(expect) => {
                let name = self.group_name_of(&expect.group);
                let (mut judgement, observation) = self.judged(|at| judge::group(at, expect)).await?;
                let found = observation.scim.as_ref().and_then(|all| find(&all.groups, "displayName", &name));
                judgement.failures.extend(self.same_resource(&expect.group, &name, expect.same_id, found));
                judgement
            }
            E::Organization(expect) => self.judged(|at| console_judge::organization(at, expect)).await?.0,
            E::Role(expect) => {
                self.known_role(&expect.role).await?;
                self.judged(|at| console_judge::role(at, expect)).await?.0
            }
            E::Matter(expect) => self.judged(|at| console_judge::matter(at, expect)).await?.0,
            E::Watchlist(expect) => self.judged(|at| console_judge::watchlist(at, expect)).await?.0,
            E::SyncLog(expect) => {
                let mut seen = self.log_seen;
                let judge = |at: &Context<'_>| {
                    let (judgement, now_seen) = console_judge::sync_log(at, expect, seen);
                    seen = now_seen;
                    judgement
                };
                let (judgement, _) = self.judged(judge).await?;
                self.log_seen = seen;
                judgement
            }
            // What the state document does not show.
            E::AuditLog(_) | E::SyncReport(_) | E::Mapping(_) if self.console.is_none() => {
                let mut judgement = Judgement::default();
                judgement.unseen(&expectation.name().trim_start_matches("expect.").replace('-', " "));
                judgement
            }
            E::AuditLog(expect) => self.audit_log(expect).await?,
            E::SyncReport(expect) => {
                let report = self.console()?.call("GET", "/directory-sync-report", None).await?;
                console_judge::sync_report(expect, &report)
            }
            E::Mapping(expect) => self.mapping(expect).await?,
            E::Apply(expect) => console_judge::apply(expect, self.applied.as_ref()),
            E::ConsoleRefusal(expect) => console_judge::refusal(expect, self.refusal.as_ref()),
            E::SyncLogExport(expect) => console_judge::export(expect, self.export.as_ref()),
            E::Exchange(expect) => {
                let masker = &self.options.masker;
                judge::exchange(expect, dialect, &self.action, &base_path, &self.ids, masker)
            }
            E::Requests(expect) => judge::requests(expect, dialect, &self.action, &base_path, &self.ids),
            E::NoRequests(_) => judge::no_requests(&self.action),
            E::OktaTask(expect) => judge::okta_task(expect, self.simulator.tasks()),
        })
    }

    /// The verdict on what can be seen now, with what can.
    async fn judged(
        &mut self,
        judge: impl FnOnce(&Context<'_>) -> Judgement,
    ) -> Result<(Judgement, Observation), Broken> {
        let observation = self.observe().await?;
        let context = Context {
            observation: &observation,
            login: &|name| self.login_of(name),
            group_name: &|name| self.group_name_of(name),
            lasting: !self.target.fresh,
        };
        let judgement = judge(&context);
        Ok((judgement, observation))
    }

    /// Remembers the `id` of what an expectation is about; a failure when it is the one of before, or another, and
    /// should not be.
    fn same_resource(
        &mut self,
        key: &str,
        shown: &str,
        wanted: Option<bool>,
        found: Option<&Value>,
    ) -> Option<Failure> {
        let id = found?.get("id")?.as_str()?;
        let before = self.ids_expected.insert(key.to_owned(), id.to_owned())?;
        let (expected, actual) = match (wanted?, before == id) {
            (true, false) => ("the same id as before", "another id"),
            (false, true) => ("another id than before", "the same id"),
            (true, true) | (false, false) => return None,
        };
        Some(Failure {
            summary: format!("the resource of {shown}"),
            expected: vec![expected.into()],
            actual: Some(actual.into()),
            ..Failure::new()
        })
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

    /// Which resources this run created, and which it found by a look-up.
    fn learn(&mut self, exchange: &Exchange) {
        let Some(response) = exchange.response().filter(|response| response.is_success()) else { return };
        let collection = ["Users", "Groups"]
            .into_iter()
            .find(|name| exchange.request.path().trim_end_matches('/').ends_with(&format!("/{name}")));
        let (Some(collection), Some(body)) = (collection, response.json()) else { return };
        let id_of = |resource: &Value| resource.get("id").and_then(Value::as_str).map(str::to_owned);
        let (ids, created) = match exchange.request.method.as_str() {
            "POST" => (id_of(&body).into_iter().collect::<Vec<_>>(), true),
            "GET" if exchange.request.query().is_some_and(|query| query.contains("filter=")) => {
                let resources = body.get("Resources").and_then(Value::as_array);
                (resources.into_iter().flatten().filter_map(id_of).collect(), false)
            }
            _ => return,
        };
        for id in ids {
            let entry = (collection.to_owned(), id);
            if created {
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
                let prefix = self.target.prefix.clone().unwrap_or_default();
                foreign::read(&*self.target.fetch, sources, &prefix).await
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

    /// On a lasting target, what this scenario created goes, newest first. What is there still when all scenarios have
    /// ended is deleted then ([`Targets::clean_up`](crate::target::Targets::clean_up)), or told.
    async fn clean_up(&mut self) {
        if self.target.fresh || self.options.keep || self.options.interruption.is_raised() {
            return;
        }
        for (collection, id) in self.created.clone().iter().rev() {
            // What has no path stays.
            let Ok(id) = segment(id) else { continue };
            let request = self.access.request("DELETE", &format!("/{collection}/{id}"));
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
