//! The values that a tenant is made of (code42-service §3.1 and §3.2).

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;

use super::document::Document;
use super::id::Id;

use super::members::Members;
use super::requests::{CredentialType, OrgMethod};
use super::role_set::RoleSet;
use super::secret::SecretHash;
use crate::reference::scim::{Object, Rules, StructuralFault};

/// Where services differ, as switches (code42-service §3.1).
#[expect(clippy::struct_excessive_bools, reason = "independent switches, named after what they change")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Behaviour {
    /// Structural faults are a bare server error rather than `invalidSyntax`.
    pub structural_fault_is_server_error: bool,
    /// Ignored attributes, mismatched e-mail and unresolved managers leave a warning in the sync log.
    pub log_warnings: bool,
    /// A user who is created with `active: false` is created active.
    pub create_disabled_as_active: bool,
    /// `DELETE /Users/{id}` is refused with 501; otherwise the user is gone.
    pub refuse_user_delete: bool,
    /// `POST /Groups` leaves unknown members out; otherwise it is refused.
    pub skip_unknown_members: bool,
    /// The plan has the backup agent: automatic block, cold storage.
    pub backup_agent: bool,
    /// A user name must be an e-mail address.
    pub username_is_email: bool,
    /// Roles and entitlements that a provider sends are taken and not kept: roles come from role mapping.
    pub ignore_roles: bool,
    /// A group may be a member of a group, as long as none is inside itself.
    pub nested_groups: bool,
    /// The texts `True` and `False` are taken for booleans, which no preset does by itself.
    pub text_booleans: bool,
}

impl Behaviour {
    /// As the guide says the service behaves.
    #[must_use]
    pub const fn seed() -> Self {
        Self {
            structural_fault_is_server_error: true,
            log_warnings: true,
            create_disabled_as_active: true,
            refuse_user_delete: true,
            skip_unknown_members: true,
            backup_agent: true,
            username_is_email: true,
            ignore_roles: true,
            nested_groups: false,
            text_booleans: false,
        }
    }

    /// Strictly by the RFCs where the guide departs from them.
    #[must_use]
    pub const fn rfc() -> Self {
        Self {
            structural_fault_is_server_error: false,
            log_warnings: false,
            create_disabled_as_active: false,
            refuse_user_delete: false,
            skip_unknown_members: false,
            backup_agent: true,
            username_is_email: false,
            ignore_roles: false,
            nested_groups: true,
            text_booleans: false,
        }
    }

    /// Another preset: what was chosen apart from it stays.
    pub(super) fn to(self, preset: Self) -> Self {
        Self { backup_agent: self.backup_agent, text_booleans: self.text_booleans, ..preset }
    }

    pub(crate) fn rules(self) -> Rules {
        Rules {
            structural_fault: if self.structural_fault_is_server_error {
                StructuralFault::ServerError
            } else {
                StructuralFault::InvalidSyntax
            },
            text_booleans: self.text_booleans,
        }
    }
}

/// An instant as resources show it: RFC 3339 with milliseconds in UTC (code42-service §3.2). Written once and
/// read often, so it is kept as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp([u8; 24]);

impl Stamp {
    pub(super) fn of(at: Timestamp) -> Self {
        let mut text = [b'0'; 24];
        for (to, from) in text.iter_mut().zip(format!("{at:.3}").bytes()) {
            *to = from;
        }
        Self(text)
    }

    pub(super) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

/// Who manages a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The console alone; no provider sees the user.
    Local,
    /// Made in the console of an organization with single sign-on; a provider may adopt it.
    Unmanaged,
    /// A provider.
    Provisioned(Id),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum BlockReason {
    Manual,
    PendingDeactivation,
    LegalHold,
}

impl BlockReason {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Manual => "MANUAL",
            Self::LegalHold => "LEGAL_HOLD",
            Self::PendingDeactivation => "PENDING_DEACTIVATION",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pending {
    pub(super) requested_at: Timestamp,
    pub(super) due_at: Timestamp,
    pub(super) provider: Id,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ColdStorage {
    pub(super) entered_at: Timestamp,
    pub(super) expires_at: Timestamp,
    pub(super) purged: bool,
}

/// A device with the agent, as far as the guide speaks of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Device {
    pub(super) name: String,
    pub(super) signed_in: bool,
    pub(super) backing_up: bool,
}

#[derive(Debug, Clone)]
pub(super) struct User {
    pub(super) id: Id,
    pub(super) origin: Origin,
    /// The console's flag; SCIM's is derived (code42-service §3.3).
    pub(super) active: bool,
    pub(super) block_reasons: BTreeSet<BlockReason>,
    pub(super) pending: Option<Box<Pending>>,
    pub(super) cold: Option<Box<ColdStorage>>,
    /// Deactivation is wanted and waits for the end of a legal hold.
    pub(super) deferred: bool,
    pub(super) organization: usize,
    pub(super) org_source: OrgSource,
    pub(super) roles: RoleSet,
    pub(super) role_source: RoleSource,
    pub(super) username: Box<str>,
    pub(super) external_id: Option<Box<str>>,
    /// The resource as the client wrote it, without `active` and `password`.
    pub(super) scim: Document,
    /// The groups that hold the user directly, oldest first.
    pub(super) groups: Vec<Id>,
    pub(super) created: Stamp,
    pub(super) modified: Stamp,
    pub(super) version: u64,
    pub(super) devices: Vec<Device>,
    /// What administrators wrote about the user.
    pub(super) notes: Option<Box<str>>,
}

/// Why a user is in its organization (code42-service §3.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OrgSource {
    Default,
    SingleOrg,
    OrgName,
    Groups,
    /// Moved in the console.
    Manual,
}

impl OrgSource {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Default => "DEFAULT",
            Self::SingleOrg => "SINGLE_ORG",
            Self::OrgName => "C42_ORG_NAME",
            Self::Groups => "SCIM_GROUPS",
            Self::Manual => "MANUAL",
        }
    }
}

/// Why a user has its roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RoleSource {
    /// From its organization.
    Default,
    Mapped,
    /// Given in the console.
    Manual,
}

impl RoleSource {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Default => "DEFAULT",
            Self::Mapped => "SCIM_GROUPS",
            Self::Manual => "MANUAL",
        }
    }
}

impl User {
    /// SCIM's `active`: what the provider asked for, at once (code42-service §3.3).
    pub(super) fn scim_active(&self) -> bool {
        self.active && self.pending.is_none() && !self.deferred
    }

    /// Name of the derived state (code42-service §3.4).
    pub(super) fn state(&self) -> &'static str {
        match (&self.cold, self.active, &self.pending) {
            (Some(cold), false, _) if cold.purged => "PURGED",
            (_, false, _) => "DEACTIVATED",
            (_, true, Some(_)) => "PENDING_DEACTIVATION",
            (_, true, None) if self.deferred => "HELD",
            (_, true, None) if self.block_reasons.is_empty() => "ACTIVE",
            _ => "BLOCKED",
        }
    }

    pub(super) fn username(&self) -> &str {
        &self.username
    }

    /// Replaces the resource; user name and external id follow.
    pub(super) fn write(&mut self, resource: &Object) {
        let text = |key: &str| resource.get(key).and_then(|value| value.as_str());
        self.username = text("userName").unwrap_or_default().into();
        self.external_id = text("externalId").map(Into::into);
        self.scim = Document::new(resource);
    }

    pub(super) fn archive(&self) -> &'static str {
        match &self.cold {
            Some(cold) if cold.purged => "PURGED",
            Some(_) if !self.active => "COLD",
            _ => "HOT",
        }
    }
}

#[derive(Debug, Clone)]
pub(super) struct Group {
    pub(super) id: Id,
    pub(super) provider: Id,
    pub(super) display_name: String,
    pub(super) external_id: Option<String>,
    pub(super) members: Members,
    /// The groups that hold this one directly, oldest first.
    pub(super) groups: Vec<Id>,
    pub(super) created: Stamp,
    pub(super) modified: Stamp,
    pub(super) version: u64,
}

#[derive(Debug, Clone)]
pub(super) struct Provider {
    pub(super) id: Id,
    pub(super) display_name: Arc<str>,
    pub(super) credential: CredentialType,
    pub(super) username: Arc<str>,
    /// Hash of the password or token, which only the answer that made it shows; none once it was removed.
    pub(super) secret: Option<SecretHash>,
    pub(super) rotations: u64,
    pub(super) enabled: bool,
    pub(super) removed: bool,
    pub(super) delay_minutes: i64,
    pub(super) org_mapping: OrgMapping,
    pub(super) role_mapping: RoleMapping,
    /// How many mappings it ever had; their numbers are never used again.
    pub(super) rules_made: u32,
    pub(super) last_sync_at: Option<Timestamp>,
    pub(super) created: Timestamp,
}

/// Exactly one method for each provider (S86).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum OrgMapping {
    #[default]
    None,
    /// New users are made in this organization.
    Single(usize),
    /// By `c42OrgName`; this organization without it.
    OrgName(usize),
    /// By SCIM group; without a mapped one the organization `unmapped`.
    Groups { unmapped: usize, rules: Vec<OrgRule> },
}

/// In the order of priority.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OrgRule {
    pub(super) number: u32,
    /// Empty when all its groups were deleted.
    pub(super) groups: Vec<Id>,
    pub(super) organization: usize,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct RoleMapping {
    pub(super) by_groups: bool,
    pub(super) rules: Vec<RoleRule>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RoleRule {
    pub(super) number: u32,
    pub(super) group: Id,
    pub(super) roles: RoleSet,
}

impl OrgMapping {
    pub(super) fn method(&self) -> OrgMethod {
        match self {
            Self::None => OrgMethod::None,
            Self::Single(_) => OrgMethod::SingleOrg,
            Self::OrgName(_) => OrgMethod::C42OrgName,
            Self::Groups { .. } => OrgMethod::ScimGroups,
        }
    }

    /// Whether an organization is needed by it.
    pub(super) fn uses(&self, organization: usize) -> bool {
        match self {
            Self::None => false,
            Self::Single(target) | Self::OrgName(target) => *target == organization,
            Self::Groups { unmapped, rules } => {
                *unmapped == organization || rules.iter().any(|rule| rule.organization == organization)
            }
        }
    }

    pub(super) fn rules(&self) -> &[OrgRule] {
        match self {
            Self::Groups { rules, .. } => rules,
            _ => &[],
        }
    }

    pub(super) fn rule_of(&self, group: Id) -> Option<&OrgRule> {
        self.rules().iter().find(|rule| rule.groups.contains(&group))
    }
}

impl Provider {
    /// Whether memberships of groups decide anything.
    pub(super) fn maps_groups(&self) -> bool {
        self.role_mapping.by_groups || matches!(self.org_mapping, OrgMapping::Groups { .. })
    }

    pub(super) fn next_rule(&mut self) -> u32 {
        self.rules_made += 1;
        self.rules_made
    }
}

/// RFC 3339 with milliseconds, in UTC (code42-service §3.2).
pub(crate) fn time(at: Timestamp) -> String {
    format!("{at:.3}")
}
