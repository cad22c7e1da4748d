//! One shard of the index: an open-addressing table of tags beside one of pointers.
//!
//! Readers look at tags first, so a probe that leads nowhere costs no look at an entry. Only the
//! one writer changes a shard; it grows by building a larger table and putting it in place, while
//! readers go on with the smaller one.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

use arc_swap::{ArcSwap, Guard};

use super::entry::KeyEntry;
use crate::key::KeyDigest;

const EMPTY: u32 = 0;
const REMOVED: u32 = 1;
const FIRST_SLOTS: usize = 6;

/// Found entries stay valid for as long as this is held.
pub(super) type EntryGuard = Guard<Option<Arc<KeyEntry>>>;

type Slot = arc_swap::ArcSwapOption<KeyEntry>;

#[derive(Debug)]
pub(super) struct Shard(ArcSwap<Table>);

#[derive(Debug)]
struct Table {
    tags: Box<[AtomicU32]>,
    slots: Box<[Slot]>,
    /// Slots that are not empty, removed ones included.
    used: AtomicUsize,
}

/// Digests are uniform already, so their own bytes serve as hashes.
fn hash(digest: &KeyDigest) -> (u32, u64) {
    let mut words = digest.as_bytes().chunks_exact(8).map(|chunk| {
        chunk
            .iter()
            .fold(0_u64, |word, byte| (word << 8) | u64::from(*byte))
    });
    let (tag, place) = (words.next().unwrap_or(0), words.next().unwrap_or(0));
    let tag = u32::try_from(tag & 0xffff_ffff).unwrap_or(0);
    (tag.max(REMOVED + 1), place)
}

impl Shard {
    pub(super) fn new() -> Self {
        Self(ArcSwap::from_pointee(Table::with_slots(FIRST_SLOTS)))
    }

    pub(super) fn find(&self, digest: &KeyDigest) -> Option<EntryGuard> {
        self.0.load().find(digest).map(|(_, entry)| entry)
    }

    /// Puts an entry in place of that with the same digest, or beside the others.
    pub(super) fn put(&self, entry: KeyEntry) {
        let table = self.0.load();
        if let Some(at) = table.find(entry.digest()).map(|(at, _)| at) {
            table.set(at, Some(Arc::new(entry)));
        } else if table.has_room() {
            table.insert(Arc::new(entry));
        } else {
            let larger = table.grown();
            larger.insert(Arc::new(entry));
            self.0.store(Arc::new(larger));
        }
    }

    pub(super) fn remove(&self, digest: &KeyDigest) {
        let table = self.0.load();
        if let Some(at) = table.find(digest).map(|(at, _)| at) {
            if let Some(tag) = table.tags.get(at) {
                tag.store(REMOVED, Ordering::Release);
            }
            table.set(at, None);
        }
    }
}

impl Table {
    fn with_slots(slots: usize) -> Self {
        Self {
            tags: std::iter::repeat_with(|| AtomicU32::new(EMPTY))
                .take(slots)
                .collect(),
            slots: std::iter::repeat_with(Slot::empty).take(slots).collect(),
            used: AtomicUsize::new(0),
        }
    }

    /// Where probing for a place begins: scaled to the size, which need not be a power of two.
    fn begin(&self, place: u64) -> usize {
        let scaled = (u128::from(place) * self.tags.len() as u128) >> 64;
        usize::try_from(scaled).unwrap_or(0)
    }

    fn probe(&self, place: u64) -> impl Iterator<Item = (usize, &AtomicU32)> {
        let begin = self.begin(place);
        let (before, from) = self
            .tags
            .split_at_checked(begin)
            .unwrap_or((&[], &self.tags));
        let from = from
            .iter()
            .enumerate()
            .map(move |(at, tag)| (begin + at, tag));
        from.chain(before.iter().enumerate())
    }

    fn find(&self, digest: &KeyDigest) -> Option<(usize, EntryGuard)> {
        let (wanted, place) = hash(digest);
        for (at, tag) in self.probe(place) {
            match tag.load(Ordering::Acquire) {
                EMPTY => return None,
                tag if tag == wanted => {
                    let entry = self.slots.get(at)?.load();
                    if entry.as_ref().is_some_and(|entry| entry.digest() == digest) {
                        return Some((at, entry));
                    }
                }
                _ => {}
            }
        }
        None
    }

    fn has_room(&self) -> bool {
        let slots = self.tags.len();
        self.used.load(Ordering::Relaxed) < slots - slots / 8
    }

    fn set(&self, at: usize, entry: Option<Arc<KeyEntry>>) {
        if let Some(slot) = self.slots.get(at) {
            slot.store(entry);
        }
    }

    /// The entry comes before its tag, so that whoever sees the tag finds the entry.
    fn insert(&self, entry: Arc<KeyEntry>) {
        let (wanted, place) = hash(entry.digest());
        let free = self
            .probe(place)
            .find(|(_, tag)| tag.load(Ordering::Relaxed) == EMPTY);
        if let Some((at, tag)) = free {
            self.set(at, Some(entry));
            tag.store(wanted, Ordering::Release);
            self.used.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Half as large again, without the removed slots.
    fn grown(&self) -> Self {
        let larger = Self::with_slots(self.tags.len() + self.tags.len() / 2 + 2);
        for entry in self.slots.iter().filter_map(Slot::load_full) {
            larger.insert(entry);
        }
        larger
    }
}
