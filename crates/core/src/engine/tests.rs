//! What a decision rests on while the index is changed beneath it.

use std::cell::Cell;

use super::*;
use crate::key::{KeyMaterial, Pepper, Purpose, SecretBytes};
use crate::model::{Key, Record, Subject};
use crate::request::PreparedKey;
use crate::snapshot::Applied;
use population::Size;

#[path = "../../tests/population/mod.rs"]
mod population;

fn engine() -> Engine {
    population::engine(Size {
        keys: 1,
        organizations: 1,
    })
}

fn put(key: Key) -> Applied {
    Applied::Put(Record::Key(Box::new(key)), true)
}

/// Takes out the value of a key.
fn gone(key: &Key) -> Applied {
    Applied::Removed(Subject::RetiredValue(key.id, *key.digest.as_bytes()))
}

/// Lets so many keys come that every table grows; then revokes the first.
fn grow_and_revoke(engine: &Engine) {
    let more = (1..5_000).map(|number| put(population::key(number, 0)));
    engine.index.apply(2, more.collect()).unwrap();
    engine.index.apply(3, vec![put(revoked())]).unwrap();
}

fn revoked() -> Key {
    Key {
        revoked_at: Some(population::START),
        ..population::key(0, 0)
    }
}

/// What is said of the only key in a round that began before.
fn verdict(round: &mut Round<'_>, key: Credential<'_>) -> Result<Permit, DenyReason> {
    let product = population::node(&round.engine.index);
    let facts = RequestFacts {
        credential: key,
        ..population::call("")
    };
    let ask = |_: &Rules| Ok::<_, Infallible>(facts);
    let Ok(verdict) = round.introspect_then((&product, None), ask, |decision, _| decision.verdict);
    verdict
}

fn prepared<'k>(round: &Round<'_>, text: &'k str) -> PreparedKey<'k> {
    let rules = population::node(&round.engine.index).rules();
    let keys = round.prepare([(text, &*rules)].into_iter());
    keys[0].expect("a key")
}

fn is_revoked(verdict: &Result<Permit, DenyReason>) -> bool {
    matches!(verdict, Err(DenyReason::RevokedKey { .. }))
}

#[test]
fn what_was_found_while_a_key_was_prepared_is_forgotten_with_the_next_change() {
    let (engine, text) = (engine(), population::text(0, 0));
    let mut round = engine.round();
    let key = prepared(&round, text.reveal());
    assert!(key.found.is_some());
    assert!(verdict(&mut round, Credential::Prepared(&key)).is_ok());
    engine
        .index
        .apply(2, vec![gone(&population::key(0, 0))])
        .unwrap();
    let refused = verdict(&mut round, Credential::Prepared(&key));
    assert_eq!(refused, Err(DenyReason::UnknownKey));
}

#[test]
fn nothing_that_was_found_in_tables_replaced_since_is_remembered() {
    let (engine, text) = (engine(), population::text(0, 0));
    let mut round = engine.round();
    grow_and_revoke(&engine);
    let key = prepared(&round, text.reveal());
    assert!(key.found.is_none());
    let refused = verdict(&mut round, Credential::Prepared(&key));
    assert!(is_revoked(&refused), "{refused:?}");
}

#[test]
fn a_key_that_moved_to_a_new_pepper_meanwhile_is_found() {
    let (engine, text) = (engine(), population::text(0, 0));
    let newer = SecretBytes::new([0x77; 32]);
    let before = population::key(0, 0);
    let moved = Key {
        digest: Pepper::new(2, &newer).digest(text.reveal()),
        pepper: 2,
        ..before.clone()
    };
    let all = engine.index.apply(2, vec![put(moved.clone())]);
    all.and_then(|()| {
        engine
            .index
            .apply(3, vec![put(before.clone()), gone(&moved)])
    })
    .unwrap();
    let mut round = engine.round();
    let key = prepared(&round, text.reveal());
    let others = Purpose::ALL.map(|purpose| (purpose, 2, [0x77; 32]));
    let material = others.into_iter().chain([(Purpose::Pepper, 1, [0x5e; 32])]);
    let material = material.map(|(purpose, version, secret)| KeyMaterial {
        purpose,
        version,
        secret: SecretBytes::new(secret),
    });
    engine.replace_keyring(Keyring::from_material(material.collect()).unwrap());
    engine
        .index
        .apply(4, vec![put(moved), gone(&before)])
        .unwrap();
    assert!(
        round.search.is_current(),
        "nothing but the pepper is another"
    );
    let found = verdict(&mut round, Credential::Prepared(&key));
    assert!(found.is_ok(), "{found:?}");
}

#[test]
fn a_decision_that_began_before_tables_were_replaced_is_made_on_the_new_ones() {
    let engine = engine();
    let (product, text) = (population::node(&engine.index), population::text(0, 0));
    let changed = Cell::new(false);
    // While a decision is made.
    let tell = |found: &Found, _: &Terms<'_>| {
        if !changed.replace(true) {
            grow_and_revoke(&engine);
        }
        Some(*found)
    };
    let facts = population::call(text.reveal());
    let ask = |_: &Rules| Ok::<_, Infallible>(facts);
    let approach = |_: &Presented<'_>, _: &Found| {};
    let Ok(decision) =
        engine
            .round()
            .decide((&product, None), ask, (approach, tell), |decision, _| {
                decision
            });
    assert!(is_revoked(&decision.verdict), "{:?}", decision.verdict);
}
