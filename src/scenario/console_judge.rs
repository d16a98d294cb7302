//! Judges expectations of what the console shows: its records of users, organizations, roles, matters and
//! watchlists, its logs, and its answers to the latest action.

use serde_json::Value;

use super::console_outcome::{Export, Refusal};
use super::expect::{
    Archive, ExpectApply, ExpectAuditLog, ExpectConsoleRefusal, ExpectMapping, ExpectMatter,
    ExpectOrganization, ExpectRole, ExpectSyncLog, ExpectSyncLogExport, ExpectSyncReport, ExpectUser,
    ExpectWatchlist, SyncLogEntry,
};
use super::judgement::{Context, Judgement, console_list, find, list, text};

/// The texts of a list in a record.
fn texts<'a>(record: &'a Value, key: &str) -> impl Iterator<Item = &'a str> {
    console_list(record, key).iter().filter_map(Value::as_str)
}

/// Compares lists without regard to their order.
fn same_list<'a>(
    judgement: &mut Judgement,
    what: String,
    expected: Option<&[String]>,
    actual: impl Iterator<Item = &'a str>,
) {
    if let Some(expected) = expected {
        judgement.compare(what, &list(expected), &list(actual));
    }
}

fn same_value(judgement: &mut Judgement, what: String, expected: Option<Value>, actual: Option<&Value>) {
    if let Some(expected) = expected {
        judgement.compare(what, &expected, actual.unwrap_or(&Value::Null));
    }
}

pub(super) fn user(
    expect: &ExpectUser,
    login: &str,
    record: &Value,
    console: &Value,
    judgement: &mut Judgement,
) {
    if let Some(status) = expect.status {
        judgement.compare(
            format!("the state of {login} in the console"),
            &status.as_console(),
            &text(record, "state"),
        );
    }
    if let Some(archive) = expect.archive {
        let expected = match archive {
            Archive::Hot => "HOT",
            Archive::Cold => "COLD",
            Archive::Purged => "PURGED",
        };
        judgement.compare(format!("the archive of {login}"), &expected, &text(record, "archive"));
    }
    if let Some(organization) = &expect.organization {
        judgement.compare(
            format!("the organization of {login}"),
            &organization.as_str(),
            &text(record, "organization"),
        );
    }
    if let Some(origin) = &expect.origin {
        judgement.compare(format!("who manages {login}"), &origin.as_str(), &text(record, "origin"));
    }
    let roles = texts(record, "roles");
    same_list(judgement, format!("the roles of {login}"), expect.roles.as_deref(), roles);
    let reasons = texts(record, "blockReasons");
    same_list(judgement, format!("why {login} is blocked"), expect.block_reasons.as_deref(), reasons);
    let access = record.get("access").cloned().unwrap_or(Value::Null);
    let flags = [
        (expect.blocked.map(Value::from), record.get("blocked"), "whether the user is blocked"),
        (expect.can_sign_in.map(Value::from), access.get("canSignIn"), "whether the user can sign in"),
        (expect.sessions.map(Value::from), access.get("sessions"), "the number of devices signed in"),
        (expect.backing_up.map(Value::from), access.get("backingUp"), "the number of devices backing up"),
    ];
    for (expected, actual, what) in flags {
        same_value(judgement, format!("{what}: {login}"), expected, actual);
    }
    if let Some(due_in) = expect.due_in {
        let time = |value: Option<&Value>| value.and_then(Value::as_str)?.parse::<jiff::Timestamp>().ok();
        let due = time(record.pointer("/pendingDeactivation/dueAt"));
        let left = due.zip(time(console.get("now"))).map(|(due, now)| due.duration_since(now).as_secs());
        let shown = |seconds: i64| super::span::Span { seconds }.to_string();
        judgement.compare(
            format!("the time until {login} is deactivated"),
            &due_in.to_string(),
            &left.map_or_else(|| "no deactivation is due".to_owned(), shown),
        );
    }
    let profile = record.get("riskProfile").cloned().unwrap_or(Value::Null);
    for (field, expected) in &expect.profile {
        let what = format!("`{field}` in the risk profile of {login}");
        same_value(judgement, what, Some(expected.clone()), profile.get(field));
    }
}

pub(super) fn organization(context: &Context<'_>, expect: &ExpectOrganization) -> Judgement {
    let mut judgement = Judgement::default();
    let records = match context.observation.section("organizations") {
        Ok(records) => records,
        Err(reason) => {
            judgement.unseen_because("organizations", reason);
            return judgement;
        }
    };
    let name = &expect.name;
    let found = find(records, "orgName", name);
    let record = match (found, expect.exists.unwrap_or(true)) {
        (Some(record), true) => record,
        (None, false) => return judgement,
        (Some(_), false) => {
            judgement.differs(format!("the organization {name} is there"), "none", "an organization");
            return judgement;
        }
        (None, true) => {
            judgement.differs(format!("the organization {name} is not there"), "an organization", "none");
            return judgement;
        }
    };
    let users = expect.users.as_ref().map(|users| logins(context, users));
    let what = format!("the users of the organization {name}");
    same_list(&mut judgement, what, users.as_deref(), texts(record, "users"));
    let what = format!("the default roles of the organization {name}");
    same_list(&mut judgement, what, expect.default_roles.as_deref(), texts(record, "defaultRoles"));
    let method = expect.auth_method.map(|method| Value::from(method.as_console()));
    let blocked = record.get("blocked").cloned().unwrap_or(Value::Bool(false));
    for (expected, actual, what) in [
        (expect.active.map(Value::from), record.get("active"), "whether it is active"),
        (expect.blocked.map(Value::from), Some(&blocked), "whether it is blocked"),
        (expect.parent.clone().map(Value::from), record.get("parent"), "the organization above it"),
        (method, record.get("authMethod"), "how its users sign in"),
        (
            expect.archive_hold_days.map(Value::from),
            record.get("archiveHoldDays"),
            "its days in cold storage",
        ),
        (expect.created_by.clone().map(Value::from), record.get("createdBy"), "who created it"),
    ] {
        if actual.is_none() && context.observation.console.is_none() {
            if expected.is_some() {
                judgement.unseen(&format!("organizations: {what}"));
            }
            continue;
        }
        same_value(&mut judgement, format!("{what}: organization {name}"), expected, actual);
    }
    judgement
}

fn logins(context: &Context<'_>, users: &[String]) -> Vec<String> {
    users.iter().map(|user| (context.login)(user)).collect()
}

pub(super) fn role(context: &Context<'_>, expect: &ExpectRole) -> Judgement {
    let mut judgement = Judgement::default();
    let records = match context.observation.section("roles") {
        Ok(records) => records,
        Err(reason) => {
            judgement.unseen_because("roles", reason);
            return judgement;
        }
    };
    let record = find(records, "roleId", &expect.role).unwrap_or(&Value::Null);
    let users = expect.users.as_ref().map(|users| logins(context, users));
    let what = format!("the holders of the role {}", expect.role);
    same_list(&mut judgement, what, users.as_deref(), texts(record, "users"));
    if let Some(available) = expect.available {
        // The state names a role that nobody has only when it was withdrawn.
        let actual = record.get("available").and_then(Value::as_bool).unwrap_or(true);
        judgement.compare(format!("whether the role {} can be given", expect.role), &available, &actual);
    }
    judgement
}

pub(super) fn matter(context: &Context<'_>, expect: &ExpectMatter) -> Judgement {
    let mut judgement = Judgement::default();
    let Some(console) = &context.observation.console else {
        judgement.unseen("legal hold matters");
        return judgement;
    };
    let name = &expect.matter;
    let Some(record) = find(console_list(console, "matters"), "name", name) else {
        judgement.differs(format!("the matter {name} is not there"), "a matter", "none");
        return judgement;
    };
    let what = format!("whether the matter {name} is open");
    same_value(&mut judgement, what, expect.active.map(Value::from), record.get("active"));
    let users = expect.custodians.as_ref().map(|users| logins(context, users));
    let what = format!("the custodians of the matter {name}");
    same_list(&mut judgement, what, users.as_deref(), texts(record, "custodians"));
    judgement
}

pub(super) fn watchlist(context: &Context<'_>, expect: &ExpectWatchlist) -> Judgement {
    let mut judgement = Judgement::default();
    let Some(console) = &context.observation.console else {
        judgement.unseen("watchlists");
        return judgement;
    };
    let title = &expect.watchlist;
    let Some(record) = find(console_list(console, "watchlists"), "title", title) else {
        judgement.differs(format!("the watchlist {title} is not there"), "a watchlist", "none");
        return judgement;
    };
    let members = expect.members.as_ref().map(|users| logins(context, users));
    let what = format!("who is on the watchlist {title}");
    same_list(&mut judgement, what, members.as_deref(), texts(record, "members"));
    let what = format!("the departments of the watchlist {title}");
    same_list(&mut judgement, what, expect.departments.as_deref(), texts(record, "includedDepartments"));
    for (expected, deleted) in [(&expect.groups, false), (&expect.deleted_groups, true)] {
        let names = expected
            .as_ref()
            .map(|groups| groups.iter().map(|group| (context.group_name)(group)).collect::<Vec<_>>());
        let actual = console_list(record, "includedDirectoryGroups")
            .iter()
            .filter(|group| group.get("isDeleted").and_then(Value::as_bool) == Some(deleted))
            .map(|group| text(group, "name"));
        let what = format!("the {}groups of the watchlist {title}", if deleted { "deleted " } else { "" });
        same_list(&mut judgement, what, names.as_deref(), actual);
    }
    judgement
}

pub(super) fn apply(expect: &ExpectApply, applied: Option<&Value>) -> Judgement {
    let mut judgement = Judgement::default();
    let Some(report) = applied else {
        let step = "`console.apply-org-and-role-settings` before this step";
        judgement.differs("Apply Org and Role Settings reported nothing", step, "no such step");
        return judgement;
    };
    let counts = [
        ("evaluated", expect.evaluated),
        ("orgMoved", expect.org_moved),
        ("rolesChanged", expect.roles_changed),
        ("unchanged", expect.unchanged),
    ];
    for (name, expected) in counts {
        let what = format!("`{name}` in the report of Apply Org and Role Settings");
        same_value(&mut judgement, what, expected.map(Value::from), report.get(name));
    }
    for (name, expected) in &expect.skipped {
        let what = format!("`skipped.{name}` in the report of Apply Org and Role Settings");
        let actual = report.get("skipped").and_then(|skipped| skipped.get(name));
        same_value(&mut judgement, what, Some(Value::from(*expected)), actual);
    }
    let codes = console_list(report, "errors").iter().map(|error| text(error, "code"));
    let what = "the errors in the report of Apply Org and Role Settings".to_owned();
    same_list(&mut judgement, what, expect.errors.as_deref(), codes);
    judgement
}

pub(super) fn refusal(expect: &ExpectConsoleRefusal, refusal: Option<&Refusal>) -> Judgement {
    let mut judgement = Judgement::default();
    match refusal {
        None => judgement.differs("the console did not refuse", &expect.code, "the console did it"),
        Some(refusal) => {
            judgement.compare("the code of the console's refusal".into(), &expect.code, &refusal.code);
            if let Some(status) = expect.status {
                judgement.compare("the status of the console's refusal".into(), &status, &refusal.status);
            }
        }
    }
    judgement
}

pub(super) fn mapping(
    expect: &ExpectMapping,
    groups: &Value,
    details: &Value,
    name: &dyn Fn(&str) -> String,
) -> Judgement {
    let mut judgement = Judgement::default();
    for (what, key, status, rule, available) in [
        ("organizations", "orgMappingStatus", expect.org_status, "orgRuleId", &expect.available_for_orgs),
        ("roles", "roleMappingStatus", expect.role_status, "roleRuleId", &expect.available_for_roles),
    ] {
        let status = status.map(|status| Value::from(status.as_console()));
        same_value(&mut judgement, format!("what is shown of groups and {what}"), status, groups.get(key));
        let names = available.as_ref().map(|names| names.iter().map(|group| name(group)).collect::<Vec<_>>());
        let offered = console_list(groups, "groups")
            .iter()
            .filter(|group| group.get(rule).is_none_or(Value::is_null))
            .map(|group| text(group, "displayName"));
        let what = format!("the groups that can still be mapped to {what}");
        same_list(&mut judgement, what, names.as_deref(), offered);
    }
    if let Some(expected) = &expect.org_rules {
        let rules = details.pointer("/orgMapping/rules").and_then(Value::as_array);
        let actual: Vec<&str> = rules.into_iter().flatten().map(|rule| text(rule, "organization")).collect();
        judgement.compare(
            "the organizations of the mappings by priority".into(),
            &expected.join(", "),
            &actual.join(", "),
        );
    }
    judgement
}

pub(super) fn audit_log(
    expect: &ExpectAuditLog,
    gained: &[Value],
    login: &dyn Fn(&str) -> String,
) -> Judgement {
    let mut judgement = Judgement::default();
    let user = |user: &Option<String>| user.as_ref().map(|user| login(user));
    let fits = gained.len() == expect.entries.len()
        && gained.iter().zip(&expect.entries).all(|(entry, expected)| {
            text(entry, "type") == expected.event
                && user(&expected.user).is_none_or(|user| text(entry, "username") == user)
                && expected.actor.as_ref().is_none_or(|actor| text(entry, "actor") == actor)
        });
    if !fits {
        let expected = expect
            .entries
            .iter()
            .map(|entry| line([Some(entry.event.clone()), user(&entry.user), entry.actor.clone()]));
        let actual = gained
            .iter()
            .map(|entry| line(["type", "username", "actor"].map(|key| Some(text(entry, key).to_owned()))));
        judgement.differs("what the audit log gained", shown(expected.collect()), shown(actual.collect()));
    }
    judgement
}

pub(super) fn sync_report(expect: &ExpectSyncReport, report: &Value) -> Judgement {
    let mut judgement = Judgement::default();
    for (kind, expected) in &expect.counts {
        let actual = report.get("counts").and_then(|counts| counts.get(kind)).and_then(Value::as_u64);
        judgement.compare(
            format!("`{kind}` in the directory sync report"),
            expected,
            &actual.unwrap_or_default(),
        );
    }
    if let Some(expected) = &expect.errors {
        let actual: Vec<&str> =
            console_list(report, "errors").iter().map(|entry| text(entry, "event")).collect();
        judgement.compare(
            "the errors in the directory sync report".into(),
            &expected.join(", "),
            &actual.join(", "),
        );
    }
    let what = "whether the directory sync report is mailed".to_owned();
    same_value(&mut judgement, what, expect.mailed.map(Value::from), report.get("mailed"));
    judgement
}

pub(super) fn export(expect: &ExpectSyncLogExport, export: Option<&Export>) -> Judgement {
    let mut judgement = Judgement::default();
    let Some(export) = export else {
        let step = "`console.export-sync-log` before this step";
        judgement.differs("there is no export of the sync log", step, "no such step");
        return judgement;
    };
    let events: Vec<&str> = export.entries.iter().map(|entry| text(entry, "event")).collect();
    if let Some(expected) = &expect.events {
        judgement.compare("the entries of the export".into(), &expected.join(", "), &events.join(", "));
    }
    let rows = records(&export.csv);
    let below = rows.get(1..).unwrap_or_default();
    if let Some(expected) = expect.rows {
        judgement.compare("the rows of the CSV".into(), &expected, &(below.len() as u64));
    }
    for part in &expect.csv_contains {
        if !export.csv.contains(part.as_str()) {
            judgement.differs("the CSV lacks a text", part, &export.csv);
        }
    }
    // Both forms show the same entries: one row for each change, one for an entry without any.
    let of_json: Vec<String> = export
        .entries
        .iter()
        .flat_map(|entry| {
            let rows = console_list(entry, "changes").len().max(1);
            let line = format!("{} {}", text(entry, "occurredAt"), text(entry, "event"));
            std::iter::repeat_n(line, rows)
        })
        .collect();
    let header = rows.first().cloned().unwrap_or_default();
    let column = |name: &str| header.iter().position(|known| known == name);
    let of_csv: Vec<String> = below
        .iter()
        .map(|row| {
            let cell = |name: &str| column(name).and_then(|at| row.get(at)).map_or("", String::as_str);
            format!("{} {}", cell("Date"), cell("Event"))
        })
        .collect();
    if of_json != of_csv {
        let (json, csv) = (shown(of_json), shown(of_csv));
        judgement.differs("the CSV shows other entries than the JSON", json, csv);
    }
    judgement
}

/// The records of a CSV text (RFC 4180).
fn records(csv: &str) -> Vec<Vec<String>> {
    let (mut records, mut record, mut field) = (Vec::new(), Vec::new(), String::new());
    let mut quoted = false;
    let mut characters = csv.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' if quoted && characters.peek() == Some(&'"') => {
                characters.next();
                field.push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => record.push(std::mem::take(&mut field)),
            '\r' if !quoted && characters.peek() == Some(&'\n') => {}
            '\n' if !quoted => {
                record.push(std::mem::take(&mut field));
                records.push(std::mem::take(&mut record));
            }
            other => field.push(other),
        }
    }
    if !field.is_empty() || !record.is_empty() {
        record.push(field);
        records.push(record);
    }
    records
}

/// Compares what the sync log gained since `seen` entries; gives the new number of entries too.
pub(super) fn sync_log(context: &Context<'_>, expect: &ExpectSyncLog, seen: usize) -> (Judgement, usize) {
    let mut judgement = Judgement::default();
    let log = match context.observation.section("syncLog") {
        Ok(log) => log,
        Err(reason) => {
            judgement.unseen_because("the sync log", reason);
            return (judgement, seen);
        }
    };
    let shown_only;
    let expect = if context.observation.console.is_some() {
        expect
    } else {
        shown_only = only_what_is_shown(expect, log, &mut judgement);
        &shown_only
    };
    let gained = log.get(seen..).unwrap_or_default();
    let fits = gained.len() == expect.entries.len()
        && gained.iter().zip(&expect.entries).all(|(entry, expected)| entry_fits(context, entry, expected));
    if !fits {
        let expected: Vec<String> =
            expect.entries.iter().map(|entry| expected_line(context, entry)).collect();
        let actual: Vec<String> = gained.iter().map(actual_line).collect();
        judgement.differs("what the sync log gained", shown(expected), shown(actual));
    }
    (judgement, log.len())
}

/// The expectation without what no entry of a foreign log shows; that is not observed.
fn only_what_is_shown(expect: &ExpectSyncLog, log: &[Value], judgement: &mut Judgement) -> ExpectSyncLog {
    let mut expect = expect.clone();
    let mut keep = |key: &str, wanted: bool, what: &str| {
        let shown = log.iter().any(|entry| entry.get(key).is_some());
        if wanted && !shown {
            judgement.unseen(&format!("the sync log's {what}"));
        }
        shown
    };
    macro_rules! keep {
        ($entry:ident, $($field:ident, $key:literal;)*) => {
            $(if !keep($key, $entry.$field.is_some(), &stringify!($field).replace('_', " ")) {
                $entry.$field = None;
            })*
        };
    }
    for entry in &mut expect.entries {
        keep!(entry,
            user, "username"; group, "targetName"; organization, "orgAfter";
            organization_before, "orgBefore"; roles_added, "rolesAdded"; roles_removed, "rolesRemoved";
            changed, "changes"; message, "message"; result, "result"; cause, "cause"; code, "code";
        );
    }
    expect
}

/// A user's organization and roles, as lists of organizations and roles show them; nothing else is observed.
pub(super) fn foreign_user(
    context: &Context<'_>,
    expect: &ExpectUser,
    login: &str,
    judgement: &mut Judgement,
) {
    let has_user = |record: &&Value| texts(record, "users").any(|user| user.eq_ignore_ascii_case(login));
    if let Some(organization) = &expect.organization {
        match context.observation.section("organizations") {
            Ok(records) => judgement.compare(
                format!("the organization of {login}"),
                organization,
                &list(records.iter().filter(has_user).map(|record| text(record, "orgName"))),
            ),
            Err(reason) => judgement.unseen_because("organizations", reason),
        }
    }
    if let Some(roles) = &expect.roles {
        match context.observation.section("roles") {
            Ok(records) => judgement.compare(
                format!("the roles of {login}"),
                &list(roles),
                &list(records.iter().filter(has_user).map(|record| text(record, "roleId"))),
            ),
            Err(reason) => judgement.unseen_because("roles", reason),
        }
    }
    let others = ExpectUser { organization: None, roles: None, ..expect.clone() };
    if others.wants_the_console() {
        judgement.unseen("the console's users");
    }
}

fn entry_fits(context: &Context<'_>, entry: &Value, expected: &SyncLogEntry) -> bool {
    let same = |wanted: &Option<String>, actual: &str| wanted.as_ref().is_none_or(|wanted| actual == wanted);
    let same_set = |wanted: &Option<Vec<String>>, key: &str| {
        wanted.as_ref().is_none_or(|wanted| list(wanted) == list(texts(entry, key)))
    };
    let user = expected.user.as_ref().map(|user| (context.login)(user));
    let group = expected.group.as_ref().map(|group| (context.group_name)(group));
    let changed = console_list(entry, "changes").iter().map(|change| text(change, "path"));
    text(entry, "event") == expected.event
        && same(&user, text(entry, "username"))
        && same(&group, text(entry, "targetName"))
        && same(&expected.organization, organization_of(entry))
        && same(&expected.organization_before, name_at(entry, "/orgBefore/orgName"))
        && same_set(&expected.roles_added, "rolesAdded")
        && same_set(&expected.roles_removed, "rolesRemoved")
        && expected.changed.as_ref().is_none_or(|wanted| list(wanted) == list(changed))
        && same(&expected.message, text(entry, "message"))
        && same(&expected.result, text(entry, "result"))
        && same(&expected.cause, text(entry, "cause"))
        && same(&expected.code, text(entry, "code"))
}

fn name_at<'a>(entry: &'a Value, pointer: &str) -> &'a str {
    entry.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// The organization that an entry is about, or into which the user came.
fn organization_of(entry: &Value) -> &str {
    match text(entry, "targetType") {
        "ORGANIZATION" => text(entry, "targetName"),
        _ => name_at(entry, "/orgAfter/orgName"),
    }
}

fn expected_line(context: &Context<'_>, entry: &SyncLogEntry) -> String {
    let named = |what: &str, names: &Option<Vec<String>>| {
        names.as_ref().map(|names| format!("{what}: {}", list(names)))
    };
    let before = entry.organization_before.as_ref().map(|name| format!("from {name}"));
    line([
        Some(entry.event.clone()),
        entry.user.as_ref().map(|user| (context.login)(user)),
        entry.group.as_ref().map(|group| (context.group_name)(group)),
        before,
        entry.organization.as_ref().map(|name| format!("to {name}")),
        named("added", &entry.roles_added),
        named("removed", &entry.roles_removed),
        named("changed", &entry.changed),
        entry.result.clone(),
        entry.cause.clone(),
        entry.code.clone(),
        entry.message.clone(),
    ])
}

fn actual_line(entry: &Value) -> String {
    let field = |key: &str| Some(text(entry, key).to_owned());
    let named = |what: &str, key: &str| {
        let names: Vec<&str> = texts(entry, key).collect();
        (!names.is_empty()).then(|| format!("{what}: {}", list(names)))
    };
    let changed: Vec<&str> =
        console_list(entry, "changes").iter().map(|change| text(change, "path")).collect();
    let before = name_at(entry, "/orgBefore/orgName");
    let after = organization_of(entry);
    let about = if text(entry, "targetType") == "GROUP" { field("targetName") } else { field("username") };
    line([
        field("event"),
        about,
        (!before.is_empty()).then(|| format!("from {before}")),
        (!after.is_empty()).then(|| format!("to {after}")),
        named("added", "rolesAdded"),
        named("removed", "rolesRemoved"),
        (!changed.is_empty()).then(|| format!("changed: {}", list(changed))),
        field("result"),
        field("cause"),
        field("code"),
        field("message"),
    ])
}

fn shown(lines: Vec<String>) -> String {
    if lines.is_empty() { "nothing".to_owned() } else { lines.join("\n") }
}

fn line(parts: impl IntoIterator<Item = Option<String>>) -> String {
    parts.into_iter().flatten().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case("a,b\r\n1,2\r\n", &[&["a", "b"][..], &["1", "2"]])]
    #[case("\"a,\"\"b\"\"\",\"x\r\ny\"\r\n", &[&["a,\"b\"", "x\r\ny"][..]])]
    #[case("a,\r\n", &[&["a", ""][..]])]
    #[case("a", &[&["a"][..]])]
    fn csv_is_read_as_rfc_4180_has_it(#[case] csv: &str, #[case] expected: &[&[&str]]) {
        assert_eq!(records(csv), expected);
    }
}
