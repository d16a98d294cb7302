//! A capture as a scenario: what the administrator did, as steps, with what should have come of it. What is
//! no action of an administrator becomes a raw request.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use indexmap::IndexMap;
use serde_json::{Map, Value, json};
use serde_saphyr::{Location, Spanned};

use super::expect::{ExpectExchange, ExpectGroup, ExpectOktaTask, ExpectUser};
use super::model::{Expectation, ScenarioFile, ScimAction, ScimRequest, Step};
use super::write::{Comments, write};
use crate::capture::{Operation, OperationKind as K, Traits, shown};
use crate::clients::{Dialect, operation as okta};
use crate::exchange::{Request, percent_decode};

const CORE: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
/// Attributes that are sent without being mapped in the Profile Editor, or that Okta makes up.
const BASE: [&str; 9] =
    ["userName", "displayName", "locale", "externalId", "id", "active", "password", "schemas", "meta"];
/// The variable for two braces in captured text, where they would begin a placeholder.
const BRACES: &str = "braces";

/// A body with more levels is written as a text, which is sent as it is: readers of YAML take only so many.
const DEEPEST: usize = 32;

/// The scenario of a capture, before it is a file.
#[derive(Debug)]
pub struct Draft {
    file: ScenarioFile,
    comments: Comments,
}

impl Draft {
    /// The scenario of these operations, in their order. `requests` has the request of each exchange that no
    /// operation of an administrator explains.
    #[must_use]
    pub fn new(
        name: &str,
        base_url: &str,
        operations: &[Operation],
        requests: &HashMap<usize, Request>,
        traits: &Traits,
    ) -> Self {
        let mut so_far = SoFar::default();
        for operation in operations {
            so_far.operation(operation, base_url, requests);
        }
        so_far.end(name, operations, traits)
    }

    /// Whether the requests of the operation are needed as they are.
    #[must_use]
    pub fn is_raw(kind: K) -> bool {
        match kind {
            K::Discovery | K::Other | K::Read | K::DeleteUser => true,
            K::TestCredentials
            | K::Save
            | K::Assign
            | K::Update
            | K::Deactivate
            | K::Reactivate
            | K::ChangePassword
            | K::PushGroup
            | K::ChangeMembers
            | K::RenameGroup
            | K::PushNow
            | K::DeleteGroup
            | K::Import => false,
        }
    }

    /// What the file says.
    #[must_use]
    pub fn file(&self) -> &ScenarioFile {
        &self.file
    }

    /// The text of the file.
    ///
    /// # Errors
    /// When a value has no form in JSON, which no value of a scenario lacks.
    pub fn text(&self) -> serde_json::Result<String> {
        write(&self.file, &self.comments)
    }
}

/// A person as the steps so far left it.
#[derive(Debug, Clone, Default)]
struct Person {
    key: String,
    profile: BTreeMap<String, String>,
    assigned: bool,
    has_account: bool,
}

#[derive(Debug, Clone, Default)]
struct Group {
    key: String,
    members: BTreeSet<String>,
}

/// What the operations so far have become.
#[derive(Debug, Default)]
struct SoFar {
    /// By login in lower case, as it is now.
    people: HashMap<String, Person>,
    /// As they are at the beginning, in order.
    introduced: IndexMap<String, Spanned<okta::Person>>,
    groups: HashMap<String, Group>,
    introduced_groups: IndexMap<String, Spanned<okta::Group>>,
    /// Names that ids have in placeholders.
    ids: HashMap<String, String>,
    keys: BTreeSet<String>,
    /// Namespace and name of mapped attributes.
    mapped: BTreeSet<(String, String)>,
    steps: Vec<Spanned<Step>>,
    comments: Comments,
}

impl SoFar {
    fn end(mut self, name: &str, operations: &[Operation], traits: &Traits) -> Draft {
        if self.steps.is_empty() {
            self.okta(okta::Operation::TestCredentials(okta::TestCredentials {}));
            self.no_task(ExpectOktaTask::default());
        }
        let failed: Vec<String> = operations
            .iter()
            .filter_map(|operation| Some((operation, operation.stop.as_ref()?)))
            .map(|(operation, stop)| {
                let message =
                    stop.message.text().unwrap_or_else(|| "Okta stopped without a message".to_owned());
                format!("{} failed at exchange {}: {message}", operation.title(), stop.number)
            })
            .collect();
        let dialect = Dialect::ALL.into_iter().find(|name| Some(name.as_str()) == traits.dialect());
        if dialect.is_some() {
            let why = "As the app of the capture speaks; without this line it runs in both dialects.";
            self.comments.fields.insert("dialects", why.into());
        }
        let mut file = ScenarioFile {
            title: format!("What {name} shows goes right"),
            description: (!failed.is_empty()).then(|| format!("In the capture {}", failed.join("; "))),
            covers: Vec::new(),
            requires: Vec::new(),
            tags: vec!["capture".into()],
            dialects: dialect.map(|dialect| vec![dialect]),
            not_in_entra: None,
            dialects_differ: None,
            variables: IndexMap::new(),
            app: self.app(operations, traits),
            people: self.introduced,
            groups: self.introduced_groups,
            steps: self.steps,
        };
        let text = serde_json::to_string(&file).unwrap_or_default();
        if text.contains(&placeholder(BRACES)) {
            file.variables.insert(BRACES.into(), "{{".into());
            let why = "For two braces in values of the capture, which are no placeholder there.";
            self.comments.fields.insert("variables", why.into());
        }
        Draft { file, comments: self.comments }
    }

    fn app(&self, operations: &[Operation], traits: &Traits) -> okta::App {
        let mut app = okta::App::default();
        app.features.sync_password = traits.passwords;
        app.features.import_users =
            traits.imports_users || operations.iter().any(|operation| operation.kind == K::Import);
        app.features.import_groups = traits.imports_groups;
        if let Some(identifier) = &traits.unique_identifier {
            app.unique_identifier.clone_from(identifier);
        }
        if traits.creates && traits.unmapped.contains("displayName") {
            app.unmapped.push("displayName".into());
        }
        app.attributes = self
            .mapped
            .iter()
            .map(|(namespace, name)| okta::Attribute {
                variable: name.clone(),
                external_name: name.clone(),
                external_namespace: Some(namespace.clone()),
                from: Some(name.clone()),
                data_type: okta::DataType::String,
            })
            .collect();
        app
    }

    fn step(&mut self, step: Step) {
        self.steps.push(unplaced(step));
    }

    fn okta(&mut self, operation: okta::Operation) {
        self.step(Step::Okta(operation));
    }

    fn expect_user(&mut self, expect: ExpectUser) {
        self.step(Step::Expect(Expectation::User(expect)));
    }

    /// That Okta had no cause for such a task.
    fn no_task(&mut self, about: ExpectOktaTask) {
        let expect = ExpectOktaTask { exists: Some(false), ..about };
        self.step(Step::Expect(Expectation::OktaTask(expect)));
    }

    fn no_task_of(&mut self, user: &str) {
        self.no_task(ExpectOktaTask { user: Some(user.to_owned()), ..ExpectOktaTask::default() });
    }

    fn comment(&mut self, text: &str) {
        self.comments.steps.push((self.steps.len(), shown(text)));
    }

    fn operation(&mut self, operation: &Operation, base_url: &str, requests: &HashMap<usize, Request>) {
        match operation.kind {
            K::TestCredentials => {
                self.okta(okta::Operation::TestCredentials(okta::TestCredentials {}));
                self.no_task(ExpectOktaTask::default());
            }
            K::Save => {
                self.okta(okta::Operation::Save(okta::Save { features: None }));
                self.no_task(ExpectOktaTask::default());
            }
            K::Assign => self.assign(operation),
            K::Update => self.update(operation),
            K::Deactivate => self.deactivate(operation),
            K::Reactivate => self.reactivate(operation),
            K::ChangePassword => {
                let user = self.assigned(operation);
                self.okta(okta::Operation::ChangePassword(okta::ChangePassword { user: user.clone() }));
                self.no_task_of(&user);
            }
            K::PushGroup => self.push_group(operation),
            K::ChangeMembers | K::PushNow => self.change_members(operation),
            K::RenameGroup => self.rename_group(operation),
            K::DeleteGroup => {
                let group = self.pushed(operation);
                let unlink = okta::UnlinkGroup { group: group.clone(), delete: true };
                self.okta(okta::Operation::UnlinkGroup(unlink));
                let gone = ExpectGroup { group, exists: Some(false), ..ExpectGroup::default() };
                self.step(Step::Expect(Expectation::Group(gone)));
                self.groups.remove(&operation.subject);
            }
            K::Import => {
                self.okta(okta::Operation::ImportNow(okta::ImportNow {}));
                self.no_task(ExpectOktaTask::default());
            }
            K::Discovery | K::Other | K::Read | K::DeleteUser => {
                self.as_it_was(operation, base_url, requests);
            }
        }
    }

    fn assign(&mut self, operation: &Operation) {
        let login = operation.subject.to_lowercase();
        let profile = self.profile(operation);
        let user = match self.people.get(&login) {
            Some(person) if person.assigned => {
                let key = person.key.clone();
                self.comment(&format!(
                    "{} once more: a retry, for which there is no cause once it succeeds",
                    operation.title()
                ));
                return self.learn_id(operation, &format!("users.{key}.id"));
            }
            Some(person) => person.key.clone(),
            None => self.introduce(&operation.subject, profile.clone()),
        };
        self.learn_id(operation, &format!("users.{user}.id"));
        let known = self.people.get(&login).is_some_and(|person| person.has_account);
        // A link to an account that the capture does not create.
        if let Some(before) = &operation.before
            && !known
        {
            self.comment("the account was there before the capture begins");
            let account = json!({
                "schemas": [CORE],
                "userName": placeholder(&format!("people.{user}.login")),
                "active": before.get("active") != Some(&Value::Bool(false)),
            });
            let create = ScimRequest::new("POST".into(), "/Users".into(), Some(account));
            self.step(Step::Scim(ScimAction::Request(create)));
            let created = ExpectExchange { status: Some(201), ..ExpectExchange::default() };
            self.step(Step::Expect(Expectation::Exchange(created)));
        }
        if known {
            // What changed in between is pushed with the assignment.
            self.update_profile(&login, &user, &profile);
        }
        self.okta(assignment(&user, known));
        self.no_task_of(&user);
        self.expect_user(ExpectUser {
            active: Some(true),
            same_id: known.then_some(true),
            attributes: names(&profile, &[]),
            ..expected(&user)
        });
        if let Some(person) = self.people.get_mut(&login) {
            person.assigned = true;
            person.has_account = true;
            person.profile.extend(profile);
        }
    }

    fn update(&mut self, operation: &Operation) {
        let user = self.assigned(operation);
        let login = operation.subject.to_lowercase();
        let profile = self.profile(operation);
        let changed = self.update_profile(&login, &user, &profile);
        if changed.is_empty() {
            self.comment(&format!("{}: nothing changed that the app maps", operation.title()));
        } else {
            self.no_task_of(&user);
            let attributes = names(&changed, &[("title", "title")]);
            self.expect_user(ExpectUser {
                active: Some(true),
                same_id: Some(true),
                attributes,
                ..expected(&user)
            });
        }
        // A rename: later operations go by the new name.
        let renamed = operation.written.as_ref().and_then(|written| written.get("userName")?.as_str());
        if let Some(renamed) = renamed
            && !renamed.eq_ignore_ascii_case(&operation.subject)
            && let Some(person) = self.people.remove(&login)
        {
            let set = IndexMap::from([("login".to_owned(), literal(renamed))]);
            self.okta(okta::Operation::UpdateProfile(okta::UpdateProfile { user: user.clone(), set }));
            self.no_task_of(&user);
            self.expect_user(ExpectUser { active: Some(true), same_id: Some(true), ..expected(&user) });
            self.people.insert(renamed.to_lowercase(), person);
        }
    }

    /// A step for what is different in the profile, if anything is; gives what is.
    fn update_profile(
        &mut self,
        login: &str,
        user: &str,
        profile: &BTreeMap<String, String>,
    ) -> BTreeMap<String, String> {
        let mut changed = profile.clone();
        if let Some(person) = self.people.get_mut(login) {
            changed.retain(|name, value| person.profile.get(name) != Some(value));
            person.profile.extend(profile.clone());
        }
        if !changed.is_empty() {
            let set = changed.iter().map(|(name, value)| (name.clone(), literal(value))).collect();
            self.okta(okta::Operation::UpdateProfile(okta::UpdateProfile { user: user.to_owned(), set }));
        }
        changed
    }

    fn deactivate(&mut self, operation: &Operation) {
        let user = self.assigned(operation);
        self.okta(okta::Operation::Unassign(okta::Unassign { user: user.clone() }));
        self.no_task_of(&user);
        self.expect_user(ExpectUser { active: Some(false), same_id: Some(true), ..expected(&user) });
        if let Some(person) = self.people.get_mut(&operation.subject.to_lowercase()) {
            person.assigned = false;
        }
    }

    fn reactivate(&mut self, operation: &Operation) {
        let login = operation.subject.to_lowercase();
        if self.people.get(&login).is_none_or(|person| person.assigned) {
            let user = self.assigned(operation);
            self.okta(okta::Operation::Unassign(okta::Unassign { user }));
        }
        let Some(user) = self.people.get(&login).map(|person| person.key.clone()) else { return };
        self.okta(assignment(&user, true));
        self.no_task_of(&user);
        self.expect_user(ExpectUser { active: Some(true), same_id: Some(true), ..expected(&user) });
        if let Some(person) = self.people.get_mut(&login) {
            person.assigned = true;
        }
    }

    /// The person's key; one whom the capture takes for granted is assigned first.
    fn assigned(&mut self, operation: &Operation) -> String {
        let login = operation.subject.to_lowercase();
        if let Some(person) = self.people.get(&login)
            && person.assigned
        {
            return person.key.clone();
        }
        let before = Operation { written: operation.before.clone(), ..operation.clone() };
        let profile = self.profile(&before);
        let user = match self.people.get(&login) {
            Some(person) => person.key.clone(),
            None => self.introduce(&operation.subject, profile),
        };
        self.learn_id(operation, &format!("users.{user}.id"));
        self.comment("assigned before the capture begins");
        let again = self.people.get(&login).is_some_and(|person| person.has_account);
        self.okta(assignment(&user, again));
        self.expect_user(ExpectUser { active: Some(true), ..expected(&user) });
        if let Some(person) = self.people.get_mut(&login) {
            person.assigned = true;
            person.has_account = true;
        }
        user
    }

    fn introduce(&mut self, login: &str, profile: BTreeMap<String, String>) -> String {
        let key = self.key(login.split('@').next().unwrap_or_default(), "person");
        self.introduced.insert(key.clone(), unplaced(in_directory(login, &profile)));
        let person = Person { key: key.clone(), profile, assigned: false, has_account: false };
        self.people.insert(login.to_lowercase(), person);
        key
    }

    /// A short name that placeholders take as it is, and that is a text in YAML without quotes.
    fn key(&mut self, from: &str, otherwise: &str) -> String {
        let mut key: String =
            from.chars().filter(char::is_ascii_alphanumeric).take(20).collect::<String>().to_lowercase();
        if !super::write::is_plain(&key) {
            key = format!("{otherwise}{key}");
        }
        let base = key.clone();
        let mut number = 2;
        while !self.keys.insert(key.clone()) {
            key = format!("{base}{number}");
            number += 1;
        }
        key
    }

    fn learn_id(&mut self, operation: &Operation, name: &str) {
        if let Some(id) = &operation.id {
            self.ids.insert(id.clone(), placeholder(name));
        }
    }

    /// Attributes of the Okta profile that lead to the document.
    fn profile(&mut self, operation: &Operation) -> BTreeMap<String, String> {
        let mut profile = BTreeMap::new();
        let Some(written) = &operation.written else { return profile };
        let created = operation.parts.iter().any(|part| part.what == "create");
        let mut text = |name: &str, value: Option<&Value>| {
            if let Some(value) = value.and_then(Value::as_str).filter(|value| !value.is_empty()) {
                profile.insert(name.to_owned(), value.to_owned());
            }
        };
        text("firstName", written.get("name").and_then(|name| name.get("givenName")));
        text("lastName", written.get("name").and_then(|name| name.get("familyName")));
        text("locale", written.get("locale"));
        let mail = written.get("emails").and_then(|mails| mails.get(0)?.get("value"));
        let user_name = written.get("userName").and_then(Value::as_str).unwrap_or(&operation.subject);
        text("email", mail.filter(|mail| mail.as_str() != Some(user_name)));
        let both = [profile.get("firstName"), profile.get("lastName")];
        let full: Vec<&str> = both.into_iter().flatten().map(String::as_str).collect();
        let display = written.get("displayName").and_then(Value::as_str);
        if let Some(display) = display.filter(|display| *display != full.join(" ") && !display.is_empty()) {
            profile.insert("displayName".into(), display.to_owned());
        }
        let extension = written.get(ENTERPRISE).and_then(Value::as_object);
        let simple = |fields: &Map<String, Value>| -> Vec<(String, String)> {
            fields
                .iter()
                .filter(|(name, _)| !BASE.contains(&name.as_str()) && is_plain(name))
                .filter_map(|(name, value)| {
                    Some((name.clone(), value.as_str().filter(|text| !text.is_empty())?.to_owned()))
                })
                .collect()
        };
        let own = simple(written).into_iter().map(|(name, value)| (CORE, name, value));
        let further = extension.map(simple).unwrap_or_default();
        let further = further.into_iter().map(|(name, value)| (ENTERPRISE, name, value));
        for (namespace, name, value) in own.chain(further) {
            let before = operation.before.as_ref();
            let holder = if namespace == CORE {
                before
            } else {
                before.and_then(|fields| fields.get(ENTERPRISE)?.as_object())
            };
            let changed =
                holder.is_none_or(|fields| fields.get(&name).and_then(Value::as_str) != Some(&value));
            let mapping = (namespace.to_owned(), name.clone());
            // A PUT has what the service had, too; only what Okta changed is mapped for sure.
            if created || changed && operation.before.is_some() || self.mapped.contains(&mapping) {
                self.mapped.insert(mapping);
                profile.insert(name, value);
            }
        }
        profile
    }

    /// A group of the directory with these members, pushed for the first time.
    fn push(&mut self, operation: &Operation, members: BTreeSet<String>) -> Group {
        let key = self.key(&operation.subject, "group");
        let definition =
            okta::Group { name: literal(&operation.subject), members: members.iter().cloned().collect() };
        self.introduced_groups.insert(key.clone(), unplaced(definition));
        self.learn_id(operation, &format!("groups.{key}.id"));
        self.okta(okta::Operation::PushGroup(okta::PushGroup { group: key.clone() }));
        let group = Group { key, members };
        self.groups.insert(operation.subject.clone(), group.clone());
        group
    }

    fn push_group(&mut self, operation: &Operation) {
        let members = self.provisioned(operation.members.as_deref().unwrap_or_default());
        let group = self.push(operation, members);
        self.group_is(&group);
    }

    /// The group's key; one that the capture takes for granted is pushed first.
    fn pushed(&mut self, operation: &Operation) -> String {
        if let Some(group) = self.groups.get(&operation.subject) {
            return group.key.clone();
        }
        let members = operation.members.clone().unwrap_or_default();
        let mut before: BTreeSet<String> =
            members.iter().filter(|name| !operation.joined.contains(name)).cloned().collect();
        before.extend(operation.left.iter().cloned());
        let before: Vec<String> = before.into_iter().collect();
        let members = self.provisioned(&before);
        self.comment("pushed before the capture begins");
        self.push(operation, members).key
    }

    fn change_members(&mut self, operation: &Operation) {
        let key = self.pushed(operation);
        let Some(mut group) = self.groups.get(&operation.subject).cloned() else { return };
        let wanted = match &operation.members {
            Some(members) => self.provisioned(members),
            None => {
                let mut members = group.members.clone();
                let left = self.provisioned(&operation.left);
                members.retain(|name| !left.contains(name));
                members.extend(self.provisioned(&operation.joined));
                members
            }
        };
        let left: Vec<String> = group.members.difference(&wanted).cloned().collect();
        let joined: Vec<String> = wanted.difference(&group.members).cloned().collect();
        let push_now = operation.kind == K::PushNow || joined.is_empty() && left.is_empty();
        for user in left {
            let remove = okta::RemoveMember { group: key.clone(), user };
            self.okta(okta::Operation::RemoveMember(remove));
        }
        for user in joined {
            self.okta(okta::Operation::AddMember(okta::AddMember { group: key.clone(), user }));
        }
        if push_now {
            self.okta(okta::Operation::PushNow(okta::PushNow { group: key }));
        }
        group.members = wanted;
        self.group_is(&group);
        self.groups.insert(operation.subject.clone(), group);
    }

    fn rename_group(&mut self, operation: &Operation) {
        let group = self.pushed(operation);
        let name = operation.new_name.clone().unwrap_or_default();
        self.okta(okta::Operation::RenameGroup(okta::RenameGroup { group, to: literal(&name) }));
        if let Some(group) = self.groups.remove(&operation.subject) {
            self.group_is(&group);
            self.groups.insert(name, group);
        }
    }

    fn group_is(&mut self, group: &Group) {
        self.no_task(ExpectOktaTask { group: Some(group.key.clone()), ..ExpectOktaTask::default() });
        self.step(Step::Expect(Expectation::Group(ExpectGroup {
            group: group.key.clone(),
            members: Some(group.members.iter().cloned().collect()),
            ..ExpectGroup::default()
        })));
    }

    /// Keys of the members, each assigned first where it is not.
    fn provisioned(&mut self, members: &[String]) -> BTreeSet<String> {
        members.iter().map(|name| self.assigned(&Operation::new(K::Read, name))).collect()
    }

    fn as_it_was(&mut self, operation: &Operation, base_url: &str, requests: &HashMap<usize, Request>) {
        for part in &operation.parts {
            let Some(request) = requests.get(&part.number) else { continue };
            let path = request.url.strip_prefix(base_url).unwrap_or(request.target());
            let segments =
                path.split('/').map(|segment| self.with_placeholder(&percent_decode(segment), segment));
            let path = segments.collect::<Vec<_>>().join("/");
            let body = request.body.as_ref().map(|body| match serde_json::from_slice(body) {
                Ok(json @ (Value::Object(_) | Value::Array(_))) => {
                    let body = self.with_placeholders(&json);
                    if depth(&body) > DEEPEST { body.to_string().into() } else { body }
                }
                // A step sends a text as it is.
                Ok(_) | Err(_) => Value::String(literal(&String::from_utf8_lossy(body))),
            });
            self.comment(&format!("exchange {}: {}", part.number, part.line));
            let path = if path.starts_with('/') { path } else { format!("/{path}") };
            let request = ScimRequest::new(literal(&request.method), path, body);
            self.step(Step::Scim(ScimAction::Request(request)));
        }
    }

    fn with_placeholder(&self, id: &str, otherwise: &str) -> String {
        self.ids.get(id).cloned().unwrap_or_else(|| literal(otherwise))
    }

    fn with_placeholders(&self, value: &Value) -> Value {
        match value {
            Value::Object(fields) => fields
                .iter()
                .map(|(name, inner)| (literal(name), self.with_placeholders(inner)))
                .collect::<Map<_, _>>()
                .into(),
            Value::Array(items) => items.iter().map(|item| self.with_placeholders(item)).collect(),
            Value::String(text) => self.with_placeholder(text, text).into(),
            Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
        }
    }
}

/// Part of a scenario that no file has yet.
fn unplaced<T>(part: T) -> Spanned<T> {
    Spanned::new(part, Location::UNKNOWN, Location::UNKNOWN)
}

fn assignment(user: &str, again: bool) -> okta::Operation {
    let user = user.to_owned();
    if again {
        okta::Operation::Reassign(okta::Reassign { user })
    } else {
        okta::Operation::Assign(okta::Assign { user })
    }
}

fn expected(user: &str) -> ExpectUser {
    ExpectUser { user: user.to_owned(), ..ExpectUser::default() }
}

/// Given and family name of a profile, and `further` attributes of it, as SCIM names them.
fn names(profile: &BTreeMap<String, String>, further: &[(&str, &str)]) -> IndexMap<String, Value> {
    [("firstName", "name.givenName"), ("lastName", "name.familyName")]
        .iter()
        .chain(further)
        .filter_map(|(own, scim)| Some(((*scim).to_owned(), literal(profile.get(*own)?).into())))
        .collect()
}

/// A person of the directory; what Okta's own profile lacks was added to it.
fn in_directory(login: &str, profile: &BTreeMap<String, String>) -> okta::Person {
    let mut person = okta::Person { login: literal(login), ..okta::Person::default() };
    for (name, value) in profile {
        let with = serde_json::to_value(&person).map(|mut fields| {
            fields[name] = literal(value).into();
            fields
        });
        match with.and_then(serde_json::from_value::<okta::Person>) {
            Ok(with) if name != "login" => person = with,
            Ok(_) | Err(_) => drop(person.custom.insert(name.clone(), literal(value))),
        }
    }
    person
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Object(fields) => 1 + fields.values().map(depth).max().unwrap_or_default(),
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or_default(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
    }
}

fn placeholder(name: &str) -> String {
    format!("{{{{{name}}}}}")
}

/// Text of the capture, of which nothing is a placeholder.
fn literal(text: &str) -> String {
    text.replace("{{", &placeholder(BRACES))
}

fn is_plain(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.chars().all(|c| c.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests;
