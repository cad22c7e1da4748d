//! The journal as the index follows it, and the scan it begins with.

use std::sync::Arc;

use async_trait::async_trait;
use keystile_core::key::Integrity;
use rusqlite::Connection;

use super::columns::integer;
use super::errors::unavailable;
use super::journal::{self, Linked};
use super::stored::Reader;
use super::writes::answered;
use super::{SqliteStore, pool, scan, stored};
use crate::journal::{Mark, decode_marks};
use crate::{Feed, FeedRow, Head, ScanReport, Scanned, StoreError};

#[async_trait]
impl Feed for SqliteStore {
    async fn scan(
        &self,
        sink: Arc<dyn Fn(Scanned) + Send + Sync>,
    ) -> Result<ScanReport, StoreError> {
        let path = self.readers.path().to_path_buf();
        let views = answered(self.writer.ask(move |_| {
            pool::snapshots(&path, scan::threads()).map_err(|error| unavailable(&error))
        }));
        let (views, integrity) = (views.await?, self.integrity.clone());
        tokio::task::spawn_blocking(move || scan::scan(views, &integrity, sink.as_ref()))
            .await
            .unwrap_or_else(|error| Err(StoreError::Unavailable(error.to_string())))
    }

    async fn after(&self, seq: u64, limit: u32) -> Result<Vec<FeedRow>, StoreError> {
        let integrity = self.integrity.clone();
        self.readers
            .read(move |connection| after(connection, &integrity, seq, limit))
            .await
    }

    async fn head(&self) -> Result<Head, StoreError> {
        self.readers.read(head).await
    }

    async fn grown_past(&self, seq: u64) {
        let mut grown = self.grown.subscribe();
        // It fails only when the store is gone, and then nothing grows any more.
        if grown.wait_for(|end| *end > seq).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// The stored end of the journal.
pub(super) fn head(connection: &Connection) -> Result<Head, StoreError> {
    let last = journal::last_row(connection).map_err(|error| unavailable(&error))?;
    match last {
        None => Ok(Head {
            seq: 0,
            link: [0; 32],
            at: keystile_core::model::Timestamp::from_millis(0),
        }),
        Some(Ok(last)) => Ok(Head {
            seq: last.row.seq,
            link: last.link.0,
            at: last.row.at,
        }),
        Some(Err(problem)) => Err(StoreError::Tampered {
            subject: "the last journal row".into(),
            problem: problem.0,
        }),
    }
}

/// All in one view, so that rows and records fit together.
fn after(
    connection: &Connection,
    integrity: &Integrity,
    seq: u64,
    limit: u32,
) -> Result<Vec<FeedRow>, StoreError> {
    let refuse = |error: rusqlite::Error| unavailable(&error);
    let view = connection.unchecked_transaction().map_err(refuse)?;
    let rows = rows_after(&view, integrity, seq, limit)?;
    let rows: Result<Vec<_>, _> = rows
        .into_iter()
        .map(|(linked, marks)| feed_row(&view, integrity, &linked, marks).map_err(refuse))
        .collect();
    rows
}

/// The journal rows, which must continue the chain.
fn rows_after(
    connection: &Connection,
    integrity: &Integrity,
    seq: u64,
    limit: u32,
) -> Result<Vec<(Linked, Vec<Mark>)>, StoreError> {
    let found = journal::after(connection, seq, limit).map_err(|error| unavailable(&error))?;
    let mut rows = Vec::with_capacity(found.len());
    for (expected, linked) in (integer(seq) + 1..).zip(found) {
        let tampered = |problem: &str| StoreError::Tampered {
            subject: format!("journal row {expected}"),
            problem: problem.into(),
        };
        let linked = linked.map_err(|problem| tampered(&problem.0))?;
        if integer(linked.row.seq) != expected {
            return Err(tampered("it is missing"));
        }
        if !linked.fits(integrity) {
            return Err(tampered("it does not fit the chain"));
        }
        let marks = decode_marks(&linked.row.marks).ok_or_else(|| tampered("it does not read"))?;
        rows.push((linked, marks));
    }
    Ok(rows)
}

fn feed_row(
    connection: &Connection,
    integrity: &Integrity,
    linked: &Linked,
    marks: Vec<Mark>,
) -> rusqlite::Result<FeedRow> {
    let mut row = FeedRow {
        seq: linked.row.seq,
        records: Vec::with_capacity(marks.len()),
        removed: Vec::new(),
        keyring_changed: linked.row.keyring.is_some(),
    };
    let mut reader = Reader::new(integrity);
    for mark in marks {
        match stored::find_with(connection, &mut reader, &mark.subject)? {
            Some(met) => {
                let scanned = met.scanned(|| mark.subject.to_string());
                row.records.push(refuse_older(scanned, row.seq, &mark));
            }
            // It may have been removed since; most records never are.
            None if mark.subject.is_removed_at_its_end() => {
                row.removed.push(mark.subject);
            }
            None => row.records.push(Scanned::Unreadable {
                place: mark.subject.to_string(),
                problem: "its row is missing".into(),
            }),
        }
    }
    Ok(row)
}

/// A sound record that is older than the row that wrote it was brought back.
fn refuse_older(scanned: Scanned, seq: u64, mark: &Mark) -> Scanned {
    match scanned {
        Scanned::Sound(record) if record.seq() < seq => Scanned::Forged(record),
        Scanned::Sound(record) if record.seq() == seq && mark.tag.is_none() => {
            Scanned::Forged(record)
        }
        scanned => scanned,
    }
}
