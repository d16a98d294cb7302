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
    let mut by_name: Vec<&Created> = users.iter().collect();
    by_name.sort_by_key(|user| user.text("userName"));
    let mut wanted: Vec<&String> = by_name.iter().map(|user| &user.id).collect();
    let mut found: Vec<&String> = ids.iter().collect();
    if !ordered {
        wanted.sort();
        found.sort();
    }
    let right = found == wanted;
    let name = |id: &String| {
        let user = users.iter().find(|user| &user.id == id);
        user.map_or_else(|| "an unknown id".to_owned(), |user| user.text("userName"))
    };
    let names = by_name.iter().map(|user| user.text("userName")).collect::<Vec<_>>().join(", ");
    let wanted = format!("{names}, {}", if ordered { "in this order" } else { "each once" });
    session.require(requirement, right && answer.status == 200, answer, &[&wanted], || {
        let names = ids.iter().map(name).collect::<Vec<_>>().join(", ");
        format!("{}, over the pages {}", answer.outcome(), if names.is_empty() { "nobody" } else { &names })
    })
}
