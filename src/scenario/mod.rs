//! Scenarios: scripts of administrator actions with expectations, and how they are run.
//!
//! `model`, `step` and `families` are what a file says, `parse` turns text into checked scenarios and `write`
//! the opposite (the only YAML code of the module), `from_capture` builds a scenario from a capture, `suite` runs
//! many, `runner` one against one target. Nothing here prints, and nothing here names the reference: a target
//! comes from outside, with its transport.

// A step that a `match` forgets would compile, do nothing and pass: every match names every
// variant.
#![deny(clippy::wildcard_enum_match_arm)]

mod actions;
mod console;
mod console_actions;
mod console_judge;
pub mod console_model;
mod console_outcome;
pub mod entra;
mod expect;
mod families;
mod foreign;
mod from_capture;
mod judge;
mod judgement;
pub mod model;
mod observe;
mod options;
mod parse;
mod parts;
mod points;
mod record;
mod runner;
pub mod span;
mod statements;
mod step;
mod suite;
mod template;
mod write;

pub use from_capture::Draft;
pub use model::{Scenario, ScenarioFile, Step};
pub use options::RunOptions;
pub use parse::parse;
pub use record::Stopwatch;
pub use statements::{Statement, statements};
pub use suite::{SuiteError, run};
