//! PATCH against a model that is as plain as can be: a user as a structure, each operation as one line of
//! RFC 7644 §3.5.2. Whatever list of operations comes, both end with the same user, or both refuse.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

const RULES: Rules = Rules { structural_fault: StructuralFault::InvalidSyntax, text_booleans: false };

#[derive(Debug, Clone, Default, PartialEq)]
struct Email {
    value: Option<&'static str>,
    kind: Option<&'static str>,
    primary: Option<bool>,
}

#[derive(Debug, Clone, Default, PartialEq)]
struct Model {
    title: Option<&'static str>,
    given: Option<&'static str>,
    family: Option<&'static str>,
    emails: Vec<Email>,
}

#[derive(Debug, Clone)]
enum Act {
    SetTitle(bool, &'static str),
    RemoveTitle,
    SetGiven(bool, &'static str),
    RemoveGiven,
    SetName(bool, Option<&'static str>, Option<&'static str>),
    RemoveName,
    AddEmails(Vec<Email>),
    ReplaceEmails(Vec<Email>),
    RemoveEmails,
    RemoveWhere(&'static str),
    SetValueWhere(bool, &'static str, &'static str),
    MakePrimaryWhere(&'static str),
    WithoutPath(bool, &'static str, &'static str, Vec<Email>),
}

impl Email {
    fn is(&self, kind: &str) -> bool {
        self.kind.is_some_and(|known| known.eq_ignore_ascii_case(kind))
    }

    fn to_json(&self) -> Value {
        let mut email = json!({});
        if let Some(value) = self.value {
            email["value"] = json!(value);
        }
        if let Some(kind) = self.kind {
            email["type"] = json!(kind);
        }
        if let Some(primary) = self.primary {
            email["primary"] = json!(primary);
        }
        email
    }
}

fn list(emails: &[Email]) -> Value {
    emails.iter().map(Email::to_json).collect()
}

impl Act {
    fn to_json(&self) -> Value {
        let op = |add: bool| if add { "add" } else { "Replace" };
        match self {
            Self::SetTitle(add, text) => json!({ "op": op(*add), "path": "title", "value": text }),
            Self::RemoveTitle => json!({ "op": "remove", "path": "TITLE" }),
            Self::SetGiven(add, text) => json!({ "op": op(*add), "path": "name.givenName", "value": text }),
            Self::RemoveGiven => json!({ "op": "remove", "path": "name.givenName" }),
            Self::SetName(add, given, family) => {
                let mut name = json!({});
                if let Some(given) = given {
                    name["givenName"] = json!(given);
                }
                if let Some(family) = family {
                    name["familyName"] = json!(family);
                }
                json!({ "op": op(*add), "path": "name", "value": name })
            }
            Self::RemoveName => json!({ "op": "remove", "path": "name" }),
            Self::AddEmails(emails) => json!({ "op": "add", "path": "emails", "value": list(emails) }),
            Self::ReplaceEmails(emails) => {
                json!({ "op": "replace", "path": "emails", "value": list(emails) })
            }
            Self::RemoveEmails => json!({ "op": "remove", "path": "emails" }),
            Self::RemoveWhere(kind) => {
                json!({ "op": "remove", "path": format!("emails[type eq \"{kind}\"]") })
            }
            Self::SetValueWhere(add, kind, value) => {
                json!({ "op": op(*add), "path": format!("emails[type eq \"{kind}\"].value"), "value": value })
            }
            Self::MakePrimaryWhere(kind) => {
                json!({ "op": "replace", "path": format!("emails[type eq \"{kind}\"].primary"), "value": true })
            }
            Self::WithoutPath(add, title, given, emails) => {
                json!({ "op": op(*add), "value": { "title": title, "name.givenName": given, "emails": list(emails) } })
            }
        }
    }
}

impl Model {
    fn add_emails(&mut self, emails: &[Email]) {
        let mut kept = Vec::new();
        for email in emails {
            let at = self.emails.iter().position(|known| known == email).unwrap_or_else(|| {
                self.emails.push(email.clone());
                self.emails.len() - 1
            });
            kept.push(at);
        }
        if emails.iter().any(|email| email.primary == Some(true)) {
            self.only_primary(&kept);
        }
    }

    /// §3.5.2: of the values that were there, none stays primary when a new one is.
    fn only_primary(&mut self, kept: &[usize]) {
        for (index, email) in self.emails.iter_mut().enumerate() {
            if !kept.contains(&index) && email.primary == Some(true) {
                email.primary = Some(false);
            }
        }
    }

    /// False when the operation cannot be done.
    fn perform(&mut self, act: &Act) -> bool {
        match act {
            Act::SetTitle(_, text) => self.title = Some(text),
            Act::RemoveTitle => self.title = None,
            Act::SetGiven(_, text) => self.given = Some(text),
            Act::RemoveGiven => self.given = None,
            Act::SetName(_, given, family) => {
                self.given = given.or(self.given);
                self.family = family.or(self.family);
            }
            Act::RemoveName => (self.given, self.family) = (None, None),
            Act::AddEmails(emails) => self.add_emails(emails),
            Act::ReplaceEmails(emails) => {
                self.emails.clear();
                self.add_emails(emails);
            }
            Act::RemoveEmails => self.emails.clear(),
            Act::RemoveWhere(kind) => self.emails.retain(|email| !email.is(kind)),
            Act::SetValueWhere(add, kind, value) => {
                let mut found = false;
                for email in self.emails.iter_mut().filter(|email| email.is(kind)) {
                    email.value = Some(value);
                    found = true;
                }
                if !found && *add {
                    self.emails.push(Email { value: Some(value), kind: Some(kind), primary: None });
                }
                return found || *add;
            }
            Act::MakePrimaryWhere(kind) => {
                let found: Vec<usize> =
                    (0..self.emails.len()).filter(|at| self.emails[*at].is(kind)).collect();
                for at in &found {
                    self.emails[*at].primary = Some(true);
                }
                self.only_primary(&found);
                return !found.is_empty();
            }
            Act::WithoutPath(add, title, given, emails) => {
                self.title = Some(title);
                self.given = Some(given);
                if !add {
                    self.emails.clear();
                }
                self.add_emails(emails);
            }
        }
        true
    }

    /// The rest of the rules is about the result: equal values are one, and one at most is primary.
    fn finished(mut self) -> Option<Self> {
        let mut seen: Vec<Email> = Vec::new();
        self.emails.retain(|email| {
            let new = !seen.contains(email) && *email != Email::default();
            seen.push(email.clone());
            new
        });
        (self.emails.iter().filter(|email| email.primary == Some(true)).count() <= 1).then_some(self)
    }

    fn to_json(&self) -> Value {
        let mut user = json!({ "schemas": [ResourceKind::User.core().id], "userName": "a@b.c" });
        let mut name = json!({});
        if let Some(given) = self.given {
            name["givenName"] = json!(given);
        }
        if let Some(family) = self.family {
            name["familyName"] = json!(family);
        }
        if name != json!({}) {
            user["name"] = name;
        }
        if let Some(title) = self.title {
            user["title"] = json!(title);
        }
        if !self.emails.is_empty() {
            user["emails"] = list(&self.emails);
        }
        user
    }
}

fn word() -> impl Strategy<Value = &'static str> {
    proptest::sample::select(vec!["A", "b", "Ö", "x y"])
}

fn kind() -> impl Strategy<Value = &'static str> {
    proptest::sample::select(vec!["work", "home", "WORK", "other"])
}

fn address() -> impl Strategy<Value = &'static str> {
    proptest::sample::select(vec!["a@b.c", "d@e.f", "g@h.i"])
}

fn emails() -> impl Strategy<Value = Vec<Email>> {
    let email = (address(), proptest::option::of(kind()), proptest::option::of(any::<bool>()))
        .prop_map(|(value, kind, primary)| Email { value: Some(value), kind, primary });
    proptest::collection::vec(email, 1..3)
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        (any::<bool>(), word()).prop_map(|(add, text)| Act::SetTitle(add, text)),
        Just(Act::RemoveTitle),
        (any::<bool>(), word()).prop_map(|(add, text)| Act::SetGiven(add, text)),
        Just(Act::RemoveGiven),
        (any::<bool>(), proptest::option::of(word()), proptest::option::of(word()))
            .prop_map(|(add, given, family)| Act::SetName(add, given, family)),
        Just(Act::RemoveName),
        emails().prop_map(Act::AddEmails),
        emails().prop_map(Act::ReplaceEmails),
        Just(Act::RemoveEmails),
        kind().prop_map(Act::RemoveWhere),
        (any::<bool>(), kind(), address())
            .prop_map(|(add, kind, value)| Act::SetValueWhere(add, kind, value)),
        kind().prop_map(Act::MakePrimaryWhere),
        (any::<bool>(), word(), word(), emails())
            .prop_map(|(add, title, given, emails)| Act::WithoutPath(add, title, given, emails)),
    ]
}

proptest! {
    #[test]
    fn a_patch_comes_to_what_the_plain_model_comes_to(acts in proptest::collection::vec(act(), 1..6)) {
        let start = Model {
            title: Some("T"),
            given: None,
            family: Some("F"),
            emails: vec![Email { value: Some("a@b.c"), kind: Some("work"), primary: Some(true) }],
        };
        let mut model = start.clone();
        let done = acts.iter().all(|act| model.perform(act));
        let expected = if done { model.finished().map(|model| model.to_json()) } else { None };
        let operations: Vec<Value> = acts.iter().map(Act::to_json).collect();
        let body = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations });
        let current = start.to_json();
        let result = patch(ResourceKind::User, current.as_object().unwrap(), body.to_string().as_bytes(), RULES);
        let result = result.map(|(accepted, _)| Value::Object(accepted.resource));
        match expected {
            Some(expected) => prop_assert_eq!(result, Ok(expected), "{}", body),
            None => prop_assert!(result.is_err(), "{body} should have been refused, and gave {result:?}"),
        }
    }
}
