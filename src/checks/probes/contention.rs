//! More requests at once (okta-client §7; RFC 7644 §3.5, §3.6): renames to one name, removals, changes of
//! several users, deletions of members, lists meanwhile. The plainest ones are in `stress`.

use serde_json::{Value, json};

use super::groups::{cast, letters, told};
use super::stress;
use crate::checks::active::{
    Answer, Call, Capability, Made, Probe, Session, Stop, is_list, patch_call, probe,
};
use crate::checks::json::{shown, texts};
use crate::checks::requirement::requirements;

requirements! {
    ANY_CASE = "concurrency.one-name-in-any-case", Must, "RFC 7643 §4.1.1; RFC 7644 §3.3",
        "Of creations at the same time whose userNames differ in letter case alone exactly one succeeds.",
        "Let the database keep the folded userName unique.";
    RENAMES = "concurrency.one-name-by-rename", Must, "RFC 7643 §4.1.1; RFC 7644 §3.5",
        "Of several users that are renamed to one userName at the same time at most one gets it.",
        "Let the database keep userName unique for updates too, and answer 409 for the others.";
    REMOVALS = "concurrency.member-removals", Okta, "okta-client §7, §3.17; RFC 7644 §3.5.2",
        "Members that are removed at the same time are all gone afterwards.",
        "Change the membership itself rather than a copy of the group that was read before.", [Rfc, Okta];
    MIXED = "concurrency.members-and-name", Must, "RFC 7644 §3.5.2",
        "A rename of a group and additions of members at the same time are all there afterwards.",
        "Read, change and store within one transaction.", [Rfc, Okta];
    APART = "concurrency.different-users", Okta, "okta-client §7; RFC 7644 §3.5.2",
        "Changes of different users at the same time each arrive at their own user.",
        "Keep nothing of one request where another one can see it.", [Rfc, Okta];
    SAME = "concurrency.same-change", Must, "RFC 7644 §3.5.2, §3.12",
        "The same change sent several times at once is done, and no request is answered with a server error.",
        "Retry a conflict of transactions, or answer 409, 412 or 429.";
    LEAVERS = "concurrency.member-deletions", Must, "RFC 7644 §3.6",
        "Members of one group that are deleted at the same time are deleted, and the group can be read afterwards.",
        "Take the locks in one order, so that deletions do not wait for each other.";
    GROUPS = "concurrency.group-creates", Okta, "okta-client §7",
        "Groups that are created at the same time each have their own id and members.",
        "Handle requests independently.", [Rfc, Okta];
    LISTS = "concurrency.lists-meanwhile", Must, "RFC 7644 §3.4.2, §3.12",
        "Lists that are read while users are created and deleted are lists.",
        "Read from a consistent state; leave out what is gone rather than fail.";
}

probe!(NAMES, "concurrency.names", Writes, [ANY_CASE, RENAMES], names);
probe!(MEMBERSHIP, "concurrency.membership", Writes, [REMOVALS, MIXED, LEAVERS], membership);
probe!(USERS, "concurrency.changes", Writes, [APART, SAME, LISTS, stress::FIELDS], users);
probe!(CREATED, "concurrency.groups", Writes, [GROUPS], created);

pub(in crate::checks) static PROBES: &[&Probe] = &[&NAMES, &MEMBERSHIP, &USERS, &CREATED];

/// The answers as one line of statuses.
fn line(answers: &[Answer]) -> String {
    answers.iter().map(|answer| answer.status.to_string()).collect::<Vec<_>>().join(" ")
}

/// The first answer that is neither a success nor a refusal, or the first of all.
fn odd(answers: &[Answer]) -> (bool, &Answer) {
    let odd = answers.iter().find(|answer| !answer.ok() && !answer.refused() && answer.status != 503);
    (odd.is_some(), odd.unwrap_or(&answers[0]))
}

async fn names(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::CreateUser)?;
    let body = session.user_body(json!({}));
    let name = body["userName"].as_str().unwrap_or_default().to_owned();
    // Where the letter case makes two users of one name one after the other, there is no race to look at.
    let mut forms = Vec::new();
    for (place, user_name) in
        [name.clone(), name.to_uppercase(), name.replacen("scim", "Scim", 1), name.clone()]
            .into_iter()
            .enumerate()
    {
        let mut body = body.clone();
        body["userName"] = json!(user_name);
        body["emails"] = json!([{"value": format!("{place}.{name}"), "type": "work", "primary": true}]);
        forms.push(body);
    }
    let calls = forms.iter().map(|body| Call::new("POST", "/Users").json(body)).collect();
    let answers = session.together(calls).await?;
    let made = answers.iter().filter(|answer| answer.ok()).count();
    let (strange, shows) = odd(&answers);
    let later = session.post("/Users", &forms[1]).await?;
    if later.ok() {
        session.blocked(&ANY_CASE, "create.unique-user-name");
    } else {
        session.hold(&ANY_CASE, made == 1 && !strange, shows, &["one 201, and 409 for the others"], || {
            line(&answers)
        });
    }
    session.need(Capability::PatchUser)?;
    session.need(Capability::ReadUser)?;
    let users = cast(session, 4).await?;
    let wanted = session.login();
    let calls = users
        .iter()
        .map(|user| patch_call(&user.path, json!({"op": "replace", "path": "userName", "value": wanted})))
        .collect();
    let answers = session.together(calls).await?;
    if answers.iter().all(|answer| !answer.ok()) && !odd(&answers).0 {
        session.skip(&RENAMES, format!("the service refuses to rename: {}", line(&answers)));
        return Ok(());
    }
    let mut named = 0;
    for user in &users {
        let read = session.get(&user.path).await?;
        named += usize::from(read.text("userName").is_some_and(|now| now.eq_ignore_ascii_case(&wanted)));
    }
    let (strange, shows) = odd(&answers);
    session.hold(
        &RENAMES,
        named <= 1 && !strange,
        shows,
        &["the name for one user, and 409 for the others"],
        || format!("{}, then {named} users of that name", line(&answers)),
    );
    Ok(())
}

async fn membership(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::PatchGroup)?;
    session.need(Capability::ReadGroup)?;
    let users = cast(session, 7).await?;
    let all: Vec<&Made> = users.iter().collect();
    let group = session.group(&all).await?;
    let remove = |user: &Made| {
        patch_call(
            &group.path,
            json!({"op": "remove", "path": format!("members[value eq {}]", Value::from(user.id.as_str()))}),
        )
    };
    let first = session.send(remove(&users[6])).await?;
    let after = session.get(&group.path).await?;
    if first.ok() && letters(&after.body, &users) == "ABCDEF" {
        let answers = session.together(users[..4].iter().map(remove).collect()).await?;
        let after = session.get(&group.path).await?;
        let there = texts(&after.body, "members", "value");
        // One that was refused says truly that it was not done.
        let kept = users[..4]
            .iter()
            .zip(&answers)
            .filter(|(user, answer)| answer.ok() && there.contains(&user.id))
            .count();
        let lost = users[4..6].iter().filter(|user| !there.contains(&user.id)).count();
        session.hold(&REMOVALS, kept + lost == 0, &answers[0], &["the others alone"], || {
            format!("{}, then {}", line(&answers), told(&letters(&after.body, &users)))
        });
    } else {
        session.blocked(&REMOVALS, super::groups::REMOVE.slug);
    }
    let name = session.name();
    let mut calls =
        vec![patch_call(&group.path, json!({"op": "replace", "path": "displayName", "value": name}))];
    calls.extend(users[..3].iter().map(|user| {
        patch_call(&group.path, json!({"op": "add", "path": "members", "value": [{"value": user.id}]}))
    }));
    let answers = session.together(calls).await?;
    let after = session.get(&group.path).await?;
    let there = texts(&after.body, "members", "value");
    let renamed = !answers[0].ok() || after.text("displayName") == Some(name.as_str());
    let lost = users[..3]
        .iter()
        .zip(&answers[1..])
        .filter(|(user, answer)| answer.ok() && !there.contains(&user.id))
        .count();
    session.hold(&MIXED, renamed && lost == 0, &answers[0], &["every change that was acknowledged"], || {
        format!(
            "{}, then displayName {} and {}",
            line(&answers),
            shown(after.at("displayName")),
            told(&letters(&after.body, &users))
        )
    });
    if session.need(Capability::DeleteUser).is_err() {
        session.skip(&LEAVERS, "users cannot be deleted");
        return Ok(());
    }
    let answers = session
        .together(users[..4].iter().map(|user| Call::new("DELETE", user.path.clone())).collect())
        .await?;
    let after = session.get(&group.path).await?;
    let (strange, shows) = odd(&answers);
    let right = !strange && answers.iter().all(Answer::ok) && after.status == 200;
    session.hold(&LEAVERS, right, shows, &["204 for each, and the group"], || {
        format!("{}, then {} for the group", line(&answers), after.status)
    });
    Ok(())
}

async fn users(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::PatchUser)?;
    session.need(Capability::ReadUser)?;
    let mut people = Vec::new();
    for _ in 0..6 {
        people.push(session.user_with(json!({"nickName": "old", "title": "old"})).await?);
    }
    let read = session.get(&people[0].path).await?;
    let Some(name) = ["nickName", "title", "displayName"].into_iter().find(|name| read.text(name).is_some())
    else {
        return session.absent("the service stores neither nickName, title nor displayName");
    };
    let set = |user: &Made, text: &str| {
        patch_call(&user.path, json!({"op": "replace", "path": name, "value": text}))
    };
    let answers =
        session.together(people.iter().map(|user| set(user, &format!("of {}", user.id))).collect()).await?;
    let mut wrong = Vec::new();
    for (user, answer) in people.iter().zip(&answers) {
        let read = session.get(&user.path).await?;
        let own = format!("of {}", user.id);
        if answer.ok() && (read.text(name) != Some(own.as_str()) || read.id().as_deref() != Some(&user.id)) {
            wrong.push(format!("{name} of {} is {}", user.id, shown(read.at(name))));
        }
        if answer.body.is_object() && answer.ok() && answer.id().is_some_and(|id| id != user.id) {
            wrong.push(format!("the answer for {} shows {}", user.id, shown(answer.at("id"))));
        }
    }
    let (_, shows) = odd(&answers);
    session.hold(&APART, wrong.is_empty(), shows, &["each change at its own user"], || {
        format!("{}; {}", line(&answers), wrong.join("; "))
    });
    let answers = session.together((0..6).map(|_| set(&people[0], "same")).collect()).await?;
    let read = session.get(&people[0].path).await?;
    let (strange, shows) = odd(&answers);
    let done = answers.iter().any(Answer::ok) && read.text(name) == Some("same");
    session.hold(&SAME, done && !strange, shows, &["200 or 204, or a 4xx for some, and the change"], || {
        format!("{}, then {name} {}", line(&answers), shown(read.at(name)))
    });
    let mut calls = Vec::new();
    for _ in 0..3 {
        let body = session.user_body(json!({}));
        calls.push(Call::new("POST", "/Users").json(&body));
        calls.push(Call::get("/Users?startIndex=1&count=50"));
    }
    if session.facts.works(Capability::DeleteUser) {
        calls.extend(people[3..].iter().map(|user| Call::new("DELETE", user.path.clone())));
        calls.push(Call::get("/Users?startIndex=1&count=50"));
    }
    let lists: Vec<usize> = [1, 3, 5, calls.len() - 1].into_iter().collect();
    let answers = session.together(calls).await?;
    let broken = lists
        .iter()
        .filter_map(|place| answers.get(*place))
        .find(|answer| answer.exchange.request.method == "GET" && !is_list(answer) && answer.status != 503);
    session.hold(&LISTS, broken.is_none(), broken.unwrap_or(&answers[1]), &["200 with a list"], || {
        broken.map(Answer::outcome).unwrap_or_default()
    });
    Ok(())
}

async fn created(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::CreateGroup)?;
    session.need(Capability::ReadGroup)?;
    let users = cast(session, 4).await?;
    // Whether members of a creation are kept at all is told elsewhere.
    let control = session.group_body(&[&users[0]]);
    let control = session.make("/Groups", control, "create.group").await?;
    if letters(&session.get(&control.path).await?.body, &users) != "A" {
        return Err(Stop::Blocked(super::groups::WITH.slug.to_owned()));
    }
    let mut calls = Vec::new();
    for user in &users {
        let body = session.group_body(&[user]);
        calls.push(Call::new("POST", "/Groups").json(&body));
    }
    let answers = session.together(calls).await?;
    let mut wrong = Vec::new();
    let mut ids: Vec<String> = Vec::new();
    for ((answer, user), letter) in answers.iter().zip(&users).zip('A'..) {
        let Some(id) = answer.id().filter(|_| answer.ok()) else {
            if !answer.refused() {
                wrong.push(answer.outcome());
            }
            continue;
        };
        let read = session.get(&format!("/Groups/{}", crate::exchange::percent_encode(&id))).await?;
        let found = letters(&read.body, &users);
        if found != letter.to_string() || ids.contains(&id) {
            wrong.push(format!("the group {id} has {} instead of {letter} ({})", told(&found), user.id));
        }
        ids.push(id);
    }
    if ids.is_empty() {
        wrong.push("not one group was created".into());
    }
    let (_, shows) = odd(&answers);
    session.hold(&GROUPS, wrong.is_empty(), shows, &["201 for each, with its own member"], || {
        format!("{}; {}", line(&answers), wrong.join("; "))
    });
    Ok(())
}
