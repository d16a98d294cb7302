//! What `serve`, `org` and `record` have in common as servers: their limits, their address, their end.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use axum::extract::Request;
use axum::middleware::{self, Next};
use axum::response::Response;
use tower::ServiceExt as _;

use super::{Failed, say, say_error};
use crate::serving::{self, Connection, Limits, Listening};

/// How long requests that have begun may take once the server was asked to stop.
const GRACE: Duration = Duration::from_secs(5);

/// What clients are held to.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Limits for clients")]
pub(super) struct LimitArgs {
    /// Connections that are open at once; further clients wait until one ends.
    #[arg(long, value_name = "NUMBER", default_value_t = 512, value_parser = clap::value_parser!(u32).range(1..=65_536))]
    max_connections: u32,
    /// Seconds that a connection may be without a request: for the first to come, and for each further one.
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    idle_timeout: u64,
    /// Seconds for each 16 KiB of a request's body, and that an answer may wait to be taken.
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    body_timeout: u64,
}

impl LimitArgs {
    pub(super) fn limits(&self) -> Limits {
        Limits {
            connections: self.max_connections as usize,
            head: Duration::from_secs(self.idle_timeout),
            body: Duration::from_secs(self.body_timeout),
        }
    }
}

/// Binds an address; `change` says what to do when it is taken.
pub(super) async fn bound(
    address: impl tokio::net::ToSocketAddrs,
    shown: &str,
    change: &str,
) -> Result<(tokio::net::TcpListener, SocketAddr), Failed> {
    let listener = tokio::net::TcpListener::bind(address).await;
    let listener =
        listener.map_err(|error| Failed::io(format!("cannot listen on {shown}: {error}. {change}")))?;
    let address = listener.local_addr().map_err(|error| Failed::io(error.to_string()))?;
    Ok((listener, address))
}

/// Tells who reaches the server, unless it is this machine alone.
pub(super) fn tell_exposure(address: IpAddr, tls: bool, exposes: &str, restrict: &str) {
    if address.to_canonical().is_loopback() {
        return;
    }
    let from = if address.is_unspecified() { "any address of this machine" } else { "other machines" };
    let plain =
        if tls { "" } else { " Without --tls-cert, passwords and tokens go over the network as they are." };
    say(&format!("\nThis server is reached over {from}. {exposes}{plain} {restrict}"));
}

/// Serves the routes until the program is interrupted. `refuse` answers what no route is asked for.
pub(super) async fn serve(listening: Listening, router: axum::Router, refuse: fn(&str) -> Response) {
    let checked = move |request: Request, next: Next| async move {
        let (parts, body) = request.into_parts();
        match serving::host_fault(&parts) {
            Some(fault) => refuse(fault),
            None => next.run(Request::from_parts(parts, body)).await,
        }
    };
    let router = router.layer(middleware::from_fn(checked));
    let accept = move |stream: Box<dyn Connection>| {
        let router = router.clone();
        let handler = move |request: Request| {
            let router = router.clone();
            async move { router.oneshot(request).await.unwrap_or_else(|never| match never {}) }
        };
        (stream, handler)
    };
    until_interrupted(|stop| serving::serve(listening, serving::builder(), accept, stop)).await;
}

/// Runs a server until the program is interrupted, and a little longer for what has begun. The server ends by itself
/// some time after what it is given is there.
pub(super) async fn until_interrupted<S: Future<Output = ()>>(server: impl FnOnce(Stop) -> S) {
    let (stop, mut stopping) = tokio::sync::watch::channel(());
    let stop: Stop = Box::pin(async move {
        interrupted().await;
        say_error("stopping; what has begun is finished");
        drop(stop);
    });
    let deadline = async {
        let _ = stopping.changed().await;
        tokio::select! {
            () = tokio::time::sleep(GRACE) => {}
            () = interrupted() => {}
        }
    };
    tokio::select! {
        () = server(stop) => {}
        () = deadline => {}
    }
}

/// Is there when the program was asked to stop.
pub(super) type Stop = std::pin::Pin<Box<dyn Future<Output = ()> + Send>>;

/// Ends at the first signal that asks the program to end.
async fn interrupted() {
    match super::Signals::new() {
        Ok(mut signals) => signals.next().await,
        Err(_) => drop(tokio::signal::ctrl_c().await),
    }
}
