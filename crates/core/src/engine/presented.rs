//! What is presented as a key: one of ours, one of another system, or the token of a session.

use std::sync::Arc;

use crate::decision::DenyReason;
use crate::key::{
    ForeignHash, KeyDigest, KeyFormatError, Keyring, ParsedKey, Pepper, ends_masked, may_be_foreign,
};
use crate::manifest::Rules;
use crate::request::{Credential, KeyText, PreparedKey};
use crate::session::{Session, SessionError};

/// A text that may be a key, with its digest if that is known already.
#[derive(Clone, Copy)]
pub(super) struct Presented<'f> {
    pub(super) text: KeyText<'f>,
    pub(super) prepared: Option<&'f PreparedKey<'f>>,
    /// The session that lends it.
    pub(super) session: Option<&'f Session>,
}

impl<'f> Presented<'f> {
    pub(super) fn unprepared(text: KeyText<'f>) -> Self {
        Self {
            text,
            prepared: None,
            session: None,
        }
    }

    pub(super) fn read(text: &'f str, rules: &Rules) -> Result<Self, DenyReason> {
        let read = KeyText::read(text, rules).map(Self::unprepared);
        read.map_err(DenyReason::MalformedKey)
    }
}

impl<'f> KeyText<'f> {
    /// What a text is to a product: a text that parses as one of ours is ours and nothing else, and
    /// one that does not is looked for as foreign only where the manifest knows how it begins.
    pub(super) fn read(text: &'f str, rules: &Rules) -> Result<Self, KeyFormatError> {
        if let Some(key) = ParsedKey::recognise(text) {
            return Ok(Self::Own(key));
        }
        let Some(format) = rules.foreign_format(text) else {
            return ParsedKey::parse(text).map(Self::Own);
        };
        if may_be_foreign(text) {
            let digest = format.digest;
            return Ok(Self::Foreign { text, digest });
        }
        match ends_masked(text) {
            true => Err(KeyFormatError::MaskedPreview),
            false => ParsedKey::parse(text).map(Self::Own),
        }
    }

    /// Whether the text would still be read like this under these rules.
    pub(super) fn fits(&self, rules: &Rules) -> bool {
        match self {
            Self::Own(_) => true,
            Self::Foreign { text, digest } => rules
                .foreign_format(text)
                .is_some_and(|format| format.digest == *digest),
        }
    }

    pub(super) fn digest(&self, pepper: &Pepper) -> KeyDigest {
        match self {
            Self::Own(key) => pepper.digest(key.text()),
            Self::Foreign { text, digest } => {
                pepper.digest_foreign(&ForeignHash::of(text, *digest))
            }
        }
    }

    pub(super) fn text(&self) -> &'f str {
        match self {
            Self::Own(key) => key.text(),
            Self::Foreign { text, .. } => text,
        }
    }
}

impl<'k> PreparedKey<'k> {
    /// Makes a key ready that will be asked about soon, with others. `None` when it is not one that
    /// these rules take: then asking tells why.
    #[must_use]
    pub fn new(key: &'k str, rules: &Rules, keyring: &Keyring) -> Option<Self> {
        let text = KeyText::read(key, rules).ok()?;
        let pepper = keyring.pepper()?;
        Some(Self {
            text,
            digest: text.digest(pepper),
            pepper: pepper.version(),
            found: None,
        })
    }
}

/// The key of a call: that of its session, if it has one.
pub(super) fn present<'f>(
    credential: Credential<'f>,
    session: Option<&'f Result<Arc<Session>, SessionError>>,
    rules: &Rules,
) -> Result<Presented<'f>, DenyReason> {
    let Some(session) = session else {
        return parse(credential, rules);
    };
    let session = session
        .as_ref()
        .map_err(|why| DenyReason::InvalidSession(*why))?;
    // Its key may be of another system, as any publishable key may.
    let text = KeyText::read(session.value(), rules);
    Ok(Presented {
        text: text.map_err(|_| DenyReason::InvalidSession(SessionError::Key))?,
        prepared: None,
        session: Some(session),
    })
}

pub(super) fn parse<'f>(
    credential: Credential<'f>,
    rules: &Rules,
) -> Result<Presented<'f>, DenyReason> {
    match credential {
        Credential::Missing => Err(DenyReason::MissingCredential),
        Credential::Conflicting => Err(DenyReason::ConflictingCredentials),
        Credential::NotText => Err(DenyReason::MalformedKey(KeyFormatError::Character)),
        Credential::Text(text) => Presented::read(text, rules),
        Credential::Prepared(prepared) if prepared.text.fits(rules) => Ok(Presented {
            text: prepared.text,
            prepared: Some(prepared),
            session: None,
        }),
        Credential::Prepared(prepared) => Presented::read(prepared.text.text(), rules),
    }
}
