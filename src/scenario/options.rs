//! The options of a run of scenarios.

use std::sync::Arc;

use indexmap::IndexMap;

use super::record::Stopwatch;
use crate::clients::Dialect;
use crate::exchange::{Interruption, Masker, Patience};
use crate::result::Event;
use crate::snapshot::{Source, UpdateMode};

/// Everything that a run needs besides scenarios and targets.
#[derive(Clone)]
pub struct RunOptions {
    /// Reviewed snapshots.
    pub snapshots: Arc<dyn Source>,
    /// How they are updated.
    pub update: UpdateMode,
    /// Whether this is CI, where nothing is written.
    pub ci: bool,
    /// Values of variables and secrets, which override those of the files.
    pub variables: IndexMap<String, String>,
    /// Knows all secrets.
    pub masker: Masker,
    /// Measures real time.
    pub stopwatch: Stopwatch,
    /// Receives what happens.
    pub events: Arc<dyn Fn(Event) + Send + Sync>,
    /// How many scenario runs take place at once; at least 1.
    pub jobs: usize,
    /// No further scenario begins after so many have failed.
    pub max_fail: Option<usize>,
    /// How long the target may make the run wait.
    pub patience: Arc<Patience>,
    /// Raised from outside to end the run: what was created is deleted, nothing further begins.
    pub interruption: Interruption,
    /// Whether what was created on a lasting target stays there.
    pub keep: bool,
    /// Only these dialects.
    pub dialects: Vec<Dialect>,
    /// Version for the result.
    pub version: String,
}
