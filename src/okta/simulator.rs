//! The app instance and its state, and the way every request goes out. The jobs themselves are in
//! `users` and `groups`.

use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::{Value, json};

use super::engine::Engine;
use super::journal::Journal;
use super::mapping::AppProfile;
use super::messages::Doing;
use super::operation::{App, Group, Operation, Person};
use crate::exchange::{BoxFuture, OAuthClient, Transport};

/// How the app was made, which decides how Okta speaks (okta-client §1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// From a catalogue template.
    Oin,
    /// With the App Integration Wizard.
    Aiw,
    /// Microsoft Entra's client instead of Okta's: less attested, and never a default.
    Entra,
}

/// What the administrator entered as authentication (okta-client §2.3).
#[derive(Clone, PartialEq, Eq)]
pub enum Authorization {
    /// No `Authorization` field.
    None,
    /// User name and password.
    Basic {
        /// User name.
        username: String,
        /// Password.
        password: String,
    },
    /// A token that Okta prefixes with `Bearer `.
    Bearer(String),
    /// A value that is sent verbatim.
    Header(String),
    /// OAuth 2 by authorization code; the access token is refreshed when an operation needs it.
    OAuth(OAuthClient),
}

impl Authorization {
    /// The value of the `Authorization` field; none yet with OAuth 2, whose token comes with each request.
    pub(super) fn field(&self) -> Option<String> {
        Some(match self {
            Self::None | Self::OAuth(_) => return None,
            Self::Basic { username, password } => crate::exchange::basic(username, password),
            Self::Bearer(token) => format!("Bearer {token}"),
            Self::Header(value) => value.clone(),
        })
    }
}

/// What a simulator starts from.
#[derive(Debug, Clone)]
pub struct Definition {
    /// How the app was made.
    pub dialect: Dialect,
    /// The app instance.
    pub app: App,
    /// People by short name.
    pub people: IndexMap<String, Person>,
    /// Groups by short name.
    pub groups: IndexMap<String, Group>,
    /// Changes all generated identifiers and passwords.
    pub seed: u64,
}

/// How the engine waits when a server asks for it with 429.
pub trait Pacing: Send + Sync {
    /// Waits `seconds`; `why` is a sentence fragment for whoever watches.
    fn wait<'a>(&'a self, why: &'a str, seconds: u64) -> BoxFuture<'a, ()>;
}

/// The operation makes no sense here; nothing was sent. Not a failure of the target.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OperationError {
    /// A name that is not in the directory.
    #[error("the Okta directory has no {kind} `{name}`; it has {known}")]
    Unknown {
        /// `person` or `group`.
        kind: &'static str,
        /// The name asked for.
        name: String,
        /// The names there are.
        known: String,
    },
    /// The integration has no base URL yet.
    #[error("the app has no base URL yet; configure the API integration before this step")]
    NotConnected,
    /// Okta's pages would not offer the action.
    #[error("Okta does not offer this: {0}")]
    NotOffered(String),
}

/// What an operation led to, besides its requests.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Jobs that failed.
    pub tasks: Vec<Task>,
    /// Why something was not sent, in sentences.
    pub notes: Vec<String>,
}

/// A failed job as the administrator sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// Short name of the person, if it is about one.
    pub user: Option<String>,
    /// Short name of the group, if it is about one.
    pub group: Option<String>,
    /// The message.
    pub message: String,
    pub(super) doing: Option<Doing>,
    pub(super) external_id: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lifecycle {
    Staged,
    Active,
    Suspended,
    Deactivated,
    Deleted,
}

#[derive(Debug, Clone)]
pub(super) struct PersonState {
    pub(super) profile: Person,
    pub(super) okta_id: String,
    pub(super) lifecycle: Lifecycle,
    /// Has the app, by whatever way.
    pub(super) assigned: bool,
    /// Was given the app by Assign to People, not only by a group.
    pub(super) individual: bool,
    pub(super) external_id: Option<String>,
    /// The id of the account before the link went.
    pub(super) former_id: Option<String>,
    /// The app profile of the last successful push; Okta compares with this, not with the server (§3.8).
    pub(super) pushed: Option<AppProfile>,
    pub(super) passwords: u32,
    /// App attributes that were edited for this person, by variable name; they go with the assignment.
    pub(super) edited: IndexMap<String, String>,
}

impl PersonState {
    pub(super) fn new(profile: Person, okta_id: String, lifecycle: Lifecycle) -> Self {
        Self {
            profile,
            okta_id,
            lifecycle,
            assigned: false,
            individual: false,
            external_id: None,
            former_id: None,
            pushed: None,
            passwords: 0,
            edited: IndexMap::new(),
        }
    }

    /// The application user name.
    pub(super) fn user_name(&self, app: &App) -> String {
        self.edited.get("userName").cloned().unwrap_or_else(|| app.user_name(&self.profile))
    }
}

#[derive(Debug, Clone)]
pub(super) struct GroupState {
    pub(super) group: Group,
    /// Stands in place of Okta's group id.
    pub(super) okta_id: String,
    /// The app is assigned to the group.
    pub(super) assigned: bool,
    pub(super) external_id: Option<String>,
    pub(super) linked: bool,
    pub(super) active: bool,
    pub(super) pushed_name: Option<String>,
    /// The name in the app, where it was chosen apart from Okta's.
    pub(super) app_name: Option<String>,
    /// The group of the app that is to be linked when the push becomes active.
    pub(super) target_id: Option<String>,
    /// External ids of the members as last pushed.
    pub(super) pushed_members: Vec<String>,
}

impl GroupState {
    pub(super) fn new(group: Group, okta_id: String) -> Self {
        Self {
            group,
            okta_id,
            assigned: false,
            external_id: None,
            linked: false,
            active: false,
            pushed_name: None,
            app_name: None,
            target_id: None,
            pushed_members: Vec::new(),
        }
    }
}

/// One Okta org with one app instance.
pub struct Simulator {
    pub(super) engine: Engine,
    pub(super) people: IndexMap<String, PersonState>,
    pub(super) groups: IndexMap<String, GroupState>,
    tasks: Vec<Task>,
    pub(super) log: Vec<Value>,
    pub(super) imported_users: Vec<Value>,
    pub(super) imported_groups: Vec<Value>,
    pub(super) imported_schema: Vec<Value>,
    pub(super) imported_entitlements: Vec<Value>,
    /// What the operation under way leaves behind.
    pub(super) journal: Journal,
    report: Report,
}

impl Simulator {
    /// An org in which nobody is assigned and nothing is pushed yet.
    #[must_use]
    pub fn new(definition: Definition, transport: Arc<dyn Transport>, pacing: Arc<dyn Pacing>) -> Self {
        let Definition { dialect, app, people, groups, seed } = definition;
        let people = people
            .into_iter()
            .map(|(key, profile)| {
                let okta_id = person_id(seed, &profile.login);
                let lifecycle = if profile.staged { Lifecycle::Staged } else { Lifecycle::Active };
                (key, PersonState::new(profile, okta_id, lifecycle))
            })
            .collect();
        let groups = groups
            .into_iter()
            .map(|(key, group)| {
                let okta_id = group_id(seed, &key);
                (key, GroupState::new(group, okta_id))
            })
            .collect();
        Self {
            engine: Engine::new(dialect, app, seed, transport, pacing),
            people,
            groups,
            tasks: Vec::new(),
            log: Vec::new(),
            imported_users: Vec::new(),
            imported_groups: Vec::new(),
            imported_schema: Vec::new(),
            imported_entitlements: Vec::new(),
            journal: Journal::default(),
            report: Report::default(),
        }
    }

    /// Enters base URL and credentials, as they are.
    pub fn connect(&mut self, base_url: &str, authorization: &Authorization) {
        self.engine.connect(base_url, authorization);
    }

    /// Tokens that an authorization server has issued meanwhile (OAuth 2), for whoever masks secrets.
    pub fn issued_tokens(&mut self) -> Vec<String> {
        self.engine.issued_tokens()
    }

    /// Does what the administrator does. Failed jobs are data in the report, with their message.
    ///
    /// # Errors
    /// Only when the operation makes no sense; see [`OperationError`]. Nothing was sent then.
    pub async fn perform(&mut self, operation: &Operation) -> Result<Report, OperationError> {
        let outcome = self.dispatch(operation).await;
        self.reported(outcome)
    }

    /// What was done since the last report.
    pub(super) fn reported(&mut self, outcome: Result<(), OperationError>) -> Result<Report, OperationError> {
        let journal = std::mem::take(&mut self.journal);
        self.absorb(journal);
        let report = std::mem::take(&mut self.report);
        outcome.map(|()| report)
    }

    async fn dispatch(&mut self, operation: &Operation) -> Result<(), OperationError> {
        match operation {
            // Base URL and credentials come through `connect`, since only the caller knows them.
            Operation::ConfigureApiIntegration(_) => {}
            Operation::TestCredentials(_) => self.test_credentials().await?,
            Operation::Save(save) => {
                if let Some(features) = save.features {
                    self.engine.app.features = features;
                }
                self.save().await?;
            }
            Operation::Assign(a) => self.assign(&a.user).await?,
            Operation::Reassign(a) => self.assign(&a.user).await?,
            Operation::UpdateProfile(a) => self.update_profile(&a.user, &a.set).await?,
            Operation::Unassign(a) => self.unassign(&a.user).await?,
            Operation::AssignGroup(a) => self.assign_group(&a.group, true).await?,
            Operation::UnassignGroup(a) => self.assign_group(&a.group, false).await?,
            Operation::Deactivate(a) => self.deactivate(&a.user).await?,
            Operation::DeletePerson(a) => self.delete_person(&a.user).await?,
            Operation::Reactivate(a) => self.activate(&a.user).await?,
            // Suspending never sends anything (§3.12).
            Operation::Suspend(a) => self.suspend(&a.user, true)?,
            Operation::Unsuspend(a) => self.suspend(&a.user, false)?,
            Operation::ChangePassword(a) => self.change_password(&a.user).await?,
            Operation::PushGroup(a) => self.push_group(&a.group).await?,
            Operation::AddMember(a) => self.change_member(&a.group, &a.user, true).await?,
            Operation::RemoveMember(a) => self.change_member(&a.group, &a.user, false).await?,
            Operation::RenameGroup(a) => self.rename_group(&a.group, &a.to).await?,
            Operation::PushNow(a) => self.push_now(&a.group).await?,
            Operation::UnlinkGroup(a) => self.unlink_group(&a.group, a.delete).await?,
            Operation::DeactivateGroupPush(a) => self.group_mut(&a.group)?.active = false,
            Operation::ActivateGroupPush(a) => {
                self.group_mut(&a.group)?.active = true;
                self.push_now(&a.group).await?;
            }
            Operation::LinkGroup(a) => self.link_group(&a.group).await?,
            Operation::ForceSync(_) => self.force_sync().await?,
            Operation::ImportUserSchema(_) => self.import_user_schema().await?,
            Operation::DiscoverEntitlements(_) => self.discover_entitlements().await?,
            Operation::SaveMappings(a) => {
                self.engine.app.attributes.clone_from(&a.attributes);
                if a.apply_now {
                    self.push_everybody().await?;
                }
            }
            Operation::ImportNow(_) => self.import_now().await?,
            Operation::ProvisionUser(a) => self.provision_user(&a.user).await?,
            Operation::RetryTask(a) => self.retry(a.user.as_deref(), a.group.as_deref()).await?,
        }
        Ok(())
    }

    /// Takes over what a job left, after what is in the journal already.
    pub(super) fn absorb(&mut self, journal: Journal) {
        let before = std::mem::take(&mut self.journal);
        for Journal { events, tasks, notes } in [before, journal] {
            self.log.extend(events);
            self.tasks.extend(tasks.iter().cloned());
            self.report.tasks.extend(tasks);
            self.report.notes.extend(notes);
        }
    }

    /// The short names of people with the ids that the service gave them.
    pub fn external_ids(&self) -> impl Iterator<Item = (&str, &str)> {
        self.people.iter().filter_map(|(key, person)| Some((key.as_str(), person.external_id.as_deref()?)))
    }

    /// The short names of pushed groups with the ids that the service gave them.
    pub fn group_ids(&self) -> impl Iterator<Item = (&str, &str)> {
        self.groups.iter().filter_map(|(key, group)| Some((key.as_str(), group.external_id.as_deref()?)))
    }

    /// A person's present application user name, which the service knows as `userName`.
    #[must_use]
    pub fn login(&self, key: &str) -> Option<String> {
        self.people.get(key).map(|person| person.user_name(&self.engine.app))
    }

    /// A group's present name.
    #[must_use]
    pub fn group_name(&self, key: &str) -> Option<&str> {
        self.groups.get(key).map(|group| group.group.name.as_str())
    }

    /// Jobs that failed and were not retried, oldest first.
    #[must_use]
    pub fn tasks(&self) -> &[Task] {
        &self.tasks
    }

    /// What the Okta side shows: assignments, group push, tasks, System Log, imported accounts.
    #[must_use]
    pub fn state(&self) -> Value {
        let mut assignments: Vec<Value> = self
            .people
            .values()
            .map(|person| {
                json!({
                    "login": person.profile.login,
                    "oktaId": person.okta_id,
                    "status": person.status(),
                    "assigned": person.assigned,
                    "externalId": person.external_id,
                })
            })
            .collect();
        assignments.sort_by(|a, b| a["login"].as_str().cmp(&b["login"].as_str()));
        let group_push: Vec<Value> = self
            .groups
            .values()
            .filter(|group| group.linked)
            .map(|group| {
                json!({
                    "group": group.group.name,
                    "status": if group.active { "ACTIVE" } else { "INACTIVE" },
                    "externalId": group.external_id,
                    "members": group.pushed_members,
                })
            })
            .collect();
        let tasks: Vec<Value> = self.tasks.iter().map(|task| json!(task.message)).collect();
        let mut state = json!({
            "assignments": assignments,
            "groupPush": group_push,
            "tasks": tasks,
            "systemLog": self.log,
        });
        if !self.imported_users.is_empty() {
            state["importedUsers"] = json!(self.imported_users);
        }
        if !self.imported_groups.is_empty() {
            state["importedGroups"] = json!(self.imported_groups);
        }
        if !self.imported_schema.is_empty() {
            state["importedSchema"] = json!(self.imported_schema);
        }
        if !self.imported_entitlements.is_empty() {
            state["importedEntitlements"] = json!(self.imported_entitlements);
        }
        state
    }

    pub(super) fn person(&self, key: &str) -> Result<&PersonState, OperationError> {
        self.people.get(key).ok_or_else(|| unknown("person", key, self.people.keys()))
    }

    pub(super) fn person_mut(&mut self, key: &str) -> Result<&mut PersonState, OperationError> {
        if !self.people.contains_key(key) {
            return Err(unknown("person", key, self.people.keys()));
        }
        Ok(&mut self.people[key])
    }

    pub(super) fn group(&self, key: &str) -> Result<&GroupState, OperationError> {
        self.groups.get(key).ok_or_else(|| unknown("group", key, self.groups.keys()))
    }

    pub(super) fn group_mut(&mut self, key: &str) -> Result<&mut GroupState, OperationError> {
        if !self.groups.contains_key(key) {
            return Err(unknown("group", key, self.groups.keys()));
        }
        Ok(&mut self.groups[key])
    }

    /// The 8-character placeholder that every create carries (§3.4).
    pub(super) fn next_password(&mut self, key: &str) -> Result<String, OperationError> {
        let seed = self.engine.seed;
        let person = self.person_mut(key)?;
        person.passwords += 1;
        Ok(generated(seed, &format!("{}#{}", person.okta_id, person.passwords), 8, PASSWORD))
    }

    /// A user name that nobody has.
    pub(super) fn nobody(&self) -> String {
        generated(self.engine.seed, "nobody", 20, ALPHANUMERIC)
    }

    /// Takes the oldest task of that person or group.
    pub(super) fn take_task(&mut self, user: Option<&str>, group: Option<&str>) -> Option<Task> {
        let at = self.tasks.iter().position(|task| {
            (user.is_some() && task.user.as_deref() == user)
                || (group.is_some() && task.group.as_deref() == group)
        })?;
        Some(self.tasks.remove(at))
    }
}

fn unknown<'a>(kind: &'static str, name: &str, known: impl Iterator<Item = &'a String>) -> OperationError {
    let known: Vec<&str> = known.map(String::as_str).collect();
    let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
    OperationError::Unknown { kind, name: name.to_owned(), known }
}

const ALPHANUMERIC: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
/// Symbols occur in the captured placeholders (§3.4).
const PASSWORD: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789&^%#@!*";

/// An identifier as Okta's are: a prefix for the kind and seventeen further characters.
#[must_use]
pub fn identifier(seed: u64, prefix: &str, number: u64) -> String {
    format!("{prefix}{}", generated(seed, &format!("{prefix}#{number}"), 17, ALPHANUMERIC))
}

/// What stands in place of Okta's id of a person.
pub(super) fn person_id(seed: u64, login: &str) -> String {
    format!("00u{}", generated(seed, login, 17, ALPHANUMERIC))
}

/// What stands in place of Okta's id of a group.
pub(super) fn group_id(seed: u64, key: &str) -> String {
    format!("00g{}", generated(seed, key, 17, ALPHANUMERIC))
}

/// `length` characters that depend on nothing but seed and key: FNV-1a over the key, then splitmix64.
fn generated(seed: u64, key: &str, length: usize, alphabet: &[u8]) -> String {
    let mut state = key.bytes().fold(0xcbf2_9ce4_8422_2325_u64 ^ seed, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    (0..length)
        .map(|_| {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = state;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            z ^= z >> 31;
            let index = usize::try_from(z % alphabet.len() as u64).unwrap_or(0);
            char::from(alphabet[index])
        })
        .collect()
}
