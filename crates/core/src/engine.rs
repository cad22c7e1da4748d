//! The read path, whole: is this key good for this call?
//!
//! Synchronous and without a clock: the time is one of the facts. A decision about a key takes no
//! memory and no lock. Two things that may follow or precede it take one for a moment, among many so
//! that requests seldom meet: counting an allowed call against rate limits ([`Engine::admit`]), and
//! finding a session whose token was checked before. A token that is new is checked and remembered,
//! which takes memory.

mod admission;
mod digests;
mod explanation;
mod preparation;
mod presented;
mod round;
mod strangers;

use std::convert::Infallible;
use std::sync::Arc;

use arc_swap::ArcSwap;

use digests::Digests;
pub use explanation::Explanation;
use presented::Presented;
pub use round::Round;
pub use strangers::{STRANGERS, Stranger};

use crate::decision::DenyReason;
use crate::key::{ForeignHash, KeyDigest, Keyring, ParsedKey};
use crate::limit::{Allowance, Limiter};
use crate::manifest::{Rules, ScopeSet};
use crate::model::{EnvironmentId, KeyId, Timestamp};
use crate::request::{Credential, KeyText, RequestFacts};
use crate::session::{self, Session, SessionBrief, SessionError, Verified};
use crate::snapshot::{CurrentRules, Found, Identity, Index, ProductNode, Terms};

/// How many windows of rate limits there may be at once: keys, and clients of publishable keys.
/// Most of them take some 60 bytes.
const WINDOWS: usize = 1 << 21;

/// Decides, on the index it keeps.
#[derive(Debug)]
pub struct Engine {
    index: Arc<Index>,
    keyring: ArcSwap<Keyring>,
    limiter: Limiter,
    /// Whose session tokens are taken, by the address they name; empty takes none.
    issuer: Box<str>,
    sessions: Verified,
}

/// Proof that the engine allowed a call. Nobody else can make one, and doors need one to hand out
/// identity headers, so a call that was not verified cannot be given them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Permit(());

/// A digest under the newest pepper.
#[derive(Debug, Clone, Copy)]
pub struct NewDigest {
    /// The digest.
    pub digest: KeyDigest,
    /// The number of the pepper.
    pub pepper: u32,
}

/// Whose a value is.
#[derive(Debug)]
pub struct Owner {
    /// The key.
    pub key: KeyId,
    /// The environment that owns the key.
    pub environment: EnvironmentId,
    /// The product of that environment.
    pub product: Arc<ProductNode>,
}

/// What the engine says of a call.
#[derive(Debug)]
pub struct Decision<'r, K> {
    /// Allowed, or why not.
    pub verdict: Result<Permit, DenyReason>,
    /// The key that was presented, when it is one of the product.
    pub key: Option<K>,
    /// The digest that key should be found by from now on, when it was found under an older
    /// pepper.
    pub newer: Option<NewDigest>,
    /// The scopes that key has at this moment, or the session that was made with it.
    pub scopes: ScopeSet,
    /// The operation that the call names, by its place in the manifest.
    pub operation: Option<u16>,
    /// What is left of the rate limit that has least left, if there is any; see [`Engine::admit`].
    pub allowance: Option<Allowance>,
    /// The session, when its token was presented in place of the key.
    pub session: Option<SessionBrief>,
    /// The rules that this was decided by.
    pub rules: CurrentRules<'r>,
}

/// A decision that tells whose key it is.
pub type Introspection<'i> = Decision<'i, Identity<'i>>;

impl Engine {
    /// Decides on an index with the key material that its digests were made with.
    #[must_use]
    pub fn new(index: Arc<Index>, keyring: Keyring) -> Self {
        Self {
            index,
            keyring: ArcSwap::from_pointee(keyring),
            limiter: Limiter::new(WINDOWS),
            issuer: Box::default(),
            sessions: Verified::default(),
        }
    }

    /// Takes session tokens that name this address as their issuer; without one, none.
    #[must_use]
    pub fn with_issuer(self, issuer: Option<String>) -> Self {
        let issuer = issuer.unwrap_or_default().into();
        Self { issuer, ..self }
    }

    /// The address that session tokens name as their issuer.
    #[must_use]
    pub fn issuer(&self) -> Option<&str> {
        Some(&*self.issuer).filter(|issuer| !issuer.is_empty())
    }

    /// How many times the signature of a session token was checked.
    #[must_use]
    pub fn signatures_checked(&self) -> u64 {
        self.sessions.checked()
    }

    /// The index, for whoever keeps it current.
    #[must_use]
    pub fn index(&self) -> &Index {
        &self.index
    }

    /// Lets the index be, for good. A process that ends need not give back a million entries one by
    /// one, while whoever waits for its data directory waits.
    pub fn abandon_index(&self) {
        std::mem::forget(Arc::clone(&self.index));
    }

    /// The key material in use.
    #[must_use]
    pub fn keyring(&self) -> arc_swap::Guard<Arc<Keyring>> {
        self.keyring.load()
    }

    /// Takes new key material into use, at once for all calls that begin afterwards.
    pub fn replace_keyring(&self, keyring: Keyring) {
        self.keyring.store(Arc::new(keyring));
    }

    /// The product that a key belongs to, or that of a session token, whatever its state; of a
    /// foreign text that nobody has, one that takes keys which begin like it. `None` where no
    /// product could answer for it.
    #[must_use]
    pub fn product_of(&self, key: &str, now: Timestamp) -> Option<Arc<ProductNode>> {
        match self.session(Credential::Text(key), now) {
            Some(session) => self.product_of_key(session.ok()?.value()),
            None => self.product_of_key(key),
        }
    }

    fn product_of_key(&self, key: &str) -> Option<Arc<ProductNode>> {
        let keyring = self.keyring.load();
        let found = |text| {
            let key = Presented::unprepared(text);
            let found = Digests::of(&key, &keyring)?.find(&self.index.search())?;
            self.index.product_of(&found)
        };
        if let Some(own) = ParsedKey::recognise(key) {
            return found(KeyText::Own(own));
        }
        let mut likely = None;
        for product in self.index.products().iter() {
            let Ok(text @ KeyText::Foreign { .. }) = KeyText::read(key, &product.rules()) else {
                continue;
            };
            if found(text).is_some_and(|owner| Arc::ptr_eq(&owner, product)) {
                return Some(Arc::clone(product));
            }
            likely = Some(Arc::clone(product));
        }
        likely
    }

    /// The value that another system's digest stands for, whichever product it belongs to and
    /// whatever its state.
    #[must_use]
    pub fn find_foreign(&self, hash: &ForeignHash) -> Option<Found> {
        let keyring = self.keyring.load();
        let digests = keyring.peppers().iter();
        let mut digests = digests.map(|pepper| pepper.digest_foreign(hash));
        digests.find_map(|digest| self.index.find(&digest))
    }

    /// Whose value that is. `None` when it is gone since it was found.
    #[must_use]
    pub fn owner_of(&self, found: &Found) -> Option<Owner> {
        self.index.consistently(|_| {
            let found = self.index.find(found.digest())?;
            let terms = Terms::of(&self.index, &found)?;
            let identity = Identity::of(&self.index, &found, &terms)?;
            Some(Owner {
                key: identity.id(),
                environment: identity.environment_id(),
                product: self.index.product_of(&found)?,
            })
        })
    }

    /// Decides about one call to one product, on facts that mean the same under whatever rules.
    ///
    /// The answer is that of one state of the index: should a change be applied meanwhile, the
    /// decision is made again on the new state.
    #[must_use]
    pub fn verify(&self, product: &ProductNode, facts: &RequestFacts<'_>) -> Decision<'_, Found> {
        let Ok(decision) = self.round().decide(
            (product, None),
            |_| Ok::<_, Infallible>(facts),
            (|_: &Presented<'_>, _: &Found| {}, |found, _| Some(*found)),
            |decision, _| decision,
        );
        decision
    }

    /// Decides on the facts that `ask` makes of the product's rules, which give numbers to scopes,
    /// and tells whose key it is. When the rules change meanwhile, `ask` is asked again.
    ///
    /// # Errors
    /// Whatever `ask` says.
    pub fn introspect<'f, E>(
        &self,
        product: &ProductNode,
        ask: impl Fn(&Rules) -> Result<RequestFacts<'f>, E>,
    ) -> Result<Introspection<'_>, E> {
        let mut round = self.round();
        round.introspect_then((product, None), ask, |decision, _| decision)
    }

    /// Decides like [`Engine::introspect`], and gives every check's own result beside.
    ///
    /// # Errors
    /// Whatever `ask` says.
    pub fn explain<'f, E>(
        &self,
        product: &ProductNode,
        ask: impl Fn(&Rules) -> Result<RequestFacts<'f>, E>,
    ) -> Result<Explanation<'_>, E> {
        let mut round = self.round();
        round.explain_then(product, ask, |explained, _| explained)
    }

    /// Lets come near what is told of a value, and what a call with it is counted in once it is
    /// allowed.
    #[inline]
    fn approach_found(&self, found: &Found) {
        let (key, environment) = (found.key_number(), found.environment_number());
        self.limiter.approach(key, environment);
        self.index.approach_found(found);
    }

    /// The session of a credential that is a token.
    fn session(
        &self,
        credential: Credential<'_>,
        now: Timestamp,
    ) -> Option<Result<Arc<Session>, SessionError>> {
        let Credential::Text(text) = credential else {
            return None;
        };
        session::is_token(text).then(|| {
            let keyring = self.keyring.load();
            let ours = (keyring.signing(), &*self.issuer);
            self.sessions.session(text, ours, now)
        })
    }
}

impl<K> Decision<'_, K> {
    /// Whether the call is allowed.
    #[must_use]
    pub const fn is_allowed(&self) -> bool {
        self.verdict.is_ok()
    }
}

#[cfg(test)]
mod tests;
