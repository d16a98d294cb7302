//! The API over HTTP: the token, paths and bodies, and answers. [`Org`] is what serves it.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use http::StatusCode;
use http::header::{CONTENT_TYPE, HeaderValue};
use indexmap::IndexMap;
use serde_json::Value;
use subtle::ConstantTimeEq as _;
use tokio::sync::Mutex;

use super::request::OrgRequest;
use super::response::{OrgError, OrgResponse};
use super::state::{Now, OrgOptions, OrgState};
use crate::exchange::percent_decode;
use crate::serving::{Peer, Throttle};

/// No body of Okta's API is larger.
const LARGEST: usize = 1 << 20;

fn router(org: Org) -> axum::Router {
    axum::Router::new()
        .route("/api/v1", axum::routing::any(serve))
        .route("/api/v1/{*rest}", axum::routing::any(serve))
        .with_state(org)
}

async fn serve(State(org): State<Org>, request: Request) -> Response {
    // Nobody else waits while a body comes.
    let request = match admitted(&org, &request) {
        Ok(()) => read(request).await,
        Err(error) => Err(error),
    };
    let (error_id, outcome) = {
        let mut inner = org.inner.lock().await;
        let error_id = inner.identifier("oae");
        let outcome = match request {
            Ok(request) => answer(&mut inner, &request).await,
            Err(error) => Err(error),
        };
        (error_id, outcome)
    };
    let mut wait = None;
    let (status, body, links) = match outcome {
        Ok(OrgResponse { status, body, links }) => (status, body, links),
        Err(error) => {
            wait = error.wait;
            (error.status, Some(error.json(&error_id)), Vec::new())
        }
    };
    let mut response = Response::builder().status(status).header("X-Okta-Request-Id", error_id);
    if let Some(seconds) = wait {
        response = response.header("Retry-After", seconds);
    }
    for link in links {
        response = response.header("Link", link);
    }
    if body.is_some() {
        response = response.header("Content-Type", "application/json");
    }
    let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
    // Every part was written just above, but for links, whose texts are percent-encoded.
    response.body(body).unwrap_or_default()
}

/// What a request is answered that is for no route because its head is wrong.
#[must_use]
pub fn bad_request(why: &str) -> Response {
    let error = OrgError::plain(why);
    let mut response = Response::new(Body::from(error.json("").to_string()));
    *response.status_mut() = StatusCode::BAD_REQUEST;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// Whether the request has the API token. Whoever fails a few times has to wait.
fn admitted(org: &Org, request: &Request) -> Result<(), OrgError> {
    let who: Vec<String> = request
        .extensions()
        .get()
        .map(|Peer(address)| address.to_canonical().to_string())
        .into_iter()
        .collect();
    let now = (org.now)();
    if let Some(seconds) = org.throttle.wait(&who, now) {
        return Err(OrgError::throttled(seconds));
    }
    let shown = request.headers().get("authorization").and_then(|value| value.to_str().ok());
    // Okta's SDK for Python leaves out the blank after the scheme.
    let shown = shown.and_then(|value| value.strip_prefix("SSWS")).map(str::trim_start);
    if shown.is_some_and(|shown| shown.as_bytes().ct_eq(org.token.as_bytes()).into()) {
        org.throttle.succeeded(&who);
        return Ok(());
    }
    if shown.is_some() {
        org.throttle.failed(&who, now);
    }
    Err(OrgError::token())
}

async fn answer(inner: &mut OrgState, request: &OrgRequest) -> Result<OrgResponse, OrgError> {
    let segments: Vec<&str> = request.segments.iter().map(String::as_str).collect();
    match (request.method.as_str(), segments.as_slice()) {
        ("POST", ["users"]) => inner.create_user(request).await,
        ("GET", ["users"]) => inner.list_users(request),
        ("GET", ["users", user]) => inner.show_user(user),
        ("POST", ["users", user]) => inner.update_user(user, request, false).await,
        ("PUT", ["users", user]) => inner.update_user(user, request, true).await,
        ("DELETE", ["users", user]) => inner.delete_user(user).await,
        ("GET", ["users", user, "groups"]) => inner.groups_of(user, request),
        ("POST", ["users", user, "lifecycle", action]) => inner.lifecycle(user, action, request).await,
        ("POST", ["groups"]) => inner.create_group(request),
        ("GET", ["groups"]) => inner.list_groups(request),
        ("GET", ["groups", group]) => inner.show_group(group),
        ("PUT", ["groups", group]) => inner.replace_group(group, request).await,
        ("DELETE", ["groups", group]) => inner.delete_group(group).await,
        ("GET", ["groups", group, "users"]) => inner.members_of(group, request),
        ("GET", ["groups", group, "apps"]) => inner.apps_of(group, request),
        ("PUT", ["groups", group, "users", user]) => inner.change_member(group, user, true).await,
        ("DELETE", ["groups", group, "users", user]) => inner.change_member(group, user, false).await,
        ("POST", ["apps"]) => inner.create_app(request).await,
        ("GET", ["apps"]) => inner.list_apps(request),
        ("GET", ["apps", app]) => inner.show_app(app),
        ("GET", ["apps", app, "features"]) => inner.list_features(app),
        ("GET", ["apps", app, "features", feature]) => inner.show_feature(app, feature),
        ("PUT", ["apps", app, "features", feature]) => inner.update_feature(app, feature, request),
        ("GET", ["apps", app, "users"]) => inner.list_app_users(app, request),
        ("POST", ["apps", app, "users"]) => inner.assign_user(app, request).await,
        ("GET", ["apps", app, "users", user]) => inner.show_app_user(app, user),
        ("POST", ["apps", app, "users", user]) => inner.update_app_user(app, user, request).await,
        ("DELETE", ["apps", app, "users", user]) => inner.unassign_user(app, user).await,
        ("GET", ["apps", app, "groups"]) => inner.list_app_groups(app, request),
        ("GET", ["apps", app, "groups", group]) => inner.show_app_group(app, group),
        ("PUT", ["apps", app, "groups", group]) => inner.assign_group(app, group).await,
        ("DELETE", ["apps", app, "groups", group]) => inner.unassign_group(app, group).await,
        ("GET", ["apps", app, "group-push", "mappings"]) => inner.list_mappings(app, request),
        ("POST", ["apps", app, "group-push", "mappings"]) => inner.create_mapping(app, request).await,
        ("GET", ["apps", app, "group-push", "mappings", mapping]) => inner.show_mapping(app, mapping),
        ("PATCH", ["apps", app, "group-push", "mappings", mapping]) => {
            inner.update_mapping(app, mapping, request).await
        }
        ("DELETE", ["apps", app, "group-push", "mappings", mapping]) => {
            inner.delete_mapping(app, mapping, request).await
        }
        ("GET", ["logs"]) => inner.list_log(request),
        (_, ["users" | "groups" | "apps" | "logs", ..]) => Err(OrgError::method()),
        _ => Err(OrgError::not_found(&request.path, "this org has users, groups, apps and logs")),
    }
}

async fn read(request: Request) -> Result<OrgRequest, OrgError> {
    let method = request.method().as_str().to_owned();
    let path = request.uri().path().to_owned();
    let below = path.strip_prefix("/api/v1").unwrap_or_default().trim_matches('/');
    let segments = below.split('/').map(percent_decode).collect();
    let query = request
        .uri()
        .query()
        .unwrap_or_default()
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (percent_decode(name), percent_decode(&value.replace('+', " ")))
        })
        .collect();
    let bytes = axum::body::to_bytes(request.into_body(), LARGEST).await.map_err(|_| OrgError::body())?;
    let body = if bytes.iter().all(u8::is_ascii_whitespace) {
        Value::Null
    } else {
        serde_json::from_slice(&bytes).map_err(|_| OrgError::body())?
    };
    Ok(OrgRequest { method, path, segments, query, body })
}

/// An org with its directory and its apps. Cheap to clone; clones are the same org.
#[derive(Clone)]
pub struct Org {
    pub(super) inner: Arc<Mutex<OrgState>>,
    pub(super) token: Arc<str>,
    pub(super) app: Arc<str>,
    now: Now,
    throttle: Arc<Throttle>,
}

impl Org {
    /// An org without people and groups, and with one app.
    #[must_use]
    pub fn new(options: OrgOptions) -> Self {
        let token = options.token.as_str().into();
        let (dialect, now) = (options.dialect, Arc::clone(&options.now));
        let mut inner = OrgState {
            options,
            people: IndexMap::new(),
            groups: IndexMap::new(),
            apps: IndexMap::new(),
            log: Vec::new(),
            serial: 0,
        };
        let app = inner.first_app(dialect).into();
        Self { inner: Arc::new(Mutex::new(inner)), token, app, now, throttle: Arc::default() }
    }

    /// Identifier of the app that is there from the start.
    #[must_use]
    pub fn app_id(&self) -> &str {
        &self.app
    }

    /// The routes below `/api/v1`.
    pub fn router(&self) -> axum::Router {
        router(self.clone())
    }
}
