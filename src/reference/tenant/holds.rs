//! Legal hold (guide, "Users on legal hold cannot be deactivated"; code42-service §1.3, §3.4): matters, their
//! custodians, and what a release brings about.

use indexmap::IndexMap;
use serde_json::{Value, json};

use super::audit_log::Act;
use super::id::Id;
use super::matters::{Custodian, Matter, Policy};
use super::requests::AddMatter;
use super::{ConsoleError, Tenant, time};

fn refused(code: &'static str, message: &str) -> ConsoleError {
    ConsoleError::new(400, code, message)
}

impl Tenant {
    fn matter(&self, matter: &str) -> Result<usize, ConsoleError> {
        // The public API does not tell an unknown matter from one that is denied.
        let found = self.holds.matters.iter().position(|known| known.id.to_string() == matter);
        found.ok_or_else(|| {
            ConsoleError::new(403, "FORBIDDEN", "There is no such matter, or it is not for you.")
        })
    }

    fn needs_legal_hold(&self) -> Result<(), ConsoleError> {
        if self.behaviour.backup_agent {
            return Ok(());
        }
        Err(refused("PLAN_WITHOUT_LEGAL_HOLD", "The plan has no backup agent, and with it no legal hold."))
    }

    pub(crate) fn add_matter(&mut self, fields: &AddMatter) -> Result<Value, ConsoleError> {
        self.needs_legal_hold()?;
        let name = fields.name.as_deref().map(str::trim).unwrap_or_default();
        if name.is_empty() {
            return Err(refused("NAME_REQUIRED", "`name` is required and must not be empty."));
        }
        if self.holds.matters.iter().any(|known| known.name.eq_ignore_ascii_case(name)) {
            let message = format!("A matter with the name `{name}` exists already.");
            return Err(ConsoleError::new(409, "NAME_TAKEN", message));
        }
        let policy = match &fields.policy_id {
            Some(wanted) => {
                let found = self.holds.policies.iter().find(|known| known.id.to_string() == *wanted);
                found.map(|policy| policy.id).ok_or_else(|| ConsoleError::not_found("policy"))?
            }
            None => match self.holds.policies.first() {
                Some(policy) => policy.id,
                None => self.new_policy("Default"),
            },
        };
        let id = self.fresh_id();
        self.holds.matters.push(Matter {
            id,
            name: name.to_owned(),
            description: fields.description.clone(),
            policy,
            active: true,
            created: self.now,
            custodians: IndexMap::new(),
        });
        self.audit_matter(Act::MatterAdded, name);
        self.matter_view(&id.to_string())
    }

    fn new_policy(&mut self, name: &str) -> Id {
        let id = self.fresh_id();
        self.holds.policies.push(Policy { id, name: name.to_owned(), created: self.now });
        id
    }

    pub(crate) fn add_policy(&mut self, name: Option<&str>) -> Result<Value, ConsoleError> {
        let name = name.map(str::trim).unwrap_or_default();
        if name.is_empty() {
            return Err(refused("NAME_REQUIRED", "`name` is required and must not be empty."));
        }
        let id = self.new_policy(name);
        let made = self.policy_views().pop();
        made.ok_or_else(|| ConsoleError::not_found(&format!("policy {id}")))
    }

    pub(crate) fn policy_views(&self) -> Vec<Value> {
        let view = |policy: &Policy| {
            json!({
                "policyId": policy.id.to_string(),
                "name": policy.name,
                "creationDate": time(policy.created),
            })
        };
        self.holds.policies.iter().map(view).collect()
    }

    /// Puts a user on hold. During a deactivation delay that is possible (T25); afterwards not (T24).
    pub(crate) fn add_custodian(&mut self, matter: &str, user: Id) -> Result<(), ConsoleError> {
        let at = self.matter(matter)?;
        self.needs_legal_hold()?;
        let user = self.console_user(user)?;
        let matter = &mut self.holds.matters[at];
        if !matter.active {
            return Err(refused("MATTER_INACTIVE", "The matter is closed; reactivate it first."));
        }
        if !user.active {
            let message = "A deactivated user cannot be put on legal hold; activate the user first.";
            return Err(refused("USER_DEACTIVATED", message));
        }
        if matter.custodians.get(&user.id).is_some_and(|custodian| custodian.active) {
            return Err(refused("USER_ALREADY_IN_HOLD", "The user is a custodian of this matter already."));
        }
        matter.custodians.insert(user.id, Custodian { since: self.now, active: true });
        self.holds.hold(user.id);
        self.audit(Act::CustodianAdded, Some(&user));
        Ok(())
    }

    /// Releases a custodian: T13 when it was the last hold.
    pub(crate) fn release_custodian(&mut self, matter: &str, user: Id) -> Result<(), ConsoleError> {
        let at = self.matter(matter)?;
        let matter = &mut self.holds.matters[at];
        let custodian = matter.custodians.get_mut(&user).filter(|custodian| custodian.active);
        let custodian = custodian.ok_or_else(|| ConsoleError::not_found("custodian of this matter"))?;
        custodian.active = false;
        if matter.active {
            self.holds.release(user);
        }
        if let Ok(user) = self.console_user(user) {
            self.audit(Act::CustodianReleased, Some(&user));
        }
        self.released(user);
        Ok(())
    }

    /// Closes a matter, which releases everybody (T13), or opens it again.
    pub(crate) fn set_matter_active(&mut self, matter: &str, active: bool) -> Result<(), ConsoleError> {
        let at = self.matter(matter)?;
        if self.holds.matters[at].active == active {
            return Ok(());
        }
        self.holds.matters[at].active = active;
        let name = self.holds.matters[at].name.clone();
        self.audit_matter(if active { Act::MatterReopened } else { Act::MatterClosed }, &name);
        let held: Vec<Id> = self.holds.matters[at].held().collect();
        for user in held {
            if !active {
                self.holds.release(user);
                self.released(user);
            } else if self.user(user).is_some_and(|user| user.active) {
                self.holds.hold(user);
            } else if let Some(custodian) = self.holds.matters[at].custodians.get_mut(&user) {
                // Deactivated since: nothing is left to hold.
                custodian.active = false;
            }
        }
        Ok(())
    }

    /// A user who is gone is held no more.
    pub(super) fn forget_custodian(&mut self, user: Id) {
        for matter in &mut self.holds.matters {
            matter.custodians.shift_remove(&user);
        }
        self.holds.count.remove(&user);
    }

    pub(crate) fn matter_view(&self, matter: &str) -> Result<Value, ConsoleError> {
        let matter = &self.holds.matters[self.matter(matter)?];
        Ok(json!({
            "matterId": matter.id.to_string(),
            "name": matter.name,
            "description": matter.description,
            "policyId": matter.policy.to_string(),
            "active": matter.active,
            "creationDate": time(matter.created),
        }))
    }

    pub(crate) fn matter_views(&self) -> Vec<Value> {
        let ids = self.holds.matters.iter().map(|matter| matter.id.to_string());
        ids.filter_map(|id| self.matter_view(&id).ok()).collect()
    }

    pub(crate) fn custodian_views(&self, matter: &str) -> Result<Vec<Value>, ConsoleError> {
        let matter = &self.holds.matters[self.matter(matter)?];
        let custodians = matter.custodians.iter().map(|(id, custodian)| {
            json!({
                "userId": id.to_string(),
                "username": self.user(*id).map(|user| user.username().to_owned()),
                "membershipActive": custodian.active && matter.active,
                "membershipCreationDate": time(custodian.since),
            })
        });
        Ok(custodians.collect())
    }

    /// The matters of a user.
    pub(crate) fn holds_of(&self, user: Id) -> Result<Vec<Value>, ConsoleError> {
        self.console_user(user)?;
        let matters = self.holds.matters.iter().filter_map(|matter| {
            let custodian = matter.custodians.get(&user)?;
            Some(json!({
                "matterId": matter.id.to_string(),
                "name": matter.name,
                "membershipActive": custodian.active && matter.active,
                "membershipCreationDate": time(custodian.since),
            }))
        });
        Ok(matters.collect())
    }

    /// For the state document.
    pub(super) fn matter_states(&self) -> Vec<Value> {
        let name = |id: Id| self.user(id).map(|user| user.username().to_owned());
        let mut matters: Vec<Value> = self
            .holds
            .matters()
            .iter()
            .map(|matter| {
                json!({
                    "matterId": matter.id.to_string(),
                    "name": matter.name,
                    "active": matter.active,
                    "custodians": matter.held().filter(|_| matter.active).filter_map(name).collect::<Vec<_>>(),
                })
            })
            .collect();
        matters.sort_by_key(|matter| matter["name"].as_str().unwrap_or_default().to_lowercase());
        matters
    }
}
