//! Reporters. Each is a function of the event stream or of the result, and blind to the runner.

mod cases;
mod github;
mod html;
mod junit;
mod markdown;
mod oin;
mod requirements;
mod sarif;
mod sentences;
mod tap;
mod terminal;
mod text;
mod view;

pub use github::github;
pub use html::html;
pub use junit::junit;
pub use markdown::markdown;
pub use oin::{OinCase, OinCounts, OinVerdict, Rehearsal, oin_cases, rehearsal};
pub use requirements::{RequirementsOptions, requirements};
pub use sarif::sarif;
pub use tap::tap;
pub use terminal::{Terminal, TerminalOptions};

use crate::result::RunResult;

/// The result as JSON, for machines and for `scimulate report`.
#[must_use]
pub fn json(result: &RunResult) -> String {
    let mut text = serde_json::to_string_pretty(result).unwrap_or_default();
    text.push('\n');
    text
}

#[cfg(test)]
mod tests;
