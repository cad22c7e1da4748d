//! Whatever happens to credits, in whatever order: nothing is lost and nothing comes from nowhere.
//!
//! The sums are done again by [`naive`], which knows nothing of the ledger but its entries' words.

mod crowds;
mod naive;

use std::collections::HashMap;
use std::sync::Arc;

use keystile_core::credit::{
    AccountId, Book, Change, Charged, Entry, Group, Movement, Part, Refusal, Remember, Returned,
    SpendOrder, Unchanged,
};
use keystile_core::model::{GrantId, KeyId, Mode, OrganizationId, SpendCaps, SpendId, Timestamp};
use naive::Naive;
use proptest::prelude::*;

/// Noon of a day.
const START: i64 = 1_795_003_200_000;

#[derive(Debug, Clone)]
enum Step {
    Grant {
        account: u8,
        amount: u64,
        ends_in: Option<i64>,
    },
    Spend {
        account: u8,
        key: u8,
        amount: u64,
        cap: Option<u64>,
        name: Option<u8>,
        reserve: Option<i64>,
    },
    Change {
        which: usize,
        change: Change,
    },
    Void {
        which: usize,
    },
    Wait(i64),
    /// The group is written.
    Write,
    /// The group could not be written.
    Fail,
    /// All is read again, from what was written down so many groups ago.
    Restart {
        ago: usize,
    },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let amount = || prop_oneof![1_u64..6, 1_u64..40];
    let change = prop_oneof![
        proptest::option::of(0_u64..8).prop_map(|amount| Change::Refund { amount }),
        (0_u64..8).prop_map(|amount| Change::Settle { amount }),
        Just(Change::Release),
        Just(Change::Reverse),
    ];
    let grant = (0_u8..3, 1_u64..60, proptest::option::of(-5_i64..50));
    let spend = (
        (0_u8..3, 0_u8..3, amount()),
        proptest::option::of(0_u64..30),
        proptest::option::of(0_u8..6),
        proptest::option::of(1_i64..30),
    );
    let step = prop_oneof![
        3 => grant.prop_map(|(account, amount, ends_in)| Step::Grant { account, amount, ends_in }),
        8 => spend.prop_map(|((account, key, amount), cap, name, reserve)| Step::Spend {
            account, key, amount, cap, name, reserve,
        }),
        4 => (any::<usize>(), change).prop_map(|(which, change)| Step::Change { which, change }),
        1 => any::<usize>().prop_map(|which| Step::Void { which }),
        2 => prop_oneof![1_i64..20, Just(86_400_000)].prop_map(Step::Wait),
        4 => Just(Step::Write),
        1 => Just(Step::Fail),
        1 => (0_usize..4).prop_map(|ago| Step::Restart { ago }),
    ];
    proptest::collection::vec(step, 1..80)
}

fn account(number: u8) -> AccountId {
    AccountId {
        organization: OrganizationId::from_u128(u128::from(number / 2)),
        mode: if number.is_multiple_of(2) {
            Mode::Live
        } else {
            Mode::Test
        },
    }
}

/// A ledger on paper: what was written, and what grants are.
#[derive(Default)]
struct World {
    book: Book,
    written: Vec<(Group, Vec<Entry>)>,
    /// What the book was after each group.
    copies: Vec<Copies>,
    now: i64,
    ends: HashMap<GrantId, (AccountId, Option<Timestamp>)>,
    grants: Vec<GrantId>,
    charges: Vec<SpendId>,
}

type Copies = (
    Vec<(AccountId, keystile_core::credit::Account)>,
    Vec<(KeyId, keystile_core::credit::KeySpending)>,
);

impl World {
    fn at(&self) -> Timestamp {
        Timestamp::from_millis(START + self.now)
    }

    fn group(&self) -> Group {
        Group {
            number: self.written.len() as u64 + 1,
            at: self.at(),
        }
    }

    fn copies(&self) -> Copies {
        let mut accounts: Vec<_> = self
            .book
            .accounts()
            .map(|(id, one)| (id, one.clone()))
            .collect();
        accounts.sort_by_key(|(id, _)| *id);
        let keys = (0..3).map(KeyId::from_u128);
        (
            accounts,
            keys.map(|key| (key, self.book.key(key))).collect(),
        )
    }

    /// The charge as what was written says it stands.
    fn charged(&self, spend: SpendId) -> Charged {
        let mut charged: Option<Charged> = None;
        for (group, entries) in &self.written {
            for (index, entry) in entries.iter().enumerate() {
                let place = keystile_core::credit::Place {
                    group: group.number,
                    index: u16::try_from(index).unwrap(),
                };
                let begun = |charge: &keystile_core::credit::Charge, reserved_until| Charged {
                    spend,
                    account: entry.account,
                    charge: charge.clone(),
                    reserved_until,
                    settled: None,
                    returned: 0,
                    ran_out: false,
                };
                match &entry.movement {
                    Movement::Spent(charge) if place.spend_id(group.at) == spend => {
                        charged = Some(begun(charge, None));
                    }
                    Movement::Reserved { charge, ends_at } if place.spend_id(group.at) == spend => {
                        charged = Some(begun(charge, Some(*ends_at)));
                    }
                    Movement::Settled {
                        spend: of, amount, ..
                    } if *of == spend => {
                        charged.as_mut().unwrap().settled = Some(*amount);
                    }
                    Movement::Returned {
                        spend: of, amount, ..
                    } if *of == spend => {
                        charged.as_mut().unwrap().returned += amount;
                    }
                    _ => {}
                }
            }
        }
        charged.unwrap()
    }
}

/// Runs the steps of one group; what it was about to write.
fn run(world: &mut World, steps: &[Step], naive: &mut Naive) {
    let before = world.copies();
    let group = world.group();
    let charges: Vec<Charged> = world
        .charges
        .iter()
        .map(|spend| world.charged(*spend))
        .collect();
    let mut changed = Vec::new();
    let mut made = Vec::new();
    let mut draft = world.book.begin(group);
    for (number, step) in steps.iter().enumerate() {
        match step {
            Step::Grant {
                account: of,
                amount,
                ends_in,
            } => {
                let raw = (u128::from(group.number) << 32) | number as u128;
                let grant = GrantId::from_u128(raw);
                let ends_at = ends_in.map(|ends| group.at.plus_millis(ends));
                draft
                    .grant(account(*of), (grant, *amount), ends_at, false)
                    .unwrap();
                made.push((grant, account(*of), ends_at));
            }
            Step::Spend {
                account: of,
                key,
                amount,
                cap,
                name,
                reserve,
            } => {
                let order = SpendOrder {
                    account: account(*of),
                    key: KeyId::from_u128(u128::from(*key)),
                    amount: *amount,
                    caps: cap.map(|cap| SpendCaps {
                        day: Some(cap),
                        month: None,
                        total: None,
                    }),
                    reserve_millis: *reserve,
                    operation: None,
                    remember: name.map(|name| Remember {
                        name: u128::from(name) << 8 | u128::from(*of),
                        fingerprint: *amount,
                    }),
                    thresholds: Arc::from([10]),
                };
                let left = draft.account(order.account).map_or(0, |one| {
                    one.remaining() - one.ended(group.at).map(|one| one.remaining).sum::<u64>()
                });
                match draft.spend(&order).unwrap() {
                    Ok(spent) => {
                        assert!(spent.repeated || left >= *amount || order.amount <= left + 40);
                    }
                    Err(Refusal::Exhausted { remaining, .. }) => assert!(remaining < *amount),
                    Err(_) => {}
                }
            }
            Step::Change { which, change } if !charges.is_empty() => {
                let charged = &charges[which % charges.len()];
                // A charge is changed once a group here; the store reads it again each time.
                if changed.contains(&charged.spend) {
                    continue;
                }
                changed.push(charged.spend);
                let end = |part: &Part| {
                    let voided = made.iter().rev().find(|(grant, ..)| *grant == part.grant);
                    let ends_at = voided.map_or(world.ends[&part.grant].1, |(.., end)| *end);
                    Returned {
                        part: *part,
                        ends_at,
                    }
                };
                let parts: Vec<_> = charged.charge.parts.iter().map(end).collect();
                match draft.change(charged, &parts, *change).unwrap() {
                    Ok(()) => {}
                    Err(Unchanged::TooMuch { left }) => assert!(left <= charged.charge.amount),
                    Err(_) => {}
                }
            }
            Step::Void { which } if !world.grants.is_empty() => {
                let grant = world.grants[which % world.grants.len()];
                let (of, end) = world.ends[&grant];
                if end.is_none_or(|end| end > group.at) {
                    draft.void(of, grant);
                    made.push((grant, of, Some(group.at)));
                }
            }
            _ => {}
        }
    }
    let entries = draft.entries().to_vec();
    if matches!(steps.last(), Some(Step::Fail)) {
        drop(draft);
        assert_eq!(
            world.copies(),
            before,
            "a group that was not written left something"
        );
        return;
    }
    draft.keep();
    for (grant, of, end) in made {
        if world.ends.insert(grant, (of, end)).is_none() {
            world.grants.push(grant);
        }
    }
    naive.write(group, &entries);
    for (index, entry) in entries.iter().enumerate() {
        if matches!(
            entry.movement,
            Movement::Spent(_) | Movement::Reserved { .. }
        ) {
            let index = u16::try_from(index).unwrap();
            let place = keystile_core::credit::Place {
                group: group.number,
                index,
            };
            world.charges.push(place.spend_id(group.at));
        }
    }
    world.written.push((group, entries));
    let copies = world.copies();
    world.copies.push(copies);
}

/// Reads everything again: what was written down `ago` groups before the end, and all entries.
fn restart(world: &mut World, ago: usize) {
    let before = world.copies();
    let mut book = Book::new(100);
    if let Some((accounts, keys)) = world.copies.iter().rev().nth(ago) {
        for (id, account) in accounts {
            book.load_account(*id, account.clone());
        }
        for (id, key) in keys {
            if key.last.is_some() {
                book.load_key(*id, *key);
            }
        }
    }
    for (group, entries) in &world.written {
        for (index, entry) in entries.iter().enumerate() {
            book.replay(*group, u16::try_from(index).unwrap(), entry);
        }
    }
    world.book = book;
    assert_eq!(world.copies(), before, "a start comes to something else");
}

proptest! {
    #[test]
    fn nothing_is_lost_and_nothing_comes_from_nowhere(steps in steps()) {
        let mut world = World { book: Book::new(100), ..World::default() };
        let mut naive = Naive::default();
        let mut group = Vec::new();
        for step in steps {
            match step {
                Step::Wait(millis) => {
                    run(&mut world, &std::mem::take(&mut group), &mut naive);
                    world.now += millis;
                }
                Step::Restart { ago } => {
                    run(&mut world, &std::mem::take(&mut group), &mut naive);
                    restart(&mut world, ago);
                }
                Step::Write | Step::Fail => {
                    group.push(step);
                    run(&mut world, &std::mem::take(&mut group), &mut naive);
                }
                step => group.push(step),
            }
            for (id, account) in world.book.accounts() {
                prop_assert!(account.adds_up(), "{account:?}");
                let sums = account.sums;
                let found = naive.sums(id);
                prop_assert_eq!(
                    (sums.granted, sums.spent, sums.reserved, sums.expired, account.remaining()),
                    found
                );
            }
        }
    }
}
