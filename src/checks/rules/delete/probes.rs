//! Probes of the rules in this area.

use serde_json::{Value, json};

use crate::checks::engine::{Call, Capability, Session, Stop, path_to, probes};
use crate::checks::json::{shown, texts};
use crate::checks::rules::delete;
use crate::checks::rules::delete::{
    ID_NOT_REUSED, MANAGER_LEAVES_REPORTS, NAME_AGAIN_HAS_NO_GROUPS, NAME_IS_FREE, NOT_IN_QUERIES,
    OTHER_TYPE, TWICE_IS_404, UNKNOWN_IS_404,
};
use crate::checks::rules::extension;
use crate::urn::{ENTERPRISE, USER};

probes! {
    "delete.chain", Writes, [NOT_IN_QUERIES, NAME_IS_FREE, ID_NOT_REUSED, delete::GROUP], deletes;
    "delete.unknown", Writes, [UNKNOWN_IS_404], delete_unknown;
    "delete.aftermath", Writes,
        [TWICE_IS_404, OTHER_TYPE, MANAGER_LEAVES_REPORTS, extension::REPLACED, NAME_AGAIN_HAS_NO_GROUPS],
        deleted;
}

async fn deletes(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::DeleteUser)?;
    let ada = session.user().await?;
    let name = ada.text("userName");
    let gone = session.delete(&ada.path).await?;
    let mut seen = Vec::new();
    let mut shows = gone;
    if session.need(Capability::FilterUser).is_ok() {
        let found = session.filter("/Users", &format!("userName eq {}", Value::from(name.clone()))).await?;
        if found.lists(&ada.id) {
            seen.push("the look-up by userName".to_owned());
            shows = found;
        }
    }
    let listed = session.get("/Users?startIndex=1&count=200").await?;
    if listed.lists(&ada.id) {
        seen.push("the list of users".to_owned());
        shows = listed;
    }
    session.require(&NOT_IN_QUERIES, seen.is_empty(), &shows, &["no deleted resource"], || {
        format!("the deleted user is in {}", seen.join(" and in "))
    });
    let body = session.user_body(json!({"userName": name}));
    let again = session.post("/Users", &body).await?;
    session.require(&NAME_IS_FREE, again.ok(), &again, &["201"], || again.outcome());
    if again.ok() {
        session.require(
            &ID_NOT_REUSED,
            again.id().as_deref() != Some(&ada.id),
            &again,
            &["another id"],
            || format!("the id {} of the deleted user", ada.id),
        );
    }
    if session.need(Capability::CreateGroup).is_err() {
        session.skip(&delete::GROUP, "groups cannot be created");
        return Ok(());
    }
    let member = session.user().await?;
    let group = session.group(&[&member]).await?;
    let deleted = session.delete(&group.path).await?;
    if deleted.not_offered() && deleted.status != 404 {
        session.skip(&delete::GROUP, "the service does not offer DELETE of groups");
        return Ok(());
    }
    let after = session.get(&group.path).await?;
    let still = session.get(&member.path).await?;
    let right = deleted.ok() && after.status == 404 && still.status == 200;
    session.require(
        &delete::GROUP,
        right,
        &deleted,
        &["204, then 404 for the group and 200 for its member"],
        || {
            format!(
                "{}, then {} for the group and {} for its member",
                deleted.outcome(),
                after.status,
                still.status
            )
        },
    );
    Ok(())
}

async fn delete_unknown(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::DeleteUser)?;
    let nobody = format!("/Users/{}", session.name());
    let gone = session.delete(&nobody).await?;
    session.require(&UNKNOWN_IS_404, gone.status == 404, &gone, &["404 Not Found"], || gone.outcome());
    Ok(())
}

async fn deleted(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::ReadUser)?;
    session.need(Capability::DeleteUser)?;
    let ada = session.user().await?;
    session.delete(&ada.path).await?;
    let again = session.delete(&ada.path).await?;
    session.require(&TWICE_IS_404, again.status == 404, &again, &["404 Not Found"], || again.outcome());
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
    // The status of a refusal is a SHOULD (§3.12).
    let held = (answer.refused() || answer.status == 501) && after.ok();
    session.require(&OTHER_TYPE, held, &answer, &["404 Not Found, and the user as before"], || {
        format!("{}, then {} for the user", answer.outcome(), after.status)
    });
    Ok(())
}

async fn reports(session: &mut Session) -> Result<(), Stop> {
    if session.facts.schema(ENTERPRISE).is_none() || !session.facts.extends(USER, ENTERPRISE) {
        session.skip(&MANAGER_LEAVES_REPORTS, "the service has no enterprise extension");
        return Ok(());
    }
    let boss = session.user().await?;
    let extension = json!({"manager": {"value": boss.id}});
    let body = session.user_body(json!({"schemas": [USER, ENTERPRISE], ENTERPRISE: extension}));
    let answer = session.post("/Users", &body).await?;
    let Some(id) = answer.id().filter(|_| answer.ok()) else {
        session.skip(&MANAGER_LEAVES_REPORTS, "no user can be created with a manager");
        return Ok(());
    };
    let path = path_to("/Users", &id)?;
    let read = session.get(&path).await?;
    let manager = format!("{ENTERPRISE}:manager.value");
    if read.text(&manager) != Some(boss.id.as_str()) {
        session.skip(&MANAGER_LEAVES_REPORTS, "the service does not store manager");
        return Ok(());
    }
    if session.facts.works(Capability::PutUser) {
        let answer = session.put(&path, &read.object()).await?;
        let after = session.get(&path).await?;
        let kept = answer.refused() || after.text(&manager) == Some(boss.id.as_str());
        session.require(&extension::REPLACED, kept, &answer, &["the manager as sent"], || {
            format!("{}, then manager {}", answer.outcome(), shown(after.at(&manager)))
        });
    }
    let gone = session.delete(&boss.path).await?;
    if !gone.ok() {
        session.skip(&MANAGER_LEAVES_REPORTS, "a manager with reports cannot be deleted");
        return Ok(());
    }
    let after = session.get(&path).await?;
    if after.ok() {
        session.keep(&path);
    }
    session.require(&MANAGER_LEAVES_REPORTS, after.ok(), &gone, &["204, and the reports as before"], || {
        format!("{}, then {} for a user who had that manager", gone.outcome(), after.status)
    });
    Ok(())
}

async fn rehired(session: &mut Session) -> Result<(), Stop> {
    if !session.facts.works(Capability::ReadGroup) {
        session.skip(&NAME_AGAIN_HAS_NO_GROUPS, "groups cannot be read");
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
        session.skip(&NAME_AGAIN_HAS_NO_GROUPS, "the name of a deleted user cannot be taken again");
        return Ok(());
    };
    let read = session.get(&path_to("/Users", &id)?).await?;
    let after = session.get(&group.path).await?;
    let member = texts(&after.body, "members", "value").contains(&id);
    let linked = texts(&read.body, "groups", "value").contains(&group.id);
    session.require(
        &NAME_AGAIN_HAS_NO_GROUPS,
        !member && !linked,
        &after,
        &["a group without the new user"],
        || format!("members {}, groups of the user {}", shown(after.at("members")), shown(read.at("groups"))),
    );
    Ok(())
}
