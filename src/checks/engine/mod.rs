//! What probes and rules work with: it sends, remembers, reads answers and deletes. Knows no rule.

mod call;
mod clean_up;
mod facts;
mod memory;
mod probe;
mod seen;
mod session;
mod shape;
mod stop;
mod tally;
mod watch;
mod wire;

pub(in crate::checks) use call::{
    Answer, Call, Credential, SCIM_JSON, filtered, is_resource, path_to, query,
};
pub(in crate::checks) use facts::{Capability, Facts, Shape, State};
pub(in crate::checks) use memory::{Known, Memory};
pub(in crate::checks) use probe::{Mode, Probe, probes};
pub(in crate::checks) use seen::{About, Kind, Query, Seen, Verdicts, path_of, same_place};
pub(in crate::checks) use session::{Session, is_list, located, patch_call};
pub(in crate::checks) use shape::{completed, fitted, sample};
pub(in crate::checks) use stop::Stop;
pub(in crate::checks) use tally::{Outcome, START, Tally};
pub use tally::{RequirementResult, Verdict};
pub(in crate::checks) use watch::{DuringCheck, Watch, WatchDuringCheck, Watcher};
pub(in crate::checks) use wire::{End, Engine};
pub use wire::{Stopwatch, Subject};
