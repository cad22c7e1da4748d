//! The state of environments and of all above them, close together.
//!
//! A verify looks at the state of the key's environment. A node in memory of its own would cost
//! one more wait for memory each time, so these few bytes stand on shelves, of which those of a
//! hundred thousand environments stay in a processor's cache.

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use super::segments::Segments;

const SOUND: u8 = 1;
const ENABLED: u8 = 2;
const DELETED: u8 = 4;
const SUSPENDED: u8 = 8;

/// A few facts in one byte: trustworthy, switched on, deleted, suspended.
#[derive(Debug, Default)]
pub(super) struct State(AtomicU8);

impl State {
    pub(super) fn new(sound: bool, enabled: bool, deleted: bool) -> Self {
        let state = Self::default();
        state.set(sound, enabled, deleted);
        state
    }

    pub(super) fn set(&self, sound: bool, enabled: bool, deleted: bool) {
        let bits = [(sound, SOUND), (enabled, ENABLED), (deleted, DELETED)];
        let bits = bits
            .into_iter()
            .filter(|(on, _)| *on)
            .fold(0, |all, (_, bit)| all | bit);
        self.0.store(bits, Ordering::Release);
    }

    pub(super) fn put(&self, bits: StateBits) {
        self.0.store(bits.0, Ordering::Release);
    }

    pub(super) fn read(&self) -> StateBits {
        StateBits(self.0.load(Ordering::Acquire))
    }
}

#[derive(Debug, Clone, Copy)]
pub(super) struct StateBits(u8);

impl StateBits {
    pub(super) const fn sound(self) -> bool {
        self.0 & SOUND != 0
    }
    pub(super) const fn enabled(self) -> bool {
        self.0 & ENABLED != 0
    }
    pub(super) const fn deleted(self) -> bool {
        self.0 & DELETED != 0
    }
    pub(super) const fn suspended(self) -> bool {
        self.0 & SUSPENDED != 0
    }
    /// Of several things that a key hangs on: sound and enabled if all are, deleted or suspended
    /// if any is.
    pub(super) const fn with(self, other: Self) -> Self {
        Self((self.0 & other.0 & (SOUND | ENABLED)) | ((self.0 | other.0) & (DELETED | SUSPENDED)))
    }
    /// Of an organization: that it is switched off is told apart.
    pub(super) const fn of_organization(self) -> Self {
        Self(if self.enabled() {
            self.0
        } else {
            self.0 | ENABLED | SUSPENDED
        })
    }
}

/// Whether the row of a product is as Keystile wrote it; and by being the same or not, which
/// product it is.
#[derive(Debug)]
pub(super) struct ProductState(AtomicBool);

impl ProductState {
    pub(super) fn new(sound: bool) -> Self {
        Self(AtomicBool::new(sound))
    }

    pub(super) fn set(&self, sound: bool) {
        self.0.store(sound, Ordering::Release);
    }

    #[inline]
    pub(super) fn is_sound(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// What the environments of one name have in common.
#[derive(Debug)]
pub(super) struct Named {
    pub(super) product: Arc<ProductState>,
    pub(super) name: Box<str>,
}

impl Named {
    pub(super) fn new(product: &Arc<ProductState>, name: &str) -> Self {
        Self {
            product: Arc::clone(product),
            name: name.into(),
        }
    }
}

/// Environments of one product that have the same name, and the state of each.
#[derive(Debug)]
pub(super) struct Shelf {
    pub(super) named: Arc<Named>,
    states: Box<[State]>,
    taken: AtomicUsize,
}

/// All shelves by number. None is ever taken down.
#[derive(Debug, Default)]
pub(super) struct Shelves {
    all: Segments<OnceLock<Arc<Shelf>>>,
    count: AtomicU32,
}

/// One environment's place on a shelf: the number of the shelf, and which of its states.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ShelfPlace(u32);

/// States that a shelf has at most.
const LONGEST: u32 = 256;

impl Shelves {
    /// Puts up a shelf of so many places; names that only one customer uses get small ones.
    pub(super) fn put_up(&self, named: Arc<Named>, places: usize) -> Option<(u32, Arc<Shelf>)> {
        let states = std::iter::repeat_with(State::default);
        let shelf = Arc::new(Shelf {
            named,
            states: states.take(places.clamp(1, LONGEST as usize)).collect(),
            taken: AtomicUsize::new(0),
        });
        let number = self.count.fetch_add(1, Ordering::Relaxed);
        let full = number >= u32::MAX / LONGEST;
        let slot = self.all.grown_to(number).filter(|_| !full)?;
        slot.set(Arc::clone(&shelf)).ok()?;
        Some((number, shelf))
    }

    /// The shelf of a place.
    #[inline]
    pub(super) fn shelf(&self, place: ShelfPlace) -> Option<&Shelf> {
        self.all.get(place.0 / LONGEST)?.get().map(Arc::as_ref)
    }

    /// What is said of the environment at that place.
    pub(super) fn put(&self, place: ShelfPlace, bits: StateBits) {
        let state = self.shelf(place).and_then(|shelf| shelf.state(place));
        state.inspect(|state| state.put(bits));
    }
}

impl Shelf {
    /// How many environments fit.
    pub(super) fn places(&self) -> usize {
        self.states.len()
    }

    /// The next free place of this shelf, whose number that is.
    pub(super) fn take_place(&self, number: u32) -> Option<ShelfPlace> {
        let at = self.taken.fetch_add(1, Ordering::Relaxed);
        let at = u32::try_from(at).ok().filter(|_| at < self.states.len())?;
        Some(ShelfPlace(number * LONGEST + at))
    }

    /// The state of the environment at that place; of none, that it cannot be trusted.
    #[inline]
    pub(super) fn read(&self, place: ShelfPlace) -> StateBits {
        self.state(place).map_or(StateBits(0), State::read)
    }

    #[inline]
    fn state(&self, place: ShelfPlace) -> Option<&State> {
        self.states.get((place.0 % LONGEST) as usize)
    }
}

impl ShelfPlace {
    /// No place at all.
    pub(super) const NONE: Self = Self(u32::MAX);

    /// The place whose number that is.
    pub(super) const fn from_number(number: u32) -> Self {
        Self(number)
    }

    /// Its number.
    pub(super) const fn number(self) -> u32 {
        self.0
    }
}
