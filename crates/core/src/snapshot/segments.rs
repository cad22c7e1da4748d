//! A list that only grows and never moves, so that it can be read without a lock while it does.

use std::sync::OnceLock;

/// How many items the first part has; each further part doubles the whole.
const FIRST: u32 = 64;

/// Parts enough for every place that 32 bits can name.
const PARTS: usize = 27;

/// Items by number, in parts that are made when they are first needed and stay where they are.
#[derive(Debug)]
pub(super) struct Segments<T> {
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
    pub(super) fn get(&self, at: u32) -> Option<&T> {
        let place = Place::of(at)?;
        self.parts.get(place.part)?.get()?.get(place.within)
    }

    /// The item of that number; `None` when there can be no such number.
    pub(super) fn grown_to(&self, at: u32) -> Option<&T> {
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
        let top = shifted.ilog2();
        Some(Self {
            part: usize::try_from(top.checked_sub(FIRST.ilog2())?).ok()?,
            within: usize::try_from(shifted ^ (1 << top)).ok()?,
            length: 1 << top,
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
    fn what_was_never_made_is_not_there() {
        let list = Segments::<AtomicU32>::default();
        assert!(list.get(0).is_none());
        list.grown_to(0).unwrap();
        assert!(list.get(FIRST - 1).is_some() && list.get(FIRST).is_none());
        assert!(list.get(u32::MAX).is_none() && list.grown_to(u32::MAX).is_none());
    }
}
