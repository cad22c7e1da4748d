//! Asking the engine, and what follows from an answer beside the answer itself.

use keystile_core::engine::Introspection;
use keystile_core::manifest::Rules;
use keystile_core::request::RequestFacts;
use keystile_core::snapshot::ProductNode;

use super::answer;
use crate::app::{App, Rehash};
use crate::metrics::Door;

/// Decides on the facts that `ask` makes of the product's rules, counts, and remembers what should
/// be done later.
///
/// # Errors
/// Whatever `ask` says.
pub(super) fn decide<'a, 'f, E>(
    app: &'a App,
    door: Door,
    product: &ProductNode,
    ask: impl Fn(&Rules) -> Result<RequestFacts<'f>, E>,
) -> Result<Introspection<'a>, E> {
    let decision = app.engine.introspect(product, ask)?;
    note(app, door, &decision);
    Ok(decision)
}

/// What every decision leaves behind.
pub(super) fn note(app: &App, door: Door, decision: &Introspection<'_>) {
    app.metrics.verdict(door, answer::code(decision));
    if let (Some(newer), Some(found)) = (&decision.newer, &decision.key) {
        let rehash = Rehash {
            key: found.id(),
            old: *found.digest(),
            new: newer.digest,
            pepper: newer.pepper,
        };
        // When too many wait, the key's next use asks again.
        let _ = app.rehashes.try_send(rehash);
    }
}
