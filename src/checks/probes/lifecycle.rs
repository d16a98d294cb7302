//! Deactivation and reactivation of a user, in both of Okta's dialects, and the chains that follow:
//! look-up of an inactive user, creation of the same name, reactivation, list and filter of `active`.

use serde_json::{Value, json};

use crate::checks::active::{Answer, Capability, Made, Probe, Session, Stop, probe};
use crate::checks::json::{at, id, shown};
use crate::checks::requirement::requirements;

requirements! {
    OFF_PATCH = "lifecycle.deactivate-patch", Okta, "okta-client §3.10; RFC 7644 §3.5.2.3",
        "PATCH replace without a path and with the value {\"active\": false} deactivates a user.",
        "Treat a replace without a path as a replace of each member of its value.", [Rfc, Okta];
    OFF_PUT = "lifecycle.deactivate-put", Okta, "okta-client §3.10; RFC 7644 §3.5.1",
        "PUT of the representation that GET returned, with active false, deactivates a user.",
        "Store active from the PUT.", [Rfc, Okta];
    ON_PATCH = "lifecycle.reactivate-patch", Okta, "okta-client §3.5",
        "PATCH replace without a path and with the value {\"active\": true} activates the user again, under the same id.",
        "Set active back to true and keep the resource as it was.", [Rfc, Okta];
    ON_PUT = "lifecycle.reactivate-put", Okta, "okta-client §3.5",
        "PUT with active true activates the user again, under the same id.",
        "Set active back to true and keep the resource as it was.", [Rfc, Okta];
    STAYS = "lifecycle.inactive-stays", Okta, "okta-client §3.7, §3.13",
        "An inactive user can still be read by its id.",
        "Deactivation is not deletion: keep the resource and answer GET with 200.";
    FOUND = "lifecycle.inactive-is-found", Okta, "okta-client §3.3, §3.11",
        "The look-up by userName finds an inactive user, since Okta reactivates what it finds.",
        "Let filters see inactive users too.";
    LISTED = "lifecycle.list-shows-state", Okta, "okta-client §3.16",
        "Lists show the state of active that the resource itself shows.",
        "Take active from one place for single resources and for lists.";
    KEEPS = "lifecycle.keeps-attributes", Must, "RFC 7644 §3.5.2.3",
        "Deactivation changes active and no other attribute.",
        "A replace without a path changes the attributes in its value and leaves the others alone.";
    CONFLICT = "lifecycle.inactive-name-is-taken", Must, "RFC 7644 §3.3; RFC 7643 §4.1.1",
        "Creating a user with the userName of an inactive one is answered with 409, or reactivates nothing silently.",
        "Answer 409 with scimType uniqueness; the userName stays unique while the resource exists.";
    FILTER_ACTIVE = "lifecycle.filter-active", Must, "RFC 7644 §3.4.2.2",
        "A filter by active tells active from inactive users.",
        "Compare active as a boolean.";
}

probe!(
    /// The chain of apps from Okta's catalogue.
    BY_PATCH, "lifecycle.by-patch", Writes,
    [OFF_PATCH, ON_PATCH, STAYS, FOUND, LISTED, KEEPS, CONFLICT, FILTER_ACTIVE], by_patch
);
probe!(
    /// The chain of apps made with the wizard.
    BY_PUT, "lifecycle.by-put", Writes, [OFF_PUT, ON_PUT], by_put
);

pub(in crate::checks) static PROBES: &[&Probe] = &[&BY_PATCH, &BY_PUT];

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
        session.hold(&STAYS, read.status == 200, &read, &["200 with the user"], || read.outcome());
    }
    let done = off.ok() && active(&read.body) == Some(false);
    // A resource that is gone is told by the requirement above.
    if !(off.ok() && read.status == 404) {
        let shows = if off.ok() { &read } else { &off };
        session.hold(&OFF_PATCH, done, shows, &["200 or 204, then active false"], || now(shows));
        if !done {
            session.seen_as("Nothing, or a failed deactivation task: the account stays active.");
        }
    }
    if !done {
        return Err(Stop::Blocked(if read.status == 404 { STAYS.slug } else { OFF_PATCH.slug }.to_owned()));
    }
    let kept = ["userName", "displayName", "nickName", "name.familyName", "emails"];
    let lost: Vec<String> = kept
        .iter()
        .filter(|name| at(&before.body, name) != at(&read.body, name))
        .map(|name| {
            format!("{name} {} is now {}", shown(at(&before.body, name)), shown(at(&read.body, name)))
        })
        .collect();
    session.hold(&KEEPS, lost.is_empty(), &read, &["the other attributes as before"], || lost.join("; "));
    inactive(session, &ada).await?;
    let on = session.patch(&ada.path, json!({"op": "replace", "value": {"active": true}})).await?;
    let read = session.get(&ada.path).await?;
    session.hold(
        &ON_PATCH,
        on.ok() && active(&read.body) == Some(true) && read.id().as_deref() == Some(&ada.id),
        if on.ok() { &read } else { &on },
        &["200 or 204, then active true under the same id"],
        || now(if on.ok() { &read } else { &on }),
    );
    Ok(())
}

/// What others see of an inactive user.
async fn inactive(session: &mut Session, ada: &Made) -> Result<(), Stop> {
    let name = Value::from(ada.text("userName"));
    if session.need(Capability::FilterUser).is_ok() {
        let found = session.filter("/Users", &format!("userName eq {name}")).await?;
        let finds = session.hold(&FOUND, found.lists(&ada.id), &found, &["a list with the user"], || {
            format!("{}, totalResults {}", found.outcome(), shown(found.at("totalResults")))
        });
        if finds {
            let listed = found.resources().iter().find(|user| id(user).as_deref() == Some(&ada.id));
            let state = listed.and_then(|user| at(user, "active")).cloned();
            session.hold(&LISTED, state == Some(Value::Bool(false)), &found, &["active false"], || {
                format!("active {}", shown(state.as_ref()))
            });
        } else {
            session.seen_as("Okta creates the user again, and shows the conflict that the service answers.");
        }
        if session.facts.claims("filter") != Some(false) {
            let both = session.filter("/Users", &format!("userName eq {name} and active eq true")).await?;
            let off = session.filter("/Users", &format!("userName eq {name} and active eq false")).await?;
            if both.status == 200 && off.status == 200 {
                let right = !both.lists(&ada.id) && off.lists(&ada.id);
                session.hold(&FILTER_ACTIVE, right, &off, &["the user for active eq false alone"], || {
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
    session.hold(&CONFLICT, answer.status == 409 || same, &answer, &["409 uniqueness"], || answer.outcome());
    Ok(())
}

async fn by_put(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::PutUser)?;
    let ada = session.user().await?;
    for (requirement, state) in [(&OFF_PUT, false), (&ON_PUT, true)] {
        let mut body = session.get(&ada.path).await?.object();
        body["active"] = json!(state);
        let put = session.put(&ada.path, &body).await?;
        let read = session.get(&ada.path).await?;
        let right = put.ok() && active(&read.body) == Some(state) && read.id().as_deref() == Some(&ada.id);
        let shows = if put.ok() { &read } else { &put };
        if !session.hold(requirement, right, shows, &["200, then the new state of active"], || now(shows)) {
            return Err(Stop::Blocked(requirement.slug.to_owned()));
        }
    }
    Ok(())
}
