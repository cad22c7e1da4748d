//! The one thread that writes a file, and the bounded queue before it. Because nothing else writes
//! there, what runs on it sees the file standing still.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;

use keystile_core::key::{Integrity, Random};
use keystile_core::model::Timestamp;
use rusqlite::Connection;
use tokio::sync::{oneshot, watch};

use super::Faults;
use super::journal::Tip;
use super::ledger::Books;
use crate::Clock;

/// How many pieces of work may wait; with as many before it, a change waits for seconds at most.
pub(super) const QUEUE: usize = 128;

type Work<D> = Box<dyn FnOnce(&mut D) + Send>;

/// What the thread that writes the truth works with.
pub(super) struct Desk {
    pub(super) connection: Connection,
    pub(super) tip: Tip,
    pub(super) ledger: Books,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) integrity: Integrity,
    pub(super) random: Arc<dyn Random>,
    pub(super) faults: Arc<dyn Faults>,
    /// Why nothing can be written until the database has been opened again.
    pub(super) closed: Option<String>,
    /// The same, for whoever asks.
    pub(super) trouble: Arc<OnceLock<String>>,
    pub(super) latest: Arc<LatestTime>,
    pub(super) grown: watch::Sender<u64>,
}

/// The latest time that was seen, and the latest that was written down.
#[derive(Debug)]
pub(super) struct LatestTime {
    seen: AtomicI64,
    written: AtomicI64,
}

impl LatestTime {
    /// After it was written down as this.
    pub(super) fn new(written: Timestamp) -> Self {
        Self {
            seen: AtomicI64::new(written.millis()),
            written: AtomicI64::new(written.millis()),
        }
    }

    /// The later of `now` and what was seen before.
    pub(super) fn see(&self, now: Timestamp) -> Timestamp {
        let before = self.seen.fetch_max(now.millis(), Ordering::AcqRel);
        Timestamp::from_millis(before.max(now.millis()))
    }

    /// Claims the writing down of `now` if the last one is more than `millis` ago.
    pub(super) fn is_due(&self, now: Timestamp, millis: i64) -> bool {
        let written = self.written.load(Ordering::Acquire);
        let due = now.millis().saturating_sub(written) > millis;
        due && self
            .written
            .compare_exchange(written, now.millis(), Ordering::AcqRel, Ordering::Acquire)
            .is_ok()
    }

    /// Notes that `at` is written down.
    pub(super) fn wrote(&self, at: Timestamp) {
        self.seen.fetch_max(at.millis(), Ordering::AcqRel);
        self.written.fetch_max(at.millis(), Ordering::AcqRel);
    }
}

/// Why work was not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refused {
    #[error("{QUEUE} changes are waiting already: try again in a moment")]
    Full,
    #[error("the database's writer has stopped: restart keystile")]
    Stopped,
    #[error("the database's writer could not be reached: try again in a moment")]
    Busy,
}

/// The way to the writing thread. When it goes, the thread finishes what waits and ends.
#[derive(Debug)]
pub(super) struct Writer<D> {
    queue: Option<SyncSender<Work<D>>>,
    thread: Option<JoinHandle<()>>,
}

impl<D: Send + 'static> Writer<D> {
    /// Starts the thread.
    pub(super) fn start(name: &str, desk: D) -> std::io::Result<Self> {
        let (queue, waiting) = sync_channel(QUEUE);
        let thread = std::thread::Builder::new()
            .name(name.into())
            .spawn(move || run(desk, &waiting))?;
        Ok(Self {
            queue: Some(queue),
            thread: Some(thread),
        })
    }

    /// Queues work; its answer comes through the receiver. Work whose asker has gone before its
    /// turn is not done.
    pub(super) fn ask<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut D) -> T + Send + 'static,
    ) -> Result<oneshot::Receiver<T>, Refused> {
        let (answer, receiver) = oneshot::channel();
        self.queue(Box::new(move |desk| {
            if !answer.is_closed() {
                let _ = answer.send(work(desk));
            }
        }))?;
        Ok(receiver)
    }

    /// Queues work that nobody waits for.
    pub(super) fn queue(&self, work: Work<D>) -> Result<(), Refused> {
        let queue = self.queue.as_ref().ok_or(Refused::Stopped)?;
        queue.try_send(work).map_err(|refused| match refused {
            TrySendError::Full(_) => Refused::Full,
            TrySendError::Disconnected(_) => Refused::Stopped,
        })
    }
}

impl<D> Drop for Writer<D> {
    fn drop(&mut self) {
        self.queue = None;
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has said so already.
            let _ = thread.join();
        }
    }
}

fn run<D>(mut desk: D, waiting: &Receiver<Work<D>>) {
    while let Ok(work) = waiting.recv() {
        work(&mut desk);
    }
}
