//! Comparing what was written down of accounts, keys and charges with what the entries come to.

use std::collections::HashMap;
use std::hash::Hash;

use keystile_core::credit::{Account, AccountId, Book, Entry, KeySpending, Place};
use keystile_core::key::{Integrity, SetSum};
use keystile_core::model::KeyId;
use rusqlite::Connection;

use super::findings::{Findings, account, place};
use crate::ledger::{unpack_account, unpack_change, unpack_key};
use crate::sqlite::ledger::charges::{changed_by, noted};
use crate::sqlite::ledger::vouched::{Kind, Row, account_of, charge_of, each_row, key_of};

/// Settled for so much, given back so much.
type Change = (Option<u64>, u64);

/// One table of what entries come to.
struct Table<K, V> {
    /// What was written down, and whether that was met in reading the entries again.
    rows: HashMap<K, (V, bool)>,
    /// The last entry that must be in it.
    covers: HashMap<K, Place>,
}

impl<K: Copy + Eq + Hash, V: PartialEq> Table<K, V> {
    fn new() -> Self {
        Self {
            rows: HashMap::new(),
            covers: HashMap::new(),
        }
    }

    /// The entries up to this place come to `now`; what is wrong with what was written down.
    fn meet(
        &mut self,
        id: K,
        (at, now): (Place, &V),
        (last, missing_from): (impl Fn(&V) -> Option<Place>, u64),
    ) -> Option<String> {
        if at.group < missing_from {
            self.covers.insert(id, at);
        }
        let (row, was_met) = self.rows.get_mut(&id)?;
        if last(row) != Some(at) {
            return None;
        }
        *was_met = true;
        let at = place(at);
        (row != now).then(|| format!("its row is not what its entries come to at {at}"))
    }

    /// What is wrong with rows once all entries were read.
    fn finish(&self, last: impl Fn(&V) -> Option<Place>) -> impl Iterator<Item = (K, String)> {
        let strays = self.rows.iter().filter(|(_, (_, was_met))| !*was_met);
        let strays = strays.map(|(id, _)| (*id, "its row names an entry that is not its".into()));
        let old = self.covers.iter().filter_map(move |(id, covered)| {
            let problem = match self.rows.get(id) {
                None => format!("its row is missing: it had {}", place(*covered)),
                Some((row, _)) if last(row) < Some(*covered) => {
                    format!("its row is an older one: it lacks {}", place(*covered))
                }
                Some(_) => return None,
            };
            Some((*id, problem))
        });
        strays.chain(old)
    }
}

/// All that is written down.
pub(super) struct Written {
    accounts: Table<AccountId, Account>,
    keys: Table<KeyId, KeySpending>,
    charges: HashMap<Place, Change>,
    /// The same, by the entries.
    changed: HashMap<Place, Change>,
    sum: SetSum,
}

impl Written {
    pub(super) fn read(
        view: &Connection,
        integrity: &Integrity,
        findings: &mut Findings,
    ) -> rusqlite::Result<Self> {
        let mut written = Self {
            accounts: Table::new(),
            keys: Table::new(),
            charges: HashMap::new(),
            changed: HashMap::new(),
            sum: SetSum::NOTHING,
        };
        for kind in Kind::SUMMED {
            each_row(view, integrity, kind, |row| {
                written.take(kind, &row, findings);
            })?;
        }
        Ok(written)
    }

    fn take(&mut self, kind: Kind, row: &Row, findings: &mut Findings) {
        let Some((state, element)) = sound(kind, row, findings) else {
            return;
        };
        self.sum = self.sum.plus(element);
        let read = match kind {
            Kind::Account => account_of(&row.id)
                .zip(unpack_account(&state))
                .map(|(id, account)| self.accounts.rows.insert(id, (account, false)).is_none()),
            Kind::Key => key_of(&row.id)
                .zip(unpack_key(&state))
                .map(|(id, key)| self.keys.rows.insert(id, (key, false)).is_none()),
            _ => charge_of(&row.id)
                .zip(unpack_change(&state))
                .map(|(at, change)| self.charges.insert(at, change).is_none()),
        };
        if read.is_none() {
            findings.general(format!("a row of table {} does not read", kind.table()));
        }
    }

    /// What the entries that are not kept come to.
    pub(super) fn meet_base(&mut self, book: &Book, keys: &[KeyId], findings: &mut Findings) {
        let mut met: Vec<_> = book.accounts().collect();
        met.sort_by_key(|(id, _)| *id);
        for (id, account) in met {
            if let Some(at) = account.sums.last {
                let how = (|one: &Account| one.sums.last, u64::MAX);
                if let Some(problem) = self.accounts.meet(id, (at, account), how) {
                    findings.of_account(id, &problem);
                }
            }
        }
        for id in keys {
            let key = book.key(*id);
            if let Some(at) = key.last {
                let how = (|one: &KeySpending| one.last, u64::MAX);
                if let Some(problem) = self.keys.meet(*id, (at, &key), how) {
                    findings.of_key(*id, &problem);
                }
            }
        }
    }

    /// An entry, and the book with it.
    pub(super) fn meet(
        &mut self,
        (at, entry): (Place, &Entry),
        book: &Book,
        (base, missing_from): (u64, u64),
        findings: &mut Findings,
    ) {
        let id = entry.account;
        if let Some(account) = book.account(id) {
            let how = (|one: &Account| one.sums.last, missing_from);
            if let Some(problem) = self.accounts.meet(id, (at, account), how) {
                findings.of_account(id, &problem);
            }
        }
        if let Some(id) = entry.movement.key() {
            let how = (|one: &KeySpending| one.last, missing_from);
            if let Some(problem) = self.keys.meet(id, (at, &book.key(id)), how) {
                findings.of_key(id, &problem);
            }
        }
        // What became of charges that are not kept is not kept.
        let charge = changed_by(&entry.movement).filter(|charge| charge.group > base);
        if let Some(charge) = charge {
            let before = self.changed.get(&charge).copied();
            self.changed.extend(noted(&entry.movement, before));
        }
    }

    /// All entries were read.
    pub(super) fn finish(&self, sealed: SetSum, findings: &mut Findings) {
        let begun = findings.0.len();
        let accounts = self.accounts.finish(|one| one.sums.last);
        accounts.for_each(|(id, problem)| findings.of_account(id, &problem));
        let keys = self.keys.finish(|one| one.last);
        keys.for_each(|(id, problem)| findings.of_key(id, &problem));
        for (at, change) in &self.changed {
            match self.charges.get(at) {
                None => findings.of_charge(*at, "what became of it is missing"),
                Some(written) if written != change => {
                    findings.of_charge(*at, "what became of it is not what the entries say");
                }
                Some(_) => {}
            }
        }
        for at in self
            .charges
            .keys()
            .filter(|at| !self.changed.contains_key(at))
        {
            findings.of_charge(*at, "a row says what became of it, but no entry does");
        }
        if findings.0.len() == begun && self.sum != sealed {
            findings.general("what the entries of the ledger come to does not fit its last group");
        }
    }
}

/// A row's state and its share of the sum, unless it was altered.
pub(super) fn sound(kind: Kind, row: &Row, findings: &mut Findings) -> Option<(Vec<u8>, SetSum)> {
    if row.sound.is_none() {
        let name = match kind {
            Kind::Account | Kind::BaseAccount => account_of(&row.id).map(account),
            Kind::Key | Kind::BaseKey => key_of(&row.id).map(|id| id.to_string()),
            Kind::Charge => charge_of(&row.id).map(place),
            Kind::Base => None,
        };
        let name = name.unwrap_or_else(|| "a row".into());
        let table = kind.table();
        findings.general(format!("{name}: its row of table {table} was altered"));
    }
    row.sound.clone()
}
