//! The tables of the ledger.

use keystile_core::credit::{AccountId, Entry};
use keystile_core::credit::{Charged, Group, Movement, Place};
use keystile_core::key::{ChainLink, Encoder};
use keystile_core::model::{SpendId, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};

use crate::ledger::{unpack_entries, unpack_entry};
use crate::sqlite::columns::integer;

/// A group as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct GroupRow {
    pub(super) number: u64,
    pub(super) at: Timestamp,
    /// How many of its entries are known again by an idempotency key.
    pub(super) remembers: usize,
    pub(super) entries: Vec<u8>,
}

impl GroupRow {
    /// What its link covers.
    pub(super) fn content(&self) -> Vec<u8> {
        let mut content = Vec::with_capacity(32 + self.entries.len());
        let mut out = Encoder::new(&mut content);
        out.number(self.number);
        out.time(self.at);
        out.number(u64::try_from(self.remembers).unwrap_or(u64::MAX));
        out.bytes(&self.entries);
        content
    }

    pub(super) fn group(&self) -> Group {
        Group {
            number: self.number,
            at: self.at,
        }
    }

    /// Its entries; `None` when they cannot be read.
    pub(super) fn unpack(&self) -> Option<Vec<Entry>> {
        unpack_entries(&self.entries)
    }
}

/// A group with its link.
#[derive(Debug, Clone)]
pub(super) struct Linked {
    pub(super) row: GroupRow,
    pub(super) link: ChainLink,
}

/// The columns that [`read`] reads.
pub(super) const COLUMNS: &str = "number, at, remembers, entries, link";

pub(super) fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<Linked> {
    let number: i64 = row.get(0)?;
    let remembers: i64 = row.get(2)?;
    Ok(Linked {
        row: GroupRow {
            number: u64::try_from(number).unwrap_or(0),
            at: Timestamp::from_millis(row.get(1)?),
            remembers: usize::try_from(remembers).unwrap_or(0),
            entries: row.get(3)?,
        },
        link: ChainLink(row.get(4)?),
    })
}

/// Writes a group. That number must not be there yet, so nothing written behind our back is
/// continued.
pub(super) fn append(
    connection: &Connection,
    row: &GroupRow,
    link: ChainLink,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO ledger (number, at, remembers, entries, link) \
             VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![
            integer(row.number),
            row.at.millis(),
            i64::try_from(row.remembers).unwrap_or(i64::MAX),
            row.entries,
            link.0,
        ])
        .map(drop)
}

/// The last group.
pub(super) fn last(connection: &Connection) -> rusqlite::Result<Option<Linked>> {
    let sql = format!("SELECT {COLUMNS} FROM ledger ORDER BY number DESC LIMIT 1");
    connection.query_row(&sql, [], read).optional()
}

/// One group.
pub(super) fn one(connection: &Connection, number: u64) -> rusqlite::Result<Option<Linked>> {
    let sql = format!("SELECT {COLUMNS} FROM ledger WHERE number = ?1");
    connection
        .prepare_cached(&sql)?
        .query_row([integer(number)], read)
        .optional()
}

/// The entry of a place, when there is one.
pub(super) fn entry(
    connection: &Connection,
    place: Place,
) -> rusqlite::Result<Option<(Timestamp, Entry)>> {
    let found = one(connection, place.group)?;
    Ok(found.and_then(|linked| {
        let entry = unpack_entry(&linked.row.entries, place.index)?;
        Some((linked.row.at, entry))
    }))
}

/// A charge as it stands, by what `is_open` says of its reservation.
pub(super) fn charged(
    connection: &Connection,
    spend: SpendId,
    is_open: impl Fn(AccountId, SpendId) -> bool,
) -> rusqlite::Result<Option<Charged>> {
    let Some(place) = Place::of(spend) else {
        return Ok(None);
    };
    let Some((at, entry)) = entry(connection, place)? else {
        return Ok(None);
    };
    let (charge, reserved_until) = match entry.movement {
        Movement::Spent(charge) => (charge, None),
        Movement::Reserved { charge, ends_at } => (charge, Some(ends_at)),
        _ => return Ok(None),
    };
    if place.spend_id(at) != spend {
        return Ok(None);
    }
    let amount = charge.amount;
    let known = change_of(connection, place)?;
    // One that is neither open nor changed by anybody ran out.
    let ran_out = known.is_none() && reserved_until.is_some() && !is_open(entry.account, spend);
    let untouched = (None, if ran_out { amount } else { 0 });
    let (settled, returned) = known.unwrap_or(untouched);
    Ok(Some(Charged {
        spend,
        account: entry.account,
        charge,
        reserved_until,
        settled,
        returned,
        ran_out,
    }))
}

fn change_of(
    connection: &Connection,
    place: Place,
) -> rusqlite::Result<Option<(Option<u64>, u64)>> {
    let amount = |number: i64| u64::try_from(number).unwrap_or(0);
    connection
        .prepare_cached(
            "SELECT settled, returned FROM charges WHERE number = ?1 AND at_index = ?2",
        )?
        .query_row(params![integer(place.group), place.index], |row| {
            let settled: Option<i64> = row.get(0)?;
            Ok((settled.map(amount), amount(row.get(1)?)))
        })
        .optional()
}

/// Notes what an entry made of an earlier charge.
pub(super) fn note_change(connection: &Connection, movement: &Movement) -> rusqlite::Result<()> {
    let (spend, settled, returned) = match movement {
        Movement::Settled { spend, amount, .. } => (spend, Some(*amount), 0),
        Movement::Returned { spend, amount, .. } => (spend, None, *amount),
        _ => return Ok(()),
    };
    let Some(place) = Place::of(*spend) else {
        return Ok(());
    };
    connection
        .prepare_cached(
            "INSERT INTO charges (number, at_index, settled, returned) VALUES (?1, ?2, ?3, ?4) \
             ON CONFLICT (number, at_index) DO UPDATE \
             SET settled = coalesce(excluded.settled, settled), \
                 returned = returned + excluded.returned",
        )?
        .execute(params![
            integer(place.group),
            place.index,
            settled.map(integer),
            integer(returned),
        ])
        .map(drop)
}
