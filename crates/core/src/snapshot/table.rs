//! One shard of the index: an open-addressing table of buckets, each one cache line of tags and
//! pointers.
//!
//! Readers look at tags first, so a probe that leads nowhere costs no look at an entry. Only one
//! writer at a time changes a shard; it grows by building a larger table and putting it in place, while
//! readers go on with the smaller one.

use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::{ArcSwap, Guard};

use super::entry::KeyEntry;
use crate::key::KeyDigest;

const EMPTY: u32 = 0;
const REMOVED: u32 = 1;

/// So many tags and pointers fill a cache line.
const PLACES: usize = 5;

/// Found entries stay valid for as long as this is held.
pub(super) type EntryGuard = Guard<Option<Arc<KeyEntry>>>;

type Slot = arc_swap::ArcSwapOption<KeyEntry>;

#[derive(Debug)]
pub(super) struct Shard {
    table: ArcSwap<Table>,
    /// Held by whoever changes the table, with what was loaded at start and is not in it yet.
    writing: Mutex<Vec<Arc<KeyEntry>>>,
}

#[derive(Debug)]
struct Table {
    buckets: Box<[Bucket]>,
    /// Places that are not empty, removed ones included.
    used: AtomicUsize,
}

/// Filled from the front, so the first empty place ends a search.
#[derive(Debug, Default)]
#[repr(align(64))]
struct Bucket {
    tags: [AtomicU32; PLACES],
    slots: [Slot; PLACES],
}

/// Digests are uniform already, so their own bits serve as hash: the upper ones of a tag say where
/// to begin, the others tell the entries there apart.
fn tag_of(digest: &KeyDigest) -> u32 {
    let [first, ..] = digest.words();
    u32::try_from(first >> 32).unwrap_or(0).max(REMOVED + 1)
}

impl Shard {
    pub(super) fn new() -> Self {
        Self {
            table: ArcSwap::from_pointee(Table::of(Vec::new(), 1)),
            writing: Mutex::default(),
        }
    }

    pub(super) fn find(&self, digest: &KeyDigest) -> Option<EntryGuard> {
        self.table.load().find(digest).map(|(_, _, entry)| entry)
    }

    /// Takes an entry in that is found only after [`Self::finish`]. Filling a table at once costs
    /// far less than growing it: nobody reads it yet, and it gets its right size.
    pub(super) fn load(&self, entry: KeyEntry) {
        let mut loaded = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        loaded.push(Arc::new(entry));
    }

    /// Makes the table of what was loaded; of entries with one digest, the last counts.
    pub(super) fn finish(&self) {
        let mut loaded = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        if !loaded.is_empty() {
            let mut all = self.table.load().entries();
            all.append(&mut std::mem::take(&mut *loaded));
            let buckets = all.len() / 4 + 1;
            self.table.store(Arc::new(Table::of(all, buckets)));
        }
    }

    /// Puts an entry in place of that with the same digest, or beside the others.
    pub(super) fn put(&self, entry: KeyEntry) {
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let table = self.table.load();
        if let Some((_, slot, _)) = table.find(entry.digest()) {
            slot.store(Some(Arc::new(entry)));
        } else if table.has_room() {
            table.insert(tag_of(entry.digest()), Arc::new(entry));
        } else {
            let mut all = table.entries();
            all.push(Arc::new(entry));
            let buckets = table.buckets.len() + table.buckets.len() / 3 + 1;
            self.table.store(Arc::new(Table::of(all, buckets)));
        }
    }

    pub(super) fn remove(&self, digest: &KeyDigest) {
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let table = self.table.load();
        if let Some((tag, slot, _)) = table.find(digest) {
            tag.store(REMOVED, Ordering::Release);
            slot.store(None);
        }
    }
}

impl Bucket {
    fn places(&self) -> impl Iterator<Item = (&AtomicU32, &Slot)> {
        self.tags.iter().zip(&self.slots)
    }
}

impl Table {
    /// A table of these in so many buckets; of entries with one digest, the last counts.
    ///
    /// It is laid out in plain memory first: storing into a shared place pays for readers that a
    /// table nobody has seen cannot have.
    fn of(entries: Vec<Arc<KeyEntry>>, buckets: usize) -> Self {
        let mut plan: Vec<[Planned; PLACES]> = Vec::new();
        plan.resize_with(buckets, Default::default);
        let mut used = 0;
        for entry in entries {
            used += usize::from(plan_place(&mut plan, entry));
        }
        let bucket = |places: [Planned; PLACES]| {
            let tags = std::array::from_fn(|at| {
                AtomicU32::new(places.get(at).map_or(EMPTY, |place| place.tag))
            });
            Bucket {
                tags,
                slots: places.map(|place| Slot::new(place.entry)),
            }
        };
        Self {
            buckets: plan.into_iter().map(bucket).collect(),
            used: AtomicUsize::new(used),
        }
    }

    /// Every entry there is.
    fn entries(&self) -> Vec<Arc<KeyEntry>> {
        let places = self.buckets.iter().flat_map(Bucket::places);
        places.filter_map(|(_, slot)| slot.load_full()).collect()
    }

    /// The buckets in the order of the search.
    fn probe(&self, tag: u32) -> impl Iterator<Item = &Bucket> {
        let begin = begin_of(tag, self.buckets.len());
        let (before, from) = self
            .buckets
            .split_at_checked(begin)
            .unwrap_or((&[], &self.buckets));
        from.iter().chain(before)
    }

    fn find(&self, digest: &KeyDigest) -> Option<(&AtomicU32, &Slot, EntryGuard)> {
        let wanted = tag_of(digest);
        for (tag, slot) in self.probe(wanted).flat_map(Bucket::places) {
            match tag.load(Ordering::Acquire) {
                EMPTY => return None,
                met if met == wanted => {
                    let entry = slot.load();
                    if entry.as_ref().is_some_and(|entry| entry.digest() == digest) {
                        return Some((tag, slot, entry));
                    }
                }
                _ => {}
            }
        }
        None
    }

    fn has_room(&self) -> bool {
        let places = self.buckets.len() * PLACES;
        self.used.load(Ordering::Relaxed) < places - places / 8
    }

    /// The entry comes before its tag, so that whoever sees the tag finds the entry.
    fn insert(&self, wanted: u32, entry: Arc<KeyEntry>) {
        let mut places = self.probe(wanted).flat_map(Bucket::places);
        if let Some((tag, slot)) = places.find(|(tag, _)| tag.load(Ordering::Relaxed) == EMPTY) {
            slot.store(Some(entry));
            tag.store(wanted, Ordering::Release);
            self.used.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// A place of a table that is being laid out.
#[derive(Debug, Default)]
struct Planned {
    tag: u32,
    entry: Option<Arc<KeyEntry>>,
}

/// Plans an entry in; whether it took a place that was free.
fn plan_place(plan: &mut [[Planned; PLACES]], entry: Arc<KeyEntry>) -> bool {
    let tag = tag_of(entry.digest());
    let begin = begin_of(tag, plan.len());
    let (before, from) = plan.split_at_mut(begin.min(plan.len()));
    for place in from.iter_mut().chain(before).flatten() {
        let same = match &place.entry {
            None => {
                *place = Planned {
                    tag,
                    entry: Some(entry),
                };
                return true;
            }
            Some(known) => place.tag == tag && known.digest() == entry.digest(),
        };
        if same {
            place.entry = Some(entry);
            return false;
        }
    }
    false
}

/// Where a search begins: scaled to the number of buckets, which need not be a power of two.
fn begin_of(tag: u32, buckets: usize) -> usize {
    let scaled = (u64::from(tag) * buckets as u64) >> 32;
    usize::try_from(scaled).unwrap_or(0)
}
