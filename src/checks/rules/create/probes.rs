//! Probes of the rules in this area.

use serde_json::{Map, Value, json};

use crate::checks::engine::{Answer, Call, Capability, Session, Stop, is_resource, path_to, probes};
use crate::checks::json::{at, equivalent, items, member, shown, texts};
use crate::checks::rules::create;
use crate::checks::rules::create::{
    ANSWER_IS_THE_STORE, ANY_MEMBER_ORDER, ANY_SCHEMAS_ORDER, ATTRIBUTE_NAMES_ANY_CASE, DISTINCT_IDS,
    DUPLICATE_CHANGES_NOTHING, EMAIL_WITHOUT_PRIMARY, ENTERPRISE_EXTENSION, GROUP_NAME_REQUIRED, INACTIVE,
    MANAGER_DISPLAY_NAME, MODIFIED_IS_CREATED, NULL_IS_ABSENT, PARTS_KEPT, READ_ONLY_IGNORED,
    READABLE_AT_LOCATION, REFUSED_LEAVES_NOTHING, REQUIRED_EXTENSION, REQUIRED_SCIM_TYPE, SERVICE_ASSIGNS_ID,
    SEVERAL_EMAILS, STORES_EXTERNAL_ID, STORES_OKTA_ATTRIBUTES, USER_NAME_REQUIRED, WRONG_TYPE_REFUSED,
};
use crate::urn::{ENTERPRISE, USER};

use crate::checks::stage::left_behind;
use crate::checks::stage::values::{has_enterprise, parts_lost, rich};

probes! {
    "create.assigned", Writes,
        [SERVICE_ASSIGNS_ID, READ_ONLY_IGNORED, MODIFIED_IS_CREATED, READABLE_AT_LOCATION, DISTINCT_IDS],
        assigned;
    "create.kept", Writes,
        [ANSWER_IS_THE_STORE, STORES_OKTA_ATTRIBUTES, STORES_EXTERNAL_ID, DUPLICATE_CHANGES_NOTHING],
        kept;
    "create.inactive", Writes, [INACTIVE], inactive;
    "create.refused", Writes,
        [USER_NAME_REQUIRED, REQUIRED_SCIM_TYPE, GROUP_NAME_REQUIRED, WRONG_TYPE_REFUSED],
        refused;
    "create.forms", Writes, [ATTRIBUTE_NAMES_ANY_CASE, NULL_IS_ABSENT], forms;
    "create.extension", Writes, [ENTERPRISE_EXTENSION], extension;
    "create.emails", Writes, [EMAIL_WITHOUT_PRIMARY, SEVERAL_EMAILS], emails;
    "create.parts", Writes, [PARTS_KEPT], stored;
    "create.orders", Writes, [ANY_MEMBER_ORDER, ANY_SCHEMAS_ORDER, MANAGER_DISPLAY_NAME], ordered;
    "create.needed-extension", Writes, [REQUIRED_EXTENSION], needed;
    "create.leaves-nothing", Writes, [REFUSED_LEAVES_NOTHING], refused_leaves_nothing;
}

async fn assigned(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::CreateUser)?;
    let wanted = session.name();
    let body = session.user_body(json!({
        "id": wanted,
        "meta": {"created": "1999-01-01T00:00:00Z", "lastModified": "1999-01-01T00:00:00Z", "resourceType": "Group"},
        "groups": [{"value": "nobody", "display": "Nobody"}],
    }));
    let answer = session.post("/Users", &body).await?;
    if !answer.ok() {
        // Which of the three it minds shows when each is sent alone.
        let body = session.user_body(json!({"id": wanted}));
        let alone = session.post("/Users", &body).await?;
        session
            .require(&SERVICE_ASSIGNS_ID, alone.ok(), &alone, &["201, the id ignored"], || alone.outcome());
        let body = session.user_body(json!({"meta": {"created": "1999-01-01T00:00:00Z"}}));
        let alone = session.post("/Users", &body).await?;
        session.require(&READ_ONLY_IGNORED, alone.ok(), &alone, &["201, meta ignored"], || alone.outcome());
        return Err(Stop::Blocked(if alone.ok() { &SERVICE_ASSIGNS_ID } else { &READ_ONLY_IGNORED }));
    }
    let id = answer.id();
    session.require(
        &SERVICE_ASSIGNS_ID,
        id.as_deref() != Some(wanted.as_str()),
        &answer,
        &["an id of the service's own"],
        || format!("the client's id {wanted}"),
    );
    let (created, modified) = (answer.text("meta.created"), answer.text("meta.lastModified"));
    let own = created.is_none_or(|created| !created.starts_with("1999"))
        && answer.text("meta.resourceType") != Some("Group")
        // A service may put everybody into groups of its own.
        && !texts(&answer.body, "groups", "value").contains(&"nobody".to_owned());
    session.require(&READ_ONLY_IGNORED, own, &answer, &["meta and groups as the service has them"], || {
        format!("meta {}, groups {}", shown(answer.at("meta")), shown(answer.at("groups")))
    });
    match (created, modified) {
        (Some(created), Some(modified)) if own => {
            session.require(
                &MODIFIED_IS_CREATED,
                instant(created) == instant(modified),
                &answer,
                &["equal times"],
                || format!("created {created}, lastModified {modified}"),
            );
        }
        _ => session.skip(&MODIFIED_IS_CREATED, "the service does not return created and lastModified"),
    }
    let location = answer.header("Location").map(str::to_owned);
    match location.as_deref().and_then(|location| below(&session.base_path(), location)) {
        Some(path) => {
            let read = session.get(&path).await?;
            let same = read.status == 200 && read.id() == id;
            session
                .require(&READABLE_AT_LOCATION, same, &read, &["200 with the resource"], || read.outcome());
        }
        None => session.skip(&READABLE_AT_LOCATION, "there is no Location below the base URL"),
    }
    let second = session.user().await?;
    let mut all = vec![id.unwrap_or_default(), second.id];
    if session.need(Capability::CreateGroup).is_ok() {
        all.push(session.group(&[]).await?.id);
    }
    let mut different = all.clone();
    different.sort();
    different.dedup();
    session.require(&DISTINCT_IDS, different.len() == all.len(), &answer, &["ids that differ"], || {
        all.join(", ")
    });
    Ok(())
}

/// To the second: some services keep the two with different precision.
fn instant(text: &str) -> Option<i64> {
    text.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_second)
}

/// The path below the base URL of a Location, absolute or relative.
fn below(base_path: &str, location: &str) -> Option<String> {
    let path = match location.split_once("://") {
        Some((_, rest)) => &rest[rest.find('/')?..],
        None => location,
    };
    let below = path.strip_prefix(base_path).unwrap_or(path);
    let below = format!("/{}", below.trim_start_matches('/'));
    is_resource(&below).then_some(below)
}

async fn kept(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::ReadUser)?;
    let external = session.name();
    let body = session.user_body(json!({"externalId": external}));
    let answer = session.post("/Users", &body).await?;
    let Some(id) = answer.id().filter(|_| answer.ok()) else {
        return Err(Stop::Blocked(&create::USER));
    };
    let read = session.get(&path_to("/Users", &id)?).await?;
    let mut differs = Vec::new();
    if answer.body.is_object() {
        for name in
            ["id", "userName", "name", "displayName", "emails", "active", "externalId", "meta.created"]
        {
            if !equivalent(answer.at(name), read.at(name)) {
                differs.push(format!("{name} {} and {}", shown(answer.at(name)), shown(read.at(name))));
            }
        }
    }
    session.require(
        &ANSWER_IS_THE_STORE,
        differs.is_empty(),
        &read,
        &["the same attributes in both"],
        || format!("in the 201 and in the 200: {}", differs.join("; ")),
    );
    let mut lost = Vec::new();
    for name in ["userName", "name.givenName", "name.familyName", "active"] {
        let (sent, got) = (at(&body, name), read.at(name));
        let same = match (sent.and_then(Value::as_str), got.and_then(Value::as_str)) {
            (Some(sent), Some(got)) if name == "userName" => sent.eq_ignore_ascii_case(got),
            _ => sent == got,
        };
        if !same {
            lost.push(format!("{name} {} for {}", shown(got), shown(sent)));
        }
    }
    let mail = body["emails"][0]["value"].as_str().unwrap_or_default().to_owned();
    let stored = texts(&read.body, "emails", "value");
    if !stored.iter().any(|value| value.eq_ignore_ascii_case(&mail)) {
        lost.push(format!("emails {} for {mail}", shown(read.at("emails"))));
    }
    session.require(&STORES_OKTA_ATTRIBUTES, lost.is_empty(), &read, &["the values that were sent"], || {
        lost.join("; ")
    });
    session.require(
        &STORES_EXTERNAL_ID,
        read.text("externalId") == Some(external.as_str()),
        &read,
        &[&format!("externalId {external}")],
        || format!("externalId {}", shown(read.at("externalId"))),
    );
    // The same name again, with other attributes.
    let mut second = body.clone();
    second["displayName"] = json!("Somebody else");
    second["name"] = json!({"givenName": "Somebody", "familyName": "Else"});
    let again = session.post("/Users", &second).await?;
    let shouted = body["userName"].as_str().unwrap_or_default().to_uppercase();
    second["userName"] = json!(shouted);
    session.post("/Users", &second).await?;
    let after = session.get(&path_to("/Users", &id)?).await?;
    let untouched = after.status == 200
        && ["displayName", "name", "userName"].iter().all(|name| after.at(name) == read.at(name));
    session.require(&DUPLICATE_CHANGES_NOTHING, untouched, &again, &["the first user as before"], || {
        format!(
            "{} for the second creation, then displayName {}, name {}",
            again.outcome(),
            shown(after.at("displayName")),
            shown(after.at("name"))
        )
    });
    Ok(())
}

async fn inactive(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::ReadUser)?;
    let ada = session.user_with(json!({"active": false})).await?;
    let read = session.get(&ada.path).await?;
    if read.at("active").is_none() {
        session.skip(&INACTIVE, "the service does not return active");
        return Ok(());
    }
    session.require(&INACTIVE, read.at("active") == Some(&json!(false)), &read, &["active false"], || {
        format!("active {}", shown(read.at("active")))
    });
    Ok(())
}

async fn refused(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::CreateUser)?;
    let body = session.user_body(json!({"userName": null}));
    let answer = session.post("/Users", &body).await?;
    // "The service provider MAY assign a default value to non-asserted attributes" (§3.3).
    let given =
        |answer: &Answer, name: &str| answer.ok() && answer.text(name).is_some_and(|name| !name.is_empty());
    let held = answer.refused() || given(&answer, "userName");
    session.require(&USER_NAME_REQUIRED, held, &answer, &["400 invalidValue", "201 with a userName"], || {
        answer.outcome()
    });
    if answer.refused() {
        let right = answer.status == 400
            && ["invalidValue", "invalidSyntax"].contains(&answer.scim_type().unwrap_or_default());
        session.require(&REQUIRED_SCIM_TYPE, right, &answer, &["scimType invalidValue"], || answer.outcome());
    }
    if session.need(Capability::CreateGroup).is_ok() {
        let mut body = session.group_body(&[]);
        if let Some(members) = body.as_object_mut() {
            members.shift_remove("displayName");
        }
        let answer = session.post("/Groups", &body).await?;
        let held = answer.refused() || given(&answer, "displayName");
        session.require(
            &GROUP_NAME_REQUIRED,
            held,
            &answer,
            &["400 invalidValue", "201 with a displayName"],
            || answer.outcome(),
        );
    } else {
        session.skip(&GROUP_NAME_REQUIRED, "groups cannot be created");
    }
    let body = session.user_body(json!({"userName": {"first": "Ada"}}));
    let answer = session.post("/Users", &body).await?;
    session.require(
        &WRONG_TYPE_REFUSED,
        answer.status == 400,
        &answer,
        &["400 invalidValue", "400 invalidSyntax"],
        || answer.outcome(),
    );
    Ok(())
}

async fn forms(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::CreateUser)?;
    let plain = session.user().await?;
    let body = session.user_body(json!({}));
    let mut shouted = json!({});
    for (name, value) in body.as_object().into_iter().flatten() {
        let name = if name == "schemas" { name.clone() } else { name.to_uppercase() };
        shouted[name] = value.clone();
    }
    let answer = session.post("/Users", &shouted).await?;
    let right = answer.ok()
        && answer.text("userName").is_some_and(|name| {
            body["userName"].as_str().is_some_and(|sent| sent.eq_ignore_ascii_case(name))
        })
        && (answer.text("name.familyName").is_some() || plain.text("name.familyName").is_empty());
    session.require(&ATTRIBUTE_NAMES_ANY_CASE, right, &answer, &["201 with the attributes stored"], || {
        format!("{}, userName {}", answer.outcome(), shown(answer.at("userName")))
    });
    let mut body = session.user_body(json!({}));
    body["nickName"] = Value::Null;
    body["title"] = Value::Null;
    body["phoneNumbers"] = json!([]);
    let answer = session.post("/Users", &body).await?;
    let absent = answer.ok()
        && answer.at("nickName").is_none_or(|value| value == "")
        && answer.at("phoneNumbers").is_none_or(|value| value == &json!([]));
    session.require(&NULL_IS_ABSENT, absent, &answer, &["201 without those attributes"], || {
        format!("{}, nickName {}", answer.outcome(), shown(answer.at("nickName")))
    });
    Ok(())
}

async fn extension(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::ReadUser)?;
    if session.facts.schema(ENTERPRISE).is_none() || !session.facts.extends(USER, ENTERPRISE) {
        return session.absent("the service does not publish the enterprise extension for users");
    }
    let ada = session
        .user_with(json!({ENTERPRISE: {"employeeNumber": "701984", "department": "Analytical Engines"}}))
        .await?;
    let read = session.get(&ada.path).await?;
    let mut lost = Vec::new();
    for (name, value) in [("employeeNumber", "701984"), ("department", "Analytical Engines")] {
        let path = format!("{ENTERPRISE}:{name}");
        if session.facts.attribute(ENTERPRISE, name).is_some() && read.text(&path) != Some(value) {
            lost.push(format!("{name} {}", shown(read.at(&path))));
        }
    }
    session.require(&ENTERPRISE_EXTENSION, lost.is_empty(), &read, &["the values that were sent"], || {
        lost.join(", ")
    });
    Ok(())
}

async fn emails(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::ReadUser)?;
    let plain = session.user().await?;
    let stores = !texts(&session.get(&plain.path).await?.body, "emails", "value").is_empty();
    let mail = session.login();
    let body = session.user_body(json!({"emails": [{"value": mail, "type": "work"}]}));
    let answer = session.post("/Users", &body).await?;
    let read = match answer.id().filter(|_| answer.ok()) {
        Some(id) => session.get(&path_to("/Users", &id)?).await?,
        None => answer.clone(),
    };
    // "If not specified, the value of "primary" SHALL be assumed to be "false"" (RFC 7643 §2.4).
    let there = texts(&read.body, "emails", "value").iter().any(|value| value.eq_ignore_ascii_case(&mail));
    let right = answer.ok() && (there || !stores);
    session.require(&EMAIL_WITHOUT_PRIMARY, right, &answer, &["201 with the address"], || {
        format!("{}, emails {}", answer.outcome(), shown(read.at("emails")))
    });
    let (work, home) = (session.login(), session.login());
    let both = json!([
        {"value": work, "type": "work", "primary": true},
        {"value": home, "type": "home"},
    ]);
    let body = session.user_body(json!({"emails": both}));
    let answer = session.post("/Users", &body).await?;
    let stored = texts(&answer.body, "emails", "value").len();
    session.require(
        &SEVERAL_EMAILS,
        answer.ok() && stored == 2,
        &answer,
        &["201 with both addresses"],
        || format!("{}, emails {}", answer.outcome(), shown(answer.at("emails"))),
    );
    Ok(())
}

async fn stored(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::ReadUser)?;
    let sent = rich();
    let answer = {
        let body = session.user_body(sent.clone());
        session.post("/Users", &body).await?
    };
    match answer.id().filter(|_| answer.ok()) {
        None => {
            session.skip(&PARTS_KEPT, format!("the service refuses such a user with {}", answer.outcome()))
        }
        Some(id) => {
            let read = session.get(&path_to("/Users", &id)?).await?;
            parts(session, &sent, &read);
        }
    }
    Ok(())
}

fn parts(session: &mut Session, sent: &Value, read: &Answer) {
    let (seen, lost) = parts_lost(session, sent, read);
    if seen {
        session
            .require(&PARTS_KEPT, lost.is_empty(), read, &["every part as it was sent"], || lost.join("; "));
    } else {
        session
            .skip(&PARTS_KEPT, "the service stores none of these attributes, or publishes no parts of them");
    }
}

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

async fn ordered(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::ReadUser)?;
    let ada = session.user().await?;
    let body = reversed(&session.user_body(json!({})));
    let answer = session.post("/Users", &body).await?;
    let same = answer.ok() && equivalent(answer.at("name"), ada.body.get("name"));
    session.require(
        &ANY_MEMBER_ORDER,
        same || !answer.body.is_object() && answer.ok(),
        &answer,
        &["201 with the same user"],
        || format!("{}, name {}", answer.outcome(), shown(answer.at("name"))),
    );
    extended(session).await
}

/// The URNs in schemas.
fn texts_of(body: &Value) -> Vec<String> {
    let all = body["schemas"].as_array().into_iter().flatten();
    all.filter_map(|urn| urn.as_str().map(str::to_owned)).collect()
}

/// The order of schemas, and the manager's name, where users have the enterprise extension.
async fn extended(session: &mut Session) -> Result<(), Stop> {
    if !has_enterprise(session) {
        for requirement in [&ANY_SCHEMAS_ORDER, &MANAGER_DISPLAY_NAME] {
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
            Some(id) => session.get(&path_to("/Users", &id)?).await?,
            None => answer,
        };
        let department = read.at(&format!("{ENTERPRISE}:department")).cloned();
        stored.push((read.status, department));
        shows = Some(read);
    }
    if let Some(shows) = shows {
        if stored[0].0 == 200 {
            session.require(
                &ANY_SCHEMAS_ORDER,
                stored[0] == stored[1],
                &shows,
                &["what the other order gives"],
                || format!("{}, department {}", stored[1].0, shown(stored[1].1.as_ref())),
            );
        } else {
            session.blocked(&ANY_SCHEMAS_ORDER, &ENTERPRISE_EXTENSION);
        }
    }
    let writable = session
        .facts
        .attribute(ENTERPRISE, "manager.displayName")
        .and_then(|published| member(published, "mutability")?.as_str())
        .is_some_and(|word| word != "readOnly");
    let listed = session.facts.attribute(ENTERPRISE, "manager").is_some();
    if writable || !listed {
        session.skip(
            &MANAGER_DISPLAY_NAME,
            "the service publishes manager.displayName as writable, or no manager",
        );
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
            session.fail(&MANAGER_DISPLAY_NAME, &answer, &["201, the name ignored"], answer.outcome());
        } else {
            session.blocked(&MANAGER_DISPLAY_NAME, &ENTERPRISE_EXTENSION);
        }
        return Ok(());
    };
    let read = session.get(&path_to("/Users", &id)?).await?;
    let name = read.at(&format!("{ENTERPRISE}:manager.displayName"));
    let right = name.and_then(Value::as_str) != Some("Nobody's name");
    session.require(&MANAGER_DISPLAY_NAME, right, &read, &["the manager's own displayName, or none"], || {
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
        session.skip(&REQUIRED_EXTENSION, "no extension of users is published as required");
        return Ok(());
    }
    for urn in required {
        let body = session.user_body(json!({"schemas": [USER], urn.as_str(): null}));
        let answer = session.post("/Users", &body).await?;
        let added = match answer.id().filter(|_| answer.ok()) {
            Some(id) => {
                let read = session.get(&path_to("/Users", &id)?).await?;
                read.at("schemas").and_then(Value::as_array).is_some_and(|all| {
                    all.iter().any(|one| one.as_str().is_some_and(|known| known.eq_ignore_ascii_case(&urn)))
                })
            }
            None => false,
        };
        session.require(
            &REQUIRED_EXTENSION,
            added || answer.refused(),
            &answer,
            &["400", &format!("a user with {urn}")],
            || format!("{}, a user without it", answer.outcome()),
        );
    }
    Ok(())
}

async fn refused_leaves_nothing(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::CreateUser)?;
    session.need(Capability::FilterUser)?;
    for wrong in [
        json!({"emails": "no list"}),
        json!({"emails": [{"value": {"no": "text"}}]}),
        json!({"active": {"no": "boolean"}}),
        json!({"schemas": [USER, ENTERPRISE], ENTERPRISE: "no object"}),
        json!({"schemas": [USER, ENTERPRISE], ENTERPRISE: {"manager": {"value": "scimulate-nobody"}}}),
    ] {
        let body = session.user_body(wrong);
        let answer = session.send(Call::new("POST", "/Users").json(&body).unwatched()).await?;
        if answer.ok() {
            continue;
        }
        let found = session.filter("/Users", &format!("userName eq {}", body["userName"])).await?;
        let count = left_behind(session, "/Users", &found, "userName", &body["userName"]);
        session.require(
            &REFUSED_LEAVES_NOTHING,
            count == 0,
            &answer,
            &["a refusal, and no such user"],
            || format!("{}, and a filter by its userName finds {count}", answer.outcome()),
        );
    }
    Ok(())
}
