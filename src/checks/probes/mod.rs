//! The probes, one file for each subject: first its requirements, then the probes that judge them.

mod access;
mod aftermath;
pub(super) mod basics;
mod batches;
mod bulk_details;
mod contention;
mod corners;
mod create;
mod details;
mod discovery;
mod effects;
mod elsewhere;
mod extensions;
mod filter;
mod further;
mod groups;
mod interop;
mod lifecycle;
mod members;
mod okta;
mod okta_chains;
mod paging;
mod patch;
mod patch_forms;
mod patch_messages;
mod query;
pub(super) mod replace;
mod representation;
mod robust;
mod scale;
mod stress;
mod texts;
pub(super) mod watch;

use std::sync::LazyLock;

use super::Requirement;
use super::active::Probe;

/// Every probe, in the order of reports.
pub(super) fn all() -> &'static [&'static Probe] {
    static ALL: LazyLock<Vec<&'static Probe>> = LazyLock::new(|| {
        let files: &[&[&Probe]] = &[
            discovery::PROBES,
            access::PROBES,
            create::PROBES,
            replace::PROBES,
            lifecycle::PROBES,
            filter::PROBES,
            paging::PROBES,
            query::PROBES,
            patch::PROBES,
            patch_forms::PROBES,
            patch_messages::PROBES,
            groups::PROBES,
            members::PROBES,
            okta::PROBES,
            okta_chains::PROBES,
            scale::PROBES,
            stress::PROBES,
            contention::PROBES,
            texts::PROBES,
            batches::PROBES,
            robust::PROBES,
            details::PROBES,
            further::PROBES,
            representation::PROBES,
            elsewhere::PROBES,
            bulk_details::PROBES,
            aftermath::PROBES,
            extensions::PROBES,
            corners::PROBES,
            interop::PROBES,
        ];
        files.concat()
    });
    &ALL
}

/// Every requirement that a probe or the orientation judges, each once.
pub(super) fn requirements() -> &'static [&'static Requirement] {
    static ALL: LazyLock<Vec<&'static Requirement>> = LazyLock::new(|| {
        let files: &[&[&Requirement]] = &[
            watch::ALL,
            basics::ALL,
            discovery::ALL,
            access::ALL,
            create::ALL,
            replace::ALL,
            lifecycle::ALL,
            filter::ALL,
            paging::ALL,
            query::ALL,
            patch::ALL,
            patch_forms::ALL,
            patch_messages::ALL,
            groups::ALL,
            members::ALL,
            okta::ALL,
            okta_chains::ALL,
            scale::ALL,
            stress::ALL,
            contention::ALL,
            texts::ALL,
            batches::ALL,
            robust::ALL,
            details::ALL,
            further::ALL,
            representation::ALL,
            elsewhere::ALL,
            bulk_details::ALL,
            aftermath::ALL,
            extensions::ALL,
            corners::ALL,
            interop::ALL,
        ];
        files.concat()
    });
    &ALL
}
