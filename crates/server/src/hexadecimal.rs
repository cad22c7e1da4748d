//! Bytes as digits.

use keystile_core::key::Random;

/// Two lower-case digits a byte.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    use std::fmt::Write;
    let mut text = String::with_capacity(bytes.len().saturating_mul(2));
    for byte in bytes {
        // Writing into a text cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// A name that nobody can guess. Without randomness it is one that everybody can, so it must stand
/// only for what cannot be done without randomness either.
pub(crate) fn random_name(random: &dyn Random) -> String {
    let mut bytes = [0; 16];
    let _ = random.fill(&mut bytes);
    hexadecimal(&bytes)
}
