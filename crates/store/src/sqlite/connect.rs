//! Connections, all with the same settings.

use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::functions::FunctionFlags;
use rusqlite::{Connection, OpenFlags};

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// The one that writes.
    Writing,
    /// One of those that only read.
    Reading,
}

/// Pages that are written to the log before they are brought into the database, 16 MiB of them. In
/// an import every change touches a thousand places of the index of digests: the more of them wait
/// for each other, the less often each is written.
const LOG_PAGES: i64 = 4000;

/// The log may be that long on the disk while nothing is written, in bytes.
const LOG_KEPT: i64 = 32 << 20;

/// Memory for pages at most, in KiB: little, because the whole index of keys shares the memory with
/// it. Who writes a million keys touches pages all over the index of their digests.
const fn cache(purpose: Purpose) -> i64 {
    match purpose {
        Purpose::Writing => 64 << 10,
        Purpose::Reading => 2048,
    }
}

/// Opens a connection to an existing file.
pub(super) fn connect(path: &Path, purpose: Purpose) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_NOFOLLOW;
    let connection = Connection::open_with_flags(path, flags)?;
    harden(&connection)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.pragma_update(None, "cache_size", -cache(purpose))?;
    connection.pragma_update(None, "temp_store", "memory")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.set_prepared_statement_cache_capacity(64);
    match purpose {
        Purpose::Writing => prepare_writing(&connection)?,
        Purpose::Reading => {
            add_functions(&connection)?;
            connection.pragma_update(None, "query_only", true)?;
        }
    }
    Ok(connection)
}

/// Makes the tables of a second file known under the name `beside`.
pub(super) fn attach(connection: &Connection, file: &Path) -> rusqlite::Result<()> {
    connection
        .execute("ATTACH ?1 AS beside", [file.to_string_lossy()])
        .map(drop)
}

/// Whoever can write the file could leave triggers and views in it: they never run.
fn harden(connection: &Connection) -> rusqlite::Result<()> {
    for (option, value) in [
        (DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true),
        (DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false),
        (DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW, false),
        (DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false),
    ] {
        connection.set_db_config(option, value)?;
    }
    Ok(())
}

/// A commit is on the disk when it returns; what is deleted is wiped; the log stays small.
fn prepare_writing(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "secure_delete", true)?;
    connection.pragma_update(None, "wal_autocheckpoint", LOG_PAGES)?;
    connection.pragma_update(None, "journal_size_limit", LOG_KEPT)
}

/// `holds_text(text, part)`: whether a text holds another, in any case.
fn add_functions(connection: &Connection) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    connection.create_scalar_function("holds_text", 2, flags, |arguments| {
        // The same for all rows of a question, so made ready once.
        let part = arguments.get_or_create_aux(1, |part| {
            part.as_str()
                .map(str::to_lowercase)
                .map_err(rusqlite::Error::from)
        })?;
        let text = arguments
            .get_raw(0)
            .as_str()
            .map_err(rusqlite::Error::from)?;
        Ok(holds(text, &part))
    })
}

/// Whether a text holds another, which is in lower case, in any case.
fn holds(text: &str, part: &str) -> bool {
    if !text.is_ascii() {
        return text.to_lowercase().contains(part);
    }
    // Nearly all names: nothing is copied.
    let part = part.as_bytes();
    let mut places = text.as_bytes().windows(part.len().max(1));
    part.is_empty() || places.any(|place| place.eq_ignore_ascii_case(part))
}

#[cfg(test)]
mod tests {
    use super::holds;

    #[test]
    fn a_text_holds_another_in_any_case() {
        let cases = [
            ("Key 12", "ey 1", true),
            ("KEY", "key", true),
            ("Key", "keys", false),
            ("", "", true),
            ("x", "", true),
            ("ÄRMEL", "ärm", true),
            ("Armel", "ärm", false),
            ("Straße", "STRASSE", false),
        ];
        for (text, part, expected) in cases {
            assert_eq!(holds(text, &part.to_lowercase()), expected, "{text} {part}");
        }
    }
}
