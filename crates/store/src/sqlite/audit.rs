//! Checking everything: the chain, every row's MAC, and that each row is the version that the
//! journal wrote last.

use std::collections::HashMap;

use async_trait::async_trait;
use keystile_core::key::{ChainLink, Integrity, LedgerEnd, RowTag, SetSum};
use keystile_core::model::{AuditEntry, Record, Subject, Timestamp};
use rusqlite::{Connection, ErrorCode};

use super::arrivals::Arrivals;
use super::errors::unavailable;
use super::journal::{self, COLUMNS, Linked};
use super::ledger::{self, Grants};
use super::rows::Table;
use super::stored::{FORGED, Met};
use super::walk::Stretch;
use super::writer::Desk;
use super::writes::answered;
use super::{SqliteStore, feed, history, keyring};
use crate::journal::{decode_marks, keyring_hash};
use crate::{AuditFilter, AuditReport, AuditStore, Finding, Page, StoreError};

#[async_trait]
impl AuditStore for SqliteStore {
    async fn audit(
        &self,
        filter: AuditFilter,
        page: Page<u64>,
    ) -> Result<Vec<AuditEntry>, StoreError> {
        let integrity = self.integrity.clone();
        self.readers
            .read(move |connection| {
                history::page(connection, &integrity, &filter, page)
                    .map_err(|error| unavailable(&error))
            })
            .await
    }

    async fn verify_audit(&self) -> Result<AuditReport, StoreError> {
        let integrity = self.integrity.clone();
        self.readers
            .read(move |connection| examine_database(connection, &integrity))
            .await
    }

    async fn erase_personal(&self, before: Timestamp) -> Result<u64, StoreError> {
        answered(self.writer.ask(move |desk| desk.erase_personal(before))).await
    }
}

impl Desk {
    /// The rows go for good: they are wiped in the file, and the log that may hold them is cut.
    fn erase_personal(&mut self, before: Timestamp) -> Result<u64, StoreError> {
        self.refuse_if_closed()?;
        let erase = || {
            let erased = self.connection.execute(
                "DELETE FROM journal_personal WHERE at < ?1",
                [before.millis()],
            )?;
            let in_use: bool =
                self.connection
                    .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
            if in_use {
                tracing::warn!("a long read keeps erased fields in the log until it ends");
            }
            Ok(u64::try_from(erased).unwrap_or(0))
        };
        erase().map_err(|error: rusqlite::Error| unavailable(&error))
    }
}

/// Checks everything in one view.
pub(super) fn examine_database(
    connection: &Connection,
    integrity: &Integrity,
) -> Result<AuditReport, StoreError> {
    let view = connection
        .unchecked_transaction()
        .map_err(|error| unavailable(&error))?;
    let refuse = |error: rusqlite::Error| unavailable(&error);
    let examined = examine_records(&view, integrity).map_err(refuse)?;
    let mut findings = examined.findings;
    let sealed = examined.sealed.map(|_| examined.ledger);
    let ledger = ledger::examine(&view, integrity, sealed, examined.grants).map_err(refuse)?;
    findings.extend(ledger.findings);
    Ok(AuditReport {
        journal_rows: examined.journal_rows,
        records: examined.records,
        head: feed::head(&view)?,
        ledger_groups: ledger.groups,
        ledger_entries: ledger.entries,
        ledger_head: ledger.head,
        findings,
    })
}

/// What is wrong with the journal and the records that a connection sees, which must not change
/// meanwhile.
pub(super) fn suspects(
    view: &Connection,
    integrity: &Integrity,
) -> Result<Vec<Finding>, StoreError> {
    let examined = examine_records(view, integrity).map_err(|error| unavailable(&error))?;
    Ok(examined.findings)
}

fn examine_records<'a>(
    view: &'a Connection,
    integrity: &'a Integrity,
) -> rusqlite::Result<Examination<'a>> {
    let mut examination = Examination::new(view, integrity);
    examination.walk_journal()?;
    examination.compare_head()?;
    examination.compare_keyring();
    examination.walk_records()?;
    examination.report_missing();
    examination.compare_sum();
    Ok(examination)
}

/// How many rows of the journal may be unreadable before it is given up.
const PATIENCE: u32 = 8192;

struct Examination<'a> {
    view: &'a Connection,
    integrity: &'a Integrity,
    findings: Vec<Finding>,
    /// The last journal row that was read.
    seq: u64,
    link: ChainLink,
    /// What the journal says of each record: the row that wrote it last, and what it left.
    latest: HashMap<Subject, (u64, Option<RowTag>)>,
    /// The hash of the key material that the journal recorded last.
    keyring: Option<[u8; 32]>,
    /// The sum that the head vouches for, and where the ledger ended then.
    sealed: Option<SetSum>,
    ledger: LedgerEnd,
    sum: SetSum,
    journal_rows: u64,
    records: u64,
    grants: Grants,
    buffer: Vec<u8>,
}

impl<'a> Examination<'a> {
    fn new(view: &'a Connection, integrity: &'a Integrity) -> Self {
        Self {
            view,
            integrity,
            findings: Vec::new(),
            seq: 0,
            link: ChainLink::GENESIS,
            latest: HashMap::new(),
            keyring: None,
            sealed: None,
            ledger: LedgerEnd::NOTHING,
            grants: Grants::default(),
            sum: SetSum::default(),
            journal_rows: 0,
            records: 0,
            buffer: Vec::new(),
        }
    }

    fn of_row(&mut self, seq: u64, problem: impl Into<String>) {
        let problem = format!("journal row {seq}: {}", problem.into());
        self.findings.push(Finding {
            subject: None,
            seq: Some(seq),
            problem,
        });
    }

    fn of_record(&mut self, subject: Subject, problem: impl Into<String>) {
        let problem = format!("{subject}: {}", problem.into());
        self.findings.push(Finding {
            subject: Some(subject),
            seq: None,
            problem,
        });
    }

    fn general(&mut self, problem: impl Into<String>) {
        self.findings.push(Finding {
            subject: None,
            seq: None,
            problem: problem.into(),
        });
    }

    /// Reads the whole journal, past pages that are damaged.
    fn walk_journal(&mut self) -> rusqlite::Result<()> {
        for _ in 0..PATIENCE {
            let Err(error) = self.walk_journal_on() else {
                return Ok(());
            };
            if error.sqlite_error_code() != Some(ErrorCode::DatabaseCorrupt) {
                return Err(error);
            }
            self.seq += 1;
            self.of_row(self.seq, format!("it cannot be read: {error}"));
        }
        self.general("too much of the journal is damaged: restore a backup");
        Ok(())
    }

    fn walk_journal_on(&mut self) -> rusqlite::Result<()> {
        let sql = format!("SELECT {COLUMNS} FROM journal j WHERE j.seq > ?1 ORDER BY j.seq");
        let mut statement = self.view.prepare(&sql)?;
        let mut rows = statement.query([super::columns::integer(self.seq)])?;
        while let Some(row) = rows.next()? {
            match journal::read(row) {
                Ok(linked) => self.meet_journal_row(&linked)?,
                Err(problem) => {
                    self.seq += 1;
                    self.of_row(self.seq, problem.0);
                }
            }
        }
        Ok(())
    }

    fn meet_journal_row(&mut self, linked: &Linked) -> rusqlite::Result<()> {
        let seq = linked.row.seq;
        self.journal_rows += 1;
        match linked.before {
            None if seq > self.seq + 1 => self.missing_rows(self.seq + 1, seq - 1),
            None => self.of_row(seq, "it cannot be checked, as the row before is damaged"),
            Some(_) if !linked.fits(self.integrity) => {
                self.of_row(seq, "it was altered: it does not fit the chain");
            }
            Some(_) => {}
        }
        if let Err(problem) = journal::personal(self.view, &linked.row)? {
            self.of_row(seq, problem.0);
        }
        match decode_marks(&linked.row.marks) {
            None => self.of_row(seq, "what it wrote does not read"),
            Some(marks) => {
                let noted = marks
                    .into_iter()
                    .map(|mark| (mark.subject, (seq, mark.tag)));
                self.latest.extend(noted);
            }
        }
        self.keyring = linked.row.keyring.or(self.keyring);
        (self.seq, self.link) = (seq, linked.link);
        Ok(())
    }

    fn missing_rows(&mut self, first: u64, last: u64) {
        if first == last {
            self.of_row(first, "it is missing");
        } else {
            self.of_row(first, format!("it is missing, and all up to {last}"));
        }
    }

    fn compare_head(&mut self) -> rusqlite::Result<()> {
        let head = match journal::read_head(self.view)? {
            None => {
                self.general("the head of the journal is missing");
                return Ok(());
            }
            Some(Err(problem)) => {
                self.general(format!("the head of the journal: {}", problem.0));
                return Ok(());
            }
            Some(Ok(head)) => head,
        };
        if head.seq > self.seq {
            self.missing_rows(self.seq + 1, head.seq);
        } else if head.seq < self.seq {
            self.of_row(head.seq + 1, "it stands behind the end of the journal");
        } else if head.link != self.link {
            self.of_row(
                head.seq,
                "it is not the one that the head of the journal names",
            );
        }
        self.ledger = head.ledger;
        self.sealed = match &head.sum {
            None if head.seq == 0 => Some(SetSum::default()),
            None => None,
            Some(sum) => self.integrity.open_sum(&head.sealed(), sum),
        };
        if self.sealed.is_none() {
            self.general("the head of the journal was altered: its sum of all rows does not open");
        }
        Ok(())
    }

    fn compare_keyring(&mut self) {
        match keyring::read(self.view) {
            Err(error) => self.general(error.to_string()),
            Ok(keys) => {
                if self.keyring.is_some_and(|hash| hash != keyring_hash(&keys)) {
                    self.general("the stored key material is not what the journal recorded last");
                }
            }
        }
    }

    fn walk_records(&mut self) -> rusqlite::Result<()> {
        let arrivals = Arrivals::on(self.view, self.integrity)?;
        for table in Table::all() {
            for stretch in Stretch::split(self.view, table, 1)? {
                stretch.walk(&arrivals, &mut |met| self.meet_record(table, met))?;
            }
        }
        Ok(())
    }

    fn meet_record(&mut self, table: &Table, met: Met) {
        self.records += 1;
        let (record, element) = match met {
            Met::Sound(record, element) => (record, element),
            Met::Forged(record) => {
                self.latest.remove(&record.subject());
                return self.of_record(record.subject(), FORGED);
            }
            Met::Unreadable(problem) => {
                return self.general(format!("a row of table {}: {}", table.name, problem.0));
            }
        };
        self.sum = self.sum.plus(element);
        if let Record::Grant(grant) = &record {
            self.grants.note(grant);
        }
        let subject = record.subject();
        let (tag, _) = self.integrity.row(&record, &mut self.buffer);
        match self.latest.remove(&subject) {
            None => self.of_record(subject, "its row was added: no journal row wrote it"),
            Some((_, Some(latest))) if latest == tag => {}
            Some((seq, Some(_))) => {
                let problem = format!(
                    "its row was brought back from journal row {}, but {seq} wrote it last",
                    record.seq()
                );
                self.of_record(subject, problem);
            }
            Some((seq, None)) => {
                let problem =
                    format!("its row was brought back after journal row {seq} removed it");
                self.of_record(subject, problem);
            }
        }
    }

    /// What is left was written and not removed, and no row of it was met.
    fn report_missing(&mut self) {
        let latest = std::mem::take(&mut self.latest).into_iter();
        let mut missing: Vec<_> = latest
            .filter(|(_, (_, tag))| tag.is_some())
            .map(|(subject, (seq, _))| (seq, subject))
            .collect();
        missing.sort();
        for (seq, subject) in missing {
            self.of_record(
                subject,
                format!("its row is missing: journal row {seq} wrote it"),
            );
        }
    }

    fn compare_sum(&mut self) {
        let differs = self.sealed.is_some_and(|sealed| sealed != self.sum);
        if differs && self.findings.is_empty() {
            self.general("the sum of all rows does not fit the head of the journal");
        }
    }
}
