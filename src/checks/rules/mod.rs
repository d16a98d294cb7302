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
    watch: &'static [&'static Watch],
    watch_during_check: &'static [&'static WatchDuringCheck],
}

/// Names the areas, each with the files of its probes and faults, and its passive rules.
macro_rules! areas {
    ($($area:ident:
        probes [$($($probes:ident)::+),*],
        faults [$($($faults:ident)::+),*],
        watch [$($watch:ident),*],
        during [$($during:ident),*];)*) => {
        static AREAS: &[Area] = &[$(Area {
            requirements: $area::ALL,
            probes: &[$($area::$($probes)::+::ALL),*],
            faults: &[$($area::$($faults)::+::ALL),*],
            watch: &[$(&$area::watch::$watch),*],
            watch_during_check: &[$(&$area::watch::$during),*],
        }),*];
    };
}

// In the order of reports.
areas! {
    discovery: probes [probes], faults [faults], watch [WATCH], during [];
    auth: probes [probes], faults [faults], watch [WATCH], during [];
    security: probes [probes], faults [faults], watch [], during [];
    negotiation: probes [probes], faults [faults], watch [], during [];
    error: probes [probes], faults [faults], watch [WATCH], during [];
    response: probes [], faults [faults], watch [WATCH], during [WATCH_DURING_CHECK];
    resource: probes [probes], faults [faults], watch [WATCH], during [];
    create: probes [probes], faults [faults], watch [WATCH], during [];
    read: probes [probes], faults [faults], watch [WATCH], during [];
    replace: probes [probes], faults [faults], watch [WATCH], during [];
    patch: probes [probes::simple, probes::forms, probes::messages], faults [faults::messages, faults::paths], watch [WATCH], during [];
    delete: probes [probes], faults [faults], watch [WATCH], during [WATCH_DURING_CHECK];
    user: probes [probes], faults [faults], watch [], during [];
    lifecycle: probes [probes], faults [faults], watch [], during [];
    group: probes [probes::changes, probes::members], faults [faults], watch [], during [];
    list: probes [], faults [faults], watch [WATCH], during [];
    filter: probes [probes::comparisons, probes::attributes], faults [faults], watch [WATCH], during [];
    query: probes [probes], faults [faults], watch [], during [];
    paging: probes [probes], faults [faults], watch [], during [];
    cursor: probes [probes], faults [faults], watch [], during [];
    sort: probes [probes], faults [faults], watch [], during [];
    projection: probes [probes], faults [faults], watch [], during [];
    search: probes [probes], faults [faults], watch [], during [];
    me: probes [probes], faults [faults], watch [], during [];
    bulk: probes [probes], faults [faults], watch [], during [];
    version: probes [probes], faults [faults], watch [], during [];
    write: probes [], faults [], watch [WATCH], during [];
    values: probes [probes], faults [faults], watch [], during [];
    concurrency: probes [probes], faults [faults], watch [], during [];
    extension: probes [probes], faults [faults], watch [], during [];
    okta: probes [probes::users, probes::groups, probes::large], faults [faults], watch [], during [];
    interop: probes [probes], faults [], watch [], during [];
    ipsie: probes [probes], faults [], watch [], during [];
}

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
    AREAS.iter().flat_map(|area| area.watch).copied()
}

/// The passive rules that hold only during a check.
pub(in crate::checks) fn watches_during_check() -> impl Iterator<Item = &'static WatchDuringCheck> {
    AREAS.iter().flat_map(|area| area.watch_during_check).copied()
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

/// The areas and their requirements, for the tests that hold the areas together.
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
