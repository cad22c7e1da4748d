//! Charges as they stand, and what becomes of them.

use keystile_core::credit::{
    AccountId, Change, Charged, Draft, Movement, Place, ReturnReason, Returned, Unchanged,
};
use keystile_core::key::{Integrity, LedgerEnd};
use keystile_core::model::{Grant, GrantId, Record, SpendId, Subject, Timestamp};
use rusqlite::Connection;

use super::rows::{self, Unknown};
use super::vouched::{Kind, Vouched, charge_id};
use crate::ledger::{pack_change, unpack_change};
use crate::sqlite::commit::not_written;
use crate::sqlite::stored;
use crate::{Changed, CommitError};

/// What the ledger and the rows beside it say.
pub(super) struct Charges<'a> {
    pub(super) connection: &'a Connection,
    pub(super) integrity: &'a Integrity,
    /// Where the ledger begins, and its last group.
    pub(super) reach: (LedgerEnd, u64),
}

/// What became of work on a charge; `None` when this group has no room for it.
pub(super) type Done = Option<Option<Result<Changed, Unchanged>>>;

impl Charges<'_> {
    /// A charge as it stands, by what `is_open` says of its reservation.
    pub(super) fn find(
        &self,
        vouched: &Vouched<'_>,
        spend: SpendId,
        is_open: impl Fn(AccountId, SpendId) -> bool,
    ) -> Result<Option<Charged>, CommitError> {
        let Some(place) = Place::of(spend) else {
            return Ok(None);
        };
        let found = rows::sound(self.connection, self.integrity, self.reach, place.group);
        let Some(linked) = found.map_err(told)? else {
            return Ok(None);
        };
        if place.spend_id(linked.row.at) != spend {
            return Ok(None);
        }
        let Some(entry) = rows::entry(&linked, place) else {
            return Ok(None);
        };
        let (charge, reserved_until) = match entry.movement {
            Movement::Spent(charge) => (charge, None),
            Movement::Reserved { charge, ends_at } => (charge, Some(ends_at)),
            _ => return Ok(None),
        };
        let amount = charge.amount;
        let known = change_of(vouched, place)?;
        // One that is neither open nor changed by anybody ran out.
        let ran_out = known.is_none() && reserved_until.is_some() && !is_open(entry.account, spend);
        let untouched = (None, if ran_out { amount } else { 0 });
        let (settled, returned) = known.unwrap_or(untouched);
        Ok(Some(Charged {
            spend,
            account: entry.account,
            charge,
            reserved_until,
            settled,
            returned,
            ran_out,
        }))
    }

    fn find_in(
        &self,
        vouched: &Vouched<'_>,
        draft: &Draft<'_>,
        spend: SpendId,
    ) -> Result<Option<Charged>, CommitError> {
        self.find(vouched, spend, |id, spend| {
            let account = draft.account(id);
            account.is_some_and(|account| account.reservation(spend).is_some())
        })
    }

    /// Changes what became of a charge.
    ///
    /// # Errors
    /// The outer one is that of the whole group, the inner one of this work alone, for which
    /// nothing was written then.
    pub(super) fn change(
        &self,
        vouched: &mut Vouched<'_>,
        draft: &mut Draft<'_>,
        (spend, change): (SpendId, Change),
    ) -> Result<Result<Done, CommitError>, CommitError> {
        let (charged, parts) = match self.prepare(vouched, draft, spend) {
            Err(error) => return Ok(Err(error)),
            Ok(Prepared::NoRoom) => return Ok(Ok(None)),
            Ok(Prepared::NoCharge) => return Ok(Ok(Some(None))),
            Ok(Prepared::Found(charged, parts)) => (*charged, parts),
        };
        let begun = draft.entries().len();
        match draft.change(&charged, &parts, change) {
            None => return Ok(Ok(None)),
            Some(Err(unchanged)) => return Ok(Ok(Some(Some(Err(unchanged))))),
            Some(Ok(())) => {}
        }
        for entry in draft.entries().get(begun..).unwrap_or_default() {
            note(vouched, &entry.movement)?;
        }
        let charged = self.find_in(vouched, draft, spend)?.unwrap_or(charged);
        let remaining = draft.remaining(charged.account);
        Ok(Ok(Some(Some(Ok(Changed { charged, remaining })))))
    }

    /// The charge after all that has ended by itself, and which grants it came from.
    fn prepare(
        &self,
        vouched: &Vouched<'_>,
        draft: &mut Draft<'_>,
        spend: SpendId,
    ) -> Result<Prepared, CommitError> {
        let Some(charged) = self.find_in(vouched, draft, spend)? else {
            return Ok(Prepared::NoCharge);
        };
        if !draft.prepare(charged.account, 1) {
            return Ok(Prepared::NoRoom);
        }
        let Some(charged) = self.find_in(vouched, draft, spend)? else {
            return Ok(Prepared::NoCharge);
        };
        let parts = charged.charge.parts.iter().map(|part| {
            let ends_at = self.grant_end(part.grant)?;
            Ok(Returned {
                part: *part,
                ends_at,
            })
        });
        let parts = parts.collect::<Result<Vec<_>, CommitError>>()?;
        Ok(Prepared::Found(Box::new(charged), parts))
    }

    /// When a grant ends, as its record says. Without the record nobody knows whether it has, and
    /// what goes back to it might be credits that were declared void.
    fn grant_end(&self, id: GrantId) -> Result<Option<Timestamp>, CommitError> {
        let found = stored::sound(self.connection, self.integrity, &Subject::Grant(id));
        match found.map_err(|error| CommitError::NotWritten(error.to_string()))? {
            Some(Record::Grant(grant)) => Ok(Grant::ends_at(&grant)),
            _ => Err(CommitError::Tampered {
                subject: id.to_string(),
                problem: "its row is missing".into(),
            }),
        }
    }
}

enum Prepared {
    NoRoom,
    NoCharge,
    Found(Box<Charged>, Vec<Returned>),
}

fn told(unknown: Unknown) -> CommitError {
    match unknown {
        Unknown::Database(error) => not_written(&error),
        Unknown::Altered(group) => CommitError::Tampered {
            subject: format!("group {group} of the ledger"),
            problem: "it was altered or removed".into(),
        },
    }
}

fn change_of(
    vouched: &Vouched<'_>,
    place: Place,
) -> Result<Option<(Option<u64>, u64)>, CommitError> {
    let state = vouched.get(Kind::Charge, &charge_id(place))?;
    Ok(state.and_then(|state| unpack_change(&state)))
}

/// What an entry makes of an earlier charge, besides what it was before: settled for, given back.
/// What runs out by itself needs no note: it is neither open nor changed by anybody.
pub(super) fn noted(
    movement: &Movement,
    before: Option<(Option<u64>, u64)>,
) -> Option<(Place, (Option<u64>, u64))> {
    let (settled, returned) = before.unwrap_or_default();
    match movement {
        Movement::Settled { spend, amount, .. } => {
            Some((Place::of(*spend)?, (Some(*amount), returned)))
        }
        Movement::Returned {
            spend,
            amount,
            reason,
            ..
        } if *reason != ReturnReason::RanOut => {
            let returned = returned.saturating_add(*amount);
            Some((Place::of(*spend)?, (settled, returned)))
        }
        _ => None,
    }
}

/// The charge that an entry changes.
pub(super) fn changed_by(movement: &Movement) -> Option<Place> {
    noted(movement, None).map(|(place, _)| place)
}

/// Notes what an entry made of an earlier charge.
fn note(vouched: &mut Vouched<'_>, movement: &Movement) -> Result<(), CommitError> {
    let Some(place) = changed_by(movement) else {
        return Ok(());
    };
    let before = change_of(vouched, place)?;
    if let Some((place, (settled, returned))) = noted(movement, before) {
        let state = pack_change(settled, returned);
        vouched.put(Kind::Charge, &charge_id(place), &state)?;
    }
    Ok(())
}
