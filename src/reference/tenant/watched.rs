//! What a watchlist consists of.

use indexmap::IndexMap;
use jiff::Timestamp;

use super::id::Id;
use super::requests::WatchlistType;

#[derive(Debug, Clone)]
pub(super) struct Watchlist {
    pub(super) id: Id,
    pub(super) kind: WatchlistType,
    pub(super) title: String,
    pub(super) description: Option<String>,
    /// With the instant of their addition.
    pub(super) users: IndexMap<Id, Timestamp>,
    pub(super) excluded: IndexMap<Id, Timestamp>,
    pub(super) groups: IndexMap<Id, WatchedGroup>,
    pub(super) departments: IndexMap<String, Timestamp>,
}

/// A group keeps its place when it is deleted, with the name that it had.
#[derive(Debug, Clone)]
pub(super) struct WatchedGroup {
    pub(super) name: String,
    pub(super) added: Timestamp,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Watchlists {
    pub(super) all: Vec<Watchlist>,
}
