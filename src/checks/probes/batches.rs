//! What a service may offer and, where it does, must do right: versions (RFC 7644 §3.14) and bulk
//! requests (§3.7).

use serde_json::{Value, json};

use crate::checks::active::{Answer, Call, Capability, GROUP, Probe, Session, Stop, USER, patch_call, probe};
use crate::checks::json::{at, items, shown, texts};
use crate::checks::requirement::requirements;
use crate::exchange::percent_encode;

requirements! {
    HEADER = "version.header", Must, "RFC 7644 §3.14",
        "A resource with a version has it in the ETag header field.",
        "Send ETag with every resource.";
    STAYS = "version.stays-without-change", Must, "RFC 7644 §3.14; RFC 9110 §8.8.1",
        "The version stays the same while the resource does.",
        "Derive the version from the resource, not from the request.";
    MOVES = "version.changes-with-resource", Must, "RFC 7644 §3.14; RFC 9110 §8.8.1",
        "The version changes with the resource.",
        "Make a new version on every change.";
    NOT_MODIFIED = "version.if-none-match", Must, "RFC 7644 §3.14; RFC 9110 §13.1.2",
        "A read with If-None-Match and the present version is answered with 304 and no body.",
        "Compare the tags, and answer 304.";
    FRESH = "version.if-none-match-changed", Must, "RFC 9110 §13.1.2",
        "A read with If-None-Match and an earlier version returns the resource.",
        "Answer 200 when the versions differ.";
    PRECONDITION = "version.if-match-stale", Must, "RFC 7644 §3.14, §3.12 table 8; RFC 9110 §13.1.1",
        "A write with If-Match and an earlier version is refused with 412, and changes nothing.",
        "Compare the version before a PUT, PATCH or DELETE.";
    MATCHES = "version.if-match-present", Must, "RFC 7644 §3.14; RFC 9110 §13.1.1",
        "A write with If-Match and the present version, as it was given, is carried out.",
        "Compare the whole tag, weak or not.";
    BULK_OK = "bulk.answer", Must, "RFC 7644 §3.7",
        "A bulk request is answered with 200 and the outcome of every operation.",
        "Answer with a BulkResponse that has one entry for each operation.";
    BULK_STATUS = "bulk.status", Must, "RFC 7644 §3.7.3",
        "Each outcome has the status as text, as the operation alone would have had it.",
        "Return \"201\", \"200\", \"204\" or the status of the error, as a string.";
    BULK_LOCATION = "bulk.location", Must, "RFC 7644 §3.7.3",
        "Each outcome but that of a failed POST has the location of the resource.",
        "Return location for every operation.";
    BULK_ID = "bulk.id-returned", Must, "RFC 7644 §3.7",
        "The outcome of a POST has the bulkId of its operation.",
        "Return the bulkId.";
    BULK_STORED = "bulk.stored", Must, "RFC 7644 §3.7",
        "What a bulk request creates can be read afterwards.",
        "Store every operation that succeeded.";
    BULK_REFERENCE = "bulk.reference", Must, "RFC 7644 §3.7.2",
        "bulkId:… in the data of an operation is replaced by the id of the resource created.",
        "Resolve bulkId references, also to operations that come later.";
    BULK_PATH = "bulk.reference-in-path", Should, "RFC 7644 §3.7.2",
        "bulkId:… in the path of an operation stands for the id of the resource created.",
        "Resolve bulkId references in paths too.";
    BULK_GOES_ON = "bulk.goes-on", Must, "RFC 7644 §3.7",
        "An operation that fails does not keep the others from being carried out.",
        "Go on after a failure unless failOnErrors says otherwise.";
    BULK_ERROR = "bulk.error-response", Must, "RFC 7644 §3.7.3",
        "The outcome of an operation that failed has the error in response.",
        "Return the SCIM error in response.";
    BULK_STOPS = "bulk.fail-on-errors", Must, "RFC 7644 §3.7, §3.7.3",
        "With failOnErrors 1 nothing is carried out after the first failure.",
        "Count failures and stop at the number given.";
    BULK_LIMIT = "bulk.max-operations", Must, "RFC 7644 §3.7.4",
        "More operations than maxOperations are refused with 413.",
        "Answer 413, and carry none of them out.";
}

probe!(
    VERSIONS,
    "version.chain",
    Writes,
    [HEADER, STAYS, MOVES, NOT_MODIFIED, FRESH, PRECONDITION, MATCHES],
    versions
);
probe!(
    BULK,
    "bulk.creates",
    Writes,
    [BULK_OK, BULK_STATUS, BULK_LOCATION, BULK_ID, BULK_STORED, BULK_REFERENCE, BULK_PATH],
    bulk
);
probe!(FAILURES, "bulk.failures", Writes, [BULK_GOES_ON, BULK_ERROR, BULK_STOPS, BULK_LIMIT], failures);

pub(in crate::checks) static PROBES: &[&Probe] = &[&VERSIONS, &BULK, &FAILURES];

pub(super) fn tag(answer: &Answer) -> Option<String> {
    answer.header("ETag").or_else(|| answer.text("meta.version")).map(str::to_owned)
}

async fn versions(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::ReadUser)?;
    let ada = session.user().await?;
    let first = session.get(&ada.path).await?;
    let claimed = session.facts.claims("etag") == Some(true);
    let Some(old) = tag(&first) else {
        return session.absent("resources have neither ETag nor meta.version");
    };
    session.hold(&HEADER, first.header("ETag").is_some(), &first, &["ETag"], || {
        format!("meta.version {} alone", shown(first.at("meta.version")))
    });
    let again = session.get(&ada.path).await?;
    session.hold(
        &STAYS,
        tag(&again).as_deref() == Some(&old),
        &again,
        &[&format!("the version {old}")],
        || format!("the version {}", tag(&again).unwrap_or_default()),
    );
    // A proxy or framework may add an ETag to any answer; only who claims versions must honour them.
    if claimed {
        let call = Call::get(ada.path.clone()).header("If-None-Match", old.clone());
        let answer = session.send(call).await?;
        session
            .hold(&NOT_MODIFIED, answer.status == 304, &answer, &["304 Not Modified"], || answer.outcome());
    }
    let op = json!({"op": "replace", "path": "displayName", "value": "Augusta"});
    let changed = if session.facts.works(Capability::PatchUser) {
        session.patch(&ada.path, op.clone()).await?
    } else {
        let mut body = first.object();
        body["displayName"] = json!("Augusta");
        session.put(&ada.path, &body).await?
    };
    let after = session.get(&ada.path).await?;
    if !changed.ok() || after.at("displayName") == first.at("displayName") {
        return Err(Stop::Blocked("patch.replace-simple".into()));
    }
    let new = tag(&after).unwrap_or_default();
    if !session.hold(&MOVES, new != old, &after, &["another version"], || {
        format!("the version {new} after a change")
    }) {
        return Err(Stop::Blocked(MOVES.slug.to_owned()));
    }
    if !claimed {
        return session.absent("the service does not claim ETags in ServiceProviderConfig");
    }
    let call = Call::get(ada.path.clone()).header("If-None-Match", old.clone());
    let answer = session.send(call).await?;
    session.hold(&FRESH, answer.status == 200, &answer, &["200 with the resource"], || answer.outcome());
    let mut body = after.object();
    body["displayName"] = json!("Lost update");
    let mut calls = vec![Call::new("PUT", ada.path.clone()).json(&body)];
    if session.facts.works(Capability::PatchUser) {
        calls.push(patch_call(
            &ada.path,
            json!({"op": "replace", "path": "displayName", "value": "Lost update"}),
        ));
    }
    if session.facts.works(Capability::DeleteUser) {
        calls.push(Call::new("DELETE", ada.path.clone()));
    }
    for call in calls {
        let answer = session.send(call.header("If-Match", old.clone())).await?;
        session.hold(&PRECONDITION, answer.status == 412, &answer, &["412 Precondition Failed"], || {
            answer.outcome()
        });
    }
    let now = session.get(&ada.path).await?;
    if now.status != 200 {
        return Err(Stop::Blocked(PRECONDITION.slug.to_owned()));
    }
    let kept = now.text("displayName") != Some("Lost update");
    session.hold(&PRECONDITION, kept, &now, &["the resource as before"], || {
        format!("displayName {}", shown(now.at("displayName")))
    });
    if session.facts.works(Capability::PatchUser) {
        let set =
            patch_call(&ada.path, json!({"op": "replace", "path": "displayName", "value": "Conditional"}));
        let answer = session.send(set.header("If-Match", tag(&now).unwrap_or_default())).await?;
        session.hold(&MATCHES, answer.ok(), &answer, &["200 or 204"], || answer.outcome());
    }
    Ok(())
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
        return Err(Stop::Blocked("discovery.truthful-bulk".into()));
    }
    let made: Vec<String> = outcomes(&answer)
        .iter()
        .filter(|outcome| {
            at(outcome, "method")
                .and_then(Value::as_str)
                .is_some_and(|method| method.eq_ignore_ascii_case("POST"))
        })
        .filter_map(located)
        .collect();
    for path in made {
        session.adopt(&path);
    }
    Ok(answer)
}

pub(super) fn outcomes(answer: &Answer) -> Vec<Value> {
    items(&answer.body, "Operations").to_vec()
}

/// `/Users/{id}` of an outcome's location.
pub(super) fn located(outcome: &Value) -> Option<String> {
    let location = at(outcome, "location")?.as_str()?;
    let mut parts = location.trim_end_matches('/').rsplit('/');
    let (id, kind) = (parts.next()?, parts.next()?);
    Some(format!("/{kind}/{id}"))
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
    if !session.hold(
        &BULK_OK,
        answer.status == 200 && all.len() == count,
        &answer,
        &[&format!("200 with {count} outcomes")],
        || format!("{} with {} outcomes", answer.outcome(), all.len()),
    ) {
        return Err(Stop::Blocked(BULK_OK.slug.to_owned()));
    }
    let right =
        all.iter().take(created).all(|outcome| at(outcome, "status").and_then(Value::as_str) == Some("201"));
    session.hold(&BULK_STATUS, right, &answer, &["\"201\" for each creation"], || {
        all.iter().map(|outcome| shown(at(outcome, "status"))).collect::<Vec<_>>().join(", ")
    });
    let placed = all.iter().all(|outcome| located(outcome).is_some());
    session.hold(&BULK_LOCATION, placed, &answer, &["location in each outcome"], || {
        all.iter().map(|outcome| shown(at(outcome, "location"))).collect::<Vec<_>>().join(", ")
    });
    let ids: Vec<&str> =
        all.iter().take(created).filter_map(|outcome| at(outcome, "bulkId")?.as_str()).collect();
    let wanted: &[&str] = if grouped { &["ada", "crew", "bob"] } else { &["ada", "bob"] };
    session.hold(&BULK_ID, ids == wanted, &answer, &[&wanted.join(", ")], || ids.join(", "));
    let find = |name: &str| {
        all.iter()
            .find(|outcome| at(outcome, "bulkId").and_then(Value::as_str) == Some(name))
            .and_then(located)
    };
    let (Some(ada), Some(bob)) = (find("ada"), find("bob")) else {
        return Err(Stop::Blocked(BULK_LOCATION.slug.to_owned()));
    };
    let user = session.get(&ada).await?;
    session.hold(&BULK_STORED, user.status == 200, &user, &["200 with the user"], || user.outcome());
    if let Some(crew) = find("crew") {
        let group = session.get(&crew).await?;
        let wanted = ada.rsplit('/').next().unwrap_or_default();
        let members = texts(&group.body, "members", "value");
        let has = members.iter().any(|id| percent_encode(id) == wanted || id == wanted);
        session.hold(&BULK_REFERENCE, has, &group, &[&format!("the member {wanted}")], || {
            format!("members {}", shown(group.at("members")))
        });
    } else if grouped {
        return Err(Stop::Blocked(BULK_LOCATION.slug.to_owned()));
    } else {
        session.skip(&BULK_REFERENCE, "the service has no groups whose members can be read");
    }
    if !patched {
        session.skip(&BULK_PATH, "displayName cannot be patched");
        return Ok(());
    }
    let user = session.get(&bob).await?;
    session.hold(
        &BULK_PATH,
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
    let went = all.len() == 2 && status(&all[0]) == "404" && status(&all[1]) == "201";
    session.hold(&BULK_GOES_ON, went, &answer, &["404, then 201"], || {
        format!("{}: {}", answer.outcome(), all.iter().map(status).collect::<Vec<_>>().join(", "))
    });
    if let Some(failed) = all.first() {
        let told = at(failed, "response").is_some_and(Value::is_object);
        session.hold(&BULK_ERROR, told, &answer, &["response with a SCIM error"], || {
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
    session.hold(
        &BULK_STOPS,
        found.resources().is_empty() && all.len() <= 1,
        &answer,
        &["one outcome, and no user"],
        || format!("{} with {} outcomes, and {} users", answer.outcome(), all.len(), found.resources().len()),
    );
    let limit = session.facts.configured("bulk.maxOperations").and_then(Value::as_u64).unwrap_or_default();
    if limit == 0 || limit > 2000 {
        session.skip(&BULK_LIMIT, format!("maxOperations is {limit}, too many to go beyond"));
        return Ok(());
    }
    let operations: Value =
        (0..=limit).map(|at| json!({"method": "DELETE", "path": format!("/Users/scimulate-{at}")})).collect();
    let answer = sent(session, &request(operations)).await?;
    session.hold(&BULK_LIMIT, answer.status == 413, &answer, &["413 Payload Too Large"], || answer.outcome());
    Ok(())
}
