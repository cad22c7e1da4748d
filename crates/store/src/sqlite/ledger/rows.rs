//! The table of groups.

use keystile_core::credit::{Entry, Group, Movement, Place};
use keystile_core::key::{ChainLink, Encoder, Integrity, LedgerEnd, SetSum};
use keystile_core::model::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use crate::ledger::{unpack_entries, unpack_entry};
use crate::sqlite::columns::{Columns, Unreadable, integer};

/// A group as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct GroupRow {
    pub(super) number: u64,
    pub(super) at: Timestamp,
    /// How many of its entries bear on what is known again by an idempotency key.
    pub(super) remembers: u64,
    /// From which group on entries may be missing in what was written down of them.
    pub(super) missing_from: u64,
    /// The hidden sum of the rows that the ledger keeps besides.
    pub(super) sum: [u8; 16],
    pub(super) entries: Vec<u8>,
}

impl GroupRow {
    /// Its link of the chain.
    pub(super) fn link(&self, integrity: &Integrity, before: ChainLink) -> ChainLink {
        let mut content = Vec::with_capacity(64 + self.entries.len());
        let mut out = Encoder::new(&mut content);
        out.number(self.number);
        out.time(self.at);
        out.number(self.remembers);
        out.number(self.missing_from);
        out.bytes(&self.sum);
        out.bytes(&self.entries);
        integrity.ledger_link(before, &content)
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

/// How many of these entries bear on what is known again by an idempotency key: they must be read
/// again at a start.
pub(super) fn remembering(entries: &[Entry]) -> u64 {
    let bears = |entry: &&Entry| match &entry.movement {
        Movement::Spent(charge) | Movement::Reserved { charge, .. } => charge.remember.is_some(),
        Movement::Returned { forgets, .. } => forgets.is_some(),
        _ => false,
    };
    u64::try_from(entries.iter().filter(bears).count()).unwrap_or(u64::MAX)
}

/// A group with its link and its place in the chain.
#[derive(Debug, Clone)]
pub(super) struct Linked {
    pub(super) row: GroupRow,
    pub(super) link: ChainLink,
    /// The link of the group before; `None` when that is not there.
    pub(super) before: Option<ChainLink>,
}

impl Linked {
    /// Where the ledger ended before it; `base` is where it begins.
    pub(super) fn before(&self, base: LedgerEnd) -> Option<LedgerEnd> {
        let number = self.row.number.checked_sub(1)?;
        if number == base.number {
            return Some(base);
        }
        self.before.map(|link| LedgerEnd { number, link })
    }

    /// Whether it is what Keystile wrote there.
    pub(super) fn fits(&self, integrity: &Integrity, base: LedgerEnd) -> bool {
        self.before(base)
            .is_some_and(|before| self.row.link(integrity, before.link) == self.link)
    }

    /// The sum of the rows that the ledger keeps besides, as this group left them.
    pub(super) fn sum(&self, integrity: &Integrity, base: LedgerEnd) -> Option<SetSum> {
        let before = self.before(base)?;
        Some(integrity.ledger_sum(before, self.row.sum))
    }

    pub(super) fn end(&self) -> LedgerEnd {
        LedgerEnd {
            number: self.row.number,
            link: self.link,
        }
    }
}

/// The columns that [`read`] reads, of the ledger by the name `l`; the last is the link of the
/// group before.
pub(super) const COLUMNS: &str = "l.number, l.at, l.remembers, l.missing_from, l.sum, l.link, \
     l.entries, (SELECT b.link FROM ledger b WHERE b.number = l.number - 1)";

/// Reads a row that was selected with [`COLUMNS`].
pub(super) fn read(row: &rusqlite::Row<'_>) -> Result<Linked, Unreadable> {
    let mut columns = Columns::of(row);
    let (number, at) = (columns.number()?, columns.time()?);
    let (remembers, missing_from) = (columns.number()?, columns.number()?);
    let (sum, link) = (columns.array()?, ChainLink(columns.array()?));
    let row = GroupRow {
        number,
        at,
        remembers,
        missing_from,
        sum,
        entries: columns.bytes()?,
    };
    let before = columns.maybe_array()?.map(ChainLink);
    Ok(Linked { row, link, before })
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
            "INSERT INTO ledger (number, at, remembers, missing_from, sum, link, entries) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![
            integer(row.number),
            row.at.millis(),
            integer(row.remembers),
            integer(row.missing_from),
            row.sum,
            link.0,
            row.entries,
        ])
        .map(drop)
}

/// The last group.
pub(super) fn last(
    connection: &Connection,
) -> rusqlite::Result<Option<Result<Linked, Unreadable>>> {
    let sql = format!("SELECT {COLUMNS} FROM ledger l ORDER BY l.number DESC LIMIT 1");
    connection
        .query_row(&sql, [], |row| Ok(read(row)))
        .optional()
}

/// One group.
pub(super) fn one(
    connection: &Connection,
    number: u64,
) -> rusqlite::Result<Option<Result<Linked, Unreadable>>> {
    let sql = format!("SELECT {COLUMNS} FROM ledger l WHERE l.number = ?1");
    connection
        .prepare_cached(&sql)?
        .query_row([integer(number)], |row| Ok(read(row)))
        .optional()
}

/// Why an entry cannot be told.
pub(super) enum Unknown {
    /// The database did not answer.
    Database(rusqlite::Error),
    /// The group was altered or removed.
    Altered(u64),
}

/// A group that is sound; `None` when the ledger has none of that number, or goes back no further.
pub(super) fn sound(
    connection: &Connection,
    integrity: &Integrity,
    (base, last): (LedgerEnd, u64),
    number: u64,
) -> Result<Option<Linked>, Unknown> {
    if number <= base.number || number > last {
        return Ok(None);
    }
    match one(connection, number).map_err(Unknown::Database)? {
        Some(Ok(linked)) if linked.fits(integrity, base) => Ok(Some(linked)),
        _ => Err(Unknown::Altered(number)),
    }
}

/// The entry of a place in a group.
pub(super) fn entry(linked: &Linked, place: Place) -> Option<Entry> {
    unpack_entry(&linked.row.entries, place.index)
}
