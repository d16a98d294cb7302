//! Probes of the rules in this area.

use serde_json::json;

use crate::checks::engine::{Answer, Call, Capability, Session, Stop, patch_call, probes};
use crate::checks::json::shown;
use crate::checks::rules::patch;
use crate::checks::rules::version::{
    CHANGES_WITH_RESOURCE, HEADER, IF_MATCH_ANY, IF_MATCH_PRESENT, IF_MATCH_SEVERAL, IF_MATCH_STALE,
    IF_NONE_MATCH, IF_NONE_MATCH_CHANGED, STAYS_WITHOUT_CHANGE,
};

probes! {
    "version.chain", Writes,
        [HEADER, STAYS_WITHOUT_CHANGE, CHANGES_WITH_RESOURCE, IF_NONE_MATCH, IF_NONE_MATCH_CHANGED,
         IF_MATCH_STALE, IF_MATCH_PRESENT],
        versions;
    "version.conditions", Writes, [IF_MATCH_ANY, IF_MATCH_SEVERAL], conditions;
}

pub(super) fn tag(answer: &Answer) -> Option<String> {
    answer.header("ETag").or_else(|| answer.text("meta.version")).map(str::to_owned)
}

async fn versions(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::ReadUser)?;
    let ada = session.user().await?;
    let first = session.get(&ada.path).await?;
    let claimed = session.facts.claims("etag") == Some(true);
    let Some(old) = tag(&first) else {
        return session.absent("resources have neither ETag nor meta.version");
    };
    session.require(&HEADER, first.header("ETag").is_some(), &first, &["ETag"], || {
        format!("meta.version {} alone", shown(first.at("meta.version")))
    });
    let again = session.get(&ada.path).await?;
    session.require(
        &STAYS_WITHOUT_CHANGE,
        tag(&again).as_deref() == Some(&old),
        &again,
        &[&format!("the version {old}")],
        || format!("the version {}", tag(&again).unwrap_or_default()),
    );
    // A proxy or framework may add an ETag to any answer; only who claims versions must honour them.
    if claimed {
        let call = Call::get(ada.path.clone()).header("If-None-Match", old.clone());
        let answer = session.send(call).await?;
        session.require(&IF_NONE_MATCH, answer.status == 304, &answer, &["304 Not Modified"], || {
            answer.outcome()
        });
    }
    let op = json!({"op": "replace", "path": "displayName", "value": "Augusta"});
    let changed = if session.facts.works(Capability::PatchUser) {
        session.patch(&ada.path, op.clone()).await?
    } else {
        let mut body = first.object();
        body["displayName"] = json!("Augusta");
        session.put(&ada.path, &body).await?
    };
    let after = session.get(&ada.path).await?;
    if !changed.ok() || after.at("displayName") == first.at("displayName") {
        return Err(Stop::Blocked(&patch::REPLACE_SIMPLE));
    }
    let new = tag(&after).unwrap_or_default();
    if !session.require(&CHANGES_WITH_RESOURCE, new != old, &after, &["another version"], || {
        format!("the version {new} after a change")
    }) {
        return Err(Stop::Blocked(&CHANGES_WITH_RESOURCE));
    }
    if !claimed {
        return session.absent("the service does not claim ETags in ServiceProviderConfig");
    }
    let call = Call::get(ada.path.clone()).header("If-None-Match", old.clone());
    let answer = session.send(call).await?;
    session.require(
        &IF_NONE_MATCH_CHANGED,
        answer.status == 200,
        &answer,
        &["200 with the resource"],
        || answer.outcome(),
    );
    let mut body = after.object();
    body["displayName"] = json!("Lost update");
    let mut calls = vec![Call::new("PUT", ada.path.clone()).json(&body)];
    if session.facts.works(Capability::PatchUser) {
        calls.push(patch_call(
            &ada.path,
            json!({"op": "replace", "path": "displayName", "value": "Lost update"}),
        ));
    }
    if session.facts.works(Capability::DeleteUser) {
        calls.push(Call::new("DELETE", ada.path.clone()));
    }
    for call in calls {
        let answer = session.send(call.header("If-Match", old.clone())).await?;
        // Table 8 has 409 for a version that does not match, too.
        let held = [409, 412].contains(&answer.status);
        session.require(&IF_MATCH_STALE, held, &answer, &["412 Precondition Failed"], || answer.outcome());
    }
    let now = session.get(&ada.path).await?;
    if now.status != 200 {
        return Err(Stop::Blocked(&IF_MATCH_STALE));
    }
    let kept = now.text("displayName") != Some("Lost update");
    session.require(&IF_MATCH_STALE, kept, &now, &["the resource as before"], || {
        format!("displayName {}", shown(now.at("displayName")))
    });
    if session.facts.works(Capability::PatchUser) {
        let set =
            patch_call(&ada.path, json!({"op": "replace", "path": "displayName", "value": "Conditional"}));
        let answer = session.send(set.header("If-Match", tag(&now).unwrap_or_default())).await?;
        session.require(&IF_MATCH_PRESENT, answer.ok(), &answer, &["200 or 204"], || answer.outcome());
    }
    Ok(())
}

async fn conditions(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::PutUser)?;
    let ada = session.user().await?;
    let read = session.get(&ada.path).await?;
    let Some(first) = tag(&read) else { return session.absent("resources have no versions") };
    let put = |body: &serde_json::Value, condition: String| {
        Call::new("PUT", ada.path.clone()).json(body).header("If-Match", condition)
    };
    let mut body = read.object();
    body["displayName"] = json!("First");
    if !session.send(put(&body, first)).await?.ok() {
        return session.absent("a change under If-Match with the present version is refused");
    }
    body["displayName"] = json!("Second");
    let answer = session.send(put(&body, "*".into())).await?;
    session.require(&IF_MATCH_ANY, answer.ok(), &answer, &["success"], || answer.outcome());
    for last in [true, false] {
        let Some(now) = tag(&session.get(&ada.path).await?) else { return Ok(()) };
        body["displayName"] = json!(format!("Third {last}"));
        let other = "W/\"scimulate-other\"";
        let condition = if last { format!("{other}, {now}") } else { format!("{now}, {other}") };
        let answer = session.send(put(&body, condition)).await?;
        session.require(&IF_MATCH_SEVERAL, answer.ok(), &answer, &["success"], || answer.outcome());
    }
    Ok(())
}
