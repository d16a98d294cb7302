//! What a scenario file says. The documentation of the fields here is what an editor shows through
//! the generated JSON Schema, so it is written for the author of a scenario.

use std::path::PathBuf;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_saphyr::Spanned;

pub use super::families::{ClockAction, ConsoleAction, Expectation, ScimAction, SnapshotAction};
pub use super::parts::{Requirement, ScimRequest};
pub use super::span::Span;
pub use super::step::Step;
use crate::clients::{Dialect, operation as okta};

/// A scenario: a script of what an administrator does, with what must be true after it.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(title = "scimulate scenario")]
pub struct ScenarioFile {
    /// One sentence that says what the scenario shows.
    pub title: String,
    /// Further explanation for readers.
    #[serde(default)]
    pub description: Option<String>,
    /// Statements of the guide that the scenario covers, e.g. `S10`.
    #[serde(default)]
    pub covers: Vec<String>,
    /// What the target must offer; without it the scenario is skipped, with the reason. Steps of the
    /// families `console.*` and `clock.*` imply `console` and `clock`.
    #[serde(default)]
    pub requires: Vec<Requirement>,
    /// Words for `--tag` and `--exclude-tag`.
    #[serde(default)]
    pub tags: Vec<String>,
    /// The dialects in which the scenario runs; all when left out. `entra` runs only when it is asked for.
    #[serde(default)]
    pub dialects: Option<Vec<Dialect>>,
    /// Why the scenario makes no sense in dialect `entra`, where it is then skipped with this reason.
    #[serde(default)]
    pub not_in_entra: Option<String>,
    /// Why the state differs between the dialects. When left out it must be the same in both.
    #[serde(default)]
    pub dialects_differ: Option<String>,
    /// Values for `{{name}}` in people, groups and steps; `--variable` and `--secret` override them.
    #[serde(default)]
    pub variables: IndexMap<String, String>,
    /// The people of the Okta directory, by a short name that the steps use.
    #[serde(default)]
    #[schemars(with = "IndexMap<String, okta::Person>")]
    pub people: IndexMap<String, Spanned<okta::Person>>,
    /// The groups of the Okta directory, by a short name that the steps use.
    #[serde(default)]
    #[schemars(with = "IndexMap<String, okta::Group>")]
    pub groups: IndexMap<String, Spanned<okta::Group>>,
    /// The app in Okta: label, features, mapping, switches.
    #[serde(default)]
    pub app: okta::App,
    /// What happens, in order.
    #[schemars(with = "Vec<Step>")]
    pub steps: Vec<Spanned<Step>>,
}

impl ScimRequest {
    /// A request of which nothing is kept, with the credentials that are configured.
    pub(super) fn new(method: String, path: String, body: Option<Value>) -> Self {
        Self { method, path, body, headers: IndexMap::new(), save: IndexMap::new(), credentials: None }
    }
}

/// A place in a scenario file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// One-based line.
    pub line: u64,
    /// One-based column.
    pub column: u64,
}

impl std::fmt::Display for Position {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// A part of a scenario with the place where it is written.
#[derive(Debug, Clone, PartialEq)]
pub struct Located<T> {
    /// Where.
    pub at: Position,
    /// What.
    pub value: T,
}

impl<T> From<Spanned<T>> for Located<T> {
    fn from(spanned: Spanned<T>) -> Self {
        let at = Position { line: spanned.referenced.line(), column: spanned.referenced.column() };
        Self { at, value: spanned.value }
    }
}

/// A scenario that has been read and checked.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// Path below the suite's root without extension, e.g. `guide/walkthrough`.
    pub name: String,
    /// Where it was read, for messages.
    pub path: PathBuf,
    /// See [`ScenarioFile`].
    pub title: String,
    /// See [`ScenarioFile`].
    pub description: Option<String>,
    /// See [`ScenarioFile`].
    pub covers: Vec<String>,
    /// Declared and implied.
    pub requires: Vec<Requirement>,
    /// See [`ScenarioFile`].
    pub tags: Vec<String>,
    /// See [`ScenarioFile`]; never empty.
    pub dialects: Vec<Dialect>,
    /// See [`ScenarioFile`].
    pub not_in_entra: Option<String>,
    /// See [`ScenarioFile`].
    pub dialects_differ: Option<String>,
    /// See [`ScenarioFile`].
    pub variables: IndexMap<String, String>,
    /// See [`ScenarioFile`].
    pub people: IndexMap<String, Located<okta::Person>>,
    /// See [`ScenarioFile`].
    pub groups: IndexMap<String, Located<okta::Group>>,
    /// See [`ScenarioFile`].
    pub app: okta::App,
    /// Never empty.
    pub steps: Vec<Located<Step>>,
}

impl Scenario {
    /// A place in the file as messages show it, e.g. `scenarios/a.yaml:6:5`.
    #[must_use]
    pub fn location(&self, at: Position) -> String {
        format!("{}:{at}", self.path.display())
    }

    /// Why the scenario does not run in a dialect that was asked for, if there is anything to say: that it is
    /// for one of Okta's dialects only is no reason to name in the other.
    #[must_use]
    pub fn skipped_in(&self, dialect: Dialect) -> Option<String> {
        if dialect.is_okta() || self.dialects.contains(&dialect) {
            return None;
        }
        let own: Vec<&str> = self.dialects.iter().map(|dialect| dialect.as_str()).collect();
        Some(
            self.not_in_entra.clone().unwrap_or_else(|| format!("it is for dialect {} only", own.join(", "))),
        )
    }
}
