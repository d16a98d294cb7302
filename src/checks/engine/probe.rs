//! What a probe is, and how one is declared.

use std::future::Future;
use std::pin::Pin;

use super::session::Session;
use super::stop::Stop;
use crate::checks::Requirement;

/// Whether a probe writes, and whether it may run beside others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::checks) enum Mode {
    /// Reads only.
    Reads,
    /// Writes resources of its own.
    Writes,
    /// Writes, and looks at whole lists, so that no other probe may write meanwhile.
    Alone,
}

/// The future of a probe.
pub(in crate::checks) type Running<'a> = Pin<Box<dyn Future<Output = Result<(), Stop>> + Send + 'a>>;

/// A piece of the examination: builds its own state, exercises it, and judges some requirements.
pub(in crate::checks) struct Probe {
    /// Stable name, e.g. `patch.simple`.
    pub(in crate::checks) name: &'static str,
    /// Whether it writes, and whether it may run beside others.
    pub(in crate::checks) mode: Mode,
    /// Every requirement that it may judge.
    pub(in crate::checks) judges: &'static [&'static Requirement],
    /// What it does.
    pub(in crate::checks) run: for<'a> fn(&'a mut Session) -> Running<'a>,
}

/// Declares the probes of a file: `"area.name", Writes, [REQUIREMENT, …], function;`
macro_rules! probes {
    ($($(#[$doc:meta])* $name:literal, $mode:ident, [$($requirement:expr),* $(,)?], $run:path;)*) => {
        /// The probes of this file.
        pub(in crate::checks) static ALL: &[$crate::checks::engine::Probe] = &[$($crate::checks::engine::Probe {
            name: $name,
            mode: $crate::checks::engine::Mode::$mode,
            judges: &[$(&$requirement),*],
            run: |session| Box::pin($run(session)),
        }),*];
    };
}
pub(in crate::checks) use probes;
