//! Scopes as small numbers, and sets of them as 256 bits, so that a verify compares words.

use std::fmt;

/// The number of a scope within one compiled manifest; it means nothing in another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ScopeId(pub(super) u8);

impl ScopeId {
    /// The position of the scope in the manifest.
    #[must_use]
    pub const fn index(self) -> u8 {
        self.0
    }

    const fn word_and_bit(self) -> (usize, u64) {
        ((self.0 >> 6) as usize, 1 << (self.0 & 63))
    }
}

/// A set of scopes of one compiled manifest.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct ScopeSet([u64; 4]);

impl ScopeSet {
    /// No scope.
    pub const EMPTY: Self = Self([0; 4]);

    /// The set of these 256 bits, lowest scope first.
    #[must_use]
    pub const fn from_words(words: [u64; 4]) -> Self {
        Self(words)
    }

    /// Its 256 bits, lowest scope first.
    #[must_use]
    pub const fn words(self) -> [u64; 4] {
        self.0
    }

    /// The set of one scope.
    #[must_use]
    pub fn only(scope: ScopeId) -> Self {
        let mut set = Self::EMPTY;
        set.insert(scope);
        set
    }

    /// Adds a scope.
    pub fn insert(&mut self, scope: ScopeId) {
        let (word, bit) = scope.word_and_bit();
        if let Some(slot) = self.0.get_mut(word) {
            *slot |= bit;
        }
    }

    /// Whether the scope is among them.
    #[must_use]
    pub fn contains(&self, scope: ScopeId) -> bool {
        let (word, bit) = scope.word_and_bit();
        self.0.get(word).is_some_and(|slot| slot & bit != 0)
    }

    /// Whether every scope of `other` is among them.
    #[must_use]
    pub const fn is_superset(&self, other: &Self) -> bool {
        let ([a, b, c, d], [e, f, g, h]) = (self.0, other.0);
        (e & !a) | (f & !b) | (g & !c) | (h & !d) == 0
    }

    /// The scopes that are in both.
    #[must_use]
    pub const fn intersection(&self, other: &Self) -> Self {
        let ([a, b, c, d], [e, f, g, h]) = (self.0, other.0);
        Self([a & e, b & f, c & g, d & h])
    }

    /// The scopes that are in either.
    #[must_use]
    pub const fn union(&self, other: &Self) -> Self {
        let ([a, b, c, d], [e, f, g, h]) = (self.0, other.0);
        Self([a | e, b | f, c | g, d | h])
    }

    /// The scopes of this set that `other` lacks.
    #[must_use]
    pub const fn difference(&self, other: &Self) -> Self {
        let ([a, b, c, d], [e, f, g, h]) = (self.0, other.0);
        Self([a & !e, b & !f, c & !g, d & !h])
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        let [a, b, c, d] = self.0;
        a | b | c | d == 0
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.iter().count()
    }

    /// The scopes in the order of the manifest.
    pub fn iter(&self) -> impl Iterator<Item = ScopeId> + use<> {
        let [first, later @ ..] = self.0;
        Scopes {
            word: first,
            base: 0,
            later,
        }
    }
}

/// Takes the lowest bit off, word by word: most sets are small.
struct Scopes {
    word: u64,
    base: u8,
    later: [u64; 3],
}

impl Iterator for Scopes {
    type Item = ScopeId;

    #[inline]
    fn next(&mut self) -> Option<ScopeId> {
        while self.word == 0 {
            let [next, a, b] = self.later;
            if next | a | b == 0 {
                return None;
            }
            (self.word, self.later) = (next, [a, b, 0]);
            self.base += 64;
        }
        let bit = u8::try_from(self.word.trailing_zeros()).ok()?;
        self.word &= self.word - 1;
        Some(ScopeId(self.base | bit))
    }
}

impl FromIterator<ScopeId> for ScopeSet {
    fn from_iter<I: IntoIterator<Item = ScopeId>>(scopes: I) -> Self {
        let mut set = Self::EMPTY;
        for scope in scopes {
            set.insert(scope);
        }
        set
    }
}

impl fmt::Debug for ScopeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set()
            .entries(self.iter().map(ScopeId::index))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn set(of: &BTreeSet<u8>) -> ScopeSet {
        of.iter().copied().map(ScopeId).collect()
    }

    proptest! {
        #[test]
        fn a_scope_set_behaves_as_a_set(a: BTreeSet<u8>, b: BTreeSet<u8>) {
            let (left, right) = (set(&a), set(&b));
            prop_assert_eq!(left.intersection(&right), set(&(&a & &b)));
            prop_assert_eq!(left.union(&right), set(&(&a | &b)));
            prop_assert_eq!(left.difference(&right), set(&(&a - &b)));
            prop_assert_eq!(left.is_superset(&right), a.is_superset(&b));
            prop_assert_eq!(left.len(), a.len());
            prop_assert_eq!(left.is_empty(), a.is_empty());
            for scope in 0..=u8::MAX {
                prop_assert_eq!(left.contains(ScopeId(scope)), a.contains(&scope));
            }
        }
    }
}
