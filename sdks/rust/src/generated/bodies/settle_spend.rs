//! What `SettleSpend` is.
//!
//! Code generated from openapi/v1.json by `cargo xtask generate`; DO NOT EDIT.

use serde::Serialize;

/// What the call cost.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct SettleSpend {
    /// How many credits, at most what is reserved; 0 is nothing.
    pub amount: u64,
}

impl SettleSpend {
    /// With what must be said.
    #[must_use]
    pub fn new(amount: u64) -> Self {
        Self { amount }
    }
}
