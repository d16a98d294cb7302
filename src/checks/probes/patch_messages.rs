//! The message of a PATCH (RFC 7644 §3.5.2): what is no request, what it must not touch, the keywords of
//! errors, all or nothing, times and names.

use serde_json::{Value, json};

use super::effects::{expect, two_mails, user_with};
use super::patch;
use super::robust;
use crate::checks::Requirement;
use crate::checks::active::{Answer, Call, Capability, Made, Probe, SCIM_JSON, Session, Stop, USER, probe};
use crate::checks::json::{at, shown};
use crate::checks::requirement::requirements;

requirements! {
    EMPTY = "patch.empty-operations", Should, "RFC 7644 §3.5.2",
        "A request whose Operations is empty is refused with 400: there is one operation or more.",
        "Answer 400 with scimType invalidSyntax or invalidValue.";
    NO_OP = "patch.operation-without-op", Must, "RFC 7644 §3.5.2",
        "An operation without op, or whose op is no text, is refused with 400.",
        "Answer 400 with scimType invalidSyntax or invalidValue.";
    NO_VALUE = "patch.add-without-value", Must, "RFC 7644 §3.5.2.1",
        "add without a value is refused with 400 and changes nothing.",
        "Answer 400 with scimType invalidValue.";
    SHAPE = "patch.operation-is-an-object", Must, "RFC 7644 §3.5.2",
        "Operations that hold something else than objects are refused with 400.",
        "Answer 400 with scimType invalidSyntax.";
    SCHEMAS = "patch.schemas-absent", Must, "RFC 7644 §3.5.2",
        "A request without the PatchOp schema is refused with 400 or carried out; it is not called done and dropped.",
        "Answer 400 with scimType invalidSyntax, or do what is asked.";
    MESSAGE_NAMES = "patch.message-names-any-case", May, "RFC 7643 §2.1; RFC 7644 §3.5.2",
        "Operations, op, path and value in another letter case are understood or refused; the request is not called done and dropped.",
        "Compare the names of the message without regard to case, or answer 400.";
    UNKNOWN = "patch.unknown-attribute", Should, "RFC 7644 §3.5.2, §3.12 table 9",
        "A path to an attribute that no schema of the resource has is refused with 400.",
        "Answer 400 with scimType invalidPath or noTarget, rather than call done what was not done.";
    UNKNOWN_URN = "patch.unknown-schema", Should, "RFC 7644 §3.5.2, §3.10, §3.12 table 9",
        "A path with the URN of a schema that the resource does not have is refused with 400.",
        "Answer 400 with scimType invalidPath.";
    SINGLE = "patch.filter-on-single-value", Should, "RFC 7644 §3.5.2, §3.12 table 9",
        "A filter in the path of an attribute that has one value is refused with 400.",
        "Answer 400 with scimType invalidPath: filters select among the values of a multi-valued complex attribute.";
    TYPE_TARGET = "patch.scim-type-no-target", Must, "RFC 7644 §3.5.2.2, §3.5.2.3",
        "The 400 for remove without a path, and for replace whose filter fits nothing, has the scimType noTarget.",
        "Add \"scimType\": \"noTarget\".";
    TYPE_MUTABILITY = "patch.scim-type-mutability", Should, "RFC 7644 §3.5.2, §3.12 table 9",
        "The 400 for an operation on a readOnly attribute has the scimType mutability.",
        "Add \"scimType\": \"mutability\".";
    TYPE_PATH = "patch.scim-type-invalid-path", Should, "RFC 7644 §3.12 table 9",
        "The 400 for a path that does not parse has the scimType invalidPath.",
        "Add \"scimType\": \"invalidPath\".";
    TYPE_VALUE = "patch.scim-type-invalid-value", Should, "RFC 7644 §3.12 table 9",
        "The 400 for a value of the wrong type has the scimType invalidValue.",
        "Add \"scimType\": \"invalidValue\".";
    MANY = "patch.many-operations", Should, "RFC 7644 §3.5.2",
        "Sixty operations in one request are applied, each of them.",
        "Set no small limit on the number of operations.";
    MOVES = "patch.modified-moves", Must, "RFC 7643 §3.1",
        "meta.lastModified moves forward with a PATCH that changes the resource, and meta.created stays.",
        "Set lastModified on every change, whichever method makes it.";
    RECASE = "patch.rename-letter-case", Must, "RFC 7643 §4.1.1; RFC 7644 §3.5.2.3",
        "A PATCH that changes only the letter case of a user's own userName is not a conflict.",
        "Leave the user itself out when looking for a conflict.";
    TAKEN_409 = "patch.taken-name-is-409", Should, "RFC 7644 §3.12 tables 8 and 9",
        "The refusal of a userName that is taken is a 409 or a 400 with the scimType uniqueness.",
        "Answer 409 with scimType uniqueness, as for creations.";
    UNKNOWN_GROUP = "patch.unknown-group-is-404", Must, "RFC 7644 §3.12 table 8; okta-client §3.17",
        "A PATCH of a group that does not exist is answered with 404, and creates nothing.",
        "Answer 404 before the operations are looked at.", [Rfc, Okta];
}

probe!(
    SHAPES,
    "patch.shapes",
    Writes,
    [EMPTY, NO_OP, NO_VALUE, SHAPE, SCHEMAS, MESSAGE_NAMES, patch::BAD_OP, patch::BAD_BODY],
    shapes
);
probe!(
    PATHS,
    "patch.paths",
    Writes,
    [UNKNOWN, UNKNOWN_URN, SINGLE, TYPE_PATH, TYPE_VALUE, patch::BAD_PATH, robust::DETAIL],
    paths
);
probe!(
    KEYWORDS,
    "patch.keywords",
    Writes,
    [TYPE_TARGET, TYPE_MUTABILITY, patch::READ_ONLY, patch::ATOMIC],
    keywords
);
probe!(AMOUNTS, "patch.amounts", Writes, [MANY, patch::ORDER, UNKNOWN_GROUP], amounts);
probe!(MODIFIED, "patch.modified", Writes, [MOVES, patch::NO_OP], modified);
probe!(CASES, "patch.cases", Writes, [RECASE, TAKEN_409, patch::TAKEN], cases);

pub(in crate::checks) static PROBES: &[&Probe] = &[&SHAPES, &PATHS, &KEYWORDS, &AMOUNTS, &MODIFIED, &CASES];

const PATCH_OP: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// A user and a text attribute of it that was stored as sent.
async fn subject(session: &mut Session) -> Result<(Made, &'static str), Stop> {
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

/// Holds that a request was answered with 400 and left `name` as it was.
async fn refused(
    session: &mut Session,
    requirement: &'static Requirement,
    user: &Made,
    name: &str,
    body: &Value,
) -> Result<Answer, Stop> {
    let before = session.get(&user.path).await?;
    let answer = message(session, &user.path, body).await?;
    let after = session.get(&user.path).await?;
    let kept = at(&before.body, name) == at(&after.body, name);
    session.hold(
        requirement,
        answer.status == 400 && kept,
        &answer,
        &[&format!("400, and {name} as before")],
        || format!("{} for {}, then {name} {}", answer.outcome(), shown(Some(body)), shown(after.at(name))),
    );
    Ok(answer)
}

async fn shapes(session: &mut Session) -> Result<(), Stop> {
    let (ada, name) = subject(session).await?;
    let with = |operations: Value| json!({"schemas": [PATCH_OP], "Operations": operations});
    refused(session, &EMPTY, &ada, name, &with(json!([]))).await?;
    for operation in [
        json!({"path": name, "value": "x"}),
        json!({"op": null, "path": name, "value": "x"}),
        json!({"op": ["replace"], "path": name, "value": "x"}),
    ] {
        refused(session, &NO_OP, &ada, name, &with(json!([operation]))).await?;
    }
    for op in ["", "move", "copy", "test", "set", "replaceall"] {
        let operation = json!({"op": op, "path": name, "from": "userName", "value": "x"});
        refused(session, &patch::BAD_OP, &ada, name, &with(json!([operation]))).await?;
    }
    refused(session, &NO_VALUE, &ada, name, &with(json!([{"op": "add", "path": name}]))).await?;
    for operations in [json!(["replace"]), json!([null]), json!([[set(name, "x")]]), json!([7])] {
        refused(session, &SHAPE, &ada, name, &with(operations)).await?;
    }
    for body in [
        json!({"schemas": [PATCH_OP], "Operations": null}),
        json!({"schemas": [PATCH_OP], "Operations": 7}),
        json!([set(name, "x")]),
        json!({"schemas": [PATCH_OP], name: "x"}),
    ] {
        refused(session, &patch::BAD_BODY, &ada, name, &body).await?;
    }
    let other = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";
    let bodies = [
        (&SCHEMAS, json!({"Operations": [set(name, "Bare")]}), "Bare"),
        (&SCHEMAS, json!({"schemas": [], "Operations": [set(name, "Empty")]}), "Empty"),
        (&SCHEMAS, json!({"schemas": [other], "Operations": [set(name, "Other")]}), "Other"),
        (
            &MESSAGE_NAMES,
            json!({"Schemas": [PATCH_OP], "operations": [{"OP": "replace", "Path": name, "VALUE": "Shouted"}]}),
            "Shouted",
        ),
    ];
    for (requirement, body, wanted) in bodies {
        let answer = message(session, &ada.path, &body).await?;
        let after = session.get(&ada.path).await?;
        let done = after.text(name) == Some(wanted);
        let right = if answer.ok() { done } else { answer.refused() && !done };
        session.hold(requirement, right, &answer, &["400 invalidSyntax", "the change"], || {
            format!("{} for {}, then {name} {}", answer.outcome(), shown(Some(&body)), shown(after.at(name)))
        });
    }
    Ok(())
}

/// Whether a 400 has one of these keywords; an answer that is no 400 is told elsewhere.
fn keyword(session: &mut Session, requirement: &'static Requirement, answer: &Answer, wanted: &[&str]) {
    if answer.status == 400 {
        let right = answer.scim_type().is_some_and(|kind| wanted.contains(&kind));
        session.hold(requirement, right, answer, &[&format!("scimType {}", wanted[0])], || {
            format!("scimType {}", answer.scim_type().unwrap_or("absent"))
        });
    }
}

async fn paths(session: &mut Session) -> Result<(), Stop> {
    let (ada, name) = subject(session).await?;
    let with = |operation: Value| json!({"schemas": [PATCH_OP], "Operations": [operation]});
    for path in ["scimulateNoSuchAttribute", "name.scimulateNoSuchPart"] {
        refused(session, &UNKNOWN, &ada, name, &with(set(path, "x"))).await?;
    }
    let path = "urn:scimulate:no:such:schema:1.0:User:attribute";
    refused(session, &UNKNOWN_URN, &ada, name, &with(set(path, "x"))).await?;
    let path = format!("{name}[value eq \"x\"]");
    refused(session, &SINGLE, &ada, name, &with(set(&path, "x"))).await?;
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
        let answer = refused(session, &patch::BAD_PATH, &ada, name, &with(set(path, "x"))).await?;
        // A filter that does not parse is also an invalid filter.
        let kinds: &[&str] =
            if path.contains('[') { &["invalidPath", "invalidFilter"] } else { &["invalidPath", "noTarget"] };
        keyword(session, &TYPE_PATH, &answer, kinds);
        last = Some(answer);
    }
    if let Some(answer) = last.filter(Answer::refused) {
        let told = answer.text("detail").is_some_and(|detail| !detail.trim().is_empty());
        session.hold(&robust::DETAIL, told, &answer, &["a detail"], || {
            format!("detail {}", shown(answer.at("detail")))
        });
    }
    for operation in [
        json!({"op": "replace", "path": "active", "value": {"no": "boolean"}}),
        json!({"op": "replace", "path": name, "value": {"an": "object"}}),
    ] {
        let answer = session.patch(&ada.path, operation).await?;
        keyword(session, &TYPE_VALUE, &answer, &["invalidValue", "invalidSyntax"]);
    }
    Ok(())
}

async fn keywords(session: &mut Session) -> Result<(), Stop> {
    let (ada, name) = subject(session).await?;
    let answer = session.patch(&ada.path, json!({"op": "remove"})).await?;
    keyword(session, &TYPE_TARGET, &answer, &["noTarget"]);
    let before = session.get(&ada.path).await?;
    for (path, value) in [
        ("id", json!("x")),
        ("meta.lastModified", json!("1999-01-01T00:00:00Z")),
        ("meta.resourceType", json!("Group")),
    ] {
        let answer = session.patch(&ada.path, json!({"op": "replace", "path": path, "value": value})).await?;
        keyword(session, &TYPE_MUTABILITY, &answer, &["mutability"]);
        let after = session.get(&ada.path).await?;
        let kept = after.status == 200 && at(&after.body, path) != Some(&value);
        session.hold(&patch::READ_ONLY, kept, &answer, &[&format!("{path} as before")], || {
            format!("{}, then {} with {path} {}", answer.outcome(), after.status, shown(after.at(path)))
        });
    }
    // Beside a change that is right, in a value without a path, as Okta's rename carries it.
    let fresh = session.name();
    let answer =
        session.patch(&ada.path, json!({"op": "replace", "value": {"id": fresh, name: "Beside"}})).await?;
    let after = session.get(&ada.path).await?;
    let kept = after.status == 200 && after.id() == before.id();
    session.hold(&patch::READ_ONLY, kept, &answer, &["the id as before"], || {
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
            session.hold(
                &patch::ATOMIC,
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
    keyword(session, &TYPE_TARGET, &answer, &["noTarget"]);
    let after = session.get(&bob.path).await?;
    if !answer.ok() {
        session.hold(
            &patch::ATOMIC,
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
    expect(session, &MANY, &ada, Value::Array(all), &[(name, json!("Number 60"))]).await?;
    let again = json!([{"op": "remove", "path": name}, {"op": "add", "path": name, "value": "Back"}]);
    let required = session
        .facts
        .attribute(crate::checks::active::USER, name)
        .and_then(|known| crate::checks::json::member(known, "required")?.as_bool());
    if required != Some(true) {
        expect(session, &patch::ORDER, &ada, again, &[(name, json!("Back"))]).await?;
        let gone = json!([{"op": "add", "path": name, "value": "Here"}, {"op": "remove", "path": name}]);
        expect(session, &patch::ORDER, &ada, gone, &[(name, Value::Null)]).await?;
    }
    if session.need(Capability::PatchGroup).is_err() {
        session.skip(&UNKNOWN_GROUP, "groups cannot be patched");
        return Ok(());
    }
    let nobody = format!("/Groups/{}", session.name());
    for operation in [
        json!({"op": "add", "path": "members", "value": [{"value": ada.id}]}),
        json!({"op": "replace", "value": {"displayName": "Nobody"}}),
    ] {
        let answer = session.patch(&nobody, operation).await?;
        session.hold(&UNKNOWN_GROUP, answer.status == 404, &answer, &["404 Not Found"], || answer.outcome());
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
            session.hold(
                &patch::NO_OP,
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
        return Err(Stop::Blocked(patch::REPLACE_PATH.slug.to_owned()));
    }
    let now = time(&after, "meta.lastModified");
    let right = now.is_some_and(|now| now > then) && after.text("meta.created") == created.as_deref();
    session.hold(&MOVES, right, &after, &["a later lastModified, created as before"], || {
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
    if answer.refused() {
        let right = [400, 409].contains(&answer.status) && answer.scim_type() == Some("uniqueness");
        session.hold(&TAKEN_409, right, &answer, &["409 uniqueness", "400 uniqueness"], || answer.outcome());
    } else {
        session.blocked(&TAKEN_409, patch::TAKEN.slug);
        return Err(Stop::Blocked(patch::TAKEN.slug.to_owned()));
    }
    // Compared without regard to case (RFC 7643 §4.1.1), also where no path is given.
    for operation in
        [set("userName", &taken.to_uppercase()), json!({"op": "replace", "value": {"userName": taken}})]
    {
        let answer = session.patch(&grace.path, operation).await?;
        let after = session.get(&grace.path).await?;
        let kept = after.text("userName").is_some_and(|now| now.eq_ignore_ascii_case(&own));
        session.hold(
            &patch::TAKEN,
            !answer.ok() && kept,
            &answer,
            &["409 uniqueness, and the userName as before"],
            || format!("{}, then userName {}", answer.outcome(), shown(after.at("userName"))),
        );
    }
    let answer = session.patch(&ada.path, set("userName", &taken.to_uppercase())).await?;
    session.hold(&RECASE, answer.ok(), &answer, &["200 or 204"], || answer.outcome());
    Ok(())
}
