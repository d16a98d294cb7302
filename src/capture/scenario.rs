//! A capture as a scenario: what the administrator did, as steps, with what should have come of it. What is
//! no action of an administrator becomes a raw request.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::operations::{Operation, OperationKind as K, Traits};
use super::scim::shown;
use crate::exchange::{Request, percent_decode};
use crate::urn::{ENTERPRISE_USER as ENTERPRISE, USER as CORE};

/// Attributes that are sent without being mapped in the Profile Editor, or that Okta makes up.
const BASE: [&str; 9] =
    ["userName", "displayName", "locale", "externalId", "id", "active", "password", "schemas", "meta"];
/// Attributes of Okta's own profile that have the names of SCIM's.
const OKTAS: [&str; 8] =
    ["title", "userType", "department", "division", "employeeNumber", "costCenter", "organization", "locale"];

/// A person as the steps so far left it.
#[derive(Debug, Clone, Default)]
struct Person {
    key: String,
    login: String,
    profile: BTreeMap<String, String>,
    assigned: bool,
    has_account: bool,
}

#[derive(Debug, Clone, Default)]
struct Group {
    key: String,
    name: String,
    members: BTreeSet<String>,
}

/// Collects operations and becomes the text of a scenario.
#[derive(Debug, Default)]
pub struct Draft {
    /// By login in lower case, as it is now.
    people: HashMap<String, Person>,
    /// As they are at the beginning, in order.
    introduced: Vec<Person>,
    groups: HashMap<String, Group>,
    introduced_groups: Vec<Group>,
    /// Names that ids have in placeholders.
    ids: HashMap<String, String>,
    keys: BTreeSet<String>,
    /// Namespace and name of mapped attributes.
    mapped: BTreeSet<(String, String)>,
    steps: String,
    raw: usize,
    said: usize,
}

impl Draft {
    /// The scenario of these operations, in their order. `requests` has the request of each exchange that no
    /// operation of an administrator explains.
    #[must_use]
    pub fn text(
        name: &str,
        base_url: &str,
        operations: &[Operation],
        requests: &HashMap<usize, Request>,
        traits: &Traits,
    ) -> String {
        let mut draft = Self::default();
        for operation in operations {
            draft.operation(operation, base_url, requests);
        }
        draft.whole(name, operations, traits)
    }

    /// Whether the requests of the operation are needed as they are.
    #[must_use]
    pub fn is_raw(kind: K) -> bool {
        matches!(kind, K::Discovery | K::Other | K::Read | K::DeleteUser)
    }

    fn whole(&self, name: &str, operations: &[Operation], traits: &Traits) -> String {
        let mut out = String::new();
        let _ = writeln!(out, "title: {}", quoted(&format!("What {name} shows goes right")));
        let failed: Vec<String> = operations
            .iter()
            .filter_map(|operation| Some((operation, operation.stop.as_ref()?)))
            .map(|(operation, stop)| {
                let message =
                    if stop.message.is_empty() { "Okta stopped without a message" } else { &stop.message };
                format!("{} failed at exchange {}: {message}", operation.title(), stop.number)
            })
            .collect();
        if !failed.is_empty() {
            let _ =
                writeln!(out, "description: {}", quoted(&format!("In the capture {}", failed.join("; "))));
        }
        let _ = writeln!(out, "tags: [capture]");
        if let Some(dialect) = traits.dialect() {
            let _ = writeln!(
                out,
                "# As the app of the capture speaks; without this line it runs in both dialects."
            );
            let _ = writeln!(out, "dialects: [{dialect}]");
        }
        if !self.introduced.is_empty() {
            out.push_str("people:\n");
            for person in &self.introduced {
                let _ = writeln!(out, "  {}: {}", person.key, self.person(person));
            }
        }
        if !self.introduced_groups.is_empty() {
            out.push_str("groups:\n");
            for group in &self.introduced_groups {
                let members: Vec<&str> = group.members.iter().map(String::as_str).collect();
                let _ = writeln!(
                    out,
                    "  {}: {{ name: {}, members: [{}] }}",
                    group.key,
                    quoted(&group.name),
                    members.join(", ")
                );
            }
        }
        self.app(&mut out, operations, traits);
        out.push_str("steps:\n");
        out.push_str(&self.steps);
        if self.said == 0 {
            out.push_str("  - okta.test-credentials: {}\n  - expect.okta-task: { exists: false }\n");
        }
        out
    }

    fn person(&self, person: &Person) -> String {
        let mut fields = vec![format!("login: {}", quoted(&person.login))];
        let mut custom = Vec::new();
        for (name, value) in &person.profile {
            let pair = format!("{name}: {}", quoted(value));
            let own = ["firstName", "lastName", "email", "displayName"].contains(&name.as_str());
            if own || OKTAS.contains(&name.as_str()) { fields.push(pair) } else { custom.push(pair) }
        }
        if !custom.is_empty() {
            fields.push(format!("custom: {{ {} }}", custom.join(", ")));
        }
        format!("{{ {} }}", fields.join(", "))
    }

    fn app(&self, out: &mut String, operations: &[Operation], traits: &Traits) {
        let mut features = Vec::new();
        if traits.passwords {
            features.push("syncPassword: true");
        }
        if traits.imports_users || operations.iter().any(|operation| operation.kind == K::Import) {
            features.push("importUsers: true");
        }
        if traits.imports_groups {
            features.push("importGroups: true");
        }
        let unmapped = traits.creates && traits.unmapped.contains("displayName");
        let identifier = traits.unique_identifier.as_deref().filter(|name| *name != "userName");
        if features.is_empty() && self.mapped.is_empty() && !unmapped && identifier.is_none() {
            return;
        }
        out.push_str("app:\n");
        if !features.is_empty() {
            let _ = writeln!(out, "  features: {{ {} }}", features.join(", "));
        }
        if let Some(identifier) = identifier {
            let _ = writeln!(out, "  uniqueIdentifier: {}", quoted(identifier));
        }
        if unmapped {
            out.push_str("  unmapped: [displayName]\n");
        }
        if !self.mapped.is_empty() {
            out.push_str("  attributes:\n");
            for (namespace, name) in &self.mapped {
                let name = quoted(name);
                let _ = writeln!(
                    out,
                    "    - {{ variable: {name}, externalName: {name}, externalNamespace: {}, from: {name} }}",
                    quoted(namespace)
                );
            }
        }
    }

    fn step(&mut self, step: &str) {
        self.said += 1;
        let _ = writeln!(self.steps, "  - {step}");
    }

    fn comment(&mut self, text: &str) {
        let _ = writeln!(self.steps, "  # {}", shown(text));
    }

    fn operation(&mut self, operation: &Operation, base_url: &str, requests: &HashMap<usize, Request>) {
        match operation.kind {
            K::TestCredentials => {
                self.step("okta.test-credentials: {}");
                self.step("expect.okta-task: { exists: false }");
            }
            K::Save => {
                self.step("okta.save: {}");
                self.step("expect.okta-task: { exists: false }");
            }
            K::Assign => self.assign(operation),
            K::Update => self.update(operation),
            K::Deactivate => self.deactivate(operation),
            K::Reactivate => self.reactivate(operation),
            K::ChangePassword => {
                let key = self.assigned(operation);
                self.step(&format!("okta.change-password: {{ user: {key} }}"));
                self.went_well(&key);
            }
            K::PushGroup => self.push_group(operation),
            K::ChangeMembers | K::PushNow => self.change_members(operation),
            K::RenameGroup => self.rename_group(operation),
            K::DeleteGroup => {
                let key = self.pushed(operation);
                self.step(&format!("okta.unlink-group: {{ group: {key}, delete: true }}"));
                self.step(&format!("expect.group: {{ group: {key}, exists: false }}"));
                self.groups.remove(&operation.subject);
            }
            K::Import => {
                self.step("okta.import-now: {}");
                self.step("expect.okta-task: { exists: false }");
            }
            K::Discovery | K::Other | K::Read | K::DeleteUser => {
                self.as_it_was(operation, base_url, requests)
            }
        }
    }

    fn assign(&mut self, operation: &Operation) {
        let login = operation.subject.to_lowercase();
        let profile = self.profile(operation);
        let key = match self.people.get(&login) {
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
        self.learn_id(operation, &format!("users.{key}.id"));
        let known = self.people.get(&login).is_some_and(|person| person.has_account);
        // A link to an account that the capture does not make.
        if let Some(before) = &operation.before
            && !known
        {
            let active = before.get("active") != Some(&Value::Bool(false));
            self.comment("the account was there before the capture begins");
            self.step(&format!(
                "scim.request: {{ method: POST, path: /Users, body: {{ schemas: [\"{CORE}\"], userName: \"{{{{people.{key}.login}}}}\", active: {active} }} }}"
            ));
            self.step("expect.exchange: { status: 201 }");
        }
        if known {
            // What changed in between is pushed with the assignment.
            self.changes(&login, &key, &profile, false);
            self.step(&format!("okta.reassign: {{ user: {key} }}"));
        } else {
            self.step(&format!("okta.assign: {{ user: {key} }}"));
        }
        self.went_well(&key);
        let name = |attribute: &str, scim: &str| {
            profile.get(attribute).map(|value| format!("{scim}: {}", quoted(value)))
        };
        let attributes: Vec<String> =
            [name("firstName", "name.givenName"), name("lastName", "name.familyName")]
                .into_iter()
                .flatten()
                .collect();
        let attributes = if attributes.is_empty() {
            String::new()
        } else {
            format!(", attributes: {{ {} }}", attributes.join(", "))
        };
        let same = if known { ", sameId: true" } else { "" };
        self.step(&format!("expect.user: {{ user: {key}, active: true{same}{attributes} }}"));
        if let Some(person) = self.people.get_mut(&login) {
            person.assigned = true;
            person.has_account = true;
            person.profile.extend(profile);
        }
    }

    fn update(&mut self, operation: &Operation) {
        let key = self.assigned(operation);
        let login = operation.subject.to_lowercase();
        let profile = self.profile(operation);
        if !self.changes(&login, &key, &profile, true) {
            self.comment(&format!("{}: nothing changed that the app maps", operation.title()));
        }
        // A rename: later operations go by the new name.
        let renamed = operation.written.as_ref().and_then(|written| written.get("userName")?.as_str());
        if let Some(renamed) = renamed
            && !renamed.eq_ignore_ascii_case(&operation.subject)
            && let Some(mut person) = self.people.remove(&login)
        {
            renamed.clone_into(&mut person.login);
            self.step(&format!(
                "okta.update-profile: {{ user: {key}, set: {{ login: {} }} }}",
                quoted(renamed)
            ));
            self.went_well(&key);
            self.step(&format!("expect.user: {{ user: {key}, active: true, sameId: true }}"));
            self.people.insert(renamed.to_lowercase(), person);
        }
    }

    /// Steps for what is different in the profile; whether there was anything.
    fn changes(&mut self, login: &str, key: &str, profile: &BTreeMap<String, String>, expect: bool) -> bool {
        let Some(person) = self.people.get_mut(login) else { return false };
        let set: Vec<String> = profile
            .iter()
            .filter(|(name, value)| person.profile.get(*name) != Some(value))
            .map(|(name, value)| format!("{name}: {}", quoted(value)))
            .collect();
        person.profile.extend(profile.clone());
        if set.is_empty() {
            return false;
        }
        self.step(&format!("okta.update-profile: {{ user: {key}, set: {{ {} }} }}", set.join(", ")));
        if expect {
            self.went_well(key);
            let name = |attribute: &str, scim: &str| {
                let changed = set.iter().any(|pair| pair.starts_with(&format!("{attribute}:")));
                profile.get(attribute).filter(|_| changed).map(|value| format!("{scim}: {}", quoted(value)))
            };
            let attributes: Vec<String> = [
                name("firstName", "name.givenName"),
                name("lastName", "name.familyName"),
                name("title", "title"),
            ]
            .into_iter()
            .flatten()
            .collect();
            let attributes = if attributes.is_empty() {
                String::new()
            } else {
                format!(", attributes: {{ {} }}", attributes.join(", "))
            };
            self.step(&format!("expect.user: {{ user: {key}, active: true, sameId: true{attributes} }}"));
        }
        true
    }

    fn deactivate(&mut self, operation: &Operation) {
        let key = self.assigned(operation);
        self.step(&format!("okta.unassign: {{ user: {key} }}"));
        self.went_well(&key);
        self.step(&format!("expect.user: {{ user: {key}, active: false, sameId: true }}"));
        if let Some(person) = self.people.get_mut(&operation.subject.to_lowercase()) {
            person.assigned = false;
        }
    }

    fn reactivate(&mut self, operation: &Operation) {
        let login = operation.subject.to_lowercase();
        if self.people.get(&login).is_none_or(|person| person.assigned) {
            let key = self.assigned(operation);
            self.step(&format!("okta.unassign: {{ user: {key} }}"));
        }
        let Some(key) = self.people.get(&login).map(|person| person.key.clone()) else { return };
        self.step(&format!("okta.reassign: {{ user: {key} }}"));
        self.went_well(&key);
        self.step(&format!("expect.user: {{ user: {key}, active: true, sameId: true }}"));
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
        let key = match self.people.get(&login) {
            Some(person) => person.key.clone(),
            None => self.introduce(&operation.subject, profile),
        };
        self.learn_id(operation, &format!("users.{key}.id"));
        self.comment("assigned before the capture begins");
        let again = self.people.get(&login).is_some_and(|person| person.has_account);
        self.step(&format!("okta.{}: {{ user: {key} }}", if again { "reassign" } else { "assign" }));
        self.step(&format!("expect.user: {{ user: {key}, active: true }}"));
        if let Some(person) = self.people.get_mut(&login) {
            person.assigned = true;
            person.has_account = true;
        }
        key
    }

    fn went_well(&mut self, key: &str) {
        self.step(&format!("expect.okta-task: {{ user: {key}, exists: false }}"));
    }

    fn introduce(&mut self, login: &str, profile: BTreeMap<String, String>) -> String {
        let key = self.key(login.split('@').next().unwrap_or_default(), "person");
        let person = Person {
            key: key.clone(),
            login: login.to_owned(),
            profile,
            assigned: false,
            has_account: false,
        };
        self.introduced.push(person.clone());
        self.people.insert(login.to_lowercase(), person);
        key
    }

    /// A short name that YAML and placeholders take as it is.
    fn key(&mut self, from: &str, otherwise: &str) -> String {
        let mut key: String =
            from.chars().filter(char::is_ascii_alphanumeric).take(20).collect::<String>().to_lowercase();
        // `1`, `true` or `null` would be no text in YAML.
        if !key.starts_with(|c: char| c.is_ascii_alphabetic())
            || ["true", "false", "null", "yes", "no", "on", "off", "y", "n"].contains(&key.as_str())
        {
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

    fn learn_id(&mut self, operation: &Operation, placeholder: &str) {
        if let Some(id) = &operation.id {
            self.ids.insert(id.clone(), placeholder.to_owned());
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
            // A PUT holds what the service had, too; only what Okta changed is mapped for sure.
            if created || changed && operation.before.is_some() || self.mapped.contains(&mapping) {
                self.mapped.insert(mapping);
                profile.insert(name, value);
            }
        }
        profile
    }

    fn push_group(&mut self, operation: &Operation) {
        let members = self.provisioned(operation.members.as_deref().unwrap_or_default());
        let key = self.key(&operation.subject, "group");
        let group = Group { key: key.clone(), name: operation.subject.clone(), members };
        self.introduced_groups.push(group.clone());
        self.learn_id(operation, &format!("groups.{key}.id"));
        self.groups.insert(operation.subject.clone(), group.clone());
        self.step(&format!("okta.push-group: {{ group: {key} }}"));
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
        let key = self.key(&operation.subject, "group");
        let group = Group { key: key.clone(), name: operation.subject.clone(), members };
        self.introduced_groups.push(group.clone());
        self.learn_id(operation, &format!("groups.{key}.id"));
        self.groups.insert(operation.subject.clone(), group);
        self.step(&format!("okta.push-group: {{ group: {key} }}"));
        key
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
        let (joined, left): (Vec<String>, Vec<String>) = (
            wanted.difference(&group.members).cloned().collect(),
            group.members.difference(&wanted).cloned().collect(),
        );
        for name in &left {
            self.step(&format!("okta.remove-member: {{ group: {key}, user: {name} }}"));
        }
        for name in &joined {
            self.step(&format!("okta.add-member: {{ group: {key}, user: {name} }}"));
        }
        if operation.kind == K::PushNow || joined.is_empty() && left.is_empty() {
            self.step(&format!("okta.push-now: {{ group: {key} }}"));
        }
        group.members = wanted;
        self.group_is(&group);
        self.groups.insert(operation.subject.clone(), group);
    }

    fn rename_group(&mut self, operation: &Operation) {
        let key = self.pushed(operation);
        let name = operation.new_name.clone().unwrap_or_default();
        self.step(&format!("okta.rename-group: {{ group: {key}, to: {} }}", quoted(&name)));
        if let Some(mut group) = self.groups.remove(&operation.subject) {
            group.name.clone_from(&name);
            self.group_is(&group);
            self.groups.insert(name, group);
        }
    }

    fn group_is(&mut self, group: &Group) {
        let members: Vec<&str> = group.members.iter().map(String::as_str).collect();
        self.step(&format!("expect.okta-task: {{ group: {}, exists: false }}", group.key));
        self.step(&format!("expect.group: {{ group: {}, members: [{}] }}", group.key, members.join(", ")));
    }

    /// Keys of the members, each assigned first where it is not.
    fn provisioned(&mut self, members: &[String]) -> BTreeSet<String> {
        members.iter().map(|name| self.assigned(&Operation::new(K::Read, name))).collect()
    }

    fn as_it_was(&mut self, operation: &Operation, base_url: &str, requests: &HashMap<usize, Request>) {
        for part in &operation.parts {
            let Some(request) = requests.get(&part.number) else { continue };
            let path = request.url.strip_prefix(base_url).unwrap_or(request.target());
            let mut path: String = path
                .split('/')
                .map(|segment| match self.ids.get(&percent_decode(segment)) {
                    Some(placeholder) => format!("{{{{{placeholder}}}}}"),
                    None => literal(segment),
                })
                .collect::<Vec<_>>()
                .join("/");
            if !path.starts_with('/') {
                path.insert(0, '/');
            }
            let mut fields =
                vec![format!("method: {}", quoted(&request.method)), format!("path: {}", quoted(&path))];
            if let Some(body) = &request.body {
                let text = match serde_json::from_slice::<Value>(body) {
                    Ok(mut json) => {
                        self.with_placeholders(&mut json);
                        json.to_string()
                    }
                    Err(_) => quoted(&literal(&String::from_utf8_lossy(body))),
                };
                fields.push(format!("body: {text}"));
            }
            self.raw += 1;
            self.comment(&format!("exchange {}: {}", part.number, part.line));
            self.step(&format!("scim.request: {{ {} }}", fields.join(", ")));
        }
    }

    fn with_placeholders(&self, value: &mut Value) {
        match value {
            Value::Object(fields) => fields.values_mut().for_each(|inner| self.with_placeholders(inner)),
            Value::Array(items) => items.iter_mut().for_each(|item| self.with_placeholders(item)),
            Value::String(text) => {
                *text = match self.ids.get(text.as_str()) {
                    Some(placeholder) => format!("{{{{{placeholder}}}}}"),
                    None => literal(text),
                };
            }
            _ => {}
        }
    }
}

/// A text of the capture must not turn into a placeholder.
fn literal(text: &str) -> String {
    text.replace("{{", "{ {")
}

/// A JSON string is a YAML string.
fn quoted(text: &str) -> String {
    Value::String(literal(text)).to_string()
}

fn is_plain(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.chars().all(|c| c.is_ascii_alphanumeric())
}
