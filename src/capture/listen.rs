//! The side of the proxy on which clients connect.

use std::sync::Arc;

use axum::extract::Request;

use super::proxy::{Proxy, forward, refused};
use super::watched::Watched;
use crate::serving::{self, Connection, Listening};

impl Proxy {
    /// Serves until `stop` is there; then takes nobody new, and ends when all that has begun has ended.
    pub async fn serve(self, listening: Listening, stop: impl Future<Output = ()>) {
        let proxy = Arc::new(self);
        let mut builder = serving::builder();
        // Answers have their names as the server behind spelt them, and requests go on as they came.
        builder.http1().preserve_header_case(true);
        let accept = move |stream| {
            let (stream, wire) = Watched::new(stream);
            let proxy = Arc::clone(&proxy);
            let handler = move |request: Request| {
                let (proxy, wire) = (Arc::clone(&proxy), wire.clone());
                async move {
                    let (parts, body) = request.into_parts();
                    match serving::host_fault(&parts) {
                        Some(fault) => refused(fault),
                        None if parts.method == http::Method::CONNECT => {
                            refused("The recording proxy opens no tunnels; send requests to its base URL.")
                        }
                        None => forward(proxy, &wire, Request::from_parts(parts, body)).await,
                    }
                }
            };
            (Box::new(stream) as Box<dyn Connection>, handler)
        };
        serving::serve(listening, builder, accept, stop).await;
    }
}
