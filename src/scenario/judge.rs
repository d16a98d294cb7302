//! Judges `expect.*` steps against an observation, the latest action's exchanges and Okta's tasks.
//! A failed expectation is data: every function here gives the failures that it found.

use serde_json::Value;

use super::console_judge;
use super::entra::OKTAS_REQUESTS;
use super::expect::{ExpectExchange, ExpectGroup, ExpectOktaTask, ExpectRequests, ExpectUser};
use super::judgement::{Context, Judgement, console_list, find, list, text};
use crate::clients::{Dialect, Task};
use crate::exchange::{Exchange, Masker, UrlParts, curl_line};

pub(super) fn user(context: &Context<'_>, expect: &ExpectUser) -> Judgement {
    let mut judgement = Judgement::default();
    let login = (context.login)(&expect.user);
    match &context.observation.scim {
        None => judgement.unseen("SCIM resources"),
        Some(resources) => {
            let found = find(&resources.users, "userName", &login);
            let wanted = expect.exists.unwrap_or(true);
            match found {
                Some(_) if !wanted => {
                    judgement.differs(
                        format!("the user {login} is there"),
                        "no such user over SCIM",
                        "the user",
                    );
                }
                None if wanted => {
                    judgement.differs(
                        format!("the user {login} is not there"),
                        "the user over SCIM",
                        "no such user",
                    );
                }
                Some(resource) => scim_user(context, expect, &login, resource, &mut judgement),
                None => {}
            }
        }
    }
    if expect.wants_the_console() {
        match &context.observation.console {
            None => console_judge::foreign_user(context, expect, &login, &mut judgement),
            Some(console) => match find(console_list(console, "users"), "username", &login) {
                None => judgement.differs(
                    format!("the console has no user {login}"),
                    "the user in the console",
                    "no such user",
                ),
                Some(record) => console_judge::user(expect, &login, record, console, &mut judgement),
            },
        }
    }
    judgement
}

fn scim_user(
    context: &Context<'_>,
    expect: &ExpectUser,
    login: &str,
    resource: &Value,
    judgement: &mut Judgement,
) {
    if let Some(active) = expect.active {
        match resource.get("active") {
            Some(Value::Bool(actual)) => {
                judgement.compare(format!("`active` of {login} over SCIM"), &active, actual);
            }
            None if context.lasting => judgement.unseen("users' `active`"),
            other => judgement.differs(
                format!("`active` of {login} over SCIM"),
                active,
                other.map_or_else(|| "no such attribute".to_owned(), Value::to_string),
            ),
        }
    }
    for (path, expected) in &expect.attributes {
        let actual = attribute(resource, path).cloned().unwrap_or(Value::Null);
        if actual == *expected {
            continue;
        }
        if actual.is_null() && context.lasting {
            judgement.unseen(&format!("users' `{path}`"));
            continue;
        }
        judgement.differs(format!("`{path}` of {login}"), expected, actual);
    }
}

/// An attribute by path: names in any letter case, `emails[0].value`, `urn:…:User:department`.
fn attribute<'a>(resource: &'a Value, path: &str) -> Option<&'a Value> {
    let (mut value, rest) =
        match path.to_ascii_lowercase().starts_with("urn:").then(|| path.rsplit_once(':')).flatten() {
            Some((urn, rest)) => (member(resource, urn)?, rest),
            None => (resource, path),
        };
    for part in rest.split('.') {
        let (name, index) = match part.split_once('[') {
            Some((name, index)) => (name, index.trim_end_matches(']').parse::<usize>().ok()),
            None => (part, None),
        };
        value = member(value, name)?;
        if let Some(index) = index {
            value = value.get(index)?;
        }
    }
    Some(value)
}

fn member<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    value.as_object()?.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

pub(super) fn group(context: &Context<'_>, expect: &ExpectGroup) -> Judgement {
    let mut judgement = Judgement::default();
    let name = (context.group_name)(&expect.group);
    let Some(resources) = &context.observation.scim else {
        judgement.unseen("SCIM resources");
        return judgement;
    };
    let found = find(&resources.groups, "displayName", &name);
    let wanted = expect.exists.unwrap_or(true);
    match found {
        Some(_) if !wanted => {
            judgement.differs(format!("the group {name} is there"), "no such group", "the group")
        }
        None if wanted => {
            judgement.differs(format!("the group {name} is not there"), "the group", "no such group")
        }
        Some(resource) => {
            if let Some(members) = &expect.members {
                let expected = list(members.iter().map(|member| (context.login)(member)));
                let actual = member(resource, "members").and_then(Value::as_array).into_iter().flatten().map(
                    |member| {
                        let id = text(member, "value");
                        let user = resources.users.iter().find(|user| text(user, "id") == id);
                        user.map_or_else(
                            || format!("an unknown user `{id}`"),
                            |user| text(user, "userName").to_owned(),
                        )
                    },
                );
                judgement.compare(format!("the members of {name}"), &expected, &list(actual));
            }
        }
        None => {}
    }
    judgement
}

/// `PATCH /Users/{ada}`: an exchange as scenarios write it, with and without its query.
pub(super) fn request_line(
    exchange: &Exchange,
    base_path: &str,
    ids: &[(String, String)],
) -> (String, String) {
    let target = exchange.request.target();
    let below = target.strip_prefix(base_path).unwrap_or(target);
    let UrlParts { path, query, .. } = UrlParts::of(below);
    let path: Vec<String> = path
        .split('/')
        .map(|segment| {
            ids.iter()
                .find(|(id, _)| id == segment)
                .map_or_else(|| segment.to_owned(), |(_, key)| format!("{{{key}}}"))
        })
        .collect();
    let line = format!("{} {}", exchange.request.method, path.join("/"));
    let with_query = query.map_or_else(|| line.clone(), |query| format!("{line}?{query}"));
    (line, with_query)
}

pub(super) fn requests(
    expect: &ExpectRequests,
    dialect: Dialect,
    action: &[Exchange],
    base_path: &str,
    ids: &[(String, String)],
) -> Judgement {
    let mut judgement = Judgement::default();
    let own = match dialect {
        Dialect::Oin => &expect.oin,
        Dialect::Aiw => &expect.aiw,
        Dialect::Entra => {
            judgement.unseen(OKTAS_REQUESTS);
            return judgement;
        }
    };
    let Some(expected) = own.as_ref().or(expect.sent.as_ref()) else { return judgement };
    let lines: Vec<(String, String)> =
        action.iter().map(|exchange| request_line(exchange, base_path, ids)).collect();
    let fits = lines.len() == expected.len()
        && lines.iter().zip(expected).all(|((plain, full), expected)| {
            if expected.contains('?') { full == expected } else { plain == expected }
        });
    if !fits {
        let actual: Vec<&str> = lines.iter().map(|(_, full)| full.as_str()).collect();
        let shown = |lines: String| if lines.is_empty() { "no requests".to_owned() } else { lines };
        judgement.differs(
            "the requests of the latest action",
            shown(expected.join("\n")),
            shown(actual.join("\n")),
        );
    }
    judgement
}

pub(super) fn no_requests(action: &[Exchange]) -> Judgement {
    let mut judgement = Judgement::default();
    if !action.is_empty() {
        let sent: Vec<String> = action.iter().map(Exchange::summary).collect();
        judgement.differs("the latest action sent requests", "no requests", sent.join("\n"));
    }
    judgement
}

pub(super) fn exchange(
    expect: &ExpectExchange,
    dialect: Dialect,
    action: &[Exchange],
    base_path: &str,
    ids: &[(String, String)],
    masker: &Masker,
) -> Judgement {
    let mut judgement = Judgement::default();
    let found = match &expect.request {
        None => action.last(),
        Some(wanted) => action.iter().rev().find(|exchange| {
            let (plain, full) = request_line(exchange, base_path, ids);
            if wanted.contains('?') { full == *wanted } else { plain == *wanted }
        }),
    };
    let Some(exchange) = found else {
        if !dialect.is_okta() {
            judgement.unseen(OKTAS_REQUESTS);
            return judgement;
        }
        let sent: Vec<String> =
            action.iter().map(|exchange| request_line(exchange, base_path, ids).1).collect();
        let wanted = expect.request.clone().unwrap_or_else(|| "an exchange".into());
        judgement.differs("the latest action has no such exchange", wanted, list(sent));
        return judgement;
    };
    let response = match &exchange.outcome {
        Ok(response) => response,
        Err(error) => {
            judgement.differs("no answer came", "an answer", error);
            return judgement;
        }
    };
    if let Some(status) = expect.status {
        judgement.compare("the status".into(), &status, &response.status);
    }
    let body = response.json().unwrap_or(Value::Null);
    for (pointer, expected) in &expect.body {
        let actual = body.pointer(pointer).cloned().unwrap_or(Value::Null);
        judgement.compare(format!("`{pointer}` of the response"), expected, &actual);
    }
    let sent = exchange.request.json().unwrap_or(Value::Null);
    if !dialect.is_okta() && !expect.sent.is_empty() {
        judgement.unseen(OKTAS_REQUESTS);
    }
    for (pointer, expected) in expect.sent.iter().filter(|_| dialect.is_okta()) {
        let actual = sent.pointer(pointer).cloned().unwrap_or(Value::Null);
        judgement.compare(format!("`{pointer}` of the request"), expected, &actual);
    }
    for (name, expected) in &expect.headers {
        let shown = |value: Option<&str>| value.map_or_else(|| "no such field".to_owned(), str::to_owned);
        judgement.compare(
            format!("the header field `{name}` of the response"),
            &shown(expected.as_deref()),
            &shown(response.header(name)),
        );
    }
    for failure in &mut judgement.failures {
        failure.exchange = Some(exchange.summary());
        failure.curl = Some(curl_line(&exchange.request, masker));
    }
    judgement
}

pub(super) fn okta_task(expect: &ExpectOktaTask, tasks: &[Task]) -> Judgement {
    let mut judgement = Judgement::default();
    let about: Vec<&Task> = tasks
        .iter()
        .filter(|task| match (&expect.user, &expect.group) {
            (None, None) => true,
            (user, group) => {
                (user.is_some() && task.user == *user) || (group.is_some() && task.group == *group)
            }
        })
        .collect();
    let messages: Vec<&str> = about.iter().map(|task| task.message.as_str()).collect();
    let fits = |message: &str| {
        expect.contains.iter().all(|part| message.contains(part.as_str()))
            && expect.message.as_ref().is_none_or(|whole| message == whole)
    };
    let found = messages.iter().any(|message| fits(message));
    let wanted = expect.exists.unwrap_or(true);
    if found != wanted {
        let expected = match (wanted, &expect.message) {
            (false, _) => "no such task".to_owned(),
            (true, Some(message)) => message.clone(),
            (true, None) if expect.contains.is_empty() => "a failed task".into(),
            (true, None) => format!("a failed task that says {}", expect.contains.join(" … ")),
        };
        let actual = if messages.is_empty() { "no task".to_owned() } else { messages.join("\n") };
        judgement.differs("Okta's tasks", expected, actual);
    }
    judgement
}
