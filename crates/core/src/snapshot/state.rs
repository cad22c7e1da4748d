//! The state of environments and of all above them, close together.
//!
//! A verify looks at the state of the key's environment. A node in memory of its own would cost
//! one more wait for memory each time, so these few bytes stand on shelves, of which those of a
//! hundred thousand environments stay in a processor's cache.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};

use super::node::ProductNode;

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

/// Environments of one product that have the same name, and the state of each.
#[derive(Debug)]
pub(super) struct Shelf {
    pub(super) product: Arc<ProductNode>,
    pub(super) name: Box<str>,
    pub(super) states: Box<[State]>,
    taken: AtomicUsize,
}

/// One environment's place on a shelf.
#[derive(Debug, Clone)]
pub(super) struct ShelfPlace {
    pub(super) shelf: Arc<Shelf>,
    pub(super) at: u8,
}

impl Shelf {
    /// Names that only one customer uses get small shelves.
    pub(super) fn new(product: Arc<ProductNode>, name: &str, places: usize) -> Self {
        let states = std::iter::repeat_with(State::default)
            .take(places.clamp(1, 256))
            .collect();
        Self {
            product,
            name: name.into(),
            states,
            taken: AtomicUsize::new(0),
        }
    }

    /// The next free place; only the one who may add environments asks.
    pub(super) fn take_place(self: &Arc<Self>) -> Option<ShelfPlace> {
        let at = self.taken.fetch_add(1, Ordering::Relaxed);
        let at = u8::try_from(at)
            .ok()
            .filter(|at| usize::from(*at) < self.states.len())?;
        Some(ShelfPlace {
            shelf: Arc::clone(self),
            at,
        })
    }

    /// The state of the environment at that place; of none, that it cannot be trusted.
    pub(super) fn read(&self, at: u8) -> StateBits {
        self.states
            .get(usize::from(at))
            .map_or(StateBits(0), State::read)
    }
}

impl ShelfPlace {
    pub(super) fn put(&self, bits: StateBits) {
        if let Some(state) = self.shelf.states.get(usize::from(self.at)) {
            state.put(bits);
        }
    }
}
