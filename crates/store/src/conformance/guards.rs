//! What must hold when a change is written, or nothing is.

use keystile_core::model::{Action, Key, KeyId, Kind, Record, Subject};

use super::sample::{Owners, START, change, commit, environment, insert, project, set_up, update};
use crate::{Change, CommitError, Guard, Idempotency, Store, Write};

pub async fn an_unchanged_record_lets_the_change_pass(store: &dyn Store) {
    let owners = set_up(store).await;
    let mut rests_on_it = change(Action::KeyCreated, vec![insert(owners.key(10))]);
    rests_on_it.guards = vec![
        Guard::Unchanged(Subject::Environment(owners.environment.id), 1),
        Guard::Unchanged(Subject::Product(owners.product.slug.clone()), 1),
    ];
    commit(store, rests_on_it).await;
}

pub async fn a_changed_or_missing_record_stops_the_change(store: &dyn Store) {
    let owners = set_up(store).await;
    let mut suspended = owners.organization.clone();
    suspended.enabled = false;
    let write = Write::Update {
        record: Record::Organization(suspended),
        replaces: 1,
    };
    commit(store, change(Action::OrganizationSuspended, vec![write])).await;
    for subject in [
        Subject::Organization(owners.organization.id),
        Subject::Key(KeyId::from_u128(99)),
    ] {
        let mut stale = change(Action::KeyCreated, vec![insert(owners.key(10))]);
        stale.guards = vec![Guard::Unchanged(subject.clone(), 1)];
        let error = store.commit(stale).await.unwrap_err();
        assert!(
            matches!(&error, CommitError::Conflict(with) if *with == subject),
            "{error:?}"
        );
    }
    assert_eq!(store.key(KeyId::from_u128(10)).await.unwrap(), None);
}

/// A change that adds keys under a limit for the environment.
fn limited(owners: &Owners, keys: Vec<Key>, at_most: u32) -> Change {
    let mut change = change(Action::KeyCreated, keys.into_iter().map(insert).collect());
    change.guards = vec![Guard::KeysInEnvironment {
        environment: owners.environment.id,
        kind: Kind::Secret,
        at_most,
    }];
    change
}

pub async fn keys_in_an_environment_are_limited_after_the_change(store: &dyn Store) {
    let owners = set_up(store).await;
    let two = || vec![owners.key(10), owners.key(11)];
    assert_too_many(store.commit(limited(&owners, two(), 1)).await, 1);
    assert_eq!(store.key(KeyId::from_u128(10)).await.unwrap(), None);
    commit(store, limited(&owners, two(), 2)).await;
    assert_too_many(
        store
            .commit(limited(&owners, vec![owners.key(12)], 2))
            .await,
        2,
    );
}

pub async fn only_living_keys_of_the_kind_count(store: &dyn Store) {
    let owners = set_up(store).await;
    let mut others = vec![
        owners.key(10),
        owners.key(11),
        owners.key(12),
        owners.key(13),
    ];
    others[0].revoked_at = Some(START);
    others[1].deleted_at = Some(START);
    others[2].expires_at = Some(START);
    others[3].kind = Kind::Publishable;
    let mut disabled = owners.key(14);
    disabled.enabled = false;
    others.push(disabled);
    commit(store, limited(&owners, others, 1)).await;
    let mut later = owners.key(15);
    later.expires_at = Some(START.plus_millis(1));
    assert_too_many(store.commit(limited(&owners, vec![later], 1)).await, 1);
}

pub async fn a_replaced_key_counts_once(store: &dyn Store) {
    let owners = set_up(store).await;
    commit(store, limited(&owners, vec![owners.key(10)], 1)).await;
    let mut revoked = owners.key(10);
    revoked.revoked_at = Some(START);
    let mut swap = limited(&owners, vec![owners.key(11)], 1);
    swap.writes.push(update(revoked, 2));
    commit(store, swap).await;
}

pub async fn keys_of_an_organization_are_limited_in_all_its_environments(store: &dyn Store) {
    let owners = set_up(store).await;
    let beside = project(60, &owners.organization);
    let elsewhere = environment(61, "production", &beside);
    let stranger = Owners::numbered(70);
    let mut writes = vec![
        Write::Insert(Record::Project(beside.clone())),
        Write::Insert(Record::Environment(elsewhere.clone())),
        insert(owners.key(10)),
        insert(super::sample::key(11, elsewhere.id)),
        insert(stranger.key(12)),
    ];
    writes.extend(stranger.inserts());
    commit(store, change(Action::KeyCreated, writes)).await;
    let add = |number, at_most| {
        let mut change = change(Action::KeyCreated, vec![insert(owners.key(number))]);
        change.guards = vec![Guard::KeysInOrganization {
            organization: owners.organization.id,
            at_most,
        }];
        change
    };
    assert_too_many(store.commit(add(13, 2)).await, 2);
    commit(store, add(13, 3)).await;
    let deleted = Record::Project(keystile_core::model::Project {
        deleted_at: Some(START),
        ..beside
    });
    let write = Write::Update {
        record: deleted,
        replaces: 2,
    };
    commit(store, change(Action::ProjectDeleted, vec![write])).await;
    commit(store, add(14, 3)).await;
    assert_too_many(store.commit(add(15, 3)).await, 3);
}

fn remember(scope: &str, key: &str, expires_in: i64) -> Idempotency {
    Idempotency {
        scope: scope.into(),
        key: key.into(),
        fingerprint: [3; 32],
        outcome: "key_1".into(),
        expires_at: START.plus_millis(expires_in),
    }
}

fn remembering(owners: &Owners, number: u128, idempotency: Idempotency) -> Change {
    let mut change = change(Action::KeyCreated, vec![insert(owners.key(number))]);
    change.idempotency = Some(idempotency);
    change
}

pub async fn a_remembered_request_is_found_and_not_made_again(store: &dyn Store) {
    let owners = set_up(store).await;
    assert_eq!(store.idempotent("a", "k").await.unwrap(), None);
    commit(store, remembering(&owners, 10, remember("a", "k", 60_000))).await;
    let found = store.idempotent("a", "k").await.unwrap().unwrap();
    assert_eq!(
        (found.fingerprint, found.outcome.as_str(), found.seq),
        ([3; 32], "key_1", 2)
    );
    let again = store
        .commit(remembering(&owners, 11, remember("a", "k", 60_000)))
        .await;
    assert!(
        matches!(again, Err(CommitError::IdempotencyTaken)),
        "{again:?}"
    );
    assert_eq!(store.key(KeyId::from_u128(11)).await.unwrap(), None);
}

pub async fn a20_another_callers_same_key_is_another_one(store: &dyn Store) {
    let owners = set_up(store).await;
    commit(store, remembering(&owners, 10, remember("a", "k", 60_000))).await;
    assert_eq!(store.idempotent("b", "k").await.unwrap(), None);
    commit(store, remembering(&owners, 11, remember("b", "k", 60_000))).await;
}

pub async fn a_request_whose_time_has_run_out_is_forgotten(store: &dyn Store) {
    let owners = set_up(store).await;
    commit(store, remembering(&owners, 10, remember("a", "k", 0))).await;
    assert_eq!(store.idempotent("a", "k").await.unwrap(), None);
    commit(store, remembering(&owners, 11, remember("a", "k", 60_000))).await;
    assert_eq!(store.idempotent("a", "k").await.unwrap().unwrap().seq, 3);
}

pub async fn a_refused_change_is_not_remembered(store: &dyn Store) {
    let owners = set_up(store).await;
    let mut refused = remembering(&owners, 10, remember("a", "k", 60_000));
    refused.guards = limited(&owners, Vec::new(), 0).guards;
    assert_too_many(store.commit(refused).await, 0);
    assert_eq!(store.idempotent("a", "k").await.unwrap(), None);
}

fn assert_too_many<T: std::fmt::Debug>(result: Result<T, CommitError>, limit: u32) {
    let error = result.unwrap_err();
    assert!(
        matches!(error, CommitError::TooManyKeys { at_most } if at_most == limit),
        "{error:?}"
    );
}
