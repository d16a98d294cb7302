//! What a requirement is.

use serde::{Deserialize, Serialize};

/// How binding a requirement is, and for whom (product.md, "The judge's levels").
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// An RFC says MUST, SHALL or REQUIRED.
    Must,
    /// An RFC says SHOULD or RECOMMENDED.
    Should,
    /// An RFC says MAY or OPTIONAL.
    May,
    /// Okta's provisioning breaks without it.
    Okta,
    /// Non-conformant, yet Okta copes.
    OktaTolerates,
    /// Reviewers of an Okta Integration Network submission object.
    Oin,
    /// The SCIM interoperability profile asks for it.
    Interop,
    /// The IPSIE profile asks for it.
    Ipsie,
}

impl Level {
    /// The level's name in files and on the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Must => "must",
            Self::Should => "should",
            Self::May => "may",
            Self::Okta => "okta",
            Self::OktaTolerates => "okta-tolerates",
            Self::Oin => "oin",
            Self::Interop => "interop",
            Self::Ipsie => "ipsie",
        }
    }

    /// Whether a finding of this level fails a run; the others are notes.
    #[must_use]
    pub fn fails(self) -> bool {
        matches!(self, Self::Must | Self::Okta)
    }
}

/// One rule of a standard or of a client, stated so that a person can check it against its source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Requirement {
    /// Stable name, e.g. `list.total-results-integer`. Never reused for another rule.
    pub slug: &'static str,
    /// How binding it is.
    pub level: Level,
    /// Where it is written, e.g. `RFC 7644 §3.4.2`.
    pub citation: &'static str,
    /// The rule in one sentence.
    pub text: &'static str,
    /// What to do about a breach, in one sentence.
    pub advice: &'static str,
}
