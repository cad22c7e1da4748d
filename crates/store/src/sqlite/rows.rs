//! Records as rows and rows as records, column by column. It does not know which are good.

use std::sync::LazyLock;

use keystile_core::key::{KeyDigest, RowTag};
use keystile_core::model::{
    Environment, EnvironmentId, ForeignDigest, Grant, GrantId, KeyId, Kind, Mode, Organization,
    OrganizationId, Product, Project, ProjectId, Record, RetiredValue, Slug, Subject,
};

use super::columns::{Cells, Columns, Unreadable, Values};
use super::key_rows::{key, key_values};
use super::known::KnownLists;
use super::people_rows;
use super::statements::Statements;

/// A table of records.
pub(super) struct Table {
    /// Its name.
    pub(super) name: &'static str,
    /// The names of its columns.
    pub(super) columns: &'static [&'static str],
    read: fn(&mut Columns<'_>, &mut KnownLists) -> Result<Record, Unreadable>,
    statements: LazyLock<Statements>,
}

impl Table {
    /// Its statements.
    pub(super) fn statements(&self) -> &Statements {
        &self.statements
    }

    /// The table that holds a record.
    pub(super) fn of(subject: &Subject) -> &'static Self {
        match subject {
            Subject::Product(_) => &PRODUCTS,
            Subject::Organization(_) => &ORGANIZATIONS,
            Subject::Project(_) => &PROJECTS,
            Subject::Environment(_) => &ENVIRONMENTS,
            Subject::Key(_) => &KEYS,
            Subject::RetiredValue(..) => &RETIRED_VALUES,
            Subject::Grant(_) => &GRANTS,
            Subject::Person(_) => &PEOPLE,
            Subject::Member(_) => &MEMBERS,
            Subject::Session(_) => &SESSIONS,
            Subject::Invitation(_) => &INVITATIONS,
        }
    }

    /// Every table of records, parents first, and former values of keys before the keys.
    pub(super) fn all() -> [&'static Self; 11] {
        [
            &PRODUCTS,
            &ORGANIZATIONS,
            &PROJECTS,
            &ENVIRONMENTS,
            &RETIRED_VALUES,
            &KEYS,
            &GRANTS,
            &PEOPLE,
            &MEMBERS,
            &SESSIONS,
            &INVITATIONS,
        ]
    }

    /// Reads a row with this table's columns.
    pub(super) fn read(
        &self,
        row: &dyn Cells,
        known: &mut KnownLists,
    ) -> Result<(Record, RowTag), Unreadable> {
        let mut columns = Columns::of(row);
        let record = (self.read)(&mut columns, known)?;
        Ok((record, RowTag(columns.array()?)))
    }
}

macro_rules! tables {
    ($($static:ident: $name:literal, $identity:literal, $read:path, [$($column:literal),* $(,)?];)*) => {
        $(pub(super) static $static: Table = Table {
            name: $name,
            columns: &[$($column),*],
            read: $read,
            statements: LazyLock::new(|| Statements::of($name, &[$($column),*], $identity)),
        };)*
    };
}

tables! {
    PRODUCTS: "products", 1, product, [
        "slug", "manifest", "created_at", "updated_at", "seq", "tag",
    ];
    ORGANIZATIONS: "organizations", 1, organization, [
        "id", "product", "external_id", "name", "plan", "metadata", "enabled", "created_at",
        "deleted_at", "narrowed_seq", "seq", "tag",
    ];
    PROJECTS: "projects", 1, project, [
        "id", "organization", "product", "name", "metadata", "enabled", "created_at",
        "deleted_at", "narrowed_seq", "seq", "tag",
    ];
    ENVIRONMENTS: "environments", 1, environment, [
        "id", "project", "organization", "product", "name", "mode", "enabled", "created_at",
        "deleted_at", "narrowed_seq", "seq", "tag",
    ];
    KEYS: "keys", 1, key, [
        "id", "environment", "kind", "mode", "name", "note", "scopes", "allowed_origins",
        "allowed_ips", "rate_limit", "rate_period", "spend_day", "spend_month", "spend_total",
        "metadata", "binding_product",
        "binding_environment", "expires_at", "enabled", "disabled_at", "revoked_at",
        "deleted_at", "created_at", "created_by", "rotated_at", "exposed_at", "digest", "pepper", "foreign_digest",
        "start", "value", "sealed", "narrowed_seq", "seq", "tag",
    ];
    RETIRED_VALUES: "retired_values", 2, retired_value, [
        "key", "digest", "pepper", "foreign_digest", "start", "ends_at", "seq", "tag",
    ];
    GRANTS: "grants", 1, grant, [
        "id", "organization", "mode", "amount", "reason", "occasion", "expires_at", "created_at",
        "created_by", "voided_at", "seq", "tag",
    ];
    PEOPLE: "people", 1, people_rows::person, [
        "id", "email", "name", "password", "password_at", "totp", "totp_step", "recovery",
        "reset_digest", "reset_ends_at", "created_at", "removed_at", "seq", "tag",
    ];
    MEMBERS: "members", 1, people_rows::member, [
        "id", "person", "organization", "role", "created_at", "created_by", "removed_at", "seq",
        "tag",
    ];
    SESSIONS: "sessions", 1, people_rows::session, [
        "id", "person", "digest", "begun_at", "confirmed_at", "ends_at", "seq", "tag",
    ];
    INVITATIONS: "invitations", 1, people_rows::invitation, [
        "id", "digest", "email", "organization", "role", "created_at", "created_by", "ends_at",
        "seq", "tag",
    ];
}

fn slug(columns: &mut Columns<'_>) -> Result<Slug, Unreadable> {
    columns.word("a slug", |text| text.parse().ok())
}

pub(super) fn kind(columns: &mut Columns<'_>) -> Result<Kind, Unreadable> {
    let all = [Kind::Secret, Kind::Publishable];
    columns.one_of("a kind", all, Kind::as_str)
}

pub(super) fn mode(columns: &mut Columns<'_>) -> Result<Mode, Unreadable> {
    let all = [Mode::Live, Mode::Test];
    columns.one_of("a mode", all, Mode::as_str)
}

pub(super) fn foreign(columns: &mut Columns<'_>) -> Result<Option<ForeignDigest>, Unreadable> {
    let all = [ForeignDigest::Sha256, ForeignDigest::Sha512];
    columns.maybe_one_of("a digest of another system", all, ForeignDigest::as_str)
}

fn product(columns: &mut Columns<'_>, _: &mut KnownLists) -> Result<Record, Unreadable> {
    Ok(Record::Product(Product {
        slug: slug(columns)?,
        manifest: columns.text()?,
        created_at: columns.time()?,
        updated_at: columns.time()?,
        seq: columns.number()?,
    }))
}

fn organization(columns: &mut Columns<'_>, _: &mut KnownLists) -> Result<Record, Unreadable> {
    Ok(Record::Organization(Organization {
        id: OrganizationId::from_bytes(columns.array()?),
        product: slug(columns)?,
        external_id: columns.maybe_text()?,
        name: columns.text()?,
        plan: columns.maybe_text()?,
        metadata: columns.maybe_text()?,
        enabled: columns.flag()?,
        created_at: columns.time()?,
        deleted_at: columns.maybe_time()?,
        narrowed_seq: columns.maybe_number()?,
        seq: columns.number()?,
    }))
}

fn project(columns: &mut Columns<'_>, _: &mut KnownLists) -> Result<Record, Unreadable> {
    Ok(Record::Project(Project {
        id: ProjectId::from_bytes(columns.array()?),
        organization: OrganizationId::from_bytes(columns.array()?),
        product: slug(columns)?,
        name: columns.text()?,
        metadata: columns.maybe_text()?,
        enabled: columns.flag()?,
        created_at: columns.time()?,
        deleted_at: columns.maybe_time()?,
        narrowed_seq: columns.maybe_number()?,
        seq: columns.number()?,
    }))
}

fn environment(columns: &mut Columns<'_>, _: &mut KnownLists) -> Result<Record, Unreadable> {
    Ok(Record::Environment(Environment {
        id: EnvironmentId::from_bytes(columns.array()?),
        project: ProjectId::from_bytes(columns.array()?),
        organization: OrganizationId::from_bytes(columns.array()?),
        product: slug(columns)?,
        name: columns.text()?,
        mode: mode(columns)?,
        enabled: columns.flag()?,
        created_at: columns.time()?,
        deleted_at: columns.maybe_time()?,
        narrowed_seq: columns.maybe_number()?,
        seq: columns.number()?,
    }))
}

fn retired_value(columns: &mut Columns<'_>, _: &mut KnownLists) -> Result<Record, Unreadable> {
    Ok(Record::RetiredValue(RetiredValue {
        key: KeyId::from_bytes(columns.array()?),
        digest: KeyDigest::from_bytes(columns.array()?),
        pepper: columns.number()?,
        foreign: foreign(columns)?,
        start: columns.text()?,
        ends_at: columns.time()?,
        seq: columns.number()?,
    }))
}

fn grant(columns: &mut Columns<'_>, _: &mut KnownLists) -> Result<Record, Unreadable> {
    Ok(Record::Grant(Grant {
        id: GrantId::from_bytes(columns.array()?),
        organization: OrganizationId::from_bytes(columns.array()?),
        mode: mode(columns)?,
        amount: columns.number()?,
        reason: columns.text()?,
        occasion: columns.maybe_word("an occasion", |text| text.parse().ok())?,
        expires_at: columns.maybe_time()?,
        created_at: columns.time()?,
        created_by: columns.text()?,
        voided_at: columns.maybe_time()?,
        seq: columns.number()?,
    }))
}

/// The values that identify a record in its table.
pub(super) fn identity(subject: &Subject) -> Values<'_> {
    let mut values = Values::default();
    match subject {
        Subject::Product(slug) => values.text(slug.as_str()),
        Subject::Organization(id) => values.id(id.to_bytes()),
        Subject::Project(id) => values.id(id.to_bytes()),
        Subject::Environment(id) => values.id(id.to_bytes()),
        Subject::Key(id) => values.id(id.to_bytes()),
        Subject::RetiredValue(id, digest) => {
            values.id(id.to_bytes());
            values.bytes(digest);
        }
        Subject::Grant(id) => values.id(id.to_bytes()),
        Subject::Person(id) => values.id(id.to_bytes()),
        Subject::Member(id) => values.id(id.to_bytes()),
        Subject::Session(id) => values.id(id.to_bytes()),
        Subject::Invitation(id) => values.id(id.to_bytes()),
    }
    values
}

/// The values of a record in the order of its table's columns.
pub(super) fn values<'a>(record: &'a Record, tag: &'a RowTag) -> Values<'a> {
    let mut out = Values::default();
    match record {
        Record::Product(row) => {
            out.text(row.slug.as_str());
            out.text(&row.manifest);
            out.time(row.created_at);
            out.time(row.updated_at);
        }
        Record::Organization(row) => {
            out.id(row.id.to_bytes());
            out.text(row.product.as_str());
            out.maybe_text(row.external_id.as_deref());
            out.text(&row.name);
            out.maybe_text(row.plan.as_deref());
            out.maybe_text(row.metadata.as_deref());
            out.flag(row.enabled);
            out.time(row.created_at);
            out.maybe_time(row.deleted_at);
            out.maybe_number(row.narrowed_seq);
        }
        Record::Project(row) => {
            out.id(row.id.to_bytes());
            out.id(row.organization.to_bytes());
            out.text(row.product.as_str());
            out.text(&row.name);
            out.maybe_text(row.metadata.as_deref());
            out.flag(row.enabled);
            out.time(row.created_at);
            out.maybe_time(row.deleted_at);
            out.maybe_number(row.narrowed_seq);
        }
        Record::Environment(row) => {
            out.id(row.id.to_bytes());
            out.id(row.project.to_bytes());
            out.id(row.organization.to_bytes());
            out.text(row.product.as_str());
            out.text(&row.name);
            out.text(row.mode.as_str());
            out.flag(row.enabled);
            out.time(row.created_at);
            out.maybe_time(row.deleted_at);
            out.maybe_number(row.narrowed_seq);
        }
        Record::Key(row) => key_values(row, &mut out),
        Record::RetiredValue(row) => {
            out.id(row.key.to_bytes());
            out.bytes(row.digest.as_bytes());
            out.number(u64::from(row.pepper));
            out.maybe_text(row.foreign.map(ForeignDigest::as_str));
            out.text(&row.start);
            out.time(row.ends_at);
        }
        Record::Grant(row) => {
            out.id(row.id.to_bytes());
            out.id(row.organization.to_bytes());
            out.text(row.mode.as_str());
            out.number(row.amount);
            out.text(&row.reason);
            out.maybe_word(row.occasion.as_ref().map(ToString::to_string));
            out.maybe_time(row.expires_at);
            out.time(row.created_at);
            out.text(&row.created_by);
            out.maybe_time(row.voided_at);
        }
        Record::Person(row) => people_rows::person_values(row, &mut out),
        Record::Member(row) => people_rows::member_values(row, &mut out),
        Record::Session(row) => people_rows::session_values(row, &mut out),
        Record::Invitation(row) => people_rows::invitation_values(row, &mut out),
    }
    out.number(record.seq());
    out.bytes(&tag.0);
    out
}
