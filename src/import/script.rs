//! Scripts of a collection, in a small JavaScript engine: no files, no network, bounded memory and time.

use std::collections::BTreeMap;
use std::sync::mpsc::RecvTimeoutError;
use std::time::Duration;

use rquickjs::{CatchResultExt as _, Context, Runtime};
use serde::Deserialize;
use serde_json::Value;

/// What a script may hold at once, in bytes.
const MEMORY: usize = 64 << 20;
/// What a script may have on its stack, in bytes, and the thread that runs it besides.
const STACK: usize = 1 << 20;
/// How often the engine asks whether to go on: some seconds of a loop, of calls or of a regular expression. What ends
/// so, no script can catch.
const PATIENCE: u32 = 20_000;
/// How long is waited for what the engine does without asking, such as a search in a list of 2^53 elements.
const LONGEST: Duration = Duration::from_secs(30);
/// What is said of a script that was ended.
const ENDLESS: &str = "it does not come to an end";

/// Whose objects a script finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    /// `variables`, `request`, `response`, `assert`, `log`.
    Runscope,
    /// `pm` and its older forms.
    Postman,
}

impl Dialect {
    fn prelude(self) -> &'static str {
        match self {
            Self::Runscope => include_str!("prelude_runscope.js"),
            Self::Postman => include_str!("prelude_postman.js"),
        }
    }
}

/// One assertion of a script.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Check {
    pub(super) name: String,
    #[serde(default)]
    pub(super) passed: bool,
    #[serde(default)]
    pub(super) actual: String,
    /// What it uses that is not to be had here; then it says nothing.
    #[serde(default)]
    pub(super) unsupported: Option<String>,
}

/// What a script did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub(super) struct Done {
    /// Variables that it set; `None` where it took one away.
    #[serde(default)]
    pub(super) variables: BTreeMap<String, Option<String>>,
    #[serde(default)]
    pub(super) checks: Vec<Check>,
    /// Header fields that it added to the request.
    #[serde(default)]
    pub(super) headers: Vec<(String, String)>,
    /// What it used outside of a test that is not to be had here.
    #[serde(default)]
    pub(super) unsupported: Vec<String>,
    /// Why it ended early, with the line.
    #[serde(skip)]
    pub(super) error: Option<String>,
}

/// Runs a script. `input` has `variables`, `request`, `response` and, for Postman, `event` and `name`.
///
/// It runs on a thread of its own. One that does not end in time is left behind, since nothing can end it from outside.
pub(super) fn run(dialect: Dialect, script: &str, input: &Value, seed: u64) -> Result<Done, String> {
    let (sender, receiver) = std::sync::mpsc::channel();
    let (script, input) = (script.to_owned(), input.clone());
    std::thread::Builder::new()
        .stack_size(4 * STACK)
        .spawn(move || drop(sender.send(evaluated(dialect, &script, &input, seed))))
        .map_err(|error| format!("no thread for the script: {error}"))?;
    match receiver.recv_timeout(LONGEST) {
        Ok(done) => done,
        Err(RecvTimeoutError::Timeout) => Ok(Done { error: Some(ENDLESS.to_owned()), ..Done::default() }),
        Err(RecvTimeoutError::Disconnected) => Err("the script engine failed".to_owned()),
    }
}

fn evaluated(dialect: Dialect, script: &str, input: &Value, seed: u64) -> Result<Done, String> {
    let engine = |error: rquickjs::Error| format!("the script engine failed: {error}");
    let runtime = Runtime::new().map_err(engine)?;
    runtime.set_memory_limit(MEMORY);
    runtime.set_max_stack_size(STACK);
    let mut asked = 0;
    runtime.set_interrupt_handler(Some(Box::new(move || {
        asked += 1;
        asked > PATIENCE
    })));
    let context = Context::full(&runtime).map_err(engine)?;
    context.with(|ctx| {
        // The same numbers for the same seed, so that a run can be had again.
        let begin = format!(
            "Math.random = (() => {{ let s = {} >>> 0 || 1; return () => {{ s ^= s << 13; s >>>= 0; s ^= s >>> 17; s ^= s << 5; s >>>= 0; return s / 4294967296; }}; }})();\n({})({input})",
            seed % 0xffff_ffff,
            dialect.prelude().trim_end(),
        );
        ctx.eval::<(), _>(begin).catch(&ctx).map_err(|error| format!("the script engine failed: {error}"))?;
        let error = match ctx.eval::<rquickjs::Value<'_>, _>(script).catch(&ctx) {
            Ok(_) => None,
            Err(rquickjs::CaughtError::Exception(exception)) => {
                let message = exception.message().unwrap_or_default();
                let line = exception.stack().as_deref().and_then(line_of);
                Some(match (message.as_str(), line) {
                    ("interrupted", _) => ENDLESS.to_owned(),
                    (_, Some(line)) => format!("line {line}: {message}"),
                    (_, None) => message,
                })
            }
            Err(other) => Some(other.to_string()),
        };
        // A script may have filled the memory or replaced what its results are read with; then it has none.
        let done = ctx.eval::<String, _>("JSON.stringify(__done)").ok();
        let Some(mut done) = done.and_then(|text| serde_json::from_str::<Done>(&text).ok()) else {
            let error = error.unwrap_or_else(|| "it left nothing that can be read".to_owned());
            return Ok(Done { error: Some(error), ..Done::default() });
        };
        // A failed assertion ends a script; it is told once, as the assertion.
        let told = done.checks.last().is_some_and(|check| {
            !check.passed && error.as_ref().is_some_and(|error| error.ends_with(&check.name))
        });
        done.error = error.filter(|_| !told);
        Ok(done)
    })
}

/// The line in the script itself, out of a stack like `at <eval> (eval_script:3:5)`. The outermost frame
/// is the script's.
fn line_of(stack: &str) -> Option<u32> {
    let last = stack.lines().rfind(|line| line.contains("eval_script:"))?;
    last.split("eval_script:").nth(1)?.split(':').next()?.trim_end_matches(')').parse().ok()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    fn input(body: &str) -> Value {
        json!({
            "variables": { "known": "yes" }, "event": "test", "name": "it",
            "request": { "method": "GET", "url": "http://h/Users", "path": "/Users", "headers": [], "body": "" },
            "response": { "status": 200, "reason": "OK", "headers": [["Content-Type", "application/scim+json"]], "body": body, "time": 12 },
        })
    }

    #[rstest]
    #[case("assert(1, 'one')", 1, 0)]
    #[case(
        "assert.equal(response.status, 200); assert.isArray(JSON.parse(response.body).Resources, 'list')",
        2,
        0
    )]
    #[case("assert.ok(false, 'no'); assert.ok(true)", 0, 1)]
    fn assertions_of_runscope(#[case] script: &str, #[case] passed: usize, #[case] failed: usize) {
        let done = run(Dialect::Runscope, script, &input(r#"{"Resources":[]}"#), 1).unwrap();
        assert_eq!(done.checks.iter().filter(|check| check.passed).count(), passed, "{done:?}");
        assert_eq!(done.checks.iter().filter(|check| !check.passed).count(), failed, "{done:?}");
        assert_eq!(done.error, None);
    }

    #[rstest]
    #[case("pm.expect(pm.response.json().a).to.eql([1])", true)]
    #[case("pm.expect(pm.response.json().a).to.eql([2])", false)]
    #[case("pm.response.to.have.status(200)", true)]
    #[case("pm.response.to.have.status(201)", false)]
    #[case("pm.response.to.be.ok", true)]
    #[case("pm.response.to.not.be.ok", false)]
    #[case("pm.expect(pm.response.code).to.be.oneOf([200, 201])", true)]
    #[case("pm.expect([1, 2]).to.include(3)", false)]
    #[case("pm.expect('abc').to.include('b')", true)]
    #[case("pm.expect({ a: { b: 1 } }).to.have.nested.property('a.b', 1)", true)]
    #[case("pm.expect({ a: 1 }).to.have.property('b')", false)]
    #[case("pm.expect({ a: 1 }).to.not.have.property('b')", true)]
    #[case("pm.expect([1, 2, 3]).to.have.length.above(2)", true)]
    #[case("pm.expect([1, 2, 3]).to.have.lengthOf(2)", false)]
    #[case("pm.expect('x').to.be.a('string').and.not.be.empty", true)]
    #[case("pm.expect(undefined).to.exist", false)]
    #[case("pm.response.to.have.header('content-type')", true)]
    #[case("pm.expect(pm.response.headers.get('Content-Type')).to.match(/scim/)", true)]
    #[case("pm.response.to.have.jsonBody('a[0]', 1)", true)]
    #[case("pm.expect({ b: 1, a: 2 }).to.have.all.keys('a', 'b')", true)]
    #[case("pm.expect({ b: 1, a: 2 }).to.have.all.keys('a')", false)]
    fn expectations_of_postman(#[case] script: &str, #[case] holds: bool) {
        let script = format!("pm.test('t', function () {{ {script}; }});");
        let done = run(Dialect::Postman, &script, &input(r#"{"a":[1]}"#), 1).unwrap();
        assert_eq!(done.checks.len(), 1);
        assert_eq!(done.checks[0].passed, holds, "{done:?}");
        assert_eq!(done.checks[0].unsupported, None, "{done:?}");
    }

    #[test]
    fn what_is_not_to_be_had_is_named_and_never_passes() {
        let script = "pm.test('a', () => { pm.sendRequest('x'); });\npm.test('b', () => { pm.response.to.have.jsonSchema({}); });\nrequire('lodash');";
        let done = run(Dialect::Postman, script, &input("{}"), 1).unwrap();
        assert!(done.checks.iter().all(|check| !check.passed && check.unsupported.is_some()), "{done:?}");
        assert_eq!(done.unsupported.last().map(String::as_str), Some("require(\"lodash\")"));
        assert!(done.error.as_deref().is_some_and(|error| error.starts_with("line 3")), "{done:?}");
    }

    #[test]
    fn variables_go_in_and_come_out_and_a_loop_ends() {
        let script = "variables.set('n', 5); variables.set('k', variables.get('known') + '!');";
        let done = run(Dialect::Runscope, script, &input(""), 1).unwrap();
        assert_eq!(done.variables["n"].as_deref(), Some("5"));
        assert_eq!(done.variables["k"].as_deref(), Some("yes!"));
        let endless = run(Dialect::Runscope, "for (;;) {}", &input(""), 1).unwrap();
        assert_eq!(endless.error.as_deref(), Some("it does not come to an end"));
    }

    /// What no `catch` and no `finally` takes back, and what goes on behind a failure that a script catches.
    #[rstest]
    #[case::caught("try { while (true) {} } catch (e) { variables.set('x', '1'); }")]
    #[case::at_last("try { for (;;) {} } finally { variables.set('x', '1'); }")]
    #[case::expression("/^(a+)+$/.test('a'.repeat(40) + 'b'); variables.set('x', '1');")]
    #[case::generator("function* g() { try { while (true) yield 1; } finally {} } for (const one of g()) {}")]
    #[case::proxy(
        "const p = new Proxy({}, { get() { while (true) {} } }); try { p.a; } catch (e) {} variables.set('x', '1');"
    )]
    #[case::getter("Object.defineProperty(__done, 'checks', { get() { while (true) {} } });")]
    fn what_does_not_end_is_ended(#[case] script: &str) {
        let done = run(Dialect::Runscope, script, &input(""), 1).unwrap();
        assert!(done.error.is_some(), "{done:?}");
        assert_eq!(done.variables.get("x"), None, "{done:?}");
    }

    #[rstest]
    #[case::memory("'x'.repeat(1e9)")]
    #[case::growth("const a = []; while (true) a.push(new Array(1000).fill('x'));")]
    #[case::stack("(function f() { f(); })()")]
    #[case::nesting("JSON.parse('['.repeat(1e6))")]
    #[case::pattern("new RegExp('('.repeat(1e5))")]
    fn what_takes_too_much_fails_in_its_script(#[case] script: &str) {
        let done = run(Dialect::Runscope, script, &input(""), 1).unwrap();
        assert!(done.error.is_some(), "{done:?}");
        // The next one has all that it needs.
        assert_eq!(run(Dialect::Runscope, "assert(1)", &input(""), 1).unwrap().checks.len(), 1);
    }

    #[test]
    fn a_promise_that_makes_promises_is_not_waited_for() {
        let script = "function again() { Promise.resolve().then(again); } again(); assert(1);";
        let done = run(Dialect::Runscope, script, &input(""), 1).unwrap();
        assert_eq!((done.checks.len(), done.error), (1, None));
    }
}
