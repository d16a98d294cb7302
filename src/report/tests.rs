//! One result with each outcome in it, as every reporter shows it.

use std::time::Duration;

use serde_json::{Value, json as json_of};

use super::*;
use crate::checks::{Finding, Importance, Level, Profile, RequirementResult, Verdict};
use crate::result::{Event, Failure, Outcome, ScenarioKey, ScenarioResult, StepResult};

fn scenario(name: &str, outcome: Outcome) -> ScenarioResult {
    ScenarioResult {
        key: ScenarioKey { name: name.into(), dialect: "oin".into() },
        title: "T".into(),
        covers: vec![],
        outcome,
        steps: vec![],
        findings: vec![],
        not_observed: vec![],
        exchanges: 2,
        duration: Duration::from_millis(5),
    }
}

pub(super) fn result() -> RunResult {
    let mut failed = scenario("a/failed", Outcome::Failed);
    failed.steps.push(StepResult {
        index: 1,
        title: "expect.user ada".into(),
        location: "scenarios/a/failed.yaml:9:5".into(),
        outcome: Outcome::Failed,
        evidence: vec![],
        failures: vec![Failure {
            summary: "`active` of ada over SCIM".into(),
            expected: vec!["false".into()],
            actual: Some("true <&> \u{1}".into()),
            ..Failure::new()
        }],
        exchanges: vec![],
    });
    failed.findings.push(Finding {
        requirement: "list.total-results".into(),
        level: Level::Must,
        importance: Importance::Interoperability,
        citation: "RFC 7644 §3.4.2".into(),
        text: "The list says how many.".into(),
        expected: vec!["an integer".into()],
        actual: "\"1\"".into(),
        pointer: None,
        exchange: "GET /Users → 200 OK".into(),
        curl: "curl -i 'http://h/Users'".into(),
        admin_message: None,
        advice: "Send a number.".into(),
        conversation: Vec::new(),
        evidence: Vec::new(),
    });
    RunResult {
        format_version: 1,
        scimulate_version: "0.0.0".into(),
        target: "T".into(),
        requirements: Vec::new(),
        left_behind: Vec::new(),
        to_attest: Vec::new(),
        exchanges: 0,
        baseline: crate::checks::Leftover::default(),
        changes: None,
        scenarios: vec![
            scenario("a/passed", Outcome::Passed),
            failed,
            scenario("b/broken", Outcome::Error { message: "no console".into() }),
            scenario("skipped", Outcome::Skipped { reason: "it requires `clock`".into() }),
        ],
        duration: Duration::from_millis(9),
    }
}

#[test]
fn junit_tells_failures_from_errors_and_skips_and_is_well_formed() {
    let text = junit(&result());
    let read = quick_junit::Report::deserialize_from_str(&text).unwrap();
    assert_eq!((read.tests, read.failures, read.errors), (5, 2, 1));
    assert_eq!(read.test_suites.len(), 4);
    assert!(text.contains("<skipped message=\"it requires `clock`\""), "{text}");
    assert!(!text.contains('\u{1}'), "a control character cannot stand in XML");
}

#[test]
fn the_terminal_shows_each_run_then_each_failure_then_the_counts() {
    let mut out = Vec::new();
    let options = TerminalOptions { color: false, progress: false, durations: false, verbosity: 0 };
    let mut terminal = Terminal::new(&mut out, options);
    let result = result();
    terminal.event(&Event::RunStarted { target: "T".into(), selected: 4 }).unwrap();
    for one in &result.scenarios {
        terminal.event(&Event::ScenarioFinished { result: Box::new(one.clone()) }).unwrap();
    }
    terminal.event(&Event::RunFinished { result: Box::new(result) }).unwrap();
    let text = String::from_utf8(out).unwrap();
    let expected = "\
4 scenario runs against T

     ok a/passed [oin]
 FAILED a/failed [oin]
  ERROR b/broken [oin]
skipped skipped [oin]: it requires `clock`

failed a/failed [oin]: expect.user ada
  at scenarios/a/failed.yaml:9:5
  `active` of ada over SCIM
    expected: false
    actual: true <&> \\u{1}

could not run b/broken [oin]
  no console

list
     FAIL list.total-results (must, RFC 7644 §3.4.2)
          The list says how many.
            expected: an integer
            actual:   \"1\"
            exchange: GET /Users → 200 OK
            repeat:   curl -i 'http://h/Users'
          seen in a/failed [oin]
          what to do: Send a number.

profile                         verdict       passed failed warnings notes blocked not judged
RFC                             no                 0      1        0     0       0          0
works with Okta, oin scenarios  no                 1      2        0     0       0          1

1 passed, 2 failed, 1 could not run, 1 skipped; 8 exchanges judged
";
    assert_eq!(text, expected);
}

#[test]
fn github_annotations_name_file_and_line_and_escape_what_would_end_them() {
    let text = github(&result());
    assert!(text.starts_with(
        "::error file=scenarios/a/failed.yaml,line=9,title=a/failed [oin]%3A expect.user ada::`active` of ada over SCIM%0Aexpected: false%0Aactual: true"
    ), "{text}");
    assert_eq!(text.lines().count(), 3);
    assert!(text.contains("::error title=list.total-results (RFC 7644 §3.4.2)::"), "{text}");
}

#[test]
fn tap_and_markdown_and_json_hold_every_scenario() {
    let result = result();
    let tap = tap(&result);
    assert!(
        tap.starts_with("TAP version 14\n1..5\nok 1 - a/passed [oin]\nnot ok 2 - a/failed [oin]\n# "),
        "{tap}"
    );
    assert!(tap.contains("ok 4 - skipped [oin] # SKIP it requires `clock`\n"));
    let markdown = markdown(&result);
    assert!(markdown.contains("| `b/broken` | oin | **could not run**: `no console` |"), "{markdown}");
    let read: RunResult = serde_json::from_str(&json(&result)).unwrap();
    assert_eq!(read, result);
}

#[test]
fn on_a_terminal_a_live_line_says_what_runs_and_why_a_step_waits() {
    let mut out = Vec::new();
    let options = TerminalOptions { color: false, progress: true, durations: false, verbosity: 0 };
    let mut terminal = Terminal::new(&mut out, options);
    let done = scenario("a", Outcome::Passed);
    let key = done.key.clone();
    let step = |index| Event::StepStarted { key: key.clone(), index, title: "okta.assign".into() };
    terminal.event(&Event::ScenarioStarted { key: key.clone(), steps: 2 }).unwrap();
    terminal.event(&step(0)).unwrap();
    let wait = Duration::from_secs(30);
    let reason = "the target answered 429".to_owned();
    terminal.event(&Event::StepWaiting { key: key.clone(), index: 0, reason, wait }).unwrap();
    terminal.event(&step(1)).unwrap();
    terminal.event(&Event::ScenarioFinished { result: Box::new(done) }).unwrap();
    let clear = "\r\u{1b}[2K";
    assert_eq!(
        String::from_utf8(out).unwrap(),
        format!(
            "running a [oin]{clear}a [oin]: the target answered 429{clear}running a [oin]{clear}     ok a [oin]\n"
        )
    );
}

/// A requirement of a check.
pub(super) fn requirement(slug: &str, verdict: Verdict) -> RequirementResult {
    let broken = verdict == Verdict::Failed;
    RequirementResult {
        profiles: vec![Profile::Rfc],
        citation: "RFC 7644 §3.5.2".into(),
        text: "The rule.".into(),
        findings: if broken { vec![finding(slug)] } else { vec![] },
        breaches: usize::from(broken),
        ..RequirementResult::new(slug, verdict)
    }
}

fn finding(slug: &str) -> Finding {
    let record = crate::result::Record {
        method: "PATCH".into(),
        url: "https://h/scim/v2/Users/1?x=y".into(),
        request_headers: vec![("Accept".into(), "a".into()), ("Accept".into(), "b".into())],
        request_body: Some(crate::result::Body { text: "{}".into(), bytes: 2, cut: false }),
        status: Some(500),
        reason: "Oops".into(),
        response_headers: vec![],
        response_body: None,
        milliseconds: 1,
    };
    Finding {
        requirement: slug.into(),
        level: Level::Must,
        importance: Importance::Interoperability,
        citation: "RFC 7644 §3.5.2".into(),
        text: "The rule.".into(),
        expected: vec!["200".into()],
        actual: "500".into(),
        pointer: None,
        exchange: record.summary(),
        curl: "curl -i 'https://h/scim/v2/Users/1'".into(),
        admin_message: Some("Error while updating user".into()),
        advice: "Answer 200.".into(),
        conversation: Vec::new(),
        evidence: vec![std::sync::Arc::new(record)],
    }
}

/// One cause, what follows from it, what it blocks, and what is accepted.
pub(super) fn checked() -> RunResult {
    let mut follower = requirement("patch.user", Verdict::Failed);
    follower.follows = Some("response.no-server-error".into());
    let mut accepted = requirement("patch.boolean", Verdict::Failed);
    accepted.verdict = Verdict::Accepted { reason: "fixed in May".into() };
    RunResult {
        scenarios: Vec::new(),
        requirements: vec![
            requirement("response.no-server-error", Verdict::Failed),
            follower,
            accepted,
            requirement("patch.active", Verdict::Blocked { by: "patch.user".into() }),
            requirement("patch.more", Verdict::Blocked { by: "patch.active".into() }),
            requirement("create.status", Verdict::Passed),
        ],
        ..result()
    }
}

#[test]
fn one_cause_is_one_failure_in_every_report() {
    let result = checked();
    let counts = result.counts();
    assert_eq!((counts.passed, counts.failed, counts.following, counts.skipped), (1, 1, 1, 3));
    let read = quick_junit::Report::deserialize_from_str(&junit(&result)).unwrap();
    assert_eq!((read.tests, read.failures), (6, 1));
    let tap = tap(&result);
    assert_eq!(tap.matches("\nnot ok ").count(), 1, "{tap}");
    assert!(tap.contains("# SKIP it follows from response.no-server-error, where it is told"), "{tap}");
    assert_eq!(github(&result).matches("::error ").count(), 1);
    let markdown = markdown(&result);
    assert_eq!(markdown.matches("**failed**").count(), 1, "{markdown}");
    for (verbosity, told) in [(-1, 1), (0, 1), (1, 2)] {
        let options = RequirementsOptions { color: false, verbosity, durations: false };
        let text = requirements(&result, options);
        assert_eq!(text.matches(" FAIL ").count(), told, "{text}");
        assert!(text.contains("broken by the same answers: patch.user"), "{text}");
        assert!(
            text.contains("1 requirement is broken, none of Okta's; 1 more follows from these"),
            "{text}"
        );
    }
    let options = RequirementsOptions { color: false, verbosity: 1, durations: false };
    assert!(requirements(&result, options).contains("not judged because of it: patch.active, patch.more"));
}

#[test]
fn sarif_has_what_the_standard_demands() {
    let mut both = checked();
    both.scenarios = result().scenarios;
    let document: Value = serde_json::from_str(&sarif(&both)).unwrap();
    assert_sarif(&document);
    let results = document.pointer("/runs/0/results").unwrap().as_array().unwrap();
    assert_eq!(results.len(), 6, "three breaches, one in a scenario, one failed step, one not run");
    let patch = results.iter().find(|one| one["ruleId"] == "patch.user").unwrap();
    assert_eq!(patch["partialFingerprints"]["scimulate/v1"], "patch.user PATCH /scim/v2/Users/{id}");
    assert_eq!(patch["webRequest"]["headers"], json_of!({"Accept": "a, b"}));
    assert_eq!(patch["webResponse"]["statusCode"], 500);
    let suppressed = results.iter().find(|one| one["ruleId"] == "patch.boolean").unwrap();
    assert_eq!(suppressed["suppressions"][0]["justification"], "fixed in May");
    let rule = &document["runs"][0]["tool"]["driver"]["rules"][0];
    assert_eq!(rule["helpUri"], "https://www.rfc-editor.org/rfc/rfc7644#section-3.5.2");
    assert!(rule["help"]["text"].as_str().unwrap().contains("Answer 200."), "{rule}");
}

/// What SARIF 2.1.0 (§3.13, §3.14, §3.19, §3.27, §3.49) demands of the members that we write.
pub(super) fn assert_sarif(document: &Value) {
    assert_eq!(document["version"], "2.1.0");
    for run in document["runs"].as_array().unwrap() {
        let driver = &run["tool"]["driver"];
        assert!(driver["name"].is_string());
        let rules = driver["rules"].as_array().unwrap();
        let mut ids: Vec<&str> = rules.iter().map(|rule| rule["id"].as_str().unwrap()).collect();
        for rule in rules {
            for member in ["shortDescription", "fullDescription", "help"] {
                assert!(rule[member]["text"].as_str().is_some_and(|text| !text.is_empty()), "{rule}");
            }
            let level = rule["defaultConfiguration"]["level"].as_str().unwrap();
            assert!(["error", "warning", "note"].contains(&level), "{rule}");
        }
        for result in run["results"].as_array().unwrap() {
            let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
            assert_eq!(rules[index]["id"], result["ruleId"]);
            assert!(result["message"]["text"].is_string());
            // §3.27.9: a result that is no failure has no level but none.
            assert_eq!(result["kind"], "fail");
            let location = &result["locations"][0];
            if let Some(physical) = location.get("physicalLocation") {
                let uri = physical["artifactLocation"]["uri"].as_str().unwrap();
                assert!(uri.chars().all(|c| c.is_ascii_graphic()), "{uri}");
                let line = physical.pointer("/region/startLine");
                assert!(line.is_none_or(|line| line.as_u64().is_some_and(|line| line > 0)), "{physical}");
            }
            assert!(location["logicalLocations"][0]["fullyQualifiedName"].is_string());
        }
        ids.sort_unstable();
        let count = ids.len();
        ids.dedup();
        assert_eq!(ids.len(), count, "a rule stands twice");
    }
}

#[test]
fn what_came_from_a_target_is_no_markup_in_markdown() {
    let mut result = checked();
    let hostile = "`` | @everyone\n```\n# <img src=x onerror=alert(1)> </details>";
    result.target = hostile.into();
    result.requirements[0].findings[0].actual = hostile.into();
    result.requirements[0].findings[0].curl = format!("curl {hostile}");
    let text = markdown(&result);
    // Outside of fences and code spans nothing of it is left.
    let mut outside = String::new();
    let mut fence: Option<String> = None;
    for line in text.lines() {
        let ticks: String = line.chars().take_while(|c| *c == '`').collect();
        match &fence {
            Some(open) if line == open => fence = None,
            Some(_) => {}
            None if ticks.len() >= 3 => fence = Some(ticks),
            None => {
                let mut rest = line;
                while let Some(start) = rest.find('`') {
                    let run: String = rest[start..].chars().take_while(|c| *c == '`').collect();
                    outside.push_str(&rest[..start]);
                    let after = &rest[start + run.len()..];
                    let end = after.find(&run).unwrap_or_else(|| panic!("a span is not closed: {line}"));
                    rest = &after[end + run.len()..];
                }
                outside.push_str(rest);
                outside.push('\n');
            }
        }
    }
    assert_eq!(fence, None, "a fence is not closed");
    assert!(!outside.contains("@everyone") && !outside.contains("<img"), "{outside}");
}

#[test]
fn markdown_fits_into_a_comment() {
    let mut result = checked();
    for number in 0..500 {
        let mut one = requirement(&format!("long.number-{number}"), Verdict::Failed);
        one.findings[0].curl = "x".repeat(900);
        result.requirements.push(one);
    }
    let text = markdown(&result);
    assert!(text.len() < 65_536, "{}", text.len());
    assert!(text.contains("left out because a comment can hold no more"), "{text}");
}
