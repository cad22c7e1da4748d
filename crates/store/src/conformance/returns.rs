//! What is given back: refunds, and credits that were only set aside.

use keystile_core::credit::{Change, Movement, Place, Unchanged};
use keystile_core::model::{SpendId, Timestamp};

use super::purse::{Purse, grant};
use super::sample::{START, together};
use crate::{Balances, Store};

const HOUR: i64 = 3_600_000;

pub async fn refunds_in_parts_are_never_more_than_the_charge(store: &dyn Store) {
    let purse = Purse::filled(store, 10).await;
    let spend = purse.spend(6).await.spend;
    let changed = purse.refund(spend, 2).await.unwrap();
    assert_eq!((changed.remaining, changed.charged.returned), (6, 2));
    assert_eq!(
        purse.refund(spend, 5).await,
        Err(Unchanged::TooMuch { left: 4 })
    );
    purse.refund(spend, 3).await.unwrap();
    let rest = purse.change(spend, Change::Refund { amount: None }).await;
    assert_eq!(rest.unwrap().charged.net(), 0);
    let nothing = purse.change(spend, Change::Refund { amount: None }).await;
    assert_eq!(
        nothing.unwrap().remaining,
        10,
        "there is nothing left to give back"
    );
    assert_eq!(
        purse.refund(spend, 1).await,
        Err(Unchanged::TooMuch { left: 0 })
    );
    assert_eq!(purse.balances().await.spent, 0);
    assert_eq!(purse.spent_by_key().await, [0, 0, 0]);
}

pub async fn racing_refunds_give_back_what_was_charged_once(store: &dyn Store) {
    let purse = Purse::filled(store, 10).await;
    let spend = purse.spend(5).await.spend;
    let all = together((0..64).map(|_| purse.refund(spend, 1))).await;
    assert_eq!(all.iter().filter(|one| one.is_ok()).count(), 5);
    assert_eq!(purse.remaining().await, 10);
}

pub async fn what_is_given_back_goes_where_it_came_from(store: &dyn Store) {
    let purse = Purse::filled(store, 5).await;
    let mut ending = grant(2, purse.account.organization, 5);
    ending.expires_at = Some(START.plus_millis(HOUR));
    purse.give(ending).await;
    let spend = purse.spend(8).await.spend;
    assert_eq!(purse.left().await, [(1, 2)]);
    purse.refund(spend, 2).await.unwrap();
    assert_eq!(purse.left().await, [(1, 4)], "what was taken last first");
    purse.refund(spend, 3).await.unwrap();
    assert_eq!(purse.left().await, [(2, 2), (1, 5)]);
    purse.refund(spend, 3).await.unwrap();
    assert_eq!(purse.left().await, [(2, 5), (1, 5)]);
}

pub async fn what_goes_back_to_a_void_grant_has_expired(store: &dyn Store) {
    let purse = Purse::filled(store, 5).await;
    purse.give(grant(2, purse.account.organization, 5)).await;
    let spend = purse.spend(7).await.spend;
    let aside = purse.reserve(2, HOUR).await;
    purse.void(2, START).await;
    let changed = purse.refund(spend, 4).await.unwrap();
    assert_eq!(changed.remaining, 2, "two of four came from the void one");
    purse.change(aside, Change::Release).await.unwrap();
    let balances = Balances {
        granted: 10,
        spent: 3,
        expired: 5,
        remaining: 2,
        ..Balances::default()
    };
    assert_eq!(purse.balances().await, balances);
}

pub async fn a_reservation_is_settled_for_less_and_the_rest_is_free(store: &dyn Store) {
    let purse = Purse::filled(store, 10).await;
    let spend = purse.reserve(8, HOUR).await;
    let balances = purse.balances().await;
    assert_eq!(
        (balances.reserved, balances.spent, balances.remaining),
        (8, 0, 2)
    );
    assert!(purse.charged(spend).await.is_open());
    assert_eq!(purse.refund(spend, 1).await, Err(Unchanged::Open));
    let too_much = purse.change(spend, Change::Settle { amount: 9 }).await;
    assert_eq!(too_much, Err(Unchanged::TooMuch { left: 8 }));
    let settled = purse
        .change(spend, Change::Settle { amount: 3 })
        .await
        .unwrap();
    assert_eq!((settled.remaining, settled.charged.settled), (7, Some(3)));
    assert_eq!(purse.spent_by_key().await, [3, 3, 3]);
    let again = purse
        .change(spend, Change::Settle { amount: 3 })
        .await
        .unwrap();
    assert_eq!(again.remaining, 7, "the same again changes nothing");
    let other = purse.change(spend, Change::Settle { amount: 2 }).await;
    assert_eq!(other, Err(Unchanged::Ended));
    assert_eq!(
        purse.change(spend, Change::Release).await,
        Err(Unchanged::Ended)
    );
    purse.refund(spend, 2).await.unwrap();
    assert_eq!(
        purse.refund(spend, 2).await,
        Err(Unchanged::TooMuch { left: 1 })
    );
    assert_eq!(purse.balances().await.spent, 1);
}

pub async fn a_reservation_that_is_released_costs_nothing(store: &dyn Store) {
    let purse = Purse::filled(store, 10).await;
    let spend = purse.reserve(8, HOUR).await;
    for _ in 0..2 {
        let released = purse.change(spend, Change::Release).await.unwrap();
        assert_eq!((released.remaining, released.charged.net()), (10, 0));
    }
    let settled = purse.change(spend, Change::Settle { amount: 1 }).await;
    assert_eq!(settled, Err(Unchanged::Ended));
    let refunded = purse.refund(spend, 1).await;
    assert_eq!(refunded, Err(Unchanged::TooMuch { left: 0 }));
    let charge = purse.spend(1).await.spend;
    assert_eq!(
        purse.change(charge, Change::Release).await,
        Err(Unchanged::NotReserved)
    );
    let settled = purse.change(charge, Change::Settle { amount: 1 }).await;
    assert_eq!(settled, Err(Unchanged::NotReserved));
}

pub async fn a_reservation_is_settled_for_nothing(store: &dyn Store) {
    let purse = Purse::filled(store, 10).await;
    let spend = purse.reserve(8, HOUR).await;
    let settled = purse
        .change(spend, Change::Settle { amount: 0 })
        .await
        .unwrap();
    assert_eq!((settled.remaining, settled.charged.cost()), (10, 0));
    assert_eq!(purse.balances().await.reserved, 0);
}

pub async fn a_call_that_is_refused_after_all_costs_nothing(store: &dyn Store) {
    let purse = Purse::filled(store, 10).await;
    for spend in [purse.spend(4).await.spend, purse.reserve(4, HOUR).await] {
        for _ in 0..2 {
            let reversed = purse.change(spend, Change::Reverse).await.unwrap();
            assert_eq!(reversed.charged.net(), 0);
        }
    }
    assert_eq!(purse.remaining().await, 10);
    let listed = purse.entries().await;
    let back = |one: &&crate::Listed| matches!(one.entry.movement, Movement::Returned { .. });
    assert_eq!(listed.iter().filter(back).count(), 2);
}

pub async fn what_was_given_back_wholly_is_charged_anew(store: &dyn Store) {
    let purse = Purse::filled(store, 10).await;
    let first = purse.ask(purse.named(4, "a")).await.unwrap();
    purse.refund(first.spend, 3).await.unwrap();
    assert!(
        purse.ask(purse.named(4, "a")).await.unwrap().repeated,
        "one credit is left of it"
    );
    purse.refund(first.spend, 1).await.unwrap();
    let second = purse.ask(purse.named(4, "a")).await.unwrap();
    assert!(!second.repeated && second.spend != first.spend);
    assert_eq!(purse.remaining().await, 6);
    assert!(purse.ask(purse.named(4, "a")).await.unwrap().repeated);
}

pub async fn what_is_no_charge_is_not_found(store: &dyn Store) {
    let purse = Purse::filled(store, 10).await;
    let spend = purse.spend(1).await.spend;
    let place = Place::of(spend).unwrap();
    let granted = Place {
        group: place.group - 1,
        index: 0,
    };
    let strangers = [
        SpendId::from_u128(0),
        SpendId::from_u128(u128::MAX),
        SpendId::from_u128(spend.as_u128() ^ 1),
        SpendId::from_u128(spend.as_u128() ^ (1 << 40)),
        place.spend_id(Timestamp::from_millis(START.millis() + 1)),
        granted.spend_id(START),
        Place {
            group: place.group,
            index: 7,
        }
        .spend_id(START),
    ];
    for stranger in strangers {
        let all = Change::Refund { amount: None };
        let changed = store.change_charge(stranger, all).await.unwrap();
        assert_eq!(changed, None, "{stranger}");
        assert_eq!(store.charged(stranger).await.unwrap(), None);
    }
    assert_eq!(purse.remaining().await, 9);
}

pub async fn a_cap_counts_what_was_given_back_no_more(store: &dyn Store) {
    let purse = Purse::filled(store, 20).await;
    let caps = [Some(5), Some(5), Some(5)];
    let first = purse.ask(purse.capped(5, caps)).await.unwrap();
    purse.ask(purse.capped(1, caps)).await.unwrap_err();
    purse.refund(first.spend, 2).await.unwrap();
    purse.ask(purse.capped(2, caps)).await.unwrap();
    purse.ask(purse.capped(1, caps)).await.unwrap_err();
}
