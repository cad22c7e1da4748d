//! Where an entry stands in the ledger, and how its id tells that.

use crate::model::{SpendId, Timestamp, random_id_bytes};

/// Bits of an id that hold the index in the group; those of the group's number stand before them.
const INDEX_BITS: u32 = 16;
const GROUP_BITS: u32 = 46;

/// The most entries of one group.
pub const MAX_ENTRIES: usize = 1 << INDEX_BITS;

/// The place of an entry: its group, and which of the group it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// The number of the group, from 1; there are no gaps.
    pub group: u64,
    /// Which entry of the group, from 0.
    pub index: u16,
}

impl Place {
    /// The id of the charge that stands here, in a group written at that time: a UUIDv7 (RFC 9562
    /// §5.7) whose last 62 bits are the place.
    #[must_use]
    pub fn spend_id(self, at: Timestamp) -> SpendId {
        let place = (u128::from(self.group) << INDEX_BITS) | u128::from(self.index);
        let mask = (1_u128 << (GROUP_BITS + INDEX_BITS)) - 1;
        SpendId::from_u128(random_id_bytes(at, [0; 10]) | (place & mask))
    }

    /// Where the charge of that id stands, if it is one. The group's time must be
    /// [`written_at`](Self::written_at) too.
    #[must_use]
    pub fn of(spend: SpendId) -> Option<Self> {
        let raw = spend.as_u128();
        let mask = (1_u128 << GROUP_BITS) - 1;
        let place = Self {
            group: u64::try_from((raw >> INDEX_BITS) & mask).ok()?,
            index: u16::try_from(raw & 0xffff).ok()?,
        };
        let again = place.spend_id(Self::written_at(spend));
        (place.group > 0 && again == spend).then_some(place)
    }

    /// When the charge of that id was written.
    #[must_use]
    pub fn written_at(spend: SpendId) -> Timestamp {
        Timestamp::from_millis(i64::try_from(spend.as_u128() >> 80).unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_leads_to_its_place_and_no_other_id_does() {
        let at = Timestamp::from_millis(1_795_000_000_123);
        for (group, index) in [(1, 0), (1, 65_535), ((1 << 46) - 1, 7)] {
            let place = Place { group, index };
            let id = place.spend_id(at);
            assert_eq!(Place::of(id), Some(place));
            assert_eq!(Place::written_at(id), at);
            for bit in [62, 63, 64, 75, 76, 79] {
                let other = SpendId::from_u128(id.as_u128() ^ (1 << bit));
                assert_eq!(Place::of(other), None, "bit {bit}");
            }
        }
        let none = Place { group: 0, index: 3 };
        assert_eq!(Place::of(none.spend_id(at)), None);
    }
}
