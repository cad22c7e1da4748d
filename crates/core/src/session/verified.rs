//! Sessions whose signature was checked already, by the digest of their token.
//!
//! Checking a signature takes fifty times as long as looking one up, and a visitor sends the same
//! token with every call. Only tokens with a good signature come in here, so nobody takes room in it
//! who was not given a session, and how often that happens is limited where sessions are made.
//!
//! The room is bounded. When a shelf is full, the key that has the most sessions on it gives up the
//! one that ends first: whoever wants to push others out pushes out their own. A session that was
//! pushed out is checked again when it comes again, and nothing else happens to it.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sha2::{Digest, Sha256};

use super::{Session, SessionError, TOKEN_MAX_BYTES, open};
use crate::key::SigningKey;
use crate::model::{KeyId, Timestamp};

const SHELVES: usize = 64;

/// Sessions on one shelf: 32 768 in all, typically in 15 MB, at most in 80 MB.
const PLACES: usize = 512;

/// By the digest of their token.
type Shelf = HashMap<[u8; 32], Arc<Session>>;

/// All of them.
pub struct Verified {
    shelves: Box<[Mutex<Shelf>]>,
    /// Signatures that were checked.
    checked: AtomicU64,
}

impl fmt::Debug for Verified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Verified")
    }
}

impl Default for Verified {
    fn default() -> Self {
        Self {
            shelves: (0..SHELVES).map(|_| Mutex::default()).collect(),
            checked: AtomicU64::new(0),
        }
    }
}

impl Verified {
    /// The session of a token, whose signature is checked unless it was before.
    ///
    /// # Errors
    /// What is wrong with the token, at `now`.
    pub fn session(
        &self,
        text: &str,
        (signers, issuer): (&[SigningKey], &str),
        now: Timestamp,
    ) -> Result<Arc<Session>, SessionError> {
        if text.len() > TOKEN_MAX_BYTES {
            return Err(SessionError::TooLong);
        }
        let digest = Sha256::digest(text).into();
        let known = self
            .find(&digest)
            .filter(|session| is_of_one(session, signers));
        let session = match known {
            Some(session) => session,
            None => {
                self.checked.fetch_add(1, Ordering::Relaxed);
                let session = Arc::new(open(text, signers, issuer)?);
                if session.ends_at() > now {
                    self.keep(digest, Arc::clone(&session), now);
                }
                session
            }
        };
        let since = session.ends_at();
        match since <= now {
            true => Err(SessionError::Expired { since }),
            false => Ok(session),
        }
    }

    /// Whether the signature of a token was checked before, and was good.
    #[must_use]
    pub fn knows(&self, text: &str) -> bool {
        text.len() <= TOKEN_MAX_BYTES && self.find(&Sha256::digest(text).into()).is_some()
    }

    /// How many times a signature was checked.
    #[must_use]
    pub fn checked(&self) -> u64 {
        self.checked.load(Ordering::Relaxed)
    }

    fn shelf(&self, digest: &[u8; 32]) -> Option<MutexGuard<'_, Shelf>> {
        let [first, ..] = digest;
        let shelf = self.shelves.get(usize::from(*first) % SHELVES)?;
        Some(shelf.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn find(&self, digest: &[u8; 32]) -> Option<Arc<Session>> {
        self.shelf(digest)?.get(digest).map(Arc::clone)
    }

    fn keep(&self, digest: [u8; 32], session: Arc<Session>, now: Timestamp) {
        let Some(mut shelf) = self.shelf(&digest) else {
            return;
        };
        if shelf.len() >= PLACES {
            shelf.retain(|_, session| session.ends_at() > now);
        }
        while shelf.len() >= PLACES {
            let Some(least) = first_of_the_greediest(&shelf) else {
                return;
            };
            shelf.remove(&least);
        }
        shelf.insert(digest, session);
    }
}

/// A signing key that is gone takes along what it has signed.
fn is_of_one(session: &Session, signers: &[SigningKey]) -> bool {
    signers
        .iter()
        .any(|signer| signer.version() == session.signer())
}

/// Of the key with the most sessions on the shelf, the one that ends first.
fn first_of_the_greediest(shelf: &Shelf) -> Option<[u8; 32]> {
    let mut counts: HashMap<KeyId, usize> = HashMap::new();
    for session in shelf.values() {
        *counts.entry(session.key()).or_default() += 1;
    }
    let (greediest, _) = counts.into_iter().max_by_key(|(_, count)| *count)?;
    let own = shelf
        .iter()
        .filter(|(_, session)| session.key() == greediest);
    let first = own.min_by_key(|(_, session)| session.ends_at())?;
    Some(*first.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{SessionId, VisitorId};

    const NOW: Timestamp = Timestamp::from_millis(1_000);

    fn session(key: u128, ends_at: i64) -> Arc<Session> {
        Arc::new(Session {
            id: SessionId::from_u128(1),
            visitor: VisitorId::from_u128(1),
            key: KeyId::from_u128(key),
            value: "pk_live_x".into(),
            product: "keepem".into(),
            origin: None,
            scope: "".into(),
            ends_at: Timestamp::from_millis(ends_at),
            signer: 1,
        })
    }

    /// Digests that all go onto one shelf.
    fn digest(number: u32) -> [u8; 32] {
        let mut digest = [0; 32];
        digest[28..].copy_from_slice(&number.to_be_bytes());
        digest
    }

    #[test]
    fn r19_whoever_takes_the_most_room_pushes_out_their_own() {
        let verified = Verified::default();
        for number in 0..10 {
            verified.keep(digest(number), session(1, 60_000), NOW);
        }
        for number in 10..3_000 {
            verified.keep(digest(number), session(2, 60_000 + i64::from(number)), NOW);
        }
        assert!((0..10).all(|number| verified.find(&digest(number)).is_some()));
        assert!(verified.find(&digest(10)).is_none());
        assert!(verified.find(&digest(2_999)).is_some());
        assert_eq!(verified.shelf(&digest(0)).unwrap().len(), PLACES);
    }

    #[test]
    fn what_has_ended_makes_room_first() {
        let verified = Verified::default();
        for number in 0..400 {
            verified.keep(digest(number), session(1, 2_000), NOW);
        }
        for number in 400..500 {
            verified.keep(digest(number), session(2, 90_000), NOW);
        }
        let later = Timestamp::from_millis(2_000);
        for number in 500..800 {
            verified.keep(digest(number), session(3, 90_000), later);
        }
        assert!((400..800).all(|number| verified.find(&digest(number)).is_some()));
        assert!(verified.find(&digest(0)).is_none());
    }
}
