//! What console actions leave for expectations to look at.

use serde_json::Value;

/// An export of the sync log in both forms.
#[derive(Debug, Clone)]
pub(super) struct Export {
    pub(super) entries: Vec<Value>,
    pub(super) csv: String,
}

/// How the console refused an action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) code: String,
    pub(super) message: String,
}
