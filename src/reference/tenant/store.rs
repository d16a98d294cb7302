//! Users and groups with their indexes: by id, userName, externalId, display name and membership. No
//! look-up scans, and a page is found by its position. Knows no rule of the domain.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::hash::{BuildHasher as _, BuildHasherDefault, DefaultHasher};

use hashbrown::HashTable;
use jiff::Timestamp;

use super::id::{ById, Id};
use super::members::MemberChange;
use super::model::{Group, Origin, Stamp, User};
use super::ranked::{Ranked, Union};
use crate::reference::scim::ResourceKind;

/// Identifiers and the numbers behind them: the n-th that was given out is found without a look-up table.
#[derive(Debug, Clone, Copy)]
struct Numbering {
    first: u64,
}

impl Numbering {
    /// A prime, so that identifiers do not look like a counter.
    const STEP: u64 = 104_729;

    /// An 18-digit identifier (code42-service §3.2).
    fn id(self, number: usize) -> Id {
        Id(self.first + number as u64 * Self::STEP)
    }

    fn number(self, id: Id) -> Option<usize> {
        let distance = id.0.checked_sub(self.first)?;
        distance.is_multiple_of(Self::STEP).then(|| usize::try_from(distance / Self::STEP).ok())?
    }
}

#[derive(Debug, Clone)]
enum Slot {
    Empty,
    User(Box<User>),
    Group(Box<Group>),
}

/// A user or a group.
#[derive(Debug, Clone, Copy)]
pub(super) enum Found<'a> {
    User(&'a User),
    Group(&'a Group),
}

#[derive(Debug, Clone)]
pub(super) struct Store {
    numbering: Numbering,
    /// By number; identifiers of anything else are empty slots.
    slots: Vec<Slot>,
    hasher: BuildHasherDefault<DefaultHasher>,
    names: HashTable<Id>,
    external_ids: HashTable<Id>,
    /// All users in order of creation, for the console.
    everyone: Ranked,
    provisioned: ById<Ranked>,
    unmanaged: Ranked,
    groups_of: ById<Ranked>,
    by_group_name: HashMap<(Id, String), Id>,
    by_group_external_id: HashMap<(Id, String), BTreeSet<Id>>,
    timers: BTreeSet<(Timestamp, Id)>,
}

impl Store {
    pub(super) fn new(seed: u64) -> Self {
        let first = 911_162_111_513_111_000 + (seed % 1_000_000) * 1_000_003;
        Self {
            numbering: Numbering { first },
            slots: vec![Slot::Empty],
            hasher: BuildHasherDefault::default(),
            names: HashTable::new(),
            external_ids: HashTable::new(),
            everyone: Ranked::default(),
            provisioned: ById::default(),
            unmanaged: Ranked::default(),
            groups_of: ById::default(),
            by_group_name: HashMap::new(),
            by_group_external_id: HashMap::new(),
            timers: BTreeSet::new(),
        }
    }

    /// The next identifier.
    pub(super) fn fresh_id(&mut self) -> Id {
        self.slots.push(Slot::Empty);
        self.numbering.id(self.slots.len() - 1)
    }

    /// The place of an identifier among all that were given out.
    pub(super) fn number(&self, id: Id) -> Option<usize> {
        self.numbering.number(id).filter(|number| *number < self.slots.len())
    }

    pub(super) fn at(&self, number: usize) -> Option<Found<'_>> {
        match self.slots.get(number)? {
            Slot::Empty => None,
            Slot::User(user) => Some(Found::User(user)),
            Slot::Group(group) => Some(Found::Group(group)),
        }
    }

    pub(super) fn user(&self, id: Id) -> Option<&User> {
        match self.slots.get(self.number(id)?)? {
            Slot::User(user) => Some(user),
            _ => None,
        }
    }

    fn user_mut(&mut self, id: Id) -> Option<&mut User> {
        let number = self.number(id)?;
        match self.slots.get_mut(number)? {
            Slot::User(user) => Some(user),
            _ => None,
        }
    }

    pub(super) fn group(&self, id: Id) -> Option<&Group> {
        match self.slots.get(self.number(id)?)? {
            Slot::Group(group) => Some(group),
            _ => None,
        }
    }

    fn group_mut(&mut self, id: Id) -> Option<&mut Group> {
        let number = self.number(id)?;
        match self.slots.get_mut(number)? {
            Slot::Group(group) => Some(group),
            _ => None,
        }
    }

    pub(super) fn users(&self) -> impl Iterator<Item = &User> {
        self.everyone.iter_from(0).filter_map(|number| match &self.slots[number] {
            Slot::User(user) => Some(&**user),
            _ => None,
        })
    }

    fn hash(&self, text: &str) -> u64 {
        self.hasher.hash_one(text)
    }

    pub(super) fn user_by_name(&self, username: &str) -> Option<&User> {
        let wanted = username.to_lowercase();
        let same = |id: &Id| self.user(*id).is_some_and(|user| user.username.to_lowercase() == wanted);
        self.user(*self.names.find(self.hash(&wanted), same)?)
    }

    /// Oldest first.
    pub(super) fn users_by_external_id(&self, external_id: &str) -> Vec<&User> {
        let mut users: Vec<&User> = self
            .external_ids
            .iter_hash(self.hash(external_id))
            .filter_map(|id| self.user(*id))
            .filter(|user| user.external_id.as_deref() == Some(external_id))
            .collect();
        users.sort_by_key(|user| user.id);
        users
    }

    /// Adds a user, or replaces the one with the same id; all indexes follow. Memberships stay as they are:
    /// they change by [`Self::change_members`] alone.
    pub(super) fn put_user(&mut self, mut user: User) {
        let id = user.id;
        let Some(number) = self.number(id) else { return };
        match std::mem::replace(&mut self.slots[number], Slot::Empty) {
            Slot::User(before) => {
                user.groups.clone_from(&before.groups);
                let renamed = before.username != user.username;
                if renamed || before.external_id != user.external_id {
                    self.unindex_names(&before);
                    self.index_names(&user);
                }
                if before.origin != user.origin {
                    self.leave(&before, number);
                    self.join(&user, number);
                }
                match (due(&before), due(&user)) {
                    (before, after) if before == after => {}
                    (before, after) => {
                        before.map(|due| self.timers.remove(&(due, id)));
                        after.map(|due| self.timers.insert((due, id)));
                    }
                }
                if renamed {
                    // Its name is shown in its groups, so they have changed too.
                    for group in &user.groups {
                        if let Some(group) = self.group_mut(*group) {
                            group.version += 1;
                        }
                    }
                }
            }
            _ => {
                self.everyone.insert(number);
                self.index_names(&user);
                self.join(&user, number);
                due(&user).map(|due| self.timers.insert((due, id)));
            }
        }
        self.slots[number] = Slot::User(Box::new(user));
    }

    /// Removes a user from everything, groups included, which change thereby.
    pub(super) fn remove_user(&mut self, id: Id, now: Timestamp) -> Option<User> {
        let number = self.number(id)?;
        let user = match std::mem::replace(&mut self.slots[number], Slot::Empty) {
            Slot::User(user) => *user,
            other => {
                self.slots[number] = other;
                return None;
            }
        };
        self.everyone.remove(number);
        self.unindex_names(&user);
        self.leave(&user, number);
        due(&user).map(|due| self.timers.remove(&(due, id)));
        self.leave_groups(id, &user.groups, now);
        Some(user)
    }

    fn leave_groups(&mut self, id: Id, groups: &[Id], now: Timestamp) {
        for group in groups {
            if let Some(group) = self.group_mut(*group) {
                group.members.remove(id);
                group.version += 1;
                group.modified = Stamp::of(now);
            }
        }
    }

    fn index_names(&mut self, user: &User) {
        let hasher = &self.hasher;
        let slots = &self.slots;
        let numbering = self.numbering;
        let known = |id: &Id| match numbering.number(*id).and_then(|number| slots.get(number)) {
            Some(Slot::User(user)) => Some(&**user),
            _ => None,
        };
        let of_name =
            |id: &Id| known(id).map_or(0, |user| hasher.hash_one(user.username.to_lowercase().as_str()));
        let hash = hasher.hash_one(user.username.to_lowercase().as_str());
        self.names.insert_unique(hash, user.id, of_name);
        if let Some(external_id) = &user.external_id {
            let of_external = |id: &Id| {
                known(id).and_then(|user| user.external_id.as_deref()).map_or(0, |text| hasher.hash_one(text))
            };
            self.external_ids.insert_unique(hasher.hash_one(&**external_id), user.id, of_external);
        }
    }

    fn unindex_names(&mut self, user: &User) {
        let hash = self.hash(&user.username.to_lowercase());
        if let Ok(entry) = self.names.find_entry(hash, |id| *id == user.id) {
            entry.remove();
        }
        if let Some(external_id) = &user.external_id {
            let hash = self.hash(external_id);
            if let Ok(entry) = self.external_ids.find_entry(hash, |id| *id == user.id) {
                entry.remove();
            }
        }
    }

    fn seen_in(&mut self, user: &User) -> Option<&mut Ranked> {
        match user.origin {
            Origin::Provisioned(provider) => Some(self.provisioned.entry(provider).or_default()),
            Origin::Unmanaged => Some(&mut self.unmanaged),
            Origin::Local => None,
        }
    }

    fn join(&mut self, user: &User, number: usize) {
        if let Some(set) = self.seen_in(user) {
            set.insert(number);
        }
    }

    fn leave(&mut self, user: &User, number: usize) {
        if let Some(set) = self.seen_in(user) {
            set.remove(number);
        }
    }

    /// What a provider sees of some kinds, in order of creation: its own users and groups and the unmanaged
    /// users.
    pub(super) fn visible(&self, provider: Id, kinds: &[ResourceKind]) -> Union<'_> {
        let mut sets = Vec::with_capacity(3);
        if kinds.contains(&ResourceKind::User) {
            sets.extend(self.provisioned.get(&provider));
            sets.push(&self.unmanaged);
        }
        if kinds.contains(&ResourceKind::Group) {
            sets.extend(self.groups_of.get(&provider));
        }
        Union(sets)
    }

    /// The earliest timer that is due by `until`.
    pub(super) fn next_timer(&self, until: Timestamp) -> Option<(Timestamp, Id)> {
        self.timers.first().copied().filter(|(due, _)| *due <= until)
    }

    /// The users with a timer, the earliest first.
    pub(super) fn timers(&self) -> impl Iterator<Item = Id> {
        self.timers.iter().map(|(_, id)| *id)
    }

    pub(super) fn group_by_name(&self, provider: Id, name: &str) -> Option<&Group> {
        self.group(*self.by_group_name.get(&(provider, name.to_lowercase()))?)
    }

    pub(super) fn groups_by_external_id(
        &self,
        provider: Id,
        external_id: &str,
    ) -> impl Iterator<Item = &Group> {
        self.by_group_external_id
            .get(&(provider, external_id.to_owned()))
            .into_iter()
            .flatten()
            .filter_map(|id| self.group(*id))
    }

    /// The groups of a provider, oldest first.
    pub(super) fn groups(&self, provider: Id) -> impl Iterator<Item = &Group> {
        self.groups_of.get(&provider).into_iter().flat_map(|set| set.iter_from(0)).filter_map(|number| {
            match &self.slots[number] {
                Slot::Group(group) => Some(&**group),
                _ => None,
            }
        })
    }

    /// The groups that hold a user or group directly, oldest first.
    pub(super) fn groups_with(&self, member: Id) -> impl Iterator<Item = &Group> {
        let holders = match self.number(member).and_then(|number| self.at(number)) {
            Some(Found::User(user)) => user.groups.as_slice(),
            Some(Found::Group(group)) => group.groups.as_slice(),
            None => &[],
        };
        holders.iter().filter_map(|id| self.group(*id))
    }

    /// The groups that hold a member through other groups only, each once.
    pub(super) fn indirect_groups_with(&self, member: Id) -> Vec<&Group> {
        let mut found: Vec<&Group> = self.groups_with(member).collect();
        let mut known: HashSet<Id> = found.iter().map(|group| group.id).collect();
        let direct = found.len();
        let mut at = 0;
        while let Some(group) = found.get(at) {
            for holder in self.groups_with(group.id) {
                if known.insert(holder.id) {
                    found.push(holder);
                }
            }
            at += 1;
        }
        found.split_off(direct)
    }

    /// Adds a group without members.
    pub(super) fn add_group(&mut self, group: Group) {
        let Some(number) = self.number(group.id) else { return };
        self.groups_of.entry(group.provider).or_default().insert(number);
        self.index_group(&group);
        self.slots[number] = Slot::Group(Box::new(group));
    }

    /// Gives a group its names; what holds it or is in it shows the name and changes with it.
    pub(super) fn rename_group(&mut self, id: Id, display_name: String, external_id: Option<String>) {
        let Some(number) = self.number(id) else { return };
        let Slot::Group(mut group) = std::mem::replace(&mut self.slots[number], Slot::Empty) else { return };
        self.unindex_group(&group);
        let renamed = group.display_name != display_name;
        group.display_name = display_name;
        group.external_id = external_id;
        self.index_group(&group);
        if renamed {
            for member in group.members.iter() {
                self.bump(member);
            }
            for holder in &group.groups {
                self.bump(*holder);
            }
        }
        self.slots[number] = Slot::Group(group);
    }

    /// A change of what is derived for a user or group: a new version.
    fn bump(&mut self, id: Id) {
        if let Some(user) = self.user_mut(id) {
            user.version += 1;
        } else if let Some(group) = self.group_mut(id) {
            group.version += 1;
        }
    }

    /// The group itself was written.
    pub(super) fn touch_group(&mut self, id: Id, now: Timestamp) {
        if let Some(group) = self.group_mut(id) {
            group.version += 1;
            group.modified = Stamp::of(now);
        }
    }

    /// Makes a checked change of the members; users and groups know their holders afterwards.
    pub(super) fn change_members(&mut self, id: Id, change: &MemberChange) {
        for (members, add) in [
            (&mut change.removed.iter() as &mut dyn Iterator<Item = &Id>, false),
            (&mut change.added.iter(), true),
        ] {
            for member in members {
                if let Some(group) = self.group_mut(id) {
                    if add {
                        group.members.insert(*member);
                    } else {
                        group.members.remove(*member);
                    }
                }
                let holders = match self.number(*member).map(|number| &mut self.slots[number]) {
                    Some(Slot::User(user)) => {
                        user.version += 1;
                        &mut user.groups
                    }
                    Some(Slot::Group(group)) => &mut group.groups,
                    _ => continue,
                };
                match (holders.binary_search(&id), add) {
                    (Err(at), true) => holders.insert(at, id),
                    (Ok(at), false) => drop(holders.remove(at)),
                    _ => {}
                }
                self.bump_users_below(*member);
            }
        }
    }

    /// The users inside a nested group show other indirect groups now.
    fn bump_users_below(&mut self, id: Id) {
        let mut below: Vec<Id> =
            self.group(id).map(|group| group.members.iter().collect()).unwrap_or_default();
        let mut seen = BTreeSet::new();
        while let Some(member) = below.pop() {
            if !seen.insert(member) {
                continue;
            }
            if let Some(user) = self.user_mut(member) {
                user.version += 1;
            } else if let Some(group) = self.group(member) {
                below.extend(group.members.iter());
            }
        }
    }

    pub(super) fn remove_group(&mut self, id: Id, now: Timestamp) -> Option<Group> {
        let number = self.number(id)?;
        self.group(id)?;
        let change =
            MemberChange { removed: self.group(id)?.members.iter().collect(), ..MemberChange::default() };
        self.change_members(id, &change);
        let Slot::Group(group) = std::mem::replace(&mut self.slots[number], Slot::Empty) else { return None };
        self.unindex_group(&group);
        if let Some(set) = self.groups_of.get_mut(&group.provider) {
            set.remove(number);
        }
        self.leave_groups(id, &group.groups, now);
        Some(*group)
    }

    fn index_group(&mut self, group: &Group) {
        self.by_group_name.insert((group.provider, group.display_name.to_lowercase()), group.id);
        if let Some(external_id) = &group.external_id {
            let key = (group.provider, external_id.clone());
            self.by_group_external_id.entry(key).or_default().insert(group.id);
        }
    }

    fn unindex_group(&mut self, group: &Group) {
        self.by_group_name.remove(&(group.provider, group.display_name.to_lowercase()));
        if let Some(external_id) = &group.external_id {
            let key = (group.provider, external_id.clone());
            if let Some(ids) = self.by_group_external_id.get_mut(&key) {
                ids.remove(&group.id);
                if ids.is_empty() {
                    self.by_group_external_id.remove(&key);
                }
            }
        }
    }

    /// Panics when an index disagrees with the values.
    #[cfg(test)]
    pub(super) fn assert_consistent(&self) {
        let users: Vec<&User> = self.users().collect();
        assert_eq!(users.len(), self.everyone.len());
        assert_eq!(users.len(), self.names.len());
        assert_eq!(users.iter().filter(|user| user.external_id.is_some()).count(), self.external_ids.len());
        let mut memberships = 0;
        for user in &users {
            assert_eq!(self.user_by_name(user.username()).map(|found| found.id), Some(user.id));
            if let Some(external_id) = &user.external_id {
                assert!(self.users_by_external_id(external_id).iter().any(|found| found.id == user.id));
            }
            let number = self.number(user.id).unwrap();
            let seen = self.provisioned.values().chain([&self.unmanaged]).filter(|set| set.contains(number));
            assert_eq!(seen.count(), usize::from(user.origin != Origin::Local));
            assert_eq!(due(user).is_some(), self.timers.iter().any(|(_, id)| *id == user.id));
            let object = user.scim.object();
            assert_eq!(object["userName"].as_str(), Some(user.username()));
            assert_eq!(
                object.get("externalId").and_then(|value| value.as_str()),
                user.external_id.as_deref()
            );
            memberships += user.groups.len();
            for group in &user.groups {
                assert!(self.group(*group).unwrap().members.contains(user.id));
            }
        }
        let groups: Vec<&Group> = self.groups_of.keys().flat_map(|provider| self.groups(*provider)).collect();
        for group in &groups {
            assert_eq!(
                self.group_by_name(group.provider, &group.display_name).map(|found| found.id),
                Some(group.id)
            );
            memberships += group.groups.len();
            assert!(self.indirect_groups_with(group.id).iter().all(|above| above.id != group.id), "a cycle");
            for member in group.members.iter() {
                assert!(self.groups_with(member).any(|holder| holder.id == group.id));
            }
        }
        assert_eq!(memberships, groups.iter().map(|group| group.members.len()).sum::<usize>());
    }
}

fn due(user: &User) -> Option<Timestamp> {
    match (&user.pending, &user.cold) {
        (Some(pending), _) => Some(pending.due_at),
        (None, Some(cold)) if !cold.purged && !user.active => Some(cold.expires_at),
        _ => None,
    }
}
