//! Names that only one record at a time may have.

use keystile_core::model::{Action, Key, KeyId, Kind, Record};

use super::sample::{
    self, START, change, commit, environment, insert, organization, product, project, set_up,
    update,
};
use crate::{CommitError, Store, Write};

pub async fn an_external_id_is_taken_until_its_organization_is_deleted(store: &dyn Store) {
    let owners = set_up(store).await;
    let mut twin = organization(50);
    twin.external_id = owners.organization.external_id.clone();
    let insert = |twin: &_| vec![Write::Insert(Record::Organization(Clone::clone(twin)))];
    let refused = store
        .commit(change(Action::OrganizationCreated, insert(&twin)))
        .await;
    assert_taken(refused, "external_id");
    let mut deleted = owners.organization.clone();
    deleted.deleted_at = Some(START);
    let write = Write::Update {
        record: Record::Organization(deleted),
        replaces: 1,
    };
    commit(store, change(Action::OrganizationDeleted, vec![write])).await;
    commit(store, change(Action::OrganizationCreated, insert(&twin))).await;
    let external_id = twin.external_id.as_deref().unwrap();
    let found = store
        .organization_by_external_id(&twin.product, external_id)
        .await;
    assert_eq!(
        found.unwrap().unwrap().id,
        twin.id,
        "the deleted one is not found by it"
    );
}

pub async fn external_ids_of_other_products_and_missing_ones_do_not_meet(store: &dyn Store) {
    let owners = set_up(store).await;
    let other = product("other");
    let mut elsewhere = organization(50);
    elsewhere.product = other.slug.clone();
    elsewhere.external_id = owners.organization.external_id.clone();
    let (mut one, mut two) = (organization(51), organization(52));
    one.external_id = None;
    two.external_id = None;
    let mut writes = vec![Write::Insert(Record::Product(other.clone()))];
    writes.extend([elsewhere, one, two].map(|row| Write::Insert(Record::Organization(row))));
    commit(store, change(Action::OrganizationCreated, writes)).await;
    let found = store
        .organization_by_external_id(&other.slug, "customer-1")
        .await;
    assert_eq!(found.unwrap().unwrap().product, other.slug);
    let found = store
        .organization_by_external_id(&other.slug, "customer-2")
        .await;
    assert_eq!(found.unwrap(), None);
}

pub async fn an_environment_name_is_unique_in_its_project(store: &dyn Store) {
    let owners = set_up(store).await;
    let insert = |row| vec![Write::Insert(Record::Environment(row))];
    let twin = environment(50, "production", &owners.project);
    let refused = store
        .commit(change(Action::EnvironmentCreated, insert(twin.clone())))
        .await;
    assert_taken(refused, "name");
    let beside = project(60, &owners.organization);
    let elsewhere = environment(61, "production", &beside);
    let mut writes = vec![Write::Insert(Record::Project(beside))];
    writes.extend(insert(elsewhere));
    commit(store, change(Action::ProjectCreated, writes)).await;
    let mut deleted = owners.environment.clone();
    deleted.deleted_at = Some(START);
    let write = Write::Update {
        record: Record::Environment(deleted),
        replaces: 1,
    };
    commit(store, change(Action::EnvironmentDeleted, vec![write])).await;
    commit(store, change(Action::EnvironmentCreated, insert(twin))).await;
}

pub async fn a_key_name_is_unique_among_living_keys_of_its_environment_and_kind(store: &dyn Store) {
    let owners = set_up(store).await;
    let named = |number, kind| {
        let mut key = owners.key(number);
        key.name = "server".into();
        key.kind = kind;
        key
    };
    let first = named(10, Kind::Secret);
    commit(
        store,
        change(Action::KeyCreated, vec![insert(first.clone())]),
    )
    .await;
    let twin = || vec![insert(named(11, Kind::Secret))];
    assert_taken(
        store.commit(change(Action::KeyCreated, twin())).await,
        "name",
    );
    commit(
        store,
        change(
            Action::KeyCreated,
            vec![insert(named(12, Kind::Publishable))],
        ),
    )
    .await;
    let mut revoked = first.clone();
    revoked.revoked_at = Some(START);
    // Writes happen in their order: the name is free for the next one.
    let writes = vec![update(revoked, 2), insert(named(11, Kind::Secret))];
    commit(store, change(Action::KeyRevoked, writes)).await;
    let mut revived = first;
    revived.note = Some("revived".into());
    let refused = store
        .commit(change(Action::KeyUpdated, vec![update(revived, 4)]))
        .await;
    assert_taken(refused, "name");
}

pub async fn a_key_is_not_renamed_to_a_taken_name(store: &dyn Store) {
    let owners = set_up(store).await;
    let keys = [owners.key(10), owners.key(11)].map(insert).into();
    commit(store, change(Action::KeyCreated, keys)).await;
    let mut renamed = owners.key(11);
    renamed.name = sample::key(10, owners.environment.id).name;
    let refused = store
        .commit(change(Action::KeyUpdated, vec![update(renamed, 2)]))
        .await;
    assert_taken(refused, "name");
}

pub async fn a_value_belongs_to_one_key_for_ever(store: &dyn Store) {
    let owners = set_up(store).await;
    let mut first = owners.key(10);
    commit(
        store,
        change(Action::KeyCreated, vec![insert(first.clone())]),
    )
    .await;
    let with_value = |number, value| Key {
        digest: sample::digest(value),
        ..owners.key(number)
    };
    let twin = vec![insert(with_value(11, 10))];
    let refused = store.commit(change(Action::KeyCreated, twin)).await;
    assert_taken(refused, "value");
    // Writes of one change may come in any order.
    first.digest = sample::digest(20);
    let rotation = vec![retire(10, first.id), update(first.clone(), 2)];
    commit(store, change(Action::KeyRotated, rotation)).await;
    let revived = vec![insert(with_value(12, 10))];
    let refused = store.commit(change(Action::KeyCreated, revived)).await;
    assert_taken(refused, "value");
    first.revoked_at = Some(START);
    first.deleted_at = Some(START);
    commit(
        store,
        change(Action::KeyDeleted, vec![update(first.clone(), 3)]),
    )
    .await;
    let revived = vec![insert(with_value(13, 20))];
    let refused = store.commit(change(Action::KeyCreated, revived)).await;
    assert_taken(refused, "value");
    let other = with_value(14, 30);
    commit(
        store,
        change(Action::KeyCreated, vec![insert(other.clone())]),
    )
    .await;
    let swapped = vec![retire(20, other.id)];
    let refused = store.commit(change(Action::KeyRotated, swapped)).await;
    assert_taken(refused, "value");
}

fn retire(value: u128, key: KeyId) -> Write {
    Write::Insert(Record::RetiredValue(sample::retired(value, key)))
}

fn assert_taken<T: std::fmt::Debug>(result: Result<T, CommitError>, expected: &str) {
    let error = result.unwrap_err();
    assert!(
        matches!(error, CommitError::Taken { field } if field == expected),
        "{error:?}"
    );
}
