//! The rules of the service in small, written from the specification (code42-service §3.4 to §3.6) and not
//! from the implementation: what each action does to people, and what the sync log gains.

use std::collections::{BTreeMap, BTreeSet};

/// People by number.
pub(crate) const PEOPLE: usize = 5;
/// Groups by number.
pub(crate) const GROUPS: usize = 3;
/// Organizations that the console makes; `Alpha` has default roles of its own.
pub(crate) const ORGANIZATIONS: [&str; 3] = ["Alpha", "Beta", "Unmapped"];
/// What each person has under `c42OrgName`.
pub(crate) const NAMES: [&str; PEOPLE] = ["Alpha", "beta ", "", "Newly Made", "Newly Made"];
/// Sets of roles that rules and the console give.
pub(crate) const ROLES: [&[&str]; 3] =
    [&["agent-user"], &["desktop-user", "audit-log-viewer"], &["org-admin", "agent-user"]];

/// What happens; numbers out of range of the situation make it nothing.
#[derive(Debug, Clone)]
pub(crate) enum Action {
    Assign(usize),
    Unassign(usize),
    Push(usize),
    Join(usize, usize),
    Leave(usize, usize),
    Block(usize),
    Unblock(usize),
    Deactivate(usize),
    Activate(usize),
    Move(usize, usize),
    Roles(usize, usize),
    Method(Method),
    AddOrgRule(usize, usize),
    RemoveOrgRule(usize),
    ReverseOrgRules,
    ByGroups(bool),
    AddRoleRule(usize, usize),
    RemoveRoleRule(usize),
    Apply,
    Delay(i64),
    Hold(usize, usize),
    Release(usize, usize),
    Advance(i64),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    None,
    Single(usize),
    Name,
    Groups,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Why {
    Create,
    Update,
    Reactivate,
    Membership,
    Apply,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum RolesFrom {
    Organization,
    Groups,
    Console,
}

#[derive(Debug, Clone)]
struct Person {
    active: bool,
    blocked_by_hand: bool,
    due: Option<i64>,
    held: bool,
    organization: String,
    moved_by_hand: bool,
    roles: BTreeSet<String>,
    roles_from: RolesFrom,
}

/// What the console shows of a person.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) state: String,
    pub(crate) active_over_scim: bool,
    pub(crate) block_reasons: Vec<String>,
    pub(crate) organization: String,
    pub(crate) roles: BTreeSet<String>,
}

pub(crate) struct Model {
    people: BTreeMap<usize, Person>,
    pub(crate) assigned: BTreeSet<usize>,
    pub(crate) members: Vec<BTreeSet<usize>>,
    made: BTreeSet<String>,
    method: Method,
    org_rules: Vec<(usize, usize)>,
    by_groups: bool,
    role_rules: BTreeMap<usize, usize>,
    holds: [BTreeSet<usize>; 2],
    delay: i64,
    now: i64,
    /// Kinds and people of the entries that the action wrote, sorted.
    log: Vec<(String, Option<usize>)>,
}

fn set(roles: &[&str]) -> BTreeSet<String> {
    roles.iter().map(|role| (*role).to_owned()).collect()
}

fn default_roles(organization: &str) -> BTreeSet<String> {
    if organization == "Alpha" { set(&["proe-user"]) } else { set(&["desktop-user", "proe-user"]) }
}

impl Model {
    pub(crate) fn new() -> Self {
        Self {
            people: BTreeMap::new(),
            assigned: BTreeSet::new(),
            members: vec![BTreeSet::new(); GROUPS],
            made: BTreeSet::new(),
            method: Method::None,
            org_rules: Vec::new(),
            by_groups: false,
            role_rules: BTreeMap::new(),
            holds: [BTreeSet::new(), BTreeSet::new()],
            delay: 15,
            now: 0,
            log: Vec::new(),
        }
    }

    /// Whether the action makes sense now; those that the service refuses do, those that Okta or the console
    /// would not offer do not.
    pub(crate) fn offers(&self, action: &Action) -> bool {
        let there = |who: &usize| self.people.contains_key(who);
        match action {
            Action::Assign(who) => !self.assigned.contains(who),
            // Okta takes people out of their groups first.
            Action::Unassign(who) => {
                self.assigned.contains(who) && self.members.iter().all(|members| !members.contains(who))
            }
            Action::Push(who) => self.assigned.contains(who),
            Action::Join(group, who) => self.assigned.contains(who) && !self.members[*group].contains(who),
            Action::Leave(group, who) => self.members[*group].contains(who),
            Action::Block(who)
            | Action::Unblock(who)
            | Action::Deactivate(who)
            | Action::Activate(who)
            | Action::Move(who, _)
            | Action::Roles(who, _)
            | Action::Hold(_, who) => there(who),
            Action::Release(matter, who) => self.holds[*matter].contains(who),
            Action::AddOrgRule(group, _) => {
                self.method == Method::Groups && self.org_rules.iter().all(|(known, _)| known != group)
            }
            Action::RemoveOrgRule(group) => self.org_rules.iter().any(|(known, _)| known == group),
            Action::ReverseOrgRules => self.org_rules.len() > 1,
            Action::AddRoleRule(group, _) => self.by_groups && !self.role_rules.contains_key(group),
            Action::RemoveRoleRule(group) => self.by_groups && self.role_rules.contains_key(group),
            Action::Method(method) => self.method != *method,
            Action::ByGroups(by_groups) => self.by_groups != *by_groups,
            Action::Apply | Action::Delay(_) | Action::Advance(_) => true,
        }
    }

    /// Does it. Gives whether the console accepts it, and what the log gains.
    pub(crate) fn act(&mut self, action: &Action) -> (bool, Vec<(String, Option<usize>)>) {
        self.log.clear();
        let accepted = self.perform(action);
        self.log.sort();
        (accepted, self.log.clone())
    }

    fn perform(&mut self, action: &Action) -> bool {
        match action {
            Action::Assign(who) => self.assign(*who),
            Action::Unassign(who) => {
                self.assigned.remove(who);
                self.provider_writes(*who, Some(false));
            }
            Action::Push(who) => {
                self.write("USER_UPDATED", Some(*who));
                self.provider_writes(*who, None);
            }
            Action::Join(group, who) => {
                self.members[*group].insert(*who);
                self.write("GROUP_MEMBERS_ADDED", None);
                self.membership(*who);
            }
            Action::Leave(group, who) => {
                self.members[*group].remove(who);
                self.write("GROUP_MEMBERS_REMOVED", None);
                self.membership(*who);
            }
            Action::Block(who) => self.person(*who).blocked_by_hand = true,
            Action::Unblock(who) => {
                let person = self.person(*who);
                person.blocked_by_hand = false;
                let cancels = person.due.take().is_some() || std::mem::take(&mut person.held);
                if cancels {
                    self.write("DEACTIVATION_CANCELLED", Some(*who));
                }
            }
            Action::Deactivate(who) => {
                if self.person(*who).active && self.on_hold(*who) {
                    return false;
                }
                if self.person(*who).due.is_some() {
                    self.write("DEACTIVATION_SUPERSEDED", Some(*who));
                }
                self.end(*who);
            }
            Action::Activate(who) => self.person(*who).active = true,
            Action::Move(who, to) => {
                let person = self.person(*who);
                ORGANIZATIONS[*to].clone_into(&mut person.organization);
                person.moved_by_hand = true;
            }
            Action::Roles(who, roles) => {
                let person = self.person(*who);
                person.roles = set(ROLES[*roles]);
                person.roles_from = RolesFrom::Console;
            }
            Action::Method(method) => {
                self.method = *method;
                self.org_rules.clear();
            }
            Action::AddOrgRule(group, organization) => self.org_rules.push((*group, *organization)),
            Action::RemoveOrgRule(group) => self.org_rules.retain(|(known, _)| known != group),
            Action::ReverseOrgRules => self.org_rules.reverse(),
            // The rules wait for the mode to come back (§3.2: they are kept beside it).
            Action::ByGroups(by_groups) => self.by_groups = *by_groups,
            Action::AddRoleRule(group, roles) => {
                self.role_rules.insert(*group, *roles);
            }
            Action::RemoveRoleRule(group) => {
                self.role_rules.remove(group);
            }
            Action::Apply => {
                self.write("SETTINGS_APPLIED", None);
                let everybody: Vec<usize> = self.people.keys().copied().collect();
                everybody.into_iter().for_each(|who| self.evaluate(who, Why::Apply));
            }
            Action::Delay(minutes) => self.delay = *minutes,
            Action::Hold(matter, who) => {
                if !self.person(*who).active || self.holds[*matter].contains(who) {
                    return false;
                }
                self.holds[*matter].insert(*who);
            }
            Action::Release(matter, who) => {
                self.holds[*matter].remove(who);
                if self.person(*who).held && !self.on_hold(*who) {
                    self.write("USER_DEACTIVATED", Some(*who));
                    self.end(*who);
                }
            }
            Action::Advance(minutes) => self.advance(*minutes),
        }
        true
    }

    fn write(&mut self, event: &str, who: Option<usize>) {
        self.log.push((event.to_owned(), who));
    }

    fn person(&mut self, who: usize) -> &mut Person {
        self.people.get_mut(&who).expect("the action was offered, so the person is there")
    }

    fn on_hold(&self, who: usize) -> bool {
        self.holds.iter().any(|matter| matter.contains(&who))
    }

    fn assign(&mut self, who: usize) {
        self.assigned.insert(who);
        if let Some(person) = self.people.get(&who) {
            // Okta finds the account: activates it if need be, and pushes the profile.
            let inactive = !person.active || person.due.is_some() || person.held;
            self.provider_writes(who, inactive.then_some(true));
            return;
        }
        self.people.insert(
            who,
            Person {
                active: true,
                blocked_by_hand: false,
                due: None,
                held: false,
                organization: "Default".into(),
                moved_by_hand: false,
                roles: BTreeSet::new(),
                roles_from: RolesFrom::Organization,
            },
        );
        let before = self.log.len();
        self.evaluate(who, Why::Create);
        // What a new user gets stands in the entry of the creation.
        let made: Vec<_> = self.log.drain(before..).filter(|(event, _)| event == "ORG_CREATED").collect();
        self.log.extend(made);
        self.write("USER_CREATED", Some(who));
    }

    fn provider_writes(&mut self, who: usize, active: Option<bool>) {
        let (delay, now, on_hold) = (self.delay, self.now, self.on_hold(who));
        let person = self.person(who);
        let was_active = person.active;
        match active {
            Some(true) if person.due.take().is_some() || std::mem::take(&mut person.held) => {
                self.write("DEACTIVATION_CANCELLED", Some(who));
            }
            Some(true) if !was_active => {
                person.active = true;
                self.write("USER_REACTIVATED", Some(who));
            }
            Some(false) if was_active && person.due.is_none() && !person.held => match delay {
                0 if on_hold => {
                    person.held = true;
                    self.write("DEACTIVATION_DEFERRED_LEGAL_HOLD", Some(who));
                }
                0 => {
                    self.write("USER_DEACTIVATED", Some(who));
                    self.end(who);
                }
                minutes => {
                    person.due = Some(now + minutes);
                    self.write("DEACTIVATION_SCHEDULED", Some(who));
                    self.write("USER_BLOCKED", Some(who));
                }
            },
            _ => {}
        }
        self.evaluate(who, if was_active { Why::Update } else { Why::Reactivate });
    }

    fn membership(&mut self, who: usize) {
        if self.method == Method::Groups || self.by_groups {
            self.evaluate(who, Why::Membership);
        }
    }

    fn end(&mut self, who: usize) {
        let person = self.person(who);
        person.active = false;
        person.due = None;
        person.held = false;
    }

    fn advance(&mut self, minutes: i64) {
        self.now += minutes;
        let due: Vec<usize> = self
            .people
            .iter()
            .filter(|(_, person)| person.due.is_some_and(|due| due <= self.now))
            .map(|(who, _)| *who)
            .collect();
        for who in due {
            if self.on_hold(who) {
                let person = self.person(who);
                person.due = None;
                person.held = true;
                self.write("DEACTIVATION_DEFERRED_LEGAL_HOLD", Some(who));
            } else {
                self.write("USER_DEACTIVATED", Some(who));
                self.end(who);
            }
        }
    }

    /// Organization first, then roles; nobody who is deactivated.
    fn evaluate(&mut self, who: usize, why: Why) {
        let person = self.people[&who].clone();
        if !person.active {
            return;
        }
        let by_action = why == Why::Create || (why == Why::Apply && !person.moved_by_hand);
        let place = match self.method {
            Method::None => by_action.then(|| "Default".to_owned()),
            Method::Single(target) => by_action.then(|| ORGANIZATIONS[target].to_owned()),
            Method::Name => (why != Why::Membership).then(|| self.named(who)),
            Method::Groups => {
                let rule = self.org_rules.iter().find(|(group, _)| self.members[*group].contains(&who));
                Some(ORGANIZATIONS[rule.map_or(2, |(_, organization)| *organization)].to_owned())
            }
        };
        let mut after = person.clone();
        if let Some(place) = place {
            after.organization = place;
            after.moved_by_hand = false;
        }
        let moved = after.organization != person.organization;
        if self.by_groups {
            let rules = self.role_rules.iter().filter(|(group, _)| self.members[**group].contains(&who));
            let roles: BTreeSet<String> = rules.flat_map(|(_, roles)| set(ROLES[*roles])).collect();
            (after.roles, after.roles_from) = if roles.is_empty() {
                (default_roles(&after.organization), RolesFrom::Organization)
            } else {
                (roles, RolesFrom::Groups)
            };
        } else if (moved || why == Why::Create) && person.roles_from == RolesFrom::Organization {
            after.roles = default_roles(&after.organization);
        }
        if moved {
            self.write("USER_ORG_CHANGED", Some(who));
        }
        if after.roles != person.roles {
            self.write("USER_ROLES_CHANGED", Some(who));
        }
        self.people.insert(who, after);
    }

    /// By `c42OrgName`: trimmed, without regard to letter case, made when it is not there.
    fn named(&mut self, who: usize) -> String {
        let name = NAMES[who].trim();
        if name.is_empty() {
            return "Unmapped".into();
        }
        if let Some(known) = ORGANIZATIONS.iter().find(|known| known.eq_ignore_ascii_case(name)) {
            return (*known).to_owned();
        }
        if self.made.insert(name.to_owned()) {
            self.write("ORG_CREATED", None);
        }
        name.to_owned()
    }

    /// What the console must show, by person.
    pub(crate) fn seen(&self) -> BTreeMap<usize, Seen> {
        let seen = |person: &Person| {
            let state = match (person.active, person.due.is_some(), person.held, person.blocked_by_hand) {
                (false, ..) => "DEACTIVATED",
                (true, true, ..) => "PENDING_DEACTIVATION",
                (true, _, true, _) => "HELD",
                (true, _, _, true) => "BLOCKED",
                _ => "ACTIVE",
            };
            let reasons = [
                (person.held, "LEGAL_HOLD"),
                (person.blocked_by_hand, "MANUAL"),
                (person.due.is_some(), "PENDING_DEACTIVATION"),
            ];
            Seen {
                state: state.to_owned(),
                active_over_scim: person.active && person.due.is_none() && !person.held,
                block_reasons: reasons
                    .iter()
                    .filter(|(is, _)| *is)
                    .map(|(_, name)| (*name).to_owned())
                    .collect(),
                organization: person.organization.clone(),
                roles: person.roles.clone(),
            }
        };
        self.people.iter().map(|(who, person)| (*who, seen(person))).collect()
    }
}
