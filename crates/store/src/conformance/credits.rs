//! Charges: what they take, from which grants, and when they are refused.

use std::sync::Arc;

use keystile_core::credit::{CapPeriod, MOST_GRANTED, Movement, Refusal, SpendOrder};
use keystile_core::model::{Action, GrantId, Mode, Occasion, Record, Timestamp};

use super::purse::{Purse, grant, granting};
use super::sample::{START, change, commit, together};
use crate::{Balances, CommitError, Page, Store, Write};

pub async fn a_charge_takes_what_it_costs_and_says_what_remains(store: &dyn Store) {
    let purse = Purse::filled(store, 10).await;
    let spent = purse.spend(3).await;
    assert_eq!((spent.remaining, spent.repeated), (7, false));
    let charged = purse.charged(spent.spend).await;
    assert_eq!(
        (charged.account, charged.charge.key),
        (purse.account, purse.key)
    );
    assert_eq!(
        (charged.cost(), charged.net(), charged.is_open()),
        (3, 3, false)
    );
    assert_eq!(
        charged.charge.operation.as_deref(),
        Some("POST /v1/analyses")
    );
    let balances = Balances {
        granted: 10,
        spent: 3,
        remaining: 7,
        ..Balances::default()
    };
    assert_eq!(purse.balances().await, balances);
    assert_eq!(purse.spent_by_key().await, [3, 3, 3]);
}

pub async fn what_ends_first_is_spent_first(store: &dyn Store) {
    let purse = Purse::filled(store, 5).await;
    let organization = purse.account.organization;
    for (number, days) in [(2, 30), (3, 10), (4, 20)] {
        let mut ending = grant(number, organization, 5);
        ending.expires_at = Some(START.plus_millis(days * 86_400_000));
        purse.give(ending).await;
    }
    assert_eq!(purse.left().await, [(3, 5), (4, 5), (2, 5), (1, 5)]);
    let spent = purse.spend(12).await;
    assert_eq!(purse.left().await, [(2, 3), (1, 5)]);
    let charge = purse.charged(spent.spend).await.charge;
    let parts: Vec<_> = charge
        .parts
        .iter()
        .map(|part| (part.grant.as_u128(), part.amount))
        .collect();
    assert_eq!(parts, [(3, 5), (4, 5), (2, 2)]);
}

pub async fn r02_a_charge_beyond_what_remains_takes_nothing(store: &dyn Store) {
    let purse = Purse::filled(store, 0).await;
    let refused = |remaining, recurring_until| {
        Err(Refusal::Exhausted {
            remaining,
            recurring_until,
        })
    };
    assert_eq!(purse.ask(purse.order(1)).await, refused(0, None));
    assert_eq!(purse.entries().await, [], "a refusal leaves no entry");
    let until = START.plus_millis(86_400_000);
    let mut recurring = grant(1, purse.account.organization, 4);
    recurring.expires_at = Some(until);
    recurring.occasion = Some(Occasion::Plan {
        plan: "free".into(),
        period: "2026-11".into(),
    });
    purse.give(recurring).await;
    for amount in [5, 6, 1 << 40, u64::MAX] {
        let answer = purse.ask(purse.order(amount)).await;
        assert_eq!(answer, refused(4, Some(until)), "{amount}");
    }
    assert_eq!(purse.spend(4).await.remaining, 0);
    assert_eq!(purse.ask(purse.order(1)).await, refused(0, Some(until)));
}

pub async fn r21_live_and_test_never_touch(store: &dyn Store) {
    let live = Purse::filled(store, 3).await;
    let test = live.in_test();
    live.ask(test.order(1)).await.unwrap_err();
    let mut test_grant = grant(2, live.account.organization, 20);
    test_grant.mode = Mode::Test;
    test_grant.occasion = Some(Occasion::Test);
    live.give(test_grant).await;
    test.spend(20).await;
    test.ask(test.order(1)).await.unwrap_err();
    assert_eq!((live.remaining().await, test.remaining().await), (3, 0));
    live.spend(3).await;
    assert_eq!(
        live.entries().await.len(),
        3,
        "granted, spent, nothing left"
    );
}

pub async fn r01_64_at_once_for_the_last_credit_have_one_winner(store: &dyn Store) {
    let purse = Purse::filled(store, 1).await;
    for round in 0..16 {
        let all = (0..64).map(|key| {
            let purse = purse.by(100 + key);
            async move { purse.ask(purse.order(1)).await }
        });
        let won = together(all).await.iter().filter(|one| one.is_ok()).count();
        assert_eq!((won, purse.remaining().await), (1, 0), "round {round}");
        let number = 1000 + round;
        purse
            .give(grant(number, purse.account.organization, 1))
            .await;
    }
}

pub async fn r03_racing_spenders_and_top_ups_never_lose_a_credit(store: &dyn Store) {
    let purse = Purse::filled(store, 50).await;
    let spenders = (0..64_u64).map(|number| {
        let purse = purse.by(u128::from(100 + number));
        async move {
            let asked = purse.ask(purse.order(1 + number % 5)).await;
            asked.map_or(0, |_| 1 + number % 5)
        }
    });
    let top_ups = async {
        for number in 2..6 {
            purse
                .give(grant(number, purse.account.organization, 5))
                .await;
        }
        0
    };
    let top_ups: std::pin::Pin<Box<dyn Future<Output = u64> + '_>> = Box::pin(top_ups);
    let all = spenders.map(|one| Box::pin(one) as _).chain([top_ups]);
    let spent: u64 = together(all).await.into_iter().sum();
    let balances = purse.balances().await;
    assert_eq!((balances.granted, balances.spent), (70, spent));
    let listed = purse.entries().await;
    let charges = listed.iter().filter_map(|one| match &one.entry.movement {
        Movement::Spent(charge) => Some(charge.amount),
        _ => None,
    });
    assert_eq!(
        charges.sum::<u64>(),
        spent,
        "one entry for each acknowledged charge"
    );
}

pub async fn a_cap_bounds_one_key_and_no_other(store: &dyn Store) {
    let purse = Purse::filled(store, 100).await;
    let other = purse.by(11);
    let caps = [None, None, Some(5)];
    purse.ask(purse.capped(4, caps)).await.unwrap();
    let refused = Refusal::CapReached {
        period: CapPeriod::Total,
        cap: 5,
        spent: 4,
    };
    assert_eq!(purse.ask(purse.capped(2, caps)).await, Err(refused));
    other.ask(other.capped(5, caps)).await.unwrap();
    purse.ask(purse.capped(1, caps)).await.unwrap();
    purse
        .ask(purse.capped(1, [None, None, Some(0)]))
        .await
        .unwrap_err();
    assert_eq!(purse.remaining().await, 90);
}

pub async fn r22_a_threshold_is_noted_once_for_each_crossing(store: &dyn Store) {
    let purse = Purse::filled(store, 20).await;
    let order = |amount| SpendOrder {
        thresholds: Arc::from([10, 5]),
        ..purse.order(amount)
    };
    let charges = (0..9).map(|_| purse.ask(order(1)));
    for asked in together(charges).await {
        asked.unwrap();
    }
    let last = purse.ask(order(7)).await.unwrap();
    let below = purse.ask(order(1)).await.unwrap();
    purse.refund(below.spend, 1).await.unwrap();
    purse.refund(last.spend, 7).await.unwrap();
    purse.ask(order(11)).await.unwrap();
    let listed = purse.entries().await;
    let reached = listed
        .iter()
        .rev()
        .filter_map(|one| match one.entry.movement {
            Movement::Reached {
                threshold,
                remaining,
            } => Some((threshold, remaining)),
            _ => None,
        });
    let reached: Vec<_> = reached.collect();
    assert_eq!(reached, [(10, 4), (5, 4), (10, 0), (5, 0), (0, 0)]);
}

pub async fn entries_are_listed_newest_first_page_by_page(store: &dyn Store) {
    let purse = Purse::filled(store, 20).await;
    let test = purse.in_test();
    let mut other = grant(2, purse.account.organization, 5);
    other.mode = Mode::Test;
    purse.give(other).await;
    let mut amounts = Vec::new();
    for amount in 1..=4 {
        purse.spend(amount).await;
        test.spend(1).await;
        amounts.insert(0, amount);
    }
    let listed = purse.entries().await;
    let spent = listed.iter().filter_map(|one| match &one.entry.movement {
        Movement::Spent(charge) => Some(charge.amount),
        _ => None,
    });
    assert_eq!(spent.collect::<Vec<_>>(), amounts);
    assert!(listed.windows(2).all(|pair| pair[0].place > pair[1].place));
    assert!(listed.iter().all(|one| one.entry.account == purse.account));
    let first = &listed.last().unwrap().entry;
    assert!(matches!(
        first.movement,
        Movement::Granted { amount: 20, .. }
    ));
    assert_eq!(first.previous, None);
    let page = Page {
        before: test.entries().await.first().map(|one| one.place),
        limit: 10,
    };
    let foreign = store.entries(purse.account, page).await.unwrap();
    assert_eq!(foreign, [], "another account's place is no cursor");
}

pub async fn a_void_grant_is_spent_no_more(store: &dyn Store) {
    let purse = Purse::filled(store, 10).await;
    purse.give(grant(2, purse.account.organization, 7)).await;
    purse.spend(4).await;
    purse.void(1, START).await;
    assert_eq!(purse.left().await, [(2, 7)]);
    let balances = purse.balances().await;
    assert_eq!((balances.expired, balances.remaining), (6, 7));
    purse.ask(purse.order(8)).await.unwrap_err();
    purse.void(2, START).await;
    purse.ask(purse.order(1)).await.unwrap_err();
    assert_eq!(purse.balances().await.expired, 13);
}

pub async fn a_grant_that_was_not_made_gives_nothing(store: &dyn Store) {
    let purse = Purse::filled(store, 10).await;
    let again = store
        .commit(granting(&[grant(1, purse.account.organization, 5)]))
        .await;
    assert!(matches!(again, Err(CommitError::Conflict(_))), "{again:?}");
    let mut once = grant(2, purse.account.organization, 5);
    once.occasion = Some(Occasion::Test);
    purse.give(once.clone()).await;
    once.id = GrantId::from_u128(3);
    let twice = store.commit(granting(&[once])).await;
    assert!(
        matches!(twice, Err(CommitError::Taken { field: "occasion" })),
        "{twice:?}"
    );
    assert_eq!(purse.balances().await.granted, 15);
    purse.spend(15).await;
}

pub async fn more_credits_than_can_be_counted_are_refused(store: &dyn Store) {
    let purse = Purse::filled(store, MOST_GRANTED - 5).await;
    let too_many = grant(2, purse.account.organization, 6);
    let refused = store.commit(granting(&[too_many])).await;
    assert!(
        matches!(refused, Err(CommitError::TooManyCredits { room: 5 })),
        "{refused:?}"
    );
    assert_eq!(store.grant(GrantId::from_u128(2)).await.unwrap(), None);
    purse.give(grant(3, purse.account.organization, 5)).await;
    assert_eq!(purse.spend(MOST_GRANTED).await.remaining, 0);
}

pub async fn all_that_becomes_of_a_grant_is_that_it_is_void(store: &dyn Store) {
    let purse = Purse::filled(store, 10).await;
    let stored = store.grant(GrantId::from_u128(1)).await.unwrap().unwrap();
    let later = Some(Timestamp::from_millis(i64::MAX));
    let altered = [
        grant(1, purse.account.organization, 11),
        keystile_core::model::Grant {
            expires_at: later,
            ..stored.clone()
        },
        keystile_core::model::Grant {
            mode: Mode::Test,
            ..stored.clone()
        },
    ];
    for record in altered {
        let write = Write::Update {
            record: Record::Grant(record),
            replaces: stored.seq,
        };
        let refused = store.commit(change(Action::GrantVoided, vec![write])).await;
        assert!(
            matches!(refused, Err(CommitError::NotWritten(_))),
            "{refused:?}"
        );
    }
    assert_eq!(purse.remaining().await, 10);
    commit(store, change(Action::KeyRevealed, Vec::new())).await;
}

pub async fn r07_the_same_call_again_is_charged_once(store: &dyn Store) {
    let purse = Purse::filled(store, 10).await;
    let first = purse.ask(purse.named(2, "a")).await.unwrap();
    let again = purse.ask(purse.named(2, "a")).await.unwrap();
    assert_eq!(
        (again.spend, again.repeated, again.remaining),
        (first.spend, true, 8)
    );
    assert_eq!(purse.ask(purse.named(3, "a")).await, Err(Refusal::Mismatch));
    let other_key = purse.by(11);
    assert_eq!(
        other_key.ask(other_key.named(2, "a")).await,
        Err(Refusal::Mismatch)
    );
    let mut aside = purse.named(2, "a");
    aside.reserve_millis = Some(1000);
    let asked = crate::Asked {
        key: purse.key,
        operation: "POST /v1/analyses",
        cost: 2,
        reserve: true,
    };
    aside.remember = Some(store.remember(purse.account, "a", &asked));
    assert_eq!(purse.ask(aside).await, Err(Refusal::Mismatch));
    purse.ask(purse.named(2, "b")).await.unwrap();
    assert_eq!(purse.remaining().await, 6);
    let test = purse.in_test();
    let unknown = test.ask(test.named(2, "a")).await;
    assert!(
        matches!(unknown, Err(Refusal::Exhausted { .. })),
        "another account: {unknown:?}"
    );
}

pub async fn r07_the_same_call_64_times_at_once_is_charged_once(store: &dyn Store) {
    let purse = Purse::filled(store, 10).await;
    let all = (0..64).map(|_| purse.ask(purse.named(3, "a")));
    let all: Vec<_> = together(all)
        .await
        .into_iter()
        .map(Result::unwrap)
        .collect();
    assert_eq!(all.iter().filter(|one| !one.repeated).count(), 1);
    assert!(all.iter().all(|one| one.spend == all[0].spend));
    assert_eq!(purse.remaining().await, 7);
}

pub async fn a_refused_call_is_not_remembered(store: &dyn Store) {
    let purse = Purse::filled(store, 1).await;
    purse.ask(purse.named(2, "a")).await.unwrap_err();
    purse.give(grant(2, purse.account.organization, 1)).await;
    let spent = purse.ask(purse.named(2, "a")).await.unwrap();
    assert!(!spent.repeated);
    let known = purse.ask(purse.named(2, "a")).await.unwrap();
    assert!(
        known.repeated,
        "what is known is paid for, whatever is left"
    );
}
