//! What everything rests on, tried first, so that one broken thing is told once: discovery, and the first user and group.

use serde_json::{Value, json};

use crate::checks::Requirement;
use crate::checks::engine::{
    Answer, Call, Capability, Facts, SCIM_JSON, Session, Shape, State, Stop, completed, fitted, is_list,
    path_to,
};
use crate::checks::json::{at, items, shown, texts};
use crate::checks::rules::{create, delete, filter, list, patch, read, replace};
use crate::checks::stage::Created;
use crate::exchange::percent_encode;
use crate::urn::{GROUP, USER};

/// What it judges.
pub(in crate::checks) static JUDGES: &[&Requirement] = &[
    &list::USERS,
    &create::USER,
    &read::CREATED,
    &filter::USER_NAME_EQ,
    &patch::USER,
    &replace::USER,
    &delete::USER,
    &create::GROUP,
    &read::GROUP_MEMBERS,
    &patch::GROUP_MEMBERS,
    &replace::GROUP,
];

/// Learns what the target says of itself and what works, and judges the plainest requirements.
///
/// # Errors
/// [`Stop::Lost`] when nothing answers, [`Stop::Skipped`] with the status when the credentials are
/// refused.
pub(in crate::checks) async fn orient(session: &mut Session, read_only: bool) -> Result<Facts, Stop> {
    let mut facts = Facts::clone(&session.facts);
    let list = session.get("/Users?startIndex=1&count=2").await?;
    if [401, 403].contains(&list.status) {
        return Err(Stop::Skipped(list.status.to_string()));
    }
    let listed =
        session.require(&list::USERS, is_list(&list), &list, &["200 with a ListResponse"], || list.outcome());
    facts.set(Capability::ListUsers, if listed { State::Works } else { broken(&list::USERS) });
    facts.config = session.get("/ServiceProviderConfig").await.ok().and_then(document);
    facts.resource_types = listing(session, "/ResourceTypes").await;
    facts.schemas = listing(session, "/Schemas").await;
    if read_only {
        return Ok(facts);
    }
    session.facts = std::sync::Arc::new(facts.clone());
    match users(session, &mut facts).await {
        // An answer that never comes is reported where it is looked for; the rest is tried all the same.
        Ok(()) | Err(Stop::Blocked(_) | Stop::Skipped(_) | Stop::Lost(_) | Stop::Ended) => {}
        Err(Stop::Interrupted) => return Err(Stop::Interrupted),
    }
    match groups(session, &mut facts).await {
        Ok(()) | Err(Stop::Blocked(_) | Stop::Skipped(_) | Stop::Lost(_) | Stop::Ended) => {}
        Err(Stop::Interrupted) => return Err(Stop::Interrupted),
    }
    Ok(facts)
}

fn document(answer: Answer) -> Option<Value> {
    Some(answer.body).filter(|body| answer.status == 200 && body.is_object())
}

/// The resources of a discovery list; some services answer with a bare array.
async fn listing(session: &mut Session, path: &str) -> Vec<Value> {
    let Ok(answer) = session.get(path).await else { return Vec::new() };
    match &answer.body {
        Value::Array(all) => all.clone(),
        body => items(body, "Resources").to_vec(),
    }
}

fn broken(requirement: &'static Requirement) -> State {
    State::Broken(requirement)
}

async fn users(session: &mut Session, facts: &mut Facts) -> Result<(), Stop> {
    let okta =
        json!({"locale": "en-US", "externalId": session.name(), "groups": [], "password": "gl^m&qWZ7a"});
    let body = session.user_body(okta);
    let mut answer = session.post("/Users", &body).await?;
    let taken = |answer: &Answer| answer.ok() && answer.id().is_some();
    let mut sent = body.clone();
    let as_okta = taken(&answer);
    if as_okta {
        session.pass(&create::USER);
    } else {
        session.fail(&create::USER, &answer, &["201 with the user"], answer.creation());
        session.seen_as("Automatic provisioning of user … to app … failed: Error while creating user.");
    }
    // The probes send a user of their own. Where it is refused they can still go on with another: Okta's, then what
    // the target's own schema asks for, then nothing that it does not list, then the least.
    let plain = session.user_body(json!({}));
    let definitions = facts.schema(USER).map_or(&[][..], |schema| items(schema, "attributes")).to_vec();
    let least = json!({"schemas": [USER], "userName": ""});
    let ladder = [
        (plain.clone(), Shape::Free),
        (if as_okta { body } else { Value::Null }, Shape::Free),
        (completed(&plain, &definitions), Shape::Completed),
        (fitted(&completed(&plain, &definitions), &definitions), Shape::Fitted),
        (completed(&least, &definitions), Shape::Completed),
        (fitted(&completed(&least, &definitions), &definitions), Shape::Fitted),
    ];
    for (rung, (base, shape)) in ladder.into_iter().filter(|(base, _)| base.is_object()).enumerate() {
        let mut trial = facts.clone();
        trial.user_base = (rung > 0 || !as_okta).then_some(base);
        trial.shape = shape;
        session.facts = std::sync::Arc::new(trial.clone());
        let own = session.user_body(json!({}));
        let tried = session.post("/Users", &own).await?;
        if taken(&tried) {
            *facts = trial;
            (answer, sent) = (tried, own);
            break;
        }
    }
    let Some(id) = answer.id().filter(|_| answer.ok()) else {
        facts.set(Capability::CreateUser, broken(&create::USER));
        for capability in [
            Capability::ReadUser,
            Capability::FilterUser,
            Capability::PatchUser,
            Capability::PutUser,
            Capability::DeleteUser,
        ] {
            facts.set(capability, broken(&create::USER));
        }
        for requirement in
            [&read::CREATED, &filter::USER_NAME_EQ, &patch::USER, &replace::USER, &delete::USER]
        {
            session.blocked(requirement, &create::USER);
        }
        return Ok(());
    };
    facts.set(Capability::CreateUser, State::Works);
    let made = Created { path: path_to("/Users", &id)?, id, body: sent };
    let read = session.get(&made.path).await?;
    let readable =
        session.require(&read::CREATED, read.status == 200, &read, &["200 with the user"], || read.outcome());
    facts.set(Capability::ReadUser, if readable { State::Works } else { broken(&read::CREATED) });

    let filter = format!("userName eq {}", Value::from(made.text("userName")));
    let found =
        session.get(&format!("/Users?filter={}&startIndex=1&count=100", percent_encode(&filter))).await?;
    let finds = session.require(
        &filter::USER_NAME_EQ,
        found.lists(&made.id),
        &found,
        &["a list with the user"],
        || format!("{}, totalResults {}", found.outcome(), shown(found.at("totalResults"))),
    );
    facts.set(Capability::FilterUser, if finds { State::Works } else { broken(&filter::USER_NAME_EQ) });
    patch_user(session, facts, &made).await?;
    put_user(session, facts, &made).await?;
    delete_user(session, facts, &made).await
}

async fn patch_user(session: &mut Session, facts: &mut Facts, made: &Created) -> Result<(), Stop> {
    let mut last = None;
    // One that takes effect is enough here; each form has a probe of its own.
    let forms = [
        (
            json!({"op": "replace", "path": "displayName", "value": "Countess 1"}),
            "displayName",
            json!("Countess 1"),
        ),
        (
            json!({"op": "replace", "path": "name.givenName", "value": "Augusta"}),
            "name.givenName",
            json!("Augusta"),
        ),
        (
            json!({"op": "replace", "value": {"displayName": "Countess 2"}}),
            "displayName",
            json!("Countess 2"),
        ),
        (json!({"op": "replace", "path": "active", "value": false}), "active", json!(false)),
        (json!({"op": "replace", "value": {"active": false}}), "active", json!(false)),
    ];
    for (form, name, wanted) in forms {
        let answer = session.patch(&made.path, form).await?;
        let read = session.get(&made.path).await?;
        let works = answer.ok() && read.at(name) == Some(&wanted);
        if works {
            session.pass(&patch::USER);
            facts.set(Capability::PatchUser, State::Works);
            if name == "active" {
                session.patch(&made.path, json!({"op": "replace", "path": "active", "value": true})).await?;
            }
            return Ok(());
        }
        last.get_or_insert(answer);
    }
    let Some(answer) = last else { return Ok(()) };
    let declared = facts.claims("patch") == Some(false);
    session.fail(
        &patch::USER,
        &answer,
        &["200 with the user, or 204, and the change when it is read"],
        if declared {
            format!(
                "{}, as ServiceProviderConfig says; apps of Okta's catalogue need PATCH, apps of its wizard can be set to PUT",
                answer.outcome()
            )
        } else {
            answer.outcome()
        },
    );
    session.seen_as("Automatic profile push of user … failed: Error while trying to push profile update.");
    let state = if declared {
        State::Absent("the service says in ServiceProviderConfig that it does not support PATCH".into())
    } else {
        broken(&patch::USER)
    };
    facts.set(Capability::PatchUser, state);
    Ok(())
}

async fn put_user(session: &mut Session, facts: &mut Facts, made: &Created) -> Result<(), Stop> {
    let read = session.get(&made.path).await?;
    if !read.body.is_object() || !read.ok() {
        session.blocked(&replace::USER, &read::CREATED);
        facts.set(Capability::PutUser, broken(&read::CREATED));
        return Ok(());
    }
    let mut body = read.object();
    // One that takes effect is enough here: a service may derive some from others.
    body["displayName"] = json!("Augusta");
    body["name"] = json!({"givenName": "Augusta", "familyName": "King"});
    let changed = |after: &Answer| {
        after.text("displayName") == Some("Augusta") || after.text("name.familyName") == Some("King")
    };
    // As it is, not completed by what this target demands beside.
    let put = session.send(Call::new("PUT", made.path.clone()).raw(body.to_string(), SCIM_JSON)).await?;
    let after = session.get(&made.path).await?;
    let works = put.ok() && changed(&after);
    session.require(&replace::USER, works, &put, &["200, and the change when the user is read"], || {
        format!(
            "{}, then displayName {}, name {}",
            put.outcome(),
            shown(after.at("displayName")),
            shown(after.at("name"))
        )
    });
    // What rests on it goes on where the target takes a completed one.
    let possible = works
        || session.facts.shape != Shape::Free
            && session.put(&made.path, &body).await?.ok()
            && changed(&session.get(&made.path).await?);
    facts.set(Capability::PutUser, if possible { State::Works } else { broken(&replace::USER) });
    Ok(())
}

async fn delete_user(session: &mut Session, facts: &mut Facts, made: &Created) -> Result<(), Stop> {
    let deleted = session.delete(&made.path).await?;
    if deleted.not_offered() && deleted.status != 404 {
        session.skip(&delete::USER, "the service does not offer DELETE of users");
        facts.set(Capability::DeleteUser, State::Absent("the service does not offer DELETE of users".into()));
        return Ok(());
    }
    let read = session.get(&made.path).await?;
    let works = deleted.ok() && read.status == 404;
    session.require(&delete::USER, works, &deleted, &["204, and 404 from then on", "405 or 501"], || {
        format!("{}, then {} for GET", deleted.outcome(), read.status)
    });
    facts.set(Capability::DeleteUser, if works { State::Works } else { broken(&delete::USER) });
    Ok(())
}

async fn groups(session: &mut Session, facts: &mut Facts) -> Result<(), Stop> {
    let all = [&create::GROUP, &read::GROUP_MEMBERS, &patch::GROUP_MEMBERS, &replace::GROUP];
    let capabilities =
        [Capability::CreateGroup, Capability::ReadGroup, Capability::PatchGroup, Capability::PutGroup];
    if facts.has_endpoint("/Groups") == Some(false) {
        let reason = "the service has no resource type with the endpoint /Groups";
        for (requirement, capability) in all.into_iter().zip(capabilities) {
            session.skip(requirement, reason);
            facts.set(capability, State::Absent(reason.into()));
        }
        return Ok(());
    }
    let body = session.group_body(&[]);
    let created = session.post("/Groups", &body).await?;
    let id = created.id().filter(|_| created.ok());
    session.require(&create::GROUP, id.is_some(), &created, &["201 with the group"], || created.creation());
    let Some(id) = id else {
        session.seen_as(
            "Unable to update Group Push mapping target App group …: Error while creating user group.",
        );
        for capability in capabilities {
            facts.set(capability, broken(&create::GROUP));
        }
        for requirement in &all[1..] {
            session.blocked(requirement, &create::GROUP);
        }
        return Ok(());
    };
    facts.set(Capability::CreateGroup, State::Works);
    let path = path_to("/Groups", &id)?;
    if !facts.works(Capability::CreateUser) {
        for (requirement, capability) in all.into_iter().zip(capabilities).skip(1) {
            session.blocked(requirement, &create::USER);
            facts.set(capability, broken(&create::USER));
        }
        return Ok(());
    }
    session.facts = std::sync::Arc::new(facts.clone());
    let (ada, grace) = (session.user().await?, session.user().await?);
    let added =
        session.patch(&path, json!({"op": "add", "path": "members", "value": [{"value": ada.id}]})).await?;
    let read = session.get(&path).await?;
    let works = added.ok() && texts(&read.body, "members", "value") == [ada.id.clone()];
    if works {
        session.pass(&patch::GROUP_MEMBERS);
        facts.set(Capability::PatchGroup, State::Works);
    } else {
        session.fail(
            &patch::GROUP_MEMBERS,
            &added,
            &["200 or 204, and the member when the group is read"],
            format!("{}, then members {}", added.outcome(), shown(read.at("members"))),
        );
        let declared = facts.claims("patch") == Some(false) && added.not_offered();
        facts.set(
            Capability::PatchGroup,
            if declared {
                State::Absent(
                    "the service says in ServiceProviderConfig that it does not support PATCH".into(),
                )
            } else {
                broken(&patch::GROUP_MEMBERS)
            },
        );
    }
    let mut body = if read.ok() && read.body.is_object() { read.body.clone() } else { body };
    body["members"] = json!([{"value": grace.id}]);
    let put = session.put(&path, &body).await?;
    let after = session.get(&path).await?;
    let members = texts(&after.body, "members", "value");
    let replaced = put.ok() && members == [grace.id.clone()];
    session.require(
        &replace::GROUP,
        replaced,
        &put,
        &["200, and the new members when the group is read"],
        || format!("{}, then members {}", put.outcome(), shown(after.at("members"))),
    );
    facts.set(Capability::PutGroup, if replaced { State::Works } else { broken(&replace::GROUP) });
    let shows = after.status == 200 && (works || replaced || !members.is_empty());
    if shows {
        session.pass(&read::GROUP_MEMBERS);
        facts.set(Capability::ReadGroup, State::Works);
        return Ok(());
    }
    // Neither write showed: perhaps members are only shown when they were there from the beginning.
    let with = json!({"schemas": [GROUP], "displayName": session.name(), "members": [{"value": ada.id}]});
    let created = session.post("/Groups", &with).await?;
    let read = match created.id().and_then(|id| path_to("/Groups", &id).ok()) {
        Some(path) => session.get(&path).await?,
        None => created,
    };
    let shows = read.status == 200 && texts(&read.body, "members", "value") == [ada.id];
    session.require(&read::GROUP_MEMBERS, shows, &read, &["200 with the group and its members"], || {
        let published = facts.attribute(GROUP, "members").and_then(|known| at(known, "returned"));
        let told = match published.and_then(Value::as_str) {
            Some(word @ ("request" | "never")) => {
                format!("; the published schema returns them on \"{word}\", and Okta does not ask for them by name")
            }
            _ => String::new(),
        };
        format!("{}, members {}{told}", read.outcome(), shown(read.at("members")))
    });
    facts.set(Capability::ReadGroup, if shows { State::Works } else { broken(&read::GROUP_MEMBERS) });
    Ok(())
}
