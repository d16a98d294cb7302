//! A service on a real socket for tests of the program: the strict reference with something between it and
//! the world.

use std::net::SocketAddr;

use axum::extract::Request;
use axum::middleware::{self, Next};
use axum::response::Response;
use base64::Engine as _;
use scimulate::reference::http::{Preset, Reference, ReferenceOptions};
use serde_json::Value;

pub(crate) struct Service {
    pub(crate) base_url: String,
    pub(crate) username: String,
    pub(crate) password: String,
    // Ends the service when it is dropped.
    pub(crate) runtime: tokio::runtime::Runtime,
}

/// The strict reference on a socket, with `wrong` between it and the world.
pub(crate) fn service<F, R>(wrong: F) -> Service
where
    F: Fn(Request, Next) -> R + Clone + Send + Sync + 'static,
    R: Future<Output = Response> + Send + 'static,
{
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
    let address: SocketAddr = listener.local_addr().unwrap();
    let reference = Reference::new(ReferenceOptions {
        preset: Preset::Rfc,
        origin: format!("http://{address}"),
        start: jiff::Timestamp::constant(1_767_225_600, 0),
        live: Some(std::sync::Arc::new(now)),
        seed: 1,
        console_username: "admin@reference.test".into(),
        console_password: "console".into(),
    });
    let provider = reference.add_provider("Okta").unwrap();
    let router = reference.router().layer(middleware::from_fn(wrong));
    runtime.spawn(async move { axum::serve(listener, router).await });
    Service { base_url: provider.base_url, username: provider.username, password: provider.password, runtime }
}

#[expect(clippy::disallowed_methods, reason = "the service's own clock")]
fn now() -> jiff::Timestamp {
    jiff::Timestamp::now()
}

/// How many resources there are at the path.
pub(crate) fn resources(service: &Service, path: &str) -> i64 {
    let credential = base64::engine::general_purpose::STANDARD
        .encode(format!("{}:{}", service.username, service.password));
    let _ = rustls::crypto::ring::default_provider().install_default();
    let request = reqwest::Client::new()
        .get(format!("{}{path}", service.base_url))
        .header("Authorization", format!("Basic {credential}"));
    let text = service.runtime.block_on(async { request.send().await.unwrap().text().await.unwrap() });
    serde_json::from_str::<Value>(&text).unwrap()["totalResults"].as_i64().unwrap()
}
