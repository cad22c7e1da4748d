//! What keys were used for, in a file with a writing thread of its own: adding it up keeps no change
//! waiting.

mod file;

use std::collections::BTreeMap;
use std::ops::Range;

use async_trait::async_trait;
use keystile_core::decision::Code;
use keystile_core::model::{KeyId, Timestamp};
use keystile_core::snapshot::Collected;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

pub(super) use file::{UsageFile, copy_into};

use self::file::Books;
use super::SqliteStore;
use super::commit::not_written;
use super::errors::{plain, unavailable};
use super::writer::Refused;
use crate::usage::{Day, HOURS};
use crate::{CommitError, HourCount, MAX_USES, StoreError, UsageOf, UsageStore, ValueUse};

/// Days of which usage is kept: a year, and a month to look back at it.
const DAYS_KEPT: u32 = 396;

#[async_trait]
impl UsageStore for SqliteStore {
    async fn add_uses(&self, uses: Vec<Collected>) -> Result<(), CommitError> {
        if uses.len() > MAX_USES {
            let reason = format!("at most {MAX_USES} uses are added at once: split them");
            return Err(CommitError::NotWritten(reason));
        }
        let answer = self
            .usage
            .writer
            .ask(move |books| books.add_uses(&uses))
            .map_err(|refused| CommitError::NotWritten(refused.to_string()))?;
        answer
            .await
            .unwrap_or_else(|_| Err(CommitError::Unknown(Refused::Stopped.to_string())))
    }

    async fn last_uses(&self, keys: Vec<KeyId>) -> Result<Vec<ValueUse>, StoreError> {
        self.usage
            .readers
            .read(move |connection| {
                last_uses(connection, &keys).map_err(|error| unavailable(&error))
            })
            .await
    }

    async fn usage(&self, of: UsageOf, hours: Range<u32>) -> Result<Vec<HourCount>, StoreError> {
        self.usage
            .readers
            .read(move |connection| {
                usage(connection, of, &hours).map_err(|error| unavailable(&error))
            })
            .await
    }
}

impl Books {
    fn add_uses(&mut self, uses: &[Collected]) -> Result<(), CommitError> {
        let (connection, keys) = self.connections().map_err(|error| not_written(&error))?;
        let added = add_all(connection, keys, uses);
        if let Err(CommitError::Unknown(_)) = added {
            // What became of it is found out by opening the file anew.
            self.close();
        }
        added
    }
}

/// Counts of some days, each to be added to what is known of that day.
type Days = BTreeMap<u32, Vec<(u8, Code, u64)>>;

fn add_all(
    connection: &mut Connection,
    keys: &Connection,
    uses: &[Collected],
) -> Result<(), CommitError> {
    let below = by_environment(keys, uses).map_err(|error| not_written(&error))?;
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(|error| not_written(&error))?;
    add_each(&transaction, uses, below).map_err(|error| not_written(&error))?;
    transaction
        .commit()
        .map_err(|error| CommitError::Unknown(plain(&error)))
}

/// The same uses by the environment that the keys belong to, which never changes. Whatever is of no
/// key that the database knows counts for the key alone.
fn by_environment(
    keys: &Connection,
    uses: &[Collected],
) -> rusqlite::Result<BTreeMap<[u8; 16], Days>> {
    let mut owner = keys.prepare_cached("SELECT environment FROM keys WHERE id = ?1")?;
    let mut all = BTreeMap::<_, Days>::new();
    for one in uses {
        let environment = owner.query_row([one.key.to_bytes()], |row| row.get(0));
        if let Some(environment) = environment.optional()? {
            put(all.entry(environment).or_default(), one);
        }
    }
    Ok(all)
}

fn put(days: &mut Days, one: &Collected) {
    for (hour, code, count) in &one.counts {
        let of_day = u8::try_from(hour % HOURS).unwrap_or(0);
        let counts = days.entry(hour / HOURS).or_default();
        counts.push((of_day, *code, *count));
    }
}

fn add_each(
    connection: &Connection,
    uses: &[Collected],
    below: BTreeMap<[u8; 16], Days>,
) -> rusqlite::Result<()> {
    for one in uses {
        let key = one.key.to_bytes();
        add_last(connection, &key, one)?;
        let mut days = Days::new();
        put(&mut days, one);
        add_days(connection, &OF_KEYS, &key, days)?;
    }
    for (environment, days) in below {
        add_days(connection, &OF_ENVIRONMENTS, &environment, days)?;
    }
    Ok(())
}

fn add_last(connection: &Connection, key: &[u8; 16], one: &Collected) -> rusqlite::Result<()> {
    let Some(last) = &one.last else {
        return Ok(());
    };
    connection
        .prepare_cached(
            "INSERT INTO value_uses (key, start, at, address, operation) \
             VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (key, start) DO UPDATE \
             SET at = excluded.at, address = excluded.address, operation = excluded.operation \
             WHERE excluded.at >= at",
        )?
        .execute(params![
            key,
            one.start,
            last.at.millis(),
            last.address.map(|address| address.to_string()),
            last.operation.as_deref(),
        ])?;
    Ok(())
}

/// How one of the tables of days is read and written.
struct Table {
    read: &'static str,
    write: &'static str,
    forget: &'static str,
}

const OF_KEYS: Table = Table {
    read: "SELECT counts FROM usage_days WHERE key = ?1 AND day = ?2",
    write: "INSERT OR REPLACE INTO usage_days (key, day, counts) VALUES (?1, ?2, ?3)",
    forget: "DELETE FROM usage_days WHERE key = ?1 AND day < ?2",
};

const OF_ENVIRONMENTS: Table = Table {
    read: "SELECT counts FROM environment_days WHERE environment = ?1 AND day = ?2",
    write: "INSERT OR REPLACE INTO environment_days (environment, day, counts) VALUES (?1, ?2, ?3)",
    forget: "DELETE FROM environment_days WHERE environment = ?1 AND day < ?2",
};

fn add_days(
    connection: &Connection,
    table: &Table,
    of: &[u8; 16],
    days: Days,
) -> rusqlite::Result<()> {
    for (day, counts) in days {
        let known: Option<Vec<u8>> = connection
            .prepare_cached(table.read)?
            .query_row(params![of, day], |row| row.get(0))
            .optional()?;
        let is_new = known.is_none();
        let mut all = known.map_or_else(Day::default, |bytes| {
            Day::unpack(&bytes).unwrap_or_else(|| {
                tracing::error!(day, "a day of usage cannot be read and begins anew");
                Day::default()
            })
        });
        for (hour, code, count) in counts {
            all.add(hour, code, count);
        }
        connection
            .prepare_cached(table.write)?
            .execute(params![of, day, all.pack()])?;
        if is_new {
            connection
                .prepare_cached(table.forget)?
                .execute(params![of, day.saturating_sub(DAYS_KEPT)])?;
        }
    }
    Ok(())
}

fn last_uses(connection: &Connection, keys: &[KeyId]) -> rusqlite::Result<Vec<ValueUse>> {
    let mut found = Vec::new();
    let mut statement = connection
        .prepare_cached("SELECT start, at, address, operation FROM value_uses WHERE key = ?1")?;
    for key in keys {
        let uses = statement.query_map([key.to_bytes()], |row| {
            Ok(ValueUse {
                key: *key,
                start: row.get(0)?,
                at: Timestamp::from_millis(row.get(1)?),
                address: row.get(2)?,
                operation: row.get(3)?,
            })
        })?;
        for one in uses {
            found.push(one?);
        }
    }
    Ok(found)
}

fn usage(
    connection: &Connection,
    of: UsageOf,
    hours: &Range<u32>,
) -> rusqlite::Result<Vec<HourCount>> {
    let (sql, id) = match of {
        UsageOf::Key(key) => (
            "SELECT u.day, u.counts FROM usage_days u \
             WHERE u.key = ?1 AND u.day BETWEEN ?2 AND ?3",
            key.to_bytes(),
        ),
        UsageOf::Environment(environment) => (
            "SELECT u.day, u.counts FROM environment_days u \
             WHERE u.environment = ?1 AND u.day BETWEEN ?2 AND ?3",
            environment.to_bytes(),
        ),
        UsageOf::Organization(organization) => (
            "SELECT u.day, u.counts FROM environments e \
             JOIN environment_days u ON u.environment = e.id \
             WHERE e.organization = ?1 AND u.day BETWEEN ?2 AND ?3",
            organization.to_bytes(),
        ),
    };
    let mut statement = connection.prepare_cached(sql)?;
    let last = hours.end.saturating_sub(1) / HOURS;
    let mut rows = statement.query(params![id, hours.start / HOURS, last])?;
    let mut sums = BTreeMap::<(u32, u8), HourCount>::new();
    while let Some(row) = rows.next()? {
        let (day, counts): (u32, Vec<u8>) = (row.get(0)?, row.get(1)?);
        let Some(counts) = Day::unpack(&counts) else {
            tracing::error!(day, "a day of usage cannot be read and is left out");
            continue;
        };
        for (of_day, code, count) in counts.counts() {
            let hour = day * HOURS + u32::from(of_day);
            if !hours.contains(&hour) {
                continue;
            }
            let none = HourCount {
                hour,
                code,
                count: 0,
            };
            let sum = sums.entry((hour, code.number())).or_insert(none);
            sum.count = sum.count.saturating_add(count);
        }
    }
    Ok(sums.into_values().collect())
}
