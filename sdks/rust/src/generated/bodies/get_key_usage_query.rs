//! What `GetKeyUsageQuery` is.
//!
//! Code generated from openapi/v1.json by `cargo xtask generate`; DO NOT EDIT.

use crate::types::By;
use jiff::Timestamp;
use serde::Serialize;

/// What `getKeyUsage` can be asked for.
#[derive(Debug, Clone, Serialize, Default)]
#[non_exhaustive]
pub struct GetKeyUsageQuery {
    /// From the hour or day in which this is. Default: 24 hours, or 30 days, before `until`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// To the end of the hour or day before this. Default: with the one that is now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// By hour or by day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<By>,
}

impl GetKeyUsageQuery {
    /// With nothing said.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// From the hour or day in which this is. Default: 24 hours, or 30 days, before `until`.
    #[must_use]
    pub fn since(mut self, since: Timestamp) -> Self {
        self.since = Some(since);
        self
    }

    /// To the end of the hour or day before this. Default: with the one that is now.
    #[must_use]
    pub fn until(mut self, until: Timestamp) -> Self {
        self.until = Some(until);
        self
    }

    /// By hour or by day.
    #[must_use]
    pub fn by(mut self, by: By) -> Self {
        self.by = Some(by);
        self
    }
}
