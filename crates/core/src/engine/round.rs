//! The decisions themselves.

use std::borrow::Borrow;
use std::sync::Arc;

use arc_swap::Guard;

use super::digests::Digests;
use super::presented::{Presented, present};
use super::{Decision, Engine, Explanation, Introspection, NewDigest, Permit};
use crate::decision::DenyReason;
use crate::key::Keyring;
use crate::manifest::{Rules, ScopeSet};
use crate::policy::{CHECKS, Call, Case, Check};
use crate::request::RequestFacts;
use crate::session::{Session, SessionBrief, SessionError};
use crate::snapshot::{CurrentRules, Found, Identity, ProductNode, Search, Terms};

/// Decisions of one moment, with what they have in common: key material and tables are taken once
/// for all of them. Each decision is still one of the state that the index is in when it is made,
/// and what is not in force any more by then is taken anew.
pub struct Round<'e> {
    pub(super) engine: &'e Engine,
    pub(super) keyring: Guard<Arc<Keyring>>,
    pub(super) search: Search<'e>,
}

/// A decision without what is told of the key, and without its rules.
struct Judged {
    verdict: Result<Permit, DenyReason>,
    newer: Option<NewDigest>,
    scopes: ScopeSet,
    operation: Option<u16>,
    session: Option<SessionBrief>,
}

/// A key to be judged by what is asked of it.
struct Question<'q, 'f> {
    product: &'q ProductNode,
    rules: &'q CurrentRules<'q>,
    key: Presented<'f>,
    facts: &'q RequestFacts<'f>,
}

impl Engine {
    /// Begins to decide about calls that came together; to be let go soon.
    #[must_use]
    pub fn round(&self) -> Round<'_> {
        Round {
            engine: self,
            keyring: self.keyring.load(),
            search: self.index.search(),
        }
    }
}

impl<'e> Round<'e> {
    /// [`Engine::introspect`] for whoever makes something of the decision, and of the facts that it
    /// was made on, at once: both are large, and moving them about takes as long as some of the
    /// checks. It is made by the rules that are known of the product already, as long as they are in
    /// force.
    ///
    /// # Errors
    /// As there.
    #[inline]
    pub fn introspect_then<'r, 'f, F: Borrow<RequestFacts<'f>>, E, T>(
        &mut self,
        of: (&ProductNode, Option<&'r CurrentRules<'_>>),
        ask: impl Fn(&Rules) -> Result<F, E>,
        then: impl FnOnce(Introspection<'r>, &RequestFacts<'f>) -> T,
    ) -> Result<T, E>
    where
        'e: 'r,
    {
        let engine = self.engine;
        let approach = |key: &Presented<'_>, found: &Found| {
            // One that was prepared came near before, with others.
            if key.prepared.is_none() {
                engine.approach_found(found);
            }
        };
        let tell = |found: &Found, terms: &Terms<'e>| Identity::of(&engine.index, found, terms);
        self.decide(of, ask, (approach, tell), then)
    }

    /// [`Engine::explain`], in the same manner.
    ///
    /// # Errors
    /// As there.
    pub fn explain_then<'f, F: Borrow<RequestFacts<'f>>, E, T>(
        &mut self,
        product: &ProductNode,
        ask: impl Fn(&Rules) -> Result<F, E>,
        then: impl FnOnce(Explanation<'e>, &RequestFacts<'f>) -> T,
    ) -> Result<T, E> {
        let engine = self.engine;
        loop {
            let rules = product.rules();
            let facts = ask(&rules)?;
            let facts = facts.borrow();
            let session = engine.session(facts.credential, facts.now);
            let key = match present(facts.credential, session.as_ref(), &rules) {
                Ok(key) => key,
                Err(reason) => {
                    let judged = Judged::unidentified(reason);
                    let stopped = Explanation::stopped("parse", judged.under(rules, None));
                    return Ok(then(stopped, facts));
                }
            };
            let results = |case: &Case<'_, '_>| {
                let of = |(name, check): &Check| (*name, check(case).err());
                CHECKS.iter().map(of).collect::<Vec<_>>()
            };
            let tell = |found: &Found, terms: &Terms<'e>| Identity::of(&engine.index, found, terms);
            let tell = (|_: &Presented<'_>, _: &Found| {}, tell);
            let question = Question {
                product,
                rules: &rules,
                key,
                facts,
            };
            let mut told = None;
            let Some((judged, results)) = self.judge(&question, &mut told, tell, results) else {
                self.renew();
                continue;
            };
            let decision = judged.under(rules, told);
            let explained = match results {
                None => Explanation::stopped("find", decision),
                Some(results) => {
                    let known = [("parse", None), ("find", None)];
                    let checks = known.into_iter().chain(results).collect();
                    Explanation { decision, checks }
                }
            };
            return Ok(then(explained, facts));
        }
    }

    #[inline]
    pub(super) fn decide<'r, 'f, F: Borrow<RequestFacts<'f>>, K, E, T>(
        &mut self,
        (product, known): (&ProductNode, Option<&'r CurrentRules<'_>>),
        ask: impl Fn(&Rules) -> Result<F, E>,
        (approach, tell): (
            impl Fn(&Presented<'_>, &Found),
            impl Fn(&Found, &Terms<'e>) -> Option<K>,
        ),
        then: impl FnOnce(Decision<'r, K>, &RequestFacts<'f>) -> T,
    ) -> Result<T, E> {
        loop {
            let known = known.filter(|known| product.follows(known));
            let rules = known.map_or_else(|| product.rules(), CurrentRules::lent);
            let facts = ask(&rules)?;
            let facts = facts.borrow();
            let session = self.engine.session(facts.credential, facts.now);
            let mut told = None;
            let judged = match present(facts.credential, session.as_ref(), &rules) {
                Ok(key) => {
                    let question = Question {
                        product,
                        rules: &rules,
                        key,
                        facts,
                    };
                    self.judge(&question, &mut told, (&approach, &tell), |_| ())
                }
                Err(reason) => Some((Judged::unidentified(reason), None)),
            };
            if let Some((judged, _)) = judged {
                return Ok(then(judged.under(rules, told), facts));
            }
            self.renew();
        }
    }

    /// Judges a key on one state of the index, with what `more` makes of the case if it is a key of
    /// the product; `told` is then what `tell` tells of it, for which `approach` has prepared. `None`
    /// when that state has other rules, other tables or other key material.
    fn judge<K, T>(
        &self,
        question: &Question<'_, '_>,
        told: &mut Option<K>,
        (approach, tell): (
            impl Fn(&Presented<'_>, &Found),
            impl Fn(&Found, &Terms<'e>) -> Option<K>,
        ),
        more: impl Fn(&Case<'_, '_>) -> T,
    ) -> Option<(Judged, Option<T>)> {
        let Question {
            product,
            rules,
            key,
            facts,
        } = question;
        let (index, search) = (&self.engine.index, &self.search);
        let digests = Digests::of(key, &self.keyring);
        // While what belongs to the digest is on its way, the call is worked out.
        if let (Some(digests), None) = (&digests, key.prepared) {
            search.approach(&digests.newest);
        }
        let call = Call::new(facts, rules, key.session);
        index.consistently(|state| {
            *told = None;
            if !(product.follows(rules) && search.is_current()) {
                return None;
            }
            let unknown = || {
                let reason = match key.session {
                    None => DenyReason::UnknownKey,
                    Some(_) => DenyReason::InvalidSession(SessionError::Key),
                };
                Some((Judged::unidentified(reason), None))
            };
            let find = |digests: &Digests<'_, '_>| {
                let before = digests.found_at(state);
                before.or_else(|| digests.find(search))
            };
            let Some(found) = digests.as_ref().and_then(find) else {
                // It may be found by its digest under a pepper that came meanwhile.
                return self.has_current_keyring().then(unknown).flatten();
            };
            // Told last: by then it has come near.
            approach(key, &found);
            let Some(terms) = Terms::of(index, &found) else {
                return unknown();
            };
            if !terms.belongs_to(product) {
                return unknown();
            }
            let case = Case::new(&call, &terms);
            let (verdict, scopes) = (case.decide().map(|()| Permit(())), case.scopes);
            *told = tell(&found, &terms);
            if told.is_none() {
                return unknown();
            }
            let judged = Judged {
                verdict,
                newer: digests
                    .as_ref()
                    .and_then(|digests| digests.newer_than(&found)),
                scopes,
                operation: call.operation().map(|operation| operation.index),
                session: key.session.map(Session::brief),
            };
            Some((judged, Some(more(&case))))
        })
    }

    /// Takes what is in force now.
    fn renew(&mut self) {
        *self = self.engine.round();
    }

    fn has_current_keyring(&self) -> bool {
        Arc::ptr_eq(&self.keyring, &self.engine.keyring.load())
    }
}

impl Judged {
    fn unidentified(reason: DenyReason) -> Self {
        Self {
            verdict: Err(reason),
            newer: None,
            scopes: ScopeSet::default(),
            operation: None,
            session: None,
        }
    }

    fn under<K>(self, rules: CurrentRules<'_>, key: Option<K>) -> Decision<'_, K> {
        let Self {
            verdict,
            newer,
            scopes,
            operation,
            session,
        } = self;
        Decision {
            verdict,
            key,
            newer,
            scopes,
            operation,
            allowance: None,
            session,
            rules,
        }
    }
}
