//! Opening: from a directory to a store, refusing whatever cannot be trusted and leaving it as it
//! is.

use std::path::Path;
use std::sync::Arc;

use keystile_core::key::{Integrity, Random, UnwrapError, WrappedKey};
use rusqlite::Connection;
use rusqlite::config::DbConfig;

use super::connect::{Purpose, connect};
use super::errors::{cannot_open, damaged, files};
use super::files::{DataDirectory, beginning, private_file, refused};
use super::migrate::{APPLICATION_ID, migrate, refuse_newer};
use super::{Faults, LedgerSettings, NoFaults, SqliteStore, audit, journal, keyring};
use crate::{AuditReport, Clock, OpenError, StoreError};

/// A database whose file is sound and whose directory this process holds, before its key material
/// is opened.
pub struct SqliteDatabase {
    connection: Connection,
    directory: DataDirectory,
    faults: Arc<dyn Faults>,
    ledger: LedgerSettings,
}

impl std::fmt::Debug for SqliteDatabase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("SqliteDatabase")
            .field(&self.directory)
            .finish()
    }
}

impl SqliteDatabase {
    /// Opens the database in a directory, making both if there is none, and holds the directory
    /// until this value, or the store made from it, goes.
    ///
    /// # Errors
    /// When another process holds it, when others can read it, or when the file is not a whole
    /// database of a known version; nothing is changed then.
    pub fn open(directory: &Path) -> Result<Self, OpenError> {
        Self::open_with(directory, Arc::new(NoFaults))
    }

    /// Opens it for a test that lets things go wrong.
    ///
    /// # Errors
    /// As [`Self::open`].
    #[doc(hidden)]
    pub fn open_with(directory: &Path, faults: Arc<dyn Faults>) -> Result<Self, OpenError> {
        let directory = DataDirectory::claim(directory)?;
        let path = directory.database();
        if directory.has_database()? {
            check_header(&path, &directory.write_ahead_log())?;
        } else {
            create(&directory)?;
        }
        let connection = open_file(&path)?;
        Ok(Self {
            connection,
            directory,
            faults,
            ledger: LedgerSettings::default(),
        })
    }

    /// Keeps credits so.
    #[must_use]
    pub fn with_ledger(mut self, settings: LedgerSettings) -> Self {
        self.ledger = settings;
        self
    }

    /// The stored key material, wrapped; empty in a new database.
    ///
    /// # Errors
    /// When it cannot be read, or is missing from a database that is not new.
    pub fn keyring(&self) -> Result<Vec<WrappedKey>, OpenError> {
        let keys = keyring::read(&self.connection)
            .map_err(|error| damaged(&self.directory.database(), error.to_string()))?;
        if keys.is_empty() && !self.is_new()? {
            return Err(OpenError::Keyring(UnwrapError::Missing("integrity")));
        }
        Ok(keys)
    }

    /// Stores the first key material of a new database.
    ///
    /// # Errors
    /// When the database has some already, or cannot be written.
    pub fn install(&self, keys: &[WrappedKey]) -> Result<(), OpenError> {
        let path = self.directory.database();
        if !self.keyring()?.is_empty() {
            return Err(files(
                &path,
                "has its key material already, which cannot be replaced so",
            ));
        }
        let write = || {
            let transaction = self.connection.unchecked_transaction()?;
            keyring::replace(&transaction, keys)?;
            transaction.commit()
        };
        write().map_err(|error| cannot_open(&path, &error))
    }

    /// Checks everything, also where [`Self::into_store`] refuses the database.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn verify_audit(&self, integrity: &Integrity) -> Result<AuditReport, StoreError> {
        audit::examine_database(&self.connection, integrity)
    }

    /// Makes it a store. Salts are made with `random`.
    ///
    /// # Errors
    /// When the end of the journal is not what Keystile wrote.
    pub fn into_store(
        self,
        integrity: Integrity,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Result<SqliteStore, OpenError> {
        let path = self.directory.database();
        let tip = journal::read_tip(&self.connection, &integrity)
            .map_err(|error| cannot_open(&path, &error))?
            .map_err(|problem| {
                let remedy = "`keystile audit verify` names everything that was altered";
                damaged(&path, format!("{problem}; {remedy}"))
            })?;
        SqliteStore::start(super::Parts {
            connection: self.connection,
            directory: self.directory,
            faults: self.faults,
            tip,
            integrity,
            clock,
            random,
            ledger: self.ledger,
        })
    }

    fn is_new(&self) -> Result<bool, OpenError> {
        journal::is_empty(&self.connection)
            .map_err(|error| cannot_open(&self.directory.database(), &error))
    }
}

/// Makes a new database under another name, so that only a whole one ever has the real name.
fn create(directory: &DataDirectory) -> Result<(), OpenError> {
    let (path, unfinished) = (directory.database(), directory.unfinished());
    if unfinished.symlink_metadata().is_ok() {
        std::fs::remove_file(&unfinished).map_err(|error| refused(&unfinished, &error))?;
    }
    let file = private_file(&unfinished, true)?;
    let connection =
        connect(&unfinished, Purpose::Writing).map_err(|error| cannot_open(&unfinished, &error))?;
    migrate(&unfinished, &connection)?;
    connection
        .close()
        .map_err(|(_, error)| cannot_open(&unfinished, &error))?;
    file.sync_all()
        .map_err(|error| refused(&unfinished, &error))?;
    std::fs::rename(&unfinished, &path).map_err(|error| refused(&path, &error))?;
    directory.sync()
}

/// Opens a file that looks like ours and brings it up to date.
fn open_file(path: &Path) -> Result<Connection, OpenError> {
    let refuse = |error: rusqlite::Error| cannot_open(path, &error);
    let connection = connect(path, Purpose::Writing).map_err(refuse)?;
    // Until the file has proved to be sound, closing it must not write to it.
    let keep = DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE;
    connection.set_db_config(keep, true).map_err(refuse)?;
    migrate(path, &connection)?;
    use_write_ahead_log(path, &connection)?;
    connection.set_db_config(keep, false).map_err(refuse)?;
    Ok(connection)
}

pub(super) fn use_write_ahead_log(path: &Path, connection: &Connection) -> Result<(), OpenError> {
    let mode: String = connection
        .pragma_update_and_check(None, "journal_mode", "wal", |row| row.get(0))
        .map_err(|error| cannot_open(path, &error))?;
    if mode == "wal" {
        return Ok(());
    }
    Err(files(
        path,
        "its file system cannot share memory: use a local disk",
    ))
}

/// Looks at the file before SQLite does, because SQLite takes an empty file for a new database.
/// Source: <https://www.sqlite.org/fileformat.html> §1.3.
fn check_header(path: &Path, log: &Path) -> Result<(), OpenError> {
    let refuse = |error: std::io::Error| refused(path, &error);
    let header = beginning(path, 100).map_err(refuse)?;
    if header.is_empty() {
        return Err(damaged(path, "it is empty"));
    }
    if !header.starts_with(b"SQLite format 3\0") || header.len() < 100 {
        return Err(damaged(path, "it is not an SQLite database"));
    }
    let number = |at: usize| {
        let bytes = header.get(at..).and_then(<[u8]>::first_chunk::<4>);
        bytes.map_or(0, |bytes| u32::from_be_bytes(*bytes))
    };
    if number(68) != APPLICATION_ID.unsigned_abs() {
        return Err(damaged(path, "it is not a Keystile database"));
    }
    refuse_newer(path, number(60))?;
    let page = match number(16) >> 16 {
        1 => 65536,
        size => u64::from(size),
    };
    let (found, whole) = (length(path).map_err(refuse)?, page * u64::from(number(28)));
    // With a log, what is missing here may still stand there; SQLite then knows.
    let log_is_empty = length(log).unwrap_or(0) == 0;
    if log_is_empty && found < whole {
        return Err(damaged(
            path,
            format!("it is cut off after {found} of {whole} bytes"),
        ));
    }
    Ok(())
}

fn length(path: &Path) -> std::io::Result<u64> {
    path.metadata().map(|found| found.len())
}
