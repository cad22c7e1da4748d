//! What `RefundSpend` is.
//!
//! Code generated from openapi/v1.json by `cargo xtask generate`; DO NOT EDIT.

use serde::Serialize;

/// How much goes back.
#[derive(Debug, Clone, Serialize, Default)]
#[non_exhaustive]
pub struct RefundSpend {
    /// How many credits; left out, all that are left of the spend.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<u64>,
}

impl RefundSpend {
    /// With nothing said.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many credits; left out, all that are left of the spend.
    #[must_use]
    pub fn amount(mut self, amount: u64) -> Self {
        self.amount = Some(amount);
        self
    }
}
