//! PATCH of users, the further forms (RFC 7644 §3.5.2): filters in paths, whole values, several attributes
//! without a path, extensions, null and empty arrays. The plain forms are in `patch`.

use serde_json::{Value, json};

use super::effects::{any_case, expect, expect_if_taken, expect_mails, mails, two_mails, user_with};
use super::patch;
use crate::checks::Requirement;
use crate::checks::active::{Capability, ENTERPRISE, Made, Probe, Session, Stop, USER, probe};
use crate::checks::json::{at, items, member, shown};
use crate::checks::requirement::requirements;

requirements! {
    WHOLE_VALUE = "patch.value-path-whole", Must, "RFC 7644 §3.5.2.3",
        "replace with addresses[type eq \"work\"] and an object replaces that value and no other.",
        "Replace every value that the filter selects by the value of the operation.";
    SUB_ADD = "patch.value-path-add-sub-attribute", Must, "RFC 7644 §3.5.2, §3.5.2.1",
        "add with addresses[type eq \"home\"].postalCode sets that sub-attribute of that value alone.",
        "Select the values by the filter, and add the sub-attribute to those.";
    SUB_REMOVE = "patch.value-path-remove-sub-attribute", Must, "RFC 7644 §3.5.2.2",
        "remove with addresses[type eq \"work\"].postalCode takes that sub-attribute away and keeps the rest of the value.",
        "Make the sub-attribute of the selected values unassigned.";
    ALL_MATCHES = "patch.value-path-all-matches", Must, "RFC 7644 §3.5.2.3",
        "When the filter of a path fits several values, all of them are changed.",
        "Change every value that the filter selects, not the first alone.";
    PATH_NAMES = "patch.value-path-names-any-case", Must, "RFC 7643 §2.1; RFC 7644 §3.4.2.2",
        "Names and operators in EMAILS[TYPE EQ \"work\"].VALUE are matched in any letter case.",
        "Compare attribute names and operators without regard to case, in brackets too.";
    TYPE_CASE = "patch.value-path-value-any-case", Must, "RFC 7643 §8.7.1, §2.2",
        "The filter emails[type eq \"WORK\"] selects the value of type work, since type is not caseExact.",
        "Compare values by caseExact of their attribute.";
    SELECTS = "patch.value-path-operators", Must, "RFC 7644 §3.5.2, §3.4.2.2; §3.12 table 9",
        "A filter in a path that the service takes selects by its operator: co, sw, ew, ne, or, not.",
        "Use the filter grammar in paths, or answer 400 invalidFilter for an operator that is not supported.";
    NONE_REMOVED = "patch.remove-without-match", Must, "RFC 7644 §3.5.2.2, §3.12 table 9",
        "remove whose filter fits no value changes nothing, and is a success or a 400.",
        "Leave the values as they are; never fall back to removing all of them.";
    PRIMARY_PATH = "patch.primary-by-path", Must, "RFC 7644 §3.5.2; RFC 7643 §2.4",
        "Setting emails[type eq \"home\"].primary to true takes primary from the value that had it.",
        "Set primary of the other values to false, whichever form sets it.";
    TWO_PRIMARY = "patch.two-primaries", Must, "RFC 7643 §2.4",
        "Of two values that are set with primary true at once at most one is primary afterwards, or they are refused.",
        "Answer 400 invalidValue, or keep one.";
    ONE_OBJECT = "patch.multi-valued-add-object", Must, "RFC 7644 §3.5.2.1",
        "add of one object, without an array around it, adds it to the values or is refused.",
        "Take an object as one value to add; do not replace the list by it.";
    MULTI_ADD_BARE = "patch.multi-valued-add-without-path", Must, "RFC 7644 §3.5.2.1",
        "add without a path and with emails in its value adds the addresses and keeps those that are there.",
        "Append the values of a multi-valued attribute, with and without a path.";
    MULTI_REPLACE_BARE = "patch.multi-valued-replace-without-path", Must, "RFC 7644 §3.5.2.3",
        "replace without a path and with emails in its value leaves exactly the addresses given.",
        "Replace all values of a multi-valued attribute, with and without a path.", [Rfc, Okta];
    EMPTY_ARRAY = "patch.empty-array-unassigns", Must, "RFC 7643 §2.5; RFC 7644 §3.5.2.3",
        "replace of a multi-valued attribute with an empty array leaves it without a value.",
        "Take an empty array as unassigned.";
    NULL = "patch.null-unassigns", Must, "RFC 7643 §2.5",
        "replace of an attribute with null, where it is taken, leaves the attribute without a value.",
        "Take null as unassigned; do not keep the old value, nor store a null or the word.";
    SEVERAL_BARE = "patch.several-attributes-without-path", Must, "RFC 7644 §3.5.2.3; okta-client §3.9",
        "replace without a path and with several attributes sets each of them and leaves the others alone.",
        "Go through all members of the value.", [Rfc, Okta];
    BARE_NAMES = "patch.without-path-names-any-case", Must, "RFC 7643 §2.1; RFC 7644 §3.5.2.1",
        "Attribute names in the value of an operation without a path are matched in any letter case, as RFC 7644's own example writes nickname.",
        "Compare attribute names without regard to case.";
    KEEPS_SUBS = "patch.complex-replace-keeps", Must, "RFC 7644 §3.5.2.3",
        "replace on a complex attribute leaves the sub-attributes that its value does not name.",
        "Replace the sub-attributes given, and keep the others.";
    DOTTED = "patch.dotted-key", May, "RFC 7644 §3.5.2.3, §3.10; okta-client §12",
        "The key name.familyName in a value without a path, which other clients send, is taken as a path or refused; it is not called done and dropped.",
        "Resolve the key as a path, or answer 400 invalidPath.";
    URN_KEY = "patch.urn-key", May, "RFC 7644 §3.5.2, §3.10",
        "The key urn:…:User:department in a value without a path is taken as the attribute's name or refused; it is not called done and dropped.",
        "Resolve the fully qualified name, or answer 400 invalidPath.";
    EXT_COMPLEX = "patch.extension-complex", Must, "RFC 7643 §4.3; RFC 7644 §3.10",
        "A path such as urn:…:User:manager or urn:…:User:manager.value changes the complex attribute of the extension.",
        "Resolve {urn}:{attribute}.{sub-attribute}.";
    EXT_REMOVE = "patch.extension-remove", Must, "RFC 7644 §3.5.2.2, §3.10",
        "remove with urn:…:User:department takes that attribute of the extension away and keeps the others.",
        "Make the attribute of the extension unassigned.";
    EXT_FIRST = "patch.extension-first-attribute", Must, "RFC 7644 §3.5.2",
        "add with urn:…:User:department works on a user that had nothing of the extension, and adds its URN to schemas.",
        "Create the extension's object and list its URN in schemas.";
    EXT_CASE = "patch.extension-urn-any-case", Must, "RFC 7644 §3.10",
        "The URN in a path is matched in any letter case.",
        "Compare URN, attribute and sub-attribute without regard to case.";
    BOOLEAN = "patch.boolean", Must, "RFC 7644 §3.5.2.1, §3.5.2.3",
        "add and replace with the path active set active.",
        "Store the boolean, and make it count.", [Rfc, Okta];
    BOOLEAN_TEXT = "patch.boolean-as-text", Must, "RFC 7643 §2.3.2; RFC 7644 §3.5.2",
        "The text \"False\" for active, as another client sends it, is refused or taken as false; it never means true.",
        "Answer 400 invalidValue, or read the text; do not take every text for true.";
    EXTERNAL = "patch.external-id", Must, "RFC 7643 §3.1; RFC 7644 §3.5.2",
        "externalId, where it is stored, can be added and replaced by PATCH.",
        "externalId is readWrite: set it.";
}

probe!(
    ADDRESSES,
    "patch.addresses",
    Writes,
    [WHOLE_VALUE, SUB_ADD, SUB_REMOVE, ALL_MATCHES, patch::VALUE_REPLACE, patch::VALUE_REMOVE],
    addresses
);
probe!(SELECTIONS, "patch.selections", Writes, [PATH_NAMES, TYPE_CASE, SELECTS, NONE_REMOVED], selections);
probe!(PRIMARIES, "patch.primaries", Writes, [PRIMARY_PATH, TWO_PRIMARY], primaries);
probe!(LISTS, "patch.lists", Writes, [ONE_OBJECT, MULTI_ADD_BARE, MULTI_REPLACE_BARE, EMPTY_ARRAY], lists);
probe!(BARE, "patch.bare", Writes, [SEVERAL_BARE, BARE_NAMES, KEEPS_SUBS, DOTTED, NULL, EXTERNAL], bare);
probe!(
    EXTENSIONS,
    "patch.extensions",
    Writes,
    [EXT_COMPLEX, EXT_REMOVE, EXT_FIRST, EXT_CASE, URN_KEY],
    extensions
);
probe!(BOOLEANS, "patch.booleans", Writes, [BOOLEAN, BOOLEAN_TEXT], booleans);

pub(in crate::checks) static PROBES: &[&Probe] =
    &[&ADDRESSES, &SELECTIONS, &PRIMARIES, &LISTS, &BARE, &EXTENSIONS, &BOOLEANS];

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
    user: &Made,
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
    Ok(session.hold(
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
    if !expect_places(session, &patch::VALUE_REPLACE, &ada, op, &wanted, false).await? {
        return Err(Stop::Blocked(patch::VALUE_REPLACE.slug.to_owned()));
    }
    // The new value names every sub-attribute, so that it does not matter whether others would be kept.
    let whole = json!({"type": "work", "streetAddress": "911 Plaza", "locality": "Hollywood", "region": "CA", "postalCode": "91608", "country": "US"});
    let op = json!({"op": "replace", "path": "addresses[type eq \"work\"]", "value": whole});
    let wanted = format!("{home}; work 911 Plaza Hollywood 91608");
    if !expect_places(session, &WHOLE_VALUE, &ada, op, &wanted, false).await? {
        return Err(Stop::Blocked(WHOLE_VALUE.slug.to_owned()));
    }
    let op = json!({"op": "add", "path": "addresses[type eq \"home\"].postalCode", "value": "GU23"});
    let wanted = "home Ockham Park Ockham GU23; work 911 Plaza Hollywood 91608";
    let added = expect_places(session, &SUB_ADD, &ada, op, wanted, false).await?;
    let home = if added { "home Ockham Park Ockham GU23" } else { home };
    let op = json!({"op": "remove", "path": "addresses[type eq \"work\"].postalCode"});
    let wanted = format!("{home}; work 911 Plaza Hollywood -");
    expect_places(session, &SUB_REMOVE, &ada, op, &wanted, false).await?;
    let whole = json!([
        {"type": "work", "streetAddress": "A", "locality": "Paris", "postalCode": "1"},
        {"type": "work", "streetAddress": "B", "locality": "Turin", "postalCode": "2"},
        {"type": "home", "streetAddress": "C", "locality": "Rome", "postalCode": "3"},
    ]);
    session.patch(&ada.path, json!({"op": "replace", "path": "addresses", "value": whole})).await?;
    let read = session.get(&ada.path).await?;
    if places(&read.body) != "home C Rome 3; work A Paris 1; work B Turin 2" {
        session.skip(&ALL_MATCHES, "the service does not keep two addresses of one type");
        return Ok(());
    }
    // A service may call a filter that fits several values too vague, and refuse it.
    let op = json!({"op": "replace", "path": "addresses[type eq \"work\"].locality", "value": "Bath"});
    expect_places(session, &ALL_MATCHES, &ada, op, "home C Rome 3; work A Bath 1; work B Bath 2", true)
        .await?;
    let op = json!({"op": "remove", "path": "addresses[type eq \"home\"]"});
    session.patch(&ada.path, json!({"op": "replace", "path": "addresses", "value": whole})).await?;
    expect_places(session, &patch::VALUE_REMOVE, &ada, op, "work A Paris 1; work B Turin 2", false).await?;
    Ok(())
}

async fn selections(session: &mut Session) -> Result<(), Stop> {
    let (ada, mut work, mut home) = two_mails(session).await?;
    let display = session.get(&ada.path).await?.text("displayName").is_some();
    if display && !any_case(session, &ada, "displayName").await? {
        session.blocked(&PATH_NAMES, patch::PATH_CASE.slug);
    } else {
        let fresh = session.login();
        let op = json!({"op": "replace", "path": "EMAILS[TYPE EQ \"work\"].VALUE", "value": fresh});
        let after = expect_mails(session, &PATH_NAMES, &ada, op, &[&fresh, &home]).await?;
        if mails(&after.body).contains(&fresh) {
            work = fresh;
        }
    }
    let exact = session.facts.attribute(USER, "emails.type").and_then(|known| member(known, "caseExact"));
    if exact == Some(&json!(true)) {
        session.skip(&TYPE_CASE, "the service publishes emails.type as caseExact");
    } else {
        let fresh = session.login();
        let op = json!({"op": "replace", "path": "emails[type eq \"WORK\"].value", "value": fresh});
        let after = expect_mails(session, &TYPE_CASE, &ada, op, &[&fresh, &home]).await?;
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
        let right = session.hold(
            &SELECTS,
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
            return Err(Stop::Blocked(SELECTS.slug.to_owned()));
        }
        home = fresh;
    }
    if !judged {
        session.skip(&SELECTS, "the service refuses operators other than eq in paths");
    }
    let answer =
        session.patch(&ada.path, json!({"op": "remove", "path": "emails[type eq \"scimulate\"]"})).await?;
    let after = session.get(&ada.path).await?;
    let kept = mails(&after.body).len() == 2;
    let right = kept && (answer.ok() || answer.status == 400);
    session.hold(
        &NONE_REMOVED,
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
        return Err(Stop::Blocked(patch::PRIMARY.slug.to_owned()));
    }
    let op = json!({"op": "replace", "path": "emails[type eq \"home\"].primary", "value": true});
    let answer = session.patch(&ada.path, op).await?;
    let after = session.get(&ada.path).await?;
    let found = primary(&after.body);
    session.hold(
        &PRIMARY_PATH,
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
    session.hold(&TWO_PRIMARY, right, &answer, &["400 invalidValue", "one primary address"], || {
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
        session.hold(&ONE_OBJECT, mails(&after.body) == now, &answer, &["the addresses as before"], || {
            format!("{}, then emails {}", answer.outcome(), shown(after.at("emails")))
        });
    } else {
        now.push(third);
        now.sort();
        let right = answer.ok() && mails(&after.body) == now;
        let right =
            session.hold(&ONE_OBJECT, right, &answer, &["the address added", "400 invalidValue"], || {
                format!("{}, then emails {}", answer.outcome(), shown(after.at("emails")))
            });
        if !right {
            now = mails(&after.body);
        }
    }
    let fourth = session.login();
    now.push(fourth.clone());
    let op = json!({"op": "add", "value": {"emails": [{"value": fourth, "type": "other"}]}});
    let wanted: Vec<&str> = now.iter().map(String::as_str).collect();
    expect_mails(session, &MULTI_ADD_BARE, &ada, op, &wanted).await?;
    let (fifth, sixth) = (session.login(), session.login());
    let op = json!({"op": "replace", "value": {"emails": [{"value": fifth, "type": "work", "primary": true}, {"value": sixth, "type": "home"}]}});
    expect_mails(session, &MULTI_REPLACE_BARE, &ada, op, &[&fifth, &sixth]).await?;
    let phones = json!([{"value": "+1-202-555-0101", "type": "work"}]);
    let (bob, _) = user_with(session, json!({"phoneNumbers": phones}), &[]).await?;
    if items(&session.get(&bob.path).await?.body, "phoneNumbers").len() != 1 {
        session.skip(&EMPTY_ARRAY, "the service does not store phoneNumbers");
        return Ok(());
    }
    let op = json!({"op": "replace", "path": "phoneNumbers", "value": []});
    expect(session, &EMPTY_ARRAY, &bob, op, &[("phoneNumbers", Value::Null)]).await?;
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
        expect(session, &SEVERAL_BARE, &ada, op, &[(first, json!("One")), (second, json!("Two"))]).await?;
        let op = json!({"op": "add", "value": {first: "Three", second: "Four"}});
        expect(session, &SEVERAL_BARE, &ada, op, &[(first, json!("Three")), (second, json!("Four"))]).await?;
    } else {
        session.skip(&SEVERAL_BARE, "the service stores one of the attributes that could be set at once");
    }
    if any_case(session, &ada, first).await? {
        let op = json!({"op": "replace", "value": {first.to_uppercase(): "Any case"}});
        expect(session, &BARE_NAMES, &ada, op, &[(first, json!("Any case"))]).await?;
    } else {
        session.blocked(&BARE_NAMES, patch::PATH_CASE.slug);
    }
    let required =
        session.facts.attribute(USER, first).and_then(|known| member(known, "required")?.as_bool());
    if required == Some(true) {
        session.skip(&NULL, format!("the service requires {first}"));
    } else {
        let op = json!({"op": "replace", "path": first, "value": null});
        expect_if_taken(session, &NULL, &ada, op, &[(first, Value::Null)]).await?;
    }
    let read = session.get(&ada.path).await?;
    if read.text("externalId") == Some(external.as_str()) {
        for op in ["replace", "add"] {
            let fresh = session.name();
            let operation = json!({"op": op, "path": "externalId", "value": fresh});
            expect(session, &EXTERNAL, &ada, operation, &[("externalId", json!(fresh))]).await?;
        }
    } else {
        session.skip(&EXTERNAL, "the service does not store externalId");
    }
    if read.text("name.givenName") != Some("Ada") || read.text("name.familyName") != Some("Lovelace") {
        session.skip(&KEEPS_SUBS, "the service does not store name.givenName and name.familyName");
        session.skip(&DOTTED, "the service does not store name.givenName and name.familyName");
        return Ok(());
    }
    let op = json!({"op": "replace", "path": "name", "value": {"familyName": "King"}});
    let wanted = [("name.familyName", json!("King")), ("name.givenName", json!("Ada"))];
    expect(session, &KEEPS_SUBS, &ada, op, &wanted).await?;
    let op = json!({"op": "replace", "value": {"name.familyName": "Byron"}});
    expect_if_taken(session, &DOTTED, &ada, op, &[("name.familyName", json!("Byron"))]).await?;
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
        expect(session, &EXT_COMPLEX, &ada, op, &[(&manager, json!(other.id))]).await?;
        let op = json!({"op": "replace", "path": manager, "value": boss.id});
        expect(session, &EXT_COMPLEX, &ada, op, &[(&manager, json!(boss.id))]).await?;
        let op = json!({"op": "remove", "path": of("manager")});
        expect(session, &EXT_COMPLEX, &ada, op, &[(&manager, Value::Null)]).await?;
    } else {
        session.skip(&EXT_COMPLEX, "the service does not store manager");
    }
    // The attribute's own name in another letter case first: what fails there fails with a URN too.
    let shouted = json!({"op": "replace", "path": of("DEPARTMENT"), "value": "Mills"});
    if session.patch(&ada.path, shouted).await?.ok() {
        let urn = ENTERPRISE.replacen("urn:ietf", "URN:IETF", 1).replacen("enterprise", "Enterprise", 1);
        let op = json!({"op": "replace", "path": format!("{urn}:department"), "value": "Looms"});
        expect(session, &EXT_CASE, &ada, op, &[(&department, json!("Looms"))]).await?;
    } else {
        session.blocked(&EXT_CASE, patch::PATH_CASE.slug);
    }
    let op = json!({"op": "replace", "value": {department.clone(): "Cards"}});
    expect_if_taken(session, &URN_KEY, &ada, op, &[(&department, json!("Cards"))]).await?;
    let keeps = session.get(&ada.path).await?.at(&cost).cloned().unwrap_or(Value::Null);
    let op = json!({"op": "remove", "path": department});
    expect(session, &EXT_REMOVE, &ada, op, &[(&department, Value::Null), (&cost, keeps)]).await?;
    let bob = session.user().await?;
    if session.get(&bob.path).await?.at(&department).is_some() {
        session.skip(&EXT_FIRST, "every user of this service has the extension");
        return Ok(());
    }
    let op = json!({"op": "add", "path": department, "value": "Engines"});
    // That the URN is in schemas then is watched in every exchange.
    expect(session, &EXT_FIRST, &bob, op, &[(&department, json!("Engines"))]).await?;
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
            return Err(Stop::Blocked(BOOLEAN.slug.to_owned()));
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
        session.hold(&BOOLEAN_TEXT, right, &answer, &["400 invalidValue", "active false"], || {
            format!("{}, then active {}", answer.outcome(), shown(after.at("active")))
        });
        session.patch(&ada.path, json!({"op": "replace", "path": "active", "value": true})).await?;
    }
    Ok(())
}
