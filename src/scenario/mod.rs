//! Scenarios: scripts of administrator actions with expectations, and how they are run.
//!
//! `model` is what a file says, `parse` turns text into checked scenarios (the only YAML code of the
//! room), `suite` runs many, `runner` one against one target. Nothing here prints, and nothing here
//! names the reference: a target comes from outside, with its transport.

mod actions;
mod console;
mod console_actions;
mod console_judge;
pub mod console_model;
pub mod entra;
mod expect;
mod foreign;
mod judge;
pub mod model;
mod observe;
mod parse;
mod points;
mod record;
mod runner;
pub mod span;
mod statements;
mod suite;
mod template;

pub use model::{Scenario, ScenarioFile, Step};
pub use parse::{ScenarioError, parse};
pub use record::Stopwatch;
pub use statements::{Statement, statements};
pub use suite::{RunOptions, SuiteError, run};
