//! Keys that another system made: of them only a plain digest is known, or was known once.
//!
//! Whether a text is looked for as such a key hangs on the product's manifest, and is decided in
//! the engine: a text that parses as one of ours never is.

mod text;

use std::fmt;

use sha2::{Digest, Sha256, Sha512};
use zeroize::Zeroize;

use crate::model::ForeignDigest;

pub use text::HashTextError;

/// A foreign key has at most so many bytes.
pub const FOREIGN_KEY_MAX_BYTES: usize = 255;

/// Whether a text can be a foreign key at all: 1 to 255 bytes of visible ASCII.
#[must_use]
pub fn may_be_foreign(text: &str) -> bool {
    (1..=FOREIGN_KEY_MAX_BYTES).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// The plain digest of a foreign key, as its own system kept it. Who has it can try guesses, so
/// like a key it is never shown nor stored.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum ForeignHash {
    /// Its SHA-256.
    Sha256([u8; 32]),
    /// Its SHA-512.
    Sha512([u8; 64]),
}

impl ForeignHash {
    /// The digest of a key's text.
    #[must_use]
    pub fn of(text: &str, digest: ForeignDigest) -> Self {
        match digest {
            ForeignDigest::Sha256 => Self::Sha256(Sha256::digest(text.as_bytes()).into()),
            ForeignDigest::Sha512 => Self::Sha512(Sha512::digest(text.as_bytes()).into()),
        }
    }

    /// Which digest it is.
    #[must_use]
    pub const fn digest(&self) -> ForeignDigest {
        match self {
            Self::Sha256(_) => ForeignDigest::Sha256,
            Self::Sha512(_) => ForeignDigest::Sha512,
        }
    }

    /// The bytes: 32 or 64.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Sha256(bytes) => bytes,
            Self::Sha512(bytes) => bytes,
        }
    }
}

impl Zeroize for ForeignHash {
    fn zeroize(&mut self) {
        match self {
            Self::Sha256(bytes) => bytes.zeroize(),
            Self::Sha512(bytes) => bytes.zeroize(),
        }
    }
}

impl fmt::Debug for ForeignHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ForeignHash({}, redacted)", self.digest().as_str())
    }
}

/// The start of a foreign key that may be shown: the prefix of its format, and four characters
/// more where they are known and such as prefixes have, which need no escape anywhere.
#[must_use]
pub fn foreign_start<'a>(known: &'a str, prefix: &'a str) -> &'a str {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
    known
        .get(..prefix.len() + 4)
        .filter(|start| start.starts_with(prefix) && start.bytes().all(plain))
        .unwrap_or(prefix)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn k02_a_foreign_key_is_up_to_255_bytes_of_visible_ascii() {
        assert!(may_be_foreign("kp_1"));
        assert!(may_be_foreign(&"a".repeat(255)));
        for bad in ["", "a b", "a\tb", "a\0", "é", "\u{feff}kp_1", "kp_1\n"] {
            assert!(!may_be_foreign(bad), "{bad:?}");
        }
        assert!(!may_be_foreign(&"a".repeat(256)));
    }

    #[test]
    fn the_start_shows_the_prefix_and_at_most_four_characters_more() {
        assert_eq!(foreign_start("kp_abcdefgh", "kp_"), "kp_abcd");
        assert_eq!(foreign_start("kp_abc", "kp_"), "kp_");
        assert_eq!(foreign_start("other_start", "kp_"), "kp_");
        assert_eq!(foreign_start("", "kp_"), "kp_");
        for odd in ["kp_a\"bc", "kp_a\\bc", "kp_a/bc", "kp_abcé", "kp_ab\u{e9}c"] {
            assert_eq!(foreign_start(odd, "kp_"), "kp_", "{odd}");
        }
    }

    #[test]
    fn p06_debug_shows_nothing() {
        let shown = format!("{:?}", ForeignHash::of("kp_1", ForeignDigest::Sha512));
        assert_eq!(shown, "ForeignHash(sha512, redacted)");
    }
}
