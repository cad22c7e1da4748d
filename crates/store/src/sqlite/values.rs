//! Whose a value is. The unique indexes keep it from being the current value of two keys, or a former
//! value of two; here it is kept from being the one of this key and the other of that.

use keystile_core::key::KeyDigest;
use keystile_core::model::Record;
use rusqlite::Connection;

use super::commit::not_written;
use crate::CommitError;

/// The values that one change writes.
#[derive(Default)]
pub(super) struct Values {
    current: Vec<KeyDigest>,
    former: Vec<KeyDigest>,
}

impl Values {
    /// Notes the value that a record holds.
    pub(super) fn note(&mut self, record: &Record) {
        match record {
            Record::Key(key) => self.current.push(key.digest),
            Record::RetiredValue(value) => self.former.push(value.digest),
            _ => {}
        }
    }

    /// After all records are written: none of these values is found on the other side.
    pub(super) fn belong_to_one_key(&self, connection: &Connection) -> Result<(), CommitError> {
        let in_former = "SELECT EXISTS (SELECT 1 FROM retired_values r WHERE r.digest = ?1)";
        let in_current = "SELECT EXISTS (SELECT 1 FROM keys k WHERE k.digest = ?1)";
        refuse_found(connection, in_former, &self.current)?;
        refuse_found(connection, in_current, &self.former)
    }
}

fn refuse_found(
    connection: &Connection,
    exists: &str,
    digests: &[KeyDigest],
) -> Result<(), CommitError> {
    let failed = |error: rusqlite::Error| not_written(&error);
    let mut statement = connection.prepare_cached(exists).map_err(failed)?;
    for digest in digests {
        let found: bool = statement
            .query_row([digest.as_bytes()], |row| row.get(0))
            .map_err(failed)?;
        if found {
            return Err(CommitError::Taken { field: "value" });
        }
    }
    Ok(())
}
