//! A service on a real socket for tests of the program: the strict reference with something between it and
//! the world.

use std::net::SocketAddr;

use axum::extract::Request;
use axum::middleware::{self, Next};
use axum::response::Response;
use scimulate::reference::http::{Preset, Reference, ReferenceOptions};

pub struct Service {
    pub base_url: String,
    pub username: String,
    pub password: String,
    // Ends the service when it is dropped.
    pub runtime: tokio::runtime::Runtime,
}

/// The strict reference on a socket, with `wrong` between it and the world.
pub fn service<F, R>(wrong: F) -> Service
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
