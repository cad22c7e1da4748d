//! What `CreateEnvironment` is.
//!
//! Code generated from openapi/v1.json by `cargo xtask generate`; DO NOT EDIT.

use serde::Serialize;

/// What a new environment shall be.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct CreateEnvironment {
    /// One of the manifest's, or, where customers may add their own, any other.
    pub name: String,
}

impl CreateEnvironment {
    /// With what must be said.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into() }
    }
}
