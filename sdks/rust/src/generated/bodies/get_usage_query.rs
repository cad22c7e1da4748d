//! What `GetUsageQuery` is.
//!
//! Code generated from openapi/v1.json by `cargo xtask generate`; DO NOT EDIT.

use crate::types::By;
use jiff::Timestamp;
use serde::Serialize;

/// What `getUsage` can be asked for.
#[derive(Debug, Clone, Serialize, Default)]
#[non_exhaustive]
pub struct GetUsageQuery {
    /// Of all keys in this environment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// Of all keys of this organization.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organization: Option<String>,
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

impl GetUsageQuery {
    /// With nothing said.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Of all keys in this environment.
    #[must_use]
    pub fn environment(mut self, environment: impl Into<String>) -> Self {
        self.environment = Some(environment.into());
        self
    }

    /// Of all keys of this organization.
    #[must_use]
    pub fn organization(mut self, organization: impl Into<String>) -> Self {
        self.organization = Some(organization.into());
        self
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
