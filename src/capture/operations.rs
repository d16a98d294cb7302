//! What an administrator did in Okta, as it shows in requests.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::scim::{Kind, shown};
use crate::clients::okta::messages::AdminMessage;

/// An action, or what Okta did by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OperationKind {
    /// Test API Credentials; also part of Save.
    TestCredentials,
    /// Save, of an app that imports groups.
    Save,
    /// The app is assigned, also again.
    Assign,
    /// A profile is pushed.
    Update,
    /// The app is unassigned, or the person deactivated.
    Deactivate,
    /// An account is activated without a look-up.
    Reactivate,
    /// A password is pushed.
    ChangePassword,
    /// A person is deleted.
    DeleteUser,
    /// A group is pushed for the first time, or linked.
    PushGroup,
    /// Members join or leave a pushed group.
    ChangeMembers,
    /// A pushed group gets another name.
    RenameGroup,
    /// Push Now: all members are overwritten.
    PushNow,
    /// A pushed group is unlinked and deleted.
    DeleteGroup,
    /// Import Now.
    Import,
    /// Discovery documents are read, which Okta does only for schemas and entitlements.
    Discovery,
    /// A resource is read, and nothing follows.
    Read,
    /// What Okta does not send.
    Other,
}

impl OperationKind {
    /// What it is called on a terminal.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TestCredentials => "test credentials",
            Self::Save => "save the integration",
            Self::Assign => "assign",
            Self::Update => "push the profile of",
            Self::Deactivate => "deactivate",
            Self::Reactivate => "reactivate",
            Self::ChangePassword => "push the password of",
            Self::DeleteUser => "delete",
            Self::PushGroup => "push group",
            Self::ChangeMembers => "change members of group",
            Self::RenameGroup => "rename group",
            Self::PushNow => "push now group",
            Self::DeleteGroup => "delete group",
            Self::Import => "import",
            Self::Discovery => "read discovery documents",
            Self::Read => "read",
            Self::Other => "other requests",
        }
    }
}

/// One exchange of an operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Number of the exchange in the capture, from 1.
    pub number: usize,
    /// What it does within the operation, e.g. `look-up`.
    pub what: String,
    /// Method, target and status on one line.
    pub line: String,
}

/// Why Okta stopped, and what an administrator saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stop {
    /// Number of the exchange.
    pub number: usize,
    /// What failed and why, as far as the capture shows it.
    pub message: AdminMessage,
}

/// What was recognized.
#[derive(Debug, Clone, PartialEq)]
pub struct Operation {
    /// Which action.
    pub kind: OperationKind,
    /// User name or group name, or the id where no name is known.
    pub subject: String,
    /// Its exchanges, in order.
    pub parts: Vec<Part>,
    /// Why it failed in Okta's eyes.
    pub stop: Option<Stop>,
    /// The resource as it was last written: a user without the password.
    pub written: Option<Map<String, Value>>,
    /// The user as it was read or found before, without the password.
    pub before: Option<Map<String, Value>>,
    /// Id of the resource, once it is known.
    pub id: Option<String>,
    /// Members of a group, by user name where one is known.
    pub members: Option<Vec<String>>,
    /// Members that joined.
    pub joined: Vec<String>,
    /// Members that left.
    pub left: Vec<String>,
    /// A group's new name.
    pub new_name: Option<String>,
}

impl Operation {
    /// A new one without any exchange.
    #[must_use]
    pub fn new(kind: OperationKind, subject: &str) -> Self {
        Self {
            kind,
            subject: subject.to_owned(),
            parts: Vec::new(),
            stop: None,
            written: None,
            before: None,
            id: None,
            members: None,
            joined: Vec::new(),
            left: Vec::new(),
            new_name: None,
        }
    }

    /// `assign ada@example.com: look-up → create`.
    #[must_use]
    pub fn title(&self) -> String {
        let mut parts: Vec<String> = Vec::new();
        let mut repeated = 1;
        for part in &self.parts {
            if parts.last() == Some(&part.what) {
                repeated += 1;
                continue;
            }
            if repeated > 1
                && let Some(last) = parts.last_mut()
            {
                last.push_str(&format!(" ×{repeated}"));
            }
            repeated = 1;
            parts.push(part.what.clone());
        }
        if repeated > 1
            && let Some(last) = parts.last_mut()
        {
            last.push_str(&format!(" ×{repeated}"));
        }
        let subject =
            if self.subject.is_empty() { String::new() } else { format!(" {}", shown(&self.subject)) };
        format!("{}{subject}: {}", self.kind.as_str(), parts.join(" → "))
    }
}

/// How Okta speaks here, and how the app is set up, as far as requests show.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Traits {
    /// Requests that only an app of the catalogue sends.
    pub oin: usize,
    /// Requests that only an app of the App Integration Wizard sends.
    pub aiw: usize,
    /// Requests in the manner of Entra.
    pub entra: usize,
    /// `User-Agent` of the first request.
    pub user_agent: Option<String>,
    /// How requests are authorized.
    pub authorization: Option<String>,
    /// Attribute of the look-ups: the unique identifier field for users.
    pub unique_identifier: Option<String>,
    /// Blanks in filters are sent as `+`.
    pub form_encoded: bool,
    /// Users are created.
    pub creates: bool,
    /// Profiles are pushed.
    pub updates: bool,
    /// Profiles are pushed by PATCH.
    pub patches_profiles: bool,
    /// Users are deactivated.
    pub deactivates: bool,
    /// Passwords are pushed after the creation.
    pub passwords: bool,
    /// Users are imported.
    pub imports_users: bool,
    /// Groups are imported.
    pub imports_groups: bool,
    /// Groups are pushed.
    pub pushes_groups: bool,
    /// Attributes that creations carry, beyond those of every one.
    pub mapped: BTreeSet<String>,
    /// Attributes of every creation by default that are missing in one.
    pub unmapped: BTreeSet<String>,
    /// Most changes of members in one PATCH.
    pub members_per_patch: usize,
}

impl Traits {
    /// `oin` or `aiw`, when one of them shows and the other does not.
    #[must_use]
    pub fn dialect(&self) -> Option<&'static str> {
        match (self.oin > 0, self.aiw > 0) {
            (true, false) => Some("oin"),
            (false, true) => Some("aiw"),
            _ => None,
        }
    }

    /// One sentence on the client.
    #[must_use]
    pub fn client(&self) -> String {
        let named = match &self.user_agent {
            Some(agent) if agent.eq_ignore_ascii_case("Okta SCIM Client 1.0.0") => {
                "Okta's provisioning client".to_owned()
            }
            Some(agent) => format!("a client that calls itself `{}`", shown(agent)),
            None => "a client that does not name itself".to_owned(),
        };
        let spoken = match (self.oin, self.aiw, self.entra) {
            (0, 0, 0) => "nothing in the capture tells the dialect".to_owned(),
            (0, 0, _) => "speaking as Microsoft Entra does".to_owned(),
            (_, 0, _) => {
                "in the dialect of an app of Okta's catalogue (oin: PATCH for activation and groups)"
                    .to_owned()
            }
            (0, _, _) => {
                "in the dialect of an app of the App Integration Wizard (aiw: GET and PUT for everything)"
                    .to_owned()
            }
            (oin, aiw, _) => {
                format!("in both dialects ({oin} requests of oin, {aiw} of aiw), so more than one app")
            }
        };
        format!("{named}, {spoken}")
    }

    /// Settings of the app that show in the requests, each as a sentence part.
    #[must_use]
    pub fn settings(&self) -> Vec<String> {
        let mut lines = Vec::new();
        if let Some(form) = &self.authorization {
            lines.push(format!("authorization: {form}"));
        }
        if let Some(attribute) = &self.unique_identifier {
            lines.push(format!("unique identifier field for users: {}", shown(attribute)));
        }
        let features = [
            (self.creates, "Create Users"),
            (self.updates, "Update User Attributes"),
            (self.deactivates, "Deactivate Users"),
            (self.passwords, "Sync Password"),
            (self.pushes_groups, "Push Groups"),
            (self.imports_users, "Import Users"),
            (self.imports_groups, "Import Groups"),
        ];
        let on: Vec<&str> = features.iter().filter(|(on, _)| *on).map(|(_, name)| *name).collect();
        if !on.is_empty() {
            lines.push(format!("switched on: {}", on.join(", ")));
        }
        if self.patches_profiles {
            lines.push("Support PATCH for User is on: profiles are pushed by PATCH".into());
        }
        if !self.mapped.is_empty() {
            let names: Vec<String> = self.mapped.iter().map(|name| shown(name)).collect();
            lines.push(format!("attributes mapped beyond the usual ones: {}", names.join(", ")));
        }
        if !self.unmapped.is_empty() {
            let names: Vec<&str> = self.unmapped.iter().map(String::as_str).collect();
            lines.push(format!("usual attributes that are not sent: {}", names.join(", ")));
        }
        if self.form_encoded {
            lines.push("blanks in filters are sent as +, as Okta did until 2019".into());
        }
        if self.members_per_patch > 1 {
            lines.push(format!("most changes of members in one request: {}", self.members_per_patch));
        }
        lines
    }
}

/// The word for a resource type in a sentence.
pub(super) fn plural(kind: Kind) -> &'static str {
    match kind {
        Kind::User => "users",
        Kind::Group => "groups",
    }
}
