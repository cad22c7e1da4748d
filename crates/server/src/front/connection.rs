//! One connection: hyper with our limits, and a clean end when the server stops.

use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};

use super::Surface;
use super::lane::{self, Resumed};
use super::listen::{Shared, stopping};
use super::patient::Patient;
use super::route::answer;
use crate::verify::LastAsker;

/// The other end.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer {
    /// Its address; the control socket has none.
    pub(crate) address: Option<SocketAddr>,
    /// Which doors it sees.
    pub(crate) surface: Surface,
}

/// Serves one connection until it ends or the server stops.
pub(super) async fn serve<S>(stream: S, peer: Peer, shared: Shared)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let limits = shared.app.settings.limits;
    let stream = Patient::new(stream, limits.arrival);
    let app = Arc::clone(&shared.app);
    let shares = Arc::new((app, LastAsker::default()));
    // The doors of the lane are shown only there.
    let stream = match peer.surface {
        Surface::Whole => lane::serve(stream, peer, &shared, &shares.1).await,
        _ => Some(Resumed::new(Bytes::new(), stream)),
    };
    let Some(stream) = stream else {
        return;
    };
    let service = service_fn(move |request: Request<Incoming>| {
        let shares = Arc::clone(&shares);
        async move {
            let (app, last) = &*shares;
            Ok::<_, Infallible>(answer(app, peer, last, request).await)
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.arrival)
        .max_buf_size(limits.head_bytes)
        .half_close(false)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    let mut stop = shared.stop.clone();
    let told = shared.stop.clone();
    let mut stopping = std::pin::pin!(stopping(&mut stop));
    let (mut listening, mut draining) = (false, false);
    // Waiting for the stop wakes this task from the first poll on, so it is polled again only when
    // there is something to hear; the connection itself is polled many times a request.
    let ended = poll_fn(|context| {
        if !draining && (!listening || told.has_changed().unwrap_or(true)) {
            listening = true;
            draining = stopping.as_mut().poll(context).is_ready();
            if draining {
                connection.as_mut().graceful_shutdown();
            }
        }
        connection.as_mut().poll(context)
    })
    .await;
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}
