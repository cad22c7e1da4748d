//! What keys were used for since somebody last asked: when last, from where, for what, how often.
//!
//! An allowed call is noted in a place of its own for each value of a key, without a lock and
//! without memory being taken. Refusals, which are rarer, are counted in small maps. Nothing here
//! decides anything, and nothing here is durable: whoever writes it down collects it now and then.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use super::address::{ADDRESS_BITS, CoarseAddress};
use crate::decision::Code;
use crate::model::{KeyId, Timestamp};
use crate::segments::Segments;

/// Hours that are told apart in one place. Between two collections there are never that many.
const HOURS: u32 = 4;

/// Maps among which refusals are spread.
const SHARDS: usize = 16;

const HOUR_MILLIS: i64 = 3_600_000;

/// Texts that can be named in the bits that are left beside an address.
const MOST_NAMES: u32 = (1 << 14) - 1;

/// One allowed call.
#[derive(Debug, Clone, Copy)]
pub(super) struct Use {
    pub(super) at: Timestamp,
    pub(super) address: Option<CoarseAddress>,
    /// The number of the operation's text.
    pub(super) operation: Option<u32>,
}

/// The last use of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastUse {
    /// When.
    pub at: Timestamp,
    /// From where, roughly, where that is kept.
    pub address: Option<CoarseAddress>,
    /// For which operation, where it was for one.
    pub operation: Option<Arc<str>>,
}

/// What one value of a key was used for since the last collection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Collected {
    /// The key.
    pub key: KeyId,
    /// The start of the value, which tells it from the key's other value.
    pub start: String,
    /// Its last allowed call, if there was any.
    pub last: Option<LastUse>,
    /// How often calls ended with which code, by hours since 1970.
    pub counts: Vec<(u32, Code, u64)>,
}

/// What is noted of a value.
#[derive(Debug, Default)]
#[repr(align(32))]
struct Place {
    at: AtomicU64,
    /// Allowed calls by hour, two hours in each word.
    allowed: [AtomicU64; 2],
    /// Where and for what.
    about: AtomicU64,
}

/// What all values were used for, by the numbers of their cards.
#[derive(Debug)]
pub(super) struct Uses {
    places: Segments<Place>,
    /// The hour from which on places tell hours apart.
    base: AtomicU32,
    refused: [Mutex<Counts>; SHARDS],
    names: Names,
}

/// By card, hour and code.
type Counts = HashMap<(u32, u32, Code), u64>;

/// What was noted at a place.
pub(super) struct Noted {
    pub(super) last: Option<LastUse>,
    pub(super) counts: Vec<(u32, Code, u64)>,
}

impl Default for Uses {
    fn default() -> Self {
        Self {
            places: Segments::default(),
            base: AtomicU32::new(0),
            refused: std::array::from_fn(|_| Mutex::default()),
            names: Names::default(),
        }
    }
}

impl Uses {
    /// Makes the place of a card that is to be written, so that nothing needs to be made when it is
    /// used. What is left there of a value that is gone is forgotten.
    pub(super) fn make_place(&self, card: u32) {
        let Some(place) = self.places.grown_to(card) else {
            return;
        };
        if place.at.load(Ordering::Relaxed) != 0 {
            place.about.store(0, Ordering::Relaxed);
            place.at.store(0, Ordering::Relaxed);
        }
    }

    /// The last allowed call that was noted of a card, whether it was taken meanwhile or not.
    pub(super) fn last(&self, card: u32) -> Option<LastUse> {
        let place = self.places.get(card)?;
        let at = place.at.load(Ordering::Relaxed);
        (at > 0).then(|| self.last_at(place, at))
    }

    fn last_at(&self, place: &Place, at: u64) -> LastUse {
        let about = place.about.load(Ordering::Relaxed);
        LastUse {
            at: Timestamp::from_millis(i64::try_from(at).unwrap_or(0)),
            address: CoarseAddress::from_bits(about & ((1 << ADDRESS_BITS) - 1)),
            operation: self.names.text(about >> ADDRESS_BITS),
        }
    }

    /// A word of the place of a card.
    #[inline]
    pub(super) fn word(&self, card: u32) -> Option<&AtomicU64> {
        Some(&self.places.get(card)?.at)
    }

    /// Notes an allowed call.
    #[inline]
    pub(super) fn note(&self, card: u32, used: Use) {
        let hour = hour_of(used.at);
        let base = self.base.load(Ordering::Relaxed);
        let Some(place) = self.places.get(card) else {
            return;
        };
        let at = u64::try_from(used.at.millis()).unwrap_or(0);
        if place.at.load(Ordering::Relaxed) < at {
            place.at.store(at, Ordering::Relaxed);
        }
        let about = about(&used);
        if place.about.load(Ordering::Relaxed) != about {
            place.about.store(about, Ordering::Relaxed);
        }
        // The last hour that can be told apart is kept free, so that whoever comes late by an hour
        // is still told apart.
        if hour.wrapping_sub(base) < HOURS - 1 {
            let [even, odd] = &place.allowed;
            let word = if hour.is_multiple_of(2) { even } else { odd };
            let one = if hour % HOURS < 2 { 1 } else { 1 << 32 };
            // Whoever sees the count sees what came before it.
            word.fetch_add(one, Ordering::Release);
        } else {
            self.count(card, hour, Code::Ok);
        }
    }

    /// Counts a call that ended with that code.
    pub(super) fn count(&self, card: u32, hour: u32, code: Code) {
        let mut counts = self.shard(card);
        *counts.entry((card, hour, code)).or_default() += 1;
    }

    fn shard(&self, card: u32) -> MutexGuard<'_, Counts> {
        let [first, ..] = &self.refused;
        let shard = self.refused.get(card as usize % SHARDS).unwrap_or(first);
        shard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes what was counted in maps.
    pub(super) fn take_counts(&self) -> HashMap<u32, Vec<(u32, Code, u64)>> {
        let mut all = HashMap::<_, Vec<_>>::new();
        for shard in &self.refused {
            let counts = std::mem::take(&mut *shard.lock().unwrap_or_else(PoisonError::into_inner));
            for ((card, hour, code), count) in counts {
                all.entry(card).or_default().push((hour, code, count));
            }
        }
        all
    }

    /// Takes what was noted of a card, together with what was counted of it elsewhere; `None` if
    /// nothing was.
    pub(super) fn take(&self, card: u32, counted: Option<Vec<(u32, Code, u64)>>) -> Option<Noted> {
        let place = self.places.get(card)?;
        let [even, odd] = &place.allowed;
        let take = |word: &AtomicU64| match word.load(Ordering::Relaxed) {
            0 => 0,
            _ => word.swap(0, Ordering::Acquire),
        };
        let words = [take(even), take(odd)];
        let counted = counted.unwrap_or_default();
        if words == [0, 0] && counted.is_empty() {
            return None;
        }
        let allowed = words != [0, 0] || counted.iter().any(|(_, code, _)| *code == Code::Ok);
        let base = self.base.load(Ordering::Relaxed);
        let slots = [(0, 0, 0), (1, 1, 0), (2, 0, 32), (3, 1, 32)];
        let counts = slots
            .into_iter()
            .filter_map(|(slot, word, shift): (u32, usize, u32)| {
                let count = (words.get(word)? >> shift) & u64::from(u32::MAX);
                let ahead = slot.wrapping_sub(base) % HOURS;
                // Nothing is noted that far ahead, so it is from the hour before.
                let hour = match ahead {
                    3 => base.wrapping_sub(1),
                    ahead => base.wrapping_add(ahead),
                };
                (count > 0).then_some((hour, Code::Ok, count))
            });
        let at = place.at.load(Ordering::Relaxed);
        Some(Noted {
            counts: counts.chain(counted).collect(),
            last: allowed.then(|| self.last_at(place, at)),
        })
    }

    /// Says that everything that was noted before this is collected.
    pub(super) fn collected(&self, now: Timestamp) {
        let base = hour_of(now).saturating_sub(1);
        self.base.fetch_max(base, Ordering::Relaxed);
    }

    /// The number of the text of an operation.
    pub(super) fn name(&self, text: &str) -> Option<u32> {
        self.names.number(text)
    }
}

/// Hours since 1970.
pub(super) fn hour_of(at: Timestamp) -> u32 {
    u32::try_from(at.millis() / HOUR_MILLIS).unwrap_or(0)
}

fn about(used: &Use) -> u64 {
    let address = used.address.map_or(0, CoarseAddress::bits);
    let operation = used.operation.map_or(0, |number| u64::from(number) + 1);
    operation << ADDRESS_BITS | address
}

/// Texts of operations by number. There are few, and none is ever forgotten.
#[derive(Debug, Default)]
struct Names {
    numbers: Mutex<HashMap<Arc<str>, u32>>,
    texts: Segments<OnceLock<Arc<str>>>,
}

impl Names {
    fn number(&self, text: &str) -> Option<u32> {
        let mut numbers = self.numbers.lock().unwrap_or_else(PoisonError::into_inner);
        let next = u32::try_from(numbers.len()).ok()?;
        match numbers.entry(text.into()) {
            Entry::Occupied(known) => Some(*known.get()),
            Entry::Vacant(_) if next >= MOST_NAMES => None,
            Entry::Vacant(place) => {
                self.texts
                    .grown_to(next)?
                    .set(Arc::clone(place.key()))
                    .ok()?;
                Some(*place.insert(next))
            }
        }
    }

    /// The text of a number that has one added to it.
    fn text(&self, above: u64) -> Option<Arc<str>> {
        let number = u32::try_from(above.checked_sub(1)?).ok()?;
        self.texts.get(number)?.get().map(Arc::clone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::IpAddr;

    fn at(hour: u32) -> Timestamp {
        Timestamp::from_millis(i64::from(hour) * HOUR_MILLIS + 5)
    }

    fn note(uses: &Uses, hour: u32) {
        let used = Use {
            at: at(hour),
            address: None,
            operation: None,
        };
        uses.note(0, used);
    }

    /// What is counted by hour, wherever.
    fn counted(uses: &Uses) -> Vec<(u32, u64)> {
        let counted = uses.take_counts().remove(&0);
        let all = uses.take(0, counted).map_or(Vec::new(), |noted| {
            assert!(noted.last.is_some(), "whatever hour it was");
            noted.counts
        });
        let mut hours = HashMap::<u32, u64>::new();
        all.into_iter()
            .for_each(|(hour, _, count)| *hours.entry(hour).or_default() += count);
        let mut hours: Vec<_> = hours.into_iter().collect();
        hours.sort_unstable();
        hours
    }

    #[test]
    fn calls_are_counted_in_the_hour_in_which_they_were_made() {
        for first in 500_000..500_008 {
            let uses = Uses::default();
            uses.make_place(0);
            for hour in first..first + 9 {
                uses.collected(at(hour));
                // From the hour before, of this one, of the next, and long after.
                let hours = [hour - 1, hour, hour, hour + 1, hour + 5];
                hours.into_iter().for_each(|hour| note(&uses, hour));
                let expected = [(hour - 1, 1), (hour, 2), (hour + 1, 1), (hour + 5, 1)];
                assert_eq!(counted(&uses), expected);
            }
        }
    }

    #[test]
    fn somebody_who_comes_an_hour_late_is_counted_where_they_belong() {
        let uses = Uses::default();
        uses.make_place(0);
        uses.collected(at(1001));
        note(&uses, 1000);
        // In between, the hours moved on.
        uses.collected(at(1002));
        assert_eq!(counted(&uses), [(1000, 1)]);
    }

    #[test]
    fn the_last_use_says_when_whence_and_for_what() {
        let uses = Uses::default();
        uses.make_place(3);
        let used = |minute: i64, address: &str, operation| Use {
            at: Timestamp::from_millis(minute * 60_000),
            address: Some(CoarseAddress::from(address.parse::<IpAddr>().unwrap())),
            operation: uses.name(operation),
        };
        uses.note(3, used(7, "192.0.2.1", "GET /a"));
        uses.note(3, used(9, "2001:db8::1", "GET /b"));
        let last = uses.take(3, None).unwrap().last.unwrap();
        assert_eq!(last.at, Timestamp::from_millis(9 * 60_000));
        assert_eq!(last.address.unwrap().to_string(), "2001:db8::/48");
        assert_eq!(last.operation.as_deref(), Some("GET /b"));
        assert!(uses.take(3, None).is_none(), "it is given once");
        assert_eq!(uses.last(3), Some(last), "and known on");
        uses.make_place(3);
        assert_eq!(uses.last(3), None, "but not to the next value");
        assert_eq!(size_of::<Place>(), 32);
    }
}
