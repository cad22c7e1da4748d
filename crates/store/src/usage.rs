//! What is kept of the uses of keys, and how a day of a key is packed.
//!
//! A year of ten thousand busy keys is three and a half million days. Packed, a day of a key in
//! use around the clock takes little more than a hundred bytes.

use std::collections::BTreeMap;

use keystile_core::decision::Code;
use keystile_core::model::{EnvironmentId, KeyId, OrganizationId, Timestamp};

use crate::packed::{Unpacker, pack_number};

/// How many values may be added at once: so few that a revoke never waits for long behind them.
pub const MAX_USES: usize = 1_000;

/// Hours of a day.
pub(crate) const HOURS: u32 = 24;

/// The last use of a value of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValueUse {
    /// The key.
    pub key: KeyId,
    /// The start of the value.
    pub start: String,
    /// When.
    pub at: Timestamp,
    /// From where, roughly.
    pub address: Option<String>,
    /// For which operation.
    pub operation: Option<String>,
}

/// Whose usage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UsageOf {
    /// That of one key.
    Key(KeyId),
    /// That of all keys in an environment, deleted ones too.
    Environment(EnvironmentId),
    /// That of all keys of an organization, deleted ones too.
    Organization(OrganizationId),
}

/// So many calls of an hour ended with a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct HourCount {
    /// Hours since 1970.
    pub hour: u32,
    /// How the calls ended.
    pub code: Code,
    /// How many.
    pub count: u64,
}

/// The counts of one day of a key, by the hour of the day and the number of the code.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Day(BTreeMap<(u8, u8), u64>);

impl Day {
    /// Adds calls of an hour of the day.
    pub(crate) fn add(&mut self, hour: u8, code: Code, count: u64) {
        let sum = self.0.entry((hour, code.number())).or_default();
        *sum = sum.saturating_add(count);
    }

    /// Reads a packed day; `None` if it is not one.
    pub(crate) fn unpack(bytes: &[u8]) -> Option<Self> {
        let (mut day, mut bytes) = (Self::default(), Unpacker::new(bytes));
        while !bytes.is_done() {
            let [hour, code] = bytes.array()?;
            day.0.insert((hour, code), bytes.number()?);
        }
        Some(day)
    }

    /// Packs it: hour, code and count one after the other.
    pub(crate) fn pack(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.0.len() * 5);
        for ((hour, code), count) in &self.0 {
            bytes.extend([*hour, *code]);
            pack_number(*count, &mut bytes);
        }
        bytes
    }

    /// Its counts. Codes of a newer version are left out.
    pub(crate) fn counts(&self) -> impl Iterator<Item = (u8, Code, u64)> {
        self.0
            .iter()
            .filter_map(|((hour, code), count)| Some((*hour, Code::from_number(*code)?, *count)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_read_as_it_was_packed() {
        let mut day = Day::default();
        for (hour, count) in (0..24).zip([1, 127, 128, 16_383, 16_384, u64::MAX].iter().cycle()) {
            day.add(hour, Code::Ok, *count);
            day.add(hour, Code::InsufficientScope, 1);
            day.add(hour, Code::InsufficientScope, 2);
        }
        assert_eq!(Day::unpack(&day.pack()), Some(day.clone()));
        assert!(day.counts().any(|count| count == (5, Code::Ok, u64::MAX)));
        assert!(
            day.counts()
                .any(|count| count == (9, Code::InsufficientScope, 3))
        );
    }

    #[test]
    fn a_busy_day_is_small() {
        let mut day = Day::default();
        for hour in 0..24 {
            day.add(hour, Code::Ok, 10_000);
            day.add(hour, Code::InsufficientScope, 3);
        }
        assert!(day.pack().len() <= 24 * 7);
    }

    #[test]
    fn what_is_no_day_is_not_read_as_one() {
        let endless = [
            0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        ];
        for bytes in [&[1][..], &[1, 2], &[1, 2, 0x80], &endless] {
            assert_eq!(Day::unpack(bytes), None);
        }
        let newer = Day::unpack(&[3, 250, 7]).unwrap();
        assert_eq!(newer.counts().count(), 0, "a code of a newer version");
        assert_eq!(newer.pack(), [3, 250, 7], "but it is kept");
    }
}
