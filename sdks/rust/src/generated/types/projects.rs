//! What operations answer that are about projects.
//!
//! Code generated from openapi/v1.json by `cargo xtask generate`; DO NOT EDIT.

use crate::types::Effective;
use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;
use serde_json::Map;
use serde_json::Value;

/// Something that was changed, with the proof when rights were taken away.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ChangedProject {
    /// Its id.
    pub id: String,
    /// Its organization.
    pub organization: String,
    /// Its product.
    pub product: String,
    /// Its name.
    pub name: String,
    /// `false`: every key below is refused.
    pub enabled: bool,
    /// When it was created.
    pub created_at: Timestamp,
    /// Its metadata.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Map<String, Value>>,
    /// Present when the change took rights away: it is in force on all these nodes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effective: Option<Effective>,
}
