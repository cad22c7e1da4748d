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
    /// Held by whoever changes the table: at the start that are several threads.
    writing: Mutex<()>,
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
            table: ArcSwap::from_pointee(Table::with_buckets(1)),
            writing: Mutex::new(()),
        }
    }

    pub(super) fn find(&self, digest: &KeyDigest) -> Option<EntryGuard> {
        self.table.load().find(digest).map(|(_, _, entry)| entry)
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
            let larger = table.grown();
            larger.insert(tag_of(entry.digest()), Arc::new(entry));
            self.table.store(Arc::new(larger));
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
    fn with_buckets(count: usize) -> Self {
        let buckets = std::iter::repeat_with(Bucket::default)
            .take(count)
            .collect();
        Self {
            buckets,
            used: AtomicUsize::new(0),
        }
    }

    /// The buckets in the order of the search. Where it begins is scaled to their number, which
    /// need not be a power of two.
    fn probe(&self, tag: u32) -> impl Iterator<Item = &Bucket> {
        let scaled = (u64::from(tag) * self.buckets.len() as u64) >> 32;
        let begin = usize::try_from(scaled).unwrap_or(0);
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

    /// A quarter as large again, without the removed places.
    fn grown(&self) -> Self {
        let larger = Self::with_buckets(self.buckets.len() + self.buckets.len() / 4 + 1);
        for (tag, slot) in self.buckets.iter().flat_map(Bucket::places) {
            if let Some(entry) = slot.load_full() {
                larger.insert(tag.load(Ordering::Relaxed), entry);
            }
        }
        larger
    }
}
