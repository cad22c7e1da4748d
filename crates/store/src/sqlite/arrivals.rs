//! Whole rows as arguments of an SQL function. For every column of a result that is looked at,
//! SQLite checks and locks; arguments are simply there. That counts where millions are read.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use keystile_core::key::Integrity;
use rusqlite::Connection;
use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::types::{Null, ValueRef};

use super::columns::Cells;
use super::rows::Table;
use super::stored::{Met, Reader};

/// The function that rows are handed to, as the statements call it: with the columns of a table
/// and then the `rowid`.
pub(super) const FUNCTION: &str = "arrive";

/// The rows that arrive on one connection; one at a time is such a place.
pub(super) struct Arrivals<'c> {
    connection: &'c Connection,
    desk: Arc<Mutex<Desk>>,
}

/// Where the function puts a row down. It is called within a step of its statement, so it and
/// whoever makes the step never meet here.
struct Desk {
    table: Option<&'static Table>,
    reader: Reader,
    arrived: Option<(i64, Met)>,
}

impl<'c> Arrivals<'c> {
    /// Makes the function known to a connection.
    pub(super) fn on(connection: &'c Connection, integrity: &Integrity) -> rusqlite::Result<Self> {
        let desk = Arc::new(Mutex::new(Desk {
            table: None,
            reader: Reader::new(integrity),
            arrived: None,
        }));
        let shared = Arc::clone(&desk);
        let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DIRECTONLY;
        connection.create_scalar_function(FUNCTION, -1, flags, move |context| {
            lock(&shared).put(context).map(|()| Null)
        })?;
        Ok(Self { connection, desk })
    }

    /// The connection.
    pub(super) fn connection(&self) -> &'c Connection {
        self.connection
    }

    /// From now on rows of this table arrive.
    pub(super) fn expect(&self, table: &'static Table) {
        lock(&self.desk).table = Some(table);
    }

    /// The row that has arrived last, with its `rowid`.
    pub(super) fn take(&self) -> Option<(i64, Met)> {
        lock(&self.desk).arrived.take()
    }
}

impl Drop for Arrivals<'_> {
    fn drop(&mut self) {
        // Where it cannot be removed, it stays unused.
        let _ = self.connection.remove_function(FUNCTION, -1);
    }
}

impl Desk {
    fn put(&mut self, context: &Context<'_>) -> rusqlite::Result<()> {
        let table = self.table.ok_or(rusqlite::Error::InvalidQuery)?;
        let row = context.get(context.len().saturating_sub(1))?;
        let met = self.reader.meet(table, &Arguments { context, table });
        self.arrived = Some((row, met));
        Ok(())
    }
}

struct Arguments<'a> {
    context: &'a Context<'a>,
    table: &'static Table,
}

impl Cells for Arguments<'_> {
    fn cell(&self, index: usize) -> Option<ValueRef<'_>> {
        (index < self.context.len()).then(|| self.context.get_raw(index))
    }

    fn name(&self, index: usize) -> Option<&str> {
        self.table.columns.get(index).copied()
    }
}

/// A panic leaves a row too few, which the sum shows.
fn lock(desk: &Mutex<Desk>) -> MutexGuard<'_, Desk> {
    desk.lock().unwrap_or_else(PoisonError::into_inner)
}
