//! Users and groups with their indexes: by id, userName, externalId, display name and membership. No
//! look-up scans, and a page is found by its position. Knows no rule of the domain.

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;

use super::model::{Group, Id, Origin, User};

#[derive(Debug, Default)]
pub(super) struct Store {
    users: HashMap<Id, User>,
    /// All users in order of creation, for the console.
    order: Vec<Id>,
    by_username: HashMap<String, Id>,
    by_external_id: HashMap<String, BTreeSet<Id>>,
    /// What a provider sees, in order: its own users.
    provisioned: HashMap<Id, Vec<Id>>,
    unmanaged: Vec<Id>,
    groups: HashMap<Id, Group>,
    groups_of: HashMap<Id, Vec<Id>>,
    by_group_name: HashMap<(Id, String), Id>,
    by_group_external_id: HashMap<(Id, String), BTreeSet<Id>>,
    memberships: HashMap<Id, BTreeSet<Id>>,
    timers: BTreeSet<(Timestamp, Id)>,
}

impl Store {
    pub(super) fn user(&self, id: Id) -> Option<&User> {
        self.users.get(&id)
    }

    pub(super) fn users(&self) -> impl Iterator<Item = &User> {
        self.order.iter().filter_map(|id| self.users.get(id))
    }

    pub(super) fn user_by_name(&self, username: &str) -> Option<&User> {
        self.users.get(self.by_username.get(&username.to_lowercase())?)
    }

    pub(super) fn users_by_external_id(&self, external_id: &str) -> impl Iterator<Item = &User> {
        self.by_external_id.get(external_id).into_iter().flatten().filter_map(|id| self.users.get(id))
    }

    /// Adds a user, or replaces the one with the same id; all indexes follow.
    pub(super) fn put_user(&mut self, user: User) {
        let id = user.id;
        match self.users.remove(&id) {
            Some(before) => {
                self.unindex(&before);
                if before.origin != user.origin {
                    self.leave(&before);
                    self.join(&user);
                }
            }
            None => {
                self.order.push(id);
                self.join(&user);
            }
        }
        self.by_username.insert(user.username().to_lowercase(), id);
        if let Some(external_id) = user.text("externalId") {
            self.by_external_id.entry(external_id.to_owned()).or_default().insert(id);
        }
        if let Some(due) = due(&user) {
            self.timers.insert((due, id));
        }
        self.users.insert(id, user);
    }

    /// Removes a user from everything, groups included.
    pub(super) fn remove_user(&mut self, id: Id) -> Option<User> {
        let user = self.users.remove(&id)?;
        self.unindex(&user);
        self.leave(&user);
        // Identifiers come from a counter, so the list is in order.
        if let Ok(at) = self.order.binary_search(&id) {
            self.order.remove(at);
        }
        for group in self.memberships.remove(&id).into_iter().flatten() {
            if let Some(group) = self.groups.get_mut(&group) {
                group.members.shift_remove(&id);
            }
        }
        Some(user)
    }

    fn unindex(&mut self, user: &User) {
        self.by_username.remove(&user.username().to_lowercase());
        if let Some(external_id) = user.text("externalId")
            && let Some(ids) = self.by_external_id.get_mut(external_id)
        {
            ids.remove(&user.id);
            if ids.is_empty() {
                self.by_external_id.remove(external_id);
            }
        }
        if let Some(due) = due(user) {
            self.timers.remove(&(due, user.id));
        }
    }

    fn join(&mut self, user: &User) {
        match user.origin {
            Origin::Provisioned(provider) => self.provisioned.entry(provider).or_default().push(user.id),
            Origin::Unmanaged => self.unmanaged.push(user.id),
            Origin::Local => {}
        }
    }

    fn leave(&mut self, user: &User) {
        let list = match user.origin {
            Origin::Provisioned(provider) => self.provisioned.entry(provider).or_default(),
            Origin::Unmanaged => &mut self.unmanaged,
            Origin::Local => return,
        };
        list.retain(|id| *id != user.id);
    }

    /// What a provider sees: its own users, then the unmanaged ones.
    pub(super) fn visible_count(&self, provider: Id) -> usize {
        self.provisioned.get(&provider).map_or(0, Vec::len) + self.unmanaged.len()
    }

    pub(super) fn visible_from(&self, provider: Id, skip: usize) -> impl Iterator<Item = &User> {
        let own = self.provisioned.get(&provider).map_or(&[][..], Vec::as_slice);
        let first = own.get(skip..).unwrap_or_default();
        let rest = self.unmanaged.get(skip.saturating_sub(own.len())..).unwrap_or_default();
        first.iter().chain(rest).filter_map(|id| self.users.get(id))
    }

    /// The earliest timer that is due by `until`.
    pub(super) fn next_timer(&self, until: Timestamp) -> Option<(Timestamp, Id)> {
        self.timers.first().copied().filter(|(due, _)| *due <= until)
    }

    pub(super) fn group(&self, id: Id) -> Option<&Group> {
        self.groups.get(&id)
    }

    pub(super) fn group_by_name(&self, provider: Id, name: &str) -> Option<&Group> {
        self.groups.get(self.by_group_name.get(&(provider, name.to_lowercase()))?)
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
            .filter_map(|id| self.groups.get(id))
    }

    pub(super) fn group_count(&self, provider: Id) -> usize {
        self.groups_of.get(&provider).map_or(0, Vec::len)
    }

    pub(super) fn groups_from(&self, provider: Id, skip: usize) -> impl Iterator<Item = &Group> {
        let own = self.groups_of.get(&provider).map_or(&[][..], Vec::as_slice);
        own.get(skip..).unwrap_or_default().iter().filter_map(|id| self.groups.get(id))
    }

    /// The groups that a user is in, oldest first.
    pub(super) fn groups_with(&self, user: Id) -> impl Iterator<Item = &Group> {
        self.memberships.get(&user).into_iter().flatten().filter_map(|id| self.groups.get(id))
    }

    /// Adds a group, or replaces the one with the same id; all indexes follow.
    pub(super) fn put_group(&mut self, group: Group) {
        let id = group.id;
        match self.groups.remove(&id) {
            Some(before) => self.unindex_group(&before),
            None => self.groups_of.entry(group.provider).or_default().push(id),
        }
        self.by_group_name.insert((group.provider, group.display_name.to_lowercase()), id);
        if let Some(external_id) = &group.external_id {
            self.by_group_external_id.entry((group.provider, external_id.clone())).or_default().insert(id);
        }
        for member in &group.members {
            self.memberships.entry(*member).or_default().insert(id);
        }
        self.groups.insert(id, group);
    }

    pub(super) fn remove_group(&mut self, id: Id) -> Option<Group> {
        let group = self.groups.remove(&id)?;
        self.unindex_group(&group);
        if let Some(list) = self.groups_of.get_mut(&group.provider) {
            // Identifiers come from a counter, so the list is in order.
            if let Ok(at) = list.binary_search(&id) {
                list.remove(at);
            }
        }
        Some(group)
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
        for member in &group.members {
            if let Some(groups) = self.memberships.get_mut(member) {
                groups.remove(&group.id);
                if groups.is_empty() {
                    self.memberships.remove(member);
                }
            }
        }
    }

    /// Panics when an index disagrees with the values.
    #[cfg(test)]
    pub(super) fn assert_consistent(&self) {
        assert_eq!(self.users.len(), self.order.len());
        assert_eq!(self.by_username.len(), self.users.len());
        for user in self.users.values() {
            assert_eq!(self.by_username.get(&user.username().to_lowercase()), Some(&user.id));
            let seen = self
                .provisioned
                .values()
                .flatten()
                .chain(&self.unmanaged)
                .filter(|id| **id == user.id)
                .count();
            assert_eq!(seen, usize::from(user.origin != Origin::Local));
            assert_eq!(due(user).is_some(), self.timers.iter().any(|(_, id)| *id == user.id));
        }
        let pairs = |map: &HashMap<Id, BTreeSet<Id>>| map.values().map(BTreeSet::len).sum::<usize>();
        assert_eq!(
            pairs(&self.memberships),
            self.groups.values().map(|group| group.members.len()).sum::<usize>()
        );
        for group in self.groups.values() {
            assert!(self.groups_of[&group.provider].contains(&group.id));
            for member in &group.members {
                assert!(self.users.contains_key(member));
                assert!(self.memberships[member].contains(&group.id));
            }
        }
    }
}

fn due(user: &User) -> Option<Timestamp> {
    match (&user.pending, &user.cold) {
        (Some(pending), _) => Some(pending.due_at),
        (None, Some(cold)) if !cold.purged && !user.active => Some(cold.expires_at),
        _ => None,
    }
}
