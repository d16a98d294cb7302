//! The role catalogue, and sets of roles.

use super::error::ConsoleError;

/// Identifier and name, as published.
pub(super) const ROLES: [(&str, &str); 24] = [
    ("desktop-user", "Desktop User"),
    ("proe-user", "PROe User"),
    ("agent-user", "Agent User"),
    ("org-admin", "Org Admin"),
    ("org-manager", "Org Manager"),
    ("org-help-desk", "Org Help Desk"),
    ("org-legal-admin", "Org Legal Admin"),
    ("org-security-viewer", "Org Security Viewer"),
    ("cross-org-admin", "Cross Org Admin"),
    ("cross-org-manager", "Cross Org Manager"),
    ("cross-org-help-desk", "Cross Org Help Desk"),
    ("cross-org-legal-admin", "Cross Org Legal Admin"),
    ("cross-org-security-viewer", "Cross Org Security Viewer"),
    ("admin-restore", "Admin Restore"),
    ("admin-restore-limited", "Admin Restore Limited"),
    ("push-restore", "Push Restore"),
    ("remote-file-selection", "Remote File Selection"),
    ("customer-cloud-admin", "Customer Cloud Admin"),
    ("alert-emails", "Alert Emails"),
    ("security-center-user", "Security Center User"),
    ("audit-log-viewer", "Audit Log Viewer"),
    ("insider-risk-admin", "Insider Risk Admin"),
    ("watchlist-manager", "Watchlist Manager"),
    ("identity-management-administrator", "Identity Management Administrator"),
];

/// Some of the roles.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct RoleSet(u32);

impl RoleSet {
    pub(super) const NONE: Self = Self(0);

    pub(super) fn of(slugs: &[&str]) -> Self {
        let bits = ROLES.iter().enumerate().filter(|(_, (slug, _))| slugs.contains(slug));
        Self(bits.fold(0, |set, (index, _)| set | 1 << index))
    }

    /// From identifiers as a client writes them, at least one where that is required.
    pub(super) fn parse(slugs: &[String]) -> Result<Self, ConsoleError> {
        let mut set = Self::NONE;
        for slug in slugs {
            let index = ROLES.iter().position(|(known, _)| known == slug).ok_or_else(|| {
                ConsoleError::new(
                    400,
                    "ROLE_UNKNOWN",
                    format!("There is no role `{slug}`; GET /console/v1/roles lists them."),
                )
            })?;
            set.0 |= 1 << index;
        }
        Ok(set)
    }

    pub(super) fn contains(self, slug: &str) -> bool {
        ROLES.iter().position(|(known, _)| *known == slug).is_some_and(|index| self.0 >> index & 1 == 1)
    }

    pub(super) fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(super) fn minus(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    pub(super) fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// In alphabetical order.
    pub(super) fn slugs(self) -> Vec<&'static str> {
        let mut slugs: Vec<&str> = ROLES
            .iter()
            .enumerate()
            .filter(|(index, _)| self.0 >> index & 1 == 1)
            .map(|(_, (slug, _))| *slug)
            .collect();
        slugs.sort_unstable();
        slugs
    }
}
