//! Windows that are found by a hash of what they count, in a table of bounded size.

use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault, Hasher, RandomState};
use std::sync::Mutex;

use super::window::Window;
use super::{Subject, locked};
use crate::model::RateLimit;

/// Parts of the table, each with a lock of its own.
pub(super) const SETS: usize = 1024;

/// Which part of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct SetNumber(usize);

/// The whole table.
#[derive(Debug)]
pub(super) struct Sets {
    all: Box<[Mutex<Set>]>,
    /// Nobody outside can make two subjects share a hash.
    hashes: RandomState,
}

/// Windows that share a lock.
#[derive(Debug)]
pub(super) struct Set {
    windows: HashMap<u64, Window, BuildHasherDefault<AsIs>>,
    /// Windows that there are at most.
    most: usize,
    /// How many more may come, when it is full, before all are looked at.
    until_swept: usize,
}

/// Numbers that are hashes already.
#[derive(Debug, Default)]
struct AsIs(u64);

impl Hasher for AsIs {
    fn write(&mut self, bytes: &[u8]) {
        bytes
            .iter()
            .for_each(|byte| self.0 = self.0 << 8 | u64::from(*byte));
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

impl Sets {
    /// A table of about so many windows at most.
    pub(super) fn new(most: usize) -> Self {
        let most = most.div_ceil(SETS).max(1);
        let set = || {
            Mutex::new(Set {
                windows: HashMap::default(),
                most,
                until_swept: 0,
            })
        };
        Self {
            all: std::iter::repeat_with(set).take(SETS).collect(),
            hashes: RandomState::new(),
        }
    }

    /// Where the window of that is: the part, by bits from the middle of the hash, since maps spread
    /// by those at both ends, and the hash.
    pub(super) fn place_of(&self, subject: Subject) -> (SetNumber, u64) {
        let hash = self.hashes.hash_one(subject);
        (SetNumber(((hash >> 32) % SETS as u64) as usize), hash)
    }

    pub(super) fn get(&self, number: SetNumber) -> Option<&Mutex<Set>> {
        self.all.get(number.0)
    }

    pub(super) fn windows(&self) -> usize {
        self.all.iter().map(|set| locked(set).windows.len()).sum()
    }
}

impl Set {
    /// The window of that hash, made if it is not there. `None` when the set is full of windows
    /// that nobody may be let out of.
    pub(super) fn window(&mut self, hash: u64, limit: RateLimit, tick: u64) -> Option<&mut Window> {
        let Self {
            windows,
            most,
            until_swept,
        } = self;
        if windows.len() >= *most && !windows.contains_key(&hash) {
            if *until_swept == 0 {
                windows.retain(|_, window| !window.is_over(tick));
                // As long as half of them come anew, looking at all costs each little.
                *until_swept = most.div_ceil(2);
            }
            *until_swept -= 1;
            if windows.len() >= *most {
                let mut all = windows.iter();
                let (victim, _) = all.find(|(_, window)| window.remaining() > 0)?;
                let victim = *victim;
                windows.remove(&victim);
            }
        }
        Some(windows.entry(hash).or_insert_with(|| Window::new(limit)))
    }

    /// The window of that hash, if it is there.
    pub(super) fn known(&mut self, hash: u64) -> Option<&mut Window> {
        self.windows.get_mut(&hash)
    }
}
