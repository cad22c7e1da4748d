//! Pages of records: filters as SQL, newest first. It does not decide who may see them.

use std::borrow::Cow;

use keystile_core::key::Integrity;
use keystile_core::model::{
    EnvironmentId, KeyState, Kind, Mode, OrganizationId, ProjectId, Record, Slug, Timestamp,
};
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use super::rows::{ENVIRONMENTS, GRANTS, KEYS, MEMBERS, ORGANIZATIONS, PEOPLE, PROJECTS, Table};
use super::stored::{FORGED, Met, Reader};
use crate::{EnvironmentFilter, IdleRule, KeyFilter, OrganizationFilter, ProjectFilter};

/// The lists' records, by the name `t`, and what they must fulfil.
pub(super) struct Query {
    table: &'static Table,
    from: String,
    conditions: Vec<Cow<'static, str>>,
    values: Vec<Value>,
}

impl Query {
    fn of(table: &'static Table, from: impl Into<String>) -> Self {
        let mut query = Self::of_all(table, from);
        query.conditions.push("t.deleted_at IS NULL".into());
        query
    }

    /// Also what is marked as deleted.
    fn of_all(table: &'static Table, from: impl Into<String>) -> Self {
        Self {
            table,
            from: from.into(),
            conditions: Vec::new(),
            values: Vec::new(),
        }
    }

    fn and(&mut self, condition: &'static str, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            self.conditions.push(condition.into());
            self.values.push(value.into());
        }
    }

    fn and_id(&mut self, condition: &'static str, id: Option<[u8; 16]>) {
        self.and(condition, id.map(|id| id.to_vec()));
    }

    fn and_idle(&mut self, rules: &[IdleRule]) {
        let one = "o.product = ? AND t.kind = ? AND coalesce((SELECT max(u.at) FROM beside.value_uses u \
             WHERE u.key = t.id), t.created_at) < ?";
        let any = vec![one; rules.len()].join(" OR ");
        self.conditions.push(match rules {
            [] => "0".into(),
            _ => format!("({any})").into(),
        });
        for rule in rules {
            self.values.extend([
                Value::from(rule.product.to_string()),
                Value::from(rule.kind.as_str().to_owned()),
                Value::from(rule.before.millis()),
            ]);
        }
    }

    fn sql(&self) -> String {
        format!(
            "SELECT {} FROM {} WHERE {} AND t.id < ? ORDER BY t.id DESC LIMIT ?",
            self.table.statements().columns,
            self.from,
            self.conditions.join(" AND ")
        )
    }

    /// The page before an id. Rows that are not sound are left out, and the page filled with what
    /// follows, so that a short page is always the last.
    pub(super) fn page(
        &self,
        connection: &Connection,
        integrity: &Integrity,
        before: Option<u128>,
        limit: u32,
    ) -> rusqlite::Result<Vec<Record>> {
        let sql = self.sql();
        let mut before = before.map_or([0xff; 17].to_vec(), |id| id.to_be_bytes().to_vec());
        let mut page = Vec::new();
        loop {
            let wanted = usize::try_from(limit).unwrap_or(usize::MAX) - page.len();
            let part = self.part(connection, integrity, &sql, before, wanted)?;
            page.extend(part.sound);
            match part.next {
                Some(next) if page.len() < usize::try_from(limit).unwrap_or(0) => before = next,
                _ => return Ok(page),
            }
        }
    }

    fn part(
        &self,
        connection: &Connection,
        integrity: &Integrity,
        sql: &str,
        before: Vec<u8>,
        limit: usize,
    ) -> rusqlite::Result<Part> {
        let mut values = self.values.clone();
        values.push(Value::Blob(before));
        values.push(Value::Integer(i64::try_from(limit).unwrap_or(i64::MAX)));
        let mut statement = connection.prepare_cached(sql)?;
        let mut rows = statement.query(params_from_iter(values))?;
        let (mut sound, mut last, mut count) = (Vec::new(), None, 0);
        let mut reader = Reader::new(integrity);
        while let Some(row) = rows.next()? {
            count += 1;
            last = Some(row.get::<_, Vec<u8>>(0)?);
            match reader.meet(self.table, row) {
                Met::Sound(record, _) => sound.push(record),
                Met::Forged(record) => leave_out(&record.subject().to_string(), FORGED),
                Met::Unreadable(problem) => leave_out(self.table.name, &problem.0),
            }
        }
        let next = last.filter(|_| count == limit && limit > 0);
        Ok(Part { sound, next })
    }
}

/// Those of one organization.
pub(super) fn grants(organization: OrganizationId, mode: Option<Mode>) -> Query {
    let mut query = Query::of_all(&GRANTS, "grants t");
    query.and_id("t.organization = ?", Some(organization.to_bytes()));
    query.and("t.mode = ?", mode.map(|mode| mode.as_str().to_owned()));
    query
}

/// Everybody who is not removed.
pub(super) fn people() -> Query {
    let mut query = Query::of_all(&PEOPLE, "people t");
    query.conditions.push("t.removed_at IS NULL".into());
    query
}

/// Living memberships of one place.
pub(super) fn members(organization: Option<OrganizationId>) -> Query {
    let mut query = Query::of_all(&MEMBERS, "members t");
    query.conditions.push("t.removed_at IS NULL".into());
    query.and("t.organization IS ?", Some(place(organization)));
    query
}

/// A place as the tables write it: the installation is none.
pub(super) fn place(organization: Option<OrganizationId>) -> Value {
    organization.map_or(Value::Null, |id| Value::Blob(id.to_bytes().to_vec()))
}

/// Some rows of a page, and where the rest of it begins.
struct Part {
    sound: Vec<Record>,
    next: Option<Vec<u8>>,
}

pub(super) fn leave_out(subject: &str, problem: &str) {
    tracing::error!(subject, problem, "a row is left out of a list");
}

pub(super) fn organizations(filter: OrganizationFilter) -> Query {
    let mut query = Query::of(&ORGANIZATIONS, "organizations t");
    query.and("t.product = ?", filter.product.map(|slug| slug.to_string()));
    query.and("t.external_id = ?", filter.external_id);
    query.and("holds_text(t.name, ?)", filter.name);
    query
}

pub(super) fn projects(filter: ProjectFilter) -> Query {
    let mut query = Query::of(&PROJECTS, "projects t");
    query.and("t.product = ?", filter.product.map(|slug| slug.to_string()));
    query.and_id(
        "t.organization = ?",
        filter.organization.map(OrganizationId::to_bytes),
    );
    query
}

pub(super) fn environments(filter: EnvironmentFilter) -> Query {
    let mut query = Query::of(&ENVIRONMENTS, "environments t");
    query.and("t.product = ?", filter.product.map(|slug| slug.to_string()));
    query.and_id(
        "t.organization = ?",
        filter.organization.map(OrganizationId::to_bytes),
    );
    query.and_id("t.project = ?", filter.project.map(ProjectId::to_bytes));
    query.and("t.name = ?", filter.name);
    query
}

pub(super) fn keys(
    connection: &Connection,
    filter: KeyFilter,
    now: Timestamp,
) -> rusqlite::Result<Query> {
    let mut query = Query::of(&KEYS, key_source(connection, &filter)?);
    let above = [
        "e.deleted_at IS NULL",
        "p.deleted_at IS NULL",
        "o.deleted_at IS NULL",
    ];
    query.conditions.extend(above.map(Cow::from));
    query.and("o.product = ?", filter.product.map(|slug| slug.to_string()));
    query.and("e.name = ?", filter.environment_name);
    query.and_id(
        "o.id = ?",
        filter.organization.map(OrganizationId::to_bytes),
    );
    query.and("o.external_id = ?", filter.external_id);
    query.and_id("p.id = ?", filter.project.map(ProjectId::to_bytes));
    query.and_id(
        "t.environment = ?",
        filter.environment.map(EnvironmentId::to_bytes),
    );
    query.and(
        "t.kind = ?",
        filter.kind.map(|kind| kind.as_str().to_owned()),
    );
    // Names of living keys stand in an index, which is read much quicker than the keys.
    let named = match filter.living {
        Some(true) => {
            "t.rowid IN (SELECT k.rowid FROM keys k INDEXED BY keys_by_name \
             WHERE k.deleted_at IS NULL AND k.revoked_at IS NULL AND holds_text(k.name, ?))"
        }
        _ => "holds_text(t.name, ?)",
    };
    query.and(named, filter.name);
    query
        .conditions
        .extend(filter.living.map(|living| match living {
            true => "t.revoked_at IS NULL".into(),
            false => "t.revoked_at IS NOT NULL".into(),
        }));
    if filter.exposed {
        query.conditions.push(EXPOSED.into());
    }
    query.and(RETIRING, filter.retiring.then_some(now.millis()));
    if let Some(state) = filter.state {
        query.and(in_state(state), Some(now.millis()));
    }
    if let Some(rules) = filter.idle {
        query.and(in_state(KeyState::Active), Some(now.millis()));
        query.and_idle(&rules);
    }
    Ok(query)
}

/// Both are few, and stand in indexes of their own: they are found there, not by looking at all keys.
const EXPOSED: &str = "t.id IN (SELECT k.id FROM keys k INDEXED BY keys_exposed \
     WHERE k.exposed_at IS NOT NULL AND k.deleted_at IS NULL AND k.revoked_at IS NULL)";
const RETIRING: &str = "t.id IN (SELECT r.key FROM retired_values r WHERE r.ends_at > ?) \
     AND t.revoked_at IS NULL";

const SEALED: &str = "keys t JOIN environments e ON e.id = t.environment";

/// Keys of a product whose secret is kept sealed, whatever became of what they belong to.
pub(super) fn sealed_keys(product: &Slug) -> Query {
    let mut query = Query::of(&KEYS, SEALED);
    query.conditions.push("t.sealed IS NOT NULL".into());
    query.and("e.product = ?", Some(product.to_string()));
    query
}

/// How many those are.
pub(super) fn sealed_count(connection: &Connection, product: &Slug) -> rusqlite::Result<u64> {
    let count = format!(
        "SELECT count(*) FROM {SEALED} \
         WHERE t.deleted_at IS NULL AND t.sealed IS NOT NULL AND e.product = ?1"
    );
    let counted: i64 = connection
        .prepare_cached(&count)?
        .query_row([product.as_str()], |row| row.get(0))?;
    Ok(u64::try_from(counted).unwrap_or(0))
}

/// Which of these names living keys have.
pub(super) fn taken_names(
    connection: &Connection,
    names: &[(EnvironmentId, Kind, String)],
) -> rusqlite::Result<Vec<bool>> {
    let mut statement = connection.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM keys k WHERE k.environment = ?1 AND k.kind = ?2 \
         AND k.name = ?3 AND k.deleted_at IS NULL AND k.revoked_at IS NULL)",
    )?;
    let mut taken = |(environment, kind, name): &(EnvironmentId, Kind, String)| {
        let values = (environment.to_bytes(), kind.as_str(), name);
        statement.query_row(values, |row| row.get(0))
    };
    names.iter().map(&mut taken).collect()
}

/// The states of [`keystile_core::model::Key::state`], worst first.
fn in_state(state: KeyState) -> &'static str {
    match state {
        KeyState::Revoked => "t.revoked_at IS NOT NULL AND ? IS NOT NULL",
        KeyState::Expired => "t.revoked_at IS NULL AND t.expires_at <= ?",
        KeyState::Disabled => {
            "t.revoked_at IS NULL AND ifnull(t.expires_at > ?, 1) AND t.enabled = 0"
        }
        KeyState::Active => {
            "t.revoked_at IS NULL AND ifnull(t.expires_at > ?, 1) AND t.enabled = 1"
        }
    }
}

/// Up to so many environments, their keys are gathered and sorted; beyond, keys are walked from
/// the newest on, as the page is then full soon.
const FEW: u32 = 1000;

const FROM_KEYS: &str = "keys t CROSS JOIN environments e ON e.id = t.environment \
     CROSS JOIN projects p ON p.id = e.project CROSS JOIN organizations o ON o.id = p.organization";

const FROM_OWNERS: &str = "organizations o JOIN projects p ON p.organization = o.id \
     JOIN environments e ON e.project = p.id CROSS JOIN keys t ON t.environment = e.id";

/// Where to begin: SQLite cannot know which end of the joins is the small one.
fn key_source(connection: &Connection, filter: &KeyFilter) -> rusqlite::Result<&'static str> {
    if filter.environment.is_some() || filter.exposed || filter.retiring {
        return Ok(FROM_KEYS);
    }
    if filter.project.is_some() || filter.organization.is_some() || filter.external_id.is_some() {
        return Ok(FROM_OWNERS);
    }
    let Some(product) = &filter.product else {
        return Ok(FROM_KEYS);
    };
    let few: bool = connection
        .prepare_cached(
            "SELECT count(*) <= ?2 FROM (SELECT 1 FROM environments \
             WHERE product = ?1 AND deleted_at IS NULL LIMIT ?2 + 1)",
        )?
        .query_row((product.as_str(), FEW), |row| row.get(0))?;
    Ok(if few { FROM_OWNERS } else { FROM_KEYS })
}
