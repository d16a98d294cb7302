//! Chains of Okta's requests: assignment again, and groups.

use serde_json::{Value, json};

use crate::checks::Requirement;
use crate::checks::engine::{Answer, Call, Capability, Session, Stop, is_list, path_to, probes};
use crate::checks::json::shown;
use crate::checks::rules::okta::probes::{look, okta, okta_id, reachable};
use crate::checks::rules::okta::{
    ACTIVATE_ACTIVE, DEACTIVATE_TWICE, DELETE_WITH_CONTENT_TYPE, GROUP_CREATE_ANSWER, GROUP_LOOK_UP_EXACT,
    GROUP_LOOK_UP_NAMES, GROUP_PUSH_AGAIN, GROUP_PUSH_WIZARD, GROUP_RENAME_AND_MEMBERS,
    GROUP_RENAME_UNCHANGED, GROUPS_LIST, LINK_EXISTING, MEMBER_DISPLAY_NULL, PUSH_KEEPS_INACTIVE,
    PUSH_NOW_WITHOUT_PATH, REASSIGN_CATALOGUE, REASSIGN_WIZARD,
};
use crate::checks::rules::{create, delete, filter, group, lifecycle, replace};
use crate::checks::stage::members::{members, some};
use crate::checks::stage::{Created, named, several_users};
use crate::urn::GROUP;

probes! {
    "okta.linked", Writes, [LINK_EXISTING, ACTIVATE_ACTIVE], linked;
    "okta.assigned-again-by-patch", Writes,
        [REASSIGN_CATALOGUE, DEACTIVATE_TWICE, PUSH_KEEPS_INACTIVE],
        by_patch;
    "okta.assigned-again-by-put", Writes, [REASSIGN_WIZARD], by_put;
    "okta.groups-looked-up", Writes,
        [GROUPS_LIST, GROUP_LOOK_UP_EXACT, GROUP_LOOK_UP_NAMES, filter::ESCAPES],
        looked_up;
    "okta.groups-pushed", Writes,
        [GROUP_CREATE_ANSWER, group::ADD_EXISTING, group::MEMBERS_WITHOUT_PATH, GROUP_RENAME_UNCHANGED,
         GROUP_RENAME_AND_MEMBERS, PUSH_NOW_WITHOUT_PATH, DELETE_WITH_CONTENT_TYPE, GROUP_PUSH_AGAIN],
        pushed;
    "okta.groups-put", Writes, [GROUP_PUSH_WIZARD, MEMBER_DISPLAY_NULL], put;
}

const PATCH_OP: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

async fn patch(session: &mut Session, made: &Created, operations: Value) -> Result<Answer, Stop> {
    let body = json!({"schemas": [PATCH_OP], "Operations": operations});
    okta(session, "PATCH", &made.path, Some(&body)).await
}

async fn set_active(session: &mut Session, made: &Created, active: bool) -> Result<Answer, Stop> {
    patch(session, made, json!([{"op": "replace", "value": {"active": active}}])).await
}

/// What was read, with Okta's profile laid over it.
fn merged(read: &Answer, family: &str, id: &str) -> Value {
    let mut body = read.object();
    body["name"]["familyName"] = json!(family);
    body["displayName"] = json!(format!("Ada {family}"));
    body["externalId"] = json!(id);
    body["locale"] = json!("en-US");
    body["groups"] = json!([]);
    // Okta sends it back as it was; what comes of that is judged by a requirement of its own.
    if let Some(name) = body["name"].as_object_mut() {
        name.shift_remove("formatted");
    }
    body
}

/// Whether a user is as a chain should leave it.
fn ended(read: &Answer, ada: &Created, family: &str) -> bool {
    read.status == 200
        && read.id().as_deref() == Some(&ada.id)
        && read.at("active") == Some(&json!(true))
        && read.text("name.familyName") == Some(family)
}

fn state(read: &Answer) -> String {
    format!(
        "{}, id {}, active {}, name {}",
        read.outcome(),
        shown(read.at("id")),
        shown(read.at("active")),
        shown(read.at("name"))
    )
}

/// A user whose state and name can be followed.
async fn assigned(session: &mut Session) -> Result<Created, Stop> {
    session.need(Capability::FilterUser)?;
    reachable(session).await?;
    let ada = session.user().await?;
    let read = session.get(&ada.path).await?;
    if read.at("active") != Some(&json!(true)) || read.text("name.familyName") != Some("Lovelace") {
        return Err(Stop::Blocked(&create::STORES_OKTA_ATTRIBUTES));
    }
    // A representation that is not taken back is told by a requirement of its own.
    if session.facts.works(Capability::PutUser) && !session.put(&ada.path, &read.object()).await?.ok() {
        return Err(Stop::Blocked(&replace::ROUND_TRIP));
    }
    Ok(ada)
}

/// The look-up of the assignment; where it does not find the user, that is told elsewhere.
async fn found(session: &mut Session, ada: &Created, by: &'static Requirement) -> Result<(), Stop> {
    let answer = look(session, "/Users", "userName", &ada.text("userName")).await?;
    if answer.lists(&ada.id) { Ok(()) } else { Err(Stop::Blocked(by)) }
}

async fn linked(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::PutUser)?;
    let ada = assigned(session).await?;
    if session.need(Capability::PatchUser).is_ok() {
        let on = set_active(session, &ada, true).await?;
        let read = session.get(&ada.path).await?;
        let right = on.ok() && read.at("active") == Some(&json!(true));
        session.require(&ACTIVATE_ACTIVE, right, &on, &["200 or 204, and active true"], || {
            format!("{}, then active {}", on.outcome(), shown(read.at("active")))
        });
    } else {
        session.skip(&ACTIVATE_ACTIVE, "users cannot be patched");
    }
    found(session, &ada, &filter::USER_NAME_EQ).await?;
    let read = okta(session, "GET", &ada.path, None).await?;
    let id = okta_id(&session.name());
    let answer = okta(session, "PUT", &ada.path, Some(&merged(&read, "King", &id))).await?;
    let after = session.get(&ada.path).await?;
    session.require(
        &LINK_EXISTING,
        answer.ok() && ended(&after, &ada, "King"),
        &answer,
        &["200, then the new profile under the same id"],
        || format!("{}, then {}", answer.outcome(), state(&after)),
    );
    Ok(())
}

async fn by_patch(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::PatchUser)?;
    session.need(Capability::PutUser)?;
    let ada = assigned(session).await?;
    let off = set_active(session, &ada, false).await?;
    let read = session.get(&ada.path).await?;
    if !off.ok() || read.at("active") != Some(&json!(false)) {
        return Err(Stop::Blocked(&lifecycle::DEACTIVATE_PATCH));
    }
    let again = set_active(session, &ada, false).await?;
    let read = session.get(&ada.path).await?;
    let right = again.ok() && read.at("active") == Some(&json!(false));
    session.require(&DEACTIVATE_TWICE, right, &again, &["200 or 204, and active false"], || {
        format!("{}, then active {}", again.outcome(), shown(read.at("active")))
    });
    let id = okta_id(&session.name());
    let answer = okta(session, "PUT", &ada.path, Some(&merged(&read, "Byron", &id))).await?;
    let after = session.get(&ada.path).await?;
    if answer.ok() {
        session.require(
            &PUSH_KEEPS_INACTIVE,
            after.at("active") == Some(&json!(false)),
            &answer,
            &["active false"],
            || format!("{}, then active {}", answer.outcome(), shown(after.at("active"))),
        );
    }
    found(session, &ada, &lifecycle::INACTIVE_IS_FOUND).await?;
    let on = set_active(session, &ada, true).await?;
    let read = okta(session, "GET", &ada.path, None).await?;
    if !on.ok() || read.at("active") != Some(&json!(true)) {
        return Err(Stop::Blocked(&lifecycle::REACTIVATE_PATCH));
    }
    let answer = okta(session, "PUT", &ada.path, Some(&merged(&read, "King", &id))).await?;
    let after = session.get(&ada.path).await?;
    session.require(
        &REASSIGN_CATALOGUE,
        answer.ok() && ended(&after, &ada, "King"),
        &answer,
        &["200, then active true and the new profile"],
        || format!("{}, then {}", answer.outcome(), state(&after)),
    );
    Ok(())
}

async fn by_put(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::PutUser)?;
    let ada = assigned(session).await?;
    for (active, by) in [(false, &lifecycle::DEACTIVATE_PUT), (true, &lifecycle::REACTIVATE_PUT)] {
        if active {
            found(session, &ada, &lifecycle::INACTIVE_IS_FOUND).await?;
        }
        let mut body = okta(session, "GET", &ada.path, None).await?.object();
        body["active"] = json!(active);
        let answer = okta(session, "PUT", &ada.path, Some(&body)).await?;
        let read = session.get(&ada.path).await?;
        if !answer.ok() || read.at("active") != Some(&json!(active)) {
            return Err(Stop::Blocked(by));
        }
    }
    let read = okta(session, "GET", &ada.path, None).await?;
    let id = okta_id(&session.name());
    let answer = okta(session, "PUT", &ada.path, Some(&merged(&read, "King", &id))).await?;
    let after = session.get(&ada.path).await?;
    session.require(
        &REASSIGN_WIZARD,
        answer.ok() && ended(&after, &ada, "King"),
        &answer,
        &["200, then active true and the new profile"],
        || format!("{}, then {}", answer.outcome(), state(&after)),
    );
    Ok(())
}

async fn looked_up(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::CreateGroup)?;
    reachable(session).await?;
    let list = okta(session, "GET", "/Groups?startIndex=1&count=100", None).await?;
    session.require(&GROUPS_LIST, is_list(&list), &list, &["200 with a list"], || list.outcome());
    let base = session.name();
    let mut all = Vec::new();
    for name in [base.clone(), format!("{base}-test"), format!("my-{base}")] {
        let body = json!({"schemas": [GROUP], "displayName": name, "members": []});
        all.push(session.make("/Groups", body, &create::GROUP).await?);
    }
    let found = look(session, "/Groups", "displayName", &base).await?;
    if found.status != 200 || !found.lists(&all[0].id) {
        // Without a look-up at all there is nothing to be exact about.
        session.blocked(&GROUP_LOOK_UP_EXACT, &filter::GROUP_DISPLAY_NAME);
        return Err(Stop::Blocked(&filter::GROUP_DISPLAY_NAME));
    }
    session.require(
        &GROUP_LOOK_UP_EXACT,
        found.ids() == [all[0].id.clone()],
        &found,
        &["that group alone"],
        || format!("{} groups", found.ids().len()),
    );
    for mark in [
        " R&D / Tools",
        " it's \"quoted\"",
        " 100% + more",
        " a_b*c",
        " Größe ünï",
        " 開発部",
        " مهندسون",
        " back\\slash",
        " (x) [y] {z}",
    ] {
        let name = format!("{}{mark}", session.name());
        let answer = okta(
            session,
            "POST",
            "/Groups",
            Some(&json!({"schemas": [GROUP], "displayName": name, "members": []})),
        )
        .await?;
        // Which names a service takes is its own affair; what it took must be found.
        let Some(id) = answer.id().filter(|_| answer.ok()) else { continue };
        let found = look(session, "/Groups", "displayName", &name).await?;
        // What JSON escapes is one matter for all attributes.
        let escaped = mark.contains(['"', '\\']);
        let requirement = if escaped { &filter::ESCAPES } else { &GROUP_LOOK_UP_NAMES };
        session.require(requirement, found.ids() == [id], &found, &["that group alone"], || {
            format!("{}, {} groups for `{name}`", found.outcome(), found.ids().len())
        });
    }
    Ok(())
}

async fn members_of(
    session: &mut Session,
    group: &Created,
    users: &[Created],
) -> Result<(Answer, String), Stop> {
    let read = session.get(&group.path).await?;
    let found = members(&read.body, users);
    Ok((read, found))
}

/// Creates a group as Okta does.
async fn push(
    session: &mut Session,
    name: &str,
    members: &[&Created],
) -> Result<(Answer, Option<Created>), Stop> {
    let body = json!({"schemas": [GROUP], "displayName": name, "members": some(members)});
    let answer = okta(session, "POST", "/Groups", Some(&body)).await?;
    let made = match answer.id().filter(|_| answer.ok()) {
        Some(id) => Some(Created { path: path_to("/Groups", &id)?, id, body }),
        None => None,
    };
    Ok((answer, made))
}

async fn pushed(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::CreateGroup)?;
    reachable(session).await?;
    session.need(Capability::ReadGroup)?;
    session.need(Capability::PatchGroup)?;
    let users = several_users(session, 3).await?;
    let [a, b, c] = [&users[0], &users[1], &users[2]];
    let name = session.name();
    let (answer, made) = push(session, &name, &[a, b]).await?;
    let Some(group) = made else { return Err(Stop::Blocked(&group::CREATED_WITH_MEMBERS)) };
    let shows = answer.text("displayName") == Some(name.as_str());
    session.require(&GROUP_CREATE_ANSWER, shows, &answer, &["id and displayName"], || {
        format!("displayName {}", shown(answer.at("displayName")))
    });
    let (_, before) = members_of(session, &group, &users).await?;
    let add = |users: &[&Created]| json!([{"op": "add", "path": "members", "value": some(users)}]);
    let answer = patch(session, &group, add(&[a, b])).await?;
    let (_, found) = members_of(session, &group, &users).await?;
    // Catalogue apps repeat the members of the creation in an addition.
    if before == "AB" {
        session.require(
            &group::ADD_EXISTING,
            answer.ok() && found == "AB",
            &answer,
            &["200 or 204, then both once"],
            || format!("{}, then {}", answer.outcome(), named(&found, &users)),
        );
    }
    patch(session, &group, json!([{"op": "replace", "path": "members", "value": some(&[a, b])}])).await?;
    let rename = |id: &str, name: &str| json!([{"op": "replace", "value": {"id": id, "displayName": name}}]);
    let fresh = session.name();
    let answer = patch(session, &group, rename(&group.id, &fresh)).await?;
    let (read, found) = members_of(session, &group, &users).await?;
    if !answer.ok() || read.text("displayName") != Some(fresh.as_str()) || found != "AB" {
        return Err(Stop::Blocked(&group::RENAME_BY_PATCH));
    }
    let answer = patch(session, &group, rename(&group.id, &fresh)).await?;
    let (read, found) = members_of(session, &group, &users).await?;
    let right = answer.ok() && found == "AB" && read.text("displayName") == Some(fresh.as_str());
    let same = session.require(
        &GROUP_RENAME_UNCHANGED,
        right,
        &answer,
        &["200 or 204, the group as before"],
        || {
            format!(
                "{}, then displayName {} and {}",
                answer.outcome(),
                shown(read.at("displayName")),
                named(&found, &users)
            )
        },
    );
    let change = json!([{"op": "remove", "path": format!("members[value eq \"{}\"]", a.id)}, {"op": "add", "path": "members", "value": some(&[c])}]);
    let back = json!([{"op": "remove", "path": format!("members[value eq \"{}\"]", c.id)}, {"op": "add", "path": "members", "value": some(&[a])}]);
    for (first_rename, members, wanted) in [(true, &change, "BC"), (false, &back, "AB")] {
        let fresh = session.name();
        let renaming = rename(&group.id, &fresh);
        let both = if first_rename { [&renaming, members] } else { [members, &renaming] };
        let mut shows = None;
        let mut done = true;
        for operations in both {
            let answer = patch(session, &group, operations.clone()).await?;
            done &= answer.ok();
            shows = Some(answer);
        }
        let (read, found) = members_of(session, &group, &users).await?;
        let right = done && found == wanted && read.text("displayName") == Some(fresh.as_str());
        let right = session.require(
            &GROUP_RENAME_AND_MEMBERS,
            right,
            &shows.unwrap_or_else(|| read.clone()),
            &[&format!("the new name and {wanted}")],
            || format!("displayName {} and {}", shown(read.at("displayName")), named(&found, &users)),
        );
        if !right {
            break;
        }
    }
    let name = session.get(&group.path).await?.text("displayName").unwrap_or_default().to_owned();
    if !same {
        session.blocked(&PUSH_NOW_WITHOUT_PATH, &GROUP_RENAME_UNCHANGED);
        return unlink(session, &group, &name).await;
    }
    for (requirement, members, wanted) in
        [(&group::MEMBERS_WITHOUT_PATH, some(&[c]), "C"), (&PUSH_NOW_WITHOUT_PATH, json!([]), "")]
    {
        let value = json!({"id": group.id, "displayName": name, "members": members});
        let answer = patch(session, &group, json!([{"op": "replace", "value": value}])).await?;
        let (_, found) = members_of(session, &group, &users).await?;
        let right = answer.ok() && found == wanted;
        if !session.require(
            requirement,
            right,
            &answer,
            &[&format!("200 or 204, then {}", named(wanted, &users))],
            || format!("{}, then {}", answer.outcome(), named(&found, &users)),
        ) {
            break;
        }
    }
    if !session.judged(&PUSH_NOW_WITHOUT_PATH) {
        session.blocked(&PUSH_NOW_WITHOUT_PATH, &group::MEMBERS_WITHOUT_PATH);
    }
    unlink(session, &group, &name).await
}

/// Unlinks with "delete the group", and pushes again.
async fn unlink(session: &mut Session, group: &Created, name: &str) -> Result<(), Stop> {
    let call = Call::okta("DELETE", group.path.clone(), None);
    let answer = session.send(call.header("Content-Type", "application/scim+json; charset=utf-8")).await?;
    let gone = session.get(&group.path).await?;
    if answer.ok() && gone.status == 404 {
        session.pass(&DELETE_WITH_CONTENT_TYPE);
    } else {
        // Without the label it may be the same.
        let plain = session.delete(&group.path).await?;
        if !plain.ok() {
            return Err(Stop::Blocked(&delete::GROUP));
        }
        session.fail(
            &DELETE_WITH_CONTENT_TYPE,
            &answer,
            &["204, as without a Content-Type"],
            answer.outcome(),
        );
    }
    let (answer, made) = push(session, name, &[]).await?;
    session.require(&GROUP_PUSH_AGAIN, made.is_some(), &answer, &["201"], || answer.outcome());
    Ok(())
}

async fn put(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::CreateGroup)?;
    reachable(session).await?;
    session.need(Capability::ReadGroup)?;
    session.need(Capability::PutGroup)?;
    let users = several_users(session, 2).await?;
    let [a, b] = [&users[0], &users[1]];
    let name = session.name();
    let (_, made) = push(session, &name, &[a]).await?;
    let Some(group) = made else { return Err(Stop::Blocked(&group::CREATED_WITH_MEMBERS)) };
    let mut body = okta(session, "GET", &group.path, None).await?.object();
    if !session.put(&group.path, &body).await?.ok() {
        return Err(Stop::Blocked(&group::PUT_ROUND_TRIP));
    }
    body["displayName"] = json!(name);
    body["members"] = some(&[a, b]);
    let answer = okta(session, "PUT", &group.path, Some(&body)).await?;
    let (_, found) = members_of(session, &group, &users).await?;
    if !session.require(
        &GROUP_PUSH_WIZARD,
        answer.ok() && found == "AB",
        &answer,
        &["200, then both members"],
        || format!("{}, then {}", answer.outcome(), named(&found, &users)),
    ) {
        return Err(Stop::Blocked(&GROUP_PUSH_WIZARD));
    }
    let bare = json!({"schemas": [GROUP], "id": group.id, "displayName": name, "members": [{"value": b.id, "display": null}]});
    let answer = okta(session, "PUT", &group.path, Some(&bare)).await?;
    let (_, found) = members_of(session, &group, &users).await?;
    session.require(
        &MEMBER_DISPLAY_NULL,
        answer.ok() && found == "B",
        &answer,
        &["200, then that member"],
        || format!("{}, then {}", answer.outcome(), named(&found, &users)),
    );
    Ok(())
}
