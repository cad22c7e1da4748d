//! The text of a key: `{pk|sk}_[{brand}_]{live|test}_{32 random base62}{6 base62 checksum}`.
//!
//! The checksum is CRC-32 (IEEE 802.3) of everything before it, prefix included, as a number in
//! base62, most significant digit first, left-padded with `0`. A key that was garbled, or whose
//! kind, brand or mode was edited, is therefore refused without any hash or look-up.

use std::fmt;
use std::str::FromStr;

use super::PlainKey;
use super::secret::{Random, RandomError};
use crate::model::{Kind, Mode};

/// A key never exceeds 55 bytes, so that its HMAC needs one SHA-256 block.
pub const KEY_MAX_BYTES: usize = 55;

const RANDOM_CHARS: usize = 32;
const CHECKSUM_CHARS: usize = 6;
const TAIL: usize = RANDOM_CHARS + CHECKSUM_CHARS;
const BULLET: char = '\u{2022}';
const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// The optional word in the middle of a product's keys: `[a-z][a-z0-9]{1,7}`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Brand(Box<str>);

/// Why a text is not a brand.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "a brand is 2 to 8 lower-case letters and digits, a letter first, and not `live` or `test`"
)]
pub struct BrandError;

impl Brand {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Brand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Brand {
    type Err = BrandError;

    fn from_str(text: &str) -> Result<Self, BrandError> {
        if is_brand(text.as_bytes()) {
            Ok(Self(text.into()))
        } else {
            Err(BrandError)
        }
    }
}

fn is_brand(text: &[u8]) -> bool {
    (2..=8).contains(&text.len())
        && text.first().is_some_and(u8::is_ascii_lowercase)
        && text
            .iter()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        && text != b"live"
        && text != b"test"
}

/// Why a text is not a key. Gateways answer all of these alike; the JSON door tells which.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum KeyFormatError {
    /// Nothing was sent.
    #[error("the key is empty")]
    Empty,
    /// More than 55 bytes.
    #[error("a key has at most 55 characters, this text has more")]
    TooLong,
    /// Prefix, four characters and bullets: what lists show instead of a secret.
    #[error("this is the masked preview, not the key")]
    MaskedPreview,
    /// Something other than letters, digits and underscores: nothing is trimmed or decoded.
    #[error("a key has only letters, digits and underscores, this text has something else")]
    Character,
    /// Neither `pk_` nor `sk_` first.
    #[error("a key begins with pk_ or sk_")]
    Prefix,
    /// The mode is missing, or there is more than a brand before it.
    #[error("after pk_ or sk_ and the brand, if any, a key has live_ or test_")]
    Mode,
    /// The word in the middle cannot be a brand.
    #[error("the word between the kind and the mode is not a brand")]
    Brand,
    /// Not 38 characters after the mode.
    #[error("a key has 38 characters after live_ or test_, so this one was cut or added to")]
    Length,
    /// The last six characters do not fit the rest.
    #[error("the checksum does not fit, so at least one character of the key was changed")]
    Checksum,
}

impl KeyFormatError {
    /// A stable word for each, as in `conformance/keys.json`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::TooLong => "too_long",
            Self::MaskedPreview => "masked_preview",
            Self::Character => "character",
            Self::Prefix => "prefix",
            Self::Mode => "mode",
            Self::Brand => "brand",
            Self::Length => "length",
            Self::Checksum => "checksum",
        }
    }
}

/// A text that has the form of a key and fits its checksum. It need not exist.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ParsedKey<'a> {
    text: &'a str,
    /// From the prefix.
    pub kind: Kind,
    /// From the word after the brand.
    pub mode: Mode,
    /// The word in the middle, if there is one.
    pub brand: Option<&'a str>,
}

impl fmt::Debug for ParsedKey<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ParsedKey({} {} key, redacted)", self.mode, self.kind)
    }
}

impl<'a> ParsedKey<'a> {
    /// Checks form and checksum; never trims, decodes or normalises.
    ///
    /// # Errors
    /// The first thing that is wrong with the text.
    pub fn parse(text: &'a str) -> Result<Self, KeyFormatError> {
        Self::recognise(text).ok_or_else(|| why_not(text))
    }

    /// The key, without a word about why it is none.
    pub(crate) fn recognise(text: &'a str) -> Option<Self> {
        if text.len() > KEY_MAX_BYTES {
            return None;
        }
        let (head, tail) = text.split_at_checked(text.len().checked_sub(TAIL)?)?;
        let (kind, brand, mode) = split_head(head)?;
        let (random, checksum) = tail.as_bytes().split_at_checked(RANDOM_CHARS)?;
        // Looks at every character whatever the others are: faster than stopping early.
        if !random
            .iter()
            .fold(true, |all, b| all & b.is_ascii_alphanumeric())
        {
            return None;
        }
        let covered = text
            .as_bytes()
            .get(..text.len().checked_sub(CHECKSUM_CHARS)?)?;
        let fits = checksum == checksum_of(covered);
        fits.then_some(Self {
            text,
            kind,
            mode,
            brand,
        })
    }

    /// The whole text of the key: a secret unless the kind is publishable.
    #[must_use]
    pub fn text(&self) -> &'a str {
        self.text
    }

    /// The part that may be shown: prefix and first four random characters.
    #[must_use]
    pub fn start(&self) -> &'a str {
        self.text
            .get(..self.text.len().saturating_sub(TAIL) + 4)
            .unwrap_or_default()
    }
}

fn split_head(head: &str) -> Option<(Kind, Option<&str>, Mode)> {
    let (kind, rest) = match head.split_at_checked(3)? {
        ("pk_", rest) => (Kind::Publishable, rest),
        ("sk_", rest) => (Kind::Secret, rest),
        _ => return None,
    };
    let (brand, mode) = match rest.len().checked_sub(5)? {
        0 => (None, rest),
        at => {
            let (brand, mode) = rest.split_at_checked(at)?;
            let brand = brand
                .strip_suffix('_')
                .filter(|word| is_brand(word.as_bytes()))?;
            (Some(brand), mode)
        }
    };
    match mode {
        "live_" => Some((kind, brand, Mode::Live)),
        "test_" => Some((kind, brand, Mode::Test)),
        _ => None,
    }
}

/// Only reached by texts that are refused, so it may take its time to say why.
fn why_not(text: &str) -> KeyFormatError {
    if text.is_empty() || text.bytes().all(|b| b == b' ') {
        return KeyFormatError::Empty;
    }
    if is_preview(text) {
        return KeyFormatError::MaskedPreview;
    }
    if text.len() > KEY_MAX_BYTES {
        return KeyFormatError::TooLong;
    }
    if !text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
        return KeyFormatError::Character;
    }
    let Some(rest) = text
        .strip_prefix("pk_")
        .or_else(|| text.strip_prefix("sk_"))
    else {
        return KeyFormatError::Prefix;
    };
    let mut words = rest.split('_');
    let (first, second) = (words.next().unwrap_or_default(), words.next());
    let is_mode = |word: &str| word == "live" || word == "test";
    let random = match (is_mode(first), second) {
        (true, second) => second,
        (false, Some(second)) if is_mode(second) => {
            if !is_brand(first.as_bytes()) {
                return KeyFormatError::Brand;
            }
            words.next()
        }
        (false, _) => return KeyFormatError::Mode,
    };
    match random {
        Some(random) if random.len() == TAIL && words.next().is_none() => KeyFormatError::Checksum,
        _ => KeyFormatError::Length,
    }
}

/// A preview is a key's start, followed by the characters with which lists mask the rest.
fn is_preview(text: &str) -> bool {
    let begins_like_a_key = text.starts_with("pk_") || text.starts_with("sk_");
    begins_like_a_key && ends_masked(text)
}

/// Whether a text ends as previews do.
pub(crate) fn ends_masked(text: &str) -> bool {
    let masked = |c: char| matches!(c, BULLET | '*' | '\u{2026}' | '\u{00b7}' | '\u{25cf}');
    text.chars().count() <= KEY_MAX_BYTES && text.ends_with(masked)
}

fn checksum_of(covered: &[u8]) -> [u8; CHECKSUM_CHARS] {
    let mut rest = crc32fast::hash(covered);
    let mut digits = [b'0'; CHECKSUM_CHARS];
    for digit in digits.iter_mut().rev() {
        let value = usize::try_from(rest % 62).unwrap_or(0);
        *digit = BASE62.get(value).copied().unwrap_or(b'0');
        rest /= 62;
    }
    digits
}

/// Makes a new key from the operating system's randomness, handed in as `random`.
///
/// Each character takes six random bits; 62 and 63 are thrown away, so no character is likelier
/// than another. 32 of them carry over 190 bits.
///
/// # Errors
/// When the random source fails; there is no weaker one to fall back to.
pub fn mint(
    kind: Kind,
    brand: Option<&Brand>,
    mode: Mode,
    random: &dyn Random,
) -> Result<PlainKey, RandomError> {
    let mut text = String::with_capacity(KEY_MAX_BYTES);
    text.push_str(kind.prefix());
    text.push('_');
    if let Some(brand) = brand {
        text.push_str(brand.as_str());
        text.push('_');
    }
    text.push_str(mode.as_str());
    text.push('_');
    push_random(&mut text, RANDOM_CHARS, random)?;
    for byte in checksum_of(text.as_bytes()) {
        text.push(char::from(byte));
    }
    Ok(PlainKey::new(text))
}

/// Appends so many characters of base62, each as likely as any other: six random bits that stand
/// for none are thrown away.
pub(super) fn push_random(
    text: &mut String,
    count: usize,
    random: &dyn Random,
) -> Result<(), RandomError> {
    let full = text.len() + count;
    while text.len() < full {
        let mut bytes = zeroize::Zeroizing::new([0_u8; 48]);
        random.fill(bytes.as_mut_slice())?;
        let chars = bytes
            .iter()
            .filter_map(|b| BASE62.get(usize::from(b & 0x3f)));
        for &byte in chars.take(full.saturating_sub(text.len())) {
            text.push(char::from(byte));
        }
    }
    Ok(())
}

/// What lists show for a key whose start is `start`: the start and eight bullets.
#[must_use]
pub fn preview(start: &str) -> String {
    let mut shown = String::with_capacity(start.len() + 24);
    shown.push_str(start);
    shown.extend(std::iter::repeat_n(BULLET, 8));
    shown
}

#[cfg(test)]
mod tests {
    use super::super::secret::testing::Counting;
    use super::*;
    use proptest::prelude::*;

    fn any_key(brand: Option<&str>) -> String {
        let brand = brand.map(|text| text.parse().unwrap());
        mint(
            Kind::Secret,
            brand.as_ref(),
            Mode::Test,
            &Counting::default(),
        )
        .unwrap()
        .reveal()
        .into()
    }

    #[test]
    fn a_minted_key_parses_as_what_it_was_minted_for() {
        for brand in [None, Some("acme"), Some("abcdefgh")] {
            let text = any_key(brand);
            let parsed = ParsedKey::parse(&text).unwrap();
            assert_eq!(
                (parsed.kind, parsed.mode, parsed.brand),
                (Kind::Secret, Mode::Test, brand)
            );
            assert!(text.len() <= KEY_MAX_BYTES);
            assert_eq!(parsed.start().len(), text.len() - 34);
        }
    }

    #[test]
    fn every_character_is_as_likely_as_any_other() {
        let mut counts = [0_u32; 62];
        let source = Counting::default();
        for _ in 0..4_000 {
            let key = mint(Kind::Publishable, None, Mode::Live, &source).unwrap();
            for byte in key.reveal().bytes().skip(8).take(32) {
                counts[BASE62.iter().position(|c| *c == byte).unwrap()] += 1;
            }
        }
        let mean = 4_000 * 32 / 62;
        assert!(
            counts.iter().all(|n| n.abs_diff(mean) < mean / 5),
            "{counts:?}"
        );
    }

    #[test]
    fn t25_a_failing_random_source_makes_no_key() {
        struct Broken;
        impl Random for Broken {
            fn fill(&self, _: &mut [u8]) -> Result<(), RandomError> {
                Err(RandomError)
            }
        }
        assert!(mint(Kind::Secret, None, Mode::Live, &Broken).is_err());
    }

    #[test]
    fn k04_every_change_of_one_character_and_every_swap_is_refused() {
        let good = any_key(Some("acme"));
        for at in 0..good.len() {
            for byte in 0..=127_u8 {
                let mut bad = good.clone().into_bytes();
                if bad[at] == byte {
                    continue;
                }
                bad[at] = byte;
                let bad = String::from_utf8(bad).unwrap();
                assert!(ParsedKey::parse(&bad).is_err(), "byte {byte} at {at}");
            }
            let mut swapped = good.clone().into_bytes();
            if at > 0 && swapped[at] != swapped[at - 1] {
                swapped.swap(at, at - 1);
                let swapped = String::from_utf8(swapped).unwrap();
                assert!(ParsedKey::parse(&swapped).is_err(), "swap at {at}");
            }
        }
    }

    #[test]
    fn k09_k10_nothing_is_trimmed_decoded_or_normalised() {
        let good = any_key(None);
        let forms = [
            format!(" {good}"),
            format!("{good} "),
            format!("{good}\t"),
            format!("\"{good}\""),
            format!("\u{feff}{good}"),
            format!("{good}\u{200b}"),
            format!("{good}\u{a0}"),
            format!("Bearer {good}"),
            good.replace("sk", "\u{ff53}\u{ff4b}"),
            format!("%73{}", &good[1..]),
            good.to_uppercase(),
            good.replace('s', "\u{455}"),
            format!("{good}\0"),
            format!("{good}\n"),
        ];
        for form in forms {
            assert!(ParsedKey::parse(&form).is_err(), "{form:?}");
        }
    }

    #[test]
    fn a_preview_is_told_apart_from_a_wrong_key() {
        let text = any_key(None);
        let shown = preview(ParsedKey::parse(&text).unwrap().start());
        assert_eq!(shown.chars().filter(|c| *c == BULLET).count(), 8);
        assert_eq!(ParsedKey::parse(&shown), Err(KeyFormatError::MaskedPreview));
    }

    #[test]
    fn k02_long_texts_are_refused_for_their_length() {
        for length in [56, 257, 8 << 10, 1 << 20] {
            let text = "sk_live_".to_owned() + &"a".repeat(length);
            assert_eq!(ParsedKey::parse(&text), Err(KeyFormatError::TooLong));
        }
    }

    proptest! {
        #[test]
        fn parsing_never_panics_and_accepts_only_what_the_checksum_fits(text in "\\PC{0,80}") {
            prop_assert!(ParsedKey::parse(&text).is_err());
        }

        #[test]
        fn texts_shaped_like_keys_do_not_panic(text in "(pk|sk)_([a-z0-9]{0,9}_)?(live|test)_[0-9A-Za-z]{0,40}") {
            let _ = ParsedKey::parse(&text);
        }
    }
}
