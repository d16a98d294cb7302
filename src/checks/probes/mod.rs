//! The probes, one file for each subject: first its requirements, then the probes that judge them.

pub(super) mod basics;
mod create;
mod lifecycle;
mod replace;

use std::sync::LazyLock;

use super::Requirement;
use super::active::Probe;

/// Every probe, in the order of reports.
pub(super) fn all() -> &'static [&'static Probe] {
    static ALL: LazyLock<Vec<&'static Probe>> = LazyLock::new(|| {
        let files: &[&[&Probe]] = &[create::PROBES, replace::PROBES, lifecycle::PROBES];
        files.concat()
    });
    &ALL
}

/// Every requirement that a probe or the orientation judges, each once.
pub(super) fn requirements() -> &'static [&'static Requirement] {
    static ALL: LazyLock<Vec<&'static Requirement>> = LazyLock::new(|| {
        let files: &[&[&Requirement]] = &[basics::ALL, create::ALL, replace::ALL, lifecycle::ALL];
        files.concat()
    });
    &ALL
}
