//! The SCIM routes (RFC 7644 §3 and §4).

use serde_json::Value;

use super::answer::Answer;
use super::incoming::{Incoming, provider_of};
use super::resources::{Call, Session, not_allowed};
use super::shared::Shared;
use super::{bulk, negotiate};
use crate::reference::scim::{ListQuery, Page, ResourceKind, ScimError, decode, discovery};

const ROOT: &str = "/scim/v2";
const BOTH: [ResourceKind; 2] = [ResourceKind::User, ResourceKind::Group];

/// Answers one request below `/scim/v2`; anything else is not there.
pub(super) fn answer(shared: &Shared, incoming: &Incoming) -> Answer {
    let head = incoming.method() == "HEAD";
    let method = if head { "GET" } else { incoming.method() };
    let answer = match route(shared, incoming, method) {
        Ok(answer) => answer,
        Err(error) => {
            let answer = Answer::scim_error(&error);
            match error.status {
                401 => answer.with("WWW-Authenticate", "Basic realm=\"SCIM\""),
                _ => answer,
            }
        }
    };
    if head { answer.without_body() } else { answer }
}

fn route(shared: &Shared, incoming: &Incoming, method: &str) -> Result<Answer, ScimError> {
    let below = incoming.path().strip_prefix(ROOT).filter(|rest| rest.is_empty() || rest.starts_with('/'));
    let Some(below) = below else { return Err(nothing_here(incoming.path())) };
    // DELETE has no answer to negotiate about.
    let content_type =
        if method == "DELETE" { super::answer::SCIM_JSON } else { negotiate::accepted(incoming)? };
    // Decoded after splitting: an escaped slash is part of an identifier, and a `+` in a path is itself.
    let parts = below.split('/').filter(|segment| !segment.is_empty());
    let decoded: Vec<String> = match below.contains('%') {
        true => parts.clone().map(|segment| decode(&segment.replace('+', "%2B"))).collect(),
        false => Vec::new(),
    };
    let segments: Vec<&str> =
        if decoded.is_empty() { parts.collect() } else { decoded.iter().map(String::as_str).collect() };
    // Discovery answers without credentials (RFC 7644 §4).
    if let Some(answer) = discover(shared, incoming, method, &segments)? {
        return Ok(answer.under_type(content_type));
    }
    let mut tenant = shared.lock();
    let Some(provider) = provider_of(&tenant, incoming) else {
        tenant.audit_refused_sign_in();
        return Err(ScimError::new(
            401,
            None,
            "The credentials are missing or wrong; use those that the console showed for the provider.",
            "AUTH_FAILED",
        ));
    };
    if ["POST", "PUT", "PATCH"].contains(&method) {
        negotiate::content_type(incoming)?;
    }
    tenant.begin_request();
    let mut session = Session { tenant: &mut tenant, provider, base_url: &shared.base_url };
    let answer = below_root(&mut session, incoming, method, &segments);
    let number = tenant.end_request();
    // A refused request has entries of its own, so its number goes along as well.
    let answer = answer.map(|answer| answer.under_type(content_type));
    Ok(answer.unwrap_or_else(|error| Answer::scim_error(&error)).for_request(number))
}

fn below_root(
    session: &mut Session<'_>,
    incoming: &Incoming,
    method: &str,
    segments: &[&str],
) -> Result<Answer, ScimError> {
    let query = incoming.query();
    let call = |kind, id| Call {
        method,
        kind,
        id,
        query,
        if_match: incoming.header("if-match"),
        if_none_match: incoming.header("if-none-match"),
        body: &incoming.body,
        shows: true,
    };
    let kinds: &[ResourceKind] = match segments.first() {
        Some(&"Users") => &BOTH[..1],
        Some(&"Groups") => &BOTH[1..],
        _ => &BOTH,
    };
    match (segments, method) {
        // RFC 7644 §3.4.2.1: a query on the server root is one over all resource types.
        ([], "GET") => session.list(&BOTH, &ListQuery::parse(&BOTH, query)?),
        ([], _) => Ok(not_allowed(method, "GET")),
        ([".search"] | ["Users" | "Groups", ".search"], "POST") => {
            session.list(kinds, &ListQuery::search(kinds, &incoming.body)?)
        }
        ([".search"] | ["Users" | "Groups", ".search"], _) => Ok(not_allowed(method, "POST")),
        (["Users" | "Groups"], _) => session.perform(&call(kinds[0], None)),
        (["Users" | "Groups", id], _) => session.perform(&call(kinds[0], Some(id))),
        (["Bulk"], "POST") => bulk::answer(session, &incoming.body),
        (["Bulk"], _) => Ok(not_allowed(method, "POST")),
        (["Me"], "GET" | "PUT" | "PATCH" | "DELETE") => {
            let id = session.tenant.subject(session.provider).ok_or_else(|| {
                ScimError::new(
                    404,
                    None,
                    "These are the credentials of a provisioning provider, and no user has its user name; name a user by its `id`.",
                    "NO_SUBJECT",
                )
            })?;
            let mut answer = session.perform(&call(ResourceKind::User, Some(&id.to_string())))?;
            // RFC 7644 §3.11: the permanent location in any response.
            answer.location = Some(format!("{}/Users/{id}", session.base_url));
            Ok(answer)
        }
        (["Me"], _) => Ok(not_allowed(method, "GET, PUT, PATCH, DELETE")),
        _ => Err(nothing_here(incoming.path())),
    }
}

fn nothing_here(path: &str) -> ScimError {
    ScimError::new(404, None, format!("There is nothing at `{path}`; SCIM is at `{ROOT}`."), "NOT_FOUND")
}

fn discover(
    shared: &Shared,
    incoming: &Incoming,
    method: &str,
    segments: &[&str],
) -> Result<Option<Answer>, ScimError> {
    let base_url = &shared.base_url;
    let behaviour = shared.lock().behaviour;
    let offer = discovery::Offer { users_only: !behaviour.nested_groups, no_roles: behaviour.ignore_roles };
    let schemas = || discovery::schemas(base_url, offer);
    let (documents, id) = match segments {
        ["ServiceProviderConfig"] => (None, None),
        ["ResourceTypes"] => (Some(discovery::resource_types(base_url)), None),
        ["ResourceTypes", id] => (Some(discovery::resource_types(base_url)), Some(*id)),
        ["Schemas"] => (Some(schemas()), None),
        ["Schemas", id] => (Some(schemas()), Some(*id)),
        _ => return Ok(None),
    };
    if method != "GET" {
        return Ok(Some(not_allowed(method, "GET")));
    }
    if incoming.query().is_some_and(|query| {
        query
            .split('&')
            .any(|pair| pair.split('=').next().is_some_and(|name| name.eq_ignore_ascii_case("filter")))
    }) {
        // RFC 7644 §4: filters on discovery are refused with 403.
        return Err(ScimError::new(403, None, "Discovery documents cannot be filtered.", "FORBIDDEN"));
    }
    let found: Value = match (documents, id) {
        (None, _) => discovery::service_provider_config(base_url),
        (Some(all), None) => {
            return Ok(Some(Answer::bytes(200, Page::whole(&all).to_json(), super::answer::SCIM_JSON)));
        }
        (Some(all), Some(id)) => all
            .into_iter()
            .find(|document| document["id"].as_str().is_some_and(|known| known.eq_ignore_ascii_case(id)))
            .ok_or_else(|| nothing_here(incoming.path()))?,
    };
    Ok(Some(Answer::scim(200, &found)))
}
