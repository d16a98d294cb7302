//! The jobs about groups: push, membership, rename, push now, unlink, link (okta-client §3.17).

use serde_json::{Value, json};

use super::client::{Extent, Member, Membership, MembershipUpdate};
use super::engine::Lookup;
use super::model::{OperationError, Refusal};
use super::okta::messages::{Doing, Reason};
use super::simulator::Simulator;
use super::wire;

/// System Log's name for a push of members.
const MEMBERSHIPS: &str = "group_push.push_memberships";

impl Simulator {
    /// Those members who are assigned and provisioned; the others are left out without a word on the
    /// wire (§3.17).
    fn pushable(&mut self, key: &str) -> Result<Vec<Member>, OperationError> {
        let group = self.group(key)?.group.clone();
        let mut members = Vec::new();
        let mut ignored = Vec::new();
        for name in &group.members {
            let person = self.person(name)?;
            match &person.external_id {
                Some(id) if person.assigned => {
                    let display = person.user_name(&self.engine.app);
                    members.push(Member { value: id.clone(), display });
                }
                _ => ignored.push(person.profile.login.clone()),
            }
        }
        for login in ignored {
            self.journal.note(format!("{login} is left out of {}: not provisioned", group.name));
        }
        Ok(members)
    }

    fn group_path(&self, key: &str) -> Result<Option<String>, OperationError> {
        let group = self.group(key)?;
        // What is kept as an id was found usable when it came.
        Ok(group.external_id.as_ref().and_then(|id| wire::path_to("/Groups", id).ok()))
    }

    /// The group of that name in the app: its id, or why it could not be looked for.
    async fn look_up_group(&self, name: &str) -> Result<Option<String>, Refusal> {
        match self.engine.look_up("Groups", "displayName", name).await {
            Lookup::Found { id, .. } => Ok(Some(id)),
            Lookup::NotFound => Ok(None),
            Lookup::Refused(refusal) => Err(refusal),
            Lookup::Silent => Err(Refusal { status: None, reason: Reason::Silent.to_string() }),
        }
    }

    /// A task, and the System Log entry of a mapping that failed: one that will be retried, or one that
    /// cannot be (§6).
    fn mapping_failed(&mut self, key: &str, doing: Doing, refusal: &Refusal) -> Result<(), OperationError> {
        let name = self.group(key)?.group.name.clone();
        let event = if refusal.is_transient() {
            "group_push.mapping.update.or.delete.failed"
        } else {
            "group_push.mapping.update.or.delete.failed.with.error"
        };
        self.journal.event(event, &name, Some(&refusal.reason));
        self.journal.group_failed(key, &name, doing, &refusal.reason);
        Ok(())
    }

    pub(super) async fn push_group(&mut self, key: &str) -> Result<(), OperationError> {
        self.engine.connected()?;
        if !self.engine.app.features.push_groups {
            return Err(OperationError::NotOffered("Push Groups is off".into()));
        }
        let group = self.group_mut(key)?;
        if group.external_id.is_some() {
            return Err(OperationError::NotOffered(format!(
                "`{key}` is pushed already; push it again with a step `okta.push-now`"
            )));
        }
        group.linked = true;
        group.active = true;
        let name = group.group.name.clone();
        let okta_id = group.okta_id.clone();
        if let Some(id) = group.target_id.clone() {
            return self.link_by_id(key, id).await;
        }
        let in_app = self.name_in_app(key)?;
        let differs = in_app != name;
        if differs || self.engine.client.looks_groups_up(&self.engine.app.switches) {
            match self.look_up_group(&in_app).await {
                Err(refusal) => {
                    self.journal.event("group.verify_exists", &name, Some(&refusal.reason));
                    self.journal.group_failed(key, &name, Doing::CreatingGroup, &refusal.reason);
                    return Ok(());
                }
                Ok(Some(id)) => {
                    self.journal.event("group.verify_exists", &name, None);
                    let group = self.group_mut(key)?;
                    group.external_id = Some(id);
                    group.pushed_name = Some(in_app);
                    return self.push_members(key, Extent::Additions).await;
                }
                Ok(None) => self.journal.event("group.verify_exists", &name, None),
            }
        }
        let at_once = self.engine.app.features.push_memberships_immediately;
        let members = if at_once { self.pushable(key)? } else { Vec::new() };
        let switches = &self.engine.app.switches;
        let body = self.engine.client.group_body(&in_app, &okta_id, &members, switches);
        let refusal = match self.engine.call("POST", "/Groups", Some(&body)).await {
            Ok(group) => match group.get("id").and_then(Value::as_str).filter(|id| !id.is_empty()) {
                Some(id) => match wire::path_to("/Groups", id) {
                    Ok(_) => {
                        let group = self.group_mut(key)?;
                        group.external_id = Some(id.to_owned());
                        group.pushed_name = Some(in_app);
                        self.journal.event("group_push.pushed", &name, None);
                        return if at_once { self.after_create(key, &members).await } else { Ok(()) };
                    }
                    Err(refusal) => refusal,
                },
                None => Refusal { status: None, reason: "the answer holds no group".to_owned() },
            },
            Err(refusal) => refusal,
        };
        self.journal.event("group_push.pushed", &name, Some(&refusal.reason));
        self.journal.group_failed(key, &name, Doing::CreatingGroup, &refusal.reason);
        Ok(())
    }

    /// The client pushes the members once more, or takes them as pushed with the group.
    async fn after_create(&mut self, key: &str, members: &[Member]) -> Result<(), OperationError> {
        if self.engine.client.repeats_members(members, &self.engine.app.switches) {
            // Without members there is no membership to speak of in System Log.
            let event = if members.is_empty() { None } else { Some(MEMBERSHIPS) };
            return self.push(key, Extent::Changes, event).await;
        }
        self.group_mut(key)?.pushed_members = members.iter().map(|member| member.value.clone()).collect();
        Ok(())
    }

    pub(super) async fn change_member(
        &mut self,
        key: &str,
        user: &str,
        add: bool,
    ) -> Result<(), OperationError> {
        self.not_deleted(user)?;
        let group = self.group_mut(key)?;
        let assigned = group.assigned;
        let present = group.group.members.iter().any(|member| member == user);
        if add && !present {
            group.group.members.push(user.to_owned());
        } else if !add {
            group.group.members.retain(|member| member != user);
        }
        // Who gains the app by the group is provisioned before the group is pushed (§7).
        if assigned {
            self.settle_assignments(&[user.to_owned()]).await?;
        }
        let group = self.group(key)?;
        if !group.linked || !group.active || group.external_id.is_none() {
            if !assigned {
                self.journal.note("nothing is sent: the group is not pushed, or its push is deactivated");
            }
            return Ok(());
        }
        self.engine.connected()?;
        let wanted: Vec<String> = self.pushable(key)?.into_iter().map(|member| member.value).collect();
        if wanted == self.group(key)?.pushed_members {
            self.journal.note("nothing is sent: the provisioned members are the ones that were pushed last");
            return Ok(());
        }
        let switches = self.engine.app.switches;
        let accompanied = self.engine.client.renames_with_members(&switches);
        let name = self.name_in_app(key)?;
        if accompanied && !switches.rename_after_membership && !self.patch_name(key, &name, false).await? {
            return Ok(());
        }
        self.push_members(key, Extent::Changes).await?;
        if accompanied && switches.rename_after_membership {
            self.patch_name(key, &name, false).await?;
        }
        Ok(())
    }

    pub(super) async fn rename_group(&mut self, key: &str, to: &str) -> Result<(), OperationError> {
        to.clone_into(&mut self.group_mut(key)?.group.name);
        let group = self.group(key)?;
        if !group.linked || !group.active || group.external_id.is_none() {
            self.journal.note("nothing is sent: the group is not pushed, or its push is deactivated");
            return Ok(());
        }
        if !self.engine.app.features.rename_groups {
            self.journal.note("nothing is sent: Rename app groups to match group name in Okta is off");
            return Ok(());
        }
        self.group_mut(key)?.app_name = None;
        self.engine.connected()?;
        if self.rename_operation(key, to)?.is_some() {
            return self.patch_name(key, to, true).await.map(drop);
        }
        self.push(key, Extent::Everything, Some("group_push.updated")).await
    }

    fn rename_operation(&self, key: &str, name: &str) -> Result<Option<Value>, OperationError> {
        let id = self.group(key)?.external_id.as_deref();
        Ok(self.engine.client.rename(id, name, &self.engine.app.switches))
    }

    /// Whether the group has the name now; not so with a client that renames by writing the whole group.
    async fn patch_name(&mut self, key: &str, name: &str, rename: bool) -> Result<bool, OperationError> {
        let Some(path) = self.group_path(key)? else { return Ok(false) };
        let Some(operation) = self.rename_operation(key, name)? else { return Ok(false) };
        let body = wire::patch(&[operation]);
        match self.engine.call("PATCH", &path, Some(&body)).await {
            Ok(_) => {
                self.group_mut(key)?.pushed_name = Some(name.to_owned());
                if rename {
                    let own = self.group(key)?.group.name.clone();
                    self.journal.event("group_push.updated", &own, None);
                }
                Ok(true)
            }
            Err(refusal) => {
                self.mapping_failed(key, Doing::UpdatingGroup, &refusal)?;
                Ok(false)
            }
        }
    }

    pub(super) async fn push_now(&mut self, key: &str) -> Result<(), OperationError> {
        let group = self.group(key)?;
        if !group.linked {
            return Err(OperationError::NotOffered(format!("`{key}` is not pushed yet")));
        }
        self.engine.connected()?;
        if group.external_id.is_none() {
            return self.push_group(key).await;
        }
        if !group.active {
            self.journal.note("nothing is sent: the push is deactivated");
            return Ok(());
        }
        self.push_members(key, Extent::Everything).await
    }

    /// Membership as the dialect sends it: changes, or the whole list.
    async fn push_members(&mut self, key: &str, extent: Extent) -> Result<(), OperationError> {
        self.push(key, extent, Some(MEMBERSHIPS)).await
    }

    async fn push(&mut self, key: &str, extent: Extent, event: Option<&str>) -> Result<(), OperationError> {
        let members = self.pushable(key)?;
        let Some(path) = self.group_path(key)? else { return Ok(()) };
        let name = self.group(key)?.group.name.clone();
        let in_app = self.name_in_app(key)?;
        let group = self.group(key)?;
        let membership = Membership {
            id: group.external_id.as_deref(),
            name: &in_app,
            before: &group.pushed_members,
            members: &members,
            extent,
        };
        let outcome = match self.engine.client.membership(&membership, &self.engine.app.switches) {
            MembershipUpdate::Put => self.put_group(&path, &in_app, &members, extent).await,
            MembershipUpdate::Patches(patches) => self.patch_group(&path, &patches).await,
        };
        match outcome {
            Ok(()) => {
                let group = self.group_mut(key)?;
                group.pushed_members = members.into_iter().map(|member| member.value).collect();
                group.pushed_name = Some(in_app);
                if let Some(event) = event {
                    self.journal.event(event, &name, None);
                }
            }
            Err(refusal) => self.mapping_failed(key, Doing::UpdatingGroup, &refusal)?,
        }
        Ok(())
    }

    /// The whole group, however little of it changed; only at the link the members that are there stay.
    async fn put_group(
        &self,
        path: &str,
        name: &str,
        members: &[Member],
        extent: Extent,
    ) -> Result<(), Refusal> {
        let mut body = self.engine.call("GET", path, None).await?;
        if !body.is_object() {
            body = json!({ "schemas": [wire::GROUP] });
        }
        body["displayName"] = json!(name);
        let there = match body.get("members").and_then(Value::as_array) {
            Some(there) if extent == Extent::Additions => there.clone(),
            _ => Vec::new(),
        };
        let is_there = |member: &&Member| there.iter().any(|known| known["value"] == member.value);
        let added: Vec<Value> = members.iter().filter(|member| !is_there(member)).map(Member::json).collect();
        body["members"] = there.into_iter().chain(added).collect();
        self.engine.call("PUT", path, Some(&body)).await.map(drop)
    }

    async fn patch_group(&self, path: &str, patches: &[Vec<Value>]) -> Result<(), Refusal> {
        for operations in patches {
            self.engine.call("PATCH", path, Some(&wire::patch(operations))).await?;
        }
        Ok(())
    }

    pub(super) async fn unlink_group(&mut self, key: &str, delete: bool) -> Result<(), OperationError> {
        let group = self.group(key)?;
        if !group.linked {
            return Err(OperationError::NotOffered(format!("`{key}` is not pushed")));
        }
        let name = group.group.name.clone();
        if delete && let Some(path) = self.group_path(key)? {
            self.engine.connected()?;
            match self.engine.call("DELETE", &path, None).await {
                Ok(_) | Err(Refusal { status: Some(404), .. }) => {
                    self.journal.event("group_push.delete_appgroup", &name, None);
                }
                Err(refusal) => {
                    self.journal.event("group_push.delete_appgroup", &name, Some(&refusal.reason));
                    self.journal.group_failed(key, &name, Doing::DeletingGroup, &refusal.reason);
                    return Ok(());
                }
            }
        }
        let group = self.group_mut(key)?;
        group.linked = false;
        group.active = false;
        group.external_id = None;
        group.pushed_name = None;
        group.app_name = None;
        group.target_id = None;
        group.pushed_members.clear();
        Ok(())
    }

    /// The name that the group has in the app: Okta's, unless another was chosen or names do not follow (§3.17e).
    fn name_in_app(&self, key: &str) -> Result<String, OperationError> {
        let follows = self.engine.app.features.rename_groups;
        let group = self.group(key)?;
        let kept = group.app_name.as_ref().or_else(|| group.pushed_name.as_ref().filter(|_| !follows));
        Ok(kept.unwrap_or(&group.group.name).clone())
    }

    /// §3.17i with a group that is known by its id, whatever its name: it takes Okta's when names follow.
    async fn link_by_id(&mut self, key: &str, id: String) -> Result<(), OperationError> {
        let name = self.group(key)?.group.name.clone();
        let found = match self.name_of(&id).await {
            Ok(found) => found,
            Err(Refusal { status: Some(404), .. }) => {
                self.journal.event("group.verify_exists", &name, Some("Matching group not found"));
                self.journal.group_failed(key, &name, Doing::UpdatingGroup, "Matching group not found");
                return Ok(());
            }
            Err(refusal) => return self.mapping_failed(key, Doing::UpdatingGroup, &refusal),
        };
        self.journal.event("group.verify_exists", &name, None);
        let follows = self.engine.app.features.rename_groups;
        let group = self.group_mut(key)?;
        group.external_id = Some(id);
        group.target_id = None;
        group.app_name = None;
        group.pushed_name = Some(found.clone());
        let renames = follows && found != name && self.rename_operation(key, &name)?.is_some();
        if renames && !self.patch_name(key, &name, true).await? {
            return Ok(());
        }
        self.push_members(key, Extent::Additions).await
    }

    /// The name of a group in the app.
    pub(super) async fn name_of(&self, id: &str) -> Result<String, Refusal> {
        let path = self.engine.client.group_read(&wire::path_to("/Groups", id)?);
        let group = self.engine.call("GET", &path, None).await?;
        let name = group.get("displayName").and_then(Value::as_str);
        let unnamed = || Refusal { status: None, reason: "the group has no displayName".to_owned() };
        name.map(str::to_owned).ok_or_else(unnamed)
    }

    /// §3.17i: the group must exist; its members stay, Okta's are added.
    pub(super) async fn link_group(&mut self, key: &str) -> Result<(), OperationError> {
        self.engine.connected()?;
        let name = self.group(key)?.group.name.clone();
        match self.look_up_group(&name).await {
            Ok(Some(id)) => {
                let group = self.group_mut(key)?;
                group.linked = true;
                group.active = true;
                group.external_id = Some(id);
                group.pushed_name = Some(name);
                self.push_members(key, Extent::Additions).await
            }
            Ok(None) => {
                self.journal.group_failed(key, &name, Doing::UpdatingGroup, "Matching group not found");
                Ok(())
            }
            Err(refusal) => self.mapping_failed(key, Doing::UpdatingGroup, &refusal),
        }
    }
}
