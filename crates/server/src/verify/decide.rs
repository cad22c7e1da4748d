//! Asking the engine, and what follows from an answer beside the answer itself.

use keystile_core::engine::Decision;
use keystile_core::request::{Credential, RequestFacts};
use keystile_core::snapshot::ProductNode;

use super::answer;
use crate::app::{App, Rehash};
use crate::metrics::Door;

/// Decides, counts, and remembers what should be done later.
pub(super) fn decide(
    app: &App,
    door: Door,
    product: &ProductNode,
    facts: &RequestFacts<'_>,
) -> Decision {
    let decision = app.engine.verify(product, facts);
    note(app, door, facts, &decision);
    decision
}

/// What every decision leaves behind.
pub(super) fn note(app: &App, door: Door, facts: &RequestFacts<'_>, decision: &Decision) {
    app.metrics.verdict(door, answer::code(decision));
    let (Credential::Text(text), Some(found)) = (facts.credential, &decision.key) else {
        return;
    };
    if let Some((new, pepper)) = app.engine.newer_digest(text, found) {
        let rehash = Rehash {
            key: found.id(),
            old: *found.digest(),
            new,
            pepper,
        };
        // When too many wait, the key's next use asks again.
        let _ = app.rehashes.try_send(rehash);
    }
}
