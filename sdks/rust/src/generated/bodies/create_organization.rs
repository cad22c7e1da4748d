//! What `CreateOrganization` is.
//!
//! Code generated from openapi/v1.json by `cargo xtask generate`; DO NOT EDIT.

use serde::Serialize;
use serde_json::Map;
use serde_json::Value;

/// What a new organization shall be.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct CreateOrganization {
    /// The product it is a customer of.
    pub product: String,
    /// What people call it.
    pub name: String,
    /// Your own id for it, unique in the product.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// Its plan; left out, the product's first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<String>,
    /// A JSON object of yours, at most 2 KiB.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Map<String, Value>>,
}

impl CreateOrganization {
    /// With what must be said.
    #[must_use]
    pub fn new(product: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            product: product.into(),
            name: name.into(),
            external_id: None,
            plan: None,
            metadata: None,
        }
    }

    /// Your own id for it, unique in the product.
    #[must_use]
    pub fn external_id(mut self, external_id: impl Into<String>) -> Self {
        self.external_id = Some(external_id.into());
        self
    }

    /// Its plan; left out, the product's first.
    #[must_use]
    pub fn plan(mut self, plan: impl Into<String>) -> Self {
        self.plan = Some(plan.into());
        self
    }

    /// A JSON object of yours, at most 2 KiB.
    #[must_use]
    pub fn metadata(mut self, metadata: Map<String, Value>) -> Self {
        self.metadata = Some(metadata);
        self
    }
}
