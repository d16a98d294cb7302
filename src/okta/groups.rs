//! The jobs about groups: push, membership, rename, push now, unlink, link (okta-client §3.17).

use serde_json::{Value, json};

use super::messages::Doing;
use super::simulator::{Dialect, OperationError, Refusal, Simulator};
use super::wire;

/// System Log's name for a push of members.
const MEMBERSHIPS: &str = "group_push.push_memberships";

/// A member as it is pushed: the id that the service gave, and the app user name.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Member {
    value: String,
    display: String,
}

impl Member {
    fn json(&self) -> Value {
        json!({ "value": self.value, "display": self.display })
    }
}

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
                    members.push(Member { value: id.clone(), display: person.profile.login.clone() });
                }
                _ => ignored.push(person.profile.login.clone()),
            }
        }
        for login in ignored {
            self.note(format!("{login} is left out of {}: not provisioned", group.name));
        }
        Ok(members)
    }

    fn group_path(&self, key: &str) -> Result<Option<String>, OperationError> {
        let group = self.group(key)?;
        Ok(group.external_id.as_ref().map(|id| format!("/Groups/{}", wire::segment(id))))
    }

    pub(super) async fn push_group(&mut self, key: &str) -> Result<(), OperationError> {
        self.connected()?;
        if !self.app.features.push_groups {
            return Err(OperationError::NotOffered("Push Groups is off".into()));
        }
        let name = self.group(key)?.group.name.clone();
        {
            let group = self.group_mut(key)?;
            group.linked = true;
            group.active = true;
        }
        if self.dialect == Dialect::Aiw || self.app.switches.group_lookup {
            match self.look_up_group(&name).await {
                Err(reason) => {
                    self.event("group.verify_exists", &name, Some(&reason));
                    self.group_failed(key, Doing::CreatingGroup, &reason);
                    return Ok(());
                }
                Ok(Some(id)) => {
                    self.event("group.verify_exists", &name, None);
                    let group = self.group_mut(key)?;
                    group.external_id = Some(id);
                    group.pushed_name = Some(name);
                    return self.push_members(key, Overwrite::No).await;
                }
                Ok(None) => self.event("group.verify_exists", &name, None),
            }
        }
        let members = self.pushable(key)?;
        let listed: Vec<Value> = members.iter().map(Member::json).collect();
        let body = json!({ "schemas": [wire::GROUP], "displayName": name, "members": listed });
        let reason = match self.call("POST", "/Groups", Some(&body)).await {
            Ok(answer) => match answer.json.get("id").and_then(Value::as_str).filter(|id| !id.is_empty()) {
                Some(id) => {
                    let group = self.group_mut(key)?;
                    group.external_id = Some(id.to_owned());
                    group.pushed_name = Some(name.clone());
                    self.event("group_push.pushed", &name, None);
                    return self.after_create(key, &members).await;
                }
                None => "the answer holds no group".to_owned(),
            },
            Err(refusal) => refusal.reason,
        };
        self.event("group_push.pushed", &name, Some(&reason));
        self.group_failed(key, Doing::CreatingGroup, &reason);
        Ok(())
    }

    /// §3.17c: the template repeats the members in a PATCH, the wizard's app does GET and PUT.
    async fn after_create(&mut self, key: &str, members: &[Member]) -> Result<(), OperationError> {
        let repeats = match self.dialect {
            Dialect::Aiw => true,
            Dialect::Oin => self.app.switches.add_members_after_create && !members.is_empty(),
        };
        if repeats {
            // Without members there is no membership to speak of in System Log.
            let event = if members.is_empty() { None } else { Some(MEMBERSHIPS) };
            return self.push(key, Overwrite::No, event).await;
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
        self.person(user)?;
        let group = self.group_mut(key)?;
        let present = group.group.members.iter().any(|member| member == user);
        if add && !present {
            group.group.members.push(user.to_owned());
        } else if !add {
            group.group.members.retain(|member| member != user);
        }
        if !group.linked || !group.active || group.external_id.is_none() {
            self.note("nothing is sent: the group is not pushed, or its push is deactivated");
            return Ok(());
        }
        self.connected()?;
        let wanted: Vec<String> = self.pushable(key)?.into_iter().map(|member| member.value).collect();
        if wanted == self.group(key)?.pushed_members {
            self.note("nothing is sent: the provisioned members are the ones that were pushed last");
            return Ok(());
        }
        if self.dialect == Dialect::Oin && self.app.switches.rename_with_membership {
            let name = self.group(key)?.group.name.clone();
            // §3.17d: a rename PATCH accompanies every membership update.
            if !self.patch_name(key, &name, false).await? {
                return Ok(());
            }
        }
        self.push_members(key, Overwrite::No).await
    }

    pub(super) async fn rename_group(&mut self, key: &str, to: &str) -> Result<(), OperationError> {
        to.clone_into(&mut self.group_mut(key)?.group.name);
        let group = self.group(key)?;
        if !group.linked || !group.active || group.external_id.is_none() {
            self.note("nothing is sent: the group is not pushed, or its push is deactivated");
            return Ok(());
        }
        self.connected()?;
        match self.dialect {
            Dialect::Oin => self.patch_name(key, to, true).await.map(drop),
            Dialect::Aiw => self.push(key, Overwrite::Yes, Some("group_push.updated")).await,
        }
    }

    /// §3.17e: no path, and the id inside the value.
    async fn patch_name(&mut self, key: &str, name: &str, rename: bool) -> Result<bool, OperationError> {
        let Some(path) = self.group_path(key)? else { return Ok(false) };
        let id = self.group(key)?.external_id.clone();
        let body = wire::patch(&[wire::replace(json!({ "id": id, "displayName": name }))]);
        match self.call("PATCH", &path, Some(&body)).await {
            Ok(_) => {
                self.group_mut(key)?.pushed_name = Some(name.to_owned());
                if rename {
                    self.event("group_push.updated", name, None);
                }
                Ok(true)
            }
            Err(refusal) => {
                self.event("group_push.updated", name, Some(&refusal.reason));
                self.group_failed(key, Doing::UpdatingGroup, &refusal.reason);
                Ok(false)
            }
        }
    }

    pub(super) async fn push_now(&mut self, key: &str) -> Result<(), OperationError> {
        let group = self.group(key)?;
        if !group.linked {
            return Err(OperationError::NotOffered(format!("`{key}` is not pushed yet")));
        }
        self.connected()?;
        if group.external_id.is_none() {
            return self.push_group(key).await;
        }
        if !group.active {
            self.note("nothing is sent: the push is deactivated");
            return Ok(());
        }
        self.push_members(key, Overwrite::Yes).await
    }

    /// Membership as the dialect sends it: changes, or the whole list.
    async fn push_members(&mut self, key: &str, overwrite: Overwrite) -> Result<(), OperationError> {
        self.push(key, overwrite, Some(MEMBERSHIPS)).await
    }

    async fn push(
        &mut self,
        key: &str,
        overwrite: Overwrite,
        event: Option<&str>,
    ) -> Result<(), OperationError> {
        let members = self.pushable(key)?;
        let Some(path) = self.group_path(key)? else { return Ok(()) };
        let name = self.group(key)?.group.name.clone();
        let outcome = match self.dialect {
            Dialect::Aiw => self.put_group(&path, &name, &members).await,
            Dialect::Oin => self.patch_members(key, &path, &members, overwrite).await?,
        };
        match outcome {
            Ok(()) => {
                let group = self.group_mut(key)?;
                group.pushed_members = members.into_iter().map(|member| member.value).collect();
                group.pushed_name = Some(name.clone());
                if let Some(event) = event {
                    self.event(event, &name, None);
                }
            }
            Err(refusal) => {
                self.event(event.unwrap_or(MEMBERSHIPS), &name, Some(&refusal.reason));
                self.group_failed(key, Doing::UpdatingGroup, &refusal.reason);
            }
        }
        Ok(())
    }

    async fn put_group(&self, path: &str, name: &str, members: &[Member]) -> Result<(), Refusal> {
        let mut body = self.call("GET", path, None).await?.json;
        if !body.is_object() {
            body = json!({ "schemas": [wire::GROUP] });
        }
        body["displayName"] = json!(name);
        body["members"] = members.iter().map(Member::json).collect();
        self.call("PUT", path, Some(&body)).await.map(drop)
    }

    async fn patch_members(
        &mut self,
        key: &str,
        path: &str,
        members: &[Member],
        overwrite: Overwrite,
    ) -> Result<Result<(), Refusal>, OperationError> {
        if overwrite == Overwrite::Yes {
            let value: Vec<Value> = members.iter().map(Member::json).collect();
            // §3.17f; an empty list with a path for an empty group.
            let operation = json!({ "op": "replace", "path": "members", "value": value });
            return Ok(self.call("PATCH", path, Some(&wire::patch(&[operation]))).await.map(drop));
        }
        let before = self.group(key)?.pushed_members.clone();
        let removed = before.iter().filter(|id| !members.iter().any(|member| member.value == **id));
        let added = members.iter().filter(|member| !before.contains(&member.value));
        let changes: Vec<Change> =
            removed.cloned().map(Change::Remove).chain(added.cloned().map(Change::Add)).collect();
        for chunk in changes.chunks(self.app.switches.members_per_patch.max(1)) {
            let mut operations: Vec<Value> = chunk
                .iter()
                .filter_map(|change| match change {
                    Change::Remove(id) => {
                        Some(json!({ "op": "remove", "path": format!("members[value eq \"{id}\"]") }))
                    }
                    Change::Add(_) => None,
                })
                .collect();
            let value: Vec<Value> = chunk
                .iter()
                .filter_map(|change| match change {
                    Change::Add(member) => Some(member.json()),
                    Change::Remove(_) => None,
                })
                .collect();
            if !value.is_empty() {
                operations.push(json!({ "op": "add", "path": "members", "value": value }));
            }
            if let Err(refusal) = self.call("PATCH", path, Some(&wire::patch(&operations))).await {
                return Ok(Err(refusal));
            }
        }
        Ok(Ok(()))
    }

    pub(super) async fn unlink_group(&mut self, key: &str, delete: bool) -> Result<(), OperationError> {
        let group = self.group(key)?;
        if !group.linked {
            return Err(OperationError::NotOffered(format!("`{key}` is not pushed")));
        }
        let name = group.group.name.clone();
        if delete && let Some(path) = self.group_path(key)? {
            self.connected()?;
            match self.call("DELETE", &path, None).await {
                Ok(_) | Err(Refusal { status: Some(404), .. }) => {
                    self.event("group_push.delete_appgroup", &name, None);
                }
                Err(refusal) => {
                    self.event("group_push.delete_appgroup", &name, Some(&refusal.reason));
                    self.group_failed(key, Doing::DeletingGroup, &refusal.reason);
                    return Ok(());
                }
            }
        }
        let group = self.group_mut(key)?;
        group.linked = false;
        group.active = false;
        group.external_id = None;
        group.pushed_name = None;
        group.pushed_members.clear();
        Ok(())
    }

    /// §3.17i: the group must exist; its members stay, Okta's are added.
    pub(super) async fn link_group(&mut self, key: &str) -> Result<(), OperationError> {
        self.connected()?;
        let name = self.group(key)?.group.name.clone();
        match self.look_up_group(&name).await {
            Ok(Some(id)) => {
                let group = self.group_mut(key)?;
                group.linked = true;
                group.active = true;
                group.external_id = Some(id);
                group.pushed_name = Some(name);
                self.push_members(key, Overwrite::No).await
            }
            Ok(None) => {
                self.group_failed(key, Doing::UpdatingGroup, "Matching group not found");
                Ok(())
            }
            Err(reason) => {
                self.group_failed(key, Doing::UpdatingGroup, &reason);
                Ok(())
            }
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Overwrite {
    Yes,
    No,
}

enum Change {
    Remove(String),
    Add(Member),
}
