//! Probes of the rules in this area.

use std::time::Duration;

use serde_json::{Value, json};

use crate::checks::engine::{Answer, Capability, Session, Stop, path_to, probes};
use crate::checks::json::{at, equivalent, items, member, shown, texts};
use crate::checks::rules::replace;
use crate::checks::rules::replace::{
    ANSWER_IS_THE_STORE, CREATED_STAYS, EVERY_ATTRIBUTE, ID_IGNORED, IMMUTABLE, IMMUTABLE_FIRST_VALUE,
    IMMUTABLE_SCIM_TYPE, MODIFIED_MOVES, MULTI_VALUED_WHOLE, PARTS_KEPT, READ_ONLY_IGNORED, RENAME,
    RENAME_LETTER_CASE, REQUIRED_STAYS, ROUND_TRIP, TAKEN_NAME_IS_409, TAKEN_NAME_REFUSED, UNKNOWN_IS_404,
};
use crate::checks::rules::{create, read};
use crate::checks::stage::Created;
use crate::checks::stage::values::{parts_lost, rich};
use crate::urn::{ENTERPRISE, USER};

probes! {
    "replace.forms", Writes,
        [ROUND_TRIP, EVERY_ATTRIBUTE, READ_ONLY_IGNORED, ID_IGNORED, ANSWER_IS_THE_STORE, REQUIRED_STAYS,
         MULTI_VALUED_WHOLE],
        puts;
    "replace.names", Writes, [TAKEN_NAME_REFUSED, TAKEN_NAME_IS_409, RENAME, RENAME_LETTER_CASE], names;
    "replace.times", Writes, [CREATED_STAYS, MODIFIED_MOVES, read::REPEATABLE], times;
    "replace.unknown", Writes, [UNKNOWN_IS_404], put_unknown;
    "replace.parts", Writes, [PARTS_KEPT, create::VALUES_UNALTERED], parts_kept;
    "replace.immutable", Writes, [IMMUTABLE, IMMUTABLE_SCIM_TYPE, IMMUTABLE_FIRST_VALUE], once;
}

/// A representation without what the service may set anew.
fn settled(resource: &Value) -> Value {
    let mut settled = resource.clone();
    if let Some(meta) = settled.as_object_mut().and_then(|all| all.get_mut("meta")?.as_object_mut()) {
        meta.shift_remove("lastModified");
        meta.shift_remove("version");
    }
    settled
}

async fn puts(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::PutUser)?;
    let ada = session.user_with(json!({"nickName": "Countess", "title": "Analyst"})).await?;
    let before = session.get(&ada.path).await?;
    let put = session.put(&ada.path, &before.body).await?;
    let after = session.get(&ada.path).await?;
    let same = put.ok() && equivalent(Some(&settled(&before.body)), Some(&settled(&after.body)));
    session.require(&ROUND_TRIP, same, &put, &["200, and nothing changed"], || {
        if put.ok() { differences(&before.body, &after.body) } else { put.outcome() }
    });
    if !same {
        return Err(Stop::Blocked(&ROUND_TRIP));
    }
    every(session, &ada, &before).await?;
    let before = session.get(&ada.path).await?;
    let mut body = before.object();
    body["meta"] = json!({"created": "1999-01-01T00:00:00Z"});
    body["groups"] = json!([{"value": "nobody", "display": "Nobody"}]);
    let put = session.put(&ada.path, &body).await?;
    let after = session.get(&ada.path).await?;
    let ignored = put.ok()
        && after.at("meta.created") == before.at("meta.created")
        && equivalent(after.at("groups"), before.at("groups"));
    session.require(&READ_ONLY_IGNORED, ignored, &put, &["200, meta and groups as before"], || {
        format!(
            "{}, then created {}, groups {}",
            put.outcome(),
            shown(after.at("meta.created")),
            shown(after.at("groups"))
        )
    });
    let mut body = before.object();
    body["id"] = json!(session.name());
    let put = session.put(&ada.path, &body).await?;
    let after = session.get(&ada.path).await?;
    // Some take it for a mistake of the client, which leaves the id as it is too.
    let kept =
        after.status == 200 && after.id().as_deref() == Some(&ada.id) && (put.ok() || put.status == 400);
    session.require(&ID_IGNORED, kept, &put, &["200 with the id of the URI"], || {
        format!("{}, then {} with id {}", put.outcome(), after.status, shown(after.at("id")))
    });
    let (first, second) = (session.login(), session.login());
    let mut body = before.object();
    body["displayName"] = json!("Augusta Byron");
    body["emails"] =
        json!([{"value": first, "type": "work", "primary": true}, {"value": second, "type": "home"}]);
    let put = session.put(&ada.path, &body).await?;
    let after = session.get(&ada.path).await?;
    if put.ok() && put.body.is_object() {
        let differs: Vec<String> =
            ["id", "userName", "name", "displayName", "emails", "active", "nickName", "title"]
                .iter()
                .filter(|name| !equivalent(put.at(name), after.at(name)))
                .map(|name| format!("{name} {} and {}", shown(put.at(name)), shown(after.at(name))))
                .collect();
        session.require(
            &ANSWER_IS_THE_STORE,
            differs.is_empty(),
            &put,
            &["the same attributes in both"],
            || format!("in the answer and when read: {}", differs.join("; ")),
        );
    }
    let now = texts(&after.body, "emails", "value");
    let both = [&first, &second].iter().all(|mail| now.iter().any(|known| known.eq_ignore_ascii_case(mail)));
    if both && now.len() != 2 {
        session.fail(
            &MULTI_VALUED_WHOLE,
            &put,
            &["the two addresses of the PUT alone"],
            format!("emails {}", shown(after.at("emails"))),
        );
    } else if both {
        body["emails"] = json!([{"value": second, "type": "work", "primary": true}]);
        let put = session.put(&ada.path, &body).await?;
        let after = session.get(&ada.path).await?;
        let left = texts(&after.body, "emails", "value");
        let right = put.ok() && left.len() == 1 && left[0].eq_ignore_ascii_case(&second);
        session.require(&MULTI_VALUED_WHOLE, right, &put, &[&format!("the address {second} alone")], || {
            format!("{}, then emails {}", put.outcome(), shown(after.at("emails")))
        });
    } else {
        session.skip(&MULTI_VALUED_WHOLE, "the service keeps one e-mail address only");
    }
    if let Some(members) = body.as_object_mut() {
        members.retain(|name, _| !name.eq_ignore_ascii_case("userName"));
    }
    let put = session.put(&ada.path, &body).await?;
    let after = session.get(&ada.path).await?;
    let kept = after.text("userName") == before.text("userName");
    session.require(&REQUIRED_STAYS, kept, &put, &["400 invalidValue", "the userName as before"], || {
        format!("{}, then userName {}", put.outcome(), shown(after.at("userName")))
    });
    Ok(())
}

/// Changes every attribute that was stored as it was sent.
async fn every(session: &mut Session, ada: &Created, before: &Answer) -> Result<(), Stop> {
    let mut body = before.object();
    let changes = [
        ("displayName", "Countess Ada", "Augusta King"),
        ("nickName", "Countess", "Enchantress"),
        ("title", "Analyst", "Metaphysician"),
        ("name.givenName", "Ada", "Augusta"),
        ("name.familyName", "Lovelace", "King"),
    ];
    let stored: Vec<_> =
        changes.into_iter().filter(|(name, old, _)| before.text(name) == Some(old)).collect();
    for (name, _, new) in &stored {
        match name.split_once('.') {
            Some((outer, inner)) => match body[outer].as_object_mut() {
                Some(parts) => {
                    parts.insert(inner.to_owned(), json!(new));
                }
                None => body[outer] = json!({inner: new}),
            },
            None => body[*name] = json!(new),
        }
    }
    let put = session.put(&ada.path, &body).await?;
    let after = session.get(&ada.path).await?;
    let lost: Vec<String> = stored
        .iter()
        .filter(|(name, _, new)| after.text(name) != Some(new))
        .map(|(name, _, new)| format!("{name} {} for \"{new}\"", shown(after.at(name))))
        .collect();
    session.require(
        &EVERY_ATTRIBUTE,
        put.ok() && lost.is_empty(),
        &put,
        &["200, and the new values when the user is read"],
        || format!("{}, then {}", put.outcome(), lost.join("; ")),
    );
    Ok(())
}

/// The members in which two objects differ.
fn differences(before: &Value, after: &Value) -> String {
    let names = before.as_object().into_iter().chain(after.as_object()).flat_map(|all| all.keys());
    let mut told: Vec<String> = Vec::new();
    for name in names {
        if before.get(name) != after.get(name) && name != "meta" {
            let text = format!("{name} was {} and is {}", shown(before.get(name)), shown(after.get(name)));
            if !told.contains(&text) {
                told.push(text);
            }
        }
    }
    if told.is_empty() { format!("meta is {}", shown(after.get("meta"))) } else { told.join("; ") }
}

async fn names(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::PutUser)?;
    let (ada, grace) = (session.user().await?, session.user().await?);
    let taken = ada.text("userName");
    let mut body = session.get(&grace.path).await?.object();
    let own = at(&body, "userName").and_then(Value::as_str).unwrap_or_default().to_owned();
    body["userName"] = json!(taken);
    let put = session.put(&grace.path, &body).await?;
    let after = session.get(&grace.path).await?;
    let kept = !put.ok() && after.text("userName") == Some(own.as_str());
    session.require(&TAKEN_NAME_REFUSED, kept, &put, &["409, and the userName as before"], || {
        format!("{}, then userName {}", put.outcome(), shown(after.at("userName")))
    });
    if !session.facts.changeable(USER, "userName") {
        return session.absent("the schema of the service says that userName cannot be changed");
    }
    if kept {
        // Table 9 has uniqueness for a 400 to PUT and PATCH; 409 is demanded of creations alone.
        let right = [400, 409].contains(&put.status) && put.scim_type() == Some("uniqueness");
        session.require(&TAKEN_NAME_IS_409, right, &put, &["409 uniqueness", "400 uniqueness"], || {
            put.outcome()
        });
    }
    let mut body = session.get(&ada.path).await?.object();
    let fresh = session.login();
    body["userName"] = json!(fresh);
    let put = session.put(&ada.path, &body).await?;
    let after = session.get(&ada.path).await?;
    let mut wrong = Vec::new();
    let renamed = after.text("userName").is_some_and(|now| now.eq_ignore_ascii_case(&fresh));
    if !put.ok() || after.status != 200 || !renamed {
        wrong.push(format!(
            "{}, then {} with userName {}",
            put.outcome(),
            after.status,
            shown(after.at("userName"))
        ));
    } else if session.need(Capability::FilterUser).is_ok() {
        let new = session.filter("/Users", &format!("userName eq {}", Value::from(fresh.clone()))).await?;
        let old = session.filter("/Users", &format!("userName eq {}", Value::from(taken.clone()))).await?;
        if !new.lists(&ada.id) {
            wrong.push("the look-up by the new name does not find the user".to_owned());
        }
        if old.lists(&ada.id) {
            wrong.push("the look-up by the old name still finds the user".to_owned());
        }
    }
    let renamed =
        session.require(&RENAME, wrong.is_empty(), &put, &["200, and the new name everywhere"], || {
            wrong.join("; ")
        });
    if !renamed {
        return Err(Stop::Blocked(&RENAME));
    }
    body["userName"] = json!(fresh.to_uppercase());
    let put = session.put(&ada.path, &body).await?;
    session.require(&RENAME_LETTER_CASE, put.ok(), &put, &["200"], || put.outcome());
    Ok(())
}

async fn times(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::ReadUser)?;
    let ada = session.user().await?;
    let first = session.get(&ada.path).await?;
    // Times are given in whole seconds by some services.
    session.wait(Duration::from_millis(1100)).await;
    let second = session.get(&ada.path).await?;
    let same = equivalent(Some(&first.body), Some(&second.body));
    session.require(&read::REPEATABLE, same, &second, &["the same body twice"], || {
        differences(&first.body, &second.body)
    });
    session.need(Capability::PutUser)?;
    let mut body = second.object();
    body["displayName"] = json!("Augusta");
    let put = session.put(&ada.path, &body).await?;
    let after = session.get(&ada.path).await?;
    if !put.ok() || after.text("displayName") != Some("Augusta") {
        return Err(Stop::Blocked(&replace::USER));
    }
    match (second.text("meta.created"), after.text("meta.created")) {
        (Some(then), now) => {
            session.require(&CREATED_STAYS, now == Some(then), &after, &[&format!("created {then}")], || {
                format!("created {}", shown(after.at("meta.created")))
            });
        }
        (None, _) => session.skip(&CREATED_STAYS, "the service does not return meta.created"),
    }
    let time = |text: Option<&str>| text.and_then(|text| text.parse::<jiff::Timestamp>().ok());
    match (time(second.text("meta.lastModified")), time(after.text("meta.lastModified"))) {
        (Some(then), Some(now)) => {
            session.require(&MODIFIED_MOVES, now > then, &after, &["a later lastModified"], || {
                format!("lastModified {then} before the change and {now} after it")
            });
        }
        _ => session.skip(&MODIFIED_MOVES, "the service does not return meta.lastModified"),
    }
    Ok(())
}

async fn put_unknown(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::PutUser)?;
    let nobody = format!("/Users/{}", session.name());
    let body = session.user_body(json!({}));
    let put = session.put(&nobody, &body).await?;
    // "PUT MUST NOT be used to create new resources"; that the refusal is a 404 is a SHOULD (§3.12).
    let held = put.refused() || put.status == 501;
    session.require(&UNKNOWN_IS_404, held, &put, &["404 Not Found"], || put.outcome());
    if let Some(id) = put.id().filter(|_| put.ok()) {
        session.adopt("/Users", &id);
    }
    Ok(())
}

/// Texts that a service has no reason to change.
const TEXTS: [(&str, &str); 6] = [
    ("nickName", "Babs"),
    ("title", "Vice President"),
    ("userType", "Employee"),
    ("locale", "en-US"),
    ("preferredLanguage", "en-US"),
    ("timezone", "America/Los_Angeles"),
];

async fn parts_kept(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::ReadUser)?;
    let mut sent = rich();
    sent[ENTERPRISE] = json!({"department": "Engines", "costCenter": "4130", "employeeNumber": "00701984"});
    for (name, text) in TEXTS {
        sent[name] = json!(text);
    }
    let body = session.user_body(sent.clone());
    let created = session.post("/Users", &body).await?;
    let Some(id) = created.id().filter(|_| created.ok()) else {
        return session.absent(format!("the service refuses such a user with {}", created.outcome()));
    };
    let path = path_to("/Users", &id)?;
    let read = session.get(&path).await?;
    let number = format!("{ENTERPRISE}:employeeNumber");
    let changed: Vec<String> = TEXTS
        .iter()
        .copied()
        .chain([(number.as_str(), "00701984")])
        .filter(|(name, text)| read.at(name).is_some_and(|now| now != *text))
        .map(|(name, text)| format!("{name} was {text} and is {}", shown(read.at(name))))
        .collect();
    session.require(
        &create::VALUES_UNALTERED,
        changed.is_empty(),
        &read,
        &["each text as it was sent"],
        || changed.join("; "),
    );
    session.need(Capability::PutUser)?;
    let mut whole = read.object();
    whole["title"] = json!("President");
    let put = session.put(&path, &whole).await?;
    if !put.ok() {
        session.blocked(&PARTS_KEPT, &replace::USER);
        return Ok(());
    }
    let after = session.get(&path).await?;
    // Only what the creation kept can be lost.
    let before: Vec<String> = parts_lost(session, &sent, &read).1;
    let mut lost: Vec<String> =
        parts_lost(session, &sent, &after).1.into_iter().filter(|part| !before.contains(part)).collect();
    for name in ["department", "costCenter"] {
        let of = format!("{ENTERPRISE}:{name}");
        if read.at(&of).is_some() && after.at(&of) != read.at(&of) {
            lost.push(format!("{name} of the enterprise extension is {}", shown(after.at(&of))));
        }
    }
    for attribute in ["phoneNumbers", "addresses", "ims", "photos"] {
        let (then, now) = (items(&read.body, attribute).len(), items(&after.body, attribute).len());
        if then != now {
            lost.push(format!("{attribute} has {now} values after {then}"));
        }
    }
    session.require(&PARTS_KEPT, lost.is_empty(), &after, &["what was there before"], || lost.join("; "));
    Ok(())
}

/// A simple attribute of users that is published as immutable: its path as in a PATCH, and two values.
fn immutable(session: &Session) -> Option<(Option<String>, String, [Value; 2])> {
    for schema in &session.facts.schemas {
        let urn = member(schema, "id").and_then(Value::as_str)?;
        let core = urn.eq_ignore_ascii_case(USER);
        if !core && (!session.facts.extends(USER, urn) || session.facts.resource_types.is_empty()) {
            continue;
        }
        for attribute in items(schema, "attributes") {
            let text = |name: &str| member(attribute, name).and_then(Value::as_str).unwrap_or_default();
            let single = member(attribute, "multiValued") != Some(&json!(true));
            let unique = !["", "none"].contains(&text("uniqueness"));
            if text("mutability") != "immutable" || !single || unique || text("name") == "userName" {
                continue;
            }
            let allowed: Vec<Value> = items(attribute, "canonicalValues").to_vec();
            let values = match (text("type"), allowed.as_slice()) {
                ("string", [first, second, ..]) => [first.clone(), second.clone()],
                ("string", []) => [json!("scimulate-1"), json!("scimulate-2")],
                ("boolean", _) => [json!(true), json!(false)],
                ("integer", _) => [json!(1), json!(2)],
                _ => continue,
            };
            return Some(((!core).then(|| urn.to_owned()), text("name").to_owned(), values));
        }
    }
    None
}

async fn once(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::ReadUser)?;
    let Some((urn, name, [first, second])) = immutable(session) else {
        return session.absent("no simple attribute of the published schemas is immutable");
    };
    let place = urn.as_ref().map_or_else(|| name.clone(), |urn| format!("{urn}:{name}"));
    let with = |value: &Value| match &urn {
        Some(urn) => json!({"schemas": [USER, urn], urn.as_str(): {name.as_str(): value}}),
        None => json!({name.as_str(): value}),
    };
    let set = |body: &mut Value, value: &Value| match &urn {
        Some(urn) => body[urn][&name] = value.clone(),
        None => body[&name] = value.clone(),
    };
    let ada = session.user_with(with(&first)).await?;
    let before = session.get(&ada.path).await?;
    if before.at(&place) != Some(&first) {
        return session.absent(format!("the service does not store {place} as it was sent"));
    }
    let mut answers = Vec::new();
    if session.facts.works(Capability::PutUser) {
        let mut body = before.object();
        set(&mut body, &second);
        answers.push(session.put(&ada.path, &body).await?);
    }
    if session.facts.works(Capability::PatchUser) {
        let operation = json!({"op": "replace", "path": place, "value": second});
        answers.push(session.patch(&ada.path, operation).await?);
    }
    for answer in answers {
        let told = answer.status == 400 && answer.scim_type() == Some("mutability");
        session.require(&IMMUTABLE_SCIM_TYPE, told, &answer, &["400 mutability"], || answer.outcome());
    }
    let after = session.get(&ada.path).await?;
    session.require(
        &IMMUTABLE,
        after.at(&place) == Some(&first),
        &after,
        &[&format!("{place} {first}")],
        || format!("{place} {}", shown(after.at(&place))),
    );
    session.need(Capability::PutUser)?;
    let bare = session.user().await?;
    let read = session.get(&bare.path).await?;
    if read.at(&place).is_some() {
        session.skip(&IMMUTABLE_FIRST_VALUE, format!("every user has {place}"));
        return Ok(());
    }
    let mut body = read.object();
    if let (Some(urn), Some(schemas)) = (&urn, body.get_mut("schemas").and_then(Value::as_array_mut))
        && !schemas.contains(&json!(urn))
    {
        schemas.push(json!(urn));
        body[urn] = json!({});
    }
    set(&mut body, &first);
    let put = session.put(&bare.path, &body).await?;
    let after = session.get(&bare.path).await?;
    session.require(
        &IMMUTABLE_FIRST_VALUE,
        put.ok() && after.at(&place) == Some(&first),
        &put,
        &[&format!("{place} {first}")],
        || format!("{}, {place} {}", put.outcome(), shown(after.at(&place))),
    );
    Ok(())
}
