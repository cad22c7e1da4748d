//! What must outlive the process: each function opens the same database several times.

use keystile_core::model::{Action, KeyId, Timestamp};

use super::clock::TestClock;
use super::feed::scan;
use super::sample::{START, change, change_at, commit, full_change, insert, set_up, update};
use crate::Store;

/// One database, opened as often as wanted; the store before must be dropped.
pub trait Bench: Send + Sync {
    /// Opens it.
    fn open(&self) -> Box<dyn Store>;

    /// The clock of every store that is opened.
    fn clock(&self) -> &TestClock;
}

const MINUTE: i64 = 60_000;
const DAY: i64 = 86_400_000;

pub async fn what_was_committed_is_there_after_opening_again(bench: &dyn Bench) {
    let store = bench.open();
    let owners = set_up(store.as_ref()).await;
    let mut key = owners.key(10);
    commit(
        store.as_ref(),
        full_change(Action::KeyCreated, vec![insert(key.clone())]),
    )
    .await;
    key.revoked_at = Some(START);
    commit(
        store.as_ref(),
        change(Action::KeyRevoked, vec![update(key, 2)]),
    )
    .await;
    let head = store.head().await.unwrap();
    drop(store);
    let store = bench.open();
    assert_eq!(store.head().await.unwrap(), head);
    let found = store.key(KeyId::from_u128(10)).await.unwrap().unwrap();
    assert_eq!((found.revoked_at, found.seq), (Some(START), 3));
    let (report, seen) = scan(store.as_ref()).await;
    assert_eq!(
        (report.suspects, report.head, seen.len()),
        (Vec::new(), head, 5)
    );
    let done = commit(store.as_ref(), change(Action::KeyRevealed, Vec::new())).await;
    assert_eq!(done.seq, 4, "the journal goes on without a gap");
    assert_eq!(store.verify_audit().await.unwrap().findings, []);
}

pub async fn t19_time_does_not_run_backwards_when_the_clock_does(bench: &dyn Bench) {
    let store = bench.open();
    bench.clock().set(START.plus_millis(DAY));
    assert_eq!(store.now(), START.plus_millis(DAY));
    bench.clock().set(START);
    assert_eq!(store.now(), START.plus_millis(DAY));
    bench.clock().set(START.plus_millis(DAY + 1));
    assert_eq!(store.now(), START.plus_millis(DAY + 1));
}

pub async fn t19_time_does_not_run_backwards_across_a_restart(bench: &dyn Bench) {
    let store = bench.open();
    bench.clock().set(START);
    store.now();
    bench.clock().set(START.plus_millis(DAY));
    let before = store.now();
    drop(store);
    bench.clock().set(START);
    let store = bench.open();
    let lost = before.millis() - store.now().millis();
    assert!((0..=MINUTE).contains(&lost), "{lost} ms were forgotten");
}

pub async fn t19_time_is_never_before_the_last_journal_row(bench: &dyn Bench) {
    let store = bench.open();
    let at = START.plus_millis(30 * DAY);
    commit(
        store.as_ref(),
        change_at(at, Action::KeyRevealed, Vec::new()),
    )
    .await;
    assert_eq!(store.now(), at);
    drop(store);
    let store = bench.open();
    assert_eq!(store.now(), at);
    let earlier = Timestamp::from_millis(0);
    let done = commit(
        store.as_ref(),
        change_at(earlier, Action::KeyRevealed, Vec::new()),
    )
    .await;
    assert_eq!(done.at, at);
}

pub async fn a_remembered_request_outlives_the_process_but_not_its_time(bench: &dyn Bench) {
    let store = bench.open();
    let mut remembering = change(Action::KeyRevealed, Vec::new());
    remembering.idempotency = Some(crate::Idempotency {
        scope: "a".into(),
        key: "k".into(),
        fingerprint: [1; 32],
        outcome: "o".into(),
        expires_at: START.plus_millis(DAY),
    });
    commit(store.as_ref(), remembering).await;
    drop(store);
    let store = bench.open();
    assert!(store.idempotent("a", "k").await.unwrap().is_some());
    bench.clock().set(START.plus_millis(DAY));
    assert_eq!(store.idempotent("a", "k").await.unwrap(), None);
}
