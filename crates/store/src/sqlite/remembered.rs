//! Idempotency keys: which requests have been served already.

use keystile_core::model::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::columns::{Columns, Unreadable, integer};
use super::commit::not_written;
use crate::{CommitError, Idempotency, StoredIdempotency};

/// How many that have run out are forgotten with each change.
const PRUNE: u32 = 256;

/// Remembers a request, unless it is remembered already.
pub(super) fn keep(
    connection: &Connection,
    request: &Idempotency,
    seq: u64,
    now: Timestamp,
) -> Result<(), CommitError> {
    let known = find(connection, &request.scope, &request.key, now);
    if known.map_err(|error| not_written(&error))?.is_some() {
        return Err(CommitError::IdempotencyTaken);
    }
    forget(connection, now)
        .and_then(|()| insert(connection, request, seq))
        .map_err(|error| not_written(&error))
}

fn insert(connection: &Connection, request: &Idempotency, seq: u64) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO idempotency \
             (scope, key, fingerprint, outcome, seq, expires_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            request.scope,
            request.key,
            request.fingerprint,
            request.outcome,
            integer(seq),
            request.expires_at.millis(),
        ])?;
    Ok(())
}

fn forget(connection: &Connection, now: Timestamp) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "DELETE FROM idempotency WHERE (scope, key) IN \
             (SELECT scope, key FROM idempotency WHERE expires_at <= ?1 LIMIT ?2)",
        )?
        .execute(params![now.millis(), PRUNE])?;
    Ok(())
}

/// What is remembered and has not run out.
pub(super) fn find(
    connection: &Connection,
    scope: &str,
    key: &str,
    now: Timestamp,
) -> rusqlite::Result<Option<Result<StoredIdempotency, Unreadable>>> {
    connection
        .prepare_cached(
            "SELECT fingerprint, outcome, seq FROM idempotency \
             WHERE scope = ?1 AND key = ?2 AND expires_at > ?3",
        )?
        .query_row(params![scope, key, now.millis()], |row| {
            let mut columns = Columns::of(row);
            let mut read = || {
                Ok(StoredIdempotency {
                    fingerprint: columns.array()?,
                    outcome: columns.text()?,
                    seq: columns.number()?,
                })
            };
            Ok(read())
        })
        .optional()
}
