//! What a key is looked for by: its digest under each pepper that still has keys.

use super::NewDigest;
use super::presented::Presented;
use crate::key::{KeyDigest, Keyring, Pepper};
use crate::snapshot::{Found, Search, Value};

/// What a key is looked for by.
pub(super) struct Digests<'q, 'f> {
    key: &'q Presented<'f>,
    pub(super) newest: KeyDigest,
    /// As [`PreparedKey::found`](crate::request::PreparedKey).
    found: Option<(u64, Value)>,
    /// The number of the newest pepper.
    pepper: u32,
    older: &'q [Pepper],
}

impl<'q, 'f> Digests<'q, 'f> {
    pub(super) fn of(key: &'q Presented<'f>, keyring: &'q Keyring) -> Option<Self> {
        let (newest, older) = keyring.peppers().split_first()?;
        let pepper = newest.version();
        let known = key.prepared.filter(|known| known.pepper == pepper);
        Some(Self {
            key,
            newest: known.map_or_else(|| key.text.digest(newest), |known| known.digest),
            found: known.and_then(|known| known.found),
            pepper,
            older,
        })
    }

    /// What was found by the newest digest when the key was made ready, if the index is still in
    /// the state of then.
    #[inline]
    pub(super) fn found_at(&self, state: u64) -> Option<Found> {
        let (then, value) = self.found?;
        (then == state).then(|| Found::by(self.newest, value))
    }

    /// Looks the key up under the newest pepper first, then under those that still have keys.
    #[inline]
    pub(super) fn find(&self, search: &Search<'_>) -> Option<Found> {
        search.find(&self.newest).or_else(|| {
            let mut older = self.older.iter();
            older.find_map(|pepper| search.find(&self.key.text.digest(pepper)))
        })
    }

    /// The digest under the newest pepper, for a key that was found under an older one.
    #[inline]
    pub(super) fn newer_than(&self, found: &Found) -> Option<NewDigest> {
        let (digest, pepper) = (self.newest, self.pepper);
        (*found.digest() != digest).then_some(NewDigest { digest, pepper })
    }
}
