//! The form of keys: everything that can be told of one without asking anybody.

use std::fmt;
use std::str::FromStr;

use crate::ConfigurationError;
use crate::errors::{KeyFormatCode, KeyFormatError};
use crate::secret::{BULLETS, Secret};
use crate::surroundings::surroundings;
use crate::types::{Kind, Mode};

const LONGEST: usize = 55;
/// The random characters and the checksum.
pub(crate) const TAIL: usize = 38;
const CHECKSUM: usize = 6;
const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A text that has the form of a key and fits its checksum. Whether it exists is another question.
/// It is printed as its preview.
#[derive(Clone)]
#[non_exhaustive]
pub struct ParsedKey {
    /// From the prefix.
    pub kind: Kind,
    /// From the word after the brand.
    pub mode: Mode,
    /// The word in the middle, if there is one.
    pub brand: Option<String>,
    text: Secret,
}

/// Reads a key without asking anybody: form and checksum. Nothing is trimmed, decoded or guessed.
///
/// # Errors
///
/// Says what is wrong with the text, and what was copied along.
///
/// ```
/// let error = keystile_sdk::parse_key("sk_live_oZXP••••••••").unwrap_err();
/// assert_eq!(error.code, keystile_sdk::KeyFormatCode::MaskedPreview);
/// ```
pub fn parse_key(text: &str) -> Result<ParsedKey, KeyFormatError> {
    let prefix = Prefix::read(text).filter(|prefix| prefix.is_whole_key(text));
    let Some(prefix) = prefix else {
        let code = why_not(text);
        let message = surroundings(text).unwrap_or_else(|| message(code).to_owned());
        return Err(KeyFormatError { code, message });
    };
    Ok(ParsedKey {
        kind: prefix.kind(),
        mode: prefix.mode(),
        brand: prefix.brand.map(str::to_owned),
        text: Secret::new(text),
    })
}

impl ParsedKey {
    /// The part that may be shown: prefix and first four characters.
    #[must_use]
    pub fn start(&self) -> &str {
        let text = self.reveal();
        let end = text.len().saturating_sub(TAIL - 4);
        text.get(..end).unwrap_or_default()
    }

    /// What lists show: the start and eight bullets.
    #[must_use]
    pub fn preview(&self) -> String {
        format!("{}{BULLETS}", self.start())
    }

    /// The whole text: a secret unless the kind is publishable.
    #[must_use]
    pub fn reveal(&self) -> &str {
        self.text.reveal()
    }
}

impl FromStr for ParsedKey {
    type Err = KeyFormatError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse_key(text)
    }
}

impl fmt::Debug for ParsedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ParsedKey({self})")
    }
}

impl fmt::Display for ParsedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.preview())
    }
}

/// What stands before the random characters.
pub(crate) struct Prefix<'a> {
    is_secret: bool,
    brand: Option<&'a str>,
    is_live: bool,
    /// In bytes, with the last underscore.
    pub(crate) length: usize,
}

impl<'a> Prefix<'a> {
    /// The prefix with which a text begins.
    pub(crate) fn read(text: &'a str) -> Option<Self> {
        let is_secret = text.starts_with("sk_");
        let rest = text.strip_prefix(if is_secret { "sk_" } else { "pk_" })?;
        let (first, after) = rest.split_once('_')?;
        let (brand, mode) = if is_mode(first) {
            (None, first)
        } else {
            let (mode, _) = after.split_once('_')?;
            (Some(first), mode)
        };
        let is_prefix = is_mode(mode) && brand.is_none_or(is_brand);
        is_prefix.then_some(Self {
            is_secret,
            brand,
            is_live: mode == "live",
            length: 3 + brand.map_or(0, |brand| brand.len() + 1) + mode.len() + 1,
        })
    }

    fn kind(&self) -> Kind {
        if self.is_secret {
            Kind::Secret
        } else {
            Kind::Publishable
        }
    }

    fn mode(&self) -> Mode {
        if self.is_live { Mode::Live } else { Mode::Test }
    }

    fn is_whole_key(&self, text: &str) -> bool {
        let tail = &text.as_bytes()[self.length..];
        let is_form = tail.len() == TAIL && tail.iter().all(u8::is_ascii_alphanumeric);
        let covered = text.len().saturating_sub(CHECKSUM);
        is_form && text.as_bytes()[covered..] == checksum(&text.as_bytes()[..covered])
    }
}

/// CRC-32 (IEEE 802.3) as six digits in base62, most significant first.
fn checksum(covered: &[u8]) -> [u8; CHECKSUM] {
    let mut rest = crc32fast::hash(covered);
    let mut digits = [b'0'; CHECKSUM];
    for digit in digits.iter_mut().rev() {
        *digit = BASE62[(rest % 62) as usize];
        rest /= 62;
    }
    digits
}

fn is_mode(word: &str) -> bool {
    word == "live" || word == "test"
}

fn is_brand(word: &str) -> bool {
    let is_plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    (2..=8).contains(&word.len())
        && word.starts_with(|c: char| c.is_ascii_lowercase())
        && word.bytes().all(is_plain)
}

pub(crate) fn begins_like_key(text: &str) -> bool {
    text.starts_with("pk_") || text.starts_with("sk_")
}

fn message(code: KeyFormatCode) -> &'static str {
    match code {
        KeyFormatCode::Empty => "the key is empty",
        KeyFormatCode::TooLong => "a key has at most 55 characters, this text has more",
        KeyFormatCode::MaskedPreview => "this is the masked preview, not the key",
        KeyFormatCode::Character => {
            "a key has only letters, digits and underscores, this text has something else"
        }
        KeyFormatCode::Prefix => "a key begins with pk_ or sk_",
        KeyFormatCode::Mode => "after pk_ or sk_ and the brand, if any, a key has live_ or test_",
        KeyFormatCode::Brand => "the word between the kind and the mode is not a brand",
        KeyFormatCode::Length => {
            "a key has 38 characters after live_ or test_, so this one was cut or added to"
        }
        KeyFormatCode::Checksum => {
            "the checksum does not fit, so at least one character of the key was changed"
        }
    }
}

fn why_not(text: &str) -> KeyFormatCode {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    let ends_masked = text.ends_with(['•', '*', '…', '·', '●']);
    if text.trim_matches(' ').is_empty() {
        KeyFormatCode::Empty
    } else if begins_like_key(text) && ends_masked && text.chars().count() <= LONGEST {
        KeyFormatCode::MaskedPreview
    } else if text.len() > LONGEST {
        KeyFormatCode::TooLong
    } else if !text.bytes().all(is_plain) {
        KeyFormatCode::Character
    } else if !begins_like_key(text) {
        KeyFormatCode::Prefix
    } else {
        why_not_words(&text[3..])
    }
}

/// Judges what follows the kind, word by word.
fn why_not_words(text: &str) -> KeyFormatCode {
    let words: Vec<_> = text.split('_').collect();
    let random = match words.as_slice() {
        [mode, random @ ..] if is_mode(mode) => random,
        [brand, mode, ..] if is_mode(mode) && !is_brand(brand) => return KeyFormatCode::Brand,
        [_, mode, random @ ..] if is_mode(mode) => random,
        _ => return KeyFormatCode::Mode,
    };
    match random {
        [random] if random.len() == TAIL => KeyFormatCode::Checksum,
        _ => KeyFormatCode::Length,
    }
}

/// Makes sure that a text can be an operator key, before anything is sent with it.
pub(crate) fn check_operator_key(text: &str) -> Result<(), ConfigurationError> {
    const REMEDY: &str = "make one with `keystile operator-key create`";
    let is = |what: &str| {
        let begins = "an operator key begins with sk_keystile_";
        Err(ConfigurationError::new(format!(
            "operator_key is {what}: {begins}, {REMEDY}"
        )))
    };
    if text.is_empty() {
        let message = format!("operator_key is missing: {REMEDY}");
        return Err(ConfigurationError::new(message));
    }
    if text.starts_with("st_") {
        return is("a session token of a visitor");
    }
    match parse_key(text) {
        Err(error) => Err(ConfigurationError::new(format!(
            "operator_key is not a key: {error}"
        ))),
        Ok(key) if key.kind == Kind::Publishable => is("a publishable key"),
        Ok(key) if key.brand.as_deref() != Some("keystile") => is("a customer's secret key"),
        Ok(_) => Ok(()),
    }
}
