//! How a key is remembered: `HMAC-SHA-256(pepper, key)`.

use std::fmt;

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::mac::Mac;
use super::{ForeignHash, SecretBytes};

/// The digest of a key: it can be stored and never shown, so its `Debug` says nothing.
#[derive(Clone, Copy)]
pub struct KeyDigest([u8; 32]);

impl KeyDigest {
    /// Takes over 32 bytes read from the store.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes, for the store and the index.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The bytes as four numbers, first byte highest.
    #[must_use]
    pub fn words(&self) -> [u64; 4] {
        let (words, _) = self.0.as_chunks();
        std::array::from_fn(|at| words.get(at).map_or(0, |word| u64::from_be_bytes(*word)))
    }
}

impl PartialEq for KeyDigest {
    /// Takes the same time wherever two digests differ.
    fn eq(&self, other: &Self) -> bool {
        let words = self.words().into_iter().zip(other.words());
        let difference = words.fold(0, |all, (mine, theirs)| all | (mine ^ theirs));
        difference.ct_eq(&0).into()
    }
}

impl Eq for KeyDigest {}

impl fmt::Debug for KeyDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyDigest(redacted)")
    }
}

/// A numbered secret that digests are made with.
#[derive(Clone)]
pub struct Pepper {
    version: u32,
    mac: Mac,
}

impl fmt::Debug for Pepper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pepper({}, redacted)", self.version)
    }
}

impl Pepper {
    /// Prepares the pepper of that number.
    #[must_use]
    pub fn new(version: u32, secret: &SecretBytes) -> Self {
        Self {
            version,
            mac: Mac::new(secret.expose()),
        }
    }

    /// Its number, as stored beside each digest.
    #[must_use]
    pub const fn version(&self) -> u32 {
        self.version
    }

    /// The digest of a key in our format.
    #[must_use]
    pub fn digest(&self, key: &str) -> KeyDigest {
        KeyDigest(self.mac.of(key.as_bytes()))
    }

    /// The digest of a foreign key (imported or adopted), of which only another system's plain
    /// digest may be known. What precedes that keeps it apart from the digests of our own keys.
    #[must_use]
    pub fn digest_foreign(&self, hash: &ForeignHash) -> KeyDigest {
        let mut message = Zeroizing::new([0; 6 + 64]);
        let parts = b"import".iter().chain(hash.as_bytes());
        let length = 6 + hash.as_bytes().len();
        message
            .iter_mut()
            .zip(parts)
            .for_each(|(slot, byte)| *slot = *byte);
        KeyDigest(self.mac.of(message.get(..length).unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ForeignDigest;
    use sha2::{Digest, Sha256};

    #[test]
    fn is_hmac_sha_256_of_the_key_under_the_pepper() {
        // RFC 4231 test case 2 has a short key, so the vector is made with the plain definition.
        let pepper = Pepper::new(1, &SecretBytes::new([0x0b; 32]));
        let mut block = [0x36_u8; 64];
        block.iter_mut().take(32).for_each(|b| *b ^= 0x0b);
        let inner = Sha256::new()
            .chain_update(block)
            .chain_update(b"Hi There")
            .finalize();
        let mut block = [0x5c_u8; 64];
        block.iter_mut().take(32).for_each(|b| *b ^= 0x0b);
        let outer = Sha256::new()
            .chain_update(block)
            .chain_update(inner)
            .finalize();
        assert_eq!(pepper.digest("Hi There").as_bytes(), outer.as_slice());
    }

    #[test]
    fn digests_differ_wherever_a_byte_differs() {
        let digest = KeyDigest::from_bytes([0x11; 32]);
        assert_eq!(digest, KeyDigest::from_bytes([0x11; 32]));
        for at in 0..32 {
            let mut bytes = [0x11; 32];
            bytes[at] ^= 0x80;
            assert_ne!(digest, KeyDigest::from_bytes(bytes), "byte {at}");
        }
    }

    #[test]
    fn foreign_and_own_digests_never_meet() {
        let pepper = Pepper::new(1, &SecretBytes::new([7; 32]));
        for digest in [ForeignDigest::Sha256, ForeignDigest::Sha512] {
            let hash = ForeignHash::of("abc", digest);
            assert_ne!(pepper.digest("abc"), pepper.digest_foreign(&hash));
        }
    }

    #[test]
    fn a_foreign_digest_covers_the_word_import_and_the_plain_digest() {
        let pepper = Pepper::new(1, &SecretBytes::new([7; 32]));
        let hash = ForeignHash::Sha256([b'x'; 32]);
        let message = format!("import{}", "x".repeat(32));
        assert_eq!(pepper.digest_foreign(&hash), pepper.digest(&message));
        let hash = ForeignHash::Sha512([b'x'; 64]);
        let message = format!("import{}", "x".repeat(64));
        assert_eq!(pepper.digest_foreign(&hash), pepper.digest(&message));
    }

    #[test]
    fn p06_debug_shows_nothing() {
        let pepper = Pepper::new(3, &SecretBytes::new([7; 32]));
        let shown = format!(
            "{pepper:?} {:?} {:?}",
            pepper.digest("k"),
            SecretBytes::new([7; 32])
        );
        assert_eq!(
            shown,
            "Pepper(3, redacted) KeyDigest(redacted) SecretBytes(redacted)"
        );
    }
}
