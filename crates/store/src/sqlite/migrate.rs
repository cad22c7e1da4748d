//! The schema: which version a file has, and how an older one becomes the newest.

use std::path::Path;

use rusqlite::Connection;

use super::errors::{cannot_open, damaged};
use crate::OpenError;

/// `KSTL`: marks an SQLite file as Keystile's.
pub(super) const APPLICATION_ID: i32 = 0x4b53_544c;

/// Each brings the schema from the version before to its own, counted from 1.
const MIGRATIONS: [&str; 1] = [concat!(
    include_str!("../../migrations/sqlite/0001_begin.sql"),
    // What keys were used for has a file of its own; here it stands in a backup.
    include_str!("../../migrations/sqlite/usage/0001_begin.sql")
)];

/// The newest schema that this build knows.
pub(super) fn newest() -> u32 {
    u32::try_from(MIGRATIONS.len()).unwrap_or(u32::MAX)
}

/// Refuses a schema that only a newer build understands.
pub(super) fn refuse_newer(path: &Path, found: u32) -> Result<(), OpenError> {
    if found <= newest() {
        return Ok(());
    }
    Err(OpenError::Newer {
        path: path.display().to_string(),
        found,
        known: newest(),
    })
}

/// Brings the schema to the newest version, all of it or nothing.
pub(super) fn migrate(path: &Path, connection: &Connection) -> Result<(), OpenError> {
    let found = version(connection).map_err(|error| cannot_open(path, &error))?;
    refuse_newer(path, found)?;
    if found < newest() {
        upgrade(connection, found).map_err(|error| cannot_open(path, &error))?;
    }
    if whole(connection).map_err(|error| cannot_open(path, &error))? {
        Ok(())
    } else {
        Err(damaged(path, "it has not all of its tables"))
    }
}

fn version(connection: &Connection) -> rusqlite::Result<u32> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

fn upgrade(connection: &Connection, found: u32) -> rusqlite::Result<()> {
    let transaction = connection.unchecked_transaction()?;
    let done = usize::try_from(found).unwrap_or(usize::MAX);
    for migration in MIGRATIONS.iter().skip(done) {
        transaction.execute_batch(migration)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", newest())?;
    transaction.commit()
}

/// Whether every table is there and can be read; costs the same however many rows there are.
fn whole(connection: &Connection) -> rusqlite::Result<bool> {
    const TABLES: [&str; 18] = [
        "products",
        "organizations",
        "projects",
        "environments",
        "keys",
        "retired_values",
        "people",
        "members",
        "sessions",
        "invitations",
        "journal",
        "journal_keys",
        "journal_personal",
        "head",
        "latest_time",
        "keyring",
        "idempotency",
        "effective",
    ];
    for table in TABLES {
        if !connection.table_exists(None, table)? {
            return Ok(false);
        }
    }
    Ok(true)
}
