//! PATCH of users (RFC 7644 §3.5.2): every operation with every form of path on attributes of every shape.
//! Each case prepares its own user, and only what the service stored as it was sent is operated on.

use serde_json::{Value, json};

use super::effects::{expect, expect_mails, mails, rest, two_mails, user_with};
use crate::checks::active::{
    Answer, Call, Capability, ENTERPRISE, Probe, SCIM_JSON, Session, Stop, USER, probe,
};
use crate::checks::json::{items, member, shown};
use crate::checks::requirement::requirements;

requirements! {
    REPLACE_PATH = "patch.replace-simple", Must, "RFC 7644 §3.5.2.3",
        "replace with the path of a simple attribute sets it.",
        "Set the attribute that the path names.";
    REPLACE_NO_PATH = "patch.replace-without-path", Must, "RFC 7644 §3.5.2.3; okta-client §3.9",
        "replace without a path sets each attribute of its value, and leaves the others alone.",
        "Treat it as one replace for each member of the value.", [Rfc, Okta];
    ADD_PATH = "patch.add-simple", Must, "RFC 7644 §3.5.2.1",
        "add with the path of a simple attribute sets it, whether it had a value or not.",
        "Set the attribute; add on a single value replaces it.";
    ADD_NO_PATH = "patch.add-without-path", Must, "RFC 7644 §3.5.2.1",
        "add without a path adds each attribute of its value, and leaves the others alone.",
        "Treat it as one add for each member of the value.";
    REMOVE_PATH = "patch.remove-simple", Must, "RFC 7644 §3.5.2.2",
        "remove with the path of an attribute leaves it without a value.",
        "Make the attribute unassigned.";
    SUB = "patch.sub-attribute", Must, "RFC 7644 §3.5.2, §3.10",
        "A path with a sub-attribute, such as name.familyName, changes that sub-attribute and leaves the others.",
        "Resolve the path; change nothing beside it.";
    COMPLEX_ADD = "patch.complex-add", Must, "RFC 7644 §3.5.2.1",
        "add on a complex attribute sets the sub-attributes given and leaves the others.",
        "Merge the sub-attributes of the value.";
    COMPLEX_REPLACE = "patch.complex-replace", Must, "RFC 7644 §3.5.2.3",
        "replace on a complex attribute sets the sub-attributes given.",
        "Replace the sub-attributes that the value names.";
    MULTI_ADD = "patch.multi-valued-add", Must, "RFC 7644 §3.5.2.1",
        "add on a multi-valued attribute adds the values and keeps those that are there.",
        "Append; do not replace the list.";
    MULTI_TWICE = "patch.multi-valued-add-existing", Should, "RFC 7644 §3.5.2.1",
        "add of a value that is there already changes nothing.",
        "Do not add a value twice.";
    MULTI_REPLACE = "patch.multi-valued-replace", Must, "RFC 7644 §3.5.2.3",
        "replace on a multi-valued attribute replaces all of its values.",
        "Replace the whole list when the path has no filter.";
    MULTI_REMOVE = "patch.multi-valued-remove", Must, "RFC 7644 §3.5.2.2",
        "remove on a multi-valued attribute without a filter removes all of its values.",
        "Make the attribute unassigned.";
    VALUE_REPLACE = "patch.value-path-sub-attribute", Must, "RFC 7644 §3.5.2.3",
        "replace with emails[type eq \"work\"].value changes that sub-attribute of that value alone.",
        "Select the values by the filter in the brackets, and change the sub-attribute of those.";
    VALUE_REMOVE = "patch.value-path-remove", Must, "RFC 7644 §3.5.2.2",
        "remove with a filter in the path removes the values that fit, and no others.",
        "Remove the values that the filter in the brackets selects.";
    VALUE_LOGIC = "patch.value-path-logic", Must, "RFC 7644 §3.5.2, §3.4.2.2",
        "The filter in a path takes and, so that one value of several is selected.",
        "Use the filter grammar in paths.";
    NO_TARGET = "patch.no-target", Must, "RFC 7644 §3.5.2.3",
        "replace whose filter fits no value is refused with 400 noTarget.",
        "Answer 400 with scimType noTarget, and change nothing.";
    PRIMARY = "patch.primary-moves", Must, "RFC 7644 §3.5.2; RFC 7643 §2.4",
        "A value that is added or set with primary true takes primary from the value that had it.",
        "Set primary of the other values to false.";
    EXTENSION_PATH = "patch.extension-path", Must, "RFC 7644 §3.5.2, §3.10",
        "A path that begins with the extension's URN changes that attribute of the extension.",
        "Resolve urn:…:User:department.";
    EXTENSION_VALUE = "patch.extension-value", Must, "RFC 7644 §3.5.2.1, §3.5.2.3; RFC 7643 §3.3",
        "An operation without a path takes the extension's object under its URN.",
        "Merge the object into the extension.";
    CORE_URN = "patch.core-urn-path", Must, "RFC 7644 §3.10",
        "A path that begins with the core schema's URN means the attribute itself.",
        "Strip the URN of the resource's own schema.";
    OP_CASE = "patch.op-any-case", Should, "RFC 7644 §3.5.2; RFC 7643 §2.1",
        "op is taken in any letter case, as other clients send Replace and Add.",
        "Compare op without regard to case.";
    PATH_CASE = "patch.path-any-case", Must, "RFC 7643 §2.1",
        "Attribute names in a path are matched in any letter case.",
        "Compare attribute names without regard to case.";
    ORDER = "patch.in-order", Must, "RFC 7644 §3.5.2",
        "The operations of a request are applied one after the other, in their order.",
        "Apply each operation to the outcome of the one before.";
    SEVERAL = "patch.several-operations", Must, "RFC 7644 §3.5.2",
        "Every operation of a request is applied.",
        "Go through all Operations, not only the first.";
    ATOMIC = "patch.atomic", Must, "RFC 7644 §3.5.2",
        "When one operation fails the resource is left as it was.",
        "Apply the operations to a copy, and store it when all of them succeeded.";
    READ_ONLY = "patch.read-only", Must, "RFC 7644 §3.5.2; RFC 7643 §7",
        "A readOnly attribute such as id or meta.created is not changed by a PATCH.",
        "Answer 400 with scimType mutability.";
    READ_ONLY_STATUS = "patch.read-only-refused", Must, "RFC 7644 §3.5.2, §3.12 table 9",
        "An operation on a readOnly attribute is refused with 400 mutability.",
        "Answer 400 with scimType mutability.";
    REQUIRED = "patch.required-stays", Must, "RFC 7644 §3.5.2.2",
        "A required attribute, such as userName, cannot be removed.",
        "Answer 400 with scimType invalidValue or mutability.";
    REMOVE_NOTHING = "patch.remove-needs-path", Must, "RFC 7644 §3.5.2.2",
        "remove without a path is refused with 400 noTarget.",
        "Answer 400 with scimType noTarget, and change nothing.";
    BAD_OP = "patch.unknown-op", Must, "RFC 7644 §3.5.2, §3.12 table 9",
        "An op that is neither add, remove nor replace is refused with 400.",
        "Answer 400 with scimType invalidSyntax or invalidValue.";
    BAD_PATH = "patch.malformed-path", Must, "RFC 7644 §3.5.2, §3.12 table 9",
        "A path that does not parse is refused with 400.",
        "Answer 400 with scimType invalidPath.";
    BAD_BODY = "patch.malformed-request", Must, "RFC 7644 §3.5.2",
        "A request without Operations, or whose Operations is no array, is refused with 400.",
        "Answer 400 with scimType invalidSyntax.";
    BAD_TYPE = "patch.wrong-type", Must, "RFC 7643 §2.3; RFC 7644 §3.12 table 9",
        "A value of another type than the attribute's is refused with 400.",
        "Answer 400 with scimType invalidValue.";
    AGREES = "patch.answer-is-the-store", Must, "RFC 7644 §3.5.2",
        "A 200 shows the whole resource as the next read shows it.",
        "Answer from what was stored.";
    WITH_ATTRIBUTES = "patch.attributes-need-200", Must, "RFC 7644 §3.5.2",
        "A PATCH with the parameter attributes is answered with 200 and the resource.",
        "Answer 200 rather than 204 when attributes is asked for.";
    UNKNOWN = "patch.unknown-is-404", Must, "RFC 7644 §3.12 table 8",
        "A PATCH of an id that does not exist is answered with 404, and creates nothing.",
        "Answer 404.";
    TAKEN = "patch.taken-name-refused", Must, "RFC 7643 §4.1.1; RFC 7644 §3.12 table 9",
        "A PATCH that gives a user the userName of another is refused, and changes nothing.",
        "Answer 409 with scimType uniqueness.";
    NO_OP = "patch.no-op-keeps-time", Must, "RFC 7644 §3.5.2.1",
        "add of a value that is there already leaves lastModified as it is.",
        "Compare before you store.";
    RENAME = "patch.rename", Must, "RFC 7644 §3.5.2.3",
        "A PATCH of userName renames the user under the same id.",
        "Store userName, and keep every index in step.";
}

probe!(
    SIMPLE,
    "patch.simple",
    Writes,
    [REPLACE_PATH, REPLACE_NO_PATH, ADD_PATH, ADD_NO_PATH, REMOVE_PATH, OP_CASE, PATH_CASE, CORE_URN],
    simple
);
probe!(COMPLEX, "patch.complex", Writes, [SUB, COMPLEX_ADD, COMPLEX_REPLACE], complex);
probe!(
    MULTI,
    "patch.multi-valued",
    Writes,
    [MULTI_ADD, MULTI_TWICE, MULTI_REPLACE, MULTI_REMOVE, PRIMARY],
    multi
);
probe!(
    VALUE,
    "patch.value-paths",
    Writes,
    [VALUE_REPLACE, VALUE_REMOVE, VALUE_LOGIC, NO_TARGET],
    value_paths
);
probe!(EXTENSION, "patch.extension", Writes, [EXTENSION_PATH, EXTENSION_VALUE], extension);
probe!(
    REQUESTS,
    "patch.requests",
    Writes,
    [ORDER, SEVERAL, ATOMIC, AGREES, WITH_ATTRIBUTES, UNKNOWN],
    requests
);
probe!(
    REFUSALS,
    "patch.refusals",
    Writes,
    [READ_ONLY, READ_ONLY_STATUS, REQUIRED, REMOVE_NOTHING, BAD_OP, BAD_PATH, BAD_BODY, BAD_TYPE],
    refusals
);
probe!(NAMES, "patch.names", Writes, [TAKEN, RENAME], names);
probe!(TIMES, "patch.times", Writes, [NO_OP], times);

pub(in crate::checks) static PROBES: &[&Probe] =
    &[&SIMPLE, &COMPLEX, &MULTI, &VALUE, &EXTENSION, &REQUESTS, &REFUSALS, &NAMES, &TIMES];

async fn simple(session: &mut Session) -> Result<(), Stop> {
    let extra = json!({"displayName": "Old display", "nickName": "Old nick", "title": "Old title"});
    let (ada, stored) = user_with(session, extra, &["nickName", "title", "displayName"]).await?;
    let Some(&name) = stored.first() else {
        return session.absent("the service stores neither nickName, title nor displayName");
    };
    let op = |op: &str, path: &str, value: &str| json!({"op": op, "path": path, "value": value});
    expect(session, &REPLACE_PATH, &ada, op("replace", name, "First"), &[(name, json!("First"))]).await?;
    expect(
        session,
        &REPLACE_NO_PATH,
        &ada,
        json!({"op": "replace", "value": {name: "Second"}}),
        &[(name, json!("Second"))],
    )
    .await?;
    expect(session, &ADD_PATH, &ada, op("add", name, "Third"), &[(name, json!("Third"))]).await?;
    expect(
        session,
        &ADD_NO_PATH,
        &ada,
        json!({"op": "add", "value": {name: "Fourth"}}),
        &[(name, json!("Fourth"))],
    )
    .await?;
    expect(
        session,
        &PATH_CASE,
        &ada,
        op("replace", &name.to_uppercase(), "Fifth"),
        &[(name, json!("Fifth"))],
    )
    .await?;
    expect(session, &OP_CASE, &ada, op("Replace", name, "Sixth"), &[(name, json!("Sixth"))]).await?;
    expect(session, &OP_CASE, &ada, op("Add", name, "Seventh"), &[(name, json!("Seventh"))]).await?;
    expect(
        session,
        &CORE_URN,
        &ada,
        op("replace", &format!("{USER}:{name}"), "Eighth"),
        &[(name, json!("Eighth"))],
    )
    .await?;
    if session.facts.attribute(USER, name).and_then(|known| member(known, "required")?.as_bool())
        == Some(true)
    {
        session.skip(&REMOVE_PATH, format!("the service requires {name}"));
    } else if expect(
        session,
        &REMOVE_PATH,
        &ada,
        json!({"op": "remove", "path": name}),
        &[(name, Value::Null)],
    )
    .await?
    {
        expect(session, &ADD_PATH, &ada, op("add", name, "Ninth"), &[(name, json!("Ninth"))]).await?;
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
    expect(session, &SUB, &ada, op, &[family("King"), given("Ada")]).await?;
    let op = json!({"op": "add", "path": "name.givenName", "value": "Augusta"});
    expect(session, &SUB, &ada, op, &[given("Augusta"), family("King")]).await?;
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
    let after = expect_mails(session, &MULTI_ADD, &ada, add.clone(), &[&work, &home, &other]).await?;
    if mails(&after.body).len() == 3 {
        expect_mails(session, &MULTI_TWICE, &ada, add, &[&work, &home, &other]).await?;
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
        session.hold(
            &PRIMARY,
            primary == [third.as_str()],
            &answer,
            &[&format!("primary on {third} alone")],
            || format!("primary on {}", primary.join(", ")),
        );
    } else if answer.ok() {
        session.skip(&PRIMARY, "the service did not store the value with primary");
    } else {
        session.fail(&PRIMARY, &answer, &["200 or 204"], answer.outcome());
    }
    let fresh = session.login();
    let replace = json!({"op": "replace", "path": "emails", "value": [{"value": fresh, "type": "work", "primary": true}]});
    expect_mails(session, &MULTI_REPLACE, &ada, replace, &[&fresh]).await?;
    let phones =
        json!([{"value": "+1-202-555-0101", "type": "work"}, {"value": "+1-202-555-0102", "type": "home"}]);
    let (bob, stored) = user_with(session, json!({"phoneNumbers": phones}), &["phoneNumbers"]).await?;
    let read = session.get(&bob.path).await?;
    if stored.is_empty() && items(&read.body, "phoneNumbers").len() != 2 {
        session.skip(&MULTI_REMOVE, "the service does not store phoneNumbers");
        return Ok(());
    }
    expect(
        session,
        &MULTI_REMOVE,
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
    let after = expect_mails(session, &VALUE_REPLACE, &ada, op, &[&fresh, &home]).await?;
    let work = if mails(&after.body).contains(&fresh) { fresh } else { work };
    let nothing = json!({"op": "replace", "path": "emails[type eq \"scimulate\"].value", "value": "nobody@example.com"});
    let answer = session.patch(&ada.path, nothing).await?;
    let after = session.get(&ada.path).await?;
    let kept =
        mails(&after.body).len() == 2 && !mails(&after.body).contains(&"nobody@example.com".to_owned());
    let refused = answer.status == 400
        && answer.scim_type().is_none_or(|kind| ["noTarget", "invalidPath", "invalidFilter"].contains(&kind));
    session.hold(&NO_TARGET, refused && kept, &answer, &["400 noTarget"], || {
        format!("{}, then emails {}", answer.outcome(), shown(after.at("emails")))
    });
    let third = session.login();
    let add = json!({"op": "add", "path": "emails", "value": [{"value": third, "type": "work"}]});
    session.patch(&ada.path, add).await?;
    if mails(&session.get(&ada.path).await?.body).len() == 3 {
        let op =
            json!({"op": "remove", "path": format!("emails[type eq \"work\" and value eq \"{third}\"]")});
        expect_mails(session, &VALUE_LOGIC, &ada, op, &[&work, &home]).await?;
    } else {
        session.blocked(&VALUE_LOGIC, MULTI_ADD.slug);
    }
    let now = mails(&session.get(&ada.path).await?.body);
    let left: Vec<&str> = now.iter().map(String::as_str).filter(|mail| *mail != home).collect();
    expect_mails(
        session,
        &VALUE_REMOVE,
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
        &ORDER,
        &ada,
        json!([set(name, "First"), set(name, "Second"), set(name, "Third")]),
        &[(name, json!("Third"))],
    )
    .await?;
    let second = stored.get(1).copied().unwrap_or("active");
    let wanted = if second == "active" { json!(false) } else { json!("And this") };
    let operations = json!([set(name, "This"), {"op": "replace", "path": second, "value": wanted}]);
    expect(session, &SEVERAL, &ada, operations, &[(name, json!("This")), (second, wanted)]).await?;
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
            session.hold(
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
        let same = rest(&answer.body, &[]) == rest(&after.body, &[]);
        session.hold(&AGREES, same, &answer, &["the whole resource as it is read"], || {
            format!("{} and {}", shown(Some(&answer.body)), shown(Some(&after.body)))
        });
    } else {
        session.skip(&AGREES, format!("the service answers a PATCH with {}", answer.status));
    }
    let path = format!("{}?attributes=userName", ada.path);
    let answer = session.patch(&path, set(name, "Shown again")).await?;
    if answer.ok() {
        session.hold(&WITH_ATTRIBUTES, answer.status == 200, &answer, &["200 with the resource"], || {
            answer.outcome()
        });
    } else {
        session.fail(&WITH_ATTRIBUTES, &answer, &["200 with the resource"], answer.outcome());
    }
    let nobody = format!("/Users/{}", session.name());
    let answer = session.patch(&nobody, set(name, "Nobody")).await?;
    session.hold(&UNKNOWN, answer.status == 404, &answer, &["404 Not Found"], || answer.outcome());
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
        session.hold(&READ_ONLY, kept, &answer, &[&format!("{path} as before")], || {
            format!("{}, then {} with {path} {}", answer.outcome(), after.status, shown(after.at(path)))
        });
        if kept {
            session.hold(
                &READ_ONLY_STATUS,
                [400, 501].contains(&answer.status),
                &answer,
                &["400 mutability"],
                || answer.outcome(),
            );
        }
    }
    let refused = |session: &mut Session, requirement, answer: &Answer, expected: &str| {
        session.hold(requirement, answer.status == 400, answer, &[expected], || answer.outcome());
    };
    let answer = session.patch(&ada.path, json!({"op": "remove", "path": "userName"})).await?;
    let after = session.get(&ada.path).await?;
    let kept = after.text("userName") == before.text("userName");
    session.hold(&REQUIRED, kept && !answer.ok(), &answer, &["400 invalidValue", "400 mutability"], || {
        format!("{}, then userName {}", answer.outcome(), shown(after.at("userName")))
    });
    let answer = session.patch(&ada.path, json!({"op": "remove"})).await?;
    refused(session, &REMOVE_NOTHING, &answer, "400 noTarget");
    let answer =
        session.patch(&ada.path, json!({"op": "scimulate", "path": "displayName", "value": "x"})).await?;
    refused(session, &BAD_OP, &answer, "400 invalidSyntax");
    for path in ["emails[type eq \"work\"", "emails[", "emails[type zz \"work\"].value"] {
        let answer = session.patch(&ada.path, json!({"op": "replace", "path": path, "value": "x"})).await?;
        refused(session, &BAD_PATH, &answer, "400 invalidPath");
    }
    let urn = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
    for body in [
        json!({"schemas": [urn]}),
        json!({"schemas": [urn], "Operations": {"op": "replace", "value": {"active": true}}}),
        json!({"schemas": [urn], "Operations": "replace"}),
    ] {
        let call = Call::new("PATCH", ada.path.clone()).raw(body.to_string(), SCIM_JSON);
        let answer = session.send(call).await?;
        refused(session, &BAD_BODY, &answer, "400 invalidSyntax");
    }
    let answer = session
        .patch(&ada.path, json!({"op": "replace", "path": "active", "value": {"no": "boolean"}}))
        .await?;
    refused(session, &BAD_TYPE, &answer, "400 invalidValue");
    let answer = session.patch(&ada.path, json!({"op": "replace", "path": "emails", "value": 7})).await?;
    refused(session, &BAD_TYPE, &answer, "400 invalidValue");
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
    session.hold(
        &TAKEN,
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
    session.hold(&RENAME, renamed, &answer, &[&format!("200 or 204, then userName {fresh}")], || {
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
    session.hold(
        &NO_OP,
        after.text("meta.lastModified") == Some(then),
        &answer,
        &[&format!("lastModified {then}")],
        || format!("{}, then lastModified {}", answer.outcome(), shown(after.at("meta.lastModified"))),
    );
    Ok(())
}
