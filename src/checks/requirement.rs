//! What a requirement is.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How binding a requirement is, and for whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
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

    /// All levels.
    pub const ALL: [Self; 8] = [
        Self::Must,
        Self::Should,
        Self::May,
        Self::Okta,
        Self::OktaTolerates,
        Self::Oin,
        Self::Interop,
        Self::Ipsie,
    ];

    /// What a breach amounts to for somebody who is held to no profile in particular.
    #[must_use]
    pub fn severity(self) -> Severity {
        match self {
            Self::Must | Self::Okta | Self::Interop | Self::Ipsie => Severity::Failure,
            Self::Should | Self::Oin => Severity::Warning,
            Self::May | Self::OktaTolerates => Severity::Note,
        }
    }

    /// What a breach costs where the requirement does not say it itself.
    #[must_use]
    pub const fn importance(self) -> Importance {
        match self {
            Self::Okta => Importance::SyncStops,
            Self::Must | Self::Should | Self::Oin | Self::Interop | Self::Ipsie => {
                Importance::Interoperability
            }
            Self::May | Self::OktaTolerates => Importance::Pedantry,
        }
    }

    /// Whether a finding of this level fails a run; the others are warnings and notes.
    #[must_use]
    pub fn fails(self) -> bool {
        self.severity() == Severity::Failure
    }
}

/// What the breach of a requirement costs who runs the service or provisions to it. Reports tell what costs most first.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Importance {
    /// Okta's provisioning stops, or cannot begin.
    SyncStops,
    /// Accounts, memberships or values are lost, or overwritten by others.
    DataLoss,
    /// Somebody keeps an account or a membership that was taken away, or gets one that nobody gave.
    AccessKept,
    /// Somebody reads or changes what is not theirs to see, or a secret is shown.
    Leak,
    /// A client that follows the standard fails with this service.
    #[default]
    Interoperability,
    /// Hardly a client will notice.
    Pedantry,
}

impl Importance {
    /// The importance's name in files.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SyncStops => "sync-stops",
            Self::DataLoss => "data-loss",
            Self::AccessKept => "access-kept",
            Self::Leak => "leak",
            Self::Interoperability => "interoperability",
            Self::Pedantry => "pedantry",
        }
    }
}

/// What the breach of a requirement amounts to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Neither binding nor recommended.
    Note,
    /// Only recommended.
    Warning,
    /// Binding.
    Failure,
}

/// A set of requirements that somebody may be held to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Profile {
    /// RFC 7643, RFC 7644 and, where cursors are offered, RFC 9865.
    Rfc,
    /// What Okta's provisioning needs.
    Okta,
    /// What reviewers of an Okta Integration Network submission look at.
    Oin,
    /// The SCIM interoperability profile.
    Interop,
    /// IPSIE account lifecycle, level 1.
    IpsieAl1,
    /// IPSIE account lifecycle, level 2.
    IpsieAl2,
    /// IPSIE account lifecycle, level 3.
    IpsieAl3,
}

impl Profile {
    /// All profiles in the order of reports.
    pub const ALL: [Self; 7] =
        [Self::Rfc, Self::Okta, Self::Oin, Self::Interop, Self::IpsieAl1, Self::IpsieAl2, Self::IpsieAl3];

    /// What the profile is called in reports.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Rfc => "RFC",
            Self::Okta => "works with Okta",
            Self::Oin => "OIN review",
            Self::Interop => "interoperability",
            Self::IpsieAl1 => "IPSIE AL1",
            Self::IpsieAl2 => "IPSIE AL2",
            Self::IpsieAl3 => "IPSIE AL3",
        }
    }

    /// The profile's name in files and on the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rfc => "rfc",
            Self::Okta => "okta",
            Self::Oin => "oin",
            Self::Interop => "interop",
            Self::IpsieAl1 => "ipsie-al1",
            Self::IpsieAl2 => "ipsie-al2",
            Self::IpsieAl3 => "ipsie-al3",
        }
    }
}

impl Level {
    /// The profiles of a requirement of this level that names none itself.
    #[must_use]
    pub const fn profiles(self) -> &'static [Profile] {
        match self {
            Self::Must | Self::Should | Self::May => &[Profile::Rfc],
            Self::Okta | Self::OktaTolerates => &[Profile::Okta],
            Self::Oin => &[Profile::Oin],
            Self::Interop => &[Profile::Interop, Profile::IpsieAl1, Profile::IpsieAl2, Profile::IpsieAl3],
            Self::Ipsie => &[Profile::IpsieAl1, Profile::IpsieAl2, Profile::IpsieAl3],
        }
    }
}

/// One rule of a standard or of a client, stated so that a person can check it against its source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Requirement {
    /// Stable name, e.g. `list.total-results-integer`. Never reused for another rule.
    pub slug: &'static str,
    /// How binding it is.
    pub level: Level,
    /// What a breach costs.
    pub importance: Importance,
    /// Where it is written, e.g. `RFC 7644 §3.4.2`.
    pub citation: &'static str,
    /// The rule in one sentence.
    pub text: &'static str,
    /// What to do about a breach, in one sentence.
    pub advice: &'static str,
    /// The profiles that name it themselves; `checks::profiles` adds those that take it over.
    pub profiles: &'static [Profile],
}

impl Requirement {
    /// The part of the slug before the first dot: what the rule is about.
    #[must_use]
    pub fn area(&self) -> &'static str {
        self.slug.split_once('.').map_or(self.slug, |(area, _)| area)
    }
}

/// Declares the requirements of an area as statics, and a slice `ALL` of them:
/// `NAME = "area.slug", Level, "citation", "rule", "advice";` with an importance after the level and `[Profile, …]`
/// before the semicolon where those of the level would be wrong.
macro_rules! requirements {
    (@profiles $level:expr;) => { $level.profiles() };
    (@profiles $level:expr; $($profile:ident)+) => { &[$($crate::checks::Profile::$profile),+] };
    (@importance $level:expr;) => { $level.importance() };
    (@importance $level:expr; $importance:ident) => { $crate::checks::Importance::$importance };
    ($($name:ident = $slug:literal, $level:ident $(, $importance:ident)?, $citation:literal, $text:literal, $advice:literal $(, [$($profile:ident),+])?;)*) => {
        $(pub(in crate::checks) static $name: $crate::checks::Requirement = $crate::checks::Requirement {
            slug: $slug,
            level: $crate::checks::Level::$level,
            importance: $crate::checks::requirement::requirements!(@importance $crate::checks::Level::$level; $($importance)?),
            citation: $citation,
            text: $text,
            advice: $advice,
            profiles: $crate::checks::requirement::requirements!(@profiles $crate::checks::Level::$level; $($($profile)+)?),
        };)*
        /// The requirements of this area.
        pub(in crate::checks) static ALL: &[&$crate::checks::Requirement] = &[$(&$name),*];
    };
}
pub(in crate::checks) use requirements;
