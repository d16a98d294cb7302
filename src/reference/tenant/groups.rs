//! What a provider does to groups (code42-service §3.7).

use std::cell::OnceCell;
use std::collections::HashSet;

use serde_json::{Map, Value, json};

use super::Tenant;
use super::id::Id;
use super::log::{About, Actor};
use super::members::{Draft, MemberChange, Members};
use super::model::{Group, Stamp};
use super::render::etag;
use super::store::Found;
use super::users::refusal;
use crate::reference::scim::{
    Accepted, Member, MemberEdit, ResourceKind, ScimError, ScimType, ValueFilter, Work, accept, members,
    patch,
};

/// What it costs to show one member to a filter.
const MEMBER_SHOWN: usize = 8;

/// What a write asks for, checked.
struct Wanted {
    display_name: String,
    external_id: Option<String>,
    members: MemberChange,
    skipped: Vec<String>,
}

impl Tenant {
    /// `POST /Groups`.
    pub(crate) fn create_group(&mut self, provider: Id, body: &[u8]) -> Result<Id, ScimError> {
        let skip = self.behaviour.skip_unknown_members;
        let outcome = accept(ResourceKind::Group, body, self.behaviour.rules())
            .and_then(|accepted| self.check_group(provider, None, &accepted, &replaced(&accepted)?, skip));
        let wanted = self.logged_group(provider, None, outcome)?;
        let group = Group {
            id: self.fresh_id(),
            provider,
            display_name: wanted.display_name,
            external_id: wanted.external_id,
            members: Members::default(),
            groups: Vec::new(),
            created: Stamp::of(self.now),
            modified: Stamp::of(self.now),
            version: 1,
        };
        let (id, name) = (group.id, group.display_name.clone());
        self.write_log(Actor::Provider(provider), "GROUP_CREATED", "SUCCESS", &About::Group(id, &name));
        self.log_members(provider, "GROUP_MEMBERS_ADDED", id, &name, wanted.members.added.iter().copied());
        for member in wanted.skipped {
            let entry = self.write_log(
                Actor::Provider(provider),
                "MEMBER_SKIPPED",
                "WARNING",
                &About::Group(id, &name),
            );
            entry.set(
                "message",
                format!("The member `{member}` is no user of this provider and was left out."),
            );
        }
        self.store.add_group(group);
        self.store.change_members(id, &wanted.members);
        self.evaluate_change(provider, &wanted.members);
        Ok(id)
    }

    /// `PUT /Groups/{id}`.
    pub(crate) fn replace_group(&mut self, provider: Id, id: Id, body: &[u8]) -> Result<(), ScimError> {
        self.own_group(provider, id)?;
        let outcome = accept(ResourceKind::Group, body, self.behaviour.rules()).and_then(|accepted| {
            self.check_group(provider, Some(id), &accepted, &replaced(&accepted)?, false)
        });
        let wanted = self.logged_group(provider, Some(id), outcome)?;
        self.write_group(provider, id, wanted);
        Ok(())
    }

    /// `PATCH /Groups/{id}`. Gives whether the request was about members and nothing else.
    pub(crate) fn patch_group(&mut self, provider: Id, id: Id, body: &[u8]) -> Result<bool, ScimError> {
        let before = self.own_group(provider, id)?;
        let mut current = Map::new();
        current.insert("id".into(), json!(id.to_string()));
        current.insert("displayName".into(), json!(before.display_name));
        if let Some(external_id) = &before.external_id {
            current.insert("externalId".into(), json!(external_id));
        }
        let outcome = patch(ResourceKind::Group, &current, body, self.behaviour.rules()).and_then(
            |(accepted, edits)| {
                let wanted = self.check_group(provider, Some(id), &accepted, &edits, false)?;
                let same =
                    wanted.display_name == before.display_name && wanted.external_id == before.external_id;
                Ok((wanted, same && !edits.is_empty()))
            },
        );
        let (wanted, members_only) = self.logged_group(provider, Some(id), outcome)?;
        self.write_group(provider, id, wanted);
        Ok(members_only)
    }

    /// `DELETE /Groups/{id}`.
    pub(crate) fn delete_group(&mut self, provider: Id, id: Id) -> Result<(), ScimError> {
        self.own_group(provider, id)?;
        let members =
            self.users_below(self.store.group(id).into_iter().flat_map(|group| group.members.iter()));
        if let Some(group) = self.store.remove_group(id, self.now) {
            self.write_log(
                Actor::Provider(provider),
                "GROUP_DELETED",
                "SUCCESS",
                &About::Group(id, &group.display_name),
            );
            self.remember_watched(id, &group.display_name);
            self.unmap_group(provider, id);
            self.evaluate_members(provider, members);
        }
        Ok(())
    }

    /// Evaluates those whose memberships a request changed, in the order in which they were named.
    fn evaluate_change(&mut self, provider: Id, change: &MemberChange) {
        let mut removed: Vec<Id> = change.removed.iter().copied().collect();
        removed.sort_unstable();
        let members = self.users_below(change.added.iter().copied().chain(removed));
        self.evaluate_members(provider, members);
    }

    /// The users among these and in the groups among them.
    fn users_below(&self, members: impl Iterator<Item = Id>) -> Vec<Id> {
        let mut members: Vec<Id> = members.collect();
        if self.behaviour.nested_groups {
            let mut known: HashSet<Id> = members.iter().copied().collect();
            let mut at = 0;
            while let Some(id) = members.get(at) {
                if let Some(group) = self.store.group(*id) {
                    members.extend(group.members.iter().filter(|id| known.insert(*id)));
                }
                at += 1;
            }
        }
        members
    }

    fn write_group(&mut self, provider: Id, id: Id, wanted: Wanted) {
        let Some(before) = self.store.group(id) else { return };
        let old_name = before.display_name.clone();
        let renamed = wanted.display_name != old_name || wanted.external_id != before.external_id;
        if !renamed && wanted.members.is_empty() {
            return;
        }
        let removed: Vec<Id> = before.members.iter_of(&wanted.members.removed);
        let name = wanted.display_name;
        if renamed {
            let entry = self.write_log(
                Actor::Provider(provider),
                "GROUP_UPDATED",
                "SUCCESS",
                &About::Group(id, &name),
            );
            entry.set("changes", json!([{ "path": "displayName", "oldValue": old_name, "newValue": name }]));
        }
        self.log_members(provider, "GROUP_MEMBERS_ADDED", id, &name, wanted.members.added.iter().copied());
        self.log_members(provider, "GROUP_MEMBERS_REMOVED", id, &name, removed.into_iter());
        if renamed {
            self.remember_watched(id, &name);
            self.store.rename_group(id, name, wanted.external_id);
        }
        self.store.change_members(id, &wanted.members);
        self.store.touch_group(id, self.now);
        self.evaluate_change(provider, &wanted.members);
    }

    fn log_members(
        &mut self,
        provider: Id,
        event: &'static str,
        id: Id,
        name: &str,
        members: impl Iterator<Item = Id>,
    ) {
        let names: Vec<String> = members
            .filter_map(|id| match self.store.at(self.store.number(id)?)? {
                Found::User(user) => Some(user.username().to_owned()),
                Found::Group(group) => Some(group.display_name.clone()),
            })
            .collect();
        if names.is_empty() {
            return;
        }
        let entry = self.write_log(Actor::Provider(provider), event, "SUCCESS", &About::Group(id, name));
        entry.set("members", names);
    }

    fn own_group(&self, provider: Id, id: Id) -> Result<&Group, ScimError> {
        self.store.group(id).filter(|group| group.provider == provider).ok_or_else(|| not_found(id))
    }

    fn check_group(
        &self,
        provider: Id,
        id: Option<Id>,
        accepted: &Accepted,
        edits: &[MemberEdit],
        skip_unknown: bool,
    ) -> Result<Wanted, ScimError> {
        let text = |key: &str| accepted.resource.get(key).and_then(Value::as_str).map(str::to_owned);
        let display_name = text("displayName").unwrap_or_default();
        if let Some(other) = self.store.group_by_name(provider, &display_name)
            && id != Some(other.id)
        {
            return Err(ScimError::new(
                409,
                Some(ScimType::Uniqueness),
                format!("A group with the displayName `{display_name}` exists already."),
                "GROUP_DUPLICATE",
            ));
        }
        let none = Members::default();
        let before = id.and_then(|id| self.store.group(id)).map_or(&none, |group| &group.members);
        let mut change = Draft::default();
        let mut skipped = Vec::new();
        let work = Work::default();
        let fitting = |filter: &ValueFilter, change: &Draft| -> Result<Vec<Id>, ScimError> {
            let mut found = Vec::new();
            for id in change.now(before) {
                work.spend(MEMBER_SHOWN)?;
                if let Some(value) = self.member_value(id, "")
                    && filter.matches(&value, &work)?
                {
                    found.push(id);
                }
            }
            Ok(found)
        };
        let above = OnceCell::new();
        for edit in edits {
            let add: &[Member] = match edit {
                MemberEdit::Add(list) => list,
                MemberEdit::Replace(list) => {
                    change.clear();
                    list
                }
                MemberEdit::Remove(gone) => {
                    // Removing what is not there changes nothing (code42-service §3.7).
                    gone.iter().filter_map(|value| Id::parse(value)).for_each(|id| change.remove(before, id));
                    &[]
                }
                MemberEdit::Clear => {
                    change.clear();
                    &[]
                }
                MemberEdit::RemoveWhere(filter) => {
                    fitting(filter, &change)?.into_iter().for_each(|id| change.remove(before, id));
                    &[]
                }
                MemberEdit::Swap(filter, list) => {
                    let found = fitting(filter, &change)?;
                    if found.is_empty() {
                        return Err(ScimError::no_target(
                            "No value of `members` fits the filter of the path.",
                        ));
                    }
                    found.into_iter().for_each(|id| change.remove(before, id));
                    list
                }
            };
            for member in add {
                match self.known_member(provider, id, before, member, &above)? {
                    Some(id) => change.add(before, id),
                    None if skip_unknown => skipped.push(member.value.clone()),
                    None => {
                        return Err(ScimError::value(
                            format!("The member `{}` is no user of this provider.", member.value),
                            "MEMBER_UNKNOWN",
                        ));
                    }
                }
            }
        }
        Ok(Wanted { display_name, external_id: text("externalId"), members: change.done(before), skipped })
    }

    /// The user or group that a client names as a member of the group `id`; `None` when there is none. `above`
    /// are the groups that hold the group, once they had to be known.
    fn known_member(
        &self,
        provider: Id,
        id: Option<Id>,
        before: &Members,
        member: &Member,
        above: &OnceCell<HashSet<Id>>,
    ) -> Result<Option<Id>, ScimError> {
        let kind = member.kind.as_deref();
        let is = |name: &str| kind.is_none_or(|kind| kind.eq_ignore_ascii_case(name));
        let nested = self.behaviour.nested_groups;
        let possible = is("User") || (nested && is("Group"));
        if !possible {
            let who = if nested { "users and groups" } else { "users" };
            return Err(ScimError::value(format!("Only {who} can be members of a group."), "MEMBER_TYPE"));
        }
        let Some(found) = Id::parse(&member.value) else { return Ok(None) };
        if let Some(user) = self.store.user(found) {
            return Ok((is("User") && (before.contains(found) || self.sees(provider, user))).then_some(found));
        }
        let Some(group) = self.store.group(found).filter(|group| nested && group.provider == provider) else {
            return Ok(None);
        };
        if !is("Group") {
            return Ok(None);
        }
        if let Some(id) = id {
            let above = above.get_or_init(|| {
                let indirect = self.store.indirect_groups_with(id);
                self.store.groups_with(id).chain(indirect).map(|holder| holder.id).collect()
            });
            if found == id || above.contains(&found) {
                return Err(ScimError::value(
                    format!(
                        "The group `{}` would be inside itself; leave one of the two memberships out.",
                        group.display_name
                    ),
                    "MEMBER_CYCLE",
                ));
            }
        }
        Ok(Some(found))
    }

    fn logged_group<T>(
        &mut self,
        provider: Id,
        group: Option<Id>,
        outcome: Result<T, ScimError>,
    ) -> Result<T, ScimError> {
        if let Err(error) = &outcome {
            let name = group.and_then(|id| self.store.group(id)).map(|group| group.display_name.clone());
            let about = match (group, &name) {
                (Some(id), Some(name)) => About::Group(id, name),
                _ => About::None,
            };
            let entry = self.write_log(Actor::Provider(provider), "REQUEST_REJECTED", "ERROR", &about);
            refusal(entry, error);
        }
        outcome
    }

    /// Identifier and entity tag of a group that the provider sees.
    pub(super) fn seen_group(&self, provider: Id, id: &str) -> Result<(Id, String), ScimError> {
        let group =
            Id::parse(id).and_then(|id| self.store.group(id)).filter(|group| group.provider == provider);
        group.map(|group| (group.id, etag(group.version))).ok_or_else(|| not_found(id))
    }
}

/// A whole group's members as the edit that they are.
fn replaced(accepted: &Accepted) -> Result<Vec<MemberEdit>, ScimError> {
    let listed = accepted.resource.get("members").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    Ok(vec![MemberEdit::Replace(members(listed)?)])
}

fn not_found(id: impl std::fmt::Display) -> ScimError {
    ScimError::new(404, None, format!("There is no group `{id}`."), "NOT_FOUND")
}
