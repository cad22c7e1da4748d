//! What keys were used for is added up, and read as it was added.

use keystile_core::decision::Code;
use keystile_core::model::{Action, Key, KeyId, Kind, Timestamp};
use keystile_core::snapshot::{CoarseAddress, Collected, LastUse};

use super::sample::{Owners, change, commit, insert, set_up};
use crate::{CommitError, HourCount, IdleRule, KeyFilter, MAX_USES, Page, Store, UsageOf};

/// An hour at the end of a day.
const HOUR: u32 = 24 * 20_000 + 23;

fn uses(key: KeyId, start: &str, counts: &[(u32, Code, u64)]) -> Collected {
    Collected {
        key,
        start: start.to_owned(),
        last: None,
        counts: counts.to_vec(),
    }
}

fn last_use(key: KeyId, start: &str, at: i64, operation: Option<&str>) -> Collected {
    let address: std::net::IpAddr = "192.0.2.7".parse().unwrap();
    Collected {
        last: Some(LastUse {
            at: Timestamp::from_millis(at),
            address: Some(CoarseAddress::from(address)),
            operation: operation.map(Into::into),
        }),
        ..uses(key, start, &[])
    }
}

/// An installation with one secret key.
async fn with_key(store: &dyn Store) -> (Owners, Key) {
    let owners = set_up(store).await;
    let key = owners.key(50);
    commit(store, change(Action::KeyCreated, vec![insert(key.clone())])).await;
    (owners, key)
}

fn count(hour: u32, code: Code, count: u64) -> HourCount {
    HourCount { hour, code, count }
}

pub async fn counts_add_up_by_key_hour_and_code(store: &dyn Store) {
    let (one, other) = (KeyId::from_u128(1), KeyId::from_u128(2));
    let first = [(HOUR, Code::Ok, 2), (HOUR + 1, Code::Ok, 3)];
    let second = [(HOUR, Code::Ok, 5), (HOUR, Code::InsufficientScope, 1)];
    store
        .add_uses(vec![uses(one, "sk_live_aaaa", &first)])
        .await
        .unwrap();
    let both = vec![
        uses(one, "sk_live_bbbb", &second),
        uses(other, "pk", &first),
    ];
    store.add_uses(both).await.unwrap();
    let usage = store.usage(UsageOf::Key(one), 0..u32::MAX).await.unwrap();
    let expected = [
        count(HOUR, Code::Ok, 7),
        count(HOUR, Code::InsufficientScope, 1),
        count(HOUR + 1, Code::Ok, 3),
    ];
    assert_eq!(usage, expected);
    let usage = store
        .usage(UsageOf::Key(one), HOUR + 1..HOUR + 2)
        .await
        .unwrap();
    assert_eq!(usage, expected[2..]);
    let usage = store
        .usage(UsageOf::Key(one), HOUR - 24..HOUR)
        .await
        .unwrap();
    assert_eq!(usage, []);
}

pub async fn counts_of_all_keys_below_add_up(store: &dyn Store) {
    let (owners, key) = with_key(store).await;
    let of_key = |key| uses(key, "sk", &[(HOUR, Code::Ok, 1)]);
    let keys = [key.id, KeyId::from_u128(99)];
    store.add_uses(keys.map(of_key).to_vec()).await.unwrap();
    for of in [
        UsageOf::Environment(owners.environment.id),
        UsageOf::Organization(owners.organization.id),
    ] {
        let usage = store.usage(of, HOUR..HOUR + 1).await.unwrap();
        assert_eq!(usage, [count(HOUR, Code::Ok, 1)], "{of:?}");
    }
}

pub async fn the_last_use_of_each_value_is_kept(store: &dyn Store) {
    let key = KeyId::from_u128(1);
    let later = last_use(key, "sk_live_aaaa", 9_000, Some("GET /v1/events"));
    let earlier = last_use(key, "sk_live_aaaa", 5_000, Some("POST /v1/events"));
    let other = last_use(key, "sk_live_bbbb", 7_000, None);
    for uses in [later, earlier, other] {
        store.add_uses(vec![uses]).await.unwrap();
    }
    let mut found = store
        .last_uses(vec![key, KeyId::from_u128(2)])
        .await
        .unwrap();
    found.sort_by_key(|one| one.at);
    let [other, later] = found.as_slice() else {
        panic!("{found:?}");
    };
    assert_eq!(other.start, "sk_live_bbbb");
    assert_eq!((later.at.millis(), later.key), (9_000, key));
    assert_eq!(later.operation.as_deref(), Some("GET /v1/events"));
    assert_eq!(later.address.as_deref(), Some("192.0.2.0/24"));
    assert_eq!(other.operation, None);
}

pub async fn idle_keys_are_found_by_product_and_kind(store: &dyn Store) {
    let (owners, key) = with_key(store).await;
    let made = key.created_at.millis();
    let found = async |kind, before| {
        let rule = IdleRule {
            product: owners.product.slug.clone(),
            kind,
            before: Timestamp::from_millis(before),
        };
        let filter = KeyFilter {
            idle: Some(vec![rule]),
            ..KeyFilter::default()
        };
        let page = Page {
            before: None,
            limit: 9,
        };
        store.keys(filter, page).await.unwrap().len()
    };
    assert_eq!(found(Kind::Secret, made).await, 0, "just made");
    assert_eq!(found(Kind::Secret, made + 1).await, 1, "never used since");
    assert_eq!(
        found(Kind::Publishable, made + 1).await,
        0,
        "of the other kind"
    );
    let used = last_use(key.id, &key.start, made + 500, None);
    store.add_uses(vec![used]).await.unwrap();
    assert_eq!(found(Kind::Secret, made + 500).await, 0);
    assert_eq!(found(Kind::Secret, made + 501).await, 1);
}

pub async fn too_many_uses_at_once_are_refused(store: &dyn Store) {
    let one = uses(KeyId::from_u128(1), "sk", &[(HOUR, Code::Ok, 1)]);
    let refused = store.add_uses(vec![one; MAX_USES + 1]).await;
    assert!(matches!(refused, Err(CommitError::NotWritten(_))));
}
