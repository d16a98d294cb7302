//! The side of the proxy on which clients connect. HTTP/1.1 and HTTP/2, told by ALPN or, without TLS, by how
//! the connection begins. A client may close its writing side once its request is whole: it is answered all
//! the same.

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::Body;
use axum::serve::Listener;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;

use super::proxy::{Proxy, forward};
use super::watched::Watched;

impl Proxy {
    /// Serves until `stop` is there; then takes nobody new, and ends when all that has begun has ended.
    pub async fn serve<L: Listener>(self, mut listener: L, stop: impl Future<Output = ()>) {
        let proxy = Arc::new(self);
        let mut builder = Builder::new(TokioExecutor::new());
        // Answers have their names as the server behind spelt them, and requests go on as they came.
        builder.http1().half_close(true).preserve_header_case(true);
        let graceful = GracefulShutdown::new();
        let mut stop = std::pin::pin!(stop);
        loop {
            let (stream, _) = tokio::select! {
                accepted = listener.accept() => accepted,
                () = &mut stop => break,
            };
            let (stream, wire) = Watched::new(stream);
            let proxy = Arc::clone(&proxy);
            let service = service_fn(move |request: http::Request<Incoming>| {
                let (proxy, wire) = (Arc::clone(&proxy), wire.clone());
                async move { Ok::<_, Infallible>(forward(proxy, &wire, request.map(Body::new)).await) }
            });
            let connection = builder.serve_connection(TokioIo::new(stream), service).into_owned();
            let connection = graceful.watch(connection);
            tokio::spawn(async move {
                // What goes wrong on a connection is told by its exchanges.
                let _ = connection.await;
            });
        }
        drop(listener);
        graceful.shutdown().await;
    }
}
