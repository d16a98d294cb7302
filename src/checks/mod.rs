//! The judge: requirements, each with slug, level and citation, and the findings that they lead to.
//!
//! It reads raw exchanges with small functions of its own. It must not name the reference or the
//! simulator: the judge and the judged share no algorithm.

mod finding;
mod requirement;

pub use finding::Finding;
pub use requirement::{Level, Requirement};
