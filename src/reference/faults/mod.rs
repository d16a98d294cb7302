//! Named deliberate defects, as a layer in front of the routes. The server itself holds none.
//!
//! A fault changes a request on its way in, or an answer on its way out, or answers itself. Faults are
//! taken from defects that were reported of real servers (`defect` has their numbers in the catalogue)
//! and from what the RFCs leave a server to get wrong. They compose: each acts in the order in which it
//! was named.

mod aftermath;
mod answers;
mod depths;
mod domain;
mod forms;
mod lists;
mod memory;
mod messages;
mod writes;

use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, Uri};
use axum::response::Response;
use http_body_util::BodyExt as _;
use serde_json::Value;
use tower::ServiceExt as _;

pub use domain::{SERVICE, ServiceFault, service_layer};

/// Where SCIM begins below the origin.
const BASE: &str = "/scim/v2";
/// The same without the protocol version.
const ROOT: &str = "/scim/";

/// A request as faults see it.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) method: String,
    /// The protocol version in the path, e.g. `v2`.
    pub(super) version: String,
    /// Below the SCIM base, e.g. `/Users/7`.
    pub(super) path: String,
    /// The raw query.
    pub(super) query: String,
    pub(super) headers: axum::http::HeaderMap,
    pub(super) raw: Bytes,
    /// The body, when it is a JSON object.
    pub(super) body: Option<Value>,
}

impl Asked {
    pub(super) fn is(&self, method: &str) -> bool {
        self.method == method
    }

    /// `/Users` or anything below.
    pub(super) fn users(&self) -> bool {
        self.path == "/Users" || self.path.starts_with("/Users/")
    }

    /// `/Groups` or anything below.
    pub(super) fn groups(&self) -> bool {
        self.path == "/Groups" || self.path.starts_with("/Groups/")
    }

    /// One resource rather than a list.
    pub(super) fn one(&self) -> bool {
        (self.users() || self.groups())
            && self.path.matches('/').count() == 2
            && !self.path.ends_with("/.search")
    }

    /// A list of users or groups.
    pub(super) fn list(&self) -> bool {
        self.is("GET") && (self.path == "/Users" || self.path == "/Groups")
    }

    /// A query parameter, decoded.
    pub(super) fn parameter(&self, name: &str) -> Option<String> {
        self.query.split('&').find_map(|pair| {
            let (key, value) = pair.split_once('=')?;
            key.eq_ignore_ascii_case(name).then(|| crate::exchange::percent_decode(&value.replace('+', " ")))
        })
    }

    /// Sets a query parameter, or takes it away.
    pub(super) fn set(&mut self, name: &str, value: Option<&str>) {
        let mut pairs: Vec<String> = self
            .query
            .split('&')
            .filter(|pair| {
                !pair.is_empty() && !pair.split('=').next().is_some_and(|key| key.eq_ignore_ascii_case(name))
            })
            .map(str::to_owned)
            .collect();
        pairs.extend(value.map(|value| format!("{name}={}", crate::exchange::percent_encode(value))));
        self.query = pairs.join("&");
    }

    /// Every operation of a PATCH.
    pub(super) fn operations(&mut self) -> impl Iterator<Item = &mut Value> {
        let patch = self.method == "PATCH";
        self.body
            .as_mut()
            .filter(|_| patch)
            .and_then(|body| body.get_mut("Operations")?.as_array_mut())
            .into_iter()
            .flatten()
    }
}

/// An answer as faults see it.
#[derive(Debug, Clone)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) headers: axum::http::HeaderMap,
    pub(super) raw: Bytes,
    /// The body, when it is JSON; written out again when a fault changed it.
    pub(super) body: Option<Value>,
    /// What the service tells whoever logs the answer.
    pub(super) extensions: axum::http::Extensions,
}

impl Reply {
    /// A SCIM error.
    pub(super) fn error(status: u16, scim_type: Option<&str>, detail: &str) -> Self {
        let mut body = serde_json::json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
            "status": status.to_string(),
            "detail": detail,
        });
        if let Some(scim_type) = scim_type {
            body["scimType"] = scim_type.into();
        }
        let mut headers = axum::http::HeaderMap::new();
        headers.insert("content-type", HeaderValue::from_static("application/scim+json"));
        let extensions = axum::http::Extensions::new();
        Self { status, headers, raw: Bytes::new(), body: Some(body), extensions }
    }

    pub(super) fn ok(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// Acts on the resource of the answer, or on every resource of its list.
    pub(super) fn each(&mut self, mut act: impl FnMut(&mut Value)) {
        let Some(body) = self.body.as_mut() else { return };
        if body.get("Resources").is_some() || body.get("totalResults").is_some() {
            body.get_mut("Resources").and_then(Value::as_array_mut).into_iter().flatten().for_each(act);
        } else if body.get("id").is_some() {
            act(body);
        }
    }
}

/// How the inner service is asked, for faults that ask more than once.
#[derive(Clone)]
pub(super) struct Inner {
    router: Router,
}

impl Inner {
    pub(super) async fn ask(&self, asked: &Asked) -> Reply {
        let mut uri = format!("{ROOT}{}{}", asked.version, asked.path);
        if !asked.query.is_empty() {
            uri.push('?');
            uri.push_str(&asked.query);
        }
        let body =
            asked.body.as_ref().map_or_else(|| asked.raw.clone(), |body| Bytes::from(body.to_string()));
        let mut request = Request::new(Body::from(body));
        *request.method_mut() = asked.method.parse().unwrap_or_default();
        *request.uri_mut() = uri.parse().unwrap_or_else(|_| Uri::from_static("/"));
        *request.headers_mut() = asked.headers.clone();
        request.headers_mut().remove("content-length");
        reply(self.router.clone().oneshot(request).await.unwrap_or_else(|never| match never {})).await
    }
}

async fn reply(response: Response) -> Reply {
    let (parts, body) = response.into_parts();
    let raw = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let body = serde_json::from_slice(&raw).ok();
    let (status, headers, extensions) = (parts.status.as_u16(), parts.headers, parts.extensions);
    Reply { status, headers, raw, body, extensions }
}

/// A future of an answer.
pub(super) type Answering<'a> = std::pin::Pin<Box<dyn Future<Output = Reply> + Send + 'a>>;

/// What a fault does.
#[derive(Clone, Copy)]
pub(super) enum Act {
    /// Changes the request; an answer ends it there.
    Before(fn(&mut Asked) -> Option<Reply>),
    /// Changes the answer.
    After(fn(&Asked, &mut Reply)),
    /// Takes the whole exchange over where it gives a future.
    Whole(for<'a> fn(&'a Asked, &'a Inner) -> Option<Answering<'a>>),
}

/// One deliberate defect.
#[derive(Clone, Copy)]
pub struct Fault {
    /// Stable name.
    pub name: &'static str,
    /// What the service does wrong, in one sentence.
    pub title: &'static str,
    /// Numbers in the catalogue of reported defects; none where the RFCs imply it.
    pub defects: &'static [&'static str],
    act: Act,
}

impl std::fmt::Debug for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fault").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Declares faults: `"name", "title", [defects], Before|After|Whole(function);`
macro_rules! faults {
    ($($name:literal, $title:literal, [$($defect:literal),*], $kind:ident($act:expr);)*) => {
        /// The faults of this file.
        pub(super) static ALL: &[$crate::reference::faults::Fault] = &[$($crate::reference::faults::Fault {
            name: $name,
            title: $title,
            defects: &[$($defect),*],
            act: $crate::reference::faults::Act::$kind($act),
        }),*];
    };
}
pub(super) use faults;

/// Every fault.
#[must_use]
pub fn all() -> &'static [&'static Fault] {
    static ALL: LazyLock<Vec<&'static Fault>> = LazyLock::new(|| {
        [
            messages::ALL,
            answers::ALL,
            lists::ALL,
            writes::ALL,
            memory::ALL,
            forms::ALL,
            depths::ALL,
            aftermath::ALL,
        ]
        .into_iter()
        .flatten()
        .collect()
    });
    &ALL
}

/// The fault of that name.
#[must_use]
pub fn by_name(name: &str) -> Option<&'static Fault> {
    all().iter().copied().find(|fault| fault.name == name)
}

/// Faults of single exchanges that the scenarios have to notice too: what was seen, or is likely, of the
/// service that the guide is about (code42-service §8).
pub static ALSO_IN_SCENARIOS: &[&str] =
    &["group-replace-adds", "total-is-page-size", "filter-hides-inactive", "password-returned", "error-html"];

/// Defects of the catalogue that no fault can show, with the reason.
pub static UNSHOWN: &[(&str, &str)] = &[
    ("D033", "it takes a record that was spoiled behind the service's back"),
    ("D153", "a deadlock comes by chance; the probe of parallel deletions looks for it"),
    ("D155", "how long a request may take depends on the machine; nothing about it is asserted"),
    ("D157", "a rate limit is legal, and is waited out"),
    ("D163", "it takes a second tenant with an account of its own for the same address"),
    ("D164", "what another tenant holds cannot be told from one tenant"),
    ("D165", "it takes the token of an ordinary user, which only the vendor can give"),
    ("D166", "whether a password signs in is not visible over SCIM"),
    ("D169", "keys and sessions are not visible over SCIM"),
    ("D170", "who is the last administrator is not visible over SCIM"),
    ("D172", "what a role allows is not visible over SCIM"),
];

#[derive(Clone)]
struct Layer {
    inner: Inner,
    faults: Arc<Vec<&'static Fault>>,
}

/// Puts faults in front of a router; without any it is the router itself. Only requests below the SCIM
/// base are touched.
pub fn layer(router: Router, faults: Vec<&'static Fault>) -> Router {
    if faults.is_empty() {
        return router;
    }
    let layer = Layer { inner: Inner { router }, faults: Arc::new(faults) };
    Router::new().fallback(handle).with_state(layer)
}

async fn handle(State(layer): State<Layer>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let below = parts.uri.path().strip_prefix(ROOT).unwrap_or_default();
    let (version, path) = below.split_at(below.find('/').unwrap_or(below.len()));
    let (version, path) = (version.to_owned(), path.to_owned());
    let numbered = version.strip_prefix('v').is_some_and(|digits| digits.parse::<u32>().is_ok());
    if !numbered {
        let request = Request::from_parts(parts, body);
        return layer.inner.router.oneshot(request).await.unwrap_or_else(|never| match never {});
    }
    let raw = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let mut asked = Asked {
        method: parts.method.to_string(),
        version,
        path,
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: parts.headers,
        body: serde_json::from_slice(&raw).ok().filter(Value::is_object),
        raw,
    };
    let mut done = None;
    for fault in layer.faults.iter() {
        if let Act::Before(act) = fault.act
            && let Some(reply) = act(&mut asked)
        {
            done = Some(reply);
            break;
        }
    }
    if done.is_none() {
        for fault in layer.faults.iter() {
            if let Act::Whole(act) = fault.act
                && let Some(answering) = act(&asked, &layer.inner)
            {
                done = Some(answering.await);
                break;
            }
        }
    }
    let mut reply = match done {
        Some(reply) => reply,
        None => layer.inner.ask(&asked).await,
    };
    for fault in layer.faults.iter() {
        if let Act::After(act) = fault.act {
            act(&asked, &mut reply);
        }
    }
    written(reply)
}

fn written(reply: Reply) -> Response {
    let bytes = reply.body.map_or(reply.raw, |body| Bytes::from(body.to_string()));
    let mut response = Response::new(Body::from(bytes));
    *response.status_mut() = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    *response.headers_mut() = reply.headers;
    *response.extensions_mut() = reply.extensions;
    response.headers_mut().remove(HeaderName::from_static("content-length"));
    response
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_unique_and_a_defect_is_shown_or_has_a_reason_but_not_both() {
        let mut names = BTreeSet::new();
        let mut shown: BTreeSet<&str> = BTreeSet::new();
        for fault in all() {
            assert!(names.insert(fault.name), "{} twice", fault.name);
            assert!(fault.title.ends_with('.'), "{}", fault.name);
            shown.extend(fault.defects);
        }
        for (defect, _) in UNSHOWN {
            assert!(!shown.contains(defect), "{defect} is shown and has a reason why it cannot be");
        }
        assert!(names.len() >= 150, "only {} faults", names.len());
    }
}
