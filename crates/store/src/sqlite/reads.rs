//! Rows and pages of rows.

use async_trait::async_trait;
use keystile_core::key::WrappedKey;
use keystile_core::model::{
    Effective, Environment, EnvironmentId, Grant, GrantId, Key, KeyId, Kind, Mode, Organization,
    OrganizationId, Product, Project, ProjectId, Record, RetiredValue, Slug, Subject, Timestamp,
};
use rusqlite::{Connection, OptionalExtension};

use super::columns::{Columns, Unreadable, integer};
use super::errors::unavailable;
use super::lists::{self, Query};
use super::rows::{PRODUCTS, RETIRED_VALUES, Table};
use super::stored::{self, FORGED, Met, Reader};
use super::{SqliteStore, guards, keyring, remembered};
use crate::{
    EnvironmentFilter, KeyFilter, OrganizationFilter, Page, ProjectFilter, Reads, StoreError,
    StoredIdempotency,
};

/// How often the time is written down when nothing else is, in milliseconds.
const WRITE_TIME_EVERY: i64 = 60_000;

/// The fields of a record, when it is one of that kind; the table it came from makes sure.
macro_rules! only {
    ($kind:ident) => {
        |record| match record {
            Record::$kind(row) => Some(row),
            _ => None,
        }
    };
}

pub(super) use only;

#[async_trait]
impl Reads for SqliteStore {
    fn now(&self) -> Timestamp {
        let now = self.latest.see(self.clock.now());
        if self.latest.is_due(now, WRITE_TIME_EVERY) {
            // When the queue is full, the journal rows in it write the time down as well.
            let _ = self
                .writer
                .queue(Box::new(move |desk| desk.write_time(now)));
        }
        now
    }

    async fn product(&self, slug: &Slug) -> Result<Option<Product>, StoreError> {
        self.one(Subject::Product(slug.clone()), only!(Product))
            .await
    }

    async fn products(&self) -> Result<Vec<Product>, StoreError> {
        let all = format!(
            "SELECT {} FROM products t ORDER BY t.slug",
            PRODUCTS.statements().columns
        );
        self.several(&PRODUCTS, all, Vec::new(), only!(Product))
            .await
    }

    async fn organization(&self, id: OrganizationId) -> Result<Option<Organization>, StoreError> {
        self.one(Subject::Organization(id), only!(Organization))
            .await
    }

    async fn organization_by_external_id(
        &self,
        product: &Slug,
        external_id: &str,
    ) -> Result<Option<Organization>, StoreError> {
        let (product, external_id) = (product.clone(), external_id.to_owned());
        let integrity = self.integrity.clone();
        let found = self.readers.read(move |connection| {
            let met = stored::find_external(connection, &integrity, &product, &external_id)
                .map_err(|error| unavailable(&error))?;
            stored::accept(met, || {
                format!("the organization {external_id:?} of {product}")
            })
        });
        Ok(found.await?.and_then(only!(Organization)))
    }

    async fn organizations(
        &self,
        filter: OrganizationFilter,
        page: Page<OrganizationId>,
    ) -> Result<Vec<Organization>, StoreError> {
        let page = page.map(OrganizationId::as_u128);
        self.list(
            move |_| Ok(lists::organizations(filter)),
            page,
            only!(Organization),
        )
        .await
    }

    async fn project(&self, id: ProjectId) -> Result<Option<Project>, StoreError> {
        self.one(Subject::Project(id), only!(Project)).await
    }

    async fn projects(
        &self,
        filter: ProjectFilter,
        page: Page<ProjectId>,
    ) -> Result<Vec<Project>, StoreError> {
        let page = page.map(ProjectId::as_u128);
        self.list(move |_| Ok(lists::projects(filter)), page, only!(Project))
            .await
    }

    async fn environment(&self, id: EnvironmentId) -> Result<Option<Environment>, StoreError> {
        self.one(Subject::Environment(id), only!(Environment)).await
    }

    async fn environments(
        &self,
        filter: EnvironmentFilter,
        page: Page<EnvironmentId>,
    ) -> Result<Vec<Environment>, StoreError> {
        let page = page.map(EnvironmentId::as_u128);
        self.list(
            move |_| Ok(lists::environments(filter)),
            page,
            only!(Environment),
        )
        .await
    }

    async fn key(&self, id: KeyId) -> Result<Option<Key>, StoreError> {
        let key = self.one(Subject::Key(id), only!(Key)).await?;
        Ok(key.map(|key| *key))
    }

    async fn keys(&self, filter: KeyFilter, page: Page<KeyId>) -> Result<Vec<Key>, StoreError> {
        let now = self.now();
        let page = page.map(KeyId::as_u128);
        let source = move |connection: &Connection| lists::keys(connection, filter, now);
        let keys = self.list(source, page, only!(Key)).await?;
        Ok(keys.into_iter().map(|key| *key).collect())
    }

    async fn sealed_keys(&self, product: &Slug, page: Page<KeyId>) -> Result<Vec<Key>, StoreError> {
        let product = product.clone();
        let page = page.map(KeyId::as_u128);
        let source = move |_: &Connection| Ok(lists::sealed_keys(&product));
        let keys = self.list(source, page, only!(Key)).await?;
        Ok(keys.into_iter().map(|key| *key).collect())
    }

    async fn sealed_count(&self, product: &Slug) -> Result<u64, StoreError> {
        let product = product.clone();
        let counted = self.readers.read(move |connection| {
            lists::sealed_count(connection, &product).map_err(|error| unavailable(&error))
        });
        counted.await
    }

    async fn working_keys(&self, organization: OrganizationId) -> Result<u64, StoreError> {
        let now = self.now();
        let counted = self.readers.read(move |connection| {
            guards::working_keys(connection, organization, now).map_err(|error| unavailable(&error))
        });
        counted.await
    }

    async fn grant(&self, id: GrantId) -> Result<Option<Grant>, StoreError> {
        self.one(Subject::Grant(id), only!(Grant)).await
    }

    async fn grants(
        &self,
        organization: OrganizationId,
        mode: Option<Mode>,
        page: Page<GrantId>,
    ) -> Result<Vec<Grant>, StoreError> {
        let before = page.before.map(GrantId::as_u128);
        let page = Page {
            before,
            limit: page.limit,
        };
        self.list(
            move |_| Ok(lists::grants(organization, mode)),
            page,
            only!(Grant),
        )
        .await
    }

    async fn taken_names(
        &self,
        names: Vec<(EnvironmentId, Kind, String)>,
    ) -> Result<Vec<bool>, StoreError> {
        let taken = move |connection: &Connection| {
            lists::taken_names(connection, &names).map_err(|error| unavailable(&error))
        };
        self.readers.read(taken).await
    }

    async fn retired_values(&self, key: KeyId) -> Result<Vec<RetiredValue>, StoreError> {
        let sql = format!(
            "SELECT {} FROM retired_values t WHERE t.key = ?1 ORDER BY t.ends_at, t.digest",
            RETIRED_VALUES.statements().columns
        );
        let values = vec![key.to_bytes().to_vec()];
        self.several(&RETIRED_VALUES, sql, values, only!(RetiredValue))
            .await
    }

    async fn idempotent(
        &self,
        scope: &str,
        key: &str,
    ) -> Result<Option<StoredIdempotency>, StoreError> {
        let (scope, key, now) = (scope.to_owned(), key.to_owned(), self.now());
        let found = self.readers.read(move |connection| {
            let found = remembered::find(connection, &scope, &key, now);
            readable(found, "an idempotency key")
        });
        found.await
    }

    async fn keyring(&self) -> Result<Vec<WrappedKey>, StoreError> {
        self.readers.read(keyring::read).await
    }

    async fn effective(&self, seq: u64) -> Result<Option<Effective>, StoreError> {
        let found = self.readers.read(move |connection| {
            let found = read_effective(connection, seq);
            readable(found, "the proof of a narrowing")
        });
        found.await
    }
}

impl<C> Page<C> {
    pub(super) fn map<T>(self, of: impl FnOnce(C) -> T) -> Page<T> {
        Page {
            before: self.before.map(of),
            limit: self.limit,
        }
    }
}

impl SqliteStore {
    /// The record of that subject.
    pub(super) async fn one<T>(
        &self,
        subject: Subject,
        of: fn(Record) -> Option<T>,
    ) -> Result<Option<T>, StoreError> {
        let integrity = self.integrity.clone();
        let found = self
            .readers
            .read(move |connection| stored::sound(connection, &integrity, &subject));
        Ok(found.await?.and_then(of))
    }

    async fn several<T>(
        &self,
        table: &'static Table,
        sql: String,
        values: Vec<Vec<u8>>,
        of: fn(Record) -> Option<T>,
    ) -> Result<Vec<T>, StoreError> {
        let integrity = self.integrity.clone();
        let found = self.readers.read(move |connection| {
            let read = || {
                let (mut sound, mut reader) = (Vec::new(), Reader::new(&integrity));
                let mut statement = connection.prepare_cached(&sql)?;
                let mut rows = statement.query(rusqlite::params_from_iter(values))?;
                while let Some(row) = rows.next()? {
                    match reader.meet(table, row) {
                        Met::Sound(record, _) => sound.push(record),
                        Met::Forged(record) => {
                            lists::leave_out(&record.subject().to_string(), FORGED);
                        }
                        Met::Unreadable(problem) => lists::leave_out(table.name, &problem.0),
                    }
                }
                Ok(sound)
            };
            read().map_err(|error: rusqlite::Error| unavailable(&error))
        });
        Ok(found.await?.into_iter().filter_map(of).collect())
    }

    /// A page of a list.
    pub(super) async fn list<T>(
        &self,
        query: impl FnOnce(&Connection) -> rusqlite::Result<Query> + Send + 'static,
        page: Page<u128>,
        of: fn(Record) -> Option<T>,
    ) -> Result<Vec<T>, StoreError> {
        let integrity = self.integrity.clone();
        let found = self.readers.read(move |connection| {
            query(connection)
                .and_then(|query| query.page(connection, &integrity, page.before, page.limit))
                .map_err(|error| unavailable(&error))
        });
        Ok(found.await?.into_iter().filter_map(of).collect())
    }
}

/// A row without a MAC that may be missing or not what it should be.
fn readable<T>(
    found: rusqlite::Result<Option<Result<T, Unreadable>>>,
    what: &str,
) -> Result<Option<T>, StoreError> {
    let found = found.map_err(|error| unavailable(&error))?;
    found.transpose().map_err(|problem| StoreError::Tampered {
        subject: what.into(),
        problem: problem.0,
    })
}

fn read_effective(
    connection: &Connection,
    seq: u64,
) -> rusqlite::Result<Option<Result<Effective, Unreadable>>> {
    connection
        .prepare_cached("SELECT seq, nodes, confirmed, lapsed FROM effective WHERE seq = ?1")?
        .query_row([integer(seq)], |row| {
            let mut columns = Columns::of(row);
            let mut read = || {
                Ok(Effective {
                    seq: columns.number()?,
                    nodes: columns.number()?,
                    confirmed: columns.number()?,
                    lapsed: columns.number()?,
                })
            };
            Ok(read())
        })
        .optional()
}
