//! The read path, whole: is this key good for this call?
//!
//! Synchronous, without allocation, without a lock that two requests share, and without a clock:
//! the time is one of the facts.

use std::sync::Arc;

use arc_swap::ArcSwap;

use crate::decision::DenyReason;
use crate::key::{KeyDigest, Keyring, ParsedKey};
use crate::manifest::{Rules, ScopeSet};
use crate::policy::{CHECKS, Case};
use crate::request::{Credential, RequestFacts};
use crate::snapshot::{Found, Index, KeyEntry, ProductNode};

/// Decides, on the index it keeps.
#[derive(Debug)]
pub struct Engine {
    index: Arc<Index>,
    keyring: ArcSwap<Keyring>,
}

/// Proof that the engine allowed a call. Nobody else can make one, and doors need one to hand out
/// identity headers, so a call that was not verified cannot be given them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Permit(());

/// What the engine says of a call.
#[derive(Debug)]
pub struct Decision {
    /// Allowed, or why not.
    pub verdict: Result<Permit, DenyReason>,
    /// The key that was presented, when it is one of the product.
    pub key: Option<Found>,
    /// The scopes that key has at this moment.
    pub scopes: ScopeSet,
}

impl Engine {
    /// Decides on an index with the key material that its digests were made with.
    #[must_use]
    pub fn new(index: Arc<Index>, keyring: Keyring) -> Self {
        Self {
            index,
            keyring: ArcSwap::from_pointee(keyring),
        }
    }

    /// The index, for whoever keeps it current.
    #[must_use]
    pub fn index(&self) -> &Index {
        &self.index
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

    /// The product that a key belongs to, if there is such a key, whatever its state.
    #[must_use]
    pub fn product_of(&self, key: &str) -> Option<Arc<ProductNode>> {
        let key = ParsedKey::parse(key).ok()?;
        let found = self.find(&self.keyring.load(), key)?;
        Some(Arc::clone(found.environment().product()))
    }

    /// Decides about one call to one product.
    ///
    /// The answer is that of one state of the index: should a change be applied meanwhile, the
    /// decision is made again on the new state.
    #[must_use]
    pub fn verify(&self, product: &ProductNode, facts: &RequestFacts<'_>) -> Decision {
        match parse(facts.credential) {
            Ok(key) => {
                let keyring = self.keyring.load();
                self.index
                    .consistently(|| self.judge(&keyring, product, key, facts))
            }
            Err(reason) => Decision::unidentified(reason),
        }
    }

    /// Decides like [`Engine::verify`], and gives every check's own result beside.
    #[must_use]
    pub fn explain(&self, product: &ProductNode, facts: &RequestFacts<'_>) -> Explanation {
        let key = match parse(facts.credential) {
            Ok(key) => key,
            Err(reason) => return Explanation::stopped("parse", Decision::unidentified(reason)),
        };
        let keyring = self.keyring.load();
        self.index.consistently(|| {
            let decision = self.judge(&keyring, product, key, facts);
            let Some(found) = decision.key.as_ref() else {
                return Explanation::stopped("find", decision);
            };
            let rules = product.rules();
            let case = Case::new(facts, found, &rules);
            let known = [("parse", None), ("find", None)];
            let others = CHECKS
                .iter()
                .map(|(name, check)| (*name, check(&case).err()));
            let checks = known.into_iter().chain(others).collect();
            Explanation { decision, checks }
        })
    }

    fn judge(
        &self,
        keyring: &Keyring,
        product: &ProductNode,
        key: ParsedKey<'_>,
        facts: &RequestFacts<'_>,
    ) -> Decision {
        let found = self
            .find(keyring, key)
            .filter(|found| found.belongs_to(product));
        let Some(found) = found else {
            return Decision::unidentified(DenyReason::UnknownKey);
        };
        let rules: &Rules = &product.rules();
        let case = Case::new(facts, &found, rules);
        let (verdict, scopes) = (case.decide().map(|()| Permit(())), case.scopes);
        Decision {
            verdict,
            key: Some(found),
            scopes,
        }
    }

    /// The digest of a key under the current pepper, with that pepper's number, when the entry was
    /// found under an older one: then it is time to remake it.
    #[must_use]
    pub fn newer_digest(&self, key: &str, found: &KeyEntry) -> Option<(KeyDigest, u32)> {
        let keyring = self.keyring.load();
        let (pepper, older) = keyring.peppers().split_first()?;
        if older.is_empty() {
            return None;
        }
        let digest = pepper.digest(key);
        (digest != *found.digest()).then(|| (digest, pepper.version()))
    }

    /// Looks a key up under the newest pepper first, then under those that still have keys.
    fn find(&self, keyring: &Keyring, key: ParsedKey<'_>) -> Option<Found> {
        let mut digests = keyring
            .peppers()
            .iter()
            .map(|pepper| pepper.digest(key.text()));
        digests.find_map(|digest: KeyDigest| self.index.find(&digest))
    }
}

fn parse(credential: Credential<'_>) -> Result<ParsedKey<'_>, DenyReason> {
    match credential {
        Credential::Missing => Err(DenyReason::MissingCredential),
        Credential::Conflicting => Err(DenyReason::ConflictingCredentials),
        Credential::NotText => Err(DenyReason::MalformedKey(
            crate::key::KeyFormatError::Character,
        )),
        Credential::Text(text) => ParsedKey::parse(text).map_err(DenyReason::MalformedKey),
    }
}

impl Decision {
    fn unidentified(reason: DenyReason) -> Self {
        Self {
            verdict: Err(reason),
            key: None,
            scopes: ScopeSet::default(),
        }
    }

    /// Whether the call is allowed.
    #[must_use]
    pub const fn is_allowed(&self) -> bool {
        self.verdict.is_ok()
    }
}

/// A decision with every check's own result.
#[derive(Debug)]
pub struct Explanation {
    /// The decision.
    pub decision: Decision,
    /// Each check's name, and why it fails if it does.
    pub checks: Vec<(&'static str, Option<DenyReason>)>,
}

impl Explanation {
    fn stopped(at: &'static str, decision: Decision) -> Self {
        let checks = vec![(at, decision.verdict.err())];
        Self { decision, checks }
    }
}
