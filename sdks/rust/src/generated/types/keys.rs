//! What operations answer that are about keys.
//!
//! Code generated from openapi/v1.json by `cargo xtask generate`; DO NOT EDIT.

use crate::secret::Secret;
use crate::words::words;
use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;
use serde_json::Map;
use serde_json::Value;
use std::collections::BTreeMap;

/// A key with its secret.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CreatedKey {
    /// Its key.
    pub key: Key,
    /// The whole value of a secret key: only here, and never again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<Secret>,
}

/// A key, without its secret.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Key {
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
}

words! {
/// Who may hold a key: everyone, or only a server.
Kind {
/// Stands in web pages and apps; can only ever exercise scopes marked `publishable`.
Publishable => "publishable",
/// Known to servers only; shown once.
Secret => "secret",
}
}

words! {
/// Whether a key works on real data: `production` is live, every other environment is test.
Mode {
/// Real data and real credits.
Live => "live",
/// Everything else.
Test => "test",
}
}

words! {
/// The state of a key by its own fields, worst first.
KeyState {
/// Ended for good.
Revoked => "revoked",
/// Its time is over.
Expired => "expired",
/// Switched off until it is switched on.
Disabled => "disabled",
/// Works.
Active => "active",
}
}

/// So many calls in so many milliseconds.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RateLimit {
    /// How many calls.
    pub limit: u64,
    /// In how many seconds.
    pub period_seconds: u64,
}

impl RateLimit {
    /// With what must be said.
    #[must_use]
    pub fn new(limit: u64, period_seconds: u64) -> Self {
        Self {
            limit,
            period_seconds,
        }
    }
}

/// The most credits that a key may spend; a part that is `None` bounds nothing. A key without any
/// cap has no `SpendCaps` at all.
#[derive(Debug, Clone, Serialize, Deserialize, Default)]
#[non_exhaustive]
pub struct SpendCaps {
    /// In one day of the calendar, in UTC; 0 allows no credit at all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub day: Option<u64>,
    /// In one month of the calendar, in UTC; 0 allows no credit at all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub month: Option<u64>,
    /// In all, for as long as the key exists; 0 allows no credit at all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
}

impl SpendCaps {
    /// With nothing said.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// In one day of the calendar, in UTC; 0 allows no credit at all.
    #[must_use]
    pub fn day(mut self, day: u64) -> Self {
        self.day = Some(day);
        self
    }

    /// In one month of the calendar, in UTC; 0 allows no credit at all.
    #[must_use]
    pub fn month(mut self, month: u64) -> Self {
        self.month = Some(month);
        self
    }

    /// In all, for as long as the key exists; 0 allows no credit at all.
    #[must_use]
    pub fn total(mut self, total: u64) -> Self {
        self.total = Some(total);
        self
    }
}

/// What an operator key's verifies and calls are confined to.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Binding {
    /// The one product it may act for.
    pub product: String,
    /// The one environment name it decides in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
}

/// Where a key belongs.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct KeyEnvironment {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
}

/// A value whose grace runs.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RetiringValue {
    /// Its preview.
    pub preview: String,
    /// From when on it is refused.
    pub ends_at: Timestamp,
    /// The last call that was allowed with it; a client that still sends it shows here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_used: Option<LastUsed>,
}

/// An allowed call.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LastUsed {
    /// When it happened.
    pub at: Timestamp,
    /// For which operation of the manifest, where the call named one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// Of secret keys: from where, as the first 24 bits of an IPv4 address or 48 of an IPv6 one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
}

/// The key as it is known here.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AdoptedKey {
    /// Its key.
    pub key: Key,
}

/// What became of the rows.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ImportedKeys {
    /// How many are keys here now; in a dry run, would be.
    pub imported: u64,
    /// How many were keys here before, and were left alone.
    pub already_there: u64,
    /// How many were refused.
    pub refused: u64,
    /// One for each row, in their order.
    pub results: Vec<ImportResult>,
}

/// What became of one row.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "outcome")]
#[non_exhaustive]
pub enum ImportResult {
    /// It is a key here now; in a dry run, would be.
    #[serde(rename = "imported")]
    #[non_exhaustive]
    Imported {
        /// What it is called.
        name: String,
        /// The key; absent in a dry run.
        #[serde(skip_serializing_if = "Option::is_none")]
        key: Option<String>,
    },
    /// It was a key here before, or an earlier row has it.
    #[serde(rename = "already_there")]
    #[non_exhaustive]
    AlreadyThere {
        /// The key; absent when it is that of an earlier row.
        #[serde(skip_serializing_if = "Option::is_none")]
        key: Option<String>,
    },
    /// It was not imported.
    #[serde(rename = "refused")]
    #[non_exhaustive]
    Refused {
        /// What is wrong and what to do.
        errors: Vec<FieldError>,
    },
    /// One that this version does not know.
    #[serde(other)]
    Unknown,
}

/// What is wrong with one field.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FieldError {
    /// Where in the body, as a JSON pointer (RFC 6901); `?name` for a query parameter.
    pub pointer: String,
    /// What is wrong and what to do.
    pub message: String,
}

/// Something that was changed, with the proof when rights were taken away.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ChangedKey {
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
    /// Present when the change took rights away: it is in force on all these nodes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effective: Option<Effective>,
}

/// The proof that a narrowing is in force everywhere.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Effective {
    /// The journal row of the change.
    pub seq: u64,
    /// How many nodes there were; the sum of the other two.
    pub nodes: u64,
    /// How many have said that they no longer allow on the old state.
    pub confirmed: u64,
    /// How many could not say so, and whose lease has ended: they allow nothing at all.
    pub lapsed: u64,
}

/// A key with its new value.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RotatedKey {
    /// Its key.
    pub key: Key,
    /// The old value, or one that was in its grace before, is dead on all these nodes.
    pub effective: Effective,
    /// The new value of a secret key: only here, and never again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<Secret>,
}

/// A key with its secret, shown again.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RevealedKey {
    /// Its key.
    pub key: Key,
    /// The whole current value.
    pub secret: Secret,
}

/// A key that is dead.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct EndedKey {
    /// Its key.
    pub key: Key,
    /// Whether a call was allowed with it in the hour before: then somebody still uses it.
    pub used_lately: bool,
    /// No request that begins from now on is allowed on any of these nodes.
    pub effective: Effective,
}

words! {
/// How long a step is.
By {
/// An hour of UTC.
Hour => "hour",
/// A day of UTC.
Day => "day",
}
}

/// Calls by hour or day and by how they ended.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Usage {
    /// Its by.
    pub by: By,
    /// Its since.
    pub since: Timestamp,
    /// Its until.
    pub until: Timestamp,
    /// All calls of the time, by the code of their verdict.
    pub total: BTreeMap<String, u64>,
    /// The hours or days in which there were calls, the earliest first.
    pub data: Vec<UsageStep>,
}

/// One hour or day.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct UsageStep {
    /// When it begins.
    pub at: Timestamp,
    /// Its calls, by the code of their verdict; `ok` is allowed.
    pub outcomes: BTreeMap<String, u64>,
}
