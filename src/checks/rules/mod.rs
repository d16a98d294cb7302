//! The rules by area, and the only list of the areas. Everything about the rule `area.name` lies in the folder
//! `area`: the requirement, the probes and passive rules that judge it, and the exchanges that show it.

pub(in crate::checks) mod auth;
pub(in crate::checks) mod bulk;
pub(in crate::checks) mod concurrency;
pub(in crate::checks) mod create;
pub(in crate::checks) mod cursor;
pub(in crate::checks) mod delete;
pub(in crate::checks) mod discovery;
pub(in crate::checks) mod error;
pub(in crate::checks) mod extension;
pub(in crate::checks) mod filter;
pub(in crate::checks) mod group;
pub(in crate::checks) mod interop;
pub(in crate::checks) mod ipsie;
pub(in crate::checks) mod lifecycle;
pub(in crate::checks) mod list;
pub(in crate::checks) mod me;
pub(in crate::checks) mod negotiation;
pub(in crate::checks) mod okta;
pub(in crate::checks) mod paging;
pub(in crate::checks) mod patch;
pub(in crate::checks) mod projection;
pub(in crate::checks) mod query;
pub(in crate::checks) mod read;
pub(in crate::checks) mod replace;
pub(in crate::checks) mod resource;
pub(in crate::checks) mod response;
pub(in crate::checks) mod search;
pub(in crate::checks) mod security;
pub(in crate::checks) mod sort;
pub(in crate::checks) mod user;
pub(in crate::checks) mod values;
pub(in crate::checks) mod version;
pub(in crate::checks) mod write;

use std::sync::LazyLock;

use super::Requirement;
use super::engine::{Probe, Watch, WatchDuringCheck};
use crate::faults::Fault;

/// One subject of the standards: the requirements whose slugs begin with its name.
struct Area {
    requirements: &'static [&'static Requirement],
    /// Its probes, file by file.
    probes: &'static [&'static [Probe]],
    /// Deliberate defects that its requirements notice, file by file.
    faults: &'static [&'static [Fault]],
    watch: Option<&'static Watch>,
    watch_during_check: Option<&'static WatchDuringCheck>,
}

/// In the order of reports.
static AREAS: &[Area] = &[
    Area {
        requirements: discovery::ALL,
        faults: &[discovery::faults::ALL],
        probes: &[discovery::probes::ALL],
        watch: Some(&discovery::watch::WATCH),
        watch_during_check: None,
    },
    Area {
        requirements: auth::ALL,
        faults: &[auth::faults::ALL],
        probes: &[auth::probes::ALL],
        watch: Some(&auth::watch::WATCH),
        watch_during_check: None,
    },
    Area {
        requirements: security::ALL,
        faults: &[security::faults::ALL],
        probes: &[security::probes::ALL],
        watch: None,
        watch_during_check: None,
    },
    Area {
        requirements: negotiation::ALL,
        faults: &[negotiation::faults::ALL],
        probes: &[negotiation::probes::ALL],
        watch: None,
        watch_during_check: None,
    },
    Area {
        requirements: error::ALL,
        faults: &[error::faults::ALL],
        probes: &[error::probes::ALL],
        watch: Some(&error::watch::WATCH),
        watch_during_check: None,
    },
    Area {
        requirements: response::ALL,
        faults: &[response::faults::ALL],
        probes: &[],
        watch: Some(&response::watch::WATCH),
        watch_during_check: Some(&response::watch::WATCH_DURING_CHECK),
    },
    Area {
        requirements: resource::ALL,
        faults: &[resource::faults::ALL],
        probes: &[resource::probes::ALL],
        watch: Some(&resource::watch::WATCH),
        watch_during_check: None,
    },
    Area {
        requirements: create::ALL,
        faults: &[create::faults::ALL],
        probes: &[create::probes::ALL],
        watch: Some(&create::watch::WATCH),
        watch_during_check: None,
    },
    Area {
        requirements: read::ALL,
        faults: &[read::faults::ALL],
        probes: &[read::probes::ALL],
        watch: Some(&read::watch::WATCH),
        watch_during_check: None,
    },
    Area {
        requirements: replace::ALL,
        faults: &[replace::faults::ALL],
        probes: &[replace::probes::ALL],
        watch: Some(&replace::watch::WATCH),
        watch_during_check: None,
    },
    Area {
        requirements: patch::ALL,
        faults: &[patch::faults::messages::ALL, patch::faults::paths::ALL],
        probes: &[patch::probes::simple::ALL, patch::probes::forms::ALL, patch::probes::messages::ALL],
        watch: Some(&patch::watch::WATCH),
        watch_during_check: None,
    },
    Area {
        requirements: delete::ALL,
        faults: &[delete::faults::ALL],
        probes: &[delete::probes::ALL],
        watch: Some(&delete::watch::WATCH),
        watch_during_check: Some(&delete::watch::WATCH_DURING_CHECK),
    },
    Area {
        requirements: user::ALL,
        faults: &[user::faults::ALL],
        probes: &[user::probes::ALL],
        watch: None,
        watch_during_check: None,
    },
    Area {
        requirements: lifecycle::ALL,
        faults: &[lifecycle::faults::ALL],
        probes: &[lifecycle::probes::ALL],
        watch: None,
        watch_during_check: None,
    },
    Area {
        requirements: group::ALL,
        faults: &[group::faults::ALL],
        probes: &[group::probes::changes::ALL, group::probes::members::ALL],
        watch: None,
        watch_during_check: None,
    },
    Area {
        requirements: list::ALL,
        faults: &[list::faults::ALL],
        probes: &[],
        watch: Some(&list::watch::WATCH),
        watch_during_check: None,
    },
    Area {
        requirements: filter::ALL,
        faults: &[filter::faults::ALL],
        probes: &[filter::probes::comparisons::ALL, filter::probes::attributes::ALL],
        watch: Some(&filter::watch::WATCH),
        watch_during_check: None,
    },
    Area {
        requirements: query::ALL,
        faults: &[query::faults::ALL],
        probes: &[query::probes::ALL],
        watch: None,
        watch_during_check: None,
    },
    Area {
        requirements: paging::ALL,
        faults: &[paging::faults::ALL],
        probes: &[paging::probes::ALL],
        watch: None,
        watch_during_check: None,
    },
    Area {
        requirements: cursor::ALL,
        faults: &[cursor::faults::ALL],
        probes: &[cursor::probes::ALL],
        watch: None,
        watch_during_check: None,
    },
    Area {
        requirements: sort::ALL,
        faults: &[sort::faults::ALL],
        probes: &[sort::probes::ALL],
        watch: None,
        watch_during_check: None,
    },
    Area {
        requirements: projection::ALL,
        faults: &[projection::faults::ALL],
        probes: &[projection::probes::ALL],
        watch: None,
        watch_during_check: None,
    },
    Area {
        requirements: search::ALL,
        faults: &[search::faults::ALL],
        probes: &[search::probes::ALL],
        watch: None,
        watch_during_check: None,
    },
    Area {
        requirements: me::ALL,
        faults: &[me::faults::ALL],
        probes: &[me::probes::ALL],
        watch: None,
        watch_during_check: None,
    },
    Area {
        requirements: bulk::ALL,
        faults: &[bulk::faults::ALL],
        probes: &[bulk::probes::ALL],
        watch: None,
        watch_during_check: None,
    },
    Area {
        requirements: version::ALL,
        faults: &[version::faults::ALL],
        probes: &[version::probes::ALL],
        watch: None,
        watch_during_check: None,
    },
    Area {
        requirements: write::ALL,
        faults: &[],
        probes: &[],
        watch: Some(&write::watch::WATCH),
        watch_during_check: None,
    },
    Area {
        requirements: values::ALL,
        faults: &[values::faults::ALL],
        probes: &[values::probes::ALL],
        watch: None,
        watch_during_check: None,
    },
    Area {
        requirements: concurrency::ALL,
        faults: &[concurrency::faults::ALL],
        probes: &[concurrency::probes::ALL],
        watch: None,
        watch_during_check: None,
    },
    Area {
        requirements: extension::ALL,
        faults: &[extension::faults::ALL],
        probes: &[extension::probes::ALL],
        watch: None,
        watch_during_check: None,
    },
    Area {
        requirements: okta::ALL,
        faults: &[okta::faults::ALL],
        probes: &[okta::probes::users::ALL, okta::probes::groups::ALL, okta::probes::large::ALL],
        watch: None,
        watch_during_check: None,
    },
    Area {
        requirements: interop::ALL,
        faults: &[],
        probes: &[interop::probes::ALL],
        watch: None,
        watch_during_check: None,
    },
    Area {
        requirements: ipsie::ALL,
        faults: &[],
        probes: &[ipsie::probes::ALL],
        watch: None,
        watch_during_check: None,
    },
];

/// All requirements, by area.
#[must_use]
pub fn requirements() -> &'static [&'static Requirement] {
    static ALL: LazyLock<Vec<&'static Requirement>> =
        LazyLock::new(|| AREAS.iter().flat_map(|area| area.requirements).copied().collect());
    &ALL
}

/// The requirement of that slug.
pub(in crate::checks) fn requirement(slug: &str) -> Option<&'static Requirement> {
    requirements().iter().copied().find(|known| known.slug == slug)
}

/// Every probe, by area.
pub(in crate::checks) fn probes() -> impl Iterator<Item = &'static Probe> {
    AREAS.iter().flat_map(|area| area.probes.iter().copied().flatten())
}

/// Every deliberate defect, by area.
pub(in crate::checks) fn faults() -> impl Iterator<Item = &'static Fault> {
    AREAS.iter().flat_map(|area| area.faults.iter().copied().flatten())
}

/// The passive rules for any conversation.
pub(in crate::checks) fn watches() -> impl Iterator<Item = &'static Watch> {
    AREAS.iter().filter_map(|area| area.watch)
}

/// The passive rules that hold only during a check.
pub(in crate::checks) fn watches_during_check() -> impl Iterator<Item = &'static WatchDuringCheck> {
    AREAS.iter().filter_map(|area| area.watch_during_check)
}

/// Every requirement that passive rules alone judge: it is kept when nothing breaks it.
pub(in crate::checks) fn watched() -> impl Iterator<Item = &'static Requirement> {
    let always = watches().flat_map(|watch| watch.judges);
    let during = watches_during_check().flat_map(|watch| watch.judges);
    let probed = |wanted: &&'static Requirement| {
        probes().any(|probe| probe.judges.iter().any(|known| known.slug == wanted.slug))
    };
    always.chain(during).copied().filter(move |requirement| !probed(requirement))
}

/// The areas and their requirements, for the tests that hold the rooms together.
#[cfg(test)]
pub(in crate::checks) fn areas() -> impl Iterator<Item = &'static [&'static Requirement]> {
    AREAS.iter().map(|area| area.requirements)
}

/// The cases of every area that has passive rules, under its name.
#[cfg(test)]
pub(in crate::checks) fn cases() -> Vec<(&'static str, Vec<super::cases::Case>)> {
    vec![
        ("auth", auth::cases::all()),
        ("create", create::cases::all()),
        ("delete", delete::cases::all()),
        ("discovery", discovery::cases::all()),
        ("error", error::cases::all()),
        ("filter", filter::cases::all()),
        ("list", list::cases::all()),
        ("patch", patch::cases::all()),
        ("read", read::cases::all()),
        ("replace", replace::cases::all()),
        ("resource", resource::cases::all()),
        ("response", response::cases::all()),
        ("write", write::cases::all()),
    ]
}
