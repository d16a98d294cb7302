//! Organizations as a tree, found by name without a scan.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use jiff::Timestamp;

use super::id::Id;
use super::requests::AuthMethod;
use super::role_set::RoleSet;

#[derive(Debug, Clone)]
pub(super) struct Organization {
    pub(super) id: Id,
    pub(super) guid: Box<str>,
    pub(super) name: Arc<str>,
    pub(super) parent: Option<usize>,
    pub(super) active: bool,
    /// By itself; one that is above it counts too.
    pub(super) blocked: bool,
    /// Deleted; the place is kept so that the others keep theirs.
    pub(super) gone: bool,
    pub(super) own_auth_method: Option<AuthMethod>,
    pub(super) own_default_roles: Option<RoleSet>,
    pub(super) own_archive_hold_days: Option<i64>,
    /// The provider through whom it came about.
    pub(super) created_by: Option<Id>,
    pub(super) notes: Option<String>,
    pub(super) external_reference: Option<String>,
    pub(super) created: Timestamp,
    pub(super) modified: Timestamp,
    pub(super) deactivated: Option<Timestamp>,
}

/// All organizations, found by name without a scan. The first is the root.
#[derive(Debug, Clone, Default)]
pub(super) struct Organizations {
    pub(super) all: Vec<Organization>,
    pub(super) by_name: HashMap<String, BTreeSet<usize>>,
}

impl std::ops::Index<usize> for Organizations {
    type Output = Organization;

    fn index(&self, index: usize) -> &Organization {
        &self.all[index]
    }
}

impl Organizations {
    pub(super) fn iter(&self) -> impl Iterator<Item = (usize, &Organization)> {
        self.all.iter().enumerate().filter(|(_, organization)| !organization.gone)
    }

    pub(super) fn add(&mut self, organization: Organization) -> usize {
        let index = self.all.len();
        self.by_name.entry(organization.name.to_lowercase()).or_default().insert(index);
        self.all.push(organization);
        index
    }

    pub(super) fn rename(&mut self, index: usize, name: &str) {
        self.forget_name(index);
        self.all[index].name = name.into();
        self.by_name.entry(name.to_lowercase()).or_default().insert(index);
    }

    pub(super) fn forget_name(&mut self, index: usize) {
        let name = self.all[index].name.to_lowercase();
        if let Some(known) = self.by_name.get_mut(&name) {
            known.remove(&index);
            if known.is_empty() {
                self.by_name.remove(&name);
            }
        }
    }

    /// The oldest active organization of that name, in any letter case (code42-service §3.5).
    pub(super) fn active_by_name(&self, name: &str) -> Option<usize> {
        self.named(name).find(|index| self.all[*index].active)
    }

    pub(super) fn named(&self, name: &str) -> impl Iterator<Item = usize> {
        self.by_name.get(&name.to_lowercase()).into_iter().flatten().copied()
    }

    /// Whether users can be put into it.
    pub(super) fn is_open(&self, index: usize) -> bool {
        self.all.get(index).is_some_and(|organization| organization.active && !organization.gone)
    }

    /// The organization and those above it, upwards.
    pub(super) fn upwards(&self, index: usize) -> impl Iterator<Item = &Organization> {
        std::iter::successors(self.all.get(index), |organization| self.all.get(organization.parent?))
    }

    pub(super) fn single_sign_on(&self, index: usize) -> bool {
        self.upwards(index).find_map(|organization| organization.own_auth_method) != Some(AuthMethod::Local)
    }

    pub(super) fn archive_hold_days(&self, index: usize) -> i64 {
        self.upwards(index).find_map(|organization| organization.own_archive_hold_days).unwrap_or(30)
    }

    pub(super) fn own_default_roles(&self, index: usize) -> Option<RoleSet> {
        self.upwards(index).find_map(|organization| organization.own_default_roles)
    }

    pub(super) fn is_blocked(&self, index: usize) -> bool {
        self.upwards(index).any(|organization| organization.blocked)
    }

    pub(super) fn is_below(&self, index: usize, above: usize) -> bool {
        let above = self.all[above].id;
        self.upwards(index).any(|organization| organization.id == above)
    }
}
