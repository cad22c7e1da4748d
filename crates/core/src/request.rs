//! What a door tells the engine about the call that is to be decided.

use std::net::IpAddr;

use crate::key::{KeyDigest, ParsedKey};
use crate::manifest::{OperationError, ScopeSet};
use crate::model::{ForeignDigest, ModeFilter, Timestamp};
use crate::snapshot::Value;

/// All facts of one call. Borrowed from the request, so that asking copies nothing.
#[derive(Debug, Clone, Copy)]
pub struct RequestFacts<'a> {
    /// What was sent as a key.
    pub credential: Credential<'a>,
    /// Where the call wants to go.
    pub place: Place<'a>,
    /// What the call wants to do.
    pub asked: Asked<'a>,
    /// The page it comes from, as far as the request says.
    pub origin: Origin<'a>,
    /// Whether the request bears the marks of a web page's own script.
    pub from_browser: bool,
    /// The client's address, when trusted proxies or the caller say so.
    pub ip: Option<IpAddr>,
    /// The time to decide by.
    pub now: Timestamp,
}

/// What was found where keys may be.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Credential<'a> {
    /// Nothing.
    Missing,
    /// More than one.
    Conflicting,
    /// This text.
    Text(&'a str),
    /// A key that was made ready before.
    Prepared(&'a PreparedKey<'a>),
    /// Bytes that are not even text.
    NotText,
}

impl std::fmt::Debug for Credential<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Missing => "Missing",
            Self::Conflicting => "Conflicting",
            Self::Text(_) | Self::Prepared(_) => "Text(redacted)",
            Self::NotText => "NotText",
        })
    }
}

/// A key with the digest that it is looked for by. When many calls are decided together, all
/// their keys are prepared first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PreparedKey<'a> {
    pub(crate) text: KeyText<'a>,
    pub(crate) digest: KeyDigest,
    /// The number of the pepper that the digest is made with.
    pub(crate) pepper: u32,
    /// What was found by it, with the number of the state that the index was in.
    pub(crate) found: Option<(u64, Value)>,
}

/// A text that is looked for as a key.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyText<'a> {
    /// It has our form and fits its checksum, so it is one of ours and nothing else.
    Own(ParsedKey<'a>),
    /// It begins like the keys of another system that the product takes.
    Foreign {
        /// What was sent.
        text: &'a str,
        /// Of which kind its plain digest is, as the product's format says.
        digest: ForeignDigest,
    },
}

impl std::fmt::Debug for KeyText<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Own(_) => "Own(redacted)",
            Self::Foreign { .. } => "Foreign(redacted)",
        })
    }
}

/// Where the call wants to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place<'a> {
    /// To the environment of this name.
    Named(&'a str),
    /// To any environment of the mode.
    Mode(ModeFilter),
    /// To a host and path that a gateway guards; the environment follows from the product's base
    /// URLs.
    At {
        /// The host the client asked for.
        host: &'a str,
        /// The path and query the client asked for.
        target: &'a str,
        /// The environment of a host that no base URL claims, when the gateway's own
        /// configuration names it.
        otherwise: Option<&'a str>,
    },
}

/// What the call wants to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked<'a> {
    /// An operation of the product, by method and raw path.
    Operation {
        /// The method.
        method: &'a str,
        /// The path; behind a gateway the part that follows the base URL's prefix is used.
        path: &'a str,
    },
    /// An operation that was looked for under the same rules before, by its place in the manifest.
    Known(Result<u16, OperationError>),
    /// Whatever needs all of these scopes.
    Scopes(ScopeSet),
    /// Nothing but to know whose key it is.
    Authenticate,
}

/// The page a call comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin<'a> {
    /// The request names none.
    Absent,
    /// This one.
    Of(&'a str),
    /// Several, or not even text.
    Malformed,
}
