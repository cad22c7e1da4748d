//! A question is made of the rules that it is decided by: numbers of scopes mean nothing under
//! others.

mod population;

use std::cell::Cell;
use std::convert::Infallible;

use keystile_core::decision::{Code, DenyReason};
use keystile_core::engine::Engine;
use keystile_core::manifest::{Rules, ScopeSet};
use keystile_core::model::{Key, Record};
use keystile_core::request::{Asked, RequestFacts};
use keystile_core::snapshot::Applied;
use population::{MANIFEST, Size};

/// The manifest with the scopes `a` and `b` in the other order, so that each has the other's
/// number.
fn turned_around() -> String {
    let turned = MANIFEST.replacen("name = \"a\"", "name = \"?\"", 1);
    let turned = turned.replacen(
        "name = \"b\"\ndescription = \"List",
        "name = \"a\"\ndescription = \"List",
        1,
    );
    let turned = turned.replacen("name = \"?\"", "name = \"b\"", 1);
    let (first, second) = ("publishable = true\n", "description = \"List events\"\n");
    turned
        .replacen(first, "", 1)
        .replacen(second, &format!("{second}{first}"), 1)
}

/// An engine with one key that has the scope `b` and no other.
fn engine() -> Engine {
    let engine = population::engine(Size {
        keys: 0,
        organizations: 1,
    });
    let key = Key {
        scopes: Some(vec!["b".to_owned()].into()),
        ..population::key(0, 0)
    };
    let row = vec![Applied::Put(Record::Key(Box::new(key)), true)];
    engine.index().apply(2, row).expect("it fits");
    engine
}

/// Makes the question whether a key has `scope`; while the first is made, the manifest is turned
/// around.
fn question<'f>(
    engine: &Engine,
    text: &'f str,
    scope: &str,
    asked: &Cell<u32>,
) -> impl Fn(&Rules) -> Result<RequestFacts<'f>, Infallible> {
    move |rules| {
        let needed = ScopeSet::only(rules.scope_id(scope).expect("a scope"));
        asked.set(asked.get() + 1);
        if asked.get() == 1 {
            let product = population::product(&turned_around());
            let row = vec![Applied::Put(Record::Product(product), true)];
            engine.index().apply(3, row).expect("it fits");
        }
        Ok(RequestFacts {
            asked: Asked::Scopes(needed),
            ..population::call(text)
        })
    }
}

#[test]
fn a_question_made_of_old_rules_is_made_again() {
    for (scope, expected) in [("a", Code::InsufficientScope), ("b", Code::Ok)] {
        let (engine, asked, text) = (engine(), Cell::new(0), population::text(0, 0));
        let product = population::node(engine.index());
        let question = question(&engine, text.reveal(), scope, &asked);
        let Ok(decision) = engine.introspect(&product, question);
        let code = decision.verdict.map_or_else(DenyReason::code, |_| Code::Ok);
        assert_eq!((code, asked.get()), (expected, 2), "{scope}");
    }
}

#[test]
fn an_explanation_rests_on_one_edition_of_the_rules() {
    let (engine, asked, text) = (engine(), Cell::new(0), population::text(0, 0));
    let product = population::node(engine.index());
    let question = question(&engine, text.reveal(), "a", &asked);
    let Ok(explained) = engine.explain(&product, question);
    assert!(!explained.decision.is_allowed());
    assert_eq!(asked.get(), 2);
}
