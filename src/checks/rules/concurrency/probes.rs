//! Probes of the rules in this area.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::checks::engine::{Answer, Call, Capability, Session, Stop, is_list, patch_call, path_to, probes};
use crate::checks::json::{shown, texts};
use crate::checks::rules::concurrency::{
    CREATES, DELETES, DIFFERENT_ATTRIBUTES, DIFFERENT_USERS, GROUP_CREATES, LISTS_MEANWHILE, MEMBER_ADDS,
    MEMBER_DELETIONS, MEMBER_REMOVALS, MEMBERS_AND_NAME, ONE_NAME_BY_RENAME, ONE_NAME_IN_ANY_CASE,
    ONE_NAME_ONE_USER, SAME_CHANGE,
};
use crate::checks::rules::{create, group};
use crate::checks::stage::members::members;
use crate::checks::stage::{Created, named, several_users};

probes! {
    "concurrency.users", Writes, [ONE_NAME_ONE_USER, CREATES, DIFFERENT_ATTRIBUTES, DELETES], together;
    "concurrency.members", Writes, [MEMBER_ADDS], member_adds;
    "concurrency.names", Writes, [ONE_NAME_IN_ANY_CASE, ONE_NAME_BY_RENAME], names;
    "concurrency.membership", Writes, [MEMBER_REMOVALS, MEMBERS_AND_NAME, MEMBER_DELETIONS], membership;
    "concurrency.changes", Writes,
        [DIFFERENT_USERS, SAME_CHANGE, LISTS_MEANWHILE, DIFFERENT_ATTRIBUTES],
        users;
    "concurrency.groups", Writes, [GROUP_CREATES], created;
}

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
    if !session.require(&CREATES, ids.len() == 6, shows, &["6 users with ids of their own"], || {
        format!("{}, {} users", shows.outcome(), ids.len())
    }) {
        return Err(Stop::Blocked(&CREATES));
    }
    let body = session.user_body(json!({}));
    let calls = (0..6).map(|_| Call::new("POST", "/Users").json(&body)).collect();
    let answers = session.together(calls).await?;
    let made: BTreeSet<String> =
        answers.iter().filter(|answer| answer.ok()).filter_map(|answer| answer.id()).collect();
    let strange = answers.iter().find(|answer| !answer.ok() && !answer.refused());
    let shows = strange.unwrap_or(&answers[0]);
    session.require(
        &ONE_NAME_ONE_USER,
        made.len() == 1 && strange.is_none(),
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
                if !session.require(
                    &DIFFERENT_ATTRIBUTES,
                    kept || !done,
                    &answers[0],
                    &["both changes"],
                    || {
                        format!(
                            "nickName {}, title {}",
                            shown(after.at("nickName")),
                            shown(after.at("title"))
                        )
                    },
                ) {
                    break;
                }
            }
        } else {
            session.skip(&DIFFERENT_ATTRIBUTES, "the service does not store nickName and title");
        }
    }
    if session.facts.works(Capability::DeleteUser) {
        let mut calls: Vec<Call> = ids
            .iter()
            .map(|id| Ok(Call::new("DELETE", path_to("/Users", id)?)))
            .collect::<Result<_, Stop>>()?;
        let twice = calls[0].clone();
        calls.push(twice);
        let answers = session.together(calls).await?;
        let (strange, shows) = odd(&answers);
        session.require(&DELETES, !strange, shows, &["204, or a 4xx for what is gone"], || {
            answers.iter().map(|answer| answer.status.to_string()).collect::<Vec<_>>().join(" ")
        });
    }
    Ok(())
}

async fn member_adds(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::PatchGroup)?;
    session.need(Capability::ReadGroup)?;
    let mut users: Vec<Created> = Vec::new();
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
    session.require(&MEMBER_ADDS, lost == 0, &answers[0], &["every member whose addition succeeded"], || {
        format!("{lost} of {} additions were acknowledged and lost", users.len())
    });
    Ok(())
}

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
        session.blocked(&ONE_NAME_IN_ANY_CASE, &create::UNIQUE_USER_NAME);
    } else {
        session.require(
            &ONE_NAME_IN_ANY_CASE,
            made == 1 && !strange,
            shows,
            &["one 201, and 409 for the others"],
            || line(&answers),
        );
    }
    session.need(Capability::PatchUser)?;
    session.need(Capability::ReadUser)?;
    let users = several_users(session, 4).await?;
    let wanted = session.login();
    let calls = users
        .iter()
        .map(|user| patch_call(&user.path, json!({"op": "replace", "path": "userName", "value": wanted})))
        .collect();
    let answers = session.together(calls).await?;
    if answers.iter().all(|answer| !answer.ok()) && !odd(&answers).0 {
        session.skip(&ONE_NAME_BY_RENAME, format!("the service refuses to rename: {}", line(&answers)));
        return Ok(());
    }
    let mut named = 0;
    for user in &users {
        let read = session.get(&user.path).await?;
        named += usize::from(read.text("userName").is_some_and(|now| now.eq_ignore_ascii_case(&wanted)));
    }
    let (strange, shows) = odd(&answers);
    session.require(
        &ONE_NAME_BY_RENAME,
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
    let users = several_users(session, 7).await?;
    let all: Vec<&Created> = users.iter().collect();
    let group = session.group(&all).await?;
    let remove = |user: &Created| {
        patch_call(
            &group.path,
            json!({"op": "remove", "path": format!("members[value eq {}]", Value::from(user.id.as_str()))}),
        )
    };
    let first = session.send(remove(&users[6])).await?;
    let after = session.get(&group.path).await?;
    if first.ok() && members(&after.body, &users) == "ABCDEF" {
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
        session.require(&MEMBER_REMOVALS, kept + lost == 0, &answers[0], &["the others alone"], || {
            format!("{}, then {}", line(&answers), named(&members(&after.body, &users), &users))
        });
    } else {
        session.blocked(&MEMBER_REMOVALS, &group::REMOVE_BY_FILTER);
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
    session.require(
        &MEMBERS_AND_NAME,
        renamed && lost == 0,
        &answers[0],
        &["every change that was acknowledged"],
        || {
            format!(
                "{}, then displayName {} and {}",
                line(&answers),
                shown(after.at("displayName")),
                named(&members(&after.body, &users), &users)
            )
        },
    );
    if session.need(Capability::DeleteUser).is_err() {
        session.skip(&MEMBER_DELETIONS, "users cannot be deleted");
        return Ok(());
    }
    let answers = session
        .together(users[..4].iter().map(|user| Call::new("DELETE", user.path.clone())).collect())
        .await?;
    let after = session.get(&group.path).await?;
    let (strange, shows) = odd(&answers);
    let right = !strange && answers.iter().all(Answer::ok) && after.status == 200;
    session.require(&MEMBER_DELETIONS, right, shows, &["204 for each, and the group"], || {
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
    let set = |user: &Created, text: &str| {
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
    session.require(&DIFFERENT_USERS, wrong.is_empty(), shows, &["each change at its own user"], || {
        format!("{}; {}", line(&answers), wrong.join("; "))
    });
    let answers = session.together((0..6).map(|_| set(&people[0], "same")).collect()).await?;
    let read = session.get(&people[0].path).await?;
    let (strange, shows) = odd(&answers);
    let done = answers.iter().any(Answer::ok) && read.text(name) == Some("same");
    session.require(
        &SAME_CHANGE,
        done && !strange,
        shows,
        &["200 or 204, or a 4xx for some, and the change"],
        || format!("{}, then {name} {}", line(&answers), shown(read.at(name))),
    );
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
    session.require(
        &LISTS_MEANWHILE,
        broken.is_none(),
        broken.unwrap_or(&answers[1]),
        &["200 with a list"],
        || broken.map(Answer::outcome).unwrap_or_default(),
    );
    Ok(())
}

async fn created(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::CreateGroup)?;
    session.need(Capability::ReadGroup)?;
    let users = several_users(session, 4).await?;
    // Whether members of a creation are kept at all is told elsewhere.
    let control = session.group_body(&[&users[0]]);
    let control = session.make("/Groups", control, &create::GROUP).await?;
    if members(&session.get(&control.path).await?.body, &users) != "A" {
        return Err(Stop::Blocked(&group::CREATED_WITH_MEMBERS));
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
        let read = session.get(&path_to("/Groups", &id)?).await?;
        let found = members(&read.body, &users);
        if found != letter.to_string() || ids.contains(&id) {
            wrong.push(format!(
                "the group {id} has {} instead of {letter} ({})",
                named(&found, &users),
                user.id
            ));
        }
        ids.push(id);
    }
    if ids.is_empty() {
        wrong.push("not one group was created".into());
    }
    let (_, shows) = odd(&answers);
    session.require(&GROUP_CREATES, wrong.is_empty(), shows, &["201 for each, with its own member"], || {
        format!("{}; {}", line(&answers), wrong.join("; "))
    });
    Ok(())
}
