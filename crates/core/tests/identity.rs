//! What answers tell of a key: always of one state of the index, however it is changed meanwhile.

mod population;

use std::collections::HashSet;
use std::convert::Infallible;
use std::sync::atomic::{AtomicBool, Ordering};

use keystile_core::decision::{Code, DenyReason};
use keystile_core::engine::{Engine, Introspection};
use keystile_core::key::KeyDigest;
use keystile_core::model::{Key, Organization, Record, RetiredValue, SpendCaps, Subject};
use keystile_core::snapshot::{Applied, Identity, ProductNode};
use population::{NOW, Size};

/// Changes that readers meet in the test.
const CHANGES: u64 = 20_000;

const READERS: usize = 2;

fn engine(keys: u64) -> Engine {
    population::engine(Size {
        keys,
        organizations: 1,
    })
}

/// Applies a journal row.
fn apply(engine: &Engine, row: Vec<Applied>) {
    let seq = engine.index().applied() + 1;
    engine.index().apply(seq, row).expect("records that fit");
}

fn put(record: Record) -> Applied {
    Applied::Put(record, true)
}

fn ask<'i>(engine: &'i Engine, product: &ProductNode, text: &str) -> Introspection<'i> {
    let Ok(decision) = engine.introspect(product, |_| Ok::<_, Infallible>(population::call(text)));
    decision
}

/// A text that says which edition it is of, and is long in every third.
fn edition(number: u64) -> String {
    let filling = "-".repeat([0, 30, 90][usize::try_from(number % 3).unwrap()]);
    format!("{number}{filling}")
}

fn caps(number: u64) -> Option<SpendCaps> {
    let day = (!number.is_multiple_of(7)).then_some(number);
    SpendCaps::from_parts([day, None, day])
}

/// A key and its organization, all of whose texts say which edition they are of.
fn editions(number: u64) -> Vec<Applied> {
    let text = edition(number);
    let key = Key {
        name: text.clone(),
        metadata: number.is_multiple_of(2).then(|| format!("\"{text}\"")),
        expires_at: number.is_multiple_of(5).then(|| NOW.plus_millis(1)),
        spend_caps: caps(number),
        ..population::key(0, 0)
    };
    let organization = Organization {
        external_id: Some(text.clone()),
        plan: Some(text),
        ..population::owners(0).0
    };
    vec![
        put(Record::Organization(organization)),
        put(Record::Key(Box::new(key))),
    ]
}

/// The edition that all parts of an identity are of.
fn edition_of(told: &Identity<'_>) -> u64 {
    let name = told.name();
    let number: u64 = name.trim_end_matches('-').parse().expect("a number");
    assert_eq!(name, edition(number));
    let metadata = number.is_multiple_of(2).then(|| format!("\"{name}\""));
    assert_eq!(
        told.metadata_bytes(),
        metadata.as_deref().map(str::as_bytes)
    );
    assert_eq!(told.external_id_bytes(), Some(name.as_bytes()));
    assert_eq!(told.plan_bytes(), Some(name.as_bytes()));
    assert_eq!(told.expires_at().is_some(), number.is_multiple_of(5));
    assert_eq!(told.spend_caps(), caps(number));
    assert_eq!(told.hangs_on_time(), number.is_multiple_of(5));
    number
}

#[test]
fn what_is_told_is_never_of_two_states() {
    let engine = engine(1);
    apply(&engine, editions(0));
    let product = population::node(engine.index());
    let text = population::text(0, 0);
    let done = AtomicBool::new(false);
    let read = || {
        let mut seen = HashSet::new();
        while !done.load(Ordering::Relaxed) {
            let decision = ask(&engine, &product, text.reveal());
            assert!(decision.is_allowed());
            seen.insert(edition_of(&decision.key.expect("a key")));
        }
        seen.len()
    };
    let seen = std::thread::scope(|scope| {
        let readers: Vec<_> = (0..READERS).map(|_| scope.spawn(read)).collect();
        (1..=CHANGES).for_each(|number| apply(&engine, editions(number)));
        done.store(true, Ordering::Relaxed);
        let seen = readers.into_iter().map(std::thread::ScopedJoinHandle::join);
        seen.map(|seen| seen.expect("a reader")).sum::<usize>()
    });
    assert!(seen > 100, "readers met {seen} editions");
}

#[test]
fn a_value_that_is_gone_leaves_nothing_to_the_next() {
    let engine = engine(0);
    let product = population::node(engine.index());
    let code = |text: &str| {
        let decision = ask(&engine, &product, text);
        let told = decision.key.map(|key| (key.id(), key.start().to_owned()));
        (
            decision.verdict.map_or_else(DenyReason::code, |_| Code::Ok),
            told,
        )
    };
    let mut kept = Vec::new();
    for number in 0..200 {
        let (former, current) = (population::text(number, 0), population::text(number, 1));
        let digest = |text: &str| -> KeyDigest { population::pepper().digest(text) };
        let record = Key {
            digest: digest(current.reveal()),
            start: population::start(&current),
            name: edition(number),
            ..population::key(number, 0)
        };
        let retired = RetiredValue {
            key: record.id,
            digest: digest(former.reveal()),
            start: population::start(&former),
            ends_at: NOW.plus_millis(1),
            pepper: record.pepper,
            foreign: None,
            seq: 1,
        };
        let gone = Subject::RetiredValue(record.id, *retired.digest.as_bytes());
        let id = record.id;
        let told = |text| (Code::Ok, Some((id, population::start(text))));
        apply(
            &engine,
            vec![
                put(Record::RetiredValue(retired)),
                put(Record::Key(Box::new(record.clone()))),
            ],
        );
        assert_eq!(code(former.reveal()), told(&former));
        assert_eq!(code(current.reveal()), told(&current));
        // Cards that were used by others say nothing of them.
        assert_eq!(engine.index().last_uses(&record), []);
        let found = engine.index().find(&digest(former.reveal())).unwrap();
        engine.index().note_allowed(&found, NOW, None, None);
        let uses = engine.index().last_uses(&record).into_iter();
        let starts: Vec<_> = uses.map(|(start, _)| start).collect();
        assert_eq!(starts, [population::start(&former)]);
        apply(
            &engine,
            vec![
                Applied::Removed(gone),
                put(Record::Key(Box::new(record.clone()))),
            ],
        );
        assert_eq!(code(former.reveal()), (Code::UnknownKey, None));
        kept.push((told(&current), current));
        // What is gone rests until it was collected twice; then it serves others.
        engine.index().collect_uses(NOW);
    }
    for (told, current) in kept {
        assert_eq!(code(current.reveal()), told);
    }
}
