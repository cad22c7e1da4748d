//! A change happens wholly or not at all, on the versions it was made from.

use keystile_core::key::{Purpose, WrappedKey};
use keystile_core::model::{
    Action, Binding, Effective, KeyId, Kind, Mode, RateLimit, Record, SpendCaps, Subject, Timestamp,
};

use super::sample::{
    self, START, change, commit, digest, insert, key, remove, retired, set_up, update,
};
use crate::{CommitError, Guard, MAX_WRITES, Store, Write};

pub async fn a_change_writes_its_records_with_one_journal_row(store: &dyn Store) {
    let owners = set_up(store).await;
    let done = commit(
        store,
        change(
            Action::KeyCreated,
            vec![insert(owners.key(10)), insert(owners.key(11))],
        ),
    )
    .await;
    assert_eq!((done.seq, done.at), (2, START));
    assert_eq!(store.head().await.unwrap().seq, 2);
    for id in [10, 11] {
        let found = store.key(KeyId::from_u128(id)).await.unwrap().unwrap();
        assert_eq!(found.seq, 2, "each record is stamped with its row");
    }
}

pub async fn every_field_comes_back_as_it_was_written(store: &dyn Store) {
    let owners = set_up(store).await;
    let mut full = owners.key(10);
    full.kind = Kind::Publishable;
    full.mode = Mode::Test;
    full.name = "naïve ☂ name".into();
    full.note = Some(String::new());
    full.scopes = Some(vec!["a:b".into(), "quote\" and \\ and ☂".into()].into());
    full.allowed_origins = Some(vec!["https://a.example".into()].into());
    full.allowed_ips = Some(Vec::new().into());
    full.rate_limit = Some(RateLimit {
        limit: u32::MAX,
        period_seconds: 1,
    });
    full.spend_caps = SpendCaps::from_parts([Some(0), None, Some(SpendCaps::MOST)]);
    full.metadata = Some("{}".into());
    full.binding = Some(Binding {
        product: owners.product.slug.clone(),
        environment: Some("production".into()),
    });
    full.expires_at = Some(Timestamp::from_millis(i64::MAX));
    full.enabled = false;
    full.disabled_at = Some(Timestamp::from_millis(-1));
    full.revoked_at = Some(START);
    full.deleted_at = Some(START);
    full.rotated_at = Some(START);
    full.value = Some("pk_test_…".into());
    full.sealed = Some(vec![0, 255, 0]);
    full.narrowed_seq = Some(2);
    let mut writes: Vec<_> = [full.clone(), owners.key(11)].map(insert).into();
    let value = retired(12, full.id);
    writes.push(Write::Insert(Record::RetiredValue(value.clone())));
    commit(store, change(Action::KeyCreated, writes)).await;

    full.seq = 2;
    assert_eq!(store.key(full.id).await.unwrap(), Some(full.clone()));
    let mut bare = owners.key(11);
    bare.seq = 2;
    assert_eq!(store.key(bare.id).await.unwrap(), Some(bare));
    let values = store.retired_values(full.id).await.unwrap();
    assert_eq!(values, [sample::seq(value, 2)]);

    let (product, organization) = (owners.product, owners.organization);
    let found = store.product(&product.slug).await.unwrap().unwrap();
    assert_eq!((found.manifest, found.seq), (product.manifest, 1));
    let found = store.organization(organization.id).await.unwrap().unwrap();
    assert_eq!(found.external_id, organization.external_id);
    assert_eq!(found.metadata, organization.metadata);
    let found = store.project(owners.project.id).await.unwrap().unwrap();
    assert_eq!(found.name, owners.project.name);
    let found = store
        .environment(owners.environment.id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!((found.name, found.mode), ("production".into(), Mode::Live));
}

pub async fn t20_far_times_neither_wrap_nor_move(store: &dyn Store) {
    let owners = set_up(store).await;
    let times = [
        i64::MIN,
        -1,
        0,
        2_147_483_648_000,
        4_294_967_296_000,
        i64::MAX,
    ];
    for (number, millis) in (10..).zip(times) {
        let mut one = owners.key(number);
        one.expires_at = Some(Timestamp::from_millis(millis));
        commit(store, change(Action::KeyCreated, vec![insert(one.clone())])).await;
        let found = store.key(one.id).await.unwrap().unwrap();
        assert_eq!(found.expires_at, one.expires_at);
    }
}

pub async fn a_record_that_exists_is_not_inserted_again(store: &dyn Store) {
    let owners = set_up(store).await;
    commit(
        store,
        change(Action::KeyCreated, vec![insert(owners.key(10))]),
    )
    .await;
    let mut again = owners.key(10);
    again.name = "another name".into();
    again.digest = digest(11);
    let refused = store
        .commit(change(Action::KeyCreated, vec![insert(again)]))
        .await;
    assert_conflict(refused, &Subject::Key(KeyId::from_u128(10)));
}

pub async fn an_older_version_is_not_replaced_twice(store: &dyn Store) {
    let owners = set_up(store).await;
    commit(
        store,
        change(Action::KeyCreated, vec![insert(owners.key(10))]),
    )
    .await;
    let mut first = owners.key(10);
    first.note = Some("first".into());
    commit(store, change(Action::KeyUpdated, vec![update(first, 2)])).await;
    let mut late = owners.key(10);
    late.note = Some("late".into());
    let writes = vec![insert(owners.key(11)), update(late, 2)];
    let refused = store.commit(change(Action::KeyUpdated, writes)).await;
    assert_conflict(refused, &Subject::Key(KeyId::from_u128(10)));
    let found = store.key(KeyId::from_u128(10)).await.unwrap().unwrap();
    assert_eq!((found.note.as_deref(), found.seq), (Some("first"), 3));
    let other = store.key(KeyId::from_u128(11)).await.unwrap();
    assert_eq!(other, None, "what came before the conflict is undone");
    assert_eq!(store.head().await.unwrap().seq, 3);
}

pub async fn a_missing_record_is_neither_updated_nor_removed(store: &dyn Store) {
    let owners = set_up(store).await;
    let refused = store
        .commit(change(Action::KeyUpdated, vec![update(owners.key(10), 2)]))
        .await;
    assert_conflict(refused, &Subject::Key(KeyId::from_u128(10)));
    let value = retired(12, KeyId::from_u128(10));
    let refused = store
        .commit(change(Action::KeyRotated, vec![remove(&value, 2)]))
        .await;
    let subject = Record::RetiredValue(value).subject();
    assert_conflict(refused, &subject);
}

pub async fn racing_changes_of_one_record_have_one_winner(store: &dyn Store) {
    let owners = set_up(store).await;
    commit(
        store,
        change(Action::KeyCreated, vec![insert(owners.key(10))]),
    )
    .await;
    let attempt = |number: usize| {
        let mut one = owners.key(10);
        one.note = Some(number.to_string());
        store.commit(change(Action::KeyUpdated, vec![update(one, 2)]))
    };
    let results = sample::together((0..16).map(attempt)).await;
    let winners = results.iter().filter(|result| result.is_ok()).count();
    assert_eq!(winners, 1);
    assert_eq!(store.head().await.unwrap().seq, 3);
}

pub async fn t21_64_writers_at_once_are_all_served_in_order(store: &dyn Store) {
    let owners = set_up(store).await;
    let attempt =
        |number| store.commit(change(Action::KeyCreated, vec![insert(owners.key(number))]));
    let results = sample::together((100..164).map(attempt)).await;
    let mut seqs: Vec<_> = results.into_iter().map(|done| done.unwrap().seq).collect();
    seqs.sort_unstable();
    assert_eq!(seqs, (2..66).collect::<Vec<_>>());
}

pub async fn a_former_value_is_written_and_removed(store: &dyn Store) {
    let owners = set_up(store).await;
    let mut writes: Vec<_> = [owners.key(10), owners.key(11)].map(insert).into();
    let mine = [
        retired(20, KeyId::from_u128(10)),
        retired(21, KeyId::from_u128(10)),
    ];
    let other = retired(22, KeyId::from_u128(11));
    for value in mine.iter().chain([&other]) {
        writes.push(Write::Insert(Record::RetiredValue(value.clone())));
    }
    commit(store, change(Action::KeyRotated, writes)).await;
    commit(store, change(Action::KeyRotated, vec![remove(&mine[0], 2)])).await;
    let left = store.retired_values(KeyId::from_u128(10)).await.unwrap();
    assert_eq!(left, [sample::seq(mine[1].clone(), 2)]);
    let left = store.retired_values(KeyId::from_u128(11)).await.unwrap();
    assert_eq!(left.len(), 1);
}

pub async fn what_is_marked_at_its_end_is_not_removed(store: &dyn Store) {
    let owners = set_up(store).await;
    let (person, member) = (sample::person(10), sample::member(11, 10, None));
    let writes = [
        Record::Person(person.clone()),
        Record::Member(member.clone()),
    ];
    let writes = writes.map(Write::Insert).into();
    commit(store, change(Action::PersonCreated, writes)).await;
    for (subject, replaces) in [
        (Subject::Environment(owners.environment.id), 1),
        (Subject::Person(person.id), 2),
        (Subject::Member(member.id), 2),
    ] {
        let remove = Write::Remove { subject, replaces };
        let refused = store
            .commit(change(Action::EnvironmentDeleted, vec![remove]))
            .await;
        assert_not_written(refused);
    }
    let found = store.environment(owners.environment.id).await.unwrap();
    assert!(found.is_some());
    assert!(store.person(person.id).await.unwrap().is_some());
}

pub async fn a_change_with_too_many_writes_is_refused(store: &dyn Store) {
    let owners = set_up(store).await;
    let numbers = 100..=100 + MAX_WRITES as u128;
    let writes = numbers.map(|number| insert(owners.key(number))).collect();
    assert_not_written(store.commit(change(Action::KeyCreated, writes)).await);
    let numbers = 100..100 + MAX_WRITES as u128;
    let writes = numbers.map(|number| insert(owners.key(number))).collect();
    assert_eq!(
        commit(store, change(Action::KeyCreated, writes)).await.seq,
        2
    );
}

pub async fn a_change_without_records_is_a_journal_row(store: &dyn Store) {
    set_up(store).await;
    let done = commit(store, change(Action::KeyRevealed, Vec::new())).await;
    assert_eq!(done.seq, 2);
    let rows = store.after(1, 10).await.unwrap();
    assert_eq!(rows.len(), 1);
    assert!(rows[0].records.is_empty() && rows[0].removed.is_empty());
}

pub async fn a_record_below_one_that_does_not_exist_is_refused(store: &dyn Store) {
    let owners = set_up(store).await;
    let nowhere = sample::Owners::numbered(500).environment.id;
    let refused = store
        .commit(change(Action::KeyCreated, vec![insert(key(10, nowhere))]))
        .await;
    assert_not_written(refused);
    let done = commit(
        store,
        change(Action::KeyCreated, vec![insert(owners.key(10))]),
    )
    .await;
    assert_eq!(done.seq, 2, "the store goes on");
}

pub async fn records_may_be_written_before_those_they_belong_to(store: &dyn Store) {
    set_up(store).await;
    let owners = sample::Owners::numbered(500);
    let mut writes = owners.inserts();
    writes.push(insert(owners.key(10)));
    writes.reverse();
    commit(store, change(Action::OrganizationCreated, writes)).await;
    assert!(store.key(KeyId::from_u128(10)).await.unwrap().is_some());
}

pub async fn a_change_replaces_the_key_material(store: &dyn Store) {
    set_up(store).await;
    let before = store.keyring().await.unwrap();
    let wrapped = |purpose, version| WrappedKey {
        purpose,
        version,
        wrapped: vec![u8::try_from(version).unwrap(); 72],
    };
    let new = vec![
        wrapped(Purpose::Pepper, 1),
        wrapped(Purpose::Pepper, 2),
        wrapped(Purpose::Integrity, 1),
        wrapped(Purpose::Sealing, 1),
    ];
    let mut rotation = change(Action::MasterKeyRotated, Vec::new());
    rotation.keyring = Some(new.clone());
    rotation.guards = vec![Guard::Unchanged(Subject::Key(KeyId::from_u128(99)), 1)];
    store.commit(rotation.clone()).await.unwrap_err();
    assert_eq!(
        store.keyring().await.unwrap(),
        before,
        "a refused change leaves it"
    );
    rotation.guards.clear();
    commit(store, rotation.clone()).await;
    let mut found = store.keyring().await.unwrap();
    let mut new = new;
    for keys in [&mut found, &mut new] {
        keys.sort_by_key(|key| (key.purpose, key.version));
    }
    assert_eq!(found, new);
    rotation.keyring = Some(Vec::new());
    assert_not_written(store.commit(rotation).await);
}

pub async fn the_proof_of_a_narrowing_is_kept_and_replaced(store: &dyn Store) {
    set_up(store).await;
    let proof = |confirmed| Effective {
        seq: 1,
        nodes: 2,
        confirmed,
        lapsed: 2 - confirmed,
    };
    assert_eq!(store.effective(1).await.unwrap(), None);
    store.keep_effective(proof(1)).await.unwrap();
    store.keep_effective(proof(2)).await.unwrap();
    assert_eq!(store.effective(1).await.unwrap(), Some(proof(2)));
    assert_eq!(store.head().await.unwrap().seq, 1, "it is no change");
}

pub async fn a_new_value_keeps_the_old_digest_findable(store: &dyn Store) {
    let owners = set_up(store).await;
    commit(
        store,
        change(Action::KeyCreated, vec![insert(owners.key(10))]),
    )
    .await;
    let mut rotated = owners.key(10);
    rotated.digest = digest(77);
    let old = retired(10, rotated.id);
    let writes = vec![update(rotated, 2), Write::Insert(Record::RetiredValue(old))];
    commit(store, change(Action::KeyRotated, writes)).await;
    let found = store.key(KeyId::from_u128(10)).await.unwrap().unwrap();
    assert_eq!(found.digest, digest(77));
    let old = store.retired_values(found.id).await.unwrap();
    assert_eq!(old[0].digest, digest(10));
}

fn assert_conflict<T: std::fmt::Debug>(result: Result<T, CommitError>, with: &Subject) {
    let error = result.unwrap_err();
    assert!(
        matches!(&error, CommitError::Conflict(subject) if subject == with),
        "{error:?}"
    );
}

fn assert_not_written<T: std::fmt::Debug>(result: Result<T, CommitError>) {
    let error = result.unwrap_err();
    assert!(matches!(error, CommitError::NotWritten(_)), "{error:?}");
}
