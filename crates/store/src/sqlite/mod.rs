//! Keystile's truth in one SQLite file: one process, one thread that writes, a few that read. What
//! keys were used for is no truth anybody is let in by, and has a file and a thread of its own
//! (`usage/`), so that no change waits for it.
//!
//! The write-ahead log is synced with every commit, so a change is durable when it is answered.
//! Open `commit.rs` first for how a change is written, and `scan.rs` for how a start is proved.

mod arrivals;
mod audit;
mod backup;
mod columns;
mod commit;
mod connect;
mod errors;
mod faults;
mod feed;
mod files;
mod guards;
mod history;
mod journal;
mod key_rows;
mod keyring;
mod known;
mod ledger;
mod lists;
mod migrate;
mod open;
mod people;
mod people_rows;
mod pool;
mod reads;
mod remembered;
mod rows;
mod scan;
mod statements;
mod stored;
mod usage;
mod values;
mod walk;
mod writer;
mod writes;

use std::sync::{Arc, OnceLock};

use keystile_core::key::{Integrity, Random};
use keystile_core::model::Timestamp;
use rusqlite::{Connection, OptionalExtension};
use tokio::sync::{Mutex, watch};

pub use faults::{Faults, NoFaults, Step};
pub use ledger::LedgerSettings;
pub use open::SqliteDatabase;

use crate::{Clock, OpenError};
use errors::cannot_open;
use files::DataDirectory;
use journal::Tip;
use pool::Readers;
use usage::UsageFile;
use writer::{Desk, LatestTime, Writer};

/// A store in one SQLite file. When it goes, it finishes what was accepted and frees its
/// directory; that may take as long as one change.
pub struct SqliteStore {
    // First, so that it has ended before the directory is free.
    writer: Writer<Desk>,
    usage: UsageFile,
    charges: Arc<ledger::Queue>,
    readers: Arc<Readers>,
    integrity: Integrity,
    clock: Arc<dyn Clock>,
    latest: Arc<LatestTime>,
    grown: watch::Sender<u64>,
    faults: Arc<dyn Faults>,
    backups: Mutex<()>,
    /// Why nothing can be written any more.
    trouble: Arc<OnceLock<String>>,
    directory: DataDirectory,
}

impl std::fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("SqliteStore").field(&self.directory).finish()
    }
}

/// What a store is made of.
struct Parts {
    connection: Connection,
    directory: DataDirectory,
    faults: Arc<dyn Faults>,
    tip: Tip,
    integrity: Integrity,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    ledger: LedgerSettings,
}

impl SqliteStore {
    fn start(parts: Parts) -> Result<Self, OpenError> {
        let usage = UsageFile::open(&parts.directory)?;
        let path = parts.directory.database();
        Self::start_with(parts, usage).map_err(|error| cannot_open(&path, &error))
    }

    fn start_with(parts: Parts, usage: UsageFile) -> rusqlite::Result<Self> {
        let latest = latest_time(&parts.connection)?.max(parts.tip.at);
        let now = parts.clock.now().max(latest);
        let books = ledger::load(
            &parts.connection,
            &parts.integrity,
            &parts.tip,
            parts.ledger,
            now,
        )?;
        let latest = latest.max(books.at());
        let latest = Arc::new(LatestTime::new(latest));
        let (grown, _) = watch::channel(parts.tip.seq);
        let directory = &parts.directory;
        let readers = Arc::new(Readers::new(directory.database(), directory.usage()));
        let trouble = Arc::new(OnceLock::new());
        let desk = Desk {
            connection: parts.connection,
            tip: parts.tip,
            ledger: books,
            clock: Arc::clone(&parts.clock),
            integrity: parts.integrity.clone(),
            random: parts.random,
            faults: Arc::clone(&parts.faults),
            closed: None,
            trouble: Arc::clone(&trouble),
            latest: Arc::clone(&latest),
            grown: grown.clone(),
        };
        let writer = Writer::start("keystile-writer", desk)
            .map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
        Ok(Self {
            writer,
            usage,
            charges: Arc::default(),
            readers,
            integrity: parts.integrity,
            clock: parts.clock,
            latest,
            grown,
            faults: parts.faults,
            backups: Mutex::new(()),
            trouble,
            directory: parts.directory,
        })
    }
}

/// The latest time that was written down besides the journal's.
fn latest_time(connection: &Connection) -> rusqlite::Result<Timestamp> {
    let at: Option<i64> = connection
        .query_row("SELECT at FROM latest_time", [], |row| row.get(0))
        .optional()?;
    Ok(Timestamp::from_millis(at.unwrap_or(0)))
}
