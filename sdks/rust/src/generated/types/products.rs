//! What operations answer that are about products.
//!
//! Code generated from openapi/v1.json by `cargo xtask generate`; DO NOT EDIT.

use crate::types::Effective;
use crate::words::words;
use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;

/// What applying a manifest did, or would do.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AppliedManifest {
    /// Its product.
    pub product: Product,
    /// Empty when it is the manifest that is in force already.
    pub changes: Vec<Change>,
    /// Whether nothing was written, because that was asked for.
    pub dry_run: bool,
    /// Present when the change may have taken rights away: it is in force on all these nodes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effective: Option<Effective>,
    /// How many sealed secrets were destroyed, or would be, because the product's secrets are not
    /// recoverable any more. When this answers, none is left.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub destroyed_secrets: Option<u64>,
}

/// A product with its manifest.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Product {
    /// Its slug.
    pub slug: String,
    /// The manifest as TOML.
    pub manifest: String,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was updated.
    pub updated_at: Timestamp,
}

/// One difference between two manifests.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Change {
    /// The place as a JSON Pointer; entries of lists stand under their names, as in
    /// `/scopes/chat:send/publishable`.
    pub pointer: String,
    /// What that does to the rights of keys that exist.
    pub effect: Effect,
    /// What stood there; absent when it is new.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Value>,
    /// What will stand there; absent when it is removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<Value>,
}

words! {
/// What a change does to the rights of keys that exist.
Effect {
/// Takes rights away.
Narrows => "narrows",
/// Gives rights.
Widens => "widens",
/// Changes no rights.
Neutral => "neutral",
/// May do either; treated as narrowing.
Unclear => "unclear",
}
}
