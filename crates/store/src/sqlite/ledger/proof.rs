//! Proving that the ledger in the file is the one that the writing thread knows.

use keystile_core::key::{Integrity, LedgerEnd, SetSum};
use rusqlite::Connection;

use super::group::Tip;
use super::vouched::{Kind, each_row};
use super::{base, rows};

/// A number that changes when another program has written the file.
pub(super) fn version(connection: &Connection) -> rusqlite::Result<i64> {
    connection
        .prepare_cached("PRAGMA data_version")?
        .query_row([], |row| row.get(0))
}

/// The sum of all rows that decide; `None` for a row that is not sound.
fn sum(connection: &Connection, integrity: &Integrity) -> rusqlite::Result<Option<SetSum>> {
    let mut sum = Some(SetSum::NOTHING);
    for kind in Kind::SUMMED {
        each_row(connection, integrity, kind, |row| {
            let element = row.sound.map(|(_, element)| element);
            sum = sum.zip(element).map(|(sum, element)| sum.plus(element));
        })?;
    }
    Ok(sum)
}

/// Whether the ledger begins and ends where it did, and the rows beside it are what they were; says
/// what is not.
pub(super) fn still_so(
    connection: &Connection,
    integrity: &Integrity,
    base: LedgerEnd,
    tip: &Tip,
) -> rusqlite::Result<Result<(), String>> {
    if base::read(connection, integrity)? != Ok(base) {
        return Ok(Err(base::ALTERED.into()));
    }
    let end = match rows::last(connection)? {
        None => LedgerEnd::NOTHING,
        Some(Ok(last)) if last.fits(integrity, base) => last.end(),
        Some(_) => return Ok(Err("the end of the ledger was altered".into())),
    };
    if end != tip.end {
        return Ok(Err("the end of the ledger was altered".into()));
    }
    if sum(connection, integrity)? != Some(tip.sum) {
        return Ok(Err(
            "what the entries of the ledger come to was altered".into()
        ));
    }
    Ok(Ok(()))
}
