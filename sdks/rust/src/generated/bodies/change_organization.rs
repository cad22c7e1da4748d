//! What `ChangeOrganization` is.
//!
//! Code generated from openapi/v1.json by `cargo xtask generate`; DO NOT EDIT.

use crate::patch::Patch;
use serde::Serialize;
use serde_json::Map;
use serde_json::Value;

/// What shall change; what is left out stays as it is, and `null` removes.
#[derive(Debug, Clone, Serialize, Default)]
#[non_exhaustive]
pub struct ChangeOrganization {
    /// What people call it.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub name: Patch<String>,
    /// Your own id for it, unique in the product.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub external_id: Patch<String>,
    /// Its plan; `null` is the product's first.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub plan: Patch<String>,
    /// A JSON object of yours, at most 2 KiB.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub metadata: Patch<Map<String, Value>>,
    /// `false` suspends it: every key below is refused from then on.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub enabled: Patch<bool>,
}

impl ChangeOrganization {
    /// With nothing said.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What people call it.
    #[must_use]
    pub fn name(mut self, name: impl Into<Patch<String>>) -> Self {
        self.name = name.into();
        self
    }

    /// Your own id for it, unique in the product.
    #[must_use]
    pub fn external_id(mut self, external_id: impl Into<Patch<String>>) -> Self {
        self.external_id = external_id.into();
        self
    }

    /// Its plan; `null` is the product's first.
    #[must_use]
    pub fn plan(mut self, plan: impl Into<Patch<String>>) -> Self {
        self.plan = plan.into();
        self
    }

    /// A JSON object of yours, at most 2 KiB.
    #[must_use]
    pub fn metadata(mut self, metadata: impl Into<Patch<Map<String, Value>>>) -> Self {
        self.metadata = metadata.into();
        self
    }

    /// `false` suspends it: every key below is refused from then on.
    #[must_use]
    pub fn enabled(mut self, enabled: impl Into<Patch<bool>>) -> Self {
        self.enabled = enabled.into();
        self
    }
}
