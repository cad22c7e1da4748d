//! What `CreateOrGetOrganization` is.
//!
//! Code generated from openapi/v1.json by `cargo xtask generate`; DO NOT EDIT.

use serde::Serialize;
use serde_json::Map;
use serde_json::Value;

/// What a new organization shall be that is named by your own id.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct CreateOrGetOrganization {
    /// What people call it; used only when it is created.
    pub name: String,
    /// Its plan; used only when it is created.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<String>,
    /// A JSON object of yours; used only when it is created.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Map<String, Value>>,
}

impl CreateOrGetOrganization {
    /// With what must be said.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            plan: None,
            metadata: None,
        }
    }

    /// Its plan; used only when it is created.
    #[must_use]
    pub fn plan(mut self, plan: impl Into<String>) -> Self {
        self.plan = Some(plan.into());
        self
    }

    /// A JSON object of yours; used only when it is created.
    #[must_use]
    pub fn metadata(mut self, metadata: Map<String, Value>) -> Self {
        self.metadata = Some(metadata);
        self
    }
}
