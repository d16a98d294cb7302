//! More than a page: a group of more than a hundred members, in Okta's portions of 100, and an import by 100
//! (okta-client §3.16, §3.17). One set of users serves all of it, and nothing else writes meanwhile.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::groups;
use super::okta::okta;
use crate::checks::active::{Answer, Call, Capability, Made, Probe, Session, Stop, probe};
use crate::checks::json::texts;
use crate::checks::requirement::requirements;

requirements! {
    HUNDRED = "okta.hundred-removals", Okta, "okta-client §3.17",
        "A hundred removals in one request, Okta's largest portion, remove these members and no others.",
        "Set no limit below a hundred operations, and select by value.";
    REPLACED = "okta.push-now-large", Okta, "okta-client §3.17",
        "replace of members with more than a hundred, Okta's Push Now, leaves exactly these.",
        "Take the whole list; store it as a whole.";
    PUT = "okta.put-large", Okta, "okta-client §3.17",
        "A PUT with more than a hundred members, which wizard apps do not portion, leaves exactly these.",
        "Take the whole list; store it as a whole.";
    IMPORT = "okta.import-complete", Okta, "okta-client §3.16",
        "An import in pages of 100, with startIndex 1, 101, 201 and so on as long as totalResults says more, sees every user once.",
        "Count all users in totalResults, and keep one order over all pages.";
    PAGES = "okta.import-full-pages", Oin, "okta-client §3.16, §12.12",
        "A page asked for with count=100 holds 100 users while there are more; Okta goes on in steps of 100.",
        "Return as many resources as are asked for, up to 100 at least.";
}

probe!(LARGE, "group.large", Alone, [groups::MANY, HUNDRED, REPLACED, PUT, IMPORT, PAGES], large);

pub(in crate::checks) static PROBES: &[&Probe] = &[&LARGE];

/// How many users it takes: more than a page, and more than a portion of members.
const USERS: usize = 130;
/// An import longer than this is not walked: the target holds many people of its own.
const LONGEST: i64 = 3000;

async fn large(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::CreateUser)?;
    let mut users: Vec<String> = Vec::new();
    while users.len() < USERS {
        let mut calls = Vec::new();
        for _ in 0..20.min(USERS - users.len()) {
            let body = session.user_body(json!({}));
            calls.push(Call::new("POST", "/Users").json(&body));
        }
        let wanted = users.len() + calls.len();
        let answers = session.together(calls).await?;
        users.extend(answers.iter().filter(|answer| answer.ok()).filter_map(Answer::id));
        if users.len() < wanted {
            return Err(Stop::Blocked("concurrency.creates".into()));
        }
    }
    users.sort();
    import(session, &users).await?;
    session.need(Capability::ReadGroup)?;
    let group = session.group(&[]).await?;
    let member = |id: &String| json!({"value": id});
    let whole: Value = users.iter().map(member).collect();
    if session.need(Capability::PatchGroup).is_ok() {
        let mut shows = None;
        for portion in users.chunks(100) {
            let members: Value = portion.iter().map(member).collect();
            let add = json!({"op": "add", "path": "members", "value": members});
            shows = Some(session.patch(&group.path, add).await?);
        }
        if let Some(shows) = shows {
            held(session, &groups::MANY, &group, &shows, &users).await?;
        }
        let (gone, left) = users.split_at(100);
        let removals: Value = gone
            .iter()
            .map(|id| json!({"op": "remove", "path": format!("members[value eq {}]", Value::from(id.as_str()))}))
            .collect();
        let answer = session.patch(&group.path, removals).await?;
        let one =
            json!({"op": "remove", "path": format!("members[value eq {}]", Value::from(left[0].as_str()))});
        if answer.ok() || session.patch(&group.path, one).await?.ok() {
            held(session, &HUNDRED, &group, &answer, left).await?;
        } else {
            session.blocked(&HUNDRED, groups::REMOVE.slug);
        }
        let replace = json!({"op": "replace", "path": "members", "value": whole});
        let answer = session.patch(&group.path, replace).await?;
        let one = json!({"op": "replace", "path": "members", "value": [member(&users[0])]});
        if answer.ok() || session.patch(&group.path, one).await?.ok() {
            held(session, &REPLACED, &group, &answer, &users).await?;
        } else {
            session.blocked(&REPLACED, groups::REPLACE.slug);
        }
    } else {
        for requirement in [&groups::MANY, &HUNDRED, &REPLACED] {
            session.skip(requirement, "groups cannot be patched");
        }
    }
    if session.need(Capability::PutGroup).is_err() {
        session.skip(&PUT, "groups cannot be replaced");
        return Ok(());
    }
    let mut body = session.get(&group.path).await?.object();
    body["members"] = users[..120].iter().map(member).collect();
    let answer = session.put(&group.path, &body).await?;
    held(session, &PUT, &group, &answer, &users[..120]).await
}

/// Holds the members of the group against `wanted`, which is sorted.
async fn held(
    session: &mut Session,
    requirement: &'static crate::checks::Requirement,
    group: &Made,
    answer: &Answer,
    wanted: &[String],
) -> Result<(), Stop> {
    let after = session.get(&group.path).await?;
    let found = texts(&after.body, "members", "value");
    session.hold(
        requirement,
        answer.ok() && found == wanted,
        answer,
        &[&format!("success, then these {} members", wanted.len())],
        || format!("{}, then {} members", answer.outcome(), found.len()),
    );
    Ok(())
}

/// Walks all users as an import does, and looks for those that were made here.
async fn import(session: &mut Session, users: &[String]) -> Result<(), Stop> {
    session.need(Capability::ListUsers)?;
    // Once more where somebody else made or deleted users meanwhile.
    for last in [false, true] {
        let mut seen: Vec<String> = Vec::new();
        let mut totals = BTreeSet::new();
        let mut short = None;
        let mut start = 1;
        let mut shows;
        loop {
            shows = okta(session, "GET", &format!("/Users?startIndex={start}&count=100"), None).await?;
            let Some(total) = shows.total().filter(|_| shows.status == 200) else {
                return Err(Stop::Blocked("list.users".into()));
            };
            if total > LONGEST {
                for requirement in [&IMPORT, &PAGES] {
                    session
                        .skip(requirement, format!("the service holds {total} users, more than are walked"));
                }
                return Ok(());
            }
            let listed = shows.ids();
            totals.insert(total);
            if start + 99 <= total && listed.len() < 100 && short.is_none() {
                short = Some((shows.clone(), listed.len()));
            }
            seen.extend(listed);
            start += 100;
            if start > total {
                break;
            }
        }
        if totals.len() > 1 && !last {
            continue;
        }
        if totals.len() > 1 {
            for requirement in [&IMPORT, &PAGES] {
                session.skip(requirement, "somebody else creates or deletes users at the same time");
            }
            return Ok(());
        }
        match &short {
            // What is missing then follows from the short pages.
            Some((page, listed)) => {
                session.fail(
                    &PAGES,
                    page,
                    &["100 users on a page that is not the last"],
                    format!("{listed} users"),
                );
                session.seen_as("Nothing: users between the pages are never imported.");
                session.blocked(&IMPORT, PAGES.slug);
            }
            None => {
                session.pass(&PAGES);
                let (mut missing, mut doubled) = (0, 0);
                for id in users {
                    match seen.iter().filter(|listed| *listed == id).count() {
                        0 => missing += 1,
                        1 => {}
                        _ => doubled += 1,
                    }
                }
                session.hold(
                    &IMPORT,
                    missing + doubled == 0,
                    &shows,
                    &[&format!("the {} users made here, each once", users.len())],
                    || format!("{missing} of them missing, {doubled} listed twice"),
                );
            }
        }
        return Ok(());
    }
    Ok(())
}
