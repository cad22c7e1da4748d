//! The journal as people read it.

use keystile_core::model::{Action, Actor, AuditEntry, KeyId, Record, Subject};

use super::sample::{
    START, change, change_at, commit, full_change, insert, product, set_up, update,
};
use crate::{AuditFilter, Page, Store, Write};

async fn entries(store: &dyn Store, filter: AuditFilter) -> Vec<AuditEntry> {
    let page = Page {
        before: None,
        limit: 100,
    };
    store.audit(filter, page).await.unwrap()
}

async fn numbers(store: &dyn Store, filter: AuditFilter) -> Vec<u64> {
    let entries = entries(store, filter).await;
    entries.iter().map(|entry| entry.seq).collect()
}

pub async fn an_entry_tells_who_what_when_and_from_where(store: &dyn Store) {
    let owners = set_up(store).await;
    let given = full_change(Action::KeyCreated, vec![insert(owners.key(10))]);
    commit(store, given.clone()).await;
    commit(store, change(Action::KeyRevealed, Vec::new())).await;
    let found = entries(store, AuditFilter::default()).await;
    assert_eq!(found.len(), 3);
    let expected = AuditEntry {
        seq: 2,
        at: given.at,
        actor: given.actor,
        action: given.action,
        product: given.product,
        organization: given.organization,
        subjects: vec![Subject::Key(KeyId::from_u128(10))],
        details: given.details,
        request_id: given.request_id,
        personal: given.personal,
    };
    assert_eq!(found[1], expected);
    assert_eq!(found[0].actor, Actor::Local);
    assert_eq!(found[0].personal, None);
}

pub async fn every_action_is_read_back(store: &dyn Store) {
    for action in Action::ALL {
        commit(store, change(*action, Vec::new())).await;
    }
    let mut found = entries(store, AuditFilter::default()).await;
    found.reverse();
    let found: Vec<_> = found.iter().map(|entry| entry.action).collect();
    assert_eq!(found, Action::ALL);
}

pub async fn rows_are_found_by_what_they_are_about(store: &dyn Store) {
    let owners = set_up(store).await;
    commit(
        store,
        change(Action::KeyCreated, vec![insert(owners.key(10))]),
    )
    .await;
    let mut key = owners.key(10);
    key.note = Some("n".into());
    let later = START.plus_millis(1000);
    commit(
        store,
        change_at(later, Action::KeyUpdated, vec![update(key, 2)]),
    )
    .await;
    let value = super::sample::retired(20, KeyId::from_u128(10));
    let writes = vec![Write::Insert(Record::RetiredValue(value))];
    commit(store, change_at(later, Action::KeyRotated, writes)).await;
    let base = AuditFilter::default;
    let cases: Vec<(AuditFilter, &[u64])> = vec![
        (base(), &[4, 3, 2, 1]),
        (
            AuditFilter {
                product: Some(product("demo").slug),
                ..base()
            },
            &[1],
        ),
        (
            AuditFilter {
                product: Some(product("other").slug),
                ..base()
            },
            &[],
        ),
        (
            AuditFilter {
                organization: Some(owners.organization.id),
                ..base()
            },
            &[1],
        ),
        (
            AuditFilter {
                key: Some(KeyId::from_u128(10)),
                ..base()
            },
            &[4, 3, 2],
        ),
        (
            AuditFilter {
                key: Some(KeyId::from_u128(11)),
                ..base()
            },
            &[],
        ),
        (
            AuditFilter {
                action: Some(Action::KeyUpdated),
                ..base()
            },
            &[3],
        ),
        (
            AuditFilter {
                actor: Some(Actor::OperatorKey {
                    id: KeyId::from_u128(7),
                }),
                ..base()
            },
            &[1],
        ),
        (
            AuditFilter {
                since: Some(later),
                ..base()
            },
            &[4, 3],
        ),
        (
            AuditFilter {
                until: Some(later),
                ..base()
            },
            &[2, 1],
        ),
        (
            AuditFilter {
                since: Some(later.plus_millis(1)),
                ..base()
            },
            &[],
        ),
        (
            AuditFilter {
                until: Some(START),
                ..base()
            },
            &[],
        ),
        (
            AuditFilter {
                key: Some(KeyId::from_u128(10)),
                since: Some(later),
                action: Some(Action::KeyRotated),
                ..base()
            },
            &[4],
        ),
    ];
    for (filter, expected) in cases {
        let shown = format!("{filter:?}");
        assert_eq!(numbers(store, filter).await, expected, "{shown}");
    }
    let page = Page {
        before: Some(4),
        limit: 2,
    };
    let found = store.audit(base(), page).await.unwrap();
    assert_eq!(found.iter().map(|row| row.seq).collect::<Vec<_>>(), [3, 2]);
}

pub async fn a_sound_store_is_verified_without_findings(store: &dyn Store) {
    let report = store.verify_audit().await.unwrap();
    assert_eq!(
        (report.journal_rows, report.records, report.findings),
        (0, 0, Vec::new())
    );
    let owners = set_up(store).await;
    commit(
        store,
        full_change(Action::KeyCreated, vec![insert(owners.key(10))]),
    )
    .await;
    let mut rotation = change(Action::PepperRotated, Vec::new());
    rotation.keyring = Some(store.keyring().await.unwrap());
    commit(store, rotation).await;
    let report = store.verify_audit().await.unwrap();
    assert_eq!(report.findings, []);
    assert_eq!((report.journal_rows, report.records), (3, 5));
    assert_eq!(report.head, store.head().await.unwrap());
}

pub async fn personal_fields_are_erased_and_the_chain_stays_whole(store: &dyn Store) {
    set_up(store).await;
    let later = START.plus_millis(1000);
    let mut second = full_change(Action::KeyRevealed, Vec::new());
    second.at = later;
    commit(store, second).await;
    assert_eq!(store.erase_personal(later).await.unwrap(), 1);
    let found = entries(store, AuditFilter::default()).await;
    assert!(found[0].personal.is_some(), "it is not older");
    assert_eq!(found[1].personal, None);
    assert_eq!(store.verify_audit().await.unwrap().findings, []);
    assert_eq!(store.erase_personal(later).await.unwrap(), 0);
}

pub async fn the_journal_never_runs_backwards(store: &dyn Store) {
    let at = START.plus_millis(5000);
    commit(store, change_at(at, Action::KeyRevealed, Vec::new())).await;
    let done = commit(store, change(Action::KeyRevealed, Vec::new())).await;
    assert_eq!(done.at, at);
    assert_eq!(store.head().await.unwrap().at, at);
    assert_eq!(entries(store, AuditFilter::default()).await[0].at, at);
}
