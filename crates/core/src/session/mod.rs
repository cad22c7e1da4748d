//! Session tokens: what a publishable key lends to one visitor of a page for a few minutes.
//!
//! A token is `st_` and a JWT (RFC 7519) that is signed with EdDSA (RFC 8037). It says less than it
//! seems to: the engine judges the state that the key has now, and the token only narrows that. So
//! a token dies with its key at once; its own claims are for those who check it offline.
//!
//! This room reads no clock and knows nothing of HTTP: who gets a token is decided elsewhere.

mod claims;
mod token;
mod verified;

use std::fmt;

pub use token::{NewSession, issue, open};
pub use verified::Verified;

use crate::manifest::{Rules, ScopeSet};
use crate::model::{KeyId, SessionId, Timestamp, VisitorId};

/// What every token begins with.
pub const PREFIX: &str = "st_";

/// The longest token there is, in bytes.
pub const TOKEN_MAX_BYTES: usize = 2048;

/// How long a session lasts when nobody says otherwise, in seconds.
pub const LIFETIME_DEFAULT_SECONDS: u32 = 300;

/// How long a session can last, in seconds.
pub const LIFETIME_MAX_SECONDS: u32 = 900;

/// Whether a text claims to be a token.
#[must_use]
pub fn is_token(text: &str) -> bool {
    text.starts_with(PREFIX)
}

/// A session whose token one of our signing keys has signed. It may have ended, and its key may be
/// dead: that is decided anew for every call.
pub struct Session {
    id: SessionId,
    visitor: VisitorId,
    key: KeyId,
    value: Box<str>,
    product: Box<str>,
    origin: Option<Box<str>>,
    scope: Box<str>,
    ends_at: Timestamp,
    signer: u32,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Session({}, of {})", self.id, self.key)
    }
}

/// What is told of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionBrief {
    /// Its identifier.
    pub id: SessionId,
    /// From when on it is refused.
    pub ends_at: Timestamp,
}

impl Session {
    /// Its identifier.
    #[must_use]
    pub const fn id(&self) -> SessionId {
        self.id
    }

    /// The visitor it is for.
    #[must_use]
    pub const fn visitor(&self) -> VisitorId {
        self.visitor
    }

    /// The key that it was made with.
    #[must_use]
    pub const fn key(&self) -> KeyId {
        self.key
    }

    /// The value of that key, which is public. When the key gets another value and this one ends,
    /// so does the session.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }

    /// The product of that key, by its slug.
    #[must_use]
    pub fn product(&self) -> &str {
        &self.product
    }

    /// The origin of the page it was made for; `None` was no page.
    #[must_use]
    pub fn origin(&self) -> Option<&str> {
        self.origin.as_deref()
    }

    /// From when on it is refused.
    #[must_use]
    pub const fn ends_at(&self) -> Timestamp {
        self.ends_at
    }

    /// The number of the key that signed it.
    #[must_use]
    pub const fn signer(&self) -> u32 {
        self.signer
    }

    /// What is told of it.
    #[must_use]
    pub const fn brief(&self) -> SessionBrief {
        SessionBrief {
            id: self.id,
            ends_at: self.ends_at,
        }
    }

    /// The scopes that it names, as far as `rules` still know them.
    #[must_use]
    pub fn scopes(&self, rules: &Rules) -> ScopeSet {
        let names = self.scope.split(' ');
        names.filter_map(|name| rules.scope_id(name)).collect()
    }
}

/// Why a text is not a token that is good now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SessionError {
    /// More than 2048 bytes.
    TooLong,
    /// Not three parts in base64url without padding, in its one form.
    Form,
    /// The header is not one of ours: another algorithm, an unknown key, or anything else in it.
    Signer,
    /// The signature is not that of this header and these claims.
    Signature,
    /// The claims are not those of a session.
    Claims,
    /// Made by an installation under another address.
    Issuer,
    /// Its time is over.
    Expired {
        /// Since when.
        since: Timestamp,
    },
    /// Its key is none of this product, or has another value now.
    Key,
}
