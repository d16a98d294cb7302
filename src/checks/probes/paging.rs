//! Lists by pages (RFC 7644 §3.4.2.4), whole lists, and cursors (RFC 9865). Where whole lists are looked
//! at nobody else of this examination writes; another client may, so a count that moved is taken again.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::checks::active::{Answer, Call, Capability, Made, Probe, Session, Stop, probe, query};
use crate::checks::json::shown;
use crate::checks::requirement::requirements;

requirements! {
    ZERO = "paging.count-zero", Must, "RFC 7644 §3.4.2.4 table 6",
        "count=0 returns no resources, and totalResults as without it.",
        "Return totalResults alone.";
    NEGATIVE = "paging.count-negative", Must, "RFC 7644 §3.4.2.4 table 6",
        "A negative count means 0.",
        "Take a negative count for 0.";
    FROM_ONE = "paging.start-below-one", Must, "RFC 7644 §3.4.2.4 table 6",
        "A startIndex below 1 means 1.",
        "Take 0 and negative values for 1.";
    TOTAL = "paging.total-is-of-all-pages", Must, "RFC 7644 §3.4.2",
        "totalResults counts all results, on every page the same.",
        "Count before paging; Okta ends an import after one page otherwise.", [Rfc, Okta];
    WALK = "paging.walk-is-complete", Must, "RFC 7644 §3.4.2.4",
        "The pages together hold every resource once.",
        "Page over a fixed order, with startIndex counted from 1.", [Rfc, Okta];
    STEADY = "paging.order-is-stable", Okta, "okta-client §3.16; RFC 7644 §3.4.2.4",
        "Two walks without a write between them give the resources in the same order.",
        "Sort by something that does not change, such as the id.";
    PAST = "paging.past-the-end", Must, "RFC 7644 §3.4.2.4",
        "A page that begins after the last resource is empty, with the same totalResults.",
        "Return 200 without resources.";
    DEFAULTS = "paging.parameters-optional", Must, "RFC 7644 §3.4.2.4",
        "startIndex and count are optional, alone and together.",
        "Default startIndex to 1 and count to a page size of your own.";
    COUNTED = "paging.total-follows-writes", Must, "RFC 7644 §3.4.2",
        "totalResults rises by one with a creation and falls by one with a deletion.",
        "Count what is there.";
    HELD = "paging.list-holds-created", Must, "RFC 7644 §3.4.2",
        "A user that was created, active or not, is in the list of users.",
        "List every resource, whatever its state.", [Rfc, Okta];
    GROUPS = "paging.groups", Must, "RFC 7644 §3.4.2.4",
        "Groups are listed by pages as users are.",
        "Honour startIndex and count on /Groups.", [Rfc, Okta];
    LETTERS = "paging.wrong-values", Should, "RFC 7644 §3.12 table 8",
        "A startIndex or count that is no number is refused with 400, or ignored.",
        "Answer 400 with scimType invalidValue.";
    C_FIRST = "cursor.first-page", Must, "RFC 9865 §2",
        "An empty cursor starts the query: the first page comes, with nextCursor when there is more.",
        "Treat cursor= like the first request of a walk.";
    C_WALK = "cursor.walk-is-complete", Must, "RFC 9865 §2",
        "Following nextCursor leads to every resource once, and the last page has none.",
        "Give nextCursor on every page but the last.";
    C_COUNT = "cursor.count", Must, "RFC 9865 §2",
        "A page holds no more resources than count.",
        "Honour count with cursors too.";
    C_CHARS = "cursor.characters", Must, "RFC 9865 §2",
        "Cursors consist of unreserved characters.",
        "Encode cursors as base64url without padding, or in hexadecimal digits.";
    C_PREVIOUS = "cursor.no-previous-on-first", Must, "RFC 9865 §2",
        "The first page has no previousCursor.",
        "Leave previousCursor out there.";
    C_INVALID = "cursor.invalid", Should, "RFC 9865 §2.1",
        "A cursor that was never given is refused with 400 invalidCursor.",
        "Answer 400 with scimType invalidCursor.";
    C_CONFIG = "cursor.configuration", Must, "RFC 9865 §4",
        "pagination in ServiceProviderConfig has cursor and index as booleans.",
        "Return both.";
}

probe!(PAGES, "paging.pages", Alone, [ZERO, NEGATIVE, FROM_ONE, TOTAL, WALK, STEADY, PAST, DEFAULTS], pages);
probe!(WHOLE, "paging.whole", Alone, [COUNTED, HELD], whole);
probe!(OF_GROUPS, "paging.groups", Alone, [GROUPS], groups);
probe!(NUMBERS, "paging.numbers", Reads, [LETTERS], numbers);
probe!(
    CURSORS,
    "cursor.walk",
    Alone,
    [C_FIRST, C_WALK, C_COUNT, C_CHARS, C_PREVIOUS, C_INVALID, C_CONFIG],
    cursors
);

pub(in crate::checks) static PROBES: &[&Probe] = &[&PAGES, &WHOLE, &OF_GROUPS, &NUMBERS, &CURSORS];

/// The largest list that is walked whole.
const WALKABLE: i64 = 400;

fn counts(answer: &Answer) -> String {
    format!(
        "{}, totalResults {}, {} resources",
        answer.outcome(),
        shown(answer.at("totalResults")),
        answer.resources().len()
    )
}

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
    let first = session.get("/Users?startIndex=1&count=2").await?;
    let total = first.total().unwrap_or_default();
    session.hold(&TOTAL, total >= 5, &first, &["at least the 5 users that were created"], || counts(&first));
    let second = session.get("/Users?startIndex=3&count=2").await?;
    session.hold(&TOTAL, second.total() == Some(total), &second, &[&format!("totalResults {total}")], || {
        counts(&second)
    });
    let zero = session.get("/Users?count=0").await?;
    let right = zero.status == 200 && zero.resources().is_empty() && zero.total() == Some(total);
    session.hold(&ZERO, right, &zero, &[&format!("no resources, totalResults {total}")], || counts(&zero));
    let below = session.get("/Users?startIndex=1&count=-1").await?;
    let right = below.status == 200 && below.resources().is_empty();
    session.hold(&NEGATIVE, right, &below, &["200 without resources"], || counts(&below));
    for start in ["0", "-3"] {
        let answer = session.get(&format!("/Users?startIndex={start}&count=2")).await?;
        let right = answer.status == 200 && answer.ids() == first.ids();
        session.hold(&FROM_ONE, right, &answer, &["the page of startIndex=1"], || counts(&answer));
    }
    let past = session.get(&format!("/Users?startIndex={}&count=2", total + 1000)).await?;
    let right = past.status == 200 && past.resources().is_empty();
    session.hold(&PAST, right, &past, &["200 without resources"], || counts(&past));
    for form in ["", "?startIndex=1", "?count=2"] {
        let answer = session.get(&format!("/Users{form}")).await?;
        let right = answer.status == 200 && !answer.resources().is_empty();
        session.hold(&DEFAULTS, right, &answer, &["200 with resources"], || counts(&answer));
    }
    if total > WALKABLE {
        session.skip(&WALK, format!("there are {total} users, too many to walk through"));
        session.skip(&STEADY, format!("there are {total} users, too many to walk through"));
        return Ok(());
    }
    // Pages that do not fit the total, so that the last one is short.
    let size = usize::try_from(total).unwrap_or(10).div_ceil(4).max(2);
    let (ids, last) = walk(session, "/Users", size).await?;
    let distinct: BTreeSet<&String> = ids.iter().collect();
    let missing = own.iter().filter(|user| !ids.contains(&user.id)).count();
    let right = missing == 0 && distinct.len() == ids.len() && i64::try_from(ids.len()).ok() == Some(total);
    session.hold(&WALK, right, &last, &[&format!("{total} resources, each once")], || {
        format!(
            "{} resources by pages of {size}, {} of them twice, {missing} of the 5 new ones missing",
            ids.len(),
            ids.len() - distinct.len()
        )
    });
    if right {
        let (again, last) = walk(session, "/Users", size).await?;
        session.hold(&STEADY, ids == again, &last, &["the same order"], || "another order".to_owned());
    } else {
        session.blocked(&STEADY, WALK.slug);
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
    let mut right = false;
    let mut seen = Vec::new();
    let mut shows = session.get("/Users?startIndex=1&count=1").await?;
    // Another client may write too; it will not do so twice in a row.
    for _ in 0..2 {
        let before = session.get("/Users?startIndex=1&count=1").await?.total().unwrap_or_default();
        let ada = session.user().await?;
        let with = session.get("/Users?startIndex=1&count=1").await?.total().unwrap_or_default();
        session.delete(&ada.path).await?;
        shows = session.get("/Users?startIndex=1&count=1").await?;
        let after = shows.total().unwrap_or_default();
        let deletes = session.facts.works(Capability::DeleteUser);
        right = with == before + 1 && (after == before || !deletes);
        seen = vec![before, with, after];
        if right {
            break;
        }
    }
    session.hold(&COUNTED, right, &shows, &["one more, then one less"], || format!("totalResults {seen:?}"));
    let total = shows.total().unwrap_or_default();
    if total > WALKABLE {
        session.skip(&HELD, format!("there are {total} users, too many to walk through"));
        return Ok(());
    }
    let ada = session.user().await?;
    let off = session.user_with(serde_json::json!({"active": false})).await?;
    let (ids, last) = walk(session, "/Users", 100).await?;
    let lost: Vec<&str> = [(&ada, "the active user"), (&off, "the inactive user")]
        .into_iter()
        .filter(|(user, _): &(&Made, &str)| !ids.contains(&user.id))
        .map(|(_, name)| name)
        .collect();
    session.hold(&HELD, lost.is_empty(), &last, &["both new users"], || {
        format!("{} missing", lost.join(" and "))
    });
    Ok(())
}

async fn groups(session: &mut Session) -> Result<(), Stop> {
    by_index(session)?;
    session.need(Capability::CreateGroup)?;
    let mut own = Vec::new();
    for _ in 0..3 {
        own.push(session.group(&[]).await?);
    }
    let zero = session.get("/Groups?count=0").await?;
    let total = zero.total().unwrap_or_default();
    let mut wrong = Vec::new();
    if zero.status != 200 || !zero.resources().is_empty() || total < 3 {
        wrong.push(format!("count=0: {}", counts(&zero)));
    }
    let first = session.get("/Groups?startIndex=1&count=2").await?;
    if first.resources().len() != 2 || first.total() != Some(total) {
        wrong.push(format!("startIndex=1&count=2: {}", counts(&first)));
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
    session.hold(&GROUPS, wrong.is_empty(), &shows, &["pages as asked for, each group once"], || {
        wrong.join("; ")
    });
    Ok(())
}

async fn numbers(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::ListUsers)?;
    for form in ["startIndex=one&count=2", "startIndex=1&count=many"] {
        let answer = session.get(&format!("/Users?{form}")).await?;
        let right = answer.status == 400 || answer.status == 200;
        session.hold(&LETTERS, right, &answer, &["400", "200"], || answer.outcome());
    }
    Ok(())
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
    session.hold(&C_CONFIG, whole, &config, &["cursor and index as booleans"], || {
        format!("pagination {}", shown(config.at("pagination")))
    });
    let mut own = Vec::new();
    for _ in 0..5 {
        own.push(session.user().await?);
    }
    let first = session.get("/Users?cursor=&count=2").await?;
    let next = first.text("nextCursor").map(str::to_owned);
    let right = first.status == 200 && next.is_some();
    session.hold(&C_FIRST, right, &first, &["200 with nextCursor"], || {
        format!("{}, nextCursor {}", counts(&first), shown(first.at("nextCursor")))
    });
    session.hold(&C_PREVIOUS, first.at("previousCursor").is_none(), &first, &["no previousCursor"], || {
        format!("previousCursor {}", shown(first.at("previousCursor")))
    });
    let invalid = session.get("/Users?cursor=scimulate-was-never-given&count=2").await?;
    let refused = invalid.status == 400 && invalid.scim_type() == Some("invalidCursor");
    session.hold(&C_INVALID, refused, &invalid, &["400 invalidCursor"], || invalid.outcome());
    if next.is_none() {
        return Err(Stop::Blocked(C_FIRST.slug.to_owned()));
    }
    // Several pages also where there are few users, and not too many where there are thousands.
    let count = first.total().map_or(50, |total| (total / 3).clamp(2, 200)).to_string();
    let most = count.parse().unwrap_or(usize::MAX);
    let (mut cursor, mut ids, mut shows) = (String::new(), Vec::new(), first);
    let mut ended = false;
    for _ in 0..MOST_PAGES {
        let parameters = [("cursor", cursor.as_str()), ("count", count.as_str())];
        shows = session.send(Call::get(query("/Users", &parameters))).await?;
        session.hold(
            &C_COUNT,
            shows.resources().len() <= most,
            &shows,
            &[&format!("at most {count}")],
            || counts(&shows),
        );
        ids.extend(shows.ids());
        let next = shows.text("nextCursor").map(str::to_owned);
        match next {
            Some(next) if shows.status == 200 => {
                let plain = next.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte));
                session.hold(&C_CHARS, plain, &shows, &["letters, digits and -._~"], || {
                    format!("the cursor {next}")
                });
                cursor = next;
            }
            _ => {
                ended = true;
                break;
            }
        }
    }
    if !ended {
        session.skip(&C_WALK, format!("the service has more users than {MOST_PAGES} pages show"));
        return Ok(());
    }
    let distinct: BTreeSet<&String> = ids.iter().collect();
    let missing = own.iter().filter(|user| !ids.contains(&user.id)).count();
    let right = shows.status == 200 && missing == 0 && distinct.len() == ids.len();
    session.hold(&C_WALK, right, &shows, &["every user once"], || {
        format!(
            "{}; {} users, {} distinct, {missing} new ones missing",
            shows.outcome(),
            ids.len(),
            distinct.len()
        )
    });
    Ok(())
}
