//! Any sequence of changes: what a plain map says is what the store says, and the sum of all rows
//! always fits.

use std::collections::BTreeMap;

use keystile_core::model::{
    Action, Binding, ForeignDigest, Key, KeyId, Kind, Mode, RateLimit, Record, RetiredValue,
    SpendCaps, TextList, Timestamp,
};
use keystile_store::conformance::feed::scan;
use keystile_store::conformance::sample::{self, change, commit, insert, remove, set_up, update};
use keystile_store::{AuditStore, Feed, Reads, Scanned, Write, Writes};
use proptest::prelude::*;

use crate::bench::{SqliteBench, run};

#[derive(Debug, Clone)]
enum Step {
    Create(u128),
    Note(u128, Option<String>),
    Retire(u128, u128),
    Forget(u128),
    Stale(u128),
    Reopen,
}

fn step() -> impl Strategy<Value = Step> {
    let number = 10..16_u128;
    prop_oneof![
        number.clone().prop_map(Step::Create),
        (number.clone(), any::<Option<String>>()).prop_map(|(key, note)| Step::Note(key, note)),
        (number.clone(), 100..104_u128).prop_map(|(key, value)| Step::Retire(key, value)),
        number.clone().prop_map(Step::Forget),
        number.prop_map(Step::Stale),
        Just(Step::Reopen),
    ]
}

/// What the store should hold.
#[derive(Default)]
struct Model {
    keys: BTreeMap<u128, Key>,
    values: BTreeMap<(u128, u128), RetiredValue>,
    seq: u64,
}

impl Model {
    /// The writes of a step, and whether they must be accepted.
    fn writes(&mut self, step: &Step, owners: &sample::Owners) -> (Vec<Write>, bool) {
        let next = self.seq + 1;
        match step {
            Step::Create(number) => {
                let is_new = !self.keys.contains_key(number);
                let mut key = owners.key(*number);
                let write = insert(key.clone());
                key.seq = next;
                self.keys.entry(*number).or_insert(key);
                (vec![write], is_new)
            }
            Step::Note(number, note) => match self.keys.get_mut(number) {
                None => (vec![update(owners.key(*number), next)], false),
                Some(key) => {
                    let replaces = std::mem::replace(&mut key.seq, next);
                    key.note.clone_from(note);
                    (vec![update(key.clone(), replaces)], true)
                }
            },
            Step::Retire(number, value) => {
                let at = (*number, *value);
                // A value belongs to one key alone.
                let taken = self.values.keys().any(|(_, known)| known == value);
                let accepted = self.keys.contains_key(number) && !taken;
                let retired = sample::retired(*value, KeyId::from_u128(*number));
                if accepted {
                    self.values.insert(at, sample::seq(retired.clone(), next));
                }
                (vec![Write::Insert(Record::RetiredValue(retired))], accepted)
            }
            Step::Forget(number) => {
                let values = self.values.extract_if(.., |at, _| at.0 == *number);
                let removed: Vec<_> = values.map(|(_, value)| remove(&value, value.seq)).collect();
                (removed, true)
            }
            Step::Stale(number) => (vec![update(owners.key(*number), next + 7)], false),
            Step::Reopen => (Vec::new(), true),
        }
    }
}

fn any_key() -> impl Strategy<Value = Key> {
    let list = || any::<Option<Vec<String>>>().prop_map(|list| list.map(TextList::from));
    let text = || any::<Option<String>>();
    let time = || any::<Option<i64>>().prop_map(|time| time.map(Timestamp::from_millis));
    let rate = any::<Option<(u32, u32)>>();
    let cap = || prop::option::of(0..=SpendCaps::MOST);
    let caps = (cap(), cap(), cap()).prop_map(<[_; 3]>::from);
    let caps = caps.prop_map(SpendCaps::from_parts);
    let binding = any::<Option<Option<String>>>();
    let lists = (list(), list(), list(), rate, binding, caps);
    let times = (time(), time(), time(), time(), any::<i64>(), any::<bool>());
    let texts = (any::<String>(), text(), text(), any::<String>(), text());
    let bytes = (
        any::<[u8; 32]>(),
        any::<u32>(),
        any::<Option<Vec<u8>>>(),
        any::<bool>(),
        prop::option::of(prop_oneof![
            Just(ForeignDigest::Sha256),
            Just(ForeignDigest::Sha512)
        ]),
    );
    (lists, times, texts, bytes).prop_map(|(lists, times, texts, bytes)| Key {
        scopes: lists.0,
        allowed_origins: lists.1,
        allowed_ips: lists.2,
        rate_limit: lists.3.map(|(limit, period_seconds)| RateLimit {
            limit,
            period_seconds,
        }),
        binding: lists.4.map(|environment| Binding {
            product: sample::product("demo").slug,
            environment,
        }),
        spend_caps: lists.5,
        expires_at: times.0,
        disabled_at: times.1,
        revoked_at: times.2,
        deleted_at: times.3,
        created_at: Timestamp::from_millis(times.4),
        enabled: times.5,
        name: texts.0,
        note: texts.1,
        metadata: texts.2,
        created_by: texts.3,
        value: texts.4,
        digest: keystile_core::key::KeyDigest::from_bytes(bytes.0),
        pepper: bytes.1,
        sealed: bytes.2,
        kind: if bytes.3 {
            Kind::Secret
        } else {
            Kind::Publishable
        },
        mode: if bytes.3 { Mode::Live } else { Mode::Test },
        foreign: bytes.4,
        ..sample::Owners::numbered(1).key(10)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_sequence_of_changes_leaves_what_a_map_says(steps in prop::collection::vec(step(), 1..40)) {
        let bench = SqliteBench::default();
        let mut store = bench.store();
        let owners = run(set_up(&store));
        let mut model = Model { seq: 1, ..Model::default() };
        for step in &steps {
            if matches!(step, Step::Reopen) {
                drop(store);
                store = bench.store();
            }
            let (writes, accepted) = model.writes(step, &owners);
            let result = run(store.commit(change(Action::KeyUpdated, writes)));
            prop_assert_eq!(result.is_ok(), accepted, "{:?}: {:?}", step, result);
            model.seq += u64::from(accepted);
            prop_assert_eq!(run(store.head()).unwrap().seq, model.seq);
        }
        let (report, seen) = run(scan(&store));
        prop_assert_eq!(report.suspects, []);
        prop_assert_eq!(run(store.verify_audit()).unwrap().findings, []);
        let (mut keys, mut values) = (Vec::new(), 0);
        for met in seen {
            match met {
                Scanned::Sound(Record::Key(key)) => keys.push(*key),
                Scanned::Sound(Record::RetiredValue(_)) => values += 1,
                Scanned::Sound(_) => {}
                other => panic!("{other:?}"),
            }
        }
        keys.sort_by_key(|key| key.id);
        prop_assert_eq!(keys, model.keys.into_values().collect::<Vec<_>>());
        prop_assert_eq!(values, model.values.len());
    }

    #[test]
    fn any_key_comes_back_as_it_was_written(mut key in any_key()) {
        let bench = SqliteBench::default();
        let store = bench.store();
        run(async {
            set_up(&store).await;
            commit(&store, change(Action::KeyCreated, vec![insert(key.clone())])).await;
            key.seq = 2;
            assert_eq!(store.key(key.id).await.unwrap().as_ref(), Some(&key));
            assert_eq!(scan(&store).await.0.suspects, []);
        });
    }
}
