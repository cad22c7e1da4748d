//! A group of entries while it is decided: each on what those before it left.

use super::account::{Account, Returned, between};
use super::book::{Book, Group, Undo};
use super::entry::{Charge, Entry, Movement, ReturnReason};
use super::key::KeySpending;
use super::moves::sum_of;
use super::order::{Change, Charged, Refusal, Remember, SpendOrder, Spent, Unchanged};
use super::place::{MAX_ENTRIES, Place};
use super::remembered::Recalled;
use super::{AccountId, MOST_GRANTED};
use crate::model::{GrantId, KeyId, SpendId, Timestamp};

/// Entries that are decided and not written yet. Unless it is [kept](Self::keep), it never happened.
#[derive(Debug)]
pub struct Draft<'b> {
    book: &'b mut Book,
    group: Group,
    entries: Vec<Entry>,
    undo: Vec<Undo>,
}

impl<'b> Draft<'b> {
    pub(super) fn new(book: &'b mut Book, group: Group) -> Self {
        Self {
            book,
            group,
            entries: Vec::new(),
            undo: Vec::new(),
        }
    }

    /// Its number and time.
    #[must_use]
    pub fn group(&self) -> Group {
        self.group
    }

    /// What is to be written.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Writes down what of an account has ended, as long as so many more entries have room after
    /// it; whether that was all. If not, the account must wait for the next group.
    pub fn prepare(&mut self, id: AccountId, more: usize) -> bool {
        let room = MAX_ENTRIES.saturating_sub(more);
        self.end_of_account(id, room) && self.entries.len() <= room
    }

    /// The entries are written: what they did stays.
    pub fn keep(mut self) {
        self.undo.clear();
    }

    /// An account as the entries so far leave it.
    #[must_use]
    pub fn account(&self, id: AccountId) -> Option<&Account> {
        self.book.account(id)
    }

    /// Charges a call, or knows it again. `None` when this group has no room for it: then it is for
    /// the next.
    ///
    /// # Errors
    /// Why it is not paid for; then nothing was taken.
    pub fn spend(&mut self, order: &SpendOrder) -> Option<Result<Spent, Refusal>> {
        // The charge, its thresholds, and that nothing is left.
        let entries = order.thresholds.len().saturating_add(2);
        self.prepare(order.account, entries)
            .then(|| self.spend_prepared(order))
    }

    fn spend_prepared(&mut self, order: &SpendOrder) -> Result<Spent, Refusal> {
        if let Some(spend) = self.known_again(order)? {
            return Ok(Spent {
                spend,
                remaining: self.remaining(order.account),
                repeated: true,
            });
        }
        let spending = self.book.key(order.key);
        spending.fits(order.amount, order.caps.as_ref(), self.group.at)?;
        let account = self.book.account(order.account);
        let parts = account.and_then(|account| account.parts_for(order.amount));
        let parts = parts.ok_or_else(|| Refusal::Exhausted {
            remaining: account.map_or(0, Account::remaining),
            recurring_until: account.and_then(|account| account.sums.recurring_until),
        })?;
        let before = account.map_or(0, Account::remaining);
        let charge = Charge {
            key: order.key,
            amount: order.amount,
            parts,
            operation: order.operation.clone(),
            remember: order.remember,
        };
        let movement = match order.reserve_millis {
            None => Movement::Spent(charge),
            Some(millis) => Movement::Reserved {
                charge,
                ends_at: self.group.at.plus_millis(millis),
            },
        };
        let spend = self.push(order.account, movement).spend_id(self.group.at);
        let remaining = before.saturating_sub(order.amount);
        self.note_thresholds(order, before, remaining);
        Ok(Spent {
            spend,
            remaining,
            repeated: false,
        })
    }

    fn known_again(&self, order: &SpendOrder) -> Result<Option<SpendId>, Refusal> {
        let Some(asked) = order.remember else {
            return Ok(None);
        };
        match self.book.remembered.recall(asked, self.group.at) {
            Recalled::Same(spend) => Ok(Some(spend)),
            Recalled::Other => Err(Refusal::Mismatch),
            Recalled::Unknown if self.book.remembered.len() >= self.book.most_remembered => {
                Err(Refusal::TooManyRemembered)
            }
            Recalled::Unknown => Ok(None),
        }
    }

    fn note_thresholds(&mut self, order: &SpendOrder, before: u64, remaining: u64) {
        let own = order.thresholds.iter().copied().filter(|one| *one > 0);
        for threshold in own.chain([0]) {
            if before > threshold && remaining <= threshold {
                let movement = Movement::Reached {
                    threshold,
                    remaining,
                };
                self.push(order.account, movement);
            }
        }
    }

    /// Grants credits.
    ///
    /// # Errors
    /// How many could still be granted, when that is less.
    pub fn grant(
        &mut self,
        id: AccountId,
        (grant, amount): (GrantId, u64),
        ends_at: Option<Timestamp>,
        recurring: bool,
    ) -> Result<(), u64> {
        let account = self.book.account(id);
        let granted = account.map_or(0, |account| account.sums.granted);
        let room = MOST_GRANTED.saturating_sub(granted);
        if amount > room {
            return Err(room);
        }
        let movement = Movement::Granted {
            grant,
            amount,
            ends_at,
            recurring,
        };
        self.push(id, movement);
        Ok(())
    }

    /// Ends what is left of a grant.
    pub fn void(&mut self, id: AccountId, grant: GrantId) {
        // What has ended before is not for this grant to end; where there is too much of it, the
        // sums are the same.
        self.end_of_account(id, MAX_ENTRIES / 2);
        let account = self.book.account(id);
        let amount = account.map_or(0, |account| account.left_of(grant));
        self.push(id, Movement::Voided { grant, amount });
    }

    /// Changes what became of a charge; `parts` are those of the charge, each with the end of its
    /// grant. `None` when this group has no room for it: then it is for the next.
    ///
    /// # Errors
    /// Why nothing becomes of it.
    pub fn change(
        &mut self,
        charged: &Charged,
        parts: &[Returned],
        change: Change,
    ) -> Option<Result<(), Unchanged>> {
        self.prepare(charged.account, 1)
            .then(|| self.change_prepared(charged, parts, change))
    }

    fn change_prepared(
        &mut self,
        charged: &Charged,
        parts: &[Returned],
        change: Change,
    ) -> Result<(), Unchanged> {
        match change {
            Change::Settle { amount } => self.settle(charged, amount),
            Change::Release => self.release(charged, ReturnReason::Released),
            Change::Reverse if charged.is_open() => self.release(charged, ReturnReason::Reversed),
            Change::Reverse => self.refund(charged, parts, None, ReturnReason::Reversed),
            Change::Refund { amount } => {
                if charged.is_open() {
                    return Err(Unchanged::Open);
                }
                self.refund(charged, parts, amount, ReturnReason::Refunded)
            }
        }
    }

    fn settle(&mut self, charged: &Charged, amount: u64) -> Result<(), Unchanged> {
        if charged.reserved_until.is_none() {
            return Err(Unchanged::NotReserved);
        }
        if charged.settled == Some(amount) {
            return Ok(());
        }
        let account = self.book.account(charged.account);
        let reservation = account
            .and_then(|account| account.reservation(charged.spend))
            .ok_or(Unchanged::Ended)?;
        if amount > reservation.amount {
            let left = reservation.amount;
            return Err(Unchanged::TooMuch { left });
        }
        let movement = Movement::Settled {
            spend: charged.spend,
            key: reservation.key,
            amount,
            returned: between(&reservation.parts, amount, reservation.amount),
        };
        self.push(charged.account, movement);
        Ok(())
    }

    fn release(&mut self, charged: &Charged, reason: ReturnReason) -> Result<(), Unchanged> {
        if charged.reserved_until.is_none() {
            return Err(Unchanged::NotReserved);
        }
        if charged.settled.is_some() {
            return Err(Unchanged::Ended);
        }
        self.release_open(charged.account, charged.spend, reason);
        Ok(())
    }

    /// Frees a reservation; one that is free already stays so.
    fn release_open(&mut self, id: AccountId, spend: SpendId, reason: ReturnReason) {
        let account = self.book.account(id);
        let Some(reservation) = account.and_then(|account| account.reservation(spend)) else {
            return;
        };
        let movement = Movement::Returned {
            spend,
            key: reservation.key,
            amount: reservation.amount,
            reason,
            returned: between(&reservation.parts, 0, reservation.amount),
            forgets: reservation.remembered,
        };
        self.push(id, movement);
    }

    fn refund(
        &mut self,
        charged: &Charged,
        parts: &[Returned],
        amount: Option<u64>,
        reason: ReturnReason,
    ) -> Result<(), Unchanged> {
        let left = charged.net();
        let amount = amount.unwrap_or(left);
        if amount > left {
            return Err(Unchanged::TooMuch { left });
        }
        if amount == 0 {
            return Ok(());
        }
        let returned = between(parts, left - amount, left);
        let forgets = charged.charge.remember.map(|remember| remember.name);
        let movement = Movement::Returned {
            spend: charged.spend,
            key: charged.charge.key,
            amount: sum_of(&returned),
            reason,
            returned,
            forgets: forgets.filter(|_| amount == left),
        };
        self.push(charged.account, movement);
        Ok(())
    }

    /// Writes down what has ended, of all accounts, up to so many entries; whether that was all.
    pub fn end_all(&mut self, most: usize) -> bool {
        while let Some(account) = self.book.first_due(self.group.at) {
            if !self.end_of_account(account, most) {
                return false;
            }
        }
        true
    }

    /// Writes down what of an account has ended, up to so many entries in the group; whether that
    /// was all. Each of them is true by itself, so the rest may come with a later group.
    fn end_of_account(&mut self, id: AccountId, most: usize) -> bool {
        let now = self.group.at;
        let Some(account) = self.book.account(id) else {
            return true;
        };
        if account.next_end().is_none_or(|end| end > now) {
            return true;
        }
        let room = most.saturating_sub(self.entries.len());
        let run_out = account.run_out(now).map(|one| one.spend);
        let run_out: Vec<_> = run_out.take(room).collect();
        for spend in run_out {
            self.release_open(id, spend, ReturnReason::RanOut);
        }
        // What was set aside went back to grants that have not ended, so these are all.
        let room = most.saturating_sub(self.entries.len());
        let account = self.book.account(id);
        let ended = account.into_iter().flat_map(|account| account.ended(now));
        let ended = ended.map(|one| (one.grant, one.remaining));
        let ended: Vec<_> = ended.take(room).collect();
        for (grant, amount) in ended {
            self.push(id, Movement::Expired { grant, amount });
        }
        let next = self.book.account(id).and_then(Account::next_end);
        next.is_none_or(|end| end > now)
    }

    /// What a key spent, as the entries so far leave it.
    #[must_use]
    pub fn key(&self, id: KeyId) -> KeySpending {
        self.book.key(id)
    }

    /// Whether a charge is still known again by what it was remembered by.
    #[must_use]
    pub fn is_remembered(&self, asked: Remember, spend: SpendId) -> bool {
        self.book.remembered.recall(asked, self.group.at) == Recalled::Same(spend)
    }

    /// When something ends next.
    #[must_use]
    pub fn next_end(&self) -> Option<Timestamp> {
        self.book.next_end()
    }

    /// What remains in an account.
    #[must_use]
    pub fn remaining(&self, id: AccountId) -> u64 {
        self.book.account(id).map_or(0, Account::remaining)
    }

    /// Adds an entry, which is in force for those after it.
    fn push(&mut self, account: AccountId, movement: Movement) -> Place {
        let index = u16::try_from(self.entries.len()).unwrap_or(u16::MAX);
        let last = self.book.account(account);
        let entry = Entry {
            account,
            previous: last.and_then(|account| account.sums.last),
            movement,
        };
        self.book.apply(self.group, index, &entry, &mut self.undo);
        self.entries.push(entry);
        Place {
            group: self.group.number,
            index,
        }
    }
}

impl Drop for Draft<'_> {
    fn drop(&mut self) {
        let undo = std::mem::take(&mut self.undo);
        self.book.take_back(undo);
    }
}
