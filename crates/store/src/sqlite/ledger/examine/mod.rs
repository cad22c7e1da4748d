//! Checking the whole ledger: the chain of its groups, and that everything which was written down
//! of their entries is what they come to when all of them are read again.

mod findings;
mod grants;
mod written;

use std::collections::HashMap;

use keystile_core::credit::{Book, Entry, Movement, Place};
use keystile_core::key::{Integrity, LedgerEnd, SetSum};
use keystile_core::model::{KeyId, Timestamp};
use rusqlite::{Connection, ErrorCode};

pub(in crate::sqlite) use self::grants::Grants;

use self::findings::{Findings, place};
use self::grants::Given;
use self::written::{Written, sound};
use super::base;
use super::rows::{self, Linked};
use super::vouched::{Kind, account_of, each_row, key_of};
use crate::ledger::{unpack_account, unpack_key};
use crate::sqlite::columns::{Unreadable, integer};
use crate::{Finding, LedgerHead};

/// How many groups may be unreadable before the ledger is given up.
const PATIENCE: u32 = 8192;

/// What was checked.
pub(in crate::sqlite) struct Examined {
    pub(in crate::sqlite) groups: u64,
    pub(in crate::sqlite) entries: u64,
    pub(in crate::sqlite) head: LedgerHead,
    pub(in crate::sqlite) findings: Vec<Finding>,
}

/// Checks the ledger that a connection sees, which must not change meanwhile. `sealed` is where it
/// ended when the head of the journal was written last, if that can be known; `grants` are those
/// whose records are sound.
pub(in crate::sqlite) fn examine(
    view: &Connection,
    integrity: &Integrity,
    sealed: Option<LedgerEnd>,
    grants: Grants,
) -> rusqlite::Result<Examined> {
    let mut findings = Findings::default();
    let written = Written::read(view, integrity, &mut findings)?;
    let last = rows::last(view)?.and_then(Result::ok);
    let mut examination = Examination {
        view,
        integrity,
        findings,
        base: LedgerEnd::NOTHING,
        last: LedgerEnd::NOTHING,
        at: Timestamp::from_millis(0),
        missing_from: last.map_or(1, |last| last.row.missing_from),
        sum: SetSum::NOTHING,
        sealed,
        is_whole: true,
        book: Book::new(0),
        written,
        grants,
        groups: 0,
        entries: 0,
    };
    examination.all()?;
    Ok(Examined {
        groups: examination.groups,
        entries: examination.entries,
        head: LedgerHead {
            number: examination.last.number,
            link: examination.last.link.0,
            at: examination.at,
        },
        findings: examination.findings.0,
    })
}

struct Examination<'a> {
    view: &'a Connection,
    integrity: &'a Integrity,
    findings: Findings,
    base: LedgerEnd,
    /// The last group that was read, and when it was written.
    last: LedgerEnd,
    at: Timestamp,
    /// From which group on entries may be missing in what is written down.
    missing_from: u64,
    /// The sum of all that is written down, as the last group says.
    sum: SetSum,
    sealed: Option<LedgerEnd>,
    /// Whether every group is there and is what Keystile wrote. Otherwise nothing can be compared
    /// with what they come to.
    is_whole: bool,
    book: Book,
    written: Written,
    grants: Grants,
    groups: u64,
    entries: u64,
}

impl Examination<'_> {
    fn all(&mut self) -> rusqlite::Result<()> {
        self.read_base()?;
        let granted = self.book.accounts();
        let before: HashMap<_, _> = granted.map(|(id, one)| (id, one.sums.granted)).collect();
        self.walk()?;
        if self
            .sealed
            .is_some_and(|sealed| sealed.number > self.last.number)
        {
            let missing = self.last.number + 1;
            self.of_group(
                missing,
                "it is missing: the head of the journal names a later one",
            );
        }
        if !self.is_whole {
            return Ok(());
        }
        let grants = std::mem::take(&mut self.grants);
        grants.finish(&before, &self.book, &mut self.findings);
        self.written.finish(self.sum, &mut self.findings);
        for (id, account) in self.book.accounts() {
            if !account.adds_up() {
                self.findings.of_account(id, "its entries do not add up");
            }
        }
        Ok(())
    }

    fn of_group(&mut self, number: u64, problem: &str) {
        self.is_whole = false;
        self.findings.of_group(number, problem);
    }

    /// Where the ledger begins, and what the entries before that came to.
    fn read_base(&mut self) -> rusqlite::Result<()> {
        match base::read(self.view, self.integrity)? {
            Ok(base) => (self.base, self.last) = (base, base),
            Err(problem) => {
                self.is_whole = false;
                self.findings.general(problem);
            }
        }
        let mut keys: Vec<KeyId> = Vec::new();
        for kind in [Kind::BaseAccount, Kind::BaseKey] {
            let (book, findings) = (&mut self.book, &mut self.findings);
            let is_whole = &mut self.is_whole;
            each_row(self.view, self.integrity, kind, |row| {
                let state = sound(kind, &row, findings).map(|(state, _)| state);
                let state = state.unwrap_or_default();
                let read = match kind {
                    Kind::BaseAccount => account_of(&row.id)
                        .zip(unpack_account(&state))
                        .map(|(id, account)| book.load_account(id, account)),
                    _ => key_of(&row.id).zip(unpack_key(&state)).map(|(id, key)| {
                        keys.push(id);
                        book.load_key(id, key);
                    }),
                };
                *is_whole &= read.is_some();
            })?;
        }
        self.written
            .meet_base(&self.book, &keys, &mut self.findings);
        Ok(())
    }

    /// Reads all groups, past pages that are damaged.
    fn walk(&mut self) -> rusqlite::Result<()> {
        for _ in 0..PATIENCE {
            let Err(error) = self.walk_on() else {
                return Ok(());
            };
            if error.sqlite_error_code() != Some(ErrorCode::DatabaseCorrupt) {
                return Err(error);
            }
            self.last.number += 1;
            self.of_group(self.last.number, &format!("it cannot be read: {error}"));
        }
        self.findings
            .general("too much of the ledger is damaged: restore a backup");
        Ok(())
    }

    fn walk_on(&mut self) -> rusqlite::Result<()> {
        let sql = format!(
            "SELECT {} FROM ledger l WHERE l.number > ?1 ORDER BY l.number",
            rows::COLUMNS
        );
        let mut statement = self.view.prepare(&sql)?;
        let mut found = statement.query([integer(self.last.number)])?;
        while let Some(row) = found.next()? {
            match rows::read(row) {
                Ok(linked) => self.meet_group(&linked),
                Err(Unreadable(problem)) => {
                    self.last.number += 1;
                    self.of_group(self.last.number, &problem);
                }
            }
        }
        Ok(())
    }

    fn meet_group(&mut self, linked: &Linked) {
        let (number, expected) = (linked.row.number, self.last.number + 1);
        self.groups += 1;
        if number > expected {
            let problem = match number - 1 {
                last if last == expected => "it is missing".into(),
                last => format!("it is missing, and all up to {last}"),
            };
            self.of_group(expected, &problem);
        }
        match linked.before(self.base) {
            // That was said of the one that is missing.
            None => self.is_whole = false,
            Some(_) if !linked.fits(self.integrity, self.base) => {
                self.of_group(number, "it was altered: it does not fit the chain");
            }
            Some(_) if linked.row.at < self.at => {
                self.of_group(number, "its time is before that of the group before it");
            }
            Some(_) => {}
        }
        let end = linked.end();
        if self
            .sealed
            .is_some_and(|sealed| sealed.number == number && sealed != end)
        {
            self.of_group(
                number,
                "it is not the one that the head of the journal names",
            );
        }
        (self.last, self.at) = (end, linked.row.at);
        self.sum = linked.sum(self.integrity, self.base).unwrap_or_default();
        match linked.row.unpack() {
            None => self.of_group(number, "its entries do not read"),
            Some(entries) if self.is_whole => self.meet_entries(linked, &entries),
            Some(entries) => self.count(&entries),
        }
    }

    fn count(&mut self, entries: &[Entry]) {
        let entries = u64::try_from(entries.len()).unwrap_or(u64::MAX);
        self.entries = self.entries.saturating_add(entries);
    }

    fn meet_entries(&mut self, linked: &Linked, entries: &[Entry]) {
        self.count(entries);
        let group = linked.row.group();
        if rows::remembering(entries) != linked.row.remembers {
            let problem = "it miscounts what is known again by an idempotency key";
            self.findings.of_group(group.number, problem);
        }
        for (index, entry) in (0..=u16::MAX).zip(entries) {
            let at = group.place(index);
            let account = self.book.account(entry.account);
            if account.and_then(|account| account.sums.last) != entry.previous {
                let problem = format!("{} does not follow the one before it", place(at));
                self.findings.of_account(entry.account, &problem);
            }
            self.book.replay(group, index, entry);
            self.meet_grant(at, entry);
            let reach = (self.base.number, self.missing_from);
            self.written
                .meet((at, entry), &self.book, reach, &mut self.findings);
        }
    }

    fn meet_grant(&mut self, at: Place, entry: &Entry) {
        match &entry.movement {
            Movement::Granted {
                grant,
                amount,
                ends_at,
                recurring,
            } => {
                let given = Given {
                    account: entry.account,
                    amount: *amount,
                    ends_at: *ends_at,
                    recurring: *recurring,
                };
                self.grants.given(*grant, (given, at), &mut self.findings);
            }
            Movement::Voided { grant, .. } => self.grants.voided(*grant),
            _ => {}
        }
    }
}
