//! The console's API (code42-service §4), for an administrator: below `/console/v1`, and under the public
//! paths that are attested. `routes` is the table of all of it, `openapi` describes the table to others.

mod more_routes;
mod openapi;
mod route;
mod routes;
mod shapes;

use self::route::Cx;
pub(super) use self::routes::shown_once;
use super::answer::Answer;
use super::incoming::{Incoming, Presented, presented};
use super::pages::same_origin;
use super::shared::Shared;
use crate::reference::scim::{decode, parameters};
use crate::reference::tenant::ConsoleError;

/// Where the description of the API is; it answers without credentials.
const OPENAPI: &str = "/console/v1/openapi.json";

/// Whether a path is one of the console's.
pub(super) fn is_below(path: &str) -> bool {
    ["/console/v1", "/v1", "/v2", "/api/v3"]
        .iter()
        .any(|root| path.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
}

/// Answers one request to the console.
pub(super) fn answer(shared: &Shared, incoming: &Incoming) -> Answer {
    if incoming.path() == OPENAPI && incoming.method() == "GET" {
        return Answer::console(200, &openapi::document(&shared.options.origin));
    }
    let given = match presented(incoming) {
        Some(Presented::Basic(text)) => text,
        _ => String::new(),
    };
    let admitted = match Presented::user_and_password(&given) {
        Some((username, password)) => shared.admits(incoming.parts.extensions.get(), username, password),
        None => Ok(false),
    };
    match admitted {
        Ok(true) => {}
        Ok(false) => {
            let error =
                ConsoleError::new(401, "UNAUTHORIZED", "Sign in with the console's user name and password.");
            return Answer::console_error(&error).with("WWW-Authenticate", "Basic realm=\"Console\"");
        }
        Err(seconds) => {
            let message = format!("Too many attempts to sign in failed. Try again in {seconds} s.");
            let error = ConsoleError::new(429, "TOO_MANY_ATTEMPTS", message);
            return Answer::console_error(&error).with("Retry-After", seconds.to_string());
        }
    }
    // A browser that once had the password sends it along with what any page asks of it.
    if !["GET", "HEAD"].contains(&incoming.method()) && !same_origin(shared, &incoming.parts.headers) {
        let message = "The request was sent by a page of another site. Nothing was done.";
        return Answer::console_error(&ConsoleError::new(403, "CROSS_SITE", message));
    }
    dispatch(shared, incoming).unwrap_or_else(|error| Answer::console_error(&error))
}

fn dispatch(shared: &Shared, incoming: &Incoming) -> Result<Answer, ConsoleError> {
    // Decoded after splitting: an escaped slash is part of a name, and a `+` in a path is itself.
    let segments: Vec<String> = incoming
        .path()
        .split('/')
        .filter(|segment| !segment.is_empty())
        .map(|segment| decode(&segment.replace('+', "%2B")))
        .collect();
    let mut allowed = Vec::new();
    for route in routes::all() {
        let Some(values) = route.paths.iter().find_map(|path| matched(path, &segments)) else { continue };
        if route.method != incoming.method() {
            allowed.push(route.method);
            continue;
        }
        let query = parameters(incoming.query());
        if let Some((name, _)) = query.iter().find(|(name, _)| !route.query.contains(&name.as_str())) {
            let known = if route.query.is_empty() { "none".to_owned() } else { route.query.join(", ") };
            let message = format!("`{name}` is no parameter here; those are: {known}.");
            return Err(ConsoleError::new(400, "UNKNOWN_PARAMETER", message));
        }
        let mut tenant = shared.lock();
        let mut cx = Cx { shared, tenant: &mut tenant, values, query, body: &incoming.body };
        return (route.run)(&mut cx);
    }
    if allowed.is_empty() {
        return Err(ConsoleError::new(
            404,
            "NOT_FOUND",
            format!("There is nothing here; `{OPENAPI}` says what there is."),
        ));
    }
    let allow = allowed.join(", ");
    let message = format!("{} is not possible here; possible are {allow}.", incoming.method());
    let error = ConsoleError::new(405, "METHOD_NOT_ALLOWED", message);
    Ok(Answer::console_error(&error).with("Allow", allow))
}

/// The values of a template's placeholders, when the path fits it.
pub(super) fn matched(template: &str, segments: &[String]) -> Option<Vec<String>> {
    let mut parts = template.split('/').filter(|part| !part.is_empty());
    let mut values = Vec::new();
    for segment in segments {
        let part = parts.next()?;
        if part.starts_with('{') {
            values.push(segment.clone());
        } else if part != segment {
            return None;
        }
    }
    parts.next().is_none().then_some(values)
}
