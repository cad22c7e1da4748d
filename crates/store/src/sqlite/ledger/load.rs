//! Reading the book at a start: what was written down of it, and the entries since.

use keystile_core::credit::{AccountId, Book, REMEMBERED_MILLIS};
use keystile_core::key::{ChainLink, Integrity};
use keystile_core::model::{KeyId, Mode, OrganizationId, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};

use super::checkpoint::{Checkpoint, account_content, key_content};
use super::group::{Books, Tip};
use super::rows;
use crate::ledger::{unpack_account, unpack_key};
use crate::sqlite::columns::integer;

/// How many charges may be known again by an idempotency key: some 300 MB when they are so many.
const MOST_REMEMBERED: usize = 1 << 22;

/// Reads all that is known of credits. What does not add up is said in the log, and nothing can be
/// spent then.
pub(in crate::sqlite) fn load(
    connection: &Connection,
    integrity: &Integrity,
    now: Timestamp,
) -> rusqlite::Result<Books> {
    let mut loading = Loading {
        connection,
        integrity,
        book: Book::new(MOST_REMEMBERED),
        damaged: None,
    };
    let missing_from = loading.missing_from()?;
    loading.accounts()?;
    loading.keys()?;
    let tip = loading.groups(missing_from, now)?;
    loading.compare_with_grants()?;
    if let Some(problem) = &loading.damaged {
        tracing::error!(problem, "credits cannot be spent");
    }
    Ok(Books {
        book: loading.book,
        tip,
        checkpoint: Checkpoint::after(missing_from.saturating_sub(1)),
        damaged: loading.damaged,
    })
}

struct Loading<'a> {
    connection: &'a Connection,
    integrity: &'a Integrity,
    book: Book,
    /// The first thing that is not as Keystile wrote it.
    damaged: Option<String>,
}

impl Loading<'_> {
    fn is_wrong(&mut self, problem: impl Into<String>) {
        self.damaged.get_or_insert_with(|| problem.into());
    }

    fn missing_from(&mut self) -> rusqlite::Result<u64> {
        let from: Option<i64> = self
            .connection
            .query_row("SELECT missing_from FROM ledger_state", [], |row| {
                row.get(0)
            })
            .optional()?;
        let from = from.and_then(|from| u64::try_from(from).ok());
        if from.is_none() {
            self.is_wrong("the state of the ledger is missing");
        }
        Ok(from.unwrap_or(1))
    }

    fn accounts(&mut self) -> rusqlite::Result<()> {
        let mut statement = self
            .connection
            .prepare("SELECT organization, mode, state, tag FROM accounts")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let mode: String = row.get(1)?;
            let (state, tag): (Vec<u8>, Vec<u8>) = (row.get(2)?, row.get(3)?);
            let id = AccountId {
                organization: OrganizationId::from_bytes(row.get(0)?),
                mode: if mode == Mode::Live.as_str() {
                    Mode::Live
                } else {
                    Mode::Test
                },
            };
            let fits = self.integrity.ledger_tag(&account_content(id, &state)).0 == *tag;
            match unpack_account(&state).filter(|_| fits) {
                Some(account) => self.book.load_account(id, account),
                None => self.is_wrong(format!(
                    "the {} account of {} was altered",
                    id.mode, id.organization
                )),
            }
        }
        Ok(())
    }

    fn keys(&mut self) -> rusqlite::Result<()> {
        let mut statement = self
            .connection
            .prepare("SELECT key, state, tag FROM key_spending")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let id = KeyId::from_bytes(row.get(0)?);
            let (state, tag): (Vec<u8>, Vec<u8>) = (row.get(1)?, row.get(2)?);
            let fits = self.integrity.ledger_tag(&key_content(id, &state)).0 == *tag;
            match unpack_key(&state).filter(|_| fits) {
                Some(key) => self.book.load_key(id, key),
                None => self.is_wrong(format!("what {id} spent was altered")),
            }
        }
        Ok(())
    }

    /// Reads the entries that may be missing so far, and those that are known again by an
    /// idempotency key; gives the end of the ledger.
    fn groups(&mut self, from: u64, now: Timestamp) -> rusqlite::Result<Tip> {
        let begin = rows::one(self.connection, from.saturating_sub(1))?;
        let mut before = match begin {
            Some(linked) => Some(linked.link),
            None if from <= 1 => Some(ChainLink::GENESIS),
            None => None,
        };
        if before.is_none() {
            self.is_wrong(format!("group {} of the ledger is missing", from - 1));
        }
        self.remembered(from, now)?;
        let sql = format!(
            "SELECT {} FROM ledger WHERE number >= ?1 ORDER BY number",
            rows::COLUMNS
        );
        let mut statement = self.connection.prepare(&sql)?;
        let mut found = statement.query([integer(from)])?;
        let mut tip = None;
        let mut expected = from;
        while let Some(row) = found.next()? {
            let linked = rows::read(row)?;
            let link =
                before.map(|before| self.integrity.ledger_link(before, &linked.row.content()));
            if linked.row.number != expected || link != Some(linked.link) {
                self.is_wrong(format!("group {expected} of the ledger was altered"));
            }
            self.replay(&linked);
            expected = linked.row.number + 1;
            before = Some(linked.link);
            tip = Some(Tip {
                number: linked.row.number,
                at: linked.row.at,
                link: linked.link,
            });
        }
        if let Some(tip) = tip {
            return Ok(tip);
        }
        let last = rows::last(self.connection)?;
        Ok(last.map_or(
            Tip {
                number: 0,
                at: Timestamp::from_millis(0),
                link: ChainLink::GENESIS,
            },
            |last| Tip {
                number: last.row.number,
                at: last.row.at,
                link: last.link,
            },
        ))
    }

    /// Charges of the last day that are known again, in groups before that one.
    fn remembered(&mut self, before: u64, now: Timestamp) -> rusqlite::Result<()> {
        let sql = format!(
            "SELECT {} FROM ledger WHERE remembers > 0 AND at > ?1 AND number < ?2 ORDER BY at",
            rows::COLUMNS
        );
        let mut statement = self.connection.prepare(&sql)?;
        let since = now.plus_millis(-REMEMBERED_MILLIS).millis();
        let mut found = statement.query(params![since, integer(before)])?;
        while let Some(row) = found.next()? {
            let linked = rows::read(row)?;
            self.replay(&linked);
        }
        Ok(())
    }

    fn replay(&mut self, linked: &rows::Linked) {
        let Some(entries) = linked.row.unpack() else {
            let number = linked.row.number;
            return self.is_wrong(format!("group {number} of the ledger cannot be read"));
        };
        for (index, entry) in (0..=u16::MAX).zip(&entries) {
            self.book.replay(linked.row.group(), index, entry);
        }
    }

    /// Every account adds up, and all of them together hold what was granted.
    fn compare_with_grants(&mut self) -> rusqlite::Result<()> {
        let wrong = self.book.accounts().find(|(_, account)| !account.adds_up());
        if let Some((id, _)) = wrong {
            let problem = format!(
                "the {} account of {} does not add up",
                id.mode, id.organization
            );
            self.is_wrong(problem);
        }
        // In halves, because the sum of all might be beyond what SQLite counts.
        let sums: (i64, i64) = self.connection.query_row(
            "SELECT coalesce(sum(amount >> 32), 0), coalesce(sum(amount & 4294967295), 0) \
             FROM grants",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        let granted = (i128::from(sums.0) << 32) + i128::from(sums.1);
        let accounts = self.book.accounts();
        let booked: i128 = accounts.map(|(_, one)| i128::from(one.sums.granted)).sum();
        if granted != booked {
            self.is_wrong(format!(
                "{granted} credits were granted, but the ledger has {booked}"
            ));
        }
        Ok(())
    }
}
