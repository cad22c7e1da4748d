//! The index as readers see it, and the version that makes their answers consistent.

use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering, fence};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use arc_swap::{ArcSwap, Guard};

use super::address::CoarseAddress;
use super::apply::Nodes;
use super::cards::Cards;
use super::environments::Environments;
use super::grants::Grants;
use super::node::ProductNode;
use super::table::{Mark, Reading, Tables, Value};
use super::uses::{Collected, LastUse, Use, Uses, hour_of};
use crate::decision::Code;
use crate::key::KeyDigest;
use crate::model::{Key, KeyId, Kind, Timestamp};
use crate::near;

/// How often a reader spins before it lets others run.
const SPINS: u32 = 64;

/// So many cards are looked through at once for what they were used for.
const PIECE: u32 = 16_384;

/// Every value of every key, by digest.
#[derive(Debug)]
pub struct Index {
    pub(super) tables: Tables,
    pub(super) products: ArcSwap<Products>,
    pub(super) nodes: RwLock<Nodes>,
    pub(super) environments: Arc<Environments>,
    pub(super) cards: Cards,
    /// Numbers of keys, which none gives back.
    pub(super) keys: AtomicU32,
    pub(super) uses: Arc<Uses>,
    pub(super) grants: Arc<Grants>,
    /// Held while the index is changed: there is one writer at a time.
    pub(super) writing: Mutex<()>,
    /// Keys that came at start and are taken in together with others.
    pub(super) waiting: Mutex<Vec<(Box<Key>, bool)>>,
    /// Until everything that there was at start is loaded.
    pub(super) loading: AtomicBool,
    /// Odd while something is being changed, two higher afterwards.
    version: AtomicU64,
    /// The last journal row that is wholly applied.
    applied: AtomicU64,
}

/// The products, sorted by slug: there are few, and comparing is quicker than hashing.
#[derive(Debug, Default, Clone)]
pub struct Products(Vec<Arc<ProductNode>>);

impl Products {
    /// The product of that slug.
    #[must_use]
    pub fn get(&self, slug: &str) -> Option<&Arc<ProductNode>> {
        self.0.get(self.place(slug).ok()?)
    }

    /// All of them, by slug.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<ProductNode>> {
        self.0.iter()
    }

    fn place(&self, slug: &str) -> Result<usize, usize> {
        self.0
            .binary_search_by(|known| known.slug().as_str().cmp(slug))
    }

    /// With one more.
    pub(super) fn with(&self, product: Arc<ProductNode>) -> Self {
        let mut more = self.clone();
        let (Ok(at) | Err(at)) = self.place(product.slug().as_str());
        more.0.insert(at, product);
        more
    }
}

/// A value that was found. What it says holds for as long as the index is in the state in which it
/// was found.
#[derive(Debug, Clone, Copy)]
pub struct Found {
    pub(super) value: Value,
    digest: KeyDigest,
}

/// Looking for values. For as long as it lasts, tables that were replaced meanwhile are kept.
pub(crate) struct Search<'i> {
    tables: &'i Tables,
    reading: Reading,
}

impl Index {
    /// An empty index.
    #[must_use]
    pub fn new() -> Self {
        Self {
            tables: Tables::new(),
            products: ArcSwap::default(),
            nodes: RwLock::default(),
            environments: Arc::default(),
            cards: Cards::default(),
            keys: AtomicU32::new(0),
            uses: Arc::default(),
            grants: Arc::default(),
            writing: Mutex::default(),
            waiting: Mutex::default(),
            loading: AtomicBool::new(true),
            version: AtomicU64::new(0),
            applied: AtomicU64::new(0),
        }
    }

    /// The value with this digest.
    #[must_use]
    pub fn find(&self, digest: &KeyDigest) -> Option<Found> {
        self.search().find(digest)
    }

    /// Begins to look for values.
    #[inline]
    pub(crate) fn search(&self) -> Search<'_> {
        Search {
            tables: &self.tables,
            reading: self.tables.read(),
        }
    }

    /// Lets come near what is told of a value.
    #[inline]
    pub(crate) fn approach_found(&self, found: &Found) {
        let Value { brief, card, .. } = found.value;
        self.cards.word(card).map(near::approach);
        self.uses.word(card).map(near::approach);
        let environment = brief.environment();
        self.environments.approach_state(environment);
        if let Some(words) = self.environments.words(environment) {
            words.into_iter().for_each(near::approach);
        }
    }

    /// Lets come near what a value grants, which many have in common: it is worth a hint only when
    /// much else was done since it was read last.
    #[inline]
    pub(crate) fn approach_granted(&self, found: &Found) {
        let granted = self.grants.word(found.value.brief.grant());
        granted.map(near::approach);
    }

    /// The product that a value belongs to.
    #[must_use]
    pub fn product_of(&self, found: &Found) -> Option<Arc<ProductNode>> {
        let environment = found.value.brief.environment();
        let (_, named) = self.environments.state(environment)?;
        let products = self.products();
        let product = products.iter().find(|product| product.is(&named.product));
        product.map(Arc::clone)
    }

    /// Notes that a call with this value was allowed: when, and for secret keys from where roughly,
    /// and for which operation, by the number that its rules gave it.
    #[inline]
    pub fn note_allowed(
        &self,
        found: &Found,
        at: Timestamp,
        address: Option<IpAddr>,
        operation: Option<u32>,
    ) {
        let kept = address.filter(|_| found.value.brief.kind() == Kind::Secret);
        let used = Use {
            at,
            address: kept.map(CoarseAddress::from),
            operation,
        };
        self.uses.note(found.value.card, used);
    }

    /// Counts a call with this value that was refused.
    pub fn note_refused(&self, found: &Found, at: Timestamp, code: Code) {
        self.uses.count(found.value.card, hour_of(at), code);
    }

    /// Hands over what all values were used for since the last time. For one caller at a time, and
    /// at least once an hour.
    pub fn collect_uses(&self, now: Timestamp) -> Vec<Collected> {
        let mut counted = self.uses.take_counts();
        let mut all = Vec::new();
        let mut next = 0;
        // Changes wait for a piece of this, not for the whole.
        while next < self.cards.count() {
            let piece = next..self.cards.count().min(next.saturating_add(PIECE));
            next = piece.end;
            let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
            for card in piece {
                let Some(noted) = self.uses.take(card, counted.remove(&card)) else {
                    continue;
                };
                let Some(told) = self.cards.read(card) else {
                    continue;
                };
                all.push(Collected {
                    key: KeyId::from_bytes(told.id),
                    start: String::from_utf8_lossy(told.start()).into_owned(),
                    last: noted.last,
                    counts: noted.counts,
                });
            }
        }
        self.cards.wake();
        self.uses.collected(now);
        all
    }

    /// Each value of a key, by its start, with the last allowed call that this process knows of:
    /// only what was written down before it began can be later.
    #[must_use]
    pub fn last_uses(&self, key: &Key) -> Vec<(String, LastUse)> {
        let mut values = vec![(key.digest, key.start.clone())];
        let nodes = self.nodes.read().unwrap_or_else(PoisonError::into_inner);
        let former = nodes.former(key.id);
        values.extend(former.map(|value| (value.digest, value.start.clone())));
        drop(nodes);
        let last = |digest: &KeyDigest| {
            self.consistently(|_| {
                let found = self.find(digest)?;
                self.uses.last(found.value.card)
            })
        };
        values
            .into_iter()
            .filter_map(|(digest, start)| Some((start, last(&digest)?)))
            .collect()
    }

    /// The products at this moment.
    #[must_use]
    pub fn products(&self) -> Guard<Arc<Products>> {
        self.products.load()
    }

    /// The last journal row that is wholly applied.
    #[must_use]
    pub fn applied(&self) -> u64 {
        self.applied.load(Ordering::Acquire)
    }

    /// A number for the state that the index is in; `None` while it is being changed. For as long as
    /// the number stays the same, so does every verdict that does not hang on the time.
    #[must_use]
    pub fn state(&self) -> Option<u64> {
        let version = self.version.load(Ordering::Acquire);
        version.is_multiple_of(2).then_some(version)
    }

    /// Runs `judge` so that all it reads belongs to one state, whose number it is told: when a
    /// change was applied meanwhile, it is run again.
    ///
    /// This is a sequence lock. Everything `judge` reads is atomic by itself, so reading during a
    /// change is harmless; the version only tells that it happened.
    pub fn consistently<T>(&self, mut judge: impl FnMut(u64) -> T) -> T {
        let mut tries = 0_u32;
        loop {
            let before = self.version.load(Ordering::Acquire);
            if before.is_multiple_of(2) {
                let answer = judge(before);
                fence(Ordering::Acquire);
                if self.version.load(Ordering::Relaxed) == before {
                    return answer;
                }
            }
            tries += 1;
            if tries.is_multiple_of(SPINS) {
                std::thread::yield_now();
            } else {
                std::hint::spin_loop();
            }
        }
    }

    /// Runs `change` as one step that no reader sees half of. The caller holds `writing`.
    pub(super) fn step<T>(&self, change: impl FnOnce() -> T) -> T {
        let version = self.version.load(Ordering::Relaxed);
        self.version
            .store(version.wrapping_add(1), Ordering::Relaxed);
        fence(Ordering::Release);
        let _even_again = EvenAgain {
            version: &self.version,
            to: version.wrapping_add(2),
        };
        change()
    }

    pub(super) fn set_applied(&self, seq: u64) {
        self.applied.fetch_max(seq, Ordering::AcqRel);
    }
}

/// Ends a step, also when it panics: readers must never wait for a writer that is gone.
struct EvenAgain<'a> {
    version: &'a AtomicU64,
    to: u64,
}

impl Drop for EvenAgain<'_> {
    fn drop(&mut self) {
        self.version.store(self.to, Ordering::Release);
    }
}

impl Default for Index {
    fn default() -> Self {
        Self::new()
    }
}

impl Search<'_> {
    /// The value with this digest.
    #[inline]
    pub(crate) fn find(&self, digest: &KeyDigest) -> Option<Found> {
        Some(Found {
            value: self.reading.find(Mark::of(digest))?,
            digest: *digest,
        })
    }

    /// Lets come near where the value with this digest is looked for.
    #[inline]
    pub(crate) fn approach(&self, digest: &KeyDigest) {
        let words = self.reading.words(Mark::of(digest));
        words.for_each(near::approach);
    }

    /// Whether it still looks where changes go to. One that was begun before what it shall be
    /// consistent with has to be asked.
    #[inline]
    pub(crate) fn is_current(&self) -> bool {
        self.tables.are(&self.reading)
    }
}

impl Found {
    /// What was found by a digest.
    pub(crate) const fn by(digest: KeyDigest, value: Value) -> Self {
        Self { value, digest }
    }

    pub(crate) const fn value(&self) -> Value {
        self.value
    }

    /// The digest it was found by.
    #[must_use]
    pub fn digest(&self) -> &KeyDigest {
        &self.digest
    }

    /// The number of its key: for as long as the process lives, that of the key's other values too,
    /// and of no other key's.
    pub(crate) fn key_number(&self) -> u32 {
        self.value.key
    }

    /// The number of the environment that owns it, which no other has.
    pub(crate) fn environment_number(&self) -> u32 {
        self.value.brief.environment()
    }
}
