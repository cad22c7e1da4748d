//! How many credits a key may spend, so that one leaked key cannot drain its organization.
//!
//! Here stands what was set. What a key has spent, and that a cap holds, is the ledger's.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The most credits that a key may spend; a part that is `None` bounds nothing. A key without any
/// cap has no `SpendCaps` at all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("minProperties" = 1))]
pub struct SpendCaps {
    /// In one day of the calendar, in UTC; 0 allows no credit at all.
    #[schemars(range(max = 9_007_199_254_740_991_u64))]
    pub day: Option<u64>,
    /// In one month of the calendar, in UTC; 0 allows no credit at all.
    #[schemars(range(max = 9_007_199_254_740_991_u64))]
    pub month: Option<u64>,
    /// In all, for as long as the key exists; 0 allows no credit at all.
    #[schemars(range(max = 9_007_199_254_740_991_u64))]
    pub total: Option<u64>,
}

impl SpendCaps {
    /// The largest cap: up to here every reader of JSON keeps whole numbers exactly (RFC 8259 §6).
    pub const MOST: u64 = (1 << 53) - 1;

    /// The caps of a day, of a month and in all; nothing where none of them is set.
    #[must_use]
    pub fn from_parts([day, month, total]: [Option<u64>; 3]) -> Option<Self> {
        let caps = Self { day, month, total };
        (!caps.is_empty()).then_some(caps)
    }

    /// What [`Self::from_parts`] takes.
    #[must_use]
    pub fn parts(caps: Option<Self>) -> [Option<u64>; 3] {
        let Self { day, month, total } = caps.unwrap_or_default();
        [day, month, total]
    }

    /// Whether nothing is bounded.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether `after` bounds anything that `before` does not, or bounds it closer. Counts of what
    /// was spent go on, so only the numbers matter.
    #[must_use]
    pub fn narrows(before: Option<Self>, after: Option<Self>) -> bool {
        let before = Self::parts(before).map(|cap| cap.unwrap_or(u64::MAX));
        let after = Self::parts(after).map(|cap| cap.unwrap_or(u64::MAX));
        before
            .iter()
            .zip(after)
            .any(|(before, after)| after < *before)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caps(day: Option<u64>, month: Option<u64>, total: Option<u64>) -> Option<SpendCaps> {
        SpendCaps::from_parts([day, month, total])
    }

    #[test]
    fn caps_that_bound_nothing_are_no_caps() {
        assert_eq!(caps(None, None, None), None);
        let one = caps(None, Some(0), None);
        assert_eq!(SpendCaps::parts(one), [None, Some(0), None]);
        assert_eq!(SpendCaps::parts(None), [None; 3]);
    }

    #[test]
    fn a_new_or_tighter_cap_narrows_whatever_else_is_loosened() {
        let narrow = [
            (None, caps(None, None, Some(SpendCaps::MOST))),
            (caps(Some(5), None, None), caps(Some(4), None, None)),
            (caps(Some(5), None, None), caps(Some(0), None, None)),
            (caps(Some(5), None, None), caps(Some(9), Some(1), None)),
            (caps(Some(5), None, None), caps(None, None, Some(5))),
        ];
        for (before, after) in narrow {
            assert!(SpendCaps::narrows(before, after), "{before:?} → {after:?}");
        }
        let wide = [
            (None, None),
            (caps(Some(5), None, None), None),
            (caps(Some(5), Some(7), None), caps(Some(6), None, None)),
            (caps(Some(5), Some(7), None), caps(Some(5), Some(7), None)),
        ];
        for (before, after) in wide {
            assert!(!SpendCaps::narrows(before, after), "{before:?} → {after:?}");
        }
    }
}
