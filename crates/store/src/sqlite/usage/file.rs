//! The file itself: made when there is none, refused when it is not ours.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::Connection;

use crate::OpenError;
use crate::sqlite::connect::{Purpose, attach, connect};
use crate::sqlite::errors::{cannot_open, files, plain};
use crate::sqlite::files::{DataDirectory, private_file, refused};
use crate::sqlite::open::use_write_ahead_log;
use crate::sqlite::pool::Readers;
use crate::sqlite::writer::Writer;

/// `KSTU`: marks an SQLite file as this one.
const APPLICATION_ID: i32 = 0x4b53_5455;

const SCHEMA: &str = include_str!("../../../migrations/sqlite/usage/0001_begin.sql");

/// Takes over all that stands in the file beside.
const COPY: &str = "INSERT INTO main.usage_days SELECT key, day, counts FROM beside.usage_days; \
                    INSERT INTO main.environment_days \
                    SELECT environment, day, counts FROM beside.environment_days; \
                    INSERT INTO main.value_uses \
                    SELECT key, start, at, address, operation FROM beside.value_uses;";

/// The newest schema that this build knows.
const VERSION: u32 = 1;

/// What can be done about a file that cannot be used.
const REMEDY: &str = "move it away, and counting begins anew; nothing else is lost";

/// The file, open.
#[derive(Debug)]
pub(in crate::sqlite) struct UsageFile {
    pub(super) writer: Writer<Books>,
    pub(super) readers: Arc<Readers>,
}

/// What the thread works with that writes it.
#[derive(Debug)]
pub(super) struct Books {
    path: PathBuf,
    connection: Option<Connection>,
    /// Where the keys stand, to be read alone.
    database: PathBuf,
    keys: Option<Connection>,
}

impl UsageFile {
    /// Opens it, or makes it; then it begins with what a backup has put into the database.
    pub(in crate::sqlite) fn open(directory: &DataDirectory) -> Result<Self, OpenError> {
        let path = directory.usage();
        if path.symlink_metadata().is_err() {
            create(directory)?;
        }
        let connection =
            connect(&path, Purpose::Writing).map_err(|error| unusable(&path, &error))?;
        check(&path, &connection)?;
        use_write_ahead_log(&path, &connection)?;
        let books = Books {
            path: path.clone(),
            connection: Some(connection),
            database: directory.database(),
            keys: None,
        };
        let writer = Writer::start("keystile-usage", books);
        Ok(Self {
            writer: writer.map_err(|error| refused(&path, &error))?,
            readers: Arc::new(Readers::new(path, directory.database())),
        })
    }
}

impl Books {
    /// The connection, opened anew after an error; and one that reads what is known of the keys.
    /// Were both one, writing here would keep changes there waiting.
    pub(super) fn connections(&mut self) -> rusqlite::Result<(&mut Connection, &Connection)> {
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => connect(&self.path, Purpose::Writing)?,
        };
        let keys = match self.keys.take() {
            Some(keys) => keys,
            None => connect(&self.database, Purpose::Reading)?,
        };
        Ok((self.connection.insert(connection), self.keys.insert(keys)))
    }

    pub(super) fn close(&mut self) {
        self.connection = None;
    }
}

/// Makes it under another name, so that only a whole one ever has the real name.
fn create(directory: &DataDirectory) -> Result<(), OpenError> {
    let (path, unfinished) = (directory.usage(), directory.unfinished_usage());
    if unfinished.symlink_metadata().is_ok() {
        std::fs::remove_file(&unfinished).map_err(|error| refused(&unfinished, &error))?;
    }
    let file = private_file(&unfinished, true)?;
    fill(&unfinished, &directory.database()).map_err(|error| cannot_open(&unfinished, &error))?;
    file.sync_all()
        .map_err(|error| refused(&unfinished, &error))?;
    std::fs::rename(&unfinished, &path).map_err(|error| refused(&path, &error))?;
    directory.sync()
}

fn fill(path: &Path, database: &Path) -> rusqlite::Result<()> {
    let connection = connect(path, Purpose::Writing)?;
    attach(&connection, database)?;
    let transaction = connection.unchecked_transaction()?;
    transaction.execute_batch(SCHEMA)?;
    transaction.execute_batch(COPY)?;
    transaction.pragma_update(Some("main"), "application_id", APPLICATION_ID)?;
    transaction.pragma_update(Some("main"), "user_version", VERSION)?;
    transaction.commit()?;
    connection.close().map_err(|(_, error)| error)
}

/// Puts all of it into a copy of the database, so that a backup is one file.
pub(in crate::sqlite) fn copy_into(copy: &Connection, usage: &Path) -> rusqlite::Result<()> {
    attach(copy, usage)?;
    let transaction = copy.unchecked_transaction()?;
    transaction.execute_batch(
        "DELETE FROM main.usage_days; DELETE FROM main.environment_days; \
         DELETE FROM main.value_uses;",
    )?;
    transaction.execute_batch(COPY)?;
    transaction.commit()
}

/// Refuses a file that is another's, or a newer build's.
fn check(path: &Path, connection: &Connection) -> Result<(), OpenError> {
    let read = |name| {
        connection
            .pragma_query_value(None, name, |row| row.get::<_, i64>(0))
            .map_err(|error| unusable(path, &error))
    };
    if read("application_id")? != i64::from(APPLICATION_ID) {
        let problem = format!("is not what Keystile counts in: {REMEDY}");
        return Err(files(path, problem));
    }
    let found = read("user_version")?;
    if found > i64::from(VERSION) {
        return Err(OpenError::Newer {
            path: path.display().to_string(),
            found: u32::try_from(found).unwrap_or(u32::MAX),
            known: VERSION,
        });
    }
    Ok(())
}

fn unusable(path: &Path, error: &rusqlite::Error) -> OpenError {
    files(path, format!("{}: {REMEDY}", plain(error)))
}
