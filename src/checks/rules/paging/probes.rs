//! Probes of the rules in this area.

use std::collections::BTreeSet;

use serde_json::json;

use crate::checks::engine::{Answer, Call, Capability, Session, Stop, probes, query};
use crate::checks::rules::paging::{
    COUNT_NEGATIVE, COUNT_ZERO, GROUPS, HUGE_VALUES, KEEPS_FILTER, LIST_HOLDS_CREATED, ORDER_IS_STABLE,
    PARAMETERS_OPTIONAL, PAST_THE_END, START_BELOW_ONE, STARTS_ANYWHERE, TOTAL_FOLLOWS_WRITES,
    TOTAL_IS_OF_ALL_PAGES, WALK_IS_COMPLETE, WRONG_VALUES,
};
use crate::checks::rules::{create, sort};
use crate::checks::stage::Created;
use crate::checks::stage::pages::{Attempts, counters, covers_all, five_users};

probes! {
    "paging.pages", Alone,
        [COUNT_ZERO, COUNT_NEGATIVE, START_BELOW_ONE, TOTAL_IS_OF_ALL_PAGES, WALK_IS_COMPLETE,
         ORDER_IS_STABLE, PAST_THE_END, PARAMETERS_OPTIONAL],
        pages;
    "paging.whole", Alone, [TOTAL_FOLLOWS_WRITES, LIST_HOLDS_CREATED], whole;
    "paging.groups", Alone, [GROUPS], groups;
    "paging.numbers", Reads, [WRONG_VALUES], numbers;
    "paging.filtered", Writes, [KEEPS_FILTER, sort::PAGES], filtered_pages;
    "paging.huge", Reads, [HUGE_VALUES], huge;
    "paging.anywhere", Writes, [STARTS_ANYWHERE], starts_anywhere;
}

/// The largest list that is walked whole.
const WALKABLE: i64 = 400;

/// A service that publishes that it pages by cursor alone owes no pages by index (RFC 9865 §2.3, §4); Okta's own
/// requirements still ask for them.
pub(super) fn by_index(session: &Session) -> Result<(), Stop> {
    match session.facts.configured("pagination.index").and_then(serde_json::Value::as_bool) {
        Some(false) => session.absent("the service says that it has no pages by index"),
        _ => Ok(()),
    }
}

async fn pages(session: &mut Session) -> Result<(), Stop> {
    by_index(session)?;
    session.need(Capability::ListUsers)?;
    let mut own = Vec::new();
    for _ in 0..5 {
        own.push(session.user().await?);
    }
    let mut attempts = Attempts::new(
        session,
        vec![&TOTAL_IS_OF_ALL_PAGES, &COUNT_ZERO, &START_BELOW_ONE, &WALK_IS_COMPLETE, &ORDER_IS_STABLE],
    );
    while attempts.more(session) {
        pages_of(session, &own).await?;
    }
    Ok(())
}

async fn pages_of(session: &mut Session, own: &[Created]) -> Result<(), Stop> {
    let first = session.get("/Users?startIndex=1&count=2").await?;
    let total = first.total().unwrap_or_default();
    session.require(
        &TOTAL_IS_OF_ALL_PAGES,
        total >= 5,
        &first,
        &["at least the 5 users that were created"],
        || counters(&first),
    );
    let second = session.get("/Users?startIndex=3&count=2").await?;
    session.require(
        &TOTAL_IS_OF_ALL_PAGES,
        second.total() == Some(total),
        &second,
        &[&format!("totalResults {total}")],
        || counters(&second),
    );
    let zero = session.get("/Users?count=0").await?;
    let right = zero.status == 200 && zero.resources().is_empty() && zero.total() == Some(total);
    session.require(&COUNT_ZERO, right, &zero, &[&format!("no resources, totalResults {total}")], || {
        counters(&zero)
    });
    let below = session.get("/Users?startIndex=1&count=-1").await?;
    let right = below.status == 200 && below.resources().is_empty();
    session.require(&COUNT_NEGATIVE, right, &below, &["200 without resources"], || counters(&below));
    for start in ["0", "-3"] {
        let answer = session.get(&format!("/Users?startIndex={start}&count=2")).await?;
        // Where the order is not the same each time, that has a requirement of its own.
        let steady = session.get("/Users?startIndex=1&count=2").await?.ids() == first.ids();
        let right = answer.status == 200 && (answer.ids() == first.ids() || !steady);
        session
            .require(&START_BELOW_ONE, right, &answer, &["the page of startIndex=1"], || counters(&answer));
    }
    let past = session.get(&format!("/Users?startIndex={}&count=2", total + 1000)).await?;
    let right = past.status == 200 && past.resources().is_empty();
    session.require(&PAST_THE_END, right, &past, &["200 without resources"], || counters(&past));
    for form in ["", "?startIndex=1", "?count=2"] {
        let answer = session.get(&format!("/Users{form}")).await?;
        let right = answer.status == 200 && !answer.resources().is_empty();
        session.require(&PARAMETERS_OPTIONAL, right, &answer, &["200 with resources"], || counters(&answer));
    }
    if total > WALKABLE {
        session.skip(&WALK_IS_COMPLETE, format!("there are {total} users, too many to walk through"));
        session.skip(&ORDER_IS_STABLE, format!("there are {total} users, too many to walk through"));
        return Ok(());
    }
    // Pages that do not fit the total, so that the last one is short.
    let size = usize::try_from(total).unwrap_or(10).div_ceil(4).max(2);
    let (ids, last) = walk(session, "/Users", size).await?;
    let distinct: BTreeSet<&String> = ids.iter().collect();
    let missing = own.iter().filter(|user| !ids.contains(&user.id)).count();
    let right = missing == 0 && distinct.len() == ids.len() && i64::try_from(ids.len()).ok() == Some(total);
    session.require(&WALK_IS_COMPLETE, right, &last, &[&format!("{total} resources, each once")], || {
        format!(
            "{} resources by pages of {size}, {} of them twice, {missing} of the 5 new ones missing",
            ids.len(),
            ids.len() - distinct.len()
        )
    });
    if right {
        let (again, last) = walk(session, "/Users", size).await?;
        // What others wrote meanwhile may stand anywhere.
        let of_own = |ids: Vec<String>| -> Vec<String> {
            ids.into_iter().filter(|id| own.iter().any(|user| user.id == *id)).collect()
        };
        session.require(&ORDER_IS_STABLE, of_own(ids) == of_own(again), &last, &["the same order"], || {
            "another order".to_owned()
        });
    } else {
        session.blocked(&ORDER_IS_STABLE, &WALK_IS_COMPLETE);
    }
    Ok(())
}

/// Every id by pages of `size`, as Okta walks: on to the next page by what was returned.
async fn walk(session: &mut Session, endpoint: &str, size: usize) -> Result<(Vec<String>, Answer), Stop> {
    let mut ids = Vec::new();
    loop {
        let path = format!("{endpoint}?startIndex={}&count={size}", ids.len() + 1);
        let answer = session.get(&path).await?;
        let page = answer.ids();
        let done =
            page.is_empty() || ids.len() as i64 + page.len() as i64 >= answer.total().unwrap_or_default();
        // A service that ignores startIndex would go on for ever.
        let stuck = page.first().is_some_and(|first| ids.first() == Some(first)) || ids.len() > 5000;
        ids.extend(page);
        if done || stuck {
            return Ok((ids, answer));
        }
    }
}

async fn whole(session: &mut Session) -> Result<(), Stop> {
    by_index(session)?;
    session.need(Capability::ListUsers)?;
    let mut attempts = Attempts::new(session, vec![&TOTAL_FOLLOWS_WRITES]);
    while attempts.more(session) {
        let before = session.get("/Users?startIndex=1&count=1").await?.total().unwrap_or_default();
        let ada = session.user().await?;
        let with = session.get("/Users?startIndex=1&count=1").await?.total().unwrap_or_default();
        session.delete(&ada.path).await?;
        let shows = session.get("/Users?startIndex=1&count=1").await?;
        let after = shows.total().unwrap_or_default();
        let deletes = session.facts.works(Capability::DeleteUser);
        let right = with == before + 1 && (after == before || !deletes);
        session.require(&TOTAL_FOLLOWS_WRITES, right, &shows, &["one more, then one less"], || {
            format!("totalResults changes by {} and then by {}", with - before, after - with)
        });
    }
    let total = session.get("/Users?startIndex=1&count=1").await?.total().unwrap_or_default();
    if total > WALKABLE {
        session.skip(&LIST_HOLDS_CREATED, format!("there are {total} users, too many to walk through"));
        return Ok(());
    }
    let ada = session.user().await?;
    let off = session.user_with(serde_json::json!({"active": false})).await?;
    let mut attempts = Attempts::new(session, vec![&LIST_HOLDS_CREATED]);
    while attempts.more(session) {
        let (ids, last) = walk(session, "/Users", 100).await?;
        let lost: Vec<&str> = [(&ada, "the active user"), (&off, "the inactive user")]
            .into_iter()
            .filter(|(user, _): &(&Created, &str)| !ids.contains(&user.id))
            .map(|(_, name)| name)
            .collect();
        session.require(&LIST_HOLDS_CREATED, lost.is_empty(), &last, &["both new users"], || {
            format!("{} missing", lost.join(" and "))
        });
    }
    Ok(())
}

async fn groups(session: &mut Session) -> Result<(), Stop> {
    by_index(session)?;
    session.need(Capability::CreateGroup)?;
    let mut own = Vec::new();
    for _ in 0..3 {
        own.push(session.group(&[]).await?);
    }
    let mut attempts = Attempts::new(session, vec![&GROUPS]);
    while attempts.more(session) {
        pages_of_groups(session, &own).await?;
    }
    Ok(())
}

async fn pages_of_groups(session: &mut Session, own: &[Created]) -> Result<(), Stop> {
    let mut wrong = Vec::new();
    let first = session.get("/Groups?startIndex=1&count=2").await?;
    let total = first.total().unwrap_or_default();
    // "the service provider MUST NOT return more results than specified, although it MAY return fewer" (table 6).
    if first.status != 200 || ![1, 2].contains(&first.resources().len()) || total < 3 {
        wrong.push(format!("startIndex=1&count=2: {}", counters(&first)));
    }
    let mut shows = first;
    if total <= WALKABLE {
        let (ids, last) = walk(session, "/Groups", 2.max(usize::try_from(total).unwrap_or(4) / 3)).await?;
        let distinct: BTreeSet<&String> = ids.iter().collect();
        let missing = own.iter().filter(|group| !ids.contains(&group.id)).count();
        if missing > 0 || distinct.len() != ids.len() {
            wrong.push(format!(
                "by pages {} groups, {} distinct, {missing} new ones missing",
                ids.len(),
                distinct.len()
            ));
        }
        shows = last;
    }
    session.require(&GROUPS, wrong.is_empty(), &shows, &["pages as asked for, each group once"], || {
        wrong.join("; ")
    });
    Ok(())
}

async fn numbers(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::ListUsers)?;
    for form in ["startIndex=one&count=2", "startIndex=1&count=many"] {
        let answer = session.get(&format!("/Users?{form}")).await?;
        let right = answer.status == 400 || answer.status == 200;
        session.require(&WRONG_VALUES, right, &answer, &["400", "200"], || answer.outcome());
    }
    Ok(())
}

/// The ids of three pages of two. Blocked where the second page is the first again, or holds everything: what
/// then goes wrong with filters and order is told by the rules of paging.
async fn three(
    session: &mut Session,
    filter: &str,
    more: &[(&str, &str)],
) -> Result<(Vec<String>, Answer), Stop> {
    let mut pages: Vec<Answer> = Vec::new();
    for start in ["1", "3", "5"] {
        let mut parameters = vec![("filter", filter), ("startIndex", start), ("count", "2")];
        parameters.extend(more);
        pages.push(session.send(Call::get(query("/Users", &parameters))).await?);
    }
    let same = |a: &Answer, b: &Answer| !a.ids().is_empty() && a.ids() == b.ids();
    if same(&pages[0], &pages[1]) || pages.iter().any(|page| page.ids().len() > 2) {
        return Err(Stop::Blocked(&WALK_IS_COMPLETE));
    }
    let ids = pages.iter().flat_map(Answer::ids).collect();
    Ok((ids, pages.swap_remove(2)))
}

async fn filtered_pages(session: &mut Session) -> Result<(), Stop> {
    let (users, filter) = five_users(session).await?;
    if by_index(session).is_err() {
        session.skip(&KEEPS_FILTER, "the service does not page by index");
        session.skip(&sort::PAGES, "the service does not page by index");
    } else {
        let (ids, last) = three(session, &filter, &[]).await?;
        if !covers_all(session, &KEEPS_FILTER, &last, &ids, &users, false) {
            session.blocked(&sort::PAGES, &KEEPS_FILTER);
        } else if session.facts.claims("sort") == Some(true) {
            let whole = session
                .send(Call::get(query("/Users", &[("filter", &filter), ("sortBy", "userName")])))
                .await?;
            let in_order: Vec<String> = {
                let mut sorted: Vec<&Created> = users.iter().collect();
                sorted.sort_by_key(|user| user.text("userName"));
                sorted.into_iter().map(|user| user.id.clone()).collect()
            };
            if whole.ids() == in_order {
                let (ids, last) = three(session, &filter, &[("sortBy", "userName")]).await?;
                covers_all(session, &sort::PAGES, &last, &ids, &users, true);
            } else {
                session.blocked(&sort::PAGES, &sort::ASCENDING);
            }
        } else {
            session.skip(&sort::PAGES, "the service does not claim sorting in ServiceProviderConfig");
        }
    }
    Ok(())
}

async fn huge(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::ListUsers)?;
    for form in ["startIndex=99999999999999999999&count=1", "startIndex=1&count=99999999999999999999"] {
        // The counters of such a page may be larger than any number that is read here.
        let answer = session.send(Call::get(format!("/Users?{form}")).unwatched()).await?;
        let right = answer.status == 200 || answer.refused();
        session.require(&HUGE_VALUES, right, &answer, &["200", "400"], || answer.outcome());
    }
    Ok(())
}

async fn starts_anywhere(session: &mut Session) -> Result<(), Stop> {
    by_index(session)?;
    session.need(Capability::FilterUser)?;
    let mark = session.name();
    for index in 0..5 {
        let login = format!("{mark}-{index}@example.com");
        let mut body = session.user_body(json!({}));
        body["userName"] = json!(login);
        if let Some(first) = body.pointer_mut("/emails/0/value") {
            *first = json!(login);
        }
        session.make("/Users", body, &create::USER).await?;
    }
    let filter = format!("userName sw {}", json!(format!("{mark}-")));
    let page = |start: &str, count: &str| {
        query("/Users", &[("filter", &filter), ("startIndex", start), ("count", count)])
    };
    let whole = session.get(&page("1", "5")).await?;
    let all = whole.ids();
    if all.len() != 5 || whole.total() != Some(5) {
        session.skip(&STARTS_ANYWHERE, "the users of this probe are not found together");
        return Ok(());
    }
    for (start, count) in [(3, 2), (2, 2), (2, 3), (4, 3)] {
        let path = page(&start.to_string(), &count.to_string());
        let some = session.get(&path).await?;
        let wanted: Vec<String> = all.iter().skip(start - 1).take(count).cloned().collect();
        let (repeated, again) = (session.get(&path).await?, session.get(&page("1", "5")).await?);
        if again.ids() != all || repeated.ids() != some.ids() || some.ids().is_empty() {
            // Another order each time, or a limit of its own.
            session.skip(&STARTS_ANYWHERE, "the order of the service is not the same each time");
            return Ok(());
        }
        if start % count == 1 && !wanted.starts_with(&some.ids()) {
            return Err(Stop::Blocked(&WALK_IS_COMPLETE));
        }
        // Fewer than asked for are allowed.
        let held = wanted.starts_with(&some.ids());
        session.require(
            &STARTS_ANYWHERE,
            held,
            &some,
            &[&format!("the results from number {start} on")],
            || {
                let places: Vec<String> = some
                    .ids()
                    .iter()
                    .map(|id| {
                        all.iter().position(|known| known == id).map_or("?".into(), |at| (at + 1).to_string())
                    })
                    .collect();
                format!("results number {}", places.join(", "))
            },
        );
    }
    Ok(())
}
