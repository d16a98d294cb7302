//! What a PATCH of a user leaves behind: applied, read again, and compared with what it should be.

use serde_json::{Value, json};

use crate::checks::Requirement;
use crate::checks::engine::{Answer, Capability, Session, Stop};
use crate::checks::json::{at, equivalent, shown, texts};
use crate::checks::stage::Created;

/// What may stand before an operation and after it, without what the service sets.
pub(in crate::checks) fn rest(resource: &Value, but: &[&str]) -> Value {
    let mut rest = resource.clone();
    if let Some(members) = rest.as_object_mut() {
        members.retain(|name, value| {
            !name.eq_ignore_ascii_case("meta")
                && !value.is_null()
                && !but.iter().any(|left| left.eq_ignore_ascii_case(name))
        });
    }
    rest
}

/// Whether a value is what a wish says: equal texts, or absent, where null is a wish for absence.
pub(in crate::checks) fn is(resource: &Value, path: &str, wanted: &Value) -> bool {
    let now = at(resource, path);
    match wanted {
        Value::Null => now.is_none_or(|now| now == "" || now == &json!([]) || now == &json!({})),
        wanted => now == Some(wanted),
    }
}

/// Whether names in paths are matched in any letter case, tried on a text attribute that was stored. What
/// rests on that too is blocked where they are not, so that one cause is told once.
pub(in crate::checks) async fn any_case(
    session: &mut Session,
    made: &Created,
    name: &str,
) -> Result<bool, Stop> {
    let value = session.name();
    let op = json!({"op": "replace", "path": name.to_uppercase(), "value": value});
    let answer = session.patch(&made.path, op).await?;
    Ok(answer.ok() && session.get(&made.path).await?.text(name) == Some(value.as_str()))
}

/// Applies operations, reads, and holds what is there against `wanted` (path and value; null for absent).
/// Everything else must be as before.
pub(in crate::checks) async fn expect(
    session: &mut Session,
    requirement: &'static Requirement,
    made: &Created,
    operations: Value,
    wanted: &[(&str, Value)],
) -> Result<bool, Stop> {
    let before = session.get(&made.path).await?;
    let answer = session.patch(&made.path, operations).await?;
    took_effect(session, requirement, made, &before, &answer, wanted).await
}

/// As [`expect`], for what a service may refuse: then the requirement says nothing.
pub(in crate::checks) async fn expect_if_taken(
    session: &mut Session,
    requirement: &'static Requirement,
    made: &Created,
    operations: Value,
    wanted: &[(&str, Value)],
) -> Result<bool, Stop> {
    let before = session.get(&made.path).await?;
    let answer = session.patch(&made.path, operations).await?;
    if answer.refused() || answer.status == 501 {
        session.skip(requirement, format!("the service refuses that with {}", answer.outcome()));
        return Ok(false);
    }
    took_effect(session, requirement, made, &before, &answer, wanted).await
}

/// Whether a PATCH that was answered so left exactly `wanted` behind.
pub(in crate::checks) async fn took_effect(
    session: &mut Session,
    requirement: &'static Requirement,
    made: &Created,
    before: &Answer,
    answer: &Answer,
    wanted: &[(&str, Value)],
) -> Result<bool, Stop> {
    let after = session.get(&made.path).await?;
    let mut wrong = Vec::new();
    for (path, value) in wanted {
        if !is(&after.body, path, value) {
            wrong.push(format!("{path} is {}", shown(at(&after.body, path))));
        }
    }
    let (mut then, mut now) = (rest(&before.body, &[]), rest(&after.body, &[]));
    for (path, _) in wanted {
        strip(&mut then, path);
        strip(&mut now, path);
    }
    let untouched = equivalent(Some(&then), Some(&now));
    if answer.ok() && wrong.is_empty() && !untouched && !derived(&then, &now) {
        wrong.push(format!("other attributes changed: {} became {}", shown(Some(&then)), shown(Some(&now))));
    }
    let expected: Vec<String> =
        wanted
            .iter()
            .map(|(path, value)| {
                if value.is_null() { format!("no {path}") } else { format!("{path} {}", shown(Some(value))) }
            })
            .collect();
    let expected = format!("200 or 204, then {}", expected.join(", "));
    Ok(session.require(requirement, answer.ok() && wrong.is_empty(), answer, &[&expected], || {
        format!(
            "{}, then {}",
            answer.outcome(),
            if wrong.is_empty() { "as wanted".to_owned() } else { wrong.join("; ") }
        )
    }))
}

/// Takes away what a path leads to, and what a service derives from it: one part of the name, else the whole
/// attribute. An extension that has nothing else is gone with it.
pub(in crate::checks) fn strip(resource: &mut Value, path: &str) {
    let remove = |container: &mut Value, name: &str| {
        if let Some(members) = container.as_object_mut() {
            members.retain(|known, _| !known.eq_ignore_ascii_case(name));
        }
    };
    let member_mut = |resource: &mut Value, name: &str, leaf: &str| {
        let Some(members) = resource.as_object_mut() else { return };
        let Some(known) = members.keys().find(|known| known.eq_ignore_ascii_case(name)).cloned() else {
            return;
        };
        remove(&mut members[&known], leaf);
        if members[&known] == json!({}) {
            members.shift_remove(&known);
        }
    };
    if path.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("urn:")) {
        match path.rsplit_once(':') {
            Some((urn, rest)) if !resource.as_object().is_some_and(|all| all.contains_key(path)) => {
                member_mut(resource, urn, rest.split('.').next().unwrap_or(rest));
            }
            _ => remove(resource, path),
        }
        return;
    }
    match path.split_once('.') {
        Some(("name", part)) => member_mut(resource, "name", part),
        _ => remove(resource, path.split(['.', '[']).next().unwrap_or(path)),
    }
}

/// A service may derive one attribute from others, e.g. name.formatted and displayName from the parts of
/// name; schemas follows the extensions.
pub(in crate::checks) fn derived(then: &Value, now: &Value) -> bool {
    let other = |resource: &Value| rest(resource, &["displayName", "name", "schemas"]);
    equivalent(Some(&other(then)), Some(&other(now)))
        && ["givenName", "familyName", "middleName"]
            .iter()
            .all(|part| at(then, &format!("name.{part}")) == at(now, &format!("name.{part}")))
}

/// A user of whose attributes some were stored as they were sent: those names.
pub(in crate::checks) async fn user_with(
    session: &mut Session,
    extra: Value,
    names: &[&'static str],
) -> Result<(Created, Vec<&'static str>), Stop> {
    session.need(Capability::PatchUser)?;
    session.need(Capability::ReadUser)?;
    let made = session.user_with(extra.clone()).await?;
    let read = session.get(&made.path).await?;
    let stored = names
        .iter()
        .copied()
        .filter(|name| at(&extra, name).is_some() && read.at(name) == at(&extra, name))
        .collect();
    Ok((made, stored))
}

/// A user with a work and a home address, when the service keeps two with their types.
pub(in crate::checks) async fn two_mails(session: &mut Session) -> Result<(Created, String, String), Stop> {
    session.need(Capability::PatchUser)?;
    let (work, home) = (session.login(), session.login());
    let mails = json!([{"value": work, "type": "work", "primary": true}, {"value": home, "type": "home"}]);
    let made = session.user_with(json!({"emails": mails})).await?;
    let read = session.get(&made.path).await?;
    let mut wanted = vec![work.clone(), home.clone()];
    wanted.sort();
    if texts(&read.body, "emails", "value") != wanted
        || texts(&read.body, "emails", "type") != ["home", "work"]
    {
        return session.absent("the service does not keep two e-mail addresses with their types");
    }
    Ok((made, work, home))
}

pub(in crate::checks) fn mails(resource: &Value) -> Vec<String> {
    texts(resource, "emails", "value")
}

/// Applies an operation and holds the addresses that are there then against `wanted`.
pub(in crate::checks) async fn expect_mails(
    session: &mut Session,
    requirement: &'static Requirement,
    made: &Created,
    operations: Value,
    wanted: &[&str],
) -> Result<Answer, Stop> {
    let answer = session.patch(&made.path, operations).await?;
    let after = session.get(&made.path).await?;
    let mut wanted: Vec<&str> = wanted.to_vec();
    wanted.sort_unstable();
    let right = answer.ok() && mails(&after.body) == wanted;
    session.require(
        requirement,
        right,
        &answer,
        &[&format!("200 or 204, then the addresses {}", wanted.join(", "))],
        || format!("{}, then emails {}", answer.outcome(), shown(after.at("emails"))),
    );
    Ok(after)
}
