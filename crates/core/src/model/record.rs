//! The durable records, field by field, and the bytes that their row MACs cover.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    EnvironmentId, ForeignDigest, Grant, Invitation, Key, Member, Mode, OrganizationId, Person,
    ProjectId, RetiredValue, Session, Subject, Timestamp,
};
use crate::key::Encoder;

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
