//! What a representation may look like without meaning anything else, what a service owns in it, and what may
//! be set once (RFC 7643 §2, §3, §6, §7).

use serde_json::{Map, Value, json};

use crate::checks::active::{Answer, Capability, ENTERPRISE, Probe, Session, Stop, USER, probe};
use crate::checks::json::{at, items, member, shown, texts};
use crate::checks::requirement::requirements;
use crate::exchange::percent_encode;

requirements! {
    ANY_ORDER = "create.any-member-order", Must, "RFC 7643 §2.3.8; RFC 8259 §4",
        "The members of an object mean the same in any order.",
        "Read the body as an object, not as a sequence.";
    ANY_SCHEMAS = "create.any-schemas-order", Must, "RFC 7643 §3",
        "The URNs in schemas mean the same in any order.",
        "Look for a URN anywhere in schemas; do not take the first for the type.";
    LINES = "values.lines", Should, "RFC 7643 §4.1.2, §2.3.1",
        "An address of several lines comes back with its lines.",
        "Store line breaks.";
    MANAGER_NAME = "create.manager-display-name", Should, "RFC 7643 §4.3, §7",
        "manager.displayName is readOnly: what a client sends there is ignored.",
        "Take manager.displayName from the manager's own resource.";
    NO_MESSAGES = "discovery.no-message-schemas", Must, "RFC 7644 §3.1",
        "The schemas of messages, such as ListResponse, are not in /Schemas.",
        "Publish the schemas of resources alone.";
    EXTENSION_NEEDED = "create.required-extension", Must, "RFC 7643 §6",
        "An extension that its resource type requires is in every resource: a creation without it is refused, or the service adds it.",
        "Publish required true only for extensions that are enforced.";
    IMMUTABLE = "replace.immutable", Must, "RFC 7644 §3.5.1, §3.5.2; RFC 7643 §7",
        "A value that the published schema calls immutable is not changed by PUT or PATCH.",
        "Compare immutable values with those stored, or publish readWrite.";
    IMMUTABLE_TOLD = "replace.immutable-scim-type", Should, "RFC 7644 §3.5.1, §3.12 table 9",
        "Another value for an immutable attribute is refused with 400 and the scimType mutability.",
        "Refuse it instead of ignoring it.";
    IMMUTABLE_FIRST = "replace.immutable-first-value", Must, "RFC 7644 §3.5.1",
        "An immutable attribute without a value takes its first value from a PUT.",
        "Refuse a change only where there is a value.";
    ABSENT_ADDED = "patch.replace-absent-adds", Must, "RFC 7644 §3.5.2.3",
        "replace of an attribute that has no value adds it, whether it is simple, a part of another or multi-valued.",
        "Treat replace of what is not there as add.";
    SCHEMAS_FIRST = "patch.schemas-first", Must, "RFC 7644 §3.5.2",
        "Where an operation that adds a URN to schemas is taken, the next ones set attributes of that extension.",
        "Apply the operations one after the other, each to what the one before has left.";
    URN_PATH = "patch.extension-urn-as-path", Should, "RFC 7644 §3.5.2, §3.12; RFC 7643 §3.3",
        "An operation whose path is the URN of an extension changes its attributes, or is refused with a 4xx.",
        "Take the URN for the extension's object, or answer 400 invalidPath; do not answer with a success that changed nothing.";
}

probe!(
    ORDERED,
    "representation.created",
    Writes,
    [ANY_ORDER, ANY_SCHEMAS, LINES, MANAGER_NAME, EXTENSION_NEEDED],
    ordered
);
probe!(PUBLISHED, "representation.published", Reads, [NO_MESSAGES], published);
probe!(ONCE, "representation.immutable", Writes, [IMMUTABLE, IMMUTABLE_TOLD, IMMUTABLE_FIRST], once);
probe!(ADDED, "representation.added", Writes, [ABSENT_ADDED, SCHEMAS_FIRST, URN_PATH], added);

pub(in crate::checks) static PROBES: &[&Probe] = &[&ORDERED, &PUBLISHED, &ONCE, &ADDED];

/// The same value with the members of every object in the opposite order.
fn reversed(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let turned: Map<String, Value> =
                members.iter().rev().map(|(name, value)| (name.clone(), reversed(value))).collect();
            Value::Object(turned)
        }
        Value::Array(all) => all.iter().map(reversed).collect(),
        other => other.clone(),
    }
}

/// Whether the service publishes the enterprise extension, and takes it for users.
fn has_enterprise(session: &Session) -> bool {
    session.facts.schema(ENTERPRISE).is_some() && session.facts.extends(USER, ENTERPRISE)
}

async fn ordered(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::ReadUser)?;
    let ada = session.user().await?;
    let body = reversed(&session.user_body(json!({})));
    let answer = session.post("/Users", &body).await?;
    let same = answer.ok() && answer.at("name") == ada.body.get("name");
    session.hold(
        &ANY_ORDER,
        same || !answer.body.is_object() && answer.ok(),
        &answer,
        &["201 with the same user"],
        || format!("{}, name {}", answer.outcome(), shown(answer.at("name"))),
    );
    extended(session).await?;
    let address = json!({"type": "work", "streetAddress": "100 Universal City Plaza\nSuite 5", "locality": "Hollywood"});
    let body = session.user_body(json!({"addresses": [address]}));
    let created = session.post("/Users", &body).await?;
    let Some(id) = created.id().filter(|_| created.ok()) else {
        session.skip(&LINES, format!("the service refuses such a user with {}", created.outcome()));
        return needed(session).await;
    };
    let read = session.get(&format!("/Users/{}", percent_encode(&id))).await?;
    match items(&read.body, "addresses").iter().find_map(|one| at(one, "streetAddress")?.as_str()) {
        None => session.skip(&LINES, "the service does not store streetAddress"),
        Some(street) => {
            let lines: Vec<&str> = street.lines().collect();
            let right = lines == ["100 Universal City Plaza", "Suite 5"];
            let street = street.to_owned();
            session
                .hold(&LINES, right, &read, &["100 Universal City Plaza, a line break, Suite 5"], || street);
        }
    }
    needed(session).await
}

/// The URNs in schemas.
fn texts_of(body: &Value) -> Vec<String> {
    let all = body["schemas"].as_array().into_iter().flatten();
    all.filter_map(|urn| urn.as_str().map(str::to_owned)).collect()
}

/// The order of schemas, and the manager's name, where users have the enterprise extension.
async fn extended(session: &mut Session) -> Result<(), Stop> {
    if !has_enterprise(session) {
        for requirement in [&ANY_SCHEMAS, &MANAGER_NAME] {
            session.skip(requirement, "the service does not publish the enterprise extension");
        }
        return Ok(());
    }
    let mut stored = Vec::new();
    let mut shows: Option<Answer> = None;
    for schemas in [[USER, ENTERPRISE], [ENTERPRISE, USER]] {
        let mut body = session.user_body(json!({ENTERPRISE: {"department": "Engines"}}));
        let others = texts_of(&body).into_iter().filter(|urn| !schemas.contains(&urn.as_str()));
        body["schemas"] = schemas.into_iter().map(str::to_owned).chain(others).collect();
        let answer = session.post("/Users", &body).await?;
        let read = match answer.id().filter(|_| answer.ok()) {
            Some(id) => session.get(&format!("/Users/{}", percent_encode(&id))).await?,
            None => answer,
        };
        let department = read.at(&format!("{ENTERPRISE}:department")).cloned();
        stored.push((read.status, department));
        shows = Some(read);
    }
    if let Some(shows) = shows {
        if stored[0].0 == 200 {
            session.hold(
                &ANY_SCHEMAS,
                stored[0] == stored[1],
                &shows,
                &["what the other order gives"],
                || format!("{}, department {}", stored[1].0, shown(stored[1].1.as_ref())),
            );
        } else {
            session.blocked(&ANY_SCHEMAS, "create.enterprise-extension");
        }
    }
    let writable = session
        .facts
        .attribute(ENTERPRISE, "manager.displayName")
        .and_then(|published| member(published, "mutability")?.as_str())
        .is_some_and(|word| word != "readOnly");
    let listed = session.facts.attribute(ENTERPRISE, "manager").is_some();
    if writable || !listed {
        session.skip(&MANAGER_NAME, "the service publishes manager.displayName as writable, or no manager");
        return Ok(());
    }
    let boss = session.user().await?;
    let manager = json!({"value": boss.id, "displayName": "Nobody's name"});
    let body = session.user_body(json!({"schemas": [USER, ENTERPRISE], ENTERPRISE: {"manager": manager}}));
    let answer = session.post("/Users", &body).await?;
    let Some(id) = answer.id().filter(|_| answer.ok()) else {
        let bare = json!({"schemas": [USER, ENTERPRISE], ENTERPRISE: {"manager": {"value": boss.id}}});
        let bare = session.user_body(bare);
        if session.post("/Users", &bare).await?.ok() {
            session.fail(&MANAGER_NAME, &answer, &["201, the name ignored"], answer.outcome());
        } else {
            session.blocked(&MANAGER_NAME, "create.enterprise-extension");
        }
        return Ok(());
    };
    let read = session.get(&format!("/Users/{}", percent_encode(&id))).await?;
    let name = read.at(&format!("{ENTERPRISE}:manager.displayName"));
    let right = name.and_then(Value::as_str) != Some("Nobody's name");
    session.hold(&MANAGER_NAME, right, &read, &["the manager's own displayName, or none"], || {
        format!("displayName {}", shown(name))
    });
    Ok(())
}

async fn needed(session: &mut Session) -> Result<(), Stop> {
    let kinds = session.facts.resource_types.clone();
    let required: Vec<String> = kinds
        .iter()
        .filter(|kind| {
            member(kind, "schema").and_then(Value::as_str).is_some_and(|urn| urn.eq_ignore_ascii_case(USER))
        })
        .flat_map(|kind| items(kind, "schemaExtensions"))
        .filter(|one| member(one, "required") == Some(&json!(true)))
        .filter_map(|one| member(one, "schema")?.as_str().map(str::to_owned))
        .collect();
    if required.is_empty() {
        session.skip(&EXTENSION_NEEDED, "no extension of users is published as required");
        return Ok(());
    }
    for urn in required {
        let body = session.user_body(json!({"schemas": [USER], urn.as_str(): null}));
        let answer = session.post("/Users", &body).await?;
        let added = match answer.id().filter(|_| answer.ok()) {
            Some(id) => {
                let read = session.get(&format!("/Users/{}", percent_encode(&id))).await?;
                read.at("schemas").and_then(Value::as_array).is_some_and(|all| {
                    all.iter().any(|one| one.as_str().is_some_and(|known| known.eq_ignore_ascii_case(&urn)))
                })
            }
            None => false,
        };
        session.hold(
            &EXTENSION_NEEDED,
            added || answer.refused(),
            &answer,
            &["400", &format!("a user with {urn}")],
            || format!("{}, a user without it", answer.outcome()),
        );
    }
    Ok(())
}

async fn published(session: &mut Session) -> Result<(), Stop> {
    let answer = session.get("/Schemas").await?;
    if !answer.ok() {
        return session.absent(format!("the service answers /Schemas with {}", answer.outcome()));
    }
    let messages: Vec<String> = answer
        .ids()
        .into_iter()
        .filter(|id| id.to_ascii_lowercase().starts_with("urn:ietf:params:scim:api:messages:"))
        .collect();
    session.hold(&NO_MESSAGES, messages.is_empty(), &answer, &["schemas of resources alone"], || {
        messages.join(", ")
    });
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
        session.hold(&IMMUTABLE_TOLD, told, &answer, &["400 mutability"], || answer.outcome());
    }
    let after = session.get(&ada.path).await?;
    session.hold(
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
        session.skip(&IMMUTABLE_FIRST, format!("every user has {place}"));
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
    session.hold(
        &IMMUTABLE_FIRST,
        put.ok() && after.at(&place) == Some(&first),
        &put,
        &[&format!("{place} {first}")],
        || format!("{}, {place} {}", put.outcome(), shown(after.at(&place))),
    );
    Ok(())
}

async fn added(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::PatchUser)?;
    let forms: [(&str, Value, Value); 3] = [
        ("nickName", json!("Babs"), json!({"nickName": "Babs"})),
        (
            "name.honorificPrefix",
            json!("Dr."),
            json!({"name": {"givenName": "Ada", "familyName": "Lovelace", "honorificPrefix": "Dr."}}),
        ),
        (
            "phoneNumbers",
            json!([{"type": "work", "value": "+1-555-0100"}]),
            json!({"phoneNumbers": [{"type": "work", "value": "+1-555-0100"}]}),
        ),
    ];
    for (path, value, whole) in forms {
        // What a creation does not keep, a PATCH need not keep either.
        let kept = session.user_with(whole).await;
        let made = match kept {
            Ok(made) if session.get(&made.path).await?.at(path).is_some() => Some(made),
            Ok(_) | Err(Stop::Blocked(_)) => None,
            Err(other) => return Err(other),
        };
        let ada = session.user().await?;
        let absent = session.get(&ada.path).await?.at(path).is_none();
        let Some(made) = made.filter(|_| absent) else {
            session
                .skip(&ABSENT_ADDED, format!("the service does not store {path}, or gives one to everybody"));
            continue;
        };
        let other = match &value {
            Value::String(_) => json!("Other"),
            _ => json!([{"type": "work", "value": "+1-555-0199"}]),
        };
        // What does not replace a value that is there does no better where there is none.
        session.patch(&made.path, json!({"op": "replace", "path": path, "value": other})).await?;
        let replaced = session.get(&made.path).await?;
        if replaced.at(path) != Some(&other) && texts(&replaced.body, path, "value") != ["+1-555-0199"] {
            session.blocked(&ABSENT_ADDED, "patch.replace-simple");
            continue;
        }
        let answer = session.patch(&ada.path, json!({"op": "replace", "path": path, "value": value})).await?;
        let after = session.get(&ada.path).await?;
        let now = match after.at(path) {
            Some(Value::Array(_)) => texts(&after.body, path, "value") == ["+1-555-0100"],
            other => other == Some(&value),
        };
        session.hold(
            &ABSENT_ADDED,
            answer.ok() && now,
            &answer,
            &[&format!("{path} {}", shown(Some(&value)))],
            || format!("{}, then {path} {}", answer.outcome(), shown(after.at(path))),
        );
    }
    if !has_enterprise(session) {
        for requirement in [&SCHEMAS_FIRST, &URN_PATH] {
            session.skip(requirement, "the service does not publish the enterprise extension");
        }
        return Ok(());
    }
    let place = format!("{ENTERPRISE}:department");
    let set = json!({"op": "add", "path": place, "value": "Engines"});
    let grace = session.user().await?;
    let plain = session.patch(&grace.path, set.clone()).await?;
    let reads = session.get(&grace.path).await?;
    if !plain.ok() || reads.at(&place) != Some(&json!("Engines")) {
        for requirement in [&SCHEMAS_FIRST, &URN_PATH] {
            session.blocked(requirement, "patch.extension-first-attribute");
        }
        return Ok(());
    }
    // The grammar of paths does not have it, and clients send it.
    for op in ["replace", "add"] {
        let whole = json!({"op": op, "path": ENTERPRISE, "value": {"department": format!("By {op}")}});
        let answer = session.patch(&grace.path, whole).await?;
        let after = session.get(&grace.path).await?;
        let done = answer.ok() && after.at(&place) == Some(&json!(format!("By {op}")));
        session.hold(
            &URN_PATH,
            done || answer.refused(),
            &answer,
            &["the department", "400 invalidPath"],
            || format!("{}, then department {}", answer.outcome(), shown(after.at(&place))),
        );
    }
    let both = session.user().await?;
    let simple = json!({"op": "replace", "path": "displayName", "value": "Augusta"});
    session.patch(&both.path, json!([simple, set])).await?;
    let read = session.get(&both.path).await?;
    if read.text("displayName") != Some("Augusta") || read.at(&place) != Some(&json!("Engines")) {
        session.blocked(&SCHEMAS_FIRST, "patch.several-operations");
        return Ok(());
    }
    let ada = session.user().await?;
    let first = json!({"op": "add", "path": "schemas", "value": [ENTERPRISE]});
    let answer = session.patch(&ada.path, json!([first, set])).await?;
    if answer.refused() {
        // Nothing says that schemas can be written.
        session.skip(&SCHEMAS_FIRST, format!("operations on schemas are refused: {}", answer.outcome()));
        return Ok(());
    }
    let after = session.get(&ada.path).await?;
    session.hold(
        &SCHEMAS_FIRST,
        answer.ok() && after.at(&place) == Some(&json!("Engines")),
        &answer,
        &["200 or 204, and the department"],
        || format!("{}, then department {}", answer.outcome(), shown(after.at(&place))),
    );
    Ok(())
}
