//! Groups of entries: decided in memory, written as one row, answered when that is durable.

use std::collections::VecDeque;
use std::sync::Arc;

use keystile_core::credit::{AccountId, Balance, Book, Charged, Draft, Group};
use keystile_core::key::{Integrity, LedgerEnd, SetSum};
use keystile_core::model::{SpendId, Timestamp};
use rusqlite::{Connection, TransactionBehavior};

use super::answers::{Outcome, tell};
use super::charges::Charges;
use super::checkpoint::{Checkpoint, Progress};
use super::queue::{Failure, Work};
use super::retention::Retention;
use super::vouched::Vouched;
use super::{proof, rows};
use crate::ledger::pack_entries;
use crate::sqlite::commit::{finish_with, limit_pages, not_written, step};
use crate::sqlite::writer::Desk;
use crate::sqlite::{Step, journal};
use crate::{Balances, CommitError};

/// How many entries of what ended are written with a group; the rest comes with the next ones.
const ENDS_OF_A_GROUP: usize = 256;

/// What the writing thread knows of credits.
pub(in crate::sqlite) struct Books {
    pub(in crate::sqlite) book: Book,
    /// The last group.
    pub(super) tip: Tip,
    /// What is being written down so that the next start is quick.
    pub(super) checkpoint: Checkpoint,
    /// Where the ledger begins, and what goes next.
    pub(super) retention: Retention,
    /// What SQLite says of the file when nobody else has written it.
    pub(super) version: i64,
    /// Why nothing can be spent: what is stored does not add up.
    pub(super) damaged: Option<String>,
}

/// The end of the ledger.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tip {
    pub(super) end: LedgerEnd,
    pub(super) at: Timestamp,
    /// From which group on entries may be missing in what is written down of them.
    pub(super) missing_from: u64,
    /// The sum of the rows that the ledger keeps besides.
    pub(super) sum: SetSum,
}

impl Tip {
    /// Before the first group.
    pub(super) const NOTHING: Self = Self {
        end: LedgerEnd::NOTHING,
        at: Timestamp::from_millis(0),
        missing_from: 1,
        sum: SetSum::NOTHING,
    };

    /// The group after it.
    pub(super) fn next(&self, now: Timestamp) -> Group {
        Group {
            number: self.end.number + 1,
            at: now.max(self.at),
        }
    }
}

impl Books {
    /// When the last group was written.
    pub(in crate::sqlite) fn at(&self) -> Timestamp {
        self.tip.at
    }

    /// Where the ledger ends, if it can be vouched for.
    pub(in crate::sqlite) fn end(&self) -> Option<LedgerEnd> {
        self.damaged.is_none().then_some(self.tip.end)
    }

    pub(super) fn refuse_if_damaged(&self) -> Result<(), CommitError> {
        match &self.damaged {
            Some(problem) => Err(CommitError::NotWritten(format!(
                "{problem}: `keystile audit verify` names what was altered, then restore a backup"
            ))),
            None => Ok(()),
        }
    }

    /// Refuses, also when another program has written the file meanwhile and what it left is not
    /// what Keystile wrote.
    pub(super) fn refuse_unless_sound(
        &mut self,
        connection: &Connection,
        integrity: &Integrity,
    ) -> Result<(), CommitError> {
        self.refuse_if_damaged()?;
        let version = proof::version(connection).map_err(|error| not_written(&error))?;
        if version == self.version {
            return Ok(());
        }
        let proved = proof::still_so(connection, integrity, self.retention.base(), &self.tip);
        match proved.map_err(|error| not_written(&error))? {
            Ok(()) => self.version = version,
            Err(problem) => {
                tracing::error!(problem, "credits cannot be spent");
                self.damaged = Some(problem);
            }
        }
        self.refuse_if_damaged()
    }

    /// What an account holds at a time.
    pub(super) fn balances(&self, id: AccountId, now: Timestamp) -> Balances {
        let Some(account) = self.book.account(id) else {
            return Balances::default();
        };
        let sums = account.sums_at(now);
        let taken = [sums.spent, sums.reserved, sums.expired];
        let remaining = taken
            .iter()
            .fold(sums.granted, |left, sum| left.saturating_sub(*sum));
        Balances {
            granted: sums.granted,
            spent: sums.spent,
            reserved: sums.reserved,
            expired: sums.expired,
            remaining,
        }
    }

    /// What is left of which grant at a time.
    pub(super) fn left(&self, id: AccountId, now: Timestamp) -> Vec<Balance> {
        let account = self.book.account(id);
        account.map_or_else(Vec::new, |account| account.balances_at(now))
    }
}

impl Desk {
    /// Does work in groups, as many as it needs, and answers it.
    pub(super) fn write_groups(&mut self, works: impl Iterator<Item = Work>) {
        let mut works: VecDeque<_> = works.filter(|work| !work.is_abandoned()).collect();
        while !works.is_empty() {
            match self.attempt_group(&works) {
                Ok(outcomes) => {
                    let done = works.drain(..outcomes.len().min(works.len()));
                    tell(done.zip(outcomes).collect());
                }
                Err(error) => {
                    let failure = Failure::of(error);
                    if let Failure::Unknown(reason) = &failure {
                        self.close_for(reason);
                    }
                    works.drain(..).for_each(|work| work.fail(&failure));
                }
            }
        }
    }

    /// Does as much of the work as one group has room for, from the first on.
    fn attempt_group(&mut self, works: &VecDeque<Work>) -> Result<Vec<Outcome>, CommitError> {
        self.refuse_if_unknown()?;
        self.ledger.refuse_if_damaged()?;
        let faults = Arc::clone(&self.faults);
        limit_pages(&self.connection, faults.as_ref()).map_err(|error| not_written(&error))?;
        let now = self.latest.see(self.clock.now());
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(|error| not_written(&error))?;
        step(faults.as_ref(), Step::SpendBegun)?;
        self.ledger
            .refuse_unless_sound(&transaction, &self.integrity)?;
        let Books {
            book,
            checkpoint,
            retention,
            tip,
            ..
        } = &mut self.ledger;
        let before = *tip;
        let mut draft = book.begin(before.next(now));
        let mut vouched = Vouched::new(&transaction, &self.integrity, before.sum);
        let charges = Charges {
            connection: &transaction,
            integrity: &self.integrity,
            reach: (retention.base(), before.end.number),
        };
        draft.end_all(ENDS_OF_A_GROUP);
        let outcomes = decide_all(&charges, &mut vouched, &mut draft, works)?;
        if draft.entries().is_empty() {
            draft.keep();
            return if outcomes.is_empty() {
                Err(too_large())
            } else {
                Ok(outcomes)
            };
        }
        let removed = retention.remove_some(&mut vouched, &draft, before.missing_from)?;
        let progress = checkpoint.write_some(&mut vouched, &draft)?;
        let after = append(
            &transaction,
            &vouched,
            before,
            &draft,
            progress.missing_from,
        )?;
        let sealed = seal_some(&transaction, &self.integrity, (self.tip, after), progress)?;
        step(faults.as_ref(), Step::SpendWritten)?;
        finish_with(
            transaction,
            faults.as_ref(),
            (Step::SpendBeforeCommit, Step::SpendAfterCommit),
        )?;
        draft.keep();
        retention.removed(&removed);
        checkpoint.wrote(progress, book, after.end.number);
        *tip = after;
        self.tip = sealed;
        self.latest.see(after.at);
        Ok(outcomes)
    }

    /// After a commit of which nobody knows whether it was made, nobody knows what is left.
    pub(super) fn refuse_if_unknown(&self) -> Result<(), CommitError> {
        match &self.closed {
            Some(reason) => Err(CommitError::NotWritten(reason.clone())),
            None => Ok(()),
        }
    }

    /// A charge as it stands at a time.
    pub(super) fn charged(
        &self,
        spend: SpendId,
        now: Timestamp,
    ) -> Result<Option<Charged>, CommitError> {
        let vouched = Vouched::new(&self.connection, &self.integrity, self.ledger.tip.sum);
        let charges = Charges {
            connection: &self.connection,
            integrity: &self.integrity,
            reach: (self.ledger.retention.base(), self.ledger.tip.end.number),
        };
        charges.find(&vouched, spend, |id, spend| {
            let account = self.ledger.book.account(id);
            let open = account.and_then(|account| account.reservation(spend));
            open.is_some_and(|open| open.ends_at > now)
        })
    }
}

/// One piece of work that no group has room for.
fn too_large() -> CommitError {
    CommitError::NotWritten("it has more thresholds than a group has entries".into())
}

/// Decides one after the other, until the group is full.
fn decide_all(
    charges: &Charges<'_>,
    vouched: &mut Vouched<'_>,
    draft: &mut Draft<'_>,
    works: &VecDeque<Work>,
) -> Result<Vec<Outcome>, CommitError> {
    let mut outcomes = Vec::with_capacity(works.len());
    for work in works {
        let outcome = match work {
            Work::Spend(order, _) => draft.spend(order).map(Outcome::Spend),
            Work::Change(spend, change, _) => {
                match charges.change(vouched, draft, (*spend, *change))? {
                    Err(error) => Some(Outcome::Failed(error)),
                    Ok(done) => done.map(Outcome::Change),
                }
            }
            Work::End(_) => Some(Outcome::End(draft.next_end())),
        };
        match outcome {
            Some(outcome) => outcomes.push(outcome),
            None => break,
        }
    }
    Ok(outcomes)
}

/// Appends a group; gives the new end of the ledger.
pub(super) fn append(
    connection: &Connection,
    vouched: &Vouched<'_>,
    before: Tip,
    draft: &Draft<'_>,
    missing_from: u64,
) -> Result<Tip, CommitError> {
    let (group, integrity, sum) = (draft.group(), vouched.integrity(), vouched.sum());
    let row = rows::GroupRow {
        number: group.number,
        at: group.at,
        remembers: rows::remembering(draft.entries()),
        missing_from,
        sum: integrity.hide_ledger_sum(before.end, sum),
        entries: pack_entries(draft.entries()),
    };
    let link = row.link(integrity, before.end.link);
    rows::append(connection, &row, link).map_err(|error| not_written(&error))?;
    Ok(Tip {
        end: LedgerEnd {
            number: group.number,
            link,
        },
        at: group.at,
        missing_from,
        sum,
    })
}

/// Lets the head of the journal vouch for the end of the ledger, when what the entries come to has
/// just been written down; otherwise it does with the next change.
fn seal_some(
    connection: &Connection,
    integrity: &Integrity,
    (journal, ledger): (journal::Tip, Tip),
    progress: Progress,
) -> Result<journal::Tip, CommitError> {
    if !progress.is_complete || journal.sum.is_none() {
        return Ok(journal);
    }
    let sealed = journal::Tip {
        ledger: ledger.end,
        ..journal
    };
    journal::move_head(connection, integrity, &sealed).map_err(|error| not_written(&error))?;
    Ok(sealed)
}
