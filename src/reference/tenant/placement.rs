//! Where a provider's users belong, and what roles they have: the evaluation of the mappings
//! (code42-service §3.5, §3.6), on each write of the provider and by Apply Org and Role Settings.

use serde_json::{Value, json};

use super::id::Id;
use super::lifecycle::about;
use super::log::{About, Actor};
use super::model::OrgMapping;
use super::model::{OrgSource, Origin, Provider, RoleSource, User};
use super::organizations::SHORTEST_NAME;
use super::requests::ApplySettings;
use super::role_set::RoleSet;
use super::{ConsoleError, Tenant};
use crate::reference::scim::{C42_USER, Object};

/// What makes an evaluation due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trigger {
    Create,
    Adopt,
    Update,
    Reactivate,
    /// The user joined or left a group.
    Membership,
    Apply,
}

impl Trigger {
    /// The cause in the sync log.
    fn cause(self) -> &'static str {
        match self {
            Self::Create => "CREATE",
            Self::Adopt => "ADOPT",
            Self::Update => "UPDATE",
            Self::Reactivate => "REACTIVATE",
            Self::Membership => "GROUP_MEMBERSHIP",
            Self::Apply => "APPLY_ACTION",
        }
    }
}

/// Which organization.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    Stay,
    At(usize),
    /// One that is still to be made.
    New(Box<str>),
}

/// What went wrong: a code and what to say of it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Trouble {
    event: &'static str,
    code: &'static str,
    message: &'static str,
    roles: RoleSet,
}

/// The published text (code42-service §1.5), and its like for organizations.
const ROLE_TROUBLE: &str = "Unable to update user's role";
const ORG_TROUBLE: &str = "Unable to update user's organization";

/// What the organization mapping says of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Placement {
    place: Place,
    source: OrgSource,
    trouble: Vec<Trouble>,
}

/// What the whole evaluation comes to.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) organization: usize,
    /// Whether that is another one.
    pub(super) moved: bool,
    org_source: OrgSource,
    roles: RoleSet,
    role_source: RoleSource,
    trouble: Vec<Trouble>,
}

impl Outcome {
    /// Whether it would change anything that is kept of the user.
    pub(super) fn changes(&self, user: &User) -> bool {
        self.moved
            || self.roles != user.roles
            || self.org_source != user.org_source
            || self.role_source != user.role_source
    }

    /// Whether it would change anything that is written down.
    pub(super) fn shows(&self, user: &User) -> bool {
        self.moved || self.roles != user.roles
    }
}

impl Placement {
    fn at(organization: usize, source: OrgSource) -> Self {
        Self { place: Place::At(organization), source, trouble: Vec::new() }
    }

    fn stay(user: &User) -> Self {
        Self { place: Place::Stay, source: user.org_source, trouble: Vec::new() }
    }
}

/// The value of `c42OrgName`, trimmed; an empty one is none (code42-service §3.5).
fn org_name(scim: &Object) -> Option<&str> {
    let name = scim.get(C42_USER)?.get("c42OrgName")?.as_str()?.trim();
    (!name.is_empty()).then_some(name)
}

impl Tenant {
    /// What the provider's organization mapping says, without doing it. `scim` is the user's resource as it
    /// will be.
    pub(super) fn place(&self, provider: Id, user: &User, scim: &Object, trigger: Trigger) -> Placement {
        let Some(provider) = self.providers.iter().find(|known| known.id == provider) else {
            return Placement::stay(user);
        };
        let new = trigger == Trigger::Create;
        let moved_by_hand = user.org_source == OrgSource::Manual;
        let placement = match &provider.org_mapping {
            OrgMapping::None if new || (trigger == Trigger::Apply && !moved_by_hand) => {
                Placement::at(self.default_organization, OrgSource::Default)
            }
            // S32, S33: new users are put there; those who were moved stay where they are.
            OrgMapping::Single(target)
                if new || trigger == Trigger::Adopt || (trigger == Trigger::Apply && !moved_by_hand) =>
            {
                Placement::at(*target, OrgSource::SingleOrg)
            }
            OrgMapping::OrgName(unmapped) if trigger != Trigger::Membership => {
                self.place_by_name(*unmapped, org_name(scim))
            }
            OrgMapping::Groups { unmapped, rules } => {
                let inside = |group: &Id| {
                    self.store.group(*group).is_some_and(|group| group.members.contains(user.id))
                };
                let nested = self.groups_above(user);
                let rule = rules
                    .iter()
                    .find(|rule| rule.groups.iter().any(|group| inside(group) || nested.contains(group)));
                Placement::at(rule.map_or(*unmapped, |rule| rule.organization), OrgSource::Groups)
            }
            OrgMapping::None | OrgMapping::Single(_) | OrgMapping::OrgName(_) => Placement::stay(user),
        };
        self.only_open(placement, new, user)
    }

    /// The groups that hold the user through other groups.
    fn groups_above(&self, user: &User) -> Vec<Id> {
        if !self.behaviour.nested_groups {
            return Vec::new();
        }
        self.store.indirect_groups_with(user.id).into_iter().map(|group| group.id).collect()
    }

    fn place_by_name(&self, unmapped: usize, name: Option<&str>) -> Placement {
        let Some(name) = name else { return Placement::at(unmapped, OrgSource::OrgName) };
        if name.chars().count() < SHORTEST_NAME {
            let mut placement = Placement::at(unmapped, OrgSource::OrgName);
            placement.trouble.push(Trouble {
                event: "ORG_UPDATE_FAILED",
                code: "ORG_NAME_TOO_SHORT",
                message: ORG_TROUBLE,
                roles: RoleSet::NONE,
            });
            return placement;
        }
        let place = match self.organizations.active_by_name(name) {
            Some(found) => Place::At(found),
            None => Place::New(name.into()),
        };
        Placement { place, source: OrgSource::OrgName, trouble: Vec::new() }
    }

    /// Nobody is put into an organization that is not active: the user keeps the present one, a new user gets
    /// the default one (code42-service §3.5).
    fn only_open(&self, placement: Placement, new: bool, user: &User) -> Placement {
        let Place::At(organization) = placement.place else { return placement };
        let already = !new && organization == user.organization;
        if already || self.organizations.is_open(organization) {
            return placement;
        }
        let mut kept = if new {
            Placement::at(self.default_organization, OrgSource::Default)
        } else {
            Placement::stay(user)
        };
        kept.trouble = placement.trouble;
        kept.trouble.push(Trouble {
            event: "ORG_UPDATE_FAILED",
            code: "ORG_INACTIVE",
            message: ORG_TROUBLE,
            roles: RoleSet::NONE,
        });
        kept
    }

    /// Makes the organization that a placement needs.
    pub(super) fn make_place(&mut self, provider: Id, placement: &mut Placement, actor: Actor) {
        let Place::New(name) = &placement.place else { return };
        // Another user of the same run may have brought it about meanwhile.
        let organization = match self.organizations.active_by_name(name) {
            Some(found) => found,
            None => {
                let made = self.new_organization(name, Some(0), Some(provider));
                let (id, name) = (self.organizations[made].id, self.organizations[made].name.clone());
                self.write_log(actor, "ORG_CREATED", "SUCCESS", &About::Organization(id, &name));
                made
            }
        };
        placement.place = Place::At(organization);
    }

    /// The roles that the role mapping gives (S98, S99, S104): the union over the user's groups, and the
    /// defaults of the organization without a mapped one.
    fn mapped_roles(&self, provider: &Provider, user: &User, organization: usize) -> (RoleSet, RoleSource) {
        let nested = self.groups_above(user);
        let mut mapped = None;
        for rule in &provider.role_mapping.rules {
            let inside = self.store.group(rule.group).is_some_and(|group| group.members.contains(user.id));
            if inside || nested.contains(&rule.group) {
                mapped = Some(mapped.unwrap_or(RoleSet::NONE).union(rule.roles));
            }
        }
        match mapped {
            Some(roles) => (roles, RoleSource::Mapped),
            None => (self.default_roles(organization), RoleSource::Default),
        }
    }

    /// What the evaluation comes to, without doing it.
    pub(super) fn outcome(
        &self,
        provider: Id,
        user: &User,
        placement: &Placement,
        trigger: Trigger,
    ) -> Outcome {
        // A dry run makes no organization; a new one inherits from the root.
        let (organization, made) = match placement.place {
            Place::At(organization) => (organization, false),
            Place::New(_) => (0, true),
            Place::Stay => (user.organization, false),
        };
        let moved = made || organization != user.organization;
        let provider = self.providers.iter().find(|known| known.id == provider);
        let (wanted, role_source) = match provider {
            Some(provider) if provider.role_mapping.by_groups => {
                self.mapped_roles(provider, user, organization)
            }
            // Manually: what users get from their organization goes with the organization (§3.6).
            _ if (moved || trigger == Trigger::Create) && user.role_source == RoleSource::Default => {
                (self.default_roles(organization), RoleSource::Default)
            }
            _ => (user.roles, user.role_source),
        };
        let mut trouble = placement.trouble.clone();
        let mut roles = wanted;
        if role_source == RoleSource::Mapped {
            roles = wanted.minus(self.withdrawn);
            let missing = wanted.minus(roles);
            if !missing.is_empty() {
                trouble.push(Trouble {
                    event: "ROLE_UPDATE_FAILED",
                    code: "ROLE_UNAVAILABLE",
                    message: ROLE_TROUBLE,
                    roles: missing,
                });
            }
        }
        Outcome { organization, moved, org_source: placement.source, roles, role_source, trouble }
    }

    /// Gives a user who is being made an organization and roles.
    pub(super) fn settle_new(user: &mut User, outcome: &Outcome) {
        user.organization = outcome.organization;
        user.org_source = outcome.org_source;
        user.roles = outcome.roles;
        user.role_source = outcome.role_source;
    }

    /// Does what the evaluation came to, first the organization, then the roles, and writes it down.
    pub(super) fn settle(&mut self, user: &mut User, outcome: &Outcome, trigger: Trigger, actor: Actor) {
        let before = (user.organization, user.roles);
        Self::settle_new(user, outcome);
        if outcome.moved {
            let held = self.holds.on_hold(user.id);
            let result = if held { "WARNING" } else { "SUCCESS" };
            let (left, entered) = (self.place_name(before.0), self.place_name(user.organization));
            let entry = self.write_log(actor, "USER_ORG_CHANGED", result, &about(user));
            entry.cause = Some(trigger.cause());
            entry.set("orgBefore", super::log::place_json(&left));
            entry.org_after = Some(entered);
            if held {
                entry.set("message", "The user is on legal hold, and a move can cost data that is held.");
            }
        }
        if user.roles != before.1 {
            let (added, removed) = (user.roles.minus(before.1), before.1.minus(user.roles));
            let entry = self.write_log(actor, "USER_ROLES_CHANGED", "SUCCESS", &about(user));
            entry.cause = Some(trigger.cause());
            entry.set("rolesAdded", added.slugs());
            entry.set("rolesRemoved", removed.slugs());
        }
    }

    pub(super) fn log_trouble(&mut self, user: &User, outcome: &Outcome, trigger: Trigger, actor: Actor) {
        for trouble in &outcome.trouble {
            let entry = self.write_log(actor, trouble.event, "ERROR", &about(user));
            entry.cause = Some(trigger.cause());
            entry.set("code", trouble.code);
            entry.set("message", trouble.message);
            if !trouble.roles.is_empty() {
                entry.set("rolesNotAvailable", trouble.roles.slugs());
            }
        }
    }

    /// Evaluates users whose memberships changed.
    pub(super) fn evaluate_members(&mut self, provider: Id, members: impl IntoIterator<Item = Id>) {
        if !self.providers.iter().any(|known| known.id == provider && known.maps_groups()) {
            return;
        }
        for id in members {
            let Some(user) = self.managed(provider, id) else { continue };
            let placement = self.place_stored(provider, user, Trigger::Membership);
            self.settle_stored(provider, id, placement, Trigger::Membership, Actor::Provider(provider));
        }
    }

    /// The user, if the provider manages it and it is active (§3.5).
    fn managed(&self, provider: Id, id: Id) -> Option<&User> {
        self.store.user(id).filter(|user| user.active && user.origin == Origin::Provisioned(provider))
    }

    fn place_stored(&self, provider: Id, user: &User, trigger: Trigger) -> Placement {
        // Only one method looks into the resource, so that the others need not read it.
        let scim =
            if user.scim.extensions().contains("c42OrgName") { user.scim.object() } else { Object::new() };
        self.place(provider, user, &scim, trigger)
    }

    fn settle_stored(
        &mut self,
        provider: Id,
        id: Id,
        mut placement: Placement,
        trigger: Trigger,
        actor: Actor,
    ) {
        self.make_place(provider, &mut placement, actor);
        let Some(user) = self.store.user(id) else { return };
        let outcome = self.outcome(provider, user, &placement, trigger);
        if outcome.changes(user) {
            let mut user = user.clone();
            self.settle(&mut user, &outcome, trigger, actor);
            self.log_trouble(&user, &outcome, trigger, actor);
            self.store.put_user(user);
        } else if !outcome.trouble.is_empty() {
            let user = user.clone();
            self.log_trouble(&user, &outcome, trigger, actor);
        }
    }

    /// Apply Org and Role Settings (S85): what the mappings say of everybody, done now; as a dry run only
    /// counted. Run again, it changes nothing.
    pub(crate) fn apply_settings(&mut self, id: Id, fields: &ApplySettings) -> Result<Value, ConsoleError> {
        self.provider(id)?;
        let selected = self.selected(id, fields.user_ids.as_deref())?;
        let (mut evaluated, mut moved, mut roles_changed, mut unchanged, mut by_hand) = (0, 0, 0, 0, 0);
        let mut errors = Vec::new();
        let mut todo = Vec::new();
        for user in selected.managed.iter().filter_map(|id| self.store.user(*id)) {
            let placement = self.place_stored(id, user, Trigger::Apply);
            let outcome = self.outcome(id, user, &placement, Trigger::Apply);
            evaluated += 1;
            moved += usize::from(outcome.moved);
            roles_changed += usize::from(outcome.roles != user.roles);
            unchanged += usize::from(!outcome.moved && outcome.roles == user.roles);
            let stays = user.org_source == OrgSource::Manual && outcome.org_source == OrgSource::Manual;
            by_hand += usize::from(stays);
            errors.extend(outcome.trouble.iter().map(|trouble| {
                json!({
                    "userId": user.id.to_string(),
                    "username": user.username(),
                    "code": trouble.code,
                    "message": trouble.message,
                })
            }));
            if outcome.changes(user) || !outcome.trouble.is_empty() {
                todo.push((user.id, placement));
            }
        }
        if !fields.dry_run {
            self.runs += 1;
            let entry = self.write_log(Actor::Console(id), "SETTINGS_APPLIED", "SUCCESS", &About::None);
            entry.cause = Some(Trigger::Apply.cause());
            for (name, count) in [
                ("evaluated", evaluated),
                ("orgMoved", moved),
                ("rolesChanged", roles_changed),
                ("unchanged", unchanged),
            ] {
                entry.set(name, count);
            }
            self.audit_provider(super::audit_log::Act::SettingsApplied, id);
            for (user, placement) in todo {
                self.settle_stored(id, user, placement, Trigger::Apply, Actor::Console(id));
            }
        }
        Ok(json!({
            "runId": if fields.dry_run { Value::Null } else { json!(format!("apply-{}", self.runs)) },
            "dryRun": fields.dry_run,
            "evaluated": evaluated,
            "orgMoved": moved,
            "rolesChanged": roles_changed,
            "unchanged": unchanged,
            "skipped": {
                "local": selected.local,
                "unmanaged": selected.unmanaged,
                "deactivated": selected.deactivated,
                "manualOrg": by_hand,
                "otherProvider": selected.other_provider,
            },
            "errors": errors,
        }))
    }

    fn selected(&self, provider: Id, users: Option<&[String]>) -> Result<Selected, ConsoleError> {
        let mut selected = Selected::default();
        match users {
            Some(ids) => {
                for id in ids {
                    let user = Id::parse(id).and_then(|id| self.store.user(id));
                    selected.take(provider, user.ok_or_else(|| ConsoleError::not_found("user"))?);
                }
            }
            None => self.store.users().for_each(|user| selected.take(provider, user)),
        }
        Ok(selected)
    }

    pub(super) fn place_name(&self, organization: usize) -> (Id, std::sync::Arc<str>) {
        let organization = &self.organizations[organization];
        (organization.id, organization.name.clone())
    }
}

/// Whom Apply Org and Role Settings is about, and whom it leaves alone.
#[derive(Debug, Default)]
struct Selected {
    managed: Vec<Id>,
    local: usize,
    unmanaged: usize,
    deactivated: usize,
    other_provider: usize,
}

impl Selected {
    fn take(&mut self, provider: Id, user: &User) {
        match user.origin {
            Origin::Local => self.local += 1,
            Origin::Unmanaged => self.unmanaged += 1,
            Origin::Provisioned(owner) if owner != provider => self.other_provider += 1,
            Origin::Provisioned(_) if !user.active => self.deactivated += 1,
            Origin::Provisioned(_) => self.managed.push(user.id),
        }
    }
}
