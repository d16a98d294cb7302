//! Probes of the rules in this area.

use serde_json::json;

use crate::checks::engine::{Call, Capability, Session, Stop, patch_call, probes};
use crate::checks::json::{shown, texts};
use crate::checks::rules::group;
use crate::checks::rules::user::{REFUSED_CHANGE_CHANGES_NOTHING, RELEASED_NAME_IS_FREE};

probes! {
    "user.unchanged", Writes, [REFUSED_CHANGE_CHANGES_NOTHING], unchanged;
    "user.renamed", Writes, [RELEASED_NAME_IS_FREE, group::KEPT_BY_RENAME], renamed;
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
        session.require(&group::KEPT_BY_RENAME, kept, &after, &["the renamed user among members"], || {
            format!("members {}", shown(after.at("members")))
        });
    } else {
        session.skip(&group::KEPT_BY_RENAME, "groups cannot be read");
    }
    let mut body = session.user_body(json!({}));
    body["userName"] = json!(old);
    let answer = session.post("/Users", &body).await?;
    session.require(&RELEASED_NAME_IS_FREE, answer.ok(), &answer, &["201 Created"], || answer.outcome());
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
        session.require(
            &REFUSED_CHANGE_CHANGES_NOTHING,
            same,
            &answer,
            &["a refusal, and the user as before"],
            || format!("{}, then {}", answer.outcome(), shown(Some(&after.body))),
        );
    }
    Ok(())
}
