//! What is known of a target before the probes begin: what it says of itself, and what works at all.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::checks::Requirement;
use crate::checks::json::{at, items, member};

/// Something that probes rest on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::checks) enum Capability {
    /// `GET /Users` is answered with a list.
    ListUsers,
    /// A user can be created.
    CreateUser,
    /// A created user can be read by its id.
    ReadUser,
    /// `userName eq "…"` finds it.
    FilterUser,
    /// Some PATCH of a user takes effect.
    PatchUser,
    /// A PUT of a user takes effect.
    PutUser,
    /// A user can be deleted.
    DeleteUser,
    /// A group can be created.
    CreateGroup,
    /// A created group can be read by its id, and shows its members.
    ReadGroup,
    /// Some PATCH of a group's members takes effect.
    PatchGroup,
    /// A PUT of a group takes effect.
    PutGroup,
}

/// How the target stands to a capability.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::checks) enum State {
    /// Seen to work.
    Works,
    /// Not tried.
    Untried,
    /// Tried, and broken; the requirement that says so.
    Broken(&'static Requirement),
    /// The target does not have it, and says so; the reason for a report.
    Absent(String),
}

/// How bodies have to be shaped for a target.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::checks) enum Shape {
    /// Any body that RFC 7643 allows.
    #[default]
    Free,
    /// What the published schema requires has to be there.
    Completed,
    /// And nothing that it does not list.
    Fitted,
}

/// What is known of a target.
#[derive(Debug, Clone, Default)]
pub(in crate::checks) struct Facts {
    /// `/ServiceProviderConfig`, if it is a JSON object.
    pub(in crate::checks) config: Option<Value>,
    /// The resources of `/ResourceTypes`.
    pub(in crate::checks) resource_types: Vec<Value>,
    /// The resources of `/Schemas`.
    pub(in crate::checks) schemas: Vec<Value>,
    /// A whole new user that this target takes, where the usual one was refused. Its `userName`, its
    /// `externalId` and the first of its `emails` are replaced by fresh ones.
    pub(in crate::checks) user_base: Option<Value>,
    /// How bodies have to be shaped for it.
    pub(in crate::checks) shape: Shape,
    /// Members that every new user needs on this target.
    pub(in crate::checks) user_extra: Value,
    /// Members that every new group needs on this target.
    pub(in crate::checks) group_extra: Value,
    pub(in crate::checks) states: BTreeMap<Capability, State>,
}

impl Facts {
    pub(in crate::checks) fn set(&mut self, capability: Capability, state: State) {
        self.states.insert(capability, state);
    }

    pub(in crate::checks) fn state(&self, capability: Capability) -> &State {
        self.states.get(&capability).unwrap_or(&State::Untried)
    }

    /// Whether the capability was seen to work.
    pub(in crate::checks) fn works(&self, capability: Capability) -> bool {
        *self.state(capability) == State::Works
    }

    /// What the configuration says of `patch`, `bulk`, `filter`, `changePassword`, `sort` or `etag`;
    /// `None` when it says nothing that can be read.
    pub(in crate::checks) fn claims(&self, feature: &str) -> Option<bool> {
        at(self.config.as_ref()?, &format!("{feature}.supported"))?.as_bool()
    }

    /// A value of the configuration by dotted path.
    pub(in crate::checks) fn configured(&self, path: &str) -> Option<&Value> {
        at(self.config.as_ref()?, path)
    }

    /// The published schema of that URN.
    pub(in crate::checks) fn schema(&self, urn: &str) -> Option<&Value> {
        self.schemas.iter().find(|schema| {
            member(schema, "id").and_then(Value::as_str).is_some_and(|id| id.eq_ignore_ascii_case(urn))
        })
    }

    /// The published definition of an attribute, e.g. `name.givenName`, in the schema of that URN.
    pub(in crate::checks) fn attribute(&self, urn: &str, path: &str) -> Option<&Value> {
        let mut inside = items(self.schema(urn)?, "attributes");
        let mut found = None;
        for name in path.split('.') {
            found = inside.iter().find(|attribute| {
                member(attribute, "name")
                    .and_then(Value::as_str)
                    .is_some_and(|known| known.eq_ignore_ascii_case(name))
            });
            inside = items(found?, "subAttributes");
        }
        found
    }

    /// Whether clients may change that attribute, as far as its published definition says.
    pub(in crate::checks) fn changeable(&self, urn: &str, path: &str) -> bool {
        let mutability = self.attribute(urn, path).and_then(|known| member(known, "mutability"));
        !matches!(mutability.and_then(Value::as_str), Some("readOnly" | "immutable"))
    }

    /// Whether the resource type of that core schema has the extension, by the target's own word; true
    /// when it lists no resource types.
    pub(in crate::checks) fn extends(&self, core: &str, extension: &str) -> bool {
        let is = |value: &Value, name: &str, urn: &str| {
            member(value, name).and_then(Value::as_str).is_some_and(|known| known.eq_ignore_ascii_case(urn))
        };
        self.resource_types.is_empty()
            || self.resource_types.iter().filter(|kind| is(kind, "schema", core)).any(|kind| {
                items(kind, "schemaExtensions").iter().any(|listed| is(listed, "schema", extension))
            })
    }

    /// The names of the resource types that the target has, by its own word; `None` when it says nothing.
    pub(in crate::checks) fn has_endpoint(&self, endpoint: &str) -> Option<bool> {
        if self.resource_types.is_empty() {
            return None;
        }
        Some(self.resource_types.iter().any(|kind| {
            member(kind, "endpoint").and_then(Value::as_str).is_some_and(|known| {
                known.trim_end_matches('/').eq_ignore_ascii_case(endpoint)
                    || known.trim_end_matches('/').ends_with(endpoint)
            })
        }))
    }
}
