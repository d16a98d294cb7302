//! Probes of the rules in this area.

use serde_json::{Value, json};

use crate::checks::engine::{Answer, Capability, Session, Stop, probes};
use crate::checks::json::{at, equivalent, id, shown, texts};
use crate::checks::rules::lifecycle::{
    CHANGES_WHILE_INACTIVE, DEACTIVATE_PATCH, DEACTIVATE_PUT, FILTER_ACTIVE, INACTIVE_IS_FOUND,
    INACTIVE_NAME_IS_TAKEN, INACTIVE_STAYS, KEEPS_ATTRIBUTES, KEEPS_MEMBERSHIPS, LIST_SHOWS_STATE,
    PASSWORD_KEEPS_INACTIVE, REACTIVATE_PATCH, REACTIVATE_PUT,
};
use crate::checks::stage::Created;

probes! {
    /// The chain of apps from Okta's catalogue.
    "lifecycle.by-patch", Writes,
        [DEACTIVATE_PATCH, REACTIVATE_PATCH, INACTIVE_STAYS, INACTIVE_IS_FOUND, LIST_SHOWS_STATE,
         KEEPS_ATTRIBUTES, INACTIVE_NAME_IS_TAKEN, FILTER_ACTIVE],
        by_patch;
    /// The chain of apps made with the wizard.
    "lifecycle.by-put", Writes, [DEACTIVATE_PUT, REACTIVATE_PUT], by_put;
    "lifecycle.memberships", Writes, [KEEPS_MEMBERSHIPS], kept;
    "lifecycle.while-inactive", Writes, [CHANGES_WHILE_INACTIVE, PASSWORD_KEEPS_INACTIVE], while_inactive;
}

fn active(value: &Value) -> Option<bool> {
    at(value, "active").and_then(Value::as_bool)
}

fn now(answer: &Answer) -> String {
    format!("{}, active {}", answer.outcome(), shown(answer.at("active")))
}

async fn by_patch(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::PatchUser)?;
    session.need(Capability::ReadUser)?;
    let ada = session.user_with(json!({"nickName": "Countess"})).await?;
    let before = session.get(&ada.path).await?;
    let off = session.patch(&ada.path, json!({"op": "replace", "value": {"active": false}})).await?;
    let read = session.get(&ada.path).await?;
    if off.ok() {
        session
            .require(&INACTIVE_STAYS, read.status == 200, &read, &["200 with the user"], || read.outcome());
    }
    let done = off.ok() && active(&read.body) == Some(false);
    // A resource that is gone is told by the requirement above.
    if !(off.ok() && read.status == 404) {
        let shows = if off.ok() { &read } else { &off };
        session.require(&DEACTIVATE_PATCH, done, shows, &["200 or 204, then active false"], || now(shows));
        if !done {
            session.seen_as("Nothing, or a failed deactivation task: the account stays active.");
        }
    }
    if !done {
        return Err(Stop::Blocked(if read.status == 404 { &INACTIVE_STAYS } else { &DEACTIVATE_PATCH }));
    }
    let kept = ["userName", "displayName", "nickName", "name.familyName", "emails"];
    let lost: Vec<String> = kept
        .iter()
        .filter(|name| !equivalent(at(&before.body, name), at(&read.body, name)))
        .map(|name| {
            format!("{name} {} is now {}", shown(at(&before.body, name)), shown(at(&read.body, name)))
        })
        .collect();
    session.require(&KEEPS_ATTRIBUTES, lost.is_empty(), &read, &["the other attributes as before"], || {
        lost.join("; ")
    });
    inactive(session, &ada).await?;
    let on = session.patch(&ada.path, json!({"op": "replace", "value": {"active": true}})).await?;
    let read = session.get(&ada.path).await?;
    session.require(
        &REACTIVATE_PATCH,
        on.ok() && active(&read.body) == Some(true) && read.id().as_deref() == Some(&ada.id),
        if on.ok() { &read } else { &on },
        &["200 or 204, then active true under the same id"],
        || now(if on.ok() { &read } else { &on }),
    );
    Ok(())
}

/// What others see of an inactive user.
async fn inactive(session: &mut Session, ada: &Created) -> Result<(), Stop> {
    let name = Value::from(ada.text("userName"));
    if session.need(Capability::FilterUser).is_ok() {
        let found = session.filter("/Users", &format!("userName eq {name}")).await?;
        let finds = session.require(
            &INACTIVE_IS_FOUND,
            found.lists(&ada.id),
            &found,
            &["a list with the user"],
            || format!("{}, totalResults {}", found.outcome(), shown(found.at("totalResults"))),
        );
        if finds {
            let listed = found.resources().iter().find(|user| id(user).as_deref() == Some(&ada.id));
            let state = listed.and_then(|user| at(user, "active")).cloned();
            session.require(
                &LIST_SHOWS_STATE,
                state == Some(Value::Bool(false)),
                &found,
                &["active false"],
                || format!("active {}", shown(state.as_ref())),
            );
        } else {
            session.seen_as("Okta creates the user again, and shows the conflict that the service answers.");
        }
        if session.facts.claims("filter") != Some(false) {
            let both = session.filter("/Users", &format!("userName eq {name} and active eq true")).await?;
            let off = session.filter("/Users", &format!("userName eq {name} and active eq false")).await?;
            if both.status == 200 && off.status == 200 {
                let right = !both.lists(&ada.id) && off.lists(&ada.id);
                session.require(&FILTER_ACTIVE, right, &off, &["the user for active eq false alone"], || {
                    format!(
                        "{} for active eq true, {} for active eq false",
                        both.ids().len(),
                        off.ids().len()
                    )
                });
            } else if !both.refused() || !off.refused() {
                session.fail(&FILTER_ACTIVE, &off, &["200 with a list", "400 invalidFilter"], off.outcome());
            } else {
                session.skip(&FILTER_ACTIVE, "the service refuses filters with `and` or by active");
            }
        }
    }
    let again = session.user_body(json!({"userName": ada.text("userName")}));
    let answer = session.post("/Users", &again).await?;
    // Some services take the creation as a reactivation, which keeps the name unique all the same.
    let same = answer.ok() && answer.id().as_deref() == Some(&ada.id);
    session.require(
        &INACTIVE_NAME_IS_TAKEN,
        answer.status == 409 || same,
        &answer,
        &["409 uniqueness"],
        || answer.outcome(),
    );
    Ok(())
}

async fn by_put(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::PutUser)?;
    let ada = session.user().await?;
    for (requirement, state) in [(&DEACTIVATE_PUT, false), (&REACTIVATE_PUT, true)] {
        let mut body = session.get(&ada.path).await?.object();
        body["active"] = json!(state);
        let put = session.put(&ada.path, &body).await?;
        let read = session.get(&ada.path).await?;
        let right = put.ok() && active(&read.body) == Some(state) && read.id().as_deref() == Some(&ada.id);
        let shows = if put.ok() { &read } else { &put };
        if !session.require(requirement, right, shows, &["200, then the new state of active"], || now(shows))
        {
            return Err(Stop::Blocked(requirement));
        }
    }
    Ok(())
}

async fn kept(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::PatchUser)?;
    session.need(Capability::ReadGroup)?;
    let ada = session.user().await?;
    let group: Created = session.group(&[&ada]).await?;
    let off = session.patch(&ada.path, json!({"op": "replace", "value": {"active": false}})).await?;
    let inactive = off.ok() && session.get(&ada.path).await?.at("active") == Some(&json!(false));
    if !inactive {
        session.blocked(&KEEPS_MEMBERSHIPS, &DEACTIVATE_PATCH);
        return Ok(());
    }
    let after = session.get(&group.path).await?;
    let stays = texts(&after.body, "members", "value").contains(&ada.id);
    session.require(&KEEPS_MEMBERSHIPS, stays, &after, &["the group with its member"], || {
        format!("members {}", shown(after.at("members")))
    });
    Ok(())
}

async fn while_inactive(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::PatchUser)?;
    session.need(Capability::ReadUser)?;
    let ada = session.user_with(json!({"title": "Before"})).await?;
    let set = |path: &str, value: Value| json!({"op": "replace", "path": path, "value": value});
    let stores = session.get(&ada.path).await?.text("title") == Some("Before");
    session.patch(&ada.path, set("active", json!(false))).await?;
    let off = session.get(&ada.path).await?;
    if !stores || !off.ok() || off.at("active") != Some(&json!(false)) {
        return Err(Stop::Blocked(&DEACTIVATE_PATCH));
    }
    let answer = session.patch(&ada.path, set("title", json!("After"))).await?;
    if !answer.ok() {
        session.skip(&CHANGES_WHILE_INACTIVE, "inactive users cannot be changed");
    } else {
        let changed = session.get(&ada.path).await?;
        session.patch(&ada.path, set("active", json!(true))).await?;
        let after = session.get(&ada.path).await?;
        let held = changed.text("title") == Some("After") && after.text("title") == Some("After");
        session.require(
            &CHANGES_WHILE_INACTIVE,
            held,
            &answer,
            &["title \"After\", also when active again"],
            || format!("title {}, then {}", shown(changed.at("title")), shown(after.at("title"))),
        );
        session.patch(&ada.path, set("active", json!(false))).await?;
    }
    let answer = session.patch(&ada.path, set("password", json!("s8-Kx!scimulate-2Qv"))).await?;
    if !answer.ok() {
        session.skip(&PASSWORD_KEEPS_INACTIVE, "passwords cannot be set by PATCH");
        return Ok(());
    }
    let after = session.get(&ada.path).await?;
    let held = after.at("active") != Some(&json!(true));
    session.require(&PASSWORD_KEEPS_INACTIVE, held, &answer, &["active false"], || {
        format!("active {}", shown(after.at("active")))
    });
    Ok(())
}
