//! Lists over several pages.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::checks::Requirement;
use crate::checks::engine::{Answer, Capability, Session, Stop};
use crate::checks::json::shown;
use crate::checks::stage::Created;

pub(in crate::checks) fn counters(answer: &Answer) -> String {
    format!(
        "{}, totalResults {}, {} resources",
        answer.outcome(),
        shown(answer.at("totalResults")),
        answer.resources().len()
    )
}

/// Five users and a filter that fits just them, when the service has one.
pub(in crate::checks) async fn five_users(session: &mut Session) -> Result<(Vec<Created>, String), Stop> {
    session.need(Capability::FilterUser)?;
    let name = session.name();
    let mut users = Vec::new();
    // Made in another order than that of their names.
    for letter in ["d", "b", "e", "a", "c"] {
        let login = format!("{name}-{letter}@example.com");
        users.push(session.user_with(json!({"userName": login})).await?);
    }
    for filter in [
        format!("userName sw {}", Value::from(name.clone())),
        users
            .iter()
            .map(|user| format!("id eq {}", Value::from(user.id.clone())))
            .collect::<Vec<_>>()
            .join(" or "),
    ] {
        let answer = session.filter("/Users", &filter).await?;
        let ids: BTreeSet<String> = answer.ids().into_iter().collect();
        if answer.status == 200 && ids == users.iter().map(|user| user.id.clone()).collect() {
            return Ok((users, filter));
        }
    }
    session.absent("the service has no filter that fits several users of this check and no others")
}

pub(in crate::checks) fn covers_all(
    session: &mut Session,
    requirement: &'static Requirement,
    answer: &Answer,
    ids: &[String],
    users: &[Created],
    ordered: bool,
) -> bool {
    let letter = |id: &String| {
        let found = users.iter().find(|user| &user.id == id)?;
        found.text("userName").split('@').next()?.chars().last()
    };
    let letters: String = ids.iter().map(|id| letter(id).unwrap_or('?')).collect();
    let mut sorted: Vec<char> = letters.chars().collect();
    sorted.sort_unstable();
    let right = if ordered { letters == "abcde" } else { sorted.iter().collect::<String>() == "abcde" };
    let wanted =
        if ordered { "the users a, b, c, d, e in this order" } else { "the users a to e, each once" };
    session.require(requirement, right && answer.status == 200, answer, &[wanted], || {
        format!("{}, over the pages {letters}", answer.outcome())
    })
}
