//! What the lists of keys grant, close together.
//!
//! Thousands of keys share a policy, and a verify reads a few words of it. Those stand here, by
//! number, so that an index of a million keys finds them in a processor's cache.

use std::sync::atomic::{AtomicU8, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::segments::Segments;
use crate::manifest::{Rules, ScopeSet};
use crate::model::Kind;

const LISTS_SCOPES: u8 = 1;
const LISTS_ORIGINS: u8 = 2;
const LISTS_IPS: u8 = 4;

/// What a verify reads of a policy: its scopes, and which other lists there are.
#[derive(Debug, Default)]
#[repr(align(64))]
pub(super) struct Grant {
    scopes: [AtomicU64; 4],
    lists: AtomicU8,
}

/// All grants by number. Numbers that nobody uses any more are given out again.
#[derive(Debug, Default)]
pub(super) struct Grants {
    all: Segments<Grant>,
    count: AtomicU32,
    unused: Mutex<Vec<u32>>,
}

/// One grant, for as long as a policy has it.
#[derive(Debug)]
pub(super) struct OwnGrant {
    grants: Arc<Grants>,
    number: u32,
}

/// Which lists a policy has.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lists {
    pub(super) scopes: bool,
    pub(super) origins: bool,
    pub(super) ips: bool,
}

impl Grants {
    /// A grant for a policy with these lists. It has no scopes yet.
    pub(super) fn take(self: &Arc<Self>, lists: Lists) -> OwnGrant {
        let unused = self.unused().pop();
        let number = unused.unwrap_or_else(|| self.count.fetch_add(1, Ordering::Relaxed));
        let own = OwnGrant {
            grants: Arc::clone(self),
            number,
        };
        let bits = [
            (lists.scopes, LISTS_SCOPES),
            (lists.origins, LISTS_ORIGINS),
            (lists.ips, LISTS_IPS),
        ];
        let bits = bits.into_iter().filter(|(has, _)| *has);
        let bits = bits.fold(0, |all, (_, bit)| all | bit);
        if let Some(grant) = self.all.grown_to(number) {
            grant.lists.store(bits, Ordering::Release);
        }
        own.set_scopes(ScopeSet::EMPTY);
        own
    }

    /// The grant of that number.
    #[inline]
    pub(super) fn get(&self, number: u32) -> Option<&Grant> {
        self.all.get(number)
    }

    fn unused(&self) -> std::sync::MutexGuard<'_, Vec<u32>> {
        self.unused.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl OwnGrant {
    /// Its number.
    pub(super) fn number(&self) -> u32 {
        self.number
    }

    /// Sets which scopes the listed names are.
    pub(super) fn set_scopes(&self, scopes: ScopeSet) {
        let Some(grant) = self.grants.get(self.number) else {
            return;
        };
        for (word, bits) in grant.scopes.iter().zip(scopes.words()) {
            word.store(bits, Ordering::Release);
        }
    }
}

impl Drop for OwnGrant {
    /// The number may serve another policy at once: entries hold their policy, so no entry in the
    /// index has the number any more, and whoever read it from one before decides again.
    fn drop(&mut self) {
        self.grants.unused().push(self.number);
    }
}

impl Grant {
    /// The scopes of a key of that kind under `rules`. A publishable key never gets one that is
    /// not marked for it, whatever its list or the manifest's default says.
    #[inline]
    pub(super) fn scopes(&self, kind: Kind, rules: &Rules) -> ScopeSet {
        let own = if self.has(LISTS_SCOPES) {
            let [a, b, c, d] = &self.scopes;
            ScopeSet::from_words([a, b, c, d].map(|word| word.load(Ordering::Acquire)))
        } else {
            rules.kind(kind).default_scopes
        };
        match kind {
            Kind::Secret => own,
            Kind::Publishable => own.intersection(&rules.publishable_scopes()),
        }
    }

    /// Whether there is a list of origins.
    #[inline]
    pub(super) fn lists_origins(&self) -> bool {
        self.has(LISTS_ORIGINS)
    }

    /// Whether there is a list of addresses.
    #[inline]
    pub(super) fn lists_ips(&self) -> bool {
        self.has(LISTS_IPS)
    }

    fn has(&self, list: u8) -> bool {
        self.lists.load(Ordering::Acquire) & list != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: Lists = Lists {
        scopes: false,
        origins: false,
        ips: false,
    };

    #[test]
    fn a_number_is_given_out_again_and_keeps_nothing() {
        let grants = Arc::new(Grants::default());
        let rules = Rules::operator().unwrap();
        let listed = Lists {
            scopes: true,
            ..NONE
        };
        let first = grants.take(listed);
        let (number, other) = (first.number(), grants.take(listed));
        first.set_scopes(rules.all_scopes());
        drop(first);
        let again = grants.take(listed);
        assert_eq!(again.number(), number);
        assert_ne!(other.number(), number);
        let scopes = grants.get(number).unwrap().scopes(Kind::Secret, &rules);
        assert!(scopes.is_empty());
    }
}
