//! Named deliberate defects of single exchanges, as a layer in front of a service.
//!
//! A fault changes a request on its way in, or a response on its way out, or takes the exchange over. Faults are
//! taken from defects that were reported of real servers (`defects` has their numbers in the catalogue) and from
//! what the RFCs leave a server to get wrong; each changes what a *service* would get wrong, and knows nothing of who
//! asks. They compose: requests pass them in the order in which they were named.
//!
//! A file for each area (two for PATCH): that of the requirement which a fault trips first. A declaration stands above
//! its function, and what only that fault needs below it, so that they can be moved together.

mod auth;
mod bulk;
mod concurrency;
mod create;
mod cursor;
mod delete;
mod discovery;
mod error;
mod extension;
mod filter;
mod group;
mod lifecycle;
mod list;
mod me;
mod memory;
mod message;
mod negotiation;
mod okta;
mod paging;
mod patch;
mod patch_paths;
mod projection;
mod query;
mod read;
mod replace;
mod resource;
mod response;
mod search;
mod security;
mod sort;
pub(crate) mod support;
mod user;
mod values;
mod version;

use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::extract::{Request, State};
use axum::response::Response;
use http_body_util::BodyExt as _;
use serde_json::Value;
use tower::ServiceExt as _;

use memory::LayerMemory;
use message::ROOT;
pub(crate) use message::{FaultRequest, FaultResponse};

/// What is behind a fault: the faults that were named after it, and the service.
#[derive(Clone)]
pub(crate) struct Service {
    router: Router,
    /// Faults that take exchanges over, of which the first `passed` are in front.
    whole: Arc<[Whole]>,
    passed: usize,
}

impl Service {
    pub(crate) async fn send(&self, request: &FaultRequest) -> FaultResponse {
        if let Some(whole) = self.whole.get(self.passed) {
            let behind = Self { passed: self.passed + 1, ..self.clone() };
            return whole(request, &behind).await;
        }
        let sent = self.router.clone().oneshot(request.clone().into_http());
        FaultResponse::of_http(sent.await.unwrap_or_else(|never| match never {})).await
    }
}

/// A response that comes later.
pub(crate) type Responding<'a> = std::pin::Pin<Box<dyn Future<Output = FaultResponse> + Send + 'a>>;

type Whole = for<'a> fn(&'a FaultRequest, &'a Service) -> Responding<'a>;

/// What a fault does.
#[derive(Clone, Copy)]
pub(crate) enum Action {
    /// Changes the request.
    Change(fn(&mut FaultRequest)),
    /// Looks at the request; a response ends it there.
    Before(fn(&mut FaultRequest) -> Option<FaultResponse>),
    /// Changes the response.
    After(fn(&FaultRequest, &mut FaultResponse)),
    /// Takes the whole exchange over.
    Whole(Whole),
}

/// One deliberate defect.
#[derive(Clone, Copy)]
pub struct Fault {
    /// Stable name: that of its function, with hyphens.
    pub name: &'static str,
    /// What the service does wrong, in one sentence.
    pub title: &'static str,
    /// The requirements that it is meant to break; it may break others as well.
    pub trips: &'static [&'static str],
    /// Numbers in the catalogue of reported defects; none where the RFCs imply it.
    pub defects: &'static [&'static str],
    pub(crate) action: Action,
}

impl std::fmt::Debug for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fault").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Declares the function below as a fault: `Kind function: "Title.", trips ["slug"], defects ["D001"]`. The compiler
/// says so when a declared fault is not in the list of its file (`faults!`).
macro_rules! fault {
    ($kind:ident $name:ident: $title:literal, trips [$($slug:literal),+] $(, defects [$($defect:literal),+])?) => {
        mod $name {
            use $crate::faults::{Action, Fault, action, name};

            const LENGTH: usize = stringify!($name).len();
            const NAME: &[u8; LENGTH] = &name::with_hyphens(stringify!($name));
            pub(super) const FAULT: Fault = Fault {
                name: name::text(NAME),
                title: $title,
                trips: &[$($slug),+],
                defects: &[$($($defect),+)?],
                action: action!($kind super::$name),
            };
        }
    };
}
pub(crate) use fault;

macro_rules! action {
    (Whole $function:path) => {
        Action::Whole(|request, service| Box::pin($function(request, service)))
    };
    ($kind:ident $function:path) => {
        Action::$kind($function)
    };
}
pub(crate) use action;

/// Lists the faults of a file.
macro_rules! faults {
    ($($name:ident),+ $(,)?) => {
        /// The faults of this file.
        pub(crate) static ALL: &[$crate::faults::Fault] = &[$($name::FAULT),+];
    };
}
pub(crate) use faults;

pub(crate) mod name {
    //! From the name of a function to the name of a fault, when the program is compiled.

    pub(crate) const fn with_hyphens<const LENGTH: usize>(name: &str) -> [u8; LENGTH] {
        let (bytes, mut hyphened, mut at) = (name.as_bytes(), [0; LENGTH], 0);
        while at < LENGTH {
            hyphened[at] = if bytes[at] == b'_' { b'-' } else { bytes[at] };
            at += 1;
        }
        hyphened
    }

    pub(crate) const fn text(bytes: &[u8]) -> &str {
        match std::str::from_utf8(bytes) {
            Ok(text) => text,
            Err(_) => panic!("a function's name is UTF-8"),
        }
    }
}

/// Every fault.
#[must_use]
pub fn all() -> &'static [&'static Fault] {
    static ALL: LazyLock<Vec<&'static Fault>> = LazyLock::new(|| {
        let files: &[&'static [Fault]] = &[
            auth::ALL,
            bulk::ALL,
            concurrency::ALL,
            create::ALL,
            cursor::ALL,
            delete::ALL,
            discovery::ALL,
            error::ALL,
            extension::ALL,
            filter::ALL,
            group::ALL,
            lifecycle::ALL,
            list::ALL,
            me::ALL,
            negotiation::ALL,
            okta::ALL,
            paging::ALL,
            patch::ALL,
            patch_paths::ALL,
            projection::ALL,
            query::ALL,
            read::ALL,
            replace::ALL,
            resource::ALL,
            response::ALL,
            search::ALL,
            security::ALL,
            sort::ALL,
            user::ALL,
            values::ALL,
            version::ALL,
        ];
        files.iter().copied().flatten().collect()
    });
    &ALL
}

/// The fault of that name.
#[must_use]
pub fn by_name(name: &str) -> Option<&'static Fault> {
    all().iter().copied().find(|fault| fault.name == name)
}

/// Faults of single exchanges that the scenarios have to notice too: what was seen, or is likely, of the
/// service that the guide is about.
pub static ALSO_IN_SCENARIOS: &[&str] =
    &["group-replace-adds", "total-is-page-size", "filter-hides-inactive", "password-returned", "error-html"];

/// Requirements that no fault of a service in process can break, and where they are tested instead.
pub static UNTRIPPED: &[(&str, &str)] = &[(
    "response.answered",
    "the reference in process always answers; tests/it/check.rs examines a service that hangs up",
)];

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

/// Puts faults in front of a router; without any it is the router itself. Only requests below the SCIM base are
/// touched. What the faults remember is this layer's alone.
pub fn layer(router: Router, faults: Vec<&'static Fault>) -> Router {
    if faults.is_empty() {
        return router;
    }
    let whole = faults.iter().filter_map(|fault| match fault.action {
        Action::Whole(whole) => Some(whole),
        _ => None,
    });
    let service = Service { router, whole: whole.collect(), passed: 0 };
    let layer = Layer { service, faults: faults.into(), memory: LayerMemory::default() };
    Router::new().fallback(handle).with_state(layer)
}

#[derive(Clone)]
struct Layer {
    service: Service,
    faults: Arc<[&'static Fault]>,
    memory: LayerMemory,
}

async fn handle(State(layer): State<Layer>, request: Request) -> Response {
    let below = request.uri().path().strip_prefix(ROOT).unwrap_or_default();
    let (version, path) = below.split_at(below.find('/').unwrap_or(below.len()));
    if version.strip_prefix('v').is_none_or(|digits| digits.parse::<u32>().is_err()) {
        return layer.service.router.oneshot(request).await.unwrap_or_else(|never| match never {});
    }
    let (version, path) = (version.to_owned(), path.to_owned());
    let (parts, body) = request.into_parts();
    let raw = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let mut request = FaultRequest {
        method: parts.method.to_string(),
        version,
        path,
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: parts.headers,
        body: serde_json::from_slice(&raw).ok().filter(Value::is_object),
        raw,
        memory: layer.memory,
    };
    let before = layer.faults.iter().find_map(|fault| match fault.action {
        Action::Change(change) => {
            change(&mut request);
            None
        }
        Action::Before(before) => before(&mut request),
        Action::After(_) | Action::Whole(_) => None,
    });
    let mut response = match before {
        Some(response) => response,
        None => layer.service.send(&request).await,
    };
    for fault in layer.faults.iter() {
        if let Action::After(change) = fault.action {
            change(&request, &mut response);
        }
    }
    response.into_http()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use axum::body::Body;
    use serde_json::json;

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

    /// `totalResults` of a list of users behind the fault that counts them once.
    async fn total(layer: &Router) -> Value {
        let request = Request::get("/scim/v2/Users").body(Body::empty()).unwrap();
        FaultResponse::of_http(layer.clone().oneshot(request).await.unwrap()).await.content()["totalResults"]
            .clone()
    }

    fn counts_once(total: u32) -> Router {
        let list = move || async move { json!({"totalResults": total, "Resources": []}).to_string() };
        layer(Router::new().fallback(list), vec![by_name("total-stands-still").unwrap()])
    }

    #[tokio::test]
    async fn what_a_fault_remembers_is_its_layers_alone() {
        let (one, other) = (counts_once(3), counts_once(8));
        assert_eq!((total(&one).await, total(&other).await), (json!(3), json!(8)));
        assert_eq!((total(&one).await, total(&other).await), (json!(3), json!(8)));
    }

    #[tokio::test]
    async fn whole_faults_compose() {
        let echo = |request: Request| async move { request.uri().to_string() };
        let both = ["filter-wildcards", "paging-floored"].map(|name| by_name(name).unwrap());
        let asked = "/scim/v2/Users?startIndex=4&count=3&filter=userName%20eq%20%22a_b%22";
        let request = Request::get(asked).body(Body::empty()).unwrap();
        let response = layer(Router::new().fallback(echo), both.to_vec()).oneshot(request).await.unwrap();
        let sent = String::from_utf8(FaultResponse::of_http(response).await.raw.to_vec()).unwrap();
        assert!(sent.contains("startIndex=4"), "{sent}");
        assert!(sent.contains("sw%20%22a%22"), "{sent}");
    }
}
