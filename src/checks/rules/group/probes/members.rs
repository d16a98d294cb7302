//! Members in other shapes and orders, guards, times, and what follows from changes elsewhere.

use serde_json::{Value, json};

use crate::checks::engine::{Answer, Call, Capability, Session, Stop, filtered, patch_call, path_to, probes};
use crate::checks::json::{at, items, member, shown, texts};
use crate::checks::rules::delete;
use crate::checks::rules::group::{
    ADD_DUPLICATES, ADD_EXISTING, ADD_EXISTING_KEEPS_TIME, ADD_KEEPS_OTHERS, ADD_WITHOUT_PATH,
    ANSWER_IS_THE_STORE, ATOMIC, BACK_LINK_FOLLOWS_DELETE, BACK_LINK_FOLLOWS_RENAME, CHANGES_IN_ORDER,
    CREATED_WITH_MEMBERS, EXTERNAL_ID, LAST_MEMBER, MEMBER_TYPE, MEMBER_VALUE_IS_IMMUTABLE,
    MEMBERS_WITH_TYPE, MEMBERS_WITHOUT_DISPLAY, MEMBERSHIPS_ARE_INDEPENDENT, MODIFIED_MOVES, NESTED,
    PATH_ANY_CASE, PUT_ROUND_TRIP, PUT_WITHOUT_MEMBERS, RECREATED_IS_EMPTY, REFUSED_CHANGE_CHANGES_NOTHING,
    REFUSED_CREATION_LEAVES_NOTHING, REMOVE_BY_FILTER, REMOVE_BY_OR, REMOVE_NON_MEMBER, RENAME_BY_PATH,
    RENAME_LOOK_UP, STALE_REMOVAL_HARMS_NONE,
};
use crate::checks::stage::left_behind;
use crate::checks::stage::members::{expect_members, members, settle, some};
use crate::checks::stage::{Created, named, several_users};
use crate::urn::GROUP;

probes! {
    "group.shapes", Writes,
        [MEMBERS_WITHOUT_DISPLAY, MEMBERS_WITH_TYPE, MEMBER_TYPE, ADD_DUPLICATES, NESTED],
        shapes;
    "group.forms", Writes,
        [REMOVE_NON_MEMBER, STALE_REMOVAL_HARMS_NONE, CHANGES_IN_ORDER, ADD_WITHOUT_PATH, PATH_ANY_CASE,
         REMOVE_BY_OR, LAST_MEMBER],
        forms;
    "group.guards", Writes, [ATOMIC, MEMBER_VALUE_IS_IMMUTABLE], guards;
    "group.times", Writes, [ADD_EXISTING_KEEPS_TIME, MODIFIED_MOVES], times;
    "group.answers", Writes,
        [ANSWER_IS_THE_STORE, EXTERNAL_ID, PUT_ROUND_TRIP, PUT_WITHOUT_MEMBERS],
        answers;
    "group.follows", Writes,
        [RENAME_LOOK_UP, BACK_LINK_FOLLOWS_RENAME, BACK_LINK_FOLLOWS_DELETE, MEMBERSHIPS_ARE_INDEPENDENT,
         RECREATED_IS_EMPTY],
        follows;
    "group.leaves-nothing", Writes, [REFUSED_CREATION_LEAVES_NOTHING], refused_group;
    "group.unchanged", Writes, [REFUSED_CHANGE_CHANGES_NOTHING], unchanged_group;
}

fn values(users: &[&Created]) -> Value {
    users.iter().map(|user| json!({"value": user.id})).collect()
}

fn add(members: &Value) -> Value {
    json!({"op": "add", "path": "members", "value": members})
}

fn remove(id: &str) -> Value {
    json!({"op": "remove", "path": format!("members[value eq {}]", Value::from(id))})
}

/// Sets the members whatever they are, for the next step.
async fn reset(session: &mut Session, group: &Created, users: &[&Created]) -> Result<(), Stop> {
    let whole = json!({"op": "replace", "path": "members", "value": some(users)});
    session.patch(&group.path, whole).await?;
    Ok(())
}

fn ready(session: &Session) -> Result<(), Stop> {
    session.need(Capability::PatchGroup)?;
    session.need(Capability::ReadGroup)
}

async fn shapes(session: &mut Session) -> Result<(), Stop> {
    ready(session)?;
    let users = several_users(session, 3).await?;
    let [a, b, c] = [&users[0], &users[1], &users[2]];
    let of =
        |name: String, members: Value| json!({"schemas": [GROUP], "displayName": name, "members": members});
    let name = session.name();
    let answer = session.post("/Groups", &of(name, values(&[a]))).await?;
    let id = answer.id().filter(|_| answer.ok()).unwrap_or_default();
    let group = Created { path: path_to("/Groups", &id).unwrap_or_default(), id, body: answer.body.clone() };
    let bare = !group.path.is_empty() && members(&session.get(&group.path).await?.body, &users) == "A";
    let group = if bare {
        session.pass(&MEMBERS_WITHOUT_DISPLAY);
        group
    } else {
        // Where members with display are no better off, display is not what was missed.
        let name = session.name();
        let answer = session.post("/Groups", &of(name, some(&[a]))).await?;
        let made = answer.id().filter(|_| answer.ok()).and_then(|id| path_to("/Groups", &id).ok());
        if let Some(made) = made
            && members(&session.get(&made).await?.body, &users) == "A"
        {
            session.fail(
                &MEMBERS_WITHOUT_DISPLAY,
                &answer,
                &["members that have a value alone"],
                "members with display alone",
            );
        } else {
            session.blocked(&MEMBERS_WITHOUT_DISPLAY, &CREATED_WITH_MEMBERS);
        }
        session.group(&[a]).await?
    };
    expect_members(session, &MEMBERS_WITHOUT_DISPLAY, &group, &users, add(&values(&[b])), "AB").await?;
    let reference = format!("{}{}", session.base_path(), c.path);
    let typed = json!([{"value": c.id, "type": "User", "$ref": reference, "display": c.text("userName")}]);
    expect_members(session, &MEMBERS_WITH_TYPE, &group, &users, add(&typed), "ABC").await?;
    let read = session.get(&group.path).await?;
    let types: Vec<&Value> =
        items(&read.body, "members").iter().filter_map(|item| member(item, "type")).collect();
    if types.is_empty() {
        session.skip(&MEMBER_TYPE, "members show no type");
    } else {
        let right = types.iter().all(|kind| kind.as_str() == Some("User"));
        session.require(&MEMBER_TYPE, right, &read, &["type User"], || {
            format!("members {}", shown(read.at("members")))
        });
    }
    reset(session, &group, &[a]).await?;
    let twice = patch_call(&group.path, add(&values(&[b, b])));
    let answer = session.send(twice.unwatched()).await?;
    // A refusal keeps the member from being there twice, too.
    let wanted = if answer.refused() { "A" } else { "AB" };
    let found = members(&session.send(Call::get(group.path.clone()).unwatched()).await?.body, &users);
    let right = (answer.ok() || answer.refused()) && found == wanted;
    session.require(&ADD_DUPLICATES, right, &answer, &["success, then AB"], || {
        format!("{}, then {}", answer.outcome(), named(&found, &users))
    });
    reset(session, &group, &[a]).await?;
    let inner = session.group(&[]).await?;
    let answer = session.patch(&group.path, add(&json!([{"value": inner.id, "type": "Group"}]))).await?;
    let after = session.get(&group.path).await?;
    let nested = items(&after.body, "members")
        .iter()
        .find(|item| member(item, "value").and_then(Value::as_str) == Some(&inner.id));
    let right = if answer.ok() { nested.is_some() } else { answer.refused() && nested.is_none() };
    session.require(&NESTED, right, &answer, &["400, or the group as a member"], || {
        format!("{}, then members {}", answer.outcome(), shown(after.at("members")))
    });
    if let Some(kind) = nested.and_then(|item| member(item, "type")) {
        session.require(&MEMBER_TYPE, kind == "Group", &after, &["type Group for the nested group"], || {
            format!("type {kind}")
        });
    }
    Ok(())
}

async fn forms(session: &mut Session) -> Result<(), Stop> {
    ready(session)?;
    let users = several_users(session, 4).await?;
    let [a, b, c, d] = [&users[0], &users[1], &users[2], &users[3]];
    let group = session.group(&[a, b]).await?;
    // The plain forms have requirements of their own; without them nothing here says anything.
    let answer = session.patch(&group.path, json!([remove(&b.id)])).await?;
    let after = session.get(&group.path).await?;
    if !answer.ok() || members(&after.body, &users) != "A" {
        return Err(Stop::Blocked(&REMOVE_BY_FILTER));
    }
    let answer = session.patch(&group.path, json!([remove(&b.id)])).await?;
    let found = members(&session.get(&group.path).await?.body, &users);
    // "This occurs when the "path" value contains a filter that yields no match." (RFC 7644 §3.12, table 9)
    let noted = answer.status == 400 && answer.scim_type() == Some("noTarget");
    session.require(
        &REMOVE_NON_MEMBER,
        (answer.ok() || noted) && found == "A",
        &answer,
        &["success, then A", "400 noTarget, then A"],
        || format!("{}, then {found}", answer.outcome()),
    );
    reset(session, &group, &[a]).await?;
    let order = [json!([remove(&a.id), add(&some(&[a]))]), json!([add(&some(&[b])), remove(&b.id)])];
    for operations in order {
        expect_members(session, &CHANGES_IN_ORDER, &group, &users, operations, "A").await?;
    }
    let bare = json!({"op": "add", "value": {"members": some(&[b])}});
    expect_members(session, &ADD_WITHOUT_PATH, &group, &users, bare, "AB").await?;
    reset(session, &group, &[a, b, c]).await?;
    let shouted = json!({"op": "remove", "path": format!("MEMBERS[VALUE EQ \"{}\"]", b.id)});
    expect_members(session, &PATH_ANY_CASE, &group, &users, shouted, "AC").await?;
    reset(session, &group, &[a, b, c]).await?;
    let path = format!("members[value eq \"{}\" or value eq \"{}\"]", a.id, c.id);
    let answer = session.patch(&group.path, json!({"op": "remove", "path": path})).await?;
    if answer.refused() {
        session.skip(&REMOVE_BY_OR, format!("the service refuses such a filter with {}", answer.outcome()));
    } else {
        settle(session, &REMOVE_BY_OR, &group, &users, &answer, "B").await?;
    }
    reset(session, &group, &[b]).await?;
    if expect_members(session, &LAST_MEMBER, &group, &users, remove(&b.id), "").await? {
        expect_members(session, &LAST_MEMBER, &group, &users, add(&some(&[c])), "C").await?;
    }
    if session.need(Capability::DeleteUser).is_err() {
        session.skip(&STALE_REMOVAL_HARMS_NONE, "users cannot be deleted");
        return Ok(());
    }
    reset(session, &group, &[a, b]).await?;
    session.delete(&d.path).await?;
    for (operations, done, refused) in
        [(json!([remove(&d.id)]), "AB", "AB"), (json!([remove(&d.id), remove(&b.id)]), "A", "AB")]
    {
        let answer = session.patch(&group.path, operations).await?;
        let after = session.get(&group.path).await?;
        let found = members(&after.body, &users);
        // Who refuses an unknown value must leave the group as it was.
        let right = if answer.ok() { found == done } else { answer.refused() && found == refused };
        session.require(
            &STALE_REMOVAL_HARMS_NONE,
            right,
            &answer,
            &[&format!("success and {done}, or a 4xx and {refused}")],
            || format!("{}, then {}", answer.outcome(), named(&found, &users)),
        );
        reset(session, &group, &[a, b]).await?;
    }
    Ok(())
}

async fn guards(session: &mut Session) -> Result<(), Stop> {
    ready(session)?;
    let users = several_users(session, 2).await?;
    let [a, b] = [&users[0], &users[1]];
    let group = session.group(&[a]).await?;
    let name = session.get(&group.path).await?.text("displayName").unwrap_or_default().to_owned();
    let rename = json!({"op": "replace", "path": "displayName", "value": session.name()});
    let broken = json!({"op": "remove"});
    let wrong = json!({"op": "replace", "path": "members[", "value": "x"});
    for operations in
        [json!([add(&some(&[b])), broken]), json!([rename, wrong]), json!([remove(&a.id), broken])]
    {
        let answer = session.patch(&group.path, operations).await?;
        let after = session.get(&group.path).await?;
        let found = members(&after.body, &users);
        // What was not refused has requirements of its own.
        if !answer.ok() {
            let kept = found == "A" && after.text("displayName") == Some(name.as_str());
            session.require(&ATOMIC, kept, &answer, &["the group as before"], || {
                format!(
                    "{}, then {} and displayName {}",
                    answer.outcome(),
                    named(&found, &users),
                    shown(after.at("displayName"))
                )
            });
            if !kept {
                return Err(Stop::Blocked(&ATOMIC));
            }
        } else {
            reset(session, &group, &[a]).await?;
        }
    }
    let path = format!("members[value eq \"{}\"].value", a.id);
    let answer = session.patch(&group.path, json!({"op": "replace", "path": path, "value": b.id})).await?;
    let after = session.get(&group.path).await?;
    let found = members(&after.body, &users);
    session.require(
        &MEMBER_VALUE_IS_IMMUTABLE,
        found == "A",
        &answer,
        &["400 mutability, and the member as before"],
        || format!("{}, then {}", answer.outcome(), named(&found, &users)),
    );
    Ok(())
}

async fn times(session: &mut Session) -> Result<(), Stop> {
    ready(session)?;
    let users = several_users(session, 2).await?;
    let group = session.group(&[&users[0]]).await?;
    let time = |answer: &Answer| {
        answer.text("meta.lastModified").and_then(|text| text.parse::<jiff::Timestamp>().ok())
    };
    let before = session.get(&group.path).await?;
    let Some(then) = time(&before) else {
        return session.absent("the service does not return meta.lastModified of groups");
    };
    session.wait(std::time::Duration::from_millis(1100)).await;
    let answer = session.patch(&group.path, add(&some(&[&users[0]]))).await?;
    let after = session.get(&group.path).await?;
    if answer.ok() && members(&after.body, &users) == "A" {
        session.require(
            &ADD_EXISTING_KEEPS_TIME,
            time(&after) == Some(then),
            &answer,
            &["lastModified as before"],
            || format!("{}, then lastModified {}", answer.outcome(), shown(after.at("meta.lastModified"))),
        );
    } else {
        session.blocked(&ADD_EXISTING_KEEPS_TIME, &ADD_EXISTING);
    }
    let before = after;
    let answer = session.patch(&group.path, add(&some(&[&users[1]]))).await?;
    let after = session.get(&group.path).await?;
    if !answer.ok() || !members(&after.body, &users).contains('B') {
        return Err(Stop::Blocked(&ADD_KEEPS_OTHERS));
    }
    let moved = time(&after) > Some(then) && after.at("meta.created") == before.at("meta.created");
    session.require(&MODIFIED_MOVES, moved, &after, &["a later lastModified, created as before"], || {
        format!("lastModified {then}, then {}", shown(after.at("meta.lastModified")))
    });
    Ok(())
}

async fn answers(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::ReadGroup)?;
    session.need(Capability::CreateGroup)?;
    let users = several_users(session, 2).await?;
    let external = session.name();
    let body = json!({"schemas": [GROUP], "displayName": session.name(), "externalId": external, "members": some(&[&users[0]])});
    let group = session.make("/Groups", body, &CREATED_WITH_MEMBERS).await?;
    let read = session.get(&group.path).await?;
    // An answer may leave members out where there are many; what it shows must be right.
    let mut differs = Vec::new();
    let mut compare = |what: &str, answer: &Value, read: &Value| {
        for name in ["id", "displayName", "externalId"] {
            if answer.is_object() && at(answer, name) != at(read, name) {
                differs.push(format!(
                    "{name} {} in the answer to {what}, {} when read",
                    shown(at(answer, name)),
                    shown(at(read, name))
                ));
            }
        }
        let (answered, stored) = (texts(answer, "members", "value"), texts(read, "members", "value"));
        if !answered.is_empty() && answered != stored {
            differs.push(format!(
                "{} members in the answer to {what}, {} when read",
                answered.len(),
                stored.len()
            ));
        }
    };
    compare("POST", &group.body, &read.body);
    let mut shows = read.clone();
    if session.need(Capability::PatchGroup).is_ok() {
        let answer = session.patch(&group.path, add(&some(&[&users[1]]))).await?;
        let after = session.get(&group.path).await?;
        if answer.status == 200 {
            compare("PATCH", &answer.body, &after.body);
            shows = answer;
        }
    }
    if session.need(Capability::PutGroup).is_ok() {
        let before = session.get(&group.path).await?;
        let answer = session.put(&group.path, &before.object()).await?;
        let after = session.get(&group.path).await?;
        let same = ["id", "displayName", "externalId"].iter().all(|name| before.at(name) == after.at(name))
            && texts(&before.body, "members", "value") == texts(&after.body, "members", "value");
        session.require(
            &PUT_ROUND_TRIP,
            answer.ok() && same,
            &answer,
            &["200, and the group as before"],
            || {
                format!(
                    "{}, then displayName {}, members {}",
                    answer.outcome(),
                    shown(after.at("displayName")),
                    shown(after.at("members"))
                )
            },
        );
        if answer.ok() {
            compare("PUT", &answer.body, &after.body);
        }
        let mut without = before.object();
        if let Some(all) = without.as_object_mut() {
            all.retain(|name, _| !name.eq_ignore_ascii_case("members"));
        }
        let answer = session.put(&group.path, &without).await?;
        let after = session.get(&group.path).await?;
        let (then, now) = (texts(&before.body, "members", "value"), texts(&after.body, "members", "value"));
        session.require(
            &PUT_WITHOUT_MEMBERS,
            answer.ok() && (now.is_empty() || now == then),
            &answer,
            &["200, no member or all of them"],
            || format!("{}, then members {}", answer.outcome(), shown(after.at("members"))),
        );
    }
    session.require(&ANSWER_IS_THE_STORE, differs.is_empty(), &shows, &["what the next read shows"], || {
        differs.join("; ")
    });
    if read.text("externalId") != Some(external.as_str()) {
        session.fail(
            &EXTERNAL_ID,
            &read,
            &[&format!("externalId {external}")],
            format!("externalId {}", shown(read.at("externalId"))),
        );
    } else if session.need(Capability::PatchGroup).is_ok() {
        let fresh = session.name();
        let answer =
            session.patch(&group.path, json!({"op": "add", "path": "externalId", "value": fresh})).await?;
        if answer.status == 501 {
            session.skip(&EXTERNAL_ID, "the service does not implement that PATCH");
            return Ok(());
        }
        let after = session.get(&group.path).await?;
        session.require(
            &EXTERNAL_ID,
            answer.ok() && after.text("externalId") == Some(fresh.as_str()),
            &answer,
            &[&format!("externalId {fresh}")],
            || format!("{}, then externalId {}", answer.outcome(), shown(after.at("externalId"))),
        );
    } else {
        session.pass(&EXTERNAL_ID);
    }
    Ok(())
}

/// The groups that a user shows, as values.
async fn groups_of(session: &mut Session, user: &Created) -> Result<(Answer, Vec<String>), Stop> {
    let read = session.get(&user.path).await?;
    let all = texts(&read.body, "groups", "value");
    Ok((read, all))
}

async fn follows(session: &mut Session) -> Result<(), Stop> {
    ready(session)?;
    let users = several_users(session, 2).await?;
    let (first, second) = (session.group(&[&users[0]]).await?, session.group(&[&users[0], &users[1]]).await?);
    let (old, new) = (first.text("displayName"), session.name());
    let answer =
        session.patch(&first.path, json!({"op": "replace", "path": "displayName", "value": new})).await?;
    let renamed = answer.ok() && session.get(&first.path).await?.text("displayName") == Some(new.as_str());
    let (_, shows) = groups_of(session, &users[0]).await?;
    if renamed {
        let by = |name: &str| format!("displayName eq {}", Value::from(name));
        let found = session.filter("/Groups", &by(&new)).await?;
        let gone = session.filter("/Groups", &by(&old)).await?;
        if found.status == 200 && gone.status == 200 {
            let right = found.lists(&first.id) && !gone.lists(&first.id);
            session.require(&RENAME_LOOK_UP, right, &found, &["the group by its new name alone"], || {
                format!("{} groups by the new name, {} by the old one", found.ids().len(), gone.ids().len())
            });
        } else {
            session.skip(&RENAME_LOOK_UP, "the service refuses a filter of groups by displayName");
        }
        let read = session.get(&users[0].path).await?;
        let display = items(&read.body, "groups")
            .iter()
            .find(|item| member(item, "value").and_then(Value::as_str) == Some(&first.id))
            .and_then(|item| member(item, "display"));
        match display.and_then(Value::as_str) {
            Some(display) => {
                session.require(
                    &BACK_LINK_FOLLOWS_RENAME,
                    display == new,
                    &read,
                    &[&format!("display {new}")],
                    || format!("display {display}"),
                );
            }
            None => session
                .skip(&BACK_LINK_FOLLOWS_RENAME, "the service does not return groups of a user with display"),
        }
    } else {
        for requirement in [&RENAME_LOOK_UP, &BACK_LINK_FOLLOWS_RENAME] {
            session.blocked(requirement, &RENAME_BY_PATH);
        }
    }
    session.patch(&first.path, remove(&users[0].id)).await?;
    let other = session.get(&second.path).await?;
    let found = members(&other.body, &users);
    session.require(
        &MEMBERSHIPS_ARE_INDEPENDENT,
        found == "AB",
        &other,
        &["both members in the other group"],
        || named(&found, &users),
    );
    session.patch(&first.path, add(&some(&[&users[0]]))).await?;
    let deleted = session.delete(&first.path).await?;
    if !deleted.ok() {
        return Err(Stop::Blocked(&delete::GROUP));
    }
    let other = session.get(&second.path).await?;
    let found = members(&other.body, &users);
    session.require(
        &MEMBERSHIPS_ARE_INDEPENDENT,
        found == "AB",
        &other,
        &["both members in the other group"],
        || named(&found, &users),
    );
    if shows.contains(&first.id) {
        let (read, now) = groups_of(session, &users[0]).await?;
        session.require(
            &BACK_LINK_FOLLOWS_DELETE,
            !now.contains(&first.id),
            &read,
            &["no deleted group"],
            || format!("groups {}", shown(read.at("groups"))),
        );
    } else {
        session.skip(&BACK_LINK_FOLLOWS_DELETE, "the service does not return groups of a user");
    }
    let name = if renamed { &new } else { &old };
    let answer = session
        .post("/Groups", &json!({"schemas": [GROUP], "displayName": name, "members": some(&[&users[1]])}))
        .await?;
    let Some(id) = answer.id().filter(|_| answer.ok()) else {
        session.fail(&RECREATED_IS_EMPTY, &answer, &["201"], answer.outcome());
        return Ok(());
    };
    let read = session.get(&path_to("/Groups", &id)?).await?;
    let found = members(&read.body, &users);
    session.require(
        &RECREATED_IS_EMPTY,
        id != first.id && !found.contains('A'),
        &read,
        &["another id, and no member of the old group"],
        || format!("id {id} after {}, {}", first.id, named(&found, &users)),
    );
    Ok(())
}

async fn refused_group(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::CreateGroup)?;
    let there = session.group(&[]).await?;
    let by_name = |name: &Value| filtered("/Groups", &format!("displayName eq {name}"));
    let found = session.get(&by_name(&there.body["displayName"])).await?;
    if found.ids() != [there.id.clone()] {
        session.skip(&REFUSED_CREATION_LEAVES_NOTHING, "groups are not found by displayName");
        return Ok(());
    }
    let mut judged = false;
    for members in [json!([{"value": "scimulate-nobody"}]), json!("no list"), json!([{"value": {"no": 1}}])] {
        let mut body = session.group_body(&[]);
        body["members"] = members;
        let answer = session.send(Call::new("POST", "/Groups").json(&body).unwatched()).await?;
        if answer.ok() {
            continue;
        }
        judged = true;
        let found = session.get(&by_name(&body["displayName"])).await?;
        let count = left_behind(session, "/Groups", &found, "displayName", &body["displayName"]);
        session.require(
            &REFUSED_CREATION_LEAVES_NOTHING,
            count == 0,
            &answer,
            &["a refusal, and no such group"],
            || format!("{}, and a filter by its displayName finds {count}", answer.outcome()),
        );
    }
    if !judged {
        session.skip(&REFUSED_CREATION_LEAVES_NOTHING, "no creation of a group was refused");
    }
    Ok(())
}

async fn unchanged_group(session: &mut Session) -> Result<(), Stop> {
    let (ada, bob) = (session.user().await?, session.user().await?);
    if !session.facts.works(Capability::ReadGroup) {
        session.skip(&REFUSED_CHANGE_CHANGES_NOTHING, "groups cannot be read");
        return Ok(());
    }
    let group = session.group(&[&ada]).await?;
    let both = json!([{"value": bob.id}, {"value": "scimulate-nobody"}]);
    let mut calls = Vec::new();
    if session.facts.works(Capability::PatchGroup) {
        for op in ["add", "replace"] {
            calls.push(patch_call(&group.path, json!({"op": op, "path": "members", "value": both})));
        }
    }
    if session.facts.works(Capability::PutGroup) {
        let mut body = session.get(&group.path).await?.object();
        body["members"] = both;
        calls.push(Call::new("PUT", group.path.clone()).json(&body));
    }
    let mut judged = false;
    for call in calls {
        let answer = session.send(call).await?;
        if answer.ok() {
            break;
        }
        judged = true;
        let after = session.get(&group.path).await?;
        let members = texts(&after.body, "members", "value");
        let same = members == [ada.id.clone()];
        if !session.require(
            &REFUSED_CHANGE_CHANGES_NOTHING,
            same,
            &answer,
            &["a refusal, and the member as before"],
            || format!("{}, then {} members", answer.outcome(), members.len()),
        ) {
            break;
        }
    }
    if !judged {
        session.skip(&REFUSED_CHANGE_CHANGES_NOTHING, "the service takes members that do not exist");
    }
    Ok(())
}
