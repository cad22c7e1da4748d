//! What every database must be able to do. [`Store`] is all of it.

use std::ops::Range;
use std::path::Path;

use async_trait::async_trait;
use keystile_core::key::WrappedKey;
use keystile_core::model::{
    AuditEntry, Effective, Environment, EnvironmentId, Grant, GrantId, Key, KeyId, Kind, Mode,
    Organization, OrganizationId, Product, Project, ProjectId, Record, RetiredValue, Slug, Subject,
    Timestamp,
};
use keystile_core::snapshot::Collected;

use crate::{
    AuditFilter, Change, CommitError, Committed, EnvironmentFilter, HourCount, KeyFilter,
    LedgerStore, OrganizationFilter, Page, PeopleStore, ProjectFilter, StoreError,
    StoredIdempotency, UsageOf, ValueUse,
};

/// Everything a store can do.
pub trait Store:
    Reads + PeopleStore + Writes + Feed + AuditStore + UsageStore + LedgerStore
{
}

impl<T: Reads + PeopleStore + Writes + Feed + AuditStore + UsageStore + LedgerStore> Store for T {}

/// One row or a page of rows. Every row's MAC is checked: one that fails is
/// [`StoreError::Tampered`] when asked for alone, and left out of a page with an error in the log.
///
/// Rows that are marked as deleted are found by their id (the caller decides), never listed.
#[async_trait]
pub trait Reads: Send + Sync {
    /// The time: the clock's, but never earlier than it was before, also across a restart (there
    /// to the minute), so that what has expired stays expired when the clock steps back.
    fn now(&self) -> Timestamp;

    /// One product.
    async fn product(&self, slug: &Slug) -> Result<Option<Product>, StoreError>;

    /// All products, by slug.
    async fn products(&self) -> Result<Vec<Product>, StoreError>;

    /// One organization.
    async fn organization(&self, id: OrganizationId) -> Result<Option<Organization>, StoreError>;

    /// The organization of a product that has this external id and is not deleted.
    async fn organization_by_external_id(
        &self,
        product: &Slug,
        external_id: &str,
    ) -> Result<Option<Organization>, StoreError>;

    /// Organizations, newest first.
    async fn organizations(
        &self,
        filter: OrganizationFilter,
        page: Page<OrganizationId>,
    ) -> Result<Vec<Organization>, StoreError>;

    /// One project.
    async fn project(&self, id: ProjectId) -> Result<Option<Project>, StoreError>;

    /// Projects, newest first.
    async fn projects(
        &self,
        filter: ProjectFilter,
        page: Page<ProjectId>,
    ) -> Result<Vec<Project>, StoreError>;

    /// One environment.
    async fn environment(&self, id: EnvironmentId) -> Result<Option<Environment>, StoreError>;

    /// Environments, newest first.
    async fn environments(
        &self,
        filter: EnvironmentFilter,
        page: Page<EnvironmentId>,
    ) -> Result<Vec<Environment>, StoreError>;

    /// One key.
    async fn key(&self, id: KeyId) -> Result<Option<Key>, StoreError>;

    /// Keys, newest first.
    async fn keys(&self, filter: KeyFilter, page: Page<KeyId>) -> Result<Vec<Key>, StoreError>;

    /// How many keys of an organization are neither revoked, deleted nor expired, disabled ones
    /// included; as limits of plans count them.
    async fn working_keys(&self, organization: OrganizationId) -> Result<u64, StoreError>;

    /// Keys of a product whose secret is kept sealed, newest first; also those below what is
    /// deleted, because their secrets are there all the same.
    async fn sealed_keys(&self, product: &Slug, page: Page<KeyId>) -> Result<Vec<Key>, StoreError>;

    /// How many those are.
    async fn sealed_count(&self, product: &Slug) -> Result<u64, StoreError>;

    /// One grant.
    async fn grant(&self, id: GrantId) -> Result<Option<Grant>, StoreError>;

    /// Grants of an organization, of one mode or of both, newest first.
    async fn grants(
        &self,
        organization: OrganizationId,
        mode: Option<Mode>,
        page: Page<GrantId>,
    ) -> Result<Vec<Grant>, StoreError>;

    /// Which of these names are those of living keys, in their order: a hint, as no MAC covers the
    /// index that it comes from. A change to a taken name is refused.
    async fn taken_names(
        &self,
        names: Vec<(EnvironmentId, Kind, String)>,
    ) -> Result<Vec<bool>, StoreError>;

    /// The former values of a key.
    async fn retired_values(&self, key: KeyId) -> Result<Vec<RetiredValue>, StoreError>;

    /// What is remembered under an idempotency key and has not run out.
    async fn idempotent(
        &self,
        scope: &str,
        key: &str,
    ) -> Result<Option<StoredIdempotency>, StoreError>;

    /// The stored key material, wrapped.
    async fn keyring(&self) -> Result<Vec<WrappedKey>, StoreError>;

    /// The proof kept for the journal row `seq`.
    async fn effective(&self, seq: u64) -> Result<Option<Effective>, StoreError>;
}

/// Changes.
#[async_trait]
pub trait Writes: Send + Sync {
    /// Makes a change: wholly or not at all, durable when this returns.
    async fn commit(&self, change: Change) -> Result<Committed, CommitError>;

    /// Keeps the proof that a narrowing is in force. Not a change: no journal row.
    async fn keep_effective(&self, effective: Effective) -> Result<(), StoreError>;

    /// Why nothing can be written until the database has been opened again, if that is so: an error
    /// of the disk left it open whether a change was written.
    fn trouble(&self) -> Option<String>;

    /// Copies the whole database to a new file (0600), which appears under its name only when it
    /// is complete and durable.
    async fn backup(&self, to: &Path) -> Result<(), StoreError>;
}

/// The journal as the in-memory index follows it.
#[async_trait]
pub trait Feed: Send + Sync {
    /// Hands every record of the installation to `sink`, from several threads at once, and proves
    /// that they are complete and current. A record comes after what it belongs to, and former
    /// values of keys before the keys; otherwise there is no order. `sink` must be quick.
    async fn scan(
        &self,
        sink: std::sync::Arc<dyn Fn(Scanned) + Send + Sync>,
    ) -> Result<ScanReport, StoreError>;

    /// The journal's rows after `seq`, in order, with the current state of the records they
    /// wrote; at most `limit` rows. A record that was written several times is given each time,
    /// in its current state.
    async fn after(&self, seq: u64, limit: u32) -> Result<Vec<FeedRow>, StoreError>;

    /// The end of the journal.
    async fn head(&self) -> Result<Head, StoreError>;

    /// Resolves when the journal may have grown past `seq`; a hint, never the truth.
    async fn grown_past(&self, seq: u64);
}

/// The journal as people read it.
#[async_trait]
pub trait AuditStore: Send + Sync {
    /// Rows of the journal, newest first.
    async fn audit(
        &self,
        filter: AuditFilter,
        page: Page<u64>,
    ) -> Result<Vec<AuditEntry>, StoreError>;

    /// Checks the whole chain, every row's MAC, and that each row is the version that the journal
    /// wrote last; and that the ledger of credits is whole, adds up, and granted what the grants
    /// say. Names what is not.
    async fn verify_audit(&self) -> Result<AuditReport, StoreError>;

    /// Erases the personal fields of all rows earlier than this, and says of how many. The chain
    /// covers only their salted hashes, so it stays whole.
    async fn erase_personal(&self, before: Timestamp) -> Result<u64, StoreError>;
}

/// What keys were used for. It decides nothing, so its rows have no MAC and no journal row.
#[async_trait]
pub trait UsageStore: Send + Sync {
    /// Adds what was collected, of at most [`MAX_USES`](crate::MAX_USES) values: wholly or not at
    /// all. When it is unknown which, it must not be added again.
    async fn add_uses(&self, uses: Vec<Collected>) -> Result<(), CommitError>;

    /// The last use of each value of these keys.
    async fn last_uses(&self, keys: Vec<KeyId>) -> Result<Vec<ValueUse>, StoreError>;

    /// How often calls ended with which code, summed over keys, by hour.
    async fn usage(&self, of: UsageOf, hours: Range<u32>) -> Result<Vec<HourCount>, StoreError>;
}

/// A record met by a scan.
#[derive(Debug, Clone)]
pub enum Scanned {
    /// Its MAC holds.
    Sound(Record),
    /// It reads as this record, but its MAC fails: nothing may be allowed on it.
    Forged(Record),
    /// It cannot be read as a record at all.
    Unreadable {
        /// Which table and row, for people.
        place: String,
        /// What is wrong.
        problem: String,
    },
}

/// What a scan has proved.
#[derive(Debug, Clone)]
pub struct ScanReport {
    /// The journal row that the scanned state is that of.
    pub head: Head,
    /// Rows that are missing, too many, altered, or older than the journal says, looked for only
    /// when a row's MAC fails or the sum of all rows does not fit: nothing may be allowed on them.
    /// One without a subject says that the head of the journal proves nothing.
    pub suspects: Vec<Finding>,
}

/// The end of the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// The number of the last row; 0 before the first.
    pub seq: u64,
    /// Its link of the chain.
    pub link: [u8; 32],
    /// Its time.
    pub at: Timestamp,
}

/// The end of the ledger of credits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LedgerHead {
    /// The number of the last group of entries; 0 before the first.
    pub number: u64,
    /// Its link of the chain.
    pub link: [u8; 32],
    /// Its time.
    pub at: Timestamp,
}

/// One row of the journal, for the index.
#[derive(Debug, Clone)]
pub struct FeedRow {
    /// Its number.
    pub seq: u64,
    /// The records it wrote, in their current state.
    pub records: Vec<Scanned>,
    /// The records it removed.
    pub removed: Vec<Subject>,
    /// Whether it replaced key material.
    pub keyring_changed: bool,
}

/// Something that is not as Keystile wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The record, when it is one.
    pub subject: Option<Subject>,
    /// The journal row, when it is one.
    pub seq: Option<u64>,
    /// What is wrong, for people.
    pub problem: String,
}

/// The result of checking everything.
#[derive(Debug, Clone)]
pub struct AuditReport {
    /// How many rows of the journal were checked.
    pub journal_rows: u64,
    /// How many records were checked.
    pub records: u64,
    /// The end of the journal, to be kept elsewhere: a tail that is cut off later shows.
    pub head: Head,
    /// How many groups of the ledger were checked.
    pub ledger_groups: u64,
    /// How many entries they have.
    pub ledger_entries: u64,
    /// The end of the ledger, to be kept elsewhere as well.
    pub ledger_head: LedgerHead,
    /// Everything that is wrong; empty when all is well.
    pub findings: Vec<Finding>,
}
