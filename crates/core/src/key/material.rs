//! The master key, what it wraps, and the sealing of recoverable secrets.

use std::fmt;

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::secret::{Random, RandomError};
use super::{PlainKey, SecretBytes};

const NONCE: usize = 24;

/// The one secret that is never in the database. Whoever lacks it can verify nothing.
#[derive(Clone)]
pub struct MasterKey(SecretBytes);

/// Why a text cannot be a master key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MasterKeyError {
    /// Nothing there.
    #[error("the master key is empty")]
    Empty,
    /// Not the form in which it is written.
    #[error("a master key is 64 hexadecimal digits")]
    Form,
    /// A value that anybody could guess.
    #[error("this master key is a sample and not random; `openssl rand -hex 32` makes a good one")]
    Sample,
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey(redacted)")
    }
}

impl MasterKey {
    /// Makes a new one.
    ///
    /// # Errors
    /// When the random source fails.
    pub fn random(random: &dyn Random) -> Result<Self, RandomError> {
        SecretBytes::random(random).map(Self)
    }

    /// Reads 64 hexadecimal digits; white space around them is the file's, not the key's.
    ///
    /// # Errors
    /// When it is empty, malformed or guessable.
    pub fn parse(text: &str) -> Result<Self, MasterKeyError> {
        let text = text.trim_ascii();
        if text.is_empty() {
            return Err(MasterKeyError::Empty);
        }
        let bytes = Zeroizing::new(from_hex(text).ok_or(MasterKeyError::Form)?);
        let distinct = (0..=u8::MAX).filter(|byte| bytes.contains(byte)).count();
        let mut steps = bytes.windows(2).map(|pair| match pair {
            [a, b] => b.wrapping_sub(*a),
            _ => 0,
        });
        let first = steps.next();
        let steps_evenly = steps.all(|step| Some(step) == first);
        if distinct < 12 || steps_evenly {
            return Err(MasterKeyError::Sample);
        }
        Ok(Self(SecretBytes::new(*bytes)))
    }

    /// The text form, for the file that keeps it.
    #[must_use]
    pub fn to_text(&self) -> Zeroizing<String> {
        let mut text = String::with_capacity(64);
        for byte in self.0.expose() {
            for half in [byte >> 4, byte & 15] {
                text.push(char::from_digit(u32::from(half), 16).unwrap_or('0'));
            }
        }
        Zeroizing::new(text)
    }

    /// The key with which it wraps others.
    pub(super) fn wrapping(&self) -> AeadKey {
        AeadKey::new(&derive(&self.0, b"keystile/1/wrap"))
    }
}

fn from_hex(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0_u8; 32];
    if text.len() != 64 || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    for (slot, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *slot = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(bytes)
}

/// HKDF-SHA-256 (RFC 5869) of one secret into another for one purpose.
pub(super) fn derive(secret: &SecretBytes, purpose: &[u8]) -> SecretBytes {
    let mut out = Zeroizing::new([0_u8; 32]);
    // 32 bytes are within what HKDF can give, so expanding cannot fail.
    let _ = Hkdf::<Sha256>::new(None, secret.expose()).expand(purpose, out.as_mut_slice());
    SecretBytes::new(*out)
}

/// XChaCha20-Poly1305 with its random nonce in front of the ciphertext.
#[derive(Clone)]
pub(super) struct AeadKey(XChaCha20Poly1305);

impl AeadKey {
    pub(super) fn new(key: &SecretBytes) -> Self {
        Self(XChaCha20Poly1305::new(key.expose().into()))
    }

    pub(super) fn seal(
        &self,
        random: &dyn Random,
        plain: &[u8],
        bound_to: &[u8],
    ) -> Result<Vec<u8>, RandomError> {
        let mut nonce = [0_u8; NONCE];
        random.fill(&mut nonce)?;
        let payload = Payload {
            msg: plain,
            aad: bound_to,
        };
        let sealed = self
            .0
            .encrypt(&XNonce::from(nonce), payload)
            .map_err(|_| RandomError)?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    pub(super) fn open(&self, sealed: &[u8], bound_to: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (nonce, body) = sealed.split_first_chunk::<NONCE>()?;
        let payload = Payload {
            msg: body,
            aad: bound_to,
        };
        self.0
            .decrypt(&XNonce::from(*nonce), payload)
            .ok()
            .map(Zeroizing::new)
    }
}

/// A numbered key that seals recoverable secrets, each bound to its row.
#[derive(Clone)]
pub struct SealingKey {
    version: u32,
    aead: AeadKey,
}

impl fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SealingKey({}, redacted)", self.version)
    }
}

impl SealingKey {
    /// Prepares the sealing key of that number.
    #[must_use]
    pub fn new(version: u32, secret: &SecretBytes) -> Self {
        Self {
            version,
            aead: AeadKey::new(secret),
        }
    }

    /// Its number, which every sealed value begins with.
    #[must_use]
    pub const fn version(&self) -> u32 {
        self.version
    }

    /// Seals a key so that it opens only for the row named by `row`.
    ///
    /// # Errors
    /// When the random source fails.
    pub fn seal(
        &self,
        random: &dyn Random,
        key: &PlainKey,
        row: &[u8],
    ) -> Result<Vec<u8>, RandomError> {
        let sealed = self.aead.seal(random, key.reveal().as_bytes(), row)?;
        Ok([self.version.to_be_bytes().as_slice(), &sealed].concat())
    }

    /// The number of the sealing key that `sealed` needs.
    #[must_use]
    pub fn version_of(sealed: &[u8]) -> Option<u32> {
        sealed
            .first_chunk::<4>()
            .map(|bytes| u32::from_be_bytes(*bytes))
    }

    /// Opens what was sealed for that row; `None` when it was altered or moved.
    #[must_use]
    pub fn open(&self, sealed: &[u8], row: &[u8]) -> Option<PlainKey> {
        let (_, body) = sealed.split_first_chunk::<4>()?;
        let plain = self.aead.open(body, row)?;
        std::str::from_utf8(&plain)
            .ok()
            .map(|text| PlainKey::new(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::super::secret::testing::Counting;
    use super::*;

    #[test]
    fn a_master_key_reads_back_what_it_writes() {
        let key = MasterKey::random(&Counting::default()).unwrap();
        let text = key.to_text();
        let again = MasterKey::parse(&format!("{}\n", text.as_str())).unwrap();
        assert_eq!(again.to_text().as_str(), text.as_str());
    }

    #[test]
    fn g02_empty_short_and_sample_master_keys_are_refused() {
        let counting: String = (0..32).map(|n| format!("{n:02x}")).collect();
        let cases = [
            ("", MasterKeyError::Empty),
            ("  \n", MasterKeyError::Empty),
            ("abcd", MasterKeyError::Form),
            (&"zz".repeat(32), MasterKeyError::Form),
            (&"00".repeat(32), MasterKeyError::Sample),
            (&"deadbeef".repeat(8), MasterKeyError::Sample),
            (&counting, MasterKeyError::Sample),
        ];
        for (text, error) in cases {
            assert_eq!(MasterKey::parse(text).err(), Some(error), "{text:?}");
        }
    }

    #[test]
    fn a_sealed_value_opens_only_for_its_row() {
        let random = Counting::default();
        let seal = SealingKey::new(1, &SecretBytes::new([9; 32]));
        let sealed = seal
            .seal(&random, &PlainKey::new("sk_x".into()), b"key_1")
            .unwrap();
        assert_eq!(SealingKey::version_of(&sealed), Some(1));
        assert_eq!(seal.open(&sealed, b"key_1").unwrap().reveal(), "sk_x");
        assert!(seal.open(&sealed, b"key_2").is_none());
    }
}
