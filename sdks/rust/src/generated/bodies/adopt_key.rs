//! What `AdoptKey` is.
//!
//! Code generated from openapi/v1.json by `cargo xtask generate`; DO NOT EDIT.

use crate::secret::Secret;
use crate::types::RateLimit;
use crate::types::SpendCaps;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Map;
use serde_json::Value;

/// A key that another system has just accepted.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct AdoptKey {
    /// The whole key, as its holder sent it. It is digested and not kept, unless it is publishable;
    /// where the product's secrets are recoverable, it is sealed as they are.
    #[serde(serialize_with = "crate::secret::sent")]
    pub key: Secret,
    /// The product; may be left out when your operator key is bound to one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub product: Option<String>,
    /// Whose key it is: the organization's id, or your own id for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organization: Option<String>,
    /// The project's id, where the organization has several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// The environment: its id (then organization and project may be left out, and must be its own
    /// where they are not), or its name. Left out, the only one there is for keys of this mode.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// What people call it; a name that is taken gets a number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What it may do; left out, it follows the manifest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scopes: Option<Vec<String>>,
    /// Web origins it may be used from; left out, any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed_origins: Option<Vec<String>>,
    /// Address ranges it may be used from; left out, any.
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
    /// For people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl AdoptKey {
    /// With what must be said.
    #[must_use]
    pub fn new(key: impl Into<Secret>) -> Self {
        Self {
            key: key.into(),
            product: None,
            organization: None,
            project: None,
            environment: None,
            name: None,
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

    /// The product; may be left out when your operator key is bound to one.
    #[must_use]
    pub fn product(mut self, product: impl Into<String>) -> Self {
        self.product = Some(product.into());
        self
    }

    /// Whose key it is: the organization's id, or your own id for it.
    #[must_use]
    pub fn organization(mut self, organization: impl Into<String>) -> Self {
        self.organization = Some(organization.into());
        self
    }

    /// The project's id, where the organization has several.
    #[must_use]
    pub fn project(mut self, project: impl Into<String>) -> Self {
        self.project = Some(project.into());
        self
    }

    /// The environment: its id (then organization and project may be left out, and must be its own
    /// where they are not), or its name. Left out, the only one there is for keys of this mode.
    #[must_use]
    pub fn environment(mut self, environment: impl Into<String>) -> Self {
        self.environment = Some(environment.into());
        self
    }

    /// What people call it; a name that is taken gets a number.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// What it may do; left out, it follows the manifest.
    #[must_use]
    pub fn scopes(mut self, scopes: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.scopes = Some(scopes.into_iter().map(Into::into).collect());
        self
    }

    /// Web origins it may be used from; left out, any.
    #[must_use]
    pub fn allowed_origins(
        mut self,
        allowed_origins: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        self.allowed_origins = Some(allowed_origins.into_iter().map(Into::into).collect());
        self
    }

    /// Address ranges it may be used from; left out, any.
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

    /// For people.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.note = Some(note.into());
        self
    }
}
