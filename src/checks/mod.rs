//! The judge: requirements, each with slug, level and citation, and the findings that they lead to.
//!
//! It reads raw exchanges with small functions of its own. It must not name the reference or the
//! simulator: the judge and the judged share no algorithm.

mod finding;
mod requirement;

pub use finding::Finding;
pub use requirement::{Level, Requirement};

use crate::exchange::{Exchange, Masker};

/// Judges every exchange of a conversation.
#[derive(Debug)]
pub struct PassiveJudge {}

impl PassiveJudge {
    /// A judge of the conversation with the service at `base_url`.
    #[must_use]
    pub fn new(_base_url: &str) -> Self {
        Self {}
    }

    /// What is wrong with the next exchange.
    pub fn observe(&mut self, _exchange: &Exchange, _masker: &Masker) -> Vec<Finding> {
        Vec::new()
    }
}

/// All requirements that can lead to a finding.
#[must_use]
pub fn requirements() -> Vec<&'static Requirement> {
    Vec::new()
}
