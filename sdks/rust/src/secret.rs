//! Texts that must not be printed.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::Zeroizing;

use crate::key;

const REDACTED: &str = "[redacted]";
pub(crate) const BULLETS: &str = "••••••••";

/// A secret that was just made: shown once, and printed never. `Debug` and `serde` show
/// `[redacted]`; only [`Secret::reveal`] gives the text. Its memory is wiped when it is dropped.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Wraps a text that must not be printed.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The whole text. Store it where secrets are stored, or show it to its owner once.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl From<&String> for Secret {
    fn from(text: &String) -> Self {
        Self::new(text)
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(REDACTED)
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::new)
    }
}

/// For the one field that has to be sent.
pub(crate) fn sent<S: Serializer>(secret: &Secret, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(secret.reveal())
}

/// Hides whatever looks like a key or a token in a text that comes from elsewhere.
pub(crate) fn masked(text: &str) -> String {
    without_tokens(&without_keys(text))
}

/// Of keys, four random characters stay.
fn without_keys(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let prefix = key::Prefix::read(rest).map(|prefix| prefix.length);
        let random = prefix.map(|length| run(&rest[length..], |b| b.is_ascii_alphanumeric()));
        let (shown, hidden) = match (prefix, random) {
            (Some(prefix), Some(random @ 1..)) => {
                let shown = (random - 1).min(4);
                (prefix + shown, random - shown)
            }
            _ => (first.len_utf8(), 0),
        };
        out.push_str(&rest[..shown]);
        if hidden > 0 {
            out.push_str(BULLETS);
        }
        rest = &rest[shown + hidden..];
    }
    out
}

/// Of tokens, nothing stays.
fn without_tokens(text: &str) -> String {
    let is_word = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("st_") {
        let (before, found) = rest.split_at(at);
        out.push_str(before);
        let header = 3 + run(&found[3..], is_word);
        let claims = found[header..].strip_prefix('.');
        let claims = claims.map_or(0, |claims| run(claims, |b| is_word(b) || b == b'.'));
        if header > 3 && claims > 0 {
            out.push_str("st_");
            out.push_str(BULLETS);
            rest = &found[header + 1 + claims..];
        } else {
            // Nothing that begins within these characters is a token either.
            out.push_str(&found[..header]);
            rest = &found[header..];
        }
    }
    out + rest
}

/// How many bytes at the front are of a kind.
fn run(text: &str, is: impl Fn(u8) -> bool) -> usize {
    text.bytes().take_while(|byte| is(*byte)).count()
}

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn keys_and_tokens_are_hidden_in_any_text() {
        let random = "a".repeat(38);
        for (text, shown) in [
            (format!("“sk_live_{random}”"), "“sk_live_aaaa••••••••”"),
            (
                format!("sk_sk_acme_test_{random},x"),
                "sk_sk_acme_test_aaaa••••••••,x",
            ),
            ("pk_live_ab".into(), "pk_live_a••••••••"),
            ("pk_live_a, sk_live_".into(), "pk_live_••••••••, sk_live_"),
            ("test_st_e30.e30.x_-y é".into(), "test_•••••••• é"),
            (format!("st_sk_live_{random}"), "st_sk_live_aaaa••••••••"),
            ("st_ st_x st_.y no•thing".into(), "st_ st_x st_.y no•thing"),
        ] {
            assert_eq!(masked(&text), shown);
        }
    }

    #[test]
    fn a_long_text_takes_no_longer_for_what_looks_like_a_beginning() {
        for part in ["st_", "sk_", "sk_ab_", "st_a."] {
            assert!(!masked(&part.repeat(1 << 17)).is_empty());
        }
    }
}
