//! A group and an import larger than one page.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::checks::engine::{Answer, Call, Capability, Session, Stop, probes};
use crate::checks::json::texts;
use crate::checks::rules::okta::probes::okta;
use crate::checks::rules::okta::{
    HUNDRED_REMOVALS, IMPORT_COMPLETE, IMPORT_FULL_PAGES, PUSH_NOW_LARGE, PUT_LARGE,
};
use crate::checks::rules::{concurrency, group, list};
use crate::checks::stage::Created;

probes! {
    "okta.large", Alone,
        [group::MANY_MEMBERS, HUNDRED_REMOVALS, PUSH_NOW_LARGE, PUT_LARGE, IMPORT_COMPLETE,
         IMPORT_FULL_PAGES],
        large;
}

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
            return Err(Stop::Blocked(&concurrency::CREATES));
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
            held(session, &group::MANY_MEMBERS, &group, &shows, &users).await?;
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
            held(session, &HUNDRED_REMOVALS, &group, &answer, left).await?;
        } else {
            session.blocked(&HUNDRED_REMOVALS, &group::REMOVE_BY_FILTER);
        }
        let replace = json!({"op": "replace", "path": "members", "value": whole});
        let answer = session.patch(&group.path, replace).await?;
        let one = json!({"op": "replace", "path": "members", "value": [member(&users[0])]});
        if answer.ok() || session.patch(&group.path, one).await?.ok() {
            held(session, &PUSH_NOW_LARGE, &group, &answer, &users).await?;
        } else {
            session.blocked(&PUSH_NOW_LARGE, &group::REPLACE_MEMBERS);
        }
    } else {
        for requirement in [&group::MANY_MEMBERS, &HUNDRED_REMOVALS, &PUSH_NOW_LARGE] {
            session.skip(requirement, "groups cannot be patched");
        }
    }
    if session.need(Capability::PutGroup).is_err() {
        session.skip(&PUT_LARGE, "groups cannot be replaced");
        return Ok(());
    }
    let mut body = session.get(&group.path).await?.object();
    body["members"] = users[..120].iter().map(member).collect();
    let answer = session.put(&group.path, &body).await?;
    held(session, &PUT_LARGE, &group, &answer, &users[..120]).await
}

/// Holds the members of the group against `wanted`, which is sorted.
async fn held(
    session: &mut Session,
    requirement: &'static crate::checks::Requirement,
    group: &Created,
    answer: &Answer,
    wanted: &[String],
) -> Result<(), Stop> {
    let after = session.get(&group.path).await?;
    let found = texts(&after.body, "members", "value");
    session.require(
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
                return Err(Stop::Blocked(&list::USERS));
            };
            if total > LONGEST {
                for requirement in [&IMPORT_COMPLETE, &IMPORT_FULL_PAGES] {
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
            for requirement in [&IMPORT_COMPLETE, &IMPORT_FULL_PAGES] {
                session.skip(requirement, "somebody else creates or deletes users at the same time");
            }
            return Ok(());
        }
        match &short {
            // What is missing then follows from the short pages.
            Some((page, listed)) => {
                session.fail(
                    &IMPORT_FULL_PAGES,
                    page,
                    &["100 users on a page that is not the last"],
                    format!("{listed} users"),
                );
                session.seen_as("Nothing: users between the pages are never imported.");
                session.blocked(&IMPORT_COMPLETE, &IMPORT_FULL_PAGES);
            }
            None => {
                session.pass(&IMPORT_FULL_PAGES);
                let (mut missing, mut doubled) = (0, 0);
                for id in users {
                    match seen.iter().filter(|listed| *listed == id).count() {
                        0 => missing += 1,
                        1 => {}
                        _ => doubled += 1,
                    }
                }
                session.require(
                    &IMPORT_COMPLETE,
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
