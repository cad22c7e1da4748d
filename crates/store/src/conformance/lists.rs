//! Pages and filters: newest first, nothing deleted, nothing twice.

use keystile_core::model::{Action, Key, KeyId, KeyState, Kind, OrganizationId, Record};

use super::sample::{
    Owners, START, change, commit, environment, insert, organization, product, project, retired,
    set_up,
};
use crate::{EnvironmentFilter, KeyFilter, OrganizationFilter, Page, ProjectFilter, Store, Write};

fn all<C>() -> Page<C> {
    Page {
        before: None,
        limit: 1000,
    }
}

async fn key_numbers(store: &dyn Store, filter: KeyFilter) -> Vec<u128> {
    let keys = store.keys(filter, all()).await.unwrap();
    keys.iter().map(|key| key.id.as_u128()).collect()
}

async fn add(store: &dyn Store, keys: impl IntoIterator<Item = Key>) {
    let writes = keys.into_iter().map(insert).collect();
    commit(store, change(Action::KeyCreated, writes)).await;
}

pub async fn pages_follow_each_other_newest_first(store: &dyn Store) {
    set_up(store).await;
    let rows = (100..107).map(|number| Write::Insert(Record::Organization(organization(number))));
    commit(store, change(Action::OrganizationCreated, rows.collect())).await;
    let (mut seen, mut before) = (Vec::new(), None);
    loop {
        let page = Page { before, limit: 3 };
        let rows = store
            .organizations(OrganizationFilter::default(), page)
            .await
            .unwrap();
        seen.extend(rows.iter().map(|row| row.id.as_u128()));
        before = rows.last().map(|row| row.id);
        if rows.len() < 3 {
            break;
        }
    }
    assert_eq!(seen, [106, 105, 104, 103, 102, 101, 100, 1]);
    let none = Page {
        before: None,
        limit: 0,
    };
    let rows = store
        .organizations(OrganizationFilter::default(), none)
        .await
        .unwrap();
    assert_eq!(rows, []);
}

pub async fn the_newest_possible_id_is_listed_too(store: &dyn Store) {
    set_up(store).await;
    let last = organization(u128::MAX);
    commit(
        store,
        change(
            Action::OrganizationCreated,
            vec![Write::Insert(Record::Organization(last))],
        ),
    )
    .await;
    let rows = store
        .organizations(OrganizationFilter::default(), all())
        .await
        .unwrap();
    assert_eq!(rows[0].id, OrganizationId::from_u128(u128::MAX));
}

pub async fn organizations_are_found_by_product_external_id_and_name(store: &dyn Store) {
    set_up(store).await;
    let other = product("other");
    let mut elsewhere = organization(50);
    elsewhere.product = other.slug.clone();
    let mut named = organization(51);
    named.name = "ÄPFEL 100% & Söhne".into();
    let writes = vec![
        Write::Insert(Record::Product(other.clone())),
        Write::Insert(Record::Organization(elsewhere)),
        Write::Insert(Record::Organization(named)),
    ];
    commit(store, change(Action::OrganizationCreated, writes)).await;
    let find = async |filter: OrganizationFilter| -> Vec<u128> {
        let rows = store.organizations(filter, all()).await.unwrap();
        rows.iter().map(|row| row.id.as_u128()).collect()
    };
    let by_product = OrganizationFilter {
        product: Some(other.slug),
        ..OrganizationFilter::default()
    };
    assert_eq!(find(by_product).await, [50]);
    let by_external_id = OrganizationFilter {
        external_id: Some("customer-51".into()),
        ..OrganizationFilter::default()
    };
    assert_eq!(find(by_external_id).await, [51]);
    for (part, found) in [
        ("äpfel", vec![51]),
        ("0%", vec![51]),
        ("1%", vec![]),
        ("_", vec![]),
        ("SÖHNE", vec![51]),
        ("", vec![51, 50, 1]),
    ] {
        let by_name = OrganizationFilter {
            name: Some(part.into()),
            ..OrganizationFilter::default()
        };
        assert_eq!(find(by_name).await, found, "{part:?}");
    }
}

pub async fn products_are_listed_by_slug(store: &dyn Store) {
    set_up(store).await;
    let rows = ["zebra", "alpha"].map(|slug| Write::Insert(Record::Product(product(slug))));
    commit(store, change(Action::ProductCreated, rows.into())).await;
    let found = store.products().await.unwrap();
    let slugs: Vec<_> = found.iter().map(|row| row.slug.as_str()).collect();
    assert_eq!(slugs, ["alpha", "demo", "zebra"]);
}

pub async fn projects_and_environments_are_found_by_their_owners(store: &dyn Store) {
    let owners = set_up(store).await;
    let beside = project(60, &owners.organization);
    let mut deleted = project(61, &owners.organization);
    deleted.deleted_at = Some(START);
    let staging = environment(62, "staging", &owners.project);
    let mut gone = environment(63, "gone", &owners.project);
    gone.deleted_at = Some(START);
    let mut writes = vec![
        Write::Insert(Record::Project(beside.clone())),
        Write::Insert(Record::Project(deleted)),
        Write::Insert(Record::Environment(staging.clone())),
        Write::Insert(Record::Environment(gone)),
    ];
    writes.extend(Owners::numbered(70).inserts());
    commit(store, change(Action::ProjectCreated, writes)).await;
    let of_organization = ProjectFilter {
        product: Some(owners.product.slug.clone()),
        organization: Some(owners.organization.id),
    };
    let found = store.projects(of_organization, all()).await.unwrap();
    assert_eq!(
        found.iter().map(|row| row.id).collect::<Vec<_>>(),
        [beside.id, owners.project.id]
    );
    let of_project = EnvironmentFilter {
        project: Some(owners.project.id),
        ..EnvironmentFilter::default()
    };
    let found = store.environments(of_project, all()).await.unwrap();
    assert_eq!(
        found.iter().map(|row| row.id).collect::<Vec<_>>(),
        [staging.id, owners.environment.id]
    );
}

pub async fn keys_are_found_by_everything_above_them(store: &dyn Store) {
    let owners = set_up(store).await;
    let strangers = Owners::numbered(70);
    let staging = environment(62, "staging", &owners.project);
    let mut writes = strangers.inserts();
    writes.push(Write::Insert(Record::Environment(staging.clone())));
    commit(store, change(Action::OrganizationCreated, writes)).await;
    let mut publishable = owners.key(12);
    publishable.kind = Kind::Publishable;
    let keys = [
        owners.key(10),
        super::sample::key(11, staging.id),
        publishable,
        strangers.key(13),
    ];
    add(store, keys).await;
    let base = KeyFilter::default;
    let cases: Vec<(KeyFilter, &[u128])> = vec![
        (base(), &[13, 12, 11, 10]),
        (
            KeyFilter {
                product: Some(owners.product.slug.clone()),
                ..base()
            },
            &[13, 12, 11, 10],
        ),
        (
            KeyFilter {
                product: Some(product("other").slug),
                ..base()
            },
            &[],
        ),
        (
            KeyFilter {
                environment_name: Some("staging".into()),
                ..base()
            },
            &[11],
        ),
        (
            KeyFilter {
                organization: Some(strangers.organization.id),
                ..base()
            },
            &[13],
        ),
        (
            KeyFilter {
                external_id: Some("customer-1".into()),
                ..base()
            },
            &[12, 11, 10],
        ),
        (
            KeyFilter {
                project: Some(owners.project.id),
                ..base()
            },
            &[12, 11, 10],
        ),
        (
            KeyFilter {
                environment: Some(staging.id),
                ..base()
            },
            &[11],
        ),
        (
            KeyFilter {
                kind: Some(Kind::Publishable),
                ..base()
            },
            &[12],
        ),
        (
            KeyFilter {
                name: Some("kEY 1".into()),
                ..base()
            },
            &[13, 12, 11, 10],
        ),
        (
            KeyFilter {
                name: Some("12".into()),
                ..base()
            },
            &[12],
        ),
        (
            KeyFilter {
                project: Some(owners.project.id),
                kind: Some(Kind::Secret),
                environment_name: Some("production".into()),
                ..base()
            },
            &[10],
        ),
    ];
    for (filter, expected) in cases {
        let shown = format!("{filter:?}");
        assert_eq!(key_numbers(store, filter).await, expected, "{shown}");
    }
    let page = Page {
        before: Some(KeyId::from_u128(12)),
        limit: 1,
    };
    let filter = KeyFilter {
        project: Some(owners.project.id),
        ..base()
    };
    let found = store.keys(filter, page).await.unwrap();
    assert_eq!(found[0].id, KeyId::from_u128(11));
}

pub async fn keys_are_found_by_their_state_now(store: &dyn Store) {
    let owners = set_up(store).await;
    let mut keys: Vec<_> = (10..16).map(|number| owners.key(number)).collect();
    keys[0].revoked_at = Some(START);
    keys[1].revoked_at = Some(START);
    keys[1].expires_at = Some(START);
    keys[2].expires_at = Some(START);
    keys[2].enabled = false;
    keys[3].enabled = false;
    keys[3].expires_at = Some(START.plus_millis(1));
    keys[4].expires_at = Some(START.plus_millis(1));
    keys[0].exposed_at = Some(START);
    keys[4].exposed_at = Some(START);
    let states: Vec<_> = keys.iter().map(|key| key.state(START)).collect();
    add(store, keys).await;
    let mut over = retired(502, KeyId::from_u128(12));
    over.ends_at = START;
    let former = [11, 13].map(|key| retired(500 + key, KeyId::from_u128(key)));
    let former = former.into_iter().chain([over]);
    let former = former.map(|value| Write::Insert(Record::RetiredValue(value)));
    commit(store, change(Action::KeyRotated, former.collect())).await;
    for state in [
        KeyState::Revoked,
        KeyState::Expired,
        KeyState::Disabled,
        KeyState::Active,
    ] {
        let numbers = (10..).zip(&states).filter(|(_, own)| **own == state);
        let mut expected: Vec<_> = numbers.map(|(number, _)| number).collect();
        expected.reverse();
        assert!(!expected.is_empty(), "each state occurs");
        let filter = KeyFilter {
            state: Some(state),
            ..KeyFilter::default()
        };
        assert_eq!(key_numbers(store, filter).await, expected, "{state:?}");
    }
    for (living, name, expected) in [
        (true, None, &[15, 14, 13, 12][..]),
        (false, None, &[11, 10]),
        (true, Some("eY 14"), &[14]),
        (true, Some("eY 11"), &[]),
        (false, Some("eY 11"), &[11]),
    ] {
        let filter = KeyFilter {
            environment: Some(owners.environment.id),
            kind: Some(Kind::Secret),
            living: Some(living),
            name: name.map(str::to_owned),
            ..KeyFilter::default()
        };
        let found = key_numbers(store, filter).await;
        assert_eq!(found, expected, "{living}, {name:?}");
    }
    for (exposed, retiring, expected) in [(true, false, &[14][..]), (false, true, &[13])] {
        let filter = KeyFilter {
            organization: Some(owners.organization.id),
            exposed,
            retiring,
            ..KeyFilter::default()
        };
        let found = key_numbers(store, filter).await;
        assert_eq!(found, expected, "{exposed}, {retiring}");
    }
    // One has expired, two are disabled, of which one is that.
    let working = store.working_keys(owners.organization.id).await;
    assert_eq!(working.unwrap(), 3);
}

pub async fn keys_below_anything_deleted_are_not_listed_but_found(store: &dyn Store) {
    let mut owners = [100, 200, 300, 400].map(Owners::numbered);
    owners[0].environment.deleted_at = Some(START);
    owners[1].project.deleted_at = Some(START);
    owners[2].organization.deleted_at = Some(START);
    let mut writes = vec![Write::Insert(Record::Product(product("demo")))];
    writes.extend(owners.iter().flat_map(Owners::inserts));
    let mut deleted = owners[3].key(14);
    deleted.deleted_at = Some(START);
    writes.push(insert(deleted));
    writes.push(insert(owners[3].key(13)));
    writes.extend(
        (10..)
            .zip(&owners[..3])
            .map(|(number, owner)| insert(owner.key(number))),
    );
    commit(store, change(Action::KeyCreated, writes)).await;
    assert_eq!(key_numbers(store, KeyFilter::default()).await, [13]);
    for number in 10..15 {
        let found = store.key(KeyId::from_u128(number)).await.unwrap();
        assert!(found.is_some(), "{number} is found by its id");
    }
    let organization = store.organization(owners[2].organization.id).await.unwrap();
    assert!(organization.is_some_and(|row| row.deleted_at.is_some()));
}

pub async fn sealed_keys_of_a_product_are_found_whatever_became_of_what_they_belong_to(
    store: &dyn Store,
) {
    let mut owners = [100, 200].map(Owners::numbered);
    owners[1].organization.deleted_at = Some(START);
    let mut writes = vec![Write::Insert(Record::Product(product("demo")))];
    writes.extend(owners.iter().flat_map(Owners::inserts));
    let mut keys = [
        owners[0].key(10),
        owners[1].key(11),
        owners[0].key(12),
        owners[0].key(13),
    ];
    keys.iter_mut()
        .take(3)
        .for_each(|key| key.sealed = Some(vec![1]));
    writes.extend(keys.iter().cloned().map(insert));
    commit(store, change(Action::KeyCreated, writes)).await;
    let demo = product("demo").slug;
    let found = store.sealed_keys(&demo, all()).await.unwrap();
    let numbers: Vec<_> = found.iter().map(|key| key.id.as_u128()).collect();
    assert_eq!(numbers, [12, 11, 10]);
    let page = Page {
        before: Some(KeyId::from_u128(12)),
        limit: 1,
    };
    let found = store.sealed_keys(&demo, page).await.unwrap();
    assert_eq!(found[0].id.as_u128(), 11);
    assert_eq!(store.sealed_count(&demo).await.unwrap(), 3);
    let other = product("other").slug;
    assert_eq!(store.sealed_count(&other).await.unwrap(), 0);
}
