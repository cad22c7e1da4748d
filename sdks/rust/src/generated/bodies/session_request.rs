//! What `SessionRequest` is.
//!
//! Code generated from openapi/v1.json by `cargo xtask generate`; DO NOT EDIT.

use serde::Serialize;

/// What a session shall be; the body may be left out.
#[derive(Debug, Clone, Serialize, Default)]
#[non_exhaustive]
pub struct SessionRequest {
    /// How long it lasts: 1 to 900 seconds; left out, 300.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lifetime_seconds: Option<u64>,
}

impl SessionRequest {
    /// With nothing said.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How long it lasts: 1 to 900 seconds; left out, 300.
    #[must_use]
    pub fn lifetime_seconds(mut self, lifetime_seconds: u64) -> Self {
        self.lifetime_seconds = Some(lifetime_seconds);
        self
    }
}
