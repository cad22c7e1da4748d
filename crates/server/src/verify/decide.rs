//! Asking the engine, and what follows from an answer beside the answer itself.

use std::borrow::Borrow;

use keystile_core::credit::Spent;
use keystile_core::decision::DenyReason;
use keystile_core::engine::{Explanation, Introspection, Round};
use keystile_core::manifest::Rules;
use keystile_core::model::Kind;
use keystile_core::request::RequestFacts;
use keystile_core::snapshot::{CurrentRules, ProductNode};

use super::answer;
use super::spend::{Bill, Payment};
use crate::app::{App, Exposed, Rehash};
use crate::metrics::Door;

/// How much of a request is there while its caller is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Only its head. The caller is checked again when all of it is there, so being let through now
    /// leaves nothing behind: no count, no use, no call less under a rate limit.
    Head,
    /// All of it.
    Whole,
    /// All of it, and it is about its own key: no call less under a rate limit, whose holder may
    /// see what is left, and end the key, also when nothing is.
    OwnKey,
}

/// What is told of a decision, and what the call is to pay. Until that is paid, nothing is noted of
/// the call.
#[derive(Debug)]
pub(super) struct Decided<T> {
    pub(super) told: T,
    pub(super) bill: Option<Box<Bill>>,
}

/// Decides on the facts that `ask` makes of the product's rules, which may be known already, counts,
/// and remembers what should be done later; gives what `tell` makes of the decision.
///
/// # Errors
/// Whatever `ask` says.
pub(super) fn decide<'f, F: Borrow<RequestFacts<'f>>, E, T>(
    app: &App,
    (round, door): (&mut Round<'_>, Door),
    (product, known, payment): (&ProductNode, Option<&CurrentRules<'_>>, Payment<'_>),
    ask: impl Fn(&Rules) -> Result<F, E>,
    tell: impl FnOnce(&Introspection<'_>, &RequestFacts<'f>) -> T,
) -> Result<Decided<T>, E> {
    let state = app.engine.index().state();
    round.introspect_then((product, known), ask, |mut decision, facts| {
        let bill = settle(app, facts, &mut decision, payment, (door, state));
        let told = tell(&decision, facts);
        Decided { told, bill }
    })
}

/// Decides again about a call whose bill was paid or could not be: it may have lost its right
/// meanwhile; gives what `tell` makes of the decision. Whoever asked has been counted before.
///
/// # Errors
/// Whatever `ask` says.
pub(super) fn decide_again<'f, E, T>(
    app: &App,
    door: Door,
    (product, paid): (&ProductNode, Result<Spent, DenyReason>),
    ask: impl Fn(&Rules) -> Result<RequestFacts<'f>, E>,
    tell: impl FnOnce(&Introspection<'_>, &RequestFacts<'f>) -> T,
) -> Result<T, E> {
    let mut round = app.engine.round();
    round.introspect_then((product, None), ask, |mut decision, facts| {
        conclude(app, facts, &mut decision, paid);
        app.metrics.verdict(door, answer::code(&decision));
        tell(&decision, facts)
    })
}

/// [`decide`] about a request of which perhaps only the head is there.
///
/// # Errors
/// As there.
pub(super) fn decide_at<'a, 'f, E>(
    app: &'a App,
    (door, stage): (Door, Stage),
    product: &ProductNode,
    ask: impl Fn(&Rules) -> Result<RequestFacts<'f>, E>,
) -> Result<Introspection<'a>, E> {
    let decision = decide_for(app, stage, product, ask)?;
    if stage != Stage::Head || !decision.is_allowed() {
        app.metrics.verdict(door, answer::code(&decision));
    }
    Ok(decision)
}

/// [`decide_at`] for a call that is counted elsewhere.
///
/// # Errors
/// As there.
pub(super) fn decide_for<'a, 'f, E>(
    app: &'a App,
    stage: Stage,
    product: &ProductNode,
    ask: impl Fn(&Rules) -> Result<RequestFacts<'f>, E>,
) -> Result<Introspection<'a>, E> {
    let mut round = app.engine.round();
    round.introspect_then((product, None), ask, |mut decision, facts| {
        if stage == Stage::Head && decision.is_allowed() {
            return decision;
        }
        if stage != Stage::OwnKey {
            admit(app, facts, &mut decision);
        }
        remember(app, facts, &decision);
        decision
    })
}

/// Like [`decide`], with every check's own result.
///
/// # Errors
/// As there.
pub(super) fn explain<'a, 'f, E>(
    app: &'a App,
    door: Door,
    (product, payment): (&ProductNode, Payment<'_>),
    ask: impl Fn(&Rules) -> Result<RequestFacts<'f>, E>,
) -> Result<Decided<Explanation<'a>>, E> {
    let (mut round, state) = (app.engine.round(), app.engine.index().state());
    round.explain_then(product, ask, |mut told, facts| {
        let judged = told.decision.is_allowed();
        let bill = settle(app, facts, &mut told.decision, payment, (door, state));
        if judged {
            // Counted only when everything else allows it.
            let refused = told.decision.verdict.err();
            told.checks.push(("rate_limit", refused));
        }
        Decided { told, bill }
    })
}

/// Like [`decide_again`], with every check's own result.
///
/// # Errors
/// As there.
pub(super) fn explain_again<'a, 'f, E>(
    app: &'a App,
    door: Door,
    (product, paid): (&ProductNode, Result<Spent, DenyReason>),
    ask: impl Fn(&Rules) -> Result<RequestFacts<'f>, E>,
) -> Result<Explanation<'a>, E> {
    let mut round = app.engine.round();
    round.explain_then(product, ask, |mut explained, facts| {
        if explained.decision.is_allowed() {
            explained.checks.push(("rate_limit", None));
            explained.checks.push(("credits", paid.err()));
        }
        conclude(app, facts, &mut explained.decision, paid);
        app.metrics.verdict(door, answer::code(&explained.decision));
        explained
    })
}

/// Counts a call that is otherwise allowed against its rate limits, and remembers how it ended. One
/// that has to pay first has not ended.
fn settle(
    app: &App,
    facts: &RequestFacts<'_>,
    decision: &mut Introspection<'_>,
    payment: Payment<'_>,
    (door, state): (Door, Option<u64>),
) -> Option<Box<Bill>> {
    admit(app, facts, decision);
    let bill = Bill::of(app, decision, payment, (door, state), facts);
    let bill = bill.unwrap_or_else(|reason| {
        decision.verdict = Err(reason);
        None
    });
    if bill.is_none() {
        remember(app, facts, decision);
        app.metrics.verdict(door, answer::code(decision));
    }
    bill
}

/// Counts a call that is otherwise allowed against its rate limits.
fn admit(app: &App, facts: &RequestFacts<'_>, decision: &mut Introspection<'_>) {
    if decision.is_allowed() {
        app.engine.admit(decision, || app.tick(), facts.ip);
    }
}

/// Ends a call whose bill was paid or could not be.
fn conclude(
    app: &App,
    facts: &RequestFacts<'_>,
    decision: &mut Introspection<'_>,
    paid: Result<Spent, DenyReason>,
) {
    if decision.is_allowed() {
        decision.allowance = app.engine.allowance(decision, app.tick(), facts.ip);
        if let Err(reason) = paid {
            decision.verdict = Err(reason);
        }
    }
    remember(app, facts, decision);
}

/// What is remembered of a decision for whoever looks after the key.
fn remember(app: &App, facts: &RequestFacts<'_>, decision: &Introspection<'_>) {
    let Some(key) = &decision.key else {
        return;
    };
    let index = app.engine.index();
    match decision.verdict {
        Ok(_) => {
            let operation = decision.operation;
            let operation = operation.and_then(|index| decision.rules.number_of(index));
            index.note_allowed(key.found(), facts.now, facts.ip, operation);
        }
        Err(reason) => index.note_refused(key.found(), facts.now, reason.code()),
    }
    if let Some(newer) = &decision.newer {
        let rehash = Rehash {
            key: key.id(),
            old: *key.digest(),
            new: newer.digest,
            pepper: newer.pepper,
        };
        // When too many wait, the key's next use asks again.
        let _ = app.rehashes.try_send(rehash);
    }
    let can_expose = || key.kind() == Kind::Secret && !key.is_exposed() && !key.is_retiring();
    if facts.from_browser && can_expose() && is_alive(decision) {
        // As above.
        let _ = app.exposures.try_send(Exposed::new(key, decision.newer));
    }
}

/// Whether the key itself still works: one that is dead cannot be exposed any more.
fn is_alive(decision: &Introspection<'_>) -> bool {
    use DenyReason::{DisabledKey, ExpiredKey, RevokedKey, Undecided};
    !matches!(
        decision.verdict,
        Err(RevokedKey { .. } | ExpiredKey { .. } | DisabledKey { .. } | Undecided)
    )
}
