//! The durable records, field by field, and the bytes that their row MACs cover.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    EnvironmentId, ForeignDigest, Grant, Invitation, KeyId, Kind, Member, Mode, OrganizationId,
    Person, ProjectId, Session, SpendCaps, Subject, TextList, Timestamp,
};
use crate::key::{Encoder, KeyDigest};

/// The short name of a product: `[a-z][a-z0-9-]{0,39}`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Slug(Box<str>);

/// Why a text is not a slug.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a slug is 1 to 40 characters: lower-case letters, digits and hyphens, a letter first")]
pub struct SlugError;

impl Slug {
    /// The slug of the built-in product whose keys are operator keys.
    pub const OPERATOR: &'static str = "keystile";

    /// The built-in product.
    #[must_use]
    pub fn operator() -> Self {
        Self(Self::OPERATOR.into())
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is the built-in product.
    #[must_use]
    pub fn is_operator(&self) -> bool {
        self.as_str() == Self::OPERATOR
    }
}

impl FromStr for Slug {
    type Err = SlugError;

    fn from_str(text: &str) -> Result<Self, SlugError> {
        let good = (1..=40).contains(&text.len())
            && text.starts_with(|first: char| first.is_ascii_lowercase())
            && text
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if good {
            Ok(Self(text.into()))
        } else {
            Err(SlugError)
        }
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Slug {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Slug {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Slug".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "pattern": "^[a-z][a-z0-9-]{0,39}$" })
    }
}

/// Stands for the journal row that is being written, whose number is not known yet.
pub const THIS_ROW: u64 = 0;

/// A product as applied: its manifest, word for word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Product {
    /// Its short name.
    pub slug: Slug,
    /// The manifest as TOML, the way the operator wrote it.
    pub manifest: String,
    /// When it was first applied.
    pub created_at: Timestamp,
    /// When its manifest last changed.
    pub updated_at: Timestamp,
    /// The journal row that wrote this version.
    pub seq: u64,
}

/// One customer of a product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organization {
    /// Its identifier.
    pub id: OrganizationId,
    /// The product it is a customer of.
    pub product: Slug,
    /// The operator's own name for it, unique in the product.
    pub external_id: Option<String>,
    /// What people call it.
    pub name: String,
    /// Its plan; `None` is the product's first.
    pub plan: Option<String>,
    /// A JSON object of the operator's, as text.
    pub metadata: Option<String>,
    /// `false`: suspended, every key below is refused.
    pub enabled: bool,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was deleted; its keys are dead from then on.
    pub deleted_at: Option<Timestamp>,
    /// The last change that took rights away.
    pub narrowed_seq: Option<u64>,
    /// The journal row that wrote this version.
    pub seq: u64,
}

/// A project of an organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Project {
    /// Its identifier.
    pub id: ProjectId,
    /// The organization it belongs to.
    pub organization: OrganizationId,
    /// The product of that organization.
    pub product: Slug,
    /// What people call it.
    pub name: String,
    /// A JSON object of the operator's, as text.
    pub metadata: Option<String>,
    /// `false`: every key below is refused.
    pub enabled: bool,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was deleted.
    pub deleted_at: Option<Timestamp>,
    /// The last change that took rights away.
    pub narrowed_seq: Option<u64>,
    /// The journal row that wrote this version.
    pub seq: u64,
}

/// An environment of a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Environment {
    /// Its identifier.
    pub id: EnvironmentId,
    /// The project it belongs to.
    pub project: ProjectId,
    /// The organization of that project.
    pub organization: OrganizationId,
    /// The product of that organization.
    pub product: Slug,
    /// `production` is live, every other name is test.
    pub name: String,
    /// Follows from the name.
    pub mode: Mode,
    /// `false`: every key in it is refused.
    pub enabled: bool,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was deleted.
    pub deleted_at: Option<Timestamp>,
    /// The last change that took rights away.
    pub narrowed_seq: Option<u64>,
    /// The journal row that wrote this version.
    pub seq: u64,
}

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

/// Any durable record whose row carries a MAC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Record {
    /// A product.
    Product(Product),
    /// An organization.
    Organization(Organization),
    /// A project.
    Project(Project),
    /// An environment.
    Environment(Environment),
    /// A key with its current value.
    Key(Box<Key>),
    /// A former value of a key.
    RetiredValue(RetiredValue),
    /// Credits that were granted.
    Grant(Grant),
    /// A person of the console.
    Person(Person),
    /// A membership.
    Member(Member),
    /// A session of a person at the console.
    Session(Session),
    /// An invitation.
    Invitation(Invitation),
}

impl Record {
    /// What the record is about.
    #[must_use]
    pub fn subject(&self) -> Subject {
        match self {
            Self::Product(row) => Subject::Product(row.slug.clone()),
            Self::Organization(row) => Subject::Organization(row.id),
            Self::Project(row) => Subject::Project(row.id),
            Self::Environment(row) => Subject::Environment(row.id),
            Self::Key(row) => Subject::Key(row.id),
            Self::RetiredValue(row) => Subject::RetiredValue(row.key, *row.digest.as_bytes()),
            Self::Grant(row) => Subject::Grant(row.id),
            Self::Person(row) => Subject::Person(row.id),
            Self::Member(row) => Subject::Member(row.id),
            Self::Session(row) => Subject::Session(row.id),
            Self::Invitation(row) => Subject::Invitation(row.id),
        }
    }

    /// The journal row that wrote this version.
    #[must_use]
    pub fn seq(&self) -> u64 {
        match self {
            Self::Product(row) => row.seq,
            Self::Organization(row) => row.seq,
            Self::Project(row) => row.seq,
            Self::Environment(row) => row.seq,
            Self::Key(row) => row.seq,
            Self::RetiredValue(row) => row.seq,
            Self::Grant(row) => row.seq,
            Self::Person(row) => row.seq,
            Self::Member(row) => row.seq,
            Self::Session(row) => row.seq,
            Self::Invitation(row) => row.seq,
        }
    }

    /// Stamps the journal row that writes this version, also as that of the last narrowing where
    /// the record says [`THIS_ROW`].
    pub fn set_seq(&mut self, seq: u64) {
        let narrowed = match self {
            Self::Organization(row) => Some(&mut row.narrowed_seq),
            Self::Project(row) => Some(&mut row.narrowed_seq),
            Self::Environment(row) => Some(&mut row.narrowed_seq),
            Self::Key(row) => Some(&mut row.narrowed_seq),
            _ => None,
        };
        if let Some(narrowed) = narrowed.filter(|narrowed| **narrowed == Some(THIS_ROW)) {
            *narrowed = Some(seq);
        }
        match self {
            Self::Product(row) => row.seq = seq,
            Self::Organization(row) => row.seq = seq,
            Self::Project(row) => row.seq = seq,
            Self::Environment(row) => row.seq = seq,
            Self::Key(row) => row.seq = seq,
            Self::RetiredValue(row) => row.seq = seq,
            Self::Grant(row) => row.seq = seq,
            Self::Person(row) => row.seq = seq,
            Self::Member(row) => row.seq = seq,
            Self::Session(row) => row.seq = seq,
            Self::Invitation(row) => row.seq = seq,
        }
    }

    /// Appends every field in a fixed order, each with its length, so that no two different
    /// records have the same bytes. This is what the row MAC covers; changing it breaks every
    /// existing database, so a new layout needs a new leading tag.
    pub fn encode(&self, out: &mut Encoder<'_>) {
        match self {
            Self::Product(row) => {
                out.text("product/1");
                out.text(row.slug.as_str());
                out.text(&row.manifest);
                out.time(row.created_at);
                out.time(row.updated_at);
                out.number(row.seq);
            }
            Self::Organization(row) => {
                out.text("organization/1");
                out.bytes(&row.id.to_bytes());
                out.text(row.product.as_str());
                out.maybe_text(row.external_id.as_deref());
                out.text(&row.name);
                out.maybe_text(row.plan.as_deref());
                out.maybe_text(row.metadata.as_deref());
                out.flag(row.enabled);
                out.time(row.created_at);
                out.maybe_time(row.deleted_at);
                out.maybe_number(row.narrowed_seq);
                out.number(row.seq);
            }
            Self::Project(row) => {
                out.text("project/1");
                out.bytes(&row.id.to_bytes());
                out.bytes(&row.organization.to_bytes());
                out.text(row.product.as_str());
                out.text(&row.name);
                out.maybe_text(row.metadata.as_deref());
                out.flag(row.enabled);
                out.time(row.created_at);
                out.maybe_time(row.deleted_at);
                out.maybe_number(row.narrowed_seq);
                out.number(row.seq);
            }
            Self::Environment(row) => {
                out.text("environment/1");
                out.bytes(&row.id.to_bytes());
                out.bytes(&row.project.to_bytes());
                out.bytes(&row.organization.to_bytes());
                out.text(row.product.as_str());
                out.text(&row.name);
                out.text(row.mode.as_str());
                out.flag(row.enabled);
                out.time(row.created_at);
                out.maybe_time(row.deleted_at);
                out.maybe_number(row.narrowed_seq);
                out.number(row.seq);
            }
            Self::Key(row) => row.encode(out),
            Self::Grant(row) => row.encode(out),
            Self::Person(row) => row.encode(out),
            Self::Member(row) => row.encode(out),
            Self::Session(row) => row.encode(out),
            Self::Invitation(row) => row.encode(out),
            Self::RetiredValue(row) => {
                out.text("retired/1");
                out.bytes(row.digest.as_bytes());
                out.number(u64::from(row.pepper));
                out.bytes(&row.key.to_bytes());
                out.maybe_text(row.foreign.map(ForeignDigest::as_str));
                out.text(&row.start);
                out.time(row.ends_at);
                out.number(row.seq);
            }
        }
    }
}

impl Key {
    fn encode(&self, out: &mut Encoder<'_>) {
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
