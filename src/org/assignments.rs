//! `/api/v1/apps/{id}/users` and `/groups`: who has an app, and what has become of it.

use indexmap::IndexMap;
use serde_json::{Value, json};

use super::model::Status;
use super::request::OrgRequest;
use super::response::{OrgError, OrgResponse};
use super::state::OrgState;
use crate::clients::Operation;
use crate::clients::operation::{Assign, AssignGroup, ProvisionUser, Unassign, UnassignGroup};

/// Entries of a page when none are asked for, and most (Okta's default and limit).
const PAGE: (usize, usize) = (50, 500);
const GROUPS: (usize, usize) = (20, 200);

impl OrgState {
    fn app_user_json(&self, id: &str, user: &str) -> Result<Value, OrgError> {
        let app = self.app(id)?;
        let missing = || OrgError::not_found(user, "AppUser");
        let assignment = app.simulator.assignment(user).ok_or_else(missing)?;
        let times = app.users.get(user);
        // Somebody who is staged can be assigned, and gets nothing before the activation.
        if !assignment.assigned && !assignment.individual {
            return Err(missing());
        }
        let person = self.people.get(user).ok_or_else(missing)?;
        let failure = app.failures.get(user);
        let provisioned = assignment.external_id.is_some();
        let status = match (provisioned, person.status) {
            (true, _) => "PROVISIONED",
            (false, Status::Staged) => "STAGED",
            (false, _) => "PENDING",
        };
        let sync = match (failure.is_some(), provisioned, assignment.synchronized) {
            (true, ..) => "ERROR",
            (false, true, true) => "SYNCHRONIZED",
            (false, true, false) => "OUT_OF_SYNC",
            (false, false, _) => "DISABLED",
        };
        let mut shown = json!({
            "id": user,
            "externalId": assignment.external_id,
            "created": times.map(|times| &times.created),
            "lastUpdated": times.map(|times| &times.changed),
            "scope": if assignment.individual { "USER" } else { "GROUP" },
            "status": status,
            "statusChanged": times.map(|times| &times.created),
            "passwordChanged": null,
            "syncState": sync,
            "lastSync": times.filter(|_| sync == "SYNCHRONIZED").map(|times| &times.changed),
            "credentials": { "userName": app.simulator.login(user) },
            "profile": app.simulator.app_profile(user),
            "_links": {
                "app": self.href(&format!("apps/{id}")),
                "user": self.href(&format!("users/{user}")),
            },
        });
        if let Some(message) = failure {
            // Okta's pages show it; its API has no place for it, so there is one here.
            shown["_embedded"] = json!({ "task": { "message": message } });
        }
        Ok(shown)
    }

    pub(super) fn list_app_users(&self, id: &str, request: &OrgRequest) -> Result<OrgResponse, OrgError> {
        self.app(id)?;
        let q = request.query("q").unwrap_or_default().to_lowercase();
        let begins = |user: &str| {
            let text = |name: &str| self.people.get(user).map(|person| person.text(name).to_lowercase());
            ["login", "firstName", "lastName", "email"]
                .iter()
                .any(|name| text(name).is_some_and(|text| text.starts_with(&q)))
        };
        let people = self.people.keys().filter(|user| begins(user));
        let entries =
            people.filter_map(|user| Some((user.clone(), self.app_user_json(id, user).ok()?))).collect();
        OrgResponse::page(entries, request, &self.options.origin, PAGE)
    }

    pub(super) fn show_app_user(&self, id: &str, user: &str) -> Result<OrgResponse, OrgError> {
        self.app(id)?;
        Ok(OrgResponse::ok(self.app_user_json(id, &self.user(user)?)?))
    }

    /// The attributes of a body that are not what the mapping gives, by variable name.
    fn edits(&self, id: &str, user: &str, body: &Value) -> Result<IndexMap<String, String>, OrgError> {
        let app = self.app(id)?;
        let mapped = app.simulator.app_profile(user).unwrap_or_default();
        let mut edits = IndexMap::new();
        if let Some(name) = body.pointer("/credentials/userName").and_then(Value::as_str)
            && app.simulator.login(user).as_deref() != Some(name)
        {
            edits.insert("userName".to_owned(), name.to_owned());
        }
        let known = app.simulator.app_attributes();
        for (variable, value) in body.get("profile").and_then(Value::as_object).into_iter().flatten() {
            if !known.contains(variable) {
                return Err(OrgError::invalid(
                    variable,
                    &format!("The app's profile has no such attribute; it has {}", known.join(", ")),
                ));
            }
            let text = match value {
                Value::Null => String::new(),
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            let present = mapped.get(variable).and_then(Value::as_str).unwrap_or_default();
            if text == present {
                continue;
            }
            if variable == "emailType" {
                return Err(OrgError::invalid(variable, "It is work, and cannot be edited here"));
            }
            edits.insert(variable.clone(), text);
        }
        Ok(edits)
    }

    /// Assigns the app to a person; for somebody who has it already, edits the app profile.
    pub(super) async fn assign_user(
        &mut self,
        id: &str,
        request: &OrgRequest,
    ) -> Result<OrgResponse, OrgError> {
        self.app(id)?;
        let user = request.body.get("id").and_then(Value::as_str).unwrap_or_default();
        if user.is_empty() {
            return Err(OrgError::invalid("id", "The field cannot be left blank"));
        }
        let user = self.user(user)?;
        let edits = self.edits(id, &user, &request.body)?;
        let before = self.apps[id].simulator.assignment(&user).unwrap_or_default();
        if before.assigned && before.external_id.is_some() {
            self.edit(id, &user, edits).await?;
        } else if before.individual {
            // A job that failed is tried again.
            self.apps[id].simulator.prepare_app_profile(&user, edits)?;
            let again = Operation::ProvisionUser(ProvisionUser { user: user.clone() });
            let report = self.apps[id].simulator.perform(&again).await;
            self.done(id, report)?;
        } else {
            self.apps[id].simulator.prepare_app_profile(&user, edits)?;
        }
        if !before.individual {
            let assign = Operation::Assign(Assign { user: user.clone() });
            let report = self.apps[id].simulator.perform(&assign).await;
            self.done(id, report)?;
        }
        Ok(OrgResponse::ok(self.app_user_json(id, &user)?))
    }

    async fn edit(&mut self, id: &str, user: &str, edits: IndexMap<String, String>) -> Result<(), OrgError> {
        if edits.is_empty() {
            return Ok(());
        }
        let report = self.apps[id].simulator.edit_app_profile(user, edits).await;
        self.done(id, report)?;
        let now = self.now();
        if let Some(times) = self.apps[id].users.get_mut(user) {
            times.changed = now;
        }
        Ok(())
    }

    pub(super) async fn update_app_user(
        &mut self,
        id: &str,
        user: &str,
        request: &OrgRequest,
    ) -> Result<OrgResponse, OrgError> {
        self.app(id)?;
        let user = self.user(user)?;
        self.app_user_json(id, &user)?;
        let edits = self.edits(id, &user, &request.body)?;
        self.edit(id, &user, edits).await?;
        Ok(OrgResponse::ok(self.app_user_json(id, &user)?))
    }

    pub(super) async fn unassign_user(&mut self, id: &str, user: &str) -> Result<OrgResponse, OrgError> {
        self.app(id)?;
        let user = self.user(user)?;
        self.app_user_json(id, &user)?;
        let unassign = Operation::Unassign(Unassign { user: user.clone() });
        let report = self.apps[id].simulator.perform(&unassign).await;
        self.done(id, report)?;
        Ok(OrgResponse::no_content())
    }

    pub(super) fn list_app_groups(&self, id: &str, request: &OrgRequest) -> Result<OrgResponse, OrgError> {
        let groups = self.app(id)?.groups.keys();
        let entries = groups.map(|group| (group.clone(), self.group_assignment_json(id, group))).collect();
        OrgResponse::page(entries, request, &self.options.origin, GROUPS)
    }

    pub(super) fn show_app_group(&self, id: &str, group: &str) -> Result<OrgResponse, OrgError> {
        if !self.app(id)?.groups.contains_key(group) {
            return Err(OrgError::not_found(group, "ApplicationGroupAssignment"));
        }
        Ok(OrgResponse::ok(self.group_assignment_json(id, group)))
    }

    /// Assigning twice changes nothing.
    pub(super) async fn assign_group(&mut self, id: &str, group: &str) -> Result<OrgResponse, OrgError> {
        self.app(id)?;
        self.group(group)?;
        if !self.apps[id].groups.contains_key(group) {
            let assign = Operation::AssignGroup(AssignGroup { group: group.to_owned() });
            let report = self.apps[id].simulator.perform(&assign).await;
            self.done(id, report)?;
            let now = self.now();
            self.apps[id].groups.insert(group.to_owned(), now);
        }
        Ok(OrgResponse::ok(self.group_assignment_json(id, group)))
    }

    pub(super) async fn unassign_group(&mut self, id: &str, group: &str) -> Result<OrgResponse, OrgError> {
        self.show_app_group(id, group)?;
        let unassign = Operation::UnassignGroup(UnassignGroup { group: group.to_owned() });
        let report = self.apps[id].simulator.perform(&unassign).await;
        self.done(id, report)?;
        self.apps[id].groups.shift_remove(group);
        Ok(OrgResponse::no_content())
    }
}
