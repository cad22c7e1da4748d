//! Waiting for more to read, but neither for ever nor beyond the server's end.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::sync::watch;
use tokio::time::{Instant, Sleep, sleep_until};

use crate::front::listen::stopping;

/// What came of waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Arrived {
    /// More was read.
    Some,
    /// The other side will send no more, or is gone.
    Ended,
    /// Nothing came in time.
    Late,
    /// The server stops.
    Stopping,
}

/// How long is waited.
pub(super) struct Wait {
    limit: Duration,
    until: Instant,
    /// It is set anew only when it rings too early: nearly all requests come long before.
    timer: Option<Pin<Box<Sleep>>>,
    told: watch::Receiver<bool>,
    stop: Pin<Box<dyn Future<Output = ()> + Send>>,
    listens: bool,
}

impl Wait {
    pub(super) fn new(stop: watch::Receiver<bool>, limit: Duration) -> Self {
        let told = stop.clone();
        let mut stop = stop;
        Self {
            limit,
            until: Instant::now(),
            timer: None,
            told,
            stop: Box::pin(async move { stopping(&mut stop).await }),
            listens: false,
        }
    }

    /// The time that is waited begins now.
    pub(super) fn begin(&mut self) {
        self.until = Instant::now() + self.limit;
    }

    /// Reads what there is; when there is nothing yet, waits for as long as the limit says.
    pub(super) async fn more<S>(&mut self, stream: &mut S, into: &mut BytesMut) -> Arrived
    where
        S: AsyncRead + Unpin,
    {
        self.begin();
        self.again(stream, into).await
    }

    /// The same, with what is left of the time.
    pub(super) async fn again<S>(&mut self, stream: &mut S, into: &mut BytesMut) -> Arrived
    where
        S: AsyncRead + Unpin,
    {
        let mut reading = pin!(stream.read_buf(into));
        poll_fn(|context| match reading.as_mut().poll(context) {
            Poll::Ready(Ok(0) | Err(_)) => Poll::Ready(Arrived::Ended),
            Poll::Ready(Ok(_)) => Poll::Ready(Arrived::Some),
            Poll::Pending => self.poll(context),
        })
        .await
    }

    /// Whether there is a reason to wait no longer. All polls are by the same task, so what was
    /// polled once wakes it, and is polled again only when it has something to say.
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Arrived> {
        if !self.listens || self.told.has_changed().unwrap_or(true) {
            self.listens = true;
            if self.stop.as_mut().poll(context).is_ready() {
                return Poll::Ready(Arrived::Stopping);
            }
        }
        let until = self.until;
        let is_set = self.timer.is_some();
        let timer = self
            .timer
            .get_or_insert_with(|| Box::pin(sleep_until(until)));
        if is_set && Instant::now() < timer.deadline() {
            return Poll::Pending;
        }
        while timer.as_mut().poll(context).is_ready() {
            if until <= Instant::now() {
                return Poll::Ready(Arrived::Late);
            }
            timer.as_mut().reset(until);
        }
        Poll::Pending
    }
}
