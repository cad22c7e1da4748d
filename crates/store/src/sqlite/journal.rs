//! The tables of the journal and of its head.

use keystile_core::key::{ChainLink, Integrity, LedgerEnd, SealedHead, SetSum};
use keystile_core::model::{Personal, Subject, Timestamp};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::columns::{Columns, Unreadable, integer};
use crate::journal::{JournalRow, Mark, personal_hash};

/// The columns that [`read`] reads, of the journal by the name `j`; the last is the link of the
/// row before.
pub(super) const COLUMNS: &str = "j.seq, j.at, j.actor, j.action, j.product, j.organization, \
     j.request_id, j.personal, j.keyring, j.link, j.details, j.marks, \
     (SELECT b.link FROM journal b WHERE b.seq = j.seq - 1)";

/// A row of the journal with its place in the chain.
pub(super) struct Linked {
    pub(super) row: JournalRow,
    pub(super) link: ChainLink,
    /// The link of the row before; `None` when that row is not there.
    pub(super) before: Option<ChainLink>,
}

impl Linked {
    /// Whether its link is that of its content after the row before.
    pub(super) fn fits(&self, integrity: &Integrity) -> bool {
        self.before
            .is_some_and(|before| self.row.link(integrity, before) == self.link)
    }
}

/// Reads a row that was selected with [`COLUMNS`].
pub(super) fn read(row: &Row<'_>) -> Result<Linked, Unreadable> {
    let mut columns = Columns::of(row);
    let seq = columns.number()?;
    let at = columns.time()?;
    let actor = columns.text()?;
    let action = columns.text()?;
    let product = columns.maybe_text()?;
    let organization = columns.maybe_array()?;
    let request_id = columns.maybe_array()?;
    let personal = columns.maybe_array()?;
    let keyring = columns.maybe_array()?;
    let link = ChainLink(columns.array()?);
    let row = JournalRow {
        seq,
        at,
        actor,
        action,
        product,
        organization,
        request_id,
        personal,
        keyring,
        details: columns.text()?,
        marks: columns.bytes()?,
    };
    let before = columns.maybe_array()?.map(ChainLink);
    let before = if seq == 1 {
        Some(ChainLink::GENESIS)
    } else {
        before
    };
    Ok(Linked { row, link, before })
}

/// The end of the journal as the writer carries it along.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tip {
    pub(super) seq: u64,
    pub(super) link: ChainLink,
    pub(super) at: Timestamp,
    /// The sum of all rows of records; `None` when the stored one was altered.
    pub(super) sum: Option<SetSum>,
    /// Where the ledger ended when the head was written last.
    pub(super) ledger: LedgerEnd,
}

impl Tip {
    /// What the sum is sealed with.
    pub(super) fn sealed_head(&self) -> SealedHead {
        SealedHead {
            seq: self.seq,
            link: self.link,
            ledger: self.ledger,
        }
    }
}

/// The end of the journal as it is stored, or what is wrong with it.
pub(super) fn read_tip(
    connection: &Connection,
    integrity: &Integrity,
) -> rusqlite::Result<Result<Tip, String>> {
    let Some(head) = read_head(connection)? else {
        return Ok(Err("the head of the journal is missing".into()));
    };
    let last = last_row(connection)?;
    Ok(head
        .map_err(|problem| format!("the head of the journal: {}", problem.0))
        .and_then(|head| tip_of(&head, last, integrity)))
}

fn tip_of(
    head: &StoredHead,
    last: Option<Result<Linked, Unreadable>>,
    integrity: &Integrity,
) -> Result<Tip, String> {
    let Some(last) = last else {
        return empty_tip(head);
    };
    let last = last.map_err(|problem| format!("the last journal row: {}", problem.0))?;
    let seq = last.row.seq;
    if seq < head.seq {
        let missing = seq + 1;
        return Err(format!(
            "journal row {missing} is missing: its head says {}",
            head.seq
        ));
    }
    if seq > head.seq || last.link != head.link || !last.fits(integrity) {
        return Err(format!("journal row {seq} does not fit the chain"));
    }
    let open = |sum: &Vec<u8>| integrity.open_sum(&head.sealed(), sum);
    Ok(Tip {
        seq,
        link: last.link,
        at: last.row.at,
        sum: head.sum.as_ref().and_then(open),
        ledger: head.ledger,
    })
}

fn empty_tip(head: &StoredHead) -> Result<Tip, String> {
    if head.seq > 0 || head.link != ChainLink::GENESIS || head.ledger != LedgerEnd::NOTHING {
        return Err(format!(
            "journal row 1 is missing: its head says {}",
            head.seq
        ));
    }
    Ok(Tip {
        seq: 0,
        link: ChainLink::GENESIS,
        at: Timestamp::from_millis(0),
        sum: Some(SetSum::default()),
        ledger: LedgerEnd::NOTHING,
    })
}

/// The row of the head as it is stored.
pub(super) struct StoredHead {
    pub(super) seq: u64,
    pub(super) link: ChainLink,
    pub(super) ledger: LedgerEnd,
    pub(super) sum: Option<Vec<u8>>,
}

impl StoredHead {
    /// What its sum is sealed with.
    pub(super) fn sealed(&self) -> SealedHead {
        SealedHead {
            seq: self.seq,
            link: self.link,
            ledger: self.ledger,
        }
    }
}

/// The stored head; `None` when it is missing.
pub(super) fn read_head(
    connection: &Connection,
) -> rusqlite::Result<Option<Result<StoredHead, Unreadable>>> {
    connection
        .prepare_cached("SELECT seq, link, ledger, ledger_link, sum FROM head")?
        .query_row([], |row| {
            let mut columns = Columns::of(row);
            let mut read = || {
                Ok(StoredHead {
                    seq: columns.number()?,
                    link: ChainLink(columns.array()?),
                    ledger: LedgerEnd {
                        number: columns.number()?,
                        link: ChainLink(columns.array()?),
                    },
                    sum: columns.maybe_bytes()?,
                })
            };
            Ok(read())
        })
        .optional()
}

/// The last row that is stored.
pub(super) fn last_row(
    connection: &Connection,
) -> rusqlite::Result<Option<Result<Linked, Unreadable>>> {
    connection
        .prepare_cached(&format!(
            "SELECT {COLUMNS} FROM journal j ORDER BY j.seq DESC LIMIT 1"
        ))?
        .query_row([], |row| Ok(read(row)))
        .optional()
}

/// Whether nothing was ever written.
pub(super) fn is_empty(connection: &Connection) -> rusqlite::Result<bool> {
    let rows: bool = connection.query_row(
        "SELECT EXISTS (SELECT 1 FROM journal) OR EXISTS (SELECT 1 FROM head WHERE seq > 0) \
         OR EXISTS (SELECT 1 FROM keys) OR EXISTS (SELECT 1 FROM products)",
        [],
        |row| row.get(0),
    )?;
    Ok(!rows)
}

/// Appends a row; the head is still to be moved.
pub(super) fn append(
    connection: &Connection,
    row: &JournalRow,
    link: ChainLink,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO journal (seq, at, actor, action, product, organization, request_id, \
             personal, keyring, link, details, marks) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
        )?
        .execute(params![
            integer(row.seq),
            row.at.millis(),
            row.actor,
            row.action,
            row.product,
            row.organization,
            row.request_id,
            row.personal,
            row.keyring,
            link.0,
            row.details,
            row.marks,
        ])
        .map(drop)
}

/// Moves the head to the end of the journal, and of the ledger.
pub(super) fn move_head(
    connection: &Connection,
    integrity: &Integrity,
    tip: &Tip,
) -> rusqlite::Result<()> {
    let sum = tip
        .sum
        .map(|sum| integrity.seal_sum(&tip.sealed_head(), sum));
    let moved = connection
        .prepare_cached(
            "UPDATE head SET seq = ?1, link = ?2, ledger = ?3, ledger_link = ?4, sum = ?5",
        )?
        .execute(params![
            integer(tip.seq),
            tip.link.0,
            integer(tip.ledger.number),
            tip.ledger.link.0,
            sum,
        ])?;
    if moved == 1 {
        Ok(())
    } else {
        Err(rusqlite::Error::StatementChangedRows(moved))
    }
}

/// Notes which keys a row wrote, so that their history is found.
pub(super) fn note_keys(connection: &Connection, seq: u64, marks: &[Mark]) -> rusqlite::Result<()> {
    let mut insert = connection
        .prepare_cached("INSERT OR IGNORE INTO journal_keys (key, seq) VALUES (?1, ?2)")?;
    for mark in marks {
        if let Subject::Key(key) | Subject::RetiredValue(key, _) = &mark.subject {
            insert.execute(params![key.to_bytes(), integer(seq)])?;
        }
    }
    Ok(())
}

/// Keeps the personal fields of a row beside the chain.
pub(super) fn keep_personal(
    connection: &Connection,
    seq: u64,
    at: Timestamp,
    salt: &[u8; 32],
    body: &str,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO journal_personal (seq, at, salt, body) VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute(params![integer(seq), at.millis(), salt, body])?;
    Ok(())
}

/// The personal fields of a row, which has their hash; `None` once they are erased, an error when
/// they were altered.
pub(super) fn personal(
    connection: &Connection,
    row: &JournalRow,
) -> rusqlite::Result<Result<Option<Personal>, Unreadable>> {
    let stored = connection
        .prepare_cached("SELECT salt, body FROM journal_personal WHERE seq = ?1")?
        .query_row([integer(row.seq)], |found| {
            let mut columns = Columns::of(found);
            Ok(columns.bytes().and_then(|salt| Ok((salt, columns.text()?))))
        })
        .optional()?;
    let Some(stored) = stored else {
        return Ok(Ok(None));
    };
    Ok(stored.and_then(|(salt, body)| {
        let altered = || Unreadable("its personal fields were altered".into());
        if row.personal != Some(personal_hash(&salt, &body)) {
            return Err(altered());
        }
        serde_json::from_str(&body).map(Some).map_err(|_| altered())
    }))
}

/// The rows after `seq`, in order.
pub(super) fn after(
    connection: &Connection,
    seq: u64,
    limit: u32,
) -> rusqlite::Result<Vec<Result<Linked, Unreadable>>> {
    let sql = format!("SELECT {COLUMNS} FROM journal j WHERE j.seq > ?1 ORDER BY j.seq LIMIT ?2");
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map(params![integer(seq), limit], |row| Ok(read(row)))?;
    rows.collect()
}
