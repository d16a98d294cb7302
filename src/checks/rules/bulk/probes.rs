//! Probes of the rules in this area.

use serde_json::{Value, json};

use crate::checks::engine::{Answer, Call, Capability, Session, Stop, patch_call, path_to, probes};
use crate::checks::json::{at, items, shown, texts};
use crate::checks::rules::bulk::{
    ANSWER, CIRCULAR_REFERENCES, ERROR_RESPONSE, FAIL_ON_ERRORS, FORWARD_REFERENCES, GOES_ON, ID_RETURNED,
    IN_ORDER, INCOMPLETE_OPERATION, LIMIT_NAMED, LOCATION, MAX_OPERATIONS, MAX_PAYLOAD_SIZE, PUT_AND_DELETE,
    REFERENCE, REFERENCE_IN_EXTENSION, REFERENCE_IN_PATH, RESPONSE_SCHEMA, STATUS, STORED, UNKNOWN_REFERENCE,
    VERSION,
};
use crate::checks::rules::{discovery, error, version};
use crate::exchange::{percent_decode, percent_encode};
use crate::urn::{ENTERPRISE, GROUP, USER};

probes! {
    "bulk.creates", Writes,
        [ANSWER, STATUS, LOCATION, ID_RETURNED, STORED, REFERENCE, REFERENCE_IN_PATH],
        bulk;
    "bulk.failures", Writes, [GOES_ON, ERROR_RESPONSE, FAIL_ON_ERRORS, MAX_OPERATIONS], failures;
    "bulk.ways", Writes, [RESPONSE_SCHEMA, PUT_AND_DELETE, IN_ORDER, INCOMPLETE_OPERATION], ways;
    "bulk.references", Writes,
        [FORWARD_REFERENCES, CIRCULAR_REFERENCES, REFERENCE_IN_EXTENSION, UNKNOWN_REFERENCE],
        references;
    "bulk.limits", Writes, [VERSION, MAX_PAYLOAD_SIZE, LIMIT_NAMED], limits;
}

pub(super) fn request(operations: Value) -> Value {
    json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": operations})
}

/// Sends a bulk request; what it created is deleted at the end.
///
/// # Errors
/// [`Stop::Skipped`] when it has more operations than the service says that it takes.
pub(super) async fn send(session: &mut Session, body: &Value) -> Result<Answer, Stop> {
    let limit = session.facts.configured("bulk.maxOperations").and_then(Value::as_u64).unwrap_or_default();
    let count = items(body, "Operations").len() as u64;
    if limit > 0 && count > limit {
        return Err(Stop::Skipped(format!("maxOperations is {limit}, and this takes {count}")));
    }
    sent(session, body).await
}

pub(super) async fn sent(session: &mut Session, body: &Value) -> Result<Answer, Stop> {
    let answer = session.send(Call::new("POST", "/Bulk").json(body)).await?;
    if answer.not_offered() {
        return Err(Stop::Blocked(&discovery::TRUTHFUL_BULK));
    }
    let made: Vec<(String, String)> = outcomes(&answer)
        .iter()
        .filter(|outcome| {
            at(outcome, "method")
                .and_then(Value::as_str)
                .is_some_and(|method| method.eq_ignore_ascii_case("POST"))
        })
        .filter_map(placed)
        .collect();
    for (endpoint, id) in made {
        session.adopt(&endpoint, &id);
    }
    Ok(answer)
}

pub(super) fn outcomes(answer: &Answer) -> Vec<Value> {
    items(&answer.body, "Operations").to_vec()
}

/// `/Users` and the id of an outcome's location.
fn placed(outcome: &Value) -> Option<(String, String)> {
    let location = at(outcome, "location")?.as_str()?;
    let mut parts = location.trim_end_matches('/').rsplit('/');
    let (id, kind) = (parts.next()?, parts.next()?);
    Some((format!("/{kind}"), percent_decode(id)))
}

/// `/Users/{id}` of an outcome's location.
pub(super) fn located(outcome: &Value) -> Option<String> {
    let (endpoint, id) = placed(outcome)?;
    path_to(&endpoint, &id).ok()
}

pub(super) fn offered(session: &Session) -> Result<(), Stop> {
    if session.facts.claims("bulk") == Some(true) {
        session.need(Capability::CreateUser)
    } else {
        Err(Stop::Skipped("the service does not claim bulk requests in ServiceProviderConfig".into()))
    }
}

pub(super) fn status(outcome: &Value) -> String {
    match at(outcome, "status") {
        Some(Value::String(status)) => status.clone(),
        // The older form, with the code inside; it has a requirement of its own.
        Some(Value::Object(parts)) => parts
            .get("code")
            .map(|code| code.as_str().map_or_else(|| code.to_string(), str::to_owned))
            .unwrap_or_default(),
        Some(other) => other.to_string(),
        None => String::new(),
    }
}

/// Whether an outcome has that status as text, alone or as its code: the RFC's sentence has a code attribute, and its
/// examples the text ("The status attribute MUST include the code attribute", `"status": "201"`, §3.7.3).
fn is_text(outcome: &Value, wanted: &str) -> bool {
    let given = at(outcome, "status").map(|status| at(status, "code").unwrap_or(status));
    given.and_then(Value::as_str) == Some(wanted)
}

async fn bulk(session: &mut Session) -> Result<(), Stop> {
    offered(session)?;
    let (first, second) = (session.user_body(json!({})), session.user_body(json!({})));
    let name = session.name();
    let grouped = session.facts.works(Capability::ReadGroup);
    let patched = session.facts.works(Capability::PatchUser) && session.facts.changeable(USER, "displayName");
    let mut operations = vec![
        json!({"method": "POST", "path": "/Users", "bulkId": "ada", "data": first}),
        json!({"method": "POST", "path": "/Users", "bulkId": "bob", "data": second}),
    ];
    if grouped {
        let group = json!({"schemas": [GROUP], "displayName": name, "members": [{"value": "bulkId:ada"}]});
        operations.insert(1, json!({"method": "POST", "path": "/Groups", "bulkId": "crew", "data": group}));
    }
    let created = operations.len();
    if patched {
        operations.push(json!({"method": "PATCH", "path": "/Users/bulkId:bob",
            "data": {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
                     "Operations": [{"op": "replace", "path": "displayName", "value": "By path"}]}}));
    }
    let count = operations.len();
    let answer = send(session, &request(operations.into())).await?;
    let all = outcomes(&answer);
    if !session.require(
        &ANSWER,
        answer.status == 200 && all.len() == count,
        &answer,
        &[&format!("200 with {count} outcomes")],
        || format!("{} with {} outcomes", answer.outcome(), all.len()),
    ) {
        return Err(Stop::Blocked(&ANSWER));
    }
    // "A SCIM service provider MAY elect to optimize the sequence of operations received" (§3.7), so outcomes are known
    // by their method and bulkId, not by their place.
    let made: Vec<&Value> =
        all.iter().filter(|outcome| at(outcome, "method").is_none_or(|method| method == "POST")).collect();
    let right =
        made.len() >= created && made.iter().filter(|outcome| is_text(outcome, "201")).count() == created;
    session.require(&STATUS, right, &answer, &["\"201\" for each creation"], || {
        all.iter().map(|outcome| shown(at(outcome, "status"))).collect::<Vec<_>>().join(", ")
    });
    let placed = all.iter().all(|outcome| located(outcome).is_some());
    session.require(&LOCATION, placed, &answer, &["location in each outcome"], || {
        all.iter().map(|outcome| shown(at(outcome, "location"))).collect::<Vec<_>>().join(", ")
    });
    let mut ids: Vec<&str> = made.iter().filter_map(|outcome| at(outcome, "bulkId")?.as_str()).collect();
    ids.sort_unstable();
    let wanted: &[&str] = if grouped { &["ada", "bob", "crew"] } else { &["ada", "bob"] };
    session.require(&ID_RETURNED, ids == wanted, &answer, &[&wanted.join(", ")], || ids.join(", "));
    let find = |name: &str| {
        all.iter()
            .find(|outcome| at(outcome, "bulkId").and_then(Value::as_str) == Some(name))
            .and_then(located)
    };
    let (Some(ada), Some(bob)) = (find("ada"), find("bob")) else {
        return Err(Stop::Blocked(&LOCATION));
    };
    let user = session.get(&ada).await?;
    session.require(&STORED, user.status == 200, &user, &["200 with the user"], || user.outcome());
    if let Some(crew) = find("crew") {
        let group = session.get(&crew).await?;
        let wanted = ada.rsplit('/').next().unwrap_or_default();
        let members = texts(&group.body, "members", "value");
        let has = members.iter().any(|id| percent_encode(id) == wanted || id == wanted);
        session.require(&REFERENCE, has, &group, &[&format!("the member {wanted}")], || {
            format!("members {}", shown(group.at("members")))
        });
    } else if grouped {
        return Err(Stop::Blocked(&LOCATION));
    } else {
        session.skip(&REFERENCE, "the service has no groups whose members can be read");
    }
    if !patched {
        session.skip(&REFERENCE_IN_PATH, "displayName cannot be patched");
        return Ok(());
    }
    let user = session.get(&bob).await?;
    session.require(
        &REFERENCE_IN_PATH,
        user.text("displayName") == Some("By path"),
        &user,
        &["displayName \"By path\""],
        || format!("{}, displayName {}", user.outcome(), shown(user.at("displayName"))),
    );
    Ok(())
}

async fn failures(session: &mut Session) -> Result<(), Stop> {
    offered(session)?;
    let bad = |path: String| json!({"method": "DELETE", "path": path});
    let nobody = format!("/Users/{}", session.name());
    let body = session.user_body(json!({}));
    let operations =
        json!([bad(nobody.clone()), {"method": "POST", "path": "/Users", "bulkId": "late", "data": body}]);
    let answer = send(session, &request(operations)).await?;
    let all = outcomes(&answer);
    let failed = all.iter().find(|outcome| !status(outcome).starts_with('2'));
    let went = all.len() == 2 && failed.is_some() && all.iter().any(|outcome| status(outcome) == "201");
    session.require(&GOES_ON, went, &answer, &["404 for the one, 201 for the other"], || {
        format!("{}: {}", answer.outcome(), all.iter().map(status).collect::<Vec<_>>().join(", "))
    });
    if let Some(failed) = failed {
        let told = at(failed, "response").is_some_and(Value::is_object);
        session.require(&ERROR_RESPONSE, told, &answer, &["response with a SCIM error"], || {
            format!("response {}", shown(at(failed, "response")))
        });
    }
    let body = session.user_body(json!({}));
    let login = Value::from(body["userName"].as_str().unwrap_or_default());
    let mut stopping =
        request(json!([bad(nobody), {"method": "POST", "path": "/Users", "bulkId": "never", "data": body}]));
    stopping["failOnErrors"] = json!(1);
    let answer = send(session, &stopping).await?;
    let all = outcomes(&answer);
    let found = session.filter("/Users", &format!("userName eq {login}")).await?;
    session.require(
        &FAIL_ON_ERRORS,
        // What is left may be told as failed too: "before failing the remaining operations" (§3.7).
        found.resources().is_empty() && all.iter().all(|outcome| !status(outcome).starts_with('2')),
        &answer,
        &["no success after the failure, and no user"],
        || format!("{} with {} outcomes, and {} users", answer.outcome(), all.len(), found.resources().len()),
    );
    let limit = session.facts.configured("bulk.maxOperations").and_then(Value::as_u64).unwrap_or_default();
    if limit == 0 || limit > 2000 {
        session.skip(&MAX_OPERATIONS, format!("maxOperations is {limit}, too many to go beyond"));
        return Ok(());
    }
    let operations: Value =
        (0..=limit).map(|at| json!({"method": "DELETE", "path": format!("/Users/scimulate-{at}")})).collect();
    let answer = sent(session, &request(operations)).await?;
    session.require(&MAX_OPERATIONS, answer.status == 413, &answer, &["413 Payload Too Large"], || {
        answer.outcome()
    });
    Ok(())
}

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
        operations.push(json!({"method": "PUT", "path": ada.path, "data": whole}));
    }
    if session.facts.works(Capability::PatchUser) {
        for name in ["First", "Second"] {
            operations.push(json!({"method": "PATCH", "path": ada.path, "data": renamed(name)}));
        }
    }
    if session.facts.works(Capability::DeleteUser) {
        operations.push(json!({"method": "DELETE", "path": grace.path}));
    }
    if operations.is_empty() {
        return session.absent("the service has neither PUT, PATCH nor DELETE of users");
    }
    let answer = send(session, &request(operations.clone().into())).await?;
    let told = outcomes(&answer);
    if answer.status != 200 || told.len() != operations.len() {
        return Err(Stop::Blocked(&ANSWER));
    }
    let is_response = texts_in(answer.at("schemas")).iter().any(|urn| urn.eq_ignore_ascii_case(RESPONSE));
    let method = |one: &Value| at(one, "method").and_then(Value::as_str).unwrap_or_default().to_owned();
    let (mut sent, mut named): (Vec<String>, Vec<String>) =
        (operations.iter().map(method).collect(), told.iter().map(method).collect());
    sent.sort();
    named.sort();
    let methods = sent == named;
    session.require(
        &RESPONSE_SCHEMA,
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
    let done = |outcome: &Value| {
        let deletion = method(outcome) == "DELETE";
        status(outcome) == "204" || !deletion && status(outcome) == "200"
    };
    let right = told.iter().all(done);
    session.require(
        &PUT_AND_DELETE,
        right,
        &answer,
        &["\"200\" for PUT and PATCH, \"204\" for DELETE"],
        || told.iter().map(status).collect::<Vec<_>>().join(", "),
    );
    let (now, gone) = (session.get(&ada.path).await?, session.get(&grace.path).await?);
    let patched = session.facts.works(Capability::PatchUser);
    let wanted = if patched { "Second" } else { "By PUT" };
    if right && now.status != 200 {
        session.blocked(&IN_ORDER, &STORED);
    } else if right {
        let taken = now.at("displayName") != ada.body.get("displayName");
        session.require(&PUT_AND_DELETE, taken, &now, &[&format!("displayName {wanted}")], || {
            format!("displayName {}", shown(now.at("displayName")))
        });
        if session.facts.works(Capability::DeleteUser) {
            session.require(&PUT_AND_DELETE, gone.status == 404, &gone, &["404 after the DELETE"], || {
                gone.outcome()
            });
        }
        if patched && taken {
            session.require(
                &IN_ORDER,
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
        session.require(
            &INCOMPLETE_OPERATION,
            refused,
            &answer,
            &["400, alone or for the operation"],
            || {
                let statuses: Vec<String> = told.iter().map(status).collect();
                format!("{} with [{}] for an operation without {what}", answer.outcome(), statuses.join(", "))
            },
        );
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
    session.require(&FORWARD_REFERENCES, linked, &answer, &["a group with the user as its member"], || {
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
            session.blocked(&CIRCULAR_REFERENCES, &REFERENCE);
        } else if given_up {
            session.pass(&CIRCULAR_REFERENCES);
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
            session.require(
                &CIRCULAR_REFERENCES,
                linked,
                &answer,
                &["two groups that have each other", "409"],
                || {
                    let statuses: Vec<String> = told.iter().map(status).collect();
                    format!(
                        "{} with [{}], and the groups do not have each other",
                        answer.outcome(),
                        statuses.join(", ")
                    )
                },
            );
        }
    } else {
        session.skip(&CIRCULAR_REFERENCES, "the service does not take groups as members");
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
                None => session.skip(&REFERENCE_IN_EXTENSION, "the service does not store manager"),
                Some(value) => {
                    let right = value == id || percent_encode(value) == id;
                    let value = value.to_owned();
                    session.require(
                        &REFERENCE_IN_EXTENSION,
                        right,
                        &read,
                        &[&format!("manager.value {id}")],
                        || value,
                    );
                }
            }
        } else {
            session.blocked(&REFERENCE_IN_EXTENSION, &ANSWER);
        }
    } else {
        session.skip(&REFERENCE_IN_EXTENSION, "the service does not publish manager for users");
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
    session.require(
        &UNKNOWN_REFERENCE,
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
        session.skip(&MAX_PAYLOAD_SIZE, format!("maxPayloadSize is {largest}, too much to go beyond"));
    } else {
        // One operation that would be refused anyway, in a body that is too large by its filling alone.
        let filling = "x".repeat(usize::try_from(largest).unwrap_or(usize::MAX).saturating_add(1024));
        let path = format!("/Users/{}", session.name());
        let data = json!({"schemas": [USER], "userName": "scimulate", "nickName": filling});
        let body = request(json!([{"method": "PUT", "path": path, "data": data}]));
        let answer = send(session, &body).await?;
        session.require(&MAX_PAYLOAD_SIZE, answer.status == 413, &answer, &["413 Payload Too Large"], || {
            answer.outcome()
        });
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
        session.skip(&LIMIT_NAMED, "no request was refused with 413");
    }
    for (answer, name, value) in answers {
        if !answer.body.is_object() {
            session.blocked(&LIMIT_NAMED, &error::FORMAT);
            continue;
        }
        let detail = answer.text("detail").unwrap_or_default().to_lowercase();
        let about = match name {
            "maxOperations" => ["maxoperations", "operation", "requests"],
            _ => ["maxpayloadsize", "payload", "size"],
        };
        let named = detail.contains(&value.to_string()) || about.iter().any(|word| detail.contains(word));
        session.require(&LIMIT_NAMED, named, &answer, &[&format!("{name} ({value}) in detail")], || {
            format!("detail {}", shown(answer.at("detail")))
        });
    }
    Ok(())
}

async fn versioned(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::ReadUser)?;
    if session.facts.claims("etag") != Some(true) || !session.facts.works(Capability::PatchUser) {
        session.skip(&VERSION, "the service does not claim ETags in ServiceProviderConfig, or has no PATCH");
        return Ok(());
    }
    let ada = session.user().await?;
    let first = session.get(&ada.path).await?;
    let Some(old) = first.header("ETag").or_else(|| first.text("meta.version")).map(str::to_owned) else {
        session.blocked(&VERSION, &discovery::TRUTHFUL_ETAG);
        return Ok(());
    };
    let operation = json!({"op": "replace", "path": "displayName", "value": "Augusta"});
    session.patch(&ada.path, operation).await?;
    let alone = patch_call(&ada.path, json!({"op": "replace", "path": "displayName", "value": "Alone"}));
    let alone = session.send(alone.header("If-Match", old.clone())).await?;
    if ![409, 412].contains(&alone.status) {
        session.blocked(&VERSION, &version::IF_MATCH_STALE);
        return Ok(());
    }
    let body = request(
        json!([{"method": "PATCH", "path": ada.path, "version": old, "data": renamed("Lost update")}]),
    );
    let answer = send(session, &body).await?;
    let told = outcomes(&answer).first().map(status).unwrap_or_default();
    let after = session.get(&ada.path).await?;
    let kept = after.text("displayName") != Some("Lost update");
    // Table 8 has 409 for a version that does not match, too.
    let refused = ["409", "412"].contains(&told.as_str());
    session.require(&VERSION, refused && kept, &answer, &["\"412\" for the operation"], || {
        format!("{} with \"{told}\", then displayName {}", answer.outcome(), shown(after.at("displayName")))
    });
    Ok(())
}
