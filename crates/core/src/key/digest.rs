//! How a key is remembered: `HMAC-SHA-256(pepper, key)`.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::block_api::compress256;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::SecretBytes;

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
///
/// What both hashes of HMAC (RFC 2104) make of the key is worked out once, so that the digest of a
/// key costs two SHA-256 blocks and nothing else.
#[derive(Clone)]
pub struct Pepper {
    version: u32,
    inner: [u32; 8],
    outer: [u32; 8],
    keyed: Hmac<Sha256>,
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
            inner: after_key(secret, 0x36),
            outer: after_key(secret, 0x5c),
            keyed: keyed(secret.expose()),
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
        let Some(block) = last_block(key.as_bytes()) else {
            return self.mac(&[key.as_bytes()]);
        };
        let inner = to_bytes(after(self.inner, block));
        // 32 bytes always fit.
        let block = last_block(&inner).unwrap_or([0; BLOCK]);
        KeyDigest(to_bytes(after(self.outer, block)))
    }

    /// The digest of a foreign key (imported or adopted), of which only SHA-256 may be known.
    #[must_use]
    pub fn digest_foreign(&self, sha256: &[u8; 32]) -> KeyDigest {
        self.mac(&[b"import", sha256])
    }

    /// The digest of a foreign key's own text.
    #[must_use]
    pub fn digest_foreign_text(&self, text: &str) -> KeyDigest {
        self.digest_foreign(&Sha256::digest(text.as_bytes()).into())
    }

    fn mac(&self, parts: &[&[u8]]) -> KeyDigest {
        KeyDigest(mac_parts(&self.keyed, parts))
    }
}

const BLOCK: usize = 64;

/// The state that SHA-256 begins with (FIPS 180-4 §5.3.3).
const BEGIN: [u32; 8] = [
    0x6a09_e667,
    0xbb67_ae85,
    0x3c6e_f372,
    0xa54f_f53a,
    0x510e_527f,
    0x9b05_688c,
    0x1f83_d9ab,
    0x5be0_cd19,
];

/// The state after HMAC's first block: the key, padded with zeros, against a constant.
fn after_key(secret: &SecretBytes, pad: u8) -> [u32; 8] {
    let mut block = Zeroizing::new([pad; BLOCK]);
    for (byte, key) in block.iter_mut().zip(secret.expose()) {
        *byte ^= key;
    }
    after(BEGIN, *block)
}

fn after(mut state: [u32; 8], block: [u8; BLOCK]) -> [u32; 8] {
    compress256(&mut state, &[block]);
    state
}

/// A message that comes after one block and fills at most one more, padded as FIPS 180-4 §5.1.1
/// says; `None` when it is longer than that.
fn last_block(message: &[u8]) -> Option<[u8; BLOCK]> {
    let mut block = [0; BLOCK];
    let (content, length) = block.split_last_chunk_mut::<8>()?;
    let (start, rest) = content.split_at_mut_checked(message.len())?;
    start.copy_from_slice(message);
    *rest.first_mut()? = 0x80;
    let bits = (BLOCK + message.len()) * 8;
    *length = u64::try_from(bits).ok()?.to_be_bytes();
    Some(block)
}

fn to_bytes(state: [u32; 8]) -> [u8; 32] {
    let mut bytes = [0; 32];
    for (slot, word) in bytes.as_chunks_mut().0.iter_mut().zip(state) {
        *slot = word.to_be_bytes();
    }
    bytes
}

/// HMAC accepts keys of any length, so the fallback cannot be reached with 32 bytes.
pub(super) fn keyed(key: &[u8; 32]) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).unwrap_or_else(|_| Hmac::new(&Default::default()))
}

pub(super) fn mac_parts(keyed: &Hmac<Sha256>, parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = keyed.clone();
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn short_and_long_texts_give_what_plain_hmac_gives() {
        let pepper = Pepper::new(1, &SecretBytes::new([0x5e; 32]));
        for length in 0..200 {
            let text = "k".repeat(length);
            let plain = mac_parts(&keyed(&[0x5e; 32]), &[text.as_bytes()]);
            assert_eq!(pepper.digest(&text).as_bytes(), &plain, "{length} bytes");
        }
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
        assert_ne!(pepper.digest("abc"), pepper.digest_foreign_text("abc"));
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
