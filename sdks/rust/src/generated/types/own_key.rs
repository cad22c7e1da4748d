//! What operations answer that are about own key.
//!
//! Code generated from openapi/v1.json by `cargo xtask generate`; DO NOT EDIT.

use crate::types::Effective;
use crate::types::KeyState;
use crate::types::Kind;
use crate::types::Mode;
use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;

/// A session whose token was sent in place of the key.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Session {
    /// Its id.
    pub id: String,
    /// From when on it is refused.
    pub expires_at: Timestamp,
}

/// What is left of a rate limit.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RateLimitLeft {
    /// How many calls its period has room for.
    pub limit: u64,
    /// How many more there may be now.
    pub remaining: u64,
    /// In how many seconds there is room for more; 0 when nothing counts.
    pub reset_seconds: u64,
}

/// What is left of an organization's credits.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CreditsLeft {
    /// How many can be spent.
    pub remaining: u64,
}

/// What the holder of a key is told. Of a publishable key, which anyone can read in a page, only
/// kind, mode and scopes.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct OwnKey {
    /// Its kind.
    pub kind: Kind,
    /// Its mode.
    pub mode: Mode,
    /// Its scopes.
    pub scopes: Vec<String>,
    /// The session, when its token was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<Session>,
    /// Its id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its preview.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preview: Option<String>,
    /// Its product.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub product: Option<String>,
    /// Its organization.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organization: Option<String>,
    /// Its project.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// Its environment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment: Option<OwnEnvironment>,
    /// When it was expires.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// What is left of the rate limit that has least left, if there is one; asking counts nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate_limit: Option<RateLimitLeft>,
    /// The organization's credits of the key's mode, where the product has calls that cost some.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credits: Option<CreditsLeft>,
    /// What is left of the key's own spending caps, where it has some.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spend_caps: Option<CapsLeft>,
}

/// A part of an answer.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct OwnEnvironment {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
}

/// How many credits the key may still spend; absent where it has no such cap.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CapsLeft {
    /// Today (UTC).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub day: Option<u64>,
    /// This month (UTC).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub month: Option<u64>,
    /// In all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
}

/// A key that its holder has revoked.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct OwnKeyEnded {
    /// Its key.
    pub key: DeadKey,
    /// No request that begins from now on is allowed on any of these nodes.
    pub effective: Effective,
}

/// What its holder is told of it; notes and metadata are the operator's.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DeadKey {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its preview.
    pub preview: String,
    /// Its status.
    pub status: KeyState,
    /// When it was revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<Timestamp>,
}
