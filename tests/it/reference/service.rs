//! The reference over its routes, without a socket, for tests that speak as a client does.

use scimulate::exchange::{InProcess, Request, Response, Transport as _};
use scimulate::reference::http::{Preset, Reference, ReferenceOptions};
use serde_json::{Value, json};

pub(crate) const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
pub(crate) const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
pub(crate) const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
pub(crate) const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
pub(crate) const ROOT: &str = "https://reference.test/scim/v2";

pub(crate) struct Service {
    pub(crate) reference: Reference,
    pub(crate) transport: InProcess,
    pub(crate) authorization: String,
}

pub(crate) fn basic(username: &str, password: &str) -> String {
    use base64::Engine as _;
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(format!("{username}:{password}")))
}

pub(crate) fn service(preset: Preset) -> Service {
    let reference = Reference::new(ReferenceOptions {
        preset,
        origin: "https://reference.test".into(),
        start: "2026-01-01T00:00:00Z".parse().unwrap(),
        live: None,
        seed: 0,
        console_username: "admin".into(),
        console_password: "console".into(),
    });
    let provider = reference.add_provider("Okta").unwrap();
    Service {
        transport: InProcess::new(reference.router()),
        authorization: basic(&provider.username, &provider.password),
        reference,
    }
}

impl Service {
    /// The same service as another provider sees it.
    pub(crate) fn as_provider(&self, name: &str) -> Self {
        let provider = self.reference.add_provider(name).unwrap();
        Self {
            transport: InProcess::new(self.reference.router()),
            authorization: basic(&provider.username, &provider.password),
            reference: self.reference.clone(),
        }
    }

    pub(crate) async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&[u8]>,
    ) -> Response {
        let mut all = vec![("authorization".to_owned(), self.authorization.clone())];
        for (name, value) in headers {
            all.retain(|(known, _)| known != name);
            all.push(((*name).to_owned(), (*value).to_owned()));
        }
        let request = Request {
            method: method.into(),
            url: format!("https://reference.test{path}"),
            headers: all,
            body: body.map(|body| body.to_owned().into()),
        };
        self.transport.send(&request).await.unwrap()
    }

    pub(crate) async fn scim(&self, method: &str, path: &str, body: Value) -> (u16, Value) {
        let text = (!body.is_null()).then(|| body.to_string());
        let response =
            self.send(method, &format!("/scim/v2{path}"), &[], text.as_ref().map(String::as_bytes)).await;
        (response.status, response.json().unwrap_or(Value::Null))
    }

    pub(crate) async fn console(&self, method: &str, path: &str, body: Value) -> (u16, Value) {
        let authorization = basic("admin", "console");
        let text = (!body.is_null()).then(|| body.to_string());
        let headers = [("authorization", authorization.as_str())];
        let path = format!("/console/v1{path}");
        let response = self.send(method, &path, &headers, text.as_ref().map(String::as_bytes)).await;
        (response.status, response.json().unwrap_or(Value::Null))
    }

    /// A user with a name and nothing else; gives the identifier.
    pub(crate) async fn user(&self, name: &str) -> String {
        self.made("/Users", json!({ "schemas": [USER], "userName": name })).await
    }

    /// A group with these members; gives the identifier.
    pub(crate) async fn group(&self, name: &str, members: &[&str]) -> String {
        let members: Vec<Value> = members.iter().map(|id| json!({ "value": id })).collect();
        self.made("/Groups", json!({ "schemas": [GROUP], "displayName": name, "members": members })).await
    }

    pub(crate) async fn made(&self, path: &str, body: Value) -> String {
        let (status, made) = self.scim("POST", path, body).await;
        assert_eq!(status, 201, "{made}");
        made["id"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn patch(&self, path: &str, operations: Value) -> (u16, Value) {
        self.scim("PATCH", path, json!({ "schemas": [PATCH], "Operations": operations })).await
    }

    /// One resource as it is now.
    pub(crate) async fn get(&self, path: &str) -> Value {
        let (status, body) = self.scim("GET", path, Value::Null).await;
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    /// User names or display names on a page, in order.
    pub(crate) async fn names(&self, path: &str) -> Vec<String> {
        names(&self.get(path).await)
    }
}

pub(crate) fn names(page: &Value) -> Vec<String> {
    let name = |resource: &Value| {
        let name =
            if resource["userName"].is_string() { &resource["userName"] } else { &resource["displayName"] };
        name.as_str().unwrap_or_default().to_owned()
    };
    page["Resources"].as_array().unwrap().iter().map(name).collect()
}
