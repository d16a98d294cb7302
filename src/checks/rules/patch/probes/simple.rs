//! PATCH of users by the plain forms: simple, complex and multi-valued attributes, value paths, refusals.

use serde_json::{Value, json};

use crate::checks::Requirement;
use crate::checks::engine::{Answer, Call, Capability, SCIM_JSON, Session, Stop, probes};
use crate::checks::json::{equivalent, items, member, shown};
use crate::checks::rules::patch::{
    ADD_SIMPLE, ADD_WITHOUT_PATH, ANSWER_IS_THE_STORE, ATOMIC, ATTRIBUTES_NEED_200, COMPLEX_ADD,
    COMPLEX_REPLACE, CORE_URN_PATH, EXTENSION_PATH, EXTENSION_VALUE, IN_ORDER, MALFORMED_PATH,
    MALFORMED_REQUEST, MULTI_VALUED_ADD, MULTI_VALUED_ADD_EXISTING, MULTI_VALUED_REMOVE,
    MULTI_VALUED_REPLACE, NO_OP_KEEPS_TIME, NO_TARGET, OP_ANY_CASE, PATH_ANY_CASE, PRIMARY_MOVES, READ_ONLY,
    READ_ONLY_REFUSED, REMOVE_NEEDS_PATH, REMOVE_SIMPLE, RENAME, REPLACE_SIMPLE, REPLACE_WITHOUT_PATH,
    REQUIRED_STAYS, SEVERAL_OPERATIONS, SUB_ATTRIBUTE, TAKEN_NAME_REFUSED, UNKNOWN_IS_404, UNKNOWN_OP,
    VALUE_PATH_LOGIC, VALUE_PATH_REMOVE, VALUE_PATH_SUB_ATTRIBUTE, WRONG_TYPE,
};
use crate::checks::stage::effects::{expect, expect_mails, mails, rest, two_mails, user_with};
use crate::urn::{ENTERPRISE, USER};

probes! {
    "patch.simple", Writes,
        [REPLACE_SIMPLE, REPLACE_WITHOUT_PATH, ADD_SIMPLE, ADD_WITHOUT_PATH, REMOVE_SIMPLE, OP_ANY_CASE,
         PATH_ANY_CASE, CORE_URN_PATH],
        simple;
    "patch.complex", Writes, [SUB_ATTRIBUTE, COMPLEX_ADD, COMPLEX_REPLACE], complex;
    "patch.multi-valued", Writes,
        [MULTI_VALUED_ADD, MULTI_VALUED_ADD_EXISTING, MULTI_VALUED_REPLACE, MULTI_VALUED_REMOVE,
         PRIMARY_MOVES],
        multi;
    "patch.value-paths", Writes,
        [VALUE_PATH_SUB_ATTRIBUTE, VALUE_PATH_REMOVE, VALUE_PATH_LOGIC, NO_TARGET],
        value_paths;
    "patch.extension", Writes, [EXTENSION_PATH, EXTENSION_VALUE], extension;
    "patch.requests", Writes,
        [IN_ORDER, SEVERAL_OPERATIONS, ATOMIC, ANSWER_IS_THE_STORE, ATTRIBUTES_NEED_200, UNKNOWN_IS_404],
        requests;
    "patch.refusals", Writes,
        [READ_ONLY, READ_ONLY_REFUSED, REQUIRED_STAYS, REMOVE_NEEDS_PATH, UNKNOWN_OP, MALFORMED_PATH,
         MALFORMED_REQUEST, WRONG_TYPE],
        refusals;
    "patch.names", Writes, [TAKEN_NAME_REFUSED, RENAME], names;
    "patch.times", Writes, [NO_OP_KEEPS_TIME], times;
}

async fn simple(session: &mut Session) -> Result<(), Stop> {
    let extra = json!({"displayName": "Old display", "nickName": "Old nick", "title": "Old title"});
    let (ada, stored) = user_with(session, extra, &["nickName", "title", "displayName"]).await?;
    let Some(&name) = stored.first() else {
        return session.absent("the service stores neither nickName, title nor displayName");
    };
    let op = |op: &str, path: &str, value: &str| json!({"op": op, "path": path, "value": value});
    expect(session, &REPLACE_SIMPLE, &ada, op("replace", name, "First"), &[(name, json!("First"))]).await?;
    expect(
        session,
        &REPLACE_WITHOUT_PATH,
        &ada,
        json!({"op": "replace", "value": {name: "Second"}}),
        &[(name, json!("Second"))],
    )
    .await?;
    expect(session, &ADD_SIMPLE, &ada, op("add", name, "Third"), &[(name, json!("Third"))]).await?;
    expect(
        session,
        &ADD_WITHOUT_PATH,
        &ada,
        json!({"op": "add", "value": {name: "Fourth"}}),
        &[(name, json!("Fourth"))],
    )
    .await?;
    expect(
        session,
        &PATH_ANY_CASE,
        &ada,
        op("replace", &name.to_uppercase(), "Fifth"),
        &[(name, json!("Fifth"))],
    )
    .await?;
    expect(session, &OP_ANY_CASE, &ada, op("Replace", name, "Sixth"), &[(name, json!("Sixth"))]).await?;
    expect(session, &OP_ANY_CASE, &ada, op("Add", name, "Seventh"), &[(name, json!("Seventh"))]).await?;
    expect(
        session,
        &CORE_URN_PATH,
        &ada,
        op("replace", &format!("{USER}:{name}"), "Eighth"),
        &[(name, json!("Eighth"))],
    )
    .await?;
    if session.facts.attribute(USER, name).and_then(|known| member(known, "required")?.as_bool())
        == Some(true)
    {
        session.skip(&REMOVE_SIMPLE, format!("the service requires {name}"));
    } else if expect(
        session,
        &REMOVE_SIMPLE,
        &ada,
        json!({"op": "remove", "path": name}),
        &[(name, Value::Null)],
    )
    .await?
    {
        expect(session, &ADD_SIMPLE, &ada, op("add", name, "Ninth"), &[(name, json!("Ninth"))]).await?;
    }
    Ok(())
}

async fn complex(session: &mut Session) -> Result<(), Stop> {
    let extra = json!({"name": {"givenName": "Ada", "familyName": "Lovelace"}});
    let (ada, stored) = user_with(session, extra, &["name.givenName", "name.familyName"]).await?;
    if stored.len() < 2 {
        return session.absent("the service does not store name.givenName and name.familyName");
    }
    let given = |text: &str| ("name.givenName", json!(text));
    let family = |text: &str| ("name.familyName", json!(text));
    let op = json!({"op": "replace", "path": "name.familyName", "value": "King"});
    expect(session, &SUB_ATTRIBUTE, &ada, op, &[family("King"), given("Ada")]).await?;
    let op = json!({"op": "add", "path": "name.givenName", "value": "Augusta"});
    expect(session, &SUB_ATTRIBUTE, &ada, op, &[given("Augusta"), family("King")]).await?;
    let op = json!({"op": "add", "path": "name", "value": {"givenName": "Ada"}});
    expect(session, &COMPLEX_ADD, &ada, op, &[given("Ada"), family("King")]).await?;
    let op = json!({"op": "add", "value": {"name": {"givenName": "Augusta"}}});
    expect(session, &COMPLEX_ADD, &ada, op, &[given("Augusta"), family("King")]).await?;
    let op = json!({"op": "replace", "path": "name", "value": {"givenName": "Anne", "familyName": "Byron"}});
    expect(session, &COMPLEX_REPLACE, &ada, op, &[given("Anne"), family("Byron")]).await?;
    let op = json!({"op": "replace", "value": {"name": {"givenName": "Ada", "familyName": "Lovelace"}}});
    expect(session, &COMPLEX_REPLACE, &ada, op, &[given("Ada"), family("Lovelace")]).await?;
    Ok(())
}

async fn multi(session: &mut Session) -> Result<(), Stop> {
    let (ada, work, home) = two_mails(session).await?;
    let other = session.login();
    let value = json!([{"value": other, "type": "other"}]);
    let add = json!({"op": "add", "path": "emails", "value": value});
    let after = expect_mails(session, &MULTI_VALUED_ADD, &ada, add.clone(), &[&work, &home, &other]).await?;
    if mails(&after.body).len() == 3 {
        expect_mails(session, &MULTI_VALUED_ADD_EXISTING, &ada, add, &[&work, &home, &other]).await?;
    }
    let third = session.login();
    let set =
        json!({"op": "add", "path": "emails", "value": [{"value": third, "type": "other", "primary": true}]});
    let answer = session.patch(&ada.path, set).await?;
    let after = session.get(&ada.path).await?;
    let primary: Vec<&str> = items(&after.body, "emails")
        .iter()
        .filter(|mail| member(mail, "primary") == Some(&json!(true)))
        .filter_map(|mail| member(mail, "value")?.as_str())
        .collect();
    // A service that keeps no primary at all has nothing to move.
    if answer.ok() && mails(&after.body).contains(&third) && !primary.is_empty() {
        session.require(
            &PRIMARY_MOVES,
            primary == [third.as_str()],
            &answer,
            &[&format!("primary on {third} alone")],
            || format!("primary on {}", primary.join(", ")),
        );
    } else if answer.ok() {
        session.skip(&PRIMARY_MOVES, "the service did not store the value with primary");
    } else {
        session.fail(&PRIMARY_MOVES, &answer, &["200 or 204"], answer.outcome());
    }
    let fresh = session.login();
    let replace = json!({"op": "replace", "path": "emails", "value": [{"value": fresh, "type": "work", "primary": true}]});
    expect_mails(session, &MULTI_VALUED_REPLACE, &ada, replace, &[&fresh]).await?;
    let phones =
        json!([{"value": "+1-202-555-0101", "type": "work"}, {"value": "+1-202-555-0102", "type": "home"}]);
    let (bob, stored) = user_with(session, json!({"phoneNumbers": phones}), &["phoneNumbers"]).await?;
    let read = session.get(&bob.path).await?;
    if stored.is_empty() && items(&read.body, "phoneNumbers").len() != 2 {
        session.skip(&MULTI_VALUED_REMOVE, "the service does not store phoneNumbers");
        return Ok(());
    }
    expect(
        session,
        &MULTI_VALUED_REMOVE,
        &bob,
        json!({"op": "remove", "path": "phoneNumbers"}),
        &[("phoneNumbers", Value::Null)],
    )
    .await?;
    Ok(())
}

async fn value_paths(session: &mut Session) -> Result<(), Stop> {
    let (ada, work, home) = two_mails(session).await?;
    let fresh = session.login();
    let op = json!({"op": "replace", "path": "emails[type eq \"work\"].value", "value": fresh});
    let after = expect_mails(session, &VALUE_PATH_SUB_ATTRIBUTE, &ada, op, &[&fresh, &home]).await?;
    let work = if mails(&after.body).contains(&fresh) { fresh } else { work };
    let nothing = json!({"op": "replace", "path": "emails[type eq \"scimulate\"].value", "value": "nobody@example.com"});
    let answer = session.patch(&ada.path, nothing).await?;
    let after = session.get(&ada.path).await?;
    let kept =
        mails(&after.body).len() == 2 && !mails(&after.body).contains(&"nobody@example.com".to_owned());
    let refused = answer.status == 400
        && answer.scim_type().is_none_or(|kind| ["noTarget", "invalidPath", "invalidFilter"].contains(&kind));
    session.require(&NO_TARGET, refused && kept, &answer, &["400 noTarget"], || {
        format!("{}, then emails {}", answer.outcome(), shown(after.at("emails")))
    });
    let third = session.login();
    let add = json!({"op": "add", "path": "emails", "value": [{"value": third, "type": "work"}]});
    session.patch(&ada.path, add).await?;
    if mails(&session.get(&ada.path).await?.body).len() == 3 {
        let op =
            json!({"op": "remove", "path": format!("emails[type eq \"work\" and value eq \"{third}\"]")});
        expect_mails(session, &VALUE_PATH_LOGIC, &ada, op, &[&work, &home]).await?;
    } else {
        session.blocked(&VALUE_PATH_LOGIC, &MULTI_VALUED_ADD);
    }
    let now = mails(&session.get(&ada.path).await?.body);
    let left: Vec<&str> = now.iter().map(String::as_str).filter(|mail| *mail != home).collect();
    expect_mails(
        session,
        &VALUE_PATH_REMOVE,
        &ada,
        json!({"op": "remove", "path": "emails[type eq \"home\"]"}),
        &left,
    )
    .await?;
    Ok(())
}

async fn extension(session: &mut Session) -> Result<(), Stop> {
    let extra = json!({ENTERPRISE: {"department": "Engines", "costCenter": "4130"}});
    let department = format!("{ENTERPRISE}:department");
    let (ada, _) = user_with(session, extra, &[]).await?;
    let read = session.get(&ada.path).await?;
    if read.text(&department) != Some("Engines") {
        return session.absent("the service does not store the enterprise extension");
    }
    let cost = format!("{ENTERPRISE}:costCenter");
    let keeps = read.at(&cost).cloned().unwrap_or(Value::Null);
    let op = json!({"op": "replace", "path": department, "value": "Looms"});
    expect(session, &EXTENSION_PATH, &ada, op, &[(&department, json!("Looms")), (&cost, keeps.clone())])
        .await?;
    let op = json!({"op": "add", "path": department, "value": "Cards"});
    expect(session, &EXTENSION_PATH, &ada, op, &[(&department, json!("Cards")), (&cost, keeps.clone())])
        .await?;
    for op in ["add", "replace"] {
        let operation = json!({"op": op, "value": {ENTERPRISE: {"department": format!("By {op}")}}});
        // RFC 7644 §3.5.2.3 can be read both ways for what a replaced object leaves out.
        let wanted: Vec<(&str, Value)> = if op == "add" {
            vec![(&department, json!("By add")), (&cost, keeps.clone())]
        } else {
            vec![(&department, json!("By replace"))]
        };
        expect(session, &EXTENSION_VALUE, &ada, operation, &wanted).await?;
    }
    Ok(())
}

async fn requests(session: &mut Session) -> Result<(), Stop> {
    let extra = json!({"displayName": "Old display", "nickName": "Old nick", "title": "Old title"});
    let (ada, stored) = user_with(session, extra, &["nickName", "title", "displayName"]).await?;
    let Some(&name) = stored.first() else {
        return session.absent("the service stores neither nickName, title nor displayName");
    };
    let set = |name: &str, value: &str| json!({"op": "replace", "path": name, "value": value});
    expect(
        session,
        &IN_ORDER,
        &ada,
        json!([set(name, "First"), set(name, "Second"), set(name, "Third")]),
        &[(name, json!("Third"))],
    )
    .await?;
    let second = stored.get(1).copied().unwrap_or("active");
    let wanted = if second == "active" { json!(false) } else { json!("And this") };
    let operations = json!([set(name, "This"), {"op": "replace", "path": second, "value": wanted}]);
    expect(session, &SEVERAL_OPERATIONS, &ada, operations, &[(name, json!("This")), (second, wanted)])
        .await?;
    let before = session.get(&ada.path).await?;
    for broken in [
        json!({"op": "scimulate", "path": name, "value": "x"}),
        json!({"op": "replace", "path": "id", "value": "x"}),
        json!({"op": "remove"}),
    ] {
        let answer = session.patch(&ada.path, json!([set(name, "Half done"), broken])).await?;
        let after = session.get(&ada.path).await?;
        // What was not refused has requirements of its own.
        if !answer.ok() {
            session.require(
                &ATOMIC,
                after.at(name) == before.at(name),
                &answer,
                &[&format!("{name} as before")],
                || format!("{}, then {name} {}", answer.outcome(), shown(after.at(name))),
            );
        }
    }
    let answer = session.patch(&ada.path, set(name, "Shown")).await?;
    let after = session.get(&ada.path).await?;
    if answer.status == 200 {
        let same = equivalent(Some(&rest(&answer.body, &[])), Some(&rest(&after.body, &[])));
        session.require(&ANSWER_IS_THE_STORE, same, &answer, &["the whole resource as it is read"], || {
            format!("{} and {}", shown(Some(&answer.body)), shown(Some(&after.body)))
        });
    } else {
        session.skip(&ANSWER_IS_THE_STORE, format!("the service answers a PATCH with {}", answer.status));
    }
    let path = format!("{}?attributes=userName", ada.path);
    let answer = session.patch(&path, set(name, "Shown again")).await?;
    if answer.ok() {
        session.require(
            &ATTRIBUTES_NEED_200,
            answer.status == 200,
            &answer,
            &["200 with the resource"],
            || answer.outcome(),
        );
    } else {
        session.fail(&ATTRIBUTES_NEED_200, &answer, &["200 with the resource"], answer.outcome());
    }
    let nobody = format!("/Users/{}", session.name());
    let answer = session.patch(&nobody, set(name, "Nobody")).await?;
    session.require(&UNKNOWN_IS_404, answer.status == 404, &answer, &["404 Not Found"], || answer.outcome());
    Ok(())
}

async fn refusals(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::PatchUser)?;
    let ada = session.user().await?;
    let before = session.get(&ada.path).await?;
    let owned = [
        ("id", json!("scimulate")),
        ("meta.created", json!("1999-01-01T00:00:00Z")),
        ("groups", json!([{"value": "scimulate-nobody"}])),
    ];
    for (path, value) in owned {
        if path == "groups" && session.facts.changeable(USER, path) {
            continue;
        }
        let op = if path == "groups" { "add" } else { "replace" };
        let answer = session.patch(&ada.path, json!({"op": op, "path": path, "value": value})).await?;
        let after = session.get(&ada.path).await?;
        let kept = after.status == 200 && after.at(path) == before.at(path);
        session.require(&READ_ONLY, kept, &answer, &[&format!("{path} as before")], || {
            format!("{}, then {} with {path} {}", answer.outcome(), after.status, shown(after.at(path)))
        });
        if kept {
            session.require(
                &READ_ONLY_REFUSED,
                // "the appropriate HTTP response status code" (§3.5.2).
                answer.refused() || answer.status == 501,
                &answer,
                &["400 mutability"],
                || answer.outcome(),
            );
        }
    }
    // Of these a 400 by name is demanded for a remove without a path alone; elsewhere the status is a SHOULD (§3.12).
    let refused =
        |session: &mut Session, requirement: &'static Requirement, answer: &Answer, expected: &str| {
            let held = answer.status == 400 || answer.refused() && requirement.slug != REMOVE_NEEDS_PATH.slug;
            session.require(requirement, held, answer, &[expected], || answer.outcome());
        };
    let answer = session.patch(&ada.path, json!({"op": "remove", "path": "userName"})).await?;
    let after = session.get(&ada.path).await?;
    let kept = after.text("userName") == before.text("userName");
    session.require(
        &REQUIRED_STAYS,
        kept && !answer.ok(),
        &answer,
        &["400 invalidValue", "400 mutability"],
        || format!("{}, then userName {}", answer.outcome(), shown(after.at("userName"))),
    );
    let answer = session.patch(&ada.path, json!({"op": "remove"})).await?;
    refused(session, &REMOVE_NEEDS_PATH, &answer, "400 noTarget");
    let answer =
        session.patch(&ada.path, json!({"op": "scimulate", "path": "displayName", "value": "x"})).await?;
    refused(session, &UNKNOWN_OP, &answer, "400 invalidSyntax");
    for path in ["emails[type eq \"work\"", "emails[", "emails[type zz \"work\"].value"] {
        let answer = session.patch(&ada.path, json!({"op": "replace", "path": path, "value": "x"})).await?;
        refused(session, &MALFORMED_PATH, &answer, "400 invalidPath");
    }
    let urn = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
    for body in [
        json!({"schemas": [urn]}),
        json!({"schemas": [urn], "Operations": {"op": "replace", "value": {"active": true}}}),
        json!({"schemas": [urn], "Operations": "replace"}),
    ] {
        let call = Call::new("PATCH", ada.path.clone()).raw(body.to_string(), SCIM_JSON);
        let answer = session.send(call).await?;
        refused(session, &MALFORMED_REQUEST, &answer, "400 invalidSyntax");
    }
    let answer = session
        .patch(&ada.path, json!({"op": "replace", "path": "active", "value": {"no": "boolean"}}))
        .await?;
    refused(session, &WRONG_TYPE, &answer, "400 invalidValue");
    let answer = session.patch(&ada.path, json!({"op": "replace", "path": "emails", "value": 7})).await?;
    refused(session, &WRONG_TYPE, &answer, "400 invalidValue");
    Ok(())
}

async fn names(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::PatchUser)?;
    let (ada, grace) = (session.user().await?, session.user().await?);
    let own = grace.text("userName");
    let op = json!({"op": "replace", "path": "userName", "value": ada.text("userName")});
    let answer = session.patch(&grace.path, op).await?;
    let after = session.get(&grace.path).await?;
    let kept = after.text("userName").is_some_and(|now| now.eq_ignore_ascii_case(&own));
    session.require(
        &TAKEN_NAME_REFUSED,
        !answer.ok() && kept,
        &answer,
        &["409 uniqueness, and the userName as before"],
        || format!("{}, then userName {}", answer.outcome(), shown(after.at("userName"))),
    );
    if !session.facts.changeable(USER, "userName") {
        session.skip(&RENAME, "the schema of the service says that userName cannot be changed");
        return Ok(());
    }
    let fresh = session.login();
    let answer =
        session.patch(&ada.path, json!({"op": "replace", "path": "userName", "value": fresh})).await?;
    let after = session.get(&ada.path).await?;
    let renamed = answer.ok() && after.text("userName").is_some_and(|now| now.eq_ignore_ascii_case(&fresh));
    session.require(&RENAME, renamed, &answer, &[&format!("200 or 204, then userName {fresh}")], || {
        format!("{}, then {} with userName {}", answer.outcome(), after.status, shown(after.at("userName")))
    });
    Ok(())
}

async fn times(session: &mut Session) -> Result<(), Stop> {
    let (ada, stored) =
        user_with(session, json!({"title": "Analyst", "nickName": "Countess"}), &["title", "nickName"])
            .await?;
    let Some(&name) = stored.first() else {
        return session.absent("the service stores neither title nor nickName");
    };
    let before = session.get(&ada.path).await?;
    let (Some(then), Some(value)) = (before.text("meta.lastModified"), before.at(name).cloned()) else {
        return session.absent("the service does not return meta.lastModified");
    };
    session.wait(std::time::Duration::from_millis(1100)).await;
    let answer = session.patch(&ada.path, json!({"op": "add", "path": name, "value": value})).await?;
    let after = session.get(&ada.path).await?;
    session.require(
        &NO_OP_KEEPS_TIME,
        after.text("meta.lastModified") == Some(then),
        &answer,
        &[&format!("lastModified {then}")],
        || format!("{}, then lastModified {}", answer.outcome(), shown(after.at("meta.lastModified"))),
    );
    Ok(())
}
