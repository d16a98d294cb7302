//! Creation of groups, changes of their members, renames, and references to users.

use serde_json::{Value, json};

use crate::checks::Requirement;
use crate::checks::engine::{Capability, Session, Stop, path_to, probes};
use crate::checks::json::{items, member, shown, texts};
use crate::checks::rules::group::{
    ADD_EXISTING, ADD_KEEPS_OTHERS, ADD_SEVERAL, BACK_LINK, CREATED_EMPTY, CREATED_WITH_MEMBERS,
    DELETED_MEMBER, LIST_SHOWS_MEMBERS, MEMBER_REFERENCE, MEMBER_WITHOUT_VALUE, MEMBERS_WITHOUT_PATH,
    MIXED_CHANGES, PUT_MEMBERS, PUT_NO_MEMBERS, PUT_RENAME, REMOVE_ALL, REMOVE_BY_FILTER, REMOVE_SEVERAL,
    RENAME_BY_PATCH, RENAME_BY_PATH, REPLACE_MEMBERS, REPLACE_WITH_NOTHING, SAME_NAME_IS_NO_CRASH,
    UNKNOWN_MEMBER, UNKNOWN_MEMBER_HARMS_NONE, UNKNOWN_MEMBER_MAKES_NO_USER, USER_GROUPS_ARE_READ_ONLY,
};
use crate::checks::stage::members::{expect_members, members, settle, some};
use crate::checks::stage::{Created, named, several_users};
use crate::urn::GROUP;

probes! {
    "group.created", Writes,
        [CREATED_WITH_MEMBERS, CREATED_EMPTY, MEMBER_REFERENCE, LIST_SHOWS_MEMBERS],
        created;
    "group.changes", Writes,
        [ADD_KEEPS_OTHERS, ADD_SEVERAL, ADD_EXISTING, REMOVE_BY_FILTER, REMOVE_SEVERAL, MIXED_CHANGES],
        changes;
    "group.replaces", Writes,
        [REPLACE_MEMBERS, REPLACE_WITH_NOTHING, REMOVE_ALL, MEMBERS_WITHOUT_PATH],
        replaces;
    "group.renames", Writes, [RENAME_BY_PATCH, RENAME_BY_PATH], renames;
    "group.puts", Writes, [PUT_MEMBERS, PUT_NO_MEMBERS, PUT_RENAME], puts;
    "group.links", Writes, [BACK_LINK, USER_GROUPS_ARE_READ_ONLY, DELETED_MEMBER], links;
    "group.unknowns", Writes,
        [UNKNOWN_MEMBER, UNKNOWN_MEMBER_HARMS_NONE, UNKNOWN_MEMBER_MAKES_NO_USER, MEMBER_WITHOUT_VALUE],
        unknowns;
    "group.twins", Writes, [SAME_NAME_IS_NO_CRASH], twins;
}

async fn created(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::ReadGroup)?;
    let users = several_users(session, 2).await?;
    let body =
        json!({"schemas": [GROUP], "displayName": session.name(), "members": some(&[&users[0], &users[1]])});
    let answer = session.post("/Groups", &body).await?;
    let Some(id) = answer.id().filter(|_| answer.ok()) else {
        session.fail(&CREATED_WITH_MEMBERS, &answer, &["201, then both members"], answer.creation());
        return Err(Stop::Blocked(&CREATED_WITH_MEMBERS));
    };
    let group = Created { path: path_to("/Groups", &id)?, id, body: body.clone() };
    let after = session.get(&group.path).await?;
    let found = members(&after.body, &users);
    let whole = session.require(
        &CREATED_WITH_MEMBERS,
        answer.ok() && found == "AB",
        &answer,
        &["201, then both members"],
        || format!("{}, then {}", answer.outcome(), named(&found, &users)),
    );
    let mut body = session.group_body(&[]);
    body["members"] = json!([]);
    let empty = session.post("/Groups", &body).await?;
    session.require(&CREATED_EMPTY, empty.ok(), &empty, &["201"], || empty.outcome());
    if !whole {
        return Err(Stop::Blocked(&CREATED_WITH_MEMBERS));
    }
    let reference = items(&after.body, "members").iter().find_map(|item| {
        Some((member(item, "$ref")?.as_str()?.to_owned(), member(item, "value")?.as_str()?.to_owned()))
    });
    match reference {
        Some((reference, id)) => {
            let base = session.base_path();
            let path = match reference.split_once("://") {
                Some((_, rest)) => rest.find('/').map_or("", |at| &rest[at..]).to_owned(),
                None => format!("/{}", reference.trim_start_matches("../").trim_start_matches('/')),
            };
            let path = path.strip_prefix(base.as_str()).unwrap_or(&path).to_owned();
            let read = session.get(&path).await?;
            session.require(
                &MEMBER_REFERENCE,
                read.status == 200 && read.id().as_deref() == Some(id.as_str()),
                &read,
                &["200 with the member"],
                || format!("{} for the $ref {reference}", read.outcome()),
            );
        }
        None => session.skip(&MEMBER_REFERENCE, "members have no $ref"),
    }
    let filter = format!("displayName eq {}", Value::from(group.text("displayName")));
    let list = session.filter("/Groups", &filter).await?;
    if let Some(listed) =
        list.resources().iter().find(|listed| crate::checks::json::id(listed).as_deref() == Some(&group.id))
    {
        let found = members(listed, &users);
        session
            .require(&LIST_SHOWS_MEMBERS, found == "AB", &list, &["both members"], || named(&found, &users));
    }
    Ok(())
}

async fn changes(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::PatchGroup)?;
    session.need(Capability::ReadGroup)?;
    let users = several_users(session, 6).await?;
    let [a, b, c, d, e, f] = [&users[0], &users[1], &users[2], &users[3], &users[4], &users[5]];
    let group = session.group(&[]).await?;
    let add = |members: Value| json!({"op": "add", "path": "members", "value": members});
    let remove =
        |user: &Created| json!({"op": "remove", "path": format!("members[value eq \"{}\"]", user.id)});
    session.patch(&group.path, add(some(&[a]))).await?;
    if !expect_members(session, &ADD_KEEPS_OTHERS, &group, &users, add(some(&[b])), "AB").await? {
        return Err(Stop::Blocked(&ADD_KEEPS_OTHERS));
    }
    if !expect_members(session, &ADD_SEVERAL, &group, &users, add(some(&[c, d, e])), "ABCDE").await? {
        return Err(Stop::Blocked(&ADD_SEVERAL));
    }
    expect_members(session, &ADD_EXISTING, &group, &users, add(some(&[b])), "ABCDE").await?;
    if !expect_members(session, &REMOVE_BY_FILTER, &group, &users, remove(b), "ACDE").await? {
        return Err(Stop::Blocked(&REMOVE_BY_FILTER));
    }
    expect_members(session, &REMOVE_SEVERAL, &group, &users, json!([remove(a), remove(d)]), "CE").await?;
    expect_members(session, &MIXED_CHANGES, &group, &users, json!([remove(c), add(some(&[a, f]))]), "AEF")
        .await?;
    Ok(())
}

async fn replaces(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::PatchGroup)?;
    session.need(Capability::ReadGroup)?;
    let users = several_users(session, 3).await?;
    let group = session.group(&[&users[0]]).await?;
    let replace = |members: Value| json!({"op": "replace", "path": "members", "value": members});
    if !expect_members(
        session,
        &REPLACE_MEMBERS,
        &group,
        &users,
        replace(some(&[&users[1], &users[2]])),
        "BC",
    )
    .await?
    {
        return Err(Stop::Blocked(&REPLACE_MEMBERS));
    }
    expect_members(session, &REPLACE_WITH_NOTHING, &group, &users, replace(json!([])), "").await?;
    let op = json!({"op": "replace", "value": {"members": some(&[&users[0], &users[1]])}});
    expect_members(session, &MEMBERS_WITHOUT_PATH, &group, &users, op, "AB").await?;
    session.patch(&group.path, replace(some(&[&users[2]]))).await?;
    expect_members(session, &REMOVE_ALL, &group, &users, json!({"op": "remove", "path": "members"}), "")
        .await?;
    Ok(())
}

async fn renames(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::ReadGroup)?;
    session.need(Capability::PatchGroup)?;
    let users = several_users(session, 2).await?;
    let group = session.group(&[&users[0], &users[1]]).await?;
    let (first, second) = (session.name(), session.name());
    let forms: [(&'static Requirement, String, Value); 2] = [
        (
            &RENAME_BY_PATCH,
            first.clone(),
            json!({"op": "replace", "value": {"id": group.id, "displayName": first}}),
        ),
        (&RENAME_BY_PATH, second.clone(), json!({"op": "replace", "path": "displayName", "value": second})),
    ];
    for (requirement, name, operation) in forms {
        let answer = session.patch(&group.path, operation).await?;
        let after = session.get(&group.path).await?;
        let right = answer.ok()
            && after.text("displayName") == Some(name.as_str())
            && members(&after.body, &users) == "AB";
        session.require(
            requirement,
            right,
            &answer,
            &["success, then the new name and both members"],
            || {
                format!(
                    "{}, then displayName {} and {}",
                    answer.outcome(),
                    shown(after.at("displayName")),
                    named(&members(&after.body, &users), &users)
                )
            },
        );
        if !right && requirement.slug == RENAME_BY_PATCH.slug {
            session.seen_as("Unable to update Group Push mapping target App group …: every change of membership comes with this request.");
        }
    }
    Ok(())
}

async fn puts(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::PutGroup)?;
    session.need(Capability::ReadGroup)?;
    let users = several_users(session, 3).await?;
    let group = session.group(&[&users[0]]).await?;
    let whole = session.get(&group.path).await?;
    let with = |members: Value| {
        let mut body = whole.object();
        body["members"] = members;
        body
    };
    for (members, wanted) in [
        (some(&[&users[0], &users[1], &users[2]]), "ABC"),
        (some(&[&users[1]]), "B"),
        (some(&[&users[2], &users[0]]), "AC"),
    ] {
        let answer = session.put(&group.path, &with(members)).await?;
        settle(session, &PUT_MEMBERS, &group, &users, &answer, wanted).await?;
    }
    let mut body = with(some(&[&users[2], &users[0]]));
    let name = session.name();
    body["displayName"] = json!(name);
    let answer = session.put(&group.path, &body).await?;
    let after = session.get(&group.path).await?;
    let right = answer.ok()
        && after.text("displayName") == Some(name.as_str())
        && members(&after.body, &users) == "AC";
    session.require(&PUT_RENAME, right, &answer, &["200, then the new name and both members"], || {
        format!(
            "{}, then displayName {} and {}",
            answer.outcome(),
            shown(after.at("displayName")),
            named(&members(&after.body, &users), &users)
        )
    });
    body["members"] = json!([]);
    let answer = session.put(&group.path, &body).await?;
    settle(session, &PUT_NO_MEMBERS, &group, &users, &answer, "").await?;
    Ok(())
}

async fn links(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::ReadGroup)?;
    session.need(Capability::ReadUser)?;
    let users = several_users(session, 2).await?;
    let group = session.group(&[&users[0]]).await?;
    let mut body = session.get(&users[1].path).await?.object();
    body["groups"] = json!([{"value": group.id, "display": group.text("displayName")}]);
    if session.need(Capability::PutUser).is_ok() {
        session.put(&users[1].path, &body).await?;
    }
    if session.need(Capability::PatchUser).is_ok() {
        let op = json!({"op": "add", "path": "groups", "value": [{"value": group.id}]});
        session.patch(&users[1].path, op).await?;
    }
    let after = session.get(&group.path).await?;
    session.require(
        &USER_GROUPS_ARE_READ_ONLY,
        members(&after.body, &users) == "A",
        &after,
        &["the members as before"],
        || named(&members(&after.body, &users), &users),
    );
    let read = session.get(&users[0].path).await?;
    let shows = texts(&read.body, "groups", "value");
    if shows.is_empty() {
        session.skip(&BACK_LINK, "the service does not return groups of a user");
    } else {
        let mut wrong = Vec::new();
        if shows != [group.id.clone()] {
            wrong.push(format!("groups {}", shown(read.at("groups"))));
        }
        let mut gone = session.get(&group.path).await?.object();
        gone["members"] = json!([]);
        let mut shows = read;
        if session.put(&group.path, &gone).await?.ok() {
            shows = session.get(&users[0].path).await?;
            if !texts(&shows.body, "groups", "value").is_empty() {
                wrong.push(format!("groups {} after the user left", shown(shows.at("groups"))));
            }
        }
        session.require(&BACK_LINK, wrong.is_empty(), &shows, &["the groups that have the user"], || {
            wrong.join("; ")
        });
    }
    session.need(Capability::DeleteUser)?;
    let other = session.group(&[&users[0], &users[1]]).await?;
    session.delete(&users[0].path).await?;
    let after = session.get(&other.path).await?;
    let found = members(&after.body, &users);
    session.require(&DELETED_MEMBER, found == "B", &after, &["the other member alone"], || {
        named(&found, &users)
    });
    Ok(())
}

async fn unknowns(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::ReadGroup)?;
    session.need(Capability::PatchGroup)?;
    let users = several_users(session, 2).await?;
    let nobody = "00000000-0000-4000-8000-5c1105c1105c";
    let group = session.group(&[&users[0]]).await?;
    let mut shows = None;
    for op in ["add", "replace"] {
        let operation =
            json!({"op": op, "path": "members", "value": [{"value": nobody}, {"value": users[1].id}]});
        let answer = session.patch(&group.path, operation).await?;
        let after = session.get(&group.path).await?;
        let found = members(&after.body, &users);
        let honest = (answer.refused() || answer.ok()) && !found.contains('?');
        session.require(
            &UNKNOWN_MEMBER,
            honest,
            &answer,
            &["400 invalidValue", "success without the unknown member"],
            || format!("{}, then {}", answer.outcome(), named(&found, &users)),
        );
        // Refused as a whole, or the valid one taken: nobody who was there is lost by an addition.
        let kept = if answer.ok() {
            found.contains(if op == "add" { 'A' } else { 'B' })
        } else {
            found == "A" || found == "AB"
        };
        session.require(
            &UNKNOWN_MEMBER_HARMS_NONE,
            kept,
            &answer,
            &["the members as before, or the valid ones"],
            || format!("{}, then {}", answer.outcome(), named(&found, &users)),
        );
        shows.get_or_insert(answer);
        if found != "A" {
            let whole = json!({"op": "replace", "path": "members", "value": some(&[&users[0]])});
            session.patch(&group.path, whole).await?;
        }
    }
    let ghost = session.get(&format!("/Users/{nobody}")).await?;
    session.require(&UNKNOWN_MEMBER_MAKES_NO_USER, ghost.status != 200, &ghost, &["404 Not Found"], || {
        ghost.outcome()
    });
    for value in [json!([{}]), json!([{"display": "Ada"}])] {
        let answer =
            session.patch(&group.path, json!({"op": "add", "path": "members", "value": value})).await?;
        let after = session.get(&group.path).await?;
        let right = (answer.refused() || answer.ok()) && items(&after.body, "members").len() <= 1;
        session.require(
            &MEMBER_WITHOUT_VALUE,
            right,
            &answer,
            &["400 invalidValue", "no further member"],
            || format!("{}, then members {}", answer.outcome(), shown(after.at("members"))),
        );
    }
    Ok(())
}

async fn twins(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::CreateGroup)?;
    let first = session.group(&[]).await?;
    let body = json!({"schemas": [GROUP], "displayName": first.text("displayName"), "members": []});
    let answer = session.post("/Groups", &body).await?;
    let right = answer.status == 201 && answer.id().as_deref() != Some(&first.id) || answer.status == 409;
    session.require(
        &SAME_NAME_IS_NO_CRASH,
        right,
        &answer,
        &["201 with another id", "409 uniqueness"],
        || answer.outcome(),
    );
    Ok(())
}
