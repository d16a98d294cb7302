//! Legal hold matters, their custodians and policies.

use indexmap::IndexMap;
use jiff::Timestamp;

use super::id::{ById, Id};

#[derive(Debug, Clone)]
pub(super) struct Matter {
    pub(super) id: Id,
    pub(super) name: String,
    pub(super) description: Option<String>,
    pub(super) policy: Id,
    pub(super) active: bool,
    pub(super) created: Timestamp,
    /// Since when, and whether still.
    pub(super) custodians: IndexMap<Id, Custodian>,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Custodian {
    pub(super) since: Timestamp,
    pub(super) active: bool,
}

impl Matter {
    /// Those who are held, unless the matter is closed.
    pub(super) fn held(&self) -> impl Iterator<Item = Id> {
        self.custodians.iter().filter(|(_, custodian)| custodian.active).map(|(id, _)| *id)
    }
}

#[derive(Debug, Clone)]
pub(super) struct Policy {
    pub(super) id: Id,
    pub(super) name: String,
    pub(super) created: Timestamp,
}

/// All matters; who is held is known without a scan.
#[derive(Debug, Clone, Default)]
pub(super) struct Holds {
    pub(super) matters: Vec<Matter>,
    pub(super) policies: Vec<Policy>,
    /// How many open matters hold a user.
    pub(super) count: ById<u32>,
}

impl Holds {
    pub(super) fn on_hold(&self, user: Id) -> bool {
        self.count.contains_key(&user)
    }

    pub(super) fn matters(&self) -> &[Matter] {
        &self.matters
    }

    pub(super) fn hold(&mut self, user: Id) {
        *self.count.entry(user).or_default() += 1;
    }

    pub(super) fn release(&mut self, user: Id) {
        if let Some(count) = self.count.get_mut(&user) {
            *count -= 1;
            if *count == 0 {
                self.count.remove(&user);
            }
        }
    }
}
