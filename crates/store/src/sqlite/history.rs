//! Pages of the journal for people.

use keystile_core::key::Integrity;
use keystile_core::model::{Actor, AuditEntry, Timestamp};
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use super::columns::{Unreadable, integer};
use super::journal::{self, COLUMNS, Linked};
use crate::{AuditFilter, Page};

/// A page, newest first. Rows that do not fit the chain are left out, and the page filled with
/// what follows, so that a short page is always the last.
pub(super) fn page(
    connection: &Connection,
    integrity: &Integrity,
    filter: &AuditFilter,
    page: Page<u64>,
) -> rusqlite::Result<Vec<AuditEntry>> {
    let limit = usize::try_from(page.limit).unwrap_or(usize::MAX);
    let mut before = page.before.map_or(i64::MAX, integer);
    if let Some(until) = filter.until {
        before = before.min(first_at(connection, until)?);
    }
    let from = match filter.since {
        Some(since) => first_at(connection, since)?,
        None => 0,
    };
    let (sql, mut values) = query(filter);
    values.extend([Value::Integer(from), Value::Integer(before)]);
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query(params_from_iter(values))?;
    let mut entries = Vec::new();
    while entries.len() < limit {
        let Some(row) = rows.next()? else { break };
        match entry(connection, integrity, journal::read(row))? {
            Ok(entry) => entries.push(entry),
            Err(problem) => tracing::error!(problem = problem.0, "a journal row is left out"),
        }
    }
    Ok(entries)
}

/// The number of the first row of that time or later; one past the end when there is none.
///
/// Rows have no gaps and their times never run backwards, so no index of times is needed.
fn first_at(connection: &Connection, at: Timestamp) -> rusqlite::Result<i64> {
    let mut at_of = connection.prepare_cached("SELECT at FROM journal WHERE seq = ?")?;
    let end = "SELECT coalesce(max(seq), 0) FROM journal";
    let end: i64 = connection
        .prepare_cached(end)?
        .query_row([], |row| row.get(0))?;
    let (mut first, mut past) = (1, end + 1);
    while first < past {
        let middle = first + (past - first) / 2;
        let found: i64 = at_of.query_row([middle], |row| row.get(0))?;
        match found < at.millis() {
            true => first = middle + 1,
            false => past = middle,
        }
    }
    Ok(first)
}

/// Which rows tell of people.
const PEOPLE: &str = r#"substr(j.actor, 1, 16) = '{"type":"person"'"#;

fn query(filter: &AuditFilter) -> (String, Vec<Value>) {
    let mut from = "journal j";
    let by_person = matches!(filter.actor, Some(Actor::Person { .. }));
    let (mut conditions, mut values) = (Vec::new(), Vec::new());
    let mut and = |condition, value: Option<Value>| {
        if let Some(value) = value {
            conditions.push(condition);
            values.push(value);
        }
    };
    if let Some(key) = filter.key {
        from = "journal_keys k CROSS JOIN journal j ON j.seq = k.seq";
        and("k.key = ?", Some(Value::Blob(key.to_bytes().to_vec())));
    }
    let product = filter.product.as_ref();
    and(
        "j.product = ?",
        product.map(|slug| Value::Text(slug.to_string())),
    );
    let organization = filter.organization.map(|id| id.to_bytes().to_vec());
    // What one person did in it is little beside all that was done in it, which SQLite cannot know:
    // with the sign it looks for the person first.
    let organization_is = match by_person {
        true => "+j.organization = ?",
        false => "j.organization = ?",
    };
    and(organization_is, organization.map(Value::Blob));
    let action = filter.action.map(|action| action.as_str().to_owned());
    and("j.action = ?", action.map(Value::Text));
    let actor = filter.actor.as_ref().map(crate::journal::actor_text);
    and("j.actor = ?", actor.map(Value::Text));
    conditions.push("j.seq >= ? AND j.seq < ?");
    if by_person {
        // As the index of those rows has it, so that it is used.
        conditions.push(PEOPLE);
    }
    let order = if filter.key.is_some() {
        "k.seq"
    } else {
        "j.seq"
    };
    let sql = format!(
        "SELECT {COLUMNS} FROM {from} WHERE {} ORDER BY {order} DESC",
        conditions.join(" AND ")
    );
    (sql, values)
}

fn entry(
    connection: &Connection,
    integrity: &Integrity,
    row: Result<Linked, Unreadable>,
) -> rusqlite::Result<Result<AuditEntry, Unreadable>> {
    let linked = match row {
        Ok(linked) => linked,
        Err(problem) => return Ok(Err(problem)),
    };
    let bad = |problem: &str| Unreadable(format!("journal row {}: {problem}", linked.row.seq));
    if !linked.fits(integrity) {
        return Ok(Err(bad("it does not fit the chain")));
    }
    let personal = journal::personal(connection, &linked.row)?;
    Ok(personal.and_then(|personal| {
        linked
            .row
            .entry(personal)
            .ok_or_else(|| bad("it does not read"))
    }))
}
