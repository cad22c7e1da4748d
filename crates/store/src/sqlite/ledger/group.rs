//! Groups of entries: decided in memory, written as one row, answered when that is durable.

use std::sync::Arc;

use keystile_core::credit::{
    AccountId, Balance, Book, Change, Charged, Draft, Group, Movement, Refusal, Returned, Spent,
    Unchanged,
};
use keystile_core::key::ChainLink;
use keystile_core::model::{Grant, Record, SpendId, Timestamp};
use rusqlite::{Connection, TransactionBehavior};

use super::checkpoint::Checkpoint;
use super::queue::{Failure, Work};
use super::rows;
use crate::sqlite::commit::{finish_with, limit_pages, not_written, step};
use crate::sqlite::writer::Desk;
use crate::sqlite::{Step, stored};
use crate::{Balances, Changed, CommitError, Write};

/// How many entries of what ended are written with a group; the rest comes with the next ones.
const ENDS_OF_A_GROUP: usize = 256;

/// What the writing thread knows of credits.
pub(in crate::sqlite) struct Books {
    pub(in crate::sqlite) book: Book,
    /// The last group.
    pub(super) tip: Tip,
    /// What is being written down so that the next start is quick.
    pub(super) checkpoint: Checkpoint,
    /// Why nothing can be spent: what is stored does not add up.
    pub(super) damaged: Option<String>,
}

/// The end of the ledger.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tip {
    pub(super) number: u64,
    pub(super) at: Timestamp,
    pub(super) link: ChainLink,
}

/// What a change does to credits: grants that it makes, or declares void.
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

    /// Whether there are none.
    pub(in crate::sqlite) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// What became of work, until it may be told.
enum Outcome {
    Spend(Result<Spent, Refusal>),
    Change(Option<Result<Changed, Unchanged>>),
    End(Option<Timestamp>),
}

impl Books {
    /// When the last group was written.
    pub(in crate::sqlite) fn at(&self) -> Timestamp {
        self.tip.at
    }

    /// Begins the next group.
    fn begin(&mut self, now: Timestamp) -> (Group, Draft<'_>) {
        let group = Group {
            number: self.tip.number + 1,
            at: now.max(self.tip.at),
        };
        (group, self.book.begin(group))
    }

    fn refuse_if_damaged(&self) -> Result<(), CommitError> {
        match &self.damaged {
            Some(problem) => Err(CommitError::NotWritten(format!(
                "{problem}: `keystile audit verify` names what was altered, then restore a backup"
            ))),
            None => Ok(()),
        }
    }

    /// What an account holds at a time.
    pub(super) fn balances(&self, id: AccountId, now: Timestamp) -> Balances {
        let Some(account) = self.book.account(id) else {
            return Balances::default();
        };
        let sums = account.sums_at(now);
        Balances {
            granted: sums.granted,
            spent: sums.spent,
            reserved: sums.reserved,
            expired: sums.expired,
            remaining: sums.granted - sums.spent - sums.reserved - sums.expired,
        }
    }

    /// What is left of which grant at a time.
    pub(super) fn left(&self, id: AccountId, now: Timestamp) -> Vec<Balance> {
        let account = self.book.account(id);
        account.map_or_else(Vec::new, |account| account.balances_at(now))
    }
}

impl Desk {
    /// Writes what grants of a change do to the ledger, in the change's own transaction. What is
    /// given back makes it last, once the transaction has.
    pub(in crate::sqlite) fn write_grants<'b>(
        books: &'b mut Books,
        connection: &Connection,
        integrity: &keystile_core::key::Integrity,
        changes: Changes,
        at: Timestamp,
    ) -> Result<Written<'b>, CommitError> {
        books.refuse_if_damaged()?;
        let before = books.tip;
        let (group, mut draft) = books.begin(at);
        for (grant, is_new) in changes.0 {
            let account = AccountId {
                organization: grant.organization,
                mode: grant.mode,
            };
            if is_new {
                let recurs = grant
                    .occasion
                    .as_ref()
                    .is_some_and(keystile_core::model::Occasion::recurs);
                draft
                    .grant(account, (grant.id, grant.amount), grant.expires_at, recurs)
                    .map_err(|room| CommitError::TooManyCredits { room })?;
            } else if grant.voided_at.is_some() {
                draft.void(account, grant.id);
            }
        }
        let tip = append(connection, integrity, before, group, &draft)?;
        Ok(Written { draft, tip })
    }

    /// Does work as one group and answers it.
    pub(super) fn write_group(&mut self, works: Vec<Work>) {
        let works: Vec<_> = works
            .into_iter()
            .filter(|work| !work.is_abandoned())
            .collect();
        match self.attempt_group(&works) {
            Ok(outcomes) => works
                .into_iter()
                .zip(outcomes)
                .for_each(|(work, outcome)| answer(work, outcome)),
            Err(error) => {
                let failure = Failure::of(error);
                if let Failure::Unknown(reason) = &failure {
                    self.close_for(reason);
                }
                works.into_iter().for_each(|work| work.fail(&failure));
            }
        }
    }

    fn attempt_group(&mut self, works: &[Work]) -> Result<Vec<Outcome>, CommitError> {
        if let Some(reason) = &self.closed {
            return Err(CommitError::NotWritten(reason.clone()));
        }
        self.ledger.refuse_if_damaged()?;
        let faults = Arc::clone(&self.faults);
        limit_pages(&self.connection, faults.as_ref()).map_err(|error| not_written(&error))?;
        let now = self.latest.see(self.clock.now());
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(|error| not_written(&error))?;
        step(faults.as_ref(), Step::SpendBegun)?;
        let before = self.ledger.tip;
        let group = Group {
            number: before.number + 1,
            at: now.max(before.at),
        };
        let Books {
            book, checkpoint, ..
        } = &mut self.ledger;
        let mut draft = book.begin(group);
        draft.end_all(ENDS_OF_A_GROUP);
        let mut outcomes = Vec::with_capacity(works.len());
        for work in works {
            outcomes.push(decide(&transaction, &self.integrity, &mut draft, work)?);
        }
        if draft.entries().is_empty() {
            draft.keep();
            return Ok(outcomes);
        }
        let tip = append(&transaction, &self.integrity, before, group, &draft)?;
        let progress = checkpoint
            .write_some(&transaction, &self.integrity, &draft)
            .map_err(|error| not_written(&error))?;
        step(faults.as_ref(), Step::SpendWritten)?;
        finish_with(
            transaction,
            faults.as_ref(),
            (Step::SpendBeforeCommit, Step::SpendAfterCommit),
        )?;
        draft.keep();
        checkpoint.wrote(progress, book, tip.number);
        self.ledger.tip = tip;
        self.latest.see(tip.at);
        Ok(outcomes)
    }

    /// A charge as it stands now.
    pub(super) fn charged(&mut self, spend: SpendId) -> Result<Option<Charged>, CommitError> {
        self.ledger.refuse_if_damaged()?;
        let account = |id| self.ledger.book.account(id);
        let found = rows::charged(&self.connection, spend, |id, spend| {
            account(id).is_some_and(|account| account.reservation(spend).is_some())
        });
        found.map_err(|error| not_written(&error))
    }
}

/// A group that a change has written, and that is in force once the change is.
pub(in crate::sqlite) struct Written<'b> {
    draft: Draft<'b>,
    tip: Tip,
}

impl Written<'_> {
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

fn append(
    connection: &Connection,
    integrity: &keystile_core::key::Integrity,
    before: Tip,
    group: Group,
    draft: &Draft<'_>,
) -> Result<Tip, CommitError> {
    let remembers = draft.entries().iter().filter(|entry| {
        let (Movement::Spent(charge) | Movement::Reserved { charge, .. }) = &entry.movement else {
            return false;
        };
        charge.remember.is_some()
    });
    let row = rows::GroupRow {
        number: group.number,
        at: group.at,
        remembers: remembers.count(),
        entries: crate::ledger::pack_entries(draft.entries()),
    };
    let link = integrity.ledger_link(before.link, &row.content());
    rows::append(connection, &row, link).map_err(|error| not_written(&error))?;
    Ok(Tip {
        number: group.number,
        at: group.at,
        link,
    })
}

fn decide(
    connection: &Connection,
    integrity: &keystile_core::key::Integrity,
    draft: &mut Draft<'_>,
    work: &Work,
) -> Result<Outcome, CommitError> {
    match work {
        Work::Spend(order, _) => Ok(Outcome::Spend(draft.spend(order))),
        Work::Change(spend, change, _) => {
            change_charge(connection, integrity, draft, *spend, *change).map(Outcome::Change)
        }
        Work::End(_) => Ok(Outcome::End(draft.next_end())),
    }
}

fn change_charge(
    connection: &Connection,
    integrity: &keystile_core::key::Integrity,
    draft: &mut Draft<'_>,
    spend: SpendId,
    change: Change,
) -> Result<Option<Result<Changed, Unchanged>>, CommitError> {
    let read = |draft: &Draft<'_>| {
        let is_open = |id, spend| {
            let account = draft.account(id);
            account.is_some_and(|account| account.reservation(spend).is_some())
        };
        rows::charged(connection, spend, is_open).map_err(|error| not_written(&error))
    };
    let Some(charged) = read(draft)? else {
        return Ok(None);
    };
    draft.end_of_account(charged.account);
    let Some(charged) = read(draft)? else {
        return Ok(None);
    };
    let parts = charged.charge.parts.iter().map(|part| {
        let ends_at = grant_end(connection, integrity, part.grant)?;
        Ok(Returned {
            part: *part,
            ends_at,
        })
    });
    let parts = parts.collect::<Result<Vec<_>, CommitError>>()?;
    let begun = draft.entries().len();
    if let Err(unchanged) = draft.change(&charged, &parts, change) {
        return Ok(Some(Err(unchanged)));
    }
    for entry in draft.entries().get(begun..).unwrap_or_default() {
        rows::note_change(connection, &entry.movement).map_err(|error| not_written(&error))?;
    }
    let charged = read(draft)?.unwrap_or(charged);
    let remaining = draft.remaining(charged.account);
    Ok(Some(Ok(Changed { charged, remaining })))
}

/// When a grant ends, as its record says.
fn grant_end(
    connection: &Connection,
    integrity: &keystile_core::key::Integrity,
    grant: keystile_core::model::GrantId,
) -> Result<Option<Timestamp>, CommitError> {
    let subject = keystile_core::model::Subject::Grant(grant);
    let found = stored::sound(connection, integrity, &subject);
    match found.map_err(|error| CommitError::NotWritten(error.to_string()))? {
        Some(Record::Grant(grant)) => Ok(grant.ends_at()),
        _ => Ok(None),
    }
}

fn answer(work: Work, outcome: Outcome) {
    // Whoever does not wait any more need not know.
    match (work, outcome) {
        (Work::Spend(_, answer), Outcome::Spend(spent)) => drop(answer.send(Ok(spent))),
        (Work::Change(.., answer), Outcome::Change(changed)) => drop(answer.send(Ok(changed))),
        (Work::End(answer), Outcome::End(next)) => drop(answer.send(Ok(next))),
        _ => {}
    }
}
