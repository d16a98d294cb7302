//! What a client decides about its requests. The jobs are the same for all clients: they look a resource up,
//! create it, change it. A client says which path, which method and which body that takes.

use serde_json::{Value, json};

use super::mapping::AppProfile;
use super::model::Refusal;
use super::operation::Switches;

/// A client's request shapes.
pub(super) trait Client: Send + Sync {
    /// `User-Agent`, where one is attested.
    fn user_agent(&self) -> Option<&'static str>;

    /// Path of the request that tests the credentials; `nobody` is a user name that nobody has.
    fn credentials_test(&self, nobody: &str) -> String;

    /// Path of the look-up of a resource by one attribute.
    fn lookup(&self, collection: &str, attribute: &str, value: &str, switches: &Switches) -> String;

    /// Whether the client reads the service's users and groups.
    fn imports(&self) -> bool;

    /// Whether the client sends a password that changed.
    fn synchronizes_passwords(&self) -> bool;

    /// Body of `POST /Users`.
    fn user_body(&self, profile: &AppProfile, okta_id: &str, password: &str) -> Value;

    /// Whether the user is read before this change.
    fn reads_user(&self, change: &UserChange<'_>, switches: &Switches) -> bool;

    /// The request that makes the change; `server` is the service's document where it was read.
    fn user_update(&self, change: &UserChange<'_>, server: &Value, switches: &Switches) -> Update;

    /// Adds what the client's administrator ought to know about a refused PATCH.
    fn explained(&self, refusal: Refusal, _operations: &[Value]) -> Refusal {
        refusal
    }

    /// Whether a group is looked up by name before it is created.
    fn looks_groups_up(&self, switches: &Switches) -> bool;

    /// Path by which one group is read for its name; `path` is the group's own.
    fn group_read(&self, path: &str) -> String {
        path.to_owned()
    }

    /// Body of `POST /Groups`.
    fn group_body(&self, name: &str, okta_id: &str, members: &[Member], switches: &Switches) -> Value;

    /// Whether the members are pushed once more after `POST /Groups`.
    fn repeats_members(&self, members: &[Member], switches: &Switches) -> bool;

    /// Whether a rename accompanies each change of members.
    fn renames_with_members(&self, switches: &Switches) -> bool;

    /// The PATCH operation that renames a group; none where the whole group is written instead.
    fn rename(&self, id: Option<&str>, name: &str, switches: &Switches) -> Option<Value>;

    /// How a membership is pushed.
    fn membership(&self, push: &Membership<'_>, switches: &Switches) -> MembershipUpdate;
}

/// What is to change about a user.
pub(super) enum UserChange<'a> {
    /// All that is mapped.
    Profile { profile: &'a AppProfile, okta_id: &'a str },
    /// One attribute.
    Attribute { name: &'a str, value: &'a Value },
}

impl UserChange<'_> {
    /// The service's document with the change in it.
    pub(super) fn merged_into(&self, server: &Value) -> Value {
        match self {
            Self::Profile { profile, okta_id } => profile.merged_into(server, okta_id),
            Self::Attribute { name, value } => {
                let mut body = if server.is_object() { server.clone() } else { json!({}) };
                body[*name] = (*value).clone();
                body
            }
        }
    }
}

/// The request that changes a user.
#[derive(Debug, PartialEq)]
pub(super) enum Update {
    /// PUT of this document.
    Put(Value),
    /// PATCH with these operations; without any nothing is sent.
    Patch(Vec<Value>),
}

/// A member as it is pushed: the id that the service gave, and the app user name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Member {
    pub(super) value: String,
    pub(super) display: String,
}

impl Member {
    pub(super) fn json(&self) -> Value {
        json!({ "value": self.value, "display": self.display })
    }
}

/// How much of a membership is pushed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    /// All of it, over whatever is there.
    Everything,
    /// What changed since the last push.
    Changes,
    /// The directory's members; those that are there stay.
    Additions,
}

/// A membership that is to be pushed.
pub(super) struct Membership<'a> {
    /// The group's id in the service.
    pub(super) id: Option<&'a str>,
    /// The group's name in the service.
    pub(super) name: &'a str,
    /// Ids of the members as last pushed.
    pub(super) before: &'a [String],
    pub(super) members: &'a [Member],
    pub(super) extent: Extent,
}

impl Membership<'_> {
    /// Ids that are no longer members.
    pub(super) fn removed(&self) -> impl Iterator<Item = &str> {
        let is_member = |id: &&String| self.members.iter().any(|member| member.value == **id);
        self.before.iter().filter(move |id| !is_member(id)).map(String::as_str)
    }

    /// Members who were none at the last push.
    pub(super) fn added(&self) -> impl Iterator<Item = &Member> {
        self.members.iter().filter(|member| !self.before.contains(&member.value))
    }
}

/// The requests that push a membership.
#[derive(Debug, PartialEq)]
pub(super) enum MembershipUpdate {
    /// The group is read, and written as a whole.
    Put,
    /// One PATCH for each list of operations.
    Patches(Vec<Vec<Value>>),
}
