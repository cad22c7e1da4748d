//! Filling the index at start, from several threads at once.

mod population;

use keystile_core::engine::Engine;
use keystile_core::model::{Record, Subject};
use keystile_core::snapshot::{ApplyProblem, Index};
use std::sync::Arc;

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
