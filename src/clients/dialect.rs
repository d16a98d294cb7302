//! The clients by name, as scenarios, results and the command line call them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How the client speaks: Okta's way is decided by how the app was created.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Dialect {
    /// Catalogue template: PATCH for activation, password and groups, PUT for profiles.
    Oin,
    /// App Integration Wizard: GET then PUT for everything.
    Aiw,
    /// Microsoft Entra's client instead of Okta's: less attested, and only where it is asked for.
    Entra,
}

impl Dialect {
    /// All, in the order of reports.
    pub const ALL: [Self; 3] = [Self::Oin, Self::Aiw, Self::Entra];
    /// Okta's, in which everything runs unless others are asked for.
    pub const OKTA: [Self; 2] = [Self::Oin, Self::Aiw];

    /// Name in files and on the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Oin => "oin",
            Self::Aiw => "aiw",
            Self::Entra => "entra",
        }
    }

    /// Whether it is one of Okta's, for which scenarios state requests and snapshots are reviewed.
    #[must_use]
    pub fn is_okta(self) -> bool {
        Self::OKTA.contains(&self)
    }
}
