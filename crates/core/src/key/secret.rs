//! Values that may be shown once and never stored, and the randomness they are made from.

use std::fmt;

use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// The operating system's random source, handed in by whoever may touch the system.
pub trait Random: Send + Sync {
    /// Fills `out` with random bytes.
    ///
    /// # Errors
    /// When the source fails; what is in `out` then must not be used.
    fn fill(&self, out: &mut [u8]) -> Result<(), RandomError>;
}

/// The random source gave nothing, so nothing secret can be made now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the operating system's random source failed, so no secret can be made")]
pub struct RandomError;

/// A whole key in clear. It can be shown and never stored: it has no `Serialize`, its `Debug`
/// says nothing, and its memory is wiped when it goes.
///
/// ```compile_fail
/// fn stored<T: serde::Serialize>(_: T) {}
/// fn show(key: keystile_core::key::PlainKey) { stored(key) }
/// ```
///
/// ```compile_fail
/// fn show(key: keystile_core::key::PlainKey) { println!("{key}") }
/// ```
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct PlainKey(String);

impl PlainKey {
    /// Takes over the text of a key.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The text, for the one place that shows it or digests it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PlainKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PlainKey(redacted)")
    }
}

/// 32 secret bytes: redacted in `Debug`, wiped when they go.
#[derive(Clone)]
pub struct SecretBytes(Zeroizing<[u8; 32]>);

impl SecretBytes {
    /// Takes over the bytes.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// Makes 32 random bytes.
    ///
    /// # Errors
    /// When the random source fails.
    pub fn random(random: &dyn Random) -> Result<Self, RandomError> {
        let mut bytes = Zeroizing::new([0; 32]);
        random.fill(bytes.as_mut_slice())?;
        Ok(Self(bytes))
    }

    /// The bytes.
    #[must_use]
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for SecretBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretBytes(redacted)")
    }
}

/// Predictable randomness for tests.
#[cfg(any(test, feature = "testing"))]
pub mod testing {
    use std::sync::atomic::{AtomicU64, Ordering};

    use sha2::{Digest, Sha256};

    use super::{Random, RandomError};

    /// SHA-256 of a counter: even, and the same in every run.
    #[derive(Debug, Default)]
    pub struct Counting(AtomicU64);

    impl Random for Counting {
        fn fill(&self, out: &mut [u8]) -> Result<(), RandomError> {
            for chunk in out.chunks_mut(32) {
                let count = self.0.fetch_add(1, Ordering::Relaxed);
                let block = Sha256::digest(count.to_be_bytes());
                for (slot, byte) in chunk.iter_mut().zip(block) {
                    *slot = byte;
                }
            }
            Ok(())
        }
    }
}
