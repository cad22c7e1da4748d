//! Where the ledger begins: the last group that is not kept any more.

use keystile_core::key::{ChainLink, Integrity, LedgerEnd};
use rusqlite::Connection;

use super::vouched::{Kind, Vouched, each_row};
use crate::CommitError;

/// There is one such row.
const ID: &[u8] = b"base";

/// What is said of one that is not Keystile's.
pub(super) const ALTERED: &str = "where the ledger begins was altered";

/// Where the ledger begins; an error when that was altered. A row that was removed shows in the
/// first group, which is chained to it.
pub(super) fn read(
    connection: &Connection,
    integrity: &Integrity,
) -> rusqlite::Result<Result<LedgerEnd, &'static str>> {
    let mut base = Ok(LedgerEnd::NOTHING);
    each_row(connection, integrity, Kind::Base, |row| {
        let is_it = row.id == ID;
        let sound = row.sound.filter(|_| is_it);
        base = sound.and_then(|(state, _)| decode(&state)).ok_or(ALTERED);
    })?;
    Ok(base)
}

/// Moves it.
pub(super) fn write(vouched: &mut Vouched<'_>, base: LedgerEnd) -> Result<(), CommitError> {
    let state = [base.number.to_be_bytes().as_slice(), &base.link.0].concat();
    vouched.put(Kind::Base, ID, &state)
}

fn decode(state: &[u8]) -> Option<LedgerEnd> {
    let (number, link) = state.split_first_chunk::<8>()?;
    Some(LedgerEnd {
        number: u64::from_be_bytes(*number),
        link: ChainLink(link.try_into().ok()?),
    })
}
