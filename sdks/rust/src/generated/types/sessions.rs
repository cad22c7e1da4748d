//! What operations answer that are about sessions.
//!
//! Code generated from openapi/v1.json by `cargo xtask generate`; DO NOT EDIT.

use crate::secret::Secret;
use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;

/// A session with its token.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CreatedSession {
    /// Send it as `Authorization: Bearer` in place of the key.
    pub token: Secret,
    /// Its session.
    pub session: SessionView,
    /// So many seconds until it ends.
    pub expires_in: i64,
    /// What it may do: what the key may.
    pub scopes: Vec<String>,
    /// Its request id.
    pub request_id: String,
}

/// What is told of a session.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SessionView {
    /// Its identifier, which verdicts tell.
    pub id: String,
    /// The visitor it is for.
    pub visitor: String,
    /// From when on it is refused.
    pub expires_at: Timestamp,
}

/// The public halves of the signing keys, newest first. An old one stays until all its tokens have
/// ended.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct JsonWebKeySet {
    /// Its keys.
    pub keys: Vec<JsonWebKey>,
}

/// An Ed25519 public key (RFC 8037 §2).
#[derive(Debug, Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct JsonWebKey {
    /// Its kty.
    pub kty: String,
    /// Its crv.
    pub crv: String,
    /// Its alg.
    pub alg: String,
    /// Its use.
    pub r#use: String,
    /// Its thumbprint (RFC 7638), which tokens name.
    pub kid: String,
    /// The key in base64url.
    pub x: String,
}
