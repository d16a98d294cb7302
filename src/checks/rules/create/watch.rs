//! Passive rules about answers to creations.

use serde_json::Value;

use super::{
    BODY, CONFLICT_SCIM_TYPE, CONFLICT_STATUS, LOCATION, LOCATION_AGREES, META_LOCATION, STATUS_201,
    UNIQUE_USER_NAME,
};
use crate::checks::engine::{About, Kind, Memory, Seen, Verdicts, Watch, same_place};
use crate::checks::json::member;

pub(in crate::checks) static WATCH: Watch = Watch {
    judges: &[
        &STATUS_201,
        &LOCATION,
        &META_LOCATION,
        &LOCATION_AGREES,
        &BODY,
        &CONFLICT_STATUS,
        &CONFLICT_SCIM_TYPE,
        &UNIQUE_USER_NAME,
    ],
    judge,
};

fn judge(seen: &Seen<'_>, memory: &Memory, verdicts: &mut Verdicts<'_>) {
    let (About::Collection(kind), "POST") = (&seen.about, seen.method()) else { return };
    if seen.response.is_success() {
        created(*kind, seen, verdicts);
    }
    if *kind == Kind::User {
        taken(seen, memory, verdicts);
    }
}

fn created(kind: Kind, seen: &Seen<'_>, verdicts: &mut Verdicts<'_>) {
    let response = seen.response;
    if response.status != 201 {
        verdicts.fail(&STATUS_201, &["201 Created"], response.status.to_string(), None);
    }
    let location = response.header("Location").filter(|value| !value.is_empty());
    if location.is_none() && response.status == 201 {
        verdicts.fail(&LOCATION, &["a Location header field"], "none", None);
    }
    let id = seen.body.and_then(|body| member(body, "id")?.as_str()).filter(|id| !id.is_empty());
    if id.is_none() && seen.whole() {
        verdicts.fail(&BODY, &["the resource with its id in the body"], "no id in the body", None);
        if kind == Kind::User {
            verdicts.seen_as("Error while creating user: Create new user returned empty user.");
        }
    }
    if id.is_none() {
        return;
    }
    let meta_location = seen.body.and_then(|body| member(member(body, "meta")?, "location")?.as_str());
    match (meta_location, location) {
        (None, _) if !seen.whole() => {}
        (None, _) => verdicts.fail(
            &META_LOCATION,
            &["meta.location in the body"],
            "no meta.location",
            Some("/meta".into()),
        ),
        (Some(meta), Some(location)) if !same_place(meta, location) => verdicts.fail(
            &LOCATION_AGREES,
            &["the same URI in both"],
            format!("Location: {location}, meta.location: {meta}"),
            Some("/meta/location".into()),
        ),
        _ => {}
    }
}

/// A creation with a userName that an earlier answer said is taken.
fn taken(seen: &Seen<'_>, memory: &Memory, verdicts: &mut Verdicts<'_>) {
    let sent = seen.exchange.request.json().unwrap_or(Value::Null);
    let name = member(&sent, Kind::User.required()).and_then(Value::as_str).unwrap_or_default();
    if name.is_empty() || !memory.holds_user(name) {
        return;
    }
    let response = seen.response;
    if response.is_success() {
        let id = seen.body.and_then(|body| member(body, "id")?.as_str());
        if let Some(id) = id.filter(|id| memory.known(Kind::User, id).is_none()) {
            verdicts.fail(
                &UNIQUE_USER_NAME,
                &["409 Conflict: the userName is taken"],
                format!("{} and a second user `{id}`", response.status),
                None,
            );
        }
        return;
    }
    // Which of two mistakes in one body is reported is the service's choice.
    let password = member(&sent, "password").is_some();
    if ![400, 409, 412, 422, 500].contains(&response.status) || response.status == 400 && password {
        return;
    }
    if response.status != 409 {
        verdicts.fail(
            &CONFLICT_STATUS,
            &["409 Conflict with scimType uniqueness"],
            response.status.to_string(),
            None,
        );
        return;
    }
    let scim_type = seen.body.and_then(|body| member(body, "scimType")?.as_str());
    if scim_type != Some("uniqueness") {
        verdicts.fail(
            &CONFLICT_SCIM_TYPE,
            &["scimType \"uniqueness\""],
            scim_type.map_or_else(|| "no scimType".to_owned(), |text| format!("scimType \"{text}\"")),
            Some("/scimType".into()),
        );
    }
}
