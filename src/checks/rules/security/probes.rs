//! Probes of the rules in this area.

use serde_json::{Value, json};

use crate::checks::engine::{
    Call, Capability, Credential, Session, Stop, filtered, patch_call, path_to, probes,
};
use crate::checks::rules::security::{
    EXTERNAL_ID_SCOPE, OTHER_TENANT_MEMBERS, OTHER_TENANT_READS, OTHER_TENANT_WRITES,
};

probes! {
    "security.tenants", Writes, [OTHER_TENANT_READS, OTHER_TENANT_WRITES, OTHER_TENANT_MEMBERS], tenants;
    "security.external-ids", Writes, [EXTERNAL_ID_SCOPE], external_ids;
}

async fn tenants(session: &mut Session) -> Result<(), Stop> {
    if !session.has_second() {
        return session.absent("no credential of another tenant was given; --second-bearer-env does");
    }
    session.need(Capability::ReadUser)?;
    let ada = session.user().await?;
    let other = |call: Call| call.credential(Credential::Second);
    let mut leaks = Vec::new();
    let read = session.send(other(Call::get(ada.path.clone()))).await?;
    if read.ok() {
        leaks.push("by its id");
    }
    let filter = format!("userName eq {}", Value::from(ada.text("userName")));
    let found = session.send(other(Call::get(filtered("/Users", &filter)))).await?;
    if found.ok() && found.lists(&ada.id) {
        leaks.push("by a filter");
    }
    let listed = session.send(other(Call::get("/Users?startIndex=1&count=200"))).await?;
    if listed.ok() && listed.lists(&ada.id) {
        leaks.push("in the list");
    }
    session.require(
        &OTHER_TENANT_READS,
        leaks.is_empty(),
        &read,
        &["404 Not Found", "403 Forbidden"],
        || format!("the user is seen {}", leaks.join(", ")),
    );
    if session.need(Capability::CreateGroup).is_ok() {
        let mut body = session.group_body(&[]);
        body["members"] = json!([{"value": ada.id}]);
        let created = session.send(other(Call::new("POST", "/Groups").json(&body))).await?;
        // A service need not check members, so what counts is whether the user is taken in.
        let seen = session.get(&ada.path).await?;
        let group = created.id().unwrap_or_default();
        let taken =
            created.ok() && crate::checks::json::texts(&seen.body, "groups", "value").contains(&group);
        session.require(
            &OTHER_TENANT_MEMBERS,
            !taken,
            &seen,
            &["a user that is in no foreign group"],
            || "the user is in the group of another tenant".to_owned(),
        );
        if created.ok() {
            let path = path_to("/Groups", &group)?;
            session.send(other(Call::new("DELETE", path))).await?;
        }
    } else {
        session.skip(&OTHER_TENANT_MEMBERS, "groups cannot be created");
    }
    let patch = patch_call(&ada.path, json!({"op": "replace", "path": "displayName", "value": "Taken over"}));
    let patched = session.send(other(patch)).await?;
    let deleted = session.send(other(Call::new("DELETE", ada.path.clone()))).await?;
    // The session forgets what was deleted; should that have worked, there is nothing to clean up.
    let after = session.get(&ada.path).await?;
    if after.ok() {
        session.keep(&ada.path);
    }
    let same = after.status == 200 && after.text("displayName") != Some("Taken over");
    session.require(
        &OTHER_TENANT_WRITES,
        same && !patched.ok() && !deleted.ok(),
        &deleted,
        &["404, and the user as before"],
        || format!("{} for PATCH, {} for DELETE, then {}", patched.status, deleted.status, after.status),
    );
    Ok(())
}

async fn external_ids(session: &mut Session) -> Result<(), Stop> {
    if !session.has_second() {
        return session.absent("no credential of another tenant was given; --second-bearer-env does");
    }
    session.need(Capability::ReadUser)?;
    let external = session.name();
    let ada = session.user_with(json!({"externalId": external})).await?;
    let other = |call: Call| call.credential(Credential::Second);
    if session.send(other(Call::get(ada.path.clone()))).await?.ok() {
        return Err(Stop::Blocked(&OTHER_TENANT_READS));
    }
    let filter = format!("externalId eq {}", Value::from(external.clone()));
    let finds = session.filter("/Users", &filter).await?.ids() == [ada.id.clone()];
    if session.get(&ada.path).await?.text("externalId") == Some(&external) {
        let body = session.user_body(json!({"externalId": external}));
        let created = session.send(other(Call::new("POST", "/Users").json(&body))).await?;
        session.require(&EXTERNAL_ID_SCOPE, created.ok(), &created, &["201"], || created.outcome());
        if finds {
            let found = session.filter("/Users", &filter).await?;
            session.require(
                &EXTERNAL_ID_SCOPE,
                found.ids() == [ada.id.clone()],
                &found,
                &["the client's own user"],
                || format!("{} users", found.resources().len()),
            );
        }
        if let Some(id) = created.id().filter(|_| created.ok()) {
            let path = path_to("/Users", &id)?;
            session.send(other(Call::new("DELETE", path))).await?;
        }
    } else {
        session.skip(&EXTERNAL_ID_SCOPE, "the service does not store externalId");
    }
    Ok(())
}
