//! What `CreateOperatorKey` is.
//!
//! Code generated from openapi/v1.json by `cargo xtask generate`; DO NOT EDIT.

use jiff::Timestamp;
use serde::Serialize;

/// What a new operator key shall be.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct CreateOperatorKey {
    /// What people call it.
    pub name: String,
    /// What it may do; left out, everything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scopes: Option<Vec<String>>,
    /// Confines it to a product.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub product: Option<String>,
    /// Confines it to the environments of this name, too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// When it ends by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
}

impl CreateOperatorKey {
    /// With what must be said.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            scopes: None,
            product: None,
            environment: None,
            expires_at: None,
        }
    }

    /// What it may do; left out, everything.
    #[must_use]
    pub fn scopes(mut self, scopes: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.scopes = Some(scopes.into_iter().map(Into::into).collect());
        self
    }

    /// Confines it to a product.
    #[must_use]
    pub fn product(mut self, product: impl Into<String>) -> Self {
        self.product = Some(product.into());
        self
    }

    /// Confines it to the environments of this name, too.
    #[must_use]
    pub fn environment(mut self, environment: impl Into<String>) -> Self {
        self.environment = Some(environment.into());
        self
    }

    /// When it ends by itself.
    #[must_use]
    pub fn expires_at(mut self, expires_at: Timestamp) -> Self {
        self.expires_at = Some(expires_at);
        self
    }
}
