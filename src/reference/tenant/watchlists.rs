//! Watchlists (code42-service §3.10): members one by one, through SCIM groups and through departments, without
//! those who are excluded. Who is on one is computed when it is asked, so no write has to keep it up to date.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::id::Id;
use super::model::{Origin, User};
use super::requests::{AddWatchlist, WatchlistType};
use super::watched::{WatchedGroup, Watchlist};
use super::{ConsoleError, Tenant, time};
use crate::reference::scim::ENTERPRISE;

/// Which list of a watchlist, and whether its members are added or deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Actors {
    Included,
    Excluded,
}

fn put<K: std::hash::Hash + Eq, V>(list: &mut IndexMap<K, V>, key: K, value: V, add: bool) {
    if !add {
        list.shift_remove(&key);
    } else if !list.contains_key(&key) {
        list.insert(key, value);
    }
}

/// The department of a user, as the risk profile has it.
pub(super) fn department(user: &User) -> Option<String> {
    if !user.scim.extensions().contains("\"department\"") {
        return None;
    }
    let scim = user.scim.object();
    scim.get(ENTERPRISE)?.get("department")?.as_str().map(str::to_owned)
}

impl Tenant {
    fn watchlist(&self, watchlist: &str) -> Result<usize, ConsoleError> {
        let found = self.watchlists.all.iter().position(|known| known.id.to_string() == watchlist);
        found.ok_or_else(|| ConsoleError::not_found("watchlist"))
    }

    pub(crate) fn add_watchlist(&mut self, fields: &AddWatchlist) -> Result<Value, ConsoleError> {
        let kind = fields
            .watchlist_type
            .ok_or_else(|| ConsoleError::new(400, "TYPE_REQUIRED", "`watchlistType` is required."))?;
        let title = fields.title.as_deref().map(str::trim).filter(|title| !title.is_empty());
        let title = match (kind, title) {
            (WatchlistType::Custom, None) => {
                return Err(ConsoleError::new(400, "TITLE_REQUIRED", "A custom watchlist needs a `title`."));
            }
            (kind, title) => title.unwrap_or(kind.as_str()).to_owned(),
        };
        let twice = |known: &Watchlist| {
            known.title.eq_ignore_ascii_case(&title) || (kind != WatchlistType::Custom && known.kind == kind)
        };
        if self.watchlists.all.iter().any(twice) {
            let message = format!("A watchlist `{title}` exists already.");
            return Err(ConsoleError::new(409, "WATCHLIST_DUPLICATE", message));
        }
        let id = self.fresh_id();
        self.audit_watchlist(&title);
        self.watchlists.all.push(Watchlist {
            id,
            kind,
            title,
            description: fields.description.clone(),
            users: IndexMap::new(),
            excluded: IndexMap::new(),
            groups: IndexMap::new(),
            departments: IndexMap::new(),
        });
        self.watchlist_view(&id.to_string())
    }

    /// Adds users to the included or the excluded ones, or deletes them there.
    pub(crate) fn change_actors(
        &mut self,
        watchlist: &str,
        which: Actors,
        ids: &[String],
        add: bool,
    ) -> Result<(), ConsoleError> {
        let at = self.watchlist(watchlist)?;
        let mut users = Vec::new();
        for id in ids {
            let found = Id::parse(id).filter(|id| self.user(*id).is_some());
            users.push(found.ok_or_else(|| ConsoleError::not_found("user"))?);
        }
        let now = self.now;
        let watchlist = &mut self.watchlists.all[at];
        let list = match which {
            Actors::Included => &mut watchlist.users,
            Actors::Excluded => &mut watchlist.excluded,
        };
        users.into_iter().for_each(|user| put(list, user, now, add));
        let title = watchlist.title.clone();
        self.audit_watchlist(&title);
        Ok(())
    }

    pub(crate) fn change_watched_groups(
        &mut self,
        watchlist: &str,
        ids: &[String],
        add: bool,
    ) -> Result<(), ConsoleError> {
        let at = self.watchlist(watchlist)?;
        let mut groups = Vec::new();
        for id in ids {
            let id = Id::parse(id).ok_or_else(|| ConsoleError::not_found("directory group"))?;
            let name = match self.store.group(id) {
                Some(group) => group.display_name.clone(),
                // One that is gone can still be taken off.
                None if !add && self.watchlists.all[at].groups.contains_key(&id) => String::new(),
                None => return Err(ConsoleError::not_found("directory group")),
            };
            groups.push((id, name));
        }
        let now = self.now;
        let watchlist = &mut self.watchlists.all[at];
        for (id, name) in groups {
            put(&mut watchlist.groups, id, WatchedGroup { name, added: now }, add);
        }
        let title = watchlist.title.clone();
        self.audit_watchlist(&title);
        Ok(())
    }

    pub(crate) fn change_watched_departments(
        &mut self,
        watchlist: &str,
        departments: &[String],
        add: bool,
    ) -> Result<(), ConsoleError> {
        let at = self.watchlist(watchlist)?;
        let now = self.now;
        let watchlist = &mut self.watchlists.all[at];
        for department in departments {
            put(&mut watchlist.departments, department.clone(), now, add);
        }
        let title = watchlist.title.clone();
        self.audit_watchlist(&title);
        Ok(())
    }

    /// A group that is renamed or deleted: watchlists keep the reference under its last name.
    pub(super) fn remember_watched(&mut self, group: Id, name: &str) {
        for watchlist in &mut self.watchlists.all {
            if let Some(watched) = watchlist.groups.get_mut(&group) {
                name.clone_into(&mut watched.name);
            }
        }
    }

    /// A user who is gone leaves them all.
    pub(super) fn forget_watched(&mut self, user: Id) {
        for watchlist in &mut self.watchlists.all {
            watchlist.users.shift_remove(&user);
            watchlist.excluded.shift_remove(&user);
        }
    }

    /// Included one by one, through groups that are still there, or through departments; not excluded.
    /// Groups reach no local user (code42-service §3.9).
    fn watched(&self, watchlist: &Watchlist) -> Vec<&User> {
        let mut members: BTreeSet<Id> = watchlist.users.keys().copied().collect();
        for group in watchlist.groups.keys().filter_map(|group| self.store.group(*group)) {
            let mut below: Vec<Id> = group.members.iter().collect();
            while let Some(id) = below.pop() {
                match self.store.group(id) {
                    Some(inner) if self.behaviour.nested_groups => below.extend(inner.members.iter()),
                    _ => drop(members.insert(id)),
                }
            }
        }
        members.retain(|id| {
            watchlist.users.contains_key(id)
                || self.user(*id).is_some_and(|user| user.origin != Origin::Local)
        });
        if !watchlist.departments.is_empty() {
            let inside = |user: &&User| {
                department(user).is_some_and(|department| watchlist.departments.contains_key(&department))
            };
            members.extend(self.store.users().filter(inside).map(|user| user.id));
        }
        let admitted = members.into_iter().filter(|id| !watchlist.excluded.contains_key(id));
        admitted.filter_map(|id| self.user(id)).collect()
    }

    pub(crate) fn watchlist_view(&self, watchlist: &str) -> Result<Value, ConsoleError> {
        let watchlist = &self.watchlists.all[self.watchlist(watchlist)?];
        Ok(json!({
            "watchlistId": watchlist.id.to_string(),
            "listType": watchlist.kind.as_str(),
            "title": watchlist.title,
            "description": watchlist.description,
            "stats": {
                "includedUsersCount": watchlist.users.len(),
                "excludedUsersCount": watchlist.excluded.len(),
                "includedDirectoryGroupsCount": watchlist.groups.len(),
                "includedDepartmentsCount": watchlist.departments.len(),
            },
        }))
    }

    pub(crate) fn watchlist_views(&self) -> Vec<Value> {
        let ids = self.watchlists.all.iter().map(|watchlist| watchlist.id.to_string());
        ids.filter_map(|id| self.watchlist_view(&id).ok()).collect()
    }

    pub(crate) fn watchlist_members(&self, watchlist: &str) -> Result<Vec<Value>, ConsoleError> {
        let watchlist = &self.watchlists.all[self.watchlist(watchlist)?];
        let view = |user: &User| json!({ "actorId": user.id.to_string(), "username": user.username() });
        Ok(self.watched(watchlist).into_iter().map(view).collect())
    }

    pub(crate) fn watchlist_actors(
        &self,
        watchlist: &str,
        which: Actors,
    ) -> Result<Vec<Value>, ConsoleError> {
        let watchlist = &self.watchlists.all[self.watchlist(watchlist)?];
        let list = match which {
            Actors::Included => &watchlist.users,
            Actors::Excluded => &watchlist.excluded,
        };
        let view = |(id, added): (&Id, &Timestamp)| {
            let user = self.user(*id)?;
            let (id, added) = (id.to_string(), time(*added));
            Some(json!({ "actorId": id, "username": user.username(), "addedTime": added }))
        };
        Ok(list.iter().filter_map(view).collect())
    }

    pub(crate) fn watched_groups(&self, watchlist: &str) -> Result<Vec<Value>, ConsoleError> {
        let watchlist = &self.watchlists.all[self.watchlist(watchlist)?];
        Ok(self.group_references(watchlist))
    }

    fn group_references(&self, watchlist: &Watchlist) -> Vec<Value> {
        let view = |(id, watched): (&Id, &WatchedGroup)| {
            json!({
                "groupId": id.to_string(),
                "name": watched.name,
                "addedTime": time(watched.added),
                "isDeleted": self.store.group(*id).is_none(),
            })
        };
        watchlist.groups.iter().map(view).collect()
    }

    pub(crate) fn watched_departments(&self, watchlist: &str) -> Result<Vec<Value>, ConsoleError> {
        let watchlist = &self.watchlists.all[self.watchlist(watchlist)?];
        let view = |(name, added): (&String, &Timestamp)| json!({ "name": name, "addedTime": time(*added) });
        Ok(watchlist.departments.iter().map(view).collect())
    }

    /// For the state document.
    pub(super) fn watchlist_states(&self) -> Vec<Value> {
        let names = |users: Vec<&User>| {
            let mut names: Vec<String> = users.into_iter().map(|user| user.username().to_owned()).collect();
            names.sort_by_key(|name| name.to_lowercase());
            names
        };
        let known = |list: &IndexMap<Id, Timestamp>| -> Vec<&User> {
            list.keys().filter_map(|id| self.user(*id)).collect()
        };
        let mut states: Vec<Value> = self
            .watchlists
            .all
            .iter()
            .map(|watchlist| {
                json!({
                    "watchlistId": watchlist.id.to_string(),
                    "title": watchlist.title,
                    "listType": watchlist.kind.as_str(),
                    "members": names(self.watched(watchlist)),
                    "includedUsers": names(known(&watchlist.users)),
                    "excludedUsers": names(known(&watchlist.excluded)),
                    "includedDirectoryGroups": self.group_references(watchlist),
                    "includedDepartments": watchlist.departments.keys().collect::<Vec<_>>(),
                })
            })
            .collect();
        states.sort_by_key(|state| state["title"].as_str().unwrap_or_default().to_lowercase());
        states
    }

    /// The departments that users have, with a part of the name when one is given.
    pub(crate) fn departments(&self, part: Option<&str>) -> Vec<Value> {
        let mut names: BTreeMap<String, ()> = BTreeMap::new();
        names.extend(self.store.users().filter_map(department).map(|name| (name, ())));
        let fits = |name: &String| part.is_none_or(|part| name.to_lowercase().contains(&part.to_lowercase()));
        names.into_keys().filter(fits).map(|name| json!({ "name": name })).collect()
    }

    /// The groups of all providers, with a part of the name when one is given.
    pub(crate) fn directory_groups(&self, part: Option<&str>) -> Vec<Value> {
        let groups = self.providers.iter().flat_map(|provider| self.store.groups(provider.id));
        let fits = |name: &str| part.is_none_or(|part| name.to_lowercase().contains(&part.to_lowercase()));
        groups
            .filter(|group| fits(&group.display_name))
            .map(|group| json!({ "groupId": group.id.to_string(), "name": group.display_name }))
            .collect()
    }
}
