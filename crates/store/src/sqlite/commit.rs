//! One change in one transaction: its records, its journal row and the head.

use keystile_core::key::{Integrity, LedgerEnd, RowTag, SetSum};
use keystile_core::model::{OrganizationId, Record, RequestId, Subject, Timestamp};
use rusqlite::{Connection, ErrorCode, Transaction, TransactionBehavior, ffi, params_from_iter};

use super::errors::plain;
use super::journal::Tip;
use super::ledger::{self, Changes, Written};
use super::rows::{self, Table};
use super::values::Values;
use super::writer::Desk;
use super::{Faults, Step, columns, guards, journal, keyring, remembered, stored};
use crate::journal::{JournalRow, Mark, actor_text, encode_marks, keyring_hash, personal_hash};
use crate::{Change, CommitError, Committed, MAX_WRITES, Write};

impl Desk {
    /// Makes a change, wholly or not at all.
    pub(super) fn commit(&mut self, change: Change) -> Result<Committed, CommitError> {
        if let Some(reason) = &self.closed {
            return Err(CommitError::NotWritten(reason.clone()));
        }
        refuse_impossible(&change)?;
        let made = self.attempt(change);
        if let Err(CommitError::Unknown(reason)) = &made {
            self.close_for(reason);
        }
        let tip = made?;
        self.tip = tip;
        self.latest.wrote(tip.at);
        self.grown.send_replace(tip.seq);
        Ok(Committed {
            seq: tip.seq,
            at: tip.at,
        })
    }

    /// Writes nothing more until the database has been opened again.
    pub(super) fn close_for(&mut self, reason: &str) {
        tracing::error!(%reason, "it is not known whether a change was written");
        let why = format!(
            "an earlier change may or may not have been written ({reason}): restart keystile"
        );
        self.closed = Some(self.trouble.get_or_init(|| why).clone());
    }

    fn attempt(&mut self, mut change: Change) -> Result<Tip, CommitError> {
        limit_pages(&self.connection, self.faults.as_ref()).map_err(|error| not_written(&error))?;
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(|error| not_written(&error))?;
        let salt = salt_for(&change, self.random.as_ref())?;
        let faults = self.faults.as_ref();
        let mut draft = Draft::begin(&transaction, &self.integrity, faults, &self.tip, &change)?;
        let grants = Changes::of(&change.writes);
        draft.write_records(&mut change)?;
        let books = &mut self.ledger;
        // One that cannot be vouched for is not.
        let end = books.end().unwrap_or(self.tip.ledger);
        let written = grants.write(books, &transaction, &self.integrity, draft.at)?;
        let end = written.as_ref().map_or(end, Written::end);
        let tip = draft.write_journal(&change, salt.as_ref(), end)?;
        finish(transaction, faults)?;
        if let Some(end) = written.map(Written::keep) {
            self.ledger.reached(end);
        }
        Ok(tip)
    }
}

/// An error before the commit: the transaction is rolled back, and nothing was written.
pub(super) fn not_written(error: &rusqlite::Error) -> CommitError {
    CommitError::NotWritten(plain(error))
}

pub(super) fn step(faults: &dyn Faults, step: Step) -> Result<(), CommitError> {
    faults.at(step).map_err(CommitError::NotWritten)
}

pub(super) fn limit_pages(connection: &Connection, faults: &dyn Faults) -> rusqlite::Result<()> {
    match faults.max_pages() {
        None => Ok(()),
        Some(pages) => connection
            .pragma_update_and_check(None, "max_page_count", pages, |row| row.get::<_, i64>(0))
            .map(drop),
    }
}

fn refuse_impossible(change: &Change) -> Result<(), CommitError> {
    let refuse = |reason: String| Err(CommitError::NotWritten(reason));
    if change.writes.len() > MAX_WRITES {
        return refuse(format!(
            "a change has at most {MAX_WRITES} writes: split it"
        ));
    }
    let removable = |write: &Write| match write {
        Write::Remove { subject, .. } => subject.is_removed_at_its_end(),
        Write::Insert(_) | Write::Update { .. } => true,
    };
    if !change.writes.iter().all(removable) {
        return refuse("this record is never removed: mark it as deleted".into());
    }
    if change.keyring.as_ref().is_some_and(Vec::is_empty) {
        return refuse("the key material would be lost: give all of it".into());
    }
    Ok(())
}

fn salt_for(
    change: &Change,
    random: &dyn keystile_core::key::Random,
) -> Result<Option<[u8; 32]>, CommitError> {
    if change.personal.is_none() {
        return Ok(None);
    }
    let mut salt = [0; 32];
    random
        .fill(&mut salt)
        .map_err(|error| CommitError::NotWritten(error.to_string()))?;
    Ok(Some(salt))
}

/// A change being written.
struct Draft<'a> {
    connection: &'a Connection,
    integrity: &'a Integrity,
    faults: &'a dyn Faults,
    before: &'a Tip,
    seq: u64,
    at: Timestamp,
    sum: SetSum,
    marks: Vec<Mark>,
    values: Values,
    buffer: Vec<u8>,
}

impl<'a> Draft<'a> {
    fn begin(
        connection: &'a Connection,
        integrity: &'a Integrity,
        faults: &'a dyn Faults,
        before: &'a Tip,
        change: &Change,
    ) -> Result<Self, CommitError> {
        step(faults, Step::Begun)?;
        let sum = before.sum.ok_or_else(|| {
            CommitError::NotWritten(
                "the sum of all rows was altered: `keystile audit verify` names what else was, \
                 then restore a backup"
                    .into(),
            )
        })?;
        Ok(Self {
            connection,
            integrity,
            faults,
            before,
            seq: before.seq + 1,
            at: change.at.max(before.at),
            sum,
            marks: Vec::with_capacity(change.writes.len()),
            values: Values::default(),
            buffer: Vec::with_capacity(512),
        })
    }

    fn write_records(&mut self, change: &mut Change) -> Result<(), CommitError> {
        self.still_the_same_head()?;
        if let Some(idempotency) = &change.idempotency {
            remembered::keep(self.connection, idempotency, self.seq, self.at)?;
        }
        guards::unchanged(self.connection, self.integrity, &change.guards)?;
        for write in std::mem::take(&mut change.writes) {
            self.write_record(write)?;
        }
        guards::counts(self.connection, &change.guards, self.at)?;
        self.values.belong_to_one_key(self.connection)?;
        step(self.faults, Step::RowsWritten)
    }

    /// The ledger ends at `end` with this change.
    fn write_journal(
        &self,
        change: &Change,
        salt: Option<&[u8; 32]>,
        end: LedgerEnd,
    ) -> Result<Tip, CommitError> {
        let tip = self
            .append_row(change, salt, end)
            .map_err(|error| not_written(&error))?;
        step(self.faults, Step::JournalWritten)?;
        Ok(tip)
    }

    /// Another program may have written meanwhile: then the sum carried along is not the stored
    /// one's, and must not be sealed over it.
    fn still_the_same_head(&self) -> Result<(), CommitError> {
        let stored = journal::read_head(self.connection).map_err(|error| not_written(&error))?;
        match stored {
            Some(Ok(head)) if head.sealed() == self.before.sealed_head() => Ok(()),
            _ => Err(CommitError::NotWritten(
                "the journal was changed behind keystile's back: stop whatever else writes the \
                 database, then run `keystile audit verify`"
                    .into(),
            )),
        }
    }

    fn write_record(&mut self, write: Write) -> Result<(), CommitError> {
        let mark = match write {
            Write::Insert(record) => self.insert(record)?,
            Write::Update { record, replaces } => self.update(record, replaces)?,
            Write::Remove { subject, replaces } => self.remove(subject, replaces)?,
        };
        self.marks.push(mark);
        Ok(())
    }

    fn insert(&mut self, mut record: Record) -> Result<Mark, CommitError> {
        let tag = self.stamp(&mut record);
        let subject = record.subject();
        let statement = &Table::of(&subject).statements().insert;
        self.run(statement, &subject, rows::values(&record, &tag))?;
        Ok(Mark {
            subject,
            tag: Some(tag),
        })
    }

    fn update(&mut self, mut record: Record, replaces: u64) -> Result<Mark, CommitError> {
        let subject = record.subject();
        if let Record::Grant(grant) = &record {
            ledger::refuse_other_than_void(self.connection, self.integrity, grant)?;
        }
        self.take_out(&subject, replaces)?;
        let tag = self.stamp(&mut record);
        let statement = &Table::of(&subject).statements().update;
        self.run(statement, &subject, rows::values(&record, &tag))?;
        Ok(Mark {
            subject,
            tag: Some(tag),
        })
    }

    fn remove(&mut self, subject: Subject, replaces: u64) -> Result<Mark, CommitError> {
        self.take_out(&subject, replaces)?;
        let statement = &Table::of(&subject).statements().delete;
        self.run(statement, &subject, rows::identity(&subject))?;
        Ok(Mark { subject, tag: None })
    }

    /// Makes the record this change's version, and puts it into the sum.
    fn stamp(&mut self, record: &mut Record) -> RowTag {
        record.set_seq(self.seq);
        self.values.note(record);
        let (tag, element) = self.integrity.row(record, &mut self.buffer);
        self.sum = self.sum.plus(element);
        tag
    }

    /// Takes the stored version out of the sum, once it has proved to be the one to replace.
    fn take_out(&mut self, subject: &Subject, replaces: u64) -> Result<(), CommitError> {
        let found = stored::version(self.connection, self.integrity, subject)?;
        match found {
            Some((seq, element)) if seq == replaces => {
                self.sum = self.sum.minus(element);
                Ok(())
            }
            _ => Err(CommitError::Conflict(subject.clone())),
        }
    }

    fn run(
        &self,
        statement: &str,
        subject: &Subject,
        values: columns::Values<'_>,
    ) -> Result<(), CommitError> {
        let changed = self
            .connection
            .prepare_cached(statement)
            .and_then(|mut statement| statement.execute(params_from_iter(values.0)))
            .map_err(|error| refusal(&error, subject))?;
        if changed == 1 {
            return Ok(());
        }
        Err(CommitError::NotWritten(format!(
            "{subject} was not written"
        )))
    }

    fn append_row(
        &self,
        change: &Change,
        salt: Option<&[u8; 32]>,
        end: LedgerEnd,
    ) -> rusqlite::Result<Tip> {
        let mut personal = None;
        if let (Some(fields), Some(salt)) = (&change.personal, salt) {
            let body = json(fields);
            journal::keep_personal(self.connection, self.seq, self.at, salt, &body)?;
            personal = Some(personal_hash(salt, &body));
        }
        if let Some(keys) = &change.keyring {
            keyring::replace(self.connection, keys)?;
        }
        journal::note_keys(self.connection, self.seq, &self.marks)?;
        let row = JournalRow {
            seq: self.seq,
            at: self.at,
            actor: actor_text(&change.actor),
            action: change.action.as_str().into(),
            product: change.product.as_ref().map(ToString::to_string),
            organization: change.organization.map(OrganizationId::to_bytes),
            request_id: change.request_id.map(RequestId::to_bytes),
            personal,
            keyring: change.keyring.as_deref().map(keyring_hash),
            details: change.details.to_string(),
            marks: encode_marks(&self.marks),
        };
        let link = row.link(self.integrity, self.before.link);
        journal::append(self.connection, &row, link)?;
        let tip = Tip {
            seq: self.seq,
            link,
            at: self.at,
            sum: Some(self.sum),
            ledger: end,
        };
        journal::move_head(self.connection, self.integrity, &tip)?;
        Ok(tip)
    }
}

/// Personal fields are a plain structure, whose JSON cannot fail.
fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// What a refused row means. Besides its identity and its digest each table has unique indexes of
/// one meaning at most.
fn refusal(error: &rusqlite::Error, subject: &Subject) -> CommitError {
    let (code, said) = match error {
        rusqlite::Error::SqliteFailure(failure, said) => {
            (failure.extended_code, said.as_deref().unwrap_or_default())
        }
        _ => (0, ""),
    };
    match (code, subject) {
        (ffi::SQLITE_CONSTRAINT_UNIQUE, _) if said.ends_with("digest") => {
            CommitError::Taken { field: "value" }
        }
        (ffi::SQLITE_CONSTRAINT_PRIMARYKEY, _) => CommitError::Conflict(subject.clone()),
        (ffi::SQLITE_CONSTRAINT_UNIQUE, Subject::Organization(_)) => CommitError::Taken {
            field: "external_id",
        },
        (ffi::SQLITE_CONSTRAINT_UNIQUE, Subject::Grant(_)) => {
            CommitError::Taken { field: "occasion" }
        }
        (ffi::SQLITE_CONSTRAINT_UNIQUE, Subject::Person(_)) => {
            CommitError::Taken { field: "email" }
        }
        (ffi::SQLITE_CONSTRAINT_UNIQUE, Subject::Member(_)) => CommitError::Taken {
            field: "membership",
        },
        (ffi::SQLITE_CONSTRAINT_UNIQUE, Subject::Environment(_) | Subject::Key(_)) => {
            CommitError::Taken { field: "name" }
        }
        _ => not_written(error),
    }
}

/// Commits. An error of the commit itself leaves it open whether it happened, unless it says that
/// the records do not fit together or that the log could not grow: then it did not.
fn finish(transaction: Transaction<'_>, faults: &dyn Faults) -> Result<(), CommitError> {
    finish_with(transaction, faults, (Step::BeforeCommit, Step::AfterCommit))
}

/// The same, with the names of its steps.
pub(super) fn finish_with(
    transaction: Transaction<'_>,
    faults: &dyn Faults,
    (before, after): (Step, Step),
) -> Result<(), CommitError> {
    step(faults, before)?;
    transaction
        .commit()
        .map_err(|error| match error.sqlite_error_code() {
            Some(ErrorCode::ConstraintViolation) => CommitError::NotWritten(
                "a record belongs to one that does not exist: create that first".into(),
            ),
            Some(ErrorCode::DiskFull) => not_written(&error),
            _ => CommitError::Unknown(plain(&error)),
        })?;
    faults.at(after).map_err(CommitError::Unknown)
}
