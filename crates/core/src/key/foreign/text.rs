//! Digests as other systems write them: hexadecimal (RFC 4648 §8), base64 (§4) and base64url (§5),
//! with or without padding. The length tells which, so that one list may mix them.

use super::ForeignHash;

/// Why a text is not a digest. None of these repeats the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HashTextError {
    /// Nothing is there.
    #[error("the digest is empty")]
    Empty,
    /// No SHA-256 or SHA-512 is that long.
    #[error(
        "{0} characters are no digest: SHA-256 has 64 in hex and 43 or 44 in base64, SHA-512 has \
         128 and 86 or 88"
    )]
    Length(usize),
    /// As long as one in hexadecimal, with something else in it.
    #[error("this is as long as a digest in hex, but has characters other than 0-9, a-f and A-F")]
    Hex,
    /// As long as one in base64, with something else in it.
    #[error(
        "this is as long as a digest in base64, but has characters that neither base64 (+ and /) \
         nor base64url (- and _) has, or those of both"
    )]
    Base64,
    /// Padding that is missing, too much, or covers bits that are not zero.
    #[error("the end of this base64 is not that of a digest: it was cut or altered")]
    End,
}

impl ForeignHash {
    /// Reads a digest.
    ///
    /// # Errors
    /// What is wrong with the text, without the text.
    pub fn parse(text: &str) -> Result<Self, HashTextError> {
        let bytes = text.as_bytes();
        match bytes.len() {
            0 => Err(HashTextError::Empty),
            64 => hex(bytes).map(Self::Sha256),
            128 => hex(bytes).map(Self::Sha512),
            43 | 44 => base64(bytes).map(Self::Sha256),
            86 | 88 => base64(bytes).map(Self::Sha512),
            length => Err(HashTextError::Length(length)),
        }
    }
}

fn hex<const N: usize>(text: &[u8]) -> Result<[u8; N], HashTextError> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let (pairs, _) = text.as_chunks();
    let mut out = [0; N];
    for (slot, [high, low]) in out.iter_mut().zip(pairs) {
        let value = digit(*high).zip(digit(*low)).map(|(h, l)| h * 16 + l);
        let value = value.and_then(|value| u8::try_from(value).ok());
        *slot = value.ok_or(HashTextError::Hex)?;
    }
    Ok(out)
}

/// `N` bytes from base64 in either alphabet. What is left of the last character's bits must be
/// zero, so that no two texts are the same digest but for the padding.
fn base64<const N: usize>(text: &[u8]) -> Result<[u8; N], HashTextError> {
    let padding = text.iter().rev().take_while(|byte| **byte == b'=').count();
    let plain = text.get(..text.len() - padding).unwrap_or_default();
    let has = |any: [u8; 2]| plain.iter().any(|byte| any.contains(byte));
    if has(*b"+/") && has(*b"-_") {
        return Err(HashTextError::Base64);
    }
    let (mut bits, mut held, mut out) = (0_u32, 0_u32, [0; N]);
    let mut slots = out.iter_mut();
    for byte in plain {
        bits = (bits << 6 | sextet(*byte).ok_or(HashTextError::Base64)?) & 0xffff;
        held += 6;
        if held >= 8 {
            held -= 8;
            let slot = slots.next().ok_or(HashTextError::End)?;
            *slot = u8::try_from(bits >> held & 0xff).unwrap_or_default();
        }
    }
    let whole = slots.next().is_none() && bits & ((1 << held) - 1) == 0;
    let padded = padding == 0 || text.len().is_multiple_of(4);
    if whole && padded {
        Ok(out)
    } else {
        Err(HashTextError::End)
    }
}

fn sextet(byte: u8) -> Option<u32> {
    let value = match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' | b'-' => 62,
        b'/' | b'_' => 63,
        _ => return None,
    };
    Some(u32::from(value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// SHA-256 of the empty text, as every tool prints it.
    const HEX: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    const BASE64: &str = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
    const BASE64URL: &str = "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU";

    #[test]
    fn every_spelling_of_a_digest_is_the_same_digest() {
        let expected = ForeignHash::of("", crate::model::ForeignDigest::Sha256);
        let spellings = [
            HEX.to_owned(),
            HEX.to_uppercase(),
            BASE64.to_owned(),
            BASE64.replace('=', ""),
            BASE64URL.to_owned(),
            format!("{BASE64URL}="),
        ];
        for text in spellings {
            assert_eq!(ForeignHash::parse(&text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn sha_512_is_told_by_its_length() {
        let hash = ForeignHash::of("kp_1", crate::model::ForeignDigest::Sha512);
        let hex: String = hash.as_bytes().iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(ForeignHash::parse(&hex), Ok(hash));
        for ending in ["A", "Q", "g", "w"] {
            let text = format!("{}{ending}", "A".repeat(85));
            assert!(ForeignHash::parse(&text).is_ok());
            assert!(ForeignHash::parse(&format!("{text}==")).is_ok());
        }
    }

    #[test]
    fn what_is_no_digest_is_refused_and_not_repeated() {
        let mixed = BASE64URL.replacen('-', "+", 1);
        let cases = [
            (String::new(), HashTextError::Empty),
            (HEX[1..].to_owned(), HashTextError::Length(63)),
            (format!("{HEX} "), HashTextError::Length(65)),
            (format!("g{}", &HEX[1..]), HashTextError::Hex),
            (mixed, HashTextError::Base64),
            (format!("!{}", &BASE64URL[1..]), HashTextError::Base64),
            (format!("{}V", &BASE64URL[..42]), HashTextError::End),
            (format!("{}==", &BASE64URL[..42]), HashTextError::End),
            (format!("{BASE64URL}A"), HashTextError::End),
        ];
        for (text, expected) in cases {
            let refused = ForeignHash::parse(&text).unwrap_err();
            assert_eq!(refused, expected, "{text}");
            assert!(text.is_empty() || !refused.to_string().contains(&text));
        }
    }

    proptest! {
        #[test]
        fn reading_never_panics(text in "[\\x20-\\x7eé]{0,130}") {
            let _ = ForeignHash::parse(&text);
        }
    }
}
