//! The scan at start and the journal as the index follows it.

use std::collections::BTreeSet;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use keystile_core::model::{Action, KeyId, Record, Subject};

use super::sample::{
    Owners, START, change, commit, insert, remove, retired, set_up, together, update,
};
use crate::{ScanReport, Scanned, Store, Write};

/// Scans, and gives the report with all that was handed out.
pub async fn scan(store: &dyn Store) -> (ScanReport, Vec<Scanned>) {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let into = Arc::clone(&seen);
    let report = store
        .scan(Arc::new(move |met| into.lock().unwrap().push(met)))
        .await
        .unwrap();
    let seen = std::mem::take(&mut *seen.lock().unwrap());
    (report, seen)
}

/// What must be sound, by subject.
fn sound(met: &[Scanned]) -> BTreeSet<Subject> {
    let subject = |met: &Scanned| match met {
        Scanned::Sound(record) => record.subject(),
        other => panic!("not sound: {other:?}"),
    };
    met.iter().map(subject).collect()
}

pub async fn an_empty_store_has_an_empty_scan_and_head(store: &dyn Store) {
    let (report, seen) = scan(store).await;
    assert!(seen.is_empty() && report.suspects.is_empty());
    assert_eq!((report.head.seq, report.head.link), (0, [0; 32]));
    assert_eq!(store.head().await.unwrap(), report.head);
    assert!(store.after(0, 10).await.unwrap().is_empty());
}

pub async fn a_scan_hands_out_every_record_once_and_its_head(store: &dyn Store) {
    let owners = set_up(store).await;
    let value = retired(20, KeyId::from_u128(10));
    let writes = vec![
        insert(owners.key(10)),
        insert(owners.key(11)),
        Write::Insert(Record::RetiredValue(value.clone())),
    ];
    commit(store, change(Action::KeyCreated, writes)).await;
    let (report, seen) = scan(store).await;
    assert_eq!(report.suspects, []);
    assert_eq!(report.head.seq, 2);
    assert_eq!(report.head, store.head().await.unwrap());
    let expected = BTreeSet::from([
        Subject::Product(owners.product.slug),
        Subject::Organization(owners.organization.id),
        Subject::Project(owners.project.id),
        Subject::Environment(owners.environment.id),
        Subject::Key(KeyId::from_u128(10)),
        Subject::Key(KeyId::from_u128(11)),
        Record::RetiredValue(value).subject(),
    ]);
    assert_eq!(seen.len(), expected.len());
    assert_eq!(sound(&seen), expected);
}

pub async fn a_scan_hands_out_records_after_what_they_belong_to(store: &dyn Store) {
    let owners = set_up(store).await;
    let numbers = 1_000..10_000_u128;
    let mut writes: Vec<_> = numbers.map(|number| insert(owners.key(number))).collect();
    for number in 1_000..1_100 {
        let value = retired(number + 10_000, KeyId::from_u128(number));
        writes.push(Write::Insert(Record::RetiredValue(value)));
    }
    let strangers = Owners::numbered(100);
    writes.extend(strangers.inserts());
    commit(store, change(Action::KeyCreated, writes)).await;
    let (_, seen) = scan(store).await;
    let rank = |met: &Scanned| match met {
        Scanned::Sound(Record::Product(_)) => 0,
        Scanned::Sound(Record::Organization(_)) => 1,
        Scanned::Sound(Record::Project(_)) => 2,
        Scanned::Sound(Record::Environment(_)) => 3,
        Scanned::Sound(Record::RetiredValue(_)) => 4,
        Scanned::Sound(Record::Key(_)) => 5,
        other => panic!("not sound: {other:?}"),
    };
    assert_eq!(seen.len(), 4 + 9_000 + 100 + 3);
    assert!(seen.is_sorted_by_key(rank));
}

pub async fn a_scan_is_proved_after_every_kind_of_write(store: &dyn Store) {
    let owners = set_up(store).await;
    let value = retired(20, KeyId::from_u128(10));
    let mut key = owners.key(10);
    let writes = vec![
        insert(key.clone()),
        Write::Insert(Record::RetiredValue(value.clone())),
    ];
    commit(store, change(Action::KeyCreated, writes)).await;
    for seq in 2..6 {
        key.note = Some(seq.to_string());
        commit(
            store,
            change(Action::KeyUpdated, vec![update(key.clone(), seq)]),
        )
        .await;
        assert_eq!(scan(store).await.0.suspects, []);
    }
    commit(store, change(Action::KeyRotated, vec![remove(&value, 2)])).await;
    store
        .commit(change(Action::KeyCreated, vec![insert(key)]))
        .await
        .unwrap_err();
    let (report, seen) = scan(store).await;
    assert_eq!((report.suspects, seen.len()), (Vec::new(), 5));
}

pub async fn a_scan_of_many_records_misses_none(store: &dyn Store) {
    let owners = set_up(store).await;
    for first in [1_000_u128, 20_000] {
        let writes = (first..first + 9_000).map(|number| insert(owners.key(number)));
        commit(store, change(Action::KeyCreated, writes.collect())).await;
    }
    let (report, seen) = scan(store).await;
    assert_eq!(report.suspects, []);
    assert_eq!(sound(&seen).len(), 18_004);
    assert_eq!(seen.len(), 18_004);
}

pub async fn a_scan_beside_writers_sees_one_state(store: &dyn Store) {
    let owners = set_up(store).await;
    let scanned = AtomicBool::new(false);
    let writing = async {
        let mut number = 100;
        while !scanned.load(Ordering::SeqCst) {
            let key = insert(owners.key(number));
            commit(store, change(Action::KeyCreated, vec![key])).await;
            number += 1;
        }
    };
    let scanning = async {
        for _ in 0..20 {
            let (report, seen) = scan(store).await;
            assert_eq!(report.suspects, []);
            // Four owners in row 1, then one key in each row.
            assert_eq!(u64::try_from(seen.len()).unwrap(), report.head.seq + 3);
        }
        scanned.store(true, Ordering::SeqCst);
    };
    let both: Vec<Pin<Box<dyn Future<Output = ()> + '_>>> =
        vec![Box::pin(writing), Box::pin(scanning)];
    together(both).await;
}

pub async fn rows_after_a_number_come_in_order_with_current_records(store: &dyn Store) {
    let owners = set_up(store).await;
    commit(
        store,
        change(Action::KeyCreated, vec![insert(owners.key(10))]),
    )
    .await;
    let mut revoked = owners.key(10);
    revoked.revoked_at = Some(START);
    commit(store, change(Action::KeyRevoked, vec![update(revoked, 2)])).await;
    let rows = store.after(0, 10).await.unwrap();
    assert_eq!(
        rows.iter().map(|row| row.seq).collect::<Vec<_>>(),
        [1, 2, 3]
    );
    assert_eq!(rows[0].records.len(), 4);
    for row in &rows[1..] {
        let Scanned::Sound(Record::Key(key)) = &row.records[0] else {
            panic!("{row:?}");
        };
        assert!(key.revoked_at.is_some(), "its current state, each time");
        assert_eq!(key.seq, 3);
    }
    let rows = store.after(1, 1).await.unwrap();
    assert_eq!(rows.iter().map(|row| row.seq).collect::<Vec<_>>(), [2]);
    assert!(store.after(3, 10).await.unwrap().is_empty());
    assert!(store.after(99, 10).await.unwrap().is_empty());
}

pub async fn removed_values_are_named_in_every_row_that_knew_them(store: &dyn Store) {
    let owners = set_up(store).await;
    let value = retired(20, KeyId::from_u128(10));
    let subject = Record::RetiredValue(value.clone()).subject();
    let writes = vec![
        insert(owners.key(10)),
        Write::Insert(Record::RetiredValue(value.clone())),
    ];
    commit(store, change(Action::KeyRotated, writes)).await;
    commit(store, change(Action::KeyRotated, vec![remove(&value, 2)])).await;
    let rows = store.after(1, 10).await.unwrap();
    assert_eq!(rows[0].records.len(), 1, "the value is not there any more");
    assert_eq!(rows[0].removed, std::slice::from_ref(&subject));
    assert_eq!(rows[1].removed, [subject]);
}

pub async fn replaced_key_material_shows_in_its_row_only(store: &dyn Store) {
    set_up(store).await;
    let mut rotation = change(Action::PepperRotated, Vec::new());
    rotation.keyring = Some(store.keyring().await.unwrap());
    commit(store, rotation).await;
    let rows = store.after(0, 10).await.unwrap();
    let changed: Vec<_> = rows.iter().map(|row| row.keyring_changed).collect();
    assert_eq!(changed, [false, true]);
}

pub async fn whoever_waits_for_growth_is_woken_by_a_commit(store: &dyn Store) {
    set_up(store).await;
    store.grown_past(0).await;
    let waiting = async {
        store.grown_past(1).await;
        store.head().await.unwrap().seq
    };
    let writing = async {
        commit(store, change(Action::KeyRevealed, Vec::new()))
            .await
            .seq
    };
    let both: Vec<Pin<Box<dyn Future<Output = u64> + '_>>> =
        vec![Box::pin(waiting), Box::pin(writing)];
    assert_eq!(together(both).await, [2, 2]);
}
