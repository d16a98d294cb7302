//! Probes of the rules in this area.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::checks::engine::{Answer, Call, Capability, Credential, Session, Stop, path_to, probes, query};
use crate::checks::json::shown;
use crate::checks::rules::cursor::{
    CHARACTERS, CONFIGURATION, COUNT, DEFAULT_METHOD, ENDS, FIRST_PAGE, INVALID, KEEPS_FILTER,
    NEGATIVE_COUNT, NO_PREVIOUS_ON_FIRST, OTHER_CREDENTIAL, WALK_IS_COMPLETE,
};
use crate::checks::rules::{paging, security};
use crate::checks::stage::Created;
use crate::checks::stage::pages::{Attempts, counters, covers_all, five_users};

probes! {
    "cursor.walk", Alone,
        [FIRST_PAGE, WALK_IS_COMPLETE, COUNT, CHARACTERS, NO_PREVIOUS_ON_FIRST, INVALID, CONFIGURATION],
        cursors;
    "cursor.filtered", Writes, [KEEPS_FILTER], filtered_walk;
    "cursor.ended", Writes, [ENDS], ended;
    "cursor.other-credential", Writes, [OTHER_CREDENTIAL], other_credential;
    "cursor.counts", Writes, [NEGATIVE_COUNT, DEFAULT_METHOD], counts_and_default;
}

/// Most pages of a walk by cursors.
const MOST_PAGES: usize = 200;

async fn cursors(session: &mut Session) -> Result<(), Stop> {
    let facts = std::sync::Arc::clone(&session.facts);
    if facts.configured("pagination.cursor").and_then(Value::as_bool) != Some(true) {
        return session.absent("the service does not claim cursors in ServiceProviderConfig");
    }
    let config = session.get("/ServiceProviderConfig").await?;
    let whole = facts.configured("pagination.index").is_some_and(Value::is_boolean);
    session.require(&CONFIGURATION, whole, &config, &["cursor and index as booleans"], || {
        format!("pagination {}", shown(config.at("pagination")))
    });
    let mut own = Vec::new();
    for _ in 0..5 {
        own.push(session.user().await?);
    }
    let first = session.get("/Users?cursor=&count=2").await?;
    let next = first.next_cursor();
    let right = first.status == 200 && next.is_some();
    session.require(&FIRST_PAGE, right, &first, &["200 with nextCursor"], || {
        format!("{}, nextCursor {}", counters(&first), shown(first.at("nextCursor")))
    });
    session.require(
        &NO_PREVIOUS_ON_FIRST,
        first.at("previousCursor").is_none(),
        &first,
        &["no previousCursor"],
        || format!("previousCursor {}", shown(first.at("previousCursor"))),
    );
    let invalid = session.get("/Users?cursor=scimulate-was-never-given&count=2").await?;
    let refused = invalid.status == 400 && invalid.scim_type() == Some("invalidCursor");
    session.require(&INVALID, refused, &invalid, &["400 invalidCursor"], || invalid.outcome());
    if next.is_none() {
        return Err(Stop::Blocked(&FIRST_PAGE));
    }
    // Several pages also where there are few users, and not too many where there are thousands.
    let count = first.total().map_or(50, |total| (total / 3).clamp(2, 200)).to_string();
    let mut attempts = Attempts::new(session, vec![&WALK_IS_COMPLETE]);
    while attempts.more(session) {
        walk(session, &own, &count).await?;
    }
    Ok(())
}

/// Goes through all users, so many on a page.
async fn walk(session: &mut Session, own: &[Created], count: &str) -> Result<(), Stop> {
    let most = count.parse().unwrap_or(usize::MAX);
    let (mut cursor, mut ids) = (String::new(), Vec::new());
    let mut last = None;
    for _ in 0..MOST_PAGES {
        let parameters = [("cursor", cursor.as_str()), ("count", count)];
        let shows = session.send(Call::get(query("/Users", &parameters))).await?;
        session.require(
            &COUNT,
            shows.resources().len() <= most,
            &shows,
            &[&format!("at most {count}")],
            || counters(&shows),
        );
        ids.extend(shows.ids());
        let next = shows.next_cursor();
        match next {
            Some(next) if shows.status == 200 => {
                let plain = next.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte));
                session.require(&CHARACTERS, plain, &shows, &["letters, digits and -._~"], || {
                    format!("the cursor {next}")
                });
                cursor = next;
            }
            _ => {
                last = Some(shows);
                break;
            }
        }
    }
    let Some(shows) = last else {
        session.skip(&WALK_IS_COMPLETE, format!("the service has more users than {MOST_PAGES} pages show"));
        return Ok(());
    };
    let distinct: BTreeSet<&String> = ids.iter().collect();
    let missing = own.iter().filter(|user| !ids.contains(&user.id)).count();
    let right = shows.status == 200 && missing == 0 && distinct.len() == ids.len();
    session.require(&WALK_IS_COMPLETE, right, &shows, &["every user once"], || {
        format!(
            "{}; {} users, {} distinct, {missing} new ones missing",
            shows.outcome(),
            ids.len(),
            distinct.len()
        )
    });
    Ok(())
}

async fn filtered_walk(session: &mut Session) -> Result<(), Stop> {
    if session.facts.configured("pagination.cursor").and_then(Value::as_bool) != Some(true) {
        session.skip(&KEEPS_FILTER, "the service does not claim cursors in ServiceProviderConfig");
        return Ok(());
    }
    let (users, filter) = five_users(session).await?;
    let mut cursor = String::new();
    let mut ids = Vec::new();
    let mut last = None;
    for _ in 0..6 {
        let parameters = [("filter", filter.as_str()), ("count", "2"), ("cursor", &cursor)];
        let answer = session.send(Call::get(query("/Users", &parameters))).await?;
        ids.extend(answer.ids());
        let next = answer.next_cursor();
        let ok = answer.status == 200;
        last = Some(answer);
        match next.filter(|_| ok) {
            Some(next) => cursor = next,
            None => break,
        }
    }
    if let Some(last) = last {
        covers_all(session, &KEEPS_FILTER, &last, &ids, &users, false);
    }
    Ok(())
}

async fn ended(session: &mut Session) -> Result<(), Stop> {
    if session.facts.configured("pagination.cursor").and_then(Value::as_bool) != Some(true) {
        return session.absent("the service does not claim cursors in ServiceProviderConfig");
    }
    session.need(Capability::FilterUser)?;
    let users = [session.user().await?, session.user().await?, session.user().await?];
    let filter: Vec<String> =
        users.iter().map(|user| format!("id eq {}", Value::from(user.id.clone()))).collect();
    let filter = filter.join(" or ");
    let mut cursor = String::new();
    let mut shows: Option<Answer> = None;
    // Two pages, and as many again for a service that finds out late that nothing follows.
    for _ in 0..4 {
        let parameters = [("filter", filter.as_str()), ("count", "2"), ("cursor", &cursor)];
        let answer = session.send(Call::get(query("/Users", &parameters))).await?;
        if answer.status != 200 {
            return session
                .absent(format!("the service answers a filter with cursors with {}", answer.outcome()));
        }
        // More than the filter fits would be a longer walk.
        if answer.ids().iter().any(|id| users.iter().all(|user| user.id != *id)) {
            return Err(Stop::Blocked(&KEEPS_FILTER));
        }
        let next = answer.next_cursor();
        shows = Some(answer);
        match next {
            Some(next) => cursor = next,
            None => {
                session.pass(&ENDS);
                return Ok(());
            }
        }
    }
    if let Some(answer) = shows {
        session.fail(
            &ENDS,
            &answer,
            &["a last page without nextCursor"],
            "nextCursor after all three users were shown",
        );
    }
    Ok(())
}

async fn other_credential(session: &mut Session) -> Result<(), Stop> {
    if !session.has_second() {
        return session.absent("no credential of another tenant was given; --second-bearer-env does");
    }
    session.need(Capability::ReadUser)?;
    if session.facts.configured("pagination.cursor").and_then(Value::as_bool) != Some(true) {
        session.skip(&OTHER_CREDENTIAL, "the service does not claim cursors in ServiceProviderConfig");
        return Ok(());
    }
    let mine = [session.user().await?, session.user().await?];
    let seen = session.send(Call::get(mine[0].path.clone()).credential(Credential::Second)).await?;
    if seen.ok() {
        return Err(Stop::Blocked(&security::OTHER_TENANT_READS));
    }
    let first = session.get("/Users?cursor=&count=1").await?;
    let Some(next) = first.next_cursor() else {
        session.blocked(&OTHER_CREDENTIAL, &FIRST_PAGE);
        return Ok(());
    };
    let call = Call::get(query("/Users", &[("cursor", next.as_str()), ("count", "1")]));
    let answer = session.send(call.credential(Credential::Second).unwatched()).await?;
    // Whatever the second tenant is shown, none of it may be what the first can read by its id.
    let mut foreign = mine.iter().any(|user| answer.lists(&user.id));
    for id in answer.ids().into_iter().take(3) {
        foreign |= session.get(&path_to("/Users", &id)?).await?.ok();
    }
    session.require(&OTHER_CREDENTIAL, !foreign, &answer, &["400", "no user of another tenant"], || {
        format!("{} with users of another tenant", answer.outcome())
    });
    Ok(())
}

async fn counts_and_default(session: &mut Session) -> Result<(), Stop> {
    if session.facts.configured("pagination.cursor").and_then(Value::as_bool) != Some(true) {
        for requirement in [&NEGATIVE_COUNT, &DEFAULT_METHOD] {
            session.skip(requirement, "the service does not claim cursors in ServiceProviderConfig");
        }
        return Ok(());
    }
    let by_index = session.get("/Users?startIndex=1&count=-1").await?;
    if by_index.status != 200 || !by_index.resources().is_empty() {
        session.blocked(&NEGATIVE_COUNT, &paging::COUNT_NEGATIVE);
    } else {
        let answer = session.get("/Users?cursor=&count=-1").await?;
        let right = answer.status == 200 && answer.resources().is_empty();
        session.require(&NEGATIVE_COUNT, right, &answer, &["200 without resources"], || {
            format!("{} with {} users", answer.outcome(), answer.resources().len())
        });
    }
    let default = session.facts.configured("pagination.defaultPaginationMethod");
    match default.and_then(Value::as_str) {
        Some("cursor") => {
            let _second = session.user().await?;
            let answer = session.get("/Users?count=1").await?;
            let right = answer.status == 200 && answer.text("nextCursor").is_some();
            session.require(&DEFAULT_METHOD, right, &answer, &["200 with nextCursor"], || {
                format!("{}, nextCursor {}", answer.outcome(), shown(answer.at("nextCursor")))
            });
        }
        _ => session.skip(&DEFAULT_METHOD, "cursors are not the default, by the word of the service"),
    }
    Ok(())
}
