//! What guests may do besides looking.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Something that a guest of the portal may do; all of them see keys and their usage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub(crate) enum PortalAbility {
    /// Create keys.
    #[serde(rename = "keys:create")]
    Create,
    /// Change names, notes, scopes, lists, limits and expiry.
    #[serde(rename = "keys:change")]
    Change,
    /// Rotate keys, and end old values.
    #[serde(rename = "keys:rotate")]
    Rotate,
    /// Revoke and delete keys.
    #[serde(rename = "keys:revoke")]
    Revoke,
    /// Show recoverable secrets again. Nobody asks for a password: the operator vouches.
    #[serde(rename = "keys:reveal")]
    Reveal,
}
