//! What operations answer that are about organizations.
//!
//! Code generated from openapi/v1.json by `cargo xtask generate`; DO NOT EDIT.

use crate::secret::Secret;
use crate::types::Binding;
use crate::types::Effective;
use crate::types::KeyEnvironment;
use crate::types::KeyState;
use crate::types::Kind;
use crate::types::LastUsed;
use crate::types::Mode;
use crate::types::RateLimit;
use crate::types::RetiringValue;
use crate::types::SpendCaps;
use crate::words::words;
use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;
use serde_json::Map;
use serde_json::Value;

/// An organization with what came automatically.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CreatedOrganization {
    /// Its organization.
    pub organization: Organization,
    /// The automatic project with its environments and keys; empty in products without one.
    pub projects: Vec<CreatedProject>,
}

/// An organization, a customer of a product.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Organization {
    /// Its id.
    pub id: String,
    /// Its product.
    pub product: String,
    /// Its name.
    pub name: String,
    /// `false`: suspended, every key below is refused.
    pub enabled: bool,
    /// When it was created.
    pub created_at: Timestamp,
    /// Its external id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// The plan's name; absent plans mean the product's first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<String>,
    /// Its metadata.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Map<String, Value>>,
}

/// A project with everything that came with it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CreatedProject {
    /// Its project.
    pub project: Project,
    /// Its environments.
    pub environments: Vec<EnvironmentWithKeys>,
}

/// A project of an organization.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Project {
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
}

/// An environment with the keys that came with it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct EnvironmentWithKeys {
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
    /// Its keys.
    pub keys: Vec<AutomaticKey>,
}

/// A key that was made automatically.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AutomaticKey {
    /// Its id.
    pub id: String,
    /// Its kind.
    pub kind: Kind,
    /// Its mode.
    pub mode: Mode,
    /// Its name.
    pub name: String,
    /// What may be shown of any key: prefix, four characters, bullets.
    pub preview: String,
    /// `true`: the value comes from another system; rotating the key gives it one of ours.
    pub foreign: bool,
    /// Its status.
    pub status: KeyState,
    /// Its enabled.
    pub enabled: bool,
    /// What it may do now.
    pub scopes: Vec<String>,
    /// Its product.
    pub product: String,
    /// Its organization.
    pub organization: String,
    /// Its project.
    pub project: String,
    /// Its environment.
    pub environment: KeyEnvironment,
    /// Not used for as long as the manifest's `idle_after` says: maybe nobody needs it any more.
    pub idle: bool,
    /// When it was created.
    pub created_at: Timestamp,
    /// Who created it; recorded, decides nothing.
    pub created_by: String,
    /// Its note.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// The whole value, of publishable keys only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// The scopes it lists itself; absent when it follows the manifest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub own_scopes: Option<Vec<String>>,
    /// Its allowed origins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed_origins: Option<Vec<String>>,
    /// Its allowed ips.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed_ips: Option<Vec<String>>,
    /// Its own rate limit; without one, that of the manifest holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate_limit: Option<RateLimit>,
    /// How many credits it may spend; `null` is as many as its organization has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spend_caps: Option<SpendCaps>,
    /// Its metadata.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Map<String, Value>>,
    /// For operator keys: what it is confined to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub binding: Option<Binding>,
    /// When it was expires.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// When it was revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<Timestamp>,
    /// When it was rotated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rotated_at: Option<Timestamp>,
    /// The value before this one, for as long as its grace runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retiring: Option<RetiringValue>,
    /// When a web page first sent the secret, so that its visitors can read it: replace it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exposed_at: Option<Timestamp>,
    /// The last call that was allowed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_used: Option<LastUsed>,
    /// Secret keys only, and only in this answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<Secret>,
}

/// An organization that is there.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FoundOrganization {
    /// Its organization.
    pub organization: Organization,
}

/// Something that was changed, with the proof when rights were taken away.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ChangedOrganization {
    /// Its id.
    pub id: String,
    /// Its product.
    pub product: String,
    /// Its name.
    pub name: String,
    /// `false`: suspended, every key below is refused.
    pub enabled: bool,
    /// When it was created.
    pub created_at: Timestamp,
    /// Its external id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// The plan's name; absent plans mean the product's first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<String>,
    /// Its metadata.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Map<String, Value>>,
    /// Present when the change took rights away: it is in force on all these nodes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effective: Option<Effective>,
}

/// A link to the portal.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PortalToken {
    /// What the link carries: `kcp_…`. It opens the portal once.
    pub token: String,
    /// The link, for an `iframe` or a tab.
    pub url: String,
    /// When the link opens nothing any more: five minutes from now.
    pub expires_at: Timestamp,
    /// How long the portal stays open once it is.
    pub lifetime_seconds: u64,
}

words! {
/// Something that a guest of the portal may do; all of them see keys and their usage.
PortalAbility {
/// Create keys.
KeysCreate => "keys:create",
/// Change names, notes, scopes, lists, limits and expiry.
KeysChange => "keys:change",
/// Rotate keys, and end old values.
KeysRotate => "keys:rotate",
/// Revoke and delete keys.
KeysRevoke => "keys:revoke",
/// Show recoverable secrets again. Nobody asks for a password: the operator vouches.
KeysReveal => "keys:reveal",
}
}

words! {
/// Whether pages are light or dark.
PortalScheme {
/// As the guest's device is.
Auto => "auto",
/// Light.
Light => "light",
/// Dark.
Dark => "dark",
}
}
