//! What `ListEnvironmentKeysQuery` is.
//!
//! Code generated from openapi/v1.json by `cargo xtask generate`; DO NOT EDIT.

use crate::types::KeyState;
use crate::types::Kind;
use serde::Serialize;

/// What `listEnvironmentKeys` can be asked for.
#[derive(Debug, Clone, Serialize, Default)]
#[non_exhaustive]
pub struct ListEnvironmentKeysQuery {
    /// Of this product.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub product: Option<String>,
    /// Of this organization.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organization: Option<String>,
    /// Of the organization that you call so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// Of this project.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// Of this kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<Kind>,
    /// In this state now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<KeyState>,
    /// Whose name contains this, in any case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// `true`: only secret keys that came from a web page and are not revoked yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exposed: Option<bool>,
    /// `true`: only keys with an old value that still works, because they were rotated with grace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retiring: Option<bool>,
    /// `true`: only working keys that were not used for as long as the manifest's `idle_after`
    /// says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idle: Option<bool>,
    /// `next_cursor` of the page before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// How many a page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
}

impl ListEnvironmentKeysQuery {
    /// With nothing said.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Of this product.
    #[must_use]
    pub fn product(mut self, product: impl Into<String>) -> Self {
        self.product = Some(product.into());
        self
    }

    /// Of this organization.
    #[must_use]
    pub fn organization(mut self, organization: impl Into<String>) -> Self {
        self.organization = Some(organization.into());
        self
    }

    /// Of the organization that you call so.
    #[must_use]
    pub fn external_id(mut self, external_id: impl Into<String>) -> Self {
        self.external_id = Some(external_id.into());
        self
    }

    /// Of this project.
    #[must_use]
    pub fn project(mut self, project: impl Into<String>) -> Self {
        self.project = Some(project.into());
        self
    }

    /// Of this kind.
    #[must_use]
    pub fn kind(mut self, kind: Kind) -> Self {
        self.kind = Some(kind);
        self
    }

    /// In this state now.
    #[must_use]
    pub fn status(mut self, status: KeyState) -> Self {
        self.status = Some(status);
        self
    }

    /// Whose name contains this, in any case.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// `true`: only secret keys that came from a web page and are not revoked yet.
    #[must_use]
    pub fn exposed(mut self, exposed: bool) -> Self {
        self.exposed = Some(exposed);
        self
    }

    /// `true`: only keys with an old value that still works, because they were rotated with grace.
    #[must_use]
    pub fn retiring(mut self, retiring: bool) -> Self {
        self.retiring = Some(retiring);
        self
    }

    /// `true`: only working keys that were not used for as long as the manifest's `idle_after`
    /// says.
    #[must_use]
    pub fn idle(mut self, idle: bool) -> Self {
        self.idle = Some(idle);
        self
    }

    /// `next_cursor` of the page before.
    #[must_use]
    pub fn cursor(mut self, cursor: impl Into<String>) -> Self {
        self.cursor = Some(cursor.into());
        self
    }

    /// How many a page.
    #[must_use]
    pub fn limit(mut self, limit: u64) -> Self {
        self.limit = Some(limit);
        self
    }
}
