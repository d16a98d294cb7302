//! Connections of clients, over TCP or TLS, with HTTP/1.1 or HTTP/2, told by ALPN or by how the connection begins. A
//! client may close its writing side once its request is whole: it is answered all the same. Nobody holds a connection
//! for nothing: it ends when for too long no request is under way, when a body does not come on, and when an answer is
//! not taken.

use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio_io_timeout::TimeoutStream;
use tokio_rustls::TlsAcceptor;

use super::limited::{Holding, Paced};

/// How many clients there may be, and how long they may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Connections that are open at once; further clients wait.
    pub connections: usize,
    /// How long a connection may be without a request: until the head of the first is whole, and of each further one.
    pub head: Duration,
    /// How long a body may take for 16 KiB or its end, and how long an answer may not be taken.
    pub body: Duration,
}

/// Where clients are listened for.
pub struct Listening {
    /// The socket.
    pub listener: TcpListener,
    /// What TLS is spoken with, if it is.
    pub tls: Option<rustls::ServerConfig>,
    /// What clients are held to.
    pub limits: Limits,
}

/// A connection of a client.
pub trait Connection: AsyncRead + AsyncWrite + Unpin + Send + 'static {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> Connection for S {}

/// Where a request came from: an extension of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer(pub IpAddr);

/// Requests on a connection.
#[derive(Debug, Default)]
struct Requests {
    begun: u64,
    under_way: usize,
}

/// One request under way.
struct UnderWay(Arc<watch::Sender<Requests>>);

impl UnderWay {
    fn new(requests: &Arc<watch::Sender<Requests>>) -> Self {
        requests.send_modify(|requests| {
            requests.begun += 1;
            requests.under_way += 1;
        });
        Self(Arc::clone(requests))
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.send_modify(|requests| requests.under_way -= 1);
    }
}

/// How connections are spoken with, unless a server changes it.
#[must_use]
pub fn builder() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().half_close(true);
    builder
}

/// Serves until `stop` is there; then takes nobody new, and ends when all that has begun has ended. `accept` looks at
/// a connection and gives what answers its requests.
pub async fn serve<H, F>(
    listening: Listening,
    builder: Builder<TokioExecutor>,
    accept: impl Fn(Box<dyn Connection>) -> (Box<dyn Connection>, H) + Send + Sync + 'static,
    stop: impl Future<Output = ()>,
) where
    H: Fn(Request) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Response> + Send + 'static,
{
    let Listening { listener, tls, limits } = listening;
    let tls = tls.map(|config| TlsAcceptor::from(Arc::new(config)));
    let shared = Arc::new((builder, accept));
    let room = Arc::new(Semaphore::new(limits.connections));
    let graceful = GracefulShutdown::new();
    let mut stop = std::pin::pin!(stop);
    loop {
        let next = async {
            // Never closed.
            let place = Arc::clone(&room).acquire_owned().await.ok();
            loop {
                match listener.accept().await {
                    Ok((stream, peer)) => return (place, stream, peer),
                    // Out of file descriptors, most likely: others may close.
                    Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
                }
            }
        };
        let (place, stream, peer) = tokio::select! {
            next = next => next,
            () = &mut stop => break,
        };
        let (shared, tls, watcher) = (Arc::clone(&shared), tls.clone(), graceful.watcher());
        tokio::spawn(async move {
            let Some(stream) = secured(stream, tls, limits).await else { return };
            let (stream, handler) = (shared.1)(stream);
            let requests = Arc::new(watch::Sender::new(Requests::default()));
            let seen = requests.subscribe();
            let service = service_fn(move |request: http::Request<Incoming>| {
                let under_way = UnderWay::new(&requests);
                let mut request = request.map(|body| Body::new(Paced::new(body, limits.body)));
                request.extensions_mut().insert(Peer(peer.ip()));
                let answer = handler(request);
                async move {
                    Ok::<_, Infallible>(
                        answer.await.map(|body| Body::new(Holding { body, _held: under_way })),
                    )
                }
            });
            let connection = shared.0.serve_connection(TokioIo::new(stream), service).into_owned();
            tokio::select! {
                // What goes wrong on a connection is told by its exchanges.
                _ = watcher.watch(connection) => {}
                () = idle(seen, limits.head) => {}
            }
            drop(place);
        });
    }
    drop(listener);
    graceful.shutdown().await;
}

/// The connection as its bytes are read and written, if the client gets so far in time.
async fn secured(stream: TcpStream, tls: Option<TlsAcceptor>, limits: Limits) -> Option<Box<dyn Connection>> {
    // Answers go out at once, even when there is little of them.
    let _ = stream.set_nodelay(true);
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(limits.body));
    let stream = Box::pin(stream);
    match tls {
        None => Some(Box::new(stream)),
        Some(tls) => match tokio::time::timeout(limits.head, tls.accept(stream)).await {
            Ok(Ok(stream)) => Some(Box::new(stream)),
            _ => None,
        },
    }
}

/// Ends when for so long no request was under way.
async fn idle(mut requests: watch::Receiver<Requests>, limit: Duration) {
    loop {
        let begun = match requests.wait_for(|requests| requests.under_way == 0).await {
            Ok(requests) => requests.begun,
            // The connection is over.
            Err(_) => return,
        };
        let another = requests.wait_for(|requests| requests.begun != begun);
        if !matches!(tokio::time::timeout(limit, another).await, Ok(Ok(_))) {
            return;
        }
    }
}
