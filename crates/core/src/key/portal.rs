//! Tokens of the portal: what they say is sealed in them, and nothing of them is stored.
//!
//! They are opened by the sealing keys of the installation alone, so whoever holds one can neither
//! read nor change what it allows.

use base64ct::{Base64UrlUnpadded, Encoding};

use super::keyring::Keyring;
use super::material::SealingKey;
use super::secret::{PlainKey, Random, RandomError};

/// What every token of the portal begins with.
const PREFIX: &str = "kcp_";

/// No token is longer.
const LONGEST: usize = 3000;

/// What a token of the portal is for. One of a kind never opens as one of the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PortalToken {
    /// It stands in a link, for a few minutes, and opens the portal once.
    Link,
    /// It is what a browser holds while the portal is open.
    Session,
}

impl PortalToken {
    const fn place(self) -> &'static [u8] {
        match self {
            Self::Link => b"keystile/1/portal/link",
            Self::Session => b"keystile/1/portal/session",
        }
    }
}

impl Keyring {
    /// A token that says `text`.
    ///
    /// # Errors
    /// When the random source fails.
    pub fn seal_portal(
        &self,
        random: &dyn Random,
        kind: PortalToken,
        text: String,
    ) -> Result<PlainKey, RandomError> {
        let sealing = self.sealing().ok_or(RandomError)?;
        let sealed = sealing.seal(random, &PlainKey::new(text), kind.place())?;
        let coded = Base64UrlUnpadded::encode_string(&sealed);
        Ok(PlainKey::new(format!("{PREFIX}{coded}")))
    }

    /// What a token says; `None` when it is none of this kind and of this installation.
    #[must_use]
    pub fn open_portal(&self, kind: PortalToken, token: &str) -> Option<PlainKey> {
        let coded = token.strip_prefix(PREFIX)?;
        if coded.len() > LONGEST {
            return None;
        }
        let sealed = Base64UrlUnpadded::decode_vec(coded).ok()?;
        let version = SealingKey::version_of(&sealed)?;
        self.sealing_version(version)?.open(&sealed, kind.place())
    }
}

#[cfg(test)]
mod tests {
    use super::super::secret::testing::Counting;
    use super::*;

    fn keyring() -> Keyring {
        Keyring::from_material(Keyring::generate(&Counting::default()).unwrap()).unwrap()
    }

    #[test]
    fn a_token_opens_as_what_it_is_and_nothing_else() {
        let (keyring, random) = (keyring(), Counting::default());
        let seal = |kind| keyring.seal_portal(&random, kind, "{\"a\":1}".into());
        let link = seal(PortalToken::Link).unwrap();
        let opened = keyring.open_portal(PortalToken::Link, link.reveal());
        assert_eq!(opened.unwrap().reveal(), "{\"a\":1}");
        assert!(
            keyring
                .open_portal(PortalToken::Session, link.reveal())
                .is_none()
        );
        assert!(!link.reveal().contains("\"a\""), "nobody reads it");
    }

    #[test]
    fn what_was_altered_or_made_up_opens_nothing() {
        let (keyring, random) = (keyring(), Counting::default());
        let link = keyring
            .seal_portal(&random, PortalToken::Link, "x".into())
            .unwrap();
        let text = link.reveal();
        let mut changed = text.to_owned();
        let last = if changed.pop() == Some('A') { 'Q' } else { 'A' };
        changed.push(last);
        let longer = format!("{text}A");
        let endless = format!("{PREFIX}{}", "A".repeat(LONGEST + 4));
        for broken in [
            "", "kcp_", "kcp_!!", "kcs_AAAA", &changed, &longer, &endless,
        ] {
            assert!(
                keyring.open_portal(PortalToken::Link, broken).is_none(),
                "{broken}"
            );
        }
    }
}
