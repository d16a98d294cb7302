//! What a provider does to groups (code42-service §3.7).

use indexmap::IndexSet;
use serde_json::{Map, Value, json};

use super::model::{Group, Id, User};
use super::synclog::{About, Actor};
use super::users::refusal;
use super::{Tenant, view};
use crate::reference::scim::{Accepted, Filter, Object, ResourceKind, ScimError, ScimType, accept, patch};

/// What a write asks for, checked.
struct Wanted {
    display_name: String,
    external_id: Option<String>,
    members: IndexSet<Id>,
    skipped: Vec<String>,
}

impl Tenant {
    /// `POST /Groups`.
    pub(crate) fn create_group(&mut self, provider: Id, body: &[u8]) -> Result<Id, ScimError> {
        let skip = self.behaviour.skip_unknown_members;
        let outcome = accept(ResourceKind::Group, body, self.behaviour.rules())
            .and_then(|accepted| self.check_group(provider, None, &accepted, skip));
        let wanted = self.logged_group(provider, None, outcome)?;
        let group = Group {
            id: self.fresh_id(),
            provider,
            display_name: wanted.display_name,
            external_id: wanted.external_id,
            members: wanted.members,
            created: self.now,
            modified: self.now,
            version: 1,
        };
        let (id, name) = (group.id, group.display_name.clone());
        self.write_log(Actor::Provider(provider), "GROUP_CREATED", "SUCCESS", &About::Group(id, &name));
        let added: Vec<Id> = group.members.iter().copied().collect();
        self.log_members(provider, "GROUP_MEMBERS_ADDED", id, &name, &added);
        for member in wanted.skipped {
            let entry = self.write_log(
                Actor::Provider(provider),
                "MEMBER_SKIPPED",
                "WARNING",
                &About::Group(id, &name),
            );
            entry["message"] =
                json!(format!("The member `{member}` is no user of this provider and was left out."));
        }
        self.store.put_group(group);
        Ok(id)
    }

    /// `PUT /Groups/{id}`.
    pub(crate) fn replace_group(&mut self, provider: Id, id: Id, body: &[u8]) -> Result<(), ScimError> {
        let before = self.own_group(provider, id)?;
        let outcome = accept(ResourceKind::Group, body, self.behaviour.rules())
            .and_then(|accepted| self.check_group(provider, Some(&before), &accepted, false));
        let wanted = self.logged_group(provider, Some(&before), outcome)?;
        self.write_group(before, wanted);
        Ok(())
    }

    /// `PATCH /Groups/{id}`.
    pub(crate) fn patch_group(&mut self, provider: Id, id: Id, body: &[u8]) -> Result<(), ScimError> {
        let before = self.own_group(provider, id)?;
        let mut current = Map::new();
        current.insert("id".into(), json!(id.to_string()));
        current.insert("displayName".into(), json!(before.display_name));
        if let Some(external_id) = &before.external_id {
            current.insert("externalId".into(), json!(external_id));
        }
        let members: Vec<Value> =
            before.members.iter().map(|member| json!({ "value": member.to_string() })).collect();
        if !members.is_empty() {
            current.insert("members".into(), Value::Array(members));
        }
        let outcome = patch(ResourceKind::Group, &current, body, self.behaviour.rules())
            .and_then(|accepted| self.check_group(provider, Some(&before), &accepted, false));
        let wanted = self.logged_group(provider, Some(&before), outcome)?;
        self.write_group(before, wanted);
        Ok(())
    }

    /// `DELETE /Groups/{id}`.
    pub(crate) fn delete_group(&mut self, provider: Id, id: Id) -> Result<(), ScimError> {
        self.own_group(provider, id)?;
        if let Some(group) = self.store.remove_group(id) {
            self.write_log(
                Actor::Provider(provider),
                "GROUP_DELETED",
                "SUCCESS",
                &About::Group(id, &group.display_name),
            );
        }
        Ok(())
    }

    fn write_group(&mut self, before: Group, wanted: Wanted) {
        let provider = before.provider;
        let renamed = wanted.display_name != before.display_name || wanted.external_id != before.external_id;
        let added: Vec<Id> = wanted.members.difference(&before.members).copied().collect();
        let removed: Vec<Id> = before.members.difference(&wanted.members).copied().collect();
        if !renamed && added.is_empty() && removed.is_empty() {
            return;
        }
        let mut group = before.clone();
        group.display_name = wanted.display_name;
        group.external_id = wanted.external_id;
        group.members = wanted.members;
        group.version += 1;
        group.modified = self.now;
        let (id, name) = (group.id, group.display_name.clone());
        if renamed {
            let entry = self.write_log(
                Actor::Provider(provider),
                "GROUP_UPDATED",
                "SUCCESS",
                &About::Group(id, &name),
            );
            entry["changes"] =
                json!([{ "path": "displayName", "oldValue": before.display_name, "newValue": name }]);
        }
        self.log_members(provider, "GROUP_MEMBERS_ADDED", id, &name, &added);
        self.log_members(provider, "GROUP_MEMBERS_REMOVED", id, &name, &removed);
        self.store.put_group(group);
    }

    fn log_members(&mut self, provider: Id, event: &str, id: Id, name: &str, members: &[Id]) {
        if members.is_empty() {
            return;
        }
        let names: Vec<String> =
            members.iter().filter_map(|id| Some(self.store.user(*id)?.username().to_owned())).collect();
        let entry = self.write_log(Actor::Provider(provider), event, "SUCCESS", &About::Group(id, name));
        entry["members"] = json!(names);
    }

    fn own_group(&self, provider: Id, id: Id) -> Result<Group, ScimError> {
        self.store.group(id).filter(|group| group.provider == provider).cloned().ok_or_else(|| not_found(id))
    }

    fn check_group(
        &self,
        provider: Id,
        before: Option<&Group>,
        accepted: &Accepted,
        skip_unknown: bool,
    ) -> Result<Wanted, ScimError> {
        let text = |key: &str| accepted.resource.get(key).and_then(Value::as_str).map(str::to_owned);
        let display_name = text("displayName").unwrap_or_default();
        if let Some(other) = self.store.group_by_name(provider, &display_name)
            && before.is_none_or(|before| before.id != other.id)
        {
            return Err(ScimError::new(
                409,
                Some(ScimType::Uniqueness),
                format!("A group with the displayName `{display_name}` exists already."),
                "GROUP_DUPLICATE",
            ));
        }
        let mut members = IndexSet::new();
        let mut skipped = Vec::new();
        let listed =
            accepted.resource.get("members").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        for member in listed {
            if member
                .get("type")
                .and_then(Value::as_str)
                .is_some_and(|kind| !kind.eq_ignore_ascii_case("User"))
            {
                return Err(ScimError::value("Only users can be members of a group.", "MEMBER_TYPE"));
            }
            let value = member.get("value").and_then(Value::as_str).unwrap_or_default();
            let known = Id::parse(value).filter(|id| {
                before.is_some_and(|before| before.members.contains(id))
                    || self.store.user(*id).is_some_and(|user| self.sees(provider, user))
            });
            match known {
                Some(id) => drop(members.insert(id)),
                None if skip_unknown => skipped.push(value.to_owned()),
                None => {
                    return Err(ScimError::value(
                        format!("The member `{value}` is no user of this provider."),
                        "MEMBER_UNKNOWN",
                    ));
                }
            }
        }
        Ok(Wanted { display_name, external_id: text("externalId"), members, skipped })
    }

    fn logged_group<T>(
        &mut self,
        provider: Id,
        group: Option<&Group>,
        outcome: Result<T, ScimError>,
    ) -> Result<T, ScimError> {
        if let Err(error) = &outcome {
            let about = match group {
                Some(group) => About::Group(group.id, &group.display_name),
                None => About::None,
            };
            let entry = self.write_log(Actor::Provider(provider), "REQUEST_REJECTED", "ERROR", &about);
            refusal(entry, error);
        }
        outcome
    }

    /// `GET /Groups/{id}` as the provider sees it.
    pub(crate) fn group_resource(
        &self,
        provider: Id,
        id: &str,
        base_url: &str,
    ) -> Result<(Id, Object), ScimError> {
        let group =
            Id::parse(id).and_then(|id| self.store.group(id)).filter(|group| group.provider == provider);
        let group = group.ok_or_else(|| not_found(id))?;
        Ok((group.id, self.group_view(group, base_url)))
    }

    /// One page of `GET /Groups` with the number of all that fit.
    pub(crate) fn list_groups(
        &self,
        provider: Id,
        filter: Option<&Filter>,
        skip: usize,
        count: usize,
        base_url: &str,
    ) -> (Vec<Object>, usize) {
        let Some(filter) = filter else {
            let page = self
                .store
                .groups_from(provider, skip)
                .take(count)
                .map(|group| self.group_view(group, base_url))
                .collect();
            return (page, self.store.group_count(provider));
        };
        let candidates: Vec<&Group> = match filter.equality() {
            Some((path, value)) if path == "displayName" => {
                self.store.group_by_name(provider, value).into_iter().collect()
            }
            Some((path, value)) if path == "externalId" => {
                self.store.groups_by_external_id(provider, value).collect()
            }
            Some((path, value)) if path == "id" => {
                Id::parse(value).and_then(|id| self.store.group(id)).into_iter().collect()
            }
            Some((path, value)) if path == "members.value" => {
                Id::parse(value).map(|id| self.store.groups_with(id).collect()).unwrap_or_default()
            }
            _ => self.store.groups_from(provider, 0).collect(),
        };
        let fitting: Vec<Object> = candidates
            .into_iter()
            .filter(|group| group.provider == provider)
            .map(|group| self.group_view(group, base_url))
            .filter(|resource| filter.matches(resource))
            .collect();
        let total = fitting.len();
        (fitting.into_iter().skip(skip).take(count).collect(), total)
    }

    fn group_view(&self, group: &Group, base_url: &str) -> Object {
        let mut resource = Map::new();
        resource.insert("schemas".into(), json!([ResourceKind::Group.core().id]));
        resource.insert("id".into(), json!(group.id.to_string()));
        if let Some(external_id) = &group.external_id {
            resource.insert("externalId".into(), json!(external_id));
        }
        resource.insert("displayName".into(), json!(group.display_name));
        let members: Vec<Value> = group
            .members
            .iter()
            .filter_map(|id| self.store.user(*id))
            .map(|user: &User| {
                json!({
                    "value": user.id.to_string(),
                    "$ref": format!("{base_url}/Users/{}", user.id),
                    "type": "User",
                    "display": user.username(),
                })
            })
            .collect();
        if !members.is_empty() {
            resource.insert("members".into(), Value::Array(members));
        }
        resource.insert(
            "meta".into(),
            json!({
                "resourceType": "Group",
                "created": view::time(group.created),
                "lastModified": view::time(group.modified),
                "location": format!("{base_url}/Groups/{}", group.id),
                "version": format!("W/\"{}\"", group.version),
            }),
        );
        resource
    }
}

fn not_found(id: impl std::fmt::Display) -> ScimError {
    ScimError::new(404, None, format!("There is no group `{id}`."), "NOT_FOUND")
}
