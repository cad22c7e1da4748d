//! How things that keys hang on stand, in a few bits each.

use std::sync::atomic::{AtomicU8, Ordering};

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

    pub(super) fn read(&self) -> StateBits {
        StateBits(self.0.load(Ordering::Acquire))
    }
}

#[derive(Debug, Clone, Copy)]
pub(super) struct StateBits(u8);

impl StateBits {
    /// How many bits there are.
    pub(super) const COUNT: u32 = 4;

    pub(super) const fn bits(self) -> u8 {
        self.0
    }

    pub(super) const fn from_bits(bits: u8) -> Self {
        Self(bits)
    }

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
