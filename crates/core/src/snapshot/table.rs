//! One shard of the index: an open-addressing table of slots, each half a cache line.
//!
//! A slot holds what tells a value of a key from all others, what decides about most calls with
//! it, and the number of the card with the rest, so that a verify waits for memory once. Only one
//! writer at a time changes a shard; it grows by building a larger table and putting it in place,
//! while readers go on with the smaller one.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::{ArcSwap, Guard};

use super::brief::Brief;
use crate::key::KeyDigest;

const EMPTY: u64 = 0;
const REMOVED: u64 = 1;

/// What a slot says of the value it is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Value {
    pub(super) brief: Brief,
    /// The number of its card.
    pub(super) card: u32,
}

/// A value with what it is found by.
pub(super) type Keyed = (Mark, Value);

#[derive(Debug)]
pub(super) struct Shard {
    table: ArcSwap<Table>,
    /// What was loaded at start and is not in the table yet.
    loaded: Mutex<Vec<Keyed>>,
}

#[derive(Debug)]
struct Table {
    slots: Box<[Slot]>,
    /// Slots that are not empty, removed ones included.
    used: AtomicUsize,
}

/// Two of these fill a cache line.
#[derive(Debug, Default)]
#[repr(align(32))]
struct Slot {
    mark: [AtomicU64; 2],
    brief: AtomicU64,
    card: AtomicU64,
}

/// Half of a digest. That is a MAC of 128 bits, of which nobody without the pepper can make two
/// alike, and which by chance are alike once in 2^128.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark([u64; 2]);

impl Mark {
    #[inline]
    pub(super) fn of(digest: &KeyDigest) -> Self {
        let [first, second, ..] = digest.words();
        Self([first.max(REMOVED + 1), second])
    }

    /// Where a search begins: digests are uniform already, so their own bits serve as hash, scaled
    /// to the number of slots, which need not be a power of two.
    #[inline]
    fn begin(self, slots: usize) -> usize {
        let scaled = (u128::from(self.0[0]) * slots as u128) >> 64;
        usize::try_from(scaled).unwrap_or(0)
    }
}

impl Shard {
    pub(super) fn new() -> Self {
        Self {
            table: ArcSwap::from_pointee(Table::with_slots(4)),
            loaded: Mutex::default(),
        }
    }

    #[inline]
    pub(super) fn find(&self, mark: Mark) -> Option<Value> {
        self.table.load().find(mark).map(Slot::value)
    }

    /// Takes a value in that is found only after [`Self::finish`]. Filling a table at once costs
    /// far less than growing it: nobody reads it yet, and it gets its right size.
    pub(super) fn load(&self, keyed: Keyed) {
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        loaded.push(keyed);
    }

    /// Makes the table of what was loaded; gives the values that others with the same mark came
    /// after, which do not count.
    pub(super) fn finish(&self) -> Vec<Value> {
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        let loaded = std::mem::take(&mut *loaded);
        if loaded.is_empty() {
            return Vec::new();
        }
        let old = self.table.load();
        let count = old.values().count() + loaded.len();
        let table = Table::with_slots(count + count / 2 + 4);
        let all = old.values().chain(loaded);
        let replaced = all.filter_map(|keyed| table.put(keyed)).collect();
        self.table.store(Arc::new(table));
        replaced
    }

    /// Grows the table unless so many more fit. It says the same before and after, so this may be
    /// done while readers read. As all that changes a shard, it is for one writer at a time.
    pub(super) fn make_room(&self, more: usize) {
        self.with_room(more);
    }

    /// Puts a value in place of that with the same mark, which is given back, or beside the others.
    pub(super) fn put(&self, keyed: Keyed) -> Option<Value> {
        self.with_room(1).put(keyed)
    }

    /// The table, in which so many more fit.
    fn with_room(&self, more: usize) -> Guard<Arc<Table>> {
        let table = self.table.load();
        if table.has_room(more) {
            return table;
        }
        let slots = (table.values().count() + more) * 5 / 3 + 4;
        let larger = Table::with_slots(slots);
        table.values().for_each(|keyed| {
            larger.put(keyed);
        });
        self.table.store(Arc::new(larger));
        self.table.load()
    }

    /// Takes out and gives back the value of that mark.
    pub(super) fn remove(&self, mark: Mark) -> Option<Value> {
        let table = self.table.load();
        let slot = table.find(mark)?;
        slot.mark[0].store(REMOVED, Ordering::Release);
        Some(slot.value())
    }
}

impl Slot {
    #[inline]
    fn value(&self) -> Value {
        let card = self.card.load(Ordering::Relaxed);
        Value {
            brief: Brief::from_word(self.brief.load(Ordering::Relaxed)),
            // Only numbers of 32 bits are ever put there.
            card: u32::try_from(card).unwrap_or(u32::MAX),
        }
    }

    fn put(&self, value: Value) {
        self.brief.store(value.brief.word(), Ordering::Relaxed);
        self.card.store(u64::from(value.card), Ordering::Relaxed);
    }

    fn mark(&self) -> Mark {
        let [first, second] = &self.mark;
        Mark([first, second].map(|word| word.load(Ordering::Relaxed)))
    }
}

impl Table {
    fn with_slots(slots: usize) -> Self {
        let empty = std::iter::repeat_with(Slot::default);
        Self {
            slots: empty.take(slots).collect(),
            used: AtomicUsize::new(0),
        }
    }

    /// Every value there is.
    fn values(&self) -> impl Iterator<Item = Keyed> {
        let held = |slot: &Slot| {
            let mark = slot.mark();
            (mark.0[0] > REMOVED).then(|| (mark, slot.value()))
        };
        self.slots.iter().filter_map(held)
    }

    /// The slots in the order of the search.
    #[inline]
    fn probe(&self, mark: Mark) -> impl Iterator<Item = &Slot> {
        let begin = mark.begin(self.slots.len());
        let (before, from) = self
            .slots
            .split_at_checked(begin)
            .unwrap_or((&[], &self.slots));
        from.iter().chain(before)
    }

    #[inline]
    fn find(&self, mark: Mark) -> Option<&Slot> {
        let [first, second] = mark.0;
        for slot in self.probe(mark) {
            let met = slot.mark[0].load(Ordering::Acquire);
            if met == first && slot.mark[1].load(Ordering::Relaxed) == second {
                return Some(slot);
            }
            if met == EMPTY {
                return None;
            }
        }
        None
    }

    fn has_room(&self, more: usize) -> bool {
        self.used.load(Ordering::Relaxed) + more <= self.slots.len() - self.slots.len() / 4
    }

    /// The mark comes last, so that whoever sees it finds the value.
    fn put(&self, (mark, value): Keyed) -> Option<Value> {
        if let Some(slot) = self.find(mark) {
            let replaced = slot.value();
            slot.put(value);
            return Some(replaced);
        }
        let empty = |slot: &&Slot| slot.mark[0].load(Ordering::Relaxed) == EMPTY;
        if let Some(slot) = self.probe(mark).find(empty) {
            slot.put(value);
            slot.mark[1].store(mark.0[1], Ordering::Relaxed);
            slot.mark[0].store(mark.0[0], Ordering::Release);
            self.used.fetch_add(1, Ordering::Relaxed);
        }
        None
    }
}
