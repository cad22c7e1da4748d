//! Credits and time: what ends, what is forgotten, and what outlives the process.

use keystile_core::credit::{CapPeriod, Change, Movement, Refusal, ReturnReason, Unchanged};

use super::purse::{Purse, grant};
use super::reopened::Bench;
use super::sample::START;
use crate::{Balances, Store};

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

fn wait(bench: &dyn Bench, millis: i64) {
    bench.clock().set(START.plus_millis(millis));
}

async fn assert_sound(store: &dyn Store) {
    let report = store.verify_audit().await.unwrap();
    assert_eq!(report.findings, []);
}

pub async fn r16_a_grant_ends_at_its_time_whether_or_not_that_is_written(bench: &dyn Bench) {
    let store = bench.open();
    let purse = Purse::filled(store.as_ref(), 5).await;
    let mut ending = grant(2, purse.account.organization, 5);
    ending.expires_at = Some(START.plus_millis(HOUR));
    purse.give(ending).await;
    wait(bench, HOUR - 1);
    assert_eq!(purse.remaining().await, 10);
    wait(bench, HOUR);
    assert_eq!(
        (purse.remaining().await, purse.balances().await.expired),
        (5, 5)
    );
    assert_eq!(purse.left().await, [(1, 5)]);
    purse.ask(purse.order(6)).await.unwrap_err();
    purse.spend(5).await;
    assert_eq!(purse.balances().await.expired, 5);
    assert_sound(store.as_ref()).await;
}

pub async fn what_has_ended_is_written_down_when_asked_to(bench: &dyn Bench) {
    let store = bench.open();
    let purse = Purse::filled(store.as_ref(), 5).await;
    for (number, hours) in [(2, 1), (3, 2)] {
        let mut ending = grant(number, purse.account.organization, 5);
        ending.expires_at = Some(START.plus_millis(hours * HOUR));
        purse.give(ending).await;
    }
    let next = |hours| Some(START.plus_millis(hours * HOUR));
    assert_eq!(store.end_due().await.unwrap(), next(1));
    wait(bench, HOUR);
    assert_eq!(store.end_due().await.unwrap(), next(2));
    wait(bench, 2 * HOUR);
    assert_eq!(store.end_due().await.unwrap(), None);
    let listed = purse.entries().await;
    let ended = listed
        .iter()
        .filter(|one| matches!(one.entry.movement, Movement::Expired { .. }));
    assert_eq!(ended.count(), 2);
    assert_eq!(store.end_due().await.unwrap(), None);
    assert_eq!(purse.entries().await, listed, "once");
}

pub async fn a_reservation_runs_out_by_itself(bench: &dyn Bench) {
    let store = bench.open();
    let purse = Purse::filled(store.as_ref(), 10).await;
    let mut named = purse.named(4, "a");
    named.reserve_millis = Some(HOUR);
    let spend = purse.ask(named.clone()).await.unwrap().spend;
    wait(bench, HOUR);
    assert_eq!(
        (
            purse.remaining().await,
            purse.charged(spend).await.is_open()
        ),
        (10, false)
    );
    let settled = purse.change(spend, Change::Settle { amount: 1 }).await;
    assert_eq!(settled, Err(Unchanged::Ended));
    let charged = purse.charged(spend).await;
    assert_eq!((charged.net(), charged.ran_out), (0, true));
    assert_eq!(purse.spent_by_key().await, [0, 0, 0]);
    let listed = purse.entries().await;
    let ran_out = listed.iter().filter(|one| match one.entry.movement {
        Movement::Returned { reason, .. } => reason == ReturnReason::RanOut,
        _ => false,
    });
    assert_eq!(ran_out.count(), 1);
    assert!(
        !purse.ask(named).await.unwrap().repeated,
        "it is asked for anew"
    );
    assert_sound(store.as_ref()).await;
}

pub async fn what_goes_back_to_an_ended_grant_has_expired(bench: &dyn Bench) {
    let store = bench.open();
    let purse = Purse::filled(store.as_ref(), 5).await;
    let mut ending = grant(2, purse.account.organization, 5);
    ending.expires_at = Some(START.plus_millis(HOUR));
    purse.give(ending).await;
    let spend = purse.spend(4).await.spend;
    let aside = purse.reserve(3, 2 * HOUR).await;
    wait(bench, HOUR);
    assert_eq!(purse.refund(spend, 4).await.unwrap().remaining, 3);
    assert_eq!(purse.balances().await.expired, 4);
    wait(bench, 2 * HOUR);
    let balances = Balances {
        granted: 10,
        expired: 5,
        remaining: 5,
        ..Balances::default()
    };
    assert_eq!(
        purse.balances().await,
        balances,
        "what ran out went back to both"
    );
    purse.change(aside, Change::Release).await.unwrap();
    assert_eq!(purse.balances().await, balances);
    assert_sound(store.as_ref()).await;
}

pub async fn caps_count_by_the_day_and_by_the_month(bench: &dyn Bench) {
    let store = bench.open();
    let purse = Purse::filled(store.as_ref(), 100).await;
    // START is 2026-09-21T14:13:20Z.
    let caps = [Some(5), Some(8), None];
    let refused = |period, cap, spent| Err(Refusal::CapReached { period, cap, spent });
    let first = purse.ask(purse.capped(5, caps)).await.unwrap();
    assert_eq!(
        purse.ask(purse.capped(1, caps)).await,
        refused(CapPeriod::Day, 5, 5)
    );
    wait(bench, DAY);
    assert_eq!(purse.spent_by_key().await, [0, 5, 5]);
    purse.ask(purse.capped(3, caps)).await.unwrap();
    assert_eq!(
        purse.ask(purse.capped(1, caps)).await,
        refused(CapPeriod::Month, 8, 8)
    );
    purse.refund(first.spend, 2).await.unwrap();
    assert_eq!(
        purse.spent_by_key().await,
        [3, 6, 6],
        "not of this day, but of this month"
    );
    wait(bench, 10 * DAY);
    assert_eq!(purse.spent_by_key().await, [0, 0, 6]);
    purse.ask(purse.capped(5, caps)).await.unwrap();
    assert_sound(store.as_ref()).await;
}

pub async fn r07_a_call_is_known_for_a_day(bench: &dyn Bench) {
    let store = bench.open();
    let purse = Purse::filled(store.as_ref(), 10).await;
    let first = purse.ask(purse.named(1, "a")).await.unwrap();
    wait(bench, DAY - 1);
    assert_eq!(
        purse.ask(purse.named(1, "a")).await.unwrap().spend,
        first.spend
    );
    wait(bench, DAY);
    let second = purse.ask(purse.named(1, "a")).await.unwrap();
    assert!(!second.repeated);
    wait(bench, DAY + 1);
    assert_eq!(
        purse.ask(purse.named(1, "a")).await.unwrap().spend,
        second.spend
    );
    assert_eq!(purse.remaining().await, 8);
}

/// Charges and refunds, so that what is written down of them is some of it older, some newer.
async fn go_on(purse: &Purse<'_>, calls: u64) {
    for call in 0..calls {
        let spend = purse
            .by(20 + u128::from(call % 3))
            .spend(1 + call % 2)
            .await
            .spend;
        if call % 4 == 0 {
            purse.refund(spend, 1).await.unwrap();
        }
    }
}

pub async fn r07_a_call_is_known_across_a_restart(bench: &dyn Bench) {
    let store = bench.open();
    let purse = Purse::filled(store.as_ref(), 1000).await;
    let kept = purse.ask(purse.named(1, "kept")).await.unwrap();
    let back = purse.ask(purse.named(1, "back")).await.unwrap();
    purse.refund(back.spend, 1).await.unwrap();
    let again = purse.ask(purse.named(2, "again")).await.unwrap();
    purse.refund(again.spend, 2).await.unwrap();
    let again = purse.ask(purse.named(2, "again")).await.unwrap();
    let account = purse.account;
    // Often enough that all of this is older than what the next start reads.
    go_on(&purse, 20).await;
    drop(store);
    for hours in [1, 23] {
        wait(bench, hours * HOUR);
        let store = bench.open();
        let purse = Purse::of(store.as_ref(), account.organization);
        let found = purse.ask(purse.named(1, "kept")).await.unwrap();
        assert_eq!((found.spend, found.repeated), (kept.spend, true));
        let found = purse.ask(purse.named(2, "again")).await.unwrap();
        assert_eq!((found.spend, found.repeated), (again.spend, true));
        assert_eq!(
            purse.ask(purse.named(2, "kept")).await,
            Err(Refusal::Mismatch)
        );
        if hours == 1 {
            let anew = purse.ask(purse.named(1, "back")).await.unwrap();
            assert!(!anew.repeated, "what was given back is charged anew");
        }
    }
    wait(bench, DAY);
    let store = bench.open();
    let purse = Purse::of(store.as_ref(), account.organization);
    assert!(!purse.ask(purse.named(1, "kept")).await.unwrap().repeated);
    assert_sound(store.as_ref()).await;
}

pub async fn everything_is_the_same_after_opening_again(bench: &dyn Bench) {
    let store = bench.open();
    let purse = Purse::filled(store.as_ref(), 1000).await;
    let organization = purse.account.organization;
    for (number, hours) in [(2, 1), (3, 48), (4, 500)] {
        let mut ending = grant(number, organization, 10);
        ending.expires_at = Some(START.plus_millis(hours * HOUR));
        purse.give(ending).await;
    }
    let aside = purse.reserve(12, 100 * HOUR).await;
    let settled = purse.reserve(9, 100 * HOUR).await;
    purse
        .change(settled, Change::Settle { amount: 4 })
        .await
        .unwrap();
    let refunded = purse.spend(5).await.spend;
    purse.refund(refunded, 3).await.unwrap();
    purse.void(3, START).await;
    go_on(&purse, 30).await;
    wait(bench, HOUR);
    go_on(&purse, 30).await;
    drop(store);
    let mut before = None;
    for _ in 0..3 {
        let store = bench.open();
        let purse = Purse::of(store.as_ref(), organization);
        let charges = [aside, settled, refunded];
        let mut seen = Vec::new();
        for spend in charges {
            seen.push(purse.charged(spend).await);
        }
        let now = (
            (
                purse.balances().await,
                purse.left().await,
                purse.entries().await,
            ),
            (
                purse.spent_by_key().await,
                purse.by(20).spent_by_key().await,
                seen,
            ),
        );
        assert_eq!(before.get_or_insert_with(|| now.clone()), &now);
        assert_sound(store.as_ref()).await;
    }
    let store = bench.open();
    let purse = Purse::of(store.as_ref(), organization);
    assert_eq!(
        purse.refund(refunded, 3).await,
        Err(Unchanged::TooMuch { left: 2 })
    );
    assert_eq!(
        purse.refund(settled, 5).await,
        Err(Unchanged::TooMuch { left: 4 })
    );
    purse
        .change(aside, Change::Settle { amount: 12 })
        .await
        .unwrap();
    let remaining = purse.remaining().await;
    assert_eq!(purse.spend(remaining).await.remaining, 0);
    assert_sound(store.as_ref()).await;
}
