//! What can go wrong. No message repeats a key, whatever the other side says.

use std::fmt;
use std::time::Duration;

use crate::types::FieldError;

/// Why there is no answer.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Something that was handed over cannot be right; nothing was sent.
    #[error(transparent)]
    Configuration(#[from] ConfigurationError),
    /// Keystile answered with a problem.
    #[error(transparent)]
    Api(#[from] Box<ApiError>),
    /// Keystile could not be reached, or the connection broke.
    #[error("nothing was decided: Keystile cannot be reached at {url}")]
    Connection {
        /// Where it was looked for.
        url: String,
    },
    /// Keystile did not answer in time.
    #[error("nothing was decided: Keystile did not answer within {after:?}")]
    Timeout {
        /// How long it had, with all tries.
        after: Duration,
    },
    /// What answered is not Keystile, or not one that this version understands.
    #[error("nothing was decided: {what}")]
    UnexpectedAnswer {
        /// What is odd about it.
        what: String,
    },
    /// A text that was to be sent as a key is none; nothing was sent.
    #[error(transparent)]
    KeyFormat(#[from] KeyFormatError),
    /// A session token is not good here and now.
    #[error(transparent)]
    SessionToken(#[from] SessionTokenError),
}

impl Error {
    /// Whether nothing was decided because there was no answer that counts. Whoever asked must not
    /// go on as if the answer were yes.
    #[must_use]
    pub fn is_unavailable(&self) -> bool {
        matches!(
            self,
            Self::Connection { .. } | Self::Timeout { .. } | Self::UnexpectedAnswer { .. }
        )
    }

    /// The problem that Keystile answered with, if it did.
    #[must_use]
    pub fn api(&self) -> Option<&ApiError> {
        match self {
            Self::Api(problem) => Some(problem),
            _ => None,
        }
    }

    pub(crate) fn unexpected(what: impl Into<String>) -> Self {
        Self::UnexpectedAnswer { what: what.into() }
    }
}

/// What of a configuration, or of an argument, cannot be right.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{message}")]
#[non_exhaustive]
pub struct ConfigurationError {
    /// What it is, and what to do.
    pub message: String,
}

impl ConfigurationError {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        let message = message.into();
        Self { message }
    }
}

/// A problem (RFC 9457) that Keystile answered with.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{detail} ({status} {code})")]
#[non_exhaustive]
pub struct ApiError {
    /// The HTTP status.
    pub status: u16,
    /// A stable word for programs.
    pub code: String,
    /// What was wrong and what to do.
    pub detail: String,
    /// The request, as Keystile's log knows it.
    pub request_id: String,
    /// What is wrong with which field.
    pub errors: Vec<FieldError>,
    /// After how long it makes sense to try again, where that was said.
    pub retry_after: Option<Duration>,
}

/// Writes an enum of stable words: what it is, its variants with their words, and how to read them.
macro_rules! codes {
    ($(#[$about:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident => $word:literal,)* }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name { $($(#[$doc])* $variant,)* }

        impl $name {
            /// The stable word, the same in every language.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

codes! {
    /// What is wrong with a text that should be a key.
    KeyFormatCode {
        /// There is nothing.
        Empty => "empty",
        /// It is longer than any key.
        TooLong => "too_long",
        /// It is what lists show of a key.
        MaskedPreview => "masked_preview",
        /// It has a character that no key has.
        Character => "character",
        /// It does not begin as a key does.
        Prefix => "prefix",
        /// It is neither live nor test.
        Mode => "mode",
        /// The word in the middle is no brand.
        Brand => "brand",
        /// It was cut or added to.
        Length => "length",
        /// At least one character was changed.
        Checksum => "checksum",
    }
}

/// Why a text is not a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
#[non_exhaustive]
pub struct KeyFormatError {
    /// For programs.
    pub code: KeyFormatCode,
    /// The same for people, and what was copied along.
    pub message: String,
}

codes! {
    /// What is wrong with a session token.
    SessionTokenCode {
        /// It is not a session token.
        Malformed => "malformed",
        /// No public key of the installation has the name that it gives.
        UnknownSigner => "unknown_signer",
        /// The signature does not fit.
        BadSignature => "bad_signature",
        /// Another installation made it.
        WrongIssuer => "wrong_issuer",
        /// It is for another product.
        WrongAudience => "wrong_audience",
        /// It was made for another page.
        WrongOrigin => "wrong_origin",
        /// It has ended.
        Expired => "expired",
        /// It was made in the future.
        NotYetValid => "not_yet_valid",
    }
}

/// Why a session token is not good here and now.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
#[non_exhaustive]
pub struct SessionTokenError {
    /// For programs.
    pub code: SessionTokenCode,
    /// The same for people.
    pub message: String,
}

impl SessionTokenError {
    pub(crate) fn new(code: SessionTokenCode, message: impl Into<String>) -> Self {
        let message = crate::secret::masked(&message.into());
        Self { code, message }
    }
}
