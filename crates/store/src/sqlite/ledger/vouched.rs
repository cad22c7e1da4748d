//! The rows that the ledger keeps besides its groups: what the entries come to, and what became of
//! charges.
//!
//! Each carries half of a MAC. The sum of all other halves, of the rows that decide, stands hidden
//! in every group, whose link covers it: a row that was removed, added or brought back in an older
//! version changes the sum, and a start, which reads them anyway, finds that. What is kept of the
//! time before the ledger's first group decides nothing, so it is in no sum; the full examination
//! compares it with what came after.

use keystile_core::credit::{AccountId, Place};
use keystile_core::key::{Encoder, Integrity, RowTag, SetSum};
use keystile_core::model::{KeyId, Mode, OrganizationId};
use rusqlite::{Connection, OptionalExtension, params};

use crate::CommitError;
use crate::sqlite::commit::not_written;

/// A table of such rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Account,
    Key,
    Charge,
    Base,
    BaseAccount,
    BaseKey,
}

impl Kind {
    /// Those that decide, and that are in the sum.
    pub(super) const SUMMED: [Self; 3] = [Self::Account, Self::Key, Self::Charge];

    fn is_summed(self) -> bool {
        Self::SUMMED.contains(&self)
    }

    pub(super) fn table(self) -> &'static str {
        match self {
            Self::Account => "accounts",
            Self::Key => "key_spending",
            Self::Charge => "charges",
            Self::Base => "ledger_base",
            Self::BaseAccount => "base_accounts",
            Self::BaseKey => "base_key_spending",
        }
    }

    fn content(self, id: &[u8], state: &[u8]) -> Vec<u8> {
        let mut content = Vec::with_capacity(state.len() + 64);
        let mut out = Encoder::new(&mut content);
        out.text(self.table());
        out.bytes(id);
        out.bytes(state);
        content
    }
}

/// A row as it was met.
pub(super) struct Row {
    pub(super) id: Vec<u8>,
    /// `None` when its tag does not fit, or it does not read.
    pub(super) sound: Option<(Vec<u8>, SetSum)>,
}

/// Hands every row of a table to `each`, in the order of their ids.
pub(super) fn each_row(
    connection: &Connection,
    integrity: &Integrity,
    kind: Kind,
    mut each: impl FnMut(Row),
) -> rusqlite::Result<()> {
    let sql = format!("SELECT id, state, tag FROM {} ORDER BY id", kind.table());
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let bytes = |index| row.get_ref(index).ok().and_then(|cell| cell.as_blob().ok());
        let id = bytes(0).unwrap_or_default().to_vec();
        let (state, tag) = (bytes(1).unwrap_or_default(), bytes(2).unwrap_or_default());
        let (expected, element) = integrity.ledger_row(&kind.content(&id, state));
        let sound = (expected.0 == *tag).then(|| (state.to_vec(), element));
        each(Row { id, sound });
    }
    Ok(())
}

/// The rows, and their sum as it is carried along.
pub(super) struct Vouched<'a> {
    connection: &'a Connection,
    integrity: &'a Integrity,
    sum: SetSum,
}

impl<'a> Vouched<'a> {
    /// The rows, whose sum is known.
    pub(super) fn new(connection: &'a Connection, integrity: &'a Integrity, sum: SetSum) -> Self {
        Self {
            connection,
            integrity,
            sum,
        }
    }

    pub(super) fn connection(&self) -> &'a Connection {
        self.connection
    }

    pub(super) fn integrity(&self) -> &'a Integrity {
        self.integrity
    }

    pub(super) fn sum(&self) -> SetSum {
        self.sum
    }

    /// What a row holds; `None` when there is none.
    pub(super) fn get(&self, kind: Kind, id: &[u8]) -> Result<Option<Vec<u8>>, CommitError> {
        Ok(self.find(kind, id)?.map(|(state, _)| state))
    }

    fn find(&self, kind: Kind, id: &[u8]) -> Result<Option<(Vec<u8>, SetSum)>, CommitError> {
        let sql = format!("SELECT state, tag FROM {} WHERE id = ?1", kind.table());
        let found: Option<(Vec<u8>, Vec<u8>)> = self
            .connection
            .prepare_cached(&sql)
            .and_then(|mut statement| {
                let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
                statement.query_row([id], read).optional()
            })
            .map_err(|error| not_written(&error))?;
        let Some((state, tag)) = found else {
            return Ok(None);
        };
        let (expected, element) = self.integrity.ledger_row(&kind.content(id, &state));
        if expected.0 != *tag {
            return Err(CommitError::Tampered {
                subject: format!("a row of table {}", kind.table()),
                problem: "it was altered: its MAC does not fit".into(),
            });
        }
        Ok(Some((state, element)))
    }

    /// Writes a row in place of what it was.
    pub(super) fn put(&mut self, kind: Kind, id: &[u8], state: &[u8]) -> Result<(), CommitError> {
        self.take_out(kind, id)?;
        let (RowTag(tag), element) = self.integrity.ledger_row(&kind.content(id, state));
        let sql = format!(
            "INSERT OR REPLACE INTO {} (id, state, tag) VALUES (?1, ?2, ?3)",
            kind.table()
        );
        self.connection
            .prepare_cached(&sql)
            .and_then(|mut statement| statement.execute(params![id, state, tag]))
            .map_err(|error| not_written(&error))?;
        if kind.is_summed() {
            self.sum = self.sum.plus(element);
        }
        Ok(())
    }

    /// Removes a row, if there is one.
    pub(super) fn remove(&mut self, kind: Kind, id: &[u8]) -> Result<(), CommitError> {
        self.take_out(kind, id)?;
        let sql = format!("DELETE FROM {} WHERE id = ?1", kind.table());
        self.connection
            .prepare_cached(&sql)
            .and_then(|mut statement| statement.execute([id]))
            .map(drop)
            .map_err(|error| not_written(&error))
    }

    fn take_out(&mut self, kind: Kind, id: &[u8]) -> Result<(), CommitError> {
        if !kind.is_summed() {
            return Ok(());
        }
        if let Some((_, element)) = self.find(kind, id)? {
            self.sum = self.sum.minus(element);
        }
        Ok(())
    }
}

/// The id of an account's row.
pub(super) fn account_id(account: AccountId) -> [u8; 17] {
    let mut id = [0; 17];
    let mode = match account.mode {
        Mode::Live => 0,
        Mode::Test => 1,
    };
    let bytes = account.organization.to_bytes().into_iter().chain([mode]);
    id.iter_mut()
        .zip(bytes)
        .for_each(|(slot, byte)| *slot = byte);
    id
}

/// The account of a row.
pub(super) fn account_of(id: &[u8]) -> Option<AccountId> {
    let (organization, mode) = id.split_first_chunk::<16>()?;
    Some(AccountId {
        organization: OrganizationId::from_bytes(*organization),
        mode: match mode {
            [0] => Mode::Live,
            [1] => Mode::Test,
            _ => return None,
        },
    })
}

/// The key of a row.
pub(super) fn key_of(id: &[u8]) -> Option<KeyId> {
    id.try_into().ok().map(KeyId::from_bytes)
}

/// The id of a charge's row; those of a group stand together.
pub(super) fn charge_id(place: Place) -> [u8; 10] {
    let mut id = [0; 10];
    let group = place.group.to_be_bytes().into_iter();
    let bytes = group.chain(place.index.to_be_bytes());
    id.iter_mut()
        .zip(bytes)
        .for_each(|(slot, byte)| *slot = byte);
    id
}

/// The place of a charge's row.
pub(super) fn charge_of(id: &[u8]) -> Option<Place> {
    let (group, index) = id.split_first_chunk::<8>()?;
    Some(Place {
        group: u64::from_be_bytes(*group),
        index: u16::from_be_bytes(index.try_into().ok()?),
    })
}
