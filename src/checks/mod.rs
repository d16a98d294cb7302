//! The judge: requirements, each with slug, level and citation, and the findings that they lead to.
//!
//! Two judges share them. The passive one ([`PassiveJudge`]) looks at every exchange of any
//! conversation; the active one ([`check`]) sends requests of its own. Both read raw exchanges with small
//! functions of their own. They must not name the reference or the simulator: the judge and the judged
//! share no algorithm.

mod active;
mod baseline;
mod catalogue;
mod coverage;
mod finding;
mod json;
mod judge;
mod lists;
mod memory;
mod probes;
mod profiles;
mod requirement;
mod resources;
mod schemas;
#[cfg(test)]
mod tests;

use std::sync::LazyLock;

pub use active::{
    CheckError, CheckOptions, CheckReport, Progress, RequirementResult, Stopwatch, Subject, Verdict, check,
    plan,
};
pub use baseline::{Accepted, Baseline, Leftover};
pub use coverage::{Cover, Coverage, LeftOut, Sentence, coverage};
pub use finding::Finding;
pub use judge::PassiveJudge;
pub use profiles::Attested;
pub use requirement::{Level, Profile, Requirement};
pub use schemas::{Document, Mismatch};

/// All requirements that can lead to a finding, those of the passive judge and of the probes, by area.
#[must_use]
pub fn requirements() -> &'static [&'static Requirement] {
    static ALL: LazyLock<Vec<&'static Requirement>> =
        LazyLock::new(|| catalogue::ALL.iter().chain(probes::requirements()).copied().collect());
    &ALL
}
