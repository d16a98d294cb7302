//! Probes of the rules in this area.

use serde_json::{Value, json};

use crate::checks::Requirement;
use crate::checks::engine::{
    Answer, Call, Capability, Session, Stop, filtered, patch_call, path_to, probes, query,
};
use crate::checks::json::{at, items, shown, texts};
use crate::checks::rules::projection::{
    ALWAYS_RETURNED, ANY_CASE, ATTRIBUTES, ATTRIBUTES_IN_LISTS, EXCLUDED_ATTRIBUTES, EXCLUDED_MEMBERS,
    EXCLUDED_SUB_ATTRIBUTE, EXCLUDED_URN_NAME, MULTI_VALUED_SUB_ATTRIBUTE, ON_WRITES, PASSWORD_NEVER,
    SUB_ATTRIBUTE, URN_NAME,
};
use crate::checks::stage::Created;
use crate::exchange::percent_encode;
use crate::urn::USER;

probes! {
    "projection.users", Writes,
        [ATTRIBUTES, ATTRIBUTES_IN_LISTS, SUB_ATTRIBUTE, ANY_CASE, URN_NAME, EXCLUDED_ATTRIBUTES,
         ALWAYS_RETURNED],
        projects;
    "projection.writes", Writes, [ON_WRITES], writes;
    "projection.groups", Writes, [EXCLUDED_MEMBERS], members;
    "projection.part", Writes, [EXCLUDED_SUB_ATTRIBUTE], without_part;
    "projection.names", Writes, [EXCLUDED_URN_NAME, MULTI_VALUED_SUB_ATTRIBUTE], urn_and_parts;
    "projection.passwords", Writes, [PASSWORD_NEVER], secrets;
}

/// Which of these a resource has.
fn has(resource: &Value, names: &[&str]) -> Vec<String> {
    names.iter().filter(|name| at(resource, name).is_some()).map(|name| (*name).to_owned()).collect()
}

async fn projects(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::ReadUser)?;
    let ada = session.user_with(json!({"nickName": "Countess"})).await?;
    let whole = session.get(&ada.path).await?;
    let others = has(&whole.body, &["displayName", "name", "emails", "active", "nickName"]);
    let others: Vec<&str> = others.iter().map(String::as_str).collect();
    let only =
        |session: &mut Session, requirement: &'static Requirement, answer: &Answer, resource: &Value| {
            let surplus = has(resource, &others);
            let given = at(resource, "userName").is_some();
            session.require(
                requirement,
                answer.ok() && given && surplus.is_empty(),
                answer,
                &["userName and what is always returned"],
                || {
                    format!(
                        "{}, userName {}, and also {}",
                        answer.outcome(),
                        shown(at(resource, "userName")),
                        surplus.join(", ")
                    )
                },
            )
        };
    let answer = session.get(&format!("{}?attributes=userName", ada.path)).await?;
    let limits = only(session, &ATTRIBUTES, &answer, &answer.body);
    session.require(&ALWAYS_RETURNED, answer.id().as_deref() == Some(&ada.id), &answer, &["the id"], || {
        format!("id {}", shown(answer.at("id")))
    });
    if !limits {
        // A service that does not know the parameter at all is told so once.
        for requirement in [&ANY_CASE, &URN_NAME, &SUB_ATTRIBUTE, &ATTRIBUTES_IN_LISTS] {
            session.blocked(requirement, &ATTRIBUTES);
        }
        return without(session, &ada, &others).await;
    }
    for name in ["USERNAME", "username"] {
        let answer = session.get(&format!("{}?attributes={name}", ada.path)).await?;
        only(session, &ANY_CASE, &answer, &answer.body);
    }
    let answer = session
        .get(&format!("{}?attributes={}", ada.path, percent_encode(&format!("{USER}:userName"))))
        .await?;
    only(session, &URN_NAME, &answer, &answer.body);
    if whole.at("name.givenName").is_some() && whole.at("name.familyName").is_some() {
        let answer = session.get(&format!("{}?attributes=name.familyName", ada.path)).await?;
        let right =
            answer.ok() && answer.at("name.familyName").is_some() && answer.at("name.givenName").is_none();
        session.require(&SUB_ATTRIBUTE, right, &answer, &["name with familyName alone"], || {
            format!("{}, name {}", answer.outcome(), shown(answer.at("name")))
        });
    } else {
        session.skip(&SUB_ATTRIBUTE, "the service does not store name");
    }
    if session.facts.works(Capability::FilterUser) {
        let filter = format!("userName eq {}", Value::from(ada.text("userName")));
        let answer = session
            .send(Call::get(query("/Users", &[("filter", &filter), ("attributes", "userName")])))
            .await?;
        let first = answer.resources().first().cloned().unwrap_or_default();
        only(session, &ATTRIBUTES_IN_LISTS, &answer, &first);
    }
    without(session, &ada, &others).await
}

async fn without(session: &mut Session, ada: &Created, others: &[&str]) -> Result<(), Stop> {
    let answer = session.get(&format!("{}?excludedAttributes=displayName,emails", ada.path)).await?;
    let mut wrong = has(&answer.body, &["displayName", "emails"]);
    for name in
        others.iter().copied().chain(["userName"]).filter(|name| !["displayName", "emails"].contains(name))
    {
        if answer.at(name).is_none() {
            wrong.push(format!("no {name}"));
        }
    }
    session.require(
        &EXCLUDED_ATTRIBUTES,
        answer.ok() && wrong.is_empty(),
        &answer,
        &["everything but displayName and emails"],
        || format!("{}, {}", answer.outcome(), wrong.join(", ")),
    );
    let answer = session.get(&format!("{}?excludedAttributes=id,displayName", ada.path)).await?;
    session.require(
        &ALWAYS_RETURNED,
        answer.id().as_deref() == Some(&ada.id) || answer.status == 400,
        &answer,
        &["the id"],
        || format!("{}, id {}", answer.outcome(), shown(answer.at("id"))),
    );
    Ok(())
}

async fn writes(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::ReadUser)?;
    let ada = session.user().await?;
    let read = session.get(&format!("{}?attributes=userName", ada.path)).await?;
    if read.at("displayName").is_some() || read.at("emails").is_some() {
        return Err(Stop::Blocked(&ATTRIBUTES));
    }
    let body = session.user_body(json!({}));
    let created = session.post("/Users?attributes=userName", &body).await?;
    let Some(id) = created.id().filter(|_| created.ok()) else {
        return session.absent("the service gives no id in such an answer");
    };
    let path = path_to("/Users", &id)?;
    let mut answers = vec![created];
    if session.facts.works(Capability::PutUser) {
        let whole = session.get(&path).await?;
        answers.push(session.put(&format!("{path}?attributes=userName"), &whole.body).await?);
    }
    if session.facts.works(Capability::PatchUser) {
        let op = json!({"op": "replace", "path": "displayName", "value": "Augusta"});
        answers.push(session.send(patch_call(&format!("{path}?attributes=userName"), op)).await?);
    }
    for answer in answers {
        if answer.body.is_object() && answer.ok() {
            let surplus = has(&answer.body, &["displayName", "name", "emails"]);
            session.require(
                &ON_WRITES,
                surplus.is_empty(),
                &answer,
                &["userName and what is always returned"],
                || format!("also {}", surplus.join(", ")),
            );
        }
    }
    Ok(())
}

async fn members(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::ReadGroup)?;
    let ada = session.user().await?;
    let group = session.group(&[&ada]).await?;
    let answer = session.get(&format!("{}?excludedAttributes=members", group.path)).await?;
    let right = answer.ok() && answer.at("members").is_none() && answer.at("displayName").is_some();
    session.require(&EXCLUDED_MEMBERS, right, &answer, &["the group without members"], || {
        format!("{}, members {}", answer.outcome(), shown(answer.at("members")))
    });
    let filter = format!("displayName eq {}", Value::from(group.text("displayName")));
    let answer = session
        .send(Call::get(query("/Groups", &[("filter", &filter), ("excludedAttributes", "members")])))
        .await?;
    if let Some(first) = answer.resources().first() {
        session.require(
            &EXCLUDED_MEMBERS,
            at(first, "members").is_none(),
            &answer,
            &["the group without members"],
            || format!("members {}", shown(at(first, "members"))),
        );
    }
    Ok(())
}

async fn without_part(session: &mut Session) -> Result<(), Stop> {
    let ada = session.user().await?;
    let whole = session.get(&ada.path).await?;
    if whole.at("name.givenName").is_some() && whole.at("name.familyName").is_some() {
        let plain = session.get(&format!("{}?excludedAttributes=displayName", ada.path)).await?;
        let answer = session.get(&format!("{}?excludedAttributes=name.familyName", ada.path)).await?;
        if whole.at("displayName").is_some() && plain.at("displayName").is_some() {
            session.blocked(&EXCLUDED_SUB_ATTRIBUTE, &EXCLUDED_ATTRIBUTES);
        } else {
            let right = answer.ok()
                && answer.at("name.familyName").is_none()
                && answer.at("name.givenName") == whole.at("name.givenName");
            session.require(&EXCLUDED_SUB_ATTRIBUTE, right, &answer, &["name without familyName"], || {
                format!("{}, name {}", answer.outcome(), shown(answer.at("name")))
            });
        }
    } else {
        session.skip(&EXCLUDED_SUB_ATTRIBUTE, "the service does not store name");
    }
    Ok(())
}

async fn urn_and_parts(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::ReadUser)?;
    let ada = session.user().await?;
    let whole = session.get(&ada.path).await?;
    let plain = session.get(&format!("{}?excludedAttributes=displayName", ada.path)).await?;
    if whole.at("displayName").is_none() {
        session.skip(&EXCLUDED_URN_NAME, "the service does not return displayName");
    } else if plain.at("displayName").is_some() {
        session.blocked(&EXCLUDED_URN_NAME, &EXCLUDED_ATTRIBUTES);
    } else {
        let name = percent_encode(&format!("{USER}:displayName"));
        let answer = session.get(&format!("{}?excludedAttributes={name}", ada.path)).await?;
        let keeps = answer.at("userName").is_some() == whole.at("userName").is_some();
        let right = answer.ok() && answer.at("displayName").is_none() && keeps;
        session.require(&EXCLUDED_URN_NAME, right, &answer, &["the user without displayName"], || {
            format!("{}, displayName {}", answer.outcome(), shown(answer.at("displayName")))
        });
    }
    if texts(&whole.body, "emails", "value").is_empty() || texts(&whole.body, "emails", "type").is_empty() {
        session.skip(&MULTI_VALUED_SUB_ATTRIBUTE, "the service does not store the type of an e-mail address");
        return Ok(());
    }
    let limited = session.get(&format!("{}?attributes=userName", ada.path)).await?;
    if limited.at("emails").is_some() {
        session.blocked(&MULTI_VALUED_SUB_ATTRIBUTE, &ATTRIBUTES);
        return Ok(());
    }
    let answer = session.get(&format!("{}?attributes=emails.value", ada.path)).await?;
    let right = answer.ok()
        && texts(&answer.body, "emails", "value") == texts(&whole.body, "emails", "value")
        && items(&answer.body, "emails").iter().all(|mail| at(mail, "type").is_none());
    session.require(&MULTI_VALUED_SUB_ATTRIBUTE, right, &answer, &["emails with value alone"], || {
        format!("{}, emails {}", answer.outcome(), shown(answer.at("emails")))
    });
    Ok(())
}

async fn secrets(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::ReadUser)?;
    let body = session.user_body(json!({"password": "s8-Kx!scimulate-2Qv"}));
    let answer = session.post("/Users", &body).await?;
    let Some(id) = answer.id().filter(|_| answer.ok()) else {
        return session.absent("the service takes no passwords");
    };
    let path = path_to("/Users", &id)?;
    let found = filtered("/Users", &format!("userName eq {}", body["userName"]));
    for path in [query(&path, &[("attributes", "userName,password")]), format!("{found}&attributes=password")]
    {
        let answer = session.get(&path).await?;
        let shown = answer.at("password").is_some()
            || answer.resources().iter().any(|one| one.get("password").is_some_and(|value| !value.is_null()));
        session.require(&PASSWORD_NEVER, !shown, &answer, &["no password"], || "a password".to_owned());
    }
    Ok(())
}
