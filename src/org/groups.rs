//! `/api/v1/groups`: groups and their members.

use serde_json::{Value, json};

use super::filter::Filter;
use super::log::Target;
use super::model::{Group, Status};
use super::request::OrgRequest;
use super::response::{OrgError, OrgResponse};
use super::state::OrgState;
use crate::clients::Operation;
use crate::clients::operation::{self, AddMember, RemoveMember, RenameGroup};

/// Entries of a page when none are asked for, and most (Okta's default and limit).
const PAGE: (usize, usize) = (10_000, 10_000);
const MEMBERS: (usize, usize) = (1000, 1000);

impl OrgState {
    /// Name and description of a body.
    fn group_profile(&self, request: &OrgRequest, own: Option<&str>) -> Result<(String, Value), OrgError> {
        let profile = request.profile()?;
        let name = profile.get("name").and_then(Value::as_str).map(str::trim).unwrap_or_default();
        if name.is_empty() {
            return Err(OrgError::invalid("name", "The field cannot be left blank"));
        }
        let taken = |(id, group): (&String, &Group)| {
            Some(id.as_str()) != own && group.name.eq_ignore_ascii_case(name)
        };
        if self.groups.iter().any(taken) {
            let why = "An object with this field already exists in the current organization";
            return Err(OrgError::invalid("name", why));
        }
        Ok((name.to_owned(), profile.get("description").cloned().unwrap_or_default()))
    }

    pub(super) fn create_group(&mut self, request: &OrgRequest) -> Result<OrgResponse, OrgError> {
        let (name, description) = self.group_profile(request, None)?;
        let (id, now) = (self.identifier("00g"), self.now());
        for app in self.apps.values_mut() {
            let group = operation::Group { name: name.clone(), members: Vec::new() };
            app.simulator.adopt_group(&id, &id, group);
        }
        let group = Group {
            name,
            description,
            members: Vec::new(),
            created: now.clone(),
            last_updated: now.clone(),
            membership_updated: now,
        };
        self.groups.insert(id.clone(), group);
        self.log_event("group.lifecycle.create", &[self.target_group(&id)]);
        Ok(OrgResponse::ok(self.group_json(&id)))
    }

    pub(super) fn list_groups(&self, request: &OrgRequest) -> Result<OrgResponse, OrgError> {
        let filters = ["filter", "search"].into_iter().filter_map(|name| request.query(name));
        let filters: Vec<Filter> =
            filters.filter(|text| !text.is_empty()).map(Filter::parse).collect::<Result<_, _>>()?;
        let q = request.query("q").unwrap_or_default().to_lowercase();
        let named = self.groups.iter().filter(|(_, group)| group.name.to_lowercase().starts_with(&q));
        let entries: Vec<(String, Value)> = named
            .map(|(id, _)| (id.clone(), self.group_json(id)))
            .filter(|(_, group)| filters.iter().all(|filter| filter.matches(group)))
            .collect();
        OrgResponse::page(entries, request, &self.options.origin, PAGE)
    }

    pub(super) fn show_group(&self, id: &str) -> Result<OrgResponse, OrgError> {
        self.group(id)?;
        Ok(OrgResponse::ok(self.group_json(id)))
    }

    pub(super) async fn replace_group(
        &mut self,
        id: &str,
        request: &OrgRequest,
    ) -> Result<OrgResponse, OrgError> {
        self.group(id)?;
        let (name, description) = self.group_profile(request, Some(id))?;
        let now = self.now();
        let group = &mut self.groups[id];
        let renamed = group.name != name;
        group.name.clone_from(&name);
        group.description = description;
        group.last_updated = now;
        self.log_event("group.profile.update", &[self.target_group(id)]);
        if renamed {
            let rename = RenameGroup { group: id.to_owned(), to: name };
            self.everywhere(&Operation::RenameGroup(rename)).await?;
        }
        Ok(OrgResponse::ok(self.group_json(id)))
    }

    /// The assignments of apps to the group go with it: whoever has an app by nothing else loses it. What was
    /// pushed stays in the app, and is Okta's no more.
    pub(super) async fn delete_group(&mut self, id: &str) -> Result<OrgResponse, OrgError> {
        self.group(id)?;
        self.log_event("group.lifecycle.delete", &[self.target_group(id)]);
        for app in self.app_ids() {
            let report = self.apps[&app].simulator.remove_group(id).await;
            self.done(&app, report)?;
            let app = &mut self.apps[&app];
            app.mappings.retain(|_, mapping| mapping.group != id);
            app.groups.shift_remove(id);
            app.failures.remove(id);
        }
        self.groups.shift_remove(id);
        Ok(OrgResponse::no_content())
    }

    pub(super) fn members_of(&self, id: &str, request: &OrgRequest) -> Result<OrgResponse, OrgError> {
        let members = self.group(id)?.members.iter();
        let living = members.filter(|member| {
            self.people.get(*member).is_some_and(|person| person.status != Status::Deprovisioned)
        });
        let entries = living.map(|member| (member.clone(), self.user_json(member))).collect();
        OrgResponse::page(entries, request, &self.options.origin, MEMBERS)
    }

    pub(super) fn apps_of(&self, id: &str, request: &OrgRequest) -> Result<OrgResponse, OrgError> {
        self.group(id)?;
        let apps = self.apps.iter().filter(|(_, app)| app.simulator.is_group_assigned(id));
        let entries = apps.map(|(app, _)| (app.clone(), self.app_json(app))).collect();
        OrgResponse::page(entries, request, &self.options.origin, MEMBERS)
    }

    /// Joining twice changes nothing, nor does leaving without being in the group.
    pub(super) async fn change_member(
        &mut self,
        id: &str,
        user: &str,
        joins: bool,
    ) -> Result<OrgResponse, OrgError> {
        self.group(id)?;
        let user = self.user(user)?;
        if self.groups[id].members.contains(&user) == joins {
            return Ok(OrgResponse::no_content());
        }
        let now = self.now();
        let group = &mut self.groups[id];
        if joins {
            group.members.push(user.clone());
        } else {
            group.members.retain(|member| *member != user);
        }
        group.membership_updated = now;
        let event = if joins { "group.user_membership.add" } else { "group.user_membership.remove" };
        self.log_event(event, &[self.target_user(&user), self.target_group(id)]);
        let operation = if joins {
            Operation::AddMember(AddMember { group: id.to_owned(), user: user.clone() })
        } else {
            Operation::RemoveMember(RemoveMember { group: id.to_owned(), user: user.clone() })
        };
        self.everywhere(&operation).await?;
        Ok(OrgResponse::no_content())
    }

    pub(super) fn target_group(&self, id: &str) -> Target {
        let name = self.groups.get(id).map_or_else(String::new, |group| group.name.clone());
        Target { id: id.to_owned(), kind: "UserGroup", alternate: "unknown".into(), name }
    }

    pub(super) fn group_assignment_json(&self, app: &str, group: &str) -> Value {
        let at = self.apps[app].groups.get(group);
        json!({
            "id": group,
            "lastUpdated": at,
            "priority": self.apps[app].groups.get_index_of(group),
            "profile": {},
            "_links": {
                "app": self.href(&format!("apps/{app}")),
                "group": self.href(&format!("groups/{group}")),
                "self": self.href(&format!("apps/{app}/groups/{group}")),
            },
        })
    }
}
