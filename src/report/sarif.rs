//! SARIF 2.1.0 for code scanning: a rule for each broken requirement with its help text and citation, a
//! result for each breach with the request and the answer, and a result for each failed step.

use serde_json::{Map, Value, json};

use super::view::{NOT_DELETED, Problem, Weight, help_uri, problems};
use crate::result::{Body, Failure, Outcome, Record, RunResult, ScenarioResult, StepResult};

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
/// The rule of steps that do not go as a scenario expects.
const STEP: &str = "scenario.step";
/// The rule of scenarios that cannot be run.
const RUN: &str = "scenario.run";
/// The rule of what could not be deleted.
const LEFT: &str = "run.left";

/// The result as SARIF.
#[must_use]
pub fn sarif(result: &RunResult) -> String {
    let problems = problems(result);
    let mut rules: Vec<Value> = problems.iter().map(rule).collect();
    let mut results = Vec::new();
    for (index, problem) in problems.iter().enumerate() {
        for finding in &problem.findings {
            results.push(breach(result, problem, finding, index));
        }
    }
    let (mut steps, mut unrun) = (Vec::new(), Vec::new());
    for scenario in &result.scenarios {
        for step in &scenario.steps {
            steps.extend(step.failures.iter().map(|failure| (scenario, step, failure)));
        }
        if let Outcome::Error { message } = &scenario.outcome {
            unrun.push((scenario, message));
        }
    }
    if !steps.is_empty() {
        let index = rules.len();
        rules.push(own_rule(STEP, "A step of a scenario goes as the scenario expects."));
        results.extend(
            steps.into_iter().map(|(scenario, step, failure)| failed_step(scenario, step, failure, index)),
        );
    }
    if !unrun.is_empty() {
        let index = rules.len();
        rules.push(own_rule(RUN, "A scenario can be run to its end."));
        results.extend(unrun.into_iter().map(|(scenario, message)| {
            json!({
                "ruleId": RUN, "ruleIndex": index, "kind": "fail", "level": "error",
                "message": {"text": format!("{}: {message}", scenario.key)},
                "locations": [{"logicalLocations": [{"fullyQualifiedName": scenario.key.to_string()}]}],
                "partialFingerprints": {"scimulate/v1": format!("{RUN} {}", scenario.key)},
            })
        }));
    }
    if !result.left_behind.is_empty() {
        let index = rules.len();
        rules.push(own_rule(LEFT, "What a run creates on the target is deleted at its end."));
        results.extend(result.left_behind.iter().map(|left| {
            json!({
                "ruleId": LEFT, "ruleIndex": index, "kind": "fail", "level": "warning",
                "message": {"text": format!("{NOT_DELETED}: {left}")},
                "locations": [{"logicalLocations": [{"fullyQualifiedName": left}]}],
                "partialFingerprints": {"scimulate/v1": LEFT},
            })
        }));
    }
    let document = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "scimulate",
                "semanticVersion": result.scimulate_version,
                "rules": rules,
            }},
            "columnKind": "unicodeCodePoints",
            "automationDetails": {"id": "scimulate/"},
            "properties": {"target": result.target},
            "results": results,
        }],
    });
    let mut text = serde_json::to_string_pretty(&document).unwrap_or_default();
    text.push('\n');
    text
}

fn level(weight: Weight) -> &'static str {
    match weight {
        Weight::Failed => "error",
        Weight::Warning => "warning",
        Weight::Note | Weight::Accepted => "note",
    }
}

fn rule(problem: &Problem<'_>) -> Value {
    let advice = problem.advice().unwrap_or_default();
    let uri = help_uri(problem.citation);
    let citation = match &uri {
        Some(uri) => format!("[{}]({uri})", problem.citation),
        None => problem.citation.to_owned(),
    };
    let mut tags = vec![problem.area.to_owned(), problem.level.as_str().to_owned()];
    tags.extend(problem.profiles.iter().map(|profile| profile.as_str().to_owned()));
    tags.dedup();
    let mut rule = json!({
        "id": problem.slug,
        "shortDescription": {"text": problem.text},
        "fullDescription": {"text": format!("{} ({}, {})", problem.text, problem.level.as_str(), problem.citation)},
        "help": {
            "text": format!("{} Source: {}.", advice, problem.citation),
            "markdown": format!("{advice}\n\nSource: {citation}."),
        },
        "defaultConfiguration": {"level": level(problem.weight)},
        "properties": {"tags": tags, "citation": problem.citation, "importance": problem.importance},
    });
    if let Some(uri) = uri {
        rule["helpUri"] = json!(uri);
    }
    rule
}

fn own_rule(id: &str, text: &str) -> Value {
    json!({
        "id": id,
        "shortDescription": {"text": text},
        "fullDescription": {"text": text},
        "help": {"text": "Read the message: it says what was expected, what came, and what to do."},
        "defaultConfiguration": {"level": "error"},
        "properties": {"tags": ["scenario"]},
    })
}

fn breach(
    result: &RunResult,
    problem: &Problem<'_>,
    finding: &crate::checks::Finding,
    index: usize,
) -> Value {
    let mut text = format!(
        "{} Expected: {}. Actual: {}. Exchange: {}.",
        problem.text,
        finding.expected.join(", or "),
        finding.actual,
        finding.exchange
    );
    if let Some(message) = &finding.admin_message {
        text.push_str(&format!(" An Okta administrator sees: {message}"));
    }
    text.push_str(&format!(" Repeat it with: {}", finding.curl));
    let shown = finding.shown();
    let place = shown.map_or_else(|| result.target.clone(), operation);
    let mut location = json!({"logicalLocations": [{"fullyQualifiedName": place, "kind": "resource"}]});
    if let Some(record) = shown {
        location["physicalLocation"] = json!({"artifactLocation": {"uri": uri(&record.url)}});
    }
    let mut told = json!({
        "ruleId": problem.slug,
        "ruleIndex": index,
        "kind": "fail",
        "level": level(problem.weight),
        "message": {"text": text},
        "locations": [location],
        // What stays the same from run to run: ids and generated names do not.
        "partialFingerprints": {"scimulate/v1": format!("{} {place}", problem.slug)},
        "occurrenceCount": problem.breaches.max(1),
        "properties": {"curl": finding.curl},
    });
    if let Some(record) = shown {
        told["webRequest"] = request(record);
        told["webResponse"] = response(record);
    }
    if let Some(reason) = problem.reason {
        told["suppressions"] = json!([{"kind": "external", "status": "accepted", "justification": reason}]);
    }
    if let Some(root) = problem.follows {
        told["properties"]["follows"] = json!(root);
    }
    if let Some(changes) = &result.changes {
        let new = changes.new.iter().any(|name| name == problem.slug);
        told["baselineState"] = json!(if new { "new" } else { "unchanged" });
    }
    told
}

/// `PATCH /scim/v2/Users/{id}`: the request with what differs from run to run left out.
fn operation(record: &Record) -> String {
    let path = record.target().split(['?', '#']).next().unwrap_or_default();
    let mut shown = Vec::new();
    let mut below = false;
    for segment in path.split('/') {
        shown.push(if below && !segment.starts_with('.') { "{id}" } else { segment });
        below = ["Users", "Groups"].contains(&segment);
    }
    format!("{} {}", record.method, shown.join("/"))
}

/// A URI that may stand in SARIF: without the query, which holds names of the run, and without what no URI
/// may hold.
fn uri(url: &str) -> String {
    let start = url.split(['?', '#']).next().unwrap_or_default();
    start.chars().filter(|c| c.is_ascii_graphic() && !"\"<>\\^`{|}".contains(*c)).collect()
}

fn fields(headers: &[(String, String)]) -> Value {
    let mut map = Map::new();
    for (name, value) in headers {
        match map.get_mut(name) {
            Some(Value::String(known)) => known.push_str(&format!(", {value}")),
            _ => drop(map.insert(name.clone(), json!(value))),
        }
    }
    Value::Object(map)
}

fn body(body: Option<&Body>) -> Option<Value> {
    body.map(|body| json!({"text": body.text}))
}

fn request(record: &Record) -> Value {
    let mut value = json!({
        "protocol": "http",
        "method": record.method,
        "target": record.url,
        "headers": fields(&record.request_headers),
    });
    if let Some(body) = body(record.request_body.as_ref()) {
        value["body"] = body;
    }
    value
}

fn response(record: &Record) -> Value {
    let Some(status) = record.status else {
        return json!({"noResponseReceived": true, "reasonPhrase": record.reason});
    };
    let mut value = json!({
        "statusCode": status,
        "reasonPhrase": record.reason,
        "headers": fields(&record.response_headers),
    });
    if let Some(body) = body(record.response_body.as_ref()) {
        value["body"] = body;
    }
    value
}

fn failed_step(scenario: &ScenarioResult, step: &StepResult, failure: &Failure, index: usize) -> Value {
    let mut text = format!("{}, {}: {}", scenario.key, step.title, failure.summary);
    if !failure.expected.is_empty() {
        text.push_str(&format!(" Expected: {}.", failure.expected.join(", or ")));
    }
    for (name, value) in [
        ("Actual", &failure.actual),
        ("Exchange", &failure.exchange),
        ("An Okta administrator sees", &failure.admin_message),
        ("What to do", &failure.advice),
        ("Repeat it with", &failure.curl),
        ("Difference", &failure.diff),
    ] {
        if let Some(value) = value {
            text.push_str(&format!(" {name}: {value}"));
        }
    }
    let mut parts = step.location.rsplitn(3, ':');
    let column = parts.next().and_then(|text| text.parse::<u64>().ok()).unwrap_or(1).max(1);
    let line = parts.next().and_then(|text| text.parse::<u64>().ok()).unwrap_or(1).max(1);
    let file = parts.next().unwrap_or(&step.location).replace('\\', "/").replace(' ', "%20");
    json!({
        "ruleId": STEP,
        "ruleIndex": index,
        "kind": "fail",
        "level": "error",
        "message": {"text": text},
        "locations": [{
            "physicalLocation": {
                "artifactLocation": {"uri": file},
                "region": {"startLine": line, "startColumn": column},
            },
            "logicalLocations": [{"fullyQualifiedName": scenario.key.to_string()}],
        }],
        "partialFingerprints": {
            "scimulate/v1": format!("{STEP} {} {} {}", scenario.key, step.index, failure.summary),
        },
    })
}
