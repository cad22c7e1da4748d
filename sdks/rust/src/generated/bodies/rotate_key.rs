//! What `RotateKey` is.
//!
//! Code generated from openapi/v1.json by `cargo xtask generate`; DO NOT EDIT.

use serde::Serialize;

/// How long the old value goes on working.
#[derive(Debug, Clone, Serialize, Default)]
#[non_exhaustive]
pub struct RotateKey {
    /// In seconds; 0, the default, ends it at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grace_seconds: Option<u64>,
}

impl RotateKey {
    /// With nothing said.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// In seconds; 0, the default, ends it at once.
    #[must_use]
    pub fn grace_seconds(mut self, grace_seconds: u64) -> Self {
        self.grace_seconds = Some(grace_seconds);
        self
    }
}
