//! What a request leaves behind beside what it asked for: nothing after a refusal, other resources as they were
//! after a DELETE, and names that are free once nobody has them (RFC 7644 §3.3, §3.5, §3.6).

use serde_json::{Value, json};

use super::extensions::REPLACED;
use crate::checks::active::{
    Answer, Call, Capability, ENTERPRISE, Probe, Session, Stop, USER, filtered, patch_call, probe,
};
use crate::checks::json::{self, member, shown, texts};
use crate::checks::requirement::requirements;
use crate::exchange::percent_encode;

requirements! {
    USER_REFUSED = "create.refused-leaves-nothing", Must, "RFC 7644 §3.3, §3.12; RFC 9110 §15.5",
        "A creation of a user that is refused creates nothing.",
        "Check the whole body before anything is stored, or roll back.";
    GROUP_REFUSED = "group.refused-creation-leaves-nothing", Must, "RFC 7644 §3.3, §3.12; RFC 9110 §15.5",
        "A creation of a group that is refused, for its members say, creates nothing.",
        "Store the group and its members in one transaction.", [Rfc, Okta];
    CHANGE_REFUSED = "user.refused-change-changes-nothing", Must, "RFC 7644 §3.5.1, §3.5.2; RFC 9110 §15.5",
        "A PUT or PATCH that is refused because its userName is taken changes nothing else either.",
        "Check for conflicts before anything is stored, or roll back.";
    GROUP_CHANGE_REFUSED = "group.refused-change-changes-nothing", Must, "RFC 7644 §3.5.1, §3.5.2; RFC 9110 §15.5",
        "A change of members that is refused because one does not exist leaves the members as they were.",
        "Check all members before the first is stored, or roll back.", [Rfc, Okta];
    KEPT_GROUPS = "group.kept-by-rename", Must, "RFC 7643 §4.2; RFC 7644 §3.5",
        "A user who is renamed stays a member of its groups.",
        "Key memberships by id.", [Rfc, Okta];
    INACTIVE = "lifecycle.changes-while-inactive", Must, "RFC 7644 §3.5.2; RFC 7643 §4.1.1",
        "What is changed while a user is inactive is changed, and stays so when it is active again.",
        "Store changes of inactive users; set active and nothing else on reactivation.", [Rfc, Okta];
    PASSWORD = "lifecycle.password-keeps-inactive", Must, "RFC 7644 §3.5.2",
        "A new password does not activate an inactive user.",
        "Change what the operation names.", [Rfc, Okta];
    TWICE = "delete.twice-is-404", Must, "RFC 7644 §3.6",
        "A second DELETE of a resource is answered with 404, as every operation on it is.",
        "Look the resource up before it is deleted; treat one that is marked as deleted as absent.";
    OTHER_TYPE = "delete.other-type", Must, "RFC 7644 §3.6, §3.2",
        "A DELETE below /Groups with the id of a user is answered with 404 and leaves the user.",
        "Delete within the type of the endpoint.";
    REPORTS = "delete.manager-leaves-reports", Must, "RFC 7644 §3.6; RFC 7643 §4.3",
        "The deletion of a manager deletes nobody else.",
        "Do not cascade from manager to the people who have that manager.", [Rfc, Okta];
    REHIRED = "delete.name-again-has-no-groups", Must, "RFC 7644 §3.6; RFC 7643 §3.1, §4.2",
        "A new user with the userName of a deleted one is a member of none of that one's groups.",
        "Remove memberships with the user, and tie them to its id.", [Rfc, Okta];
    RELEASED = "user.released-name-is-free", Should, "RFC 7644 §3.3",
        "A userName that its user gave up in a rename does not conflict with a new user.",
        "Look for conflicts among the names that are in use.", [Rfc, Okta];
}

probe!(REFUSED, "aftermath.refused", Writes, [USER_REFUSED, GROUP_REFUSED], refused);
probe!(UNCHANGED, "aftermath.unchanged", Writes, [CHANGE_REFUSED, GROUP_CHANGE_REFUSED], unchanged);
probe!(ASLEEP, "aftermath.inactive", Writes, [INACTIVE, PASSWORD], inactive);
probe!(DELETED, "aftermath.deleted", Writes, [TWICE, OTHER_TYPE, REPORTS, REPLACED, REHIRED], deleted);
probe!(RENAMED, "aftermath.renamed", Writes, [RELEASED, KEPT_GROUPS], renamed);

pub(in crate::checks) static PROBES: &[&Probe] = &[&REFUSED, &UNCHANGED, &DELETED, &RENAMED, &ASLEEP];

/// How many of the resources found have that name: what a refused creation left. They go with the rest; others, which
/// a service that ignores filters may list, are somebody else's.
fn left(session: &mut Session, endpoint: &str, found: &Answer, attribute: &str, name: &Value) -> usize {
    let named = found.resources().iter().filter(|resource| member(resource, attribute) == Some(name));
    let ids: Vec<String> = named.filter_map(json::id).collect();
    for id in &ids {
        session.adopt(&format!("{endpoint}/{}", percent_encode(id)));
    }
    ids.len()
}

async fn refused(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::CreateUser)?;
    session.need(Capability::FilterUser)?;
    for wrong in [
        json!({"emails": "no list"}),
        json!({"emails": [{"value": {"no": "text"}}]}),
        json!({"active": {"no": "boolean"}}),
        json!({"schemas": [USER, ENTERPRISE], ENTERPRISE: "no object"}),
        json!({"schemas": [USER, ENTERPRISE], ENTERPRISE: {"manager": {"value": "scimulate-nobody"}}}),
    ] {
        let body = session.user_body(wrong);
        let answer = session.send(Call::new("POST", "/Users").json(&body).unwatched()).await?;
        if answer.ok() {
            continue;
        }
        let found = session.filter("/Users", &format!("userName eq {}", body["userName"])).await?;
        let count = left(session, "/Users", &found, "userName", &body["userName"]);
        session.hold(&USER_REFUSED, count == 0, &answer, &["a refusal, and no such user"], || {
            format!("{}, and a filter by its userName finds {count}", answer.outcome())
        });
    }
    session.need(Capability::CreateGroup)?;
    let there = session.group(&[]).await?;
    let by_name = |name: &Value| filtered("/Groups", &format!("displayName eq {name}"));
    let found = session.get(&by_name(&there.body["displayName"])).await?;
    if found.ids() != [there.id.clone()] {
        session.skip(&GROUP_REFUSED, "groups are not found by displayName");
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
        let count = left(session, "/Groups", &found, "displayName", &body["displayName"]);
        session.hold(&GROUP_REFUSED, count == 0, &answer, &["a refusal, and no such group"], || {
            format!("{}, and a filter by its displayName finds {count}", answer.outcome())
        });
    }
    if !judged {
        session.skip(&GROUP_REFUSED, "no creation of a group was refused");
    }
    Ok(())
}

async fn deleted(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::ReadUser)?;
    session.need(Capability::DeleteUser)?;
    let ada = session.user().await?;
    session.delete(&ada.path).await?;
    let again = session.delete(&ada.path).await?;
    session.hold(&TWICE, again.status == 404, &again, &["404 Not Found"], || again.outcome());
    other_type(session).await?;
    reports(session).await?;
    rehired(session).await
}

async fn other_type(session: &mut Session) -> Result<(), Stop> {
    if session.facts.has_endpoint("/Groups") == Some(false) {
        session.skip(&OTHER_TYPE, "the service has no groups");
        return Ok(());
    }
    let ada = session.user().await?;
    let elsewhere = ada.path.replacen("/Users/", "/Groups/", 1);
    // Where ids are counted up for each type, somebody else's group may have this one at any time.
    if ada.id.len() < 16 || session.get(&elsewhere).await?.status != 404 {
        session.skip(&OTHER_TYPE, "ids of users and groups may coincide");
        return Ok(());
    }
    let answer = session.send(Call::new("DELETE", elsewhere)).await?;
    let after = session.get(&ada.path).await?;
    let held = answer.status == 404 && after.ok();
    session.hold(&OTHER_TYPE, held, &answer, &["404 Not Found, and the user as before"], || {
        format!("{}, then {} for the user", answer.outcome(), after.status)
    });
    Ok(())
}

async fn reports(session: &mut Session) -> Result<(), Stop> {
    if session.facts.schema(ENTERPRISE).is_none() || !session.facts.extends(USER, ENTERPRISE) {
        session.skip(&REPORTS, "the service has no enterprise extension");
        return Ok(());
    }
    let boss = session.user().await?;
    let extension = json!({"manager": {"value": boss.id}});
    let body = session.user_body(json!({"schemas": [USER, ENTERPRISE], ENTERPRISE: extension}));
    let answer = session.post("/Users", &body).await?;
    let Some(id) = answer.id().filter(|_| answer.ok()) else {
        session.skip(&REPORTS, "no user can be created with a manager");
        return Ok(());
    };
    let path = format!("/Users/{}", percent_encode(&id));
    let read = session.get(&path).await?;
    let manager = format!("{ENTERPRISE}:manager.value");
    if read.text(&manager) != Some(boss.id.as_str()) {
        session.skip(&REPORTS, "the service does not store manager");
        return Ok(());
    }
    if session.facts.works(Capability::PutUser) {
        let answer = session.put(&path, &read.object()).await?;
        let after = session.get(&path).await?;
        let kept = answer.refused() || after.text(&manager) == Some(boss.id.as_str());
        session.hold(&REPLACED, kept, &answer, &["the manager as sent"], || {
            format!("{}, then manager {}", answer.outcome(), shown(after.at(&manager)))
        });
    }
    let gone = session.delete(&boss.path).await?;
    if !gone.ok() {
        session.skip(&REPORTS, "a manager with reports cannot be deleted");
        return Ok(());
    }
    let after = session.get(&path).await?;
    if after.ok() {
        session.adopt(&path);
    }
    session.hold(&REPORTS, after.ok(), &gone, &["204, and the reports as before"], || {
        format!("{}, then {} for a user who had that manager", gone.outcome(), after.status)
    });
    Ok(())
}

async fn rehired(session: &mut Session) -> Result<(), Stop> {
    if !session.facts.works(Capability::ReadGroup) {
        session.skip(&REHIRED, "groups cannot be read");
        return Ok(());
    }
    let (ada, bob) = (session.user().await?, session.user().await?);
    let group = session.group(&[&ada, &bob]).await?;
    let gone = session.delete(&ada.path).await?;
    let mut body = session.user_body(json!({}));
    body["userName"] = json!(ada.text("userName"));
    if let Some(first) = body.pointer_mut("/emails/0/value") {
        *first = json!(ada.text("userName"));
    }
    let answer = session.post("/Users", &body).await?;
    let Some(id) = answer.id().filter(|id| gone.ok() && answer.ok() && *id != ada.id) else {
        session.skip(&REHIRED, "the name of a deleted user cannot be taken again");
        return Ok(());
    };
    let read = session.get(&format!("/Users/{}", percent_encode(&id))).await?;
    let after = session.get(&group.path).await?;
    let member = texts(&after.body, "members", "value").contains(&id);
    let linked = texts(&read.body, "groups", "value").contains(&group.id);
    session.hold(&REHIRED, !member && !linked, &after, &["a group without the new user"], || {
        format!("members {}, groups of the user {}", shown(after.at("members")), shown(read.at("groups")))
    });
    Ok(())
}

async fn renamed(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::ReadUser)?;
    let ada = session.user().await?;
    let (old, new) = (ada.text("userName"), session.login());
    let group =
        if session.facts.works(Capability::ReadGroup) { Some(session.group(&[&ada]).await?) } else { None };
    let patch = session.facts.works(Capability::PatchUser);
    let answer = if patch {
        session.patch(&ada.path, json!({"op": "replace", "path": "userName", "value": new})).await?
    } else {
        session.need(Capability::PutUser)?;
        let mut body = session.get(&ada.path).await?.object();
        body["userName"] = json!(new);
        session.put(&ada.path, &body).await?
    };
    let read = session.get(&ada.path).await?;
    if !answer.ok() || !read.text("userName").is_some_and(|now| now.eq_ignore_ascii_case(&new)) {
        return session.absent("users are not renamed");
    }
    if let Some(group) = group {
        let after = session.get(&group.path).await?;
        let kept = texts(&after.body, "members", "value").contains(&ada.id);
        session.hold(&KEPT_GROUPS, kept, &after, &["the renamed user among members"], || {
            format!("members {}", shown(after.at("members")))
        });
    } else {
        session.skip(&KEPT_GROUPS, "groups cannot be read");
    }
    let mut body = session.user_body(json!({}));
    body["userName"] = json!(old);
    let answer = session.post("/Users", &body).await?;
    session.hold(&RELEASED, answer.ok(), &answer, &["201 Created"], || answer.outcome());
    Ok(())
}

async fn unchanged(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::ReadUser)?;
    let (ada, bob) = (session.user().await?, session.user_with(json!({"title": "Before"})).await?);
    let before = session.get(&bob.path).await?;
    let taken = ada.text("userName");
    let mut calls = Vec::new();
    if session.facts.works(Capability::PatchUser) {
        let set = |path: &str, value: &str| json!({"op": "replace", "path": path, "value": value});
        calls.push(patch_call(&bob.path, json!([set("title", "After"), set("userName", &taken)])));
        calls.push(patch_call(
            &bob.path,
            json!({"op": "replace", "value": {"title": "After", "userName": taken}}),
        ));
    }
    if session.facts.works(Capability::PutUser) {
        let mut body = before.object();
        body["title"] = json!("After");
        body["userName"] = json!(taken);
        calls.push(Call::new("PUT", bob.path.clone()).json(&body));
    }
    for call in calls {
        let answer = session.send(call).await?;
        if answer.ok() {
            // That a taken name is taken has requirements of its own.
            continue;
        }
        let after = session.get(&bob.path).await?;
        let same = ["title", "emails", "name", "displayName", "active"]
            .iter()
            .all(|name| after.at(name) == before.at(name));
        session.hold(&CHANGE_REFUSED, same, &answer, &["a refusal, and the user as before"], || {
            format!("{}, then {}", answer.outcome(), shown(Some(&after.body)))
        });
    }
    if !session.facts.works(Capability::ReadGroup) {
        session.skip(&GROUP_CHANGE_REFUSED, "groups cannot be read");
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
        if !session.hold(
            &GROUP_CHANGE_REFUSED,
            same,
            &answer,
            &["a refusal, and the member as before"],
            || format!("{}, then {} members", answer.outcome(), members.len()),
        ) {
            break;
        }
    }
    if !judged {
        session.skip(&GROUP_CHANGE_REFUSED, "the service takes members that do not exist");
    }
    Ok(())
}

async fn inactive(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::PatchUser)?;
    session.need(Capability::ReadUser)?;
    let ada = session.user_with(json!({"title": "Before"})).await?;
    let set = |path: &str, value: Value| json!({"op": "replace", "path": path, "value": value});
    let stores = session.get(&ada.path).await?.text("title") == Some("Before");
    session.patch(&ada.path, set("active", json!(false))).await?;
    let off = session.get(&ada.path).await?;
    if !stores || !off.ok() || off.at("active") != Some(&json!(false)) {
        return Err(Stop::Blocked("lifecycle.deactivate-patch".into()));
    }
    let answer = session.patch(&ada.path, set("title", json!("After"))).await?;
    if !answer.ok() {
        session.skip(&INACTIVE, "inactive users cannot be changed");
    } else {
        let changed = session.get(&ada.path).await?;
        session.patch(&ada.path, set("active", json!(true))).await?;
        let after = session.get(&ada.path).await?;
        let held = changed.text("title") == Some("After") && after.text("title") == Some("After");
        session.hold(&INACTIVE, held, &answer, &["title \"After\", also when active again"], || {
            format!("title {}, then {}", shown(changed.at("title")), shown(after.at("title")))
        });
        session.patch(&ada.path, set("active", json!(false))).await?;
    }
    let answer = session.patch(&ada.path, set("password", json!("s8-Kx!scimulate-2Qv"))).await?;
    if !answer.ok() {
        session.skip(&PASSWORD, "passwords cannot be set by PATCH");
        return Ok(());
    }
    let after = session.get(&ada.path).await?;
    let held = after.at("active") != Some(&json!(true));
    session.hold(&PASSWORD, held, &answer, &["active false"], || {
        format!("active {}", shown(after.at("active")))
    });
    Ok(())
}
