//! The statements of the guide, S1 to S118, in the project's words: what scenarios name under `covers`.

use std::sync::LazyLock;

use indexmap::IndexMap;
use serde::Deserialize;

use super::model::Scenario;

/// One statement of the guide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// e.g. `S10`.
    pub id: String,
    /// Heading of the part of the guide that it stands in.
    pub part: String,
    /// What it says.
    pub text: String,
    /// Why no scenario can execute it; `None` when scenarios do.
    pub unexecuted: Option<String>,
}

#[derive(Deserialize)]
struct Table {
    part: Vec<Part>,
}

#[derive(Deserialize)]
struct Part {
    title: String,
    #[serde(flatten)]
    statements: IndexMap<String, Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    text: String,
    unexecuted: Option<String>,
}

static TABLE: LazyLock<Vec<Statement>> = LazyLock::new(|| {
    let table: Table =
        toml::from_str(include_str!("statements.toml")).expect("the table that is built in is well-formed");
    let parts = table.part.into_iter();
    let mut statements: Vec<Statement> = parts
        .flat_map(|Part { title, statements }| {
            statements.into_iter().map(move |(id, Entry { text, unexecuted })| Statement {
                id,
                part: title.clone(),
                text,
                unexecuted,
            })
        })
        .collect();
    statements
        .sort_by_key(|statement| statement.id.trim_start_matches('S').parse::<u32>().unwrap_or(u32::MAX));
    statements
});

/// All statements, in the order of the guide.
#[must_use]
pub fn statements() -> &'static [Statement] {
    &TABLE
}

impl Statement {
    /// The names of those among `scenarios` that execute it.
    #[must_use]
    pub fn executed_by<'a, S: std::borrow::Borrow<Scenario>>(&self, scenarios: &'a [S]) -> Vec<&'a str> {
        let those = scenarios.iter().map(S::borrow).filter(|scenario| scenario.covers.contains(&self.id));
        those.map(|scenario| scenario.name.as_str()).collect()
    }
}
