//! Recovery codes: what somebody writes down to get in without their phone, each once.

use std::fmt;

use sha2::{Digest, Sha256};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::secret::{Random, RandomError};

/// So many digits of five bits: 80 bits, so a plain hash of them cannot be turned back.
const DIGITS: usize = 16;

/// So many digits stand together.
const GROUP: usize = 4;

/// Crockford's digits, of which none looks like another.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// A recovery code in clear. It can be shown and never stored: its `Debug` says nothing, and its
/// memory is wiped when it goes.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct RecoveryCode(String);

impl RecoveryCode {
    /// Makes a new one, such as `k3f9-0wqz-7m2c-xt58`.
    ///
    /// # Errors
    /// When the random source fails.
    pub fn mint(random: &dyn Random) -> Result<Self, RandomError> {
        let mut bytes = Zeroizing::new([0; DIGITS]);
        random.fill(bytes.as_mut_slice())?;
        let mut text = String::with_capacity(DIGITS + DIGITS / GROUP);
        for (at, byte) in bytes.iter().enumerate() {
            if at > 0 && at % GROUP == 0 {
                text.push('-');
            }
            let digit = ALPHABET.get(usize::from(byte & 31));
            text.push(char::from(digit.copied().unwrap_or(b'0')));
        }
        Ok(Self(text))
    }

    /// The text, for the one place that shows it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What is kept of a code, however it was typed: in any case, with or without hyphens and
    /// spaces, and with letters that look like digits; `None` when it can be none.
    #[must_use]
    pub fn hash_of(text: &str) -> Option<String> {
        let mut digits = Zeroizing::new(String::with_capacity(DIGITS));
        for c in text.chars().filter(|c| !matches!(c, '-' | ' ')) {
            let c = match c.to_ascii_lowercase() {
                'o' => '0',
                'i' | 'l' => '1',
                other => other,
            };
            let known = u8::try_from(c).is_ok_and(|byte| ALPHABET.contains(&byte));
            if !known || digits.len() == DIGITS {
                return None;
            }
            digits.push(c);
        }
        if digits.len() != DIGITS {
            return None;
        }
        let hash = Sha256::new()
            .chain_update(b"keystile/1/recovery/")
            .chain_update(digits.as_bytes())
            .finalize();
        Some(hash.iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

impl fmt::Debug for RecoveryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryCode(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::super::secret::testing::Counting;
    use super::*;

    #[test]
    fn a_code_is_known_however_it_is_typed() {
        let code = RecoveryCode::mint(&Counting::default()).unwrap();
        let text = code.reveal();
        assert_eq!(text.len(), 19);
        let kept = RecoveryCode::hash_of(text).unwrap();
        assert_eq!(kept.len(), 64);
        for typed in [
            text.to_uppercase(),
            text.replace('-', ""),
            format!(" {} ", text.replace('-', " ")),
            text.replace('0', "O").replace('1', "l"),
        ] {
            assert_eq!(RecoveryCode::hash_of(&typed), Some(kept.clone()), "{typed}");
        }
        let other = RecoveryCode::mint(&Counting::default()).unwrap();
        assert_eq!(other.reveal(), text, "the same randomness");
        let random = Counting::default();
        let (a, b) = (RecoveryCode::mint(&random), RecoveryCode::mint(&random));
        assert_ne!(a.unwrap().reveal(), b.unwrap().reveal());
    }

    #[test]
    fn what_can_be_no_code_has_no_hash() {
        for bad in [
            "",
            "0000-0000-0000-000",
            "0000-0000-0000-0000-0",
            "u".repeat(16).as_str(),
        ] {
            assert_eq!(RecoveryCode::hash_of(bad), None, "{bad}");
        }
        assert_eq!(RecoveryCode::hash_of(&"\u{e9}".repeat(16)), None);
    }

    #[test]
    fn p06_debug_shows_nothing() {
        let code = RecoveryCode::mint(&Counting::default()).unwrap();
        assert_eq!(format!("{code:?}"), "RecoveryCode(redacted)");
    }
}
