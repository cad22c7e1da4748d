//! How entries and balances are written down.
//!
//! A group of entries is one row, whatever their number: a hundred charges cost one write. What a
//! charge needs is some eighty bytes.

use keystile_core::credit::{
    Account, Charge, Entry, KeySpending, Movement, Part, Place, ReturnReason, Returned,
};
use keystile_core::model::{Mode, Timestamp};

use crate::packed::pack_number;

/// Marks the layout of entries; a new one gets another mark.
pub(super) const ENTRIES: u8 = 1;

/// Packs a group of entries.
pub(crate) fn pack_entries(entries: &[Entry]) -> Vec<u8> {
    let mut out = Packer(Vec::with_capacity(1 + entries.len() * 96));
    out.byte(ENTRIES);
    entries.iter().for_each(|entry| out.entry(entry));
    out.0
}

/// Packs an account.
pub(crate) fn pack_account(account: &Account) -> Vec<u8> {
    let mut out = Packer(Vec::with_capacity(64));
    let sums = &account.sums;
    for sum in [sums.granted, sums.spent, sums.reserved, sums.expired] {
        out.number(sum);
    }
    out.maybe_time(sums.recurring_until);
    out.maybe_place(sums.last);
    out.list(&account.balances, |out, one| {
        out.array(one.grant.to_bytes());
        out.number(one.remaining);
        out.maybe_time(one.ends_at);
    });
    out.count(account.reservations.len());
    account.reservations.iter().for_each(|one| {
        out.array(one.spend.to_bytes());
        out.array(one.key.to_bytes());
        out.number(one.amount);
        out.time(one.ends_at);
        out.list(&one.parts, Packer::returned);
        out.maybe_name(one.remembered);
    });
    out.0
}

/// Packs what a key spent.
pub(crate) fn pack_key(key: &KeySpending) -> Vec<u8> {
    let mut out = Packer(Vec::with_capacity(32));
    out.number(key.total);
    out.array(key.day.to_be_bytes());
    out.number(key.of_day);
    out.array(key.month.to_be_bytes());
    out.number(key.of_month);
    out.maybe_place(key.last);
    out.0
}

/// Packs what became of a charge: settled for so much, given back so much.
pub(crate) fn pack_change(settled: Option<u64>, returned: u64) -> Vec<u8> {
    let mut out = Packer(Vec::with_capacity(16));
    out.byte(u8::from(settled.is_some()));
    settled.into_iter().for_each(|amount| out.number(amount));
    out.number(returned);
    out.0
}

struct Packer(Vec<u8>);

impl Packer {
    fn byte(&mut self, byte: u8) {
        self.0.push(byte);
    }

    fn number(&mut self, number: u64) {
        pack_number(number, &mut self.0);
    }

    fn array<const N: usize>(&mut self, bytes: [u8; N]) {
        self.0.extend_from_slice(&bytes);
    }

    fn time(&mut self, time: Timestamp) {
        self.array(time.millis().to_be_bytes());
    }

    fn maybe_time(&mut self, time: Option<Timestamp>) {
        self.byte(u8::from(time.is_some()));
        time.into_iter().for_each(|time| self.time(time));
    }

    fn maybe_name(&mut self, name: Option<u128>) {
        self.byte(u8::from(name.is_some()));
        name.into_iter()
            .for_each(|name| self.array(name.to_be_bytes()));
    }

    /// Groups begin with 1, so 0 is none.
    fn maybe_place(&mut self, place: Option<Place>) {
        self.number(place.map_or(0, |place| place.group));
        if let Some(place) = place {
            self.number(u64::from(place.index));
        }
    }

    fn count(&mut self, count: usize) {
        self.number(u64::try_from(count).unwrap_or(u64::MAX));
    }

    fn list<T>(&mut self, list: &[T], write: impl Fn(&mut Self, &T)) {
        self.count(list.len());
        list.iter().for_each(|one| write(self, one));
    }

    fn part(&mut self, part: &Part) {
        self.array(part.grant.to_bytes());
        self.number(part.amount);
    }

    fn returned(&mut self, one: &Returned) {
        self.part(&one.part);
        self.maybe_time(one.ends_at);
    }

    fn charge(&mut self, charge: &Charge) {
        self.array(charge.key.to_bytes());
        self.number(charge.amount);
        self.list(&charge.parts, Self::part);
        let operation = charge.operation.as_deref().unwrap_or_default();
        self.count(operation.len());
        self.0.extend_from_slice(operation.as_bytes());
        self.maybe_name(charge.remember.map(|remember| remember.name));
        if let Some(remember) = charge.remember {
            self.array(remember.fingerprint.to_be_bytes());
        }
    }

    fn entry(&mut self, entry: &Entry) {
        self.array(entry.account.organization.to_bytes());
        self.byte(match entry.account.mode {
            Mode::Live => 0,
            Mode::Test => 1,
        });
        self.maybe_place(entry.previous);
        self.movement(&entry.movement);
    }

    fn movement(&mut self, movement: &Movement) {
        match movement {
            Movement::Granted {
                grant,
                amount,
                ends_at,
                recurring,
            } => {
                self.byte(1);
                self.part(&Part {
                    grant: *grant,
                    amount: *amount,
                });
                self.maybe_time(*ends_at);
                self.byte(u8::from(*recurring));
            }
            Movement::Expired { grant, amount } | Movement::Voided { grant, amount } => {
                self.byte(match movement {
                    Movement::Expired { .. } => 2,
                    _ => 3,
                });
                self.part(&Part {
                    grant: *grant,
                    amount: *amount,
                });
            }
            Movement::Spent(charge) => {
                self.byte(4);
                self.charge(charge);
            }
            Movement::Reserved { charge, ends_at } => {
                self.byte(5);
                self.charge(charge);
                self.time(*ends_at);
            }
            Movement::Settled {
                spend,
                key,
                amount,
                returned,
            } => {
                self.byte(6);
                self.array(spend.to_bytes());
                self.array(key.to_bytes());
                self.number(*amount);
                self.list(returned, Self::returned);
            }
            Movement::Returned {
                spend,
                key,
                amount,
                reason,
                returned,
                forgets,
            } => {
                self.byte(7);
                self.array(spend.to_bytes());
                self.array(key.to_bytes());
                self.number(*amount);
                self.byte(reason_number(*reason));
                self.list(returned, Self::returned);
                self.maybe_name(*forgets);
            }
            Movement::Reached {
                threshold,
                remaining,
            } => {
                self.byte(8);
                self.number(*threshold);
                self.number(*remaining);
            }
        }
    }
}

pub(super) fn reason_number(reason: ReturnReason) -> u8 {
    match reason {
        ReturnReason::Refunded => 0,
        ReturnReason::Reversed => 1,
        ReturnReason::Released => 2,
        ReturnReason::RanOut => 3,
    }
}
