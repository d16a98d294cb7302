//! Postman collections, format v2.1 (and v2.0, which differs in how it writes authentication).

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::call::Caller;
use super::compare::text;
use super::script::{self, Dialect};
use super::template::{Chance, Values};
use super::{ImportError, ImportOptions, began, concluded};
use crate::exchange::{Exchange, UrlParts, basic};
use crate::result::{Event, Failure, Outcome, RunResult, ScenarioKey, StepResult};

/// The word in a result's key.
const DIALECT: &str = "postman";

/// A collection that can be run.
#[derive(Debug, Clone)]
pub struct Postman {
    name: String,
    variables: BTreeMap<String, String>,
    items: Vec<Item>,
}

#[derive(Debug, Clone)]
struct Item {
    /// `Folder / Request`.
    title: String,
    method: String,
    url: String,
    headers: Vec<(String, String)>,
    body: Option<(String, &'static str)>,
    auth: Option<Auth>,
    before: Vec<String>,
    tests: Vec<String>,
}

#[derive(Debug, Clone)]
enum Auth {
    None,
    Basic { username: String, password: String },
    Bearer { token: String },
    ApiKey { name: String, value: String },
}

/// What a folder hands down to what is in it.
#[derive(Debug, Clone, Default)]
struct Inherited {
    titles: Vec<String>,
    auth: Option<Auth>,
    before: Vec<String>,
    tests: Vec<String>,
}

impl Postman {
    /// Reads a collection.
    ///
    /// # Errors
    /// When it is none, or a request of it cannot be sent; the message names the request.
    pub fn parse(file: &str) -> Result<Self, ImportError> {
        let value: Value =
            serde_json::from_str(file).map_err(|error| ImportError::Json(error.to_string()))?;
        let shape =
            |reason: &str| ImportError::Shape { what: "a Postman collection", reason: reason.to_owned() };
        // The API wraps what the program exports.
        let value = value.get("collection").cloned().unwrap_or(value);
        let list = value.get("item").and_then(Value::as_array).ok_or_else(|| {
            shape("it has no `item`; export the collection as v2.1 (v1 and OpenAPI files are other formats)")
        })?;
        let mut inherited = Inherited::default();
        inherit(&value, &mut inherited, 0, "the collection")?;
        let mut items = Vec::new();
        gather(list, &inherited, &mut items)?;
        if items.is_empty() {
            return Err(shape("it has no request"));
        }
        Ok(Self {
            name: value["info"]["name"].as_str().unwrap_or("a Postman collection").to_owned(),
            variables: pairs(value.get("variable")).into_iter().collect(),
            items,
        })
    }

    /// The collection's own name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Takes the values of an environment file.
    ///
    /// # Errors
    /// When it is none.
    pub fn environment(&mut self, file: &str) -> Result<(), ImportError> {
        let value: Value =
            serde_json::from_str(file).map_err(|error| ImportError::Json(error.to_string()))?;
        if value.get("values").and_then(Value::as_array).is_none() {
            return Err(ImportError::Shape {
                what: "a Postman environment",
                reason: "it has no `values`; export the environment, not the collection".into(),
            });
        }
        self.variables.extend(pairs(value.get("values")));
        Ok(())
    }

    /// Runs it.
    ///
    /// # Errors
    /// When a request needs a variable that nothing gives a value to; nothing has been sent then.
    pub async fn run(&self, options: &ImportOptions) -> Result<RunResult, ImportError> {
        let mut values = Values {
            known: self.variables.clone(),
            chance: Chance(options.seed),
            now: options.now,
            mark: options.mark.clone(),
        };
        values.known.extend(options.variables.clone());
        self.every_name_has_a_value(&values)?;
        began(options, DIALECT, self.items.len());
        let mut run = Running {
            caller: Caller::new(options),
            options,
            values,
            results: Vec::new(),
            untranslated: Vec::new(),
        };
        for item in self.items.iter().take_while(|_| options.goes_on()) {
            run.item(item).await;
        }
        let left = options.clean_up().await;
        let (results, untranslated) = (run.results, run.untranslated);
        Ok(concluded(options, DIALECT, &self.name, results, untranslated, left))
    }

    fn every_name_has_a_value(&self, values: &Values) -> Result<(), ImportError> {
        let scripts: String = self
            .items
            .iter()
            .flat_map(|item| item.before.iter().chain(&item.tests))
            .map(String::as_str)
            .collect::<Vec<_>>()
            .join("\n");
        for (index, item) in self.items.iter().enumerate() {
            let texts = [&item.url]
                .into_iter()
                .chain(item.body.as_ref().map(|(body, _)| body))
                .chain(item.headers.iter().map(|(_, value)| value))
                .chain(item.auth.iter().flat_map(Auth::texts));
            for name in texts.flat_map(|text| super::template::names(text)) {
                let set =
                    ['"', '\'', '`'].iter().any(|quote| scripts.contains(&format!("{quote}{name}{quote}")));
                if !set && values.clone().fill(&format!("{{{{{name}}}}}")).is_err() {
                    return Err(ImportError::Variable { number: index + 1, title: item.title.clone(), name });
                }
            }
        }
        Ok(())
    }
}

impl Auth {
    fn texts(&self) -> Vec<&String> {
        match self {
            Self::None => Vec::new(),
            Self::Basic { username, password } => vec![username, password],
            Self::Bearer { token } => vec![token],
            Self::ApiKey { value, .. } => vec![value],
        }
    }

    fn field(&self, values: &mut Values) -> Result<Option<(String, String)>, String> {
        Ok(match self {
            Self::None => None,
            Self::Basic { username, password } => {
                Some(("Authorization".into(), basic(&values.fill(username)?, &values.fill(password)?)))
            }
            Self::Bearer { token } => {
                Some(("Authorization".into(), format!("Bearer {}", values.fill(token)?)))
            }
            Self::ApiKey { name, value } => Some((name.clone(), values.fill(value)?)),
        })
    }
}

/// `key` and `value` of a list, without what is switched off.
fn pairs(list: Option<&Value>) -> Vec<(String, String)> {
    list.and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter(|entry| entry["enabled"] != false && entry["disabled"] != true)
        .filter_map(|entry| {
            let name = entry.get("key").or_else(|| entry.get("id"))?.as_str()?;
            Some((name.to_owned(), entry.get("value").filter(|v| !v.is_null()).map(text).unwrap_or_default()))
        })
        .collect()
}

fn inherit(value: &Value, inherited: &mut Inherited, number: usize, title: &str) -> Result<(), ImportError> {
    if let Some(auth) = value.get("auth").filter(|auth| !auth.is_null()) {
        inherited.auth = Some(authentication(auth).map_err(|reason| ImportError::Step {
            number,
            title: title.to_owned(),
            reason,
        })?);
    }
    for event in value.get("event").and_then(Value::as_array).into_iter().flatten() {
        let script = match &event["script"]["exec"] {
            Value::Array(lines) => lines.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("\n"),
            Value::String(script) => script.clone(),
            _ => continue,
        };
        if script.trim().is_empty() {
            continue;
        }
        match event["listen"].as_str() {
            Some("prerequest") => inherited.before.push(script),
            Some("test") => inherited.tests.push(script),
            _ => {}
        }
    }
    Ok(())
}

fn gather(list: &[Value], above: &Inherited, items: &mut Vec<Item>) -> Result<(), ImportError> {
    for value in list {
        let mut inherited = above.clone();
        let name = value["name"].as_str().unwrap_or("without a name").to_owned();
        inherited.titles.push(name);
        let title = inherited.titles.join(" / ");
        let number = items.len() + 1;
        inherit(value, &mut inherited, number, &title)?;
        if let Some(inner) = value.get("item").and_then(Value::as_array) {
            gather(inner, &inherited, items)?;
            continue;
        }
        let Some(asked) = value.get("request") else { continue };
        let item = request(asked, inherited, &title).map_err(|reason| ImportError::Step {
            number,
            title: title.clone(),
            reason,
        })?;
        items.push(item);
    }
    Ok(())
}

fn request(asked: &Value, inherited: Inherited, title: &str) -> Result<Item, String> {
    // The short form of a request is its URL.
    let asked = match asked {
        Value::String(url) => json!({ "method": "GET", "url": url }),
        other => other.clone(),
    };
    let auth = match asked.get("auth").filter(|auth| !auth.is_null()) {
        Some(auth) => Some(authentication(auth)?),
        None => inherited.auth,
    };
    let headers = match asked.get("header") {
        Some(Value::String(lines)) => lines
            .lines()
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
            .collect(),
        list => pairs(list),
    };
    Ok(Item {
        title: title.to_owned(),
        method: asked["method"].as_str().unwrap_or("GET").to_owned(),
        url: url(&asked["url"])?,
        headers,
        body: body(&asked["body"])?,
        auth,
        before: inherited.before,
        tests: inherited.tests,
    })
}

fn url(value: &Value) -> Result<String, String> {
    if let Some(url) = value.as_str() {
        return Ok(url.to_owned());
    }
    let variables: BTreeMap<String, String> = pairs(value.get("variable")).into_iter().collect();
    let raw = match value["raw"].as_str() {
        Some(raw) => raw.to_owned(),
        None => {
            let joined = |part: &Value, by: &str| match part {
                Value::String(text) => text.clone(),
                Value::Array(parts) => parts.iter().map(text).collect::<Vec<_>>().join(by),
                _ => String::new(),
            };
            let host = joined(&value["host"], ".");
            if host.is_empty() {
                return Err("it has no URL".into());
            }
            let scheme = value["protocol"].as_str().map(|scheme| format!("{scheme}://")).unwrap_or_default();
            let query: Vec<String> = pairs(value.get("query"))
                .into_iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            let query = if query.is_empty() { String::new() } else { format!("?{}", query.join("&")) };
            format!("{scheme}{host}/{}{query}", joined(&value["path"], "/"))
        }
    };
    // `:name` in the path stands for a variable of the path.
    // The host may be a variable, so that it is no URL yet.
    let (path, query) = raw.split_once('?').map_or((raw.as_str(), None), |(path, query)| (path, Some(query)));
    let path: Vec<String> = path
        .split('/')
        .map(|segment| {
            let named = segment.strip_prefix(':').and_then(|name| variables.get(name));
            named.cloned().unwrap_or_else(|| segment.to_owned())
        })
        .collect();
    Ok(query.map_or_else(|| path.join("/"), |query| format!("{}?{query}", path.join("/"))))
}

fn body(value: &Value) -> Result<Option<(String, &'static str)>, String> {
    if value.is_null() || value["disabled"] == true {
        return Ok(None);
    }
    match value["mode"].as_str() {
        None => Ok(None),
        Some("raw") => {
            let raw = value["raw"].as_str().unwrap_or_default().to_owned();
            let json =
                value["options"]["raw"]["language"] == "json" || raw.trim_start().starts_with(['{', '[']);
            Ok((!raw.is_empty()).then_some((raw, if json { "application/json" } else { "text/plain" })))
        }
        Some("urlencoded") => {
            let encoded: Vec<String> = pairs(value.get("urlencoded"))
                .into_iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            Ok(Some((encoded.join("&"), "application/x-www-form-urlencoded")))
        }
        Some(other) => {
            Err(format!("its body has the mode `{other}`; only raw and urlencoded can be sent here"))
        }
    }
}

fn authentication(value: &Value) -> Result<Auth, String> {
    let kind = value["type"].as_str().unwrap_or("noauth");
    let member = |name: &str| -> String {
        match &value[kind] {
            // v2.1 writes a list of pairs, v2.0 an object.
            Value::Array(list) => {
                let found = list.iter().find(|entry| entry["key"] == name);
                found.and_then(|entry| entry.get("value")).map(text).unwrap_or_default()
            }
            other => other.get(name).map(text).unwrap_or_default(),
        }
    };
    Ok(match kind {
        "noauth" => Auth::None,
        "basic" => Auth::Basic { username: member("username"), password: member("password") },
        "bearer" => Auth::Bearer { token: member("token") },
        "apikey" if member("in") == "query" => {
            return Err("its key goes into the query; put it into a header field".into());
        }
        "apikey" => Auth::ApiKey { name: member("key"), value: member("value") },
        "oauth2" => Auth::Bearer { token: member("accessToken") },
        other => {
            return Err(format!(
                "it signs in with `{other}`; only noauth, basic, bearer, apikey and oauth2 with an access token can be run here"
            ));
        }
    })
}

struct Running<'a> {
    caller: Caller<'a>,
    options: &'a ImportOptions,
    values: Values,
    results: Vec<StepResult>,
    /// What scripts use that cannot be had here, with the item's name and the line.
    untranslated: Vec<String>,
}

/// What the scripts of one item say.
#[derive(Default)]
struct Said {
    failures: Vec<Failure>,
    /// How many tests were judged.
    judged: usize,
    /// How many tests, or scripts with tests, could not be.
    left_out: usize,
}

impl Running<'_> {
    async fn item(&mut self, item: &Item) {
        let index = self.results.len();
        (self.options.events)(Event::StepStarted {
            key: ScenarioKey { name: self.options.name.clone(), dialect: DIALECT.into() },
            index,
            title: item.title.clone(),
        });
        let mut said = Said::default();
        let mut headers = item.headers.clone();
        for script in &item.before {
            let request = json!({ "method": item.method, "url": item.url, "path": "", "headers": headers, "body": item.body.as_ref().map_or("", |(body, _)| body) });
            let added = self.script(item, script, "prerequest", &request, None, &mut said);
            for (name, value) in added {
                headers.retain(|(known, _)| !known.eq_ignore_ascii_case(&name));
                headers.push((name, value));
            }
        }
        let location = format!("request {}", index + 1);
        let (url, headers, body) = match self.filled(item, headers) {
            Ok(filled) => filled,
            Err(name) => {
                let reason = self.values.unusable(&name, "the script that sets it did not");
                let outcome = Outcome::Blocked { reason };
                let title = item.title.clone();
                self.results.push(StepResult {
                    index,
                    title,
                    location,
                    outcome,
                    failures: said.failures,
                    exchanges: Vec::new(),
                    evidence: Vec::new(),
                });
                return;
            }
        };
        let exchange = self.caller.send(&item.method, &url, headers, body).await;
        if let Err(error) = &exchange.outcome {
            said.failures.push(self.caller.failure(
                "the request was not answered".into(),
                "an answer".into(),
                error.to_string(),
                Some(&exchange),
            ));
        }
        for script in &item.tests {
            let sent = exchange.request.body.as_deref().map(String::from_utf8_lossy).unwrap_or_default();
            let request = json!({ "method": exchange.request.method, "url": exchange.request.url, "path": exchange.request.path(), "headers": exchange.request.headers, "body": sent });
            self.script(item, script, "test", &request, Some(&exchange), &mut said);
        }
        let Said { failures, judged, left_out } = said;
        let outcome = match (failures.is_empty(), judged, left_out) {
            (false, ..) => Outcome::Failed,
            (true, 0, 1..) => {
                Outcome::Skipped { reason: "none of its tests can be run here; see what is left out".into() }
            }
            (true, ..) => Outcome::Passed,
        };
        let exchanges = vec![self.caller.told(&exchange)];
        let evidence = self.caller.evidence(&exchange, &failures);
        self.results.push(StepResult {
            index,
            title: item.title.clone(),
            location,
            outcome,
            failures,
            exchanges,
            evidence,
        });
    }

    #[expect(clippy::type_complexity, reason = "URL, header fields and body, taken apart at once")]
    fn filled(
        &mut self,
        item: &Item,
        headers: Vec<(String, String)>,
    ) -> Result<(String, Vec<(String, String)>, Option<String>), String> {
        let mut url = self.values.fill_url(&item.url)?;
        if !UrlParts::of(&url).is_absolute() {
            url = format!("http://{url}");
        }
        let mut filled = Vec::new();
        if let Some(field) =
            item.auth.as_ref().map(|auth| auth.field(&mut self.values)).transpose()?.flatten()
        {
            filled.push(field);
        }
        for (name, value) in headers {
            let value = self.values.fill(&value)?;
            // What the item writes itself wins over what its authentication adds.
            filled.retain(|(known, _): &(String, String)| !known.eq_ignore_ascii_case(&name));
            filled.push((name, value));
        }
        let body = match &item.body {
            None => None,
            Some((body, kind)) => {
                if !filled.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
                    filled.push(("Content-Type".into(), (*kind).into()));
                }
                Some(self.values.fill(body)?)
            }
        };
        Ok((url, filled, body))
    }

    fn script(
        &mut self,
        item: &Item,
        script: &str,
        event: &str,
        request: &Value,
        exchange: Option<&Exchange>,
        said: &mut Said,
    ) -> Vec<(String, String)> {
        // A service that did not answer has been told; its tests say nothing.
        let response = match exchange.map(|exchange| (exchange, exchange.response())) {
            Some((_, None)) => return Vec::new(),
            Some((exchange, Some(response))) => json!({
                "status": response.status,
                "reason": response.reason,
                "headers": response.headers,
                "body": String::from_utf8_lossy(&response.body),
                "time": u64::try_from(exchange.duration.as_millis()).unwrap_or(u64::MAX),
            }),
            None => Value::Null,
        };
        let variables: Map<String, Value> =
            self.values.known.iter().map(|(name, value)| (name.clone(), value.clone().into())).collect();
        let input = json!({ "variables": variables, "request": request, "response": response, "event": event, "name": item.title });
        let done = match script::run(Dialect::Postman, script, &input, self.values.chance.next()) {
            Ok(done) => done,
            Err(summary) => {
                said.failures.push(Failure { summary, ..Failure::new() });
                return Vec::new();
            }
        };
        for check in &done.checks {
            match &check.unsupported {
                Some(what) => {
                    said.left_out += 1;
                    let place = line_with(script, &check.name).map(|line| format!(" (line {line})"));
                    self.untranslated.push(format!(
                        "{}: test \"{}\"{} uses {what}",
                        item.title,
                        check.name,
                        place.unwrap_or_default()
                    ));
                }
                None if !check.passed => said.failures.push(self.caller.failure(
                    format!("test \"{}\" does not hold", check.name),
                    check.name.clone(),
                    check.actual.clone(),
                    exchange,
                )),
                None => said.judged += 1,
            }
        }
        if let Some(error) = &done.error {
            let told = format!("{}: the {event} script ended at {error}", item.title);
            let only_untranslated = done.unsupported.iter().any(|what| error.contains(what.as_str()));
            if only_untranslated {
                self.untranslated.push(told);
                said.left_out += usize::from(event == "test");
            } else {
                said.failures.push(Failure {
                    summary: format!("the {event} script ended at {error}"),
                    ..Failure::new()
                });
            }
        }
        for (name, value) in done.variables {
            if self.options.variables.contains_key(&name) && value.is_none() {
                continue;
            }
            match value {
                Some(value) => drop(self.values.known.insert(name, value)),
                None => drop(self.values.known.remove(&name)),
            }
        }
        done.headers
    }
}

fn line_with(script: &str, name: &str) -> Option<usize> {
    script.lines().position(|line| line.contains(name)).map(|line| line + 1)
}
