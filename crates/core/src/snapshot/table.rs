//! Where values are found: open-addressing tables of slots, each half a cache line.
//!
//! A slot holds what tells a value of a key from all others, what decides about most calls with
//! it, and the number of the card with the rest, so that a verify waits for memory once. There are
//! several tables, so that one of them grows in little time: a larger one is built and put in its
//! place, while readers go on with the smaller one. One writer at a time changes them.

use std::panic::resume_unwind;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::ScopedJoinHandle;

use arc_swap::{ArcSwap, Guard};

use super::brief::Brief;
use crate::key::KeyDigest;

/// So few that what leads to them stays in a processor's cache.
const TABLES: usize = 128;

const EMPTY: u64 = 0;
const REMOVED: u64 = 1;

/// What a slot says of the value it is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Value {
    pub(super) brief: Brief,
    /// The number of its card.
    pub(super) card: u32,
    /// The number of its key, which is that of the key's other values too.
    pub(super) key: u32,
}

/// A value with what it is found by.
pub(super) type Keyed = (Mark, Value);

/// All tables.
#[derive(Debug)]
pub(super) struct Tables {
    current: ArcSwap<Directory>,
    /// How many times others took their place.
    edition: AtomicU64,
    /// What only whoever changes them needs to know of each.
    upkeep: Box<[Upkeep]>,
}

/// The tables at one moment.
#[derive(Debug, Clone)]
struct Directory(Box<[Table]>);

/// Held while tables are read.
pub(super) struct Reading {
    directory: Guard<Arc<Directory>>,
    edition: u64,
}

#[derive(Debug, Clone)]
struct Table(Arc<[Slot]>);

#[derive(Debug, Default)]
struct Upkeep {
    /// Slots that are not empty, removed ones included.
    used: AtomicUsize,
    /// What was loaded at start and is not in the table yet.
    loaded: Mutex<Vec<Keyed>>,
}

/// How many slots fill a cache line.
const SLOTS_A_LINE: usize = 2;

#[derive(Debug, Default)]
#[repr(align(32))]
struct Slot {
    mark: [AtomicU64; 2],
    brief: AtomicU64,
    /// The number of the card below, that of the key above.
    numbers: AtomicU64,
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

    /// In which table it is.
    #[inline]
    fn table(self) -> usize {
        // The rest of a division by so small a number is one.
        (self.0[1] % TABLES as u64) as usize
    }

    /// Where a search begins: digests are uniform already, so their own bits serve as hash, scaled
    /// to the number of slots, which need not be a power of two.
    #[inline]
    fn begin(self, slots: usize) -> usize {
        let scaled = (u128::from(self.0[0]) * slots as u128) >> 64;
        usize::try_from(scaled).unwrap_or(0)
    }
}

impl Tables {
    pub(super) fn new() -> Self {
        let tables = std::iter::repeat_with(|| Table::with_slots(4)).take(TABLES);
        Self {
            current: ArcSwap::from_pointee(Directory(tables.collect())),
            edition: AtomicU64::new(0),
            upkeep: std::iter::repeat_with(Upkeep::default)
                .take(TABLES)
                .collect(),
        }
    }

    /// The tables as they are now; to be let go soon.
    #[inline]
    pub(super) fn read(&self) -> Reading {
        // In this order: at worst new tables are taken for old ones, and fetched once more.
        let edition = self.edition.load(Ordering::Acquire);
        let directory = self.current.load();
        Reading { directory, edition }
    }

    /// Whether these are still the tables that changes go to.
    #[inline]
    pub(super) fn are(&self, reading: &Reading) -> bool {
        self.edition.load(Ordering::Acquire) == reading.edition
    }

    fn replace(&self, tables: Box<[Table]>) {
        self.current.store(Arc::new(Directory(tables)));
        self.edition.fetch_add(1, Ordering::Release);
    }

    /// Takes a value in that is found only after [`Self::finish`]. Filling a table at once costs
    /// far less than growing it: nobody reads it yet, and it gets its right size. May be called
    /// from several threads.
    pub(super) fn load(&self, keyed: Keyed) {
        if let Some(upkeep) = self.upkeep.get(keyed.0.table()) {
            let mut loaded = upkeep.loaded.lock().unwrap_or_else(PoisonError::into_inner);
            loaded.push(keyed);
        }
    }

    /// Makes the tables of what was loaded, on so many threads; gives the values that others with
    /// the same mark came after, which do not count.
    pub(super) fn finish(&self, threads: usize) -> Vec<Value> {
        let read = self.read();
        let mut tables = read.directory.0.clone();
        let share = TABLES.div_ceil(threads.max(1));
        let shares = tables.chunks_mut(share).zip(self.upkeep.chunks(share));
        let replaced = std::thread::scope(|scope| {
            let working: Vec<_> = shares
                .map(|(tables, upkeep)| {
                    let each = tables.iter_mut().zip(upkeep);
                    scope.spawn(|| each.flat_map(Upkeep::finish).collect::<Vec<_>>())
                })
                .collect();
            working.into_iter().flat_map(joined).collect()
        });
        self.replace(tables);
        replaced
    }

    /// Lets the table of that mark grow unless so many more fit. It says the same before and
    /// after, so this may be done while readers read.
    pub(super) fn make_room(&self, mark: Mark, more: usize) {
        let read = self.read();
        let at = mark.table();
        let (Some(table), Some(upkeep)) = (read.directory.0.get(at), self.upkeep.get(at)) else {
            return;
        };
        let (slots, used) = (table.0.len(), upkeep.used.load(Ordering::Relaxed));
        if used + more <= slots - slots / 4 {
            return;
        }
        let count = table.values().count();
        let larger = Table::with_slots((count + more) * 5 / 3 + 4);
        table.values().for_each(|keyed| {
            larger.put(keyed);
        });
        let mut tables = read.directory.0.clone();
        if let Some(place) = tables.get_mut(at) {
            *place = larger;
        }
        self.replace(tables);
        upkeep.used.store(count, Ordering::Relaxed);
    }

    /// Puts a value in place of that with the same mark, which is given back, or beside the others.
    pub(super) fn put(&self, (mark, value): Keyed) -> Option<Value> {
        self.make_room(mark, 1);
        let read = self.read();
        let replaced = read.table(mark)?.put((mark, value));
        if replaced.is_none()
            && let Some(upkeep) = self.upkeep.get(mark.table())
        {
            upkeep.used.fetch_add(1, Ordering::Relaxed);
        }
        replaced
    }

    /// Takes out and gives back the value of that mark.
    pub(super) fn remove(&self, mark: Mark) -> Option<Value> {
        let read = self.read();
        let slot = read.table(mark)?.find(mark)?;
        slot.mark[0].store(REMOVED, Ordering::Release);
        Some(slot.value())
    }
}

/// What a thread has made. When it panicked, so does this: an index that lacks keys without anybody
/// knowing would call good ones unknown.
fn joined<T>(thread: ScopedJoinHandle<'_, T>) -> T {
    thread.join().unwrap_or_else(|why| resume_unwind(why))
}

impl Upkeep {
    /// Makes the table of what was loaded beside what it has.
    fn finish((table, upkeep): (&mut Table, &Self)) -> Vec<Value> {
        let mut loaded = upkeep.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        let loaded = std::mem::take(&mut *loaded);
        if loaded.is_empty() {
            return Vec::new();
        }
        let count = table.values().count() + loaded.len();
        let larger = Table::with_slots(count + count / 2 + 4);
        let all = table.values().chain(loaded);
        let replaced: Vec<_> = all.filter_map(|keyed| larger.put(keyed)).collect();
        upkeep.used.store(count - replaced.len(), Ordering::Relaxed);
        *table = larger;
        replaced
    }
}

impl Reading {
    /// The value with that mark.
    #[inline]
    pub(super) fn find(&self, mark: Mark) -> Option<Value> {
        self.table(mark)?.find(mark).map(Slot::value)
    }

    /// Words of where a search for that mark begins, and of the next cache line: every third search
    /// or so goes on there.
    #[inline]
    pub(super) fn words(&self, mark: Mark) -> impl Iterator<Item = &AtomicU64> {
        let slots = self.table(mark).map_or(&[][..], |table| &table.0);
        let begin = mark.begin(slots.len());
        let word = |at: usize| Some(slots.get(at)?.mark.as_ref()).and_then(<[_]>::first);
        [begin, begin + SLOTS_A_LINE].into_iter().filter_map(word)
    }

    #[inline]
    fn table(&self, mark: Mark) -> Option<&Table> {
        self.directory.0.get(mark.table())
    }
}

impl Slot {
    #[inline]
    fn value(&self) -> Value {
        let numbers = self.numbers.load(Ordering::Relaxed);
        Value {
            brief: Brief::from_word(self.brief.load(Ordering::Relaxed)),
            card: numbers as u32,
            key: (numbers >> 32) as u32,
        }
    }

    fn put(&self, value: Value) {
        self.brief.store(value.brief.word(), Ordering::Relaxed);
        let numbers = u64::from(value.key) << 32 | u64::from(value.card);
        self.numbers.store(numbers, Ordering::Relaxed);
    }

    fn mark(&self) -> Mark {
        let [first, second] = &self.mark;
        Mark([first, second].map(|word| word.load(Ordering::Relaxed)))
    }
}

impl Table {
    fn with_slots(slots: usize) -> Self {
        let empty = std::iter::repeat_with(Slot::default);
        Self(empty.take(slots).collect())
    }

    /// Every value there is.
    fn values(&self) -> impl Iterator<Item = Keyed> {
        let held = |slot: &Slot| {
            let mark = slot.mark();
            (mark.0[0] > REMOVED).then(|| (mark, slot.value()))
        };
        self.0.iter().filter_map(held)
    }

    /// The slots in the order of the search.
    #[inline]
    fn probe(&self, mark: Mark) -> impl Iterator<Item = &Slot> {
        let begin = mark.begin(self.0.len());
        let (before, from) = self.0.split_at_checked(begin).unwrap_or((&[], &self.0));
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
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values of one table, each with a mark of its own.
    fn keyed(number: u64) -> Keyed {
        let value = Value {
            brief: Brief::from_word(0),
            card: 0,
            key: 0,
        };
        (Mark([number + REMOVED + 1, 0]), value)
    }

    #[test]
    fn whoever_reads_tables_that_were_replaced_can_tell() {
        let tables = Tables::new();
        tables.put(keyed(0));
        let before = tables.read();
        assert!(tables.are(&before));
        for number in 1..9 {
            tables.put(keyed(number));
        }
        tables.remove(keyed(0).0);
        // What was removed from the larger table still stands in the smaller one.
        assert!(before.find(keyed(0).0).is_some() && !tables.are(&before));
        let now = tables.read();
        assert!(now.find(keyed(0).0).is_none() && tables.are(&now));
        tables.load(keyed(9));
        tables.finish(1);
        assert!(!tables.are(&now) && tables.read().find(keyed(9).0).is_some());
    }

    #[test]
    fn a_thread_that_panics_is_not_passed_over() {
        let joining = std::panic::catch_unwind(|| {
            let fail = || -> Vec<Value> { panic!("this panic is part of a test") };
            std::thread::scope(|scope| {
                let working = [scope.spawn(Vec::new), scope.spawn(fail)];
                working.into_iter().flat_map(joined).count()
            })
        });
        assert!(joining.is_err());
    }
}
