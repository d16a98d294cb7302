//! The actions of a step: what the administrator does in Okta, in the console, or by a raw request.

use serde_json::Value;

use super::console::{ConsoleClient, ProviderSecret};
use super::model::{Expectation, ScimRequest, Step};
use super::observe::Access;
use super::runner::{Broken, Runner};
use crate::checks::PassiveJudge;
use crate::clients::{Operation, Report};
use crate::exchange::{Auth, Transport as _, curl_line};
use crate::result::Failure;

impl Runner<'_> {
    pub(super) async fn okta(&mut self, mut operation: Operation) -> Result<(), Broken> {
        use Operation as O;
        let prefix = self.target.prefix.clone().unwrap_or_default();
        // What the identity provider says of the person from now on.
        let mut sign_in: Option<(String, &str)> = None;
        match &mut operation {
            O::ConfigureApiIntegration(configure) => {
                self.configure(configure.from.as_deref(), configure.password.as_deref()).await?;
            }
            O::RenameGroup(rename) => rename.to.insert_str(0, &prefix),
            O::UpdateProfile(update) => {
                if let Some(login) = update.set.get_mut("login") {
                    login.insert_str(0, &prefix);
                }
            }
            O::Suspend(a) => sign_in = Some((a.user.clone(), "SUSPENDED")),
            O::Unsuspend(a) => sign_in = Some((a.user.clone(), "ACTIVE")),
            O::Deactivate(a) => sign_in = Some((a.user.clone(), "DEACTIVATED")),
            O::Reactivate(a) => sign_in = Some((a.user.clone(), "ACTIVE")),
            O::TestCredentials(_) | O::Save(_) | O::ForceSync(_) | O::SaveMappings(_) => {}
            O::Assign(_) | O::Reassign(_) | O::Unassign(_) | O::AssignGroup(_) | O::UnassignGroup(_) => {}
            O::DeletePerson(_) | O::ChangePassword(_) | O::ProvisionUser(_) | O::RetryTask(_) => {}
            O::PushGroup(_) | O::PushNow(_) | O::UnlinkGroup(_) | O::LinkGroup(_) => {}
            O::AddMember(_) | O::RemoveMember(_) => {}
            O::DeactivateGroupPush(_) | O::ActivateGroupPush(_) => {}
            O::ImportNow(_) | O::ImportUserSchema(_) | O::DiscoverEntitlements(_) => {}
        }
        let report = self.simulator.perform(&operation).await?;
        self.collect();
        self.judge_tasks(&report);
        // The service's access model asks the identity provider at sign-in.
        if let (Some((user, state)), Some(console)) = (sign_in, &self.console)
            && let Some(login) = self.simulator.login(&user)
        {
            console.set_idp_state(&login, state).await?;
        }
        Ok(())
    }

    /// A job that fails is a failure of the target, unless the scenario is about failing jobs.
    fn judge_tasks(&mut self, report: &Report) {
        let expected = self.scenario.steps.iter().any(|step| {
            matches!(&step.value, Step::Expect(Expectation::OktaTask(expect)) if expect.exists != Some(false))
        });
        if expected {
            return;
        }
        let last = self.action.last();
        let exchange = last.map(|exchange| self.options.masker.text(&exchange.summary()));
        let curl = last.map(|exchange| curl_line(&exchange.request, &self.options.masker));
        self.action_failures.extend(report.tasks.iter().map(|task| Failure {
            summary: "Okta's job failed".into(),
            expected: vec!["a success that Okta understands".into()],
            exchange: exchange.clone(),
            curl: curl.clone(),
            admin_message: Some(self.options.masker.text(&task.message)),
            advice: Some("Look at the exchange: Okta stops at an answer that is no success, or that it cannot read.".into()),
            ..Failure::new()
        }));
    }

    /// Base URL and credentials: of a provider, or the target's own.
    pub(super) async fn configure(
        &mut self,
        from: Option<&str>,
        password: Option<&str>,
    ) -> Result<(), Broken> {
        let provider = match from {
            Some(name) => Some(self.provider(Some(name))?.clone()),
            // On a fresh reference somebody has to add the provider first.
            None if self.target.fresh && self.providers.is_empty() && self.console.is_some() => {
                self.add_provider("Okta", false).await?;
                self.providers.values().next().cloned()
            }
            None => None,
        };
        let (base_url, auth) = match provider {
            Some(provider) => {
                let auth = match (&provider.password, &provider.token) {
                    (Some(known), _) => Auth::Basic {
                        username: provider.username.clone(),
                        password: password.unwrap_or(known).to_owned(),
                    },
                    // Okta's page asks for user name and password, whatever the console created.
                    (None, Some(token)) => Auth::Basic { username: "okta".into(), password: token.clone() },
                    (None, None) => Auth::None,
                };
                (provider.base_url, auth)
            }
            None => (self.target.base_url.clone(), self.target.auth.clone()),
        };
        self.options.masker.add(auth.secret().unwrap_or_default());
        self.simulator.connect(&base_url, &auth);
        if let Some(name) = from {
            // Whose users Okta pushes, those are looked at.
            let secret = self.provider(Some(name))?.clone();
            self.use_for_observing(&secret);
        }
        if !self.configured || self.providers.is_empty() {
            self.judge = PassiveJudge::new(&base_url);
        }
        self.configured = true;
        if self.providers.is_empty() {
            self.access = Access { base_url, authorization: auth.header_value() };
        }
        Ok(())
    }

    pub(super) async fn add_provider(&mut self, name: &str, token: bool) -> Result<(), Broken> {
        let secret = self.console()?.add_provider(name, token).await?;
        for hidden in secret.password.iter().chain(&secret.token) {
            self.options.masker.add(hidden);
        }
        self.use_for_observing(&secret);
        self.providers.insert(name.to_owned(), secret);
        Ok(())
    }

    pub(super) fn use_for_observing(&mut self, secret: &ProviderSecret) {
        let auth = match (&secret.password, &secret.token) {
            (Some(password), _) => {
                Auth::Basic { username: secret.username.clone(), password: password.clone() }
            }
            (None, Some(token)) => Auth::Bearer { token: token.clone() },
            (None, None) => Auth::None,
        };
        self.access = Access { base_url: secret.base_url.clone(), authorization: auth.header_value() };
    }

    /// New credentials; the details must not show a secret before or after.
    pub(super) async fn rotate(&mut self, name: Option<&str>) -> Result<Vec<Failure>, Broken> {
        let id = self.provider(name)?.provider_id.clone();
        let display_name =
            name.map_or_else(|| self.providers.keys().next().cloned().unwrap_or_default(), str::to_owned);
        let details = self.console()?.provider_details(&id).await?;
        let mut failures = Vec::new();
        let shown = ["password", "token", "secret"].iter().find(|key| details.get(**key).is_some());
        if let Some(key) = shown {
            failures.push(Failure {
                summary: "the provider's details show a secret".into(),
                expected: vec!["no secret: it is shown once, when it is created".into()],
                actual: Some(format!("a field `{key}`")),
                ..Failure::new()
            });
        }
        let secret = self.console()?.rotate(&id).await?;
        for hidden in secret.password.iter().chain(&secret.token) {
            self.options.masker.add(hidden);
        }
        self.use_for_observing(&secret);
        self.providers.insert(display_name, secret);
        Ok(failures)
    }

    pub(super) fn provider(&self, name: Option<&str>) -> Result<&ProviderSecret, Broken> {
        let found = match name {
            Some("provider") | None => self.providers.values().next(),
            Some(name) => self.providers.get(name),
        };
        found.ok_or_else(|| {
            let known: Vec<&str> = self.providers.keys().map(String::as_str).collect();
            Broken(format!(
                "there is no provider `{}`; this scenario has added: {}. Add it with `console.add-provider`",
                name.unwrap_or("provider"),
                if known.is_empty() { "none".into() } else { known.join(", ") }
            ))
        })
    }

    pub(super) fn console(&self) -> Result<&ConsoleClient, Broken> {
        self.console.as_ref().ok_or_else(|| Broken("the target has no console API".into()))
    }

    /// The user name that a scenario means.
    pub(super) fn login_of(&self, user: &str) -> String {
        let prefix = self.target.prefix.as_deref().unwrap_or_default();
        self.simulator.login(user).unwrap_or_else(|| format!("{prefix}{user}"))
    }

    /// The name of the group that a scenario means.
    pub(super) fn group_name_of(&self, group: &str) -> String {
        let prefix = self.target.prefix.as_deref().unwrap_or_default();
        self.simulator.group_name(group).map_or_else(|| format!("{prefix}{group}"), str::to_owned)
    }

    pub(super) async fn console_id(&self, user: &str) -> Result<String, Broken> {
        let login = self.login_of(user);
        let state = self.console()?.state().await?;
        let users = state.get("users").and_then(Value::as_array).cloned().unwrap_or_default();
        let found = users.iter().find(|record| {
            record
                .get("username")
                .and_then(Value::as_str)
                .is_some_and(|name| name.eq_ignore_ascii_case(&login))
        });
        found
            .and_then(|record| record.get("userId")?.as_str().map(str::to_owned))
            .ok_or_else(|| Broken(format!("the console has no user `{login}`")))
    }

    pub(super) async fn scim(&mut self, step: &ScimRequest) -> Result<(), Broken> {
        let access = match step.credentials.as_deref() {
            None => self.access.clone(),
            Some("none") => Access { base_url: self.access.base_url.clone(), authorization: None },
            Some(name) => {
                let secret = self.provider(Some(name))?.clone();
                let before = self.access.clone();
                self.use_for_observing(&secret);
                std::mem::replace(&mut self.access, before)
            }
        };
        let mut request = access.request(&step.method, &step.path);
        if let Some(body) = &step.body {
            let bytes = body.as_str().map_or_else(|| body.to_string(), str::to_owned);
            request.headers.push(("Content-Type".into(), "application/scim+json".into()));
            request.headers.push(("Content-Length".into(), bytes.len().to_string()));
            request.body = Some(bytes.into());
        }
        for (name, value) in &step.headers {
            request.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
            request.headers.push((name.clone(), value.clone()));
        }
        let answer = self.recorder.send(&request).await;
        self.collect();
        let body = answer.ok().and_then(|response| response.json()).unwrap_or(Value::Null);
        for (name, pointer) in &step.save {
            let Some(value) = body.pointer(pointer) else {
                let last = self.action.last();
                self.action_failures.push(Failure {
                    summary: format!("the response has nothing at `{pointer}`"),
                    expected: vec![format!("a value to keep as `saved.{name}`")],
                    exchange: last.map(|exchange| self.options.masker.text(&exchange.summary())),
                    curl: last.map(|exchange| curl_line(&exchange.request, &self.options.masker)),
                    ..Failure::new()
                });
                continue;
            };
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            self.names.set(format!("saved.{name}"), text);
        }
        Ok(())
    }
}
