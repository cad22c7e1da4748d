//! What `RetireValue` is.
//!
//! Code generated from openapi/v1.json by `cargo xtask generate`; DO NOT EDIT.

use serde::Serialize;

/// How long the old value still works.
#[derive(Debug, Clone, Serialize, Default)]
#[non_exhaustive]
pub struct RetireValue {
    /// In seconds from now; 0, the default, ends it at once. Never later than it would end anyway.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grace_seconds: Option<u64>,
}

impl RetireValue {
    /// With nothing said.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// In seconds from now; 0, the default, ends it at once. Never later than it would end anyway.
    #[must_use]
    pub fn grace_seconds(mut self, grace_seconds: u64) -> Self {
        self.grace_seconds = Some(grace_seconds);
        self
    }
}
