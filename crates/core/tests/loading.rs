//! Filling the index at start, from several threads at once.

mod population;

use std::convert::Infallible;
use std::sync::Arc;

use keystile_core::engine::Engine;
use keystile_core::model::{Key, RateLimit, Record, RetiredValue, Subject};
use keystile_core::snapshot::{Applied, ApplyProblem, Index};

const KEYS: u64 = 40_000;
const THREADS: u64 = 4;

/// An index with a product and one owner in it, that goes on loading.
fn with_owner() -> Arc<Index> {
    let index = Arc::new(Index::new());
    let load = |record| index.load(record, true).expect("a record that fits");
    load(Record::Product(population::product(population::MANIFEST)));
    let (organization, project, environment) = population::owners(0);
    load(Record::Organization(organization));
    load(Record::Project(project));
    load(Record::Environment(environment));
    index
}

#[test]
fn no_key_is_lost_when_several_threads_load() {
    let index = with_owner();
    let load = |record| index.load(record, true).expect("a record that fits");
    // Made beforehand, so that the threads meet in the index and not on the way to it.
    let keys = |thread| {
        (thread..KEYS)
            .step_by(4)
            .map(|number| population::key(number, 0))
    };
    let shares: Vec<Vec<_>> = (0..THREADS).map(|thread| keys(thread).collect()).collect();
    std::thread::scope(|scope| {
        for share in shares {
            scope.spawn(|| {
                share
                    .into_iter()
                    .for_each(|key| load(Record::Key(Box::new(key))));
            });
        }
    });
    index.loaded(1).expect("all records fit");
    let engine = Engine::new(Arc::clone(&index), population::keyring());
    let product = population::node(&index);
    let lost = (0..KEYS).filter(|number| {
        let text = population::text(*number, 0);
        !engine
            .verify(&product, &population::call(text.reveal()))
            .is_allowed()
    });
    assert_eq!(lost.count(), 0);
}

#[test]
fn a_key_that_belongs_to_nothing_is_told_of_at_the_end_and_the_others_are_there() {
    let index = with_owner();
    let load = |record| index.load(record, true).expect("a record that fits");
    let (good, lost) = (population::key(1, 0), population::key(2, 77));
    load(Record::Key(Box::new(lost.clone())));
    load(Record::Key(Box::new(good)));
    let problems = index.loaded(1).expect_err("one belongs to nothing");
    assert_eq!(problems, [ApplyProblem::Orphan(Subject::Key(lost.id))]);
    let engine = Engine::new(Arc::clone(&index), population::keyring());
    let product = population::node(&index);
    let allowed = |number| {
        let text = population::text(number, 0);
        let call = population::call(text.reveal());
        engine.verify(&product, &call).is_allowed()
    };
    assert!(allowed(1) && !allowed(2));
}

/// The key of that number under a limit, rotated so many times, and what it was before.
fn rotated(number: u64, times: u64) -> (Key, Vec<RetiredValue>) {
    let limit = RateLimit {
        limit: 4,
        period_seconds: 60,
    };
    let text = |generation| population::text(number, generation);
    let digest = |generation| population::pepper().digest(text(generation).reveal());
    let key = Key {
        rate_limit: Some(limit),
        digest: digest(times),
        start: population::start(&text(times)),
        ..population::key(number, 0)
    };
    let retired = |generation| RetiredValue {
        key: key.id,
        digest: digest(generation),
        pepper: 1,
        start: population::start(&text(generation)),
        ends_at: population::NOW.plus_millis(60_000),
        foreign: None,
        seq: 1,
    };
    let former = (0..times).map(retired).collect();
    (key, former)
}

#[test]
fn all_values_of_a_key_count_against_one_limit_and_against_no_other_keys() {
    let index = with_owner();
    for number in 1..=2 {
        let (key, former) = rotated(number, 1);
        let former = former.into_iter().map(Record::RetiredValue);
        for record in former.chain([Record::Key(Box::new(key))]) {
            index.load(record, true).expect("a record that fits");
        }
    }
    index.loaded(1).expect("all records fit");
    let engine = Engine::new(Arc::clone(&index), population::keyring());
    let product = population::node(&index);
    let allows = |number, generation| {
        let text = population::text(number, generation);
        let facts = population::call(text.reveal());
        let Ok(mut decision) = engine.introspect(&product, |_| Ok::<_, Infallible>(facts));
        assert!(decision.is_allowed(), "but for limits");
        engine.admit(&mut decision, || 1_000, None);
        decision.is_allowed()
    };
    assert!(allows(1, 0) && allows(1, 1));
    let (key, former) = rotated(1, 2);
    let former = former.into_iter().map(Record::RetiredValue);
    let row = former.chain([Record::Key(Box::new(key))]);
    let row = row.map(|record| Applied::Put(record, true)).collect();
    index.apply(2, row).expect("a rotation that fits");
    assert!(allows(1, 2) && allows(1, 1), "rotated once more");
    for generation in 0..=2 {
        assert!(!allows(1, generation), "the four calls are used up");
    }
    assert!((0..4).all(|call| allows(2, call % 2)) && !allows(2, 0));
}
