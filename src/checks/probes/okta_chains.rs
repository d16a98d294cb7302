//! Okta's work in several requests (okta-client §3.5, §3.10, §3.11, §3.17): linking an account that exists,
//! unassigning and assigning again, pushing groups in both dialects.

use serde_json::{Value, json};

use super::groups::{self, cast, letters, some, told};
use super::lifecycle;
use super::okta::{look, okta, okta_id, reachable};
use crate::checks::Requirement;
use crate::checks::active::{Answer, Call, Capability, GROUP, Made, Probe, Session, Stop, is_list, probe};
use crate::checks::json::shown;
use crate::checks::requirement::requirements;
use crate::exchange::percent_encode;

requirements! {
    LINK = "okta.link-existing", Okta, "okta-client §3.5, §3.8",
        "An account that exists is found, read, and updated by a PUT of what was read with Okta's attributes added: externalId, locale, an empty groups.",
        "Take your own representation with further attributes, and keep the id.";
    AGAIN_PATCH = "okta.reassign-catalogue", Okta, "okta-client §3.5, §3.11",
        "Unassigned and assigned again by PATCH and PUT, a user has its old id, is active, and has the new profile.",
        "Let each step find what the one before has left.";
    AGAIN_PUT = "okta.reassign-wizard", Okta, "okta-client §3.5, §3.11",
        "Unassigned and assigned again by PUT alone, a user has its old id, is active, and has the new profile.",
        "Let each step find what the one before has left.";
    OFF_TWICE = "okta.deactivate-twice", Okta, "okta-client §3.10, §3.15",
        "A retried deactivation of an inactive user succeeds, and it stays inactive.",
        "Answer as for the first time.";
    ON_TWICE = "okta.activate-active", Okta, "okta-client §3.5",
        "An activation of an active user, which linking sends, succeeds, and it stays active.",
        "Answer as for an inactive user.";
    OFF_STAYS = "okta.push-keeps-inactive", Okta, "okta-client §3.8",
        "A profile update that carries active false does not activate the user.",
        "Change active only to what the PUT says.";
    LABEL = "okta.delete-with-content-type", Okta, "okta-client §2.1, §3.17",
        "A DELETE of a group that has a Content-Type and no body, as Okta prints it, deletes the group.",
        "Read no body where there is none.";
    LIST = "okta.groups-list", Okta, "okta-client §3.2, §3.16",
        "GET /Groups?startIndex=1&count=100, with which Okta verifies and imports groups, is answered with a list.",
        "Answer with a ListResponse, also when there is no group yet.";
    EXACT = "okta.group-look-up-exact", Okta, "okta-client §3.17; RFC 7644 §3.4.2.2",
        "The look-up of a group finds the group of that name, and none whose name only begins with it or ends in it.",
        "Compare displayName as a whole.", [Rfc, Okta];
    NAMES = "okta.group-look-up-names", Okta, "okta-client §3.17; RFC 7644 §3.4.2.2",
        "A group is found by its name with blanks, apostrophes, ampersands, quotes, plus and percent signs and letters of any script.",
        "Decode the query once, and read the value as a JSON string.", [Rfc, Okta];
    ANSWER = "okta.group-create-answer", Okta, "okta-client §3.17",
        "The answer to a group's creation has its id and displayName.",
        "Return the group in the body of the 201.";
    PUSH_PUT = "okta.group-push-wizard", Okta, "okta-client §3.17",
        "After a creation with members, a read and a PUT of name and members, as wizard apps push a group, it has these members.",
        "Take members with value and display in a PUT.";
    NULL_DISPLAY = "okta.member-display-null", Okta, "okta-client §3.17, §8.13",
        "Members with display null in a PUT are taken.",
        "Treat null as absent (RFC 7643 §2.5).", [Rfc, Okta];
    SAME_NAME = "okta.group-rename-unchanged", Okta, "okta-client §3.17, §8.3",
        "The rename that Okta sends with each change of members, although the name is the same, succeeds and changes nothing.",
        "Leave the group itself out when looking for a conflict of names.";
    BOTH = "okta.group-rename-and-members", Okta, "okta-client §3.17, §8.3",
        "A rename and a change of members, one request after the other, are both there afterwards, whichever comes first.",
        "Change the attribute that the request names, and keep the others.";
    CLEAR = "okta.push-now-without-path", Okta, "okta-client §3.17",
        "replace without a path and with id, displayName and an empty members in its value empties the group.",
        "Treat it as a replace of each member of the value.", [Rfc, Okta];
    AGAIN_GROUP = "okta.group-push-again", Okta, "okta-client §3.17",
        "A group that was deleted by unlinking can be pushed again under the same name.",
        "Free the name with the group.";
}

probe!(LINKED, "okta.linked", Writes, [LINK, ON_TWICE], linked);
probe!(BY_PATCH, "okta.assigned-again-by-patch", Writes, [AGAIN_PATCH, OFF_TWICE, OFF_STAYS], by_patch);
probe!(BY_PUT, "okta.assigned-again-by-put", Writes, [AGAIN_PUT], by_put);
probe!(LOOKED_UP, "okta.groups-looked-up", Writes, [LIST, EXACT, NAMES, super::filter::ESCAPES], looked_up);
probe!(
    PUSHED,
    "okta.groups-pushed",
    Writes,
    [ANSWER, groups::ADD_TWICE, groups::PATHLESS, SAME_NAME, BOTH, CLEAR, LABEL, AGAIN_GROUP],
    pushed
);
probe!(PUT, "okta.groups-put", Writes, [PUSH_PUT, NULL_DISPLAY], put);

pub(in crate::checks) static PROBES: &[&Probe] = &[&LINKED, &BY_PATCH, &BY_PUT, &LOOKED_UP, &PUSHED, &PUT];

const PATCH_OP: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

async fn patch(session: &mut Session, made: &Made, operations: Value) -> Result<Answer, Stop> {
    let body = json!({"schemas": [PATCH_OP], "Operations": operations});
    okta(session, "PATCH", &made.path, Some(&body)).await
}

async fn set_active(session: &mut Session, made: &Made, active: bool) -> Result<Answer, Stop> {
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
fn ended(read: &Answer, ada: &Made, family: &str) -> bool {
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
async fn assigned(session: &mut Session) -> Result<Made, Stop> {
    session.need(Capability::FilterUser)?;
    reachable(session).await?;
    let ada = session.user().await?;
    let read = session.get(&ada.path).await?;
    if read.at("active") != Some(&json!(true)) || read.text("name.familyName") != Some("Lovelace") {
        return Err(Stop::Blocked("create.stores-okta-attributes".into()));
    }
    // A representation that is not taken back is told by a requirement of its own.
    if session.facts.works(Capability::PutUser) && !session.put(&ada.path, &read.object()).await?.ok() {
        return Err(Stop::Blocked("replace.round-trip".into()));
    }
    Ok(ada)
}

/// The look-up of the assignment; where it does not find the user, that is told elsewhere.
async fn found(session: &mut Session, ada: &Made, by: &'static Requirement) -> Result<(), Stop> {
    let answer = look(session, "/Users", "userName", &ada.text("userName")).await?;
    if answer.lists(&ada.id) { Ok(()) } else { Err(Stop::Blocked(by.slug.to_owned())) }
}

async fn linked(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::PutUser)?;
    let ada = assigned(session).await?;
    if session.need(Capability::PatchUser).is_ok() {
        let on = set_active(session, &ada, true).await?;
        let read = session.get(&ada.path).await?;
        let right = on.ok() && read.at("active") == Some(&json!(true));
        session.hold(&ON_TWICE, right, &on, &["200 or 204, and active true"], || {
            format!("{}, then active {}", on.outcome(), shown(read.at("active")))
        });
    } else {
        session.skip(&ON_TWICE, "users cannot be patched");
    }
    found(session, &ada, &super::basics::LOOK_UP).await?;
    let read = okta(session, "GET", &ada.path, None).await?;
    let id = okta_id(&session.name());
    let answer = okta(session, "PUT", &ada.path, Some(&merged(&read, "King", &id))).await?;
    let after = session.get(&ada.path).await?;
    session.hold(
        &LINK,
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
        return Err(Stop::Blocked(lifecycle::OFF_PATCH.slug.to_owned()));
    }
    let again = set_active(session, &ada, false).await?;
    let read = session.get(&ada.path).await?;
    let right = again.ok() && read.at("active") == Some(&json!(false));
    session.hold(&OFF_TWICE, right, &again, &["200 or 204, and active false"], || {
        format!("{}, then active {}", again.outcome(), shown(read.at("active")))
    });
    let id = okta_id(&session.name());
    let answer = okta(session, "PUT", &ada.path, Some(&merged(&read, "Byron", &id))).await?;
    let after = session.get(&ada.path).await?;
    if answer.ok() {
        session.hold(
            &OFF_STAYS,
            after.at("active") == Some(&json!(false)),
            &answer,
            &["active false"],
            || format!("{}, then active {}", answer.outcome(), shown(after.at("active"))),
        );
    }
    found(session, &ada, &lifecycle::FOUND).await?;
    let on = set_active(session, &ada, true).await?;
    let read = okta(session, "GET", &ada.path, None).await?;
    if !on.ok() || read.at("active") != Some(&json!(true)) {
        return Err(Stop::Blocked(lifecycle::ON_PATCH.slug.to_owned()));
    }
    let answer = okta(session, "PUT", &ada.path, Some(&merged(&read, "King", &id))).await?;
    let after = session.get(&ada.path).await?;
    session.hold(
        &AGAIN_PATCH,
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
    for (active, by) in [(false, &lifecycle::OFF_PUT), (true, &lifecycle::ON_PUT)] {
        if active {
            found(session, &ada, &lifecycle::FOUND).await?;
        }
        let mut body = okta(session, "GET", &ada.path, None).await?.object();
        body["active"] = json!(active);
        let answer = okta(session, "PUT", &ada.path, Some(&body)).await?;
        let read = session.get(&ada.path).await?;
        if !answer.ok() || read.at("active") != Some(&json!(active)) {
            return Err(Stop::Blocked(by.slug.to_owned()));
        }
    }
    let read = okta(session, "GET", &ada.path, None).await?;
    let id = okta_id(&session.name());
    let answer = okta(session, "PUT", &ada.path, Some(&merged(&read, "King", &id))).await?;
    let after = session.get(&ada.path).await?;
    session.hold(
        &AGAIN_PUT,
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
    session.hold(&LIST, is_list(&list), &list, &["200 with a list"], || list.outcome());
    let base = session.name();
    let mut all = Vec::new();
    for name in [base.clone(), format!("{base}-test"), format!("my-{base}")] {
        let body = json!({"schemas": [GROUP], "displayName": name, "members": []});
        all.push(session.make("/Groups", body, "create.group").await?);
    }
    let found = look(session, "/Groups", "displayName", &base).await?;
    if found.status != 200 || !found.lists(&all[0].id) {
        // Without a look-up at all there is nothing to be exact about.
        session.blocked(&EXACT, super::filter::GROUP_NAME.slug);
        return Err(Stop::Blocked(super::filter::GROUP_NAME.slug.to_owned()));
    }
    session.hold(&EXACT, found.ids() == [all[0].id.clone()], &found, &["that group alone"], || {
        format!("{} groups", found.ids().len())
    });
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
        let requirement = if escaped { &super::filter::ESCAPES } else { &NAMES };
        session.hold(requirement, found.ids() == [id], &found, &["that group alone"], || {
            format!("{}, {} groups for `{name}`", found.outcome(), found.ids().len())
        });
    }
    Ok(())
}

async fn members_of(session: &mut Session, group: &Made, users: &[Made]) -> Result<(Answer, String), Stop> {
    let read = session.get(&group.path).await?;
    let found = letters(&read.body, users);
    Ok((read, found))
}

/// Creates a group as Okta does.
async fn push(session: &mut Session, name: &str, members: &[&Made]) -> Result<(Answer, Option<Made>), Stop> {
    let body = json!({"schemas": [GROUP], "displayName": name, "members": some(members)});
    let answer = okta(session, "POST", "/Groups", Some(&body)).await?;
    let made = answer.id().filter(|_| answer.ok()).map(|id| Made {
        path: format!("/Groups/{}", percent_encode(&id)),
        id,
        body,
    });
    Ok((answer, made))
}

async fn pushed(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::CreateGroup)?;
    reachable(session).await?;
    session.need(Capability::ReadGroup)?;
    session.need(Capability::PatchGroup)?;
    let users = cast(session, 3).await?;
    let [a, b, c] = [&users[0], &users[1], &users[2]];
    let name = session.name();
    let (answer, made) = push(session, &name, &[a, b]).await?;
    let Some(group) = made else { return Err(Stop::Blocked(groups::WITH.slug.to_owned())) };
    let shows = answer.text("displayName") == Some(name.as_str());
    session.hold(&ANSWER, shows, &answer, &["id and displayName"], || {
        format!("displayName {}", shown(answer.at("displayName")))
    });
    let (_, before) = members_of(session, &group, &users).await?;
    let add = |users: &[&Made]| json!([{"op": "add", "path": "members", "value": some(users)}]);
    let answer = patch(session, &group, add(&[a, b])).await?;
    let (_, found) = members_of(session, &group, &users).await?;
    // Catalogue apps repeat the members of the creation in an addition.
    if before == "AB" {
        session.hold(
            &groups::ADD_TWICE,
            answer.ok() && found == "AB",
            &answer,
            &["200 or 204, then both once"],
            || format!("{}, then {}", answer.outcome(), told(&found)),
        );
    }
    patch(session, &group, json!([{"op": "replace", "path": "members", "value": some(&[a, b])}])).await?;
    let rename = |id: &str, name: &str| json!([{"op": "replace", "value": {"id": id, "displayName": name}}]);
    let fresh = session.name();
    let answer = patch(session, &group, rename(&group.id, &fresh)).await?;
    let (read, found) = members_of(session, &group, &users).await?;
    if !answer.ok() || read.text("displayName") != Some(fresh.as_str()) || found != "AB" {
        return Err(Stop::Blocked(groups::RENAME.slug.to_owned()));
    }
    let answer = patch(session, &group, rename(&group.id, &fresh)).await?;
    let (read, found) = members_of(session, &group, &users).await?;
    let right = answer.ok() && found == "AB" && read.text("displayName") == Some(fresh.as_str());
    let same = session.hold(&SAME_NAME, right, &answer, &["200 or 204, the group as before"], || {
        format!(
            "{}, then displayName {} and {}",
            answer.outcome(),
            shown(read.at("displayName")),
            told(&found)
        )
    });
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
        let right = session.hold(
            &BOTH,
            right,
            &shows.unwrap_or_else(|| read.clone()),
            &[&format!("the new name and {wanted}")],
            || format!("displayName {} and {}", shown(read.at("displayName")), told(&found)),
        );
        if !right {
            break;
        }
    }
    let name = session.get(&group.path).await?.text("displayName").unwrap_or_default().to_owned();
    if !same {
        session.blocked(&CLEAR, SAME_NAME.slug);
        return unlink(session, &group, &name).await;
    }
    for (requirement, members, wanted) in [(&groups::PATHLESS, some(&[c]), "C"), (&CLEAR, json!([]), "")] {
        let value = json!({"id": group.id, "displayName": name, "members": members});
        let answer = patch(session, &group, json!([{"op": "replace", "value": value}])).await?;
        let (_, found) = members_of(session, &group, &users).await?;
        let right = answer.ok() && found == wanted;
        if !session.hold(
            requirement,
            right,
            &answer,
            &[&format!("200 or 204, then {}", told(wanted))],
            || format!("{}, then {}", answer.outcome(), told(&found)),
        ) {
            break;
        }
    }
    if !session.judged(&CLEAR) {
        session.blocked(&CLEAR, groups::PATHLESS.slug);
    }
    unlink(session, &group, &name).await
}

/// Unlinks with "delete the group", and pushes again.
async fn unlink(session: &mut Session, group: &Made, name: &str) -> Result<(), Stop> {
    let call = Call::okta("DELETE", group.path.clone(), None);
    let answer = session.send(call.header("Content-Type", "application/scim+json; charset=utf-8")).await?;
    let gone = session.get(&group.path).await?;
    if answer.ok() && gone.status == 404 {
        session.pass(&LABEL);
    } else {
        // Without the label it may be the same.
        let plain = session.delete(&group.path).await?;
        if !plain.ok() {
            return Err(Stop::Blocked("delete.group".into()));
        }
        session.fail(&LABEL, &answer, &["204, as without a Content-Type"], answer.outcome());
    }
    let (answer, made) = push(session, name, &[]).await?;
    session.hold(&AGAIN_GROUP, made.is_some(), &answer, &["201"], || answer.outcome());
    Ok(())
}

async fn put(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::CreateGroup)?;
    reachable(session).await?;
    session.need(Capability::ReadGroup)?;
    session.need(Capability::PutGroup)?;
    let users = cast(session, 2).await?;
    let [a, b] = [&users[0], &users[1]];
    let name = session.name();
    let (_, made) = push(session, &name, &[a]).await?;
    let Some(group) = made else { return Err(Stop::Blocked(groups::WITH.slug.to_owned())) };
    let mut body = okta(session, "GET", &group.path, None).await?.object();
    if !session.put(&group.path, &body).await?.ok() {
        return Err(Stop::Blocked(super::members::ROUND_TRIP.slug.to_owned()));
    }
    body["displayName"] = json!(name);
    body["members"] = some(&[a, b]);
    let answer = okta(session, "PUT", &group.path, Some(&body)).await?;
    let (_, found) = members_of(session, &group, &users).await?;
    if !session.hold(&PUSH_PUT, answer.ok() && found == "AB", &answer, &["200, then both members"], || {
        format!("{}, then {}", answer.outcome(), told(&found))
    }) {
        return Err(Stop::Blocked(PUSH_PUT.slug.to_owned()));
    }
    let bare = json!({"schemas": [GROUP], "id": group.id, "displayName": name, "members": [{"value": b.id, "display": null}]});
    let answer = okta(session, "PUT", &group.path, Some(&bare)).await?;
    let (_, found) = members_of(session, &group, &users).await?;
    session.hold(&NULL_DISPLAY, answer.ok() && found == "B", &answer, &["200, then that member"], || {
        format!("{}, then {}", answer.outcome(), told(&found))
    });
    Ok(())
}
