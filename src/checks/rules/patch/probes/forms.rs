//! PATCH of users by forms that fewer clients use: addresses, selections, dotted keys, URNs, booleans.

use serde_json::{Value, json};

use crate::checks::Requirement;
use crate::checks::engine::{Answer, Capability, Session, Stop, probes};
use crate::checks::json::{at, items, member, shown};
use crate::checks::rules::patch::{
    BOOLEAN, BOOLEAN_AS_TEXT, COMPLEX_REPLACE_KEEPS, DOTTED_KEY, EMPTY_ARRAY_UNASSIGNS, EXTENSION_COMPLEX,
    EXTENSION_FIRST_ATTRIBUTE, EXTENSION_REMOVE, EXTENSION_URN_ANY_CASE, EXTERNAL_ID,
    MULTI_VALUED_ADD_OBJECT, MULTI_VALUED_ADD_WITHOUT_PATH, MULTI_VALUED_REPLACE_WITHOUT_PATH,
    NULL_UNASSIGNS, PATH_ANY_CASE, PATH_BRACKETS_IN_VALUE, PRIMARY_BY_PATH, PRIMARY_MOVES,
    REMOVE_LEAVES_NOTHING, REMOVE_SIMPLE, REMOVE_SUB_ATTRIBUTE, REMOVE_WITHOUT_MATCH,
    SEVERAL_ATTRIBUTES_WITHOUT_PATH, TWO_PRIMARIES, URN_KEY, VALUE_PATH_ADD_SUB_ATTRIBUTE,
    VALUE_PATH_ALL_MATCHES, VALUE_PATH_NAMES_ANY_CASE, VALUE_PATH_OPERATORS, VALUE_PATH_REMOVE,
    VALUE_PATH_REMOVE_SUB_ATTRIBUTE, VALUE_PATH_SUB_ATTRIBUTE, VALUE_PATH_VALUE_ANY_CASE, VALUE_PATH_WHOLE,
    WITHOUT_PATH_NAMES_ANY_CASE,
};
use crate::checks::stage::Created;
use crate::checks::stage::effects::{
    any_case, expect, expect_if_taken, expect_mails, mails, two_mails, user_with,
};
use crate::urn::{ENTERPRISE, USER};

probes! {
    "patch.addresses", Writes,
        [VALUE_PATH_WHOLE, VALUE_PATH_ADD_SUB_ATTRIBUTE, VALUE_PATH_REMOVE_SUB_ATTRIBUTE,
         VALUE_PATH_ALL_MATCHES, VALUE_PATH_SUB_ATTRIBUTE, VALUE_PATH_REMOVE],
        addresses;
    "patch.selections", Writes,
        [VALUE_PATH_NAMES_ANY_CASE, VALUE_PATH_VALUE_ANY_CASE, VALUE_PATH_OPERATORS, REMOVE_WITHOUT_MATCH],
        selections;
    "patch.primaries", Writes, [PRIMARY_BY_PATH, TWO_PRIMARIES], primaries;
    "patch.lists", Writes,
        [MULTI_VALUED_ADD_OBJECT, MULTI_VALUED_ADD_WITHOUT_PATH, MULTI_VALUED_REPLACE_WITHOUT_PATH,
         EMPTY_ARRAY_UNASSIGNS],
        lists;
    "patch.bare", Writes,
        [SEVERAL_ATTRIBUTES_WITHOUT_PATH, WITHOUT_PATH_NAMES_ANY_CASE, COMPLEX_REPLACE_KEEPS, DOTTED_KEY,
         NULL_UNASSIGNS, EXTERNAL_ID],
        bare;
    "patch.extensions", Writes,
        [EXTENSION_COMPLEX, EXTENSION_REMOVE, EXTENSION_FIRST_ATTRIBUTE, EXTENSION_URN_ANY_CASE, URN_KEY],
        extensions;
    "patch.booleans", Writes, [BOOLEAN, BOOLEAN_AS_TEXT], booleans;
    "patch.removed", Writes, [REMOVE_SUB_ATTRIBUTE, REMOVE_LEAVES_NOTHING], removed;
    "patch.brackets", Writes, [PATH_BRACKETS_IN_VALUE], paths;
}

/// The addresses as one sorted line: `home Ockham GU23; work London W1`.
fn places(user: &Value) -> String {
    let mut all: Vec<String> = items(user, "addresses")
        .iter()
        .map(|address| {
            let part = |name| member(address, name).and_then(Value::as_str).unwrap_or("-");
            format!("{} {} {} {}", part("type"), part("streetAddress"), part("locality"), part("postalCode"))
        })
        .collect();
    all.sort();
    all.join("; ")
}

/// Applies an operation on addresses and holds the lines of [`places`] that are there then against `wanted`.
async fn expect_places(
    session: &mut Session,
    requirement: &'static Requirement,
    user: &Created,
    operation: Value,
    wanted: &str,
    may_be_refused: bool,
) -> Result<bool, Stop> {
    let answer = session.patch(&user.path, operation).await?;
    if may_be_refused && answer.refused() {
        session.skip(requirement, format!("the service refuses that with {}", answer.outcome()));
        return Ok(false);
    }
    let after = session.get(&user.path).await?;
    let found = places(&after.body);
    Ok(session.require(
        requirement,
        answer.ok() && found == wanted,
        &answer,
        &[&format!("200 or 204, then the addresses {wanted}")],
        || format!("{}, then {found}", answer.outcome()),
    ))
}

async fn addresses(session: &mut Session) -> Result<(), Stop> {
    let given = json!([
        {"type": "work", "streetAddress": "St James's Square", "locality": "London", "postalCode": "SW1", "country": "GB"},
        {"type": "home", "streetAddress": "Ockham Park", "locality": "Ockham", "country": "GB"},
    ]);
    let (ada, _) = user_with(session, json!({"addresses": given}), &[]).await?;
    let read = session.get(&ada.path).await?;
    let home = "home Ockham Park Ockham -";
    if places(&read.body) != format!("{home}; work St James's Square London SW1") {
        return session.absent("the service does not keep two addresses with their sub-attributes");
    }
    let op =
        json!({"op": "replace", "path": "addresses[type eq \"work\"].streetAddress", "value": "1 Dorset St"});
    let wanted = format!("{home}; work 1 Dorset St London SW1");
    if !expect_places(session, &VALUE_PATH_SUB_ATTRIBUTE, &ada, op, &wanted, false).await? {
        return Err(Stop::Blocked(&VALUE_PATH_SUB_ATTRIBUTE));
    }
    // The new value names every sub-attribute, so that it does not matter whether others would be kept.
    let whole = json!({"type": "work", "streetAddress": "911 Plaza", "locality": "Hollywood", "region": "CA", "postalCode": "91608", "country": "US"});
    let op = json!({"op": "replace", "path": "addresses[type eq \"work\"]", "value": whole});
    let wanted = format!("{home}; work 911 Plaza Hollywood 91608");
    if !expect_places(session, &VALUE_PATH_WHOLE, &ada, op, &wanted, false).await? {
        return Err(Stop::Blocked(&VALUE_PATH_WHOLE));
    }
    let op = json!({"op": "add", "path": "addresses[type eq \"home\"].postalCode", "value": "GU23"});
    let wanted = "home Ockham Park Ockham GU23; work 911 Plaza Hollywood 91608";
    let added = expect_places(session, &VALUE_PATH_ADD_SUB_ATTRIBUTE, &ada, op, wanted, false).await?;
    let home = if added { "home Ockham Park Ockham GU23" } else { home };
    let op = json!({"op": "remove", "path": "addresses[type eq \"work\"].postalCode"});
    let wanted = format!("{home}; work 911 Plaza Hollywood -");
    expect_places(session, &VALUE_PATH_REMOVE_SUB_ATTRIBUTE, &ada, op, &wanted, false).await?;
    let whole = json!([
        {"type": "work", "streetAddress": "A", "locality": "Paris", "postalCode": "1"},
        {"type": "work", "streetAddress": "B", "locality": "Turin", "postalCode": "2"},
        {"type": "home", "streetAddress": "C", "locality": "Rome", "postalCode": "3"},
    ]);
    session.patch(&ada.path, json!({"op": "replace", "path": "addresses", "value": whole})).await?;
    let read = session.get(&ada.path).await?;
    if places(&read.body) != "home C Rome 3; work A Paris 1; work B Turin 2" {
        session.skip(&VALUE_PATH_ALL_MATCHES, "the service does not keep two addresses of one type");
        return Ok(());
    }
    // A service may call a filter that fits several values too vague, and refuse it.
    let op = json!({"op": "replace", "path": "addresses[type eq \"work\"].locality", "value": "Bath"});
    expect_places(
        session,
        &VALUE_PATH_ALL_MATCHES,
        &ada,
        op,
        "home C Rome 3; work A Bath 1; work B Bath 2",
        true,
    )
    .await?;
    let op = json!({"op": "remove", "path": "addresses[type eq \"home\"]"});
    session.patch(&ada.path, json!({"op": "replace", "path": "addresses", "value": whole})).await?;
    expect_places(session, &VALUE_PATH_REMOVE, &ada, op, "work A Paris 1; work B Turin 2", false).await?;
    Ok(())
}

async fn selections(session: &mut Session) -> Result<(), Stop> {
    let (ada, mut work, mut home) = two_mails(session).await?;
    let display = session.get(&ada.path).await?.text("displayName").is_some();
    if display && !any_case(session, &ada, "displayName").await? {
        session.blocked(&VALUE_PATH_NAMES_ANY_CASE, &PATH_ANY_CASE);
    } else {
        let fresh = session.login();
        let op = json!({"op": "replace", "path": "EMAILS[TYPE EQ \"work\"].VALUE", "value": fresh});
        let after = expect_mails(session, &VALUE_PATH_NAMES_ANY_CASE, &ada, op, &[&fresh, &home]).await?;
        if mails(&after.body).contains(&fresh) {
            work = fresh;
        }
    }
    let exact = session.facts.attribute(USER, "emails.type").and_then(|known| member(known, "caseExact"));
    if exact == Some(&json!(true)) {
        session.skip(&VALUE_PATH_VALUE_ANY_CASE, "the service publishes emails.type as caseExact");
    } else {
        let fresh = session.login();
        let op = json!({"op": "replace", "path": "emails[type eq \"WORK\"].value", "value": fresh});
        let after = expect_mails(session, &VALUE_PATH_VALUE_ANY_CASE, &ada, op, &[&fresh, &home]).await?;
        if mails(&after.body).contains(&fresh) {
            work = fresh;
        }
    }
    let mut judged = false;
    for form in [
        "type ne \"work\"",
        "type sw \"ho\"",
        "value co",
        "value sw",
        "value ew",
        "type eq \"scimulate\" or type eq \"home\"",
        "not (type eq \"work\")",
    ] {
        // What tells the home address from the other one: `…-7-3@`, and all that follows or precedes.
        let local = home.split('@').next().unwrap_or_default();
        let last = local.rsplit('-').next().unwrap_or_default();
        let filter = match form {
            "value co" => format!("value co \"-{last}@\""),
            "value sw" => format!("value sw \"{local}@\""),
            "value ew" => format!("value ew \"-{last}@example.com\""),
            other => other.to_owned(),
        };
        let fresh = session.login();
        let op = json!({"op": "replace", "path": format!("emails[{filter}].value"), "value": fresh});
        let answer = session.patch(&ada.path, op).await?;
        if answer.refused() {
            continue;
        }
        judged = true;
        let after = session.get(&ada.path).await?;
        let mut wanted = vec![work.clone(), fresh.clone()];
        wanted.sort();
        let found = mails(&after.body);
        let right = session.require(
            &VALUE_PATH_OPERATORS,
            answer.ok() && found == wanted,
            &answer,
            &["the home address alone changed"],
            || {
                format!(
                    "{} for emails[{filter}], then emails {}",
                    answer.outcome(),
                    shown(after.at("emails"))
                )
            },
        );
        if !right {
            return Err(Stop::Blocked(&VALUE_PATH_OPERATORS));
        }
        home = fresh;
    }
    if !judged {
        session.skip(&VALUE_PATH_OPERATORS, "the service refuses operators other than eq in paths");
    }
    let answer =
        session.patch(&ada.path, json!({"op": "remove", "path": "emails[type eq \"scimulate\"]"})).await?;
    let after = session.get(&ada.path).await?;
    let kept = mails(&after.body).len() == 2;
    let right = kept && (answer.ok() || answer.status == 400);
    session.require(
        &REMOVE_WITHOUT_MATCH,
        right,
        &answer,
        &["success or 400 noTarget, both addresses as before"],
        || format!("{}, then emails {}", answer.outcome(), shown(after.at("emails"))),
    );
    Ok(())
}

/// The addresses that are primary.
fn primary(user: &Value) -> Vec<&str> {
    items(user, "emails")
        .iter()
        .filter(|mail| member(mail, "primary") == Some(&json!(true)))
        .filter_map(|mail| member(mail, "value")?.as_str())
        .collect()
}

async fn primaries(session: &mut Session) -> Result<(), Stop> {
    let (ada, work, home) = two_mails(session).await?;
    let read = session.get(&ada.path).await?;
    if primary(&read.body) != [work.as_str()] {
        return session.absent("the service does not keep primary of e-mail addresses");
    }
    // Where not even an added primary value takes primary from the other, both are blocked by that.
    let third = session.login();
    let value = json!([{"value": third, "type": "other", "primary": true}]);
    session.patch(&ada.path, json!({"op": "add", "path": "emails", "value": value})).await?;
    if primary(&session.get(&ada.path).await?.body).len() > 1 {
        return Err(Stop::Blocked(&PRIMARY_MOVES));
    }
    let op = json!({"op": "replace", "path": "emails[type eq \"home\"].primary", "value": true});
    let answer = session.patch(&ada.path, op).await?;
    let after = session.get(&ada.path).await?;
    let found = primary(&after.body);
    session.require(
        &PRIMARY_BY_PATH,
        answer.ok() && found == [home.as_str()],
        &answer,
        &[&format!("primary on {home} alone")],
        || format!("{}, then primary on {}", answer.outcome(), found.join(", ")),
    );
    let both = json!([{"value": work, "type": "work", "primary": true}, {"value": home, "type": "home", "primary": true}]);
    let answer = session.patch(&ada.path, json!({"op": "replace", "path": "emails", "value": both})).await?;
    let after = session.get(&ada.path).await?;
    let found = primary(&after.body);
    let right = (answer.ok() || answer.refused()) && found.len() <= 1;
    session.require(&TWO_PRIMARIES, right, &answer, &["400 invalidValue", "one primary address"], || {
        format!("{}, then primary on {}", answer.outcome(), found.join(", "))
    });
    Ok(())
}

async fn lists(session: &mut Session) -> Result<(), Stop> {
    let (ada, work, home) = two_mails(session).await?;
    let third = session.login();
    let op = json!({"op": "add", "path": "emails", "value": {"value": third, "type": "other"}});
    let answer = session.patch(&ada.path, op).await?;
    let after = session.get(&ada.path).await?;
    let mut now = vec![work, home];
    now.sort();
    if answer.refused() {
        session.require(
            &MULTI_VALUED_ADD_OBJECT,
            mails(&after.body) == now,
            &answer,
            &["the addresses as before"],
            || format!("{}, then emails {}", answer.outcome(), shown(after.at("emails"))),
        );
    } else {
        now.push(third);
        now.sort();
        let right = answer.ok() && mails(&after.body) == now;
        let right = session.require(
            &MULTI_VALUED_ADD_OBJECT,
            right,
            &answer,
            &["the address added", "400 invalidValue"],
            || format!("{}, then emails {}", answer.outcome(), shown(after.at("emails"))),
        );
        if !right {
            now = mails(&after.body);
        }
    }
    let fourth = session.login();
    now.push(fourth.clone());
    let op = json!({"op": "add", "value": {"emails": [{"value": fourth, "type": "other"}]}});
    let wanted: Vec<&str> = now.iter().map(String::as_str).collect();
    expect_mails(session, &MULTI_VALUED_ADD_WITHOUT_PATH, &ada, op, &wanted).await?;
    let (fifth, sixth) = (session.login(), session.login());
    let op = json!({"op": "replace", "value": {"emails": [{"value": fifth, "type": "work", "primary": true}, {"value": sixth, "type": "home"}]}});
    expect_mails(session, &MULTI_VALUED_REPLACE_WITHOUT_PATH, &ada, op, &[&fifth, &sixth]).await?;
    let phones = json!([{"value": "+1-202-555-0101", "type": "work"}]);
    let (bob, _) = user_with(session, json!({"phoneNumbers": phones}), &[]).await?;
    if items(&session.get(&bob.path).await?.body, "phoneNumbers").len() != 1 {
        session.skip(&EMPTY_ARRAY_UNASSIGNS, "the service does not store phoneNumbers");
        return Ok(());
    }
    let op = json!({"op": "replace", "path": "phoneNumbers", "value": []});
    expect(session, &EMPTY_ARRAY_UNASSIGNS, &bob, op, &[("phoneNumbers", Value::Null)]).await?;
    Ok(())
}

async fn bare(session: &mut Session) -> Result<(), Stop> {
    let external = session.name();
    let extra = json!({"displayName": "Old display", "nickName": "Old nick", "title": "Old title", "userType": "Old type", "externalId": external});
    let names = ["nickName", "title", "displayName", "userType"];
    let (ada, stored) = user_with(session, extra, &names).await?;
    let Some(&first) = stored.first() else {
        return session.absent("the service stores neither nickName, title, displayName nor userType");
    };
    if let Some(&second) = stored.get(1) {
        let op = json!({"op": "replace", "value": {first: "One", second: "Two"}});
        expect(
            session,
            &SEVERAL_ATTRIBUTES_WITHOUT_PATH,
            &ada,
            op,
            &[(first, json!("One")), (second, json!("Two"))],
        )
        .await?;
        let op = json!({"op": "add", "value": {first: "Three", second: "Four"}});
        expect(
            session,
            &SEVERAL_ATTRIBUTES_WITHOUT_PATH,
            &ada,
            op,
            &[(first, json!("Three")), (second, json!("Four"))],
        )
        .await?;
    } else {
        session.skip(
            &SEVERAL_ATTRIBUTES_WITHOUT_PATH,
            "the service stores one of the attributes that could be set at once",
        );
    }
    if any_case(session, &ada, first).await? {
        let op = json!({"op": "replace", "value": {first.to_uppercase(): "Any case"}});
        expect(session, &WITHOUT_PATH_NAMES_ANY_CASE, &ada, op, &[(first, json!("Any case"))]).await?;
    } else {
        session.blocked(&WITHOUT_PATH_NAMES_ANY_CASE, &PATH_ANY_CASE);
    }
    let required =
        session.facts.attribute(USER, first).and_then(|known| member(known, "required")?.as_bool());
    if required == Some(true) {
        session.skip(&NULL_UNASSIGNS, format!("the service requires {first}"));
    } else {
        let op = json!({"op": "replace", "path": first, "value": null});
        expect_if_taken(session, &NULL_UNASSIGNS, &ada, op, &[(first, Value::Null)]).await?;
    }
    let read = session.get(&ada.path).await?;
    if read.text("externalId") == Some(external.as_str()) {
        for op in ["replace", "add"] {
            let fresh = session.name();
            let operation = json!({"op": op, "path": "externalId", "value": fresh});
            expect(session, &EXTERNAL_ID, &ada, operation, &[("externalId", json!(fresh))]).await?;
        }
    } else {
        session.skip(&EXTERNAL_ID, "the service does not store externalId");
    }
    if read.text("name.givenName") != Some("Ada") || read.text("name.familyName") != Some("Lovelace") {
        session.skip(&COMPLEX_REPLACE_KEEPS, "the service does not store name.givenName and name.familyName");
        session.skip(&DOTTED_KEY, "the service does not store name.givenName and name.familyName");
        return Ok(());
    }
    let op = json!({"op": "replace", "path": "name", "value": {"familyName": "King"}});
    let wanted = [("name.familyName", json!("King")), ("name.givenName", json!("Ada"))];
    expect(session, &COMPLEX_REPLACE_KEEPS, &ada, op, &wanted).await?;
    let op = json!({"op": "replace", "value": {"name.familyName": "Byron"}});
    expect_if_taken(session, &DOTTED_KEY, &ada, op, &[("name.familyName", json!("Byron"))]).await?;
    Ok(())
}

async fn extensions(session: &mut Session) -> Result<(), Stop> {
    let of = |name: &str| format!("{ENTERPRISE}:{name}");
    let (department, cost, manager) = (of("department"), of("costCenter"), of("manager.value"));
    session.need(Capability::PatchUser)?;
    let (boss, other) = (session.user().await?, session.user().await?);
    let extra =
        json!({ENTERPRISE: {"department": "Engines", "costCenter": "4130", "manager": {"value": boss.id}}});
    let (ada, _) = user_with(session, extra, &[]).await?;
    let read = session.get(&ada.path).await?;
    if read.text(&department) != Some("Engines") {
        return session.absent("the service does not store the enterprise extension");
    }
    if read.text(&manager) == Some(boss.id.as_str()) {
        let op = json!({"op": "replace", "path": of("manager"), "value": {"value": other.id}});
        expect(session, &EXTENSION_COMPLEX, &ada, op, &[(&manager, json!(other.id))]).await?;
        let op = json!({"op": "replace", "path": manager, "value": boss.id});
        expect(session, &EXTENSION_COMPLEX, &ada, op, &[(&manager, json!(boss.id))]).await?;
        let op = json!({"op": "remove", "path": of("manager")});
        expect(session, &EXTENSION_COMPLEX, &ada, op, &[(&manager, Value::Null)]).await?;
    } else {
        session.skip(&EXTENSION_COMPLEX, "the service does not store manager");
    }
    // The attribute's own name in another letter case first: what fails there fails with a URN too.
    let shouted = json!({"op": "replace", "path": of("DEPARTMENT"), "value": "Mills"});
    if session.patch(&ada.path, shouted).await?.ok() {
        let urn = ENTERPRISE.replacen("urn:ietf", "URN:IETF", 1).replacen("enterprise", "Enterprise", 1);
        let op = json!({"op": "replace", "path": format!("{urn}:department"), "value": "Looms"});
        expect(session, &EXTENSION_URN_ANY_CASE, &ada, op, &[(&department, json!("Looms"))]).await?;
    } else {
        session.blocked(&EXTENSION_URN_ANY_CASE, &PATH_ANY_CASE);
    }
    let op = json!({"op": "replace", "value": {department.clone(): "Cards"}});
    expect_if_taken(session, &URN_KEY, &ada, op, &[(&department, json!("Cards"))]).await?;
    let keeps = session.get(&ada.path).await?.at(&cost).cloned().unwrap_or(Value::Null);
    let op = json!({"op": "remove", "path": department});
    expect(session, &EXTENSION_REMOVE, &ada, op, &[(&department, Value::Null), (&cost, keeps)]).await?;
    let bob = session.user().await?;
    if session.get(&bob.path).await?.at(&department).is_some() {
        session.skip(&EXTENSION_FIRST_ATTRIBUTE, "every user of this service has the extension");
        return Ok(());
    }
    let op = json!({"op": "add", "path": department, "value": "Engines"});
    // That the URN is in schemas then is watched in every exchange.
    expect(session, &EXTENSION_FIRST_ATTRIBUTE, &bob, op, &[(&department, json!("Engines"))]).await?;
    Ok(())
}

async fn booleans(session: &mut Session) -> Result<(), Stop> {
    let (ada, stored) = user_with(session, json!({"active": true}), &["active"]).await?;
    if stored.is_empty() {
        return session.absent("the service does not return active");
    }
    let active = |value: bool| [("active", json!(value))];
    for (op, value) in [("replace", false), ("replace", true), ("add", false)] {
        let operation = json!({"op": op, "path": "active", "value": value});
        if !expect(session, &BOOLEAN, &ada, operation, &active(value)).await? {
            return Err(Stop::Blocked(&BOOLEAN));
        }
    }
    session.patch(&ada.path, json!({"op": "replace", "path": "active", "value": true})).await?;
    for text in ["False", "false"] {
        let answer =
            session.patch(&ada.path, json!({"op": "replace", "path": "active", "value": text})).await?;
        let after = session.get(&ada.path).await?;
        let right = if answer.ok() {
            at(&after.body, "active") == Some(&json!(false))
        } else {
            answer.refused() && at(&after.body, "active") == Some(&json!(true))
        };
        session.require(&BOOLEAN_AS_TEXT, right, &answer, &["400 invalidValue", "active false"], || {
            format!("{}, then active {}", answer.outcome(), shown(after.at("active")))
        });
        session.patch(&ada.path, json!({"op": "replace", "path": "active", "value": true})).await?;
    }
    Ok(())
}

async fn removed(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::PatchUser)?;
    session.need(Capability::ReadUser)?;
    let name = json!({"givenName": "Barbara", "familyName": "Jensen", "middleName": "Jane"});
    let made = session.user_with(json!({"name": name, "title": "Countess"})).await?;
    let read = session.get(&made.path).await?;
    if read.text("name.middleName") == Some("Jane") && read.text("name.givenName") == Some("Barbara") {
        let operation = json!({"op": "remove", "path": "name.middleName"});
        let wanted = [
            ("name.middleName", Value::Null),
            ("name.givenName", json!("Barbara")),
            ("name.familyName", json!("Jensen")),
        ];
        expect(session, &REMOVE_SUB_ATTRIBUTE, &made, operation, &wanted).await?;
    } else {
        session.skip(&REMOVE_SUB_ATTRIBUTE, "the service does not store name.middleName");
    }
    let Some(simple) = ["title", "displayName"].into_iter().find(|name| read.text(name).is_some()) else {
        session.skip(&REMOVE_LEAVES_NOTHING, "the service stores no simple attribute to try this with");
        return Ok(());
    };
    let answer = session.patch(&made.path, json!({"op": "remove", "path": simple})).await?;
    if !answer.ok() {
        session.blocked(&REMOVE_LEAVES_NOTHING, &REMOVE_SIMPLE);
        return Ok(());
    }
    let after = session.get(&made.path).await?;
    session.require(
        &REMOVE_LEAVES_NOTHING,
        after.text(simple) != Some(""),
        &after,
        &[&format!("no {simple}")],
        || format!("{simple} \"\""),
    );
    Ok(())
}

async fn paths(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::PatchUser)?;
    session.need(Capability::ReadUser)?;
    for text in ["scim [1] ulate", "a] eq \"b", "end]"] {
        let login = session.login();
        let mails = json!([{"value": login, "type": "work", "primary": true, "display": "plain"}]);
        let ada = session.user_with(json!({"emails": mails})).await?;
        let step = |from: &str, to: &str| json!({"op": "replace", "path": format!("emails[display eq {}].display", json!(from)), "value": to});
        session.patch(&ada.path, step("plain", text)).await?;
        let read = session.get(&ada.path).await?;
        let display =
            |answer: &Answer| answer.at("emails").and_then(|all| all.get(0)?.get("display").cloned());
        if display(&read) != Some(json!(text)) {
            session.skip(&PATH_BRACKETS_IN_VALUE, "e-mail addresses are not selected by display");
            return Ok(());
        }
        let answer = session.patch(&ada.path, step(text, "done")).await?;
        let after = session.get(&ada.path).await?;
        let held = answer.ok() && display(&after) == Some(json!("done"));
        session.require(&PATH_BRACKETS_IN_VALUE, held, &answer, &["success, then display \"done\""], || {
            format!("{}, then display {}", answer.outcome(), shown(display(&after).as_ref()))
        });
    }
    Ok(())
}
