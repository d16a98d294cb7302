//! PUT and DELETE (RFC 7644 §3.5.1, §3.6), and reading what is not there (§3.4.1).

use std::time::Duration;

use serde_json::{Value, json};

use crate::checks::active::{Answer, Capability, Made, Probe, Session, Stop, USER, probe};
use crate::checks::json::{at, shown, texts};
use crate::checks::requirement::requirements;

requirements! {
    ROUND_TRIP = "replace.round-trip", Must, "RFC 7644 §3.5.1",
        "A PUT of the representation that GET returned changes nothing.",
        "Store from a PUT exactly what it asserts, and ignore its readOnly members.", [Rfc, Okta];
    APPLIED = "replace.every-attribute", Must, "RFC 7644 §3.5.1",
        "Every attribute of a PUT that the service stores takes its new value.",
        "Store each value of the PUT, not only some.", [Rfc, Okta];
    PUT_READ_ONLY = "replace.read-only-ignored", Must, "RFC 7644 §3.5.1",
        "readOnly attributes in a PUT, such as meta and groups, are ignored.",
        "Ignore readOnly values in a PUT.";
    OTHER_ID = "replace.id-ignored", Must, "RFC 7644 §3.5.1; RFC 7643 §3.1",
        "A PUT whose body has another id leaves the id as it is.",
        "Take the id from the URI alone.";
    PUT_AGREES = "replace.answer-is-the-store", Must, "RFC 7644 §3.5.1",
        "The answer to a PUT shows the resource as the next read shows it.",
        "Answer from what was stored rather than from the request.";
    KEEPS_REQUIRED = "replace.required-stays", Must, "RFC 7643 §4.1.1; RFC 7644 §3.5.1",
        "A PUT without userName is refused, or leaves the userName as it was.",
        "Answer 400 with scimType invalidValue; a user without a userName cannot exist.";
    PUT_UNKNOWN = "replace.unknown-is-404", Must, "RFC 7644 §3.5.1, §3.12",
        "A PUT to an id that does not exist is answered with 404, and creates nothing.",
        "Answer 404; PUT must not create resources.";
    TAKEN = "replace.taken-name-refused", Must, "RFC 7643 §4.1.1; RFC 7644 §3.12 table 9",
        "A PUT that gives a user the userName of another is refused, and changes nothing.",
        "Answer 409 with scimType uniqueness.";
    TAKEN_STATUS = "replace.taken-name-is-409", Should, "RFC 7644 §3.12 table 8",
        "The refusal of a userName that is taken is a 409 or a 400 with the scimType uniqueness.",
        "Answer 409 with scimType uniqueness, as for creations.";
    RENAME = "replace.rename", Must, "RFC 7644 §3.5.1; okta-client §3.8",
        "A PUT with a new userName renames the user under the same id, and look-ups find the new name alone.",
        "Store userName from a PUT, and keep every index in step.", [Rfc, Okta];
    RECASE = "replace.rename-letter-case", Must, "RFC 7643 §4.1.1; RFC 7644 §3.5.1",
        "A PUT that changes only the letter case of a user's own userName is not a conflict.",
        "Leave the user itself out when looking for a conflict.";
    WHOLE = "replace.multi-valued-whole", Must, "RFC 7644 §3.5.1",
        "The values of a multi-valued attribute in a PUT replace all earlier ones.",
        "Replace the whole list; do not merge.";
    CREATED_STAYS = "replace.created-stays", Must, "RFC 7643 §3.1",
        "meta.created never changes.",
        "Set created once.";
    MODIFIED_MOVES = "replace.modified-moves", Must, "RFC 7643 §3.1",
        "meta.lastModified moves forward when a resource changes.",
        "Set lastModified on every change.";
    DELETE_UNKNOWN = "delete.unknown-is-404", Must, "RFC 7644 §3.6, §3.12",
        "A DELETE of an id that does not exist is answered with 404.",
        "Answer 404.";
    NOT_FOUND = "delete.not-in-queries", Must, "RFC 7644 §3.6",
        "A deleted resource is in no list and no query result.",
        "Leave deleted resources out of every answer.";
    FREE = "delete.name-is-free", Should, "RFC 7644 §3.6",
        "The userName of a deleted user does not conflict with a new one.",
        "Do not count deleted resources when looking for a conflict.";
    NEW_ID = "delete.id-not-reused", Must, "RFC 7643 §3.1",
        "A new user of the same name gets an id of its own; an id is never given again.",
        "Never reassign an id.";
    GROUP_DELETED = "delete.group", Must, "RFC 7644 §3.6; okta-client §3.17",
        "A group can be deleted, and is gone then; its members stay.",
        "Answer DELETE /Groups/{id} with 204 and keep the users.", [Rfc, Okta];
    UNKNOWN_404 = "read.unknown-is-404", Must, "RFC 7644 §3.12 table 8",
        "Reading an id that does not exist is answered with 404, whatever the id looks like.",
        "Answer 404 with a SCIM error for every id that you did not give.";
    OTHER_TYPE = "read.other-type-is-404", Must, "RFC 7644 §3.4.1",
        "A user's id below /Groups is answered with 404.",
        "Look an id up among the resources of the endpoint's own type.";
    STEADY = "read.repeatable", Must, "RFC 7644 §3.4.1",
        "Two reads with no write between them give the same representation.",
        "Reading must not change a resource, nor its lastModified.";
}

probe!(
    PUTS,
    "replace.forms",
    Writes,
    [ROUND_TRIP, APPLIED, PUT_READ_ONLY, OTHER_ID, PUT_AGREES, KEEPS_REQUIRED, WHOLE],
    puts
);
probe!(NAMES, "replace.names", Writes, [TAKEN, TAKEN_STATUS, RENAME, RECASE], names);
probe!(TIMES, "replace.times", Writes, [CREATED_STAYS, MODIFIED_MOVES, STEADY], times);
probe!(DELETES, "delete.chain", Writes, [NOT_FOUND, FREE, NEW_ID, GROUP_DELETED], deletes);
probe!(UNKNOWN, "read.unknown", Writes, [UNKNOWN_404, OTHER_TYPE, PUT_UNKNOWN, DELETE_UNKNOWN], unknown);

pub(in crate::checks) static PROBES: &[&Probe] = &[&PUTS, &NAMES, &TIMES, &DELETES, &UNKNOWN];

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
    let same = put.ok() && settled(&before.body) == settled(&after.body);
    session.hold(&ROUND_TRIP, same, &put, &["200, and nothing changed"], || {
        if put.ok() { differences(&before.body, &after.body) } else { put.outcome() }
    });
    if !same {
        return Err(Stop::Blocked(ROUND_TRIP.slug.to_owned()));
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
        && texts(&after.body, "groups", "value").is_empty();
    session.hold(&PUT_READ_ONLY, ignored, &put, &["200, meta and groups as before"], || {
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
    session.hold(&OTHER_ID, kept, &put, &["200 with the id of the URI"], || {
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
                .filter(|name| put.at(name) != after.at(name))
                .map(|name| format!("{name} {} and {}", shown(put.at(name)), shown(after.at(name))))
                .collect();
        session.hold(&PUT_AGREES, differs.is_empty(), &put, &["the same attributes in both"], || {
            format!("in the answer and when read: {}", differs.join("; "))
        });
    }
    let now = texts(&after.body, "emails", "value");
    let both = [&first, &second].iter().all(|mail| now.iter().any(|known| known.eq_ignore_ascii_case(mail)));
    if both && now.len() != 2 {
        session.fail(
            &WHOLE,
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
        session.hold(&WHOLE, right, &put, &[&format!("the address {second} alone")], || {
            format!("{}, then emails {}", put.outcome(), shown(after.at("emails")))
        });
    } else {
        session.skip(&WHOLE, "the service keeps one e-mail address only");
    }
    if let Some(members) = body.as_object_mut() {
        members.retain(|name, _| !name.eq_ignore_ascii_case("userName"));
    }
    let put = session.put(&ada.path, &body).await?;
    let after = session.get(&ada.path).await?;
    let kept = after.text("userName") == before.text("userName");
    session.hold(&KEEPS_REQUIRED, kept, &put, &["400 invalidValue", "the userName as before"], || {
        format!("{}, then userName {}", put.outcome(), shown(after.at("userName")))
    });
    Ok(())
}

/// Changes every attribute that was stored as it was sent.
async fn every(session: &mut Session, ada: &Made, before: &Answer) -> Result<(), Stop> {
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
    session.hold(
        &APPLIED,
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
    session.hold(&TAKEN, kept, &put, &["409, and the userName as before"], || {
        format!("{}, then userName {}", put.outcome(), shown(after.at("userName")))
    });
    if !session.facts.changeable(USER, "userName") {
        return session.absent("the schema of the service says that userName cannot be changed");
    }
    if kept {
        // Table 9 has uniqueness for a 400 to PUT and PATCH; 409 is demanded of creations alone.
        let right = [400, 409].contains(&put.status) && put.scim_type() == Some("uniqueness");
        session.hold(&TAKEN_STATUS, right, &put, &["409 uniqueness", "400 uniqueness"], || put.outcome());
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
        session.hold(&RENAME, wrong.is_empty(), &put, &["200, and the new name everywhere"], || {
            wrong.join("; ")
        });
    if !renamed {
        return Err(Stop::Blocked(RENAME.slug.to_owned()));
    }
    body["userName"] = json!(fresh.to_uppercase());
    let put = session.put(&ada.path, &body).await?;
    session.hold(&RECASE, put.ok(), &put, &["200"], || put.outcome());
    Ok(())
}

async fn times(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::ReadUser)?;
    let ada = session.user().await?;
    let first = session.get(&ada.path).await?;
    // Times are given in whole seconds by some services.
    session.wait(Duration::from_millis(1100)).await;
    let second = session.get(&ada.path).await?;
    session.hold(&STEADY, first.body == second.body, &second, &["the same body twice"], || {
        differences(&first.body, &second.body)
    });
    session.need(Capability::PutUser)?;
    let mut body = second.object();
    body["displayName"] = json!("Augusta");
    let put = session.put(&ada.path, &body).await?;
    let after = session.get(&ada.path).await?;
    if !put.ok() || after.text("displayName") != Some("Augusta") {
        return Err(Stop::Blocked("replace.user".into()));
    }
    match (second.text("meta.created"), after.text("meta.created")) {
        (Some(then), now) => {
            session.hold(&CREATED_STAYS, now == Some(then), &after, &[&format!("created {then}")], || {
                format!("created {}", shown(after.at("meta.created")))
            });
        }
        (None, _) => session.skip(&CREATED_STAYS, "the service does not return meta.created"),
    }
    let time = |text: Option<&str>| text.and_then(|text| text.parse::<jiff::Timestamp>().ok());
    match (time(second.text("meta.lastModified")), time(after.text("meta.lastModified"))) {
        (Some(then), Some(now)) => {
            session.hold(&MODIFIED_MOVES, now > then, &after, &["a later lastModified"], || {
                format!("lastModified {then} before the change and {now} after it")
            });
        }
        _ => session.skip(&MODIFIED_MOVES, "the service does not return meta.lastModified"),
    }
    Ok(())
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
    session.hold(&NOT_FOUND, seen.is_empty(), &shows, &["no deleted resource"], || {
        format!("the deleted user is in {}", seen.join(" and in "))
    });
    let body = session.user_body(json!({"userName": name}));
    let again = session.post("/Users", &body).await?;
    session.hold(&FREE, again.ok(), &again, &["201"], || again.outcome());
    if again.ok() {
        session.hold(&NEW_ID, again.id().as_deref() != Some(&ada.id), &again, &["another id"], || {
            format!("the id {} of the deleted user", ada.id)
        });
    }
    if session.need(Capability::CreateGroup).is_err() {
        session.skip(&GROUP_DELETED, "groups cannot be created");
        return Ok(());
    }
    let member = session.user().await?;
    let group = session.group(&[&member]).await?;
    let deleted = session.delete(&group.path).await?;
    let after = session.get(&group.path).await?;
    let still = session.get(&member.path).await?;
    let right = deleted.ok() && after.status == 404 && still.status == 200;
    session.hold(
        &GROUP_DELETED,
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

async fn unknown(session: &mut Session) -> Result<(), Stop> {
    let odd = [
        "010101001010101011001010101011".to_owned(),
        session.name(),
        "00000000-0000-4000-8000-000000000000".to_owned(),
        "no%20such%20user".to_owned(),
        "%C3%BC".to_owned(),
        "9".repeat(300),
    ];
    for id in odd {
        let answer = session.get(&format!("/Users/{id}")).await?;
        // A text that cannot be an id at all may also be refused as such.
        let right = answer.status == 404 || (answer.status == 400 || answer.status == 414) && id.len() > 200;
        session.hold(&UNKNOWN_404, right, &answer, &["404 Not Found"], || answer.outcome());
    }
    session.need(Capability::CreateUser)?;
    let ada = session.user().await?;
    if session.need(Capability::CreateGroup).is_ok() {
        let other = session.get(&ada.path.replacen("/Users/", "/Groups/", 1)).await?;
        session.hold(&OTHER_TYPE, other.status == 404, &other, &["404 Not Found"], || other.outcome());
    } else {
        session.skip(&OTHER_TYPE, "the service has no groups");
    }
    let nobody = format!("/Users/{}", session.name());
    if session.need(Capability::PutUser).is_ok() {
        let body = session.user_body(json!({}));
        let put = session.put(&nobody, &body).await?;
        session.hold(&PUT_UNKNOWN, put.status == 404, &put, &["404 Not Found"], || put.outcome());
        if let Some(id) = put.id().filter(|_| put.ok()) {
            session.adopt(&format!("/Users/{}", crate::exchange::percent_encode(&id)));
        }
    }
    if session.need(Capability::DeleteUser).is_ok() {
        let gone = session.delete(&nobody).await?;
        session.hold(&DELETE_UNKNOWN, gone.status == 404, &gone, &["404 Not Found"], || gone.outcome());
    }
    Ok(())
}
