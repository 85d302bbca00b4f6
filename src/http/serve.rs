//! The accept loop: HTTP/1.1 and HTTP/2 (prior knowledge) on one listener, within bounds of number and time. What a
//! request means is the router's matter; no route, key or store enters here.
//!
//! Every connection holds one of a fixed number of slots. One that comes when all are taken is told so and closed;
//! nothing waits in line. A connection on which no request runs for the header timeout is asked to end, so that
//! idle or silent clients cannot keep the slots.

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::{JoinError, JoinSet};
use tokio::time::{sleep, timeout};
use tower::ServiceExt;

mod refuse;
#[cfg(test)]
mod tests;

/// How long running requests may go on after the shutdown, and an ended connection may take to close.
const DRAIN: Duration = Duration::from_secs(30);

/// The pause after the system refuses to accept, for instance for want of file descriptors.
const BREATH: Duration = Duration::from_millis(100);

/// Connections that may be in the course of being refused; more are closed without a word.
const REFUSALS: usize = 64;

/// The largest head of a request, in bytes.
const HEAD: usize = 64 * 1024;

/// The bounds of a listener.
#[derive(Clone, Copy, Debug)]
pub struct ServeLimits {
    /// Open connections at one time.
    pub connections: usize,
    /// How long a request's head may take, and how long a connection may be without a request.
    pub header_timeout: Duration,
}

/// What a connection is told for which no slot is free. Made anew for each, so that its id can be looked up.
pub struct Refusal {
    /// The value of the header `Request-Id`.
    pub request_id: String,
    /// The body, JSON.
    pub body: String,
}

/// Serves `router` on `listener` until `shutdown` completes; then accepts no more, lets running requests finish for
/// up to 30 s, cuts the rest and returns. The peer's address is in each request's extensions as
/// `ConnectInfo<SocketAddr>`. Dropping the future cuts every connection.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    limits: ServeLimits,
    refusal: impl Fn() -> Refusal + Send,
    shutdown: impl Future<Output = ()> + Send,
) {
    let slots = Arc::new(Semaphore::new(limits.connections.min(Semaphore::MAX_PERMITS)));
    let refusals = Arc::new(Semaphore::new(REFUSALS));
    let stop = watch::Sender::new(false);
    let mut tasks = JoinSet::new();
    let mut shutdown = pin!(shutdown);
    loop {
        tokio::select! {
            biased;
            () = &mut shutdown => break,
            Some(ended) = tasks.join_next() => note(ended),
            (stream, peer) = accept(|| listener.accept()) => {
                if let Ok(slot) = Arc::clone(&slots).try_acquire_owned() {
                    tasks.spawn(connection(
                        stream, peer, router.clone(), limits.header_timeout, stop.subscribe(), slot,
                    ));
                } else if let Ok(permit) = Arc::clone(&refusals).try_acquire_owned() {
                    let told = refusal();
                    tracing::warn!(id = told.request_id, "no connection is free; one was refused");
                    tasks.spawn(refuse::refuse(stream, told, permit));
                }
            }
        }
    }
    drop(listener);
    stop.send_replace(true);
    let drained = async {
        while let Some(ended) = tasks.join_next().await {
            note(ended);
        }
    };
    if timeout(DRAIN, drained).await.is_err() {
        tracing::warn!(connections = tasks.len(), "connections cut: their requests outlasted the shutdown");
        tasks.shutdown().await;
    }
}

/// The next connection. A failed accept never ends the loop: either the peer is gone already, or the system lacks
/// something that a moment may give back.
async fn accept<F, A>(mut next: F) -> (TcpStream, SocketAddr)
where
    F: FnMut() -> A,
    A: Future<Output = io::Result<(TcpStream, SocketAddr)>>,
{
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    loop {
        match next().await {
            Ok(accepted) => return accepted,
            Err(error) if matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset) => {
            }
            Err(error) => {
                tracing::error!(%error, "no connection could be accepted; trying again");
                sleep(BREATH).await;
            }
        }
    }
}

/// Serves one connection to its end, and holds its slot until then.
async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    header_timeout: Duration,
    mut stop: watch::Receiver<bool>,
    _slot: OwnedSemaphorePermit,
) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "TCP_NODELAY was not set");
    }
    let running = Arc::new(watch::Sender::new(0));
    let requests = running.subscribe();
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let mark = Running::start(Arc::clone(&running));
        let router = router.clone();
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        async move {
            let response = router.oneshot(request).await;
            drop(mark);
            response
        }
    });
    let builder = builder(header_timeout);
    let mut served = pin!(builder.serve_connection(TokioIo::new(stream), service));
    let ended = tokio::select! {
        ended = served.as_mut() => ended,
        () = ends(&mut stop, requests, header_timeout) => {
            served.as_mut().graceful_shutdown();
            timeout(DRAIN, served).await.unwrap_or_else(|cut| Err(cut.into()))
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}

fn builder(header_timeout: Duration) -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(header_timeout).max_buf_size(HEAD);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(256)
        .max_header_list_size(16 * 1024)
        .initial_stream_window_size(64 * 1024)
        .initial_connection_window_size(1024 * 1024)
        .keep_alive_interval(Duration::from_secs(20))
        .keep_alive_timeout(Duration::from_secs(10));
    builder
}

/// Completes when the connection shall end: at the shutdown, or after `limit` without a running request. The
/// protocol's own timers leave gaps (before the first byte, and in HTTP/2), which this closes.
async fn ends(stop: &mut watch::Receiver<bool>, mut requests: watch::Receiver<usize>, limit: Duration) {
    let idle = async {
        loop {
            let none = *requests.borrow_and_update() == 0;
            let change = requests.changed();
            if none {
                if timeout(limit, change).await.is_err() {
                    return;
                }
            } else if change.await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        () = idle => {}
        // An error means that the loop is gone, which ends the connection too.
        _ = stop.changed() => {}
    }
}

/// A request that is running on its connection; dropped with the request, even if that is cut short.
struct Running(Arc<watch::Sender<usize>>);

impl Running {
    fn start(count: Arc<watch::Sender<usize>>) -> Self {
        count.send_modify(|running| *running += 1);
        Self(count)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.send_modify(|running| *running = running.saturating_sub(1));
    }
}

fn note(ended: Result<(), JoinError>) {
    if let Err(error) = ended {
        tracing::error!(%error, "a connection's task failed");
    }
}
