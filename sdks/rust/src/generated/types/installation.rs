//! What operations answer that are about installation.
//!
//! Code generated from openapi/v1.json by `cargo xtask generate`; DO NOT EDIT.

use crate::secret::Secret;
use crate::types::Key;
use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;

/// Who did what, when, and from where.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AuditEntry {
    /// Its number; there are no gaps.
    pub seq: u64,
    /// When it happened.
    pub at: Timestamp,
    /// Its actor.
    pub actor: Actor,
    /// Its action.
    pub action: String,
    /// What it wrote, by id.
    pub subjects: Vec<String>,
    /// What changed, without secrets.
    pub details: Value,
    /// Its product.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub product: Option<String>,
    /// Its organization.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organization: Option<String>,
    /// Its request id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// Absent once erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Personal>,
}

/// Who made a change.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "type")]
#[non_exhaustive]
pub enum Actor {
    /// A call with an operator key.
    #[serde(rename = "operator_key")]
    #[non_exhaustive]
    OperatorKey {
        /// That key.
        id: String,
    },
    /// A command on the machine itself, through the control socket or with the server stopped.
    #[serde(rename = "local")]
    Local,
    /// The holder of a key, by that key.
    #[serde(rename = "key_holder")]
    #[non_exhaustive]
    KeyHolder {
        /// That key.
        id: String,
    },
    /// A person at the console.
    #[serde(rename = "person")]
    #[non_exhaustive]
    Person {
        /// That person.
        id: String,
    },
    /// A guest of the portal, inside the operator's own site.
    #[serde(rename = "portal")]
    #[non_exhaustive]
    Portal {
        /// The operator key that let them in; none when somebody on the machine did.
        #[serde(skip_serializing_if = "Option::is_none")]
        operator_key: Option<String>,
        /// The operator's own id for the guest.
        #[serde(skip_serializing_if = "Option::is_none")]
        visitor: Option<String>,
    },
    /// Keystile itself: first start, timers.
    #[serde(rename = "system")]
    System,
    /// One that this version does not know.
    #[serde(other)]
    Unknown,
}

/// Fields about people: kept beside the chain, which covers a salted hash of them, so that they
/// can be erased without breaking it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Personal {
    /// The address the call came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ip: Option<String>,
    /// The caller's user agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
}

/// An operator key with its secret.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CreatedOperatorKey {
    /// Its key.
    pub key: Key,
    /// Only here, and never again; absent in a repeated answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<Secret>,
}
