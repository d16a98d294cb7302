//! The SCIM routes (RFC 7644 §3 and §4).

use serde_json::{Value, json};

use super::answer::Answer;
use super::{Incoming, Shared, provider_of};
use crate::reference::scim::{
    ListQuery, Object, Projection, ResourceKind, ScimError, discovery, etag, list_response,
};
use crate::reference::tenant::{Id, Tenant};

const ROOT: &str = "/scim/v2";

/// Answers one request below `/scim/v2`; anything else is not there.
pub(super) fn answer(shared: &Shared, incoming: &Incoming) -> Answer {
    match route(shared, incoming) {
        Ok(answer) => answer,
        Err(error) => {
            let answer = Answer::scim_error(&error);
            match error.status {
                401 => answer.with("WWW-Authenticate", "Basic realm=\"SCIM\""),
                _ => answer,
            }
        }
    }
}

fn route(shared: &Shared, incoming: &Incoming) -> Result<Answer, ScimError> {
    let below = incoming.path.strip_prefix(ROOT).filter(|rest| rest.is_empty() || rest.starts_with('/'));
    let Some(below) = below else { return Err(nothing_here(&incoming.path)) };
    let base_url = shared.base_url();
    let segments: Vec<String> = below
        .split('/')
        .filter(|segment| !segment.is_empty())
        // A `+` in a path is itself.
        .map(|segment| crate::reference::scim::decode(&segment.replace('+', "%2B")))
        .collect();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    // Discovery answers without credentials (RFC 7644 §4).
    if let Some(answer) = discover(&base_url, incoming, &segments)? {
        return Ok(answer);
    }
    let mut tenant = shared.lock();
    let provider = provider_of(&tenant, incoming).ok_or_else(|| {
        ScimError::new(
            401,
            None,
            "The credentials are missing or wrong; use those that the console showed for the provider.",
            "AUTH_FAILED",
        )
    })?;
    let (kind, rest) = match segments.split_first() {
        Some((&"Users", rest)) => (ResourceKind::User, rest),
        Some((&"Groups", rest)) => (ResourceKind::Group, rest),
        _ => return Err(nothing_here(&incoming.path)),
    };
    tenant.begin_request();
    let request = ResourceRequest { tenant: &mut tenant, provider, kind, base_url: &base_url, incoming };
    let answer = match rest {
        [] => request.collection(),
        [id] => request.one(id),
        _ => Err(nothing_here(&incoming.path)),
    };
    tenant.end_request();
    answer
}

fn nothing_here(path: &str) -> ScimError {
    ScimError::new(404, None, format!("There is nothing at `{path}`; SCIM is at `{ROOT}`."), "NOT_FOUND")
}

fn not_allowed(incoming: &Incoming, allowed: &str) -> Answer {
    let error = ScimError::new(
        405,
        None,
        format!("{} is not possible here; possible are {allowed}.", incoming.method),
        "METHOD_NOT_ALLOWED",
    );
    Answer::scim_error(&error).with("Allow", allowed)
}

fn discover(base_url: &str, incoming: &Incoming, segments: &[&str]) -> Result<Option<Answer>, ScimError> {
    let (documents, id) = match segments {
        ["ServiceProviderConfig"] => (None, None),
        ["ResourceTypes"] => (Some(discovery::resource_types(base_url)), None),
        ["ResourceTypes", id] => (Some(discovery::resource_types(base_url)), Some(*id)),
        ["Schemas"] => (Some(discovery::schemas(base_url)), None),
        ["Schemas", id] => (Some(discovery::schemas(base_url)), Some(*id)),
        _ => return Ok(None),
    };
    if incoming.method != "GET" {
        return Ok(Some(not_allowed(incoming, "GET")));
    }
    if incoming.query.as_deref().is_some_and(|query| query.to_ascii_lowercase().contains("filter=")) {
        // RFC 7644 §4: filters on discovery are refused with 403.
        return Err(ScimError::new(403, None, "Discovery documents cannot be filtered.", "FORBIDDEN"));
    }
    let body = match (documents, id) {
        (None, _) => discovery::service_provider_config(base_url),
        (Some(all), None) => {
            let total = all.len();
            list_response(all, total, 1)
        }
        (Some(all), Some(id)) => all
            .into_iter()
            .find(|document| document["id"].as_str().is_some_and(|known| known.eq_ignore_ascii_case(id)))
            .ok_or_else(|| nothing_here(&incoming.path))?,
    };
    Ok(Some(Answer::scim(200, body)))
}

struct ResourceRequest<'a> {
    tenant: &'a mut Tenant,
    provider: Id,
    kind: ResourceKind,
    base_url: &'a str,
    incoming: &'a Incoming,
}

impl ResourceRequest<'_> {
    fn collection(self) -> Result<Answer, ScimError> {
        match self.incoming.method.as_str() {
            "GET" => self.list(),
            "POST" => {
                self.json_body()?;
                let body = &self.incoming.body;
                let id = match self.kind {
                    ResourceKind::User => self.tenant.create_user(self.provider, body)?,
                    ResourceKind::Group => self.tenant.create_group(self.provider, body)?,
                };
                let (_, resource) = self.read(&id.to_string())?;
                let location = resource["meta"]["location"].as_str().unwrap_or_default().to_owned();
                Ok(self.shown(201, &resource)?.with("Location", location))
            }
            _ => Ok(not_allowed(self.incoming, "GET, POST")),
        }
    }

    fn one(self, id: &str) -> Result<Answer, ScimError> {
        let method = self.incoming.method.as_str();
        if !["GET", "PUT", "PATCH", "DELETE"].contains(&method) {
            return Ok(not_allowed(self.incoming, "GET, PUT, PATCH, DELETE"));
        }
        let seen = self.read(id);
        if method == "GET" {
            let (_, resource) = seen?;
            let tags = self.incoming.header("if-none-match");
            if tags.is_some_and(|tags| etag::matches(tags, version(&resource))) {
                return Ok(Answer::empty(304).with("ETag", version(&resource)));
            }
            return self.shown(200, &resource);
        }
        // A local user is invisible, yet an attempt on it is logged, so the domain answers.
        let key = match &seen {
            Ok((key, resource)) => {
                let tags = self.incoming.header("if-match");
                if tags.is_some_and(|tags| !etag::matches(tags, version(resource))) {
                    return Err(ScimError::new(
                        412,
                        None,
                        "The resource has changed since that version; read it again.",
                        "VERSION_MISMATCH",
                    ));
                }
                *key
            }
            Err(error) => Id::parse(id).ok_or_else(|| error.clone())?,
        };
        let body = &self.incoming.body;
        match (self.kind, method) {
            (ResourceKind::User, "DELETE") => {
                self.tenant.delete_user(self.provider, key)?;
                return Ok(Answer::empty(204));
            }
            (ResourceKind::Group, "DELETE") => {
                self.tenant.delete_group(self.provider, key)?;
                return Ok(Answer::empty(204));
            }
            _ => self.json_body()?,
        }
        match (self.kind, method) {
            (ResourceKind::User, "PUT") => self.tenant.replace_user(self.provider, key, body)?,
            (ResourceKind::User, _) => self.tenant.patch_user(self.provider, key, body)?,
            (ResourceKind::Group, "PUT") => self.tenant.replace_group(self.provider, key, body)?,
            (ResourceKind::Group, _) => self.tenant.patch_group(self.provider, key, body)?,
        }
        let (_, resource) = self.read(id)?;
        self.shown(200, &resource)
    }

    fn list(&self) -> Result<Answer, ScimError> {
        let query = ListQuery::parse(self.kind, self.incoming.query.as_deref())?;
        let skip = usize::try_from(query.start_index - 1).unwrap_or(usize::MAX);
        let count = usize::try_from(query.count).unwrap_or(usize::MAX);
        let filter = query.filter.as_ref();
        let (page, total) = match self.kind {
            ResourceKind::User => self.tenant.list_users(self.provider, filter, skip, count, self.base_url),
            ResourceKind::Group => self.tenant.list_groups(self.provider, filter, skip, count, self.base_url),
        };
        let page: Vec<Value> =
            page.iter().map(|resource| Value::Object(query.projection.apply(self.kind, resource))).collect();
        Ok(Answer::scim(200, list_response(page, total, query.start_index)))
    }

    fn read(&self, id: &str) -> Result<(Id, Object), ScimError> {
        match self.kind {
            ResourceKind::User => self.tenant.user_resource(self.provider, id, self.base_url),
            ResourceKind::Group => self.tenant.group_resource(self.provider, id, self.base_url),
        }
    }

    fn shown(&self, status: u16, resource: &Object) -> Result<Answer, ScimError> {
        let projection = Projection::parse(self.kind, self.incoming.query.as_deref())?;
        let body = projection.apply(self.kind, resource);
        Ok(Answer::scim(status, json!(body)).with("ETag", version(resource)))
    }

    /// JSON in any of its names and with any parameters; a body without a type is taken for JSON.
    fn json_body(&self) -> Result<(), ScimError> {
        let Some(kind) = self.incoming.header("content-type") else { return Ok(()) };
        let essence = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        if essence == "application/scim+json" || essence == "application/json" {
            return Ok(());
        }
        Err(ScimError::new(
            415,
            None,
            format!("The body is `{essence}`; send application/scim+json or application/json."),
            "UNSUPPORTED_MEDIA_TYPE",
        ))
    }
}

fn version(resource: &Object) -> &str {
    resource.get("meta").and_then(|meta| meta.get("version")?.as_str()).unwrap_or_default()
}
