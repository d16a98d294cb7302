//! Several requests at once, and values that trip programs up: scripts, quotes, lengths (RFC 7644 §3.5,
//! RFC 7643 §2.3).

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::checks::active::{Call, Capability, Made, Probe, Session, Stop, patch_call, probe};
use crate::checks::json::{shown, texts};
use crate::checks::requirement::requirements;

requirements! {
    CREATES = "concurrency.one-name-one-user", Must, "RFC 7643 §4.1.1; RFC 7644 §3.3",
        "Of several creations of one userName at the same time exactly one succeeds, and the others are refused.",
        "Let the database keep userName unique, and answer 409 for the others.";
    DISTINCT = "concurrency.creates", Okta, "okta-client §7",
        "Several users can be created at the same time.",
        "Handle requests independently; Okta works on several people at once.";
    ADDS = "concurrency.member-adds", Okta, "okta-client §7, §3.17; RFC 7644 §3.5.2",
        "Members that are added at the same time are all there afterwards.",
        "Change the membership itself rather than a copy of the group that was read before.", [Rfc, Okta];
    FIELDS = "concurrency.different-attributes", Must, "RFC 7644 §3.5.2",
        "PATCHes of different attributes at the same time are all applied.",
        "Read, change and store within one transaction.";
    DELETES = "concurrency.deletes", Must, "RFC 7644 §3.6",
        "Deletions at the same time succeed, and a second one of the same resource is a 404.",
        "Treat a resource that is gone already as not found.";
    SCRIPTS = "values.scripts", Must, "RFC 7644 §3.8; RFC 7643 §2.3.1",
        "Names in any script, with accents, emoji and right-to-left letters, come back as they were sent.",
        "Store text as Unicode, without normalising or cutting it.";
    MARKS = "values.punctuation", Must, "RFC 7643 §2.3.1; RFC 8259 §7",
        "Apostrophes, quotes, backslashes, angle brackets and percent signs come back as they were sent.",
        "Neither escape nor strip what is stored.";
    LOGINS = "values.user-names", Okta, "okta-client §2.2, §3.3",
        "A user whose userName has a plus sign or an apostrophe is found by it.",
        "Decode the query once; %2B is a plus sign.", [Rfc, Okta];
    LONG = "values.long", Should, "RFC 7644 §3.12",
        "A very long value is stored whole, or refused with a 4xx; it is not cut off.",
        "Answer 400 with scimType invalidValue, or 413.";
    BLANK = "values.empty", May, "RFC 7643 §2.5",
        "An empty text is stored or taken as absent, and is no error.",
        "Accept empty strings, which directories send.";
}

probe!(TOGETHER, "concurrency.users", Writes, [CREATES, DISTINCT, FIELDS, DELETES], together);
probe!(MEMBERS, "concurrency.members", Writes, [ADDS], members);
probe!(TEXTS, "values.texts", Writes, [SCRIPTS, MARKS, LONG, BLANK], values);
probe!(NAMES, "values.logins", Writes, [LOGINS], logins);

pub(in crate::checks) static PROBES: &[&Probe] = &[&TOGETHER, &MEMBERS, &TEXTS, &NAMES];

async fn together(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::ReadUser)?;
    let mut calls = Vec::new();
    for _ in 0..6 {
        let body = session.user_body(json!({}));
        calls.push(Call::new("POST", "/Users").json(&body));
    }
    let answers = session.together(calls).await?;
    let ids: BTreeSet<String> =
        answers.iter().filter(|answer| answer.ok()).filter_map(|answer| answer.id()).collect();
    let shows = answers.iter().find(|answer| !answer.ok()).unwrap_or(&answers[0]);
    if !session.hold(&DISTINCT, ids.len() == 6, shows, &["6 users with ids of their own"], || {
        format!("{}, {} users", shows.outcome(), ids.len())
    }) {
        return Err(Stop::Blocked(DISTINCT.slug.to_owned()));
    }
    let body = session.user_body(json!({}));
    let calls = (0..6).map(|_| Call::new("POST", "/Users").json(&body)).collect();
    let answers = session.together(calls).await?;
    let made: BTreeSet<String> =
        answers.iter().filter(|answer| answer.ok()).filter_map(|answer| answer.id()).collect();
    let odd = answers.iter().find(|answer| !answer.ok() && !answer.refused());
    let shows = odd.unwrap_or(&answers[0]);
    session.hold(
        &CREATES,
        made.len() == 1 && odd.is_none(),
        shows,
        &["one 201, and 409 for the others"],
        || {
            let all: Vec<String> = answers.iter().map(|answer| answer.status.to_string()).collect();
            format!("{}, {} users", all.join(" "), made.len())
        },
    );
    if session.facts.works(Capability::PatchUser) {
        let ada = session.user_with(json!({"nickName": "old", "title": "old"})).await?;
        let read = session.get(&ada.path).await?;
        let stored: Vec<&str> =
            ["nickName", "title"].into_iter().filter(|name| read.text(name) == Some("old")).collect();
        if stored.len() == 2 {
            // The moment in which an update is lost is short, so it is looked for more than once.
            for round in ["first", "second", "third"] {
                let set = |name: &str| {
                    patch_call(&ada.path, json!({"op": "replace", "path": name, "value": round}))
                };
                let answers = session.together(vec![set("nickName"), set("title")]).await?;
                let after = session.get(&ada.path).await?;
                // A refusal says truly that nothing was done.
                let done = answers.iter().all(|answer| answer.ok());
                let kept = ["nickName", "title"].iter().all(|name| after.text(name) == Some(round));
                if !session.hold(&FIELDS, kept || !done, &answers[0], &["both changes"], || {
                    format!("nickName {}, title {}", shown(after.at("nickName")), shown(after.at("title")))
                }) {
                    break;
                }
            }
        } else {
            session.skip(&FIELDS, "the service does not store nickName and title");
        }
    }
    if session.facts.works(Capability::DeleteUser) {
        let mut calls: Vec<Call> = ids
            .iter()
            .map(|id| Call::new("DELETE", format!("/Users/{}", crate::exchange::percent_encode(id))))
            .collect();
        let twice = calls[0].clone();
        calls.push(twice);
        let answers = session.together(calls).await?;
        let odd = answers.iter().find(|answer| !answer.ok() && answer.status != 404);
        session.hold(
            &DELETES,
            odd.is_none(),
            odd.unwrap_or(&answers[0]),
            &["204, or 404 for what is gone"],
            || answers.iter().map(|answer| answer.status.to_string()).collect::<Vec<_>>().join(" "),
        );
    }
    Ok(())
}

async fn members(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::PatchGroup)?;
    session.need(Capability::ReadGroup)?;
    let mut users: Vec<Made> = Vec::new();
    for _ in 0..8 {
        users.push(session.user().await?);
    }
    let group = session.group(&[]).await?;
    let calls = users
        .iter()
        .map(|user| {
            patch_call(&group.path, json!({"op": "add", "path": "members", "value": [{"value": user.id}]}))
        })
        .collect();
    let answers = session.together(calls).await?;
    let after = session.get(&group.path).await?;
    let there = texts(&after.body, "members", "value");
    // One that was refused says truly that it was not done; Okta would show it.
    let lost =
        users.iter().zip(&answers).filter(|(user, answer)| answer.ok() && !there.contains(&user.id)).count();
    session.hold(&ADDS, lost == 0, &answers[0], &["every member whose addition succeeded"], || {
        format!("{lost} of {} additions were acknowledged and lost", users.len())
    });
    Ok(())
}

async fn values(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::ReadUser)?;
    let cases = [
        (&SCRIPTS, "Zoë Łukasiewicz"),
        (&SCRIPTS, "李小龍 山田太郎"),
        (&SCRIPTS, "محمد עברית"),
        (&SCRIPTS, "नमस्ते สวัสดี"),
        (&SCRIPTS, "Ada 👩🏽‍🚀🚀"),
        (&SCRIPTS, "e\u{301}clair e\u{327}"),
        (&MARKS, "O'Brien \"Bob\" \\ back"),
        (&MARKS, "<b>&amp; 100% {{7*7}} ${x}"),
        (&MARKS, "Robert'); DROP TABLE users;--"),
        (&MARKS, "a\u{a0}b – “c”"),
    ];
    for (requirement, text) in cases {
        let ada = session
            .user_with(json!({"name": {"givenName": "Ada", "familyName": text}, "title": text}))
            .await?;
        let read = session.get(&ada.path).await?;
        let (family, title) = (read.text("name.familyName"), read.text("title"));
        // A service that stores neither has nothing to be held against.
        if family.is_none() && title.is_none() {
            continue;
        }
        let right = family.is_none_or(|now| now == text) && title.is_none_or(|now| now == text);
        session.hold(requirement, right, &read, &[&format!("`{text}`")], || {
            format!("familyName {}, title {}", shown(read.at("name.familyName")), shown(read.at("title")))
        });
    }
    let long = "x".repeat(5000);
    let body = session.user_body(json!({"title": long, "nickName": long}));
    let answer = session.post("/Users", &body).await?;
    if let Some(id) = answer.id().filter(|_| answer.ok()) {
        let read = session.get(&format!("/Users/{}", crate::exchange::percent_encode(&id))).await?;
        let cut = |name: &str| read.text(name).is_some_and(|now| !now.is_empty() && now != long);
        session.hold(&LONG, !cut("title") && !cut("nickName"), &read, &["the whole value", "a 4xx"], || {
            format!(
                "{} of 5000 characters",
                read.text("title").or(read.text("nickName")).unwrap_or_default().len()
            )
        });
    } else {
        session.hold(&LONG, answer.refused(), &answer, &["the whole value", "a 4xx"], || answer.outcome());
    }
    let body = session.user_body(json!({"title": "", "nickName": ""}));
    let answer = session.post("/Users", &body).await?;
    session.hold(&BLANK, answer.ok(), &answer, &["201"], || answer.outcome());
    Ok(())
}

async fn logins(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::FilterUser)?;
    for mark in ["plus+tag", "o'brien", "under_score", "dash-dot.x"] {
        let login = format!("{}.{mark}@example.com", session.name());
        let body = session.user_body(
            json!({"userName": login, "emails": [{"value": login, "type": "work", "primary": true}]}),
        );
        let answer = session.post("/Users", &body).await?;
        // Which names a service takes is its own affair, but for what it says it took.
        let Some(id) = answer.id().filter(|_| answer.ok()) else { continue };
        if answer.text("userName").is_some_and(|now| !now.eq_ignore_ascii_case(&login)) {
            session.fail(
                &LOGINS,
                &answer,
                &[&format!("userName {login}")],
                format!("userName {}", shown(answer.at("userName"))),
            );
            continue;
        }
        let found = session.filter("/Users", &format!("userName eq {}", Value::from(login.clone()))).await?;
        session.hold(&LOGINS, found.ids() == [id], &found, &["that user alone"], || {
            format!("{}, {} users for {login}", found.outcome(), found.resources().len())
        });
    }
    Ok(())
}
