//! What `CreateGrant` is.
//!
//! Code generated from openapi/v1.json by `cargo xtask generate`; DO NOT EDIT.

use crate::types::Mode;
use jiff::Timestamp;
use serde::Serialize;

/// What a new grant shall be.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct CreateGrant {
    /// The mode of the keys that may spend it.
    pub mode: Mode,
    /// How many credits.
    pub amount: u64,
    /// Why, for people.
    pub reason: String,
    /// When what is left of it ends; left out, never.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
}

impl CreateGrant {
    /// With what must be said.
    #[must_use]
    pub fn new(mode: Mode, amount: u64, reason: impl Into<String>) -> Self {
        Self {
            mode,
            amount,
            reason: reason.into(),
            expires_at: None,
        }
    }

    /// When what is left of it ends; left out, never.
    #[must_use]
    pub fn expires_at(mut self, expires_at: Timestamp) -> Self {
        self.expires_at = Some(expires_at);
        self
    }
}
