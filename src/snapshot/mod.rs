//! Snapshots: the `.snap` format, normalising, rendering, comparing, updating and reviewing.
//!
//! Works on plain JSON values and text. Knows no scenario, no target and no HTTP; imports no other module.

mod compare;
mod format;
mod normalise;
mod render;
mod review;
mod store;
mod update;

pub use compare::diff;
pub use format::{FormatError, Info, Snapshot};
pub use normalise::Normaliser;
pub use render::{parse, render};
pub use review::{Choice, Pending, ReviewError, accept, pending, reject, review};
pub use store::{Directory, Source, StoreError, write_whole};
pub use update::{Action, Seen, UpdateMode, Verdict, Write, decide};
