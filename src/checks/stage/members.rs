//! Groups with three users: their membership changed, read again, and compared.

use serde_json::{Value, json};

use crate::checks::Requirement;
use crate::checks::engine::{Answer, Session, Stop};
use crate::checks::json::texts;
use crate::checks::stage::Created;

pub(in crate::checks) fn one(user: &Created) -> Value {
    json!({"value": user.id, "display": user.text("userName")})
}

pub(in crate::checks) fn some(users: &[&Created]) -> Value {
    users.iter().map(|user| one(user)).collect()
}

/// Members of a group as the letters of a cast, sorted; an unknown one is a question mark.
pub(in crate::checks) fn letters(group: &Value, cast: &[Created]) -> String {
    let mut found: Vec<char> = texts(group, "members", "value")
        .iter()
        .map(|id| cast.iter().zip('A'..).find(|(user, _)| &user.id == id).map_or('?', |(_, letter)| letter))
        .collect();
    found.sort_unstable();
    found.into_iter().collect()
}

pub(in crate::checks) fn members_are(letters: &str) -> String {
    if letters.is_empty() { "no member".to_owned() } else { letters.to_owned() }
}

/// Sends a PATCH and holds the members that are there then against `wanted`.
pub(in crate::checks) async fn expect_members(
    session: &mut Session,
    requirement: &'static Requirement,
    group: &Created,
    users: &[Created],
    operations: Value,
    wanted: &str,
) -> Result<bool, Stop> {
    let answer = session.patch(&group.path, operations).await?;
    settle(session, requirement, group, users, &answer, wanted).await
}

pub(in crate::checks) async fn settle(
    session: &mut Session,
    requirement: &'static Requirement,
    group: &Created,
    users: &[Created],
    answer: &Answer,
    wanted: &str,
) -> Result<bool, Stop> {
    let after = session.get(&group.path).await?;
    let found = letters(&after.body, users);
    Ok(session.require(
        requirement,
        answer.ok() && found == wanted,
        answer,
        &[&format!("success, then {}", members_are(wanted))],
        || format!("{}, then {}", answer.outcome(), members_are(&found)),
    ))
}

pub(in crate::checks) async fn three_users(
    session: &mut Session,
    count: usize,
) -> Result<Vec<Created>, Stop> {
    let mut users = Vec::new();
    for _ in 0..count {
        users.push(session.user().await?);
    }
    Ok(users)
}
