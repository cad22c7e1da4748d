//! What `CreateKey` is.
//!
//! Code generated from openapi/v1.json by `cargo xtask generate`; DO NOT EDIT.

use crate::types::Kind;
use crate::types::RateLimit;
use crate::types::SpendCaps;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Map;
use serde_json::Value;

/// What a new key shall be.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct CreateKey {
    /// Who may hold it.
    pub kind: Kind,
    /// What people call it: 1 to 100 characters, unique per environment and kind.
    pub name: String,
    /// What it may do; left out, it follows the manifest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scopes: Option<Vec<String>>,
    /// Web origins it may be used from, such as `https://shop.example` or
    /// `https://*.shop.example`; left out, any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed_origins: Option<Vec<String>>,
    /// Address ranges it may be used from, such as `192.0.2.0/24`; left out, any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed_ips: Option<Vec<String>>,
    /// How often it may be used; of a publishable key, by each client. Left out, as the manifest
    /// says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate_limit: Option<RateLimit>,
    /// How many credits it may spend per day and per month of the calendar in UTC, and in all.
    /// Left out, as many as its organization has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spend_caps: Option<SpendCaps>,
    /// When it ends by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// A JSON object of yours, at most 2 KiB; every verdict carries it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Map<String, Value>>,
    /// For people, such as where the secret is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl CreateKey {
    /// With what must be said.
    #[must_use]
    pub fn new(kind: Kind, name: impl Into<String>) -> Self {
        Self {
            kind,
            name: name.into(),
            scopes: None,
            allowed_origins: None,
            allowed_ips: None,
            rate_limit: None,
            spend_caps: None,
            expires_at: None,
            metadata: None,
            note: None,
        }
    }

    /// What it may do; left out, it follows the manifest.
    #[must_use]
    pub fn scopes(mut self, scopes: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.scopes = Some(scopes.into_iter().map(Into::into).collect());
        self
    }

    /// Web origins it may be used from, such as `https://shop.example` or
    /// `https://*.shop.example`; left out, any.
    #[must_use]
    pub fn allowed_origins(
        mut self,
        allowed_origins: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        self.allowed_origins = Some(allowed_origins.into_iter().map(Into::into).collect());
        self
    }

    /// Address ranges it may be used from, such as `192.0.2.0/24`; left out, any.
    #[must_use]
    pub fn allowed_ips(mut self, allowed_ips: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.allowed_ips = Some(allowed_ips.into_iter().map(Into::into).collect());
        self
    }

    /// How often it may be used; of a publishable key, by each client. Left out, as the manifest
    /// says.
    #[must_use]
    pub fn rate_limit(mut self, rate_limit: RateLimit) -> Self {
        self.rate_limit = Some(rate_limit);
        self
    }

    /// How many credits it may spend per day and per month of the calendar in UTC, and in all.
    /// Left out, as many as its organization has.
    #[must_use]
    pub fn spend_caps(mut self, spend_caps: SpendCaps) -> Self {
        self.spend_caps = Some(spend_caps);
        self
    }

    /// When it ends by itself.
    #[must_use]
    pub fn expires_at(mut self, expires_at: Timestamp) -> Self {
        self.expires_at = Some(expires_at);
        self
    }

    /// A JSON object of yours, at most 2 KiB; every verdict carries it.
    #[must_use]
    pub fn metadata(mut self, metadata: Map<String, Value>) -> Self {
        self.metadata = Some(metadata);
        self
    }

    /// For people, such as where the secret is kept.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.note = Some(note.into());
        self
    }
}
