//! Reading every record at start, on several threads, and proving that none is missing or old.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use keystile_core::key::{Integrity, SetSum};
use rusqlite::Connection;

use super::arrivals::Arrivals;
use super::errors::unavailable;
use super::rows::Table;
use super::stored::Met;
use super::walk::Stretch;
use super::{audit, feed, journal};
use crate::{ScanReport, Scanned, StoreError};

/// What one thread, or all of them, have seen.
#[derive(Clone, Copy, Default)]
struct Seen {
    /// The sum of all sound rows.
    sum: SetSum,
    /// Whether a row was met that is not sound; a row too many leaves the sum as it is.
    unsound: bool,
}

impl Seen {
    fn and(self, other: Self) -> Self {
        Self {
            sum: self.sum.plus(other.sum),
            unsound: self.unsound || other.unsound,
        }
    }
}

/// Into how many stretches a long table is cut, so that all threads are done about together.
const PARTS: u32 = 64;

/// How many threads scan.
pub(super) fn threads() -> usize {
    thread::available_parallelism().map_or(2, |cores| cores.get().clamp(2, 4))
}

/// Hands every record to `sink`, on one thread for each of the views, which must all be the same.
pub(super) fn scan(
    mut views: Vec<Connection>,
    integrity: &Integrity,
    sink: &(dyn Fn(Scanned) + Sync),
) -> Result<ScanReport, StoreError> {
    let seen = scan_together(&mut views, integrity, sink).map_err(|error| unavailable(&error))?;
    let nothing = || StoreError::Unavailable("there is nothing to read with".into());
    report(views.first().ok_or_else(nothing)?, integrity, seen)
}

/// One table after the other, so that a record comes after what it belongs to; each on all threads.
fn scan_together(
    views: &mut [Connection],
    integrity: &Integrity,
    sink: &(dyn Fn(Scanned) + Sync),
) -> rusqlite::Result<Seen> {
    Table::all()
        .into_iter()
        .try_fold(Seen::default(), |seen, table| {
            let Some(view) = views.first() else {
                return Ok(seen);
            };
            let stretches = Stretch::split(view, table, PARTS)?;
            Ok(seen.and(scan_table(views, integrity, sink, &stretches)?))
        })
}

/// Every share has a thread that ends with it: what it took of memory is given back then.
fn scan_table(
    views: &mut [Connection],
    integrity: &Integrity,
    sink: &(dyn Fn(Scanned) + Sync),
    stretches: &[Stretch],
) -> rusqlite::Result<Seen> {
    let next = AtomicUsize::new(0);
    let share = |view: &Connection| scan_share(view, integrity, sink, stretches, &next);
    thread::scope(|scope| {
        let views = views.iter_mut();
        let shares: Vec<_> = views.map(|view| scope.spawn(move || share(view))).collect();
        shares.into_iter().try_fold(Seen::default(), |seen, share| {
            // A sink that panicked has proved nothing.
            let share = share.join().map_err(|_| rusqlite::Error::InvalidQuery)?;
            Ok(seen.and(share?))
        })
    })
}

/// Takes one stretch after the other until none is left.
fn scan_share(
    view: &Connection,
    integrity: &Integrity,
    sink: &(dyn Fn(Scanned) + Sync),
    stretches: &[Stretch],
    next: &AtomicUsize,
) -> rusqlite::Result<Seen> {
    let (mut seen, arrivals) = (Seen::default(), Arrivals::on(view, integrity)?);
    while let Some(stretch) = stretches.get(next.fetch_add(1, Ordering::Relaxed)) {
        stretch.walk(&arrivals, &mut |met| {
            match &met {
                Met::Sound(_, element) => seen.sum = seen.sum.plus(*element),
                Met::Forged(_) | Met::Unreadable(_) => seen.unsound = true,
            }
            sink(met.scanned(|| format!("table {}", stretch.table.name)));
        })?;
    }
    Ok(seen)
}

/// Compares what was read with the head; only where they differ, everything is looked at.
fn report(view: &Connection, integrity: &Integrity, seen: Seen) -> Result<ScanReport, StoreError> {
    let tip = journal::read_tip(view, integrity).map_err(|error| unavailable(&error))?;
    let proved = !seen.unsound && tip.is_ok_and(|tip| tip.sum == Some(seen.sum));
    let suspects = if proved {
        Vec::new()
    } else {
        audit::suspects(view, integrity)?
    };
    for finding in &suspects {
        tracing::error!(
            problem = finding.problem,
            "the database is not as keystile wrote it"
        );
    }
    Ok(ScanReport {
        head: feed::head(view)?,
        suspects,
    })
}
