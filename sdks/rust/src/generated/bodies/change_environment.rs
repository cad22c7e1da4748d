//! What `ChangeEnvironment` is.
//!
//! Code generated from openapi/v1.json by `cargo xtask generate`; DO NOT EDIT.

use crate::patch::Patch;
use serde::Serialize;

/// What shall change. The name decides the mode, so it stays.
#[derive(Debug, Clone, Serialize, Default)]
#[non_exhaustive]
pub struct ChangeEnvironment {
    /// `false` refuses every key in it until it is enabled again.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub enabled: Patch<bool>,
}

impl ChangeEnvironment {
    /// With nothing said.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// `false` refuses every key in it until it is enabled again.
    #[must_use]
    pub fn enabled(mut self, enabled: impl Into<Patch<bool>>) -> Self {
        self.enabled = enabled.into();
        self
    }
}
