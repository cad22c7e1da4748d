//! The table of wrapped key material.

use keystile_core::key::{Purpose, WrappedKey};
use rusqlite::{Connection, params};

use super::columns::Columns;
use crate::StoreError;

/// All of it.
pub(super) fn read(connection: &Connection) -> Result<Vec<WrappedKey>, StoreError> {
    let select = "SELECT purpose, version, wrapped FROM keyring ORDER BY purpose, version";
    let mut keys = Vec::new();
    let mut walk = || {
        let mut statement = connection.prepare_cached(select)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let mut columns = Columns::of(row);
            let mut one = || {
                Ok(WrappedKey {
                    purpose: columns.word("a purpose", Purpose::from_text)?,
                    version: columns.number()?,
                    wrapped: columns.bytes()?,
                })
            };
            keys.push(one());
        }
        Ok(())
    };
    walk().map_err(|error: rusqlite::Error| super::errors::unavailable(&error))?;
    keys.into_iter()
        .collect::<Result<_, super::columns::Unreadable>>()
        .map_err(|problem| StoreError::Tampered {
            subject: "the stored key material".into(),
            problem: problem.0,
        })
}

/// Replaces all of it.
pub(super) fn replace(connection: &Connection, keys: &[WrappedKey]) -> rusqlite::Result<()> {
    connection.execute("DELETE FROM keyring", [])?;
    let mut insert = connection
        .prepare_cached("INSERT INTO keyring (purpose, version, wrapped) VALUES (?1, ?2, ?3)")?;
    for key in keys {
        insert.execute(params![key.purpose.as_str(), key.version, key.wrapped])?;
    }
    Ok(())
}
