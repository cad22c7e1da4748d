//! What operations answer that are about environments.
//!
//! Code generated from openapi/v1.json by `cargo xtask generate`; DO NOT EDIT.

use crate::types::Effective;
use crate::types::EnvironmentWithKeys;
use crate::types::Mode;
use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;

/// An environment with its automatic keys.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CreatedEnvironment {
    /// Its environment.
    pub environment: EnvironmentWithKeys,
}

/// An environment of a project.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Environment {
    /// Its id.
    pub id: String,
    /// Its project.
    pub project: String,
    /// Its organization.
    pub organization: String,
    /// Its product.
    pub product: String,
    /// `production` is live, every other name is test.
    pub name: String,
    /// Its mode.
    pub mode: Mode,
    /// `false`: every key in it is refused.
    pub enabled: bool,
    /// When it was created.
    pub created_at: Timestamp,
}

/// Something that was changed, with the proof when rights were taken away.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ChangedEnvironment {
    /// Its id.
    pub id: String,
    /// Its project.
    pub project: String,
    /// Its organization.
    pub organization: String,
    /// Its product.
    pub product: String,
    /// `production` is live, every other name is test.
    pub name: String,
    /// Its mode.
    pub mode: Mode,
    /// `false`: every key in it is refused.
    pub enabled: bool,
    /// When it was created.
    pub created_at: Timestamp,
    /// Present when the change took rights away: it is in force on all these nodes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effective: Option<Effective>,
}
