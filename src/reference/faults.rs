//! Deliberate defects in what the service does over time and in the console, as a layer before all routes.
//! Unlike the faults of single exchanges they act through the service's own routes: what a wrong service would
//! have done by itself, the layer has done by an administrator or a provider behind the client's back.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Uri};
use axum::response::Response;
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::faults::FaultResponse;

/// Where SCIM begins below the origin.
const BASE: &str = "/scim/v2";
const CONSOLE: &str = "/console/v1";
const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// A request to any route.
struct Call {
    method: String,
    /// Path and query from the root.
    target: String,
    headers: HeaderMap,
    raw: Bytes,
    body: Value,
}

impl Call {
    fn is(&self, method: &str, path: &str) -> bool {
        self.method == method && self.path() == path
    }

    fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    /// Below `root`, when the path is there.
    fn below(&self, root: &str) -> Option<&str> {
        self.path().strip_prefix(root)
    }

    /// The user whom a PUT or PATCH is about.
    fn written_user(&self) -> Option<&str> {
        let id = self.below("/scim/v2/Users/")?;
        ["PUT", "PATCH"].contains(&self.method.as_str()).then_some(id)
    }

    /// A write of users or groups by a provider.
    fn provider_writes(&self) -> bool {
        self.method != "GET"
            && ["/Users", "/Groups"].iter().any(|root| {
                self.below(BASE).is_some_and(|path| path.starts_with(root) && !path.ends_with("/.search"))
            })
    }

    /// `active` as the request has it, in a resource or in an operation.
    fn active(&self) -> Option<bool> {
        let operations = self.body.get("Operations").and_then(Value::as_array);
        let mut of_operations = operations.into_iter().flatten().filter_map(|operation| {
            if operation.get("path").and_then(Value::as_str) == Some("active") {
                return operation.get("value")?.as_bool();
            }
            operation.pointer("/value/active")?.as_bool()
        });
        self.body.get("active").and_then(Value::as_bool).or_else(|| of_operations.next())
    }
}

/// The service behind the layer, with the credentials that passed by.
struct Service {
    router: Router,
    console: Mutex<Option<HeaderValue>>,
    provider: Mutex<Option<HeaderValue>>,
}

impl Service {
    async fn send(&self, call: &Call) -> FaultResponse {
        let mut request = Request::new(Body::from(call.raw.clone()));
        *request.method_mut() = call.method.parse().unwrap_or_default();
        *request.uri_mut() = call.target.parse().unwrap_or_else(|_| Uri::from_static("/"));
        *request.headers_mut() = call.headers.clone();
        request.headers_mut().remove("content-length");
        let sent = self.router.clone().oneshot(request).await;
        FaultResponse::of_http(sent.unwrap_or_else(|never| match never {})).await
    }

    async fn as_who(
        &self,
        who: &Mutex<Option<HeaderValue>>,
        method: &str,
        target: String,
        body: Value,
    ) -> Value {
        let mut headers = HeaderMap::new();
        if let Some(authorization) = who.lock().unwrap_or_else(PoisonError::into_inner).clone() {
            headers.insert("authorization", authorization);
        }
        headers.insert("content-type", HeaderValue::from_static("application/json"));
        let raw = if body.is_null() { Bytes::new() } else { Bytes::from(body.to_string()) };
        let call = Call { method: method.into(), target, headers, raw, body };
        self.send(&call).await.body.unwrap_or_default()
    }

    async fn console(&self, method: &str, path: &str, body: Value) -> Value {
        self.as_who(&self.console, method, format!("{CONSOLE}{path}"), body).await
    }

    async fn provider(&self, method: &str, path: &str, body: Value) -> Value {
        self.as_who(&self.provider, method, format!("{BASE}{path}"), body).await
    }

    /// One user as the console keeps it.
    async fn user(&self, id: &str) -> Value {
        self.console("GET", &format!("/users/{id}"), Value::Null).await
    }

    /// The first provider with its mappings.
    async fn mappings(&self) -> Value {
        let providers = self.console("GET", "/provisioning/providers", Value::Null).await;
        providers.pointer("/providers/0").cloned().unwrap_or_default()
    }

    /// Writes something of no consequence, so that the sync log has an entry.
    async fn scribble(&self, id: &str) {
        for value in ["scribbled", ""] {
            let operation = if value.is_empty() {
                json!({ "op": "remove", "path": "nickName" })
            } else {
                json!({ "op": "add", "path": "nickName", "value": value })
            };
            let patch = json!({ "schemas": [PATCH], "Operations": [operation] });
            self.provider("PATCH", &format!("/Users/{id}"), patch).await;
        }
    }
}

type Doing<'a> = std::pin::Pin<Box<dyn Future<Output = FaultResponse> + Send + 'a>>;

/// A deliberate defect of what the service does.
#[derive(Clone, Copy)]
pub struct ServiceFault {
    /// Stable name.
    pub name: &'static str,
    /// What the service does wrong, in one sentence.
    pub title: &'static str,
    act: for<'a> fn(&'a Call, &'a Service) -> Doing<'a>,
}

impl std::fmt::Debug for ServiceFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ServiceFault").field("name", &self.name).finish_non_exhaustive()
    }
}

macro_rules! service_faults {
    ($($name:literal, $title:literal, $act:ident;)*) => {
        /// Every fault of this kind.
        pub static SERVICE: &[ServiceFault] = &[$(ServiceFault {
            name: $name,
            title: $title,
            act: |call, service| Box::pin($act(call, service)),
        }),*];
    };
}

service_faults! {
    "deactivation-immediate", "A provider's deactivation does not wait for the delay.", immediate;
    "deactivation-repeat-restarts", "A repeated deactivation starts the delay anew.", restarts;
    "deactivation-no-block", "A pending deactivation does not block the user.", no_block;
    "deactivated-user-404", "A deactivated user cannot be read by id.", gone;
    "hold-ignored", "A legal hold holds nothing up.", swallow_hold;
    "hold-release-ignored", "The end of a legal hold does not deactivate the user.", swallow_release;
    "single-org-reasserted", "One mapped organization is asserted again on each write.", reassert;
    "org-name-not-reasserted", "c42OrgName counts only at the creation of a user.", stay;
    "groups-make-orgs", "Mapping by groups makes an organization for each pushed group.", make_orgs;
    "mapping-edit-moves", "An edited mapping moves users without being applied.", apply_at_once;
    "roles-intersection", "Of several mapped groups the user gets the roles that all of them give.", intersection;
    "roles-first-rule", "Of several mapped groups only the first gives its roles.", first_rule;
    "local-user-found", "A local user can be found by its name.", find_local;
    "country-length-unchecked", "A country of more than two letters is accepted.", cut_country;
    "server-error-applies-part", "What is answered with a server error is done in part.", partly;
    "no-op-logged", "A write that changes nothing is written to the sync log.", log_no_op;
    "console-edit-logged", "An edit in the console is written to the sync log as an update.", log_edit;
    "csv-unquoted", "Cells of the exported sync log are not quoted.", unquoted;
    "get-with-filter-403", "GET of a resource with a filter is answered with 403.", filter_forbidden;
    "rename-overwrites-id", "A PATCH without a path overwrites the id.", overwrite_id;
    "names-with-case", "Attribute names in bodies are matched with regard to case.", with_case;
}

async fn immediate(call: &Call, service: &Service) -> FaultResponse {
    let reply = service.send(call).await;
    if let (Some(id), Some(false), true) = (call.written_user(), call.active(), reply.ok()) {
        service.console("POST", &format!("/users/{id}/deactivate"), Value::Null).await;
    }
    reply
}

async fn restarts(call: &Call, service: &Service) -> FaultResponse {
    if let (Some(id), Some(false)) = (call.written_user(), call.active())
        && service.user(id).await["state"] == "PENDING_DEACTIVATION"
    {
        let operation = json!({ "op": "replace", "path": "active", "value": true });
        let patch = json!({ "schemas": [PATCH], "Operations": [operation] });
        service.provider("PATCH", &format!("/Users/{id}"), patch).await;
    }
    service.send(call).await
}

async fn no_block(call: &Call, service: &Service) -> FaultResponse {
    if call.written_user().is_none() || call.active() != Some(false) {
        return service.send(call).await;
    }
    service.console("PUT", "/plan", json!({ "backupAgent": false })).await;
    let reply = service.send(call).await;
    service.console("PUT", "/plan", json!({ "backupAgent": true })).await;
    reply
}

async fn gone(call: &Call, service: &Service) -> FaultResponse {
    let reply = service.send(call).await;
    let one = call.below("/scim/v2/Users/").is_some();
    let inactive = reply.body.as_ref().is_some_and(|body| body["active"] == false);
    if call.method == "GET" && one && inactive {
        return FaultResponse::error(404, None, "There is no such user.");
    }
    reply
}

/// An answer of the console without a deed.
fn pretended(status: u16, body: Value) -> FaultResponse {
    let mut reply = FaultResponse::error(status, None, "");
    reply.headers.insert("content-type", HeaderValue::from_static("application/json"));
    reply.body = Some(body);
    reply
}

async fn swallow_hold(call: &Call, service: &Service) -> FaultResponse {
    let path = call.below("/console/v1/legal-hold/matters/").unwrap_or_default();
    if call.method == "POST" && path.ends_with("/custodians") {
        return pretended(201, json!({ "userId": call.body["userId"], "membershipActive": true }));
    }
    service.send(call).await
}

async fn swallow_release(call: &Call, service: &Service) -> FaultResponse {
    let path = call.below("/console/v1/legal-hold/matters/").unwrap_or_default();
    if call.method == "POST" && (path.ends_with("/custodians/remove") || path.ends_with("/deactivate")) {
        return pretended(200, json!({}));
    }
    service.send(call).await
}

async fn reassert(call: &Call, service: &Service) -> FaultResponse {
    let reply = service.send(call).await;
    if let (Some(id), true) = (call.written_user(), reply.ok()) {
        let mapping = service.mappings().await["orgMapping"].take();
        if mapping["method"] == "SINGLE_ORG" {
            let to = mapping["targetOrganization"].as_str().or(mapping["organization"].as_str());
            service.console("POST", &format!("/users/{id}/move"), json!({ "orgName": to })).await;
        }
    }
    reply
}

async fn stay(call: &Call, service: &Service) -> FaultResponse {
    let Some(id) = call.written_user() else { return service.send(call).await };
    let before = service.user(id).await["organization"].take();
    let reply = service.send(call).await;
    let moved = service.user(id).await["organization"] != before;
    if reply.ok() && moved && service.mappings().await["orgMapping"]["method"] == "C42_ORG_NAME" {
        service.console("POST", &format!("/users/{id}/move"), json!({ "orgName": before })).await;
    }
    reply
}

async fn make_orgs(call: &Call, service: &Service) -> FaultResponse {
    let reply = service.send(call).await;
    if call.is("POST", "/scim/v2/Groups")
        && reply.ok()
        && service.mappings().await["orgMapping"]["method"] == "SCIM_GROUPS"
    {
        service.console("POST", "/organizations", json!({ "orgName": call.body["displayName"] })).await;
    }
    reply
}

async fn apply_at_once(call: &Call, service: &Service) -> FaultResponse {
    let reply = service.send(call).await;
    let path = call.below("/console/v1/provisioning/providers/").unwrap_or_default();
    if call.method != "GET" && reply.ok() && (path.contains("/org-mapping") || path.contains("/role-mapping"))
    {
        let provider = path.split('/').next().unwrap_or_default();
        let apply = format!("/provisioning/providers/{provider}/actions/apply-org-and-role-settings");
        service.console("POST", &apply, Value::Null).await;
    }
    reply
}

/// After anything that evaluates roles: what several mapped groups give is made something else.
async fn reroled(
    call: &Call,
    service: &Service,
    other: fn(&[BTreeSet<String>]) -> BTreeSet<String>,
) -> FaultResponse {
    let reply = service.send(call).await;
    if !reply.ok() || !(call.provider_writes() || call.path().ends_with("/apply-org-and-role-settings")) {
        return reply;
    }
    let mapping = service.mappings().await["roleMapping"].take();
    let mut given: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for rule in mapping["rules"].as_array().into_iter().flatten() {
        let roles = rule["roleIds"].as_array().into_iter().flatten();
        let roles = roles.filter_map(Value::as_str).map(str::to_owned).collect();
        given.insert(rule["group"].as_str().unwrap_or_default().to_owned(), roles);
    }
    let state = service.console("GET", "/state", Value::Null).await;
    for user in state["users"].as_array().into_iter().flatten() {
        let groups = user["groups"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let sets: Vec<BTreeSet<String>> = groups.filter_map(|group| given.get(group).cloned()).collect();
        if sets.len() > 1 {
            let path = format!("/users/{}/roles", user["userId"].as_str().unwrap_or_default());
            service.console("PUT", &path, json!({ "roleIds": other(&sets) })).await;
        }
    }
    reply
}

async fn intersection(call: &Call, service: &Service) -> FaultResponse {
    let all = |sets: &[BTreeSet<String>]| {
        let common = |role: &&String| sets.iter().all(|set| set.contains(*role));
        sets[0].iter().filter(common).cloned().collect()
    };
    reroled(call, service, all).await
}

async fn first_rule(call: &Call, service: &Service) -> FaultResponse {
    reroled(call, service, |sets| sets[0].clone()).await
}

async fn find_local(call: &Call, service: &Service) -> FaultResponse {
    let mut reply = service.send(call).await;
    let query = call.target.split_once('?').map(|(_, query)| crate::exchange::percent_decode(query));
    let empty = reply.body.as_ref().is_some_and(|body| body["totalResults"] == 0);
    let Some(query) =
        query.filter(|query| call.is("GET", "/scim/v2/Users") && query.contains("userName eq") && empty)
    else {
        return reply;
    };
    let state = service.console("GET", "/state", Value::Null).await;
    let users = state["users"].as_array().into_iter().flatten();
    let local = users
        .filter(|user| user["origin"] == "LOCAL")
        .find(|user| user["username"].as_str().is_some_and(|name| query.contains(&format!("\"{name}\""))));
    if let (Some(user), Some(body)) = (local, reply.body.as_mut()) {
        body["totalResults"] = json!(1);
        body["itemsPerPage"] = json!(1);
        body["Resources"] = json!([{
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
            "id": user["userId"],
            "userName": user["username"],
            "active": user["active"],
            "meta": { "resourceType": "User" },
        }]);
    }
    reply
}

/// The call with another body.
fn with_body(call: &Call, body: Value) -> Call {
    Call {
        method: call.method.clone(),
        target: call.target.clone(),
        headers: call.headers.clone(),
        raw: Bytes::from(body.to_string()),
        body,
    }
}

async fn cut_country(call: &Call, service: &Service) -> FaultResponse {
    let mut body = call.body.clone();
    let mut cut = false;
    for address in body.get_mut("addresses").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(country) = address["country"].as_str().filter(|country| country.len() > 2) {
            let short: String = country.chars().take(2).collect();
            address["country"] = json!(short);
            cut = true;
        }
    }
    if cut { service.send(&with_body(call, body)).await } else { service.send(call).await }
}

async fn partly(call: &Call, service: &Service) -> FaultResponse {
    let reply = service.send(call).await;
    if let (Some(id), true, Some(name)) = (call.written_user(), reply.status >= 500, call.body.get("name")) {
        let operation = json!({ "op": "replace", "path": "name", "value": name });
        let patch = json!({ "schemas": [PATCH], "Operations": [operation] });
        service.provider("PATCH", &format!("/Users/{id}"), patch).await;
    }
    reply
}

async fn log_no_op(call: &Call, service: &Service) -> FaultResponse {
    let Some(id) = call.written_user() else { return service.send(call).await };
    let before = service.provider("GET", &format!("/Users/{id}"), Value::Null).await;
    let reply = service.send(call).await;
    let after = reply.body.as_ref().map(|body| &body["meta"]["version"]);
    if reply.ok() && after == Some(&before["meta"]["version"]) {
        service.scribble(id).await;
    }
    reply
}

async fn log_edit(call: &Call, service: &Service) -> FaultResponse {
    let reply = service.send(call).await;
    if let (Some(id), "PATCH", true) = (call.below("/console/v1/users/"), call.method.as_str(), reply.ok()) {
        service.scribble(id).await;
    }
    reply
}

async fn unquoted(call: &Call, service: &Service) -> FaultResponse {
    let mut reply = service.send(call).await;
    if call.path().ends_with("/csv") {
        reply.raw = Bytes::from(String::from_utf8_lossy(&reply.raw).replace('"', ""));
        reply.body = None;
    }
    reply
}

async fn filter_forbidden(call: &Call, service: &Service) -> FaultResponse {
    let one = call.below("/scim/v2/Users/").or_else(|| call.below("/scim/v2/Groups/"));
    if call.method == "GET" && one.is_some() && call.target.contains("filter=") {
        return FaultResponse::error(403, None, "Filters are not allowed here.");
    }
    service.send(call).await
}

async fn overwrite_id(call: &Call, service: &Service) -> FaultResponse {
    let mut body = call.body.clone();
    let mut id = None;
    for operation in body.get_mut("Operations").and_then(Value::as_array_mut).into_iter().flatten() {
        if operation.get("path").is_none()
            && let Some(value) = operation.get_mut("value").and_then(Value::as_object_mut)
        {
            id = value.shift_remove("id").or(id);
        }
    }
    let Some(id) = id else { return service.send(call).await };
    let mut reply = service.send(&with_body(call, body)).await;
    if let (true, Some(body)) = (reply.ok(), reply.body.as_mut()) {
        body["id"] = id;
    }
    reply
}

async fn with_case(call: &Call, service: &Service) -> FaultResponse {
    let Some(fields) = call.body.as_object().filter(|_| call.provider_writes()) else {
        return service.send(call).await;
    };
    let mut fields = fields.clone();
    fields.retain(|name, _| !["usertype", "username", "displayname"].contains(&name.as_str()));
    if fields.len() == call.body.as_object().map_or(0, serde_json::Map::len) {
        return service.send(call).await;
    }
    service.send(&with_body(call, Value::Object(fields))).await
}

#[derive(Clone)]
struct Layer {
    service: Arc<Service>,
    act: for<'a> fn(&'a Call, &'a Service) -> Doing<'a>,
}

/// Puts the fault in front of a router.
pub fn service_layer(router: Router, fault: &ServiceFault) -> Router {
    let service = Service { router, console: Mutex::new(None), provider: Mutex::new(None) };
    Router::new().fallback(handle).with_state(Layer { service: Arc::new(service), act: fault.act })
}

async fn handle(State(layer): State<Layer>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let raw = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let target = parts.uri.path_and_query().map(ToString::to_string).unwrap_or_default();
    if let Some(authorization) = parts.headers.get("authorization").cloned() {
        let who = if target.starts_with(BASE) { &layer.service.provider } else { &layer.service.console };
        *who.lock().unwrap_or_else(PoisonError::into_inner) = Some(authorization);
    }
    let call = Call {
        method: parts.method.to_string(),
        target,
        headers: parts.headers,
        body: serde_json::from_slice(&raw).unwrap_or_default(),
        raw,
    };
    (layer.act)(&call, &layer.service).await.into_http()
}
