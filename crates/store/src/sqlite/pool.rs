//! The connections that read, and the blocking threads they work on.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use tokio::sync::Semaphore;

use super::connect::{Purpose, attach, connect};
use super::errors::unavailable;
use crate::StoreError;

/// How many reads run at once; more wait for their turn.
const READERS: usize = 4;

/// Idle connections, opened when they are first needed.
#[derive(Debug)]
pub(super) struct Readers {
    path: PathBuf,
    beside: PathBuf,
    idle: Mutex<Vec<Connection>>,
    turns: Arc<Semaphore>,
}

impl Readers {
    /// For a file whose tables are read along with those of another, under the name `beside`.
    pub(super) fn new(path: PathBuf, beside: PathBuf) -> Self {
        Self {
            path,
            beside,
            idle: Mutex::new(Vec::with_capacity(READERS)),
            turns: Arc::new(Semaphore::new(READERS)),
        }
    }

    /// The database file.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Does work with a connection, away from the threads that serve requests.
    pub(super) async fn read<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let turn = Arc::clone(&self.turns).acquire_owned().await;
        let readers = Arc::clone(self);
        let reading = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            let connection = readers.take()?;
            let answer = work(&connection);
            readers.give_back(connection);
            answer
        });
        match reading.await {
            Ok(answer) => answer,
            Err(error) => Err(StoreError::Unavailable(error.to_string())),
        }
    }

    fn take(&self) -> Result<Connection, StoreError> {
        let idle = self.lock().pop();
        match idle {
            Some(connection) => Ok(connection),
            None => self.open().map_err(|error| unavailable(&error)),
        }
    }

    fn open(&self) -> rusqlite::Result<Connection> {
        let connection = connect(&self.path, Purpose::Reading)?;
        attach(&connection, &self.beside)?;
        Ok(connection)
    }

    fn give_back(&self, connection: Connection) {
        self.lock().push(connection);
    }

    /// A thread that panicked had taken its connection with it, so the list is always whole.
    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Opens connections that all see the database as it stands. Called on the writing thread, where
/// nothing can be written meanwhile: that is what makes their views one.
pub(super) fn snapshots(path: &Path, count: usize) -> rusqlite::Result<Vec<Connection>> {
    let open = |_| {
        let connection = connect(path, Purpose::Reading)?;
        connection.execute_batch("BEGIN; SELECT seq FROM head;")?;
        Ok(connection)
    };
    (0..count).map(open).collect()
}
