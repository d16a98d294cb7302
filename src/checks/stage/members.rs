//! Groups and their members: changed, read again, and compared.

use serde_json::{Value, json};

use crate::checks::Requirement;
use crate::checks::engine::{Answer, Session, Stop};
use crate::checks::json::texts;
use crate::checks::stage::{Created, initials, named};

pub(in crate::checks) fn one(user: &Created) -> Value {
    json!({"value": user.id, "display": user.text("userName")})
}

pub(in crate::checks) fn some(users: &[&Created]) -> Value {
    users.iter().map(|user| one(user)).collect()
}

/// The initials of a group's members; see [`initials`].
pub(in crate::checks) fn members(group: &Value, users: &[Created]) -> String {
    initials(&texts(group, "members", "value"), users)
}

/// Sends a PATCH, and requires that these are the members then.
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
    let found = members(&after.body, users);
    Ok(session.require(
        requirement,
        answer.ok() && found == wanted,
        answer,
        &[&format!("success, then the members {}", named(wanted, users))],
        || format!("{}, then the members {}", answer.outcome(), named(&found, users)),
    ))
}
