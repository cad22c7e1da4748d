//! What all entries come to, in memory.

use std::collections::HashSet;
use std::collections::hash_map::Entry as Slot;

use super::account::{Account, Sums};
use super::due::Due;
use super::entry::{Entry, Movement};
use super::key::KeySpending;
use super::moves::{move_credits, sum_of};
use super::order::Remember;
use super::place::Place;
use super::remembered::Remembered;
use super::reservations::{Reservation, Reservations};
use super::{AccountId, Draft};
use crate::ids::IdMap;
use crate::model::{KeyId, SpendId, Timestamp};

/// All accounts, and what is known of keys and of calls.
#[derive(Debug, Default)]
pub struct Book {
    pub(super) accounts: IdMap<AccountId, Account>,
    pub(super) keys: IdMap<KeyId, KeySpending>,
    pub(super) remembered: Remembered,
    due: Due,
    /// What has changed since it was last written down.
    touched: Touched,
    /// How many charges may be remembered.
    pub(super) most_remembered: usize,
}

/// What has changed, and by how many entries.
#[derive(Debug, Default)]
struct Touched {
    accounts: HashSet<AccountId>,
    keys: HashSet<KeyId>,
    entries: u64,
}

/// Entries that are written together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Group {
    /// Its number, from 1, without gaps.
    pub number: u64,
    /// When it was decided and written.
    pub at: Timestamp,
}

impl Group {
    /// The place of one of its entries.
    #[must_use]
    pub const fn place(self, index: u16) -> Place {
        Place {
            group: self.number,
            index,
        }
    }
}

/// One thing to be put back when a group was not written.
#[derive(Debug)]
pub(super) enum Undo {
    /// The account was so, its reservations aside.
    Account(AccountId, Option<(Sums, Vec<super::Balance>)>),
    /// This was set aside.
    Reserved(AccountId, SpendId),
    /// This was set aside no longer.
    Unreserved(AccountId, Reservation),
    /// These reservations were so.
    Reservations(AccountId, Vec<Reservation>),
    /// The key had spent so much.
    Key(KeyId, Option<KeySpending>),
    /// This was remembered.
    Kept(u128, SpendId),
    /// This was forgotten.
    Forgot(Remember, SpendId),
}

impl Book {
    /// An empty book that remembers so many charges at most.
    #[must_use]
    pub fn new(most_remembered: usize) -> Self {
        Self {
            most_remembered,
            ..Self::default()
        }
    }

    /// Begins a group of entries.
    pub fn begin(&mut self, group: Group) -> Draft<'_> {
        self.remembered.forget_old(group.at);
        Draft::new(self, group)
    }

    /// An account, if it has any entries.
    #[must_use]
    pub fn account(&self, id: AccountId) -> Option<&Account> {
        self.accounts.get(&id)
    }

    /// All accounts, in no order.
    pub fn accounts(&self) -> impl Iterator<Item = (AccountId, &Account)> {
        self.accounts.iter().map(|(id, account)| (*id, account))
    }

    /// What a key spent.
    #[must_use]
    pub fn key(&self, key: KeyId) -> KeySpending {
        self.keys.get(&key).copied().unwrap_or_default()
    }

    /// When a grant or a reservation ends next.
    #[must_use]
    pub fn next_end(&self) -> Option<Timestamp> {
        self.due.next()
    }

    /// The account of which something ends first, if that is over.
    pub(super) fn first_due(&self, now: Timestamp) -> Option<AccountId> {
        self.due.first(now)
    }

    /// How many entries there were since [`Self::take_touched`].
    #[must_use]
    pub fn entries_since(&self) -> u64 {
        self.touched.entries
    }

    /// The accounts and keys that have changed since this was asked last, from high to low.
    pub fn take_touched(&mut self) -> (Vec<AccountId>, Vec<KeyId>) {
        let touched = std::mem::take(&mut self.touched);
        let mut accounts: Vec<_> = touched.accounts.into_iter().collect();
        let mut keys: Vec<_> = touched.keys.into_iter().collect();
        accounts.sort_unstable_by(|one, other| other.cmp(one));
        keys.sort_unstable_by(|one, other| other.cmp(one));
        (accounts, keys)
    }

    /// Takes an account as it was written down at some time. Entries that it counts already change
    /// it no more.
    pub fn load_account(&mut self, id: AccountId, account: Account) {
        self.due.moved(id, None, account.next_end());
        self.accounts.insert(id, account);
    }

    /// Takes what a key spent as it was written down at some time.
    pub fn load_key(&mut self, id: KeyId, spending: KeySpending) {
        self.keys.insert(id, spending);
    }

    /// Applies an entry that was read again. What counts in an account or a key already is not
    /// counted twice.
    pub fn replay(&mut self, group: Group, index: u16, entry: &Entry) {
        self.apply(group, index, entry, &mut Vec::new());
    }

    /// The only way in which anything changes.
    pub(super) fn apply(&mut self, group: Group, index: u16, entry: &Entry, undo: &mut Vec<Undo>) {
        self.touched.entries += 1;
        let place = group.place(index);
        let spend = place.spend_id(group.at);
        self.apply_to_account(group, place, entry, undo);
        match &entry.movement {
            Movement::Spent(charge) | Movement::Reserved { charge, .. } => {
                self.of_key(charge.key, place, undo, |key| {
                    key.add(charge.amount, group.at);
                });
                if let Some(asked) = charge.remember {
                    undo.push(Undo::Kept(asked.name, spend));
                    self.remembered.keep(asked, spend);
                }
            }
            Movement::Settled {
                spend,
                key,
                returned,
                ..
            } => {
                let (charged, amount) = (Place::written_at(*spend), sum_of(returned));
                self.of_key(*key, place, undo, |key| key.give_back(amount, charged));
            }
            Movement::Returned {
                spend,
                key,
                amount,
                forgets,
                ..
            } => {
                let charged = Place::written_at(*spend);
                self.of_key(*key, place, undo, |key| key.give_back(*amount, charged));
                if let Some((asked, known)) = forgets.and_then(|name| self.remembered.get(name))
                    && known == *spend
                {
                    undo.push(Undo::Forgot(asked, known));
                    self.remembered.forget(asked.name, known);
                }
            }
            Movement::Granted { .. }
            | Movement::Expired { .. }
            | Movement::Voided { .. }
            | Movement::Reached { .. } => {}
        }
    }

    fn apply_to_account(
        &mut self,
        group: Group,
        place: Place,
        entry: &Entry,
        undo: &mut Vec<Undo>,
    ) {
        let id = entry.account;
        let (account, is_new) = match self.accounts.entry(id) {
            Slot::Occupied(slot) => (slot.into_mut(), false),
            Slot::Vacant(slot) => (slot.insert(Account::default()), true),
        };
        if account.sums.last.is_some_and(|last| last >= place) {
            return;
        }
        // One copy for each account and group: the first is what it was before.
        let touched = account
            .sums
            .last
            .is_some_and(|last| last.group == place.group);
        if !touched {
            let before = (!is_new).then(|| (account.sums, account.balances.clone()));
            undo.push(Undo::Account(id, before));
        }
        self.touched.accounts.insert(id);
        let before = account.next_end();
        move_credits(account, group, place, &entry.movement, (id, undo));
        account.sums.last = Some(place);
        let after = account.next_end();
        self.due.moved(id, before, after);
    }

    fn of_key(
        &mut self,
        id: KeyId,
        place: Place,
        undo: &mut Vec<Undo>,
        count: impl FnOnce(&mut KeySpending),
    ) {
        let before = self.keys.get(&id).copied();
        let last = before.and_then(|key| key.last);
        if last.is_some_and(|last| last >= place) {
            return;
        }
        if last.is_none_or(|last| last.group != place.group) {
            undo.push(Undo::Key(id, before));
        }
        self.touched.keys.insert(id);
        let key = self.keys.entry(id).or_default();
        count(key);
        key.last = Some(place);
    }

    /// Takes back what a group did, the last first.
    pub(super) fn take_back(&mut self, undo: Vec<Undo>) {
        for one in undo.into_iter().rev() {
            self.take_back_one(one);
        }
    }

    fn take_back_one(&mut self, undo: Undo) {
        match undo {
            Undo::Account(id, before) => {
                let now = self.accounts.get(&id).and_then(Account::next_end);
                let then = match before {
                    None => {
                        self.accounts.remove(&id);
                        None
                    }
                    Some((sums, balances)) => {
                        let account = self.accounts.entry(id).or_default();
                        (account.sums, account.balances) = (sums, balances);
                        account.next_end()
                    }
                };
                self.due.moved(id, now, then);
            }
            Undo::Reserved(id, spend) => self.with_reservations(id, |open| {
                open.remove(spend);
            }),
            Undo::Unreserved(id, reservation) => {
                self.with_reservations(id, |open| open.insert(reservation));
            }
            Undo::Reservations(id, before) => self.with_reservations(id, |open| {
                before.into_iter().for_each(|one| open.insert(one));
            }),
            Undo::Key(id, None) => {
                self.keys.remove(&id);
            }
            Undo::Key(id, Some(before)) => {
                self.keys.insert(id, before);
            }
            Undo::Kept(name, spend) => self.remembered.unkeep(name, spend),
            Undo::Forgot(asked, spend) => self.remembered.unforget(asked, spend),
        }
    }

    fn with_reservations(&mut self, id: AccountId, put: impl FnOnce(&mut Reservations)) {
        if let Some(account) = self.accounts.get_mut(&id) {
            let before = account.next_end();
            put(&mut account.reservations);
            let after = account.next_end();
            self.due.moved(id, before, after);
        }
    }
}
