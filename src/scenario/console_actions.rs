//! Performs `console.*` steps through the target's console API, and looks at what only the console shows.

use serde_json::{Value, json};

use super::console::ConsoleError;
use super::console_judge;
use super::console_model::{Credential, ExportSyncLog, OrgMethod, WatchlistMembers};
use super::model::Step;
use super::runner::{Broken, Runner};
use crate::exchange::percent_encode;
use crate::result::Failure;

/// How the console refused an action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) code: String,
    pub(super) message: String,
}

/// An export of the sync log in both forms.
#[derive(Debug, Clone)]
pub(super) struct Export {
    pub(super) entries: Vec<Value>,
    pub(super) csv: String,
}

/// Why an action did not come about.
enum Trouble {
    Refused(Refusal),
    Broken(Broken),
}

impl From<ConsoleError> for Trouble {
    fn from(error: ConsoleError) -> Self {
        match error {
            ConsoleError::Refused { status, code, message, .. } => {
                Self::Refused(Refusal { status, code, message })
            }
            other => Self::Broken(other.into()),
        }
    }
}

impl From<Broken> for Trouble {
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
        step: &Step,
        next: Option<&Step>,
    ) -> Result<Vec<Failure>, Broken> {
        self.refusal = None;
        match self.perform(step).await {
            Ok(failures) => Ok(failures),
            Err(Trouble::Broken(broken)) => Err(broken),
            Err(Trouble::Refused(refusal)) => {
                let Refusal { status, code, message } = &refusal;
                if matches!(next, Some(Step::ExpectConsoleRefusal(_))) {
                    self.refusal = Some(refusal);
                    return Ok(Vec::new());
                }
                Err(Broken(format!(
                    "the console refused `{}` with {status} {code}: {message} If that is what must happen, put `expect.console-refusal` after the step",
                    step.title()
                )))
            }
        }
    }

    async fn perform(&mut self, step: &Step) -> Result<Vec<Failure>, Trouble> {
        match step {
            Step::ConsoleAddProvider(add) => {
                self.add_provider(&add.name, add.credential == Credential::OauthToken).await?;
            }
            Step::ConsoleRotateCredentials(which) => {
                return Ok(self.rotate(which.provider.as_deref()).await?);
            }
            Step::ConsoleEditProvider(edit) => {
                let path = self.provider_path(edit.provider.as_deref(), "")?;
                let name = edit.name.as_ref().map(|name| json!(name));
                let fields = body([("displayName", name), ("enabled", edit.enabled.map(Value::from))]);
                self.send("PATCH", &path, &fields).await?;
                if let Some(name) = &edit.name {
                    self.rename_provider(edit.provider.as_deref(), name);
                }
            }
            Step::ConsoleRemoveProvider(which) => {
                let path = self.provider_path(which.provider.as_deref(), "")?;
                self.console()?.call("DELETE", &path, None).await?;
            }
            Step::ConsoleSetDeactivationDelay(delay) => {
                let path = self.provider_path(delay.provider.as_deref(), "/deactivation-delay")?;
                self.send("PUT", &path, &json!({ "minutes": delay.minutes })).await?;
            }
            Step::ConsoleSetPlan(plan) => {
                self.send("PUT", "/plan", &json!({ "backupAgent": plan.backup_agent })).await?;
            }
            Step::ConsoleSetPreset(preset) => {
                self.send("PUT", "/presets", &json!({ "preset": preset.preset.as_console() })).await?;
            }
            Step::ConsoleSetDirectorySyncEmail(email) => {
                let fields = json!({ "frequency": email.frequency.as_console() });
                self.send("PUT", "/directory-sync-email", &fields).await?;
            }
            Step::ConsoleExportSyncLog(which) => self.export(which).await?,
            Step::ConsoleSetRoleAvailable(role) => {
                let path = format!("/roles/{}", percent_encode(&role.role));
                self.send("PATCH", &path, &json!({ "available": role.available })).await?;
            }
            Step::ConsoleAddOrganization(_)
            | Step::ConsoleEditOrganization(_)
            | Step::ConsoleDeactivateOrganization(_)
            | Step::ConsoleActivateOrganization(_)
            | Step::ConsoleBlockOrganization(_)
            | Step::ConsoleUnblockOrganization(_)
            | Step::ConsoleDeleteOrganization(_) => self.organization_step(step).await?,
            Step::ConsoleSetOrgMapping(_)
            | Step::ConsoleAddOrgRule(_)
            | Step::ConsoleEditOrgRule(_)
            | Step::ConsoleRemoveOrgRule(_)
            | Step::ConsoleSetOrgRulePriority(_)
            | Step::ConsoleSetRoleMapping(_)
            | Step::ConsoleAddRoleRule(_)
            | Step::ConsoleEditRoleRule(_)
            | Step::ConsoleRemoveRoleRule(_)
            | Step::ConsoleApply(_) => self.mapping_step(step).await?,
            Step::ConsoleAddMatter(_)
            | Step::ConsoleAddCustodian(_)
            | Step::ConsoleReleaseCustodian(_)
            | Step::ConsoleCloseMatter(_)
            | Step::ConsoleReopenMatter(_)
            | Step::ConsoleAddWatchlist(_)
            | Step::ConsoleIncludeInWatchlist(_)
            | Step::ConsoleRemoveFromWatchlist(_)
            | Step::ConsoleExcludeFromWatchlist(_)
            | Step::ConsoleReadmitToWatchlist(_) => self.list_step(step).await?,
            user => self.user_step(user).await?,
        }
        Ok(Vec::new())
    }

    async fn send(&self, method: &'static str, path: &str, body: &Value) -> Result<Value, Trouble> {
        Ok(self.console()?.call(method, path, Some(body)).await?)
    }

    fn provider_path(&self, provider: Option<&str>, below: &str) -> Result<String, Broken> {
        let id = &self.provider(provider)?.provider_id;
        Ok(format!("/provisioning/providers/{id}{below}"))
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
        let suffix = self.target.suffix.clone().unwrap_or_default();
        let mut ids = Vec::new();
        for group in groups {
            let name =
                self.simulator.group_name(group).map_or_else(|| format!("{group}{suffix}"), str::to_owned);
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

    async fn organization_step(&self, step: &Step) -> Result<(), Trouble> {
        let (name, action) = match step {
            Step::ConsoleAddOrganization(add) => {
                let parent = match &add.parent {
                    Some(parent) => Some(json!(self.organization_id(parent).await?)),
                    None => None,
                };
                let fields = body([
                    ("orgName", Some(json!(add.name))),
                    ("parentOrgGuid", parent),
                    ("authMethod", add.auth_method.map(|method| json!(method.as_console()))),
                    ("defaultRoleIds", add.default_roles.as_ref().map(|roles| json!(roles))),
                    ("archiveHoldDays", add.archive_hold_days.map(Value::from)),
                ]);
                self.send("POST", "/organizations", &fields).await?;
                return Ok(());
            }
            Step::ConsoleEditOrganization(edit) => {
                let path = format!("/organizations/{}", self.organization_id(&edit.organization).await?);
                if let Some(name) = &edit.name {
                    self.send("PATCH", &path, &json!({ "orgName": name })).await?;
                }
                let inherit: serde_json::Map<String, Value> = edit
                    .inherit
                    .iter()
                    .map(|setting| (setting.as_console().to_owned(), json!(true)))
                    .collect();
                let settings = body([
                    ("authMethod", edit.auth_method.map(|method| json!(method.as_console()))),
                    ("defaultRoleIds", edit.default_roles.as_ref().map(|roles| json!(roles))),
                    ("archiveHoldDays", edit.archive_hold_days.map(Value::from)),
                    ("inherit", (!inherit.is_empty()).then_some(Value::Object(inherit))),
                ]);
                if settings != json!({}) {
                    self.send("PUT", &format!("{path}/settings"), &settings).await?;
                }
                return Ok(());
            }
            Step::ConsoleDeactivateOrganization(which) => (&which.organization, "deactivate"),
            Step::ConsoleActivateOrganization(which) => (&which.organization, "activate"),
            Step::ConsoleBlockOrganization(which) => (&which.organization, "block"),
            Step::ConsoleUnblockOrganization(which) => (&which.organization, "unblock"),
            Step::ConsoleDeleteOrganization(which) => (&which.organization, ""),
            _ => return Ok(()),
        };
        let path = format!("/organizations/{}", self.organization_id(name).await?);
        if action.is_empty() {
            self.console()?.call("DELETE", &path, None).await?;
        } else {
            self.send("POST", &format!("{path}/{action}"), &json!({})).await?;
        }
        Ok(())
    }

    async fn mapping_step(&mut self, step: &Step) -> Result<(), Trouble> {
        match step {
            Step::ConsoleSetOrgMapping(set) => {
                let path = self.provider_path(set.provider.as_deref(), "/org-mapping")?;
                let organization = match &set.organization {
                    Some(name) => Some(json!(self.organization_id(name).await?)),
                    None => None,
                };
                let key =
                    if set.method == OrgMethod::SingleOrg { "targetOrgGuid" } else { "unmappedOrgGuid" };
                let fields = body([("method", Some(json!(set.method.as_console()))), (key, organization)]);
                self.send("PUT", &path, &fields).await?;
            }
            Step::ConsoleAddOrgRule(rule) => {
                let path = self.provider_path(rule.provider.as_deref(), "/org-mapping/rules")?;
                let fields = json!({
                    "groupIds": self.group_ids(&rule.groups).await?,
                    "orgGuid": self.organization_id(&rule.organization).await?,
                });
                self.send("POST", &path, &fields).await?;
            }
            Step::ConsoleEditOrgRule(edit) => {
                let path = self.org_rule_path(edit.provider.as_deref(), &edit.group).await?;
                let groups = match &edit.groups {
                    Some(groups) => Some(json!(self.group_ids(groups).await?)),
                    None => None,
                };
                let organization = match &edit.organization {
                    Some(name) => Some(json!(self.organization_id(name).await?)),
                    None => None,
                };
                self.send("PUT", &path, &body([("groupIds", groups), ("orgGuid", organization)])).await?;
            }
            Step::ConsoleRemoveOrgRule(rule) => {
                let path = self.org_rule_path(rule.provider.as_deref(), &rule.group).await?;
                self.console()?.call("DELETE", &path, None).await?;
            }
            Step::ConsoleSetOrgRulePriority(priority) => {
                let provider = priority.provider.as_deref();
                let mut rules = Vec::new();
                for group in &priority.order {
                    rules.push(self.rule(provider, "orgRuleId", group).await?);
                }
                let path = self.provider_path(provider, "/org-mapping/order")?;
                self.send("PUT", &path, &json!({ "ruleIds": rules })).await?;
            }
            Step::ConsoleSetRoleMapping(set) => {
                let path = self.provider_path(set.provider.as_deref(), "/role-mapping")?;
                self.send("PUT", &path, &json!({ "mode": set.mode.as_console() })).await?;
            }
            Step::ConsoleAddRoleRule(rule) => {
                let path = self.provider_path(rule.provider.as_deref(), "/role-mapping/rules")?;
                let group = self.group_ids(std::slice::from_ref(&rule.group)).await?;
                self.send("POST", &path, &json!({ "groupId": group[0], "roleIds": rule.roles })).await?;
            }
            Step::ConsoleEditRoleRule(rule) => {
                let path = self.role_rule_path(rule.provider.as_deref(), &rule.group).await?;
                self.send("PUT", &path, &json!({ "roleIds": rule.roles })).await?;
            }
            Step::ConsoleRemoveRoleRule(rule) => {
                let path = self.role_rule_path(rule.provider.as_deref(), &rule.group).await?;
                self.console()?.call("DELETE", &path, None).await?;
            }
            Step::ConsoleApply(apply) => {
                let path =
                    self.provider_path(apply.provider.as_deref(), "/actions/apply-org-and-role-settings")?;
                let users = match &apply.users {
                    Some(users) => Some(json!(self.user_ids(users).await?)),
                    None => None,
                };
                let fields = body([("dryRun", Some(json!(apply.dry_run))), ("userIds", users)]);
                self.applied = Some(self.send("POST", &path, &fields).await?);
            }
            _ => {}
        }
        Ok(())
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

    async fn user_step(&mut self, step: &Step) -> Result<(), Trouble> {
        let (user, action, fields) = match step {
            Step::ConsoleAddUser(add) => {
                let organization = match &add.organization {
                    Some(name) => Some(json!(self.organization_id(name).await?)),
                    None => None,
                };
                let person = self.scenario.people.get(&add.user);
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
                let made = self.send("POST", "/users", &fields).await?;
                if let Some(id) = made.get("userId").and_then(Value::as_str) {
                    self.names.set(format!("users.{}.id", add.user), id);
                }
                return Ok(());
            }
            Step::ConsoleEditUser(edit) => {
                let path = format!("/users/{}", self.console_id(&edit.user).await?);
                self.send("PATCH", &path, &json!(edit.set)).await?;
                return Ok(());
            }
            Step::ConsoleSetUserRoles(set) => {
                let path = format!("/users/{}/roles", self.console_id(&set.user).await?);
                self.send("PUT", &path, &json!({ "roleIds": set.roles })).await?;
                return Ok(());
            }
            Step::ConsoleSetUserOrigin(set) => {
                let path = format!("/users/{}/origin", self.console_id(&set.user).await?);
                self.send("PUT", &path, &json!({ "origin": set.origin.as_console() })).await?;
                return Ok(());
            }
            Step::ConsoleBlockUser(a) => (&a.user, "block", json!({})),
            Step::ConsoleUnblockUser(a) => (&a.user, "unblock", json!({})),
            Step::ConsoleDeactivateUser(a) => (&a.user, "deactivate", json!({ "block": a.block })),
            Step::ConsoleActivateUser(a) => (&a.user, "activate", json!({ "unblock": a.unblock })),
            Step::ConsoleAddDevice(a) => (&a.user, "devices", json!({})),
            Step::ConsoleMoveUser(a) => {
                (&a.user, "move", json!({ "orgGuid": self.organization_id(&a.organization).await? }))
            }
            _ => return Ok(()),
        };
        let id = self.console_id(user).await?;
        self.send("POST", &format!("/users/{id}/{action}"), &fields).await?;
        Ok(())
    }

    async fn list_step(&self, step: &Step) -> Result<(), Trouble> {
        match step {
            Step::ConsoleAddMatter(matter) => {
                self.send("POST", "/legal-hold/matters", &json!({ "name": matter.matter })).await?;
            }
            Step::ConsoleAddCustodian(custodian) => {
                let path = self.matter_path(&custodian.matter, "/custodians").await?;
                let user = self.console_id(&custodian.user).await?;
                self.send("POST", &path, &json!({ "userId": user })).await?;
            }
            Step::ConsoleReleaseCustodian(custodian) => {
                let path = self.matter_path(&custodian.matter, "/custodians/remove").await?;
                let user = self.console_id(&custodian.user).await?;
                self.send("POST", &path, &json!({ "userId": user })).await?;
            }
            Step::ConsoleCloseMatter(matter) => {
                let path = self.matter_path(&matter.matter, "/deactivate").await?;
                self.send("POST", &path, &json!({})).await?;
            }
            Step::ConsoleReopenMatter(matter) => {
                let path = self.matter_path(&matter.matter, "/reactivate").await?;
                self.send("POST", &path, &json!({})).await?;
            }
            Step::ConsoleAddWatchlist(add) => {
                let fields = json!({ "watchlistType": add.kind.as_console(), "title": add.watchlist });
                self.send("POST", "/watchlists", &fields).await?;
            }
            Step::ConsoleIncludeInWatchlist(change) => self.change_watchlist(change, "add").await?,
            Step::ConsoleRemoveFromWatchlist(change) => self.change_watchlist(change, "delete").await?,
            Step::ConsoleExcludeFromWatchlist(change) => {
                self.exclude(&change.watchlist, &change.users, "add").await?;
            }
            Step::ConsoleReadmitToWatchlist(change) => {
                self.exclude(&change.watchlist, &change.users, "delete").await?;
            }
            _ => {}
        }
        Ok(())
    }

    async fn matter_path(&self, matter: &str, below: &str) -> Result<String, Broken> {
        let id = self.find("matters", "name", "matterId", matter).await?;
        Ok(format!("/legal-hold/matters/{id}{below}"))
    }

    async fn watchlist_path(&self, watchlist: &str, below: &str) -> Result<String, Broken> {
        let id = self.find("watchlists", "title", "watchlistId", watchlist).await?;
        Ok(format!("/watchlists/{id}{below}"))
    }

    async fn change_watchlist(&self, change: &WatchlistMembers, action: &str) -> Result<(), Trouble> {
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

    async fn exclude(&self, watchlist: &str, users: &[String], action: &str) -> Result<(), Trouble> {
        let path = self.watchlist_path(watchlist, &format!("/excluded-actors/{action}")).await?;
        self.send("POST", &path, &json!({ "actorIds": self.user_ids(users).await? })).await?;
        Ok(())
    }

    async fn export(&mut self, which: &ExportSyncLog) -> Result<(), Trouble> {
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

    /// Judges what the state document does not show.
    pub(super) async fn expect_console(&mut self, step: &Step) -> Result<Vec<Failure>, Broken> {
        let Some(console) = self.console.clone() else {
            self.not_observed.insert(step.tag().trim_start_matches("expect.").replace('-', " "));
            return Ok(Vec::new());
        };
        let judgement = match step {
            Step::ExpectAuditLog(expect) => {
                let log = console.call("GET", "/audit-log", None).await?;
                let entries = log.get("events").and_then(Value::as_array).cloned().unwrap_or_default();
                let gained = entries.get(self.audit_seen..).unwrap_or_default();
                let judgement = console_judge::audit_log(expect, gained, &|user| self.login_of(user));
                self.audit_seen = entries.len();
                judgement
            }
            Step::ExpectSyncReport(expect) => {
                let report = console.call("GET", "/directory-sync-report", None).await?;
                console_judge::sync_report(expect, &report)
            }
            Step::ExpectMapping(expect) => {
                let path = self.provider_path(expect.provider.as_deref(), "")?;
                let groups = console.call("GET", &format!("{path}/groups"), None).await?;
                let details = console.call("GET", &path, None).await?;
                let name = |group: &str| {
                    self.simulator.group_name(group).map_or_else(|| group.to_owned(), str::to_owned)
                };
                console_judge::mapping(expect, &groups, &details, &name)
            }
            _ => return Ok(Vec::new()),
        };
        self.not_observed.extend(judgement.not_observed);
        Ok(judgement.failures)
    }
}
