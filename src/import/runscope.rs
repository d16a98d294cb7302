//! Tests in Runscope's export format, the one of Okta's own suites (okta-client, sources SPEC, CRUD, ENTT).

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::call::Caller;
use super::compare::{self, Comparison};
use super::part::{Source, actual, place, response, source};
use super::script::{self, Dialect};
use super::template::{Chance, Values, names};
use super::{ImportError, ImportOptions, began, concluded};
use crate::exchange::{Exchange, basic};
use crate::result::{Event, Failure, Outcome, RunResult, ScenarioKey, StepResult};

/// The word in a result's key.
const DIALECT: &str = "runscope";

/// Variables that Okta's instructions let one fill in by hand, with an initial script or with values; the
/// program makes values of the same form (okta-client §8).
const OKTAS: [&str; 9] = [
    "SCIMBaseURL",
    "auth",
    "InvalidUserEmail",
    "UserIdThatDoesNotExist",
    "randomEmail",
    "randomUsername",
    "randomUsernameCaps",
    "randomGivenName",
    "randomFamilyName",
];

/// A test that can be run.
#[derive(Debug, Clone)]
pub struct Runscope {
    name: String,
    initial: BTreeMap<String, String>,
    initial_scripts: Vec<String>,
    headers: Vec<(String, String)>,
    steps: Vec<Step>,
}

#[derive(Debug, Clone)]
enum Step {
    Request(Box<Request>),
    Pause(f64),
    Condition { left: String, comparison: Comparison, right: String, steps: Vec<Step> },
}

#[derive(Debug, Clone)]
struct Request {
    number: usize,
    title: String,
    method: String,
    url: String,
    headers: Vec<(String, String)>,
    body: Option<String>,
    form: Vec<(String, String)>,
    basic: Option<(String, String)>,
    assertions: Vec<Assertion>,
    variables: Vec<Extraction>,
    before: Vec<String>,
    after: Vec<String>,
}

#[derive(Debug, Clone)]
struct Assertion {
    source: Source,
    property: String,
    comparison: Comparison,
    value: String,
}

#[derive(Debug, Clone)]
struct Extraction {
    name: String,
    source: Source,
    property: String,
}

// The file as it is written. Members that do not change what is sent or judged are left out.

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    name: Option<String>,
    steps: Vec<FileStep>,
    #[serde(default)]
    environment: Option<FileEnvironment>,
    #[serde(default)]
    environments: Vec<FileEnvironment>,
}

#[derive(Deserialize, Default)]
struct FileEnvironment {
    #[serde(default)]
    initial_variables: BTreeMap<String, Value>,
    #[serde(default)]
    script: Option<String>,
    #[serde(default)]
    headers: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
struct FileStep {
    #[serde(default)]
    step_type: Option<String>,
    #[serde(default)]
    note: Option<String>,
    #[serde(default)]
    method: Option<String>,
    #[serde(default)]
    url: Option<String>,
    #[serde(default)]
    headers: Option<serde_json::Map<String, Value>>,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    form: Option<serde_json::Map<String, Value>>,
    #[serde(default)]
    multipart_form: Option<Vec<Value>>,
    #[serde(default)]
    auth: Option<Value>,
    #[serde(default)]
    assertions: Option<Vec<FileAssertion>>,
    #[serde(default)]
    variables: Option<Vec<FileExtraction>>,
    #[serde(default)]
    scripts: Option<Vec<String>>,
    #[serde(default)]
    before_scripts: Option<Vec<String>>,
    #[serde(default)]
    duration: Option<f64>,
    #[serde(default)]
    left_value: Option<String>,
    #[serde(default)]
    right_value: Option<String>,
    #[serde(default)]
    comparison: Option<String>,
    #[serde(default)]
    steps: Option<Vec<FileStep>>,
}

#[derive(Deserialize)]
struct FileAssertion {
    source: String,
    comparison: String,
    #[serde(default)]
    property: Option<String>,
    #[serde(default)]
    value: Option<Value>,
}

#[derive(Deserialize)]
struct FileExtraction {
    name: String,
    source: String,
    #[serde(default)]
    property: Option<String>,
}

impl Runscope {
    /// Reads a test.
    ///
    /// # Errors
    /// When it is none, or a step of it cannot be run here; the message names the step.
    pub fn parse(text: &str) -> Result<Self, ImportError> {
        let value: Value =
            serde_json::from_str(text).map_err(|error| ImportError::Json(error.to_string()))?;
        let shape = |reason: String| ImportError::Shape { what: "a Runscope test", reason };
        if value.get("steps").is_none() {
            return Err(shape("it has no `steps`; export one test, not a list of them".into()));
        }
        let file: File = serde_json::from_value(value).map_err(|error| shape(error.to_string()))?;
        let mut environments: Vec<FileEnvironment> = file.environments;
        let environment = match file.environment {
            Some(environment) => environment,
            None if environments.is_empty() => FileEnvironment::default(),
            None => environments.remove(0),
        };
        let mut number = 0;
        Ok(Self {
            name: file.name.unwrap_or_else(|| "a Runscope test".into()),
            initial: environment
                .initial_variables
                .iter()
                .map(|(name, value)| (name.clone(), compare::text(value)))
                .collect(),
            initial_scripts: environment
                .script
                .into_iter()
                .filter(|script| !script.trim().is_empty())
                .collect(),
            headers: flat(environment.headers.iter()),
            steps: steps(file.steps, &mut number)?,
        })
    }

    /// The test's own name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Takes variables of an environment file, as Runscope exports it.
    ///
    /// # Errors
    /// When it is none.
    pub fn environment(&mut self, text: &str) -> Result<(), ImportError> {
        let environment: FileEnvironment =
            serde_json::from_str(text).map_err(|error| ImportError::Json(error.to_string()))?;
        self.initial.extend(
            environment.initial_variables.iter().map(|(name, value)| (name.clone(), compare::text(value))),
        );
        self.initial_scripts.extend(environment.script.filter(|script| !script.trim().is_empty()));
        Ok(())
    }

    /// Runs it.
    ///
    /// # Errors
    /// When a variable has no value; nothing has been sent then.
    pub async fn run(&self, options: &ImportOptions) -> Result<RunResult, ImportError> {
        let mut values = Values {
            known: BTreeMap::new(),
            chance: Chance(options.seed),
            now: options.now,
            mark: options.mark.clone(),
        };
        made_for_okta(&mut values, options);
        values.known.extend(self.initial.clone());
        values.known.extend(options.variables.clone());
        let mut setup = Vec::new();
        for script in &self.initial_scripts {
            let input = json!({ "variables": values.known, "request": null, "response": null });
            let done = match script::run(Dialect::Runscope, script, &input, values.chance.next()) {
                Ok(done) => done,
                Err(error) => {
                    setup.push(format!("the initial script could not run: {error}"));
                    continue;
                }
            };
            if let Some(error) = done.error {
                setup.push(format!("the initial script failed: {error}"));
            }
            for (name, value) in done.variables {
                if !options.variables.contains_key(&name) {
                    values.known.insert(name, value.unwrap_or_default());
                }
            }
        }
        self.every_name_has_a_value(&values)?;
        let total = count(&self.steps);
        began(options, DIALECT, total);
        let mut run = Running {
            caller: Caller::new(options),
            options,
            values,
            results: Vec::new(),
            headers: &self.headers,
        };
        if !setup.is_empty() {
            let failures = setup.into_iter().map(|summary| Failure { summary, ..Failure::new() }).collect();
            run.push("initial script".into(), "environment".into(), failures, None);
        }
        run.steps(&self.steps).await;
        let left = options.clean_up().await;
        let results = run.results;
        Ok(concluded(options, DIALECT, &self.name, results, Vec::new(), left))
    }

    /// A name that neither the environment nor any step gives a value to would be sent as it stands.
    fn every_name_has_a_value(&self, values: &Values) -> Result<(), ImportError> {
        let mut requests = Vec::new();
        gather(&self.steps, &mut requests);
        let scripts: String = requests
            .iter()
            .flat_map(|request| request.before.iter().chain(&request.after))
            .chain(&self.initial_scripts)
            .map(|script| script.as_str())
            .collect::<Vec<_>>()
            .join("\n");
        for request in &requests {
            let texts = [&request.url]
                .into_iter()
                .chain(request.body.as_ref())
                .chain(request.headers.iter().map(|(_, value)| value))
                .chain(request.assertions.iter().map(|assertion| &assertion.value));
            for name in texts.flat_map(|text| names(text)) {
                let set = requests
                    .iter()
                    .flat_map(|request| &request.variables)
                    .any(|extraction| extraction.name == name)
                    || ['"', '\'', '`']
                        .iter()
                        .any(|quote| scripts.contains(&format!("{quote}{name}{quote}")));
                if !set && values.clone().fill(&format!("{{{{{name}}}}}")).is_err() {
                    return Err(ImportError::Variable {
                        number: request.number,
                        title: request.title.clone(),
                        name,
                    });
                }
            }
        }
        Ok(())
    }
}

fn made_for_okta(values: &mut Values, options: &ImportOptions) {
    let (given, family) = values.person();
    let tag = values.chance.text(8);
    let username = format!("{}{tag}@example.com", options.mark);
    let authorization = options
        .headers
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("authorization"))
        .map(|(_, value)| value.clone());
    let made = [
        options.base_url.clone(),
        authorization.unwrap_or_default(),
        format!("nobody.{tag}@example.com"),
        format!("none-{tag}"),
        username.clone(),
        username.clone(),
        username.to_uppercase(),
        given,
        family,
    ];
    for (name, value) in OKTAS.iter().zip(made) {
        values.known.insert((*name).to_owned(), value);
    }
}

fn gather<'a>(steps: &'a [Step], requests: &mut Vec<&'a Request>) {
    for step in steps {
        match step {
            Step::Request(request) => requests.push(request),
            Step::Condition { steps, .. } => gather(steps, requests),
            Step::Pause(_) => {}
        }
    }
}

fn count(steps: &[Step]) -> usize {
    let mut requests = Vec::new();
    gather(steps, &mut requests);
    requests.len()
}

fn flat<'a>(headers: impl Iterator<Item = (&'a String, &'a Value)>) -> Vec<(String, String)> {
    headers
        .flat_map(|(name, value)| {
            let values = match value {
                Value::Array(values) => values.iter().map(compare::text).collect(),
                other => vec![compare::text(other)],
            };
            values.into_iter().map(move |value| (name.clone(), value))
        })
        .collect()
}

fn steps(file: Vec<FileStep>, number: &mut usize) -> Result<Vec<Step>, ImportError> {
    file.into_iter()
        .map(|step| {
            *number += 1;
            one(step, number)
        })
        .collect()
}

fn one(step: FileStep, number: &mut usize) -> Result<Step, ImportError> {
    let kind = step.step_type.clone().unwrap_or_else(|| "request".into());
    let title = step.note.clone().filter(|note| !note.trim().is_empty()).unwrap_or_else(|| kind.clone());
    let here = *number;
    let wrong = |reason: String| ImportError::Step { number: here, title: title.clone(), reason };
    match kind.as_str() {
        "pause" => Ok(Step::Pause(step.duration.unwrap_or(0.0))),
        "condition" => {
            let word = step.comparison.unwrap_or_default();
            let comparison = comparison(&word).ok_or_else(|| wrong(unknown_comparison(&word)))?;
            Ok(Step::Condition {
                left: step.left_value.unwrap_or_default(),
                comparison,
                right: step.right_value.unwrap_or_default(),
                steps: steps(step.steps.unwrap_or_default(), number)?,
            })
        }
        "request" => {
            request(step, here, &title).map(|request| Step::Request(Box::new(request))).map_err(wrong)
        }
        other => Err(wrong(format!(
            "its type is `{other}`, and only request, pause and condition can be run here; take it out of a copy of the file"
        ))),
    }
}

fn request(step: FileStep, number: usize, title: &str) -> Result<Request, String> {
    let url = step.url.filter(|url| !url.is_empty()).ok_or("it has no `url`")?;
    if step.multipart_form.is_some_and(|parts| !parts.is_empty()) {
        return Err("it sends a multipart form, which no SCIM service takes; give it a `body`".into());
    }
    let mut assertions = Vec::new();
    for (index, assertion) in step.assertions.unwrap_or_default().into_iter().enumerate() {
        let place = |reason: String| format!("assertion {}: {reason}", index + 1);
        let comparison = comparison(&assertion.comparison)
            .ok_or_else(|| place(unknown_comparison(&assertion.comparison)))?;
        let property = assertion.property.unwrap_or_default();
        compare::reach(&Value::Null, if assertion.source == "response_json" { &property } else { "" })
            .map_err(place)?;
        assertions.push(Assertion {
            source: source(&assertion.source).map_err(place)?,
            property,
            comparison,
            value: assertion
                .value
                .as_ref()
                .map(compare::text)
                .filter(|text| text != "null")
                .unwrap_or_default(),
        });
    }
    let mut variables = Vec::new();
    for extraction in step.variables.unwrap_or_default() {
        variables.push(Extraction {
            source: source(&extraction.source)
                .map_err(|reason| format!("variable {}: {reason}", extraction.name))?,
            name: extraction.name,
            property: extraction.property.unwrap_or_default(),
        });
    }
    let basic = match step.auth.as_ref().and_then(Value::as_object).filter(|auth| !auth.is_empty()) {
        None => None,
        Some(auth) => {
            let member = |name: &str| auth.get(name).and_then(Value::as_str).map(str::to_owned);
            match member("auth_type").or_else(|| member("type")).as_deref() {
                Some("none") | None => None,
                Some("basic") => {
                    Some((member("username").unwrap_or_default(), member("password").unwrap_or_default()))
                }
                Some(other) => {
                    return Err(format!(
                        "it signs in with `{other}`; only basic can be run here, or a header field"
                    ));
                }
            }
        }
    };
    let scripts = |list: Option<Vec<String>>| {
        list.unwrap_or_default().into_iter().filter(|script| !script.trim().is_empty()).collect()
    };
    Ok(Request {
        number,
        title: title.to_owned(),
        method: step.method.unwrap_or_else(|| "GET".into()),
        url,
        headers: step.headers.as_ref().map(|headers| flat(headers.iter())).unwrap_or_default(),
        body: step.body,
        form: step.form.as_ref().map(|form| flat(form.iter())).unwrap_or_default(),
        basic,
        assertions,
        variables,
        before: scripts(step.before_scripts),
        after: scripts(step.scripts),
    })
}

fn comparison(word: &str) -> Option<Comparison> {
    serde_json::from_value(word.into()).ok()
}

fn unknown_comparison(word: &str) -> String {
    format!("there is no comparison `{word}`; the comparisons are {}", Comparison::WORDS)
}

struct Running<'a> {
    caller: Caller<'a>,
    options: &'a ImportOptions,
    values: Values,
    results: Vec<StepResult>,
    headers: &'a [(String, String)],
}

impl Running<'_> {
    fn push(&mut self, title: String, location: String, failures: Vec<Failure>, exchange: Option<&Exchange>) {
        let exchanges = exchange.iter().map(|exchange| self.caller.told(exchange)).collect();
        let evidence = exchange.map(|exchange| self.caller.evidence(exchange, &failures)).unwrap_or_default();
        let outcome = if failures.is_empty() { Outcome::Passed } else { Outcome::Failed };
        let index = self.results.len();
        self.results.push(StepResult { index, title, location, outcome, failures, exchanges, evidence });
    }

    fn key(&self) -> ScenarioKey {
        ScenarioKey { name: self.options.name.clone(), dialect: DIALECT.into() }
    }

    async fn steps(&mut self, steps: &[Step]) {
        let options = self.options;
        for step in steps.iter().take_while(|_| options.goes_on()) {
            match step {
                Step::Pause(seconds) => {
                    if self.options.pauses {
                        (self.options.events)(Event::StepWaiting {
                            key: self.key(),
                            index: self.results.len(),
                            reason: format!("the test pauses for {seconds} s"),
                            wait: std::time::Duration::from_secs_f64(seconds.clamp(0.0, 600.0)),
                        });
                    }
                    self.caller.pause(*seconds).await;
                }
                Step::Condition { left, comparison, right, steps } => {
                    let left = self.values.fill(left).unwrap_or_default();
                    let right = self.values.fill(right).unwrap_or_default();
                    if comparison.holds(Some(&Value::String(left)), &right) {
                        Box::pin(self.steps(steps)).await;
                    }
                }
                Step::Request(request) => self.request(request).await,
            }
        }
    }

    async fn request(&mut self, step: &Request) {
        (self.options.events)(Event::StepStarted {
            key: self.key(),
            index: self.results.len(),
            title: step.title.clone(),
        });
        let location = format!("step {}", step.number);
        let mut failures = Vec::new();
        for script in &step.before {
            let input = json!({ "variables": self.values.known, "request": { "method": step.method, "url": step.url }, "response": null });
            self.script(script, &input, "before-script", None, &mut failures);
        }
        let (url, headers, body) = match self.filled(step) {
            Ok(filled) => filled,
            Err(name) => {
                let reason = self.values.unusable(&name, "the step that sets it failed");
                self.results.push(StepResult {
                    index: self.results.len(),
                    title: step.title.clone(),
                    location,
                    outcome: Outcome::Blocked { reason },
                    failures,
                    exchanges: Vec::new(),
                    evidence: Vec::new(),
                });
                return;
            }
        };
        let exchange = self.caller.send(&step.method, &url, headers, body).await;
        for assertion in &step.assertions {
            let target = match self.values.fill(&assertion.value) {
                Ok(target) => target,
                Err(name) => {
                    failures.push(Failure {
                        summary: format!("{{{{{name}}}}} has no value, so nothing can equal it"),
                        ..Failure::new()
                    });
                    continue;
                }
            };
            failures.extend(self.judged(assertion, &target, &exchange));
        }
        for extraction in &step.variables {
            match actual(extraction.source, &extraction.property, &exchange) {
                Ok(Some(value)) => {
                    self.values.known.insert(extraction.name.clone(), compare::text(&value));
                }
                Ok(None) | Err(_) => failures.push(self.caller.failure(
                    format!("the variable {} cannot be taken from the answer", extraction.name),
                    format!("{} in the answer", place(extraction.source, &extraction.property)),
                    "nothing there".into(),
                    Some(&exchange),
                )),
            }
        }
        for script in &step.after {
            let input = json!({
                "variables": self.values.known,
                "request": { "method": exchange.request.method, "url": exchange.request.url },
                "response": response(&exchange),
            });
            self.script(script, &input, "script", Some(&exchange), &mut failures);
        }
        self.push(step.title.clone(), location, failures, Some(&exchange));
    }

    fn script(
        &mut self,
        script: &str,
        input: &Value,
        what: &str,
        exchange: Option<&Exchange>,
        failures: &mut Vec<Failure>,
    ) {
        let done = match script::run(Dialect::Runscope, script, input, self.values.chance.next()) {
            Ok(done) => done,
            Err(message) => {
                failures.push(Failure { summary: message, ..Failure::new() });
                return;
            }
        };
        for check in done.checks.iter().filter(|check| !check.passed) {
            failures.push(self.caller.failure(
                format!("{what}: {}", check.name),
                "the assertion to hold".into(),
                check.actual.clone(),
                exchange,
            ));
        }
        if let Some(error) = done.error {
            failures.push(self.caller.failure(
                format!("the {what} ended early"),
                "the script to end".into(),
                error,
                exchange,
            ));
        }
        for (name, value) in done.variables {
            self.values.known.insert(name, value.unwrap_or_default());
        }
    }

    #[expect(clippy::type_complexity, reason = "URL, header fields and body, taken apart at once")]
    fn filled(&mut self, step: &Request) -> Result<(String, Vec<(String, String)>, Option<String>), String> {
        let url = self.values.fill_url(&step.url)?;
        let mut headers = Vec::new();
        for (name, value) in step.headers.iter().chain(self.headers) {
            if !headers.iter().any(|(known, _): &(String, String)| known.eq_ignore_ascii_case(name)) {
                headers.push((name.clone(), self.values.fill(value)?));
            }
        }
        // What is empty stands for a service without authentication.
        headers.retain(|(name, value)| !(value.is_empty() && name.eq_ignore_ascii_case("authorization")));
        if let Some((username, password)) = &step.basic {
            let field = basic(&self.values.fill(username)?, &self.values.fill(password)?);
            headers.retain(|(name, _)| !name.eq_ignore_ascii_case("authorization"));
            headers.push(("Authorization".into(), field));
        }
        let body = match &step.body {
            Some(body) if !body.is_empty() => Some(self.values.fill(body)?),
            _ if step.form.is_empty() => None,
            _ => {
                let mut pairs = Vec::new();
                for (name, value) in &step.form {
                    let value = self.values.fill(value)?;
                    pairs.push(format!(
                        "{}={}",
                        crate::exchange::percent_encode(name),
                        crate::exchange::percent_encode(&value)
                    ));
                }
                if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
                    headers.push(("Content-Type".into(), "application/x-www-form-urlencoded".into()));
                }
                Some(pairs.join("&"))
            }
        };
        Ok((url, headers, body))
    }

    fn judged(&self, assertion: &Assertion, target: &str, exchange: &Exchange) -> Option<Failure> {
        let place = place(assertion.source, &assertion.property);
        let told = assertion.comparison.told(target);
        let found = actual(assertion.source, &assertion.property, exchange);
        let holds = match &found {
            Ok(found) => assertion.comparison.holds(found.as_ref(), target),
            Err(_) => false,
        };
        if holds {
            return None;
        }
        let came = match found {
            Ok(Some(value)) => compare::text(&value),
            Ok(None) => "nothing there".into(),
            Err(reason) => reason,
        };
        Some(self.caller.failure(
            format!("{place} is not as the test says"),
            format!("{place} {told}"),
            came,
            Some(exchange),
        ))
    }
}
