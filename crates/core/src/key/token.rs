//! Tokens of the console: what a browser holds of a session, and what stands in the link of an
//! invitation or of a new password. Keystile itself keeps their digests only.

use std::fmt;

use sha2::{Digest, Sha256};
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::format::push_random;
use super::secret::{Random, RandomError};

/// So many random characters of base62: over 190 bits.
const RANDOM_CHARS: usize = 32;

/// What a token is for. A token of one kind is never taken for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// A session of the console.
    Session,
    /// An invitation.
    Invitation,
    /// Setting a new password.
    Reset,
}

/// A token in clear. It can be shown and never stored: it has no `Serialize`, its `Debug` says
/// nothing, and its memory is wiped when it goes.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Token(String);

impl TokenKind {
    /// What every token of the kind begins with.
    #[must_use]
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Session => "kcs_",
            Self::Invitation => "kci_",
            Self::Reset => "kcr_",
        }
    }
}

impl Token {
    /// Makes a new one.
    ///
    /// # Errors
    /// When the random source fails.
    pub fn mint(kind: TokenKind, random: &dyn Random) -> Result<Self, RandomError> {
        let mut text = String::with_capacity(kind.prefix().len() + RANDOM_CHARS);
        text.push_str(kind.prefix());
        push_random(&mut text, RANDOM_CHARS, random)?;
        Ok(Self(text))
    }

    /// The text, for the one place that hands it out.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What is kept of a text; `None` when it cannot be a token of the kind, and need not be
    /// looked for. A token is random throughout, so a plain hash of it cannot be turned back.
    #[must_use]
    pub fn digest(kind: TokenKind, text: &str) -> Option<[u8; 32]> {
        let tail = text.strip_prefix(kind.prefix())?;
        let well_formed =
            tail.len() == RANDOM_CHARS && tail.bytes().all(|b| b.is_ascii_alphanumeric());
        well_formed.then(|| Sha256::digest(text).into())
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::super::secret::testing::Counting;
    use super::*;

    #[test]
    fn a_token_is_recognised_by_its_own_kind_alone() {
        let random = Counting::default();
        let token = Token::mint(TokenKind::Session, &random).unwrap();
        assert_eq!(token.reveal().len(), 36);
        let digest = Token::digest(TokenKind::Session, token.reveal());
        let plain: [u8; 32] = Sha256::digest(token.reveal()).into();
        assert_eq!(digest, Some(plain));
        assert_eq!(Token::digest(TokenKind::Invitation, token.reveal()), None);
        let other = Token::mint(TokenKind::Session, &random).unwrap();
        assert_ne!(token.reveal(), other.reveal());
    }

    #[test]
    fn whatever_is_no_token_is_not_looked_for() {
        let good = format!("kcs_{}", "a".repeat(32));
        assert!(Token::digest(TokenKind::Session, &good).is_some());
        for bad in [
            String::new(),
            good[..35].to_owned(),
            format!("{good}a"),
            format!(" {good}"),
            good.replace("aa", "a-"),
            good.replacen("aa", "\u{e9}", 1),
            good.to_uppercase(),
        ] {
            assert_eq!(Token::digest(TokenKind::Session, &bad), None, "{bad}");
        }
    }

    #[test]
    fn p06_debug_shows_nothing() {
        let token = Token::mint(TokenKind::Invitation, &Counting::default()).unwrap();
        assert_eq!(format!("{token:?}"), "Token(redacted)");
    }

    #[test]
    fn p05_tokens_are_masked_in_logs() {
        let token = Token::mint(TokenKind::Invitation, &Counting::default()).unwrap();
        let line = format!("/console/setup?token={}", token.reveal());
        assert_eq!(super::super::masked(&line), "/console/setup?token=[masked]");
    }
}
