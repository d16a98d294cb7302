//! Performs `console.*` steps through the target's console API, and looks at what only the console shows.

use serde_json::{Value, json};

use super::console::ConsoleError;
use super::console_judge;
use super::console_model as console;
use super::console_model::{Credential, OrgMethod};
use super::console_outcome::{Export, Refusal};
use super::expect::{ExpectAuditLog, ExpectMapping};
use super::judgement::Judgement;
use super::model::{ConsoleAction, Expectation, Step};
use super::runner::{Broken, Runner};
use crate::exchange::percent_encode;
use crate::result::Failure;

/// Why an action did not take place.
enum ActionError {
    Refused(Refusal),
    Broken(Broken),
}

impl From<ConsoleError> for ActionError {
    fn from(error: ConsoleError) -> Self {
        match error {
            ConsoleError::Refused { status, code, message, .. } => {
                Self::Refused(Refusal { status, code, message })
            }
            other @ (ConsoleError::Transport(_) | ConsoleError::Incomplete { .. }) => {
                Self::Broken(other.into())
            }
        }
    }
}

impl From<Broken> for ActionError {
    fn from(broken: Broken) -> Self {
        Self::Broken(broken)
    }
}

/// A body with the fields that are given.
fn body<const N: usize>(fields: [(&str, Option<Value>); N]) -> Value {
    let given = fields.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?)));
    Value::Object(given.collect())
}

impl Runner<'_> {
    /// Performs a step. A refusal is kept for `expect.console-refusal`, when that is the next step.
    pub(super) async fn console_step(
        &mut self,
        action: &ConsoleAction,
        next: Option<&Step>,
    ) -> Result<Vec<Failure>, Broken> {
        self.refusal = None;
        match self.perform(action).await {
            Ok(failures) => Ok(failures),
            Err(ActionError::Broken(broken)) => Err(broken),
            Err(ActionError::Refused(refusal)) => {
                let Refusal { status, code, message } = &refusal;
                if matches!(next, Some(Step::Expect(Expectation::ConsoleRefusal(_)))) {
                    self.refusal = Some(refusal);
                    return Ok(Vec::new());
                }
                Err(Broken(format!(
                    "the console refused `{}` with {status} {code}: {message} If that is what must happen, put `expect.console-refusal` after the step",
                    Step::Console(action.clone()).title()
                )))
            }
        }
    }

    async fn perform(&mut self, action: &ConsoleAction) -> Result<Vec<Failure>, ActionError> {
        use ConsoleAction as A;
        match action {
            A::AddProvider(add) => {
                self.add_provider(&add.name, add.credential == Credential::OauthToken).await?;
            }
            A::RotateCredentials(which) => return Ok(self.rotate(which.provider.as_deref()).await?),
            A::EditProvider(edit) => self.edit_provider(edit).await?,
            A::RemoveProvider(which) => {
                let path = self.provider_path(which.provider.as_deref(), "")?;
                self.console()?.call("DELETE", &path, None).await?;
            }
            A::SetDeactivationDelay(delay) => {
                let path = self.provider_path(delay.provider.as_deref(), "/deactivation-delay")?;
                self.send("PUT", &path, &json!({ "minutes": delay.minutes })).await?;
            }
            A::SetPlan(plan) => {
                self.send("PUT", "/plan", &json!({ "backupAgent": plan.backup_agent })).await?;
            }
            A::SetPreset(preset) => {
                self.send("PUT", "/presets", &json!({ "preset": preset.preset.as_console() })).await?;
            }
            A::SetDirectorySyncEmail(email) => {
                let fields = json!({ "frequency": email.frequency.as_console() });
                self.send("PUT", "/directory-sync-email", &fields).await?;
            }
            A::ExportSyncLog(which) => self.export(which).await?,
            A::SetRoleAvailable(role) => {
                let path = format!("/roles/{}", percent_encode(&role.role));
                self.send("PATCH", &path, &json!({ "available": role.available })).await?;
            }

            A::AddOrganization(add) => self.add_organization(add).await?,
            A::EditOrganization(edit) => self.edit_organization(edit).await?,
            A::DeactivateOrganization(which) => self.to_organization(which, "/deactivate").await?,
            A::ActivateOrganization(which) => self.to_organization(which, "/activate").await?,
            A::BlockOrganization(which) => self.to_organization(which, "/block").await?,
            A::UnblockOrganization(which) => self.to_organization(which, "/unblock").await?,
            A::DeleteOrganization(which) => {
                let path = self.organization_path(&which.organization, "").await?;
                self.console()?.call("DELETE", &path, None).await?;
            }

            A::SetOrgMapping(set) => self.set_org_mapping(set).await?,
            A::AddOrgRule(rule) => {
                let path = self.provider_path(rule.provider.as_deref(), "/org-mapping/rules")?;
                let fields = json!({
                    "groupIds": self.group_ids(&rule.groups).await?,
                    "orgGuid": self.organization_id(&rule.organization).await?,
                });
                self.send("POST", &path, &fields).await?;
            }
            A::EditOrgRule(edit) => {
                let path = self.org_rule_path(edit.provider.as_deref(), &edit.group).await?;
                let groups = match &edit.groups {
                    Some(groups) => Some(json!(self.group_ids(groups).await?)),
                    None => None,
                };
                let organization = self.given_organization(edit.organization.as_ref()).await?;
                self.send("PUT", &path, &body([("groupIds", groups), ("orgGuid", organization)])).await?;
            }
            A::RemoveOrgRule(rule) => {
                let path = self.org_rule_path(rule.provider.as_deref(), &rule.group).await?;
                self.console()?.call("DELETE", &path, None).await?;
            }
            A::SetOrgRulePriority(priority) => {
                let provider = priority.provider.as_deref();
                let mut rules = Vec::new();
                for group in &priority.order {
                    rules.push(self.rule(provider, "orgRuleId", group).await?);
                }
                let path = self.provider_path(provider, "/org-mapping/order")?;
                self.send("PUT", &path, &json!({ "ruleIds": rules })).await?;
            }
            A::SetRoleMapping(set) => {
                let path = self.provider_path(set.provider.as_deref(), "/role-mapping")?;
                self.send("PUT", &path, &json!({ "mode": set.mode.as_console() })).await?;
            }
            A::AddRoleRule(rule) => {
                let path = self.provider_path(rule.provider.as_deref(), "/role-mapping/rules")?;
                let group = self.group_ids(std::slice::from_ref(&rule.group)).await?;
                self.send("POST", &path, &json!({ "groupId": group[0], "roleIds": rule.roles })).await?;
            }
            A::EditRoleRule(rule) => {
                let path = self.role_rule_path(rule.provider.as_deref(), &rule.group).await?;
                self.send("PUT", &path, &json!({ "roleIds": rule.roles })).await?;
            }
            A::RemoveRoleRule(rule) => {
                let path = self.role_rule_path(rule.provider.as_deref(), &rule.group).await?;
                self.console()?.call("DELETE", &path, None).await?;
            }
            A::Apply(apply) => {
                let path =
                    self.provider_path(apply.provider.as_deref(), "/actions/apply-org-and-role-settings")?;
                let users = match &apply.users {
                    Some(users) => Some(json!(self.user_ids(users).await?)),
                    None => None,
                };
                let fields = body([("dryRun", Some(json!(apply.dry_run))), ("userIds", users)]);
                self.applied = Some(self.send("POST", &path, &fields).await?);
            }

            A::AddUser(add) => self.add_user(add).await?,
            A::EditUser(edit) => self.to_user("PATCH", &edit.user, "", &json!(edit.set)).await?,
            A::BlockUser(which) => self.to_user("POST", &which.user, "/block", &json!({})).await?,
            A::UnblockUser(which) => self.to_user("POST", &which.user, "/unblock", &json!({})).await?,
            A::DeactivateUser(a) => {
                self.to_user("POST", &a.user, "/deactivate", &json!({ "block": a.block })).await?;
            }
            A::ActivateUser(a) => {
                self.to_user("POST", &a.user, "/activate", &json!({ "unblock": a.unblock })).await?;
            }
            A::MoveUser(a) => {
                let fields = json!({ "orgGuid": self.organization_id(&a.organization).await? });
                self.to_user("POST", &a.user, "/move", &fields).await?;
            }
            A::SetUserRoles(set) => {
                self.to_user("PUT", &set.user, "/roles", &json!({ "roleIds": set.roles })).await?;
            }
            A::SetUserOrigin(set) => {
                let fields = json!({ "origin": set.origin.as_console() });
                self.to_user("PUT", &set.user, "/origin", &fields).await?;
            }
            A::AddDevice(which) => self.to_user("POST", &which.user, "/devices", &json!({})).await?,

            A::AddMatter(matter) => {
                self.send("POST", "/legal-hold/matters", &json!({ "name": matter.matter })).await?;
            }
            A::AddCustodian(custodian) => self.custodian(custodian, "/custodians").await?,
            A::ReleaseCustodian(custodian) => self.custodian(custodian, "/custodians/remove").await?,
            A::CloseMatter(matter) => {
                let path = self.matter_path(&matter.matter, "/deactivate").await?;
                self.send("POST", &path, &json!({})).await?;
            }
            A::ReopenMatter(matter) => {
                let path = self.matter_path(&matter.matter, "/reactivate").await?;
                self.send("POST", &path, &json!({})).await?;
            }
            A::AddWatchlist(add) => {
                let fields = json!({ "watchlistType": add.kind.as_console(), "title": add.watchlist });
                self.send("POST", "/watchlists", &fields).await?;
            }
            A::IncludeInWatchlist(change) => self.change_watchlist(change, "add").await?,
            A::RemoveFromWatchlist(change) => self.change_watchlist(change, "delete").await?,
            A::ExcludeFromWatchlist(change) => self.exclude(change, "add").await?,
            A::ReadmitToWatchlist(change) => self.exclude(change, "delete").await?,
        }
        Ok(Vec::new())
    }

    async fn send(&self, method: &'static str, path: &str, body: &Value) -> Result<Value, ActionError> {
        Ok(self.console()?.call(method, path, Some(body)).await?)
    }

    fn provider_path(&self, provider: Option<&str>, below: &str) -> Result<String, Broken> {
        let id = &self.provider(provider)?.provider_id;
        Ok(format!("/provisioning/providers/{id}{below}"))
    }

    async fn edit_provider(&mut self, edit: &console::EditProvider) -> Result<(), ActionError> {
        let path = self.provider_path(edit.provider.as_deref(), "")?;
        let name = edit.name.as_ref().map(|name| json!(name));
        let fields = body([("displayName", name), ("enabled", edit.enabled.map(Value::from))]);
        self.send("PATCH", &path, &fields).await?;
        if let Some(name) = &edit.name {
            self.rename_provider(edit.provider.as_deref(), name);
        }
        Ok(())
    }

    fn rename_provider(&mut self, provider: Option<&str>, name: &str) {
        let renamed = |known: &String| provider.is_none_or(|provider| known == provider);
        if let Some(index) = self.providers.keys().position(renamed)
            && let Some((_, secret)) = self.providers.shift_remove_index(index)
        {
            self.providers.shift_insert(index, name.to_owned(), secret);
        }
    }

    /// The identifier of what the console's state shows under a name.
    async fn find(&self, section: &str, key: &str, id: &str, name: &str) -> Result<String, Broken> {
        let state = self.console()?.state().await?;
        let items = state.get(section).and_then(Value::as_array).cloned().unwrap_or_default();
        let text = |item: &Value, key: &str| item.get(key).and_then(Value::as_str).map(str::to_owned);
        let found = items
            .iter()
            .find(|item| text(item, key).is_some_and(|known| known.eq_ignore_ascii_case(name)))
            .and_then(|item| text(item, id));
        found.ok_or_else(|| {
            let known: Vec<String> = items.iter().filter_map(|item| text(item, key)).collect();
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            Broken(format!("the console has nothing called `{name}` among its {section}; there are: {known}"))
        })
    }

    async fn organization_id(&self, name: &str) -> Result<String, Broken> {
        self.find("organizations", "orgName", "orgId", name).await
    }

    async fn group_ids(&self, groups: &[String]) -> Result<Vec<String>, Broken> {
        let mut ids = Vec::new();
        for group in groups {
            let name = self.group_name_of(group);
            ids.push(self.find("groups", "displayName", "groupId", &name).await?);
        }
        Ok(ids)
    }

    async fn user_ids(&self, users: &[String]) -> Result<Vec<String>, Broken> {
        let mut ids = Vec::new();
        for user in users {
            ids.push(self.console_id(user).await?);
        }
        Ok(ids)
    }

    async fn organization_path(&self, name: &str, below: &str) -> Result<String, Broken> {
        Ok(format!("/organizations/{}{below}", self.organization_id(name).await?))
    }

    /// The identifier of an organization that may be left out, as a field.
    async fn given_organization(&self, name: Option<&String>) -> Result<Option<Value>, Broken> {
        Ok(match name {
            Some(name) => Some(json!(self.organization_id(name).await?)),
            None => None,
        })
    }

    async fn to_organization(
        &self,
        which: &console::OrganizationName,
        action: &str,
    ) -> Result<(), ActionError> {
        let path = self.organization_path(&which.organization, action).await?;
        self.send("POST", &path, &json!({})).await.map(drop)
    }

    async fn add_organization(&self, add: &console::AddOrganization) -> Result<(), ActionError> {
        let fields = body([
            ("orgName", Some(json!(add.name))),
            ("parentOrgGuid", self.given_organization(add.parent.as_ref()).await?),
            ("authMethod", add.auth_method.map(|method| json!(method.as_console()))),
            ("defaultRoleIds", add.default_roles.as_ref().map(|roles| json!(roles))),
            ("archiveHoldDays", add.archive_hold_days.map(Value::from)),
        ]);
        self.send("POST", "/organizations", &fields).await.map(drop)
    }

    async fn edit_organization(&self, edit: &console::EditOrganization) -> Result<(), ActionError> {
        let path = self.organization_path(&edit.organization, "").await?;
        if let Some(name) = &edit.name {
            self.send("PATCH", &path, &json!({ "orgName": name })).await?;
        }
        let inherit: serde_json::Map<String, Value> =
            edit.inherit.iter().map(|setting| (setting.as_console().to_owned(), json!(true))).collect();
        let settings = body([
            ("authMethod", edit.auth_method.map(|method| json!(method.as_console()))),
            ("defaultRoleIds", edit.default_roles.as_ref().map(|roles| json!(roles))),
            ("archiveHoldDays", edit.archive_hold_days.map(Value::from)),
            ("inherit", (!inherit.is_empty()).then_some(Value::Object(inherit))),
        ]);
        if settings != json!({}) {
            self.send("PUT", &format!("{path}/settings"), &settings).await?;
        }
        Ok(())
    }

    async fn set_org_mapping(&self, set: &console::SetOrgMapping) -> Result<(), ActionError> {
        let path = self.provider_path(set.provider.as_deref(), "/org-mapping")?;
        let organization = self.given_organization(set.organization.as_ref()).await?;
        let key = if set.method == OrgMethod::SingleOrg { "targetOrgGuid" } else { "unmappedOrgGuid" };
        let fields = body([("method", Some(json!(set.method.as_console()))), (key, organization)]);
        self.send("PUT", &path, &fields).await.map(drop)
    }

    /// The rule of a group, from the provider's list of groups.
    async fn rule(&self, provider: Option<&str>, key: &str, group: &str) -> Result<String, Broken> {
        let id = self.group_ids(&[group.to_owned()]).await?.concat();
        let groups = self.console()?.call("GET", &self.provider_path(provider, "/groups")?, None).await?;
        let groups = groups.get("groups").and_then(Value::as_array).cloned().unwrap_or_default();
        let found = groups.iter().find(|known| known.get("groupId").and_then(Value::as_str) == Some(&id));
        found
            .and_then(|group| group.get(key)?.as_str().map(str::to_owned))
            .ok_or_else(|| Broken(format!("no mapping of the provider has the group `{group}`")))
    }

    async fn org_rule_path(&self, provider: Option<&str>, group: &str) -> Result<String, Broken> {
        let rule = self.rule(provider, "orgRuleId", group).await?;
        self.provider_path(provider, &format!("/org-mapping/rules/{rule}"))
    }

    async fn role_rule_path(&self, provider: Option<&str>, group: &str) -> Result<String, Broken> {
        let rule = self.rule(provider, "roleRuleId", group).await?;
        self.provider_path(provider, &format!("/role-mapping/rules/{rule}"))
    }

    async fn add_user(&mut self, add: &console::AddUser) -> Result<(), ActionError> {
        let organization = self.given_organization(add.organization.as_ref()).await?;
        let person = self.scenario.people.get(&add.user).map(|person| &person.value);
        let given = |own: &Option<String>, of_person: Option<&String>| {
            own.as_ref().or(of_person).map(|text| json!(text))
        };
        let fields = body([
            ("username", Some(json!(self.login_of(&add.user)))),
            ("firstName", given(&add.first_name, person.and_then(|p| p.first_name.as_ref()))),
            ("lastName", given(&add.last_name, person.and_then(|p| p.last_name.as_ref()))),
            ("orgGuid", organization),
            ("origin", add.origin.map(|origin| json!(origin.as_console()))),
        ]);
        let created = self.send("POST", "/users", &fields).await?;
        if let Some(id) = created.get("userId").and_then(Value::as_str) {
            self.names.set(format!("users.{}.id", add.user), id);
        }
        Ok(())
    }

    async fn to_user(
        &self,
        method: &'static str,
        user: &str,
        below: &str,
        fields: &Value,
    ) -> Result<(), ActionError> {
        let path = format!("/users/{}{below}", self.console_id(user).await?);
        self.send(method, &path, fields).await.map(drop)
    }

    async fn custodian(&self, custodian: &console::Custodian, below: &str) -> Result<(), ActionError> {
        let path = self.matter_path(&custodian.matter, below).await?;
        let user = self.console_id(&custodian.user).await?;
        self.send("POST", &path, &json!({ "userId": user })).await.map(drop)
    }

    async fn matter_path(&self, matter: &str, below: &str) -> Result<String, Broken> {
        let id = self.find("matters", "name", "matterId", matter).await?;
        Ok(format!("/legal-hold/matters/{id}{below}"))
    }

    async fn watchlist_path(&self, watchlist: &str, below: &str) -> Result<String, Broken> {
        let id = self.find("watchlists", "title", "watchlistId", watchlist).await?;
        Ok(format!("/watchlists/{id}{below}"))
    }

    async fn change_watchlist(
        &self,
        change: &console::WatchlistMembers,
        action: &str,
    ) -> Result<(), ActionError> {
        let lists = [
            ("included-actors", "actorIds", self.user_ids(&change.users).await?),
            ("included-directory-groups", "groupIds", self.group_ids(&change.groups).await?),
            ("included-departments", "departments", change.departments.clone()),
        ];
        for (list, key, values) in lists.into_iter().filter(|(_, _, values)| !values.is_empty()) {
            let path = self.watchlist_path(&change.watchlist, &format!("/{list}/{action}")).await?;
            self.send("POST", &path, &body([(key, Some(json!(values)))])).await?;
        }
        Ok(())
    }

    async fn exclude(&self, change: &console::WatchlistUsers, action: &str) -> Result<(), ActionError> {
        let path = self.watchlist_path(&change.watchlist, &format!("/excluded-actors/{action}")).await?;
        let fields = json!({ "actorIds": self.user_ids(&change.users).await? });
        self.send("POST", &path, &fields).await.map(drop)
    }

    async fn export(&mut self, which: &console::ExportSyncLog) -> Result<(), ActionError> {
        let user = which.user.as_ref().map(|user| self.login_of(user));
        let parameters = [
            ("eventOccurredAfter", which.after.as_ref()),
            ("eventOccurredBefore", which.before.as_ref()),
            ("event", which.event.as_ref()),
            ("result", which.result.as_ref()),
            ("user", user.as_ref()),
        ];
        let query: Vec<String> = parameters
            .into_iter()
            .filter_map(|(name, value)| Some(format!("{name}={}", percent_encode(value?))))
            .collect();
        let query = query.join("&");
        let listed = self.console()?.call("GET", &format!("/sync-log?{query}"), None).await?;
        self.export = Some(Export {
            entries: listed.get("entries").and_then(Value::as_array).cloned().unwrap_or_default(),
            csv: self.console()?.text(&format!("/sync-log/csv?{query}")).await?,
        });
        Ok(())
    }

    /// What the audit log gained, which the state document does not show.
    pub(super) async fn audit_log(&mut self, expect: &ExpectAuditLog) -> Result<Judgement, Broken> {
        let log = self.console()?.call("GET", "/audit-log", None).await?;
        let entries = log.get("events").and_then(Value::as_array).cloned().unwrap_or_default();
        let gained = entries.get(self.audit_seen..).unwrap_or_default();
        let judgement = console_judge::audit_log(expect, gained, &|user| self.login_of(user));
        self.audit_seen = entries.len();
        Ok(judgement)
    }

    /// What a provider's details say of the mapping.
    pub(super) async fn mapping(&self, expect: &ExpectMapping) -> Result<Judgement, Broken> {
        let path = self.provider_path(expect.provider.as_deref(), "")?;
        let groups = self.console()?.call("GET", &format!("{path}/groups"), None).await?;
        let details = self.console()?.call("GET", &path, None).await?;
        let name =
            |group: &str| self.simulator.group_name(group).map_or_else(|| group.to_owned(), str::to_owned);
        Ok(console_judge::mapping(expect, &groups, &details, &name))
    }

    /// Refuses a role that the console's catalogue lacks: of the roles of its state, which are those that somebody
    /// has, it would be missing without anything being wrong.
    pub(super) async fn known_role(&self, role: &str) -> Result<(), Broken> {
        let Some(console) = &self.console else { return Ok(()) };
        let catalogue = match console.call("GET", "/roles", None).await {
            Ok(catalogue) => catalogue,
            // A console without the catalogue cannot say.
            Err(ConsoleError::Refused { .. }) => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        let roles = catalogue.get("roles").and_then(Value::as_array).into_iter().flatten();
        let known: Vec<&str> = roles.filter_map(|known| known.get("roleId")?.as_str()).collect();
        if known.iter().any(|known| known.eq_ignore_ascii_case(role)) {
            return Ok(());
        }
        let remedy = match similar::get_close_matches(role, &known, 1, 0.6).first() {
            Some(nearest) => format!("did you mean `{nearest}`?"),
            None => format!("the roles are {}", known.join(", ")),
        };
        Err(Broken(format!("there is no role `{role}`; {remedy}")))
    }
}
