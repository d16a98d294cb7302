//! Lists over several pages.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::checks::Requirement;
use crate::checks::engine::{Answer, Capability, Outcome, Session, Stop};
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

/// How often a finding has to come out the same before it is believed.
const ATTEMPTS: usize = 6;

/// Repeats what depends on everything that the service holds, where others may write too: `while` there is
/// [`more`](Attempts::more) of it. A finding is believed when every attempt comes to the same; one that comes out
/// otherwise is left unjudged.
pub(in crate::checks) struct Attempts {
    /// What depends on it; everything else is believed as it is.
    unsteady: Vec<&'static Requirement>,
    start: usize,
    begun: usize,
    /// What all attempts found: requirement and what came.
    found: Option<BTreeSet<(&'static str, String)>>,
}

impl Attempts {
    pub(in crate::checks) fn new(session: &Session, unsteady: Vec<&'static Requirement>) -> Self {
        Self { unsteady, start: session.outcomes.len(), begun: 0, found: None }
    }

    /// Whether there is to be another attempt.
    pub(in crate::checks) fn more(&mut self, session: &mut Session) -> bool {
        let outcomes = &mut session.outcomes[self.start..];
        let unsteady = &self.unsteady;
        if self.begun > 0 {
            let failed = |(requirement, outcome): &(&'static Requirement, Outcome)| match outcome {
                Outcome::Failed(finding) if unsteady.iter().any(|known| known.slug == requirement.slug) => {
                    Some((requirement.slug, finding.actual.clone()))
                }
                _ => None,
            };
            let now: BTreeSet<_> = outcomes.iter().filter_map(failed).collect();
            if now.is_empty() {
                return false;
            }
            let found = match self.found.take() {
                None => now,
                Some(before) => before.intersection(&now).cloned().collect(),
            };
            if self.begun == ATTEMPTS {
                for one in outcomes {
                    if failed(one).is_some_and(|failed| !found.contains(&failed)) {
                        one.1 = Outcome::Skipped(format!(
                            "others write to the service at the same time: {ATTEMPTS} attempts came to different results"
                        ));
                    }
                }
                return false;
            }
            self.found = Some(found);
        }
        self.begun += 1;
        session.outcomes.truncate(self.start);
        true
    }
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
