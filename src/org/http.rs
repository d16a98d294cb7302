//! Requests to the API: the token, paths and bodies, and answers as HTTP.

use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use serde_json::Value;
use subtle::ConstantTimeEq as _;

use super::answer::{Answer, Refused};
use super::{Inner, Org};
use crate::exchange::percent_decode;

/// No body of Okta's API is larger.
const LARGEST: usize = 1 << 20;

/// A request that was read.
pub(super) struct Call {
    pub(super) method: String,
    /// e.g. `/api/v1/users`.
    pub(super) path: String,
    /// What comes after `/api/v1`, decoded.
    segments: Vec<String>,
    pub(super) query: Vec<(String, String)>,
    /// `Null` without a body.
    pub(super) body: Value,
}

impl Call {
    /// A parameter of the query.
    pub(super) fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// A parameter that is true or false.
    pub(super) fn flag(&self, name: &str, default: bool) -> bool {
        self.query(name).map_or(default, |value| value.eq_ignore_ascii_case("true"))
    }

    /// The profile in the body, which must be an object.
    pub(super) fn profile(&self) -> Result<&serde_json::Map<String, Value>, Refused> {
        self.body
            .get("profile")
            .and_then(Value::as_object)
            .ok_or_else(|| Refused::invalid("profile", "The field cannot be left blank"))
    }
}

pub(super) fn router(org: Org) -> axum::Router {
    axum::Router::new()
        .route("/api/v1", axum::routing::any(serve))
        .route("/api/v1/{*rest}", axum::routing::any(serve))
        .with_state(org)
}

async fn serve(State(org): State<Org>, request: Request) -> Response {
    let (error_id, outcome) = {
        let mut inner = org.inner.lock().await;
        let error_id = inner.identifier("oae");
        (error_id, answer(&mut inner, &org.token, request).await)
    };
    let (status, body, links) = match outcome {
        Ok(Answer { status, body, links }) => (status, body, links),
        Err(refused) => (refused.status, Some(refused.json(&error_id)), Vec::new()),
    };
    let mut response = Response::builder().status(status).header("X-Okta-Request-Id", error_id);
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

async fn answer(inner: &mut Inner, token: &str, request: Request) -> Result<Answer, Refused> {
    let shown = request.headers().get("authorization").and_then(|value| value.to_str().ok());
    // Okta's SDK for Python leaves out the blank after the scheme.
    let shown = shown.and_then(|value| value.strip_prefix("SSWS")).map(str::trim_start);
    if !shown.is_some_and(|shown| shown.as_bytes().ct_eq(token.as_bytes()).into()) {
        return Err(Refused::token());
    }
    let call = read(request).await?;
    let segments: Vec<&str> = call.segments.iter().map(String::as_str).collect();
    match (call.method.as_str(), segments.as_slice()) {
        ("POST", ["users"]) => inner.create_user(&call).await,
        ("GET", ["users"]) => inner.list_users(&call),
        ("GET", ["users", user]) => inner.show_user(user),
        ("POST", ["users", user]) => inner.update_user(user, &call, false).await,
        ("PUT", ["users", user]) => inner.update_user(user, &call, true).await,
        ("DELETE", ["users", user]) => inner.delete_user(user).await,
        ("GET", ["users", user, "groups"]) => inner.groups_of(user, &call),
        ("POST", ["users", user, "lifecycle", word]) => inner.lifecycle(user, word, &call).await,
        ("POST", ["groups"]) => inner.create_group(&call),
        ("GET", ["groups"]) => inner.list_groups(&call),
        ("GET", ["groups", group]) => inner.show_group(group),
        ("PUT", ["groups", group]) => inner.replace_group(group, &call).await,
        ("DELETE", ["groups", group]) => inner.delete_group(group).await,
        ("GET", ["groups", group, "users"]) => inner.members_of(group, &call),
        ("GET", ["groups", group, "apps"]) => inner.apps_of(group, &call),
        ("PUT", ["groups", group, "users", user]) => inner.change_member(group, user, true).await,
        ("DELETE", ["groups", group, "users", user]) => inner.change_member(group, user, false).await,
        ("POST", ["apps"]) => inner.create_app(&call).await,
        ("GET", ["apps"]) => inner.list_apps(&call),
        ("GET", ["apps", app]) => inner.show_app(app),
        ("GET", ["apps", app, "features"]) => inner.list_features(app),
        ("GET", ["apps", app, "features", feature]) => inner.show_feature(app, feature),
        ("PUT", ["apps", app, "features", feature]) => inner.update_feature(app, feature, &call),
        ("GET", ["apps", app, "users"]) => inner.list_app_users(app, &call),
        ("POST", ["apps", app, "users"]) => inner.assign_user(app, &call).await,
        ("GET", ["apps", app, "users", user]) => inner.show_app_user(app, user),
        ("POST", ["apps", app, "users", user]) => inner.update_app_user(app, user, &call).await,
        ("DELETE", ["apps", app, "users", user]) => inner.unassign_user(app, user).await,
        ("GET", ["apps", app, "groups"]) => inner.list_app_groups(app, &call),
        ("GET", ["apps", app, "groups", group]) => inner.show_app_group(app, group),
        ("PUT", ["apps", app, "groups", group]) => inner.assign_group(app, group).await,
        ("DELETE", ["apps", app, "groups", group]) => inner.unassign_group(app, group).await,
        ("GET", ["apps", app, "group-push", "mappings"]) => inner.list_mappings(app, &call),
        ("POST", ["apps", app, "group-push", "mappings"]) => inner.create_mapping(app, &call).await,
        ("GET", ["apps", app, "group-push", "mappings", mapping]) => inner.show_mapping(app, mapping),
        ("PATCH", ["apps", app, "group-push", "mappings", mapping]) => {
            inner.update_mapping(app, mapping, &call).await
        }
        ("DELETE", ["apps", app, "group-push", "mappings", mapping]) => {
            inner.delete_mapping(app, mapping, &call).await
        }
        ("GET", ["logs"]) => inner.list_log(&call),
        (_, ["users" | "groups" | "apps" | "logs", ..]) => Err(Refused::method()),
        _ => Err(Refused::not_found(&call.path, "this org has users, groups, apps and logs")),
    }
}

async fn read(request: Request) -> Result<Call, Refused> {
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
    let bytes = axum::body::to_bytes(request.into_body(), LARGEST).await.map_err(|_| Refused::body())?;
    let body = if bytes.iter().all(u8::is_ascii_whitespace) {
        Value::Null
    } else {
        serde_json::from_slice(&bytes).map_err(|_| Refused::body())?
    };
    Ok(Call { method, path, segments, query, body })
}
