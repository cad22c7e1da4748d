//! A key with its values, and the bytes that its row's MAC covers.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    EnvironmentId, ForeignDigest, KeyId, Kind, Mode, Slug, SpendCaps, TextList, Timestamp,
};
use crate::key::{Encoder, KeyDigest};

/// What an operator key's verifies and calls are confined to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Binding {
    /// The one product it may act for.
    pub product: Slug,
    /// The one environment name it decides in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
}

/// So many calls in so many milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RateLimit {
    /// How many calls.
    pub limit: u32,
    /// In how many seconds.
    pub period_seconds: u32,
}

/// A key with its current value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// Its identifier, the same through all its values.
    pub id: KeyId,
    /// The environment that owns it.
    pub environment: EnvironmentId,
    /// Who may hold it.
    pub kind: Kind,
    /// Live or test; follows from the environment, or from the row it was imported with.
    pub mode: Mode,
    /// What people call it, unique per environment and kind.
    pub name: String,
    /// A note for people, such as where the secret is kept.
    pub note: Option<String>,
    /// The scopes it lists; `None` follows the manifest's list for its kind.
    pub scopes: Option<TextList>,
    /// Web origins it may be used from; `None` is unrestricted.
    pub allowed_origins: Option<TextList>,
    /// Address ranges it may be used from; `None` is unrestricted, empty admits nobody.
    pub allowed_ips: Option<TextList>,
    /// Its own rate limit.
    pub rate_limit: Option<RateLimit>,
    /// How many credits it may spend; `None` is as many as there are.
    pub spend_caps: Option<SpendCaps>,
    /// A JSON object of the operator's, as text, handed out with every verdict.
    pub metadata: Option<String>,
    /// For operator keys: what they are confined to.
    pub binding: Option<Binding>,
    /// From when on it is refused.
    pub expires_at: Option<Timestamp>,
    /// `false`: refused until it is enabled again.
    pub enabled: bool,
    /// When it was last disabled.
    pub disabled_at: Option<Timestamp>,
    /// When it was revoked, for good.
    pub revoked_at: Option<Timestamp>,
    /// When it was deleted; a deleted key is revoked too.
    pub deleted_at: Option<Timestamp>,
    /// When it was created.
    pub created_at: Timestamp,
    /// Who created it; recorded, decides nothing.
    pub created_by: String,
    /// When it last got a new value.
    pub rotated_at: Option<Timestamp>,
    /// Secret keys only: when its current value first came from a web page, where visitors can
    /// read it.
    pub exposed_at: Option<Timestamp>,
    /// The digest of its current value.
    pub digest: KeyDigest,
    /// The pepper that digest was made with.
    pub pepper: u32,
    /// What another system kept of its current value; `None` is a value of ours.
    pub foreign: Option<ForeignDigest>,
    /// The start of its current value: prefix and four random characters; of a foreign value the
    /// prefix of its format alone where no more is known.
    pub start: String,
    /// Publishable keys only: the whole current value, which is public. Of an imported one it is
    /// not known.
    pub value: Option<String>,
    /// Recoverable products only: the current value, sealed.
    pub sealed: Option<Vec<u8>>,
    /// The last change that took rights away.
    pub narrowed_seq: Option<u64>,
    /// The journal row that wrote this version.
    pub seq: u64,
}

/// The state of a key by its own fields, worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum KeyState {
    /// Ended for good.
    Revoked,
    /// Its time is over.
    Expired,
    /// Switched off until it is switched on.
    Disabled,
    /// Works.
    Active,
}

impl Key {
    /// Its state at `now`; at the very millisecond of its expiry it has expired.
    #[must_use]
    pub fn state(&self, now: Timestamp) -> KeyState {
        if self.revoked_at.is_some() || self.deleted_at.is_some() {
            KeyState::Revoked
        } else if self.expires_at.is_some_and(|end| end <= now) {
            KeyState::Expired
        } else if !self.enabled {
            KeyState::Disabled
        } else {
            KeyState::Active
        }
    }

    pub(super) fn encode(&self, out: &mut Encoder<'_>) {
        out.text("key/1");
        out.bytes(&self.id.to_bytes());
        out.bytes(&self.environment.to_bytes());
        out.text(self.kind.as_str());
        out.text(self.mode.as_str());
        out.text(&self.name);
        out.maybe_text(self.note.as_deref());
        out.maybe_list(self.scopes.as_ref());
        out.maybe_list(self.allowed_origins.as_ref());
        out.maybe_list(self.allowed_ips.as_ref());
        out.maybe_number(self.rate_limit.map(|rate| u64::from(rate.limit)));
        out.maybe_number(self.rate_limit.map(|rate| u64::from(rate.period_seconds)));
        for cap in SpendCaps::parts(self.spend_caps) {
            out.maybe_number(cap);
        }
        out.maybe_text(self.metadata.as_deref());
        out.maybe_text(self.binding.as_ref().map(|bound| bound.product.as_str()));
        out.maybe_text(
            self.binding
                .as_ref()
                .and_then(|bound| bound.environment.as_deref()),
        );
        out.maybe_time(self.expires_at);
        out.flag(self.enabled);
        out.maybe_time(self.disabled_at);
        out.maybe_time(self.revoked_at);
        out.maybe_time(self.deleted_at);
        out.time(self.created_at);
        out.text(&self.created_by);
        out.maybe_time(self.rotated_at);
        out.maybe_time(self.exposed_at);
        out.bytes(self.digest.as_bytes());
        out.number(u64::from(self.pepper));
        out.maybe_text(self.foreign.map(ForeignDigest::as_str));
        out.text(&self.start);
        out.maybe_text(self.value.as_deref());
        out.maybe_bytes(self.sealed.as_deref());
        out.maybe_number(self.narrowed_seq);
        out.number(self.seq);
    }
}

/// A value that a key had before: kept so that whoever presents it is told what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetiredValue {
    /// The digest of the value.
    pub digest: KeyDigest,
    /// The pepper that digest was made with.
    pub pepper: u32,
    /// The key it belonged to.
    pub key: KeyId,
    /// What another system kept of the value; `None` is a value of ours.
    pub foreign: Option<ForeignDigest>,
    /// The start of the value: prefix and four random characters.
    pub start: String,
    /// From when on it is refused: in the future while a grace runs.
    pub ends_at: Timestamp,
    /// The journal row that wrote this version.
    pub seq: u64,
}
