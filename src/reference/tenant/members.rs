//! The members of a group: an ordered set in which adding, removing and looking up take no longer in a group
//! of 100,000, and the changes that a request makes to one.

use std::collections::{BTreeMap, HashSet};

use super::id::{ById, Id};

/// Members in the order in which they joined.
#[derive(Debug, Clone, Default)]
pub(super) struct Members {
    in_order: BTreeMap<u64, Id>,
    places: ById<u64>,
    next: u64,
}

impl Members {
    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    pub(super) fn contains(&self, id: Id) -> bool {
        self.places.contains_key(&id)
    }

    pub(super) fn insert(&mut self, id: Id) {
        if let std::collections::hash_map::Entry::Vacant(entry) = self.places.entry(id) {
            entry.insert(self.next);
            self.in_order.insert(self.next, id);
            self.next += 1;
        }
    }

    pub(super) fn remove(&mut self, id: Id) {
        if let Some(place) = self.places.remove(&id) {
            self.in_order.remove(&place);
        }
    }

    /// Some of the members, in the order in which they joined.
    pub(super) fn iter_of(&self, some: &HashSet<Id>) -> Vec<Id> {
        let mut places: Vec<(u64, Id)> =
            some.iter().filter_map(|id| Some((*self.places.get(id)?, *id))).collect();
        places.sort_unstable();
        places.into_iter().map(|(_, id)| id).collect()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Id> {
        self.in_order.values().copied()
    }
}

/// What a request does to the members.
#[derive(Debug, Default)]
pub(super) struct MemberChange {
    /// In the order in which they join.
    pub(super) added: Vec<Id>,
    pub(super) removed: HashSet<Id>,
}

impl MemberChange {
    pub(super) fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty()
    }
}

/// A change that is gathered edit by edit before anything is changed. No edit takes longer than what it
/// names: to clear a group is one step, however many members it has.
#[derive(Debug, Default)]
pub(super) struct Draft {
    added: Members,
    /// Whether all who were members go, but for the exceptions; else only the exceptions go.
    cleared: bool,
    exceptions: HashSet<Id>,
}

impl Draft {
    /// Whether `id` is a member once the change is made.
    pub(super) fn contains(&self, before: &Members, id: Id) -> bool {
        self.added.contains(id) || (before.contains(id) && self.cleared == self.exceptions.contains(&id))
    }

    pub(super) fn add(&mut self, before: &Members, id: Id) {
        if before.contains(id) {
            self.stays(id, true);
        } else {
            self.added.insert(id);
        }
    }

    pub(super) fn remove(&mut self, before: &Members, id: Id) {
        if before.contains(id) {
            self.stays(id, false);
        } else {
            self.added.remove(id);
        }
    }

    pub(super) fn clear(&mut self) {
        *self = Self { cleared: true, ..Self::default() };
    }

    fn stays(&mut self, id: Id, stays: bool) {
        if stays == self.cleared {
            self.exceptions.insert(id);
        } else {
            self.exceptions.remove(&id);
        }
    }

    /// Those who are members now, in the order in which they joined.
    pub(super) fn now(&self, before: &Members) -> impl Iterator<Item = Id> {
        before.iter().filter(|id| self.contains(before, *id)).chain(self.added.iter())
    }

    pub(super) fn done(self, before: &Members) -> MemberChange {
        let removed = match self.cleared {
            true => before.iter().filter(|id| !self.exceptions.contains(id)).collect(),
            false => self.exceptions,
        };
        MemberChange { added: self.added.iter().collect(), removed }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn a_change_comes_to_what_one_step_after_the_other_does(
            before in proptest::collection::vec(0_u64..12, 0..8),
            acts in proptest::collection::vec((0_u8..3, 0_u64..12), 0..12),
        ) {
            let mut members = Members::default();
            before.iter().for_each(|id| members.insert(Id(*id)));
            let mut plain: Vec<Id> = members.iter().collect();
            let mut change = Draft::default();
            for (act, id) in acts {
                let id = Id(id);
                match act {
                    0 => {
                        change.add(&members, id);
                        if !plain.contains(&id) { plain.push(id); }
                    }
                    1 => {
                        change.remove(&members, id);
                        plain.retain(|known| *known != id);
                    }
                    _ if id.0 == 0 => {
                        change.clear();
                        plain.clear();
                    }
                    _ => proptest::prop_assert_eq!(change.contains(&members, id), plain.contains(&id)),
                }
            }
            let change = change.done(&members);
            for id in &change.removed { members.remove(*id); }
            for id in &change.added { members.insert(*id); }
            let after: HashSet<Id> = members.iter().collect();
            proptest::prop_assert_eq!(after, plain.iter().copied().collect::<HashSet<_>>());
            proptest::prop_assert_eq!(members.len(), plain.len());
        }
    }
}
