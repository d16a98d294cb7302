//! The judge: requirements, each with slug, level and citation, and the findings that they lead to.
//!
//! It reads raw exchanges with small functions of its own. It must not name the reference or the
//! simulator: the judge and the judged share no algorithm.

mod catalogue;
mod finding;
mod judge;
mod lists;
mod memory;
mod requirement;
mod resources;
mod schemas;
#[cfg(test)]
mod tests;

pub use finding::Finding;
pub use judge::PassiveJudge;
pub use requirement::{Level, Requirement};
pub use schemas::{Document, Mismatch};

/// All requirements that can lead to a finding.
#[must_use]
pub fn requirements() -> &'static [&'static Requirement] {
    catalogue::ALL
}
