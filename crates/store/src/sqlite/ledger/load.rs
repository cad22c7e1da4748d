//! Reading the book at a start: what was written down of it, and the entries since.

use keystile_core::credit::{Book, REMEMBERED_MILLIS};
use keystile_core::key::{Integrity, LedgerEnd, SetSum};
use keystile_core::model::Timestamp;
use rusqlite::Connection;

use super::checkpoint::Checkpoint;
use super::group::{Books, Tip};
use super::retention::Retention;
use super::rows::{self, Linked};
use super::settings::LedgerSettings;
use super::vouched::{Kind, Row, account_of, each_row, key_of};
use super::{base, proof};
use crate::ledger::{unpack_account, unpack_key};
use crate::sqlite::columns::{Unreadable, integer};
use crate::sqlite::journal;

/// Reads all that is known of credits. What is not as Keystile wrote it is said in the log, and
/// nothing can be spent then; everything else goes on.
pub(in crate::sqlite) fn load(
    connection: &Connection,
    integrity: &Integrity,
    journal: &journal::Tip,
    settings: LedgerSettings,
    now: Timestamp,
) -> rusqlite::Result<Books> {
    let mut loading = Loading {
        connection,
        integrity,
        book: Book::new(settings.most_remembered),
        base: LedgerEnd::NOTHING,
        tip: Tip::NOTHING,
        sum: SetSum::NOTHING,
        damaged: None,
    };
    if let Err(error) = loading.all(journal, now) {
        loading.is_wrong(format!("the ledger cannot be read: {error}"));
    }
    if let Some(problem) = &loading.damaged {
        tracing::error!(problem, "credits cannot be spent");
    }
    Ok(Books {
        book: loading.book,
        tip: loading.tip,
        checkpoint: Checkpoint::after(loading.tip.missing_from, settings),
        retention: Retention::new(loading.base, &settings),
        version: proof::version(connection)?,
        damaged: loading.damaged,
    })
}

struct Loading<'a> {
    connection: &'a Connection,
    integrity: &'a Integrity,
    book: Book,
    base: LedgerEnd,
    tip: Tip,
    /// The sum of the rows that the ledger keeps besides, as they are.
    sum: SetSum,
    /// The first thing that is not as Keystile wrote it.
    damaged: Option<String>,
}

impl Loading<'_> {
    fn is_wrong(&mut self, problem: impl Into<String>) {
        self.damaged.get_or_insert_with(|| problem.into());
    }

    fn all(&mut self, journal: &journal::Tip, now: Timestamp) -> rusqlite::Result<()> {
        match base::read(self.connection, self.integrity)? {
            Ok(base) => self.base = base,
            Err(problem) => self.is_wrong(problem),
        }
        self.read_tip()?;
        self.compare_with_journal(journal)?;
        self.rows()?;
        // What is wrong makes the rest useless, and it may be long.
        if self.damaged.is_none() {
            self.remembered(now)?;
            self.groups()?;
            self.compare_with_grants()?;
        }
        Ok(())
    }

    /// The end of the ledger. Its link covers what else a start begins with.
    fn read_tip(&mut self) -> rusqlite::Result<()> {
        let last = match rows::last(self.connection)? {
            Some(Ok(last)) => last,
            Some(Err(Unreadable(problem))) => {
                self.is_wrong(format!("the last group of the ledger: {problem}"));
                return Ok(());
            }
            None => {
                // The last group is never one of those that are not kept.
                if self.base != LedgerEnd::NOTHING {
                    self.is_wrong("the ledger was removed");
                }
                return Ok(());
            }
        };
        let number = last.row.number;
        let sum = last.sum(self.integrity, self.base);
        let Some(sum) = sum.filter(|_| last.fits(self.integrity, self.base)) else {
            self.is_wrong(format!("group {number} of the ledger was altered"));
            return Ok(());
        };
        self.tip = Tip {
            end: last.end(),
            at: last.row.at,
            missing_from: last.row.missing_from,
            sum,
        };
        Ok(())
    }

    /// The ledger goes at least as far as the head of the journal says.
    fn compare_with_journal(&mut self, journal: &journal::Tip) -> rusqlite::Result<()> {
        let (end, base) = (journal.ledger, self.base);
        if journal.sum.is_none() {
            self.is_wrong("the head of the journal was altered");
        }
        if end.number < base.number || end == base {
            return Ok(());
        }
        let found = rows::one(self.connection, end.number)?.and_then(Result::ok);
        let is_it = found.is_some_and(|one| one.fits(self.integrity, base) && one.end() == end);
        if !is_it {
            let number = end.number;
            self.is_wrong(format!("the ledger was cut off before group {number}"));
        }
        Ok(())
    }

    /// What was written down of accounts and keys, and that it is all of it.
    fn rows(&mut self) -> rusqlite::Result<()> {
        for kind in Kind::SUMMED {
            each_row(self.connection, self.integrity, kind, |row| {
                self.meet_row(kind, &row);
            })?;
        }
        if self.sum != self.tip.sum {
            self.is_wrong("what the entries of the ledger come to was altered");
        }
        Ok(())
    }

    fn meet_row(&mut self, kind: Kind, row: &Row) {
        let Some((state, element)) = &row.sound else {
            return self.is_wrong(format!("a row of table {} was altered", kind.table()));
        };
        self.sum = self.sum.plus(*element);
        let read = match kind {
            Kind::Account => account_of(&row.id)
                .zip(unpack_account(state))
                .map(|(id, account)| self.book.load_account(id, account)),
            Kind::Key => key_of(&row.id)
                .zip(unpack_key(state))
                .map(|(id, key)| self.book.load_key(id, key)),
            _ => Some(()),
        };
        if read.is_none() {
            self.is_wrong(format!("a row of table {} cannot be read", kind.table()));
        }
    }

    /// The entries that may be missing so far.
    fn groups(&mut self) -> rusqlite::Result<()> {
        let mut expected = self.tip.missing_from;
        let query = "l.number >= ?1 ORDER BY l.number";
        self.each_group(query, &[integer(expected)], |loading, linked| {
            if linked.row.number != expected {
                loading.is_wrong(format!("group {expected} of the ledger is missing"));
            }
            expected = linked.row.number + 1;
        })?;
        if expected != self.tip.end.number + 1 {
            self.is_wrong(format!("group {expected} of the ledger is missing"));
        }
        Ok(())
    }

    /// Charges of the last day that are known again, in groups before those.
    fn remembered(&mut self, now: Timestamp) -> rusqlite::Result<()> {
        let since = now.plus_millis(-REMEMBERED_MILLIS).millis();
        let query = "l.remembers > 0 AND l.at > ?1 AND l.number < ?2 ORDER BY l.at, l.number";
        let before = integer(self.tip.missing_from);
        self.each_group(query, &[since, before], |_, _| {})
    }

    fn each_group(
        &mut self,
        which: &str,
        values: &[i64],
        mut each: impl FnMut(&mut Self, &Linked),
    ) -> rusqlite::Result<()> {
        let sql = format!("SELECT {} FROM ledger l WHERE {which}", rows::COLUMNS);
        let mut statement = self.connection.prepare(&sql)?;
        let mut found = statement.query(rusqlite::params_from_iter(values))?;
        while let Some(row) = found.next()? {
            match rows::read(row) {
                Err(Unreadable(problem)) => {
                    self.is_wrong(format!("a group of the ledger: {problem}"));
                }
                Ok(linked) => {
                    each(self, &linked);
                    self.replay(&linked);
                }
            }
        }
        Ok(())
    }

    fn replay(&mut self, linked: &Linked) {
        let number = linked.row.number;
        if !linked.fits(self.integrity, self.base) {
            return self.is_wrong(format!("group {number} of the ledger was altered"));
        }
        let Some(entries) = linked.row.unpack() else {
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
