//! Groups and their members, the second reach (RFC 7643 §4.2, RFC 7644 §3.5): shapes of members, forms of
//! PATCH, what must not change, what follows. The plain changes are in `groups`.

use serde_json::{Value, json};

use super::groups::{self, cast, expect, letters, settle, some, told};
use crate::checks::active::{Answer, Call, Capability, GROUP, Made, Probe, Session, Stop, patch_call, probe};
use crate::checks::json::{at, items, member, shown, texts};
use crate::checks::requirement::requirements;
use crate::exchange::percent_encode;

requirements! {
    BARE_VALUE = "group.members-without-display", Must, "RFC 7643 §4.2",
        "Members that have a value and nothing else are taken; display is optional.",
        "Ask for value alone.", [Rfc, Okta];
    WITH_TYPE = "group.members-with-type", Must, "RFC 7643 §4.2; RFC 7644 §3.5.2.1",
        "Members with type and $ref beside value are taken.",
        "Accept the sub-attributes that RFC 7643 gives members, and take the member from value.";
    MEMBER_TYPE = "group.member-type", Must, "RFC 7643 §4.2, §8.7.1",
        "The type that a member shows is that of the resource: User for a user, Group for a group.",
        "Derive type from the member itself.";
    NESTED = "group.nested", Must, "RFC 7643 §4.2; RFC 7644 §3.3",
        "A group as a member of a group is refused, or is a member from then on.",
        "Answer 400 when groups cannot be nested; do not acknowledge and drop it.";
    NON_MEMBER = "group.remove-non-member", Should, "RFC 7644 §3.5.2.2, §3.12 table 9",
        "Removing a user who is no member changes nothing, and succeeds or is told as a path without a target.",
        "Treat it as done: the user is no member afterwards.", [Rfc, Okta];
    STALE = "group.stale-removal-harms-none", Must, "RFC 7644 §3.5.2.2, §3.5.2; okta-client §3.17",
        "Removing a user who was deleted, alone or beside others, takes away nobody who was not named.",
        "Select by value; a value that fits nobody selects nobody.", [Rfc, Okta];
    ORDER = "group.changes-in-order", Must, "RFC 7644 §3.5.2",
        "Removal and addition of the same member in one request leave what the later operation says.",
        "Apply the operations one after the other.";
    ATOMIC = "group.atomic", Must, "RFC 7644 §3.5.2",
        "When one operation on a group fails, none of the request is applied.",
        "Apply the operations to a copy, and store it when all of them succeeded.";
    ADD_BARE = "group.add-without-path", Must, "RFC 7644 §3.5.2.1",
        "add without a path and with members in its value adds them and keeps those that are there.",
        "Treat it as add of members.";
    ANY_CASE = "group.path-any-case", Must, "RFC 7643 §2.1; RFC 7644 §3.4.2.2",
        "MEMBERS[VALUE EQ \"…\"] is matched in any letter case.",
        "Compare attribute names and operators without regard to case.";
    SEVERAL_VALUES = "group.remove-by-or", Must, "RFC 7644 §3.5.2.2, §3.4.2.2, §3.12 table 9",
        "remove with members[value eq \"a\" or value eq \"b\"] removes both and no other, or is refused.",
        "Use the filter grammar in paths, or answer 400 invalidFilter.";
    IMMUTABLE = "group.member-value-is-immutable", Must, "RFC 7643 §4.2; RFC 7644 §3.5.2",
        "The value of a member cannot be replaced by another.",
        "Answer 400 with scimType mutability: a member is removed and another is added.";
    DOUBLE = "group.add-duplicates", Should, "RFC 7643 §2.4",
        "A member that a request names twice is a member once.",
        "Keep members as a set by value.";
    LAST = "group.last-member", Must, "RFC 7644 §3.5.2.2; RFC 7643 §2.5",
        "Removing the last member leaves an empty group, which can be filled again.",
        "Treat a group without members as a group.", [Rfc, Okta];
    SAME_TIME = "group.add-existing-keeps-time", Must, "RFC 7644 §3.5.2.1",
        "Adding a member who is there already leaves lastModified as it is.",
        "Compare before you store.";
    MOVES = "group.modified-moves", Must, "RFC 7643 §3.1",
        "A change of members moves lastModified of the group, and created stays.",
        "Set lastModified when the membership changes.";
    ANSWER = "group.answer-is-the-store", Must, "RFC 7644 §3.3, §3.5.1, §3.5.2",
        "The answers to POST, PUT and PATCH of a group show the members that the next read shows.",
        "Answer from what was stored rather than from the request.";
    EXTERNAL = "group.external-id", Should, "RFC 7643 §3.1",
        "An externalId of a group is stored and returned, and changes by PATCH.",
        "Keep externalId for groups as for users.";
    ROUND_TRIP = "group.put-round-trip", Must, "RFC 7644 §3.5.1; okta-client §3.17",
        "A PUT of the group that GET returned succeeds and changes nothing.",
        "Accept your own representation, meta and the group's own name included.", [Rfc, Okta];
    PUT_ABSENT = "group.put-without-members", Should, "RFC 7644 §3.5.1",
        "A PUT without members succeeds; the members are cleared or kept as they were.",
        "members is optional: clear them or keep them, and answer 200.";
    RENAMED = "group.rename-look-up", Must, "RFC 7644 §3.4.2.2, §3.5.2.3",
        "After a rename the look-up by the new name finds the group under its id, and the old name finds it no more.",
        "Keep every index in step with displayName.", [Rfc, Okta];
    BACK_NAME = "group.back-link-follows-rename", Should, "RFC 7643 §4.1.2",
        "The display that groups of a user shows follows a rename of the group.",
        "Take display from the group when the user is read.";
    BACK_DELETED = "group.back-link-follows-delete", Should, "RFC 7643 §4.1.2; RFC 7644 §3.6",
        "A deleted group is gone from groups of its users.",
        "Derive groups from the memberships when a user is read.";
    TWO_GROUPS = "group.memberships-are-independent", Must, "RFC 7644 §3.5.2",
        "Removing a user from one group, or deleting that group, leaves the user's other groups alone.",
        "Key memberships by group and member.", [Rfc, Okta];
    RECREATED = "group.recreated-is-empty", Must, "RFC 7644 §3.6; RFC 7643 §3.1",
        "A new group of the name of a deleted one has an id of its own and none of its members.",
        "Remove the memberships with the group; tie them to its id.", [Rfc, Okta];
}

probe!(SHAPES, "group.shapes", Writes, [BARE_VALUE, WITH_TYPE, MEMBER_TYPE, DOUBLE, NESTED], shapes);
probe!(
    FORMS,
    "group.forms",
    Writes,
    [NON_MEMBER, STALE, ORDER, ADD_BARE, ANY_CASE, SEVERAL_VALUES, LAST],
    forms
);
probe!(GUARDS, "group.guards", Writes, [ATOMIC, IMMUTABLE], guards);
probe!(TIMES, "group.times", Writes, [SAME_TIME, MOVES], times);
probe!(ANSWERS, "group.answers", Writes, [ANSWER, EXTERNAL, ROUND_TRIP, PUT_ABSENT], answers);
probe!(FOLLOWS, "group.follows", Writes, [RENAMED, BACK_NAME, BACK_DELETED, TWO_GROUPS, RECREATED], follows);

pub(in crate::checks) static PROBES: &[&Probe] = &[&SHAPES, &FORMS, &GUARDS, &TIMES, &ANSWERS, &FOLLOWS];

fn values(users: &[&Made]) -> Value {
    users.iter().map(|user| json!({"value": user.id})).collect()
}

fn add(members: &Value) -> Value {
    json!({"op": "add", "path": "members", "value": members})
}

fn remove(id: &str) -> Value {
    json!({"op": "remove", "path": format!("members[value eq {}]", Value::from(id))})
}

/// Sets the members whatever they are, for the next step.
async fn reset(session: &mut Session, group: &Made, users: &[&Made]) -> Result<(), Stop> {
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
    let users = cast(session, 3).await?;
    let [a, b, c] = [&users[0], &users[1], &users[2]];
    let of =
        |name: String, members: Value| json!({"schemas": [GROUP], "displayName": name, "members": members});
    let name = session.name();
    let answer = session.post("/Groups", &of(name, values(&[a]))).await?;
    let id = answer.id().unwrap_or_default();
    let path = format!("/Groups/{}", percent_encode(&id));
    let group = Made { id, path, body: answer.body.clone() };
    let bare = answer.ok() && letters(&session.get(&group.path).await?.body, &users) == "A";
    let group = if bare {
        session.pass(&BARE_VALUE);
        group
    } else {
        // Where members with display are no better off, display is not what was missed.
        let name = session.name();
        let answer = session.post("/Groups", &of(name, some(&[a]))).await?;
        let path = format!("/Groups/{}", percent_encode(&answer.id().unwrap_or_default()));
        if answer.ok() && letters(&session.get(&path).await?.body, &users) == "A" {
            session.fail(
                &BARE_VALUE,
                &answer,
                &["members that have a value alone"],
                "members with display alone",
            );
        } else {
            session.blocked(&BARE_VALUE, groups::WITH.slug);
        }
        session.group(&[a]).await?
    };
    expect(session, &BARE_VALUE, &group, &users, add(&values(&[b])), "AB").await?;
    let reference = format!("{}{}", session.base_path(), c.path);
    let typed = json!([{"value": c.id, "type": "User", "$ref": reference, "display": c.text("userName")}]);
    expect(session, &WITH_TYPE, &group, &users, add(&typed), "ABC").await?;
    let read = session.get(&group.path).await?;
    let types: Vec<&Value> =
        items(&read.body, "members").iter().filter_map(|item| member(item, "type")).collect();
    if types.is_empty() {
        session.skip(&MEMBER_TYPE, "members show no type");
    } else {
        let right = types.iter().all(|kind| kind.as_str() == Some("User"));
        session.hold(&MEMBER_TYPE, right, &read, &["type User"], || {
            format!("members {}", shown(read.at("members")))
        });
    }
    reset(session, &group, &[a]).await?;
    let twice = patch_call(&group.path, add(&values(&[b, b])));
    let answer = session.send(twice.unwatched()).await?;
    // A refusal keeps the member from being there twice, too.
    let wanted = if answer.refused() { "A" } else { "AB" };
    let found = letters(&session.send(Call::get(group.path.clone()).unwatched()).await?.body, &users);
    let right = (answer.ok() || answer.refused()) && found == wanted;
    session.hold(&DOUBLE, right, &answer, &["success, then AB"], || {
        format!("{}, then {}", answer.outcome(), told(&found))
    });
    reset(session, &group, &[a]).await?;
    let inner = session.group(&[]).await?;
    let answer = session.patch(&group.path, add(&json!([{"value": inner.id, "type": "Group"}]))).await?;
    let after = session.get(&group.path).await?;
    let nested = items(&after.body, "members")
        .iter()
        .find(|item| member(item, "value").and_then(Value::as_str) == Some(&inner.id));
    let right = if answer.ok() { nested.is_some() } else { answer.refused() && nested.is_none() };
    session.hold(&NESTED, right, &answer, &["400, or the group as a member"], || {
        format!("{}, then members {}", answer.outcome(), shown(after.at("members")))
    });
    if let Some(kind) = nested.and_then(|item| member(item, "type")) {
        session.hold(&MEMBER_TYPE, kind == "Group", &after, &["type Group for the nested group"], || {
            format!("type {kind}")
        });
    }
    Ok(())
}

async fn forms(session: &mut Session) -> Result<(), Stop> {
    ready(session)?;
    let users = cast(session, 4).await?;
    let [a, b, c, d] = [&users[0], &users[1], &users[2], &users[3]];
    let group = session.group(&[a, b]).await?;
    // The plain forms have requirements of their own; without them nothing here says anything.
    let answer = session.patch(&group.path, json!([remove(&b.id)])).await?;
    let after = session.get(&group.path).await?;
    if !answer.ok() || letters(&after.body, &users) != "A" {
        return Err(Stop::Blocked(groups::REMOVE.slug.to_owned()));
    }
    let answer = session.patch(&group.path, json!([remove(&b.id)])).await?;
    let found = letters(&session.get(&group.path).await?.body, &users);
    // "This occurs when the "path" value contains a filter that yields no match." (RFC 7644 §3.12, table 9)
    let noted = answer.status == 400 && answer.scim_type() == Some("noTarget");
    session.hold(
        &NON_MEMBER,
        (answer.ok() || noted) && found == "A",
        &answer,
        &["success, then A", "400 noTarget, then A"],
        || format!("{}, then {found}", answer.outcome()),
    );
    reset(session, &group, &[a]).await?;
    let order = [json!([remove(&a.id), add(&some(&[a]))]), json!([add(&some(&[b])), remove(&b.id)])];
    for operations in order {
        expect(session, &ORDER, &group, &users, operations, "A").await?;
    }
    let bare = json!({"op": "add", "value": {"members": some(&[b])}});
    expect(session, &ADD_BARE, &group, &users, bare, "AB").await?;
    reset(session, &group, &[a, b, c]).await?;
    let shouted = json!({"op": "remove", "path": format!("MEMBERS[VALUE EQ \"{}\"]", b.id)});
    expect(session, &ANY_CASE, &group, &users, shouted, "AC").await?;
    reset(session, &group, &[a, b, c]).await?;
    let path = format!("members[value eq \"{}\" or value eq \"{}\"]", a.id, c.id);
    let answer = session.patch(&group.path, json!({"op": "remove", "path": path})).await?;
    if answer.refused() {
        session.skip(&SEVERAL_VALUES, format!("the service refuses such a filter with {}", answer.outcome()));
    } else {
        settle(session, &SEVERAL_VALUES, &group, &users, &answer, "B").await?;
    }
    reset(session, &group, &[b]).await?;
    if expect(session, &LAST, &group, &users, remove(&b.id), "").await? {
        expect(session, &LAST, &group, &users, add(&some(&[c])), "C").await?;
    }
    if session.need(Capability::DeleteUser).is_err() {
        session.skip(&STALE, "users cannot be deleted");
        return Ok(());
    }
    reset(session, &group, &[a, b]).await?;
    session.delete(&d.path).await?;
    for (operations, done, refused) in
        [(json!([remove(&d.id)]), "AB", "AB"), (json!([remove(&d.id), remove(&b.id)]), "A", "AB")]
    {
        let answer = session.patch(&group.path, operations).await?;
        let after = session.get(&group.path).await?;
        let found = letters(&after.body, &users);
        // Who refuses an unknown value must leave the group as it was.
        let right = if answer.ok() { found == done } else { answer.refused() && found == refused };
        session.hold(
            &STALE,
            right,
            &answer,
            &[&format!("success and {done}, or a 4xx and {refused}")],
            || format!("{}, then {}", answer.outcome(), told(&found)),
        );
        reset(session, &group, &[a, b]).await?;
    }
    Ok(())
}

async fn guards(session: &mut Session) -> Result<(), Stop> {
    ready(session)?;
    let users = cast(session, 2).await?;
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
        let found = letters(&after.body, &users);
        // What was not refused has requirements of its own.
        if !answer.ok() {
            let kept = found == "A" && after.text("displayName") == Some(name.as_str());
            session.hold(&ATOMIC, kept, &answer, &["the group as before"], || {
                format!(
                    "{}, then {} and displayName {}",
                    answer.outcome(),
                    told(&found),
                    shown(after.at("displayName"))
                )
            });
            if !kept {
                return Err(Stop::Blocked(ATOMIC.slug.to_owned()));
            }
        } else {
            reset(session, &group, &[a]).await?;
        }
    }
    let path = format!("members[value eq \"{}\"].value", a.id);
    let answer = session.patch(&group.path, json!({"op": "replace", "path": path, "value": b.id})).await?;
    let after = session.get(&group.path).await?;
    let found = letters(&after.body, &users);
    session.hold(&IMMUTABLE, found == "A", &answer, &["400 mutability, and the member as before"], || {
        format!("{}, then {}", answer.outcome(), told(&found))
    });
    Ok(())
}

async fn times(session: &mut Session) -> Result<(), Stop> {
    ready(session)?;
    let users = cast(session, 2).await?;
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
    if answer.ok() && letters(&after.body, &users) == "A" {
        session.hold(&SAME_TIME, time(&after) == Some(then), &answer, &["lastModified as before"], || {
            format!("{}, then lastModified {}", answer.outcome(), shown(after.at("meta.lastModified")))
        });
    } else {
        session.blocked(&SAME_TIME, groups::ADD_TWICE.slug);
    }
    let before = after;
    let answer = session.patch(&group.path, add(&some(&[&users[1]]))).await?;
    let after = session.get(&group.path).await?;
    if !answer.ok() || letters(&after.body, &users) != "AB" {
        return Err(Stop::Blocked(groups::ADD.slug.to_owned()));
    }
    let moved = time(&after) > Some(then) && after.at("meta.created") == before.at("meta.created");
    session.hold(&MOVES, moved, &after, &["a later lastModified, created as before"], || {
        format!("lastModified {then}, then {}", shown(after.at("meta.lastModified")))
    });
    Ok(())
}

async fn answers(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::ReadGroup)?;
    session.need(Capability::CreateGroup)?;
    let users = cast(session, 2).await?;
    let external = session.name();
    let body = json!({"schemas": [GROUP], "displayName": session.name(), "externalId": external, "members": some(&[&users[0]])});
    let group = session.make("/Groups", body, groups::WITH.slug).await?;
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
        let (told, stored) = (texts(answer, "members", "value"), texts(read, "members", "value"));
        if !told.is_empty() && told != stored {
            differs.push(format!(
                "{} members in the answer to {what}, {} when read",
                told.len(),
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
        session.hold(&ROUND_TRIP, answer.ok() && same, &answer, &["200, and the group as before"], || {
            format!(
                "{}, then displayName {}, members {}",
                answer.outcome(),
                shown(after.at("displayName")),
                shown(after.at("members"))
            )
        });
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
        session.hold(
            &PUT_ABSENT,
            answer.ok() && (now.is_empty() || now == then),
            &answer,
            &["200, no member or all of them"],
            || format!("{}, then members {}", answer.outcome(), shown(after.at("members"))),
        );
    }
    session.hold(&ANSWER, differs.is_empty(), &shows, &["what the next read shows"], || differs.join("; "));
    if read.text("externalId") != Some(external.as_str()) {
        session.fail(
            &EXTERNAL,
            &read,
            &[&format!("externalId {external}")],
            format!("externalId {}", shown(read.at("externalId"))),
        );
    } else if session.need(Capability::PatchGroup).is_ok() {
        let fresh = session.name();
        let answer =
            session.patch(&group.path, json!({"op": "add", "path": "externalId", "value": fresh})).await?;
        if answer.status == 501 {
            session.skip(&EXTERNAL, "the service does not implement that PATCH");
            return Ok(());
        }
        let after = session.get(&group.path).await?;
        session.hold(
            &EXTERNAL,
            answer.ok() && after.text("externalId") == Some(fresh.as_str()),
            &answer,
            &[&format!("externalId {fresh}")],
            || format!("{}, then externalId {}", answer.outcome(), shown(after.at("externalId"))),
        );
    } else {
        session.pass(&EXTERNAL);
    }
    Ok(())
}

/// The groups that a user shows, as values.
async fn groups_of(session: &mut Session, user: &Made) -> Result<(Answer, Vec<String>), Stop> {
    let read = session.get(&user.path).await?;
    let all = texts(&read.body, "groups", "value");
    Ok((read, all))
}

async fn follows(session: &mut Session) -> Result<(), Stop> {
    ready(session)?;
    let users = cast(session, 2).await?;
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
            session.hold(&RENAMED, right, &found, &["the group by its new name alone"], || {
                format!("{} groups by the new name, {} by the old one", found.ids().len(), gone.ids().len())
            });
        } else {
            session.skip(&RENAMED, "the service refuses a filter of groups by displayName");
        }
        let read = session.get(&users[0].path).await?;
        let display = items(&read.body, "groups")
            .iter()
            .find(|item| member(item, "value").and_then(Value::as_str) == Some(&first.id))
            .and_then(|item| member(item, "display"));
        match display.and_then(Value::as_str) {
            Some(display) => {
                session.hold(&BACK_NAME, display == new, &read, &[&format!("display {new}")], || {
                    format!("display {display}")
                });
            }
            None => session.skip(&BACK_NAME, "the service does not return groups of a user with display"),
        }
    } else {
        for requirement in [&RENAMED, &BACK_NAME] {
            session.blocked(requirement, groups::RENAME_PATH.slug);
        }
    }
    session.patch(&first.path, remove(&users[0].id)).await?;
    let other = session.get(&second.path).await?;
    let found = letters(&other.body, &users);
    session.hold(&TWO_GROUPS, found == "AB", &other, &["both members in the other group"], || told(&found));
    session.patch(&first.path, add(&some(&[&users[0]]))).await?;
    let deleted = session.delete(&first.path).await?;
    if !deleted.ok() {
        return Err(Stop::Blocked("delete.group".into()));
    }
    let other = session.get(&second.path).await?;
    let found = letters(&other.body, &users);
    session.hold(&TWO_GROUPS, found == "AB", &other, &["both members in the other group"], || told(&found));
    if shows.contains(&first.id) {
        let (read, now) = groups_of(session, &users[0]).await?;
        session.hold(&BACK_DELETED, !now.contains(&first.id), &read, &["no deleted group"], || {
            format!("groups {}", shown(read.at("groups")))
        });
    } else {
        session.skip(&BACK_DELETED, "the service does not return groups of a user");
    }
    let name = if renamed { &new } else { &old };
    let answer = session
        .post("/Groups", &json!({"schemas": [GROUP], "displayName": name, "members": some(&[&users[1]])}))
        .await?;
    let Some(id) = answer.id().filter(|_| answer.ok()) else {
        session.fail(&RECREATED, &answer, &["201"], answer.outcome());
        return Ok(());
    };
    let read = session.get(&format!("/Groups/{}", percent_encode(&id))).await?;
    let found = letters(&read.body, &users);
    session.hold(
        &RECREATED,
        id != first.id && !found.contains('A'),
        &read,
        &["another id, and no member of the old group"],
        || format!("id {id} after {}, {}", first.id, told(&found)),
    );
    Ok(())
}
