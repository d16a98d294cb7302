//! `/api/v1/apps`: the apps, each with a simulator of its own, and what is switched on for them.

use std::collections::HashMap;
use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::{Value, json};

use super::log::Target;
use super::model::{App, Status, Times};
use super::request::OrgRequest;
use super::response::{OrgError, OrgResponse};
use super::state::OrgState;
use crate::clients::operation::{self, Attribute, DataType, Deactivate, Features, Suspend};
use crate::clients::{Definition, Dialect, Operation, OperationError, Report, Simulator};
use crate::urn::{ENTERPRISE, USER as CORE};

/// Entries of a page when none are asked for, and most (Okta's default and limit).
const PAGE: (usize, usize) = (200, 200);

/// The attributes of Okta's SCIM templates besides the base ones, by their mapping (okta-client §4).
const ATTRIBUTES: [(&str, &str, &str, &str); 23] = [
    ("middleName", "name.middleName", CORE, "middleName"),
    ("honorificPrefix", "name.honorificPrefix", CORE, "honorificPrefix"),
    ("honorificSuffix", "name.honorificSuffix", CORE, "honorificSuffix"),
    ("nickName", "nickName", CORE, "nickName"),
    ("profileUrl", "profileUrl", CORE, "profileUrl"),
    ("title", "title", CORE, "title"),
    ("userType", "userType", CORE, "userType"),
    ("preferredLanguage", "preferredLanguage", CORE, "preferredLanguage"),
    ("timezone", "timezone", CORE, "timezone"),
    ("primaryPhone", "phoneNumbers.^[primary==true].value", CORE, "primaryPhone"),
    (
        "primaryPhoneType",
        "phoneNumbers.^[primary==true].type",
        CORE,
        "(user.primaryPhone != null && user.primaryPhone != '') ? 'work' : ''",
    ),
    ("streetAddress", "addresses.^[primary==true].streetAddress", CORE, "streetAddress"),
    ("locality", "addresses.^[primary==true].locality", CORE, "city"),
    ("region", "addresses.^[primary==true].region", CORE, "state"),
    ("postalCode", "addresses.^[primary==true].postalCode", CORE, "zipCode"),
    ("country", "addresses.^[primary==true].country", CORE, "countryCode"),
    ("employeeNumber", "employeeNumber", ENTERPRISE, "employeeNumber"),
    ("costCenter", "costCenter", ENTERPRISE, "costCenter"),
    ("organization", "organization", ENTERPRISE, "organization"),
    ("division", "division", ENTERPRISE, "division"),
    ("department", "department", ENTERPRISE, "department"),
    ("managerValue", "manager.value", ENTERPRISE, "managerId"),
    ("managerDisplayName", "manager.displayName", ENTERPRISE, "manager"),
];

impl OrgState {
    pub(super) fn first_app(&mut self, dialect: Dialect) -> String {
        let (name, mode) = if dialect == Dialect::Aiw {
            ("scimulate_custom_app_1", "SAML_2_0")
        } else {
            ("scim2headerauth", "AUTO_LOGIN")
        };
        self.add_app(dialect, name.to_owned(), "SCIM app".to_owned(), mode.to_owned())
    }

    fn add_app(&mut self, dialect: Dialect, name: String, label: String, sign_on_mode: String) -> String {
        let id = self.identifier("0oa");
        let attribute = |(variable, external_name, namespace, from): &(&str, &str, &str, &str)| Attribute {
            variable: (*variable).into(),
            external_name: (*external_name).into(),
            external_namespace: Some((*namespace).into()),
            from: Some((*from).into()),
            data_type: DataType::String,
        };
        let app = operation::App {
            label: label.clone(),
            attributes: ATTRIBUTES.iter().map(attribute).collect(),
            switches: self.options.switches,
            ..operation::App::default()
        };
        let groups = self.groups.iter().map(|(id, group)| {
            (id.clone(), operation::Group { name: group.name.clone(), members: group.members.clone() })
        });
        let definition = Definition {
            dialect,
            app,
            people: IndexMap::new(),
            groups: IndexMap::new(),
            seed: self.options.seed,
        };
        let mut simulator =
            Simulator::new(definition, Arc::clone(&self.options.transport), Arc::clone(&self.options.pacing));
        simulator.connect(&self.options.base_url, &self.options.auth);
        for (id, person) in &self.people {
            simulator.adopt_person(id, id, person.for_simulator());
        }
        for (id, group) in groups {
            simulator.adopt_group(&id, &id, group);
        }
        let app = App {
            simulator,
            name,
            label,
            sign_on_mode,
            created: self.now(),
            log_seen: 0,
            failures: HashMap::new(),
            users: IndexMap::new(),
            groups: IndexMap::new(),
            mappings: IndexMap::new(),
        };
        self.apps.insert(id.clone(), app);
        self.log_event("application.lifecycle.create", &[self.target_app(&id)]);
        id
    }

    /// From a template when there is a name, which speaks as catalogue apps do; else as by the App Integration
    /// Wizard.
    pub(super) async fn create_app(&mut self, request: &OrgRequest) -> Result<OrgResponse, OrgError> {
        let text =
            |name: &str| request.body.get(name).and_then(Value::as_str).map(str::trim).unwrap_or_default();
        if text("label").is_empty() {
            return Err(OrgError::invalid("label", "The field cannot be left blank"));
        }
        if self.apps.values().any(|app| app.label.eq_ignore_ascii_case(text("label"))) {
            let why = "An object with this field already exists in the current organization";
            return Err(OrgError::invalid("label", why));
        }
        let dialect = if text("name").is_empty() { Dialect::Aiw } else { Dialect::Oin };
        let name = match text("name") {
            "" => format!("scimulate_custom_app_{}", self.apps.len() + 1),
            name => name.to_owned(),
        };
        let mode = match text("signOnMode") {
            "" => "AUTO_LOGIN",
            mode => mode,
        };
        let id = self.add_app(dialect, name, text("label").to_owned(), mode.to_owned());
        // The new app's simulator has to know who is suspended and who left; neither sends anything.
        let standing = |status: Status| self.people.iter().filter(move |(_, person)| person.status == status);
        let suspended =
            standing(Status::Suspended).map(|(user, _)| Operation::Suspend(Suspend { user: user.clone() }));
        let left = standing(Status::Deprovisioned)
            .map(|(user, _)| Operation::Deactivate(Deactivate { user: user.clone() }));
        for operation in suspended.chain(left).collect::<Vec<_>>() {
            self.apps[&id].simulator.perform(&operation).await?;
        }
        Ok(OrgResponse::ok(self.app_json(&id)))
    }

    pub(super) fn list_apps(&self, request: &OrgRequest) -> Result<OrgResponse, OrgError> {
        let q = request.query("q").unwrap_or_default().to_lowercase();
        let begins = |text: &str| text.to_lowercase().starts_with(&q);
        let apps = self.apps.iter().filter(|(_, app)| begins(&app.name) || begins(&app.label));
        let entries = apps.map(|(id, _)| (id.clone(), self.app_json(id))).collect();
        OrgResponse::page(entries, request, &self.options.origin, PAGE)
    }

    pub(super) fn show_app(&self, id: &str) -> Result<OrgResponse, OrgError> {
        self.app(id)?;
        Ok(OrgResponse::ok(self.app_json(id)))
    }

    pub(super) fn app(&self, id: &str) -> Result<&App, OrgError> {
        self.apps.get(id).ok_or_else(|| OrgError::not_found(id, "AppInstance"))
    }

    pub(super) fn app_ids(&self) -> Vec<String> {
        self.apps.keys().cloned().collect()
    }

    pub(super) fn app_json(&self, id: &str) -> Value {
        let Some(app) = self.apps.get(id) else { return Value::Null };
        let features = app.simulator.features();
        let switched = [
            (features.create_users, "PUSH_NEW_USERS"),
            (features.update_user_attributes, "PUSH_PROFILE_UPDATES"),
            (features.deactivate_users, "PUSH_USER_DEACTIVATION"),
            (features.deactivate_users, "REACTIVATE_USERS"),
            (features.sync_password, "PUSH_PASSWORD_UPDATES"),
            (features.push_groups, "GROUP_PUSH"),
        ];
        let switched: Vec<&str> = switched.into_iter().filter(|(on, _)| *on).map(|(_, name)| name).collect();
        json!({
            "id": id,
            "name": app.name,
            "label": app.label,
            "status": "ACTIVE",
            "created": app.created,
            "lastUpdated": app.created,
            "accessibility": { "selfService": false },
            "features": switched,
            "signOnMode": app.sign_on_mode,
            "credentials": {
                "userNameTemplate": { "template": "${source.login}", "type": "BUILT_IN" },
                "signing": {},
            },
            "settings": { "app": {}, "notifications": { "vpn": { "network": { "connection": "DISABLED" } } } },
            "_links": {
                "self": self.href(&format!("apps/{id}")),
                "users": self.href(&format!("apps/{id}/users")),
                "groups": self.href(&format!("apps/{id}/groups")),
            },
        })
    }

    /// The same in every app.
    pub(super) async fn everywhere(&mut self, operation: &Operation) -> Result<(), OrgError> {
        for app in self.app_ids() {
            let report = self.apps[&app].simulator.perform(operation).await;
            self.done(&app, report)?;
        }
        Ok(())
    }

    /// Takes over what an app's jobs left: System Log, failures, assignments that came and went.
    pub(super) fn done(&mut self, id: &str, report: Result<Report, OperationError>) -> Result<(), OrgError> {
        let report = report?;
        let now = self.now();
        let app = &mut self.apps[id];
        let entries = app.simulator.system_log()[app.log_seen..].to_vec();
        app.log_seen += entries.len();
        let mut changed = Vec::new();
        for user in self.people.keys() {
            let assigned = app.simulator.assignment(user).is_some_and(|assignment| assignment.assigned);
            match (assigned, app.users.contains_key(user)) {
                (true, false) => {
                    let times = Times { created: now.clone(), changed: now.clone() };
                    app.users.insert(user.clone(), times);
                    changed.push((user.clone(), "application.user_membership.add"));
                }
                (false, true) => {
                    app.users.shift_remove(user);
                    app.failures.remove(user);
                    changed.push((user.clone(), "application.user_membership.remove"));
                }
                _ => {}
            }
        }
        for (user, event) in changed {
            self.log_event(event, &[self.target_user(&user), self.target_app(id)]);
        }
        for entry in entries {
            let name = entry["target"].as_str().unwrap_or_default();
            let user = self.user(name).ok();
            let group = || self.groups.iter().find(|(_, group)| group.name == name).map(|(id, _)| id.clone());
            let target = match user {
                Some(user) => self.target_user(&user),
                None => match group() {
                    Some(group) => self.target_group(&group),
                    None => Target {
                        id: "unknown".into(),
                        kind: "Unknown",
                        alternate: name.to_owned(),
                        name: name.to_owned(),
                    },
                },
            };
            // A job that succeeds ends what failed before it.
            if entry["outcome"] == "SUCCESS" {
                self.apps[id].failures.remove(&target.id);
            }
            self.log_provisioning(&entry, &[target, self.target_app(id)]);
        }
        for task in report.tasks {
            let subject = task.user.or(task.group).unwrap_or_else(|| id.to_owned());
            self.apps[id].failures.insert(subject, task.message);
        }
        Ok(())
    }

    pub(super) fn target_app(&self, id: &str) -> Target {
        let label = self.apps.get(id).map_or_else(String::new, |app| app.label.clone());
        Target { id: id.to_owned(), kind: "AppInstance", alternate: label.clone(), name: label }
    }

    fn feature_json(&self, id: &str) -> Value {
        let features = self.apps[id].simulator.features();
        let status = |on: bool| json!({ "status": if on { "ENABLED" } else { "DISABLED" } });
        let mut password = status(features.sync_password);
        password["seed"] = json!("RANDOM");
        password["change"] = json!("KEEP_EXISTING");
        json!({
            "name": "USER_PROVISIONING",
            "status": "ENABLED",
            "description": "User provisioning settings from Okta to a downstream application",
            "capabilities": {
                "create": { "lifecycleCreate": status(features.create_users) },
                "update": {
                    "profile": status(features.update_user_attributes),
                    "lifecycleDeactivate": status(features.deactivate_users),
                    "password": password,
                },
            },
            "_links": { "self": self.href(&format!("apps/{id}/features/USER_PROVISIONING")) },
        })
    }

    pub(super) fn list_features(&self, id: &str) -> Result<OrgResponse, OrgError> {
        self.app(id)?;
        Ok(OrgResponse::ok(json!([self.feature_json(id)])))
    }

    pub(super) fn show_feature(&self, id: &str, name: &str) -> Result<OrgResponse, OrgError> {
        self.app(id)?;
        if name != "USER_PROVISIONING" {
            return Err(OrgError::not_found(name, "Feature"));
        }
        Ok(OrgResponse::ok(self.feature_json(id)))
    }

    /// Changes the capabilities that are given, and leaves the others.
    pub(super) fn update_feature(
        &mut self,
        id: &str,
        name: &str,
        request: &OrgRequest,
    ) -> Result<OrgResponse, OrgError> {
        self.show_feature(id, name)?;
        let at = |pointer: &str| -> Result<Option<bool>, OrgError> {
            match request.body.pointer(pointer).map(|value| value.as_str().unwrap_or_default()) {
                None => Ok(None),
                Some("ENABLED") => Ok(Some(true)),
                Some("DISABLED") => Ok(Some(false)),
                Some(_) => Err(OrgError::invalid("status", "It must be ENABLED or DISABLED")),
            }
        };
        let before = self.apps[id].simulator.features();
        let features = Features {
            create_users: at("/create/lifecycleCreate/status")?.unwrap_or(before.create_users),
            update_user_attributes: at("/update/profile/status")?.unwrap_or(before.update_user_attributes),
            deactivate_users: at("/update/lifecycleDeactivate/status")?.unwrap_or(before.deactivate_users),
            sync_password: at("/update/password/status")?.unwrap_or(before.sync_password),
            ..before
        };
        self.apps[id].simulator.set_features(features);
        Ok(OrgResponse::ok(self.feature_json(id)))
    }
}
