//! Bulk requests in depth (RFC 7644 §3.7): every method, operations that lack something, references that go in
//! a circle, into extensions or nowhere, versions, and both limits.

use serde_json::{Value, json};

use super::batches::{located, offered, outcomes, request, send, sent, status};
use crate::checks::active::{Capability, ENTERPRISE, GROUP, Probe, Session, Stop, USER, probe};
use crate::checks::json::{at, shown, texts};
use crate::checks::requirement::requirements;
use crate::exchange::percent_encode;

requirements! {
    SCHEMA = "bulk.response-schema", Must, "RFC 7644 §3.7",
        "The answer to a bulk request is a BulkResponse, and each outcome names the method of its operation.",
        "Return schemas with the URN of BulkResponse, and method in each outcome.";
    METHODS = "bulk.put-and-delete", Must, "RFC 7644 §3.7",
        "PUT, PATCH and DELETE in a bulk request do what they do alone.",
        "Carry each operation out with the code that handles the single request.";
    INCOMPLETE = "bulk.incomplete-operation", Must, "RFC 7644 §3.7, §3.12",
        "An operation without method, without path, or without data where it needs data, is refused with a 4xx.",
        "Answer 400 for that operation, or for the whole request.";
    ORDERED = "bulk.in-order", Must, "RFC 7644 §3.7",
        "Operations on one resource have the effect of carrying them out in their order.",
        "Keep the order of operations on the same resource.";
    CIRCLE = "bulk.circular-references", Must, "RFC 7644 §3.7.1",
        "Two groups of one request that have each other as members are both created with them, or refused with 409.",
        "Create all resources first and set references then; answer 409 where that fails.";
    FORWARD = "bulk.forward-references", Should, "RFC 7644 §3.7.2, §3.7.1",
        "A group whose member is created further down in the same request gets that member.",
        "Create all resources first and set references then.";
    EXTENSION = "bulk.reference-in-extension", Must, "RFC 7644 §3.7.2",
        "bulkId:… in an attribute of an extension, such as manager.value, is replaced too.",
        "Resolve references anywhere in data.";
    NOWHERE = "bulk.unknown-reference", Must, "RFC 7644 §3.7.2; RFC 7643 §3.1",
        "A reference that no operation of the request defines is refused; it is not stored as it stands.",
        "Refuse the operation with 409 or 400.";
    VERSIONED = "bulk.version", Should, "RFC 7644 §3.7, §3.14",
        "An operation with an earlier version has the status 412, and changes nothing.",
        "Compare version as If-Match is compared.";
    PAYLOAD = "bulk.max-payload-size", Must, "RFC 7644 §3.7.4",
        "A request larger than maxPayloadSize is refused with 413.",
        "Answer 413, and carry nothing out.";
    NAMED = "bulk.limit-named", Must, "RFC 7644 §3.7.4",
        "The 413 says in its body which limit was exceeded.",
        "Name maxOperations or maxPayloadSize, with its value, in detail.";
}

probe!(WAYS, "bulk.ways", Writes, [SCHEMA, METHODS, ORDERED, INCOMPLETE], ways);
probe!(REFERENCES, "bulk.references", Writes, [FORWARD, CIRCLE, EXTENSION, NOWHERE], references);
probe!(LIMITS, "bulk.limits", Writes, [VERSIONED, PAYLOAD, NAMED], limits);

pub(in crate::checks) static PROBES: &[&Probe] = &[&WAYS, &REFERENCES, &LIMITS];

const RESPONSE: &str = "urn:ietf:params:scim:api:messages:2.0:BulkResponse";
const PATCH_OP: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

fn renamed(name: &str) -> Value {
    json!({"schemas": [PATCH_OP], "Operations": [{"op": "replace", "path": "displayName", "value": name}]})
}

async fn ways(session: &mut Session) -> Result<(), Stop> {
    offered(session)?;
    if !session.facts.changeable(USER, "displayName") {
        return session.absent("the schema of the service says that displayName cannot be changed");
    }
    session.need(Capability::ReadUser)?;
    let (ada, grace) = (session.user().await?, session.user().await?);
    let mut operations = Vec::new();
    if session.facts.works(Capability::PutUser) {
        let mut whole = session.get(&ada.path).await?.object();
        whole["displayName"] = json!("By PUT");
        operations.push((json!({"method": "PUT", "path": ada.path, "data": whole}), vec!["200", "204"]));
    }
    if session.facts.works(Capability::PatchUser) {
        for name in ["First", "Second"] {
            let one = json!({"method": "PATCH", "path": ada.path, "data": renamed(name)});
            operations.push((one, vec!["200", "204"]));
        }
    }
    if session.facts.works(Capability::DeleteUser) {
        operations.push((json!({"method": "DELETE", "path": grace.path}), vec!["204"]));
    }
    if operations.is_empty() {
        return session.absent("the service has neither PUT, PATCH nor DELETE of users");
    }
    let all: Value = operations.iter().map(|(one, _)| one.clone()).collect();
    let answer = send(session, &request(all)).await?;
    let told = outcomes(&answer);
    if answer.status != 200 || told.len() != operations.len() {
        return Err(Stop::Blocked("bulk.answer".into()));
    }
    let is_response = texts_in(answer.at("schemas")).iter().any(|urn| urn.eq_ignore_ascii_case(RESPONSE));
    let methods =
        told.iter().zip(&operations).all(|(outcome, (one, _))| at(outcome, "method") == at(one, "method"));
    session.hold(
        &SCHEMA,
        is_response && methods,
        &answer,
        &["a BulkResponse, each outcome with its method"],
        || {
            format!(
                "schemas {}, methods {}",
                shown(answer.at("schemas")),
                told.iter().map(|outcome| shown(at(outcome, "method"))).collect::<Vec<_>>().join(", ")
            )
        },
    );
    let right =
        told.iter().zip(&operations).all(|(outcome, (_, wanted))| wanted.contains(&status(outcome).as_str()));
    session.hold(&METHODS, right, &answer, &["\"200\" for PUT and PATCH, \"204\" for DELETE"], || {
        told.iter().map(status).collect::<Vec<_>>().join(", ")
    });
    let (now, gone) = (session.get(&ada.path).await?, session.get(&grace.path).await?);
    let patched = session.facts.works(Capability::PatchUser);
    let wanted = if patched { "Second" } else { "By PUT" };
    if right && now.status != 200 {
        session.blocked(&ORDERED, "bulk.stored");
    } else if right {
        let taken = now.at("displayName") != ada.body.get("displayName");
        session.hold(&METHODS, taken, &now, &[&format!("displayName {wanted}")], || {
            format!("displayName {}", shown(now.at("displayName")))
        });
        if session.facts.works(Capability::DeleteUser) {
            session.hold(&METHODS, gone.status == 404, &gone, &["404 after the DELETE"], || gone.outcome());
        }
        if patched && taken {
            session.hold(
                &ORDERED,
                now.text("displayName") == Some(wanted),
                &now,
                &[&format!("displayName {wanted}")],
                || format!("displayName {}", shown(now.at("displayName"))),
            );
        }
    }
    let data = session.user_body(json!({}));
    for (what, one) in [
        ("method", json!({"path": "/Users", "bulkId": "x", "data": data})),
        ("path", json!({"method": "POST", "bulkId": "x", "data": data})),
        ("data", json!({"method": "POST", "path": "/Users", "bulkId": "x"})),
    ] {
        let answer = send(session, &request(json!([one]))).await?;
        let told = outcomes(&answer);
        let refused =
            answer.refused() || answer.status == 200 && told.len() == 1 && status(&told[0]).starts_with('4');
        session.hold(&INCOMPLETE, refused, &answer, &["400, alone or for the operation"], || {
            let statuses: Vec<String> = told.iter().map(status).collect();
            format!("{} with [{}] for an operation without {what}", answer.outcome(), statuses.join(", "))
        });
    }
    Ok(())
}

fn texts_in(list: Option<&Value>) -> Vec<String> {
    let all = list.and_then(Value::as_array).into_iter().flatten();
    all.filter_map(|one| one.as_str().map(str::to_owned)).collect()
}

async fn forward(session: &mut Session) -> Result<(), Stop> {
    let (mut group, user) = (session.group_body(&[]), session.user_body(json!({})));
    group["members"] = json!([{"value": "bulkId:member"}]);
    let body = request(json!([
        {"method": "POST", "path": "/Groups", "bulkId": "group", "data": group},
        {"method": "POST", "path": "/Users", "bulkId": "member", "data": user},
    ]));
    let answer = send(session, &body).await?;
    let paths: Vec<String> = outcomes(&answer).iter().filter_map(located).collect();
    let path = paths.iter().find(|path| path.contains("/Groups/"));
    let members = match path {
        Some(path) => texts(&session.get(path).await?.body, "members", "value"),
        None => Vec::new(),
    };
    let linked = members.len() == 1 && paths.iter().any(|path| path.ends_with(&percent_encode(&members[0])));
    session.hold(&FORWARD, linked, &answer, &["a group with the user as its member"], || {
        let statuses: Vec<String> = outcomes(&answer).iter().map(status).collect();
        format!("{} with [{}], then members [{}]", answer.outcome(), statuses.join(", "), members.join(", "))
    });
    Ok(())
}

async fn references(session: &mut Session) -> Result<(), Stop> {
    offered(session)?;
    session.need(Capability::ReadGroup)?;
    forward(session).await?;
    // Whether a group can be a member at all has a requirement of its own.
    let inner = session.group(&[]).await?;
    let mut body = session.group_body(&[]);
    body["members"] = json!([{"value": inner.id, "type": "Group"}]);
    let outer = session.post("/Groups", &body).await?;
    if outer.ok() && !texts(&outer.body, "members", "value").is_empty() {
        let group = |name: &str, other: &str| json!({"schemas": [GROUP], "displayName": name, "members": [{"value": format!("bulkId:{other}"), "type": "Group"}]});
        let plain = session.group_body(&[]);
        let name = session.name();
        let body = request(json!([
            {"method": "POST", "path": "/Groups", "bulkId": "inner", "data": plain},
            {"method": "POST", "path": "/Groups", "bulkId": "outer", "data": group(&name, "inner")},
        ]));
        let answer = send(session, &body).await?;
        let straight = match outcomes(&answer).iter().filter_map(located).nth(1) {
            Some(path) => !texts(&session.get(&path).await?.body, "members", "value").is_empty(),
            None => false,
        };
        let (one, two) = (session.name(), session.name());
        let body = request(json!([
            {"method": "POST", "path": "/Groups", "bulkId": "one", "data": group(&one, "two")},
            {"method": "POST", "path": "/Groups", "bulkId": "two", "data": group(&two, "one")},
        ]));
        let answer = send(session, &body).await?;
        let told = outcomes(&answer);
        let paths: Vec<String> = told.iter().filter_map(located).collect();
        let given_up = answer.status == 409 || told.iter().any(|outcome| status(outcome) == "409");
        if !straight {
            session.blocked(&CIRCLE, "bulk.reference");
        } else if given_up {
            session.pass(&CIRCLE);
        } else {
            let mut linked = paths.len() == 2;
            for (at, path) in paths.iter().enumerate() {
                let read = session.get(path).await?;
                let other =
                    paths.get(1 - at.min(1)).and_then(|path| path.rsplit('/').next()).unwrap_or_default();
                linked &= texts(&read.body, "members", "value")
                    .iter()
                    .any(|id| id == other || percent_encode(id) == other);
            }
            session.hold(&CIRCLE, linked, &answer, &["two groups that have each other", "409"], || {
                let statuses: Vec<String> = told.iter().map(status).collect();
                format!(
                    "{} with [{}], and the groups do not have each other",
                    answer.outcome(),
                    statuses.join(", ")
                )
            });
        }
    } else {
        session.skip(&CIRCLE, "the service does not take groups as members");
    }
    let listed = session.facts.attribute(ENTERPRISE, "manager").is_some();
    if listed && session.facts.extends(USER, ENTERPRISE) {
        let boss = session.user_body(json!({}));
        let other = session.user_body(
            json!({"schemas": [USER, ENTERPRISE], ENTERPRISE: {"manager": {"value": "bulkId:boss"}}}),
        );
        let body = request(json!([
            {"method": "POST", "path": "/Users", "bulkId": "boss", "data": boss},
            {"method": "POST", "path": "/Users", "bulkId": "other", "data": other},
        ]));
        let answer = send(session, &body).await?;
        let paths: Vec<String> = outcomes(&answer).iter().filter_map(located).collect();
        if let [boss, other] = paths.as_slice() {
            let read = session.get(other).await?;
            let id = boss.rsplit('/').next().unwrap_or_default();
            match read.text(&format!("{ENTERPRISE}:manager.value")) {
                None => session.skip(&EXTENSION, "the service does not store manager"),
                Some(value) => {
                    let right = value == id || percent_encode(value) == id;
                    let value = value.to_owned();
                    session.hold(&EXTENSION, right, &read, &[&format!("manager.value {id}")], || value);
                }
            }
        } else {
            session.blocked(&EXTENSION, "bulk.answer");
        }
    } else {
        session.skip(&EXTENSION, "the service does not publish manager for users");
    }
    let name = session.name();
    let body = request(json!([
        {"method": "POST", "path": "/Groups", "bulkId": "crew",
         "data": {"schemas": [GROUP], "displayName": name, "members": [{"value": "bulkId:nobody"}]}},
    ]));
    let answer = send(session, &body).await?;
    let stored = match outcomes(&answer).iter().find_map(located) {
        Some(path) => {
            let read = session.get(&path).await?;
            texts(&read.body, "members", "value").iter().any(|value| value.contains("bulkId"))
        }
        None => false,
    };
    session.hold(
        &NOWHERE,
        !stored && answer.status < 500,
        &answer,
        &["409 or 400, alone or for the operation"],
        || format!("{}, and a member bulkId:nobody", answer.outcome()),
    );
    Ok(())
}

async fn limits(session: &mut Session) -> Result<(), Stop> {
    offered(session)?;
    versioned(session).await?;
    let limit = |name: &str| {
        session.facts.configured(&format!("bulk.{name}")).and_then(Value::as_u64).unwrap_or_default()
    };
    let (most, largest) = (limit("maxOperations"), limit("maxPayloadSize"));
    let mut answers = Vec::new();
    if largest == 0 || largest > 8 << 20 {
        session.skip(&PAYLOAD, format!("maxPayloadSize is {largest}, too much to go beyond"));
    } else {
        // One operation that would be refused anyway, in a body that is too large by its filling alone.
        let filling = "x".repeat(usize::try_from(largest).unwrap_or(usize::MAX).saturating_add(1024));
        let path = format!("/Users/{}", session.name());
        let data = json!({"schemas": [USER], "userName": "scimulate", "nickName": filling});
        let body = request(json!([{"method": "PUT", "path": path, "data": data}]));
        let answer = send(session, &body).await?;
        session
            .hold(&PAYLOAD, answer.status == 413, &answer, &["413 Payload Too Large"], || answer.outcome());
        if answer.status == 413 {
            answers.push((answer, "maxPayloadSize", largest));
        }
    }
    if most > 0 && most <= 2000 {
        let operations: Value = (0..=most)
            .map(|at| json!({"method": "DELETE", "path": format!("/Users/scimulate-{at}")}))
            .collect();
        let answer = sent(session, &request(operations)).await?;
        if answer.status == 413 {
            answers.push((answer, "maxOperations", most));
        }
    }
    if answers.is_empty() {
        session.skip(&NAMED, "no request was refused with 413");
    }
    for (answer, name, value) in answers {
        if !answer.body.is_object() {
            session.blocked(&NAMED, "error.format");
            continue;
        }
        let detail = answer.text("detail").unwrap_or_default().to_lowercase();
        let about = match name {
            "maxOperations" => ["maxoperations", "operation", "requests"],
            _ => ["maxpayloadsize", "payload", "size"],
        };
        let named = detail.contains(&value.to_string()) || about.iter().any(|word| detail.contains(word));
        session.hold(&NAMED, named, &answer, &[&format!("{name} ({value}) in detail")], || {
            format!("detail {}", shown(answer.at("detail")))
        });
    }
    Ok(())
}

async fn versioned(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::ReadUser)?;
    if session.facts.claims("etag") != Some(true) || !session.facts.works(Capability::PatchUser) {
        session
            .skip(&VERSIONED, "the service does not claim ETags in ServiceProviderConfig, or has no PATCH");
        return Ok(());
    }
    let ada = session.user().await?;
    let first = session.get(&ada.path).await?;
    let Some(old) = first.header("ETag").or_else(|| first.text("meta.version")).map(str::to_owned) else {
        session.blocked(&VERSIONED, "discovery.truthful-etag");
        return Ok(());
    };
    let operation = json!({"op": "replace", "path": "displayName", "value": "Augusta"});
    session.patch(&ada.path, operation).await?;
    let alone = super::super::active::patch_call(
        &ada.path,
        json!({"op": "replace", "path": "displayName", "value": "Alone"}),
    );
    let alone = session.send(alone.header("If-Match", old.clone())).await?;
    if alone.status != 412 {
        session.blocked(&VERSIONED, "version.if-match-stale");
        return Ok(());
    }
    let body = request(
        json!([{"method": "PATCH", "path": ada.path, "version": old, "data": renamed("Lost update")}]),
    );
    let answer = send(session, &body).await?;
    let told = outcomes(&answer).first().map(status).unwrap_or_default();
    let after = session.get(&ada.path).await?;
    let kept = after.text("displayName") != Some("Lost update");
    session.hold(&VERSIONED, told == "412" && kept, &answer, &["\"412\" for the operation"], || {
        format!("{} with \"{told}\", then displayName {}", answer.outcome(), shown(after.at("displayName")))
    });
    Ok(())
}
