//! What a decision rests on while the index is changed beneath it.

use std::cell::Cell;

use super::*;
use crate::model::{Key, Record};
use crate::snapshot::Applied;
use population::Size;

#[path = "../../tests/population/mod.rs"]
mod population;

#[test]
fn a_decision_that_began_before_tables_were_replaced_is_made_on_the_new_ones() {
    let engine = population::engine(Size {
        keys: 1,
        organizations: 1,
    });
    let (product, text) = (population::node(&engine.index), population::text(0, 0));
    let put = |key: Key| Applied::Put(Record::Key(Box::new(key)), true);
    let changed = Cell::new(false);
    // While a decision is made, so many keys come that every table grows; then the key is revoked.
    let tell = |found: &Found, _: &Terms<'_>| {
        if !changed.replace(true) {
            let more = (1..5_000).map(|number| put(population::key(number, 0)));
            let revoked_at = Some(population::START);
            let revoked = Key {
                revoked_at,
                ..population::key(0, 0)
            };
            engine.index.apply(2, more.collect()).unwrap();
            engine.index.apply(3, vec![put(revoked)]).unwrap();
        }
        Some(*found)
    };
    let facts = population::call(text.reveal());
    let ask = |_: &Rules| Ok::<_, Infallible>(facts);
    let approach = |_: &Presented<'_>, _: &Found| {};
    let Ok(decision) = engine
        .round()
        .decide((&product, None), ask, (approach, tell), |decision| decision);
    let revoked = matches!(decision.verdict, Err(DenyReason::RevokedKey { .. }));
    assert!(revoked, "{:?}", decision.verdict);
}
