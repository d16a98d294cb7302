//! Requests on Users and Groups (RFC 7644 §3.3 to §3.6), whether they come alone or in a bulk request.

use super::answer::Answer;
use crate::reference::scim::{ListQuery, Projection, ResourceKind, ScimError, etag};
use crate::reference::tenant::{Id, Tenant};

/// One operation on a resource or on all of a type.
pub(super) struct Call<'a> {
    pub(super) method: &'a str,
    pub(super) kind: ResourceKind,
    pub(super) id: Option<&'a str>,
    pub(super) query: Option<&'a str>,
    pub(super) if_match: Option<&'a str>,
    pub(super) if_none_match: Option<&'a str>,
    pub(super) body: &'a [u8],
    /// Whether the answer shows the resource; an operation of a bulk request only says where it is.
    pub(super) shows: bool,
}

/// A provider at work on the tenant.
pub(super) struct Session<'a> {
    pub(super) tenant: &'a mut Tenant,
    pub(super) provider: Id,
    pub(super) base_url: &'a str,
}

/// What may be done to a type, and to one resource.
const COLLECTION: &str = "GET, POST";
const RESOURCE: &str = "GET, PUT, PATCH, DELETE";

pub(super) fn not_allowed(method: &str, allowed: &str) -> Answer {
    let error = ScimError::new(
        405,
        None,
        format!("{method} is not possible here; possible are {allowed}."),
        "METHOD_NOT_ALLOWED",
    );
    Answer::scim_error(&error).with("Allow", allowed)
}

impl Session<'_> {
    pub(super) fn perform(&mut self, call: &Call<'_>) -> Result<Answer, ScimError> {
        match (call.method, call.id) {
            ("GET", None) => self.list(&[call.kind], &ListQuery::parse(&[call.kind], call.query)?),
            ("POST", None) => self.create(call),
            (method, None) => Ok(not_allowed(method, COLLECTION)),
            ("GET", Some(id)) => self.read(call, id),
            ("PUT" | "PATCH" | "DELETE", Some(id)) => self.write(call, id),
            (method, Some(_)) => Ok(not_allowed(method, RESOURCE)),
        }
    }

    pub(super) fn list(&self, kinds: &[ResourceKind], query: &ListQuery) -> Result<Answer, ScimError> {
        let page = self.tenant.list(self.provider, kinds, query, self.base_url)?;
        Ok(Answer::bytes(200, page.to_json(), super::answer::SCIM_JSON))
    }

    fn create(&mut self, call: &Call<'_>) -> Result<Answer, ScimError> {
        // A projection that makes no sense is told before anything is made.
        let projection = Projection::parse(call.kind, call.query)?;
        let id = match call.kind {
            ResourceKind::User => self.tenant.create_user(self.provider, call.body)?,
            ResourceKind::Group => self.tenant.create_group(self.provider, call.body)?,
        };
        let answer = self.shown(201, call, id, &projection)?;
        Ok(answer.created_at(format!("{}{}/{id}", self.base_url, call.kind.endpoint())))
    }

    fn read(&self, call: &Call<'_>, id: &str) -> Result<Answer, ScimError> {
        let projection = Projection::parse(call.kind, call.query)?;
        let (id, etag) = self.tenant.seen(self.provider, call.kind, id)?;
        if call.if_none_match.is_some_and(|tags| etag::matches(tags, &etag)) {
            return Ok(Answer::tagged(304, etag));
        }
        self.shown(200, call, id, &projection)
    }

    fn write(&mut self, call: &Call<'_>, id: &str) -> Result<Answer, ScimError> {
        let projection = Projection::parse(call.kind, call.query)?;
        let id = match self.tenant.seen(self.provider, call.kind, id) {
            Ok((id, etag)) => {
                if call.if_match.is_some_and(|tags| !etag::matches(tags, &etag)) {
                    return Err(ScimError::new(
                        412,
                        None,
                        "The resource has changed since that version; read it again.",
                        "VERSION_MISMATCH",
                    ));
                }
                id
            }
            // A local user is invisible, yet an attempt on it is logged, so the domain answers.
            Err(error) => Id::parse(id).ok_or(error)?,
        };
        let (tenant, provider, body) = (&mut *self.tenant, self.provider, call.body);
        let mut members_only = false;
        match (call.kind, call.method) {
            (ResourceKind::User, "DELETE") => tenant.delete_user(provider, id)?,
            (ResourceKind::User, "PUT") => tenant.replace_user(provider, id, body)?,
            (ResourceKind::User, _) => tenant.patch_user(provider, id, body)?,
            (ResourceKind::Group, "DELETE") => tenant.delete_group(provider, id)?,
            (ResourceKind::Group, "PUT") => tenant.replace_group(provider, id, body)?,
            (ResourceKind::Group, _) => members_only = tenant.patch_group(provider, id, body)?,
        }
        if call.method == "DELETE" {
            return Ok(Answer::empty(204));
        }
        if members_only && projection.is_whole() {
            // RFC 7644 §3.5.2 allows it, and so the answer does not grow with the group.
            let (_, etag) = self.tenant.seen(self.provider, call.kind, &id.to_string())?;
            return Ok(Answer::tagged(204, etag));
        }
        self.shown(200, call, id, &projection)
    }

    fn shown(
        &self,
        status: u16,
        call: &Call<'_>,
        id: Id,
        projection: &Projection,
    ) -> Result<Answer, ScimError> {
        let kind = call.kind;
        if !call.shows {
            let (_, etag) = self.tenant.seen(self.provider, kind, &id.to_string())?;
            return Ok(Answer::tagged(status, etag));
        }
        let mut shown = self.tenant.resource(self.provider, kind, id, self.base_url)?;
        if !projection.is_whole() {
            let whole = serde_json::from_slice(&shown.body).unwrap_or_default();
            shown.body = serde_json::Value::Object(projection.apply(kind, &whole)).to_string().into_bytes();
        }
        Ok(Answer::resource(status, shown))
    }
}
