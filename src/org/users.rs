//! `/api/v1/users`: people and their life cycle.

use serde_json::{Map, Value, json};

use super::filter::Filter;
use super::log::Target;
use super::model::{Person, Status};
use super::request::OrgRequest;
use super::response::{OrgError, OrgResponse};
use super::state::OrgState;
use crate::clients::Operation;
use crate::clients::operation::{Deactivate, DeletePerson, Reactivate, Suspend, Unsuspend};

/// Entries of a page when none are asked for, and most (Okta's default and limit).
const PAGE: (usize, usize) = (200, 200);

impl OrgState {
    pub(super) async fn create_user(&mut self, request: &OrgRequest) -> Result<OrgResponse, OrgError> {
        let profile = without_nulls(request.profile()?);
        self.check_profile(&profile, None)?;
        let groups: Vec<String> = match request.body.get("groupIds") {
            None | Some(Value::Null) => Vec::new(),
            Some(ids) => serde_json::from_value(ids.clone())
                .map_err(|_| OrgError::invalid("groupIds", "It must be a list of group ids"))?,
        };
        for group in &groups {
            self.group(group)?;
        }
        let password =
            request.body.pointer("/credentials/password").is_some_and(|password| !password.is_null());
        let now = self.now();
        let status = match (request.flag("activate", true), password) {
            (false, _) => Status::Staged,
            (true, true) => Status::Active,
            (true, false) => Status::Provisioned,
        };
        let id = self.identifier("00u");
        let person = Person {
            profile,
            status,
            before: status,
            password,
            created: now.clone(),
            activated: (status != Status::Staged).then(|| now.clone()),
            status_changed: (status != Status::Staged).then(|| now.clone()),
            last_updated: now,
        };
        for app in self.apps.values_mut() {
            app.simulator.adopt_person(&id, &id, person.for_simulator());
        }
        self.people.insert(id.clone(), person);
        let targets = [self.target_user(&id)];
        self.log_event("user.lifecycle.create", &targets);
        if status != Status::Staged {
            self.log_event("user.lifecycle.activate", &targets);
        }
        for group in groups {
            self.change_member(&group, &id, true).await?;
        }
        Ok(OrgResponse::ok(self.user_json(&id)))
    }

    pub(super) fn list_users(&self, request: &OrgRequest) -> Result<OrgResponse, OrgError> {
        let filters = ["filter", "search"].into_iter().filter_map(|name| request.query(name));
        let filters: Vec<Filter> =
            filters.filter(|text| !text.is_empty()).map(Filter::parse).collect::<Result<_, _>>()?;
        let q = request.query("q").unwrap_or_default().to_lowercase();
        let entries = self.people.iter().filter(|(_, person)| {
            // Without criteria, whoever left is not in the list.
            let living = person.status != Status::Deprovisioned || !filters.is_empty();
            let begins = |name: &&str| person.text(name).to_lowercase().starts_with(&q);
            living && (q.is_empty() || ["firstName", "lastName", "email"].iter().any(begins))
        });
        let entries: Vec<(String, Value)> = entries
            .map(|(id, _)| (id.clone(), self.user_json(id)))
            .filter(|(_, user)| filters.iter().all(|filter| filter.matches(user)))
            .collect();
        OrgResponse::page(entries, request, &self.options.origin, PAGE)
    }

    pub(super) fn show_user(&self, name: &str) -> Result<OrgResponse, OrgError> {
        Ok(OrgResponse::ok(self.user_json(&self.user(name)?)))
    }

    /// POST changes what is given, PUT replaces everything.
    pub(super) async fn update_user(
        &mut self,
        name: &str,
        request: &OrgRequest,
        whole: bool,
    ) -> Result<OrgResponse, OrgError> {
        let id = self.user(name)?;
        let given = request.profile()?;
        let mut profile = if whole { Map::new() } else { self.people[&id].profile.clone() };
        for (attribute, value) in given {
            if value.is_null() {
                profile.shift_remove(attribute);
            } else {
                profile.insert(attribute.clone(), value.clone());
            }
        }
        self.check_profile(&profile, Some(&id))?;
        if self.people[&id].status == Status::Deprovisioned {
            return Err(OrgError::status());
        }
        let now = self.now();
        let person = &mut self.people[&id];
        let changed = person.profile != profile;
        person.profile = profile;
        person.last_updated = now;
        if changed {
            let profile = person.for_simulator();
            self.log_event("user.account.update_profile", &[self.target_user(&id)]);
            for app in self.app_ids() {
                let report = self.apps[&app].simulator.replace_profile(&id, profile.clone()).await;
                self.done(&app, report)?;
            }
        }
        Ok(OrgResponse::ok(self.user_json(&id)))
    }

    /// The first DELETE deactivates, the second deletes.
    pub(super) async fn delete_user(&mut self, name: &str) -> Result<OrgResponse, OrgError> {
        let id = self.user(name)?;
        if self.people[&id].status != Status::Deprovisioned {
            self.deactivate(&id).await?;
            return Ok(OrgResponse::no_content());
        }
        self.everywhere(&Operation::DeletePerson(DeletePerson { user: id.clone() })).await?;
        self.log_event("user.lifecycle.delete.initiated", &[self.target_user(&id)]);
        self.people.shift_remove(&id);
        for group in self.groups.values_mut() {
            group.members.retain(|member| *member != id);
        }
        Ok(OrgResponse::no_content())
    }

    async fn deactivate(&mut self, id: &str) -> Result<(), OrgError> {
        let now = self.now();
        let person = &mut self.people[id];
        person.set(Status::Deprovisioned, &now);
        person.password = false;
        self.log_event("user.lifecycle.deactivate", &[self.target_user(id)]);
        self.everywhere(&Operation::Deactivate(Deactivate { user: id.to_owned() })).await
    }

    pub(super) async fn lifecycle(
        &mut self,
        name: &str,
        word: &str,
        request: &OrgRequest,
    ) -> Result<OrgResponse, OrgError> {
        let id = self.user(name)?;
        let now = self.now();
        let status = self.people[&id].status;
        match word {
            "activate" | "reactivate" => {
                match (word, status) {
                    ("activate", Status::Staged | Status::Deprovisioned) => {
                        let person = &mut self.people[&id];
                        let next = if person.password { Status::Active } else { Status::Provisioned };
                        person.set(next, &now);
                        person.activated = Some(now);
                        self.log_event("user.lifecycle.activate", &[self.target_user(&id)]);
                        let activate = Operation::Reactivate(Reactivate { user: id.clone() });
                        self.everywhere(&activate).await?;
                    }
                    // Another mail with another link, for who has not chosen a password yet.
                    ("reactivate", Status::Provisioned) => {
                        self.log_event("user.lifecycle.reactivate", &[self.target_user(&id)]);
                    }
                    ("activate", _) => return Err(OrgError::already_active()),
                    _ => return Err(OrgError::status()),
                }
                let default = word == "activate";
                if request.flag("sendEmail", default) {
                    return Ok(OrgResponse::ok(json!({})));
                }
                let token = self.identifier("XE6");
                let url = format!("{}/welcome/{token}", self.options.origin);
                return Ok(OrgResponse::ok(json!({ "activationUrl": url, "activationToken": token })));
            }
            "deactivate" if status == Status::Deprovisioned => return Err(OrgError::status()),
            "deactivate" => self.deactivate(&id).await?,
            "suspend" if !matches!(status, Status::Active | Status::Provisioned) => {
                return Err(OrgError::plain("Cannot suspend a user that is not active"));
            }
            "suspend" => {
                let person = &mut self.people[&id];
                person.before = person.status;
                person.set(Status::Suspended, &now);
                self.log_event("user.lifecycle.suspend", &[self.target_user(&id)]);
                self.everywhere(&Operation::Suspend(Suspend { user: id.clone() })).await?;
            }
            "unsuspend" if status != Status::Suspended => {
                return Err(OrgError::plain("Cannot unsuspend a user that is not suspended"));
            }
            "unsuspend" => {
                let before = self.people[&id].before;
                self.people[&id].set(before, &now);
                self.log_event("user.lifecycle.unsuspend", &[self.target_user(&id)]);
                self.everywhere(&Operation::Unsuspend(Unsuspend { user: id.clone() })).await?;
            }
            _ => return Err(OrgError::method()),
        }
        Ok(OrgResponse::ok(json!({})))
    }

    pub(super) fn groups_of(&self, name: &str, request: &OrgRequest) -> Result<OrgResponse, OrgError> {
        let id = self.user(name)?;
        let groups = self.groups.iter().filter(|(_, group)| group.members.contains(&id));
        let entries = groups.map(|(group, _)| (group.clone(), self.group_json(group))).collect();
        OrgResponse::page(entries, request, &self.options.origin, PAGE)
    }

    pub(super) fn target_user(&self, id: &str) -> Target {
        let (login, name) = self
            .people
            .get(id)
            .map_or_else(Default::default, |person| (person.text("login").to_owned(), person.name()));
        Target { id: id.to_owned(), kind: "User", alternate: login, name }
    }
}

fn without_nulls(profile: &Map<String, Value>) -> Map<String, Value> {
    profile.iter().filter(|(_, value)| !value.is_null()).map(|(n, v)| (n.clone(), v.clone())).collect()
}
