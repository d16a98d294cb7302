//! What the cases of the areas are written with: exchanges on one line each, and the resources in them. Taken from
//! the examples of RFC 7643 and RFC 7644.

use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};

use crate::exchange::{Exchange, Request, Response, TransportError};

/// A conversation, and what it breaks.
pub(in crate::checks) struct Case {
    pub(in crate::checks) name: &'static str,
    /// The slugs of all requirements that it breaks.
    pub(in crate::checks) breaks: Vec<&'static str>,
    /// Whether it is one of a check, where a few rules more hold.
    pub(in crate::checks) during_check: bool,
    pub(in crate::checks) lines: Vec<Line>,
}

impl Case {
    /// The same conversation during a check.
    pub(in crate::checks) fn during_check(self) -> Self {
        Self { during_check: true, ..self }
    }
}

/// A conversation that breaks just these requirements; their slugs are separated by blanks.
pub(in crate::checks) fn breaks(slugs: &'static str, lines: Vec<Line>) -> Case {
    Case { name: slugs, breaks: slugs.split(' ').collect(), during_check: false, lines }
}

/// A conversation that a rule of the area looks at and that breaks nothing.
pub(in crate::checks) fn keeps(name: &'static str, lines: Vec<Line>) -> Case {
    Case { name, breaks: Vec::new(), during_check: false, lines }
}

pub(in crate::checks) const BASE: &str = "https://example.com/v2";
pub(in crate::checks) const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
pub(in crate::checks) const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
pub(in crate::checks) const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
pub(in crate::checks) const LIST: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";
pub(in crate::checks) const ERROR: &str = "urn:ietf:params:scim:api:messages:2.0:Error";
pub(in crate::checks) const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// One exchange: request line and body, status, extra header fields, body.
pub(in crate::checks) struct Line {
    method: &'static str,
    path: String,
    sent: Option<Value>,
    status: u16,
    headers: Vec<(String, String)>,
    body: Option<String>,
    /// Whether no answer came.
    lost: bool,
}

pub(in crate::checks) fn line(
    method: &'static str,
    path: &str,
    sent: Option<Value>,
    status: u16,
    body: Option<Value>,
) -> Line {
    Line {
        method,
        path: path.into(),
        sent,
        status,
        headers: vec![],
        body: body.map(|body| body.to_string()),
        lost: false,
    }
}

pub(in crate::checks) fn get(path: &str, body: Value) -> Line {
    line("GET", path, None, 200, Some(body))
}

impl Line {
    pub(in crate::checks) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    pub(in crate::checks) fn exchange(self) -> Exchange {
        let mut headers = self.headers;
        let typed = headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type"));
        if self.body.is_some() && !typed {
            headers.push(("content-type".into(), "application/scim+json;charset=UTF-8".into()));
        }
        Exchange {
            request: Request {
                method: self.method.into(),
                url: format!("{BASE}{}", self.path),
                headers: vec![("Authorization".into(), "Bearer secret-token".into())],
                body: self.sent.map(|sent| Bytes::from(sent.to_string())),
            },
            outcome: if self.lost {
                Err(TransportError::Timeout { authority: "example.com:443".into(), seconds: 60 })
            } else {
                let body = self.body.map(Bytes::from).unwrap_or_default();
                Ok(Response { status: self.status, reason: String::new(), headers, body })
            },
            duration: Duration::ZERO,
        }
    }
}

pub(in crate::checks) fn with(mut value: Value, pointer: &str, new: Value) -> Value {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    value.pointer_mut(parent).unwrap()[key] = new;
    value
}

pub(in crate::checks) fn without(mut value: Value, pointer: &str) -> Value {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    value.pointer_mut(parent).unwrap().as_object_mut().unwrap().shift_remove(key);
    value
}

/// RFC 7644 §3.3, the answer to the creation.
pub(in crate::checks) fn user() -> Value {
    json!({
        "schemas": [USER], "id": "2819c223-7f76-453a-919d-413861904646", "externalId": "bjensen",
        "meta": {
            "resourceType": "User", "created": "2011-08-01T21:32:44.882Z", "lastModified": "2011-08-01T21:32:44.882Z",
            "location": "https://example.com/v2/Users/2819c223-7f76-453a-919d-413861904646", "version": "W/\"e180ee84f0671b1\""
        },
        "name": { "formatted": "Ms. Barbara J Jensen III", "familyName": "Jensen", "givenName": "Barbara" },
        "userName": "bjensen", "active": true,
        "emails": [{ "value": "b@example.com", "type": "work", "primary": true }, { "value": "b@example.com", "type": "home" }]
    })
}

pub(in crate::checks) const ONE: &str = "/Users/2819c223-7f76-453a-919d-413861904646";

pub(in crate::checks) fn group(members: &[&str]) -> Value {
    json!({
        "schemas": [GROUP], "id": "g1", "displayName": "Tour Guides",
        "members": members.iter().map(|id| json!({ "value": id })).collect::<Vec<_>>(),
        "meta": { "resourceType": "Group", "location": "https://example.com/v2/Groups/g1" }
    })
}

pub(in crate::checks) fn list(resources: Vec<Value>) -> Value {
    json!({
        "schemas": [LIST], "totalResults": resources.len(), "startIndex": 1, "itemsPerPage": resources.len(),
        "Resources": resources
    })
}

pub(in crate::checks) fn created(body: Value) -> Line {
    line("POST", "/Users", Some(json!({ "schemas": [USER], "userName": "bjensen" })), 201, Some(body))
        .header("Location", "https://example.com/v2/Users/2819c223-7f76-453a-919d-413861904646")
}

pub(in crate::checks) fn deactivate(status: u16, body: Option<Value>) -> Line {
    let sent =
        json!({ "schemas": [PATCH], "Operations": [{ "op": "replace", "value": { "active": false } }] });
    line("PATCH", ONE, Some(sent), status, body)
}

pub(in crate::checks) fn error(status: u16, body: Value) -> Line {
    line("GET", "/Users/404", None, status, Some(body))
}

pub(in crate::checks) fn not_found() -> Value {
    json!({ "schemas": [ERROR], "detail": "Resource 404 not found", "status": "404" })
}

pub(in crate::checks) const LOOKUP: &str =
    "/Users?filter=userName%20eq%20%22bjensen%22&startIndex=1&count=100";

pub(in crate::checks) fn config() -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
        "patch": { "supported": true }, "bulk": { "supported": false, "maxOperations": 0, "maxPayloadSize": 0 },
        "filter": { "supported": true, "maxResults": 200 }, "changePassword": { "supported": false },
        "sort": { "supported": false }, "etag": { "supported": false },
        "authenticationSchemes": [{ "type": "oauthbearertoken", "name": "OAuth", "description": "Bearer" }]
    })
}

pub(in crate::checks) fn members_patch(status: u16, body: Option<Value>) -> Line {
    let sent = json!({ "schemas": [PATCH], "Operations": [
        { "op": "remove", "path": "members[value eq \"a\"]" },
        { "op": "add", "path": "members", "value": [{ "value": "c", "display": "C" }] }
    ] });
    line("PATCH", "/Groups/g1", Some(sent), status, body)
}

impl Line {
    pub(in crate::checks) fn body_text(mut self, text: &str) -> Self {
        self.body = Some(text.into());
        self
    }

    /// The same request, and no answer.
    pub(in crate::checks) fn lost(mut self) -> Self {
        self.lost = true;
        self
    }

    pub(in crate::checks) fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(known, _)| known != name);
        self.header(name, value)
    }
}

pub(in crate::checks) fn second_user() -> Line {
    let mut second = with(user(), "/id", json!("second"));
    second = with(second, "/meta/location", json!("https://example.com/v2/Users/second"));
    line("POST", "/Users", Some(json!({ "userName": "bjensen" })), 201, Some(second))
        .header("Location", "https://example.com/v2/Users/second")
}
