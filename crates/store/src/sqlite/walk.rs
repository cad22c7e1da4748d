//! Walking over whole tables, past pages that are damaged.

use rusqlite::{Connection, ErrorCode};

use super::arrivals::Arrivals;
use super::columns::Unreadable;
use super::rows::Table;
use super::stored::Met;

/// How many times a walk may be stopped by damage before the whole table is given up.
const PATIENCE: u32 = 8192;

/// The rows of a table whose `rowid` lies from the first to the last.
#[derive(Clone, Copy)]
pub(super) struct Stretch {
    pub(super) table: &'static Table,
    first: i64,
    last: i64,
}

impl Stretch {
    /// All rows of a table, in about so many stretches of equal length.
    pub(super) fn split(
        connection: &Connection,
        table: &'static Table,
        parts: u32,
    ) -> rusqlite::Result<Vec<Self>> {
        let bounds = format!("SELECT min(rowid), max(rowid) FROM {}", table.name);
        let bounds: (Option<i64>, Option<i64>) =
            connection.query_row(&bounds, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let (Some(mut first), Some(last)) = bounds else {
            return Ok(Vec::new());
        };
        // Short tables are not worth splitting.
        let width = (i128::from(last) - i128::from(first)) / i128::from(parts.max(1));
        let width = i64::try_from(width).unwrap_or(i64::MAX).max(4096);
        let mut stretches = Vec::new();
        loop {
            let end = first.saturating_add(width).min(last);
            stretches.push(Self {
                table,
                first,
                last: end,
            });
            if end >= last {
                return Ok(stretches);
            }
            first = end + 1;
        }
    }

    /// Hands each row to `each`. Where a page is damaged, the stretch is halved until the damage
    /// is left out.
    pub(super) fn walk(
        self,
        arrivals: &Arrivals<'_>,
        each: &mut dyn FnMut(Met),
    ) -> rusqlite::Result<()> {
        let mut open = vec![self];
        let mut patience = PATIENCE;
        while let Some(mut stretch) = open.pop() {
            let Err(error) = stretch.advance(arrivals, each) else {
                continue;
            };
            patience = patience.saturating_sub(1);
            if !is_damage(&error) || patience == 0 {
                return Err(error);
            }
            if stretch.first >= stretch.last {
                let row = stretch.first;
                each(Met::Unreadable(Unreadable(format!("row {row}: {error}"))));
                continue;
            }
            let middle = stretch.first.midpoint(stretch.last);
            let upper = Self {
                first: middle + 1,
                ..stretch
            };
            stretch.last = middle;
            open.extend([upper, stretch]);
        }
        Ok(())
    }

    /// Goes as far as it can; `first` is then the first row not handed out.
    fn advance(
        &mut self,
        arrivals: &Arrivals<'_>,
        each: &mut dyn FnMut(Met),
    ) -> rusqlite::Result<()> {
        let connection = arrivals.connection();
        arrivals.expect(self.table);
        let mut statement = connection.prepare_cached(&self.table.statements().range)?;
        let mut rows = statement.query([self.first, self.last])?;
        while rows.next()?.is_some() {
            if let Some((row, met)) = arrivals.take() {
                each(met);
                self.first = row.saturating_add(1);
            }
        }
        Ok(())
    }
}

fn is_damage(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::DatabaseCorrupt)
}
