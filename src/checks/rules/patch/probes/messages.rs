//! The PATCH message itself: its shape, paths that are refused, keywords, amounts, times.

use serde_json::{Value, json};

use crate::checks::Requirement;
use crate::checks::engine::{Answer, Call, Capability, SCIM_JSON, Session, Stop, probes};
use crate::checks::json::{at, shown, texts};
use crate::checks::rules::error;
use crate::checks::rules::patch::{
    ADD_WITHOUT_VALUE, ATOMIC, EMPTY_OPERATIONS, EXTENSION_FIRST_ATTRIBUTE, EXTENSION_URN_AS_PATH,
    FILTER_ON_SINGLE_VALUE, IN_ORDER, MALFORMED_PATH, MALFORMED_REQUEST, MANY_OPERATIONS,
    MESSAGE_NAMES_ANY_CASE, MODIFIED_MOVES, NO_OP_KEEPS_TIME, OPERATION_IS_AN_OBJECT, OPERATION_WITHOUT_OP,
    READ_ONLY, RENAME_LETTER_CASE, REPLACE_ABSENT_ADDS, REPLACE_SIMPLE, SCHEMAS_ABSENT, SCHEMAS_FIRST,
    SCIM_TYPE_INVALID_PATH, SCIM_TYPE_INVALID_VALUE, SCIM_TYPE_MUTABILITY, SCIM_TYPE_NO_TARGET,
    SEVERAL_OPERATIONS, TAKEN_NAME_IS_409, TAKEN_NAME_REFUSED, UNKNOWN_ATTRIBUTE,
    UNKNOWN_ATTRIBUTE_WITHOUT_PATH, UNKNOWN_GROUP_IS_404, UNKNOWN_OP, UNKNOWN_SCHEMA,
};
use crate::checks::stage::Created;
use crate::checks::stage::effects::{expect, two_mails, user_with};
use crate::checks::stage::values::has_enterprise;
use crate::urn::{ENTERPRISE, USER};

probes! {
    "patch.shapes", Writes,
        [EMPTY_OPERATIONS, OPERATION_WITHOUT_OP, ADD_WITHOUT_VALUE, OPERATION_IS_AN_OBJECT, SCHEMAS_ABSENT,
         MESSAGE_NAMES_ANY_CASE, UNKNOWN_OP, MALFORMED_REQUEST],
        shapes;
    "patch.paths", Writes,
        [UNKNOWN_ATTRIBUTE, UNKNOWN_SCHEMA, FILTER_ON_SINGLE_VALUE, SCIM_TYPE_INVALID_PATH,
         SCIM_TYPE_INVALID_VALUE, MALFORMED_PATH, error::DETAIL],
        paths;
    "patch.keywords", Writes, [SCIM_TYPE_NO_TARGET, SCIM_TYPE_MUTABILITY, READ_ONLY, ATOMIC], keywords;
    "patch.amounts", Writes, [MANY_OPERATIONS, IN_ORDER, UNKNOWN_GROUP_IS_404], amounts;
    "patch.modified", Writes, [MODIFIED_MOVES, NO_OP_KEEPS_TIME], modified;
    "patch.cases", Writes, [RENAME_LETTER_CASE, TAKEN_NAME_IS_409, TAKEN_NAME_REFUSED], cases;
    "patch.unknown-without-path", Writes, [UNKNOWN_ATTRIBUTE_WITHOUT_PATH], bare_unknown;
    "patch.added", Writes, [REPLACE_ABSENT_ADDS, SCHEMAS_FIRST, EXTENSION_URN_AS_PATH], added;
}

const PATCH_OP: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// A user and a text attribute of it that was stored as sent.
async fn subject(session: &mut Session) -> Result<(Created, &'static str), Stop> {
    let extra = json!({"displayName": "Old display", "nickName": "Old nick", "title": "Old title"});
    let (ada, stored) = user_with(session, extra, &["title", "nickName", "displayName"]).await?;
    match stored.first() {
        Some(name) => Ok((ada, name)),
        None => session.absent("the service stores neither title, nickName nor displayName"),
    }
}

/// A PATCH with this body, whatever it is. Some servers drop the connection after such a request, so that
/// nothing else goes over it.
async fn message(session: &mut Session, path: &str, body: &Value) -> Result<Answer, Stop> {
    let call = Call::new("PATCH", path).raw(body.to_string(), SCIM_JSON);
    session.send(call.header("Connection", "close")).await
}

fn set(name: &str, value: &str) -> Value {
    json!({"op": "replace", "path": name, "value": value})
}

/// Holds that a request was refused and left `name` as it was. Which 4xx it is is a SHOULD (RFC 7644 §3.12).
async fn refused(
    session: &mut Session,
    requirement: &'static Requirement,
    user: &Created,
    name: &str,
    body: &Value,
) -> Result<Answer, Stop> {
    let before = session.get(&user.path).await?;
    let answer = message(session, &user.path, body).await?;
    let after = session.get(&user.path).await?;
    let kept = at(&before.body, name) == at(&after.body, name);
    session.require(
        requirement,
        answer.refused() && kept,
        &answer,
        &[&format!("400, and {name} as before")],
        || format!("{} for {}, then {name} {}", answer.outcome(), shown(Some(body)), shown(after.at(name))),
    );
    Ok(answer)
}

async fn shapes(session: &mut Session) -> Result<(), Stop> {
    let (ada, name) = subject(session).await?;
    let with = |operations: Value| json!({"schemas": [PATCH_OP], "Operations": operations});
    refused(session, &EMPTY_OPERATIONS, &ada, name, &with(json!([]))).await?;
    for operation in [
        json!({"path": name, "value": "x"}),
        json!({"op": null, "path": name, "value": "x"}),
        json!({"op": ["replace"], "path": name, "value": "x"}),
    ] {
        refused(session, &OPERATION_WITHOUT_OP, &ada, name, &with(json!([operation]))).await?;
    }
    for op in ["", "move", "copy", "test", "set", "replaceall"] {
        let operation = json!({"op": op, "path": name, "from": "userName", "value": "x"});
        refused(session, &UNKNOWN_OP, &ada, name, &with(json!([operation]))).await?;
    }
    refused(session, &ADD_WITHOUT_VALUE, &ada, name, &with(json!([{"op": "add", "path": name}]))).await?;
    for operations in [json!(["replace"]), json!([null]), json!([[set(name, "x")]]), json!([7])] {
        refused(session, &OPERATION_IS_AN_OBJECT, &ada, name, &with(operations)).await?;
    }
    for body in [
        json!({"schemas": [PATCH_OP], "Operations": null}),
        json!({"schemas": [PATCH_OP], "Operations": 7}),
        json!([set(name, "x")]),
        json!({"schemas": [PATCH_OP], name: "x"}),
    ] {
        refused(session, &MALFORMED_REQUEST, &ada, name, &body).await?;
    }
    let other = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";
    let bodies = [
        (&SCHEMAS_ABSENT, json!({"Operations": [set(name, "Bare")]}), "Bare"),
        (&SCHEMAS_ABSENT, json!({"schemas": [], "Operations": [set(name, "Empty")]}), "Empty"),
        (&SCHEMAS_ABSENT, json!({"schemas": [other], "Operations": [set(name, "Other")]}), "Other"),
        (
            &MESSAGE_NAMES_ANY_CASE,
            json!({"Schemas": [PATCH_OP], "operations": [{"OP": "replace", "Path": name, "VALUE": "Shouted"}]}),
            "Shouted",
        ),
    ];
    for (requirement, body, wanted) in bodies {
        let answer = message(session, &ada.path, &body).await?;
        let after = session.get(&ada.path).await?;
        let done = after.text(name) == Some(wanted);
        let right = if answer.ok() { done } else { answer.refused() && !done };
        session.require(requirement, right, &answer, &["400 invalidSyntax", "the change"], || {
            format!("{} for {}, then {name} {}", answer.outcome(), shown(Some(&body)), shown(after.at(name)))
        });
    }
    Ok(())
}

/// Whether a 400 has one of these keywords; an answer that is no 400 is told elsewhere.
fn keyword(session: &mut Session, requirement: &'static Requirement, answer: &Answer, wanted: &[&str]) {
    if answer.status == 400 {
        let right = answer.scim_type().is_some_and(|kind| wanted.contains(&kind));
        session.require(requirement, right, answer, &[&format!("scimType {}", wanted[0])], || {
            format!("scimType {}", answer.scim_type().unwrap_or("absent"))
        });
    }
}

async fn paths(session: &mut Session) -> Result<(), Stop> {
    let (ada, name) = subject(session).await?;
    let with = |operation: Value| json!({"schemas": [PATCH_OP], "Operations": [operation]});
    for path in ["scimulateNoSuchAttribute", "name.scimulateNoSuchPart"] {
        refused(session, &UNKNOWN_ATTRIBUTE, &ada, name, &with(set(path, "x"))).await?;
    }
    let path = "urn:scimulate:no:such:schema:1.0:User:attribute";
    refused(session, &UNKNOWN_SCHEMA, &ada, name, &with(set(path, "x"))).await?;
    let path = format!("{name}[value eq \"x\"]");
    refused(session, &FILTER_ON_SINGLE_VALUE, &ada, name, &with(set(&path, "x"))).await?;
    let mut last = None;
    for path in [
        "emails[0].value",
        "emails[]",
        "emails[type eq]",
        "[type eq \"work\"]",
        "emails]type eq \"work\"[",
        "name..familyName",
        "emails[type eq \"work\"]]",
        "/name/familyName",
    ] {
        let answer = refused(session, &MALFORMED_PATH, &ada, name, &with(set(path, "x"))).await?;
        // A filter that does not parse is also an invalid filter.
        let kinds: &[&str] =
            if path.contains('[') { &["invalidPath", "invalidFilter"] } else { &["invalidPath", "noTarget"] };
        keyword(session, &SCIM_TYPE_INVALID_PATH, &answer, kinds);
        last = Some(answer);
    }
    if let Some(answer) = last.filter(Answer::refused) {
        let told = answer.text("detail").is_some_and(|detail| !detail.trim().is_empty());
        session.require(&error::DETAIL, told, &answer, &["a detail"], || {
            format!("detail {}", shown(answer.at("detail")))
        });
    }
    for operation in [
        json!({"op": "replace", "path": "active", "value": {"no": "boolean"}}),
        json!({"op": "replace", "path": name, "value": {"an": "object"}}),
    ] {
        let answer = session.patch(&ada.path, operation).await?;
        keyword(session, &SCIM_TYPE_INVALID_VALUE, &answer, &["invalidValue", "invalidSyntax"]);
    }
    Ok(())
}

async fn keywords(session: &mut Session) -> Result<(), Stop> {
    let (ada, name) = subject(session).await?;
    let answer = session.patch(&ada.path, json!({"op": "remove"})).await?;
    keyword(session, &SCIM_TYPE_NO_TARGET, &answer, &["noTarget"]);
    let before = session.get(&ada.path).await?;
    for (path, value) in [
        ("id", json!("x")),
        ("meta.lastModified", json!("1999-01-01T00:00:00Z")),
        ("meta.resourceType", json!("Group")),
    ] {
        let answer = session.patch(&ada.path, json!({"op": "replace", "path": path, "value": value})).await?;
        keyword(session, &SCIM_TYPE_MUTABILITY, &answer, &["mutability"]);
        let after = session.get(&ada.path).await?;
        let kept = after.status == 200 && at(&after.body, path) != Some(&value);
        session.require(&READ_ONLY, kept, &answer, &[&format!("{path} as before")], || {
            format!("{}, then {} with {path} {}", answer.outcome(), after.status, shown(after.at(path)))
        });
    }
    // Beside a change that is right, in a value without a path, as Okta's rename carries it.
    let fresh = session.name();
    let answer =
        session.patch(&ada.path, json!({"op": "replace", "value": {"id": fresh, name: "Beside"}})).await?;
    let after = session.get(&ada.path).await?;
    let kept = after.status == 200 && after.id() == before.id();
    session.require(&READ_ONLY, kept, &answer, &["the id as before"], || {
        format!("{}, then {} with id {}", answer.outcome(), after.status, shown(after.at("id")))
    });
    let before = session.get(&ada.path).await?;
    let broken = [
        json!({"op": "replace", "path": "active", "value": {"no": "boolean"}}),
        json!({"op": "replace", "path": "emails[", "value": "x"}),
        json!({"op": "add", "path": name}),
    ];
    for (place, broken) in broken.into_iter().enumerate() {
        let good = set(name, "Half done");
        let operations = if place % 2 == 0 { json!([good, broken]) } else { json!([broken, good]) };
        let answer = session.patch(&ada.path, operations).await?;
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
    let (bob, _, _) = two_mails(session).await?;
    let before = session.get(&bob.path).await?;
    let nothing = json!({"op": "replace", "path": "emails[type eq \"scimulate\"].value", "value": "nobody@example.com"});
    let answer = session
        .patch(&bob.path, json!([{"op": "remove", "path": "emails[type eq \"home\"]"}, nothing]))
        .await?;
    keyword(session, &SCIM_TYPE_NO_TARGET, &answer, &["noTarget"]);
    let after = session.get(&bob.path).await?;
    if !answer.ok() {
        session.require(
            &ATOMIC,
            after.at("emails") == before.at("emails"),
            &answer,
            &["emails as before"],
            || format!("{}, then emails {}", answer.outcome(), shown(after.at("emails"))),
        );
    }
    Ok(())
}

async fn amounts(session: &mut Session) -> Result<(), Stop> {
    let (ada, name) = subject(session).await?;
    let all: Vec<Value> = (1..=60).map(|number| set(name, &format!("Number {number}"))).collect();
    expect(session, &MANY_OPERATIONS, &ada, Value::Array(all), &[(name, json!("Number 60"))]).await?;
    let again = json!([{"op": "remove", "path": name}, {"op": "add", "path": name, "value": "Back"}]);
    let required = session
        .facts
        .attribute(USER, name)
        .and_then(|known| crate::checks::json::member(known, "required")?.as_bool());
    if required != Some(true) {
        expect(session, &IN_ORDER, &ada, again, &[(name, json!("Back"))]).await?;
        let gone = json!([{"op": "add", "path": name, "value": "Here"}, {"op": "remove", "path": name}]);
        expect(session, &IN_ORDER, &ada, gone, &[(name, Value::Null)]).await?;
    }
    if session.need(Capability::PatchGroup).is_err() {
        session.skip(&UNKNOWN_GROUP_IS_404, "groups cannot be patched");
        return Ok(());
    }
    let nobody = format!("/Groups/{}", session.name());
    for operation in [
        json!({"op": "add", "path": "members", "value": [{"value": ada.id}]}),
        json!({"op": "replace", "value": {"displayName": "Nobody"}}),
    ] {
        let answer = session.patch(&nobody, operation).await?;
        session.require(&UNKNOWN_GROUP_IS_404, answer.status == 404, &answer, &["404 Not Found"], || {
            answer.outcome()
        });
    }
    Ok(())
}

async fn modified(session: &mut Session) -> Result<(), Stop> {
    let (ada, name) = subject(session).await?;
    let time =
        |answer: &Answer, path: &str| answer.text(path).and_then(|text| text.parse::<jiff::Timestamp>().ok());
    let before = session.get(&ada.path).await?;
    let (Some(then), created) =
        (time(&before, "meta.lastModified"), before.text("meta.created").map(str::to_owned))
    else {
        return session.absent("the service does not return meta.lastModified");
    };
    session.wait(std::time::Duration::from_millis(1100)).await;
    // What is there already, as one of several values.
    let mails = before.at("emails").cloned().unwrap_or_else(|| json!([]));
    if mails.as_array().is_some_and(|all| !all.is_empty()) {
        let answer = session.patch(&ada.path, json!({"op": "add", "path": "emails", "value": mails})).await?;
        let after = session.get(&ada.path).await?;
        if answer.ok() && after.at("emails") == before.at("emails") {
            session.require(
                &NO_OP_KEEPS_TIME,
                time(&after, "meta.lastModified") == Some(then),
                &answer,
                &["lastModified as before"],
                || {
                    format!(
                        "{}, then lastModified {}",
                        answer.outcome(),
                        shown(after.at("meta.lastModified"))
                    )
                },
            );
        }
    }
    let answer = session.patch(&ada.path, set(name, "Changed")).await?;
    let after = session.get(&ada.path).await?;
    if !answer.ok() || after.text(name) != Some("Changed") {
        return Err(Stop::Blocked(&REPLACE_SIMPLE));
    }
    let now = time(&after, "meta.lastModified");
    let right = now.is_some_and(|now| now > then) && after.text("meta.created") == created.as_deref();
    session.require(&MODIFIED_MOVES, right, &after, &["a later lastModified, created as before"], || {
        format!(
            "lastModified {then}, then {}; created {}",
            shown(after.at("meta.lastModified")),
            shown(after.at("meta.created"))
        )
    });
    Ok(())
}

async fn cases(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::PatchUser)?;
    if !session.facts.changeable(USER, "userName") {
        return session.absent("the schema of the service says that userName cannot be changed");
    }
    let (ada, grace) = (session.user().await?, session.user().await?);
    let (own, taken) = (grace.text("userName"), ada.text("userName"));
    let answer = session.patch(&grace.path, set("userName", &taken)).await?;
    if !answer.ok() {
        let right = [400, 409].contains(&answer.status) && answer.scim_type() == Some("uniqueness");
        session.require(&TAKEN_NAME_IS_409, right, &answer, &["409 uniqueness", "400 uniqueness"], || {
            answer.outcome()
        });
    } else {
        session.blocked(&TAKEN_NAME_IS_409, &TAKEN_NAME_REFUSED);
        return Err(Stop::Blocked(&TAKEN_NAME_REFUSED));
    }
    // Compared without regard to case (RFC 7643 §4.1.1), also where no path is given.
    let mut refused = true;
    for operation in
        [set("userName", &taken.to_uppercase()), json!({"op": "replace", "value": {"userName": taken}})]
    {
        let answer = session.patch(&grace.path, operation).await?;
        let after = session.get(&grace.path).await?;
        let kept = after.text("userName").is_some_and(|now| now.eq_ignore_ascii_case(&own));
        refused &= session.require(
            &TAKEN_NAME_REFUSED,
            !answer.ok() && kept,
            &answer,
            &["409 uniqueness, and the userName as before"],
            || format!("{}, then userName {}", answer.outcome(), shown(after.at("userName"))),
        );
    }
    if !refused {
        // The name in capitals may belong to the other user now.
        return Err(Stop::Blocked(&TAKEN_NAME_REFUSED));
    }
    let answer = session.patch(&ada.path, set("userName", &taken.to_uppercase())).await?;
    session.require(&RENAME_LETTER_CASE, answer.ok(), &answer, &["200 or 204"], || answer.outcome());
    Ok(())
}

async fn bare_unknown(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::PatchUser)?;
    let ada = session.user().await?;
    let value = json!({"displayName": "Augusta", "scimulateUnknown": "x"});
    let answer = session.patch(&ada.path, json!({"op": "replace", "value": value})).await?;
    let right = answer.ok() || answer.refused() || answer.status == 501;
    session.require(&UNKNOWN_ATTRIBUTE_WITHOUT_PATH, right, &answer, &["200 or 204", "400"], || {
        answer.outcome()
    });
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
            session.skip(
                &REPLACE_ABSENT_ADDS,
                format!("the service does not store {path}, or gives one to everybody"),
            );
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
            session.blocked(&REPLACE_ABSENT_ADDS, &REPLACE_SIMPLE);
            continue;
        }
        let answer = session.patch(&ada.path, json!({"op": "replace", "path": path, "value": value})).await?;
        let after = session.get(&ada.path).await?;
        let now = match after.at(path) {
            Some(Value::Array(_)) => texts(&after.body, path, "value") == ["+1-555-0100"],
            other => other == Some(&value),
        };
        session.require(
            &REPLACE_ABSENT_ADDS,
            answer.ok() && now,
            &answer,
            &[&format!("{path} {}", shown(Some(&value)))],
            || format!("{}, then {path} {}", answer.outcome(), shown(after.at(path))),
        );
    }
    if !has_enterprise(session) {
        for requirement in [&SCHEMAS_FIRST, &EXTENSION_URN_AS_PATH] {
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
        for requirement in [&SCHEMAS_FIRST, &EXTENSION_URN_AS_PATH] {
            session.blocked(requirement, &EXTENSION_FIRST_ATTRIBUTE);
        }
        return Ok(());
    }
    // The grammar of paths does not have it, and clients send it.
    for op in ["replace", "add"] {
        let whole = json!({"op": op, "path": ENTERPRISE, "value": {"department": format!("By {op}")}});
        let answer = session.patch(&grace.path, whole).await?;
        let after = session.get(&grace.path).await?;
        let done = answer.ok() && after.at(&place) == Some(&json!(format!("By {op}")));
        session.require(
            &EXTENSION_URN_AS_PATH,
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
        session.blocked(&SCHEMAS_FIRST, &SEVERAL_OPERATIONS);
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
    session.require(
        &SCHEMAS_FIRST,
        answer.ok() && after.at(&place) == Some(&json!("Engines")),
        &answer,
        &["200 or 204, and the department"],
        || format!("{}, then department {}", answer.outcome(), shown(after.at(&place))),
    );
    Ok(())
}
