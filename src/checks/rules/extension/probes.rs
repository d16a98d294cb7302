//! Probes of the rules in this area.

use serde_json::{Value, json};

use crate::checks::engine::{Answer, Capability, Session, Stop, path_to, probes, query, sample};
use crate::checks::json::{items, member, shown};
use crate::checks::rules::extension::{CREATED, KEPT_BY_CORE_PATCH, PATCHED, PATCHED_WITHOUT_PATH, REPLACED};
use crate::checks::rules::{create, filter, list, projection};
use crate::checks::stage::Created;
use crate::urn::{ENTERPRISE, USER};

probes! {
    "extension.published", Writes,
        [CREATED, REPLACED, PATCHED, PATCHED_WITHOUT_PATH, KEPT_BY_CORE_PATCH,
         projection::EXTENSION_ATTRIBUTE, projection::EXTENSION_ATTRIBUTE_EXCLUDED,
         filter::PUBLISHED_EXTENSION, list::LIKE_READ],
        published;
    "extension.core-values", Writes, [create::PUBLISHED_VALUES], core_values;
}

/// An extension with values for its attributes.
struct Extension {
    urn: String,
    /// Names and values, those of plain text first.
    values: Vec<(String, Value)>,
}

/// Most extensions that are looked at, and most attributes of each.
const MOST: usize = 3;

const ATTRIBUTES: usize = 6;

/// The extensions of users with attributes of which one value is as good as another.
fn extensions(session: &Session) -> Vec<Extension> {
    let mut found = Vec::new();
    for schema in &session.facts.schemas {
        let Some(urn) = member(schema, "id").and_then(Value::as_str) else { continue };
        let listed = session.facts.resource_types.iter().any(|kind| {
            member(kind, "schema").and_then(Value::as_str).is_some_and(|core| core.eq_ignore_ascii_case(USER))
                && items(kind, "schemaExtensions").iter().any(|extension| {
                    member(extension, "schema")
                        .and_then(Value::as_str)
                        .is_some_and(|known| known.eq_ignore_ascii_case(urn))
                })
        });
        if !listed {
            continue;
        }
        let mut values: Vec<(String, Value)> = items(schema, "attributes").iter().filter_map(value).collect();
        values.sort_by_key(|(_, value)| !value.is_string());
        values.truncate(ATTRIBUTES);
        if !values.is_empty() {
            found.push(Extension { urn: urn.to_owned(), values });
        }
    }
    found.sort_by_key(|extension| extension.urn != ENTERPRISE);
    found.truncate(MOST);
    found
}

/// A value for an attribute that clients may write and read, whose value is neither a reference nor one of a few.
fn value(definition: &Value) -> Option<(String, Value)> {
    let says = |name: &str| member(definition, name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let free = ["", "readWrite"].contains(&says("mutability").as_str())
        && ["", "default", "always"].contains(&says("returned").as_str())
        && ["", "none"].contains(&says("uniqueness").as_str())
        && ["string", "boolean", "integer", "decimal", "dateTime"].contains(&says("type").as_str());
    free.then(|| sample(definition)).flatten().map(|value| (says("name"), value))
}

/// Another value of the same kind; none where the attribute has but a few.
fn other(session: &Session, urn: &str, name: &str, value: &Value) -> Value {
    let few = session.facts.attribute(urn, name).map_or(&[][..], |known| items(known, "canonicalValues"));
    match value {
        Value::String(_) if !few.is_empty() => few.last().cloned().unwrap_or(Value::Null),
        Value::String(text) if instant(text).is_some() => json!("2012-09-09T09:00:00Z"),
        Value::String(text) => json!(format!("{text} else")),
        Value::Bool(is) => json!(!is),
        Value::Number(number) if number.is_i64() => json!(number.as_i64().unwrap_or_default() + 2),
        Value::Number(_) => json!(9.25),
        several => several.clone(),
    }
}

/// The value in the extension of an answer.
fn of<'a>(answer: &'a Answer, urn: &str, name: &str) -> Option<&'a Value> {
    member(member(&answer.body, urn)?, name).filter(|value| !value.is_null())
}

fn instant(text: &str) -> Option<jiff::Timestamp> {
    text.parse().ok()
}

/// Whether it means what was sent: numbers by value, times as instants, several values in any order.
fn same(now: Option<&Value>, sent: &Value) -> bool {
    match (now, sent) {
        (Some(Value::Number(now)), Value::Number(sent)) => {
            now.as_f64().zip(sent.as_f64()).is_some_and(|(now, sent)| (now - sent).abs() < 1e-9)
        }
        (Some(Value::String(now)), Value::String(sent)) => {
            now == sent || instant(sent).is_some_and(|sent| instant(now) == Some(sent))
        }
        (Some(Value::Array(now)), Value::Array(sent)) => {
            now.len() == sent.len() && sent.iter().all(|sent| now.iter().any(|now| same(Some(now), sent)))
        }
        (now, sent) => now == Some(sent),
    }
}

async fn published(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::ReadUser)?;
    let all = extensions(session);
    if all.is_empty() {
        return session.absent("no extension of users is published with attributes that clients write");
    }
    for extension in &all {
        one(session, extension).await?;
    }
    Ok(())
}

async fn one(session: &mut Session, extension: &Extension) -> Result<(), Stop> {
    let urn = extension.urn.as_str();
    let object: Value = extension.values.iter().cloned().collect::<serde_json::Map<_, _>>().into();
    let body = session.user_body(json!({"schemas": [USER, urn], urn: object}));
    let answer = session.post("/Users", &body).await?;
    let Some(id) = answer.id().filter(|_| answer.ok()) else {
        // Which values it takes is the service's own affair.
        session.skip(&CREATED, "the service refuses values made up from its definitions");
        return Ok(());
    };
    let ada = Created { path: path_to("/Users", &id)?, id, body: answer.body.clone() };
    let read = session.get(&ada.path).await?;
    let mut stored = Vec::new();
    for (name, sent) in &extension.values {
        let now = of(&read, urn, name);
        if session
            .require(&CREATED, same(now, sent), &answer, &[&format!("{urn}:{name} {sent}")], || shown(now))
        {
            stored.push((name.clone(), sent.clone()));
        }
    }
    listed(session, &ada, &read, &body["userName"]).await?;
    let Some((name, sent)) = stored.first().cloned() else { return Ok(()) };
    let rest = &stored[1..];
    let kept = |answer: &Answer| rest.iter().all(|(name, sent)| same(of(answer, urn, name), sent));
    let qualified = format!("{urn}:{name}");

    let selected = session.get(&query(&ada.path, &[("attributes", &qualified)])).await?;
    let alone = rest.iter().all(|(name, _)| of(&selected, urn, name).is_none());
    let right = selected.ok() && same(of(&selected, urn, &name), &sent) && alone;
    session.require(
        &projection::EXTENSION_ATTRIBUTE,
        right,
        &selected,
        &[&format!("{qualified} alone of the extension")],
        || format!("{}, {}", selected.outcome(), shown(member(&selected.body, urn))),
    );
    let without = session.get(&query(&ada.path, &[("excludedAttributes", &qualified)])).await?;
    let returned = session
        .facts
        .attribute(urn, &name)
        .and_then(|known| member(known, "returned"))
        .and_then(Value::as_str);
    if returned != Some("always") {
        let right = without.ok() && of(&without, urn, &name).is_none() && kept(&without);
        session.require(
            &projection::EXTENSION_ATTRIBUTE_EXCLUDED,
            right,
            &without,
            &[&format!("the extension without {name}")],
            || format!("{}, {}", without.outcome(), shown(member(&without.body, urn))),
        );
    }
    if session.facts.works(Capability::FilterUser) && session.facts.claims("filter") != Some(false) {
        let both = format!("userName eq {} and {qualified} eq {sent}", body["userName"]);
        let found = session.filter("/Users", &both).await?;
        let right = found.refused() || found.lists(&ada.id) && found.ids().iter().all(|id| *id == ada.id);
        session.require(
            &filter::PUBLISHED_EXTENSION,
            right,
            &found,
            &["that user", "400 invalidFilter"],
            || format!("{}, {} users", found.outcome(), found.resources().len()),
        );
    }
    if session.facts.works(Capability::PatchUser) {
        let new = other(session, urn, &name, &sent);
        let answer =
            session.patch(&ada.path, json!({"op": "replace", "path": qualified, "value": new})).await?;
        let after = session.get(&ada.path).await?;
        let right = answer.ok() && same(of(&after, urn, &name), &new) && kept(&after);
        session.require(
            &PATCHED,
            right,
            &answer,
            &[&format!("success, then {name} {new} beside the others")],
            || format!("{}, then {}", answer.outcome(), shown(member(&after.body, urn))),
        );
        let answer =
            session.patch(&ada.path, json!({"op": "replace", "value": {urn: {name.as_str(): sent}}})).await?;
        let after = session.get(&ada.path).await?;
        let right = answer.ok() && same(of(&after, urn, &name), &sent) && kept(&after);
        session.require(
            &PATCHED_WITHOUT_PATH,
            right,
            &answer,
            &[&format!("success, then {name} {sent} beside the others")],
            || format!("{}, then {}", answer.outcome(), shown(member(&after.body, urn))),
        );
        let before = member(&after.body, urn).cloned();
        let answer = session
            .patch(&ada.path, json!({"op": "replace", "path": "displayName", "value": "Else"}))
            .await?;
        let after = session.get(&ada.path).await?;
        let untouched = member(&after.body, urn) == before.as_ref();
        session.require(&KEPT_BY_CORE_PATCH, untouched, &answer, &["the extension as before"], || {
            shown(member(&after.body, urn))
        });
    }
    if session.facts.works(Capability::PutUser) {
        let mut body = session.get(&ada.path).await?.object();
        let mut wanted = Vec::new();
        let key =
            body.as_object().and_then(|all| all.keys().find(|key| key.eq_ignore_ascii_case(urn)).cloned());
        let Some(key) = key else { return Ok(()) };
        for (name, sent) in &stored {
            let new = other(session, urn, name, sent);
            body[key.as_str()][name.as_str()] = new.clone();
            wanted.push((name.clone(), new));
        }
        let answer = session.put(&ada.path, &body).await?;
        let after = session.get(&ada.path).await?;
        // Values that it may not take it can refuse.
        let right = answer.refused()
            || answer.ok() && wanted.iter().all(|(name, sent)| same(of(&after, urn, name), sent));
        session.require(&REPLACED, right, &answer, &[&shown(member(&body, urn))], || {
            format!("{}, then {}", answer.outcome(), shown(member(&after.body, urn)))
        });
    }
    Ok(())
}

/// Holds the user in a list against the same user by itself.
async fn listed(session: &mut Session, ada: &Created, read: &Answer, login: &Value) -> Result<(), Stop> {
    if !session.facts.works(Capability::FilterUser) {
        return Ok(());
    }
    let found = session.filter("/Users", &format!("userName eq {login}")).await?;
    let resources = found.resources();
    let Some(entry) =
        resources.iter().find(|entry| member(entry, "id").and_then(Value::as_str) == Some(&ada.id))
    else {
        return Ok(());
    };
    let missing: Vec<String> =
        leaves(&read.body).into_iter().filter(|path| !leaves(entry).contains(path)).collect();
    session.require(
        &list::LIKE_READ,
        missing.is_empty(),
        &found,
        &["the user as it is read by its id"],
        || format!("the user in the list is without {}", missing.join(", ")),
    );
    Ok(())
}

/// The attributes that a resource shows, in lower case, those of extensions each by itself.
fn leaves(resource: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for (name, value) in resource.as_object().into_iter().flatten() {
        let name = name.to_lowercase();
        match value {
            Value::Null => {}
            Value::Array(all) if all.is_empty() => {}
            Value::Object(inside) if name.starts_with("urn:") => {
                let shown = inside.iter().filter(|(_, value)| !value.is_null());
                found.extend(shown.map(|(sub, _)| format!("{name}:{}", sub.to_lowercase())));
            }
            _ => found.push(name),
        }
    }
    found
}

/// A value for a core attribute that means something: languages and time zones are checked by many services.
fn meaningful(definition: &Value) -> Option<Value> {
    match member(definition, "name").and_then(Value::as_str)? {
        "userName" | "displayName" | "password" | "active" | "emails" | "groups" | "members" | "userType" => {
            None
        }
        "locale" | "preferredLanguage" => Some(json!("en-US")),
        "timezone" => Some(json!("America/Los_Angeles")),
        "phoneNumbers" => Some(json!([{"value": "+1 555 0100", "type": "work"}])),
        "x509Certificates" => None,
        _ => sample(definition),
    }
}

/// Whether all that was sent is there, beside what the service adds.
fn holds(now: Option<&Value>, sent: &Value) -> bool {
    match (now, sent) {
        (Some(now @ Value::Object(_)), Value::Object(sent)) => {
            // Services may put formatted together themselves.
            sent.iter().all(|(name, sent)| name == "formatted" || holds(member(now, name), sent))
        }
        (Some(Value::Array(now)), Value::Array(sent)) => {
            sent.iter().all(|sent| now.iter().any(|now| holds(Some(now), sent)))
        }
        (now, sent) => same(now, sent),
    }
}

async fn core_values(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::ReadUser)?;
    let Some(schema) = session.facts.schema(USER) else {
        return session.absent("the core schema is not published");
    };
    let mut wanted = Vec::new();
    for definition in items(schema, "attributes") {
        let says = |name: &str| member(definition, name).and_then(Value::as_str).unwrap_or_default();
        let open = ["", "readWrite"].contains(&says("mutability"))
            && ["", "default", "always"].contains(&says("returned"));
        if let (true, Some(value)) = (open, meaningful(definition)) {
            wanted.push((says("name").to_owned(), value));
        }
    }
    for (name, value) in wanted {
        let body = session.user_body(json!({name.as_str(): value}));
        let answer = session.post("/Users", &body).await?;
        // Which values it takes is the service's own affair, but not what it does with those that it took.
        let Some(id) = answer.id().filter(|_| answer.ok()) else { continue };
        let read = session.get(&path_to("/Users", &id)?).await?;
        session.require(
            &create::PUBLISHED_VALUES,
            holds(read.at(&name), &value),
            &answer,
            &[&format!("{name} {value}")],
            || format!("{name} {}", shown(read.at(&name))),
        );
    }
    Ok(())
}
