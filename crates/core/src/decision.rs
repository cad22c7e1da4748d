//! The answer of the engine: a permit, or a reason with a stable code.

use std::fmt;

use crate::credit::CapPeriod;
use crate::key::KeyFormatError;
use crate::limit::Allowance;
use crate::manifest::{OperationError, ScopeId};
use crate::model::Timestamp;
use crate::session::SessionError;

/// Why a request is not allowed. A value, never an error: the engine has decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DenyReason {
    /// There is no key anywhere it may be.
    MissingCredential,
    /// Two keys in one request, or one credential header twice.
    ConflictingCredentials,
    /// The text is not a key.
    MalformedKey(KeyFormatError),
    /// The text has the form of a key, and is none of this product.
    UnknownKey,
    /// The text is no session token that is good now.
    InvalidSession(SessionError),
    /// The key was revoked or replaced, or what it belonged to was deleted.
    RevokedKey {
        /// Since when, where that is known.
        since: Option<Timestamp>,
    },
    /// The key's time is over.
    ExpiredKey {
        /// Since when.
        since: Timestamp,
    },
    /// The key, its project or its environment is switched off.
    DisabledKey {
        /// Since when, where that is known.
        since: Option<Timestamp>,
    },
    /// The organization is suspended.
    OrganizationSuspended,
    /// No environment of the product has this host and path.
    UnknownHost,
    /// The key belongs to another environment, or to the other mode.
    WrongEnvironment,
    /// A secret key came from a web page.
    SecretKeyInBrowser,
    /// The key has an origin allowlist, and this origin, or none, is not on it.
    OriginNotAllowed {
        /// Whether the request named an origin at all.
        named: bool,
    },
    /// The key has an address allowlist, and this address is not on it.
    IpNotAllowed {
        /// Whether the client's address is known at all.
        known: bool,
    },
    /// The product has no such operation, or the path is not one.
    UnknownOperation(OperationError),
    /// The key lacks this scope.
    InsufficientScope {
        /// The first one that is missing.
        missing: ScopeId,
    },
    /// There were too many calls.
    RateLimited(Allowance),
    /// The key may not spend so much.
    SpendCapReached(CapPeriod),
    /// The organization has not enough credits.
    CreditsExhausted,
    /// The idempotency key stands for a charge of something else.
    IdempotencyConflict,
    /// It is not known whether the call was charged. Never an allow.
    SpendUnknown,
    /// The key's row cannot be trusted, so nothing can be decided on it. Never an allow.
    Undecided,
}

/// Every code of the contract's table in its order, with the words people read.
/// The one place from which all doors take both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Code {
    /// Allowed.
    Ok,
    /// See [`DenyReason::MissingCredential`].
    MissingCredential,
    /// See [`DenyReason::ConflictingCredentials`].
    ConflictingCredentials,
    /// See [`DenyReason::MalformedKey`].
    MalformedKey,
    /// See [`DenyReason::UnknownKey`].
    UnknownKey,
    /// See [`DenyReason::InvalidSession`].
    InvalidSession,
    /// See [`DenyReason::RevokedKey`].
    RevokedKey,
    /// See [`DenyReason::ExpiredKey`].
    ExpiredKey,
    /// See [`DenyReason::DisabledKey`].
    DisabledKey,
    /// See [`DenyReason::OrganizationSuspended`].
    OrganizationSuspended,
    /// See [`DenyReason::UnknownHost`].
    UnknownHost,
    /// See [`DenyReason::WrongEnvironment`].
    WrongEnvironment,
    /// See [`DenyReason::SecretKeyInBrowser`].
    SecretKeyInBrowser,
    /// See [`DenyReason::OriginNotAllowed`].
    OriginNotAllowed,
    /// See [`DenyReason::IpNotAllowed`].
    IpNotAllowed,
    /// See [`DenyReason::UnknownOperation`].
    UnknownOperation,
    /// See [`DenyReason::InsufficientScope`].
    InsufficientScope,
    /// See [`DenyReason::RateLimited`].
    RateLimited,
    /// See [`DenyReason::SpendCapReached`].
    SpendCapReached,
    /// See [`DenyReason::CreditsExhausted`].
    CreditsExhausted,
    /// See [`DenyReason::IdempotencyConflict`].
    IdempotencyConflict,
    /// See [`DenyReason::SpendUnknown`].
    SpendUnknown,
    /// See [`DenyReason::Undecided`].
    Undecided,
}

impl Code {
    /// Every code, in the order of the checks.
    pub const ALL: [Self; 23] = [
        Self::Ok,
        Self::MissingCredential,
        Self::ConflictingCredentials,
        Self::MalformedKey,
        Self::UnknownKey,
        Self::InvalidSession,
        Self::RevokedKey,
        Self::ExpiredKey,
        Self::DisabledKey,
        Self::OrganizationSuspended,
        Self::UnknownHost,
        Self::WrongEnvironment,
        Self::SecretKeyInBrowser,
        Self::OriginNotAllowed,
        Self::IpNotAllowed,
        Self::UnknownOperation,
        Self::InsufficientScope,
        Self::RateLimited,
        Self::SpendCapReached,
        Self::CreditsExhausted,
        Self::IdempotencyConflict,
        Self::SpendUnknown,
        Self::Undecided,
    ];

    /// The number by which it is kept. Numbers are never given out again.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::MissingCredential => 1,
            Self::ConflictingCredentials => 2,
            Self::MalformedKey => 3,
            Self::UnknownKey => 4,
            Self::RevokedKey => 5,
            Self::ExpiredKey => 6,
            Self::DisabledKey => 7,
            Self::OrganizationSuspended => 8,
            Self::UnknownHost => 9,
            Self::WrongEnvironment => 10,
            Self::SecretKeyInBrowser => 11,
            Self::OriginNotAllowed => 12,
            Self::IpNotAllowed => 13,
            Self::UnknownOperation => 14,
            Self::InsufficientScope => 15,
            Self::Undecided => 16,
            Self::RateLimited => 17,
            Self::InvalidSession => 18,
            Self::SpendCapReached => 19,
            Self::CreditsExhausted => 20,
            Self::IdempotencyConflict => 21,
            Self::SpendUnknown => 22,
        }
    }

    /// The code of a number.
    #[must_use]
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|code| code.number() == number)
    }

    /// As JSON, headers and metrics write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::MissingCredential => "missing_credential",
            Self::ConflictingCredentials => "conflicting_credentials",
            Self::MalformedKey => "malformed_key",
            Self::UnknownKey => "unknown_key",
            Self::InvalidSession => "invalid_session",
            Self::RevokedKey => "revoked_key",
            Self::ExpiredKey => "expired_key",
            Self::DisabledKey => "disabled_key",
            Self::OrganizationSuspended => "organization_suspended",
            Self::UnknownHost => "unknown_host",
            Self::WrongEnvironment => "wrong_environment",
            Self::SecretKeyInBrowser => "secret_key_in_browser",
            Self::OriginNotAllowed => "origin_not_allowed",
            Self::IpNotAllowed => "ip_not_allowed",
            Self::UnknownOperation => "unknown_operation",
            Self::InsufficientScope => "insufficient_scope",
            Self::RateLimited => "rate_limited",
            Self::SpendCapReached => "spend_cap_reached",
            Self::CreditsExhausted => "credits_exhausted",
            Self::IdempotencyConflict => "idempotency_conflict",
            Self::SpendUnknown => "spend_unknown",
            Self::Undecided => "undecided",
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl DenyReason {
    /// Its code.
    #[must_use]
    pub const fn code(self) -> Code {
        match self {
            Self::MissingCredential => Code::MissingCredential,
            Self::ConflictingCredentials => Code::ConflictingCredentials,
            Self::MalformedKey(_) => Code::MalformedKey,
            Self::UnknownKey => Code::UnknownKey,
            Self::InvalidSession(_) => Code::InvalidSession,
            Self::RevokedKey { .. } => Code::RevokedKey,
            Self::ExpiredKey { .. } => Code::ExpiredKey,
            Self::DisabledKey { .. } => Code::DisabledKey,
            Self::OrganizationSuspended => Code::OrganizationSuspended,
            Self::UnknownHost => Code::UnknownHost,
            Self::WrongEnvironment => Code::WrongEnvironment,
            Self::SecretKeyInBrowser => Code::SecretKeyInBrowser,
            Self::OriginNotAllowed { .. } => Code::OriginNotAllowed,
            Self::IpNotAllowed { .. } => Code::IpNotAllowed,
            Self::UnknownOperation(_) => Code::UnknownOperation,
            Self::InsufficientScope { .. } => Code::InsufficientScope,
            Self::RateLimited(_) => Code::RateLimited,
            Self::SpendCapReached(_) => Code::SpendCapReached,
            Self::CreditsExhausted => Code::CreditsExhausted,
            Self::IdempotencyConflict => Code::IdempotencyConflict,
            Self::SpendUnknown => Code::SpendUnknown,
            Self::Undecided => Code::Undecided,
        }
    }

    /// What people read, without the names that only a product's rules know.
    #[must_use]
    pub const fn message(self) -> &'static str {
        match self {
            Self::MissingCredential => "no key was sent; send it as `Authorization: Bearer <key>`",
            Self::ConflictingCredentials => "more than one key was sent; send exactly one",
            Self::MalformedKey(why) => malformed(why),
            Self::UnknownKey => "there is no such key",
            Self::InvalidSession(why) => invalid_session(why),
            Self::RevokedKey { .. } => "the key was revoked or replaced by a new one",
            Self::ExpiredKey { .. } => "the key has expired",
            Self::DisabledKey { .. } => "the key is disabled",
            Self::OrganizationSuspended => "the organization is suspended",
            Self::UnknownHost => "no environment of the product has this host and path",
            Self::WrongEnvironment => "the key belongs to another environment",
            Self::SecretKeyInBrowser => {
                "a secret key was sent by a web page; use a publishable key there, \
                 and replace this one, because visitors can read it"
            }
            Self::OriginNotAllowed { named: true } => "the key may not be used from this origin",
            Self::OriginNotAllowed { named: false } => {
                "the key may only be used from listed origins, and the request has no Origin header"
            }
            Self::IpNotAllowed { known: true } => "the key may not be used from this address",
            Self::IpNotAllowed { known: false } => {
                "the key may only be used from listed addresses, and the client's is not known"
            }
            Self::UnknownOperation(OperationError::Unknown) => "the product has no such operation",
            Self::UnknownOperation(OperationError::MalformedMethod) => "the method is malformed",
            Self::UnknownOperation(OperationError::MalformedText) => {
                "an operation is a method, one space and a path, such as POST /v1/events"
            }
            Self::UnknownOperation(OperationError::MalformedPath(_)) => {
                "the path has no single meaning, for instance because of a dot segment, \
                 an empty segment or an encoded slash"
            }
            Self::InsufficientScope { .. } => "the key lacks a scope that the operation needs",
            Self::RateLimited(_) => "there were too many calls; wait, then try again",
            Self::SpendCapReached(CapPeriod::Day) => {
                "the key has spent what it may spend in a day; it can spend again tomorrow (UTC)"
            }
            Self::SpendCapReached(CapPeriod::Month) => {
                "the key has spent what it may spend in a month; it can spend again next month (UTC)"
            }
            Self::SpendCapReached(CapPeriod::Total) => {
                "the key has spent all that it may spend; raise its cap or use another key"
            }
            Self::CreditsExhausted => "the organization has not enough credits for this call",
            Self::IdempotencyConflict => {
                "this idempotency_key stands for another key, operation or cost; \
                 use a new one for every call"
            }
            Self::SpendUnknown => {
                "it is not known whether the call was charged; ask again with the same \
                 idempotency_key, or look into the ledger"
            }
            Self::Undecided => "it could not be decided whether the key is good; try again later",
        }
    }
}

const fn malformed(why: KeyFormatError) -> &'static str {
    match why {
        KeyFormatError::Empty => "the key is empty",
        KeyFormatError::TooLong => "a key has at most 55 characters, this text has more",
        KeyFormatError::MaskedPreview => "this is the masked preview, not the key",
        KeyFormatError::Character => {
            "a key has only letters, digits and underscores, this text has something else"
        }
        KeyFormatError::Prefix => "a key begins with pk_ or sk_",
        KeyFormatError::Mode => "after pk_ or sk_ and the brand, a key has live_ or test_",
        KeyFormatError::Brand => "the word between the kind and the mode is not a brand",
        KeyFormatError::Length => {
            "a key has 38 characters after live_ or test_, so this one was cut or added to"
        }
        KeyFormatError::Checksum => {
            "the checksum does not fit, so at least one character of the key was changed"
        }
    }
}

const fn invalid_session(why: SessionError) -> &'static str {
    match why {
        SessionError::TooLong => "a session token has at most 2048 characters, this text has more",
        SessionError::Form => {
            "a session token is st_ and three parts with dots between, this text is something else"
        }
        SessionError::Signer => {
            "the session token was not signed by a key of this installation, or its header was \
             changed; create a new session"
        }
        SessionError::Signature => "the session token was changed: its signature does not fit",
        SessionError::Claims => "the session token does not say what a session's says",
        SessionError::Issuer => "the session token is of an installation under another address",
        SessionError::Expired { .. } => "the session has ended; create a new one",
        SessionError::Key => {
            "the session's key is none of this product, or has another value now; create a new \
             session with the key that is on the page now"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_number_of_its_own() {
        for code in Code::ALL {
            assert_eq!(Code::from_number(code.number()), Some(code));
        }
        assert_eq!(Code::from_number(255), None);
    }
}
