//! What is told of keys, a cache line for each, by number.
//!
//! A card is written in place, so readers need nothing that keeps it alive. What has no room on it
//! stands elsewhere: long texts, and the times at which the few keys end that have an end.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::{ArcSwapOption, Guard};

use super::cells::{IdCell, TEXT, TextCell};
use super::numbers::Numbers;
use crate::bytes;
use crate::model::{Key, RateLimit, SpendCaps, Timestamp};
use crate::segments::Segments;

/// Stands for "never".
pub(super) const NEVER: Timestamp = Timestamp::from_millis(i64::MAX);

/// When a key stops working, each [`NEVER`] where there is no such time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ends {
    pub(super) expires_at: Timestamp,
    /// When the key was revoked, or this value of it ends.
    pub(super) ends_at: Timestamp,
    pub(super) disabled_at: Timestamp,
}

impl Ends {
    pub(super) const NONE: Self = Self {
        expires_at: NEVER,
        ends_at: NEVER,
        disabled_at: NEVER,
    };

    pub(super) fn of(key: &Key, value_ends: Timestamp) -> Self {
        let ended = key.revoked_at.or(key.deleted_at).unwrap_or(NEVER);
        let disabled = || key.disabled_at.unwrap_or(key.created_at);
        Self {
            expires_at: key.expires_at.unwrap_or(NEVER),
            ends_at: ended.min(value_ends),
            disabled_at: if key.enabled { NEVER } else { disabled() },
        }
    }
}

/// What is told of one value of a key.
#[derive(Debug, Default)]
#[repr(align(64))]
struct Card {
    id: IdCell,
    text: TextCell,
    about: AtomicU64,
}

/// How long the texts on a card are, each less than 256 bytes; where more is told: the number after
/// that, or nothing; and whether the name has nothing to escape in JSON.
#[derive(Debug, Clone, Copy)]
struct About(u64);

/// What a card has no room for.
#[derive(Debug)]
struct More {
    ends: Ends,
    rate_limit: Option<RateLimit>,
    spend_caps: Option<SpendCaps>,
    /// Name, start and metadata, where they are long.
    texts: Option<[Box<[u8]>; 3]>,
}

type MoreGuard = Guard<Option<Arc<More>>>;

/// What a card tells, as it was at one moment.
#[derive(Debug)]
pub(super) struct CardRead {
    pub(super) id: [u8; 16],
    text: [u8; TEXT],
    about: About,
    more: Option<MoreGuard>,
}

/// All cards by number, and what is told beside them.
#[derive(Debug, Default)]
pub(super) struct Cards {
    all: Segments<Card>,
    numbers: Numbers,
    resting: Mutex<Resting>,
    more: Segments<ArcSwapOption<More>>,
    more_numbers: Numbers,
}

/// Cards of values that are gone. What they were used for is still to be collected, and whoever
/// found such a value may still have to note it: so they rest from one collection to the next but
/// one.
#[derive(Debug, Default)]
struct Resting {
    since_last: Vec<u32>,
    longer: Vec<u32>,
}

impl Cards {
    /// A number for a card that is to be written.
    pub(super) fn take(&self) -> u32 {
        self.numbers.take()
    }

    /// Writes a card anew; whether its key has ends.
    pub(super) fn write(&self, number: u32, key: &Key, start: &str, ends: Ends) -> bool {
        let Some(card) = self.all.grown_to(number) else {
            return false;
        };
        let metadata = key.metadata.as_deref().unwrap_or_default();
        let texts = [key.name.as_str(), start, metadata].map(str::as_bytes);
        let short = texts.iter().map(|text| text.len()).sum::<usize>() <= TEXT;
        let has_ends = ends != Ends::NONE;
        let is_limited = key.rate_limit.is_some() || key.spend_caps.is_some();
        let more = (has_ends || !short || is_limited).then(|| More {
            ends,
            rate_limit: key.rate_limit,
            spend_caps: key.spend_caps,
            texts: (!short).then(|| texts.map(Box::from)),
        });
        let place = self.put_more(card.about().more(), more);
        card.id.put(key.id.to_bytes());
        card.text.put(if short { &texts } else { &[] });
        let lengths = texts.map(|text| if short { text.len() } else { 0 });
        let plain = !bytes::any(key.name.as_bytes(), bytes::is_escaped);
        let about = About::of(lengths, place, plain);
        card.about.store(about.0, Ordering::Relaxed);
        has_ends
    }

    /// Puts more in the place where it was before, if there was one; gives where it is now.
    fn put_more(&self, place: Option<u32>, more: Option<More>) -> Option<u32> {
        match (place, more) {
            (None, None) => None,
            (Some(place), None) => {
                self.more.get(place)?.store(None);
                self.more_numbers.give_back(place);
                None
            }
            (place, Some(more)) => {
                let place = place.unwrap_or_else(|| self.more_numbers.take());
                self.more.grown_to(place)?.store(Some(Arc::new(more)));
                Some(place)
            }
        }
    }

    /// Lets a card rest. Nothing in the index names it any more.
    pub(super) fn rest(&self, number: u32) {
        self.resting().since_last.push(number);
    }

    /// Frees the cards that have rested for long enough.
    pub(super) fn wake(&self) {
        let mut resting = self.resting();
        let since_last = std::mem::take(&mut resting.since_last);
        for number in std::mem::replace(&mut resting.longer, since_last) {
            if let Some(card) = self.all.get(number) {
                self.put_more(card.about().more(), None);
                let nothing = About::of([0; 3], None, true);
                card.about.store(nothing.0, Ordering::Relaxed);
                self.numbers.give_back(number);
            }
        }
    }

    fn resting(&self) -> MutexGuard<'_, Resting> {
        self.resting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many numbers were ever given to cards.
    pub(super) fn count(&self) -> u32 {
        self.numbers.count()
    }

    /// A word of a card, which is near when the card is.
    #[inline]
    pub(super) fn word(&self, number: u32) -> Option<&AtomicU64> {
        Some(&self.all.get(number)?.about)
    }

    /// What stands on a card.
    #[inline]
    pub(super) fn read(&self, number: u32) -> Option<CardRead> {
        let card = self.all.get(number)?;
        let about = card.about();
        Some(CardRead {
            id: card.id.read(),
            text: card.text.read(),
            about,
            more: self.more(about),
        })
    }

    /// When the key of a card ends. `None` where nothing is told of that.
    pub(super) fn ends(&self, number: u32) -> Option<Ends> {
        let more = self.more(self.all.get(number)?.about())?;
        more.as_ref().map(|more| more.ends)
    }

    fn more(&self, about: About) -> Option<MoreGuard> {
        Some(self.more.get(about.more()?)?.load())
    }
}

impl Card {
    #[inline]
    fn about(&self) -> About {
        About(self.about.load(Ordering::Relaxed))
    }
}

impl About {
    /// Above all the rest.
    const PLAIN: u64 = 1 << 63;

    fn of(lengths: [usize; 3], more: Option<u32>, plain: bool) -> Self {
        let [name, start, metadata] = lengths.map(|length| length as u64 & 0xff);
        let more = more.map_or(0, |place| u64::from(place) + 1);
        let plain = if plain { Self::PLAIN } else { 0 };
        Self(name | start << 8 | metadata << 16 | more << 24 | plain)
    }

    /// Where name, start and metadata end.
    #[inline]
    fn text_ends(self) -> [usize; 3] {
        let [name, start, metadata, ..] = self.0.to_le_bytes().map(usize::from);
        [name, name + start, name + start + metadata]
    }

    #[inline]
    fn more(self) -> Option<u32> {
        u32::try_from(((self.0 & !Self::PLAIN) >> 24).checked_sub(1)?).ok()
    }

    #[inline]
    fn is_plain(self) -> bool {
        self.0 & Self::PLAIN != 0
    }
}

impl CardRead {
    /// What people call the key, in UTF-8.
    #[inline]
    pub(super) fn name(&self) -> &[u8] {
        let [end, ..] = self.about.text_ends();
        self.long(|[name, ..]| name)
            .unwrap_or_else(|| self.short(0, end))
    }

    /// Whether the name has nothing that JSON would write in another way.
    #[inline]
    pub(super) fn is_name_plain(&self) -> bool {
        self.about.is_plain()
    }

    /// The part of the value that may be shown.
    #[inline]
    pub(super) fn start(&self) -> &[u8] {
        let [from, to, _] = self.about.text_ends();
        let short = || self.short(from, to);
        self.long(|[_, start, _]| start).unwrap_or_else(short)
    }

    /// The operator's JSON object; empty where there is none.
    #[inline]
    pub(super) fn metadata(&self) -> &[u8] {
        let [_, from, to] = self.about.text_ends();
        let short = || self.short(from, to);
        self.long(|[.., metadata]| metadata).unwrap_or_else(short)
    }

    /// When it ends.
    pub(super) fn ends(&self) -> Ends {
        let more = self.more.as_ref().and_then(|more| more.as_ref());
        more.map_or(Ends::NONE, |more| more.ends)
    }

    /// How often the key may be used, where it has a limit of its own.
    pub(super) fn rate_limit(&self) -> Option<RateLimit> {
        self.more.as_ref()?.as_ref()?.rate_limit
    }

    /// How many credits the key may spend, where it has caps.
    pub(super) fn spend_caps(&self) -> Option<SpendCaps> {
        self.more.as_ref()?.as_ref()?.spend_caps
    }

    fn short(&self, from: usize, to: usize) -> &[u8] {
        self.text.get(from..to).unwrap_or_default()
    }

    fn long(&self, pick: impl Fn(&[Box<[u8]>; 3]) -> &[u8]) -> Option<&[u8]> {
        let texts = self.more.as_ref()?.as_ref()?.texts.as_ref()?;
        Some(pick(texts))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_about_a_card_is_kept_apart() {
        for plain in [true, false] {
            let about = About::of([255, 1, 40], Some(u32::MAX), plain);
            assert_eq!(about.text_ends(), [255, 256, 296]);
            assert_eq!(about.more(), Some(u32::MAX));
            assert_eq!(about.is_plain(), plain);
            assert_eq!(About::of([0; 3], None, plain).more(), None);
            assert_eq!(About::of([0; 3], Some(0), plain).more(), Some(0));
        }
    }

    #[test]
    fn a_card_is_a_cache_line() {
        assert_eq!(size_of::<Card>(), 64);
    }
}
