//! The sums of an account done again from its entries, one after the other, by nothing of the
//! ledger's own but what the entries say.

use std::collections::{HashMap, HashSet};

use keystile_core::credit::{Movement, Returned};
use keystile_core::model::{SpendId, Timestamp};
use keystile_store::conformance::purse::Purse;
use keystile_store::{Balances, Listed};

/// What the entries come to.
#[derive(Default)]
pub(crate) struct Sums {
    balances: Balances,
    open: HashMap<SpendId, u64>,
    /// What is left of every charge.
    pub(crate) charges: HashMap<SpendId, u64>,
}

impl Sums {
    /// Those of an account; they are what the ledger says, and no entry took what was not there.
    pub(crate) async fn of(purse: &Purse<'_>) -> Self {
        let mut listed = purse.entries().await;
        listed.reverse();
        let places: HashSet<_> = listed.iter().map(|one| one.place).collect();
        assert_eq!(places.len(), listed.len(), "an entry is there twice");
        let mut sums = Self::default();
        listed.iter().for_each(|one| sums.add(one));
        assert_eq!(sums.balances, purse.balances().await);
        sums
    }

    fn add(&mut self, listed: &Listed) {
        let own = listed.place.spend_id(listed.at);
        let held = &mut self.balances;
        match &listed.entry.movement {
            Movement::Granted { amount, .. } => {
                held.granted += amount;
                held.remaining += amount;
            }
            Movement::Expired { amount, .. } | Movement::Voided { amount, .. } => {
                take(&mut held.remaining, *amount);
                held.expired += amount;
            }
            Movement::Spent(charge) => {
                take(&mut held.remaining, charge.amount);
                held.spent += charge.amount;
                self.charges.insert(own, charge.amount);
            }
            Movement::Reserved { charge, .. } => {
                take(&mut held.remaining, charge.amount);
                held.reserved += charge.amount;
                self.open.insert(own, charge.amount);
                self.charges.insert(own, charge.amount);
            }
            Movement::Settled {
                spend,
                amount,
                returned,
                ..
            } => {
                let aside = self.open.remove(spend).expect("it was set aside");
                take(&mut held.reserved, aside);
                held.spent += amount;
                assert_eq!(sum(returned), aside - amount);
                self.charges.insert(*spend, *amount);
                self.put_back(returned, listed.at);
            }
            Movement::Returned {
                spend,
                amount,
                returned,
                ..
            } => {
                match self.open.remove(spend) {
                    Some(aside) => {
                        assert_eq!(aside, *amount);
                        take(&mut held.reserved, aside);
                    }
                    None => take(&mut held.spent, *amount),
                }
                let left = self.charges.get_mut(spend).expect("it was charged");
                take(left, *amount);
                assert_eq!(sum(returned), *amount);
                self.put_back(returned, listed.at);
            }
            Movement::Reached { .. } => {}
        }
    }

    fn put_back(&mut self, returned: &[Returned], at: Timestamp) {
        for one in returned {
            match one.ends_at {
                Some(end) if end <= at => self.balances.expired += one.part.amount,
                _ => self.balances.remaining += one.part.amount,
            }
        }
    }
}

fn sum(returned: &[Returned]) -> u64 {
    returned.iter().map(|one| one.part.amount).sum()
}

fn take(from: &mut u64, amount: u64) {
    *from = from.checked_sub(amount).expect("there is so much");
}
