//! What the lists of keys grant, close together.
//!
//! Thousands of keys share a policy, and a verify reads a few words of it. Those stand here, by
//! number, so that an index of a million keys finds them in a processor's cache; and beside them,
//! for the few keys that have any, the lists that are read as a whole.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU32, AtomicU64, Ordering};

use arc_swap::{ArcSwapOption, Guard};

use super::numbers::Numbers;
use crate::manifest::{Rules, ScopeSet};
use crate::model::{Binding, Kind};
use crate::policy::{IpList, OriginList};
use crate::segments::Segments;

const LISTS_SCOPES: u8 = 1;
const HAS_LISTS: u8 = 2;
const IS_BOUND: u8 = 4;

/// What a verify reads of a policy: its scopes, and whether there are other lists.
#[derive(Debug, Default)]
#[repr(align(64))]
pub(super) struct Grant {
    scopes: [AtomicU64; 4],
    has: AtomicU8,
    /// Values in the index that have this policy, and whoever is about to put one there.
    users: AtomicU32,
}

/// The lists of a policy that are read as a whole.
#[derive(Debug)]
pub(super) struct Lists {
    pub(super) origins: Option<OriginList>,
    pub(super) ips: Option<IpList>,
    pub(super) binding: Option<Binding>,
}

/// Held while lists are read.
pub(super) type ListsGuard = Guard<Option<Arc<Lists>>>;

/// All grants by number. Numbers that nobody uses any more are given out again.
#[derive(Debug, Default)]
pub(super) struct Grants {
    all: Segments<Grant>,
    lists: Segments<ArcSwapOption<Lists>>,
    numbers: Numbers,
}

impl Grants {
    /// A grant for a policy with these lists, with one user. It has no scopes yet.
    pub(super) fn take(&self, lists_scopes: bool, lists: Lists) -> u32 {
        let number = self.numbers.take();
        let (has_lists, is_bound) = (!lists.is_empty(), lists.binding.is_some());
        if has_lists && let Some(place) = self.lists.grown_to(number) {
            place.store(Some(Arc::new(lists)));
        }
        if let Some(grant) = self.all.grown_to(number) {
            let bits = [
                (lists_scopes, LISTS_SCOPES),
                (has_lists, HAS_LISTS),
                (is_bound, IS_BOUND),
            ];
            let bits = bits.into_iter().filter(|(has, _)| *has);
            let bits = bits.fold(0, |all, (_, bit)| all | bit);
            grant.has.store(bits, Ordering::Release);
            grant.users.store(1, Ordering::Release);
            grant.set_scopes(ScopeSet::EMPTY);
        }
        number
    }

    /// The grant of that number.
    #[inline]
    pub(super) fn get(&self, number: u32) -> Option<&Grant> {
        self.all.get(number)
    }

    /// A word of a grant.
    #[inline]
    pub(super) fn word(&self, number: u32) -> Option<&AtomicU64> {
        let [first, ..] = &self.all.get(number)?.scopes;
        Some(first)
    }

    /// The lists of that number.
    pub(super) fn lists(&self, number: u32) -> Option<ListsGuard> {
        Some(self.lists.get(number)?.load())
    }

    /// One user more.
    pub(super) fn hold(&self, number: u32) {
        if let Some(grant) = self.get(number) {
            grant.users.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// One user fewer.
    pub(super) fn release(&self, number: u32) {
        if let Some(grant) = self.get(number) {
            grant.users.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// Whether anybody uses it.
    pub(super) fn is_used(&self, number: u32) -> bool {
        let used = |grant: &Grant| grant.users.load(Ordering::Relaxed) > 0;
        self.get(number).is_some_and(used)
    }

    /// Frees a grant that nobody uses. The number may serve another policy at once: no slot of the
    /// index has it any more, and whoever read it from one before decides again.
    pub(super) fn give_back(&self, number: u32) {
        if let Some(place) = self.lists.get(number) {
            place.store(None);
        }
        self.numbers.give_back(number);
    }
}

impl Lists {
    fn is_empty(&self) -> bool {
        self.origins.is_none() && self.ips.is_none() && self.binding.is_none()
    }
}

impl Grant {
    /// Sets which scopes the listed names are.
    pub(super) fn set_scopes(&self, scopes: ScopeSet) {
        for (word, bits) in self.scopes.iter().zip(scopes.words()) {
            word.store(bits, Ordering::Release);
        }
    }

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

    /// Whether there are lists of origins or addresses, or a binding.
    #[inline]
    pub(super) fn has_lists(&self) -> bool {
        self.has(HAS_LISTS)
    }

    /// Whether there is a binding.
    #[inline]
    pub(super) fn is_bound(&self) -> bool {
        self.has(IS_BOUND)
    }

    fn has(&self, what: u8) -> bool {
        self.has.load(Ordering::Acquire) & what != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: Lists = Lists {
        origins: None,
        ips: None,
        binding: None,
    };

    #[test]
    fn a_number_is_given_out_again_and_keeps_nothing() {
        let grants = Grants::default();
        let rules = Rules::operator().unwrap();
        let ips = Some(IpList::default());
        let first = grants.take(true, Lists { ips, ..NONE });
        let other = grants.take(true, NONE);
        grants.get(first).unwrap().set_scopes(rules.all_scopes());
        assert!(grants.get(first).unwrap().has_lists() && grants.is_used(first));
        grants.release(first);
        assert!(!grants.is_used(first) && grants.is_used(other));
        grants.give_back(first);
        assert_eq!(grants.take(true, NONE), first);
        let grant = grants.get(first).unwrap();
        assert!(grant.scopes(Kind::Secret, &rules).is_empty() && !grant.has_lists());
        assert!(grants.lists(first).is_none_or(|lists| lists.is_none()));
    }
}
