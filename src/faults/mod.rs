//! Named deliberate defects of single exchanges, as a layer in front of a service.
//!
//! A fault changes a request on its way in, or a response on its way out, or takes the exchange over. Faults are
//! taken from defects that were reported of real servers (`defects` has their numbers in the catalogue) and from
//! what the RFCs leave a server to get wrong; each changes what a *service* would get wrong, and knows nothing of who
//! asks. They compose: requests pass them in the order in which they were named.
//!
//! Each fault is a function under its declaration, in the area of the requirement that it trips first
//! (`checks/rules/<area>/faults.rs`); what several use is in `support`.

mod memory;
mod message;
pub(crate) mod support;

use std::sync::Arc;

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
