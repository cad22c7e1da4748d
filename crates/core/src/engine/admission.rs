//! Counting allowed calls against the rate limits that they are under.

use std::net::IpAddr;

use super::{Engine, Introspection};
use crate::decision::DenyReason;
use crate::limit::{Allowance, MOST_AT_ONCE, Needed, Subject, Visitor};
use crate::model::{KeyId, RateLimit};
use crate::policy::limits;

impl Engine {
    /// Counts an allowed call against all rate limits that it is under, and refuses it if it does
    /// not fit into one of them; then it is counted nowhere. `tick` tells milliseconds of a clock
    /// that never steps, `client` is the address the call came from.
    pub fn admit(
        &self,
        decision: &mut Introspection<'_>,
        tick: impl FnOnce() -> u64,
        client: Option<IpAddr>,
    ) {
        let needed = needed(decision, client);
        let Some(needed) = &needed else {
            return;
        };
        let mut needed = needed.iter().flatten().copied().peekable();
        if needed.peek().is_none() {
            return;
        }
        match self.limiter.take(needed, tick()) {
            Ok(allowance) => decision.allowance = allowance,
            Err(allowance) => {
                decision.allowance = Some(allowance);
                decision.verdict = Err(DenyReason::RateLimited(allowance));
            }
        }
    }

    /// What is left of the rate limit that has least left, of those that [`Engine::admit`] would
    /// count an allowed call against. Nothing is counted.
    #[must_use]
    pub fn allowance(
        &self,
        decision: &Introspection<'_>,
        tick: u64,
        client: Option<IpAddr>,
    ) -> Option<Allowance> {
        let needed = needed(decision, client)?;
        self.limiter.left(needed.into_iter().flatten(), tick)
    }

    /// Counts one more session that somebody at an address wants to make with a publishable key.
    ///
    /// # Errors
    /// What is left of `limit`, when it is one too many.
    pub fn admit_session(
        &self,
        key: KeyId,
        client: Option<IpAddr>,
        limit: RateLimit,
        tick: u64,
    ) -> Result<(), Allowance> {
        let subject = Subject::Sessions(key.to_bytes(), Visitor::Address(client));
        self.limiter
            .take([Needed { subject, limit }], tick)
            .map(drop)
    }
}

/// The windows that a call needs; a refused one needs none.
fn needed(
    decision: &Introspection<'_>,
    client: Option<IpAddr>,
) -> Option<[Option<Needed>; MOST_AT_ONCE]> {
    let (Ok(_), Some(key)) = (&decision.verdict, &decision.key) else {
        return None;
    };
    let visitor = match &decision.session {
        Some(session) => Visitor::Session(session.id.to_bytes()),
        None => Visitor::Address(client),
    };
    limits::needed(key, &decision.rules, decision.operation, visitor)
}
