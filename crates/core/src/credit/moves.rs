//! What entries do to accounts.

use super::{AccountId, Reservation};

use super::account::{Account, Part, Returned};
use super::book::{Group, Undo};
use super::entry::{Charge, Movement};
use super::place::Place;
use crate::model::{SpendId, Timestamp};

/// What an entry does to its account.
pub(super) fn move_credits(
    account: &mut Account,
    group: Group,
    place: Place,
    movement: &Movement,
    (id, undo): (AccountId, &mut Vec<Undo>),
) {
    match movement {
        Movement::Granted {
            grant,
            amount,
            ends_at,
            recurring,
        } => {
            let (grant, amount, ends_at) = (*grant, *amount, *ends_at);
            account.sums.granted = account.sums.granted.saturating_add(amount);
            account.add(Part { grant, amount }, ends_at);
            if *recurring {
                account.sums.recurring_until = account.sums.recurring_until.max(ends_at);
            }
        }
        Movement::Expired { grant, amount } | Movement::Voided { grant, amount } => {
            let (grant, amount) = (*grant, *amount);
            let ended = account.take(Part { grant, amount });
            account.sums.expired = account.sums.expired.saturating_add(ended);
            if matches!(movement, Movement::Voided { .. }) {
                let before = account.reservations.end_grant(grant, group.at);
                undo.push(Undo::Reservations(id, before));
            }
        }
        Movement::Spent(charge) => {
            let taken: u64 = charge.parts.iter().map(|part| account.take(*part)).sum();
            account.sums.spent = account.sums.spent.saturating_add(taken);
        }
        Movement::Reserved { charge, ends_at } => {
            let spend = place.spend_id(group.at);
            let reservation = set_aside(account, charge, spend, *ends_at);
            undo.push(Undo::Reserved(id, spend));
            account.reservations.insert(reservation);
        }
        Movement::Settled {
            spend, returned, ..
        } => {
            if let Some(reservation) = account.reservations.remove(*spend) {
                let kept = reservation.amount.saturating_sub(sum_of(returned));
                account.sums.reserved = account.sums.reserved.saturating_sub(reservation.amount);
                account.sums.spent = account.sums.spent.saturating_add(kept);
                account.put_back(returned, group.at);
                undo.push(Undo::Unreserved(id, reservation));
            }
        }
        Movement::Returned {
            spend,
            amount,
            returned,
            ..
        } => {
            match account.reservations.remove(*spend) {
                Some(reservation) => {
                    account.sums.reserved = account.sums.reserved.saturating_sub(*amount);
                    undo.push(Undo::Unreserved(id, reservation));
                }
                None => account.sums.spent = account.sums.spent.saturating_sub(*amount),
            }
            account.put_back(returned, group.at);
        }
        Movement::Reached { .. } => {}
    }
}

/// Takes what a reservation sets aside.
fn set_aside(
    account: &mut Account,
    charge: &Charge,
    spend: SpendId,
    ends_at: Timestamp,
) -> Reservation {
    let parts = charge.parts.iter().map(|part| Returned {
        part: *part,
        ends_at: account.end_of(part.grant),
    });
    let parts: Vec<_> = parts.collect();
    let amount = charge.parts.iter().map(|part| account.take(*part)).sum();
    account.sums.reserved = account.sums.reserved.saturating_add(amount);
    Reservation {
        spend,
        key: charge.key,
        amount,
        ends_at,
        parts,
        remembered: charge.remember.map(|remember| remember.name),
    }
}

pub(super) fn sum_of(returned: &[Returned]) -> u64 {
    returned.iter().map(|one| one.part.amount).sum()
}
