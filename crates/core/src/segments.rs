//! A list that only grows and never moves, so that it can be read without a lock while it does.

use std::sync::OnceLock;

/// How many items the first four parts have together; four further parts double the whole, so that
/// never much more is made than is needed.
const FIRST: u32 = 64;

/// Parts of the same length.
const LEVEL: usize = 4;

/// Parts enough for every place that 32 bits can name.
const PARTS: usize = 26 * LEVEL;

/// Items by number, in parts that are made when they are first needed and stay where they are.
#[derive(Debug)]
pub(crate) struct Segments<T> {
    parts: [OnceLock<Box<[T]>>; PARTS],
}

impl<T> Default for Segments<T> {
    fn default() -> Self {
        Self {
            parts: [const { OnceLock::new() }; PARTS],
        }
    }
}

impl<T: Default> Segments<T> {
    /// The item of that number, if its part was made.
    #[inline]
    pub(crate) fn get(&self, at: u32) -> Option<&T> {
        let place = Place::of(at)?;
        self.parts.get(place.part)?.get()?.get(place.within)
    }

    /// The item of that number; `None` when there can be no such number.
    pub(crate) fn grown_to(&self, at: u32) -> Option<&T> {
        let place = Place::of(at)?;
        let part = self.parts.get(place.part)?;
        let make = || {
            let items = std::iter::repeat_with(T::default);
            items.take(place.length).collect()
        };
        part.get_or_init(make).get(place.within)
    }
}

/// Where an item is.
struct Place {
    part: usize,
    within: usize,
    /// How many items that part has.
    length: usize,
}

impl Place {
    #[inline]
    fn of(at: u32) -> Option<Self> {
        let shifted = at.checked_add(FIRST)?;
        // What the highest bit says is the level, the next two tell its parts apart.
        let level = (shifted / FIRST).ilog2();
        let low = level + (FIRST / 4).ilog2();
        let part = LEVEL * level as usize + (shifted >> low) as usize % LEVEL;
        let length = 1 << low;
        Some(Self {
            part,
            within: shifted as usize % length,
            length,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    #[test]
    fn every_number_has_an_item_of_its_own_that_stays() {
        let list = Segments::<AtomicU32>::default();
        for at in (0..1000).rev() {
            list.grown_to(at).unwrap().store(at + 1, Ordering::Relaxed);
        }
        for at in 0..1000 {
            assert_eq!(list.get(at).unwrap().load(Ordering::Relaxed), at + 1);
        }
    }

    #[test]
    fn little_more_is_made_than_is_needed() {
        let mut made = 0;
        for at in 0..1_000_000 {
            let place = Place::of(at).unwrap();
            made += if place.within == 0 { place.length } else { 0 };
            assert!(place.within < place.length);
            assert!(made <= 16 + (at as usize + 1) * 5 / 4, "{at}: {made}");
        }
    }

    #[test]
    fn what_was_never_made_is_not_there() {
        let list = Segments::<AtomicU32>::default();
        assert!(list.get(0).is_none());
        list.grown_to(0).unwrap();
        assert!(list.get(FIRST / 4 - 1).is_some() && list.get(FIRST / 4).is_none());
        assert!(list.get(u32::MAX).is_none() && list.grown_to(u32::MAX).is_none());
    }
}
