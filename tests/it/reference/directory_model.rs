//! What a target must hold after any sequence of what an administrator does in Okta, by the dossier on Okta's
//! client (§3.3 to §3.17). Written from it, and not from the simulator.

use std::collections::{BTreeMap, BTreeSet};

pub(crate) const PEOPLE: usize = 5;
pub(crate) const GROUPS: usize = 3;

/// How the dialect changes a group (§3.17): PATCH sends what changed, PUT the whole group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    Patch,
    Put,
}

/// People and groups are numbers.
#[derive(Debug, Clone)]
pub(crate) enum Action {
    Assign(usize),
    Unassign(usize),
    AssignGroup(usize),
    UnassignGroup(usize),
    Title(usize, u8),
    ClearTitle(usize),
    Login(usize),
    ForceSync,
    Suspend(usize),
    Unsuspend(usize),
    Deactivate(usize),
    Activate(usize),
    Delete(usize),
    Push(usize),
    Join(usize, usize),
    Leave(usize, usize),
    Rename(usize),
    Unlink(usize, bool),
    PushNow(usize),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Staged,
    Active,
    Suspended,
    Deactivated,
    Deleted,
}

#[derive(Debug, Clone)]
struct Person {
    state: State,
    login: String,
    title: Option<String>,
    /// Assigned as a person, not through a group.
    individual: bool,
    /// The account, while the person has the app.
    account: Option<usize>,
}

#[derive(Debug, Clone)]
struct Group {
    name: String,
    members: BTreeSet<usize>,
    assigned: bool,
    /// The target's group, while there is a push.
    link: Option<usize>,
    /// Accounts as pushed last.
    pushed: BTreeSet<usize>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Account {
    pub(crate) login: String,
    pub(crate) title: Option<String>,
    pub(crate) active: bool,
}

#[derive(Debug, Clone)]
struct Pushed {
    name: String,
    members: BTreeSet<usize>,
    gone: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct Model {
    way: Way,
    people: Vec<Person>,
    groups: Vec<Group>,
    accounts: Vec<Account>,
    pushed: Vec<Pushed>,
    names: usize,
}

impl Model {
    /// The last person is staged; the first group has members from the beginning.
    pub(crate) fn new(way: Way) -> Self {
        let person = |who: usize| Person {
            state: if who == PEOPLE - 1 { State::Staged } else { State::Active },
            login: format!("p{who}@example.com"),
            title: None,
            individual: false,
            account: None,
        };
        let group = |number: usize| Group {
            name: format!("Group {number}"),
            members: if number == 0 { BTreeSet::from([0, PEOPLE - 1]) } else { BTreeSet::new() },
            assigned: false,
            link: None,
            pushed: BTreeSet::new(),
        };
        Self {
            way,
            people: (0..PEOPLE).map(person).collect(),
            groups: (0..GROUPS).map(group).collect(),
            accounts: Vec::new(),
            pushed: Vec::new(),
            names: 0,
        }
    }

    /// A name that nobody and nothing had.
    pub(crate) fn next_name(&self) -> usize {
        self.names + 1
    }

    /// Whether Okta's pages offer the action.
    pub(crate) fn offers(&self, action: &Action) -> bool {
        let person = |who: &usize| &self.people[*who];
        let group = |number: &usize| &self.groups[*number];
        match action {
            // Already assigned people are not in the list to assign from, nor are those who left.
            Action::Assign(who) => {
                !person(who).individual
                    && matches!(person(who).state, State::Staged | State::Active | State::Suspended)
            }
            // What a group gives, only the group can take.
            Action::Unassign(who) => person(who).individual,
            Action::AssignGroup(number) => !group(number).assigned,
            Action::UnassignGroup(number) => group(number).assigned,
            Action::Title(who, _) | Action::ClearTitle(who) | Action::Login(who) | Action::Join(_, who) => {
                person(who).state != State::Deleted
            }
            Action::Leave(..) | Action::ForceSync | Action::Rename(_) => true,
            Action::Suspend(who) => person(who).state == State::Active,
            Action::Unsuspend(who) => person(who).state == State::Suspended,
            Action::Deactivate(who) => {
                matches!(person(who).state, State::Staged | State::Active | State::Suspended)
            }
            Action::Activate(who) => matches!(person(who).state, State::Staged | State::Deactivated),
            Action::Delete(who) => person(who).state == State::Deactivated,
            Action::Push(number) => group(number).link.is_none(),
            Action::Unlink(number, _) | Action::PushNow(number) => group(number).link.is_some(),
        }
    }

    /// Whether the action says something: a member cannot join twice, nor leave a group without being in it.
    pub(crate) fn makes_sense(&self, action: &Action) -> bool {
        match action {
            Action::Join(number, who) => !self.groups[*number].members.contains(who),
            Action::Leave(number, who) => {
                self.groups[*number].members.contains(who) && self.people[*who].state != State::Deleted
            }
            _ => true,
        }
    }

    pub(crate) fn act(&mut self, action: &Action) {
        match action {
            Action::Assign(who) => {
                self.people[*who].individual = true;
                self.settle(*who);
            }
            Action::Unassign(who) => {
                self.people[*who].individual = false;
                self.settle(*who);
            }
            Action::AssignGroup(number) | Action::UnassignGroup(number) => {
                self.groups[*number].assigned = matches!(action, Action::AssignGroup(_));
                let members = self.groups[*number].members.clone();
                members.into_iter().for_each(|who| self.settle(who));
            }
            Action::Title(who, number) => {
                self.people[*who].title = Some(format!("Title {number}"));
                self.push_profile(*who);
            }
            Action::ClearTitle(who) => {
                self.people[*who].title = None;
                self.push_profile(*who);
            }
            Action::Login(who) => {
                self.names += 1;
                self.people[*who].login = format!("p{who}-{}@example.com", self.names);
                self.push_profile(*who);
            }
            // Whoever is provisioned was pushed at once, so there is nothing to catch up with (§3.15).
            Action::ForceSync => {}
            // §3.12: nothing is sent, and what follows sees a person who has the app.
            Action::Suspend(who) => self.people[*who].state = State::Suspended,
            Action::Unsuspend(who) => self.people[*who].state = State::Active,
            // §3.10: the assignments go with the state.
            Action::Deactivate(who) => {
                self.people[*who].state = State::Deactivated;
                self.people[*who].individual = false;
                self.settle(*who);
            }
            Action::Activate(who) => {
                self.people[*who].state = State::Active;
                self.settle(*who);
            }
            // §3.13: no DELETE; whatever was pushed of the person stays until something else is pushed.
            Action::Delete(who) => {
                self.people[*who].state = State::Deleted;
                self.groups.iter_mut().for_each(|group| group.members.retain(|member| member != who));
            }
            Action::Push(number) => self.push(*number),
            Action::Join(number, who) => {
                self.groups[*number].members.insert(*who);
                self.membership(*number, *who);
            }
            Action::Leave(number, who) => {
                self.groups[*number].members.remove(who);
                self.membership(*number, *who);
            }
            Action::Rename(number) => {
                self.names += 1;
                let name = format!("Group {number} ({})", self.names);
                self.groups[*number].name.clone_from(&name);
                if let Some(link) = self.groups[*number].link {
                    self.pushed[link].name = name;
                    // §3.17e: a PUT has no way to leave the members out.
                    if self.way == Way::Put {
                        self.overwrite(*number);
                    }
                }
            }
            Action::Unlink(number, delete) => {
                if let Some(link) = self.groups[*number].link.take() {
                    self.pushed[link].gone = *delete;
                }
                self.groups[*number].pushed.clear();
            }
            Action::PushNow(number) => self.overwrite(*number),
        }
    }

    /// §3.3 to §3.5 for whoever gains the app, §3.10 for whoever loses it.
    fn settle(&mut self, who: usize) {
        let person = self.people[who].clone();
        let by_group = self.groups.iter().any(|group| group.assigned && group.members.contains(&who));
        let wanted =
            matches!(person.state, State::Active | State::Suspended) && (person.individual || by_group);
        match (wanted, person.account) {
            (true, None) => {
                // Found by user name, or else created.
                let found = self.accounts.iter().position(|account| account.login == person.login);
                let account = found.unwrap_or_else(|| {
                    self.accounts.push(Account { login: String::new(), title: None, active: true });
                    self.accounts.len() - 1
                });
                self.accounts[account].active = true;
                self.people[who].account = Some(account);
                self.push_profile(who);
            }
            (false, Some(account)) => {
                self.accounts[account].active = false;
                self.people[who].account = None;
            }
            _ => {}
        }
    }

    /// §3.8: the whole profile, for whoever has the app.
    fn push_profile(&mut self, who: usize) {
        let Person { login, title, account, .. } = self.people[who].clone();
        if let Some(account) = account {
            self.accounts[account].login = login;
            self.accounts[account].title = title;
        }
    }

    /// §3.17: in the Okta group, assigned, and provisioned.
    fn pushable(&self, number: usize) -> BTreeSet<usize> {
        self.groups[number].members.iter().filter_map(|who| self.people[*who].account).collect()
    }

    /// §3.17a to c, i: a group of that name is linked, and its members stay; else it is created.
    fn push(&mut self, number: usize) {
        let wanted = self.pushable(number);
        let name = self.groups[number].name.clone();
        let found = self.pushed.iter().position(|pushed| !pushed.gone && pushed.name == name);
        let link = found.unwrap_or_else(|| {
            self.pushed.push(Pushed { name, members: BTreeSet::new(), gone: false });
            self.pushed.len() - 1
        });
        self.pushed[link].members.extend(&wanted);
        self.groups[number].link = Some(link);
        self.groups[number].pushed = wanted;
    }

    /// §3.17d, after the member gained or lost the app by the group (§7).
    fn membership(&mut self, number: usize, who: usize) {
        if self.groups[number].assigned {
            self.settle(who);
        }
        let Some(link) = self.groups[number].link else { return };
        let (wanted, before) = (self.pushable(number), self.groups[number].pushed.clone());
        if wanted == before {
            return;
        }
        if self.way == Way::Put {
            return self.overwrite(number);
        }
        let members = &mut self.pushed[link].members;
        members.retain(|account| wanted.contains(account) || !before.contains(account));
        members.extend(&wanted);
        self.groups[number].pushed = wanted;
    }

    /// §3.17f.
    fn overwrite(&mut self, number: usize) {
        let wanted = self.pushable(number);
        if let Some(link) = self.groups[number].link {
            self.pushed[link].members.clone_from(&wanted);
        }
        self.groups[number].pushed = wanted;
    }

    /// The accounts of the target by login.
    pub(crate) fn accounts(&self) -> BTreeMap<String, Account> {
        self.accounts.iter().map(|account| (account.login.clone(), account.clone())).collect()
    }

    /// The target's groups by name, with their members' logins.
    pub(crate) fn pushed(&self) -> BTreeMap<String, BTreeSet<String>> {
        let login = |account: &usize| self.accounts[*account].login.clone();
        let there = self.pushed.iter().filter(|pushed| !pushed.gone);
        there.map(|pushed| (pushed.name.clone(), pushed.members.iter().map(login).collect())).collect()
    }

    /// The groups that are pushed, by number.
    pub(crate) fn linked(&self) -> Vec<usize> {
        (0..GROUPS).filter(|number| self.groups[*number].link.is_some()).collect()
    }

    /// What Okta's directory says by itself: who is to have an active account, and who is in a pushed group.
    pub(crate) fn directory(&self) -> (BTreeSet<String>, BTreeMap<String, BTreeSet<String>>) {
        let has_app = |who: &usize| {
            let person = &self.people[*who];
            let by_group = self.groups.iter().any(|group| group.assigned && group.members.contains(who));
            matches!(person.state, State::Active | State::Suspended) && (person.individual || by_group)
        };
        let login = |who: usize| self.people[who].login.clone();
        let people = (0..PEOPLE).filter(has_app).map(login).collect();
        let groups = self.groups.iter().filter(|group| group.link.is_some());
        let groups = groups.map(|group| {
            (
                group.name.clone(),
                group.members.iter().filter(|who| has_app(who)).map(|who| login(*who)).collect(),
            )
        });
        (people, groups.collect())
    }
}
