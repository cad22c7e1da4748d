//! What `ImportKeys` is.
//!
//! Code generated from openapi/v1.json by `cargo xtask generate`; DO NOT EDIT.

use crate::types::ImportRow;
use serde::Serialize;

/// Keys of another system, by their digests.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct ImportKeys {
    /// 1 to 1000 of them, each answered by itself.
    pub rows: Vec<ImportRow>,
    /// The product; may be left out when your operator key is bound to one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub product: Option<String>,
    /// Where they come from, for the audit log, such as the name of a file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Creates the organizations that do not exist, by their external ids and without automatic
    /// secret keys.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub create_organizations: Option<bool>,
    /// Writes nothing, and answers what would become of each row. Limits of how many keys there may
    /// be are only looked at when something is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dry_run: Option<bool>,
}

impl ImportKeys {
    /// With what must be said.
    #[must_use]
    pub fn new(rows: impl IntoIterator<Item = impl Into<ImportRow>>) -> Self {
        Self {
            rows: rows.into_iter().map(Into::into).collect(),
            product: None,
            source: None,
            create_organizations: None,
            dry_run: None,
        }
    }

    /// The product; may be left out when your operator key is bound to one.
    #[must_use]
    pub fn product(mut self, product: impl Into<String>) -> Self {
        self.product = Some(product.into());
        self
    }

    /// Where they come from, for the audit log, such as the name of a file.
    #[must_use]
    pub fn source(mut self, source: impl Into<String>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Creates the organizations that do not exist, by their external ids and without automatic
    /// secret keys.
    #[must_use]
    pub fn create_organizations(mut self, create_organizations: bool) -> Self {
        self.create_organizations = Some(create_organizations);
        self
    }

    /// Writes nothing, and answers what would become of each row. Limits of how many keys there may
    /// be are only looked at when something is written.
    #[must_use]
    pub fn dry_run(mut self, dry_run: bool) -> Self {
        self.dry_run = Some(dry_run);
        self
    }
}
