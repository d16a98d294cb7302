//! `/api/v1/apps/{id}/group-push/mappings`: which groups are pushed.

use serde_json::{Value, json};

use super::model::Mapping;
use super::request::OrgRequest;
use super::response::{OrgError, OrgResponse};
use super::state::OrgState;
use crate::clients::operation::{ActivateGroupPush, DeactivateGroupPush, UnlinkGroup};
use crate::clients::{AppGroupError, Operation, PushTarget};

/// Entries of a page when none are asked for, and most (Okta's default and limit).
const PAGE: (usize, usize) = (100, 1000);

impl OrgState {
    fn mapping_json(&self, app: &str, id: &str) -> Result<Value, OrgError> {
        let known = self.app(app)?;
        let mapping = known.mappings.get(id).ok_or_else(|| OrgError::not_found(id, "GroupPushMapping"))?;
        let push = known.simulator.group_push(&mapping.group);
        let failure = known.failures.get(&mapping.group);
        let status = match (failure.is_some(), push.as_ref().is_some_and(|push| push.active)) {
            (true, true) => "ERROR",
            (false, true) => "ACTIVE",
            (_, false) => "INACTIVE",
        };
        let external_id = push.as_ref().and_then(|push| push.external_id.clone());
        let target = push.and_then(|push| push.external_id.or(push.target_id));
        Ok(json!({
            "id": id,
            "sourceGroupId": mapping.group,
            "targetGroupId": target,
            "status": status,
            "errorSummary": failure,
            "created": mapping.created,
            "lastUpdated": mapping.updated,
            "lastPush": external_id.as_ref().map(|_| &mapping.updated),
            "_links": {
                "app": self.href(&format!("apps/{app}")),
                "sourceGroup": self.href(&format!("groups/{}", mapping.group)),
            },
        }))
    }

    pub(super) fn list_mappings(&self, app: &str, request: &OrgRequest) -> Result<OrgResponse, OrgError> {
        let mappings = self.app(app)?.mappings.iter();
        let entries: Vec<(String, Value)> = mappings
            .filter(|(_, mapping)| request.query("sourceGroupId").is_none_or(|group| mapping.group == group))
            .filter_map(|(id, _)| Some((id.clone(), self.mapping_json(app, id).ok()?)))
            .filter(|(_, mapping)| request.query("status").is_none_or(|status| mapping["status"] == status))
            .collect();
        OrgResponse::page(entries, request, &self.options.origin, PAGE)
    }

    pub(super) fn show_mapping(&self, app: &str, id: &str) -> Result<OrgResponse, OrgError> {
        Ok(OrgResponse::ok(self.mapping_json(app, id)?))
    }

    /// Pushes the group to one that is there, by its id in the app, or to one of a name, which is made when
    /// there is none (okta-client §3.17a, i). Without activity nothing is pushed yet.
    pub(super) async fn create_mapping(
        &mut self,
        app: &str,
        request: &OrgRequest,
    ) -> Result<OrgResponse, OrgError> {
        self.app(app)?;
        let text = |name: &str| request.body.get(name).and_then(Value::as_str).unwrap_or_default();
        let group = text("sourceGroupId");
        if group.is_empty() {
            return Err(OrgError::invalid("sourceGroupId", "The field cannot be left blank"));
        }
        self.group(group)?;
        let target = match (text("targetGroupId"), text("targetGroupName")) {
            ("", "") => {
                let why = "Either targetGroupId or targetGroupName must be provided";
                return Err(OrgError::invalid("targetGroupName", why));
            }
            ("", name) => PushTarget::Named(name.to_owned()),
            (id, "") => PushTarget::Existing(id.to_owned()),
            _ => {
                let why = "Either targetGroupId or targetGroupName must be provided, but not both";
                return Err(OrgError::invalid("targetGroupId", why));
            }
        };
        let active = match text("status") {
            "" | "ACTIVE" => true,
            "INACTIVE" => false,
            _ => return Err(OrgError::invalid("status", "It must be ACTIVE or INACTIVE")),
        };
        if self.apps[app].mappings.values().any(|mapping| mapping.group == group) {
            let why = "An object with this field already exists in the current organization";
            return Err(OrgError::invalid("sourceGroupId", why));
        }
        if let PushTarget::Existing(id) = &target {
            self.apps[app].simulator.app_group(id).await.map_err(|error| match error {
                AppGroupError::Missing => OrgError::not_found(id, "UserGroup"),
                AppGroupError::Refused(why) => {
                    OrgError::plain(&format!("The target group could not be read. {why}"))
                }
            })?;
        }
        let group = group.to_owned();
        let report = self.apps[app].simulator.map_group(&group, target, active).await;
        self.done(app, report)?;
        let (id, now) = (self.identifier("gPm"), self.now());
        let mapping = Mapping { group, created: now.clone(), updated: now };
        self.apps[app].mappings.insert(id.clone(), mapping);
        Ok(OrgResponse::created(self.mapping_json(app, &id)?))
    }

    pub(super) async fn update_mapping(
        &mut self,
        app: &str,
        id: &str,
        request: &OrgRequest,
    ) -> Result<OrgResponse, OrgError> {
        let before = self.mapping_json(app, id)?;
        let group = self.apps[app].mappings[id].group.clone();
        let status = request.body.get("status").and_then(Value::as_str).unwrap_or_default();
        let operation = match (status, before["status"].as_str()) {
            ("INACTIVE", Some("INACTIVE")) | ("ACTIVE", Some("ACTIVE")) => None,
            ("INACTIVE", _) => {
                Some(Operation::DeactivateGroupPush(DeactivateGroupPush { group: group.clone() }))
            }
            // What failed is pushed again.
            ("ACTIVE", _) => Some(Operation::ActivateGroupPush(ActivateGroupPush { group: group.clone() })),
            _ => return Err(OrgError::invalid("status", "It must be ACTIVE or INACTIVE")),
        };
        if let Some(operation) = operation {
            let report = self.apps[app].simulator.perform(&operation).await;
            self.done(app, report)?;
            let now = self.now();
            self.apps[app].mappings[id].updated = now;
        }
        Ok(OrgResponse::ok(self.mapping_json(app, id)?))
    }

    /// Only a mapping that is not active can be deleted, as Okta has it.
    pub(super) async fn delete_mapping(
        &mut self,
        app: &str,
        id: &str,
        request: &OrgRequest,
    ) -> Result<OrgResponse, OrgError> {
        let before = self.mapping_json(app, id)?;
        if before["status"] != "INACTIVE" {
            return Err(OrgError::invalid("status", "The mapping must be INACTIVE before it can be deleted"));
        }
        let group = self.apps[app].mappings[id].group.clone();
        let delete = request.flag("deleteTargetGroup", false);
        let unlink = Operation::UnlinkGroup(UnlinkGroup { group: group.clone(), delete });
        let report = self.apps[app].simulator.perform(&unlink).await;
        self.done(app, report)?;
        if let Some(why) = self.apps[app].failures.get(&group) {
            let why = format!("The target group could not be deleted. {why}");
            return Err(OrgError::plain(&why));
        }
        self.apps[app].mappings.shift_remove(id);
        Ok(OrgResponse::no_content())
    }
}
