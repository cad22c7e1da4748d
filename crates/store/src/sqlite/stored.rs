//! Single stored records, with their MAC checked.

use keystile_core::key::{Integrity, SetSum};
use keystile_core::model::{Record, Slug, Subject};
use rusqlite::{Connection, params_from_iter};

use super::columns::{Cells, Unreadable};
use super::errors::{plain, unavailable};
use super::known::KnownLists;
use super::rows::{self, ORGANIZATIONS, Table};
use crate::{CommitError, Scanned, StoreError};

/// A row as it was met.
pub(super) enum Met {
    /// Its MAC holds; with its share of the sum.
    Sound(Record, SetSum),
    /// It reads, but its MAC fails.
    Forged(Record),
    /// It does not read.
    Unreadable(Unreadable),
}

/// What is said of a row whose MAC fails.
pub(super) const FORGED: &str = "its row was altered: its MAC does not fit";

/// Reads rows, one after the other.
pub(super) struct Reader {
    integrity: Integrity,
    buffer: Vec<u8>,
    known: KnownLists,
}

impl Reader {
    pub(super) fn new(integrity: &Integrity) -> Self {
        Self {
            integrity: integrity.clone(),
            buffer: Vec::with_capacity(512),
            known: KnownLists::default(),
        }
    }

    /// Reads a row with the table's columns.
    pub(super) fn meet(&mut self, table: &Table, row: &dyn Cells) -> Met {
        match table.read(row, &mut self.known) {
            Err(problem) => Met::Unreadable(problem),
            Ok((record, tag)) => {
                let (expected, element) = self.integrity.row(&record, &mut self.buffer);
                if tag == expected {
                    Met::Sound(record, element)
                } else {
                    Met::Forged(record)
                }
            }
        }
    }
}

impl Met {
    /// The same, unless a sound record is not the one that was asked for: an index has no MAC and
    /// could lead elsewhere. Where SQLite takes the asked-for column from the index instead of the
    /// row, the MAC fails; which one it takes is its own choice.
    pub(super) fn only_if(self, is_it: impl FnOnce(&Record) -> bool) -> Self {
        match self {
            Self::Sound(record, _) if !is_it(&record) => {
                Self::Unreadable(Unreadable("an index leads to another row".into()))
            }
            met => met,
        }
    }

    /// For whoever follows the journal.
    pub(super) fn scanned(self, place: impl FnOnce() -> String) -> Scanned {
        match self {
            Self::Sound(record, _) => Scanned::Sound(record),
            Self::Forged(record) => Scanned::Forged(record),
            Self::Unreadable(problem) => Scanned::Unreadable {
                place: place(),
                problem: problem.0,
            },
        }
    }
}

/// The stored record, whatever it is worth; `None` when there is none.
pub(super) fn find(
    connection: &Connection,
    integrity: &Integrity,
    subject: &Subject,
) -> rusqlite::Result<Option<Met>> {
    find_with(connection, &mut Reader::new(integrity), subject)
}

/// The same for many records, which share what reading them needs.
pub(super) fn find_with(
    connection: &Connection,
    reader: &mut Reader,
    subject: &Subject,
) -> rusqlite::Result<Option<Met>> {
    let table = Table::of(subject);
    let mut statement = connection.prepare_cached(&table.statements().one)?;
    let mut found = statement.query(params_from_iter(rows::identity(subject).0))?;
    let Some(row) = found.next()? else {
        return Ok(None);
    };
    let met = reader.meet(table, row);
    Ok(Some(met.only_if(|record| record.subject() == *subject)))
}

/// The organization of a product with that external id, whatever it is worth; deleted ones are
/// not found.
pub(super) fn find_external(
    connection: &Connection,
    integrity: &Integrity,
    product: &Slug,
    external_id: &str,
) -> rusqlite::Result<Option<Met>> {
    let sql = format!(
        "SELECT {} FROM organizations t WHERE t.product = ?1 AND t.external_id = ?2 \
         AND t.deleted_at IS NULL",
        ORGANIZATIONS.statements().columns
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut found = statement.query((product.as_str(), external_id))?;
    let Some(row) = found.next()? else {
        return Ok(None);
    };
    let met = Reader::new(integrity).meet(&ORGANIZATIONS, row);
    Ok(Some(met.only_if(|record| match record {
        Record::Organization(row) => {
            row.product == *product && row.external_id.as_deref() == Some(external_id)
        }
        _ => false,
    })))
}

/// The stored record if it is sound; `None` when there is none.
pub(super) fn sound(
    connection: &Connection,
    integrity: &Integrity,
    subject: &Subject,
) -> Result<Option<Record>, StoreError> {
    let found = find(connection, integrity, subject).map_err(|error| unavailable(&error))?;
    accept(found, || subject.to_string())
}

/// The version of a stored record and its share of the sum; `None` when there is none.
pub(super) fn version(
    connection: &Connection,
    integrity: &Integrity,
    subject: &Subject,
) -> Result<Option<(u64, SetSum)>, CommitError> {
    let tampered = |problem: String| CommitError::Tampered {
        subject: subject.to_string(),
        problem,
    };
    let found = find(connection, integrity, subject);
    match found.map_err(|error| CommitError::NotWritten(plain(&error)))? {
        None => Ok(None),
        Some(Met::Sound(record, element)) => Ok(Some((record.seq(), element))),
        Some(Met::Forged(_)) => Err(tampered(FORGED.into())),
        Some(Met::Unreadable(problem)) => Err(tampered(problem.0)),
    }
}

/// Only what is sound, described by `place` where it is not.
pub(super) fn accept(
    met: Option<Met>,
    place: impl FnOnce() -> String,
) -> Result<Option<Record>, StoreError> {
    let tampered = |problem: String| StoreError::Tampered {
        subject: place(),
        problem,
    };
    match met {
        None => Ok(None),
        Some(Met::Sound(record, _)) => Ok(Some(record)),
        Some(Met::Forged(_)) => Err(tampered(FORGED.into())),
        Some(Met::Unreadable(problem)) => Err(tampered(problem.0)),
    }
}
