//! One account: its grants, what is set aside, and the sums.

use super::place::Place;
use super::reservations::{Reservation, Reservations};
use crate::model::{GrantId, SpendId, Timestamp};

/// So many credits of a grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// The grant.
    pub grant: GrantId,
    /// How many.
    pub amount: u64,
}

/// Credits that go back to the grant they came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Returned {
    /// Which grant, and how many.
    pub part: Part,
    /// When the grant ends; when that is over, the credits end with it.
    pub ends_at: Option<Timestamp>,
}

/// What is left of a grant that has not ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Balance {
    /// The grant.
    pub grant: GrantId,
    /// How many credits are left, at least one.
    pub remaining: u64,
    /// When they end.
    pub ends_at: Option<Timestamp>,
}

/// What all entries of an account come to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Account {
    /// Its sums.
    pub sums: Sums,
    /// What is left of which grant, in the order in which it is spent: what ends first goes first,
    /// then what was granted first.
    pub balances: Vec<Balance>,
    /// What is set aside for which call.
    pub reservations: Reservations,
}

/// The sums of an account. `granted` is always the sum of `spent`, `reserved`, `expired` and what
/// remains.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sums {
    /// Everything that was ever granted.
    pub granted: u64,
    /// What was spent and not given back.
    pub spent: u64,
    /// What is set aside.
    pub reserved: u64,
    /// What ended unspent, with the time of its grant or because the grant was declared void.
    pub expired: u64,
    /// Until when the latest grant of a plan counts.
    pub recurring_until: Option<Timestamp>,
    /// The last entry.
    pub last: Option<Place>,
}

/// The order in which credits are spent.
fn turn(ends_at: Option<Timestamp>, grant: GrantId) -> (Timestamp, GrantId) {
    let never = Timestamp::from_millis(i64::MAX);
    (ends_at.unwrap_or(never), grant)
}

/// Whether something that ends at that time has ended.
pub(super) fn is_over(ends_at: Option<Timestamp>, now: Timestamp) -> bool {
    ends_at.is_some_and(|end| end <= now)
}

impl Account {
    /// What can be spent.
    #[must_use]
    pub fn remaining(&self) -> u64 {
        self.balances.iter().map(|one| one.remaining).sum()
    }

    /// Whether nothing was lost and nothing came from nowhere.
    #[must_use]
    pub fn adds_up(&self) -> bool {
        let Sums {
            granted,
            spent,
            reserved,
            expired,
            ..
        } = self.sums;
        let parts = [spent, reserved, expired, self.remaining()];
        let set_aside: u64 = self.reservations.iter().map(|one| one.amount).sum();
        let sum = parts
            .iter()
            .try_fold(0_u64, |sum, part| sum.checked_add(*part));
        sum == Some(granted) && set_aside == reserved
    }

    /// What a charge of so much would take, what ends first from the front; `None` when there is
    /// not so much.
    #[must_use]
    pub fn parts_for(&self, amount: u64) -> Option<Vec<Part>> {
        let mut missing = amount;
        let mut parts = Vec::with_capacity(1);
        for balance in &self.balances {
            if missing == 0 {
                break;
            }
            let taken = balance.remaining.min(missing);
            missing -= taken;
            let grant = balance.grant;
            parts.push(Part {
                grant,
                amount: taken,
            });
        }
        (missing == 0).then_some(parts)
    }

    /// What has ended and still counts as remaining.
    pub fn ended(&self, now: Timestamp) -> impl Iterator<Item = &Balance> {
        // The first to end stand first.
        let over = move |one: &&Balance| is_over(one.ends_at, now);
        self.balances.iter().take_while(over)
    }

    /// Reservations whose time is over.
    pub fn run_out(&self, now: Timestamp) -> impl Iterator<Item = &Reservation> {
        let over = move |one: &&Reservation| one.ends_at <= now;
        self.reservations.iter().take_while(over)
    }

    /// Its sums at a time, whether or not what has ended is written down.
    #[must_use]
    pub fn sums_at(&self, now: Timestamp) -> Sums {
        let mut sums = self.sums;
        let ended = self.ended(now).map(|one| one.remaining);
        let mut lost: u64 = ended.sum();
        for one in self.run_out(now) {
            sums.reserved = sums.reserved.saturating_sub(one.amount);
            let over = one.parts.iter().filter(|part| is_over(part.ends_at, now));
            lost = lost.saturating_add(over.map(|one| one.part.amount).sum());
        }
        sums.expired = sums.expired.saturating_add(lost);
        sums
    }

    /// What is left of which grant at a time, whether or not what has ended is written down.
    #[must_use]
    pub fn balances_at(&self, now: Timestamp) -> Vec<Balance> {
        let mut then = self.clone();
        then.balances.retain(|one| !is_over(one.ends_at, now));
        for one in self.run_out(now) {
            then.put_back(&one.parts, now);
        }
        then.balances
    }

    /// When something of it ends next.
    #[must_use]
    pub fn next_end(&self) -> Option<Timestamp> {
        let balance = self.balances.first().and_then(|one| one.ends_at);
        let reservation = self.reservations.iter().next().map(|one| one.ends_at);
        [balance, reservation].into_iter().flatten().min()
    }

    pub(super) fn add(&mut self, part: Part, ends_at: Option<Timestamp>) {
        let place = turn(ends_at, part.grant);
        let found = self
            .balances
            .binary_search_by(|one| turn(one.ends_at, one.grant).cmp(&place));
        match found {
            Ok(at) => {
                if let Some(balance) = self.balances.get_mut(at) {
                    balance.remaining = balance.remaining.saturating_add(part.amount);
                }
            }
            Err(at) => {
                let balance = Balance {
                    grant: part.grant,
                    remaining: part.amount,
                    ends_at,
                };
                if part.amount > 0 {
                    self.balances.insert(at, balance);
                }
            }
        }
    }

    /// Takes credits of a grant; gives how many there were of those asked for.
    pub(super) fn take(&mut self, part: Part) -> u64 {
        let found = self.balances.iter().position(|one| one.grant == part.grant);
        let Some((at, balance)) = found.and_then(|at| Some((at, self.balances.get_mut(at)?)))
        else {
            return 0;
        };
        let taken = balance.remaining.min(part.amount);
        balance.remaining -= taken;
        if balance.remaining == 0 {
            self.balances.remove(at);
        }
        taken
    }

    /// Puts credits back where they came from, or lets them end with their grant.
    pub(super) fn put_back(&mut self, returned: &[Returned], now: Timestamp) {
        for one in returned {
            if is_over(one.ends_at, now) {
                self.sums.expired = self.sums.expired.saturating_add(one.part.amount);
            } else {
                self.add(one.part, one.ends_at);
            }
        }
    }

    /// What is left of a grant.
    #[must_use]
    pub fn left_of(&self, grant: GrantId) -> u64 {
        let found = self.balances.iter().find(|one| one.grant == grant);
        found.map_or(0, |one| one.remaining)
    }

    /// When a grant of which something is left ends.
    pub(super) fn end_of(&self, grant: GrantId) -> Option<Timestamp> {
        let found = self.balances.iter().find(|one| one.grant == grant);
        found.and_then(|one| one.ends_at)
    }

    /// The open reservation of a charge.
    #[must_use]
    pub fn reservation(&self, spend: SpendId) -> Option<&Reservation> {
        self.reservations.get(spend)
    }
}

/// What was taken from the unit `from` up to the unit `to`, the last first.
pub(super) fn between(parts: &[Returned], from: u64, to: u64) -> Vec<Returned> {
    let mut found = Vec::new();
    let mut begin = 0_u64;
    for one in parts {
        let end = begin.saturating_add(one.part.amount);
        let amount = end.min(to).saturating_sub(begin.max(from));
        if amount > 0 {
            let part = Part { amount, ..one.part };
            found.push(Returned { part, ..*one });
        }
        begin = end;
    }
    found.reverse();
    found
}
