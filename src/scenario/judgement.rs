//! What a judged expectation gives: its failures and what could not be observed. The expectations of SCIM
//! and of the console are judged in files of their own and share what stands here.

use std::collections::BTreeSet;

use serde_json::Value;

use super::observe::Observation;
use crate::result::Failure;

/// What the judge needs to know of the run.
pub(super) struct Context<'a> {
    pub(super) observation: &'a Observation,
    /// From a short name to the login or group name that the target knows.
    pub(super) login: &'a dyn Fn(&str) -> String,
    pub(super) group_name: &'a dyn Fn(&str) -> String,
    /// Whether what a target does not show may be there all the same.
    pub(super) lasting: bool,
}

/// Failures, and what could not be observed.
#[derive(Debug, Default)]
pub(super) struct Judgement {
    pub(super) failures: Vec<Failure>,
    pub(super) not_observed: BTreeSet<String>,
}

impl Judgement {
    pub(super) fn differs(
        &mut self,
        what: impl Into<String>,
        expected: impl std::fmt::Display,
        actual: impl std::fmt::Display,
    ) {
        self.failures.push(failure(what, expected, actual));
    }

    pub(super) fn compare<T: PartialEq + std::fmt::Display>(
        &mut self,
        what: String,
        expected: &T,
        actual: &T,
    ) {
        if expected != actual {
            self.differs(what, expected, actual);
        }
    }

    /// Not observed, with the reason where looking was tried.
    pub(super) fn unseen_because(&mut self, what: &str, reason: Option<&str>) {
        self.not_observed
            .insert(reason.map_or_else(|| what.to_owned(), |reason| format!("{what}: {reason}")));
    }

    pub(super) fn unseen(&mut self, what: &str) {
        self.not_observed.insert(what.to_owned());
    }
}

fn failure(
    what: impl Into<String>,
    expected: impl std::fmt::Display,
    actual: impl std::fmt::Display,
) -> Failure {
    Failure {
        summary: what.into(),
        expected: vec![expected.to_string()],
        actual: Some(actual.to_string()),
        diff: None,
        exchange: None,
        curl: None,
        admin_message: None,
        advice: None,
    }
}

pub(super) fn list(names: impl IntoIterator<Item = impl AsRef<str>>) -> String {
    let mut names: Vec<String> = names.into_iter().map(|name| name.as_ref().to_owned()).collect();
    names.sort();
    if names.is_empty() { "none".into() } else { names.join(", ") }
}

pub(super) fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

pub(super) fn find<'a>(items: &'a [Value], key: &str, name: &str) -> Option<&'a Value> {
    items.iter().find(|item| text(item, key).eq_ignore_ascii_case(name))
}

pub(super) fn console_list<'a>(console: &'a Value, section: &str) -> &'a [Value] {
    console.get(section).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}
