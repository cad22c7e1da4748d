//! What `CreateProject` is.
//!
//! Code generated from openapi/v1.json by `cargo xtask generate`; DO NOT EDIT.

use serde::Serialize;

/// What a new project shall be.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct CreateProject {
    /// What people call it.
    pub name: String,
}

impl CreateProject {
    /// With what must be said.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into() }
    }
}
