//! Maps by identifier.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// A map by identifier. Nobody but Keystile makes identifiers, so nobody can make them collide,
/// and a hash that only spreads them is enough.
pub(crate) type IdMap<Id, T> = HashMap<Id, T, BuildHasherDefault<Spread>>;

/// Spreads the bits of one number.
#[derive(Debug, Default)]
pub(crate) struct Spread(u64);

/// 2^64 divided by the golden ratio, which spreads numbers well (Knuth, TAOCP 3, §6.4).
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

impl Spread {
    fn add(&mut self, part: u64) {
        let mixed = (self.0 ^ part).wrapping_mul(GOLDEN);
        self.0 = mixed ^ (mixed >> 32);
    }
}

impl Hasher for Spread {
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.add(u64::from(*byte)));
    }

    fn write_u128(&mut self, id: u128) {
        let high = u64::try_from(id >> 64).unwrap_or(0);
        let low = u64::try_from(id & u128::from(u64::MAX)).unwrap_or(0);
        self.add(high);
        self.add(low);
    }

    /// What tells variants apart.
    fn write_isize(&mut self, variant: isize) {
        self.add(u64::from_le_bytes(variant.to_le_bytes()));
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::KeyId;
    use std::collections::HashSet;
    use std::hash::{BuildHasher, BuildHasherDefault};

    #[test]
    fn neighbours_go_to_different_places() {
        let hash = BuildHasherDefault::<Spread>::default();
        for step in [1_u128, 1 << 64, 1 << 100] {
            let places =
                (0..4096).map(|number| hash.hash_one(KeyId::from_u128(number * step)) % 4096);
            let places: HashSet<_> = places.collect();
            assert!(places.len() > 2000, "{step}: {}", places.len());
        }
    }
}
