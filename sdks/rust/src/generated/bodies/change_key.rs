//! What `ChangeKey` is.
//!
//! Code generated from openapi/v1.json by `cargo xtask generate`; DO NOT EDIT.

use crate::patch::Patch;
use crate::types::RateLimit;
use crate::types::SpendCaps;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Map;
use serde_json::Value;

/// What shall change; what is left out stays as it is, and `null` removes.
#[derive(Debug, Clone, Serialize, Default)]
#[non_exhaustive]
pub struct ChangeKey {
    /// What people call it.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub name: Patch<String>,
    /// For people.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub note: Patch<String>,
    /// What it may do; `null` follows the manifest.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub scopes: Patch<Vec<String>>,
    /// Web origins it may be used from; `null` is any, an empty list is none.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub allowed_origins: Patch<Vec<String>>,
    /// Address ranges it may be used from; `null` is any, an empty list is none.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub allowed_ips: Patch<Vec<String>>,
    /// How often it may be used; `null` is as the manifest says.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub rate_limit: Patch<RateLimit>,
    /// How many credits it may spend; these caps take the place of those it has, and `null`
    /// removes them all. What it has spent keeps counting.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub spend_caps: Patch<SpendCaps>,
    /// When it ends by itself; `null` is never.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub expires_at: Patch<Timestamp>,
    /// A JSON object of yours, at most 2 KiB.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub metadata: Patch<Map<String, Value>>,
    /// `false` refuses it until it is enabled again.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub enabled: Patch<bool>,
}

impl ChangeKey {
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

    /// For people.
    #[must_use]
    pub fn note(mut self, note: impl Into<Patch<String>>) -> Self {
        self.note = note.into();
        self
    }

    /// What it may do; `null` follows the manifest.
    #[must_use]
    pub fn scopes(mut self, scopes: impl Into<Patch<Vec<String>>>) -> Self {
        self.scopes = scopes.into();
        self
    }

    /// Web origins it may be used from; `null` is any, an empty list is none.
    #[must_use]
    pub fn allowed_origins(mut self, allowed_origins: impl Into<Patch<Vec<String>>>) -> Self {
        self.allowed_origins = allowed_origins.into();
        self
    }

    /// Address ranges it may be used from; `null` is any, an empty list is none.
    #[must_use]
    pub fn allowed_ips(mut self, allowed_ips: impl Into<Patch<Vec<String>>>) -> Self {
        self.allowed_ips = allowed_ips.into();
        self
    }

    /// How often it may be used; `null` is as the manifest says.
    #[must_use]
    pub fn rate_limit(mut self, rate_limit: impl Into<Patch<RateLimit>>) -> Self {
        self.rate_limit = rate_limit.into();
        self
    }

    /// How many credits it may spend; these caps take the place of those it has, and `null`
    /// removes them all. What it has spent keeps counting.
    #[must_use]
    pub fn spend_caps(mut self, spend_caps: impl Into<Patch<SpendCaps>>) -> Self {
        self.spend_caps = spend_caps.into();
        self
    }

    /// When it ends by itself; `null` is never.
    #[must_use]
    pub fn expires_at(mut self, expires_at: impl Into<Patch<Timestamp>>) -> Self {
        self.expires_at = expires_at.into();
        self
    }

    /// A JSON object of yours, at most 2 KiB.
    #[must_use]
    pub fn metadata(mut self, metadata: impl Into<Patch<Map<String, Value>>>) -> Self {
        self.metadata = metadata.into();
        self
    }

    /// `false` refuses it until it is enabled again.
    #[must_use]
    pub fn enabled(mut self, enabled: impl Into<Patch<bool>>) -> Self {
        self.enabled = enabled.into();
        self
    }
}
