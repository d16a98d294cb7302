//! Scenarios: scripts of administrator actions with expectations, and how they are run.
//!
//! `model` is what a file says, `parse` turns text into checked scenarios (the only YAML code),
//! `suite` finds and selects them, `runner` runs one against one target. Nothing here prints, and
//! nothing here names the reference: a target comes from outside, with its transport.

mod console;
pub mod expect;
pub mod model;
pub mod parse;
mod record;
mod template;

pub use model::{Scenario, Step};
