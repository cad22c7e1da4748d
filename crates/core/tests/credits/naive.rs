//! The sums of a ledger, done again unit by unit: every credit is a thing with a state of its own.

use std::collections::HashMap;

use keystile_core::credit::{AccountId, Entry, Group, Movement, Place, Returned};
use keystile_core::model::{GrantId, SpendId, Timestamp};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Free,
    Ended,
    Spent(SpendId),
    Reserved(SpendId),
}

/// One credit.
#[derive(Debug)]
struct Credit {
    grant: GrantId,
    ends_at: Option<Timestamp>,
    state: State,
}

/// All credits of all accounts.
#[derive(Debug, Default)]
pub(crate) struct Naive(HashMap<AccountId, Vec<Credit>>);

impl Naive {
    pub(crate) fn write(&mut self, group: Group, entries: &[Entry]) {
        for (index, entry) in entries.iter().enumerate() {
            let place = Place {
                group: group.number,
                index: u16::try_from(index).unwrap(),
            };
            let credits = self.0.entry(entry.account).or_default();
            apply(credits, place.spend_id(group.at), group.at, &entry.movement);
        }
    }

    /// Granted, spent, reserved, expired, remaining.
    pub(crate) fn sums(&self, account: AccountId) -> (u64, u64, u64, u64, u64) {
        let credits = &self.0[&account];
        let count =
            |of: fn(&State) -> bool| credits.iter().filter(|one| of(&one.state)).count() as u64;
        (
            credits.len() as u64,
            count(|state| matches!(state, State::Spent(_))),
            count(|state| matches!(state, State::Reserved(_))),
            count(|state| *state == State::Ended),
            count(|state| *state == State::Free),
        )
    }
}

/// Moves so many credits of a grant from one state to another; there must be so many.
fn shift(credits: &mut [Credit], grant: GrantId, amount: u64, from: State, to: State) {
    let of = credits
        .iter_mut()
        .filter(|one| one.grant == grant && one.state == from);
    let moved: Vec<_> = of.take(usize::try_from(amount).unwrap()).collect();
    assert_eq!(
        moved.len() as u64,
        amount,
        "{grant} has not so many {from:?}"
    );
    moved.into_iter().for_each(|one| one.state = to);
}

fn apply(credits: &mut Vec<Credit>, id: SpendId, now: Timestamp, movement: &Movement) {
    match movement {
        Movement::Granted {
            grant,
            amount,
            ends_at,
            ..
        } => {
            let new = (0..*amount).map(|_| Credit {
                grant: *grant,
                ends_at: *ends_at,
                state: State::Free,
            });
            credits.extend(new);
        }
        Movement::Expired { grant, amount } => {
            let over = |one: &&Credit| one.grant == *grant && one.state == State::Free;
            assert!(
                credits
                    .iter()
                    .filter(over)
                    .all(|one| one.ends_at.is_some_and(|end| end <= now))
            );
            shift(credits, *grant, *amount, State::Free, State::Ended);
        }
        Movement::Voided { grant, amount } => {
            shift(credits, *grant, *amount, State::Free, State::Ended);
            let of = credits.iter_mut().filter(|one| one.grant == *grant);
            of.for_each(|one| one.ends_at = Some(now));
        }
        Movement::Spent(charge) | Movement::Reserved { charge, .. } => {
            assert_eq!(
                charge.parts.iter().map(|part| part.amount).sum::<u64>(),
                charge.amount
            );
            let to = match movement {
                Movement::Spent(_) => State::Spent(id),
                _ => State::Reserved(id),
            };
            for part in &charge.parts {
                let spendable = |one: &&Credit| one.state == State::Free;
                let over = |one: &Credit| one.ends_at.is_some_and(|end| end <= now);
                assert!(
                    !credits.iter().filter(spendable).any(over),
                    "ended credits can be spent"
                );
                shift(credits, part.grant, part.amount, State::Free, to);
            }
            let taken = credits.iter().filter(|one| one.state == to);
            let last = taken
                .map(|one| one.ends_at.map_or(i64::MAX, Timestamp::millis))
                .max();
            let free = credits.iter().filter(|one| one.state == State::Free);
            let first = free
                .map(|one| one.ends_at.map_or(i64::MAX, Timestamp::millis))
                .min();
            assert!(
                last <= first.or(last),
                "what ends first was not spent first"
            );
        }
        Movement::Settled {
            spend,
            amount,
            returned,
            ..
        } => {
            put_back(credits, returned, State::Reserved(*spend), now);
            let rest = credits
                .iter_mut()
                .filter(|one| one.state == State::Reserved(*spend));
            let mut kept = 0;
            for one in rest {
                one.state = State::Spent(*spend);
                kept += 1;
            }
            assert_eq!(kept, *amount);
        }
        Movement::Returned {
            spend,
            amount,
            returned,
            ..
        } => {
            assert_eq!(
                returned.iter().map(|one| one.part.amount).sum::<u64>(),
                *amount
            );
            let reserved = State::Reserved(*spend);
            let is_reserved = credits.iter().any(|one| one.state == reserved);
            let from = if is_reserved {
                reserved
            } else {
                State::Spent(*spend)
            };
            put_back(credits, returned, from, now);
        }
        Movement::Reached { .. } => {}
    }
}

/// Gives back, unit by unit, to the grant it came from; an ended grant takes nothing any more.
fn put_back(credits: &mut [Credit], returned: &[Returned], from: State, now: Timestamp) {
    for one in returned {
        let grant = one.part.grant;
        let of = credits.iter().find(|credit| credit.grant == grant);
        let is_over = of.and_then(|one| one.ends_at).is_some_and(|end| end <= now);
        let to = if is_over { State::Ended } else { State::Free };
        shift(credits, grant, one.part.amount, from, to);
    }
}
