//! What steps and the model of a file both have: what a target must offer, and a raw request.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What a target must offer for a scenario to make sense on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Requirement {
    /// The console API, `/console/v1`.
    Console,
    /// A clock that can be moved.
    Clock,
    /// A target on which nothing exists yet, such as the built-in reference.
    Fresh,
    /// A service that behaves as the guide says where it departs from the RFCs.
    Guide,
}

impl Requirement {
    /// Name in files.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Console => "console",
            Self::Clock => "clock",
            Self::Fresh => "fresh",
            Self::Guide => "guide",
        }
    }
}

/// A raw SCIM request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ScimRequest {
    /// Method.
    #[serde(default = "get")]
    pub method: String,
    /// Path and query below the base URL, e.g. `/Users/{{users.ada.id}}`, percent-encoded.
    /// `{{people.ada.login}}` and, in capitals, `{{people.ada.LOGIN}}` are there too.
    pub path: String,
    /// Further header fields.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub headers: IndexMap<String, String>,
    /// The body: a mapping is sent as compact JSON, a string as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Value>,
    /// Values to keep from the response for later steps: variable name to JSON Pointer. They are
    /// used as `{{saved.name}}`.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub save: IndexMap<String, String>,
    /// Whose credentials are used: a provider's display name, or `none`; the configured ones when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credentials: Option<String>,
}

fn get() -> String {
    "GET".into()
}
