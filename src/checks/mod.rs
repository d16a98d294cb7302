//! The judge: requirements, each with slug, level and citation, and the findings that they lead to.
//!
//! Everything about one subject lies in `rules/<area>`, and an area is the first part of the slugs in it. Two
//! judges share the rules. The passive one ([`PassiveJudge`]) looks at every exchange of any conversation; the
//! active one ([`check`]) sends requests of its own. Both read raw exchanges with small functions of their own.
//! They must not name the reference or the simulator: the judge and the judged share no algorithm.

mod baseline;
#[cfg(test)]
mod cases;
mod coverage;
pub mod dictionary;
mod engine;
mod examination;
mod finding;
mod json;
mod orientation;
mod passive;
mod profiles;
mod requirement;
mod rules;
mod schemas;
mod stage;
#[cfg(test)]
mod tests;

pub use baseline::{Accepted, Baseline, Leftover};
pub use coverage::{Cover, Coverage, LeftOut, Sentence, coverage};
pub use engine::{RequirementResult, Stopwatch, Subject, Verdict};
pub use examination::{CheckError, CheckOptions, CheckReport, Progress, check, count, is_named, plan};
pub use finding::Finding;
use finding::Shown;
pub use passive::PassiveJudge;
pub use profiles::Attested;
pub use requirement::{Importance, Level, Profile, Requirement, Severity};
pub use rules::requirements;
pub use schemas::{Document, Mismatch};
