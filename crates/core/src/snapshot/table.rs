//! One shard of the index: an open-addressing table of slots, each half a cache line.
//!
//! A slot holds what tells a key from all others and what decides about most calls, so that a
//! verify waits for memory once; the entry behind it is for the answer, and for keys with an end
//! or with lists. Only one writer at a time changes a shard; it grows by building a larger table
//! and putting it in place, while readers go on with the smaller one.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::{ArcSwap, ArcSwapOption, Guard};

use super::entry::{Brief, KeyEntry};
use crate::key::KeyDigest;

const EMPTY: u64 = 0;
const REMOVED: u64 = 1;

/// Found entries stay valid for as long as this is held.
pub(super) type EntryGuard = Guard<Option<Arc<KeyEntry>>>;

/// An entry with what it is found by.
pub(super) type Keyed = (Mark, Arc<KeyEntry>);

#[derive(Debug)]
pub(super) struct Shard {
    table: ArcSwap<Table>,
    /// Held by whoever changes the table, with what was loaded at start and is not in it yet.
    writing: Mutex<Vec<Keyed>>,
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
    entry: ArcSwapOption<KeyEntry>,
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
            table: ArcSwap::from_pointee(Table::of(Vec::new(), 4)),
            writing: Mutex::default(),
        }
    }

    #[inline]
    pub(super) fn find(&self, mark: Mark) -> Option<(EntryGuard, Brief)> {
        let table = self.table.load();
        let slot = table.find(mark)?;
        let brief = Brief::from_word(slot.brief.load(Ordering::Acquire));
        Some((slot.entry.load(), brief))
    }

    /// Takes an entry in that is found only after [`Self::finish`]. Filling a table at once costs
    /// far less than growing it: nobody reads it yet, and it gets its right size.
    pub(super) fn load(&self, keyed: Keyed) {
        let mut loaded = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        loaded.push(keyed);
    }

    /// Makes the table of what was loaded; of entries with one mark, the last counts.
    pub(super) fn finish(&self) {
        let mut loaded = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        if !loaded.is_empty() {
            let mut all = self.table.load().entries();
            all.append(&mut std::mem::take(&mut *loaded));
            let slots = all.len() + all.len() / 2 + 4;
            self.table.store(Arc::new(Table::of(all, slots)));
        }
    }

    /// Grows the table unless so many more fit. It says the same before and after, so this may be
    /// done while readers read.
    pub(super) fn make_room(&self, more: usize) {
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        self.with_room(more);
    }

    /// Puts an entry in place of that with the same mark, or beside the others.
    pub(super) fn put(&self, (mark, entry): Keyed) {
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        match self.table.load().find(mark) {
            Some(slot) => slot.put(entry),
            None => self.with_room(1).insert(mark, entry),
        }
    }

    /// The table, in which so many more fit. The caller holds `writing`.
    fn with_room(&self, more: usize) -> Guard<Arc<Table>> {
        let table = self.table.load();
        if table.has_room(more) {
            return table;
        }
        let all = table.entries();
        let slots = (all.len() + more) * 5 / 3 + 4;
        self.table.store(Arc::new(Table::of(all, slots)));
        self.table.load()
    }

    pub(super) fn remove(&self, mark: Mark) {
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let table = self.table.load();
        if let Some(slot) = table.find(mark) {
            slot.mark[0].store(REMOVED, Ordering::Release);
            slot.entry.store(None);
        }
    }
}

impl Slot {
    fn holding(keyed: Option<Keyed>) -> Self {
        let Some((mark, entry)) = keyed else {
            return Self::default();
        };
        Self {
            mark: mark.0.map(AtomicU64::new),
            brief: AtomicU64::new(entry.brief().word()),
            entry: ArcSwapOption::new(Some(entry)),
        }
    }

    fn put(&self, entry: Arc<KeyEntry>) {
        self.brief.store(entry.brief().word(), Ordering::Release);
        self.entry.store(Some(entry));
    }

    fn mark(&self) -> Mark {
        let [first, second] = &self.mark;
        Mark([first, second].map(|word| word.load(Ordering::Relaxed)))
    }
}

impl Table {
    /// A table of these in so many slots; of entries with one mark, the last counts.
    ///
    /// It is laid out in plain memory first: storing into a shared place pays for readers that a
    /// table nobody has seen cannot have.
    fn of(entries: Vec<Keyed>, slots: usize) -> Self {
        let mut plan: Vec<Option<Keyed>> = Vec::new();
        plan.resize_with(slots, || None);
        let mut used = 0;
        for keyed in entries {
            used += usize::from(plan_place(&mut plan, keyed));
        }
        Self {
            slots: plan.into_iter().map(Slot::holding).collect(),
            used: AtomicUsize::new(used),
        }
    }

    /// Every entry there is.
    fn entries(&self) -> Vec<Keyed> {
        let held = |slot: &Slot| Some((slot.mark(), slot.entry.load_full()?));
        self.slots.iter().filter_map(held).collect()
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

    /// The mark comes last, so that whoever sees it finds the entry.
    fn insert(&self, mark: Mark, entry: Arc<KeyEntry>) {
        let empty = |slot: &&Slot| slot.mark[0].load(Ordering::Relaxed) == EMPTY;
        if let Some(slot) = self.probe(mark).find(empty) {
            slot.put(entry);
            slot.mark[1].store(mark.0[1], Ordering::Relaxed);
            slot.mark[0].store(mark.0[0], Ordering::Release);
            self.used.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Plans an entry in; whether it took a place that was free.
fn plan_place(plan: &mut [Option<Keyed>], keyed: Keyed) -> bool {
    let begin = keyed.0.begin(plan.len()).min(plan.len());
    let (before, from) = plan.split_at_mut(begin);
    for place in from.iter_mut().chain(before) {
        let known = place.as_ref().map(|(mark, _)| *mark);
        if known.is_none() || known == Some(keyed.0) {
            *place = Some(keyed);
            return known.is_none();
        }
    }
    false
}
