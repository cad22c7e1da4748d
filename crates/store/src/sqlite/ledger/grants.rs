//! What changes do to credits: grants that they make, or declare void. It is written in the
//! change's own transaction.

use keystile_core::credit::{AccountId, Draft};
use keystile_core::key::{Integrity, LedgerEnd};
use keystile_core::model::{Grant, Occasion, Record, Subject, Timestamp};
use rusqlite::Connection;

use super::group::{Books, Tip, append};
use super::vouched::Vouched;
use crate::sqlite::stored;
use crate::{CommitError, Write};

/// Grants that a change makes, or declares void.
pub(in crate::sqlite) struct Changes(Vec<(Grant, bool)>);

impl Changes {
    /// The grants among the writes of a change.
    pub(in crate::sqlite) fn of(writes: &[Write]) -> Self {
        let grants = writes.iter().filter_map(|write| match write {
            Write::Insert(Record::Grant(grant)) => Some((grant.clone(), true)),
            Write::Update {
                record: Record::Grant(grant),
                ..
            } => Some((grant.clone(), false)),
            _ => None,
        });
        Self(grants.collect())
    }

    /// Writes what they do; `None` when there are none. What is given back makes it last, once the
    /// change has.
    pub(in crate::sqlite) fn write<'b>(
        self,
        books: &'b mut Books,
        connection: &Connection,
        integrity: &Integrity,
        at: Timestamp,
    ) -> Result<Option<Written<'b>>, CommitError> {
        if self.0.is_empty() {
            return Ok(None);
        }
        books.refuse_unless_sound(connection, integrity)?;
        let before = books.tip;
        let mut draft = books.book.begin(before.next(at));
        for (grant, is_new) in self.0 {
            apply(&mut draft, &grant, is_new)?;
        }
        let vouched = Vouched::new(connection, integrity, before.sum);
        let tip = append(connection, &vouched, before, &draft, before.missing_from)?;
        Ok(Some(Written { draft, tip }))
    }
}

fn apply(draft: &mut Draft<'_>, grant: &Grant, is_new: bool) -> Result<(), CommitError> {
    let account = AccountId {
        organization: grant.organization,
        mode: grant.mode,
    };
    if is_new {
        let recurs = grant.occasion.as_ref().is_some_and(Occasion::recurs);
        let made = (grant.id, grant.amount);
        return draft
            .grant(account, made, grant.expires_at, recurs)
            .map_err(|room| CommitError::TooManyCredits { room });
    }
    if grant.voided_at.is_some() {
        draft.void(account, grant.id);
    }
    Ok(())
}

/// A grant stays what it was made as: all that can become of it is that it is void. Anything else
/// would be credits that no entry knows of.
pub(in crate::sqlite) fn refuse_other_than_void(
    connection: &Connection,
    integrity: &Integrity,
    grant: &Grant,
) -> Result<(), CommitError> {
    let found = stored::sound(connection, integrity, &Subject::Grant(grant.id));
    let before = match found.map_err(|error| CommitError::NotWritten(error.to_string()))? {
        Some(Record::Grant(before)) => before,
        // That it is missing is told by whoever takes it out.
        _ => return Ok(()),
    };
    let voided = Grant {
        voided_at: grant.voided_at.or(before.voided_at),
        seq: grant.seq,
        ..before
    };
    if voided == *grant {
        return Ok(());
    }
    Err(CommitError::NotWritten(
        "all that can become of a grant is that it is void: make another one".into(),
    ))
}

/// A group that a change has written, and that is in force once the change is.
pub(in crate::sqlite) struct Written<'b> {
    draft: Draft<'b>,
    tip: Tip,
}

impl Written<'_> {
    /// Where the ledger ends with it.
    pub(in crate::sqlite) fn end(&self) -> LedgerEnd {
        self.tip.end
    }

    /// The change is durable; what is given back is to be told to [`Books::reached`].
    pub(in crate::sqlite) fn keep(self) -> Reached {
        self.draft.keep();
        Reached(self.tip)
    }
}

/// The new end of the ledger.
#[derive(Clone, Copy)]
pub(in crate::sqlite) struct Reached(Tip);

impl Books {
    /// The ledger ends there now.
    pub(in crate::sqlite) fn reached(&mut self, end: Reached) {
        self.tip = end.0;
    }
}
