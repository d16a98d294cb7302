//! One result with each outcome in it, as every reporter shows it.

use std::time::Duration;

use super::*;
use crate::checks::{Finding, Level};
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

fn result() -> RunResult {
    let mut failed = scenario("a/failed", Outcome::Failed);
    failed.steps.push(StepResult {
        index: 1,
        title: "expect.user ada".into(),
        location: "scenarios/a/failed.yaml:9:5".into(),
        outcome: Outcome::Failed,
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
    });
    RunResult {
        format_version: 1,
        scimulate_version: "0.0.0".into(),
        target: "T".into(),
        requirements: Vec::new(),
        left_behind: Vec::new(),
        exchanges: 0,
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
    assert_eq!((read.tests, read.failures, read.errors), (4, 1, 1));
    assert_eq!(read.test_suites.len(), 3);
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
    actual: true <&> \u{1}

could not run b/broken [oin]
  no console

finding list.total-results (must, RFC 7644 §3.4.2)
  The list says how many.
    expected: an integer
    actual: \"1\"
    exchange: GET /Users → 200 OK
    reproduce with: curl -i 'http://h/Users'
    what to do: Send a number.

1 passed, 1 failed, 1 could not run, 1 skipped; 8 exchanges judged
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
}

#[test]
fn tap_and_markdown_and_json_hold_every_scenario() {
    let result = result();
    let tap = tap(&result);
    assert!(
        tap.starts_with("TAP version 14\n1..4\nok 1 - a/passed [oin]\nnot ok 2 - a/failed [oin]\n# "),
        "{tap}"
    );
    assert!(tap.contains("ok 4 - skipped [oin] # SKIP it requires `clock`\n"));
    let markdown = markdown(&result);
    assert!(markdown.contains("| b/broken | oin | **could not run**: no console |"), "{markdown}");
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
